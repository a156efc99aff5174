/* Passkeys: registration and assertion of WebAuthn (level 2), for relying parties that do not ask who made the authenticator.
 * Attestation `none` is what we ask for; statements of other formats are not looked at and earn no trust.
 * The caller makes the challenge, keeps it for one try, and keeps credentials: it also refuses an id that is registered already,
 * and checks that the credential of an assertion belongs to the account. */
#ifndef AUTH_WEBAUTHN_H
#define AUTH_WEBAUTHN_H

#include <whiply/types.h>

#include "jose.h"

enum {
	WEBAUTHN_CLIENT_DATA = 4096,	/* longest clientDataJSON */
	WEBAUTHN_CHALLENGE = 64,	/* longest challenge; 32 bytes are good */
	WEBAUTHN_ID = 1023,		/* longest credential id */
	WEBAUTHN_KEY = 1100,		/* longest COSE key: RSA of 8192 bits */
	WEBAUTHN_AAGUID = 16,
};

/** Borrowed bytes. */
struct webauthn_bytes {
	const uint8_t *p;
	size_t n;
};

struct webauthn_expect {
	struct webauthn_bytes challenge;	/* the bytes, not their base64url */
	struct wh_str rp_id;			/* such as "example.org" */
	const struct wh_str *origins;		/* each such as "https://example.org", compared byte for byte */
	size_t origins_n;
	bool need_uv;				/* the authenticator must have checked who touches it */
};

/** What is kept of a passkey. */
struct webauthn_credential {
	uint8_t id[WEBAUTHN_ID];
	size_t id_n;
	uint8_t key[WEBAUTHN_KEY];		/* COSE, as it came */
	size_t key_n;
	enum jose_alg alg;
	uint32_t counter;
	uint8_t aaguid[WEBAUTHN_AAGUID];
	bool uv, backup_eligible, backed_up;
};

enum webauthn_flaw {
	WEBAUTHN_GOOD = 0,
	WEBAUTHN_SHAPE,		/**< not JSON, CBOR or authenticator data as they must be */
	WEBAUTHN_TYPE,		/**< made for the other ceremony */
	WEBAUTHN_CHALLENGED,	/**< another challenge */
	WEBAUTHN_ORIGIN,	/**< another origin */
	WEBAUTHN_CROSS_ORIGIN,	/**< in a frame of another site */
	WEBAUTHN_RP,		/**< another relying party */
	WEBAUTHN_ABSENT,	/**< nobody touched it */
	WEBAUTHN_UNVERIFIED,	/**< nobody was recognised, and need_uv was set */
	WEBAUTHN_BAD_KEY,	/**< not ES256, EdDSA or RS256, or weak */
	WEBAUTHN_SIGNATURE,
	WEBAUTHN_COUNTER,	/**< all was good, but the counter did not grow: perhaps a copy of the authenticator */
};

/** Judges what navigator.credentials.create() answered; the credential is filled in when it is good. */
enum webauthn_flaw webauthn_register(const struct webauthn_expect *expect, struct webauthn_bytes client_data,
    struct webauthn_bytes attestation, struct webauthn_credential *credential_out);

/** What an assertion says, when it is good (or WEBAUTHN_COUNTER). */
struct webauthn_assertion {
	uint32_t counter;	/* to be stored */
	bool uv, backed_up;
};

/** Judges what navigator.credentials.get() answered, for a credential with this COSE key and last counter. */
enum webauthn_flaw webauthn_assert(const struct webauthn_expect *expect, struct webauthn_bytes key, uint32_t counter,
    struct webauthn_bytes client_data, struct webauthn_bytes auth_data, struct webauthn_bytes signature,
    struct webauthn_assertion *assertion_out);

#endif
