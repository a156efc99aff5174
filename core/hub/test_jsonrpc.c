/* Commands as clients reach them: JSON-RPC with every error, batches, checks in their order, held calls, roles and rates. */
#include <stdio.h>

#include "base/json.h"
#include "base/testing.h"
#include "hub/command.h"
#include "hub/jsonrpc.h"
#include "hub/role.h"
#include "hub/testing_features.h"

static struct {
	const struct wh_host *host;
	wh_id held;
	int runs;
	char ran[256];
} talk;

static enum wh_err
talk_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf;
	talk.host = host;
	*self_out = &talk;
	return WH_OK;
}

static enum wh_err
talk_echo(void *self, struct wh_call *call)
{
	(void)self;
	talk.runs++;
	wh_json_str(wh_reply(call), "text", wh_arg_str(call, "text"));
	wh_json_int(wh_reply(call), "times", wh_arg_int(call, "times"));
	return WH_OK;
}

static enum wh_err
talk_no(void *self, struct wh_call *call)
{
	(void)self;
	return wh_fail_str(call, WH_EFULL, WH_STR("it is full"), 250);
}

static enum wh_err
talk_hold(void *self, struct wh_call *call)
{
	(void)self;
	talk.held = wh_call_hold(call);
	return WH_WAIT;
}

static enum wh_err
talk_at_once(void *self, struct wh_call *call)
{
	struct wh_call *found;

	(void)self;
	found = wh_call_find(talk.host, wh_call_hold(call));
	assert_ptr_equal(found, call);
	wh_json_bool(wh_reply(call), "early", true);
	wh_call_done(call, WH_OK);
	assert_null(wh_call_find(talk.host, call->id));
	return WH_WAIT;
}

static enum wh_err
talk_forgets(void *self, struct wh_call *call)
{
	(void)self, (void)call;
	return WH_WAIT;
}

static void
talk_ran(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	(void)self, (void)session;
	snprintf(talk.ran, sizeof talk.ran, "%d %d %.*s", (int)cookie, err, WH_FMT(result));
}

static const struct wh_field echo_fields[] = {
	{ "text", WH_F_TEXT, .required = true, .max = 100, .help = "what" },
	{ "times", WH_F_INT, .min = 1, .max = 9, .def = "2", .help = "how often" },
	{ 0 }
};

static const struct wh_command talk_commands[] = {
	{ "talk.echo", echo_fields, WH_ALLOW_GUEST, .flags = WH_READS, .run = talk_echo, .help = "says it again" },
	{ "talk.no", NULL, WH_ALLOW_GUEST, .run = talk_no, .help = "refuses" },
	{ "talk.hold", NULL, WH_ALLOW_GUEST, .run = talk_hold, .help = "waits" },
	{ "talk.at_once", NULL, WH_ALLOW_GUEST, .run = talk_at_once, .help = "is done before it returns" },
	{ "talk.forgets", NULL, WH_ALLOW_GUEST, .run = talk_forgets, .help = "waits for nothing" },
	{ "talk.admins", NULL, WH_ALLOW_ADMIN, .run = talk_echo, .help = "not for guests" },
	{ "talk.local", NULL, WH_ALLOW_GUEST, .flags = WH_LOCAL, .run = talk_no, .help = "only here" },
	{ "talk.slow", echo_fields, WH_ALLOW_GUEST, .rate = "1/s burst 2", .run = talk_echo, .help = "not often" },
	{ 0 }
};

static const struct wh_plugin talk_plugin = {
	WH_PLUGIN("talk", "1.0", "a test"),
	.commands = talk_commands,
	.open = talk_open,
};

static const struct wh_plugin *const with_talk[] = { &talk_plugin, NULL };

static struct test_features *
begin(void)
{
	struct test_features *f = test_features_new(with_talk);

	talk.runs = 0;
	test_ws(f, 0);
	return f;
}

static void
a_client_is_welcomed_with_a_token(void **state)
{
	struct test_features *f = test_features_new(NULL);
	struct wh_rec_opened r = { .conn = test_conn(f->e, 0), .transport = WH_TRANSPORT_WS, .subprotocol = WH_STR("whiply.v1") };

	(void)state;
	assert_int_equal(wh_rec_opened_put(f->e->link->out, &r), WH_OK);
	test_features_turn(f);
	assert_non_null(strstr(f->got, "\"method\":\"session.welcome\",\"params\":{\"session\":\""));
	assert_non_null(strstr(f->got, "\"token\":\""));
	assert_non_null(strstr(f->got, "\"resume_ms\":120000"));
	test_features_free(f);
}

static void
a_call_is_answered_with_its_id(void **state)
{
	struct test_features *f = begin();

	(void)state;
	assert_string_equal(test_says(f, 0, "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0041\",\"method\":\"talk.echo\",\"params\":{\"text\":\"h\\u00e9\"}}"),
	    "{\"jsonrpc\":\"2.0\",\"result\":{\"text\":\"h\xc3\xa9\",\"times\":2},\"id\":\"a\\u0041\"}\n");
	assert_string_equal(test_says(f, 0, "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"talk.echo\",\"params\":{\"text\":\"x\",\"times\":9}}"),
	    "{\"jsonrpc\":\"2.0\",\"result\":{\"text\":\"x\",\"times\":9},\"id\":null}\n");
	test_features_free(f);
}

static void
a_notification_is_run_and_never_answered(void **state)
{
	struct test_features *f = begin();

	(void)state;
	assert_string_equal(test_says(f, 0, "{\"jsonrpc\":\"2.0\",\"method\":\"talk.echo\",\"params\":{\"text\":\"x\"}}"), "");
	assert_int_equal(talk.runs, 1);
	assert_string_equal(test_says(f, 0, "{\"jsonrpc\":\"2.0\",\"method\":\"no.such\"}"), "");
	test_features_free(f);
}

static void
every_mistake_has_its_code(void **state)
{
	static const struct { const char *text; const char *code; } cases[] = {
		{ "{", "-32700" }, { "", "-32700" }, { "[1,]", "-32700" }, { "\"\xff\"", "-32700" },
		{ "[]", "-32600" }, { "7", "-32600" }, { "{\"jsonrpc\":\"2.0\",\"id\":1}", "-32600" },
		{ "{\"id\":1,\"method\":\"talk.echo\"}", "-32600" }, { "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"talk.echo\"}", "-32600" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", "-32600" }, { "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"talk.echo\"}", "-32600" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.echo\",\"params\":7}", "-32600" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.ecoh\"}", "-32601" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.echo\",\"params\":[\"x\"]}", "-32602" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.echo\",\"params\":{}}", "-32602" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.echo\",\"params\":{\"text\":5}}", "-32602" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.echo\",\"params\":{\"text\":\"x\",\"times\":10}}", "-32602" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.echo\",\"params\":{\"text\":\"x\",\"text\":\"y\"}}", "-32600" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.forgets\"}", "-32603" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.no\"}", "-32010" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.admins\"}", "-32003" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.local\"}", "-32003" },
	};
	struct test_features *f = begin();
	char code[32];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *got = test_says(f, 0, cases[i].text);

		snprintf(code, sizeof code, "\"code\":%s,", cases[i].code);
		if (strstr(got, code) == NULL)
			fail_msg("%s gave %s", cases[i].text, got);
		assert_int_equal(wh_json_check((struct wh_str){ got, strlen(got) - 1 }, NULL, NULL), WH_OK);
	}
	assert_int_equal(talk.runs, 0);
	test_features_free(f);
}

static void
an_error_says_what_to_program_by(void **state)
{
	struct test_features *f = begin();
	const char *got = test_calls(f, 0, "talk.no", "{}");

	(void)state;
	assert_non_null(strstr(got, "\"message\":\"it is full\""));
	assert_non_null(strstr(got, "\"data\":{\"code\":\"full\",\"retry_ms\":250"));
	got = test_calls(f, 0, "talk.echo", "{\"txet\":\"x\"}");
	assert_non_null(strstr(got, "did you mean text?"));
	assert_non_null(strstr(got, "\"field\":\"txet\""));
	assert_non_null(strstr(test_calls(f, 0, "talk.ehco", "{}"), "did you mean talk.echo?"));
	test_features_free(f);
}

static void
a_batch_is_answered_as_one_when_its_last_call_is_done(void **state)
{
	struct test_features *f = begin();
	struct wh_call *call;
	const char *got = test_says(f, 0, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"talk.hold\"},7,"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"talk.echo\",\"params\":{\"text\":\"x\"}},"
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"talk.echo\",\"params\":{\"text\":\"x\"}}]");

	(void)state;
	assert_string_equal(got, "");
	assert_int_equal(talk.runs, 2);
	call = wh_call_find(talk.host, talk.held);
	assert_non_null(call);
	wh_call_done(call, WH_OK);
	test_features_turn(f);
	assert_non_null(strstr(f->got, "[{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,"));
	assert_non_null(strstr(f->got, "\"result\":{\"text\":\"x\",\"times\":2},\"id\":3}"));
	assert_non_null(strstr(f->got, "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":1}]"));
	/* Notifications alone: nothing. */
	assert_string_equal(test_says(f, 0, "[{\"jsonrpc\":\"2.0\",\"method\":\"talk.no\"}]"), "");
	test_features_free(f);
}

static void
a_batch_over_its_bound_is_refused_whole(void **state)
{
	struct test_features *f = begin();
	char text[4096] = "[";

	(void)state;
	for (int i = 0; i <= RPC_BATCH; i++)
		strcat(text, i == 0 ? "1" : ",1");
	strcat(text, "]");
	assert_non_null(strstr(test_says(f, 0, text), "a batch has at most 64 requests"));
	test_features_free(f);
}

static void
a_held_call_fails_when_nobody_answers(void **state)
{
	struct test_features *f = begin();

	(void)state;
	assert_string_equal(test_calls(f, 0, "talk.hold", "{}"), "");
	wh_clock_advance(&f->t->clock, 9999 * WH_NS_PER_MS);
	test_features_turn(f);
	assert_string_equal(f->got, "");
	wh_clock_advance(&f->t->clock, 2 * WH_NS_PER_MS);
	test_features_turn(f);
	assert_non_null(strstr(f->got, "\"code\":\"timeout\""));
	assert_null(wh_call_find(talk.host, talk.held));
	assert_int_equal(f->hub->commands->n_held, 0);
	test_features_free(f);
}

static void
a_call_may_be_done_before_it_returned(void **state)
{
	struct test_features *f = begin();

	(void)state;
	assert_string_equal(test_calls(f, 0, "talk.at_once", "{}"), "{\"jsonrpc\":\"2.0\",\"result\":{\"early\":true},\"id\":1}\n");
	test_features_free(f);
}

static void
a_held_call_ends_with_its_session(void **state)
{
	struct test_features *f = begin();

	(void)state;
	test_calls(f, 0, "talk.hold", "{}");
	session_by_conn(f->hub, test_conn(f->e, 0))->resumable = false;
	test_closed(f->e, 0, 1006);
	test_features_turn(f);
	assert_null(wh_call_find(talk.host, talk.held));
	assert_int_equal(f->hub->commands->calls.used, 0);
	test_features_free(f);
}

static void
permission_is_asked_before_rate_and_arguments(void **state)
{
	struct test_features *f = begin();

	(void)state;
	assert_non_null(strstr(test_calls(f, 0, "talk.admins", "{\"wrong\":1}"), "\"code\":\"forbidden\""));
	/* What is wrong costs a token all the same. */
	test_calls(f, 0, "talk.slow", "{}");
	test_calls(f, 0, "talk.slow", "{}");
	assert_non_null(strstr(test_calls(f, 0, "talk.slow", "{}"), "\"code\":\"too_fast\",\"retry_ms\":"));
	wh_clock_advance(&f->t->clock, 1001 * WH_NS_PER_MS);
	assert_non_null(strstr(test_calls(f, 0, "talk.slow", "{\"text\":\"x\"}"), "\"result\""));
	test_features_free(f);
}

static void
a_dialect_runs_commands_with_texts(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = session_by_conn(f->hub, test_conn(f->e, 0));
	const struct wh_item good[] = { WH_ITEM_STR("text", WH_STR("x")), WH_ITEM_STR("times", WH_STR("7")) };
	const struct wh_item bad[] = { WH_ITEM_STR("text", WH_STR("x")), WH_ITEM_STR("times", WH_STR("seven")) };

	(void)state;
	f->hub->in_turn = true;
	wh_run(talk.host, s, "talk.echo", good, 2, talk_ran, 5);
	assert_string_equal(talk.ran, "5 0 {\"text\":\"x\",\"times\":7}");
	wh_run(talk.host, s, "talk.echo", bad, 2, talk_ran, 6);
	assert_non_null(strstr(talk.ran, "whole number"));
	wh_run(talk.host, s, "no.such", NULL, 0, talk_ran, 7);
	assert_non_null(strstr(talk.ran, "there is no command no.such"));
	f->hub->in_turn = false;
	test_features_free(f);
}

static void
a_session_is_resumed_over_another_connection(void **state)
{
	struct test_features *f = test_features_new(with_talk);
	struct wh_rec_opened r = { .conn = test_conn(f->e, 0), .transport = WH_TRANSPORT_WS, .subprotocol = WH_STR("whiply.v1") };
	char params[160], *token;
	wh_id id;

	(void)state;
	assert_int_equal(wh_rec_opened_put(f->e->link->out, &r), WH_OK);
	test_features_turn(f);
	token = strstr(f->got, "\"token\":\"") + 9;
	snprintf(params, sizeof params, "{\"token\":\"%.*s\"}", (int)strcspn(token, "\""), token);
	id = session_by_conn(f->hub, r.conn)->id;
	test_closed(f->e, 0, 1006);
	test_features_turn(f);
	test_ws(f, 1);
	assert_non_null(strstr(test_calls(f, 1, "session.resume", params), "\"result\":{\"session\":\""));
	assert_true(session_by_conn(f->hub, test_conn(f->e, 1))->id == id);
	test_ws(f, 2);
	assert_non_null(strstr(test_calls(f, 2, "session.resume", params), "\"code\":-32001"));
	test_features_free(f);
}

static void
a_name_that_is_none_is_refused_at_the_door(void **state)
{
	static const char *const bad[] = { "echo", "Talk.echo", "talk.", ".echo", "talk..echo", "talk.1x", "talk.e-cho", "" };
	struct wh_command row = { .allow = WH_ALLOW_GUEST, .run = talk_echo };
	struct wh_buf why = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		row.name = bad[i];
		assert_false(command_row_ok(&row, &why));
	}
	row.name = "talk.e_2.more";
	assert_true(command_row_ok(&row, &why));
	row.rate = "often";
	assert_false(command_row_ok(&row, &why));
	wh_buf_free(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_welcomed_with_a_token),
		cmocka_unit_test(a_call_is_answered_with_its_id),
		cmocka_unit_test(a_notification_is_run_and_never_answered),
		cmocka_unit_test(every_mistake_has_its_code),
		cmocka_unit_test(an_error_says_what_to_program_by),
		cmocka_unit_test(a_batch_is_answered_as_one_when_its_last_call_is_done),
		cmocka_unit_test(a_batch_over_its_bound_is_refused_whole),
		cmocka_unit_test(a_held_call_fails_when_nobody_answers),
		cmocka_unit_test(a_call_may_be_done_before_it_returned),
		cmocka_unit_test(a_held_call_ends_with_its_session),
		cmocka_unit_test(permission_is_asked_before_rate_and_arguments),
		cmocka_unit_test(a_dialect_runs_commands_with_texts),
		cmocka_unit_test(a_session_is_resumed_over_another_connection),
		cmocka_unit_test(a_name_that_is_none_is_refused_at_the_door),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
