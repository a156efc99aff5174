/* What moderators and owners do with accounts: find them, let them in or out, rename them, invite to them. */
#include <stdio.h>

#include "auth.h"
#include "device_own.h"
#include "text64.h"

const struct wh_field account_rename_fields[] = {
	{ "to", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the new name" },
	{ "name", WH_F_TEXT, .max = 256, .help = "whose; moderators may rename others" },
	{ 0 }
};

const struct wh_field account_invite_fields[] = {
	{ "uses", WH_F_INT, .min = 1, .max = 1000, .def = "1", .help = "how many may register with it" },
	{ "expires", WH_F_DURATION, .min = 60000, .max = 366LL * 86400000, .def = "7d", .help = "for how long" },
	{ 0 }
};

const struct wh_field account_search_fields[] = {
	{ "query", WH_F_TEXT, .max = 64, .help = "a part of the name" },
	{ "state", WH_F_CHOICE, .choices = "pending|active|disabled|erased", .help = "only those" },
	{ "after", WH_F_TEXT, .max = 256, .help = "what `next` said of the page before" },
	{ "limit", WH_F_INT, .min = 1, .max = 200, .def = "50", .help = "accounts on a page" },
	{ 0 }
};

const struct wh_field account_why_fields[] = {
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the account's name" },
	{ "why", WH_F_TEXT, .max = ACCOUNT_NOTE, .help = "the reason, for the audit log" },
	{ 0 }
};

/* A task on an account that is found by its name. */
struct account_on {
	struct auth_task task;
	struct account_name name, to;
	char id[ACCOUNT_ID_ROOM];
	char note[ACCOUNT_NOTE + 1];
	const char *from_state, *to_state, *action;
	wh_store_done *found;
};

/* A task for the account that the call names. NULL: the call was failed. */
static struct account_on *
account_on_new(struct auth *auth, struct wh_call *call, struct wh_str name)
{
	struct account_name read;
	struct account_on *t;

	if (account_name_read(name, &read) != NULL) {
		auth_no(auth, call, WH_ENOENT, "there is no account of that name", 0);
		return NULL;
	}
	t = task_new(auth, sizeof *t, call);
	if (t != NULL)
		t->name = read;
	return t;
}

static void
account_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct account_on *t = task_of(cookie);

	if (!task_stored(&t->task, result))
		return;
	if (result->rows[0].n == 0) {
		task_fail(&t->task, WH_ENOENT, "there is no account of that name");
		return;
	}
	auth_clip(t->id, sizeof t->id, wh_row_str(result->rows, 0, AC_ID));
	t->found(self, cookie, result);
}

static enum wh_err
account_find(struct account_on *t, wh_store_done *found)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->name.canonical)) };

	t->found = found;
	task_run(&t->task, &TASK_STEP(ST_ACCOUNT_BY_NAME, cells, WH_ANY), 1, account_found);
	return WH_WAIT;
}

static void
account_write(struct wh_json *w, const struct wh_rows *rows, size_t row)
{
	wh_json_str(w, "account", wh_row_str(rows, row, 0));
	wh_json_str(w, "name", wh_row_str(rows, row, 1));
	wh_json_str(w, "kind", wh_row_str(rows, row, 2));
	wh_json_str(w, "state", wh_row_str(rows, row, 3));
	wh_json_int(w, "created", wh_row_int(rows, row, 4));
}

static void
show_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct account_on *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	if (wh_str_is(wh_row_str(result->rows, 0, AC_STATE), "erased")) {
		task_fail(&t->task, WH_ENOENT, "there is no account of that name");
		return;
	}
	if (call != NULL) {
		struct wh_json *w = wh_reply(call);

		account_write(w, result->rows, 0);
		/* What moderators see besides is never an address. */
		if (wh_session_may(auth->host, wh_call_session(call), "auth.accounts")) {
			wh_json_bool(w, "mail_confirmed", wh_row_int(result->rows, 0, AC_CONFIRMED) != 0);
			wh_json_int(w, "said", wh_row_int(result->rows, 0, AC_SAID));
			wh_json_int(w, "strikes", wh_row_int(result->rows, 0, AC_STRIKES));
			wh_json_int(w, "seen", wh_row_int(result->rows, 0, AC_SEEN));
			wh_json_str(w, "note", wh_row_str(result->rows, 0, AC_NOTE));
		}
	}
	task_done(&t->task);
}

enum wh_err
account_show(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct account_on *t = account_on_new(auth, call, wh_arg_str(call, "name"));

	return t != NULL ? account_find(t, show_found) : auth->failed;
}

static void
search_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth_task *task = task_of(cookie);
	struct wh_call *call = task_call(task);
	const struct wh_rows *rows = result->rows;

	(void)self;
	if (!task_stored(task, result))
		return;
	if (call != NULL) {
		struct wh_json *w = wh_reply(call);
		size_t most = (size_t)wh_arg_int(call, "limit"), n = rows->n < most ? rows->n : most;

		wh_json_array(w, "accounts");
		for (size_t i = 0; i < n; i++) {
			wh_json_object(w, NULL);
			account_write(w, rows, i);
			wh_json_int(w, "seen", wh_row_int(rows, i, 5));
			wh_json_end(w);
		}
		wh_json_end(w);
		if (rows->n > most)
			wh_json_str(w, "next", wh_row_str(rows, n - 1, 6));
	}
	task_done(task);
}

enum wh_err
account_search(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct auth_task *task = task_new(auth, sizeof *task, call);
	struct wh_str query = wh_arg_str(call, "query");
	char pattern[2 * 64 + 3] = "%";
	size_t n = 1;

	if (task == NULL)
		return auth->failed;
	for (size_t i = 0; i < query.n && n < sizeof pattern - 4; i++) {
		if (query.p[i] == '%' || query.p[i] == '_' || query.p[i] == '\\')
			pattern[n++] = '\\';
		pattern[n++] = (char)(query.p[i] >= 'A' && query.p[i] <= 'Z' ? query.p[i] + 32 : query.p[i]);
	}
	memcpy(pattern + n, n == 1 ? "" : "%", n == 1 ? 1 : 2);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_arg_str(call, "after")), WH_CELL_TEXT(wh_arg_str(call, "state")),
		WH_CELL_TEXT(wh_str(pattern)), WH_CELL_INT(wh_arg_int(call, "limit") + 1) };

	task_run(task, &TASK_STEP(ST_ACCOUNT_SEARCH, cells, WH_ANY), 1, search_read);
	return WH_WAIT;
}

static void
state_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct account_on *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	if (result->err == WH_ESTATE) {
		task_fail(&t->task, WH_ESTATE, "that account is in another state: auth.account tells");
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	if (call != NULL) {
		auth_audit_call(auth, call, t->action, wh_str(t->id), wh_str(t->note));
		wh_json_text(wh_reply(call), "account", t->id);
		wh_json_text(wh_reply(call), "state", t->to_state);
	}
	if (strcmp(t->to_state, "active") != 0) {
		device_revoked(auth, wh_str(t->id), (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "this account was disabled");
		bot_owner_gone(auth, wh_str(t->id));
	}
	task_done(&t->task);
}

static void
state_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct account_on *t = task_of(cookie);
	struct wh_step steps[3];
	size_t n = 0;

	(void)self;
	(void)result;
	const struct wh_cell id = WH_CELL_TEXT(wh_str(t->id));
	const struct wh_cell only[] = { id };
	const struct wh_cell state[] = { WH_CELL_TEXT(wh_str(t->to_state)),
		t->note[0] != '\0' ? WH_CELL_TEXT(wh_str(t->note)) : WH_CELL_NULL, id, WH_CELL_TEXT(wh_str(t->from_state)) };

	if (strcmp(t->to_state, "denied") == 0) {
		steps[n++] = TASK_STEP(ST_ACCOUNT_REMOVE, only, WH_ONE);
		steps[n++] = TASK_STEP(ST_NAME_DROP, only, WH_ANY);
	} else {
		steps[n++] = TASK_STEP(ST_ACCOUNT_STATE, state, WH_ONE);
		if (strcmp(t->to_state, "disabled") == 0)
			steps[n++] = TASK_STEP(ST_DEVICE_DROP_ALL, only, WH_ANY);
	}
	task_run(&t->task, steps, n, state_stored);
}

static enum wh_err
account_to_state(struct auth *auth, struct wh_call *call, const char *from, const char *to, const char *action)
{
	struct account_on *t = account_on_new(auth, call, wh_arg_str(call, "name"));

	if (t == NULL)
		return auth->failed;
	t->from_state = from;
	t->to_state = to;
	t->action = action;
	auth_clip(t->note, sizeof t->note, wh_arg_str(call, "why"));
	return account_find(t, state_found);
}

enum wh_err
account_approve(void *self, struct wh_call *call)
{
	return account_to_state(self, call, "pending", "active", "auth.approved");
}

enum wh_err
account_deny(void *self, struct wh_call *call)
{
	return account_to_state(self, call, "pending", "denied", "auth.denied");
}

enum wh_err
account_disable(void *self, struct wh_call *call)
{
	return account_to_state(self, call, "active", "disabled", "auth.disabled");
}

enum wh_err
account_enable(void *self, struct wh_call *call)
{
	return account_to_state(self, call, "disabled", "active", "auth.enabled");
}

static void
renamed(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct account_on *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);
	struct live *live;

	if (result->err == WH_EEXIST) {
		account_refuse_taken(&t->task, &t->to);
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	if (call != NULL) {
		auth_audit_call(auth, call, "auth.renamed", wh_str(t->id), wh_str(t->to.shown));
		wh_json_text(wh_reply(call), "account", t->id);
		wh_json_text(wh_reply(call), "name", t->to.shown);
	}
	live = live_find(auth, wh_str(t->id));
	if (live != NULL)
		live_rename(auth, live, wh_str(t->to.shown));
	task_done(&t->task);
}

static void
rename_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct account_on *t = task_of(cookie);
	int64_t now = wh_wall_ms(auth->host);
	struct account_name_cells names;
	struct wh_step steps[2 + 2 * ACCOUNT_LOOKS];
	size_t n = 0;

	(void)result;
	const struct wh_cell rest[] = { WH_CELL_INT(now + auth->settings.name_rest), WH_CELL_TEXT(wh_str(t->id)) };
	const struct wh_cell rename[] = { WH_CELL_TEXT(wh_str(t->to.shown)), WH_CELL_TEXT(wh_str(t->to.canonical)), rest[1] };

	steps[n++] = TASK_STEP(ST_NAME_REST, rest, WH_ANY);
	steps[n++] = TASK_STEP(ST_ACCOUNT_RENAME, rename, WH_ONE);
	n = account_name_steps(&t->to, t->id, now, &names, steps, n);
	task_run(&t->task, steps, n, renamed);
}

enum wh_err
account_rename(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	const struct wh_identity *who = wh_session_identity(auth->host, wh_call_session(call));
	struct wh_str name = wh_arg_str(call, "name");
	struct account_name to;
	const char *flaw = account_name_read(wh_arg_str(call, "to"), &to);
	struct account_on *t;

	if (name.n == 0 && !auth_signed_in(auth, call))
		return auth->failed;
	if (name.n == 0)
		name = who->name;
	else if (!wh_str_eq(name, who->name) && !wh_session_may(auth->host, wh_call_session(call), "auth.disable"))
		return wh_fail(call, WH_EPERM, "you may rename yourself only");
	if (!account_name_good(auth, call, flaw, &to))
		return auth->failed;
	t = account_on_new(auth, call, name);
	if (t == NULL)
		return auth->failed;
	t->to = to;
	return account_find(t, rename_found);
}

struct account_inviting {
	struct auth_task task;
	struct device_secret secret;
	int64_t expires;
};

static void
invited(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct account_inviting *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	(void)self;
	if (!task_stored(&t->task, result))
		return;
	if (call != NULL) {
		wh_json_text(wh_reply(call), "invitation", t->secret.text);
		wh_json_int(wh_reply(call), "expires", t->expires);
	}
	task_done(&t->task);
}

enum wh_err
account_invite(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct account_inviting *t = task_new(auth, sizeof *t, call);
	int64_t now = wh_wall_ms(auth->host);

	if (t == NULL)
		return auth->failed;
	device_secret_make(auth, TOKEN_INVITATION, &t->secret);
	t->expires = now + wh_arg_int(call, "expires");
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->secret.hash)),
		WH_CELL_TEXT(wh_session_identity(auth->host, wh_call_session(call))->id), WH_CELL_INT(wh_arg_int(call, "uses")), WH_CELL_INT(now),
		WH_CELL_INT(t->expires) };

	task_run(&t->task, &TASK_STEP(ST_INVITATION_ADD, cells, WH_ONE), 1, invited);
	return WH_WAIT;
}
