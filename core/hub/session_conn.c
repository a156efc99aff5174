/* Sessions and their connections: opening, closing, detaching, sending. */
#include <assert.h>
#include <stdlib.h>

#include "hub/api.h"
#include "hub/hub.h"

void
session_attach(struct hub *hub, struct wh_session *s, struct edge *edge, wh_id conn, struct dialect *d)
{
	s->state = SESSION_ATTACHED;
	s->edge = edge;
	s->conn = conn;
	s->dialect = d;
	hub->sessions.n_attached++;
	if (d != NULL)
		d->sessions++;
}

void
session_unhook(struct hub *hub, struct wh_session *s, bool gone)
{
	assert(s->state == SESSION_ATTACHED);
	for (uint32_t i = 0; i < s->n_links; i++) {
		struct set *set = s->links[i].set;

		if (set->kind == SET_ROOM)
			room_detach(hub, WH_CONTAINER(set, struct wh_room, members), s, gone);
		else
			group_detach(hub, WH_CONTAINER(set, struct hub_group, set), s->edge, s->conn, gone);
	}
	edge_session_set(s->edge, s->conn, NULL);
	hub->sessions.n_attached--;
	if (s->dialect != NULL)
		s->dialect->sessions--;
	wh_list_remove(&s->dirty);
	s->edge = NULL;
	s->conn = 0;
	s->dialect = NULL;
	s->accent = 0;
	s->state = 0;
}

static void
detached_arm(struct hub *hub);

/* Ends those whose time is over. */
static void
detached_timer(void *self, uint64_t cookie)
{
	struct hub *hub = self;
	struct wh_list *first;

	(void)cookie;
	hub->sessions.timer = 0;
	while ((first = wh_list_first(&hub->sessions.detached)) != NULL) {
		struct wh_session *s = WH_CONTAINER(first, struct wh_session, place);

		if (s->detached_ms + hub->settings.resume_window_ms > hub->now_ms)
			break;
		session_end(hub, s);
	}
	detached_arm(hub);
}

static void
detached_arm(struct hub *hub)
{
	struct wh_list *first = wh_list_first(&hub->sessions.detached);
	int64_t due;

	if (first == NULL || hub->sessions.timer != 0)
		return;
	due = WH_CONTAINER(first, struct wh_session, place)->detached_ms + hub->settings.resume_window_ms;
	hub->sessions.timer = timer_start(hub, NULL, "detached sessions", due - hub->now_ms, 0, detached_timer, hub, 0);
}

void
session_detach(struct hub *hub, struct wh_session *s, bool gone, bool later)
{
	struct sessions *ss = &hub->sessions;
	bool resumable = s->resumable && !s->closing && !s->restoring && hub->settings.resume_window_ms > 0 &&
	    hub->settings.detached_max > 0;

	s->past = gone ? s->conn : 0;
	session_unhook(hub, s, gone);
	wh_list_remove(&s->place);
	s->state = SESSION_DETACHED;
	s->detached_ms = hub->now_ms;
	ss->n_detached++;
	if (!resumable) {
		if (!later)
			session_end(hub, s);
		else
			wh_list_add_last(&ss->closing, &s->place);
		return;
	}
	wh_list_add_last(&ss->detached, &s->place);
	hub->features->presence(hub, s, WH_DETACHED);
	while (ss->n_detached > hub->settings.detached_max && !wh_list_empty(&ss->detached)) {
		hub->counts.detached_dropped++;
		session_end(hub, WH_CONTAINER(wh_list_first(&ss->detached), struct wh_session, place));
	}
	detached_arm(hub);
}

void
session_past_over(struct hub *hub, struct wh_session *s)
{
	struct edge *edge = s->past != 0 ? edge_find(hub, wh_id_process(s->past)) : NULL;

	if (edge != NULL)
		edge_put_close(edge, &(struct wh_rec_close){ .conn = s->past, .code = SESSION_CLOSE_GONE });
	s->past = 0;
}

static void
conn_close(struct edge *edge, wh_id conn, unsigned code, struct wh_str reason, int64_t resume_ms)
{
	edge_put_close(edge, &(struct wh_rec_close){
		.conn = conn, .code = (uint16_t)code, .resume_ms = (uint32_t)resume_ms, .reason = reason });
}

/* What the dialect says before the end, and the end. */
static void
session_part(struct hub *hub, struct wh_session *s, unsigned code, struct wh_str reason, bool may_resume)
{
	struct dialect *d = s->dialect;

	if (d != NULL && d->row != NULL && d->row->farewell != NULL) {
		struct wh_buf buf = hub_scratch_take(hub);
		struct wh_out_buf out = wh_out_to(&buf);

		if (d->row->farewell(d->self, code, reason, &out.out) == WH_OK && !buf.failed && buf.n != 0)
			session_send(hub, s, wh_buf_slice(&buf));
		hub_scratch_give(hub, &buf);
	}
	if (s->state == SESSION_ATTACHED)
		conn_close(s->edge, s->conn, code, reason, may_resume && s->resumable ? hub->settings.resume_window_ms : 0);
}

void
session_close(struct hub *hub, struct wh_session *s, unsigned code, struct wh_str reason)
{
	if (s->state == SESSION_ENDED || s->state == SESSION_EPHEMERAL || s->closing)
		return;
	s->closing = true;
	if (s->state == SESSION_ATTACHED)
		session_part(hub, s, code, reason, false);
	s->parted = true;
	if (s->state == SESSION_ENDED)
		return;
	wh_list_remove(&s->place);
	wh_list_add_last(&hub->sessions.closing, &s->place);
}

void
session_drop(struct hub *hub, struct wh_session *s, unsigned code, struct wh_str reason)
{
	if (s->state != SESSION_ATTACHED)
		return;
	session_part(hub, s, code, reason, true);
	if (s->state == SESSION_ATTACHED)
		session_detach(hub, s, false, true);
}

enum wh_err
session_send(struct hub *hub, struct wh_session *s, struct wh_str bytes)
{
	/* Whoever is in the middle of an answer need not know that a hook closed the session meanwhile. */
	if (s->state != SESSION_ATTACHED || s->parted)
		return WH_EAWAY;
	hub->counts.sends++;
	return edge_put_send(s->edge, &(struct wh_rec_send){ .conn = s->conn, .flags = dialect_rec_flags(s->dialect), .bytes = bytes });
}

enum wh_err
session_accent_set(struct hub *hub, struct wh_session *s, uint32_t accent)
{
	uint32_t i;

	if (s->state != SESSION_ATTACHED || s->accent == accent) {
		s->accent = accent;
		return WH_OK;
	}
	/* The groups are made first: then nothing can fail on the way. */
	for (i = 0; i < s->n_links; i++)
		if (s->links[i].set->kind == SET_ROOM &&
		    room_group(hub, WH_CONTAINER(s->links[i].set, struct wh_room, members), s->dialect, accent) == NULL)
			break;
	if (i != s->n_links)
		return WH_ENOMEM;
	for (i = 0; i < s->n_links; i++)
		if (s->links[i].set->kind == SET_ROOM)
			room_detach(hub, WH_CONTAINER(s->links[i].set, struct wh_room, members), s, false);
	s->accent = accent;
	for (i = 0; i < s->n_links; i++)
		if (s->links[i].set->kind == SET_ROOM)
			room_attach(hub, WH_CONTAINER(s->links[i].set, struct wh_room, members), s);
	session_changed(hub, s);
	return WH_OK;
}

enum wh_err
session_notify(struct hub *hub, struct wh_session *s, const struct wh_event *e)
{
	struct wh_buf buf;
	enum wh_err err;

	if (s->state != SESSION_ATTACHED)
		return WH_EAWAY;
	if (s->dialect == NULL)
		return WH_ENOTSUP;
	buf = hub_scratch_take(hub);
	err = dialect_render(hub, s->dialect, s->accent, e, &buf);
	if (err == WH_OK)
		err = session_send(hub, s, wh_buf_slice(&buf));
	hub_scratch_give(hub, &buf);
	return err;
}

/* It is known who it is: its dialect greets it. */
static void
session_greet(struct hub *hub, struct wh_session *s)
{
	struct dialect *d = s->dialect;
	struct hub_running before;

	if (s->state != SESSION_ATTACHED || s->closing || d == NULL || d->row == NULL || d->row->open == NULL)
		return;
	before = hub_running(hub, "dialect open", d->row->name);
	d->row->open(d->self, s);
	hub_ran(hub, before);
	free(s->query);
	s->query = NULL;
}

struct wh_str
session_param(struct hub *hub, const struct wh_session *s, const char *name)
{
	struct wh_buf *params = &hub->sessions.params;
	struct wh_str pairs, n, v;

	wh_buf_reset(params);
	if (s->query == NULL || http_query_decode(wh_str(s->query), params) != WH_OK || params->failed)
		return (struct wh_str){ NULL, 0 };
	pairs = wh_buf_slice(params);
	while (http_pair_next(&pairs, &n, &v))
		if (wh_str_is(n, name))
			return v;
	return (struct wh_str){ NULL, 0 };
}

/* What stands before each early message in `early`. */
struct early_head {
	uint32_t n, flags;
};

static void
session_keep_early(struct hub *hub, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	const struct early_head head = { (uint32_t)bytes.n, flags };

	if (s->early == NULL) {
		s->early = calloc(1, sizeof *s->early);
		if (s->early != NULL)
			s->early->max = SESSION_EARLY_MAX;
	}
	if (s->early != NULL) {
		wh_buf_str(s->early, (struct wh_str){ (const char *)&head, sizeof head });
		wh_buf_str(s->early, bytes);
	}
	if (s->early == NULL || s->early->failed)
		session_close(hub, s, SESSION_CLOSE_FULL, WH_STR("wait for the greeting before you say so much"));
}

/* Says to the dialect what came meanwhile, in order. The dialect may close it on the way. */
static void
session_say_early(struct hub *hub, struct wh_session *s)
{
	struct wh_buf *early = s->early;
	struct early_head head;
	struct wh_str left;

	s->early = NULL;
	if (early == NULL)
		return;
	left = wh_buf_slice(early);
	while (left.n >= sizeof head) {
		memcpy(&head, left.p, sizeof head);
		left = wh_str_from(left, sizeof head);
		session_receive(hub, s, (struct wh_str){ left.p, head.n }, head.flags);
		left = wh_str_from(left, head.n);
	}
	wh_buf_free(early);
	free(early);
}

void
session_receive(struct hub *hub, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	struct hub_running before;

	if (s->closing || s->state != SESSION_ATTACHED || s->dialect == NULL || s->dialect->row == NULL) {
		hub->counts.records_stale++;
		return;
	}
	if (s->asking) {
		session_keep_early(hub, s, bytes, flags);
		return;
	}
	before = hub_running(hub, "dialect", s->dialect->row->name);
	s->dialect->row->receive(s->dialect->self, s, bytes, flags);
	hub_ran(hub, before);
}

void
session_known(struct hub *hub, wh_id id, bool good)
{
	struct wh_session *s = session_get(hub, id);

	if (s == NULL || !s->asking)
		return;
	s->asking = false;
	if (!good) {
		session_close(hub, s, SESSION_CLOSE_BAD_CREDENTIAL, WH_STR("the credential is not valid; sign in again"));
		return;
	}
	session_changed(hub, s);
	session_greet(hub, s);
	session_say_early(hub, s);
}

void
session_opened(struct hub *hub, struct edge *edge, const struct wh_rec_opened *r)
{
	struct dialect *d = dialect_pick(hub, r);
	struct wh_session *s;

	if (d == NULL) {
		conn_close(edge, r->conn, SESSION_CLOSE_PROTOCOL, WH_STR("nobody here speaks this subprotocol"), 0);
		return;
	}
	s = session_new(hub, 0, NULL);
	if (s != NULL && edge_session_set(edge, r->conn, s) != WH_OK) {
		s->state = SESSION_EPHEMERAL;
		session_end(hub, s);
		s = NULL;
	}
	if (s == NULL) {
		conn_close(edge, r->conn, SESSION_CLOSE_FULL, WH_STR("the server is full; try again later"), 0);
		return;
	}
	session_attach(hub, s, edge, r->conn, d);
	s->address = r->peer;
	s->listener = r->listener;
	s->tls = (r->flags & WH_F_TLS) != 0;
	s->opened_ms = r->opened_ms;
	if (d->row->path != NULL)
		s->query = strndup(r->query.n != 0 ? r->query.p : "", r->query.n);
	hub->counts.sessions_opened++;
	s->asking = r->authorization.n + r->cookie.n + r->tls_fingerprint.n != 0;
	session_changed(hub, s);
	hub->features->presence(hub, s, WH_OPENED);
	if (s->closing || s->state != SESSION_ATTACHED)
		return;
	if (!s->asking)
		session_greet(hub, s);
	else
		hub->features->credential(hub, s, &(struct hub_credential){ r->authorization, r->cookie, r->tls_fingerprint });
}

void
session_closed(struct hub *hub, struct wh_session *s, const struct wh_rec_closed *r)
{
	if (s->state != SESSION_ATTACHED)
		return;
	/* 1000 is a goodbye; everything else may be the network's doing, or a page that is loaded anew. */
	if (r->code == 1000)
		s->resumable = false;
	session_detach(hub, s, true, false);
}

void
session_lost(struct hub *hub, struct wh_session *s)
{
	if (s->state == SESSION_ATTACHED)
		session_detach(hub, s, true, false);
}

struct wh_session *
session_restore(struct hub *hub, wh_id id, struct edge *edge, wh_id conn, const struct wh_identity *who)
{
	struct wh_session *s;

	if (id != 0 && session_get(hub, id) != NULL)
		return NULL;
	s = session_new(hub, id, who);
	if (s == NULL)
		return NULL;
	s->restoring = true;
	if (edge_session_set(edge, conn, s) != WH_OK) {
		s->state = SESSION_EPHEMERAL;
		session_end(hub, s);
		return NULL;
	}
	session_attach(hub, s, edge, conn, NULL);
	return s;
}
