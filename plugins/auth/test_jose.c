/* Tests of keys and signed tokens: the examples of RFC 7515, 7638 and 8037, and every attack that auth has to refuse. */
#include "jose.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "claims.h"
#include "testing.h"
#include "text64.h"

static const char rs256_key[] = "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-"
	"SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZ"
	"lxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}]}";
static const char rs256_token[] = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZL"
	"grnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6Lb"
	"gGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
static const char es256_key[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";
static const char es256_token[] = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
static const char eddsa_key[] = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
static const char eddsa_token[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
	"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

static void
read_set(const char *jwks, struct jose_set *set)
{
	assert_int_equal(jose_set_read(wh_str(jwks), set), WH_OK);
	assert_int_equal(set->n, 1);
}

static struct jose_key *
generate(enum jose_alg alg)
{
	struct jose_key *key;

	assert_int_equal(jose_key_generate(alg, &key), WH_OK);
	return key;
}

static enum jose_flaw
verify(const struct jose_set *set, struct wh_str token)
{
	char payload[JOSE_PAYLOAD + 1];
	size_t n;
	uint8_t *copy = exact(token.p, token.n);
	enum jose_flaw flaw = jose_verify(set, NULL, (struct wh_str){ (char *)copy, token.n }, payload, sizeof payload, &n);

	if (flaw != JOSE_GOOD && (n != 0 || payload[0] != '\0'))
		fail_msg("a refused payload was handed out");
	free(copy);
	return flaw;
}

static enum jose_flaw
verify_with(struct jose_key *key, const char *token)
{
	const struct jose_set set = { { key }, 1 };

	return verify(&set, wh_str(token));
}

static void
the_rfcs_examples_verify(void **state)
{
	static const char *const keys[] = { rs256_key, es256_key, eddsa_key }, *const tokens[] = { rs256_token, es256_token, eddsa_token };
	char payload[JOSE_PAYLOAD + 1];
	struct jose_set set;
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		read_set(keys[i], &set);
		assert_int_equal(jose_verify(&set, NULL, wh_str(tokens[i]), payload, sizeof payload, &n), JOSE_GOOD);
		assert_string_equal(payload, i == 2 ? "Example of Ed25519 signing" : "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
		assert_int_equal(n, strlen(payload));
		assert_int_equal(jose_verify(&set, "JWT", wh_str(tokens[i]), payload, sizeof payload, &n), JOSE_TYP);
		jose_set_free(&set);
		assert_int_equal(set.n, 0);
	}
}

static void
thumbprints_are_those_of_the_rfcs(void **state)
{
	static const char rsa[] = "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok"
		"njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q"
		"NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\"}]}";
	struct jose_set set;

	(void)state;
	read_set(rsa, &set);
	assert_string_equal(jose_key_kid(set.keys[0]), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	jose_set_free(&set);
	read_set(eddsa_key, &set);
	assert_string_equal(jose_key_kid(set.keys[0]), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
	jose_set_free(&set);
}

/* Generate, write, read again, publish, sign, and verify with what was published. */
static void
each_kind_of_key_makes_the_whole_round(void **state)
{
	(void)state;
	for (enum jose_alg alg = JOSE_ES256; alg <= JOSE_RS256; alg++) {
		struct jose_key *key = generate(alg), *again;
		char pem[JOSE_PEM_ROOM], jwk[JOSE_JWK_ROOM], jwks[JOSE_JWK_ROOM + 16], token[JOSE_TOKEN], payload[JOSE_PAYLOAD + 1];
		struct jose_set set;
		size_t n;

		assert_true(jose_key_write(key, pem, sizeof pem, &n));
		assert_int_equal(n, strlen(pem));
		assert_int_equal(jose_key_read((struct wh_str){ pem, n }, &again), WH_OK);
		assert_true(jose_key_is_private(again));
		assert_int_equal(jose_key_alg(again), alg);
		assert_string_equal(jose_key_kid(again), jose_key_kid(key));
		assert_true(jose_key_jwk(key, jwk, sizeof jwk, &n));
		assert_null(strstr(jwk, "\"d\""));
		snprintf(jwks, sizeof jwks, "{\"keys\":[%s]}", jwk);
		read_set(jwks, &set);
		assert_false(jose_key_is_private(set.keys[0]));
		assert_string_equal(jose_key_kid(set.keys[0]), jose_key_kid(key));
		for (int i = 0; i < (alg == JOSE_ES256 ? 64 : 2); i++) {	/* r or s may begin with a zero */
			assert_int_equal(jose_sign(again, "JWT", WH_STR("{\"sub\":\"u1\"}"), token, sizeof token, &n), WH_OK);
			assert_int_equal(n, strlen(token));
			assert_int_equal(jose_verify(&set, "jwt", wh_str(token), payload, sizeof payload, &n), JOSE_GOOD);
			assert_string_equal(payload, "{\"sub\":\"u1\"}");
		}
		assert_int_equal(jose_verify(&set, "at+jwt", wh_str(token), payload, sizeof payload, &n), JOSE_TYP);
		assert_int_equal(jose_verify(&set, NULL, wh_str(token), payload, 12, &n), JOSE_BIG);
		assert_int_equal(jose_verify(&set, NULL, wh_str(token), payload, 13, &n), JOSE_GOOD);
		assert_int_equal(jose_sign(set.keys[0], "JWT", WH_STR("{}"), token, sizeof token, &n), WH_EINVAL);
		assert_false(jose_key_write(set.keys[0], pem, sizeof pem, &n));
		assert_int_equal(jose_sign(key, "J\"WT", WH_STR("{}"), token, sizeof token, &n), WH_EINVAL);
		for (size_t cap = 0; cap < 128; cap += 9)
			assert_int_equal(jose_sign(key, "JWT", WH_STR("{}"), token, cap, &n), WH_ETOOBIG);
		jose_set_free(&set);
		jose_key_free(&again);
		jose_key_free(&key);
		assert_null(key);
	}
}

static void
one_bit_flipped_anywhere_is_refused(void **state)
{
	static const char *const keys[] = { rs256_key, es256_key, eddsa_key }, *const tokens[] = { rs256_token, es256_token, eddsa_token };

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		char token[1024];
		struct jose_set set;

		read_set(keys[i], &set);
		strcpy(token, tokens[i]);
		for (size_t at = 0; token[at] != '\0'; at++)
			for (int bit = 0; bit < 8; bit++) {
				token[at] = (char)(token[at] ^ 1 << bit);
				assert_int_not_equal(verify(&set, (struct wh_str){ token, strlen(tokens[i]) }), JOSE_GOOD);
				token[at] = (char)(token[at] ^ 1 << bit);
			}
		assert_int_equal(verify(&set, wh_str(token)), JOSE_GOOD);
		jose_set_free(&set);
	}
}

static void
a_token_cut_anywhere_is_refused(void **state)
{
	struct jose_set set;

	(void)state;
	read_set(es256_key, &set);
	for (size_t n = 0; n < sizeof es256_token - 1; n++)
		assert_int_not_equal(verify(&set, (struct wh_str){ es256_token, n }), JOSE_GOOD);
	jose_set_free(&set);
}

/* A token of any header and signature, in the clear. */
static const char *
forge(const char *header, const char *payload, const uint8_t *signature, size_t n, char out[JOSE_TOKEN])
{
	size_t at;

	assert_true(text64_put(TEXT64_URL, out, JOSE_TOKEN, (const uint8_t *)header, strlen(header)));
	at = strlen(out);
	out[at++] = '.';
	assert_true(text64_put(TEXT64_URL, out + at, JOSE_TOKEN - at, (const uint8_t *)payload, strlen(payload)));
	at += strlen(out + at);
	out[at++] = '.';
	assert_true(text64_put(TEXT64_URL, out + at, JOSE_TOKEN - at, signature, n));
	return out;
}

/* The same, with a true signature of the key: what a provider could be talked into signing. Ed25519 alone. */
static const char *
forge_signed(struct jose_key *key, const char *header, char out[JOSE_TOKEN])
{
	char pem[JOSE_PEM_ROOM];
	uint8_t signature[64];
	size_t n, signature_n = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *pkey;
	BIO *bio;

	assert_true(jose_key_write(key, pem, sizeof pem, &n));
	bio = BIO_new_mem_buf(pem, -1);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	forge(header, "{}", NULL, 0, out);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &signature_n, (uint8_t *)out, strlen(out) - 1), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	return forge(header, "{}", signature, signature_n, out);
}

static void
alg_none_is_refused(void **state)
{
	static const char *const names[] = { "none", "None", "NONE", "nOnE", "", "null" };
	struct jose_key *key = generate(JOSE_EDDSA);
	char token[JOSE_TOKEN], header[64];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(header, sizeof header, "{\"alg\":\"%s\"}", names[i]);
		assert_int_equal(verify_with(key, forge(header, "{}", (const uint8_t *)"x", 1, token)), JOSE_ALG);
		assert_int_equal(verify_with(key, forge(header, "{}", NULL, 0, token)), JOSE_SHAPE);
		assert_int_equal(verify_with(key, forge_signed(key, header, token)), JOSE_ALG);
	}
	assert_int_equal(verify_with(key, forge("{}", "{}", (const uint8_t *)"x", 1, token)), JOSE_ALG);
	assert_int_equal(verify_with(key, forge("{\"alg\":null}", "{}", (const uint8_t *)"x", 1, token)), JOSE_ALG);
	assert_int_equal(verify_with(key, forge("{\"alg\":[\"EdDSA\"]}", "{}", (const uint8_t *)"x", 1, token)), JOSE_ALG);
	jose_key_free(&key);
}

static void
hmac_with_the_public_key_as_secret_is_refused(void **state)
{
	static const char *const names[] = { "HS256", "HS384", "HS512" };

	(void)state;
	for (enum jose_alg alg = JOSE_ES256; alg <= JOSE_RS256; alg++)
		for (size_t i = 0; i < COUNT(names); i++) {
			struct jose_key *key = generate(alg);
			char token[JOSE_TOKEN], header[256], jwk[JOSE_JWK_ROOM];
			uint8_t mac[32];
			unsigned mac_n;
			size_t n;

			assert_true(jose_key_jwk(key, jwk, sizeof jwk, &n));
			snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", names[i], jose_key_kid(key));
			forge(header, "{}", NULL, 0, token);
			HMAC(EVP_sha256(), jwk, (int)n, (uint8_t *)token, strlen(token) - 1, mac, &mac_n);
			assert_int_equal(verify_with(key, forge(header, "{}", mac, mac_n, token)), JOSE_ALG);
			jose_key_free(&key);
		}
}

static void
the_key_fixes_the_algorithm(void **state)
{
	static const char *const others[] = { "ES256", "RS256", "ES384", "PS256", "RS512", "ES256K", "eddsa", "Ed25519" };
	struct jose_key *key = generate(JOSE_EDDSA), *other = generate(JOSE_ES256);
	const struct jose_set both = { { key, other }, 2 };
	char token[JOSE_TOKEN], header[256];

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		snprintf(header, sizeof header, "{\"alg\":\"%s\"}", others[i]);
		assert_int_equal(verify_with(key, forge_signed(key, header, token)), JOSE_ALG);
		snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", others[i], jose_key_kid(key));
		assert_int_equal(verify(&both, wh_str(forge_signed(key, header, token))), JOSE_ALG);
	}
	assert_int_equal(verify_with(key, forge_signed(key, "{\"alg\":\"EdDSA\"}", token)), JOSE_GOOD);
	jose_key_free(&key);
	jose_key_free(&other);
}

static void
every_crit_and_embedded_key_is_refused_however_well_signed(void **state)
{
	static const struct {
		const char *header;
		enum jose_flaw flaw;
	} rows[] = {
		{ "{\"alg\":\"EdDSA\"}", JOSE_GOOD },
		{ "{\"alg\":\"EdDSA\",\"crit\":[\"exp\"],\"exp\":1}", JOSE_CRIT }, { "{\"alg\":\"EdDSA\",\"crit\":[]}", JOSE_CRIT },
		{ "{\"alg\":\"EdDSA\",\"crit\":null}", JOSE_CRIT }, { "{\"alg\":\"EdDSA\",\"cr\\u0069t\":[\"x\"]}", JOSE_CRIT },
		{ "{\"alg\":\"EdDSA\",\"b64\":false}", JOSE_CRIT },
		{ "{\"alg\":\"EdDSA\",\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}}", JOSE_EMBEDDED },
		{ "{\"alg\":\"EdDSA\",\"jku\":\"https://evil.example/jwks\"}", JOSE_EMBEDDED }, { "{\"alg\":\"EdDSA\",\"x5u\":\"https://evil.example\"}", JOSE_EMBEDDED },
		{ "{\"alg\":\"EdDSA\",\"x5c\":[]}", JOSE_EMBEDDED }, { "{\"alg\":\"EdDSA\",\"jwk\":null}", JOSE_EMBEDDED },
		{ "{\"alg\":\"none\",\"alg\":\"EdDSA\"}", JOSE_SHAPE }, { "{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\"}", JOSE_SHAPE },
		{ "{\"alg\":\"EdDSA\"} ", JOSE_GOOD }, { "{\"alg\":\"EdDSA\"}x", JOSE_SHAPE }, { "[\"EdDSA\"]", JOSE_SHAPE }, { "\"EdDSA\"", JOSE_SHAPE },
		{ "{\"alg\":\"EdDSA\",\"kid\":\"another\"}", JOSE_NO_KEY }, { "{\"alg\":\"EdDSA\",\"kid\":7}", JOSE_NO_KEY },
		{ "{\"alg\":\"EdDSA\",\"kid\":\"\"}", JOSE_NO_KEY },
	};
	struct jose_key *key = generate(JOSE_EDDSA);
	char token[JOSE_TOKEN];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (verify_with(key, forge_signed(key, rows[i].header, token)) != rows[i].flaw)
			fail_msg("%s: %d", rows[i].header, verify_with(key, token));
	jose_key_free(&key);
}

static void
a_token_without_kid_needs_a_set_of_one(void **state)
{
	struct jose_key *key = generate(JOSE_EDDSA), *other = generate(JOSE_EDDSA);
	const struct jose_set none = { { NULL }, 0 }, both = { { other, key }, 2 }, wrong = { { other }, 1 };
	char token[JOSE_TOKEN];
	size_t n;

	(void)state;
	forge_signed(key, "{\"alg\":\"EdDSA\"}", token);
	assert_int_equal(verify(&both, wh_str(token)), JOSE_NO_KEY);
	assert_int_equal(verify(&none, wh_str(token)), JOSE_NO_KEY);
	assert_int_equal(verify(&wrong, wh_str(token)), JOSE_SIGNATURE);
	assert_int_equal(jose_sign(key, "JWT", WH_STR("{}"), token, sizeof token, &n), WH_OK);
	assert_int_equal(verify(&both, wh_str(token)), JOSE_GOOD);
	assert_int_equal(verify(&wrong, wh_str(token)), JOSE_NO_KEY);
	jose_key_free(&key);
	jose_key_free(&other);
}

static void
other_shapes_of_a_token_are_refused(void **state)
{
	char token[JOSE_TOKEN + 8];
	struct jose_set set;
	char *dot;

	(void)state;
	read_set(es256_key, &set);
	assert_int_equal(verify(&set, WH_STR("")), JOSE_SHAPE);
	assert_int_equal(verify(&set, WH_STR("..")), JOSE_SHAPE);
	assert_int_equal(verify(&set, WH_STR("eyJhbGciOiJFUzI1NiJ9")), JOSE_SHAPE);
	assert_int_equal(verify(&set, WH_STR("eyJhbGciOiJFUzI1NiJ9.e30")), JOSE_SHAPE);
	assert_int_equal(verify(&set, WH_STR("eyJhbGciOiJFUzI1NiJ9.e30.")), JOSE_SHAPE);
	for (const char *const *tail = (const char *const[]){ ".", ".AA", ".A.B", "=", "==", " ", "\n", NULL }; *tail != NULL; tail++) {
		snprintf(token, sizeof token, "%s%s", es256_token, *tail);
		assert_int_equal(verify(&set, wh_str(token)), JOSE_SHAPE);
	}
	dot = strchr(strcpy(token, es256_token), '.');
	snprintf(token, sizeof token, "%.*s=%s", (int)(dot - token), es256_token, es256_token + (dot - token));
	assert_int_equal(verify(&set, wh_str(token)), JOSE_SHAPE);
	memset(token, 'A', sizeof token);
	assert_int_equal(verify(&set, (struct wh_str){ token, JOSE_TOKEN + 1 }), JOSE_BIG);
	token[JOSE_HEADER * 4 / 3 + 4] = '.';
	token[JOSE_HEADER * 4 / 3 + 8] = '.';
	assert_int_equal(verify(&set, (struct wh_str){ token, JOSE_TOKEN }), JOSE_BIG);
	jose_set_free(&set);
}

static void
an_es256_signature_has_64_bytes(void **state)
{
	static const uint8_t zeros[128];
	char token[JOSE_TOKEN];
	uint8_t raw[64], der[80] = { 0x30, 0, 0x02, 33, 0 };
	struct jose_set set;
	size_t n;

	(void)state;
	read_set(es256_key, &set);
	assert_true(text64_get(TEXT64_URL, raw, sizeof raw, &n, wh_str(strrchr(es256_token, '.') + 1)));
	for (n = 1; n <= 128; n++)
		assert_int_equal(verify_with(set.keys[0], forge("{\"alg\":\"ES256\"}", "{}", zeros, n, token)), JOSE_SIGNATURE);
	/* The same signature as ASN.1: good for WebAuthn, and refused in a token. */
	memcpy(der + 4, raw, 32);
	der[3] = 32;
	memcpy(der + 36, (uint8_t[]){ 0x02, 33, 0 }, 3);
	memcpy(der + 39, raw + 32, 32);
	der[1] = 69;
	n = (size_t)(strrchr(es256_token, '.') - es256_token);
	assert_true(jose_key_verify(set.keys[0], JOSE_DER, (const uint8_t *)es256_token, n, der, 71));
	assert_false(jose_key_verify(set.keys[0], JOSE_RAW, (const uint8_t *)es256_token, n, der, 71));
	assert_false(jose_key_verify(set.keys[0], JOSE_DER, (const uint8_t *)es256_token, n, der, 70));
	assert_false(jose_key_verify(set.keys[0], JOSE_DER, (const uint8_t *)es256_token, n, raw, 64));
	assert_true(jose_key_verify(set.keys[0], JOSE_RAW, (const uint8_t *)es256_token, n, raw, 64));
	jose_set_free(&set);
}

static void
a_set_passes_over_what_it_cannot_use(void **state)
{
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define OKP "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
	static const char jwks[] = "{\"keys\":[7,null,{},[],{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"1\"},{" EC ",\"use\":\"enc\"},{" EC ",\"alg\":\"ES384\"},"
		"{" EC ",\"key_ops\":[\"sign\"]},{" EC ",\"d\":\"AAAA\"},{" EC ",\"kid\":\"\"},{" EC ",\"kid\":7},"
		"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AAAA\",\"y\":\"AAAA\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"},"
		/* not on the curve */
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"},"
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},"
		"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},{" OKP ",\"alg\":\"ES256\"},"
		"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},{\"kty\":\"RSA\",\"e\":\"AQAB\"},"
		"{" EC ",\"kid\":\"a\",\"use\":\"sig\",\"alg\":\"ES256\",\"key_ops\":[\"verify\"],\"x5c\":[\"\"]},{" OKP ",\"kid\":\"b\"}]}";
	char many[8192], number[16];
	struct jose_set set;

	(void)state;
	assert_int_equal(jose_set_read(wh_str(jwks), &set), WH_OK);
	assert_int_equal(set.n, 2);
	assert_string_equal(jose_key_kid(set.keys[0]), "a");
	assert_string_equal(jose_key_kid(set.keys[1]), "b");
	jose_set_free(&set);
	strcpy(many, "{\"keys\":[");
	for (int i = 0; i < JOSE_KEYS + 4; i++) {
		snprintf(number, sizeof number, "%d", i);
		strcat(strcat(strcat(many, "{" OKP ",\"kid\":\""), number), i == JOSE_KEYS + 3 ? "\"}]}" : "\"},");
	}
	assert_int_equal(jose_set_read(wh_str(many), &set), WH_OK);
	assert_int_equal(set.n, JOSE_KEYS);
	jose_set_free(&set);
	assert_int_equal(jose_set_read(WH_STR("[]"), &set), WH_ESYNTAX);
	assert_int_equal(jose_set_read(WH_STR("{}"), &set), WH_ESYNTAX);
	assert_int_equal(jose_set_read(WH_STR("{\"keys\":{}}"), &set), WH_ESYNTAX);
	assert_int_equal(jose_set_read(WH_STR("{\"keys\":[]}x"), &set), WH_ESYNTAX);
	for (size_t n = 0; n < sizeof jwks - 1; n += 7) {
		uint8_t *cut = exact(jwks, n);

		assert_int_equal(jose_set_read((struct wh_str){ (char *)cut, n }, &set), WH_ESYNTAX);
		free(cut);
	}
}

static void
weak_rsa_keys_are_refused(void **state)
{
	EVP_PKEY *pkey = EVP_RSA_gen(1024);
	BIO *bio = BIO_new(BIO_s_mem());
	struct jose_key *key;
	uint8_t n[256];
	char *pem;
	long pem_n;

	(void)state;
	PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
	pem_n = BIO_get_mem_data(bio, &pem);
	assert_int_equal(jose_key_read((struct wh_str){ pem, (size_t)pem_n }, &key), WH_ENOTSUP);
	assert_null(key);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	memset(n, 0xff, sizeof n);
	assert_int_equal(jose_key_public(JOSE_RS256, n, 256, (const uint8_t *)"\x01\x00\x01", 3, &key), WH_OK);
	jose_key_free(&key);
	assert_int_equal(jose_key_public(JOSE_RS256, n, 255, (const uint8_t *)"\x01\x00\x01", 3, &key), WH_EINVAL);
	assert_int_equal(jose_key_public(JOSE_RS256, n, 256, (const uint8_t *)"\x01", 1, &key), WH_EINVAL);
	assert_int_equal(jose_key_public(JOSE_RS256, n, 256, (const uint8_t *)"\x02", 1, &key), WH_EINVAL);
	assert_int_equal(jose_key_public(JOSE_RS256, n, 256, (const uint8_t *)"\x01\0\0\0\0\0\0\0\x01", 9, &key), WH_EINVAL);
	n[0] = 0x7f;	/* 2047 bits */
	assert_int_equal(jose_key_public(JOSE_RS256, n, 256, (const uint8_t *)"\x01\x00\x01", 3, &key), WH_EINVAL);
	n[0] = 0xff;
	n[255] = 0xfe;
	assert_int_equal(jose_key_public(JOSE_RS256, n, 256, (const uint8_t *)"\x01\x00\x01", 3, &key), WH_EINVAL);
}

static void
pem_of_other_kinds_is_refused(void **state)
{
	struct jose_key *key = generate(JOSE_ES256), *again;
	char pem[JOSE_PEM_ROOM], twice[JOSE_PEM_ROOM];
	EVP_PKEY *other = EVP_EC_gen("P-384");
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long text_n;
	size_t n;

	(void)state;
	assert_true(jose_key_write(key, pem, sizeof pem, &n));
	assert_false(jose_key_write(key, pem, n, &n));
	assert_true(jose_key_write(key, pem, sizeof pem, &n));
	for (size_t cut = 0; cut + 1 < n; cut++)
		assert_int_equal(jose_key_read((struct wh_str){ pem, cut }, &again), WH_ESYNTAX);
	strcat(strcpy(twice, pem), pem);
	assert_int_equal(jose_key_read(wh_str(twice), &again), WH_ESYNTAX);
	assert_int_equal(jose_key_read(WH_STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), &again), WH_ESYNTAX);
	PEM_write_bio_PKCS8PrivateKey(bio, other, NULL, NULL, 0, NULL, NULL);
	text_n = BIO_get_mem_data(bio, &text);
	assert_int_equal(jose_key_read((struct wh_str){ text, (size_t)text_n }, &again), WH_ENOTSUP);
	BIO_reset(bio);
	PEM_write_bio_PKCS8PrivateKey(bio, other, EVP_aes_128_cbc(), "pass", 4, NULL, NULL);
	text_n = BIO_get_mem_data(bio, &text);
	assert_int_equal(jose_key_read((struct wh_str){ text, (size_t)text_n }, &again), WH_ESYNTAX);
	BIO_free(bio);
	EVP_PKEY_free(other);
	jose_key_free(&key);
	jose_key_free(&key);
	assert_int_equal(jose_key_generate(JOSE_NO_ALG, &key), WH_EINVAL);
}

static void
names_of_algorithms_are_exact(void **state)
{
	(void)state;
	assert_string_equal(jose_alg_name(JOSE_ES256), "ES256");
	assert_null(jose_alg_name(JOSE_NO_ALG));
	assert_int_equal(jose_alg_of(WH_STR("EdDSA")), JOSE_EDDSA);
	assert_int_equal(jose_alg_of(WH_STR("es256")), JOSE_NO_ALG);
	assert_int_equal(jose_alg_of(WH_STR("ES256\0")), JOSE_NO_ALG);
	assert_int_equal(jose_alg_of(WH_STR("")), JOSE_NO_ALG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfcs_examples_verify),
		cmocka_unit_test(thumbprints_are_those_of_the_rfcs),
		cmocka_unit_test(each_kind_of_key_makes_the_whole_round),
		cmocka_unit_test(one_bit_flipped_anywhere_is_refused),
		cmocka_unit_test(a_token_cut_anywhere_is_refused),
		cmocka_unit_test(alg_none_is_refused),
		cmocka_unit_test(hmac_with_the_public_key_as_secret_is_refused),
		cmocka_unit_test(the_key_fixes_the_algorithm),
		cmocka_unit_test(every_crit_and_embedded_key_is_refused_however_well_signed),
		cmocka_unit_test(a_token_without_kid_needs_a_set_of_one),
		cmocka_unit_test(other_shapes_of_a_token_are_refused),
		cmocka_unit_test(an_es256_signature_has_64_bytes),
		cmocka_unit_test(a_set_passes_over_what_it_cannot_use),
		cmocka_unit_test(weak_rsa_keys_are_refused),
		cmocka_unit_test(pem_of_other_kinds_is_refused),
		cmocka_unit_test(names_of_algorithms_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
