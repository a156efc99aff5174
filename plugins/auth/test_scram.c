/* Tests of SCRAM; the exchange is that of RFC 7677, section 3. */
#include "scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "testing.h"
#include "text64.h"

static const char client_first[] = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
static const char server_nonce[] = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
static const char server_first[] = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
static const char client_final[] = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
static const char server_final[] = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

static struct scram_keys
keys_of(const char *password)
{
	struct scram_keys keys;
	uint8_t salt[SCRAM_SALT];
	size_t n;

	assert_true(text64_get(TEXT64_STD, salt, sizeof salt, &n, WH_STR("W22ZaJ0SNY7soEsUEjb6gQ==")));
	assert_int_equal(scram_keys_make(wh_str(password), salt, 4096, &keys), WH_OK);
	return keys;
}

static enum wh_err
finish(const struct scram_keys *keys, struct wh_str message, char out[SCRAM_OUT])
{
	struct scram scram = { 0 };
	uint8_t *copy = exact(message.p, message.n);
	enum wh_err err;

	assert_int_equal(scram_first(&scram, wh_str(client_first)), WH_OK);
	assert_int_equal(scram_challenge(&scram, keys, wh_str(server_nonce), out), WH_OK);
	assert_string_equal(out, server_first);
	err = scram_final(&scram, (struct wh_str){ (char *)copy, message.n }, out);
	free(copy);
	assert_int_equal(scram.state, SCRAM_DONE);
	assert_memory_equal(scram.keys.stored, (uint8_t[SCRAM_HASH]){ 0 }, SCRAM_HASH);
	return err;
}

static void
the_rfc_s_exchange_succeeds(void **state)
{
	const struct scram_keys keys = keys_of("pencil");
	struct scram scram = { 0 };
	char out[SCRAM_OUT];

	(void)state;
	assert_int_equal(scram_first(&scram, wh_str(client_first)), WH_OK);
	assert_string_equal(scram.name, "user");
	assert_string_equal(scram.authzid, "");
	assert_int_equal(finish(&keys, wh_str(client_final), out), WH_OK);
	assert_string_equal(out, server_final);
}

static void
a_wrong_password_is_refused(void **state)
{
	const struct scram_keys keys = keys_of("pencils");
	char out[SCRAM_OUT];

	(void)state;
	assert_int_equal(finish(&keys, wh_str(client_final), out), WH_EAUTH);
	assert_string_equal(out, "e=invalid-proof");
}

static void
one_bit_flipped_anywhere_in_the_final_message_is_refused(void **state)
{
	const struct scram_keys keys = keys_of("pencil");
	char message[sizeof client_final], out[SCRAM_OUT];

	(void)state;
	memcpy(message, client_final, sizeof message);
	for (size_t i = 0; i < sizeof message - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			message[i] = (char)(message[i] ^ 1 << bit);
			assert_int_not_equal(finish(&keys, (struct wh_str){ message, sizeof message - 1 }, out), WH_OK);
			assert_memory_equal(out, "e=", 2);
			message[i] = (char)(message[i] ^ 1 << bit);
		}
}

static void
messages_cut_anywhere_are_refused(void **state)
{
	static const char full[] = "y,a=someone,n=us=2Cer,r=abc";
	const struct scram_keys keys = keys_of("pencil");
	char out[SCRAM_OUT];

	(void)state;
	for (size_t n = 0; n < sizeof client_final - 1; n++)
		assert_int_not_equal(finish(&keys, (struct wh_str){ client_final, n }, out), WH_OK);
	for (size_t n = 0; n < sizeof full; n++) {
		struct scram scram = { 0 };
		uint8_t *cut = exact(full, n);

		assert_int_equal(scram_first(&scram, (struct wh_str){ (char *)cut, n }), n >= sizeof full - 3 && n < sizeof full ? WH_OK : WH_ESYNTAX);
		free(cut);
	}
}

static void
first_messages_are_read_strictly(void **state)
{
	static const struct {
		const char *message;
		enum wh_err err;
	} rows[] = {
		{ "n,,n=user,r=abc", WH_OK }, { "y,,n=user,r=abc", WH_OK }, { "n,a=other,n=user,r=abc", WH_OK },
		{ "p=tls-unique,,n=user,r=abc", WH_ENOTSUP }, { "p=tls-exporter,,n=user,r=abc", WH_ENOTSUP }, { "n,,m=x,n=user,r=abc", WH_ENOTSUP },
		{ "n,,n=user,r=abc,x=1", WH_ENOTSUP }, { "n,,n=user,r=abc,", WH_ENOTSUP }, { "", WH_ESYNTAX }, { "n", WH_ESYNTAX }, { "n,n=user,r=abc", WH_ESYNTAX },
		{ "x,,n=user,r=abc", WH_ESYNTAX }, { "n,,n=,r=abc", WH_ESYNTAX }, { "n,,n=user,r=", WH_ESYNTAX }, { "n,,r=abc,n=user", WH_ESYNTAX },
		{ "n,,n=us=er,r=abc", WH_ESYNTAX }, { "n,,n=us=2cer,r=abc", WH_ESYNTAX }, { "n,,n=user=,r=abc", WH_ESYNTAX }, { "n,,n=user=2,r=abc", WH_ESYNTAX },
		{ "n,,n=user,r=a c", WH_ESYNTAX }, { "n,,n=user,r=a\x7f", WH_ESYNTAX }, { "n,,n=user,r=\xc3\xa9", WH_ESYNTAX }, { "n,a=,n=user,r=abc", WH_ESYNTAX },
		{ "n,b=x,n=user,r=abc", WH_ESYNTAX }, { "N,,n=user,r=abc", WH_ESYNTAX }, { " n,,n=user,r=abc", WH_ESYNTAX },
	};
	char out[SCRAM_OUT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scram scram = { 0 };
		const struct scram_keys keys = { .iterations = 4096 };

		if (scram_first(&scram, wh_str(rows[i].message)) != rows[i].err)
			fail_msg("%s", rows[i].message);
		assert_int_equal(scram_challenge(&scram, &keys, WH_STR("abc"), out), rows[i].err == WH_OK ? WH_OK : WH_ESTATE);
	}
}

static void
names_are_decoded(void **state)
{
	struct scram scram = { 0 };

	(void)state;
	assert_int_equal(scram_first(&scram, WH_STR("n,a=a=3Db,n==2C=3D2C,r=x")), WH_OK);
	assert_string_equal(scram.authzid, "a=b");
	assert_string_equal(scram.name, ",=2C");
	assert_int_equal(scram_first(&scram, WH_STR("n,,n=user,r=x")), WH_ESTATE);
	scram = (struct scram){ 0 };
	assert_int_equal(scram_first(&scram, WH_STR("n,,n=us\0er,r=x")), WH_ESYNTAX);
}

static void
messages_and_their_parts_are_bounded(void **state)
{
	const struct scram_keys keys = { .iterations = SCRAM_ITERATIONS_MOST };
	char message[SCRAM_MESSAGE + 1], out[SCRAM_OUT], nonce[SCRAM_NONCE + 1];
	struct scram scram = { 0 };

	(void)state;
	memset(message, 'a', sizeof message);
	memcpy(message, "n,,n=", 5);
	assert_int_equal(scram_first(&scram, (struct wh_str){ message, sizeof message }), WH_ETOOBIG);
	scram = (struct scram){ 0 };
	assert_int_equal(scram_first(&scram, (struct wh_str){ message, SCRAM_MESSAGE }), WH_ESYNTAX);
	memcpy(message + 5 + SCRAM_NAME, ",r=", 3);
	scram = (struct scram){ 0 };
	assert_int_equal(scram_first(&scram, (struct wh_str){ message, 5 + SCRAM_NAME + 3 + SCRAM_NONCE + 1 }), WH_ESYNTAX);
	scram = (struct scram){ 0 };
	assert_int_equal(scram_first(&scram, (struct wh_str){ message, 5 + SCRAM_NAME + 3 + SCRAM_NONCE }), WH_OK);
	memset(nonce, 'b', sizeof nonce);
	assert_int_equal(scram_challenge(&scram, &keys, (struct wh_str){ nonce, SCRAM_NONCE }, out), WH_OK);
	memset(message, 'c', sizeof message);
	assert_int_equal(scram_final(&scram, (struct wh_str){ message, sizeof message }, out), WH_ETOOBIG);
	scram = (struct scram){ 0 };
	assert_int_equal(scram_first(&scram, wh_str(client_first)), WH_OK);
	assert_int_equal(scram_challenge(&scram, &keys, (struct wh_str){ nonce, SCRAM_NONCE + 1 }, out), WH_EINVAL);
	assert_int_equal(scram_keys_make(WH_STR("pencil"), scram.keys.salt, 4095, &scram.keys), WH_EINVAL);
	assert_int_equal(scram_keys_make(WH_STR("pencil"), scram.keys.salt, SCRAM_ITERATIONS_MOST + 1, &scram.keys), WH_EINVAL);
	assert_int_equal(scram_keys_make(WH_STR("pen\x01"), scram.keys.salt, 4096, &scram.keys), WH_EINVAL);
}

/* What a client does: made here of the RFC's formulas. */
static void
client_final_of(const char *password, const char *gs2, const char *bare, const char *first, char out[SCRAM_MESSAGE])
{
	uint8_t salt[SCRAM_SALT], salted[32], client[32], stored[32], signature[32];
	char auth[2048], without[512], channel[64], proof[64], text[32] = "";
	const char *s = strstr(first, ",s="), *i = strstr(first, ",i=");
	unsigned n;
	size_t salt_n;

	strncat(text, s + 3, (size_t)(i - s - 3));
	assert_true(text64_get(TEXT64_STD, salt, sizeof salt, &salt_n, wh_str(text)));
	PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, (int)salt_n, atoi(i + 3), EVP_sha256(), 32, salted);
	HMAC(EVP_sha256(), salted, 32, (const uint8_t *)"Client Key", 10, client, &n);
	SHA256(client, 32, stored);
	text64_put(TEXT64_STD, channel, sizeof channel, (const uint8_t *)gs2, strlen(gs2));
	snprintf(without, sizeof without, "c=%s,%.*s", channel, (int)(s - first), first);
	snprintf(auth, sizeof auth, "%s,%s,%s", bare, first, without);
	HMAC(EVP_sha256(), stored, 32, (uint8_t *)auth, strlen(auth), signature, &n);
	for (int k = 0; k < 32; k++)
		client[k] ^= signature[k];
	text64_put(TEXT64_STD, proof, sizeof proof, client, 32);
	snprintf(out, SCRAM_MESSAGE, "%s,p=%s", without, proof);
}

static void
the_header_of_the_first_message_is_bound_to_the_last(void **state)
{
	static const struct {
		const char *first, *header;
		enum wh_err err;
	} rows[] = { { "y,,n=user,r=abc", "y,,", WH_OK }, { "n,a=user,n=user,r=abc", "n,a=user,", WH_OK }, { "y,,n=user,r=abc", "n,,", WH_EAUTH },
		{ "n,,n=user,r=abc", "p=tls-unique,,", WH_EAUTH }, { "n,,n=user,r=abc", "n,a=user,", WH_EAUTH }, { "n,,n=user,r=abc", "", WH_EAUTH } };
	const struct scram_keys keys = keys_of("pencil");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scram scram = { 0 };
		char first[SCRAM_OUT], final[SCRAM_MESSAGE], out[SCRAM_OUT];

		assert_int_equal(scram_first(&scram, wh_str(rows[i].first)), WH_OK);
		assert_int_equal(scram_challenge(&scram, &keys, WH_STR("server"), first), WH_OK);
		client_final_of("pencil", rows[i].header, "n=user,r=abc", first, final);
		assert_int_equal(scram_final(&scram, wh_str(final), out), rows[i].err);
	}
}

static void
an_answer_to_another_challenge_is_refused(void **state)
{
	const struct scram_keys keys = keys_of("pencil");
	struct scram scram = { 0 };
	char out[SCRAM_OUT];

	(void)state;
	assert_int_equal(scram_first(&scram, wh_str(client_first)), WH_OK);
	assert_int_equal(scram_challenge(&scram, &keys, WH_STR("another"), out), WH_OK);
	assert_int_equal(scram_final(&scram, wh_str(client_final), out), WH_EAUTH);
	assert_int_equal(scram_final(&scram, wh_str(client_final), out), WH_ESTATE);
	scram = (struct scram){ 0 };
	assert_int_equal(scram_final(&scram, wh_str(client_final), out), WH_ESTATE);
}

static void
unknown_names_get_a_salt_that_stays_and_never_succeed(void **state)
{
	struct scram_keys keys = keys_of("pencil"), fake, again, other;
	char out[SCRAM_OUT];

	(void)state;
	assert_true(scram_keys_fake(WH_STR("server secret"), WH_STR("nobody"), 4096, &fake));
	assert_true(scram_keys_fake(WH_STR("server secret"), WH_STR("nobody"), 4096, &again));
	assert_memory_equal(fake.salt, again.salt, SCRAM_SALT);
	assert_true(scram_keys_fake(WH_STR("server secret"), WH_STR("nobodx"), 4096, &other));
	assert_memory_not_equal(fake.salt, other.salt, SCRAM_SALT);
	assert_true(scram_keys_fake(WH_STR("other secret"), WH_STR("nobody"), 4096, &other));
	assert_memory_not_equal(fake.salt, other.salt, SCRAM_SALT);
	assert_memory_not_equal(fake.salt, fake.stored, SCRAM_SALT);
	assert_memory_not_equal(fake.server, fake.stored, SCRAM_HASH);
	assert_false(scram_keys_fake(WH_STR(""), WH_STR("nobody"), 4096, &other));
	keys.fake = true;
	assert_int_equal(finish(&keys, wh_str(client_final), out), WH_EAUTH);
	assert_string_equal(out, "e=invalid-proof");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_s_exchange_succeeds),
		cmocka_unit_test(a_wrong_password_is_refused),
		cmocka_unit_test(one_bit_flipped_anywhere_in_the_final_message_is_refused),
		cmocka_unit_test(messages_cut_anywhere_are_refused),
		cmocka_unit_test(first_messages_are_read_strictly),
		cmocka_unit_test(names_are_decoded),
		cmocka_unit_test(messages_and_their_parts_are_bounded),
		cmocka_unit_test(the_header_of_the_first_message_is_bound_to_the_last),
		cmocka_unit_test(an_answer_to_another_challenge_is_refused),
		cmocka_unit_test(unknown_names_get_a_salt_that_stays_and_never_succeed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
