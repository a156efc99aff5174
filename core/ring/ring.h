/* One single-producer single-consumer byte ring in shared memory, seen from one of its two processes.
 * The other process may be hostile, and either may be killed at any instruction. So: nothing is visible before it is
 * committed, the consumer copies a record before it looks at it and trusts no length, and all that a successor needs
 * stands in the shared memory. The argument for each of these is written down as rules in ring.c. */
#ifndef WHIPLY_RING_RING_H
#define WHIPLY_RING_RING_H

#include <whiply/types.h>

enum {
	WH_RING_PAGE = 4096,		/* the counters, in front of the data */
	WH_RING_MIN = 4096,		/* data bytes; always a power of two */
	WH_RING_MAX = 1 << 28,
	WH_RING_VERSION = 1,
	WH_REC_HEADER = 16,		/* bytes in front of a record's payload */
	WH_ATTEMPTS_MAX = 7,		/* wh_rec.attempts counts no further */
};

enum wh_ring_role { WH_PRODUCER, WH_CONSUMER };

/** A record as the consumer sees it: a private copy, good until wh_ring_done. */
struct wh_rec {
	uint16_t kind;		/* enum wh_rec_kind */
	uint16_t flags;		/* reserved, 0 */
	uint32_t attempts;	/* how often this record was begun: 1, and more after a consumer died on it */
	wh_id id;
	uint64_t pos;		/* where it stands; for logs */
	struct wh_str bytes;
};

struct wh_ring;

/** The shared bytes that a ring with `size` bytes of data takes. */
size_t wh_ring_bytes(size_t size);

/** Writes an empty ring into `memory` (zeroed, page-aligned, wh_ring_bytes(size) long). WH_EINVAL: not a power of two, or out of bounds. */
enum wh_err wh_ring_format(char *memory, size_t size);

/** Takes one end of the ring in `memory`, going on where the last holder of that end was. `bell` is the eventfd that the
 * other side listens on (-1: none). Both are borrowed until wh_ring_close.
 * WH_EVERSION: another layout or size. WH_ESYNTAX: the counters make no sense. */
enum wh_err wh_ring_open(char *memory, size_t size, enum wh_ring_role role, int bell, struct wh_ring **ring_out);
void wh_ring_close(struct wh_ring **ring);

/** The longest payload that a record of this ring may have: a quarter of the ring, less the header. */
size_t wh_ring_max(const struct wh_ring *ring);

/** Bytes committed and not yet done, as far as the other side can be believed; for metrics. */
size_t wh_ring_used(const struct wh_ring *ring);

/* Producer. */

/** Room for a payload of up to `n` bytes, 8-aligned, or NULL: the ring is full, or n > wh_ring_max. A second claim replaces the first. */
char *wh_ring_claim(struct wh_ring *ring, size_t n);

/** Makes the claimed record visible with the first `n_used` bytes of it. The other side is not woken: see wh_ring_kick. */
void wh_ring_commit(struct wh_ring *ring, uint16_t kind, wh_id id, size_t n_used);

/** From now on what is committed is seen only after wh_ring_show, or wh_ring_kick: all of it, or, if we die before, nothing of it. */
void wh_ring_hold(struct wh_ring *ring);
void wh_ring_show(struct wh_ring *ring);

/** Wakes the consumer if it sleeps and something was committed since the last kick. Call once at the end of a turn. */
void wh_ring_kick(struct wh_ring *ring);

/** Asks to be rung when at least half of the ring is free. False: it is free already, go on.
 * With half free, a record of any permitted length fits. */
bool wh_ring_want_room(struct wh_ring *ring);

/** The position behind the last committed record, to ask wh_ring_consumed about later. */
uint64_t wh_ring_pos(const struct wh_ring *ring);

/** Was everything up to `pos` done by the consumer? */
bool wh_ring_consumed(const struct wh_ring *ring, uint64_t pos);

/* Consumer. */

/** The next record: 1 and *out is set, 0 when there is none, WH_ESYNTAX when the producer wrote nonsense (it stays so: have
 * the writer ended). Before it returns, the attempt is written down in shared memory. Until wh_ring_done it
 * returns the same record again, and does not count that as another attempt. */
int wh_ring_next(struct wh_ring *ring, struct wh_rec *out);

/** The record that wh_ring_next gave is handled (or set aside): it leaves the ring, and its bytes are no longer valid.
 * Rings the producer when it waits for room and there is enough. */
void wh_ring_done(struct wh_ring *ring);

/** Says that we will wait for our eventfd. False: there is more, do not wait. Also call it before reading stops for any other
 * reason, since it makes sure that a producer waiting for room hears of it. */
bool wh_ring_sleep(struct wh_ring *ring);

#endif
