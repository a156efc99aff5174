/* Tests of the body decoder: data in place, strict framing, bounds. Each case runs whole and byte by byte. */
#include "edge/http_body.h"
#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>

struct result {
	enum wh_http_step step;
	struct wh_http_refusal why;
	size_t used, n;
	char data[1024];
};

static struct result
body_read(const struct wh_http_request *req, uint64_t max, const char *p, size_t n, size_t piece)
{
	const struct wh_http_limits limits = { .body_max = max };
	struct result r = { .step = WH_HTTP_MORE };
	struct wh_http_body body;

	if (!wh_http_body_start(&body, req, &limits, &r.why)) {
		r.step = WH_HTTP_REFUSED;
		return r;
	}
	while (!wh_http_body_done(&body) && r.step != WH_HTTP_REFUSED && r.used < n) {
		size_t have = n - r.used < piece ? n - r.used : piece, used;
		struct wh_str data;

		r.step = wh_http_body_read(&body, p + r.used, have, &used, &data, &r.why);
		r.used += used;
		if (r.step == WH_HTTP_DATA) {
			assert_true(data.p >= p && data.p + data.n <= p + n && r.n + data.n <= sizeof r.data);
			memcpy(r.data + r.n, data.p, data.n);
			r.n += data.n;
		}
	}
	if (wh_http_body_done(&body))
		r.step = WH_HTTP_DONE;
	else if (r.step == WH_HTTP_DATA)
		r.step = WH_HTTP_MORE;
	return r;
}

static struct result
chunked(const char *text, uint64_t max)
{
	struct wh_http_request *req = calloc(1, sizeof *req);
	struct result whole, bytes;

	assert_non_null(req);
	req->chunked = true;
	whole = body_read(req, max, text, strlen(text), strlen(text));
	bytes = body_read(req, max, text, strlen(text), 1);
	free(req);
	assert_int_equal(whole.step, bytes.step);
	assert_int_equal(whole.used, bytes.used);
	assert_int_equal(whole.n, bytes.n);
	assert_memory_equal(whole.data, bytes.data, whole.n);
	assert_int_equal(whole.why.status, bytes.why.status);
	return whole;
}

static void
refused(const char *text, unsigned status)
{
	struct result r = chunked(text, 1000);

	if (r.step != WH_HTTP_REFUSED || r.why.status != status)
		fail_msg("step %d status %u for %s", (int)r.step, r.why.status, text);
}

static void
chunks_are_joined_and_the_next_request_is_left(void **state)
{
	struct result r = chunked("5\r\nhello\r\n00A\r\n, world!!!\r\n0\r\n\r\nGET /", 1000);

	(void)state;
	assert_int_equal(r.step, WH_HTTP_DONE);
	assert_int_equal(r.n, 15);
	assert_memory_equal(r.data, "hello, world!!!", 15);
	assert_int_equal(r.used, strlen("5\r\nhello\r\n00A\r\n, world!!!\r\n0\r\n\r\n"));
}

static void
extensions_and_trailers_are_dropped(void **state)
{
	struct result r = chunked("1;name=\"va;lue\";x\r\na\r\n0;y\r\nX-Sum: 1\r\nY:\r\n\r\n", 1000);

	(void)state;
	assert_int_equal(r.step, WH_HTTP_DONE);
	assert_int_equal(r.n, 1);
}

static void
an_unfinished_body_wants_more(void **state)
{
	(void)state;
	assert_int_equal(chunked("5\r\nhel", 1000).step, WH_HTTP_MORE);
	assert_int_equal(chunked("5\r\nhello\r\n0\r\n", 1000).step, WH_HTTP_MORE);
	assert_int_equal(chunked("5\r\nhello\r\n0\r\n\r", 1000).step, WH_HTTP_MORE);
}

static void
broken_chunks_are_refused(void **state)
{
	static const char *const bad[] = { "\r\n", "g\r\n", "0x5\r\nhello\r\n", "+5\r\nhello\r\n", "-1\r\n", " 5\r\n", "5 \r\nhello",
		"5\nhello\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhell\r\n0\r\n\r\n", "5\rhello",
		"11112222333344445\r\n", "5;a\x01\r\n", "5;a\nb\r\n", "5;a\rb", "1\r\na\r\n\r\n", "0\r\n\n", "0\r\n\rx" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refused(bad[i], 400);
}

static void
trailers_that_frame_are_refused(void **state)
{
	(void)state;
	refused("0\r\nContent-Length: 5\r\n\r\n", 400);
	refused("0\r\ntransfer-encoding: chunked\r\n\r\n", 400);
	refused("0\r\nHOST: b\r\n\r\n", 400);
	refused("0\r\nAuthorization: b\r\n\r\n", 400);
	refused("0\r\nA: b\r\n c\r\n\r\n", 400);
	refused("0\r\nA : b\r\n\r\n", 400);
	refused("0\r\n: b\r\n\r\n", 400);
	refused("0\r\nA: b\nC: d\r\n\r\n", 400);
	refused("0\r\nA\r\n\r\n", 400);
	assert_int_equal(chunked("0\r\nContent-Length-And-A-Very-Long-Name: 1\r\n\r\n", 9).step, WH_HTTP_DONE);
}

static void
every_part_is_bounded(void **state)
{
	char text[16384];
	size_t n = 0;

	(void)state;
	assert_int_equal(chunked("a\r\n0123456789\r\n0\r\n\r\n", 10).step, WH_HTTP_DONE);
	assert_int_equal(chunked("b\r\n01234567890\r\n0\r\n\r\n", 10).why.status, 413);
	assert_int_equal(chunked("6\r\n012345\r\n5\r\n", 10).why.status, 413);
	assert_int_equal(chunked("ffffffffffffffff\r\n", 10).why.status, 413);
	snprintf(text, sizeof text, "1;%0300d\r\n", 0);
	refused(text, 400);
	snprintf(text, sizeof text, "0\r\nA: %05000d\r\n", 0);
	refused(text, 431);
	while (n < sizeof text - 300)
		n += (size_t)snprintf(text + n, sizeof text - n, "1;%0240d\r\na\r\n", 0);
	refused(text, 400);	/* extensions, all together */
}

static void
a_length_is_counted_exactly(void **state)
{
	struct wh_http_request *req = calloc(1, sizeof *req);
	struct result r;

	(void)state;
	assert_non_null(req);
	req->has_length = true;
	req->content_length = 5;
	r = body_read(req, 5, "helloGET", 8, 8);
	assert_int_equal(r.step, WH_HTTP_DONE);
	assert_int_equal(r.used, 5);
	assert_memory_equal(r.data, "hello", 5);
	assert_int_equal(body_read(req, 5, "helloGET", 8, 1).used, 5);
	assert_int_equal(body_read(req, 5, "hell", 4, 4).step, WH_HTTP_MORE);
	assert_int_equal(body_read(req, 4, "hello", 5, 5).why.status, 413);
	req->content_length = 0;
	assert_int_equal(body_read(req, 5, "", 0, 1).step, WH_HTTP_DONE);
	free(req);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_are_joined_and_the_next_request_is_left),
		cmocka_unit_test(extensions_and_trailers_are_dropped),
		cmocka_unit_test(an_unfinished_body_wants_more),
		cmocka_unit_test(broken_chunks_are_refused),
		cmocka_unit_test(trailers_that_frame_are_refused),
		cmocka_unit_test(every_part_is_bounded),
		cmocka_unit_test(a_length_is_counted_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
