#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#define PUSH_CRYPT_ALONE
#include "push.h"

static void
get(const char *text, unsigned char *to, size_t n)
{
	assert_true(base64url_get(text, strlen(text), to, n));
}

/* RFC 8291, section 5 and appendix A. */
static void
the_example_of_rfc_8291_is_sealed_as_there(void **state)
{
	static const char text[] = "When I grow up, I want to be a watermelon";
	unsigned char receiver[PUSH_KEY], auth[PUSH_AUTH], salt[PUSH_SALT], sealed[PUSH_SEALED];
	struct push_keys once;
	char shown[400];
	size_t n;

	(void)state;
	get("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", receiver, sizeof receiver);
	get("BTBZMqHH6r4Tts7J_aSIgg", auth, sizeof auth);
	get("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", once.private, sizeof once.private);
	get("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8", once.public, sizeof once.public);
	get("DGv6ra1nlYgDCS1FRnbzlw", salt, sizeof salt);
	assert_true(push_seal(receiver, auth, &once, salt, text, strlen(text), sealed, &n));
	base64url_put(sealed, n, shown, sizeof shown);
	assert_string_equal(shown, "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4"
	    "Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

static void
what_is_no_key_or_too_long_is_not_sealed(void **state)
{
	unsigned char receiver[PUSH_KEY] = { 4, 1, 2, 3 }, auth[PUSH_AUTH] = { 0 }, salt[PUSH_SALT] = { 0 }, sealed[PUSH_SEALED];
	static char text[PUSH_TEXT + 1];
	struct push_keys once, other;
	size_t n;

	(void)state;
	assert_true(push_keys_make(&once) && push_keys_make(&other));
	assert_false(push_seal(receiver, auth, &once, salt, "x", 1, sealed, &n));
	assert_false(push_seal(other.public, auth, &once, salt, text, sizeof text, sealed, &n));
	assert_true(push_seal(other.public, auth, &once, salt, text, PUSH_TEXT, sealed, &n));
	assert_int_equal(n, PUSH_SEALED);
	assert_memory_not_equal(once.private, other.private, sizeof once.private);
}

/* RFC 8292, section 2. */
static void
a_token_says_for_whom_until_when_and_by_whom(void **state)
{
	struct push_keys keys;
	char token[1500], *claims, *end;
	unsigned char text[400];
	const char want[] = "{\"aud\":\"https://push.example\",\"exp\":1800000000,\"sub\":\"mailto:a@example.org\"}";

	(void)state;
	assert_true(push_keys_make(&keys));
	assert_true(push_token(&keys, "https://push.example", "mailto:a@example.org", 1800000000, token, sizeof token));
	claims = strchr(token, '.') + 1;
	end = strchr(claims, '.');
	assert_true(base64url_get(claims, (size_t)(end - claims), text, strlen(want)));
	assert_memory_equal(text, want, strlen(want));
	assert_int_equal(strlen(end + 1), 86);
	assert_false(push_token(&keys, "https://push.example", "mailto:a@example.org", 1800000000, token, 100));
}

static void
rubbish_is_no_base64(void **state)
{
	unsigned char to[4];

	(void)state;
	assert_true(base64url_get("AQIDBA==", 8, to, 4));
	assert_false(base64url_get("AQIDBA", 6, to, 3));
	assert_false(base64url_get("AQID", 4, to, 4));
	assert_false(base64url_get("AQ!DBA", 6, to, 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_8291_is_sealed_as_there),
		cmocka_unit_test(what_is_no_key_or_too_long_is_not_sealed),
		cmocka_unit_test(a_token_says_for_whom_until_when_and_by_whom),
		cmocka_unit_test(rubbish_is_no_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
