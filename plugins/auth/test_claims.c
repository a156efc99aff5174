/* Tests of the JSON reader and of the claims' checks. */
#include "claims.h"
#include "testing.h"

#define NOW 1700000000

static enum wh_err
read_text(const char *text)
{
	struct claims_value root;
	size_t n = strlen(text);
	uint8_t *copy = exact(text, n);
	enum wh_err err = claims_read((struct wh_str){ (char *)copy, n }, &root);

	free(copy);
	return err;
}

static void
strict_json_and_nothing_else_is_read(void **state)
{
	static const char *const good[] = { "{}", " [ ] ", "0", "-0", "1.5e+3", "\"\"", "true", "false", "null", "{\"a\":[1,{\"b\":null}],\"c\":\"\\u00e9\\n\"}",
		"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"", "[1 , 2]", "\t{\r\n\"a\" : 1 }\n", "{\"\":1}", "\"\\\\\\\"\\/\"" };
	static const char *const bad[] = { "", " ", "{", "}", "[", "{]", "[}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "[1,]", "[,1]", "[1 2]", "{a:1}",
		"{'a':1}", "{1:2}", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "Infinity", "tru", "nul", "True", "\"", "\"a", "\"\\\"", "\"\\x\"",
		"\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\udc00\"", "\"\\u0000\"", "\"\n\"", "\"\x01\"", "\"\x80\"", "\"\xc0\xaf\"",
		"\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "\"\xe0\x80\xaf\"", "{} {}", "{}x", "1,", "// c\n1", "\xef\xbb\xbf{}", "[1]]",
		"{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":{\"c\":1,\"c\":1}}", "{\"a\":1,\"\\u0061\":2}", "[{\"\xc3\xa9\":1,\"\\u00E9\":1}]" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (read_text(good[i]) != WH_OK)
			fail_msg("refused %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (read_text(bad[i]) != WH_ESYNTAX)
			fail_msg("accepted %s", bad[i]);
}

static void
depth_width_and_length_are_bounded(void **state)
{
	static char text[CLAIMS_TEXT + 2];
	struct claims_value root;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < CLAIMS_DEPTH; i++)
		text[i] = '[', text[CLAIMS_DEPTH + i] = ']';
	assert_int_equal(read_text(text), WH_OK);
	for (int i = 0; i <= CLAIMS_DEPTH; i++)
		text[i] = '[', text[CLAIMS_DEPTH + 1 + i] = ']';
	assert_int_equal(read_text(text), WH_ETOOBIG);
	for (int i = 0; i < CLAIMS_MEMBERS; i++)
		n += (size_t)sprintf(text + n, "%c\"m%d\":1", i == 0 ? '{' : ',', i);
	strcpy(text + n, "}");
	assert_int_equal(read_text(text), WH_OK);
	strcpy(text + n, ",\"more\":1}");
	assert_int_equal(read_text(text), WH_ETOOBIG);
	memset(text, ' ', sizeof text);
	text[0] = '1';
	assert_int_equal(claims_read((struct wh_str){ text, CLAIMS_TEXT }, &root), WH_OK);
	assert_int_equal(claims_read((struct wh_str){ text, CLAIMS_TEXT + 1 }, &root), WH_ETOOBIG);
	memset(text, '[', CLAIMS_TEXT);
	assert_int_equal(claims_read((struct wh_str){ text, CLAIMS_TEXT }, &root), WH_ETOOBIG);
}

static const char example[] = "{\"s\":\"a\\u00e9\\ud83d\\ude00\\n\",\"i\":-42,\"t\":1700000000.9,\"e\":1e3,\"big\":9007199254740993,"
			      "\"yes\":true,\"no\":false,\"null\":null,\"list\":[1,\"two\",{\"three\":3}],\"in\":{\"ner\":{\"most\":\"x\"}},\"esc\\u0061pe\":7}";

static void
members_are_found_by_name_and_type(void **state)
{
	struct claims_value root, v;
	char text[32];
	int64_t i;
	size_t n;
	bool b;

	(void)state;
	assert_int_equal(claims_read(wh_str(example), &root), WH_OK);
	assert_true(claims_get_text(&root, "s", text, sizeof text, &n));
	assert_string_equal(text, "a\xc3\xa9\xf0\x9f\x98\x80\n");
	assert_int_equal(n, 8);
	assert_true(claims_get_text(&root, "s", text, 9, &n));
	assert_false(claims_get_text(&root, "s", text, 8, &n));
	assert_int_equal(n, 0);
	assert_true(claims_get_int(&root, "i", &i));
	assert_int_equal(i, -42);
	assert_false(claims_get_int(&root, "t", &i));
	assert_true(claims_get_time(&root, "t", &i));
	assert_int_equal(i, NOW);
	assert_false(claims_get_time(&root, "e", &i));
	assert_false(claims_get_int(&root, "big", &i));
	assert_true(claims_get_bool(&root, "yes", &b) && b);
	assert_true(claims_get_bool(&root, "no", &b) && !b);
	assert_false(claims_get_bool(&root, "null", &b));
	assert_true(claims_get(&root, "null", &v) && v.type == CLAIMS_NULL);
	assert_true(claims_get_int(&root, "escape", &i) && i == 7);
	assert_false(claims_get_text(&root, "i", text, sizeof text, &n));
	assert_false(claims_get_int(&root, "s", &i));
	assert_false(claims_get(&root, "most", &v));
	assert_false(claims_get(&root, "", &v));
	assert_true(claims_get(&root, "in", &v) && claims_get(&v, "ner", &v) && claims_get_is(&v, "most", WH_STR("x")));
	assert_true(claims_get(&root, "list", &v) && !claims_get(&v, "three", &v));
}

static void
a_walk_meets_each_member_once(void **state)
{
	struct claims_value root, list, name, v;
	struct claims_walk walk;
	size_t n = 0;

	(void)state;
	assert_int_equal(claims_read(wh_str(example), &root), WH_OK);
	for (walk = claims_each(&root); claims_next(&walk, &name, &v); n++)
		assert_int_equal(name.type, CLAIMS_STRING);
	assert_int_equal(n, 11);
	assert_true(claims_get(&root, "list", &list));
	walk = claims_each(&list);
	assert_true(claims_next(&walk, &name, &v) && v.type == CLAIMS_NUMBER && name.type == CLAIMS_NONE);
	assert_true(claims_next(&walk, &name, &v) && claims_is(&v, WH_STR("two")));
	assert_true(claims_next(&walk, &name, &v) && v.type == CLAIMS_OBJECT);
	assert_false(claims_next(&walk, &name, &v));
	assert_false(claims_next(&walk, &name, &v));
	assert_int_equal(claims_read(WH_STR("[ ]"), &root), WH_OK);
	walk = claims_each(&root);
	assert_false(claims_next(&walk, &name, &v));
}

static void
a_text_cut_anywhere_is_refused(void **state)
{
	struct claims_value root;

	(void)state;
	for (size_t n = 0; n < sizeof example - 1; n++) {
		uint8_t *cut = exact(example, n);

		assert_int_equal(claims_read((struct wh_str){ (char *)cut, n }, &root), WH_ESYNTAX);
		assert_int_equal(root.type, CLAIMS_NONE);
		free(cut);
	}
}

static enum claims_flaw
check(const char *text)
{
	const struct claims_expect expect = { WH_STR("https://id.example"), WH_STR("whiply"), WH_STR("n-0S6"), NOW };
	struct claims_value root;

	if (claims_read(wh_str(text), &root) != WH_OK)
		fail_msg("not JSON: %s", text);
	return claims_check(&root, &expect);
}

#define TOKEN(iss, sub, aud, times, rest) "{\"iss\":" iss ",\"sub\":" sub ",\"aud\":" aud "," times rest "}"
#define ISS "\"https://id.example\""
#define TIMES "\"exp\":1700000300,\"iat\":1700000000"
#define NONCE ",\"nonce\":\"n-0S6\""

static void
a_good_token_passes(void **state)
{
	(void)state;
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"whiply\"", TIMES, NONCE)), CLAIMS_GOOD);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "[\"whiply\"]", TIMES, NONCE)), CLAIMS_GOOD);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "[\"other\",\"whiply\"]", TIMES, NONCE ",\"azp\":\"whiply\"")), CLAIMS_GOOD);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"whiply\"", TIMES, NONCE ",\"azp\":\"whiply\",\"nbf\":1700000000")), CLAIMS_GOOD);
}

static void
a_token_of_another_issuer_is_refused(void **state)
{
	(void)state;
	assert_int_equal(check(TOKEN("\"https://id.example/\"", "\"u1\"", "\"whiply\"", TIMES, NONCE)), CLAIMS_ISS);
	assert_int_equal(check(TOKEN("\"https://evil.example\"", "\"u1\"", "\"whiply\"", TIMES, NONCE)), CLAIMS_ISS);
	assert_int_equal(check(TOKEN("[\"https://id.example\"]", "\"u1\"", "\"whiply\"", TIMES, NONCE)), CLAIMS_ISS);
	assert_int_equal(check("{\"sub\":\"u1\",\"aud\":\"whiply\"," TIMES NONCE "}"), CLAIMS_ISS);
	assert_int_equal(check("[]"), CLAIMS_SHAPE);
	assert_int_equal(check("\"x\""), CLAIMS_SHAPE);
}

static void
a_token_without_a_subject_is_refused(void **state)
{
	(void)state;
	assert_int_equal(check(TOKEN(ISS, "\"\"", "\"whiply\"", TIMES, NONCE)), CLAIMS_SUB);
	assert_int_equal(check(TOKEN(ISS, "7", "\"whiply\"", TIMES, NONCE)), CLAIMS_SUB);
}

static void
a_token_for_another_audience_is_refused(void **state)
{
	(void)state;
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"other\"", TIMES, NONCE)), CLAIMS_AUD);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"Whiply\"", TIMES, NONCE)), CLAIMS_AUD);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "[]", TIMES, NONCE)), CLAIMS_AUD);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "[\"whiply\",7]", TIMES, NONCE)), CLAIMS_AUD);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "{\"whiply\":\"whiply\"}", TIMES, NONCE)), CLAIMS_AUD);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "null", TIMES, NONCE)), CLAIMS_AUD);
}

static void
azp_is_ours_and_is_there_when_aud_names_several(void **state)
{
	(void)state;
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "[\"whiply\",\"other\"]", TIMES, NONCE)), CLAIMS_AZP);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "[\"whiply\",\"other\"]", TIMES, NONCE ",\"azp\":\"other\"")), CLAIMS_AZP);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"whiply\"", TIMES, NONCE ",\"azp\":\"other\"")), CLAIMS_AZP);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"whiply\"", TIMES, NONCE ",\"azp\":null")), CLAIMS_AZP);
}

static void
times_hold_within_the_skew_and_no_further(void **state)
{
	static const struct {
		const char *times;
		enum claims_flaw flaw;
	} rows[] = {
		{ "\"exp\":1699999941,\"iat\":1699990000", CLAIMS_GOOD }, { "\"exp\":1699999940,\"iat\":1699990000", CLAIMS_EXP },
		{ "\"iat\":1700000000", CLAIMS_EXP }, { "\"exp\":\"1800000000\",\"iat\":1700000000", CLAIMS_EXP },
		{ "\"exp\":1e12,\"iat\":1700000000", CLAIMS_EXP }, { "\"exp\":-1,\"iat\":1700000000", CLAIMS_EXP },
		{ "\"exp\":1800000000,\"iat\":1700000060", CLAIMS_GOOD }, { "\"exp\":1800000000,\"iat\":1700000061", CLAIMS_IAT },
		{ "\"exp\":1800000000", CLAIMS_IAT }, { "\"exp\":1800000000,\"iat\":null", CLAIMS_IAT },
		{ "\"exp\":1800000000,\"iat\":0,\"nbf\":1700000060", CLAIMS_GOOD }, { "\"exp\":1800000000,\"iat\":0,\"nbf\":1700000061", CLAIMS_NBF },
		{ "\"exp\":1800000000,\"iat\":0,\"nbf\":\"0\"", CLAIMS_NBF }, { "\"exp\":1699999941.5,\"iat\":0", CLAIMS_GOOD },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(text, sizeof text, TOKEN(ISS, "\"u1\"", "\"whiply\"", "%s", NONCE), rows[i].times);
		if (check(text) != rows[i].flaw)
			fail_msg("%s: %d", rows[i].times, check(text));
	}
}

static void
the_nonce_is_the_one_that_was_sent(void **state)
{
	struct claims_expect expect = { WH_STR("https://id.example"), WH_STR("whiply"), { NULL, 0 }, NOW };
	struct claims_value root;

	(void)state;
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"whiply\"", TIMES, "")), CLAIMS_NONCE);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"whiply\"", TIMES, ",\"nonce\":\"n-0S7\"")), CLAIMS_NONCE);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"whiply\"", TIMES, ",\"nonce\":\"n-0S\"")), CLAIMS_NONCE);
	assert_int_equal(check(TOKEN(ISS, "\"u1\"", "\"whiply\"", TIMES, ",\"nonce\":[\"n-0S6\"]")), CLAIMS_NONCE);
	assert_int_equal(claims_read(WH_STR(TOKEN(ISS, "\"u1\"", "\"whiply\"", TIMES, "")), &root), WH_OK);
	assert_int_equal(claims_check(&root, &expect), CLAIMS_GOOD);
	expect.nonce = WH_STR("");
	assert_int_equal(claims_check(&root, &expect), CLAIMS_NONCE);
	expect.nonce.p = NULL;
	expect.aud = WH_STR("");
	assert_int_equal(claims_check(&root, &expect), CLAIMS_AUD);
	expect.iss = WH_STR("");
	assert_int_equal(claims_check(&root, &expect), CLAIMS_ISS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_json_and_nothing_else_is_read),
		cmocka_unit_test(depth_width_and_length_are_bounded),
		cmocka_unit_test(members_are_found_by_name_and_type),
		cmocka_unit_test(a_walk_meets_each_member_once),
		cmocka_unit_test(a_text_cut_anywhere_is_refused),
		cmocka_unit_test(a_good_token_passes),
		cmocka_unit_test(a_token_of_another_issuer_is_refused),
		cmocka_unit_test(a_token_without_a_subject_is_refused),
		cmocka_unit_test(a_token_for_another_audience_is_refused),
		cmocka_unit_test(azp_is_ours_and_is_there_when_aud_names_several),
		cmocka_unit_test(times_hold_within_the_skew_and_no_further),
		cmocka_unit_test(the_nonce_is_the_one_that_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
