/* The mechanisms of SASL: RFC 4616 (PLAIN), RFC 4422 (EXTERNAL), RFC 5802 and 7677 (SCRAM-SHA-256), RFC 7628 (OAUTHBEARER). Each ends as
 * every other way to sign in does: with a device, the same lockouts, and the same rule for accounts with a second factor. */
#include <stdio.h>
#include <strings.h>

#include "device_own.h"
#include "sasl_own.h"
#include "text64.h"

static void sasl_bearer(struct auth *auth, struct sasl_exchange *x, struct wh_session *s, struct wh_str message);
static void bearer_refuse(struct auth *auth, struct sasl_exchange *x);

static const char of_sites[] = { PROVIDER_LETTER, '\0' };
static const char wrong[] = "the name or the password is wrong";
static const char second_wanted[] = "this account has a second factor: make an app password with auth.app_password, and use that";

/* What a step remembers while the store or a job works. The exchange may be over by then. */
struct sasl_task {
	struct proof_task proof;
	uint64_t number;
	struct signin signin;
	size_t first;			/* of the steps of device_steps */
	char hash[DEVICE_HASH_ROOM];
	char want[NAME_ROOM];		/* canonical: whose it has to be; "": whosever it is */
	const char *letters;		/* of the devices that this mechanism takes */
	const char *how;
};

static struct sasl_exchange *
task_exchange(struct sasl_task *t)
{
	return sasl_find(t->proof.task.auth, t->proof.task.session, t->number);
}

/* What ends a task ends its exchange: how the store's and the hashing's refusals get here. */
static void
task_failed(struct auth_task *task, enum wh_err err, const char *why, int64_t retry_ms)
{
	struct sasl_exchange *x = task_exchange((struct sasl_task *)task);

	if (x != NULL)
		sasl_fail(task->auth, x, err, why, retry_ms);
}

static struct sasl_task *
sasl_task_new(struct auth *auth, struct sasl_exchange *x)
{
	struct sasl_task *t = task_new(auth, sizeof *t, NULL);

	if (t == NULL)
		return NULL;
	t->proof.task.session = x->session;
	t->proof.task.failed = task_failed;
	t->number = x->number;
	return t;
}

static void
sasl_busy(struct auth *auth, struct sasl_exchange *x)
{
	sasl_fail(auth, x, WH_EAWAY, "the server has too much to do; try again", 1000);
}

/* A write that nobody waits for. */
static void
written(void *self, uint64_t cookie, const struct wh_result *result)
{
	const struct auth *auth = self;

	(void)cookie;
	if (result->err != WH_OK && result->err != WH_EAWAY)
		wh_host_log(auth->host, WH_WARN, "auth_sasl_not_written", WH_S("why", result->why));
}

/* The end of every mechanism that proves an account: a device is made. */
static void
signin_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct sasl_task *t = task_of(cookie);
	struct sasl_exchange *x = task_exchange(t);
	struct wh_session *s = task_session(&t->proof.task);

	if (result->err == WH_ESTATE) {
		task_fail(&t->proof.task, WH_EPERM, "this account is not active");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	if (x == NULL || s == NULL) {
		const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->signin.device)), WH_CELL_TEXT(wh_str(t->signin.account)) };

		wh_store_run(&auth->table, &TASK_STEP(ST_DEVICE_DROP, cells, WH_ANY), 1, written, 0);
		task_end_quiet(&t->proof.task);
		return;
	}
	if (device_signed_in(auth, &t->signin, result->rows + t->first, s) != WH_OK) {
		task_fail_later(&t->proof.task, WH_EAWAY, "the server has too much to do; try again", 1000);
		return;
	}
	task_end_quiet(&t->proof.task);
	sasl_done(auth, x);
}

/* Signs the session in to the account. `how` names the mechanism; `rehash` is a step to begin with, or NULL. */
static void
signin_run(struct sasl_task *t, const char *account, const char *how, const struct wh_step *rehash)
{
	struct auth *auth = t->proof.task.auth;
	struct wh_session *s = task_session(&t->proof.task);
	struct wh_step steps[1 + SIGNIN_STEPS];
	size_t n = 0;

	if (s == NULL) {
		task_end_quiet(&t->proof.task);
		return;
	}
	if (rehash != NULL)
		steps[n++] = *rehash;
	t->first = n;
	auth_clip(t->signin.account, sizeof t->signin.account, wh_str(account));
	device_prepare(auth, s, NULL, wh_str(how), how, &t->signin);
	/* Nobody is told its tokens: it lives as long as the session. */
	t->signin.device[0] = 's';
	n = device_steps(&t->signin, steps, n);
	task_run(&t->proof.task, steps, n, signin_stored);
}

/* Something that the store knows by its hash: a token, a key, an app password, a certificate. */
static void
found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct sasl_task *t = task_of(cookie);
	struct sasl_exchange *x = task_exchange(t);
	struct wh_session *s = task_session(&t->proof.task);
	const struct wh_rows *rows = result->rows;
	int64_t now = wh_wall_ms(auth->host);
	struct account_name name;
	struct live *live;
	const char *flaw;
	enum wh_err err;

	if (!task_stored(&t->proof.task, result))
		return;
	if (x == NULL || s == NULL) {
		task_end_quiet(&t->proof.task);
		return;
	}
	flaw = device_row_flaw(&rows[0], t->hash, false, now);
	if (flaw == NULL && strchr(t->letters, wh_row_str(rows, 0, DC_ID).p[0]) == NULL)
		flaw = wrong;
	if (flaw == NULL && t->want[0] != '\0' &&
	    (account_name_read(wh_row_str(rows, 0, DC_NAME), &name) != NULL || strcmp(name.canonical, t->want) != 0))
		flaw = wrong;
	if (flaw != NULL) {
		wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("failed"), 1);
		auth_audit(auth, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "auth.login_failed", (struct wh_str){ NULL, 0 },
		    wh_session_address(auth->host, s), wh_str(t->how));
		if (x->mechanism->step == sasl_bearer) {
			task_end_quiet(&t->proof.task);
			bearer_refuse(auth, x);
		} else {
			task_fail(&t->proof.task, WH_EAUTH, flaw);
		}
		return;
	}
	live = live_learn(auth, &rows[0], DC_ACCOUNT_ID, &rows[1]);
	err = live != NULL ? bot_key_learn(auth, live, rows) : WH_ENOMEM;
	if (err == WH_OK)
		err = live_attach(auth, s, live, wh_row_str(rows, 0, DC_ID));
	if (err == WH_OK) {
		const struct wh_cell used[] = { WH_CELL_INT(now), WH_CELL_INT(0), WH_CELL_TEXT(wh_row_str(rows, 0, DC_ID)) };

		auth_audit(auth, wh_str(live->id), wh_str(live->name), "auth.signed_in", wh_row_str(rows, 0, DC_ID),
		    wh_session_address(auth->host, s), wh_str(t->how));
		wh_store_run(&auth->table, &TASK_STEP(ST_DEVICE_USED, used, WH_ANY), 1, written, 0);
	}
	live_drop(auth, &live);
	if (err != WH_OK) {
		task_fail_later(&t->proof.task, WH_EAWAY, "the server has too much to do; try again", 1000);
		return;
	}
	task_end_quiet(&t->proof.task);
	sasl_done(auth, x);
}

static void
find(struct auth *auth, struct sasl_exchange *x, const char *hash, const char *want, const char *letters, const char *how)
{
	struct sasl_task *t = sasl_task_new(auth, x);

	if (t == NULL) {
		sasl_busy(auth, x);
		return;
	}
	memcpy(t->hash, hash, sizeof t->hash);
	auth_clip(t->want, sizeof t->want, wh_str(want));
	t->letters = letters;
	t->how = how;
	const struct wh_cell by[] = { WH_CELL_TEXT(wh_str(t->hash)) };
	const struct wh_cell grants[] = { by[0], WH_CELL_INT(wh_wall_ms(auth->host)) };
	bool site = letters[0] == PROVIDER_LETTER;
	const struct wh_step steps[] = { TASK_STEP(site ? ST_OTOKEN_FIND : ST_DEVICE_FIND, by, WH_ANY),
		TASK_STEP(site ? ST_OTOKEN_GRANTS : ST_DEVICE_GRANTS, grants, WH_ANY) };

	task_run(&t->proof.task, steps, 2, found);
}

/* The canonical form of a name; what can be none becomes one that nobody has, and takes the same way. */
static void
canonical_of(struct wh_str name, char out[NAME_ROOM])
{
	struct account_name read;

	if (account_name_read(name, &read) != NULL)
		memcpy(read.canonical, "!", 2);
	memcpy(out, read.canonical, NAME_ROOM);
}

/* May who is `name` sign in as `authzid`? Only as themselves. */
static bool
authzid_good(struct wh_str authzid, const char *canonical)
{
	char as[NAME_ROOM];

	if (authzid.n == 0)
		return true;
	canonical_of(authzid, as);
	return strcmp(as, canonical) == 0;
}

static void
plain_proved(struct auth_task *task)
{
	struct sasl_task *t = (struct sasl_task *)task;
	const struct login_proof *p = &t->proof.proof;
	const struct wh_cell rehash[] = { WH_CELL_TEXT(wh_str(p->work.hash)), WH_CELL_TEXT(wh_str(p->account)), WH_CELL_TEXT(wh_str(p->before)) };
	const struct wh_step step = TASK_STEP(ST_ACCOUNT_REHASH, rehash, WH_ANY);

	if (task_exchange(t) == NULL)
		task_end_quiet(task);
	else if (strcmp(p->state, "active") != 0)
		task_fail(task, WH_EPERM, "this account is not active");
	else if (p->second != 0)
		task_fail(task, WH_EPERM, second_wanted);
	else
		signin_run(t, p->account, "SASL PLAIN", p->work.hash[0] != '\0' ? &step : NULL);
}

/* The next part of a message of parts with NUL between. */
static bool
part_next(struct wh_str *message, struct wh_str *part_out)
{
	const char *nul = message->n != 0 ? memchr(message->p, '\0', message->n) : NULL;

	if (nul == NULL)
		return false;
	*part_out = (struct wh_str){ message->p, (size_t)(nul - message->p) };
	*message = wh_str_from(*message, part_out->n + 1);
	return true;
}

static void
sasl_plain(struct auth *auth, struct sasl_exchange *x, struct wh_session *s, struct wh_str message)
{
	struct wh_str authzid, name, password = message;
	char hash[DEVICE_HASH_ROOM];
	struct sasl_task *t;

	if (!part_next(&password, &authzid) || !part_next(&password, &name) || name.n == 0 || password.n == 0 ||
	    memchr(password.p, '\0', password.n) != NULL) {
		sasl_fail(auth, x, WH_ESYNTAX, "that is no message of PLAIN", 0);
		return;
	}
	canonical_of(name, x->canonical);
	if (!authzid_good(authzid, x->canonical)) {
		sasl_fail(auth, x, WH_EPERM, "you may sign in as yourself only", 0);
		return;
	}
	if (password.n >= PASSWORD_BYTES) {
		sasl_fail(auth, x, WH_EAUTH, wrong, 0);
		return;
	}
	if (token_is(password, TOKEN_APP) || token_is(password, TOKEN_BOT)) {
		device_hash(password, hash);
		find(auth, x, hash, x->canonical, "pk", "SASL PLAIN, app password or key");
		return;
	}
	if (!login_may_try_at(auth, NULL, s, wh_str(x->canonical))) {
		sasl_fail(auth, x, auth->failed, auth->refusal, auth->refusal_ms);
		return;
	}
	t = sasl_task_new(auth, x);
	if (t == NULL) {
		hashing_release(auth);
		sasl_busy(auth, x);
		return;
	}
	memcpy(t->proof.proof.canonical, x->canonical, sizeof x->canonical);
	t->proof.proof.then = plain_proved;
	login_verify_at(&t->proof, s, password, (struct wh_str){ NULL, 0 });
}

static void
sasl_external(struct auth *auth, struct sasl_exchange *x, struct wh_session *s, struct wh_str message)
{
	const struct live_session *own = live_of(auth, s);
	char hash[DEVICE_HASH_ROOM], want[NAME_ROOM] = "";

	if (!own->has_certificate) {
		sasl_fail(auth, x, WH_EAUTH, "this connection showed no TLS certificate", 0);
		return;
	}
	if (message.n != 0)
		canonical_of(message, want);
	sasl_certificate_hash(own, hash);
	find(auth, x, hash, want, "c", "SASL EXTERNAL");
}

/* SCRAM. */
static const char scram_purpose[] = "scram";

/* The account is in the label: keys that are put into another row open nothing. */
static const char *
scram_label(struct wh_str account, char out[ACCOUNT_ID_ROOM + 8])
{
	snprintf(out, ACCOUNT_ID_ROOM + 8, "%s %.*s", scram_purpose, WH_FMT(account));
	return out;
}

bool
sasl_scram_seal(struct auth *auth, const char *account, const struct scram_keys *keys, char out[SASL_SEALED])
{
	uint8_t packed[SASL_PACKED];
	char label[ACCOUNT_ID_ROOM + 8];
	bool good;

	for (int i = 0; i < 4; i++)
		packed[i] = (uint8_t)(keys->iterations >> (24 - 8 * i));
	memcpy(packed + 4, keys->salt, SCRAM_SALT);
	memcpy(packed + 4 + SCRAM_SALT, keys->stored, SCRAM_HASH);
	memcpy(packed + 4 + SCRAM_SALT + SCRAM_HASH, keys->server, SCRAM_HASH);
	good = seal_put(auth, scram_label(wh_str(account), label), (struct wh_str){ (const char *)packed, sizeof packed }, out, SASL_SEALED);
	explicit_bzero(packed, sizeof packed);
	return good;
}

static bool
scram_open(struct auth *auth, struct wh_str account, struct wh_str sealed, struct scram_keys *keys)
{
	char packed[SASL_PACKED + 1], label[ACCOUNT_ID_ROOM + 8];
	size_t n;

	memset(keys, 0, sizeof *keys);
	if (!seal_get(auth, scram_label(account, label), sealed, packed, sizeof packed, &n) || n != SASL_PACKED)
		return false;
	for (int i = 0; i < 4; i++)
		keys->iterations = keys->iterations << 8 | (uint8_t)packed[i];
	memcpy(keys->salt, packed + 4, SCRAM_SALT);
	memcpy(keys->stored, packed + 4 + SCRAM_SALT, SCRAM_HASH);
	memcpy(keys->server, packed + 4 + SCRAM_SALT + SCRAM_HASH, SCRAM_HASH);
	explicit_bzero(packed, sizeof packed);
	return true;
}

static void
scram_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct sasl_task *t = task_of(cookie);
	struct sasl_exchange *x = task_exchange(t);
	const struct wh_rows *row = result->rows;
	struct wh_str address = wh_str(t->proof.proof.address[0]);
	uint8_t secret[KEY_SIZE], random[18];
	char nonce[TEXT64_ROOM(sizeof random)], out[SCRAM_OUT];
	struct scram_keys keys;
	int64_t wait;

	if (!task_stored(&t->proof.task, result))
		return;
	if (x == NULL) {
		task_end_quiet(&t->proof.task);
		return;
	}
	if (row->n != 0) {
		auth_clip(x->account, sizeof x->account, wh_row_str(row, 0, LC_ID));
		x->second = wh_row_int(row, 0, LC_SECOND);
		x->active = wh_str_is(wh_row_str(row, 0, LC_STATE), "active");
		x->known = wh_row_int(row, 0, LC_KNOWN) != 0 && address.n != 0;
		lockout_seed(auth, wh_str(x->canonical), wh_row_int(row, 0, LC_FAILURES), wh_row_int(row, 0, LC_FAILED));
	}
	if (x->known)
		lockout_known(auth, wh_str(x->canonical), address);
	wait = lockout_stranger(auth, wh_str(x->canonical), address);
	if (wait != 0) {
		lockout_untried(auth, wh_str(x->canonical), address);
		task_fail_later(&t->proof.task, WH_EFAST, "too many wrong passwords from where you are, or for this account; wait a moment", wait);
		return;
	}
	/* Without keys of its own an account looks like a name that nobody has, and that like one with keys. */
	x->exists = row->n != 0 && scram_open(auth, wh_row_str(row, 0, LC_ID), wh_row_str(row, 0, LC_SCRAM), &keys);
	keys_hmac(auth->seal.key, scram_purpose, WH_STR(""), secret);
	if (!x->exists && !scram_keys_fake((struct wh_str){ (const char *)secret, sizeof secret }, wh_str(x->canonical), SASL_ITERATIONS, &keys)) {
		task_fail_later(&t->proof.task, WH_EAWAY, "the server has too much to do; try again", 1000);
		return;
	}
	wh_random(auth->host, random, sizeof random);
	text64_put(TEXT64_URL, nonce, sizeof nonce, random, sizeof random);
	bool good = scram_challenge(&x->scram, &keys, wh_str(nonce), out) == WH_OK;

	explicit_bzero(&keys, sizeof keys);
	if (!good) {
		task_fail(&t->proof.task, WH_ESYNTAX, "that is no message of SCRAM-SHA-256");
		return;
	}
	task_end_quiet(&t->proof.task);
	sasl_challenge(auth, x, wh_str(out));
}

static void
scram_begin(struct auth *auth, struct sasl_exchange *x, struct wh_session *s, struct wh_str message)
{
	enum wh_err err = scram_first(&x->scram, message);
	struct login_proof *p;
	struct sasl_task *t;
	int64_t wait;

	if (err != WH_OK) {
		sasl_fail(auth, x, err, err == WH_ENOTSUP ? "channel binding and extensions are not offered" : "that is no message of SCRAM-SHA-256", 0);
		return;
	}
	canonical_of(wh_str(x->scram.name), x->canonical);
	if (!authzid_good(wh_str(x->scram.authzid), x->canonical)) {
		sasl_fail(auth, x, WH_EPERM, "you may sign in as yourself only", 0);
		return;
	}
	t = sasl_task_new(auth, x);
	if (t == NULL) {
		sasl_busy(auth, x);
		return;
	}
	p = &t->proof.proof;
	keys_address(auth, wh_session_address(auth->host, s), false, p->address[0]);
	keys_address(auth, wh_session_address(auth->host, s), true, p->address[1]);
	wait = lockout_wait(auth, wh_str(x->canonical), wh_str(p->address[0]));
	if (wait != 0) {
		task_fail_later(&t->proof.task, WH_EFAST, "too many wrong passwords; wait, or reset it with auth.reset_begin", wait);
		return;
	}
	wait = lockout_attempt(auth, wh_str(x->canonical), wh_str(p->address[0]));
	if (wait != 0) {
		task_fail_later(&t->proof.task, WH_EFAST, login_open, wait);
		return;
	}
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(p->address[0])), WH_CELL_TEXT(wh_str(p->address[1])), WH_CELL_TEXT(wh_str(x->canonical)) };

	task_run(&t->proof.task, &TASK_STEP(ST_SCRAM_GET, cells, WH_ANY), 1, scram_found);
}

/* The proof was wrong: it counts as a wrong password does. */
static void
scram_wrong(struct auth *auth, struct sasl_exchange *x, struct wh_session *s)
{
	struct sasl_task *t = sasl_task_new(auth, x);
	struct login_proof *p;

	if (t == NULL) {
		sasl_busy(auth, x);
		return;
	}
	p = &t->proof.proof;
	memcpy(p->account, x->account, sizeof p->account);
	memcpy(p->canonical, x->canonical, sizeof p->canonical);
	keys_address(auth, wh_session_address(auth->host, s), false, p->address[0]);
	p->exists = x->account[0] != '\0';
	p->known = x->known;
	login_failed(&t->proof);
}

static void
sasl_scram(struct auth *auth, struct sasl_exchange *x, struct wh_session *s, struct wh_str message)
{
	char out[SCRAM_OUT], address[KEY_ADDRESS_ROOM];
	struct sasl_task *t;

	if (x->proved) {
		t = sasl_task_new(auth, x);
		if (t == NULL)
			sasl_busy(auth, x);
		else
			signin_run(t, x->account, "SASL SCRAM-SHA-256", NULL);
	} else if (x->scram.state == SCRAM_BEGUN) {
		scram_begin(auth, x, s, message);
	} else if (scram_final(&x->scram, message, out) != WH_OK) {
		scram_wrong(auth, x, s);
	} else {
		lockout_succeeded(auth, wh_str(x->canonical), keys_address(auth, wh_session_address(auth->host, s), false, address));
		x->proved = true;
		if (!x->active)
			sasl_fail(auth, x, WH_EPERM, "this account is not active", 0);
		else if (x->second != 0)
			sasl_fail(auth, x, WH_EPERM, second_wanted, 0);
		else
			sasl_challenge(auth, x, wh_str(out));
	}
}

/* RFC 7628: the failure is told as a challenge, and the client answers it with one byte. */
static void
bearer_refuse(struct auth *auth, struct sasl_exchange *x)
{
	x->told = true;
	sasl_challenge(auth, x, WH_STR("{\"status\":\"invalid_token\"}"));
}

/* The value of `auth`, and the name that the header may have. */
static bool
bearer_read(struct wh_str message, struct wh_str *authzid_out, struct wh_str *token_out)
{
	static const char scheme[] = "bearer ";
	const char *end = message.n != 0 ? memchr(message.p, '\1', message.n) : NULL;
	struct wh_str header, pair;

	*authzid_out = *token_out = (struct wh_str){ NULL, 0 };
	if (end == NULL)
		return false;
	header = (struct wh_str){ message.p, (size_t)(end - message.p) };
	message = wh_str_from(message, header.n + 1);
	if (!wh_str_starts(header, WH_STR("n,")) && !wh_str_starts(header, WH_STR("y,")))
		return false;
	header = wh_str_from(header, 2);
	if (wh_str_starts(header, WH_STR("a="))) {
		const char *comma = memchr(header.p, ',', header.n);

		if (comma == NULL)
			return false;
		*authzid_out = (struct wh_str){ header.p + 2, (size_t)(comma - header.p) - 2 };
		header = wh_str_from(header, authzid_out->n + 2);
	}
	if (!wh_str_is(header, ","))
		return false;
	while (message.n != 0 && (end = memchr(message.p, '\1', message.n)) != NULL) {
		pair = (struct wh_str){ message.p, (size_t)(end - message.p) };
		message = wh_str_from(message, pair.n + 1);
		if (pair.n == 0)
			return message.n == 0 && token_out->n != 0;
		if (!wh_str_starts(pair, WH_STR("auth=")))
			continue;
		pair = wh_str_from(pair, 5);
		if (token_out->n != 0 || pair.n < sizeof scheme || strncasecmp(pair.p, scheme, sizeof scheme - 1) != 0)
			return false;
		*token_out = wh_str_from(pair, sizeof scheme - 1);
	}
	return false;
}

static void
sasl_bearer(struct auth *auth, struct sasl_exchange *x, struct wh_session *s, struct wh_str message)
{
	struct wh_str authzid, token;
	char hash[DEVICE_HASH_ROOM], want[NAME_ROOM] = "";

	(void)s;
	if (x->told) {
		sasl_fail(auth, x, WH_EAUTH, "nobody here knows this token", 0);
	} else if (!bearer_read(message, &authzid, &token)) {
		sasl_fail(auth, x, WH_ESYNTAX, "that is no message of OAUTHBEARER", 0);
	} else if (!token_is(token, TOKEN_SESSION) && !token_is(token, TOKEN_BOT) && !token_is(token, TOKEN_OAUTH)) {
		bearer_refuse(auth, x);
	} else {
		if (authzid.n != 0)
			canonical_of(authzid, want);
		device_hash(token, hash);
		find(auth, x, hash, want, token_is(token, TOKEN_OAUTH) ? of_sites : "dk", "SASL OAUTHBEARER");
	}
}

const struct sasl_mechanism sasl_mechanisms[] = {
	{ "PLAIN", sasl_plain },
	{ "EXTERNAL", sasl_external },
	{ "SCRAM-SHA-256", sasl_scram },
	{ "OAUTHBEARER", sasl_bearer },
	{ NULL, NULL }
};
