/* Tests of the search for the nearest name. */
#include "base/nearest.h"
#include "base/testing.h"

static void
the_distance_counts_each_kind_of_slip(void **state)
{
	(void)state;
	assert_int_equal(wh_nearest_distance(WH_STR("port"), WH_STR("port")), 0);
	assert_int_equal(wh_nearest_distance(WH_STR("prot"), WH_STR("port")), 1);
	assert_int_equal(wh_nearest_distance(WH_STR("pot"), WH_STR("port")), 1);
	assert_int_equal(wh_nearest_distance(WH_STR("poort"), WH_STR("port")), 1);
	assert_int_equal(wh_nearest_distance(WH_STR("pork"), WH_STR("PORT")), 1);
	assert_int_equal(wh_nearest_distance(WH_STR("kitten"), WH_STR("sitting")), 3);
	assert_int_equal(wh_nearest_distance(WH_STR(""), WH_STR("abc")), 3);
	assert_int_equal(wh_nearest_distance(WH_STR("abc"), WH_STR("")), 3);
}

static void
the_nearest_of_several_is_best(void **state)
{
	struct wh_nearest n = { .word = WH_STR("listner") };

	(void)state;
	wh_nearest_offer(&n, WH_STR("limits"));
	wh_nearest_offer(&n, WH_STR("listen"));
	wh_nearest_offer(&n, WH_STR("listener"));
	wh_nearest_offer(&n, WH_STR("listens"));
	assert_true(wh_str_is(n.best, "listener"));
	assert_int_equal(n.distance, 1);
}

static void
what_is_far_or_long_is_not_suggested(void **state)
{
	struct wh_nearest far = { .word = WH_STR("xyzzy") }, letter = { .word = WH_STR("x") };
	char word[100];

	(void)state;
	memset(word, 'a', sizeof word);
	wh_nearest_offer(&far, WH_STR("listener"));
	assert_null(far.best.p);
	wh_nearest_offer(&letter, WH_STR("y"));
	assert_null(letter.best.p);
	assert_true(wh_nearest_distance((struct wh_str){ word, 65 }, WH_STR("a")) > WH_NEAREST_MAX);
	assert_int_equal(wh_nearest_distance((struct wh_str){ word, 64 }, WH_STR("")), 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_distance_counts_each_kind_of_slip),
		cmocka_unit_test(the_nearest_of_several_is_best),
		cmocka_unit_test(what_is_far_or_long_is_not_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
