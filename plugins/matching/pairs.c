/* Pairs are keyed by a mixed 64-bit number of both persons: with a million pairs the chance that any two are one is 1 in 10^7, and then two
 * people do not meet who could have. */
#include "pairs.h"

#include <stdlib.h>

static uint64_t
pair_key(const struct pairs *p, uint64_t a, uint64_t b)
{
	uint64_t low = a < b ? a : b, high = a < b ? b : a;
	uint64_t key = table_mix2(low ^ p->seed, high);

	return key != 0 ? key : 1;
}

bool
pairs_init(struct pairs *p, size_t met_max, uint64_t seed)
{
	*p = (struct pairs){ .cap = met_max != 0 ? met_max : PAIRS_MET, .seed = seed, .met.seed = seed + 1, .blocks.seed = seed + 2 };
	p->ring = calloc(p->cap, sizeof *p->ring);
	return p->ring != NULL;
}

void
pairs_free(struct pairs *p)
{
	table_free(&p->met);
	table_free(&p->blocks);
	free(p->ring);
	p->ring = NULL;
}

static uint64_t
block_bit(uint64_t who, uint64_t whom, enum pairs_where where)
{
	return UINT64_C(1) << ((who > whom ? 2u : 0u) + where);
}

bool
pairs_block(struct pairs *p, uint64_t who, uint64_t whom, enum pairs_where where)
{
	uint64_t key = pair_key(p, who, whom), bit = block_bit(who, whom, where);
	uint64_t *bits = table_get(&p->blocks, key);

	if (bits != NULL) {
		*bits |= bit;
		return true;
	}
	return p->blocks.count < PAIRS_BLOCKS && table_put(&p->blocks, key, bit);
}

void
pairs_unblock(struct pairs *p, uint64_t who, uint64_t whom, enum pairs_where where)
{
	uint64_t key = pair_key(p, who, whom), *bits = table_get(&p->blocks, key);

	if (bits == NULL)
		return;
	*bits &= ~block_bit(who, whom, where);
	if (*bits == 0)
		table_remove(&p->blocks, key);
}

bool
pairs_blocked(const struct pairs *p, uint64_t a, uint64_t b)
{
	return p->blocks.count != 0 && table_get(&p->blocks, pair_key(p, a, b)) != NULL;
}

/* Drops the oldest while it is over, and one more if there is no room. A pair that met again stands twice in the ring: its first place
 * then only goes. */
static void
pairs_make_room(struct pairs *p, int64_t now)
{
	for (unsigned i = 0; p->n != 0 && i < 4; i++) {
		uint64_t key = p->ring[p->first];
		const uint64_t *until = table_get(&p->met, key);
		bool over = until == NULL || (int64_t)*until <= now;

		if (!over && p->n < p->cap)
			return;
		p->forgotten += !over;
		table_remove(&p->met, key);
		p->first = (p->first + 1) % p->cap;
		p->n--;
	}
}

void
pairs_meet(struct pairs *p, uint64_t a, uint64_t b, int64_t until, int64_t now)
{
	uint64_t key = pair_key(p, a, b), *there = table_get(&p->met, key);

	if (there != NULL) {
		if ((int64_t)*there < until)
			*there = (uint64_t)until;
		return;
	}
	pairs_make_room(p, now);
	if (!table_put(&p->met, key, (uint64_t)until))
		return;
	p->ring[(p->first + p->n++) % p->cap] = key;
}

int64_t
pairs_until(const struct pairs *p, uint64_t a, uint64_t b)
{
	const uint64_t *until = p->met.count != 0 ? table_get(&p->met, pair_key(p, a, b)) : NULL;

	return until != NULL ? (int64_t)*until : 0;
}
