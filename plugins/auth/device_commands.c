/* What an account does with its devices: sees them, revokes them, refreshes its tokens; and what ends by itself. */
#include <stdio.h>

#include "auth.h"
#include "device_own.h"

const struct wh_field device_one_fields[] = {
	{ "device", WH_F_ID, .required = true, .min = 1, .max = 32, .help = "as auth.devices names it" },
	{ 0 }
};

const struct wh_field device_refresh_fields[] = {
	{ "refresh", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "the refresh token; it is used up" },
	{ 0 }
};

const struct wh_field device_use_fields[] = {
	{ "token", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "the access token" },
	{ 0 }
};

const char *
device_of_call(struct auth *auth, struct wh_call *call)
{
	return live_of(auth, wh_call_session(call))->device;
}

struct device_task {
	struct auth_task task;
	char account[ACCOUNT_ID_ROOM];
	char device[DEVICE_ID_ROOM];
};

/* A task for the account that calls; NULL: it is none, or there is too much to do, and the call was failed. */
static struct device_task *
device_task_new(struct auth *auth, struct wh_call *call)
{
	struct device_task *t;

	if (!auth_signed_in(auth, call))
		return NULL;
	t = task_new(auth, sizeof *t, call);
	if (t != NULL) {
		auth_clip(t->account, sizeof t->account, wh_session_identity(auth->host, wh_call_session(call))->id);
		auth_clip(t->device, sizeof t->device, wh_str(device_of_call(auth, call)));
	}
	return t;
}

static void
device_row(const struct auth_task *task, struct wh_json *w, const struct wh_rows *rows, size_t i)
{
	const struct device_task *t = (const struct device_task *)(const void *)task;

	wh_json_str(w, "device", wh_row_str(rows, i, 0));
	wh_json_str(w, "name", wh_row_str(rows, i, 1));
	wh_json_str(w, "agent", wh_row_str(rows, i, 2));
	wh_json_int(w, "created", wh_row_int(rows, i, 3));
	wh_json_int(w, "used", wh_row_int(rows, i, 4));
	wh_json_int(w, "expires", wh_row_int(rows, i, 5));
	wh_json_bool(w, "browser", wh_row_int(rows, i, 6) != 0);
	if (!wh_row_null(rows, i, 8))
		wh_json_str(w, "scopes", wh_row_str(rows, i, 8));
	wh_json_bool(w, "this", wh_str_is(wh_row_str(rows, i, 0), t->device));
}

static void
devices_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	task_list(task_of(cookie), result, "devices", device_row);
}

enum wh_err
device_list(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct device_task *t = device_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->task, &TASK_STEP(ST_DEVICE_LIST, cells, WH_ANY), 1, devices_read);
	return WH_WAIT;
}

static void
device_gone(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);
	char account[ACCOUNT_ID_ROOM], device[DEVICE_ID_ROOM];

	if (result->err == WH_ESTATE) {
		task_fail(&t->task, WH_ENOENT, "you have no such device");
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	memcpy(account, t->account, sizeof account);
	memcpy(device, t->device, sizeof device);
	if (call != NULL) {
		wh_json_int(wh_reply(call), "revoked", result->rows[0].changed);
		if (device[0] == '\0' || strcmp(device, device_of_call(auth, call)) == 0)
			device_cookie(auth, wh_call_request(call), WH_STR(""));
		auth_audit_call(auth, call, "auth.revoked", wh_str(device[0] != '\0' ? device : "all"), (struct wh_str){ NULL, 0 });
	}
	/* The answer goes first: what is revoked may be the connection that asked. */
	task_done(&t->task);
	device_revoked(auth, wh_str(account), wh_str(device), (struct wh_str){ NULL, 0 }, "this device was signed out");
}

static void
device_drop(struct device_task *t)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->device)), WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->task, &TASK_STEP(ST_DEVICE_DROP, cells, WH_ONE), 1, device_gone);
}

enum wh_err
device_revoke(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct device_task *t = device_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	auth_clip(t->device, sizeof t->device, wh_arg_str(call, "device"));
	device_drop(t);
	return WH_WAIT;
}

enum wh_err
device_logout(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct device_task *t = device_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	device_drop(t);
	return WH_WAIT;
}

enum wh_err
device_revoke_all(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct device_task *t = device_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	t->device[0] = '\0';
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };
	/* What other sites were given goes too: whoever asks for this fears that somebody else is in. */
	const struct wh_step steps[] = { TASK_STEP(ST_DEVICE_DROP_ALL, cells, WH_ANY), TASK_STEP(ST_FAMILY_DROP_ALL, cells, WH_ANY) };

	task_run(&t->task, steps, 2, device_gone);
	return WH_WAIT;
}

/* Refreshing. The successors of a refresh token are made of it and a key of ours, so that whoever asks twice within the grace gets
 * the same again, although only hashes are kept. */
struct device_refreshing {
	struct auth_task task;
	char old[TOKEN_ROOM], old_hash[DEVICE_HASH_ROOM];
	struct signin to;
	bool again;
};

void
device_successor(struct auth *auth, enum token_kind kind, const char *label, const char *old, struct device_secret *out)
{
	uint8_t bytes[KEY_SIZE];

	keys_hmac(auth->keys.refresh, label, wh_str(old), bytes);
	token_make(kind, bytes, out->text);
	device_hash(wh_str(out->text), out->hash);
	explicit_bzero(bytes, sizeof bytes);
}

static void
refresh_answer(struct device_refreshing *r, const struct wh_rows *row)
{
	struct auth *auth = r->task.auth;
	struct wh_call *call = task_call(&r->task);
	struct wh_json *w;

	if (call != NULL) {
		w = wh_reply(call);
		wh_json_str(w, "account", wh_row_str(row, 0, DC_ACCOUNT_ID));
		wh_json_str(w, "name", wh_row_str(row, 0, DC_NAME));
		wh_json_text(w, "token", r->to.token.text);
		wh_json_text(w, "refresh", r->to.refresh.text);
		wh_json_int(w, "expires", r->to.token_expires);
		wh_json_str(w, "device", wh_row_str(row, 0, DC_ID));
	}
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("refresh"), 1);
	task_done(&r->task);
}

static void
refresh_rotated(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_refreshing *r = task_of(cookie);

	/* Somebody else was faster with the same token: what is there now tells whether it is within the grace. */
	if (result->err == WH_ESTATE && !r->again) {
		r->again = true;
		refresh_find(r);
		return;
	}
	if (!task_stored(&r->task, result))
		return;
	device_forget(auth, wh_row_str(&result->rows[1], 0, DC_ACCOUNT_ID), wh_row_str(&result->rows[1], 0, DC_ID));
	refresh_answer(r, &result->rows[1]);
}

static void
refresh_rotate(struct device_refreshing *r, struct wh_str device)
{
	struct auth *auth = r->task.auth;
	int64_t now = wh_wall_ms(auth->host);

	r->to.token_expires = now + auth->settings.token_time;
	const struct wh_cell rotate[] = { WH_CELL_TEXT(wh_str(r->to.token.hash)), WH_CELL_INT(r->to.token_expires),
		WH_CELL_TEXT(wh_str(r->old_hash)), WH_CELL_TEXT(wh_str(r->to.refresh.hash)), WH_CELL_INT(now),
		WH_CELL_INT(now + auth->settings.session_time), WH_CELL_TEXT(device) };
	const struct wh_cell by_id[] = { WH_CELL_TEXT(device) };
	const struct wh_step steps[] = { TASK_STEP(ST_DEVICE_ROTATE, rotate, WH_ONE), TASK_STEP(ST_DEVICE_BY_ID, by_id, WH_ONE) };

	task_run(&r->task, steps, 2, refresh_rotated);
}

static void
refresh_family_gone(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_refreshing *r = task_of(cookie);

	if (!task_stored(&r->task, result))
		return;
	device_revoked(auth, wh_str(r->to.account), wh_str(r->to.device), (struct wh_str){ NULL, 0 },
	    "a refresh token was used twice, so this device was signed out");
	task_fail(&r->task, WH_EAUTH, "this refresh token was used before: the device is signed out now, sign in again");
}

/* A token that was exchanged long ago comes back: one of the two who had it is a thief. */
static void
refresh_reused(struct device_refreshing *r, const struct wh_rows *row)
{
	struct auth *auth = r->task.auth;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_row_str(row, 0, DC_ID)), WH_CELL_TEXT(wh_row_str(row, 0, DC_ACCOUNT_ID)) };
	struct wh_call *call = task_call(&r->task);

	auth_clip(r->to.account, sizeof r->to.account, wh_row_str(row, 0, DC_ACCOUNT_ID));
	auth_clip(r->to.device, sizeof r->to.device, wh_row_str(row, 0, DC_ID));
	wh_host_log(auth->host, WH_WARN, "auth_refresh_reused", WH_S("account", wh_row_str(row, 0, DC_ACCOUNT_ID)),
	    WH_S("device", wh_row_str(row, 0, DC_ID)));
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("reuse"), 1);
	auth_audit(auth, wh_row_str(row, 0, DC_ACCOUNT_ID), wh_row_str(row, 0, DC_NAME), "auth.refresh_reused", wh_row_str(row, 0, DC_ID),
	    call != NULL ? wh_session_address(auth->host, wh_call_session(call)) : (struct wh_str){ NULL, 0 },
	    WH_STR("a refresh token was used twice; the device was revoked"));
	task_run(&r->task, &TASK_STEP(ST_DEVICE_DROP, cells, WH_ANY), 1, refresh_family_gone);
}

static void
refresh_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_refreshing *r = task_of(cookie);
	const struct wh_rows *row = result->rows;
	int64_t now = wh_wall_ms(auth->host);
	bool current, previous;

	if (!task_stored(&r->task, result))
		return;
	current = row->n != 0 && wh_str_is(wh_row_str(row, 0, DC_REFRESH), r->old_hash);
	previous = row->n != 0 && wh_str_is(wh_row_str(row, 0, DC_PREVIOUS), r->old_hash);
	if ((!current && !previous) || wh_row_int(row, 0, DC_EXPIRES) <= now) {
		task_fail(&r->task, WH_EAUTH, "nobody here knows this refresh token; sign in again");
	} else if (!wh_str_is(wh_row_str(row, 0, DC_STATE), "active")) {
		task_fail(&r->task, WH_EAUTH, "this account is not active");
	} else if (current) {
		refresh_rotate(r, wh_row_str(row, 0, DC_ID));
	} else if (now - wh_row_int(row, 0, DC_ROTATED) < DEVICE_GRACE_MS && wh_str_is(wh_row_str(row, 0, DC_REFRESH), r->to.refresh.hash)) {
		r->to.token_expires = wh_row_int(row, 0, DC_TOKEN_EXPIRES);
		refresh_answer(r, row);
	} else {
		refresh_reused(r, row);
	}
}

void
refresh_find(struct device_refreshing *r)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(r->old_hash)) };

	task_run(&r->task, &TASK_STEP(ST_DEVICE_FIND, cells, WH_ANY), 1, refresh_found);
}

enum wh_err
device_refresh(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_str old = wh_arg_str(call, "refresh");
	struct device_refreshing *r;

	if (!token_is(old, TOKEN_REFRESH))
		return wh_fail(call, WH_EAUTH, "this is no refresh token; it is what auth.login gave as `refresh`");
	r = task_new(auth, sizeof *r, call);
	if (r == NULL)
		return auth->failed;
	auth_clip(r->old, sizeof r->old, old);
	device_hash(old, r->old_hash);
	device_successor(auth, TOKEN_SESSION, "token", r->old, &r->to.token);
	device_successor(auth, TOKEN_REFRESH, "refresh", r->old, &r->to.refresh);
	refresh_find(r);
	return WH_WAIT;
}

static void
whoami_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);
	const struct wh_rows *rows = result->rows;
	struct wh_json *w;

	if (!task_stored(&t->task, result))
		return;
	if (call != NULL && rows->n != 0) {
		w = wh_reply(call);
		auth_write_identity(auth, wh_call_session(call), w);
		wh_json_int(w, "created", wh_row_int(rows, 0, AC_CREATED));
		wh_json_str(w, "mail", wh_row_str(rows, 0, AC_MAIL));
		wh_json_bool(w, "mail_confirmed", wh_row_int(rows, 0, AC_CONFIRMED) != 0);
		wh_json_text(w, "device", t->device);
	}
	task_done(&t->task);
}

enum wh_err
device_whoami(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct device_task *t;

	if (wh_session_identity(auth->host, wh_call_session(call))->kind != WH_ACCOUNT) {
		auth_write_identity(auth, wh_call_session(call), wh_reply(call));
		return WH_OK;
	}
	t = device_task_new(auth, call);
	if (t == NULL)
		return auth->failed;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->task, &TASK_STEP(ST_ACCOUNT_BY_ID, cells, WH_ANY), 1, whoami_read);
	return WH_WAIT;
}

static void
swept(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;

	(void)cookie;
	if (result->err != WH_OK)
		wh_host_log(auth->host, WH_WARN, "auth_sweep_failed", WH_S("why", result->why));
	else if (result->n != 0 && result->rows[0].n != 0 && result->rows[0].columns == 1)
		wh_metric_set(auth->host, &auth_metrics[AUTH_METRIC_DEVICES], wh_row_int(result->rows, 0, 0));
}

/* Devices that ended; one whose socket is open goes on. */
static void
devices_expired(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	int64_t now = wh_wall_ms(auth->host);
	struct wh_step steps[32];
	struct wh_cell cells[32][3];
	size_t n = 0;

	(void)cookie;
	if (result->err != WH_OK)
		return;
	for (size_t i = 0; i < result->rows->n && n < 32; i++, n++) {
		struct wh_str device = wh_row_str(result->rows, i, 0), account = wh_row_str(result->rows, i, 1);
		/* What has scopes ends when it was said to. */
		bool live = wh_row_null(result->rows, i, 2) && live_device(auth, account, device);

		cells[n][0] = live ? WH_CELL_INT(now) : WH_CELL_TEXT(device);
		cells[n][1] = live ? WH_CELL_INT(now + auth->settings.session_time) : WH_CELL_TEXT(account);
		cells[n][2] = WH_CELL_TEXT(device);
		steps[n] = (struct wh_step){ .statement = live ? ST_DEVICE_USED : ST_DEVICE_DROP, .params = cells[n], .n = live ? 3 : 2 };
		if (!live)
			device_revoked(auth, account, device, (struct wh_str){ NULL, 0 }, "this key has expired");
	}
	if (n != 0)
		wh_store_run(&auth->table, steps, n, swept, 0);
}

void
device_tick(struct auth *auth, int64_t now)
{
	const struct wh_cell at[] = { WH_CELL_INT(now) };
	const struct wh_cell forget[] = { WH_CELL_INT(now - (int64_t)KEY_ADDRESS_DAYS * 86400000) };
	const struct wh_step sweep[] = {
		{ .statement = ST_DEVICE_COUNT },
		TASK_STEP(ST_DEVICE_FORGET, forget, WH_ANY), TASK_STEP(ST_LINK_SWEEP, at, WH_ANY), TASK_STEP(ST_INVITATION_SWEEP, at, WH_ANY),
		TASK_STEP(ST_NAME_SWEEP, at, WH_ANY), TASK_STEP(ST_GRANT_SWEEP, at, WH_ANY),
	};

	wh_store_run(&auth->table, &TASK_STEP(ST_DEVICE_EXPIRED, at, WH_ANY), 1, devices_expired, 0);
	wh_store_run(&auth->table, sweep, sizeof sweep / sizeof sweep[0], swept, 0);
}
