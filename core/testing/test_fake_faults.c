/* What the fake host does not let pass. Faults abort: they are looked at in a child process. */
#include <stdio.h>
#include <unistd.h>

#include "testing/faults.h"
#include "testing/probe.h"

static struct wh_test *
begin(void)
{
	return wh_test_begin(&probe_plugin, NULL);
}

static void
wrong(const char *what)
{
	struct wh_test *t = begin();
	char args[64];

	snprintf(args, sizeof args, "{\"what\":\"%s\"}", what);
	probe_of(t)->remembered = wh_test_session(t, "gone", "guest");
	wh_test_leave_server(t, probe_of(t)->remembered);
	wh_test_call(t, wh_test_session(t, "ann", "guest"), "probe.bad", args);
	wh_test_run_jobs(t);
	wh_test_end(&t);
}

static void wrong_wait(void) { wrong("wait"); }
static void wrong_argument(void) { wrong("argument"); }
static void wrong_metric(void) { wrong("metric"); }
static void wrong_job(void) { wrong("job"); }
static void wrong_session(void) { wrong("session"); }
static void wrong_hold(void) { wrong("hold"); }
static void wrong_service(void) { wrong("service"); }
static void wrong_free(void) { wrong("free"); }
static void wrong_open(void) { wrong("open"); }
static void wrong_setting(void) { wh_test_begin(&probe_plugin, "mode = \"undeclared\";"); }
static void wrong_settings(void) { wh_test_begin(&probe_plugin, "size = 1;"); }

static void
wrong_leak(void)
{
	struct wh_test *t = begin();

	if (wh_new(wh_test_host(t), 33) == NULL)
		_exit(1);
	wh_test_end(&t);
}

static void
never_fired(void *self, uint64_t cookie)
{
	(void)self;
	(void)cookie;
}

static void
wrong_timer(void)
{
	struct wh_test *t = begin();

	wh_timer_start(wh_test_host(t), 1, 0, never_fired, 0);
	wh_test_end(&t);
}

static void
wrong_group(void)
{
	struct wh_test *t = begin();

	wh_group_open(wh_test_host(t), WH_STR("left"));
	wh_test_end(&t);
}

static void
wrong_held(void)
{
	struct wh_test *t = begin();

	wh_test_say(t, wh_test_session(t, "ann", "guest"), "lobby", "wait");
	wh_test_end(&t);
}

static void
wrong_request(void)
{
	struct wh_test *t = begin();

	wh_test_get(t, NULL, "/probe?wait=1");
	wh_test_end(&t);
}

static void
misuse_aborts_with_a_sentence(void **state)
{
	(void)state;
	assert_faults(wrong_wait, "plugin probe: probe.bad returned WH_WAIT, but never called wh_call_hold");
	assert_faults(wrong_argument, "probe.bad asks for its argument \"which\", which it does not declare");
	assert_faults(wrong_metric, "a metric that is not in the plugin's table");
	assert_faults(wrong_job, "a job's work called the host");
	assert_faults(wrong_session, "wh_session_id was given a session that is gone (gone)");
	assert_faults(wrong_hold, "held its call and did not return WH_WAIT");
	assert_faults(wrong_service, "wh_service_find(\"stranger\"): it does not stand in the plugin's needs");
	assert_faults(wrong_free, "is deleted already");
	assert_faults(wrong_open, "probe.bad left its result unfinished");
	assert_faults(wrong_setting, "\"nothing\" was never declared");
	assert_faults(wrong_settings, "it does not open (-3): settings:1: ");
}

static void
what_is_left_behind_aborts_with_a_sentence(void **state)
{
	(void)state;
	assert_faults(wrong_leak, "left 33 bytes in 1 pieces of wh_new");
	assert_faults(wrong_timer, "left a timer running");
	assert_faults(wrong_group, "left the group \"left\" open");
	assert_faults(wrong_held, "a hook still holds what it was asked at WH_ON_MESSAGE");
	assert_faults(wrong_request, "still holds a request of /probe");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(misuse_aborts_with_a_sentence),
		cmocka_unit_test(what_is_left_behind_aborts_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
