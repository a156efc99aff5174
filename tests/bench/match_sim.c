/* match_sim: people come to the matcher, wait, lose their connection, change their mind; prints how long they waited, how well they fit, whether
 * anything happened that may not, and what a ticket costs. Arrivals are open-loop (nobody waits for the matcher before they come) and come
 * from a seed; all times but those of the cost are simulated. `--check` compares with the figures that are promised in docs/matching.md. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "matcher.h"
#include "pieces.h"

enum shape { STEADY, DAILY, BURST };
enum kind { RATINGS, STRANGERS, TEAMS, LOAD_RATINGS, LOAD_STRANGERS, LOAD_TEAMS };

struct scenario {
	const char *name;
	enum kind kind;
	enum shape shape;
	double rate;		/* arrivals per second */
	unsigned tickets;
	unsigned people;	/* they come again and again; 0: each comes once */
	double gone;		/* share whose connection is lost without a word: they do not accept */
	double cancels;		/* share who give up, most while they wait, some when they are matched already */
	double blocks;		/* blocks per person */
	unsigned pool;		/* LOAD: about how many wait */
	/* what is promised; 0: nothing */
	double wait_p95, wait_worst, apart_p95, shared, cost_us;
};

static const struct scenario scenarios[] = {
	{ "ratings-1", RATINGS, STEADY, 1, 300000, .wait_p95 = 19, .apart_p95 = 141 },
	{ "ratings-10", RATINGS, STEADY, 10, 200000, .wait_p95 = 3.7, .apart_p95 = 58, .wait_worst = 46 },
	{ "ratings-100", RATINGS, STEADY, 100, 400000, .wait_p95 = 0.6, .apart_p95 = 46, .wait_worst = 46 },
	{ "strangers-1", STRANGERS, STEADY, 1, 100000, .wait_p95 = 9.9, .shared = 0.54 },
	{ "strangers-10", STRANGERS, STEADY, 10, 200000, .wait_p95 = 8.2, .shared = 0.81 },
	{ "strangers-50", STRANGERS, STEADY, 50, 400000, .wait_p95 = 8.0, .shared = 0.92 },
	{ "teams-20", TEAMS, STEADY, 20, .tickets = 200000 },
	{ "thin-ratings", RATINGS, STEADY, 0.1, .tickets = 20000 },
	{ "daily-strangers", STRANGERS, DAILY, 10, .tickets = 200000 },
	{ "burst-ratings", RATINGS, BURST, 20, .tickets = 200000 },
	{ "million", STRANGERS, STEADY, 200, 1000000, 20000, 0.02, 0.05, .blocks = 20 },
	{ "million-small", RATINGS, BURST, 50, 1000000, 1000, 0.05, 0.1, .blocks = 10 },
	{ "load-ratings-1k", LOAD_RATINGS, STEADY, 20000, 600000, .pool = 1000, .cost_us = 5 },
	{ "load-ratings-10k", LOAD_RATINGS, STEADY, 20000, 600000, .pool = 10000, .cost_us = 5 },
	{ "load-ratings-100k", LOAD_RATINGS, STEADY, 20000, 600000, .pool = 100000, .cost_us = 5 },
	{ "load-strangers-1k", LOAD_STRANGERS, STEADY, 20000, 600000, .pool = 1000, .cost_us = 5 },
	{ "load-strangers-10k", LOAD_STRANGERS, STEADY, 20000, 600000, .pool = 10000, .cost_us = 5 },
	{ "load-strangers-100k", LOAD_STRANGERS, STEADY, 20000, 600000, .pool = 100000, .cost_us = 5 },
	{ "load-teams-1k", LOAD_TEAMS, STEADY, 20000, 600000, .pool = 1000 },
	{ "load-teams-10k", LOAD_TEAMS, STEADY, 20000, 600000, .pool = 10000 },
	{ "load-teams-100k", LOAD_TEAMS, STEADY, 20000, 600000, .pool = 100000 },
};

enum {
	FALLBACK = 8000, PATIENCE = 45000, STRANGERS_PATIENCE = 10000, REPEAT = 60000, INTERESTS = 1000, TICK_BUDGET_US = 5000,
	LOAD_WARM = 200000,	/* tickets before the cost is counted */
	LOAD_PEOPLE = 500000,	/* as many whatever the pool: what we ourselves keep in the caches is the same */
	LOAD_ROUNDS = 15,	/* in each, all pools of a kind have their turn */
	LOAD_AGAIN = 4000,	/* tickets at the beginning of a turn that do not count: the caches were another's */
	LOAD_POOLS = 3,
	LINE = 64,
};

struct person {
	uint64_t ticket;	/* while waiting */
	int64_t since, cancel_at;
	int32_t rating;
	uint8_t n;
	uint32_t tags[5];
	uint32_t cell;
	bool gone, again;
};

/* What is known of one who comes again. */
struct past {
	uint64_t met[64];	/* the last few: partner, until */
	unsigned n_met;
	unsigned blocks[24], n_blocks;
};

struct sim {
	const struct scenario *s;
	struct plan plan;
	struct pairs pairs;
	struct matcher *m;
	uint64_t dice;
	int64_t now;
	struct person *people;
	struct past *past;		/* of each, when they come again */
	size_t n_people, next_person;
	unsigned *deadlines;		/* those who will give up, as a heap by cancel_at */
	size_t n_deadlines;
	double zipf[INTERESTS];
	/* what came of it */
	uint32_t *waits[4];		/* all, outliers, rare tags, untagged: ms */
	size_t n_waits[4];
	uint32_t *apart;
	size_t n_apart;
	uint64_t matched, tagged, sharing, self, blocked, repeats, doubles, late, cancelled, raced, put_back, ticks, over;
	double busy_us, worst_tick_us;
	double rounds[LOAD_ROUNDS];	/* LOAD: us a ticket, in each */
	double owed;			/* LOAD: arrivals whose time has come, the last one in part */
	uint64_t counted;
	struct matcher_stats before;	/* LOAD: when counting began */
	size_t most_waiting;
	double waiting_sum;
	uint64_t waiting_n;
};

static double
dice(struct sim *s)
{
	s->dice += 0x9e3779b97f4a7c15ull;
	return (double)(table_mix(s->dice) >> 11) / 9007199254740992.0;
}

static double
normal(struct sim *s)
{
	return sqrt(-2 * log(1 - dice(s))) * cos(2 * M_PI * dice(s));
}

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static unsigned
zipf(struct sim *s)
{
	double x = dice(s) * s->zipf[INTERESTS - 1];
	unsigned low = 0, high = INTERESTS - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (s->zipf[middle] < x)
			low = middle + 1;
		else
			high = middle;
	}
	return low + 1;
}

static void
plan_make(struct sim *s)
{
	enum kind kind = s->s->kind;

	s->plan = (struct plan){ .teams = 2, .size = 1, .patience = PATIENCE, .tiny = 0 };
	switch (kind) {
	case RATINGS:
		s->plan.rules[s->plan.n_rules++] = (struct rule){ RULE_NEAR, .window = 48, .grow = 10, .any_after = PATIENCE, .weight = 1,
			.steps = { { 2000, 20 }, { 3000, 9 }, { 12000, 12 } } };
		break;
	case STRANGERS:
		s->plan.rules[s->plan.n_rules++] = (struct rule){ RULE_SHARE, .window = 1, .any_after = FALLBACK, .weight = 1 };
		s->plan.patience = STRANGERS_PATIENCE;
		break;
	case TEAMS:
		s->plan.size = 5;
		s->plan.party = 1;
		s->plan.rules[s->plan.n_rules++] = (struct rule){ RULE_NEAR, .window = 100, .grow = 25, .any_after = PATIENCE, .weight = 1 };
		break;
	case LOAD_RATINGS:
		/* So far apart that about `pool` of them wait. */
		s->plan.rules[s->plan.n_rules++] = (struct rule){ RULE_NEAR, .window = 0,
			.grow = (int32_t)(0.39e9 / s->s->pool / (s->s->pool / s->s->rate)), .weight = 1 };
		break;
	case LOAD_STRANGERS:
		/* So many interests that hardly two share one: nearly all wait until they fall back. */
		s->plan.rules[s->plan.n_rules++] = (struct rule){ RULE_SHARE, .window = 1, .any_after = (int64_t)(s->s->pool / s->s->rate / 0.65 * 1000), .weight = 1 };
		break;
	case LOAD_TEAMS:
		s->plan.size = 5;
		s->plan.rules[s->plan.n_rules++] = (struct rule){ RULE_EQUAL, .hard = true };
		s->plan.rules[s->plan.n_rules++] = (struct rule){ RULE_NEAR, .window = 400, .grow = 100, .any_after = PATIENCE, .weight = 1 };
		break;
	}
}

/* Somebody of the population who does not wait yet; NULL: all do. */
static struct person *
person_pick(struct sim *s)
{
	struct person *p;

	if (s->s->people == 0)
		return &s->people[s->next_person++ % s->n_people];
	for (unsigned tries = 0; tries < 50; tries++) {
		p = &s->people[(size_t)(dice(s) * (double)s->n_people)];
		if (p->ticket == 0)
			return p;
	}
	return NULL;
}

static void
person_dress(struct sim *s, struct person *p)
{
	double x;

	p->gone = dice(s) < s->s->gone;
	p->cancel_at = dice(s) < s->s->cancels ? s->now + (int64_t)(15000 * pow(dice(s), 8)) : 0;
	switch (s->s->kind) {
	case LOAD_RATINGS:
		p->rating = (int32_t)(dice(s) * 1e9);
		return;
	case LOAD_STRANGERS:
		p->n = dice(s) < 0.7 ? 3 : 0;
		for (unsigned i = 0; i < p->n; i++)
			p->tags[i] = 1 + i * 1000000000u + (uint32_t)(dice(s) * 1e9);
		return;
	case LOAD_TEAMS:
		p->cell = (uint32_t)(dice(s) * s->s->pool / 5);
		p->rating = (int32_t)(1500 + 350 * normal(s));
		return;
	default:
		break;
	}
	x = 1500 + 350 * normal(s);
	p->rating = (int32_t)x;
	p->n = dice(s) < 0.7 ? (uint8_t)(1 + dice(s) * 5) : 0;
	for (unsigned i = 0; i < p->n; i++) {
		p->tags[i] = zipf(s);
		for (unsigned j = 0; j < i; j++)
			if (p->tags[j] == p->tags[i])
				i -= i == 0 ? 0 : 1, j = 5;
	}
}

static struct want
person_want(const struct sim *s, const struct person *p)
{
	struct want want = { .persons = { (uint64_t)(p - s->people) + 1 }, .n = 1, .since = p->since };

	if (s->plan.rules[0].kind == RULE_SHARE) {
		want.traits[0].n = p->n;
		memcpy(want.traits[0].set, p->tags, p->n * sizeof p->tags[0]);
	} else {
		want.traits[s->plan.n_rules - 1].number = p->rating;
		want.traits[0].token = p->cell;
	}
	return want;
}

static bool
share(const struct person *x, const struct person *y)
{
	for (unsigned i = 0; i < x->n; i++)
		for (unsigned j = 0; j < y->n; j++)
			if (x->tags[i] == y->tags[j])
				return true;
	return false;
}

static void
note(struct sim *s, unsigned cohort, int64_t wait)
{
	s->waits[cohort][s->n_waits[cohort]++] = (uint32_t)wait;
}

static void
note_wait(struct sim *s, const struct person *p)
{
	unsigned rarest = 0;
	int64_t wait = s->now - p->since;

	note(s, 0, wait);
	if (abs(p->rating - 1500) > 700)
		note(s, 1, wait);
	for (unsigned i = 0; i < p->n; i++)
		rarest = p->tags[i] > rarest ? p->tags[i] : rarest;
	if (rarest > 500)
		note(s, 2, wait);
	if (p->n == 0)
		note(s, 3, wait);
}

/* Everything that may never be, from what the simulator itself knows. */
static void
pair_check(struct sim *s, struct person *x, struct person *y)
{
	unsigned a = (unsigned)(x - s->people), b = (unsigned)(y - s->people);
	struct past *mine = &s->past[a], *theirs = &s->past[b];

	s->self += x == y;
	for (unsigned i = 0; i < mine->n_blocks; i++)
		s->blocked += mine->blocks[i] == b;
	for (unsigned i = 0; i < theirs->n_blocks; i++)
		s->blocked += theirs->blocks[i] == a;
	for (unsigned i = 0; i < 32; i++)
		s->repeats += mine->met[2 * i] == b + 1 && (int64_t)mine->met[2 * i + 1] > s->now;
	mine->met[2 * (mine->n_met % 32)] = b + 1;
	mine->met[2 * (mine->n_met++ % 32) + 1] = (uint64_t)(s->now + REPEAT);
}

static void
matched(struct sim *s, const struct made *made)
{
	struct person *who[MATCHER_PERSONS];
	int32_t low = INT32_MAX, high = INT32_MIN;
	bool all = true, load = s->s->kind >= LOAD_RATINGS;

	for (unsigned i = 0; i < made->n; i++) {
		who[i] = &s->people[made->seats[i].person - 1];
		s->doubles += who[i]->ticket != made->seats[i].ticket;
		who[i]->ticket = 0;
		all = all && !who[i]->gone;
		low = who[i]->rating < low ? who[i]->rating : low;
		high = who[i]->rating > high ? who[i]->rating : high;
	}
	if (load) {
		s->matched += made->n;
		return;
	}
	for (unsigned i = 0; i < made->n; i++)
		for (unsigned j = 0; j < made->n; j++)
			if (i != j && s->s->people != 0)
				pair_check(s, who[i], who[j]);
	if (s->s->people != 0)
		for (unsigned i = 0; i < made->n; i++)
			for (unsigned j = i + 1; j < made->n; j++)
				pairs_meet(&s->pairs, made->seats[i].person, made->seats[j].person, s->now + REPEAT, s->now);
	/* Over its patience, and there was somebody. */
	for (unsigned i = 0; made->n == 2 && i < 2 && s->s->people == 0; i++)
		s->late += s->now - who[i]->since > s->plan.patience && s->now > who[1 - i]->since;
	if (!all) {
		/* Somebody is not there any more: the others go back, in front. */
		for (unsigned i = 0; i < made->n; i++) {
			who[i]->again = !who[i]->gone;
			s->put_back += who[i]->again;
		}
		return;
	}
	for (unsigned i = 0; i < made->n; i++) {
		s->matched++;
		note_wait(s, who[i]);
		if (who[i]->n != 0) {
			s->tagged++;
			s->sharing += share(who[i], who[(i + 1) % made->n]);
		}
		if (who[i]->cancel_at > s->now)
			who[i]->cancel_at = s->now;	/* gives up in the very moment: too late */
	}
	s->apart[s->n_apart++] = (uint32_t)(high - low);
}

static void
take_all(struct sim *s)
{
	struct person *again[64];
	unsigned n;
	struct made made;

	do {
		n = 0;
		while (n < 32 && matcher_take(s->m, &made)) {
			matched(s, &made);
			for (unsigned i = 0; i < made.n && n < 64; i++)
				if (s->people[made.seats[i].person - 1].again) {
					s->people[made.seats[i].person - 1].again = false;
					again[n++] = &s->people[made.seats[i].person - 1];
				}
		}
		for (unsigned i = 0; i < n; i++) {
			struct want want = person_want(s, again[i]);

			matcher_add(s->m, &want, s->now, &again[i]->ticket);
		}
	} while (n != 0);
}

static void
give_up_at(struct sim *s, const struct person *p)
{
	size_t i = s->n_deadlines++;

	for (; i > 0 && s->people[s->deadlines[(i - 1) / 2]].cancel_at > p->cancel_at; i = (i - 1) / 2)
		s->deadlines[i] = s->deadlines[(i - 1) / 2];
	s->deadlines[i] = (unsigned)(p - s->people);
}

static void
give_up_first(struct sim *s)
{
	unsigned last = s->deadlines[--s->n_deadlines];
	struct person *p = &s->people[s->deadlines[0]];
	size_t i = 0, child;
	uint64_t ticket = p->ticket;

	while ((child = 2 * i + 1) < s->n_deadlines) {
		if (child + 1 < s->n_deadlines && s->people[s->deadlines[child + 1]].cancel_at < s->people[s->deadlines[child]].cancel_at)
			child++;
		if (s->people[s->deadlines[child]].cancel_at >= s->people[last].cancel_at)
			break;
		s->deadlines[i] = s->deadlines[child];
		i = child;
	}
	s->deadlines[i] = last;
	if (p->cancel_at == 0)
		return;
	p->cancel_at = 0;
	if (ticket != 0 && matcher_cancel(s->m, ticket)) {
		p->ticket = 0;
		s->cancelled++;
	} else {
		s->raced++;
	}
}

static double
rate_now(const struct sim *s)
{
	double seconds = (double)s->now / 1000;

	switch (s->s->shape) {
	case DAILY:	/* a day of 2 hours, with a night in which hardly anybody comes */
		return s->s->rate * (1.02 + sin(seconds / 7200 * 2 * M_PI)) / 1.02;
	case BURST:	/* a stream ends: ten times as many for 5 s of each minute */
		return fmod(seconds, 60) < 5 ? s->s->rate * 10 : s->s->rate * 0.2;
	default:
		return s->s->rate;
	}
}

static void
arrive(struct sim *s)
{
	struct person *p = person_pick(s);
	struct want want;

	if (p == NULL || p->ticket != 0)
		return;
	if (p->cancel_at != 0)
		return;		/* it is leaving just now */
	person_dress(s, p);
	p->since = s->now;
	want = person_want(s, p);
	if (matcher_add(s->m, &want, s->now, &p->ticket) != MATCHER_OK)
		abort();
	if (p->cancel_at != 0)
		give_up_at(s, p);
	take_all(s);
}

/* Simulated time goes on to each thing that happens; the matcher is looked after when it says so. */
static void
run_quality(struct sim *s)
{
	double next = 0;

	for (unsigned i = 0; i < s->s->tickets;) {
		int64_t due = matcher_next(s->m), arrival = (int64_t)next;
		int64_t leave = s->n_deadlines != 0 ? s->people[s->deadlines[0]].cancel_at : INT64_MAX;
		double from;

		if (leave <= arrival && leave <= due) {
			s->now = leave > s->now ? leave : s->now;
			give_up_first(s);
		} else if (due <= arrival) {
			s->now = due > s->now ? due : s->now;
			from = cpu_us();
			matcher_tick(s->m, s->now);
			from = cpu_us() - from;
			s->ticks++;
			s->over += from > TICK_BUDGET_US;
			s->worst_tick_us = from > s->worst_tick_us ? from : s->worst_tick_us;
			take_all(s);
		} else {
			s->now = arrival;
			arrive(s);
			next += -log(1 - dice(s)) * 1000 / rate_now(s);
			i++;
			s->waiting_sum += matcher_waiting(s->m);
			s->waiting_n++;
			if (matcher_waiting(s->m) > s->most_waiting)
				s->most_waiting = matcher_waiting(s->m);
		}
	}
}

/* So many more arrive, in batches of a millisecond so that looking at the clock does not count. */
static void
load_some(struct sim *s, unsigned tickets, bool counts)
{
	enum { BATCH = 256 };
	static struct want wants[BATCH];
	static struct person *who[BATCH];

	for (unsigned done = 0, n; done < tickets; done += n) {
		double from, took;
		struct made made;

		n = 0;
		s->now++;
		for (s->owed += s->s->rate / 1000; s->owed >= 1 && n < BATCH; s->owed--) {
			who[n] = person_pick(s);
			if (who[n]->ticket != 0)
				continue;
			who[n]->since = s->now;
			person_dress(s, who[n]);
			wants[n] = person_want(s, who[n]);
			n++;
		}
		from = cpu_us();
		for (unsigned i = 0; i < n; i++)
			if (matcher_add(s->m, &wants[i], s->now, &who[i]->ticket) != MATCHER_OK)
				abort();
		matcher_tick(s->m, s->now);
		took = cpu_us() - from;
		while (matcher_take(s->m, &made))
			matched(s, &made);
		if (!counts)
			continue;
		s->ticks++;
		s->over += took > TICK_BUDGET_US;
		s->worst_tick_us = took > s->worst_tick_us ? took : s->worst_tick_us;
		s->busy_us += took;
		s->counted += n;
		s->waiting_sum += matcher_waiting(s->m);
		s->waiting_n++;
	}
}

/* The pools take turns, so that what else the machine does, and how fast its hour is, falls on all alike. */
static void
load_all(struct sim *sims, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct sim *s = &sims[i];

		load_some(s, s->s->pool * 4 > LOAD_WARM ? s->s->pool * 4 : LOAD_WARM, false);
		s->before = matcher_stats(s->m);
	}
	for (unsigned round = 0; round < LOAD_ROUNDS; round++) {
		for (unsigned i = 0; i < n; i++) {
			struct sim *s = &sims[i];
			double busy;
			uint64_t counted;

			load_some(s, LOAD_AGAIN, false);
			busy = s->busy_us;
			counted = s->counted;
			load_some(s, s->s->tickets / LOAD_ROUNDS, true);
			s->rounds[round] = (s->busy_us - busy) / (double)(s->counted - counted);
		}
	}
}

/* What this machine takes for a read that nobody foresees, somewhere in so many bytes: each says where the next one is. In ns, by CPU time. */
static double
read_ns(size_t bytes, uint64_t seed)
{
	enum { READS = 2000000 };
	uint32_t lines = (uint32_t)(bytes / LINE), at = 0;
	volatile uint32_t last;
	uint32_t *next = pieces_wide(bytes);
	struct sim s = { .dice = seed };
	double from;

	if (next == NULL)
		abort();
	for (uint32_t i = 0; i < lines; i++)
		next[i * (LINE / 4)] = i;
	/* One circle through all. */
	for (uint32_t i = lines - 1; i > 0; i--) {
		uint32_t j = (uint32_t)(dice(&s) * i), other = next[j * (LINE / 4)];

		next[j * (LINE / 4)] = next[i * (LINE / 4)];
		next[i * (LINE / 4)] = other;
	}
	for (uint32_t i = 0; i < lines; i++)
		at = next[at * (LINE / 4)];
	from = cpu_us();
	for (uint32_t i = 0; i < READS; i++)
		at = next[at * (LINE / 4)];
	from = cpu_us() - from;
	last = at;	/* or nobody would have to look */
	(void)last;
	free(next);
	return from * 1000 / READS;
}

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static double
percentile(uint32_t *of, size_t n, double p)
{
	if (n == 0)
		return 0;
	qsort(of, n, sizeof *of, by_size);
	return of[(size_t)((double)(n - 1) * p)];
}

static bool
promise(bool ok, const char *what, double is, double promised)
{
	if (!ok)
		printf("    MISSED: %s is %.4g, promised %.4g\n", what, is, promised);
	return ok;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
middle(const double *of, unsigned n)
{
	double sorted[LOAD_ROUNDS];

	memcpy(sorted, of, n * sizeof *of);
	qsort(sorted, n, sizeof *sorted, by_value);
	return sorted[n / 2];
}

/* What a ticket costs may grow as the logarithm of those who wait, measured from the smallest pool of its kind: what is done for it, which is
 * counted, and the time that takes, round by round. */
static bool
report_load(struct sim *s, struct sim *least)
{
	const struct scenario *c = s->s;
	struct matcher_stats stats = matcher_stats(s->m), first = matcher_stats(least->m);
	double waiting = s->waiting_sum / (double)s->waiting_n, cost = s->busy_us / (double)s->counted, times[LOAD_ROUNDS], grown, steps, time;
	/* What is done before a turn counts is in the steps, and much the same. */
	double per = (double)(s->counted + LOAD_ROUNDS * LOAD_AGAIN), first_per = (double)(least->counted + LOAD_ROUNDS * LOAD_AGAIN);
	bool ok = true;

	printf("%s: %g/s, %llu matched, %.0f waiting on average, %.1f looked at a search\n", c->name, c->rate, (unsigned long long)s->matched, waiting,
	    (double)stats.probes / (double)stats.looks);
	steps = (double)(stats.steps + stats.probes - s->before.steps - s->before.probes) / per;
	printf("    %.2f us a ticket, %.2f in the middle round; %.2f searches, %.1f steps; worst tick %.0f us, %llu of %llu over %d us\n", cost,
	    middle(s->rounds, LOAD_ROUNDS), (double)(stats.looks - s->before.looks) / per, steps, s->worst_tick_us, (unsigned long long)s->over,
	    (unsigned long long)s->ticks, TICK_BUDGET_US);
	printf("    %.1f MiB, where a read that nobody foresees takes %.1f ns\n", (double)stats.bytes / (1 << 20), read_ns(stats.bytes, 1));
	if (c->cost_us != 0)
		ok = promise(cost <= c->cost_us, "us a ticket", cost, c->cost_us);
	/* Teams wait in cells, which people come to more seldom the more there are: their looks are others, not only more. */
	if (s == least || c->kind == LOAD_TEAMS)
		return ok;
	grown = log(waiting) / log(least->waiting_sum / (double)least->waiting_n);
	steps /= (double)(first.steps + first.probes - least->before.steps - least->before.probes) / first_per;
	for (unsigned i = 0; i < LOAD_ROUNDS; i++)
		times[i] = s->rounds[i] / least->rounds[i];
	time = middle(times, LOAD_ROUNDS);
	printf("    of those with %.0f waiting: steps x %.2f, time x %.2f; the logarithm x %.2f\n", least->waiting_sum / (double)least->waiting_n, steps, time, grown);
	ok = promise(steps <= grown, "how steps grow", steps, grown) && ok;
	return promise(time <= grown, "how time grows", time, grown) && ok;
}

static bool
report(struct sim *s)
{
	static const char *const cohorts[] = { "all", "outliers", "rare", "untagged" };
	const struct scenario *c = s->s;
	struct matcher_stats stats = matcher_stats(s->m);
	double waiting = s->waiting_n != 0 ? s->waiting_sum / (double)s->waiting_n : 0;
	uint64_t violations = s->self + s->blocked + s->repeats + s->doubles + s->late;
	bool ok = true;

	printf("%s: %g/s, %llu matched, %.0f waiting on average, %.1f looked at a search\n", c->name, c->rate, (unsigned long long)s->matched, waiting,
	    stats.looks != 0 ? (double)stats.probes / (double)stats.looks : 0);
	for (unsigned i = 0; i < 4; i++) {
		if (s->n_waits[i] == 0 || (i == 1 && c->kind == STRANGERS) || (i > 1 && c->kind != STRANGERS))
			continue;
		printf("    wait %-9s p50 %6.2f  p95 %6.2f  p99 %6.2f  worst %6.2f s  (%zu)\n", cohorts[i], percentile(s->waits[i], s->n_waits[i], 0.5) / 1000,
		    percentile(s->waits[i], s->n_waits[i], 0.95) / 1000, percentile(s->waits[i], s->n_waits[i], 0.99) / 1000,
		    percentile(s->waits[i], s->n_waits[i], 1) / 1000, s->n_waits[i]);
	}
	if (c->kind == STRANGERS)
		printf("    %.1f %% of the tagged share a tag\n", 100 * (double)s->sharing / (double)s->tagged);
	else
		printf("    apart: p50 %.0f  p95 %.0f  worst %.0f\n", percentile(s->apart, s->n_apart, 0.5), percentile(s->apart, s->n_apart, 0.95),
		    percentile(s->apart, s->n_apart, 1));
	printf("    violations: self %llu, blocked %llu, repeated %llu, double %llu, late %llu; gave up %llu, too late %llu, put back %llu; worst tick %.0f us, %llu over\n",
	    (unsigned long long)s->self, (unsigned long long)s->blocked, (unsigned long long)s->repeats, (unsigned long long)s->doubles, (unsigned long long)s->late,
	    (unsigned long long)s->cancelled, (unsigned long long)s->raced, (unsigned long long)s->put_back, s->worst_tick_us, (unsigned long long)s->over);
	ok = promise(violations == 0, "violations", (double)violations, 0) && ok;
	if (c->wait_p95 != 0) {
		double p95 = percentile(s->waits[0], s->n_waits[0], 0.95) / 1000;

		ok = promise(p95 <= c->wait_p95, "p95 of the wait", p95, c->wait_p95) && ok;
	}
	if (c->wait_worst != 0) {
		double worst = percentile(s->waits[0], s->n_waits[0], 1) / 1000;

		ok = promise(worst <= c->wait_worst, "the worst wait", worst, c->wait_worst) && ok;
	}
	if (c->apart_p95 != 0) {
		double p95 = percentile(s->apart, s->n_apart, 0.95);

		ok = promise(p95 <= c->apart_p95, "p95 of the difference", p95, c->apart_p95) && ok;
	}
	if (c->shared != 0)
		ok = promise((double)s->sharing / (double)s->tagged >= c->shared, "the share with a common tag", (double)s->sharing / (double)s->tagged, c->shared) && ok;
	return ok;
}

static void
sim_open(struct sim *s, const struct scenario *c, uint64_t seed)
{
	double sum = 0;

	*s = (struct sim){ .s = c, .dice = seed };
	s->n_people = c->people != 0 ? c->people : c->kind >= LOAD_RATINGS ? LOAD_PEOPLE : 200000;
	s->people = calloc(s->n_people, sizeof *s->people);
	s->past = calloc(c->people + 1, sizeof *s->past);
	s->deadlines = calloc(c->tickets + 1, sizeof *s->deadlines);
	s->apart = calloc(c->tickets + 1, sizeof *s->apart);
	for (unsigned i = 0; i < 4; i++)
		s->waits[i] = calloc(c->tickets + 1, sizeof *s->waits[i]);
	for (unsigned i = 0; i < INTERESTS; i++)
		s->zipf[i] = sum += 1.0 / (i + 1);
	plan_make(s);
	if (!pairs_init(&s->pairs, 0, seed) || (s->m = matcher_new(&s->plan, &s->pairs, seed, 0)) == NULL)
		abort();
	for (size_t i = 0; i < s->n_people && c->blocks != 0; i++) {
		for (unsigned k = 0; k < c->blocks; k++) {
			unsigned whom = (unsigned)(dice(s) * (double)s->n_people);

			if (whom == i)
				continue;
			s->past[i].blocks[s->past[i].n_blocks++] = whom;
			pairs_block(&s->pairs, i + 1, whom + 1, PAIRS_HERE);
		}
	}
}

static void
sim_close(struct sim *s)
{
	matcher_free(&s->m);
	pairs_free(&s->pairs);
	for (unsigned i = 0; i < 4; i++)
		free(s->waits[i]);
	free(s->apart);
	free(s->deadlines);
	free(s->past);
	free(s->people);
}

/* One that is about what comes of it, or those of a kind that are about what it costs. */
static bool
run(const struct scenario *const *of, unsigned n, uint64_t seed)
{
	static struct sim sims[LOAD_POOLS];
	bool ok = true;

	for (unsigned i = 0; i < n; i++)
		sim_open(&sims[i], of[i], seed);
	if (of[0]->kind >= LOAD_RATINGS) {
		load_all(sims, n);
		for (unsigned i = 0; i < n; i++)
			ok = report_load(&sims[i], &sims[0]) && ok;
	} else {
		run_quality(&sims[0]);
		ok = report(&sims[0]);
	}
	fflush(stdout);
	for (unsigned i = 0; i < n; i++)
		sim_close(&sims[i]);
	return ok;
}

/* Is it named, or nothing? */
static bool
wanted(const struct scenario *c, int argc, char **argv)
{
	bool named = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seed") == 0) {
			i++;
			continue;
		}
		if (argv[i][0] == '-')
			continue;
		if (strncmp(c->name, argv[i], strlen(argv[i])) == 0)
			return true;
		named = true;
	}
	return !named;
}

int
main(int argc, char **argv)
{
	enum { N = sizeof scenarios / sizeof scenarios[0] };
	bool check = false, ok = true;
	uint64_t seed = 1;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--check") == 0) {
			check = true;
		} else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
			seed = strtoull(argv[++i], NULL, 10);
		} else if (argv[i][0] == '-') {
			fputs("usage: match_sim [--check] [--seed N] [SCENARIO or the beginning of some…]\n", stderr);
			return 2;
		}
	}
	for (unsigned k = 0; k < N;) {
		const struct scenario *of[LOAD_POOLS];
		unsigned n = 0, first = k;

		do {
			if (wanted(&scenarios[k], argc, argv))
				of[n++] = &scenarios[k];
		} while (++k < N && scenarios[k].kind >= LOAD_RATINGS && scenarios[k].kind == scenarios[first].kind);
		if (n != 0)
			ok = run(of, n, seed) && ok;
	}
	if (check)
		printf("%s\n", ok ? "all that is promised is kept" : "something promised is missed");
	return check && !ok ? 1 : 0;
}
