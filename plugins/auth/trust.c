/* The service "accounts", and the counts that it keeps in memory. */
#include "trust.h"

#include <stdio.h>

#include "auth.h"

/* Somebody of another plugin waits for an answer. */
struct trust_ask {
	struct auth_task task;
	struct trust_ask *next, **link;		/* in auth->trust */
	wh_accounts_done *done;
	wh_accounts_found *found;
	void *self;				/* NULL: it no longer wants to know */
	uint64_t cookie;
	char id[ACCOUNT_ID_ROOM];
	struct account_name name;
};

static struct auth *
auth_of(struct wh_accounts *accounts)
{
	return (struct auth *)(void *)accounts;
}

static struct trust_ask *
ask_new(struct auth *auth, void *self, uint64_t cookie)
{
	struct trust_ask *ask = task_new(auth, sizeof *ask, NULL);

	if (ask == NULL)
		return NULL;
	ask->self = self;
	ask->cookie = cookie;
	ask->next = auth->trust.first;
	ask->link = &auth->trust.first;
	if (ask->next != NULL)
		ask->next->link = &ask->next;
	auth->trust.first = ask;
	return ask;
}

static void
ask_unlink(struct trust_ask *ask)
{
	*ask->link = ask->next;
	if (ask->next != NULL)
		ask->next->link = ask->link;
}

static void
ask_end(struct trust_ask *ask, enum wh_err err, const struct wh_account *account)
{
	wh_accounts_done *done = ask->done;
	wh_accounts_found *found = ask->found;
	void *self = ask->self;
	uint64_t cookie = ask->cookie;

	/* The account borrows from the store's rows, not from the ask. */
	ask_unlink(ask);
	task_end_quiet(&ask->task);
	if (self == NULL)
		return;
	if (found != NULL)
		found(self, cookie, err, account);
	else if (done != NULL)
		done(self, cookie, err);
}

static enum wh_err
ask_run(struct trust_ask *ask, const struct wh_step *steps, size_t n, wh_store_done *done)
{
	enum wh_err err = wh_store_run(&ask->task.auth->table, steps, n, done, (uintptr_t)ask);

	if (err != WH_OK) {
		ask_unlink(ask);
		task_end_quiet(&ask->task);
	}
	return err;
}

static void
said_written(void *self, uint64_t cookie, const struct wh_result *result)
{
	const struct auth *auth = self;

	(void)cookie;
	if (result->err != WH_OK)
		wh_host_log(auth->host, WH_WARN, "auth_said_not_written", WH_S("why", result->why));
}

void
trust_write(struct auth *auth, struct live *live)
{
	const struct wh_cell cells[] = { WH_CELL_INT(live->said_more), WH_CELL_TEXT(wh_str(live->id)) };

	if (wh_store_run(&auth->table, &TASK_STEP(ST_ACCOUNT_SAID, cells, WH_ANY), 1, said_written, 0) != WH_OK)
		return;
	live->said += live->said_more;
	live->said_more = 0;
}

void
trust_tick(struct auth *auth)
{
	if (!auth->lives.unsaid)
		return;
	auth->lives.unsaid = false;
	for (size_t i = 0; i < LIVE_BUCKETS; i++) {
		for (struct live *live = auth->lives.buckets[i]; live != NULL; live = live->next) {
			if (live->said_more != 0)
				trust_write(auth, live);
			auth->lives.unsaid |= live->said_more != 0;
		}
	}
}

static struct live *
live_of_session(struct auth *auth, struct wh_session *s)
{
	const struct wh_identity *who = wh_session_identity(auth->host, s);

	return who->kind == WH_ACCOUNT ? live_find(auth, who->id) : NULL;
}

static bool
service_trust(struct wh_accounts *accounts, struct wh_session *s, struct wh_trust *out)
{
	struct auth *auth = auth_of(accounts);
	const struct live *live = live_of_session(auth, s);

	*out = (struct wh_trust){ .account = false };
	if (live == NULL)
		return false;
	*out = (struct wh_trust){ .account = true, .bot = live->bot, .mail_confirmed = live->confirmed,
		.age_ms = wh_wall_ms(auth->host) - live->created, .said = live->said + live->said_more, .strikes = live->strikes };
	return true;
}

static void
service_said(struct wh_accounts *accounts, struct wh_session *s)
{
	struct auth *auth = auth_of(accounts);
	struct live *live = live_of_session(auth, s);

	if (live == NULL)
		return;
	live->said_more++;
	auth->lives.unsaid = true;
}

static void
struck(void *self, uint64_t cookie, const struct wh_result *result)
{
	const struct auth *auth = self;

	(void)cookie;
	if (result->err != WH_OK)
		wh_host_log(auth->host, WH_ERROR, "auth_strike_not_written", WH_S("why", result->why));
}

static enum wh_err
service_strike(struct wh_accounts *accounts, struct wh_str account, int64_t more, struct wh_str by, struct wh_str why)
{
	struct auth *auth = auth_of(accounts);
	struct live *live = live_find(auth, account);
	const struct wh_cell cells[] = { WH_CELL_INT(more), WH_CELL_TEXT(account) };
	enum wh_err err = wh_store_run(&auth->table, &TASK_STEP(ST_ACCOUNT_STRIKE, cells, WH_ANY), 1, struck, 0);

	if (err != WH_OK)
		return err;
	if (live != NULL)
		live->strikes += more;
	auth_audit(auth, by, (struct wh_str){ NULL, 0 }, more > 0 ? "auth.strike" : "auth.strike_taken_back", account, (struct wh_str){ NULL, 0 }, why);
	return WH_OK;
}

static struct wh_str
service_room_role(struct wh_accounts *accounts, struct wh_session *s, struct wh_str room)
{
	struct auth *auth = auth_of(accounts);
	const struct live *live = live_of_session(auth, s);

	if (live == NULL || room.n == 0)
		return (struct wh_str){ NULL, 0 };
	return live_roles(auth, live, room, auth->room_roles, sizeof auth->room_roles);
}

static void
service_granted(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct trust_ask *ask = task_of(cookie);
	struct live *live = live_find(auth, wh_str(ask->id));

	if (result->err == WH_OK && live != NULL)
		live_regrant(auth, live, &result->rows[1]);
	ask_end(ask, result->err == WH_ESTATE ? WH_ENOENT : result->err, NULL);
}

static enum wh_err
service_change(struct wh_accounts *accounts, const struct wh_account_grant *g, bool take, wh_accounts_done *done, void *self, uint64_t cookie)
{
	struct auth *auth = auth_of(accounts);
	int64_t now = wh_wall_ms(auth->host);
	struct trust_ask *ask;
	const struct wh_cell id = WH_CELL_TEXT(g->account), role = WH_CELL_TEXT(g->role), room = WH_CELL_TEXT(g->room);
	const struct wh_cell add[] = { id, role, room, WH_CELL_INT(g->until), WH_CELL_TEXT(g->by.n != 0 ? g->by : WH_STR("server")), WH_CELL_INT(now),
		g->why.n != 0 ? WH_CELL_TEXT(g->why) : WH_CELL_NULL };
	const struct wh_cell drop[] = { id, role, room }, of[] = { id, WH_CELL_INT(now) };
	const struct wh_step steps[] = {
		take ? TASK_STEP(ST_GRANT_DROP, drop, WH_ONE) : TASK_STEP(ST_GRANT_ADD, add, WH_ONE), TASK_STEP(ST_GRANT_OF, of, WH_ANY),
	};
	enum wh_err err;

	if (g->account.n == 0 || g->account.n > ACCOUNT_ID || g->role.n == 0 || g->role.n >= LIVE_ROLE_ROOM || g->room.n >= LIVE_ROOM_ROOM ||
	    memchr(g->role.p, ' ', g->role.n) != NULL)
		return WH_EINVAL;
	ask = ask_new(auth, self, cookie);
	if (ask == NULL)
		return WH_EFULL;
	auth_clip(ask->id, sizeof ask->id, g->account);
	ask->done = done;
	err = ask_run(ask, steps, 2, service_granted);
	if (err == WH_OK)
		auth_audit(auth, g->by, (struct wh_str){ NULL, 0 }, take ? "auth.ungranted" : "auth.granted", g->account, (struct wh_str){ NULL, 0 }, g->why);
	return err;
}

static enum wh_err
service_grant(struct wh_accounts *accounts, const struct wh_account_grant *g, wh_accounts_done *done, void *self, uint64_t cookie)
{
	return service_change(accounts, g, false, done, self, cookie);
}

static enum wh_err
service_ungrant(struct wh_accounts *accounts, const struct wh_account_grant *g, wh_accounts_done *done, void *self, uint64_t cookie)
{
	return service_change(accounts, g, true, done, self, cookie);
}

/* Nobody has a role yet in a room that is of that name only now; when it is told again, all is as it was. */
static void
service_room_moved(struct wh_accounts *accounts, struct wh_str from, struct wh_str to)
{
	struct auth *auth = auth_of(accounts);
	const struct wh_cell cells[] = { WH_CELL_TEXT(from), WH_CELL_TEXT(to) };
	const struct wh_step steps[] = { { ST_GRANT_ROOM_DROP, cells, 2, WH_ANY }, { ST_GRANT_ROOM_MOVE, cells, 2, WH_ANY } };

	lives_room_moved(auth, from, to);
	if (wh_store_run(&auth->table, steps, 2, NULL, 0) != WH_OK)
		wh_host_log(auth->host, WH_ERROR, "roles_not_moved", WH_S("from", from), WH_S("to", to));
}

static void
service_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct trust_ask *ask = task_of(cookie);
	const struct wh_rows *rows = result->rows;
	struct wh_account account = { .bot = false };
	const struct live *live;

	for (size_t i = 0; result->err == WH_OK && i < result->n; i++, rows++) {
		if (rows->n == 0)
			continue;
		account.id = wh_row_str(rows, 0, AC_ID);
		account.name = wh_row_str(rows, 0, AC_NAME);
		account.state = wh_row_str(rows, 0, AC_STATE);
		account.bot = wh_str_is(wh_row_str(rows, 0, AC_KIND), "bot");
		account.created = wh_row_int(rows, 0, AC_CREATED);
		live = live_find(auth, account.id);
		account.trust = (struct wh_trust){ .account = true, .bot = account.bot, .mail_confirmed = wh_row_int(rows, 0, AC_CONFIRMED) != 0,
			.age_ms = wh_wall_ms(auth->host) - account.created, .said = wh_row_int(rows, 0, AC_SAID) + (live != NULL ? live->said_more : 0),
			.strikes = wh_row_int(rows, 0, AC_STRIKES) };
		ask_end(ask, WH_OK, &account);
		return;
	}
	ask_end(ask, result->err == WH_OK ? WH_ENOENT : result->err, NULL);
}

static enum wh_err
service_find(struct wh_accounts *accounts, struct wh_str name_or_id, wh_accounts_found *done, void *self, uint64_t cookie)
{
	struct auth *auth = auth_of(accounts);
	struct trust_ask *ask = ask_new(auth, self, cookie);
	bool named;

	if (ask == NULL)
		return WH_EFULL;
	ask->found = done;
	named = account_name_read(name_or_id, &ask->name) == NULL;
	const struct wh_cell id[] = { WH_CELL_TEXT(name_or_id) }, name[] = { WH_CELL_TEXT(wh_str(named ? ask->name.canonical : "!")) };
	const struct wh_step steps[] = { TASK_STEP(ST_ACCOUNT_BY_ID, id, WH_ANY), TASK_STEP(ST_ACCOUNT_BY_NAME, name, WH_ANY) };

	return ask_run(ask, steps, 2, service_found);
}

static void
service_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct trust_ask *ask = task_of(cookie);

	if (result->err != WH_OK)
		ask_end(ask, result->err, NULL);
	else
		ask_end(ask, account_look_taken(result->rows, (struct wh_str){ NULL, 0 }, wh_wall_ms(auth->host)) ? WH_EEXIST : WH_OK, NULL);
}

static enum wh_err
service_taken(struct wh_accounts *accounts, struct wh_str text, wh_accounts_done *done, void *self, uint64_t cookie)
{
	struct auth *auth = auth_of(accounts);
	struct trust_ask *ask = ask_new(auth, self, cookie);
	struct wh_cell looks[ACCOUNT_LOOKS];

	if (ask == NULL)
		return WH_EFULL;
	ask->done = done;
	if (account_guest_name_read(text, &ask->name) != NULL) {
		ask_end(ask, WH_EINVAL, NULL);
		return WH_OK;
	}
	if (account_name_reserved(auth, &ask->name)) {
		ask_end(ask, WH_EEXIST, NULL);
		return WH_OK;
	}
	account_look_cells(&ask->name, looks);
	return ask_run(ask, &TASK_STEP(ST_NAME_LOOK, looks, WH_ANY), 1, service_looked);
}

static unsigned
service_close(struct wh_accounts *accounts, struct wh_str account, struct wh_str why)
{
	char text[256];

	auth_clip(text, sizeof text, why);
	return live_close(auth_of(accounts), account, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, text);
}

static void
service_forget(struct wh_accounts *accounts, void *self)
{
	for (struct trust_ask *ask = auth_of(accounts)->trust.first; ask != NULL; ask = ask->next)
		if (ask->self == self)
			ask->self = NULL;
	lives_unwish(auth_of(accounts), self);
}

static enum wh_err
service_settle(struct wh_accounts *accounts, wh_accounts_settled *settled, void *self)
{
	return lives_settle(auth_of(accounts), settled, self);
}

const struct wh_accounts_ops trust_service = {
	.trust = service_trust, .said = service_said, .strike = service_strike, .room_role = service_room_role, .grant = service_grant,
	.ungrant = service_ungrant, .find = service_find, .taken = service_taken, .close = service_close, .forget = service_forget, .settle = service_settle, .room_moved = service_room_moved,
};
