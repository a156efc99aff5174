/* The second factors of second.h: codes that are typed. */
#include "second.h"

#include <stdio.h>

#include "auth.h"
#include "text64.h"

const struct wh_field second_fields[] = {
	{ "ticket", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "as auth.login gave it" },
	{ "code", WH_F_TEXT, .required = true, .min = 1, .max = SECOND_CODE, .help = "of the app, or a recovery code" },
	{ 0 }
};

const struct wh_field second_password_fields[] = {
	{ "password", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the account's; not needed for ten minutes after signing in" },
	{ 0 }
};

const struct wh_field second_code_fields[] = {
	{ "code", WH_F_TEXT, .required = true, .min = 1, .max = SECOND_CODE, .help = "the first code that the app shows" },
	{ 0 }
};

const struct wh_field second_off_fields[] = {
	{ "password", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the account's; not needed for ten minutes after signing in" },
	{ "code", WH_F_TEXT, .max = SECOND_CODE, .help = "of the app, or a recovery code" },
	{ 0 }
};

/* What all of these commands remember. */
struct second_task {
	struct proof_task proof;
	char account[ACCOUNT_ID_ROOM];
	struct ticket ticket;
	struct signin signin;
	char how[64];
	uint8_t secret[TOTP_SECRET];
	char sealed[SECOND_SEALED];
	struct second_codes codes;
	int64_t left;			/* recovery codes, after this */
	bool recovery;			/* the code is a recovery code */
	char hash[DEVICE_HASH_ROOM];
	struct wh_cell use[2];
	bool counted;			/* a step uses a code: the first */
};

void
second_ask(struct auth_task *task, int64_t second, const char *account, const char *how, struct wh_str device)
{
	struct auth *auth = task->auth;
	struct wh_call *call = task_call(task);
	struct ticket ticket = { .kind = TICKET_SECOND, .how = how };
	char token[TOKEN_ROOM];
	struct wh_json *w;

	if (call != NULL) {
		auth_clip(ticket.account, sizeof ticket.account, wh_str(account));
		auth_clip(ticket.device, sizeof ticket.device, device);
		ticket_make_token(auth, wh_call_session(call), &ticket, token);
		w = wh_reply(call);
		wh_json_array(w, "second");
		if ((second & SECOND_TOTP) != 0)
			wh_json_text(w, NULL, "totp");
		if ((second & SECOND_PASSKEY) != 0)
			wh_json_text(w, NULL, "passkey");
		wh_json_text(w, NULL, "recovery");
		wh_json_end(w);
		wh_json_text(w, "ticket", token);
		wh_json_int(w, "expires", ticket.expires);
		explicit_bzero(token, sizeof token);
	}
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("second"), 1);
	task_done(task);
}

/* The name under which codes of an account are counted: no account has it. */
static struct wh_str
count_name(const char *account, char out[ACCOUNT_ID_ROOM + 8])
{
	snprintf(out, ACCOUNT_ID_ROOM + 8, "#code %s", account);
	return wh_str(out);
}

int64_t
second_try(struct auth *auth, struct wh_session *s, const char *account)
{
	char room[ACCOUNT_ID_ROOM + 8], address[KEY_ADDRESS_ROOM];
	struct wh_str name = count_name(account, room), from = keys_address(auth, wh_session_address(auth->host, s), false, address);
	int64_t wait = lockout_wait(auth, name, from), stranger = lockout_stranger(auth, name, from);

	if (stranger > wait)
		wait = stranger;
	if (wait == 0)
		lockout_attempt(auth, name, from);
	else
		wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("locked"), 1);
	return wait;
}

void
second_right(struct auth *auth, struct wh_session *s, const char *account)
{
	char room[ACCOUNT_ID_ROOM + 8], address[KEY_ADDRESS_ROOM];

	lockout_succeeded(auth, count_name(account, room), keys_address(auth, wh_session_address(auth->host, s), false, address));
}

int64_t
second_wrong(struct auth *auth, struct wh_session *s, const char *account)
{
	char room[ACCOUNT_ID_ROOM + 8], address[KEY_ADDRESS_ROOM];
	struct wh_str at = wh_session_address(auth->host, s);
	int64_t wait = lockout_failed(auth, count_name(account, room), keys_address(auth, at, false, address));

	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("second_failed"), 1);
	if (wait != 0)
		wh_metric_add(auth->host, &auth_metrics[AUTH_METRIC_LOCKED], 1);
	auth_audit(auth, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, wait != 0 ? "auth.lockout" : "auth.second_failed", wh_str(account),
	    at, WH_STR("a wrong second factor after a right first one"));
	return wait;
}

void *
second_proof_new(struct auth *auth, struct wh_call *call, size_t size)
{
	struct wh_session *s = wh_call_session(call);
	const struct wh_identity *who = wh_session_identity(auth->host, s);
	int64_t proved = live_of(auth, s)->proved;
	bool password = wh_arg_str(call, "password").n != 0;
	struct account_name name;
	struct proof_task *t;

	if (!auth_signed_in(auth, call))
		return NULL;
	if (!password && (proved == 0 || wh_wall_ms(auth->host) - proved >= SECOND_PROVED_MS)) {
		auth_no(auth, call, WH_EAUTH, "this needs your password: give it as `password`", 0);
		return NULL;
	}
	account_name_read(who->name, &name);
	if (password && !login_may_try(auth, call, wh_str(name.canonical)))
		return NULL;
	t = task_new(auth, size, call);
	if (t == NULL) {
		if (password)
			hashing_release(auth);
		return NULL;
	}
	memcpy(t->proof.canonical, name.canonical, sizeof name.canonical);
	auth_clip(t->proof.account, sizeof t->proof.account, who->id);
	auth_clip(t->proof.name, sizeof t->proof.name, who->name);
	return t;
}

enum wh_err
second_proof_run(struct proof_task *t, struct wh_call *call, void (*then)(struct auth_task *task))
{
	struct wh_str password = wh_arg_str(call, "password");

	t->proof.then = then;
	if (password.n != 0)
		login_verify(t, call, password, (struct wh_str){ NULL, 0 });
	else
		then(&t->task);
	return WH_WAIT;
}

/* The account is in the label: a secret that is put into another row opens nothing. */
static const char *
second_label(const char *account, char out[ACCOUNT_ID_ROOM + 8])
{
	snprintf(out, ACCOUNT_ID_ROOM + 8, "totp %s", account);
	return out;
}

static bool
second_seal(struct auth *auth, const char *account, const uint8_t secret[TOTP_SECRET], char out[SECOND_SEALED])
{
	char label[ACCOUNT_ID_ROOM + 8];

	return seal_put(auth, second_label(account, label), (struct wh_str){ (const char *)secret, TOTP_SECRET }, out, SECOND_SEALED);
}

bool
second_open(struct auth *auth, const char *account, struct wh_str sealed, uint8_t secret[TOTP_SECRET])
{
	char label[ACCOUNT_ID_ROOM + 8], bytes[TOTP_SECRET + 1];
	size_t n;
	bool good = seal_get(auth, second_label(account, label), sealed, bytes, sizeof bytes, &n) && n == TOTP_SECRET;

	if (good)
		memcpy(secret, bytes, TOTP_SECRET);
	else
		wh_host_log(auth->host, WH_ERROR, "auth_second_unreadable", WH_T("account", account), WH_T("why", "it was sealed under another seal.key"));
	explicit_bzero(bytes, sizeof bytes);
	return good;
}

static bool
recovery_hash(struct auth *auth, const char *account, struct wh_str code, char out[DEVICE_HASH_ROOM])
{
	uint8_t key[KEY_SIZE], hash[TOTP_RECOVERY_HASH];
	bool good;

	keys_hmac(auth->seal.key, "recovery", WH_STR(""), key);
	good = totp_recovery_hash((struct wh_str){ (const char *)key, sizeof key }, wh_str(account), code, hash) &&
	    text64_put(TEXT64_URL, out, DEVICE_HASH_ROOM, hash, sizeof hash);
	explicit_bzero(key, sizeof key);
	return good;
}

size_t
second_codes_steps(struct auth *auth, const char *account, struct second_codes *c, struct wh_step *steps, size_t n)
{
	uint8_t random[TOTP_RECOVERY_RANDOM];

	wh_random(auth->host, random, sizeof random);
	totp_recovery_make(random, c->codes);
	explicit_bzero(random, sizeof random);
	c->drop[0] = WH_CELL_TEXT(wh_str(account));
	steps[n++] = TASK_STEP(ST_RECOVERY_DROP, c->drop, WH_ANY);
	for (unsigned i = 0; i < TOTP_RECOVERY_CODES; i++) {
		recovery_hash(auth, account, wh_str(c->codes[i]), c->hashes[i]);
		c->add[i][0] = c->drop[0];
		c->add[i][1] = WH_CELL_TEXT(wh_str(c->hashes[i]));
		steps[n++] = TASK_STEP(ST_RECOVERY_ADD, c->add[i], WH_ONE);
	}
	return n;
}

void
second_codes_reply(const struct second_codes *c, struct wh_json *w)
{
	wh_json_array(w, "recovery_codes");
	for (unsigned i = 0; i < TOTP_RECOVERY_CODES; i++)
		wh_json_text(w, NULL, c->codes[i]);
	wh_json_end(w);
}

/* What uses the code up, as a step that fails when somebody else was faster. False: it is none. */
static bool
code_step(struct second_task *t, const struct wh_rows *row, struct wh_str code, struct wh_step *step_out)
{
	struct auth *auth = t->proof.task.auth;
	uint8_t secret[TOTP_SECRET];
	int64_t step = -1;
	bool good = false;

	t->left = wh_row_int(row, 0, SC_RECOVERY);
	if (!wh_row_null(row, 0, SC_TOTP) && second_open(auth, t->account, wh_row_str(row, 0, SC_TOTP), secret))
		good = totp_verify(secret, code, wh_wall_ms(auth->host) / 1000, wh_row_int(row, 0, SC_STEP), &step);
	explicit_bzero(secret, sizeof secret);
	if (good) {
		t->use[0] = WH_CELL_INT(step);
		t->use[1] = WH_CELL_TEXT(wh_str(t->account));
		*step_out = TASK_STEP(ST_SECOND_STEP, t->use, WH_ONE);
		return true;
	}
	t->recovery = recovery_hash(auth, t->account, code, t->hash);
	if (!t->recovery)
		return false;
	t->left--;
	t->use[0] = WH_CELL_TEXT(wh_str(t->account));
	t->use[1] = WH_CELL_TEXT(wh_str(t->hash));
	*step_out = TASK_STEP(ST_RECOVERY_USE, t->use, WH_ONE);
	return true;
}

static void
code_refuse(struct second_task *t)
{
	struct auth *auth = t->proof.task.auth;
	struct wh_session *s = task_session(&t->proof.task);
	int64_t wait = s != NULL ? second_wrong(auth, s, t->account) : 0;

	if (t->ticket.kind != 0)
		ticket_back(auth, &t->ticket);
	task_fail_later(&t->proof.task, WH_EAUTH, "this code is wrong, or was used before", wait);
}

/* The code was right, and is used up. */
static void
code_taken(struct second_task *t)
{
	struct auth *auth = t->proof.task.auth;
	struct wh_session *s = task_session(&t->proof.task);
	char left[40];

	if (s != NULL)
		second_right(auth, s, t->account);
	if (!t->recovery)
		return;
	snprintf(left, sizeof left, "%lld are left", (long long)t->left);
	auth_audit(auth, wh_str(t->account), (struct wh_str){ NULL, 0 }, "auth.recovery_used", wh_str(t->account),
	    s != NULL ? wh_session_address(auth->host, s) : (struct wh_str){ NULL, 0 }, wh_str(left));
}

/* Asks for what is stored of the task's account. */
static void
second_read(struct second_task *t, wh_store_done *done)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->proof.task, &TASK_STEP(ST_SECOND_GET, cells, WH_ONE), 1, done);
}

/* Signing in. */
static void
second_signed_in(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct second_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);

	if (result->err == WH_ESTATE) {
		if (result->step == 0)
			code_refuse(t);
		else
			task_fail(&t->proof.task, WH_EPERM, "this account is not active");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	code_taken(t);
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("ok"), 1);
	if (call != NULL && t->recovery)
		wh_json_int(wh_reply(call), "recovery_left", t->left);
	device_finish(&t->proof.task, &t->signin, result->rows + 1);
}

static void
second_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct second_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	struct wh_step steps[1 + SIGNIN_STEPS];
	size_t n;

	if (!task_stored(&t->proof.task, result))
		return;
	if (call == NULL) {
		task_end_quiet(&t->proof.task);
		return;
	}
	if (!code_step(t, result->rows, wh_arg_str(call, "code"), &steps[0])) {
		code_refuse(t);
		return;
	}
	memcpy(t->signin.account, t->account, sizeof t->account);
	snprintf(t->how, sizeof t->how, "%s and %s", t->ticket.how, t->recovery ? "recovery code" : "code");
	device_prepare(auth, wh_call_session(call), wh_call_request(call), wh_str(t->ticket.device), t->how, &t->signin);
	n = device_steps(&t->signin, steps, 1);
	task_run(&t->proof.task, steps, n, second_signed_in);
}

enum wh_err
second_second(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_session *s = wh_call_session(call);
	struct ticket ticket;
	struct second_task *t;
	int64_t wait;

	if (!ticket_take_token(auth, s, TICKET_SECOND, wh_arg_str(call, "ticket"), &ticket))
		return wh_fail(call, WH_EAUTH, "this ticket was used, has expired, or is another's; sign in again with auth.login");
	wait = second_try(auth, s, ticket.account);
	if (wait != 0) {
		ticket.tries--;
		ticket_back(auth, &ticket);
		return wh_fail_str(call, WH_EFAST, WH_STR("too many wrong codes; wait a moment"), wait);
	}
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	t->ticket = ticket;
	memcpy(t->account, ticket.account, sizeof t->account);
	second_read(t, second_found);
	return WH_WAIT;
}

/* What an account has. */
static void
state_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct second_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	struct wh_json *w;

	(void)self;
	if (!task_stored(&t->proof.task, result))
		return;
	if (call != NULL) {
		w = wh_reply(call);
		wh_json_bool(w, "totp", (wh_row_int(result->rows, 0, SC_SECOND) & SECOND_TOTP) != 0);
		wh_json_bool(w, "passkey", (wh_row_int(result->rows, 0, SC_SECOND) & SECOND_PASSKEY) != 0);
		wh_json_int(w, "passkeys", wh_row_int(result->rows, 0, SC_PASSKEYS));
		wh_json_int(w, "recovery_left", wh_row_int(result->rows, 0, SC_RECOVERY));
	}
	task_done(&t->proof.task);
}

/* A task for who is signed in, without a password. */
static struct second_task *
second_task_new(struct auth *auth, struct wh_call *call)
{
	struct second_task *t = auth_signed_in(auth, call) ? task_new(auth, sizeof *t, call) : NULL;

	if (t != NULL)
		auth_clip(t->account, sizeof t->account, wh_session_identity(auth->host, wh_call_session(call))->id);
	return t;
}

enum wh_err
second_state(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct second_task *t = second_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	second_read(t, state_read);
	return WH_WAIT;
}

/* Turning the app on. */
static void
begin_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct second_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	char uri[TOTP_URI_ROOM], text[TEXT64_32_ROOM(TOTP_SECRET)];
	struct wh_str issuer = wh_str(auth->settings.site), scheme = WH_STR("https://");

	if (!task_stored(&t->proof.task, result))
		return;
	if (call != NULL) {
		if (wh_str_starts(issuer, scheme))
			issuer = wh_str_from(issuer, scheme.n);
		text64_put(TEXT64_32, text, sizeof text, t->secret, sizeof t->secret);
		wh_json_text(wh_reply(call), "secret", text);
		if (totp_uri(t->secret, issuer.n != 0 ? issuer : WH_STR("whiply"), wh_str(t->proof.proof.name), uri))
			wh_json_text(wh_reply(call), "uri", uri);
		explicit_bzero(uri, sizeof uri);
		explicit_bzero(text, sizeof text);
	}
	task_done(&t->proof.task);
}

static void
begin_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct second_task *t = task_of(cookie);

	if (!task_stored(&t->proof.task, result))
		return;
	if (!wh_row_null(result->rows, 0, SC_TOTP)) {
		task_fail(&t->proof.task, WH_ESTATE, "an app is turned on already; turn it off first: auth.totp_off");
		return;
	}
	wh_random(auth->host, t->secret, sizeof t->secret);
	if (!second_seal(auth, t->account, t->secret, t->sealed)) {
		task_fail(&t->proof.task, WH_EAWAY, "the server has no memory for this now; try again");
		return;
	}
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)), WH_CELL_TEXT(wh_str(t->sealed)), WH_CELL_INT(wh_wall_ms(auth->host)) };

	task_run(&t->proof.task, &TASK_STEP(ST_SECOND_PENDING, cells, WH_ONE), 1, begin_stored);
}

static void
begin_proved(struct auth_task *task)
{
	second_read((struct second_task *)task, begin_read);
}

/* A task for who has shown the password; `then` has to be run with second_proof_run. */
static struct second_task *
second_proof_task(struct auth *auth, struct wh_call *call)
{
	struct second_task *t = second_proof_new(auth, call, sizeof *t);

	if (t != NULL)
		memcpy(t->account, t->proof.proof.account, sizeof t->account);
	return t;
}

enum wh_err
second_totp_begin(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct second_task *t = second_proof_task(auth, call);

	return t != NULL ? second_proof_run(&t->proof, call, begin_proved) : auth->failed;
}

/* The answer of all that changes codes: audited under `action`. */
static void
second_changed(struct second_task *t, const struct wh_result *result, const char *action)
{
	struct auth *auth = t->proof.task.auth;
	struct wh_call *call = task_call(&t->proof.task);

	if (result->err == WH_ESTATE && result->step == 0) {
		code_refuse(t);
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	if (t->counted)
		code_taken(t);
	if (call != NULL) {
		auth_audit_call(auth, call, action, wh_str(t->account), (struct wh_str){ NULL, 0 });
		if (t->codes.codes[0][0] != '\0')
			second_codes_reply(&t->codes, wh_reply(call));
	}
	task_done(&t->proof.task);
}

static void
confirm_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	second_changed(task_of(cookie), result, "auth.totp_on");
}

static void
confirm_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct second_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	int64_t now = wh_wall_ms(auth->host), step;
	struct wh_step steps[2 + SECOND_CODES_STEPS];
	size_t n = 0;

	if (!task_stored(&t->proof.task, result))
		return;
	if (call == NULL || wh_row_null(result->rows, 0, SC_PENDING) || now - wh_row_int(result->rows, 0, SC_PENDING_AT) >= SECOND_PENDING_MS ||
	    !wh_row_null(result->rows, 0, SC_TOTP)) {
		task_fail(&t->proof.task, WH_ESTATE, "no app waits for its first code; begin with auth.totp_begin");
		return;
	}
	auth_clip(t->sealed, sizeof t->sealed, wh_row_str(result->rows, 0, SC_PENDING));
	if (!second_open(auth, t->account, wh_str(t->sealed), t->secret) ||
	    !totp_verify(t->secret, wh_arg_str(call, "code"), now / 1000, -1, &step)) {
		code_refuse(t);
		return;
	}
	const struct wh_cell on[] = { WH_CELL_INT(step), WH_CELL_TEXT(wh_str(t->account)), WH_CELL_TEXT(wh_str(t->sealed)) };
	const struct wh_cell second[] = { WH_CELL_INT(-1), WH_CELL_INT(SECOND_TOTP), on[1] };

	t->counted = true;
	steps[n++] = TASK_STEP(ST_SECOND_ON, on, WH_ONE);
	steps[n++] = TASK_STEP(ST_ACCOUNT_SECOND, second, WH_ONE);
	n = second_codes_steps(auth, t->account, &t->codes, steps, n);
	task_run(&t->proof.task, steps, n, confirm_stored);
}

/* May a code be tried? Otherwise the call was failed. */
static bool
code_may_try(struct auth *auth, struct wh_call *call)
{
	char account[ACCOUNT_ID_ROOM];
	int64_t wait;

	if (!auth_signed_in(auth, call))
		return false;
	auth_clip(account, sizeof account, wh_session_identity(auth->host, wh_call_session(call))->id);
	wait = second_try(auth, wh_call_session(call), account);
	if (wait != 0)
		auth_no(auth, call, WH_EFAST, "too many wrong codes; wait a moment", wait);
	return wait == 0;
}

enum wh_err
second_totp_confirm(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct second_task *t = code_may_try(auth, call) ? second_task_new(auth, call) : NULL;

	if (t == NULL)
		return auth->failed;
	second_read(t, confirm_read);
	return WH_WAIT;
}

static void
off_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	second_changed(task_of(cookie), result, "auth.totp_off");
}

static void
off_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct second_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	struct wh_step steps[4];
	size_t n = 1;

	(void)self;
	if (!task_stored(&t->proof.task, result))
		return;
	if (call == NULL || wh_row_null(result->rows, 0, SC_TOTP)) {
		task_fail(&t->proof.task, WH_ESTATE, "no app is turned on");
		return;
	}
	if (!code_step(t, result->rows, wh_arg_str(call, "code"), &steps[0])) {
		code_refuse(t);
		return;
	}
	const struct wh_cell account[] = { WH_CELL_TEXT(wh_str(t->account)) };
	const struct wh_cell second[] = { WH_CELL_INT(~(int64_t)SECOND_TOTP), WH_CELL_INT(0), account[0] };

	t->counted = true;
	steps[n++] = TASK_STEP(ST_SECOND_OFF, account, WH_ANY);
	steps[n++] = TASK_STEP(ST_ACCOUNT_SECOND, second, WH_ONE);
	if ((wh_row_int(result->rows, 0, SC_SECOND) & ~(int64_t)SECOND_TOTP) == 0)
		steps[n++] = TASK_STEP(ST_RECOVERY_DROP, account, WH_ANY);
	task_run(&t->proof.task, steps, n, off_stored);
}

/* The password was right; the code counts from here. */
static void
code_proved(struct second_task *t, wh_store_done *then)
{
	struct auth *auth = t->proof.task.auth;
	struct wh_session *s = task_session(&t->proof.task);
	int64_t wait = s != NULL ? second_try(auth, s, t->account) : 0;

	if (wait != 0)
		task_fail_later(&t->proof.task, WH_EFAST, "too many wrong codes; wait a moment", wait);
	else
		second_read(t, then);
}

static void
off_proved(struct auth_task *task)
{
	code_proved((struct second_task *)task, off_read);
}

enum wh_err
second_totp_off(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct second_task *t = second_proof_task(auth, call);

	return t != NULL ? second_proof_run(&t->proof, call, off_proved) : auth->failed;
}

static void
codes_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	second_changed(task_of(cookie), result, "auth.recovery_codes");
}

static void
codes_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct second_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	struct wh_step steps[1 + SECOND_CODES_STEPS];
	size_t n = 0;

	if (!task_stored(&t->proof.task, result))
		return;
	if (call == NULL || wh_row_int(result->rows, 0, SC_SECOND) == 0) {
		task_fail(&t->proof.task, WH_ESTATE, "there is no second factor to recover from; see auth.totp_begin");
		return;
	}
	/* Without an app there is no code to ask for: the password has to do. */
	if (!wh_row_null(result->rows, 0, SC_TOTP)) {
		if (!code_step(t, result->rows, wh_arg_str(call, "code"), &steps[n++])) {
			code_refuse(t);
			return;
		}
		t->counted = true;
	} else {
		second_right(auth, wh_call_session(call), t->account);
	}
	n = second_codes_steps(auth, t->account, &t->codes, steps, n);
	task_run(&t->proof.task, steps, n, codes_stored);
}

static void
codes_proved(struct auth_task *task)
{
	code_proved((struct second_task *)task, codes_read);
}

enum wh_err
second_recovery_codes(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct second_task *t = second_proof_task(auth, call);

	return t != NULL ? second_proof_run(&t->proof, call, codes_proved) : auth->failed;
}
