/* Devices: what an account signed in with. A device has an access token that lives for an hour or so and is shown as
 * Authorization: Bearer, a refresh token that is used once for the next pair, and, for browsers, a cookie. Only hashes are stored. A
 * hub session knows which device it came with, so that revoking a device closes its sockets.
 * To sign somebody in (after a password, another provider, a passkey), a module puts a struct signin into its task: device_prepare,
 * device_steps behind its own steps, and device_signed_in with what they gave. */
#ifndef AUTH_DEVICE_H
#define AUTH_DEVICE_H

#include "keys.h"
#include "live.h"
#include "token.h"

struct auth;
struct auth_task;

enum {
	DEVICE_HASH_ROOM = 44,		/* base64url of SHA-256 */
	DEVICE_NAME = 64,
	DEVICE_AGENT = 200,
	DEVICE_CACHE = 8192,		/* tokens that were seen lately */
	DEVICE_CACHE_WAYS = 8,
	DEVICE_GRACE_MS = 10000,	/* a refresh token that was used just now is answered again, with the same */
	SIGNIN_STEPS = 7,
	SIGNIN_CELLS = 11,
};

struct device_secret {
	char text[TOKEN_ROOM];
	char hash[DEVICE_HASH_ROOM];
};

/** What it takes to make a device. Lives in the task until the store has answered. */
struct signin {
	char account[ACCOUNT_ID_ROOM];	/* set by the caller before device_steps */
	char device[DEVICE_ID_ROOM];
	struct device_secret token, refresh, cookie;	/* cookie: "" over WebSocket */
	char name[DEVICE_NAME + 1], agent[DEVICE_AGENT + 1], address[KEY_ADDRESS_ROOM];
	int64_t now, token_expires, expires;
	bool provider;			/* another provider said who it is, and a second factor followed */
	struct wh_cell add[SIGNIN_CELLS], in[2], extra[2], live[1], grants[2], identity[2];
	char shown[NAME_ROOM], roles[LIVE_ROLES_TEXT];	/* set by device_signed_in, for the reply */
	const char *how;		/* for the audit log: "password", "registration" */
};

struct cached_token;

struct device_cache {
	struct cached_token *entries;	/* owned */
};

enum wh_err device_open(struct auth *auth);
void device_close(struct auth *auth);

/** Makes the secrets. `request` is what it came with, NULL when that was no HTTP: then there is no cookie. `how` is for the audit log. */
void device_prepare(struct auth *auth, struct wh_session *s, struct wh_request *request, struct wh_str name, const char *how,
    struct signin *signin);

/** Appends at most SIGNIN_STEPS steps; returns how many there are then. The second fails with WH_ESTATE when the account is not active. */
size_t device_steps(struct signin *signin, struct wh_step *steps, size_t n);

/** The steps were done; `rows` is what the first of them gave. The session (NULL: it is gone) becomes the account's, and it is written
 * to the audit log. Then device_reply and device_cookie tell the client. */
enum wh_err device_signed_in(struct auth *auth, struct signin *signin, const struct wh_rows *rows, struct wh_session *s);
void device_reply(const struct signin *signin, struct wh_json *reply);

/** All of it for a command: ends the task. */
void device_finish(struct auth_task *task, struct signin *signin, const struct wh_rows *rows);

/** The hash of a token as it is stored. */
void device_hash(struct wh_str token, char out[DEVICE_HASH_ROOM]);

/** What was cached of a device, or (device empty) of an account, is forgotten. */
void device_forget(struct auth *auth, struct wh_str account, struct wh_str device);

/** The same, and its sockets are closed. */
void device_revoked(struct auth *auth, struct wh_str account, struct wh_str device, struct wh_str but_device, const char *why);

/** The device that the call's session came with; "" when there is none. */
const char *device_of_call(struct auth *auth, struct wh_call *call);

/** Sets or (value empty) clears the cookie of the answer. `request` may be NULL: nothing. */
void device_cookie(struct auth *auth, struct wh_request *request, struct wh_str value);

/** The cookie's value in a Cookie header. */
struct wh_str device_cookie_find(const struct auth *auth, struct wh_str header);
struct wh_str device_cookie_named(struct wh_str header, const char *name);

void device_tick(struct auth *auth, int64_t now);
wh_timer_fired device_recheck;

enum wh_verdict device_credential(void *self, struct wh_credential *c);

/** A cookie that nobody knows is taken from the browser with the answer to its next command. */
void device_attempt(struct auth *auth, struct wh_attempt *a);

enum wh_err device_list(void *self, struct wh_call *call);
enum wh_err device_revoke(void *self, struct wh_call *call);
enum wh_err device_revoke_all(void *self, struct wh_call *call);
enum wh_err device_logout(void *self, struct wh_call *call);
enum wh_err device_refresh(void *self, struct wh_call *call);
enum wh_err device_use(void *self, struct wh_call *call);
enum wh_err device_whoami(void *self, struct wh_call *call);

extern const struct wh_field device_one_fields[], device_refresh_fields[], device_use_fields[];

#endif
