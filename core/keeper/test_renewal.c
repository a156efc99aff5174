/* Which of the changed files are taken. */
#include "base/testing.h"
#include "keeper/renewal.h"

#define PAIR(c, k, c_fresh, k_fresh, is_good) \
	{ .path = { WH_STR(c), WH_STR(k) }, .fresh = { c_fresh, k_fresh }, .good = is_good }

static void
a_good_pair_is_taken_and_a_bad_one_is_not(void **state)
{
	struct renewal of[] = {
		PAIR("a.pem", "a.key", true, true, true),
		PAIR("b.pem", "b.key", true, true, false),
		PAIR("c.pem", "c.key", true, false, true),
		PAIR("d.pem", "d.key", false, false, true),
	};

	(void)state;
	renewal_pick(of, 4);
	assert_true(of[0].taken);
	assert_false(of[1].taken);
	assert_true(of[2].taken);
	assert_false(of[3].taken);
}

static void
a_file_of_two_pairs_is_taken_for_both_or_for_none(void **state)
{
	struct renewal of[] = {
		PAIR("a.pem", "shared.key", true, true, true),
		PAIR("b.pem", "shared.key", false, true, false),
		PAIR("c.pem", "c.key", true, true, true),
	};

	(void)state;
	renewal_pick(of, 3);
	assert_false(of[0].taken);
	assert_false(of[1].taken);
	assert_true(of[2].taken);
	of[1].good = true;
	renewal_pick(of, 3);
	assert_true(of[0].taken);
	assert_true(of[1].taken);
}

static void
what_is_held_back_holds_back_what_it_shares(void **state)
{
	struct renewal of[] = {
		PAIR("a.pem", "1.key", true, true, true),
		PAIR("a.pem", "2.key", true, true, true),
		PAIR("b.pem", "2.key", true, true, false),
	};

	(void)state;
	renewal_pick(of, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_false(of[i].taken);
}

static void
a_file_that_did_not_change_ties_nothing(void **state)
{
	struct renewal of[] = {
		PAIR("a.pem", "shared.key", true, false, true),
		PAIR("b.pem", "shared.key", true, false, false),
	};

	(void)state;
	renewal_pick(of, 2);
	assert_true(of[0].taken);
	assert_false(of[1].taken);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_pair_is_taken_and_a_bad_one_is_not),
		cmocka_unit_test(a_file_of_two_pairs_is_taken_for_both_or_for_none),
		cmocka_unit_test(what_is_held_back_holds_back_what_it_shares),
		cmocka_unit_test(a_file_that_did_not_change_ties_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
