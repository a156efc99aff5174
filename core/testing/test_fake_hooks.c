/* The fake host: hooks, rooms, sessions and dialects. */
#include "base/testing.h"

#include <stdio.h>
#include <string.h>

#include "testing/probe.h"

static struct wh_test *
begin(void)
{
	return wh_test_begin(&probe_plugin, NULL);
}

static enum wh_verdict
other_message(void *self, struct wh_message *m)
{
	char *seen = self;

	snprintf(seen, 40, "%.*s", WH_FMT(m->text));
	return WH_PASS;
}

static const struct wh_hook before_hooks[] = { { WH_ON_MESSAGE, .order = 10, .message = other_message }, { 0 } };
static const struct wh_hook after_hooks[] = { { WH_ON_MESSAGE, .order = 90, .message = other_message }, { 0 } };

static void
hooks_are_asked_in_order_and_see_what_was_changed(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	char before[40] = "", after[40] = "";
	const struct wh_test_answer *a;

	(void)state;
	wh_test_other_hooks(t, after_hooks, after);
	wh_test_other_hooks(t, before_hooks, before);
	a = wh_test_say(t, ann, "lobby", "change");
	assert_string_equal(a->text, "changed");
	assert_string_equal(before, "change");
	assert_string_equal(after, "changed");
	after[0] = '\0';
	a = wh_test_say(t, ann, "lobby", "no");
	assert_int_equal(a->err, WH_EFAST);
	assert_string_equal(a->why, "not that");
	assert_int_equal(a->retry_ms, 250);
	assert_string_equal(after, "");
	wh_test_end(&t);
}

static void
a_held_message_goes_on_behind_the_hook_that_held(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	char after[40] = "";
	const struct wh_test_answer *a;

	(void)state;
	wh_test_join(t, ann, "lobby");
	wh_test_other_hooks(t, after_hooks, after);
	a = wh_test_say(t, ann, "lobby", "wait");
	assert_int_equal(a->err, WH_WAIT);
	wh_hook_go(wh_test_host(t), probe_of(t)->ticket, WH_PASS, WH_OK, NULL);
	assert_int_equal(a->err, WH_OK);
	assert_string_equal(after, "wait");
	a = wh_test_say(t, ann, "lobby", "wait");
	wh_hook_go(wh_test_host(t), probe_of(t)->ticket, WH_REFUSE, WH_EPERM, "on second thought");
	assert_string_equal(a->why, "on second thought");
	assert_int_equal(a->err, WH_EPERM);
	a = wh_test_say(t, ann, "lobby", "wait");
	wh_test_advance(t, WH_TEST_HOLD_MS);
	assert_int_equal(a->err, WH_ETIME);
	wh_test_end(&t);
}

static void
rooms_are_joined_left_and_end(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_host *host = wh_test_host(t);

	(void)state;
	assert_string_equal(wh_test_join(t, ann, "closed")->why, "it is closed");
	assert_int_equal(wh_test_join(t, ann, "lobby")->err, WH_OK);
	assert_int_equal(wh_test_join(t, ann, "lobby")->err, WH_EEXIST);
	assert_int_equal(wh_room_members(host, wh_room_find(host, WH_STR("lobby"))), 1);
	assert_int_equal(wh_test_leave(t, ann, "lobby"), WH_OK);
	assert_null(wh_room_find(host, WH_STR("lobby")));
	assert_null(wh_room_find(host, WH_STR("closed")));
	wh_test_end(&t);
}

static void
a_publish_renders_once_for_each_dialect(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s[4];
	const struct wh_host *host = wh_test_host(t);
	const struct wh_item items[] = { WH_ITEM_STR("text", WH_STR("a\"b")), WH_ITEM_INT("n", 1), WH_ITEM_JSON("tags", WH_STR("[1]")) };
	const struct wh_event e = { "probe.event", items, 3 };
	struct wh_room *room;

	(void)state;
	for (int i = 0; i < 4; i++) {
		s[i] = wh_test_session_in(t, i % 2 == 0 ? "json" : "words", "x", "guest");
		wh_test_join(t, s[i], "lobby");
	}
	room = wh_room_find(host, WH_STR("lobby"));
	assert_int_equal(wh_room_publish(host, room, 1, &e, s[0], 0), WH_OK);
	assert_int_equal(wh_test_renders(t), 2);
	assert_null(wh_test_next(s[0]));
	assert_string_equal(wh_test_next(s[2]),
	    "{\"jsonrpc\":\"2.0\",\"method\":\"probe.event\",\"params\":{\"text\":\"a\\\"b\",\"n\":1,\"tags\":[1]}}");
	assert_string_equal(wh_test_next(s[1]), "hello");
	assert_string_equal(wh_test_next(s[1]), "* probe.event");
	assert_null(wh_test_next(s[1]));
	wh_room_publish(host, room, 1, &e, NULL, 0);
	assert_null(wh_test_next(s[2]));
	assert_int_equal(wh_room_seq(host, room), 1);
	wh_test_end(&t);
}

static bool
count_room(void *self, struct wh_room *r)
{
	unsigned *n = self;

	(void)r;
	++*n;
	return true;
}

static void
each_accent_is_rendered_for_and_hears_itself_as_it_likes(void **state)
{
	struct wh_test *t = begin();
	const struct wh_host *host = wh_test_host(t);
	struct wh_session *plain = wh_test_session_in(t, "words", "p", "guest"), *fancy = wh_test_session_in(t, "words", "f", "guest");
	const struct wh_event e = { "probe.event", NULL, 0 };
	struct wh_room *room;
	unsigned rooms = 0;

	(void)state;
	wh_test_join(t, plain, "lobby");
	wh_test_join(t, fancy, "lobby");
	assert_int_equal(wh_session_accent_set(host, fancy, 2), WH_OK);
	wh_test_next(plain);
	wh_test_next(fancy);
	room = wh_room_find(host, WH_STR("lobby"));
	wh_room_publish(host, room, 0, &e, plain, WH_UNLESS_ECHO);
	assert_null(wh_test_next(plain));
	assert_string_equal(wh_test_next(fancy), "* probe.event");
	assert_string_equal(wh_test_next(fancy), "accent 2");
	wh_room_publish(host, room, 0, &e, fancy, WH_UNLESS_ECHO);
	assert_int_equal(wh_test_renders(t), 4);
	assert_string_equal(wh_test_next(plain), "* probe.event");
	assert_string_equal(wh_test_next(fancy), "* probe.event");
	wh_test_recover(t);
	assert_int_equal(wh_session_accent(host, fancy), 2);
	assert_string_equal(wh_test_logged(t, "probe_recovered"), "info probe_recovered lobby=true");
	assert_string_equal(wh_test_next(plain), "back again");
	wh_rooms_each(host, count_room, &rooms);
	assert_int_equal(rooms, 1);
	wh_test_end(&t);
}

static void
a_dialect_speaks_runs_commands_and_says_farewell(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session_in(t, "words", "ann", "guest");
	const char *reason;

	(void)state;
	assert_string_equal(wh_test_next(s), "hello");
	wh_test_line(t, s, "3s");
	assert_string_equal(wh_test_next(s), "0 {\"kind\":\"line\",\"wait\":3000,\"from\":\"ann\"}");
	wh_test_line(t, s, "soon");
	assert_non_null(strstr(wh_test_next(s), "-3 wait is a duration"));
	wh_test_line(t, s, "bye");
	assert_string_equal(wh_test_next(s), "bye 4000 as you wish");
	assert_int_equal(wh_test_closed(s, &reason), 4000);
	assert_string_equal(reason, "as you wish");
	assert_string_equal(probe_of(t)->seen, "OE");
	assert_string_equal(wh_test_sent(s, 0), "hello");
	wh_test_end(&t);
}

static void
a_session_that_is_lost_hears_nothing_until_it_is_resumed(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session(t, "ann", "guest");
	const struct wh_host *host = wh_test_host(t);

	(void)state;
	wh_test_join(t, s, "lobby");
	wh_test_lose(t, s);
	assert_int_equal(wh_session_send(host, s, WH_STR("x")), WH_EAWAY);
	wh_test_resume(t, s);
	assert_int_equal(wh_session_send(host, s, WH_STR("y")), WH_OK);
	assert_string_equal(wh_test_next(s), "y");
	assert_true(wh_room_has(host, wh_room_find(host, WH_STR("lobby")), s));
	wh_test_leave_server(t, s);
	assert_string_equal(probe_of(t)->seen, "ODRE");
	wh_test_end(&t);
}

static void
a_credential_identifies_or_is_refused(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session(t, "g", "guest");

	(void)state;
	assert_int_equal(wh_test_credential(t, s, NULL, NULL, NULL)->err, WH_OK);
	assert_string_equal(wh_test_credential(t, s, "bad", NULL, NULL)->why, "no such token");
	assert_int_equal(wh_test_credential(t, s, "good", NULL, NULL)->err, WH_OK);
	assert_true(wh_str_is(wh_session_identity(wh_test_host(t), s)->name, "seven"));
	assert_string_equal(probe_of(t)->seen, "OI");
	wh_test_end(&t);
}

static void
a_held_credential_is_told_later_and_a_strange_one_refused(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session(t, "g", "guest");
	const struct wh_test_answer *a = wh_test_credential(t, s, "slow", NULL, NULL);

	(void)state;
	assert_int_equal(a->err, WH_WAIT);
	wh_hook_go(wh_test_host(t), probe_of(t)->ticket, WH_CHANGED, WH_OK, NULL);
	assert_int_equal(a->err, WH_OK);
	a = wh_test_credential(t, s, "slow", NULL, NULL);
	wh_hook_go(wh_test_host(t), probe_of(t)->ticket, WH_PASS, WH_OK, NULL);
	assert_int_equal(a->err, WH_EAUTH);
	assert_int_equal(wh_test_credential(t, s, "strange", NULL, NULL)->err, WH_EAUTH);
	assert_int_equal(wh_test_credential(t, s, NULL, "strange", NULL)->err, WH_OK);
	wh_test_end(&t);
}

static void
health_names_what_is_unwell(void **state)
{
	struct wh_test *t = begin();
	const char *details;

	(void)state;
	assert_string_equal(wh_test_health(t, &details), "probe: it is only a test\n");
	assert_string_equal(details, "{\"probe\":1}");
	wh_test_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hooks_are_asked_in_order_and_see_what_was_changed),
		cmocka_unit_test(a_held_message_goes_on_behind_the_hook_that_held),
		cmocka_unit_test(rooms_are_joined_left_and_end),
		cmocka_unit_test(a_publish_renders_once_for_each_dialect),
		cmocka_unit_test(each_accent_is_rendered_for_and_hears_itself_as_it_likes),
		cmocka_unit_test(a_dialect_speaks_runs_commands_and_says_farewell),
		cmocka_unit_test(a_session_that_is_lost_hears_nothing_until_it_is_resumed),
		cmocka_unit_test(a_credential_identifies_or_is_refused),
		cmocka_unit_test(a_held_credential_is_told_later_and_a_strange_one_refused),
		cmocka_unit_test(health_names_what_is_unwell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
