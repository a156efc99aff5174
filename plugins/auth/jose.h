/* Keys and signed tokens (JWS, JWK): ES256, EdDSA with Ed25519, and RS256. Used for tokens to other services, for those of
 * other providers, and (the keys alone) by webauthn.
 * What must hold: a key fixes its algorithm. The header of a token chooses among our keys by `kid`, and nothing else. */
#ifndef AUTH_JOSE_H
#define AUTH_JOSE_H

#include <whiply/types.h>

enum {
	JOSE_TOKEN = 16 * 1024,		/* longest token */
	JOSE_HEADER = 2048,		/* longest header of one, decoded */
	JOSE_PAYLOAD = JOSE_TOKEN / 4 * 3,	/* room for any payload */
	JOSE_KID = 128,			/* longest key id */
	JOSE_KEYS = 32,			/* keys of one set */
	JOSE_RSA_LEAST = 2048,		/* bits */
	JOSE_RSA_MOST = 8192,
	JOSE_JWK_ROOM = 2048,		/* room for any public JWK, with its NUL */
	JOSE_PEM_ROOM = 8192,		/* room for any private key in PEM, with its NUL */
};

enum jose_alg { JOSE_NO_ALG = 0, JOSE_ES256, JOSE_EDDSA, JOSE_RS256 };

/** "ES256", "EdDSA", "RS256"; NULL for others. */
const char *jose_alg_name(enum jose_alg alg);

/** The algorithm of that name, JOSE_NO_ALG for every other, `none` and HS256 among them. */
enum jose_alg jose_alg_of(struct wh_str name);

/** A key pair, or the public half of one. */
struct jose_key;

enum wh_err jose_key_generate(enum jose_alg alg, struct jose_key **key_out);

/** A key of its parts, big-endian: ES256 x and y of 32 bytes; EdDSA x of 32, b_n 0; RS256 modulus and exponent.
 * WH_EINVAL: not on the curve, under 2048 bits, an even exponent, and so on. */
enum wh_err jose_key_public(enum jose_alg alg, const uint8_t *a, size_t a_n, const uint8_t *b, size_t b_n, struct jose_key **key_out);

/** From PEM: one PKCS#8 `PRIVATE KEY`, unencrypted, or one `PUBLIC KEY`. WH_ESYNTAX; WH_ENOTSUP: a key of another kind or size. */
enum wh_err jose_key_read(struct wh_str pem, struct jose_key **key_out);

/** The private key as PKCS#8 in PEM, with a NUL. The caller wipes it. False for a public key or too small a `cap`. */
bool jose_key_write(const struct jose_key *key, char *out, size_t cap, size_t *n_out);

void jose_key_free(struct jose_key **key);

enum jose_alg jose_key_alg(const struct jose_key *key);
bool jose_key_is_private(const struct jose_key *key);

/** Its id: the thumbprint of RFC 7638, or what the JWKS said; lives as long as the key. */
const char *jose_key_kid(const struct jose_key *key);

/** The public JWK, with kid, use and alg: JSON with a NUL. */
bool jose_key_jwk(const struct jose_key *key, char *out, size_t cap, size_t *n_out);

enum jose_form {
	JOSE_RAW,	/**< ES256 as r and s of 32 bytes each, as in JWS */
	JOSE_DER,	/**< ES256 as ASN.1, as in WebAuthn */
};

/** Is this the key's signature of these bytes? */
bool jose_key_verify(const struct jose_key *key, enum jose_form form, const uint8_t *data, size_t n, const uint8_t *signature,
    size_t signature_n);

/** Keys to choose from by kid: ours, old and new, or another provider's. */
struct jose_set {
	struct jose_key *keys[JOSE_KEYS];
	size_t n;
};

/** The usable keys of a JWKS. Kinds, curves, uses and algorithms that are not ours, bad keys, private ones and what is over
 * JOSE_KEYS are passed over. Fails when the text is no JWKS; a set without a usable key is no failure. */
enum wh_err jose_set_read(struct wh_str jwks, struct jose_set *set_out);
void jose_set_free(struct jose_set *set);

enum jose_flaw {
	JOSE_GOOD = 0,
	JOSE_BIG,		/**< over JOSE_TOKEN or JOSE_HEADER, or the payload has no room */
	JOSE_SHAPE,		/**< not three parts of strict base64url, or no JSON object as header */
	JOSE_ALG,		/**< none, HS*, one we do not know, or not the key's */
	JOSE_CRIT,		/**< `crit`, or `b64`, which needs it */
	JOSE_EMBEDDED,		/**< brings its own key: jwk, jku, x5u, x5c */
	JOSE_TYP,		/**< of another type than asked for */
	JOSE_NO_KEY,		/**< no key has its kid; or it has none, and there is not just one key */
	JOSE_SIGNATURE,
};

/** Signs: header {alg, kid, typ}, compact, with a NUL. `typ` is plain ASCII such as "JWT" or "at+jwt".
 * WH_EINVAL for a public key, WH_ETOOBIG over JOSE_TOKEN or `cap`, WH_ENOMEM. */
enum wh_err jose_sign(const struct jose_key *key, const char *typ, struct wh_str payload, char *out, size_t cap, size_t *n_out);

/** Verifies a compact JWS and hands out the payload, with a NUL; `cap` of JOSE_PAYLOAD + 1 is always enough. Unless it is
 * JOSE_GOOD nothing is handed out. `typ` NULL takes tokens of any type. Claims are judged by claims_check, after this. */
enum jose_flaw jose_verify(const struct jose_set *set, const char *typ, struct wh_str token, char *payload_out, size_t cap, size_t *n_out);

#endif
