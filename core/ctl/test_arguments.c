/* Tests of arguments.h, table.h, help.h and options.h. */
#include "ctl/arguments.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/help.h"
#include "ctl/options.h"
#include "ctl/testing_ctl.h"

enum { WORDS = 12 };

/* Reads words, ended by NULL, for one command; the object and what was wrong are in the buffers. */
static enum wh_err
reads(const char *command, const char *const *words, struct arguments *a, struct wh_buf *json, struct wh_buf *why)
{
	struct table *t = testing_table();
	char *copy[WORDS];
	enum wh_err err;
	int n = 0;

	while (words[n] != NULL) {
		copy[n] = strdup(words[n]);
		n++;
	}
	err = arguments_read(table_find(t, wh_str(command)), n, copy, a, json, why);
	while (n > 0)
		free(copy[--n]);
	table_free(&t);
	return err;
}

#define GIVES(command, expected, ...) gives(command, expected, (const char *const[]){ __VA_ARGS__, NULL })
#define REFUSES(command, expected, ...) refuses(command, expected, (const char *const[]){ __VA_ARGS__, NULL })

static void
gives(const char *command, const char *expected, const char *const *words)
{
	struct wh_buf json = { 0 }, why = { 0 };
	struct arguments a;
	enum wh_err err = reads(command, words, &a, &json, &why);

	if (err != WH_OK)
		fail_msg("refused: %s", wh_buf_cstr(&why));
	assert_string_equal(wh_buf_cstr(&json), expected);
	wh_buf_free(&json);
	wh_buf_free(&why);
}

static void
refuses(const char *command, const char *expected, const char *const *words)
{
	struct wh_buf json = { 0 }, why = { 0 };
	struct arguments a;

	assert_int_equal(reads(command, words, &a, &json, &why), WH_EINVAL);
	testing_is(&why, expected);
	wh_buf_free(&json);
	wh_buf_free(&why);
}

static void
fields_are_typed_by_the_table(void **state)
{
	(void)state;
	GIVES("chat.set", "{\"room\":\"7\",\"topic\":\"true\",\"mode\":\"closed\",\"limit\":5,\"factor\":1.50,\"hidden\":true}",
	    "--room", "7", "--topic", "true", "--mode", "closed", "--limit", "5", "--factor", "1.50", "--hidden", "yes");
	GIVES("chat.set", "{\"room\":\"r\",\"topic\":\"t\",\"slow\":\"30s\",\"until\":1795235400000}",
	    "--room=r", "--topic=t", "--slow=30s", "--until", "1795235400000");
	GIVES("chat.set", "{\"room\":\"r\",\"topic\":\"a=b \\\"c\\\"\",\"tags\":[\"a\",1],\"extra\":{\"k\": null}}",
	    "--room", "r", "--topic=a=b \"c\"", "--tags", "[\"a\",1]", "--extra", "{\"k\": null}");
}

static void
a_flag_needs_no_value(void **state)
{
	(void)state;
	GIVES("chat.set", "{\"room\":\"r\",\"topic\":\"t\",\"hidden\":true}", "--hidden", "r", "t");
	GIVES("chat.set", "{\"room\":\"r\",\"topic\":\"t\",\"hidden\":false}", "r", "t", "--no-hidden");
	GIVES("chat.set", "{\"room\":\"r\",\"topic\":\"t\",\"hidden\":false}", "--hidden", "off", "r", "t");
	GIVES("chat.set", "{\"room\":\"r\",\"topic\":\"t\",\"hidden\":true}", "r", "t", "--hidden");
}

static void
values_without_a_field_fill_the_required_ones_first(void **state)
{
	(void)state;
	GIVES("restart", "{\"what\":\"hub\"}", "hub");
	GIVES("chat.set", "{\"room\":\"r\",\"topic\":\"t\",\"mode\":\"quiet\"}", "--topic", "t", "r", "quiet");
	GIVES("chat.set", "{\"room\":\"--r\",\"topic\":\"-\",\"limit\":-5}", "--limit", "-5", "--", "--r", "-");
	REFUSES("status", "\"x\" is too much: server.status takes nothing", "x");
	REFUSES("restart", "\"now\" is too much: all fields of server.restart have a value; quote a value that has spaces", "hub", "now");
}

static void
errors_say_what_is_wrong(void **state)
{
	(void)state;
	REFUSES("chat.set", "chat.set needs --topic TEXT: what it is about", "r");
	REFUSES("chat.set", "chat.set has no field \"tpoic\"; did you mean --topic?", "r", "--tpoic", "x");
	REFUSES("status", "server.status has no field \"x\", nor any other", "--x");
	REFUSES("chat.set", "--mode must be one of open, closed or quiet, not \"close\"; did you mean closed?", "r", "t", "--mode", "close");
	REFUSES("chat.set", "--limit must be a whole number, not \"1.5\"", "r", "t", "--limit", "1.5");
	REFUSES("chat.set", "--factor must be a number, not \"much\"", "r", "t", "--factor", "much");
	REFUSES("chat.set", "--hidden must be yes or no, not \"perhaps\"", "r", "t", "--hidden=perhaps");
	REFUSES("chat.set", "--tags must be a JSON array, such as '[\"a\",\"b\"]', not \"a,b\"", "r", "t", "--tags", "a,b");
	REFUSES("chat.set", "--extra must be a JSON object, such as '{\"a\":1}', not \"[]\"", "r", "t", "--extra", "[]");
	REFUSES("chat.set", "--room is given twice", "--room", "a", "--room", "b");
	REFUSES("chat.set", "--topic needs a value", "r", "--topic");
	REFUSES("chat.set", "--topic is not UTF-8", "r", "\xff");
	REFUSES("chat.set", "-x is no option; a field has two dashes, and options of whiplyctl come before the command", "r", "-x");
}

static void
write_file(const char *folder, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
an_object_may_be_a_file_or_the_files_of_a_folder(void **state)
{
	char folder[] = "/tmp/whiply-files-XXXXXX", word[200], command[100];
	struct wh_buf json = { 0 }, why = { 0 };
	struct arguments a;

	(void)state;
	assert_non_null(mkdtemp(folder));
	write_file(folder, "b.lua", "a \"b\"\n");
	write_file(folder, "a.txt", "");
	write_file(folder, ".hidden", "x");
	snprintf(word, sizeof word, "@%s", folder);
	GIVES("chat.set", "{\"room\":\"r\",\"topic\":\"@t\",\"extra\":{\"a.txt\":\"\",\"b.lua\":\"a \\\"b\\\"\\n\"}}", "r", "@t", "--extra", word);
	write_file(folder, "list.json", "[1, 2]");
	snprintf(word, sizeof word, "@%s/list.json", folder);
	GIVES("chat.set", "{\"room\":\"r\",\"topic\":\"t\",\"tags\":[1, 2]}", "r", "t", "--tags", word);
	assert_int_equal(reads("chat.set", (const char *const[]){ "r", "t", "--extra", word, NULL }, &a, &json, &why), WH_EINVAL);
	testing_has(&why, "--extra must be a JSON object");
	wh_buf_reset(&why);
	assert_int_equal(reads("chat.set", (const char *const[]){ "r", "t", "--extra", "@/nowhere/at/all", NULL }, &a, &json, &why), WH_EINVAL);
	testing_has(&why, "/nowhere/at/all: No such file or directory");
	wh_buf_free(&json);
	wh_buf_free(&why);
	snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static void
broken_json_is_shown_with_its_place(void **state)
{
	struct wh_buf json = { 0 }, why = { 0 };
	struct arguments a;

	(void)state;
	assert_int_equal(reads("chat.set", (const char *const[]){ "r", "t", "--tags", "[1,]", NULL }, &a, &json, &why), WH_EINVAL);
	testing_has(&why, "--tags is not JSON: ");
	testing_has(&why, "at byte 4");
	wh_buf_free(&json);
	wh_buf_free(&why);
}

static void
json_and_help_may_stand_among_the_fields(void **state)
{
	struct wh_buf json = { 0 }, why = { 0 };
	struct arguments a;

	(void)state;
	assert_int_equal(reads("status", (const char *const[]){ "--json", NULL }, &a, &json, &why), WH_OK);
	assert_true(a.json && !a.help);
	assert_int_equal(reads("chat.set", (const char *const[]){ "--help", NULL }, &a, &json, &why), WH_OK);
	assert_true(a.help);
	wh_buf_free(&json);
	wh_buf_free(&why);
}

static void
short_names_stand_for_commands_of_the_server(void **state)
{
	struct table *t = testing_table();

	(void)state;
	assert_true(wh_str_is(table_find(t, WH_STR("status"))->name, "server.status"));
	assert_true(wh_str_is(table_find(t, WH_STR("sessions"))->name, "session.list"));
	assert_true(wh_str_is(table_find(t, WH_STR("enable"))->name, "plugin.enable"));
	assert_true(wh_str_is(table_find(t, WH_STR("reload"))->name, "server.reload"));
	assert_null(table_find(t, WH_STR("set")));
	assert_null(table_find(t, WH_STR("")));
	assert_true(wh_str_is(table_short(t, table_find(t, WH_STR("plugin.enable"))), "enable"));
	assert_true(wh_str_is(table_short(t, table_find(t, WH_STR("plugin.reload"))), "plugin.reload"));
	assert_true(wh_str_is(table_nearest(t, WH_STR("statsu")), "status"));
	assert_true(wh_str_is(table_nearest(t, WH_STR("chat.sit")), "chat.set"));
	assert_int_equal(table_nearest(t, WH_STR("xyzzy")).n, 0);
	table_free(&t);
}

static void
a_table_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "7", "{}", "{\"commands\":{}}", "[", "" };
	struct table *t;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(table_read(wh_str(bad[i]), &t), WH_ESYNTAX);
		assert_null(t);
	}
	assert_int_equal(table_read(WH_STR("[{\"name\":\"a.b\",\"fields\":[7,{\"name\":\"x\",\"type\":\"new\"}]},{},8]"), &t), WH_OK);
	assert_int_equal(t->n, 1);
	assert_int_equal(t->commands[0].n_fields, 1);
	assert_int_equal(t->commands[0].fields[0].type, WH_F_TEXT);
	table_free(&t);
}

static void
help_shows_every_field(void **state)
{
	static const struct render plain = { .colour = false };
	struct table *t = testing_table();
	struct wh_buf b = { 0 };

	(void)state;
	help_command(&b, t, table_find(t, WH_STR("chat.set")), &plain);
	testing_has(&b, "chat.set: change a room\n");
	testing_has(&b, "whiplyctl chat.set --room NAME --topic TEXT [--mode open|closed|quiet]");
	testing_has(&b, "  --topic TEXT\n      what it is about; required, 1 to 200 bytes\n");
	testing_has(&b, "  --mode open|closed|quiet\n      who may speak; optional, else open\n");
	testing_has(&b, "  --limit NUMBER\n      optional, from 0 to 100\n");
	testing_has(&b, "allowed to: member\n");
	wh_buf_reset(&b);
	help_commands(&b, t, &plain);
	testing_has(&b, "\nchat\n  chat.set       change a room\n");
	testing_has(&b, "\nserver\n");
	testing_has(&b, "  status         how it fares\n");
	testing_has(&b, "\nsession\n  sessions       who is here\n");
	wh_buf_free(&b);
	table_free(&t);
}

static void
options_stand_before_the_command(void **state)
{
	struct options o;
	struct wh_buf why = { 0 };
	char *good[] = { "whiplyctl", "-s", "/x", "--timeout=2.5", "--json", "status", "--json", NULL };
	char *joined[] = { "whiplyctl", "--socket=/y", "--help", NULL };
	char *complete[] = { "whiplyctl", "--completions", "-s", "/z", "", NULL };
	char *bad[][4] = { { "whiplyctl", "--nonsense", "status", NULL }, { "whiplyctl", "-s", NULL }, { "whiplyctl", "-t", "soon", NULL },
		{ "whiplyctl", "-t", "-1", NULL } };
	const char *said[] = { "there is no option --nonsense before the command; see whiplyctl --help", "-s needs a value",
		"-t takes seconds, up to 86400, not \"soon\"", "-t takes seconds, up to 86400, not \"-1\"" };

	(void)state;
	assert_int_equal(options_read(&o, 7, good, &why), WH_OK);
	assert_string_equal(o.socket, "/x");
	assert_int_equal(o.timeout_ms, 2500);
	assert_true(o.json);
	assert_int_equal(o.n, 2);
	assert_string_equal(o.words[0], "status");
	assert_int_equal(options_read(&o, 3, joined, &why), WH_OK);
	assert_string_equal(o.socket, "/y");
	assert_true(o.help);
	assert_int_equal(options_read(&o, 5, complete, &why), WH_OK);
	assert_true(o.complete);
	assert_int_equal(o.n, 3);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(options_read(&o, i == 1 ? 2 : 3, bad[i], &why), WH_EINVAL);
		testing_is(&why, said[i]);
	}
	wh_buf_free(&why);
}

static void
the_socket_is_found_by_the_environment(void **state)
{
	char *argv[] = { "whiplyctl", "status", NULL };
	struct wh_buf why = { 0 };
	struct options o;

	(void)state;
	setenv("WHIPLY_CONTROL", "/some/where", 1);
	assert_int_equal(options_read(&o, 2, argv, &why), WH_OK);
	assert_string_equal(o.socket, "/some/where");
	unsetenv("WHIPLY_CONTROL");
	assert_int_equal(options_read(&o, 2, argv, &why), WH_OK);
	assert_true(strcmp(o.socket, "./var/control.sock") == 0 || strcmp(o.socket, "/var/lib/whiply/control.sock") == 0);
	wh_buf_free(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_typed_by_the_table),
		cmocka_unit_test(a_flag_needs_no_value),
		cmocka_unit_test(values_without_a_field_fill_the_required_ones_first),
		cmocka_unit_test(errors_say_what_is_wrong),
		cmocka_unit_test(an_object_may_be_a_file_or_the_files_of_a_folder),
		cmocka_unit_test(broken_json_is_shown_with_its_place),
		cmocka_unit_test(json_and_help_may_stand_among_the_fields),
		cmocka_unit_test(short_names_stand_for_commands_of_the_server),
		cmocka_unit_test(a_table_that_is_none_is_refused),
		cmocka_unit_test(help_shows_every_field),
		cmocka_unit_test(options_stand_before_the_command),
		cmocka_unit_test(the_socket_is_found_by_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
