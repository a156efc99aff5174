/* HTTP on a connection: one request at a time, the next ones wait unread or in the connection's left bytes. While the hub is
 * away, a request that needs it is not even consumed: it stays in the left bytes and is read again when the hub is there.
 * Answers are written whole into one frame, but for files and for what the hub sends in pieces. */
#include <errno.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "edge/edge.h"
#include "edge/http_body.h"
#include "edge/http_fields.h"
#include "edge/http_forward.h"
#include "edge/http_target.h"
#include "edge/http_write.h"
#include "edge/ws_handshake.h"

enum http_phase {
	HTTP_HEAD,
	HTTP_BODY,	/* of a request for the hub */
	HTTP_PUT,	/* whole; waits for the hub or for room */
	HTTP_HUB,	/* the hub has it */
	HTTP_PIECES,	/* the hub answers in pieces */
	HTTP_FILE,	/* a file goes out */
};

enum { HTTP_PATH_MAX = 32768, HTTP_FILE_TURN = 262144, HTTP_RETRY_S = 2, HTTP_RATE_GRACE_MS = 5000 };

enum http_part { PART_METHOD, PART_PATH, PART_QUERY, PART_HOST, PART_HEADERS, PART_BODY, PARTS };

struct http {
	struct wh_http_head head;
	struct wh_http_body body;
	struct wh_buf request;		/* the parts of a request for the hub, behind each other */
	uint32_t ends[PARTS];
	struct wh_buf cors;		/* header lines of this request's answer */
	struct wh_addr client;
	uint64_t pos;			/* in the ring, behind our REQUEST */
	uint64_t file_at, file_left;
	int file;
	uint32_t stream;
	uint32_t started;		/* tick: of the body */
	uint8_t phase;			/* enum http_phase */
	uint8_t minor;
	bool keep_alive, is_head, chunked, give_up, held;
};

bool
conn_http_begin(struct conn *c)
{
	struct http *h = calloc(1, sizeof *h);

	if (h == NULL)
		return false;
	h->file = -1;
	c->http = h;
	c->state = CONN_HTTP;
	edge_count(c->edge, WH_EDGE_CONNECTIONS_HTTP);
	conn_set_deadline(c, c->edge->settings->http.head_ms);
	return true;
}

void
conn_http_free(struct conn *c)
{
	struct http *h = c->http;

	if (h == NULL)
		return;
	if (h->file >= 0)
		close(h->file);
	wh_buf_free(&h->request);
	wh_buf_free(&h->cors);
	free(h);
	c->http = NULL;
}

bool
conn_http_is_busy(const struct conn *c)
{
	return c->http->phase > HTTP_BODY || c->http->held;
}

static struct wh_http_limits
http_limits(const struct edge *e)
{
	return (struct wh_http_limits){ .line_max = e->settings->http.line_max, .head_max = e->settings->http.head_max,
		.header_max = e->settings->http.headers_max, .body_max = e->settings->http.body_max };
}

static struct wh_http_reply
http_reply(struct conn *c)
{
	struct http *h = c->http;

	return (struct wh_http_reply){ .status = 200, .minor = h->minor, .head = h->is_head, .keep_alive = h->keep_alive,
		.date = edge_date(c->edge), .lines = wh_buf_slice(&h->cors) };
}

static void
http_count(struct edge *e, unsigned status)
{
	if (status >= 100 && status < 600)
		edge_count(e, (enum wh_edge_metric)(WH_EDGE_RESPONSES_1XX + status / 100 - 1));
}

/* The answer is queued whole: on to the next request, or to the end. */
static void
http_done(struct conn *c)
{
	struct http *h = c->http;

	h->phase = HTTP_HEAD;
	h->held = h->give_up = false;
	wh_buf_free(&h->request);
	wh_buf_reset(&h->cors);
	if (!h->keep_alive || (c->flags & CONN_EOF)) {
		c->flags |= CONN_CLOSE_AFTER;
		conn_pause(c, PAUSE_REQUEST);
		conn_set_deadline(c, c->edge->settings->http.write_ms);
		conn_dirty(c);
		return;
	}
	conn_set_deadline(c, c->edge->settings->http.idle_ms);
	conn_resume(c, PAUSE_REQUEST);
}

/* Queues what stands in the scratch buffer. */
static bool
http_push(struct conn *c)
{
	struct edge *e = c->edge;

	if (e->scratch.failed) {
		conn_end(c, 1006, WH_STR("out of memory"));
		return false;
	}
	return conn_push_bytes(c, wh_buf_slice(&e->scratch));
}

struct http_error {
	unsigned status;
	const char *detail;
	unsigned allow;
	uint64_t retry_after;
	bool close;
};

static void
http_problem(struct conn *c, struct http_error err)
{
	struct http *h = c->http;
	struct edge *e = c->edge;
	struct wh_http_problem p = { .status = err.status, .detail = wh_str(err.detail), .allow = err.allow, .retry_after = err.retry_after };
	struct wh_http_reply reply;

	if (err.close)
		h->keep_alive = false;
	reply = http_reply(c);
	wh_buf_reset(&e->scratch);
	(void)wh_http_problem_reply(&e->scratch, &reply, &p);
	http_count(e, err.status);
	if (http_push(c))
		http_done(c);
}

static struct wh_addr
http_client(struct conn *c, const struct wh_http_request *req)
{
	const struct edge_listener_settings *ls = conn_listener(c)->settings;

	if (!(c->flags & CONN_PROXIED) || (!ls->forwarded && !ls->x_forwarded))
		return c->peer;
	return wh_http_client(req, ls->forwarded ? WH_H_FORWARDED : WH_H_X_FORWARDED_FOR, &c->peer, &ls->trusted);
}

static bool
http_secure(const struct conn *c, const struct wh_http_request *req)
{
	return (c->flags & CONN_SECURE) != 0 ||
	    ((c->flags & CONN_PROXIED) && wh_http_same(wh_http_header(req, WH_H_X_FORWARDED_PROTO), WH_STR("https")));
}

/* Cross-origin rules of the settings; true: the request is answered by them alone. */
static bool
http_cors(struct conn *c, const struct wh_http_request *req, const struct serve_route *route)
{
	const struct edge_settings *s = c->edge->settings;
	struct wh_http_cors cors = {
		.origins = s->http.origins, .origins_n = s->http.origins_n, .credentials = s->http.credentials,
		.methods = WH_STR("GET, HEAD, POST, PUT, PATCH, DELETE"),
		.headers = WH_STR("Authorization, Content-Type, Idempotency-Key, Traceparent, X-Request-Id"),
		.expose = WH_STR("RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"), .max_age = s->http.cors_max_age,
	};
	struct wh_http_reply reply;

	if (!(route->row.flags & WH_F_CORS))
		return false;
	switch (wh_http_cors(&cors, req, &c->http->cors)) {
	case WH_HTTP_CORS_SAME:
	case WH_HTTP_CORS_ALLOWED:
		return false;
	case WH_HTTP_CORS_PREFLIGHT:
		reply = http_reply(c);
		reply.status = 204;
		wh_buf_reset(&c->edge->scratch);
		(void)wh_http_reply_whole(&c->edge->scratch, &reply, WH_STR(""));
		http_count(c->edge, 204);
		if (http_push(c))
			http_done(c);
		return true;
	case WH_HTTP_CORS_REFUSED:
		break;
	}
	if (req->method != WH_HTTP_OPTIONS || !wh_http_has(req, WH_H_AC_REQUEST_METHOD))
		return false;
	http_problem(c, (struct http_error){ .status = 403, .detail = "this origin may not ask" });
	return true;
}

static void
http_answer(struct conn *c, const struct serve_route *route)
{
	struct edge *e = c->edge;
	struct wh_http_reply reply = http_reply(c);

	wh_buf_str(&c->http->cors, route->lines);
	reply.lines = wh_buf_slice(&c->http->cors);
	reply.status = route->row.status != 0 ? route->row.status : 200;
	reply.type = route->type;
	wh_buf_reset(&e->scratch);
	(void)wh_http_reply_whole(&e->scratch, &reply, route->row.body);
	http_count(e, reply.status);
	if (http_push(c))
		http_done(c);
}

static void
http_tree(struct conn *c, const struct wh_http_request *req, const struct serve_route *route)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	struct wh_http_reply reply = http_reply(c);
	struct wh_str prefix = route->row.path, path = req->path;
	struct wh_static_plan plan = { .fd = -1 };
	enum wh_err err = WH_ENOENT;

	while (prefix.n > 0 && prefix.p[prefix.n - 1] == '/')
		prefix.n--;
	wh_buf_str(&h->cors, route->lines);
	reply.lines = wh_buf_slice(&h->cors);
	wh_buf_reset(&e->scratch);
	/* A prefix that is written with escapes is nobody's honest link. */
	if (route->tree.root >= 0 && wh_str_starts(path, prefix)) {
		path = wh_str_from(path, prefix.n);
		if (path.n == 0)
			path = WH_STR("/");
		err = wh_static_answer(&route->tree, req, path, &reply, e->wall_ms / 1000, &e->scratch, &plan);
	}
	if (err == WH_ENOENT) {
		wh_buf_reset(&h->cors);
		http_problem(c, (struct http_error){ .status = 404 });
		return;
	}
	if (err != WH_OK) {
		http_problem(c, (struct http_error){ .status = 503, .retry_after = HTTP_RETRY_S });
		return;
	}
	http_count(e, plan.status);
	if (!http_push(c) || plan.fd < 0 || plan.length == 0) {
		if (plan.fd >= 0)
			close(plan.fd);
		if (conn_alive(c))
			http_done(c);
		return;
	}
	h->phase = HTTP_FILE;
	h->file = plan.fd;
	h->file_at = plan.offset;
	h->file_left = plan.length;
	conn_pause(c, PAUSE_REQUEST);
	conn_set_deadline(c, e->settings->http.write_ms);
}

bool
conn_http_more(struct conn *c)
{
	struct http *h = c->http;
	struct edge *e = c->edge;
	size_t turn = 0;

	if (h == NULL || h->phase != HTTP_FILE)
		return false;
	while (h->file_left != 0) {
		size_t want = h->file_left < HTTP_FILE_TURN - turn ? (size_t)h->file_left : HTTP_FILE_TURN - turn;
		ssize_t n;

		if (want == 0)
			return true;
		if (c->ssl != NULL) {
			size_t sent = 0;
			enum tls_answer a = TLS_FAILED;

			n = pread(h->file, e->output, want < EDGE_OUTPUT ? want : EDGE_OUTPUT, (off_t)h->file_at);
			if (n > 0)
				a = tls_write(c->ssl, e->output, (size_t)n, &sent);
			if (a == TLS_WANT_READ || a == TLS_WANT_WRITE)
				return true;
			n = a == TLS_OK ? (ssize_t)sent : -1;
		} else {
			off_t at = (off_t)h->file_at;

			n = sendfile(c->fd, h->file, &at, want);
			if (n < 0 && (errno == EAGAIN || errno == EINTR))
				return true;
		}
		if (n <= 0) {
			/* The file became shorter than its announced length, or the connection broke: no honest end is left. */
			conn_end(c, 1006, WH_STR(""));
			return false;
		}
		h->file_at += (uint64_t)n;
		h->file_left -= (uint64_t)n;
		turn += (size_t)n;
		c->bytes_out += (uint64_t)n;
		edge_add(e, WH_EDGE_BYTES_OUT, (uint64_t)n);
		c->wrote = e->tick;
	}
	close(h->file);
	h->file = -1;
	http_done(c);
	return false;
}

static void
part_put(struct http *h, enum http_part part, struct wh_str s)
{
	wh_buf_str(&h->request, s);
	h->ends[part] = (uint32_t)h->request.n;
}

static struct wh_str
part_get(const struct http *h, enum http_part part)
{
	size_t from = part == 0 ? 0 : h->ends[part - 1];

	return (struct wh_str){ h->request.p + from, h->ends[part] - from };
}

static void
http_headers(struct http *h, const struct wh_http_request *req)
{
	struct wh_buf *b = &h->request;

	for (unsigned i = 0; i < req->headers_n; i++) {
		struct wh_str name = req->headers[i].name;
		char *to = wh_buf_reserve(b, name.n + 1);

		if (to == NULL)
			return;
		for (size_t k = 0; k < name.n; k++)
			to[k] = name.p[k] >= 'A' && name.p[k] <= 'Z' ? (char)(name.p[k] | 32) : name.p[k];
		to[name.n] = '\0';
		wh_buf_grew(b, name.n + 1);
		wh_buf_str(b, req->headers[i].value);
		wh_buf_byte(b, '\0');
	}
}

/* The request is whole: into the ring with it, or wait. */
static void
http_put(struct conn *c)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	struct wh_rec_request r = {
		.conn = c->id, .stream = h->stream, .listener = c->listener,
		.flags = (c->flags & CONN_SECURE) ? WH_F_TLS : 0, .peer = h->client,
		.method = part_get(h, PART_METHOD), .path = part_get(h, PART_PATH), .query = part_get(h, PART_QUERY),
		.host = part_get(h, PART_HOST), .headers = part_get(h, PART_HEADERS), .body = part_get(h, PART_BODY),
	};
	enum wh_err err;

	if (h->phase != HTTP_PUT) {
		h->phase = HTTP_PUT;
		conn_set_deadline(c, e->settings->http.hub_wait_ms);
	}
	if (!link_ready(&e->link)) {
		conn_pause(c, PAUSE_REQUEST | PAUSE_HUB);
		return;
	}
	err = wh_rec_request_put(e->link.link->out, &r);
	if (err == WH_ETOOBIG || err == WH_EINVAL) {
		conn_resume(c, PAUSE_HUB);
		http_problem(c, (struct http_error){ .status = err == WH_ETOOBIG ? 413 : 400, .close = true });
		return;
	}
	if (!link_put(e, err)) {
		conn_pause(c, PAUSE_REQUEST | PAUSE_HUB);
		return;
	}
	h->phase = HTTP_HUB;
	h->pos = wh_ring_pos(e->link.link->out);
	wh_buf_free(&h->request);
	conn_pause(c, PAUSE_REQUEST);
	conn_resume(c, PAUSE_HUB);
	conn_set_deadline(c, e->settings->http.answer_ms);
}

static bool
http_body_done(struct conn *c)
{
	struct http *h = c->http;

	if (h->request.failed) {
		http_problem(c, (struct http_error){ .status = 503, .close = true, .retry_after = HTTP_RETRY_S });
		return false;
	}
	h->ends[PART_BODY] = (uint32_t)h->request.n;
	http_put(c);
	return true;
}

/* Keeps what the hub will get, and prepares for the body. */
static void
http_for_hub(struct conn *c, const struct wh_http_request *req, struct wh_str path)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	struct wh_http_limits limits = http_limits(e);
	struct wh_http_refusal why;

	if (!wh_http_body_start(&h->body, req, &limits, &why)) {
		http_problem(c, (struct http_error){ .status = why.status, .detail = why.reason, .close = true });
		return;
	}
	h->stream++;
	wh_buf_reset(&h->request);
	part_put(h, PART_METHOD, req->method_name);
	part_put(h, PART_PATH, path);
	part_put(h, PART_QUERY, req->query);
	part_put(h, PART_HOST, req->host);
	http_headers(h, req);
	h->ends[PART_HEADERS] = (uint32_t)h->request.n;
	if (wh_http_body_done(&h->body)) {
		(void)http_body_done(c);
		return;
	}
	h->phase = HTTP_BODY;
	h->started = e->tick;
	conn_set_deadline(c, HTTP_RATE_GRACE_MS);
	if (req->expect_continue && req->minor == 1) {
		wh_buf_reset(&e->scratch);
		wh_http_reply_interim(&e->scratch, 100);
		http_count(e, 100);
		(void)http_push(c);
	}
}

/* Gives what the rules refuse its own header lines beside the problem. */
static void
http_upgrade_refused(struct conn *c, const struct wh_ws_agreed *agreed, struct wh_str lines)
{
	wh_buf_str(&c->http->cors, lines);
	http_problem(c, (struct http_error){ .status = agreed->status, .detail = agreed->reason, .close = true });
}

static void
http_upgrade(struct conn *c, const struct wh_http_request *req, const struct serve_route *route, struct wh_str path)
{
	struct edge *e = c->edge;
	const struct edge_settings *s = e->settings;
	struct wh_ws_rules rules = {
		.subprotocols = route->subprotocols, .subprotocols_n = route->subprotocols_n,
		.origins = s->websocket.origins, .origins_n = s->websocket.origins_n, .origin_any = s->websocket.origin_any,
		.origin_same_host = s->websocket.same_host, .origin_required = s->websocket.origin_required,
		.deflate = s->websocket.deflate,
	};
	struct wh_str facts[FACTS] = { { NULL, 0 } };
	struct wh_buf lines = { .max = 4096 };
	struct wh_addr client = http_client(c, req);
	struct wh_ws_agreed agreed;
	char fingerprint[TLS_FINGERPRINT + 1];

	if (wh_ws_handshake(&rules, req, &lines, &agreed) != 101 || lines.failed) {
		if (agreed.status == 101)
			agreed = (struct wh_ws_agreed){ .status = 500 };
		http_upgrade_refused(c, &agreed, wh_buf_slice(&lines));
		wh_buf_free(&lines);
		return;
	}
	if ((c->flags & CONN_PROXIED) && !conn_rename(c, &client)) {
		wh_buf_free(&lines);
		http_problem(c, (struct http_error){ .status = 429, .detail = "too many connections of this address",
		    .close = true, .retry_after = HTTP_RETRY_S });
		return;
	}
	if (http_secure(c, req))
		c->flags |= CONN_SECURE;
	facts[FACT_SUBPROTOCOL] = agreed.subprotocol;
	facts[FACT_PATH] = path;
	facts[FACT_QUERY] = req->query;
	facts[FACT_HOST] = req->host;
	facts[FACT_ORIGIN] = wh_http_header(req, WH_H_ORIGIN);
	facts[FACT_USER_AGENT] = wh_http_header(req, WH_H_USER_AGENT);
	facts[FACT_COOKIE] = wh_http_header(req, WH_H_COOKIE);
	facts[FACT_AUTHORIZATION] = wh_http_header(req, WH_H_AUTHORIZATION);
	if (wh_http_traceparent_ok(wh_http_header(req, WH_H_TRACEPARENT)))
		facts[FACT_TRACEPARENT] = wh_http_header(req, WH_H_TRACEPARENT);
	if (c->ssl != NULL)
		facts[FACT_FINGERPRINT] = tls_fingerprint(c->ssl, fingerprint);
	wh_buf_reset(&e->scratch);
	wh_buf_text(&e->scratch, "HTTP/1.1 101 Switching Protocols\r\n");
	wh_buf_str(&e->scratch, wh_buf_slice(&lines));
	wh_buf_text(&e->scratch, "\r\n");
	wh_buf_free(&lines);
	http_count(e, 101);
	if (!http_push(c))
		return;
	if (!conn_set_facts(c, facts)) {
		conn_end(c, 1006, WH_STR("out of memory"));
		return;
	}
	conn_http_free(c);
	conn_ws_begin(c, agreed.deflate, agreed.server_window_bits);
}

/* The hub is needed and away. True: the request is held, unconsumed. */
static bool
http_hold(struct conn *c, const struct serve_route *route)
{
	struct http *h = c->http;
	struct edge *e = c->edge;

	if (link_ready(&e->link))
		return false;
	if (h->give_up || (!(route->row.flags & WH_F_WAIT_FOR_HUB) && route->row.kind == WH_ROUTE_HUB && e->link.phase != LINK_LIVE)) {
		http_problem(c, (struct http_error){ .status = 503, .detail = "restarting; try again in a moment",
		    .retry_after = HTTP_RETRY_S, .close = h->give_up });
		return false;
	}
	if (!h->held)
		conn_set_deadline(c, e->settings->http.hub_wait_ms);
	h->held = true;
	conn_pause(c, PAUSE_HUB);
	return true;
}

/* Routes a whole head. False: it is held, and must stay where it is. */
static bool
http_route(struct conn *c, const struct wh_http_request *req)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	char room[HTTP_PATH_MAX];
	const struct serve_route *route;
	struct wh_http_refusal why;
	struct wh_str path;
	unsigned get = 1u << WH_HTTP_GET | 1u << WH_HTTP_HEAD;
	bool body = req->chunked || req->content_length != 0;

	h->minor = (uint8_t)req->minor;
	h->is_head = req->method == WH_HTTP_HEAD;
	h->keep_alive = req->keep_alive && e->life == EDGE_SERVING;
	wh_buf_reset(&h->cors);
	if (req->method == WH_HTTP_OTHER_METHOD) {
		http_problem(c, (struct http_error){ .status = 501, .detail = "unknown method", .close = true });
		return true;
	}
	if (wh_http_path_decode(req->path, room, sizeof room, &path) != WH_OK) {
		http_problem(c, (struct http_error){ .status = 400, .detail = "the path makes no sense", .close = true });
		return true;
	}
	route = serve_find(&e->serve, path);
	/* Bodies that nobody wants end the connection, which is cheaper than reading them. */
	if (route == NULL || route->row.kind == WH_ROUTE_UPSTREAM) {
		http_problem(c, (struct http_error){ .status = 404, .close = body });
		return true;
	}
	if (route->row.kind == WH_ROUTE_HUB || route->row.kind == WH_ROUTE_WS) {
		if (http_hold(c, route))
			return false;
		if (c->http == NULL || !link_ready(&e->link))
			return true;	/* answered with 503 */
		h->held = false;
	}
	if (http_cors(c, req, route))
		return true;
	h->client = http_client(c, req);
	switch (route->row.kind) {
	case WH_ROUTE_HUB:
		http_for_hub(c, req, path);
		return true;
	case WH_ROUTE_WS:
		http_upgrade(c, req, route, path);
		return true;
	default:
		break;
	}
	if (!wh_http_method_check(req, get, &why)) {
		http_problem(c, (struct http_error){ .status = why.status, .allow = get, .close = body });
		return true;
	}
	if (body)
		h->keep_alive = false;
	if (route->row.kind == WH_ROUTE_ANSWER)
		http_answer(c, route);
	else
		http_tree(c, req, route);
	return true;
}

static size_t
http_read_head(struct conn *c, char *bytes, size_t n)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	struct wh_http_limits limits = http_limits(e);
	struct wh_http_request req;
	struct wh_http_refusal why;

	switch (wh_http_head_read(&h->head, &limits, bytes, n, &req, &why)) {
	case WH_HTTP_DONE:
		break;
	case WH_HTTP_REFUSED:
		h->keep_alive = false;
		h->is_head = false;
		h->minor = 1;
		edge_count(e, WH_EDGE_REQUESTS);
		http_problem(c, (struct http_error){ .status = why.status, .detail = why.reason, .close = true });
		return n;
	default:
		/* The first bytes of another request: from now on they have to come. */
		if (h->started == 0) {
			h->started = e->tick | 1;
			conn_set_deadline(c, e->settings->http.head_ms);
		}
		return 0;
	}
	if (!h->held)
		edge_count(e, WH_EDGE_REQUESTS);
	h->started = 0;
	if (!http_route(c, &req))
		return 0;
	if (conn_alive(c) && !pace_take(&c->messages, &e->settings->limits.requests, e->now_ns, 1) && c->state == CONN_HTTP)
		conn_pause(c, PAUSE_PACE);
	return req.head_size;
}

static size_t
http_read_body(struct conn *c, char *bytes, size_t n)
{
	struct http *h = c->http;
	struct wh_http_refusal why;
	struct wh_str data;
	size_t used = 0, took;

	while (used < n) {
		switch (wh_http_body_read(&h->body, bytes + used, n - used, &took, &data, &why)) {
		case WH_HTTP_DATA:
			wh_buf_str(&h->request, data);
			used += took;
			if (!wh_http_body_done(&h->body))
				continue;
			h->started = 0;
			(void)http_body_done(c);
			return used;
		case WH_HTTP_DONE:
			used += took;
			h->started = 0;
			(void)http_body_done(c);
			return used;
		case WH_HTTP_REFUSED:
			http_problem(c, (struct http_error){ .status = why.status, .detail = why.reason, .close = true });
			return n;
		case WH_HTTP_MORE:
			return used + took;
		}
	}
	return used;
}

size_t
conn_http_read(struct conn *c, char *bytes, size_t n)
{
	if (c->flags & CONN_CLOSE_AFTER)
		return n;
	if (c->http->phase == HTTP_HEAD)
		return http_read_head(c, bytes, n);
	if (c->http->phase == HTTP_BODY)
		return http_read_body(c, bytes, n);
	conn_pause(c, PAUSE_REQUEST);
	return 0;
}

void
conn_http_retry(struct conn *c)
{
	if (c->http->phase == HTTP_PUT)
		http_put(c);
	else
		conn_resume(c, PAUSE_HUB);
}

void
conn_http_timeout(struct conn *c)
{
	struct http *h = c->http;
	struct edge *e = c->edge;
	uint32_t elapsed;

	/* What waits to be written is looked at first: a client that takes it is not idle. */
	if (c->queue.n != 0 || h->phase == HTTP_FILE || h->phase == HTTP_PIECES) {
		if (e->tick - c->wrote <= wheel_ticks(e->settings->http.write_ms)) {
			conn_set_deadline(c, 1000);
			return;
		}
		edge_count(e, WH_EDGE_CLOSED_TIMEOUT);
		conn_end(c, 1006, WH_STR(""));
		return;
	}
	switch ((enum http_phase)h->phase) {
	case HTTP_HEAD:
		if (h->held) {
			h->give_up = true;
			conn_resume(c, PAUSE_HUB);
			return;
		}
		edge_count(e, WH_EDGE_CLOSED_TIMEOUT);
		if (h->started == 0)
			conn_end(c, 1006, WH_STR(""));
		else
			http_problem(c, (struct http_error){ .status = 408, .detail = "the head took too long", .close = true });
		return;
	case HTTP_BODY:
		elapsed = (e->tick - h->started) * HEARTBEAT_TICK_MS;
		if (elapsed < e->settings->http.body_ms && h->request.n - h->ends[PART_HEADERS] >=
		    (uint64_t)e->settings->http.body_rate * elapsed / 1000) {
			conn_set_deadline(c, 1000);
			return;
		}
		edge_count(e, WH_EDGE_CLOSED_TIMEOUT);
		http_problem(c, (struct http_error){ .status = 408, .detail = "the body came too slowly", .close = true });
		return;
	case HTTP_PUT:
		http_problem(c, (struct http_error){ .status = 503, .detail = "restarting; try again in a moment",
		    .retry_after = HTTP_RETRY_S });
		if (conn_alive(c))
			conn_resume(c, PAUSE_HUB);
		return;
	case HTTP_HUB:
		http_problem(c, (struct http_error){ .status = 504, .detail = "no answer in time", .close = true });
		return;
	case HTTP_PIECES:
	case HTTP_FILE:
		return;
	}
}

void
conn_http_hub_gone(struct conn *c, const struct wh_ring *dead)
{
	struct http *h = c->http;

	if (h->phase == HTTP_PIECES)
		conn_end(c, 1006, WH_STR("the answer's end is lost"));
	else if (h->phase == HTTP_HUB && wh_ring_consumed(dead, h->pos))
		http_problem(c, (struct http_error){ .status = 503, .detail = "restarted while answering; try again",
		    .retry_after = HTTP_RETRY_S });
}

/* Headers that framing and the edge decide on. */
static bool
http_header_ours(struct wh_str name)
{
	static const char *const ours[] = { "connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade" };

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (wh_http_same(name, wh_str(ours[i])))
			return true;
	return false;
}

/* Writes the head of the hub's answer, and the body that came with it. */
static bool
http_respond_first(struct conn *c, const struct wh_rec_respond *r)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	struct wh_http_reply reply = http_reply(c);
	struct wh_http_writer w;
	struct wh_str block = r->headers, name, value;

	reply.status = r->status;
	reply.framing = r->flags & WH_F_MORE ? WH_HTTP_CHUNKED : WH_HTTP_BY_LENGTH;
	reply.length = r->body.n;
	while (wh_headers_next(&block, &name, &value))
		if (wh_http_same(name, WH_STR("content-type")))
			reply.type = value;
	wh_buf_reset(&e->scratch);
	w = wh_http_reply_begin(&e->scratch, &reply);
	block = r->headers;
	while (wh_headers_next(&block, &name, &value))
		if (!wh_http_same(name, WH_STR("content-type")) && !http_header_ours(name))
			wh_http_reply_header(&w, name, value);
	if (!wh_http_reply_end(&w)) {
		wh_log(e->log, WH_ERROR, "answer_refused", WH_X("connection", c->id), WH_U("status", r->status));
		http_problem(c, (struct http_error){ .status = 500 });
		return false;
	}
	http_count(e, r->status);
	h->chunked = (r->flags & WH_F_MORE) != 0 && h->minor == 1 && wh_http_reply_has_body(&reply);
	if (wh_http_reply_closes(&reply))
		h->keep_alive = false;
	if (!(r->flags & WH_F_MORE) && wh_http_reply_has_body(&reply))
		wh_buf_str(&e->scratch, r->body);
	return true;
}

void
conn_http_respond(struct conn *c, const struct wh_rec_respond *r)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	bool more = (r->flags & WH_F_MORE) != 0, first = h->phase == HTTP_HUB;

	if (r->stream != h->stream || (!first && h->phase != HTTP_PIECES)) {
		edge_count(e, WH_EDGE_DROPPED_UNKNOWN);
		return;
	}
	if (r->flags & WH_F_CLOSE)
		h->keep_alive = false;
	if (first && !http_respond_first(c, r))
		return;
	if (!first)
		wh_buf_reset(&e->scratch);
	if ((!first || more) && !h->is_head) {
		if (h->chunked)
			wh_http_chunk(&e->scratch, r->body);
		else
			wh_buf_str(&e->scratch, r->body);
		if (!more && h->chunked)
			wh_http_chunk_last(&e->scratch);
	}
	if (!http_push(c))
		return;
	if (!more) {
		http_done(c);
		return;
	}
	h->phase = HTTP_PIECES;
	conn_set_deadline(c, e->settings->http.write_ms);
	if (c->queue.bytes > c->queue_max / 2)
		c->flags |= CONN_WANTS_ROOM;
}
