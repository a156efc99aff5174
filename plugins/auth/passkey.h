/* Passkeys: WebAuthn on webauthn.h. Signing in with one alone asks that the authenticator recognised its owner, as that makes it two
 * factors; after a password its being touched is enough. A challenge is taken once, also when the answer to it was wrong. A counter that
 * did not grow says that there may be a copy of the authenticator: the passkey opens nothing any more until it is removed. */
#ifndef AUTH_PASSKEY_H
#define AUTH_PASSKEY_H

#include "second.h"
#include "text64.h"
#include "webauthn.h"

enum {
	PASSKEYS_MOST = 20,			/* of one account */
	PASSKEY_NAME = 64,
	PASSKEY_ORIGINS = 16,
	PASSKEY_ID_ROOM = TEXT64_ROOM(WEBAUTHN_ID),
	PASSKEY_TEXT = 8192,			/* longest argument, base64url */
	PASSKEY_OBJECT = PASSKEY_TEXT / 4 * 3,
};

enum wh_err passkey_begin(void *self, struct wh_call *call);
enum wh_err passkey_add(void *self, struct wh_call *call);
enum wh_err passkey_list(void *self, struct wh_call *call);
enum wh_err passkey_remove(void *self, struct wh_call *call);
enum wh_err passkey_second(void *self, struct wh_call *call);
enum wh_err passkey_login_begin(void *self, struct wh_call *call);
enum wh_err passkey_login(void *self, struct wh_call *call);

extern const struct wh_field passkey_add_fields[], passkey_remove_fields[], passkey_second_fields[], passkey_login_begin_fields[],
    passkey_login_fields[];

#endif
