/* A connection's life: accepted, named, read, paused, ended. Every read goes to one buffer of the process; what a protocol leaves
 * of it is copied to the connection, and stands before the next read. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/edge.h"
#include "edge/proxy_proto.h"

struct conn *
conn_new(struct edge *e, int take_fd, unsigned listener, const struct wh_addr *peer)
{
	const struct edge_listener_settings *ls = e->listeners[listener].settings;
	wh_id id;
	struct conn *c = wh_slots_alloc(&e->conns, &id);

	if (c == NULL) {
		close(take_fd);
		return NULL;
	}
	c->edge = e;
	c->id = id;
	c->fd = take_fd;
	c->peer = *peer;
	c->listener = (uint8_t)listener;
	c->opened_ms = e->wall_ms;
	c->wrote = e->tick;
	c->queue_max = e->settings->http.queue;
	wh_list_init(&c->list);
	wheel_item_init(&c->wheel);
	if (wh_nets_match(&ls->trusted, peer))
		c->flags |= CONN_PROXIED;
	(void)event_assign(&c->event, e->base, take_fd, EV_READ | EV_PERSIST, conn_event, c);
	return c;
}

void
conn_begin(struct conn *c)
{
	const struct edge_listener *l = conn_listener(c);

	if (c->state == CONN_PROXY && l->tls != NULL) {
		if (c->edge->handshakes >= c->edge->settings->limits.handshakes) {
			edge_count(c->edge, WH_EDGE_REFUSED_HANDSHAKES);
			conn_end(c, 1006, WH_STR(""));
			return;
		}
		c->ssl = tls_accept(l->tls, c->fd);
		if (c->ssl == NULL) {
			conn_end(c, 1006, WH_STR(""));
			return;
		}
		c->state = CONN_TLS;
		c->flags |= CONN_SECURE | CONN_HANDSHAKING;
		c->edge->handshakes++;
		return;
	}
	if (l->settings->protocol == EDGE_LINE)
		conn_line_begin(c);
	else if (!conn_http_begin(c))
		conn_end(c, 1006, WH_STR("out of memory"));
}

static void
conn_handshake_over(struct conn *c)
{
	if (!(c->flags & CONN_HANDSHAKING))
		return;
	c->flags &= (uint16_t)~CONN_HANDSHAKING;
	c->edge->handshakes--;
}

bool
conn_rename(struct conn *c, const struct wh_addr *peer)
{
	struct edge *e = c->edge;
	enum limits_verdict v = limits_rename(&e->limits, e->settings, peer, e->now_ns, &c->entry);

	c->peer = *peer;
	if (v == LIMITS_ADMIT)
		return true;
	edge_count(e, v == LIMITS_DENIED ? WH_EDGE_REFUSED_DENIED : v == LIMITS_ADDRESS ? WH_EDGE_REFUSED_ADDRESS :
	    v == LIMITS_RATE ? WH_EDGE_REFUSED_RATE : WH_EDGE_REFUSED_FULL);
	return false;
}

/* Gauges of the state that it leaves. */
static void
conn_uncount(struct conn *c)
{
	struct edge *e = c->edge;

	if (c->http != NULL)
		e->metrics[WH_EDGE_CONNECTIONS_HTTP]--;
	else if (c->facts != NULL)
		e->metrics[conn_listener(c)->settings->protocol == EDGE_LINE ? WH_EDGE_CONNECTIONS_LINE : WH_EDGE_CONNECTIONS_WS]--;
	e->metrics[WH_EDGE_LISTENER + 3 * c->listener + WH_EDGE_LISTENER_CONNECTIONS]--;
}

/* Without memory for it a hub that dies just now takes the rooms with it. */
static struct conn_past
conn_past_of(struct conn *c)
{
	struct conn_past past = { NULL, 0 };

	if (c->member.n != 0 && c->papers != NULL)
		past.groups = malloc(c->member.n * sizeof *past.groups);
	for (; past.groups != NULL && past.n < c->member.n; past.n++)
		past.groups[past.n] = member_places(&c->member)[past.n].group->id;
	return past;
}

void
conn_past_leave(struct conn *c, wh_id group)
{
	for (uint32_t i = 0; i < c->past.n; i++)
		if (c->past.groups[i] == group)
			c->past.groups[i--] = c->past.groups[--c->past.n];
}

void
conn_end(struct conn *c, unsigned code, struct wh_str reason)
{
	struct edge *e = c->edge;
	struct conn_past past;

	if (!conn_alive(c))
		return;
	conn_handshake_over(c);
	conn_uncount(c);
	(void)event_del(&c->event);
	if (c->ssl != NULL)
		tls_free(&c->ssl, code != 1006);
	close(c->fd);
	c->fd = -1;
	if (c->code == 0)
		c->code = (uint16_t)code;
	if (c->reason == NULL && reason.n != 0)
		c->reason = strndup(reason.p, reason.n);
	queue_clear(&c->queue);
	past = conn_past_of(c);
	member_leave_all(&e->groups, &c->member);
	wheel_remove(&c->wheel);
	conn_http_free(c);
	if (conn_listener(c)->settings->protocol == EDGE_HTTP && c->facts != NULL)
		wh_ws_in_end(&c->ws);
	free(c->left);
	c->left = NULL;
	c->left_n = 0;
	limits_leave(&e->limits, &c->entry);
	c->state = CONN_ENDED;
	c->past = past;
	wh_list_remove(&c->list);
	wh_list_add_last(&e->ended, &c->list);
}

void
conn_free(struct conn *c)
{
	wh_list_remove(&c->list);
	if (c->flags & CONN_KEPT)
		c->edge->kept_n--;
	if (c->state == CONN_ENDED)
		free(c->past.groups);
	free(c->facts);
	free(c->papers);
	free(c->limits);
	free(c->reason);
	(void)wh_slots_release(&c->edge->conns, c->id);
}

void
conn_keep(struct conn *c)
{
	struct edge *e = c->edge;
	uint32_t most = e->settings->limits.connections / 2 < CONNS_KEPT_MAX ? e->settings->limits.connections / 2 : CONNS_KEPT_MAX;

	if (c->papers == NULL) {
		conn_free(c);
		return;
	}
	if (e->kept_n >= most && !wh_list_empty(&e->kept)) {
		conn_free(WH_CONTAINER(wh_list_first(&e->kept), struct conn, list));
		edge_count(e, WH_EDGE_KEPT_DROPPED);
	}
	c->flags |= CONN_KEPT;
	e->kept_n++;
	wh_list_add_last(&e->kept, &c->list);
}

void
conn_let_go(struct conn *c)
{
	/* Else its CLOSED is still to be told, and the hub will say so again. */
	if (c->flags & CONN_KEPT)
		conn_free(c);
}

void
conns_past(struct edge *e)
{
	struct wh_list *first;

	while ((first = wh_list_first(&e->kept)) != NULL) {
		struct conn *c = WH_CONTAINER(first, struct conn, list);

		wh_list_remove(&c->list);
		wh_list_add_last(&e->told_late, &c->list);
		c->flags &= (uint16_t)~CONN_KEPT;
		e->kept_n--;
	}
	WH_LIST_EACH(link, &e->told_late)
		WH_CONTAINER(link, struct conn, list)->flags |= CONN_PAST;
}

void
conn_interest(struct conn *c)
{
	short want = (short)((c->flags & CONN_BLOCKED) ? EV_WRITE : 0);
	bool read = (c->pause & ~(unsigned)PAUSE_BUSY) == 0;

	if (!conn_alive(c))
		return;
	if (read)
		want |= EV_READ;
	if (read)
		c->flags |= CONN_READING;
	else
		c->flags &= (uint16_t)~CONN_READING;
	(void)event_del(&c->event);
	if (want == 0)
		return;
	(void)event_assign(&c->event, c->edge->base, c->fd, (short)(want | EV_PERSIST), conn_event, c);
	if (event_add(&c->event, NULL) != 0)
		conn_end(c, 1006, WH_STR("the system refused to watch it"));
}

void
conn_pause(struct conn *c, unsigned why)
{
	struct edge *e = c->edge;
	bool was = (c->pause & ~(unsigned)PAUSE_BUSY) != 0;

	if ((c->pause & why) == why)
		return;
	c->pause |= (uint8_t)why;
	if (why & (PAUSE_HUB | PAUSE_PACE)) {
		wh_list_remove(&c->list);
		wh_list_add_last(why & PAUSE_HUB ? &e->waiting : &e->paced, &c->list);
	}
	if (!was)
		conn_interest(c);
}

static void conn_use(struct conn *c, size_t n);

/* What OpenSSL has read already wakes no poll. */
static void
conn_wake_tls(struct conn *c)
{
	if (conn_alive(c) && c->ssl != NULL && c->pause == 0 && SSL_pending(c->ssl) > 0)
		event_active(&c->event, EV_READ, 0);
}

void
conn_resume(struct conn *c, unsigned why)
{
	struct edge *e = c->edge;

	if ((c->pause & why) == 0 || !conn_alive(c))
		return;
	c->pause &= (uint8_t)~why;
	if (why & (PAUSE_HUB | PAUSE_PACE)) {
		wh_list_remove(&c->list);
		if (c->pause & (PAUSE_HUB | PAUSE_PACE))
			wh_list_add_last(c->pause & PAUSE_HUB ? &e->waiting : &e->paced, &c->list);
	}
	/* Further up the stack, whoever made it busy goes on with the bytes. */
	if (c->pause != 0)
		return;
	if (c->left_n != 0) {
		memcpy(e->input, c->left, c->left_n);
		conn_use(c, c->left_n);
	}
	if (conn_alive(c) && c->pause == 0 && !(c->flags & CONN_READING))
		conn_interest(c);
	conn_wake_tls(c);
}

void
conn_set_deadline(struct conn *c, int64_t ms)
{
	c->deadline = c->edge->tick + wheel_ticks(ms);
	wheel_set(&c->edge->wheel, &c->wheel, c->deadline);
}

void
conn_paced(struct conn *c)
{
	struct edge *e = c->edge;
	const struct wh_flow *flow = c->limits != NULL ? &c->limits->messages : &e->settings->limits.messages;

	if (pace_take(&c->messages, flow, e->now_ns, 1))
		return;
	edge_count(e, WH_EDGE_SLOW_RATE);
	conn_pause(c, PAUSE_PACE);
}

/* Reads what a trusted proxy says of its client. */
static size_t
conn_proxy(struct conn *c, const char *bytes, size_t n)
{
	const struct edge_listener_settings *ls = conn_listener(c)->settings;
	struct wh_proxy_header h;
	enum wh_err err = wh_proxy_read(bytes, n, &h);
	bool v2 = n > 0 && bytes[0] == '\r';

	if (err == WH_WAIT)
		return 0;
	if (err != WH_OK || (ls->proxy == EDGE_PROXY_V1 && v2) || (ls->proxy == EDGE_PROXY_V2 && !v2)) {
		edge_count(c->edge, WH_EDGE_REFUSED_PROXY);
		conn_end(c, 1006, WH_STR(""));
		return n;
	}
	if (!h.local && (h.from.family == WH_ADDR_V4 || h.from.family == WH_ADDR_V6)) {
		c->flags &= (uint16_t)~CONN_PROXIED;
		if (h.tls)
			c->flags |= CONN_SECURE;
		if (!conn_rename(c, &h.from)) {
			conn_end(c, 1006, WH_STR(""));
			return n;
		}
	}
	conn_begin(c);
	return h.size;
}

/* Hands `n` bytes at the front of the input to whoever reads them now. Returns how many were used. */
static size_t
conn_step(struct conn *c, char *bytes, size_t n)
{
	switch ((enum conn_state)c->state) {
	case CONN_HTTP:
		return conn_http_read(c, bytes, n);
	case CONN_WS:
	case CONN_CLOSING:
		return conn_ws_read(c, bytes, n);
	case CONN_LINE:
		return conn_line_read(c, bytes, n);
	case CONN_PROXY:
	case CONN_TLS:
		return 0;
	case CONN_LINGER:
	case CONN_ENDED:
		break;
	}
	return n;
}

/* Uses `n` bytes that stand in the input, and keeps what is left. While it runs, nobody below resumes the connection. */
static void
conn_use(struct conn *c, size_t n)
{
	char *at = c->edge->input;
	size_t used;
	uint8_t state;

	c->pause |= PAUSE_BUSY;
	do {
		state = c->state;
		used = conn_step(c, at, n);
		at += used;
		n -= used;
	} while (n != 0 && conn_alive(c) && (c->pause & ~(unsigned)PAUSE_BUSY) == 0 && (used != 0 || state != c->state));
	c->pause &= (uint8_t)~PAUSE_BUSY;
	if (!conn_alive(c))
		return;
	/* Paused and resumed while it was busy. */
	if (c->pause == 0 && !(c->flags & CONN_READING))
		conn_interest(c);
	if (n == 0) {
		free(c->left);
		c->left = NULL;
		c->left_n = 0;
		return;
	}
	if (c->left_n < n || c->left == NULL) {
		char *left = realloc(c->left, n);

		if (left == NULL) {
			conn_end(c, WH_WS_INTERNAL, WH_STR("out of memory"));
			return;
		}
		c->left = left;
	}
	memcpy(c->left, at, n);
	c->left_n = (uint32_t)n;
}

static void
conn_handshake(struct conn *c)
{
	struct edge *e = c->edge;

	switch (tls_handshake(c->ssl)) {
	case TLS_OK:
		edge_count(e, SSL_session_reused(c->ssl) ? WH_EDGE_HANDSHAKES_RESUMED : WH_EDGE_HANDSHAKES);
		conn_handshake_over(c);
		c->flags &= (uint16_t)~CONN_BLOCKED;
		conn_begin(c);
		conn_interest(c);
		return;
	case TLS_WANT_READ:
		if (c->flags & CONN_BLOCKED) {
			c->flags &= (uint16_t)~CONN_BLOCKED;
			conn_interest(c);
		}
		return;
	case TLS_WANT_WRITE:
		if (!(c->flags & CONN_BLOCKED)) {
			c->flags |= CONN_BLOCKED;
			conn_interest(c);
		}
		return;
	default:
		edge_count(e, WH_EDGE_HANDSHAKES_FAILED);
		conn_end(c, 1006, WH_STR(""));
	}
}

/* The client will send no more. A WebSocket or line client is gone then; one of HTTP may still wait for its answer. */
static void
conn_eof(struct conn *c)
{
	c->flags |= CONN_EOF;
	if (c->state == CONN_HTTP && (conn_http_is_busy(c) || c->queue.n != 0)) {
		c->flags |= CONN_CLOSE_AFTER;
		conn_pause(c, PAUSE_REQUEST);
		return;
	}
	conn_end(c, 1006, WH_STR(""));
}

/* Reads once. True: more may lie in TLS. */
static bool
conn_read(struct conn *c)
{
	struct edge *e = c->edge;
	const struct wh_flow *flow = c->limits != NULL ? &c->limits->bytes : &e->settings->limits.bytes;
	bool paced = c->state == CONN_WS || c->state == CONN_LINE;
	size_t room = EDGE_READ, n = 0;
	ssize_t got;

	if (paced) {
		room = pace_bytes(&c->bytes, flow, e->now_ns, EDGE_READ);
		if (room == 0) {
			edge_count(e, WH_EDGE_SLOW_RATE);
			conn_pause(c, PAUSE_PACE);
			return false;
		}
	}
	if (c->ssl != NULL) {
		switch (tls_read(c->ssl, e->input + c->left_n, room, &n)) {
		case TLS_OK:
			break;
		case TLS_WANT_READ:
		case TLS_WANT_WRITE:
			return false;
		case TLS_END:
			conn_eof(c);
			return false;
		case TLS_FAILED:
			conn_end(c, 1006, WH_STR(""));
			return false;
		}
	} else {
		got = recv(c->fd, e->input + c->left_n, room, 0);
		if (got < 0) {
			if (errno != EAGAIN && errno != EINTR)
				conn_end(c, 1006, WH_STR("the connection broke"));
			return false;
		}
		if (got == 0) {
			conn_eof(c);
			return false;
		}
		n = (size_t)got;
	}
	c->bytes_in += n;
	edge_add(e, WH_EDGE_BYTES_IN, n);
	if (c->state == CONN_LINE)
		c->deadline = e->tick + wheel_ticks(e->settings->line.idle_ms);
	if (paced)
		(void)pace_take(&c->bytes, flow, e->now_ns, (int64_t)n);
	if (c->left_n != 0)
		memcpy(e->input, c->left, c->left_n);
	conn_use(c, c->left_n + n);
	return c->ssl != NULL && conn_alive(c) && SSL_pending(c->ssl) > 0;
}

/* The PROXY header stands in front of TLS, which reads the socket by itself: so no byte behind the header may be taken. */
static void
conn_read_proxy(struct conn *c)
{
	ssize_t got = recv(c->fd, c->edge->input, WH_PROXY_V2_MAX + 1, MSG_PEEK);
	size_t used;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		conn_end(c, 1006, WH_STR(""));
		return;
	}
	used = conn_proxy(c, c->edge->input, (size_t)got);
	if (used == 0) {
		/* An incomplete header stays in the kernel, and would wake us at once for ever. */
		int lowat = (int)got + 1;

		(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof lowat);
		return;
	}
	if (conn_alive(c)) {
		int lowat = 1;

		(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof lowat);
		(void)recv(c->fd, c->edge->input, used, 0);
		c->bytes_in += used;
	}
}

void
conn_event(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	if (!conn_alive(c))
		return;
	edge_wake(c->edge);
	if (c->state == CONN_TLS) {
		conn_handshake(c);
		/* The first request may have come with the handshake's last record. */
		if (!conn_alive(c) || c->state == CONN_TLS)
			return;
		what = EV_READ;
	}
	if (what & EV_WRITE) {
		c->flags &= (uint16_t)~CONN_BLOCKED;
		conn_flush(c);
		if (conn_alive(c))
			conn_interest(c);
	}
	if (!(what & EV_READ) || !conn_alive(c))
		return;
	if (c->state == CONN_PROXY) {
		conn_read_proxy(c);
		return;
	}
	for (int i = 0; i < 8 && (c->pause & ~(unsigned)PAUSE_BUSY) == 0 && conn_read(c); i++)
		;
	conn_wake_tls(c);
}

struct wh_str
conn_fact(const struct conn *c, enum conn_fact fact)
{
	size_t at = 0;

	if (c->facts == NULL)
		return (struct wh_str){ NULL, 0 };
	for (unsigned i = 0; i < fact; i++)
		at += c->facts->n[i];
	return (struct wh_str){ c->facts->bytes + at, c->facts->n[fact] };
}

bool
conn_set_facts(struct conn *c, const struct wh_str facts[FACTS])
{
	struct conn_facts *f;
	size_t total = 0;
	char *to;

	for (unsigned i = 0; i < FACTS; i++)
		total += facts[i].n <= UINT16_MAX ? facts[i].n : 0;
	f = malloc(sizeof *f + total);
	if (f == NULL)
		return false;
	f->total = (uint32_t)total;
	to = f->bytes;
	for (unsigned i = 0; i < FACTS; i++) {
		f->n[i] = facts[i].n <= UINT16_MAX ? (uint16_t)facts[i].n : 0;
		if (f->n[i] != 0)
			memcpy(to, facts[i].p, f->n[i]);
		to += f->n[i];
	}
	free(c->facts);
	c->facts = f;
	return true;
}

void
conn_shrink_facts(struct conn *c)
{
	struct wh_str facts[FACTS] = { { NULL, 0 } };
	struct conn_facts *old = c->facts;

	if (old == NULL || c->facts->total == (uint32_t)(old->n[FACT_SUBPROTOCOL] + old->n[FACT_PATH]))
		return;
	facts[FACT_SUBPROTOCOL] = conn_fact(c, FACT_SUBPROTOCOL);
	facts[FACT_PATH] = conn_fact(c, FACT_PATH);
	c->facts = NULL;
	if (conn_set_facts(c, facts))
		free(old);
	else
		c->facts = old;
}

enum wh_err
conn_put_opened(struct conn *c, unsigned flags)
{
	struct wh_rec_opened r = {
		.conn = c->id, .listener = c->listener,
		.transport = conn_listener(c)->settings->protocol == EDGE_LINE ? WH_TRANSPORT_LINE : WH_TRANSPORT_WS,
		.flags = (uint16_t)(flags | ((c->flags & CONN_SECURE) ? WH_F_TLS : 0)),
		.peer = c->peer, .opened_ms = c->opened_ms,
		.subprotocol = conn_fact(c, FACT_SUBPROTOCOL), .path = conn_fact(c, FACT_PATH),
		.query = conn_fact(c, FACT_QUERY), .host = conn_fact(c, FACT_HOST), .origin = conn_fact(c, FACT_ORIGIN),
		.user_agent = conn_fact(c, FACT_USER_AGENT), .cookie = conn_fact(c, FACT_COOKIE),
		.authorization = conn_fact(c, FACT_AUTHORIZATION), .tls_fingerprint = conn_fact(c, FACT_FINGERPRINT),
		.traceparent = conn_fact(c, FACT_TRACEPARENT),
	};

	return wh_rec_opened_put(c->edge->link.link->out, &r);
}

bool
conn_announce(struct conn *c)
{
	struct edge *e = c->edge;

	if (c->flags & CONN_KNOWN)
		return true;
	if (link_ready(&e->link) && link_put(e, conn_put_opened(c, 0))) {
		c->flags |= CONN_KNOWN;
		return true;
	}
	conn_pause(c, PAUSE_HUB);
	return false;
}
