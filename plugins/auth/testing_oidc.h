/* What the tests of signing in over other providers share: a provider that is played by a fetch service of the test. It answers from a table,
 * a moment after it was asked, and remembers what it was asked. */
#ifndef AUTH_TESTING_OIDC_H
#define AUTH_TESTING_OIDC_H

#include "auth.h"
#include "testing_auth.h"

#define IDP "https://idp.example"
#define SETTINGS "site = \"https://chat.example\"; login_page = \"/login\"; " \
	"providers = ( { name = \"idp\"; issuer = \"" IDP "\"; client_id = \"us\"; } );"

enum { REPLIES = 16, ASKED = 64 };

struct reply {
	char url[256];
	enum wh_err err;
	unsigned status;
	char body[8192];
};

struct ask {
	wh_fetch_done *done;
	void *self;
	uint64_t cookie;
	char url[512], headers[2048], body[4096];
};

struct idp {
	struct fixture *f;
	struct wh_service service;
	struct reply replies[REPLIES];
	struct ask asks[ASKED];
	size_t n;
	struct jose_key *key;
	/* What its ID token says; "" leaves a claim out. */
	char iss[128], aud[256], sub[64], nonce[256], name[128], mail[128], more[512];
	int64_t exp, iat;
};

/* Timers call back without us. */
static struct idp *idp_now;

static struct reply *
reply_find(struct idp *idp, const char *url)
{
	for (size_t i = 0; i < REPLIES; i++)
		if (strcmp(idp->replies[i].url, url) == 0)
			return &idp->replies[i];
	return NULL;
}

/** From now on the URL answers so. */
static inline void
answers(struct idp *idp, const char *url, unsigned status, const char *body)
{
	struct reply *r = reply_find(idp, url);

	if (r == NULL)
		r = reply_find(idp, "");
	assert_non_null(r);
	snprintf(r->url, sizeof r->url, "%s", url);
	snprintf(r->body, sizeof r->body, "%s", body);
	r->status = status;
	r->err = status != 0 ? WH_OK : WH_EAWAY;
}

static void
ask_fired(void *self, uint64_t cookie)
{
	struct ask *ask = &idp_now->asks[cookie];
	const struct reply *r = reply_find(idp_now, ask->url);
	struct wh_fetch_answer answer = { .err = WH_EAWAY, .why = WH_STR("nobody is there") };

	(void)self;
	if (r != NULL)
		answer = (struct wh_fetch_answer){ .err = r->err, .status = r->status, .type = WH_STR("application/json"), .body = wh_str(r->body) };
	if (ask->done != NULL)
		ask->done(ask->self, ask->cookie, &answer);
}

static enum wh_err
idp_start(struct wh_fetch *fetch, const struct wh_host *host, const struct wh_fetch_request *request, wh_fetch_done *done, void *self, uint64_t cookie)
{
	struct idp *idp = (struct idp *)(void *)fetch;
	struct ask *ask = &idp->asks[idp->n];

	assert_true(idp->n < ASKED);
	snprintf(ask->url, sizeof ask->url, "%.*s", WH_FMT(request->url));
	snprintf(ask->headers, sizeof ask->headers, "%.*s", WH_FMT(request->headers));
	snprintf(ask->body, sizeof ask->body, "%.*s", WH_FMT(request->body));
	ask->done = done;
	ask->self = self;
	ask->cookie = cookie;
	return wh_timer_start(host, 1, 0, ask_fired, idp->n++) != 0 ? WH_OK : WH_ENOMEM;
}

static void
idp_forget(struct wh_fetch *fetch, const struct wh_host *host)
{
	struct idp *idp = (struct idp *)(void *)fetch;

	(void)host;
	for (size_t i = 0; i < idp->n; i++)
		idp->asks[i].done = NULL;
}

static const struct wh_fetch_ops idp_ops = { .start = idp_start, .forget = idp_forget };

static inline void
idp_publish(struct idp *idp, const struct jose_key *key)
{
	char jwk[JOSE_JWK_ROOM], jwks[JOSE_JWK_ROOM + 32];
	size_t n;

	assert_true(jose_key_jwk(key, jwk, sizeof jwk, &n));
	snprintf(jwks, sizeof jwks, "{\"keys\":[%s]}", jwk);
	answers(idp, IDP "/jwks", 200, jwks);
}

static inline struct idp *
idp_begin(const char *settings)
{
	struct idp *idp = calloc(1, sizeof *idp);

	assert_non_null(idp);
	idp_now = idp;
	idp->service = (struct wh_service){ "fetch", WH_FETCH_VERSION, &idp_ops };
	idp->f = begin_beside(settings, &idp->service, idp);
	assert_int_equal(jose_key_generate(JOSE_ES256, &idp->key), WH_OK);
	answers(idp, IDP "/.well-known/openid-configuration", 200, "{\"issuer\":\"" IDP "\",\"authorization_endpoint\":\"" IDP "/authorize\","
	    "\"token_endpoint\":\"" IDP "/token\",\"jwks_uri\":\"" IDP "/jwks\",\"authorization_response_iss_parameter_supported\":true,"
	    "\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\",\"none\"]}");
	idp_publish(idp, idp->key);
	snprintf(idp->iss, sizeof idp->iss, IDP);
	snprintf(idp->aud, sizeof idp->aud, "\"us\"");
	snprintf(idp->sub, sizeof idp->sub, "1001");
	snprintf(idp->name, sizeof idp->name, "Zoe");
	idp->iat = wh_wall_ms(wh_test_host(idp->f->t)) / 1000;
	idp->exp = idp->iat + 300;
	return idp;
}

static inline void
idp_end(struct idp *idp)
{
	jose_key_free(&idp->key);
	end(idp->f);
	free(idp);
}

/** The last thing that this URL was asked. */
static inline const struct ask *
was_asked(const struct idp *idp, const char *url)
{
	for (size_t i = idp->n; i-- > 0;)
		if (strcmp(idp->asks[i].url, url) == 0)
			return &idp->asks[i];
	fail_msg("nobody asked %s", url);
	return NULL;
}

/** Somebody on the way. */
struct way {
	char url[2048], state[256], proof[256], nonce[256], challenge[256], ticket[256], location[2048];
	const struct wh_test_page *page;
};

static inline void
way_read(struct way *w, const struct wh_test_answer *answer)
{
	if (answer->err != WH_OK)
		fail_msg("%d: %s", answer->err, answer->why);
	between(answer->json, "\"url\":\"", "\"", w->url, sizeof w->url);
	between(w->url, "&state=", "&", w->state, sizeof w->state);
	between(w->url, "&code_challenge=", "&", w->challenge, sizeof w->challenge);
	if (strstr(w->url, "&nonce=") != NULL)
		between(w->url, "&nonce=", "&", w->nonce, sizeof w->nonce);
	wh_member(answer, "proof", w->proof);
}

static inline void
way_begin(struct idp *idp, struct wh_session *s, const char *command, const char *args, struct way *w)
{
	memset(w, 0, sizeof *w);
	way_read(w, call(idp->f, s, command, args));
	snprintf(idp->nonce, sizeof idp->nonce, "%s", w->nonce);
}

/** An ID token as the fields of idp say, signed by `key`. */
static inline void
id_token_make(const struct idp *idp, const struct jose_key *key, char out[4096])
{
	char payload[2048];
	struct text t = text_to(payload, sizeof payload);
	size_t n;

	text_lit(&t, "{");
	if (idp->iss[0] != '\0')
		text_member(&t, "iss", wh_str(idp->iss));
	if (idp->sub[0] != '\0')
		text_member(&t, "sub", wh_str(idp->sub));
	if (idp->nonce[0] != '\0')
		text_member(&t, "nonce", wh_str(idp->nonce));
	if (idp->name[0] != '\0')
		text_member(&t, "preferred_username", wh_str(idp->name));
	if (idp->mail[0] != '\0')
		text_member(&t, "email", wh_str(idp->mail));
	if (idp->aud[0] != '\0') {
		text_name(&t, "aud");
		text_lit(&t, idp->aud);
	}
	text_member_int(&t, "exp", idp->exp);
	text_member_int(&t, "iat", idp->iat);
	text_lit(&t, idp->more);
	text_lit(&t, "}");
	assert_int_equal(jose_sign(key, "JWT", text_slice(&t), out, 4096, &n), WH_OK);
}

static inline void
token_answers(struct idp *idp, const char *id_token)
{
	char body[6000];

	snprintf(body, sizeof body, "{\"access_token\":\"at-1\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}", id_token);
	answers(idp, IDP "/token", 200, body);
}

/** The browser comes back with this query behind the state. */
static inline void
way_back_with(struct idp *idp, struct way *w, const char *provider, const char *rest)
{
	char target[1024];

	snprintf(target, sizeof target, "/auth/callback/%s?state=%s%s", provider, w->state, rest);
	w->page = asked(idp->f, NULL, "GET", target, NULL, "");
	w->location[0] = '\0';
	if (w->page->status == 303)
		between(w->page->headers.p, "location: ", "\n", w->location, sizeof w->location);
	if (strstr(w->location, "#ticket=") != NULL)
		between(w->location, "#ticket=", "\n", w->ticket, sizeof w->ticket);
}

/** All went well there. */
static inline void
way_back(struct idp *idp, struct way *w)
{
	char token[4096];

	id_token_make(idp, idp->key, token);
	token_answers(idp, token);
	way_back_with(idp, w, "idp", "&code=c0de&iss=https%3A%2F%2Fidp.example");
}

static inline const struct wh_test_answer *
way_ticket(struct idp *idp, struct wh_session *s, const struct way *w)
{
	char args[600];

	snprintf(args, sizeof args, "{'ticket':'%s','proof':'%s'}", w->ticket, w->proof);
	return call(idp->f, s, "auth.provider_ticket", args);
}

static inline const struct wh_test_answer *
way_finish(struct idp *idp, struct wh_session *s, const struct way *w, const char *ticket, const char *name)
{
	char args[700];

	snprintf(args, sizeof args, "{'ticket':'%s','proof':'%s','name':'%s'}", ticket, w->proof, name);
	return call(idp->f, s, "auth.provider_finish", args);
}

/** Signs a session in over the provider, all the way. */
static inline const struct wh_test_answer *
over_provider(struct idp *idp, struct wh_session *s)
{
	struct way w;

	way_begin(idp, s, "auth.provider_begin", "{'provider':'idp'}", &w);
	way_back(idp, &w);
	return way_ticket(idp, s, &w);
}

#endif
