/* Tests of the record codecs: what goes in comes out, and what is not exactly a record is refused. */
#include "ring/record.h"
#include "base/testing.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { SIZE = 16384 };

/* A ring with both ends, and the last record that came out of it. */
struct bench {
	char *memory;
	struct wh_ring *in, *out;
	struct wh_rec rec;
};

static int
bench_open(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	assert_non_null(b);
	b->memory = aligned_alloc(4096, wh_ring_bytes(SIZE));
	assert_non_null(b->memory);
	memset(b->memory, 0, wh_ring_bytes(SIZE));
	assert_int_equal(wh_ring_format(b->memory, SIZE), WH_OK);
	assert_int_equal(wh_ring_open(b->memory, SIZE, WH_PRODUCER, -1, &b->out), WH_OK);
	assert_int_equal(wh_ring_open(b->memory, SIZE, WH_CONSUMER, -1, &b->in), WH_OK);
	*state = b;
	return 0;
}

static int
bench_close(void **state)
{
	struct bench *b = *state;

	wh_ring_close(&b->in);
	wh_ring_close(&b->out);
	free(b->memory);
	free(b);
	return 0;
}

static const struct wh_addr peer = { .ip = { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, .port = 4242, .family = WH_ADDR_V6 };
static const struct wh_str headers = { "accept\0*/*\0x-empty\0\0", 20 };

static void
same(struct wh_str a, struct wh_str b)
{
	assert_int_equal(a.n, b.n);
	assert_true(a.n == 0 || a.p != b.p);
	assert_true(wh_str_eq(a, b));
}

static void
same_addr(const struct wh_addr *a)
{
	assert_memory_equal(a->ip, peer.ip, sizeof peer.ip);
	assert_int_equal(a->port, peer.port);
	assert_int_equal(a->family, peer.family);
}

/* Sends `r` through the ring into `got`; then every shorter payload, a longer one, another kind, and other header flags must be refused. */
#define THROUGH(b, name, rec_kind, r, got) do { \
	struct wh_rec_##name scratch; \
	struct wh_rec bad; \
	char longer[SIZE]; \
	assert_int_equal(wh_rec_##name##_put((b)->out, &(r)), WH_OK); \
	if (wh_ring_next((b)->in, &(b)->rec) == 1 && (b)->rec.attempts == 1) \
		assert_int_equal((b)->rec.kind, rec_kind); \
	for (size_t n = 0; n < (b)->rec.bytes.n; n++) { \
		char *exact = malloc(n + 1); \
		assert_non_null(exact); \
		memcpy(exact + 1, (b)->rec.bytes.p, n); \
		bad = (b)->rec; \
		bad.bytes = (struct wh_str){ exact + 1, n }; \
		assert_int_equal(wh_rec_##name##_get(&bad, &scratch), WH_ESYNTAX); \
		free(exact); \
	} \
	memcpy(longer, (b)->rec.bytes.p, (b)->rec.bytes.n); \
	longer[(b)->rec.bytes.n] = 0; \
	bad = (b)->rec; \
	bad.bytes = (struct wh_str){ longer, (b)->rec.bytes.n + 1 }; \
	assert_int_equal(wh_rec_##name##_get(&bad, &scratch), WH_ESYNTAX); \
	bad = (b)->rec; \
	bad.kind++; \
	assert_int_equal(wh_rec_##name##_get(&bad, &scratch), WH_ESYNTAX); \
	bad = (b)->rec; \
	bad.flags = 1; \
	assert_int_equal(wh_rec_##name##_get(&bad, &scratch), WH_ESYNTAX); \
	bad = (b)->rec; \
	bad.id = bad.id == 0; \
	assert_int_equal(wh_rec_##name##_get(&bad, &scratch), WH_ESYNTAX); \
	assert_int_equal(wh_rec_##name##_get(&(b)->rec, &(got)), WH_OK); \
} while (0)

static void
opened_keeps_every_member(void **state)
{
	struct bench *b = *state;
	struct wh_rec_opened got, r = {
		.conn = 0x123456789abcdef0, .listener = 65535, .transport = WH_TRANSPORT_LINE, .flags = WH_F_TLS | WH_F_RECOVERED, .peer = peer,
		.opened_ms = -5, .subprotocol = WH_STR("whiply.v1"), .path = WH_STR("/ws"), .query = WH_STR("a=b"), .host = WH_STR("h:1"),
		.origin = WH_STR("https://o"), .user_agent = WH_STR("ua"), .cookie = WH_STR("c=d"), .authorization = WH_STR("Bearer x"),
		.tls_fingerprint = WH_STR("ab:cd"), .traceparent = WH_STR("00-1"),
	};

	THROUGH(b, opened, WH_REC_OPENED, r, got);
	assert_int_equal(got.conn, r.conn);
	assert_int_equal(got.listener, r.listener);
	assert_int_equal(got.transport, r.transport);
	assert_int_equal(got.flags, r.flags);
	same_addr(&got.peer);
	assert_int_equal(got.opened_ms, -5);
	same(got.subprotocol, r.subprotocol);
	same(got.path, r.path);
	same(got.query, r.query);
	same(got.host, r.host);
	same(got.origin, r.origin);
	same(got.user_agent, r.user_agent);
	same(got.cookie, r.cookie);
	same(got.authorization, r.authorization);
	same(got.tls_fingerprint, r.tls_fingerprint);
	same(got.traceparent, r.traceparent);
}

static void
message_and_send_keep_their_bytes(void **state)
{
	struct bench *b = *state;
	struct wh_rec_message got, r = { .conn = 3, .flags = WH_F_BINARY | WH_F_TRUNCATED, .bytes = { "\0\xff\0", 3 } };
	struct wh_rec_send sent, s = { .conn = 4, .flags = WH_F_BINARY, .bytes = WH_STR("out") };

	THROUGH(b, message, WH_REC_MESSAGE, r, got);
	assert_int_equal(got.conn, 3);
	assert_int_equal(got.flags, r.flags);
	same(got.bytes, r.bytes);
	wh_ring_done(b->in);
	THROUGH(b, send, WH_REC_SEND, s, sent);
	assert_int_equal(sent.conn, 4);
	assert_int_equal(sent.flags, s.flags);
	same(sent.bytes, s.bytes);
}

static void
request_and_respond_keep_every_member(void **state)
{
	struct bench *b = *state;
	struct wh_rec_request got, r = {
		.conn = 9, .stream = 77, .listener = 2, .flags = WH_F_TLS, .peer = peer, .method = WH_STR("POST"), .path = WH_STR("/api/x"),
		.query = WH_STR("q"), .host = WH_STR("h"), .tls_fingerprint = WH_STR("f0"), .headers = headers, .body = WH_STR("{}"),
	};
	struct wh_rec_respond answer, s = {
		.conn = 9, .stream = 77, .status = 200, .flags = WH_F_CLOSE | WH_F_MORE, .headers = headers, .body = WH_STR("ok"),
	};

	THROUGH(b, request, WH_REC_REQUEST, r, got);
	assert_int_equal(got.conn, 9);
	assert_int_equal(got.stream, 77);
	assert_int_equal(got.listener, 2);
	assert_int_equal(got.flags, WH_F_TLS);
	same_addr(&got.peer);
	same(got.method, r.method);
	same(got.path, r.path);
	same(got.query, r.query);
	same(got.host, r.host);
	same(got.tls_fingerprint, r.tls_fingerprint);
	same(got.headers, r.headers);
	same(got.body, r.body);
	wh_ring_done(b->in);
	THROUGH(b, respond, WH_REC_RESPOND, s, answer);
	assert_int_equal(answer.conn, 9);
	assert_int_equal(answer.stream, 77);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.flags, s.flags);
	same(answer.headers, s.headers);
	same(answer.body, s.body);
}

static void
the_ends_of_a_connection_keep_every_member(void **state)
{
	struct bench *b = *state;
	struct wh_rec_closed got, r = { .conn = 1, .code = 4999, .bytes_in = UINT64_MAX, .bytes_out = 7, .reason = WH_STR("bye") };
	struct wh_rec_close close_got, c = { .conn = 2, .code = 1000, .resume_ms = 1234, .reason = WH_STR("restart") };
	struct wh_rec_writable w_got, w = { .conn = 8 };

	THROUGH(b, closed, WH_REC_CLOSED, r, got);
	assert_int_equal(got.conn, 1);
	assert_int_equal(got.code, 4999);
	assert_int_equal(got.bytes_in, UINT64_MAX);
	assert_int_equal(got.bytes_out, 7);
	same(got.reason, r.reason);
	wh_ring_done(b->in);
	THROUGH(b, close, WH_REC_CLOSE, c, close_got);
	assert_int_equal(close_got.conn, 2);
	assert_int_equal(close_got.code, 1000);
	assert_int_equal(close_got.resume_ms, 1234);
	same(close_got.reason, c.reason);
	wh_ring_done(b->in);
	THROUGH(b, writable, WH_REC_WRITABLE, w, w_got);
	assert_int_equal(w_got.conn, 8);
}

static void
recovery_keeps_every_member(void **state)
{
	struct bench *b = *state;
	const wh_id ids[] = { 5, UINT64_MAX, 6 };
	struct wh_rec_papers got, r = { .conn = 1, .groups = wh_ids(ids, 3), .papers = WH_STR("papers") };
	struct wh_rec_group g_got, g = { .group = 5, .seq = 1ull << 40, .members = 3, .name = WH_STR("room/json") };
	struct wh_rec_papers_set s_got, s = { .conn = 4, .papers = WH_STR("new") };
	struct wh_rec_recovered e_got, e = { 0 };

	THROUGH(b, papers, WH_REC_PAPERS, r, got);
	assert_int_equal(got.conn, 1);
	assert_int_equal(got.groups.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(wh_ids_at(got.groups, i), ids[i]);
	same(got.papers, r.papers);
	wh_ring_done(b->in);
	THROUGH(b, group, WH_REC_GROUP, g, g_got);
	assert_int_equal(g_got.group, 5);
	assert_int_equal(g_got.seq, 1ull << 40);
	assert_int_equal(g_got.members, 3);
	same(g_got.name, g.name);
	wh_ring_done(b->in);
	THROUGH(b, papers_set, WH_REC_PAPERS_SET, s, s_got);
	assert_int_equal(s_got.conn, 4);
	same(s_got.papers, s.papers);
	wh_ring_done(b->in);
	THROUGH(b, recovered, WH_REC_RECOVERED, e, e_got);
}

static void
the_route_table_keeps_every_member(void **state)
{
	struct bench *b = *state;
	struct wh_rec_hello h_got, h = { .epoch = 12, .version = WH_RECORD_VERSION };
	struct wh_rec_route got, r = {
		.kind = WH_ROUTE_UPSTREAM, .flags = WH_F_PREFIX | WH_F_CORS | WH_F_WAIT_FOR_HUB, .status = 404, .path = WH_STR("/"),
		.subprotocols = WH_STR("a,b"), .headers = headers, .body = WH_STR("no"), .root = WH_STR("/srv"), .cache = WH_STR("no-store"),
	};
	struct wh_rec_routes_end e_got, e = { 0 };
	struct wh_rec_go g_got, g = { 0 };

	THROUGH(b, hello, WH_REC_HELLO, h, h_got);
	assert_int_equal(h_got.epoch, 12);
	assert_int_equal(h_got.version, WH_RECORD_VERSION);
	wh_ring_done(b->in);
	THROUGH(b, route, WH_REC_ROUTE, r, got);
	assert_int_equal(got.kind, r.kind);
	assert_int_equal(got.flags, r.flags);
	assert_int_equal(got.status, 404);
	same(got.path, r.path);
	same(got.subprotocols, r.subprotocols);
	same(got.headers, r.headers);
	same(got.body, r.body);
	same(got.root, r.root);
	same(got.cache, r.cache);
	wh_ring_done(b->in);
	THROUGH(b, routes_end, WH_REC_ROUTES_END, e, e_got);
	wh_ring_done(b->in);
	THROUGH(b, go, WH_REC_GO, g, g_got);
}

static void
groups_and_publish_keep_every_member(void **state)
{
	struct bench *b = *state;
	struct wh_rec_group_open o_got, o = { .group = 1, .seq = 5, .name = WH_STR("g") };
	struct wh_rec_group_close c_got, c = { .group = 2 };
	struct wh_rec_join j_got, j = { .group = 3, .conn = 4 };
	struct wh_rec_leave l_got, l = { .group = 5, .conn = 6 };
	struct wh_rec_publish got, p = { .group = 7, .seq = 8, .except = 9, .flags = WH_F_BINARY | WH_F_PRESENCE, .bytes = WH_STR("all") };

	THROUGH(b, group_open, WH_REC_GROUP_OPEN, o, o_got);
	assert_int_equal(o_got.group, 1);
	assert_int_equal(o_got.seq, 5);
	same(o_got.name, o.name);
	wh_ring_done(b->in);
	THROUGH(b, group_close, WH_REC_GROUP_CLOSE, c, c_got);
	assert_int_equal(c_got.group, 2);
	wh_ring_done(b->in);
	THROUGH(b, join, WH_REC_JOIN, j, j_got);
	assert_int_equal(j_got.group, 3);
	assert_int_equal(j_got.conn, 4);
	wh_ring_done(b->in);
	THROUGH(b, leave, WH_REC_LEAVE, l, l_got);
	assert_int_equal(l_got.group, 5);
	assert_int_equal(l_got.conn, 6);
	wh_ring_done(b->in);
	THROUGH(b, publish, WH_REC_PUBLISH, p, got);
	assert_int_equal(got.group, 7);
	assert_int_equal(got.seq, 8);
	assert_int_equal(got.except, 9);
	assert_int_equal(got.flags, p.flags);
	same(got.bytes, p.bytes);
}

static void
limits_and_helper_records_keep_every_member(void **state)
{
	struct bench *b = *state;
	struct wh_rec_limits got, r = { .conn = 1, .messages_per_s = 2, .burst = 3, .bytes_per_s = 4, .queue_bytes = UINT32_MAX };
	struct wh_rec_helper_ask a_got, a = { .id = 10, .bytes = WH_STR("?") };
	struct wh_rec_helper_answer w_got, w = { .id = 10, .bytes = WH_STR("!") };

	THROUGH(b, limits, WH_REC_LIMITS, r, got);
	assert_int_equal(got.conn, 1);
	assert_int_equal(got.messages_per_s, 2);
	assert_int_equal(got.burst, 3);
	assert_int_equal(got.bytes_per_s, 4);
	assert_int_equal(got.queue_bytes, UINT32_MAX);
	wh_ring_done(b->in);
	THROUGH(b, helper_ask, WH_REC_HELPER_ASK, a, a_got);
	assert_int_equal(a_got.id, 10);
	same(a_got.bytes, a.bytes);
	wh_ring_done(b->in);
	THROUGH(b, helper_answer, WH_REC_HELPER_ANSWER, w, w_got);
	assert_int_equal(w_got.id, 10);
	same(w_got.bytes, w.bytes);
}

/* Puts one good record and gives a copy of it whose bytes the test may change. */
static struct wh_rec
copied(struct bench *b, char bytes[SIZE])
{
	assert_int_equal(wh_ring_next(b->in, &b->rec), 1);
	memcpy(bytes, b->rec.bytes.p, b->rec.bytes.n);
	wh_ring_done(b->in);
	b->rec.bytes.p = bytes;
	return b->rec;
}

static void
the_decoder_refuses_unknown_enums_flags_and_lengths(void **state)
{
	struct bench *b = *state;
	struct wh_rec_opened opened = { .conn = 1, .transport = WH_TRANSPORT_WS, .peer = peer }, opened_got;
	struct wh_rec_message message = { .conn = 1, .bytes = WH_STR("abc") }, message_got;
	char bytes[SIZE];
	struct wh_rec rec;

	assert_int_equal(wh_rec_opened_put(b->out, &opened), WH_OK);
	rec = copied(b, bytes);
	assert_int_equal(wh_rec_opened_get(&rec, &opened_got), WH_OK);
	bytes[2] = 0;
	assert_int_equal(wh_rec_opened_get(&rec, &opened_got), WH_ESYNTAX);
	bytes[2] = WH_TRANSPORT_LINE + 1;
	assert_int_equal(wh_rec_opened_get(&rec, &opened_got), WH_ESYNTAX);
	bytes[2] = WH_TRANSPORT_WS;
	bytes[4] = WH_F_BINARY;
	assert_int_equal(wh_rec_opened_get(&rec, &opened_got), WH_ESYNTAX);
	bytes[4] = 0;
	bytes[6 + offsetof(struct wh_addr, family)] = WH_ADDR_UNIX + 1;
	assert_int_equal(wh_rec_opened_get(&rec, &opened_got), WH_ESYNTAX);
	assert_int_equal(opened_got.conn, 0);

	assert_int_equal(wh_rec_message_put(b->out, &message), WH_OK);
	rec = copied(b, bytes);
	for (int n = 0; n < 256; n++) {
		bytes[2] = (char)n;
		assert_int_equal(wh_rec_message_get(&rec, &message_got), n == 3 ? WH_OK : WH_ESYNTAX);
	}
	bytes[2] = 3;
	bytes[5] = '\x80';
	assert_int_equal(wh_rec_message_get(&rec, &message_got), WH_ESYNTAX);
}

static void
an_array_of_ids_that_does_not_divide_is_refused(void **state)
{
	struct bench *b = *state;
	const wh_id id = 5;
	struct wh_rec_papers papers = { .conn = 1, .groups = wh_ids(&id, 1), .papers = WH_STR("x") }, got;
	char bytes[SIZE];
	struct wh_rec rec;

	assert_int_equal(wh_rec_papers_put(b->out, &papers), WH_OK);
	rec = copied(b, bytes);
	bytes[0] = 7;	/* one byte fewer for the ids, so that the papers' length is read from what was an id's last byte on */
	bytes[11] = 2;
	bytes[12] = bytes[13] = bytes[14] = 0;
	rec.bytes.n = 4 + 7 + 4 + 2;
	assert_int_equal(wh_rec_papers_get(&rec, &got), WH_ESYNTAX);
}

static void
the_encoder_refuses_what_the_decoder_would(void **state)
{
	struct bench *b = *state;
	struct wh_rec_message no_id = { .bytes = WH_STR("x") }, flags = { .conn = 1, .flags = WH_F_MORE };
	struct wh_rec_opened no_transport = { .conn = 1 };
	struct wh_rec_close no_code = { .conn = 1 };
	struct wh_rec_join nobody = { .group = 1 };
	struct wh_rec_respond half = { .conn = 1, .headers = WH_STR("name") };

	assert_int_equal(wh_rec_message_put(b->out, &no_id), WH_EINVAL);
	assert_int_equal(wh_rec_message_put(b->out, &flags), WH_EINVAL);
	assert_int_equal(wh_rec_opened_put(b->out, &no_transport), WH_EINVAL);
	assert_int_equal(wh_rec_close_put(b->out, &no_code), WH_EINVAL);
	assert_int_equal(wh_rec_join_put(b->out, &nobody), WH_EINVAL);
	assert_int_equal(wh_rec_respond_put(b->out, &half), WH_EINVAL);
	assert_int_equal(wh_ring_next(b->in, &b->rec), 0);
}

static void
full_and_too_big_are_told_apart(void **state)
{
	struct bench *b = *state;
	static const char bytes[SIZE];
	struct wh_rec_send send = { .conn = 1, .bytes = { bytes, wh_ring_max(b->out) - 6 } };
	enum wh_err err;
	int n = 0;

	while ((err = wh_rec_send_put(b->out, &send)) == WH_OK)
		n++;
	assert_int_equal(err, WH_EFULL);
	assert_int_equal(n, 4);
	send.bytes.n++;
	assert_int_equal(wh_rec_send_put(b->out, &send), WH_ETOOBIG);
	send.bytes.n = SIZE_MAX;
	assert_int_equal(wh_rec_send_put(b->out, &send), WH_ETOOBIG);
}

static void
header_blocks_are_walked_and_judged(void **state)
{
	struct wh_str block = headers, name, value;

	(void)state;
	assert_true(wh_headers_next(&block, &name, &value));
	assert_true(wh_str_is(name, "accept"));
	assert_true(wh_str_is(value, "*/*"));
	assert_true(wh_headers_next(&block, &name, &value));
	assert_true(wh_str_is(name, "x-empty"));
	assert_int_equal(value.n, 0);
	assert_false(wh_headers_next(&block, &name, &value));
	assert_true(wh_headers_valid((struct wh_str){ NULL, 0 }));
	assert_true(wh_headers_valid(headers));
	for (size_t n = 1; n < headers.n; n++)
		assert_int_equal(wh_headers_valid((struct wh_str){ headers.p, n }), n == 11);
	assert_false(wh_headers_valid((struct wh_str){ "\0v\0", 3 }));
}

static void
every_kind_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(wh_rec_kind_name(WH_REC_OPENED), "OPENED");
	assert_string_equal(wh_rec_kind_name(WH_REC_RECOVERED), "RECOVERED");
	assert_string_equal(wh_rec_kind_name(WH_REC_PUBLISH), "PUBLISH");
	assert_string_equal(wh_rec_kind_name(WH_REC_LIMITS), "LIMITS");
	assert_string_equal(wh_rec_kind_name(WH_REC_HELPER_ANSWER), "HELPER_ANSWER");
	assert_string_equal(wh_rec_kind_name(0), "?");
	assert_string_equal(wh_rec_kind_name(63), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(opened_keeps_every_member, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(message_and_send_keep_their_bytes, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(request_and_respond_keep_every_member, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(the_ends_of_a_connection_keep_every_member, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(recovery_keeps_every_member, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(the_route_table_keeps_every_member, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(groups_and_publish_keep_every_member, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(limits_and_helper_records_keep_every_member, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(the_decoder_refuses_unknown_enums_flags_and_lengths, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(an_array_of_ids_that_does_not_divide_is_refused, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(the_encoder_refuses_what_the_decoder_would, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(full_and_too_big_are_told_apart, bench_open, bench_close),
		cmocka_unit_test(header_blocks_are_walked_and_judged),
		cmocka_unit_test(every_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
