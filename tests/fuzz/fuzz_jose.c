/* Tokens and JWKS from any bytes. The first byte chooses. What must hold: no token verifies but those of the two examples whose
 * keys are known, and then their payload comes out; every key of a set has a kid and is written as a JWK that is read again. */
#include <stdio.h>
#include <stdlib.h>

#include "jose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static const char keys[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"b\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

static void
try_token(struct wh_str token)
{
	static char payload[JOSE_PAYLOAD + 1];
	struct jose_set set, one;
	enum jose_flaw flaw;
	size_t size;

	must(jose_set_read(wh_str(keys), &set) == WH_OK && set.n == 2);
	for (size_t i = 0; i < 3; i++) {
		one = i == 2 ? set : (struct jose_set){ { set.keys[i] }, 1 };
		flaw = jose_verify(&one, NULL, token, payload, sizeof payload, &size);
		must(flaw == JOSE_GOOD || (size == 0 && payload[0] == '\0'));
		must(flaw != JOSE_GOOD || strncmp(payload, "{\"iss\":\"joe\"", 12) == 0 || strcmp(payload, "Example of Ed25519 signing") == 0);
	}
	jose_set_free(&set);
}

static void
try_set(struct wh_str text)
{
	char jwk[JOSE_JWK_ROOM], jwks[JOSE_JWK_ROOM + 16], pem[64];
	struct jose_set set, again;
	size_t n;

	if (jose_set_read(text, &set) != WH_OK) {
		must(set.n == 0);
		return;
	}
	for (size_t i = 0; i < set.n; i++) {
		must(jose_key_kid(set.keys[i])[0] != '\0' && !jose_key_is_private(set.keys[i]));
		must(!jose_key_write(set.keys[i], pem, sizeof pem, &n));
		must(jose_key_jwk(set.keys[i], jwk, sizeof jwk, &n));
		snprintf(jwks, sizeof jwks, "{\"keys\":[%s]}", jwk);
		must(jose_set_read(wh_str(jwks), &again) == WH_OK && again.n == 1);
		must(strcmp(jose_key_kid(again.keys[0]), jose_key_kid(set.keys[i])) == 0);
		jose_set_free(&again);
	}
	jose_set_free(&set);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct jose_key *key;
	struct wh_str text;

	if (n == 0)
		return 0;
	text = (struct wh_str){ (const char *)data + 1, n - 1 };
	if (data[0] == 't') {
		try_token(text);
	} else if (data[0] == 'p') {
		if (jose_key_read(text, &key) == WH_OK)
			jose_key_free(&key);
	} else {
		try_set(text);
	}
	return 0;
}
