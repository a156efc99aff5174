/* What the tests of chat's commands share: the plugin on the fake host with the real store, and a service of accounts that the test plays. */
#ifndef CHAT_TESTING_CHAT_H
#define CHAT_TESTING_CHAT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sqlite3.h>

#include <whiply/accounts.h>
#include <whiply/assert.h>

enum { PLAYED_GRANTS = 32 };

/** Accounts of the test: everybody whose name is in `known` has the id "id-NAME", as wh_test_session gives it. */
struct fixture {
	struct wh_test *t;
	struct wh_service row;
	const char *known;		/* names between blanks, " ann bob " */
	struct wh_trust trust;
	struct {
		char account[64], room[64], role[16];
	} grants[PLAYED_GRANTS];
	unsigned n_grants, said;
	enum wh_err grant_err;
	char roles[64];
	unsigned moves;			/* rooms of another name that accounts were told of */
	char moved[160];		/* the last one: from>to */
	bool unsettled;			/* accounts have to be looked up: until wh_test_settle() */
	wh_accounts_settled *settled;
	void *settled_self;
};

static enum wh_err
played_find(struct wh_accounts *accounts, struct wh_str name_or_id, wh_accounts_found *done, void *self, uint64_t cookie)
{
	struct fixture *f = (struct fixture *)(void *)accounts;
	struct wh_str name = wh_str_starts(name_or_id, WH_STR("id-")) ? wh_str_from(name_or_id, 3) : name_or_id;
	char find[96], id[96];

	snprintf(find, sizeof find, " %.*s ", WH_FMT(name));
	snprintf(id, sizeof id, "id-%.*s", WH_FMT(name));
	if (strstr(f->known, find) == NULL)
		done(self, cookie, WH_ENOENT, NULL);
	else
		done(self, cookie, WH_OK, &(struct wh_account){ .id = wh_str(id), .name = name, .state = WH_STR("active") });
	return WH_OK;
}

static bool
played_trust(struct wh_accounts *accounts, struct wh_session *s, struct wh_trust *out)
{
	(void)s;
	*out = ((struct fixture *)(void *)accounts)->trust;
	return true;
}

static void
played_said(struct wh_accounts *accounts, struct wh_session *s)
{
	(void)s;
	((struct fixture *)(void *)accounts)->said++;
}

static struct wh_str
played_room_role(struct wh_accounts *accounts, struct wh_session *s, struct wh_str room)
{
	struct fixture *f = (struct fixture *)(void *)accounts;
	const struct wh_identity *who = wh_session_identity(wh_test_host(f->t), s);
	size_t n = 0;

	f->roles[0] = '\0';
	for (unsigned i = 0; i < f->n_grants && !f->unsettled; i++)
		if (wh_str_is(who->id, f->grants[i].account) && wh_str_is(room, f->grants[i].room))
			n += (size_t)snprintf(f->roles + n, sizeof f->roles - n, "%s%s", n != 0 ? " " : "", f->grants[i].role);
	return wh_str(f->roles);
}

static enum wh_err
played_grant(struct wh_accounts *accounts, const struct wh_account_grant *grant, wh_accounts_done *done, void *self, uint64_t cookie)
{
	struct fixture *f = (struct fixture *)(void *)accounts;

	if (f->grant_err == WH_OK) {
		assert_true(f->n_grants < PLAYED_GRANTS);
		snprintf(f->grants[f->n_grants].account, 64, "%.*s", WH_FMT(grant->account));
		snprintf(f->grants[f->n_grants].room, 64, "%.*s", WH_FMT(grant->room));
		snprintf(f->grants[f->n_grants++].role, 16, "%.*s", WH_FMT(grant->role));
	}
	if (done != NULL)
		done(self, cookie, f->grant_err);
	return WH_OK;
}

static enum wh_err
played_ungrant(struct wh_accounts *accounts, const struct wh_account_grant *grant, wh_accounts_done *done, void *self, uint64_t cookie)
{
	struct fixture *f = (struct fixture *)(void *)accounts;
	enum wh_err err = WH_ENOENT;

	for (unsigned i = 0; i < f->n_grants; i++)
		if (wh_str_is(grant->account, f->grants[i].account) && wh_str_is(grant->room, f->grants[i].room) && wh_str_is(grant->role, f->grants[i].role)) {
			f->grants[i] = f->grants[--f->n_grants];
			err = WH_OK;
			break;
		}
	if (done != NULL)
		done(self, cookie, err);
	return WH_OK;
}

static void
played_forget(struct wh_accounts *accounts, void *self)
{
	(void)accounts;
	(void)self;
}

static enum wh_err
played_settle(struct wh_accounts *accounts, wh_accounts_settled *settled, void *self)
{
	struct fixture *f = (struct fixture *)(void *)accounts;

	f->settled = settled;
	f->settled_self = self;
	return f->unsettled ? WH_WAIT : WH_OK;
}

static void
played_room_moved(struct wh_accounts *accounts, struct wh_str from, struct wh_str to)
{
	struct fixture *f = (struct fixture *)(void *)accounts;

	f->moves++;
	snprintf(f->moved, sizeof f->moved, "%.*s>%.*s", WH_FMT(from), WH_FMT(to));
}

static const struct wh_accounts_ops played_accounts = { .room_moved = played_room_moved, .trust = played_trust, .said = played_said, .room_role = played_room_role,
	.grant = played_grant, .ungrant = played_ungrant, .find = played_find, .forget = played_forget, .settle = played_settle };

/** Opens the plugin. `known`: the names that have an account; NULL: there are no accounts at all. */
static inline struct fixture *
begin_with(const char *settings, const char *known)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->known = known;
	f->t = wh_test_new(&whiply_plugin);
	f->row = (struct wh_service){ "accounts", WH_ACCOUNTS_VERSION, &played_accounts };
	wh_test_load(f->t, "sqlite", NULL);
	if (known != NULL)
		wh_test_offer(f->t, &f->row, f);
	if (wh_test_open(f->t, settings) != WH_OK)
		fail_msg("%s; %s", wh_test_why(f->t), wh_test_logged(f->t, "schema_not_opened"));
	return f;
}

static inline struct fixture *
begin(const char *settings)
{
	return begin_with(settings, " ann bob cleo dora ");
}

static inline void
end(struct fixture *f)
{
	wh_test_settle(f->t);
	wh_test_end(&f->t);
	free(f);
}

static inline const struct wh_test_answer *
call(struct fixture *f, struct wh_session *s, const char *command, const char *args)
{
	return wh_test_ask(f->t, s, command, args);
}

#define assert_call(f, s, command, args, expected) wh_assert_ask((f)->t, s, command, args, expected)

/** Says something and gives its id. */
static inline const char *
said(struct fixture *f, struct wh_session *s, const char *room, const char *text, char id[256])
{
	char args[4200];

	snprintf(args, sizeof args, "{'room':'%s','text':'%s'}", room, text);
	return wh_member(call(f, s, "chat.say", args), "id", id);
}

/** Does something to the store behind the plugin's back. */
static inline void
behind(struct fixture *f, const char *sql)
{
	const char *dir = wh_test_state_dir(f->t), *end = strrchr(dir, '/');
	char path[512], *why = NULL;
	sqlite3 *db = NULL;

	snprintf(path, sizeof path, "%.*s/sqlite/whiply.db", (int)(end - dir), dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

/** The store as a hub leaves it that dies when a room's new name is written, and its people are not moved yet. */
static inline void
rename_behind(struct fixture *f, const char *key, const char *name)
{
	char sql[700];

	snprintf(sql, sizeof sql, "INSERT INTO chat_moved (key, name, room, time, told, who, who_name, reason) SELECT key, name, id, %lld, 0, 'id-ann', 'ann', 'better' "
		"FROM chat_room WHERE key = 'den'; UPDATE chat_room SET key = '%s', name = '%s' WHERE key = 'den'", (long long)wh_wall_ms(wh_test_host(f->t)), key, name);
	behind(f, sql);
}

/** A session that has entered the room. */
static inline struct wh_session *
inside(struct fixture *f, const char *name, const char *roles, const char *room)
{
	struct wh_session *s = wh_test_session(f->t, name, roles);
	char args[200];

	snprintf(args, sizeof args, "{'room':'%s'}", room);
	assert_call(f, s, "chat.join", args, WH_OK);
	return s;
}

#endif
