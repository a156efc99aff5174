/* The steps of backoff.h. */
#include "keeper/backoff.h"

int64_t
backoff_died(struct backoff *b, int64_t lived_ms, int64_t healthy_ms)
{
	static const int64_t steps[] = { 0, 100, 500, 1000, 2000, 5000 };
	const unsigned last = sizeof steps / sizeof steps[0] - 1;

	if (lived_ms >= healthy_ms)
		b->deaths = 0;
	return steps[b->deaths < last ? b->deaths++ : last];
}
