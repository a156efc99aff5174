/* Tests of the field helpers: lists, preferences, tags, ranges, cookies, trace context, CORS. */
#include "edge/http_fields.h"
#include "base/buf.h"
#include "base/testing.h"

#include <stdio.h>

static struct wh_http_request request;
static char request_text[4096];

static const struct wh_http_request *
with(const char *line, const char *lines)
{
	struct wh_http_head head = { 0 };
	const struct wh_http_limits limits = { 0 };
	struct wh_http_refusal why;

	snprintf(request_text, sizeof request_text, "%s HTTP/1.1\r\nHost: a\r\n%s\r\n", line, lines);
	assert_int_equal(wh_http_head_read(&head, &limits, request_text, strlen(request_text), &request, &why), WH_HTTP_DONE);
	return &request;
}

static const struct wh_http_request *
get(const char *lines)
{
	return with("GET /", lines);
}

static void
lists_are_split_outside_quotes(void **state)
{
	struct wh_str rest = WH_STR(" a ,, \"b,c\" ;d=\"e,\\\"f\",g,"), item;
	static const char *const items[] = { "a", "\"b,c\" ;d=\"e,\\\"f\"", "g" };
	unsigned i = 0;

	(void)state;
	for (; wh_http_list_next(&rest, &item); i++)
		assert_true(i < 3 && wh_str_is(item, items[i]));
	assert_int_equal(i, 3);
	assert_true(wh_http_list_has(WH_STR("a, B"), WH_STR("b")));
	assert_false(wh_http_list_has(WH_STR("ab, bc"), WH_STR("b")));
}

static void
accept_picks_the_best_of_what_is_offered(void **state)
{
	const struct wh_str offered[] = { WH_STR("text/plain; version=0.0.4"), WH_STR("application/openmetrics-text"),
		WH_STR("application/json") };

	(void)state;
	assert_int_equal(wh_http_accept(get(""), offered, 3), 0);
	assert_int_equal(wh_http_accept(get("Accept: */*\r\n"), offered, 3), 0);
	assert_int_equal(wh_http_accept(get("Accept: application/openmetrics-text, text/plain;q=0.5\r\n"), offered, 3), 1);
	assert_int_equal(wh_http_accept(get("Accept: text/plain;q=0.2\r\nAccept: application/*;q=0.3\r\n"), offered, 3), 1);
	assert_int_equal(wh_http_accept(get("Accept: */*;q=0.1, APPLICATION/JSON\r\n"), offered, 3), 2);
	/* the more exact range decides, not the higher weight */
	assert_int_equal(wh_http_accept(get("Accept: text/*;q=1, text/plain;q=0, application/json;q=0.1\r\n"), offered, 3), 2);
	assert_int_equal(wh_http_accept(get("Accept: image/png\r\n"), offered, 3), -1);
	assert_int_equal(wh_http_accept(get("Accept: */*;q=0\r\n"), offered, 3), -1);
	assert_int_equal(wh_http_accept(get("Accept: */*;q=2, text/plain;q=0.1234, application/json;q=x\r\n"), offered, 3), -1);
}

static void
a_coding_is_used_only_when_it_is_allowed(void **state)
{
	(void)state;
	assert_false(wh_http_encoding_ok(get(""), WH_STR("gzip")));
	assert_true(wh_http_encoding_ok(get("Accept-Encoding: br, GZIP\r\n"), WH_STR("gzip")));
	assert_false(wh_http_encoding_ok(get("Accept-Encoding: gzip;q=0\r\n"), WH_STR("gzip")));
	assert_false(wh_http_encoding_ok(get("Accept-Encoding: gzip;q=0, *\r\n"), WH_STR("gzip")));
	assert_true(wh_http_encoding_ok(get("Accept-Encoding: *;q=0.1\r\n"), WH_STR("gzip")));
	assert_false(wh_http_encoding_ok(get("Accept-Encoding: identity\r\n"), WH_STR("gzip")));
	assert_false(wh_http_encoding_ok(get("Accept-Encoding: xgzip, gzipx\r\n"), WH_STR("gzip")));
}

static void
entity_tags_compare_weakly_or_strongly(void **state)
{
	const struct wh_str tag = WH_STR("\"a,b\"");

	(void)state;
	assert_true(wh_http_etag_in(get("If-None-Match: \"x\", W/\"a,b\"\r\n"), WH_H_IF_NONE_MATCH, tag, false));
	assert_false(wh_http_etag_in(get("If-Match: \"x\", W/\"a,b\"\r\n"), WH_H_IF_MATCH, tag, true));
	assert_true(wh_http_etag_in(get("If-Match: \"x\"\r\nIf-Match: \"a,b\"\r\n"), WH_H_IF_MATCH, tag, true));
	assert_true(wh_http_etag_in(get("If-Match: *\r\n"), WH_H_IF_MATCH, tag, true));
	assert_false(wh_http_etag_in(get("If-Match: a,b\r\n"), WH_H_IF_MATCH, tag, true));
	assert_false(wh_http_etag_in(get(""), WH_H_IF_MATCH, tag, false));
}

static void
one_range_is_served(void **state)
{
	static const struct {
		const char *value;
		enum wh_http_range want;
		uint64_t from, length;
	} cases[] = {
		{ "bytes=0-0", WH_HTTP_RANGE_ONE, 0, 1 }, { "bytes=2-", WH_HTTP_RANGE_ONE, 2, 8 },
		{ "bytes=2-99", WH_HTTP_RANGE_ONE, 2, 8 }, { "bytes=-3", WH_HTTP_RANGE_ONE, 7, 3 },
		{ "bytes=-99", WH_HTTP_RANGE_ONE, 0, 10 }, { "Bytes=9-9", WH_HTTP_RANGE_ONE, 9, 1 },
		{ "bytes=10-", WH_HTTP_RANGE_BAD, 0, 0 }, { "bytes=-0", WH_HTTP_RANGE_BAD, 0, 0 },
		{ "bytes=10-20", WH_HTTP_RANGE_BAD, 0, 0 },
		{ "bytes=0-1,3-4", WH_HTTP_RANGE_NONE, 0, 0 }, { "bytes=3-2", WH_HTTP_RANGE_NONE, 0, 0 },
		{ "bytes=-", WH_HTTP_RANGE_NONE, 0, 0 }, { "bytes=a-b", WH_HTTP_RANGE_NONE, 0, 0 },
		{ "bytes=--1", WH_HTTP_RANGE_NONE, 0, 0 }, { "bytes=+1-2", WH_HTTP_RANGE_NONE, 0, 0 },
		{ "bytes=99999999999999999999-", WH_HTTP_RANGE_NONE, 0, 0 }, { "lines=1-2", WH_HTTP_RANGE_NONE, 0, 0 },
		{ "", WH_HTTP_RANGE_NONE, 0, 0 }, { "bytes=1", WH_HTTP_RANGE_NONE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t from, length;

		if (wh_http_range(wh_str(cases[i].value), 10, &from, &length) != cases[i].want)
			fail_msg("%s", cases[i].value);
		if (cases[i].want == WH_HTTP_RANGE_ONE)
			assert_true(from == cases[i].from && length == cases[i].length);
	}
}

static void
cookies_are_found_by_their_whole_name(void **state)
{
	struct wh_str value;

	(void)state;
	get("Cookie: xa=0; a=1;b=\"2;\r\nCookie: c=\"3\"; d=; a=9; e\r\n");
	assert_true(wh_http_cookie(&request, WH_STR("a"), &value) && wh_str_is(value, "1"));
	assert_true(wh_http_cookie(&request, WH_STR("b"), &value) && wh_str_is(value, "\"2"));
	assert_true(wh_http_cookie(&request, WH_STR("c"), &value) && wh_str_is(value, "3"));
	assert_true(wh_http_cookie(&request, WH_STR("d"), &value) && value.n == 0);
	assert_false(wh_http_cookie(&request, WH_STR("e"), &value));
	assert_false(wh_http_cookie(&request, WH_STR("A"), &value));
}

static void
trace_context_is_strict(void **state)
{
	static const char *const bad[] = { "", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x" };

	(void)state;
	assert_true(wh_http_traceparent_ok(WH_STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")));
	assert_true(wh_http_traceparent_ok(WH_STR("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(wh_http_traceparent_ok(wh_str(bad[i])));
}

static const struct wh_str origins[] = { WH_STR("https://a.example"), WH_STR("http://localhost:3000") };

static struct wh_http_cors
cors_of_two(void)
{
	return (struct wh_http_cors){ .origins = origins, .origins_n = 2, .credentials = true, .methods = WH_STR("GET, POST"),
		.headers = WH_STR("Content-Type, Authorization"), .expose = WH_STR("X-Request-Id"), .max_age = 600 };
}

static void
a_listed_origin_is_allowed_exactly(void **state)
{
	static const char *const foreign[] = { "https://a.example.evil", "http://a.example", "https://a.example:443", "null",
		"https://A.example", "https://xa.example", "*" };
	struct wh_http_cors cors = cors_of_two();
	struct wh_buf lines = { 0 };
	char header[128];

	(void)state;
	assert_int_equal(wh_http_cors(&cors, get("Origin: https://a.example\r\n"), &lines), WH_HTTP_CORS_ALLOWED);
	assert_string_equal(wh_buf_cstr(&lines), "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a.example\r\n"
	    "Access-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: X-Request-Id\r\n");
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
		wh_buf_reset(&lines);
		snprintf(header, sizeof header, "Origin: %s\r\n", foreign[i]);
		assert_int_equal(wh_http_cors(&cors, get(header), &lines), WH_HTTP_CORS_REFUSED);
		assert_string_equal(wh_buf_cstr(&lines), "Vary: Origin\r\n");
	}
	wh_buf_reset(&lines);
	assert_int_equal(wh_http_cors(&cors, get(""), &lines), WH_HTTP_CORS_SAME);
	wh_buf_free(&lines);
}

static void
a_preflight_is_answered_for_allowed_methods_and_headers(void **state)
{
	struct wh_http_cors cors = cors_of_two();
	struct wh_buf lines = { 0 };

	(void)state;
	with("OPTIONS /", "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n"
	    "Access-Control-Request-Headers: content-type\r\n");
	assert_int_equal(wh_http_cors(&cors, &request, &lines), WH_HTTP_CORS_PREFLIGHT);
	assert_string_equal(wh_buf_cstr(&lines), "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a.example\r\n"
	    "Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Methods: GET, POST\r\n"
	    "Access-Control-Allow-Headers: Content-Type, Authorization\r\nAccess-Control-Max-Age: 600\r\n");
	with("OPTIONS /", "Origin: https://a.example\r\nAccess-Control-Request-Method: DELETE\r\n");
	assert_int_equal(wh_http_cors(&cors, &request, &lines), WH_HTTP_CORS_REFUSED);
	with("OPTIONS /", "Origin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n"
	    "Access-Control-Request-Headers: content-type, x-evil\r\n");
	assert_int_equal(wh_http_cors(&cors, &request, &lines), WH_HTTP_CORS_REFUSED);
	wh_buf_free(&lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_split_outside_quotes),
		cmocka_unit_test(accept_picks_the_best_of_what_is_offered),
		cmocka_unit_test(a_coding_is_used_only_when_it_is_allowed),
		cmocka_unit_test(entity_tags_compare_weakly_or_strongly),
		cmocka_unit_test(one_range_is_served),
		cmocka_unit_test(cookies_are_found_by_their_whole_name),
		cmocka_unit_test(trace_context_is_strict),
		cmocka_unit_test(a_listed_origin_is_allowed_exactly),
		cmocka_unit_test(a_preflight_is_answered_for_allowed_methods_and_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
