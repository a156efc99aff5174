/* Tests of PKCE; the pair is that of RFC 7636, appendix B. */
#include "pkce.h"
#include "testing.h"

static const char verifier[] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
static const char challenge[] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

static void
the_rfc_s_example_holds(void **state)
{
	char out[PKCE_CHALLENGE + 1];

	(void)state;
	assert_true(pkce_challenge(wh_str(verifier), out));
	assert_string_equal(out, challenge);
	assert_true(pkce_verify(wh_str(challenge), wh_str(verifier)));
}

static void
another_verifier_or_challenge_is_refused(void **state)
{
	char wrong[64];

	(void)state;
	for (size_t i = 0; i < PKCE_CHALLENGE; i++) {
		strcpy(wrong, challenge);
		wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
		assert_false(pkce_verify(wh_str(wrong), wh_str(verifier)));
		strcpy(wrong, verifier);
		wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
		assert_false(pkce_verify(wh_str(challenge), wh_str(wrong)));
		assert_false(pkce_verify((struct wh_str){ challenge, i }, wh_str(verifier)));
		assert_false(pkce_verify(wh_str(challenge), (struct wh_str){ verifier, i }));
	}
	assert_false(pkce_verify(wh_str(verifier), wh_str(verifier)));	/* plain */
	assert_false(pkce_verify((struct wh_str){ NULL, 0 }, wh_str(verifier)));
}

static void
verifiers_have_43_to_128_unreserved_characters(void **state)
{
	char text[130];

	(void)state;
	memset(text, '~', sizeof text);
	for (size_t n = 0; n < sizeof text; n++)
		assert_int_equal(pkce_verifier_is_good((struct wh_str){ text, n }), n >= 43 && n <= 128);
	for (int c = 0; c < 256; c++) {
		text[20] = (char)c;
		assert_int_equal(pkce_verifier_is_good((struct wh_str){ text, 50 }),
		    c != 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", c) != NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_s_example_holds),
		cmocka_unit_test(another_verifier_or_challenge_is_refused),
		cmocka_unit_test(verifiers_have_43_to_128_unreserved_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
