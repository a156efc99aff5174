/* Completion for shells: `whiplyctl --completions WORDS...` prints what the last word may become, one a line, with a tab and its help.
 * The scripts in contrib/completion call it at each TAB, so the table is kept for a minute in a file of the user's own, and nothing
 * is ever said about a server that is away. */
#ifndef WHIPLY_CTL_COMPLETE_H
#define WHIPLY_CTL_COMPLETE_H

#include "ctl/ctl.h"

enum {
	COMPLETE_KEEP_S = 60,
	COMPLETE_WAIT_MS = 1000,	/* for a server that is slow */
};

/** Appends the candidates to `c->out`. The words are those after `whiplyctl`; the last is the one to complete, and may be empty. */
void complete_line(struct ctl *c, int n, char *const words[]);

/** The same with a table that is there; `t` may be NULL. */
void complete_words(struct wh_buf *to, const struct table *t, int n, char *const words[]);

#endif
