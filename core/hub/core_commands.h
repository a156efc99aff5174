/* The plugin `server`: the commands of the server itself, server.* and session.*. Part of the program; opened first. */
#ifndef WHIPLY_HUB_CORE_COMMANDS_H
#define WHIPLY_HUB_CORE_COMMANDS_H

#include <whiply/command.h>
#include <whiply/plugin.h>

#include "hub/keeper_link.h"

struct hub;
struct wh_json;
struct wh_overlay;

extern const struct wh_plugin core_plugin;

/** Writes the members of the hub's status: for server.status, and for the keeper. */
void core_status(struct hub *hub, struct wh_json *w);

/* The rows' functions, by file. `self` is the hub. */

/* core_commands.c: what there is. */
enum wh_err core_server_version(void *self, struct wh_call *call);
enum wh_err core_server_status(void *self, struct wh_call *call);
enum wh_err core_server_commands(void *self, struct wh_call *call);
enum wh_err core_server_plugins(void *self, struct wh_call *call);
enum wh_err core_server_metrics(void *self, struct wh_call *call);

/* core_control.c: what changes the server. */
enum wh_err core_server_enable(void *self, struct wh_call *call);
enum wh_err core_server_disable(void *self, struct wh_call *call);
enum wh_err core_server_reload(void *self, struct wh_call *call);
enum wh_err core_server_restart(void *self, struct wh_call *call);
enum wh_err core_server_drain(void *self, struct wh_call *call);
enum wh_err core_server_drain_keep(void *self, struct wh_call *call);
enum wh_err core_server_log(void *self, struct wh_call *call);

/* core_settings.c: plugins' settings. */
enum wh_err core_server_settings(void *self, struct wh_call *call);
enum wh_err core_server_set(void *self, struct wh_call *call);
enum wh_err core_server_unset(void *self, struct wh_call *call);

/** Asks the keeper for this overlay; `then` gets its answer and `call_id`. Else *why_out is a sentence. */
enum wh_err core_overlay_ask(struct hub *hub, const struct wh_overlay *overlay, keeper_answer *then, uint64_t call_id, const char **why_out);
/* core_listeners.c: where clients come in. */
enum wh_err core_server_listeners(void *self, struct wh_call *call);

/* core_session.c: sessions. */
enum wh_err core_session_ping(void *self, struct wh_call *call);
enum wh_err core_session_whoami(void *self, struct wh_call *call);
enum wh_err core_session_name(void *self, struct wh_call *call);
enum wh_err core_session_resume(void *self, struct wh_call *call);
enum wh_err core_session_list(void *self, struct wh_call *call);
enum wh_err core_session_show(void *self, struct wh_call *call);
enum wh_err core_session_close(void *self, struct wh_call *call);

#endif
