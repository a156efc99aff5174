/* Tests of passwords, at a cost that lets them run in milliseconds. */
#include "password.h"
#include "testing.h"

static const struct password_params cheap = { 64, 1, 1 };
static const uint8_t salt[PASSWORD_SALT] = "somesaltsomesalt";

static enum wh_err
verify(const char *encoded, struct wh_str password)
{
	bool upgrade;

	return password_verify(wh_str(encoded), password, &cheap, &upgrade);
}

/* As written by the reference library's own encoder (argon2id_hash_encoded). */
static void
hashes_are_those_of_the_reference_library(void **state)
{
	const struct password_params params = { 64, 2, 1 };
	char encoded[PASSWORD_ENCODED];

	(void)state;
	assert_int_equal(password_hash(&params, WH_STR("correct horse"), salt, encoded), WH_OK);
	assert_string_equal(encoded, "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$uL2hQzJmxaz0Tfm2KK6uNjA0+UvbrHBEBwVmJYrNXCE");
	assert_int_equal(password_hash(&(struct password_params){ 64, 1, 4 }, WH_STR("correct horse"), salt, encoded), WH_OK);
	assert_string_equal(encoded, "$argon2id$v=19$m=64,t=1,p=4$c29tZXNhbHRzb21lc2FsdA$d80r1MI4RB6gCKbLOCmLjXmc+lTIN4sNrJUow2xbaAE");
}

static void
the_password_and_no_other_is_accepted(void **state)
{
	char encoded[PASSWORD_ENCODED];

	(void)state;
	assert_int_equal(password_hash(&cheap, WH_STR("correct horse"), salt, encoded), WH_OK);
	assert_int_equal(verify(encoded, WH_STR("correct horse")), WH_OK);
	assert_int_equal(verify(encoded, WH_STR("correct horsf")), WH_EAUTH);
	assert_int_equal(verify(encoded, WH_STR("correct hors")), WH_EAUTH);
	assert_int_equal(verify(encoded, WH_STR("correct horse ")), WH_EAUTH);
	assert_int_equal(verify(encoded, WH_STR("correct horse\0")), WH_EAUTH);
	assert_int_equal(verify(encoded, WH_STR("\xff")), WH_EAUTH);
	assert_int_equal(verify(encoded, (struct wh_str){ NULL, 0 }), WH_EAUTH);
}

static void
what_looks_the_same_typed_elsewhere_is_the_same(void **state)
{
	char encoded[PASSWORD_ENCODED];

	(void)state;
	assert_int_equal(password_hash(&cheap, WH_STR("caf\xc3\xa9 noir"), salt, encoded), WH_OK);
	assert_int_equal(verify(encoded, WH_STR("cafe\xcc\x81 noir")), WH_OK);
	assert_int_equal(verify(encoded, WH_STR("cafe\xcc\x81\xc2\xa0noir")), WH_OK);
	assert_int_equal(verify(encoded, WH_STR("cafe noir")), WH_EAUTH);
	assert_int_equal(verify(encoded, WH_STR("Caf\xc3\xa9 noir")), WH_EAUTH);
	assert_int_equal(verify(encoded, WH_STR("caf\xc3\xa9 \xef\xbd\x8eoir")), WH_EAUTH);
}

static void
another_cost_asks_for_an_upgrade_and_only_when_the_password_was_right(void **state)
{
	char encoded[PASSWORD_ENCODED];
	bool upgrade;

	(void)state;
	assert_int_equal(password_hash(&cheap, WH_STR("correct horse"), salt, encoded), WH_OK);
	assert_int_equal(password_verify(wh_str(encoded), WH_STR("correct horse"), &cheap, &upgrade), WH_OK);
	assert_false(upgrade);
	assert_int_equal(password_verify(wh_str(encoded), WH_STR("correct horse"), &(struct password_params){ 64, 2, 1 }, &upgrade), WH_OK);
	assert_true(upgrade);
	assert_int_equal(password_verify(wh_str(encoded), WH_STR("wrong horse"), &(struct password_params){ 64, 2, 1 }, &upgrade), WH_EAUTH);
	assert_false(upgrade);
}

static void
a_hash_of_another_form_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "$", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=064,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4294967360,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=1048577,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=65,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=1,p=9$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2Fsd$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
	};
	char encoded[PASSWORD_ENCODED];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (verify(bad[i], WH_STR("x")) != WH_ESYNTAX)
			fail_msg("accepted %s", bad[i]);
	assert_int_equal(password_hash(&cheap, WH_STR("correct horse"), salt, encoded), WH_OK);
	for (size_t n = 0; n < strlen(encoded); n++) {
		uint8_t *cut = exact(encoded, n);
		bool upgrade;

		assert_int_equal(password_verify((struct wh_str){ (char *)cut, n }, WH_STR("correct horse"), &cheap, &upgrade), WH_ESYNTAX);
		free(cut);
	}
}

static void
costs_out_of_bounds_make_no_hash(void **state)
{
	static const struct password_params bad[] = { { 7, 1, 1 }, { 64, 0, 1 }, { 64, 1, 0 }, { 127, 1, 16 }, { PASSWORD_M_MAX + 1, 1, 1 },
		{ 64, PASSWORD_T_MAX + 1, 1 }, { 1024, 1, PASSWORD_P_MAX + 1 } };
	const uint8_t random[PASSWORD_SALT + PASSWORD_HASH] = { 1 };
	char encoded[PASSWORD_ENCODED];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(password_hash(&bad[i], WH_STR("correct horse"), salt, encoded), WH_EINVAL);
		assert_int_equal(password_decoy(&bad[i], random, encoded), WH_EINVAL);
	}
	assert_int_equal(password_hash(&cheap, WH_STR("a\x01"), salt, encoded), WH_EINVAL);
}

static void
a_decoy_is_verified_like_a_hash_and_never_fits(void **state)
{
	uint8_t random[PASSWORD_SALT + PASSWORD_HASH];
	char encoded[PASSWORD_ENCODED];

	(void)state;
	for (size_t i = 0; i < sizeof random; i++)
		random[i] = (uint8_t)(i * 7);
	assert_int_equal(password_decoy(&cheap, random, encoded), WH_OK);
	assert_int_equal(verify(encoded, WH_STR("correct horse")), WH_EAUTH);
}

static enum password_flaw
judge(const char *password)
{
	return password_judge(wh_str(password), WH_STR("dorothea"));
}

static void
the_policy_refuses_what_it_says(void **state)
{
	char text[1100];

	(void)state;
	assert_int_equal(judge("correct horse"), PASSWORD_GOOD);
	assert_int_equal(judge("seven77"), PASSWORD_SHORT);
	assert_int_equal(judge("eight888"), PASSWORD_GOOD);
	assert_int_equal(judge(""), PASSWORD_SHORT);
	assert_int_equal(judge("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), PASSWORD_SHORT);
	assert_int_equal(judge("e\xcc\x81" "e\xcc\x81" "e\xcc\x81" "abcd"), PASSWORD_SHORT);
	assert_int_equal(judge("Dorothea"), PASSWORD_IS_NAME);
	assert_int_equal(judge("\xef\xbd\x84orothea"), PASSWORD_IS_NAME);
	assert_int_equal(judge("PassWord1"), PASSWORD_COMMON);
	assert_int_equal(judge("Contrasen\xcc\x83" "a"), PASSWORD_COMMON);
	assert_int_equal(judge("zzzzzzzzzzzz"), PASSWORD_COMMON);
	assert_int_equal(judge("tab\tinside"), PASSWORD_NOT_TEXT);
	assert_int_equal(judge("line\xe2\x80\xa8inside"), PASSWORD_NOT_TEXT);
	assert_int_equal(judge("\xed\xa0\x80surrogate"), PASSWORD_NOT_TEXT);
	assert_int_equal(judge("unassigned\xcd\xb8"), PASSWORD_NOT_TEXT);
	assert_int_equal(judge("overlong\xc0\xaf"), PASSWORD_NOT_TEXT);
	memset(text, 'a', sizeof text);
	text[0] = 'b';
	text[256] = '\0';
	assert_int_equal(judge(text), PASSWORD_GOOD);
	text[256] = 'a';
	text[257] = '\0';
	assert_int_equal(judge(text), PASSWORD_LONG);
	text[257] = 'a';
	text[1099] = '\0';
	assert_int_equal(judge(text), PASSWORD_LONG);
}

static void
a_text_that_grows_when_normalised_stays_in_bounds(void **state)
{
	char text[1024], out[PASSWORD_BYTES];
	size_t n;

	(void)state;
	for (size_t i = 0; i + 3 <= sizeof text; i += 3)
		memcpy(text + i, "\xef\xb7\xba", 3);	/* U+FDFA: 18 code points in NFKC */
	assert_int_equal(password_prepare(PASSWORD_SASLPREP, (struct wh_str){ text, 1023 }, out, &n), PASSWORD_LONG);
	assert_int_equal(password_prepare(PASSWORD_OPAQUE, (struct wh_str){ text, 1023 }, out, &n), PASSWORD_GOOD);
	assert_int_equal(n, 1023);
	assert_int_equal(password_prepare(PASSWORD_SASLPREP, WH_STR("\xc2\xaa\xe2\x85\xa8"), out, &n), PASSWORD_GOOD);
	assert_memory_equal(out, "aIX", 3);
}

static void
each_flaw_has_a_sentence(void **state)
{
	(void)state;
	for (enum password_flaw flaw = PASSWORD_GOOD; flaw <= PASSWORD_COMMON; flaw++)
		assert_true(strlen(password_flaw_text(flaw)) > 5);
	for (enum password_flaw flaw = PASSWORD_NOT_TEXT; flaw <= PASSWORD_COMMON; flaw++)
		assert_string_not_equal(password_flaw_text(flaw), "is good");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_the_reference_library),
		cmocka_unit_test(the_password_and_no_other_is_accepted),
		cmocka_unit_test(what_looks_the_same_typed_elsewhere_is_the_same),
		cmocka_unit_test(another_cost_asks_for_an_upgrade_and_only_when_the_password_was_right),
		cmocka_unit_test(a_hash_of_another_form_is_refused),
		cmocka_unit_test(costs_out_of_bounds_make_no_hash),
		cmocka_unit_test(a_decoy_is_verified_like_a_hash_and_never_fits),
		cmocka_unit_test(the_policy_refuses_what_it_says),
		cmocka_unit_test(a_text_that_grows_when_normalised_stays_in_bounds),
		cmocka_unit_test(each_flaw_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
