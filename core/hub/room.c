/* Rooms: members, and one group for each dialect that an attached member speaks. */
#include "hub/room.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "hub/hub.h"

enum wh_err
rooms_init(struct hub *hub)
{
	struct rooms *rs = &hub->rooms;

	wh_slots_init(&rs->slots, hub->process, sizeof(struct wh_room), WH_SLOTS_MAX, 0);
	wh_list_init(&rs->empty);
	wh_list_init(&rs->ended);
	return WH_OK;
}

static void
room_release(struct hub *hub, struct wh_room *r)
{
	wh_id id = r->id;

	wh_list_remove(&r->empty);
	set_free(&r->members);
	free(r->dialects);
	free((char *)(uintptr_t)r->name.p);
	wh_slots_release(&hub->rooms.slots, id);
}

void
rooms_finish(struct hub *hub)
{
	struct rooms *rs = &hub->rooms;
	uint32_t cursor = 0;
	struct wh_room *r;
	wh_id id;

	while ((r = wh_slots_next(&rs->slots, &cursor, &id)) != NULL)
		room_release(hub, r);
	wh_map_free(&rs->by_name);
	wh_slots_free(&rs->slots);
}

struct wh_room *
room_find(struct hub *hub, struct wh_str name)
{
	return wh_map_get(&hub->rooms.by_name, name);
}

struct wh_room *
room_get(struct hub *hub, wh_id id)
{
	struct wh_room *r = wh_slots_get(&hub->rooms.slots, id);

	return r != NULL && !r->ended ? r : NULL;
}

struct wh_room *
room_open(struct hub *hub, struct wh_str name)
{
	struct wh_room *r = room_find(hub, name);
	char *copy;
	wh_id id;

	if (r != NULL)
		return r;
	if (name.n == 0 || name.n > ROOM_NAME_MAX || memchr(name.p, 0, name.n) != NULL)
		return NULL;
	if (hub->rooms.slots.used >= hub->settings.rooms_max)
		return NULL;
	copy = malloc(name.n);
	if (copy == NULL)
		return NULL;
	memcpy(copy, name.p, name.n);
	r = wh_slots_alloc(&hub->rooms.slots, &id);
	if (r == NULL) {
		free(copy);
		return NULL;
	}
	r->id = id;
	r->name = (struct wh_str){ copy, name.n };
	r->members.kind = SET_ROOM;
	wh_list_init(&r->empty);
	if (wh_map_add(&hub->rooms.by_name, r->name, r) != WH_OK) {
		room_release(hub, r);
		return NULL;
	}
	wh_list_add_last(&hub->rooms.empty, &r->empty);
	return r;
}

void
room_each_room(struct hub *hub, bool (*each)(void *self, struct wh_room *r), void *self)
{
	uint32_t cursor = 0;
	struct wh_room *r;
	wh_id id;

	while ((r = wh_slots_next(&hub->rooms.slots, &cursor, &id)) != NULL) {
		if (!r->ended && !each(self, r))
			return;
	}
}

static struct room_dialect *
room_dialect(struct wh_room *r, const struct dialect *d, wh_accent accent)
{
	for (uint32_t i = 0; i < r->n_dialects; i++) {
		if (r->dialects[i].dialect == d && r->dialects[i].accent == accent)
			return &r->dialects[i];
	}
	return NULL;
}

struct hub_group *
room_group(struct hub *hub, struct wh_room *r, struct dialect *d, wh_accent accent)
{
	struct room_dialect *rd = room_dialect(r, d, accent);
	char full[GROUP_NAME_MAX];
	struct hub_group *g;
	int n;

	if (rd != NULL)
		return rd->group;
	if (accent == 0)
		n = snprintf(full, sizeof full, "r:%s:%.*s", d->row->name, WH_FMT(r->name));
	else
		n = snprintf(full, sizeof full, "r:%s/%x:%.*s", d->row->name, accent, WH_FMT(r->name));
	if (n < 0 || (size_t)n >= sizeof full)
		return NULL;
	rd = realloc(r->dialects, (r->n_dialects + 1) * sizeof *rd);
	if (rd == NULL)
		return NULL;
	r->dialects = rd;
	g = group_make(hub, (struct wh_str){ full, (size_t)n });
	if (g != NULL)
		r->dialects[r->n_dialects++] = (struct room_dialect){ d, accent, g };
	return g;
}

static enum wh_err
room_attach_at(struct hub *hub, struct wh_room *r, struct wh_session *s, uint64_t seq)
{
	struct hub_group *g;

	if (s->dialect == NULL || s->dialect->row == NULL)
		return WH_OK;
	g = room_group(hub, r, s->dialect, s->accent);
	return g != NULL ? group_attach(hub, g, s->edge, s->conn, seq) : WH_ENOMEM;
}

static enum wh_err
room_attach_err(struct hub *hub, struct wh_room *r, struct wh_session *s)
{
	return room_attach_at(hub, r, s, r->seq);
}

void
room_attach(struct hub *hub, struct wh_room *r, struct wh_session *s)
{
	if (room_attach_err(hub, r, s) != WH_OK)
		session_close(hub, s, SESSION_CLOSE_FULL, WH_STR("the server is out of memory; try again later"));
}

void
room_detach(struct hub *hub, struct wh_room *r, struct wh_session *s, bool gone)
{
	struct room_dialect *rd = room_dialect(r, s->dialect, s->accent);

	if (rd == NULL)
		return;
	group_detach(hub, rd->group, s->edge, s->conn, gone);
	if (rd->group->members != 0)
		return;
	group_drop(hub, rd->group);
	*rd = r->dialects[--r->n_dialects];
}

enum wh_err
room_join(struct hub *hub, struct wh_room *r, struct wh_session *s)
{
	enum wh_err err;

	if (r->ended || (s->state != SESSION_ATTACHED && s->state != SESSION_DETACHED))
		return WH_ESTATE;
	if (s->n_links >= hub->settings.rooms_per_session)
		return set_has(&r->members, s) ? WH_EEXIST : WH_EFULL;
	err = set_add(&r->members, s);
	if (err != WH_OK)
		return err;
	wh_list_remove(&r->empty);
	if (s->state == SESSION_ATTACHED)
		err = room_attach_err(hub, r, s);
	if (err != WH_OK) {
		set_remove(&r->members, s);
		if (r->members.n == 0)
			wh_list_add_last(&hub->rooms.empty, &r->empty);
	}
	return err;
}

enum wh_err
room_restore(struct hub *hub, struct wh_room *r, struct wh_session *s, bool at_edge)
{
	struct hub_group *g;
	enum wh_err err;

	if (s->n_links >= hub->settings.rooms_per_session)
		return WH_EFULL;
	err = set_add(&r->members, s);
	if (err != WH_OK)
		return err;
	wh_list_remove(&r->empty);
	if (!at_edge)
		return room_attach_err(hub, r, s);
	g = room_group(hub, r, s->dialect, s->accent);
	if (g == NULL)
		return WH_ENOMEM;
	group_restore_member(g, s->edge);
	return WH_OK;
}

void
room_settle(struct hub *hub, struct wh_room *r, struct dialect *d, wh_accent accent, struct edge *edge)
{
	struct room_dialect *rd = room_dialect(r, d, accent);

	if (rd == NULL)
		return;
	group_disown(rd->group, edge);
	if (rd->group->members != 0)
		return;
	group_drop(hub, rd->group);
	*rd = r->dialects[--r->n_dialects];
}

/* Its edge must not tell the next hub that it is in. In which of the room's groups it was is not known any more. */
static void
room_leave_past(struct hub *hub, const struct wh_room *r, const struct wh_session *s)
{
	struct edge *edge = s->past != 0 ? edge_find(hub, wh_id_process(s->past)) : NULL;

	for (uint32_t i = 0; edge != NULL && i < r->n_dialects; i++)
		edge_put_leave(edge, &(struct wh_rec_leave){ .group = r->dialects[i].group->id, .conn = s->past });
}

enum wh_err
room_leave(struct hub *hub, struct wh_room *r, struct wh_session *s, struct wh_str reason)
{
	if (!set_remove(&r->members, s))
		return WH_ENOENT;
	if (s->state == SESSION_ATTACHED)
		room_detach(hub, r, s, false);
	else if (s->state == SESSION_DETACHED)
		room_leave_past(hub, r, s);
	if (r->members.n == 0 && wh_list_empty(&r->empty))
		wh_list_add_last(&hub->rooms.empty, &r->empty);
	if (!s->restoring)
		hub->features->left(hub, r, s, reason);
	return WH_OK;
}

static enum wh_err
room_move_in(struct hub *hub, struct wh_room *to, struct wh_session *s, uint64_t seq)
{
	enum wh_err err = set_add(&to->members, s);

	if (err != WH_OK)
		return err == WH_EEXIST ? WH_OK : err;
	if (s->state == SESSION_ATTACHED)
		err = room_attach_at(hub, to, s, seq);
	if (err != WH_OK)
		set_remove(&to->members, s);
	return err;
}

enum wh_err
room_move(struct hub *hub, struct wh_room *from, struct wh_room *to)
{
	enum wh_err first = WH_OK;

	assert(from != to && !to->ended);
	wh_list_remove(&to->empty);
	while (from->members.n != 0) {
		struct wh_session *s = from->members.members[from->members.n - 1].session;
		const struct room_dialect *rd = room_dialect(from, s->dialect, s->accent);
		uint64_t seq = rd != NULL ? group_seq_at(rd->group, s->edge, from->seq) : from->seq;
		enum wh_err err;

		set_remove(&from->members, s);
		if (s->state == SESSION_ATTACHED)
			room_detach(hub, from, s, false);
		else if (s->state == SESSION_DETACHED)
			room_leave_past(hub, from, s);
		err = room_move_in(hub, to, s, seq);
		if (err == WH_OK)
			continue;
		first = err;
		session_close(hub, s, SESSION_CLOSE_FULL, WH_STR("the server is out of memory; try again later"));
	}
	if (!from->ended && wh_list_empty(&from->empty))
		wh_list_add_last(&hub->rooms.empty, &from->empty);
	if (to->members.n == 0)
		wh_list_add_last(&hub->rooms.empty, &to->empty);
	return first;
}

bool
room_has(const struct wh_room *r, const struct wh_session *s)
{
	return set_has(&r->members, s);
}

size_t
room_members(const struct wh_room *r)
{
	return r->members.n;
}

void
room_each(struct wh_room *r, bool (*each)(void *self, struct wh_session *s), void *self)
{
	for (uint32_t i = 0; i < r->members.n; i++) {
		if (!each(self, r->members.members[i].session))
			return;
	}
}

void
room_keep(struct hub *hub, struct wh_room *r, bool keep)
{
	r->keep = keep;
	if (!keep && !r->ended && r->members.n == 0 && wh_list_empty(&r->empty))
		wh_list_add_last(&hub->rooms.empty, &r->empty);
}

uint64_t
room_seq(const struct wh_room *r)
{
	uint64_t highest = r->seq;

	for (uint32_t i = 0; i < r->n_dialects; i++)
		if (r->dialects[i].group->seq > highest)
			highest = r->dialects[i].group->seq;
	return highest;
}

uint64_t
room_seq_everywhere(const struct wh_room *r)
{
	uint64_t least = room_seq(r);

	for (uint32_t i = 0; i < r->n_dialects; i++) {
		uint64_t seq = group_seq(r->dialects[i].group, r->seq);

		if (seq < least)
			least = seq;
	}
	return least;
}

void
room_seq_set(struct hub *hub, struct wh_room *r, uint64_t seq)
{
	(void)hub;
	r->seq = seq;
	for (uint32_t i = 0; i < r->n_dialects; i++)
		group_seq_set(r->dialects[i].group, seq);
}

enum wh_err
room_publish(struct hub *hub, struct wh_room *r, uint64_t seq, const struct wh_event *e,
    const struct wh_session *except, unsigned flags)
{
	const unsigned rec_flags = (flags & WH_PRESENCE) != 0 ? WH_F_PRESENCE : 0;
	wh_id except_conn = except != NULL ? except->conn : 0;
	struct wh_buf buf = hub_scratch_take(hub);
	enum wh_err first = WH_OK;

	hub->counts.publishes++;
	if (except != NULL && (flags & WH_UNLESS_ECHO) != 0) {
		/* It is a member, so it has a connection and a dialect, or nothing is sent to it anyway. */
		struct wh_session *speaker = session_get(hub, except->id);

		if (speaker != NULL && dialect_echoes(hub, speaker))
			except_conn = 0;
	}
	for (uint32_t i = 0; i < r->n_dialects; i++) {
		struct room_dialect rd = r->dialects[i];
		enum wh_err err;

		wh_buf_reset(&buf);
		err = dialect_render(hub, rd.dialect, rd.accent, e, &buf);
		if (err == WH_OK)
			err = group_send(hub, rd.group, seq, wh_buf_slice(&buf), except_conn, rec_flags | dialect_rec_flags(rd.dialect));
		if (err != WH_OK && err != WH_ENOTSUP && first == WH_OK)
			first = err;
	}
	if (seq > r->seq)
		r->seq = seq;
	hub_scratch_give(hub, &buf);
	return first;
}

static void
room_end(struct hub *hub, struct wh_room *r)
{
	r->ended = true;
	wh_map_remove(&hub->rooms.by_name, r->name);
	wh_list_add_last(&hub->rooms.ended, &r->empty);
}

void
rooms_turn_end(struct hub *hub)
{
	struct wh_list *first;

	while ((first = wh_list_first(&hub->rooms.empty)) != NULL) {
		struct wh_room *r = WH_CONTAINER(first, struct wh_room, empty);

		wh_list_remove(&r->empty);
		if (r->members.n == 0 && !r->keep)
			room_end(hub, r);
	}
}

void
rooms_free_ended(struct hub *hub)
{
	struct wh_list *first;

	while ((first = wh_list_first(&hub->rooms.ended)) != NULL)
		room_release(hub, WH_CONTAINER(first, struct wh_room, empty));
}
