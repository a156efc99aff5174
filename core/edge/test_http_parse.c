/* Tests of the head parser: what is read, what is refused and with which status, and that pieces make no difference. */
#include "edge/http_parse.h"
#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>

static struct wh_http_request request;	/* large; one is enough */
static const struct wh_http_limits usual = { 0 };

static enum wh_http_step
read_whole(const struct wh_http_limits *limits, const char *p, size_t n, struct wh_http_refusal *why)
{
	struct wh_http_head head = { 0 };

	return wh_http_head_read(&head, limits, p, n, &request, why);
}

/* Byte by byte, from a buffer that moves each time, so that a stale pointer is found by the sanitizer. */
static enum wh_http_step
read_in_bytes(const struct wh_http_limits *limits, const char *p, size_t n, struct wh_http_refusal *why)
{
	struct wh_http_head head = { 0 };
	enum wh_http_step step = WH_HTTP_MORE;

	for (size_t i = 1; i <= n && step == WH_HTTP_MORE; i++) {
		char *copy = malloc(i);

		assert_non_null(copy);
		memcpy(copy, p, i);
		step = wh_http_head_read(&head, limits, copy, i, &request, why);
		free(copy);
	}
	return step;
}

static void
takes_bytes(const char *p, size_t n)
{
	struct wh_http_refusal why = { 0 };

	assert_int_equal(read_in_bytes(&usual, p, n, &why), WH_HTTP_DONE);
	assert_int_equal(read_whole(&usual, p, n, &why), WH_HTTP_DONE);
}

static void
takes(const char *text)
{
	takes_bytes(text, strlen(text));
	assert_int_equal(request.head_size, strlen(text));
}

static void
refuse_within(const struct wh_http_limits *limits, const char *p, size_t n, unsigned status)
{
	struct wh_http_refusal whole = { 0 }, bytes = { 0 };

	if (read_whole(limits, p, n, &whole) != WH_HTTP_REFUSED || whole.status != status)
		fail_msg("wanted %u, got %u (%s) for: %.*s", status, whole.status, whole.reason ? whole.reason : "-", (int)n, p);
	assert_int_equal(read_in_bytes(limits, p, n, &bytes), WH_HTTP_REFUSED);
	assert_int_equal(bytes.status, status);
	assert_string_equal(bytes.reason, whole.reason);
}

static void
refuse(const char *text, unsigned status)
{
	refuse_within(&usual, text, strlen(text), status);
}

/* One request with these header lines. */
static void
refuse_lines(const char *lines, unsigned status)
{
	static char text[1024];	/* what was parsed points into it */

	snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
	refuse(text, status);
}

static void
accept_lines(const char *lines)
{
	static char text[1024];	/* what was parsed points into it */
	struct wh_http_refusal why;

	snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
	assert_int_equal(read_whole(&usual, text, strlen(text), &why), WH_HTTP_DONE);
}

static bool
is(struct wh_str s, const char *text)
{
	return wh_str_is(s, text);
}

static void
a_plain_get_is_read(void **state)
{
	static const char text[] = "GET /a/b?c=d&e HTTP/1.1\r\nHost: Example.org:8080\r\nX-Any:  two words \t\r\naccept:*/*\r\n\r\n";

	(void)state;
	takes(text);
	assert_int_equal(request.method, WH_HTTP_GET);
	assert_true(is(request.path, "/a/b"));
	assert_true(is(request.query, "c=d&e"));
	assert_true(is(request.target, "/a/b?c=d&e"));
	assert_true(is(request.host, "Example.org"));
	assert_int_equal(request.port, 8080);
	assert_int_equal(request.minor, 1);
	assert_int_equal(request.headers_n, 3);
	assert_true(is(wh_http_header_named(&request, WH_STR("x-ANY")), "two words"));
	assert_true(is(wh_http_header(&request, WH_H_ACCEPT), "*/*"));
	assert_true(request.keep_alive);
	assert_false(request.has_length || request.chunked || request.upgrade_websocket || request.expect_continue);
}

static void
what_follows_the_head_is_left_alone(void **state)
{
	static const char text[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n";
	struct wh_http_refusal why;

	(void)state;
	assert_int_equal(read_whole(&usual, text, sizeof text - 1, &why), WH_HTTP_DONE);
	assert_memory_equal(text + request.head_size, "abcGET", 6);
	assert_true(request.has_length);
	assert_int_equal(request.content_length, 3);
}

static void
every_known_header_is_found_by_its_field(void **state)
{
	static const struct {
		const char *name;
		enum wh_http_field field;
	} known[] = {
		{ "Accept", WH_H_ACCEPT }, { "Accept-Encoding", WH_H_ACCEPT_ENCODING },
		{ "Accept-Language", WH_H_ACCEPT_LANGUAGE },
		{ "Access-Control-Request-Headers", WH_H_AC_REQUEST_HEADERS },
		{ "Access-Control-Request-Method", WH_H_AC_REQUEST_METHOD },
		{ "Authorization", WH_H_AUTHORIZATION }, { "Connection", WH_H_CONNECTION },
		{ "Content-Encoding", WH_H_CONTENT_ENCODING }, { "Content-Length", WH_H_CONTENT_LENGTH },
		{ "Content-Type", WH_H_CONTENT_TYPE }, { "Cookie", WH_H_COOKIE }, { "Expect", WH_H_EXPECT },
		{ "Forwarded", WH_H_FORWARDED }, { "If-Match", WH_H_IF_MATCH },
		{ "If-Modified-Since", WH_H_IF_MODIFIED_SINCE }, { "If-None-Match", WH_H_IF_NONE_MATCH },
		{ "If-Range", WH_H_IF_RANGE }, { "If-Unmodified-Since", WH_H_IF_UNMODIFIED_SINCE },
		{ "Origin", WH_H_ORIGIN }, { "Range", WH_H_RANGE }, { "Referer", WH_H_REFERER },
		{ "Sec-Fetch-Site", WH_H_SEC_FETCH_SITE },
		{ "Sec-WebSocket-Extensions", WH_H_SEC_WEBSOCKET_EXTENSIONS },
		{ "Sec-WebSocket-Key", WH_H_SEC_WEBSOCKET_KEY },
		{ "Sec-WebSocket-Protocol", WH_H_SEC_WEBSOCKET_PROTOCOL },
		{ "Sec-WebSocket-Version", WH_H_SEC_WEBSOCKET_VERSION },
		{ "Traceparent", WH_H_TRACEPARENT }, { "Tracestate", WH_H_TRACESTATE }, { "Trailer", WH_H_TRAILER },
		{ "Upgrade", WH_H_UPGRADE }, { "User-Agent", WH_H_USER_AGENT },
		{ "X-Forwarded-For", WH_H_X_FORWARDED_FOR }, { "X-Forwarded-Proto", WH_H_X_FORWARDED_PROTO },
		{ "X-Request-Id", WH_H_X_REQUEST_ID },
	};

	(void)state;
	assert_int_equal(sizeof known / sizeof known[0], WH_H_COUNT - 3);	/* OTHER, HOST, TRANSFER_ENCODING */
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		const char *value = known[i].field == WH_H_CONTENT_LENGTH ? "1" :
		    known[i].field == WH_H_EXPECT ? "100-Continue" : "v";
		char lines[128];

		snprintf(lines, sizeof lines, "%s: %s\r\n", known[i].name, value);
		accept_lines(lines);
		assert_true(is(wh_http_header(&request, known[i].field), value));
	}
}

static void
repeated_headers_are_walked_in_order(void **state)
{
	struct wh_str value;
	unsigned at = 0;

	(void)state;
	accept_lines("Cookie: a=1\r\nX: y\r\nCookie: b=2\r\n");
	assert_true(wh_http_header_next(&request, WH_H_COOKIE, &at, &value) && is(value, "a=1"));
	assert_true(wh_http_header_next(&request, WH_H_COOKIE, &at, &value) && is(value, "b=2"));
	assert_false(wh_http_header_next(&request, WH_H_COOKIE, &at, &value));
}

static void
one_empty_line_before_the_request_is_forgiven(void **state)
{
	(void)state;
	takes("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(is(request.path, "/"));
	refuse("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
}

static void
content_length_must_be_one_plain_number(void **state)
{
	(void)state;
	refuse_lines("Content-Length: 1\r\nContent-Length: 2\r\n", 400);
	refuse_lines("Content-Length: 1\r\nContent-Length: 1\r\n", 400);
	refuse_lines("Content-Length: 1, 1\r\n", 400);
	refuse_lines("Content-Length: +1\r\n", 400);
	refuse_lines("Content-Length: -1\r\n", 400);
	refuse_lines("Content-Length: 0x1\r\n", 400);
	refuse_lines("Content-Length: 1 1\r\n", 400);
	refuse_lines("Content-Length:\r\n", 400);
	refuse_lines("Content-Length: 9223372036854775808\r\n", 400);
	refuse_lines("Content-Length: 18446744073709551617\r\n", 400);
	accept_lines("Content-Length: 9223372036854775807\r\n");
	assert_true(request.content_length == INT64_MAX);
}

static void
two_framings_are_refused(void **state)
{
	(void)state;
	refuse_lines("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400);
	refuse_lines("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", 400);
}

static void
transfer_encoding_is_chunked_or_refused(void **state)
{
	(void)state;
	accept_lines("Transfer-Encoding: chunked\r\n");
	assert_true(request.chunked);
	accept_lines("Transfer-Encoding: Chunked\r\n");
	assert_true(request.chunked);
	refuse_lines("Transfer-Encoding: gzip, chunked\r\n", 501);
	refuse_lines("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501);
	refuse_lines("Transfer-Encoding: chunked, gzip\r\n", 400);
	refuse_lines("Transfer-Encoding: chunked, chunked\r\n", 400);
	refuse_lines("Transfer-Encoding: identity\r\n", 400);
	refuse_lines("Transfer-Encoding: xchunked\r\n", 400);
	refuse_lines("Transfer-Encoding: chunked;q=1\r\n", 400);
	refuse_lines("Transfer-Encoding: \"chunked\"\r\n", 400);
	refuse_lines("Transfer-Encoding: \x0b" "chunked\r\n", 400);
	refuse_lines("Transfer-Encoding:\r\n", 400);
	refuse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
}

static void
broken_header_lines_are_refused(void **state)
{
	(void)state;
	refuse_lines("A : b\r\n", 400);
	refuse_lines("A\t: b\r\n", 400);
	refuse_lines("A: b\r\n c\r\n", 400);
	refuse_lines("A: b\r\n\tc\r\n", 400);
	refuse("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400);
	refuse_lines(": b\r\n", 400);
	refuse_lines("A\r\n", 400);
	refuse_lines("A b: c\r\n", 400);
	refuse_lines("A(: c\r\n", 400);
	refuse_lines("A\xc3\xa9: c\r\n", 400);
}

static void
line_ends_other_than_crlf_are_refused(void **state)
{
	(void)state;
	refuse("GET / HTTP/1.1\nHost: a\r\n\r\n", 400);
	refuse("GET / HTTP/1.1\r\nHost: a\n\r\n", 400);
	refuse("GET / HTTP/1.1\r\nHost: a\r\n\n", 400);
	refuse_lines("A: b\rC: d\r\n", 400);
	refuse_lines("A: b\r\r\n", 400);
	refuse("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400);
}

static void
control_bytes_are_refused_wherever_they_stand(void **state)
{
	char text[128];
	size_t n;

	(void)state;
	for (int c = 0; c < 256; c++) {
		for (int place = 0; place < 24; place++) {
			struct wh_http_refusal why = { 0 };
			bool good = c == '\t' || (c >= ' ' && c != 0x7f);

			/* the byte wanders through a value, over the edges of the words that are looked at together */
			n = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\nA: %024d\r\n\r\n", 0);
			text[n - 4 - 24 + (size_t)place] = (char)c;
			assert_int_equal(read_whole(&usual, text, n, &why), good ? WH_HTTP_DONE : WH_HTTP_REFUSED);
			if (!good)
				assert_int_equal(why.status, 400);
		}
	}
	refuse_within(&usual, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 29, 400);
	refuse_within(&usual, "GET / HTTP/1.1\r\nHo\0st: a\r\n\r\n", 29, 400);
}

static void
host_must_be_there_once_and_be_a_host(void **state)
{
	static const char *const bad[] = { "", "a b", "a/b", "a@b", "a:b", "a:80:80", "a:65536", "a:0", "a:-1", ":80", "[::1", "[::g]", "[]",
		"::1", "a,b", "a%00", "[1.2.3.4]", "[::1]x", "[::1]:x", "a\xc3\xa9", "a?b", "a#b", "[::1%eth0]" };
	static const char *const good[] = { "a", "a.b", "a-b_c.example", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535",
		"[::ffff:1.2.3.4]:80", "a:" };
	char text[256];

	(void)state;
	refuse("GET / HTTP/1.1\r\n\r\n", 400);
	refuse("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
	refuse("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", bad[i]);
		refuse(text, 400);
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", good[i]);
		takes(text);
	}
	takes("GET / HTTP/1.1\r\nHost: [::1]:81\r\n\r\n");
	assert_true(is(request.host, "::1"));
	assert_int_equal(request.port, 81);
	takes("GET / HTTP/1.0\r\n\r\n");
	assert_int_equal(request.host.n, 0);
}

static void
methods_are_tokens_and_unknown_ones_are_the_callers_501(void **state)
{
	const unsigned allowed = 1u << WH_HTTP_GET | 1u << WH_HTTP_HEAD;
	char room[WH_HTTP_ALLOW_MAX];
	struct wh_http_refusal why;

	(void)state;
	refuse("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("G\xc3T / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("\x16\x03\x01", 400);
	takes("BREW / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_false(wh_http_method_check(&request, allowed, &why));
	assert_int_equal(why.status, 501);
	takes("get / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(request.method, WH_HTTP_OTHER_METHOD);
	takes("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_false(wh_http_method_check(&request, allowed, &why));
	assert_int_equal(why.status, 405);
	takes("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(wh_http_method_check(&request, allowed, &why));
	assert_true(is(wh_http_allow(allowed, room), "GET, HEAD"));
	assert_true(is(wh_http_allow(~0u, room), "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"));
}

static void
only_http_1_is_spoken(void **state)
{
	(void)state;
	refuse("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505);
	refuse("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505);
	refuse("PRI * HTTP/2.0\r\n\r\n", 505);
	refuse("GET /\r\n\r\n", 400);
	refuse("GET\r\n\r\n", 400);
	refuse("GET / HTTP/11\r\n\r\n", 400);
	refuse("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400);
	refuse("GET / http/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET / XTTP/1.1\r\nHost: a\r\n\r\n", 400);
}

static void
an_absolute_target_overrules_the_host_header(void **state)
{
	(void)state;
	takes("GET http://b:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(is(request.host, "b") && is(request.authority, "b:81"));
	assert_int_equal(request.port, 81);
	assert_true(is(request.path, "/x") && is(request.query, "y"));
	takes("GET HTTPS://b?y HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(is(request.path, "/") && is(request.query, "y") && is(request.host, "b"));
	takes("OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(is(request.path, "*"));
	refuse("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET http://u@b/x HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET ftp://b/x HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET http://b/x HTTP/1.1\r\n\r\n", 400);
	refuse("GET http://b/x HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
}

static void
other_target_forms_are_refused(void **state)
{
	(void)state;
	takes("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(is(request.path, "*"));
	refuse("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501);
	refuse("GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", 400);
	refuse("GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400);
}

static void
the_request_line_has_a_limit(void **state)
{
	static const struct wh_http_limits limits = { .line_max = 32 };
	static const char fits[] = "GET /34567890123456789 HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char over[] = "GET /3456789012345678901 HTTP/1.1\r\nHost: a\r\n\r\n";
	struct wh_http_refusal why;

	(void)state;
	assert_int_equal(read_whole(&limits, fits, sizeof fits - 1, &why), WH_HTTP_DONE);
	refuse_within(&limits, over, sizeof over - 1, 414);
	refuse_within(&limits, over, 34, 414);	/* without waiting for the end of the line */
}

static void
the_head_has_a_limit(void **state)
{
	static const struct wh_http_limits limits = { .head_max = 80 };
	char text[256];
	struct wh_http_refusal why;
	int n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\nA: %048d\r\n\r\n", 0);

	(void)state;
	assert_int_equal(n, 80);
	assert_int_equal(read_whole(&limits, text, 80, &why), WH_HTTP_DONE);
	n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\nA: %049d\r\n\r\n", 0);
	refuse_within(&limits, text, (size_t)n, 431);
	n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\nA: %0149d", 0);
	refuse_within(&limits, text, (size_t)n, 431);
}

static void
the_number_of_headers_has_a_limit(void **state)
{
	static const struct wh_http_limits limits = { .header_max = 2 };
	static const char fits[] = "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n", over[] = "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n";
	struct wh_http_refusal why;
	char *many = malloc(8192);
	size_t n;

	(void)state;
	assert_non_null(many);
	assert_int_equal(read_whole(&limits, fits, sizeof fits - 1, &why), WH_HTTP_DONE);
	refuse_within(&limits, over, sizeof over - 1, 431);
	n = (size_t)snprintf(many, 8192, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < WH_HTTP_HEADERS; i++)
		n += (size_t)snprintf(many + n, 8192 - n, "A: b\r\n");
	/* no setting goes past the array */
	refuse_within(&(struct wh_http_limits){ .header_max = 4000 }, many, n, 431);
	free(many);
}

static void
connection_options_are_digested(void **state)
{
	(void)state;
	accept_lines("Connection: close\r\n");
	assert_false(request.keep_alive);
	accept_lines("Connection: foo, CLOSE\r\n");
	assert_false(request.keep_alive);
	accept_lines("Connection: keep-alive\r\nConnection: close\r\n");
	assert_false(request.keep_alive);
	refuse_lines("Connection: a b\r\n", 400);
	takes("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	assert_true(request.keep_alive);
	takes("GET / HTTP/1.0\r\n\r\n");
	assert_false(request.keep_alive);
}

static void
a_websocket_upgrade_needs_both_headers_and_http_1_1(void **state)
{
	(void)state;
	accept_lines("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n");
	assert_true(request.upgrade_websocket);
	accept_lines("Connection: Upgrade\r\n");
	assert_false(request.upgrade_websocket);
	accept_lines("Upgrade: websocket\r\n");
	assert_false(request.upgrade_websocket);
	accept_lines("Connection: Upgrade\r\nUpgrade: h2c\r\n");
	assert_false(request.upgrade_websocket);
	takes("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
	assert_false(request.upgrade_websocket);
}

static void
expectations_are_100_continue_or_417(void **state)
{
	(void)state;
	accept_lines("Expect: 100-continue\r\n");
	assert_true(request.expect_continue);
	refuse_lines("Expect: the-unexpected\r\n", 417);
	takes("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
	assert_false(request.expect_continue);
}

static void
headers_that_decide_may_stand_only_once(void **state)
{
	(void)state;
	refuse_lines("Origin: a\r\nOrigin: b\r\n", 400);
	refuse_lines("Authorization: a\r\nAuthorization: a\r\n", 400);
	refuse_lines("Content-Type: a\r\nContent-Type: b\r\n", 400);
	refuse_lines("Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: b\r\n", 400);
}

static void
a_finished_head_leaves_the_state_ready_for_the_next(void **state)
{
	static const char text[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nCookie: c\r\n\r\n";
	struct wh_http_head head = { 0 };
	struct wh_http_refusal why;
	size_t first;

	(void)state;
	assert_int_equal(wh_http_head_read(&head, &usual, text, sizeof text - 1, &request, &why), WH_HTTP_DONE);
	first = request.head_size;
	assert_int_equal(wh_http_head_read(&head, &usual, text + first, sizeof text - 1 - first, &request, &why), WH_HTTP_DONE);
	assert_true(is(request.path, "/2") && wh_http_has(&request, WH_H_COOKIE));
	assert_int_equal(head.scanned | head.line_at | head.lines, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_get_is_read),
		cmocka_unit_test(what_follows_the_head_is_left_alone),
		cmocka_unit_test(every_known_header_is_found_by_its_field),
		cmocka_unit_test(repeated_headers_are_walked_in_order),
		cmocka_unit_test(one_empty_line_before_the_request_is_forgiven),
		cmocka_unit_test(content_length_must_be_one_plain_number),
		cmocka_unit_test(two_framings_are_refused),
		cmocka_unit_test(transfer_encoding_is_chunked_or_refused),
		cmocka_unit_test(broken_header_lines_are_refused),
		cmocka_unit_test(line_ends_other_than_crlf_are_refused),
		cmocka_unit_test(control_bytes_are_refused_wherever_they_stand),
		cmocka_unit_test(host_must_be_there_once_and_be_a_host),
		cmocka_unit_test(methods_are_tokens_and_unknown_ones_are_the_callers_501),
		cmocka_unit_test(only_http_1_is_spoken),
		cmocka_unit_test(an_absolute_target_overrules_the_host_header),
		cmocka_unit_test(other_target_forms_are_refused),
		cmocka_unit_test(the_request_line_has_a_limit),
		cmocka_unit_test(the_head_has_a_limit),
		cmocka_unit_test(the_number_of_headers_has_a_limit),
		cmocka_unit_test(connection_options_are_digested),
		cmocka_unit_test(a_websocket_upgrade_needs_both_headers_and_http_1_1),
		cmocka_unit_test(expectations_are_100_continue_or_417),
		cmocka_unit_test(headers_that_decide_may_stand_only_once),
		cmocka_unit_test(a_finished_head_leaves_the_state_ready_for_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
