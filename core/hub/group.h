/* Groups: what edges fan out to. For each edge that has members a group keeps their number and the last seq that was published
 * there; the members themselves are known to the edge, and to whoever joins them: a room, or, for the groups of plugins, `set`.
 * An edge hears of a group when its first member comes and forgets it after its last, so a publish is one record an edge.
 * The name tells the next hub which group it was: "r:DIALECT:ROOM" or "r:DIALECT/ACCENT:ROOM" is a room's, "p:PLUGIN:NAME" a plugin's. */
#ifndef WHIPLY_HUB_GROUP_H
#define WHIPLY_HUB_GROUP_H

#include <whiply/room.h>

#include "base/map.h"
#include "hub/set.h"

struct edge;
struct hub;

enum { GROUP_NAME_MAX = 192, GROUPS_MAX = 1 << 20 };

struct group_edge {
	struct edge *edge;
	uint32_t members;
	uint64_t seq;		/* the last that this edge published; an older or equal one is not sent again */
};

struct hub_group {
	wh_id id;		/* as edges know it; taken over from the hub before us in recovery */
	wh_id handle;		/* as plugins know it: never changes */
	struct wh_str name;	/* owned */
	const struct wh_host *owner;	/* of a plugin's group */
	struct group_edge *edges;	/* owned: those with members */
	uint32_t n_edges, cap_edges;
	uint32_t members;	/* attached ones, at all edges */
	uint64_t seq;		/* the last that was published here: where further edges begin */
	bool of_plugin;		/* `set` is in use */
	struct set set;		/* members, detached ones too */
};

struct groups {
	struct wh_map64 by_id;		/* by `handle`, and by `id` where that is another */
	struct wh_map by_name;
	uint64_t next;		/* of ids */
};

enum wh_err groups_init(struct hub *hub);
void groups_finish(struct hub *hub);

/** Finds the group of that full name or makes it. NULL: out of memory or over the bound. */
struct hub_group *group_make(struct hub *hub, struct wh_str full_name);

/** Forgets the group, and has the edges forget it. */
void group_drop(struct hub *hub, struct hub_group *g);

/** By handle; NULL: it is gone. */
struct hub_group *group_get(struct hub *hub, wh_id handle);

/** One more member at an edge: JOIN, and GROUP_OPEN before the first. A fresh edge's seq begins at `seq`, or the group's
 * own when that is higher. */
enum wh_err group_attach(struct hub *hub, struct hub_group *g, struct edge *edge, wh_id conn, uint64_t seq);

/** One less: LEAVE unless the connection is `gone`, and GROUP_CLOSE after the last. */
void group_detach(struct hub *hub, struct hub_group *g, struct edge *edge, wh_id conn, bool gone);

/** The edge has the group and `members` of it already, under this id: recovery. False: it can't be taken over. */
bool group_adopt(struct hub *hub, struct hub_group *g, wh_id id, struct edge *edge, uint64_t seq);

/** One of the members that an adopted edge has. */
void group_restore_member(struct hub_group *g, struct edge *edge);

/** One PUBLISH for each edge with members; an entry (`seq` not 0) only to those that do not have it. WH_ETOOBIG: no record may be
 * that long. A stuck edge is passed over. */
enum wh_err group_send(struct hub *hub, struct hub_group *g, uint64_t seq, struct wh_str bytes, wh_id except_conn, unsigned rec_flags);

/** The lowest seq of all edges with members; `otherwise` when there are none. */
uint64_t group_seq(const struct hub_group *g, uint64_t otherwise);

/** The same of one edge. */
uint64_t group_seq_at(const struct hub_group *g, const struct edge *edge, uint64_t otherwise);

/** Adopted, but without a member at this edge after all: the edge forgets it. */
void group_disown(struct hub_group *g, struct edge *edge);

/** Edges take any seq above this. */
void group_seq_set(struct hub_group *g, uint64_t seq);

/* The groups of plugins. */

/** 0 when it can't. Names are 1 to 128 bytes, each plugin's its own. */
wh_id group_open(struct hub *hub, const struct wh_host *owner, struct wh_str plugin, struct wh_str name);
void group_close(struct hub *hub, wh_id id);

/** Whose plugin goes; over a reload they stay and group_open finds them again. */
void groups_close_of(struct hub *hub, const struct wh_host *owner);

/** WH_ENOENT, WH_EEXIST, WH_EFULL (over rooms_per_session), WH_ENOMEM, WH_ESTATE for ephemeral sessions. */
enum wh_err group_join(struct hub *hub, wh_id id, struct wh_session *s);
enum wh_err group_leave(struct hub *hub, wh_id id, struct wh_session *s);
enum wh_err group_publish(struct hub *hub, wh_id id, uint64_t seq, struct wh_str bytes, const struct wh_session *except, unsigned flags);

#endif
