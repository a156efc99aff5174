/* HTTP on a connection: one request at a time, the next ones wait unread or in the connection's left bytes. While the hub is
 * away, a request that needs it is not even consumed: it stays in the left bytes and is read again when the hub is there.
 * Here: a request from its first byte to its route, its deadlines, and the problems it may end in. */
#include "edge/conn_http.h"

#include <stdlib.h>
#include <unistd.h>

#include "edge/http_forward.h"
#include "edge/http_target.h"

enum { HTTP_PATH_MAX = 32768 };

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

struct wh_http_limits
conn_http_limits(const struct edge *e)
{
	return (struct wh_http_limits){ .line_max = e->settings->http.line_max, .head_max = e->settings->http.head_max,
		.header_max = e->settings->http.headers_max, .body_max = e->settings->http.body_max };
}

struct wh_http_reply
conn_http_reply(struct conn *c)
{
	struct http *h = c->http;

	return (struct wh_http_reply){ .status = 200, .minor = h->minor, .head = h->is_head, .keep_alive = h->keep_alive,
		.date = edge_date(c->edge), .lines = wh_buf_slice(&h->cors) };
}

void
conn_http_count(struct edge *e, unsigned status)
{
	if (status >= 100 && status < 600)
		edge_count(e, (enum wh_edge_metric)(WH_EDGE_RESPONSES_1XX + status / 100 - 1));
}

void
conn_http_done(struct conn *c)
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

bool
conn_http_push(struct conn *c)
{
	struct edge *e = c->edge;

	if (e->scratch.failed) {
		conn_end(c, 1006, WH_STR("out of memory"));
		return false;
	}
	return conn_push_bytes(c, wh_buf_slice(&e->scratch));
}

void
conn_http_problem(struct conn *c, struct http_error err)
{
	struct http *h = c->http;
	struct edge *e = c->edge;
	struct wh_http_problem p = { .status = err.status, .detail = wh_str(err.detail), .allow = err.allow, .retry_after = err.retry_after };
	struct wh_http_reply reply;

	if (err.close)
		h->keep_alive = false;
	reply = conn_http_reply(c);
	wh_buf_reset(&e->scratch);
	(void)wh_http_problem_reply(&e->scratch, &reply, &p);
	conn_http_count(e, err.status);
	if (conn_http_push(c))
		conn_http_done(c);
}

struct wh_addr
conn_http_client(struct conn *c, const struct wh_http_request *req)
{
	const struct edge_listener_settings *ls = conn_listener(c)->settings;

	if (!(c->flags & CONN_PROXIED) || (!ls->forwarded && !ls->x_forwarded))
		return c->peer;
	return wh_http_client(req, ls->forwarded ? WH_H_FORWARDED : WH_H_X_FORWARDED_FOR, &c->peer, &ls->trusted);
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
		conn_http_problem(c, (struct http_error){ .status = 503, .detail = "restarting; try again in a moment",
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
		conn_http_problem(c, (struct http_error){ .status = 501, .detail = "unknown method", .close = true });
		return true;
	}
	if (wh_http_path_decode(req->path, room, sizeof room, &path) != WH_OK) {
		conn_http_problem(c, (struct http_error){ .status = 400, .detail = "the path makes no sense", .close = true });
		return true;
	}
	route = serve_find(&e->serve, path);
	/* Bodies that nobody wants end the connection, which is cheaper than reading them. */
	if (route == NULL || route->row.kind == WH_ROUTE_UPSTREAM) {
		conn_http_problem(c, (struct http_error){ .status = 404, .close = body });
		return true;
	}
	if (route->row.kind == WH_ROUTE_HUB || route->row.kind == WH_ROUTE_WS) {
		if (http_hold(c, route))
			return false;
		if (c->http == NULL || !link_ready(&e->link))
			return true;	/* answered with 503 */
		h->held = false;
	}
	if (conn_http_cors(c, req, route))
		return true;
	h->client = conn_http_client(c, req);
	switch (route->row.kind) {
	case WH_ROUTE_HUB:
		conn_http_for_hub(c, req, path);
		return true;
	case WH_ROUTE_WS:
		conn_http_upgrade(c, req, route, path);
		return true;
	default:
		break;
	}
	if (!wh_http_method_check(req, get, &why)) {
		conn_http_problem(c, (struct http_error){ .status = why.status, .allow = get, .close = body });
		return true;
	}
	if (body)
		h->keep_alive = false;
	if (route->row.kind == WH_ROUTE_ANSWER)
		conn_http_answer(c, route);
	else
		conn_http_tree(c, req, route);
	return true;
}

static size_t
http_read_head(struct conn *c, char *bytes, size_t n)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	struct wh_http_limits limits = conn_http_limits(e);
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
		conn_http_problem(c, (struct http_error){ .status = why.status, .detail = why.reason, .close = true });
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

size_t
conn_http_read(struct conn *c, char *bytes, size_t n)
{
	if (c->flags & CONN_CLOSE_AFTER)
		return n;
	if (c->http->phase == HTTP_HEAD)
		return http_read_head(c, bytes, n);
	if (c->http->phase == HTTP_BODY)
		return conn_http_read_body(c, bytes, n);
	conn_pause(c, PAUSE_REQUEST);
	return 0;
}

void
conn_http_retry(struct conn *c)
{
	if (c->http->phase == HTTP_PUT)
		conn_http_put(c);
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
			conn_http_problem(c, (struct http_error){ .status = 408, .detail = "the head took too long", .close = true });
		return;
	case HTTP_BODY:
		elapsed = (e->tick - h->started) * HEARTBEAT_TICK_MS;
		if (elapsed < e->settings->http.body_ms && h->request.n - h->ends[PART_HEADERS] >=
		    (uint64_t)e->settings->http.body_rate * elapsed / 1000) {
			conn_set_deadline(c, 1000);
			return;
		}
		edge_count(e, WH_EDGE_CLOSED_TIMEOUT);
		conn_http_problem(c, (struct http_error){ .status = 408, .detail = "the body came too slowly", .close = true });
		return;
	case HTTP_PUT:
		conn_http_problem(c, (struct http_error){ .status = 503, .detail = "restarting; try again in a moment",
		    .retry_after = HTTP_RETRY_S });
		if (conn_alive(c))
			conn_resume(c, PAUSE_HUB);
		return;
	case HTTP_HUB:
		conn_http_problem(c, (struct http_error){ .status = 504, .detail = "no answer in time", .close = true });
		return;
	case HTTP_PIECES:
	case HTTP_FILE:
		return;
	}
}
