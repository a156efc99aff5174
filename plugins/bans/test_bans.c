/* The plugin on the fake host with the real store. Everybody comes from 192.0.2.1, until a gateway says otherwise. */
#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include <whiply/testing.h>

#include "bans.h"

struct fixture {
	struct wh_test *t;
	struct wh_session *admin;
	const struct wh_bans_ops *ops;
	struct wh_bans *self;
	enum wh_err err;
	size_t n;
	char id[WH_BAN_ID + 1];
};

static void
finish(struct fixture *f)
{
	wh_test_settle(f->t);
	wh_test_end(&f->t);
}

static struct wh_session *
come(struct fixture *f, const char *name, const char *roles)
{
	struct wh_session *s = wh_test_session(f->t, name, roles);

	wh_test_settle(f->t);
	return s;
}

/* Comes by a gateway, from another address. */
static struct wh_session *
come_from(struct fixture *f, const char *name, const char *roles, const char *address)
{
	struct wh_session *s = wh_test_session(f->t, name, roles);

	assert_int_equal(wh_session_address_set(wh_test_host(f->t), s, wh_str(address)), WH_OK);
	f->ops->look(f->self, s);
	wh_test_settle(f->t);
	return s;
}

static void
begin_with(struct fixture *f, const char *settings)
{
	void *self = NULL;

	*f = (struct fixture){ .t = wh_test_new(&whiply_plugin) };
	wh_test_load(f->t, "sqlite", NULL);
	if (wh_test_open(f->t, settings) != WH_OK)
		fail_msg("%s", wh_test_why(f->t));
	f->ops = wh_test_service(f->t, "bans", WH_BANS_VERSION, &self);
	assert_non_null(f->ops);
	f->self = self;
	f->admin = come_from(f, "root", "admin", "198.51.100.200");
}

static const struct wh_test_answer *
call(struct fixture *f, struct wh_session *s, const char *command, const char *args)
{
	return wh_test_ask(f->t, s, command, args);
}

static const char *
ban(struct fixture *f, const char *args)
{
	const struct wh_test_answer *answer = call(f, f->admin, "bans.add", args);
	const char *id;

	if (answer->err != WH_OK)
		fail_msg("%s: %s", args, answer->why);
	id = strstr(answer->json, "\"id\":\"");
	assert_non_null(id);
	snprintf(f->id, sizeof f->id, "%.*s", WH_BAN_ID, id + 6);
	return f->id;
}

static void
assert_shut(const struct wh_session *s, unsigned code, const char *part)
{
	const char *reason = "";
	unsigned closed = wh_test_closed(s, &reason);

	assert_int_equal(closed, code);
	if (strstr(reason, part) == NULL)
		fail_msg("%s has no %s", reason, part);
}

static void
assert_open(const struct wh_session *s)
{
	const char *reason = "";

	if (wh_test_closed(s, &reason) != 0)
		fail_msg("closed: %s", reason);
}

static void
assert_says(const struct wh_test_answer *answer, enum wh_err err, const char *part)
{
	const char *text = answer->err == WH_OK ? answer->json : answer->why;

	if (answer->err != err || strstr(text, part) == NULL)
		fail_msg("%d %s, not %d with %s", answer->err, text, err, part);
}

static void
whom_a_new_ban_matches_is_closed_at_once_and_nobody_else(void **state)
{
	struct fixture f;
	struct wh_session *ann, *bob;

	(void)state;
	begin_with(&f, "contact = \"abuse@example.org\";");
	ann = come(&f, "ann", "guest");
	bob = come_from(&f, "bob", "guest", "203.0.113.9");
	ban(&f, "{'kind':'network','what':'192.0.2.0/24','why':'spam from there','for':'1h'}");
	assert_shut(ann, 4403, "spam from there");
	assert_shut(ann, 4403, "until 20");
	assert_shut(ann, 4403, "abuse@example.org");
	assert_shut(ann, 4403, f.id);
	assert_open(bob);
	assert_shut(come(&f, "cleo", "member"), 4403, "banned");
	assert_int_equal(wh_test_metric(f.t, "whiply_bans_refused_total", "network"), 2);
	assert_int_equal(wh_test_metric(f.t, "whiply_bans", "network"), 1);
	finish(&f);
}

static void
a_client_is_told_all_of_it_before_it_is_closed(void **state)
{
	struct fixture f;
	struct wh_session *ann;
	const char *told;

	(void)state;
	begin_with(&f, NULL);
	ban(&f, "{'kind':'network','what':'192.0.2.1','why':'a reason'}");
	ann = wh_test_session(f.t, "ann", "guest");
	told = wh_test_next(ann);
	assert_non_null(told);
	assert_non_null(strstr(told, "\"bans.banned\""));
	assert_non_null(strstr(told, "\"why\":\"a reason\""));
	assert_non_null(strstr(told, f.id));
	finish(&f);
}

static void
each_kind_matches_what_it_says(void **state)
{
	struct fixture f;
	struct wh_session *ann, *fake;

	(void)state;
	begin_with(&f, NULL);
	ban(&f, "{'kind':'account','what':'id-ann'}");
	ban(&f, "{'kind':'name','what':'Spam*bot?'}");
	ban(&f, "{'kind':'certificate','what':'AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99'}");
	assert_shut(come(&f, "ann", "member"), 4403, "banned");
	assert_open(come(&f, "bob", "member"));
	fake = come(&f, "ann", "guest");	/* a name is no account */
	assert_open(fake);
	assert_shut(come(&f, "SPAMxxBOT1", "guest"), 4403, "banned");
	/* Full width letters are the same ones. */
	assert_shut(come(&f, "\xef\xbc\xb3pam-bot\xc3\xa9", "guest"), 4403, "banned");
	assert_open(come(&f, "spam", "guest"));
	ann = come(&f, "cert", "guest");
	assert_int_equal(wh_test_credential(f.t, ann, NULL, NULL, "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899")->err, WH_EPERM);
	assert_shut(ann, 4403, "banned");
	assert_int_equal(wh_test_metric(f.t, "whiply_bans_refused_total", "certificate"), 1);
	finish(&f);
}

static void
a_certificate_is_remembered_for_a_later_ban_also_by_the_next_hub(void **state)
{
	struct fixture f;
	struct wh_session *ann;

	(void)state;
	begin_with(&f, NULL);
	ann = come(&f, "ann", "guest");
	assert_int_equal(wh_test_credential(f.t, ann, NULL, NULL, "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899")->err, WH_OK);
	wh_test_settle(f.t);
	wh_test_recover(f.t);
	wh_test_settle(f.t);
	assert_open(ann);
	ban(&f, "{'kind':'certificate','what':'aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899'}");
	assert_shut(ann, 4403, "banned");
	finish(&f);
}

static enum wh_err
played_run(void *self, struct wh_call *c)
{
	(void)self;
	(void)wh_arg_str(c, "name");
	return WH_OK;
}

static const struct wh_field played_fields[] = {
	{ "name", WH_F_TEXT, .help = "played" },
	{ 0 }
};

static const struct wh_field renaming_fields[] = {
	{ "to", WH_F_TEXT, .help = "played" },
	{ 0 }
};

static enum wh_err
played_rename(void *self, struct wh_call *c)
{
	(void)self, (void)c;
	return WH_OK;
}

static const struct wh_command played[] = {
	{ "auth.rename", renaming_fields, WH_ALLOW_GUEST, .run = played_rename, .help = "played" },
	{ "auth.guest", played_fields, WH_ALLOW_GUEST, .run = played_run, .help = "played" },
	{ "auth.login", played_fields, WH_ALLOW_GUEST, .run = played_run, .help = "played" },
	{ "auth.register", played_fields, WH_ALLOW_GUEST, .run = played_run, .help = "played" },
	{ "chat.say", played_fields, WH_ALLOW_GUEST, .run = played_run, .help = "played" },
	{ 0 }
};

static void
a_reserved_name_is_nobodys_but_is_kept_by_who_has_it(void **state)
{
	struct fixture f;
	struct wh_session *has, *wants;

	(void)state;
	begin_with(&f, NULL);
	wh_test_other_commands(f.t, played, NULL);
	has = come(&f, "chanserv", "member");
	wants = come(&f, "ann", "guest");
	ban(&f, "{'kind':'reserved','what':'*serv','why':'services'}");
	assert_open(has);
	assert_says(call(&f, wants, "auth.guest", "{'name':'NickServ'}"), WH_EPERM, "reserved: services");
	assert_says(call(&f, wants, "auth.register", "{'name':'NickServ'}"), WH_EPERM, "reserved");
	assert_says(call(&f, has, "auth.rename", "{'to':'memoserv'}"), WH_EPERM, "reserved");
	assert_int_equal(call(&f, has, "auth.rename", "{'to':'memo'}")->err, WH_OK);
	assert_int_equal(call(&f, wants, "auth.guest", "{'name':'nick'}")->err, WH_OK);
	assert_int_equal(call(&f, wants, "chat.say", "{'name':'NickServ'}")->err, WH_OK);
	assert_int_equal(call(&f, f.admin, "auth.guest", "{'name':'NickServ'}")->err, WH_OK);
	assert_open(wants);
	finish(&f);
}

static void
a_banned_room_is_entered_by_nobody_but_operators(void **state)
{
	struct fixture f;
	struct wh_session *ann;

	(void)state;
	begin_with(&f, NULL);
	ann = come(&f, "ann", "member");
	ban(&f, "{'kind':'room','what':'#warez*','why':'not here'}");
	assert_says(wh_test_join(f.t, ann, "Warez-2"), WH_EPERM, "not here");
	assert_int_equal(wh_test_join(f.t, ann, "lobby")->err, WH_OK);
	assert_int_equal(wh_test_join(f.t, f.admin, "warez-2")->err, WH_OK);
	finish(&f);
}

static void
a_ban_ends_with_its_time_and_is_gone_from_the_store(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, NULL);
	ban(&f, "{'kind':'network','what':'192.0.2.1','for':'10m'}");
	assert_shut(come(&f, "ann", "guest"), 4403, "banned");
	wh_test_advance(f.t, 599000);
	assert_shut(come(&f, "bob", "guest"), 4403, "banned");
	wh_test_advance(f.t, 1000);
	assert_open(come(&f, "cleo", "guest"));
	wh_test_advance(f.t, 20000);
	wh_test_settle(f.t);
	assert_says(call(&f, f.admin, "bans.list", "{}"), WH_OK, "{\"total\":0,\"bans\":[]}");
	assert_int_equal(wh_test_metric(f.t, "whiply_bans", "network"), 0);
	wh_test_recover(f.t);
	wh_test_settle(f.t);
	assert_says(call(&f, f.admin, "bans.list", "{}"), WH_OK, "\"total\":0");
	finish(&f);
}

static void
bans_are_read_again_by_the_next_hub_and_hold_for_who_is_there(void **state)
{
	struct fixture f;
	struct wh_session *ann;
	void *self = NULL;

	(void)state;
	begin_with(&f, NULL);
	ban(&f, "{'kind':'account','what':'id-bob','why':'so','note':'told twice'}");
	ban(&f, "{'kind':'name','what':'*bot'}");
	ban(&f, "{'kind':'network','what':'2001:db8::/32','effect':'registered'}");
	ann = come_from(&f, "ann", "guest", "2001:db8::1");
	wh_test_recover(f.t);
	f.ops = wh_test_service(f.t, "bans", WH_BANS_VERSION, &self);
	f.self = self;
	wh_test_settle(f.t);
	assert_says(call(&f, f.admin, "bans.list", "{}"), WH_OK, "\"total\":3");
	assert_says(call(&f, f.admin, "bans.list", "{'kind':'account'}"), WH_OK, "\"note\":\"told twice\"");
	assert_shut(come(&f, "bob", "member"), 4403, "so");
	assert_shut(come(&f, "robot", "guest"), 4403, "banned");
	/* Whoever was to sign in still is, and has the whole time again. */
	assert_open(ann);
	wh_test_advance(f.t, 62000);
	assert_shut(ann, 4401, "with an account only");
	finish(&f);
}

static void
from_some_networks_one_comes_with_an_account_only(void **state)
{
	struct fixture f;
	struct wh_session *ann, *bob, *cleo;
	const struct wh_host *h;

	(void)state;
	begin_with(&f, "sign_in = \"30s\";");
	h = wh_test_host(f.t);
	wh_test_other_commands(f.t, played, NULL);
	ban(&f, "{'kind':'network','what':'203.0.113.0/24','effect':'registered','why':'this is Tor'}");
	ann = come_from(&f, "ann", "guest", "203.0.113.1");
	bob = come_from(&f, "bob", "member", "203.0.113.2");
	cleo = come_from(&f, "cleo", "guest", "203.0.113.3");
	assert_int_equal(call(&f, bob, "chat.say", "{}")->err, WH_OK);
	assert_says(call(&f, ann, "chat.say", "{}"), WH_EAUTH, "this is Tor");
	assert_says(call(&f, ann, "auth.guest", "{'name':'annie'}"), WH_EAUTH, "sign in");
	assert_says(call(&f, ann, "auth.register", "{'name':'annie'}"), WH_EAUTH, "sign in");
	assert_int_equal(call(&f, ann, "auth.login", "{}")->err, WH_OK);
	wh_session_identify(h, ann, &(struct wh_identity){ WH_ACCOUNT, WH_STR("id-ann"), WH_STR("ann"), WH_STR("member") });
	assert_int_equal(call(&f, ann, "chat.say", "{}")->err, WH_OK);
	wh_test_advance(f.t, 31000);
	assert_open(ann);
	assert_open(bob);
	assert_shut(cleo, 4401, "with an account only");
	assert_int_equal(wh_test_metric(f.t, "whiply_bans_refused_total", "no_account"), 1);
	finish(&f);
}

static void
who_is_to_sign_in_is_let_in_when_the_ban_is_removed(void **state)
{
	struct fixture f;
	struct wh_session *ann;

	(void)state;
	begin_with(&f, NULL);
	wh_test_other_commands(f.t, played, NULL);
	ann = come(&f, "ann", "guest");
	ban(&f, "{'kind':'network','what':'192.0.2.0/24','effect':'registered'}");
	assert_open(ann);
	assert_says(call(&f, ann, "chat.say", "{}"), WH_EAUTH, "sign in");
	assert_says(call(&f, f.admin, "bans.remove", "{'kind':'network','what':'192.0.2.99/24'}"), WH_OK, "{\"removed\":1}");
	assert_int_equal(call(&f, ann, "chat.say", "{}")->err, WH_OK);
	wh_test_advance(f.t, 100000);
	assert_open(ann);
	finish(&f);
}

static void
exceptions_hold_for_networks_and_never_for_accounts(void **state)
{
	struct fixture f;
	struct wh_session *ann;
	const struct wh_host *h;

	(void)state;
	begin_with(&f, "except = [ \"192.0.2.128/25\" ];");
	h = wh_test_host(f.t);
	ban(&f, "{'kind':'network','what':'192.0.0.0/8','force':true}");
	ban(&f, "{'kind':'account','what':'id-eve'}");
	assert_shut(come(&f, "ann", "guest"), 4403, "banned");
	ban(&f, "{'kind':'network','what':'192.0.2.0/28','effect':'exempt'}");
	assert_open(come(&f, "ann", "guest"));
	assert_shut(come(&f, "eve", "member"), 4403, "banned");
	assert_says(call(&f, f.admin, "bans.test", "{'address':'192.0.2.129'}"), WH_OK, "\"outcome\":\"pass\",\"exempt\":true");
	assert_says(call(&f, f.admin, "bans.test", "{'address':'192.0.2.127'}"), WH_OK, "\"outcome\":\"refuse\"");
	/* An account that may come from everywhere can sign in from there; others can't. */
	ban(&f, "{'kind':'account','what':'id-trusted','effect':'exempt'}");
	assert_says(call(&f, f.admin, "bans.test", "{'address':'192.0.2.127','account':'id-trusted'}"), WH_OK, "\"outcome\":\"pass\"");
	ann = wh_test_session(f.t, "ann", "guest");
	assert_int_equal(wh_session_address_set(h, ann, WH_STR("192.9.9.9")), WH_OK);
	f.ops->look(f.self, ann);
	assert_open(ann);
	wh_session_identify(h, ann, &(struct wh_identity){ WH_ACCOUNT, WH_STR("id-ann"), WH_STR("ann"), WH_STR("member") });
	wh_test_settle(f.t);
	assert_shut(ann, 4403, "banned");
	assert_open(come_from(&f, "trusted", "member", "192.9.9.9"));
	finish(&f);
}

static void
nobody_bans_themselves_or_half_the_world_without_force(void **state)
{
	static const char *const own[] = {
		"{'kind':'network','what':'198.51.100.0/24'%s}", "{'kind':'account','what':'id-root'%s}", "{'kind':'name','what':'ro?t'%s}",
		"{'kind':'network','what':'0.0.0.0/0'%s}", "{'kind':'network','what':'2001::/16'%s}", "{'kind':'name','what':'*'%s}", "{'kind':'name','what':'?*a'%s}",
	};
	struct fixture f;
	char args[200];

	(void)state;
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
		begin_with(&f, NULL);
		snprintf(args, sizeof args, own[i], "");
		assert_says(call(&f, f.admin, "bans.add", args), WH_ESTATE, "force");
		assert_open(f.admin);
		assert_says(call(&f, f.admin, "bans.list", "{}"), WH_OK, "\"total\":0");
		snprintf(args, sizeof args, own[i], ",'force':true");
		call(&f, f.admin, "bans.add", args);
		if (i < 4)
			assert_shut(f.admin, 4403, "banned");
		finish(&f);
	}
}

static void
a_preview_names_those_whom_it_would_hit_and_bans_nobody(void **state)
{
	struct fixture f;
	struct wh_session *ann, *bob;

	(void)state;
	begin_with(&f, "except = [ \"203.0.113.9/32\" ];");
	ann = come_from(&f, "ann", "member", "203.0.113.7");
	bob = come_from(&f, "bob", "guest", "203.0.113.8");
	come_from(&f, "cat", "guest", "203.0.113.9");
	assert_says(call(&f, f.admin, "bans.add", "{'kind':'network','what':'203.0.113.0/24','preview':true}"), WH_OK,
	    "\"sessions\":2,\"exempt\":1,\"yourself\":false,\"wide\":false");
	assert_says(call(&f, f.admin, "bans.add", "{'kind':'network','what':'203.0.113.0/24','effect':'registered','preview':true}"), WH_OK,
	    "\"names\":[\"bob\"],\"sessions\":1");
	assert_says(call(&f, f.admin, "bans.add", "{'kind':'name','what':'an*','preview':true}"), WH_OK, "\"names\":[\"ann\"]");
	assert_says(call(&f, f.admin, "bans.add", "{'kind':'account','what':'id-root','preview':true}"), WH_OK, "\"yourself\":true");
	assert_says(call(&f, f.admin, "bans.add", "{'kind':'network','what':'203.0.0.0/8','preview':true}"), WH_OK, "\"wide\":true");
	assert_open(ann);
	assert_open(bob);
	assert_says(call(&f, f.admin, "bans.list", "{}"), WH_OK, "\"total\":0");
	finish(&f);
}

static void
what_makes_no_sense_is_refused(void **state)
{
	static const char *const bad[] = {
		"{'kind':'network','what':'example.org'}", "{'kind':'network','what':'192.0.2.1/33'}", "{'kind':'hash','what':'xyz'}", "{'kind':'certificate','what':'aa'}",
		"{'kind':'name','what':'x','effect':'exempt'}", "{'kind':'account','what':'x','effect':'registered'}",
		"{'kind':'account','what':'x','until':'2001-01-01T00:00:00Z'}", "{'kind':'account','what':'x','until':'2101-01-01T00:00:00Z','for':'1h'}",
	};
	struct fixture f;

	(void)state;
	begin_with(&f, NULL);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(call(&f, f.admin, "bans.add", bad[i])->err, WH_EINVAL);
	assert_int_equal(call(&f, f.admin, "bans.remove", "{'id':'bnone'}")->err, WH_ENOENT);
	assert_int_equal(call(&f, f.admin, "bans.remove", "{'kind':'name','what':'none'}")->err, WH_ENOENT);
	assert_int_equal(call(&f, f.admin, "bans.remove", "{}")->err, WH_EINVAL);
	assert_int_equal(call(&f, come(&f, "mod", "moderator"), "bans.list", "{}")->err, WH_EPERM);
	finish(&f);
}

static void
the_same_ban_again_replaces_the_first(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, NULL);
	ban(&f, "{'kind':'network','what':'203.0.113.0/24','why':'one'}");
	ban(&f, "{'kind':'network','what':'203.0.113.77/24','why':'two','for':'1h'}");
	ban(&f, "{'kind':'name','what':'BOT*'}");
	ban(&f, "{'kind':'name','what':'bot*'}");
	ban(&f, "{'kind':'name','what':'bot'}");
	assert_says(call(&f, f.admin, "bans.list", "{}"), WH_OK, "\"total\":3");
	assert_says(call(&f, f.admin, "bans.list", "{'kind':'network'}"), WH_OK, "\"why\":\"two\"");
	finish(&f);
}

static void
the_list_is_paged_and_searched(void **state)
{
	struct fixture f;
	const struct wh_test_answer *answer;
	char args[100];
	const char *before;

	(void)state;
	begin_with(&f, NULL);
	for (int i = 0; i < 5; i++) {
		snprintf(args, sizeof args, "{'kind':'network','what':'203.0.113.%d','why':'number %d'}", i, i);
		ban(&f, args);
	}
	answer = call(&f, f.admin, "bans.list", "{'limit':2}");
	assert_says(answer, WH_OK, "number 4");
	assert_says(answer, WH_OK, "number 3");
	assert_null(strstr(answer->json, "number 2"));
	before = strstr(answer->json, "\"before\":");
	assert_non_null(before);
	snprintf(args, sizeof args, "{'limit':3,'before':%d}", atoi(before + 9));
	answer = call(&f, f.admin, "bans.list", args);
	assert_says(answer, WH_OK, "number 0");
	assert_null(strstr(answer->json, "number 3"));
	answer = call(&f, f.admin, "bans.list", "{'find':'number 1'}");
	assert_says(answer, WH_OK, "203.0.113.1\"");
	assert_null(strstr(answer->json, "203.0.113.2\""));
	finish(&f);
}

/* The service */

static void
told_added(void *self, uint64_t cookie, enum wh_err err, const struct wh_ban *b)
{
	struct fixture *f = self;

	(void)cookie;
	f->err = err;
	if (err == WH_OK)
		snprintf(f->id, sizeof f->id, "%.*s", WH_FMT(b->id));
}

static void
told_removed(void *self, uint64_t cookie, enum wh_err err, size_t n)
{
	struct fixture *f = self;

	(void)cookie;
	f->err = err;
	f->n = n;
}

static void
a_sessions_network_is_banned_without_its_address(void **state)
{
	struct fixture f;
	struct wh_session *ann, *bob;
	struct wh_ban found;
	char hash[WH_BAN_HASH_SIZE], other[WH_BAN_HASH_SIZE];

	(void)state;
	begin_with(&f, NULL);
	ann = come_from(&f, "ann", "guest", "2001:db8:1:2::5");
	bob = come_from(&f, "bob", "guest", "2001:db8:1:2:ffff::9");
	assert_true(f.ops->network(f.self, ann, hash));
	assert_true(f.ops->network(f.self, bob, other));
	assert_string_equal(hash, other);
	assert_true(f.ops->network(f.self, f.admin, other));
	assert_string_not_equal(hash, other);
	assert_int_equal(f.ops->add_network(f.self, ann, &(struct wh_ban){ .why = WH_STR("raid"), .cause = WH_STR("case-1") }, told_added, &f, 0), WH_OK);
	wh_test_settle(f.t);
	assert_int_equal(f.err, WH_OK);
	assert_shut(ann, 4403, "raid");
	assert_shut(bob, 4403, "raid");
	assert_shut(come_from(&f, "cleo", "guest", "2001:db8:1:2::1"), 4403, "raid");
	assert_open(come_from(&f, "dora", "guest", "2001:db8:1:3::1"));
	assert_null(strstr(call(&f, f.admin, "bans.list", "{}")->json, "2001:db8"));
	assert_true(f.ops->match(f.self, WH_BAN_HASH, wh_str(hash), &found));
	assert_true(wh_str_is(found.cause, "case-1"));
	assert_false(f.ops->match(f.self, WH_BAN_HASH, wh_str(other), &found));
	/* The key of the hashes is the server's, and stays. */
	wh_test_recover(f.t);
	wh_test_settle(f.t);
	void *self = NULL;
	f.ops = wh_test_service(f.t, "bans", WH_BANS_VERSION, &self);
	f.self = self;
	assert_shut(come_from(&f, "eve", "guest", "2001:db8:1:2::77"), 4403, "raid");
	finish(&f);
}

static void
a_cause_is_removed_as_a_whole_and_nothing_else(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, NULL);
	for (int i = 0; i < 3; i++) {
		char id[16];

		snprintf(id, sizeof id, "id-%d", i);
		assert_int_equal(f.ops->add(f.self, &(struct wh_ban){ .kind = WH_BAN_ACCOUNT, .what = wh_str(id), .cause = WH_STR("case-1") }, told_added, &f, 0), WH_OK);
	}
	assert_int_equal(f.ops->add(f.self, &(struct wh_ban){ .kind = WH_BAN_ACCOUNT, .what = WH_STR("id-1"), .cause = WH_STR("case-2") }, NULL, NULL, 0), WH_OK);
	assert_int_equal(f.ops->add(f.self, &(struct wh_ban){ .kind = WH_BAN_ACCOUNT, .what = WH_STR("") }, NULL, NULL, 0), WH_EINVAL);
	wh_test_settle(f.t);
	assert_says(call(&f, f.admin, "bans.list", "{}"), WH_OK, "\"total\":4");
	assert_int_equal(f.ops->remove_cause(f.self, WH_STR("case-1"), told_removed, &f, 0), WH_OK);
	wh_test_settle(f.t);
	assert_int_equal(f.err, WH_OK);
	assert_int_equal(f.n, 3);
	assert_open(come(&f, "0", "member"));
	assert_shut(come(&f, "1", "member"), 4403, "banned");
	assert_int_equal(f.ops->remove_cause(f.self, WH_STR("case-9"), told_removed, &f, 0), WH_OK);
	wh_test_settle(f.t);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.ops->remove(f.self, WH_STR("bnothing"), told_removed, &f, 0), WH_ENOENT);
	finish(&f);
}

static void
who_says_forget_is_told_nothing_more(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, NULL);
	f.err = WH_EINVAL;
	assert_int_equal(f.ops->add(f.self, &(struct wh_ban){ .kind = WH_BAN_ACCOUNT, .what = WH_STR("id-1") }, told_added, &f, 0), WH_OK);
	f.ops->forget(f.self, &f);
	wh_test_settle(f.t);
	assert_int_equal(f.err, WH_EINVAL);
	assert_says(call(&f, f.admin, "bans.list", "{}"), WH_OK, "\"total\":1");
	finish(&f);
}

static void
bans_are_bounded(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, "most = 2;");
	ban(&f, "{'kind':'account','what':'id-1'}");
	ban(&f, "{'kind':'account','what':'id-2'}");
	assert_int_equal(call(&f, f.admin, "bans.add", "{'kind':'account','what':'id-3'}")->err, WH_EFULL);
	finish(&f);
}

/* Throttles */

static void
a_network_opens_so_many_sessions_and_then_waits(void **state)
{
	struct fixture f;
	struct wh_session *s = NULL;

	(void)state;
	begin_with(&f, "network_rate = \"60/m burst 5\"; except = [ \"203.0.113.0/24\", \"192.0.2.1\" ];");
	for (int i = 0; i < 5; i++) {
		s = come_from(&f, "ann", "guest", "198.18.0.1");
		assert_open(s);
	}
	assert_shut(come_from(&f, "ann", "guest", "198.18.0.99"), 4429, "too many new connections");
	assert_open(come_from(&f, "bob", "guest", "198.18.1.1"));
	wh_test_advance(f.t, 3000);
	assert_open(come_from(&f, "ann", "guest", "198.18.0.5"));
	for (int i = 0; i < 20; i++)
		assert_open(come_from(&f, "exempt", "guest", "203.0.113.1"));
	assert_int_equal(wh_test_metric(f.t, "whiply_bans_throttled_total", ""), 1);
	finish(&f);
}

static void
an_address_and_a_network_have_so_many_sessions_at_once(void **state)
{
	struct fixture f;
	struct wh_session *first;

	(void)state;
	begin_with(&f, "sessions_per_address = 2; sessions_per_network = 3; network_rate = \"1000/s burst 1000\"; except = [ \"192.0.2.1\" ];");
	first = come_from(&f, "a", "guest", "198.18.0.1");
	assert_open(come_from(&f, "b", "guest", "198.18.0.1"));
	assert_shut(come_from(&f, "c", "guest", "198.18.0.1"), 4429, "from your address");
	assert_open(come_from(&f, "d", "guest", "198.18.0.2"));
	assert_shut(come_from(&f, "e", "guest", "198.18.0.3"), 4429, "from your network");
	wh_test_leave_server(f.t, first);
	assert_open(come_from(&f, "f", "guest", "198.18.0.3"));
	/* The next hub counts those who are there. */
	wh_test_recover(f.t);
	wh_test_settle(f.t);
	assert_says(call(&f, f.admin, "bans.test", "{'address':'198.18.0.9'}"), WH_OK, "\"throttled\":true");
	/* Of IPv6 an address is its /64. */
	void *self = NULL;
	f.ops = wh_test_service(f.t, "bans", WH_BANS_VERSION, &self);
	f.self = self;
	assert_open(come_from(&f, "g", "guest", "2001:db8::1"));
	assert_open(come_from(&f, "h", "guest", "2001:db8::2"));
	assert_shut(come_from(&f, "i", "guest", "2001:db8::3"), 4429, "from your address");
	finish(&f);
}

static void
what_nobody_uses_is_not_remembered(void **state)
{
	struct fixture f;
	struct wh_session *s;

	(void)state;
	begin_with(&f, NULL);
	s = come_from(&f, "a", "guest", "198.18.0.1");
	wh_test_advance(f.t, 120000);
	assert_true(wh_test_metric(f.t, "whiply_bans_networks", NULL) >= 2);
	wh_test_leave_server(f.t, s);
	wh_test_leave_server(f.t, f.admin);
	wh_test_advance(f.t, 120000);
	assert_int_equal(wh_test_metric(f.t, "whiply_bans_networks", NULL), 0);
	finish(&f);
}

/* A person's own */

static void
a_person_gets_and_takes_away_what_is_theirs(void **state)
{
	struct fixture f;
	const struct wh_test_answer *answer;

	(void)state;
	begin_with(&f, NULL);
	ban(&f, "{'kind':'account','what':'id-ann','why':'a reason','note':'a secret'}");
	answer = wh_test_export(f.t, "id-ann", "ann");
	wh_test_settle(f.t);
	assert_says(answer, WH_OK, "\"why\":\"a reason\"");
	assert_null(strstr(answer->json, "a secret"));
	answer = wh_test_erase(f.t, "id-ann", "ann");
	wh_test_settle(f.t);
	assert_int_equal(answer->err, WH_OK);
	answer = wh_test_erase(f.t, "id-root", "root");
	wh_test_settle(f.t);
	for (int again = 0; again < 2; again++) {
		answer = call(&f, f.admin, "bans.list", "{}");
		assert_says(answer, WH_OK, "\"what\":\"id-ann\"");
		assert_says(answer, WH_OK, "\"by_name\":\"\"");
		assert_null(strstr(answer->json, "a secret"));
		wh_test_recover(f.t);
		wh_test_settle(f.t);
	}
	finish(&f);
}

static void
memory_that_runs_out_is_told(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, NULL);
	for (unsigned nth = 1; nth < 3; nth++) {
		wh_test_no_memory(f.t, nth);
		call(&f, f.admin, "bans.add", "{'kind':'account','what':'id-1'}");
	}
	ban(&f, "{'kind':'account','what':'id-1'}");
	assert_says(call(&f, f.admin, "bans.list", "{}"), WH_OK, "\"total\":1");
	finish(&f);
}

static void
a_ban_of_a_room_follows_it_and_no_room_is_called_like_one(void **state)
{
	struct fixture f = { .t = wh_test_new(&whiply_plugin) };
	struct wh_session *ann, *bob;
	void *self = NULL;

	(void)state;
	wh_test_load(f.t, "sqlite", NULL);
	wh_test_load(f.t, "chat", NULL);
	assert_int_equal(wh_test_open(f.t, NULL), WH_OK);
	f.ops = wh_test_service(f.t, "bans", WH_BANS_VERSION, &self);
	f.self = self;
	f.admin = come_from(&f, "root", "admin", "198.51.100.200");
	ann = come(&f, "ann", "member");
	bob = come(&f, "bob", "member");
	assert_int_equal(call(&f, ann, "chat.join", "{'room':'den'}")->err, WH_OK);
	ban(&f, "{'kind':'room','what':'#warez*','why':'not here'}");
	assert_says(call(&f, ann, "chat.rename", "{'room':'den','to':'#Warez-2'}"), WH_EPERM, "not here");
	ban(&f, "{'kind':'room','what':'den','why':'closed'}");
	assert_int_equal(call(&f, ann, "chat.rename", "{'room':'den','to':'lair'}")->err, WH_OK);
	assert_says(call(&f, bob, "chat.join", "{'room':'lair'}"), WH_EPERM, "closed");
	assert_says(call(&f, bob, "chat.join", "{'room':'den'}"), WH_EPERM, "closed");
	assert_int_equal(call(&f, ann, "chat.say", "{'room':'lair','text':'who is in stays in'}")->err, WH_OK);
	finish(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whom_a_new_ban_matches_is_closed_at_once_and_nobody_else),
		cmocka_unit_test(a_client_is_told_all_of_it_before_it_is_closed),
		cmocka_unit_test(each_kind_matches_what_it_says),
		cmocka_unit_test(a_certificate_is_remembered_for_a_later_ban_also_by_the_next_hub),
		cmocka_unit_test(a_reserved_name_is_nobodys_but_is_kept_by_who_has_it),
		cmocka_unit_test(a_banned_room_is_entered_by_nobody_but_operators),
		cmocka_unit_test(a_ban_ends_with_its_time_and_is_gone_from_the_store),
		cmocka_unit_test(bans_are_read_again_by_the_next_hub_and_hold_for_who_is_there),
		cmocka_unit_test(from_some_networks_one_comes_with_an_account_only),
		cmocka_unit_test(who_is_to_sign_in_is_let_in_when_the_ban_is_removed),
		cmocka_unit_test(exceptions_hold_for_networks_and_never_for_accounts),
		cmocka_unit_test(nobody_bans_themselves_or_half_the_world_without_force),
		cmocka_unit_test(a_preview_names_those_whom_it_would_hit_and_bans_nobody),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(the_same_ban_again_replaces_the_first),
		cmocka_unit_test(the_list_is_paged_and_searched),
		cmocka_unit_test(a_sessions_network_is_banned_without_its_address),
		cmocka_unit_test(a_cause_is_removed_as_a_whole_and_nothing_else),
		cmocka_unit_test(who_says_forget_is_told_nothing_more),
		cmocka_unit_test(bans_are_bounded),
		cmocka_unit_test(a_network_opens_so_many_sessions_and_then_waits),
		cmocka_unit_test(an_address_and_a_network_have_so_many_sessions_at_once),
		cmocka_unit_test(what_nobody_uses_is_not_remembered),
		cmocka_unit_test(a_person_gets_and_takes_away_what_is_theirs),
		cmocka_unit_test(memory_that_runs_out_is_told),
		cmocka_unit_test(a_ban_of_a_room_follows_it_and_no_room_is_called_like_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
