/* Accounts that somebody is signed in to now: their sessions, roles and trust in memory, so that no look-up asks the store. An
 * account is here while a session or the cache of tokens holds it; what the store says of it is learned with each look-up of a
 * device, and grants that change are applied to its sessions at once. */
#ifndef AUTH_LIVE_H
#define AUTH_LIVE_H

#include <whiply/accounts.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

#include "name.h"

struct auth;

enum {
	ACCOUNT_ID = 17,		/* 'a' and 16 characters */
	ACCOUNT_ID_ROOM = ACCOUNT_ID + 1,
	DEVICE_ID_ROOM = 18,
	LIVE_ROLE_ROOM = 33,
	LIVE_ROOM_ROOM = 129,		/* name of a room */
	LIVE_GRANTS = 64,		/* of one account, in memory */
	LIVE_BUCKETS = 1 << 14,
	LIVE_WISHES = 8,
	LIVE_ROLES_TEXT = 640,		/* an identity's roles */
};

/** Close codes of ours. */
enum { AUTH_CLOSE_SIGNED_OUT = 4003 };

struct live_grant {
	char role[LIVE_ROLE_ROOM];
	char room[LIVE_ROOM_ROOM];	/* "": everywhere */
	int64_t until;			/* 0: for good */
};

struct live {
	struct live *next;		/* in its bucket */
	char id[ACCOUNT_ID_ROOM];
	char name[NAME_ROOM];
	bool bot, confirmed;
	int64_t created, said, strikes;
	int64_t said_more;		/* not in the store yet */
	unsigned holders;		/* sessions and cached tokens */
	wh_id first;			/* of its sessions */
	struct live_grant *grants;	/* owned */
	unsigned n_grants;
	int64_t expires;		/* when the next grant does; 0: none */
	struct bot_key *keys;		/* owned: its keys that were seen, and what they may */
};

/* Our bytes in each session. */
struct live_session {
	struct live *live;		/* that it is a session of; NULL: of none */
	wh_id before, after;		/* among the sessions of it */
	char device[DEVICE_ID_ROOM];	/* that it came with; "": none */
	bool bad_cookie;		/* it showed a cookie that nobody knows */
	bool checked;			/* the store was asked for its device since the hub began */
	bool has_certificate;
	uint8_t certificate[32];	/* SHA-256 of what its client showed to TLS */
	int64_t proved;			/* when it, or the browser whose cookie opened it, signed in; wall clock, 0: not */
};

struct lives {
	struct live *buckets[LIVE_BUCKETS];
	size_t n;
	struct wh_slot *slot;
	int64_t expires;		/* the earliest of all; 0: none */
	bool unsaid;			/* some have said_more */
	wh_id recheck;			/* a timer */
	bool unsettled;			/* sessions of before this hub have to be looked up */
	unsigned rechecking;		/* that are being looked up */
	bool looked;			/* and there are no more */
	struct live_wish {
		wh_accounts_settled *settled;
		void *self;
	} wishes[LIVE_WISHES];		/* of plugins; self NULL: none */
};

enum wh_err lives_open(struct auth *auth);
void lives_close(struct auth *auth);

struct live_session *live_of(struct auth *auth, struct wh_session *s);

/** Did the session sign in so lately that it need not show its password again? */
bool live_recent(struct auth *auth, struct wh_session *s);

/** The account, if it is live. */
struct live *live_find(struct auth *auth, struct wh_str id);

/** What a row (from its account's columns on, see auth_schema.h) and grants say: makes or renews it, and tells its sessions. It has to be
 * held or dropped by the caller. NULL: memory is out. */
struct live *live_learn(struct auth *auth, const struct wh_rows *account, size_t first_column, const struct wh_rows *grants);
void live_hold(struct live *live);
void live_drop(struct auth *auth, struct live **live);

/** The session becomes one of the account, with a device. Ephemeral sessions are identified and not kept. */
enum wh_err live_attach(struct auth *auth, struct wh_session *s, struct live *live, struct wh_str device);

/** New grants: as rows of role, room, until. Its sessions are told. */
enum wh_err live_regrant(struct auth *auth, struct live *live, const struct wh_rows *grants);

/** A room has another name: the roles in it go along. */
void lives_room_moved(struct auth *auth, struct wh_str from, struct wh_str to);

/** Another name: its sessions are told. */
void live_rename(struct auth *auth, struct live *live, struct wh_str name);

/** The roles that it has everywhere, or in a room, with blanks between. */
struct wh_str live_roles(const struct auth *auth, const struct live *live, struct wh_str room, char *out, size_t cap);

/** Closes the sessions of an account: of one device, of all but one, or (both empty) of all. Returns how many. */
unsigned live_close(struct auth *auth, struct wh_str account, struct wh_str device, struct wh_str but_device, const char *why);

/** Has a device sessions? */
bool live_device(struct auth *auth, struct wh_str account, struct wh_str device);

/** Grants that ended. */
void lives_tick(struct auth *auth, int64_t now);

/** Tells `settled` when nobody has to be looked up; see wh_accounts_ops. */
enum wh_err lives_settle(struct auth *auth, wh_accounts_settled *settled, void *self);
void lives_unwish(struct auth *auth, const void *self);

/** All have been looked up, or could not be. */
void lives_settled(struct auth *auth);

/** Hooks. */
enum wh_verdict live_presence(void *self, struct wh_presence *p);
enum wh_verdict live_save(void *self, struct wh_papers *papers);
enum wh_verdict live_load(void *self, struct wh_papers *papers);

#endif
