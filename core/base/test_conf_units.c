/* Values with units. */
#include "base/conf.h"
#include "base/testing.h"

static void
sizes_are_bytes_in_both_kinds_of_thousand(void **state)
{
	static const struct { const char *text; int64_t bytes; } rows[] = {
		{ "0", 0 }, { "512", 512 }, { "512B", 512 }, { "1kB", 1000 }, { "1KB", 1000 }, { "10MB", 10000000 }, { "2GB", 2000000000 },
		{ "64KiB", 65536 }, { "3MiB", 3145728 }, { "8GiB", INT64_C(8589934592) }, { "64 KiB", 65536 },
	};
	int64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(wh_conf_parse_size(wh_str(rows[i].text), &bytes), WH_OK);
		assert_int_equal(bytes, rows[i].bytes);
	}
}

static void
durations_are_milliseconds_and_need_a_unit(void **state)
{
	static const struct { const char *text; int64_t ms; } rows[] = {
		{ "0", 0 }, { "250ms", 250 }, { "30s", 30000 }, { "5m", 300000 }, { "2h", 7200000 }, { "7d", 604800000 },
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(wh_conf_parse_duration(wh_str(rows[i].text), &ms), WH_OK);
		assert_int_equal(ms, rows[i].ms);
	}
	assert_int_equal(wh_conf_parse_duration(WH_STR("30"), &ms), WH_ESYNTAX);
}

static void
a_rate_has_a_count_a_period_and_a_burst(void **state)
{
	struct wh_rate rate;

	(void)state;
	assert_int_equal(wh_conf_parse_rate(WH_STR("10/s"), &rate), WH_OK);
	assert_int_equal(rate.count, 10);
	assert_int_equal(rate.burst, 10);
	assert_int_equal(rate.per_ms, 1000);
	assert_int_equal(wh_conf_parse_rate(WH_STR("100/m burst 20"), &rate), WH_OK);
	assert_int_equal(rate.count, 100);
	assert_int_equal(rate.burst, 20);
	assert_int_equal(rate.per_ms, 60000);
}

static void
anything_else_is_refused(void **state)
{
	static const char *const sizes[] = { "", "KiB", "-1", "1.5MB", "10 MBs", "10mb", "1 ", " 1", "1k", "+1" };
	static const char *const durations[] = { "", "s", "-1s", "1w", "1.5s", "1s ", "1 s x" };
	static const char *const rates[] = { "", "10", "10/", "/s", "10/w", "10/sec", "10/s burst", "10/s burst x", "10/s  burst 1", "10/s burst 1 ", "5000000000/s" };
	struct wh_rate rate;
	int64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		assert_int_not_equal(wh_conf_parse_size(wh_str(sizes[i]), &value), WH_OK);
	for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++)
		assert_int_not_equal(wh_conf_parse_duration(wh_str(durations[i]), &value), WH_OK);
	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
		assert_int_not_equal(wh_conf_parse_rate(wh_str(rates[i]), &rate), WH_OK);
}

static void
what_does_not_fit_is_too_big_and_never_cut(void **state)
{
	int64_t value;

	(void)state;
	assert_int_equal(wh_conf_parse_size(WH_STR("9223372036854775807"), &value), WH_OK);
	assert_int_equal(wh_conf_parse_size(WH_STR("9223372036854775808"), &value), WH_ETOOBIG);
	assert_int_equal(wh_conf_parse_size(WH_STR("9007199254740993GiB"), &value), WH_ETOOBIG);
	assert_int_equal(wh_conf_parse_duration(WH_STR("106751991168d"), &value), WH_ETOOBIG);
}

static void
what_is_written_reads_as_the_same(void **state)
{
	static const struct { int64_t value; const char *size, *duration; } cases[] = {
		{ 0, "0", "0ms" }, { 1, "1", "1ms" }, { 4000, "4000", "4s" }, { 65536, "64KiB", "65536ms" }, { 90000, "90000", "90s" }, { 10000000, "10MB", "10000s" },
		{ 86400000, "84375KiB", "1d" }, { 1 << 30, "1GiB", "1073741824ms" }, { INT64_MAX, "9223372036854775807", "9223372036854775807ms" },
	};
	static const char *const rates[] = { "10/s", "100/m burst 20", "1/d burst 4294967295" };
	struct wh_buf text = { 0 };
	struct wh_rate rate;
	int64_t back;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		wh_buf_reset(&text);
		wh_conf_put_size(&text, cases[i].value);
		assert_string_equal(wh_buf_cstr(&text), cases[i].size);
		assert_int_equal(wh_conf_parse_size(wh_buf_slice(&text), &back), WH_OK);
		assert_true(back == cases[i].value);
		wh_buf_reset(&text);
		wh_conf_put_duration(&text, cases[i].value);
		assert_string_equal(wh_buf_cstr(&text), cases[i].duration);
		assert_int_equal(wh_conf_parse_duration(wh_buf_slice(&text), &back), WH_OK);
		assert_true(back == cases[i].value);
	}
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		assert_int_equal(wh_conf_parse_rate(wh_str(rates[i]), &rate), WH_OK);
		wh_buf_reset(&text);
		wh_conf_put_rate(&text, rate);
		assert_string_equal(wh_buf_cstr(&text), rates[i]);
	}
	wh_buf_reset(&text);
	wh_conf_put_rate(&text, (struct wh_rate){ 0 });
	assert_int_equal(text.n, 0);
	wh_buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_bytes_in_both_kinds_of_thousand),
		cmocka_unit_test(durations_are_milliseconds_and_need_a_unit),
		cmocka_unit_test(a_rate_has_a_count_a_period_and_a_burst),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(what_does_not_fit_is_too_big_and_never_cut),
		cmocka_unit_test(what_is_written_reads_as_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
