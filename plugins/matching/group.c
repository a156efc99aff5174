/* Teams: of those who go with the one that looks, enough who also go with each other, in teams that are full and have their roles. A search
 * with a budget, best first: exact for a few tickets, and for many as good as the budget allows; what it misses, the next look may find. */
#include "matcher_own.h"

#include <stdlib.h>

enum { GROUP_SMALL = 16, GROUP_BUDGET_SMALL = 8192, GROUP_BUDGET = 256, GROUP_FOUND = 128 };

/* A set of candidates. */
struct crowd {
	uint64_t bits[GROUP_FOUND / 64];
};

struct team {
	unsigned n;
	uint8_t roles[MATCHER_PERSONS];
};

struct group {
	struct matcher *m;
	uint32_t seed;
	bool seed_decides;		/* its patience is over: its wish is enough */
	const struct found *found;
	unsigned n, each;		/* candidates; persons of a team */
	struct crowd fits[GROUP_FOUND];	/* with whom of those behind it a candidate goes */
	struct crowd known;		/* whose row of `fits` is there */
	unsigned missing;		/* persons */
	unsigned budget;
	uint32_t chosen[MATCHER_PERSONS];
	uint8_t team_of[MATCHER_PERSONS];
	unsigned n_chosen;
	struct team teams[MATCHER_TEAMS];
};

/* Finds a place for person `i`, moving others if need be. */
static bool
place_find(const uint8_t *roles, unsigned i, const uint8_t *places, unsigned n_places, uint8_t *at, bool *seen)
{
	for (unsigned p = 0; p < n_places; p++) {
		if (seen[p] || (roles[i] != 0 && places[p] != 0 && (roles[i] & places[p]) == 0))
			continue;
		seen[p] = true;
		if (at[p] == ROLE_ANY || place_find(roles, at[p], places, n_places, at, seen)) {
			at[p] = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static unsigned
team_places(const struct plan *plan, uint8_t *places)
{
	unsigned n = 0;

	for (unsigned r = 0; r < MATCHER_ROLES; r++)
		for (unsigned i = 0; i < plan->quota[r]; i++)
			places[n++] = (uint8_t)(1u << r);
	while (n < plan->size)
		places[n++] = 0;
	return n;
}

/* Can all of the team have a place each? `at` gets, for each place, who has it. */
static bool
team_seat(const struct plan *plan, const struct team *team, uint8_t *at)
{
	uint8_t places[MATCHER_PERSONS];
	unsigned n = team_places(plan, places);

	memset(at, ROLE_ANY, n);
	for (unsigned i = 0; i < team->n; i++) {
		bool seen[MATCHER_PERSONS] = { false };

		if (!place_find(team->roles, i, places, n, at, seen))
			return false;
	}
	return true;
}

/* Puts what those of a ticket would be behind the others. */
static void
team_roles(const struct matcher *m, struct team *to, const struct ticket *t)
{
	for (unsigned i = 0; i < t->n; i++)
		to->roles[to->n++] = ticket_role(m, t, i);
}

static bool
team_add(struct group *g, unsigned team, uint32_t number)
{
	const struct ticket *t = ticket_at(g->m, number);
	struct team *to = &g->teams[team];
	uint8_t at[MATCHER_PERSONS];

	team_roles(g->m, to, t);
	if (g->m->plan.roles && !team_seat(&g->m->plan, to, at)) {
		to->n -= t->n;
		return false;
	}
	g->chosen[g->n_chosen] = number;
	g->team_of[g->n_chosen++] = (uint8_t)team;
	g->missing -= t->n;
	return true;
}

static void
team_drop(struct group *g)
{
	const struct ticket *t = ticket_at(g->m, g->chosen[--g->n_chosen]);

	g->teams[g->team_of[g->n_chosen]].n -= t->n;
	g->missing += t->n;
}

/* Do two candidates go together? That either goes with the seed is known. */
static bool
group_fits(const struct group *g, uint32_t a, uint32_t b)
{
	const struct ticket *x = ticket_at(g->m, a), *y = ticket_at(g->m, b), *seed = ticket_at(g->m, g->seed);
	int64_t now = g->m->now;

	if (agree_when(g->m, x, y) <= now && agree_met(g->m, x, y) <= now)
		return true;
	return g->seed_decides && agree_must(g->m, x, y) <= now && agree_takes(g->m, seed, x, now) && agree_takes(g->m, seed, y, now);
}

/* Those behind candidate `i` that go with it; worked out when it is first asked for. */
static const struct crowd *
group_row(struct group *g, unsigned i)
{
	struct crowd *row = &g->fits[i];

	if ((g->known.bits[i / 64] >> i % 64 & 1) != 0)
		return row;
	g->known.bits[i / 64] |= 1ull << i % 64;
	*row = (struct crowd){ { 0 } };
	for (unsigned j = i + 1; j < g->n; j++)
		if (group_fits(g, g->found[i].number, g->found[j].number))
			row->bits[j / 64] |= 1ull << j % 64;
	return row;
}

static unsigned
crowd_persons(const struct group *g, const struct crowd *of)
{
	unsigned persons = 0;

	for (unsigned w = 0; w < GROUP_FOUND / 64; w++) {
		if (g->m->plan.party == 1) {
			persons += (unsigned)__builtin_popcountll(of->bits[w]);
			continue;
		}
		for (uint64_t left = of->bits[w]; left != 0; left &= left - 1)
			persons += ticket_at(g->m, g->found[w * 64 + (unsigned)__builtin_ctzll(left)].number)->n;
	}
	return persons;
}

/* `open`: the candidates that go with all who were chosen and have not been tried. */
static bool
group_search(struct group *g, struct crowd open)
{
	while (g->missing != 0) {
		unsigned i = open.bits[0] != 0 ? (unsigned)__builtin_ctzll(open.bits[0]) : open.bits[1] != 0 ? 64 + (unsigned)__builtin_ctzll(open.bits[1]) : g->n;
		unsigned order[MATCHER_TEAMS], n = 0;
		const struct ticket *t;
		struct crowd rest;

		if (i == g->n || g->budget == 0 || crowd_persons(g, &open) < g->missing)
			return false;
		g->budget--;
		open.bits[i / 64] &= ~(1ull << i % 64);
		t = ticket_at(g->m, g->found[i].number);
		if (t->n > g->missing)
			continue;
		rest = *group_row(g, i);
		for (unsigned w = 0; w < GROUP_FOUND / 64; w++)
			rest.bits[w] &= open.bits[w];
		if (crowd_persons(g, &rest) + t->n < g->missing)
			continue;
		/* The emptiest team first; of empty ones the first stands for all. */
		for (unsigned team = 0; team < g->m->plan.teams; team++) {
			unsigned at = n;

			if (g->teams[team].n + t->n > g->each || (team > 1 && g->teams[team].n == 0 && g->teams[team - 1].n == 0))
				continue;
			for (n++; at > 0 && g->teams[order[at - 1]].n > g->teams[team].n; at--)
				order[at] = order[at - 1];
			order[at] = team;
		}
		for (unsigned k = 0; k < n; k++) {
			/* Where all are single and anything will do, one team is as good as another. */
			if (k > 0 && g->m->plan.party == 1 && !g->m->plan.roles)
				break;
			if (!team_add(g, order[k], g->found[i].number))
				continue;
			if (group_search(g, rest))
				return true;
			team_drop(g);
		}
	}
	return true;
}

static int64_t
team_sum(const struct group *g, unsigned team)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < g->n_chosen; i++)
		if (g->team_of[i] == team)
			sum += (int64_t)ticket_key(g->m, ticket_at(g->m, g->chosen[i])) * ticket_at(g->m, g->chosen[i])->n;
	return sum;
}

static void
team_fill(const struct group *g, unsigned team, struct team *to)
{
	to->n = 0;
	for (unsigned i = 0; i < g->n_chosen; i++) {
		const struct ticket *t = ticket_at(g->m, g->chosen[i]);

		if (g->team_of[i] != team)
			continue;
		team_roles(g->m, to, t);
	}
}

/* Swaps parties of a size between teams as long as that brings the sums nearer to each other. */
static void
group_balance(struct group *g)
{
	bool better = g->m->near != NO_RULE && g->m->plan.teams > 1;
	uint8_t at[MATCHER_PERSONS];

	for (unsigned round = 0; better && round < 8; round++) {
		better = false;
		for (unsigned i = 0; i < g->n_chosen; i++) {
			for (unsigned j = i + 1; j < g->n_chosen; j++) {
				const struct ticket *x = ticket_at(g->m, g->chosen[i]), *y = ticket_at(g->m, g->chosen[j]);
				uint8_t a = g->team_of[i], b = g->team_of[j];
				int64_t gap, moved;

				if (a == b || x->n != y->n)
					continue;
				gap = team_sum(g, a) - team_sum(g, b);
				moved = ((int64_t)ticket_key(g->m, y) - ticket_key(g->m, x)) * x->n;
				if (llabs(gap + 2 * moved) >= llabs(gap))
					continue;
				g->team_of[i] = b;
				g->team_of[j] = a;
				team_fill(g, a, &g->teams[a]);
				team_fill(g, b, &g->teams[b]);
				if (g->m->plan.roles && (!team_seat(&g->m->plan, &g->teams[a], at) || !team_seat(&g->m->plan, &g->teams[b], at))) {
					g->team_of[i] = a;
					g->team_of[j] = b;
					continue;
				}
				better = true;
			}
		}
	}
}

static bool
group_finish(struct group *g, int64_t cost)
{
	struct matcher *m = g->m;
	struct seat seats[MATCHER_PERSONS];
	uint8_t at[MATCHER_PERSONS], places[MATCHER_PERSONS];
	unsigned n = 0, n_places = team_places(&m->plan, places);

	group_balance(g);
	for (unsigned team = 0; team < m->plan.teams; team++) {
		unsigned first = n;

		for (unsigned i = 0; i < g->n_chosen; i++) {
			const struct ticket *t = ticket_at(m, g->chosen[i]);

			for (unsigned k = 0; g->team_of[i] == team && k < t->n; k++)
				seats[n++] = (struct seat){ ticket_id(m, g->chosen[i]), ticket_persons(m, t)[k], ticket_since(t), (uint8_t)team, ROLE_ANY };
		}
		if (!m->plan.roles)
			continue;
		team_fill(g, team, &g->teams[team]);
		team_seat(&m->plan, &g->teams[team], at);
		for (unsigned p = 0; p < n_places; p++)
			if (at[p] != ROLE_ANY && places[p] != 0)
				seats[first + at[p]].role = (uint8_t)__builtin_ctz(places[p]);
	}
	if (!matcher_made(m, &(struct made){ .n = n, .seed = ticket_id(m, g->seed), .cost = cost, .at = m->now }, seats))
		return false;
	for (unsigned i = 0; i < g->n_chosen; i++)
		ticket_end(m, g->chosen[i]);
	return true;
}

static int
found_order(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

bool
group_make(struct matcher *m, uint32_t seed, struct found *found, unsigned n)
{
	const struct ticket *t = ticket_at(m, seed);
	const struct plan *plan = &m->plan;
	unsigned persons = 0, least = plan->size;
	struct crowd all = { { 0 } };
	struct group g;

	if (m->now >= ticket_since(t) + plan->fill_after && !plan->roles)
		least = plan->least;
	for (unsigned i = 0; i < n; i++) {
		persons += ticket_at(m, found[i].number)->n;
		all.bits[i / 64] |= 1ull << i % 64;
	}
	if (persons + t->n < plan->teams * least)
		return false;
	qsort(found, n, sizeof *found, found_order);
	g.known = (struct crowd){ { 0 } };
	for (unsigned each = plan->size; each >= least && each > 0; each--) {
		int64_t cost = 0;

		if (persons + t->n < plan->teams * each || t->n > each || plan->teams * each % plan->multiple != 0)
			continue;
		g.m = m;
		g.seed = seed;
		g.found = found;
		g.n = n;
		g.each = each;
		g.missing = plan->teams * each;
		g.budget = n <= GROUP_SMALL ? GROUP_BUDGET_SMALL : GROUP_BUDGET;
		g.seed_decides = plan->patience != 0 && m->now >= ticket_since(t) + plan->patience;
		g.n_chosen = 0;
		for (unsigned team = 0; team < MATCHER_TEAMS; team++)
			g.teams[team].n = 0;
		if (!team_add(&g, 0, seed) || !group_search(&g, all))
			continue;
		for (unsigned i = 1; i < g.n_chosen; i++)
			cost += agree_cost(m, t, ticket_at(m, g.chosen[i]));
		return group_finish(&g, cost);
	}
	return false;
}
