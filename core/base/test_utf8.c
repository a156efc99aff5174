/* Tests of UTF-8. */
#include "base/utf8.h"
#include "base/testing.h"

static const struct {
	struct wh_str text;
	size_t good;	/* bytes of whole code points at the front */
	bool hopeless;	/* nothing that follows can make it valid */
} cases[] = {
	{ { "", 0 }, 0, false },
	{ { NULL, 0 }, 0, false },
	{ WH_STR("plain ascii, longer than eight"), 30, false },
	{ WH_STR("nul \0 is a character"), 20, false },
	{ WH_STR("\xc2\x80"), 2, false },
	{ WH_STR("\xdf\xbf"), 2, false },
	{ WH_STR("\xe0\xa0\x80"), 3, false },
	{ WH_STR("\xed\x9f\xbf"), 3, false },
	{ WH_STR("\xee\x80\x80"), 3, false },
	{ WH_STR("\xef\xbf\xbf"), 3, false },
	{ WH_STR("\xf0\x90\x80\x80"), 4, false },
	{ WH_STR("\xf4\x8f\xbf\xbf"), 4, false },
	{ WH_STR("eight by\xc3\xa9te"), 12, false },
	/* cut short: more may come */
	{ WH_STR("a\xc3"), 1, false },
	{ WH_STR("a\xe2\x82"), 1, false },
	{ WH_STR("a\xf0\x9f\x98"), 1, false },
	/* never valid */
	{ WH_STR("\x80"), 0, true },
	{ WH_STR("abcdefgh\xbf"), 8, true },
	{ WH_STR("\xc0"), 0, true },
	{ WH_STR("\xc1\xbf"), 0, true },
	{ WH_STR("\xe0\x9f"), 0, true },
	{ WH_STR("\xed\xa0"), 0, true },
	{ WH_STR("\xf0\x8f"), 0, true },
	{ WH_STR("\xf4\x90"), 0, true },
	{ WH_STR("\xf5"), 0, true },
	{ WH_STR("\xff"), 0, true },
	{ WH_STR("ok\xc3\x28"), 2, true },
	{ WH_STR("ok\xe2\x82\x28"), 2, true },
	{ WH_STR("ok\xf0\x9f\x98\x28"), 2, true },
	{ WH_STR("ok\xc3\xa9\xc3\xc3"), 4, true },
};

enum { CASES = sizeof cases / sizeof cases[0] };

static void
only_shortest_forms_of_real_code_points_are_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		assert_int_equal(wh_utf8_good(cases[i].text), cases[i].good);
		assert_int_equal(wh_utf8_valid(cases[i].text), cases[i].good == cases[i].text.n);
	}
}

static void
a_wide_run_ends_at_ascii_and_at_what_is_not_utf8(void **state)
{
	(void)state;
	assert_int_equal(wh_utf8_wide(WH_STR("\xc3\xa9\xe2\x82\xac" "a\xc3\xa9")), 5);
	assert_int_equal(wh_utf8_wide(WH_STR("\xc3\xa9\xe2\x82" "a")), 2);
	assert_int_equal(wh_utf8_wide(WH_STR("a\xc3\xa9")), 0);
	assert_int_equal(wh_utf8_wide(WH_STR("\x80")), 0);
	assert_int_equal(wh_utf8_wide((struct wh_str){ NULL, 0 }), 0);
}

static void
pieces_give_the_same_answer_wherever_they_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		for (size_t cut = 0; cut <= cases[i].text.n; cut++) {
			struct wh_utf8_state st = { 0 };

			wh_utf8_feed(&st, (struct wh_str){ cases[i].text.p, cut });
			assert_int_equal(wh_utf8_feed(&st, wh_str_from(cases[i].text, cut)), !cases[i].hopeless);
			assert_int_equal(wh_utf8_whole(&st), cases[i].good == cases[i].text.n);
		}
	}
}

static void
a_bad_piece_is_told_at_the_first_byte_that_is_hopeless(void **state)
{
	struct wh_utf8_state st = { 0 };

	(void)state;
	assert_true(wh_utf8_feed(&st, WH_STR("\xed")));
	assert_false(wh_utf8_feed(&st, WH_STR("\xa0")));
	assert_false(wh_utf8_feed(&st, WH_STR("fine")));
	assert_false(wh_utf8_whole(&st));
}

static void
every_code_point_survives_the_way_there_and_back(void **state)
{
	char bytes[4];
	uint32_t back;

	(void)state;
	for (uint32_t point = 0; point <= 0x110000; point++) {
		size_t n = wh_utf8_encode(point, bytes);

		if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
			assert_int_equal(n, 0);
			continue;
		}
		if (!wh_utf8_valid((struct wh_str){ bytes, n }) || wh_utf8_decode((struct wh_str){ bytes, n }, &back) != n ||
			back != point)
			fail_msg("U+%04X", point);
	}
}

static void
bad_bytes_are_taken_in_the_runs_that_one_replacement_stands_for(void **state)
{
	static const struct {
		struct wh_str text;
		size_t taken;
	} bad[] = {
		{ WH_STR("\x80\x80"), 1 },
		{ WH_STR("\xc0\x80"), 1 },
		{ WH_STR("\xe2\x82"), 2 },
		{ WH_STR("\xe2\x82x"), 2 },
		{ WH_STR("\xe0\x80\x80"), 1 },
		{ WH_STR("\xf0\x9f\x98x"), 3 },
		{ WH_STR("\xed\xa0\x80"), 1 },
		{ WH_STR("\xf5\x80"), 1 },
	};
	uint32_t point;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(wh_utf8_decode(bad[i].text, &point), bad[i].taken);
		assert_int_equal(point, WH_UTF8_BAD);
	}
	assert_int_equal(wh_utf8_decode((struct wh_str){ NULL, 0 }, &point), 0);
}

static void
code_points_are_counted(void **state)
{
	(void)state;
	assert_int_equal(wh_utf8_count(WH_STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
	assert_int_equal(wh_utf8_count((struct wh_str){ NULL, 0 }), 0);
}

static void
a_cut_keeps_code_points_whole(void **state)
{
	static const size_t expect[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };
	struct wh_str s = WH_STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");

	(void)state;
	for (size_t max = 0; max < sizeof expect / sizeof expect[0]; max++)
		assert_int_equal(wh_utf8_cut(s, max).n, expect[max]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_shortest_forms_of_real_code_points_are_valid),
		cmocka_unit_test(a_wide_run_ends_at_ascii_and_at_what_is_not_utf8),
		cmocka_unit_test(pieces_give_the_same_answer_wherever_they_are_cut),
		cmocka_unit_test(a_bad_piece_is_told_at_the_first_byte_that_is_hopeless),
		cmocka_unit_test(every_code_point_survives_the_way_there_and_back),
		cmocka_unit_test(bad_bytes_are_taken_in_the_runs_that_one_replacement_stands_for),
		cmocka_unit_test(code_points_are_counted),
		cmocka_unit_test(a_cut_keeps_code_points_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
