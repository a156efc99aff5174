/* The fake host with one plugin: its settings, calls, routes, time, and recovery. */
#include "base/testing.h"

#include <stdio.h>
#include <string.h>

#include "testing/probe.h"

static struct wh_test *
begin(void)
{
	return wh_test_begin(&probe_plugin, NULL);
}

static void
settings_are_checked_as_in_the_config_file(void **state)
{
	struct wh_test *t = wh_test_new(&probe_plugin);

	(void)state;
	assert_int_equal(wh_test_open(t, "size = \"2MiB\";\nmoed = \"timer\";"), WH_EINVAL);
	assert_non_null(strstr(wh_test_why(t), "settings:2: "));
	assert_non_null(strstr(wh_test_why(t), "mode"));
	assert_int_equal(wh_test_open(t, "mode = \"plain\";"), WH_OK);
	assert_int_equal(wh_test_reload(t, "mode = \"loud\";"), WH_EINVAL);
	assert_int_equal(wh_test_reload(t, "mode = \"timer\";"), WH_OK);
	assert_true(probe_of(t)->timer != 0);
	wh_test_end(&t);
	assert_null(t);
}

static void
a_reload_keeps_what_stands_in_slots(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");

	(void)state;
	*(int64_t *)wh_slot_of(wh_test_host(t), ann, probe_of(t)->slot) = 5;
	assert_int_equal(wh_test_reload(t, "mode = \"timer\";"), WH_OK);
	assert_int_equal(*(int64_t *)wh_slot_of(wh_test_host(t), ann, probe_of(t)->slot), 5);
	wh_test_end(&t);
}

static void
every_allocation_of_open_may_fail(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 3; nth++) {
		struct wh_test *t = wh_test_new(&probe_plugin);

		wh_test_no_memory(t, nth);
		assert_int_equal(wh_test_open(t, NULL), WH_ENOMEM);
		assert_int_equal(wh_test_open(t, NULL), WH_OK);
		wh_test_end(&t);
	}
}

static void
a_call_is_checked_as_the_server_does(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member"), *guest = wh_test_session(t, "g", "guest");
	const struct wh_test_answer *a;

	(void)state;
	a = wh_test_call(t, ann, "probe.echo", "{\"kind\":\"call\",\"wait\":\"2m\",\"list\":[1,2,3]}");
	assert_int_equal(a->err, WH_OK);
	assert_string_equal(a->json, "{\"kind\":\"call\",\"wait\":120000,\"from\":\"ann\"}");
	assert_int_equal(probe_of(t)->fired, 3);
	assert_int_equal(wh_test_call(t, ann, "probe.ech", NULL)->err, WH_ENOENT);
	assert_int_equal(wh_test_call(t, guest, "probe.double", "{\"n\":1}")->err, WH_EPERM);
	assert_int_equal(wh_test_call(t, ann, "probe.echo", "{\"kind\":")->err, WH_ESYNTAX);
	a = wh_test_call(t, ann, "probe.echo", "{\"kind\":\"loud\"}");
	assert_int_equal(a->err, WH_EINVAL);
	assert_string_equal(a->field, "kind");
	a = wh_test_call(t, ann, "probe.echo", "{\"kin\":\"call\"}");
	assert_non_null(strstr(a->why, "did you mean kind"));
	wh_test_end(&t);
}

static void
a_call_that_waits_is_asked_to_its_end(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");

	(void)state;
	assert_int_equal(wh_test_start(t, ann, "probe.double", "{'n':1}")->err, WH_WAIT);
	assert_string_equal(wh_test_ask(t, ann, "probe.double", "{'n':21}")->json, "{\"n\":42}");
	assert_string_equal(wh_test_ask(t, ann, "probe.echo", "{'kind':'call'}")->json, "{\"kind\":\"call\",\"wait\":5000,\"from\":\"ann\"}");
	wh_test_end(&t);
}

static void
a_rate_lets_its_burst_through_and_says_when_to_come_back(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_test_answer *a;

	(void)state;
	wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	a = wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	assert_int_equal(a->err, WH_EFAST);
	assert_int_equal(a->retry_ms, 500);
	wh_test_run_jobs(t);
	wh_test_advance(t, 500);
	assert_int_equal(wh_test_call(t, ann, "probe.double", "{\"n\":1}")->err, WH_WAIT);
	wh_test_run_jobs(t);
	wh_test_end(&t);
}

static void
a_held_call_is_finished_by_its_job_or_times_out(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_test_answer *first = wh_test_call(t, ann, "probe.double", "{\"n\":21}"), *second;

	(void)state;
	assert_int_equal(first->err, WH_WAIT);
	assert_int_equal(wh_test_run_jobs(t), 1);
	assert_string_equal(first->json, "{\"n\":42}");
	second = wh_test_call(t, ann, "probe.double", "{\"n\":21}");
	wh_test_advance(t, WH_TEST_HOLD_MS - 1);
	assert_int_equal(second->err, WH_WAIT);
	wh_test_advance(t, 1);
	assert_int_equal(second->err, WH_ETIME);
	assert_int_equal(wh_test_run_jobs(t), 1);
	assert_int_equal(second->err, WH_ETIME);
	wh_test_end(&t);
}

static void
jobs_are_bounded(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member"), *bob = wh_test_session(t, "bob", "member");
	const struct wh_test_answer *a;

	(void)state;
	wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	a = wh_test_call(t, bob, "probe.double", "{\"n\":1}");
	assert_int_equal(a->err, WH_EFULL);
	assert_string_equal(a->why, "too much to do");
	assert_int_equal(wh_test_run_jobs(t), 2);
	wh_test_end(&t);
}

static void
roles_of_the_operator_allow_and_deny(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session(t, "s", "helper"), *m = wh_test_session(t, "m", "moderator quiet");
	const struct wh_host *host = wh_test_host(t);

	(void)state;
	wh_test_role(t, "helper", "probe.* metrics.read", NULL);
	wh_test_role(t, "quiet", NULL, "probe.s*t");
	assert_true(wh_session_may(host, s, "probe.secret"));
	assert_true(wh_session_may(host, s, "metrics.read"));
	assert_false(wh_session_may(host, s, "metrics.write"));
	assert_false(wh_session_may(host, m, "probe.secret"));
	assert_true(wh_session_may(host, m, "probe.double"));
	wh_test_end(&t);
}

static void
a_session_may_what_is_served_where_it_came_in(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session(t, "s", "admin");
	const struct wh_host *host = wh_test_host(t);

	(void)state;
	assert_int_equal(wh_session_reach(host, s), WH_ALLOW_ADMIN);
	assert_true(wh_session_may(host, s, "no.command"));
	wh_test_reach(s, WH_ALLOW_MEMBER);
	assert_int_equal(wh_session_reach(host, s), WH_ALLOW_MEMBER);
	assert_false(wh_session_may(host, s, "no.command"));
	assert_true(wh_session_may(host, s, "probe.double"));
	wh_test_end(&t);
}

static void
an_audited_call_is_told_and_logged(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *m = wh_test_session(t, "mod", "moderator");

	(void)state;
	assert_null(wh_test_logged(t, "secret_read"));
	wh_test_call(t, m, "probe.secret", NULL);
	assert_string_equal(wh_test_logged(t, "secret_read"), "warn secret_read by=mod n=-3 sure=true");
	assert_string_equal(wh_test_logged(t, "audit"), "info audit action=probe.secret who=mod outcome=0");
	wh_test_end(&t);
}

static void
a_route_answers_and_is_found_by_the_longest_path(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_test_page *page;

	(void)state;
	page = wh_test_request(t, NULL, "GET", "/probe?q=a%20b+c", "accept: text/x\n", WH_STR(""));
	assert_int_equal(page->status, 201);
	assert_string_equal(page->type, "text/plain");
	assert_string_equal(page->body.p, "/probe|a b c");
	assert_string_equal(page->headers.p, "x-probe: text/x\n");
	assert_int_equal(wh_test_get(t, NULL, "/probe/below/x")->status, 403);
	assert_string_equal(wh_test_get(t, ann, "/probe/below/x?q=1")->body.p, "/probe/below/x|1");
	assert_int_equal(wh_test_get(t, NULL, "/prob")->status, 404);
	assert_int_equal(wh_test_request(t, NULL, "POST", "/probe", NULL, WH_STR("x"))->status, 405);
	wh_test_end(&t);
}

static void
a_held_request_is_answered_later(void **state)
{
	struct wh_test *t = begin();
	const struct wh_test_page *page = wh_test_get(t, NULL, "/probe?wait=1");
	struct wh_request *r = wh_request_find(wh_test_host(t), probe_of(t)->held);

	(void)state;
	assert_int_equal(page->status, 0);
	wh_respond_problem(r, WH_EAWAY, "later");
	assert_int_equal(page->status, 503);
	assert_string_equal(page->body.p, "{\"status\":503,\"detail\":\"later\"}");
	assert_null(wh_request_find(wh_test_host(t), probe_of(t)->held));
	page = wh_test_get(t, NULL, "/probe?wait=1");
	wh_test_advance(t, WH_TEST_HOLD_MS);
	assert_int_equal(page->status, 504);
	wh_test_end(&t);
}

static void
timers_fire_at_their_time_and_again(void **state)
{
	struct wh_test *t = wh_test_begin(&probe_plugin, "mode = \"timer\";");
	int64_t now = wh_now_ms(wh_test_host(t)), wall = wh_wall_ms(wh_test_host(t));

	(void)state;
	wh_test_advance(t, 99);
	assert_int_equal(probe_of(t)->fired, 0);
	wh_test_advance(t, 1);
	assert_int_equal(probe_of(t)->fired, 1);
	wh_test_advance(t, 100);
	assert_int_equal(probe_of(t)->fired, 3);
	assert_int_equal(wh_now_ms(wh_test_host(t)) - now, 200);
	assert_int_equal(wh_wall_ms(wh_test_host(t)) - wall, 200);
	wh_test_end(&t);
}

static void
metrics_are_read_by_name_and_label(void **state)
{
	struct wh_test *t = begin();
	const struct wh_host *host = wh_test_host(t);
	char label[16];

	(void)state;
	wh_metric_set(host, &probe_plugin.metrics[1], 7);
	wh_metric_took(host, &probe_plugin.metrics[2], 1500);
	for (int i = 0; i < 70; i++) {
		snprintf(label, sizeof label, "l%d", i);
		wh_metric_add_for(host, &probe_plugin.metrics[0], wh_str(label), 2);
	}
	assert_int_equal(wh_test_metric(t, "probe_level", NULL), 7);
	assert_int_equal(wh_test_metric(t, "probe_took_seconds", NULL), 1);
	assert_int_equal(wh_test_metric(t, "probe_calls_total", "l63"), 2);
	assert_int_equal(wh_test_metric(t, "probe_calls_total", "l64"), 0);
	assert_int_equal(wh_test_metric(t, "probe_calls_total", "other"), 12);
	wh_test_end(&t);
}

static int
peer_answer(void *self)
{
	return *(int *)self;
}

static void
services_are_found_both_ways(void **state)
{
	static const struct wh_peer peer = { peer_answer };
	static const struct wh_service row = { "peer", 1, &peer };
	struct wh_test *t = wh_test_new(&probe_plugin);
	int number = 5;
	void *self;

	(void)state;
	wh_test_offer(t, &row, &number);
	assert_int_equal(wh_test_open(t, NULL), WH_OK);
	assert_int_equal(probe_of(t)->peer->answer(probe_of(t)->peer_self), 5);
	assert_ptr_equal(wh_test_service(t, "probe", 3, &self), probe_plugin.dialects);
	assert_ptr_equal(self, probe_of(t));
	assert_null(wh_test_service(t, "probe", 2, &self));
	wh_test_end(&t);
}

static void
helpers_are_played_by_the_test(void **state)
{
	struct wh_test *t = begin();
	wh_id id;

	(void)state;
	assert_int_equal(wh_helper_send(wh_test_host(t), &probe_plugin.helpers[0], 1, WH_STR("x")), WH_EAWAY);
	wh_test_helper_up(t, "judge");
	assert_int_equal(wh_helper_send(wh_test_host(t), &probe_plugin.helpers[0], 9, WH_STR("judge me")), WH_OK);
	assert_true(wh_str_is(wh_test_helper_next(t, "judge", &id), "judge me"));
	assert_null(wh_test_helper_next(t, "judge", NULL).p);
	wh_test_helper_answer(t, "judge", id, WH_STR("guilty"));
	assert_int_equal(probe_of(t)->fired, 9);
	assert_int_equal(wh_helper_end(wh_test_host(t), &probe_plugin.helpers[0], "it is slow"), WH_OK);
	assert_int_equal(wh_test_helper_ends(t, "judge"), 1);
	wh_test_helper_down(t, "judge");
	assert_int_equal(wh_helper_end(wh_test_host(t), &probe_plugin.helpers[0], "it is slow"), WH_EAWAY);
	wh_test_end(&t);
}

static void
what_was_mirrored_survives_the_hub_and_nothing_else(void **state)
{
	struct wh_test *t = begin();
	const struct wh_host *host = wh_test_host(t);
	struct wh_session *ann = wh_test_session(t, "ann", "member"), *lost = wh_test_session(t, "lost", "member");
	const struct wh_test_answer *held;
	wh_id id = wh_session_id(host, ann);

	(void)state;
	wh_group_join(host, probe_of(t)->group, ann);
	wh_test_join(t, ann, "lobby");
	*(int64_t *)wh_slot_of(host, ann, probe_of(t)->slot) = 42;
	wh_session_changed(host, ann);
	held = wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	assert_true(wh_str_is(wh_test_papers(t, ann), "42"));
	*(int64_t *)wh_slot_of(host, ann, probe_of(t)->slot) = 43;	/* and does not say so */
	wh_test_lose(t, lost);
	wh_test_recover(t);
	assert_int_equal(held->err, WH_EAWAY);
	assert_int_equal(*(int64_t *)wh_slot_of(host, ann, probe_of(t)->slot), 42);
	assert_ptr_equal(wh_session_get(host, id), ann);
	assert_true(wh_room_has(host, wh_room_find(host, WH_STR("lobby")), ann));
	wh_group_publish(host, probe_of(t)->group, 0, WH_STR("still here"), NULL, 0);
	assert_string_equal(wh_test_next(ann), "still here");
	assert_string_equal(probe_of(t)->seen, "");
	wh_test_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_checked_as_in_the_config_file),
		cmocka_unit_test(a_reload_keeps_what_stands_in_slots),
		cmocka_unit_test(every_allocation_of_open_may_fail),
		cmocka_unit_test(a_call_is_checked_as_the_server_does),
		cmocka_unit_test(a_call_that_waits_is_asked_to_its_end),
		cmocka_unit_test(a_rate_lets_its_burst_through_and_says_when_to_come_back),
		cmocka_unit_test(a_held_call_is_finished_by_its_job_or_times_out),
		cmocka_unit_test(jobs_are_bounded),
		cmocka_unit_test(roles_of_the_operator_allow_and_deny),
		cmocka_unit_test(a_session_may_what_is_served_where_it_came_in),
		cmocka_unit_test(an_audited_call_is_told_and_logged),
		cmocka_unit_test(a_route_answers_and_is_found_by_the_longest_path),
		cmocka_unit_test(a_held_request_is_answered_later),
		cmocka_unit_test(timers_fire_at_their_time_and_again),
		cmocka_unit_test(metrics_are_read_by_name_and_label),
		cmocka_unit_test(services_are_found_both_ways),
		cmocka_unit_test(helpers_are_played_by_the_test),
		cmocka_unit_test(what_was_mirrored_survives_the_hub_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
