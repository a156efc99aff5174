/* Exchanges: one request each, from the record to the one answer. What a plugin sees of it is copied, so that it may be held. */
#include <stdio.h>

#include "base/json.h"
#include "hub/exchange.h"
#include "hub/fault.h"
#include "hub/hub.h"
#include "hub/metric.h"
#include "hub/plugin.h"
#include "hub/reach.h"

enum { EXCHANGE_PIECE = 8192 };	/* of a body that does not fit into the ring in one; with its headers it fits into the smallest ring */

/* X-Request-Id goes into logs and back to the client: only what is harmless there. */
static bool
request_id_ok(struct wh_str id)
{
	if (id.n == 0 || id.n > API_REQUEST_ID)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

static size_t
exchange_keep(struct exchange *x, struct wh_str s)
{
	size_t at = x->text.n;

	wh_buf_str(&x->text, s);
	wh_buf_byte(&x->text, '\0');
	return at;
}

static bool
exchange_copy(struct exchange *x, const struct wh_rec_request *r)
{
	const struct wh_str from[] = { r->method, r->path, r->query, r->host, r->headers, r->body };
	struct wh_str *const to[] = { &x->public.method, &x->public.path, &x->public.query, &x->host, &x->request_headers, &x->public.body };
	size_t at[sizeof from / sizeof from[0]];

	for (size_t i = 0; i < sizeof from / sizeof from[0]; i++)
		at[i] = exchange_keep(x, from[i]);
	if (x->text.failed)
		return false;
	for (size_t i = 0; i < sizeof from / sizeof from[0]; i++)
		*to[i] = (struct wh_str){ x->text.p + at[i], from[i].n };
	return true;
}

struct exchange *
exchange_new(struct hub *hub, const struct wh_rec_request *r)
{
	struct wh_session *s = session_ephemeral(hub, &r->peer, (r->flags & WH_F_TLS) != 0);
	struct exchange *x = NULL;
	struct wh_str id;
	wh_id slot;

	if (s != NULL)
		x = wh_slots_alloc(&hub->api->exchanges, &slot);
	if (x == NULL) {
		if (s != NULL)
			session_end(hub, s);
		return NULL;
	}
	s->reach = (uint8_t)reach_at(hub, edge_find(hub, wh_id_process(r->conn)), r->listener);
	x->hub = hub;
	x->conn = r->conn;
	x->stream = r->stream;
	x->session_id = s->id;
	x->public.id = slot;
	x->public.session = s;
	x->head = wh_str_is(r->method, "HEAD");
	x->began_us = wh_clock_mono_us(hub->clock);
	x->body.max = API_BODY_MAX;
	wh_list_init(&x->place);
	wh_list_add_last(&hub->api->open, &x->place);
	id = http_header_find(r->headers, WH_STR("x-request-id"));
	trace_begin(http_header_find(r->headers, WH_STR("traceparent")), &x->trace);
	snprintf(x->request_id, sizeof x->request_id, "%.*s", WH_FMT(request_id_ok(id) ? id : wh_str(x->trace.span)));
	if (exchange_copy(x, r))
		return x;
	exchange_free(x);
	return NULL;
}

void
exchange_free(struct exchange *x)
{
	struct hub *hub = x->hub;
	struct wh_session *s = session_get(hub, x->session_id);

	wh_list_remove(&x->place);
	timer_stop(hub, x->timer);
	wh_buf_free(&x->text);
	wh_buf_free(&x->headers);
	wh_buf_free(&x->body);
	wh_buf_free(&x->params);
	wh_slots_release(&hub->api->exchanges, x->public.id);
	if (s == NULL)
		return;
	commands_session_ended(hub, s->id);
	session_end(hub, s);
}

struct exchange *
exchange_find(struct hub *hub, wh_id id)
{
	struct exchange *x = wh_slots_get(&hub->api->exchanges, id);

	return x != NULL && !x->answered ? x : NULL;
}

static void
exchange_late(void *self, uint64_t cookie)
{
	struct exchange *x = self;

	(void)cookie;
	x->timer = 0;
	exchange_problem(x, WH_ETIME, WH_STR("the server took too long to answer"), (struct wh_str){ NULL, 0 }, 0);
}

wh_id
exchange_hold(struct exchange *x)
{
	if (!x->held && !x->answered) {
		x->held = true;
		x->timer = timer_start(x->hub, NULL, "held request", API_HOLD_MS, 0, exchange_late, x, 0);
	}
	return x->public.id;
}

struct wh_str
exchange_header(const struct exchange *x, const char *name)
{
	return http_header_find(x->request_headers, wh_str(name));
}

struct wh_str
exchange_param(struct exchange *x, const char *name)
{
	struct wh_str pairs, n, v;

	if (!x->params_read) {
		x->params_read = true;
		if (http_query_decode(x->public.query, &x->params) != WH_OK)
			wh_buf_free(&x->params);
	}
	pairs = wh_buf_slice(&x->params);
	while (http_pair_next(&pairs, &n, &v))
		if (wh_str_is(n, name))
			return v;
	return (struct wh_str){ NULL, 0 };
}

void
exchange_put_header(struct exchange *x, const char *name, struct wh_str value)
{
	if (!http_header_put(&x->headers, name, value))
		wh_log(x->hub->log, WH_ERROR, "header_refused", WH_T("plugin", x->plugin != NULL ? x->plugin->name : NULL), WH_T("header", name));
}

struct wh_out *
exchange_body(struct exchange *x)
{
	x->out = wh_out_to(&x->body);
	return &x->out.out;
}

static void
put_number(struct wh_buf *headers, const char *name, const char *fmt, int64_t a, int64_t b)
{
	char text[96];

	snprintf(text, sizeof text, fmt, (long long)a, (long long)b);
	http_header_put(headers, name, wh_str(text));
}

/* What every answer says of itself. */
static void
exchange_finish_headers(struct exchange *x, const char *content_type)
{
	char traceparent[TRACE_TEXT];
	struct wh_buf *h = &x->headers;

	if (content_type != NULL)
		http_header_put(h, "content-type", wh_str(content_type));
	if (http_header_find(wh_buf_slice(h), WH_STR("cache-control")).n == 0)
		http_header_put(h, "cache-control", WH_STR("no-store"));
	if (x->open_cors)
		http_header_put(h, "access-control-allow-origin", WH_STR("*"));
	http_header_put(h, "x-request-id", wh_str(x->request_id));
	trace_format(&x->trace, traceparent);
	http_header_put(h, "traceparent", wh_str(traceparent));
	if (x->rate.limit != 0) {
		put_number(h, "ratelimit-policy", "\"default\";q=%lld", x->rate.limit, 0);
		put_number(h, "ratelimit", "\"default\";r=%lld;t=%lld", x->rate.left, (x->rate.full_ms + 999) / 1000);
	}
}

/* In one record, or in pieces when the ring is small. */
static enum wh_err
exchange_send(struct exchange *x, unsigned status)
{
	struct wh_str headers = wh_buf_slice(&x->headers), body = wh_buf_slice(&x->body);
	enum wh_err err = edge_respond(x->hub, x->conn, x->stream, status, headers, body, 0);

	if (err != WH_ETOOBIG)
		return err;
	do {
		struct wh_str piece = body;

		if (piece.n > EXCHANGE_PIECE)
			piece.n = EXCHANGE_PIECE;
		body = wh_str_from(body, piece.n);
		err = edge_respond(x->hub, x->conn, x->stream, status, headers, piece, body.n != 0 ? WH_F_MORE : 0);
		status = 0;
		headers = (struct wh_str){ NULL, 0 };
	} while (err == WH_OK && body.n != 0);
	return err;
}

enum wh_err
exchange_respond(struct exchange *x, unsigned status, const char *content_type)
{
	enum wh_err err;

	if (x->answered)
		return WH_ESTATE;
	if (x->body.failed || status < 200 || status > 599) {
		wh_buf_reset(&x->headers);
		return exchange_problem(x, WH_EIO, WH_STR("the answer is too long, or none"), (struct wh_str){ NULL, 0 }, 0);
	}
	exchange_finish_headers(x, content_type);
	x->answered = true;
	err = x->headers.failed ? WH_ENOMEM : exchange_send(x, status);
	if (err != WH_OK && err != WH_EAWAY)
		wh_log(x->hub->log, WH_ERROR, "answer_lost", WH_S("path", x->public.path), WH_I("err", err));
	metric_request(x->hub, status, wh_clock_mono_us(x->hub->clock) - x->began_us);
	wh_log(x->hub->log, WH_DEBUG, "request", WH_S("method", x->public.method), WH_S("path", x->public.path), WH_U("status", status),
	    WH_T("request", x->request_id), WH_T("trace", x->trace.id));
	if (x->held && !x->serving)
		exchange_free(x);
	return WH_OK;
}

static enum wh_err
problem_send(struct exchange *x, unsigned status, const char *code, const char *title, struct wh_str why, struct wh_str field,
    int64_t retry_ms)
{
	char type[64];
	struct wh_json w;

	snprintf(type, sizeof type, "/problems/%s", code);
	wh_buf_reset(&x->body);
	wh_json_begin(&w, &x->body);
	wh_json_object(&w, NULL);
	wh_json_text(&w, "type", type);
	wh_json_text(&w, "title", title);
	wh_json_uint(&w, "status", status);
	if (why.n != 0)
		wh_json_str(&w, "detail", why);
	wh_json_text(&w, "code", code);
	if (field.n != 0)
		wh_json_str(&w, "field", field);
	if (retry_ms > 0)
		wh_json_int(&w, "retry_ms", retry_ms);
	wh_json_text(&w, "request_id", x->request_id);
	wh_json_end(&w);
	if (!wh_json_finish(&w))
		wh_buf_reset(&x->body);
	if (status == 429 || status == 503)
		put_number(&x->headers, "retry-after", "%lld", retry_ms > 0 ? (retry_ms + 999) / 1000 : 1, 0);
	if (status == 401)
		http_header_put(&x->headers, "www-authenticate", WH_STR("Bearer realm=\"whiply\", error=\"invalid_token\""));
	return exchange_respond(x, status, "application/problem+json");
}

enum wh_err
exchange_problem(struct exchange *x, enum wh_err err, struct wh_str why, struct wh_str field, int64_t retry_ms)
{
	const struct fault *fault = fault_of(err);

	if (!x->answered)
		problem_send(x, fault->status, fault->code, fault->title, why, field, retry_ms);
	return err;
}

enum wh_err
exchange_problem_as(struct exchange *x, unsigned status, const char *code, const char *title, struct wh_str why)
{
	return problem_send(x, status, code, title, why, (struct wh_str){ NULL, 0 }, 0);
}
