/* Tests of the matcher alone; tests/fuzz/fuzz_script.c compares it with Lua's own. */
#include <stdlib.h>

#include "base/testing.h"
#include "script/pattern.h"

enum { PLENTY = 1000000 };

static enum wh_match
find(const char *text, const char *pattern, struct wh_match_at *m, uint64_t *steps)
{
	struct wh_meter meter = { .left = *steps, .limit_ns = INT64_MAX };
	void *memory = malloc(wh_pattern_size(wh_str(pattern)));
	const char *error;
	struct wh_pattern *p;
	enum wh_match found;

	assert_non_null(memory);
	p = wh_pattern_compile(memory, wh_str(pattern), true, &error);
	assert_non_null(p);
	found = wh_pattern_find(p, wh_str(text), 0, &meter, m);
	*steps -= meter.left;
	free(memory);
	return found;
}

static void
a_match_is_where_the_manual_says(void **state)
{
	static const struct {
		const char *text, *pattern;
		int from, to;		/* -1: none */
	} rows[] = {
		{ "hello world", "wor", 6, 9 }, { "hello", "l+", 2, 4 }, { "hello", "l-", 0, 0 }, { "hello", "^l", -1, 0 },
		{ "hello", "l-o", 2, 5 }, { "hello", "o$", 4, 5 }, { "a$b", "$b", 1, 3 }, { "", "^$", 0, 0 },
		{ "x=(a(b)c) y", "%b()", 2, 9 }, { "THE (quick) fox", "%f[%a]%a+%f[%A]", 0, 3 }, { "abab", "(ab)%1", 0, 4 },
		{ "a]b", "[]]", 1, 2 }, { "a-b", "[a-]+", 0, 2 }, { "a^b", "[b^]+", 1, 3 }, { "x12.5y", "%d+%.?%d*", 1, 5 },
		{ "aaa", "a?a?a?a", 0, 3 }, { "key = v", "^(%w+)%s*=%s*(%w+)$", 0, 7 }, { "*", "*", 0, 1 }, { "%d", "%%d", 0, 2 },
		{ "()", "%b()", 0, 2 }, { "(", "%b()", -1, 0 }, { "aXb", "%u", 1, 2 }, { "abc", "[^a-b]", 2, 3 },
	};
	struct wh_match_at m;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t steps = PLENTY;
		enum wh_match found = find(rows[i].text, rows[i].pattern, &m, &steps);

		if (rows[i].from < 0) {
			assert_int_equal(found, WH_MATCH_NONE);
			continue;
		}
		assert_int_equal(found, WH_MATCH_FOUND);
		assert_int_equal(m.from, rows[i].from);
		assert_int_equal(m.to, rows[i].to);
	}
}

static void
a_wrong_pattern_is_refused_with_a_reason(void **state)
{
	static const char *const wrong[] = { "[a", "[]", "[^]", "%", "(a", "a)", "%b", "%b(", "%f", "%fa", "%1", "(%1)", "%0",
		"[%]", "[a%" };
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		void *memory = malloc(wh_pattern_size(wh_str(wrong[i])));

		assert_null(wh_pattern_compile(memory, wh_str(wrong[i]), true, &error));
		assert_non_null(error);
		free(memory);
	}
}

static void
too_many_captures_and_too_long_a_pattern_are_refused(void **state)
{
	char text[WH_PATTERN_BYTES + 1], memory[65536];
	const char *error;

	(void)state;
	memset(text, '(', sizeof text);
	assert_true(wh_pattern_size((struct wh_str){ text, 33 }) <= sizeof memory);
	assert_null(wh_pattern_compile(memory, (struct wh_str){ text, 33 }, true, &error));
	assert_string_equal(error, "too many captures");
	assert_null(wh_pattern_compile(memory, (struct wh_str){ text, sizeof text }, true, &error));
	assert_string_equal(error, "pattern too long");
}

static void
backtracking_ends_at_the_meter(void **state)
{
	char text[513];
	struct wh_match_at m;
	uint64_t steps = PLENTY;

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[512] = '\0';
	assert_int_equal(find(text, ".-.-.-.-b$", &m, &steps), WH_MATCH_OVER);
	assert_int_equal(steps, PLENTY);
}

static void
captures_are_those_of_the_way_that_matched(void **state)
{
	struct wh_match_at m;
	uint64_t steps = PLENTY;

	(void)state;
	assert_int_equal(find("aaab", "(a-)(a*)()b", &m, &steps), WH_MATCH_FOUND);
	assert_int_equal(m.captures[0].n, 0);
	assert_int_equal(m.captures[1].n, 3);
	assert_int_equal(m.captures[2].from, 3);
	assert_true(m.captures[2].n == WH_CAPTURE_PLACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_match_is_where_the_manual_says),
		cmocka_unit_test(a_wrong_pattern_is_refused_with_a_reason),
		cmocka_unit_test(too_many_captures_and_too_long_a_pattern_are_refused),
		cmocka_unit_test(backtracking_ends_at_the_meter),
		cmocka_unit_test(captures_are_those_of_the_way_that_matched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
