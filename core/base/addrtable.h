/* What an edge remembers about the addresses that its clients come from: how many connections each has, and its
 * buckets. Bounded: `max` entries of 96 bytes or less, allocated at once but touched only as they are used. When it is full, the
 * entry without connections that was idle longest makes room, so an address is forgotten only after `max` others.
 * An entry that has connections is never evicted; with `max` at least the limit of connections, room is always found. */
#ifndef WHIPLY_BASE_ADDRTABLE_H
#define WHIPLY_BASE_ADDRTABLE_H

#include <whiply/list.h>

#include "base/addr.h"
#include "base/bucket.h"
#include "base/siphash.h"

struct wh_addr_entry {
	struct wh_addr_key key;
	struct wh_bucket accepts;	/* for the caller: connections opened */
	struct wh_bucket messages;	/* for the caller */
	struct wh_bucket bytes;		/* for the caller */
	uint32_t connections;		/* read only: see hold and drop */
	uint32_t next;			/* private: next of the same hash, index + 1 */
	struct wh_list idle;		/* private: in the order of idleness, while connections is 0 */
};

struct wh_addrtable {
	struct wh_addr_entry *entries;	/* owned */
	uint32_t *heads;		/* owned; index + 1 by hash */
	uint32_t mask;
	uint32_t n;			/* entries in use */
	uint32_t max;
	uint64_t evicted;		/* a counter for the metrics */
	struct wh_list idle;		/* idlest first */
	struct wh_siphash_key secret;
};

/** WH_EINVAL when `max` is 0 or over 2^24, WH_ENOMEM. */
enum wh_err wh_addrtable_init(struct wh_addrtable *t, uint32_t max);

/** Finds the entry, or makes one with full buckets; it becomes the least idle. NULL when every entry has connections:
 * refuse the client. Borrowed until the next touch, or as long as it is held. */
struct wh_addr_entry *wh_addrtable_touch(struct wh_addrtable *t, struct wh_addr_key key);

/** Finds the entry without making or moving one; NULL when there is none. */
struct wh_addr_entry *wh_addrtable_find(const struct wh_addrtable *t, struct wh_addr_key key);

/** Counts a connection; while there are any, the entry stays and does not move. */
void wh_addrtable_hold(struct wh_addrtable *t, struct wh_addr_entry *e);

/** The connection is gone. Asserts that there was one. */
void wh_addrtable_drop(struct wh_addrtable *t, struct wh_addr_entry *e);

void wh_addrtable_free(struct wh_addrtable *t);

#endif
