/* The hub for tests of testing_hub.h. */
#include "hub/testing_hub.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/slots.h"

static struct test_hub *current;	/* the keeper's callback has no self; tests run one hub at a time */

static void __attribute__((format(printf, 2, 3)))
note(char *to, const char *fmt, ...)
{
	size_t n = strlen(to);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(to + n, TEST_TEXT - n, fmt, ap);
	va_end(ap);
}

static struct test_hub *
test_of(struct hub *hub)
{
	assert(current != NULL && current->hub == hub);
	return current;
}

static enum wh_err
f_start(struct hub *hub)
{
	(void)hub;
	return WH_OK;
}

static void
f_stop(struct hub *hub)
{
	(void)hub;
}

static enum wh_err
f_reload(struct hub *hub, const struct hub_config *next, struct wh_buf *why)
{
	(void)hub, (void)next, (void)why;
	return WH_OK;
}

static void
f_status(struct hub *hub, struct wh_buf *json)
{
	(void)hub;
	wh_buf_text(json, "{}");
}

static void
f_routes(struct hub *hub, void (*each)(struct edge *edge, const struct wh_rec_route *row), struct edge *edge)
{
	(void)hub;
	each(edge, &(struct wh_rec_route){ .kind = WH_ROUTE_HUB, .path = WH_STR("/api") });
}

static void
f_credential(struct hub *hub, struct wh_session *s, const struct hub_credential *c)
{
	note(test_of(hub)->heard, "credential %.*s;", WH_FMT(c->cookie));
	if (test_of(hub)->credential != WH_HOLD)
		session_known(hub, s->id, test_of(hub)->credential != WH_REFUSE);
}

static void
f_recovered(struct hub *hub)
{
	(void)hub;
}

static void
f_presence(struct hub *hub, struct wh_session *s, int what)
{
	static const char *const names[] = { "?", "opened", "identified", "detached", "resumed", "ended" };

	(void)s;
	if (what != WH_ENDING)	/* each that ends was about to */
		note(test_of(hub)->heard, "%s;", names[what]);
}

static void
f_left(struct hub *hub, struct wh_room *r, struct wh_session *s, struct wh_str reason)
{
	(void)s, (void)reason;
	note(test_of(hub)->heard, "left %.*s;", WH_FMT(r->name));
}

static void
f_save(struct hub *hub, struct wh_session *s, struct papers_parts *parts)
{
	(void)s;
	if (test_of(hub)->save[0] != '\0')
		wh_out_text(papers_part(parts, WH_STR("test")), test_of(hub)->save);
}

static void
f_load(struct hub *hub, struct wh_session *s, struct wh_str plugin, struct wh_str part)
{
	note(test_of(hub)->heard, "load %.*s %.*s in %u rooms;", WH_FMT(plugin), WH_FMT(part), s->n_links);
}

static void
f_serve(struct hub *hub, const struct wh_rec_request *r)
{
	note(test_of(hub)->heard, "serve %.*s;", WH_FMT(r->path));
	edge_respond(hub, r->conn, r->stream, 200, (struct wh_str){ NULL, 0 }, WH_STR("ok"), 0);
}

static void
f_writable(struct hub *hub, wh_id conn)
{
	note(test_of(hub)->heard, "writable %u;", wh_id_slot(conn));
}

static void
f_gone(struct hub *hub, wh_id conn)
{
	note(test_of(hub)->heard, "gone %u;", wh_id_slot(conn));
}

static void
f_edge_gone(struct hub *hub, uint32_t process)
{
	note(test_of(hub)->heard, "edge gone %u;", process);
}

static void
f_job_took(struct hub *hub, const char *name, int64_t waited_us, int64_t ran_us)
{
	(void)hub, (void)name, (void)waited_us, (void)ran_us;
}

static const struct hub_features test_features = {
	.start = f_start, .stop = f_stop, .reload = f_reload, .status = f_status, .routes = f_routes,
	.credential = f_credential, .presence = f_presence, .left = f_left, .save = f_save, .load = f_load, .recovered = f_recovered,
	.serve = f_serve, .writable = f_writable, .gone = f_gone, .edge_gone = f_edge_gone, .job_took = f_job_took,
};

static void
d_open(void *self, struct wh_session *s)
{
	struct test_hub *t = self;

	if (t->greet)
		session_send(t->hub, s, WH_STR("hello"));
}

static void
d_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	struct test_hub *t = self;
	struct wh_session *resumed;

	note(t->heard, "msg %.*s%s;", WH_FMT(bytes), (flags & WH_CUT) != 0 ? " cut" : "");
	if (wh_str_is(bytes, "token"))
		session_token(t->hub, s, t->token);
	else if (wh_str_is(bytes, "resume"))
		note(t->heard, "resume %d;", session_resume(t->hub, s, wh_str(t->token), &resumed));
	else if (wh_str_is(bytes, "close"))
		session_close(t->hub, s, 4000, WH_STR("as you wish"));
	else if (wh_str_starts(bytes, WH_STR("join ")))
		room_join(t->hub, room_open(t->hub, wh_str_from(bytes, 5)), s);
	else if (wh_str_starts(bytes, WH_STR("crash")))
		abort();
}

static enum wh_err
d_render(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out)
{
	(void)self;
	wh_out_fmt(out, "fake:%s", e->name);
	if (accent != 0)
		wh_out_fmt(out, "/%x", accent);
	return WH_OK;
}

static bool
d_echoes(void *self, struct wh_session *s)
{
	(void)self;
	return s->accent != TEST_ACCENT_DEAF;
}

static enum wh_err
d_render_other(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out)
{
	(void)self, (void)accent;
	wh_out_fmt(out, "other:%s", e->name);
	return WH_OK;
}

static enum wh_err
d_farewell(void *self, unsigned code, struct wh_str reason, struct wh_out *out)
{
	(void)self, (void)reason;
	wh_out_fmt(out, "bye %u", code);
	return WH_OK;
}

const struct wh_dialect test_dialect_fake = {
	.name = "fake", .subprotocol = "fake.v1", .open = d_open, .receive = d_receive, .render = d_render, .farewell = d_farewell, .echoes = d_echoes,
};
const struct wh_dialect test_dialect_other = {
	.name = "other", .subprotocol = "other.v1", .line = true, .open = d_open, .receive = d_receive, .render = d_render_other,
};

static enum wh_err
keeper_told(struct hub *hub, const struct wh_channel_msg *m)
{
	const char *name = m->kind == WH_CH_STUCK ? "STUCK" : m->kind == WH_CH_BAD_RECORD ? "BAD_RECORD" :
	    m->kind == WH_CH_ASK_RELOAD ? "ASK_RELOAD" : m->kind == WH_CH_ASK_HELPER ? "ASK_HELPER" :
	    m->kind == WH_CH_STATUS ? "STATUS" : m->kind == WH_CH_ASK_LINES ? "ASK_LINES" : "?";

	note(test_of(hub)->keeper, "%s %u;", name, m->process);
	return WH_OK;
}

static void
told_ready(struct hub *hub)
{
	test_of(hub)->ready = true;
}

struct test_hub *
test_hub_new(uint32_t process, char secret)
{
	struct test_hub *t = calloc(1, sizeof *t);

	assert(t != NULL);
	t->hub = calloc(1, sizeof *t->hub);
	assert(t->hub != NULL);
	current = t;
	wh_clock_fake(&t->clock, 1000 * WH_NS_PER_SEC, 1700000000000);
	t->hub->clock = &t->clock;
	t->hub->process = process;
	t->hub->features = &test_features;
	memset(t->hub->secret, secret, sizeof t->hub->secret);
	hub_settings_default(&t->hub->settings);
	t->hub->settings.job_threads = 2;
	if (hub_init(t->hub) != WH_OK)
		abort();
	t->hub->keeper.say = keeper_told;
	t->hub->recovery.ready = told_ready;
	if (dialect_add(t->hub, &test_dialect_fake, NULL, t) != WH_OK || dialect_add(t->hub, &test_dialect_other, NULL, t) != WH_OK)
		abort();
	return t;
}

void
test_hub_free(struct test_hub *t)
{
	current = t;
	hub_finish(t->hub);
	for (unsigned i = 0; i < t->n_edges; i++) {
		wh_link_detach(&t->edges[i].link);
		wh_link_fds_close(&t->edges[i].fds);
	}
	free(t->hub);
	free(t);
	current = NULL;
}

static struct wh_link_fds
fds_copy(const struct wh_link_fds *fds)
{
	return (struct wh_link_fds){ dup(fds->memory), { dup(fds->bell[0]), dup(fds->bell[1]) } };
}

struct test_edge *
test_edge_add(struct test_hub *t, uint32_t process, bool live)
{
	struct test_edge *e = &t->edges[t->n_edges++];
	struct wh_link_fds copy;
	struct edge *edge;

	assert(t->n_edges <= TEST_EDGES);
	e->process = process;
	if (wh_link_create(TEST_RING, &e->fds) != WH_OK || wh_link_attach(&e->fds, WH_FAR_END, &e->link) != WH_OK)
		abort();
	copy = fds_copy(&e->fds);
	if (edge_add(t->hub, process, t->n_edges - 1, &copy, &edge) != WH_OK)
		abort();
	if (!live)
		return e;
	test_recovered(e);
	if (!t->hub->recovery.links_ended)
		recovery_links_end(t->hub);
	test_turn(t);
	test_edge_got(t, e);
	return e;
}

void
test_turn(struct test_hub *t)
{
	current = t;
	do {
		/* No bell is polled: every edge may have rung. */
		for (unsigned i = 0; i < t->hub->edges.n; i++)
			t->hub->edges.of[i]->rang = true;
		hub_turn(t->hub);
	} while (t->hub->more);
}

static void
got_one(char *text, const struct wh_rec *rec)
{
	union {
		struct wh_rec_send send;
		struct wh_rec_publish publish;
		struct wh_rec_close close;
		struct wh_rec_join join;
		struct wh_rec_leave leave;
		struct wh_rec_group_open open;
		struct wh_rec_respond respond;
	} r;

	switch (rec->kind) {
	case WH_REC_SEND:
		if (wh_rec_send_get(rec, &r.send) == WH_OK)
			note(text, "SEND %u %.*s;", wh_id_slot(r.send.conn), WH_FMT(r.send.bytes));
		return;
	case WH_REC_PUBLISH:
		if (wh_rec_publish_get(rec, &r.publish) == WH_OK)
			note(text, "PUBLISH %llu %.*s%s;", (unsigned long long)r.publish.seq, WH_FMT(r.publish.bytes),
			    r.publish.except != 0 ? " but one" : "");
		return;
	case WH_REC_CLOSE:
		if (wh_rec_close_get(rec, &r.close) == WH_OK)
			note(text, "CLOSE %u %u;", wh_id_slot(r.close.conn), r.close.code);
		return;
	case WH_REC_JOIN:
		if (wh_rec_join_get(rec, &r.join) == WH_OK)
			note(text, "JOIN %u;", wh_id_slot(r.join.conn));
		return;
	case WH_REC_LEAVE:
		if (wh_rec_leave_get(rec, &r.leave) == WH_OK)
			note(text, "LEAVE %u;", wh_id_slot(r.leave.conn));
		return;
	case WH_REC_GROUP_OPEN:
		if (wh_rec_group_open_get(rec, &r.open) == WH_OK)
			note(text, "GROUP_OPEN %.*s;", WH_FMT(r.open.name));
		return;
	case WH_REC_RESPOND:
		if (wh_rec_respond_get(rec, &r.respond) == WH_OK)
			note(text, "RESPOND %u;", r.respond.status);
		return;
	case WH_REC_PAPERS_SET:
		return;	/* they come with everything; a test that wants them reads the ring itself */
	default:
		note(text, "%s;", wh_rec_kind_name(rec->kind));
		return;
	}
}

const char *
test_edge_got(struct test_hub *t, struct test_edge *e)
{
	static char text[TEST_TEXT];
	struct wh_rec rec;

	(void)t;
	text[0] = '\0';
	while (wh_ring_next(e->link->in, &rec) == 1) {
		got_one(text, &rec);
		wh_ring_done(e->link->in);
	}
	return text;
}

wh_id
test_conn(const struct test_edge *e, uint32_t slot)
{
	return wh_id_make(e->process, slot, 1);
}

void
test_opened(struct test_edge *e, uint32_t slot, unsigned flags)
{
	struct wh_rec_opened r = { .conn = test_conn(e, slot), .transport = WH_TRANSPORT_WS, .flags = (uint16_t)flags,
		.subprotocol = WH_STR("fake.v1"), .opened_ms = 1700000000000 };

	if (wh_addr_parse_ip(&r.peer, WH_STR("192.0.2.7")) != WH_OK || wh_rec_opened_put(e->link->out, &r) != WH_OK)
		abort();
}

void
test_message(struct test_edge *e, uint32_t slot, const char *text)
{
	if (wh_rec_message_put(e->link->out, &(struct wh_rec_message){ .conn = test_conn(e, slot), .bytes = wh_str(text) }) != WH_OK)
		abort();
}

void
test_closed(struct test_edge *e, uint32_t slot, unsigned code)
{
	if (wh_rec_closed_put(e->link->out, &(struct wh_rec_closed){ .conn = test_conn(e, slot), .code = (uint16_t)code }) != WH_OK)
		abort();
}

void
test_recovered(struct test_edge *e)
{
	if (wh_rec_recovered_put(e->link->out, &(struct wh_rec_recovered){ 0 }) != WH_OK)
		abort();
}

struct wh_session *
test_client(struct test_hub *t, struct test_edge *e, uint32_t slot)
{
	struct wh_session *s;

	test_opened(e, slot, 0);
	test_turn(t);
	s = session_by_conn(t->hub, test_conn(e, slot));
	if (s == NULL)
		abort();
	return s;
}
