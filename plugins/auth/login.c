/* Passwords: verifying one (for login.h's users), signing in, changing it. */
#include "login.h"

#include <stdio.h>

#include "auth.h"
#include "device_own.h"

const char login_open[] = "your attempts before this one are not answered yet; try again";

const struct wh_field login_fields[] = {
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the account's name" },
	{ "password", WH_F_TEXT, .required = true, .min = 1, .max = PASSWORD_BYTES - 1, .help = "its password" },
	{ "device", WH_F_TEXT, .max = DEVICE_NAME, .help = "a name for this device, for auth.devices" },
	{ 0 }
};

const struct wh_field login_password_fields[] = {
	{ "old", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the password as it is; an account without one sets its first just after signing in, see recent_time" },
	{ "new", WH_F_TEXT, .required = true, .min = 1, .max = PASSWORD_BYTES - 1, .help = "what it shall be" },
	{ "scram", WH_F_BOOL, .help = "keep what SCRAM-SHA-256 needs as well; without it, as the server's settings say" },
	{ 0 }
};

bool
login_may_try(struct auth *auth, struct wh_call *call, struct wh_str canonical)
{
	return login_may_try_at(auth, call, wh_call_session(call), canonical);
}

bool
login_may_try_at(struct auth *auth, struct wh_call *call, struct wh_session *s, struct wh_str canonical)
{
	char address[KEY_ADDRESS_ROOM];
	int64_t wait;

	keys_address(auth, wh_session_address(auth->host, s), false, address);
	wait = lockout_wait(auth, canonical, wh_str(address));
	if (wait != 0) {
		wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("locked"), 1);
		auth_no(auth, call, WH_EFAST, "too many wrong passwords; wait, or reset it with auth.reset_begin", wait);
		return false;
	}
	if (!hashing_reserve(auth, call))
		return false;
	wait = lockout_attempt(auth, canonical, wh_str(address));
	if (wait != 0) {
		hashing_release(auth);
		wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("busy"), 1);
		auth_no(auth, call, WH_EFAST, login_open, wait);
	}
	return wait == 0;
}

static void
failure_written(void *self, uint64_t cookie, const struct wh_result *result)
{
	const struct auth *auth = self;

	(void)cookie;
	if (result->err != WH_OK && result->err != WH_EAWAY)
		wh_host_log(auth->host, WH_WARN, "auth_failure_not_written", WH_S("why", result->why));
}

void
login_failed(struct proof_task *t)
{
	struct auth *auth = t->task.auth;
	struct login_proof *p = &t->proof;
	int64_t now = wh_wall_ms(auth->host), wait = lockout_failed(auth, wh_str(p->canonical), wh_str(p->address[0]));
	struct wh_session *s = task_session(&t->task);
	struct wh_str from = s != NULL ? wh_session_address(auth->host, s) : (struct wh_str){ NULL, 0 };

	if (p->exists && !p->known) {
		const struct wh_cell cells[] = { WH_CELL_INT(now - auth->settings.lockout_forget), WH_CELL_INT(now),
			WH_CELL_TEXT(wh_str(p->account)) };

		wh_store_run(&auth->table, &TASK_STEP(ST_ACCOUNT_FAILED, cells, WH_ANY), 1, failure_written, 0);
	}
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("failed"), 1);
	if (wait != 0) {
		wh_metric_add(auth->host, &auth_metrics[AUTH_METRIC_LOCKED], 1);
		auth_audit(auth, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "auth.lockout", wh_str(p->account), from,
		    WH_STR("too many wrong passwords"));
	} else {
		auth_audit(auth, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "auth.login_failed", wh_str(p->account), from,
		    WH_STR("wrong name or password"));
	}
	task_fail_later(&t->task, WH_EAUTH, "the name or the password is wrong", wait);
}

static void
proof_hashed(struct auth_task *task, struct hash_work *work)
{
	struct proof_task *t = (struct proof_task *)task;
	struct auth *auth = task->auth;

	if (work->err == WH_ENOMEM) {
		lockout_untried(auth, wh_str(t->proof.canonical), wh_str(t->proof.address[0]));
		task_fail_later(task, WH_EAWAY, "the server has no memory for this now; try again", 2000);
	} else if (work->err != WH_OK || !t->proof.exists) {
		login_failed(t);
	} else {
		lockout_succeeded(auth, wh_str(t->proof.canonical), wh_str(t->proof.address[0]));
		memcpy(t->proof.work.hash, work->hash, sizeof work->hash);
		t->proof.work.scram = work->scram;
		t->proof.work.scram_keys = work->scram_keys;
		t->proof.then(task);
	}
}

static void
proof_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct proof_task *t = task_of(cookie);
	struct login_proof *p = &t->proof;
	const struct wh_rows *row = result->rows;
	int64_t wait;

	if (result->err != WH_OK) {
		hashing_release(auth);
		lockout_untried(auth, wh_str(p->canonical), wh_str(p->address[0]));
		task_stored(&t->task, result);
		return;
	}
	p->exists = row->n != 0 && wh_row_str(row, 0, LC_PASSWORD).n != 0;
	if (row->n != 0) {
		auth_clip(p->account, sizeof p->account, wh_row_str(row, 0, LC_ID));
		auth_clip(p->name, sizeof p->name, wh_row_str(row, 0, LC_NAME));
		auth_clip(p->state, sizeof p->state, wh_row_str(row, 0, LC_STATE));
		auth_clip(p->before, sizeof p->before, wh_row_str(row, 0, LC_PASSWORD));
		p->second = wh_row_int(row, 0, LC_SECOND);
		p->known = wh_row_int(row, 0, LC_KNOWN) != 0 && p->address[0][0] != '\0';
		lockout_seed(auth, wh_str(p->canonical), wh_row_int(row, 0, LC_FAILURES), wh_row_int(row, 0, LC_FAILED));
	}
	if (p->known)
		lockout_known(auth, wh_str(p->canonical), wh_str(p->address[0]));
	wait = lockout_stranger(auth, wh_str(p->canonical), wh_str(p->address[0]));
	if (wait != 0) {
		hashing_release(auth);
		/* Who waits for what others did has not failed. */
		lockout_untried(auth, wh_str(p->canonical), wh_str(p->address[0]));
		wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("locked"), 1);
		task_fail_later(&t->task, WH_EFAST, "too many wrong passwords from where you are, or for this account; wait a moment", wait);
		return;
	}
	memcpy(p->work.verify, p->exists ? p->before : auth->hashing.decoy, sizeof p->work.verify);
	hashing_start(&t->task, &p->work, proof_hashed);
}

void
login_verify(struct proof_task *t, struct wh_call *call, struct wh_str password, struct wh_str fresh)
{
	login_verify_at(t, wh_call_session(call), password, fresh);
}

void
login_verify_at(struct proof_task *t, struct wh_session *s, struct wh_str password, struct wh_str fresh)
{
	struct auth *auth = t->task.auth;
	struct login_proof *p = &t->proof;
	struct wh_str address = wh_session_address(auth->host, s);

	p->work.password_n = password.n < sizeof p->work.password ? password.n : sizeof p->work.password - 1;
	memcpy(p->work.password, password.p, p->work.password_n);
	p->work.fresh_n = fresh.n < sizeof p->work.fresh ? fresh.n : sizeof p->work.fresh - 1;
	if (fresh.n != 0)
		memcpy(p->work.fresh, fresh.p, p->work.fresh_n);
	keys_address(auth, address, false, p->address[0]);
	keys_address(auth, address, true, p->address[1]);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(p->address[0])), WH_CELL_TEXT(wh_str(p->address[1])),
		WH_CELL_TEXT(wh_str(p->account[0] != '\0' ? p->account : p->canonical)) };
	const struct wh_step step = TASK_STEP(p->account[0] != '\0' ? ST_ACCOUNT_LOGIN_ID : ST_ACCOUNT_LOGIN, cells, WH_ANY);

	if (!task_run(&t->task, &step, 1, proof_read))
		hashing_release(auth);
}

struct login_task {
	struct proof_task proof;
	struct signin signin;
	size_t first;			/* of the steps of device_steps */
};

static void
login_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct login_task *t = task_of(cookie);

	if (result->err == WH_ESTATE) {
		task_fail(&t->proof.task, WH_EPERM, "this account is not active");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("ok"), 1);
	device_finish(&t->proof.task, &t->signin, result->rows + t->first);
}

static void
login_proved(struct auth_task *task)
{
	struct login_task *t = (struct login_task *)task;
	struct login_proof *p = &t->proof.proof;
	struct auth *auth = task->auth;
	struct wh_call *call = task_call(task);
	struct wh_step steps[1 + SIGNIN_STEPS];
	const struct wh_cell rehash[] = { WH_CELL_TEXT(wh_str(p->work.hash)), WH_CELL_TEXT(wh_str(p->account)),
		WH_CELL_TEXT(wh_str(p->before)) };
	size_t n = 0;

	if (call == NULL || strcmp(p->state, "active") != 0) {
		wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("inactive"), 1);
		task_fail(task, WH_EPERM, strcmp(p->state, "pending") == 0 ? "this account waits for a moderator's approval" :
		    "this account is disabled; ask a moderator");
		return;
	}
	if (p->second != 0) {
		if (p->work.hash[0] != '\0')
			wh_store_run(&auth->table, &TASK_STEP(ST_ACCOUNT_REHASH, rehash, WH_ANY), 1, failure_written, 0);
		second_ask(task, p->second, p->account, "password", wh_arg_str(call, "device"));
		return;
	}
	if (p->work.hash[0] != '\0')
		steps[n++] = TASK_STEP(ST_ACCOUNT_REHASH, rehash, WH_ANY);
	t->first = n;
	memcpy(t->signin.account, p->account, sizeof p->account);
	device_prepare(auth, wh_call_session(call), wh_call_request(call), wh_arg_str(call, "device"), "password", &t->signin);
	n = device_steps(&t->signin, steps, n);
	task_run(task, steps, n, login_stored);
}

enum wh_err
login_login(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct account_name name;
	struct login_task *t;

	if (wh_session_identity(auth->host, wh_call_session(call))->kind == WH_OPERATOR)
		return wh_fail(call, WH_ESTATE, "an operator is nobody's account; sign in as a client does");
	/* What can be no name takes the same way, as one that nobody has. */
	if (account_name_read(wh_arg_str(call, "name"), &name) != NULL)
		memcpy(name.canonical, "!", 2);
	if (!login_may_try(auth, call, wh_str(name.canonical)))
		return auth->failed;
	t = task_new(auth, sizeof *t, call);
	if (t == NULL) {
		hashing_release(auth);
		return auth->failed;
	}
	memcpy(t->proof.proof.canonical, name.canonical, sizeof name.canonical);
	t->proof.proof.then = login_proved;
	login_verify(&t->proof, call, wh_arg_str(call, "password"), (struct wh_str){ NULL, 0 });
	return WH_WAIT;
}

/* Changing it: all other devices are signed out, and this one gets new tokens. */
struct password_task {
	struct proof_task proof;
	struct signin signin;
	char device[DEVICE_ID_ROOM];
};

static void
password_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct password_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	struct wh_str account = wh_str(t->proof.proof.account);
	struct wh_json *w;

	if (!task_stored(&t->proof.task, result))
		return;
	device_forget(auth, account, (struct wh_str){ NULL, 0 });
	if (t->device[0] != '\0')
		live_close(auth, account, (struct wh_str){ NULL, 0 }, wh_str(t->device), "the password was changed; sign in again");
	auth_audit(auth, account, wh_str(t->proof.proof.name), "auth.password_changed", account,
	    call != NULL ? wh_session_address(auth->host, wh_call_session(call)) : (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 });
	if (call != NULL && t->device[0] != '\0') {
		w = wh_reply(call);
		wh_json_text(w, "token", t->signin.token.text);
		wh_json_text(w, "refresh", t->signin.refresh.text);
		wh_json_int(w, "expires", t->signin.token_expires);
		if (t->signin.cookie.text[0] != '\0')
			device_cookie(auth, wh_call_request(call), wh_str(t->signin.cookie.text));
	}
	task_done(&t->proof.task);
}

static void
password_proved(struct auth_task *task)
{
	struct password_task *t = (struct password_task *)task;
	struct login_proof *p = &t->proof.proof;
	struct signin *si = &t->signin;
	struct auth *auth = task->auth;
	struct wh_call *call = task_call(task);
	char sealed[SASL_SEALED] = "";

	if (call == NULL) {
		task_done(task);
		return;
	}
	device_prepare(auth, wh_call_session(call), wh_call_request(call), (struct wh_str){ NULL, 0 }, "password", si);
	const struct wh_cell account = WH_CELL_TEXT(wh_str(p->account)), only[] = { account };
	const struct wh_cell password[] = { WH_CELL_TEXT(wh_str(p->work.hash)), WH_CELL_INT(si->now), account };
	const struct wh_cell others[] = { account, WH_CELL_TEXT(wh_str(t->device)) };
	const struct wh_cell links[] = { account, WH_CELL_TEXT(WH_STR("reset")) };
	const struct wh_cell renew[] = { WH_CELL_TEXT(wh_str(si->token.hash)), WH_CELL_INT(si->token_expires),
		WH_CELL_TEXT(wh_str(si->refresh.hash)), si->cookie.hash[0] != '\0' ? WH_CELL_TEXT(wh_str(si->cookie.hash)) : WH_CELL_NULL,
		WH_CELL_INT(si->now), WH_CELL_INT(si->expires), WH_CELL_TEXT(wh_str(t->device)), account };
	const struct wh_step steps[] = {
		TASK_STEP(ST_ACCOUNT_PASSWORD, password, WH_ONE), TASK_STEP(ST_LINK_DROP, links, WH_ANY),
		TASK_STEP(ST_DEVICE_DROP_OTHERS, others, WH_ANY), TASK_STEP(ST_DEVICE_RENEW, renew, WH_ANY), TASK_STEP(ST_FAMILY_DROP_ALL, only, WH_ANY),
	};

	bool kept = p->work.scram && sasl_scram_seal(auth, p->account, &p->work.scram_keys, sealed);
	const struct wh_cell scram[] = { WH_CELL_TEXT(wh_str(sealed)), account };
	struct wh_step all[sizeof steps / sizeof steps[0] + 1];
	size_t n = sizeof steps / sizeof steps[0];

	memcpy(all, steps, sizeof steps);
	if (kept)
		all[n++] = TASK_STEP(ST_ACCOUNT_SCRAM, scram, WH_ONE);
	task_run(task, all, n, password_stored);
}

static void
without_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct proof_task *t = task_of(cookie);

	if (!task_stored(&t->task, result))
		return;
	if (result->rows->n == 0)
		task_fail(&t->task, WH_EAUTH, "this needs your password");
	else if (wh_wall_ms(auth->host) - wh_row_int(result->rows, 0, 0) >= auth->settings.recent_time)
		task_fail(&t->task, WH_EAUTH, "you signed in a while ago: sign in again, and do this right afterwards");
	else
		t->proof.then(&t->task);
}

void
login_without(struct proof_task *t, struct wh_call *call)
{
	struct auth *auth = t->task.auth;

	auth_clip(t->proof.account, sizeof t->proof.account, wh_session_identity(auth->host, wh_call_session(call))->id);
	auth_clip(t->proof.name, sizeof t->proof.name, wh_session_identity(auth->host, wh_call_session(call))->name);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(device_of_call(auth, call))), WH_CELL_TEXT(wh_str(t->proof.account)) };

	task_run(&t->task, &TASK_STEP(ST_DEVICE_WITHOUT, cells, WH_ANY), 1, without_read);
}

static void
first_hashed(struct auth_task *task, struct hash_work *work)
{
	struct password_task *t = (struct password_task *)task;

	if (work->err != WH_OK) {
		task_fail_later(task, WH_EAWAY, "the server has no memory for this now; try again", 2000);
		return;
	}
	memcpy(t->proof.proof.work.hash, work->hash, sizeof work->hash);
	t->proof.proof.work.scram_keys = work->scram_keys;
	password_proved(task);
}

static void
first_may(struct auth_task *task)
{
	struct password_task *t = (struct password_task *)task;
	struct wh_call *call = task_call(task);

	if (call == NULL)
		task_end_quiet(task);
	else if (hashing_reserve(task->auth, NULL))
		hashing_start(task, &t->proof.proof.work, first_hashed);
	else
		task_fail_later(task, WH_EFAST, task->auth->refusal, task->auth->refusal_ms);
}

/* The first password of an account that came over another provider. */
static enum wh_err
password_first(struct auth *auth, struct wh_call *call)
{
	struct wh_str password = wh_arg_str(call, "new");
	struct password_task *t = task_new(auth, sizeof *t, call);

	if (t == NULL)
		return auth->failed;
	auth_clip(t->device, sizeof t->device, wh_str(device_of_call(auth, call)));
	t->proof.proof.then = first_may;
	t->proof.proof.work.scram = wh_arg_has(call, "scram") ? wh_arg_bool(call, "scram") : auth->settings.scram;
	t->proof.proof.work.password_n = password.n;
	memcpy(t->proof.proof.work.password, password.p, password.n);
	login_without(&t->proof, call);
	return WH_WAIT;
}

enum wh_err
login_password(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	const struct wh_identity *who = wh_session_identity(auth->host, wh_call_session(call));
	enum password_flaw flaw = password_judge(wh_arg_str(call, "new"), who->name);
	struct account_name name;
	struct password_task *t;

	if (!auth_signed_in(auth, call))
		return auth->failed;
	if (flaw != PASSWORD_GOOD)
		return auth_fail(call, WH_EINVAL, "the new password %s", password_flaw_text(flaw));
	if (!wh_arg_has(call, "old"))
		return password_first(auth, call);
	account_name_read(who->name, &name);
	if (!login_may_try(auth, call, wh_str(name.canonical)))
		return auth->failed;
	t = task_new(auth, sizeof *t, call);
	if (t == NULL) {
		hashing_release(auth);
		return auth->failed;
	}
	memcpy(t->proof.proof.canonical, name.canonical, sizeof name.canonical);
	auth_clip(t->proof.proof.account, sizeof t->proof.proof.account, who->id);
	auth_clip(t->device, sizeof t->device, wh_str(device_of_call(auth, call)));
	t->proof.proof.then = password_proved;
	t->proof.proof.work.scram = wh_arg_has(call, "scram") ? wh_arg_bool(call, "scram") : auth->settings.scram;
	login_verify(&t->proof, call, wh_arg_str(call, "old"), wh_arg_str(call, "new"));
	return WH_WAIT;
}
