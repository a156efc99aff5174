/* The fake host with several plugins: the probe, and the fellow, which is a module beside this program. */
#include "testing/faults.h"
#include "testing/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The fellow first, since the probe asks for its service when it opens. */
static struct wh_test *
begin(void)
{
	struct wh_test *t = wh_test_new(&probe_plugin);

	wh_test_load(t, "fellow", "number = 7;");
	if (wh_test_open(t, NULL) != WH_OK)
		fail_msg("%s", wh_test_why(t));
	return t;
}

static void
services_are_found_from_one_to_the_other(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_peer *peer;
	void *self;

	(void)state;
	assert_int_equal(probe_of(t)->peer->answer(probe_of(t)->peer_self), 7);
	assert_non_null(strstr(wh_test_call(t, ann, "fellow.mark", NULL)->json, "\"probe\":true"));
	peer = wh_test_service(t, "peer", 1, &self);
	assert_int_equal(peer->answer(self), 7);
	wh_test_end(&t);
}

static void
it_may_be_loaded_after_the_one_under_test(void **state)
{
	struct wh_test *t = wh_test_begin(&probe_plugin, NULL);
	void *self;

	(void)state;
	assert_null(probe_of(t)->peer);
	wh_test_load(t, "fellow", NULL);
	assert_non_null(wh_service_find(wh_test_host(t), "peer", 1, &self));
	assert_null(wh_service_find(wh_test_host(t), "peer", 2, &self));
	wh_test_end(&t);
}

static void
commands_routes_and_dialects_of_both_are_there(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member"), *far = wh_test_session_in(t, "fellow", "far", "guest");

	(void)state;
	assert_int_equal(wh_test_call(t, ann, "probe.echo", "{\"kind\":\"call\"}")->err, WH_OK);
	assert_int_equal(wh_test_call(t, ann, "fellow.mark", "{\"n\":3}")->err, WH_OK);
	assert_int_equal(wh_test_call(t, ann, "fellow.mark", "{\"n\":-3}")->err, WH_EINVAL);
	assert_string_equal(wh_test_get(t, NULL, "/fellow")->body.p, "fellow 7");
	assert_string_equal(wh_test_get(t, NULL, "/probe?q=1")->body.p, "/probe|1");
	wh_test_line(t, far, "2s");
	assert_string_equal(wh_test_next(far), "fellow 7: 0 {\"kind\":\"line\",\"wait\":2000,\"from\":\"far\"}");
	wh_test_end(&t);
}

static void
hooks_of_both_are_asked_in_their_order(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");

	(void)state;
	/* The fellow (40), the probe (50), the fellow (60). */
	assert_string_equal(wh_test_say(t, ann, "lobby", "turn")->text, "changed");
	assert_string_equal(wh_test_logged(t, "fellow_heard"), "info fellow_heard text=changed");
	assert_string_equal(wh_test_say(t, ann, "lobby", "no")->why, "not that");
	assert_string_equal(wh_test_logged(t, "fellow_heard"), "info fellow_heard text=changed");
	wh_test_end(&t);
}

static void
jobs_and_timers_of_both_run_with_their_own_self(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_test_answer *twice = wh_test_call(t, ann, "probe.double", "{\"n\":10}");
	const struct wh_test_answer *thrice = wh_test_call(t, ann, "fellow.treble", "{\"n\":10}");

	(void)state;
	assert_int_equal(wh_test_run_jobs(t), 2);
	assert_string_equal(twice->json, "{\"n\":20}");
	assert_string_equal(thrice->json, "{\"n\":37}");
	assert_int_equal(probe_of(t)->jobs, 1);
	wh_test_advance(t, 200);
	assert_int_equal(wh_test_metric(t, "fellow_fired_total", NULL), 14);
	assert_int_equal(wh_test_metric(t, "probe_level", NULL), 0);
	wh_test_end(&t);
}

static void
slots_groups_and_folders_of_the_same_name_are_two(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const char *mine = wh_test_state_dir(t), *answer;
	char folder[300];
	struct stat st;

	(void)state;
	*(int64_t *)wh_slot_of(wh_test_host(t), ann, probe_of(t)->slot) = 1;
	answer = wh_test_call(t, ann, "fellow.mark", "{\"n\":2}")->json;
	assert_int_equal(*(int64_t *)wh_slot_of(wh_test_host(t), ann, probe_of(t)->slot), 1);
	assert_int_equal(wh_group_publish(wh_test_host(t), probe_of(t)->group, 0, WH_STR("only for mine"), NULL, 0), WH_OK);
	assert_null(wh_test_next(ann));
	assert_int_equal(sscanf(strstr(answer, "\"folder\":"), "\"folder\":\"%299[^\"]", folder), 1);
	assert_int_equal(stat(folder, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(stat(mine, &st), 0);
	assert_string_not_equal(folder, mine);
	assert_true(wh_str_is(wh_state_dir(wh_test_host(t)), mine));
	wh_test_end(&t);
	assert_int_equal(stat(folder, &st), -1);
}

static void
recovery_opens_both_in_order_each_with_its_papers(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_test_answer *held;

	(void)state;
	*(int64_t *)wh_slot_of(wh_test_host(t), ann, probe_of(t)->slot) = 1;
	wh_test_call(t, ann, "fellow.mark", "{\"n\":2}");
	assert_true(wh_str_is(wh_test_papers(t, ann), "1"));
	held = wh_test_call(t, ann, "fellow.treble", "{\"n\":10}");
	wh_test_recover(t);
	assert_int_equal(held->err, WH_EAWAY);
	assert_int_equal(*(int64_t *)wh_slot_of(wh_test_host(t), ann, probe_of(t)->slot), 1);
	assert_non_null(strstr(wh_test_call(t, ann, "fellow.mark", NULL)->json, "\"n\":2,\"probe\":true"));
	/* It was there before the probe, with the same settings. */
	assert_int_equal(probe_of(t)->peer->answer(probe_of(t)->peer_self), 7);
	wh_test_end(&t);
}

static void
a_reload_concerns_the_one_under_test(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_test_answer *twice = wh_test_call(t, ann, "probe.double", "{\"n\":10}");
	const struct wh_test_answer *thrice = wh_test_call(t, ann, "fellow.treble", "{\"n\":10}");

	(void)state;
	wh_test_call(t, ann, "fellow.mark", "{\"n\":2}");
	assert_int_equal(wh_test_reload(t, "mode = \"timer\";"), WH_OK);
	assert_int_equal(twice->err, WH_EAWAY);
	assert_int_equal(thrice->err, WH_WAIT);
	wh_test_run_jobs(t);
	assert_string_equal(thrice->json, "{\"n\":37}");
	assert_non_null(strstr(wh_test_call(t, ann, "fellow.mark", NULL)->json, "\"n\":2"));
	wh_test_end(&t);
}

static void
only_the_one_under_test_is_denied_memory(void **state)
{
	struct wh_test *t = wh_test_new(&probe_plugin);

	(void)state;
	wh_test_no_memory(t, 1);
	wh_test_load(t, "fellow", NULL);
	assert_int_equal(wh_test_open(t, NULL), WH_ENOMEM);
	assert_int_equal(wh_test_open(t, NULL), WH_OK);
	wh_test_end(&t);
}

static void
an_export_has_an_object_for_each(void **state)
{
	struct wh_test *t = begin();

	(void)state;
	assert_string_equal(wh_test_export(t, "7", "ann")->json, "{\"fellow\":{\"knows\":\"ann\"}}");
	assert_int_equal(wh_test_erase(t, "7", "ann")->err, WH_OK);
	wh_test_end(&t);
}

static void
a_plugin_of_the_same_build_is_found_without_being_told_where(void **state)
{
	struct wh_test *t;

	(void)state;
	unsetenv("WHIPLY_TEST_PLUGINS");
	t = wh_test_begin(&probe_plugin, NULL);
	wh_test_load(t, "metrics", NULL);
	assert_int_equal(wh_test_get(t, NULL, "/metrics")->status, 200);
	wh_test_end(&t);
	setenv("WHIPLY_TEST_PLUGINS", TEST_MODULES, 1);
}

static void
wrong_leak(void)
{
	struct wh_test *t = wh_test_begin(&probe_plugin, NULL);

	wh_test_load(t, "fellow", "mode = \"leak\";");
	wh_test_end(&t);
}

static void
wrong_job(void)
{
	struct wh_test *t = begin();

	wh_test_call(t, wh_test_session(t, "ann", "guest"), "fellow.treble", NULL);
	wh_test_advance(t, WH_TEST_HOLD_MS);
	wh_test_end(&t);
}

static void
wrong_held(void)
{
	struct wh_test *t = begin();

	wh_test_call(t, wh_test_session(t, "ann", "guest"), "fellow.treble", NULL);
	wh_test_end(&t);
}

static void
load(const char *name, const char *settings)
{
	wh_test_load(wh_test_begin(&probe_plugin, NULL), name, settings);
}

static void
wrong_twice(void)
{
	struct wh_test *t = begin();

	wh_test_load(t, "fellow", NULL);
}

static void wrong_name(void) { load("nobody", NULL); }
static void wrong_settings(void) { load("fellow", "numbr = 1;"); }
static void wrong_open(void) { load("fellow", "mode = \"fail\";"); }
static void wrong_itself(void) { load("probe", NULL); }

static void
what_cannot_be_loaded_aborts_with_a_sentence(void **state)
{
	(void)state;
	assert_faults(wrong_name, "plugin nobody: it can't be loaded: ");
	assert_faults(wrong_settings, "plugin fellow: its settings are wrong: settings:1: ");
	assert_faults(wrong_open, "plugin fellow: it does not open: the server failed");
	assert_faults(wrong_itself, "plugin probe: wh_test_load: it is the one under test");
	assert_faults(wrong_twice, "plugin fellow: wh_test_load: it is loaded already");
}

static void
what_the_other_leaves_behind_aborts_with_its_name(void **state)
{
	(void)state;
	assert_faults(wrong_leak, "plugin fellow: it was closed and left 44 bytes in 1 pieces of wh_new");
	assert_faults(wrong_job, "plugin fellow: at the end there are jobs that were not run");
	assert_faults(wrong_held, "plugin fellow: at the end it still holds a call of fellow.treble");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_are_found_from_one_to_the_other),
		cmocka_unit_test(it_may_be_loaded_after_the_one_under_test),
		cmocka_unit_test(commands_routes_and_dialects_of_both_are_there),
		cmocka_unit_test(hooks_of_both_are_asked_in_their_order),
		cmocka_unit_test(jobs_and_timers_of_both_run_with_their_own_self),
		cmocka_unit_test(slots_groups_and_folders_of_the_same_name_are_two),
		cmocka_unit_test(recovery_opens_both_in_order_each_with_its_papers),
		cmocka_unit_test(a_reload_concerns_the_one_under_test),
		cmocka_unit_test(only_the_one_under_test_is_denied_memory),
		cmocka_unit_test(an_export_has_an_object_for_each),
		cmocka_unit_test(a_plugin_of_the_same_build_is_found_without_being_told_where),
		cmocka_unit_test(what_cannot_be_loaded_aborts_with_a_sentence),
		cmocka_unit_test(what_the_other_leaves_behind_aborts_with_its_name),
	};

	setenv("WHIPLY_TEST_PLUGINS", TEST_MODULES, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
