/* The last lines: what is kept, in what order, and its way to the hub. */
#include "ring/lines.h"

#include <stdio.h>

#include "base/testing.h"

static void
add(struct wh_lines *l, const char *text)
{
	wh_lines_add(l, &(struct wh_line){ .time_ms = 7, .level = WH_WARN, .process = "edge 0", .text = wh_str(text) });
}

static void
lines_are_numbered_and_kept_in_order(void **state)
{
	struct wh_lines l;
	struct wh_line line;

	(void)state;
	assert_int_equal(wh_lines_init(&l), WH_OK);
	add(&l, "one");
	add(&l, "two\nand\x7f\x01");
	assert_int_equal(l.n, 2);
	wh_lines_at(&l, 1, &line);
	assert_int_equal(line.seq, 2);
	assert_int_equal(line.level, WH_WARN);
	assert_string_equal(line.process, "edge 0");
	assert_true(wh_str_is(line.text, "two and  "));
	wh_lines_free(&l);
}

static void
the_oldest_make_room_by_number(void **state)
{
	struct wh_lines l;
	struct wh_line line;

	(void)state;
	assert_int_equal(wh_lines_init(&l), WH_OK);
	for (int i = 0; i < WH_LINES_MAX + 10; i++)
		add(&l, "x");
	assert_int_equal(l.n, WH_LINES_MAX);
	wh_lines_at(&l, 0, &line);
	assert_int_equal(line.seq, 11);
	wh_lines_at(&l, l.n - 1, &line);
	assert_int_equal(line.seq, WH_LINES_MAX + 10);
	wh_lines_free(&l);
}

/* Of many lengths, so that the end of the bytes is met at each of them: what is kept is always the newest, whole, without a gap. */
static void
the_oldest_make_room_by_bytes_and_none_is_torn(void **state)
{
	static char text[WH_LINES_LINE + 100];
	struct wh_lines l;
	struct wh_line line;
	size_t bytes;

	(void)state;
	assert_int_equal(wh_lines_init(&l), WH_OK);
	for (unsigned i = 1; i < 4000; i++) {
		size_t n = 1 + (size_t)i * 7919 % (WH_LINES_LINE + 50);

		memset(text, 'a' + (int)(i % 26), n);
		text[n] = '\0';
		add(&l, text);
		if (i % 37 != 0)
			continue;
		bytes = 0;
		for (size_t k = 0; k < l.n; k++) {
			wh_lines_at(&l, k, &line);
			assert_int_equal(line.seq, i - l.n + 1 + k);
			bytes += line.text.n;
			for (size_t b = 0; b < line.text.n; b++)
				if (line.text.p[b] != 'a' + (char)(line.seq % 26))
					fail_msg("line %u is torn", (unsigned)line.seq);
		}
		assert_true(bytes <= WH_LINES_BYTES);
		assert_true(i < 1000 || bytes > WH_LINES_BYTES / 2);
	}
	wh_lines_free(&l);
}

static void
what_is_written_is_read_again_and_in_parts(void **state)
{
	struct wh_lines l, copy;
	struct wh_buf message = { 0 };
	struct wh_line line;
	uint64_t last = 0, lost = 0;
	unsigned messages = 0;

	(void)state;
	assert_int_equal(wh_lines_init(&l), WH_OK);
	assert_int_equal(wh_lines_init(&copy), WH_OK);
	for (int i = 0; i < 300; i++) {
		char text[600];

		snprintf(text, sizeof text, "{\"event\":\"e%d\",\"x\":\"%0500d\"}", i, i);
		add(&l, text);
	}
	l.lost = 3;
	do {
		struct wh_str text;

		wh_buf_reset(&message);
		wh_lines_put(&l, copy.last, &message, WH_LINES_ANSWER);
		assert_true(message.n <= WH_LINES_ANSWER);
		text = wh_buf_slice(&message);
		assert_true(wh_lines_head(&text, &last, &lost));
		while (wh_lines_next(&text, &line))
			wh_lines_add(&copy, &line);
		assert_int_equal(text.n, 0);
		messages++;
	} while (copy.last < last);
	assert_int_equal(lost, 3);
	assert_true(messages > 2 && messages < 10);
	assert_int_equal(copy.n, 300);
	wh_lines_at(&copy, 299, &line);
	assert_int_equal(line.time_ms, 7);
	assert_non_null(memmem(line.text.p, line.text.n, "\"e299\"", 6));
	wh_buf_free(&message);
	wh_lines_free(&l);
	wh_lines_free(&copy);
}

static void
nonsense_is_not_read(void **state)
{
	static const char *const bad[] = { "", "1", "1 2", "x 2\n", "1 2\n1 2 3\tx\n", "1 2\n1 2 9 hub\tx\n", "1 2\n0 2 1 hub\tx\n", "1 2\n1 2 1 hub\tx",
		"1 2\n1 2 1 a name that is much longer than any process has\tx\n", "1 2\n99999999999999999999 2 1 hub\tx\n" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct wh_str text = wh_str(bad[i]);
		uint64_t last, lost;
		struct wh_line line;

		if (wh_lines_head(&text, &last, &lost))
			assert_false(wh_lines_next(&text, &line));
	}
}

static void
without_memory_nothing_is_kept_and_nothing_breaks(void **state)
{
	struct wh_lines l = { 0 };
	struct wh_buf message = { 0 };

	(void)state;
	add(&l, "x");
	assert_int_equal(l.n, 0);
	assert_int_equal(l.last, 1);
	wh_lines_put(&l, 0, &message, WH_LINES_ANSWER);
	assert_true(wh_str_is(wh_buf_slice(&message), "1 0\n"));
	wh_buf_free(&message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_numbered_and_kept_in_order),
		cmocka_unit_test(the_oldest_make_room_by_number),
		cmocka_unit_test(the_oldest_make_room_by_bytes_and_none_is_torn),
		cmocka_unit_test(what_is_written_is_read_again_and_in_parts),
		cmocka_unit_test(nonsense_is_not_read),
		cmocka_unit_test(without_memory_nothing_is_kept_and_nothing_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
