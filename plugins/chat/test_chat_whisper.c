/* Whispers: who may, who hears them, what is kept, blocks and refusals. */
#include "testing_chat.h"

static void
a_whisper_reaches_every_session_of_both_and_nobody_else(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *ann2 = wh_test_session(f->t, "ann", "member");
	struct wh_session *bob = wh_test_session(f->t, "bob", "member"), *bob2 = wh_test_session(f->t, "bob", "member");
	struct wh_session *cleo = wh_test_session(f->t, "cleo", "member");
	const struct wh_test_answer *answer = call(f, ann, "chat.whisper", "{'to':'bob','text':'psst'}");
	const char *text;

	(void)state;
	assert_int_equal(answer->err, WH_OK);
	wh_assert_has(answer->json, "'seq':1,'id':'");
	wh_assert_has(answer->json, "'room':'@id-ann,id-bob','to':'id-bob','to_name':'bob'");
	text = wh_heard(bob, "chat.message");
	wh_assert_has(text, "'room':'@id-ann,id-bob'");
	wh_assert_has(text, "'from':'ann','who':'id-ann'");
	wh_assert_has(text, "'to':'id-bob','to_name':'bob','text':'psst'");
	assert_string_equal(wh_heard(bob2, "chat.message"), text);
	assert_string_equal(wh_heard(ann, "chat.message"), text);
	assert_string_equal(wh_heard(ann2, "chat.message"), text);
	assert_null(wh_heard(cleo, "psst"));
	end(f);
}

static void
the_answer_comes_back_in_the_same_room(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'psst'}", WH_OK);
	assert_call(f, bob, "chat.whisper", "{'to':'id-ann','text':'yes?'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'@id-ann,id-bob','text':'what?'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'@ann','text':'well?'}", WH_OK);
	wh_assert_has(wh_heard(ann, "yes?"), "'seq':2");
	wh_assert_has(wh_heard(ann, "what?"), "'seq':3");
	wh_assert_has(wh_heard(ann, "well?"), "'to':'id-ann','to_name':'ann'");
	end(f);
}

static void
a_whisper_has_kinds_and_may_reply(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	char id[256], args[400];

	(void)state;
	wh_member(call(f, ann, "chat.whisper", "{'to':'bob','text':'waves','kind':'act'}"), "id", id);
	wh_assert_has(wh_heard(bob, "waves"), "'act':true");
	snprintf(args, sizeof args, "{'to':'ann','text':'beep','kind':'notice','reply':'%s'}", id);
	assert_call(f, bob, "chat.whisper", args, WH_OK);
	wh_assert_has(wh_heard(ann, "beep"), "'notice':true");
	snprintf(args, sizeof args, "'reply':'%s'", id);
	wh_assert_has(wh_test_sent(ann, 1), args);
	end(f);
}

static void
who_is_away_finds_it_later(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob;
	const struct wh_test_answer *answer;

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'call me'}", WH_OK);
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'soon'}", WH_OK);
	wh_test_leave_server(f->t, ann);
	wh_test_settle(f->t);
	bob = wh_test_session(f->t, "bob", "member");
	answer = call(f, bob, "chat.unread", NULL);
	wh_assert_has(answer->json, "{'room':'@id-ann,id-bob','read':0,'seq':2,'unread':2,'mentions':0}");
	answer = call(f, bob, "chat.history", "{'room':'@ann'}");
	assert_int_equal(answer->err, WH_OK);
	wh_assert_has(answer->json, "'from':'ann'");
	wh_assert_has(answer->json, "'to':'id-bob','to_name':'bob','text':'call me'");
	wh_assert_has(answer->json, "'text':'soon'");
	assert_call(f, bob, "chat.mark", "{'room':'@ann','seq':2}", WH_OK);
	wh_assert_has(call(f, bob, "chat.unread", NULL)->json, "'unread':0");
	/* What one said oneself is not unread. */
	ann = wh_test_session(f->t, "ann", "member");
	wh_assert_has(call(f, ann, "chat.unread", NULL)->json, "'unread':0");
	end(f);
}

static void
guests_whisper_while_they_are_here(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *g = wh_test_session(f->t, "gus", "guest");

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'gus','text':'hi'}", WH_OK);
	assert_non_null(wh_heard(g, "hi"));
	assert_call(f, g, "chat.whisper", "{'to':'ann','text':'hello'}", WH_OK);
	wh_test_leave_server(f->t, g);
	assert_call(f, ann, "chat.whisper", "{'to':'gus','text':'still there?'}", WH_ENOENT);
	wh_assert_has(call(f, ann, "chat.whisper", "{'to':'id-gus','text':'still there?'}")->why, "nobody is called that; a guest is gone");
	wh_assert_has(call(f, ann, "chat.history", "{'room':'@id-ann,id-gus'}")->json, "'text':'hello'");
	end(f);
}

static void
a_name_means_the_account_before_a_guest(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *g = wh_test_session(f->t, "g1", "guest"), *h = wh_test_session(f->t, "g2", "guest");
	const struct wh_host *host = wh_test_host(f->t);

	(void)state;
	wh_session_identify(host, g, &(struct wh_identity){ WH_GUEST, WH_STR("id-g1"), WH_STR("bob"), WH_STR("guest") });
	wh_assert_has(call(f, ann, "chat.whisper", "{'to':'Bob','text':'one'}")->json, "'to':'id-g1'");
	wh_assert_has(call(f, ann, "chat.whisper", "{'to':'bob','text':'two'}")->json, "'to':'id-bob'");
	/* Two guests of one name. */
	wh_session_identify(host, g, &(struct wh_identity){ WH_GUEST, WH_STR("id-g1"), WH_STR("Sam"), WH_STR("guest") });
	wh_session_identify(host, h, &(struct wh_identity){ WH_GUEST, WH_STR("id-g2"), WH_STR("sam"), WH_STR("guest") });
	assert_call(f, ann, "chat.whisper", "{'to':'sam','text':'three'}", WH_EINVAL);
	assert_call(f, ann, "chat.whisper", "{'to':'id-g2','text':'three'}", WH_OK);
	wh_test_leave_server(f->t, g);
	wh_assert_has(call(f, ann, "chat.whisper", "{'to':'SAM','text':'four'}")->json, "'to':'id-g2','to_name':'sam'");
	end(f);
}

static void
nobody_reads_the_whispers_of_others(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *root = wh_test_session(f->t, "root", "admin");
	static const char *const reads[] = { "chat.history", "chat.pins", "chat.room", "chat.members", "chat.join", "chat.leave" };

	(void)state;
	wh_test_session(f->t, "bob", "member");
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'secret'}", WH_OK);
	for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++)
		assert_call(f, root, reads[i], "{'room':'@id-ann,id-bob'}", WH_EPERM);
	assert_call(f, root, "chat.say", "{'room':'@id-ann,id-bob','text':'boo'}", WH_EPERM);
	assert_call(f, root, "chat.search", "{'room':'@id-ann,id-bob','query':'secret'}", WH_EPERM);
	wh_assert_has(call(f, ann, "chat.search", "{'room':'@bob','query':'secret'}")->json, "'text':'secret'");
	wh_assert_has(call(f, root, "chat.rooms", NULL)->json, "'rooms':[]");
	end(f);
}

static void
a_whisper_is_no_room_to_run(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	assert_call(f, ann, "chat.history", "{'room':'@bob'}", WH_ENOENT);
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'hi'}", WH_OK);
	assert_call(f, bob, "chat.join", "{'room':'@ann'}", WH_ESTATE);
	assert_call(f, bob, "chat.leave", "{'room':'@ann'}", WH_ENOENT);
	assert_call(f, bob, "chat.topic", "{'room':'@ann','topic':'us'}", WH_EPERM);
	assert_call(f, bob, "chat.set", "{'room':'@ann','access':'public'}", WH_EPERM);
	assert_call(f, bob, "chat.register", "{'room':'@ann'}", WH_EEXIST);
	assert_call(f, bob, "chat.invite", "{'room':'@ann','name':'cleo'}", WH_EPERM);
	assert_call(f, bob, "chat.kick", "{'room':'@ann','name':'ann'}", WH_EPERM);
	wh_assert_has(call(f, bob, "chat.room", "{'room':'@ann'}")->json, "'to':'id-ann','to_name':'ann'");
	wh_assert_has(call(f, bob, "chat.room", "{'room':'@ann'}")->json, "'access':'whisper'");
	end(f);
}

static void
what_was_whispered_can_be_edited_redacted_and_reacted_to(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	char id[256], args[400];

	(void)state;
	wh_member(call(f, ann, "chat.whisper", "{'to':'bob','text':'helo'}"), "id", id);
	snprintf(args, sizeof args, "{'room':'@bob','id':'%s','text':'hello'}", id);
	assert_call(f, ann, "chat.edit", args, WH_OK);
	wh_assert_has(wh_heard(bob, "chat.edited"), "'to':'id-bob','to_name':'bob','text':'hello'");
	snprintf(args, sizeof args, "{'room':'@ann','id':'%s','emoji':':wave:'}", id);
	assert_call(f, bob, "chat.react", args, WH_OK);
	wh_assert_has(wh_heard(ann, "chat.reacted"), "'to':'id-ann'");
	snprintf(args, sizeof args, "{'room':'@ann','id':'%s'}", id);
	assert_call(f, bob, "chat.pin", args, WH_OK);
	wh_assert_has(call(f, bob, "chat.pins", "{'room':'@ann'}")->json, "'text':'hello'");
	assert_call(f, bob, "chat.redact", args, WH_ENOENT);
	snprintf(args, sizeof args, "{'room':'@bob','id':'%s'}", id);
	assert_call(f, ann, "chat.redact", args, WH_OK);
	wh_assert_has(wh_heard(bob, "chat.redacted"), "'room':'@id-ann,id-bob'");
	end(f);
}

static void
typing_is_told_to_the_other(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'hi'}", WH_OK);
	assert_call(f, bob, "chat.typing", "{'room':'@ann','on':true}", WH_OK);
	wh_assert_has(wh_heard(ann, "chat.typing"), "'who':'id-bob','name':'bob','on':true,'to':'id-ann'");
	assert_null(wh_heard(bob, "chat.typing"));
	assert_call(f, ann, "chat.block", "{'name':'bob'}", WH_OK);
	wh_test_advance(f->t, 5000);
	assert_call(f, bob, "chat.typing", "{'room':'@ann','on':true}", WH_OK);
	assert_null(wh_heard(ann, "chat.typing"));
	end(f);
}

static void
a_block_works_both_ways_until_it_is_lifted(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	char id[256], args[400];

	(void)state;
	wh_member(call(f, bob, "chat.whisper", "{'to':'ann','text':'hi'}"), "id", id);
	assert_call(f, ann, "chat.block", "{'name':'bob'}", WH_OK);
	assert_call(f, ann, "chat.block", "{'name':'id-bob'}", WH_OK);
	wh_assert_has(call(f, ann, "chat.blocks", NULL)->json, "{'refuse':'nobody','blocks':[{'who':'id-bob','name':'bob','time':");
	assert_call(f, bob, "chat.whisper", "{'to':'ann','text':'please'}", WH_EPERM);
	wh_assert_has(call(f, ann, "chat.whisper", "{'to':'bob','text':'no'}")->why, "they take no whispers from you");
	snprintf(args, sizeof args, "{'room':'@ann','id':'%s','text':'worse'}", id);
	assert_call(f, bob, "chat.edit", args, WH_EPERM);
	snprintf(args, sizeof args, "{'room':'@ann','id':'%s','emoji':':x:'}", id);
	assert_call(f, bob, "chat.react", args, WH_EPERM);
	snprintf(args, sizeof args, "{'room':'@ann','id':'%s'}", id);
	assert_call(f, bob, "chat.redact", args, WH_OK);
	assert_call(f, ann, "chat.unblock", "{'name':'bob'}", WH_OK);
	assert_call(f, bob, "chat.whisper", "{'to':'ann','text':'thanks'}", WH_OK);
	assert_int_equal(wh_times(ann, "chat.message"), 2);
	assert_call(f, ann, "chat.block", "{'name':'ann'}", WH_EINVAL);
	assert_call(f, ann, "chat.block", "{'name':'nobody'}", WH_ENOENT);
	end(f);
}

static void
whispers_can_be_refused(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	struct wh_session *g = wh_test_session(f->t, "gus", "guest");

	(void)state;
	assert_call(f, ann, "chat.refuse", "{'from':'guests'}", WH_OK);
	wh_assert_has(call(f, ann, "chat.blocks", NULL)->json, "'refuse':'guests'");
	assert_call(f, g, "chat.whisper", "{'to':'ann','text':'hi'}", WH_EPERM);
	assert_call(f, bob, "chat.whisper", "{'to':'ann','text':'hi'}", WH_OK);
	assert_call(f, ann, "chat.refuse", "{'from':'everybody'}", WH_OK);
	assert_call(f, bob, "chat.whisper", "{'to':'ann','text':'hi'}", WH_EPERM);
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'I may'}", WH_OK);
	assert_call(f, ann, "chat.refuse", "{'from':'nobody'}", WH_OK);
	assert_call(f, g, "chat.whisper", "{'to':'ann','text':'hi'}", WH_OK);
	end(f);
}

static void
the_operator_says_who_may_whisper(void **state)
{
	struct fixture *f = begin("whispers = \"members\";");
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *g = wh_test_session(f->t, "gus", "guest");

	(void)state;
	assert_call(f, g, "chat.whisper", "{'to':'ann','text':'hi'}", WH_EPERM);
	assert_call(f, ann, "chat.whisper", "{'to':'gus','text':'hi'}", WH_OK);
	assert_int_equal(wh_test_reload(f->t, "whispers = \"off\";"), WH_OK);
	assert_call(f, ann, "chat.whisper", "{'to':'gus','text':'hi'}", WH_EPERM);
	end(f);
}

static enum wh_verdict
no_cake(void *self, struct wh_message *m)
{
	(void)self;
	return m->text.n == 4 && memcmp(m->text.p, "cake", 4) == 0 ? wh_refuse(&m->at, WH_EPERM, "the cake is a lie", 0) : WH_PASS;
}

static const struct wh_hook hooks[] = { { WH_ON_MESSAGE, .order = 10, .message = no_cake }, { 0 } };

static void
hooks_and_text_rules_hold_as_in_rooms(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member");

	(void)state;
	wh_test_other_hooks(f->t, hooks, NULL);
	wh_test_session(f->t, "bob", "member");
	wh_assert_has(call(f, ann, "chat.whisper", "{'to':'bob','text':'cake'}")->why, "the cake is a lie");
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'  '}", WH_EINVAL);
	assert_call(f, ann, "chat.whisper", "{'to':'ann','text':'me'}", WH_EINVAL);
	assert_call(f, ann, "chat.whisper", "{'to':'zoe','text':'who'}", WH_ENOENT);
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'pie'}", WH_OK);
	end(f);
}

static void
a_retry_with_its_nonce_whispers_once(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	char first[256], again[256];

	(void)state;
	wh_member(call(f, ann, "chat.whisper", "{'to':'bob','text':'once','nonce':'n1'}"), "id", first);
	wh_member(call(f, ann, "chat.whisper", "{'to':'bob','text':'once','nonce':'n1'}"), "id", again);
	assert_string_equal(first, again);
	assert_int_equal(wh_times(bob, "once"), 1);
	end(f);
}

static void
the_latest_whispers_are_listed_first(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member");
	const struct wh_test_answer *answer;
	const char *bob, *cleo;

	(void)state;
	wh_test_session(f->t, "cleo", "member");
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'one'}", WH_OK);
	assert_call(f, ann, "chat.whisper", "{'to':'cleo','text':'two'}", WH_OK);
	answer = call(f, ann, "chat.whispers", NULL);
	assert_int_equal(answer->err, WH_OK);
	cleo = strstr(answer->json, "id-cleo");
	bob = strstr(answer->json, "id-bob");
	assert_true(cleo != NULL && bob != NULL && cleo < bob);
	wh_assert_has(answer->json, "'who':'id-cleo','name':'cleo','here':true,'seq':1");
	wh_assert_has(answer->json, "'who':'id-bob','name':'bob','here':false,'seq':1");
	wh_assert_has(call(f, ann, "chat.whispers", "{'limit':1}")->json, "id-cleo");
	wh_assert_lacks(call(f, ann, "chat.whispers", "{'limit':1}")->json, "id-bob");
	end(f);
}

static void
a_quiet_whisper_leaves_memory_and_comes_back(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'one'}", WH_OK);
	assert_int_equal(wh_test_metric(f->t, "whiply_chat_rooms", NULL), 1);
	for (unsigned i = 0; i < 12; i++) {
		wh_test_advance(f->t, 60000);
		wh_test_settle(f->t);
	}
	assert_int_equal(wh_test_metric(f->t, "whiply_chat_rooms", NULL), 0);
	assert_call(f, bob, "chat.whisper", "{'to':'ann','text':'two'}", WH_OK);
	wh_assert_has(wh_heard(ann, "two"), "'seq':2");
	end(f);
}

static void
whispers_give_way_when_there_are_too_many_rooms(void **state)
{
	struct fixture *f = begin("rooms = 2;");
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'one'}", WH_OK);
	assert_call(f, ann, "chat.whisper", "{'to':'cleo','text':'two'}", WH_OK);
	assert_int_equal(wh_test_metric(f->t, "whiply_chat_rooms", NULL), 2);
	assert_call(f, bob, "chat.join", "{'room':'hall'}", WH_OK);
	assert_call(f, bob, "chat.join", "{'room':'attic'}", WH_EFULL);
	assert_call(f, bob, "chat.whisper", "{'to':'ann','text':'three'}", WH_EFULL);
	assert_call(f, bob, "chat.leave", "{'room':'hall'}", WH_OK);
	wh_assert_has(call(f, bob, "chat.whisper", "{'to':'ann','text':'three'}")->json, "'seq':2");
	end(f);
}

static void
whispers_of_guests_end_with_time_and_those_of_accounts_stay(void **state)
{
	struct fixture *f = begin("guest_whispers = \"1h\";");
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *g = wh_test_session(f->t, "gus", "guest");

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'gus','text':'one'}", WH_OK);
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'two'}", WH_OK);
	wh_test_leave_server(f->t, g);
	for (unsigned i = 0; i < 130; i++) {
		wh_test_advance(f->t, 60000);
		wh_test_settle(f->t);
	}
	assert_call(f, ann, "chat.history", "{'room':'@id-ann,id-gus'}", WH_ENOENT);
	wh_assert_has(call(f, ann, "chat.history", "{'room':'@bob'}")->json, "two");
	end(f);
}

static void
whispers_go_on_after_the_hub_died(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'one'}", WH_OK);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_call(f, bob, "chat.whisper", "{'to':'ann','text':'two'}", WH_OK);
	wh_assert_has(wh_heard(ann, "two"), "'seq':2");
	assert_int_equal(wh_times(bob, "one"), 1);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whisper_reaches_every_session_of_both_and_nobody_else),
		cmocka_unit_test(the_answer_comes_back_in_the_same_room),
		cmocka_unit_test(a_whisper_has_kinds_and_may_reply),
		cmocka_unit_test(who_is_away_finds_it_later),
		cmocka_unit_test(guests_whisper_while_they_are_here),
		cmocka_unit_test(a_name_means_the_account_before_a_guest),
		cmocka_unit_test(nobody_reads_the_whispers_of_others),
		cmocka_unit_test(a_whisper_is_no_room_to_run),
		cmocka_unit_test(what_was_whispered_can_be_edited_redacted_and_reacted_to),
		cmocka_unit_test(typing_is_told_to_the_other),
		cmocka_unit_test(a_block_works_both_ways_until_it_is_lifted),
		cmocka_unit_test(whispers_can_be_refused),
		cmocka_unit_test(the_operator_says_who_may_whisper),
		cmocka_unit_test(hooks_and_text_rules_hold_as_in_rooms),
		cmocka_unit_test(a_retry_with_its_nonce_whispers_once),
		cmocka_unit_test(the_latest_whispers_are_listed_first),
		cmocka_unit_test(a_quiet_whisper_leaves_memory_and_comes_back),
		cmocka_unit_test(whispers_give_way_when_there_are_too_many_rooms),
		cmocka_unit_test(whispers_of_guests_end_with_time_and_those_of_accounts_stay),
		cmocka_unit_test(whispers_go_on_after_the_hub_died),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
