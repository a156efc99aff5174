/* A pattern's compiled form, which pattern.c builds and pattern_match.c runs: one item for each thing to match, in order, and
 * behind them room for as many open choices as there can be. All in one block that the caller gave. */
#ifndef WHIPLY_SCRIPT_PATTERN_ITEMS_H
#define WHIPLY_SCRIPT_PATTERN_ITEMS_H

#include "script/pattern.h"

enum item_op {
	ITEM_DONE,
	ITEM_BYTE,	/* the three that match one byte, and may be repeated */
	ITEM_ANY,
	ITEM_SET,
	ITEM_OPEN,
	ITEM_CLOSE,
	ITEM_PLACE,
	ITEM_AGAIN,	/* %1 */
	ITEM_BALANCE,	/* %bxy */
	ITEM_FRONTIER,
	ITEM_END,	/* $ */
};

enum item_repeat {
	REPEAT_ONE,
	REPEAT_OPTION,
	REPEAT_STAR,
	REPEAT_PLUS,
	REPEAT_LAZY,
};

struct set {
	uint64_t bits[4];
};

struct item {
	uint8_t op, repeat;
	uint8_t a, b;		/* the byte, the capture, or the two of %b */
	uint32_t set;
};

struct choice {
	size_t item;
	size_t low, at;		/* where the item ends now, and the least that it may end at */
};

struct wh_pattern {
	bool anchored;
	unsigned n_captures;
	struct item *items;	/* all three stand behind this struct */
	struct set *sets;
	struct choice *choices;
	size_t n_items, n_sets;
};

static inline bool
set_has(const struct set *set, unsigned char c)
{
	return (set->bits[c >> 6] >> (c & 63) & 1) != 0;
}

#endif
