/* The tokens of a config, cut as libconfig cuts them. Used before libconfig sees the text: to expand @include, and to find what
 * libconfig would silently accept or stop at. Borrows the text. */
#ifndef WHIPLY_BASE_CONF_SCAN_H
#define WHIPLY_BASE_CONF_SCAN_H

#include "base/conf_snapshot.h"

enum conf_token_kind {
	CONF_END,
	CONF_WORD,		/* a name, or true and false */
	CONF_NUMBER,
	CONF_STRING,		/* with its quotes */
	CONF_MARK,		/* one byte: = : ; , { } ( ) [ ] @ or anything else that is no token */
	CONF_BAD,		/* never closed, or with a NUL in it: `why` */
};

struct conf_token {
	enum conf_token_kind kind;
	struct wh_str text;
	unsigned line;
	const char *why;	/* CONF_BAD */
};

struct conf_scan {
	const char *at, *end;
	unsigned line;		/* of `at`, from 1 */
};

void conf_scan_begin(struct conf_scan *s, struct wh_str text);

/** The next token; after CONF_END and CONF_BAD there is none. */
struct conf_token conf_scan_next(struct conf_scan *s);

/** Finds what libconfig does not: integers that do not fit, names given twice, nesting past CONF_DEPTH, stray @include, strings
 * and comments that are not closed. Appends to `to` the text that libconfig may read: the same, with names that were blamed
 * ending in CONF_BLAMED. False: libconfig must not read it. */
bool conf_scan_check(const struct wh_snapshot *s, struct wh_conf_errors *errors, struct wh_buf *to);

enum { CONF_DEPTH = 32 };

/* No name has '*': those that have one were reported. */
#define CONF_BLAMED "*"

#endif
