/* The way over another provider: begin, callback, tokens, and what they say. Every state is used once, and every check that fails
 * ends the flow. */
#include "oidc.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth.h"
#include "claims.h"
#include "page.h"
#include "text.h"
#include "text64.h"

const struct wh_field oidc_begin_fields[] = {
	{ "provider", WH_F_NAME, .required = true, .min = 1, .max = 32, .help = "as auth.providers names it" },
	{ "return_to", WH_F_TEXT, .max = URL_LOCAL, .help = "where the browser goes afterwards, within this site: /path" },
	{ "invitation", WH_F_TEXT, .max = 128, .help = "for a new account where registration is by invitation" },
	{ 0 }
};

const struct wh_field oidc_link_fields[] = {
	{ "provider", WH_F_NAME, .required = true, .min = 1, .max = 32, .help = "as auth.providers names it" },
	{ "return_to", WH_F_TEXT, .max = URL_LOCAL, .help = "where the browser goes afterwards, within this site: /path" },
	{ 0 }
};

/* Beginning */

struct begin_task {
	struct oidc_task head;
	char return_to[URL_LOCAL + 1], link[ACCOUNT_ID_ROOM], invitation[DEVICE_HASH_ROOM];
};

static void
random_text(struct auth *auth, char out[PKCE_VERIFIER_LEAST + 1])
{
	uint8_t random[32];

	wh_random(auth->host, random, sizeof random);
	text64_put(TEXT64_URL, out, PKCE_VERIFIER_LEAST + 1, random, sizeof random);
	explicit_bzero(random, sizeof random);
}

static void
callback_url(const struct auth *auth, const char *provider, struct text *t)
{
	text_lit(t, auth->settings.site);
	text_lit(t, "/auth/callback/");
	text_lit(t, provider);
}

static bool
authorize_url(const struct auth *auth, const struct oidc_provider *p, const struct oidc_entry *e, const char *state, struct text *t)
{
	char callback[URL_MOST], challenge[PKCE_CHALLENGE + 1];
	struct text redirect = text_to(callback, sizeof callback);

	callback_url(auth, p->name, &redirect);
	if (!pkce_challenge(wh_str(e->verifier), challenge))
		return false;
	text_lit(t, p->authorize);
	text_query(t, "response_type", WH_STR("code"));
	text_query(t, "client_id", wh_str(p->client_id));
	text_query(t, "redirect_uri", text_slice(&redirect));
	text_query(t, "scope", wh_str(p->scopes));
	text_query(t, "state", wh_str(state));
	text_query(t, "code_challenge", wh_str(challenge));
	text_query(t, "code_challenge_method", WH_STR("S256"));
	if (p->preset == NULL || p->preset->user == NULL)
		text_query(t, "nonce", wh_str(e->nonce));
	return !redirect.failed && !t->failed;
}

static void
begin_known(struct oidc_task *head, struct oidc_provider *p, const char *why)
{
	struct begin_task *t = (struct begin_task *)head;
	struct auth *auth = head->task.auth;
	struct wh_call *call = task_call(&head->task);
	char state[TOKEN_ROOM], proof[TOKEN_ROOM], url[4096];
	struct text text = text_to(url, sizeof url);
	struct oidc_entry *e;

	(void)why;
	if (p == NULL || call == NULL) {
		task_fail_later(&head->task, WH_EAWAY, "that provider does not answer, or is not set up well; try again later", OIDC_FAILED_MS);
		return;
	}
	e = oidc_entry_add(auth, OIDC_BEGUN, OIDC_PENDING_MS, state);
	if (e == NULL) {
		task_fail_later(&head->task, WH_EAWAY, "too many are signing in this way; try again in a minute", 60000);
		return;
	}
	memcpy(e->provider, p->name, sizeof p->name);
	memcpy(e->return_to, t->return_to, sizeof t->return_to);
	memcpy(e->link, t->link, sizeof t->link);
	memcpy(e->invitation, t->invitation, sizeof t->invitation);
	random_text(auth, e->verifier);
	random_text(auth, e->nonce);
	oidc_entry_bind(auth, e, wh_call_request(call), proof);
	if (!authorize_url(auth, p, e, state, &text)) {
		oidc_entry_take(auth, e);
		oidc_entry_free(auth, &e);
		task_fail(&head->task, WH_EIO, "that provider's address is too long");
		return;
	}
	wh_json_str(wh_reply(call), "url", text_slice(&text));
	if (!e->by_cookie)
		wh_json_text(wh_reply(call), "proof", proof);
	wh_json_int(wh_reply(call), "expires_in", OIDC_PENDING_MS / 1000);
	task_done(&head->task);
}

/* What both commands ask first; NULL: the call was failed. */
static struct begin_task *
begin_new(struct auth *auth, struct wh_call *call)
{
	struct wh_str return_to = wh_arg_str(call, "return_to");
	struct oidc_provider *p = oidc_find(auth, wh_arg_str(call, "provider"));
	char address[KEY_ADDRESS_ROOM];
	struct begin_task *t;
	int64_t wait;

	if (p == NULL) {
		auth_no(auth, call, WH_ENOENT, "there is no such provider: see auth.providers", 0);
		return NULL;
	}
	if (auth->settings.site[0] == '\0') {
		auth_no(auth, call, WH_ENOTSUP, "this server can't be signed in to this way: its setting `site` is empty", 0);
		return NULL;
	}
	if (return_to.n != 0 && !url_local(return_to)) {
		auth_no(auth, call, WH_EINVAL, "return_to has to be a path within this site, such as /rooms", 0);
		return NULL;
	}
	keys_address(auth, wh_session_address(auth->host, wh_call_session(call)), false, address);
	wait = lockout_count(auth, lockout_key(auth, LOCKOUT_PROVIDER, WH_STR(""), wh_str(address)), OIDC_BEGINS, OIDC_PENDING_MS);
	if (wait != 0) {
		auth_no(auth, call, WH_EFAST, "too many tries from where you are; wait a little", wait);
		return NULL;
	}
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return NULL;
	auth_clip(t->return_to, sizeof t->return_to, return_to);
	t->head.then = begin_known;
	t->head.provider = p->id;
	return t;
}

enum wh_err
oidc_begin(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	enum wh_identity_kind kind = wh_session_identity(auth->host, wh_call_session(call))->kind;
	struct begin_task *t;

	if (kind != WH_GUEST)
		return wh_fail(call, WH_ESTATE, kind == WH_OPERATOR ? "an operator is nobody's account; sign in as a client does" :
		    "you are signed in already: auth.link_begin links another way in, auth.logout signs out");
	t = begin_new(auth, call);
	if (t == NULL)
		return auth->failed;
	if (token_is(wh_arg_str(call, "invitation"), TOKEN_INVITATION))
		device_hash(wh_arg_str(call, "invitation"), t->invitation);
	oidc_need(&t->head, oidc_by_id(auth, t->head.provider), false);
	return WH_WAIT;
}

static void
link_since(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct begin_task *t = task_of(cookie);
	struct oidc_provider *p = oidc_by_id(auth, t->head.provider);

	if (!task_stored(&t->head.task, result))
		return;
	if (p == NULL)
		task_fail(&t->head.task, WH_EAWAY, "the server's settings were changed meanwhile; try again");
	else if (result->rows->n == 0 || wh_wall_ms(auth->host) - wh_row_int(result->rows, 0, 0) >= auth->settings.recent_time)
		task_fail(&t->head.task, WH_EAUTH, "you signed in a while ago: sign in again, and link right afterwards");
	else
		oidc_need(&t->head, p, false);
}

enum wh_err
oidc_link_begin(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct begin_task *t;

	if (!auth_signed_in(auth, call))
		return auth->failed;
	t = begin_new(auth, call);
	if (t == NULL)
		return auth->failed;
	auth_clip(t->link, sizeof t->link, wh_session_identity(auth->host, wh_call_session(call))->id);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(device_of_call(auth, call))), WH_CELL_TEXT(wh_str(t->link)) };

	task_run(&t->head.task, &TASK_STEP(ST_DEVICE_SINCE, cells, WH_ANY), 1, link_since);
	return WH_WAIT;
}

/* The callback */

struct flow {
	struct oidc_task head;
	struct oidc_entry entry;		/* copied; its arrival is ours */
	struct oidc_arrival arrival;
	char code[2049];
	char access[OIDC_TOKEN_ROOM], refresh[OIDC_TOKEN_ROOM];
	char id_token[JOSE_TOKEN + 1];
	char claims[JOSE_PAYLOAD + 1];
	bool fresh;				/* the keys were read anew for this token */
};

enum wh_err
oidc_send_back(struct auth *auth, struct wh_request *r, const char *return_to, const char *what, struct wh_str value, const char *sentence)
{
	char to[URL_LOCAL * 4 + 512];
	struct text t = text_to(to, sizeof to);

	if (return_to[0] == '\0')
		return_to = auth->settings.login_page;
	if (return_to[0] == '\0')
		return page_say(r, 200, strcmp(what, "error") == 0 ? "Signing in did not work" : "Signing in", sentence);
	text_lit(&t, auth->settings.site);
	text_lit(&t, return_to);
	text_lit(&t, "#");
	text_lit(&t, what);
	text_lit(&t, "=");
	text_url(&t, value);
	return page_redirect(r, text_slice(&t));
}

static void
flow_refused(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms)
{
	const struct flow *f = (const struct flow *)task;

	(void)retry_ms;
	if (f->entry.return_to[0] != '\0' || task->auth->settings.login_page[0] != '\0')
		oidc_send_back(task->auth, r, f->entry.return_to, "error", wh_str(why), why);
	else
		page_say(r, page_status(err), "Signing in did not work", why);
}

static void
flow_fail(struct flow *f, const char *detail)
{
	wh_host_log(f->head.task.auth->host, WH_WARN, "auth_provider_refused", WH_T("name", f->entry.provider), WH_T("why", detail));
	wh_metric_add_for(f->head.task.auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("provider_refused"), 1);
	task_fail(&f->head.task, WH_EAUTH, "the provider's answer was not what it has to be; begin again");
}

/* The tokens are kept only where the provider wants to be asked about them. */
static bool
flow_keep_tokens(struct flow *f, const struct oidc_provider *p)
{
	char both[OIDC_TOKEN_ROOM * 2];
	struct text t = text_to(both, sizeof both);
	bool good;

	if (p->preset == NULL || p->preset->validate == NULL)
		return true;
	text_lit(&t, f->access);
	text_lit(&t, "\n");
	text_lit(&t, f->refresh);
	good = !t.failed && oidc_seal(f->head.task.auth, f->arrival.issuer, f->arrival.subject, text_slice(&t), f->arrival.tokens);
	explicit_bzero(both, sizeof both);
	return good;
}

/* All is known: the one with the cookie goes on, every other gets a ticket. */
static void
flow_arrived(struct flow *f)
{
	struct auth *auth = f->head.task.auth;
	struct wh_request *r = task_request(&f->head.task);
	char ticket[TOKEN_ROOM], sentence[256];
	struct oidc_arrival *arrival = wh_new(auth->host, sizeof *arrival);
	struct oidc_entry *e = arrival != NULL && r != NULL ? oidc_entry_add(auth, OIDC_ARRIVED, OIDC_TICKET_MS, ticket) : NULL;
	const struct oidc_provider *p = oidc_by_id(auth, f->head.provider);
	struct oidc_entry kept;

	if (e == NULL || p == NULL || !flow_keep_tokens(f, p)) {
		wh_delete(auth->host, arrival);
		task_fail(&f->head.task, WH_EAWAY, "the server has too much to do; begin again");
		return;
	}
	kept = *e;
	*e = f->entry;
	e->next = kept.next;
	memcpy(e->key, kept.key, sizeof e->key);
	e->stage = OIDC_ARRIVED;
	e->expires = kept.expires;
	e->arrival = arrival;
	*arrival = f->arrival;
	task_end_quiet(&f->head.task);
	if (e->by_cookie) {
		oidc_arrive(auth, oidc_entry_take(auth, e), r);
		return;
	}
	snprintf(sentence, sizeof sentence, "You are signed in there. Within 30 seconds, go back to where you came from with this ticket: %s", ticket);
	oidc_send_back(auth, r, e->return_to, "ticket", wh_str(ticket), sentence);
}

static void
flow_shown(struct flow *f, const struct claims_value *claims, const char *name, const char *mail)
{
	size_t n;

	if (f->arrival.shown[0] == '\0' && name != NULL && !claims_get_text(claims, name, f->arrival.shown, sizeof f->arrival.shown, &n))
		f->arrival.shown[0] = '\0';
	if (f->arrival.mail[0] == '\0' && mail != NULL && !claims_get_text(claims, mail, f->arrival.mail, sizeof f->arrival.mail, &n))
		f->arrival.mail[0] = '\0';
}

/* A subject is a text, or, with providers of the old kind, a number. */
static bool
flow_subject(struct flow *f, const struct claims_value *claims, const char *member)
{
	int64_t number;
	size_t n;

	if (claims_get_text(claims, member, f->arrival.subject, sizeof f->arrival.subject, &n))
		return n != 0;
	if (!claims_get_int(claims, member, &number) || number <= 0)
		return false;
	snprintf(f->arrival.subject, sizeof f->arrival.subject, "%lld", (long long)number);
	return true;
}

static void
user_answered(void *self, uint64_t cookie, const struct wh_fetch_answer *answer)
{
	struct auth *auth = self;
	struct flow *f = task_of(cookie);
	struct oidc_provider *p = oidc_by_id(auth, f->head.provider);
	struct claims_value claims;
	bool read = answer->err == WH_OK && answer->status == 200 && claims_read(answer->body, &claims) == WH_OK && claims.type == CLAIMS_OBJECT;

	if (p == NULL) {
		flow_fail(f, "the settings were changed meanwhile");
	} else if (p->preset != NULL && p->preset->user != NULL) {
		if (!read || !flow_subject(f, &claims, p->preset->subject)) {
			flow_fail(f, "it does not say who signed in");
			return;
		}
		flow_shown(f, &claims, p->preset->shown, p->preset->mail);
		flow_arrived(f);
	} else if (read && !claims_get_is(&claims, "sub", wh_str(f->arrival.subject))) {
		flow_fail(f, "userinfo is of somebody else");
	} else {
		/* Only a name to suggest: without it the person is asked. */
		if (read) {
			flow_shown(f, &claims, "preferred_username", "email");
			flow_shown(f, &claims, "nickname", NULL);
			flow_shown(f, &claims, "name", NULL);
		}
		flow_arrived(f);
	}
}

static void
user_ask(struct flow *f, const struct oidc_provider *p)
{
	if (!oidc_ask(f->head.task.auth, p->user, "Bearer", wh_str(f->access), (struct wh_str){ NULL, 0 }, user_answered, (uintptr_t)f))
		task_fail(&f->head.task, WH_EAWAY, "the provider can't be asked now; begin again");
}

static const char *
jose_flaw_text(enum jose_flaw flaw)
{
	static const char *const texts[] = { [JOSE_GOOD] = "", [JOSE_BIG] = "its ID token is too long", [JOSE_SHAPE] = "its ID token is malformed",
		[JOSE_ALG] = "its ID token has an algorithm that is not its key's", [JOSE_CRIT] = "its ID token has a critical header",
		[JOSE_EMBEDDED] = "its ID token brings its own key", [JOSE_TYP] = "its ID token has another type",
		[JOSE_NO_KEY] = "its ID token has a key that nobody knows", [JOSE_SIGNATURE] = "its ID token's signature is wrong" };

	return texts[flaw];
}

/* The ID token: its signature, then what it claims. Keys that are not known yet are asked for once. */
static void
flow_verify(struct oidc_task *head, struct oidc_provider *p, const char *why)
{
	static const char *const flaws[] = { [CLAIMS_GOOD] = "", [CLAIMS_SHAPE] = "its ID token has no claims", [CLAIMS_ISS] = "its ID token is of another issuer",
		[CLAIMS_SUB] = "its ID token has no subject", [CLAIMS_AUD] = "its ID token is for somebody else", [CLAIMS_EXP] = "its ID token has expired",
		[CLAIMS_NBF] = "its ID token is not good yet", [CLAIMS_IAT] = "its ID token was issued in the future",
		[CLAIMS_NONCE] = "its ID token has another nonce", [CLAIMS_AZP] = "its ID token is for another party" };
	struct flow *f = (struct flow *)head;
	struct auth *auth = head->task.auth;
	struct claims_value claims;
	enum claims_flaw flaw;
	enum jose_flaw bad;
	size_t n;

	if (p == NULL) {
		flow_fail(f, why);
		return;
	}
	bad = jose_verify(&p->keys, NULL, wh_str(f->id_token), f->claims, sizeof f->claims, &n);
	if (bad == JOSE_NO_KEY && !f->fresh) {
		f->fresh = true;
		oidc_need(head, p, true);
		return;
	}
	if (bad != JOSE_GOOD || claims_read((struct wh_str){ f->claims, n }, &claims) != WH_OK) {
		flow_fail(f, bad != JOSE_GOOD ? jose_flaw_text(bad) : "its ID token has claims that are no strict JSON");
		return;
	}
	const struct claims_expect expect = { .iss = wh_str(p->issuer), .aud = wh_str(p->client_id), .nonce = wh_str(f->entry.nonce),
		.now_s = wh_wall_ms(auth->host) / 1000 };

	flaw = claims_check(&claims, &expect);
	if (flaw != CLAIMS_GOOD || !flow_subject(f, &claims, "sub")) {
		flow_fail(f, flaw != CLAIMS_GOOD ? flaws[flaw] : "its ID token has no subject");
		return;
	}
	flow_shown(f, &claims, "preferred_username", "email");
	if (f->arrival.shown[0] == '\0' && p->user[0] != '\0' && f->entry.link[0] == '\0') {
		user_ask(f, p);
		return;
	}
	flow_shown(f, &claims, "name", NULL);
	flow_arrived(f);
}

static void
token_answered(void *self, uint64_t cookie, const struct wh_fetch_answer *answer)
{
	struct auth *auth = self;
	struct flow *f = task_of(cookie);
	struct oidc_provider *p = oidc_by_id(auth, f->head.provider);
	struct claims_value tokens, type;
	char text[16];
	size_t n;

	if (p == NULL || answer->err != WH_OK || answer->status != 200 || claims_read(answer->body, &tokens) != WH_OK) {
		flow_fail(f, p == NULL ? "the settings were changed meanwhile" : "it gave no tokens for the code");
		return;
	}
	if (!claims_get_text(&tokens, "access_token", f->access, sizeof f->access, &n) || n == 0 ||
	    (claims_get(&tokens, "token_type", &type) && (!claims_text(&type, text, sizeof text, &n) || strcasecmp(text, "bearer") != 0))) {
		flow_fail(f, "it gave no bearer token");
		return;
	}
	for (const char *c = f->access; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~') {
			flow_fail(f, "its token has characters that a header can't have");
			return;
		}
	if (!claims_get_text(&tokens, "refresh_token", f->refresh, sizeof f->refresh, &n))
		f->refresh[0] = '\0';
	memcpy(f->arrival.issuer, p->issuer, sizeof p->issuer);
	if (p->preset != NULL && p->preset->user != NULL) {
		user_ask(f, p);
	} else if (!claims_get_text(&tokens, "id_token", f->id_token, sizeof f->id_token, &n) || n == 0) {
		flow_fail(f, "it gave no ID token");
	} else {
		f->head.then = flow_verify;
		oidc_need(&f->head, p, false);
	}
}

static void
flow_known(struct oidc_task *head, struct oidc_provider *p, const char *why)
{
	struct flow *f = (struct flow *)head;
	struct auth *auth = head->task.auth;
	char body[4096], callback[URL_MOST];
	struct text t = text_to(body, sizeof body), redirect = text_to(callback, sizeof callback);

	if (p == NULL) {
		flow_fail(f, why);
		return;
	}
	callback_url(auth, p->name, &redirect);
	text_lit(&t, "grant_type=authorization_code&code=");
	text_url(&t, wh_str(f->code));
	text_lit(&t, "&redirect_uri=");
	text_url(&t, text_slice(&redirect));
	text_lit(&t, "&code_verifier=");
	text_url(&t, wh_str(f->entry.verifier));
	if (!oidc_ask_token(auth, p, &t, token_answered, (uintptr_t)f))
		task_fail(&head->task, WH_EAWAY, "the provider can't be asked now; begin again");
	explicit_bzero(body, sizeof body);
}

/* What is wrong with the answer in the query; NULL: go on and ask for tokens. */
static const char *
callback_flaw(const struct auth *auth, const struct form *q, const struct oidc_entry *e, const struct oidc_provider *p, struct wh_request *r,
    bool *told_out)
{
	struct wh_str iss = form_get(q, "iss");

	*told_out = false;
	if (p == NULL || strcmp(p->name, e->provider) != 0)
		return "this answer is of another provider than you were sent to; begin again";
	if (e->by_cookie && !oidc_entry_bound(e, oidc_cookie(auth, r)))
		return "signing in was begun in another browser; begin again in this one";
	*told_out = true;
	/* Without OpenID Connect an issuer is only what we call it; there the address of the callback tells providers apart. */
	if ((p->preset == NULL || p->preset->user == NULL) && (iss.p != NULL || p->says_iss) && !wh_str_is(iss, p->issuer))
		return "this answer is of another provider than you were sent to; begin again";
	if (form_get(q, "error").p != NULL)
		return wh_str_is(form_get(q, "error"), "access_denied") ? "you did not agree there, so you are not signed in here" :
		    "the provider did not sign you in; try again";
	if (form_get(q, "code").n == 0 || form_get(q, "code").n > 2048)
		return "the provider's answer is incomplete; begin again";
	return NULL;
}

enum wh_err
oidc_callback(void *self, struct wh_request *r)
{
	static const char prefix[] = "/auth/callback/";
	struct auth *auth = self;
	struct form *q = wh_new(auth->host, sizeof *q);
	struct oidc_provider *p = oidc_find(auth, wh_str_from(r->path, sizeof prefix - 1));
	struct oidc_entry *e = NULL;
	const char *why = "this address is part of signing in, and was used before, has expired, or was cut; begin again";
	struct flow *f;
	bool told = false;

	if (q != NULL && form_read(q, r->query))
		e = oidc_entry_find(auth, form_get(q, "state"), OIDC_BEGUN);
	if (e != NULL) {
		oidc_entry_take(auth, e);
		why = callback_flaw(auth, q, e, p, r, &told);
	}
	f = why == NULL ? task_new_request(auth, sizeof *f, r, flow_refused) : NULL;
	if (f != NULL) {
		f->entry = *e;
		auth_clip(f->code, sizeof f->code, form_get(q, "code"));
		f->head.then = flow_known;
		f->head.provider = p->id;
	} else if (why != NULL) {
		wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("provider_refused"), 1);
		if (told && (e->return_to[0] != '\0' || auth->settings.login_page[0] != '\0'))
			oidc_send_back(auth, r, e->return_to, "error", wh_str(why), why);
		else
			page_say(r, 400, "Signing in did not work", why);
	}
	oidc_entry_free(auth, &e);
	if (q != NULL)
		explicit_bzero(q, sizeof *q);
	wh_delete(auth->host, q);
	if (f == NULL)
		return WH_OK;
	oidc_need(&f->head, p, false);
	return WH_WAIT;
}
