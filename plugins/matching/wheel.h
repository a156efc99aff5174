/* When a ticket wants to be looked at again: a wheel of milliseconds. Setting and unsetting cost one step; what lies beyond the wheel's turn
 * is put at its far end and looked at early, which does no harm. Items are numbers below the bound given at the start. */
#ifndef MATCHING_WHEEL_H
#define MATCHING_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

enum { WHEEL_SLOTS = 1 << 15 };	/* 32 s */

struct wheel {
	uint32_t *heads;	/* of WHEEL_SLOTS circles; 0: empty */
	uint64_t *full;		/* a bit for each slot */
	int64_t now;		/* every slot up to this one was emptied */
	uint32_t count;
};

/* What an item has for the wheel. Zero it at first. */
struct wheel_link {
	uint32_t prev, next;
	uint32_t slot;		/* its slot + 1; 0: not in the wheel */
};

/** Where the links of the items are. */
typedef struct wheel_link *wheel_links(void *self, uint32_t item);

bool wheel_init(struct wheel *w, int64_t now);
void wheel_free(struct wheel *w);

/** Sets or moves the item. A time that is over means the next millisecond. */
void wheel_set(struct wheel *w, wheel_links *links, void *self, uint32_t item, int64_t at);
void wheel_unset(struct wheel *w, wheel_links *links, void *self, uint32_t item);

/** Takes out the next item that is due at `now`, in order of time and then of setting; 0: none, and the wheel stands at `now`. */
uint32_t wheel_take(struct wheel *w, wheel_links *links, void *self, int64_t now);

/** When the next item is due; INT64_MAX: there is none. */
int64_t wheel_next(const struct wheel *w);

#endif
