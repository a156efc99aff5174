/* Tests of the line codec. */
#include "edge/line_codec.h"
#include "base/testing.h"
#include "edge/line_transcript.h"

struct row {
	const char *name;
	struct wh_str stream;
	const char *events;
};

#define ROW(name, stream, events) { name, { stream, sizeof(stream) - 1 }, events }

/* Bodies of 12 bytes with CR LF, tags of 8. */
static const struct wh_line_limits small = { .body_max = 12, .tags_max = 8 };

static void
lines_are_told_or_refused_by_rule(void **state)
{
	static const struct row rows[] = {
		ROW("CR LF", "PING a\r\nPING b\r\n", "line PING a|line PING b"),
		ROW("LF", "PING a\nPING b\n", "line PING a|line PING b"),
		ROW("CR", "PING a\rPING b\r", "line PING a|line PING b"),
		ROW("LF CR", "PING a\n\rPING b\n\r", "line PING a|line PING b"),
		ROW("empty lines", "\r\n\n\r\r\nA\r\n\r\n", "line A"),
		ROW("no end yet", "PING", ""),
		ROW("spaces are bytes", "  \r\n", "line   "),
		ROW("not UTF-8", "\xff\xfe\r\n", "line \xff\xfe"),
		ROW("the longest body", "1234567890\r\n", "line 1234567890"),
		ROW("one byte more", "12345678901\r\nA\r\n", "too long|line A"),
		ROW("too long, with no end", "12345678901234567890", "too long"),
		ROW("too long is told once", "12345678901234567890123456789012345\r\nA\n", "too long|line A"),
		ROW("tags and body", "@a=b C d\r\n", "line @a=b C d"),
		ROW("the longest tags and body", "@a=bcde 1234567890\r\n", "line @a=bcde 1234567890"),
		ROW("longer tags", "@a=bcdef C\r\nA\r\n", "tags too long|line A"),
		ROW("longer tags without end", "@a=bcdefghijklmnopqrst", "tags too long"),
		ROW("a longer body after tags", "@a=bcde 12345678901\r\nA\r\n", "too long|line A"),
		ROW("tags alone", "@a=bcde\r\n", "line @a=bcde"),
		ROW("tags alone, longer", "@a=bcdef\r\n", "tags too long"),
		ROW("@ elsewhere is body", "A @a=bcdefgh\r\n", "too long"),
		ROW("NUL", "PI\0NG\r\nA\r\n", "nul|line A"),
		ROW("NUL alone", "\0\r\nA\r\n", "nul|line A"),
		ROW("two NULs are told once", "\0\0A\0\r\nA\r\n", "nul|line A"),
		ROW("NUL in tags", "@a\0b C\r\nA\r\n", "nul|line A"),
		ROW("NUL past the limit", "12345678901\0\r\nA\r\n", "too long|line A"),
		ROW("NUL at the limit", "1234567890\0\r\nA\r\n", "nul|line A"),
		ROW("NUL before the limit", "1\0" "2345678901234567890\r\nA\r\n", "nul|line A"),
	};
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t step = 0; step < 5; step++) {
			struct wh_buf t = { 0 };
			size_t left = line_transcribe(&t, &small, rows[i].stream.p, rows[i].stream.n, step, step);

			if (!wh_str_is(wh_buf_slice(&t), rows[i].events) || left > small.body_max + small.tags_max) {
				print_error("%s (step %zu): %.*s\n", rows[i].name, step, WH_FMT(wh_buf_slice(&t)));
				wrong++;
			}
			wh_buf_free(&t);
		}
	}
	assert_int_equal(wrong, 0);
}

static void
every_split_gives_the_same_events(void **state)
{
	static const char stream[] = "NICK a\r\nUSER a b c\n\n@t=1 JOIN #a\r\n12345678901234\r\n@abcdefghijk l\r\n"
	    "a\0b\r\n\rPING\r@a 1234567890\r\nQUIT";
	struct wh_buf whole = { 0 }, cut = { 0 };

	(void)state;
	line_transcribe(&whole, &small, stream, sizeof stream - 1, 0, 0);
	assert_true(whole.n > 60);
	for (size_t first = 1; first < sizeof stream; first++) {
		for (size_t step = 0; step < 20; step++) {
			wh_buf_reset(&cut);
			line_transcribe(&cut, &small, stream, sizeof stream - 1, first, step);
			assert_true(wh_str_eq(wh_buf_slice(&cut), wh_buf_slice(&whole)));
		}
	}
	wh_buf_free(&whole);
	wh_buf_free(&cut);
}

static void
a_line_is_not_copied(void **state)
{
	static const char stream[] = "PING a\r\n";
	struct wh_line_in in = { 0 };
	struct wh_str line;
	size_t used;

	(void)state;
	assert_int_equal(wh_line_next(&in, &small, stream, sizeof stream - 1, &used, &line), WH_LINE_LINE);
	assert_ptr_equal(line.p, stream);
	assert_int_equal(line.n, 6);
}

static void
the_usual_limits_are_those_of_irc(void **state)
{
	const struct wh_line_limits limits = WH_LINE_LIMITS;
	struct wh_buf b = { 0 }, t = { 0 };

	(void)state;
	wh_buf_byte(&b, '@');
	while (b.n < 8190)
		wh_buf_byte(&b, 't');
	wh_buf_byte(&b, ' ');
	while (b.n < 8191 + 510)
		wh_buf_byte(&b, 'b');
	assert_int_equal(wh_line_put(&t, &limits, wh_buf_slice(&b)), WH_OK);
	assert_int_equal(t.n, 8191 + 512);
	wh_buf_reset(&t);
	wh_buf_text(&b, "\r\n");
	line_transcribe(&t, &limits, b.p, b.n, 1000, 1000);
	assert_int_equal(t.n, 5 + 8191 + 510);
	b.n -= 2;
	wh_buf_text(&b, "b");
	assert_int_equal(wh_line_put(&t, &limits, wh_buf_slice(&b)), WH_ETOOBIG);
	wh_buf_text(&b, "\r\n");
	wh_buf_reset(&t);
	line_transcribe(&t, &limits, b.p, b.n, 1000, 1000);
	assert_true(wh_str_is(wh_buf_slice(&t), "too long"));
	wh_buf_free(&b);
	wh_buf_free(&t);
}

static void
without_tags_an_at_sign_is_body(void **state)
{
	const struct wh_line_limits limits = { .body_max = 12, .tags_max = 0 };
	struct wh_buf t = { 0 };

	(void)state;
	line_transcribe(&t, &limits, "@a=bcde 1234567890\r\n@a=b C\r\n", 28, 0, 0);
	assert_true(wh_str_is(wh_buf_slice(&t), "too long|line @a=b C"));
	wh_buf_free(&t);
}

static void
output_is_one_line_within_the_limits(void **state)
{
	struct wh_buf b = { 0 };

	(void)state;
	assert_int_equal(wh_line_put(&b, &small, WH_STR("PONG a")), WH_OK);
	assert_int_equal(wh_line_put(&b, &small, WH_STR("a\rb")), WH_EINVAL);
	assert_int_equal(wh_line_put(&b, &small, WH_STR("a\nb")), WH_EINVAL);
	assert_int_equal(wh_line_put(&b, &small, WH_STR("a\0b")), WH_EINVAL);
	assert_int_equal(wh_line_put(&b, &small, WH_STR("PRIVMSG #a :b\r\n")), WH_EINVAL);
	assert_int_equal(wh_line_put(&b, &small, WH_STR("")), WH_EINVAL);
	assert_int_equal(wh_line_put(&b, &small, WH_STR("12345678901")), WH_ETOOBIG);
	assert_int_equal(wh_line_put(&b, &small, WH_STR("@abcdefg C")), WH_ETOOBIG);
	assert_int_equal(wh_line_put(&b, &small, WH_STR("@abcdef 1234567890")), WH_OK);
	assert_true(wh_str_eq(wh_buf_slice(&b), WH_STR("PONG a\r\n@abcdef 1234567890\r\n")));
	b.max = b.n;
	assert_int_equal(wh_line_put(&b, &small, WH_STR("PONG b")), WH_ENOMEM);
	wh_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_told_or_refused_by_rule),
		cmocka_unit_test(every_split_gives_the_same_events),
		cmocka_unit_test(a_line_is_not_copied),
		cmocka_unit_test(the_usual_limits_are_those_of_irc),
		cmocka_unit_test(without_tags_an_at_sign_is_body),
		cmocka_unit_test(output_is_one_line_within_the_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
