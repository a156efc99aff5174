/* Aho-Corasick: finds any of thousands of byte strings in one pass, one look-up a byte. Built once when a pack is loaded, as a table of all
 * transitions; bytes that no string has share a column. Used by lists of words, and by lists of patterns to leave out those that
 * cannot match. */
#ifndef WHIPLY_TEXT_AC_H
#define WHIPLY_TEXT_AC_H

#include <whiply/types.h>

enum { AC_CELLS = 16 << 20 };	/* transitions at most: 64 MiB */

struct ac;

/** Builds from `n` strings that are not empty; they are not kept. WH_ETOOBIG past AC_CELLS, WH_ENOMEM. */
enum wh_err ac_build(const struct wh_str *strings, size_t n, struct ac **ac_out);
void ac_free(struct ac **ac);

/** Where a search stands; {0} begins. */
struct ac_at {
	uint32_t state;
	uint32_t pending;	/* another string that ends here too */
	size_t at;
};

/** The next string that is found: its number, and `it->at` is behind its end; or -1. Of strings that end at one place each is found. */
int32_t ac_next(const struct ac *ac, struct wh_str text, struct ac_at *it);

size_t ac_bytes(const struct ac *ac);

#endif
