/* Tests of the response writer, problem documents and dates. */
#include "edge/http_date.h"
#include "edge/http_write.h"
#include "base/testing.h"

static bool
has(struct wh_buf *b, const char *text)
{
	return b->n > 0 && memmem(b->p, b->n, text, strlen(text)) != NULL;
}

static void
a_whole_answer_has_its_headers_and_body(void **state)
{
	const struct wh_http_policy bare = { { NULL, 0 }, { NULL, 0 } };
	const struct wh_http_reply r = { .status = 200, .minor = 1, .keep_alive = true, .type = WH_STR("text/plain"),
		.date = WH_STR("Sun, 06 Nov 1994 08:49:37 GMT"), .policy = &bare, .request_id = WH_STR("r1"),
		.lines = WH_STR("A: b\r\n") };
	struct wh_buf out = { 0 };

	(void)state;
	assert_true(wh_http_reply_whole(&out, &r, WH_STR("hello")));
	assert_string_equal(wh_buf_cstr(&out), "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 5\r\n"
	    "Content-Type: text/plain\r\nX-Request-Id: r1\r\nA: b\r\n\r\nhello");
	wh_buf_free(&out);
}

static void
security_headers_stand_by_default(void **state)
{
	struct wh_http_reply r = { .status = 200, .minor = 1, .keep_alive = true, .type = WH_STR("text/html; charset=utf-8") };
	struct wh_buf out = { 0 };

	(void)state;
	assert_true(wh_http_reply_whole(&out, &r, WH_STR("")));
	assert_true(has(&out, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_true(has(&out, "\r\nReferrer-Policy: "));
	assert_true(has(&out, "frame-ancestors 'none'\r\n"));
	assert_true(has(&out, "\r\nCross-Origin-Opener-Policy: same-origin\r\n"));
	wh_buf_reset(&out);
	r.type = WH_STR("application/json");
	assert_true(wh_http_reply_whole(&out, &r, WH_STR("")));
	assert_true(has(&out, "nosniff\r\n") && has(&out, "default-src 'none'") && !has(&out, "Opener"));
	wh_buf_free(&out);
}

static void
answers_without_a_body_say_so(void **state)
{
	struct wh_http_reply r = { .status = 200, .minor = 1, .keep_alive = true, .head = true };
	struct wh_buf out = { 0 };

	(void)state;
	assert_true(wh_http_reply_whole(&out, &r, WH_STR("hello")));
	assert_true(has(&out, "Content-Length: 5\r\n") && !has(&out, "hello"));
	r.head = false;
	for (unsigned i = 0; i < 3; i++) {
		static const unsigned statuses[] = { 101, 204, 304 };

		wh_buf_reset(&out);
		r.status = statuses[i];
		assert_true(wh_http_reply_whole(&out, &r, WH_STR("hello")));
		assert_false(has(&out, "Content-Length") || has(&out, "hello") || has(&out, "Transfer-Encoding"));
		/* a 304 must not change the stored headers */
		assert_true(r.status == 204 || !has(&out, "Content-Security-Policy"));
	}
	wh_buf_reset(&out);
	wh_http_reply_interim(&out, 100);
	assert_string_equal(wh_buf_cstr(&out), "HTTP/1.1 100 Continue\r\n\r\n");
	wh_buf_free(&out);
}

static void
an_answer_with_a_policy_of_its_own_gets_no_second_one(void **state)
{
	struct wh_http_reply r = { .status = 200, .minor = 1, .keep_alive = true, .type = WH_STR("text/html"), .policy = &wh_http_policy_own };
	struct wh_buf out = { 0 };

	(void)state;
	assert_true(wh_http_reply_whole(&out, &r, WH_STR("")));
	assert_true(has(&out, "X-Frame-Options: DENY\r\n") && has(&out, "nosniff") && !has(&out, "Content-Security-Policy"));
	r.policy = NULL;
	wh_buf_reset(&out);
	assert_true(wh_http_reply_whole(&out, &r, WH_STR("")));
	assert_true(has(&out, "Content-Security-Policy: default-src 'self'"));
	wh_buf_free(&out);
}

static void
keep_alive_follows_version_and_framing(void **state)
{
	struct wh_http_reply r = { .status = 200, .minor = 1, .keep_alive = false };
	struct wh_buf out = { 0 };

	(void)state;
	assert_true(wh_http_reply_whole(&out, &r, WH_STR("")) && has(&out, "\r\nConnection: close\r\n"));
	wh_buf_reset(&out);
	r.keep_alive = true;
	r.minor = 0;
	assert_false(wh_http_reply_closes(&r));
	assert_true(wh_http_reply_whole(&out, &r, WH_STR("")) && has(&out, "\r\nConnection: keep-alive\r\n"));
	r.framing = WH_HTTP_CHUNKED;
	assert_true(wh_http_reply_closes(&r));
	wh_buf_free(&out);
}

static void
chunks_frame_a_streamed_body(void **state)
{
	struct wh_http_reply r = { .status = 200, .minor = 1, .keep_alive = true, .framing = WH_HTTP_CHUNKED };
	struct wh_buf out = { 0 };
	struct wh_http_writer w = wh_http_reply_begin(&out, &r);

	(void)state;
	assert_true(wh_http_reply_end(&w));
	assert_true(has(&out, "\r\nTransfer-Encoding: chunked\r\n") && !has(&out, "Content-Length"));
	wh_buf_reset(&out);
	wh_http_chunk(&out, WH_STR("0123456789abcdefX"));
	wh_http_chunk(&out, WH_STR(""));
	wh_http_chunk_last(&out);
	assert_string_equal(wh_buf_cstr(&out), "11\r\n0123456789abcdefX\r\n0\r\n\r\n");
	wh_buf_reset(&out);
	r.minor = 0;
	w = wh_http_reply_begin(&out, &r);
	assert_true(wh_http_reply_end(&w));
	assert_false(has(&out, "Transfer-Encoding"));
	assert_true(has(&out, "Connection: close"));
	wh_buf_free(&out);
}

static void
a_header_cannot_be_injected(void **state)
{
	static const struct {
		struct wh_str name, value;
	} bad[] = {
		{ { "A", 1 }, { "b\r\nC: d", 7 } }, { { "A", 1 }, { "b\n", 2 } }, { { "A", 1 }, { "b\r", 2 } },
		{ { "A", 1 }, { "b\0", 2 } }, { { "A\r\nB", 4 }, { "c", 1 } }, { { "", 0 }, { "c", 1 } },
		{ { "A:", 2 }, { "c", 1 } }, { { "A b", 3 }, { "c", 1 } }, { { "A", 1 }, { "\x7f", 1 } },
	};
	const struct wh_http_reply r = { .status = 200, .minor = 1, .keep_alive = true };
	struct wh_buf out = { 0 };

	(void)state;
	wh_buf_text(&out, "before");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct wh_http_writer w = wh_http_reply_begin(&out, &r);

		wh_http_reply_header(&w, bad[i].name, bad[i].value);
		wh_http_reply_header(&w, WH_STR("X"), WH_STR("y"));
		assert_false(wh_http_reply_end(&w));
		assert_int_equal(out.n, 6);
	}
	assert_false(wh_http_reply_whole(&out, &(struct wh_http_reply){ .status = 200, .type = WH_STR("a\r\nb") }, WH_STR("")));
	assert_false(wh_http_reply_whole(&out, &(struct wh_http_reply){ .status = 200, .lines = WH_STR("A: b") }, WH_STR("")));
	assert_false(wh_http_reply_whole(&out, &(struct wh_http_reply){ .status = 7 }, WH_STR("")));
	assert_int_equal(out.n, 6);
	wh_buf_free(&out);
}

static void
a_full_buffer_leaves_nothing_behind(void **state)
{
	const struct wh_http_reply r = { .status = 200, .minor = 1, .keep_alive = true };
	struct wh_buf out = { .max = 200 };

	(void)state;
	assert_false(wh_http_reply_whole(&out, &r, WH_STR("hello")) && !out.failed);
	assert_int_equal(out.n, 0);
	wh_buf_free(&out);
}

static void
every_status_used_has_its_phrase(void **state)
{
	static const unsigned used[] = { 400, 401, 403, 404, 405, 408, 409, 411, 412, 413, 414, 415, 416, 417, 421, 426, 429, 431,
		500, 501, 502, 503, 504, 505, 100, 101, 200, 206, 301, 304 };

	(void)state;
	for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
		assert_string_not_equal(wh_http_phrase(used[i]), "Unknown");
	assert_string_equal(wh_http_phrase(599), "Unknown");
}

static void
a_problem_is_a_json_document(void **state)
{
	const struct wh_http_problem p = { .status = 405, .detail = { "a \"b\"\\\n\xff\0", 9 }, .instance = WH_STR("/x"),
		.request_id = WH_STR("r1"), .allow = 2, .retry_after = 7, .lines = WH_STR("B: c\r\n") };
	const struct wh_http_reply r = { .minor = 1, .keep_alive = false, .status = 200 };
	struct wh_buf out = { 0 };

	(void)state;
	wh_http_problem_json(&out, &p);
	assert_string_equal(wh_buf_cstr(&out), "{\"type\":\"about:blank\",\"title\":\"Method Not Allowed\",\"status\":405,"
	    "\"detail\":\"a \\\"b\\\"\\\\\\u000a\\u00ff\\u0000\",\"instance\":\"/x\",\"request_id\":\"r1\",\"retry_after\":7}\n");
	wh_buf_reset(&out);
	assert_true(wh_http_problem_reply(&out, &r, &p));
	assert_true(has(&out, "HTTP/1.1 405 Method Not Allowed\r\n") && has(&out, "\r\nAllow: GET\r\n"));
	assert_true(has(&out, "\r\nContent-Type: application/problem+json\r\n") && has(&out, "\r\nRetry-After: 7\r\n"));
	assert_true(has(&out, "\r\nConnection: close\r\n") && has(&out, "\r\nX-Request-Id: r1\r\n") && has(&out, "\r\nB: c\r\n"));
	assert_true(has(&out, "\r\n\r\n{\"type\""));
	wh_buf_reset(&out);
	assert_true(wh_http_problem_reply(&out, &(struct wh_http_reply){ .head = true, .minor = 1 },
	    &(struct wh_http_problem){ .status = 404 }));
	assert_false(has(&out, "about:blank"));
	wh_buf_free(&out);
}

static void
dates_are_written_and_read_back(void **state)
{
	static const int64_t moments[] = { 0, 784111777, 951782400, 1709164800, 1709251199, 4102444800, 253402300799, 68169600 };
	char room[WH_HTTP_DATE_N];
	int64_t back;

	(void)state;
	assert_true(wh_str_is(wh_http_date(784111777, room), "Sun, 06 Nov 1994 08:49:37 GMT"));
	assert_true(wh_str_is(wh_http_date(0, room), "Thu, 01 Jan 1970 00:00:00 GMT"));
	assert_true(wh_str_is(wh_http_date(1709164800, room), "Thu, 29 Feb 2024 00:00:00 GMT"));
	assert_true(wh_str_is(wh_http_date(INT64_MAX, room), "Fri, 31 Dec 9999 23:59:59 GMT"));
	for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
		assert_true(wh_http_date_parse(wh_http_date(moments[i], room), 0, &back));
		assert_true(back == moments[i]);
	}
	for (int64_t day = 0; day < 60000; day++)
		assert_true(wh_http_date_parse(wh_http_date(day * 86400 + 1, room), 0, &back) && back == day * 86400 + 1);
}

static void
the_old_forms_of_a_date_are_read(void **state)
{
	const int64_t now = 1700000000;
	int64_t when;

	(void)state;
	assert_true(wh_http_date_parse(WH_STR("Sunday, 06-Nov-94 08:49:37 GMT"), now, &when) && when == 784111777);
	assert_true(wh_http_date_parse(WH_STR("Sun Nov  6 08:49:37 1994"), now, &when) && when == 784111777);
	assert_true(wh_http_date_parse(WH_STR("Friday, 06-Nov-26 08:49:37 GMT"), now, &when) && when > now);
}

static void
broken_dates_are_not_read(void **state)
{
	static const char *const bad[] = { "", "0", "Sun", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37", "Sun, 32 Nov 1994 08:49:37 GMT",
		"Sun, 30 Feb 1994 08:49:37 GMT", "Sun, 29 Feb 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun,  6 Nov 1994 08:49:37 GMT",
		"Xxx, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1900 08:49:37 GMT" };
	int64_t when;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (wh_http_date_parse(wh_str(bad[i]), 1700000000, &when))
			fail_msg("taken: %s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_answer_has_its_headers_and_body),
		cmocka_unit_test(security_headers_stand_by_default),
		cmocka_unit_test(answers_without_a_body_say_so),
		cmocka_unit_test(an_answer_with_a_policy_of_its_own_gets_no_second_one),
		cmocka_unit_test(keep_alive_follows_version_and_framing),
		cmocka_unit_test(chunks_frame_a_streamed_body),
		cmocka_unit_test(a_header_cannot_be_injected),
		cmocka_unit_test(a_full_buffer_leaves_nothing_behind),
		cmocka_unit_test(every_status_used_has_its_phrase),
		cmocka_unit_test(a_problem_is_a_json_document),
		cmocka_unit_test(dates_are_written_and_read_back),
		cmocka_unit_test(the_old_forms_of_a_date_are_read),
		cmocka_unit_test(broken_dates_are_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
