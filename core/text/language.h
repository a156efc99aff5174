/* What language a text is in, for rules such as "only English here": by its script, and where several languages share one, by the small words that
 * every sentence has. Unsure is an answer: a few words, names and links are in no language. Used by the helper text.language of rule packs. */
#ifndef WHIPLY_TEXT_LANGUAGE_H
#define WHIPLY_TEXT_LANGUAGE_H

#include "text/fold.h"

enum { LANGUAGE_WORDS = 400 };	/* that are looked at; of a longer text those that come first */

/** The ISO 639-1 code, or NULL: it can't be told. `folded` is the text's fold_text, `text` the text itself. */
const char *language_of(struct wh_str text, struct wh_str folded);

#endif
