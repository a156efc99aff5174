/* Tests of passkeys, with an authenticator played here and the recommendation's own example. */
#include "webauthn.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "testing.h"
#include "text64.h"

static const uint8_t challenge[] = "0123456789abcdef0123456789abcde";
static const struct wh_str origins[] = { { "https://example.org", 19 }, { "https://www.example.org", 23 } };

enum { ROOM = 4096 };

struct authenticator {
	EVP_PKEY *pkey;
	enum jose_alg alg;
	uint8_t key[WEBAUTHN_KEY];	/* COSE */
	size_t key_n;
	char client[ROOM];
	uint8_t data[ROOM], object[ROOM], signature[1100];
	size_t data_n, object_n, signature_n;
};

static struct webauthn_expect
expectation(void)
{
	return (struct webauthn_expect){ { challenge, 32 }, WH_STR("example.org"), origins, 2, false };
}

static void
put(uint8_t *out, size_t *n, const void *bytes, size_t size)
{
	memcpy(out + *n, bytes, size);
	*n += size;
}

static void
put_bn(struct authenticator *a, const char *param, size_t size, const char *head, size_t head_n)
{
	BIGNUM *bn = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(a->pkey, param, &bn), 1);
	put(a->key, &a->key_n, head, head_n);
	BN_bn2binpad(bn, a->key + a->key_n, (int)size);
	a->key_n += size;
	BN_free(bn);
}

static struct authenticator *
authenticator_new(enum jose_alg alg)
{
	struct authenticator *a = calloc(1, sizeof *a);
	size_t n = 32;

	assert_non_null(a);
	a->alg = alg;
	if (alg == JOSE_ES256) {
		a->pkey = EVP_EC_gen("P-256");
		put(a->key, &a->key_n, "\xa5\x01\x02\x03\x26\x20\x01", 7);
		put_bn(a, OSSL_PKEY_PARAM_EC_PUB_X, 32, "\x21\x58\x20", 3);
		put_bn(a, OSSL_PKEY_PARAM_EC_PUB_Y, 32, "\x22\x58\x20", 3);
	} else if (alg == JOSE_EDDSA) {
		a->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		put(a->key, &a->key_n, "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20", 10);
		assert_int_equal(EVP_PKEY_get_raw_public_key(a->pkey, a->key + a->key_n, &n), 1);
		a->key_n += n;
	} else {
		a->pkey = EVP_RSA_gen(2048);
		put(a->key, &a->key_n, "\xa4\x01\x03\x03\x39\x01\x00", 7);
		put_bn(a, OSSL_PKEY_PARAM_RSA_N, 256, "\x20\x59\x01\x00", 4);
		put_bn(a, OSSL_PKEY_PARAM_RSA_E, 3, "\x21\x43", 2);
	}
	return a;
}

static void
authenticator_free(struct authenticator **a)
{
	EVP_PKEY_free((*a)->pkey);
	free(*a);
	*a = NULL;
}

static void
client_says(struct authenticator *a, const char *type, const char *origin, const char *rest)
{
	char text[64];

	assert_true(text64_put(TEXT64_URL, text, sizeof text, challenge, 32));
	snprintf(a->client, ROOM, "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}", type, text, origin, rest);
}

static void
data_begin(struct authenticator *a, const char *rp_id, uint8_t flags, uint32_t counter)
{
	const uint8_t number[] = { (uint8_t)(counter >> 24), (uint8_t)(counter >> 16), (uint8_t)(counter >> 8), (uint8_t)counter };

	SHA256((const uint8_t *)rp_id, strlen(rp_id), a->data);
	a->data_n = 32;
	put(a->data, &a->data_n, &flags, 1);
	put(a->data, &a->data_n, number, 4);
}

static void
data_attest(struct authenticator *a)
{
	put(a->data, &a->data_n, "AAGUIDAAGUIDAAGU\x00\x04" "cred", 22);
	put(a->data, &a->data_n, a->key, a->key_n);
}

static void
object_make(struct authenticator *a, const char *head, size_t head_n)
{
	const uint8_t size[] = { 0x59, (uint8_t)(a->data_n >> 8), (uint8_t)a->data_n };

	a->object_n = 0;
	put(a->object, &a->object_n, head, head_n);
	put(a->object, &a->object_n, "\x68" "authData", 9);
	if (a->data_n < 256) {
		put(a->object, &a->object_n, (uint8_t[]){ 0x58, (uint8_t)a->data_n }, 2);
	} else {
		put(a->object, &a->object_n, size, 3);
	}
	put(a->object, &a->object_n, a->data, a->data_n);
}

#define NONE "\xa3\x63" "fmt" "\x64none\x67" "attStmt\xa0"

static void
registers(struct authenticator *a, uint8_t flags)
{
	client_says(a, "webauthn.create", "https://example.org", ",\"crossOrigin\":false");
	data_begin(a, "example.org", flags | 0x40, 0);
	data_attest(a);
	object_make(a, NONE, sizeof NONE - 1);
}

static enum webauthn_flaw
do_register(struct authenticator *a, const struct webauthn_expect *expect, struct webauthn_credential *credential)
{
	size_t client_n = strlen(a->client);
	uint8_t *client = exact(a->client, client_n), *object = exact(a->object, a->object_n);
	enum webauthn_flaw flaw = webauthn_register(expect, (struct webauthn_bytes){ client, client_n },
	    (struct webauthn_bytes){ object, a->object_n }, credential);

	free(client);
	free(object);
	if (flaw != WEBAUTHN_GOOD)
		assert_int_equal(credential->id_n, 0);
	return flaw;
}

static enum webauthn_flaw
registering(struct authenticator *a)
{
	const struct webauthn_expect expect = expectation();
	struct webauthn_credential credential;

	return do_register(a, &expect, &credential);
}

static void
sign(struct authenticator *a)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t message[2 * ROOM];
	size_t n = 0;

	put(message, &n, a->data, a->data_n);
	SHA256((uint8_t *)a->client, strlen(a->client), message + n);
	a->signature_n = sizeof a->signature;
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, a->alg == JOSE_EDDSA ? NULL : EVP_sha256(), NULL, a->pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, a->signature, &a->signature_n, message, n + 32), 1);
	EVP_MD_CTX_free(ctx);
}

static void
asserts(struct authenticator *a, uint8_t flags, uint32_t counter)
{
	client_says(a, "webauthn.get", "https://example.org", ",\"crossOrigin\":false");
	data_begin(a, "example.org", flags, counter);
	sign(a);
}

static enum webauthn_flaw
do_assert(struct authenticator *a, const struct webauthn_expect *expect, uint32_t counter, struct webauthn_assertion *assertion)
{
	size_t client_n = strlen(a->client);
	uint8_t *client = exact(a->client, client_n), *data = exact(a->data, a->data_n), *signature = exact(a->signature, a->signature_n);
	enum webauthn_flaw flaw = webauthn_assert(expect, (struct webauthn_bytes){ a->key, a->key_n }, counter,
	    (struct webauthn_bytes){ client, client_n }, (struct webauthn_bytes){ data, a->data_n },
	    (struct webauthn_bytes){ signature, a->signature_n }, assertion);

	free(client);
	free(data);
	free(signature);
	return flaw;
}

static enum webauthn_flaw
asserting(struct authenticator *a)
{
	const struct webauthn_expect expect = expectation();
	struct webauthn_assertion assertion;

	return do_assert(a, &expect, 0, &assertion);
}

static void
each_algorithm_registers_and_asserts(void **state)
{
	(void)state;
	for (enum jose_alg alg = JOSE_ES256; alg <= JOSE_RS256; alg++) {
		const struct webauthn_expect expect = expectation();
		struct authenticator *a = authenticator_new(alg);
		struct webauthn_credential credential;
		struct webauthn_assertion assertion;

		registers(a, 0x1d);
		assert_int_equal(do_register(a, &expect, &credential), WEBAUTHN_GOOD);
		assert_int_equal(credential.alg, alg);
		assert_int_equal(credential.id_n, 4);
		assert_memory_equal(credential.id, "cred", 4);
		assert_int_equal(credential.key_n, a->key_n);
		assert_memory_equal(credential.key, a->key, a->key_n);
		assert_memory_equal(credential.aaguid, "AAGUIDAAGUIDAAGU", 16);
		assert_true(credential.uv && credential.backup_eligible && credential.backed_up);
		asserts(a, 0x1d, 7);
		assert_int_equal(do_assert(a, &expect, 0, &assertion), WEBAUTHN_GOOD);
		assert_int_equal(assertion.counter, 7);
		assert_true(assertion.uv && assertion.backed_up);
		authenticator_free(&a);
	}
}

static void
the_client_s_data_must_fit(void **state)
{
	static const struct {
		const char *type, *origin, *rest;
		enum webauthn_flaw flaw;
	} rows[] = {
		{ "webauthn.get", "https://example.org", "", WEBAUTHN_GOOD }, { "webauthn.get", "https://www.example.org", "", WEBAUTHN_GOOD },
		{ "webauthn.get", "https://example.org", ",\"crossOrigin\":false,\"other\":{\"x\":[]}", WEBAUTHN_GOOD },
		{ "webauthn.create", "https://example.org", "", WEBAUTHN_TYPE }, { "payment.get", "https://example.org", "", WEBAUTHN_TYPE },
		{ "webauthn.get", "https://example.org:443", "", WEBAUTHN_ORIGIN }, { "webauthn.get", "http://example.org", "", WEBAUTHN_ORIGIN },
		{ "webauthn.get", "https://example.org.evil.net", "", WEBAUTHN_ORIGIN }, { "webauthn.get", "https://Example.org", "", WEBAUTHN_ORIGIN },
		{ "webauthn.get", "", "", WEBAUTHN_ORIGIN }, { "webauthn.get", "https://example.org", ",\"crossOrigin\":true", WEBAUTHN_CROSS_ORIGIN },
		{ "webauthn.get", "https://example.org", ",\"crossOrigin\":\"false\"", WEBAUTHN_CROSS_ORIGIN },
		{ "webauthn.get", "https://example.org", ",\"type\":\"webauthn.get\"", WEBAUTHN_SHAPE }, { "webauthn.get", "https://example.org", "}", WEBAUTHN_SHAPE },
	};
	struct webauthn_expect expect = expectation();
	struct authenticator *a = authenticator_new(JOSE_EDDSA);
	struct webauthn_assertion assertion;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		asserts(a, 0x01, 1);
		client_says(a, rows[i].type, rows[i].origin, rows[i].rest);
		sign(a);
		if (asserting(a) != rows[i].flaw)
			fail_msg("%s: %d", a->client, asserting(a));
	}
	asserts(a, 0x01, 1);
	expect.challenge.p = (const uint8_t *)"0123456789abcdef0123456789abcdX";
	assert_int_equal(do_assert(a, &expect, 0, &assertion), WEBAUTHN_CHALLENGED);
	expect.challenge = (struct webauthn_bytes){ challenge, 31 };
	assert_int_equal(do_assert(a, &expect, 0, &assertion), WEBAUTHN_CHALLENGED);
	expect.challenge.n = 0;
	assert_int_equal(do_assert(a, &expect, 0, &assertion), WEBAUTHN_CHALLENGED);
	registers(a, 0x01);
	client_says(a, "webauthn.get", "https://example.org", "");
	assert_int_equal(registering(a), WEBAUTHN_TYPE);
	authenticator_free(&a);
}

static void
relying_party_presence_and_verification_are_checked(void **state)
{
	struct webauthn_expect expect = expectation();
	struct authenticator *a = authenticator_new(JOSE_ES256);
	struct webauthn_credential credential;
	struct webauthn_assertion assertion;

	(void)state;
	for (int uv = 0; uv < 2; uv++) {
		expect.need_uv = uv != 0;
		asserts(a, 0x01, 1);
		assert_int_equal(do_assert(a, &expect, 0, &assertion), uv != 0 ? WEBAUTHN_UNVERIFIED : WEBAUTHN_GOOD);
		asserts(a, 0x05, 1);
		assert_int_equal(do_assert(a, &expect, 0, &assertion), WEBAUTHN_GOOD);
		asserts(a, 0x04, 1);
		assert_int_equal(do_assert(a, &expect, 0, &assertion), WEBAUTHN_ABSENT);
		registers(a, 0x01);
		assert_int_equal(do_register(a, &expect, &credential), uv != 0 ? WEBAUTHN_UNVERIFIED : WEBAUTHN_GOOD);
		registers(a, 0x04);
		assert_int_equal(do_register(a, &expect, &credential), WEBAUTHN_ABSENT);
	}
	asserts(a, 0x11, 1);	/* backed up, but not eligible */
	assert_int_equal(asserting(a), WEBAUTHN_SHAPE);
	asserts(a, 0x01, 1);
	data_begin(a, "evil.net", 0x01, 1);
	sign(a);
	assert_int_equal(asserting(a), WEBAUTHN_RP);
	authenticator_free(&a);
}

static void
a_counter_that_does_not_grow_is_told_apart(void **state)
{
	static const struct {
		uint32_t kept, told;
		enum webauthn_flaw flaw;
	} rows[] = { { 0, 0, WEBAUTHN_GOOD }, { 0, 1, WEBAUTHN_GOOD }, { 1, 2, WEBAUTHN_GOOD }, { 5, 0xffffffff, WEBAUTHN_GOOD }, { 5, 5, WEBAUTHN_COUNTER },
		{ 5, 4, WEBAUTHN_COUNTER }, { 5, 0, WEBAUTHN_COUNTER }, { 0xffffffff, 1, WEBAUTHN_COUNTER } };
	const struct webauthn_expect expect = expectation();
	struct authenticator *a = authenticator_new(JOSE_EDDSA);
	struct webauthn_assertion assertion;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		asserts(a, 0x01, rows[i].told);
		assert_int_equal(do_assert(a, &expect, rows[i].kept, &assertion), rows[i].flaw);
		assert_int_equal(assertion.counter, rows[i].told);
		a->signature[0] ^= 1;
		assert_int_equal(do_assert(a, &expect, rows[i].kept, &assertion), WEBAUTHN_SIGNATURE);
		assert_int_equal(assertion.counter, rows[i].kept);
	}
	authenticator_free(&a);
}

static void
one_bit_flipped_in_what_is_signed_is_refused(void **state)
{
	(void)state;
	for (enum jose_alg alg = JOSE_ES256; alg <= JOSE_RS256; alg++) {
		struct authenticator *a = authenticator_new(alg);

		asserts(a, 0x01, 1);
		for (size_t i = 0; i < a->signature_n * 8; i += 3) {
			a->signature[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(asserting(a), WEBAUTHN_SIGNATURE);
			a->signature[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (size_t i = 0; i < a->data_n * 8; i++) {
			a->data[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_not_equal(asserting(a), WEBAUTHN_GOOD);
			a->data[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (size_t i = 0; i < strlen(a->client); i++) {
			a->client[i] ^= 1;
			assert_int_not_equal(asserting(a), WEBAUTHN_GOOD);
			a->client[i] ^= 1;
		}
		assert_int_equal(asserting(a), WEBAUTHN_GOOD);
		authenticator_free(&a);
	}
}

static void
what_is_cut_anywhere_is_refused(void **state)
{
	struct authenticator *a = authenticator_new(JOSE_ES256);
	size_t whole;

	(void)state;
	registers(a, 0x01);
	whole = a->object_n;
	for (a->object_n = 0; a->object_n < whole; a->object_n++)
		assert_int_equal(registering(a), WEBAUTHN_SHAPE);
	/* The same within authData, the outer CBOR being whole. */
	whole = a->data_n;
	for (a->data_n = 0; a->data_n < whole; a->data_n++) {
		object_make(a, NONE, sizeof NONE - 1);
		if (a->data_n >= 24)
			assert_int_equal(registering(a), WEBAUTHN_SHAPE);
	}
	asserts(a, 0x01, 1);
	whole = a->data_n;
	for (a->data_n = 0; a->data_n < whole; a->data_n++) {
		sign(a);
		assert_int_equal(asserting(a), WEBAUTHN_SHAPE);
	}
	asserts(a, 0x01, 1);
	whole = a->signature_n;
	for (a->signature_n = 0; a->signature_n < whole; a->signature_n++)
		assert_int_equal(asserting(a), WEBAUTHN_SIGNATURE);
	authenticator_free(&a);
}

static void
attested_data_and_extensions_stand_where_the_flags_say(void **state)
{
	struct authenticator *a = authenticator_new(JOSE_ES256);

	(void)state;
	asserts(a, 0x01, 1);
	put(a->data, &a->data_n, "\xa0", 1);	/* trailing */
	sign(a);
	assert_int_equal(asserting(a), WEBAUTHN_SHAPE);
	a->data[32] = 0x81;
	sign(a);
	assert_int_equal(asserting(a), WEBAUTHN_GOOD);
	put(a->data, &a->data_n, "\x00", 1);
	sign(a);
	assert_int_equal(asserting(a), WEBAUTHN_SHAPE);
	asserts(a, 0x41, 1);
	data_attest(a);
	sign(a);
	assert_int_equal(asserting(a), WEBAUTHN_SHAPE);
	registers(a, 0x81);
	assert_int_equal(registering(a), WEBAUTHN_SHAPE);
	put(a->data, &a->data_n, "\xa1\x6b" "credProtect\x02", 14);
	object_make(a, NONE, sizeof NONE - 1);
	assert_int_equal(registering(a), WEBAUTHN_GOOD);
	a->data[32] = 0x01;	/* neither */
	object_make(a, NONE, sizeof NONE - 1);
	assert_int_equal(registering(a), WEBAUTHN_SHAPE);
	authenticator_free(&a);
}

static void
other_attestations_are_taken_without_looking(void **state)
{
	static const char packed[] = "\xa3\x63" "fmt" "\x66packed\x67" "attStmt\xa2\x63" "alg\x26\x63" "sig\x41\x00";
	static const char none_with[] = "\xa3\x63" "fmt" "\x64none\x67" "attStmt\xa1\x61x\x00";
	static const char no_statement[] = "\xa2\x63" "fmt" "\x64none";
	static const char list[] = "\xa3\x63" "fmt" "\x64none\x67" "attStmt\x80";
	struct authenticator *a = authenticator_new(JOSE_ES256);

	(void)state;
	registers(a, 0x01);
	object_make(a, packed, sizeof packed - 1);
	assert_int_equal(registering(a), WEBAUTHN_GOOD);
	object_make(a, none_with, sizeof none_with - 1);
	assert_int_equal(registering(a), WEBAUTHN_SHAPE);
	object_make(a, no_statement, sizeof no_statement - 1);
	assert_int_equal(registering(a), WEBAUTHN_SHAPE);
	object_make(a, list, sizeof list - 1);
	assert_int_equal(registering(a), WEBAUTHN_SHAPE);
	authenticator_free(&a);
}

static void
keys_whose_parts_disagree_are_refused(void **state)
{
	static const struct {
		enum jose_alg alg;
		size_t at;
		uint8_t byte;
	} rows[] = { { JOSE_ES256, 2, 0x01 }, { JOSE_ES256, 4, 0x27 }, { JOSE_ES256, 4, 0x38 }, { JOSE_ES256, 6, 0x02 }, { JOSE_EDDSA, 2, 0x02 },
		{ JOSE_EDDSA, 4, 0x26 }, { JOSE_EDDSA, 6, 0x04 }, { JOSE_RS256, 2, 0x02 }, { JOSE_RS256, 6, 0x01 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct authenticator *a = authenticator_new(rows[i].alg);

		asserts(a, 0x01, 1);
		a->key[rows[i].at] = rows[i].byte;
		assert_int_equal(asserting(a), WEBAUTHN_BAD_KEY);
		registers(a, 0x01);
		if (rows[i].byte != 0x38)	/* which takes the next byte with it */
			assert_int_equal(registering(a), WEBAUTHN_BAD_KEY);
		authenticator_free(&a);
	}
	for (enum jose_alg alg = JOSE_ES256; alg <= JOSE_ES256; alg++) {
		struct authenticator *a = authenticator_new(alg);

		a->key[a->key_n - 1] ^= 1;	/* not on the curve */
		registers(a, 0x01);
		assert_int_equal(registering(a), WEBAUTHN_BAD_KEY);
		authenticator_free(&a);
	}
}

static struct webauthn_bytes
unhex(const char *hex, uint8_t out[ROOM])
{
	struct webauthn_bytes bytes = { out, 0 };

	assert_true(text64_get(TEXT64_HEX, out, ROOM, &bytes.n, wh_str(hex)));
	return bytes;
}

/* Level 3, section 16.2: ES256 without attestation. */
static void
the_recommendation_s_vector_is_accepted(void **state)
{
	static const char create_client[] =
		"7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049"
		"612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578"
		"7472614461746122"
		"3a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e2074686520667574757265"
		"2c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d";
	static const char attestation[] =
		"a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446"
		"ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86"
		"ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
	static const char get_client[] =
		"7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a"
		"63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d";
	static const char data[] = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
	static const char signature[] =
		"3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e"
		"331e87";
	struct webauthn_expect expect = expectation();
	struct webauthn_credential credential;
	struct webauthn_assertion assertion;
	uint8_t a[ROOM], b[ROOM], c[ROOM], d[ROOM];
	struct webauthn_bytes key;

	(void)state;
	expect.challenge = unhex("00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130", a);
	assert_int_equal(webauthn_register(&expect, unhex(create_client, b), unhex(attestation, c), &credential), WEBAUTHN_GOOD);
	assert_int_equal(credential.id_n, 32);
	assert_int_equal(credential.alg, JOSE_ES256);
	assert_true(!credential.uv && credential.backup_eligible && credential.backed_up);
	key = (struct webauthn_bytes){ credential.key, credential.key_n };
	expect.challenge = unhex("39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408", a);
	assert_int_equal(webauthn_assert(&expect, key, 0, unhex(get_client, b), unhex(data, c), unhex(signature, d), &assertion), WEBAUTHN_GOOD);
	assert_true(!assertion.uv && assertion.backed_up);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recommendation_s_vector_is_accepted),
		cmocka_unit_test(each_algorithm_registers_and_asserts),
		cmocka_unit_test(the_client_s_data_must_fit),
		cmocka_unit_test(relying_party_presence_and_verification_are_checked),
		cmocka_unit_test(a_counter_that_does_not_grow_is_told_apart),
		cmocka_unit_test(one_bit_flipped_in_what_is_signed_is_refused),
		cmocka_unit_test(what_is_cut_anywhere_is_refused),
		cmocka_unit_test(attested_data_and_extensions_stand_where_the_flags_say),
		cmocka_unit_test(other_attestations_are_taken_without_looking),
		cmocka_unit_test(keys_whose_parts_disagree_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
