/* Tests of a command's arguments. */
#include "base/args.h"
#include "base/json.h"
#include "base/testing.h"

static const struct wh_field all[] = {
	{ "room", WH_F_NAME, .required = true, .help = "the room" },
	{ "text", WH_F_TEXT, .max = 10, .help = "what to say" },
	{ "times", WH_F_INT, .min = 1, .max = 5, .def = "2", .help = "how often" },
	{ "mood", WH_F_CHOICE, .choices = "good|bad", .help = "how" },
	{ "for", WH_F_DURATION, .help = "how long" },
	{ "at", WH_F_TIME, .help = "when" },
	{ "loud", WH_F_BOOL, .help = "shout" },
	{ "tags", WH_F_LIST, .help = "words" },
	{ 0 }
};

struct reading {
	struct wh_args args;
	struct wh_args_error error;
	struct wh_json_doc doc;
	struct wh_buf scratch;
};

static enum wh_err
read_text(struct reading *r, const char *text)
{
	struct wh_value v;

	assert_int_equal(wh_json_read(&r->doc, wh_str(text), NULL, &r->scratch, &v, NULL), WH_OK);
	return wh_args_read(&r->args, all, &v, &r->error);
}

static void
good_arguments_are_read_and_defaults_filled_in(void **state)
{
	struct reading r = { 0 };

	(void)state;
	assert_int_equal(read_text(&r, "{\"room\":\"a\",\"for\":\"2m\",\"at\":\"1970-01-01T00:00:01.5Z\",\"loud\":true,\"text\":null}"), WH_OK);
	assert_true(wh_str_is(wh_args_get(&r.args, "room")->s, "a"));
	assert_int_equal(wh_args_get(&r.args, "times")->i, 2);
	assert_int_equal(wh_args_get(&r.args, "for")->i, 120000);
	assert_int_equal(wh_args_get(&r.args, "at")->i, 1500);
	assert_true(wh_args_get(&r.args, "loud")->b);
	assert_null(wh_args_get(&r.args, "text"));
	assert_null(wh_args_get(&r.args, "tags"));
	wh_buf_free(&r.scratch);
}

static void
each_wrong_argument_is_named(void **state)
{
	static const struct {
		const char *text, *field, *says;
	} cases[] = {
		{ "{}", "room", "missing" },
		{ "{\"rom\":\"a\"}", "rom", "did you mean room?" },
		{ "{\"room\":5}", "room", "string" },
		{ "{\"room\":\"\"}", "room", "empty" },
		{ "{\"room\":\"a b\"}", "room", "blanks" },
		{ "{\"room\":\"a\",\"text\":\"01234567890\"}", "text", "10 bytes" },
		{ "{\"room\":\"a\",\"times\":6}", "times", "1 to 5" },
		{ "{\"room\":\"a\",\"times\":1.5}", "times", "whole" },
		{ "{\"room\":\"a\",\"mood\":\"ugly\"}", "mood", "good|bad" },
		{ "{\"room\":\"a\",\"for\":\"soon\"}", "for", "duration" },
		{ "{\"room\":\"a\",\"for\":-1}", "for", "from 0" },
		{ "{\"room\":\"a\",\"at\":\"2026-02-30T00:00:00Z\"}", "at", "time" },
		{ "{\"room\":\"a\",\"loud\":1}", "loud", "true or false" },
		{ "{\"room\":\"a\",\"tags\":{}}", "tags", "array" },
		{ "[]", "", "object" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reading r = { 0 };

		assert_int_equal(read_text(&r, cases[i].text), WH_EINVAL);
		assert_string_equal(r.error.field, cases[i].field);
		if (strstr(r.error.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].text, r.error.text);
		wh_buf_free(&r.scratch);
	}
}

static void
texts_become_what_their_field_wants(void **state)
{
	static const struct {
		size_t field;
		const char *text, *json;
	} cases[] = {
		{ 0, "5", "{\"room\":\"5\"}" }, { 2, "5", "{\"times\":5}" }, { 6, "true", "{\"loud\":true}" }, { 6, "yes", "{\"loud\":\"yes\"}" },
		{ 4, "30s", "{\"for\":\"30s\"}" }, { 4, "30", "{\"for\":30}" }, { 7, "[1]", "{\"tags\":[1]}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct wh_buf out = { 0 };
		struct wh_json w;

		wh_json_begin(&w, &out);
		wh_json_object(&w, NULL);
		assert_int_equal(wh_args_put_text(&w, &all[cases[i].field], wh_str(cases[i].text)), WH_OK);
		wh_json_end(&w);
		assert_true(wh_json_finish(&w));
		assert_string_equal(wh_buf_cstr(&out), cases[i].json);
		wh_buf_free(&out);
	}
}

static void
a_text_that_can_not_be_the_number_is_refused(void **state)
{
	struct wh_buf out = { 0 };
	struct wh_json w;

	(void)state;
	wh_json_begin(&w, &out);
	wh_json_object(&w, NULL);
	assert_int_equal(wh_args_put_text(&w, &all[2], wh_str("5\",\"x\":\"")), WH_EINVAL);
	wh_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_arguments_are_read_and_defaults_filled_in),
		cmocka_unit_test(each_wrong_argument_is_named),
		cmocka_unit_test(texts_become_what_their_field_wants),
		cmocka_unit_test(a_text_that_can_not_be_the_number_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
