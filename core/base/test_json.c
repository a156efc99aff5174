/* Tests of the JSON check and of the values that are read behind it. */
#include "base/json.h"
#include "base/testing.h"

#include <stdlib.h>

struct text {
	struct wh_buf scratch;
	struct wh_json_doc doc;
	struct wh_value root;
};

static void
text_read(struct text *t, const char *json)
{
	*t = (struct text){ 0 };
	if (wh_json_read(&t->doc, wh_str(json), NULL, &t->scratch, &t->root, NULL) != WH_OK)
		fail_msg("refused %s", json);
}

static struct wh_value
member(const struct wh_value *of, const char *key)
{
	struct wh_value v;

	wh_json_get(of, key, &v);
	return v;
}

static void
good_texts_are_accepted(void **state)
{
	static const char *good[] = {
		"{}", "[]", " \t\r\n{ \t\r\n} \t\r\n", "[[],{},[[]]]", "null", "true", "false", "\"\"", "0", "-0", "-1", "42",
		"1.5", "-0.0", "0.0000", "1e5", "1E+5", "1e-5", "1.25e07", "0e0", "-1E-01", "10", "100000000000000000000",
		"9223372036854775807", "-9223372036854775808", "1e-400", "123456789012345678901234567890.5e-10",
		"[1,2 , 3\n,4]", "{\"a\":1,\"b\":[{\"c\":null}],\"\":\"empty key\"}", "{\"a\" : 1 , \"a\" : 2}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"", "\"\\u0000\"", "\"\\uFFFF\"",
		"\"\\ud7ff\\ue000\"", "\"\\udbff\\udfff\"", "\"/\"", "\"\x7f\"", "\"gr\xc3\xbc\xc3\x9f\"", "\"\xf0\x9f\x98\x80\"",
		"\"\xef\xbb\xbf\"", "\"\xe2\x80\xa8\"", "\"\xef\xbf\xbf\"", "\"\xf4\x8f\xbf\xbf\"", "[\"a\",\"b\\\\\"]",
		"[true,false,null,0,\"\"]", "{\"\\u0061\":1}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"subtract\",\"params\":[42,23],\"id\":1}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct wh_json_error e;

		if (wh_json_check(wh_str(good[i]), NULL, &e) != WH_OK)
			fail_msg("%s: %s at %zu", good[i], e.reason, e.at);
		assert_null(e.reason);
	}
}

static void
the_rfc_s_examples_are_accepted(void **state)
{
	static const char image[] =
		"{\n  \"Image\": {\n    \"Width\":  800,\n    \"Height\": 600,\n    \"Title\":  \"View from 15th Floor\",\n"
		"    \"Thumbnail\": {\n      \"Url\":    \"http://www.example.com/image/481989943\",\n      \"Height\": 125,\n"
		"      \"Width\":  100\n    },\n    \"Animated\" : false,\n    \"IDs\": [116, 943, 234, 38793]\n  }\n}";
	static const char places[] =
		"[\n  {\n    \"precision\": \"zip\",\n    \"Latitude\":  37.7668,\n    \"Longitude\": -122.3959,\n    \"Address\":   \"\",\n"
		"    \"City\":      \"SAN FRANCISCO\",\n    \"State\":     \"CA\",\n    \"Zip\":       \"94107\",\n    \"Country\":   \"US\"\n  },\n"
		"  {\n    \"precision\": \"zip\",\n    \"Latitude\":  37.371991,\n    \"Longitude\": -122.026020,\n    \"Address\":   \"\",\n"
		"    \"City\":      \"SUNNYVALE\",\n    \"State\":     \"CA\",\n    \"Zip\":       \"94085\",\n    \"Country\":   \"US\"\n  }\n]";
	struct wh_value v, place, sum = { 0 };
	struct wh_json_in in;
	struct text t;
	double num = 0;

	(void)state;
	text_read(&t, image);
	v = member(&t.root, "Image");
	assert_int_equal(member(&v, "Width").i, 800);
	assert_true(member(&v, "Animated").type == WH_V_BOOL && !member(&v, "Animated").b);
	v = member(&v, "IDs");
	for (in = wh_json_each(&v); wh_json_next(&in, NULL, &place);)
		sum.i += place.i;
	assert_int_equal(sum.i, 116 + 943 + 234 + 38793);
	wh_buf_free(&t.scratch);

	text_read(&t, places);
	in = wh_json_each(&t.root);
	assert_true(wh_json_next(&in, NULL, &place));
	assert_true(member(&place, "Latitude").d == 37.7668);
	assert_true(wh_json_next(&in, NULL, &place));
	v = member(&place, "Longitude");
	assert_true(wh_value_num(&v, &num) && num == -122.02602);
	assert_false(wh_json_next(&in, NULL, &place));
	wh_buf_free(&t.scratch);
}

static void
bad_texts_are_refused_with_the_place(void **state)
{
	static const struct {
		struct wh_str text;
		size_t at;
	} bad[] = {
		/* nothing, cut short, too much */
		{ { NULL, 0 }, 0 }, { WH_STR(""), 0 }, { WH_STR("  "), 2 }, { WH_STR("{"), 1 }, { WH_STR("["), 1 }, { WH_STR("[1"), 2 },
		{ WH_STR("[1,"), 3 }, { WH_STR("{\"a\""), 4 }, { WH_STR("{\"a\":"), 5 }, { WH_STR("{\"a\":1"), 6 },
		{ WH_STR("{\"a\":1,"), 7 }, { WH_STR("\""), 1 }, { WH_STR("\"abc"), 4 }, { WH_STR("\"abc\\"), 4 },
		{ WH_STR("\"abc\\\""), 6 }, { WH_STR("tru"), 0 }, { WH_STR("-"), 0 }, { WH_STR("1 2"), 2 }, { WH_STR("{} x"), 3 },
		{ WH_STR("[]]"), 2 }, { WH_STR("1,"), 1 }, { WH_STR("nullnull"), 4 }, { WH_STR("1\0"), 1 }, { WH_STR("\0" "1"), 0 },
		/* structure */
		{ WH_STR("[,1]"), 1 }, { WH_STR("[1,]"), 3 }, { WH_STR("[1,,2]"), 3 }, { WH_STR("[1 2]"), 3 }, { WH_STR("[1}"), 2 },
		{ WH_STR("{\"a\":1]"), 6 }, { WH_STR("{,}"), 1 }, { WH_STR("{\"a\":1,}"), 7 }, { WH_STR("{\"a\" 1}"), 5 },
		{ WH_STR("{\"a\"}"), 4 }, { WH_STR("{a:1}"), 1 }, { WH_STR("{'a':1}"), 1 }, { WH_STR("{1:1}"), 1 },
		{ WH_STR("{null:1}"), 1 }, { WH_STR("{\"a\":}"), 5 }, { WH_STR("{\"a\"::1}"), 5 }, { WH_STR("{\"a\",\"b\"}"), 4 },
		{ WH_STR("[\"a\":1]"), 4 }, { WH_STR("}"), 0 }, { WH_STR("]"), 0 }, { WH_STR(":"), 0 }, { WH_STR(","), 0 },
		{ WH_STR("[1]/**/"), 3 }, { WH_STR("//\n1"), 0 }, { WH_STR("[1]#x"), 3 },
		/* words */
		{ WH_STR("True"), 0 }, { WH_STR("NULL"), 0 }, { WH_STR("nul"), 0 }, { WH_STR("truE"), 0 }, { WH_STR("NaN"), 0 },
		{ WH_STR("nan"), 0 }, { WH_STR("Infinity"), 0 }, { WH_STR("-Infinity"), 0 }, { WH_STR("undefined"), 0 },
		{ WH_STR("truex"), 4 }, { WH_STR("'a'"), 0 },
		/* numbers */
		{ WH_STR("01"), 0 }, { WH_STR("-01"), 0 }, { WH_STR("00"), 0 }, { WH_STR("+1"), 0 }, { WH_STR(".5"), 0 },
		{ WH_STR("1."), 0 }, { WH_STR("-.5"), 0 }, { WH_STR("1.e5"), 0 }, { WH_STR("1e"), 0 }, { WH_STR("1e+"), 0 },
		{ WH_STR("1ee5"), 0 }, { WH_STR("--1"), 0 }, { WH_STR("- 1"), 0 }, { WH_STR("0x10"), 1 }, { WH_STR("1_000"), 1 },
		{ WH_STR("1.2.3"), 3 }, { WH_STR("1e5.5"), 3 }, { WH_STR("1a"), 1 }, { WH_STR("\xef\xbc\x91"), 0 },
		/* strings */
		{ WH_STR("\"a\nb\""), 2 }, { WH_STR("\"\t\""), 1 }, { WH_STR("\"\0\""), 1 }, { WH_STR("\"\x1f\""), 1 },
		{ WH_STR("\"\\x41\""), 1 }, { WH_STR("\"\\a\""), 1 }, { WH_STR("\"\\'\""), 1 }, { WH_STR("\"\\\n\""), 1 },
		{ WH_STR("\"\\U0041\""), 1 }, { WH_STR("\"\\u\""), 1 }, { WH_STR("\"\\u12\""), 1 }, { WH_STR("\"\\u123\""), 1 },
		{ WH_STR("\"\\u00G0\""), 1 }, { WH_STR("\"\\u 041\""), 1 }, { WH_STR("\"\\u004"), 1 },
		/* surrogates */
		{ WH_STR("\"\\ud800\""), 1 }, { WH_STR("\"\\udc00\""), 1 }, { WH_STR("\"\\ud83d\\ud83d\""), 1 },
		{ WH_STR("\"\\ud83dx\""), 1 }, { WH_STR("\"\\ud83d\\n12345\""), 1 }, { WH_STR("\"\\ud83d\\u0041\""), 1 },
		{ WH_STR("\"\\ud83d\\ude0\""), 1 }, { WH_STR("\"\\ude00\\ude00\""), 1 }, { WH_STR("\"\\ude00\\ud83d\""), 1 }, { WH_STR("\"\xed\xa0\xbd\xed\xb8\x80\""), 1 },
		/* UTF-8 */
		{ WH_STR("\"\x80\""), 1 }, { WH_STR("\"\xc3\""), 1 }, { WH_STR("\"\xc0\xaf\""), 1 }, { WH_STR("\"\xe0\x80\xaf\""), 1 },
		{ WH_STR("\"\xf4\x90\x80\x80\""), 1 }, { WH_STR("\"\xff\""), 1 }, { WH_STR("\"eight by\xe9tes\""), 9 },
		{ WH_STR("{\"\xff\":1}"), 2 }, { WH_STR("\"\xe2\x82"), 1 },
		{ WH_STR("\xef\xbb\xbf{}"), 0 }, { WH_STR("\xff\xfe{\0}\0"), 0 }, { WH_STR("[\xc2\xa0" "1]"), 1 }, { WH_STR("[\f1]"), 1 },
		{ WH_STR("[\v1]"), 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct wh_json_error e = { 0 };
		/* A copy of its own, so that a sanitizer sees a read behind the end. */
		char *copy = malloc(bad[i].text.n + 1);
		enum wh_err err;

		assert_non_null(copy);
		if (bad[i].text.n != 0)
			memcpy(copy + 1, bad[i].text.p, bad[i].text.n);
		err = wh_json_check((struct wh_str){ copy + 1, bad[i].text.n }, NULL, &e);
		if (err != WH_ESYNTAX || e.reason == NULL || e.reason[0] == '\0' || e.at != bad[i].at)
			fail_msg("%.*s: %d, %s at %zu, not at %zu", WH_FMT(bad[i].text), err, e.reason, e.at, bad[i].at);
		free(copy);
	}
	assert_int_equal(wh_json_check((struct wh_str){ NULL, 0 }, NULL, NULL), WH_ESYNTAX);
}

static void
every_cut_of_a_good_object_is_refused(void **state)
{
	struct wh_str s = WH_STR("{\"a\\u00e9\":[1.5e3,true,null,{\"b\":\"\\ud83d\\ude00 gr\xc3\xbc\xc3\x9f\"}],\"c\":-1}");

	(void)state;
	assert_int_equal(wh_json_check(s, NULL, NULL), WH_OK);
	for (size_t n = 0; n < s.n; n++) {
		char *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy + 1, s.p, n);
		assert_int_equal(wh_json_check((struct wh_str){ copy + 1, n }, NULL, NULL), WH_ESYNTAX);
		free(copy);
	}
}

static void
a_text_past_a_limit_is_too_big(void **state)
{
	struct wh_json_limits limits = { .bytes = 8, .depth = 2 };
	struct wh_json_error e;

	(void)state;
	assert_int_equal(wh_json_check(WH_STR("\"123456\""), &limits, &e), WH_OK);
	assert_int_equal(wh_json_check(WH_STR("\"1234567\""), &limits, &e), WH_ETOOBIG);
	assert_int_equal(e.at, 0);
	assert_int_equal(wh_json_check(WH_STR("[[1],{}]"), &limits, &e), WH_OK);
	assert_int_equal(wh_json_check(WH_STR("[[{}]]"), &limits, &e), WH_ETOOBIG);
	assert_int_equal(e.at, 2);
	assert_string_equal(e.reason, "nested too deep");
}

static void
the_default_limits_hold(void **state)
{
	static const unsigned depths[] = { WH_JSON_DEPTH, WH_JSON_DEPTH + 1, 100000 };
	struct wh_json_limits more = { .bytes = 2u << 20, .depth = 1000 };
	char *text = malloc(WH_JSON_BYTES + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', WH_JSON_BYTES + 1);
	text[0] = '1';
	assert_int_equal(wh_json_check((struct wh_str){ text, WH_JSON_BYTES }, NULL, NULL), WH_OK);
	assert_int_equal(wh_json_check((struct wh_str){ text, WH_JSON_BYTES + 1 }, NULL, NULL), WH_ETOOBIG);
	assert_int_equal(wh_json_check((struct wh_str){ text, WH_JSON_BYTES + 1 }, &more, NULL), WH_OK);
	for (size_t i = 0; i < 3; i++) {
		memset(text, '[', depths[i]);
		memset(text + depths[i], ']', depths[i]);
		assert_int_equal(wh_json_check((struct wh_str){ text, 2 * depths[i] }, &more, NULL),
			depths[i] <= WH_JSON_DEPTH ? WH_OK : WH_ETOOBIG);
	}
	free(text);
}

static void
a_number_past_a_double_or_too_long_is_too_big(void **state)
{
	char digits[WH_JSON_NUMBER + 1];

	(void)state;
	assert_int_equal(wh_json_check(WH_STR("1e308"), NULL, NULL), WH_OK);
	assert_int_equal(wh_json_check(WH_STR("1e309"), NULL, NULL), WH_ETOOBIG);
	assert_int_equal(wh_json_check(WH_STR("[-1e99999999999999999999]"), NULL, NULL), WH_ETOOBIG);
	assert_int_equal(wh_json_check(WH_STR("0e99999999999999999999"), NULL, NULL), WH_OK);
	assert_int_equal(wh_json_check(WH_STR("1e-99999999999999999999"), NULL, NULL), WH_OK);
	memset(digits, '1', sizeof digits);
	digits[1] = '.';
	assert_int_equal(wh_json_check((struct wh_str){ digits, WH_JSON_NUMBER }, NULL, NULL), WH_OK);
	assert_int_equal(wh_json_check((struct wh_str){ digits, WH_JSON_NUMBER + 1 }, NULL, NULL), WH_ETOOBIG);
}

static void
a_key_that_is_there_twice_is_refused_when_asked(void **state)
{
	static const struct {
		const char *text;
		enum wh_err err;
		size_t at;
	} cases[] = {
		{ "{\"a\":1,\"b\":2,\"A\":3,\"\":4,\"aa\":5}", WH_OK, 0 },
		{ "{\"a\":1,\"b\":2,\"a\":3}", WH_EEXIST, 13 },
		{ "{\"a\":1,\"\\u0061\":2}", WH_EEXIST, 7 },
		{ "{\"\\u00e9x\":1,\"\xc3\xa9x\":2}", WH_EEXIST, 13 },
		{ "{\"\\n\":1,\"\\u000a\":2}", WH_EEXIST, 8 },
		{ "{\"\\n\":1,\"\\nn\":2,\"n\":3,\"\\\\n\":4,\"\":5}", WH_OK, 0 },
		{ "{\"\\u0000\":1,\"\":2}", WH_OK, 0 },
		{ "{\"\":1,\"\":2}", WH_EEXIST, 6 },
		{ "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}", WH_OK, 0 },
		{ "{\"a\":{\"b\":1,\"c\":[{}]},\"b\":2,\"a\":3}", WH_EEXIST, 28 },
		{ "[{\"a\":1},{\"b\":1,\"b\":2}]", WH_EEXIST, 16 },
	};
	struct wh_json_limits limits = { .unique_keys = true };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct wh_json_error e;

		if (wh_json_check(wh_str(cases[i].text), &limits, &e) != cases[i].err || e.at != cases[i].at)
			fail_msg("%s: %s at %zu", cases[i].text, e.reason, e.at);
		assert_int_equal(wh_json_check(wh_str(cases[i].text), NULL, NULL), WH_OK);
	}
}

static void
unique_keys_bound_the_members(void **state)
{
	struct wh_json_limits limits = { .unique_keys = true };
	struct wh_buf b = { 0 };

	(void)state;
	for (int members = WH_JSON_MEMBERS; members <= WH_JSON_MEMBERS + 1; members++) {
		wh_buf_reset(&b);
		for (int depth = 1; depth <= WH_JSON_DEPTH; depth++)
			for (int i = 0; i < members; i++)
				wh_buf_fmt(&b, "%s\"%d\":%s", i == 0 ? "{" : ",", i, i < members - 1 ? "0" : depth < WH_JSON_DEPTH ? "" : "0");
		for (int depth = 1; depth <= WH_JSON_DEPTH; depth++)
			wh_buf_byte(&b, '}');
		assert_int_equal(wh_json_check(wh_buf_slice(&b), NULL, NULL), WH_OK);
		assert_int_equal(wh_json_check(wh_buf_slice(&b), &limits, NULL), members == WH_JSON_MEMBERS ? WH_OK : WH_ETOOBIG);
	}
	wh_buf_free(&b);
}

static void
members_come_in_order_with_their_types(void **state)
{
	static const char *keys[] = { "n", "t", "f", "i", "d", "s", "a", "o" };
	static const char *raws[] = { "null", "true", "false", "-7", "1.0", "\"x\"", "[ 1, \"]\" ]", "{\"}\":{}}" };
	static const enum wh_value_type types[] = { WH_V_NULL, WH_V_BOOL, WH_V_BOOL, WH_V_INT, WH_V_NUM, WH_V_STR, WH_V_ARRAY,
		WH_V_OBJECT };
	struct wh_json_in in;
	struct wh_value v;
	struct wh_str key;
	struct text t;
	size_t i = 0;

	(void)state;
	text_read(&t, " {\"n\":null , \"t\":true,\"f\" :false,\"i\": -7,\n\"d\":1.0,\"s\":\"x\",\"a\":[ 1, \"]\" ],\"o\":{\"}\":{}} } ");
	for (in = wh_json_each(&t.root); wh_json_next(&in, &key, &v); i++) {
		assert_true(i < 8);
		assert_true(wh_str_is(key, keys[i]));
		assert_true(wh_str_is(v.raw, raws[i]));
		assert_int_equal(v.type, types[i]);
	}
	assert_int_equal(i, 8);
	assert_false(wh_json_next(&in, &key, &v));
	assert_true(member(&t.root, "t").b);
	assert_false(member(&t.root, "f").b);
	assert_int_equal(member(&t.root, "i").i, -7);
	wh_buf_free(&t.scratch);
}

static void
numbers_are_exact_integers_or_the_nearest_double(void **state)
{
	static const struct {
		const char *text;
		int64_t i;
	} ints[] = {
		{ "0", 0 }, { "-1", -1 }, { "9223372036854775807", INT64_MAX }, { "-9223372036854775808", INT64_MIN },
		{ "9007199254740993", 9007199254740993 },
	};
	static const char *nums[] = { "-0", "0.0", "1e2", "9223372036854775808", "-9223372036854775809", "18446744073709551615",
		"0.1", "123456.789", "1e22", "1e23", "8.5e-22", "9007199254740993.0", "2.2250738585072011e-308", "5e-324", "1e-999",
		"0.000000000000000000000000000000123456789", "1.7976931348623157e308", "100000000000000000000000000000000000000000" };
	struct text t;

	(void)state;
	for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
		text_read(&t, ints[i].text);
		assert_int_equal(t.root.type, WH_V_INT);
		assert_true(t.root.i == ints[i].i);
	}
	for (size_t i = 0; i < sizeof nums / sizeof nums[0]; i++) {
		double expect = strtod(nums[i], NULL);

		text_read(&t, nums[i]);
		assert_int_equal(t.root.type, WH_V_NUM);
		if (memcmp(&t.root.d, &expect, sizeof expect) != 0)
			fail_msg("%s was read as %a", nums[i], t.root.d);
	}
}

static void
strings_point_into_the_text_unless_they_have_escapes(void **state)
{
	static const char json[] = "{\"plain\":\"gr\xc3\xbc\xc3\x9f\",\"esc\\u0061ped\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u20ac\\ud83d\\ude00z\"}";
	struct wh_value plain, escaped, again;
	struct text t;

	(void)state;
	text_read(&t, json);
	plain = member(&t.root, "plain");
	assert_ptr_equal(plain.s.p, strstr(json, "gr"));
	assert_true(wh_str_is(plain.s, "gr\xc3\xbc\xc3\x9f"));
	escaped = member(&t.root, "escaped");
	assert_true(wh_str_eq(escaped.s, WH_STR("a\"\\/\b\f\n\r\t\0\xe2\x82\xac\xf0\x9f\x98\x80z")));
	assert_true(escaped.raw.p[0] == '"' && escaped.raw.p[escaped.raw.n - 1] == '"');
	again = member(&t.root, "escaped");
	assert_ptr_equal(again.s.p, escaped.s.p);
	assert_true(wh_str_is(plain.s, "gr\xc3\xbc\xc3\x9f"));
	wh_buf_free(&t.scratch);
}

static void
escaped_strings_keep_out_of_each_other_s_way(void **state)
{
	struct wh_value v[3];
	struct wh_json_in in;
	struct text t;

	(void)state;
	text_read(&t, "[\"\\n1\",\"\\n\\u0032\",\"3\\n\"]");
	in = wh_json_each(&t.root);
	for (int i = 0; i < 3; i++)
		assert_true(wh_json_next(&in, NULL, &v[i]));
	assert_true(wh_str_is(v[0].s, "\n1"));
	assert_true(wh_str_is(v[1].s, "\n2"));
	assert_true(wh_str_is(v[2].s, "3\n"));
	wh_buf_free(&t.scratch);
}

static void
a_missing_member_is_none(void **state)
{
	struct wh_value v;
	struct text t;

	(void)state;
	text_read(&t, "{\"a\":{\"b\":[1]},\"a\":2}");
	assert_int_equal(member(&t.root, "c").type, WH_V_NONE);
	assert_int_equal(member(&t.root, "").type, WH_V_NONE);
	assert_int_equal(member(&t.root, "a").type, WH_V_OBJECT);
	v = t.root;
	assert_true(wh_json_get(&v, "a", &v) && wh_json_get(&v, "b", &v));
	assert_int_equal(v.type, WH_V_ARRAY);
	assert_false(wh_json_get(&v, "0", &v));
	assert_int_equal(v.type, WH_V_NONE);
	assert_false(wh_json_get(&v, "a", &v));
	wh_buf_free(&t.scratch);
}

static void
what_has_no_members_is_read_through_at_once(void **state)
{
	static const char *texts[] = { "1", "\"x\"", "null", "[]", "{}", "[ ]", "{\n}" };
	struct wh_json_in in;
	struct wh_value v;
	struct text t;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		text_read(&t, texts[i]);
		in = wh_json_each(&t.root);
		assert_false(wh_json_next(&in, NULL, &v));
	}
	v = (struct wh_value){ 0 };
	in = wh_json_each(&v);
	assert_false(wh_json_next(&in, NULL, &v));
}

static void
a_refused_text_gives_no_value(void **state)
{
	struct wh_buf scratch = { .max = 4 };
	struct wh_json_error e = { 0 };
	struct wh_json_doc doc;
	struct wh_value v;

	(void)state;
	assert_int_equal(wh_json_read(&doc, WH_STR("[1"), NULL, &scratch, &v, &e), WH_ESYNTAX);
	assert_int_equal(v.type, WH_V_NONE);
	assert_int_equal(e.at, 2);
	assert_int_equal(wh_json_read(&doc, WH_STR("\"\\n\\n\""), NULL, &scratch, &v, &e), WH_ENOMEM);
	assert_int_equal(v.type, WH_V_NONE);
	assert_string_equal(e.reason, "out of memory");
	assert_int_equal(wh_json_read(&doc, WH_STR("\"long enough\""), NULL, &scratch, &v, &e), WH_OK);
	assert_true(wh_str_is(v.s, "long enough"));
	wh_buf_free(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_texts_are_accepted),
		cmocka_unit_test(the_rfc_s_examples_are_accepted),
		cmocka_unit_test(bad_texts_are_refused_with_the_place),
		cmocka_unit_test(every_cut_of_a_good_object_is_refused),
		cmocka_unit_test(a_text_past_a_limit_is_too_big),
		cmocka_unit_test(the_default_limits_hold),
		cmocka_unit_test(a_number_past_a_double_or_too_long_is_too_big),
		cmocka_unit_test(a_key_that_is_there_twice_is_refused_when_asked),
		cmocka_unit_test(unique_keys_bound_the_members),
		cmocka_unit_test(members_come_in_order_with_their_types),
		cmocka_unit_test(numbers_are_exact_integers_or_the_nearest_double),
		cmocka_unit_test(strings_point_into_the_text_unless_they_have_escapes),
		cmocka_unit_test(escaped_strings_keep_out_of_each_other_s_way),
		cmocka_unit_test(a_missing_member_is_none),
		cmocka_unit_test(what_has_no_members_is_read_through_at_once),
		cmocka_unit_test(a_refused_text_gives_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
