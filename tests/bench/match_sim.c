/* match_sim: people come to the matcher, wait, lose their connection, change their mind; prints how long they waited, how well they fit, whether
 * anything happened that may not, and what a ticket costs. Arrivals are open-loop (nobody waits for the matcher before they come) and come
 * from a seed; all times but those of the cost are simulated. `--check` compares with the figures that are promised in docs/matching.md. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "match_people.h"

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
	LOAD_WARM = 200000,	/* tickets before the cost is counted */
	LOAD_AGAIN = 4000,	/* tickets at the beginning of a turn that do not count: the caches were another's */
	LOAD_POOLS = 3,
	LINE = 64,
};

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
		sim_run(&sims[0]);
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
