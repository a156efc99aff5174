/* The commands that change the server. Plugins are opened and closed when the turn is over, where nothing of them is on the stack;
 * what the keeper does is asked of it, and answered when it answers. */
#include <stdio.h>

#include "base/conf_overlay.h"
#include "hub/command.h"
#include "hub/core_commands.h"
#include "hub/hub.h"
#include "hub/plugin.h"

typedef enum wh_err plugin_act(struct hub *hub, struct wh_str name, struct wh_buf *why);

static void
control_done(struct call *c, enum wh_err err, struct wh_str why)
{
	if (err != WH_OK)
		err = call_fail(c, err, why.n != 0 ? why : WH_STR("it can't be done"), 0);
	else
		wh_json_str(call_reply(c), "plugin", call_arg(c, "plugin")->s);
	call_done(c, err);
}

static void
control_act(struct hub *hub, wh_id call_id, plugin_act *act)
{
	struct call *c = call_find(hub, call_id);
	struct wh_buf why = { .max = PLUGIN_ERROR * 4 };
	enum wh_err err;

	if (c == NULL)
		return;
	err = act(hub, call_arg(c, "plugin")->s, &why);
	/* The act may have ended calls, though not those of this plugin. */
	c = call_find(hub, call_id);
	if (c != NULL)
		control_done(c, err, wh_buf_slice(&why));
	wh_buf_free(&why);
}

static bool
control_enables(const struct call *c)
{
	return c->command->row->run == core_server_enable;
}

/* What was done and could not be kept is undone: a start would not know of it. */
static void
control_kept(struct hub *hub, void *self, uint64_t call_id, enum wh_err err, struct wh_str text)
{
	struct call *c = call_find(hub, call_id);
	struct wh_buf ignored = { .max = PLUGIN_ERROR * 4 };

	(void)self;
	if (c == NULL)
		return;
	if (err != WH_OK && control_enables(c))
		(void)plugin_disable(hub, call_arg(c, "plugin")->s, &ignored);
	else if (err != WH_OK)
		(void)plugin_enable(hub, call_arg(c, "plugin")->s, &ignored);
	wh_buf_free(&ignored);
	control_done(c, err, text);
}

/* Has it kept over the config file, where that says otherwise. */
static enum wh_err
control_keep(struct hub *hub, struct call *c, bool enable, const char **why_out)
{
	struct wh_str name = call_arg(c, "plugin")->s;
	struct wh_overlay *overlay = NULL;
	struct wh_conf *file;
	bool named;
	enum wh_err err = plugins_conf(hub->config, WH_CONF_UNCHANGED, &file);

	*why_out = "out of memory";
	if (err != WH_OK)
		return err;
	named = plugins_conf_names(file, name);
	wh_conf_free(&file);
	err = wh_overlay_open(wh_snapshot_overlay(hub->config->snapshot), &overlay);
	if (err == WH_OK)
		err = wh_overlay_plugin(overlay, name, named == enable ? WH_OVERLAY_AS_FILE : enable ? WH_OVERLAY_ENABLED : WH_OVERLAY_DISABLED);
	if (err == WH_OK)
		err = core_overlay_ask(hub, overlay, control_kept, c->public.id, why_out);
	wh_overlay_free(&overlay);
	return err;
}

/* Is it named and yet not open? Then there is nothing to do but to keep it so. */
static bool
control_only_named(struct hub *hub, struct wh_str name)
{
	const struct plugin *p = plugin_find(hub, name);
	struct wh_conf *conf;
	bool named;

	if (p == NULL || p->state == PLUGIN_OPEN || plugins_conf(hub->config, 0, &conf) != WH_OK)
		return false;
	named = plugins_conf_names(conf, name);
	wh_conf_free(&conf);
	return named;
}

static void
control_turn(struct hub *hub, wh_id call_id, bool enable)
{
	struct call *c = call_find(hub, call_id);
	struct wh_buf why = { .max = PLUGIN_ERROR * 4 };
	const char *unkept = NULL;
	enum wh_err err = WH_OK;
	struct wh_str name;

	if (c == NULL)
		return;
	name = call_arg(c, "plugin")->s;
	if (enable)
		err = plugin_enable(hub, name, &why);
	else if (!control_only_named(hub, name))
		err = plugin_disable(hub, name, &why);
	c = call_find(hub, call_id);
	/* In tests there is no keeper that could keep it. */
	if (c != NULL && err == WH_OK && hub->child != NULL && hub->config != NULL) {
		err = control_keep(hub, c, enable, &unkept);
		if (err != WH_OK)
			control_kept(hub, NULL, call_id, err, wh_str(unkept));
	} else if (c != NULL) {
		control_done(c, err, wh_buf_slice(&why));
	}
	wh_buf_free(&why);
}

static void
control_enable(struct hub *hub, void *self, uint64_t call_id)
{
	(void)self;
	control_turn(hub, call_id, true);
}

static void
control_disable(struct hub *hub, void *self, uint64_t call_id)
{
	(void)self;
	control_turn(hub, call_id, false);
}

static void
control_reopen(struct hub *hub, void *self, uint64_t call_id)
{
	(void)self;
	control_act(hub, call_id, plugin_reopen);
}

static enum wh_err
control_later(struct hub *hub, struct wh_call *call, void (*run)(struct hub *hub, void *self, uint64_t cookie))
{
	wh_id id = wh_call_hold(call);

	if (hub_at_turn_end(hub, run, NULL, id) == WH_OK)
		return WH_WAIT;
	wh_call_done(call, wh_fail(call, WH_ENOMEM, "out of memory"));
	return WH_WAIT;
}

enum wh_err
core_server_enable(void *self, struct wh_call *call)
{
	return control_later(self, call, control_enable);
}

enum wh_err
core_server_disable(void *self, struct wh_call *call)
{
	if (wh_str_is(wh_arg_str(call, "plugin"), "server"))
		return wh_fail(call, WH_ESTATE, "the plugin server is the server itself");
	return control_later(self, call, control_disable);
}

static void
control_reloaded(struct hub *hub, void *self, uint64_t call_id, enum wh_err err, struct wh_str text)
{
	struct call *c = call_find(hub, call_id);

	(void)self;
	if (c == NULL)
		return;
	if (err != WH_OK)
		err = call_fail(c, err, text.n != 0 ? text : WH_STR("the config was refused; the log says why"), 0);
	else
		wh_json_bool(call_reply(c), "reloaded", true);
	call_done(c, err);
}

enum wh_err
core_server_reload(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	enum wh_err err;

	if (wh_arg_has(call, "plugin"))
		return control_later(hub, call, control_reopen);
	err = channel_ask_reload(hub, control_reloaded, NULL, wh_call_hold(call));
	if (err != WH_OK)
		wh_call_done(call, wh_fail(call, err, "the keeper can't be asked now"));
	return WH_WAIT;
}

/* The answer leaves in this turn; the asking follows at its end, and the hub is gone soon after. */
static void
control_restart(struct hub *hub, void *self, uint64_t call_id)
{
	struct call *c = call_find(hub, call_id);
	char what[65];

	(void)self;
	if (c == NULL)
		return;
	snprintf(what, sizeof what, "%.*s", WH_FMT(call_arg(c, "what")->s));
	wh_json_text(call_reply(c), "restarting", what);
	call_done(c, WH_OK);
	channel_ask_restart(hub, wh_str(what));
}

enum wh_err
core_server_restart(void *self, struct wh_call *call)
{
	struct wh_str what = wh_arg_str(call, "what");

	if (!wh_str_is(what, "hub") && !wh_str_is(what, "edges") && !wh_str_starts(what, WH_STR("helper ")))
		return wh_fail(call, WH_EINVAL, "what can be restarted: hub, edges, helper NAME");
	return control_later(self, call, control_restart);
}

static void
control_drained(struct hub *hub, void *self, uint64_t call_id, enum wh_err err, struct wh_str text)
{
	struct call *c = call_find(hub, call_id);

	(void)self;
	if (c == NULL)
		return;
	if (err != WH_OK)
		err = call_fail(c, err, text, 0);
	else
		wh_json_raw(call_reply(c), "edges", text);
	call_done(c, err);
}

static enum wh_err
control_drain(struct hub *hub, struct wh_call *call, struct channel_drain *drain)
{
	enum wh_err err;

	if (wh_arg_has(call, "process"))
		*drain = (struct channel_drain){ .process = (uint32_t)wh_arg_int(call, "process"), .ms = drain->ms, .keep = drain->keep };
	err = channel_ask_drain(hub, drain, control_drained, NULL, wh_call_hold(call));
	if (err != WH_OK)
		wh_call_done(call, wh_fail(call, err, "the keeper can't be asked now"));
	return WH_WAIT;
}

enum wh_err
core_server_drain(void *self, struct wh_call *call)
{
	const int64_t asked = wh_arg_int(call, "within"), most = 86400000, ms = asked < most ? asked : most;
	char edge[32] = "edges";

	if (wh_arg_has(call, "edge"))
		snprintf(edge, sizeof edge, "edge %lld", (long long)wh_arg_int(call, "edge"));
	wh_json_int(wh_reply(call), "within_ms", ms);
	return control_drain(self, call, &(struct channel_drain){ .text = wh_str(edge), .ms = (uint32_t)ms });
}

enum wh_err
core_server_drain_keep(void *self, struct wh_call *call)
{
	return control_drain(self, call, &(struct channel_drain){ .text = WH_STR("edges"), .keep = true });
}

enum wh_err
core_server_log(void *self, struct wh_call *call)
{
	struct hub *hub = self;

	if (wh_arg_has(call, "level"))
		wh_log_level_named(wh_arg_str(call, "level"), &hub->log->level);
	wh_json_text(wh_reply(call), "level", wh_log_level_name(hub->log->level));
	return WH_OK;
}
