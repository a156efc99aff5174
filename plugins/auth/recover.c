/* The letters of recover.h. */
#include "recover.h"

#include <stdio.h>

#include "auth.h"
#include "device_own.h"

enum { LETTERS_MOST = 3, LETTERS_SPAN_MS = 3600000 };

const struct wh_field recover_begin_fields[] = {
	{ "account", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the account's name, or its confirmed mail address" },
	{ 0 }
};

const struct wh_field recover_reset_fields[] = {
	{ "token", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "from the letter" },
	{ "password", WH_F_TEXT, .required = true, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the new password" },
	{ 0 }
};

const struct wh_field recover_mail_fields[] = {
	{ "mail", WH_F_TEXT, .max = ACCOUNT_MAIL, .help = "a new address; without it the one that is known" },
	{ 0 }
};

const struct wh_field recover_confirm_fields[] = {
	{ "token", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "from the letter" },
	{ 0 }
};

struct recover_task {
	struct auth_task task;
	char account[ACCOUNT_ID_ROOM], name[NAME_ROOM];
	char mail[ACCOUNT_MAIL + 1], mail_key[ACCOUNT_MAIL + 1];
	const char *purpose;		/* "reset", "confirm" */
	struct device_secret link;
	struct hash_work work;
};

static enum wh_err
letter_post(struct auth *auth, const struct recover_task *t)
{
	bool reset = strcmp(t->purpose, "reset") == 0;
	char text[1200];
	const struct wh_mail_letter letter = { .to = wh_str(t->mail), .subject = reset ? WH_STR("Your new password") : WH_STR("Is this your address?"),
		.text = wh_str(text) };
	enum wh_err err;

	/* What stands behind # is not sent to a server, so the token is in nobody's log. */
	snprintf(text, sizeof text,
	    "Hello %s,\n\n%s\n\n    %s%s%s%s%s\n\nIt works once, for %lld minutes. If it was not you who asked, there is nothing to do.\n",
	    t->name, reset ? "somebody, probably you, asked for a new password. To choose one, use this:" :
	    "to confirm that this address is yours, use this:", auth->settings.site, auth->settings.site[0] != '\0' ? "/auth/" : "",
	    auth->settings.site[0] != '\0' ? t->purpose : "", auth->settings.site[0] != '\0' ? "#" : "", t->link.text,
	    (long long)(auth->settings.link_time / 60000));
	err = auth->mail->send(auth->mail_self, &(struct wh_mail_letter){ letter.to, letter.subject, wh_str(text) });
	explicit_bzero(text, sizeof text);
	return err;
}

static void
link_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct recover_task *t = task_of(cookie);

	if (result->err == WH_OK && letter_post(auth, t) != WH_OK)
		wh_host_log(auth->host, WH_WARN, "auth_letter_not_sent", WH_T("account", t->account));
	task_end_quiet(&t->task);
}

/* Stores the link, then posts the letter. There is no call: nobody waits. */
static void
letter_send(struct recover_task *t)
{
	struct auth *auth = t->task.auth;
	int64_t now = wh_wall_ms(auth->host);
	uint64_t key = lockout_key(auth, LOCKOUT_LETTER, wh_str(t->account), wh_str(t->purpose));

	if (auth->mail == NULL || lockout_count(auth, key, LETTERS_MOST, LETTERS_SPAN_MS) != 0) {
		wh_host_log(auth->host, WH_WARN, "auth_letter_not_sent", WH_T("account", t->account),
		    WH_T("why", auth->mail == NULL ? "no plugin mail" : "too many letters in an hour"));
		task_end_quiet(&t->task);
		return;
	}
	device_secret_make(auth, TOKEN_LINK, &t->link);
	const struct wh_cell drop[] = { WH_CELL_TEXT(wh_str(t->account)), WH_CELL_TEXT(wh_str(t->purpose)) };
	const struct wh_cell add[] = { WH_CELL_TEXT(wh_str(t->link.hash)), WH_CELL_TEXT(wh_str(t->account)), WH_CELL_TEXT(wh_str(t->purpose)),
		WH_CELL_TEXT(wh_str(t->mail)), WH_CELL_INT(now), WH_CELL_INT(now + auth->settings.link_time) };
	const struct wh_step steps[] = { TASK_STEP(ST_LINK_DROP, drop, WH_ANY), TASK_STEP(ST_LINK_ADD, add, WH_ONE) };

	task_run(&t->task, steps, 2, link_stored);
}

void
recover_confirm_send(struct auth *auth, struct wh_str account, struct wh_str name, struct wh_str mail)
{
	struct recover_task *t = task_new(auth, sizeof *t, NULL);

	if (t == NULL)
		return;
	auth_clip(t->account, sizeof t->account, account);
	auth_clip(t->name, sizeof t->name, name);
	auth_clip(t->mail, sizeof t->mail, mail);
	t->purpose = "confirm";
	letter_send(t);
}

/* Whose password it is. A mail address that nobody confirmed may be a stranger's: it gets no letter. */
static void
reset_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct recover_task *t = task_of(cookie);
	const struct wh_rows *row = result->rows;
	bool by_mail = t->mail_key[0] != '\0';

	(void)self;
	if (result->err != WH_OK || row->n == 0 || (!by_mail && wh_row_int(row, 0, AC_CONFIRMED) == 0) ||
	    !wh_str_is(wh_row_str(row, 0, 3), "active")) {
		task_end_quiet(&t->task);
		return;
	}
	auth_clip(t->account, sizeof t->account, wh_row_str(row, 0, 0));
	auth_clip(t->name, sizeof t->name, wh_row_str(row, 0, 1));
	auth_clip(t->mail, sizeof t->mail, wh_row_str(row, 0, by_mail ? 2 : AC_MAIL));
	letter_send(t);
}

enum wh_err
recover_reset_begin(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_str account = wh_arg_str(call, "account");
	struct recover_task *t = task_new(auth, sizeof *t, NULL);
	struct account_name name;
	bool by_mail;

	wh_json_text(wh_reply(call), "sent", "if that account has a confirmed mail address, a letter is on its way");
	if (t == NULL)
		return WH_OK;
	t->purpose = "reset";
	by_mail = account_mail_key(account, t->mail_key);
	if (!by_mail && account_name_read(account, &name) != NULL)
		memcpy(name.canonical, "!", 2);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(by_mail ? t->mail_key : name.canonical)) };

	task_run(&t->task, &TASK_STEP(by_mail ? ST_ACCOUNT_BY_MAIL : ST_ACCOUNT_BY_NAME, cells, WH_ANY), 1, reset_found);
	return WH_OK;
}

static void
reset_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct recover_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	if (result->err == WH_ESTATE) {
		task_fail(&t->task, WH_EAUTH, "this link was used, or has expired; ask for another");
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	device_revoked(auth, wh_str(t->account), (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "the password was changed; sign in again");
	auth_audit(auth, wh_str(t->account), wh_str(t->name), "auth.password_reset", wh_str(t->account),
	    call != NULL ? wh_session_address(auth->host, wh_call_session(call)) : (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 });
	if (call != NULL)
		wh_json_text(wh_reply(call), "name", t->name);
	task_done(&t->task);
}

static void
reset_hashed(struct auth_task *task, struct hash_work *work)
{
	struct recover_task *t = (struct recover_task *)task;
	int64_t now = wh_wall_ms(task->auth->host);
	char sealed[SASL_SEALED] = "";

	if (work->err != WH_OK) {
		task_fail_later(task, WH_EAWAY, "the server has no memory for this now; try again", 2000);
		return;
	}
	const struct wh_cell id = WH_CELL_TEXT(wh_str(t->account)), only[] = { id };
	const struct wh_cell take[] = { WH_CELL_TEXT(wh_str(t->link.hash)), WH_CELL_TEXT(WH_STR("reset")), WH_CELL_INT(now) };
	const struct wh_cell password[] = { WH_CELL_TEXT(wh_str(work->hash)), WH_CELL_INT(now), id };
	bool kept = work->scram && sasl_scram_seal(task->auth, t->account, &work->scram_keys, sealed);
	const struct wh_cell scram[] = { WH_CELL_TEXT(wh_str(sealed)), id };
	const struct wh_step steps[] = {
		TASK_STEP(ST_LINK_TAKE, take, WH_ONE), TASK_STEP(ST_ACCOUNT_PASSWORD, password, WH_ONE), TASK_STEP(ST_DEVICE_DROP_ALL, only, WH_ANY),
		TASK_STEP(ST_LINK_DROP_ALL, only, WH_ANY), TASK_STEP(ST_FAMILY_DROP_ALL, only, WH_ANY), TASK_STEP(ST_ACCOUNT_SCRAM, scram, WH_ONE),
	};

	task_run(task, steps, sizeof steps / sizeof steps[0] - (kept ? 0 : 1), reset_stored);
}

static void
reset_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct recover_task *t = task_of(cookie);
	enum password_flaw flaw;

	if (result->err != WH_OK || result->rows[0].n == 0) {
		hashing_release(auth);
		if (task_stored(&t->task, result))
			task_fail(&t->task, WH_EAUTH, "this link was used, or has expired; ask for another");
		return;
	}
	auth_clip(t->account, sizeof t->account, wh_row_str(result->rows, 0, 0));
	auth_clip(t->name, sizeof t->name, wh_row_str(result->rows, 0, 2));
	flaw = password_judge((struct wh_str){ t->work.password, t->work.password_n }, wh_str(t->name));
	if (flaw == PASSWORD_GOOD) {
		hashing_start(&t->task, &t->work, reset_hashed);
		return;
	}
	hashing_release(auth);
	task_fail(&t->task, WH_EINVAL, "the new password is too weak, or the account's name; choose another");
}

enum wh_err
recover_reset(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_str token = wh_arg_str(call, "token"), password = wh_arg_str(call, "password");
	enum password_flaw flaw = password_judge(password, WH_STR(""));
	struct recover_task *t;

	if (flaw != PASSWORD_GOOD)
		return auth_fail(call, WH_EINVAL, "the new password %s", password_flaw_text(flaw));
	if (!token_is(token, TOKEN_LINK))
		return wh_fail(call, WH_EAUTH, "that is not the token of the letter");
	if (!hashing_reserve(auth, call))
		return auth->failed;
	t = task_new(auth, sizeof *t, call);
	if (t == NULL) {
		hashing_release(auth);
		return auth->failed;
	}
	device_hash(token, t->link.hash);
	t->work.scram = auth->settings.scram;
	t->work.password_n = password.n;
	memcpy(t->work.password, password.p, password.n);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->link.hash)), WH_CELL_TEXT(WH_STR("reset")), WH_CELL_INT(wh_wall_ms(auth->host)) };

	if (!task_run(&t->task, &TASK_STEP(ST_LINK_GET, cells, WH_ANY), 1, reset_looked))
		hashing_release(auth);
	return WH_WAIT;
}

static void
confirm_mail_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct recover_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	if (!task_stored(&t->task, result))
		return;
	if (t->mail[0] == '\0' && result->rows[0].n != 0)
		auth_clip(t->mail, sizeof t->mail, wh_row_str(result->rows, 0, AC_MAIL));
	if (t->mail[0] == '\0') {
		task_fail(&t->task, WH_EINVAL, "there is no address yet: give one as `mail`");
		return;
	}
	if (call != NULL)
		wh_json_text(wh_reply(call), "sent", t->mail);
	recover_confirm_send(auth, wh_str(t->account), wh_str(t->name), wh_str(t->mail));
	task_done(&t->task);
}

enum wh_err
recover_confirm_begin(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	const struct wh_identity *who = wh_session_identity(auth->host, wh_call_session(call));
	struct wh_str mail = wh_arg_str(call, "mail");
	char key[ACCOUNT_MAIL + 1];
	struct recover_task *t;

	if (!auth_signed_in(auth, call))
		return auth->failed;
	if (mail.n != 0 && !account_mail_key(mail, key))
		return wh_fail(call, WH_EINVAL, "that is no mail address");
	if (auth->mail == NULL)
		return wh_fail(call, WH_ENOTSUP, "this server sends no mail");
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	auth_clip(t->account, sizeof t->account, who->id);
	auth_clip(t->name, sizeof t->name, who->name);
	auth_clip(t->mail, sizeof t->mail, mail);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->task, &TASK_STEP(ST_ACCOUNT_BY_ID, cells, WH_ANY), 1, confirm_mail_found);
	return WH_WAIT;
}

static void
confirmed(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct recover_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);
	struct live *live;

	if (result->err == WH_EEXIST || result->err == WH_ESTATE) {
		task_fail(&t->task, WH_EEXIST, result->err == WH_EEXIST ? "that address is another account's" :
		    "this link was used, or has expired; ask for another");
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	live = live_find(auth, wh_str(t->account));
	if (live != NULL)
		live->confirmed = true;
	if (call != NULL) {
		wh_json_text(wh_reply(call), "name", t->name);
		wh_json_text(wh_reply(call), "mail", t->mail);
	}
	task_done(&t->task);
}

static void
confirm_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct recover_task *t = task_of(cookie);
	const struct wh_rows *row = result->rows;

	if (!task_stored(&t->task, result))
		return;
	if (row->n == 0 || !account_mail_key(wh_row_str(row, 0, 1), t->mail_key)) {
		task_fail(&t->task, WH_EAUTH, "this link was used, or has expired; ask for another");
		return;
	}
	auth_clip(t->account, sizeof t->account, wh_row_str(row, 0, 0));
	auth_clip(t->mail, sizeof t->mail, wh_row_str(row, 0, 1));
	auth_clip(t->name, sizeof t->name, wh_row_str(row, 0, 2));
	const struct wh_cell take[] = { WH_CELL_TEXT(wh_str(t->link.hash)), WH_CELL_TEXT(WH_STR("confirm")), WH_CELL_INT(wh_wall_ms(auth->host)) };
	const struct wh_cell mail[] = { WH_CELL_TEXT(wh_str(t->mail)), WH_CELL_TEXT(wh_str(t->mail_key)), WH_CELL_INT(1),
		WH_CELL_TEXT(wh_str(t->account)) };
	const struct wh_step steps[] = { TASK_STEP(ST_LINK_TAKE, take, WH_ONE), TASK_STEP(ST_ACCOUNT_MAIL, mail, WH_ONE) };

	task_run(&t->task, steps, 2, confirmed);
}

enum wh_err
recover_confirm(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_str token = wh_arg_str(call, "token");
	struct recover_task *t;

	if (!token_is(token, TOKEN_LINK))
		return wh_fail(call, WH_EAUTH, "that is not the token of the letter");
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	device_hash(token, t->link.hash);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->link.hash)), WH_CELL_TEXT(WH_STR("confirm")), WH_CELL_INT(wh_wall_ms(auth->host)) };

	task_run(&t->task, &TASK_STEP(ST_LINK_GET, cells, WH_ANY), 1, confirm_looked);
	return WH_WAIT;
}
