/* Signing in with other providers: OpenID Connect by discovery, and the few that have an API of their own in its place.
 *
 *	oidc_provider   who they are: settings, presets, discovery, keys
 *	oidc_entry      what is remembered on the way
 *	oidc_flow       from auth.provider_begin over the provider to /auth/callback/NAME
 *	oidc_account    what comes of it: signing in, linking, a new account
 *	oidc_link       the links of an account; unlinking
 *	oidc_check      asking hourly where a provider wants to be asked
 *
 * Who somebody is elsewhere is an issuer and its subject, never a name or a mail address.
 * A flow is bound to who began it: a browser by a cookie, any other client by a proof that only it was told. What comes back from the
 * provider comes to the browser of whoever signed in there. Only where both meet is somebody signed in: so nobody can have another finish
 * what he began, nor finish for another. */
#ifndef AUTH_OIDC_H
#define AUTH_OIDC_H

#include <whiply/fetch.h>
#include <whiply/whiply.h>

#include "account.h"
#include "device.h"
#include "form.h"
#include "jose.h"
#include "pkce.h"
#include "task.h"
#include "text.h"

struct auth;
struct oidc_task;

/* How such a sign-in is called, in the audit log and in tickets. */
#define OIDC_HOW "provider"

enum {
	OIDC_PROVIDERS = 16,
	OIDC_NAME_ROOM = 33,
	OIDC_LABEL_ROOM = 65,
	OIDC_ID_ROOM = 257,
	OIDC_SECRET_ROOM = 513,
	OIDC_SCOPES_ROOM = 257,
	OIDC_URL_ROOM = URL_MOST + 1,
	OIDC_SUBJECT_ROOM = 256,
	OIDC_TOKEN_ROOM = 4097,
	OIDC_SEALED_ROOM = 11100,			/* two tokens, sealed */
	OIDC_PENDING = 10000,
	OIDC_BUCKETS = 4096,
	OIDC_PENDING_MS = 600000,
	OIDC_TICKET_MS = 30000,
	OIDC_WAITING = 256,			/* for one provider's keys */
	OIDC_KNOWN_MS = 86400000,		/* then discovery is asked again */
	OIDC_KEYS_LEAST_MS = 60000,		/* between two readings of its keys */
	OIDC_FAILED_MS = 10000,			/* after a failure nobody waits for another */
	OIDC_BEGINS = 60,			/* of one address in 10 minutes */
};

/** A provider that we know beforehand. Those with a `user` have no ID tokens: that URL says who signed in. */
struct oidc_preset {
	const char *name, *label, *issuer, *scopes;
	const char *authorize, *token, *user;	/* NULL: by discovery */
	const char *subject, *shown, *mail;	/* members of what `user` answers */
	const char *validate, *validate_scheme;	/* asked every hour with the access token; NULL: not */
	bool post;				/* the client's secret goes into the body */
};

struct oidc_provider {
	uint64_t id;				/* of this run; changes when its settings do */
	char name[OIDC_NAME_ROOM], label[OIDC_LABEL_ROOM];
	char issuer[OIDC_URL_ROOM];
	char client_id[OIDC_ID_ROOM], secret[OIDC_SECRET_ROOM];
	char scopes[OIDC_SCOPES_ROOM];
	const struct oidc_preset *preset;	/* NULL: any other */
	/* What discovery said. */
	char authorize[OIDC_URL_ROOM], token[OIDC_URL_ROOM], user[OIDC_URL_ROOM], jwks[OIDC_URL_ROOM];
	bool says_iss, post;
	int64_t known_ms, keys_ms, failed_ms;	/* monotonic clock; 0: never */
	struct jose_set keys;			/* owned */
	bool asking;				/* discovery or keys are on their way */
	struct oidc_task *waiting;
	unsigned n_waiting;
};

/** A task that may have to wait for a provider. First in the struct of its user. */
struct oidc_task {
	struct auth_task task;
	struct oidc_task *next;
	uint64_t provider;
	/** The provider is known now; NULL: it is not, and `why` says why. */
	void (*then)(struct oidc_task *t, struct oidc_provider *p, const char *why);
};

/** Somebody who came back from a provider. */
struct oidc_arrival {
	char issuer[OIDC_URL_ROOM], subject[OIDC_SUBJECT_ROOM];
	char shown[NAME_ROOM * 2];		/* what they are called there */
	char mail[ACCOUNT_MAIL + 1];
	char tokens[OIDC_SEALED_ROOM];		/* sealed; "": none are kept */
};

enum oidc_stage { OIDC_BEGUN = 1, OIDC_ARRIVED, OIDC_NAMING };

/** A flow between two requests, in memory: found by the hash of its state or ticket. */
struct oidc_entry {
	struct oidc_entry *next;
	uint8_t key[TOKEN_HASH];
	uint8_t proof[TOKEN_HASH];		/* hash of what binds it to who began it */
	enum oidc_stage stage;
	bool by_cookie;
	int64_t expires;			/* monotonic clock */
	char provider[OIDC_NAME_ROOM];
	char verifier[PKCE_VERIFIER_LEAST + 1], nonce[PKCE_VERIFIER_LEAST + 1];
	char link[ACCOUNT_ID_ROOM];		/* the account to link it to; "": to sign in */
	char invitation[DEVICE_HASH_ROOM];
	char return_to[URL_LOCAL + 1];
	struct oidc_arrival *arrival;		/* owned; from OIDC_ARRIVED on */
};

struct oidc {
	const struct wh_fetch_ops *fetch;	/* NULL: there is none */
	struct wh_fetch *fetch_self;
	struct oidc_provider *providers;	/* owned */
	size_t n;
	uint64_t last_id;
	struct oidc_entry *buckets[OIDC_BUCKETS];	/* owned */
	size_t pending;
	bool checking;				/* asking is under way */
};

/** oidc_provider.c */
enum wh_err oidc_open(struct auth *auth);
void oidc_close(struct auth *auth);
/** The settings are read anew. Who waits for a provider that changed is told to begin again. */
enum wh_err oidc_settings_read(struct auth *auth);
struct oidc_provider *oidc_find(struct auth *auth, struct wh_str name);
struct oidc_provider *oidc_by_id(struct auth *auth, uint64_t id);
/** Calls then with the provider once its endpoints and keys are known, at once or later. `fresh`: with keys that were read just now. */
void oidc_need(struct oidc_task *t, struct oidc_provider *p, bool fresh);
/** Asks `url` by GET with a token, or by POST with a body (not empty). False: it can't be asked, and nothing happens. */
bool oidc_ask(struct auth *auth, const char *url, const char *scheme, struct wh_str token, struct wh_str body, wh_fetch_done *done,
    uint64_t cookie);
/** Asks for tokens: `grant` is the form's body without what says who we are. */
bool oidc_ask_token(struct auth *auth, const struct oidc_provider *p, struct text *grant, wh_fetch_done *done, uint64_t cookie);
enum wh_err oidc_list(void *self, struct wh_call *call);

/** oidc_flow.c */
enum wh_err oidc_begin(void *self, struct wh_call *call);
enum wh_err oidc_link_begin(void *self, struct wh_call *call);
enum wh_err oidc_callback(void *self, struct wh_request *r);

/** oidc_entry.c */
struct oidc_entry *oidc_entry_add(struct auth *auth, enum oidc_stage stage, int64_t lives_ms, char secret_out[TOKEN_ROOM]);
struct oidc_entry *oidc_entry_find(struct auth *auth, struct wh_str secret, enum oidc_stage stage);
struct oidc_entry *oidc_entry_take(struct auth *auth, struct oidc_entry *e);
void oidc_entry_free(struct auth *auth, struct oidc_entry **e);
/** Binds it to who begins it: the browser of `r` by a cookie, or, without one, whoever is told the proof. A browser that has a cookie keeps it: it
 * may have begun in two tabs. */
void oidc_entry_bind(struct auth *auth, struct oidc_entry *e, struct wh_request *r, char proof_out[TOKEN_ROOM]);
/** Is this what binds it to who began it? */
bool oidc_entry_bound(const struct oidc_entry *e, struct wh_str proof);
/** The flow's cookie in the request's headers. */
struct wh_str oidc_cookie(const struct auth *auth, struct wh_request *r);
void oidc_tick(struct auth *auth);

/** oidc_account.c */
/** Goes on in the browser that brought the cookie. Takes the entry, and ends with an answer to `r`, which is held. */
void oidc_arrive(struct auth *auth, struct oidc_entry *take_entry, struct wh_request *r);
/** Sends the browser back: `what` is put behind the `#` of return_to, or said on a page. */
enum wh_err oidc_send_back(struct auth *auth, struct wh_request *r, const char *return_to, const char *what, struct wh_str value, const char *sentence);
enum wh_err oidc_ticket(void *self, struct wh_call *call);
enum wh_err oidc_finish(void *self, struct wh_call *call);

/** oidc_link.c */
enum wh_err oidc_unlink(void *self, struct wh_call *call);
enum wh_err oidc_links(void *self, struct wh_call *call);

/** oidc_check.c */
/** Seals and opens what is kept of a provider's tokens: access, a newline, refresh. */
bool oidc_seal(struct auth *auth, const char *issuer, const char *subject, struct wh_str tokens, char out[OIDC_SEALED_ROOM]);
bool oidc_unseal(struct auth *auth, const char *issuer, const char *subject, const char *sealed, char *out, size_t cap);
void oidc_check_tick(struct auth *auth, int64_t now);

extern const struct wh_field oidc_begin_fields[], oidc_link_fields[], oidc_ticket_fields[], oidc_finish_fields[], oidc_unlink_fields[];
extern const struct wh_setting oidc_settings[];

#endif
