/* The S256 of pkce.h. */
#include "pkce.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "text64.h"

bool
pkce_verifier_is_good(struct wh_str verifier)
{
	if (verifier.n < PKCE_VERIFIER_LEAST || verifier.n > PKCE_VERIFIER_MOST)
		return false;
	for (size_t i = 0; i < verifier.n; i++) {
		char c = verifier.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~'))
			return false;
	}
	return true;
}

bool
pkce_challenge(struct wh_str verifier, char out[PKCE_CHALLENGE + 1])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	out[0] = '\0';
	return pkce_verifier_is_good(verifier) && SHA256((const uint8_t *)verifier.p, verifier.n, hash) != NULL &&
	    text64_put(TEXT64_URL, out, PKCE_CHALLENGE + 1, hash, sizeof hash);
}

bool
pkce_verify(struct wh_str challenge, struct wh_str verifier)
{
	char expected[PKCE_CHALLENGE + 1];

	return challenge.n == PKCE_CHALLENGE && pkce_challenge(verifier, expected) && CRYPTO_memcmp(expected, challenge.p, PKCE_CHALLENGE) == 0;
}
