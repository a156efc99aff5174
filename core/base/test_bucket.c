/* Tests of the token bucket. */
#include "base/bucket.h"
#include "base/testing.h"

static const int64_t SECOND = 1000000000;

static void
zeros_are_a_full_bucket(void **state)
{
	struct wh_flow r = WH_FLOW_PER_SECOND(10, 3);
	struct wh_bucket b = { 0 };

	(void)state;
	assert_int_equal(sizeof b, 16);
	assert_int_equal(wh_bucket_left(&b, &r, 0), 3);
	for (int i = 0; i < 3; i++)
		assert_true(wh_bucket_take(&b, &r, 0, 1));
	assert_false(wh_bucket_take(&b, &r, 0, 1));
	assert_int_equal(wh_bucket_left(&b, &r, 0), 0);
}

static void
the_wait_is_exact(void **state)
{
	struct wh_flow r = WH_FLOW_PER_SECOND(3, 1);
	struct wh_bucket b = { 0 };
	int64_t wait;

	(void)state;
	assert_int_equal(wh_bucket_wait(&b, &r, SECOND, 1), 0);
	assert_true(wh_bucket_take(&b, &r, SECOND, 1));
	wait = wh_bucket_wait(&b, &r, SECOND, 1);
	assert_int_equal(wait, 333333334);
	assert_false(wh_bucket_take(&b, &r, SECOND + wait - 1, 1));
	assert_true(wh_bucket_take(&b, &r, SECOND + wait, 1));
	assert_int_equal(wh_bucket_wait(&b, &r, SECOND, 2), INT64_MAX);
}

static void
a_day_of_odd_steps_lets_exactly_the_rate_through(void **state)
{
	struct wh_flow r = WH_FLOW_PER_SECOND(3, 5);
	struct wh_bucket b = { 0 };
	int64_t now = 0, taken = 0, end = 86400 * SECOND;

	(void)state;
	while (now < end) {
		taken += wh_bucket_take(&b, &r, now, 1);
		now += 100000007;
	}
	assert_int_equal(taken, 5 + 86400 * 3 - (wh_bucket_left(&b, &r, end)));
}

static void
taking_is_all_or_none_and_never_over_the_burst(void **state)
{
	struct wh_flow r = WH_FLOW_PER_SECOND(10, 4);
	struct wh_bucket b = { 0 };

	(void)state;
	assert_false(wh_bucket_take(&b, &r, 0, 5));
	assert_true(wh_bucket_take(&b, &r, 0, 3));
	assert_false(wh_bucket_take(&b, &r, 0, 2));
	assert_true(wh_bucket_take(&b, &r, 0, 1));
	assert_true(wh_bucket_take(&b, &r, 1000 * SECOND, 4));
	assert_false(wh_bucket_take(&b, &r, 1000 * SECOND, 1));
}

static void
a_clock_that_goes_back_gives_nothing(void **state)
{
	struct wh_flow r = WH_FLOW_PER_SECOND(1, 1);
	struct wh_bucket b = { 0 };

	(void)state;
	assert_true(wh_bucket_take(&b, &r, 10 * SECOND, 1));
	assert_false(wh_bucket_take(&b, &r, 5 * SECOND, 1));
	assert_false(wh_bucket_take(&b, &r, 10 * SECOND, 1));
	assert_true(wh_bucket_take(&b, &r, 11 * SECOND, 1));
}

static void
extremes_do_not_overflow(void **state)
{
	struct wh_flow r = WH_FLOW_PER_SECOND(INT64_MAX, INT64_C(4600000000));
	struct wh_flow slow = { .tokens = 1, .period_ns = 86400 * INT64_C(1000000000), .burst = 5 };
	struct wh_bucket b = { 0 };

	(void)state;
	assert_true(wh_flow_valid(r));
	assert_true(wh_flow_valid(slow));
	assert_true(wh_bucket_take(&b, &r, 0, r.burst));
	assert_true(wh_bucket_take(&b, &r, INT64_MAX, r.burst));
	b = (struct wh_bucket){ 0 };
	assert_true(wh_bucket_take(&b, &slow, 0, 5));
	assert_int_equal(wh_bucket_wait(&b, &slow, 0, 1), slow.period_ns);
	r.burst = INT64_MAX;
	assert_false(wh_flow_valid(r));
	r.burst = 0;
	assert_false(wh_flow_valid(r));
	r.burst = 1;
	r.period_ns = 0;
	assert_false(wh_flow_valid(r));
}

static void
a_rate_of_no_tokens_is_no_limit(void **state)
{
	struct wh_flow none = { 0 };
	struct wh_bucket b = { 0 };

	(void)state;
	assert_true(wh_flow_valid(none));
	assert_true(wh_bucket_take(&b, &none, 0, INT64_MAX));
	assert_int_equal(wh_bucket_wait(&b, &none, 0, INT64_MAX), 0);
	assert_int_equal(wh_bucket_left(&b, &none, 0), INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeros_are_a_full_bucket),
		cmocka_unit_test(the_wait_is_exact),
		cmocka_unit_test(a_day_of_odd_steps_lets_exactly_the_rate_through),
		cmocka_unit_test(taking_is_all_or_none_and_never_over_the_burst),
		cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
		cmocka_unit_test(extremes_do_not_overflow),
		cmocka_unit_test(a_rate_of_no_tokens_is_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
