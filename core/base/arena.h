/* Memory for the time of one message: many small wishes, given back all at once. Each process has one and resets it
 * when the message is done. It keeps one block between messages, so that a usual message costs no malloc.
 * Failure is an answer: past `max` or out of memory, alloc returns NULL and the caller refuses the message. */
#ifndef WHIPLY_BASE_ARENA_H
#define WHIPLY_BASE_ARENA_H

#include <whiply/types.h>

struct wh_arena_block;

struct wh_arena {
	char *at, *end;			/* what is left of the newest block */
	struct wh_arena_block *blocks;	/* owned, newest first */
	size_t used;			/* bytes in all blocks since the reset */
	size_t max;			/* bytes that all blocks may have; 0: no bound */
	size_t first;			/* size of the kept block; 0: 4096 */
};

/** Uninitialised memory, aligned to 16; never NULL for `n` 0 unless memory is out. */
void *wh_arena_alloc(struct wh_arena *a, size_t n);

/** Zeroed memory for `count` things of `size` bytes; the product is checked. */
void *wh_arena_zero(struct wh_arena *a, size_t count, size_t size);

/** A copy of the bytes with a NUL behind them, so that `p` can also go to a system call; p is NULL on failure only. */
struct wh_str wh_arena_str(struct wh_arena *a, struct wh_str s);

/** Forgets everything that was handed out. Keeps the first block, gives the others back. */
void wh_arena_reset(struct wh_arena *a);

/** Gives all memory back; usable again, keeps `max` and `first`. */
void wh_arena_free(struct wh_arena *a);

#endif
