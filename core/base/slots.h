/* A table of things that are named by id: connections, sessions, timers, calls. An id is {process:12, slot:20,
 * generation:32}; when a slot is given to another thing its generation moves on, and every older id names nothing.
 * Things never move. Alloc, get and free are O(1); memory grows in chunks up to `max` slots and is kept for reuse.
 * A generation comes again after 2^31 uses of one slot. No valid id is 0. */
#ifndef WHIPLY_BASE_SLOTS_H
#define WHIPLY_BASE_SLOTS_H

#include <whiply/types.h>

enum {
	WH_ID_PROCESS_BITS = 12,
	WH_ID_SLOT_BITS = 20,
	WH_ID_PROCESS_MAX = (1 << WH_ID_PROCESS_BITS) - 1,
	WH_SLOTS_MAX = 1 << WH_ID_SLOT_BITS,
	WH_SLOTS_CHUNK_BITS = 8,
	WH_SLOTS_CHUNK = 1 << WH_SLOTS_CHUNK_BITS,	/* slots that are allocated at a time */
};

static inline uint32_t
wh_id_process(wh_id id)
{
	return (uint32_t)(id >> 52);
}

static inline uint32_t
wh_id_slot(wh_id id)
{
	return (uint32_t)(id >> 32) & (WH_SLOTS_MAX - 1);
}

static inline uint32_t
wh_id_generation(wh_id id)
{
	return (uint32_t)id;
}

static inline wh_id
wh_id_make(uint32_t process, uint32_t slot, uint32_t generation)
{
	return (wh_id)(process & WH_ID_PROCESS_MAX) << 52 | (wh_id)(slot & (WH_SLOTS_MAX - 1)) << 32 | generation;
}

/** Stands before each thing. The generation is odd while the slot is in use. */
struct wh_slot_head {
	uint32_t generation;
	uint32_t next_free;	/* slot + 1; 0: the last free one */
	uint64_t pad;		/* keeps the thing aligned to 16 */
};

struct wh_slots {
	char **chunks;		/* owned */
	size_t stride;		/* head and thing, a multiple of 16 */
	uint32_t chunk_count;	/* allocated chunks */
	uint32_t process;
	uint32_t max;
	uint32_t used;		/* things alive */
	uint32_t fresh;		/* slots from here on were never used */
	uint32_t free_first;	/* slot + 1; 0: none */
	uint32_t seed;
};

/** Makes an empty table of things of `size` bytes. Asserts process <= WH_ID_PROCESS_MAX and 0 < max <= WH_SLOTS_MAX.
 * Generations begin at `seed`: where ids outlive their process (an edge's, which the hub keeps), give a random one, so
 * that the next process under the same number does not make the same ids. 0 is fine elsewhere. */
void wh_slots_init(struct wh_slots *s, uint32_t process, size_t size, uint32_t max, uint32_t seed);

/** Returns a thing of zeros and its id, or NULL when `max` are alive or memory is out. Aligned to 16. */
void *wh_slots_alloc(struct wh_slots *s, wh_id *id_out);

/** Frees the thing. False when the id names nothing (any more). */
bool wh_slots_release(struct wh_slots *s, wh_id id);

/** Runs over all that are alive: begin with *cursor = 0; NULL at the end. Things may be freed or added meanwhile; an
 * added one may or may not be seen. */
void *wh_slots_next(const struct wh_slots *s, uint32_t *cursor, wh_id *id_out);

/** Frees the whole table with everything in it. */
void wh_slots_free(struct wh_slots *s);

static inline struct wh_slot_head *
wh_slots_head(const struct wh_slots *s, uint32_t slot)
{
	return (struct wh_slot_head *)(void *)(s->chunks[slot >> WH_SLOTS_CHUNK_BITS] +
	    (slot & (WH_SLOTS_CHUNK - 1)) * s->stride);
}

/** The thing, or NULL when the id is of another process or generation, free, or nonsense. */
static inline void *
wh_slots_get(const struct wh_slots *s, wh_id id)
{
	uint32_t slot = wh_id_slot(id);
	struct wh_slot_head *head;

	if (slot >= s->fresh || wh_id_process(id) != s->process)
		return NULL;
	head = wh_slots_head(s, slot);
	if (head->generation != wh_id_generation(id) || (head->generation & 1) == 0)
		return NULL;
	return head + 1;
}

#endif
