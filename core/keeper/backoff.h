/* How long to wait before what died is started again: not at all the first time, then longer and longer, so that a child
 * which cannot live does not eat the machine. A healthy life, of thirty seconds if nothing else is set, forgives everything. {0} is innocence. */
#ifndef WHIPLY_KEEPER_BACKOFF_H
#define WHIPLY_KEEPER_BACKOFF_H

#include <whiply/types.h>

enum { BACKOFF_HEALTHY_MS = 30000 };

struct backoff {
	unsigned deaths;	/* in a row */
};

/** It died after living `lived_ms`, of which `healthy_ms` are enough: the milliseconds to wait. */
int64_t backoff_died(struct backoff *b, int64_t lived_ms, int64_t healthy_ms);

#endif
