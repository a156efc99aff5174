/* Guests: anonymous, with a stable id, a name to show, and a token of their own that brings the same guest back. The token is signed, not
 * stored; it says who the guest is and how it is called, and ends with its time. */
#ifndef AUTH_GUEST_H
#define AUTH_GUEST_H

#include <whiply/whiply.h>

struct auth;

/** Does it look like a guest's token? */
bool guest_is_token(struct wh_str bearer);

/** The hook of device_credential, for a guest's token. */
enum wh_verdict guest_credential(struct auth *auth, struct wh_credential *c);

/** What guests may not do: choose a name past auth.guest; anything, when they are off. */
enum wh_verdict guest_attempt(struct auth *auth, struct wh_attempt *a);

enum wh_err guest_guest(void *self, struct wh_call *call);

extern const struct wh_field guest_fields[];

#endif
