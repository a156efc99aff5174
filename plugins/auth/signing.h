/* Keys for signed tokens (JWT), which other services verify with what /.well-known/jwks.json says. One key signs; those before it stay
 * in the JWKS until the last token that they signed has expired. Private halves are sealed in the store. */
#ifndef AUTH_SIGNING_H
#define AUTH_SIGNING_H

#include <whiply/whiply.h>

#include "jose.h"

struct auth;

enum {
	SIGNING_KEYS = 16,		/* at once: more rotations wait */
	SIGNING_TOKEN_MS = 3600000,	/* no token of ours lives longer */
	SIGNING_SLACK_MS = 300000,	/* caches of the JWKS, and clocks */
	SIGNING_TOKEN_ROOM = 4096,
};

struct signing {
	struct jose_set set;			/* owned; the last one signs */
	int64_t created[SIGNING_KEYS], retired[SIGNING_KEYS];	/* beside set.keys; retired 0: it signs */
	struct jose_key *fresh;			/* owned: made, not stored yet */
	bool making;				/* a new key is on its way */
	enum jose_alg alg;			/* by the settings */
	int64_t every;
};

/** Reads the keys; makes one when there is none that can sign. In the plugin's open. */
enum wh_err signing_open(struct auth *auth);
void signing_close(struct auth *auth);

/** Rotates when it is time, drops keys whose tokens have all expired. */
void signing_tick(struct auth *auth, int64_t now);

/** Is there a key to sign with, and a name to sign in? */
bool signing_ready(const struct auth *auth);

/** Signs claims with the key in use. */
enum wh_err signing_sign(struct auth *auth, const char *typ, struct wh_str claims, char *out, size_t cap);

/** What tokens say as `iss`: the site. Empty: it is not set, and nothing can be signed. */
struct wh_str signing_issuer(const struct auth *auth);

enum wh_err signing_jwks(void *self, struct wh_request *r);
enum wh_err signing_token(void *self, struct wh_call *call);
enum wh_err signing_rotate(void *self, struct wh_call *call);

extern const struct wh_field signing_token_fields[];

#endif
