/* Tests that how the network cuts a stream changes nothing, and that the bounds hold on long messages and bombs. */
#include "edge/ws_in.h"
#include "base/testing.h"
#include "edge/ws_client.h"
#include "edge/ws_inflate.h"
#include "edge/ws_out.h"
#include "edge/ws_transcript.h"

/* The payload of the deflated frame of a message: what a client would send behind its mask. */
static struct wh_str
deflated(struct wh_ws_deflater *deflater, struct wh_str text, struct wh_buf *b)
{
	uint8_t bits;
	size_t head;

	wh_buf_reset(b);
	assert_true(wh_ws_deflate_put(deflater, WH_WS_OP_TEXT, text, b, &bits));
	head = (b->p[1] & 0x7f) < 126 ? 2 : (b->p[1] & 0x7f) == 126 ? 4 : 10;
	return wh_str_from(wh_buf_slice(b), head);
}

static struct wh_ws_deflater *
deflater_new(void)
{
	const struct wh_ws_deflate_settings settings = { .level = 6, .window_bits = 15, .memory_level = 8, .min = 1 };
	struct wh_ws_deflater *deflater = wh_ws_deflater_new(&settings);

	assert_non_null(deflater);
	return deflater;
}

/* Something of everything that may come, with true masks. */
static void
mixed_stream(struct wh_buf *b)
{
	struct wh_ws_deflater *deflater = deflater_new();
	struct wh_buf text = { 0 }, body = { 0 };
	struct wh_str packed;

	for (unsigned i = 0; i < 40; i++)
		wh_buf_text(&text, i % 3 == 0 ? "κόσμε " : i % 3 == 1 ? "plain " : "😀");
	packed = deflated(deflater, wh_buf_slice(&text), &body);
	wh_ws_client_frame(b, WH_WS_OP_TEXT, 0, WH_STR("Hello"), 0x3d21fa37);
	wh_ws_client_frame(b, WH_WS_OP_PING, 0, WH_STR("are you there"), 0x01020304);
	wh_ws_client_frame(b, WH_WS_OP_TEXT, 0, wh_buf_slice(&text), 0xdeadbeef);
	wh_ws_client_frame(b, WH_WS_OP_TEXT, WH_WS_UNFINISHED, WH_STR("κόσ"), 0xa1b2c3d4);
	wh_ws_client_frame(b, WH_WS_OP_PING, 0, WH_STR(""), 7);
	wh_ws_client_frame(b, WH_WS_OP_MORE, WH_WS_UNFINISHED, WH_STR(""), 8);
	wh_ws_client_frame(b, WH_WS_OP_MORE, WH_WS_UNFINISHED, WH_STR("\xce"), 9);
	wh_ws_client_frame(b, WH_WS_OP_PONG, 0, WH_STR("pong"), 10);
	wh_ws_client_frame(b, WH_WS_OP_MORE, 0, WH_STR("\xbc\xce\xb5"), 11);
	wh_ws_client_frame(b, WH_WS_OP_TEXT, WH_WS_RSV1, packed, 0x55667788);
	wh_ws_client_frame(b, WH_WS_OP_TEXT, WH_WS_RSV1 | WH_WS_UNFINISHED, (struct wh_str){ packed.p, 20 }, 12);
	wh_ws_client_frame(b, WH_WS_OP_PING, 0, WH_STR("between"), 13);
	wh_ws_client_frame(b, WH_WS_OP_MORE, 0, wh_str_from(packed, 20), 14);
	wh_ws_client_frame(b, WH_WS_OP_BINARY, 0, WH_STR(""), 15);
	wh_ws_client_frame(b, WH_WS_OP_BINARY, 0, WH_STR("\x00\xff\x00"), 16);
	wh_ws_client_frame(b, WH_WS_OP_CLOSE, 0, WH_STR("\x03\xe8" "bye"), 17);
	wh_ws_client_frame(b, WH_WS_OP_TEXT, 0, WH_STR("too late"), 18);
	assert_false(b->failed);
	wh_buf_free(&text);
	wh_buf_free(&body);
	wh_ws_deflater_free(&deflater);
}

static void
every_split_gives_the_same_events(void **state)
{
	struct wh_buf stream = { 0 }, whole = { 0 }, cut = { 0 };
	struct ws_feed feed = { .limits = { 4096, 16 }, .inflater = wh_ws_inflater_new() };

	(void)state;
	mixed_stream(&stream);
	ws_transcribe(&whole, &feed, stream.p, stream.n);
	assert_non_null(memmem(whole.p, whole.n, "|close 1000 bye", 15));
	for (feed.first = 1; feed.first < stream.n; feed.first++) {
		wh_buf_reset(&cut);
		ws_transcribe(&cut, &feed, stream.p, stream.n);
		assert_true(wh_str_eq(wh_buf_slice(&cut), wh_buf_slice(&whole)));
	}
	for (feed.step = 1; feed.step < 150; feed.step++) {
		feed.first = feed.step;
		wh_buf_reset(&cut);
		ws_transcribe(&cut, &feed, stream.p, stream.n);
		assert_true(wh_str_eq(wh_buf_slice(&cut), wh_buf_slice(&whole)));
		assert_true(feed.most_left <= WH_WS_LEFT_MAX);
	}
	wh_ws_inflater_free(&feed.inflater);
	wh_buf_free(&stream);
	wh_buf_free(&whole);
	wh_buf_free(&cut);
}

static void
long_messages_pass_in_one_frame_and_in_many(void **state)
{
	enum { LONG = 300000 };
	struct wh_buf stream = { 0 }, t = { 0 };
	struct ws_feed feed = { .limits = { LONG, 65536 }, .first = 4096, .step = 4096 };
	char *text = malloc(LONG);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', LONG);
	wh_ws_client_frame(&stream, WH_WS_OP_TEXT, 0, (struct wh_str){ text, LONG }, 0x12345678);
	for (size_t at = 0; at < LONG; at += 100)
		wh_ws_client_frame(&stream, at == 0 ? WH_WS_OP_TEXT : WH_WS_OP_MORE,
		    at + 100 < LONG ? WH_WS_UNFINISHED : 0, (struct wh_str){ text + at, 100 }, (uint32_t)at);
	ws_transcribe(&t, &feed, stream.p, stream.n);
	assert_int_equal(t.n, 2 * (LONG + 5) + 1);
	assert_memory_equal(t.p + 5, text, LONG);
	assert_memory_equal(t.p + LONG + 11, text, LONG);
	free(text);
	wh_buf_free(&stream);
	wh_buf_free(&t);
}

static void
a_bomb_is_inflated_no_further_than_the_limit(void **state)
{
	enum { BOMB = 8 << 20, LIMIT = 100000 };
	struct wh_ws_deflater *deflater = deflater_new();
	struct wh_ws_inflater *inflater = wh_ws_inflater_new();
	struct wh_buf b = { 0 }, stream = { 0 }, t = { 0 };
	struct ws_feed feed = { .limits = { LIMIT, 16 }, .inflater = inflater };
	struct wh_str packed, out;
	char *zeros = calloc(1, BOMB);
	bool utf8;

	(void)state;
	packed = deflated(deflater, (struct wh_str){ zeros, BOMB }, &b);
	assert_true(packed.n < LIMIT);
	assert_int_equal(wh_ws_inflate(inflater, packed, LIMIT, true, &out, &utf8), WH_ETOOBIG);
	assert_int_equal(wh_ws_inflate(inflater, packed, BOMB - 1, true, &out, &utf8), WH_ETOOBIG);
	assert_int_equal(wh_ws_inflate(inflater, packed, BOMB, true, &out, &utf8), WH_OK);
	assert_int_equal(out.n, BOMB);
	wh_ws_client_frame(&stream, WH_WS_OP_BINARY, WH_WS_RSV1, packed, 1);
	ws_transcribe(&t, &feed, stream.p, stream.n);
	assert_true(wh_str_is(wh_buf_slice(&t), "fail 1009 message too big"));
	free(zeros);
	wh_buf_free(&b);
	wh_buf_free(&stream);
	wh_buf_free(&t);
	wh_ws_inflater_free(&inflater);
	wh_ws_deflater_free(&deflater);
}

static void
deflated_bytes_are_bounded_before_they_are_inflated(void **state)
{
	/* Empty stored blocks inflate to nothing, so that only their own bound stops them. */
	struct wh_buf stream = { 0 }, blocks = { 0 }, t = { 0 };
	struct ws_feed feed = { .limits = { 1000, 100 }, .inflater = wh_ws_inflater_new() };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		wh_buf_put(&blocks, "\x00\x00\x00\xff\xff", 5);
	for (unsigned i = 0; i < 4; i++)
		wh_ws_client_frame(&stream, i == 0 ? WH_WS_OP_TEXT : WH_WS_OP_MORE,
		    WH_WS_UNFINISHED | (i == 0 ? WH_WS_RSV1 : 0), wh_buf_slice(&blocks), i);
	ws_transcribe(&t, &feed, stream.p, stream.n);
	assert_true(wh_str_is(wh_buf_slice(&t), "fail 1009 message too big"));
	wh_buf_free(&stream);
	wh_buf_free(&blocks);
	wh_buf_free(&t);
	wh_ws_inflater_free(&feed.inflater);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_split_gives_the_same_events),
		cmocka_unit_test(long_messages_pass_in_one_frame_and_in_many),
		cmocka_unit_test(a_bomb_is_inflated_no_further_than_the_limit),
		cmocka_unit_test(deflated_bytes_are_bounded_before_they_are_inflated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
