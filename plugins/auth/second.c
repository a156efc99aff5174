/* The second factors of second.h: codes that are typed, and signing in with them. The commands that turn them on and off are in
 * second_commands.c. */
#include "second_own.h"

#include <stdio.h>

#include "text64.h"

const struct wh_field second_fields[] = {
	{ "ticket", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "as auth.login gave it" },
	{ "code", WH_F_TEXT, .required = true, .min = 1, .max = SECOND_CODE, .help = "of the app, or a recovery code" },
	{ 0 }
};

const struct wh_field second_password_fields[] = {
	{ "password", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the account's; not needed just after signing in, see recent_time" },
	{ 0 }
};

const struct wh_field second_code_fields[] = {
	{ "code", WH_F_TEXT, .required = true, .min = 1, .max = SECOND_CODE, .help = "the first code that the app shows" },
	{ 0 }
};

const struct wh_field second_off_fields[] = {
	{ "password", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the account's; not needed just after signing in, see recent_time" },
	{ "code", WH_F_TEXT, .max = SECOND_CODE, .help = "of the app, or a recovery code" },
	{ 0 }
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
		return lockout_attempt(auth, name, from);
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
	bool password = wh_arg_str(call, "password").n != 0;
	struct account_name name;
	struct proof_task *t;

	if (!auth_signed_in(auth, call))
		return NULL;
	if (!password && !live_recent(auth, s)) {
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

bool
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

bool
second_step(struct second_task *t, const struct wh_rows *row, struct wh_str code, struct wh_step *step_out)
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

void
second_refuse(struct second_task *t)
{
	struct auth *auth = t->proof.task.auth;
	struct wh_session *s = task_session(&t->proof.task);
	int64_t wait = s != NULL ? second_wrong(auth, s, t->account) : 0;

	if (t->ticket.kind != 0)
		ticket_back(auth, &t->ticket);
	task_fail_later(&t->proof.task, WH_EAUTH, "this code is wrong, or was used before", wait);
}

void
second_taken(struct second_task *t)
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

void
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
			second_refuse(t);
		else
			task_fail(&t->proof.task, WH_EPERM, "this account is not active");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	second_taken(t);
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
	if (!second_step(t, result->rows, wh_arg_str(call, "code"), &steps[0])) {
		second_refuse(t);
		return;
	}
	memcpy(t->signin.account, t->account, sizeof t->account);
	snprintf(t->how, sizeof t->how, "%s and %s", t->ticket.how, t->recovery ? "recovery code" : "code");
	device_prepare(auth, wh_call_session(call), wh_call_request(call), wh_str(t->ticket.device), t->how, &t->signin);
	t->signin.provider = strcmp(t->ticket.how, OIDC_HOW) == 0;
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
