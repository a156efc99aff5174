/* The call rates of rate.h. A bucket's key is a keyed hash of what it is for; it may stand in one of RATE_WAYS places of its set, so
 * that a look-up reads a few neighbouring cache lines and a crowded table forgets something old. */
#include "hub/rate.h"

#include <assert.h>
#include <stdlib.h>

#include "base/random.h"
#include "hub/hub.h"

enum rate_kind { RATE_COMMAND = 1, RATE_ACCOUNT, RATE_ADDRESS };

struct rate_limit {
	struct wh_bucket *bucket;
	const struct wh_flow *flow;
};

/* Who sets the rate of one session high means it: what is shared by many sessions is never less. */
static struct wh_flow
rate_not_below(struct wh_flow shared, struct wh_flow one)
{
	struct wh_flow flow = one;

	if (shared.tokens == 0 || one.tokens == 0)
		return shared.tokens == 0 ? shared : one;
	if ((double)shared.tokens / (double)shared.period_ns >= (double)one.tokens / (double)one.period_ns)
		flow = shared;
	flow.burst = shared.burst > one.burst ? shared.burst : one.burst;
	return wh_flow_valid(flow) ? flow : one;
}

void
rates_configure(struct hub *hub)
{
	hub->rates->command = wh_flow_of(hub->settings.command_rate);
	hub->rates->account = rate_not_below(wh_flow_of(hub->settings.account_rate), hub->rates->command);
	hub->rates->address = rate_not_below(wh_flow_of(hub->settings.address_rate), hub->rates->command);
	/* What was taken of an old rate says nothing of a new one. */
	memset(hub->rates->entries, 0, RATE_ENTRIES * sizeof *hub->rates->entries);
}

enum wh_err
rates_init(struct hub *hub)
{
	struct rates *rates = calloc(1, sizeof *rates);

	if (rates == NULL)
		return WH_ENOMEM;
	rates->entries = calloc(RATE_ENTRIES, sizeof *rates->entries);
	if (rates->entries == NULL) {
		free(rates);
		return WH_ENOMEM;
	}
	wh_random_bytes(&rates->key, sizeof rates->key);
	hub->rates = rates;
	rates_configure(hub);
	return WH_OK;
}

void
rates_finish(struct hub *hub)
{
	if (hub->rates != NULL)
		free(hub->rates->entries);
	free(hub->rates);
	hub->rates = NULL;
}

struct wh_flow
rate_of(const char *text)
{
	struct wh_rate rate;
	enum wh_err err;

	if (text == NULL)
		return (struct wh_flow){ 0 };
	err = wh_conf_parse_rate(wh_str(text), &rate);
	assert(err == WH_OK);
	(void)err;
	return wh_flow_of(rate);
}

static uint64_t
rate_key(const struct rates *rates, enum rate_kind kind, const void *bytes, size_t n, uint64_t more)
{
	uint64_t key = wh_siphash(&rates->key, bytes, n);

	return wh_siphash_u64(&rates->key, key ^ wh_siphash_u64(&rates->key, more + ((uint64_t)kind << 56))) | 1;
}

/* Finds or makes a bucket; never in the place of `spare`, which the caller holds. */
static struct wh_bucket *
rate_bucket(struct rates *rates, uint64_t key, const struct wh_bucket *spare)
{
	struct rate_entry *set = &rates->entries[key / 2 % (RATE_ENTRIES / RATE_WAYS) * RATE_WAYS], *oldest = NULL;

	for (unsigned i = 0; i < RATE_WAYS; i++) {
		if (set[i].key == key)
			return &set[i].bucket;
		if (&set[i].bucket == spare)
			continue;
		if (oldest == NULL || (oldest->key != 0 && (set[i].key == 0 || set[i].bucket.seen_ns < oldest->bucket.seen_ns)))
			oldest = &set[i];
	}
	*oldest = (struct rate_entry){ .key = key };
	return &oldest->bucket;
}

/* A guest over HTTP is another session each time: what lasts is its address; and for accounts the account. */
static void
rate_limits(struct rates *rates, const struct wh_session *s, struct wh_str command, const struct wh_flow *flow, struct rate_limit limits[2])
{
	struct wh_addr_key address = wh_addr_key(&s->address);
	bool guest = s->who.kind == WH_GUEST;
	uint64_t who = guest ? rate_key(rates, RATE_ADDRESS, &address, sizeof address, 0) :
	    rate_key(rates, RATE_ACCOUNT, s->who.id.p, s->who.id.n, 0);
	uint64_t what = rate_key(rates, RATE_COMMAND, command.p, command.n, s->state == SESSION_EPHEMERAL ? who : s->id);

	limits[1] = (struct rate_limit){ rate_bucket(rates, what, NULL), flow->tokens != 0 ? flow : &rates->command };
	limits[0] = (struct rate_limit){ rate_bucket(rates, who, limits[1].bucket), guest ? &rates->address : &rates->account };
}

bool
rate_take(struct hub *hub, const struct wh_session *s, struct wh_str command, const struct wh_flow *flow, struct rate_state *state_out)
{
	struct rate_limit limits[2];
	bool fine = true;

	*state_out = (struct rate_state){ 0 };
	if (s->local)
		return true;
	rate_limits(hub->rates, s, command, flow, limits);
	for (unsigned i = 0; i < 2 && fine; i++)
		fine = wh_bucket_wait(limits[i].bucket, limits[i].flow, hub->now_ns, 1) == 0;
	for (unsigned i = 0; i < 2; i++) {
		const struct rate_limit *l = &limits[i];
		int64_t left, wait;

		if (l->flow->tokens == 0)
			continue;
		if (fine)
			wh_bucket_take(l->bucket, l->flow, hub->now_ns, 1);
		left = wh_bucket_left(l->bucket, l->flow, hub->now_ns);
		wait = (wh_bucket_wait(l->bucket, l->flow, hub->now_ns, 1) + 999999) / 1000000;
		if (state_out->limit == 0 || left < state_out->left) {
			state_out->limit = l->flow->burst;
			state_out->left = left;
			state_out->full_ms = (wh_bucket_wait(l->bucket, l->flow, hub->now_ns, l->flow->burst) + 999999) / 1000000;
		}
		if (!fine && wait > state_out->retry_ms)
			state_out->retry_ms = wait;
	}
	return fine;
}
