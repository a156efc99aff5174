/* Requests that the hub answers: the parts are kept until the body is whole, then they go into the ring as one REQUEST, or
 * wait for room. What comes back, whole or in pieces, is written as the client's version of HTTP wants it. A request that a
 * dead hub had in hand is answered with 503, since nobody knows what came of it; one that it had not read is put again. */
#include "edge/conn_http.h"

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

void
conn_http_put(struct conn *c)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	struct wh_rec_request r = {
		.conn = c->id, .stream = h->stream, .listener = c->listener,
		.flags = (c->flags & CONN_SECURE) ? WH_F_TLS : 0, .peer = h->client,
		.method = part_get(h, PART_METHOD), .path = part_get(h, PART_PATH), .query = part_get(h, PART_QUERY),
		.host = part_get(h, PART_HOST), .headers = part_get(h, PART_HEADERS), .body = part_get(h, PART_BODY),
	};
	char fingerprint[TLS_FINGERPRINT + 1];
	enum wh_err err;

	if (c->ssl != NULL)
		r.tls_fingerprint = tls_fingerprint(c->ssl, fingerprint);
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
		conn_http_problem(c, (struct http_error){ .status = err == WH_ETOOBIG ? 413 : 400, .close = true });
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
		conn_http_problem(c, (struct http_error){ .status = 503, .close = true, .retry_after = HTTP_RETRY_S });
		return false;
	}
	h->ends[PART_BODY] = (uint32_t)h->request.n;
	conn_http_put(c);
	return true;
}

void
conn_http_for_hub(struct conn *c, const struct wh_http_request *req, struct wh_str path)
{
	struct edge *e = c->edge;
	struct http *h = c->http;
	struct wh_http_limits limits = conn_http_limits(e);
	struct wh_http_refusal why;

	if (!wh_http_body_start(&h->body, req, &limits, &why)) {
		conn_http_problem(c, (struct http_error){ .status = why.status, .detail = why.reason, .close = true });
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
		conn_http_count(e, 100);
		(void)conn_http_push(c);
	}
}

size_t
conn_http_read_body(struct conn *c, char *bytes, size_t n)
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
			conn_http_problem(c, (struct http_error){ .status = why.status, .detail = why.reason, .close = true });
			return n;
		case WH_HTTP_MORE:
			return used + took;
		}
	}
	return used;
}

void
conn_http_hub_gone(struct conn *c, const struct wh_ring *dead)
{
	struct http *h = c->http;

	if (h->phase == HTTP_PIECES)
		conn_end(c, 1006, WH_STR("the answer's end is lost"));
	else if (h->phase == HTTP_HUB && wh_ring_consumed(dead, h->pos))
		conn_http_problem(c, (struct http_error){ .status = 503, .detail = "restarted while answering; try again",
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
	struct wh_http_reply reply = conn_http_reply(c);
	struct wh_http_writer w;
	struct wh_str block = r->headers, name, value;

	reply.status = r->status;
	reply.framing = r->flags & WH_F_MORE ? WH_HTTP_CHUNKED : WH_HTTP_BY_LENGTH;
	reply.length = r->body.n;
	while (wh_headers_next(&block, &name, &value))
		if (wh_http_same(name, WH_STR("content-type")))
			reply.type = value;
		else if (wh_http_same(name, WH_STR("content-security-policy")))
			reply.policy = &wh_http_policy_own;
	wh_buf_reset(&e->scratch);
	w = wh_http_reply_begin(&e->scratch, &reply);
	block = r->headers;
	while (wh_headers_next(&block, &name, &value))
		if (!wh_http_same(name, WH_STR("content-type")) && !http_header_ours(name))
			wh_http_reply_header(&w, name, value);
	if (!wh_http_reply_end(&w)) {
		wh_log(e->log, WH_ERROR, "answer_refused", WH_X("connection", c->id), WH_U("status", r->status));
		conn_http_problem(c, (struct http_error){ .status = 500 });
		return false;
	}
	conn_http_count(e, r->status);
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
	if (!conn_http_push(c))
		return;
	if (!more) {
		conn_http_done(c);
		return;
	}
	h->phase = HTTP_PIECES;
	conn_set_deadline(c, e->settings->http.write_ms);
	if (c->queue.bytes > c->queue_max / 2)
		c->flags |= CONN_WANTS_ROOM;
}
