/* Tests of building frames, plain and deflated. */
#include "edge/ws_out.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/testing.h"
#include "edge/ws_client.h"
#include "edge/ws_inflate.h"

static void
assert_head(uint64_t n, bool deflated, const char *bytes, size_t bytes_n)
{
	unsigned char head[WH_WS_HEAD_MAX];

	assert_int_equal(wh_ws_head(head, WH_WS_OP_BINARY, n, deflated), bytes_n);
	assert_memory_equal(head, bytes, bytes_n);
}

static void
headers_have_the_shortest_length(void **state)
{
	(void)state;
	assert_head(0, false, "\x82\x00", 2);
	assert_head(125, false, "\x82\x7d", 2);
	assert_head(126, false, "\x82\x7e\x00\x7e", 4);
	assert_head(256, false, "\x82\x7e\x01\x00", 4);		/* RFC 6455 section 5.7 */
	assert_head(65535, false, "\x82\x7e\xff\xff", 4);
	assert_head(65536, false, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);	/* the same */
	assert_head(7, true, "\xc2\x07", 2);
}

static void
a_frame_is_header_and_payload(void **state)
{
	struct wh_buf b = { 0 };

	(void)state;
	wh_ws_frame_put(&b, WH_WS_OP_TEXT, WH_STR("Hello"));
	assert_true(wh_str_eq(wh_buf_slice(&b), WH_STR("\x81\x05" "Hello")));
	wh_buf_free(&b);
}

static void
a_frame_past_the_cap_leaves_nothing_behind(void **state)
{
	struct wh_buf b = { .max = 6 };

	(void)state;
	wh_ws_frame_put(&b, WH_WS_OP_TEXT, WH_STR("Hello"));
	assert_true(b.failed);
	assert_int_equal(b.n, 0);
	wh_buf_free(&b);
}

static void
pings_and_pongs_carry_at_most_125_bytes(void **state)
{
	unsigned char frame[WH_WS_CONTROL_FRAME_MAX];
	char payload[126];

	(void)state;
	memset(payload, 'x', sizeof payload);
	assert_int_equal(wh_ws_control(frame, WH_WS_OP_PING, WH_STR("Hello")), 7);
	assert_memory_equal(frame, "\x89\x05" "Hello", 7);
	assert_int_equal(wh_ws_control(frame, WH_WS_OP_PONG, (struct wh_str){ NULL, 0 }), 2);
	assert_int_equal(wh_ws_control(frame, WH_WS_OP_PONG, (struct wh_str){ payload, 126 }), 127);
	assert_int_equal(frame[1], 125);
}

static void
a_close_carries_code_and_reason(void **state)
{
	unsigned char frame[WH_WS_CONTROL_FRAME_MAX];
	char reason[124];

	(void)state;
	assert_int_equal(wh_ws_close(frame, WH_WS_GOING_AWAY, WH_STR("bye")), 7);
	assert_memory_equal(frame, "\x88\x05\x03\xe9" "bye", 7);
	assert_int_equal(wh_ws_close(frame, WH_WS_NO_CODE, WH_STR("bye")), 2);
	assert_memory_equal(frame, "\x88\x00", 2);
	memset(reason, 'x', sizeof reason);
	memcpy(reason + 121, "\xe2\x82\xac", 3);
	assert_int_equal(wh_ws_close(frame, 4000, (struct wh_str){ reason, sizeof reason }), 4 + 121);
	assert_int_equal(frame[1], 123);
}

/* Text of words, so that it shrinks as chat does. */
static void
fill_text(char *text, size_t n)
{
	static const char words[] = "the room says that a message is rendered once for each dialect ";
	unsigned seed = 1;

	for (size_t i = 0; i < n; i++) {
		if (i % 7 == 0)
			seed = seed * 1103515245 + 12345;
		text[i] = words[(i + (seed >> 16) % 9 * 7) % (sizeof words - 1)];
	}
}

static void
deflated_frames_come_back_at_every_size(void **state)
{
	static const size_t sizes[] = { 64, 255, 256, 1000, 65535, 65536, 70000, 1 << 20 };
	const struct wh_ws_deflate_settings settings = { .level = 6, .window_bits = 15, .memory_level = 8, .min = 1 };
	struct wh_ws_deflater *deflater = wh_ws_deflater_new(&settings);
	struct wh_ws_inflater *inflater = wh_ws_inflater_new();
	char *text = malloc(1 << 20);

	(void)state;
	assert_non_null(text);
	fill_text(text, 1 << 20);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct wh_ws_limits limits = { 1 << 20, 1 };
		struct wh_buf b = { 0 };
		struct wh_ws_event event;
		struct wh_ws_in in;
		size_t used;
		uint8_t bits;

		if (!wh_ws_deflate_put(deflater, WH_WS_OP_TEXT, (struct wh_str){ text, sizes[i] }, &b, &bits)) {
			assert_int_equal(sizes[i], 64);
			continue;
		}
		assert_int_equal(bits, sizes[i] <= 512 ? 9 : sizes[i] <= 1024 ? 10 : 15);
		assert_true(b.n < sizes[i]);
		wh_ws_client_begin(&in, true);
		assert_int_equal(wh_ws_next(&in, &limits, inflater, b.p, b.n, &used, &event), WH_WS_TEXT);
		assert_true(wh_str_eq(event.payload, (struct wh_str){ text, sizes[i] }));
		wh_buf_free(&b);
	}
	free(text);
	wh_ws_inflater_free(&inflater);
	wh_ws_deflater_free(&deflater);
}

static void
the_example_of_the_rfc_comes_out(void **state)
{
	/* RFC 7692 section 7.2.3.1 and 7.2.3.2: without context, both messages are the same frame. The text is too short to
	 * shrink, so it is repeated. */
	const struct wh_ws_deflate_settings settings = { .level = 9, .window_bits = 15, .memory_level = 8, .min = 1 };
	struct wh_ws_deflater *deflater = wh_ws_deflater_new(&settings);
	struct wh_buf b = { 0 };
	uint8_t bits;
	size_t n;

	(void)state;
	assert_true(wh_ws_deflate_put(deflater, WH_WS_OP_TEXT, WH_STR("HelloHelloHelloHelloHello"), &b, &bits));
	n = b.n;
	assert_true(wh_ws_deflate_put(deflater, WH_WS_OP_TEXT, WH_STR("HelloHelloHelloHelloHello"), &b, &bits));
	assert_int_equal(b.n, 2 * n);
	assert_memory_equal(b.p, b.p + n, n);
	assert_int_equal((unsigned char)b.p[0], 0xc1);
	assert_memory_equal(b.p + 2, "\xf2\x48\xcd\xc9\xc9", 5);
	wh_buf_free(&b);
	wh_ws_deflater_free(&deflater);
}

static void
what_is_short_or_does_not_shrink_stays_plain(void **state)
{
	const struct wh_ws_deflate_settings settings = WH_WS_DEFLATE_SETTINGS;
	struct wh_ws_deflater *deflater = wh_ws_deflater_new(&settings);
	struct wh_buf b = { 0 };
	char noise[4096], text[255];
	unsigned seed = 7;
	uint8_t bits;

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < sizeof noise; i++) {
		seed = seed * 1664525 + 1013904223;
		noise[i] = (char)(seed >> 24);
	}
	assert_false(wh_ws_deflate_put(deflater, WH_WS_OP_TEXT, (struct wh_str){ text, sizeof text }, &b, &bits));
	assert_false(wh_ws_deflate_put(deflater, WH_WS_OP_BINARY, (struct wh_str){ noise, sizeof noise }, &b, &bits));
	assert_int_equal(b.n, 0);
	assert_false(b.failed);
	wh_buf_free(&b);
	wh_ws_deflater_free(&deflater);
}

/* Does the body of a deflated frame inflate in a window of so many bits? zlib refuses what refers further back. */
static bool
inflates_within(int bits, struct wh_str body)
{
	static char out[70000];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)body.p, .avail_in = (uInt)body.n };
	int r;

	z.next_out = (Bytef *)out;
	z.avail_out = sizeof out;
	assert_int_equal(inflateInit2(&z, -bits), Z_OK);
	/* In small pieces of output, since zlib only looks at its window once the output has moved on. */
	do {
		z.next_out = (Bytef *)out;
		z.avail_out = 64;
		r = inflate(&z, Z_NO_FLUSH);
	} while (r == Z_OK && z.avail_in > 0);
	inflateEnd(&z);
	return r == Z_OK || r == Z_BUF_ERROR;
}

static void
frames_keep_to_the_window_that_they_name(void **state)
{
	char text[4000];

	(void)state;
	/* The only repetition lies 800 bytes back: a window of 9 bits must not use it, one of 10 may. */
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('!' + (i % 800 * i % 800 * 7 + i % 800 / 3) % 90);
	for (int window = 9; window <= 15; window += 3) {
		const struct wh_ws_deflate_settings settings = {
			.level = 9, .window_bits = window, .memory_level = 9, .min = 1,
		};
		struct wh_ws_deflater *deflater = wh_ws_deflater_new(&settings);

		for (size_t n = 400; n <= sizeof text; n += 400) {
			struct wh_buf b = { 0 };
			uint8_t bits;

			if (wh_ws_deflate_put(deflater, WH_WS_OP_BINARY, (struct wh_str){ text, n }, &b, &bits)) {
				assert_true(bits <= window);
				assert_true(inflates_within(bits, wh_str_from(wh_buf_slice(&b), (b.p[1] & 0x7f) < 126 ? 2 : 4)));
				if (window == 15 && n >= 2000)
					assert_false(inflates_within(9, wh_str_from(wh_buf_slice(&b), 4)));
			}
			wh_buf_free(&b);
		}
		wh_ws_deflater_free(&deflater);
	}
}

static void
settings_out_of_range_are_refused(void **state)
{
	const struct wh_ws_deflate_settings bad[] = {
		{ .level = 0, .window_bits = 15, .memory_level = 8 }, { .level = 10, .window_bits = 15, .memory_level = 8 },
		{ .level = 6, .window_bits = 8, .memory_level = 8 }, { .level = 6, .window_bits = 16, .memory_level = 8 },
		{ .level = 6, .window_bits = 15, .memory_level = 0 }, { .level = 6, .window_bits = 15, .memory_level = 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_null(wh_ws_deflater_new(&bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_have_the_shortest_length),
		cmocka_unit_test(a_frame_is_header_and_payload),
		cmocka_unit_test(a_frame_past_the_cap_leaves_nothing_behind),
		cmocka_unit_test(pings_and_pongs_carry_at_most_125_bytes),
		cmocka_unit_test(a_close_carries_code_and_reason),
		cmocka_unit_test(deflated_frames_come_back_at_every_size),
		cmocka_unit_test(the_example_of_the_rfc_comes_out),
		cmocka_unit_test(what_is_short_or_does_not_shrink_stays_plain),
		cmocka_unit_test(frames_keep_to_the_window_that_they_name),
		cmocka_unit_test(settings_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
