/* How alike two texts are, as fast as a window needs it: a sketch of the runs of three characters in a skeleton, 256 bits of
 * some SKETCH_KEPT runs, those with the smallest hashes. Swapped words, changed letters and look-alikes leave most bits where they are. */
#ifndef WHIPLY_TEXT_SKETCH_H
#define WHIPLY_TEXT_SKETCH_H

#include <whiply/types.h>

enum { SKETCH_KEPT = 64, SKETCH_LEAST = 6 };

struct sketch {
	uint64_t bits[4];
	uint16_t n;	/* bits that are set; below SKETCH_LEAST a text is too short to be like another */
};

/** `skeleton` is what fold_skeleton gives. */
void sketch_make(struct wh_str skeleton, struct sketch *out);

/** 0 to 1000: the share of what both have in what either has. */
unsigned sketch_likeness(const struct sketch *a, const struct sketch *b);

/** Of the first `n` of `all` the last that is at least as alike (of 1000): its place, and 1; 0: there is none. */
size_t sketch_find_last(const struct sketch *one, const struct sketch *all, size_t n, unsigned least);

#endif
