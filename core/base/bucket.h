/* A token bucket: how often something may be done. The rate is shared, the state is 16 bytes; {0} is a full bucket,
 * so that new things need no preparation. Only integers, and nothing is rounded away: what a rate of 3 a second lets
 * through in a day is exactly 3 × 86400 and the burst. A changed rate applies to running buckets at once. */
#ifndef WHIPLY_BASE_BUCKET_H
#define WHIPLY_BASE_BUCKET_H

#include <assert.h>
#include <whiply/conf.h>

/** `tokens` come back every `period_ns`, and at most `burst` lie ready. tokens 0: no limit at all.
 * Invariant, see wh_flow_valid: burst × period_ns fits in 62 bits. */
struct wh_flow {
	int64_t tokens;
	int64_t period_ns;
	int64_t burst;
};

struct wh_bucket {
	int64_t debt;	/* what is missing to full, in tokens × period_ns */
	int64_t seen_ns;
};

#define WH_FLOW_PER_SECOND(n, most) ((struct wh_flow){ .tokens = (n), .period_ns = 1000000000, .burst = (most) })

/** Call on every rate that comes from a setting. With a period of a second a burst of 4,600,000,000 passes, with one
 * of a day 53,000. */
static inline bool
wh_flow_valid(struct wh_flow r)
{
	if (r.tokens == 0)
		return true;
	return r.tokens > 0 && r.period_ns > 0 && r.burst > 0 && r.burst <= (INT64_MAX >> 1) / r.period_ns;
}

/** A rate as a setting has it. */
static inline struct wh_flow
wh_flow_of(struct wh_rate r)
{
	return (struct wh_flow){ .tokens = r.count, .period_ns = r.per_ms * 1000000, .burst = r.burst };
}

/** The debt at `now_ns`. A clock that stands still or goes back pays nothing. */
static inline int64_t
wh_bucket_debt(const struct wh_bucket *b, const struct wh_flow *r, int64_t now_ns)
{
	int64_t passed = now_ns - b->seen_ns;

	if (passed <= 0)
		return b->debt;
	if (passed > b->debt / r->tokens)
		return 0;
	return b->debt - passed * r->tokens;
}

/** Takes `n` tokens if they are there: all or none. More than the burst is never there. */
static inline bool
wh_bucket_take(struct wh_bucket *b, const struct wh_flow *r, int64_t now_ns, int64_t n)
{
	int64_t debt;

	assert(n >= 0);
	if (r->tokens == 0)
		return true;
	debt = wh_bucket_debt(b, r, now_ns);
	b->debt = debt;
	if (now_ns > b->seen_ns)
		b->seen_ns = now_ns;
	if (n > r->burst || debt > (r->burst - n) * r->period_ns)
		return false;
	b->debt = debt + n * r->period_ns;
	return true;
}

/** Tokens that could be taken now, as a RateLimit header tells; INT64_MAX without a limit. */
static inline int64_t
wh_bucket_left(const struct wh_bucket *b, const struct wh_flow *r, int64_t now_ns)
{
	int64_t room;

	if (r->tokens == 0)
		return INT64_MAX;
	room = r->burst * r->period_ns - wh_bucket_debt(b, r, now_ns);
	return room > 0 ? room / r->period_ns : 0;
}

/** Nanoseconds until `n` tokens can be taken: 0 when they can be now, INT64_MAX when they never can. */
static inline int64_t
wh_bucket_wait(const struct wh_bucket *b, const struct wh_flow *r, int64_t now_ns, int64_t n)
{
	int64_t over;

	if (r->tokens == 0)
		return 0;
	if (n > r->burst)
		return INT64_MAX;
	over = wh_bucket_debt(b, r, now_ns) - (r->burst - n) * r->period_ns;
	if (over <= 0)
		return 0;
	return over / r->tokens + (over % r->tokens != 0);
}

#endif
