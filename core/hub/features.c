/* The features above the core: started in the order in which they need each other, stopped the other way round. Stopping
 * disconnects nobody: connections, groups and papers stay with the edges, for the next hub. */
#include "hub/features.h"

#include <stdlib.h>

#include "hub/api.h"
#include "hub/certificates.h"
#include "hub/command.h"
#include "hub/control.h"
#include "hub/core_commands.h"
#include "hub/hook.h"
#include "hub/jsonrpc.h"
#include "hub/log_lines.h"
#include "hub/plugin.h"
#include "hub/role.h"
#include "hub/service.h"
#include "ring/child.h"

static const struct wh_plugin *const built_in[] = { &core_plugin, NULL };

/* What each plugin has, in every reading of the metrics. */
static void
features_metrics(struct hub *hub, struct metrics_page *page)
{
	struct wh_buf labels = { 0 };

	for (int which = 0; which < 2; which++)
		for (size_t i = 0; i < hub->plugins->n_open; i++) {
			const struct plugin *p = hub->plugins->open[i];

			wh_buf_reset(&labels);
			metrics_label(&labels, "plugin", wh_str(p->name));
			if (which == 0)
				metrics_sample(page, WH_GAUGE, "whiply_plugin_memory_bytes", "Memory that a plugin asked the host for.",
				    wh_buf_slice(&labels), (double)p->bytes);
			else
				metrics_sample(page, WH_GAUGE, "whiply_plugin_allocations", "Blocks of memory that a plugin has of the host.",
				    wh_buf_slice(&labels), (double)p->allocations);
		}
	wh_buf_free(&labels);
	metrics_sample(page, WH_GAUGE, "whiply_calls_held", "Calls that wait for their answer.", (struct wh_str){ NULL, 0 },
	    (double)hub->commands->n_held);
	metrics_sample(page, WH_GAUGE, "whiply_hooks_held", "Messages and joins that a hook holds.", (struct wh_str){ NULL, 0 },
	    (double)hub->hooks->n_held);
	metrics_sample(page, WH_GAUGE, "whiply_requests_open", "HTTP requests without an answer yet.", (struct wh_str){ NULL, 0 },
	    (double)hub->api->exchanges.used);
}

static enum wh_err
features_configure(struct hub *hub, const struct hub_config *config, struct wh_buf *why)
{
	struct wh_conf_errors errors = { 0 };
	struct api_config *api = NULL;
	enum wh_err err = roles_init(hub, config != NULL ? config->root : NULL);

	if (err != WH_OK)
		wh_buf_text(why, "roles: too many, or a name that is none\n");
	if (err == WH_OK && config != NULL)
		err = api_config_read(hub, config, &errors, &api);
	wh_conf_errors_format(&errors, why);
	wh_conf_errors_free(&errors);
	if (err != WH_OK)
		return err;
	api_config_free(&hub->api->config);
	hub->api->config = api;
	return WH_OK;
}

static enum wh_err
features_start(struct hub *hub)
{
	struct wh_buf why = { .max = 4096 };
	enum wh_err err;

	hub->services = calloc(1, sizeof *hub->services);
	if (hub->services == NULL)
		return WH_ENOMEM;
	if ((err = metrics_init(hub)) != WH_OK || (err = hooks_init(hub)) != WH_OK || (err = rates_init(hub)) != WH_OK ||
	    (err = commands_init(hub)) != WH_OK || (err = api_init(hub)) != WH_OK)
		return err;
	metrics_source_add(hub, features_metrics);
	metrics_source_add(hub, certificates_metrics);
	err = features_configure(hub, hub->config, &why);
	if (err != WH_OK)
		wh_log(hub->log, WH_ERROR, "config_refused", WH_S("why", wh_buf_slice(&why)), WH_I("err", err));
	wh_buf_free(&why);
	if (err == WH_OK)
		err = dialect_add(hub, &jsonrpc_dialect, NULL, hub);
	if (err == WH_OK)
		err = plugins_start(hub, built_in);
	if (err == WH_OK)
		err = control_init(hub, hub->child != NULL ? wh_child_socket(hub->child, WH_STR("control")) : -1);
	return err;
}

static void
features_stop(struct hub *hub)
{
	/* The papers as the plugins would have them, while they are here to write them: the next hub begins with these. */
	if (hub->hooks != NULL)
		sessions_turn_end(hub);
	if (hub->control != NULL)
		control_finish(hub);
	plugins_stop(hub);
	dialect_forget(hub, &jsonrpc_dialect, NULL);
	commands_finish(hub);
	log_lines_finish(hub);
	api_finish(hub);
	rates_finish(hub);
	roles_finish(hub);
	hooks_finish(hub);
	metrics_finish(hub);
	free(hub->services);
	hub->services = NULL;
}

static enum wh_err
features_reload(struct hub *hub, const struct hub_config *next, struct wh_buf *why)
{
	struct wh_buf ignored = { 0 };
	enum wh_err err = plugins_check(hub, next, why), configured = features_configure(hub, next, why);

	if (err == WH_OK)
		err = configured;
	if (err != WH_OK) {
		if (configured == WH_OK || hub->roles != NULL)
			features_configure(hub, hub->config, &ignored);
		wh_buf_free(&ignored);
		return err;
	}
	plugins_apply(hub, next, why);
	hub_settings_read(&hub->settings, next);
	rates_configure(hub);
	commands_rate(hub);
	return WH_OK;
}

static void
features_status(struct hub *hub, struct wh_buf *json)
{
	struct wh_json w;

	wh_json_begin(&w, json);
	wh_json_object(&w, NULL);
	core_status(hub, &w);
	wh_json_end(&w);
	if (!wh_json_finish(&w))
		json->failed = true;
}

static void
features_known(struct hub *hub, uint64_t session, const struct hook_refusal *why)
{
	session_known(hub, session, why == NULL);
}

static void
features_credential(struct hub *hub, struct wh_session *s, const struct hub_credential *c)
{
	if (hub->api != NULL)
		api_credential(hub, s, c, features_known, s->id);
	else
		session_known(hub, s->id, true);
}

static void
features_presence(struct hub *hub, struct wh_session *s, int what)
{
	/* In a start that failed, or at the very end. */
	if (hub->hooks == NULL || hub->commands == NULL)
		return;
	hook_presence(hub, s, what);
	if (what == WH_ENDED)
		commands_session_ended(hub, s->id);
}

static void
features_left(struct hub *hub, struct wh_room *r, struct wh_session *s, struct wh_str reason)
{
	if (hub->hooks != NULL)
		hook_left(hub, r, s, reason);
}

static void
features_save(struct hub *hub, struct wh_session *s, struct papers_parts *parts)
{
	if (hub->hooks != NULL)
		hook_save(hub, s, parts);
}

static void
features_load(struct hub *hub, struct wh_session *s, struct wh_str plugin, struct wh_str part)
{
	if (hub->hooks != NULL)
		hook_load(hub, s, plugin, part);
}

static void
features_recovered(struct hub *hub)
{
	if (hub->hooks != NULL)
		hook_recovered(hub);
}

static void
features_routes(struct hub *hub, void (*each)(struct edge *edge, const struct wh_rec_route *row), struct edge *edge)
{
	if (hub->api != NULL)
		api_routes(hub, each, edge);
}

static void
features_serve(struct hub *hub, const struct wh_rec_request *r)
{
	if (hub->api != NULL)
		api_serve(hub, r);
	else
		edge_respond(hub, r->conn, r->stream, 503, WH_STR("retry-after\0001\0"), (struct wh_str){ NULL, 0 }, 0);
}

static void
features_writable(struct hub *hub, wh_id conn)
{
	(void)hub, (void)conn;	/* answers wait in the edge; there is nothing that we would send only now */
}

static void
features_gone(struct hub *hub, wh_id conn)
{
	if (hub->api != NULL)
		api_gone(hub, conn);
}

static void
features_edge_gone(struct hub *hub, uint32_t process)
{
	if (hub->api != NULL)
		api_edge_gone(hub, process);
}

static void
features_job_took(struct hub *hub, const char *name, int64_t waited_us, int64_t ran_us)
{
	if (hub->metrics != NULL)
		metric_job(hub, name, waited_us, ran_us);
}

const struct hub_features hub_features = {
	.start = features_start,
	.stop = features_stop,
	.reload = features_reload,
	.status = features_status,
	.routes = features_routes,
	.credential = features_credential,
	.presence = features_presence,
	.left = features_left,
	.save = features_save,
	.load = features_load,
	.recovered = features_recovered,
	.serve = features_serve,
	.writable = features_writable,
	.gone = features_gone,
	.edge_gone = features_edge_gone,
	.job_took = features_job_took,
};
