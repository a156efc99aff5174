/* Signing and verifying compact JWS (RFC 7515), as strict as RFC 8725 advises. The order in jose_verify matters: nothing of a
 * token is used, but to choose a key, before its signature is good. */
#include "jose.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <stdio.h>
#include <strings.h>

#include "claims.h"
#include "jose_key.h"
#include "text64.h"

enum {
	HALF = 32,				/* r or s of ES256 */
	SIGNATURE = JOSE_RSA_MOST / 8,
	DER = 80,				/* an ES256 signature in ASN.1 has 72 at most */
	TYP = 64,
};

/* Returns the length, 0 when it failed. */
static size_t
der_of_raw(const uint8_t raw[2 * HALF], uint8_t out[DER])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, HALF, NULL), *s = BN_bin2bn(raw + HALF, HALF, NULL);
	int n = 0;

	if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		n = i2d_ECDSA_SIG(sig, NULL);
		n = n > 0 && n <= DER ? i2d_ECDSA_SIG(sig, &out) : 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return n > 0 ? (size_t)n : 0;
}

static bool
raw_of_der(const uint8_t *der, size_t n, uint8_t out[2 * HALF])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool good = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, HALF) == HALF &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + HALF, HALF) == HALF;

	ECDSA_SIG_free(sig);
	return good;
}

bool
jose_key_verify(const struct jose_key *key, enum jose_form form, const uint8_t *data, size_t n, const uint8_t *signature, size_t signature_n)
{
	uint8_t der[DER];
	EVP_MD_CTX *ctx;
	bool good;

	if (key->alg == JOSE_ES256 && form == JOSE_RAW) {
		if (signature_n != 2 * HALF || (signature_n = der_of_raw(signature, der)) == 0)
			return false;
		signature = der;
	} else if (key->alg == JOSE_RS256 && signature_n != (size_t)EVP_PKEY_get_size(key->pkey)) {
		return false;
	}
	ctx = EVP_MD_CTX_new();
	good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, jose_digest(key->alg), NULL, key->pkey) == 1 &&
	    EVP_DigestVerify(ctx, signature, signature_n, data, n) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

static bool
sign_bytes(const struct jose_key *key, const char *data, size_t n, uint8_t out[SIGNATURE], size_t *n_out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t raw[2 * HALF];
	bool good;

	*n_out = SIGNATURE;
	good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, jose_digest(key->alg), NULL, key->pkey) == 1 &&
	    EVP_DigestSign(ctx, out, n_out, (const uint8_t *)data, n) == 1;
	EVP_MD_CTX_free(ctx);
	if (good && key->alg == JOSE_ES256) {
		good = raw_of_der(out, *n_out, raw);
		if (good)
			memcpy(out, raw, sizeof raw);
		*n_out = sizeof raw;
	}
	ERR_clear_error();
	return good;
}

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e || *text == '"' || *text == '\\')
			return false;
	return true;
}

enum wh_err
jose_sign(const struct jose_key *key, const char *typ, struct wh_str payload, char *out, size_t cap, size_t *n_out)
{
	char header[JOSE_KID + 2 * TYP];
	uint8_t signature[SIGNATURE];
	size_t at, signature_n;
	int n;

	*n_out = 0;
	if (cap != 0)
		out[0] = '\0';
	if (!key->is_private || strlen(typ) > TYP || !is_plain(typ))
		return WH_EINVAL;
	n = snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}", jose_alg_name(key->alg), key->kid, typ);
	if (n < 0 || (size_t)n >= sizeof header || payload.n > JOSE_PAYLOAD)
		return WH_ETOOBIG;
	at = text64_size(TEXT64_URL, (size_t)n) + 1 + text64_size(TEXT64_URL, payload.n);
	if (at + 2 > cap)
		return WH_ETOOBIG;
	text64_put(TEXT64_URL, out, cap, (const uint8_t *)header, (size_t)n);
	at = strlen(out);
	out[at++] = '.';
	text64_put(TEXT64_URL, out + at, cap - at, (const uint8_t *)payload.p, payload.n);
	at += strlen(out + at);
	if (!sign_bytes(key, out, at, signature, &signature_n)) {
		out[0] = '\0';
		return WH_ENOMEM;
	}
	out[at++] = '.';
	if (!text64_put(TEXT64_URL, out + at, cap - at, signature, signature_n) || at + strlen(out + at) > JOSE_TOKEN) {
		out[0] = '\0';
		return WH_ETOOBIG;
	}
	*n_out = at + strlen(out + at);
	return WH_OK;
}

struct pieces {
	struct wh_str header, payload, signature, signed_part;
};

static bool
split(struct wh_str token, struct pieces *out)
{
	const char *first = memchr(token.p, '.', token.n), *second;

	if (first == NULL)
		return false;
	out->header = (struct wh_str){ token.p, (size_t)(first - token.p) };
	out->payload = wh_str_from(token, out->header.n + 1);
	second = memchr(out->payload.p, '.', out->payload.n);
	if (second == NULL)
		return false;
	out->payload.n = (size_t)(second - out->payload.p);
	out->signed_part = (struct wh_str){ token.p, (size_t)(second - token.p) };
	out->signature = wh_str_from(token, out->signed_part.n + 1);
	return out->header.n != 0 && out->signature.n != 0 && memchr(out->signature.p, '.', out->signature.n) == NULL;
}

/* Media types: "JWT" and "application/jwt" are one. */
static bool
typ_is(const struct claims_value *header, const char *typ)
{
	char text[TYP + 1];
	const char *subtype = text;
	size_t n;

	if (!claims_get_text(header, "typ", text, sizeof text, &n))
		return false;
	if (strncasecmp(text, "application/", 12) == 0)
		subtype += 12;
	return strcasecmp(subtype, typ) == 0;
}

/* The algorithm that the header names must be that of the key that its kid names. */
static enum jose_flaw
choose(const struct jose_set *set, const struct claims_value *header, const struct jose_key **key_out)
{
	char name[16];
	size_t n;
	struct claims_value kid;
	enum jose_alg alg;
	enum jose_flaw flaw = JOSE_NO_KEY;

	if (!claims_get_text(header, "alg", name, sizeof name, &n) || (alg = jose_alg_of((struct wh_str){ name, n })) == JOSE_NO_ALG)
		return JOSE_ALG;
	if (!claims_get(header, "kid", &kid)) {
		if (set->n != 1)
			return JOSE_NO_KEY;
		*key_out = set->keys[0];
		return set->keys[0]->alg == alg ? JOSE_GOOD : JOSE_ALG;
	}
	for (size_t i = 0; i < set->n; i++) {
		if (!claims_is(&kid, wh_str(set->keys[i]->kid)))
			continue;
		if (set->keys[i]->alg == alg) {
			*key_out = set->keys[i];
			return JOSE_GOOD;
		}
		flaw = JOSE_ALG;
	}
	return flaw;
}

static enum jose_flaw
judge_header(const struct jose_set *set, const char *typ, struct wh_str text, const struct jose_key **key_out)
{
	static const char *const embedded[] = { "jwk", "jku", "x5u", "x5c" };
	struct claims_value header, value;
	uint8_t json[JOSE_HEADER];
	size_t n;

	if (text.n > text64_size(TEXT64_URL, sizeof json))
		return JOSE_BIG;
	if (!text64_get(TEXT64_URL, json, sizeof json, &n, text) || claims_read((struct wh_str){ (char *)json, n }, &header) != WH_OK ||
	    header.type != CLAIMS_OBJECT)
		return JOSE_SHAPE;
	if (claims_get(&header, "crit", &value) || claims_get(&header, "b64", &value))
		return JOSE_CRIT;
	for (size_t i = 0; i < sizeof embedded / sizeof embedded[0]; i++)
		if (claims_get(&header, embedded[i], &value))
			return JOSE_EMBEDDED;
	if (typ != NULL && !typ_is(&header, typ))
		return JOSE_TYP;
	return choose(set, &header, key_out);
}

enum jose_flaw
jose_verify(const struct jose_set *set, const char *typ, struct wh_str token, char *payload_out, size_t cap, size_t *n_out)
{
	const struct jose_key *key = NULL;
	uint8_t signature[SIGNATURE];
	struct pieces pieces;
	size_t signature_n;
	enum jose_flaw flaw;

	*n_out = 0;
	if (cap != 0)
		payload_out[0] = '\0';
	if (token.n > JOSE_TOKEN)
		return JOSE_BIG;
	if (token.n == 0 || !split(token, &pieces))
		return JOSE_SHAPE;
	flaw = judge_header(set, typ, pieces.header, &key);
	if (flaw != JOSE_GOOD)
		return flaw;
	if (!text64_get(TEXT64_URL, signature, sizeof signature, &signature_n, pieces.signature))
		return JOSE_SHAPE;
	if (!jose_key_verify(key, JOSE_RAW, (const uint8_t *)pieces.signed_part.p, pieces.signed_part.n, signature, signature_n))
		return JOSE_SIGNATURE;
	if (text64_size(TEXT64_URL, cap != 0 ? cap - 1 : 0) < pieces.payload.n || cap == 0)
		return JOSE_BIG;
	if (!text64_get(TEXT64_URL, (uint8_t *)payload_out, cap - 1, n_out, pieces.payload)) {
		payload_out[0] = '\0';
		return JOSE_SHAPE;
	}
	payload_out[*n_out] = '\0';
	return JOSE_GOOD;
}
