/* Between command.c and call.c: how calls end with their command, and with the hub. */
#ifndef WHIPLY_HUB_CALL_H
#define WHIPLY_HUB_CALL_H

#include "hub/command.h"

/** Held calls of the plugin's commands fail with WH_EAWAY. */
void calls_end_of_plugin(struct hub *hub, const struct plugin *p);

/** All held calls do. */
void calls_end_all(struct hub *hub);

void calls_free_spare(struct commands *cs);

#endif
