/* Plugins: what a library's table must be, order, opening and closing at run time, and what is undone for them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"
#include "hub/command.h"
#include "hub/hook.h"
#include "hub/service.h"
#include "hub/testing_features.h"

static struct {
	const struct wh_host *host;
	int opens, closes, fired, done;
	bool closed_before_done;
	void *self_of_timer;
	wh_id call;
	char ran[64];
} seen;

static enum wh_err
note_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf;
	seen.host = host;
	seen.opens++;
	*self_out = wh_new(host, 100);
	*(const struct wh_host **)*self_out = host;
	return WH_OK;
}

static void
note_close(void *self)
{
	seen.closes++;
	wh_delete(*(const struct wh_host **)self, self);
}

/* Asks for its own unloading while it runs. */
static void
unload_me(struct hub *hub, void *self, uint64_t cookie)
{
	struct wh_buf why = { 0 };

	(void)self, (void)cookie;
	assert_int_equal(plugin_find(hub, WH_STR("note"))->depth, 0);
	plugin_close(plugin_find(hub, WH_STR("note")), false);
	wh_buf_free(&why);
}

static enum wh_err
note_leave(void *self, struct wh_call *call)
{
	struct plugin *p = plugin_of(call->host);

	(void)self;
	assert_int_equal(p->depth, 1);
	assert_int_equal(hub_at_turn_end(p->hub, unload_me, NULL, 0), WH_OK);
	assert_int_equal(seen.closes, 0);
	wh_json_bool(wh_reply(call), "left", true);
	return WH_OK;
}

static enum wh_err
note_hold(void *self, struct wh_call *call)
{
	(void)self;
	seen.call = wh_call_hold(call);
	return WH_WAIT;
}

static const struct wh_command note_commands[] = {
	{ "note.leave", NULL, WH_ALLOW_GUEST, .run = note_leave, .help = "unloads itself" },
	{ "note.hold", NULL, WH_ALLOW_GUEST, .run = note_hold, .help = "waits" },
	{ 0 }
};

static const struct wh_plugin note_plugin = {
	WH_PLUGIN("note", "1.0", "a test"),
	.commands = note_commands,
	.open = note_open,
	.close = note_close,
};

static const struct wh_plugin *const with_note[] = { &note_plugin, NULL };

static struct test_features *
begin(const struct wh_plugin *const *plugins)
{
	memset(&seen, 0, sizeof seen);
	return test_features_new(plugins);
}

static void
a_table_of_another_abi_is_refused_before_anything_else_is_read(void **state)
{
	struct test_features *f = begin(NULL);
	struct wh_plugin other = note_plugin;

	(void)state;
	other.abi = WH_ABI + 1;
	other.summary = (const char *)8;	/* whoever reads it crashes */
	other.commands = (const struct wh_command *)8;
	assert_int_equal(test_plugin_open(f, &other), WH_EINVAL);
	assert_non_null(strstr(f->got, "built for ABI 2, this server has 1"));
	other = note_plugin;
	other.size = 24;
	assert_int_equal(test_plugin_open(f, &other), WH_EINVAL);
	assert_non_null(strstr(f->got, "table of 24 bytes"));
	assert_int_equal(seen.opens, 0);
	test_features_free(f);
}

static void
a_plugin_that_was_built_later_is_taken_for_what_we_know_of_it(void **state)
{
	struct test_features *f = begin(NULL);
	struct { struct wh_plugin plugin; const char *more; } later = { note_plugin, "more" };

	(void)state;
	later.plugin.size = sizeof later;
	assert_int_equal(test_plugin_open(f, &later.plugin), WH_OK);
	assert_int_equal(seen.opens, 1);
	test_features_free(f);
}

static struct plugin *
found(struct test_features *f, const char *name, const char *const *needs, const struct wh_service *offers)
{
	const struct wh_plugin row = { WH_PLUGIN(name, "1", "x"), .needs = needs, .offers = offers };
	struct wh_buf why = { 0 };
	struct plugin *p = plugin_add(f->hub, &row, &why);

	assert_non_null(p);
	return p;
}

static void
plugins_stand_behind_what_they_need(void **state)
{
	static const char *const needs_store[] = { "store", NULL }, *const needs_chat[] = { "chat", "?x", NULL };
	static const struct wh_service offers_store[] = { { "store", 1, "table" }, { 0 } };
	struct test_features *f = begin(NULL);
	struct plugin *of[3];

	(void)state;
	of[0] = found(f, "bot", needs_chat, NULL);
	of[1] = found(f, "chat", needs_store, NULL);
	of[2] = found(f, "sqlite", NULL, offers_store);
	assert_int_equal(plugins_sort(of, 3), 3);
	assert_string_equal(of[0]->name, "sqlite");
	assert_string_equal(of[1]->name, "chat");
	assert_string_equal(of[2]->name, "bot");
	test_features_free(f);
}

static void
a_missing_need_and_a_circle_name_both_sides(void **state)
{
	static const char *const needs_store[] = { "store", NULL }, *const needs_b[] = { "b", NULL }, *const needs_a[] = { "a", NULL };
	static const char *const needs_chat[] = { "chat", NULL };
	struct test_features *f = begin(NULL);
	struct plugin *chat = found(f, "chat", needs_store, NULL), *a = found(f, "a", needs_b, NULL), *b = found(f, "b", needs_a, NULL);
	struct plugin *bot = found(f, "bot", needs_chat, NULL), *good = found(f, "good", NULL, NULL);
	struct plugin *of[] = { bot, chat, a, b, good };

	(void)state;
	assert_int_equal(plugins_sort(of, 5), 1);
	assert_ptr_equal(of[0], good);
	assert_string_equal(chat->error, "needs \"store\", which no enabled plugin offers");
	assert_non_null(strstr(bot->error, "needs \"chat\", but the plugin chat needs \"store\""));
	assert_true(strstr(a->error, "plugin b") != NULL && strstr(b->error, "plugin a") != NULL);
	test_features_free(f);
}

static const char *const needs_note[] = { "note", NULL };
static const struct wh_plugin user_plugin = { WH_PLUGIN("user", "1", "needs note"), .needs = needs_note };

static void
what_another_needs_is_not_closed(void **state)
{
	static const struct wh_plugin *const both[] = { &note_plugin, &user_plugin, NULL };
	struct test_features *f = begin(both);
	struct wh_buf why = { 0 };

	(void)state;
	plugin_find(f->hub, WH_STR("note"))->built_in = false;
	plugin_find(f->hub, WH_STR("user"))->built_in = false;
	assert_int_equal(plugin_disable(f->hub, WH_STR("note"), &why), WH_ESTATE);
	assert_string_equal(wh_buf_cstr(&why), "the plugin user needs note: disable it first");
	assert_int_equal(plugin_disable(f->hub, WH_STR("user"), &why), WH_OK);
	assert_int_equal(plugin_disable(f->hub, WH_STR("note"), &why), WH_OK);
	assert_int_equal(seen.closes, 1);
	assert_int_equal(plugin_disable(f->hub, WH_STR("note"), &why), WH_ENOENT);
	assert_int_equal(plugin_disable(f->hub, WH_STR("server"), &why), WH_EPERM);
	wh_buf_free(&why);
	test_features_free(f);
}

static void
a_plugin_that_unloads_itself_goes_when_the_turn_is_over(void **state)
{
	struct test_features *f = begin(with_note);

	(void)state;
	test_ws(f, 0);
	assert_non_null(strstr(test_calls(f, 0, "note.leave", "{}"), "{\"left\":true}"));
	assert_int_equal(seen.closes, 1);
	assert_non_null(strstr(test_calls(f, 0, "note.leave", "{}"), "-32601"));
	test_features_free(f);
}

static void
a_held_call_of_a_closed_plugin_fails(void **state)
{
	struct test_features *f = begin(with_note);

	(void)state;
	test_ws(f, 0);
	assert_string_equal(test_calls(f, 0, "note.hold", "{}"), "");
	plugin_close(plugin_find(f->hub, WH_STR("note")), false);
	test_features_turn(f);
	assert_non_null(strstr(f->got, "\"code\":\"away\""));
	assert_int_equal(f->hub->commands->calls.used, 0);
	test_features_free(f);
}

static void
busy_fired(void *self, uint64_t cookie)
{
	(void)cookie;
	seen.fired++;
	seen.self_of_timer = self;
}

static void
busy_work(void *request)
{
	*(int *)request = 7;
}

static void
busy_done(void *self, void *request)
{
	assert_non_null(self);
	assert_int_equal(*(int *)request, 7);
	seen.done++;
	seen.closed_before_done = seen.closes != 0;
}

static const struct wh_job busy_job = { .name = "busy.job", .size = sizeof(int), .work = busy_work, .done = busy_done };

static void busy_said(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	(void)self, (void)session, (void)cookie, (void)result;
	snprintf(seen.ran, sizeof seen.ran, "%d", err);
}

/* All that can be asked for before open has returned. */
static enum wh_err
busy_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	int request = 0;

	note_open(host, conf, self_out);
	assert_true(wh_timer_start(host, 10, 10, busy_fired, 0) != 0);
	assert_int_equal(wh_job_start(host, &busy_job, &request), WH_OK);
	return WH_OK;
}

static enum wh_verdict
busy_presence(void *self, struct wh_presence *p)
{
	(void)self, (void)p;
	return WH_HOLD;	/* may not: it passes */
}

static const struct wh_hook busy_hooks[] = { { WH_ON_PRESENCE, .presence = busy_presence }, { 0 } };
static const struct wh_metric busy_metrics[] = { { "whiply_busy_total", WH_COUNTER, .help = "x" }, { 0 } };
static const struct wh_service busy_offers[] = { { "busy", 3, "busy" }, { 0 } };
static const struct wh_plugin busy_plugin = {
	WH_PLUGIN("busy", "1", "does all"),
	.hooks = busy_hooks, .metrics = busy_metrics, .offers = busy_offers, .open = busy_open, .close = note_close,
};

static void
whatever_a_plugin_has_is_taken_back(void **state)
{
	static const struct wh_plugin *const busy[] = { &busy_plugin, NULL };
	struct test_features *f = begin(busy);
	struct plugin *p = plugin_find(f->hub, WH_STR("busy"));
	size_t hooks = f->hub->hooks->chains[WH_ON_PRESENCE].n;

	(void)state;
	wh_clock_advance(&f->t->clock, 15 * WH_NS_PER_MS);
	test_features_turn(f);
	assert_int_equal(seen.fired, 1);
	assert_ptr_equal(seen.self_of_timer, p->self);
	test_ws(f, 0);
	wh_run(seen.host, session_by_conn(f->hub, test_conn(f->e, 0)), "session.ping", NULL, 0, busy_said, 0);
	assert_string_equal(seen.ran, "0");
	assert_int_equal(p->bytes, 100);
	plugin_close(p, false);
	assert_int_equal(seen.done, 1);
	assert_false(seen.closed_before_done);
	assert_int_equal(seen.closes, 1);
	assert_int_equal(f->hub->hooks->chains[WH_ON_PRESENCE].n, hooks - 1);
	wh_clock_advance(&f->t->clock, 100 * WH_NS_PER_MS);
	test_features_turn(f);
	assert_int_equal(seen.fired, 1);
	assert_int_equal(plugin_open(p), WH_OK);
	assert_int_equal(seen.opens, 2);
	test_features_free(f);
}

static void
a_service_is_found_by_those_who_named_it(void **state)
{
	static const char *const needs_busy[] = { "busy", NULL };
	static const struct wh_plugin asker = { WH_PLUGIN("asker", "1", "x"), .needs = needs_busy }, stranger = { WH_PLUGIN("stranger", "1", "x") };
	static const struct wh_plugin *const all[] = { &busy_plugin, &asker, &stranger, NULL };
	struct test_features *f = begin(all);
	struct plugin *busy = plugin_find(f->hub, WH_STR("busy")), *p = plugin_find(f->hub, WH_STR("asker"));
	void *self;

	(void)state;
	assert_ptr_equal(wh_service_find(&p->host, "busy", 3, &self), busy_offers[0].table);
	assert_ptr_equal(self, busy->self);
	assert_null(wh_service_find(&p->host, "busy", 2, &self));
	assert_null(wh_service_find(&plugin_find(f->hub, WH_STR("stranger"))->host, "busy", 3, &self));
	test_features_free(f);
}

static enum wh_err
never_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf, (void)self_out;
	wh_timer_start(host, 1, 1, busy_fired, 0);
	return WH_EIO;
}

static void
a_plugin_that_does_not_open_leaves_nothing(void **state)
{
	static const struct wh_command twice[] = { { "note.hold", NULL, WH_ALLOW_GUEST, .run = note_hold, .help = "x" }, { 0 } };
	static const struct wh_plugin never = { WH_PLUGIN("never", "1", "x"), .open = never_open };
	static const struct wh_plugin clash = { WH_PLUGIN("clash", "1", "x"), .commands = twice, .hooks = busy_hooks, .open = note_open, .close = note_close };
	struct test_features *f = begin(with_note);
	size_t n = f->hub->commands->n;

	(void)state;
	assert_int_equal(test_plugin_open(f, &never), WH_EIO);
	wh_clock_advance(&f->t->clock, 15 * WH_NS_PER_MS);
	test_features_turn(f);
	assert_int_equal(seen.fired, 0);
	assert_int_equal(test_plugin_open(f, &clash), WH_EINVAL);
	assert_non_null(strstr(f->got, "the command note.hold is of plugin note already"));
	assert_int_equal(seen.closes, 1);
	assert_int_equal(f->hub->commands->n, n);
	assert_int_equal(f->hub->hooks->chains[WH_ON_PRESENCE].n, 0);
	test_features_free(f);
}

static void
plugins_come_and_go_by_command_but_only_here(void **state)
{
	struct test_features *f = begin(with_note);
	struct wh_session *s = test_ws(f, 0);

	(void)state;
	plugin_find(f->hub, WH_STR("note"))->built_in = false;
	assert_non_null(strstr(test_calls(f, 0, "server.disable", "{\"plugin\":\"note\"}"), "-32003"));
	s->local = true;
	assert_non_null(strstr(test_calls(f, 0, "server.disable", "{\"plugin\":\"note\"}"), "\"result\":{\"plugin\":\"note\"}"));
	assert_int_equal(seen.closes, 1);
	assert_non_null(strstr(test_calls(f, 0, "server.enable", "{\"plugin\":\"note\"}"), "nowhere in plugin_path"));
	assert_non_null(strstr(test_calls(f, 0, "server.plugins", "{}"), "\"name\":\"note\""));
	test_features_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_of_another_abi_is_refused_before_anything_else_is_read),
		cmocka_unit_test(a_plugin_that_was_built_later_is_taken_for_what_we_know_of_it),
		cmocka_unit_test(plugins_stand_behind_what_they_need),
		cmocka_unit_test(a_missing_need_and_a_circle_name_both_sides),
		cmocka_unit_test(what_another_needs_is_not_closed),
		cmocka_unit_test(a_plugin_that_unloads_itself_goes_when_the_turn_is_over),
		cmocka_unit_test(a_held_call_of_a_closed_plugin_fails),
		cmocka_unit_test(whatever_a_plugin_has_is_taken_back),
		cmocka_unit_test(a_service_is_found_by_those_who_named_it),
		cmocka_unit_test(a_plugin_that_does_not_open_leaves_nothing),
		cmocka_unit_test(plugins_come_and_go_by_command_but_only_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
