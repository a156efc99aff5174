/* The errors of a config: collected in one pass, each with the file and line that it stands in, so that the operator
 * mends all of them at once. Filled by conf*.c and by whoever checks what a table cannot say; bounded. {0} is empty. */
#ifndef WHIPLY_BASE_CONF_ERRORS_H
#define WHIPLY_BASE_CONF_ERRORS_H

#include "base/buf.h"

enum {
	WH_CONF_ERRORS_MAX = 200,	/* errors that are kept; the rest is counted */
	WH_CONF_ERROR_TEXT = 512,	/* bytes of one text; a longer one is cut */
};

struct wh_conf_error {
	char *file;		/* owned; "" when no file is to blame */
	unsigned line;		/* from 1; 0: the file as a whole */
	char *text;		/* owned; one line, for people */
};

struct wh_conf_errors {
	struct wh_conf_error *items;	/* owned */
	size_t n;
	size_t more;			/* found, but not kept */
};

/** Adds one. Control bytes of the text become '?', since values of the file are quoted in it. */
void wh_conf_errors_add(struct wh_conf_errors *e, const char *file, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Is anything wrong? */
static inline bool
wh_conf_errors_any(const struct wh_conf_errors *e)
{
	return e->n + e->more != 0;
}

/** Appends "file:line: text" and a newline for each. */
void wh_conf_errors_format(const struct wh_conf_errors *e, struct wh_buf *to);

void wh_conf_errors_free(struct wh_conf_errors *e);

#endif
