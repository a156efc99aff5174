/* Plugins and the config: libraries that it names, settings that change, and a config that is refused as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/testing.h"
#include "hub/features.h"
#include "hub/role.h"
#include "hub/testing_features.h"

static struct {
	int opens, reloads, closes;
	int64_t size;
} seen;

static enum wh_err
tune_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)host, (void)self_out;
	seen.opens++;
	seen.size = wh_conf_int(conf, "size");
	return WH_OK;
}

static void
tune_close(void *self)
{
	(void)self;
	seen.closes++;
}

static enum wh_err
tune_reload(void *self, const struct wh_conf *conf)
{
	(void)self;
	seen.reloads++;
	seen.size = wh_conf_int(conf, "size");
	return WH_OK;
}

static const struct wh_setting tune_settings[] = {
	{ "size", WH_INT, .def = "1", .min = "1", .max = "9", .help = "how big" },
	{ "names", WH_STRINGS, .help = "whose" },
	{ .name = NULL },
};
static const struct wh_plugin tune = { WH_PLUGIN("tune", "1", "x"), .settings = tune_settings, .open = tune_open, .close = tune_close, .reload = tune_reload };
static const struct wh_plugin stiff = { WH_PLUGIN("stiff", "1", "x"), .settings = tune_settings, .open = tune_open, .close = tune_close };

static struct test_features *
begin(const char *config, const struct wh_plugin *plugin)
{
	const struct wh_plugin *const all[] = { plugin, NULL };
	struct test_features *f;

	memset(&seen, 0, sizeof seen);
	f = test_features_of(config, plugin != NULL ? all : NULL);
	/* As if it was a library; one that is open is not looked for. */
	if (plugin != NULL)
		plugin_find(f->hub, wh_str(plugin->name))->built_in = false;
	return f;
}

/* What RELOAD does. */
static enum wh_err
reload(struct test_features *f, const char *text)
{
	struct hub_config *next = test_config(text);
	struct wh_buf why = { 0 };
	enum wh_err err = hub_features.reload(f->hub, next, &why);

	snprintf(f->got, sizeof f->got, "%.*s", WH_FMT(wh_buf_slice(&why)));
	wh_buf_free(&why);
	if (err == WH_OK) {
		struct hub_config *old = f->hub->config;

		f->hub->config = next;
		next = old;
	}
	test_config_free(&next);
	return err;
}

static void
new_settings_are_handed_over_and_the_same_are_not(void **state)
{
	struct test_features *f = begin("state = \"/tmp\"; roles = { x = { allow = [ \"a.*\" ]; }; };", &tune);

	(void)state;
	assert_int_equal(seen.size, 1);
	assert_int_equal(reload(f, "plugins = { tune = { size = 7; names = [ \"a\" ]; }; };"), WH_OK);
	assert_int_equal(seen.reloads, 1);
	assert_int_equal(seen.size, 7);
	assert_false(role_known(f->hub, WH_STR("x")));
	assert_int_equal(reload(f, "# another text\nplugins = { tune = { names = [ \"a\" ]; size = 7; }; };"), WH_OK);
	assert_int_equal(seen.reloads, 1);
	assert_int_equal(seen.opens, 1);
	test_features_free(f);
	assert_int_equal(seen.closes, 1);
}

static void
who_cannot_reload_is_closed_and_opened(void **state)
{
	struct test_features *f = begin("state = \"/tmp\";", &stiff);

	(void)state;
	/* Part of a test and not a library: it can't be loaded anew, so it is enough that it was closed. */
	assert_int_equal(reload(f, "plugins = { stiff = { }; };"), WH_OK);
	assert_int_equal(seen.closes, 0);
	assert_int_equal(reload(f, "plugins = { stiff = { size = 2; }; };"), WH_OK);
	assert_int_equal(seen.closes, 1);
	test_features_free(f);
}

static void
a_bad_config_changes_nothing_and_all_errors_are_told(void **state)
{
	struct test_features *f = begin("state = \"/tmp\"; roles = { x = { allow = [ \"a.*\" ]; }; };", &tune);

	(void)state;
	assert_int_equal(reload(f, "plugins = {\n tune = { siez = 7; };\n nosuch = { };\n};\n"
	    "tokens = { bot = { sha256 = \"zz00000000000000000000000000000000000000000000000000000000000000\"; roles = [ \"nobody\" ]; }; };"), WH_EINVAL);
	assert_non_null(strstr(f->got, "siez"));
	assert_non_null(strstr(f->got, "test.conf:2:"));
	assert_non_null(strstr(f->got, "plugins.nosuch: is nowhere in plugin_path"));
	assert_non_null(strstr(f->got, "64 hexadecimal digits"));
	assert_non_null(strstr(f->got, "there is no role \"nobody\""));
	assert_int_equal(seen.size, 1);
	assert_int_equal(seen.closes, 0);
	assert_true(role_known(f->hub, WH_STR("x")));
	test_features_free(f);
}

static void
what_is_not_named_any_more_is_closed(void **state)
{
	struct test_features *f = begin("state = \"/tmp\";", &tune);

	(void)state;
	assert_int_equal(reload(f, "plugins = { };"), WH_OK);
	assert_int_equal(seen.closes, 1);
	assert_int_equal(plugin_find(f->hub, WH_STR("tune"))->state, PLUGIN_DISABLED);
	assert_int_equal(plugin_find(f->hub, WH_STR("server"))->state, PLUGIN_OPEN);
	test_features_free(f);
}

static void
a_line_client(struct test_features *f, uint32_t slot)
{
	struct wh_rec_opened r = { .conn = test_conn(f->e, slot), .transport = WH_TRANSPORT_LINE, .listener = 0 };

	assert_int_equal(wh_rec_opened_put(f->e->link->out, &r), WH_OK);
	test_features_turn(f);
}

static void
relay_joins_pages_and_lines_and_survives_being_loaded_anew(void **state)
{
	struct test_features *f;
	struct wh_session *s;

	(void)state;
	f = begin("plugin_path = [ \"" BUILT_PLUGINS "\" ]; listeners = ( { name = \"line\"; dialect = \"plain\"; } ); plugins = { relay = { }; };", NULL);
	s = test_ws(f, 0);
	a_line_client(f, 1);
	assert_non_null(strstr(f->got, "HELLO guest-"));
	assert_non_null(strstr(test_calls(f, 0, "relay.join", "{\"room\":\"both\"}"), "{\"room\":\"both\",\"members\":1,\"seq\":0}"));
	assert_non_null(strstr(test_says(f, 1, "JOIN both"), "OK JOIN {\"room\":\"both\",\"members\":2"));
	test_calls(f, 0, "relay.say", "{\"room\":\"both\",\"text\":\"from the page\",\"nonce\":\"n\"}");
	assert_non_null(strstr(f->got, "PUBLISH {\"jsonrpc\":\"2.0\",\"method\":\"relay.message\",\"params\":{\"room\":\"both\",\"seq\":1,"));
	assert_non_null(strstr(f->got, "PUBLISH MSG both 1 guest-"));
	assert_non_null(strstr(f->got, "{\"jsonrpc\":\"2.0\",\"result\":{\"seq\":1},\"id\":1}"));
	assert_non_null(strstr(test_says(f, 1, "SAY both from the line"), "PUBLISH MSG both 2 guest-"));
	assert_non_null(strstr(test_says(f, 1, "SAY nowhere x"), "ERR SAY join the room first"));
	/* Loaded anew, it still knows the nonce, for that stands in the session. */
	s->local = true;
	assert_non_null(strstr(test_calls(f, 0, "server.reload", "{\"plugin\":\"relay\"}"), "\"result\":{\"plugin\":\"relay\"}"));
	assert_non_null(strstr(test_calls(f, 0, "relay.say", "{\"room\":\"both\",\"text\":\"again\",\"nonce\":\"n\"}"), "\"result\":{\"seq\":1}"));
	assert_non_null(strstr(test_calls(f, 0, "server.disable", "{\"plugin\":\"relay\"}"), "\"result\""));
	assert_non_null(strstr(test_calls(f, 0, "relay.join", "{\"room\":\"both\"}"), "-32601"));
	assert_non_null(strstr(test_calls(f, 0, "server.enable", "{\"plugin\":\"relay\"}"), "\"result\""));
	assert_non_null(strstr(test_calls(f, 0, "relay.join", "{\"room\":\"other\"}"), "\"members\":1"));
	test_features_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_settings_are_handed_over_and_the_same_are_not),
		cmocka_unit_test(who_cannot_reload_is_closed_and_opened),
		cmocka_unit_test(a_bad_config_changes_nothing_and_all_errors_are_told),
		cmocka_unit_test(what_is_not_named_any_more_is_closed),
		cmocka_unit_test(relay_joins_pages_and_lines_and_survives_being_loaded_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
