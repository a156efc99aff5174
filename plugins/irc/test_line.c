/* Lines, tags, masks, nicks, times and UTF-8, as bytes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "irc.h"

static bool
read_line(const char *text, struct irc_line *line)
{
	return line_read(wh_str(text), line);
}

static void
a_line_is_tags_source_verb_and_parameters(void **state)
{
	struct irc_line line;

	(void)state;
	assert_true(read_line("@a=1;b :nick!u@h PRIVMSG  #room   :hello  world", &line));
	assert_true(wh_str_is(line.tags, "a=1;b"));
	assert_true(wh_str_is(line.source, ":nick!u@h"));
	assert_true(wh_str_is(line.verb, "PRIVMSG"));
	assert_int_equal(line.n, 2);
	assert_true(wh_str_is(line.params[0], "#room"));
	assert_true(wh_str_is(line.params[1], "hello  world"));
}

static void
the_last_parameter_may_be_empty_or_begin_with_a_colon(void **state)
{
	struct irc_line line;

	(void)state;
	assert_true(read_line("TOPIC #a :", &line));
	assert_int_equal(line.n, 2);
	assert_int_equal(line.params[1].n, 0);
	assert_true(read_line("PRIVMSG #a ::-)", &line));
	assert_true(wh_str_is(line.params[1], ":-)"));
	assert_true(read_line("USER a 0 * b:c", &line));
	assert_true(wh_str_is(line.params[3], "b:c"));
}

static void
what_has_no_verb_is_no_line(void **state)
{
	struct irc_line line;

	(void)state;
	assert_false(read_line("", &line));
	assert_false(read_line("    ", &line));
	assert_false(read_line("@a=b", &line));
	assert_false(read_line("@a=b ", &line));
	assert_false(read_line(":source", &line));
}

static void
parameters_past_the_most_are_one(void **state)
{
	struct irc_line line;

	(void)state;
	assert_true(read_line("V 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", &line));
	assert_int_equal(line.n, IRC_PARAMS);
	assert_true(wh_str_is(line.params[IRC_PARAMS - 1], "16 17 18"));
}

static const char *
tag(const char *text, const char *name)
{
	static char value[64];
	struct irc_line line;

	assert_true(read_line(text, &line));
	return line_tag(&line, name, value, sizeof value) ? value : NULL;
}

static void
tags_are_read_with_their_escapes(void **state)
{
	(void)state;
	assert_string_equal(tag("@x=a\\:b\\sc\\\\d\\r\\n V", "x"), "a;b c\\d\r\n");
	assert_string_equal(tag("@x=a\\qb\\ V", "x"), "aqb");
	assert_string_equal(tag("@x=1;x=2 V", "x"), "2");
	assert_string_equal(tag("@x V", "x"), "");
	assert_string_equal(tag("@x=;y V", "x"), "");
	assert_string_equal(tag("@+x=1=2 V", "+x"), "1=2");
	assert_null(tag("@xy=1 V", "x"));
	assert_null(tag("V", "x"));
}

static void
a_tag_that_is_too_long_is_cut_to_fit(void **state)
{
	struct irc_line line;
	char value[4];

	(void)state;
	assert_true(read_line("@x=12345678 V", &line));
	assert_true(line_tag(&line, "x", value, sizeof value));
	assert_string_equal(value, "123");
	assert_true(wh_str_is(line_tag_raw(&line, "x"), "12345678"));
	assert_null(line_tag_raw(&line, "y").p);
}

static void
escapes_of_tags_are_written_and_fit(void **state)
{
	char to[16];

	(void)state;
	tag_escape(WH_STR("a;b c\\d\r\n"), to, sizeof to);
	assert_string_equal(to, "a\\:b\\sc\\\\d\\r\\n");
	tag_escape(WH_STR(";;;;;;;;;;;;;;;;;;;;"), to, sizeof to);
	assert_true(strlen(to) < sizeof to && strlen(to) % 2 == 0);
}

static void
masks_have_stars_and_question_marks(void **state)
{
	(void)state;
	assert_true(wh_mask_matches(WH_STR("*"), WH_STR("")));
	assert_true(wh_mask_matches(WH_STR("a*c"), WH_STR("abbbc")));
	assert_true(wh_mask_matches(WH_STR("A?C"), WH_STR("abc")));
	assert_true(wh_mask_matches(WH_STR("*a*a*a*b"), WH_STR("aaaaaaaaaaaaaaaab")));
	assert_false(wh_mask_matches(WH_STR("*a*a*a*b"), WH_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
	assert_false(wh_mask_matches(WH_STR("a?"), WH_STR("a")));
	assert_false(wh_mask_matches(WH_STR(""), WH_STR("a")));
}

static void
nicks_are_nothing_that_could_be_something_else(void **state)
{
	static const char *const bad[] = { "", "1a", "-a", ".a", "#a", "a b", "a,b", "a!b", "a@b", "a*", "a?", ":a", "$a", "&a", "~a", "+a", "a:b", "a%b",
		"123456789012345678901234567890123", NULL };
	static const char *const good[] = { "a", "A1", "_a_", "a-b.c", "[a]", "a`", "{a|b}", "zo\xc3\xab", NULL };

	(void)state;
	for (const char *const *one = bad; *one != NULL; one++)
		assert_false(nick_ok(wh_str(*one)));
	for (const char *const *one = good; *one != NULL; one++)
		assert_true(nick_ok(wh_str(*one)));
}

static void
nicks_are_folded_by_ascii_alone(void **state)
{
	char folded[IRC_NICK + 1];

	(void)state;
	nick_fold_ascii(WH_STR("ABCxyz[]\\"), folded);
	assert_string_equal(folded, "abcxyz[]\\");
	nick_fold_ascii(WH_STR("\xc3\x84"), folded);
	assert_string_equal(folded, "\xc3\x84");
}

static void
names_of_others_become_nicks(void **state)
{
	char nick[IRC_NICK + 1];

	(void)state;
	nick_show(WH_STR("ann bee"), nick);
	assert_string_equal(nick, "ann_bee");
	nick_show(WH_STR("9lives"), nick);
	assert_string_equal(nick, "_9lives");
	nick_show(WH_STR(""), nick);
	assert_string_equal(nick, "_");
	nick_show(WH_STR("!*@"), nick);
	assert_string_equal(nick, "___");
	nick_show(WH_STR("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"), nick);
	assert_int_equal(strlen(nick), 30);
	assert_true(nick_ok(wh_str(nick)));
}

static void
times_are_written_and_read_back(void **state)
{
	char text[32];
	int64_t ms;

	(void)state;
	time_show(INT64_C(1767225600015), text);
	assert_string_equal(text, "2026-01-01T00:00:00.015Z");
	assert_true(time_read(wh_str(text), &ms));
	assert_int_equal(ms, INT64_C(1767225600015));
	assert_true(time_read(WH_STR("2026-01-01T00:00:00Z"), &ms));
	assert_int_equal(ms, INT64_C(1767225600000));
	assert_true(time_read(WH_STR("2026-01-01T00:00:00.5Z"), &ms));
	assert_int_equal(ms, INT64_C(1767225600500));
	assert_false(time_read(WH_STR("2026-01-01"), &ms));
	assert_false(time_read(WH_STR("2026-01-01T00:00:00.015"), &ms));
	assert_false(time_read(WH_STR("2026-01-01T00:00:00.015Z "), &ms));
	assert_false(time_read(WH_STR("yesterday"), &ms));
	assert_false(time_read(WH_STR(""), &ms));
	assert_false(time_read(WH_STR("1900-01-01T00:00:00Z"), &ms));
	assert_false(time_read(WH_STR("2026-01-01T00:00:00.99999999999999999999999999999Z"), &ms));
}

static void
utf8_is_checked_strictly(void **state)
{
	static const char *const bad[] = { "\x80", "\xc3", "\xc3(", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xff", NULL };

	(void)state;
	for (const char *const *one = bad; *one != NULL; one++)
		assert_false(text_is_utf8(wh_str(*one)));
	assert_true(text_is_utf8(WH_STR("")));
	assert_true(text_is_utf8(WH_STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf")));
}

static void
texts_are_cut_behind_whole_characters_and_at_blanks(void **state)
{
	char to[6];

	(void)state;
	text_flat(WH_STR("ab\xe2\x82\xac\xe2\x82\xac"), to, sizeof to);
	assert_string_equal(to, "ab\xe2\x82\xac");
	text_flat(WH_STR("a\r\nb"), to, sizeof to);
	assert_string_equal(to, "a  b");
	assert_int_equal(text_fit(WH_STR("hello world again"), 13), 12);
	assert_int_equal(text_fit(WH_STR("short"), 13), 5);
	assert_int_equal(text_fit(WH_STR("\xe2\x82\xac\xe2\x82\xac"), 4), 3);
	assert_int_equal(text_fit(WH_STR("nowheretocutthis"), 5), 5);
}

static void
words_are_taken_between_separators(void **state)
{
	struct wh_str rest = WH_STR(",,a,,b,"), part;

	(void)state;
	assert_true(next_part(&rest, ',', &part) && wh_str_is(part, "a"));
	assert_true(next_part(&rest, ',', &part) && wh_str_is(part, "b"));
	assert_false(next_part(&rest, ',', &part));
}

static void
channels_begin_with_a_hash(void **state)
{
	char shown[IRC_CHANNEL + 2];

	(void)state;
	assert_true(is_channel(WH_STR("#a")));
	assert_false(is_channel(WH_STR("#")));
	assert_false(is_channel(WH_STR("a")));
	assert_true(wh_str_is(channel_room(WH_STR("#a")), "a"));
	room_show(WH_STR("lobby"), shown);
	assert_string_equal(shown, "#lobby");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_tags_source_verb_and_parameters),
		cmocka_unit_test(the_last_parameter_may_be_empty_or_begin_with_a_colon),
		cmocka_unit_test(what_has_no_verb_is_no_line),
		cmocka_unit_test(parameters_past_the_most_are_one),
		cmocka_unit_test(tags_are_read_with_their_escapes),
		cmocka_unit_test(a_tag_that_is_too_long_is_cut_to_fit),
		cmocka_unit_test(escapes_of_tags_are_written_and_fit),
		cmocka_unit_test(masks_have_stars_and_question_marks),
		cmocka_unit_test(nicks_are_nothing_that_could_be_something_else),
		cmocka_unit_test(nicks_are_folded_by_ascii_alone),
		cmocka_unit_test(names_of_others_become_nicks),
		cmocka_unit_test(times_are_written_and_read_back),
		cmocka_unit_test(utf8_is_checked_strictly),
		cmocka_unit_test(texts_are_cut_behind_whole_characters_and_at_blanks),
		cmocka_unit_test(words_are_taken_between_separators),
		cmocka_unit_test(channels_begin_with_a_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
