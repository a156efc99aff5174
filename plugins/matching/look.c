/* A ticket looks around: which lanes, in which order, and whom it takes. For a pair the best is taken as the walk goes; for a group those who
 * go with it are handed to group.c. A walk ends as soon as what follows can be neither better nor sooner. */
#include "matcher_own.h"

enum { FOUND_MAX = 96, LOOK_AHEAD = 4 };

struct look {
	struct matcher *m;
	const struct ticket *a;
	uint32_t number;
	uint32_t best;		/* a pair's partner, or 0 */
	uint64_t best_order;
	int64_t best_cost;
	int64_t due;
	uint32_t peer;		/* whose time that is, or 0 */
	struct found *found;	/* a group's */
	unsigned n_found, most_found;
	bool running;		/* looks at running matches */
	bool cut;		/* there was more than we looked at */
};

static bool
roles_meet(const struct matcher *m, const struct ticket *places, const struct ticket *persons)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < persons->n; i++) {
		unsigned j = 0, role = ticket_role(m, persons, i);

		while (j < places->n && ((taken >> j & 1) != 0 || (role != 0 && ticket_role(m, places, j) != 0 && (role & ticket_role(m, places, j)) == 0)))
			j++;
		if (j == places->n)
			return false;
		taken |= 1u << j;
	}
	return true;
}

/* `number` has this order. */
static void
look_consider(struct look *l, uint32_t number, uint64_t order)
{
	struct matcher *m = l->m;
	struct ticket *b = ticket_at(m, number);
	int64_t when, cost;

	/* Should it be taken. */
	wheel_soon(&m->wheel, number);
	if (b == l->a || b->mark == m->mark)
		return;
	b->mark = m->mark;
	m->stats.probes++;
	if (b->backfill != l->running)
		return;
	if ((b->backfill || l->a->backfill) && !(b->backfill ? roles_meet(m, b, l->a) : roles_meet(m, l->a, b)))
		return;
	when = agree_when(m, l->a, b);
	if (when <= m->now) {
		int64_t met = agree_met(m, l->a, b);

		when = met > when ? met : when;
	}
	if (when > m->now) {
		if (when < l->due) {
			l->due = when;
			l->peer = number;
		}
		return;
	}
	cost = agree_cost(m, l->a, b);
	if (l->found != NULL) {
		if (l->n_found == l->most_found) {
			l->cut = true;
			return;
		}
		l->found[l->n_found++] = (struct found){ number, order, cost };
	} else if (l->best == 0 || cost < l->best_cost || (cost == l->best_cost && order < l->best_order)) {
		l->best = number;
		l->best_cost = cost;
		l->best_order = order;
	}
}

/* Passes by those of whom the lane itself tells enough, without a look at their ticket. `age`: from which a window reaches this one. */
static void
look_consider_near(struct look *l, uint32_t number, uint64_t order, int64_t age)
{
	struct matcher *m = l->m;

	if (number == l->number)
		return;
	if (m->own_ages == 0 && !l->running && !l->a->backfill) {
		int64_t when = agree_near(m, ticket_since(l->a), order_since(order), age);

		if (when > m->now && (m->plan.n_rules == 1 || when >= l->due)) {
			m->stats.probes++;
			if (when < l->due) {
				l->due = when;
				l->peer = number;
			}
			return;
		}
	}
	look_consider(l, number, order);
}

/* A group reads the ticket of each whom it passes: those who come soon are asked for. `back`: to the left. */
static void
look_ahead(const struct look *l, const struct lane_at *at, bool back, unsigned from)
{
	for (unsigned k = from; l->found != NULL && lane_there(at) && k <= LOOK_AHEAD; k++) {
		if (back ? k > at->i : k >= at->n - at->i)
			return;
		ticket_soon(l->m, at->tickets[back ? at->i - k : at->i + k]);
	}
}

/* Outwards from our own number, the nearer side first. `own_wish`: nobody here takes us before we take them. */
static void
look_near(struct look *l, const struct lane *lane, bool own_wish)
{
	struct matcher *m = l->m;
	const struct rule *rule = &m->plan.rules[m->near];
	int32_t key = ticket_key(m, l->a);
	uint32_t after = ticket_after(m, l->a)[m->near];
	struct lane_at left, right;

	/* From our own place, whether we stand here or not. */
	lanes_around(&m->lanes, lane, key, l->a->order, &left, &right);
	look_ahead(l, &left, true, 0);
	look_ahead(l, &right, false, 0);
	for (unsigned probes = 0; lane_there(&left) || lane_there(&right); probes++) {
		int64_t to_left = lane_there(&left) ? (int64_t)key - left.keys[left.i] : INT64_MAX;
		int64_t to_right = lane_there(&right) ? (int64_t)right.keys[right.i] - key : INT64_MAX;
		struct lane_at *side = to_left <= to_right ? &left : &right;
		int64_t distance = side == &left ? to_left : to_right, age;

		if (l->best != 0 && m->plan.scorer == NULL && rule->weight * distance > l->best_cost)
			return;
		age = agree_age(rule, distance, after);
		if (l->best == 0 && own_wish) {
			int64_t soonest = ticket_since(l->a) + age;

			if (soonest > m->now && soonest >= l->due)
				return;
		}
		if (probes == MATCHER_PROBES && l->found == NULL) {
			l->cut = true;
			return;
		}
		look_consider_near(l, side->tickets[side->i], side->orders[side->i], age);
		if (l->cut)
			return;
		if (side == &left)
			lane_back(&m->lanes, &left);
		else
			lane_forth(&m->lanes, &right);
		look_ahead(l, side, side == &left, LOOK_AHEAD);
	}
}

/* From the oldest on; one that costs no more than `enough` ends it. */
static void
look_oldest(struct look *l, const struct lane *lane, int64_t enough)
{
	const struct lanes *lanes = &l->m->lanes;
	unsigned probes = 0;

	for (struct lane_at at = lanes_first(lanes, lane); lane_there(&at); lane_forth(lanes, &at)) {
		if (l->best != 0 && l->m->plan.scorer == NULL && l->best_cost <= enough && at.orders[at.i] > l->best_order)
			return;
		if (probes++ == MATCHER_PROBES * (l->found != NULL ? 2 : 1)) {
			l->cut = true;
			return;
		}
		look_consider(l, at.tickets[at.i], at.orders[at.i]);
		if (l->cut)
			return;
	}
}

static void
look_into(struct look *l, uint32_t value, enum lane_kind kind, uint32_t tag, int64_t enough)
{
	const struct lane *lane = lanes_find(&l->m->lanes, lane_id(l->a->base, value, kind, tag));

	if (lane == NULL)
		return;
	if (l->m->near != NO_RULE)
		look_near(l, lane, kind != LANE_PATIENT && kind != LANE_BACKFILL);
	else
		look_oldest(l, lane, enough);
}

/* All lanes in which somebody for us can stand, with `value` of the picked rule. */
static void
look_cell(struct look *l, uint32_t value)
{
	struct matcher *m = l->m;
	const struct ticket *a = l->a;
	int64_t each = m->share != NO_RULE ? m->plan.rules[m->share].weight : 0;

	if (m->backfills != 0 && !a->backfill) {
		/* A running match that we could join is better than anything else. */
		struct found *found = l->found;

		l->found = NULL;
		l->running = true;
		look_into(l, value, LANE_BACKFILL, 0, 0);
		l->found = found;
		l->running = false;
		if (l->best != 0)
			return;
	}
	if (m->share != NO_RULE) {
		const int32_t *set = ticket_value(m, a, m->share);

		for (int i = 1; i <= set[0]; i++)
			look_into(l, value, LANE_TAG, (uint32_t)set[i], each * (MATCHER_SET - set[0]));
		if (a->loose)
			look_into(l, value, LANE_LOOSE, 0, each * MATCHER_SET);
	}
	if (m->share == NO_RULE || a->patient)
		look_into(l, value, LANE_ALL, 0, each * MATCHER_SET);
	look_into(l, value, LANE_PATIENT, 0, each * MATCHER_SET);
}

/* When our own age changes what we take. */
static int64_t
look_steps(const struct matcher *m, const struct ticket *a)
{
	int64_t due = NEVER;

	for (unsigned r = 0; r < m->plan.n_rules; r++) {
		uint32_t after = ticket_after(m, a)[r];

		if (after != AFTER_NEVER && ticket_since(a) + after > m->now && ticket_since(a) + after < due)
			due = ticket_since(a) + after;
	}
	if (m->plan.patience != 0 && ticket_since(a) + m->plan.patience > m->now && ticket_since(a) + m->plan.patience < due)
		due = ticket_since(a) + m->plan.patience;
	if (!m->pair && m->plan.least != m->plan.size && ticket_since(a) + m->plan.fill_after > m->now && ticket_since(a) + m->plan.fill_after < due)
		due = ticket_since(a) + m->plan.fill_after;
	return due;
}

static bool
pair_make(struct matcher *m, uint32_t a, uint32_t b, int64_t cost)
{
	const struct ticket *x = ticket_at(m, a), *y = ticket_at(m, b);
	const struct seat seats[2] = {
		{ ticket_id(m, a), ticket_persons(m, x)[0], ticket_since(x), 0, ROLE_ANY }, { ticket_id(m, b), ticket_persons(m, y)[0], ticket_since(y), (uint8_t)(m->plan.teams - 1), ROLE_ANY },
	};

	if (!matcher_made(m, &(struct made){ .n = 2, .seed = seats[0].ticket, .cost = cost, .at = m->now }, seats))
		return false;
	ticket_end(m, a);
	ticket_end(m, b);
	return true;
}

/* `joiner` takes places of a running match, which ends when it is full. */
static bool
backfill_make(struct matcher *m, uint32_t joiner, uint32_t running, uint32_t seed, int64_t cost)
{
	const struct ticket *t = ticket_at(m, joiner);
	struct ticket *places = ticket_at(m, running);
	struct company *company = ticket_company(m, places);
	uint8_t *wanted = ticket_roles(m, places);
	struct seat seats[MATCHER_PARTY];

	for (unsigned i = 0; i < t->n; i++) {
		unsigned j = 0, role = ticket_role(m, t, i), both = 0;

		if (m->plan.roles) {
			while (role != 0 && wanted[j] != 0 && (role & wanted[j]) == 0)
				j++;
			both = role != 0 && wanted[j] != 0 ? role & wanted[j] : role | wanted[j];
		}
		seats[i] = (struct seat){ ticket_id(m, joiner), ticket_persons(m, t)[i], ticket_since(t), 0, both != 0 ? (uint8_t)__builtin_ctz(both) : ROLE_ANY };
		places->n--;
		if (m->plan.roles)
			wanted[j] = wanted[places->n];
	}
	if (!matcher_made(m, &(struct made){ .n = t->n, .seed = ticket_id(m, seed), .backfill = ticket_persons(m, places)[0], .cost = cost, .at = m->now }, seats))
		return false;
	for (unsigned i = 0; company != NULL && i < t->n && company->n < MATCHER_PERSONS; i++)
		company->persons[company->n++] = ticket_persons(m, t)[i];
	ticket_end(m, joiner);
	if (places->n == 0)
		ticket_end(m, running);
	return true;
}

/* How many stand in the lanes in which those for `a` can be. */
static unsigned
persons_there(const struct matcher *m, const struct ticket *a)
{
	int values = m->pick != NO_RULE ? ticket_value(m, a, m->pick)[1] : 0;
	unsigned n = a->n_lanes == 0 ? a->n : 0;

	for (int i = 0; i < values || i == 0; i++) {
		const struct lane *lane = lanes_find(&m->lanes, lane_id(a->base, values != 0 ? (uint32_t)ticket_value(m, a, m->pick)[2 + i] + 1 : 0, LANE_ALL, 0));

		n += lane != NULL ? lane->persons : 0;
	}
	return n + (values != 0 ? a->n : 0);
}

/* Are there people for every role at all? */
static bool
roles_there(const struct matcher *m)
{
	if (!m->plan.roles)
		return true;
	for (unsigned r = 0; r < MATCHER_ROLES; r++)
		if (m->role_count[r] < (uint64_t)m->plan.quota[r] * m->plan.teams)
			return false;
	return true;
}

static void
look_all(struct look *l)
{
	struct matcher *m = l->m;

	m->mark++;
	m->stats.looks++;
	if (m->pick == NO_RULE || ticket_value(m, l->a, m->pick)[1] == 0) {
		look_cell(l, 0);
		return;
	}
	for (int i = 0; i < ticket_value(m, l->a, m->pick)[1]; i++)
		look_cell(l, (uint32_t)ticket_value(m, l->a, m->pick)[2 + i] + 1);
}

bool
look_around(struct matcher *m, uint32_t number, int64_t *due_out)
{
	const struct ticket *a = ticket_at(m, number);
	struct found found[FOUND_MAX];
	unsigned most = m->plan.teams * m->plan.size * 2 + 8;
	bool group = !m->pair && !a->backfill;
	struct look l = {
		.m = m, .a = a, .number = number, .due = look_steps(m, a), .found = group ? found : NULL, .most_found = most < FOUND_MAX ? most : FOUND_MAX,
	};
	int64_t retry = m->now + m->plan.retry;
	bool done = false;

	if (group && m->backfills == 0 && (persons_there(m, a) < m->plan.teams * m->plan.least || !roles_there(m))) {
		*due_out = l.due < retry ? l.due : retry;
		return false;
	}
	look_all(&l);
	if (a->backfill) {
		while (l.best != 0 && !done) {
			bool full = ticket_at(m, l.best)->n == a->n;

			if (!backfill_make(m, l.best, number, number, l.best_cost))
				break;
			done = full;
			l.best = 0;
			if (!done)
				look_all(&l);
		}
	} else if (l.best != 0) {
		done = m->pair && !ticket_at(m, l.best)->backfill ? pair_make(m, number, l.best, l.best_cost) : backfill_make(m, number, l.best, number, l.best_cost);
	} else if (group) {
		done = group_make(m, number, found, l.n_found);
	}
	m->stats.cut += l.cut;
	if (l.cut && retry < l.due)
		l.due = retry;
	*due_out = l.due;
	if (!done)
		ticket_at(m, number)->peer = l.peer;
	return done;
}
