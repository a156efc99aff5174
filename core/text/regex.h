/* Patterns of packs, by PCRE2: text as UTF-8, no case, without compiled code (the jail has no executable memory), and with limits that make
 * a hostile pattern fail instead of run: REGEX_STEPS of the matcher, and as much memory and depth. A match that fails by them is
 * no match, and says so. */
#ifndef WHIPLY_TEXT_REGEX_H
#define WHIPLY_TEXT_REGEX_H

#include "base/buf.h"

enum {
	REGEX_BYTES = 1000,	/* of a pattern */
	REGEX_TEXT = 8192,	/* of a text; the rest is not looked at */
	REGEX_STEPS = 5000,
	REGEX_GROUPS = 16,	/* that a match gives back */
};

enum regex_got { REGEX_NONE, REGEX_FOUND, REGEX_OVER };

struct regex;

struct regex_at {
	size_t n;		/* groups, the whole match first */
	size_t from[REGEX_GROUPS], to[REGEX_GROUPS];	/* from > to: the group took no part */
};

/** WH_ESYNTAX, with a sentence in `why_out` (may be NULL). */
enum wh_err regex_compile(struct wh_str pattern, struct regex **regex_out, struct wh_buf *why_out);
void regex_free(struct regex **r);

/** `at_out` may be NULL. */
enum regex_got regex_match(const struct regex *r, struct wh_str text, struct regex_at *at_out);

/** A text that is in whatever the pattern matches, in lower case ASCII, for a quick look before: appended to `out`. Empty when none
 * of three letters is sure. */
void regex_literal(struct wh_str pattern, struct wh_buf *out);

#endif
