/* relay and its dialect `plain` on the fake host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <whiply/testing.h>

static struct wh_test *
begin(void)
{
	return wh_test_begin(&whiply_plugin, NULL);
}

static const struct wh_test_answer *
say(struct wh_test *t, struct wh_session *s, const char *text, const char *nonce)
{
	char args[200];

	snprintf(args, sizeof args, "{\"room\":\"lobby\",\"text\":\"%s\"%s%s%s}", text, nonce != NULL ? ",\"nonce\":\"" : "",
	    nonce != NULL ? nonce : "", nonce != NULL ? "\"" : "");
	return wh_test_call(t, s, "relay.say", args);
}

static struct wh_session *
member(struct wh_test *t, const char *name)
{
	struct wh_session *s = wh_test_session(t, name, "guest");

	assert_int_equal(wh_test_call(t, s, "relay.join", "{\"room\":\"lobby\"}")->err, WH_OK);
	return s;
}

static void
joining_tells_who_is_there_and_where_the_room_stands(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = member(t, "ann"), *bob = wh_test_session(t, "bob", "guest");

	(void)state;
	say(t, ann, "one", NULL);
	assert_string_equal(wh_test_call(t, bob, "relay.join", "{\"room\":\"lobby\"}")->json,
	    "{\"room\":\"lobby\",\"members\":2,\"seq\":1}");
	wh_test_end(&t);
}

static void
what_is_said_reaches_every_member_numbered_and_in_order(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = member(t, "ann"), *bob = member(t, "bob"), *eve = wh_test_session(t, "eve", "guest");

	(void)state;
	assert_string_equal(say(t, ann, "hi", NULL)->json, "{\"seq\":1}");
	assert_string_equal(say(t, bob, "ho", NULL)->json, "{\"seq\":2}");
	assert_string_equal(wh_test_next(ann), "{\"jsonrpc\":\"2.0\",\"method\":\"relay.message\",\"params\":"
	    "{\"room\":\"lobby\",\"seq\":1,\"from\":\"ann\",\"text\":\"hi\",\"time\":1767225600000}}");
	assert_string_equal(wh_test_next(bob), wh_test_sent(ann, 0));
	assert_non_null(strstr(wh_test_next(bob), "\"seq\":2,\"from\":\"bob\",\"text\":\"ho\""));
	assert_null(wh_test_next(eve));
	wh_test_end(&t);
}

static void
only_members_may_speak_and_leave(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = member(t, "ann"), *eve = wh_test_session(t, "eve", "guest");

	(void)state;
	assert_int_equal(say(t, eve, "hi", NULL)->err, WH_EPERM);
	assert_int_equal(wh_test_call(t, eve, "relay.leave", "{\"room\":\"lobby\"}")->err, WH_ENOENT);
	assert_int_equal(wh_test_call(t, eve, "relay.leave", "{\"room\":\"nowhere\"}")->err, WH_ENOENT);
	assert_int_equal(wh_test_call(t, ann, "relay.leave", "{\"room\":\"lobby\"}")->err, WH_OK);
	assert_int_equal(say(t, ann, "hi", NULL)->err, WH_EPERM);
	wh_test_end(&t);
}

static void
empty_and_over_long_texts_are_refused(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = member(t, "ann");
	static char args[5000];

	(void)state;
	assert_string_equal(say(t, ann, "", NULL)->field, "text");
	snprintf(args, sizeof args, "{\"room\":\"lobby\",\"text\":\"%04097d\"}", 0);
	assert_string_equal(wh_test_call(t, ann, "relay.say", args)->field, "text");
	wh_test_end(&t);
}

static enum wh_verdict
strict_message(void *self, struct wh_message *m)
{
	wh_id *ticket = self;

	*ticket = m->at.ticket;
	if (wh_str_is(m->text, "wait"))
		return WH_HOLD;
	if (wh_str_is(m->text, "rude"))
		return wh_refuse(&m->at, WH_EFAST, "mind your words", 700);
	if (wh_str_is(m->text, "typo")) {
		m->text = WH_STR("typed well");
		return WH_CHANGED;
	}
	return WH_PASS;
}

static enum wh_verdict
strict_join(void *self, struct wh_passage *p)
{
	(void)self;
	return wh_refuse(&p->at, WH_EPERM, "members only", 0);
}

static const struct wh_hook strict_messages[] = { { WH_ON_MESSAGE, .order = 50, .message = strict_message }, { 0 } };
static const struct wh_hook strict_joins[] = { { WH_ON_JOIN, .order = 50, .passage = strict_join }, { 0 } };

static void
a_hook_refuses_changes_and_holds_what_is_said(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = member(t, "ann");
	const struct wh_test_answer *a;
	wh_id ticket = 0;

	(void)state;
	wh_test_other_hooks(t, strict_messages, &ticket);
	a = say(t, ann, "rude", NULL);
	assert_int_equal(a->err, WH_EFAST);
	assert_string_equal(a->why, "mind your words");
	assert_int_equal(a->retry_ms, 700);
	assert_null(wh_test_next(ann));
	say(t, ann, "typo", NULL);
	assert_non_null(strstr(wh_test_next(ann), "typed well"));
	a = say(t, ann, "wait", NULL);
	assert_int_equal(a->err, WH_WAIT);
	assert_null(wh_test_next(ann));
	wh_hook_go(wh_test_host(t), ticket, WH_PASS, WH_OK, NULL);
	assert_string_equal(a->json, "{\"seq\":2}");
	wh_test_end(&t);
}

static void
a_message_that_is_held_too_long_fails_once(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = member(t, "ann");
	const struct wh_test_answer *a;
	wh_id ticket = 0;

	(void)state;
	wh_test_other_hooks(t, strict_messages, &ticket);
	a = say(t, ann, "wait", NULL);
	wh_test_advance(t, WH_TEST_HOLD_MS);
	assert_int_equal(a->err, WH_ETIME);
	wh_hook_go(wh_test_host(t), ticket, WH_PASS, WH_OK, NULL);
	assert_null(wh_test_next(ann));
	wh_test_end(&t);
}

static void
a_hook_refuses_a_join(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "guest");
	const struct wh_test_answer *a;

	(void)state;
	wh_test_other_hooks(t, strict_joins, NULL);
	a = wh_test_call(t, ann, "relay.join", "{\"room\":\"lobby\"}");
	assert_int_equal(a->err, WH_EPERM);
	assert_string_equal(a->why, "members only");
	assert_null(wh_room_find(wh_test_host(t), WH_STR("lobby")));
	wh_test_end(&t);
}

static void
the_same_nonce_is_said_once(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = member(t, "ann");

	(void)state;
	assert_string_equal(say(t, ann, "hi", "n1")->json, "{\"seq\":1}");
	assert_string_equal(say(t, ann, "hi", "n1")->json, "{\"seq\":1}");
	assert_string_equal(say(t, ann, "hi", "n2")->json, "{\"seq\":2}");
	assert_non_null(wh_test_sent(ann, 1));
	assert_null(wh_test_sent(ann, 2));
	wh_test_end(&t);
}

static void
a_retry_to_the_next_hub_is_said_once(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = member(t, "ann");

	(void)state;
	say(t, ann, "hi", "n1");
	wh_test_recover(t);
	assert_string_equal(say(t, ann, "hi", "n1")->json, "{\"seq\":1}");
	assert_string_equal(say(t, ann, "on", "n2")->json, "{\"seq\":2}");
	assert_null(wh_test_sent(ann, 2));
	wh_test_end(&t);
}

static struct wh_session *
plain(struct wh_test *t, const char *name)
{
	struct wh_session *s = wh_test_session_in(t, "plain", name, "guest");

	assert_non_null(strstr(wh_test_next(s), "HELLO "));
	return s;
}

static void
plain_speaks_in_words(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = plain(t, "ann"), *bob = member(t, "bob");

	(void)state;
	wh_test_line(t, ann, "join lobby");
	assert_string_equal(wh_test_next(ann), "OK JOIN {\"room\":\"lobby\",\"members\":2,\"seq\":0}");
	wh_test_line(t, ann, "SAY lobby hello to you");
	assert_string_equal(wh_test_next(ann), "MSG lobby 1 ann hello to you");
	assert_string_equal(wh_test_next(ann), "OK SAY {\"seq\":1}");
	assert_non_null(strstr(wh_test_next(bob), "\"text\":\"hello to you\""));
	wh_test_line(t, ann, "PING x");
	assert_string_equal(wh_test_next(ann), "PONG x");
	wh_test_line(t, ann, "LEAVE lobby");
	assert_string_equal(wh_test_next(ann), "OK LEAVE {}");
	wh_test_end(&t);
}

static void
plain_says_how_to_write_it(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = plain(t, "ann");

	(void)state;
	wh_test_line(t, ann, "JOIN");
	assert_string_equal(wh_test_next(ann), "ERR JOIN write: JOIN room");
	wh_test_line(t, ann, "SAY lobby");
	assert_string_equal(wh_test_next(ann), "ERR SAY write: SAY room text");
	wh_test_line(t, ann, "");
	assert_string_equal(wh_test_next(ann), "ERR LINE no such word; HELP lists them");
	wh_test_line(t, ann, "SAY lobby hi");
	assert_string_equal(wh_test_next(ann), "ERR SAY join the room first: relay.join");
	wh_test_frame(t, ann, WH_STR("SAY lobby hi"), WH_CUT);
	assert_non_null(strstr(wh_test_next(ann), "too long"));
	wh_test_end(&t);
}

static void
plain_keeps_a_message_on_one_line(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = plain(t, "ann"), *bob = member(t, "bob");

	(void)state;
	wh_test_line(t, ann, "JOIN lobby");
	wh_test_next(ann);
	wh_test_call(t, bob, "relay.say", "{\"room\":\"lobby\",\"text\":\"a\\r\\nMSG lobby 9 eve b\"}");
	assert_string_equal(wh_test_next(ann), "MSG lobby 1 bob a  MSG lobby 9 eve b");
	wh_test_end(&t);
}

static void
plain_quits_with_a_farewell(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = plain(t, "ann");

	(void)state;
	wh_test_line(t, ann, "QUIT");
	assert_string_equal(wh_test_next(ann), "BYE 1000 bye");
	assert_int_equal(wh_test_closed(ann, NULL), 1000);
	wh_test_end(&t);
}

static void
opening_without_memory_fails_and_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		struct wh_test *t = wh_test_new(&whiply_plugin);

		wh_test_no_memory(t, nth);
		assert_int_equal(wh_test_open(t, NULL), WH_ENOMEM);
		wh_test_end(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joining_tells_who_is_there_and_where_the_room_stands),
		cmocka_unit_test(what_is_said_reaches_every_member_numbered_and_in_order),
		cmocka_unit_test(only_members_may_speak_and_leave),
		cmocka_unit_test(empty_and_over_long_texts_are_refused),
		cmocka_unit_test(a_hook_refuses_changes_and_holds_what_is_said),
		cmocka_unit_test(a_message_that_is_held_too_long_fails_once),
		cmocka_unit_test(a_hook_refuses_a_join),
		cmocka_unit_test(the_same_nonce_is_said_once),
		cmocka_unit_test(a_retry_to_the_next_hub_is_said_once),
		cmocka_unit_test(plain_speaks_in_words),
		cmocka_unit_test(plain_says_how_to_write_it),
		cmocka_unit_test(plain_keeps_a_message_on_one_line),
		cmocka_unit_test(plain_quits_with_a_farewell),
		cmocka_unit_test(opening_without_memory_fails_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
