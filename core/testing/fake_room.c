/* Rooms and groups of the fake host. As at an edge, a publish whose seq is not above the last one is not sent again. */
#include "testing/fake.h"

#include <stdlib.h>

static struct fake_member *
members_find(struct wh_list *members, const struct wh_session *s)
{
	WH_LIST_EACH(link, members) {
		struct fake_member *m = WH_CONTAINER(link, struct fake_member, place);

		if (m->session == s)
			return m;
	}
	return NULL;
}

static void
members_add(struct wh_list *members, struct wh_session *s)
{
	struct fake_member *m = fake_zero(sizeof *m);

	m->session = s;
	wh_list_add_last(members, &m->place);
}

static bool
members_remove(struct wh_list *members, const struct wh_session *s)
{
	struct fake_member *m = members_find(members, s);

	if (m == NULL)
		return false;
	wh_list_remove(&m->place);
	free(m);
	return true;
}

static void
members_free(struct wh_list *members)
{
	WH_LIST_EACH(link, members)
		free(WH_CONTAINER(link, struct fake_member, place));
	wh_list_init(members);
}

/* The room as a function got it: aborts when it ended in an earlier turn. */
static struct wh_room *
room_of(const struct fake_plugin *p, const struct wh_room *r, const char *function)
{
	if (r == NULL)
		fake_fault(p, "%s was given no room", function);
	if (r->ended)
		fake_fault(p, "%s was given a room that ended (%.*s); hold its id and ask wh_room_get", function, WH_FMT(r->name));
	return (struct wh_room *)(uintptr_t)r;
}

struct wh_room *
fake_room_find(const struct wh_host *h, struct wh_str name)
{
	struct wh_test *t = fake_of(h)->t;

	WH_LIST_EACH(link, &t->rooms) {
		struct wh_room *r = WH_CONTAINER(link, struct wh_room, place);

		if (!r->ended && wh_str_eq(r->name, name))
			return r;
	}
	return NULL;
}

struct wh_room *
fake_room_get(const struct wh_host *h, wh_id id)
{
	struct wh_test *t = fake_of(h)->t;

	WH_LIST_EACH(link, &t->rooms) {
		struct wh_room *r = WH_CONTAINER(link, struct wh_room, place);

		if (!r->ended && r->id == id)
			return r;
	}
	return NULL;
}

struct wh_room *
fake_room_open(const struct wh_host *h, struct wh_str name)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct wh_room *r = fake_room_find(h, name);

	if (r != NULL)
		return r;
	if (name.n == 0 || name.n > FAKE_ROOM_NAME || memchr(name.p, 0, name.n) != NULL)
		return NULL;
	if (fake_starved(p))
		return NULL;
	r = fake_zero(sizeof *r);
	r->id = ++t->ids;
	r->name = fake_copy(t, name);
	wh_list_init(&r->members);
	wh_list_add_last(&t->rooms, &r->place);
	return r;
}

wh_id
fake_room_id(const struct wh_host *h, const struct wh_room *r)
{
	return room_of(fake_of(h), r, "wh_room_id")->id;
}

struct wh_str
fake_room_name(const struct wh_host *h, const struct wh_room *r)
{
	return room_of(fake_of(h), r, "wh_room_name")->name;
}

enum wh_err
fake_join(struct wh_room *r, struct wh_session *s)
{
	if (r->ended || s->closing || (s->state != FAKE_ATTACHED && s->state != FAKE_DETACHED))
		return WH_ESTATE;
	if (members_find(&r->members, s) != NULL)
		return WH_EEXIST;
	members_add(&r->members, s);
	r->n++;
	return WH_OK;
}

void
fake_room_join(const struct wh_host *h, struct wh_room *r, struct wh_session *s, wh_outcome *then, uint64_t cookie)
{
	struct fake_plugin *p = fake_of(h);

	room_of(p, r, "wh_room_join");
	fake_session(p, s, "wh_room_join");
	fake_ask_join(p, r, s, then, cookie, NULL);
}

enum wh_err
fake_room_leave(const struct wh_host *h, struct wh_room *r, struct wh_session *s, struct wh_str reason)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;

	room_of(p, r, "wh_room_leave");
	fake_session(p, s, "wh_room_leave");
	if (!members_remove(&r->members, s))
		return WH_ENOENT;
	r->n--;
	fake_enter(t);
	fake_tell_left(t, r, s, reason);
	fake_leave(t);
	return WH_OK;
}

enum wh_err
fake_room_move(const struct wh_host *h, struct wh_room *from, struct wh_room *to)
{
	struct fake_plugin *p = fake_of(h);

	room_of(p, from, "wh_room_move");
	room_of(p, to, "wh_room_move");
	if (from == to)
		return WH_OK;
	if (to->seq < from->seq)
		to->seq = from->seq;
	WH_LIST_EACH(link, &from->members) {
		struct fake_member *m = WH_CONTAINER(link, struct fake_member, place);

		if (members_find(&to->members, m->session) == NULL) {
			members_add(&to->members, m->session);
			to->n++;
		}
	}
	members_free(&from->members);
	from->n = 0;
	return WH_OK;
}

bool
fake_room_has(const struct wh_host *h, const struct wh_room *r, const struct wh_session *s)
{
	struct fake_plugin *p = fake_of(h);

	fake_session(p, s, "wh_room_has");
	return members_find(&room_of(p, r, "wh_room_has")->members, s) != NULL;
}

size_t
fake_room_members(const struct wh_host *h, const struct wh_room *r)
{
	return room_of(fake_of(h), r, "wh_room_members")->n;
}

void
fake_room_each(const struct wh_host *h, struct wh_room *r, bool (*each)(void *self, struct wh_session *s), void *self)
{
	struct fake_plugin *p = fake_of(h);
	size_t before = room_of(p, r, "wh_room_each")->n;

	WH_LIST_EACH(link, &r->members) {
		bool more = each(self, WH_CONTAINER(link, struct fake_member, place)->session);

		if (r->n != before)
			fake_fault(p, "the function of wh_room_each changed who is in the room");
		if (!more)
			return;
	}
}

void
fake_rooms_each(const struct wh_host *h, bool (*each)(void *self, struct wh_room *r), void *self)
{
	WH_LIST_EACH(link, &fake_of(h)->t->rooms) {
		struct wh_room *r = WH_CONTAINER(link, struct wh_room, place);

		if (!r->ended && !each(self, r))
			return;
	}
}

void
fake_session_rooms(const struct wh_host *h, struct wh_session *s, bool (*each)(void *self, struct wh_room *r), void *self)
{
	WH_LIST_EACH(link, &fake_of(h)->t->rooms) {
		struct wh_room *r = WH_CONTAINER(link, struct wh_room, place);

		if (!r->ended && members_find(&r->members, s) != NULL && !each(self, r))
			return;
	}
}

void
fake_room_keep(const struct wh_host *h, struct wh_room *r, bool keep)
{
	room_of(fake_of(h), r, "wh_room_keep")->keep = keep;
}

uint64_t
fake_room_seq(const struct wh_host *h, const struct wh_room *r)
{
	return room_of(fake_of(h), r, "wh_room_seq")->seq;
}

static bool
room_alike(const struct wh_session *a, const struct wh_session *b)
{
	return a->dialect == b->dialect && a->accent == b->accent;
}

/* Sends what the dialect of `like` makes of the event to all members that speak as it does. */
static enum wh_err
room_publish_in(const struct wh_host *h, struct wh_room *r, const struct wh_session *like, const struct wh_event *e,
    const struct wh_session *except)
{
	struct wh_buf buf = { 0 };
	enum wh_err err = fake_render(like, e, &buf);

	WH_LIST_EACH(link, &r->members) {
		struct wh_session *s = WH_CONTAINER(link, struct fake_member, place)->session;

		if (err == WH_OK && room_alike(s, like) && s != except)
			fake_session_send(h, s, wh_buf_slice(&buf));
	}
	wh_buf_free(&buf);
	return err == WH_ENOTSUP ? WH_OK : err;
}

/* Does the speaker hear itself? */
bool
fake_session_echoes(const struct wh_host *h, struct wh_session *s)
{
	fake_session(fake_of(h), s, "wh_session_echoes");
	return s->dialect == NULL || s->dialect->echoes == NULL || s->dialect->echoes(s->speaker->self, s);
}

static bool
room_echoes(const struct wh_session *s)
{
	return s->dialect == NULL || s->dialect->echoes == NULL ||
	    s->dialect->echoes(s->speaker->self, (struct wh_session *)(uintptr_t)s);
}

enum wh_err
fake_room_publish(const struct wh_host *h, struct wh_room *r, uint64_t seq, const struct wh_event *e,
    const struct wh_session *except, unsigned flags)
{
	struct fake_plugin *p = fake_of(h);
	enum wh_err first = WH_OK;

	room_of(p, r, "wh_room_publish");
	if (seq != 0 && seq <= r->seq)
		return WH_OK;
	if ((flags & WH_UNLESS_ECHO) != 0 && except != NULL && room_echoes(except))
		except = NULL;
	WH_LIST_EACH(link, &r->members) {
		const struct wh_session *s = WH_CONTAINER(link, struct fake_member, place)->session;
		bool done = s->state != FAKE_ATTACHED;

		/* Once for each dialect and accent: where its first speaker stands. */
		for (struct wh_list *before = r->members.next; !done && before != link; before = before->next) {
			const struct wh_session *other = WH_CONTAINER(before, struct fake_member, place)->session;

			done = other->state == FAKE_ATTACHED && room_alike(other, s);
		}
		if (!done) {
			enum wh_err err = room_publish_in(h, r, s, e, except);

			first = first == WH_OK ? err : first;
		}
	}
	if (seq != 0)
		r->seq = seq;
	return first;
}

void
fake_rooms_forget_session(struct wh_test *t, struct wh_session *s, bool tell)
{
	WH_LIST_EACH(link, &t->rooms) {
		struct wh_room *r = WH_CONTAINER(link, struct wh_room, place);

		if (!members_remove(&r->members, s))
			continue;
		r->n--;
		if (tell)
			fake_tell_left(t, r, s, WH_STR("session ended"));
	}
	WH_LIST_EACH(link, &t->groups)
		members_remove(&WH_CONTAINER(link, struct fake_group, place)->members, s);
}

bool
fake_rooms_turn_end(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->rooms) {
		struct wh_room *r = WH_CONTAINER(link, struct wh_room, place);

		if (r->n == 0 && !r->keep)
			r->ended = true;
	}
	/* Ending a session told hooks, which may have closed another. */
	WH_LIST_EACH(link, &t->sessions) {
		const struct wh_session *s = WH_CONTAINER(link, struct wh_session, place);

		if (s->state != FAKE_ENDED && (s->closing || s->dirty))
			return true;
	}
	return false;
}

void
fake_rooms_free(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->rooms) {
		struct wh_room *r = WH_CONTAINER(link, struct wh_room, place);

		members_free(&r->members);
		free(r);
	}
	WH_LIST_EACH(link, &t->groups) {
		struct fake_group *g = WH_CONTAINER(link, struct fake_group, place);

		members_free(&g->members);
		free(g);
	}
}

static struct fake_group *
group_get(struct wh_test *t, wh_id id)
{
	WH_LIST_EACH(link, &t->groups) {
		struct fake_group *g = WH_CONTAINER(link, struct fake_group, place);

		if (g->open && g->id == id)
			return g;
	}
	return NULL;
}

wh_id
fake_group_open(const struct wh_host *h, struct wh_str name)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct fake_group *g;

	if (name.n == 0 || name.n > FAKE_ROOM_NAME || memchr(name.p, 0, name.n) != NULL)
		return 0;
	WH_LIST_EACH(link, &t->groups) {
		g = WH_CONTAINER(link, struct fake_group, place);
		if (g->p == p && wh_str_eq(g->name, name)) {
			if (!g->open)
				g->id = ++t->ids;
			g->open = true;
			return g->id;
		}
	}
	if (fake_starved(p))
		return 0;
	g = fake_zero(sizeof *g);
	g->p = p;
	g->id = ++t->ids;
	g->name = fake_copy(t, name);
	g->open = true;
	wh_list_init(&g->members);
	wh_list_add_last(&t->groups, &g->place);
	return g->id;
}

/* The members stay until fake_groups_end_closed: a dying hub closes nothing, and its successor finds them. */
void
fake_group_close(const struct wh_host *h, wh_id group)
{
	struct wh_test *t = fake_of(h)->t;
	struct fake_group *g = group_get(t, group);

	if (g == NULL)
		return;
	g->open = false;
	if (!t->recovering)
		fake_groups_end_closed(t);
}

void
fake_groups_end_closed(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->groups) {
		struct fake_group *g = WH_CONTAINER(link, struct fake_group, place);

		if (g->open)
			continue;
		members_free(&g->members);
		wh_list_remove(&g->place);
		free(g);
	}
}

enum wh_err
fake_group_join(const struct wh_host *h, wh_id group, struct wh_session *s)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct fake_group *g = group_get(t, group);

	fake_session(p, s, "wh_group_join");
	if (g == NULL)
		return WH_ENOENT;
	if (s->closing || (s->state != FAKE_ATTACHED && s->state != FAKE_DETACHED))
		return WH_ESTATE;
	if (members_find(&g->members, s) != NULL)
		return WH_EEXIST;
	members_add(&g->members, s);
	return WH_OK;
}

enum wh_err
fake_group_leave(const struct wh_host *h, wh_id group, struct wh_session *s)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct fake_group *g = group_get(t, group);

	fake_session(p, s, "wh_group_leave");
	return g != NULL && members_remove(&g->members, s) ? WH_OK : WH_ENOENT;
}

enum wh_err
fake_group_publish(const struct wh_host *h, wh_id group, uint64_t seq, struct wh_str bytes, const struct wh_session *except,
    unsigned flags)
{
	struct wh_test *t = fake_of(h)->t;
	struct fake_group *g = group_get(t, group);

	(void)flags;
	if (g == NULL)
		return WH_ENOENT;
	if (seq != 0 && seq <= g->seq)
		return WH_OK;
	WH_LIST_EACH(link, &g->members) {
		struct wh_session *s = WH_CONTAINER(link, struct fake_member, place)->session;

		if (s != except)
			fake_session_send(h, s, bytes);
	}
	if (seq != 0)
		g->seq = seq;
	return WH_OK;
}

void
fake_room_begin_epoch(const struct wh_host *h, struct wh_room *r, uint64_t seq)
{
	room_of(fake_of(h), r, "wh_room_begin_epoch");
	r->seq = seq;
}
