/* The plugin auth: accounts, how people sign in, and what they may. This is what its parts share; each part has a header and one or
 * more .c files of its own, its statements stand in auth_schema.c, and its rows of commands, settings and hooks in auth.c.
 *
 *	task        what a command remembers between its steps
 *	keys        keys of our own, in the store; hashed addresses
 *	hashing     bounded password hashing on job threads
 *	lockout     who failed too often waits
 *	live        accounts with sessions: roles and trust in memory
 *	device      tokens, cookies, signing somebody in, revoking
 *	account     registration, names, administration
 *	login       passwords;  recover: letters with one-time links
 *	guest, role, trust, privacy
 *	ticket      what was promised to a client: half a sign-in, a challenge
 *	seal        secrets that are read again, encrypted
 *	second      second factors;  passkey: WebAuthn
 *	bot         bot accounts and what their keys may
 *	sasl        signing in by SASL, for IRC
 *	signing     keys for signed tokens, JWKS
 *	oidc        signing in over other providers
 *	provider    being one, for other sites and bots
 *	page        the few pages that browsers are shown;  first: the one that makes the first administrator
 *
 * To add a part (another way to sign in): a struct in struct auth if it needs memory, x_open and x_close called by auth_open and
 * auth_close, its rows in auth.c. To sign somebody in it uses struct signin of device.h. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <whiply/accounts.h>
#include <whiply/audit.h>
#include <whiply/mail.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

#include "account.h"
#include "auth_schema.h"
#include "device.h"
#include "guest.h"
#include "hashing.h"
#include "keys.h"
#include "live.h"
#include "lockout.h"
#include "oidc.h"
#include "provider.h"
#include "signing.h"
#include "login.h"
#include "bot.h"
#include "passkey.h"
#include "sasl.h"
#include "seal.h"
#include "second.h"
#include "ticket.h"
#include "password.h"
#include "privacy.h"
#include "recover.h"
#include "role.h"
#include "task.h"
#include "trust.h"

enum { AUTH_DEVICES_MOST = 64, AUTH_SITE = 200, AUTH_RESERVED_MOST = 256 };

enum auth_registration { AUTH_OPEN, AUTH_INVITATION, AUTH_APPROVAL, AUTH_CLOSED };

/** The settings, read once. */
struct auth_settings {
	enum auth_registration registration;
	bool guests;
	bool insecure_cookie;
	bool scram;			/* SCRAM keys are made with each password */
	unsigned bots;			/* of one account */
	unsigned hashing;
	struct password_params cost;
	unsigned tries;
	int64_t lockout_first, lockout_most, lockout_forget;
	int64_t token_time, session_time, guest_time, link_time, recent_time, name_rest;
	unsigned registrations;		/* of one address in an hour */
	char default_role[LIVE_ROLE_ROOM];
	char login_page[URL_LOCAL + 1];	/* "/login"; "": there is none */
	char site[AUTH_SITE + 1];	/* "https://chat.example.org"; "" when it was not given */
	const struct wh_conf *conf;	/* borrowed until the next reload: lists are read where they are needed */
};

enum auth_metric {
	AUTH_METRIC_LOGINS, AUTH_METRIC_REGISTRATIONS, AUTH_METRIC_HASHING, AUTH_METRIC_HASH, AUTH_METRIC_DEVICES, AUTH_METRIC_LIVE,
	AUTH_METRIC_LOCKED, AUTH_METRIC_COUNT
};

extern const struct wh_metric auth_metrics[];

struct auth {
	const struct wh_host *host;
	struct wh_table table;
	struct auth_settings settings;
	struct auth_keys keys;
	struct hashing hashing;
	struct lockouts lockouts;
	struct lives lives;
	struct seal seal;
	struct tickets tickets;
	struct sasl_exchanges sasl;
	struct signing signing;
	struct oidc oidc;
	struct provider provider;
	struct device_cache cache;
	struct first_admin first_admin;
	struct trust_asks trust;
	const struct wh_mail_ops *mail;		/* NULL: there is none */
	struct wh_mail *mail_self;
	const struct wh_audit_ops *audit;	/* NULL: likewise */
	struct wh_audit_log *audit_self;
	struct auth_task *tasks;
	size_t n_tasks;
	wh_id timer;
	uint64_t ticks;
	unsigned keys_missing;			/* while it opens */
	bool keys_bad;
	enum wh_err failed;			/* by auth_no */
	const char *refusal;			/* likewise: the sentence, and when to try again */
	int64_t refusal_ms;
	char room_roles[LIVE_ROLES_TEXT];	/* what the service said last */
};

/** An id: a letter and 16 characters of base32, 80 bits of chance. */
void auth_id(struct auth *auth, char letter, char out[ACCOUNT_ID_ROOM]);

/** Copies a slice as a text, cut to fit at the end of a character. */
void auth_clip(char *out, size_t cap, struct wh_str text);

/** Fails the call, as wh_fail_str, in a function that then says no to its caller: a command returns auth->failed after it. */
void auth_no(struct auth *auth, struct wh_call *call, enum wh_err err, const char *why, int64_t retry_ms);

/** Is the caller signed in to an account? If not, the call was failed. */
bool auth_signed_in(struct auth *auth, struct wh_call *call);

/** wh_fail with a sentence that is put together. */
enum wh_err auth_fail(struct wh_call *call, enum wh_err err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Members that say who a session is: account or guest, name, kind, roles. */
void auth_write_identity(struct auth *auth, struct wh_session *s, struct wh_json *w);

/** A write that nobody waits for: a failure is logged. */
wh_store_done auth_written;

/** Writes to the audit log, if there is one, and to the server's log. Everything but `action` may be empty. */
void auth_audit(struct auth *auth, struct wh_str who, struct wh_str name, const char *action, struct wh_str on, struct wh_str address,
    struct wh_str why);

/** The same, by whoever calls. */
void auth_audit_call(struct auth *auth, struct wh_call *call, const char *action, struct wh_str on, struct wh_str why);

#endif
