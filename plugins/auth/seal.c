/* The sealing of seal.h. */
#include "seal.h"

#include <openssl/evp.h>

#include "auth.h"

static const char seal_version[] = "1.";

static bool
seal_crypt(struct auth *auth, const char *purpose, struct wh_str account, bool encrypt, const uint8_t *nonce, const uint8_t *in, size_t n,
    uint8_t *out, uint8_t tag[SEAL_TAG])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[KEY_SIZE];
	int written = 0;
	bool good;

	keys_hmac(auth->keys.second, "seal", wh_str(purpose), key);
	good = ctx != NULL && EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key, nonce, encrypt, NULL) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &written, (const uint8_t *)account.p, (int)account.n) == 1 &&
	    EVP_CipherUpdate(ctx, out, &written, in, (int)n) == 1 && (size_t)written == n;
	if (good && !encrypt)
		good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG, tag) == 1;
	good = good && EVP_CipherFinal_ex(ctx, out + n, &written) == 1 && written == 0;
	if (good && encrypt)
		good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	explicit_bzero(key, sizeof key);
	return good;
}

bool
seal_put(struct auth *auth, const char *purpose, struct wh_str account, const uint8_t *bytes, size_t n, char out[SEAL_ROOM])
{
	uint8_t sealed[SEAL_NONCE + SEAL_MOST + SEAL_TAG];

	out[0] = '\0';
	if (n > SEAL_MOST)
		return false;
	wh_random(auth->host, sealed, SEAL_NONCE);
	if (!seal_crypt(auth, purpose, account, true, sealed, bytes, n, sealed + SEAL_NONCE, sealed + SEAL_NONCE + n))
		return false;
	memcpy(out, seal_version, sizeof seal_version);
	return text64_put(TEXT64_URL, out + sizeof seal_version - 1, SEAL_ROOM - sizeof seal_version + 1, sealed, SEAL_NONCE + n + SEAL_TAG);
}

bool
seal_get(struct auth *auth, const char *purpose, struct wh_str account, struct wh_str text, uint8_t *out, size_t n)
{
	uint8_t sealed[SEAL_NONCE + SEAL_MOST + SEAL_TAG], opened[SEAL_MOST];
	size_t is;
	bool good;

	if (n > SEAL_MOST || !wh_str_starts(text, wh_str(seal_version)) ||
	    !text64_get(TEXT64_URL, sealed, sizeof sealed, &is, wh_str_from(text, sizeof seal_version - 1)) || is != SEAL_NONCE + n + SEAL_TAG)
		return false;
	good = seal_crypt(auth, purpose, account, false, sealed, sealed + SEAL_NONCE, n, opened, sealed + SEAL_NONCE + n);
	if (good)
		memcpy(out, opened, n);
	explicit_bzero(opened, sizeof opened);
	return good;
}

bool
seal_put_text(struct auth *auth, const char *purpose, struct wh_str owner, struct wh_str bytes, char *out, size_t cap)
{
	size_t n = SEAL_NONCE + bytes.n + SEAL_TAG, head = sizeof seal_version - 1;
	uint8_t *sealed = bytes.n != 0 && bytes.n <= SEAL_LONG ? wh_new(auth->host, n) : NULL;
	bool good = sealed != NULL && cap > head;

	out[0] = '\0';
	if (good) {
		wh_random(auth->host, sealed, SEAL_NONCE);
		good = seal_crypt(auth, purpose, owner, true, sealed, (const uint8_t *)bytes.p, bytes.n, sealed + SEAL_NONCE, sealed + SEAL_NONCE + bytes.n) &&
		    text64_put(TEXT64_URL, out + head, cap - head, sealed, n);
	}
	if (good)
		memcpy(out, seal_version, head);
	wh_delete(auth->host, sealed);
	return good;
}

bool
seal_get_text(struct auth *auth, const char *purpose, struct wh_str owner, struct wh_str text, char *out, size_t cap, size_t *n_out)
{
	size_t is = 0, n = 0;
	uint8_t *sealed = text.n <= SEAL_TEXT_ROOM(SEAL_LONG) ? wh_new(auth->host, text.n + 1) : NULL;
	bool good = sealed != NULL && wh_str_starts(text, wh_str(seal_version)) &&
	    text64_get(TEXT64_URL, sealed, text.n + 1, &is, wh_str_from(text, sizeof seal_version - 1)) && is > SEAL_NONCE + SEAL_TAG;

	if (good) {
		n = is - SEAL_NONCE - SEAL_TAG;
		good = n < cap && seal_crypt(auth, purpose, owner, false, sealed, sealed + SEAL_NONCE, n, (uint8_t *)out, sealed + SEAL_NONCE + n);
		if (!good && n < cap)
			explicit_bzero(out, n);
	}
	*n_out = good ? n : 0;
	out[*n_out] = '\0';
	wh_delete(auth->host, sealed);
	return good;
}
