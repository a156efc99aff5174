/* Where administrators and moderators are served: over WebSocket, HTTP and for plugins; for people, tokens and the control socket. */
#include <stdio.h>

#include "base/testing.h"
#include "hub/edge_link.h"
#include "hub/reach.h"
#include "hub/testing_features.h"

#define JSON_TOKEN WH_STR("content-type\0application/json\0authorization\0Bearer password\0")
/* SHA-256 of "password" */
#define TOKEN "tokens = { bot = { sha256 = \"5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\"; roles = [ \"admin\" ]; }; };"

static const struct wh_host *desk_host;

static enum wh_err
desk_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf, (void)self_out;
	desk_host = host;
	return WH_OK;
}

static enum wh_err
desk_fine(void *self, struct wh_call *call)
{
	(void)self;
	wh_json_bool(wh_reply(call), "fine", true);
	return WH_OK;
}

static enum wh_err
desk_page(void *self, struct wh_request *r)
{
	(void)self;
	return wh_respond(r, 200, "text/plain");
}

static const struct wh_command desk_commands[] = {
	{ "desk.any", NULL, WH_ALLOW_GUEST, .run = desk_fine, .help = "for all" },
	{ "desk.member", NULL, WH_ALLOW_MEMBER, .run = desk_fine, .help = "for members" },
	{ "desk.judge", NULL, WH_ALLOW_MODERATOR, .run = desk_fine, .help = "for moderators" },
	{ "desk.rule", NULL, WH_ALLOW_ADMIN, .run = desk_fine, .help = "for administrators" },
	{ 0 }
};
static const struct wh_route desk_routes[] = { { "GET", "/desk", WH_ALLOW_MODERATOR, .serve = desk_page, .help = "a page" }, { 0 } };
static const struct wh_plugin desk = { WH_PLUGIN("desk", "1", "a test"), .commands = desk_commands, .routes = desk_routes, .open = desk_open };
static const struct wh_plugin *const with_desk[] = { &desk, NULL };

struct fixture {
	struct test_features *f;
	struct wh_session *s;
};

/* An edge with two listeners, "web" and "desk"; what a test's client comes over is number 0. */
static void
come_over(struct test_features *f, const char *names)
{
	assert_int_equal(edge_listeners_set(f->hub->edges.of[0], wh_str(names)), WH_OK);
}

static struct fixture
begin(const char *config, const char *roles)
{
	struct fixture x = { .f = test_features_of(config, with_desk) };

	come_over(x.f, "web desk");
	x.s = test_ws(x.f, 1);
	assert_int_equal(session_identify(x.f->hub, x.s, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), WH_STR("Ada"), wh_str(roles) }), WH_OK);
	return x;
}

static bool
fine(struct test_features *f, const char *command)
{
	return strstr(test_calls(f, 1, command, "{}"), "\"fine\":true") != NULL;
}

static void
without_the_settings_all_is_served_everywhere(void **state)
{
	struct fixture x = begin("", "admin");

	(void)state;
	assert_int_equal(reach_of(x.f->hub, x.s), WH_ALLOW_ADMIN);
	assert_true(fine(x.f, "desk.rule"));
	come_over(x.f, "");
	assert_true(fine(x.f, "desk.rule"));
	test_features_free(x.f);
}

static void
administrators_are_served_over_their_listener_alone(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; };", "admin");

	(void)state;
	assert_false(fine(x.f, "desk.rule"));
	assert_non_null(strstr(x.f->got, "\"code\":\"forbidden\""));
	assert_non_null(strstr(x.f->got, "desk.rule is not served over this listener"));
	assert_true(fine(x.f, "desk.judge"));
	assert_true(fine(x.f, "desk.member"));
	come_over(x.f, "desk web");
	assert_true(fine(x.f, "desk.rule"));
	test_features_free(x.f);
}

static void
moderators_are_served_where_they_are_and_where_administrators_are(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; moderator_listeners = [ \"inside\" ]; };", "admin");

	(void)state;
	assert_false(fine(x.f, "desk.judge"));
	assert_true(fine(x.f, "desk.member"));
	assert_true(fine(x.f, "desk.any"));
	come_over(x.f, "inside");
	assert_true(fine(x.f, "desk.judge"));
	assert_false(fine(x.f, "desk.rule"));
	come_over(x.f, "desk");
	assert_true(fine(x.f, "desk.judge"));
	assert_true(fine(x.f, "desk.rule"));
	test_features_free(x.f);
}

static void
a_place_for_moderators_is_the_administrators_too_when_they_have_none(void **state)
{
	struct fixture x = begin("hub = { moderator_listeners = [ \"desk\" ]; };", "admin");

	(void)state;
	assert_false(fine(x.f, "desk.rule"));
	assert_false(fine(x.f, "desk.judge"));
	come_over(x.f, "desk");
	assert_true(fine(x.f, "desk.rule"));
	test_features_free(x.f);
}

static void
no_list_of_a_role_gets_around_it(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; }; roles = { helper = { rung = \"member\"; allow = [ \"*\" ]; }; };", "helper");

	(void)state;
	assert_false(fine(x.f, "desk.rule"));
	assert_false(wh_session_may(desk_host, x.s, "desk.rule"));
	assert_true(wh_session_may(desk_host, x.s, "desk.judge"));
	assert_int_equal(wh_session_reach(desk_host, x.s), WH_ALLOW_MODERATOR);
	come_over(x.f, "desk");
	assert_true(fine(x.f, "desk.rule"));
	test_features_free(x.f);
}

static void
a_permission_without_a_command_goes_with_the_rung_of_its_role(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; }; roles = { oper = { rung = \"moderator\"; allow = [ \"desk.secret\" ]; }; };",
	    "member admin");

	(void)state;
	assert_false(wh_session_may(desk_host, x.s, "desk.secret"));
	come_over(x.f, "desk");
	assert_true(wh_session_may(desk_host, x.s, "desk.secret"));
	come_over(x.f, "web");
	assert_int_equal(session_identify(x.f->hub, x.s, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), WH_STR("Ada"), WH_STR("oper") }), WH_OK);
	assert_true(wh_session_may(desk_host, x.s, "desk.secret"));
	test_features_free(x.f);
}

static void
a_listener_that_nobody_knows_serves_the_least(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; moderator_listeners = [ \"desk\" ]; };", "admin");

	(void)state;
	come_over(x.f, "");
	assert_false(fine(x.f, "desk.rule"));
	assert_false(fine(x.f, "desk.judge"));
	assert_int_equal(reach_at(x.f->hub, NULL, 0), WH_ALLOW_MEMBER);
	assert_int_equal(reach_at(x.f->hub, x.f->hub->edges.of[0], 7), WH_ALLOW_MEMBER);
	/* Part of a name is not the name. */
	come_over(x.f, "des desks");
	assert_false(fine(x.f, "desk.rule"));
	test_features_free(x.f);
}

static void
nobody_is_told_of_a_listener_who_may_not_anyhow(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; };", "member");

	(void)state;
	assert_false(fine(x.f, "desk.rule"));
	assert_non_null(strstr(x.f->got, "you may not call desk.rule"));
	come_over(x.f, "desk");
	assert_false(fine(x.f, "desk.rule"));
	assert_false(fine(x.f, "desk.judge"));
	test_features_free(x.f);
}

static void
what_is_not_served_is_not_listed(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; };", "admin");

	(void)state;
	test_calls(x.f, 1, "server.commands", "{}");
	assert_null(strstr(x.f->got, "\"desk.rule\""));
	assert_non_null(strstr(x.f->got, "\"desk.judge\""));
	assert_non_null(strstr(test_calls(x.f, 1, "session.whoami", "{}"), "\"reach\":\"moderator\""));
	come_over(x.f, "desk");
	assert_non_null(strstr(test_calls(x.f, 1, "server.commands", "{}"), "\"desk.rule\""));
	assert_non_null(strstr(test_calls(x.f, 1, "session.whoami", "{}"), "\"reach\":\"admin\""));
	test_features_free(x.f);
}

static void
requests_with_a_token_and_routes_are_refused_too(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; moderator_listeners = [ \"desk\" ]; }; " TOKEN, "admin");

	(void)state;
	assert_int_equal(test_http(x.f, "POST", "/api/desk.rule", "", JSON_TOKEN, "{}"), 403);
	assert_non_null(strstr(x.f->body, "not served over this listener"));
	assert_int_equal(test_http(x.f, "GET", "/desk", "", JSON_TOKEN, ""), 403);
	assert_non_null(strstr(x.f->body, "not served over this listener"));
	assert_int_equal(test_http(x.f, "POST", "/api/desk.member", "", JSON_TOKEN, "{}"), 200);
	come_over(x.f, "desk");
	assert_int_equal(test_http(x.f, "POST", "/api/desk.rule", "", JSON_TOKEN, "{}"), 200);
	assert_int_equal(test_http(x.f, "GET", "/desk", "", JSON_TOKEN, ""), 200);
	test_features_free(x.f);
}

static void
a_session_reaches_as_far_as_the_listener_that_it_goes_on_over(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; };", "admin");
	char token[SESSION_TOKEN_SIZE], params[160];
	struct wh_session *fresh, *resumed;

	(void)state;
	come_over(x.f, "desk");
	assert_true(fine(x.f, "desk.rule"));
	assert_int_equal(session_token(x.f->hub, x.s, token), WH_OK);
	come_over(x.f, "web");
	fresh = test_ws(x.f, 2);
	snprintf(params, sizeof params, "%s", token);
	assert_int_equal(session_resume(x.f->hub, fresh, wh_str(params), &resumed), WH_OK);
	assert_int_equal(reach_of(x.f->hub, resumed), WH_ALLOW_MODERATOR);
	assert_false(reach_may(x.f->hub, resumed, WH_STR("desk.rule"), WH_ALLOW_ADMIN));
	assert_true(reach_elsewhere(x.f->hub, resumed, WH_STR("desk.rule"), WH_ALLOW_ADMIN));
	test_features_free(x.f);
}

static void
the_control_socket_reaches_all(void **state)
{
	struct fixture x = begin("hub = { admin_listeners = [ \"desk\" ]; };", "member");
	struct wh_session *s = session_ephemeral(x.f->hub, NULL, false);

	(void)state;
	assert_int_equal(reach_of(x.f->hub, s), WH_ALLOW_MODERATOR);
	s->local = true;
	assert_int_equal(reach_of(x.f->hub, s), WH_ALLOW_ADMIN);
	assert_true(reach_may(x.f->hub, s, WH_STR("desk.rule"), WH_ALLOW_ADMIN));
	session_end(x.f->hub, s);
	test_features_free(x.f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_the_settings_all_is_served_everywhere),
		cmocka_unit_test(administrators_are_served_over_their_listener_alone),
		cmocka_unit_test(moderators_are_served_where_they_are_and_where_administrators_are),
		cmocka_unit_test(a_place_for_moderators_is_the_administrators_too_when_they_have_none),
		cmocka_unit_test(no_list_of_a_role_gets_around_it),
		cmocka_unit_test(a_permission_without_a_command_goes_with_the_rung_of_its_role),
		cmocka_unit_test(a_listener_that_nobody_knows_serves_the_least),
		cmocka_unit_test(nobody_is_told_of_a_listener_who_may_not_anyhow),
		cmocka_unit_test(what_is_not_served_is_not_listed),
		cmocka_unit_test(requests_with_a_token_and_routes_are_refused_too),
		cmocka_unit_test(a_session_reaches_as_far_as_the_listener_that_it_goes_on_over),
		cmocka_unit_test(the_control_socket_reaches_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
