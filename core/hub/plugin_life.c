/* All plugins: the start, the stop, one coming or going while the hub runs, and a new config as a whole. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/plugin.h"
#include "hub/service.h"

/* Opens one at the start. What administrators changed is left out if it won't do, and told: the server is more than one plugin's settings. */
static enum wh_err
plugin_open_first(struct plugin *p)
{
	struct wh_conf_errors errors = { 0 };
	char path[sizeof "plugins." + PLUGIN_NAME];
	enum wh_err err = plugin_open(p);

	snprintf(path, sizeof path, "plugins.%s", p->name);
	if (err == WH_OK || p->hub->config == NULL || !wh_conf_file_changes(p->hub->config->file, path) ||
	    plugin_settings(p, p->hub->config, WH_CONF_UNCHANGED, &errors, &p->conf) != WH_OK) {
		wh_conf_errors_free(&errors);
		return err;
	}
	wh_log(p->hub->log, WH_ERROR, "changed_settings_left_out", WH_T("plugin", p->name), WH_T("why", p->error));
	p->state = PLUGIN_FOUND;
	return plugin_open(p);
}

/* Opens whatever of hub->plugins is PLUGIN_FOUND, in order. */
static void
plugins_open_found(struct hub *hub)
{
	struct plugins *ps = hub->plugins;
	struct plugin *of[PLUGINS_MAX];
	size_t n = ps->n, good;

	memcpy(of, ps->of, n * sizeof *of);
	good = plugins_sort(of, n);
	for (size_t i = 0; i < n; i++) {
		struct plugin *p = of[i];

		if (i >= good && p->state == PLUGIN_FAILED)
			wh_log(hub->log, WH_ERROR, "plugin_failed", WH_T("plugin", p->name), WH_T("why", p->error));
		if (p->state != PLUGIN_FOUND || plugin_open_first(p) == WH_OK)
			continue;
		/* Those behind it may have needed it. */
		for (size_t j = i + 1; j < good; j++)
			for (const char *const *need = of[j]->row.needs; need != NULL && *need != NULL; need++)
				if (of[j]->state == PLUGIN_FOUND && **need != '?' && service_offers(&p->row, *need))
					plugin_fail(of[j], "needs \"%s\", but the plugin %s %.300s", *need, p->name, p->error);
	}
}

static void
plugins_unload_failed(struct hub *hub)
{
	for (size_t i = 0; i < hub->plugins->n; i++)
		if (hub->plugins->of[i]->state == PLUGIN_FAILED)
			plugin_unload(hub->plugins->of[i]);
}

/* Makes and loads what the config names. */
static enum wh_err
plugins_load_config(struct hub *hub, const struct hub_config *config)
{
	struct wh_conf *conf;
	enum wh_err err = plugins_conf(config, 0, &conf);

	if (err != WH_OK)
		return err;
	for (size_t i = 0; i < wh_conf_count(conf, "plugins"); i++) {
		struct wh_str name = wh_conf_name(wh_conf_table(conf, "plugins", i));
		struct plugin *p = plugin_make(hub, name);

		if (p == NULL)
			wh_log(hub->log, WH_ERROR, "plugin_failed", WH_S("plugin", name), WH_T("why", "is no name of a plugin, or one too many"));
		else if (!p->built_in && p->state != PLUGIN_OPEN && p->library == NULL)
			plugin_load(p);
	}
	wh_conf_free(&conf);
	/* So that those who were turned off are seen, and can be turned on again. */
	for (unsigned i = 0; config != NULL && wh_conf_file_listed(config->file, "disable", i) != NULL; i++)
		(void)plugin_make(hub, wh_str(wh_conf_file_listed(config->file, "disable", i)));
	return WH_OK;
}

enum wh_err
plugins_start(struct hub *hub, const struct wh_plugin *const *built_in)
{
	struct wh_buf why = { 0 };
	enum wh_err err;

	hub->plugins = calloc(1, sizeof *hub->plugins);
	if (hub->plugins == NULL)
		return WH_ENOMEM;
	for (; built_in != NULL && *built_in != NULL; built_in++)
		if (plugin_add(hub, *built_in, &why) == NULL)
			wh_log(hub->log, WH_ERROR, "plugin_failed", WH_S("why", wh_buf_slice(&why)));
	wh_buf_free(&why);
	err = plugins_load_config(hub, hub->config);
	plugins_open_found(hub);
	plugins_unload_failed(hub);
	return err;
}

void
plugins_stop(struct hub *hub)
{
	struct plugins *ps = hub->plugins;

	if (ps == NULL)
		return;
	ps->stopping = true;
	while (ps->n_open != 0)
		plugin_close(ps->open[ps->n_open - 1], true);
	for (size_t i = 0; i < ps->n; i++) {
		plugin_unload(ps->of[i]);
		wh_conf_free(&ps->of[i]->conf);
		free(ps->of[i]);
	}
	free(ps);
	hub->plugins = NULL;
}

/* A sentence: the plugin's name and what is wrong with it. */
static void
plugin_say(const struct plugin *p, struct wh_buf *why)
{
	wh_buf_fmt(why, "the plugin %s %s", p->name, p->error);
}

static enum wh_err
plugin_open_one(struct plugin *p, struct wh_buf *why)
{
	struct plugins *ps = p->hub->plugins;
	struct plugin *of[PLUGINS_MAX];
	enum wh_err err;

	memcpy(of, ps->open, ps->n_open * sizeof *of);
	of[ps->n_open] = p;
	plugins_sort(of, ps->n_open + 1);
	err = p->state == PLUGIN_FOUND ? plugin_open(p) : WH_EINVAL;
	if (err != WH_OK) {
		plugin_say(p, why);
		plugin_unload(p);
	}
	return err;
}

enum wh_err
plugin_enable(struct hub *hub, struct wh_str name, struct wh_buf *why)
{
	struct plugin *p = plugin_make(hub, name);
	enum wh_err err;

	if (p == NULL) {
		wh_buf_fmt(why, "\"%.*s\" is no name of a plugin", name.n < PLUGIN_NAME ? (int)name.n : PLUGIN_NAME, name.p);
		return WH_EINVAL;
	}
	if (p->state == PLUGIN_OPEN) {
		wh_buf_fmt(why, "the plugin %s is enabled already", p->name);
		return WH_EEXIST;
	}
	err = p->built_in || p->library != NULL ? WH_OK : plugin_load(p);
	if (err != WH_OK) {
		plugin_say(p, why);
		return err;
	}
	p->state = PLUGIN_FOUND;
	return plugin_open_one(p, why);
}

static enum wh_err
plugin_may_close(struct hub *hub, struct wh_str name, bool for_good, struct plugin **p_out, struct wh_buf *why)
{
	struct plugin *p = *p_out = plugin_find(hub, name);
	const struct plugin *user;

	if (p == NULL || p->state != PLUGIN_OPEN) {
		wh_buf_fmt(why, "the plugin \"%.*s\" is not enabled", name.n < PLUGIN_NAME ? (int)name.n : PLUGIN_NAME, name.p);
		return WH_ENOENT;
	}
	if (p->built_in) {
		wh_buf_fmt(why, "the plugin %s is part of the server", p->name);
		return WH_EPERM;
	}
	user = plugin_needed_by(p);
	if (user == NULL)
		return WH_OK;
	wh_buf_fmt(why, "the plugin %s needs %s: %s it first", user->name, p->name, for_good ? "disable" : "stop");
	return WH_ESTATE;
}

enum wh_err
plugin_disable(struct hub *hub, struct wh_str name, struct wh_buf *why)
{
	struct plugin *p;
	enum wh_err err = plugin_may_close(hub, name, true, &p, why);

	if (err != WH_OK)
		return err;
	plugin_close(p, false);
	p->state = PLUGIN_DISABLED;
	plugin_unload(p);
	return WH_OK;
}

enum wh_err
plugin_reopen(struct hub *hub, struct wh_str name, struct wh_buf *why)
{
	struct plugin *p;
	enum wh_err err = plugin_may_close(hub, name, false, &p, why);

	if (err != WH_OK)
		return err;
	plugin_close(p, true);
	plugin_unload(p);
	err = plugin_load(p);
	if (err == WH_OK)
		return plugin_open_one(p, why);
	plugin_say(p, why);
	return err;
}
