/* Settings against their tables. */
#include <stdio.h>

#include "base/conf.h"
#include "base/testing.h"

static const struct wh_setting item_settings[] = {
	{ "name", WH_STRING, .required = true, .min = "1", .max = "8" },
	{ "port", WH_INT, .def = "80", .min = "1", .max = "65535" },
	{ 0 }
};

static const struct wh_setting role_settings[] = {
	{ "allow", WH_STRINGS, .def = "[ \"chat.*\", \"room.*\" ]", .max = "3" },
	{ 0 }
};

static const struct wh_setting settings[] = {
	{ "flag", WH_BOOL, .def = "true" },
	{ "count", WH_INT, .def = "4", .min = "1", .max = "10" },
	{ .name = "wide", .type = WH_INT },
	{ "ratio", WH_NUMBER, .def = "0.5", .min = "0", .max = "1" },
	{ "text", WH_STRING, .def = "x" },
	{ "mode", WH_CHOICE, .def = "open", .choices = "open|closed" },
	{ "size", WH_SIZE, .def = "64KiB", .max = "1MiB" },
	{ "wait", WH_DURATION, .def = "2s", .min = "100ms", .max = "1h" },
	{ "rate", WH_RATE, .def = "10/s burst 20", .max = "100/s" },
	{ .name = "words", .type = WH_STRINGS },
	{ "nets", WH_NETWORKS, .def = "127.0.0.0/8 ::1" },
	{ "group", WH_TABLE, .table = item_settings },
	{ "items", WH_TABLES, .table = item_settings },
	{ "roles", WH_FREE, .table = role_settings },
	{ .name = "plugins", .type = WH_FREE },
	{ 0 }
};

static struct wh_conf *
good(const char *text)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_conf *conf;
	struct wh_buf b = { 0 };
	enum wh_err err = wh_conf_of_text(text, settings, &errors, &conf);

	if (err != WH_OK) {
		wh_conf_errors_format(&errors, &b);
		fail_msg("%d: %s", err, wh_buf_cstr(&b));
	}
	return conf;
}

static void
assert_errors(const char *text, const char *expected)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_conf *conf;
	struct wh_buf b = { 0 };

	assert_int_equal(wh_conf_of_text(text, settings, &errors, &conf), WH_EINVAL);
	assert_null(conf);
	wh_conf_errors_format(&errors, &b);
	assert_string_equal(wh_buf_cstr(&b), expected);
	wh_buf_free(&b);
	wh_conf_errors_free(&errors);
}

static void
an_empty_file_gives_every_default(void **state)
{
	struct wh_conf *c = good("");

	(void)state;
	assert_true(wh_conf_bool(c, "flag"));
	assert_int_equal(wh_conf_int(c, "count"), 4);
	assert_int_equal(wh_conf_int(c, "wide"), 0);
	assert_true(wh_conf_number(c, "ratio") == 0.5);
	assert_string_equal(wh_conf_str(c, "text").p, "x");
	assert_string_equal(wh_conf_str(c, "mode").p, "open");
	assert_int_equal(wh_conf_bytes(c, "size"), 65536);
	assert_int_equal(wh_conf_ms(c, "wait"), 2000);
	assert_int_equal(wh_conf_rate(c, "rate").burst, 20);
	assert_int_equal(wh_conf_count(c, "words"), 0);
	assert_int_equal(wh_conf_count(c, "nets"), 2);
	assert_string_equal(wh_conf_item(c, "nets", 1).p, "::1");
	assert_int_equal(wh_conf_count(c, "group"), 0);
	assert_int_equal(wh_conf_int(wh_conf_table(c, "group", 0), "port"), 80);
	assert_int_equal(wh_conf_count(c, "items"), 0);
	assert_false(wh_conf_given(c, "flag"));
	wh_conf_free(&c);
	assert_null(c);
}

static void
every_type_is_read_as_it_is_written(void **state)
{
	struct wh_conf *c = good("flag = false; count = 7; wide = -4294967296L; ratio = 1; text = \"a\\\"b\" \"c\"; mode = \"closed\";\n"
		"size = \"10kB\"; wait = \"5m\"; rate = \"6/m\"; words = ( \"a\", \"b c\" ); nets = [ \"10.0.0.0/8\" ];\n"
		"group = { name = \"g\"; }; items = ( { name = \"i\"; port = 81; }, { name = \"j\"; } );\n"
		"roles = { helper = { allow = [ \"x\" ]; }; other = { }; }; plugins = { relay = { anything = 1; }; };");
	const struct wh_conf *roles;

	(void)state;
	assert_false(wh_conf_bool(c, "flag"));
	assert_int_equal(wh_conf_int(c, "count"), 7);
	assert_true(wh_conf_int(c, "wide") == -INT64_C(4294967296));
	assert_true(wh_conf_number(c, "ratio") == 1.0);
	assert_string_equal(wh_conf_str(c, "text").p, "a\"bc");
	assert_string_equal(wh_conf_str(c, "mode").p, "closed");
	assert_int_equal(wh_conf_bytes(c, "size"), 10000);
	assert_int_equal(wh_conf_ms(c, "wait"), 300000);
	assert_int_equal(wh_conf_rate(c, "rate").per_ms, 60000);
	assert_int_equal(wh_conf_count(c, "words"), 2);
	assert_string_equal(wh_conf_item(c, "words", 1).p, "b c");
	assert_string_equal(wh_conf_item(c, "nets", 0).p, "10.0.0.0/8");
	assert_int_equal(wh_conf_count(c, "group"), 1);
	assert_int_equal(wh_conf_count(c, "items"), 2);
	assert_int_equal(wh_conf_int(wh_conf_table(c, "items", 0), "port"), 81);
	assert_string_equal(wh_conf_str(wh_conf_table(c, "items", 1), "name").p, "j");
	roles = wh_conf_table(c, "roles", 1);
	assert_string_equal(wh_conf_name(roles).p, "other");
	assert_int_equal(wh_conf_count(roles, "allow"), 2);
	assert_string_equal(wh_conf_name(wh_conf_table(c, "plugins", 0)).p, "relay");
	assert_true(wh_conf_given(c, "flag"));
	wh_conf_free(&c);
}

static void
all_errors_are_found_in_one_pass_with_their_lines(void **state)
{
	(void)state;
	assert_errors(
		"flag = 1;\n"
		"cuont = 3;\n"
		"count = 11;\n"
		"mode = \"half\";\n"
		"size = 65536;\n"
		"wait = \"50ms\";\n"
		"rate = \"101/s\";\n"
		"nets = [ \"10.0.0.0/8\", \"10.0.0.1/8\" ];\n"
		"items = ( { port = 0; },\n"
		"  { name = \"123456789\"; } );\n"
		"roles = { helper = { alow = [ ]; }; };\n"
		"group = 5;\n"
		"count = 2;\n"
		"wide = 99999999999;\n",
		"test:13: count: is given twice, first in test:3\n"
		"test:14: 99999999999: this number does not fit (up to 2147483647; up to 63 bits with an L behind it)\n"
		"test:1: flag: expected true or false\n"
		"test:3: count: has to be from 1 to 10\n"
		"test:4: mode: \"half\" is none of open|closed\n"
		"test:5: size: expected a size with its unit, in quotes, such as \"64KiB\"\n"
		"test:6: wait: has to be from 100ms to 1h\n"
		"test:7: rate: has to be at most 100/s\n"
		"test:8: nets[1]: bits behind the prefix are not zero\n"
		"test:12: group: expected a group: { ... }\n"
		"test:9: items[0].name is missing\n"
		"test:9: items[0].port: has to be from 1 to 65535\n"
		"test:10: items[1].name: its length has to be from 1 to 8\n"
		"test:11: roles.helper.alow: there is no such setting; did you mean \"allow\"?\n"
		"test:2: cuont: there is no such setting; did you mean \"count\"?\n");
}

static void
a_number_that_was_cut_is_blamed_once(void **state)
{
	(void)state;
	assert_errors("count = 99999999999;",
		"test:1: 99999999999: this number does not fit (up to 2147483647; up to 63 bits with an L behind it)\n");
}

static void
wrong_types_say_what_is_expected(void **state)
{
	(void)state;
	assert_errors("text = 5;", "test:1: text: expected a text in quotes\n");
	assert_errors("count = \"5\";", "test:1: count: expected a whole number\n");
	assert_errors("count = 5.0;", "test:1: count: expected a whole number\n");
	assert_errors("ratio = 1e999;", "test:1: ratio: expected a finite number\n");
	assert_errors("words = \"x\";", "test:1: words: expected a list, such as [ \"text\" ]\n");
	assert_errors("words = [ 1 ];", "test:1: words[0]: expected a text in quotes\n");
	assert_errors("items = { };", "test:1: items: expected a list of groups: ( { ... }, { ... } )\n");
	assert_errors("items = ( 1 );", "test:1: items[0]: expected a group: { ... }\n");
	assert_errors("roles = { x = 1; };", "test:1: roles.x: expected a group: { ... }\n");
	assert_errors("rate = \"fast\";", "test:1: rate: expected a rate, such as \"10/s\" or \"100/m burst 20\"\n");
	assert_errors("wait = 30;", "test:1: wait: expected a duration with its unit, in quotes, such as \"30s\"\n");
	assert_errors("roles = { x = { allow = [ \"1\", \"2\", \"3\", \"4\" ]; }; };", "test:1: roles.x.allow: has to have at most 3 items\n");
}

static void
a_part_of_the_root_passes_by_what_others_own(void **state)
{
	static const struct wh_setting part[] = { { .name = "count", .type = WH_INT }, { "group", WH_TABLE, .table = item_settings }, { 0 } };
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s;
	struct wh_conf *c;

	(void)state;
	assert_int_equal(wh_snapshot_from_text("t", WH_STR("count = 3; foreign = { x = 1; };"), &errors, &s), WH_OK);
	assert_int_equal(wh_conf_of_snapshot(s, part, WH_CONF_PART, &errors, &c), WH_OK);
	assert_int_equal(wh_conf_int(c, "count"), 3);
	wh_conf_free(&c);
	assert_int_equal(wh_conf_of_snapshot(s, part, 0, &errors, &c), WH_EINVAL);
	wh_conf_errors_free(&errors);
	wh_snapshot_free(&s);

	assert_int_equal(wh_snapshot_from_text("t", WH_STR("group = { nmae = \"x\"; };"), &errors, &s), WH_OK);
	assert_int_equal(wh_conf_of_snapshot(s, part, WH_CONF_PART, &errors, &c), WH_EINVAL);
	assert_string_equal(errors.items[0].text, "group.name is missing");
	assert_int_equal(errors.n, 1);
	wh_conf_errors_free(&errors);
	wh_snapshot_free(&s);
}

static void
a_group_is_checked_by_its_path_and_may_be_absent(void **state)
{
	static const struct wh_setting plugin[] = { { "interval", WH_DURATION, .def = "2s" }, { 0 } };
	static const struct wh_setting strict[] = { { "key", WH_STRING, .required = true }, { 0 } };
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s;
	struct wh_conf_file *file;
	struct wh_conf *c;

	(void)state;
	assert_int_equal(wh_snapshot_from_text("t", WH_STR("plugins = {\nslow = { interval = \"5s\"; };\nbad = { x = 1; }; };"), &errors, &s), WH_OK);
	assert_int_equal(wh_conf_file_open(s, &errors, &file), WH_OK);
	assert_int_equal(wh_conf_check(file, "plugins.slow", plugin, 0, &errors, &c), WH_OK);
	assert_int_equal(wh_conf_ms(c, "interval"), 5000);
	wh_conf_free(&c);
	assert_int_equal(wh_conf_check(file, "plugins.none", plugin, 0, &errors, &c), WH_OK);
	assert_int_equal(wh_conf_ms(c, "interval"), 2000);
	wh_conf_free(&c);
	assert_int_equal(wh_conf_check(file, "plugins.none", strict, 0, &errors, &c), WH_EINVAL);
	assert_int_equal(wh_conf_check(file, "plugins.bad", plugin, 0, &errors, &c), WH_EINVAL);
	assert_string_equal(errors.items[1].text, "plugins.bad.x: there is no such setting");
	assert_int_equal(errors.items[1].line, 3);
	wh_conf_errors_free(&errors);
	wh_conf_file_free(&file);
	wh_snapshot_free(&s);
}

static void
rules_beyond_tables_blame_the_line_of_a_key(void **state)
{
	struct wh_conf *c = good("\n\ntext = \"y\";");
	struct wh_conf_errors errors = { 0 };

	(void)state;
	wh_conf_blame(c, "text", &errors, "is not what it %s", "seems");
	wh_conf_blame(c, "mode", &errors, "is a default");
	assert_int_equal(errors.items[0].line, 3);
	assert_string_equal(errors.items[0].text, "text: is not what it seems");
	assert_int_equal(errors.items[1].line, 0);
	wh_conf_errors_free(&errors);
	wh_conf_free(&c);
}

static void
a_table_that_is_wrong_is_an_error_and_no_crash(void **state)
{
	static const struct wh_setting bad_default[] = { { "a", WH_DURATION, .def = "soon" }, { 0 } };
	static const struct wh_setting endless[] = { { "a", WH_TABLE, .table = endless }, { 0 } };
	struct wh_conf_errors errors = { 0 };
	struct wh_conf *c;

	(void)state;
	assert_int_equal(wh_conf_of_text("", bad_default, &errors, &c), WH_EINVAL);
	assert_int_equal(wh_conf_of_text("", endless, &errors, &c), WH_EINVAL);
	wh_conf_errors_free(&errors);
}

static void
errors_are_bounded_and_the_rest_is_counted(void **state)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_buf b = { 0 };

	(void)state;
	for (unsigned i = 0; i < WH_CONF_ERRORS_MAX + 5; i++)
		wh_conf_errors_add(&errors, "f", i, "bad\nvalue");
	assert_int_equal(errors.n, WH_CONF_ERRORS_MAX);
	assert_int_equal(errors.more, 5);
	assert_string_equal(errors.items[1].text, "bad?value");
	wh_conf_errors_format(&errors, &b);
	assert_non_null(strstr(wh_buf_cstr(&b), "and 5 more\n"));
	wh_buf_free(&b);
	wh_conf_errors_free(&errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_gives_every_default),
		cmocka_unit_test(every_type_is_read_as_it_is_written),
		cmocka_unit_test(all_errors_are_found_in_one_pass_with_their_lines),
		cmocka_unit_test(a_number_that_was_cut_is_blamed_once),
		cmocka_unit_test(wrong_types_say_what_is_expected),
		cmocka_unit_test(a_part_of_the_root_passes_by_what_others_own),
		cmocka_unit_test(a_group_is_checked_by_its_path_and_may_be_absent),
		cmocka_unit_test(rules_beyond_tables_blame_the_line_of_a_key),
		cmocka_unit_test(a_table_that_is_wrong_is_an_error_and_no_crash),
		cmocka_unit_test(errors_are_bounded_and_the_rest_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
