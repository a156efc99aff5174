/* Hooks: at each point a chain of plugins' rows, lowest order first, those of equal order as their plugins were opened. A hook passes,
 * changes, refuses, or, at the points of hook_ask.c, holds: then the asking is kept (its text copied, session and room by
 * id) until hook_go, for HOOK_HOLD_MS at most. It goes on behind the row that held, even when that row's plugin was unloaded
 * meanwhile. An asking whose asker is unloaded is dropped; nobody is called. */
#ifndef WHIPLY_HUB_HOOK_H
#define WHIPLY_HUB_HOOK_H

#include <whiply/event.h>
#include <whiply/list.h>
#include <whiply/session.h>

#include "base/slots.h"

struct hub;
struct papers_parts;
struct plugin;

enum { HOOK_HOLD_MS = 30000, HOOKS_ASKING = 1 << 16, HOOK_WHY = 256,
	HOOK_EXPORT_MAX = 64 << 20 };	/* bytes of one person's export */

struct hook {
	struct plugin *plugin;
	const struct wh_hook *row;
	uint64_t place;			/* order and time of adding: the chain is sorted by it */
};

struct hook_chain {
	struct hook *of;	/* owned */
	size_t n, cap;
};

/** Why the last hook refused. */
struct hook_refusal {
	enum wh_err err;
	int64_t retry_ms;
	size_t n;
	char why[HOOK_WHY];
};

struct hooks {
	struct hook_chain chains[WH_HOOK_POINTS];
	struct wh_slots tickets;
	struct wh_list held;
	size_t n_held;
	uint64_t added;
	struct hook_refusal refusal;
};

enum wh_err hooks_init(struct hub *hub);
void hooks_finish(struct hub *hub);

/** Adds all rows of a plugin's table; removes them. */
enum wh_err hooks_add(struct hub *hub, struct plugin *p, const struct wh_hook *rows);
void hooks_remove(struct hub *hub, struct plugin *p);

/** "MESSAGE", "JOIN", … */
const char *hook_point_name(enum wh_hook_point point);

static inline struct wh_str
hook_why(const struct hook_refusal *r)
{
	return (struct wh_str){ r->why, r->n };
}

/* Points that only tell. */
void hook_presence(struct hub *hub, struct wh_session *s, int what);
void hook_left(struct hub *hub, struct wh_room *r, struct wh_session *s, struct wh_str reason);
void hook_save(struct hub *hub, struct wh_session *s, struct papers_parts *parts);
void hook_load(struct hub *hub, struct wh_session *s, struct wh_str plugin, struct wh_str part);
void hook_recovered(struct hub *hub);
void hook_health(struct hub *hub, struct wh_health *h);
void hook_audit(struct hub *hub, struct wh_audit *a);

/* A point that may refuse: WH_PASS or WH_REFUSE, and why. */
enum wh_verdict hook_attempt(struct hub *hub, struct wh_call *call, const struct wh_command *row, struct hook_refusal *why_out);

/* Points that may hold; `asker` is the plugin whose `then` (may be NULL) is called, at once or later. */
void hook_ask_message(struct hub *hub, struct plugin *asker, const struct wh_message *m, wh_message_then *then, uint64_t cookie);
void hook_ask_join(struct hub *hub, struct plugin *asker, struct wh_room *r, struct wh_session *s, wh_outcome *then, uint64_t cookie);

/** Who shows this? `then`: with NULL nobody objected, and a bearer token, if there was one, was known to somebody. */
typedef void hook_known(struct hub *hub, uint64_t cookie, const struct hook_refusal *why);
void hook_ask_credential(struct hub *hub, const struct wh_credential *c, hook_known *then, uint64_t cookie);

/** WH_ON_EXPORT or WH_ON_ERASE. */
void hook_ask_person(struct hub *hub, struct plugin *asker, enum wh_hook_point point, struct wh_str id, struct wh_str name,
    wh_person_then *then, uint64_t cookie);

/** The person that a row of the plugin holds, or NULL. */
struct wh_person *hook_person(struct hub *hub, const struct plugin *p, wh_id ticket);
struct wh_message *hook_message(struct hub *hub, const struct plugin *p, wh_id ticket);

/** Of a plugin whose hook held: goes on or ends. A stale ticket, or that of another plugin, does nothing. */
void hook_go(struct hub *hub, const struct plugin *p, wh_id ticket, enum wh_verdict verdict, enum wh_err err, struct wh_str why);

/** Keeps the reason for whoever asked. Returns WH_REFUSE. */
enum wh_verdict hook_refuse(struct hub *hub, enum wh_err err, struct wh_str why, int64_t retry_ms);

#endif
