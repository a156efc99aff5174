/* Export and erasure: the commands, and auth's own part in both. */
#include "privacy.h"

#include <stdio.h>

#include "auth.h"

const struct wh_field privacy_erase_fields[] = {
	{ "password", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the account's password: there is no way back; an account without one signs in again before" },
	{ 0 }
};

struct privacy_task {
	struct proof_task proof;
	char id[ACCOUNT_ID_ROOM];
};

/* A column of our own tables as JSON: texts, and numbers that are not never. */
static void
write_rows(struct wh_json *w, const char *key, const struct wh_rows *rows, const char *const *columns)
{
	wh_json_array(w, key);
	for (size_t i = 0; i < rows->n; i++) {
		wh_json_object(w, NULL);
		for (size_t c = 0; columns[c] != NULL; c++) {
			const struct wh_cell *cell = wh_row_cell(rows, i, c);

			if (cell->type == WH_C_INT)
				wh_json_int(w, columns[c], cell->i);
			else if (cell->type == WH_C_TEXT)
				wh_json_str(w, columns[c], cell->s);
		}
		wh_json_end(w);
	}
	wh_json_end(w);
}

/* What there is of second factors, but none of their secrets. */
static void
write_second(struct wh_json *w, const struct wh_rows *row)
{
	if (row->n == 0)
		return;
	wh_json_object(w, "second");
	wh_json_bool(w, "totp", !wh_row_null(row, 0, SC_TOTP));
	wh_json_bool(w, "totp_begun", !wh_row_null(row, 0, SC_PENDING));
	wh_json_bool(w, "passkey", (wh_row_int(row, 0, SC_SECOND) & SECOND_PASSKEY) != 0);
	wh_json_int(w, "recovery_left", wh_row_int(row, 0, SC_RECOVERY));
	wh_json_end(w);
}

static void
export_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	static const char *const account[] = { "id", "name", "kind", "state", "created", "mail", "mail_confirmed", "said", "strikes", "seen", "note",
		"canonical", "password_set", NULL };
	static const char *const devices[] = { "id", "name", "agent", "created", "used", "expires", "browser", "address_hash", "scopes", NULL };
	static const char *const passkeys[] = { "id", "name", "created", "used", "backed_up", "suspect", NULL };
	static const char *const bots[] = { "id", "name", "state", "created", NULL };
	static const char *const keys[] = { "id", "bot", "name", "scopes", "created", "used", "expires", NULL };
	static const char *const links[] = { "provider", "issuer", "subject", "name", "created", "used", NULL };
	static const char *const consents[] = { "client", "name", "scopes", "created", NULL };
	static const char *const grants[] = { "role", "room", "until", "by", "granted", "why", NULL };
	struct auth *auth = self;
	struct auth_task *task = task_of(cookie);
	struct wh_person *person = wh_person_find(auth->host, task->ticket);

	if (!task_stored(task, result))
		return;
	if (person != NULL) {
		write_rows(person->out, "account", &result->rows[0], account);
		write_rows(person->out, "devices", &result->rows[1], devices);
		write_rows(person->out, "grants", &result->rows[2], grants);
		write_rows(person->out, "passkeys", &result->rows[3], passkeys);
		write_rows(person->out, "bots", &result->rows[4], bots);
		write_rows(person->out, "bot_keys", &result->rows[5], keys);
		write_second(person->out, &result->rows[6]);
		write_rows(person->out, "links", &result->rows[7], links);
		write_rows(person->out, "consents", &result->rows[8], consents);
	}
	task_pass(task, WH_PASS);
}

enum wh_verdict
privacy_on_export(void *self, struct wh_person *p)
{
	struct auth *auth = self;
	struct auth_task *task = task_new(auth, sizeof *task, NULL);

	if (task == NULL)
		return wh_refuse(&p->at, WH_EAWAY, "the server has too much to do; try again", 1000);
	task->ticket = p->at.ticket;
	const struct wh_cell id[] = { WH_CELL_TEXT(p->id) }, grants[] = { id[0], WH_CELL_INT(0) };
	const struct wh_step steps[] = {
		TASK_STEP(ST_ACCOUNT_BY_ID, id, WH_ANY), TASK_STEP(ST_DEVICE_LIST, id, WH_ANY), TASK_STEP(ST_GRANT_LIST, grants, WH_ANY),
		TASK_STEP(ST_PASSKEY_LIST, id, WH_ANY), TASK_STEP(ST_BOT_LIST, id, WH_ANY),
		TASK_STEP(ST_CREDENTIAL_OWNED, id, WH_ANY), TASK_STEP(ST_SECOND_GET, id, WH_ANY),
		TASK_STEP(ST_IDENTITY_LIST, id, WH_ANY), TASK_STEP(ST_CONSENT_LIST, id, WH_ANY),
	};

	task_run(task, steps, sizeof steps / sizeof steps[0], export_read);
	return WH_HOLD;
}

static void
erase_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth_task *task = task_of(cookie);

	(void)self;
	if (task_stored(task, result))
		task_pass(task, WH_PASS);
}

/* The last in line: when another plugin refuses, the account is still there. The id stays, for the records that have to; nothing says
 * any more whose it was. */
enum wh_verdict
privacy_on_erase(void *self, struct wh_person *p)
{
	struct auth *auth = self;
	struct auth_task *task = task_new(auth, sizeof *task, NULL);
	int64_t now = wh_wall_ms(auth->host);
	char name[NAME_ROOM], canonical[NAME_ROOM];

	if (task == NULL)
		return wh_refuse(&p->at, WH_EAWAY, "the server has too much to do; try again", 1000);
	task->ticket = p->at.ticket;
	snprintf(name, sizeof name, "erased-%.8s", p->id.n > 8 ? p->id.p + 1 : "");
	snprintf(canonical, sizeof canonical, "!%.*s", WH_FMT(p->id));
	const struct wh_cell id = WH_CELL_TEXT(p->id), only[] = { id };
	const struct wh_cell erase[] = { WH_CELL_TEXT(wh_str(name)), WH_CELL_TEXT(wh_str(canonical)), id };
	const struct wh_cell rest[] = { WH_CELL_INT(now + auth->settings.name_rest), id };
	const struct wh_step steps[] = {
		TASK_STEP(ST_ACCOUNT_ERASE, erase, WH_ANY), TASK_STEP(ST_NAME_REST, rest, WH_ANY), TASK_STEP(ST_DEVICE_DROP_ALL, only, WH_ANY),
		TASK_STEP(ST_GRANT_DROP_ALL, only, WH_ANY), TASK_STEP(ST_LINK_DROP_ALL, only, WH_ANY), TASK_STEP(ST_SECOND_OFF, only, WH_ANY),
		TASK_STEP(ST_RECOVERY_DROP, only, WH_ANY), TASK_STEP(ST_PASSKEY_DROP_ALL, only, WH_ANY), TASK_STEP(ST_CREDENTIAL_DROP_ALL, only, WH_ANY),
		TASK_STEP(ST_BOT_REMOVE_ALL, only, WH_ANY), TASK_STEP(ST_IDENTITY_DROP_ALL, only, WH_ANY), TASK_STEP(ST_CONSENT_DROP_ALL, only, WH_ANY),
		TASK_STEP(ST_CODE_DROP_ALL, only, WH_ANY), TASK_STEP(ST_FAMILY_DROP_ALL, only, WH_ANY),
	};

	task_run(task, steps, sizeof steps / sizeof steps[0], erase_stored);
	return WH_HOLD;
}

static void
exported(void *self, uint64_t cookie, enum wh_err err, struct wh_str json, struct wh_str why)
{
	struct privacy_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	char text[256];

	(void)self;
	if (err != WH_OK) {
		auth_clip(text, sizeof text, why);
		task_fail(&t->proof.task, err, text);
		return;
	}
	if (call != NULL)
		wh_json_raw(wh_reply(call), "data", json);
	task_done(&t->proof.task);
}

enum wh_err
privacy_export(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	const struct wh_identity *who = wh_session_identity(auth->host, wh_call_session(call));
	struct privacy_task *t;

	if (!auth_signed_in(auth, call))
		return auth->failed;
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	wh_person_ask(auth->host, WH_ON_EXPORT, who->id, who->name, exported, (uintptr_t)t);
	return WH_WAIT;
}

static void
erased(void *self, uint64_t cookie, enum wh_err err, struct wh_str json, struct wh_str why)
{
	struct auth *auth = self;
	struct privacy_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	char text[256], id[ACCOUNT_ID_ROOM];

	(void)json;
	if (err != WH_OK) {
		auth_clip(text, sizeof text, why);
		task_fail(&t->proof.task, err, text);
		return;
	}
	memcpy(id, t->proof.proof.account, sizeof id);
	/* Without a name: that is what was erased. */
	auth_audit(auth, wh_str(id), (struct wh_str){ NULL, 0 }, "auth.erased", wh_str(id), (struct wh_str){ NULL, 0 }, WH_STR("at the person's own wish"));
	if (call != NULL)
		device_cookie(auth, wh_call_request(call), WH_STR(""));
	task_done(&t->proof.task);
	device_revoked(auth, wh_str(id), (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "this account was erased");
	bot_owner_gone(auth, wh_str(id));
}

static void
erase_proved(struct auth_task *task)
{
	struct privacy_task *t = (struct privacy_task *)task;

	if (task_call(task) == NULL) {
		task_end_quiet(task);
		return;
	}
	wh_person_ask(task->auth->host, WH_ON_ERASE, wh_str(t->proof.proof.account), wh_str(t->proof.proof.name), erased, (uintptr_t)t);
}

enum wh_err
privacy_erase(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	const struct wh_identity *who = wh_session_identity(auth->host, wh_call_session(call));
	struct account_name name;
	struct privacy_task *t;

	if (!auth_signed_in(auth, call))
		return auth->failed;
	if (!wh_arg_has(call, "password")) {
		t = task_new(auth, sizeof *t, call);
		if (t == NULL)
			return auth->failed;
		t->proof.proof.then = erase_proved;
		login_without(&t->proof, call);
		return WH_WAIT;
	}
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
	t->proof.proof.then = erase_proved;
	login_verify(&t->proof, call, wh_arg_str(call, "password"), (struct wh_str){ NULL, 0 });
	return WH_WAIT;
}
