/* The life of the fake host: beginning, reloading, recovering, ending, with all plugins in the order in which they were opened. */
#include "testing/fake.h"

#include <dlfcn.h>
#include <stdlib.h>

struct wh_test *
wh_test_new(const struct wh_plugin *plugin)
{
	struct wh_test *t = fake_zero(sizeof *t);
	struct wh_list *const lists[] = { &t->plugins, &t->sessions, &t->rooms, &t->groups, &t->calls, &t->requests, &t->askings,
		&t->timers, &t->jobs, &t->lines, &t->values, &t->samples, &t->others, &t->roles, &t->sends, &t->helpers };

	t->now_ms = 1000000;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		wh_list_init(lists[i]);
	t->tested = fake_plugin_new(t, plugin->name, plugin);
	fake_plugin_check(t->tested);
	return t;
}

enum wh_err
wh_test_open(struct wh_test *t, const char *settings)
{
	struct fake_plugin *p = t->tested;
	enum wh_err err;

	if (p->open)
		fake_fault(p, "wh_test_open: it is open already");
	err = fake_settings(p, settings, &p->conf);
	if (err != WH_OK)
		return err;
	fake_settings_keep(p, settings);
	return fake_plugin_open(p);
}

struct wh_test *
wh_test_begin(const struct wh_plugin *plugin, const char *settings)
{
	struct wh_test *t = wh_test_new(plugin);
	enum wh_err err = wh_test_open(t, settings);

	if (err != WH_OK)
		fake_fault(t->tested, "it does not open (%d): %s", (int)err, wh_test_why(t));
	return t;
}

static void
needs_open(const struct wh_test *t, const char *function)
{
	if (!t->tested->open)
		fake_fault(t->tested, "%s: it is not open", function);
}

enum wh_err
wh_test_reload(struct wh_test *t, const char *settings)
{
	struct fake_plugin *p = t->tested;
	struct wh_conf *conf, *old;
	enum wh_err err;

	needs_open(t, "wh_test_reload");
	err = fake_settings(p, settings, &conf);
	if (err != WH_OK)
		return err;
	fake_settings_keep(p, settings);
	err = WH_ENOTSUP;
	if (p->row->reload != NULL) {
		fake_enter(t);
		err = p->row->reload(p->self, conf);
		fake_leave(t);
	}
	if (err == WH_OK) {
		old = p->conf;
		p->conf = conf;
		wh_conf_free(&old);
		return WH_OK;
	}
	if (err != WH_ENOTSUP) {
		wh_conf_free(&conf);
		return err;
	}
	fake_calls_drop(t, p, "the plugin is being reloaded");
	fake_requests_drop(t, p);
	fake_askings_drop(t, p);
	fake_plugin_close(p);
	p->conf = conf;
	return fake_plugin_open(p);
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
	return &t->tested->host;
}

void *
wh_test_self(struct wh_test *t)
{
	return t->tested->self;
}

void
wh_test_formula(struct wh_test *t, double (*play)(const double *args, size_t n))
{
	t->formula = play;
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

/* The last that was opened first: it may need those before it until its end. */
static void
close_all(struct wh_test *t)
{
	for (struct wh_list *link = t->plugins.prev; link != &t->plugins; link = link->prev) {
		struct fake_plugin *p = WH_CONTAINER(link, struct fake_plugin, place);

		if (p->open)
			fake_plugin_close(p);
		fake_slots_forget_free(p);
	}
}

static void
reopen_all(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->plugins) {
		struct fake_plugin *p = WH_CONTAINER(link, struct fake_plugin, place);

		if (fake_settings(p, p->settings, &p->conf) != WH_OK || fake_plugin_open(p) != WH_OK)
			fake_fault(p, "it does not open again after the hub died: %s", wh_test_why(t));
	}
}

void
wh_test_recover(struct wh_test *t)
{
	needs_open(t, "wh_test_recover");
	if (t->depth != 0)
		fake_fault(t->tested, "wh_test_recover is called from within a turn");
	t->recovering = true;
	WH_LIST_EACH(link, &t->sessions) {
		struct wh_session *s = WH_CONTAINER(link, struct wh_session, place);

		s->dirty = false;
		if (s->state == FAKE_DETACHED || s->state == FAKE_EPHEMERAL)
			fake_session_end(s, false);
	}
	fake_timers_drop(t, false);
	fake_calls_drop(t, NULL, "the server was restarted");
	fake_requests_drop(t, NULL);
	fake_askings_drop(t, NULL);
	/* What was under way is lost, but its memory has to be given back: `done` finds that nobody waits. */
	wh_test_run_jobs(t);
	fake_timers_drop(t, false);
	WH_LIST_EACH(link, &t->rooms)
		WH_CONTAINER(link, struct wh_room, place)->keep = false;
	close_all(t);
	fake_values_free(t);
	reopen_all(t);
	fake_groups_end_closed(t);
	fake_enter(t);
	WH_LIST_EACH(link, &t->sessions) {
		struct wh_session *s = WH_CONTAINER(link, struct wh_session, place);

		if (s->state == FAKE_ATTACHED)
			fake_load(t, s);
	}
	t->recovering = false;
	fake_tell_recovered(t);
	WH_LIST_EACH(link, &t->sessions) {
		struct wh_session *s = WH_CONTAINER(link, struct wh_session, place);

		if (s->state == FAKE_ATTACHED && s->dialect != NULL && s->dialect->recovered != NULL)
			s->dialect->recovered(s->speaker->self, s);
	}
	fake_leave(t);
}

#define FREE_ALL(list, type) \
	WH_LIST_EACH(link, (list)) \
		free(WH_CONTAINER(link, type, place))

/* Its code and tables are of no use from here on. */
static void
plugin_end(struct fake_plugin *p)
{
	void *library = p->library;

	fake_plugin_free(p);
	if (library != NULL)
		dlclose(library);
}

void
wh_test_end(struct wh_test **t_inout)
{
	struct wh_test *t = *t_inout;

	if (t == NULL)
		return;
	fake_calls_check(t);
	fake_requests_check(t);
	fake_askings_check(t);
	fake_jobs_check(t);
	close_all(t);
	fake_timers_drop(t, true);
	fake_calls_free(t);
	fake_requests_free(t);
	fake_rooms_free(t);
	fake_values_free(t);
	WH_LIST_EACH(link, &t->sessions)
		fake_session_free(WH_CONTAINER(link, struct wh_session, place));
	fake_askings_free(t);
	FREE_ALL(&t->lines, struct fake_line);
	FREE_ALL(&t->samples, struct fake_samples);
	FREE_ALL(&t->others, struct fake_others);
	FREE_ALL(&t->roles, struct fake_role);
	FREE_ALL(&t->sends, struct fake_send);
	FREE_ALL(&t->helpers, struct fake_helper);
	fake_folder_remove(t);
	wh_list_remove(&t->tested->place);
	plugin_end(t->tested);
	WH_LIST_EACH(link, &t->plugins)
		plugin_end(WH_CONTAINER(link, struct fake_plugin, place));
	wh_buf_free(&t->why);
	wh_buf_free(&t->unwell);
	wh_arena_free(&t->texts);
	free(t);
	*t_inout = NULL;
}
