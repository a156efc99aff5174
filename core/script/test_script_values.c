/* Tests of JSON on its way into tables and out of them. */
#include "base/testing.h"
#include "base/json.h"
#include "script/script.h"

static struct wh_script *
loaded(const struct wh_script_limits *limits)
{
	struct wh_script *s = wh_script_new(limits, NULL);

	assert_non_null(s);
	assert_int_equal(wh_script_load(s, "test", WH_STR(
		"function same(v) return v end\n"
		"function make(text) return shapes[text]() end\n"
		"shapes = {\n"
		"  empty = function() return {} end, array = function() return array {} end,\n"
		"  cycle = function() local t = {} t.t = t return t end,\n"
		"  gaps = function() return { 1, nil, nil, 4 } end, mixed = function() return { 1, a = 2 } end,\n"
		"  fn = function() return { f = pcall } end, float = function() return { [1.5] = 1 } end,\n"
		"  zero = function() return { [0] = 1 } end, yes = function() return { [true] = 1 } end,\n"
		"  nul = function() return { ['a\\0b'] = 1 } end,\n"
		"  wide = function() local t = {} for i = 1, 20 do t = { t, t } end return t end,\n"
		"  long = function() return { ('x'):rep(1000) } end,\n"
		"  bytes = function() return { '\\xff' } end, inf = function() return { 1 / 0, -1 / 0, 0 / 0 } end,\n"
		"  numbers = function() return { 1, 1.5, math.maxinteger, 2^53 } end,\n"
		"}")), WH_OK);
	return s;
}

static void
json_comes_back_as_it_went_in(void **state)
{
	static const char *const texts[] = { "{}", "[]", "[[]]", "{\"a\":[]}", "[1,2.5,\"x\",true,false,null,{\"a\":{\"b\":[null]}}]",
		"{\"\":0,\"a\":1,\"ab\":2,\"b\":3}", "[\"\\u0000\\\"\\\\\",\"\xc3\xa9\"]", "[-9223372036854775808,9223372036854775807]",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]" };
	struct wh_script *s = loaded(NULL);
	struct wh_script_value arg, got;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		arg = wh_script_json(wh_str(texts[i]));
		if (wh_script_call(s, "same", &arg, 1, &got, 1) != WH_OK)
			fail_msg("%s: %s", texts[i], wh_script_error(s));
		assert_int_equal(got.type, WH_SCRIPT_JSON);
		if (!wh_str_is(got.s, texts[i]))
			fail_msg("%s became %.*s", texts[i], WH_FMT(got.s));
	}
	wh_script_free(&s);
}

static void
a_member_that_is_null_is_not_there(void **state)
{
	struct wh_script *s = loaded(NULL);
	struct wh_script_value arg = wh_script_json(WH_STR("{\"a\":null,\"b\":1}")), got;

	(void)state;
	assert_int_equal(wh_script_call(s, "same", &arg, 1, &got, 1), WH_OK);
	assert_true(wh_str_is(got.s, "{\"b\":1}"));
	wh_script_free(&s);
}

static void
tables_have_one_shape_in_json(void **state)
{
	static const struct { const char *shape, *json; } rows[] = {
		{ "empty", "{}" }, { "array", "[]" }, { "bytes", "[\"\xef\xbf\xbd\"]" }, { "inf", "[null,null,null]" },
		{ "numbers", "[1,1.5,9223372036854775807,9007199254740992]" },
		{ "cycle", NULL }, { "gaps", NULL }, { "mixed", NULL }, { "fn", NULL }, { "float", NULL }, { "zero", NULL },
		{ "yes", NULL }, { "nul", NULL }, { "wide", NULL }, { "long", NULL },
	};
	struct wh_script *s = loaded(&(struct wh_script_limits){ .json = 1000 });
	struct wh_script_value arg, got;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		arg = wh_script_str(wh_str(rows[i].shape));
		if (rows[i].json == NULL) {
			assert_int_equal(wh_script_call(s, "make", &arg, 1, &got, 1), WH_EINVAL);
			assert_non_null(strstr(wh_script_error(s), "not to be written as JSON"));
			assert_int_equal(got.type, WH_SCRIPT_NIL);
		} else {
			assert_int_equal(wh_script_call(s, "make", &arg, 1, &got, 1), WH_OK);
			if (!wh_str_is(got.s, rows[i].json))
				fail_msg("%s is %.*s", rows[i].shape, WH_FMT(got.s));
		}
	}
	wh_script_free(&s);
}

static void
bad_json_is_an_error_with_its_place(void **state)
{
	struct wh_script *s = loaded(&(struct wh_script_limits){ .json = 100 });
	char deep[80], large[102];
	struct wh_script_value arg = wh_script_json(WH_STR("{\"a\":}")), got;

	(void)state;
	assert_int_equal(wh_script_call(s, "same", &arg, 1, &got, 1), WH_EINVAL);
	assert_non_null(strstr(wh_script_error(s), "at byte 5"));
	memset(deep, '[', 40);
	memset(deep + 40, ']', 40);
	arg = wh_script_json((struct wh_str){ deep, sizeof deep });
	assert_int_equal(wh_script_call(s, "same", &arg, 1, &got, 1), WH_EINVAL);
	memset(large, ' ', sizeof large);
	large[0] = '1';
	arg = wh_script_json((struct wh_str){ large, sizeof large });
	assert_int_equal(wh_script_call(s, "same", &arg, 1, &got, 1), WH_EINVAL);
	wh_script_free(&s);
}

static void
several_tables_come_out_of_one_call(void **state)
{
	struct wh_script *s = loaded(NULL);
	struct wh_script_value args[] = { wh_script_json(WH_STR("{\"a\":\"\\n\"}")), wh_script_json(WH_STR("[\"\\t\"]")) }, got[3];

	(void)state;
	assert_int_equal(wh_script_load(s, "two", WH_STR("function two(a, b) return b, a, b end")), WH_OK);
	assert_int_equal(wh_script_call(s, "two", args, 2, got, 3), WH_OK);
	assert_true(wh_str_is(got[0].s, "[\"\\t\"]"));
	assert_true(wh_str_is(got[1].s, "{\"a\":\"\\n\"}"));
	assert_true(wh_str_is(got[2].s, "[\"\\t\"]"));
	wh_script_free(&s);
}

static void
a_value_that_was_read_is_passed_on(void **state)
{
	struct wh_script *s = loaded(NULL);
	struct wh_buf scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value root, member;
	struct wh_script_value arg = { .type = WH_SCRIPT_VALUE, .v = &member }, got;

	(void)state;
	assert_int_equal(wh_json_read(&doc, WH_STR("{\"m\":{\"x\":[1]}}"), NULL, &scratch, &root, NULL), WH_OK);
	assert_true(wh_json_get(&root, "m", &member));
	assert_int_equal(wh_script_call(s, "same", &arg, 1, &got, 1), WH_OK);
	assert_true(wh_str_is(got.s, "{\"x\":[1]}"));
	wh_buf_free(&scratch);
	wh_script_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_comes_back_as_it_went_in),
		cmocka_unit_test(a_member_that_is_null_is_not_there),
		cmocka_unit_test(tables_have_one_shape_in_json),
		cmocka_unit_test(bad_json_is_an_error_with_its_place),
		cmocka_unit_test(several_tables_come_out_of_one_call),
		cmocka_unit_test(a_value_that_was_read_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
