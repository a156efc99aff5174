/* The bots and keys of bot.h. */
#include "bot.h"

#include <stdio.h>

#include "auth.h"
#include "device_own.h"

const struct wh_field bot_create_fields[] = {
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the bot's name" },
	{ 0 }
};

const struct wh_field bot_fields[] = {
	{ "bot", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the bot's name or id" },
	{ 0 }
};

const struct wh_field bot_key_fields[] = {
	{ "bot", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the bot's name or id" },
	{ "name", WH_F_TEXT, .max = DEVICE_NAME, .help = "a name for the key" },
	{ "scopes", WH_F_TEXT, .required = true, .min = 1, .max = BOT_SCOPES, .help = "commands that it may call, with blanks between: \"chat.say chat.*\"" },
	{ "expires", WH_F_TIME, .help = "when it ends; without it: never" },
	{ 0 }
};

const struct wh_field bot_revoke_fields[] = {
	{ "key", WH_F_ID, .required = true, .min = 1, .max = 32, .help = "as auth.keys names it" },
	{ 0 }
};

const struct wh_field bot_app_fields[] = {
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = DEVICE_NAME, .help = "the program that it is for" },
	{ "password", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the account's; not needed just after signing in, see recent_time" },
	{ 0 }
};

static const int64_t forever = 253402300799000;	/* the end of the year 9999 */

struct bot_task {
	struct proof_task proof;
	char account[ACCOUNT_ID_ROOM];		/* who calls */
	char id[ACCOUNT_ID_ROOM];		/* of the bot */
	char device[DEVICE_ID_ROOM];
	struct account_name name;
	struct credential credential;
	wh_store_done *then;
};

void
credential_prepare(struct auth *auth, struct credential *c, char letter, struct wh_str name, int64_t expires)
{
	auth_id(auth, letter, c->id);
	auth_clip(c->name, sizeof c->name, name);
	c->expires = expires != 0 ? expires : forever;
	if (c->token.hash[0] == '\0')
		device_secret_make(auth, letter == BOT_LETTER_KEY ? TOKEN_BOT : TOKEN_APP, &c->token);
	device_secret_make(auth, TOKEN_REFRESH, &c->refresh);
}

struct wh_step
credential_step(struct auth *auth, struct credential *c)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(c->id)), WH_CELL_TEXT(wh_str(c->account)), WH_CELL_TEXT(wh_str(c->token.hash)),
		WH_CELL_TEXT(wh_str(c->refresh.hash)), WH_CELL_INT(c->expires), WH_CELL_INT(wh_wall_ms(auth->host)), WH_CELL_TEXT(wh_str(c->name)),
		WH_CELL_TEXT(wh_str(c->scopes)), WH_CELL_INT(BOT_CREDENTIALS_MOST) };

	memcpy(c->cells, cells, sizeof cells);
	return TASK_STEP(ST_CREDENTIAL_ADD, c->cells, WH_ONE);
}

/* An account that lets many sites in stays small: what has no connection is forgotten, and looked up when it comes again. */
static void
bot_keys_trim(struct auth *auth, struct live *live)
{
	unsigned n = 0;

	for (struct bot_key **at = &live->keys, *key; (key = *at) != NULL;) {
		if (++n < BOT_KEYS_KNOWN || live_device(auth, wh_str(live->id), wh_str(key->device))) {
			at = &key->next;
			continue;
		}
		*at = key->next;
		device_forget(auth, wh_str(live->id), wh_str(key->device));
		wh_delete(auth->host, key);
	}
}

enum wh_err
bot_key_learn(struct auth *auth, struct live *live, const struct wh_rows *row)
{
	struct wh_str device = wh_row_str(row, 0, DC_ID), scopes = wh_row_str(row, 0, DC_SCOPES);
	struct bot_key *key = live->keys;

	if (scopes.n == 0)
		return WH_OK;
	while (key != NULL && !wh_str_is(device, key->device))
		key = key->next;
	if (key == NULL) {
		key = wh_new(auth->host, sizeof *key);
		if (key == NULL)
			return WH_ENOMEM;
		bot_keys_trim(auth, live);
		auth_clip(key->device, sizeof key->device, device);
		key->next = live->keys;
		live->keys = key;
	}
	auth_clip(key->scopes, sizeof key->scopes, scopes);
	/* Of a family of tokens the one that lives longest counts. */
	if (wh_row_int(row, 0, DC_EXPIRES) > key->expires || device.p[0] != PROVIDER_LETTER)
		key->expires = wh_row_int(row, 0, DC_EXPIRES);
	return WH_OK;
}

void
bot_key_forget(struct auth *auth, struct wh_str account, struct wh_str device)
{
	struct live *live = live_find(auth, account);
	struct bot_key **at = live != NULL ? &live->keys : NULL;

	while (at != NULL && *at != NULL) {
		struct bot_key *key = *at;

		if (device.n != 0 && !wh_str_is(device, key->device)) {
			at = &key->next;
			continue;
		}
		*at = key->next;
		wh_delete(auth->host, key);
	}
}

void
bot_keys_free(struct auth *auth, struct live *live)
{
	while (live->keys != NULL) {
		struct bot_key *key = live->keys;

		live->keys = key->next;
		wh_delete(auth->host, key);
	}
}

/* The next word of a text with blanks between. */
static bool
word_next(struct wh_str *text, struct wh_str *word_out)
{
	const char *blank;

	while (text->n != 0 && *text->p == ' ')
		*text = wh_str_from(*text, 1);
	blank = text->n != 0 ? memchr(text->p, ' ', text->n) : NULL;
	*word_out = (struct wh_str){ text->p, blank != NULL ? (size_t)(blank - text->p) : text->n };
	*text = wh_str_from(*text, word_out->n);
	return word_out->n != 0;
}

/* A scope is a command, or the beginning of some and `*`. */
static bool
scope_good(struct wh_str scope)
{
	for (size_t i = 0; i < scope.n; i++) {
		char c = scope.p[i];

		if (c == '*' && i + 1 == scope.n && (i == 0 || scope.p[i - 1] == '.'))
			return true;
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'))
			return false;
	}
	return true;
}

static bool
scopes_good(struct wh_str scopes)
{
	struct wh_str scope;
	unsigned n = 0;

	while (word_next(&scopes, &scope))
		if (!scope_good(scope) || ++n > BOT_SCOPES_MOST)
			return false;
	return n != 0;
}

static bool
scopes_have(struct wh_str scopes, struct wh_str command, bool by_name)
{
	struct wh_str scope;

	while (word_next(&scopes, &scope)) {
		if (wh_str_eq(scope, command))
			return true;
		if (!by_name && scope.p[scope.n - 1] == '*' && wh_str_starts(command, (struct wh_str){ scope.p, scope.n - 1 }))
			return true;
	}
	return false;
}

static bool
one_of(struct wh_str command, const char *const *list)
{
	for (; *list != NULL; list++)
		if (wh_str_is(command, *list))
			return true;
	return false;
}

const struct bot_key *
bot_key(struct auth *auth, struct wh_session *s)
{
	const char *device = live_of(auth, s)->device;
	const struct live *live = device[0] != '\0' ? live_find(auth, wh_session_identity(auth->host, s)->id) : NULL;
	const struct bot_key *key = live != NULL ? live->keys : NULL;

	while (key != NULL && strcmp(key->device, device) != 0)
		key = key->next;
	return key;
}

enum wh_verdict
bot_attempt(struct auth *auth, struct wh_attempt *a)
{
	/* What everybody may. */
	static const char *const always[] = { "session.ping", "session.whoami", "session.resume", "auth.whoami", "auth.account", "auth.available",
		"auth.can", NULL };
	/* What of auth a key may if its scopes say so by name: a glob opens none of it, and nothing opens the rest. */
	static const char *const named[] = { "auth.accounts", "auth.grants", "auth.grant", "auth.ungrant", "auth.invite", "auth.approve", "auth.deny",
		"auth.disable", "auth.enable", NULL };
	struct wh_session *s = wh_call_session(a->call);
	const struct live_session *own = live_of(auth, s);
	struct wh_str command = wh_str(a->command->name);
	const struct bot_key *key;
	bool ours = wh_str_starts(command, WH_STR("auth."));
	char letter = own->device[0];

	if (letter != BOT_LETTER_KEY && letter != BOT_LETTER_APP && letter != BOT_LETTER_CERTIFICATE)
		return WH_PASS;
	if (one_of(command, always))
		return WH_PASS;
	if (letter != BOT_LETTER_KEY) {
		if (!ours)
			return WH_PASS;
		return wh_refuse(&a->at, WH_EPERM, "you came with an app password or a certificate; for this sign in with your password", 0);
	}
	key = bot_key(auth, s);
	if (key == NULL)
		return wh_refuse(&a->at, WH_EAWAY, "your key is being looked up; try again", 1000);
	if (key->expires <= wh_wall_ms(auth->host))
		return wh_refuse(&a->at, WH_EAUTH, "your key has expired", 0);
	if ((!ours || one_of(command, named)) && scopes_have(wh_str(key->scopes), command, ours))
		return WH_PASS;
	return wh_refuse(&a->at, WH_EPERM, "the scopes of your key do not have this command", 0);
}

static void
owner_gone(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;

	(void)cookie;
	for (size_t i = 0; result->err == WH_OK && i < result->rows->n; i++)
		device_revoked(auth, wh_row_str(result->rows, i, 0), (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "this bot's owner is gone");
}

void
bot_owner_gone(struct auth *auth, struct wh_str owner)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(owner) };

	if (wh_store_run(&auth->table, &TASK_STEP(ST_BOT_LIST, cells, WH_ANY), 1, owner_gone, 0) != WH_OK)
		wh_host_log(auth->host, WH_WARN, "auth_bots_not_closed", WH_S("owner", owner));
}

static struct bot_task *
bot_task_new(struct auth *auth, struct wh_call *call)
{
	struct bot_task *t = auth_signed_in(auth, call) ? task_new(auth, sizeof *t, call) : NULL;

	if (t != NULL)
		auth_clip(t->account, sizeof t->account, wh_session_identity(auth->host, wh_call_session(call))->id);
	return t;
}

/* Making one. */
static void
created(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct bot_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);

	if (result->err == WH_EEXIST) {
		account_refuse_taken(&t->proof.task, &t->name);
		return;
	}
	if (result->err == WH_ESTATE && result->step == 0) {
		task_fail(&t->proof.task, WH_EFULL, "you have as many bots as you may; one that you removed counts for a day");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	if (call != NULL) {
		auth_audit_call(auth, call, "auth.bot_created", wh_str(t->id), wh_str(t->name.shown));
		wh_json_text(wh_reply(call), "bot", t->id);
		wh_json_text(wh_reply(call), "name", t->name.shown);
	}
	task_done(&t->proof.task);
}

enum wh_err
bot_create(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct account_name name;
	const char *flaw = account_name_read(wh_arg_str(call, "name"), &name);
	struct account_name_cells names;
	struct wh_step steps[1 + 2 * ACCOUNT_LOOKS];
	int64_t now = wh_wall_ms(auth->host);
	struct bot_task *t;
	size_t n = 0;

	if (!auth_signed_in(auth, call) || !account_name_good(auth, call, flaw, &name))
		return auth->failed;
	t = bot_task_new(auth, call);
	if (t == NULL)
		return auth->failed;
	t->name = name;
	auth_id(auth, 'a', t->id);
	const struct wh_cell add[] = { WH_CELL_TEXT(wh_str(t->id)), WH_CELL_TEXT(wh_str(name.shown)), WH_CELL_TEXT(wh_str(name.canonical)),
		WH_CELL_INT(now), WH_CELL_TEXT(wh_str(t->account)), WH_CELL_INT(auth->settings.bots), WH_CELL_INT(now - BOT_ADD_MS) };

	steps[n++] = TASK_STEP(ST_BOT_ADD, add, WH_ONE);
	n = account_name_steps(&t->name, t->id, now, &names, steps, n);
	task_run(&t->proof.task, steps, n, created);
	return WH_WAIT;
}

static void
bot_row(const struct auth_task *task, struct wh_json *w, const struct wh_rows *rows, size_t i)
{
	(void)task;
	wh_json_str(w, "bot", wh_row_str(rows, i, 0));
	wh_json_str(w, "name", wh_row_str(rows, i, 1));
	wh_json_str(w, "state", wh_row_str(rows, i, 2));
	wh_json_int(w, "created", wh_row_int(rows, i, 3));
}

static void
listed(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	task_list(task_of(cookie), result, "bots", bot_row);
}

enum wh_err
bot_list(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct bot_task *t = bot_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->proof.task, &TASK_STEP(ST_BOT_LIST, cells, WH_ANY), 1, listed);
	return WH_WAIT;
}

/* The bot that a call names, if it is the caller's. */
static void
found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct bot_task *t = task_of(cookie);

	if (!task_stored(&t->proof.task, result))
		return;
	if (result->rows->n == 0) {
		task_fail(&t->proof.task, WH_ENOENT, "you have no bot of that name");
		return;
	}
	auth_clip(t->id, sizeof t->id, wh_row_str(result->rows, 0, 0));
	t->then(self, cookie, result);
}

static enum wh_err
bot_find(struct bot_task *t, struct wh_call *call, wh_store_done *then)
{
	struct wh_str bot = wh_arg_str(call, "bot");
	struct account_name name;

	if (account_name_read(bot, &name) != NULL)
		memcpy(name.canonical, "!", 2);
	t->then = then;
	const struct wh_cell cells[] = { WH_CELL_TEXT(bot), WH_CELL_TEXT(wh_str(name.canonical)), WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->proof.task, &TASK_STEP(ST_BOT_FIND, cells, WH_ANY), 1, found);
	return WH_WAIT;
}

static void
removed(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct bot_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	char id[ACCOUNT_ID_ROOM];

	if (!task_stored(&t->proof.task, result))
		return;
	memcpy(id, t->id, sizeof id);
	if (call != NULL)
		auth_audit_call(auth, call, "auth.bot_removed", wh_str(id), (struct wh_str){ NULL, 0 });
	task_done(&t->proof.task);
	device_revoked(auth, wh_str(id), (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, "this bot was removed");
}

static void
remove_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct bot_task *t = task_of(cookie);
	const struct wh_cell bot[] = { WH_CELL_TEXT(wh_str(t->id)), WH_CELL_TEXT(wh_str(t->account)) }, only[] = { bot[0] };
	const struct wh_step steps[] = { TASK_STEP(ST_BOT_REMOVE, bot, WH_ONE), TASK_STEP(ST_DEVICE_DROP_ALL, only, WH_ANY) };

	(void)self;
	(void)result;
	task_run(&t->proof.task, steps, 2, removed);
}

enum wh_err
bot_remove(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct bot_task *t = bot_task_new(auth, call);

	return t != NULL ? bot_find(t, call, remove_found) : auth->failed;
}

/* Keys and app passwords. */
static void
credential_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct bot_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	bool key = t->credential.id[0] == BOT_LETTER_KEY;

	if (result->err == WH_ESTATE) {
		task_fail(&t->proof.task, WH_EFULL, "there are as many already as there may be; revoke one first");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	if (call != NULL) {
		auth_audit_call(auth, call, key ? "auth.key_created" : "auth.app_password", wh_str(t->credential.id), wh_str(t->credential.scopes));
		wh_json_text(wh_reply(call), key ? "key" : "device", t->credential.id);
		wh_json_text(wh_reply(call), key ? "token" : "password", t->credential.token.text);
	}
	task_done(&t->proof.task);
}

static void
key_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct bot_task *t = task_of(cookie);
	struct wh_step step;

	(void)result;
	memcpy(t->credential.account, t->id, sizeof t->id);
	step = credential_step(auth, &t->credential);
	task_run(&t->proof.task, &step, 1, credential_stored);
}

enum wh_err
bot_key_create(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_str scopes = wh_arg_str(call, "scopes");
	int64_t expires = wh_arg_int(call, "expires");
	struct bot_task *t;

	if (!scopes_good(scopes))
		return wh_fail(call, WH_EINVAL, "scopes are commands with blanks between, at most 32, and `*` may stand for the end of one: \"chat.say room.*\"");
	if (wh_arg_has(call, "expires") && expires <= wh_wall_ms(auth->host))
		return wh_fail(call, WH_EINVAL, "that time is over");
	t = bot_task_new(auth, call);
	if (t == NULL)
		return auth->failed;
	auth_clip(t->credential.scopes, sizeof t->credential.scopes, scopes);
	credential_prepare(auth, &t->credential, BOT_LETTER_KEY, wh_arg_str(call, "name").n != 0 ? wh_arg_str(call, "name") : WH_STR("key"), expires);
	return bot_find(t, call, key_found);
}

static void
key_row(const struct auth_task *task, struct wh_json *w, const struct wh_rows *rows, size_t i)
{
	(void)task;
	wh_json_str(w, "key", wh_row_str(rows, i, 0));
	wh_json_str(w, "name", wh_row_str(rows, i, 1));
	wh_json_str(w, "scopes", wh_row_str(rows, i, 2));
	wh_json_int(w, "created", wh_row_int(rows, i, 3));
	wh_json_int(w, "used", wh_row_int(rows, i, 4));
	wh_json_int(w, "expires", wh_row_int(rows, i, 5) < forever ? wh_row_int(rows, i, 5) : 0);
}

static void
keys_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	task_list(task_of(cookie), result, "keys", key_row);
}

static void
keys_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct bot_task *t = task_of(cookie);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->id)) };

	(void)self;
	(void)result;
	task_run(&t->proof.task, &TASK_STEP(ST_CREDENTIAL_LIST, cells, WH_ANY), 1, keys_read);
}

enum wh_err
bot_keys(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct bot_task *t = bot_task_new(auth, call);

	return t != NULL ? bot_find(t, call, keys_found) : auth->failed;
}

static void
key_dropped(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct bot_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	char id[ACCOUNT_ID_ROOM], device[DEVICE_ID_ROOM];

	if (!task_stored(&t->proof.task, result))
		return;
	memcpy(id, t->id, sizeof id);
	memcpy(device, t->device, sizeof device);
	if (call != NULL)
		auth_audit_call(auth, call, "auth.key_revoked", wh_str(device), (struct wh_str){ NULL, 0 });
	task_done(&t->proof.task);
	device_revoked(auth, wh_str(id), wh_str(device), (struct wh_str){ NULL, 0 }, "this key was revoked");
}

static void
key_owned(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct bot_task *t = task_of(cookie);

	(void)self;
	if (!task_stored(&t->proof.task, result))
		return;
	if (result->rows->n == 0) {
		task_fail(&t->proof.task, WH_ENOENT, "no bot of yours has such a key");
		return;
	}
	auth_clip(t->id, sizeof t->id, wh_row_str(result->rows, 0, 0));
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->device)), WH_CELL_TEXT(wh_str(t->id)) };

	task_run(&t->proof.task, &TASK_STEP(ST_DEVICE_DROP, cells, WH_ANY), 1, key_dropped);
}

enum wh_err
bot_key_revoke(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct bot_task *t = bot_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	auth_clip(t->device, sizeof t->device, wh_arg_str(call, "key"));
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_arg_str(call, "key")), WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->proof.task, &TASK_STEP(ST_CREDENTIAL_OF, cells, WH_ANY), 1, key_owned);
	return WH_WAIT;
}

static void
app_proved(struct auth_task *task)
{
	struct bot_task *t = (struct bot_task *)task;
	struct wh_step step;

	memcpy(t->credential.account, t->proof.proof.account, sizeof t->credential.account);
	step = credential_step(task->auth, &t->credential);
	task_run(task, &step, 1, credential_stored);
}

enum wh_err
bot_app_password(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct bot_task *t = second_proof_new(auth, call, sizeof *t);

	if (t == NULL)
		return auth->failed;
	memcpy(t->credential.scopes, "sasl", 5);
	credential_prepare(auth, &t->credential, BOT_LETTER_APP, wh_arg_str(call, "name"), 0);
	return second_proof_run(&t->proof, call, app_proved);
}
