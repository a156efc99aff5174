/* Signing in with a password, and changing it. A name that nobody has costs as much as a wrong password: the store is asked and a hash is
 * verified for both. */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "account.h"
#include "hashing.h"
#include "keys.h"

struct auth;

/** A password that is being verified. */
struct login_proof {
	char account[ACCOUNT_ID_ROOM];	/* in: its id; "": found by `canonical`, and then set */
	char canonical[NAME_ROOM];	/* in: of the name */
	char address[2][KEY_ADDRESS_ROOM];
	char name[NAME_ROOM], state[16];
	char before[PASSWORD_ENCODED];	/* the hash that it was verified against */
	int64_t second;			/* what else the account asks for */
	bool exists, known;
	struct hash_work work;		/* its `hash`: of the fresh password, or an upgrade of this one, or "" */
	void (*then)(struct auth_task *task);
};

/** Whatever needs a password of an account puts this first into its task. */
struct proof_task {
	struct auth_task task;
	struct login_proof proof;
};

/** May somebody at this address try a password of this account now? Then a place for a hash is taken: either login_verify or
 * hashing_release has to follow. False: the call was failed. */
bool login_may_try(struct auth *auth, struct wh_call *call, struct wh_str canonical);

/** The same for whoever has no call (call NULL): then auth->failed and auth->refusal say why. */
bool login_may_try_at(struct auth *auth, struct wh_call *call, struct wh_session *s, struct wh_str canonical);

/** Verifies: asks the store, looks at lockouts, hashes, counts. proof.then is called when it is the right one, otherwise the task ends.
 * `fresh` is hashed as well, unless it is empty. */
void login_verify(struct proof_task *task, struct wh_call *call, struct wh_str password, struct wh_str fresh);

void login_verify_at(struct proof_task *task, struct wh_session *s, struct wh_str password, struct wh_str fresh);

/** For an account that has no password: the device has to have signed in just now. proof.then is called, or the task ends. */
void login_without(struct proof_task *task, struct wh_call *call);

/** It is the wrong one: counted and audited as every wrong password, and the task ends. */
void login_failed(struct proof_task *task);

enum wh_err login_login(void *self, struct wh_call *call);
enum wh_err login_password(void *self, struct wh_call *call);

/** What somebody is told of whom as many attempts are being answered as may still fail. */
extern const char login_open[];

extern const struct wh_field login_fields[], login_password_fields[];

#endif
