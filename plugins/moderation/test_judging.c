/* Judging: asks, packs, their versions and settings, backtests; with the real engine and the real store. In packs, texts stand in [[ ]], as ' and " are
 * those of the arguments. */
#include "test_judging_bed.h"

#include <stdio.h>
#include <unistd.h>

#define HEAD(version) "pack { id = [[words]], version = [[" version "]], api = 1, license = [[MIT]], settings = { word = { type = [[string]], default = [[bad]] }," \
	" allow = { type = [[words]], default = { [[badge]] } } } } "
#define RULE(act) "rule [[one]] { when = function(m) return m.text:find(settings.word, 1, true) and not list [[allow]]:has(m.text) and { n = 1 } end, act = [[" act "]] } "
#define GOOD(version, act) HEAD(version) RULE(act) "test [[it]] { { say = [[bad]], expect = [[" act "]] } }"

static void
assert_holds(const char *text, const char *part)
{
	if (text == NULL || strstr(text, part) == NULL)
		fail_msg("no '%s' in:\n%s", part, text != NULL ? text : "nothing");
}

static void
a_pack_of_a_folder_judges_in_the_mode_that_is_set(void **state)
{
	struct fixture *f;

	(void)state;
	f = fixture_begin("PACK " GOOD("1", "hold"));
	assert_string_equal(judge_said(f, "good"), "pass");
	assert_string_equal(judge_said(f, "bad"), "hold");
	assert_string_equal(f->told->pack, "words");
	assert_string_equal(f->told->version, "1");
	assert_string_equal(f->told->rule, "one");
	assert_int_equal(f->told->verdict.item, WH_JUDGE_ITEM_VERDICT);
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'shadow'}")->err, WH_OK);
	assert_string_equal(f->told->what, "pack_changed words: ");
	assert_string_equal(judge_said(f, "bad"), "pass");
	assert_int_equal(f->told->verdict.item, WH_JUDGE_ITEM_SHADOW);
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'off','rule':'one','room':'lobby'}")->err, WH_OK);
	assert_string_equal(judge_said(f, "bad"), "pass");
	assert_int_equal(f->told->answer.evaluated, 0);
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'default','rule':'one','room':'lobby'}")->err, WH_OK);
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'off'}")->err, WH_OK);
	assert_string_equal(judge_said(f, "bad"), "nobody");
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'default'}")->err, WH_OK);
	assert_string_equal(judge_said(f, "bad"), "hold");
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'none','mode':'off'}")->err, WH_ENOENT);
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','rule':'none','mode':'off'}")->err, WH_ENOENT);
	fixture_end(&f);
}

static void
nobody_is_asked_about_what_no_rule_listens_to(void **state)
{
	struct fixture *f = fixture_begin(NULL);

	(void)state;
	assert_string_equal(judge_said(f, "bad"), "nobody");
	assert_false(judging_wanted(moderation_judging(wh_test_self(f->t)), WH_JUDGE_ON_SAID));
	fixture_end(&f);
}

static void
without_an_answer_in_time_it_is_as_the_rules_say(void **state)
{
	static const struct wh_judge_event said = { .room = WH_STR("lobby") };
	struct fixture *f = fixture_begin("PACK " HEAD("1") "rule [[one]] { when = function(m) return m.text == [[bad]] end, act = [[hold]], fail = [[closed]] }");

	(void)state;
	f->muted = true;
	assert_int_equal(ask(f, "bad"), WH_OK);
	wh_test_advance(f->t, 200);
	assert_int_equal(f->told->unanswered, 0);
	wh_test_advance(f->t, 100);
	assert_int_equal(f->told->unanswered, 1);
	assert_int_equal(judging_policy(moderation_judging(wh_test_self(f->t)), &said), WH_FATE_HOLD);
	assert_int_equal(wh_test_metric(f->t, "whiply_moderation_late_total", NULL), 1);
	/* What comes later still says what it has to say. */
	f->muted = false;
	settle(f);
	assert_int_equal(f->told->late, 1);
	assert_int_equal(f->told->answered, 0);
	assert_string_equal(f->told->rule, "one");
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'shadow'}")->err, WH_OK);
	assert_int_equal(judging_policy(moderation_judging(wh_test_self(f->t)), &said), WH_FATE_PASS);
	fixture_end(&f);
}

static void
a_helper_that_does_not_answer_is_killed_and_the_next_goes_on(void **state)
{
	struct fixture *f = fixture_begin("PACK " GOOD("1", "hold"));

	(void)state;
	f->muted = true;
	assert_int_equal(ask(f, "bad one"), WH_OK);
	wh_test_advance(f->t, 1900);
	assert_int_equal(wh_test_helper_ends(f->t, "rules"), 0);
	assert_int_equal(ask(f, "bad two"), WH_OK);
	wh_test_advance(f->t, 150);
	assert_int_equal(wh_test_helper_ends(f->t, "rules"), 1);
	helper_dies(f, "rules");
	f->muted = false;
	settle(f);
	/* The first may have killed it, and is given up; the second is judged by the next. */
	assert_int_equal(f->told->unanswered, 1);
	assert_int_equal(f->told->answered, 1);
	assert_int_equal(f->told->answer.fate, WH_FATE_HOLD);
	assert_int_equal(wh_test_metric(f->t, "whiply_moderation_lost_total", NULL), 1);
	assert_int_equal(wh_test_metric(f->t, "whiply_moderation_restarts_total", "rules"), 1);
	assert_string_equal(judge_said(f, "bad"), "hold");
	fixture_end(&f);
}

static void
asks_wait_while_the_helper_is_away_and_there_is_an_end_to_it(void **state)
{
	struct fixture *f = fixture_begin("PACK " GOOD("1", "hold"));
	unsigned asked = 0;

	(void)state;
	wh_test_helper_down(f->t, "rules");
	while (ask(f, "bad") == WH_OK)
		asked++;
	assert_int_equal(asked, JUDGING_ASKS);
	assert_int_equal(ask(f, "bad"), WH_EFULL);
	wh_test_advance(f->t, 300);
	assert_int_equal(f->told->unanswered, JUDGING_ASKS);
	assert_int_equal(ask(f, "bad"), WH_OK);
	wh_test_helper_up(f->t, "rules");
	judge_free(&f->judges[0]);
	judge_init(&f->judges[0], &f->shared);
	settle(f);
	assert_int_equal(f->told->answered, 1);
	assert_int_equal(f->told->answer.fate, WH_FATE_HOLD);
	fixture_end(&f);
}

static void
an_upload_is_tested_and_a_failure_leaves_the_old_one(void **state)
{
	struct fixture *f = fixture_begin(NULL);
	const struct wh_test_answer *a;

	(void)state;
	a = call(f, "moderation.pack_put", put_args(GOOD("1", "hold"), ""));
	assert_holds(a->json, "\"pack\":\"words\",\"version\":\"1\",\"mode\":\"shadow\"");
	assert_string_equal(judge_said(f, "bad"), "pass");
	a = call(f, "moderation.pack_put", put_args(GOOD("2", "redact"), ",'mode':'live'"));
	assert_holds(a->json, "\"version\":\"2\",\"mode\":\"live\"");
	assert_string_equal(f->told->what, "pack_changed words: ");
	assert_string_equal(judge_said(f, "bad"), "refuse");
	/* File, line and traceback. */
	a = call(f, "moderation.pack_put", put_args(HEAD("3") "\n\nlocal function f() return nothing.here end\nf()", ""));
	assert_int_equal(a->err, WH_EINVAL);
	assert_holds(a->why, "pack.lua:3:");
	assert_holds(a->why, "pack.lua:4: in the chunk");
	a = call(f, "moderation.pack_put", put_args(HEAD("3") RULE("flag") "test [[it]] { { say = [[bad]], expect = [[ban]] } }", ""));
	assert_int_equal(a->err, WH_EINVAL);
	assert_holds(a->why, "not ok 1 - words: it");
	/* One version has one source. */
	assert_int_equal(call(f, "moderation.pack_put", put_args(GOOD("2", "flag"), ""))->err, WH_EEXIST);
	assert_int_equal(call(f, "moderation.pack_put", "{'files':{}}")->err, WH_EINVAL);
	assert_int_equal(call(f, "moderation.pack_put", "{'files':{'pack.lua':1}}")->err, WH_EINVAL);
	assert_string_equal(judge_said(f, "bad"), "refuse");
	assert_string_equal(f->told->version, "2");
	/* It is there again after a restart. */
	wh_test_recover(f->t);
	helper_dies(f, "rules");
	helper_dies(f, "trials");
	settle(f);
	assert_string_equal(judge_said(f, "bad"), "refuse");
	assert_int_equal(call(f, "moderation.pack_remove", "{'pack':'words'}")->err, WH_OK);
	assert_string_equal(judge_said(f, "bad"), "nobody");
	fixture_end(&f);
}

static void
a_rollback_goes_back_and_undoes(void **state)
{
	struct fixture *f = fixture_begin(NULL);
	const struct wh_test_answer *a;

	(void)state;
	assert_int_equal(call(f, "moderation.pack_put", put_args(GOOD("1", "hold"), ",'mode':'live'"))->err, WH_OK);
	assert_int_equal(call(f, "moderation.pack_put", put_args(GOOD("2", "redact"), ""))->err, WH_OK);
	assert_string_equal(judge_said(f, "bad"), "refuse");
	a = call(f, "moderation.rollback", "{'pack':'words','undo':true}");
	assert_holds(a->json, "\"version\":\"1\"");
	assert_holds(a->json, "\"from\":\"2\",\"undone\":7");
	assert_string_equal(f->told->undo, "words@2/ by id-adm");
	assert_string_equal(judge_said(f, "bad"), "hold");
	a = call(f, "moderation.rollback", "{'pack':'words','version':'2'}");
	assert_holds(a->json, "\"version\":\"2\"");
	assert_string_equal(judge_said(f, "bad"), "refuse");
	assert_int_equal(call(f, "moderation.rollback", "{'pack':'words','version':'9'}")->err, WH_ENOENT);
	a = call(f, "moderation.pack", "{'pack':'words'}");
	assert_holds(a->json, "\"version\":\"2\",\"mode\":\"live\",\"state\":\"loaded\",\"from\":\"upload\"");
	assert_holds(a->json, "\"versions\":[{\"version\":\"2\"");
	assert_holds(a->json, "\"name\":\"one\",\"mode\":\"live\",\"on\":[\"message\"],\"fail\":\"open\",\"act\":[\"redact\"]");
	fixture_end(&f);
}

static void
a_folders_pack_that_is_rolled_back_stays_so_until_it_is_let_go(void **state)
{
	struct fixture *f = fixture_begin("PACK " GOOD("1", "hold"));
	char settings[200];

	(void)state;
	snprintf(settings, sizeof settings, "pack_folders = [\"%s\"]; packs = { words = { mode = \"live\"; }; };", f->folder);
	/* A new version in the folder is taken at a reload if its tests pass. */
	folder_pack(f, "words", HEAD("2") RULE("flag") "test [[it]] { { say = [[bad]], expect = [[ban]] } }");
	assert_int_equal(wh_test_reload(f->t, settings), WH_OK);
	settle(f);
	assert_string_equal(judge_said(f, "bad"), "hold");
	assert_holds(f->told->what, "pack_not_changed words: the pack's own tests fail");
	folder_pack(f, "words", GOOD("2", "redact"));
	assert_int_equal(wh_test_reload(f->t, settings), WH_OK);
	settle(f);
	assert_string_equal(judge_said(f, "bad"), "refuse");
	assert_int_equal(call(f, "moderation.rollback", "{'pack':'words'}")->err, WH_OK);
	assert_string_equal(judge_said(f, "bad"), "hold");
	assert_int_equal(wh_test_reload(f->t, settings), WH_OK);
	settle(f);
	assert_string_equal(judge_said(f, "bad"), "hold");
	assert_int_equal(call(f, "moderation.pack_remove", "{'pack':'words'}")->err, WH_OK);
	assert_string_equal(judge_said(f, "bad"), "refuse");
	assert_int_equal(call(f, "moderation.pack_remove", "{'pack':'words'}")->err, WH_ESTATE);
	fixture_end(&f);
}

static void
settings_come_from_the_config_and_by_command(void **state)
{
	struct fixture *f;
	char settings[300];
	const struct wh_test_answer *a;

	(void)state;
	f = fixture_begin("PACK " GOOD("1", "hold"));
	a = call(f, "moderation.pack_set", "{'pack':'words','setting':'word','value':'evil'}");
	assert_int_equal(a->err, WH_OK);
	assert_string_equal(judge_said(f, "bad"), "pass");
	assert_string_equal(judge_said(f, "evil"), "hold");
	a = call(f, "moderation.pack_set", "{'pack':'words','setting':'word','value':'7'}");
	assert_int_equal(a->err, WH_EINVAL);
	assert_holds(a->why, "setting 'word' is to be a text");
	assert_string_equal(judge_said(f, "evil"), "hold");
	assert_int_equal(call(f, "moderation.pack_set", "{'pack':'words','setting':'none','value':'x'}")->err, WH_EINVAL);
	snprintf(settings, sizeof settings, "pack_folders = [\"%s\"]; packs = { words = { mode = \"live\"; set = [\"word = wicked\"]; }; };", f->folder);
	assert_int_equal(wh_test_reload(f->t, settings), WH_OK);
	settle(f);
	assert_string_equal(judge_said(f, "evil"), "hold");
	assert_int_equal(call(f, "moderation.pack_set", "{'pack':'words','setting':'word'}")->err, WH_OK);
	assert_string_equal(judge_said(f, "evil"), "pass");
	assert_string_equal(judge_said(f, "wicked"), "hold");
	fixture_end(&f);
}

static void
lists_are_changed_and_what_could_never_match_is_refused(void **state)
{
	struct fixture *f = fixture_begin("PACK " GOOD("1", "hold"));
	const struct wh_test_answer *a;

	(void)state;
	assert_string_equal(judge_said(f, "badge"), "pass");
	assert_string_equal(judge_said(f, "badminton"), "hold");
	assert_int_equal(call(f, "moderation.pack_list_add", "{'pack':'words','list':'allow','entries':['badminton','bad lands']}")->err, WH_OK);
	assert_string_equal(judge_said(f, "badminton"), "pass");
	assert_string_equal(judge_said(f, "badge"), "pass");
	assert_int_equal(call(f, "moderation.pack_list_remove", "{'pack':'words','list':'allow','entries':['badge','badminton']}")->err, WH_OK);
	assert_string_equal(judge_said(f, "badge"), "hold");
	assert_string_equal(judge_said(f, "badminton"), "hold");
	assert_string_equal(judge_said(f, "bad lands"), "pass");
	a = call(f, "moderation.pack_list", "{'pack':'words','list':'allow'}");
	assert_string_equal(a->json, "{\"added\":[\"bad lands\"],\"removed\":[\"badge\",\"badminton\"],\"more\":false}");
	a = call(f, "moderation.pack_list_add", "{'pack':'words','list':'allow','entries':['!!']}");
	assert_int_equal(a->err, WH_EINVAL);
	assert_holds(a->why, "too few letters");
	assert_int_equal(call(f, "moderation.pack_list_add", "{'pack':'words','list':'none','entries':['x']}")->err, WH_EINVAL);
	assert_int_equal(call(f, "moderation.pack_list_add", "{'pack':'words','list':'allow','entries':[]}")->err, WH_EINVAL);
	assert_string_equal(judge_said(f, "bad lands"), "pass");
	fixture_end(&f);
}

static void
a_long_list_goes_to_the_helper_in_parts(void **state)
{
	struct fixture *f = fixture_begin("PACK " GOOD("1", "hold"));
	static char args[200000];

	(void)state;
	for (int k = 0; k < 3; k++) {
		size_t n = (size_t)snprintf(args, sizeof args, "{'pack':'words','list':'allow','entries':[");

		for (int i = 0; i < 4000; i++)
			n += (size_t)snprintf(args + n, sizeof args - n, "%s'bad word%c number%d of it'", i > 0 ? "," : "", 'a' + k, i);
		snprintf(args + n, sizeof args - n, "]}");
		assert_int_equal(call(f, "moderation.pack_list_add", args)->err, WH_OK);
	}
	assert_string_equal(judge_said(f, "a bad worda number3999 of it"), "pass");
	assert_string_equal(judge_said(f, "a bad wordc number0 of it"), "pass");
	assert_string_equal(judge_said(f, "a bad wordd number0 of it"), "hold");
	fixture_end(&f);
}

static void
a_rule_that_is_lowered_stays_so_and_moderators_are_told(void **state)
{
	struct fixture *f = fixture_begin("PACK " HEAD("1") "rule [[one]] { when = function(m) if m.text == [[stay]] then while true do end end return true end, act = [[hold]] }");

	(void)state;
	assert_string_equal(judge_said(f, "x"), "hold");
	for (int i = 0; i < 3; i++)
		(void)judge_said(f, "stay");
	assert_holds(f->told->what, "words: set to shadow");
	assert_string_equal(judge_said(f, "x"), "pass");
	helper_dies(f, "rules");
	settle(f);
	assert_string_equal(judge_said(f, "x"), "pass");
	wh_test_recover(f->t);
	helper_dies(f, "rules");
	helper_dies(f, "trials");
	settle(f);
	assert_string_equal(judge_said(f, "x"), "pass");
	assert_int_equal(f->told->verdict.item, WH_JUDGE_ITEM_SHADOW);
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'live'}")->err, WH_OK);
	assert_string_equal(judge_said(f, "x"), "hold");
	fixture_end(&f);
}

static void
a_pack_that_kills_the_helper_while_it_is_loaded_is_not_loaded_again(void **state)
{
	struct fixture *f = fixture_begin("PACK " GOOD("1", "hold"));

	(void)state;
	f->muted = true;
	helper_dies(f, "rules");
	/* The load is what it is at. */
	helper_dies(f, "rules");
	f->muted = false;
	settle(f);
	assert_string_equal(judge_said(f, "bad"), "nobody");
	assert_holds(call(f, "moderation.packs", NULL)->json, "\"state\":\"failed\"");
	assert_holds(call(f, "moderation.packs", NULL)->json, "whiply-rules died while it loaded the pack");
	fixture_end(&f);
}

#define CLOSED "rule [[one]] { when = function(m) return m.text == [[bad]] end, act = [[hold]], fail = [[closed]] } " \
	"rule [[two]] { on = [[join]], when = function(m) end, act = [[flag]] }"

static enum wh_judge_fate
policy(struct fixture *f, enum wh_judge_on on)
{
	const struct wh_judge_event e = { .on = on, .room = WH_STR("lobby") };

	return judging_policy(moderation_judging(wh_test_self(f->t)), &e);
}

static void
what_fails_closed_does_so_before_the_packs_were_ever_loaded(void **state)
{
	struct fixture *f = fixture_open("PACK " HEAD("1") CLOSED);

	(void)state;
	/* Nobody knows its rules yet: its source speaks of it, and may listen to anything. */
	assert_int_equal(ask(f, "bad"), WH_OK);
	wh_test_advance(f->t, 300);
	f->told = told_of(f->t);
	assert_int_equal(f->told->unanswered, 1);
	assert_int_equal(policy(f, WH_JUDGE_ON_SAID), WH_FATE_HOLD);
	assert_int_equal(policy(f, WH_JUDGE_ON_EDIT), WH_FATE_HOLD);
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'shadow'}")->err, WH_OK);
	assert_int_equal(policy(f, WH_JUDGE_ON_SAID), WH_FATE_PASS);
	/* One room is enough, for that room. */
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'live','room':'den'}")->err, WH_OK);
	assert_int_equal(policy(f, WH_JUDGE_ON_SAID), WH_FATE_PASS);
	assert_int_equal(call(f, "moderation.pack_mode", "{'pack':'words','mode':'live','room':'lobby'}")->err, WH_OK);
	assert_int_equal(policy(f, WH_JUDGE_ON_SAID), WH_FATE_HOLD);
	fixture_helpers(f);
	assert_string_equal(judge_said(f, "good"), "pass");
	assert_string_equal(judge_said(f, "bad"), "hold");
	assert_int_equal(policy(f, WH_JUDGE_ON_EDIT), WH_FATE_PASS);
	fixture_end(&f);
	f = fixture_open("PACK " GOOD("1", "hold"));
	assert_int_equal(ask(f, "bad"), WH_OK);
	assert_int_equal(policy(f, WH_JUDGE_ON_SAID), WH_FATE_PASS);
	fixture_end(&f);
}

static void
what_rules_a_pack_has_is_known_after_a_restart_before_it_is_loaded(void **state)
{
	struct fixture *f = fixture_begin("PACK " HEAD("1") CLOSED);
	const struct judging *j;

	(void)state;
	wh_test_recover(f->t);
	j = moderation_judging(wh_test_self(f->t));
	assert_true(judging_wanted(j, WH_JUDGE_ON_SAID));
	assert_true(judging_wanted(j, WH_JUDGE_ON_JOINED));
	assert_false(judging_wanted(j, WH_JUDGE_ON_EDIT));
	assert_int_equal(policy(f, WH_JUDGE_ON_SAID), WH_FATE_HOLD);
	assert_int_equal(policy(f, WH_JUDGE_ON_JOINED), WH_FATE_PASS);
	/* Of other files nothing is known any more. */
	folder_pack(f, "words", HEAD("2") "rule [[one]] { on = [[edit]], when = function(m) end, act = [[hold]], fail = [[open]] }");
	wh_test_recover(f->t);
	j = moderation_judging(wh_test_self(f->t));
	assert_true(judging_wanted(j, WH_JUDGE_ON_EDIT));
	assert_int_equal(policy(f, WH_JUDGE_ON_SAID), WH_FATE_PASS);
	helper_dies(f, "rules");
	helper_dies(f, "trials");
	settle(f);
	assert_false(judging_wanted(moderation_judging(wh_test_self(f->t)), WH_JUDGE_ON_SAID));
	fixture_end(&f);
}

static void
a_pack_that_broke_while_the_server_was_away_goes_on_as_it_was(void **state)
{
	struct fixture *f = fixture_begin("PACK " GOOD("1", "hold"));

	(void)state;
	assert_string_equal(judge_said(f, "bad"), "hold");
	folder_pack(f, "words", "pack { oops");
	wh_test_recover(f->t);
	helper_dies(f, "rules");
	helper_dies(f, "trials");
	settle(f);
	assert_holds(f->told->what, "pack_not_loaded words: ");
	assert_holds(f->told->what, "version 1, which was loaded last, goes on");
	assert_string_equal(judge_said(f, "bad"), "hold");
	assert_holds(call(f, "moderation.packs", NULL)->json, "\"version\":\"1\"");
	fixture_end(&f);
}

static void
a_pack_that_cannot_be_loaded_holds_what_its_closed_rules_would_see(void **state)
{
	static const struct wh_judge_event said = { .room = WH_STR("lobby") };
	struct fixture *f = fixture_begin("PACK " HEAD("1") CLOSED);

	(void)state;
	assert_int_equal(judging_missing(moderation_judging(wh_test_self(f->t)), &said), WH_FATE_PASS);
	f->muted = true;
	helper_dies(f, "rules");
	helper_dies(f, "rules");
	f->muted = false;
	settle(f);
	/* It is asked about and answered by the others, and held all the same. */
	assert_string_equal(judge_said(f, "good"), "pass");
	assert_int_equal(judging_missing(moderation_judging(wh_test_self(f->t)), &said), WH_FATE_HOLD);
	assert_false(judging_wanted(moderation_judging(wh_test_self(f->t)), WH_JUDGE_ON_JOINED));
	fixture_end(&f);
}

static void
a_timer_is_judged_for_rooms_with_people(void **state)
{
	struct fixture *f = fixture_begin("PACK " HEAD("1") "rule [[one]] { on = [[timer]], when = function(m) return m.room == [[lobby]] end, act = [[slow]] }");

	(void)state;
	assert_int_equal(wh_test_join(f->t, f->eve, "lobby")->err, WH_OK);
	wh_test_advance(f->t, 61000);
	settle(f);
	wh_test_advance(f->t, 200);
	settle(f);
	assert_int_equal(f->told->late, 1);
	assert_int_equal(f->told->on, WH_JUDGE_ON_TIMER);
	assert_int_equal(f->told->verdict.actions, WH_ACT_SLOW);
	fixture_end(&f);
}

static void
fetch_answers(struct fixture *f, unsigned status, const char *body)
{
	f->fetched.done(f->fetched.self, f->fetched.cookie, &(struct wh_fetch_answer){ .status = status, .body = wh_str(body) });
	settle(f);
}

static void
a_score_is_asked_for_once_and_told_to_the_pack(void **state)
{
	struct fixture *f = fixture_begin("PACK pack { id = [[words]], version = [[1]], api = 1, license = [[MIT]], scores = { [[spite]], [[other]] } } "
		"rule [[ask]] { when = function(m) score.http(m.text == [[other]] and [[other]] or [[spite]], m.text) end, act = [[flag]] } "
		"rule [[told]] { on = [[verdict]], when = function(m) return m.score.value > 0.5 and { v = m.score.value, t = m.text } end, act = [[redact]] }");

	(void)state;
	assert_string_equal(judge_said(f, "so \"bad\""), "pass");
	assert_string_equal(f->fetched.url, "https://c.example/x");
	assert_string_equal(f->fetched.headers, "Authorization: Bearer t\ncontent-type: application/json\n");
	assert_string_equal(f->fetched.body, "{\"comment\":\"so \\\"bad\\\"\"}");
	assert_int_equal(f->told->late, 0);
	fetch_answers(f, 200, "{\"results\":[{\"score\":0.9}]}");
	assert_int_equal(f->told->late, 1);
	assert_int_equal(f->told->on, WH_JUDGE_ON_SCORED);
	assert_string_equal(f->told->rule, "told");
	/* The same text is not asked about again. */
	assert_int_equal(ask(f, "so \"bad\""), WH_OK);
	settle(f);
	assert_int_equal(f->fetched.n, 1);
	assert_int_equal(f->told->late, 2);
	/* Answers that make no sense, and classifiers that nobody set up, are as none. */
	assert_string_equal(judge_said(f, "another"), "pass");
	fetch_answers(f, 500, "{\"results\":[{\"score\":0.9}]}");
	assert_string_equal(judge_said(f, "a third"), "pass");
	fetch_answers(f, 200, "{\"results\":[]}");
	assert_string_equal(judge_said(f, "other"), "pass");
	assert_int_equal(f->fetched.n, 3);
	assert_int_equal(f->told->late, 2);
	assert_int_equal(wh_test_metric(f->t, "whiply_moderation_scores_total", "failed"), 2);
	assert_int_equal(wh_test_metric(f->t, "whiply_moderation_scores_total", "unknown"), 1);
	fixture_end(&f);
}

static void
no_more_scores_are_waited_for_than_there_are_places(void **state)
{
	struct fixture *f = fixture_begin("PACK pack { id = [[words]], version = [[1]], api = 1, license = [[MIT]], scores = { [[spite]] } } "
		"rule [[ask]] { when = function(m) score.http([[spite]], m.text) end, act = [[flag]] }");
	char text[20];

	(void)state;
	for (int i = 0; i < JUDGING_SCORES + 5; i++) {
		snprintf(text, sizeof text, "text %d", i);
		assert_string_equal(judge_said(f, text), "pass");
	}
	assert_int_equal(f->fetched.n, JUDGING_SCORES);
	assert_int_equal(wh_test_metric(f->t, "whiply_moderation_scores_total", "full"), 5);
	fixture_end(&f);
}

static void
the_tests_of_a_pack_are_run_on_demand(void **state)
{
	struct fixture *f = fixture_begin("PACK " GOOD("1", "hold"));
	const struct wh_test_answer *a;

	(void)state;
	a = call(f, "moderation.pack_test", "{'pack':'words'}");
	assert_holds(a->json, "\"passed\":true,\"tap\":\"ok 1 - words: it");
	a = call(f, "moderation.pack_test", put_args(HEAD("3") RULE("flag") "test [[it]] { { say = [[bad]], expect = [[ban]] } }", ""));
	assert_holds(a->json, "\"passed\":false,\"tap\":\"not ok 1 - words: it");
	assert_int_equal(call(f, "moderation.pack_test", "{}")->err, WH_EINVAL);
	fixture_end(&f);
}

static void
a_rooms_log_is_tried(void **state)
{
	struct fixture *f = fixture_begin("PACK " GOOD("1", "hold"));
	const struct wh_test_answer *a;
	char text[100];

	(void)state;
	(void)wh_test_call(f->t, f->eve, "chat.join", "{\"room\":\"lobby\"}");
	settle(f);
	for (int i = 0; i < 120; i++) {
		snprintf(text, sizeof text, "{\"room\":\"lobby\",\"text\":\"%s %d\"}", i % 10 == 9 ? "a bad one" : "good", i);
		assert_int_equal(wh_test_call(f->t, f->eve, "chat.say", text)->err, WH_WAIT);
		settle(f);
		wh_test_advance(f->t, 1000);
	}
	a = call(f, "moderation.backtest", "{'pack':'words','room':'lobby','samples':2}");
	if (a->err != WH_OK)
		fail_msg("%s", a->why);
	assert_holds(a->json, "\"more\":false,\"events\":120");
	assert_holds(a->json, "\"rule\":\"one\",\"would\":[\"hold\"],\"did\":{\"hold\":12},\"evaluated\":120,\"hits\":12,\"users\":1");
	/* A deed against a person counts for what they said in the ten minutes before. */
	assert_holds(a->json, "\"deeds\":120");
	assert_holds(a->json, "\"text\":\"a bad one 9\"");
	a = call(f, "moderation.backtest", "{'pack':'words','room':'lobby','most':60}");
	assert_holds(a->json, "\"more\":true,\"events\":100");
	assert_holds(call(f, "moderation.backtest", "{}")->json, "\"running\":false,\"pack\":\"words\",\"room\":\"lobby\"");
	assert_int_equal(call(f, "moderation.backtest", "{'pack':'none','room':'lobby'}")->err, WH_ENOENT);
	assert_int_equal(call(f, "moderation.backtest", "{'pack':'words'}")->err, WH_EINVAL);
	/* What is judged meanwhile waits for nothing. */
	assert_string_equal(judge_said(f, "bad"), "hold");
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pack_of_a_folder_judges_in_the_mode_that_is_set),
		cmocka_unit_test(nobody_is_asked_about_what_no_rule_listens_to),
		cmocka_unit_test(without_an_answer_in_time_it_is_as_the_rules_say),
		cmocka_unit_test(a_helper_that_does_not_answer_is_killed_and_the_next_goes_on),
		cmocka_unit_test(asks_wait_while_the_helper_is_away_and_there_is_an_end_to_it),
		cmocka_unit_test(an_upload_is_tested_and_a_failure_leaves_the_old_one),
		cmocka_unit_test(a_rollback_goes_back_and_undoes),
		cmocka_unit_test(a_folders_pack_that_is_rolled_back_stays_so_until_it_is_let_go),
		cmocka_unit_test(settings_come_from_the_config_and_by_command),
		cmocka_unit_test(lists_are_changed_and_what_could_never_match_is_refused),
		cmocka_unit_test(a_long_list_goes_to_the_helper_in_parts),
		cmocka_unit_test(a_rule_that_is_lowered_stays_so_and_moderators_are_told),
		cmocka_unit_test(a_pack_that_kills_the_helper_while_it_is_loaded_is_not_loaded_again),
		cmocka_unit_test(what_fails_closed_does_so_before_the_packs_were_ever_loaded),
		cmocka_unit_test(what_rules_a_pack_has_is_known_after_a_restart_before_it_is_loaded),
		cmocka_unit_test(a_pack_that_broke_while_the_server_was_away_goes_on_as_it_was),
		cmocka_unit_test(a_pack_that_cannot_be_loaded_holds_what_its_closed_rules_would_see),
		cmocka_unit_test(a_timer_is_judged_for_rooms_with_people),
		cmocka_unit_test(a_score_is_asked_for_once_and_told_to_the_pack),
		cmocka_unit_test(no_more_scores_are_waited_for_than_there_are_places),
		cmocka_unit_test(the_tests_of_a_pack_are_run_on_demand),
		cmocka_unit_test(a_rooms_log_is_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
