/* What is added to an error of a pack for its author: the line that it names, and what is likely meant. Used by the command line, and by the helper for packs
 * that are uploaded. */
#ifndef WHIPLY_RULES_EXPLAIN_H
#define WHIPLY_RULES_EXPLAIN_H

#include "rules/source.h"

/** Appends the line of the source that the error names, and a hint if there is one; whole lines, each with blanks in front. */
void explain(const struct source *s, const char *message, struct wh_buf *to);

#endif
