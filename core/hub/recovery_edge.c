/* What one edge tells: its connections with their papers become sessions at once, unknown to plugins; which group they are in is
 * kept until the groups have names. A connection whose papers are empty, or not ours, is pending: its OPENED is kept. */
#include "hub/recovery_edge.h"

#include <stdlib.h>

#include "base/slots.h"
#include "hub/hub.h"

struct recovery_conn {
	struct wh_rec rec;	/* its OPENED; the bytes stand behind */
	wh_id conn;
};

struct recovery_group {
	wh_id id;
	uint64_t seq;
	char *name;		/* owned; NULL: not told yet */
	size_t name_n;
	wh_id *conns;		/* owned */
	size_t n, cap;
};

/* A session and its plugins' parts. */
struct recovery_session {
	wh_id session;
	char *parts;		/* owned; NULL: none */
	size_t parts_n;
};

struct recovery_edge {
	struct recovery_edge *next;
	struct edge *edge;
	struct recovery_conn *last;	/* owned: its PAPERS are due */
	struct wh_map64 pending;	/* owned recovery_conn by conn */
	struct wh_map64 groups;		/* owned recovery_group by id */
	struct recovery_session *sessions;	/* owned */
	size_t n_sessions, cap_sessions;
};

enum wh_err
recovery_edge_make(struct hub *hub, struct edge *edge)
{
	struct recovery_edge *re = calloc(1, sizeof *re);

	if (re == NULL)
		return WH_ENOMEM;
	re->edge = edge;
	re->pending.max = WH_SLOTS_MAX;
	re->groups.max = GROUPS_MAX;
	re->next = hub->recovery.edges;
	hub->recovery.edges = re;
	return WH_OK;
}

struct recovery_edge *
recovery_edge_of(struct hub *hub, const struct edge *edge)
{
	struct recovery_edge *re = hub->recovery.edges;

	while (re != NULL && re->edge != edge)
		re = re->next;
	return re;
}

static void
recovery_group_free(struct recovery_group *g)
{
	free(g->name);
	free(g->conns);
	free(g);
}

void
recovery_edge_free(struct hub *hub, struct recovery_edge *re)
{
	struct recovery_edge **at = &hub->recovery.edges;
	struct wh_map64_iter it = { 0 };

	while (*at != re)
		at = &(*at)->next;
	*at = re->next;
	while (wh_map64_next(&re->pending, &it))
		free(it.value);
	wh_map64_free(&re->pending);
	it = (struct wh_map64_iter){ 0 };
	while (wh_map64_next(&re->groups, &it))
		recovery_group_free(it.value);
	wh_map64_free(&re->groups);
	for (size_t i = 0; i < re->n_sessions; i++)
		free(re->sessions[i].parts);
	free(re->sessions);
	free(re->last);
	free(re);
}

/* Keeps the OPENED of a connection that is to be opened as a new one. */
static enum wh_err
pending_add(struct recovery_edge *re)
{
	enum wh_err err = re->last != NULL ? wh_map64_add(&re->pending, re->last->conn, re->last) : WH_OK;

	if (err == WH_OK)
		re->last = NULL;
	return err;
}

enum wh_err
recovery_opened(struct hub *hub, struct edge *edge, const struct wh_rec *rec, const struct wh_rec_opened *r)
{
	struct recovery_edge *re = recovery_edge_of(hub, edge);
	struct recovery_conn *c;

	if ((r->flags & WH_F_RECOVERED) == 0 || edge_session(edge, r->conn) != NULL ||
	    wh_map64_get(&re->pending, r->conn) != NULL || pending_add(re) != WH_OK)
		return WH_ESYNTAX;
	c = malloc(sizeof *c + rec->bytes.n);
	if (c == NULL)
		return WH_ENOMEM;
	c->rec = *rec;
	c->rec.bytes.p = (char *)(c + 1);
	if (rec->bytes.n != 0)
		memcpy(c + 1, rec->bytes.p, rec->bytes.n);
	c->conn = r->conn;
	re->last = c;
	return WH_OK;
}

static struct recovery_group *
group_told(struct recovery_edge *re, wh_id id)
{
	struct recovery_group *g = wh_map64_get(&re->groups, id);

	if (g != NULL)
		return g;
	g = calloc(1, sizeof *g);
	if (g == NULL)
		return NULL;
	g->id = id;
	if (wh_map64_add(&re->groups, id, g) != WH_OK) {
		free(g);
		return NULL;
	}
	return g;
}

static enum wh_err
group_member(struct recovery_edge *re, wh_id id, wh_id conn)
{
	struct recovery_group *g = group_told(re, id);

	if (g == NULL)
		return WH_ENOMEM;
	if (g->n == g->cap) {
		size_t cap = g->cap != 0 ? g->cap * 2 : 8;
		wh_id *more = realloc(g->conns, cap * sizeof *more);

		if (more == NULL)
			return WH_ENOMEM;
		g->conns = more;
		g->cap = cap;
	}
	g->conns[g->n++] = conn;
	return WH_OK;
}

static enum wh_err
session_told(struct recovery_edge *re, wh_id session, struct wh_str parts)
{
	struct recovery_session *rs;

	if (re->n_sessions == re->cap_sessions) {
		size_t cap = re->cap_sessions != 0 ? re->cap_sessions * 2 : 64;

		rs = realloc(re->sessions, cap * sizeof *rs);
		if (rs == NULL)
			return WH_ENOMEM;
		re->sessions = rs;
		re->cap_sessions = cap;
	}
	rs = &re->sessions[re->n_sessions];
	*rs = (struct recovery_session){ .session = session };
	if (parts.n != 0) {
		rs->parts = malloc(parts.n);
		if (rs->parts == NULL)
			return WH_ENOMEM;
		memcpy(rs->parts, parts.p, parts.n);
		rs->parts_n = parts.n;
	}
	re->n_sessions++;
	return WH_OK;
}

/* The session as its papers have it. NULL: they are empty or not to be believed. */
static struct wh_session *
session_of_papers(struct hub *hub, struct edge *edge, const struct wh_rec_opened *opened, struct wh_str blob,
    struct papers_read *read_out)
{
	struct wh_session *s;
	struct dialect *d;
	enum wh_err err;

	if (blob.n == 0)
		return NULL;
	err = papers_read(hub, opened->conn, blob, read_out);
	if (err != WH_OK) {
		hub->counts.papers_refused++;
		wh_log(hub->log, WH_WARN, "papers_refused", WH_X("conn", opened->conn), WH_I("err", err));
		return NULL;
	}
	s = session_restore(hub, read_out->session, edge, opened->conn, &read_out->who);
	if (s == NULL)
		return NULL;
	d = dialect_find(hub, read_out->dialect);
	s->dialect = d;
	if (d != NULL)
		d->sessions++;
	s->address = opened->peer;
	s->listener = opened->listener;
	s->tls = (opened->flags & WH_F_TLS) != 0;
	s->opened_ms = read_out->opened_ms;
	s->accent = read_out->accent;
	s->resumable = read_out->resumable;
	if (s->resumable)
		memcpy(s->token_hash, read_out->token_hash, SESSION_HASH);
	return s;
}

enum wh_err
recovery_papers(struct hub *hub, struct edge *edge, const struct wh_rec_papers *r)
{
	struct recovery_edge *re = recovery_edge_of(hub, edge);
	struct wh_rec_opened opened;
	struct papers_read papers;
	struct wh_session *s;
	size_t n = r->groups.n;
	enum wh_err err;

	if (re->last == NULL || re->last->conn != r->conn || wh_rec_opened_get(&re->last->rec, &opened) != WH_OK)
		return WH_ESYNTAX;
	s = session_of_papers(hub, edge, &opened, r->papers, &papers);
	if (s == NULL)
		return pending_add(re);
	free(re->last);
	re->last = NULL;
	err = session_told(re, s->id, papers.parts);
	for (size_t i = 0; i < n && i < hub->settings.rooms_per_session && err == WH_OK; i++)
		err = group_member(re, wh_ids_at(r->groups, i), r->conn);
	return err;
}

enum wh_err
recovery_group(struct hub *hub, struct edge *edge, const struct wh_rec_group *r)
{
	struct recovery_group *g = group_told(recovery_edge_of(hub, edge), r->group);

	if (g == NULL)
		return WH_ENOMEM;
	if (g->name != NULL || r->name.n == 0 || r->name.n > GROUP_NAME_MAX)
		return WH_ESYNTAX;
	g->name = malloc(r->name.n);
	if (g->name == NULL)
		return WH_ENOMEM;
	memcpy(g->name, r->name.p, r->name.n);
	g->name_n = r->name.n;
	g->seq = r->seq;
	return WH_OK;
}

void
recovery_closed(struct hub *hub, struct edge *edge, wh_id conn)
{
	recovery_take_pending(hub, edge, conn);
}

bool
recovery_take_pending(struct hub *hub, struct edge *edge, wh_id conn)
{
	struct recovery_edge *re = recovery_edge_of(hub, edge);
	struct recovery_conn *c = re != NULL ? wh_map64_remove(&re->pending, conn) : NULL;

	free(c);
	return c != NULL;
}

void
recovery_edge_told(struct hub *hub, struct edge *edge)
{
	struct recovery_edge *re = recovery_edge_of(hub, edge);

	if (pending_add(re) != WH_OK) {
		free(re->last);
		re->last = NULL;
	}
}

/* Hex digits without anything else; an accent is written so in a group's name. */
static bool
accent_read(struct wh_str text, wh_accent *accent_out)
{
	wh_accent accent = 0;

	if (text.n == 0 || text.n > 8)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = memchr(digits, text.p[i], 16);

		if (digit == NULL)
			return false;
		accent = accent << 4 | (wh_accent)(digit - digits);
	}
	*accent_out = accent;
	return true;
}

/* "r:DIALECT:ROOM" or "r:DIALECT/ACCENT:ROOM" */
static bool
name_of_room(struct wh_str name, struct wh_str *dialect_out, wh_accent *accent_out, struct wh_str *room_out)
{
	const char *colon, *slash;

	if (!wh_str_starts(name, WH_STR("r:")))
		return false;
	name = wh_str_from(name, 2);
	colon = memchr(name.p, ':', name.n);
	if (colon == NULL)
		return false;
	*dialect_out = (struct wh_str){ name.p, (size_t)(colon - name.p) };
	*room_out = wh_str_from(name, dialect_out->n + 1);
	*accent_out = 0;
	slash = memchr(dialect_out->p, '/', dialect_out->n);
	if (slash != NULL) {
		size_t n = (size_t)(slash - dialect_out->p);

		if (!accent_read(wh_str_from(*dialect_out, n + 1), accent_out))
			return false;
		dialect_out->n = n;
	}
	return room_out->n > 0 && room_out->n <= ROOM_NAME_MAX;
}

static void
group_refuse(struct edge *edge, const struct recovery_group *told)
{
	edge_put_group_close(edge, &(struct wh_rec_group_close){ told->id });
}

static void
room_put_together(struct hub *hub, struct edge *edge, const struct recovery_group *told, struct wh_str dialect, wh_accent accent,
    struct wh_str name)
{
	struct dialect *d = dialect_find(hub, dialect);
	struct wh_room *r = room_open(hub, name);
	struct hub_group *g = r != NULL && d != NULL ? room_group(hub, r, d, accent) : NULL;
	bool adopted = g != NULL && group_adopt(hub, g, told->id, edge, told->seq);

	if (!adopted)
		group_refuse(edge, told);
	if (r == NULL)
		return;
	if (told->seq > r->seq)
		r->seq = told->seq;
	for (size_t i = 0; i < told->n; i++) {
		struct wh_session *s = edge_session(edge, told->conns[i]);

		bool same = s != NULL && s->dialect == d && s->accent == accent;

		if (s == NULL)
			continue;
		if (adopted && !same)
			edge_put_leave(edge, &(struct wh_rec_leave){ .group = told->id, .conn = s->conn });
		room_restore(hub, r, s, adopted && same);
	}
	if (d != NULL)
		room_settle(hub, r, d, accent, edge);
}

static void
plugin_group_put_together(struct hub *hub, struct edge *edge, const struct recovery_group *told)
{
	struct hub_group *g = group_make(hub, (struct wh_str){ told->name, told->name_n });
	bool adopted = g != NULL && group_adopt(hub, g, told->id, edge, told->seq);

	if (!adopted)
		group_refuse(edge, told);
	if (g == NULL)
		return;
	g->of_plugin = true;
	for (size_t i = 0; i < told->n; i++) {
		struct wh_session *s = edge_session(edge, told->conns[i]);

		if (s == NULL || s->n_links >= hub->settings.rooms_per_session || set_add(&g->set, s) != WH_OK)
			continue;
		if (adopted)
			group_restore_member(g, edge);
		else
			group_attach(hub, g, edge, s->conn, 0);
	}
	group_disown(g, edge);
}

void
recovery_edge_groups(struct hub *hub, struct edge *edge)
{
	struct recovery_edge *re = recovery_edge_of(hub, edge);
	struct wh_map64_iter it = { 0 };

	while (wh_map64_next(&re->groups, &it)) {
		const struct recovery_group *told = it.value;
		struct wh_str name = { told->name, told->name_n }, dialect, room;
		wh_accent accent;

		if (name_of_room(name, &dialect, &accent, &room))
			room_put_together(hub, edge, told, dialect, accent, room);
		else if (wh_str_starts(name, WH_STR("p:")))
			plugin_group_put_together(hub, edge, told);
		else
			group_refuse(edge, told);
	}
}

void
recovery_edge_load(struct hub *hub, struct edge *edge)
{
	struct recovery_edge *re = recovery_edge_of(hub, edge);

	for (size_t i = 0; i < re->n_sessions; i++) {
		struct recovery_session *rs = &re->sessions[i];
		struct wh_session *s = session_get(hub, rs->session);
		struct wh_str parts = { rs->parts, rs->parts_n }, plugin, part;

		if (s == NULL)
			continue;
		s->restoring = false;
		hub->counts.sessions_recovered++;
		while (papers_part_next(&parts, &plugin, &part))
			hub->features->load(hub, s, plugin, part);
		if (s->dialect == NULL)
			session_drop(hub, s, SESSION_CLOSE_RESTART, WH_STR("what you speak is no longer offered here"));
	}
}

void
recovery_edge_tell(struct hub *hub, struct edge *edge)
{
	struct recovery_edge *re = recovery_edge_of(hub, edge);

	for (size_t i = 0; i < re->n_sessions; i++) {
		struct wh_session *s = session_get(hub, re->sessions[i].session);
		struct hub_running before;

		if (s == NULL || s->state != SESSION_ATTACHED || s->dialect == NULL || s->dialect->row->recovered == NULL)
			continue;
		before = hub_running(hub, "dialect", s->dialect->row->name);
		s->dialect->row->recovered(s->dialect->self, s);
		hub_ran(hub, before);
	}
}

void
recovery_edge_pending(struct hub *hub, struct edge *edge)
{
	struct recovery_edge *re = recovery_edge_of(hub, edge);
	struct wh_map64_iter it = { 0 };

	while (wh_map64_next(&re->pending, &it)) {
		const struct recovery_conn *c = it.value;
		struct wh_rec_opened opened;

		if (edge->state == EDGE_LIVE && edge_session(edge, c->conn) == NULL && wh_rec_opened_get(&c->rec, &opened) == WH_OK)
			session_opened(hub, edge, &opened);
	}
	recovery_edge_free(hub, re);
}
