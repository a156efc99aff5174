/* The readers of hist.h. */
#include "base/hist.h"

static uint64_t
hist_load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

uint64_t
wh_hist_bound(unsigned bucket)
{
	unsigned shift;

	if (bucket >= WH_HIST_BUCKETS - 1)
		return UINT64_MAX;
	if (bucket < 4)
		return bucket;
	shift = bucket / 4 - 1;
	return ((uint64_t)(bucket % 4 + 5) << shift) - 1;
}

uint64_t
wh_hist_count(const struct wh_hist *h)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < WH_HIST_BUCKETS; i++)
		total += hist_load(&h->counts[i]);
	return total;
}

uint64_t
wh_hist_sum(const struct wh_hist *h)
{
	return hist_load(&h->sum);
}

uint64_t
wh_hist_quantile(const struct wh_hist *h, unsigned per_mille)
{
	uint64_t total = wh_hist_count(h), seen = 0, rank;

	if (total == 0)
		return 0;
	if (per_mille > 1000)
		per_mille = 1000;
	rank = total / 1000 * per_mille + (total % 1000 * per_mille + 999) / 1000;
	if (rank == 0)
		rank = 1;
	for (unsigned i = 0; i < WH_HIST_BUCKETS - 1; i++) {
		seen += hist_load(&h->counts[i]);
		if (seen >= rank) {
			uint64_t low = i > 0 ? wh_hist_bound(i - 1) + 1 : 0;

			return low + (wh_hist_bound(i) - low) / 2;
		}
	}
	return UINT64_C(1) << WH_HIST_TOP_BIT;
}

void
wh_hist_merge(struct wh_hist *to, const struct wh_hist *from)
{
	for (unsigned i = 0; i < WH_HIST_BUCKETS; i++)
		to->counts[i] += hist_load(&from->counts[i]);
	to->sum += hist_load(&from->sum);
}
