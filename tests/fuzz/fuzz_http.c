/* The HTTP decoders. What must hold: a head and a body come to the same whether they arrive whole or byte by byte; every
 * slice lies in the buffer; and whatever was accepted can be handed to the field helpers. */
#include "base/buf.h"
#include "edge/http_body.h"
#include "edge/http_date.h"
#include "edge/http_fields.h"
#include "edge/http_forward.h"
#include "edge/http_target.h"
#include "edge/http_write.h"

#include <stdlib.h>

enum { PATH_ROOM = 8192 };

struct outcome {
	enum wh_http_step step;
	struct wh_http_refusal why;
	size_t used, data;
	uint64_t hash;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static uint64_t
hash_add(uint64_t hash, struct wh_str s)
{
	for (size_t i = 0; i < s.n; i++)
		hash = (hash ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return hash;
}

static void
same(const struct outcome *a, const struct outcome *b)
{
	must(a->step == b->step && a->used == b->used && a->data == b->data && a->hash == b->hash);
	must(a->why.status == b->why.status && a->why.reason == b->why.reason);
}

/* `step` bytes at a time, each time in a buffer of exactly that size, so that the sanitizer sees a read past it. */
static struct outcome
head_in_pieces(const struct wh_http_limits *limits, const char *p, size_t n, size_t piece, struct wh_http_request *req,
    char **kept)
{
	struct outcome o = { .step = WH_HTTP_MORE };
	struct wh_http_head head = { 0 };

	for (size_t have = piece < n ? piece : n; o.step == WH_HTTP_MORE; have = have + piece < n ? have + piece : n) {
		free(*kept);
		*kept = malloc(have + 1);
		must(*kept != NULL);
		memcpy(*kept + 1, p, have);
		o.step = wh_http_head_read(&head, limits, *kept + 1, have, req, &o.why);
		if (have == n)
			break;
	}
	if (o.step == WH_HTTP_DONE) {
		o.used = req->head_size;
		o.data = req->headers_n;
		o.hash = hash_add(hash_add(1, req->path), req->authority) + req->content_length;
		for (unsigned i = 0; i < req->headers_n; i++)
			o.hash = hash_add(hash_add(o.hash, req->headers[i].name), req->headers[i].value);
	}
	return o;
}

static struct outcome
body_in_pieces(const struct wh_http_request *req, const struct wh_http_limits *limits, const char *p, size_t n, size_t piece)
{
	struct outcome o = { .step = WH_HTTP_MORE, .hash = 1 };
	struct wh_http_body body;

	if (!wh_http_body_start(&body, req, limits, &o.why)) {
		o.step = WH_HTTP_REFUSED;
		return o;
	}
	if (wh_http_body_done(&body))
		o.step = WH_HTTP_DONE;
	while (o.used < n && (o.step == WH_HTTP_MORE || o.step == WH_HTTP_DATA)) {
		size_t have = n - o.used < piece ? n - o.used : piece, used;
		char *copy = malloc(have);
		struct wh_str data;

		must(copy != NULL);
		memcpy(copy, p + o.used, have);
		o.step = wh_http_body_read(&body, copy, have, &used, &data, &o.why);
		must(used <= have && data.n <= used && (data.n > 0) == (o.step == WH_HTTP_DATA));
		o.used += used;
		o.data += data.n;
		o.hash = hash_add(o.hash, data);
		free(copy);
	}
	/* the end of the data and the end of the body may come in one step or in two */
	if (wh_http_body_done(&body))
		o.step = WH_HTTP_DONE;
	else if (o.step == WH_HTTP_DATA)
		o.step = WH_HTTP_MORE;
	return o;
}

static void
use_target(const struct wh_http_request *req)
{
	static char room[PATH_ROOM];
	struct wh_http_param param;
	struct wh_str rest = req->query, text;

	if (wh_http_path_decode(req->path, room, sizeof room, &text) == WH_OK) {
		must(text.n >= 1 && text.p[0] == '/' && text.n <= req->path.n);
		must(memchr(text.p, '\0', text.n) == NULL && memchr(text.p, '\\', text.n) == NULL);
		must(memmem(text.p, text.n, "/../", 4) == NULL && memmem(text.p, text.n, "/./", 3) == NULL);
		must(text.n < 3 || memcmp(text.p + text.n - 3, "/..", 3) != 0);
	}
	while (wh_http_param_next(&rest, &param)) {
		(void)wh_http_param_decode(param.name, room, sizeof room, &text);
		(void)wh_http_param_decode(param.value, room, sizeof room, &text);
	}
}

static void
use_fields(const struct wh_http_request *req)
{
	const struct wh_str offered[] = { WH_STR("application/json"), WH_STR("text/html; charset=utf-8") };
	const struct wh_str origins[] = { WH_STR("https://a") };
	const struct wh_http_cors cors = { .origins = origins, .origins_n = 1, .methods = WH_STR("GET, POST"),
		.headers = WH_STR("Content-Type"), .max_age = 600 };
	const struct wh_addr peer = { .family = WH_ADDR_UNIX };
	struct wh_nets none = { 0 };
	uint64_t from, length;
	struct wh_str value;
	struct wh_buf lines = { 0 };
	char date[WH_HTTP_DATE_N];
	int64_t when, again;

	(void)wh_http_accept(req, offered, 2);
	(void)wh_http_encoding_ok(req, WH_STR("gzip"));
	(void)wh_http_etag_in(req, WH_H_IF_NONE_MATCH, WH_STR("\"x\""), false);
	(void)wh_http_etag_in(req, WH_H_IF_MATCH, WH_STR("\"x\""), true);
	if (wh_http_range(wh_http_header(req, WH_H_RANGE), 1000, &from, &length) == WH_HTTP_RANGE_ONE)
		must(length > 0 && from < 1000 && length <= 1000 - from);
	(void)wh_http_cookie(req, WH_STR("a"), &value);
	(void)wh_http_traceparent_ok(wh_http_header(req, WH_H_TRACEPARENT));
	if (wh_http_date_parse(wh_http_header(req, WH_H_IF_MODIFIED_SINCE), 1700000000, &when))
		must(wh_http_date_parse(wh_http_date(when, date), 0, &again) && again == when);
	(void)wh_http_client(req, WH_H_FORWARDED, &peer, &none);
	(void)wh_http_client(req, WH_H_X_FORWARDED_FOR, &peer, &none);
	(void)wh_http_cors(&cors, req, &lines);
	wh_buf_free(&lines);
}

/* Whatever a client sent may come back in an answer: it must not make a line of its own. */
static void
use_writer(const struct wh_http_request *req)
{
	const struct wh_http_reply reply = { .minor = req->minor, .keep_alive = req->keep_alive };
	const struct wh_http_problem problem = { .status = 404, .detail = req->target, .instance = req->path,
		.request_id = wh_http_header(req, WH_H_X_REQUEST_ID) };
	struct wh_buf out = { 0 };

	if (wh_http_problem_reply(&out, &reply, &problem))
		must(memmem(out.p, out.n, "\r\n\r\n{\"type\"", 11) != NULL);
	wh_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct wh_http_limits limits = { .line_max = 400, .head_max = 2000, .header_max = 40, .body_max = 300 };
	static struct wh_http_request whole, parts;
	struct outcome a, b;
	const char *p = (const char *)bytes;
	char *kept = NULL, *parts_kept = NULL;

	if (n == 0 || n > 4096)
		return 0;
	b = head_in_pieces(&limits, p, n, 1, &parts, &parts_kept);
	a = head_in_pieces(&limits, p, n, n, &whole, &kept);
	same(&a, &b);
	if (a.step == WH_HTTP_DONE) {
		struct outcome one, all;

		must(whole.head_size <= n);
		use_target(&whole);
		use_fields(&whole);
		use_writer(&whole);
		all = body_in_pieces(&whole, &limits, p + a.used, n - a.used, n);
		one = body_in_pieces(&whole, &limits, p + a.used, n - a.used, 1);
		same(&all, &one);
		must(all.data <= limits.body_max);
	}
	free(kept);
	free(parts_kept);
	return 0;
}
