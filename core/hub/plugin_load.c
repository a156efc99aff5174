/* From a name to a checked table: where libraries are looked for, and what is asked of them before anything of them is called. */
#include <dirent.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hub/plugin.h"
#include "ring/child.h"

#ifndef PLUGIN_PATH
#define PLUGIN_PATH "/usr/lib/whiply"
#endif

static const struct wh_setting plugins_rows[] = {
	{ "plugin_path", WH_STRINGS, .def = PLUGIN_PATH, .help = "folders in which plugins are looked for, in order" },
	{ "plugins", WH_FREE, .help = "the plugins that are enabled, each with its settings" },
	{ .name = NULL },
};

void
plugin_fail(struct plugin *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error, sizeof p->error, fmt, ap);
	va_end(ap);
	p->state = PLUGIN_FAILED;
}

static bool
plugin_name_ok(struct wh_str name)
{
	if (name.n == 0 || name.n > PLUGIN_NAME || name.p[0] < 'a' || name.p[0] > 'z')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-')
			return false;
	}
	return true;
}

struct plugin *
plugin_find(struct hub *hub, struct wh_str name)
{
	for (size_t i = 0; i < hub->plugins->n; i++)
		if (wh_str_is(name, hub->plugins->of[i]->name))
			return hub->plugins->of[i];
	return NULL;
}

struct plugin *
plugin_make(struct hub *hub, struct wh_str name)
{
	struct plugins *ps = hub->plugins;
	struct plugin *p = plugin_find(hub, name);

	if (p != NULL)
		return p;
	if (ps->n == PLUGINS_MAX || !plugin_name_ok(name))
		return NULL;
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return NULL;
	p->host.ops = &plugin_host_ops;
	p->hub = hub;
	p->state = PLUGIN_DISABLED;
	memcpy(p->name, name.p, name.n);
	wh_list_init(&p->runs);
	ps->of[ps->n++] = p;
	return p;
}

bool
plugin_take_row(struct plugin *p, const struct wh_plugin *row)
{
	uint32_t head[2];
	size_t size;

	/* Nothing else of the table means anything until these two are right. */
	memcpy(head, row, sizeof head);
	if (head[0] != WH_ABI) {
		plugin_fail(p, "is built for ABI %u, this server has %u: build it anew", head[0], WH_ABI);
		return false;
	}
	if (head[1] < offsetof(struct wh_plugin, reload) + sizeof row->reload) {
		plugin_fail(p, "has a table of %u bytes, which is less than any plugin's", head[1]);
		return false;
	}
	size = head[1] < sizeof p->row ? head[1] : sizeof p->row;
	p->row = (struct wh_plugin){ 0 };
	memcpy(&p->row, row, size);
	if (p->row.name == NULL || strcmp(p->row.name, p->name) != 0) {
		plugin_fail(p, "calls itself \"%.64s\"", p->row.name != NULL ? p->row.name : "");
		return false;
	}
	if (p->row.version == NULL || p->row.summary == NULL) {
		plugin_fail(p, "has no version or no summary");
		return false;
	}
	p->state = PLUGIN_FOUND;
	return true;
}

struct plugin *
plugin_add(struct hub *hub, const struct wh_plugin *row, struct wh_buf *why)
{
	struct plugin *p = plugin_make(hub, wh_str(row->name));

	if (p == NULL) {
		wh_buf_fmt(why, "there is no room for the plugin %s", row->name);
		return NULL;
	}
	p->built_in = true;
	if (plugin_take_row(p, row))
		return p;
	wh_buf_fmt(why, "%s %s", p->name, p->error);
	return NULL;
}

enum wh_err
plugins_conf(const struct hub_config *config, unsigned flags, struct wh_conf **conf_out)
{
	struct wh_conf_errors errors = { 0 };
	enum wh_err err;

	if (config != NULL)
		err = wh_conf_check(config->file, "", plugins_rows, WH_CONF_PART | flags, &errors, conf_out);
	else
		err = wh_conf_of_text("", plugins_rows, &errors, conf_out);
	wh_conf_errors_free(&errors);
	return err;
}

bool
plugins_conf_names(const struct wh_conf *conf, struct wh_str name)
{
	for (size_t i = 0; i < wh_conf_count(conf, "plugins"); i++)
		if (wh_str_eq(wh_conf_name(wh_conf_table(conf, "plugins", i)), name))
			return true;
	return false;
}

static void
lying_in(struct hub *hub, const char *folder, void (*each)(void *self, struct wh_str name), void *self)
{
	DIR *d = opendir(folder);
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		struct wh_str name = wh_str(e->d_name);

		if (name.n <= 3 || memcmp(name.p + name.n - 3, ".so", 3) != 0)
			continue;
		name.n -= 3;
		if (plugin_name_ok(name) && plugin_find(hub, name) == NULL)
			each(self, name);
	}
	if (d != NULL)
		(void)closedir(d);
}

void
plugins_lying_about(struct hub *hub, void (*each)(void *self, struct wh_str name), void *self)
{
	const char *given = hub->child != NULL ? hub->child->plugin_path : NULL;
	struct wh_conf *conf;

	if (given != NULL) {
		lying_in(hub, given, each, self);
		return;
	}
	if (plugins_conf(hub->config, 0, &conf) != WH_OK)
		return;
	for (size_t i = 0; i < wh_conf_count(conf, "plugin_path"); i++)
		lying_in(hub, wh_conf_item(conf, "plugin_path", i).p, each, self);
	wh_conf_free(&conf);
}

enum wh_err
plugin_settings(const struct plugin *p, const struct hub_config *config, unsigned flags, struct wh_conf_errors *errors,
    struct wh_conf **conf_out)
{
	static const struct wh_setting none[] = { { .name = NULL } };
	const struct wh_setting *table = p->row.settings != NULL ? p->row.settings : none;
	char path[sizeof "plugins." + PLUGIN_NAME];

	if (config == NULL)
		return wh_conf_of_text("", table, errors, conf_out);
	snprintf(path, sizeof path, "plugins.%s", p->name);
	return wh_conf_check(config->file, path, table, flags, errors, conf_out);
}

static bool
plugin_try(struct plugin *p, struct wh_str folder)
{
	int n = snprintf(p->path, sizeof p->path, "%.*s/%s.so", WH_FMT(folder), p->name);

	return n > 0 && (size_t)n < sizeof p->path && access(p->path, R_OK) == 0;
}

/* The keeper's --plugins goes before the config. */
static bool
plugin_look(struct plugin *p)
{
	const char *given = p->hub->child != NULL ? p->hub->child->plugin_path : NULL;
	struct wh_conf *conf;
	bool found = false;

	if (given != NULL)
		return plugin_try(p, wh_str(given));
	if (plugins_conf(p->hub->config, 0, &conf) != WH_OK)
		return false;
	for (size_t i = 0; i < wh_conf_count(conf, "plugin_path") && !found; i++)
		found = plugin_try(p, wh_conf_item(conf, "plugin_path", i));
	wh_conf_free(&conf);
	return found;
}

enum wh_err
plugin_load(struct plugin *p)
{
	const struct wh_plugin *row;

	assert(!p->built_in && p->library == NULL);
	if (!plugin_look(p)) {
		plugin_fail(p, "is nowhere in plugin_path");
		return WH_ENOENT;
	}
	p->library = dlopen(p->path, RTLD_NOW | RTLD_LOCAL);
	if (p->library == NULL) {
		plugin_fail(p, "cannot be loaded: %s", dlerror());
		return WH_EINVAL;
	}
	row = dlsym(p->library, "whiply_plugin");
	if (row == NULL)
		plugin_fail(p, "exports no whiply_plugin: %s", p->path);
	if (row != NULL && plugin_take_row(p, row))
		return WH_OK;
	dlclose(p->library);
	p->library = NULL;
	return WH_EINVAL;
}

void
plugin_unload(struct plugin *p)
{
	assert(p->state != PLUGIN_OPEN && p->depth == 0);
	p->row = (struct wh_plugin){ 0 };
	if (p->library != NULL)
		dlclose(p->library);
	p->library = NULL;
}
