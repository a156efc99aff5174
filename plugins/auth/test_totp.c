/* Tests of TOTP and recovery codes. The codes are those of RFC 6238, appendix B (SHA-1), of which an app shows the last six
 * digits, and of RFC 4226, appendix D. */
#include "testing.h"
#include "totp.h"

static const uint8_t secret[TOTP_SECRET] = "12345678901234567890";

static void
the_rfcs_codes_come_out(void **state)
{
	static const struct {
		int64_t time_s;
		const char *code;
	} rows[] = { { 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" }, { 1234567890, "005924" }, { 2000000000, "279037" },
		{ 20000000000, "353130" } };
	static const char *const counted[] = { "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489" };
	char code[TOTP_DIGITS + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(totp_code(secret, rows[i].time_s / TOTP_STEP_S, code));
		assert_string_equal(code, rows[i].code);
	}
	for (size_t i = 0; i < COUNT(counted); i++) {
		assert_true(totp_code(secret, (int64_t)i, code));
		assert_string_equal(code, counted[i]);
	}
}

static void
a_code_holds_from_the_step_before_to_the_step_after(void **state)
{
	int64_t step;

	(void)state;
	for (int64_t now = 0; now < 200; now++) {
		bool near = now / 30 >= 2 && now / 30 <= 4;	/* 969429 is the code of step 3 */

		assert_int_equal(totp_verify(secret, WH_STR("969429"), now, -1, &step), near);
		assert_int_equal(step, near ? 3 : -1);
	}
	assert_false(totp_verify(secret, WH_STR("969428"), 100, -1, &step));
}

static void
a_used_step_and_those_before_it_are_refused(void **state)
{
	int64_t step;

	(void)state;
	assert_true(totp_verify(secret, WH_STR("969429"), 100, 2, &step));
	assert_false(totp_verify(secret, WH_STR("969429"), 100, 3, &step));
	assert_false(totp_verify(secret, WH_STR("359152"), 100, 3, &step));
	assert_true(totp_verify(secret, WH_STR("338314"), 100, 3, &step));
	assert_int_equal(step, 4);
}

static void
other_texts_are_no_codes(void **state)
{
	static const char *const bad[] = { "", "96942", "9694290", " 69429", "96942\n", "+69429", "abcdef" };
	int64_t step;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(totp_verify(secret, wh_str(bad[i]), 100, -1, &step));
	assert_false(totp_verify(secret, WH_STR("755224"), -1, -1, &step));
	assert_true(totp_verify(secret, WH_STR("755224"), 0, -1, &step));
	assert_int_equal(step, 0);
}

static void
the_uri_is_what_apps_read(void **state)
{
	char uri[TOTP_URI_ROOM], name[300];

	(void)state;
	assert_true(totp_uri(secret, WH_STR("Ann's site"), WH_STR("zo\xc3\xab@x"), uri));
	assert_string_equal(uri, "otpauth://totp/Ann%27s%20site:zo%C3%AB%40x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ann%27s%20site"
				 "&algorithm=SHA1&digits=6&period=30");
	memset(name, 'a', sizeof name);
	assert_true(totp_uri(secret, WH_STR("x"), (struct wh_str){ name, 300 }, uri));
	assert_false(totp_uri(secret, (struct wh_str){ name, 200 }, (struct wh_str){ name, 200 }, uri));
	assert_string_equal(uri, "");
	memset(name, '%', sizeof name);
	assert_false(totp_uri(secret, WH_STR("x"), (struct wh_str){ name, 200 }, uri));
}

static void
recovery_codes_are_ten_and_read_without_doubt(void **state)
{
	char codes[TOTP_RECOVERY_CODES][TOTP_RECOVERY_SIZE + 1], normal[TOTP_RECOVERY_SIZE + 1];
	uint8_t random[TOTP_RECOVERY_RANDOM];

	(void)state;
	for (size_t i = 0; i < sizeof random; i++)
		random[i] = (uint8_t)(i * 37);
	totp_recovery_make(random, codes);
	for (int i = 0; i < TOTP_RECOVERY_CODES; i++) {
		assert_int_equal(strlen(codes[i]), TOTP_RECOVERY_SIZE);
		assert_null(strpbrk(codes[i], "ilou"));
		assert_true(totp_recovery_normal(wh_str(codes[i]), normal));
		assert_string_equal(normal, codes[i]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(codes[i], codes[j]);
	}
	assert_true(totp_recovery_normal(WH_STR(" ABCDE 0O1iL "), normal));
	assert_string_equal(normal, "abcde-00111");
	assert_true(totp_recovery_normal(WH_STR("abcdefghjk"), normal));
	assert_string_equal(normal, "abcde-fghjk");
	assert_false(totp_recovery_normal(WH_STR("abcde-fghj"), normal));
	assert_false(totp_recovery_normal(WH_STR("abcde-fghjkm"), normal));
	assert_false(totp_recovery_normal(WH_STR("abcde-fghju"), normal));
	assert_false(totp_recovery_normal(WH_STR("abcde\0fghjk"), normal));
	assert_false(totp_recovery_normal(WH_STR("abcde"), normal));
	assert_false(totp_recovery_normal(WH_STR(""), normal));
	assert_string_equal(normal, "");
}

static void
a_recovery_hash_depends_on_key_account_and_code(void **state)
{
	uint8_t hash[TOTP_RECOVERY_HASH], other[TOTP_RECOVERY_HASH];

	(void)state;
	assert_true(totp_recovery_hash(WH_STR("key"), WH_STR("ann"), WH_STR("abcde-00111"), hash));
	assert_true(totp_recovery_hash(WH_STR("key"), WH_STR("ann"), WH_STR("ABCDE OOLIL"), other));
	assert_memory_equal(hash, other, sizeof hash);
	assert_true(totp_recovery_hash(WH_STR("kez"), WH_STR("ann"), WH_STR("abcde-00111"), other));
	assert_memory_not_equal(hash, other, sizeof hash);
	assert_true(totp_recovery_hash(WH_STR("key"), WH_STR("bob"), WH_STR("abcde-00111"), other));
	assert_memory_not_equal(hash, other, sizeof hash);
	assert_true(totp_recovery_hash(WH_STR("key"), WH_STR("ann"), WH_STR("abcde-00112"), other));
	assert_memory_not_equal(hash, other, sizeof hash);
	assert_false(totp_recovery_hash(WH_STR(""), WH_STR("ann"), WH_STR("abcde-00111"), other));
	assert_false(totp_recovery_hash(WH_STR("key"), WH_STR("ann"), WH_STR("abcde"), other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfcs_codes_come_out),
		cmocka_unit_test(a_code_holds_from_the_step_before_to_the_step_after),
		cmocka_unit_test(a_used_step_and_those_before_it_are_refused),
		cmocka_unit_test(other_texts_are_no_codes),
		cmocka_unit_test(the_uri_is_what_apps_read),
		cmocka_unit_test(recovery_codes_are_ten_and_read_without_doubt),
		cmocka_unit_test(a_recovery_hash_depends_on_key_account_and_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
