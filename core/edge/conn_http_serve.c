/* What the edge answers by itself, hub or no hub: questions of other origins, fixed answers, and files. Called by conn_http.c
 * once the route is found. Answers are written whole into one frame; a file follows its head from the disk, a turn at a time. */
#include "edge/conn_http.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "edge/http_fields.h"

enum { HTTP_FILE_TURN = 262144 };

bool
conn_http_cors(struct conn *c, const struct wh_http_request *req, const struct serve_route *route)
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
		reply = conn_http_reply(c);
		reply.status = 204;
		wh_buf_reset(&c->edge->scratch);
		(void)wh_http_reply_whole(&c->edge->scratch, &reply, WH_STR(""));
		conn_http_count(c->edge, 204);
		if (conn_http_push(c))
			conn_http_done(c);
		return true;
	case WH_HTTP_CORS_REFUSED:
		break;
	}
	if (req->method != WH_HTTP_OPTIONS || !wh_http_has(req, WH_H_AC_REQUEST_METHOD))
		return false;
	conn_http_problem(c, (struct http_error){ .status = 403, .detail = "this origin may not ask" });
	return true;
}

void
conn_http_answer(struct conn *c, const struct serve_route *route)
{
	struct edge *e = c->edge;
	struct wh_http_reply reply = conn_http_reply(c);

	wh_buf_str(&c->http->cors, route->lines);
	reply.lines = wh_buf_slice(&c->http->cors);
	reply.status = route->row.status != 0 ? route->row.status : 200;
	reply.type = route->type;
	wh_buf_reset(&e->scratch);
	(void)wh_http_reply_whole(&e->scratch, &reply, route->row.body);
	conn_http_count(e, reply.status);
	if (conn_http_push(c))
		conn_http_done(c);
}

void
conn_http_tree(struct conn *c, const struct wh_http_request *req, const struct serve_route *route)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	struct wh_http_reply reply = conn_http_reply(c);
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
		conn_http_problem(c, (struct http_error){ .status = 404 });
		return;
	}
	if (err != WH_OK) {
		conn_http_problem(c, (struct http_error){ .status = 503, .retry_after = HTTP_RETRY_S });
		return;
	}
	conn_http_count(e, plan.status);
	if (!conn_http_push(c) || plan.fd < 0 || plan.length == 0) {
		if (plan.fd >= 0)
			close(plan.fd);
		if (conn_alive(c))
			conn_http_done(c);
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
	conn_http_done(c);
	return false;
}
