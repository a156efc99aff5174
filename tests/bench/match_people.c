/* Who comes, what they wish, and what may never become of it: see match_people.h. */
#include "match_people.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum {
	FALLBACK = 8000, PATIENCE = 45000, STRANGERS_PATIENCE = 10000, REPEAT = 60000,
	LOAD_PEOPLE = 500000,	/* as many whatever the pool: what we ourselves keep in the caches is the same */
};

double
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

double
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
struct person *
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

void
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

struct want
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

void
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
void
sim_run(struct sim *s)
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

void
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

void
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
