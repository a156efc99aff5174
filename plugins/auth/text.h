/* Texts put together in a buffer of a fixed size: as they are, or escaped for an URL, for HTML or for JSON. Used for pages, redirects and
 * the JSON of OAuth. What has no room makes the whole text fail: nobody is sent half of one. */
#ifndef AUTH_TEXT_H
#define AUTH_TEXT_H

#include <whiply/types.h>

struct text {
	char *p;		/* borrowed */
	size_t cap, n;
	bool failed;
};

struct text text_to(char *buffer, size_t cap);

/** What was put together, with a NUL behind it; empty when it failed. */
struct wh_str text_slice(const struct text *t);

void text_put(struct text *t, struct wh_str s);
void text_lit(struct text *t, const char *s);
void text_int(struct text *t, int64_t n);

/** Percent-encoded but for letters, digits, `-._~`: good in a query, a path's segment and a form's body. */
void text_url(struct text *t, struct wh_str s);

/** For the text and the quoted attributes of HTML. */
void text_html(struct text *t, struct wh_str s);

/** A JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD. */
void text_json(struct text *t, struct wh_str s);

/** A member of a JSON object: the comma if it is not the first, the name, and a string or a number. */
void text_member(struct text *t, const char *name, struct wh_str value);
void text_member_int(struct text *t, const char *name, int64_t value);
void text_name(struct text *t, const char *name);

/** `?name=value`, or `&name=value` behind another. */
void text_query(struct text *t, const char *name, struct wh_str value);

#endif
