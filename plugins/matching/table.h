/* A map from 64-bit keys to 64-bit values, open addressing. For everything in matching that is found by number: persons, lanes, pairs.
 * Keys are mixed with a seed, so nobody outside can choose keys that collide. Key and value may be anything but key 0. */
#ifndef MATCHING_TABLE_H
#define MATCHING_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
	uint64_t *cells;	/* key, value, key, value, … */
	size_t mask;		/* slots - 1; 0: none yet */
	size_t count;
	uint64_t seed;
};

/** One round of mixing: every bit of the input moves every bit of the output. */
static inline uint64_t
table_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xe9846af9b1a615dull;
	x ^= x >> 32;
	x *= 0xe9846af9b1a615dull;
	x ^= x >> 28;
	return x;
}

static inline uint64_t
table_mix2(uint64_t a, uint64_t b)
{
	return table_mix(table_mix(a) + b * 0x9e3779b97f4a7c15ull + 1);
}

/** The value's place, or NULL. Good until something is put or removed. */
uint64_t *table_get(const struct table *t, uint64_t key);

/** Adds or replaces. False: no memory, and nothing changed. */
bool table_put(struct table *t, uint64_t key, uint64_t value);

/** False: it was not there. */
bool table_remove(struct table *t, uint64_t key);

void table_free(struct table *t);

#endif
