/* A new config: first everything about the plugins is checked, and nothing changed; then what goes is closed, what stays is given its
 * new settings if they are others, and what is new is opened. */
#include <stdio.h>

#include "hub/fault.h"
#include "hub/plugin.h"
#include "hub/service.h"

static bool
conf_names(const struct wh_conf *conf, const char *name)
{
	return plugins_conf_names(conf, wh_str(name));
}

/* Plugins that are not open and that `next` names: loads them, so that their tables are known. */
static void
check_new(struct hub *hub, const struct wh_conf *conf, struct wh_buf *why)
{
	for (size_t i = 0; i < wh_conf_count(conf, "plugins"); i++) {
		struct wh_str name = wh_conf_name(wh_conf_table(conf, "plugins", i));
		struct plugin *p = plugin_make(hub, name);

		if (p == NULL)
			wh_buf_fmt(why, "plugins.%.*s: is no name of a plugin, or one too many\n", WH_FMT(name));
		else if (!p->built_in && p->state != PLUGIN_OPEN && p->library == NULL && plugin_load(p) != WH_OK)
			wh_buf_fmt(why, "plugins.%s: %s\n", p->name, p->error);
		else if (p->state != PLUGIN_OPEN && !p->built_in)
			p->state = PLUGIN_FOUND;
	}
}

static void
check_settings(struct hub *hub, const struct hub_config *next, const struct wh_conf *conf, struct wh_buf *why)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_conf *group;

	for (size_t i = 0; i < hub->plugins->n; i++) {
		struct plugin *p = hub->plugins->of[i];

		if ((p->state != PLUGIN_OPEN && p->state != PLUGIN_FOUND) || !conf_names(conf, p->name))
			continue;
		if (plugin_settings(p, next, 0, &errors, &group) == WH_OK)
			wh_conf_free(&group);
	}
	wh_conf_errors_format(&errors, why);
	wh_conf_errors_free(&errors);
}

/* Would each find what it needs? Told on copies of the state, which is put back. */
static void
check_needs(struct hub *hub, const struct wh_conf *conf, struct wh_buf *why)
{
	struct plugin *of[PLUGINS_MAX];
	enum plugin_state before[PLUGINS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < hub->plugins->n; i++) {
		struct plugin *p = hub->plugins->of[i];

		before[i] = p->state;
		if (p->built_in || conf_names(conf, p->name))
			of[n++] = p;
	}
	plugins_sort(of, n);
	for (size_t i = 0; i < hub->plugins->n; i++) {
		struct plugin *p = hub->plugins->of[i];

		if (p->state == PLUGIN_FAILED && before[i] != PLUGIN_FAILED) {
			wh_buf_fmt(why, "plugins.%s: %s\n", p->name, p->error);
			p->state = before[i];
		}
	}
}

/* What was loaded only to be looked at goes again. */
static void
unload_closed(struct hub *hub)
{
	for (size_t i = 0; i < hub->plugins->n; i++) {
		struct plugin *p = hub->plugins->of[i];

		if (p->state == PLUGIN_OPEN || p->built_in)
			continue;
		if (p->state != PLUGIN_FAILED)
			p->state = PLUGIN_DISABLED;
		plugin_unload(p);
	}
}

enum wh_err
plugins_check(struct hub *hub, const struct hub_config *next, struct wh_buf *why)
{
	size_t n = why->n;
	struct wh_conf *conf;
	enum wh_err err = plugins_conf(next, 0, &conf);

	if (err != WH_OK)
		return err;
	check_new(hub, conf, why);
	check_settings(hub, next, conf, why);
	check_needs(hub, conf, why);
	wh_conf_free(&conf);
	unload_closed(hub);
	return why->n != n ? WH_EINVAL : WH_OK;
}

static void conf_print(struct wh_buf *to, const struct wh_conf *c, const struct wh_setting *table);

static void
conf_print_groups(struct wh_buf *to, const struct wh_conf *c, const struct wh_setting *row)
{
	size_t n = wh_conf_count(c, row->name);

	if (row->type == WH_TABLE) {
		conf_print(to, wh_conf_table(c, row->name, 0), row->table);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct wh_conf *group = wh_conf_table(c, row->name, i);

		if (row->type == WH_FREE) {
			wh_buf_str(to, wh_conf_name(group));
			wh_buf_byte(to, '=');
		}
		if (row->table != NULL)
			conf_print(to, group, row->table);
	}
}

/* All that a group says, as text in which different settings look different. */
static void
conf_print(struct wh_buf *to, const struct wh_conf *c, const struct wh_setting *table)
{
	struct wh_rate rate;
	struct wh_str s;

	wh_buf_byte(to, '{');
	for (const struct wh_setting *row = table; row != NULL && row->name != NULL; row++) {
		wh_buf_fmt(to, "%s:", row->name);
		switch (row->type) {
		case WH_BOOL:
			wh_buf_i64(to, wh_conf_bool(c, row->name));
			break;
		case WH_INT:
		case WH_SIZE:
		case WH_DURATION:
			wh_buf_i64(to, wh_conf_int(c, row->name));
			break;
		case WH_NUMBER:
			wh_buf_fmt(to, "%.17g", wh_conf_number(c, row->name));
			break;
		case WH_STRING:
		case WH_CHOICE:
			s = wh_conf_str(c, row->name);
			wh_buf_fmt(to, "%zu ", s.n);
			wh_buf_str(to, s);
			break;
		case WH_RATE:
			rate = wh_conf_rate(c, row->name);
			wh_buf_fmt(to, "%u/%lld %u", rate.count, (long long)rate.per_ms, rate.burst);
			break;
		case WH_STRINGS:
		case WH_NETWORKS:
			for (size_t i = 0; i < wh_conf_count(c, row->name); i++) {
				s = wh_conf_item(c, row->name, i);
				wh_buf_fmt(to, "%zu ", s.n);
				wh_buf_str(to, s);
			}
			break;
		case WH_TABLE:
		case WH_TABLES:
		case WH_FREE:
			conf_print_groups(to, c, row);
			break;
		}
		wh_buf_byte(to, ';');
	}
	wh_buf_byte(to, '}');
}

static bool
conf_same(const struct wh_conf *a, const struct wh_conf *b, const struct wh_setting *table)
{
	struct wh_buf x = { 0 }, y = { 0 };
	bool same;

	conf_print(&x, a, table);
	conf_print(&y, b, table);
	same = !x.failed && !y.failed && wh_str_eq(wh_buf_slice(&x), wh_buf_slice(&y));
	wh_buf_free(&x);
	wh_buf_free(&y);
	return same;
}

/* Gives an open plugin its new settings. False: it has to be closed and opened. */
static bool
plugin_take_settings(struct plugin *p, struct wh_conf **take_conf, struct wh_buf *why)
{
	struct wh_buf said = { .max = PLUGIN_ERROR };
	struct hub_running before;
	struct wh_conf *old = p->conf;
	enum wh_err err;

	if (p->row.reload == NULL)
		return false;
	before = plugin_enter(p, "plugin reload");
	p->hears = &said;
	err = p->row.reload(p->self, *take_conf);
	p->hears = NULL;
	/* One that refuses may have taken half of it. */
	if (err != WH_OK && err != WH_ENOTSUP && p->row.reload(p->self, old) != WH_OK)
		wh_log(p->hub->log, WH_ERROR, "plugin_refuses_its_old_settings", WH_T("plugin", p->name));
	plugin_leave(p, before);
	if (err == WH_OK) {
		p->conf = *take_conf;
		*take_conf = NULL;
		wh_conf_free(&old);
		wh_log(p->hub->log, WH_INFO, "plugin_reloaded", WH_T("plugin", p->name));
	} else if (err != WH_ENOTSUP) {
		wh_log(p->hub->log, WH_ERROR, "plugin_keeps_old_settings", WH_T("plugin", p->name), WH_I("err", err));
		wh_buf_fmt(why, "plugins.%s: refuses its new settings and goes on with the old ones (%s)%s%.*s\n", p->name, fault_of(err)->code,
			said.n != 0 ? ": " : "", WH_FMT(wh_buf_slice(&said)));
	}
	wh_buf_free(&said);
	return err != WH_ENOTSUP;
}

/* Closes those that need p, and p; what is closed is opened again with the others, in order. */
static void
plugin_close_chain(struct plugin *p)
{
	const struct plugin *user;

	while ((user = plugin_needed_by(p)) != NULL)
		plugin_close_chain(plugin_find(p->hub, wh_str(user->name)));
	plugin_close(p, true);
}

static void
plugin_renew(struct plugin *p, const struct hub_config *next, struct wh_buf *why)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_conf *conf;

	if (plugin_settings(p, next, 0, &errors, &conf) == WH_OK) {
		if (!conf_same(p->conf, conf, p->row.settings) && !plugin_take_settings(p, &conf, why))
			plugin_close_chain(p);
		wh_conf_free(&conf);
	}
	wh_conf_errors_free(&errors);
}

static void
close_unnamed(struct hub *hub, const struct wh_conf *conf)
{
	struct plugins *ps = hub->plugins;

	for (size_t i = ps->n_open; i-- > 0;) {
		struct plugin *p = ps->open[i];

		if (p->built_in || conf_names(conf, p->name))
			continue;
		plugin_close_chain(p);
		p->state = PLUGIN_DISABLED;
		plugin_unload(p);
		i = ps->n_open;
	}
}

/* Opens one; if it was open before, then with its old settings where the new ones won't do. */
static void
plugin_open_again(struct plugin *p, const struct hub_config *old, bool was_open, struct wh_buf *why)
{
	struct wh_conf_errors errors = { 0 };

	if (plugin_open(p) == WH_OK)
		return;
	wh_buf_fmt(why, "plugins.%s: %s\n", p->name, p->error);
	if (!was_open || plugin_settings(p, old, 0, &errors, &p->conf) != WH_OK) {
		wh_conf_errors_free(&errors);
		return;
	}
	wh_log(p->hub->log, WH_ERROR, "plugin_keeps_old_settings", WH_T("plugin", p->name));
	p->state = PLUGIN_FOUND;
	(void)plugin_open(p);
}

void
plugins_apply(struct hub *hub, const struct hub_config *next, struct wh_buf *why)
{
	struct hub_config *before = hub->config;
	struct plugins *ps = hub->plugins;
	struct plugin *of[PLUGINS_MAX], *was[PLUGINS_MAX];
	struct wh_conf *conf;
	size_t n = 0, n_was = ps->n_open, good;

	if (plugins_conf(next, 0, &conf) != WH_OK)
		return;
	memcpy(was, ps->open, n_was * sizeof *was);
	close_unnamed(hub, conf);
	for (size_t i = 0; i < ps->n; i++)
		if (ps->of[i]->state == PLUGIN_OPEN && !ps->of[i]->built_in)
			plugin_renew(ps->of[i], next, why);
	/* What is opened now reads its settings from the config that will be in force. */
	hub->config = (struct hub_config *)(uintptr_t)next;
	for (size_t i = 0; i < ps->n; i++) {
		struct plugin *p = ps->of[i];

		if (!p->built_in && !conf_names(conf, p->name))
			continue;
		if (!p->built_in && p->state != PLUGIN_OPEN && p->library == NULL && plugin_load(p) != WH_OK)
			wh_log(hub->log, WH_ERROR, "plugin_failed", WH_T("plugin", p->name), WH_T("why", p->error));
		of[n++] = p;
	}
	good = plugins_sort(of, n);
	for (size_t i = 0; i < good; i++) {
		bool was_open = false;

		for (size_t j = 0; j < n_was; j++)
			was_open |= was[j] == of[i];
		if (of[i]->state == PLUGIN_FOUND)
			plugin_open_again(of[i], before, was_open, why);
	}
	hub->config = before;
	wh_conf_free(&conf);
	unload_closed(hub);
}
