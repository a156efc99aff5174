/* Tickets: what this hub promised to a client and waits for. A sign-in whose password was right and that still needs a second factor, and
 * the challenges of passkeys. Each is taken once, lives a few minutes, and is bound to the address, and to the session where that stays.
 * In memory, in a table of a fixed size: each address has a few places, so that nobody can push another's out from elsewhere. A hub that
 * dies forgets them; people begin again. */
#ifndef AUTH_TICKET_H
#define AUTH_TICKET_H

#include "device.h"
#include "live.h"

struct auth;

enum { TICKET_ENTRIES = 1 << 11, TICKET_WAYS = 8, TICKET_MS = 300000, TICKET_SECRET = 32, TICKET_TRIES = 5 };

enum ticket_kind {
	TICKET_SECOND = 1,	/* the password was right */
	TICKET_PASSKEY_ADD,	/* a challenge for registration */
	TICKET_PASSKEY_LOGIN,	/* a challenge for signing in */
};

struct ticket {
	enum ticket_kind kind;		/* 0: free */
	uint8_t secret[TICKET_SECRET];	/* hash of a token, or a challenge */
	uint8_t place[16];		/* of the address */
	wh_id session;			/* 0: any, it came over HTTP */
	char account[ACCOUNT_ID_ROOM];	/* "": whoever answers */
	char device[DEVICE_NAME + 1];
	bool second;			/* a challenge for a second factor: nobody has to be recognised */
	const char *how;		/* what was shown before: "password" */
	unsigned tries;
	int64_t expires;
};

struct tickets {
	struct ticket *entries;		/* owned */
};

enum wh_err ticket_open(struct auth *auth);
void ticket_close(struct auth *auth);

/** Keeps it. `kind`, `account`, `device`, `second` and `how` are the caller's; the secret is made and stands in it afterwards. */
void ticket_make(struct auth *auth, struct wh_session *s, struct ticket *ticket);

/** A ticket whose secret is handed out as a token. */
void ticket_make_token(struct auth *auth, struct wh_session *s, struct ticket *ticket, char out[TOKEN_ROOM]);

/** Takes it: it is no longer there. False: there is none, it has expired, or it is another session's or address's. */
bool ticket_take(struct auth *auth, struct wh_session *s, enum ticket_kind kind, const uint8_t secret[TICKET_SECRET], struct ticket *out);
bool ticket_take_token(struct auth *auth, struct wh_session *s, enum ticket_kind kind, struct wh_str token, struct ticket *out);

/** Puts it back after a try that failed, unless there were too many. */
void ticket_back(struct auth *auth, struct ticket *ticket);

/** What was promised to an account is void: its password is another, or it is locked. */
void ticket_forget(struct auth *auth, struct wh_str account);

#endif
