/* Grants, the first administrator, and auth.can. */
#include "role.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "auth.h"
#include "device_own.h"
#include "form.h"

const struct wh_setting role_settings[] = {
	{ "roles", WH_STRINGS, .required = true, .help = "roles that it may grant; \"*\": all" },
	{ 0 }
};

const struct wh_field role_grant_fields[] = {
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the account's name" },
	{ "role", WH_F_NAME, .required = true, .min = 1, .max = LIVE_ROLE_ROOM - 1, .help = "the role" },
	{ "room", WH_F_TEXT, .max = LIVE_ROOM_ROOM - 1, .help = "in that room only" },
	{ "until", WH_F_TIME, .help = "when it ends" },
	{ "why", WH_F_TEXT, .max = ACCOUNT_NOTE, .help = "the reason" },
	{ 0 }
};

const struct wh_field role_ungrant_fields[] = {
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the account's name" },
	{ "role", WH_F_NAME, .required = true, .min = 1, .max = LIVE_ROLE_ROOM - 1, .help = "the role" },
	{ "room", WH_F_TEXT, .max = LIVE_ROOM_ROOM - 1, .help = "in that room" },
	{ "why", WH_F_TEXT, .max = ACCOUNT_NOTE, .help = "the reason" },
	{ 0 }
};

const struct wh_field role_grants_fields[] = {
	{ "name", WH_F_TEXT, .max = 256, .help = "whose; moderators may ask for others'" },
	{ 0 }
};

const struct wh_field role_can_fields[] = {
	{ "permission", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "the name of a command" },
	{ "name", WH_F_TEXT, .max = 256, .help = "whose; moderators may ask for others'" },
	{ "room", WH_F_TEXT, .max = LIVE_ROOM_ROOM - 1, .help = "roles in that room are told too" },
	{ 0 }
};

const struct wh_field role_first_fields[] = {
	{ "token", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "as the server's log has it" },
	{ 0 }
};

/* A task on the grants of an account. */
struct role_task {
	struct auth_task task;
	struct account_name name;
	char id[ACCOUNT_ID_ROOM], shown[NAME_ROOM];
	char role[LIVE_ROLE_ROOM], room[LIVE_ROOM_ROOM];
	char by[48], why[ACCOUNT_NOTE + 1];
	int64_t until;
	bool take;
};

static bool
words_have(struct wh_str words, const char *word)
{
	while (words.n != 0) {
		const char *blank = memchr(words.p, ' ', words.n);
		size_t n = blank != NULL ? (size_t)(blank - words.p) : words.n;

		if (wh_str_is((struct wh_str){ words.p, n }, word))
			return true;
		words = wh_str_from(words, n + 1);
	}
	return false;
}

static bool
conf_has(const struct wh_conf *conf, const char *list, struct wh_str word)
{
	for (size_t i = 0; i < wh_conf_count(conf, list); i++)
		if (wh_str_eq(wh_conf_item(conf, list, i), word) || wh_str_is(wh_conf_item(conf, list, i), "*"))
			return true;
	return false;
}

bool
role_may_grant(const struct auth *auth, enum wh_allow reach, struct wh_str roles, struct wh_str room_roles, struct wh_str role, bool in_room)
{
	const struct wh_conf *conf = auth->settings.conf;

	if (reach >= WH_ALLOW_ADMIN && words_have(roles, "admin"))
		return true;
	if (in_room && words_have(room_roles, "owner") && conf_has(conf, "room_roles", role))
		return true;
	for (size_t i = 0; i < wh_conf_count(conf, "grants"); i++) {
		const struct wh_conf *one = wh_conf_table(conf, "grants", i);
		char name[LIVE_ROLE_ROOM];

		auth_clip(name, sizeof name, wh_conf_name(one));
		if ((strcmp(name, "admin") == 0 && reach < WH_ALLOW_ADMIN) || (strcmp(name, "moderator") == 0 && reach < WH_ALLOW_MODERATOR))
			continue;
		if (words_have(roles, name) && conf_has(one, "roles", role))
			return true;
	}
	return false;
}

static void
role_refreshed(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct role_task *t = task_of(cookie);
	struct live *live = live_find(auth, wh_str(t->id));

	if (result->err == WH_OK && live != NULL)
		live_regrant(auth, live, result->rows);
	task_end_quiet(&t->task);
}

void
role_refresh(struct auth *auth, struct wh_str account)
{
	struct role_task *t = live_find(auth, account) != NULL ? task_new(auth, sizeof *t, NULL) : NULL;
	const struct wh_cell cells[] = { WH_CELL_TEXT(account), WH_CELL_INT(wh_wall_ms(auth->host)) };

	if (t == NULL)
		return;
	auth_clip(t->id, sizeof t->id, account);
	task_run(&t->task, &TASK_STEP(ST_GRANT_OF, cells, WH_ANY), 1, role_refreshed);
}

static void
grant_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct role_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);
	struct live *live;

	if (result->err == WH_ESTATE) {
		task_fail(&t->task, WH_ENOENT, "that account has no such role there");
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	live = live_find(auth, wh_str(t->id));
	if (live != NULL)
		live_regrant(auth, live, &result->rows[1]);
	if (call != NULL) {
		auth_audit_call(auth, call, t->take ? "auth.ungranted" : "auth.granted", wh_str(t->id), wh_str(t->why));
		wh_json_text(wh_reply(call), "account", t->id);
		wh_json_text(wh_reply(call), "role", t->role);
		if (t->room[0] != '\0')
			wh_json_text(wh_reply(call), "room", t->room);
		if (!t->take)
			wh_json_int(wh_reply(call), "until", t->until);
	}
	task_done(&t->task);
}

static void
grant_store(struct role_task *t)
{
	int64_t now = wh_wall_ms(t->task.auth->host);
	const struct wh_cell id = WH_CELL_TEXT(wh_str(t->id)), role = WH_CELL_TEXT(wh_str(t->role)), room = WH_CELL_TEXT(wh_str(t->room));
	const struct wh_cell add[] = { id, role, room, WH_CELL_INT(t->until), WH_CELL_TEXT(wh_str(t->by)), WH_CELL_INT(now),
		t->why[0] != '\0' ? WH_CELL_TEXT(wh_str(t->why)) : WH_CELL_NULL };
	const struct wh_cell drop[] = { id, role, room }, of[] = { id, WH_CELL_INT(now) };
	const struct wh_step steps[] = {
		t->take ? TASK_STEP(ST_GRANT_DROP, drop, WH_ONE) : TASK_STEP(ST_GRANT_ADD, add, WH_ONE), TASK_STEP(ST_GRANT_OF, of, WH_ANY),
	};

	task_run(&t->task, steps, 2, grant_stored);
}

static void
grant_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct role_task *t = task_of(cookie);

	(void)self;
	if (!task_stored(&t->task, result))
		return;
	if (result->rows[0].n == 0 || wh_str_is(wh_row_str(result->rows, 0, AC_STATE), "erased")) {
		task_fail(&t->task, WH_ENOENT, "there is no account of that name");
		return;
	}
	auth_clip(t->id, sizeof t->id, wh_row_str(result->rows, 0, AC_ID));
	grant_store(t);
}

static enum wh_err
role_change(struct auth *auth, struct wh_call *call, bool take)
{
	struct wh_session *s = wh_call_session(call);
	const struct wh_identity *who = wh_session_identity(auth->host, s);
	struct wh_str role = wh_arg_str(call, "role"), room = wh_arg_str(call, "room");
	const struct live *live = who->kind == WH_ACCOUNT ? live_find(auth, who->id) : NULL;
	char room_roles[LIVE_ROLES_TEXT] = "";
	struct account_name name;
	struct role_task *t;

	if (live != NULL && room.n != 0)
		live_roles(auth, live, room, room_roles, sizeof room_roles);
	if (!role_may_grant(auth, wh_session_reach(auth->host, s), who->roles, wh_str(room_roles), role, room.n != 0))
		return wh_fail(call, WH_EPERM, "your roles may not grant that one, or not over this listener: auth.can explains what they may");
	if (account_name_read(wh_arg_str(call, "name"), &name) != NULL)
		return wh_fail(call, WH_ENOENT, "there is no account of that name");
	if (!take && wh_arg_has(call, "until") && wh_arg_int(call, "until") <= wh_wall_ms(auth->host))
		return wh_fail(call, WH_EINVAL, "`until` has to be in the future");
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	auth_clip(t->role, sizeof t->role, role);
	auth_clip(t->room, sizeof t->room, room);
	auth_clip(t->by, sizeof t->by, who->id);
	auth_clip(t->why, sizeof t->why, wh_arg_str(call, "why"));
	t->until = take ? 0 : wh_arg_int(call, "until");
	t->take = take;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(name.canonical)) };

	task_run(&t->task, &TASK_STEP(ST_ACCOUNT_BY_NAME, cells, WH_ANY), 1, grant_found);
	return WH_WAIT;
}

enum wh_err
role_grant(void *self, struct wh_call *call)
{
	return role_change(self, call, false);
}

enum wh_err
role_ungrant(void *self, struct wh_call *call)
{
	return role_change(self, call, true);
}

static void
grants_write(struct wh_json *w, const char *key, const struct wh_rows *rows, struct wh_str room, bool all)
{
	wh_json_array(w, key);
	for (size_t i = 0; i < rows->n; i++) {
		if (!all && wh_row_str(rows, i, 1).n != 0 && !wh_str_eq(wh_row_str(rows, i, 1), room))
			continue;
		wh_json_object(w, NULL);
		wh_json_str(w, "role", wh_row_str(rows, i, 0));
		if (wh_row_str(rows, i, 1).n != 0)
			wh_json_str(w, "room", wh_row_str(rows, i, 1));
		wh_json_int(w, "until", wh_row_int(rows, i, 2));
		wh_json_str(w, "by", wh_row_str(rows, i, 3));
		wh_json_int(w, "granted", wh_row_int(rows, i, 4));
		wh_json_str(w, "why", wh_row_str(rows, i, 5));
		wh_json_end(w);
	}
	wh_json_end(w);
}

static void
grants_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct role_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);
	struct wh_json *w;

	if (!task_stored(&t->task, result))
		return;
	if (call != NULL) {
		w = wh_reply(call);
		wh_json_text(w, "account", t->id);
		wh_json_text(w, "name", t->shown);
		if (!t->take)
			wh_json_text(w, "default", auth->settings.default_role);
		grants_write(w, "grants", result->rows, (struct wh_str){ NULL, 0 }, true);
	}
	task_done(&t->task);
}

static void
grants_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct role_task *t = task_of(cookie);

	if (!task_stored(&t->task, result))
		return;
	if (result->rows[0].n == 0) {
		task_fail(&t->task, WH_ENOENT, "there is no account of that name");
		return;
	}
	auth_clip(t->id, sizeof t->id, wh_row_str(result->rows, 0, AC_ID));
	auth_clip(t->shown, sizeof t->shown, wh_row_str(result->rows, 0, AC_NAME));
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->id)), WH_CELL_INT(wh_wall_ms(auth->host)) };

	task_run(&t->task, &TASK_STEP(ST_GRANT_LIST, cells, WH_ANY), 1, grants_read);
}

/* A task for the named account, or the caller's own. NULL: the call was failed. */
static struct role_task *
role_task_of(struct auth *auth, struct wh_call *call)
{
	struct wh_session *s = wh_call_session(call);
	const struct wh_identity *who = wh_session_identity(auth->host, s);
	struct wh_str name = wh_arg_str(call, "name");
	struct account_name read;
	struct role_task *t;

	if (name.n == 0 && !auth_signed_in(auth, call))
		return NULL;
	if (name.n == 0)
		name = who->name;
	if (account_name_read(name, &read) != NULL) {
		auth_no(auth, call, WH_ENOENT, "there is no account of that name", 0);
		return NULL;
	}
	if (!wh_str_eq(name, who->name) && !wh_session_may(auth->host, s, "auth.accounts")) {
		auth_no(auth, call, WH_EPERM, "you may ask for yourself only", 0);
		return NULL;
	}
	t = task_new(auth, sizeof *t, call);
	if (t != NULL)
		t->name = read;
	return t;
}

enum wh_err
role_grants(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct role_task *t = role_task_of(auth, call);

	if (t == NULL)
		return auth->failed;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->name.canonical)) };

	task_run(&t->task, &TASK_STEP(ST_ACCOUNT_BY_NAME, cells, WH_ANY), 1, grants_found);
	return WH_WAIT;
}

static void
can_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct role_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);
	const struct live *live = live_find(auth, wh_str(t->id));
	struct wh_session *s = live != NULL && live->first != 0 ? wh_session_get(auth->host, live->first) : NULL;
	struct wh_json *w;

	if (!task_stored(&t->task, result))
		return;
	if (call != NULL) {
		const struct wh_identity *caller = wh_session_identity(auth->host, wh_call_session(call));
		char permission[129];

		w = wh_reply(call);
		auth_clip(permission, sizeof permission, wh_arg_str(call, "permission"));
		wh_json_text(w, "account", t->id);
		wh_json_text(w, "permission", permission);
		if (wh_str_is(caller->id, t->id))
			s = wh_call_session(call);
		/* The hub knows what roles may; it can be asked of a session that has them. */
		if (s != NULL)
			wh_json_bool(w, "allowed", wh_session_may(auth->host, s, permission));
		else
			wh_json_null(w, "allowed");
		wh_json_text(w, "default", auth->settings.default_role);
		grants_write(w, "grants", result->rows, wh_str(t->room), false);
	}
	task_done(&t->task);
}

static void
can_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct role_task *t = task_of(cookie);

	if (!task_stored(&t->task, result))
		return;
	if (result->rows[0].n == 0) {
		task_fail(&t->task, WH_ENOENT, "there is no account of that name");
		return;
	}
	auth_clip(t->id, sizeof t->id, wh_row_str(result->rows, 0, AC_ID));
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->id)), WH_CELL_INT(wh_wall_ms(auth->host)) };

	task_run(&t->task, &TASK_STEP(ST_GRANT_LIST, cells, WH_ANY), 1, can_read);
}

enum wh_err
role_can(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	const struct wh_identity *who = wh_session_identity(auth->host, wh_call_session(call));
	struct role_task *t;

	if (wh_arg_str(call, "name").n == 0 && who->kind != WH_ACCOUNT) {
		char permission[129];

		auth_clip(permission, sizeof permission, wh_arg_str(call, "permission"));
		wh_json_text(wh_reply(call), "permission", permission);
		wh_json_bool(wh_reply(call), "allowed", wh_session_may(auth->host, wh_call_session(call), permission));
		wh_json_str(wh_reply(call), "default", who->roles);
		return WH_OK;
	}
	t = role_task_of(auth, call);
	if (t == NULL)
		return auth->failed;
	auth_clip(t->room, sizeof t->room, wh_arg_str(call, "room"));
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->name.canonical)) };

	task_run(&t->task, &TASK_STEP(ST_ACCOUNT_BY_NAME, cells, WH_ANY), 1, can_found);
	return WH_WAIT;
}

static void
admins_counted(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_secret secret;
	char link[URL_MOST];

	(void)cookie;
	if (result->err != WH_OK || wh_row_int(result->rows, 0, 0) != 0)
		return;
	device_secret_make(auth, TOKEN_LINK, &secret);
	memcpy(auth->first_admin.hash, secret.hash, sizeof secret.hash);
	/* The one token that is logged: it is useless once there is an administrator, or the server starts again. */
	snprintf(link, sizeof link, "%s/auth/first?token=%s", auth->settings.site, secret.text);
	wh_host_log(auth->host, WH_WARN, "first_admin", WH_SECRET("link", wh_str(link)), WH_SECRET("token", wh_str(secret.text)),
	    WH_T("what", "there is no administrator yet: open the link, which works once; or whiplyctl auth.grant NAME admin"));
	explicit_bzero(link, sizeof link);
	explicit_bzero(&secret, sizeof secret);
}

enum wh_err
role_open(struct auth *auth)
{
	const struct wh_cell cells[] = { WH_CELL_INT(wh_wall_ms(auth->host)) };

	return wh_store_run_now(&auth->table, &TASK_STEP(ST_GRANT_ADMINS, cells, WH_ANY), 1, admins_counted, 0);
}

static void
first_counted(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct role_task *t = task_of(cookie);

	if (!task_stored(&t->task, result))
		return;
	if (wh_row_int(result->rows, 0, 0) != 0) {
		explicit_bzero(&auth->first_admin, sizeof auth->first_admin);
		task_fail(&t->task, WH_ESTATE, "there is an administrator already: ask for the role");
		return;
	}
	grant_store(t);
}

bool
role_first_token(const struct auth *auth, struct wh_str token)
{
	char hash[DEVICE_HASH_ROOM];

	device_hash(token, hash);
	return auth->first_admin.hash[0] != '\0' && CRYPTO_memcmp(hash, auth->first_admin.hash, sizeof hash) == 0;
}

enum wh_err
role_first_admin(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	const struct wh_identity *who = wh_session_identity(auth->host, wh_call_session(call));
	const struct wh_cell cells[] = { WH_CELL_INT(wh_wall_ms(auth->host)) };
	struct role_task *t;

	if (!auth_signed_in(auth, call))
		return auth->failed;
	if (!role_first_token(auth, wh_arg_str(call, "token")))
		return wh_fail(call, WH_EPERM, "that is not the token of the server's log");
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	explicit_bzero(&auth->first_admin, sizeof auth->first_admin);
	auth_clip(t->id, sizeof t->id, who->id);
	auth_clip(t->by, sizeof t->by, WH_STR("server"));
	snprintf(t->role, sizeof t->role, "admin");
	snprintf(t->why, sizeof t->why, "the first administrator, by the token of the log");
	task_run(&t->task, &TASK_STEP(ST_GRANT_ADMINS, cells, WH_ANY), 1, first_counted);
	return WH_WAIT;
}
