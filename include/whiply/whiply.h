/* Everything that a plugin may see. Start with plugin.h; docs/plugins.md walks through an example. */
#ifndef WHIPLY_WHIPLY_H
#define WHIPLY_WHIPLY_H

#include <whiply/command.h>
#include <whiply/conf.h>
#include <whiply/dialect.h>
#include <whiply/dict.h>
#include <whiply/event.h>
#include <whiply/host.h>
#include <whiply/job.h>
#include <whiply/json.h>
#include <whiply/list.h>
#include <whiply/log.h>
#include <whiply/mask.h>
#include <whiply/metric.h>
#include <whiply/plugin.h>
#include <whiply/room.h>
#include <whiply/route.h>
#include <whiply/session.h>
#include <whiply/types.h>

#endif
