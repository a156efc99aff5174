/* Tests of the writer into a buffer. */
#include "base/out.h"
#include "base/testing.h"

static void
what_is_written_stands_behind_what_was_there(void **state)
{
	struct wh_buf buf = { 0 };
	struct wh_out_buf out = wh_out_to(&buf);

	(void)state;
	wh_buf_text(&buf, "a");
	wh_out_put(&out.out, WH_STR("b\0c"));
	wh_out_fmt(&out.out, "%d", 7);
	assert_true(wh_str_eq(wh_buf_slice(&buf), WH_STR("ab\0c7")));
	wh_buf_free(&buf);
}

static void
a_failure_is_kept_by_the_buffer(void **state)
{
	struct wh_buf buf = { .max = 4 };
	struct wh_out_buf out = wh_out_to(&buf);

	(void)state;
	wh_out_put(&out.out, WH_STR("abc"));
	assert_false(buf.failed);
	wh_out_fmt(&out.out, "%s", "de");
	assert_true(buf.failed);
	wh_buf_free(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_stands_behind_what_was_there),
		cmocka_unit_test(a_failure_is_kept_by_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
