/* Tests of roles, call rates and traces. */
#include "base/conf.h"
#include "base/testing.h"
#include "hub/rate.h"
#include "hub/role.h"
#include "hub/testing_hub.h"
#include "hub/trace.h"

static const struct wh_setting root_table[] = {
	{ "roles", WH_FREE, .table = role_settings, .help = "roles" },
	{ .name = NULL },
};

static bool
may(struct hub *hub, const char *roles, const char *permission, enum wh_allow allow)
{
	return role_may(hub, wh_str(roles), wh_str(permission), allow);
}

static void
each_rung_may_what_those_below_it_may(void **state)
{
	struct test_hub *t = test_hub_new(1, 'a');

	(void)state;
	assert_int_equal(roles_init(t->hub, NULL), WH_OK);
	assert_true(may(t->hub, "guest", "x.y", WH_ALLOW_GUEST));
	assert_false(may(t->hub, "guest", "x.y", WH_ALLOW_MEMBER));
	assert_true(may(t->hub, "moderator", "x.y", WH_ALLOW_MEMBER));
	assert_false(may(t->hub, "moderator", "x.y", WH_ALLOW_ADMIN));
	assert_true(may(t->hub, "guest admin", "x.y", WH_ALLOW_ADMIN));
	assert_true(may(t->hub, "admin", "x.y", 0));
	assert_false(may(t->hub, "moderator", "x.y", 0));
	assert_false(may(t->hub, "nobody", "x.y", WH_ALLOW_GUEST));
	assert_false(may(t->hub, "", "x.y", WH_ALLOW_GUEST));
	roles_finish(t->hub);
	test_hub_free(t);
}

static void
the_operators_lists_beat_the_ladder(void **state)
{
	struct test_hub *t = test_hub_new(1, 'a');
	struct wh_conf_errors errors = { 0 };
	struct wh_conf *conf;

	(void)state;
	assert_int_equal(wh_conf_of_text("roles = { guest = { deny = [ \"chat.say\" ]; }; helper = { rung = \"member\"; allow = [ \"room.*\" ]; }; };",
	    root_table, &errors, &conf), WH_OK);
	assert_int_equal(roles_init(t->hub, conf), WH_OK);
	assert_false(may(t->hub, "guest", "chat.say", WH_ALLOW_GUEST));
	assert_true(may(t->hub, "guest", "chat.join", WH_ALLOW_GUEST));
	assert_true(may(t->hub, "helper", "room.close", WH_ALLOW_ADMIN));
	assert_true(may(t->hub, "helper", "chat.say", WH_ALLOW_MEMBER));
	assert_false(may(t->hub, "helper", "chat.ban", WH_ALLOW_MODERATOR));
	assert_true(role_known(t->hub, WH_STR("helper")));
	assert_false(role_known(t->hub, WH_STR("helpers")));
	roles_finish(t->hub);
	wh_conf_free(&conf);
	test_hub_free(t);
}

static void
a_session_may_so_often_and_is_told_when_again(void **state)
{
	struct test_hub *t = test_hub_new(1, 'a');
	struct wh_flow flow = rate_of("2/s burst 3");
	struct rate_state rate;
	struct wh_session *s;

	(void)state;
	if (t->hub->rates == NULL)
		assert_int_equal(rates_init(t->hub), WH_OK);
	s = session_ephemeral(t->hub, NULL, false);
	for (int i = 0; i < 3; i++) {
		assert_true(rate_take(t->hub, s, WH_STR("x.y"), &flow, &rate));
		assert_int_equal(rate.limit, 3);
		assert_int_equal(rate.left, 2 - i);
	}
	assert_false(rate_take(t->hub, s, WH_STR("x.y"), &flow, &rate));
	assert_int_equal(rate.retry_ms, 500);
	assert_true(rate_take(t->hub, s, WH_STR("x.z"), &flow, &rate));
	t->hub->now_ns += 500000000;
	assert_true(rate_take(t->hub, s, WH_STR("x.y"), &flow, &rate));
	assert_false(rate_take(t->hub, s, WH_STR("x.y"), &flow, &rate));
	s->local = true;
	assert_true(rate_take(t->hub, s, WH_STR("x.y"), &flow, &rate));
	session_end(t->hub, s);
	test_turn(t);
	rates_finish(t->hub);
	test_hub_free(t);
}

static void
a_guest_does_not_escape_its_address_by_new_sessions(void **state)
{
	struct test_hub *t = test_hub_new(1, 'a');
	struct rate_state rate;
	struct wh_flow own = { 0 };
	unsigned taken = 0;

	(void)state;
	t->hub->settings.command_rate = (struct wh_rate){ .count = 1, .burst = 1, .per_ms = 1000 };
	t->hub->settings.address_rate = (struct wh_rate){ .count = 1, .burst = 5, .per_ms = 1000 };
	if (t->hub->rates == NULL)
		assert_int_equal(rates_init(t->hub), WH_OK);
	rates_configure(t->hub);
	for (int i = 0; i < 10; i++) {
		struct wh_session *s = session_ephemeral(t->hub, NULL, false);

		taken += rate_take(t->hub, s, (struct wh_str){ "x.abcdefghij", (size_t)i + 3 }, &own, &rate);
		session_end(t->hub, s);
	}
	assert_int_equal(taken, 5);
	/* What one session may, its address may too. */
	t->hub->settings.command_rate = (struct wh_rate){ .count = 1000, .burst = 2000, .per_ms = 1000 };
	rates_configure(t->hub);
	assert_int_equal(t->hub->rates->address.tokens, 1000);
	assert_int_equal(t->hub->rates->address.burst, 2000);
	test_turn(t);
	rates_finish(t->hub);
	test_hub_free(t);
}

static void
a_trace_is_taken_over_only_when_it_is_one(void **state)
{
	static const char good[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
	static const char *const bad[] = {
		"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
	};
	struct trace trace;
	char text[TRACE_TEXT];

	(void)state;
	assert_true(trace_parse(wh_str(good), &trace));
	assert_string_equal(trace.id, "4bf92f3577b34da6a3ce929d0e0e4736");
	assert_true(trace.sampled);
	trace_format(&trace, text);
	assert_int_equal(strncmp(text, good, 36), 0);
	assert_int_not_equal(strncmp(text + 36, good + 36, 16), 0);
	assert_string_equal(text + 52, "-01");
	assert_true(trace_parse(WH_STR("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more"), &trace));
	assert_false(trace.sampled);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(trace_parse(wh_str(bad[i]), &trace));
	trace_begin(wh_str("nonsense"), &trace);
	assert_int_equal(strlen(trace.id), TRACE_ID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rung_may_what_those_below_it_may),
		cmocka_unit_test(the_operators_lists_beat_the_ladder),
		cmocka_unit_test(a_session_may_so_often_and_is_told_when_again),
		cmocka_unit_test(a_guest_does_not_escape_its_address_by_new_sessions),
		cmocka_unit_test(a_trace_is_taken_over_only_when_it_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
