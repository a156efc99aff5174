/* Tests of human.h. */
#include "ctl/human.h"

#include <stdlib.h>
#include <time.h>

#include "ctl/testing_ctl.h"

static void
durations_have_the_units_that_people_use(void **state)
{
	static const struct {
		double ms;
		const char *text;
	} rows[] = {
		{ 0, "0 s" }, { 0.0005, "500 ns" }, { 0.85, "850 µs" }, { 1, "1 ms" }, { 15.34, "15.3 ms" }, { 999, "999 ms" },
		{ 999.9, "1 s" }, { 1000, "1 s" }, { 1500, "1.5 s" }, { 59949, "59.9 s" }, { 59999, "1 min" }, { 60000, "1 min" }, { 123000, "2 min 3 s" },
		{ 3599999, "1 h" }, { 11520000, "3 h 12 min" }, { 86399999, "1 d" }, { 4 * 86400e3 + 5 * 3600e3, "4 d 5 h" }, { -1500, "-1.5 s" },
	};
	struct wh_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		human_duration(&b, rows[i].ms);
		testing_is(&b, rows[i].text);
	}
	wh_buf_free(&b);
}

static void
bytes_have_binary_units(void **state)
{
	static const struct {
		double bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" }, { 512, "512 B" }, { 1023, "1023 B" }, { 1024, "1 KiB" }, { 1536, "1.5 KiB" }, { 1048575, "1 MiB" },
		{ 64.0 * (1 << 20), "64 MiB" }, { 150.4 * (1 << 20), "150 MiB" }, { 3.25 * (1 << 30), "3.3 GiB" },
	};
	struct wh_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		human_bytes(&b, rows[i].bytes);
		testing_is(&b, rows[i].text);
	}
	wh_buf_free(&b);
}

static void
the_key_says_what_a_number_counts(void **state)
{
	static const struct {
		const char *key, *label;
		enum human_unit unit;
	} rows[] = {
		{ "uptime_ms", "uptime", HUMAN_MS }, { "wait_us", "wait", HUMAN_US }, { "cpu_seconds", "cpu", HUMAN_S },
		{ "queue_bytes", "queue", HUMAN_BYTES }, { "memory", "memory", HUMAN_BYTES }, { "started_at", "started_at", HUMAN_TIME },
		{ "members", "members", HUMAN_PLAIN }, { "_ms", "_ms", HUMAN_PLAIN }, { "", "", HUMAN_PLAIN },
	};
	struct wh_str label;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(human_unit_of(wh_str(rows[i].key), &label), rows[i].unit);
		assert_true(wh_str_is(label, rows[i].label));
	}
}

static void
large_milliseconds_are_a_time(void **state)
{
	struct wh_buf b = { 0 };

	(void)state;
	assert_true(human_put(&b, HUMAN_MS, 1795235400000.0));
	testing_is(&b, "2026-11-21 04:30:00");
	assert_true(human_put(&b, HUMAN_TIME, 1795235400000.0));
	testing_is(&b, "2026-11-21 04:30:00");
	assert_false(human_put(&b, HUMAN_TIME, 17));
	assert_false(human_put(&b, HUMAN_PLAIN, 17));
	assert_int_equal(b.n, 0);
	wh_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_the_units_that_people_use),
		cmocka_unit_test(bytes_have_binary_units),
		cmocka_unit_test(the_key_says_what_a_number_counts),
		cmocka_unit_test(large_milliseconds_are_a_time),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
