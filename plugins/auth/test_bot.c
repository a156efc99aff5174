/* Bots and their keys: whose they are, what they may, and how they end. */
#include "auth.h"
#include "testing_auth.h"

static enum wh_err
done(void *self, struct wh_call *c)
{
	(void)self;
	(void)c;
	return WH_OK;
}

/* What other plugins have. */
static const struct wh_command others[] = {
	{ "chat.say", NULL, WH_ALLOW_MEMBER, .run = done, .help = "say" },
	{ "chat.kick", NULL, WH_ALLOW_MEMBER, .run = done, .help = "kick" },
	{ "chatter.say", NULL, WH_ALLOW_MEMBER, .run = done, .help = "say" },
	{ "room.list", NULL, WH_ALLOW_GUEST, .run = done, .help = "list" },
	{ 0 }
};

struct key {
	char id[256], token[256];
};

static void
key_make(struct fixture *f, struct wh_session *s, const char *bot, const char *scopes, struct key *key)
{
	const struct wh_test_answer *answer;
	char args[900];

	snprintf(args, sizeof args, "{'bot':'%s','name':'%s','scopes':'%s'}", bot, scopes, scopes);
	wh_test_advance(f->t, 20000);	/* the commands' rate */
	answer = call(f, s, "auth.key_create", args);
	wh_member(answer, "key", key->id);
	wh_member(answer, "token", key->token);
}

static const struct wh_test_answer *
shows(struct fixture *f, struct wh_session *s, const char *bearer, const char *cookie, const char *certificate)
{
	const struct wh_test_answer *answer = wh_test_credential(f->t, s, bearer, cookie, certificate);

	wh_test_settle(f->t);
	return answer;
}

/* A client comes with a key. */
static struct wh_session *
comes(struct fixture *f, const struct key *key)
{
	struct wh_session *s = wh_test_session(f->t, "bot", "guest");
	const struct wh_test_answer *answer = shows(f, s, key->token, NULL, NULL);

	if (answer->err != WH_OK)
		fail_msg("%d %s", answer->err, answer->why);
	return s;
}

static bool
opens(struct fixture *f, const struct key *key)
{
	struct wh_session *s = wh_test_session(f->t, "bot", "guest");
	enum wh_err err = shows(f, s, key->token, NULL, NULL)->err;

	assert_true(err == WH_OK || err == WH_EAUTH);
	assert_int_equal(is_account(f, s), err == WH_OK);
	wh_test_leave_server(f->t, s);
	return err == WH_OK;
}

static void
revoke(struct fixture *f, struct wh_session *s, const struct key *key, enum wh_err expected)
{
	char args[300];

	snprintf(args, sizeof args, "{'key':'%s'}", key->id);
	assert_call(f, s, "auth.key_revoke", args, expected);
}

/* Ann with a bot "helper". */
static struct fixture *
begin_bot(const char *settings, struct wh_session **ann)
{
	struct fixture *f = begin(settings);

	wh_test_other_commands(f->t, others, NULL);
	*ann = registered(f, "ann");
	assert_call(f, *ann, "auth.bot_create", "{'name':'helper'}", WH_OK);
	return f;
}

static void
a_key_is_the_bot(void **state)
{
	struct wh_session *ann, *s;
	struct fixture *f = begin_bot(NULL, &ann);
	const struct wh_test_answer *answer;
	struct key key;

	(void)state;
	key_make(f, ann, "Helper", "chat.say", &key);
	assert_true(strncmp(key.token, "whb_", 4) == 0);
	s = comes(f, &key);
	answer = call(f, s, "auth.whoami", NULL);
	assert_non_null(strstr(answer->json, "\"name\":\"helper\""));
	assert_true(is_account(f, s));
	assert_non_null(strstr(call(f, ann, "auth.bots", NULL)->json, "\"name\":\"helper\",\"state\":\"active\""));
	assert_non_null(strstr(f->audit, "auth.bot_created"));
	assert_non_null(strstr(f->audit, "auth.key_created"));
	end(f);
}

static void
a_key_may_what_its_scopes_say(void **state)
{
	struct wh_session *ann, *s;
	struct fixture *f = begin_bot(NULL, &ann);
	struct key key;

	(void)state;
	key_make(f, ann, "helper", "chat.say room.*", &key);
	s = comes(f, &key);
	assert_call(f, s, "chat.say", NULL, WH_OK);
	assert_call(f, s, "room.list", NULL, WH_OK);
	assert_call(f, s, "chat.kick", NULL, WH_EPERM);
	key_make(f, ann, "helper", "chat.*", &key);
	s = comes(f, &key);
	assert_call(f, s, "chat.kick", NULL, WH_OK);
	assert_call(f, s, "chatter.say", NULL, WH_EPERM);
	assert_call(f, s, "room.list", NULL, WH_EPERM);
	key_make(f, ann, "helper", "*", &key);
	s = comes(f, &key);
	assert_call(f, s, "chatter.say", NULL, WH_OK);
	/* The person may all of it as before. */
	assert_call(f, ann, "chatter.say", NULL, WH_OK);
	end(f);
}

static void
no_scope_opens_what_concerns_credentials(void **state)
{
	static const char *const shut[][2] = {
		{ "auth.password", "{'old':'pass phrase 1','new':'another one 7'}" }, { "auth.totp_begin", NULL }, { "auth.passkey_begin", NULL },
		{ "auth.app_password", "{'name':'x'}" }, { "auth.bot_create", "{'name':'second'}" }, { "auth.bots", NULL },
		{ "auth.key_create", "{'bot':'helper','scopes':'*'}" }, { "auth.erase", "{'password':'pass phrase 1'}" }, { "auth.export", NULL },
		{ "auth.revoke_all", NULL }, { "auth.devices", NULL }, { "auth.logout", NULL }, { "auth.login", "{'name':'ann','password':'pass phrase 1'}" },
	};
	struct wh_session *ann, *s;
	struct fixture *f = begin_bot("site = \"https://chat.example.org\";", &ann);
	char scopes[BOT_SCOPES + 1] = "* auth.*";
	struct key key;

	(void)state;
	for (size_t i = 0; i < COUNT(shut); i++)
		snprintf(scopes + strlen(scopes), sizeof scopes - strlen(scopes), " %s", shut[i][0]);
	wh_test_advance(f->t, 20000);
	char args[700];

	snprintf(args, sizeof args, "{'bot':'helper','scopes':'%s'}", scopes);
	wh_member(call(f, ann, "auth.key_create", args), "token", key.token);
	s = comes(f, &key);
	for (size_t i = 0; i < COUNT(shut); i++)
		assert_call(f, s, shut[i][0], shut[i][1], WH_EPERM);
	assert_non_null(strstr(call(f, s, "auth.whoami", NULL)->json, "helper"));
	end(f);
}

static void
what_a_bot_may_do_for_others_has_to_be_named(void **state)
{
	struct wh_session *ann, *s;
	struct fixture *f = begin_bot(NULL, &ann);
	struct key star, named;

	(void)state;
	key_make(f, ann, "helper", "* auth.*", &star);
	key_make(f, ann, "helper", "auth.grants auth.invite", &named);
	s = comes(f, &star);
	assert_call(f, s, "auth.grants", "{'name':'helper'}", WH_EPERM);
	s = comes(f, &named);
	assert_call(f, s, "auth.grants", "{'name':'helper'}", WH_OK);
	/* A scope is no permission: the bot has to have that as well. */
	assert_call(f, s, "auth.invite", NULL, WH_EPERM);
	assert_call(f, wh_test_session(f->t, "boss", "admin"), "auth.grant", "{'name':'helper','role':'moderator'}", WH_OK);
	assert_call(f, s, "auth.invite", NULL, WH_OK);
	end(f);
}

static void
stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	char *out = (char *)(uintptr_t)cookie;

	(void)self;
	assert_int_equal(result->err, WH_OK);
	assert_int_equal(result->rows->n, 1);
	snprintf(out, 256, "%.*s", WH_FMT(wh_row_str(result->rows, 0, DC_TOKEN)));
}

static void
a_key_is_shown_once_and_kept_as_a_hash(void **state)
{
	struct wh_session *ann;
	struct fixture *f = begin_bot(NULL, &ann);
	struct auth *auth = wh_test_self(f->t);
	const struct wh_test_answer *answer;
	char hash[DEVICE_HASH_ROOM], kept[256];
	struct key key;

	(void)state;
	key_make(f, ann, "helper", "chat.say", &key);
	answer = call(f, ann, "auth.keys", "{'bot':'helper'}");
	assert_non_null(strstr(answer->json, key.id));
	assert_non_null(strstr(answer->json, "\"scopes\":\"chat.say\""));
	assert_null(strstr(answer->json, "whb_"));
	const struct wh_cell id[] = { WH_CELL_TEXT(wh_str(key.id)) };

	assert_int_equal(wh_store_run_now(&auth->table, &TASK_STEP(ST_DEVICE_BY_ID, id, WH_ONE), 1, stored, (uintptr_t)kept), WH_OK);
	device_hash(wh_str(key.token), hash);
	assert_string_equal(kept, hash);
	answer = call(f, ann, "auth.export", NULL);
	assert_non_null(strstr(answer->json, "\"bots\":[{"));
	assert_non_null(strstr(answer->json, "\"bot_keys\":[{"));
	assert_null(strstr(answer->json, "whb_"));
	assert_null(strstr(answer->json, hash));
	end(f);
}

static void
a_revoked_key_closes_its_sockets_only(void **state)
{
	struct wh_session *ann, *one, *two;
	struct fixture *f = begin_bot(NULL, &ann);
	struct key a, b;
	const struct live *live;

	(void)state;
	key_make(f, ann, "helper", "chat.say", &a);
	key_make(f, ann, "helper", "chat.*", &b);
	one = comes(f, &a);
	two = comes(f, &b);
	live = live_find(wh_test_self(f->t), wh_session_identity(wh_test_host(f->t), two)->id);
	revoke(f, ann, &a, WH_OK);
	assert_int_equal(wh_test_closed(one, NULL), 4003);
	assert_int_equal(wh_test_closed(two, NULL), 0);
	assert_int_equal(wh_test_closed(ann, NULL), 0);
	assert_false(opens(f, &a));
	assert_true(opens(f, &b));
	assert_call(f, two, "chat.say", NULL, WH_OK);
	/* Nothing of it stays in memory: keys may come and go. */
	assert_non_null(live->keys);
	assert_null(live->keys->next);
	revoke(f, ann, &a, WH_ENOENT);
	assert_non_null(strstr(f->audit, "auth.key_revoked"));
	end(f);
}

static void
a_bot_is_its_owners_alone(void **state)
{
	struct wh_session *ann, *bob;
	struct fixture *f = begin_bot(NULL, &ann);
	struct key key;

	(void)state;
	bob = registered(f, "bob");
	key_make(f, ann, "helper", "chat.say", &key);
	assert_call(f, bob, "auth.key_create", "{'bot':'helper','scopes':'*'}", WH_ENOENT);
	assert_call(f, bob, "auth.keys", "{'bot':'helper'}", WH_ENOENT);
	assert_call(f, bob, "auth.bot_remove", "{'bot':'helper'}", WH_ENOENT);
	/* Nor is a person anybody's bot. */
	assert_call(f, bob, "auth.key_create", "{'bot':'ann','scopes':'*'}", WH_ENOENT);
	assert_call(f, bob, "auth.key_create", "{'bot':'bob','scopes':'*'}", WH_ENOENT);
	revoke(f, bob, &key, WH_ENOENT);
	assert_true(opens(f, &key));
	assert_call(f, wh_test_session(f->t, "guest", "guest"), "auth.bot_create", "{'name':'other'}", WH_EPERM);
	end(f);
}

static void
a_key_ends_with_its_time(void **state)
{
	struct wh_session *ann, *s;
	struct fixture *f = begin_bot(NULL, &ann);
	struct key key;
	char args[200];

	(void)state;
	snprintf(args, sizeof args, "{'bot':'helper','scopes':'chat.say','expires':%lld}", (long long)wh_wall_ms(wh_test_host(f->t)) - 1);
	assert_call(f, ann, "auth.key_create", args, WH_EINVAL);
	snprintf(args, sizeof args, "{'bot':'helper','scopes':'chat.say','expires':%lld}", (long long)wh_wall_ms(wh_test_host(f->t)) + 3600000);
	wh_member(call(f, ann, "auth.key_create", args), "token", key.token);
	s = comes(f, &key);
	wh_test_advance(f->t, 3500000);
	assert_true(opens(f, &key));
	assert_call(f, s, "chat.say", NULL, WH_OK);
	wh_test_advance(f->t, 100000);
	assert_call(f, s, "chat.say", NULL, WH_EAUTH);
	assert_false(opens(f, &key));
	for (unsigned i = 0; i < 13; i++) {
		wh_test_advance(f->t, 5000);
		wh_test_settle(f->t);
	}
	assert_int_equal(wh_test_closed(s, NULL), 4003);
	end(f);
}

static void
a_bot_is_what_its_owner_is(void **state)
{
	struct wh_session *ann, *s, *admin;
	struct fixture *f = begin_bot("name_rest = \"1m\";", &ann);
	struct key key;

	(void)state;
	admin = wh_test_session(f->t, "boss", "admin");
	key_make(f, ann, "helper", "chat.say", &key);
	s = comes(f, &key);
	assert_call(f, admin, "auth.disable", "{'name':'ann'}", WH_OK);
	assert_int_equal(wh_test_closed(s, NULL), 4003);
	assert_false(opens(f, &key));
	assert_call(f, admin, "auth.enable", "{'name':'ann'}", WH_OK);
	s = comes(f, &key);
	ann = wh_test_session(f->t, "again", "guest");
	assert_call(f, ann, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	assert_call(f, ann, "auth.erase", "{'password':'pass phrase 1'}", WH_OK);
	assert_int_equal(wh_test_closed(s, NULL), 4003);
	assert_false(opens(f, &key));
	assert_non_null(strstr(call(f, admin, "auth.accounts", "{'query':'helper'}")->json, "\"state\":\"disabled\""));
	end(f);
}

static void
a_removed_bot_is_locked_and_counts_for_a_day(void **state)
{
	struct wh_session *ann, *s;
	struct fixture *f = begin_bot("bots = 2;", &ann);
	struct key key;

	(void)state;
	key_make(f, ann, "helper", "chat.say", &key);
	s = comes(f, &key);
	assert_call(f, ann, "auth.bot_create", "{'name':'second'}", WH_OK);
	assert_call(f, ann, "auth.bot_create", "{'name':'third'}", WH_EFULL);
	assert_call(f, ann, "auth.bot_remove", "{'bot':'helper'}", WH_OK);
	assert_int_equal(wh_test_closed(s, NULL), 4003);
	assert_false(opens(f, &key));
	assert_call(f, ann, "auth.key_create", "{'bot':'helper','scopes':'*'}", WH_ENOENT);
	/* Nobody makes and removes them to take names. */
	assert_call(f, ann, "auth.bot_create", "{'name':'third'}", WH_EFULL);
	wh_test_advance(f->t, BOT_ADD_MS);
	assert_call(f, ann, "auth.bot_create", "{'name':'third'}", WH_OK);
	assert_call(f, ann, "auth.bot_create", "{'name':'fourth'}", WH_EFULL);
	end(f);
}

static void
bots_have_names_as_accounts_do_and_no_password(void **state)
{
	struct wh_session *ann;
	struct fixture *f = begin_bot(NULL, &ann);

	(void)state;
	registered(f, "bob");
	assert_call(f, ann, "auth.bot_create", "{'name':'BOB'}", WH_EEXIST);
	assert_call(f, ann, "auth.bot_create", "{'name':'HELPER'}", WH_EEXIST);
	assert_call(f, ann, "auth.bot_create", "{'name':'admin'}", WH_EEXIST);
	assert_call(f, ann, "auth.bot_create", "{'name':'no name at all!'}", WH_EINVAL);
	assert_call(f, wh_test_session(f->t, "x", "guest"), "auth.login", "{'name':'helper','password':'pass phrase 1'}", WH_EAUTH);
	end(f);
}

static void
scopes_are_commands_or_their_beginnings(void **state)
{
	static const char *const bad[] = { "Chat.say", "chat*", "chat.s*y", "*.say", "chat.say,chat.kick", "\\u0007", "   ",
		"a b c d e f g h i j k l m n o p q r s t u v w x y z aa bb cc dd ee ff gg" };
	struct wh_session *ann;
	struct fixture *f = begin_bot(NULL, &ann);
	struct key key;
	char args[300];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		wh_test_advance(f->t, 20000);
		snprintf(args, sizeof args, "{'bot':'helper','scopes':'%s'}", bad[i]);
		if (call(f, ann, "auth.key_create", args)->err != WH_EINVAL)
			fail_msg("%s", bad[i]);
	}
	key_make(f, ann, "helper", " chat.say  room.* ", &key);
	assert_call(f, comes(f, &key), "room.list", NULL, WH_OK);
	end(f);
}

static void
a_bot_has_at_most_so_many_keys(void **state)
{
	struct wh_session *ann;
	struct fixture *f = begin_bot(NULL, &ann);
	struct key key;

	(void)state;
	for (unsigned i = 0; i < BOT_CREDENTIALS_MOST; i++)
		key_make(f, ann, "helper", "chat.say", &key);
	wh_test_advance(f->t, 20000);
	assert_call(f, ann, "auth.key_create", "{'bot':'helper','scopes':'chat.say'}", WH_EFULL);
	revoke(f, ann, &key, WH_OK);
	key_make(f, ann, "helper", "chat.say", &key);
	end(f);
}

static void
a_key_is_shown_as_a_bearer_token_and_in_no_other_way(void **state)
{
	struct wh_session *ann, *s;
	struct fixture *f = begin_bot(NULL, &ann);
	char text[400], app[256];
	struct key key;

	(void)state;
	key_make(f, ann, "helper", "chat.say", &key);
	s = wh_test_session(f->t, "x", "guest");
	snprintf(text, sizeof text, "__Host-whiply=%s", key.token);
	shows(f, s, NULL, text, NULL);
	assert_false(is_account(f, s));
	snprintf(text, sizeof text, "{'token':'%s'}", key.token);
	assert_call(f, s, "auth.use", text, WH_EAUTH);
	snprintf(text, sizeof text, "{'refresh':'%s'}", key.token);
	assert_call(f, s, "auth.refresh", text, WH_EAUTH);
	/* An app password is for SASL alone. */
	wh_member(call(f, ann, "auth.app_password", "{'name':'irssi'}"), "password", app);
	assert_int_equal(shows(f, s, app, NULL, NULL)->err, WH_EAUTH);
	assert_false(is_account(f, s));
	key.token[20] = key.token[20] == 'A' ? 'B' : 'A';
	assert_false(opens(f, &key));
	end(f);
}

static void
scopes_hold_when_the_hub_was_replaced(void **state)
{
	struct wh_session *ann, *s;
	struct fixture *f = begin_bot(NULL, &ann);
	struct key key;

	(void)state;
	key_make(f, ann, "helper", "chat.say", &key);
	s = comes(f, &key);
	wh_test_recover(f->t);
	/* Until the key was looked up again, nothing. */
	assert_int_equal(wh_test_call(f->t, s, "chat.say", NULL)->err, WH_EAWAY);
	assert_int_equal(wh_test_call(f->t, s, "chat.kick", NULL)->err, WH_EAWAY);
	wh_test_settle(f->t);
	assert_call(f, s, "chat.say", NULL, WH_OK);
	assert_call(f, s, "chat.kick", NULL, WH_EPERM);
	/* The owner's sign-out elsewhere is none of the bot's concern; its removal is. */
	assert_call(f, ann, "auth.revoke_all", NULL, WH_OK);
	assert_int_equal(wh_test_closed(s, NULL), 0);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_the_bot),
		cmocka_unit_test(a_key_may_what_its_scopes_say),
		cmocka_unit_test(no_scope_opens_what_concerns_credentials),
		cmocka_unit_test(what_a_bot_may_do_for_others_has_to_be_named),
		cmocka_unit_test(a_key_is_shown_once_and_kept_as_a_hash),
		cmocka_unit_test(a_revoked_key_closes_its_sockets_only),
		cmocka_unit_test(a_bot_is_its_owners_alone),
		cmocka_unit_test(a_key_ends_with_its_time),
		cmocka_unit_test(a_bot_is_what_its_owner_is),
		cmocka_unit_test(a_removed_bot_is_locked_and_counts_for_a_day),
		cmocka_unit_test(bots_have_names_as_accounts_do_and_no_password),
		cmocka_unit_test(scopes_are_commands_or_their_beginnings),
		cmocka_unit_test(a_bot_has_at_most_so_many_keys),
		cmocka_unit_test(a_key_is_shown_as_a_bearer_token_and_in_no_other_way),
		cmocka_unit_test(scopes_hold_when_the_hub_was_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
