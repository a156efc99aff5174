/* Records of the hub, and the losses of hubs. What they carry for members and connections is delivered by link_deliver.c. */
#include "edge/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "edge/edge.h"

static void
link_bell(evutil_socket_t fd, short what, void *arg)
{
	struct edge *e = arg;

	(void)fd;
	(void)what;
	edge_wake(e);
	if (e->link.link != NULL)
		wh_link_woken(e->link.link);
}

enum wh_err
link_begin(struct edge *e, const struct wh_link_fds *take_fds, uint32_t process)
{
	struct hub_link *l = &e->link;
	enum wh_err err;

	if (l->link != NULL)
		link_lost(e);
	l->fds = *take_fds;
	l->process = process;
	err = wh_link_attach(&l->fds, WH_FAR_END, &l->link);
	if (err != WH_OK) {
		wh_link_fds_close(&l->fds);
		return err;
	}
	l->bell = event_new(e->base, l->link->bell, EV_READ | EV_PERSIST, link_bell, e);
	if (l->bell == NULL || event_add(l->bell, NULL) != 0) {
		link_close(e);
		return WH_ENOMEM;
	}
	l->phase = LINK_GREETING;
	l->full = false;
	return WH_OK;
}

void
link_close(struct edge *e)
{
	struct hub_link *l = &e->link;

	if (l->bell != NULL)
		event_free(l->bell);
	l->bell = NULL;
	if (l->link != NULL)
		wh_link_detach(&l->link);
	wh_link_fds_close(&l->fds);
	l->phase = LINK_AWAY;
	l->full = l->more = false;
}

bool
link_put(struct edge *e, enum wh_err err)
{
	struct hub_link *l = &e->link;

	if (err == WH_OK)
		return true;
	/* WH_ETOOBIG and WH_EINVAL are ours to prevent; asking for room then would wait for nothing. */
	if (err != WH_EFULL) {
		wh_log(e->log, WH_ERROR, "record_not_put", WH_I("err", err));
		return true;
	}
	if (!l->full && wh_ring_want_room(l->link->out)) {
		l->full = true;
		l->full_ns = e->now_ns;
		edge_count(e, WH_EDGE_RING_FULL);
	} else if (!l->full)
		l->more = true;	/* room came meanwhile: look again next turn */
	return false;
}

void
link_wake(struct edge *e)
{
	struct wh_list now;

	/* Those that find no room go to the end of the list, and are not met again. */
	wh_list_init(&now);
	wh_list_join(&now, &e->told_late);
	wh_list_join(&e->ended, &now);
	wh_list_join(&now, &e->waiting);
	while (!wh_list_empty(&now)) {
		struct conn *c = WH_CONTAINER(wh_list_first(&now), struct conn, list);

		wh_list_remove(&c->list);
		wh_list_add_last(&e->waiting, &c->list);
		if (!link_ready(&e->link))
			continue;
		if (c->state == CONN_HTTP)
			conn_http_retry(c);
		else if (conn_announce(c))
			conn_resume(c, PAUSE_HUB);
	}
}

struct conn *
link_conn(struct edge *e, wh_id id)
{
	struct conn *c = wh_slots_get(&e->conns, id);

	if (c != NULL && conn_alive(c))
		return c;
	return NULL;
}

static void
link_close_conn(struct edge *e, const struct wh_rec_close *r)
{
	struct conn *c = wh_slots_get(&e->conns, r->conn);
	char text[CONN_REASON_MAX + 1];
	int n;

	if (c == NULL)
		return;
	if (!conn_alive(c)) {
		conn_let_go(c);
		return;
	}
	n = r->resume_ms == 0 ? snprintf(text, sizeof text, "%.*s", WH_FMT(r->reason)) :
	    snprintf(text, sizeof text, "%.*s%sresume in %u ms", r->reason.n > 80 ? 80 : (int)r->reason.n, r->reason.p,
		r->reason.n != 0 ? "; " : "", r->resume_ms);
	conn_close(c, r->code, (struct wh_str){ text, n > CONN_REASON_MAX ? CONN_REASON_MAX : (size_t)(n > 0 ? n : 0) });
}

static void
link_papers(struct edge *e, const struct wh_rec_papers_set *r)
{
	struct conn *c = link_conn(e, r->conn);
	struct conn_papers *p;

	if (c == NULL)
		return;
	if (r->papers.n > CONN_PAPERS_MAX) {
		wh_log(e->log, WH_WARN, "papers_too_long", WH_X("connection", r->conn), WH_U("bytes", r->papers.n));
		return;
	}
	if (c->papers == NULL || c->papers->n != r->papers.n) {
		p = realloc(c->papers, sizeof *p + r->papers.n);
		if (p == NULL)
			return;
		c->papers = p;
		p->n = (uint32_t)r->papers.n;
	}
	if (r->papers.n != 0)
		memcpy(c->papers->bytes, r->papers.p, r->papers.n);
	conn_shrink_facts(c);
}

static void
link_limits(struct edge *e, const struct wh_rec_limits *r)
{
	struct conn *c = link_conn(e, r->conn);

	if (c == NULL)
		return;
	if (r->queue_bytes != 0)
		c->queue_max = r->queue_bytes < 4096 ? 4096 : r->queue_bytes > (256u << 20) ? 256u << 20 : r->queue_bytes;
	if (c->limits == NULL) {
		c->limits = malloc(sizeof *c->limits);
		if (c->limits == NULL)
			return;
		*c->limits = (struct conn_limits){ e->settings->limits.messages, e->settings->limits.bytes };
	}
	if (r->messages_per_s != 0)
		c->limits->messages = WH_FLOW_PER_SECOND(r->messages_per_s, r->burst != 0 ? r->burst : r->messages_per_s);
	if (r->bytes_per_s != 0)
		c->limits->bytes = WH_FLOW_PER_SECOND(r->bytes_per_s, (int64_t)r->bytes_per_s * 4);
}

static void
link_membership(struct edge *e, wh_id group, wh_id conn, bool join)
{
	struct group *g = groups_find(&e->groups, group);
	struct conn *c = link_conn(e, conn), *past = c == NULL && !join ? wh_slots_get(&e->conns, conn) : NULL;
	enum wh_err err;

	if (past != NULL) {
		conn_past_leave(past, group);
		return;
	}
	if (g == NULL || c == NULL || (c->state != CONN_WS && c->state != CONN_LINE && c->state != CONN_CLOSING)) {
		edge_count(e, WH_EDGE_DROPPED_UNKNOWN);
		return;
	}
	if (!join) {
		(void)group_remove_member(&e->groups, g, &c->member);
		return;
	}
	err = c->member.n >= e->settings->limits.groups ? WH_EFULL : group_add_member(&e->groups, g, &c->member);
	if (err != WH_OK && err != WH_EEXIST)
		wh_log(e->log, WH_WARN, "join_failed", WH_X("connection", conn), WH_X("group", group), WH_I("err", err));
}

/* A hub of another version cannot be understood: the keeper replaces us. */
static enum wh_err
link_hello(struct edge *e, const struct wh_rec_hello *r)
{
	struct hub_link *l = &e->link;

	if (r->version != WH_RECORD_VERSION || l->phase != LINK_GREETING) {
		wh_log(e->log, WH_ERROR, "hub_not_understood", WH_U("version", r->version), WH_I("phase", l->phase));
		return WH_EVERSION;
	}
	l->epoch = r->epoch;
	serve_restart(&e->serve);
	recover_begin(e);
	return WH_OK;
}

static void
link_go(struct edge *e)
{
	struct hub_link *l = &e->link;

	l->phase = LINK_LIVE;
	wh_link_set_live(l->link, true);
	if (l->away_ns != 0)
		edge_add(e, WH_EDGE_HUB_AWAY_MS, (uint64_t)(e->now_ns - l->away_ns) / 1000000);
	l->away_ns = 0;
	if (e->life == EDGE_STARTING)
		e->life = EDGE_SERVING;
	if (e->life == EDGE_SERVING)
		listeners_accept(e, true);
	link_wake(e);
}

/* Decodes a record of one kind and handles it; a record that does not decode is the hub's fault. */
#define LINK_GET(kind, handle) do { \
	struct wh_rec_##kind r; \
	enum wh_err got = wh_rec_##kind##_get(rec, &r); \
	if (got != WH_OK) \
		return got; \
	handle; \
} while (0)

static enum wh_err
link_record(struct edge *e, const struct wh_rec *rec)
{
	struct group *g;
	struct conn *c;

	if (rec->kind == WH_REC_PUBLISH) {
		LINK_GET(publish, link_publish(e, &r));
		return WH_OK;
	}
	/* What is to come after the messages that have gathered must find them delivered. */
	link_run_out(e);
	switch (rec->kind) {
	case WH_REC_HELLO:
		LINK_GET(hello, return link_hello(e, &r));
		break;
	case WH_REC_ROUTE:
		LINK_GET(route, return serve_add(&e->serve, e, &r) == WH_ENOMEM ? WH_ENOMEM : WH_OK);
		break;
	case WH_REC_ROUTES_END:
		serve_swap(&e->serve);
		link_wake(e);
		break;
	case WH_REC_GO:
		link_go(e);
		break;
	case WH_REC_SEND:
		LINK_GET(send, link_send(e, &r));
		break;
	case WH_REC_RESPOND:
		LINK_GET(respond, {
			c = link_conn(e, r.conn);
			if (c != NULL && c->state == CONN_HTTP)
				conn_http_respond(c, &r);
		});
		break;
	case WH_REC_GROUP_OPEN:
		LINK_GET(group_open, {
			enum wh_err err = groups_open(&e->groups, r.group, r.name, &g);

			if (err != WH_OK)
				wh_log(e->log, WH_ERROR, "group_open_failed", WH_X("group", r.group), WH_I("err", err));
		});
		break;
	case WH_REC_GROUP_CLOSE:
		LINK_GET(group_close, {
			g = groups_find(&e->groups, r.group);
			if (g != NULL)
				groups_close(&e->groups, g);
		});
		break;
	case WH_REC_JOIN:
		LINK_GET(join, link_membership(e, r.group, r.conn, true));
		break;
	case WH_REC_LEAVE:
		LINK_GET(leave, link_membership(e, r.group, r.conn, false));
		break;
	case WH_REC_CLOSE:
		LINK_GET(close, link_close_conn(e, &r));
		break;
	case WH_REC_PAPERS_SET:
		LINK_GET(papers_set, link_papers(e, &r));
		break;
	case WH_REC_LIMITS:
		LINK_GET(limits, link_limits(e, &r));
		break;
	default:
		return WH_ESYNTAX;
	}
	return WH_OK;
}

/* The hub wrote what makes no sense: the keeper is asked to end it, and will tell us that it is gone. */
static void
link_bad(struct edge *e, const struct wh_rec *rec)
{
	struct wh_channel_msg m = { .kind = WH_CH_BAD_RECORD, .process = e->link.process, .fds = { -1, -1, -1 },
	    .text = wh_str(rec != NULL ? wh_rec_kind_name(rec->kind) : "ring") };

	wh_log(e->log, WH_ERROR, "bad_record", WH_S("kind", m.text), WH_U("hub", e->link.process));
	(void)wh_child_say(e->child, &m);
	link_close(e);
	e->link.away_ns = e->now_ns;
}

/* Reads at most `bytes` of records. False: the ring is empty, or no good. */
static bool
link_drain(struct edge *e, size_t bytes)
{
	struct hub_link *l = &e->link;
	struct wh_rec rec;
	size_t read = 0;
	int got = 0;

	while (l->link != NULL && read < bytes && (got = wh_ring_next(l->link->in, &rec)) == 1) {
		enum wh_err err = link_record(e, &rec);

		if (err != WH_OK) {
			link_bad(e, &rec);
			return false;
		}
		read += rec.bytes.n + WH_REC_HEADER;
		if (l->link != NULL)
			wh_ring_done(l->link->in);
	}
	link_run_out(e);
	if (got < 0)
		link_bad(e, NULL);
	return l->link != NULL && got == 1;
}

void
link_read(struct edge *e)
{
	struct hub_link *l = &e->link;

	if (l->link == NULL)
		return;
	l->more = link_drain(e, LINK_TURN_BYTES);
	if (l->link == NULL)
		return;
	/* Some room is not enough: half of the ring is, since then every record fits. */
	if (l->full && !wh_ring_want_room(l->link->out)) {
		l->full = false;
		edge_add(e, WH_EDGE_RING_FULL_US, (uint64_t)(e->now_ns - l->full_ns) / 1000);
		if (l->phase == LINK_LIVE)
			link_wake(e);
	}
	if (l->phase == LINK_TELLING && !l->full && recover_tell(e))
		l->phase = LINK_TOLD;
}

void
link_kick(struct edge *e)
{
	if (e->link.link != NULL)
		wh_ring_kick(e->link.link->out);
}

bool
link_sleep(struct edge *e)
{
	struct hub_link *l = &e->link;

	return l->link == NULL || (!l->more && wh_ring_sleep(l->link->in));
}

void
link_lost(struct edge *e)
{
	struct hub_link *l = &e->link;
	bool live = l->phase == LINK_LIVE;
	uint32_t cursor = 0;
	struct conn *c;
	wh_id id;

	if (l->link == NULL)
		return;
	edge_count(e, WH_EDGE_HUB_GONE);
	/* No record that would make us talk back finds a hub that is there. */
	l->phase = LINK_AWAY;
	while (link_drain(e, SIZE_MAX))
		;
	/* Draining may have said GO. */
	l->phase = LINK_AWAY;
	if (live && l->link != NULL)
		while ((c = wh_slots_next(&e->conns, &cursor, &id)) != NULL)
			if (c->state == CONN_HTTP)
				conn_http_hub_gone(c, l->link->out);
	link_close(e);
	l->away_ns = e->now_ns;
}
