/* Rooms and groups. A room is a place with members; what is published to it is rendered once for each dialect present.
 * A group is what lies beneath: a set of connections that get the same bytes; few plugins need it directly.
 * Both survive the hub: members are found again after a restart, and a publish's seq says what was sent. */
#ifndef WHIPLY_ROOM_H
#define WHIPLY_ROOM_H

#include <whiply/event.h>

enum wh_publish_flags {
	WH_PRESENCE = 1u << 0,	/**< may be dropped for a member whose queue is full */
	WH_UNLESS_ECHO = 1u << 1,	/**< `except` is told too, if its dialect says that it wants to hear itself */
};

/** Finds the room or makes it. Names are 1 to 128 bytes. NULL: out of memory or over the bound of rooms. */
static inline struct wh_room *
wh_room_open(const struct wh_host *h, struct wh_str name)
{
	return h->ops->room_open(h, name);
}

/** The room of that name, or NULL. */
static inline struct wh_room *
wh_room_find(const struct wh_host *h, struct wh_str name)
{
	return h->ops->room_find(h, name);
}

/** The room, or NULL when it is gone. */
static inline struct wh_room *
wh_room_get(const struct wh_host *h, wh_id id)
{
	return h->ops->room_get(h, id);
}

static inline wh_id
wh_room_id(const struct wh_host *h, const struct wh_room *r)
{
	return h->ops->room_id(h, r);
}

static inline struct wh_str
wh_room_name(const struct wh_host *h, const struct wh_room *r)
{
	return h->ops->room_name(h, r);
}

/** Asks the WH_ON_JOIN hooks, then makes the session a member. `then` (may be NULL) hears what became of it. */
static inline void
wh_room_join(const struct wh_host *h, struct wh_room *r, struct wh_session *s, wh_outcome *then, uint64_t cookie)
{
	h->ops->room_join(h, r, s, then, cookie);
}

/** Leaves; WH_ENOENT when it was no member. A room without members and without a keeper ends at the end of the turn. */
static inline enum wh_err
wh_room_leave(const struct wh_host *h, struct wh_room *r, struct wh_session *s, struct wh_str reason)
{
	return h->ops->room_leave(h, r, s, reason);
}

/** All members of `from` are members of `to` from now on, without a gap and without asking or telling hooks: the room is the same, and has another
 * name. `from` ends, unless it is kept. WH_ENOMEM: some could not be taken along, and are closed. */
static inline enum wh_err
wh_room_move(const struct wh_host *h, struct wh_room *from, struct wh_room *to)
{
	return h->ops->room_move(h, from, to);
}

static inline bool
wh_room_has(const struct wh_host *h, const struct wh_room *r, const struct wh_session *s)
{
	return h->ops->room_has(h, r, s);
}

static inline size_t
wh_room_members(const struct wh_host *h, const struct wh_room *r)
{
	return h->ops->room_members(h, r);
}

/** Calls `each` for every member until it returns false. It must not change the membership. */
static inline void
wh_room_each(const struct wh_host *h, struct wh_room *r, bool (*each)(void *self, struct wh_session *s), void *self)
{
	h->ops->room_each(h, r, each, self);
}

/** Keeps the room when it is empty (true), or lets it end (false). */
static inline void
wh_room_keep(const struct wh_host *h, struct wh_room *r, bool keep)
{
	h->ops->room_keep(h, r, keep);
}

/** Calls `each` for every room until it returns false. It must not open rooms. */
static inline void
wh_rooms_each(const struct wh_host *h, bool (*each)(void *self, struct wh_room *r), void *self)
{
	h->ops->rooms_each(h, each, self);
}

/** Calls `each` for every room that the session is in until it returns false. It must not change the membership. */
static inline void
wh_session_rooms(const struct wh_host *h, struct wh_session *s, bool (*each)(void *self, struct wh_room *r), void *self)
{
	h->ops->session_rooms(h, s, each, self);
}

/** The highest seq that was published in the room, remembered by the edges while the hub is away: the next entry's is one more. */
static inline uint64_t
wh_room_seq(const struct wh_host *h, const struct wh_room *r)
{
	return h->ops->room_seq(h, r);
}

/** The last seq that certainly reached the queues of all members. After the hub was replaced it may be lower than wh_room_seq: a
 * plugin that keeps a log publishes again from the one behind it, and nobody gets an entry twice. */
static inline uint64_t
wh_room_seq_everywhere(const struct wh_host *h, const struct wh_room *r)
{
	return h->ops->room_seq_everywhere(h, r);
}

/** A new epoch: the next entry is the one behind `seq`, whatever was published before. For a log that was restored from a backup. */
static inline void
wh_room_begin_epoch(const struct wh_host *h, struct wh_room *r, uint64_t seq)
{
	h->ops->room_begin_epoch(h, r, seq);
}

/** Tells all members (but `except`, may be NULL) of an event. `seq` is the entry's number, or 0 for what is no entry. */
static inline enum wh_err
wh_room_publish(const struct wh_host *h, struct wh_room *r, uint64_t seq, const struct wh_event *e,
    const struct wh_session *except, unsigned flags)
{
	return h->ops->room_publish(h, r, seq, e, except, flags);
}

/** Finds the group of that name or makes it; 0 when it can't. Names are the plugin's own: they don't clash with another's. */
static inline wh_id
wh_group_open(const struct wh_host *h, struct wh_str name)
{
	return h->ops->group_open(h, name);
}

static inline void
wh_group_close(const struct wh_host *h, wh_id group)
{
	h->ops->group_close(h, group);
}

static inline enum wh_err
wh_group_join(const struct wh_host *h, wh_id group, struct wh_session *s)
{
	return h->ops->group_join(h, group, s);
}

static inline enum wh_err
wh_group_leave(const struct wh_host *h, wh_id group, struct wh_session *s)
{
	return h->ops->group_leave(h, group, s);
}

/** Sends the same bytes to every member: one WebSocket message or one line each. */
static inline enum wh_err
wh_group_publish(const struct wh_host *h, wh_id group, uint64_t seq, struct wh_str bytes, const struct wh_session *except, unsigned flags)
{
	return h->ops->group_publish(h, group, seq, bytes, except, flags);
}

#endif
