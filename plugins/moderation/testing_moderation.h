/* What the tests of moderation's core share: the plugin on the fake host with the real store and the real chat, and accounts that the test plays. */
#ifndef MODERATION_TESTING_H
#define MODERATION_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <whiply/accounts.h>
#include <whiply/assert.h>

struct fixture {
	struct wh_test *t;
	struct wh_service row;
	struct wh_trust trust;		/* of all accounts */
	int64_t strikes;		/* that were given in all */
	char offline[64];		/* name of somebody who has an account and is not here */
};

static bool
played_trust(struct wh_accounts *accounts, struct wh_session *s, struct wh_trust *out)
{
	const struct fixture *f = (const struct fixture *)(const void *)accounts;

	*out = f->trust;
	out->account = wh_session_identity(wh_test_host(f->t), s)->kind == WH_ACCOUNT;
	if (!out->account)
		*out = (struct wh_trust){ .account = false };
	return out->account;
}

static void
played_said(struct wh_accounts *accounts, struct wh_session *s)
{
	(void)accounts;
	(void)s;
}

static enum wh_err
played_strike(struct wh_accounts *accounts, struct wh_str account, int64_t more, struct wh_str by, struct wh_str why)
{
	(void)account;
	(void)by;
	(void)why;
	((struct fixture *)(void *)accounts)->strikes += more;
	return WH_OK;
}

static struct wh_str
played_room_role(struct wh_accounts *accounts, struct wh_session *s, struct wh_str room)
{
	(void)accounts;
	(void)s;
	(void)room;
	return (struct wh_str){ "", 0 };
}

/* Whoever the test made with an account, by "id-NAME" or NAME; guests have none. */
static enum wh_err
played_find(struct wh_accounts *accounts, struct wh_str name_or_id, wh_accounts_found *done, void *self, uint64_t cookie)
{
	struct fixture *f = (struct fixture *)(void *)accounts;
	struct wh_str name = wh_str_starts(name_or_id, WH_STR("id-")) ? wh_str_from(name_or_id, 3) : name_or_id;
	char id[96];

	snprintf(id, sizeof id, "id-%.*s", WH_FMT(name));
	for (const char *known = " ann bob eve mod max adm ", *at; (at = strstr(known, " ")) != NULL && at[1] != '\0'; known = at + 1)
		if (strncmp(at + 1, name.p, name.n) == 0 && at[1 + name.n] == ' ') {
			done(self, cookie, WH_OK, &(struct wh_account){ .id = wh_str(id), .name = name, .state = WH_STR("active") });
			return WH_OK;
		}
	if (f->offline[0] != '\0' && wh_str_is(name, f->offline))
		done(self, cookie, WH_OK, &(struct wh_account){ .id = wh_str(id), .name = name, .state = WH_STR("active") });
	else
		done(self, cookie, WH_ENOENT, NULL);
	return WH_OK;
}

static void
played_forget(struct wh_accounts *accounts, void *self)
{
	(void)accounts;
	(void)self;
}

static void
played_room_moved(struct wh_accounts *accounts, struct wh_str from, struct wh_str to)
{
	(void)accounts;
	(void)from;
	(void)to;
}

static const struct wh_accounts_ops played_accounts = { .room_moved = played_room_moved, .trust = played_trust, .said = played_said, .strike = played_strike, .room_role = played_room_role,
	.find = played_find, .forget = played_forget };

static inline struct fixture *
begin(const char *settings)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->t = wh_test_new(&whiply_plugin);
	f->row = (struct wh_service){ "accounts", WH_ACCOUNTS_VERSION, &played_accounts };
	f->trust = (struct wh_trust){ .age_ms = 86400000, .said = 100 };
	wh_test_offer(f->t, &f->row, f);
	wh_test_load(f->t, "sqlite", NULL);
	wh_test_load(f->t, "chat", NULL);
	if (wh_test_open(f->t, settings) != WH_OK)
		fail_msg("%s; %s", wh_test_why(f->t), wh_test_logged(f->t, "schema_not_opened"));
	return f;
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

/** A session that has entered the den. */
static inline struct wh_session *
inside(struct fixture *f, const char *name, const char *roles)
{
	struct wh_session *s = wh_test_session(f->t, name, roles);

	assert_call(f, s, "chat.join", "{'room':'den'}", WH_OK);
	return s;
}

static inline struct wh_session *
moderator(struct fixture *f, const char *name)
{
	return inside(f, name, "member moderator");
}

/** Lists of words that are refused, held, and hidden: zorble, quux, hidden. */
#define LISTS "lists = { bad = { entries = [ \"zorble\" ]; }; watch = { entries = [ \"quux\" ]; actions = [ \"hold\" ]; }; loud = { entries = [ \"hidden\" ]; actions = [ \"shadow-mute\" ]; }; }; "

/** Says something in the den; the error, and with WH_OK the id. */
static inline const struct wh_test_answer *
says(struct fixture *f, struct wh_session *s, const char *text, char id[256])
{
	const struct wh_test_answer *answer;
	char args[4200];

	snprintf(args, sizeof args, "{'room':'den','text':'%s'}", text);
	answer = call(f, s, "chat.say", args);
	if (id != NULL && answer->err == WH_OK)
		wh_member(answer, "id", id);
	return answer;
}

#endif
