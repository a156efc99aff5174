/* The matcher's tickets: entering, leaving, standing in the lanes, and being looked at when their time has come. */
#include "matcher_own.h"

#include <stdlib.h>

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
		return 4 * sizeof(int32_t);
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
round_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* What a look at somebody else's ticket needs comes first. Tickets begin at a line each. */
static void
matcher_lay_out(struct matcher *m)
{
	size_t at = sizeof(struct ticket), lanes = 2;

	m->near = m->share = m->pick = NO_RULE;
	for (unsigned r = 0; r < m->plan.n_rules; r++) {
		const struct rule *rule = &m->plan.rules[r];

		m->at_value[r] = at;
		at += rule_bytes(rule->kind);
		if (rule->kind == RULE_NEAR && m->near == NO_RULE)
			m->near = r;
		if (rule->kind == RULE_SHARE && m->share == NO_RULE)
			m->share = r;
		if (rule->kind == RULE_ONE_OF && rule->hard && m->pick == NO_RULE)
			m->pick = r;
	}
	if (m->share != NO_RULE)
		lanes += 1 + MATCHER_SET;
	if (m->pick != NO_RULE)
		lanes *= 2;
	m->at_after = at;
	m->at_persons = round_up(at + m->plan.n_rules * sizeof(uint32_t), sizeof(uint64_t));
	m->at_lanes = m->at_persons + m->plan.party * sizeof(uint64_t);
	m->at_roles = m->at_lanes + lanes * sizeof(uint32_t);
	m->tickets.size = round_up(m->at_roles + (m->plan.roles ? MATCHER_PARTY : 0), 64);
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
	m->orders = 1;
	if (!plan_ok(&m->plan) || !wheel_init(&m->wheel, now)) {
		free(m);
		return NULL;
	}
	m->pair = m->plan.teams * m->plan.size == 2 && m->plan.party == 1 && !m->plan.roles;
	matcher_lay_out(m);
	return m;
}

static void
companies_free(struct matcher *m)
{
	for (size_t i = 0; m->companies.cells != NULL && i <= m->companies.mask; i++)
		if (m->companies.cells[2 * i] != 0)
			free((void *)(uintptr_t)m->companies.cells[2 * i + 1]);
	table_free(&m->companies);
}

void
matcher_free(struct matcher **mp)
{
	struct matcher *m = *mp;

	if (m == NULL)
		return;
	companies_free(m);
	pieces_free(&m->tickets);
	lanes_free(&m->lanes);
	wheel_free(&m->wheel);
	finder_free(&m->persons);
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
		if (!pieces_reach(&m->tickets, number) || !wheel_reach(&m->wheel, number))
			return 0;
		m->n_tickets = number;
	} else {
		m->free_ticket = ticket_at(m, number)->peer;
	}
	t = ticket_at(m, number);
	t->generation++;
	t->n_lanes = 0;
	t->mark = 0;
	return number;
}

/* The persons that it is in a lane. A running match's places are none. */
static uint8_t
ticket_counts(const struct ticket *t)
{
	return t->backfill ? 0 : t->n;
}

static void
ticket_unlane(struct matcher *m, struct ticket *t)
{
	/* All at once what each of them needs: one after the other they would wait for memory as often. */
	for (unsigned i = 0; i < t->n_lanes; i++)
		pieces_soon(lanes_at(&m->lanes, ticket_lanes(m, t)[i]));
	for (unsigned i = 0; i < t->n_lanes; i++)
		lanes_remove_soon(&m->lanes, ticket_lanes(m, t)[i]);
	while (t->n_lanes > 0)
		lanes_remove(&m->lanes, ticket_lanes(m, t)[--t->n_lanes], ticket_key(m, t), t->order, ticket_counts(t));
	t->loose = t->patient = false;
}

static void
roles_count(struct matcher *m, const struct ticket *t, uint64_t by)
{
	for (unsigned i = 0; m->plan.roles && i < t->n; i++)
		for (unsigned r = 0; r < MATCHER_ROLES; r++)
			if (ticket_role(m, t, i) == 0 || (ticket_role(m, t, i) >> r & 1) != 0)
				m->role_count[r] += by;
}

static void
company_leave(struct matcher *m, const struct ticket *t)
{
	struct company *company = ticket_company(m, t);

	if (company == NULL)
		return;
	table_remove(&m->companies, t->order);
	free(company);
}

static bool
company_enter(struct matcher *m, const struct ticket *t, const struct want *want)
{
	struct company *company;

	if (want->n_company == 0)
		return true;
	company = calloc(1, sizeof *company);
	if (company == NULL || !table_put(&m->companies, t->order, (uint64_t)(uintptr_t)company)) {
		free(company);
		return false;
	}
	company->n = want->n_company;
	memcpy(company->persons, want->company, want->n_company * sizeof *want->company);
	return true;
}

/* Not at once: its cell is anywhere, and until it is here others can be worked for. */
static void
person_leave(struct matcher *m, uint32_t hash, uint32_t number)
{
	unsigned at = m->n_gone++ % GONE;

	if (m->gone[at].number != 0)
		finder_remove(&m->persons, m->gone[at].hash, m->gone[at].number);
	m->gone[at].hash = hash;
	m->gone[at].number = number;
	finder_soon(&m->persons, hash);
}

/* Takes it from the lanes, the wheel and the persons; it may come back. */
static void
ticket_leave(struct matcher *m, uint32_t number)
{
	struct ticket *t = ticket_at(m, number);

	ticket_unlane(m, t);
	wheel_unset(&m->wheel, number);
	m->own_ages -= t->own_age;
	t->own_age = false;
	if (t->backfill) {
		m->backfills--;
		company_leave(m, t);
		return;
	}
	roles_count(m, t, (uint64_t)-1);
	m->waiting -= t->n;
	for (unsigned i = 0; i < t->n; i++)
		person_leave(m, person_hash(m, ticket_persons(m, t)[i]), number);
}

static void
ticket_free(struct matcher *m, uint32_t number)
{
	struct ticket *t = ticket_at(m, number);

	t->live = false;
	t->peer = m->free_ticket;
	m->free_ticket = number;
}

void
ticket_end(struct matcher *m, uint32_t number)
{
	ticket_leave(m, number);
	ticket_free(m, number);
}

static bool
lane_enter(struct matcher *m, uint32_t number, uint32_t value, enum lane_kind kind, uint32_t tag)
{
	struct ticket *t = ticket_at(m, number);
	uint32_t lane = lanes_add(&m->lanes, lane_id(t->base, value, kind, tag), ticket_key(m, t), t->order, number, ticket_counts(t));

	if (lane == 0)
		return false;
	ticket_lanes(m, t)[t->n_lanes++] = lane;
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

	*loose_out = m->share != NO_RULE && (ticket_value(m, t, m->share)[0] == 0 || (after != AFTER_NEVER && m->now >= ticket_since(t) + after));
	*patient_out = m->plan.patience != 0 && m->now >= ticket_since(t) + m->plan.patience;
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
		return t->n_lanes != 0 || lane_enter_both(m, number, LANE_BACKFILL, 0);
	}
	if (t->n_lanes == 0) {
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

/* The age at which a rule is dropped for one who asks for this; 0: the rule's own. */
static uint32_t
rule_after(const struct rule *rule, int64_t asked)
{
	int64_t after = asked != 0 ? asked : rule->any_after;

	return rule->hard || after <= 0 ? AFTER_NEVER : after > INT32_MAX ? (uint32_t)INT32_MAX : (uint32_t)after;
}

static void
value_set(struct matcher *m, struct ticket *t, unsigned r, const struct trait *trait)
{
	const struct rule *rule = &m->plan.rules[r];
	int32_t *v = ticket_value(m, t, r);

	ticket_after(m, t)[r] = rule_after(rule, trait->any_after);
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
			v[3] = trait->number + trait->span;
		}
		break;
	}
}

static bool
want_ok(const struct matcher *m, const struct want *want)
{
	if (want->n_company > MATCHER_PERSONS || want->n == 0 || want->n > (want->backfill ? MATCHER_PARTY : m->plan.party))
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
		if (t->number >= 1 << 30 || t->number <= -(1 << 30) || t->span < 0 || t->span > (1 << 30) - t->number)
			return false;
	}
	return true;
}

/* What the hard equal rules say, one after the other. */
static uint64_t
base_first(const struct matcher *m)
{
	return table_mix(m->lanes.seed);
}

static uint64_t
base_next(const struct matcher *m, uint64_t base, unsigned r, const struct trait *trait)
{
	return m->plan.rules[r].kind == RULE_EQUAL && m->plan.rules[r].hard ? table_mix2(base, trait->token) : base;
}

/* Its persons are found from now on. */
static bool
persons_enter(struct matcher *m, uint32_t number, const uint64_t *persons, unsigned n)
{
	memcpy(ticket_persons(m, ticket_at(m, number)), persons, n * sizeof *persons);
	for (unsigned i = 0; i < n; i++) {
		if (finder_put(&m->persons, person_hash(m, persons[i]), number))
			continue;
		while (i-- > 0)
			finder_remove(&m->persons, person_hash(m, persons[i]), number);
		return false;
	}
	return true;
}

/* Writes down what is wished. */
static void
ticket_fill(struct matcher *m, uint32_t number, const struct want *want)
{
	struct ticket *t = ticket_at(m, number);

	t->n = want->n;
	t->backfill = want->backfill;
	t->order = order_make(want->since < m->now ? want->since : m->now, m->orders++);
	t->base = base_first(m);
	for (unsigned r = 0; r < m->plan.n_rules; r++) {
		value_set(m, t, r, &want->traits[r]);
		t->base = base_next(m, t->base, r, &want->traits[r]);
	}
	t->peer = 0;
	if (m->plan.roles)
		memcpy(ticket_roles(m, t), want->roles, t->n);
}

/* Looks, and if nobody is there, waits. */
static bool
ticket_enter(struct matcher *m, uint32_t number, const struct want *want)
{
	struct ticket *t = ticket_at(m, number);
	bool loose, patient;
	int64_t due;

	t->live = true;
	if (t->backfill) {
		if (!company_enter(m, t, want))
			return false;
		ticket_persons(m, t)[0] = want->match;
		m->backfills++;
	} else {
		if (!persons_enter(m, number, want->persons, t->n))
			return false;
		m->waiting += t->n;
		roles_count(m, t, 1);
	}
	t->own_age = m->near != NO_RULE && ticket_after(m, t)[m->near] != rule_after(&m->plan.rules[m->near], 0);
	m->own_ages += t->own_age;
	ticket_ages(m, t, &loose, &patient);
	t->loose = loose;
	t->patient = patient;
	if (look_around(m, number, &due))
		return true;
	if (!ticket_relane(m, number)) {
		ticket_leave(m, number);
		return false;
	}
	wheel_set(&m->wheel, number, due > m->now ? due : m->now + 1);
	return true;
}

static void
matcher_clock(struct matcher *m, int64_t now)
{
	if (now > m->now)
		m->now = now;
}

/* Where it will stand among the others. */
static void
want_soon(struct matcher *m, const struct want *want)
{
	const struct lane *lane;
	uint64_t base = base_first(m);

	if (m->pick != NO_RULE)
		return;
	for (unsigned r = 0; r < m->plan.n_rules; r++)
		base = base_next(m, base, r, &want->traits[r]);
	for (unsigned i = 0; m->share != NO_RULE && i < want->traits[m->share].n; i++)
		lanes_find_soon(&m->lanes, lane_id(base, 0, LANE_TAG, want->traits[m->share].set[i]));
	if (m->near == NO_RULE || m->share != NO_RULE)
		return;
	lane = lanes_find(&m->lanes, lane_id(base, 0, LANE_ALL, 0));
	if (lane != NULL)
		lanes_soon(&m->lanes, lane, want->traits[m->near].number, order_make(want->since < m->now ? want->since : m->now, m->orders));
}

enum matcher_err
matcher_add(struct matcher *m, const struct want *want, int64_t now, uint64_t *ticket_out)
{
	uint32_t number;

	finder_soon(&m->persons, person_hash(m, want->persons[0]));
	if (!want_ok(m, want))
		return MATCHER_BAD;
	matcher_clock(m, now);
	want_soon(m, want);
	number = ticket_new(m);
	if (number != 0)
		ticket_fill(m, number, want);
	/* Asked for above: until it is here, all else is done. */
	for (unsigned i = 0; i < want->n && !want->backfill; i++) {
		*ticket_out = matcher_of(m, want->persons[i]);
		if (*ticket_out == 0)
			continue;
		if (number != 0)
			ticket_free(m, number);
		return MATCHER_TWICE;
	}
	if (number == 0)
		return MATCHER_FULL;
	*ticket_out = ticket_id(m, number);
	if (ticket_enter(m, number, want))
		return MATCHER_OK;
	ticket_free(m, number);
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
	same.since = ticket_since(t);
	ticket_leave(m, number);
	ticket_fill(m, number, &same);
	if (ticket_enter(m, number, &same))
		return MATCHER_OK;
	ticket_free(m, number);
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

/* Those whose turn comes next are anywhere in memory, in no order that the processor could guess. What they need is asked for while others are
 * looked after, each time what the last answer tells of: the ticket, then its lanes, then its place there and with whom it may go. */
static void
following_soon(struct matcher *m)
{
	uint32_t next[WHEEL_FOLLOWING];
	const struct ticket *t;

	wheel_following(&m->wheel, next);
	if (next[2] != 0)
		ticket_soon(m, next[2]);
	if (next[1] != 0) {
		t = ticket_at(m, next[1]);
		for (unsigned i = 0; i < t->n_lanes; i++)
			pieces_soon(lanes_at(&m->lanes, ticket_lanes(m, t)[i]));
		for (int i = 1; m->share != NO_RULE && i <= ticket_value(m, t, m->share)[0]; i++)
			lanes_find_soon(&m->lanes, lane_id(t->base, 0, LANE_TAG, (uint32_t)ticket_value(m, t, m->share)[i]));
	}
	if (next[0] == 0)
		return;
	t = ticket_at(m, next[0]);
	if (t->n_lanes != 0 && m->near != NO_RULE)
		lanes_soon(&m->lanes, lanes_at(&m->lanes, ticket_lanes(m, t)[0]), ticket_key(m, t), t->order);
	if (t->peer != 0) {
		ticket_soon(m, t->peer);
		wheel_soon(&m->wheel, t->peer);
	}
}

void
matcher_tick(struct matcher *m, int64_t now)
{
	uint32_t number;
	int64_t due;

	matcher_clock(m, now);
	while ((number = wheel_take(&m->wheel, m->now)) != 0) {
		bool laned;

		following_soon(m);
		laned = ticket_relane(m, number);

		if (look_around(m, number, &due))
			continue;
		if (!laned && due > m->now + m->plan.retry)
			due = m->now + m->plan.retry;
		wheel_set(&m->wheel, number, due > m->now ? due : m->now + 1);
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
	struct finder_at at = finder_from(person_hash(m, person));
	uint32_t number;

	while ((number = finder_next(&m->persons, &at)) != 0) {
		const struct ticket *t = ticket_at(m, number);

		for (unsigned i = 0; t->live && !t->backfill && i < t->n; i++)
			if (ticket_persons(m, t)[i] == person)
				return ticket_id(m, number);
	}
	return 0;
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
	*view_out = (struct matcher_view){ .since = ticket_since(t), .persons = t->n, .others = lane != NULL ? lane->persons - (t->backfill ? 0 : t->n) : 0 };
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
	stats.bytes = pieces_bytes(&m->tickets) + pieces_bytes(&m->wheel.links) + lanes_bytes(&m->lanes) + finder_bytes(&m->persons);
	return stats;
}

int64_t
matcher_when(struct matcher *m, uint64_t a, uint64_t b)
{
	uint32_t x = ticket_find(m, a), y = ticket_find(m, b);

	return x != 0 && y != 0 ? agree_when(m, ticket_at(m, x), ticket_at(m, y)) : NEVER;
}
