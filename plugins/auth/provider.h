/* Being a provider, OAuth 2 and OpenID Connect, for the community's other sites and bots.
 *
 *	provider_client      clients: registered by an administrator; who asks at an endpoint
 *	provider_authorize   /oauth/authorize: consent, codes
 *	provider_token       /oauth/token
 *	provider_device      devices without a browser: /oauth/device_authorization, /oauth/device
 *	provider_session     what an access token may; userinfo, revocation, introspection, discovery
 *
 * All tokens that come of one consent or one device code are a family: it is revoked as a whole, when a code or a refresh token comes
 * twice, when the person takes the consent back, when the client is removed. A code works for 60 seconds and once, with S256.
 * An access token opens a session like a device's token does: its family stands where the device would, and its scopes are kept where those
 * of a bot's key are. All tokens of a family have the same scopes. */
#ifndef AUTH_PROVIDER_H
#define AUTH_PROVIDER_H

#include <whiply/whiply.h>

#include "bot.h"
#include "device.h"
#include "form.h"
#include "live.h"
#include "task.h"
#include "text.h"

enum {
	PROVIDER_CLIENTS = 500,
	PROVIDER_REDIRECTS = 8,
	PROVIDER_CLIENT_NAME = 64,
	PROVIDER_LETTER = 'f',		/* ids of families begin with it: they stand where a device's would */
	PROVIDER_SCOPES = BOT_SCOPES,
	PROVIDER_STATE = 1024,
	PROVIDER_NONCE = 255,
	PROVIDER_CODE_MS = 60000,
	PROVIDER_CODE_KEPT_MS = 86400000,	/* so that reuse is seen */
	PROVIDER_GRACE_MS = 10000,		/* a refresh token that was used just now is answered again, with the same */
	PROVIDER_DEVICE_MS = 600000,
	PROVIDER_DEVICE_EVERY_S = 5,
	PROVIDER_DEVICE_CODES = 10000,
	PROVIDER_USER_CODE_ROOM = 10,		/* BCDF-GHJK */
};

struct provider {
	uint8_t key[KEY_SIZE];		/* of this run: ties a consent page to its device and its request */
};

struct oauth_client {
	char id[ACCOUNT_ID_ROOM], name[PROVIDER_CLIENT_NAME + 1];
	char secret[DEVICE_HASH_ROOM];		/* hash; "": public */
	char redirects[PROVIDER_REDIRECTS * (URL_MOST + 1)];	/* a newline behind each */
	bool public, introspects;
};

/** A request at an endpoint. First in the struct of its user. */
struct provider_task {
	struct auth_task task;
	struct form form;
	struct oauth_client client;
	char claimed[ACCOUNT_ID_ROOM];		/* the client that it says it is */
	char secret[DEVICE_HASH_ROOM];		/* hash of what it showed; "": nothing */
	bool basic;
	void (*then)(struct provider_task *t);
};

/** provider_client.c */
enum wh_err provider_open(struct auth *auth);
void provider_close(struct auth *auth);
void provider_tick(struct auth *auth, int64_t now);
void client_read(const struct wh_rows *row, struct oauth_client *out);
/** Is the URI one of those that it was registered with, to the letter? */
bool client_has_redirect(const struct oauth_client *c, struct wh_str uri);
/** Reads the form and finds out which client asks; `then` is called when it is one. NULL, or answered already: the return is for `serve`. */
enum wh_err provider_endpoint(struct auth *auth, struct wh_request *r, size_t size, void (*then)(struct provider_task *t));
/** The error of RFC 6749. */
enum wh_err provider_error(struct wh_request *r, unsigned status, const char *error, const char *why);
/** Ends a task with one. */
void provider_fail(struct provider_task *t, unsigned status, const char *error, const char *why);
/** Ends it with JSON. */
void provider_json(struct provider_task *t, struct text *json);
void provider_refused(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms);
/** Are these scopes that we have? Copies them, each once; an empty list is `openid`. */
bool provider_scopes(const struct auth *auth, struct wh_str asked, char out[PROVIDER_SCOPES + 1]);
/** Is every name of the one list in the other? */
bool provider_within(struct wh_str few, struct wh_str many);
/** The page's list of what a client would get. */
void provider_scopes_html(struct text *t, struct wh_str scopes);
enum wh_err provider_client_create(void *self, struct wh_call *call);
enum wh_err provider_client_list(void *self, struct wh_call *call);
enum wh_err provider_client_remove(void *self, struct wh_call *call);

/** provider_authorize.c */
enum wh_err provider_authorize(void *self, struct wh_request *r);
enum wh_err provider_approve(void *self, struct wh_request *r);
enum wh_err provider_consents(void *self, struct wh_call *call);
enum wh_err provider_consent_revoke(void *self, struct wh_call *call);
/** The device of the browser that asks, if it came with our cookie and nothing else; else "". */
const char *provider_browser(struct auth *auth, struct wh_request *r);
/** What ties a form to the browser it was shown in and to what it says. */
void provider_csrf(struct auth *auth, const char *device, const struct wh_str *parts, size_t n, int64_t expires, char out[96]);
bool provider_csrf_good(struct auth *auth, const char *device, const struct wh_str *parts, size_t n, struct wh_str shown);
/** Sends a browser that nobody is signed in with to the login page, or says so. */
enum wh_err provider_sign_in(struct auth *auth, struct wh_request *r);

/** provider_token.c */
enum wh_err provider_token(void *self, struct wh_request *r);
/** Where the tokens of a device code come from. */
void provider_device_token(struct provider_task *t);

/** provider_device.c */
enum wh_err provider_device_begin(void *self, struct wh_request *r);
enum wh_err provider_device_page(void *self, struct wh_request *r);
enum wh_err provider_device_post(void *self, struct wh_request *r);
enum wh_err provider_device_show(void *self, struct wh_call *call);
enum wh_err provider_device_approve(void *self, struct wh_call *call);

/** provider_session.c */
/** May what an access token opened call this command? */
enum wh_verdict provider_attempt(struct auth *auth, struct wh_attempt *a);
/** Members that say who somebody is, as far as the scopes go; of a row with the account's columns. */
void provider_claims(const struct auth *auth, struct text *t, struct wh_str scopes, const struct wh_rows *row, size_t first_column,
    const struct wh_rows *grants);
enum wh_err provider_userinfo(void *self, struct wh_request *r);
enum wh_err provider_revoke(void *self, struct wh_request *r);
enum wh_err provider_introspect(void *self, struct wh_request *r);
enum wh_err provider_discovery(void *self, struct wh_request *r);

extern const struct wh_field provider_client_fields[], provider_client_one_fields[], provider_device_fields[], provider_device_show_fields[];

#endif
