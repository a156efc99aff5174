/* Tests of reading frames: the RFCs' examples, and one row for each thing that may and may not come. Masks are zero in most
 * rows, so that payloads can be read. */
#include "edge/ws_in.h"
#include "base/testing.h"
#include "edge/ws_client.h"
#include "edge/ws_inflate.h"
#include "edge/ws_transcript.h"

#define M "\x00\x00\x00\x00"
#define X16 "xxxxxxxxxxxxxxxx"
#define X125 X16 X16 X16 X16 X16 X16 X16 "xxxxxxxxxxxxx"
#define X126 X125 "x"

struct row {
	const char *name;
	struct wh_str stream;
	const char *events;	/* FAIL without its reason */
};

#define ROW(name, stream, events) { name, { stream, sizeof(stream) - 1 }, events }

/* Cuts the reasons of failures off, so that rows need not repeat them. */
static void
strip_reason(struct wh_buf *t)
{
	char *fail;

	wh_buf_cstr(t);
	if (t->n == 0)
		return;
	fail = memmem(t->p, t->n, "fail ", 5);
	if (fail != NULL)
		t->n = (size_t)(fail - t->p) + 9;
}

static unsigned
check_rows(const struct row *rows, size_t rows_n, struct ws_feed feed)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < rows_n; i++) {
		/* Whole; byte by byte; and in threes. */
		for (size_t step = 0; step <= 3; step += step == 0 ? 1 : 2) {
			struct wh_buf t = { 0 };

			feed.first = feed.step = step;
			ws_transcribe(&t, &feed, rows[i].stream.p, rows[i].stream.n);
			strip_reason(&t);
			if (!wh_str_is(wh_buf_slice(&t), rows[i].events)) {
				print_error("%s (step %zu): %.*s\n", rows[i].name, step, WH_FMT(wh_buf_slice(&t)));
				wrong++;
			}
			if (feed.most_left > WH_WS_LEFT_MAX) {
				print_error("%s leaves %zu bytes\n", rows[i].name, feed.most_left);
				wrong++;
			}
			wh_buf_free(&t);
		}
	}
	return wrong;
}

static void
frames_are_told_or_refused_by_rule(void **state)
{
	static const struct row rows[] = {
		/* RFC 6455 section 5.7 */
		ROW("a masked text", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "text Hello"),
		ROW("a text in two fragments", "\x01\x83" M "Hel" "\x80\x82" M "lo", "text Hello"),
		ROW("a masked pong with a body", "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "pong Hello"),
		ROW("an unmasked text", "\x81\x05" "Hello", "fail 1002"),
		/* framing */
		ROW("an empty text", "\x81\x80" M, "text "),
		ROW("an empty binary", "\x82\x80" M, "binary "),
		ROW("a text of 125", "\x81\xfd" M X125, "text " X125),
		ROW("a text of 126", "\x81\xfe\x00\x7e" M X126, "text " X126),
		ROW("two texts in one read", "\x81\x81" M "a" "\x81\x81" M "b", "text a|text b"),
		ROW("125 in 16 bits", "\x81\xfe\x00\x7d" M X125, "fail 1002"),
		ROW("126 in 64 bits", "\x81\xff\x00\x00\x00\x00\x00\x00\x00\x7e" M X126, "fail 1002"),
		ROW("65535 in 64 bits", "\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff" M, "fail 1002"),
		ROW("a length of 64 bits", "\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00" M, "fail 1002"),
		ROW("a length of 63 bits", "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" M, "fail 1009"),
		ROW("half a header", "\x81", ""),
		ROW("a message of which nothing came", "\x81\x85" M, ""),
		/* reserved bits and opcodes */
		ROW("RSV1 without deflate", "\xc1\x85" M "Hello", "fail 1002"),
		ROW("RSV2", "\xa1\x85" M "Hello", "fail 1002"),
		ROW("RSV3", "\x91\x85" M "Hello", "fail 1002"),
		ROW("RSV1 on a ping", "\xc9\x80" M, "fail 1002"),
		ROW("RSV2 on a close", "\xa8\x80" M, "fail 1002"),
		ROW("a good text before RSV3", "\x81\x81" M "a" "\x91\x80" M, "text a|fail 1002"),
		ROW("opcode 3", "\x83\x80" M, "fail 1002"),
		ROW("opcode 4", "\x84\x80" M, "fail 1002"),
		ROW("opcode 5", "\x85\x80" M, "fail 1002"),
		ROW("opcode 6", "\x86\x80" M, "fail 1002"),
		ROW("opcode 7", "\x87\x80" M, "fail 1002"),
		ROW("opcode 11", "\x8b\x80" M, "fail 1002"),
		ROW("opcode 12", "\x8c\x80" M, "fail 1002"),
		ROW("opcode 15", "\x8f\x80" M, "fail 1002"),
		/* pings and pongs */
		ROW("an empty ping", "\x89\x80" M, "ping "),
		ROW("a ping", "\x89\x82" M "\xff\x01", "ping \xff\x01"),
		ROW("a ping of 125", "\x89\xfd" M X125, "ping " X125),
		ROW("a ping of 126", "\x89\xfe\x00\x7e" M X126, "fail 1002"),
		ROW("a pong that nobody asked for", "\x8a\x83" M "abc", "pong abc"),
		ROW("a fragmented ping", "\x09\x81" M "a", "fail 1002"),
		ROW("a fragmented pong", "\x0a\x81" M "a", "fail 1002"),
		ROW("a fragmented close", "\x08\x80" M, "fail 1002"),
		/* fragments */
		ROW("a ping between fragments", "\x01\x83" M "Hel" "\x89\x81" M "p" "\x80\x82" M "lo", "ping p|text Hello"),
		ROW("binary in three, one empty", "\x02\x81" M "a" "\x00\x80" M "\x80\x81" M "c", "binary ac"),
		ROW("an empty text in three", "\x01\x80" M "\x00\x80" M "\x80\x80" M, "text "),
		ROW("a continuation of nothing", "\x80\x81" M "a", "fail 1002"),
		ROW("an open continuation of nothing", "\x00\x81" M "a", "fail 1002"),
		ROW("a continuation after the end", "\x01\x81" M "a\x80\x81" M "b\x80\x81" M "c", "text ab|fail 1002"),
		ROW("text inside of text", "\x01\x81" M "a" "\x81\x81" M "b", "fail 1002"),
		ROW("binary inside of text", "\x01\x81" M "a" "\x02\x81" M "b", "fail 1002"),
		ROW("a close between fragments", "\x01\x81" M "a" "\x88\x80" M "\x80\x81" M "b", "close 1005 "),
		/* UTF-8 */
		ROW("text", "\x81\x8b" M "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
		    "text \xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"),
		ROW("a character in two fragments", "\x01\x81" M "\xce" "\x80\x81" M "\xba", "text \xce\xba"),
		ROW("a character in four fragments", "\x01\x81" M "\xf0" "\x00\x81" M "\x9f" "\x00\x81" M "\x98" "\x80\x81" M
		    "\x80", "text \xf0\x9f\x98\x80"),
		ROW("a cut character", "\x81\x81" M "\xce", "fail 1007"),
		ROW("a cut character at the end of fragments", "\x01\x81" M "\xce" "\x80\x80" M, "fail 1007"),
		ROW("a surrogate", "\x81\x83" M "\xed\xa0\x80", "fail 1007"),
		ROW("an overlong slash", "\x81\x82" M "\xc0\xaf", "fail 1007"),
		ROW("past U+10FFFF", "\x81\x84" M "\xf4\x90\x80\x80", "fail 1007"),
		ROW("past U+10FFFF, before it is whole", "\x81\x84" M "\xf4\x90", "fail 1007"),
		ROW("a bad byte, before its frame is whole", "\x81\xfd" M "ab\xff", "fail 1007"),
		ROW("a bad byte, before its message is whole", "\x01\x83" M "ab\xff", "fail 1007"),
		ROW("any bytes in binary", "\x82\x82" M "\xff\xfe", "binary \xff\xfe"),
		/* closing */
		ROW("a close without payload", "\x88\x80" M, "close 1005 "),
		ROW("a close payload of 1", "\x88\x81" M "\x03", "fail 1002"),
		ROW("a close with a code", "\x88\x82" M "\x03\xe8", "close 1000 "),
		ROW("a close with a reason", "\x88\x85" M "\x03\xe9" "bye", "close 1001 bye"),
		ROW("a close with the longest reason", "\x88\xfd" M "\x0f\xa0" X16 X16 X16 X16 X16 X16 X16 "xxxxxxxxxxx",
		    "close 4000 " X16 X16 X16 X16 X16 X16 X16 "xxxxxxxxxxx"),
		ROW("a close of 126", "\x88\xfe\x00\x7e" M X126, "fail 1002"),
		ROW("a reason that is not UTF-8", "\x88\x84" M "\x03\xe8\xce\xff", "fail 1007"),
		ROW("anything after a close", "\x88\x80" M "\x81\x81" M "a" "\xff\xff\xff", "close 1005 "),
		ROW("anything after an error", "\x83\x80" M "\x81\x81" M "a", "fail 1002"),
		/* limits of this table: 1000 bytes, 4 frames */
		ROW("1001 bytes promised", "\x82\xfe\x03\xe9" M, "fail 1009"),
		ROW("fragments past the limit", "\x02\xfd" M X125 "\x80\xfe\x03\x6c" M, "fail 1009"),
		ROW("four frames", "\x02\x80" M "\x00\x80" M "\x00\x80" M "\x80\x80" M, "binary "),
		ROW("five frames", "\x02\x80" M "\x00\x80" M "\x00\x80" M "\x00\x80" M "\x80\x80" M, "fail 1008"),
		ROW("frames are counted for each message", "\x02\x80" M "\x00\x80" M "\x80\x80" M "\x02\x80" M "\x00\x80" M
		    "\x80\x80" M, "binary |binary "),
	};

	(void)state;
	assert_int_equal(check_rows(rows, sizeof rows / sizeof rows[0], (struct ws_feed){ .limits = { 1000, 4 } }), 0);
}

static void
close_codes_are_those_that_may_travel(void **state)
{
	(void)state;
	for (unsigned code = 0; code <= UINT16_MAX; code++) {
		bool fine = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
		    (code >= 3000 && code < 5000);
		char stream[] = "\x88\x82" M "\x00\x00";
		struct wh_ws_limits limits = { 100, 1 };
		struct wh_ws_event event;
		struct wh_ws_in in;
		size_t used;

		stream[6] = (char)(code >> 8);
		stream[7] = (char)code;
		wh_ws_in_begin(&in, false);
		assert_int_equal(wh_ws_next(&in, &limits, NULL, stream, sizeof stream - 1, &used, &event),
		    fine ? WH_WS_CLOSE : WH_WS_FAIL);
		assert_int_equal(event.code, fine ? code : WH_WS_PROTOCOL);
	}
}

static void
a_server_must_not_mask(void **state)
{
	/* RFC 6455 section 5.7, the frames of a server; 256 and 65536 bytes are tried in test_ws_out. */
	static const struct row rows[] = {
		ROW("an unmasked text", "\x81\x05" "Hello", "text Hello"),
		ROW("unmasked fragments", "\x01\x03" "Hel" "\x80\x02" "lo", "text Hello"),
		ROW("an unmasked ping", "\x89\x05" "Hello", "ping Hello"),
		ROW("a masked text", "\x81\x85" M "Hello", "fail 1002"),
	};

	(void)state;
	assert_int_equal(check_rows(rows, sizeof rows / sizeof rows[0],
	    (struct ws_feed){ .limits = { 1000, 4 }, .client = true }), 0);
}

static void
deflated_messages_are_inflated_or_refused(void **state)
{
	static const struct row rows[] = {
		/* RFC 7692 section 7.2.3 */
		ROW("one block", "\xc1\x87" M "\xf2\x48\xcd\xc9\xc9\x07\x00", "text Hello"),
		ROW("two fragments", "\x41\x83" M "\xf2\x48\xcd" "\x80\x84" M "\xc9\xc9\x07\x00", "text Hello"),
		ROW("a block without compression", "\xc1\x8b" M "\x00\x05\x00\xfa\xff" "Hello" "\x00", "text Hello"),
		ROW("a block with BFINAL", "\xc1\x88" M "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "text Hello"),
		ROW("two blocks", "\xc1\x8d" M "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "text Hello"),
		ROW("an empty message", "\xc1\x81" M "\x00", "text "),
		ROW("an empty message of Chromium", "\xc1\x82" M "\x02\x00", "text "),
		/* what a context would need */
		ROW("a reference into the message before", "\xc1\x87" M "\xf2\x48\xcd\xc9\xc9\x07\x00" "\xc1\x85" M
		    "\xf2\x00\x11\x00\x00", "text Hello|fail 1007"),
		ROW("a plain message", "\x81\x85" M "Hello", "text Hello"),
		ROW("plain fragments after deflated ones", "\x41\x83" M "\xf2\x48\xcd" "\x80\x84" M "\xc9\xc9\x07\x00"
		    "\x01\x81" M "a" "\x80\x81" M "b", "text Hello|text ab"),
		ROW("a ping between fragments", "\x41\x83" M "\xf2\x48\xcd" "\x89\x80" M "\x80\x84" M "\xc9\xc9\x07\x00",
		    "ping |text Hello"),
		ROW("RSV1 on a continuation", "\x41\x83" M "\xf2\x48\xcd" "\xc0\x84" M "\xc9\xc9\x07\x00", "fail 1002"),
		ROW("RSV1 on a later fragment of a plain one", "\x01\x81" M "a" "\xc0\x81" M "b", "fail 1002"),
		ROW("RSV1 on a ping", "\xc9\x80" M, "fail 1002"),
		ROW("RSV2", "\xe1\x80" M, "fail 1002"),
		ROW("no deflate stream", "\xc1\x82" M "\xff\xff", "fail 1007"),
		ROW("a deflate stream that is cut", "\xc1\x83" M "\xf2\x48\xcd", "fail 1007"),
		ROW("nothing at all", "\xc1\x80" M, "fail 1007"),
		ROW("text that is not UTF-8", "\xc1\x87" M "\x00\x01\x00\xfe\xff\xff\x00", "fail 1007"),
		ROW("binary that is not UTF-8", "\xc2\x87" M "\x00\x01\x00\xfe\xff\xff\x00", "binary \xff"),
		ROW("text that ends in a character", "\xc1\x87" M "\x00\x01\x00\xfe\xff\xce\x00", "fail 1007"),
	};
	struct wh_ws_inflater *inflater = wh_ws_inflater_new();

	(void)state;
	assert_non_null(inflater);
	assert_int_equal(check_rows(rows, sizeof rows / sizeof rows[0],
	    (struct ws_feed){ .limits = { 1000, 4 }, .inflater = inflater }), 0);
	wh_ws_inflater_free(&inflater);
	assert_null(inflater);
}

static void
a_whole_frame_is_not_copied(void **state)
{
	char stream[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
	struct wh_ws_limits limits = { 100, 1 };
	struct wh_ws_event event;
	struct wh_ws_in in;
	size_t used;

	(void)state;
	wh_ws_in_begin(&in, false);
	assert_int_equal(wh_ws_next(&in, &limits, NULL, stream, sizeof stream - 1, &used, &event), WH_WS_TEXT);
	assert_ptr_equal(event.payload.p, stream + 6);
	assert_int_equal(used, sizeof stream - 1);
	assert_int_equal(wh_ws_in_memory(&in), 0);
}

static void
memory_is_held_only_while_a_message_is_underway(void **state)
{
	struct ws_feed feed = { .limits = { 1000, 4 }, .first = 3, .step = 3 };
	struct wh_buf t = { 0 };

	(void)state;
	assert_true(sizeof(struct wh_ws_in) <= 16);
	ws_transcribe(&t, &feed, "\x01\x81" M "a", 7);
	assert_true(feed.memory_after > 0);
	ws_transcribe(&t, &feed, "\x01\x81" M "a" "\x80\x81" M "b", 14);
	assert_int_equal(feed.memory_after, 0);
	ws_transcribe(&t, &feed, "\x01\x81" M "a" "\x88\x80" M, 13);
	assert_int_equal(feed.memory_after, 0);
	wh_buf_free(&t);
}

static void
a_promise_of_length_costs_nothing(void **state)
{
	struct ws_feed feed = { .limits = { 1 << 30, 4 } };
	struct wh_buf t = { 0 };

	(void)state;
	ws_transcribe(&t, &feed, "\x82\xff\x00\x00\x00\x00\x3f\x00\x00\x00" M "abc", 17);
	assert_true(feed.memory_after > 0 && feed.memory_after < 1024);
	wh_buf_free(&t);
}

static void
masks_fit_at_every_offset_and_length(void **state)
{
	static const unsigned char key_bytes[4] = { 0x12, 0x34, 0x56, 0x78 };
	unsigned char bytes[160];
	uint32_t key;

	(void)state;
	memcpy(&key, key_bytes, 4);
	for (size_t offset = 0; offset < 9; offset++) {
		for (size_t n = 0; n + offset < 150; n++) {
			size_t half = n / 3;
			uint32_t turned;

			memset(bytes, 0, sizeof bytes);
			turned = wh_ws_mask((char *)bytes + offset, half, key);
			wh_ws_mask((char *)bytes + offset + half, n - half, turned);
			for (size_t i = 0; i < sizeof bytes; i++)
				assert_int_equal(bytes[i], i >= offset && i < offset + n ? key_bytes[(i - offset) % 4] : 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_told_or_refused_by_rule),
		cmocka_unit_test(close_codes_are_those_that_may_travel),
		cmocka_unit_test(a_server_must_not_mask),
		cmocka_unit_test(deflated_messages_are_inflated_or_refused),
		cmocka_unit_test(a_whole_frame_is_not_copied),
		cmocka_unit_test(memory_is_held_only_while_a_message_is_underway),
		cmocka_unit_test(a_promise_of_length_costs_nothing),
		cmocka_unit_test(masks_fit_at_every_offset_and_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
