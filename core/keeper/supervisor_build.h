/* What the files of the supervisor share: supervisor.c (life and death), supervisor_links.c (who talks to whom),
 * supervisor_told.c (what children say). */
#ifndef WHIPLY_KEEPER_SUPERVISOR_BUILD_H
#define WHIPLY_KEEPER_SUPERVISOR_BUILD_H

#include "keeper/supervisor.h"

#define CHILD_OF(at) WH_CONTAINER(at, struct child, link)

static inline bool
child_lives(const struct child *c)
{
	return c->process != 0;
}

int64_t supervisor_now(const struct supervisor *s);

/** A child that does not take messages is of no use: it is killed. */
void child_send(struct supervisor *s, struct child *c, const struct wh_channel_msg *m);
void child_kill(struct supervisor *s, struct child *c, const char *why);

/** Adds a place for a child; NULL: no memory. */
struct child *child_add(struct supervisor *s, enum child_kind kind, uint32_t index, const char *name);

/** Forks it and sends START; a failure counts as a death. */
void child_start(struct supervisor *s, struct child *c);

/** Gives an edge or helper a fresh link with the hub, if there is one; tells both. */
void child_join(struct supervisor *s, struct child *c);

/** Tells a new hub of all edges, and of what they shared with the hubs before it. */
void hub_join_all(struct supervisor *s, struct child *hub);

/** The hub died: its links become leftovers, its helpers end. */
void hub_died(struct supervisor *s);

/** The hub is well: lets go of the leftovers of edges that are served by it. */
void leftovers_free(struct supervisor *s);

/** An edge or helper died. */
void child_part(struct supervisor *s, struct child *c);

/** An edge takes no new connections, and its clients are told to go after `ms`. */
void edge_leave(struct supervisor *s, struct child *c, uint32_t ms);

/** A new edge in the place of one that is drained for `ms`. */
void edge_replace(struct supervisor *s, struct child *old, uint32_t ms);

struct child *child_by_process(const struct supervisor *s, uint32_t process);

/** A child's answer to RELOAD, or its end instead of one. */
void reload_answered(struct supervisor *s, struct child *c, enum wh_err err, struct wh_str text);

#endif
