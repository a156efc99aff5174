/* The plugin `server`: the commands of the server itself, server.* and session.*. Part of the program; opened first. Also what
 * the hub tells the keeper of its state. */
#ifndef WHIPLY_HUB_CORE_COMMANDS_H
#define WHIPLY_HUB_CORE_COMMANDS_H

#include <whiply/command.h>
#include <whiply/plugin.h>

struct hub;
struct wh_json;

extern const struct wh_plugin core_plugin;

/** The rows, by file. */
extern const struct wh_command core_server_commands[], core_control_commands[], core_session_commands[];

/** Writes the members of the status. */
void core_status(struct hub *hub, struct wh_json *w);

#endif
