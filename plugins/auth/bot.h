/* Bots and what is signed in with instead of a password: keys of bots, app passwords, TLS certificates. Each of the three is a device with
 * scopes that nobody signs out by signing in elsewhere; only its hash is kept, it is shown once, and the first letter of its id says which
 * it is. A bot's key may call the commands of its scopes; none of the three may touch an account's credentials. */
#ifndef AUTH_BOT_H
#define AUTH_BOT_H

#include "device.h"
#include "second.h"

enum {
	BOT_SCOPES = 400,
	BOT_SCOPES_MOST = 32,		/* globs in it */
	BOT_CREDENTIALS_MOST = 32,	/* of one account, of all three kinds */
	BOT_KEYS_KNOWN = 64,		/* in memory, of one account, besides those with connections */
	BOT_ADD_MS = 86400000,		/* a bot that was removed counts for so long: nobody takes names by the hundred */
	BOT_LETTER_KEY = 'k',
	BOT_LETTER_APP = 'p',
	BOT_LETTER_CERTIFICATE = 'c',
};

/** What a key in memory may; hangs on its account. */
struct bot_key {
	struct bot_key *next;
	char device[DEVICE_ID_ROOM];
	char scopes[BOT_SCOPES + 1];
	int64_t expires;
};

/** A credential to be stored. */
struct credential {
	char id[DEVICE_ID_ROOM], account[ACCOUNT_ID_ROOM], name[DEVICE_NAME + 1], scopes[BOT_SCOPES + 1];
	struct device_secret token, refresh;	/* nobody knows the latter */
	int64_t expires;
	struct wh_cell cells[9];
};

/** Fills it in, but for account, scopes and (of a certificate) token. `expires` 0: for good. */
void credential_prepare(struct auth *auth, struct credential *c, char letter, struct wh_str name, int64_t expires);

/** The step that stores it: WH_ESTATE when there are too many, WH_EEXIST when it is there. */
struct wh_step credential_step(struct auth *auth, struct credential *c);

/** What the store says of a device (ST_DEVICE_FIND): remembered if it has scopes. */
enum wh_err bot_key_learn(struct auth *auth, struct live *live, const struct wh_rows *row);
void bot_keys_free(struct auth *auth, struct live *live);

/** What the session came with, if it has scopes; NULL: it has none, or is not looked up yet. */
const struct bot_key *bot_key(struct auth *auth, struct wh_session *s);

/** It was revoked; `device` empty: all of the account were. */
void bot_key_forget(struct auth *auth, struct wh_str account, struct wh_str device);

/** May what it came with call this command? */
enum wh_verdict bot_attempt(struct auth *auth, struct wh_attempt *a);

/** An owner was disabled or erased: the sockets of the bots close. */
void bot_owner_gone(struct auth *auth, struct wh_str owner);

enum wh_err bot_create(void *self, struct wh_call *call);
enum wh_err bot_list(void *self, struct wh_call *call);
enum wh_err bot_remove(void *self, struct wh_call *call);
enum wh_err bot_key_create(void *self, struct wh_call *call);
enum wh_err bot_keys(void *self, struct wh_call *call);
enum wh_err bot_key_revoke(void *self, struct wh_call *call);
enum wh_err bot_app_password(void *self, struct wh_call *call);

extern const struct wh_field bot_create_fields[], bot_fields[], bot_key_fields[], bot_revoke_fields[], bot_app_fields[];

#endif
