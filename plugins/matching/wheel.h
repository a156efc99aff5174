/* When a ticket wants to be looked at again: a wheel of milliseconds. Setting and unsetting cost one step; what lies beyond the wheel's turn
 * is put at its far end and looked at early, which does no harm. Items are numbers. Their links lie close together and apart from the
 * tickets, as each step goes to neighbours that have nothing else to do with the item. */
#ifndef MATCHING_WHEEL_H
#define MATCHING_WHEEL_H

#include "pieces.h"

enum { WHEEL_SLOTS = 1 << 15 };	/* 32 s */

struct wheel {
	uint32_t *heads, *tails;	/* of WHEEL_SLOTS lists; 0: empty */
	uint64_t *full;		/* a bit for each slot */
	int64_t now;		/* every slot up to this one was emptied */
	uint32_t count;
	struct pieces links;	/* wheel_link, of each item */
};

struct wheel_link {
	uint32_t prev, next;	/* 0: none */
	uint32_t slot;		/* its slot + 1; 0: not in the wheel */
};

bool wheel_init(struct wheel *w, int64_t now);
void wheel_free(struct wheel *w);

/** Before an item is set for the first time; items come in order. False: no memory. */
bool wheel_reach(struct wheel *w, uint32_t item);

/** Sets or moves the item. A time that is over means the next millisecond. */
void wheel_set(struct wheel *w, uint32_t item, int64_t at);
void wheel_unset(struct wheel *w, uint32_t item);

/** Takes out the next item that is due at `now`, in order of time and then of setting; 0: none, and the wheel stands at `now`. */
uint32_t wheel_take(struct wheel *w, int64_t now);

/** Which items come after the one that was taken just now, in the same millisecond, in order; 0: none. */
enum { WHEEL_FOLLOWING = 3 };
void wheel_following(const struct wheel *w, uint32_t items_out[static WHEEL_FOLLOWING]);

/** Says that this item will be set or unset soon. */
void wheel_soon(const struct wheel *w, uint32_t item);

/** When the next item is due; INT64_MAX: there is none. */
int64_t wheel_next(const struct wheel *w);

#endif
