/* RFC 8291: a text sealed for one receiver, by a key of once and the receiver's; RFC 8292: who sends it. With OpenSSL; knows no host. */
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>

#include "push.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t
base64url_put(const unsigned char *bytes, size_t n, char *to, size_t cap)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		unsigned v = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) | (left > 2 ? (unsigned)bytes[i + 2] : 0);

		for (size_t k = 0; k < 4 && k <= left && at + 1 < cap; k++)
			to[at++] = digits[v >> (18 - 6 * k) & 63];
	}
	if (cap != 0)
		to[at] = '\0';
	return at;
}

bool
base64url_get(const char *text, size_t n_text, unsigned char *to, size_t n)
{
	size_t at = 0;
	unsigned v = 0, bits = 0;

	while (n_text != 0 && text[n_text - 1] == '=')
		n_text--;
	for (size_t i = 0; i < n_text; i++) {
		char c = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
		const char *d = c != '\0' ? strchr(digits, c) : NULL;

		if (d == NULL)
			return false;
		v = (v << 6 | (unsigned)(d - digits)) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (at == n)
				return false;
			to[at++] = (unsigned char)(v >> bits);
		}
	}
	return at == n;
}

bool
push_keys_make(struct push_keys *out)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIGNUM *private = NULL;
	size_t n = 0;
	bool ok = key != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &private) == 1 &&
	    BN_bn2binpad(private, out->private, PUSH_PRIVATE) == PUSH_PRIVATE &&
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out->public, sizeof out->public, &n) == 1 && n == PUSH_KEY;

	/* A compressed point is not what others expect. */
	ok = ok && out->public[0] == 4;
	BN_clear_free(private);
	EVP_PKEY_free(key);
	return ok;
}

/* A key as OpenSSL has it; without a private part it is a receiver's. */
static EVP_PKEY *
key_load(const unsigned char *public, const unsigned char *private)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *secret = private != NULL ? BN_bin2bn(private, PUSH_PRIVATE, NULL) : NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build != NULL && ctx != NULL && (private == NULL || secret != NULL) && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public, PUSH_KEY) == 1 &&
	    (private == NULL || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1) && (params = OSSL_PARAM_BLD_to_param(build)) != NULL &&
	    EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, private != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_clear_free(secret);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static bool
agree(const struct push_keys *ours, const unsigned char *theirs, unsigned char secret[static 32])
{
	EVP_PKEY *mine = key_load(ours->public, ours->private), *other = key_load(theirs, NULL);
	EVP_PKEY_CTX *ctx = mine != NULL && other != NULL ? EVP_PKEY_CTX_new(mine, NULL) : NULL;
	size_t n = 32;
	bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, other) == 1 && EVP_PKEY_derive(ctx, secret, &n) == 1 && n == 32;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(mine);
	EVP_PKEY_free(other);
	return ok;
}

static bool
hmac(const unsigned char *key, size_t n_key, const unsigned char *data, size_t n, unsigned char to[static 32])
{
	unsigned made = 0;

	return HMAC(EVP_sha256(), key, (int)n_key, data, n, to, &made) != NULL && made == 32;
}

static bool
gcm(const unsigned char key[static 16], const unsigned char nonce[static 12], const unsigned char *text, size_t n, unsigned char *to)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int made = 0, more = 0;
	bool ok = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce) == 1 && EVP_EncryptUpdate(ctx, to, &made, text, (int)n) == 1 &&
	    EVP_EncryptFinal_ex(ctx, to + made, &more) == 1 && (size_t)made + (size_t)more == n && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, to + n) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

bool
push_seal(const unsigned char receiver[static PUSH_KEY], const unsigned char auth[static PUSH_AUTH], const struct push_keys *once,
    const unsigned char salt[static PUSH_SALT], const char *text, size_t n, unsigned char to[static PUSH_SEALED], size_t *n_out)
{
	static const unsigned char key_info[] = "Content-Encoding: aes128gcm\0\1", nonce_info[] = "Content-Encoding: nonce\0\1";
	unsigned char secret[32], first[32], material[32], pseudo[32], key[32], nonce[32], info[14 + 2 * PUSH_KEY + 1], plain[PUSH_TEXT + 1];
	unsigned char *at = to;
	bool ok;

	if (n > PUSH_TEXT)
		return false;
	memcpy(info, "WebPush: info", 14);
	memcpy(info + 14, receiver, PUSH_KEY);
	memcpy(info + 14 + PUSH_KEY, once->public, PUSH_KEY);
	info[sizeof info - 1] = 1;
	ok = agree(once, receiver, secret) && hmac(auth, PUSH_AUTH, secret, sizeof secret, first) && hmac(first, sizeof first, info, sizeof info, material) &&
	    hmac(salt, PUSH_SALT, material, sizeof material, pseudo) && hmac(pseudo, sizeof pseudo, key_info, sizeof key_info - 1, key) &&
	    hmac(pseudo, sizeof pseudo, nonce_info, sizeof nonce_info - 1, nonce);
	memcpy(at, salt, PUSH_SALT);
	at += PUSH_SALT;
	memcpy(at, "\0\0\x10\0\x41", 5);	/* records of 4096 bytes; a key of 65 */
	at += 5;
	memcpy(at, once->public, PUSH_KEY);
	at += PUSH_KEY;
	memcpy(plain, text, n);
	plain[n] = 2;				/* the last record */
	ok = ok && gcm(key, nonce, plain, n + 1, at);
	*n_out = (size_t)(at - to) + n + 1 + 16;
	OPENSSL_cleanse(secret, sizeof secret);
	OPENSSL_cleanse(plain, sizeof plain);
	return ok;
}

/* ES256 wants the two numbers one behind the other. */
static bool
sign(const struct push_keys *keys, const char *text, size_t n, unsigned char to[static 64])
{
	EVP_PKEY *key = key_load(keys->public, keys->private);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[80];
	const unsigned char *at = der;
	size_t n_der = sizeof der;
	ECDSA_SIG *sig = NULL;
	bool ok = key != NULL && ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, der, &n_der, (const unsigned char *)text, n) == 1 && (sig = d2i_ECDSA_SIG(NULL, &at, (long)n_der)) != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), to, 32) == 32 && BN_bn2binpad(ECDSA_SIG_get0_s(sig), to + 32, 32) == 32;

	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

bool
push_token(const struct push_keys *keys, const char *audience, const char *contact, int64_t expires, char *to, size_t cap)
{
	static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
	unsigned char signature[64];
	char claims[600];
	int n_claims = snprintf(claims, sizeof claims, "{\"aud\":\"%s\",\"exp\":%lld,\"sub\":\"%s\"}", audience, (long long)expires, contact);
	size_t n;

	if (n_claims < 0 || (size_t)n_claims >= sizeof claims || cap < (size_t)n_claims * 2 + 200)
		return false;
	n = base64url_put((const unsigned char *)header, sizeof header - 1, to, cap);
	to[n++] = '.';
	n += base64url_put((const unsigned char *)claims, (size_t)n_claims, to + n, cap - n);
	if (!sign(keys, to, n, signature))
		return false;
	to[n++] = '.';
	base64url_put(signature, sizeof signature, to + n, cap - n);
	return true;
}
