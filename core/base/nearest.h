/* "Did you mean": the nearest known name to a mistyped one, for settings, commands and plugins. The distance is
 * Damerau-Levenshtein (optimal string alignment): letters added, left out, changed, or two neighbours swapped.
 * Case does not count. Names over 64 bytes are never suggested, so that a hostile word costs nothing. */
#ifndef WHIPLY_BASE_NEAREST_H
#define WHIPLY_BASE_NEAREST_H

#include <whiply/types.h>

enum { WH_NEAREST_MAX = 64 };

/** Offer every known name, then read `best`: {NULL, 0} when none is near enough (a third of the word, at least 1). */
struct wh_nearest {
	struct wh_str word;	/* set by the caller; the rest begins as zeros */
	struct wh_str best;	/* borrowed from the offer */
	unsigned distance;
};

void wh_nearest_offer(struct wh_nearest *n, struct wh_str name);

/** The distance, or a number above WH_NEAREST_MAX when either is longer than that. */
unsigned wh_nearest_distance(struct wh_str a, struct wh_str b);

#endif
