/* Tests of the upgrade: each rule's refusal, what is agreed on, and that our own client understands the answer. */
#include "edge/ws_handshake.h"
#include "base/testing.h"
#include "edge/ws_client.h"
#include "edge/ws_offer.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

/* A request that is fine, as the HTTP parser would hand it over. */
static struct wh_http_request
good_request(void)
{
	struct wh_http_request r = {
		.method = WH_HTTP_GET, .minor = 1, .authority = WH_STR("chat.example:8080"),
		.headers = {
			{ .field = WH_H_HOST, .value = WH_STR("chat.example:8080") },
			{ .field = WH_H_UPGRADE, .value = WH_STR("websocket") },
			{ .field = WH_H_CONNECTION, .value = WH_STR("Upgrade") },
			{ .field = WH_H_SEC_WEBSOCKET_KEY, .value = WH_STR(KEY) },
			{ .field = WH_H_SEC_WEBSOCKET_VERSION, .value = WH_STR("13") },
		},
		.headers_n = 5,
	};

	return r;
}

static void
add(struct wh_http_request *r, enum wh_http_field field, const char *value)
{
	r->headers[r->headers_n++] = (struct wh_http_header){ .field = field, .value = wh_str(value) };
}

/* Changes the value of a header that is there; NULL takes it away. */
static void
set(struct wh_http_request *r, enum wh_http_field field, const char *value)
{
	for (unsigned i = 0; i < r->headers_n; i++)
		if (r->headers[i].field == field) {
			r->headers[i].value = wh_str(value);
			if (value == NULL)
				r->headers[i].field = WH_H_OTHER;
		}
}

static unsigned
status_of(const struct wh_ws_rules *rules, const struct wh_http_request *r)
{
	struct wh_ws_agreed agreed;
	struct wh_buf lines = { 0 };
	unsigned status = wh_ws_handshake(rules, r, &lines, &agreed);

	assert_int_equal(status, agreed.status);
	assert_true((status == 101) == (agreed.reason == NULL));
	wh_buf_free(&lines);
	return status;
}

static unsigned
status_with(enum wh_http_field field, const char *value)
{
	struct wh_http_request r = good_request();

	set(&r, field, value);
	return status_of(&(struct wh_ws_rules){ 0 }, &r);
}

static unsigned
status_twice(enum wh_http_field field, const char *value)
{
	struct wh_http_request r = good_request();

	add(&r, field, value);
	return status_of(&(struct wh_ws_rules){ 0 }, &r);
}

static void
the_example_key_gives_the_example_accept(void **state)
{
	struct wh_http_request r = good_request();
	struct wh_ws_agreed agreed;
	struct wh_buf lines = { 0 };

	(void)state;
	assert_int_equal(wh_ws_handshake(&(struct wh_ws_rules){ 0 }, &r, &lines, &agreed), 101);
	assert_string_equal(wh_buf_cstr(&lines), "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
	wh_buf_free(&lines);
}

static void
a_request_that_is_no_upgrade_is_refused(void **state)
{
	struct wh_http_request r = good_request();
	const struct wh_ws_rules rules = { 0 };

	(void)state;
	r.minor = 0;
	assert_int_equal(status_of(&rules, &r), 400);
	r = good_request();
	r.method = WH_HTTP_POST;
	assert_int_equal(status_of(&rules, &r), 405);
	r = good_request();
	r.authority = (struct wh_str){ NULL, 0 };
	assert_int_equal(status_of(&rules, &r), 400);
	r = good_request();
	r.content_length = 1;
	assert_int_equal(status_of(&rules, &r), 400);
	r = good_request();
	r.chunked = true;
	assert_int_equal(status_of(&rules, &r), 400);
	assert_int_equal(status_with(WH_H_UPGRADE, NULL), 426);
	assert_int_equal(status_with(WH_H_UPGRADE, "h2c"), 426);
	assert_int_equal(status_with(WH_H_UPGRADE, "websockets"), 426);
	assert_int_equal(status_with(WH_H_CONNECTION, NULL), 400);
	assert_int_equal(status_with(WH_H_CONNECTION, "keep-alive"), 400);
}

static void
tokens_are_found_in_lists_in_either_case(void **state)
{
	(void)state;
	assert_int_equal(status_with(WH_H_CONNECTION, "keep-alive, upgrade"), 101);
	assert_int_equal(status_with(WH_H_CONNECTION, ",\tUPGRADE ,close"), 101);
	assert_int_equal(status_twice(WH_H_CONNECTION, "keep-alive"), 101);
	assert_int_equal(status_with(WH_H_UPGRADE, "HTTP/2.0, WebSocket"), 101);
	assert_int_equal(status_with(WH_H_UPGRADE, "\"websocket\""), 426);
}

static void
the_version_is_13(void **state)
{
	struct wh_http_request r = good_request();
	struct wh_ws_agreed agreed;
	struct wh_buf lines = { 0 };

	(void)state;
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_VERSION, NULL), 426);
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_VERSION, "8"), 426);
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_VERSION, "013"), 426);
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_VERSION, "13, 8"), 426);
	assert_int_equal(status_twice(WH_H_SEC_WEBSOCKET_VERSION, "13"), 426);
	set(&r, WH_H_SEC_WEBSOCKET_VERSION, "14");
	wh_ws_handshake(&(struct wh_ws_rules){ 0 }, &r, &lines, &agreed);
	assert_non_null(strstr(wh_buf_cstr(&lines), "Sec-WebSocket-Version: 13\r\n"));
	wh_buf_free(&lines);
}

static void
the_key_is_16_bytes_in_base64(void **state)
{
	(void)state;
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_KEY, NULL), 400);
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_KEY, ""), 400);
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ"), 400);
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==="), 400);
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZWE="), 400);	/* 17 */
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZWFi"), 400);	/* 18 */
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_KEY, "dGhl_HNhbXBsZSBub25jZQ=="), 400);
	assert_int_equal(status_with(WH_H_SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZR=="), 400);	/* stray bits */
	assert_int_equal(status_twice(WH_H_SEC_WEBSOCKET_KEY, KEY), 400);
}

static unsigned
status_origin(struct wh_ws_rules rules, const char *origin)
{
	struct wh_http_request r = good_request();

	if (origin != NULL)
		add(&r, WH_H_ORIGIN, origin);
	return status_of(&rules, &r);
}

static void
origins_are_checked(void **state)
{
	const struct wh_str list[] = { WH_STR("https://a.example"), WH_STR("null") };
	const struct wh_ws_rules listed = { .origins = list, .origins_n = 1 };
	const struct wh_ws_rules nulls = { .origins = list, .origins_n = 2 };
	const struct wh_ws_rules host = { .origin_same_host = true };
	struct wh_http_request r = good_request();

	(void)state;
	assert_int_equal(status_origin(listed, NULL), 101);
	assert_int_equal(status_origin((struct wh_ws_rules){ .origin_required = true }, NULL), 403);
	assert_int_equal(status_origin(listed, "https://a.example"), 101);
	assert_int_equal(status_origin(listed, "https://a.example.evil"), 403);
	assert_int_equal(status_origin(listed, "https://evil/https://a.example"), 403);
	assert_int_equal(status_origin(listed, "http://a.example"), 403);
	assert_int_equal(status_origin(listed, "null"), 403);
	assert_int_equal(status_origin(nulls, "null"), 101);
	assert_int_equal(status_origin((struct wh_ws_rules){ 0 }, "https://a.example"), 403);
	assert_int_equal(status_origin((struct wh_ws_rules){ .origin_any = true }, "https://b.example"), 101);
	assert_int_equal(status_origin(host, "http://chat.example:8080"), 101);
	assert_int_equal(status_origin(host, "https://Chat.example:8080"), 101);
	assert_int_equal(status_origin(host, "http://chat.example"), 403);
	assert_int_equal(status_origin(host, "http://chat.example:80800"), 403);
	assert_int_equal(status_origin(host, "ftp://chat.example:8080"), 403);
	assert_int_equal(status_origin(host, "chat.example:8080"), 403);
	add(&r, WH_H_ORIGIN, "https://a.example");
	add(&r, WH_H_ORIGIN, "https://a.example");
	assert_int_equal(status_of(&listed, &r), 403);
	r = good_request();
	r.authority = WH_STR("chat.example:443");
	add(&r, WH_H_ORIGIN, "https://chat.example");
	assert_int_equal(status_of(&host, &r), 101);
	set(&r, WH_H_ORIGIN, "http://chat.example");
	assert_int_equal(status_of(&host, &r), 403);
}

static void
the_clients_first_known_subprotocol_is_taken(void **state)
{
	const struct wh_str ours[] = { WH_STR("irc"), WH_STR("whiply.v1") };
	struct wh_ws_rules rules = { .subprotocols = ours, .subprotocols_n = 2 };
	struct wh_http_request r = good_request();
	struct wh_ws_agreed agreed;
	struct wh_buf lines = { 0 };

	(void)state;
	assert_int_equal(wh_ws_handshake(&rules, &r, &lines, &agreed), 101);
	assert_int_equal(agreed.subprotocol.n, 0);
	assert_null(strstr(wh_buf_cstr(&lines), "Protocol"));
	rules.subprotocol_required = true;
	assert_int_equal(status_of(&rules, &r), 400);
	add(&r, WH_H_SEC_WEBSOCKET_PROTOCOL, "other, whiply.v1");
	add(&r, WH_H_SEC_WEBSOCKET_PROTOCOL, "irc");
	assert_int_equal(wh_ws_handshake(&rules, &r, &lines, &agreed), 101);
	assert_true(wh_str_is(agreed.subprotocol, "whiply.v1"));
	assert_non_null(strstr(wh_buf_cstr(&lines), "Sec-WebSocket-Protocol: whiply.v1\r\n"));
	set(&r, WH_H_SEC_WEBSOCKET_PROTOCOL, "WHIPLY.V1");
	assert_int_equal(status_of(&rules, &r), 400);
	set(&r, WH_H_SEC_WEBSOCKET_PROTOCOL, "irc, a b");
	assert_int_equal(status_of(&rules, &r), 400);
	wh_buf_free(&lines);
}

/* What comes of an extensions header: window bits, 0 when declined, or the refusal's status. */
static unsigned
offered(const char *extensions)
{
	const struct wh_ws_rules rules = { .deflate = true };
	struct wh_http_request r = good_request();
	struct wh_ws_agreed agreed;
	struct wh_buf lines = { 0 };
	unsigned status;

	add(&r, WH_H_SEC_WEBSOCKET_EXTENSIONS, extensions);
	status = wh_ws_handshake(&rules, &r, &lines, &agreed);
	if (status == 101)
		assert_true(agreed.deflate == (strstr(wh_buf_cstr(&lines), "permessage-deflate; "
		    "server_no_context_takeover; client_no_context_takeover") != NULL));
	if (agreed.deflate && agreed.server_window_bits == 10)
		assert_non_null(strstr(wh_buf_cstr(&lines), "; server_max_window_bits=10\r\n"));
	if (agreed.deflate)
		assert_null(strstr(wh_buf_cstr(&lines), "client_max_window_bits"));
	wh_buf_free(&lines);
	return status != 101 ? status : agreed.deflate ? agreed.server_window_bits : 0;
}

static void
deflate_is_agreed_on_or_declined(void **state)
{
	static const struct {
		const char *extensions;
		unsigned came;
	} rows[] = {
		{ "permessage-deflate", 15 },
		{ "permessage-deflate; client_max_window_bits", 15 },
		{ "permessage-deflate;client_max_window_bits=8", 15 },
		{ "permessage-deflate; server_no_context_takeover; client_no_context_takeover", 15 },
		{ "permessage-deflate; server_max_window_bits=10", 10 },
		{ "permessage-deflate; server_max_window_bits=\"10\"", 10 },
		{ "permessage-deflate; server_max_window_bits=\"1\\0\"", 10 },
		{ "permessage-deflate; server_max_window_bits=15", 15 },
		{ "permessage-deflate; server_max_window_bits=9", 9 },
		{ "x-webkit-deflate-frame, permessage-deflate", 15 },
		{ "permessage-foo; bar=\"baz\"; q , permessage-deflate;server_max_window_bits=12", 12 },
		/* declined: the next offer has its turn */
		{ "permessage-deflate; server_max_window_bits=8", 0 },
		{ "permessage-deflate; server_max_window_bits=8, permessage-deflate", 15 },
		{ "permessage-deflate; server_max_window_bits=10, permessage-deflate", 10 },
		{ "permessage-deflate; server_max_window_bits", 0 },
		{ "permessage-deflate; server_max_window_bits=7", 0 },
		{ "permessage-deflate; server_max_window_bits=16", 0 },
		{ "permessage-deflate; server_max_window_bits=010", 0 },
		{ "permessage-deflate; server_max_window_bits=100", 0 },
		{ "permessage-deflate; server_max_window_bits=1500000", 0 },
		{ "permessage-deflate; server_max_window_bits=abc", 0 },
		{ "permessage-deflate; client_max_window_bits=16", 0 },
		{ "permessage-deflate; client_max_window_bits=0", 0 },
		{ "permessage-deflate; server_no_context_takeover=1", 0 },
		{ "permessage-deflate; client_no_context_takeover=true", 0 },
		{ "permessage-deflate; server_no_context_takeover; server_no_context_takeover", 0 },
		{ "permessage-deflate; client_no_context_takeover; client_no_context_takeover", 0 },
		{ "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", 0 },
		{ "permessage-deflate; client_max_window_bits; client_max_window_bits=10", 0 },
		{ "permessage-deflate; unknown", 0 },
		{ "permessage-deflate; unknown, permessage-deflate", 15 },
		{ "permessage-gzip", 0 },
		{ "", 0 },
		{ ", ,", 0 },
		/* against the grammar */
		{ "permessage-deflate;", 400 },
		{ "permessage-deflate; =", 400 },
		{ "permessage-deflate; server_max_window_bits=", 400 },
		{ "permessage-deflate; server_max_window_bits=\"\"", 400 },
		{ "permessage-deflate; server_max_window_bits=\"10", 400 },
		{ "permessage-deflate; server_max_window_bits=\"1 0\"", 400 },
		{ "permessage-deflate; server_max_window_bits=\"10\\", 400 },
		{ "permessage-deflate server_max_window_bits", 400 },
		{ "\"permessage-deflate\"", 400 },
		{ "permessage-deflate, ;", 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		unsigned came = offered(rows[i].extensions);

		if (came != rows[i].came)
			print_error("%s: %u\n", rows[i].extensions, came);
		assert_int_equal(came, rows[i].came);
	}
}

static void
deflate_is_not_agreed_on_unasked(void **state)
{
	struct wh_http_request r = good_request();
	struct wh_ws_agreed agreed;
	struct wh_buf lines = { 0 };

	(void)state;
	assert_int_equal(wh_ws_handshake(&(struct wh_ws_rules){ .deflate = true }, &r, &lines, &agreed), 101);
	assert_false(agreed.deflate);
	add(&r, WH_H_SEC_WEBSOCKET_EXTENSIONS, "permessage-deflate");
	assert_int_equal(wh_ws_handshake(&(struct wh_ws_rules){ 0 }, &r, &lines, &agreed), 101);
	assert_false(agreed.deflate);
	assert_null(strstr(wh_buf_cstr(&lines), "Extensions"));
	wh_buf_free(&lines);
}

static void
an_answer_that_does_not_fit_is_an_error(void **state)
{
	struct wh_http_request r = good_request();
	struct wh_buf lines = { .max = 20 };
	struct wh_ws_agreed agreed;

	(void)state;
	assert_int_equal(wh_ws_handshake(&(struct wh_ws_rules){ 0 }, &r, &lines, &agreed), 500);
	assert_int_equal(agreed.status, 500);
	wh_buf_free(&lines);
}

static void
our_client_understands_our_answer(void **state)
{
	const struct wh_str ours[] = { WH_STR("whiply.v1") };
	const struct wh_ws_rules rules = { .deflate = true, .subprotocols = ours, .subprotocols_n = 1 };
	struct wh_http_request r = good_request();
	struct wh_ws_agreed agreed;
	struct wh_ws_welcome welcome;
	struct wh_buf b = { 0 };
	size_t used;

	(void)state;
	add(&r, WH_H_SEC_WEBSOCKET_EXTENSIONS, "permessage-deflate; server_max_window_bits=10");
	add(&r, WH_H_SEC_WEBSOCKET_PROTOCOL, "whiply.v1");
	wh_buf_text(&b, "HTTP/1.1 101 Switching Protocols\r\n");
	wh_ws_handshake(&rules, &r, &b, &agreed);
	wh_buf_text(&b, "\r\n");
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(wh_ws_client_welcome((struct wh_str){ b.p, n }, WH_STR(KEY), &used, &welcome), WH_WAIT);
	assert_int_equal(wh_ws_client_welcome(wh_buf_slice(&b), WH_STR(KEY), &used, &welcome), WH_OK);
	assert_int_equal(used, b.n);
	assert_true(welcome.deflate);
	assert_true(wh_str_is(welcome.subprotocol, "whiply.v1"));
	assert_int_equal(wh_ws_client_welcome(wh_buf_slice(&b), WH_STR("AAAAAAAAAAAAAAAAAAAAAA=="), &used, &welcome),
	    WH_ESYNTAX);
	assert_int_equal(wh_ws_client_welcome(WH_STR("HTTP/1.1 403 Forbidden\r\n\r\n"), WH_STR(KEY), &used, &welcome),
	    WH_EPERM);
	assert_int_equal(welcome.status, 403);
	assert_int_equal(wh_ws_client_welcome(WH_STR("220 mail.example\r\n\r\n"), WH_STR(KEY), &used, &welcome), WH_ESYNTAX);
	wh_buf_free(&b);
}

static void
our_client_asks_as_the_rfc_says(void **state)
{
	const struct wh_ws_hello hello = {
		.host = WH_STR("chat.example"), .path = WH_STR("/ws"), .key = WH_STR(KEY), .subprotocols = WH_STR("whiply.v1"),
	};
	struct wh_buf b = { 0 };

	(void)state;
	wh_ws_client_hello(&b, &hello);
	assert_string_equal(wh_buf_cstr(&b), "GET /ws HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n"
	    "Sec-WebSocket-Protocol: whiply.v1\r\n\r\n");
	wh_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_key_gives_the_example_accept),
		cmocka_unit_test(a_request_that_is_no_upgrade_is_refused),
		cmocka_unit_test(tokens_are_found_in_lists_in_either_case),
		cmocka_unit_test(the_version_is_13),
		cmocka_unit_test(the_key_is_16_bytes_in_base64),
		cmocka_unit_test(origins_are_checked),
		cmocka_unit_test(the_clients_first_known_subprotocol_is_taken),
		cmocka_unit_test(deflate_is_agreed_on_or_declined),
		cmocka_unit_test(deflate_is_not_agreed_on_unasked),
		cmocka_unit_test(an_answer_that_does_not_fit_is_an_error),
		cmocka_unit_test(our_client_understands_our_answer),
		cmocka_unit_test(our_client_asks_as_the_rfc_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
