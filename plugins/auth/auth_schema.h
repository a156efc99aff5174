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
	ST_GRANT_ROOM_DROP,	/* from, to: those of `to`, if `from` has any */
	ST_GRANT_ROOM_MOVE,	/* from, to */
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

	/* Second factors. */
	ST_SECOND_GET,		/* account → SECOND_COLUMNS */
	ST_SECOND_PENDING,	/* account, sealed, now */
	ST_SECOND_ON,		/* step, account, sealed: what is pending holds from now on */
	ST_SECOND_STEP,		/* step, account: no code of it or before is taken again */
	ST_SECOND_OFF,		/* account */
	ST_ACCOUNT_SECOND,	/* bits that stay, bits that are set, account */
	ST_RECOVERY_DROP,	/* account */
	ST_RECOVERY_ADD,	/* account, hash */
	ST_RECOVERY_USE,	/* account, hash */

	/* Passkeys. */
	ST_PASSKEY_ADD,
	ST_PASSKEY_GET,		/* id → PASSKEY_COLUMNS */
	ST_PASSKEY_LIST,	/* account */
	ST_PASSKEY_OF_NAME,	/* canonical → id */
	ST_PASSKEY_USED,	/* counter, now, backed up, id: only when the counter grew */
	ST_PASSKEY_SUSPECT,	/* id */
	ST_PASSKEY_DROP,	/* id, account */
	ST_PASSKEY_DROP_ALL,	/* account */
	ST_PASSKEY_SECOND,	/* account: a passkey is asked for after the password */
	ST_PASSKEY_LAST,	/* account: no longer, as there is none */

	/* Bots, keys, app passwords, certificates: the latter three are devices with scopes. */
	ST_BOT_ADD,		/* …, owner, most, those that are younger count too */
	ST_BOT_LIST,		/* owner → id, name, state, created */
	ST_BOT_FIND,		/* id, canonical, owner → id, name */
	ST_BOT_REMOVE,		/* id, owner */
	ST_BOT_REMOVE_ALL,	/* owner */
	ST_CREDENTIAL_ADD,
	ST_CREDENTIAL_LIST,	/* account → id, name, scopes, created, used, expires */
	ST_CREDENTIAL_OF,	/* id, owner → account */
	ST_CREDENTIAL_OWNED,	/* owner → id, account, name, scopes, created, used, expires */
	ST_CREDENTIAL_DROP_ALL,	/* owner: of all its bots */
	ST_ACCOUNT_SCRAM,	/* sealed, account */
	ST_SCRAM_GET,		/* as ST_ACCOUNT_LOGIN, and the sealed keys */

	/* Keys that sign tokens. */
	ST_SIGNING_ALL,		/* → kid, sealed, created, retired; the one in use last */
	ST_SIGNING_ADD,		/* kid, sealed, now */
	ST_SIGNING_RETIRE,	/* now, but kid */
	ST_SIGNING_DROP,	/* retired before */

	/* Who somebody is elsewhere: an issuer and its subject. */
	ST_IDENTITY_FIND,	/* issuer, subject → account, state, second */
	ST_IDENTITY_ADD,	/* issuer, subject, account, provider, name, tokens, now */
	ST_IDENTITY_USED,	/* name, tokens, now, issuer, subject */
	ST_IDENTITY_LIST,	/* account → provider, issuer, subject, name, created, used */
	ST_IDENTITY_DROP,	/* account, provider: unless it is the last way in */
	ST_IDENTITY_DROP_ALL,	/* account */
	ST_IDENTITY_DUE,	/* before, limit → issuer, subject, account, provider, tokens */
	ST_IDENTITY_VALID,	/* tokens, now, issuer, subject */
	ST_IDENTITY_LOST,	/* issuer, subject: its tokens are gone */
	ST_IDENTITY_DEVICE,	/* device, account, issuer, subject: it signed in that way */
	ST_IDENTITY_DEVICE_OF,	/* device, account: of the identity that its provider is asked about */
	ST_IDENTITY_DEVICES,	/* issuer, subject → device, account */
	ST_IDENTITY_SIGN_OUT,	/* issuer, subject: drops those devices */
	ST_IDENTITY_SWEEP,
	ST_DEVICE_WITHOUT,	/* device, account → when it signed in; nothing when the account has a password */
	ST_DEVICE_SINCE,	/* device, account → when it signed in */

	/* Other sites and bots: clients of ours. */
	ST_CLIENT_ADD,		/* id, name, secret, redirects, public, introspects, now, by, most */
	ST_CLIENT_GET,		/* id → enum client_column */
	ST_CLIENT_LIST,
	ST_CLIENT_DROP,		/* id */
	ST_CLIENT_FAMILIES,	/* id → family, account */
	ST_CONSENT_PUT,		/* account, client, scopes, now */
	ST_CONSENT_GET,		/* account, client → scopes */
	ST_CONSENT_LIST,	/* account → client, name, scopes, created */
	ST_CONSENT_DROP,	/* account, client */
	ST_CONSENT_DROP_ALL,	/* account */
	ST_CONSENT_SWEEP,	/* of clients that are gone */
	ST_CONSENT_FAMILIES,	/* account, client → family */
	ST_CODE_ADD,		/* hash, client, account, redirect, challenge, nonce, scopes, auth time, expires */
	ST_CODE_GET,		/* hash → enum code_column */
	ST_CODE_USE,		/* now, family, hash */
	ST_CODE_DROP,		/* account, client */
	ST_CODE_DROP_ALL,	/* account */
	ST_CODE_SWEEP,		/* before */
	ST_FAMILY_ADD,		/* id, client, account, scopes, now, auth time */
	ST_FAMILY_GET,		/* id → as ST_DEVICE_BY_ID */
	ST_FAMILY_GRANTS,	/* id, now → role, room, until */
	ST_FAMILY_DROP,		/* id */
	ST_FAMILY_DROP_FOR,	/* account, client */
	ST_FAMILY_DROP_ALL,	/* account */
	ST_FAMILY_SWEEP,	/* before */
	ST_OTOKEN_ADD,		/* hash, family, kind, now, expires */
	ST_OTOKEN_FIND,		/* hash → as ST_DEVICE_FIND: what an access token opens */
	ST_OTOKEN_GET,		/* hash → enum otoken_column */
	ST_OTOKEN_GRANTS,		/* hash, now → role, room, until */
	ST_OTOKEN_USE,		/* now, hash */
	ST_OTOKEN_DROP,		/* hash */
	ST_OTOKEN_SWEEP,		/* now */
	ST_DCODE_ADD,		/* hash, user code, client, scopes, expires, most */
	ST_DCODE_GET,		/* hash → enum dcode_column */
	ST_DCODE_BY_USER,	/* user code, now → client, name, scopes */
	ST_DCODE_DECIDE,	/* state, account, auth time, user code, now */
	ST_DCODE_POLLED,	/* now, hash */
	ST_DCODE_TAKE,		/* hash */
	ST_DCODE_SWEEP,		/* now */

	ST_COUNT
};

/** Columns of ST_ACCOUNT_BY_NAME and ST_ACCOUNT_BY_ID. */
enum account_column {
	AC_ID, AC_NAME, AC_KIND, AC_STATE, AC_CREATED, AC_MAIL, AC_CONFIRMED, AC_SAID, AC_STRIKES, AC_SEEN, AC_NOTE, AC_CANONICAL,
	AC_PASSWORD_SET,
};

/** Columns of ST_ACCOUNT_LOGIN; the last one of ST_SCRAM_GET alone. */
enum login_column { LC_ID, LC_NAME, LC_STATE, LC_PASSWORD, LC_FAILURES, LC_FAILED, LC_SECOND, LC_KNOWN, LC_CANONICAL, LC_SCRAM };

/** Columns of ST_SECOND_GET. */
enum second_column { SC_SECOND, SC_STATE, SC_NAME, SC_CANONICAL, SC_TOTP, SC_STEP, SC_PENDING, SC_PENDING_AT, SC_RECOVERY, SC_PASSKEYS };

/** Columns of ST_PASSKEY_GET. */
enum passkey_column { PC_ACCOUNT, PC_NAME, PC_COSE, PC_COUNTER, PC_SUSPECT, PC_OWNER };

/** Columns of ST_DEVICE_FIND and ST_DEVICE_BY_ID. DC_SIGNED_IN is when the device was made, 0 with tokens of other sites. From DC_ACCOUNT_ID on they are those of the account: see live_learn. */
enum device_column {
	DC_ID, DC_TOKEN, DC_COOKIE, DC_REFRESH, DC_PREVIOUS, DC_ROTATED, DC_TOKEN_EXPIRES, DC_EXPIRES, DC_USED, DC_SCOPES, DC_SIGNED_IN,
	DC_ACCOUNT_ID, DC_NAME, DC_KIND, DC_STATE, DC_CREATED, DC_MAIL, DC_CONFIRMED, DC_SAID, DC_STRIKES,
};

/** Columns of ST_CLIENT_GET, and of ST_CLIENT_LIST, which has `created` behind them. */
enum client_column { CC_ID, CC_NAME, CC_SECRET, CC_REDIRECTS, CC_PUBLIC, CC_INTROSPECTS, CC_CREATED };

/** Columns of ST_CODE_GET. */
enum code_column { KC_CLIENT, KC_ACCOUNT, KC_REDIRECT, KC_CHALLENGE, KC_NONCE, KC_SCOPES, KC_AUTH_TIME, KC_EXPIRES, KC_USED, KC_FAMILY };

/** Columns of ST_OTOKEN_GET. From TC_ACCOUNT_ID on they are those of the account. */
enum otoken_column {
	TC_FAMILY, TC_KIND, TC_SCOPES, TC_EXPIRES, TC_USED, TC_CLIENT, TC_AUTH_TIME, TC_CREATED, TC_ACCOUNT_ID, TC_NAME, TC_ACCOUNT_KIND, TC_STATE,
	TC_ACCOUNT_CREATED, TC_MAIL, TC_CONFIRMED,
};

/** Columns of ST_DCODE_GET. */
enum dcode_column { XC_CLIENT, XC_SCOPES, XC_STATE, XC_ACCOUNT, XC_AUTH_TIME, XC_EXPIRES, XC_POLLED };

extern const struct wh_schema auth_schema;

#endif
