/* Sets of keys as other providers publish them (JWKS, RFC 7517). */
#include "claims.h"
#include "jose_key.h"
#include "text64.h"

enum { PART = JOSE_RSA_MOST / 8 + 1 };	/* some write a zero before the modulus */

static bool
get_part(const struct claims_value *jwk, const char *name, uint8_t out[PART], size_t *n_out)
{
	char text[TEXT64_ROOM(PART)];
	size_t n;

	*n_out = 0;
	return claims_get_text(jwk, name, text, sizeof text, &n) && text64_get(TEXT64_URL, out, PART, n_out, (struct wh_str){ text, n });
}

/* Is the member missing, or this? */
static bool
missing_or(const struct claims_value *jwk, const char *name, struct wh_str text)
{
	struct claims_value value;

	return !claims_get(jwk, name, &value) || claims_is(&value, text);
}

static bool
is_for_signatures(const struct claims_value *jwk)
{
	struct claims_value ops, name, op;
	struct claims_walk walk;

	if (!missing_or(jwk, "use", WH_STR("sig")))
		return false;
	if (!claims_get(jwk, "key_ops", &ops))
		return true;
	for (walk = claims_each(&ops); claims_next(&walk, &name, &op);)
		if (claims_is(&op, WH_STR("verify")))
			return true;
	return false;
}

static enum jose_alg
kind_of(const struct claims_value *jwk)
{
	if (claims_get_is(jwk, "kty", WH_STR("EC")) && claims_get_is(jwk, "crv", WH_STR("P-256")))
		return JOSE_ES256;
	if (claims_get_is(jwk, "kty", WH_STR("OKP")) && claims_get_is(jwk, "crv", WH_STR("Ed25519")))
		return JOSE_EDDSA;
	if (claims_get_is(jwk, "kty", WH_STR("RSA")))
		return JOSE_RS256;
	return JOSE_NO_ALG;
}

static struct jose_key *
key_of(const struct claims_value *jwk)
{
	static const char *const names[][2] = { [JOSE_ES256] = { "x", "y" }, [JOSE_EDDSA] = { "x", NULL }, [JOSE_RS256] = { "n", "e" } };
	uint8_t a[PART], b[PART];
	const uint8_t *first = a;
	size_t a_n, b_n = 0, kid_n;
	struct claims_value value;
	struct jose_key *key;
	enum jose_alg alg = kind_of(jwk);

	/* A key whose private half is published is no key. */
	if (alg == JOSE_NO_ALG || !is_for_signatures(jwk) || claims_get(jwk, "d", &value) || !missing_or(jwk, "alg", wh_str(jose_alg_name(alg))))
		return NULL;
	if (!get_part(jwk, names[alg][0], a, &a_n) || (names[alg][1] != NULL && !get_part(jwk, names[alg][1], b, &b_n)))
		return NULL;
	if (alg == JOSE_RS256 && a_n > 1 && a[0] == 0) {
		first++;
		a_n--;
	}
	if (jose_key_public(alg, first, a_n, b, b_n, &key) != WH_OK)
		return NULL;
	if (claims_get(jwk, "kid", &value) && (!claims_text(&value, key->kid, sizeof key->kid, &kid_n) || kid_n == 0))
		jose_key_free(&key);
	return key;
}

enum wh_err
jose_set_read(struct wh_str jwks, struct jose_set *set_out)
{
	struct claims_value root, keys, name, jwk;
	struct claims_walk walk;
	struct jose_key *key;
	enum wh_err err = claims_read(jwks, &root);

	*set_out = (struct jose_set){ .n = 0 };
	if (err != WH_OK)
		return err;
	if (!claims_get(&root, "keys", &keys) || keys.type != CLAIMS_ARRAY)
		return WH_ESYNTAX;
	for (walk = claims_each(&keys); set_out->n < JOSE_KEYS && claims_next(&walk, &name, &jwk);) {
		key = key_of(&jwk);
		if (key != NULL)
			set_out->keys[set_out->n++] = key;
	}
	return WH_OK;
}

void
jose_set_free(struct jose_set *set)
{
	while (set->n != 0)
		jose_key_free(&set->keys[--set->n]);
}
