/* The table of the plugin `server`, and the commands that tell what there is. */
#include "hub/core_commands.h"

#include <malloc.h>
#include <stdio.h>

#include "config.h"
#include "base/args.h"
#include "base/permit.h"
#include "hub/certificates.h"
#include "hub/command.h"
#include "hub/hub.h"
#include "hub/log_lines.h"
#include "hub/metric.h"
#include "hub/plugin.h"
#include "hub/reach.h"

enum wh_err
core_server_version(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	struct wh_json *w = wh_reply(call);

	wh_json_text(w, "name", "whiply");
	wh_json_text(w, "version", PACKAGE_VERSION);
	wh_json_int(w, "abi", WH_ABI);
	wh_json_uint(w, "epoch", hub->epoch);
	return WH_OK;
}

void
core_status(struct hub *hub, struct wh_json *w)
{
	size_t open = 0;

	for (size_t i = 0; i < hub->plugins->n; i++)
		open += hub->plugins->of[i]->state == PLUGIN_OPEN;
	wh_json_text(w, "version", PACKAGE_VERSION);
	wh_json_uint(w, "epoch", hub->epoch);
	wh_json_uint(w, "sessions", hub->sessions.n_attached);
	wh_json_uint(w, "detached", hub->sessions.n_detached);
	wh_json_uint(w, "rooms", hub->rooms.by_name.n);
	wh_json_uint(w, "plugins", open);
	wh_json_uint(w, "edges", hub->edges.n);
	wh_json_uint(w, "messages", hub->counts.messages);
	wh_json_uint(w, "requests", hub->counts.requests);
	wh_json_uint(w, "publishes", hub->counts.publishes);
	wh_json_uint(w, "memory_bytes", mallinfo2().uordblks);
	certificates_status(hub, w, "certificates");
}

/* The open connections of each edge, also of those that are drained: `keeper` has them by the same process. */
static void
status_edges(struct hub *hub, struct wh_json *w)
{
	wh_json_array(w, "connections");
	for (unsigned i = 0; i < hub->edges.n; i++) {
		const struct edge *edge = hub->edges.of[i];

		wh_json_object(w, NULL);
		wh_json_uint(w, "edge", edge->index);
		wh_json_uint(w, "process", edge->process);
		wh_json_uint(w, "open", wh_board_peer(edge->link, WH_EDGE_CONNECTIONS_HTTP) + wh_board_peer(edge->link, WH_EDGE_CONNECTIONS_WS) +
		    wh_board_peer(edge->link, WH_EDGE_CONNECTIONS_LINE));
		wh_json_end(w);
	}
	wh_json_end(w);
}

static void
status_told(struct hub *hub, void *self, uint64_t call_id, enum wh_err err, struct wh_str text)
{
	struct call *c = call_find(hub, call_id);

	(void)self;
	if (c == NULL)
		return;
	core_status(hub, call_reply(c));
	status_edges(hub, call_reply(c));
	if (err == WH_OK)
		wh_json_raw(call_reply(c), "keeper", text);
	call_done(c, WH_OK);
}

enum wh_err
core_server_status(void *self, struct wh_call *call)
{
	struct hub *hub = self;

	if (channel_ask_status(hub, status_told, NULL, wh_call_hold(call)) == WH_OK)
		return WH_WAIT;
	status_told(hub, NULL, call->id, WH_EAWAY, (struct wh_str){ NULL, 0 });
	return WH_WAIT;
}

static void
commands_field(struct wh_json *w, const struct wh_field *f)
{
	int64_t min, max;

	wh_args_bounds(f, &min, &max);
	wh_json_object(w, NULL);
	wh_json_text(w, "name", f->name);
	wh_json_text(w, "type", wh_args_type_name(f->type));
	wh_json_bool(w, "required", f->required);
	if (min != INT64_MIN)
		wh_json_int(w, "min", min);
	if (max != INT64_MAX)
		wh_json_int(w, "max", max);
	if (f->choices != NULL) {
		wh_json_array(w, "choices");
		for (const char *c = f->choices; *c != '\0'; c += strcspn(c, "|") + (c[strcspn(c, "|")] == '|'))
			wh_json_str(w, NULL, (struct wh_str){ c, strcspn(c, "|") });
		wh_json_end(w);
	}
	if (f->def != NULL)
		wh_json_text(w, "default", f->def);
	wh_json_text(w, "help", f->help != NULL ? f->help : "");
	wh_json_end(w);
}

static void
commands_row(struct wh_json *w, const struct command *c)
{
	static const char *const flags[] = { "audit", "reads", "local" };

	wh_json_object(w, NULL);
	wh_json_text(w, "name", c->row->name);
	wh_json_text(w, "help", c->row->help);
	wh_json_text(w, "plugin", c->plugin->name);
	wh_json_text(w, "allow", wh_permit_rung_name(c->row->allow));
	wh_json_array(w, "flags");
	for (unsigned i = 0; i < 3; i++)
		if ((c->row->flags & 1u << i) != 0)
			wh_json_text(w, NULL, flags[i]);
	wh_json_end(w);
	wh_json_array(w, "fields");
	for (const struct wh_field *f = c->row->fields; f != NULL && f->name != NULL; f++)
		commands_field(w, f);
	wh_json_end(w);
	wh_json_end(w);
}

enum wh_err
core_server_commands(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	const struct wh_session *s = wh_call_session(call);
	struct wh_json *w = wh_reply(call);

	wh_json_array(w, "commands");
	for (size_t i = 0; i < hub->commands->n; i++) {
		const struct command *c = hub->commands->sorted[i];

		/* What the caller may not do is not shown either: a list of what there is helps nobody but an attacker. */
		if (s->local || ((c->row->flags & WH_LOCAL) == 0 && reach_may(hub, s, wh_str(c->row->name), c->row->allow)))
			commands_row(w, c);
	}
	wh_json_end(w);
	return WH_OK;
}

static void
plugins_lying(void *self, struct wh_str name)
{
	struct wh_json *w = self;

	wh_json_object(w, NULL);
	wh_json_str(w, "name", name);
	wh_json_text(w, "state", "available");
	wh_json_end(w);
}

/* Was it enabled or disabled over the config file? */
static bool
plugin_was_changed(const struct hub *hub, const struct plugin *p)
{
	return hub->config != NULL && (wh_conf_file_lists(hub->config->file, "enable", wh_str(p->name)) ||
	    wh_conf_file_lists(hub->config->file, "disable", wh_str(p->name)));
}

enum wh_err
core_server_plugins(void *self, struct wh_call *call)
{
	static const char *const states[] = {
		[PLUGIN_FOUND] = "found", [PLUGIN_OPEN] = "open", [PLUGIN_CLOSING] = "closing", [PLUGIN_FAILED] = "failed",
		[PLUGIN_DISABLED] = "disabled",
	};
	struct hub *hub = self;
	struct wh_json *w = wh_reply(call);

	wh_json_array(w, "plugins");
	for (size_t i = 0; i < hub->plugins->n; i++) {
		const struct plugin *p = hub->plugins->of[i];

		wh_json_object(w, NULL);
		wh_json_text(w, "name", p->name);
		wh_json_text(w, "state", states[p->state]);
		wh_json_text(w, "version", p->row.version != NULL ? p->row.version : "");
		wh_json_uint(w, "memory_bytes", p->bytes);
		wh_json_bool(w, "changed", plugin_was_changed(hub, p));
		wh_json_text(w, "summary", p->error[0] != '\0' ? p->error : p->row.summary != NULL ? p->row.summary : "");
		wh_json_end(w);
	}
	plugins_lying_about(hub, plugins_lying, w);
	wh_json_end(w);
	return WH_OK;
}

/* What of the metrics was asked for. */
struct metrics_asked {
	struct wh_json *w;
	struct wh_str match;
};

static void
metrics_each(void *self, const struct wh_sample *s)
{
	struct metrics_asked *asked = self;
	uint64_t count = 0;

	if (asked->match.n != 0 && memmem(s->name, strlen(s->name), asked->match.p, asked->match.n) == NULL)
		return;
	for (size_t i = 0; s->type == WH_HISTOGRAM && i <= s->n_bounds; i++)
		count += s->counts[i];
	wh_json_object(asked->w, NULL);
	wh_json_text(asked->w, "name", s->name);
	wh_json_str(asked->w, "labels", s->labels);
	if (s->type == WH_HISTOGRAM) {
		wh_json_uint(asked->w, "count", count);
		wh_json_num(asked->w, "value", count != 0 ? s->sum / (double)count : 0);
	} else {
		wh_json_num(asked->w, "value", s->value);
	}
	wh_json_end(asked->w);
}

enum wh_err
core_server_metrics(void *self, struct wh_call *call)
{
	struct metrics_asked asked = { wh_reply(call), wh_arg_str(call, "match") };

	wh_json_array(asked.w, "metrics");
	metrics_read(self, metrics_each, &asked);
	wh_json_end(asked.w);
	return WH_OK;
}

static enum wh_err
core_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf;
	*self_out = plugin_of(host)->hub;
	return WH_OK;
}

static const struct wh_field field_plugin[] = {
	{ "plugin", WH_F_NAME, .required = true, .help = "its name" },
	{ 0 }
};

static const struct wh_field fields_reload[] = {
	{ "plugin", WH_F_NAME, .help = "only this plugin: its library is loaded anew" },
	{ 0 }
};

static const struct wh_field fields_settings[] = {
	{ "plugin", WH_F_NAME, .help = "only this plugin's" },
	{ "changed", WH_F_BOOL, .help = "only those that were changed over the config file" },
	{ 0 }
};

static const struct wh_field fields_set[] = {
	{ "plugin", WH_F_NAME, .required = true, .help = "whose" },
	{ "setting", WH_F_TEXT, .min = 1, .max = 200, .help = "its name; in a group with a point between, such as dns.timeout" },
	{ "value", WH_F_TEXT, .max = 16384, .help = "what it shall be, as in the config file but without the quotes; a list as JSON" },
	{ "settings", WH_F_OBJECT, .help = "or several at once, all or none: names and values; null puts one back" },
	{ 0 }
};

static const struct wh_field fields_unset[] = {
	{ "plugin", WH_F_NAME, .required = true, .help = "whose" },
	{ "setting", WH_F_TEXT, .min = 1, .max = 200, .help = "its name, or that of a group; without: all of the plugin's" },
	{ 0 }
};

static const struct wh_field fields_restart[] = {
	{ "what", WH_F_TEXT, .min = 1, .max = 64, .required = true, .help = "hub, edges, or helper NAME" },
	{ 0 }
};

static const struct wh_field fields_drain[] = {
	{ "edge", WH_F_INT, .min = 0, .max = 4095, .help = "the number of the edge, as in its process title; neither this nor `process`: all that serve" },
	{ "process", WH_F_INT, .min = 1, .max = 4095, .help = "its process, as in server.status; of one that is drained already the time is set anew" },
	{ "within", WH_F_DURATION, .def = "30s", .help = "how long its connections may go on" },
	{ 0 }
};

static const struct wh_field fields_keep[] = {
	{ "process", WH_F_INT, .min = 1, .max = 4095, .help = "the process, as in server.status; without: all that are drained" },
	{ 0 }
};

static const struct wh_field fields_log[] = {
	{ "level", WH_F_CHOICE, .choices = "debug|info|warn|error", .help = "from now on, until the hub restarts; without: says what it is" },
	{ 0 }
};

static const struct wh_field fields_metrics[] = {
	{ "match", WH_F_TEXT, .help = "only those whose name has this in it" },
	{ 0 }
};

static const struct wh_field field_session[] = {
	{ "session", WH_F_ID, .required = true, .help = "the session's id" },
	{ 0 }
};

static const struct wh_field fields_close[] = {
	{ "session", WH_F_ID, .required = true, .help = "the session's id" },
	{ "reason", WH_F_TEXT, .max = 120, .def = "closed by an operator", .help = "what its client is told" },
	{ 0 }
};

static const struct wh_field fields_name[] = {
	{ "name", WH_F_NAME, .required = true, .min = 1, .max = 32, .help = "what others see" },
	{ 0 }
};

static const struct wh_field fields_resume[] = {
	{ "token", WH_F_ID, .required = true, .help = "the token of the last welcome" },
	{ 0 }
};

static const struct wh_field fields_list[] = {
	{ "limit", WH_F_INT, .min = 1, .max = 1000, .def = "100", .help = "how many" },
	{ "after", WH_F_ID, .help = "go on behind this session: `next` of the page before" },
	{ 0 }
};

static const struct wh_command core_rows[] = {
	{ "server.version", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = core_server_version, .help = "what this server is" },
	{ "server.status", NULL, WH_ALLOW_ADMIN, .flags = WH_READS, .run = core_server_status, .help = "how the server is doing" },
	{ "server.commands", NULL, WH_ALLOW_GUEST, .rate = "2/s burst 30", .flags = WH_READS, .run = core_server_commands, .help = "the commands that you may run" },
	{ "server.plugins", NULL, WH_ALLOW_ADMIN, .flags = WH_READS, .run = core_server_plugins, .help = "the plugins, and how they are" },
	{ "server.metrics", fields_metrics, WH_ALLOW_ADMIN, .flags = WH_READS, .run = core_server_metrics, .help = "what is measured" },
	{ "server.listeners", NULL, WH_ALLOW_ADMIN, .flags = WH_READS, .run = core_server_listeners, .help = "where clients come in, and who is served there" },
	{ "server.enable", field_plugin, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_server_enable, .help = "load a plugin, now and at each start" },
	{ "server.disable", field_plugin, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_server_disable, .help = "unload a plugin, until it is enabled again" },
	{ "server.settings", fields_settings, WH_ALLOW_ADMIN, .flags = WH_READS, .run = core_server_settings, .help = "the plugins' settings, and where each comes from" },
	{ "server.set", fields_set, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_server_set, .help = "change a plugin's settings, over what the config file says" },
	{ "server.unset", fields_unset, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_server_unset, .help = "put a setting back to what the config file says" },
	{ "server.reload", fields_reload, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_server_reload, .help = "read the config anew, all of it or nothing" },
	{ "server.restart", fields_restart, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_server_restart, .help = "replace a process; nobody is disconnected by a restart of the hub" },
	{ "server.drain", fields_drain, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_server_drain, .help = "replace edges; their connections may go on for a while, then they are told to come again" },
	{ "server.drain.keep", fields_keep, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_server_drain_keep, .help = "let the connections of drained edges go on for as long as they last" },
	{ "server.log", fields_log, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_server_log, .help = "how much the hub logs" },
	{ "server.log.lines", core_log_lines_fields, WH_ALLOW_ADMIN, .rate = "5/s burst 20", .flags = WH_READS, .run = core_log_lines, .help = "the last lines of all processes' logs" },
	{ "server.log.follow", core_log_follow_fields, WH_ALLOW_ADMIN, .rate = "1/s burst 10", .flags = WH_AUDIT, .run = core_log_follow, .help = "be told of new lines of the logs: server.log.line" },
	{ "server.log.unfollow", NULL, WH_ALLOW_ADMIN, .run = core_log_unfollow, .help = "hear no more of them" },
	{ "session.ping", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = core_session_ping, .help = "the server's time" },
	{ "session.whoami", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = core_session_whoami, .help = "who you are here" },
	{ "session.name", fields_name, WH_ALLOW_GUEST, .rate = "1/s burst 5", .run = core_session_name, .help = "as a guest, give yourself another name" },
	{ "session.resume", fields_resume, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = core_session_resume, .help = "go on as the session that you were" },
	{ "session.list", fields_list, WH_ALLOW_ADMIN, .flags = WH_READS, .run = core_session_list, .help = "who is here" },
	{ "session.show", field_session, WH_ALLOW_ADMIN, .flags = WH_READS, .run = core_session_show, .help = "all about one session" },
	{ "session.close", fields_close, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = core_session_close, .help = "end a session" },
	{ 0 }
};

const struct wh_plugin core_plugin = {
	WH_PLUGIN("server", PACKAGE_VERSION, "the server itself"),
	.commands = core_rows,
	.open = core_open,
};
