/* What administrators changed, over the config file: what is joined, what is taken whole, what may not be there, and how it is changed. */
#include <unistd.h>

#include "base/conf.h"
#include "base/conf_overlay.h"
#include "base/json.h"
#include "base/testing.h"

static const struct wh_setting dns_settings[] = {
	{ "server", WH_STRING, .def = "" },
	{ "timeout", WH_DURATION, .def = "2s", .min = "100ms", .max = "10s" },
	{ 0 }
};

static const struct wh_setting queue_settings[] = {
	{ "size", WH_INT, .def = "1", .min = "1", .max = "64" },
	{ "script", WH_STRING, .file_only = true },
	{ 0 }
};

static const struct wh_setting settings[] = {
	{ "text", WH_SIZE, .def = "4000", .min = "100", .max = "16000" },
	{ "name", WH_STRING, .def = "x" },
	{ "command", WH_STRINGS, .file_only = true },
	{ .name = "words", .type = WH_STRINGS },
	{ "dns", WH_TABLE, .table = dns_settings },
	{ "queues", WH_FREE, .table = queue_settings },
	{ "rows", WH_TABLES, .table = queue_settings },
	{ 0 }
};

static const struct wh_setting root[] = {
	{ "state", WH_STRING, .def = "./var" },
	{ .name = "plugins", .type = WH_FREE },
	{ 0 }
};

struct both {
	struct wh_snapshot *s;
	struct wh_conf_file *file;
	struct wh_conf_errors errors;
	struct wh_conf *conf;
};

static enum wh_err
open_both(struct both *b, const char *text, const char *overlay)
{
	*b = (struct both){ 0 };
	assert_int_equal(wh_snapshot_from_text("file", wh_str(text), &b->errors, &b->s), WH_OK);
	assert_int_equal(wh_snapshot_set_overlay(b->s, "overlay", wh_str(overlay)), WH_OK);
	return wh_conf_file_open(b->s, &b->errors, &b->file);
}

static void
check_both(struct both *b, const char *text, const char *overlay)
{
	assert_int_equal(open_both(b, text, overlay), WH_OK);
	assert_int_equal(wh_conf_check(b->file, "plugins.p", settings, 0, &b->errors, &b->conf), WH_OK);
}

static void
close_both(struct both *b)
{
	wh_conf_free(&b->conf);
	wh_conf_file_free(&b->file);
	wh_snapshot_free(&b->s);
	wh_conf_errors_free(&b->errors);
}

static void
assert_refused(const char *overlay, const char *expected)
{
	struct wh_buf text = { 0 };
	struct both b;

	if (open_both(&b, "plugins = { p = { text = \"5000\"; }; };", overlay) == WH_OK)
		assert_int_equal(wh_conf_check(b.file, "plugins.p", settings, 0, &b.errors, &b.conf), WH_EINVAL);
	wh_conf_errors_format(&b.errors, &text);
	assert_string_equal(wh_buf_cstr(&text), expected);
	wh_buf_free(&text);
	close_both(&b);
}

static void
a_changed_setting_goes_before_the_files_and_knows_where_it_is_from(void **state)
{
	enum wh_conf_from from;
	const char *file;
	struct both b;
	unsigned line;

	(void)state;
	check_both(&b, "plugins = {\n p = { text = \"5000\"; name = \"n\"; };\n};", "plugins = {\n p = {\n  text = \"6000\";\n };\n};");
	assert_int_equal(wh_conf_bytes(b.conf, "text"), 6000);
	from = wh_conf_where(b.conf, "text", &file, &line);
	assert_int_equal(from, WH_CONF_CHANGED);
	assert_string_equal(file, "overlay");
	assert_int_equal(line, 3);
	assert_string_equal(wh_conf_str(b.conf, "name").p, "n");
	from = wh_conf_where(b.conf, "name", &file, &line);
	assert_int_equal(from, WH_CONF_FILE_SAYS);
	assert_string_equal(file, "file");
	assert_int_equal(line, 2);
	assert_int_equal(wh_conf_where(b.conf, "words", &file, &line), WH_CONF_DEFAULT);
	wh_conf_free(&b.conf);
	assert_int_equal(wh_conf_check(b.file, "plugins.p", settings, WH_CONF_UNCHANGED, &b.errors, &b.conf), WH_OK);
	assert_int_equal(wh_conf_bytes(b.conf, "text"), 5000);
	close_both(&b);
}

static void
groups_are_joined_and_lists_taken_whole(void **state)
{
	const struct wh_conf *queues;
	struct both b;

	(void)state;
	check_both(&b, "plugins = { p = { words = [ \"a\", \"b\" ]; dns = { server = \"s\"; timeout = \"1s\"; }; queues = { one = { size = 2; }; two = { size = 3; }; };"
		" rows = ( { size = 4; }, { size = 5; } ); }; };",
		"plugins = { p = { words = [ \"c\" ]; dns = { timeout = \"4s\"; }; queues = { two = { size = 9; }; three = { size = 7; }; }; rows = ( { size = 6; } ); }; };");
	assert_int_equal(wh_conf_count(b.conf, "words"), 1);
	assert_string_equal(wh_conf_item(b.conf, "words", 0).p, "c");
	assert_string_equal(wh_conf_str(wh_conf_table(b.conf, "dns", 0), "server").p, "s");
	assert_int_equal(wh_conf_ms(wh_conf_table(b.conf, "dns", 0), "timeout"), 4000);
	assert_int_equal(wh_conf_count(b.conf, "queues"), 3);
	queues = wh_conf_table(b.conf, "queues", 0);
	assert_string_equal(wh_conf_name(queues).p, "one");
	assert_int_equal(wh_conf_int(queues, "size"), 2);
	assert_int_equal(wh_conf_int(wh_conf_table(b.conf, "queues", 1), "size"), 9);
	assert_string_equal(wh_conf_name(wh_conf_table(b.conf, "queues", 2)).p, "three");
	assert_int_equal(wh_conf_count(b.conf, "rows"), 1);
	assert_int_equal(wh_conf_int(wh_conf_table(b.conf, "rows", 0), "size"), 6);
	close_both(&b);
}

static void
plugins_are_those_of_the_file_without_the_disabled_and_with_the_enabled(void **state)
{
	static const char *const expected[] = { "a", "c", "d" };
	struct both b;

	(void)state;
	assert_int_equal(open_both(&b, "plugins = { a = { }; b = { }; c = { }; };",
		"enable = [\n \"a\",\n \"d\" ];\ndisable = [ \"b\", \"never\" ];\nplugins = { sleeps = { x = 1; }; };"), WH_OK);
	assert_int_equal(wh_conf_check(b.file, "", root, 0, &b.errors, &b.conf), WH_OK);
	assert_int_equal(wh_conf_count(b.conf, "plugins"), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(wh_conf_name(wh_conf_table(b.conf, "plugins", i)).p, expected[i]);
	/* What is wrong with it is wrong where it was enabled. */
	wh_conf_blame(wh_conf_table(b.conf, "plugins", 2), NULL, &b.errors, "no");
	assert_string_equal(b.errors.items[0].file, "overlay");
	assert_int_equal(b.errors.items[0].line, 3);
	wh_conf_free(&b.conf);
	assert_int_equal(wh_conf_check(b.file, "", root, WH_CONF_UNCHANGED, &b.errors, &b.conf), WH_OK);
	assert_int_equal(wh_conf_count(b.conf, "plugins"), 3);
	assert_string_equal(wh_conf_name(wh_conf_table(b.conf, "plugins", 1)).p, "b");
	assert_true(wh_conf_file_lists(b.file, "disable", WH_STR("b")));
	assert_false(wh_conf_file_lists(b.file, "disable", WH_STR("a")));
	assert_true(wh_conf_file_changes(b.file, "plugins.sleeps"));
	assert_false(wh_conf_file_changes(b.file, "plugins.a"));
	close_both(&b);
}

static void
errors_of_it_are_told_with_its_file_and_line(void **state)
{
	(void)state;
	assert_refused("plugins = { p = {\n text = \"50\";\n txet = 1;\n dns = 5;\n}; };",
		"overlay:2: plugins.p.text: has to be from 100 to 16000\n"
		"overlay:4: plugins.p.dns: expected a group: { ... }\n"
		"overlay:3: plugins.p.txet: there is no such setting; did you mean \"text\"?\n");
	assert_refused("plugins = { p = { text = \"50\"; text = \"51\"; }; };", "overlay:1: text: is given twice, first in overlay:1\n"
		"overlay:1: plugins.p.text: has to be from 100 to 16000\n");
	assert_refused("plugins = { p = {", "overlay:1: syntax error (or at the end of the line before)\n");
	assert_refused("@include \"x\"\n", "overlay:1: @include is not possible here\n");
}

static void
what_is_the_operators_alone_may_not_be_in_it(void **state)
{
	(void)state;
	assert_refused("plugins = { p = {\n command = [ \"/bin/sh\" ];\n}; };", "overlay:2: plugins.p.command: can be changed in the config file only\n");
	assert_refused("plugins = { p = { queues = { q = {\n script = \"x\"; }; }; }; };", "overlay:2: plugins.p.queues.q.script: can be changed in the config file only\n");
	assert_refused("plugins = { p = { rows = ( { size = 1; },\n { script = \"x\"; } ); }; };", "overlay:2: plugins.p.rows[1].script: can be changed in the config file only\n");
	assert_refused("state = \"/\";\nplugins = 1;\nenable = \"p\";", "overlay:1: state: can be changed in the config file only: here are plugins, enable and disable\n"
		"overlay:2: plugins: expected a group: { ... }\noverlay:3: enable: expected a list of plugins, such as [ \"irc\" ]\n");
}

static void
lines_of_the_file_that_are_not_in_force_are_told(void **state)
{
	struct wh_conf_errors told = { 0 };
	struct wh_buf text = { 0 };
	struct both b;

	(void)state;
	assert_int_equal(open_both(&b, "plugins = {\n p = {\n  text = \"5000\";\n  name = \"same\";\n  dns = {\n   timeout = \"1s\"; }; };\n q = { };\n};",
		"disable = [ \"q\" ];\nplugins = { p = {\n text = \"6000\";\n name = \"same\";\n words = [ \"new\" ];\n dns = { timeout = \"3s\"; }; }; };"), WH_OK);
	wh_conf_file_hidden(b.file, &told);
	wh_conf_errors_format(&told, &text);
	assert_string_equal(wh_buf_cstr(&text),
		"file:3: plugins.p.text: an administrator changed it, so this line is not in force (overlay:3); whiplyctl unset puts it in force\n"
		"file:6: plugins.p.dns.timeout: an administrator changed it, so this line is not in force (overlay:6); whiplyctl unset puts it in force\n"
		"file:7: plugins.q: an administrator disabled it (overlay); whiplyctl enable q puts this line in force\n");
	wh_buf_free(&text);
	wh_conf_errors_free(&told);
	close_both(&b);
}

static void
it_goes_with_the_snapshot_and_its_copy(void **state)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s, *copy, *back;
	struct wh_str kept;
	int fd;

	(void)state;
	assert_int_equal(wh_snapshot_from_text("file", WH_STR("a = 1;"), &errors, &s), WH_OK);
	assert_int_equal(wh_snapshot_keep(s, WH_STR("key"), WH_STR("secret")), WH_OK);
	assert_int_equal(wh_snapshot_set_overlay(s, "over", WH_STR("enable = [ ];")), WH_OK);
	assert_int_equal(wh_snapshot_copy(s, &copy), WH_OK);
	assert_true(wh_str_is(wh_snapshot_overlay(copy), "enable = [ ];"));
	assert_true(wh_snapshot_kept(copy, WH_STR("key"), &kept));
	assert_int_equal(wh_snapshot_set_overlay(copy, "over", WH_STR("")), WH_OK);
	assert_int_equal(wh_snapshot_overlay(copy).n, 0);
	fd = wh_snapshot_seal(s, false);
	assert_int_equal(wh_snapshot_open(fd, &back), WH_OK);
	assert_true(wh_str_is(wh_snapshot_overlay(back), "enable = [ ];"));
	assert_string_equal(wh_snapshot_overlay_file(back), "over");
	close(fd);
	assert_int_equal(wh_snapshot_set_overlay(s, "over", (struct wh_str){ wh_snapshot_text(s).p, WH_SNAPSHOT_OVERLAY + 1 }), WH_ETOOBIG);
	wh_snapshot_free(&s);
	wh_snapshot_free(&copy);
	wh_snapshot_free(&back);
}

/* Sets a path to a JSON value. */
static enum wh_err
set(struct wh_overlay *o, const char *path, const char *json)
{
	struct wh_buf scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value value;
	enum wh_err err;

	assert_int_equal(wh_json_read(&doc, wh_str(json), NULL, &scratch, &value, NULL), WH_OK);
	err = wh_overlay_set(o, path, &value);
	wh_buf_free(&scratch);
	return err;
}

/* What it writes, behind its comment. */
static const char *
written(const struct wh_overlay *o)
{
	static struct wh_buf text;
	const char *p;

	wh_buf_reset(&text);
	wh_overlay_write(o, &text);
	p = wh_buf_cstr(&text);
	while (*p == '#')
		p = strchr(p, '\n') + 1;
	return p;
}

static void
values_of_every_kind_are_written_and_read_back(void **state)
{
	static const char expected[] =
		"plugins = {\n\tp = {\n\t\ttext = \"a\\\"b\\\\\\x0Ac\xc3\xa4\";\n\t\tyes = true;\n\t\tsmall = -7;\n\t\twide = 4294967296L;\n\t\tratio = 0.25;\n\t\ttiny = 1.0e-09;\n"
		"\t\twords = [ \"a\", \"b\" ];\n\t\tnone = [  ];\n\t\trows = ( { size = 1; names = [ \"x\" ]; }, { } );\n\t\tdns = {\n\t\t\ttimeout = \"1s\";\n\t\t};\n\t};\n};\n";
	struct wh_overlay *o, *again;
	struct wh_buf text = { 0 };

	(void)state;
	assert_int_equal(wh_overlay_open(WH_STR(""), &o), WH_OK);
	assert_int_equal(set(o, "plugins.p.text", "\"a\\\"b\\\\\\nc\\u00e4\""), WH_OK);
	assert_int_equal(set(o, "plugins.p.yes", "true"), WH_OK);
	assert_int_equal(set(o, "plugins.p.small", "-7"), WH_OK);
	assert_int_equal(set(o, "plugins.p.wide", "4294967296"), WH_OK);
	assert_int_equal(set(o, "plugins.p.ratio", "0.25"), WH_OK);
	assert_int_equal(set(o, "plugins.p.tiny", "1e-9"), WH_OK);
	assert_int_equal(set(o, "plugins.p.words", "[\"a\",\"b\"]"), WH_OK);
	assert_int_equal(set(o, "plugins.p.none", "[]"), WH_OK);
	assert_int_equal(set(o, "plugins.p.rows", "[{\"size\":1,\"names\":[\"x\"]},{}]"), WH_OK);
	assert_int_equal(set(o, "plugins.p.dns.timeout", "\"1s\""), WH_OK);
	assert_string_equal(written(o), expected);
	wh_overlay_write(o, &text);
	assert_int_equal(wh_overlay_open(wh_buf_slice(&text), &again), WH_OK);
	assert_string_equal(written(again), expected);
	wh_buf_free(&text);
	wh_overlay_free(&o);
	wh_overlay_free(&again);
}

static void
what_no_config_can_have_is_refused(void **state)
{
	struct wh_overlay *o;

	(void)state;
	assert_int_equal(wh_overlay_open(WH_STR(""), &o), WH_OK);
	assert_int_equal(set(o, "plugins.p.text", "\"a\\u0000b\""), WH_EINVAL);
	assert_int_equal(set(o, "plugins.p.text", "null"), WH_EINVAL);
	assert_int_equal(set(o, "plugins.p.a b", "1"), WH_EINVAL);
	assert_int_equal(set(o, "plugins.p..x", "1"), WH_EINVAL);
	assert_int_equal(set(o, "plugins.p.", "1"), WH_EINVAL);
	assert_int_equal(set(o, "", "1"), WH_EINVAL);
	assert_int_equal(set(o, "plugins.p.x", "1"), WH_OK);
	assert_int_equal(set(o, "plugins.p.x.y", "1"), WH_EINVAL);
	wh_overlay_free(&o);
	assert_int_equal(wh_overlay_open(WH_STR("plugins = {"), &o), WH_ESYNTAX);
	assert_null(o);
}

static void
what_is_put_back_leaves_no_empty_group(void **state)
{
	struct wh_overlay *o;

	(void)state;
	assert_int_equal(wh_overlay_open(WH_STR(""), &o), WH_OK);
	assert_int_equal(set(o, "plugins.p.dns.timeout", "\"1s\""), WH_OK);
	assert_int_equal(set(o, "plugins.p.dns.timeout", "\"2s\""), WH_OK);
	assert_int_equal(set(o, "plugins.q.x", "1"), WH_OK);
	assert_false(wh_overlay_unset(o, "plugins.p.dns.server"));
	assert_true(wh_overlay_unset(o, "plugins.p.dns.timeout"));
	assert_string_equal(written(o), "plugins = {\n\tq = {\n\t\tx = 1;\n\t};\n};\n");
	assert_true(wh_overlay_unset(o, "plugins.q"));
	assert_string_equal(written(o), "");
	wh_overlay_free(&o);
}

static void
a_plugin_is_enabled_or_disabled_or_as_the_file_says(void **state)
{
	struct wh_overlay *o;

	(void)state;
	assert_int_equal(wh_overlay_open(WH_STR(""), &o), WH_OK);
	assert_int_equal(wh_overlay_plugin(o, WH_STR("a"), WH_OVERLAY_ENABLED), WH_OK);
	assert_int_equal(wh_overlay_plugin(o, WH_STR("b"), WH_OVERLAY_ENABLED), WH_OK);
	assert_int_equal(wh_overlay_plugin(o, WH_STR("a"), WH_OVERLAY_ENABLED), WH_OK);
	assert_string_equal(written(o), "enable = [\n\t\"a\",\n\t\"b\" ];\n");
	assert_int_equal(wh_overlay_plugin(o, WH_STR("a"), WH_OVERLAY_DISABLED), WH_OK);
	assert_string_equal(written(o), "enable = [\n\t\"b\" ];\ndisable = [\n\t\"a\" ];\n");
	assert_int_equal(wh_overlay_plugin(o, WH_STR("a"), WH_OVERLAY_AS_FILE), WH_OK);
	assert_int_equal(wh_overlay_plugin(o, WH_STR("b"), WH_OVERLAY_AS_FILE), WH_OK);
	assert_string_equal(written(o), "");
	wh_overlay_free(&o);
}

static void
one_line_can_be_left_out(void **state)
{
	struct wh_overlay *o;

	(void)state;
	assert_int_equal(wh_overlay_open(WH_STR("enable = [\n \"a\",\n \"b\" ];\nplugins = {\n p = {\n  x = 1;\n  y = 2;\n };\n q = {\n  z = 3;\n };\n};\n"), &o), WH_OK);
	assert_false(wh_overlay_drop(o, 0));
	assert_false(wh_overlay_drop(o, 12));
	assert_true(wh_overlay_drop(o, 3));
	assert_true(wh_overlay_drop(o, 7));
	assert_true(wh_overlay_drop(o, 9));
	assert_string_equal(written(o), "enable = [\n\t\"a\" ];\nplugins = {\n\tp = {\n\t\tx = 1;\n\t};\n};\n");
	wh_overlay_free(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_setting_goes_before_the_files_and_knows_where_it_is_from),
		cmocka_unit_test(groups_are_joined_and_lists_taken_whole),
		cmocka_unit_test(plugins_are_those_of_the_file_without_the_disabled_and_with_the_enabled),
		cmocka_unit_test(errors_of_it_are_told_with_its_file_and_line),
		cmocka_unit_test(what_is_the_operators_alone_may_not_be_in_it),
		cmocka_unit_test(lines_of_the_file_that_are_not_in_force_are_told),
		cmocka_unit_test(it_goes_with_the_snapshot_and_its_copy),
		cmocka_unit_test(values_of_every_kind_are_written_and_read_back),
		cmocka_unit_test(what_no_config_can_have_is_refused),
		cmocka_unit_test(what_is_put_back_leaves_no_empty_group),
		cmocka_unit_test(a_plugin_is_enabled_or_disabled_or_as_the_file_says),
		cmocka_unit_test(one_line_can_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
