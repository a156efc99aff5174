/* Rooms: entering, leaving, who is there, rules, registering, roles, invitations, what is left when the hub dies. */
#include "testing_chat.h"

#include <whiply/chat.h>

static void
the_first_to_enter_makes_the_room_and_runs_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "member");
	const struct wh_test_answer *answer = call(f, ann, "chat.join", "{'room':'#Lobby'}");

	(void)state;
	assert_int_equal(answer->err, WH_OK);
	wh_assert_has(answer->json, "'room':'Lobby'");
	wh_assert_has(answer->json, "'seq':0,'members':1,'topic':''");
	wh_assert_has(answer->json, "'registered':false,'role':'owner'");
	wh_assert_has(answer->json, "'rules':{'access':'public','speakers':'all','slow':0,'min_age':0,'keep':0,'links':true,'enter':'all','limit':0,'flood':'','joins':'','colours':'kept',"
	    "'notices':true,'topics':'moderators','past':'all'}");
	answer = call(f, bob, "chat.join", "{'room':'lobby'}");
	wh_assert_has(answer->json, "'room':'Lobby'");
	wh_assert_has(answer->json, "'members':2");
	wh_assert_has(answer->json, "'role':''");
	wh_assert_has(wh_heard(ann, "chat.joined"), "'room':'Lobby','who':'id-bob','name':'bob','members':2");
	assert_null(wh_heard(bob, "chat.joined"));
	assert_int_equal(wh_test_metric(f->t, "whiply_chat_joins_total", NULL), 2);
	end(f);
}

static void
entering_again_changes_nothing(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "lobby"), *bob = inside(f, "bob", "member", "lobby");

	(void)state;
	wh_assert_has(call(f, bob, "chat.join", "{'room':'lobby'}")->json, "'members':2");
	assert_int_equal(wh_times(ann, "chat.joined"), 1);
	end(f);
}

static void
a_person_with_two_sessions_enters_and_leaves_once(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "lobby"), *bob = inside(f, "bob", "member", "lobby"), *bob2 = inside(f, "bob", "member", "lobby");

	(void)state;
	assert_int_equal(wh_times(ann, "chat.joined"), 1);
	assert_call(f, bob, "chat.leave", "{'room':'lobby'}", WH_OK);
	assert_int_equal(wh_times(ann, "chat.left"), 0);
	assert_call(f, bob2, "chat.leave", "{'room':'lobby','reason':'tea'}", WH_OK);
	wh_assert_has(wh_heard(ann, "chat.left"), "'who':'id-bob','name':'bob','members':1,'reason':'tea'");
	assert_call(f, bob2, "chat.leave", "{'room':'lobby'}", WH_EPERM);
	end(f);
}

static void
a_session_that_ends_leaves(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "lobby"), *bob = inside(f, "bob", "member", "lobby");

	(void)state;
	wh_test_leave_server(f->t, bob);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(ann, "chat.left"), "'who':'id-bob'");
	end(f);
}

static void
a_room_that_nobody_registered_ends_with_the_last(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "lobby");
	char id[256];

	(void)state;
	said(f, ann, "lobby", "hello", id);
	assert_call(f, ann, "chat.leave", "{'room':'lobby'}", WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(wh_test_metric(f->t, "whiply_chat_rooms", NULL), 0);
	assert_call(f, ann, "chat.room", "{'room':'lobby'}", WH_ENOENT);
	wh_assert_has(call(f, ann, "chat.join", "{'room':'lobby'}")->json, "'seq':0");
	wh_assert_has(call(f, ann, "chat.history", "{'room':'lobby'}")->json, "'entries':[]");
	end(f);
}

static void
a_long_log_goes_bit_by_bit(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "lobby");
	char id[256];

	(void)state;
	said(f, ann, "lobby", "first", id);
	behind(f, "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1700) INSERT INTO chat_entry (id, room, seq, time, kind, who, name, text) "
	    "SELECT (SELECT max(id) FROM chat_entry) + i, 1, i, 1, 1, 'x', 'x', 'x' FROM n; UPDATE chat_room SET seq = 1700;");
	said(f, ann, "lobby", "last", id);
	assert_call(f, ann, "chat.leave", "{'room':'lobby'}", WH_OK);
	wh_assert_has(call(f, ann, "chat.join", "{'room':'lobby'}")->json, "'seq':0");
	wh_test_settle(f->t);
	wh_assert_has(call(f, ann, "chat.rooms", NULL)->json, "{'rooms':[{'room':'lobby','topic':'','members':1,'seq':0,'created':");
	wh_assert_has(call(f, ann, "chat.rooms", NULL)->json, "}]}");
	behind(f, "CREATE TABLE gone (n INTEGER CHECK (n = 0)); INSERT INTO gone SELECT count(*) FROM chat_entry; INSERT INTO gone SELECT count(*) - 1 FROM chat_room;");
	end(f);
}

static void
only_members_make_rooms_where_the_operator_wants_it(void **state)
{
	struct fixture *f = begin("create = \"members\";");
	struct wh_session *g = wh_test_session(f->t, "gus", "guest"), *ann;

	(void)state;
	assert_call(f, g, "chat.join", "{'room':'lobby'}", WH_ENOENT);
	ann = inside(f, "ann", "member", "lobby");
	assert_call(f, g, "chat.join", "{'room':'lobby'}", WH_OK);
	assert_non_null(wh_heard(ann, "chat.joined"));
	end(f);
}

static void
a_name_that_can_be_none_is_refused(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member");

	(void)state;
	assert_call(f, ann, "chat.join", "{'room':'a b'}", WH_EINVAL);
	assert_call(f, ann, "chat.join", "{'room':'a,b'}", WH_EINVAL);
	assert_call(f, ann, "chat.say", "{'room':'a:b','text':'x'}", WH_EINVAL);
	assert_call(f, ann, "chat.say", "{'room':'lobby','text':'x'}", WH_EPERM);
	end(f);
}

static void
rooms_in_memory_have_a_bound(void **state)
{
	struct fixture *f = begin("rooms = 2;");
	struct wh_session *ann = inside(f, "ann", "member", "one");

	(void)state;
	assert_call(f, ann, "chat.join", "{'room':'two'}", WH_OK);
	assert_call(f, ann, "chat.join", "{'room':'three'}", WH_EFULL);
	assert_call(f, ann, "chat.leave", "{'room':'two'}", WH_OK);
	assert_call(f, ann, "chat.join", "{'room':'three'}", WH_OK);
	end(f);
}

static enum wh_verdict
nobody_in_jail(void *self, struct wh_passage *p)
{
	(void)self;
	return wh_str_is(wh_room_name(p->at.host, p->room), "jail") ? wh_refuse(&p->at, WH_EPERM, "not there", 0) : WH_PASS;
}

static enum wh_verdict
held(void *self, struct wh_passage *p)
{
	*(wh_id *)self = p->at.ticket;
	return WH_HOLD;
}

static void
hooks_may_refuse_and_hold_who_enters(void **state)
{
	static const struct wh_hook refusing[] = { { WH_ON_JOIN, .order = 10, .passage = nobody_in_jail }, { 0 } };
	static const struct wh_hook holding[] = { { WH_ON_JOIN, .order = 20, .passage = held }, { 0 } };
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member");
	const struct wh_test_answer *answer;
	wh_id ticket = 0;

	(void)state;
	wh_test_other_hooks(f->t, refusing, NULL);
	wh_assert_has(call(f, ann, "chat.join", "{'room':'jail'}")->why, "not there");
	assert_int_equal(wh_test_metric(f->t, "whiply_chat_rooms", NULL), 0);
	wh_test_other_hooks(f->t, holding, &ticket);
	answer = wh_test_start(f->t, ann, "chat.join", "{'room':'hall'}");
	wh_test_settle(f->t);
	assert_int_equal(answer->err, WH_WAIT);
	wh_hook_go(wh_test_host(f->t), ticket, WH_PASS, WH_OK, NULL);
	wh_test_settle(f->t);
	assert_int_equal(answer->err, WH_OK);
	wh_assert_has(answer->json, "'members':1");
	end(f);
}

static void
a_crowd_is_told_together(void **state)
{
	struct fixture *f = begin("crowd = 3; crowd_every = \"1s\";");
	struct wh_session *ann = inside(f, "ann", "member", "lobby"), *in[4];
	const char *text;
	char name[16];

	(void)state;
	inside(f, "bob", "member", "lobby");
	inside(f, "cleo", "member", "lobby");
	assert_int_equal(wh_times(ann, "chat.joined"), 2);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "p%u", i);
		in[i] = inside(f, name, "guest", "lobby");
	}
	/* Came and went: nobody need know. */
	wh_test_leave_server(f->t, in[3]);
	assert_int_equal(wh_times(ann, "chat.joined"), 2);
	assert_int_equal(wh_times(ann, "chat.members"), 0);
	wh_test_advance(f->t, 1000);
	text = wh_heard(ann, "chat.members");
	wh_assert_has(text, "'room':'lobby','members':6");
	wh_assert_has(text, "'joined':[{'who':'id-p0','name':'p0'},{'who':'id-p1','name':'p1'},{'who':'id-p2','name':'p2'}],'left':[]");
	wh_test_leave_server(f->t, in[0]);
	wh_test_advance(f->t, 1000);
	wh_assert_has(wh_heard(ann, "chat.members"), "'joined':[],'left':[{'who':'id-p0','name':'p0'}],'joined_more':0,'left_more':0");
	assert_int_equal(wh_times(ann, "chat.left"), 0);
	end(f);
}

static void
names_of_a_crowd_are_proper_json(void **state)
{
	struct fixture *f = begin("crowd = 1; crowd_every = \"1s\";");
	struct wh_session *ann = inside(f, "ann", "member", "lobby"), *odd = wh_test_session(f->t, "odd", "guest");
	struct wh_value value;

	(void)state;
	wh_session_identify(wh_test_host(f->t), odd, &(struct wh_identity){ WH_GUEST, WH_STR("id-odd"), WH_STR("a\"b\\c\x01\x1f"), WH_STR("guest") });
	assert_call(f, odd, "chat.join", "{'room':'lobby'}", WH_OK);
	wh_test_advance(f->t, 1000);
	assert_int_equal(wh_json_read_text(wh_test_host(f->t), wh_str(wh_heard(ann, "chat.members")), &value), WH_OK);
	assert_non_null(strstr(wh_test_sent(ann, 0), "\"a\\\"b\\\\c\\u0001\\u001f\""));
	end(f);
}

static void
names_of_one_gathering_have_a_bound(void **state)
{
	struct fixture *f = begin("crowd = 1; crowd_every = \"1s\";");
	struct wh_session *ann = inside(f, "ann", "member", "lobby");
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 53; i++) {
		snprintf(name, sizeof name, "p%u", i);
		wh_test_start(f->t, wh_test_session(f->t, name, "guest"), "chat.join", "{'room':'lobby'}");
	}
	wh_test_advance(f->t, 1100);
	wh_assert_has(wh_heard(ann, "chat.members"), "'joined_more':3");
	end(f);
}

static void
members_are_listed_a_page_at_a_time(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "lobby");
	const struct wh_test_answer *answer;

	(void)state;
	inside(f, "bob", "member", "lobby");
	inside(f, "cleo", "member", "lobby");
	answer = call(f, ann, "chat.members", "{'room':'lobby','limit':2}");
	wh_assert_has(answer->json, "'total':3,'members':[{'who':'id-ann','name':'ann','role':'owner'},{'who':'id-bob','name':'bob'}],'next':'id-bob'");
	answer = call(f, ann, "chat.members", "{'room':'lobby','limit':2,'after':'id-bob'}");
	wh_assert_has(answer->json, "'members':[{'who':'id-cleo','name':'cleo'}]");
	wh_assert_lacks(answer->json, "next");
	assert_call(f, wh_test_session(f->t, "dora", "member"), "chat.members", "{'room':'lobby'}", WH_EPERM);
	end(f);
}

static void
pages_of_members_have_each_once_and_in_order(void **state)
{
	struct fixture *f = begin("crowd = 1;");
	struct wh_session *ann = inside(f, "p00", "member", "lobby");
	char name[16], args[400], next[256] = "", who[32];
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 1; i < 40; i++) {
		snprintf(name, sizeof name, "p%02u", i * 7 % 40);
		wh_test_start(f->t, wh_test_session(f->t, name, "guest"), "chat.join", "{'room':'lobby'}");
	}
	wh_test_settle(f->t);
	do {
		const struct wh_test_answer *answer;
		const char *at;

		snprintf(args, sizeof args, "{'room':'lobby','limit':7,'after':'%s'}", next);
		answer = call(f, ann, "chat.members", args);
		wh_assert_has(answer->json, "'total':40");
		for (at = answer->json; (at = strstr(at, "\"who\":\"")) != NULL; at += 7) {
			snprintf(who, sizeof who, "\"who\":\"id-p%02u\"", seen++);
			assert_memory_equal(at, who, strlen(who));
		}
		if (strstr(answer->json, "\"next\"") == NULL)
			break;
		wh_member(answer, "next", next);
		wh_test_advance(f->t, 1000);
	} while (seen < 100);
	assert_int_equal(seen, 40);
	end(f);
}

static void
a_plugin_that_closes_leaves_nothing(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");

	(void)state;
	wh_test_start(f->t, ann, "chat.say", "{'room':'den','text':'under way'}");
	wh_test_start(f->t, ann, "chat.history", "{'room':'den'}");
	wh_test_start(f->t, ann, "chat.resume", "{'rooms':[{'room':'den','epoch':1,'seq':0}]}");
	wh_test_start(f->t, ann, "chat.whisper", "{'to':'bob','text':'under way'}");
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	wh_assert_has(call(f, ann, "chat.room", "{'room':'den'}")->json, "'members':1");
	end(f);
}

static void
a_room_is_registered_by_who_runs_it(void **state)
{
	struct fixture *f = begin("own = 1;");
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *g = inside(f, "gus", "guest", "yard");
	char id[256];

	(void)state;
	assert_call(f, bob, "chat.register", "{'room':'den'}", WH_EPERM);
	assert_call(f, g, "chat.register", "{'room':'yard'}", WH_EPERM);
	wh_assert_has(call(f, ann, "chat.register", "{'room':'den'}")->json, "'registered':true,'role':'owner'");
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_EEXIST);
	assert_int_equal(f->n_grants, 1);
	assert_string_equal(f->grants[0].room, "den");
	/* It stays without anybody, with its log, and so does who owns it. */
	said(f, ann, "den", "remember", id);
	wh_test_leave_server(f->t, ann);
	wh_test_leave_server(f->t, bob);
	wh_test_settle(f->t);
	bob = inside(f, "bob", "member", "den");
	wh_assert_has(call(f, bob, "chat.history", "{'room':'den'}")->json, "remember");
	wh_assert_has(call(f, bob, "chat.room", "{'room':'den'}")->json, "'role':''");
	ann = inside(f, "ann", "member", "den");
	wh_assert_has(call(f, ann, "chat.room", "{'room':'den'}")->json, "'role':'owner'");
	/* One each. */
	assert_call(f, ann, "chat.join", "{'room':'second'}", WH_OK);
	assert_call(f, ann, "chat.register", "{'room':'second'}", WH_EFULL);
	end(f);
}

static void
a_registration_without_its_role_is_undone(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");

	(void)state;
	f->grant_err = WH_EAWAY;
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_EAWAY);
	wh_assert_has(call(f, ann, "chat.room", "{'room':'den'}")->json, "'registered':false");
	f->grant_err = WH_OK;
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
	end(f);
}

static void
roles_are_given_and_taken(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *cleo = inside(f, "cleo", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
	assert_call(f, bob, "chat.role", "{'room':'den','name':'cleo','role':'voice','on':true}", WH_EPERM);
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'moderator','on':true}", WH_OK);
	wh_assert_has(wh_heard(cleo, "chat.role"), "'room':'den','who':'id-bob','name':'bob','role':'moderator','on':true,'by':'ann'");
	assert_call(f, bob, "chat.role", "{'room':'den','name':'cleo','role':'moderator','on':true}", WH_EPERM);
	assert_call(f, bob, "chat.role", "{'room':'den','name':'cleo','role':'voice','on':true}", WH_OK);
	wh_assert_has(call(f, cleo, "chat.room", "{'room':'den'}")->json, "'role':'voice'");
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'moderator','on':false}", WH_OK);
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'moderator','on':false}", WH_ENOENT);
	assert_call(f, ann, "chat.role", "{'room':'den','name':'zoe','role':'moderator','on':true}", WH_ENOENT);
	assert_call(f, bob, "chat.topic", "{'room':'den','topic':'mine'}", WH_EPERM);
	end(f);
}

/* Roles of accounts are looked up again when the hub was replaced; a room that is registered goes on when they are known. */
static void
a_registered_room_waits_for_the_roles_of_those_who_are_in_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'voice','on':true}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'den','speakers':'voice'}", WH_OK);
	f->unsettled = true;
	wh_test_recover(f->t);
	wh_test_start(f->t, bob, "chat.say", "{'room':'den','text':'at once'}");
	wh_test_settle(f->t);
	assert_null(wh_heard(ann, "chat.message"));
	f->unsettled = false;
	f->settled(f->settled_self);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(ann, "chat.message"), "at once");
	wh_assert_has(call(f, bob, "chat.members", "{'room':'den'}")->json, "'total':2");
	end(f);
}

static void
in_a_room_that_is_not_registered_roles_end_with_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "", "den"), *bob = inside(f, "bob", "", "den"), *cleo = inside(f, "cleo", "", "den");

	(void)state;
	assert_call(f, bob, "chat.role", "{'room':'den','name':'cleo','role':'voice','on':true}", WH_EPERM);
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'moderator','on':true}", WH_OK);
	wh_assert_has(wh_heard(cleo, "chat.role"), "'room':'den','who':'id-bob','name':'bob','role':'moderator','on':true,'by':'ann'");
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'moderator','on':true}", WH_EEXIST);
	assert_call(f, bob, "chat.role", "{'room':'den','name':'cleo','role':'voice','on':true}", WH_OK);
	assert_call(f, bob, "chat.role", "{'room':'den','name':'ann','role':'moderator','on':true}", WH_EPERM);
	assert_call(f, ann, "chat.role", "{'room':'den','name':'zoe','role':'voice','on':true}", WH_ENOENT);
	/* Who comes back has it still. */
	assert_call(f, bob, "chat.leave", "{'room':'den'}", WH_OK);
	wh_assert_has(call(f, bob, "chat.join", "{'room':'den'}")->json, "'role':'moderator'");
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	wh_assert_has(call(f, bob, "chat.room", "{'room':'den'}")->json, "'role':'moderator'");
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'moderator','on':false}", WH_OK);
	assert_call(f, bob, "chat.topic", "{'room':'den','topic':'mine'}", WH_EPERM);
	assert_call(f, ann, "chat.leave", "{'room':'den'}", WH_OK);
	assert_call(f, bob, "chat.leave", "{'room':'den'}", WH_OK);
	assert_call(f, cleo, "chat.leave", "{'room':'den'}", WH_OK);
	wh_test_settle(f->t);
	wh_assert_has(call(f, bob, "chat.join", "{'room':'den'}")->json, "'role':'owner'");
	wh_assert_has(call(f, cleo, "chat.join", "{'room':'den'}")->json, "'role':''");
	end(f);
}

static void
a_room_that_is_entered_while_it_ends_is_a_new_one(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.topic", "{'room':'den','topic':'old'}", WH_OK);
	wh_test_start(f->t, ann, "chat.leave", "{'room':'den'}");
	wh_test_start(f->t, ann, "chat.join", "{'room':'den'}");
	wh_test_settle(f->t);
	wh_assert_has(call(f, ann, "chat.room", "{'room':'den'}")->json, "'topic':''");
	assert_call(f, ann, "chat.say", "{'room':'den','text':'new'}", WH_OK);
	end(f);
}

static void
without_accounts_a_registered_room_has_no_roles(void **state)
{
	struct fixture *f = begin_with(NULL, NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'voice','on':true}", WH_ENOTSUP);
	assert_call(f, ann, "chat.invite", "{'room':'den','name':'bob'}", WH_OK);
	wh_assert_has(wh_heard(bob, "chat.invited"), "'room':'den','from':'ann','who':'id-ann','to':'id-bob'");
	assert_call(f, ann, "chat.invite", "{'room':'den','name':'zoe'}", WH_ENOENT);
	end(f);
}

static void
a_moderator_of_the_server_runs_every_room(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod;

	(void)state;
	inside(f, "ann", "member", "den");
	wh_test_role(f->t, "helper", "chat.moderate", NULL);
	mod = inside(f, "mod", "member helper", "den");
	wh_assert_has(call(f, mod, "chat.room", "{'room':'den'}")->json, "'role':'owner'");
	assert_call(f, mod, "chat.topic", "{'room':'den','topic':'behave'}", WH_OK);
	end(f);
}

static void
who_is_not_invited_does_not_even_see_the_room(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "member"), *cleo = wh_test_session(f->t, "cleo", "member");

	(void)state;
	assert_call(f, ann, "chat.set", "{'room':'den','access':'invited'}", WH_OK);
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_EPERM);
	assert_call(f, bob, "chat.room", "{'room':'den'}", WH_ENOENT);
	wh_assert_has(call(f, bob, "chat.rooms", NULL)->json, "'rooms':[]");
	assert_call(f, ann, "chat.invite", "{'room':'den','name':'bob'}", WH_OK);
	wh_assert_has(wh_heard(bob, "chat.invited"), "'room':'den','from':'ann'");
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_OK);
	assert_call(f, bob, "chat.invite", "{'room':'den','name':'cleo'}", WH_EPERM);
	assert_call(f, ann, "chat.invite", "{'room':'den','name':'zoe'}", WH_ENOENT);
	assert_call(f, cleo, "chat.join", "{'room':'den'}", WH_EPERM);
	/* A week later an invitation is none. */
	assert_call(f, ann, "chat.invite", "{'room':'den','name':'cleo'}", WH_OK);
	wh_test_advance(f->t, 8 * 86400000LL);
	wh_test_settle(f->t);
	assert_call(f, cleo, "chat.join", "{'room':'den'}", WH_EPERM);
	end(f);
}

static void
a_room_with_a_key_opens_with_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	assert_call(f, ann, "chat.set", "{'room':'den','access':'key'}", WH_EINVAL);
	assert_call(f, ann, "chat.set", "{'room':'den','access':'key','key':'sesame'}", WH_OK);
	wh_assert_lacks(wh_heard(ann, "chat.rules"), "sesame");
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_EPERM);
	assert_call(f, ann, "chat.topic", "{'room':'den','topic':'caves'}", WH_OK);
	assert_null(strstr(call(f, bob, "chat.room", "{'room':'den'}")->json, "caves"));
	assert_non_null(strstr(call(f, ann, "chat.room", "{'room':'den'}")->json, "caves"));
	assert_call(f, bob, "chat.join", "{'room':'den','key':'sesam'}", WH_EPERM);
	assert_call(f, bob, "chat.join", "{'room':'den','key':'sesame!'}", WH_EPERM);
	assert_call(f, bob, "chat.join", "{'room':'den','key':'sesame'}", WH_OK);
	wh_assert_lacks(call(f, bob, "chat.room", "{'room':'den'}")->json, "sesame");
	end(f);
}

static void
rooms_are_listed_by_name_with_search_and_pages(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "apples");
	const struct wh_test_answer *answer;

	(void)state;
	assert_call(f, ann, "chat.join", "{'room':'Pears'}", WH_OK);
	assert_call(f, ann, "chat.join", "{'room':'plums'}", WH_OK);
	assert_call(f, ann, "chat.join", "{'room':'secret'}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'secret','access':'unlisted'}", WH_OK);
	assert_call(f, ann, "chat.topic", "{'room':'Pears','topic':'green'}", WH_OK);
	answer = call(f, ann, "chat.rooms", "{'limit':2}");
	wh_assert_has(answer->json, "{'rooms':[{'room':'apples','topic':'','members':1,'seq':0,'created':");
	wh_assert_has(answer->json, "},{'room':'Pears','topic':'green','members':1,'seq':1,'created':");
	wh_assert_has(answer->json, "}],'next':'pears'}");
	answer = call(f, ann, "chat.rooms", "{'limit':2,'after':'pears'}");
	wh_assert_has(answer->json, "{'rooms':[{'room':'plums'");
	wh_assert_lacks(answer->json, "secret");
	wh_assert_lacks(answer->json, "next");
	answer = call(f, ann, "chat.rooms", "{'search':'EAR'}");
	wh_assert_has(answer->json, "'room':'Pears'");
	wh_assert_lacks(answer->json, "apples");
	end(f);
}

static void
only_owners_set_rules_and_all_hear_of_them(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, bob, "chat.set", "{'room':'den','slow':1000}", WH_EPERM);
	assert_call(f, ann, "chat.set", "{'room':'den','slow':'1s','speakers':'voice','links':false,'keep':'1d','min_age':'1h'}", WH_OK);
	wh_assert_has(wh_heard(bob, "chat.rules"), "'rules':{'access':'public','speakers':'voice','slow':1000,'min_age':3600000,'keep':86400000,'links':false,"
	    "'enter':'all','limit':0,'flood':'','joins':'','colours':'kept','notices':true,'topics':'moderators','past':'all','was':{'access':'public',"
	    "'speakers':'all','slow':0,");
	wh_assert_has(call(f, bob, "chat.room", "{'room':'den'}")->json, "'slow':1000,'min_age':3600000,'keep':86400000,'links':false");
	end(f);
}

static void
rules_that_are_set_at_once_do_not_undo_each_other(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");

	(void)state;
	wh_test_start(f->t, ann, "chat.set", "{'room':'den','slow':1000}");
	wh_test_start(f->t, ann, "chat.set", "{'room':'den','links':false}");
	wh_test_settle(f->t);
	wh_assert_has(call(f, ann, "chat.room", "{'room':'den'}")->json, "'slow':1000,'min_age':0,'keep':0,'links':false");
	end(f);
}

static void
what_could_not_be_written_does_not_hold(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	const struct wh_test_answer *answer;

	(void)state;
	behind(f, "CREATE TRIGGER broken BEFORE INSERT ON chat_entry BEGIN SELECT RAISE(ABORT, 'no'); END;");
	assert_int_not_equal(call(f, ann, "chat.topic", "{'room':'den','topic':'new'}")->err, WH_OK);
	assert_int_not_equal(call(f, ann, "chat.set", "{'room':'den','slow':5000}")->err, WH_OK);
	assert_int_not_equal(call(f, bob, "chat.say", "{'room':'den','text':'hm'}")->err, WH_OK);
	answer = call(f, ann, "chat.room", "{'room':'den'}");
	wh_assert_has(answer->json, "'seq':0,'members':2,'topic':''");
	wh_assert_has(answer->json, "'slow':0");
	assert_null(wh_heard(bob, "chat.topic"));
	behind(f, "DROP TRIGGER broken;");
	assert_call(f, ann, "chat.set", "{'room':'den','slow':5000}", WH_OK);
	/* Who said nothing need not wait. */
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hm'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hm'}", WH_EFAST);
	end(f);
}

static void
moderators_send_people_out(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *bob2 = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, bob, "chat.kick", "{'room':'den','name':'ann'}", WH_EPERM);
	assert_call(f, ann, "chat.kick", "{'room':'den','name':'ann'}", WH_EPERM);
	assert_call(f, ann, "chat.kick", "{'room':'den','name':'zoe'}", WH_ENOENT);
	assert_call(f, ann, "chat.kick", "{'room':'den','name':'Bob','reason':'spam'}", WH_OK);
	wh_assert_has(wh_heard(bob, "chat.sent_out"), "'room':'den','reason':'spam','by':'ann'");
	assert_non_null(wh_heard(bob2, "chat.sent_out"));
	wh_assert_has(wh_heard(ann, "chat.left"), "'who':'id-bob','name':'bob','members':1,'reason':'spam'");
	assert_call(f, bob, "chat.say", "{'room':'den','text':'but'}", WH_EPERM);
	end(f);
}

static void
who_signs_in_keeps_the_place(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *g = inside(f, "gus", "guest", "den"), *ann = inside(f, "ann", "member", "den");
	char id[256];

	(void)state;
	wh_session_identify(wh_test_host(f->t), g, &(struct wh_identity){ WH_ACCOUNT, WH_STR("id-bob"), WH_STR("bob"), WH_STR("member") });
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(ann, "chat.renamed"), "'room':'den','who':'id-bob','name':'bob','was':'id-gus','was_name':'gus'");
	assert_int_equal(wh_times(ann, "chat.joined") + wh_times(ann, "chat.left"), 0);
	said(f, g, "den", "it is me", id);
	wh_assert_has(wh_heard(ann, "it is me"), "'from':'bob','who':'id-bob'");
	/* It is still their room. */
	wh_assert_has(call(f, g, "chat.room", "{'room':'den'}")->json, "'members':2");
	wh_assert_has(call(f, g, "chat.room", "{'room':'den'}")->json, "'role':'owner'");
	assert_call(f, g, "chat.leave", "{'room':'den'}", WH_OK);
	wh_assert_has(wh_heard(ann, "chat.left"), "'who':'id-bob'");
	end(f);
}

static void
who_signs_in_as_somebody_who_is_there_becomes_one_with_them(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *g = inside(f, "gus", "guest", "den");

	(void)state;
	wh_session_identify(wh_test_host(f->t), g, &(struct wh_identity){ WH_ACCOUNT, WH_STR("id-bob"), WH_STR("bob"), WH_STR("member") });
	wh_assert_has(wh_heard(ann, "chat.left"), "'who':'id-gus'");
	wh_assert_has(call(f, ann, "chat.room", "{'room':'den'}")->json, "'members':2");
	wh_test_leave_server(f->t, bob);
	assert_null(wh_heard(ann, "chat.left"));
	wh_test_leave_server(f->t, g);
	wh_assert_has(wh_heard(ann, "chat.left"), "'who':'id-bob'");
	end(f);
}

static void
a_guest_who_takes_another_name_is_renamed(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *g = inside(f, "gus", "guest", "den");

	(void)state;
	wh_session_identify(wh_test_host(f->t), g, &(struct wh_identity){ WH_GUEST, WH_STR("id-gus"), WH_STR("Gustav"), WH_STR("guest") });
	wh_assert_has(wh_heard(ann, "chat.renamed"), "'who':'id-gus','name':'Gustav','was':'id-gus','was_name':'gus'");
	wh_assert_has(call(f, ann, "chat.members", "{'room':'den'}")->json, "{'who':'id-gus','name':'Gustav'}");
	end(f);
}

static void
rooms_their_people_and_who_made_them_outlive_the_hub(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "guest", "den"), *bob = inside(f, "bob", "member", "den");
	char id[256];

	(void)state;
	assert_call(f, ann, "chat.topic", "{'room':'den','topic':'rain'}", WH_OK);
	said(f, bob, "den", "one", id);
	wh_test_recover(f->t);
	said(f, bob, "den", "two", id);
	wh_assert_has(wh_heard(ann, "two"), "'seq':3");
	assert_int_equal(wh_times(ann, "'text':'one'"), 1);
	wh_assert_has(call(f, ann, "chat.room", "{'room':'den'}")->json, "'members':2,'topic':'rain'");
	wh_assert_has(call(f, ann, "chat.room", "{'room':'den'}")->json, "'role':'owner'");
	wh_test_leave_server(f->t, bob);
	wh_assert_has(wh_heard(ann, "chat.left"), "'members':1");
	end(f);
}

static void
what_was_committed_and_not_told_is_told_after_the_hub_died(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char id[256];

	(void)state;
	said(f, ann, "den", "one", id);
	/* The commit was the last that the hub did. */
	behind(f, "UPDATE chat_room SET seq = seq + 1; INSERT INTO chat_entry (id, room, seq, time, kind, who, name, text) "
	    "SELECT max(e.id) + 1, e.room, 2, e.time, 1, e.who, e.name, 'two' FROM chat_entry e;");
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(ann, "'text':'two'"), "'seq':2");
	said(f, ann, "den", "three", id);
	wh_assert_has(wh_heard(ann, "'text':'three'"), "'seq':3");
	end(f);
}

static void
a_log_that_was_restored_begins_a_new_epoch(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char id[256], was[64], is[64];

	(void)state;
	snprintf(was, sizeof was, "%.40s", strstr(call(f, ann, "chat.room", "{'room':'den'}")->json, "\"epoch\""));
	said(f, ann, "den", "one", id);
	said(f, ann, "den", "two", id);
	behind(f, "DELETE FROM chat_entry WHERE seq = 2; UPDATE chat_room SET seq = 1;");
	wh_test_recover(f->t);
	wh_test_advance(f->t, 10);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(ann, "chat.epoch"), "'room':'den','epoch':");
	snprintf(is, sizeof is, "%.40s", strstr(call(f, ann, "chat.room", "{'room':'den'}")->json, "\"epoch\""));
	assert_string_not_equal(was, is);
	said(f, ann, "den", "another", id);
	wh_assert_has(wh_heard(ann, "another"), "'seq':2");
	end(f);
}

static void
a_room_that_the_store_lost_is_made_anew(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char id[256];

	(void)state;
	said(f, ann, "den", "one", id);
	behind(f, "PRAGMA foreign_keys = ON; DELETE FROM chat_room;");
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	said(f, ann, "den", "two", id);
	wh_assert_has(wh_heard(ann, "'text':'two'"), "'seq':1");
	end(f);
}

static void
rooms_that_outlived_their_hub_are_swept(void **state)
{
	struct fixture *f = begin("idle = \"10s\";");
	struct wh_session *ann = wh_test_session(f->t, "ann", "member");

	(void)state;
	behind(f, "INSERT INTO chat_room (key, name, epoch, created) VALUES ('ghost', 'ghost', 1, 1);");
	wh_assert_has(call(f, ann, "chat.rooms", NULL)->json, "ghost");
	wh_test_advance(f->t, 60000);
	wh_test_settle(f->t);
	wh_assert_lacks(call(f, ann, "chat.rooms", NULL)->json, "ghost");
	end(f);
}

struct seen {
	unsigned rooms, people;
	enum wh_chat_rank rank;
};

static bool
see_room(void *self, const struct wh_chat_room *room)
{
	struct seen *seen = self;

	seen->rooms += wh_str_is(room->name, "Den") && room->moderated && room->slow_ms == 7;
	return true;
}

static bool
see_person(void *self, const struct wh_chat_person *person)
{
	struct seen *seen = self;

	seen->people++;
	if (wh_str_is(person->name, "ann"))
		seen->rank = person->rank;
	return true;
}

static void
other_plugins_read_what_is_in_memory(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "Den"), *bob = inside(f, "bob", "member", "den");
	struct seen seen = { 0 };
	struct wh_chat_room room;
	void *self = NULL;
	const struct wh_chat_ops *ops = wh_test_service(f->t, "chat", WH_CHAT_VERSION, &self);

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'hi'}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'den','speakers':'voice','slow':7}", WH_OK);
	assert_true(ops->room(self, WH_STR("#DEN"), &room));
	assert_true(wh_str_is(room.key, "den"));
	assert_int_equal(room.people, 2);
	assert_int_equal(room.seq, 1);
	assert_false(ops->room(self, WH_STR("nowhere"), &room));
	ops->rooms(self, see_room, &seen);
	ops->people(self, WH_STR("den"), see_person, &seen);
	assert_int_equal(seen.rooms, 1);
	assert_int_equal(seen.people, 2);
	assert_int_equal(seen.rank, WH_RANK_OWNER);
	assert_int_equal(ops->rank(self, WH_STR("den"), bob), WH_RANK_NONE);
	end(f);
}

static void
a_lack_of_memory_at_opening_is_said(void **state)
{
	(void)state;
	for (unsigned nth = 1, opened = 0; opened == 0; nth++) {
		struct wh_test *t = wh_test_new(&whiply_plugin);

		wh_test_load(t, "sqlite", NULL);
		wh_test_no_memory(t, nth);
		opened = wh_test_open(t, NULL) == WH_OK;
		assert_true(opened == 0 || nth > 2);
		wh_test_end(&t);
	}
}

/* One allocation after the other fails, in a life of all that takes memory. Whatever is refused: nothing is lost track of, and what is asked
 * again works. */
static void
a_lack_of_memory_is_got_over(void **state)
{
	static const struct {
		const char *command, *args;
	} life[] = {
		{ "chat.join", "{'room':'den'}" }, { "chat.say", "{'room':'den','text':'hello @bob'}" }, { "chat.whisper", "{'to':'bob','text':'psst'}" },
		{ "chat.whisper", "{'to':'dora','text':'psst'}" }, { "chat.history", "{'room':'@bob'}" }, { "chat.members", "{'room':'den'}" },
		{ "chat.resume", "{'rooms':[{'room':'den','epoch':1,'seq':0}]}" }, { "chat.typing", "{'room':'@bob','on':true}" },
		{ "chat.block", "{'name':'cleo'}" }, { "chat.set", "{'room':'den','slow':1}" }, { "chat.register", "{'room':'den'}" },
		{ "chat.invite", "{'room':'den','name':'cleo'}" }, { "chat.leave", "{'room':'den'}" },
	};

	(void)state;
	for (unsigned nth = 1; nth < 60; nth++) {
		struct fixture *f = begin("crowd = 1;");
		struct wh_session *ann, *g;

		wh_test_no_memory(f->t, nth);
		ann = wh_test_session(f->t, "ann", "member");
		g = wh_test_session(f->t, "gus", "guest");
		wh_test_session(f->t, "bob", "member");
		call(f, g, "chat.join", "{'room':'den'}");
		for (size_t i = 0; i < sizeof life / sizeof life[0]; i++) {
			call(f, ann, life[i].command, life[i].args);
			if (i == 1)
				wh_session_identify(wh_test_host(f->t), g, &(struct wh_identity){ WH_ACCOUNT, WH_STR("id-cleo"), WH_STR("Cleo"), WH_STR("member") });
		}
		wh_test_advance(f->t, 3000);
		wh_test_no_memory(f->t, 0);
		wh_test_recover(f->t);
		wh_test_settle(f->t);
		assert_call(f, ann, "chat.join", "{'room':'den'}", WH_OK);
		assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'psst'}", WH_OK);
		end(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_to_enter_makes_the_room_and_runs_it),
		cmocka_unit_test(entering_again_changes_nothing),
		cmocka_unit_test(a_person_with_two_sessions_enters_and_leaves_once),
		cmocka_unit_test(a_session_that_ends_leaves),
		cmocka_unit_test(a_room_that_nobody_registered_ends_with_the_last),
		cmocka_unit_test(a_long_log_goes_bit_by_bit),
		cmocka_unit_test(only_members_make_rooms_where_the_operator_wants_it),
		cmocka_unit_test(a_name_that_can_be_none_is_refused),
		cmocka_unit_test(rooms_in_memory_have_a_bound),
		cmocka_unit_test(hooks_may_refuse_and_hold_who_enters),
		cmocka_unit_test(a_crowd_is_told_together),
		cmocka_unit_test(names_of_a_crowd_are_proper_json),
		cmocka_unit_test(names_of_one_gathering_have_a_bound),
		cmocka_unit_test(members_are_listed_a_page_at_a_time),
		cmocka_unit_test(pages_of_members_have_each_once_and_in_order),
		cmocka_unit_test(a_plugin_that_closes_leaves_nothing),
		cmocka_unit_test(a_room_is_registered_by_who_runs_it),
		cmocka_unit_test(a_registration_without_its_role_is_undone),
		cmocka_unit_test(roles_are_given_and_taken),
		cmocka_unit_test(a_registered_room_waits_for_the_roles_of_those_who_are_in_it),
		cmocka_unit_test(in_a_room_that_is_not_registered_roles_end_with_it),
		cmocka_unit_test(a_room_that_is_entered_while_it_ends_is_a_new_one),
		cmocka_unit_test(without_accounts_a_registered_room_has_no_roles),
		cmocka_unit_test(a_moderator_of_the_server_runs_every_room),
		cmocka_unit_test(who_is_not_invited_does_not_even_see_the_room),
		cmocka_unit_test(a_room_with_a_key_opens_with_it),
		cmocka_unit_test(rooms_are_listed_by_name_with_search_and_pages),
		cmocka_unit_test(only_owners_set_rules_and_all_hear_of_them),
		cmocka_unit_test(rules_that_are_set_at_once_do_not_undo_each_other),
		cmocka_unit_test(what_could_not_be_written_does_not_hold),
		cmocka_unit_test(moderators_send_people_out),
		cmocka_unit_test(who_signs_in_keeps_the_place),
		cmocka_unit_test(who_signs_in_as_somebody_who_is_there_becomes_one_with_them),
		cmocka_unit_test(a_guest_who_takes_another_name_is_renamed),
		cmocka_unit_test(rooms_their_people_and_who_made_them_outlive_the_hub),
		cmocka_unit_test(what_was_committed_and_not_told_is_told_after_the_hub_died),
		cmocka_unit_test(a_log_that_was_restored_begins_a_new_epoch),
		cmocka_unit_test(a_room_that_the_store_lost_is_made_anew),
		cmocka_unit_test(rooms_that_outlived_their_hub_are_swept),
		cmocka_unit_test(other_plugins_read_what_is_in_memory),
		cmocka_unit_test(a_lack_of_memory_at_opening_is_said),
		cmocka_unit_test(a_lack_of_memory_is_got_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
