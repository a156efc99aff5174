/* The commands of plugins' settings, with a keeper that the test plays: what is shown, what is asked of the keeper, and what becomes of its answer. */
#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"
#include "hub/features.h"
#include "hub/testing_features.h"

static struct {
	int64_t size;
	int opens, reloads;
	bool picky;		/* refuses a size of 9 */
	char asked[4096];	/* the overlay that the keeper was asked for last */
	char audited[1024];
} seen;

static enum wh_err
dial_take(const struct wh_host *host, const struct wh_conf *conf)
{
	if (seen.picky && wh_conf_int(conf, "size") == 9) {
		wh_host_log(host, WH_ERROR, "dial_too_big", WH_I("size", wh_conf_int(conf, "size")));
		return WH_EINVAL;
	}
	seen.size = wh_conf_int(conf, "size");
	return WH_OK;
}

static enum wh_err
dial_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	*self_out = (void *)(uintptr_t)host;
	seen.opens++;
	return dial_take(host, conf);
}

static enum wh_err
dial_reload(void *self, const struct wh_conf *conf)
{
	seen.reloads++;
	return dial_take(self, conf);
}

static enum wh_verdict
dial_audit(void *self, struct wh_audit *a)
{
	(void)self;
	snprintf(seen.audited, sizeof seen.audited, "%.*s %.*s %d", WH_FMT(a->action), WH_FMT(a->arguments), a->outcome);
	return WH_PASS;
}

static const struct wh_setting one_settings[] = {
	{ "wait", WH_DURATION, .def = "90s", .help = "how long" },
	{ "key", WH_STRING, .secret = true, .help = "of the door" },
	{ .name = NULL },
};
static const struct wh_setting dial_settings[] = {
	{ "size", WH_INT, .def = "1", .min = "1", .max = "9", .help = "how big" },
	{ "bytes", WH_SIZE, .def = "64KiB", .help = "how much" },
	{ "rate", WH_RATE, .def = "10/s burst 20", .help = "how fast" },
	{ "names", WH_STRINGS, .help = "whose" },
	{ "password", WH_STRING, .secret = true, .def = "", .help = "told to nobody" },
	{ "program", WH_STRING, .file_only = true, .def = "", .help = "what runs" },
	{ "shape", WH_CHOICE, .on_open = true, .choices = "round|square", .def = "round", .help = "how it looks" },
	{ "one", WH_TABLE, .table = one_settings, .help = "a group" },
	{ "many", WH_FREE, .table = one_settings, .help = "groups" },
	{ "rows", WH_TABLES, .table = one_settings, .help = "a list" },
	{ .name = NULL },
};
static const struct wh_hook dial_hooks[] = { { WH_ON_AUDIT, .audit = dial_audit }, { 0 } };
static const struct wh_plugin dial = { WH_PLUGIN("dial", "1", "x"), .settings = dial_settings, .hooks = dial_hooks, .open = dial_open, .reload = dial_reload };
static const struct wh_plugin *const plugins[] = { &dial, NULL };

static const char config[] = "plugins = {\n dial = {\n  size = 3;\n  password = \"open sesame\";\n  many = { a = { wait = \"2s\"; }; };\n  rows = ( { key = \"hidden\"; } );\n };\n};";

static enum wh_err
keeper_hears(struct hub *hub, const struct wh_channel_msg *m)
{
	(void)hub;
	if (m->kind == WH_CH_ASK_CONFIGURE)
		snprintf(seen.asked, sizeof seen.asked, "%.*s", WH_FMT(m->text));
	return WH_OK;
}

static struct test_features *
begin(void)
{
	struct test_features *f;

	memset(&seen, 0, sizeof seen);
	f = test_features_of(config, NULL);
	for (const struct wh_plugin *const *p = plugins; *p != NULL; p++)
		assert_int_equal(test_plugin_open(f, *p), WH_OK);
	plugin_find(f->hub, WH_STR("dial"))->built_in = false;
	f->hub->keeper.say = keeper_hears;
	test_ws(f, 0)->local = true;
	return f;
}

/* The overlay that was asked for, without its comment. */
static const char *
asked(void)
{
	const char *p = seen.asked;

	while (*p == '#')
		p = strchr(p, '\n') + 1;
	return p;
}

static const char *
keeper_answers(struct test_features *f, enum wh_err err, const char *text)
{
	struct wh_channel_msg m = { .kind = WH_CH_CONFIGURED, .err = err, .text = wh_str(text) };

	f->got[0] = '\0';
	hub_enter(f->hub);
	keeper_message(f->hub, &m);
	test_features_turn(f);
	return f->got;
}

/* What RELOAD does, with an overlay. */
static enum wh_err
reload(struct test_features *f, const char *overlay)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_buf why = { 0 };
	struct wh_snapshot *s;
	struct hub_config *next, *old = f->hub->config;
	enum wh_err err;

	assert_int_equal(wh_snapshot_from_text("test.conf", wh_str(config), &errors, &s), WH_OK);
	assert_int_equal(wh_snapshot_set_overlay(s, "settings.conf", wh_str(overlay)), WH_OK);
	assert_int_equal(hub_config_open(s, &errors, &next), WH_OK);
	err = hub_features.reload(f->hub, next, &why);
	snprintf(f->got, sizeof f->got, "%.*s", WH_FMT(wh_buf_slice(&why)));
	wh_buf_free(&why);
	if (err == WH_OK) {
		f->hub->config = next;
		next = old;
	}
	test_config_free(&next);
	return err;
}

static void
settings_are_shown_with_where_they_come_from_and_without_secrets(void **state)
{
	struct test_features *f = begin();
	const char *said = test_calls(f, 0, "server.settings", "{\"plugin\":\"dial\"}");

	(void)state;
	assert_non_null(strstr(said, "{\"plugin\":\"dial\",\"setting\":\"size\",\"value\":3,\"from\":\"file\",\"file\":\"test.conf\",\"line\":3,\"type\":\"int\",\"default\":\"1\","
		"\"min\":\"1\",\"max\":\"9\",\"takes\":\"now\",\"help\":\"how big\"}"));
	assert_non_null(strstr(said, "\"setting\":\"bytes\",\"value\":\"64KiB\",\"from\":\"default\",\"type\":\"size\""));
	assert_non_null(strstr(said, "\"setting\":\"rate\",\"value\":\"10/s burst 20\""));
	assert_non_null(strstr(said, "\"setting\":\"password\",\"set\":true,\"from\":\"file\""));
	assert_non_null(strstr(said, "\"setting\":\"program\",\"value\":\"\",\"from\":\"default\",\"type\":\"text\",\"default\":\"\",\"file_only\":true"));
	assert_non_null(strstr(said, "\"setting\":\"shape\",\"value\":\"round\",\"from\":\"default\",\"type\":\"choice\",\"default\":\"round\",\"choices\":[\"round\",\"square\"],\"takes\":\"later\""));
	assert_non_null(strstr(said, "\"setting\":\"one.wait\",\"value\":\"90s\""));
	assert_non_null(strstr(said, "\"setting\":\"many\",\"value\":[\"a\"]"));
	assert_non_null(strstr(said, "\"setting\":\"many.a.wait\",\"value\":\"2s\",\"from\":\"file\""));
	assert_non_null(strstr(said, "\"setting\":\"rows\",\"value\":[{\"key\":\"***\"}]"));
	assert_null(strstr(said, "sesame"));
	assert_null(strstr(said, "hidden"));
	assert_non_null(strstr(test_calls(f, 0, "server.settings", "{\"plugin\":\"nosuch\"}"), "is not enabled"));
	test_features_free(f);
}

static void
a_change_is_asked_of_the_keeper_and_answered_when_it_is_kept(void **state)
{
	struct test_features *f = begin();

	(void)state;
	assert_string_equal(test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"settings\":{\"size\":7,\"names\":[\"a\"],\"one.wait\":\"1m\",\"shape\":\"square\"}}"), "");
	assert_string_equal(asked(), "plugins = {\n\tdial = {\n\t\tsize = 7;\n\t\tnames = [ \"a\" ];\n\t\tone = {\n\t\t\twait = \"1m\";\n\t\t};\n\t\tshape = \"square\";\n\t};\n};\n");
	/* One at a time: the second would not know of the first. */
	assert_non_null(strstr(test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"settings\":{\"size\":8}}"), "another change is under way"));
	assert_int_equal(reload(f, seen.asked), WH_OK);
	assert_int_equal(seen.size, 7);
	assert_non_null(strstr(keeper_answers(f, WH_OK, ""), "{\"plugin\":\"dial\",\"changed\":[\"size\",\"names\",\"one.wait\",\"shape\"],\"later\":[\"shape\"]}"));
	assert_string_equal(seen.audited, "server.set {\"on\":\"dial\",\"settings\":{\"size\":7,\"names\":[\"a\"],\"one.wait\":\"1m\",\"shape\":\"square\"}} 0");
	test_calls(f, 0, "server.settings", "{\"plugin\":\"dial\",\"changed\":true}");
	assert_non_null(strstr(f->got, "\"setting\":\"size\",\"value\":7,\"from\":\"change\",\"file_value\":3,\"file\":\"test.conf\",\"line\":3"));
	assert_non_null(strstr(f->got, "\"setting\":\"one.wait\",\"value\":\"1m\",\"from\":\"change\",\"type\""));
	assert_null(strstr(f->got, "\"setting\":\"bytes\""));
	assert_non_null(strstr(f->got, "\"kept_in\":\"settings.conf\""));
	test_features_free(f);
}

static void
what_the_keeper_refuses_is_told_in_its_words(void **state)
{
	struct test_features *f = begin();

	(void)state;
	test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"settings\":{\"size\":77}}");
	assert_non_null(strstr(keeper_answers(f, WH_EINVAL, "plugins.dial.size: has to be from 1 to 9\n"), "\"message\":\"plugins.dial.size: has to be from 1 to 9\""));
	assert_int_equal(seen.size, 3);
	test_features_free(f);
}

static void
the_command_line_gives_texts_and_null_puts_back(void **state)
{
	struct test_features *f = begin();

	(void)state;
	test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"setting\":\"size\",\"value\":\"5\"}");
	assert_string_equal(asked(), "plugins = {\n\tdial = {\n\t\tsize = 5;\n\t};\n};\n");
	assert_int_equal(reload(f, seen.asked), WH_OK);
	keeper_answers(f, WH_OK, "");
	test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"setting\":\"names\",\"value\":\"[\\\"a\\\"]\"}");
	assert_non_null(strstr(asked(), "size = 5;\n\t\tnames = [ \"a\" ];"));
	assert_int_equal(reload(f, seen.asked), WH_OK);
	keeper_answers(f, WH_OK, "");
	test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"settings\":{\"size\":null,\"bytes\":\"1MiB\"}}");
	assert_string_equal(asked(), "plugins = {\n\tdial = {\n\t\tnames = [ \"a\" ];\n\t\tbytes = \"1MiB\";\n\t};\n};\n");
	assert_int_equal(reload(f, seen.asked), WH_OK);
	keeper_answers(f, WH_OK, "");
	test_calls(f, 0, "server.unset", "{\"plugin\":\"dial\"}");
	assert_string_equal(asked(), "");
	assert_non_null(strstr(keeper_answers(f, WH_OK, ""), "\"result\":{\"plugin\":\"dial\"}"));
	assert_int_equal(reload(f, ""), WH_OK);
	assert_non_null(strstr(test_calls(f, 0, "server.unset", "{\"plugin\":\"dial\",\"setting\":\"size\"}"), "nobody changed it"));
	test_features_free(f);
}

static void
secrets_are_neither_shown_nor_written_down(void **state)
{
	struct test_features *f = begin();

	(void)state;
	test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"settings\":{\"password\":\"hunter2\",\"rows\":[{\"key\":\"hunter3\"}],\"typo\":\"hunter4\"}}");
	assert_non_null(strstr(asked(), "password = \"hunter2\";"));
	keeper_answers(f, WH_EINVAL, "no");
	assert_string_equal(seen.audited, "server.set {\"on\":\"dial\",\"settings\":{\"password\":\"***\",\"rows\":\"***\",\"typo\":\"***\"}} -3");
	/* What was shown in place of a secret is none. */
	assert_non_null(strstr(test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"settings\":{\"rows\":[{\"key\":\"***\"}]}}"), "give it in full"));
	/* A call that fails before anything is asked is written down as well, and no better. */
	assert_non_null(strstr(test_calls(f, 0, "server.set", "{\"plugin\":\"nosuch\",\"settings\":{\"password\":\"hunter5\"}}"), "is not enabled"));
	assert_null(strstr(seen.audited, "hunter5"));
	test_features_free(f);
}

static void
a_call_that_makes_no_sense_says_what_would(void **state)
{
	struct test_features *f = begin();

	(void)state;
	assert_non_null(strstr(test_calls(f, 0, "server.set", "{\"plugin\":\"dial\"}"), "give `setting` and `value`, or `settings`"));
	assert_non_null(strstr(test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"setting\":\"size\"}"), "`value` is missing"));
	assert_non_null(strstr(test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"setting\":\"size\",\"value\":\"1\",\"settings\":{}}"), "give `setting` and `value`"));
	assert_non_null(strstr(test_calls(f, 0, "server.set", "{\"plugin\":\"dial\",\"settings\":{\"a b\":1}}"), "a b: is no name of a setting"));
	assert_string_equal(seen.asked, "");
	test_features_free(f);
}

static void
who_refuses_new_settings_goes_on_with_the_old_and_says_why(void **state)
{
	struct test_features *f = begin();

	(void)state;
	seen.picky = true;
	assert_int_equal(reload(f, "plugins = { dial = { size = 9; }; };"), WH_OK);
	assert_string_equal(f->got, "plugins.dial: refuses its new settings and goes on with the old ones (invalid_argument): dial too big, size: 9\n");
	assert_int_equal(seen.size, 3);
	assert_int_equal(seen.opens, 1);
	assert_int_equal(reload(f, ""), WH_OK);
	assert_string_equal(f->got, "");
	test_features_free(f);
}

static void
plugins_that_were_turned_off_are_listed(void **state)
{
	struct test_features *f = begin();

	(void)state;
	assert_int_equal(reload(f, "disable = [ \"dial\" ];"), WH_OK);
	assert_non_null(strstr(test_calls(f, 0, "server.plugins", "{}"), "\"name\":\"dial\",\"state\":\"disabled\""));
	assert_non_null(strstr(f->got, "\"changed\":true"));
	assert_non_null(strstr(test_calls(f, 0, "server.settings", "{}"), "\"disabled\":[\"dial\"]"));
	test_features_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_shown_with_where_they_come_from_and_without_secrets),
		cmocka_unit_test(a_change_is_asked_of_the_keeper_and_answered_when_it_is_kept),
		cmocka_unit_test(what_the_keeper_refuses_is_told_in_its_words),
		cmocka_unit_test(the_command_line_gives_texts_and_null_puts_back),
		cmocka_unit_test(secrets_are_neither_shown_nor_written_down),
		cmocka_unit_test(a_call_that_makes_no_sense_says_what_would),
		cmocka_unit_test(who_refuses_new_settings_goes_on_with_the_old_and_says_why),
		cmocka_unit_test(plugins_that_were_turned_off_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
