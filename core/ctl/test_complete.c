/* Tests of complete.h with a table that is there; the kept one is tested in test_ctl.c. */
#include "ctl/complete.h"

#include "ctl/testing_ctl.h"

#define COMPLETES(expected, ...) completes(expected, (char *[]){ __VA_ARGS__ }, sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *))

static void
completes(const char *expected, char *const *words, size_t n)
{
	struct table *t = testing_table();
	struct wh_buf b = { 0 };

	complete_words(&b, t, (int)n, words);
	assert_string_equal(n > 0 && wh_buf_cstr(&b) != NULL ? b.p : "", expected);
	wh_buf_free(&b);
	table_free(&t);
}

static void
the_first_word_is_a_command(void **state)
{
	(void)state;
	COMPLETES("status\thow it fares\nsessions\twho is here\n", "s");
	COMPLETES("chat.set\tchange a room\n", "chat.");
	COMPLETES("reload\tread the config anew\nrestart\tstart a process anew\n", "re");
	COMPLETES("server.status\thow it fares\n", "server.s");
	COMPLETES("help\twhat a command does, and its fields\n", "h");
	COMPLETES("--help\n", "--h");
	COMPLETES("status\thow it fares\n", "help", "st");
	COMPLETES("status\thow it fares\n", "watch", "st");
	COMPLETES("", "help", "status", "");
	COMPLETES("", "nonsense", "");
}

static void
then_come_fields_that_were_not_given(void **state)
{
	(void)state;
	COMPLETES("--topic\twhat it is about\n--tags\n", "chat.set", "--room", "r", "--t");
	COMPLETES("--tags\n", "chat.set", "--room", "r", "--topic=x", "--t");
	COMPLETES("--json\tprint the result as the server gave it\n", "status", "--");
	COMPLETES("--tags\n", "watch", "chat.set", "r", "t", "--t");
}

static void
values_are_the_fields_choices(void **state)
{
	(void)state;
	COMPLETES("open\nclosed\nquiet\n", "chat.set", "--mode", "");
	COMPLETES("closed\n", "chat.set", "--mode", "c");
	COMPLETES("--mode=closed\n", "chat.set", "--mode=c");
	COMPLETES("--hidden=yes\n--hidden=no\n", "chat.set", "--hidden=");
	COMPLETES("quiet\n", "chat.set", "r", "t", "q");
	COMPLETES("", "chat.set", "--topic", "c");
	COMPLETES("", "chat.set", "q");
}

static void
without_a_table_there_is_little_to_say(void **state)
{
	struct wh_buf b = { 0 };
	char *words[] = { "w", "x" };

	(void)state;
	complete_words(&b, NULL, 1, words);
	testing_is(&b, "watch\ta command once a second\n");
	complete_words(&b, NULL, 2, words);
	complete_words(&b, NULL, 0, words);
	assert_int_equal(b.n, 0);
	wh_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_word_is_a_command),
		cmocka_unit_test(then_come_fields_that_were_not_given),
		cmocka_unit_test(values_are_the_fields_choices),
		cmocka_unit_test(without_a_table_there_is_little_to_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
