/* What waits for a moderator: messages, edits and whispers that a rule holds, also while the rules are away; and what is left of what was taken away. */
#include "testing_moderation.h"

#include <sys/stat.h>

/* Edits a message of the den. */
static const struct wh_test_answer *
edits(struct fixture *f, struct wh_session *s, const char *id, const char *text)
{
	char args[600];

	snprintf(args, sizeof args, "{'room':'den','id':'%s','text':'%s'}", id, text);
	return call(f, s, "chat.edit", args);
}

static const struct wh_test_answer *
decides(struct fixture *f, struct wh_session *mod, const char *item, const char *decision)
{
	char args[400];

	snprintf(args, sizeof args, "{'items':['%s'],'decision':'%s'}", item, decision);
	return call(f, mod, "moderation.decide", args);
}

static void
an_edit_that_is_held_waits_and_the_old_text_stays(void **state)
{
	struct fixture *f = begin(LISTS);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");
	const struct wh_test_answer *answer;
	char id[256], item[256], shown[400];

	(void)state;
	says(f, bob, "plain words", id);
	wh_assert_has(wh_heard(eve, "chat.message"), "plain words");
	answer = edits(f, bob, id, "oh quux");
	assert_int_equal(answer->err, WH_EPERM);
	wh_assert_has(answer->why, "the message stays as it was");
	assert_null(wh_heard(eve, "chat.edited"));
	wh_assert_has(call(f, eve, "chat.history", "{'room':'den'}")->json, "plain words");
	answer = call(f, mod, "moderation.queue", "{'kind':'held'}");
	wh_member(answer, "item", item);
	wh_assert_has(answer->json, "'text':'oh quux','before':'plain words'");
	snprintf(shown, sizeof shown, "'message':'%s','edit':true", id);
	wh_assert_has(answer->json, shown);
	wh_assert_has(decides(f, mod, item, "approve")->json, "'done':1");
	wh_assert_has(wh_heard(eve, "chat.edited"), "'from':'bob','who':'id-bob'");
	wh_assert_has(wh_heard(bob, "'kind':'approve'"), "the change of your message");
	answer = call(f, eve, "chat.history", "{'room':'den'}");
	wh_assert_has(answer->json, "oh quux");
	wh_assert_lacks(answer->json, "plain words");
	/* Denied, it never was. */
	edits(f, bob, id, "another quux");
	wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", item);
	wh_assert_has(decides(f, mod, item, "deny")->json, "'done':1");
	wh_assert_has(call(f, eve, "chat.history", "{'room':'den'}")->json, "oh quux");
	/* What is refused is not queued, and what is not theirs is refused by chat. */
	wh_assert_has(edits(f, bob, id, "what a zorble")->why, "this is not published");
	wh_assert_has(edits(f, eve, id, "my quux now")->why, "only what you said yourself");
	wh_assert_has(call(f, mod, "moderation.queue", "{'kind':'held'}")->json, "'open':0");
	end(f);
}

static void
the_queue_is_decided_by_typing(void **state)
{
	struct fixture *f = begin(LISTS);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");
	char item[256], typed[300];

	(void)state;
	assert_int_equal(says(f, mod, "!queue", NULL)->err, WH_OK);
	wh_assert_has(wh_heard(mod, "moderation.answer"), "nothing waits here");
	says(f, bob, "oh quux", NULL);
	wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", item);
	assert_int_equal(says(f, mod, "!queue", NULL)->err, WH_OK);
	snprintf(typed, sizeof typed, "%s held bob: oh quux", item);
	assert_non_null(wh_heard(mod, typed));
	wh_assert_has(wh_heard(mod, "moderation.answer"), "/approve ITEM");
	assert_int_equal(says(f, mod, "!approve nonsense", NULL)->err, WH_OK);
	wh_assert_has(wh_heard(mod, "moderation.answer"), "usage: /approve ITEM [why]");
	/* Of others it is a message. */
	snprintf(typed, sizeof typed, "!approve %s", item);
	assert_int_equal(says(f, eve, typed, NULL)->err, WH_OK);
	assert_null(wh_heard(eve, "oh quux"));
	assert_int_equal(says(f, mod, typed, NULL)->err, WH_OK);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(mod, "moderation.answer"), "approve: done");
	wh_assert_has(wh_heard(eve, "oh quux"), "'from':'bob'");
	assert_int_equal(says(f, mod, typed, NULL)->err, WH_OK);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(mod, "moderation.answer"), "approve: it is decided");
	end(f);
}

static void
a_whisper_that_is_held_is_published_too(void **state)
{
	struct fixture *f = begin(LISTS "whispers = true;");
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");
	char item[256];

	(void)state;
	assert_call(f, bob, "chat.whisper", "{'to':'eve','text':'oh quux'}", WH_EPERM);
	wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", item);
	wh_assert_has(decides(f, mod, item, "approve")->json, "'done':1");
	wh_assert_has(wh_heard(eve, "oh quux"), "'from':'bob'");
	wh_assert_has(wh_heard(bob, "'kind':'approve'"), "What you wrote was published in a whisper");
	/* Who does not want to hear from them need not. */
	assert_call(f, bob, "chat.whisper", "{'to':'eve','text':'quux again'}", WH_EPERM);
	wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", item);
	assert_call(f, eve, "chat.block", "{'name':'bob'}", WH_OK);
	wh_assert_has(decides(f, mod, item, "approve")->json, "'done':1");
	assert_null(wh_heard(eve, "quux again"));
	wh_assert_has(wh_heard(bob, "'kind':'deny'"), "they take no whispers from you");
	wh_assert_has(call(f, mod, "moderation.queue", "{'kind':'held'}")->json, "'open':0,'items':[]");
	end(f);
}

static void
a_held_edit_is_overtaken_by_the_next_and_never_comes_behind_it(void **state)
{
	struct fixture *f = begin(LISTS);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	char id[256], first[256], second[256], args[400];

	(void)state;
	says(f, bob, "plain words", id);
	edits(f, bob, id, "quux one");
	wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", first);
	edits(f, bob, id, "quux two");
	wh_assert_has(call(f, mod, "moderation.queue", "{'kind':'held'}")->json, "'open':1");
	wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", second);
	/* Who looked at the first does not decide about the second. */
	wh_assert_has(decides(f, mod, first, "approve")->json, "'done':0");
	assert_int_equal(edits(f, bob, id, "better words")->err, WH_OK);
	wh_assert_has(decides(f, mod, second, "approve")->json, "'done':0");
	wh_assert_has(call(f, bob, "chat.history", "{'room':'den'}")->json, "better words");
	/* The message is gone meanwhile. */
	edits(f, bob, id, "quux three");
	wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", first);
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", id);
	assert_call(f, bob, "chat.redact", args, WH_OK);
	wh_assert_has(decides(f, mod, first, "approve")->json, "'done':1");
	wh_assert_has(wh_heard(bob, "'kind':'deny'"), "the message is gone");
	wh_assert_lacks(call(f, bob, "chat.history", "{'room':'den'}")->json, "quux");
	end(f);
}

static void
a_held_edit_is_made_once_whatever_dies(void **state)
{
	struct fixture *f = begin(LISTS);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	char id[256], item[256], args[400];
	const char *log;
	unsigned n;

	(void)state;
	says(f, bob, "plain words", id);
	for (unsigned rounds = 0; rounds < 8; rounds++) {
		wh_test_advance(f->t, 60000);
		edits(f, bob, id, "oh quux");
		wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", item);
		snprintf(args, sizeof args, "{'items':['%s'],'decision':'approve'}", item);
		wh_test_start(f->t, mod, "moderation.decide", args);
		for (unsigned i = 0; i < rounds; i++) {
			wh_test_run_jobs(f->t);
			wh_test_advance(f->t, 1);
		}
		wh_test_recover(f->t);
		wh_test_settle(f->t);
		call(f, mod, "moderation.decide", args);
		wh_test_settle(f->t);
		n = 0;
		log = call(f, mod, "chat.history", "{'room':'den','limit':200,'events':true}")->json;
		for (const char *at = log; (at = strstr(at, "chat.edited")) != NULL; at++)
			n++;
		assert_int_equal(n, rounds + 1);
	}
	end(f);
}

static void
what_is_held_of_who_left_is_never_published(void **state)
{
	struct fixture *f = begin(LISTS);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	char item[256];

	(void)state;
	says(f, bob, "oh quux", NULL);
	wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", item);
	wh_test_erase(f->t, "id-bob", "bob");
	wh_test_settle(f->t);
	wh_assert_has(call(f, mod, "moderation.queue", "{'kind':'held'}")->json, "'open':0");
	wh_assert_has(decides(f, mod, item, "approve")->json, "'done':0");
	end(f);
}

static void
a_room_s_log_has_what_was_taken_away_and_nothing_of_who_left(void **state)
{
	struct fixture *f = begin(LISTS "keep_removed = \"2d\";");
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");
	const struct wh_test_answer *answer;
	char id[256], own[256], item[256], next[256], args[500];

	(void)state;
	says(f, bob, "hello", NULL);
	says(f, bob, "purple", id);
	says(f, bob, "a slip of mine", own);
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", own);
	assert_call(f, bob, "chat.redact", args, WH_OK);
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", id);
	assert_call(f, mod, "moderation.redact", args, WH_OK);
	says(f, eve, "oh quux", NULL);
	wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", item);
	wh_assert_has(decides(f, mod, item, "deny")->json, "'done':1");
	answer = call(f, mod, "moderation.room_log", "{'room':'Den'}");
	wh_assert_has(answer->json, "'from':'bob','text':'hello'");
	wh_assert_has(answer->json, "'from':'bob','text':'purple'");
	wh_assert_has(answer->json, "'from':'eve','text':'oh quux'");
	wh_assert_has(answer->json, "'deed':'redact'");
	wh_assert_has(answer->json, "'deed':'deny'");
	wh_assert_lacks(answer->json, "slip");
	wh_assert_lacks(answer->json, "next");
	/* In pages, each with its deeds. */
	answer = call(f, mod, "moderation.room_log", "{'room':'den','limit':2}");
	wh_member(answer, "next", next);
	wh_assert_lacks(answer->json, "deed");
	snprintf(args, sizeof args, "{'room':'den','after':'%s'}", next);
	answer = call(f, mod, "moderation.room_log", args);
	wh_assert_lacks(answer->json, "purple");
	wh_assert_has(answer->json, "'deed':'redact'");
	assert_call(f, eve, "moderation.room_log", "{'room':'den'}", WH_EPERM);
	assert_call(f, mod, "moderation.room_log", "{'room':'den','after':'x'}", WH_EINVAL);
	assert_call(f, mod, "moderation.room_log", "{'room':'@id-bob,id-eve'}", WH_EINVAL);
	wh_test_erase(f->t, "id-eve", "eve");
	wh_test_settle(f->t);
	wh_assert_lacks(call(f, mod, "moderation.room_log", "{'room':'den'}")->json, "oh quux");
	/* What was removed is kept for a time. */
	wh_test_advance(f->t, 86400000);
	wh_assert_has(call(f, mod, "moderation.room_log", "{'room':'den'}")->json, "purple");
	wh_test_advance(f->t, 2 * 86400000);
	wh_test_settle(f->t);
	wh_test_advance(f->t, 120000);
	wh_test_settle(f->t);
	answer = call(f, mod, "moderation.room_log", "{'room':'den'}");
	wh_assert_has(answer->json, "hello");
	wh_assert_lacks(answer->json, "purple");
	end(f);
}

static void
what_was_removed_of_who_left_is_in_no_log(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	char id[256], args[400];

	(void)state;
	says(f, bob, "purple", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", id);
	assert_call(f, mod, "moderation.redact", args, WH_OK);
	wh_assert_has(call(f, mod, "moderation.room_log", "{'room':'den'}")->json, "purple");
	wh_test_erase(f->t, "id-bob", "bob");
	wh_test_settle(f->t);
	wh_assert_lacks(call(f, mod, "moderation.room_log", "{'room':'den'}")->json, "purple");
	wh_assert_lacks(call(f, mod, "moderation.room_log", "{'room':'den'}")->json, "bob");
	end(f);
}

static void
a_locked_room_is_locked_for_edits_too(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	char id[256];

	(void)state;
	says(f, bob, "plain words", id);
	assert_call(f, mod, "moderation.lockdown", "{'room':'den'}", WH_OK);
	wh_assert_has(edits(f, bob, id, "other words")->why, "locked");
	assert_call(f, mod, "moderation.lockdown", "{'room':'den','on':false}", WH_OK);
	/* A slow room is slow for what is said. */
	assert_call(f, mod, "moderation.slow", "{'room':'den','time':'20s'}", WH_OK);
	assert_int_equal(says(f, bob, "one", NULL)->err, WH_OK);
	assert_int_equal(edits(f, bob, id, "other words")->err, WH_OK);
	end(f);
}

/* A pack that nobody loads, as there is no helper here. */
static struct fixture *
begin_with_pack(const char *fail, char folder[static 64])
{
	char path[200], settings[400];
	FILE *to;

	snprintf(folder, 64, "/tmp/whiply-moderation-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/words", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/words/pack.lua", folder);
	to = fopen(path, "w");
	assert_non_null(to);
	fprintf(to, "pack { id = 'words', version = '1', api = 1, license = 'MIT' }\nrule 'one' { when = function(m) end, act = 'hold', fail = '%s' }\n", fail);
	fclose(to);
	snprintf(settings, sizeof settings, "pack_folders = [ \"%s\" ]; packs = { words = { mode = \"live\"; }; };", folder);
	return begin(settings);
}

static void
end_with_pack(struct fixture *f, const char *folder)
{
	char command[100];

	end(f);
	snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static void
nothing_slips_by_while_rules_that_fail_closed_are_away(void **state)
{
	char folder[64], item[256], id[256];
	struct fixture *f = begin_with_pack("closed", folder);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");
	const struct wh_test_answer *answer;

	(void)state;
	answer = says(f, bob, "hello", NULL);
	assert_int_equal(answer->err, WH_EPERM);
	wh_assert_has(answer->why, "waits for a moderator");
	assert_null(wh_heard(eve, "chat.message"));
	answer = call(f, mod, "moderation.queue", "{'kind':'held'}");
	wh_assert_has(answer->json, "'text':'hello','reason':'rules_away'");
	wh_member(answer, "item", item);
	wh_assert_has(decides(f, mod, item, "approve")->json, "'done':1");
	wh_assert_has(wh_heard(eve, "chat.message"), "hello");
	assert_int_equal(says(f, mod, "nobody looks at me", id)->err, WH_OK);
	end_with_pack(f, folder);
	f = begin_with_pack("open", folder);
	bob = inside(f, "bob", "member");
	assert_int_equal(says(f, bob, "hello", NULL)->err, WH_OK);
	end_with_pack(f, folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edit_that_is_held_waits_and_the_old_text_stays),
		cmocka_unit_test(the_queue_is_decided_by_typing),
		cmocka_unit_test(a_whisper_that_is_held_is_published_too),
		cmocka_unit_test(a_held_edit_is_overtaken_by_the_next_and_never_comes_behind_it),
		cmocka_unit_test(a_held_edit_is_made_once_whatever_dies),
		cmocka_unit_test(what_is_held_of_who_left_is_never_published),
		cmocka_unit_test(a_room_s_log_has_what_was_taken_away_and_nothing_of_who_left),
		cmocka_unit_test(what_was_removed_of_who_left_is_in_no_log),
		cmocka_unit_test(a_locked_room_is_locked_for_edits_too),
		cmocka_unit_test(nothing_slips_by_while_rules_that_fail_closed_are_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
