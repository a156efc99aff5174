/* Groups: who joins gets, who leaves does not, and both sides' indexes stay true whatever the order. */
#include "base/testing.h"

#include <stdlib.h>

#include "edge/group.h"

enum { MEMBERS = 40, GROUPS = 9 };

static struct group *
open_group(struct groups *all, wh_id id)
{
	struct group *g;

	assert_int_equal(groups_open(all, id, WH_STR("room"), &g), WH_OK);
	return g;
}

static void
assert_consistent(struct groups *all, struct group **g, size_t n)
{
	uint64_t members = 0;

	for (size_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < g[i]->n; k++) {
			struct group_member gm = g[i]->members[k];

			assert_true(gm.at < gm.member->n);
			assert_ptr_equal(member_places(gm.member)[gm.at].group, g[i]);
			assert_int_equal(member_places(gm.member)[gm.at].index, k);
		}
		members += g[i]->n;
	}
	assert_int_equal(members, all->members);
}

static void
indexes_stay_true_through_any_joins_and_leaves(void **state)
{
	static bool in[GROUPS][MEMBERS];
	struct groups all = { 0 };
	struct group *g[GROUPS];
	struct member m[MEMBERS] = { 0 };
	unsigned seed = 7;

	(void)state;
	for (unsigned i = 0; i < GROUPS; i++)
		g[i] = open_group(&all, i + 1);
	for (int step = 0; step < 20000; step++) {
		unsigned a = (unsigned)rand_r(&seed) % GROUPS, b = (unsigned)rand_r(&seed) % MEMBERS;

		if (rand_r(&seed) % 50 == 0) {
			member_leave_all(&all, &m[b]);
			for (unsigned i = 0; i < GROUPS; i++)
				in[i][b] = false;
		} else if (in[a][b]) {
			assert_true(group_remove_member(&all, g[a], &m[b]));
			in[a][b] = false;
		} else {
			assert_int_equal(group_add_member(&all, g[a], &m[b]), WH_OK);
			in[a][b] = true;
		}
		if (step % 100 == 0)
			assert_consistent(&all, g, GROUPS);
	}
	assert_consistent(&all, g, GROUPS);
	for (unsigned i = 0; i < GROUPS; i++)
		for (unsigned k = 0; k < MEMBERS; k++)
			assert_int_equal(group_remove_member(&all, g[i], &m[k]), in[i][k]);
	assert_int_equal(all.members, 0);
	groups_free(&all);
}

static void
joining_twice_is_told(void **state)
{
	struct groups all = { 0 };
	struct group *g = open_group(&all, 5);
	struct member m = { 0 };

	(void)state;
	assert_int_equal(group_add_member(&all, g, &m), WH_OK);
	assert_int_equal(group_add_member(&all, g, &m), WH_EEXIST);
	assert_int_equal(g->n, 1);
	groups_free(&all);
	assert_int_equal(m.n, 0);
}

static void
closing_a_group_leaves_its_members_in_others(void **state)
{
	struct groups all = { 0 };
	struct group *a = open_group(&all, 1), *b = open_group(&all, 2);
	struct member m[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(group_add_member(&all, a, &m[i]), WH_OK);
		assert_int_equal(group_add_member(&all, b, &m[i]), WH_OK);
	}
	groups_close(&all, a);
	assert_null(groups_find(&all, 1));
	assert_int_equal(b->n, 3);
	assert_consistent(&all, &b, 1);
	groups_free(&all);
}

static void
opening_again_keeps_members_and_seq(void **state)
{
	struct groups all = { 0 };
	struct group *g = open_group(&all, 1), *again;
	struct member m = { 0 };

	(void)state;
	g->seq = 17;
	assert_int_equal(group_add_member(&all, g, &m), WH_OK);
	assert_int_equal(groups_open(&all, 1, WH_STR("room"), &again), WH_OK);
	assert_ptr_equal(again, g);
	assert_int_equal(again->seq, 17);
	assert_int_equal(again->n, 1);
	groups_free(&all);
}

static void
a_member_joins_a_bounded_number_of_groups(void **state)
{
	struct groups all = { 0 };
	struct member m = { 0 };

	(void)state;
	for (wh_id id = 1; id <= MEMBER_GROUPS_MAX; id++)
		assert_int_equal(group_add_member(&all, open_group(&all, id), &m), WH_OK);
	assert_int_equal(group_add_member(&all, open_group(&all, MEMBER_GROUPS_MAX + 1), &m), WH_EFULL);
	member_leave_all(&all, &m);
	assert_int_equal(m.cap, 0);
	groups_free(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indexes_stay_true_through_any_joins_and_leaves),
		cmocka_unit_test(joining_twice_is_told),
		cmocka_unit_test(closing_a_group_leaves_its_members_in_others),
		cmocka_unit_test(opening_again_keeps_members_and_seq),
		cmocka_unit_test(a_member_joins_a_bounded_number_of_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
