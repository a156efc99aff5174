/* Signing in with a passkey, alone or after a password. */
#include <stdio.h>

#include "passkey_own.h"

/* Signing in. */
static void
login_begin_answer(struct passkey_task *t, struct wh_call *call, const struct wh_rows *ids, const char *canonical)
{
	struct auth *auth = t->proof.task.auth;
	struct wh_str rp_id, origins[PASSKEY_ORIGINS + 1];
	uint8_t fake[KEY_SIZE];
	char text[TEXT64_ROOM(KEY_SIZE)];
	struct wh_json *w = wh_reply(call);
	size_t n;

	passkey_place(auth, &rp_id, origins, &n);
	ticket_make(auth, wh_call_session(call), &t->ticket);
	passkey_challenge_write(w, &t->ticket);
	wh_json_str(w, "rp_id", rp_id);
	wh_json_text(w, "user_verification", t->ticket.second ? "preferred" : "required");
	wh_json_array(w, "credentials");
	for (size_t i = 0; ids != NULL && i < ids->n; i++)
		wh_json_str(w, NULL, wh_row_str(ids, i, 0));
	/* A name that nobody has, or that has no passkey, gets one that is always the same: who asks learns nothing. */
	if (ids != NULL && ids->n == 0) {
		keys_hmac(auth->seal.key, "passkey", wh_str(canonical), fake);
		text64_put(TEXT64_URL, text, sizeof text, fake, sizeof fake);
		wh_json_text(w, NULL, text);
	}
	wh_json_end(w);
	task_done(&t->proof.task);
}

static void
login_begin_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct passkey_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);

	(void)self;
	if (!task_stored(&t->proof.task, result))
		return;
	if (call == NULL)
		task_end_quiet(&t->proof.task);
	else
		login_begin_answer(t, call, result->rows, t->proof.proof.canonical);
}

enum wh_err
passkey_login_begin(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_str rp_id, origins[PASSKEY_ORIGINS + 1], name = wh_arg_str(call, "name"), token = wh_arg_str(call, "ticket");
	struct account_name read;
	struct ticket ticket;
	struct passkey_task *t;
	size_t n;

	if (wh_session_identity(auth->host, wh_call_session(call))->kind == WH_OPERATOR)
		return wh_fail(call, WH_ESTATE, "an operator is nobody's account; sign in as a client does");
	if (!passkey_place(auth, &rp_id, origins, &n))
		return passkey_nowhere(call);
	/* The ticket becomes the challenge: it can't be used with a code as well. */
	if (token.n != 0 && !ticket_take_token(auth, wh_call_session(call), TICKET_SECOND, token, &ticket))
		return wh_fail(call, WH_EAUTH, "this ticket was used, has expired, or is another's; sign in again with auth.login");
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	t->ticket.kind = TICKET_PASSKEY_LOGIN;
	if (token.n != 0) {
		t->ticket = ticket;
		t->ticket.kind = TICKET_PASSKEY_LOGIN;
		t->ticket.second = true;
		memcpy(t->account, ticket.account, sizeof t->account);
		passkey_read(t, login_begin_read);
		return WH_WAIT;
	}
	if (name.n == 0) {
		login_begin_answer(t, call, NULL, "");
		return WH_WAIT;
	}
	if (account_name_read(name, &read) != NULL)
		memcpy(read.canonical, "!", 2);
	memcpy(t->proof.proof.canonical, read.canonical, sizeof read.canonical);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(read.canonical)) };

	task_run(&t->proof.task, &TASK_STEP(ST_PASSKEY_OF_NAME, cells, WH_ANY), 1, login_begin_read);
	return WH_WAIT;
}

static void
login_refuse(struct passkey_task *t, const char *flaw)
{
	struct auth *auth = t->proof.task.auth;
	struct wh_session *s = task_session(&t->proof.task);

	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("failed"), 1);
	auth_audit(auth, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "auth.passkey_failed", wh_str(t->account),
	    s != NULL ? wh_session_address(auth->host, s) : (struct wh_str){ NULL, 0 }, wh_str(flaw));
	task_fail(&t->proof.task, WH_EAUTH, "nobody here knows this passkey, or its answer is wrong; begin again");
}

static void
suspect_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct passkey_task *t = task_of(cookie);
	struct wh_session *s = task_session(&t->proof.task);

	if (!task_stored(&t->proof.task, result))
		return;
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("failed"), 1);
	auth_audit(auth, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "auth.passkey_suspect", wh_str(t->account),
	    s != NULL ? wh_session_address(auth->host, s) : (struct wh_str){ NULL, 0 }, WH_STR("its counter did not grow: there may be a copy of it"));
	task_fail(&t->proof.task, WH_EAUTH, "there may be a copy of this passkey, so it is locked; sign in in another way and remove it");
}

static void
passkey_suspect(struct passkey_task *t)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->id)) };

	task_run(&t->proof.task, &TASK_STEP(ST_PASSKEY_SUSPECT, cells, WH_ANY), 1, suspect_stored);
}

static void
login_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct passkey_task *t = task_of(cookie);

	if (result->err == WH_ESTATE) {
		/* Somebody else was faster with the same or a later counter. */
		if (result->step == 0)
			passkey_suspect(t);
		else
			task_fail(&t->proof.task, WH_EPERM, "this account is not active");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("ok"), 1);
	device_finish(&t->proof.task, &t->signin, result->rows + 1);
}

/* Judges the answer against what is stored of the passkey. */
static enum webauthn_flaw
login_judge(struct passkey_task *t, struct wh_call *call, const struct wh_rows *row)
{
	struct passkey_bytes client, data, signature, key;
	struct wh_str rp_id, origins[PASSKEY_ORIGINS + 1];
	struct webauthn_expect expect;
	size_t n;

	if (!passkey_place(t->proof.task.auth, &rp_id, origins, &n) || !passkey_bytes_read(call, "client_data", &client) ||
	    !passkey_bytes_read(call, "auth_data", &data) || !passkey_bytes_read(call, "signature", &signature) ||
	    !text64_get(TEXT64_URL, key.p, sizeof key.p, &key.n, wh_row_str(row, 0, PC_COSE)))
		return WEBAUTHN_SHAPE;
	expect = passkey_expect(&t->ticket, rp_id, origins, n);
	expect.need_uv = !t->ticket.second;
	return webauthn_assert(&expect, passkey_bytes_of(&key), (uint32_t)wh_row_int(row, 0, PC_COUNTER), passkey_bytes_of(&client), passkey_bytes_of(&data),
	    passkey_bytes_of(&signature), &t->assertion);
}

/* Is it the passkey of whom it has to be? NULL: yes. */
static const char *
login_whose(struct passkey_task *t, struct wh_call *call, const struct wh_rows *row)
{
	struct wh_str account, handle = wh_arg_str(call, "user_handle");
	uint8_t bytes[ACCOUNT_ID_ROOM];
	size_t n;

	if (row->n == 0)
		return "it is unknown";
	account = wh_row_str(row, 0, PC_ACCOUNT);
	if (t->ticket.second && !wh_str_is(account, t->ticket.account))
		return "it is another account's";
	if (handle.n != 0 && (!text64_get(TEXT64_URL, bytes, sizeof bytes, &n, handle) ||
	    !wh_str_eq((struct wh_str){ (const char *)bytes, n }, account)))
		return "its user handle is another account's";
	auth_clip(t->account, sizeof t->account, account);
	return wh_row_int(row, 0, PC_SUSPECT) != 0 ? "it is locked, as there may be a copy of it" : NULL;
}

static void
login_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct passkey_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	struct wh_step steps[1 + SIGNIN_STEPS];
	enum webauthn_flaw flaw;
	const char *why;
	size_t n;

	if (!task_stored(&t->proof.task, result))
		return;
	if (call == NULL) {
		task_end_quiet(&t->proof.task);
		return;
	}
	why = login_whose(t, call, result->rows);
	flaw = why == NULL ? login_judge(t, call, result->rows) : WEBAUTHN_GOOD;
	if (flaw == WEBAUTHN_COUNTER) {
		passkey_suspect(t);
		return;
	}
	if (flaw == WEBAUTHN_UNVERIFIED) {
		task_fail(&t->proof.task, WH_EAUTH, passkey_flaw(flaw));
		return;
	}
	if (why != NULL || flaw != WEBAUTHN_GOOD) {
		login_refuse(t, why != NULL ? why : passkey_flaw(flaw));
		return;
	}
	const struct wh_cell used[] = { WH_CELL_INT(t->assertion.counter), WH_CELL_INT(wh_wall_ms(auth->host)), WH_CELL_INT(t->assertion.backed_up),
		WH_CELL_TEXT(wh_str(t->id)) };

	memcpy(t->signin.account, t->account, sizeof t->account);
	snprintf(t->how, sizeof t->how, "%s%spasskey", t->ticket.second ? t->ticket.how : "", t->ticket.second ? " and " : "");
	device_prepare(auth, wh_call_session(call), wh_call_request(call),
	    t->ticket.device[0] != '\0' ? wh_str(t->ticket.device) : wh_arg_str(call, "device"), t->how, &t->signin);
	steps[0] = TASK_STEP(ST_PASSKEY_USED, used, WH_ONE);
	t->signin.provider = t->ticket.second && strcmp(t->ticket.how, OIDC_HOW) == 0;
	n = device_steps(&t->signin, steps, 1);
	task_run(&t->proof.task, steps, n, login_stored);
}

enum wh_err
passkey_login(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct passkey_bytes client;
	uint8_t challenge[TICKET_SECRET];
	struct ticket ticket;
	struct passkey_task *t;

	if (!passkey_bytes_read(call, "client_data", &client))
		return wh_fail(call, WH_EINVAL, "client_data is not base64url");
	if (!passkey_challenge_read(&client, challenge) || !ticket_take(auth, wh_call_session(call), TICKET_PASSKEY_LOGIN, challenge, &ticket))
		return wh_fail(call, WH_EAUTH, "this challenge was used, has expired, or is another's; begin again with auth.passkey_login_begin");
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	t->ticket = ticket;
	auth_clip(t->id, sizeof t->id, wh_arg_str(call, "id"));
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->id)) };

	task_run(&t->proof.task, &TASK_STEP(ST_PASSKEY_GET, cells, WH_ANY), 1, login_found);
	return WH_WAIT;
}
