/* A coarse timer wheel: every connection has one item in it, for whatever it waits for next (a ping, a pong, the rest of a head).
 * Setting and removing is O(1) and allocates nothing; running a tick touches what is due, and once in WHEEL_SPOKES ticks
 * what is due later. Ticks are a process's own count of HEARTBEAT_TICK_MS, and wrap. */
#ifndef WHIPLY_EDGE_HEARTBEAT_WHEEL_H
#define WHIPLY_EDGE_HEARTBEAT_WHEEL_H

#include <whiply/list.h>

enum {
	HEARTBEAT_TICK_MS = 250,
	WHEEL_SPOKES = 512,	/* a power of two: 128 s go round */
};

struct wheel_item {
	struct wh_list link;
	uint32_t due;
};

struct wheel {
	struct wh_list spokes[WHEEL_SPOKES];
	uint32_t now;		/* the last tick that ran */
	uint32_t walked;	/* the tick that is running, up to the caller's now */
	struct wh_list hand;	/* what is left of the spoke that is being walked */
};

void wheel_init(struct wheel *w, uint32_t now);
void wheel_item_init(struct wheel_item *item);

/** Sets the item, or sets it anew; due in the past or now means the next tick. */
void wheel_set(struct wheel *w, struct wheel_item *item, uint32_t due);
void wheel_remove(struct wheel_item *item);

/** The next item that is due at `now`, taken out of the wheel, or NULL: all ticks up to `now` are done. */
struct wheel_item *wheel_due(struct wheel *w, uint32_t now);

static inline bool
wheel_item_set(const struct wheel_item *item)
{
	return !wh_list_empty(&item->link);
}

/** Milliseconds as ticks, rounded up, at least 1. */
static inline uint32_t
wheel_ticks(int64_t ms)
{
	return ms <= HEARTBEAT_TICK_MS ? 1 : (uint32_t)((ms + HEARTBEAT_TICK_MS - 1) / HEARTBEAT_TICK_MS);
}

#endif
