/* Tests of the JSON writer, and of what it writes coming back through the reader. */
#include "base/json.h"
#include "base/testing.h"

#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void
expect(struct wh_json *w, struct wh_buf *b, const char *text)
{
	assert_true(wh_json_finish(w));
	assert_string_equal(wh_buf_cstr(b), text);
	assert_int_equal(wh_json_check(wh_buf_slice(b), NULL, NULL), WH_OK);
	wh_buf_free(b);
}

static void
members_and_elements_get_their_commas(void **state)
{
	struct wh_buf b = { 0 };
	struct wh_json w;

	(void)state;
	wh_json_begin(&w, &b);
	wh_json_object(&w, NULL);
	wh_json_text(&w, "room", "lobby");
	wh_json_text(&w, "topic", NULL);
	wh_json_array(&w, "seqs");
	wh_json_int(&w, NULL, INT64_MIN);
	wh_json_uint(&w, NULL, UINT64_MAX);
	wh_json_array(&w, NULL);
	wh_json_end(&w);
	wh_json_object(&w, NULL);
	wh_json_end(&w);
	wh_json_bool(&w, NULL, true);
	wh_json_end(&w);
	wh_json_bool(&w, "open", false);
	wh_json_null(&w, "until");
	wh_json_raw(&w, "id", WH_STR("[1,\"x\"]"));
	wh_json_raw(&w, "none", (struct wh_str){ NULL, 0 });
	wh_json_str(&w, "empty", (struct wh_str){ NULL, 0 });
	wh_json_end(&w);
	expect(&w, &b, "{\"room\":\"lobby\",\"topic\":null,\"seqs\":[-9223372036854775808,18446744073709551615,[],{},true],"
		"\"open\":false,\"until\":null,\"id\":[1,\"x\"],\"none\":null,\"empty\":\"\"}");
}

static void
each_level_begins_without_a_comma(void **state)
{
	struct wh_buf b = { 0 };
	struct wh_json w;

	(void)state;
	wh_json_begin(&w, &b);
	wh_json_array(&w, NULL);
	for (int i = 0; i < 2; i++) {
		wh_json_object(&w, NULL);
		wh_json_int(&w, "i", i);
		wh_json_end(&w);
		wh_json_array(&w, NULL);
		wh_json_int(&w, NULL, i);
		wh_json_end(&w);
	}
	wh_json_end(&w);
	expect(&w, &b, "[{\"i\":0},[0],{\"i\":1},[1]]");
}

static void
strings_are_escaped_where_json_asks_for_it(void **state)
{
	static const struct {
		struct wh_str text;
		const char *json;
	} cases[] = {
		{ WH_STR("plain"), "\"plain\"" },
		{ WH_STR("say \"hi\" \\o/"), "\"say \\\"hi\\\" \\\\o/\"" },
		{ WH_STR("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"" },
		{ WH_STR("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\x7f\"" },
		{ WH_STR("eight by\ntes and\tmore"), "\"eight by\\ntes and\\tmore\"" },
		{ WH_STR("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 ok\n"), "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 ok\\n\"" },
	};
	struct wh_buf b = { 0 };
	struct wh_json w;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		wh_json_begin(&w, &b);
		wh_json_str(&w, NULL, cases[i].text);
		expect(&w, &b, cases[i].json);
	}
	wh_json_begin(&w, &b);
	wh_json_object(&w, NULL);
	wh_json_bool(&w, "a \"key\"\n", true);
	wh_json_end(&w);
	expect(&w, &b, "{\"a \\\"key\\\"\\n\":true}");
}

static void
bytes_that_are_not_utf8_become_replacement_characters(void **state)
{
	struct wh_buf b = { 0 };
	struct wh_json w;

	(void)state;
	wh_json_begin(&w, &b);
	wh_json_str(&w, NULL, WH_STR("a\xff" "b\xe2\x82" "c\xc3\xa9\xed\xa0\xf0\x9f"));
	expect(&w, &b, "\"a\xef\xbf\xbd" "b\xef\xbf\xbd" "c\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void
doubles_are_written_as_short_as_they_can_be(void **state)
{
	static const struct {
		double num;
		const char *json;
	} cases[] = {
		{ 0, "0" }, { -0.0, "-0" }, { 1, "1" }, { -17, "-17" }, { 0.1, "0.1" }, { -2.5, "-2.5" }, { 0.3, "0.3" },
		{ 0.1 + 0.2, "0.30000000000000004" }, { 3.14159, "3.14159" }, { 1700000000.123, "1700000000.123" },
		{ 0.001, "0.001" }, { 1e15, "1000000000000000" }, { 4503599627370497.0, "4503599627370497" }, { 1e16, "1e+16" }, { 0x1p63, "9.223372036854776e+18" }, { 1e-7, "1e-07" }, { 1e300, "1e+300" },
		{ 9007199254740993.0, "9007199254740992" }, { 5e-324, "5e-324" },
		{ DBL_MAX, "1.7976931348623157e+308" },
		{ NAN, "null" }, { INFINITY, "null" }, { -INFINITY, "null" },
	};
	struct wh_buf b = { 0 };
	struct wh_json w;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		wh_json_begin(&w, &b);
		wh_json_num(&w, NULL, cases[i].num);
		expect(&w, &b, cases[i].json);
	}
}

static void
any_double_reads_back_as_itself(void **state)
{
	struct wh_buf b = { 0 }, scratch = { 0 };
	uint64_t seed = 88172645463325252u;
	struct wh_json_doc doc;
	struct wh_value v;
	struct wh_json w;
	double num, back;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		if (i % 2 == 0)
			memcpy(&num, &seed, sizeof num);
		else
			num = (double)(int64_t)(seed >> 20) / (double)(1 + seed % 100000);
		if (!isfinite(num))
			continue;
		wh_buf_reset(&b);
		wh_json_begin(&w, &b);
		wh_json_num(&w, NULL, num);
		assert_true(wh_json_finish(&w));
		assert_int_equal(wh_json_read(&doc, wh_buf_slice(&b), NULL, &scratch, &v, NULL), WH_OK);
		if (!wh_value_num(&v, &back) || back != num)
			fail_msg("%a was written as %s", num, wh_buf_cstr(&b));
	}
	wh_buf_free(&b);
	wh_buf_free(&scratch);
}

static void
what_was_written_is_what_is_read(void **state)
{
	char every[256];
	struct wh_buf b = { 0 }, scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value root, v;
	struct wh_json w;

	(void)state;
	for (int i = 0; i < 128; i++)
		every[i] = (char)i;
	wh_json_begin(&w, &b);
	wh_json_object(&w, NULL);
	wh_json_str(&w, "text", (struct wh_str){ every, 128 });
	wh_json_int(&w, "least", INT64_MIN);
	wh_json_num(&w, "num", -1.5);
	wh_json_end(&w);
	assert_true(wh_json_finish(&w));
	assert_int_equal(wh_json_read(&doc, wh_buf_slice(&b), NULL, &scratch, &root, NULL), WH_OK);
	assert_true(wh_json_get(&root, "text", &v));
	assert_int_equal(v.s.n, 128);
	assert_memory_equal(v.s.p, every, 128);
	assert_true(wh_json_get(&root, "least", &v));
	assert_int_equal(v.type, WH_V_INT);
	assert_true(v.i == INT64_MIN);
	assert_true(wh_json_get(&root, "num", &v));
	assert_true(v.type == WH_V_NUM && v.d == -1.5);
	wh_buf_free(&b);
	wh_buf_free(&scratch);
}

static void
nesting_past_the_bound_fails(void **state)
{
	struct wh_buf b = { 0 };
	struct wh_json w;

	(void)state;
	for (int depth = WH_JSON_DEPTH; depth <= WH_JSON_DEPTH + 1; depth++) {
		wh_buf_reset(&b);
		wh_json_begin(&w, &b);
		for (int i = 0; i < depth; i++)
			wh_json_array(&w, NULL);
		for (int i = 0; i < depth; i++)
			wh_json_end(&w);
		assert_int_equal(wh_json_finish(&w), depth <= WH_JSON_DEPTH);
		assert_int_equal(wh_json_check(wh_buf_slice(&b), NULL, NULL) == WH_OK, depth <= WH_JSON_DEPTH);
	}
	wh_buf_free(&b);
}

static void
a_buffer_that_is_full_fails_the_writer(void **state)
{
	struct wh_json w;

	(void)state;
	for (size_t max = 1; max < 30; max++) {
		struct wh_buf b = { .max = max };

		wh_json_begin(&w, &b);
		wh_json_object(&w, NULL);
		wh_json_text(&w, "key", "a\nb\xff");
		wh_json_array(&w, "list");
		wh_json_num(&w, NULL, 0.5);
		wh_json_end(&w);
		wh_json_end(&w);
		assert_int_equal(wh_json_finish(&w), max >= strlen("{'key':'a\\nb...','list':[0.5]}"));
		wh_buf_free(&b);
	}
}

enum misuse { END_TOO_MANY, NO_END, TWO_VALUES, NO_VALUE, KEY_IN_ARRAY, NO_KEY_IN_OBJECT, MISUSES };

static bool
misused_writer_finishes(enum misuse how)
{
	struct wh_buf b = { 0 };
	struct wh_json w;

	wh_json_begin(&w, &b);
	switch (how) {
	case END_TOO_MANY:
		wh_json_end(&w);
		break;
	case NO_END:
		wh_json_object(&w, NULL);
		break;
	case TWO_VALUES:
		wh_json_null(&w, NULL);
		wh_json_null(&w, NULL);
		break;
	case KEY_IN_ARRAY:
		wh_json_array(&w, NULL);
		wh_json_null(&w, "key");
		wh_json_end(&w);
		break;
	case NO_KEY_IN_OBJECT:
		wh_json_object(&w, NULL);
		wh_json_null(&w, NULL);
		wh_json_end(&w);
		break;
	case NO_VALUE:
	case MISUSES:
		break;
	}
	return wh_json_finish(&w);
}

/* With asserts the process stops; without, the writer has failed. */
static void
misuse_never_passes(void **state)
{
	int status;

	(void)state;
	for (int how = 0; how < MISUSES; how++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			signal(SIGABRT, SIG_DFL);
			close(STDERR_FILENO);
			_exit(misused_writer_finishes((enum misuse)how) ? 1 : 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
			fail_msg("misuse %d passed", how);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_elements_get_their_commas),
		cmocka_unit_test(each_level_begins_without_a_comma),
		cmocka_unit_test(strings_are_escaped_where_json_asks_for_it),
		cmocka_unit_test(bytes_that_are_not_utf8_become_replacement_characters),
		cmocka_unit_test(doubles_are_written_as_short_as_they_can_be),
		cmocka_unit_test(any_double_reads_back_as_itself),
		cmocka_unit_test(what_was_written_is_what_is_read),
		cmocka_unit_test(nesting_past_the_bound_fails),
		cmocka_unit_test(a_buffer_that_is_full_fails_the_writer),
		cmocka_unit_test(misuse_never_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
