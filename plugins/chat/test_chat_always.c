/* Accounts that stay in their rooms without a session. */
#include "testing_chat.h"

static struct wh_session *
stays(struct fixture *f, const char *name, const char *room)
{
	struct wh_session *s = inside(f, name, "member", room);

	wh_assert_has(call(f, s, "chat.presence", "{'always':true,'device':'desk'}")->json, "'always':true,'allowed':true,'rooms':[{'room':'den'");
	return s;
}

static void
goes(struct fixture *f, struct wh_session *s)
{
	wh_test_leave_server(f->t, s);
	wh_test_settle(f->t);
}

static void
who_is_always_on_stays_away_when_the_last_session_ends(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = stays(f, "ann", "den"), *more = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "", "den");

	(void)state;
	goes(f, more);
	assert_int_equal(wh_times(bob, "chat.away"), 0);
	goes(f, ann);
	wh_assert_has(wh_heard(bob, "chat.away"), "'who':'id-ann','name':'ann','away':true");
	assert_int_equal(wh_times(bob, "chat.left"), 0);
	wh_assert_has(call(f, bob, "chat.members", "{'room':'den'}")->json, "'total':2,'members':[{'who':'id-ann','name':'ann','role':'owner','away':true}");
	ann = inside(f, "ann", "member", "den");
	wh_assert_has(wh_heard(bob, "chat.away"), "'away':false");
	assert_int_equal(wh_times(bob, "'who':'id-ann','name':'ann','members'"), 0);
	wh_assert_lacks(call(f, bob, "chat.members", "{'room':'den'}")->json, "'away'");
	end(f);
}

static void
a_room_lasts_as_long_as_somebody_stays_and_costs_no_memory(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = stays(f, "ann", "den"), *bob;
	char id[256];

	(void)state;
	said(f, ann, "den", "still here", id);
	goes(f, ann);
	assert_int_equal(wh_test_metric(f->t, "whiply_chat_rooms", NULL), 0);
	wh_test_advance(f->t, 600000);
	wh_test_settle(f->t);
	bob = wh_test_session(f->t, "bob", "");
	wh_assert_has(call(f, bob, "chat.join", "{'room':'den'}")->json, "'seq':1,'members':2");
	wh_assert_has(call(f, bob, "chat.history", "{'room':'den'}")->json, "still here");
	ann = wh_test_session(f->t, "ann", "member");
	assert_call(f, ann, "chat.presence", "{'always':false}", WH_OK);
	wh_assert_has(wh_heard(bob, "chat.left"), "'who':'id-ann'");
	goes(f, bob);
	assert_call(f, ann, "chat.history", "{'room':'den'}", WH_ENOENT);
	end(f);
}

static void
a_session_that_ends_has_heard_so_much_on_its_device(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = stays(f, "ann", "den"), *bob = inside(f, "bob", "", "den");
	char id[256];

	(void)state;
	said(f, bob, "den", "one", id);
	said(f, bob, "den", "two", id);
	goes(f, ann);
	said(f, bob, "den", "three", id);
	ann = wh_test_session(f->t, "ann", "member");
	wh_assert_has(call(f, ann, "chat.presence", "{'device':'desk'}")->json, "'seq':3,'read':0,'heard':2");
	wh_assert_lacks(call(f, ann, "chat.presence", "{'device':'phone'}")->json, "'heard'");
	end(f);
}

static void
who_says_so_leaves_with_all_sessions(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = stays(f, "ann", "den"), *more = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "", "den");

	(void)state;
	assert_call(f, ann, "chat.leave", "{'room':'den','reason':'enough'}", WH_OK);
	wh_assert_has(wh_heard(more, "chat.left"), "'who':'id-ann'");
	wh_assert_has(wh_heard(bob, "chat.left"), "'members':1,'reason':'enough'");
	wh_assert_has(call(f, ann, "chat.presence", NULL)->json, "'always':true,'allowed':true,'rooms':[]");
	goes(f, ann);
	goes(f, more);
	wh_assert_has(call(f, bob, "chat.members", "{'room':'den'}")->json, "'total':1");
	end(f);
}

static void
who_is_away_can_be_sent_out_but_not_by_those_below(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *bob = inside(f, "bob", "", "den"), *ann = stays(f, "ann", "den"), *cleo = inside(f, "cleo", "", "den");

	(void)state;
	assert_call(f, bob, "chat.role", "{'room':'den','name':'cleo','role':'moderator','on':true}", WH_OK);
	assert_call(f, bob, "chat.role", "{'room':'den','name':'ann','role':'owner','on':true}", WH_OK);
	goes(f, ann);
	assert_call(f, cleo, "chat.kick", "{'room':'den','name':'ann'}", WH_EPERM);
	ann = inside(f, "ann", "member", "den");
	assert_call(f, bob, "chat.role", "{'room':'den','name':'ann','role':'owner','on':false}", WH_OK);
	goes(f, ann);
	assert_call(f, cleo, "chat.kick", "{'room':'den','name':'ANN','reason':'away'}", WH_OK);
	wh_assert_has(wh_heard(bob, "chat.left"), "'who':'id-ann','name':'ann','members':2,'reason':'away','by':'cleo'");
	end(f);
}

static void
who_stays_is_there_when_the_hub_was_replaced(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = stays(f, "ann", "den"), *bob = inside(f, "bob", "", "den");

	(void)state;
	goes(f, ann);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	wh_assert_has(call(f, bob, "chat.members", "{'room':'den'}")->json, "'total':2,'members':[{'who':'id-ann','name':'ann','role':'owner','away':true}");
	assert_int_equal(wh_times(bob, "'away':false"), 0);
	end(f);
}

static void
who_does_not_come_back_is_gone_in_time(void **state)
{
	struct fixture *f = begin("always_idle = \"1h\";");
	struct wh_session *ann = stays(f, "ann", "den"), *bob = inside(f, "bob", "", "den");

	(void)state;
	wh_test_advance(f->t, 2 * 3600000);
	wh_test_settle(f->t);
	goes(f, ann);
	wh_test_advance(f->t, 3000000);
	wh_test_settle(f->t);
	assert_int_equal(wh_times(bob, "chat.left"), 0);
	wh_test_advance(f->t, 700000);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(bob, "chat.left"), "'who':'id-ann'");
	wh_assert_has(call(f, bob, "chat.members", "{'room':'den'}")->json, "'total':1");
	end(f);
}

static void
only_so_many_accounts_may(void **state)
{
	struct fixture *f = begin("always = 1;");
	struct wh_session *ann = stays(f, "ann", "den"), *bob = inside(f, "bob", "member", "den"), *gus = inside(f, "gus", "guest", "den");

	(void)state;
	assert_call(f, bob, "chat.presence", "{'always':true}", WH_EFULL);
	assert_call(f, gus, "chat.presence", "{'always':true}", WH_EPERM);
	assert_call(f, ann, "chat.presence", "{'always':false}", WH_OK);
	assert_call(f, bob, "chat.presence", "{'always':true}", WH_OK);
	end(f);
}

static void
where_it_is_not_allowed_nobody_is(void **state)
{
	struct fixture *f = begin("always = 0;");
	struct wh_session *ann = inside(f, "ann", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.presence", "{'always':true}", WH_EPERM);
	wh_assert_has(call(f, ann, "chat.presence", NULL)->json, "'always':false,'allowed':false");
	end(f);
}

static void
who_signs_out_stays_as_the_account_and_goes_on_as_a_guest(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = stays(f, "ann", "den"), *bob = inside(f, "bob", "", "den");

	(void)state;
	wh_session_identify(wh_test_host(f->t), ann, &(struct wh_identity){ WH_GUEST, WH_STR("id-g"), WH_STR("gast"), WH_STR("guest") });
	wh_test_settle(f->t);
	wh_assert_has(call(f, bob, "chat.members", "{'room':'den'}")->json, "'total':3,'members':[{'who':'id-ann','name':'ann','role':'owner','away':true}");
	goes(f, ann);
	wh_assert_has(call(f, bob, "chat.members", "{'room':'den'}")->json, "'total':2");
	end(f);
}

static void
who_comes_back_soon_was_never_away(void **state)
{
	struct fixture *f = begin("away_after = \"30s\";");
	struct wh_session *ann = stays(f, "ann", "den"), *bob = inside(f, "bob", "", "den");

	(void)state;
	goes(f, ann);
	wh_test_advance(f->t, 20000);
	wh_assert_lacks(call(f, bob, "chat.members", "{'room':'den'}")->json, "'away'");
	ann = inside(f, "ann", "member", "den");
	wh_test_advance(f->t, 40000);
	wh_test_settle(f->t);
	assert_int_equal(wh_times(bob, "chat.away"), 0);
	goes(f, ann);
	wh_test_advance(f->t, 31000);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(bob, "chat.away"), "'away':true");
	wh_assert_has(call(f, bob, "chat.members", "{'room':'den'}")->json, "'away':true");
	inside(f, "ann", "member", "den");
	wh_assert_has(wh_heard(bob, "chat.away"), "'away':false");
	end(f);
}

static void
who_is_somewhere_else_is_not_away(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = stays(f, "ann", "den"), *bob = inside(f, "bob", "", "den"), *more = wh_test_session(f->t, "ann", "member");

	(void)state;
	goes(f, ann);
	assert_int_equal(wh_times(bob, "chat.away"), 0);
	goes(f, more);
	wh_assert_has(wh_heard(bob, "chat.away"), "'away':true");
	end(f);
}

static void
rooms_are_listed_with_those_who_stay(void **state)
{
	struct fixture *f = begin("idle = \"10s\";");
	struct wh_session *ann = stays(f, "ann", "den"), *bob = wh_test_session(f->t, "bob", "");

	(void)state;
	goes(f, ann);
	assert_int_equal(wh_test_metric(f->t, "whiply_chat_rooms", NULL), 0);
	wh_assert_has(call(f, bob, "chat.rooms", "{}")->json, "'room':'den','topic':'','members':1");
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_always_on_stays_away_when_the_last_session_ends),
		cmocka_unit_test(a_room_lasts_as_long_as_somebody_stays_and_costs_no_memory),
		cmocka_unit_test(a_session_that_ends_has_heard_so_much_on_its_device),
		cmocka_unit_test(who_says_so_leaves_with_all_sessions),
		cmocka_unit_test(who_is_away_can_be_sent_out_but_not_by_those_below),
		cmocka_unit_test(who_stays_is_there_when_the_hub_was_replaced),
		cmocka_unit_test(who_does_not_come_back_is_gone_in_time),
		cmocka_unit_test(only_so_many_accounts_may),
		cmocka_unit_test(where_it_is_not_allowed_nobody_is),
		cmocka_unit_test(who_signs_out_stays_as_the_account_and_goes_on_as_a_guest),
		cmocka_unit_test(who_comes_back_soon_was_never_away),
		cmocka_unit_test(who_is_somewhere_else_is_not_away),
		cmocka_unit_test(rooms_are_listed_with_those_who_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
