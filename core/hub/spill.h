/* What waits for room in a full ring: private rings in our own memory, a chain of them, so that records wait in the very form that
 * they will have, put by the same encoders. Used by one link at a time. Bounded by whoever adds to it. */
#ifndef WHIPLY_HUB_SPILL_H
#define WHIPLY_HUB_SPILL_H

#include "ring/ring.h"

struct spill_ring;

struct spill {
	struct spill_ring *first, *last;	/* owned */
	size_t ring_size;	/* as the real ring's, so that whatever fits that fits here */
	size_t rings;
};

/** An empty spill for what goes to `real`. NULL: out of memory. */
struct spill *spill_new(const struct wh_ring *real);
void spill_free(struct spill **spill);

/** The ring to put into; when it says WH_EFULL, spill_more and ask again. */
struct wh_ring *spill_ring(struct spill *spill);

/** One more ring at the end. WH_ENOMEM. */
enum wh_err spill_more(struct spill *spill);

/** Moves as many records as fit into `real`, in order. True: nothing waits any more. */
bool spill_move(struct spill *spill, struct wh_ring *real);

/** Bytes that wait. */
size_t spill_used(const struct spill *spill);

/** Memory that the rings take. */
size_t spill_bytes(const struct spill *spill);

#endif
