/* The matcher's tickets: entering, leaving, standing in the lanes, and being looked at when their time has come. */
#include "matcher_own.h"

#include <stdlib.h>

static struct wheel_link *
matcher_link(void *self, uint32_t number)
{
	return &ticket_at(self, number)->link;
}

uint64_t
lane_id(uint64_t base, uint32_t value, enum lane_kind kind, uint32_t tag)
{
	uint64_t id = table_mix2(base + ((uint64_t)value << 8 | (uint64_t)kind), tag);

	return id != 0 ? id : 1;
}

uint64_t
ticket_id(const struct matcher *m, uint32_t number)
{
	return (uint64_t)ticket_at(m, number)->generation << 32 | number;
}

/* The number of a live ticket, or 0. */
static uint32_t
ticket_find(const struct matcher *m, uint64_t id)
{
	uint32_t number = (uint32_t)id;
	const struct ticket *t;

	if (number == 0 || number > m->n_tickets)
		return 0;
	t = ticket_at(m, number);
	return t->live && t->generation == id >> 32 ? number : 0;
}

/* The plan */

static size_t
rule_bytes(enum rule_kind kind)
{
	switch (kind) {
	case RULE_ONE_OF:
		return (2 + MATCHER_ACCEPTS) * sizeof(int32_t);
	case RULE_SHARE:
		return (1 + MATCHER_SET) * sizeof(int32_t);
	case RULE_BETWEEN:
		return 3 * sizeof(int32_t);
	case RULE_LATENCY:
		return MATCHER_REGIONS * sizeof(uint16_t);
	default:
		return sizeof(int32_t);
	}
}

static bool
plan_ok(struct plan *plan)
{
	unsigned quotas = 0;

	if (plan->n_rules > MATCHER_RULES || plan->teams == 0 || plan->teams > MATCHER_TEAMS || plan->size == 0 ||
	    plan->size * plan->teams > MATCHER_PERSONS || plan->size * plan->teams < 2 || plan->least > plan->size || plan->party > MATCHER_PARTY)
		return false;
	for (unsigned i = 0; i < plan->n_rules; i++) {
		struct rule *rule = &plan->rules[i];

		if (rule->kind < RULE_EQUAL || rule->kind > RULE_LATENCY || rule->weight < 0 || rule->any_after < 0 || rule->any_after >= INT32_MAX)
			return false;
		if (rule->hard)
			rule->any_after = 0;
		for (unsigned k = 0; k < MATCHER_STEPS && rule->steps[k].after != 0; k++)
			if (rule->steps[k].after <= (k != 0 ? rule->steps[k - 1].after : 0) || rule->steps[k].grow < 0)
				return false;
		if (rule->grow < 0 || rule->window < 0)
			return false;
	}
	for (unsigned r = 0; r < MATCHER_ROLES; r++)
		quotas += plan->quota[r];
	if (quotas > plan->size || (plan->roles && plan->size > MATCHER_PERSONS))
		return false;
	plan->least = plan->least != 0 ? plan->least : plan->size;
	plan->multiple = plan->multiple != 0 ? plan->multiple : 1;
	plan->party = plan->party != 0 ? plan->party : 1;
	plan->retry = plan->retry > 0 ? plan->retry : 1000;
	plan->tickets = plan->tickets != 0 ? plan->tickets : 1000000;
	return plan->party <= plan->size;
}

static size_t
round_up(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static void
matcher_lay_out(struct matcher *m)
{
	size_t at = round_up(sizeof(struct ticket)), nodes = 3;

	m->near = m->share = m->pick = NO_RULE;
	for (unsigned r = 0; r < m->plan.n_rules; r++) {
		const struct rule *rule = &m->plan.rules[r];

		m->at_value[r] = at;
		at += round_up(rule_bytes(rule->kind));
		if (rule->kind == RULE_NEAR && m->near == NO_RULE)
			m->near = r;
		if (rule->kind == RULE_SHARE && m->share == NO_RULE)
			m->share = r;
		if (rule->kind == RULE_ONE_OF && rule->hard && m->pick == NO_RULE)
			m->pick = r;
	}
	if (m->share != NO_RULE)
		nodes += MATCHER_SET;
	if (m->pick != NO_RULE)
		nodes *= 2;
	m->at_after = at;
	m->at_persons = round_up(at + m->plan.n_rules * sizeof(uint32_t));
	m->at_roles = m->at_persons + m->plan.party * sizeof(uint64_t);
	m->at_nodes = round_up(m->at_roles + MATCHER_PARTY);
	m->stride = round_up(m->at_nodes + nodes * sizeof(uint32_t));
}

struct matcher *
matcher_new(const struct plan *plan, struct pairs *pairs, uint64_t seed, int64_t now)
{
	struct matcher *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->plan = *plan;
	m->pairs = pairs;
	m->now = now;
	lanes_init(&m->lanes, seed);
	m->persons.seed = table_mix(seed + 7);
	m->orders = 1;
	if (!plan_ok(&m->plan) || !wheel_init(&m->wheel, now)) {
		free(m);
		return NULL;
	}
	m->pair = m->plan.teams * m->plan.size == 2 && m->plan.party == 1 && !m->plan.roles;
	matcher_lay_out(m);
	m->chunks = calloc(m->plan.tickets / CHUNK + 1, sizeof *m->chunks);
	if (m->chunks == NULL)
		matcher_free(&m);
	return m;
}

void
matcher_free(struct matcher **mp)
{
	struct matcher *m = *mp;

	if (m == NULL)
		return;
	for (uint32_t i = 0; m->chunks != NULL && i <= m->plan.tickets / CHUNK; i++)
		free(m->chunks[i]);
	free(m->chunks);
	lanes_free(&m->lanes);
	wheel_free(&m->wheel);
	table_free(&m->persons);
	free(m->seats);
	free(m->made);
	free(m);
	*mp = NULL;
}

/* Tickets */

/* A blank one. 0: no memory, or at the bound. */
static uint32_t
ticket_new(struct matcher *m)
{
	uint32_t number = m->free_ticket;
	struct ticket *t;

	if (number == 0) {
		number = m->n_tickets + 1;
		if (number > m->plan.tickets)
			return 0;
		if (m->chunks[number / CHUNK] == NULL && (m->chunks[number / CHUNK] = calloc(CHUNK, m->stride)) == NULL)
			return 0;
		m->n_tickets = number;
	} else {
		m->free_ticket = ticket_at(m, number)->next_free;
	}
	t = ticket_at(m, number);
	t->generation++;
	t->n_nodes = 0;
	t->mark = 0;
	return number;
}

static void
ticket_unlane(struct matcher *m, struct ticket *t)
{
	while (t->n_nodes > 0)
		lanes_remove(&m->lanes, ticket_nodes(m, t)[--t->n_nodes]);
	t->loose = t->patient = false;
}

static void
roles_count(struct matcher *m, const struct ticket *t, uint64_t by)
{
	for (unsigned i = 0; m->plan.roles && i < t->n; i++)
		for (unsigned r = 0; r < MATCHER_ROLES; r++)
			if (ticket_roles(m, t)[i] == 0 || (ticket_roles(m, t)[i] >> r & 1) != 0)
				m->role_count[r] += by;
}

/* Takes it from the lanes, the wheel and the persons; it may come back. */
static void
ticket_leave(struct matcher *m, uint32_t number)
{
	struct ticket *t = ticket_at(m, number);

	ticket_unlane(m, t);
	wheel_unset(&m->wheel, matcher_link, m, number);
	if (t->backfill) {
		m->backfills--;
		return;
	}
	roles_count(m, t, (uint64_t)-1);
	m->waiting -= t->n;
	for (unsigned i = 0; i < t->n; i++)
		table_remove(&m->persons, ticket_persons(m, t)[i]);
}

void
ticket_end(struct matcher *m, uint32_t number)
{
	struct ticket *t = ticket_at(m, number);

	ticket_leave(m, number);
	t->live = false;
	t->next_free = m->free_ticket;
	m->free_ticket = number;
}

static bool
lane_enter(struct matcher *m, uint32_t number, uint32_t value, enum lane_kind kind, uint32_t tag)
{
	struct ticket *t = ticket_at(m, number);
	uint32_t node = lanes_add(&m->lanes, lane_id(t->base, value, kind, tag), ticket_key(m, t), t->order, number, t->n);

	if (node == 0)
		return false;
	ticket_nodes(m, t)[t->n_nodes++] = node;
	return true;
}

/* Under its own value of the picked rule, and under any. */
static bool
lane_enter_both(struct matcher *m, uint32_t number, enum lane_kind kind, uint32_t tag)
{
	const struct ticket *t = ticket_at(m, number);

	return lane_enter(m, number, 0, kind, tag) &&
	    (m->pick == NO_RULE || lane_enter(m, number, (uint32_t)ticket_value(m, t, m->pick)[0] + 1, kind, tag));
}

/* Its age decides what it is. */
static void
ticket_ages(const struct matcher *m, const struct ticket *t, bool *loose_out, bool *patient_out)
{
	uint32_t after = m->share != NO_RULE ? ticket_after(m, t)[m->share] : AFTER_NEVER;

	*loose_out = m->share != NO_RULE && (ticket_value(m, t, m->share)[0] == 0 || (after != AFTER_NEVER && m->now >= t->since + after));
	*patient_out = m->plan.patience != 0 && m->now >= t->since + m->plan.patience;
}

/* Enters the lanes that it stands in by its age and not yet in fact. */
static bool
ticket_relane(struct matcher *m, uint32_t number)
{
	struct ticket *t = ticket_at(m, number);
	bool loose, patient;

	ticket_ages(m, t, &loose, &patient);
	if (t->backfill) {
		t->loose = loose;
		t->patient = patient;
		return t->n_nodes != 0 || lane_enter_both(m, number, LANE_BACKFILL, 0);
	}
	if (t->n_nodes == 0) {
		if (!lane_enter_both(m, number, LANE_ALL, 0))
			return false;
		for (int i = 1; m->share != NO_RULE && i <= ticket_value(m, t, m->share)[0]; i++)
			if (!lane_enter_both(m, number, LANE_TAG, (uint32_t)ticket_value(m, t, m->share)[i]))
				return false;
		t->loose = t->patient = false;
	}
	if (loose && !t->loose && !lane_enter_both(m, number, LANE_LOOSE, 0))
		return false;
	t->loose = loose;
	if (patient && !t->patient && !lane_enter_both(m, number, LANE_PATIENT, 0))
		return false;
	t->patient = patient;
	return true;
}

static void
value_set(struct matcher *m, struct ticket *t, unsigned r, const struct trait *trait)
{
	const struct rule *rule = &m->plan.rules[r];
	int32_t *v = ticket_value(m, t, r);
	int64_t after = trait->any_after != 0 ? trait->any_after : rule->any_after;

	ticket_after(m, t)[r] = rule->hard || after <= 0 ? AFTER_NEVER : after > INT32_MAX ? (uint32_t)INT32_MAX : (uint32_t)after;
	switch (rule->kind) {
	case RULE_EQUAL:
		v[0] = (int32_t)trait->token;
		break;
	case RULE_ONE_OF:
		v[0] = (int32_t)trait->token;
		v[1] = trait->n;
		for (int i = 0; i < v[1]; i++)
			v[2 + i] = (int32_t)trait->accepts[i];
		break;
	case RULE_SHARE:
		v[0] = trait->n;
		for (int i = 0; i < v[0]; i++) {
			int j = i + 1;

			for (; j > 1 && (uint32_t)v[j - 1] > trait->set[i]; j--)
				v[j] = v[j - 1];
			v[j] = (int32_t)trait->set[i];
		}
		break;
	case RULE_LATENCY:
		memcpy(v, trait->latency, sizeof trait->latency);
		break;
	default:
		v[0] = trait->number;
		if (rule->kind == RULE_BETWEEN) {
			v[1] = trait->low;
			v[2] = trait->high;
		}
		break;
	}
}

static bool
want_ok(const struct matcher *m, const struct want *want)
{
	if (want->n == 0 || want->n > (want->backfill ? MATCHER_PARTY : m->plan.party))
		return false;
	for (unsigned i = 0; i < want->n && !want->backfill; i++) {
		if (want->persons[i] == 0)
			return false;
		for (unsigned j = 0; j < i; j++)
			if (want->persons[i] == want->persons[j])
				return false;
	}
	for (unsigned r = 0; r < m->plan.n_rules; r++) {
		const struct trait *t = &want->traits[r];

		if (t->n > (m->plan.rules[r].kind == RULE_SHARE ? MATCHER_SET : MATCHER_ACCEPTS))
			return false;
		for (unsigned i = 0; m->plan.rules[r].kind == RULE_SHARE && i < t->n; i++)
			for (unsigned j = 0; j < i; j++)
				if (t->set[i] == t->set[j])
					return false;
		if (t->number > 1 << 30 || t->number < -(1 << 30))
			return false;
	}
	return true;
}

/* Fills a ticket, looks, and if nobody is there, waits. */
static bool
ticket_enter(struct matcher *m, uint32_t number, const struct want *want)
{
	struct ticket *t = ticket_at(m, number);
	int64_t due;

	t->live = true;
	t->n = want->n;
	t->backfill = want->backfill;
	t->match = want->match;
	t->since = want->since < m->now ? want->since : m->now;
	t->order = (uint64_t)(t->since + (1ll << 40)) << 22 | (m->orders++ & ((1u << 22) - 1));
	t->base = table_mix(m->lanes.seed);
	memcpy(ticket_roles(m, t), want->roles, t->n);
	for (unsigned r = 0; r < m->plan.n_rules; r++) {
		value_set(m, t, r, &want->traits[r]);
		if (m->plan.rules[r].kind == RULE_EQUAL && m->plan.rules[r].hard)
			t->base = table_mix2(t->base, want->traits[r].token);
	}
	if (t->backfill) {
		m->backfills++;
	} else {
		memcpy(ticket_persons(m, t), want->persons, t->n * sizeof(uint64_t));
		for (unsigned i = 0; i < t->n; i++) {
			if (!table_put(&m->persons, want->persons[i], number)) {
				while (i-- > 0)
					table_remove(&m->persons, want->persons[i]);
				return false;
			}
		}
		m->waiting += t->n;
		roles_count(m, t, 1);
	}
	ticket_ages(m, t, &t->loose, &t->patient);
	if (look_around(m, number, &due))
		return true;
	if (!ticket_relane(m, number)) {
		ticket_leave(m, number);
		return false;
	}
	wheel_set(&m->wheel, matcher_link, m, number, due > m->now ? due : m->now + 1);
	return true;
}

static void
matcher_clock(struct matcher *m, int64_t now)
{
	if (now > m->now)
		m->now = now;
}

enum matcher_err
matcher_add(struct matcher *m, const struct want *want, int64_t now, uint64_t *ticket_out)
{
	uint32_t number;

	if (!want_ok(m, want))
		return MATCHER_BAD;
	matcher_clock(m, now);
	for (unsigned i = 0; i < want->n && !want->backfill; i++) {
		*ticket_out = matcher_of(m, want->persons[i]);
		if (*ticket_out != 0)
			return MATCHER_TWICE;
	}
	number = ticket_new(m);
	if (number == 0)
		return MATCHER_FULL;
	*ticket_out = ticket_id(m, number);
	if (ticket_enter(m, number, want))
		return MATCHER_OK;
	ticket_at(m, number)->live = false;
	ticket_at(m, number)->next_free = m->free_ticket;
	m->free_ticket = number;
	return MATCHER_FULL;
}

enum matcher_err
matcher_update(struct matcher *m, uint64_t id, const struct want *want, int64_t now)
{
	uint32_t number = ticket_find(m, id);
	struct ticket *t;
	struct want same = *want;

	if (number == 0 || !want_ok(m, want))
		return MATCHER_BAD;
	t = ticket_at(m, number);
	if (t->backfill != want->backfill || (!t->backfill && (t->n != want->n || memcmp(ticket_persons(m, t), want->persons, t->n * sizeof(uint64_t)) != 0)))
		return MATCHER_BAD;
	matcher_clock(m, now);
	same.since = t->since;
	ticket_leave(m, number);
	if (ticket_enter(m, number, &same))
		return MATCHER_OK;
	t->live = false;
	t->next_free = m->free_ticket;
	m->free_ticket = number;
	return MATCHER_FULL;
}

bool
matcher_cancel(struct matcher *m, uint64_t id)
{
	uint32_t number = ticket_find(m, id);

	if (number == 0)
		return false;
	ticket_end(m, number);
	return true;
}

void
matcher_tick(struct matcher *m, int64_t now)
{
	uint32_t number;
	int64_t due;

	matcher_clock(m, now);
	while ((number = wheel_take(&m->wheel, matcher_link, m, m->now)) != 0) {
		bool laned = ticket_relane(m, number);

		if (look_around(m, number, &due))
			continue;
		if (!laned && due > m->now + m->plan.retry)
			due = m->now + m->plan.retry;
		wheel_set(&m->wheel, matcher_link, m, number, due > m->now ? due : m->now + 1);
	}
}

int64_t
matcher_next(const struct matcher *m)
{
	return wheel_next(&m->wheel);
}

/* Results */

bool
matcher_made(struct matcher *m, const struct made *made, const struct seat *seats)
{
	if (m->taken == m->n_made)
		m->taken = m->n_made = m->n_seats = 0;
	if (m->n_seats + made->n > m->cap_seats) {
		size_t cap = (m->cap_seats + made->n) * 2;
		struct seat *more = realloc(m->seats, cap * sizeof *more);

		if (more == NULL)
			return false;
		m->seats = more;
		m->cap_seats = cap;
	}
	if (m->n_made == m->cap_made) {
		size_t cap = m->cap_made * 2 + 16;
		struct matched *more = realloc(m->made, cap * sizeof *more);

		if (more == NULL)
			return false;
		m->made = more;
		m->cap_made = cap;
	}
	memcpy(m->seats + m->n_seats, seats, made->n * sizeof *seats);
	m->made[m->n_made++] = (struct matched){ *made, m->n_seats };
	m->n_seats += made->n;
	return true;
}

bool
matcher_take(struct matcher *m, struct made *made_out)
{
	if (m->taken == m->n_made)
		return false;
	*made_out = m->made[m->taken].made;
	made_out->seats = m->seats + m->made[m->taken++].first;
	return true;
}

/* Asking */

uint64_t
matcher_of(const struct matcher *m, uint64_t person)
{
	const uint64_t *number = table_get(&m->persons, person);

	return number != NULL ? ticket_id(m, (uint32_t)*number) : 0;
}

bool
matcher_see(const struct matcher *m, uint64_t id, struct matcher_view *view_out)
{
	uint32_t number = ticket_find(m, id);
	const struct lane *lane;
	const struct ticket *t;

	if (number == 0)
		return false;
	t = ticket_at(m, number);
	lane = lanes_find(&m->lanes, lane_id(t->base, 0, LANE_ALL, 0));
	*view_out = (struct matcher_view){ .since = t->since, .persons = t->n, .others = lane != NULL ? lane->persons - (t->backfill ? 0 : t->n) : 0 };
	return true;
}

unsigned
matcher_waiting(const struct matcher *m)
{
	return m->waiting;
}

struct matcher_stats
matcher_stats(const struct matcher *m)
{
	struct matcher_stats stats = m->stats;

	stats.steps = m->lanes.steps;
	return stats;
}

int64_t
matcher_when(struct matcher *m, uint64_t a, uint64_t b)
{
	uint32_t x = ticket_find(m, a), y = ticket_find(m, b);

	return x != 0 && y != 0 ? agree_when(m, ticket_at(m, x), ticket_at(m, y)) : NEVER;
}
