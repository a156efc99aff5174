/* Opening and closing one plugin: every row of its tables in, and every row out again. */
#include "hub/plugin.h"

#include <stdlib.h>

#include "hub/api.h"
#include "hub/command.h"
#include "hub/fault.h"
#include "hub/hook.h"
#include "hub/service.h"

/* Adds the rows that need the plugin's self. False: p->error says why; plugin_take_back undoes what was added. */
static bool
plugin_add_rows(struct plugin *p)
{
	struct hub *hub = p->hub;
	struct wh_buf why = { .max = PLUGIN_ERROR / 2 };
	enum wh_err err = WH_OK;
	const char *what = "services";

	for (const struct wh_service *s = p->row.offers; s != NULL && s->name != NULL && err == WH_OK; s++)
		err = service_add(hub, p, s);
	if (err == WH_OK) {
		what = "hooks";
		err = hooks_add(hub, p, p->row.hooks);
	}
	if (err == WH_OK) {
		what = "commands";
		err = commands_add(hub, p, p->row.commands, &why);
	}
	if (err == WH_OK) {
		what = "routes";
		err = api_add(hub, p, p->row.routes, p->row.trees, &why);
	}
	for (const struct wh_dialect *d = p->row.dialects; d != NULL && d->name != NULL && err == WH_OK; d++) {
		what = "dialects";
		err = dialect_add(hub, d, &p->host, p->self);
	}
	for (const struct wh_helper *h = p->row.helpers; h != NULL && h->name != NULL && err == WH_OK; h++) {
		what = "helpers";
		err = helper_add(hub, h, &p->host, p->self);
	}
	if (err != WH_OK)
		plugin_fail(p, "cannot add its %s%s%.*s (%d)", what, why.n != 0 ? ": " : "", WH_FMT(wh_buf_slice(&why)), err);
	wh_buf_free(&why);
	return err == WH_OK;
}

/* Removes all rows, and ends all that runs for the plugin. Dialects first: their clients are told farewell by the plugin itself. */
static void
plugin_take_back(struct plugin *p)
{
	struct hub *hub = p->hub;

	for (const struct wh_dialect *d = p->row.dialects; d != NULL && d->name != NULL; d++) {
		if (hub->plugins->stopping)
			dialect_forget(hub, d, &p->host);
		else
			dialect_remove(hub, d, &p->host);
	}
	for (const struct wh_helper *h = p->row.helpers; h != NULL && h->name != NULL; h++)
		helper_remove(hub, h, &p->host);
	api_remove(hub, p);
	commands_remove(hub, p);
	hooks_remove(hub, p);
	services_remove(hub, p);
	timers_stop_of(hub, &p->host);
	jobs_drain_of(hub, &p->host);
	timers_stop_of(hub, &p->host);
	plugin_host_forget(p);
}

/* What is left when no callback can come any more. */
static void
plugin_end(struct plugin *p, bool keep)
{
	struct hub *hub = p->hub;

	if (!keep)
		groups_close_of(hub, &p->host);
	session_slots_release(hub, &p->host, keep);
	metrics_remove(hub, &p->host);
	wh_conf_free(&p->conf);
	wh_buf_free(&p->folder);
	wh_buf_free(&p->scratch);
	if (p->allocations != 0)
		wh_log(hub->log, WH_WARN, "plugin_leaked", WH_T("plugin", p->name), WH_U("bytes", p->bytes), WH_U("times", p->allocations));
	p->bytes = p->allocations = 0;
	p->self = NULL;
	hub->plugins->changes++;
	edge_routes_changed(hub);
}

static enum wh_err
plugin_call_open(struct plugin *p)
{
	struct hub_running before = plugin_enter(p, "plugin open");
	struct wh_buf said = { .max = PLUGIN_ERROR / 2 };
	enum wh_err err;

	p->hears = &said;
	err = p->row.open != NULL ? p->row.open(&p->host, p->conf, &p->self) : WH_OK;
	p->hears = NULL;
	plugin_leave(p, before);
	if (err != WH_OK)
		plugin_fail(p, "could not be opened (%s)%s%.*s; see the log above", fault_of(err)->code, said.n != 0 ? ": " : "", WH_FMT(wh_buf_slice(&said)));
	wh_buf_free(&said);
	if (err != WH_OK)
		return err;
	/* What it started in there was started without it. */
	timers_set_self(p->hub, &p->host, p->self);
	jobs_set_self(p->hub, &p->host, p->self);
	return WH_OK;
}

enum wh_err
plugin_open(struct plugin *p)
{
	struct hub *hub = p->hub;
	struct plugins *ps = hub->plugins;
	struct wh_conf_errors errors = { 0 };
	struct wh_buf text = { .max = PLUGIN_ERROR };
	enum wh_err err;

	assert(p->state == PLUGIN_FOUND && ps->n_open < PLUGINS_MAX);
	err = p->conf != NULL ? WH_OK : plugin_settings(p, hub->config, 0, &errors, &p->conf);
	if (err != WH_OK) {
		wh_conf_errors_format(&errors, &text);
		plugin_fail(p, "has wrong settings: %.*s", WH_FMT(wh_buf_slice(&text)));
	} else {
		err = metrics_add(hub, &p->host, p->row.metrics);
		if (err != WH_OK)
			plugin_fail(p, "has a metric that is none, or whose name is taken");
	}
	wh_conf_errors_free(&errors);
	wh_buf_free(&text);
	if (err == WH_OK)
		err = plugin_call_open(p);
	if (err == WH_OK && !plugin_add_rows(p)) {
		err = WH_EINVAL;
		plugin_take_back(p);
		if (p->row.close != NULL)
			p->row.close(p->self);
	}
	if (err != WH_OK) {
		timers_stop_of(hub, &p->host);
		jobs_drain_of(hub, &p->host);
		plugin_end(p, false);
		wh_log(hub->log, WH_ERROR, "plugin_failed", WH_T("plugin", p->name), WH_T("why", p->error));
		return err;
	}
	p->state = PLUGIN_OPEN;
	p->error[0] = '\0';
	ps->open[ps->n_open++] = p;
	ps->changes++;
	edge_routes_changed(hub);
	wh_log(hub->log, WH_INFO, "plugin_opened", WH_T("plugin", p->name), WH_T("version", p->row.version));
	return WH_OK;
}

void
plugin_close(struct plugin *p, bool keep)
{
	struct plugins *ps = p->hub->plugins;
	struct hub_running before;
	size_t kept = 0;

	assert(p->state == PLUGIN_OPEN && p->depth == 0);
	p->state = PLUGIN_CLOSING;
	for (size_t i = 0; i < ps->n_open; i++)
		if (ps->open[i] != p)
			ps->open[kept++] = ps->open[i];
	ps->n_open = kept;
	plugin_take_back(p);
	before = plugin_enter(p, "plugin close");
	if (p->row.close != NULL)
		p->row.close(p->self);
	plugin_leave(p, before);
	timers_stop_of(p->hub, &p->host);
	plugin_end(p, keep);
	p->state = PLUGIN_FOUND;
	wh_log(p->hub->log, WH_INFO, "plugin_closed", WH_T("plugin", p->name));
}
