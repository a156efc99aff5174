/* The keys of signing.h: reading, making, rotating, and auth.token. */
#include "signing.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth.h"
#include "form.h"
#include "text.h"
#include "text64.h"

enum { AUDIENCE = 200, SCOPES = 512 };

const struct wh_field signing_token_fields[] = {
	{ "audience", WH_F_TEXT, .required = true, .min = 1, .max = AUDIENCE, .help = "the service that the token is for, as the setting `audiences` names it" },
	{ "scopes", WH_F_TEXT, .max = SCOPES, .help = "what the token is for, names with blanks between" },
	{ "expires", WH_F_DURATION, .min = 1000, .max = SIGNING_TOKEN_MS, .def = "10m", .help = "how long it is good" },
	{ 0 }
};

struct wh_str
signing_issuer(const struct auth *auth)
{
	return wh_str(auth->settings.site);
}

enum { LABEL = JOSE_KID + 32 };

static const char *
seal_label(const char *kid, char out[LABEL])
{
	snprintf(out, LABEL, "signing key %s", kid);
	return out;
}

/* One key more. It is the set's from here on; without room it is freed. */
static bool
key_keep(struct signing *signing, struct jose_key *take_key, int64_t created, int64_t retired)
{
	if (signing->set.n == SIGNING_KEYS) {
		jose_key_free(&take_key);
		return false;
	}
	signing->created[signing->set.n] = created;
	signing->retired[signing->set.n] = retired;
	signing->set.keys[signing->set.n++] = take_key;
	return true;
}

static void
key_drop(struct signing *signing, size_t i)
{
	jose_key_free(&signing->set.keys[i]);
	for (signing->set.n--; i < signing->set.n; i++) {
		signing->set.keys[i] = signing->set.keys[i + 1];
		signing->created[i] = signing->created[i + 1];
		signing->retired[i] = signing->retired[i + 1];
	}
}

static const struct jose_key *
key_in_use(const struct signing *signing)
{
	size_t n = signing->set.n;

	return n != 0 && signing->retired[n - 1] == 0 ? signing->set.keys[n - 1] : NULL;
}

static void
keys_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	char pem[JOSE_PEM_ROOM], label[LABEL], kid[JOSE_KID + 1];
	size_t n;

	(void)cookie;
	for (size_t i = 0; result->err == WH_OK && i < result->rows->n; i++) {
		struct jose_key *key = NULL;

		auth_clip(kid, sizeof kid, wh_row_str(result->rows, i, 0));
		if (!seal_get(auth, seal_label(kid, label), wh_row_str(result->rows, i, 1), pem, sizeof pem, &n) ||
		    jose_key_read((struct wh_str){ pem, n }, &key) != WH_OK)
			wh_host_log(auth->host, WH_ERROR, "auth_signing_key_lost", WH_T("kid", kid),
			    WH_T("why", "it can't be opened; its tokens are void, and another is made"));
		else
			key_keep(&auth->signing, key, wh_row_int(result->rows, i, 2), wh_row_int(result->rows, i, 3));
	}
	explicit_bzero(pem, sizeof pem);
}

/* A key as the store keeps it. */
struct key_row {
	char kid[JOSE_KID + 1];
	char sealed[SEAL_ROOM(JOSE_PEM_ROOM)];
	struct wh_cell add[3], retire[2];
};

static bool
key_row(struct auth *auth, const struct jose_key *key, int64_t now, struct key_row *row)
{
	char pem[JOSE_PEM_ROOM], label[LABEL];
	size_t n;
	bool good;

	snprintf(row->kid, sizeof row->kid, "%s", jose_key_kid(key));
	good = jose_key_write(key, pem, sizeof pem, &n) &&
	    seal_put(auth, seal_label(row->kid, label), (struct wh_str){ pem, n }, row->sealed, sizeof row->sealed);
	explicit_bzero(pem, sizeof pem);
	row->add[0] = WH_CELL_TEXT(wh_str(row->kid));
	row->add[1] = WH_CELL_TEXT(wh_str(row->sealed));
	row->add[2] = row->retire[0] = WH_CELL_INT(now);
	row->retire[1] = row->add[0];
	return good;
}

static size_t
key_steps(struct key_row *row, struct wh_step *steps)
{
	steps[0] = TASK_STEP(ST_SIGNING_RETIRE, row->retire, WH_ANY);
	steps[1] = TASK_STEP(ST_SIGNING_ADD, row->add, WH_ONE);
	return 2;
}

static void
key_use(struct auth *auth, struct jose_key *take_key, int64_t now)
{
	struct signing *signing = &auth->signing;

	for (size_t i = 0; i < signing->set.n; i++)
		if (signing->retired[i] == 0)
			signing->retired[i] = now;
	wh_host_log(auth->host, WH_INFO, "auth_signing_key", WH_T("kid", jose_key_kid(take_key)), WH_T("alg", jose_alg_name(jose_key_alg(take_key))));
	key_keep(signing, take_key, now, 0);
}

static void
opening_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;

	(void)cookie;
	auth->keys_bad = result->err != WH_OK;
}

static enum wh_err
key_make_now(struct auth *auth)
{
	struct key_row *row = wh_new(auth->host, sizeof *row);
	int64_t now = wh_wall_ms(auth->host);
	struct jose_key *key = NULL;
	struct wh_step steps[2];
	enum wh_err err = row != NULL ? jose_key_generate(auth->signing.alg, &key) : WH_ENOMEM;

	if (err == WH_OK && !key_row(auth, key, now, row))
		err = WH_ENOMEM;
	if (err == WH_OK)
		err = wh_store_run_now(&auth->table, steps, key_steps(row, steps), opening_stored, 0);
	if (err == WH_OK && auth->keys_bad)
		err = WH_EIO;
	if (err == WH_OK)
		key_use(auth, key, now);
	else
		jose_key_free(&key);
	wh_delete(auth->host, row);
	return err;
}

enum wh_err
signing_open(struct auth *auth)
{
	const struct wh_step all = { .statement = ST_SIGNING_ALL };
	enum wh_err err;

	auth->signing.set.n = 0;
	err = wh_store_run_now(&auth->table, &all, 1, keys_read, 0);
	if (err != WH_OK)
		return err;
	/* A database that can only be read for now is no reason not to start: then there are no tokens until it can be written. */
	if (key_in_use(&auth->signing) == NULL && key_make_now(auth) != WH_OK)
		wh_host_log(auth->host, WH_ERROR, "auth_signing_key_not_made", WH_T("why", "the store can't be written; it is tried again"));
	return WH_OK;
}

void
signing_close(struct auth *auth)
{
	jose_set_free(&auth->signing.set);
	jose_key_free(&auth->signing.fresh);
}

/* Making a key for RS256 takes a while, so keys are made on a job thread. */
struct key_making {
	enum jose_alg alg;
	struct jose_key *key;	/* owned by whoever reads it in `done` */
	struct auth_task *task;	/* of auth.keys_rotate; NULL: by itself */
};

struct rotate_task {
	struct auth_task task;
	struct key_row row;
	int64_t now;
};

static void
rotate_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct rotate_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	auth->signing.making = false;
	if (result->err != WH_OK)
		jose_key_free(&auth->signing.fresh);
	if (!task_stored(&t->task, result))
		return;
	key_use(auth, auth->signing.fresh, t->now);
	auth->signing.fresh = NULL;
	if (call != NULL)
		wh_json_text(wh_reply(call), "kid", t->row.kid);
	task_done(&t->task);
}

static void
making_work(void *request)
{
	struct key_making *m = request;

	if (jose_key_generate(m->alg, &m->key) != WH_OK)
		m->key = NULL;
}

static void
making_done(void *self, void *request)
{
	struct auth *auth = self;
	struct key_making *m = request;
	struct rotate_task *t = (struct rotate_task *)m->task;
	struct wh_step steps[2];

	auth->signing.fresh = m->key;
	t->now = wh_wall_ms(auth->host);
	if (auth->signing.fresh == NULL || !key_row(auth, auth->signing.fresh, t->now, &t->row)) {
		auth->signing.making = false;
		jose_key_free(&auth->signing.fresh);
		task_fail(&t->task, WH_EIO, "no key could be made");
		return;
	}
	if (!task_run(&t->task, steps, key_steps(&t->row, steps), rotate_stored)) {
		auth->signing.making = false;
		jose_key_free(&auth->signing.fresh);
	}
}

static const struct wh_job making_job = {
	.name = "auth.signing_key", .size = sizeof(struct key_making), .max_waiting = 4, .work = making_work, .done = making_done, .patient = true,
};

/* Begins to make a key; the task ends with it. */
static void
rotate_begin(struct auth *auth, struct rotate_task *t)
{
	const struct key_making m = { .alg = auth->signing.alg, .task = &t->task };

	if (wh_job_start(auth->host, &making_job, &m) == WH_OK)
		auth->signing.making = true;
	else
		task_fail_later(&t->task, WH_EAWAY, "the server has too much to do; try again", 1000);
}

void
signing_tick(struct auth *auth, int64_t now)
{
	struct signing *signing = &auth->signing;
	const struct jose_key *key = key_in_use(signing);
	const struct wh_cell before[] = { WH_CELL_INT(now - SIGNING_TOKEN_MS - SIGNING_SLACK_MS) };
	struct rotate_task *t;
	bool dropped = false;

	for (size_t i = signing->set.n; i-- > 0;) {
		if (signing->retired[i] == 0 || signing->retired[i] > before[0].i)
			continue;
		key_drop(signing, i);
		dropped = true;
	}
	if (dropped)
		wh_store_run(&auth->table, &TASK_STEP(ST_SIGNING_DROP, before, WH_ANY), 1, auth_written, 0);
	if (signing->making || signing->set.n >= SIGNING_KEYS - 1)
		return;
	if (key != NULL && jose_key_alg(key) == signing->alg && now - signing->created[signing->set.n - 1] < signing->every)
		return;
	t = task_new(auth, sizeof *t, NULL);
	if (t != NULL)
		rotate_begin(auth, t);
}

enum wh_err
signing_rotate(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct rotate_task *t;

	if (auth->signing.making)
		return wh_fail(call, WH_ESTATE, "a new key is being made already");
	if (auth->signing.set.n >= SIGNING_KEYS - 1)
		return wh_fail(call, WH_EFULL, "too many keys are waiting for their tokens to expire; try again in an hour");
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	rotate_begin(auth, t);
	return WH_WAIT;
}

bool
signing_ready(const struct auth *auth)
{
	return signing_issuer(auth).n != 0 && key_in_use(&auth->signing) != NULL;
}

enum wh_err
signing_sign(struct auth *auth, const char *typ, struct wh_str claims, char *out, size_t cap)
{
	const struct jose_key *key = key_in_use(&auth->signing);
	size_t n;

	out[0] = '\0';
	if (key == NULL || claims.n == 0)
		return WH_EAWAY;
	return jose_sign(key, typ, claims, out, cap, &n);
}

enum wh_err
signing_jwks(void *self, struct wh_request *r)
{
	struct auth *auth = self;
	struct wh_out *body = wh_respond_body(r);
	char jwk[JOSE_JWK_ROOM];
	bool first = true;
	size_t n;

	wh_out_text(body, "{\"keys\":[");
	for (size_t i = auth->signing.set.n; i-- > 0;) {
		if (!jose_key_jwk(auth->signing.set.keys[i], jwk, sizeof jwk, &n))
			continue;
		if (!first)
			wh_out_text(body, ",");
		wh_out_put(body, (struct wh_str){ jwk, n });
		first = false;
	}
	wh_out_text(body, "]}");
	wh_respond_header(r, "cache-control", WH_STR("public, max-age=300"));
	return wh_respond(r, 200, "application/jwk-set+json");
}

static bool
audience_allowed(const struct auth *auth, struct wh_str audience)
{
	for (size_t i = wh_conf_count(auth->settings.conf, "audiences"); i-- > 0;)
		if (wh_str_eq(wh_conf_item(auth->settings.conf, "audiences", i), audience))
			return true;
	return false;
}

/* Names with single blanks between. */
static bool
scopes_good(struct wh_str scopes)
{
	for (size_t i = 0; i < scopes.n; i++) {
		char c = scopes.p[i];

		if (c == ' ' ? i == 0 || i + 1 == scopes.n || scopes.p[i - 1] == ' ' : c < '!' || c > '~' || c == '"' || c == '\\')
			return false;
	}
	return true;
}

enum wh_err
signing_token(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	const struct wh_identity *who = wh_session_identity(auth->host, wh_call_session(call));
	struct wh_str audience = wh_arg_str(call, "audience"), scopes = wh_arg_str(call, "scopes");
	int64_t now = wh_wall_ms(auth->host) / 1000, expires = now + wh_arg_int(call, "expires") / 1000;
	char claims[2048], token[SIGNING_TOKEN_ROOM], id[32];
	struct text t = text_to(claims, sizeof claims);
	uint8_t random[16];
	enum wh_err err;

	if (!auth_signed_in(auth, call))
		return auth->failed;
	if (signing_issuer(auth).n == 0)
		return wh_fail(call, WH_ENOTSUP, "this server signs no tokens: its setting `site` is empty");
	if (!audience_allowed(auth, audience))
		return wh_fail(call, WH_EPERM, "there are no tokens for this audience: the operator lists them in the setting `audiences`");
	if (!scopes_good(scopes))
		return wh_fail(call, WH_EINVAL, "scopes are names with single blanks between");
	wh_random(auth->host, random, sizeof random);
	text64_put(TEXT64_URL, id, sizeof id, random, sizeof random);
	text_lit(&t, "{");
	text_member(&t, "iss", signing_issuer(auth));
	text_member(&t, "sub", who->id);
	text_member(&t, "aud", audience);
	text_member_int(&t, "iat", now);
	text_member_int(&t, "nbf", now);
	text_member_int(&t, "exp", expires);
	text_member(&t, "jti", wh_str(id));
	text_member(&t, "name", who->name);
	text_member(&t, "roles", who->roles);
	if (scopes.n != 0)
		text_member(&t, "scope", scopes);
	text_lit(&t, "}");
	err = signing_sign(auth, "JWT", text_slice(&t), token, sizeof token);
	if (err != WH_OK)
		return wh_fail_str(call, WH_EAWAY, WH_STR("the server has no key to sign with for now; try again"), 5000);
	wh_json_text(wh_reply(call), "token", token);
	wh_json_int(wh_reply(call), "expires", expires * 1000);
	return WH_OK;
}
