/* Tests of rungs, globs and lists of words. */
#include "base/permit.h"
#include "base/testing.h"

static void
each_rung_may_what_those_below_it_may(void **state)
{
	(void)state;
	for (enum wh_allow rung = WH_ALLOW_GUEST; rung <= WH_ALLOW_ADMIN; rung++) {
		for (enum wh_allow allow = WH_ALLOW_GUEST; allow <= WH_ALLOW_ADMIN; allow++)
			assert_int_equal(wh_permit_rung_may(rung, allow), rung >= allow);
		assert_false(wh_permit_rung_may(0, rung));
		assert_int_equal(wh_permit_rung_may(rung, 0), rung == WH_ALLOW_ADMIN);
		assert_int_equal(wh_permit_rung(wh_str(wh_permit_rung_name(rung))), rung);
	}
	assert_int_equal(wh_permit_rung(WH_STR("members")), 0);
	assert_int_equal(wh_permit_rung(WH_STR("")), 0);
}

static void
a_star_stands_for_any_bytes(void **state)
{
	static const struct {
		const char *glob, *name;
		bool covers;
	} cases[] = {
		{ "*", "", true }, { "chat.*", "chat.say", true }, { "chat.*", "chats.say", false }, { "*.say", "chat.say", true },
		{ "a*b*c", "axxbyyc", true }, { "a*b*c", "axxbyy", false }, { "", "x", false }, { "x", "x", true }, { "x", "xx", false },
		{ "**", "x", true }, { "*a", "aaab", false }, { "*aab", "aaab", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(wh_permit_glob(wh_str(cases[i].glob), wh_str(cases[i].name)), cases[i].covers);
}

static void
words_are_taken_off_a_list_whatever_blanks_stand_between(void **state)
{
	struct wh_str words = WH_STR("  member scraper   x "), word;

	(void)state;
	assert_true(wh_permit_word(&words, &word));
	assert_true(wh_str_is(word, "member"));
	assert_true(wh_permit_word(&words, &word));
	assert_true(wh_str_is(word, "scraper"));
	assert_true(wh_permit_word(&words, &word));
	assert_true(wh_str_is(word, "x"));
	assert_false(wh_permit_word(&words, &word));
	assert_int_equal(words.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rung_may_what_those_below_it_may),
		cmocka_unit_test(a_star_stands_for_any_bytes),
		cmocka_unit_test(words_are_taken_off_a_list_whatever_blanks_stand_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
