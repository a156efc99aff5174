/* The words of a folded text or a skeleton (fold.h): which is there most. Used by rule packs and by the built-in filters. */
#ifndef WHIPLY_TEXT_WORDS_H
#define WHIPLY_TEXT_WORDS_H

#include <whiply/types.h>

enum { WORDS_DIFFERENT = 255 };	/* that are told apart; of a longer text those that come first */

struct words_commonest {
	uint32_t times, all;	/* how often it is there; words of the text */
	struct wh_str word;	/* borrows from the text */
};

void words_commonest(struct wh_str skeleton, struct words_commonest *out);

#endif
