/* Signing in: the secrets of device.h, the credential hook with its cache, cookies. The commands are in device_commands.c. */
#include "device_own.h"

#include <stdio.h>

#include "auth.h"
#include "text64.h"

/* A token that was seen lately, with what it opens. Whatever changes a device or account in the store says device_forget. */
struct cached_token {
	char hash[DEVICE_HASH_ROOM];	/* "": free */
	char device[DEVICE_ID_ROOM];
	struct live *live;		/* held */
	bool cookie;
	int64_t expires;		/* of the token or cookie */
	int64_t until;			/* then the store is asked again */
	int64_t used;			/* when its use was written last */
	int64_t proved;			/* of a cookie: when its device signed in; 0: it is a token */
	int64_t seen;
};

static const char cookie_name[] = "__Host-whiply", cookie_name_plain[] = "whiply";

enum { CACHE_MS = 300000, USED_EVERY_MS = 60000 };

enum wh_err
device_open(struct auth *auth)
{
	auth->cache.entries = wh_new(auth->host, DEVICE_CACHE * sizeof *auth->cache.entries);
	return auth->cache.entries != NULL ? WH_OK : WH_ENOMEM;
}

static void
cached_drop(struct auth *auth, struct cached_token *e)
{
	live_drop(auth, &e->live);
	explicit_bzero(e, sizeof *e);
}

void
device_close(struct auth *auth)
{
	for (size_t i = 0; auth->cache.entries != NULL && i < DEVICE_CACHE; i++)
		cached_drop(auth, &auth->cache.entries[i]);
	wh_delete(auth->host, auth->cache.entries);
	auth->cache.entries = NULL;
}

void
device_hash(struct wh_str token, char out[DEVICE_HASH_ROOM])
{
	uint8_t hash[TOKEN_HASH];

	out[0] = '\0';
	if (token_hash(token, hash))
		text64_put(TEXT64_URL, out, DEVICE_HASH_ROOM, hash, sizeof hash);
}

/* The set that a hash belongs to: the text is that of a good hash. */
static struct cached_token *
cache_set(struct auth *auth, const char *hash)
{
	unsigned at = 0;

	for (unsigned i = 0; i < 8; i++)
		at = at * 31 + (unsigned char)hash[i];
	return &auth->cache.entries[at % (DEVICE_CACHE / DEVICE_CACHE_WAYS) * DEVICE_CACHE_WAYS];
}

static struct cached_token *
cache_find(struct auth *auth, const char *hash, bool cookie, int64_t now)
{
	struct cached_token *set = cache_set(auth, hash);

	for (unsigned i = 0; i < DEVICE_CACHE_WAYS; i++) {
		if (set[i].hash[0] == '\0' || strcmp(set[i].hash, hash) != 0 || set[i].cookie != cookie)
			continue;
		if (set[i].expires <= now || set[i].until <= now) {
			cached_drop(auth, &set[i]);
			return NULL;
		}
		return &set[i];
	}
	return NULL;
}

static struct cached_token *
cache_add(struct auth *auth, const char *hash, bool cookie, struct live *live, struct wh_str device, int64_t expires, int64_t used, int64_t now)
{
	struct cached_token *set = cache_set(auth, hash), *oldest = set;

	for (unsigned i = 0; i < DEVICE_CACHE_WAYS; i++) {
		if (strcmp(set[i].hash, hash) == 0) {
			oldest = &set[i];
			break;
		}
		if (set[i].seen < oldest->seen)
			oldest = &set[i];
	}
	live_hold(live);
	if (oldest->hash[0] != '\0')
		cached_drop(auth, oldest);
	*oldest = (struct cached_token){ .live = live, .cookie = cookie, .expires = expires, .until = now + CACHE_MS, .used = used, .seen = now };
	snprintf(oldest->hash, sizeof oldest->hash, "%s", hash);
	snprintf(oldest->device, sizeof oldest->device, "%.*s", WH_FMT(device));
	return oldest;
}

void
device_forget(struct auth *auth, struct wh_str account, struct wh_str device)
{
	for (size_t i = 0; i < DEVICE_CACHE; i++) {
		struct cached_token *e = &auth->cache.entries[i];

		if (e->hash[0] != '\0' && wh_str_is(account, e->live->id) && (device.n == 0 || wh_str_is(device, e->device)))
			cached_drop(auth, e);
	}
	if (device.n == 0)
		ticket_forget(auth, account);
}

void
device_revoked(struct auth *auth, struct wh_str account, struct wh_str device, struct wh_str but_device, const char *why)
{
	device_forget(auth, account, device);
	live_close(auth, account, device, but_device, why);
	if (but_device.n == 0)
		bot_key_forget(auth, account, device);
}

/* A write that nobody waits for. */
static void
used_written(void *self, uint64_t cookie, const struct wh_result *result)
{
	const struct auth *auth = self;

	(void)cookie;
	if (result->err != WH_OK && result->err != WH_EAWAY)
		wh_host_log(auth->host, WH_WARN, "auth_use_not_written", WH_S("why", result->why));
}

static void
device_used(struct auth *auth, struct cached_token *e, int64_t now)
{
	e->seen = now;
	if (now - e->used < USED_EVERY_MS || e->device[0] == PROVIDER_LETTER)
		return;
	e->used = now;
	const struct wh_cell cells[] = { WH_CELL_INT(now),
		WH_CELL_INT(now + (e->cookie ? auth->settings.session_time : auth->settings.token_time)), WH_CELL_TEXT(wh_str(e->device)) };

	if (e->cookie)
		e->expires = now + auth->settings.session_time;
	wh_store_run(&auth->table, &TASK_STEP(ST_DEVICE_USED, cells, WH_ANY), 1, used_written, 0);
}

struct wh_str
device_cookie_find(const struct auth *auth, struct wh_str header)
{
	return device_cookie_named(header, auth->settings.insecure_cookie ? cookie_name_plain : cookie_name);
}

struct wh_str
device_cookie_named(struct wh_str header, const char *name)
{
	while (header.n != 0) {
		const char *end = memchr(header.p, ';', header.n), *equals;
		struct wh_str pair = { header.p, end != NULL ? (size_t)(end - header.p) : header.n };

		header = wh_str_from(header, pair.n + 1);
		while (pair.n != 0 && *pair.p == ' ')
			pair = wh_str_from(pair, 1);
		equals = pair.n != 0 ? memchr(pair.p, '=', pair.n) : NULL;
		if (equals != NULL && wh_str_is((struct wh_str){ pair.p, (size_t)(equals - pair.p) }, name))
			return wh_str_from(pair, (size_t)(equals - pair.p) + 1);
	}
	return (struct wh_str){ NULL, 0 };
}

void
device_cookie(struct auth *auth, struct wh_request *request, struct wh_str value)
{
	char header[256];
	bool plain = auth->settings.insecure_cookie;

	if (request == NULL)
		return;
	snprintf(header, sizeof header, "%s=%.*s; Path=/; %sHttpOnly; SameSite=Lax; Max-Age=%lld", plain ? cookie_name_plain : cookie_name,
	    WH_FMT(value), plain ? "" : "Secure; ", value.n != 0 ? (long long)(auth->settings.session_time / 1000) : 0LL);
	wh_respond_header(request, "set-cookie", wh_str(header));
	explicit_bzero(header, sizeof header);
}

void
device_attempt(struct auth *auth, struct wh_attempt *a)
{
	struct live_session *own = live_of(auth, wh_call_session(a->call));

	if (!own->bad_cookie)
		return;
	own->bad_cookie = false;
	device_cookie(auth, wh_call_request(a->call), WH_STR(""));
}

/* A credential, or the token of auth.use, that the store is asked for. */
struct device_lookup {
	struct auth_task task;
	char hash[DEVICE_HASH_ROOM];
	bool cookie;
	bool oauth;			/* a token of another site */
};

const char *
device_row_flaw(const struct wh_rows *row, const char *hash, bool cookie, int64_t now)
{
	if (row->n == 0 || !wh_str_is(wh_row_str(row, 0, cookie ? DC_COOKIE : DC_TOKEN), hash))
		return "nobody here knows this token; sign in again";
	if (wh_row_int(row, 0, cookie ? DC_EXPIRES : DC_TOKEN_EXPIRES) <= now || wh_row_int(row, 0, DC_EXPIRES) <= now)
		return "this token has expired; refresh it with auth.refresh, or sign in again";
	if (!wh_str_is(wh_row_str(row, 0, DC_STATE), "active"))
		return "this account is not active";
	return NULL;
}

/* The browser that signed in is the one that holds the cookie, which no script reads and no other site sends: its sign-in counts for each session
 * that it opens. A token is passed on and written down: showing one proves nothing. */
static enum wh_err
session_open(struct auth *auth, struct wh_session *s, struct live *live, struct wh_str device, int64_t proved)
{
	enum wh_err err = live_attach(auth, s, live, device);

	if (err == WH_OK && proved > live_of(auth, s)->proved)
		live_of(auth, s)->proved = proved;
	return err;
}

/* What was found opens the session. */
static enum wh_err
lookup_take(struct auth *auth, struct device_lookup *look, const struct wh_rows *rows, struct wh_session *s)
{
	int64_t now = wh_wall_ms(auth->host);
	struct live *live = live_learn(auth, &rows[0], DC_ACCOUNT_ID, &rows[1]);
	struct wh_str device = wh_row_str(rows, 0, DC_ID);
	struct cached_token *e;
	int64_t proved;
	enum wh_err err;

	if (live == NULL)
		return WH_ENOMEM;
	e = cache_add(auth, look->hash, look->cookie, live, device, wh_row_int(rows, 0, look->cookie ? DC_EXPIRES : DC_TOKEN_EXPIRES),
	    wh_row_int(rows, 0, DC_USED), now);
	proved = e->proved = look->cookie ? wh_row_int(rows, 0, DC_SIGNED_IN) : 0;
	device_used(auth, e, now);
	err = bot_key_learn(auth, live, rows);
	if (err == WH_OK)
		err = session_open(auth, s, live, device, proved);
	live_drop(auth, &live);
	return err;
}

static void
credential_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_lookup *look = task_of(cookie);
	struct wh_session *s = task_session(&look->task);
	const char *flaw;

	if (!task_stored(&look->task, result))
		return;
	flaw = device_row_flaw(result->rows, look->hash, look->cookie, wh_wall_ms(auth->host));
	if (s == NULL) {
		task_pass(&look->task, WH_PASS);
	} else if (flaw != NULL && look->cookie) {
		live_of(auth, s)->bad_cookie = true;
		task_pass(&look->task, WH_PASS);
	} else if (flaw != NULL) {
		task_fail(&look->task, WH_EAUTH, flaw);
	} else if (lookup_take(auth, look, result->rows, s) != WH_OK) {
		task_fail_later(&look->task, WH_EAWAY, "the server has too much to do; try again", 1000);
	} else {
		task_pass(&look->task, WH_CHANGED);
	}
}

static bool
lookup_run(struct device_lookup *look, wh_store_done *done)
{
	const struct wh_cell find[] = { WH_CELL_TEXT(wh_str(look->hash)) };
	const struct wh_cell grants[] = { find[0], WH_CELL_INT(wh_wall_ms(look->task.auth->host)) };
	const struct wh_step steps[] = { TASK_STEP(look->oauth ? ST_OTOKEN_FIND : ST_DEVICE_FIND, find, WH_ANY),
		TASK_STEP(look->oauth ? ST_OTOKEN_GRANTS : ST_DEVICE_GRANTS, grants, WH_ANY) };

	return task_run(&look->task, steps, 2, done);
}

/* A token that the cache knows opens the session at once. */
static bool
cache_open(struct auth *auth, struct wh_session *s, const char *hash, bool cookie)
{
	int64_t now = wh_wall_ms(auth->host);
	struct cached_token *e = cache_find(auth, hash, cookie, now);

	if (e == NULL)
		return false;
	device_used(auth, e, now);
	return session_open(auth, s, e->live, wh_str(e->device), e->proved) == WH_OK;
}

enum wh_verdict
device_credential(void *self, struct wh_credential *c)
{
	struct auth *auth = self;
	struct wh_str token = c->bearer;
	struct device_lookup *look;
	char hash[DEVICE_HASH_ROOM];
	bool cookie = token.n == 0;

	sasl_certificate(auth, c->session, c->certificate);
	if (guest_is_token(token))
		return guest_credential(auth, c);
	if (cookie)
		token = device_cookie_find(auth, c->cookie);
	if (token.n == 0)
		return WH_PASS;
	if (!token_is(token, TOKEN_SESSION) && (cookie || (!token_is(token, TOKEN_BOT) && !token_is(token, TOKEN_OAUTH)))) {
		live_of(auth, c->session)->bad_cookie = cookie;
		return WH_PASS;
	}
	device_hash(token, hash);
	if (cache_open(auth, c->session, hash, cookie))
		return WH_CHANGED;
	look = task_new(auth, sizeof *look, NULL);
	if (look == NULL)
		return wh_refuse(&c->at, WH_EAWAY, "the server has too much to do; try again", 1000);
	look->task.ticket = c->at.ticket;
	look->task.session = wh_session_id(auth->host, c->session);
	look->cookie = cookie;
	look->oauth = token_is(token, TOKEN_OAUTH);
	memcpy(look->hash, hash, sizeof hash);
	lookup_run(look, credential_looked);
	return WH_HOLD;
}

static void
use_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_lookup *look = task_of(cookie);
	struct wh_call *call = task_call(&look->task);
	const char *flaw;

	if (!task_stored(&look->task, result))
		return;
	flaw = device_row_flaw(result->rows, look->hash, false, wh_wall_ms(auth->host));
	if (flaw != NULL || call == NULL) {
		task_fail(&look->task, WH_EAUTH, flaw);
	} else if (lookup_take(auth, look, result->rows, wh_call_session(call)) != WH_OK) {
		task_fail_later(&look->task, WH_EAWAY, "the server has too much to do; try again", 1000);
	} else {
		auth_write_identity(auth, wh_call_session(call), wh_reply(call));
		task_done(&look->task);
	}
}

enum wh_err
device_use(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_str token = wh_arg_str(call, "token");
	struct device_lookup *look;

	if (!token_is(token, TOKEN_SESSION))
		return wh_fail(call, WH_EAUTH, "this is no access token; it is what auth.login gave as `token`");
	look = task_new(auth, sizeof *look, call);
	if (look == NULL)
		return auth->failed;
	device_hash(token, look->hash);
	if (cache_open(auth, wh_call_session(call), look->hash, false)) {
		auth_write_identity(auth, wh_call_session(call), wh_reply(call));
		task_done(&look->task);
	} else {
		lookup_run(look, use_looked);
	}
	return WH_WAIT;
}

void
device_secret_make(struct auth *auth, enum token_kind kind, struct device_secret *secret)
{
	uint8_t random[TOKEN_RANDOM];

	wh_random(auth->host, random, sizeof random);
	token_make(kind, random, secret->text);
	device_hash(wh_str(secret->text), secret->hash);
	explicit_bzero(random, sizeof random);
}

void
device_prepare(struct auth *auth, struct wh_session *s, struct wh_request *request, struct wh_str name, const char *how,
    struct signin *signin)
{
	device_secret_make(auth, TOKEN_SESSION, &signin->token);
	device_secret_make(auth, TOKEN_REFRESH, &signin->refresh);
	if (request != NULL)
		device_secret_make(auth, TOKEN_SESSION, &signin->cookie);
	auth_id(auth, 'd', signin->device);
	auth_clip(signin->name, sizeof signin->name, name);
	auth_clip(signin->agent, sizeof signin->agent, request != NULL ? wh_request_header(request, "user-agent") : (struct wh_str){ NULL, 0 });
	keys_address(auth, wh_session_address(auth->host, s), false, signin->address);
	signin->now = wh_wall_ms(auth->host);
	signin->token_expires = signin->now + auth->settings.token_time;
	signin->expires = signin->now + auth->settings.session_time;
	signin->how = how;
}

static struct wh_cell
cell_or_null(const char *text)
{
	return text[0] != '\0' ? WH_CELL_TEXT(wh_str(text)) : WH_CELL_NULL;
}

size_t
device_steps(struct signin *si, struct wh_step *steps, size_t n)
{
	const struct wh_cell account = WH_CELL_TEXT(wh_str(si->account)), now = WH_CELL_INT(si->now);
	const struct wh_cell add[] = { WH_CELL_TEXT(wh_str(si->device)), account, WH_CELL_TEXT(wh_str(si->token.hash)),
		cell_or_null(si->cookie.hash), WH_CELL_TEXT(wh_str(si->refresh.hash)), WH_CELL_INT(si->token_expires),
		WH_CELL_INT(si->expires), now, cell_or_null(si->name), cell_or_null(si->agent), cell_or_null(si->address) };

	memcpy(si->add, add, sizeof add);
	si->in[1] = si->extra[0] = si->live[0] = si->grants[0] = account;
	si->in[0] = si->grants[1] = now;
	si->extra[1] = WH_CELL_INT(AUTH_DEVICES_MOST);
	steps[n++] = TASK_STEP(ST_DEVICE_ADD, si->add, WH_ONE);
	steps[n++] = TASK_STEP(ST_ACCOUNT_IN, si->in, WH_ONE);
	steps[n++] = TASK_STEP(ST_DEVICE_EXTRA, si->extra, WH_ANY);
	steps[n++] = TASK_STEP(ST_DEVICE_CROWD, si->extra, WH_ANY);
	steps[n++] = TASK_STEP(ST_ACCOUNT_BY_ID, si->live, WH_ONE);
	steps[n++] = TASK_STEP(ST_GRANT_OF, si->grants, WH_ANY);
	if (si->provider) {
		si->identity[0] = add[0];
		si->identity[1] = account;
		steps[n++] = TASK_STEP(ST_IDENTITY_DEVICE_OF, si->identity, WH_ANY);
	}
	return n;
}

enum wh_err
device_signed_in(struct auth *auth, struct signin *si, const struct wh_rows *rows, struct wh_session *s)
{
	struct live *live = live_learn(auth, &rows[4], AC_ID, &rows[5]);
	enum wh_err err = WH_OK;

	if (live == NULL)
		return WH_ENOMEM;
	for (size_t i = 0; i < rows[2].n; i++)
		device_revoked(auth, wh_str(si->account), wh_row_str(&rows[2], i, 0), (struct wh_str){ NULL, 0 },
		    "you signed in on many other devices since; sign in again");
	auth_audit(auth, wh_str(live->id), wh_str(live->name), "auth.signed_in", wh_str(si->device),
	    s != NULL ? wh_session_address(auth->host, s) : (struct wh_str){ NULL, 0 }, wh_str(si->how));
	auth_clip(si->shown, sizeof si->shown, wh_str(live->name));
	live_roles(auth, live, (struct wh_str){ NULL, 0 }, si->roles, sizeof si->roles);
	cache_add(auth, si->token.hash, false, live, wh_str(si->device), si->token_expires, si->now, si->now);
	if (s != NULL)
		err = live_attach(auth, s, live, wh_str(si->device));
	if (s != NULL && err == WH_OK)
		live_of(auth, s)->proved = si->now;
	live_drop(auth, &live);
	return err;
}

void
device_reply(const struct signin *si, struct wh_json *w)
{
	wh_json_text(w, "account", si->account);
	wh_json_text(w, "name", si->shown);
	wh_json_text(w, "roles", si->roles);
	wh_json_text(w, "token", si->token.text);
	wh_json_text(w, "refresh", si->refresh.text);
	wh_json_int(w, "expires", si->token_expires);
	wh_json_text(w, "device", si->device);
}

void
device_finish(struct auth_task *task, struct signin *si, const struct wh_rows *rows)
{
	struct auth *auth = task->auth;
	struct wh_call *call = task_call(task);

	if (device_signed_in(auth, si, rows, call != NULL ? wh_call_session(call) : NULL) != WH_OK) {
		task_fail_later(task, WH_EAWAY, "the server has too much to do; try again", 1000);
		return;
	}
	if (call != NULL) {
		device_reply(si, wh_reply(call));
		if (si->cookie.text[0] != '\0')
			device_cookie(auth, wh_call_request(call), wh_str(si->cookie.text));
	}
	task_done(task);
}

/* One session that was there before this hub: does the store still know its device? */
static void
recheck_done(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct auth_task *task = task_of(cookie);
	struct wh_session *s = task_session(task);
	const struct wh_rows *rows = result->rows;
	struct live *live;

	if (result->err == WH_OK && s != NULL) {
		if (rows[0].n == 0 || wh_row_int(rows, 0, DC_EXPIRES) <= wh_wall_ms(auth->host) ||
		    !wh_str_is(wh_row_str(rows, 0, DC_STATE), "active")) {
			live_of(auth, s)->device[0] = '\0';
			wh_session_close(auth->host, s, AUTH_CLOSE_SIGNED_OUT, WH_STR("you were signed out; sign in again"));
		} else if ((live = live_learn(auth, &rows[0], DC_ACCOUNT_ID, &rows[1])) != NULL) {
			if (bot_key_learn(auth, live, rows) == WH_OK)
				live_attach(auth, s, live, wh_row_str(rows, 0, DC_ID));
			live_drop(auth, &live);
		}
	} else if (s != NULL) {
		live_of(auth, s)->checked = false;
		if (auth->lives.recheck == 0)
			auth->lives.recheck = wh_timer_start(auth->host, 1000, 0, device_recheck, 0);
	}
	task_end_quiet(task);
	/* One that fails is tried again in a while; nobody waits for that. */
	if (--auth->lives.rechecking == 0 && auth->lives.looked)
		lives_settled(auth);
}

enum { RECHECKS = 64 };

struct recheck {
	struct auth *auth;
	wh_id sessions[RECHECKS];
	size_t n;
};

static bool
recheck_each(void *self, struct wh_session *s)
{
	struct recheck *r = self;
	const struct live_session *own = live_of(r->auth, s);

	if (own->device[0] != '\0' && !own->checked)
		r->sessions[r->n++] = wh_session_id(r->auth->host, s);
	return r->n < RECHECKS;
}

void
device_recheck(void *self, uint64_t cookie)
{
	struct auth *auth = self;
	struct recheck r = { .auth = auth };

	(void)cookie;
	auth->lives.recheck = 0;
	wh_session_each(auth->host, recheck_each, &r);
	for (size_t i = 0; i < r.n; i++) {
		struct wh_session *s = wh_session_get(auth->host, r.sessions[i]);
		struct auth_task *task = task_new(auth, sizeof *task, NULL);

		if (task == NULL)
			break;
		task->session = r.sessions[i];
		live_of(auth, s)->checked = true;
		const struct wh_cell device[] = { WH_CELL_TEXT(wh_str(live_of(auth, s)->device)) };
		const struct wh_cell grants[] = { WH_CELL_TEXT(wh_session_identity(auth->host, s)->id), WH_CELL_INT(wh_wall_ms(auth->host)) };
		const struct wh_step steps[] = { TASK_STEP(live_of(auth, s)->device[0] == PROVIDER_LETTER ? ST_FAMILY_GET : ST_DEVICE_BY_ID, device, WH_ANY),
			TASK_STEP(ST_GRANT_OF, grants, WH_ANY) };

		if (!task_run(task, steps, 2, recheck_done)) {
			live_of(auth, s)->checked = false;
			break;
		}
		auth->lives.rechecking++;
	}
	auth->lives.looked = r.n < RECHECKS;
	if (auth->lives.looked && auth->lives.rechecking == 0)
		lives_settled(auth);
	if (r.n != 0 && auth->lives.recheck == 0)
		auth->lives.recheck = wh_timer_start(auth->host, r.n == RECHECKS ? 10 : 1000, 0, device_recheck, 0);
}
