/* What moderators do to people, messages and rooms: it is in force, told, in the log, survives the hub, and can be undone. */
#include "testing_moderation.h"

#include "moderation.h"

static void
a_timeout_stops_speaking_until_it_is_over(void **state)
{
	struct fixture *f = begin("ladder = [ \"1m\", \"10m\", \"1h\" ];");
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	const struct wh_test_answer *answer;

	(void)state;
	assert_call(f, mod, "moderation.timeout", "{'who':'bob','room':'den','reason':'spam'}", WH_OK);
	wh_assert_has(wh_heard(bob, "moderation.notice"), "'kind':'timeout'");
	answer = says(f, bob, "but", NULL);
	assert_int_equal(answer->err, WH_EPERM);
	wh_assert_has(answer->why, "You are timed out in den until ");
	wh_assert_has(answer->why, ": spam or advertising");
	assert_int_equal(f->strikes, 1);
	wh_test_advance(f->t, 61000);
	assert_int_equal(says(f, bob, "sorry", NULL)->err, WH_OK);
	/* The next is longer, until they are forgotten. */
	assert_call(f, mod, "moderation.timeout", "{'who':'bob','room':'den'}", WH_OK);
	wh_test_advance(f->t, 120000);
	assert_int_equal(says(f, bob, "but", NULL)->err, WH_EPERM);
	wh_test_advance(f->t, 500000);
	assert_int_equal(says(f, bob, "sorry", NULL)->err, WH_OK);
	for (int day = 0; day < 8; day++)
		wh_test_advance(f->t, 86400000);
	assert_call(f, mod, "moderation.timeout", "{'who':'bob','room':'den'}", WH_OK);
	wh_test_advance(f->t, 61000);
	assert_int_equal(says(f, bob, "sorry", NULL)->err, WH_OK);
	end(f);
}

static void
what_is_in_force_survives_the_hub(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");

	(void)state;
	assert_call(f, mod, "moderation.mute", "{'who':'bob'}", WH_OK);
	assert_call(f, mod, "moderation.lockdown", "{'room':'den'}", WH_OK);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	wh_assert_has(says(f, bob, "hm", NULL)->why, "muted");
	wh_assert_has(says(f, eve, "hm", NULL)->why, "locked");
	wh_assert_has(call(f, mod, "moderation.in_force", NULL)->json, "'kind':'mute','who':'id-bob'");
	assert_call(f, mod, "moderation.lift", "{'who':'bob','kind':'mute'}", WH_OK);
	assert_call(f, mod, "moderation.lockdown", "{'room':'den','on':false}", WH_OK);
	assert_int_equal(says(f, bob, "hm", NULL)->err, WH_OK);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_int_equal(says(f, bob, "hm", NULL)->err, WH_OK);
	end(f);
}

static void
a_shadow_mute_is_seen_by_nobody(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");

	(void)state;
	assert_call(f, mod, "moderation.shadow_mute", "{'who':'bob','room':'den'}", WH_OK);
	assert_null(wh_heard(bob, "moderation.notice"));
	assert_int_equal(says(f, bob, "hello?", NULL)->err, WH_OK);
	wh_assert_has(wh_heard(bob, "chat.message"), "hello?");
	assert_null(wh_heard(eve, "chat.message"));
	wh_assert_lacks(call(f, bob, "moderation.statements", NULL)->json, "shadow");
	end(f);
}

static void
a_ban_puts_out_keeps_out_and_leaves_the_appeal(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");

	(void)state;
	assert_call(f, mod, "moderation.ban", "{'who':'bob','room':'den','for':'1h'}", WH_OK);
	assert_non_null(wh_heard(bob, "chat.sent_out"));
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_EPERM);
	assert_call(f, bob, "chat.join", "{'room':'other'}", WH_OK);
	assert_call(f, mod, "moderation.ban", "{'who':'bob','for':'1h'}", WH_OK);
	assert_call(f, bob, "chat.rooms", NULL, WH_EPERM);
	assert_call(f, bob, "moderation.statements", NULL, WH_OK);
	wh_test_advance(f->t, 3601000);
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_OK);
	end(f);
}

static void
a_ban_of_a_network_meets_only_those_who_are_new(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *neighbour = inside(f, "max", "member"), *guest;

	(void)state;
	assert_call(f, mod, "moderation.ban", "{'who':'bob','scope':'both','for':'1h'}", WH_OK);
	guest = wh_test_session(f->t, "zoe", "guest");
	assert_call(f, guest, "chat.join", "{'room':'den'}", WH_EPERM);
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_EPERM);
	assert_int_equal(says(f, neighbour, "me too?", NULL)->err, WH_OK);
	/* Nothing of an address is in the log. */
	wh_assert_lacks(call(f, mod, "moderation.log", NULL)->json, "192.0.2");
	end(f);
}

static void
a_guest_does_not_come_back_as_another(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *guest = inside(f, "zoe", "guest"), *again;

	(void)state;
	assert_call(f, mod, "moderation.mute", "{'who':'zoe','for':'1h'}", WH_OK);
	wh_test_leave_server(f->t, guest);
	again = inside(f, "zoe2", "guest");
	wh_assert_has(says(f, again, "hi", NULL)->why, "muted");
	end(f);
}

static void
a_removed_message_is_put_back_by_undoing(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	char id[256], action[256], undo[256], args[600];

	(void)state;
	says(f, bob, "purple", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','reason':'off_topic'}", id);
	wh_member(call(f, mod, "moderation.redact", args), "action", action);
	wh_assert_has(wh_heard(bob, "chat.redacted"), "not what this room is about");
	wh_assert_lacks(call(f, bob, "chat.history", "{'room':'den'}")->json, "purple");
	/* The text is evidence, for a time. */
	wh_assert_has(call(f, mod, "moderation.log", "{'kind':'redact'}")->json, "'kept':'purple'");
	snprintf(args, sizeof args, "{'id':'%s','preview':true}", action);
	wh_assert_has(call(f, mod, "moderation.undo", args)->json, "'count':1,'actions':[{");
	wh_assert_lacks(call(f, bob, "chat.history", "{'room':'den'}")->json, "purple");
	snprintf(args, sizeof args, "{'id':'%s'}", action);
	wh_member(call(f, mod, "moderation.undo", args), "undo", undo);
	wh_assert_has(call(f, bob, "chat.history", "{'room':'den'}")->json, "purple");
	assert_call(f, mod, "moderation.undo", args, WH_ESTATE);
	/* An undoing is undone, and that as well. */
	snprintf(args, sizeof args, "{'id':'%s'}", undo);
	wh_member(call(f, mod, "moderation.undo", args), "undo", undo);
	wh_assert_lacks(call(f, bob, "chat.history", "{'room':'den'}")->json, "purple");
	assert_call(f, mod, "moderation.undo", args, WH_ESTATE);
	snprintf(args, sizeof args, "{'id':'%s'}", undo);
	assert_call(f, mod, "moderation.undo", args, WH_OK);
	wh_assert_has(call(f, bob, "chat.history", "{'room':'den'}")->json, "purple");
	end(f);
}

static void
what_a_moderator_removes_with_chat_s_command_is_an_action_too(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");
	char id[256], own[256], action[256], args[600];

	(void)state;
	says(f, bob, "purple", id);
	says(f, bob, "green", own);
	/* What somebody else may not remove, and one's own, is not in the log. */
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", id);
	assert_int_equal(call(f, eve, "chat.redact", args)->err, WH_ENOENT);
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", own);
	assert_call(f, bob, "chat.redact", args, WH_OK);
	wh_assert_has(call(f, mod, "moderation.log", NULL)->json, "'actions':[]");
	snprintf(args, sizeof args, "{'room':'Den','id':'%s','reason':'no colours'}", id);
	assert_call(f, mod, "chat.redact", args, WH_OK);
	wh_assert_has(wh_heard(bob, "moderation.notice"), "A message of yours was removed in den: no colours");
	wh_assert_has(call(f, mod, "moderation.log", NULL)->json, "'kind':'redact'");
	wh_assert_has(call(f, mod, "moderation.log", NULL)->json, "'kept':'purple'");
	wh_member(call(f, mod, "moderation.log", NULL), "action", action);
	wh_assert_has(call(f, bob, "moderation.statements", NULL)->json, "'decision':'redact'");
	snprintf(args, sizeof args, "{'id':'%s'}", action);
	assert_call(f, mod, "moderation.undo", args, WH_OK);
	wh_assert_has(call(f, bob, "chat.history", "{'room':'den'}")->json, "purple");
	end(f);
}

static void
two_moderators_lock_a_room_and_each_takes_back_the_own(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *max = moderator(f, "max"), *bob = inside(f, "bob", "member");
	char first[256], second[256], args[400];

	(void)state;
	wh_member(call(f, mod, "moderation.lockdown", "{'room':'den'}"), "action", first);
	assert_non_null(wh_heard(bob, "'lockdown':true"));
	wh_member(call(f, max, "moderation.lockdown", "{'room':'den'}"), "action", second);
	snprintf(args, sizeof args, "{'id':'%s'}", first);
	assert_call(f, mod, "moderation.undo", args, WH_OK);
	assert_int_equal(says(f, bob, "free?", NULL)->err, WH_EPERM);
	snprintf(args, sizeof args, "{'id':'%s'}", second);
	assert_call(f, max, "moderation.undo", args, WH_OK);
	assert_int_equal(says(f, bob, "free!", NULL)->err, WH_OK);
	assert_non_null(wh_heard(bob, "'lockdown':false"));
	end(f);
}

static void
slow_mode_and_accounts_only_hold_for_a_while(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *zoe = inside(f, "zoe", "guest");
	const struct wh_test_answer *answer;

	(void)state;
	assert_call(f, mod, "moderation.slow", "{'room':'den','time':'20s','for':'10m'}", WH_OK);
	assert_int_equal(says(f, bob, "one", NULL)->err, WH_OK);
	answer = says(f, bob, "two", NULL);
	assert_int_equal(answer->err, WH_EFAST);
	assert_in_range(answer->retry_ms, 15000, 20000);
	assert_int_equal(says(f, mod, "one", NULL)->err, WH_OK);
	assert_int_equal(says(f, mod, "two", NULL)->err, WH_OK);
	wh_test_advance(f->t, 600000);
	assert_int_equal(says(f, bob, "two", NULL)->err, WH_OK);
	assert_int_equal(says(f, bob, "three", NULL)->err, WH_OK);
	assert_call(f, mod, "moderation.registered_only", "{'room':'den'}", WH_OK);
	assert_int_equal(says(f, zoe, "me?", NULL)->err, WH_EPERM);
	assert_int_equal(says(f, bob, "me", NULL)->err, WH_OK);
	assert_call(f, wh_test_session(f->t, "zed", "guest"), "chat.join", "{'room':'den'}", WH_EPERM);
	end(f);
}

static void
only_moderators_act_and_not_on_each_other(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *max = moderator(f, "max"), *bob = inside(f, "bob", "member"), *adm = inside(f, "adm", "member admin");
	struct wh_session *eve = wh_test_session(f->t, "eve", "member");

	(void)state;
	(void)max;
	assert_call(f, bob, "moderation.timeout", "{'who':'eve'}", WH_EPERM);
	assert_call(f, bob, "moderation.log", NULL, WH_EPERM);
	assert_call(f, mod, "moderation.timeout", "{'who':'max'}", WH_EPERM);
	assert_call(f, mod, "moderation.timeout", "{'who':'mod'}", WH_EINVAL);
	assert_call(f, mod, "moderation.timeout", "{'who':'nobody'}", WH_ENOENT);
	assert_call(f, adm, "moderation.timeout", "{'who':'max'}", WH_OK);
	/* Who made a room moderates it, and nothing else. */
	assert_call(f, eve, "chat.join", "{'room':'eves'}", WH_OK);
	assert_call(f, eve, "moderation.timeout", "{'who':'bob','room':'eves'}", WH_OK);
	assert_call(f, eve, "moderation.timeout", "{'who':'bob','room':'den'}", WH_EPERM);
	assert_call(f, eve, "moderation.timeout", "{'who':'bob'}", WH_EPERM);
	wh_assert_has(call(f, eve, "moderation.log", "{'room':'eves'}")->json, "'name':'bob'");
	assert_call(f, eve, "moderation.log", NULL, WH_EPERM);
	end(f);
}

static void
a_sweep_removes_what_matches_and_is_undone_as_one(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");
	const struct wh_test_answer *answer;
	char group[256], args[400];

	(void)state;
	for (int i = 0; i < 12; i++) {
		wh_test_advance(f->t, 2000);
		says(f, bob, "Cheap SKINS here", NULL);
		says(f, eve, "hello", NULL);
	}
	wh_assert_has(call(f, mod, "moderation.sweep", "{'room':'den','match':'skins','preview':true}")->json, "'found':12");
	answer = call(f, mod, "moderation.sweep", "{'room':'den','match':'skins','reason':'spam'}");
	wh_assert_has(answer->json, "'removed':12,'found':12");
	wh_member(answer, "group", group);
	wh_assert_lacks(call(f, eve, "chat.history", "{'room':'den'}")->json, "SKINS");
	wh_assert_has(call(f, eve, "chat.history", "{'room':'den'}")->json, "hello");
	snprintf(args, sizeof args, "{'group':'%s'}", group);
	assert_call(f, mod, "moderation.undo", args, WH_OK);
	wh_assert_has(call(f, eve, "chat.history", "{'room':'den'}")->json, "SKINS");
	end(f);
}

static void
a_sweep_that_the_hub_died_over_goes_on(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	const char *log;
	unsigned n = 0;

	(void)state;
	for (int i = 0; i < 30; i++) {
		wh_test_advance(f->t, 2000);
		says(f, bob, "Cheap SKINS here", NULL);
	}
	for (unsigned rounds = 0; rounds < 12; rounds++) {
		struct fixture *g = f;

		wh_test_start(g->t, mod, "moderation.sweep", "{'room':'den','match':'skins'}");
		for (unsigned i = 0; i < rounds; i++) {
			wh_test_run_jobs(f->t);
			wh_test_advance(f->t, 1);
		}
		wh_test_recover(f->t);
		wh_test_settle(f->t);
		log = call(f, mod, "chat.history", "{'room':'den','limit':200}")->json;
		/* All or, if it was not written yet, none. */
		n = 0;
		for (const char *at = log; (at = strstr(at, "SKINS")) != NULL; at++)
			n++;
		if (n == 0)
			break;
		assert_int_equal(n, 30);
	}
	assert_int_equal(n, 0);
	end(f);
}

static void
reports_are_merged_claimed_and_decided_once(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *max = moderator(f, "max"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member"), *ann = inside(f, "ann", "member");
	char id[256], item[256], args[500];

	(void)state;
	says(f, bob, "you are all fools", id);
	snprintf(args, sizeof args, "{'id':'%s','reason':'insult','text':'rude'}", id);
	wh_member(call(f, eve, "moderation.report", args), "report", item);
	assert_non_null(wh_heard(mod, "moderation.queued"));
	assert_call(f, ann, "moderation.report", args, WH_OK);
	assert_call(f, bob, "moderation.report", args, WH_EINVAL);
	wh_assert_has(call(f, mod, "moderation.queue", NULL)->json, "'open':1,'items':[{'item':'");
	wh_assert_has(call(f, mod, "moderation.queue", NULL)->json, "'text':'you are all fools'");
	wh_assert_has(call(f, mod, "moderation.queue", NULL)->json, "'count':2");
	snprintf(args, sizeof args, "{'items':['%s']}", item);
	wh_assert_has(call(f, mod, "moderation.claim", args)->json, "'done':1");
	wh_assert_has(wh_heard(max, "moderation.claimed"), "'by':'mod','on':true");
	wh_assert_has(call(f, max, "moderation.claim", args)->json, "'done':0,'refused':[{");
	snprintf(args, sizeof args, "{'items':['%s'],'decision':'approve','do':'timeout','for':'5m','reason':'insult'}", item);
	wh_assert_has(call(f, max, "moderation.decide", args)->json, "'done':0");
	assert_null(wh_heard(mod, "moderation.decided"));
	/* A claim expires. */
	wh_test_advance(f->t, 16 * 60000);
	wh_assert_has(call(f, max, "moderation.decide", args)->json, "'done':1,'refused':[]");
	wh_assert_has(wh_heard(mod, "moderation.decided"), "'by':'max','decision':'approve'");
	wh_assert_has(call(f, mod, "moderation.decide", args)->json, "'done':0");
	wh_assert_has(says(f, bob, "hm", NULL)->why, "timed out");
	wh_assert_has(call(f, mod, "moderation.queue", "{'state':'done'}")->json, "'decided_by':'max'");
	end(f);
}

static void
an_appeal_is_answered_by_somebody_else(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *max = moderator(f, "max"), *bob = inside(f, "bob", "member");
	char action[256], item[256], args[500];

	(void)state;
	wh_member(call(f, mod, "moderation.mute", "{'who':'bob','room':'den','reason':'spam'}"), "action", action);
	wh_assert_has(call(f, bob, "moderation.statements", NULL)->json, "'decision':'mute'");
	wh_assert_has(call(f, bob, "moderation.statements", NULL)->json, "'automated_detection':false,'automated_decision':false,'ground':'house rules: no spam'");
	snprintf(args, sizeof args, "{'action':'%s','text':'it was not me'}", action);
	wh_member(call(f, bob, "moderation.appeal", args), "report", item);
	assert_call(f, max, "moderation.appeal", args, WH_ENOENT);
	snprintf(args, sizeof args, "{'items':['%s'],'decision':'approve','text':'you are right'}", item);
	wh_assert_has(call(f, mod, "moderation.decide", args)->json, "about what you did yourself");
	wh_assert_has(call(f, max, "moderation.decide", args)->json, "'done':1");
	assert_non_null(wh_heard(bob, "'kind':'answer'"));
	assert_int_equal(says(f, bob, "thanks", NULL)->err, WH_OK);
	end(f);
}

static void
moderators_type_commands_and_others_say_them(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");

	(void)state;
	assert_int_equal(says(f, mod, "/timeout bob 10m stop it", NULL)->err, WH_OK);
	wh_test_settle(f->t);
	assert_non_null(wh_heard(mod, "moderation.answer"));
	assert_null(wh_heard(eve, "stop it"));
	wh_assert_has(says(f, bob, "hm", NULL)->why, ": stop it");
	assert_int_equal(says(f, mod, "!untimeout bob", NULL)->err, WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(says(f, bob, "/timeout eve", NULL)->err, WH_OK);
	wh_assert_has(wh_heard(eve, "chat.message"), "/timeout eve");
	assert_int_equal(says(f, mod, "/shrug", NULL)->err, WH_OK);
	wh_assert_has(wh_heard(eve, "chat.message"), "/shrug");
	assert_int_equal(says(f, mod, "/slow 5s", NULL)->err, WH_OK);
	wh_test_settle(f->t);
	wh_assert_has(call(f, eve, "moderation.room", "{'room':'den'}")->json, "'slow':5000");
	assert_int_equal(says(f, mod, "/timeout", NULL)->err, WH_OK);
	wh_assert_has(wh_heard(mod, "usage"), "/timeout NAME");
	end(f);
}

static void
who_leaves_takes_words_along_and_not_the_ban(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	const struct wh_test_answer *answer;

	(void)state;
	(void)bob;
	assert_call(f, mod, "moderation.note", "{'who':'bob','text':'watch him'}", WH_OK);
	assert_call(f, mod, "moderation.mute", "{'who':'bob','text':'for being bob'}", WH_OK);
	wh_assert_has(call(f, mod, "moderation.person", "{'who':'bob'}")->json, "watch him");
	answer = wh_test_export(f->t, "id-bob", "bob");
	wh_test_settle(f->t);
	wh_assert_has(answer->json, "for being bob");
	wh_assert_lacks(answer->json, "watch him");
	wh_test_erase(f->t, "id-bob", "bob");
	wh_test_settle(f->t);
	wh_assert_lacks(call(f, mod, "moderation.log", NULL)->json, "for being bob");
	wh_assert_has(call(f, mod, "moderation.in_force", NULL)->json, "id-bob");
	end(f);
}

static void
warnings_and_strikes_are_told_and_counted(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	char action[256], args[400];

	(void)state;
	assert_call(f, mod, "moderation.warn", "{'who':'bob','room':'den','text':'careful'}", WH_OK);
	wh_assert_has(wh_heard(bob, "moderation.notice"), "A warning in den: careful");
	wh_member(call(f, mod, "moderation.strike", "{'who':'bob','count':2}"), "action", action);
	assert_int_equal(f->strikes, 2);
	snprintf(args, sizeof args, "{'id':'%s'}", action);
	assert_call(f, mod, "moderation.undo", args, WH_OK);
	assert_int_equal(f->strikes, 0);
	assert_call(f, mod, "moderation.reasons", NULL, WH_OK);
	assert_call(f, mod, "moderation.reason_set", "{'key':'cats','text':'no cats'}", WH_EPERM);
	assert_call(f, wh_test_session(f->t, "adm", "member admin"), "moderation.reason_set", "{'key':'cats','text':'no cats','ground':'rule 1'}", WH_OK);
	assert_call(f, mod, "moderation.timeout", "{'who':'bob','reason':'cats'}", WH_OK);
	wh_assert_has(wh_heard(bob, "'kind':'timeout'"), ": no cats");
	end(f);
}

static void
a_verdict_decides_what_becomes_of_a_message(void **state)
{
	struct fixture *f = begin(LISTS "filters = { caps = { mode = \"shadow\"; }; };");
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");
	const struct wh_test_answer *answer;
	char item[256], args[400];

	(void)state;
	/* Refused, and in the log with the rule that wanted it. */
	answer = says(f, bob, "what a zorble", NULL);
	assert_int_equal(answer->err, WH_EPERM);
	wh_assert_has(answer->why, "this is not published");
	wh_assert_has(call(f, mod, "moderation.log", "{'pack':'filters','mode':'live'}")->json, "'kind':'refuse'");
	/* Held, and published under the author's name when somebody has looked at it. */
	answer = says(f, bob, "oh quux", NULL);
	wh_assert_has(answer->why, "waits for a moderator");
	assert_null(wh_heard(eve, "quux"));
	answer = call(f, mod, "moderation.queue", "{'kind':'held'}");
	wh_member(answer, "item", item);
	wh_assert_has(answer->json, "'text':'oh quux'");
	snprintf(args, sizeof args, "{'items':['%s'],'decision':'approve'}", item);
	wh_assert_has(call(f, mod, "moderation.decide", args)->json, "'done':1");
	wh_assert_has(wh_heard(eve, "chat.message"), "'from':'bob','who':'id-bob'");
	assert_non_null(wh_heard(bob, "'kind':'approve'"));
	/* Hidden, and so is what comes behind it. */
	assert_int_equal(says(f, bob, "something hidden", NULL)->err, WH_OK);
	assert_int_equal(says(f, bob, "and more", NULL)->err, WH_OK);
	assert_null(wh_heard(eve, "chat.message"));
	assert_call(f, mod, "moderation.lift", "{'who':'bob','room':'den','kind':'shadow-mute'}", WH_OK);
	/* In shadow mode it is only written down. */
	assert_int_equal(says(f, eve, "WHY DOES NOBODY EVER ANSWER ME HERE", NULL)->err, WH_OK);
	wh_assert_has(call(f, mod, "moderation.log", "{'mode':'shadow'}")->json, "'rule':'caps'");
	assert_null(wh_heard(eve, "moderation.notice"));
	/* At a moderator nobody looks. */
	assert_int_equal(says(f, mod, "what a zorble", NULL)->err, WH_OK);
	end(f);
}

static void
what_was_held_is_published_once_whatever_dies(void **state)
{
	struct fixture *f = begin(LISTS);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");
	char item[256], args[400];
	const char *log;
	unsigned n;

	(void)state;
	for (unsigned rounds = 0; rounds < 8; rounds++) {
		wh_test_advance(f->t, 60000);
		says(f, bob, "oh quux", NULL);
		wh_member(call(f, mod, "moderation.queue", "{'kind':'held'}"), "item", item);
		snprintf(args, sizeof args, "{'items':['%s'],'decision':'approve'}", item);
		wh_test_start(f->t, mod, "moderation.decide", args);
		for (unsigned i = 0; i < rounds; i++) {
			wh_test_run_jobs(f->t);
			wh_test_advance(f->t, 1);
		}
		wh_test_recover(f->t);
		wh_test_settle(f->t);
		/* Not decided, or said: never both, never twice. */
		call(f, mod, "moderation.decide", args);
		wh_test_settle(f->t);
		n = 0;
		log = call(f, mod, "chat.history", "{'room':'den','limit':200}")->json;
		for (const char *at = log; (at = strstr(at, "oh quux")) != NULL; at++)
			n++;
		assert_int_equal(n, rounds + 1);
	}
	end(f);
}

static void
a_rollback_undoes_what_one_version_of_a_pack_did(void **state)
{
	struct fixture *f = begin(LISTS);
	struct wh_session *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member");

	(void)state;
	(void)mod;
	assert_int_equal(says(f, bob, "something hidden", NULL)->err, WH_OK);
	wh_test_settle(f->t);
	wh_assert_has(call(f, mod, "moderation.in_force", "{'who':'bob'}")->json, "shadow-mute");
	assert_int_equal(undo_pack(wh_test_self(f->t), WH_STR("filters"), WH_STR("1"), WH_STR(""), 0, WH_STR("id-mod"), WH_STR("mod"), NULL, 0), WH_OK);
	wh_test_settle(f->t);
	wh_assert_lacks(call(f, mod, "moderation.in_force", "{'who':'bob'}")->json, "shadow-mute");
	end(f);
}

static void
what_is_in_force_in_a_room_goes_along_when_it_gets_another_name(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member"), *mod = moderator(f, "mod"), *bob = inside(f, "bob", "member"), *eve = inside(f, "eve", "member");

	(void)state;
	assert_call(f, mod, "moderation.mute", "{'who':'bob','room':'den'}", WH_OK);
	assert_call(f, mod, "moderation.slow", "{'room':'den','time':'1m'}", WH_OK);
	assert_call(f, eve, "moderation.report", "{'room':'den','who':'bob','text':'rude'}", WH_OK);
	assert_call(f, ann, "chat.rename", "{'room':'den','to':'lair'}", WH_OK);
	for (unsigned i = 0; i < 2; i++) {
		wh_assert_has(call(f, bob, "chat.say", "{'room':'lair','text':'hm'}")->why, "muted");
		wh_assert_has(call(f, mod, "moderation.room", "{'room':'lair'}")->json, "'slow':60000");
		wh_assert_has(call(f, mod, "moderation.log", "{'room':'lair'}")->json, "'kind':'mute'");
		wh_assert_lacks(call(f, mod, "moderation.log", "{'room':'den'}")->json, "'kind':'mute'");
		wh_assert_has(call(f, mod, "moderation.queue", "{'room':'lair'}")->json, "rude");
		wh_test_recover(f->t);
		wh_test_settle(f->t);
	}
	assert_call(f, mod, "moderation.lift", "{'who':'bob','kind':'mute','room':'lair'}", WH_OK);
	assert_int_equal(call(f, bob, "chat.say", "{'room':'lair','text':'thanks'}")->err, WH_OK);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timeout_stops_speaking_until_it_is_over),
		cmocka_unit_test(what_is_in_force_survives_the_hub),
		cmocka_unit_test(a_shadow_mute_is_seen_by_nobody),
		cmocka_unit_test(a_ban_puts_out_keeps_out_and_leaves_the_appeal),
		cmocka_unit_test(a_ban_of_a_network_meets_only_those_who_are_new),
		cmocka_unit_test(a_guest_does_not_come_back_as_another),
		cmocka_unit_test(a_removed_message_is_put_back_by_undoing),
		cmocka_unit_test(what_a_moderator_removes_with_chat_s_command_is_an_action_too),
		cmocka_unit_test(two_moderators_lock_a_room_and_each_takes_back_the_own),
		cmocka_unit_test(slow_mode_and_accounts_only_hold_for_a_while),
		cmocka_unit_test(only_moderators_act_and_not_on_each_other),
		cmocka_unit_test(a_sweep_removes_what_matches_and_is_undone_as_one),
		cmocka_unit_test(a_sweep_that_the_hub_died_over_goes_on),
		cmocka_unit_test(reports_are_merged_claimed_and_decided_once),
		cmocka_unit_test(an_appeal_is_answered_by_somebody_else),
		cmocka_unit_test(moderators_type_commands_and_others_say_them),
		cmocka_unit_test(warnings_and_strikes_are_told_and_counted),
		cmocka_unit_test(a_verdict_decides_what_becomes_of_a_message),
		cmocka_unit_test(what_was_held_is_published_once_whatever_dies),
		cmocka_unit_test(a_rollback_undoes_what_one_version_of_a_pack_did),
		cmocka_unit_test(who_leaves_takes_words_along_and_not_the_ban),
		cmocka_unit_test(what_is_in_force_in_a_room_goes_along_when_it_gets_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
