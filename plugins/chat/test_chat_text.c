/* What may be said, and what rooms and people may be called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chat.h"

static const struct chat_settings set = { .text = 100, .lines = 3 };

static const char *
checked(const char *text, char out[static 1024])
{
	size_t n = 0;
	const char *why = text_check(&set, wh_str(text), out, 1023, &n);

	out[n] = '\0';
	return why;
}

static void
a_text_is_kept_in_nfc(void **state)
{
	char out[1024];

	(void)state;
	assert_null(checked("Cafe\xcc\x81", out));
	assert_string_equal(out, "Caf\xc3\xa9");
}

static void
what_nobody_could_read_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "   ", "\n\n", "\xe2\x80\x8b",		/* nothing to be seen */
		"a\x01z", "a\x7f", "a\rb",			/* control characters */
		"\xff\xfe", "a\xc3", "\xed\xa0\x80",		/* no UTF-8 */
		"a\nb\nc\nd",					/* lines */
		"x\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86",	/* marks */
	};
	char out[1024], longer[200];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (checked(bad[i], out) == NULL)
			fail_msg("number %zu passed", i);
	memset(longer, 'a', sizeof longer);
	longer[101] = '\0';
	assert_string_equal(checked(longer, out), "that is too long; send it in parts");
	longer[100] = '\0';
	assert_null(checked(longer, out));
}

static void
what_people_write_passes(void **state)
{
	static const char *const good[] = {
		"hi", "a\nb\nc", "tab\there", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9", "\x02" "bold\x02 and \x03" "4red", "\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7",
		"x\xcc\x81\xcc\x82",
	};
	char out[1024];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (checked(good[i], out) != NULL)
			fail_msg("%s: %s", good[i], checked(good[i], out));
}

static void
rooms_are_found_however_they_are_written(void **state)
{
	char key[CHAT_NAME + 1];

	(void)state;
	assert_true(text_room_key(WH_STR("#Lobby"), key));
	assert_string_equal(key, "lobby");
	assert_true(text_room_key(WH_STR("\xef\xbc\xac\xc3\xb6\x62\x62y"), key));	/* a wide L */
	assert_string_equal(key, "l\xc3\xb6" "bby");
	assert_true(text_room_key(WH_STR("STRASSE"), key));
	assert_string_equal(key, "strasse");
	assert_true(text_room_key(WH_STR("stra\xc3\x9f" "e"), key));
	assert_string_equal(key, "strasse");
}

static void
what_can_be_no_rooms_name(void **state)
{
	static const char *const bad[] = { "", "#", "##a", "@ann", "+a", "a b", "a,b", "a:b", "a/b", "a*", "a?", "a<b", "a\x07", "\xff" };
	char key[CHAT_NAME + 1], longer[70];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (text_room_key(wh_str(bad[i]), key))
			fail_msg("%s passed", bad[i]);
	memset(longer, 'a', sizeof longer);
	assert_false(text_room_key((struct wh_str){ longer, 65 }, key));
	assert_true(text_room_key((struct wh_str){ longer, 64 }, key));
}

static void
people_are_found_however_they_are_written(void **state)
{
	char a[CHAT_FOLD], b[CHAT_FOLD];

	(void)state;
	assert_int_equal(text_fold(WH_STR("Ann"), a), 3);
	assert_string_equal(a, "ann");
	text_fold(WH_STR("J\xc3\x96RG"), a);
	text_fold(WH_STR("jo\xcc\x88rg"), b);
	assert_string_equal(a, b);
	assert_int_equal(text_fold(WH_STR(""), a), 0);
	assert_int_equal(text_fold(WH_STR("\xff"), a), 0);
}

static void
a_text_is_not_cut_within_a_character(void **state)
{
	(void)state;
	assert_int_equal(text_cut(WH_STR("abc"), 5), 3);
	assert_int_equal(text_cut(WH_STR("abc"), 2), 2);
	assert_int_equal(text_cut(WH_STR("a\xc3\xa9z"), 2), 1);
	assert_int_equal(text_cut(WH_STR("a\xc3\xa9z"), 3), 3);
}

static void
links_are_seen(void **state)
{
	(void)state;
	assert_true(text_has_link(WH_STR("see https://example.org")));
	assert_true(text_has_link(WH_STR("www.example.org")));
	assert_true(text_has_link(WH_STR("see www.example.org")));
	assert_false(text_has_link(WH_STR("wwwow. yes: // no")));
	assert_false(text_has_link(WH_STR("hm")));
}

static void
a_reaction_is_a_sign_or_a_name(void **state)
{
	(void)state;
	assert_true(text_is_reaction(WH_STR("\xf0\x9f\x91\x8d")));
	assert_true(text_is_reaction(WH_STR(":party_2:")));
	assert_false(text_is_reaction(WH_STR("::")));
	assert_false(text_is_reaction(WH_STR(":no name:")));
	assert_false(text_is_reaction(WH_STR("<b>")));
	assert_false(text_is_reaction(WH_STR("a b")));
	assert_false(text_is_reaction(WH_STR("\xff")));
	assert_false(text_is_reaction(WH_STR("")));
}

static void
ids_are_sixteen_hex_digits(void **state)
{
	char text[CHAT_ID_TEXT];
	int64_t id;

	(void)state;
	id_text(0x1234abcd, text);
	assert_string_equal(text, "000000001234abcd");
	assert_true(id_parse(wh_str(text), &id));
	assert_int_equal(id, 0x1234abcd);
	assert_false(id_parse(WH_STR("8000000000000000"), &id));
	assert_false(id_parse(WH_STR("000000001234ABCD"), &id));
	assert_false(id_parse(WH_STR("1234abcd"), &id));
	assert_false(id_parse(WH_STR(""), &id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_kept_in_nfc),
		cmocka_unit_test(what_nobody_could_read_is_refused),
		cmocka_unit_test(what_people_write_passes),
		cmocka_unit_test(rooms_are_found_however_they_are_written),
		cmocka_unit_test(what_can_be_no_rooms_name),
		cmocka_unit_test(people_are_found_however_they_are_written),
		cmocka_unit_test(a_text_is_not_cut_within_a_character),
		cmocka_unit_test(links_are_seen),
		cmocka_unit_test(a_reaction_is_a_sign_or_a_name),
		cmocka_unit_test(ids_are_sixteen_hex_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
