/* The matcher against brute force, on small pools and many seeds. The oracle has rules, ages and blocks of its own, written plainly from what
 * docs/matching.md says, and looks at every pair. After each step it asks three things: is every match that was made allowed now; did the
 * one who looked get the best that there was; and is there nobody left who could go together. As time moves by single milliseconds where
 * something happens, this means that each match is made at the first moment at which it can be. */
#include "base/testing.h"
#include "matcher.h"

#include <stdlib.h>

enum { POOL = 24, STEPS = 60 };

struct dice {
	uint64_t at;
};

static uint32_t
dice(struct dice *d, uint32_t below)
{
	d->at += 0x9e3779b97f4a7c15ull;
	return (uint32_t)(table_mix(d->at) % below);
}

struct waiting {
	uint64_t ticket;	/* 0: a free place */
	struct want want;
	uint64_t nth;
};

struct world {
	struct dice dice;
	struct plan plan;
	struct pairs pairs;
	struct matcher *m;
	struct waiting pool[POOL];
	int64_t now;
	uint64_t nth;
	unsigned matches;
};

/* How wide the window is at an age, in thousandths. */
static int64_t
oracle_window(const struct rule *rule, int64_t age)
{
	int64_t window = (int64_t)rule->window * 1000, grow = rule->grow, from = 0;

	for (unsigned i = 0; i < MATCHER_STEPS && rule->steps[i].after != 0 && rule->steps[i].after <= age; i++) {
		window += (rule->steps[i].after - from) * grow;
		from = rule->steps[i].after;
		grow = rule->steps[i].grow;
	}
	return window + (age - from) * grow;
}

/* The oracle: the age from which x takes y by a rule, or -1. */
static int64_t
oracle_age(const struct rule *rule, const struct trait *x, const struct trait *y)
{
	int64_t any = rule->hard ? -1 : x->any_after != 0 ? x->any_after : rule->any_after != 0 ? rule->any_after : -1, distance = 0;
	unsigned shared = 0;
	bool takes = false;

	switch (rule->kind) {
	case RULE_EQUAL:
		takes = x->token == y->token;
		break;
	case RULE_ONE_OF:
		takes = x->n == 0;
		for (unsigned i = 0; i < x->n; i++)
			takes = takes || x->accepts[i] == y->token;
		break;
	case RULE_SHARE:
		for (unsigned i = 0; i < x->n; i++)
			for (unsigned j = 0; j < y->n; j++)
				shared += x->set[i] == y->set[j];
		takes = x->n == 0 || shared >= (unsigned)rule->window;
		break;
	case RULE_BETWEEN:
		takes = y->number >= x->low && y->number <= x->high;
		break;
	case RULE_NEAR:
	case RULE_LATENCY:
		distance = x->number > y->number ? x->number - y->number : y->number - x->number;
		if (rule->kind == RULE_LATENCY) {
			distance = INT32_MAX;
			for (unsigned i = 0; i < MATCHER_REGIONS; i++) {
				int64_t worse = x->latency[i] > y->latency[i] ? x->latency[i] : y->latency[i];

				if (x->latency[i] != 0 && y->latency[i] != 0 && worse < distance)
					distance = worse;
			}
		}
		takes = distance <= rule->window;
		if (!takes && (rule->most == 0 || distance <= rule->most)) {
			int64_t low = 0, high = 1 << 20;

			while (low < high) {
				int64_t middle = (low + high) / 2;

				if (oracle_window(rule, middle) >= distance * 1000)
					high = middle;
				else
					low = middle + 1;
			}
			if (low < 1 << 20)
				return any >= 0 && any < low ? any : low;
		}
		break;
	}
	return takes ? 0 : any > 0 ? any : -1;
}

static bool
oracle_takes(const struct world *w, const struct want *x, const struct want *y, bool hard)
{
	for (unsigned r = 0; r < w->plan.n_rules; r++) {
		int64_t age;

		if (w->plan.rules[r].hard != hard)
			continue;
		age = oracle_age(&w->plan.rules[r], &x->traits[r], &y->traits[r]);
		if (age < 0 || w->now - x->since < age)
			return false;
	}
	return true;
}

static bool
oracle_agree(const struct world *w, const struct want *x, const struct want *y)
{
	bool x_takes = oracle_takes(w, x, y, false), y_takes = oracle_takes(w, y, x, false);
	bool x_over = w->plan.patience != 0 && w->now - x->since >= w->plan.patience;
	bool y_over = w->plan.patience != 0 && w->now - y->since >= w->plan.patience;

	if (!oracle_takes(w, x, y, true) || !oracle_takes(w, y, x, true))
		return false;
	for (unsigned i = 0; i < x->n; i++)
		for (unsigned j = 0; j < y->n; j++)
			if (pairs_blocked(&w->pairs, x->persons[i], y->persons[j]) || pairs_until(&w->pairs, x->persons[i], y->persons[j]) > w->now)
				return false;
	return (x_takes && y_takes) || (x_over && x_takes) || (y_over && y_takes);
}

static int64_t
oracle_cost(const struct world *w, const struct want *x, const struct want *y)
{
	int64_t cost = 0;

	for (unsigned r = 0; r < w->plan.n_rules; r++) {
		struct rule rule = w->plan.rules[r];
		const struct trait *a = &x->traits[r], *b = &y->traits[r];
		int64_t shared = 0;

		if (rule.kind == RULE_NEAR) {
			cost += rule.weight * llabs((long long)a->number - b->number);
		} else if (rule.kind == RULE_SHARE) {
			for (unsigned i = 0; i < a->n; i++)
				for (unsigned j = 0; j < b->n; j++)
					shared += a->set[i] == b->set[j];
			cost += rule.weight * (MATCHER_SET - shared);
		} else if (rule.kind == RULE_LATENCY) {
			int64_t best = INT32_MAX;

			for (unsigned i = 0; i < MATCHER_REGIONS; i++) {
				int64_t worse = a->latency[i] > b->latency[i] ? a->latency[i] : b->latency[i];

				if (a->latency[i] != 0 && b->latency[i] != 0 && worse < best)
					best = worse;
			}
			cost += rule.weight * best;
		} else {
			bool alike = rule.kind == RULE_EQUAL;

			rule.any_after = 0;
			cost += rule.weight * ((oracle_age(&rule, &(struct trait){ .token = a->token, .n = a->n, .low = a->low, .high = a->high,
			    .accepts = { a->accepts[0], a->accepts[1], a->accepts[2] } }, b) != 0) +
			    (!alike && oracle_age(&rule, &(struct trait){ .token = b->token, .n = b->n, .low = b->low, .high = b->high,
			    .accepts = { b->accepts[0], b->accepts[1], b->accepts[2] } }, a) != 0));
		}
	}
	return cost;
}

/* Random worlds */

static struct rule
random_rule(struct dice *d, enum rule_kind kind)
{
	struct rule rule = { .kind = kind, .hard = dice(d, 3) == 0, .weight = 1 + (int32_t)dice(d, 5), .any_after = dice(d, 2) ? 500 + dice(d, 4000) : 0 };

	if (kind == RULE_NEAR || kind == RULE_LATENCY) {
		rule.window = (int32_t)dice(d, 60);
		rule.grow = (int32_t)dice(d, 40);
		rule.most = dice(d, 2) ? 150 : 0;
		if (dice(d, 2))
			rule.steps[0] = (struct rule_step){ 500 + dice(d, 1000), (int32_t)dice(d, 60) };
		if (rule.steps[0].after != 0 && dice(d, 2))
			rule.steps[1] = (struct rule_step){ 1600 + dice(d, 1000), (int32_t)dice(d, 60) };
	}
	if (kind == RULE_SHARE)
		rule.window = 1 + (int32_t)dice(d, 2);
	return rule;
}

static void
random_want(struct world *w, struct want *want)
{
	struct dice *d = &w->dice;

	for (unsigned r = 0; r < w->plan.n_rules; r++) {
		struct trait *t = &want->traits[r];

		*t = (struct trait){ .token = dice(d, 3), .number = (int32_t)dice(d, 300), .low = (int32_t)dice(d, 150), .high = 100 + (int32_t)dice(d, 250) };
		if (dice(d, 4) == 0)
			t->any_after = dice(d, 2) ? 300 + (int64_t)dice(d, 5000) : -1;
		if (w->plan.rules[r].kind == RULE_ONE_OF) {
			t->n = (uint8_t)dice(d, 3);
			for (unsigned i = 0; i < t->n; i++)
				t->accepts[i] = (t->token + i) % 3;
		} else if (w->plan.rules[r].kind == RULE_SHARE) {
			t->n = (uint8_t)dice(d, 5);
			for (unsigned i = 0; i < t->n; i++)
				t->set[i] = (i != 0 ? t->set[i - 1] : 0) + 1 + dice(d, 4);
		} else if (w->plan.rules[r].kind == RULE_LATENCY) {
			for (unsigned i = 0; i < 4; i++)
				t->latency[dice(d, MATCHER_REGIONS)] = (uint16_t)(1 + dice(d, 250));
		}
	}
}

static struct waiting *
pool_find(struct world *w, uint64_t ticket)
{
	for (unsigned i = 0; i < POOL; i++)
		if (w->pool[i].ticket == ticket)
			return &w->pool[i];
	return NULL;
}

static bool
older(const struct waiting *x, const struct waiting *y)
{
	return x->want.since != y->want.since ? x->want.since < y->want.since : x->nth < y->nth;
}

static void
world_check(struct world *w, uint64_t seed)
{
	struct made made;

	while (matcher_take(w->m, &made)) {
		struct waiting *x = pool_find(w, made.seats[0].ticket), *y = pool_find(w, made.seats[1].ticket), *best = NULL;
		int64_t best_cost = 0;

		w->matches++;
		assert_int_equal(made.n, 2);
		if (x == NULL || y == NULL || x == y || !oracle_agree(w, &x->want, &y->want))
			fail_msg("seed %llu: a match that may not be", (unsigned long long)seed);
		assert_true(made.seed == x->ticket || made.seed == y->ticket);
		if (made.seed == y->ticket) {
			struct waiting *other = x;

			x = y;
			y = other;
		}
		for (unsigned i = 0; i < POOL; i++) {
			struct waiting *z = &w->pool[i];
			int64_t cost;

			if (z->ticket == 0 || z == x || !oracle_agree(w, &x->want, &z->want))
				continue;
			cost = oracle_cost(w, &x->want, &z->want);
			if (best == NULL || cost < best_cost || (cost == best_cost && older(z, best))) {
				best = z;
				best_cost = cost;
			}
		}
		if (best != y || made.cost != best_cost)
			fail_msg("seed %llu: cost %lld where %lld was to be had", (unsigned long long)seed, (long long)made.cost, (long long)best_cost);
		x->ticket = y->ticket = 0;
	}
	for (unsigned i = 0; i < POOL; i++)
		for (unsigned j = i + 1; j < POOL; j++)
			if (w->pool[i].ticket != 0 && w->pool[j].ticket != 0 && oracle_agree(w, &w->pool[i].want, &w->pool[j].want))
				fail_msg("seed %llu, at %lld: two who could go together are left waiting", (unsigned long long)seed, (long long)w->now);
}

/* On to the next moment at which something is due, or a bit. */
static void
world_move(struct world *w, uint64_t seed)
{
	int64_t until = w->now + dice(&w->dice, 900);

	while (w->now < until) {
		int64_t next = matcher_next(w->m);
		int64_t between = w->now + 1 + dice(&w->dice, 200);

		w->now = next < between ? next : between;
		if (w->now > until)
			w->now = until;
		matcher_tick(w->m, w->now);
		world_check(w, seed);
	}
}

static void
world_step(struct world *w, uint64_t seed)
{
	unsigned i = dice(&w->dice, POOL), what = dice(&w->dice, 10);
	struct waiting *x = &w->pool[i];

	if (what == 0)
		pairs_block(&w->pairs, 1 + dice(&w->dice, POOL), 1 + dice(&w->dice, POOL), PAIRS_HERE);
	else if (x->ticket == 0)	/* who met, does not wait yet */
		pairs_meet(&w->pairs, i + 1, 1 + dice(&w->dice, POOL), w->now + dice(&w->dice, 5000), w->now);
	if (x->ticket == 0) {
		x->want = (struct want){ .persons = { i + 1 }, .n = 1, .since = w->now - (dice(&w->dice, 5) == 0 ? dice(&w->dice, 4000) : 0) };
		random_want(w, &x->want);
		x->nth = w->nth++;
		assert_int_equal(matcher_add(w->m, &x->want, w->now, &x->ticket), MATCHER_OK);
	} else if (what < 3) {
		assert_true(matcher_cancel(w->m, x->ticket));
		assert_false(matcher_cancel(w->m, x->ticket));
		x->ticket = 0;
	} else if (what < 6) {
		random_want(w, &x->want);
		x->nth = w->nth++;
		assert_int_equal(matcher_update(w->m, x->ticket, &x->want, w->now), MATCHER_OK);
	}
	world_check(w, seed);
}

static unsigned
world_run(uint64_t seed)
{
	struct world w = { .dice = { seed }, .now = 1000 };
	unsigned matches;

	w.plan = (struct plan){ .teams = 2, .size = 1, .patience = dice(&w.dice, 3) == 0 ? 0 : 2000 + dice(&w.dice, 6000), .tickets = POOL };
	w.plan.n_rules = 1 + dice(&w.dice, 4);
	for (unsigned r = 0; r < w.plan.n_rules; r++)
		w.plan.rules[r] = random_rule(&w.dice, (enum rule_kind)(1 + dice(&w.dice, 6)));
	assert_true(pairs_init(&w.pairs, 4096, seed));
	w.m = matcher_new(&w.plan, &w.pairs, seed, w.now);
	assert_non_null(w.m);
	for (unsigned i = 0; i < STEPS; i++) {
		world_step(&w, seed);
		world_move(&w, seed);
	}
	matches = w.matches;
	matcher_free(&w.m);
	pairs_free(&w.pairs);
	return matches;
}

static void
a_pool_of_pairs_equals_brute_force(void **state)
{
	unsigned matches = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 3000; seed++)
		matches += world_run(seed);
	/* It was no empty exercise. */
	assert_true(matches > 30000);
}

static void
the_same_calls_make_the_same_matches(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++)
		assert_int_equal(world_run(seed), world_run(seed));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_of_pairs_equals_brute_force),
		cmocka_unit_test(the_same_calls_make_the_same_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
