/* Tests of the histogram. */
#include "base/hist.h"
#include "base/testing.h"

static void
every_value_lies_within_its_buckets_bounds(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WH_HIST_BUCKETS - 1; i++) {
		assert_int_equal(wh_hist_bucket(wh_hist_bound(i)), i);
		assert_int_equal(wh_hist_bucket(wh_hist_bound(i) + 1), i + 1);
	}
	assert_int_equal(wh_hist_bucket(0), 0);
	assert_int_equal(wh_hist_bucket(UINT64_MAX), WH_HIST_BUCKETS - 1);
	assert_true(wh_hist_bound(WH_HIST_BUCKETS - 1) == UINT64_MAX);
	assert_true(wh_hist_bound(WH_HIST_BUCKETS - 2) == (UINT64_C(1) << WH_HIST_TOP_BIT) - 1);
}

static void
quantiles_are_within_a_ninth(void **state)
{
	static struct wh_hist h;
	static const unsigned shares[] = { 1, 10, 500, 900, 990, 999 };

	(void)state;
	for (uint64_t v = 1; v <= 100000; v++)
		wh_hist_record(&h, v);
	assert_int_equal(wh_hist_count(&h), 100000);
	assert_true(wh_hist_sum(&h) == UINT64_C(5000050000));
	for (unsigned i = 0; i < sizeof shares / sizeof shares[0]; i++) {
		uint64_t right = 100 * shares[i];

		assert_in_range(wh_hist_quantile(&h, shares[i]), right - right / 9 - 1, right + right / 9 + 1);
	}
}

static void
an_empty_one_and_its_extremes_answer(void **state)
{
	struct wh_hist h = { 0 };

	(void)state;
	assert_int_equal(wh_hist_quantile(&h, 500), 0);
	wh_hist_record(&h, 3);
	assert_int_equal(wh_hist_quantile(&h, 0), 3);
	assert_int_equal(wh_hist_quantile(&h, 5000), 3);
	h = (struct wh_hist){ 0 };
	wh_hist_record(&h, UINT64_MAX);
	assert_true(wh_hist_quantile(&h, 500) == UINT64_C(1) << WH_HIST_TOP_BIT);
}

static void
merging_adds_counts_and_sums(void **state)
{
	struct wh_hist a = { 0 }, b = { 0 };

	(void)state;
	wh_hist_record(&a, 2);
	wh_hist_record(&b, 2);
	wh_hist_record(&b, 1000);
	wh_hist_merge(&a, &b);
	assert_int_equal(a.counts[2], 2);
	assert_int_equal(wh_hist_count(&a), 3);
	assert_int_equal(wh_hist_sum(&a), 1004);
	assert_int_equal(wh_hist_count(&b), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_lies_within_its_buckets_bounds),
		cmocka_unit_test(quantiles_are_within_a_ninth),
		cmocka_unit_test(an_empty_one_and_its_extremes_answer),
		cmocka_unit_test(merging_adds_counts_and_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
