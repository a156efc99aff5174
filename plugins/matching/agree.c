/* When two tickets go together, and how well they fit. Everything that the rules mean stands here and nowhere else. */
#include "matcher_own.h"

int64_t
agree_age(const struct rule *rule, int64_t distance, uint32_t any_after)
{
	int64_t any = any_after == AFTER_NEVER ? NEVER : any_after, from = 0, until, grow = rule->grow;
	int64_t window = (int64_t)rule->window * 1000, wanted = distance * 1000;

	if (wanted <= window)
		return 0;
	if (rule->most != 0 && distance > rule->most)
		return any;
	for (unsigned i = 0;; i++) {
		bool last = i == MATCHER_STEPS || rule->steps[i].after == 0;

		until = last ? NEVER : rule->steps[i].after;
		if (grow > 0 && (wanted - window + grow - 1) / grow <= until - from) {
			from += (wanted - window + grow - 1) / grow;
			return from < any ? from : any;
		}
		if (last)
			return any;
		window += grow * (until - from);
		grow = rule->steps[i].grow;
		from = until;
	}
}

/* Sets are in order. */
static int
sets_share(const int32_t *a, const int32_t *b)
{
	int shared = 0;

	for (int i = 1, j = 1; i <= a[0] && j <= b[0];) {
		if (a[i] == b[j]) {
			shared++;
			i++;
			j++;
		} else if ((uint32_t)a[i] < (uint32_t)b[j]) {
			i++;
		} else {
			j++;
		}
	}
	return shared;
}

static bool
accepts(const int32_t *a, int32_t value)
{
	for (int i = 0; i < a[1]; i++)
		if (a[2 + i] == value)
			return true;
	return a[1] == 0;
}

/* Are all of b's numbers in a's range? */
static bool
ranges(const int32_t *a, const int32_t *b)
{
	return b[0] >= a[1] && b[3] <= a[2];
}

/* The best region of both, by the worse of the two; INT32_MAX: they have none. */
static int64_t
latency_between(const int32_t *a, const int32_t *b)
{
	const uint16_t *x = (const uint16_t *)(const void *)a, *y = (const uint16_t *)(const void *)b;
	int64_t best = INT32_MAX;

	for (unsigned i = 0; i < MATCHER_REGIONS; i++) {
		int64_t worse = x[i] > y[i] ? x[i] : y[i];

		if (x[i] != 0 && y[i] != 0 && worse < best)
			best = worse;
	}
	return best;
}

/* The ages from which each takes the other by one rule. */
static inline void
rule_ages(const struct matcher *m, unsigned r, const struct ticket *a, const struct ticket *b, int64_t *a_out, int64_t *b_out)
{
	const struct rule *rule = &m->plan.rules[r];
	const int32_t *x = ticket_value(m, a, r), *y = ticket_value(m, b, r);
	uint32_t any_a = ticket_after(m, a)[r], any_b = ticket_after(m, b)[r];
	int64_t distance;
	bool a_takes, b_takes;

	switch (rule->kind) {
	case RULE_NEAR:
	case RULE_LATENCY:
		distance = rule->kind == RULE_LATENCY ? latency_between(x, y) : (int64_t)x[0] - y[0];
		if (distance < 0)
			distance = -distance;
		*a_out = agree_age(rule, distance, any_a);
		*b_out = any_a == any_b ? *a_out : agree_age(rule, distance, any_b);
		return;
	case RULE_EQUAL:
		a_takes = b_takes = x[0] == y[0];
		break;
	case RULE_ONE_OF:
		a_takes = accepts(x, y[0]);
		b_takes = accepts(y, x[0]);
		break;
	case RULE_SHARE:
		a_takes = x[0] == 0;
		b_takes = y[0] == 0;
		if ((!a_takes || !b_takes) && sets_share(x, y) >= (rule->window > 0 ? rule->window : 1))
			a_takes = b_takes = true;
		break;
	default:
		a_takes = ranges(x, y);
		b_takes = ranges(y, x);
		break;
	}
	*a_out = a_takes ? 0 : any_a == AFTER_NEVER ? NEVER : any_a;
	*b_out = b_takes ? 0 : any_b == AFTER_NEVER ? NEVER : any_b;
}

static inline int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
agree_when(const struct matcher *m, const struct ticket *a, const struct ticket *b)
{
	int64_t must = later(ticket_since(a), ticket_since(b)), wish_a = 0, wish_b = 0, both, age_a, age_b;

	for (unsigned r = 0; r < m->plan.n_rules; r++) {
		rule_ages(m, r, a, b, &age_a, &age_b);
		if (m->plan.rules[r].hard) {
			if (age_a >= NEVER || age_b >= NEVER)
				return NEVER;
			must = later(must, later(ticket_since(a) + age_a, ticket_since(b) + age_b));
		} else {
			wish_a = later(wish_a, age_a);
			wish_b = later(wish_b, age_b);
		}
	}
	wish_a = later(ticket_since(a) + wish_a, must);
	wish_b = later(ticket_since(b) + wish_b, must);
	both = later(wish_a, wish_b);
	if (m->plan.patience != 0) {
		both = sooner(both, later(wish_a, ticket_since(a) + m->plan.patience));
		both = sooner(both, later(wish_b, ticket_since(b) + m->plan.patience));
	}
	return both < NEVER ? both : NEVER;
}

int64_t
agree_near(const struct matcher *m, int64_t a_since, int64_t b_since, int64_t age)
{
	int64_t last = later(a_since, b_since), when;

	if (age >= NEVER)
		return NEVER;
	/* Who came last takes the other last. */
	when = last + age;
	if (m->plan.patience != 0 && !m->plan.rules[m->near].hard)
		when = sooner(when, later(last, sooner(a_since, b_since) + later(age, m->plan.patience)));
	return when;
}

bool
agree_takes(const struct matcher *m, const struct ticket *a, const struct ticket *b, int64_t now)
{
	int64_t age_a, age_b;

	for (unsigned r = 0; r < m->plan.n_rules; r++) {
		rule_ages(m, r, a, b, &age_a, &age_b);
		if (ticket_since(a) + age_a > now || (m->plan.rules[r].hard && ticket_since(b) + age_b > now))
			return false;
	}
	return true;
}

int64_t
agree_met(const struct matcher *m, const struct ticket *a, const struct ticket *b)
{
	const struct company *company = a->backfill ? ticket_company(m, a) : b->backfill ? ticket_company(m, b) : NULL;
	const struct ticket *joins = a->backfill ? b : a;
	const uint64_t *persons = company != NULL ? company->persons : ticket_persons(m, b);
	unsigned n = company != NULL ? company->n : b->n;
	int64_t until = 0;

	if ((a->backfill || b->backfill) && company == NULL)
		return 0;
	for (unsigned i = 0; i < joins->n; i++) {
		for (unsigned j = 0; j < n; j++) {
			uint64_t person = ticket_persons(m, joins)[i];

			/* Nobody joins a match that it is in. */
			if (person == persons[j] || pairs_blocked(m->pairs, person, persons[j]))
				return NEVER;
			until = later(until, pairs_until(m->pairs, person, persons[j]));
		}
	}
	if (until != 0 && m->waiting <= m->plan.tiny)
		until = sooner(until, later(ticket_since(a), ticket_since(b)) + m->plan.repeat_relax);
	return until;
}

int64_t
agree_must(const struct matcher *m, const struct ticket *a, const struct ticket *b)
{
	int64_t must = agree_met(m, a, b), age_a, age_b;

	for (unsigned r = 0; r < m->plan.n_rules && must < NEVER; r++) {
		if (!m->plan.rules[r].hard)
			continue;
		rule_ages(m, r, a, b, &age_a, &age_b);
		must = later(must, later(ticket_since(a) + age_a, ticket_since(b) + age_b));
	}
	return sooner(must, NEVER);
}

/* How far apart two are by one rule; 0 is what they want. */
static int64_t
mismatch(const struct matcher *m, unsigned r, const struct ticket *a, const struct ticket *b)
{
	const int32_t *x = ticket_value(m, a, r), *y = ticket_value(m, b, r);
	int64_t distance;

	switch (m->plan.rules[r].kind) {
	case RULE_NEAR:
		distance = (int64_t)x[0] - y[0];
		return distance < 0 ? -distance : distance;
	case RULE_LATENCY:
		return latency_between(x, y);
	case RULE_EQUAL:
		return x[0] != y[0];
	case RULE_ONE_OF:
		return !accepts(x, y[0]) + !accepts(y, x[0]);
	case RULE_SHARE:
		return MATCHER_SET - sets_share(x, y);
	default:
		return !ranges(x, y) + !ranges(y, x);
	}
}

int64_t
agree_cost(const struct matcher *m, const struct ticket *a, const struct ticket *b)
{
	int64_t mismatches[MATCHER_RULES], cost = 0;
	struct scorer *scorer = m->plan.scorer;

	for (unsigned r = 0; r < m->plan.n_rules; r++) {
		int64_t weight = m->plan.rules[r].weight;

		if (weight == 0 && scorer == NULL)
			continue;
		mismatches[r] = mismatch(m, r, a, b);
		cost += weight * mismatches[r];
	}
	if (scorer == NULL)
		return cost;
	return scorer->cost(scorer, mismatches, m->plan.n_rules, m->now - ticket_since(a), m->now - ticket_since(b), cost);
}
