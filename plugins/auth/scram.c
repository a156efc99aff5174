/* The exchange of scram.h. Parsing is strict: attributes stand in their order, once each, and nothing follows them; clients
 * that send more do not exist, and what is not read cannot be used against us. */
#include "scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>

#include "password.h"
#include "text64.h"

static bool
hmac(const uint8_t *key, size_t key_n, struct wh_str text, uint8_t out[SCRAM_HASH])
{
	unsigned n = 0;

	return HMAC(EVP_sha256(), key, (int)key_n, (const uint8_t *)text.p, text.n, out, &n) != NULL && n == SCRAM_HASH;
}

enum wh_err
scram_keys_make(struct wh_str password, const uint8_t salt[SCRAM_SALT], uint32_t iterations, struct scram_keys *keys_out)
{
	uint8_t salted[SCRAM_HASH], client[SCRAM_HASH];
	char prepared[PASSWORD_BYTES];
	enum wh_err err = WH_EINVAL;
	size_t n;

	*keys_out = (struct scram_keys){ .iterations = iterations };
	memcpy(keys_out->salt, salt, SCRAM_SALT);
	if (iterations < SCRAM_ITERATIONS_LEAST || iterations > SCRAM_ITERATIONS_MOST)
		return WH_EINVAL;
	if (password_prepare(PASSWORD_SASLPREP, password, prepared, &n) == PASSWORD_GOOD)
		err = PKCS5_PBKDF2_HMAC(prepared, (int)n, salt, SCRAM_SALT, (int)iterations, EVP_sha256(), SCRAM_HASH, salted) == 1 &&
			hmac(salted, SCRAM_HASH, WH_STR("Client Key"), client) && SHA256(client, SCRAM_HASH, keys_out->stored) != NULL &&
			hmac(salted, SCRAM_HASH, WH_STR("Server Key"), keys_out->server)
		    ? WH_OK : WH_ENOMEM;
	OPENSSL_cleanse(prepared, sizeof prepared);
	OPENSSL_cleanse(salted, sizeof salted);
	OPENSSL_cleanse(client, sizeof client);
	return err;
}

bool
scram_keys_fake(struct wh_str secret, struct wh_str name, uint32_t iterations, struct scram_keys *keys_out)
{
	uint8_t salt[SCRAM_HASH], labelled[SCRAM_NAME + 1];
	bool good = secret.n != 0 && secret.n <= 256 && name.n <= SCRAM_NAME;

	*keys_out = (struct scram_keys){ .iterations = iterations, .fake = true };
	for (int label = 0; good && label < 3; label++) {
		uint8_t *const outs[] = { salt, keys_out->stored, keys_out->server };

		labelled[0] = (uint8_t)label;
		if (name.n != 0)
			memcpy(labelled + 1, name.p, name.n);
		good = hmac((const uint8_t *)secret.p, secret.n, (struct wh_str){ (char *)labelled, name.n + 1 }, outs[label]);
	}
	if (good)
		memcpy(keys_out->salt, salt, SCRAM_SALT);
	return good;
}

static bool
skip(struct wh_str *text, struct wh_str expected)
{
	if (!wh_str_starts(*text, expected))
		return false;
	*text = wh_str_from(*text, expected.n);
	return true;
}

/* Up to the comma, or to the end. */
static struct wh_str
until_comma(struct wh_str *text)
{
	const char *comma = text->n != 0 ? memchr(text->p, ',', text->n) : NULL;
	struct wh_str value = { text->p, comma != NULL ? (size_t)(comma - text->p) : text->n };

	*text = wh_str_from(*text, value.n);
	return value;
}

/* =2C and =3D are comma and equals sign; the rest is UTF-8, which the caller judges when it makes the name canonical. */
static bool
name_decode(struct wh_str text, char out[SCRAM_NAME + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '=') {
			struct wh_str rest = wh_str_from(text, i + 1);

			if (!wh_str_starts(rest, WH_STR("2C")) && !wh_str_starts(rest, WH_STR("3D")))
				return false;
			c = rest.p[0] == '2' ? ',' : '=';
			i += 2;
		}
		if (c == '\0' || n == SCRAM_NAME)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return n != 0;
}

static bool
nonce_is_good(struct wh_str nonce)
{
	if (nonce.n == 0 || nonce.n > SCRAM_NONCE)
		return false;
	for (size_t i = 0; i < nonce.n; i++)
		if (nonce.p[i] < 0x21 || nonce.p[i] > 0x7e || nonce.p[i] == ',')
			return false;
	return true;
}

static enum wh_err
over(struct scram *scram, enum wh_err err)
{
	scram_end(scram);
	return err;
}

enum wh_err
scram_first(struct scram *scram, struct wh_str message)
{
	struct wh_str at = message, nonce;

	if (scram->state != SCRAM_BEGUN)
		return over(scram, WH_ESTATE);
	if (message.n > SCRAM_MESSAGE)
		return over(scram, WH_ETOOBIG);
	if (wh_str_starts(at, WH_STR("p=")))
		return over(scram, WH_ENOTSUP);
	if (!skip(&at, WH_STR("n,")) && !skip(&at, WH_STR("y,")))
		return over(scram, WH_ESYNTAX);
	if (skip(&at, WH_STR("a=")) && !name_decode(until_comma(&at), scram->authzid))
		return over(scram, WH_ESYNTAX);
	if (!skip(&at, WH_STR(",")))
		return over(scram, WH_ESYNTAX);
	scram->gs2_n = message.n - at.n;
	if (wh_str_starts(at, WH_STR("m=")))
		return over(scram, WH_ENOTSUP);
	if (!skip(&at, WH_STR("n=")) || !name_decode(until_comma(&at), scram->name) || !skip(&at, WH_STR(",r=")))
		return over(scram, WH_ESYNTAX);
	nonce = until_comma(&at);
	if (!nonce_is_good(nonce))
		return over(scram, WH_ESYNTAX);
	if (at.n != 0)
		return over(scram, WH_ENOTSUP);
	memcpy(scram->client_first, message.p, message.n);
	scram->client_n = message.n;
	memcpy(scram->nonce, nonce.p, nonce.n);
	scram->nonce_n = nonce.n;
	scram->state = SCRAM_NAMED;
	return WH_OK;
}

enum wh_err
scram_challenge(struct scram *scram, const struct scram_keys *keys, struct wh_str nonce, char out[SCRAM_OUT])
{
	char salt[TEXT64_ROOM(SCRAM_SALT)];
	int n;

	out[0] = '\0';
	if (scram->state != SCRAM_NAMED)
		return over(scram, WH_ESTATE);
	if (!nonce_is_good(nonce))
		return over(scram, WH_EINVAL);
	memcpy(scram->nonce + scram->nonce_n, nonce.p, nonce.n);
	scram->nonce_n += nonce.n;
	scram->nonce[scram->nonce_n] = '\0';
	scram->keys = *keys;
	text64_put(TEXT64_STD, salt, sizeof salt, keys->salt, SCRAM_SALT);
	n = snprintf(scram->server_first, SCRAM_OUT, "r=%s,s=%s,i=%u", scram->nonce, salt, keys->iterations);
	if (n < 0 || n >= SCRAM_OUT)
		return over(scram, WH_ETOOBIG);
	scram->server_n = (size_t)n;
	memcpy(out, scram->server_first, scram->server_n + 1);
	scram->state = SCRAM_CHALLENGED;
	return WH_OK;
}

/* c=, r= and p=, in this order; what comes before `,p=` is signed. */
static enum wh_err
final_read(const struct scram *scram, struct wh_str message, uint8_t proof[SCRAM_HASH], struct wh_str *unsigned_out)
{
	uint8_t header[SCRAM_MESSAGE];
	struct wh_str at = message, nonce, proof_text;
	size_t n;

	if (!skip(&at, WH_STR("c=")) || !text64_get(TEXT64_STD, header, sizeof header, &n, until_comma(&at)))
		return WH_ESYNTAX;
	if (n != scram->gs2_n || memcmp(header, scram->client_first, n) != 0)
		return WH_EAUTH;
	if (!skip(&at, WH_STR(",r=")))
		return WH_ESYNTAX;
	nonce = until_comma(&at);
	if (nonce.n != scram->nonce_n || CRYPTO_memcmp(nonce.p, scram->nonce, nonce.n) != 0)
		return WH_EAUTH;
	*unsigned_out = (struct wh_str){ message.p, message.n - at.n };
	if (!skip(&at, WH_STR(",p=")))
		return WH_ESYNTAX;
	proof_text = until_comma(&at);
	return at.n == 0 && text64_get(TEXT64_STD, proof, SCRAM_HASH, &n, proof_text) && n == SCRAM_HASH ? WH_OK : WH_ESYNTAX;
}

static enum wh_err
prove(const struct scram *scram, struct wh_str message, uint8_t server_signature[SCRAM_HASH])
{
	char auth[2 * SCRAM_MESSAGE + SCRAM_OUT];
	uint8_t proof[SCRAM_HASH], signature[SCRAM_HASH], stored[SCRAM_HASH];
	struct wh_str without, auth_text = { auth, 0 };
	enum wh_err err = final_read(scram, message, proof, &without);
	int n;

	if (err != WH_OK)
		return err;
	n = snprintf(auth, sizeof auth, "%.*s,%s,%.*s", (int)(scram->client_n - scram->gs2_n), scram->client_first + scram->gs2_n,
	    scram->server_first, WH_FMT(without));
	if (n < 0 || (size_t)n >= sizeof auth)
		return WH_ETOOBIG;
	auth_text.n = (size_t)n;
	if (!hmac(scram->keys.stored, SCRAM_HASH, auth_text, signature))
		return WH_ENOMEM;
	for (int i = 0; i < SCRAM_HASH; i++)
		proof[i] ^= signature[i];
	err = WH_ENOMEM;
	if (SHA256(proof, SCRAM_HASH, stored) != NULL && hmac(scram->keys.server, SCRAM_HASH, auth_text, server_signature))
		err = CRYPTO_memcmp(stored, scram->keys.stored, SCRAM_HASH) == 0 && !scram->keys.fake ? WH_OK : WH_EAUTH;
	OPENSSL_cleanse(proof, sizeof proof);
	return err;
}

enum wh_err
scram_final(struct scram *scram, struct wh_str message, char out[SCRAM_OUT])
{
	uint8_t signature[SCRAM_HASH];
	char text[TEXT64_ROOM(SCRAM_HASH)];
	enum wh_err err = WH_ESTATE;

	if (scram->state == SCRAM_CHALLENGED)
		err = message.n <= SCRAM_MESSAGE ? prove(scram, message, signature) : WH_ETOOBIG;
	if (err == WH_OK) {
		text64_put(TEXT64_STD, text, sizeof text, signature, sizeof signature);
		snprintf(out, SCRAM_OUT, "v=%s", text);
	} else {
		snprintf(out, SCRAM_OUT, "e=%s", err == WH_EAUTH ? "invalid-proof" : err == WH_ESYNTAX ? "invalid-encoding" : "other-error");
	}
	return over(scram, err);
}

void
scram_end(struct scram *scram)
{
	OPENSSL_cleanse(scram->client_first, sizeof scram->client_first);
	OPENSSL_cleanse(scram->server_first, sizeof scram->server_first);
	OPENSSL_cleanse(scram->nonce, sizeof scram->nonce);
	OPENSSL_cleanse(&scram->keys, sizeof scram->keys);
	scram->state = SCRAM_DONE;
}
