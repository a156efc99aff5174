/* See limit.h. When a set is full, whoever has the least to wait for gives way. */
#include "limit.h"

static uint64_t
limit_hash(uint64_t key, struct wh_str address)
{
	uint64_t h = key ^ 14695981039346656037u;
	bool skip = false;

	for (size_t i = 0; i < address.n; i++) {
		char c = address.p[i];

		if (c == '@')
			skip = false;
		else if (c == '+' && i != 0)
			skip = true;
		if (skip)
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		h = (h ^ (unsigned char)c) * 1099511628211u;
		h ^= h >> 29;
	}
	return h != 0 ? h : 1;
}

static double
limit_left(const struct limit *limit, const struct limit_bucket *b, int64_t now_ms)
{
	double back = (double)(now_ms - b->at_ms) * limit->rate.count / (double)limit->rate.per_ms;

	return b->spent > back ? b->spent - back : 0;
}

bool
limit_take(struct limit *limit, struct wh_str address, int64_t now_ms)
{
	uint64_t who = limit_hash(limit->key, address);
	struct limit_bucket *set = limit->buckets[who % LIMIT_SETS], *mine = NULL;
	double burst = limit->rate.burst > limit->rate.count ? limit->rate.burst : limit->rate.count, left;

	for (size_t i = 0; i < LIMIT_WAYS && mine == NULL; i++)
		if (set[i].who == who)
			mine = &set[i];
	if (mine == NULL) {
		mine = &set[0];
		for (size_t i = 1; i < LIMIT_WAYS; i++)
			if (limit_left(limit, &set[i], now_ms) < limit_left(limit, mine, now_ms))
				mine = &set[i];
		*mine = (struct limit_bucket){ .who = who, .at_ms = now_ms };
	}
	left = limit_left(limit, mine, now_ms);
	mine->spent = left;
	mine->at_ms = now_ms;
	if (left + 1 > burst + 1e-6)
		return false;
	mine->spent = left + 1;
	return true;
}
