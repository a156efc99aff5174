/* Who failed too often waits. Three counts: of an account from one address, of an account from addresses where nobody ever signed in
 * to it, and of an address. The last two slow strangers only: where an account signed in before, just failures of that very
 * account at that very address count. So a guesser can't lock out the person whose account it is.
 * In memory, in a table of a fixed size: where it is crowded, the entry that was used longest ago makes room. The counts of accounts
 * are also in the store, and are taken from there when an account's entry is new. */
#ifndef AUTH_LOCKOUT_H
#define AUTH_LOCKOUT_H

#include <whiply/types.h>

struct auth;

enum { LOCKOUT_ENTRIES = 1 << 15, LOCKOUT_WAYS = 8 };

enum lockout_kind {
	LOCKOUT_PAIR = 1,	/* account and address */
	LOCKOUT_ACCOUNT,
	LOCKOUT_ADDRESS,
	LOCKOUT_REGISTER,	/* accounts made from an address */
	LOCKOUT_LETTER,		/* letters sent for an account or address */
	LOCKOUT_TICKET,		/* counts nothing: where an address's tickets stand */
	LOCKOUT_PROVIDER,	/* flows to other providers begun at an address */
	LOCKOUT_DEVICE_CODE,	/* codes of devices asked for at an address, or tried by an account */
};

struct lockout_entry {
	uint64_t key;		/* 0: free */
	int64_t last_ms;	/* when it counted last; wall clock */
	int64_t open_ms;	/* PAIR: when the last attempt began */
	uint32_t n;
	uint16_t open;		/* PAIR: attempts that are not answered yet */
	bool known;		/* PAIR: it signed in here before */
};

struct lockouts {
	struct lockout_entry *entries;	/* owned */
	uint8_t key[16];		/* of this run: nobody can aim at a bucket */
};

enum wh_err lockout_open(struct auth *auth);
void lockout_close(struct auth *auth);

/** The entry's key. Names that no account has count like all others. */
uint64_t lockout_key(const struct auth *auth, enum lockout_kind kind, struct wh_str account, struct wh_str address);

/** How long the pair has to wait, 0: not at all. Asked before anything is looked up. */
int64_t lockout_wait(struct auth *auth, struct wh_str account, struct wh_str address);

/** How long a stranger has to wait, for what others did at this address or to this account; 0 where the pair is known. */
int64_t lockout_stranger(struct auth *auth, struct wh_str account, struct wh_str address);

/** The store's count of an account, for an entry that is new. */
void lockout_seed(struct auth *auth, struct wh_str account, int64_t failures, int64_t failed_at);

/** The pair signed in before: what strangers did does not concern it. */
void lockout_known(struct auth *auth, struct wh_str account, struct wh_str address);

/** An attempt begins, to be ended by one of the three below. How long to wait before it, 0: not at all: as many as may still fail are
 * being answered, so that many at once are not more than one after the other. Nobody has failed then, so that is no lockout. */
int64_t lockout_attempt(struct auth *auth, struct wh_str account, struct wh_str address);

/** It came to no answer, for reasons that are not the caller's. */
void lockout_untried(struct auth *auth, struct wh_str account, struct wh_str address);

/** It failed. Returns how long the pair has to wait now. */
int64_t lockout_failed(struct auth *auth, struct wh_str account, struct wh_str address);

/** It succeeded. */
void lockout_succeeded(struct auth *auth, struct wh_str account, struct wh_str address);

/** Counts one of so many in a span of time; how long to wait when there were as many, else 0. */
int64_t lockout_count(struct auth *auth, uint64_t key, uint32_t most, int64_t span_ms);

#endif
