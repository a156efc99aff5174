/* PKCE with S256 (RFC 7636): our own verifiers as a client, and those of others as a provider. `plain` is not offered. */
#ifndef AUTH_PKCE_H
#define AUTH_PKCE_H

#include <whiply/types.h>

enum { PKCE_CHALLENGE = 43, PKCE_VERIFIER_LEAST = 43, PKCE_VERIFIER_MOST = 128 };

/** Has the verifier a legal length and only unreserved characters? */
bool pkce_verifier_is_good(struct wh_str verifier);

/** The S256 challenge of a verifier, with a NUL; false for one that is not good. */
bool pkce_challenge(struct wh_str verifier, char out[PKCE_CHALLENGE + 1]);

/** Is this the verifier of that challenge? */
bool pkce_verify(struct wh_str challenge, struct wh_str verifier);

#endif
