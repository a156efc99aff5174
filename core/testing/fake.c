/* The life of the fake host: checking the plugin's tables, opening, reloading, recovering, closing, and what must not be left. */
#include "testing/fake.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/conf_errors.h"
#include "base/conf_snapshot.h"

static void
check_commands(const struct wh_test *t)
{
	for (const struct wh_command *c = t->plugin->commands; c != NULL && c->name != NULL; c++) {
		struct wh_rate rate;

		if (strchr(c->name, '.') == NULL)
			fake_fault(t, "the command \"%s\" is not named plugin.verb", c->name);
		if (c->run == NULL || c->help == NULL)
			fake_fault(t, "the command %s has no %s", c->name, c->run == NULL ? "function" : "help");
		if (c->allow < WH_ALLOW_GUEST || c->allow > WH_ALLOW_ADMIN)
			fake_fault(t, "the command %s does not say who is allowed", c->name);
		if (c->rate != NULL && wh_conf_parse_rate(wh_str(c->rate), &rate) != WH_OK)
			fake_fault(t, "the rate of %s is none: \"%s\"; write \"5/s burst 20\"", c->name, c->rate);
		for (const struct wh_field *f = c->fields; f != NULL && f->name != NULL; f++) {
			if (f->type < WH_F_TEXT || f->type > WH_F_OBJECT || f->help == NULL)
				fake_fault(t, "the field %s of %s has no %s", f->name, c->name, f->help == NULL ? "help" : "type");
			if (f->type == WH_F_CHOICE && f->choices == NULL)
				fake_fault(t, "the field %s of %s has no choices", f->name, c->name);
		}
	}
}

static void
check_tables(const struct wh_test *t)
{
	const struct wh_plugin *p = t->plugin;

	if (p->abi != WH_ABI || p->size != sizeof *p)
		fake_fault(t, "it is built for another ABI; begin its table with WH_PLUGIN");
	if (p->name == NULL || p->version == NULL || p->summary == NULL || p->open == NULL)
		fake_fault(t, "it lacks a name, version, summary or open");
	check_commands(t);
	for (const struct wh_route *r = p->routes; r != NULL && r->path != NULL; r++)
		if (r->method == NULL || r->path[0] != '/' || r->serve == NULL || r->allow < WH_ALLOW_GUEST || r->allow > WH_ALLOW_ADMIN)
			fake_fault(t, "the route %s lacks a method, a function, the first slash, or who is allowed", r->path);
	for (const struct wh_hook *h = p->hooks; h != NULL && h->point != 0; h++)
		if (h->point >= WH_HOOK_POINTS || h->order < 0 || h->order > 100 || h->message == NULL)
			fake_fault(t, "a hook lacks a point, a function, or an order from 0 to 100");
	for (const struct wh_metric *m = p->metrics; m != NULL && m->name != NULL; m++) {
		bool total = strlen(m->name) > 6 && strcmp(m->name + strlen(m->name) - 6, "_total") == 0;

		if (m->type < WH_COUNTER || m->type > WH_HISTOGRAM || m->help == NULL || total != (m->type == WH_COUNTER))
			fake_fault(t, "the metric %s lacks a type or help, or its name does not fit: counters alone end in _total", m->name);
	}
	for (const struct wh_dialect *d = p->dialects; d != NULL && d->name != NULL; d++)
		if (d->receive == NULL)
			fake_fault(t, "the dialect %s has no receive", d->name);
}

struct wh_test *
wh_test_new(const struct wh_plugin *plugin)
{
	struct wh_test *t = fake_zero(sizeof *t);
	struct wh_list *const lists[] = { &t->memory, &t->sessions, &t->rooms, &t->groups, &t->calls, &t->requests, &t->askings,
		&t->timers, &t->jobs, &t->slots, &t->lines, &t->values, &t->samples, &t->others, &t->roles, &t->sends, &t->helpers };

	t->host.ops = &fake_ops;
	t->plugin = plugin;
	t->now_ms = 1000000;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		wh_list_init(lists[i]);
	check_tables(t);
	return t;
}

/* Checks settings as the server does; t->why gets what is wrong. */
static enum wh_err
settings_read(struct wh_test *t, const char *settings, struct wh_conf **conf_out)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *snapshot = NULL;
	enum wh_err err;

	*conf_out = NULL;
	wh_buf_reset(&t->why);
	err = wh_snapshot_from_text("settings", wh_str(settings != NULL ? settings : ""), &errors, &snapshot);
	if (err == WH_OK)
		err = wh_conf_of_snapshot(snapshot, t->plugin->settings, 0, &errors, conf_out);
	wh_conf_errors_format(&errors, &t->why);
	wh_conf_errors_free(&errors);
	wh_snapshot_free(&snapshot);
	return err == WH_OK ? WH_OK : err == WH_ENOMEM ? err : WH_EINVAL;
}

/* What the plugin may not leave when it is closed, or could not be opened. */
static void
check_left(struct wh_test *t)
{
	size_t blocks = 0, bytes = 0;

	WH_LIST_EACH(link, &t->memory) {
		blocks++;
		bytes += WH_CONTAINER(link, struct fake_block, place)->n;
	}
	if (blocks != 0)
		fake_fault(t, "it was closed and left %zu bytes in %zu pieces of wh_new", bytes, blocks);
	fake_timers_check(t);
	WH_LIST_EACH(link, &t->groups) {
		const struct fake_group *g = WH_CONTAINER(link, struct fake_group, place);

		if (g->open)
			fake_fault(t, "it was closed and left the group \"%.*s\" open", WH_FMT(g->name));
	}
	fake_slots_release(t);
}

static enum wh_err
plugin_open(struct wh_test *t)
{
	enum wh_err err;

	fake_enter(t);
	t->opening = true;
	t->self = NULL;
	err = t->plugin->open(&t->host, t->conf, &t->self);
	t->opening = false;
	t->open = err == WH_OK;
	if (err != WH_OK) {
		wh_buf_reset(&t->why);
		wh_buf_text(&t->why, fake_err_text(err));
		check_left(t);
		wh_conf_free(&t->conf);
	}
	fake_slots_forget_free(t);
	fake_leave(t);
	return err;
}

static void
plugin_close(struct wh_test *t)
{
	fake_enter(t);
	t->open = false;
	if (t->plugin->close != NULL)
		t->plugin->close(t->self);
	t->self = NULL;
	check_left(t);
	wh_conf_free(&t->conf);
	fake_leave(t);
}

static void
settings_keep(struct wh_test *t, const char *settings)
{
	free(t->settings);
	t->settings = strdup(settings != NULL ? settings : "");
	if (t->settings == NULL)
		abort();
}

enum wh_err
wh_test_open(struct wh_test *t, const char *settings)
{
	enum wh_err err;

	if (t->open)
		fake_fault(t, "wh_test_open: it is open already");
	err = settings_read(t, settings, &t->conf);
	if (err != WH_OK)
		return err;
	settings_keep(t, settings);
	return plugin_open(t);
}

struct wh_test *
wh_test_begin(const struct wh_plugin *plugin, const char *settings)
{
	struct wh_test *t = wh_test_new(plugin);
	enum wh_err err = wh_test_open(t, settings);

	if (err != WH_OK)
		fake_fault(t, "it does not open (%d): %s", (int)err, wh_test_why(t));
	return t;
}

static void
needs_open(const struct wh_test *t, const char *function)
{
	if (!t->open)
		fake_fault(t, "%s: it is not open", function);
}

enum wh_err
wh_test_reload(struct wh_test *t, const char *settings)
{
	struct wh_conf *conf, *old;
	enum wh_err err;

	needs_open(t, "wh_test_reload");
	err = settings_read(t, settings, &conf);
	if (err != WH_OK)
		return err;
	settings_keep(t, settings);
	err = WH_ENOTSUP;
	if (t->plugin->reload != NULL) {
		fake_enter(t);
		err = t->plugin->reload(t->self, conf);
		fake_leave(t);
	}
	if (err == WH_OK) {
		old = t->conf;
		t->conf = conf;
		wh_conf_free(&old);
		return WH_OK;
	}
	if (err != WH_ENOTSUP) {
		wh_conf_free(&conf);
		return err;
	}
	fake_calls_drop(t, "the plugin is being reloaded");
	fake_requests_drop(t);
	fake_askings_drop(t);
	plugin_close(t);
	t->conf = conf;
	return plugin_open(t);
}

const char *
wh_test_why(const struct wh_test *t)
{
	const char *why = wh_buf_cstr((struct wh_buf *)(uintptr_t)&t->why);

	return why != NULL ? why : "";
}

const struct wh_host *
wh_test_host(struct wh_test *t)
{
	return &t->host;
}

void *
wh_test_self(struct wh_test *t)
{
	return t->self;
}

void
wh_test_no_memory(struct wh_test *t, unsigned nth)
{
	t->no_memory = nth;
}

size_t
wh_test_renders(const struct wh_test *t)
{
	return t->renders;
}

void
wh_test_recover(struct wh_test *t)
{
	needs_open(t, "wh_test_recover");
	if (t->depth != 0)
		fake_fault(t, "wh_test_recover is called from within a turn");
	t->recovering = true;
	WH_LIST_EACH(link, &t->sessions) {
		struct wh_session *s = WH_CONTAINER(link, struct wh_session, place);

		s->dirty = false;
		if (s->state == FAKE_DETACHED || s->state == FAKE_EPHEMERAL)
			fake_session_end(s, false);
	}
	fake_timers_drop(t, false);
	fake_calls_drop(t, "the server was restarted");
	fake_requests_drop(t);
	fake_askings_drop(t);
	/* What was under way is lost, but its memory has to be given back: `done` finds that nobody waits. */
	wh_test_run_jobs(t);
	fake_timers_drop(t, false);
	WH_LIST_EACH(link, &t->rooms)
		WH_CONTAINER(link, struct wh_room, place)->keep = false;
	plugin_close(t);
	fake_slots_forget_free(t);
	fake_values_free(t);
	if (settings_read(t, t->settings, &t->conf) != WH_OK || plugin_open(t) != WH_OK)
		fake_fault(t, "it does not open again after the hub died: %s", wh_test_why(t));
	fake_groups_end_closed(t);
	fake_enter(t);
	WH_LIST_EACH(link, &t->sessions) {
		struct wh_session *s = WH_CONTAINER(link, struct wh_session, place);

		if (s->state == FAKE_ATTACHED)
			fake_load(t, s);
	}
	t->recovering = false;
	fake_leave(t);
}

static int
folder_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

#define FREE_ALL(list, type) \
	WH_LIST_EACH(link, (list)) \
		free(WH_CONTAINER(link, type, place))

void
wh_test_end(struct wh_test **t_inout)
{
	struct wh_test *t = *t_inout;

	if (t == NULL)
		return;
	fake_calls_check(t);
	fake_requests_check(t);
	fake_askings_check(t);
	if (!wh_list_empty(&t->jobs))
		fake_fault(t, "at the end there are jobs that were not run; call wh_test_run_jobs");
	if (t->open)
		plugin_close(t);
	fake_slots_forget_free(t);
	fake_timers_drop(t, true);
	fake_calls_free(t);
	fake_requests_free(t);
	fake_rooms_free(t);
	fake_values_free(t);
	WH_LIST_EACH(link, &t->sessions)
		fake_session_free(WH_CONTAINER(link, struct wh_session, place));
	FREE_ALL(&t->askings, struct fake_asking);
	FREE_ALL(&t->lines, struct fake_line);
	FREE_ALL(&t->samples, struct fake_samples);
	FREE_ALL(&t->others, struct fake_others);
	FREE_ALL(&t->roles, struct fake_role);
	FREE_ALL(&t->sends, struct fake_send);
	FREE_ALL(&t->helpers, struct fake_helper);
	if (t->state_dir != NULL)
		nftw(t->state_dir, folder_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(t->state_dir);
	free(t->settings);
	wh_buf_free(&t->why);
	wh_buf_free(&t->unwell);
	wh_arena_free(&t->texts);
	free(t);
	*t_inout = NULL;
}
