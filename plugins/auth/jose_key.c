/* Keys: made, read, written, and shown as JWK. Every way in ends in jose_key_wrap, which alone decides what is a good key. */
#include "jose_key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "text64.h"

enum { POINT = 32, EXPONENT_BITS = 64, MODULUS = JOSE_RSA_MOST / 8 };

static const char *const alg_names[] = { [JOSE_ES256] = "ES256", [JOSE_EDDSA] = "EdDSA", [JOSE_RS256] = "RS256" };

const char *
jose_alg_name(enum jose_alg alg)
{
	return alg >= JOSE_ES256 && alg <= JOSE_RS256 ? alg_names[alg] : NULL;
}

enum jose_alg
jose_alg_of(struct wh_str name)
{
	for (enum jose_alg alg = JOSE_ES256; alg <= JOSE_RS256; alg++)
		if (wh_str_is(name, alg_names[alg]))
			return alg;
	return JOSE_NO_ALG;
}

const EVP_MD *
jose_digest(enum jose_alg alg)
{
	return alg == JOSE_EDDSA ? NULL : EVP_sha256();
}

/* The public parts as numbers of a fixed or natural size, and as base64url. */
struct parts {
	char a[TEXT64_ROOM(MODULUS)], b[TEXT64_ROOM(MODULUS)];
};

static bool
part_of_bn(const struct jose_key *key, const char *param, size_t size, char *out, size_t cap)
{
	uint8_t bytes[MODULUS];
	BIGNUM *bn = NULL;
	bool good = false;

	if (EVP_PKEY_get_bn_param(key->pkey, param, &bn) == 1) {
		if (size == 0)
			size = (size_t)BN_num_bytes(bn);
		good = size <= sizeof bytes && BN_bn2binpad(bn, bytes, (int)size) == (int)size && text64_put(TEXT64_URL, out, cap, bytes, size);
	}
	BN_free(bn);
	return good;
}

static bool
parts_get(const struct jose_key *key, struct parts *parts)
{
	uint8_t point[POINT];
	size_t n = sizeof point;

	switch (key->alg) {
	case JOSE_ES256:
		return part_of_bn(key, OSSL_PKEY_PARAM_EC_PUB_X, POINT, parts->a, sizeof parts->a) &&
		    part_of_bn(key, OSSL_PKEY_PARAM_EC_PUB_Y, POINT, parts->b, sizeof parts->b);
	case JOSE_EDDSA:
		return EVP_PKEY_get_raw_public_key(key->pkey, point, &n) == 1 && n == POINT &&
		    text64_put(TEXT64_URL, parts->a, sizeof parts->a, point, n);
	case JOSE_RS256:
		return part_of_bn(key, OSSL_PKEY_PARAM_RSA_N, 0, parts->a, sizeof parts->a) &&
		    part_of_bn(key, OSSL_PKEY_PARAM_RSA_E, 0, parts->b, sizeof parts->b);
	case JOSE_NO_ALG:
	default:
		return false;
	}
}

/* The members of a JWK that make the key, in the order that RFC 7638 hashes, without the closing brace. */
static int
members_put(enum jose_alg alg, const struct parts *parts, char *out, size_t cap)
{
	switch (alg) {
	case JOSE_ES256:
		return snprintf(out, cap, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"", parts->a, parts->b);
	case JOSE_EDDSA:
		return snprintf(out, cap, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"", parts->a);
	case JOSE_RS256:
		return snprintf(out, cap, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"", parts->b, parts->a);
	case JOSE_NO_ALG:
	default:
		return -1;
	}
}

static bool
thumbprint(struct jose_key *key)
{
	char text[JOSE_JWK_ROOM];
	uint8_t hash[SHA256_DIGEST_LENGTH];
	struct parts parts;
	int n;

	if (!parts_get(key, &parts))
		return false;
	n = members_put(key->alg, &parts, text, sizeof text - 1);
	if (n < 0 || (size_t)n >= sizeof text - 1)
		return false;
	text[n] = '}';
	return SHA256((const uint8_t *)text, (size_t)n + 1, hash) != NULL &&
	    text64_put(TEXT64_URL, key->kid, sizeof key->kid, hash, sizeof hash);
}

bool
jose_key_jwk(const struct jose_key *key, char *out, size_t cap, size_t *n_out)
{
	char members[JOSE_JWK_ROOM];
	struct parts parts;
	int n;

	*n_out = 0;
	if (cap != 0)
		out[0] = '\0';
	if (!parts_get(key, &parts) || members_put(key->alg, &parts, members, sizeof members) < 0)
		return false;
	n = snprintf(out, cap, "%s,\"kid\":\"%s\",\"use\":\"sig\",\"alg\":\"%s\"}", members, key->kid, alg_names[key->alg]);
	if (n < 0 || (size_t)n >= cap)
		return false;
	*n_out = (size_t)n;
	return true;
}

static bool
rsa_is_good(EVP_PKEY *pkey)
{
	BIGNUM *n = NULL, *e = NULL;
	bool good = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	    BN_num_bits(n) >= JOSE_RSA_LEAST && BN_num_bits(n) <= JOSE_RSA_MOST && BN_is_odd(n) &&
	    BN_num_bits(e) <= EXPONENT_BITS && BN_is_odd(e) && !BN_is_one(e);

	BN_free(n);
	BN_free(e);
	return good;
}

static bool
curve_is_p256(EVP_PKEY *pkey)
{
	char name[32];
	size_t n;

	return EVP_PKEY_get_group_name(pkey, name, sizeof name, &n) == 1 && strcmp(name, SN_X9_62_prime256v1) == 0;
}

static enum jose_alg
alg_of_pkey(EVP_PKEY *pkey)
{
	if (EVP_PKEY_is_a(pkey, "EC"))
		return curve_is_p256(pkey) ? JOSE_ES256 : JOSE_NO_ALG;
	if (EVP_PKEY_is_a(pkey, "ED25519"))
		return JOSE_EDDSA;
	if (EVP_PKEY_is_a(pkey, "RSA"))
		return rsa_is_good(pkey) ? JOSE_RS256 : JOSE_NO_ALG;
	return JOSE_NO_ALG;
}

static bool
point_is_good(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool good = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

enum wh_err
jose_key_wrap(EVP_PKEY *take_pkey, bool is_private, struct jose_key **key_out)
{
	enum jose_alg alg = alg_of_pkey(take_pkey);
	enum wh_err err = WH_ENOTSUP;
	struct jose_key *key = NULL;

	*key_out = NULL;
	if (alg == JOSE_NO_ALG || (alg == JOSE_ES256 && !point_is_good(take_pkey)))
		goto fail;
	err = WH_ENOMEM;
	key = calloc(1, sizeof *key);
	if (key == NULL)
		goto fail;
	*key = (struct jose_key){ .alg = alg, .pkey = take_pkey, .is_private = is_private };
	if (!thumbprint(key))
		goto fail;
	*key_out = key;
	return WH_OK;
fail:
	ERR_clear_error();
	EVP_PKEY_free(take_pkey);
	free(key);
	return err;
}

enum wh_err
jose_key_generate(enum jose_alg alg, struct jose_key **key_out)
{
	EVP_PKEY *pkey = NULL;

	*key_out = NULL;
	if (alg == JOSE_ES256)
		pkey = EVP_EC_gen("P-256");
	else if (alg == JOSE_EDDSA)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else if (alg == JOSE_RS256)
		pkey = EVP_RSA_gen((unsigned)JOSE_RSA_LEAST);
	else
		return WH_EINVAL;
	return pkey != NULL ? jose_key_wrap(pkey, true, key_out) : WH_ENOMEM;
}

static EVP_PKEY *
pkey_of(const char *kind, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
pkey_of_point(const uint8_t *x, const uint8_t *y)
{
	char group[] = "P-256";
	uint8_t point[1 + 2 * POINT] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
		OSSL_PARAM_construct_end(),
	};

	memcpy(point + 1, x, POINT);
	memcpy(point + 1 + POINT, y, POINT);
	return pkey_of("EC", params);
}

static EVP_PKEY *
pkey_of_modulus(const uint8_t *n, size_t n_n, const uint8_t *e, size_t e_n)
{
	BIGNUM *modulus = BN_bin2bn(n, (int)n_n, NULL), *exponent = BN_bin2bn(e, (int)e_n, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (modulus != NULL && exponent != NULL && build != NULL && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params != NULL)
		pkey = pkey_of("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	return pkey;
}

enum wh_err
jose_key_public(enum jose_alg alg, const uint8_t *a, size_t a_n, const uint8_t *b, size_t b_n, struct jose_key **key_out)
{
	EVP_PKEY *pkey = NULL;
	enum wh_err err;

	*key_out = NULL;
	if (alg == JOSE_ES256 && a_n == POINT && b_n == POINT)
		pkey = pkey_of_point(a, b);
	else if (alg == JOSE_EDDSA && a_n == POINT && b_n == 0)
		pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, a, a_n);
	else if (alg == JOSE_RS256 && a_n != 0 && a_n <= MODULUS && b_n != 0 && b_n <= EXPONENT_BITS / 8)
		pkey = pkey_of_modulus(a, a_n, b, b_n);
	ERR_clear_error();
	if (pkey == NULL)
		return WH_EINVAL;
	err = jose_key_wrap(pkey, false, key_out);
	return err == WH_ENOTSUP ? WH_EINVAL : err;
}

static EVP_PKEY *
pkcs8_read(const uint8_t **at, long n)
{
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, at, n);
	EVP_PKEY *pkey = info != NULL ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey;
}

static bool
only_space(BIO *bio)
{
	char c;

	while (BIO_read(bio, &c, 1) == 1)
		if (c != '\n' && c != '\r' && c != ' ')
			return false;
	return true;
}

enum wh_err
jose_key_read(struct wh_str pem, struct jose_key **key_out)
{
	char *name = NULL, *header = NULL;
	uint8_t *der = NULL;
	const uint8_t *at;
	long n = 0;
	EVP_PKEY *pkey = NULL;
	BIO *bio;
	bool is_private = false;

	*key_out = NULL;
	if (pem.n >= JOSE_PEM_ROOM || !wh_str_starts(pem, WH_STR("-----BEGIN ")))
		return WH_ESYNTAX;
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (bio == NULL)
		return WH_ENOMEM;
	if (PEM_read_bio(bio, &name, &header, &der, &n) == 1 && header[0] == '\0' && only_space(bio)) {
		at = der;
		is_private = strcmp(name, PEM_STRING_PKCS8INF) == 0;
		if (is_private)
			pkey = pkcs8_read(&at, n);
		else if (strcmp(name, PEM_STRING_PUBLIC) == 0)
			pkey = d2i_PUBKEY(NULL, &at, n);
		if (pkey != NULL && at != der + n) {
			EVP_PKEY_free(pkey);
			pkey = NULL;
		}
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
	BIO_free(bio);
	ERR_clear_error();
	return pkey != NULL ? jose_key_wrap(pkey, is_private, key_out) : WH_ESYNTAX;
}

bool
jose_key_write(const struct jose_key *key, char *out, size_t cap, size_t *n_out)
{
	BIO *bio = key->is_private ? BIO_new(BIO_s_secmem()) : NULL;
	char *text = NULL;
	long n = 0;
	bool good = false;

	*n_out = 0;
	if (cap != 0)
		out[0] = '\0';
	if (bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1)
		n = BIO_get_mem_data(bio, &text);
	if (n > 0 && (size_t)n < cap) {
		memcpy(out, text, (size_t)n);
		out[n] = '\0';
		*n_out = (size_t)n;
		good = true;
	}
	if (n > 0)
		OPENSSL_cleanse(text, (size_t)n);
	BIO_free(bio);
	ERR_clear_error();
	return good;
}

void
jose_key_free(struct jose_key **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->pkey);
	free(*key);
	*key = NULL;
}

enum jose_alg
jose_key_alg(const struct jose_key *key)
{
	return key->alg;
}

bool
jose_key_is_private(const struct jose_key *key)
{
	return key->is_private;
}

const char *
jose_key_kid(const struct jose_key *key)
{
	return key->kid;
}
