/* Finds a number by 32 bits that were mixed from what it stands for: a ticket by its person, a lane by its id. A cell is 8 bytes, and so half of
 * what a map of keys to values would need; in return it may name several numbers, and the caller, who has the things themselves, compares. */
#ifndef MATCHING_FINDER_H
#define MATCHING_FINDER_H

#include "pieces.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct finder {
	uint64_t *cells;	/* hash and number; 0: empty */
	size_t mask;		/* slots - 1; 0: none yet */
	size_t count;
};

/** Where a search is. */
struct finder_at {
	size_t slot;
	uint32_t hash;
};

/** The next number of this hash, or 0. Begin with `finder_from`. */
static inline uint32_t
finder_next(const struct finder *f, struct finder_at *at)
{
	uint64_t cell;

	if (f->count == 0)
		return 0;
	while ((cell = f->cells[at->slot & f->mask]) != 0) {
		at->slot++;
		if (cell >> 32 == at->hash)
			return (uint32_t)cell;
	}
	return 0;
}

static inline struct finder_at
finder_from(uint32_t hash)
{
	return (struct finder_at){ hash, hash };
}

/** Says that this hash will be asked for soon. */
static inline void
finder_soon(const struct finder *f, uint32_t hash)
{
	if (f->count != 0)
		pieces_soon(&f->cells[hash & f->mask]);
}

/** Adds a number other than 0. False: no memory, and nothing changed. */
bool finder_put(struct finder *f, uint32_t hash, uint32_t number);

/** Takes out one cell of this hash and number, if it is there. */
void finder_remove(struct finder *f, uint32_t hash, uint32_t number);

/** Bytes held. */
static inline size_t
finder_bytes(const struct finder *f)
{
	return f->cells != NULL ? (f->mask + 1) * sizeof *f->cells : 0;
}

void finder_free(struct finder *f);

#endif
