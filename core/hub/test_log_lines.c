/* The log over the server: what is asked of the keeper, what is answered and told, to whom, and what is not. */
#include <stdio.h>

#include "base/testing.h"
#include "hub/edge_link.h"
#include "hub/log_lines.h"
#include "hub/testing_features.h"

static struct wh_session *
reader(struct test_features *f, const char *roles)
{
	struct wh_session *s = test_ws(f, 1);

	assert_int_equal(session_identify(f->hub, s, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), WH_STR("Ada"), wh_str(roles) }), WH_OK);
	test_features_turn(f);
	return s;
}

/* The keeper says what it has, and the hub's clients get what comes of it. */
static const char *
keeper_says(struct test_features *f, const char *text)
{
	struct wh_channel_msg m = { .kind = WH_CH_LINES, .text = wh_str(text), .fds = { -1, -1, -1 } };

	f->got[0] = '\0';
	hub_enter(f->hub);
	keeper_message(f->hub, &m);
	test_features_turn(f);
	return f->got;
}

static bool
asked(struct test_features *f)
{
	bool was = strstr(f->t->keeper, "ASK_LINES") != NULL;

	f->t->keeper[0] = '\0';
	return was;
}

static void
pass(struct test_features *f, int64_t ms)
{
	wh_clock_advance(&f->t->clock, ms * WH_NS_PER_MS);
	test_features_turn(f);
}

#define LINE(seq, level, process, event, more) seq " 1700000000000 " level " " process "\t{\"time\":\"x\",\"level\":\"l\",\"process\":\"p\",\"event\":\"" event "\"" more "}\n"
#define THREE "3 1\n" LINE("1", "1", "hub", "ready", ",\"ms\":7") LINE("2", "2", "edge 0", "slow", ",\"why\":\"a b\",\"who\":\"ann\"") \
	LINE("3", "3", "edge 12", "died", "")

static void
lines_are_asked_of_the_keeper_and_told_as_text(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	reader(f, "admin");
	assert_string_equal(test_calls(f, 1, "server.log.lines", "{}"), "");
	assert_true(asked(f));
	assert_string_equal(keeper_says(f, THREE), "{\"jsonrpc\":\"2.0\",\"result\":{\"lines\":["
	    "{\"seq\":1,\"time\":1700000000000,\"level\":\"info\",\"process\":\"hub\",\"event\":\"ready\",\"text\":\"ms=7\"},"
	    "{\"seq\":2,\"time\":1700000000000,\"level\":\"warn\",\"process\":\"edge 0\",\"event\":\"slow\",\"text\":\"why=\\\"a b\\\" who=ann\"},"
	    "{\"seq\":3,\"time\":1700000000000,\"level\":\"error\",\"process\":\"edge 12\",\"event\":\"died\",\"text\":\"\"}],"
	    "\"last\":3,\"more\":false,\"lost\":1},\"id\":1}\n");
	test_features_free(f);
}

static bool
finds(struct test_features *f, const char *params, const char *events)
{
	char got[64] = "";
	const char *at;

	test_calls(f, 1, "server.log.lines", params);
	at = keeper_says(f, "3 1\n");
	while ((at = strstr(at, "\"event\":\"")) != NULL) {
		at += strlen("\"event\":\"");
		snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s ", (int)strcspn(at, "\""), at);
	}
	if (strcmp(got, events) != 0)
		print_message("%s found %s\n", params, got);
	return strcmp(got, events) == 0;
}

static void
filters_choose(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	reader(f, "admin");
	test_calls(f, 1, "server.log.lines", "{}");
	keeper_says(f, THREE);
	assert_true(finds(f, "{\"level\":\"warn\"}", "slow died "));
	assert_true(finds(f, "{\"process\":\"edge\"}", "slow died "));
	assert_true(finds(f, "{\"process\":\"edge 1\"}", ""));
	assert_true(finds(f, "{\"process\":\"edge 12\"}", "died "));
	assert_true(finds(f, "{\"match\":\"ANN\"}", "slow "));
	assert_true(finds(f, "{\"match\":\"REA\"}", "ready "));
	assert_true(finds(f, "{\"match\":\"nothing\"}", ""));
	assert_true(finds(f, "{\"limit\":2}", "slow died "));
	assert_true(finds(f, "{\"after\":0,\"limit\":2}", "ready slow "));
	assert_true(finds(f, "{\"after\":2}", "died "));
	assert_true(finds(f, "{\"since\":1700000000001}", ""));
	test_features_free(f);
}

static void
who_waits_is_answered_with_the_first_line_or_when_time_is_over(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	reader(f, "admin");
	test_calls(f, 1, "server.log.lines", "{}");
	keeper_says(f, THREE);
	test_calls(f, 1, "server.log.lines", "{\"after\":3,\"wait\":\"5s\",\"level\":\"warn\"}");
	assert_string_equal(keeper_says(f, "3 1\n"), "");
	assert_true(asked(f));
	pass(f, LOG_LINES_MS);
	assert_true(asked(f));
	assert_string_equal(keeper_says(f, "4 1\n" LINE("4", "1", "hub", "quiet", "")), "");
	pass(f, LOG_LINES_MS);
	assert_non_null(strstr(keeper_says(f, "5 1\n" LINE("5", "2", "hub", "loud", "")), "\"event\":\"loud\""));
	assert_non_null(strstr(f->got, "\"last\":5"));
	/* Nobody waits: the keeper is left alone. */
	asked(f);
	pass(f, 10 * LOG_LINES_MS);
	assert_false(asked(f));
	test_calls(f, 1, "server.log.lines", "{\"after\":5,\"wait\":\"1s\"}");
	assert_string_equal(keeper_says(f, "5 1\n"), "");
	pass(f, 1000);
	assert_non_null(strstr(keeper_says(f, "5 1\n"), "\"lines\":[],\"last\":5"));
	test_features_free(f);
}

static void
a_long_log_is_asked_for_in_parts(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	reader(f, "admin");
	test_calls(f, 1, "server.log.lines", "{}");
	asked(f);
	assert_string_equal(keeper_says(f, "3 0\n" LINE("1", "1", "hub", "one", "") LINE("2", "1", "hub", "two", "")), "");
	assert_true(asked(f));
	assert_non_null(strstr(keeper_says(f, "3 0\n" LINE("3", "1", "hub", "three", "")), "\"event\":\"one\""));
	assert_non_null(strstr(f->got, "\"event\":\"three\""));
	test_features_free(f);
}

static void
who_follows_is_told_until_it_may_no_more(void **state)
{
	struct test_features *f = test_features_of("hub = { admin_listeners = [ \"desk\" ]; };", NULL);
	struct wh_session *s;

	(void)state;
	assert_int_equal(edge_listeners_set(f->hub->edges.of[0], WH_STR("desk")), WH_OK);
	s = reader(f, "admin");
	test_calls(f, 1, "server.log.follow", "{\"level\":\"warn\"}");
	assert_non_null(strstr(f->got, "\"result\""));
	assert_non_null(strstr(keeper_says(f, THREE), "\"method\":\"server.log.line\",\"params\":{\"seq\":2,"));
	assert_null(strstr(f->got, "\"seq\":1,"));
	assert_int_equal(edge_listeners_set(f->hub->edges.of[0], WH_STR("web")), WH_OK);
	pass(f, LOG_LINES_MS);
	assert_string_equal(keeper_says(f, "4 0\n" LINE("4", "3", "hub", "x", "")), "");
	assert_int_equal(edge_listeners_set(f->hub->edges.of[0], WH_STR("desk")), WH_OK);
	test_calls(f, 1, "server.log.follow", "{}");
	session_identify(f->hub, s, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), WH_STR("Ada"), WH_STR("member") });
	test_features_turn(f);
	assert_string_equal(keeper_says(f, "5 0\n" LINE("5", "3", "hub", "x", "")), "");
	assert_int_equal(f->hub->log_lines->n_followers, 0);
	test_features_free(f);
}

static void
a_flood_is_told_as_a_number(void **state)
{
	struct test_features *f = test_features_new(NULL);
	struct wh_buf text = { 0 };

	(void)state;
	reader(f, "admin");
	test_calls(f, 1, "server.log.follow", "{}");
	wh_buf_fmt(&text, "%d 0\n", LOG_LINES_TOLD + 7);
	for (int i = 1; i <= LOG_LINES_TOLD + 7; i++)
		wh_buf_fmt(&text, "%d 1700000000000 1 hub\t{\"event\":\"x\"}\n", i);
	assert_non_null(strstr(keeper_says(f, wh_buf_cstr(&text)), "\"method\":\"server.log.skipped\",\"params\":{\"n\":7}"));
	wh_buf_free(&text);
	test_calls(f, 1, "server.log.unfollow", "{}");
	pass(f, LOG_LINES_MS);
	assert_string_equal(keeper_says(f, "300 0\n300 1700000000000 1 hub\t{\"event\":\"x\"}\n"), "");
	test_features_free(f);
}

static void
only_administrators_read_the_log(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	reader(f, "moderator");
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = { "server.log.lines", "server.log.follow", "server.log.unfollow" };

		assert_non_null(strstr(test_calls(f, 1, names[i], "{}"), "\"code\":\"forbidden\""));
	}
	assert_false(asked(f));
	test_features_free(f);
}

static void
what_a_broken_process_writes_is_text(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	reader(f, "admin");
	test_calls(f, 1, "server.log.lines", "{}");
	keeper_says(f, "2 0\n1 1700000000000 1 edge 0\t{\"event\":\"a\"},{\"seq\":99\n"
	    "2 1700000000000 1 edge 0\t{\"event\":\"forged\\u000aline\",\"level\":\"fatal\",\"process\":\"keeper\",\"k\":{\"x\":[1]}}\n");
	assert_non_null(strstr(f->got, "\"level\":\"info\",\"process\":\"edge 0\",\"event\":\"\",\"text\":\"{\\\"event\\\":\\\"a\\\"},{\\\"seq\\\":99\"}"));
	assert_non_null(strstr(f->got, "\"level\":\"info\",\"process\":\"edge 0\",\"event\":\"forged\\nline\",\"text\":\"k={\\\"x\\\":[1]}\""));
	test_features_free(f);
}

static enum wh_err
nobody(struct hub *hub, const struct wh_channel_msg *m)
{
	(void)hub, (void)m;
	return WH_EAWAY;
}

static void
without_a_keeper_what_is_there_is_told(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	reader(f, "admin");
	f->hub->keeper.say = nobody;
	assert_non_null(strstr(test_calls(f, 1, "server.log.lines", "{\"after\":0,\"wait\":\"5s\"}"), "\"lines\":[]"));
	test_features_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_asked_of_the_keeper_and_told_as_text),
		cmocka_unit_test(filters_choose),
		cmocka_unit_test(who_waits_is_answered_with_the_first_line_or_when_time_is_over),
		cmocka_unit_test(a_long_log_is_asked_for_in_parts),
		cmocka_unit_test(who_follows_is_told_until_it_may_no_more),
		cmocka_unit_test(a_flood_is_told_as_a_number),
		cmocka_unit_test(only_administrators_read_the_log),
		cmocka_unit_test(what_a_broken_process_writes_is_text),
		cmocka_unit_test(without_a_keeper_what_is_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
