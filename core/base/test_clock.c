/* Tests of the clocks and their formats. */
#include "base/clock.h"
#include "base/testing.h"

static void
a_fake_clock_moves_only_when_told(void **state)
{
	struct wh_clock c;

	(void)state;
	wh_clock_fake(&c, 5, 1000);
	assert_int_equal(wh_clock_mono_ns(&c), 5);
	assert_int_equal(wh_clock_wall_ms(&c), 1000);
	for (int i = 0; i < 4; i++)
		wh_clock_advance(&c, 500000);
	assert_int_equal(wh_clock_mono_us(&c), 2000);
	assert_int_equal(wh_clock_mono_ms(&c), 2);
	assert_int_equal(wh_clock_wall_ms(&c), 1002);
}

static void
the_real_clock_does_not_go_back(void **state)
{
	int64_t before = wh_clock_mono_ns(NULL);

	(void)state;
	assert_true(before > 0);
	assert_true(wh_clock_mono_ns(NULL) >= before);
	assert_true(wh_clock_wall_ms(NULL) > INT64_C(1600000000000));
}

static void
rfc3339_has_milliseconds_and_one_length(void **state)
{
	char out[WH_RFC3339_SIZE];

	(void)state;
	wh_clock_rfc3339(INT64_C(951782400007), out);
	assert_string_equal(out, "2000-02-29T00:00:00.007Z");
	wh_clock_rfc3339(-1, out);
	assert_string_equal(out, "1969-12-31T23:59:59.999Z");
	wh_clock_rfc3339(INT64_MAX, out);
	assert_string_equal(out, "9999-12-31T23:59:59.999Z");
	wh_clock_rfc3339(INT64_MIN, out);
	assert_string_equal(out, "0000-01-01T00:00:00.000Z");
}

static void
an_http_date_is_written_and_read_back(void **state)
{
	char out[WH_HTTP_DATE_SIZE];
	int64_t seconds;

	(void)state;
	wh_clock_http_date(INT64_C(784111777000), out);
	assert_string_equal(out, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_int_equal(wh_clock_parse_http_date(wh_str(out), &seconds), WH_OK);
	assert_int_equal(seconds, 784111777);
}

static void
a_wrong_http_date_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Jun 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:3x GMT",
	};
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(wh_clock_parse_http_date(wh_str(wrong[i]), &seconds), WH_ESYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fake_clock_moves_only_when_told),
		cmocka_unit_test(the_real_clock_does_not_go_back),
		cmocka_unit_test(rfc3339_has_milliseconds_and_one_length),
		cmocka_unit_test(an_http_date_is_written_and_read_back),
		cmocka_unit_test(a_wrong_http_date_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
