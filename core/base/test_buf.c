/* Tests of the growing buffer. */
#include "base/buf.h"
#include "base/testing.h"

static void
appends_grow_and_keep_order(void **state)
{
	struct wh_buf b = { 0 };

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		wh_buf_fmt(&b, "%u,", i % 10);
	assert_int_equal(b.n, 2000);
	assert_memory_equal(b.p + 1996, "8,9,", 4);
	wh_buf_free(&b);
	assert_null(b.p);
}

static void
the_cap_is_never_passed_and_failure_sticks(void **state)
{
	struct wh_buf b = { .max = 8 };

	(void)state;
	wh_buf_text(&b, "12345678");
	assert_false(b.failed);
	wh_buf_byte(&b, '9');
	assert_true(b.failed);
	assert_int_equal(b.n, 8);
	wh_buf_reset(&b);
	wh_buf_text(&b, "again");
	assert_false(b.failed);
	wh_buf_free(&b);
	assert_int_equal(b.max, 8);
}

static void
numbers_print_at_their_limits(void **state)
{
	struct wh_buf b = { 0 };

	(void)state;
	wh_buf_i64(&b, INT64_MIN);
	wh_buf_byte(&b, ' ');
	wh_buf_u64(&b, UINT64_MAX);
	assert_string_equal(wh_buf_cstr(&b), "-9223372036854775808 18446744073709551615");
	wh_buf_free(&b);
}

static void
drop_moves_the_rest_to_the_front(void **state)
{
	struct wh_buf b = { 0 };

	(void)state;
	wh_buf_text(&b, "abcdef");
	wh_buf_drop(&b, 4);
	assert_string_equal(wh_buf_cstr(&b), "ef");
	wh_buf_drop(&b, 99);
	assert_int_equal(b.n, 0);
	wh_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_grow_and_keep_order),
		cmocka_unit_test(the_cap_is_never_passed_and_failure_sticks),
		cmocka_unit_test(numbers_print_at_their_limits),
		cmocka_unit_test(drop_moves_the_rest_to_the_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
