/* Passwords are hashed on job threads, and only so many wait: over it a client is told when to come back. A reserved place is kept
 * from before the store is asked until the hash is done, so that nobody learns from a refusal whether an account exists. */
#ifndef AUTH_HASHING_H
#define AUTH_HASHING_H

#include <whiply/whiply.h>

#include "password.h"
#include "scram.h"

struct auth;
struct auth_task;

struct hashing {
	unsigned places;			/* taken */
	int64_t mean_us;			/* of one hash, smoothed */
	char decoy[PASSWORD_ENCODED];		/* verified against when there is no account */
};

/** What a hash is for, and what came of it. The secrets in it are wiped by the one who owns it. */
struct hash_work {
	char verify[PASSWORD_ENCODED];		/* in: "": nothing to verify; else what `password` has to fit */
	char password[PASSWORD_BYTES];		/* in, prepared */
	size_t password_n;
	char fresh[PASSWORD_BYTES];		/* in: to be hashed; n 0: `password` is, if `verify` is empty or asks for an upgrade */
	size_t fresh_n;
	struct password_params params;		/* set by hashing_start */
	uint8_t salt[PASSWORD_SALT];
	bool scram;				/* in: make keys for SCRAM of what is hashed, too */
	uint8_t scram_salt[SCRAM_SALT];
	struct scram_keys scram_keys;		/* out */
	enum wh_err err;			/* out: WH_EAUTH, it is another; WH_ENOMEM */
	char hash[PASSWORD_ENCODED];		/* out: the new hash, or "" */
	int64_t took_us;
};

typedef void hash_done(struct auth_task *task, struct hash_work *work);

/** Makes the decoy for the cost in the settings. */
enum wh_err hashing_open(struct auth *auth);

/** Takes a place. False: too many wait, and the call was failed with WH_EFAST. */
bool hashing_reserve(struct auth *auth, struct wh_call *call);
void hashing_release(struct auth *auth);

/** Starts the work, which is copied, for a task that took a place; the place is free again when `done` runs. When it can't start, the
 * task ends with WH_EFAST. */
void hashing_start(struct auth_task *task, struct hash_work *work, hash_done *done);

#endif
