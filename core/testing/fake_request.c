/* Routes of the fake host: finds the row, checks who may and how fast, serves, and keeps the answer for the test. */
#include "testing/fake.h"

#include <stdlib.h>

static struct fake_request *
request_of(struct wh_request *r, const char *function)
{
	struct fake_request *q = (struct fake_request *)(void *)r;

	fake_of(r->host);
	if (q->answered && !q->serving)
		fake_fault(q->p, "%s was given a request of %.*s that is answered; hold its id and ask wh_request_find", function, WH_FMT(r->path));
	return q;
}

/* The statuses of the server's problems. */
static unsigned
request_status(enum wh_err err)
{
	switch (err) {
	case WH_EINVAL:
	case WH_ESYNTAX:
		return 400;
	case WH_EAUTH:
		return 401;
	case WH_EPERM:
		return 403;
	case WH_ENOENT:
		return 404;
	case WH_EEXIST:
	case WH_ESTATE:
		return 409;
	case WH_ETOOBIG:
		return 413;
	case WH_EFAST:
		return 429;
	case WH_ENOTSUP:
	case WH_EVERSION:
		return 501;
	case WH_ENOMEM:
	case WH_EFULL:
	case WH_EAWAY:
		return 503;
	case WH_ETIME:
		return 504;
	default:
		return 500;
	}
}

static void
request_finish(struct fake_request *q, unsigned status, const char *type)
{
	struct wh_test *t = q->t;

	q->answered = true;
	q->page->status = status;
	q->page->type = fake_text(t, wh_str(type));
	q->page->headers = fake_copy(t, wh_buf_slice(&q->out_headers));
	q->page->body = fake_copy(t, wh_buf_slice(&q->body));
	fake_timers_stop(t, q->timer);
	wh_buf_free(&q->out_headers);
	wh_buf_free(&q->body);
	if (q->own_session)
		fake_session_end(q->public.session, false);
}

static void
request_problem(struct fake_request *q, unsigned status, const char *why)
{
	struct wh_json w;

	wh_buf_reset(&q->body);
	wh_json_begin(&w, &q->body);
	wh_json_object(&w, NULL);
	wh_json_int(&w, "status", status);
	wh_json_text(&w, "detail", why);
	wh_json_end(&w);
	wh_json_finish(&w);
	request_finish(q, status, "application/problem+json");
}

static void
request_timed_out(void *self, uint64_t cookie)
{
	(void)cookie;
	request_problem(self, 504, "it took too long");
}

static unsigned
request_digit(char c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0') : (c | 32) >= 'a' && (c | 32) <= 'f' ? (unsigned)((c | 32) - 'a' + 10) : 16;
}

static struct wh_str
request_decode(struct wh_test *t, struct wh_str s, bool plus)
{
	struct wh_buf buf = { 0 };
	struct wh_str text;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && request_digit(s.p[i + 1]) < 16 && request_digit(s.p[i + 2]) < 16) {
			wh_buf_byte(&buf, (char)(request_digit(s.p[i + 1]) << 4 | request_digit(s.p[i + 2])));
			i += 2;
		} else {
			wh_buf_byte(&buf, s.p[i] == '+' && plus ? ' ' : s.p[i]);
		}
	}
	text = fake_copy(t, wh_buf_slice(&buf));
	wh_buf_free(&buf);
	return text;
}

/* An exact path before a prefix, a longer prefix before a shorter one. */
static const struct wh_route *
request_route_of(const struct fake_request *q, const struct wh_route *r, const struct wh_route *best, bool *path_known_out)
{
	struct wh_str path = q->public.path;

	for (; r != NULL && r->path != NULL; r++) {
		bool exact = wh_str_is(path, r->path);
		bool method = wh_str_is(q->public.method, r->method) ||
		    (wh_str_is(q->public.method, "HEAD") && strcmp(r->method, "GET") == 0);

		if (!exact && ((r->flags & WH_PREFIX) == 0 || !wh_str_starts(path, wh_str(r->path))))
			continue;
		*path_known_out = true;
		if (method && (exact || best == NULL || strlen(r->path) > strlen(best->path)))
			best = r;
		if (method && exact)
			break;
	}
	return best;
}

static const struct wh_route *
request_route(struct fake_request *q, bool *path_known_out)
{
	const struct wh_route *best = NULL;

	*path_known_out = false;
	WH_LIST_EACH(link, &q->t->plugins) {
		struct fake_plugin *p = WH_CONTAINER(link, struct fake_plugin, place);
		const struct wh_route *found = p->open ? request_route_of(q, p->row->routes, best, path_known_out) : best;

		if (found != best)
			q->p = p;
		best = found;
	}
	q->public.host = &q->p->host;
	return best;
}

static void
request_serve(struct fake_request *q)
{
	struct wh_test *t = q->t;
	bool path_known;
	const struct wh_route *row = request_route(q, &path_known);
	int64_t retry_ms;
	enum wh_err err;

	if (row == NULL) {
		request_problem(q, path_known ? 405 : 404, "");
		return;
	}
	if (!fake_may(t, q->public.session, wh_str(row->path), row->allow)) {
		request_problem(q, 403, fake_err_text(WH_EPERM));
		return;
	}
	if (fake_rate_take(t, q->public.session, row, row->rate, &retry_ms) != WH_OK) {
		request_problem(q, 429, fake_err_text(WH_EFAST));
		return;
	}
	q->serving = true;
	err = row->serve(q->p->self, &q->public);
	q->serving = false;
	if (!q->answered && err == WH_WAIT && !q->held)
		fake_fault(q->p, "the route %s returned WH_WAIT, but never called wh_request_hold", row->path);
	if (!q->answered && err == WH_OK)
		fake_fault(q->p, "the route %s returned WH_OK without wh_respond", row->path);
	if (!q->answered && err != WH_WAIT)
		request_problem(q, request_status(err), fake_err_text(err));
}

const struct wh_test_page *
wh_test_request(struct wh_test *t, struct wh_session *s, const char *method, const char *target, const char *headers,
    struct wh_str body)
{
	struct fake_request *q = fake_zero(sizeof *q);
	size_t path = strcspn(target, "?");

	fake_enter(t);
	q->own_session = s == NULL;
	if (s == NULL)
		s = fake_session_new(t, "guest-http", "guest", FAKE_EPHEMERAL);
	fake_session(t->tested, s, "wh_test_request");
	q->t = t;
	q->p = t->tested;
	q->page = wh_arena_zero(&t->texts, 1, sizeof *q->page);
	if (q->page == NULL)
		abort();
	q->headers = fake_copy(t, wh_str(headers));
	q->public = (struct wh_request){ .host = &t->tested->host, .id = ++t->ids, .method = fake_copy(t, wh_str(method)),
		.path = request_decode(t, (struct wh_str){ target, path }, false),
		.query = fake_copy(t, wh_str(target + path + (target[path] == '?'))), .body = fake_copy(t, body), .session = s };
	wh_list_add_last(&t->requests, &q->place);
	request_serve(q);
	fake_leave(t);
	return q->page;
}

const struct wh_test_page *
wh_test_get(struct wh_test *t, struct wh_session *s, const char *target)
{
	return wh_test_request(t, s, "GET", target, NULL, (struct wh_str){ NULL, 0 });
}

/* Takes what stands before the first `end` off. */
static struct wh_str
request_cut(struct wh_str *rest, char end)
{
	const char *at = rest->n != 0 ? memchr(rest->p, end, rest->n) : NULL;
	struct wh_str piece = *rest;

	if (at != NULL)
		piece.n = (size_t)(at - rest->p);
	*rest = wh_str_from(*rest, piece.n + (at != NULL));
	return piece;
}

struct wh_str
fake_request_header(struct wh_request *r, const char *name)
{
	struct wh_str rest = request_of(r, "wh_request_header")->headers;

	while (rest.n != 0) {
		struct wh_str line = request_cut(&rest, '\n');

		if (wh_str_is(request_cut(&line, ':'), name)) {
			while (line.n != 0 && line.p[0] == ' ')
				line = wh_str_from(line, 1);
			return line;
		}
	}
	return (struct wh_str){ NULL, 0 };
}

struct wh_str
fake_query_param(struct wh_test *t, struct wh_str rest, const char *name)
{
	while (rest.n != 0) {
		struct wh_str value = request_cut(&rest, '&'), key = request_cut(&value, '=');

		if (wh_str_is(request_decode(t, key, true), name))
			return request_decode(t, value, true);
	}
	return (struct wh_str){ NULL, 0 };
}

struct wh_str
fake_request_param(struct wh_request *r, const char *name)
{
	return fake_query_param(request_of(r, "wh_request_param")->t, r->query, name);
}

void
fake_respond_header(struct wh_request *r, const char *name, struct wh_str value)
{
	struct fake_request *q = request_of(r, "wh_respond_header");

	if (value.n != 0 && (memchr(value.p, '\n', value.n) != NULL || memchr(value.p, '\r', value.n) != NULL))
		fake_fault(q->p, "the header %s would have a line's end in it", name);
	wh_buf_fmt(&q->out_headers, "%s: %.*s\n", name, WH_FMT(value));
}

struct wh_out *
fake_respond_body(struct wh_request *r)
{
	struct fake_request *q = request_of(r, "wh_respond_body");

	if (q->answered)
		fake_fault(q->p, "wh_respond_body is called for a request that is answered");
	q->out = wh_out_to(&q->body);
	return &q->out.out;
}

static struct fake_request *
request_once(struct wh_request *r, const char *function)
{
	struct fake_request *q = request_of(r, function);

	if (q->answered)
		fake_fault(q->p, "%s answers a request of %.*s twice", function, WH_FMT(r->path));
	return q;
}

enum wh_err
fake_respond(struct wh_request *r, unsigned status, const char *content_type)
{
	struct fake_request *q = request_once(r, "wh_respond");

	if (status < 200 || status > 599)
		fake_fault(q->p, "wh_respond with the status %u", status);
	fake_enter(q->t);
	request_finish(q, status, content_type);
	fake_leave(q->t);
	return WH_OK;
}

enum wh_err
fake_respond_problem(struct wh_request *r, enum wh_err err, const char *why)
{
	struct fake_request *q = request_once(r, "wh_respond_problem");

	fake_enter(q->t);
	request_problem(q, request_status(err), why);
	fake_leave(q->t);
	return err;
}

wh_id
fake_request_hold(struct wh_request *r)
{
	struct fake_request *q = request_of(r, "wh_request_hold");

	if (!q->held)
		q->timer = fake_deadline(q->t, request_timed_out, q);
	q->held = true;
	return r->id;
}

struct wh_request *
fake_request_find(const struct wh_host *h, wh_id id)
{
	struct wh_test *t = fake_of(h)->t;

	WH_LIST_EACH(link, &t->requests) {
		struct fake_request *q = WH_CONTAINER(link, struct fake_request, place);

		if (q->public.id == id)
			return q->held && !q->answered ? &q->public : NULL;
	}
	return NULL;
}

void
fake_requests_drop(struct wh_test *t, const struct fake_plugin *p)
{
	WH_LIST_EACH(link, &t->requests) {
		struct fake_request *q = WH_CONTAINER(link, struct fake_request, place);

		if (!q->answered && (p == NULL || q->p == p))
			request_problem(q, 503, fake_err_text(WH_EAWAY));
	}
}

void
fake_requests_check(const struct wh_test *t)
{
	WH_LIST_EACH(link, &t->requests) {
		const struct fake_request *q = WH_CONTAINER(link, struct fake_request, place);

		if (!q->answered)
			fake_fault(q->p, "at the end it still holds a request of %.*s", WH_FMT(q->public.path));
	}
}

void
fake_requests_free(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->requests) {
		struct fake_request *q = WH_CONTAINER(link, struct fake_request, place);

		wh_buf_free(&q->out_headers);
		wh_buf_free(&q->body);
		free(q);
	}
}
