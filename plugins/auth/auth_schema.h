/* All that auth keeps: its tables, and every statement that reads or writes them, in one place. A module adds its migration behind
 * the last one and its statements before ST_COUNT; what has landed in a release never changes.
 * Parameters are numbered in the order in which the SQL names them, as the store asks. Hashes and keys are base64url texts, times milliseconds since 1970, and 0 is "never": the SQL is the same for every driver. */
#ifndef AUTH_SCHEMA_H
#define AUTH_SCHEMA_H

#include <whiply/store.h>

enum auth_statement {
	/* Names: what no two accounts share. */
	ST_NAME_RELEASE,	/* look, account, now: frees what rested long enough, or is the account's own */
	ST_NAME_TAKE,		/* look, account */
	ST_NAME_LOOK,		/* three looks → account, free_after */
	ST_NAME_REST,		/* until, account: nobody else may have its names before */
	ST_NAME_DROP,		/* account */
	ST_NAME_SWEEP,		/* now */

	/* Accounts. */
	ST_ACCOUNT_ADD,
	ST_ACCOUNT_BY_NAME,	/* canonical → ACCOUNT_COLUMNS */
	ST_ACCOUNT_BY_ID,	/* id → ACCOUNT_COLUMNS */
	ST_ACCOUNT_LOGIN,	/* address, older address, canonical → LOGIN_COLUMNS */
	ST_ACCOUNT_LOGIN_ID,	/* the same by id */
	ST_ACCOUNT_FAILED,	/* since, now, id: a failure before `since` no longer counts */
	ST_ACCOUNT_IN,		/* now, id */
	ST_ACCOUNT_PASSWORD,	/* hash, now, id */
	ST_ACCOUNT_REHASH,	/* hash, id, hash before */
	ST_ACCOUNT_STATE,	/* state, note, id, state before */
	ST_ACCOUNT_RENAME,	/* name, canonical, id */
	ST_ACCOUNT_REMOVE,	/* id: only one that was never approved */
	ST_ACCOUNT_SEARCH,	/* after, state, pattern, limit */
	ST_ACCOUNT_MAIL,	/* mail, key, confirmed, id */
	ST_ACCOUNT_BY_MAIL,	/* key → id, name, mail */
	ST_ACCOUNT_ERASE,	/* name, canonical, id */
	ST_ACCOUNT_SAID,	/* more, id */
	ST_ACCOUNT_STRIKE,	/* more, id */

	/* Invitations. */
	ST_INVITATION_ADD,
	ST_INVITATION_USE,	/* hash, now */
	ST_INVITATION_SWEEP,	/* now */

	/* Devices. */
	ST_DEVICE_ADD,
	ST_DEVICE_FIND,		/* hash of any of its secrets → DEVICE_COLUMNS */
	ST_DEVICE_GRANTS,	/* the same, now → role, room, until */
	ST_DEVICE_BY_ID,	/* id → DEVICE_COLUMNS */
	ST_DEVICE_LIST,		/* account */
	ST_DEVICE_DROP,		/* id, account */
	ST_DEVICE_DROP_ALL,	/* account */
	ST_DEVICE_DROP_OTHERS,	/* account, id */
	ST_DEVICE_USED,		/* now, expires at least, id */
	ST_DEVICE_ROTATE,
	ST_DEVICE_RENEW,
	ST_DEVICE_EXTRA,	/* account, how many it may have → id of each above that */
	ST_DEVICE_CROWD,	/* account, how many it may have: drops those */
	ST_DEVICE_EXPIRED,	/* now → id */
	ST_DEVICE_FORGET,	/* before: addresses */
	ST_DEVICE_COUNT,

	/* Grants of roles. */
	ST_GRANT_ADD,
	ST_GRANT_DROP,		/* account, role, room */
	ST_GRANT_OF,		/* account, now → role, room, until */
	ST_GRANT_LIST,		/* account, now → role, room, until, by, granted, why */
	ST_GRANT_DROP_ALL,	/* account */
	ST_GRANT_ADMINS,	/* now → how many */
	ST_GRANT_SWEEP,		/* now */

	/* One-time links. */
	ST_LINK_ADD,
	ST_LINK_GET,		/* hash, purpose, now → account, mail */
	ST_LINK_TAKE,		/* hash, purpose, now */
	ST_LINK_DROP,		/* account, purpose */
	ST_LINK_DROP_ALL,	/* account */
	ST_LINK_SWEEP,		/* now */

	/* Keys of our own. */
	ST_KEY_ALL,
	ST_KEY_ADD,
	ST_KEY_DROP,

	ST_COUNT
};

/** Columns of ST_ACCOUNT_BY_NAME and ST_ACCOUNT_BY_ID. */
enum account_column {
	AC_ID, AC_NAME, AC_KIND, AC_STATE, AC_CREATED, AC_MAIL, AC_CONFIRMED, AC_SAID, AC_STRIKES, AC_SEEN, AC_NOTE, AC_CANONICAL,
	AC_PASSWORD_SET,
};

/** Columns of ST_ACCOUNT_LOGIN. */
enum login_column { LC_ID, LC_NAME, LC_STATE, LC_PASSWORD, LC_FAILURES, LC_FAILED, LC_SECOND, LC_KNOWN, LC_CANONICAL };

/** Columns of ST_DEVICE_FIND and ST_DEVICE_BY_ID. From DC_ACCOUNT_ID on they are those of the account: see live_learn. */
enum device_column {
	DC_ID, DC_TOKEN, DC_COOKIE, DC_REFRESH, DC_PREVIOUS, DC_ROTATED, DC_TOKEN_EXPIRES, DC_EXPIRES, DC_USED,
	DC_ACCOUNT_ID, DC_NAME, DC_KIND, DC_STATE, DC_CREATED, DC_MAIL, DC_CONFIRMED, DC_SAID, DC_STRIKES,
};

extern const struct wh_schema auth_schema;

#endif
