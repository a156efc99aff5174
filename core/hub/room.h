/* Rooms: a name, members, and one group for each dialect and accent that is present, so that a publish renders once for each
 * of them and costs one record for each edge and group. Members stay while they are detached; only their connection's place in
 * the group ends. A room without members that nobody keeps ends at the end of the turn. Hooks are asked by the caller: room_join here
 * is the act alone. */
#ifndef WHIPLY_HUB_ROOM_H
#define WHIPLY_HUB_ROOM_H

#include <whiply/dialect.h>
#include <whiply/list.h>
#include <whiply/room.h>

#include "base/map.h"
#include "base/slots.h"
#include "hub/set.h"

struct dialect;
struct edge;
struct hub;
struct hub_group;

enum { ROOM_NAME_MAX = 128 };

struct room_dialect {
	struct dialect *dialect;
	wh_accent accent;
	struct hub_group *group;	/* owned; there as long as an attached member speaks it */
};

struct wh_room {
	wh_id id;
	struct wh_str name;		/* owned */
	struct set members;
	struct room_dialect *dialects;	/* owned */
	uint32_t n_dialects;
	bool keep;
	bool ended;
	uint64_t seq;			/* of the last entry that was published here, or is known to have been */
	struct wh_list empty;		/* in rooms.empty: looked at when the turn is over */
};

struct rooms {
	struct wh_slots slots;
	struct wh_map by_name;
	struct wh_list empty;
	struct wh_list ended;		/* freed when the turn is over; linked by `empty` */
};

enum wh_err rooms_init(struct hub *hub);
void rooms_finish(struct hub *hub);

/** Finds or makes. NULL: the name is empty or over 128 bytes or holds a NUL, out of memory, or over rooms_max. */
struct wh_room *room_open(struct hub *hub, struct wh_str name);
struct wh_room *room_find(struct hub *hub, struct wh_str name);
struct wh_room *room_get(struct hub *hub, wh_id id);
void room_each_room(struct hub *hub, bool (*each)(void *self, struct wh_room *r), void *self);

/** Makes the session a member at once; the WH_ON_JOIN hooks were asked before. WH_EEXIST, WH_EFULL (over rooms_per_session),
 * WH_ENOMEM, WH_ESTATE: the session ended, is ephemeral, or the room ended. */
enum wh_err room_join(struct hub *hub, struct wh_room *r, struct wh_session *s);

/** Tells features->left. WH_ENOENT: it was no member. */
enum wh_err room_leave(struct hub *hub, struct wh_room *r, struct wh_session *s, struct wh_str reason);

/** All members of `from` are those of `to` from now on, at the seq that their edges are at. No hook is asked or told. Who can't be taken along is
 * closed, and the error returned. */
enum wh_err room_move(struct hub *hub, struct wh_room *from, struct wh_room *to);

bool room_has(const struct wh_room *r, const struct wh_session *s);
size_t room_members(const struct wh_room *r);
void room_each(struct wh_room *r, bool (*each)(void *self, struct wh_session *s), void *self);
void room_keep(struct hub *hub, struct wh_room *r, bool keep);

/** The highest seq that was published here, as far as anyone remembers: the next entry's is one more. */
uint64_t room_seq(const struct wh_room *r);

/** The last seq that every edge with members has published. After a crash: publish again from the one behind it; an edge that
 * has an entry does not send it twice. */
uint64_t room_seq_everywhere(const struct wh_room *r);

/** A new epoch: edges take any seq above `seq` again. */
void room_seq_set(struct hub *hub, struct wh_room *r, uint64_t seq);

/** Renders once for each dialect and sends one record for each edge. `flags` is enum wh_publish_flags. The first error of all
 * dialects; WH_ENOTSUP of a dialect is none. */
enum wh_err room_publish(struct hub *hub, struct wh_room *r, uint64_t seq, const struct wh_event *e,
    const struct wh_session *except, unsigned flags);

/* For session.c and recovery.c: the session's connection comes into, or goes out of, the groups of all its rooms. */
void room_attach(struct hub *hub, struct wh_room *r, struct wh_session *s);
void room_detach(struct hub *hub, struct wh_room *r, struct wh_session *s, bool gone);

/** Recovery: a member. With `at_edge` its edge has it in the group of its dialect already; without, it is told. */
enum wh_err room_restore(struct hub *hub, struct wh_room *r, struct wh_session *s, bool at_edge);

/** The group of a dialect and accent in this room; made when it is not there. NULL: out of memory. */
struct hub_group *room_group(struct hub *hub, struct wh_room *r, struct dialect *d, wh_accent accent);

/** Recovery: the dialect's group goes when it has no member at this edge, or at all. */
void room_settle(struct hub *hub, struct wh_room *r, struct dialect *d, wh_accent accent, struct edge *edge);

/** Ends the empty; then, when nobody can hold a pointer any more, frees what ended. */
void rooms_turn_end(struct hub *hub);
void rooms_free_ended(struct hub *hub);

#endif
