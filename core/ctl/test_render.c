/* Tests of render.h. */
#include "ctl/render.h"

#include "base/json.h"
#include "ctl/testing_ctl.h"

static void
renders_how(const char *json, const struct render *how, const char *expected)
{
	struct wh_buf out = { 0 }, scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value v;

	assert_int_equal(wh_json_read(&doc, wh_str(json), NULL, &scratch, &v, NULL), WH_OK);
	render_result(&out, &v, how);
	assert_string_equal(wh_buf_cstr(&out), expected);
	wh_buf_free(&out);
	wh_buf_free(&scratch);
}

static void
renders(const char *json, const char *expected)
{
	static const struct render plain = { .colour = false };

	renders_how(json, &plain, expected);
}

static void
members_are_aligned_and_numbers_read_by_their_key(void **state)
{
	(void)state;
	renders("{\"version\":\"0.1.0\",\"uptime_ms\":123000,\"rss\":1536,\"live\":true,\"why\":null,\"resume_window_ms\":500}",
	    "version:       0.1.0\n"
	    "uptime:        2 min 3 s\n"
	    "rss:           1.5 KiB\n"
	    "live:          yes\n"
	    "why:           -\n"
	    "resume window: 500 ms\n");
}

static void
objects_inside_are_indented(void **state)
{
	(void)state;
	renders("{\"hub\":{\"pid\":7,\"turn\":{\"wait_us\":3}},\"tags\":[\"a\",\"b\"],\"none\":[],\"empty\":{}}",
	    "hub:\n"
	    "  pid: 7\n"
	    "  turn:\n"
	    "    wait: 3 µs\n"
	    "tags:  a, b\n"
	    "none:  -\n"
	    "empty: -\n");
}

static void
an_array_of_objects_is_a_table(void **state)
{
	(void)state;
	renders("{\"plugins\":[{\"name\":\"relay\",\"calls\":5,\"state\":\"open\"},{\"name\":\"metrics\",\"calls\":1200,\"needs\":[\"a\",\"b\"]}]}",
	    "name     calls  state  needs\n"
	    "relay        5  open   -\n"
	    "metrics   1200  -      a, b\n");
	renders("{\"total\":1,\"sessions\":[{\"id\":\"1\",\"queue_bytes\":2048}]}",
	    "total: 1\n"
	    "\n"
	    "sessions:\n"
	    "  id  queue\n"
	    "  1   2 KiB\n");
	renders("[{\"a\":1},{\"a\":10}]", " a\n 1\n10\n");
}

static void
what_has_no_members_reads_as_a_result(void **state)
{
	(void)state;
	renders("{}", "ok\n");
	renders("null", "ok\n");
	renders("[]", "");
	renders("7", "7\n");
	renders("[\"a\",\"b\"]", "a\nb\n");
}

static void
objects_in_a_cell_are_one_line(void **state)
{
	(void)state;
	renders("[{\"n\":1,\"o\":{\"a\":1,\"wait_ms\":5},\"f\":[{\"name\":\"room\"},{\"name\":\"text\"}]}]",
	    "n  o              f\n"
	    "1  a=1 wait=5 ms  room, text\n");
}

static void
nothing_reaches_the_terminal_as_an_order(void **state)
{
	(void)state;
	renders("{\"name\":\"\\u001b[2J\\u0007\\u009b1m\\u202etxt\\n\"}", "name: \\u001b[2J\\u0007\\u009b1m\\u202etxt\\u000a\n");
	renders("{\"\\u001b[1m\":1}", "\\u001b[1m: 1\n");
	renders("[{\"\\u001b[1m\":\"\\u007f\"}]", "\\u001b[1m\n\\u007f\n");
}

static void
the_last_column_is_cut_to_the_terminal(void **state)
{
	static const struct render narrow = { .width = 24 };

	(void)state;
	renders_how("[{\"a\":\"12345\",\"b\":\"äöüäöüäöüäöüäöüäöüäöü\"}]", &narrow,
	    "a      b\n"
	    "12345  äöüäöüäöüäöüäöüä…\n");
}

static void
colour_is_for_terminals_alone(void **state)
{
	static const struct render colour = { .colour = true };

	(void)state;
	renders_how("{\"a\":1}", &colour, "\033[2ma:\033[0m 1\n");
	renders_how("[{\"a\":\"x\"}]", &colour, "\033[1ma\033[0m\nx\n");
}

static void
a_table_of_too_many_columns_leaves_some_out(void **state)
{
	struct wh_buf json = { 0 }, out = { 0 }, scratch = { 0 };
	static const struct render plain = { .colour = false };
	struct wh_json_doc doc;
	struct wh_value v;

	(void)state;
	wh_buf_text(&json, "[{");
	for (int i = 0; i < RENDER_COLUMNS + 5; i++)
		wh_buf_fmt(&json, "%s\"column%02d\":%d", i > 0 ? "," : "", i, i);
	wh_buf_text(&json, "}]");
	assert_int_equal(wh_json_read(&doc, wh_buf_slice(&json), NULL, &scratch, &v, NULL), WH_OK);
	render_result(&out, &v, &plain);
	testing_has(&out, "column23");
	assert_null(strstr(wh_buf_cstr(&out), "column24"));
	wh_buf_free(&json);
	wh_buf_free(&out);
	wh_buf_free(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_aligned_and_numbers_read_by_their_key),
		cmocka_unit_test(objects_inside_are_indented),
		cmocka_unit_test(an_array_of_objects_is_a_table),
		cmocka_unit_test(what_has_no_members_reads_as_a_result),
		cmocka_unit_test(objects_in_a_cell_are_one_line),
		cmocka_unit_test(nothing_reaches_the_terminal_as_an_order),
		cmocka_unit_test(the_last_column_is_cut_to_the_terminal),
		cmocka_unit_test(colour_is_for_terminals_alone),
		cmocka_unit_test(a_table_of_too_many_columns_leaves_some_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
