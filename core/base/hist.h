/* A histogram of durations or sizes, in fixed exponential buckets: four to a doubling, so that a quantile is off by
 * a ninth at most. Plain numbers without a pointer, so that it can stand in shared memory: one process writes,
 * others read at any time and see each counter whole, if not all of them at one moment. {0} is empty. */
#ifndef WHIPLY_BASE_HIST_H
#define WHIPLY_BASE_HIST_H

#include <whiply/types.h>

enum {
	WH_HIST_TOP_BIT = 42,	/* values from 2^42 on, 73 minutes in ns, share the last bucket */
	WH_HIST_BUCKETS = (WH_HIST_TOP_BIT - 1) * 4 + 1,
};

struct wh_hist {
	uint64_t counts[WH_HIST_BUCKETS];
	uint64_t sum;
};

/** The bucket that holds `value`. */
static inline unsigned
wh_hist_bucket(uint64_t value)
{
	unsigned top;

	if (value < 4)
		return (unsigned)value;
	top = 63 - (unsigned)__builtin_clzll(value);
	if (top >= WH_HIST_TOP_BIT)
		return WH_HIST_BUCKETS - 1;
	return (top - 1) * 4 + (unsigned)(value >> (top - 2) & 3);
}

static inline void
wh_hist_record(struct wh_hist *h, uint64_t value)
{
	uint64_t *count = &h->counts[wh_hist_bucket(value)];

	__atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&h->sum, h->sum + value, __ATOMIC_RELAXED);
}

/** The largest value that falls in this bucket, which is the `le` of a metric; UINT64_MAX for the last. */
uint64_t wh_hist_bound(unsigned bucket);

uint64_t wh_hist_count(const struct wh_hist *h);
uint64_t wh_hist_sum(const struct wh_hist *h);

/** The value below which a share of `per_mille` (0 to 1000) of all lie, e.g. 990 for p99; 0 when empty. */
uint64_t wh_hist_quantile(const struct wh_hist *h, unsigned per_mille);

/** Adds the counts of `from`, which another process may be writing to. */
void wh_hist_merge(struct wh_hist *to, const struct wh_hist *from);

#endif
