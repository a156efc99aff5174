/* What browsers and OAuth clients send: application/x-www-form-urlencoded texts, and URLs. Both are judged strictly: a field that stands
 * there twice, a bad escape or a control character refuses the whole, so that nobody reads it otherwise than we do. */
#ifndef AUTH_FORM_H
#define AUTH_FORM_H

#include <whiply/types.h>

enum {
	FORM_FIELDS = 32,
	FORM_TEXT = 8192,	/* decoded, with a NUL behind each name and value */
	URL_MOST = 1024,	/* longest URL that we take from anybody */
	URL_LOCAL = 512,	/* longest place within our own site */
};

struct form_field {
	struct wh_str name, value;
};

struct form {
	struct form_field fields[FORM_FIELDS];
	size_t n;
	char text[FORM_TEXT];
	size_t used;
};

/** Reads a query or a body. False, and no fields, when it is not strictly one. */
bool form_read(struct form *form, struct wh_str text);

/** The value; empty when it is absent, or empty. */
struct wh_str form_get(const struct form *form, const char *name);

/** Percent-decodes one value, as in HTTP Basic of OAuth. False when it is malformed or has no room. */
bool form_decode(struct wh_str text, char *out, size_t cap);

/** A list of names with single blanks between, as `scope` is: has it this one? */
bool form_list_has(struct wh_str list, struct wh_str name);

/** Takes the first name off the list; false when there is none. */
bool form_list_next(struct wh_str *list, struct wh_str *name_out);

/** The parts of an absolute URL, all borrowed. */
struct url {
	struct wh_str scheme, host, origin, path;	/* path: with its query */
	bool https, loopback;
};

/** Reads an absolute http or https URL: lower-case scheme and host, no user, no fragment, only characters that an URL may have. */
bool url_read(struct wh_str text, struct url *out);

/** May a client be registered with this redirect URI? https; http on loopback; or a scheme of an app's own, which has a dot. */
bool url_redirect_good(struct wh_str text);

/** Its origin, for a Content-Security-Policy: `https://host:port`, or `scheme:`. */
struct wh_str url_redirect_origin(struct wh_str text);

/** Is it a place within our own site: `/path`, and nothing that a browser would take for another host? */
bool url_local(struct wh_str text);

#endif
