/* What changes second factors: an app is turned on with its first code, and off with another; recovery codes are made anew; an administrator
 * takes all of it from who has lost it. */
#include <stdio.h>

#include "second_own.h"
#include "text64.h"

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
		wh_json_bool(w, "recent", live_recent(t->proof.task.auth, wh_call_session(call)));
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
		second_refuse(t);
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	if (t->counted)
		second_taken(t);
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
		second_refuse(t);
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
	if (!second_step(t, result->rows, wh_arg_str(call, "code"), &steps[0])) {
		second_refuse(t);
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
		if (!second_step(t, result->rows, wh_arg_str(call, "code"), &steps[n++])) {
			second_refuse(t);
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

/* An administrator takes all factors away: for who has lost them, and the recovery codes too. */
static void
reset_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct second_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);

	if (!task_stored(&t->proof.task, result))
		return;
	ticket_forget(auth, wh_str(t->account));
	if (call != NULL) {
		auth_audit_call(auth, call, "auth.second_reset", wh_str(t->account), wh_arg_str(call, "why"));
		wh_json_text(wh_reply(call), "account", t->account);
	}
	task_done(&t->proof.task);
}

static void
reset_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct second_task *t = task_of(cookie);

	(void)self;
	if (!task_stored(&t->proof.task, result))
		return;
	if (result->rows->n == 0) {
		task_fail(&t->proof.task, WH_ENOENT, "there is no account of that name");
		return;
	}
	auth_clip(t->account, sizeof t->account, wh_row_str(result->rows, 0, AC_ID));
	const struct wh_cell account[] = { WH_CELL_TEXT(wh_str(t->account)) };
	const struct wh_cell none[] = { WH_CELL_INT(0), WH_CELL_INT(0), account[0] };
	const struct wh_step steps[] = {
		TASK_STEP(ST_ACCOUNT_SECOND, none, WH_ONE), TASK_STEP(ST_SECOND_OFF, account, WH_ANY), TASK_STEP(ST_RECOVERY_DROP, account, WH_ANY),
	};

	task_run(&t->proof.task, steps, 3, reset_stored);
}

enum wh_err
second_reset(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct account_name name;
	struct second_task *t;

	if (account_name_read(wh_arg_str(call, "name"), &name) != NULL)
		return wh_fail(call, WH_ENOENT, "there is no account of that name");
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(name.canonical)) };

	task_run(&t->proof.task, &TASK_STEP(ST_ACCOUNT_BY_NAME, cells, WH_ANY), 1, reset_found);
	return WH_WAIT;
}
