/* What the matcher promises, one promise a test; pairs against brute force stand in test_oracle.c. */
#include "base/testing.h"
#include "matcher.h"

#include <stdlib.h>

struct fixture {
	struct pairs pairs;
	struct matcher *m;
	struct made made;
};

static struct fixture *
begin(const struct plan *plan)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	assert_true(pairs_init(&f->pairs, 1000, 1));
	f->m = matcher_new(plan, &f->pairs, 1, 0);
	assert_non_null(f->m);
	return f;
}

static void
end(struct fixture *f)
{
	matcher_free(&f->m);
	pairs_free(&f->pairs);
	free(f);
}

static uint64_t
add(struct fixture *f, const struct want *want, int64_t now)
{
	uint64_t ticket = 0;

	assert_int_equal(matcher_add(f->m, want, now, &ticket), MATCHER_OK);
	return ticket;
}

static uint64_t
add_number(struct fixture *f, uint64_t person, int32_t number, int64_t now)
{
	return add(f, &(struct want){ .persons = { person }, .n = 1, .since = now, .traits = { { .number = number } } }, now);
}

static uint64_t
add_tags(struct fixture *f, uint64_t person, uint8_t n, uint32_t tag, uint32_t other, int64_t now)
{
	return add(f, &(struct want){ .persons = { person }, .n = 1, .since = now, .traits = { { .n = n, .set = { tag, other } } } }, now);
}

static bool
take(struct fixture *f)
{
	return matcher_take(f->m, &f->made);
}

static bool
seated(const struct fixture *f, uint64_t person)
{
	for (unsigned i = 0; i < f->made.n; i++)
		if (f->made.seats[i].person == person)
			return true;
	return false;
}

static const struct plan ratings = {
	.teams = 2, .size = 1, .patience = 45000, .n_rules = 1, .rules = { { RULE_NEAR, .window = 50, .grow = 10, .any_after = 45000, .weight = 1 } },
};

static const struct plan strangers = {
	.teams = 2, .size = 1, .patience = 10000, .n_rules = 1, .rules = { { RULE_SHARE, .window = 1, .any_after = 8000, .weight = 1 } },
};

static void
a_match_is_made_on_arrival(void **state)
{
	struct fixture *f = begin(&ratings);

	(void)state;
	add_number(f, 1, 1500, 0);
	assert_false(take(f));
	add_number(f, 2, 1550, 0);
	assert_true(take(f));
	assert_int_equal(f->made.cost, 50);
	assert_int_equal(matcher_waiting(f->m), 0);
	end(f);
}

static void
the_nearest_is_taken(void **state)
{
	struct fixture *f = begin(&ratings);

	(void)state;
	add_number(f, 1, 1400, 0);
	add_number(f, 2, 1460, 0);
	add_number(f, 3, 1430, 0);
	assert_true(take(f));
	/* 30 from either: the one who came first. */
	assert_true(seated(f, 1) && seated(f, 3));
	end(f);
}

static void
windows_grow_by_each_ones_own_age(void **state)
{
	struct fixture *f = begin(&ratings);

	(void)state;
	add_number(f, 1, 1500, 0);
	add_number(f, 2, 1600, 20000);
	/* The older would take 100 at 5 s, the younger does at 25 s: both have to. */
	matcher_tick(f->m, 24999);
	assert_false(take(f));
	assert_int_equal(matcher_next(f->m), 25000);
	matcher_tick(f->m, 25000);
	assert_true(take(f));
	end(f);
}

static void
a_rule_has_steps_of_growth(void **state)
{
	struct plan plan = ratings;
	struct fixture *f;

	(void)state;
	plan.rules[0].steps[0] = (struct rule_step){ 1000, 0 };
	plan.rules[0].steps[1] = (struct rule_step){ 3000, 100 };
	f = begin(&plan);
	add_number(f, 1, 0, 0);
	add_number(f, 2, 80, 0);
	/* 50, 60 from 1 s to 3 s, then 100 a second. */
	matcher_tick(f->m, 3199);
	assert_false(take(f));
	matcher_tick(f->m, 3200);
	assert_true(take(f));
	end(f);
}

static void
after_its_patience_one_sides_wish_is_enough(void **state)
{
	struct fixture *f = begin(&ratings);

	(void)state;
	add_number(f, 1, 3000, 0);
	add_number(f, 2, 1000, 44000);
	matcher_tick(f->m, 44999);
	assert_false(take(f));
	matcher_tick(f->m, 45000);
	assert_true(take(f));
	end(f);
}

static void
one_who_waits_beyond_its_patience_gets_whoever_comes(void **state)
{
	struct fixture *f = begin(&ratings);

	(void)state;
	add_number(f, 1, 3000, 0);
	matcher_tick(f->m, 100000);
	add_number(f, 2, 100, 100001);
	assert_true(take(f));
	end(f);
}

static void
hard_rules_outlast_patience(void **state)
{
	struct plan plan = { .teams = 2, .size = 1, .patience = 1000, .n_rules = 1, .rules = { { RULE_EQUAL, .hard = true } } };
	struct fixture *f = begin(&plan);

	(void)state;
	add(f, &(struct want){ .persons = { 1 }, .n = 1, .traits = { { .token = 1 } } }, 0);
	add(f, &(struct want){ .persons = { 2 }, .n = 1, .traits = { { .token = 2 } } }, 0);
	matcher_tick(f->m, 1000000);
	assert_false(take(f));
	end(f);
}

static void
those_with_a_common_interest_meet_at_once(void **state)
{
	struct fixture *f = begin(&strangers);

	(void)state;
	add_tags(f, 1, 2, 10, 20, 0);
	add_tags(f, 2, 2, 30, 40, 0);
	add_tags(f, 3, 2, 50, 40, 1);
	assert_true(take(f));
	assert_true(seated(f, 2) && seated(f, 3));
	end(f);
}

static void
interests_are_let_go_after_a_while(void **state)
{
	struct fixture *f = begin(&strangers);

	(void)state;
	add_tags(f, 1, 1, 10, 0, 0);
	add_tags(f, 2, 0, 0, 0, 3000);
	matcher_tick(f->m, 7999);
	assert_false(take(f));
	matcher_tick(f->m, 8000);
	assert_true(take(f));
	end(f);
}

static void
more_in_common_is_better(void **state)
{
	struct fixture *f = begin(&strangers);

	(void)state;
	add_tags(f, 1, 1, 10, 0, 0);
	add_tags(f, 2, 2, 20, 30, 0);
	add(f, &(struct want){ .persons = { 3 }, .n = 1, .traits = { { .n = 3, .set = { 30, 20, 10 } } } }, 0);
	assert_true(take(f));
	assert_true(seated(f, 2));
	end(f);
}

static void
nobody_stands_twice_in_a_queue(void **state)
{
	struct fixture *f = begin(&ratings);
	uint64_t first = add_number(f, 1, 1500, 0), again = 0;

	(void)state;
	assert_int_equal(matcher_add(f->m, &(struct want){ .persons = { 1 }, .n = 1 }, 0, &again), MATCHER_TWICE);
	assert_int_equal(again, first);
	assert_int_equal(matcher_of(f->m, 1), first);
	assert_true(matcher_cancel(f->m, first));
	assert_false(matcher_cancel(f->m, first));
	assert_int_equal(matcher_of(f->m, 1), 0);
	assert_true(add_number(f, 1, 1500, 0) != first);
	end(f);
}

static void
a_blocked_person_is_never_met(void **state)
{
	struct fixture *f = begin(&ratings);

	(void)state;
	assert_true(pairs_block(&f->pairs, 2, 1, PAIRS_HERE));
	assert_true(pairs_block(&f->pairs, 1, 2, PAIRS_HERE));
	pairs_unblock(&f->pairs, 1, 2, PAIRS_HERE);
	pairs_unblock(&f->pairs, 2, 1, PAIRS_CHAT);
	add_number(f, 1, 1500, 0);
	add_number(f, 2, 1500, 0);
	matcher_tick(f->m, 1000000);
	assert_false(take(f));
	pairs_unblock(&f->pairs, 2, 1, PAIRS_HERE);
	matcher_cancel(f->m, matcher_of(f->m, 2));
	add_number(f, 2, 1500, 1000000);
	assert_true(take(f));
	end(f);
}

static void
those_who_met_wait_until_they_may_meet_again(void **state)
{
	struct fixture *f = begin(&ratings);

	(void)state;
	pairs_meet(&f->pairs, 1, 2, 60000, 0);
	add_number(f, 1, 1500, 0);
	add_number(f, 2, 1500, 0);
	for (int64_t now = 1000; now < 60000; now += 1000)
		matcher_tick(f->m, now);
	assert_false(take(f));
	matcher_tick(f->m, 60000);
	assert_true(take(f));
	end(f);
}

static void
in_a_tiny_pool_they_meet_again_sooner(void **state)
{
	struct plan plan = ratings;
	struct fixture *f;

	(void)state;
	plan.tiny = 2;
	plan.repeat_relax = 5000;
	f = begin(&plan);
	pairs_meet(&f->pairs, 1, 2, 60000, 0);
	add_number(f, 1, 1500, 0);
	add_number(f, 2, 1500, 1000);
	matcher_tick(f->m, 5999);
	assert_false(take(f));
	matcher_tick(f->m, 6000);
	assert_true(take(f));
	end(f);
}

static void
meetings_are_bounded_and_the_oldest_goes_first(void **state)
{
	struct pairs p;

	(void)state;
	assert_true(pairs_init(&p, 3, 1));
	for (uint64_t i = 2; i < 6; i++)
		pairs_meet(&p, 1, i, 1000, 0);
	assert_int_equal(p.met.count, 3);
	assert_int_equal(p.forgotten, 1);
	assert_int_equal(pairs_until(&p, 1, 2), 0);
	assert_int_equal(pairs_until(&p, 5, 1), 1000);
	pairs_free(&p);
}

static void
one_put_back_keeps_its_age(void **state)
{
	struct fixture *f = begin(&ratings);

	(void)state;
	add_number(f, 1, 1500, 40000);
	add(f, &(struct want){ .persons = { 2 }, .n = 1, .since = 10000, .traits = { { .number = 1450 + 100 } } }, 40000);
	assert_true(take(f));
	add_number(f, 3, 1500, 40000);
	add(f, &(struct want){ .persons = { 4 }, .n = 1, .since = -6000, .traits = { { .number = 0 } } }, 40000);
	assert_true(take(f));
	assert_true(seated(f, 4));
	end(f);
}

static void
an_update_keeps_the_place_and_may_match(void **state)
{
	struct fixture *f = begin(&ratings);
	struct want want = { .persons = { 1 }, .n = 1, .since = 5000, .traits = { { .number = 2000 } } };
	uint64_t ticket = add_number(f, 1, 1000, 0);
	struct matcher_view view;

	(void)state;
	assert_int_equal(matcher_update(f->m, ticket, &want, 5000), MATCHER_OK);
	assert_true(matcher_see(f->m, ticket, &view));
	assert_int_equal(view.since, 0);
	add_number(f, 2, 1500, 5000);
	want.traits[0].number = 1510;
	assert_int_equal(matcher_update(f->m, ticket, &want, 5000), MATCHER_OK);
	assert_true(take(f));
	assert_int_equal(matcher_update(f->m, ticket, &want, 5000), MATCHER_BAD);
	end(f);
}

static void
numbers_that_could_run_over_are_refused(void **state)
{
	static const struct trait bad[] = { { .number = 1 << 30 }, { .number = -(1 << 30) }, { .span = -1 }, { .number = 1, .span = 1 << 30 }, { .number = INT32_MIN } };
	static const struct trait good[] = { { .number = (1 << 30) - 1, .span = 1 }, { .number = 1 - (1 << 30), .span = 1 << 30 } };
	struct fixture *f = begin(&ratings);
	uint64_t ticket;

	(void)state;
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(matcher_add(f->m, &(struct want){ .persons = { 1 }, .n = 1, .traits = { bad[i] } }, 0, &ticket), MATCHER_BAD);
	for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_int_equal(matcher_add(f->m, &(struct want){ .persons = { 1 + i }, .n = 1, .traits = { good[i] } }, 0, &ticket), MATCHER_OK);
	end(f);
}

static void
one_of_is_asked_of_both(void **state)
{
	struct plan plan = { .teams = 2, .size = 1, .n_rules = 1, .rules = { { RULE_ONE_OF, .hard = true } } };
	struct fixture *f = begin(&plan);

	(void)state;
	add(f, &(struct want){ .persons = { 1 }, .n = 1, .traits = { { .token = 1, .n = 1, .accepts = { 2 } } } }, 0);
	add(f, &(struct want){ .persons = { 2 }, .n = 1, .traits = { { .token = 2, .n = 1, .accepts = { 3 } } } }, 0);
	assert_false(take(f));
	add(f, &(struct want){ .persons = { 3 }, .n = 1, .traits = { { .token = 2 } } }, 0);
	assert_true(take(f));
	assert_true(seated(f, 1) && seated(f, 3));
	end(f);
}

static void
a_region_is_one_in_which_both_are_quick(void **state)
{
	struct plan plan = { .teams = 2, .size = 1, .n_rules = 1, .rules = { { RULE_LATENCY, .window = 60, .grow = 10, .weight = 1 } } };
	struct fixture *f = begin(&plan);

	(void)state;
	add(f, &(struct want){ .persons = { 1 }, .n = 1, .traits = { { .latency = { 20, 100 } } } }, 0);
	add(f, &(struct want){ .persons = { 2 }, .n = 1, .traits = { { .latency = { 200, 80 } } } }, 0);
	assert_false(take(f));
	matcher_tick(f->m, 4000);
	assert_true(take(f));
	assert_int_equal(f->made.cost, 100);
	end(f);
}

static void
the_bound_on_tickets_holds(void **state)
{
	struct plan plan = ratings;
	struct fixture *f;
	uint64_t ticket;

	(void)state;
	plan.tickets = 2;
	f = begin(&plan);
	add_number(f, 1, 0, 0);
	add_number(f, 2, 1000, 0);
	assert_int_equal(matcher_add(f->m, &(struct want){ .persons = { 3 }, .n = 1 }, 0, &ticket), MATCHER_FULL);
	assert_true(matcher_cancel(f->m, matcher_of(f->m, 1)));
	add_number(f, 3, 2000, 0);
	end(f);
}

static void
a_plan_that_makes_no_sense_is_refused(void **state)
{
	struct pairs pairs;
	const struct plan bad[] = {
		{ .teams = 0, .size = 1 }, { .teams = 1, .size = 1 }, { .teams = 2, .size = 0 }, { .teams = 16, .size = 16 },
		{ .teams = 2, .size = 1, .party = 2 }, { .teams = 2, .size = 1, .n_rules = 1, .rules = { { 0 } } },
		{ .teams = 2, .size = 1, .quota = { 2 }, .roles = true },
		{ .teams = 2, .size = 1, .n_rules = 1, .rules = { { RULE_NEAR, .grow = -1 } } },
	};

	(void)state;
	assert_true(pairs_init(&pairs, 10, 1));
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_null(matcher_new(&bad[i], &pairs, 1, 0));
	pairs_free(&pairs);
}

/* Teams */

static struct want
party(uint64_t first, uint8_t n, int32_t number)
{
	struct want want = { .n = n, .traits = { { .number = number } } };

	for (unsigned i = 0; i < n; i++)
		want.persons[i] = first + i;
	return want;
}

static void
a_party_stays_in_one_team(void **state)
{
	struct plan plan = { .teams = 2, .size = 3, .party = 3 };
	struct fixture *f = begin(&plan);
	const uint8_t sizes[] = { 2, 2, 1, 1 };
	struct want want;
	int team[100];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		want = party(10 * (i + 1), sizes[i], 0);
		add(f, &want, 0);
	}
	assert_true(take(f));
	assert_int_equal(f->made.n, 6);
	for (unsigned i = 0; i < 6; i++)
		team[f->made.seats[i].person] = f->made.seats[i].team;
	assert_int_equal(team[10], team[11]);
	assert_int_equal(team[20], team[21]);
	assert_int_not_equal(team[10], team[20]);
	end(f);
}

static void
each_team_has_its_roles(void **state)
{
	struct plan plan = { .teams = 2, .size = 2, .roles = true, .quota = { 1 } };
	struct fixture *f = begin(&plan);
	const uint8_t roles[] = { 2, 2, 2, 1, 3 };	/* bit 0: the healer */
	unsigned healers[2] = { 0, 0 };

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct want want = party(i + 1, 1, 0);

		want.roles[0] = roles[i];
		add(f, &want, 0);
		if (i < 4)
			assert_false(take(f));
	}
	assert_true(take(f));
	for (unsigned i = 0; i < 4; i++)
		healers[f->made.seats[i].team] += f->made.seats[i].role == 0;
	assert_int_equal(healers[0], 1);
	assert_int_equal(healers[1], 1);
	assert_true(seated(f, 4) && seated(f, 5));
	end(f);
}

static void
teams_are_as_strong_as_can_be_had(void **state)
{
	struct plan plan = { .teams = 2, .size = 2, .n_rules = 1, .rules = { { RULE_NEAR, .window = 1000, .weight = 1 } } };
	struct fixture *f = begin(&plan);
	int sum[2] = { 0, 0 };
	const int ratings_of[] = { 1000, 1100, 1200, 1300 };

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		add_number(f, i + 1, ratings_of[i], 0);
	assert_true(take(f));
	for (unsigned i = 0; i < 4; i++)
		sum[f->made.seats[i].team] += ratings_of[f->made.seats[i].person - 1];
	assert_int_equal(sum[0], sum[1]);
	end(f);
}

static void
fewer_will_do_after_a_while_but_only_a_multiple(void **state)
{
	struct plan plan = { .teams = 1, .size = 8, .least = 3, .multiple = 2, .fill_after = 5000 };
	struct fixture *f = begin(&plan);

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		add_number(f, i + 1, 0, 0);
	matcher_tick(f->m, 4999);
	assert_false(take(f));
	matcher_tick(f->m, 5000);
	assert_true(take(f));
	assert_int_equal(f->made.n, 4);
	assert_int_equal(matcher_waiting(f->m), 1);
	end(f);
}

static void
a_running_match_is_filled_first(void **state)
{
	struct plan plan = { .teams = 2, .size = 2, .party = 2, .n_rules = 1, .rules = { { RULE_NEAR, .window = 100, .weight = 1 } } };
	struct fixture *f = begin(&plan);
	struct want running = { .n = 2, .backfill = true, .match = 77, .traits = { { .number = 1500 } } };

	(void)state;
	add_number(f, 1, 1500, 0);
	add_number(f, 2, 1000, 0);
	add(f, &running, 0);
	assert_true(take(f));
	assert_int_equal(f->made.backfill, 77);
	assert_int_equal(f->made.n, 1);
	assert_int_equal(f->made.seats[0].person, 1);
	/* One place is left: nobody for a party of two, or from afar. */
	struct want two = party(20, 2, 1500);
	add(f, &two, 0);
	add_number(f, 3, 1700, 0);
	assert_false(take(f));
	add_number(f, 4, 1590, 0);
	assert_true(take(f));
	assert_int_equal(f->made.backfill, 77);
	add_number(f, 5, 1500, 0);
	assert_false(take(f));
	end(f);
}

static void
nobody_joins_a_match_of_whom_it_may_not_meet(void **state)
{
	const struct plan plan = { .teams = 1, .size = 16, .n_rules = 1, .rules = { { RULE_NEAR, .window = 100, .weight = 1 } } };
	struct fixture *f = begin(&plan);
	const uint64_t company[] = { 10, 11 };
	struct want running = { .n = 2, .backfill = true, .match = 77, .company = company, .n_company = 2, .traits = { { .number = 1500 } } };
	uint64_t ticket;

	(void)state;
	assert_true(pairs_block(&f->pairs, 1, 11, PAIRS_HERE));
	assert_true(pairs_block(&f->pairs, 10, 2, PAIRS_HERE));
	assert_true(pairs_block(&f->pairs, 4, 3, PAIRS_HERE));
	pairs_meet(&f->pairs, 5, 10, 5000, 0);
	add_number(f, 1, 1500, 0);
	add_number(f, 2, 1500, 0);
	add_number(f, 10, 1500, 0);
	ticket = add(f, &running, 0);
	assert_false(take(f));
	add_number(f, 3, 1500, 0);
	assert_true(take(f));
	assert_true(seated(f, 3));
	/* Now 3 is of it as well. */
	add_number(f, 4, 1500, 0);
	assert_false(take(f));
	add_number(f, 5, 1500, 100);
	assert_false(take(f));
	matcher_tick(f->m, 4999);
	assert_false(take(f));
	matcher_tick(f->m, 5000);
	assert_true(take(f));
	assert_true(seated(f, 5));
	assert_false(matcher_cancel(f->m, ticket));
	running.n_company = 65;
	assert_int_equal(matcher_add(f->m, &running, 5000, &ticket), MATCHER_BAD);
	end(f);
}

static void
a_range_is_for_all_of_a_party(void **state)
{
	struct plan plan = { .teams = 2, .size = 2, .party = 2, .n_rules = 1, .rules = { { RULE_BETWEEN, .hard = true } } };
	struct fixture *f = begin(&plan);
	const struct trait low = { .number = 20, .span = 10, .low = 18, .high = 30 }, high = { .number = 25, .span = 5, .low = 20, .high = 29 };

	(void)state;
	add(f, &(struct want){ .persons = { 1, 2 }, .n = 2, .traits = { low } }, 0);
	add(f, &(struct want){ .persons = { 3, 4 }, .n = 2, .traits = { high } }, 0);
	assert_false(take(f));
	add(f, &(struct want){ .persons = { 5, 6 }, .n = 2, .traits = { { .number = 25, .span = 5, .low = 20, .high = 30 } } }, 0);
	assert_true(take(f));
	assert_true(seated(f, 1) && seated(f, 2) && seated(f, 5) && seated(f, 6));
	end(f);
}

/* Groups against brute force: everything that was made is allowed, and after a retry nothing that could be made is left. */

enum { GROUP_POOL = 9 };

struct group_world {
	struct plan plan;
	struct want wants[GROUP_POOL];
	uint64_t tickets[GROUP_POOL];
	uint64_t dice;
};

static unsigned
roll(struct group_world *w, unsigned below)
{
	w->dice += 0x9e3779b97f4a7c15ull;
	return (unsigned)(table_mix(w->dice) % below);
}

/* Can these persons take the places of a team, tried one by one? */
static bool
brute_roles(const struct plan *plan, const uint8_t *roles, unsigned n, unsigned at, uint8_t *left, unsigned any)
{
	if (at == n)
		return true;
	for (unsigned r = 0; r < 3; r++) {
		if (left[r] != 0 && (roles[at] == 0 || (roles[at] >> r & 1) != 0)) {
			left[r]--;
			if (brute_roles(plan, roles, n, at + 1, left, any))
				return true;
			left[r]++;
		}
	}
	return any != 0 && brute_roles(plan, roles, n, at + 1, left, any - 1);
}

static bool
brute_team(const struct group_world *w, const int *team, int which)
{
	uint8_t roles[16], left[MATCHER_ROLES];
	unsigned n = 0, quotas = 0;

	for (unsigned i = 0; i < GROUP_POOL; i++)
		for (unsigned k = 0; team[i] == which && k < w->wants[i].n; k++)
			roles[n++] = w->wants[i].roles[k];
	memcpy(left, w->plan.quota, sizeof left);
	for (unsigned r = 0; r < MATCHER_ROLES; r++)
		quotas += left[r];
	return n == w->plan.size && brute_roles(&w->plan, roles, n, 0, left, w->plan.size - quotas);
}

static bool
brute_any(const struct group_world *w, int *team, unsigned at, uint32_t token)
{
	unsigned sizes[4] = { 0 };

	if (at == GROUP_POOL) {
		for (int t = 0; t < (int)w->plan.teams; t++)
			if (!brute_team(w, team, t))
				return false;
		return true;
	}
	for (unsigned i = 0; i < at; i++)
		if (team[i] >= 0)
			sizes[team[i]] += w->wants[i].n;
	for (int t = 0; t < (int)w->plan.teams && w->tickets[at] != 0 && w->wants[at].traits[0].token == token; t++) {
		if (sizes[t] + w->wants[at].n > w->plan.size)
			continue;
		team[at] = t;
		if (brute_any(w, team, at + 1, token))
			return true;
	}
	team[at] = -1;
	return brute_any(w, team, at + 1, token);
}

static unsigned
group_world_run(uint64_t seed)
{
	struct group_world w = { .dice = seed };
	unsigned matches = 0;
	int64_t now = 0;
	struct fixture *f;

	w.plan = (struct plan){ .teams = 1 + roll(&w, 3), .size = 2 + roll(&w, 2), .n_rules = 1, .rules = { { RULE_EQUAL, .hard = true } } };
	w.plan.party = 1 + roll(&w, w.plan.size);
	w.plan.roles = roll(&w, 2) != 0;
	for (unsigned r = 0, left = w.plan.size; r < 2 && w.plan.roles && left != 0; r++) {
		w.plan.quota[r] = (uint8_t)roll(&w, 2);
		left -= w.plan.quota[r];
	}
	f = begin(&w.plan);
	for (unsigned step = 0; step < 40; step++, now += 1500) {
		unsigned i = roll(&w, GROUP_POOL);
		int team[GROUP_POOL];

		if (w.tickets[i] != 0 && roll(&w, 4) == 0) {
			assert_true(matcher_cancel(f->m, w.tickets[i]));
			w.tickets[i] = 0;
		} else if (w.tickets[i] == 0) {
			w.wants[i] = party(100 * (i + 1), (uint8_t)(1 + roll(&w, w.plan.party)), 0);
			w.wants[i].since = now;
			w.wants[i].traits[0].token = roll(&w, 2);
			for (unsigned k = 0; k < w.wants[i].n; k++)
				w.wants[i].roles[k] = (uint8_t)roll(&w, 4);
			w.tickets[i] = add(f, &w.wants[i], now);
		}
		for (unsigned k = 0; k < 2; k++) {
			while (take(f)) {
				matches++;
				assert_int_equal(f->made.n, w.plan.teams * w.plan.size);
				for (unsigned j = 0; j < GROUP_POOL; j++) {
					team[j] = -1;
					for (unsigned p = 0; p < f->made.n; p++) {
						if (f->made.seats[p].ticket != w.tickets[j])
							continue;
						assert_true(team[j] == -1 || team[j] == f->made.seats[p].team);
						team[j] = f->made.seats[p].team;
					}
				}
				for (int t = 0; t < (int)w.plan.teams; t++)
					if (!brute_team(&w, team, t))
						fail_msg("seed %llu: a team that may not be", (unsigned long long)seed);
				for (unsigned j = 0; j < GROUP_POOL; j++)
					if (team[j] != -1)
						w.tickets[j] = 0;
			}
			matcher_tick(f->m, now + 1200);
		}
		for (uint32_t token = 0; token < 2; token++)
			if (brute_any(&w, team, 0, token))
				fail_msg("seed %llu, step %u: a match that could be made is not", (unsigned long long)seed, step);
	}
	end(f);
	return matches;
}

static void
small_groups_equal_brute_force(void **state)
{
	unsigned matches = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++)
		matches += group_world_run(seed);
	assert_true(matches > 500);
}

static int64_t
farthest(struct scorer *scorer, const int64_t *mismatches, unsigned n, int64_t a_waited, int64_t b_waited, int64_t sum)
{
	(void)scorer;
	assert_int_equal(n, 1);
	assert_true(a_waited >= 0 && b_waited >= 0 && sum == mismatches[0]);
	return 1000 - mismatches[0];
}

static void
a_scorer_decides_among_those_who_go_together_and_never_who_does(void **state)
{
	struct scorer scorer = { farthest };
	struct plan plan = ratings;
	struct fixture *f;

	(void)state;
	plan.scorer = &scorer;
	f = begin(&plan);
	add_number(f, 1, 955, 0);
	add_number(f, 2, 1020, 0);
	add_number(f, 3, 1080, 0);
	assert_false(take(f));
	add_number(f, 4, 1000, 0);
	assert_true(take(f));
	assert_true(seated(f, 4) && seated(f, 1));
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_match_is_made_on_arrival),
		cmocka_unit_test(the_nearest_is_taken),
		cmocka_unit_test(windows_grow_by_each_ones_own_age),
		cmocka_unit_test(a_rule_has_steps_of_growth),
		cmocka_unit_test(after_its_patience_one_sides_wish_is_enough),
		cmocka_unit_test(one_who_waits_beyond_its_patience_gets_whoever_comes),
		cmocka_unit_test(hard_rules_outlast_patience),
		cmocka_unit_test(those_with_a_common_interest_meet_at_once),
		cmocka_unit_test(interests_are_let_go_after_a_while),
		cmocka_unit_test(more_in_common_is_better),
		cmocka_unit_test(nobody_stands_twice_in_a_queue),
		cmocka_unit_test(a_blocked_person_is_never_met),
		cmocka_unit_test(those_who_met_wait_until_they_may_meet_again),
		cmocka_unit_test(in_a_tiny_pool_they_meet_again_sooner),
		cmocka_unit_test(meetings_are_bounded_and_the_oldest_goes_first),
		cmocka_unit_test(one_put_back_keeps_its_age),
		cmocka_unit_test(an_update_keeps_the_place_and_may_match),
		cmocka_unit_test(numbers_that_could_run_over_are_refused),
		cmocka_unit_test(one_of_is_asked_of_both),
		cmocka_unit_test(a_region_is_one_in_which_both_are_quick),
		cmocka_unit_test(the_bound_on_tickets_holds),
		cmocka_unit_test(a_plan_that_makes_no_sense_is_refused),
		cmocka_unit_test(a_party_stays_in_one_team),
		cmocka_unit_test(each_team_has_its_roles),
		cmocka_unit_test(teams_are_as_strong_as_can_be_had),
		cmocka_unit_test(fewer_will_do_after_a_while_but_only_a_multiple),
		cmocka_unit_test(a_running_match_is_filled_first),
		cmocka_unit_test(nobody_joins_a_match_of_whom_it_may_not_meet),
		cmocka_unit_test(a_range_is_for_all_of_a_party),
		cmocka_unit_test(small_groups_equal_brute_force),
		cmocka_unit_test(a_scorer_decides_among_those_who_go_together_and_never_who_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
