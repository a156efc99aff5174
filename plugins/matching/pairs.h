/* What stands between two persons, in all queues: who blocks whom (for good), and who met or skipped whom (until a time). Bounded:
 * `PAIRS_MET` meetings are kept, then the oldest is forgotten early and counted; `PAIRS_BLOCKS` blocks, then no more. */
#ifndef MATCHING_PAIRS_H
#define MATCHING_PAIRS_H

#include "table.h"

enum { PAIRS_MET = 1 << 20, PAIRS_BLOCKS = 1 << 20 };

struct pairs {
	struct table met;	/* pair: until, ms */
	struct table blocks;	/* pair: bits 0 and 1, the lower person blocks, here or elsewhere; bits 2 and 3, the higher */
	uint64_t *ring;		/* keys of `met` as they came */
	size_t cap, first, n;
	uint64_t forgotten;	/* meetings that were dropped before their time */
	uint64_t seed;
};

/** `met_max` 0: PAIRS_MET. False: no memory. */
bool pairs_init(struct pairs *p, size_t met_max, uint64_t seed);
void pairs_free(struct pairs *p);

/** Where somebody blocks somebody: each is taken back by itself. */
enum pairs_where { PAIRS_HERE, PAIRS_CHAT };

/** False: no room. */
bool pairs_block(struct pairs *p, uint64_t who, uint64_t whom, enum pairs_where where);
void pairs_unblock(struct pairs *p, uint64_t who, uint64_t whom, enum pairs_where where);
bool pairs_blocked(const struct pairs *p, uint64_t a, uint64_t b);

/** They are not to meet again before `until`. */
void pairs_meet(struct pairs *p, uint64_t a, uint64_t b, int64_t until, int64_t now);

/** Until when they are not to meet again; 0: they may. */
int64_t pairs_until(const struct pairs *p, uint64_t a, uint64_t b);

#endif
