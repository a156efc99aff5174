/* The plugin, one promise a test; parties have test_party.c. */
#include "testing_matching.h"

static void
two_who_share_an_interest_get_a_room(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	const char *started;
	char room[256];
	struct wh_room *r;

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk','attributes':{'interests':['chess','Go']}}", WH_OK);
	assert_null(wh_heard(ann, "'match.started'"));
	assert_call(f, bob, "match.enqueue", "{'queue':'talk','attributes':{'interests':['go','tea']}}", WH_OK);
	started = wh_heard(ann, "'match.started'");
	wh_member_of(started, "room", room);
	assert_non_null(strstr(started, "\"shared\":[\"Go\"]"));
	assert_non_null(strstr(started, "\"name\":\"bob\""));
	assert_non_null(wh_heard(bob, "'match.started'"));
	r = wh_room_find(wh_test_host(f->t), wh_str(room));
	assert_non_null(r);
	assert_int_equal(wh_room_members(wh_test_host(f->t), r), 2);
	assert_int_equal(wh_test_metric(f->t, "whiply_matching_matches_total", "talk"), 1);
	end(f);
}

static void
nobody_else_enters_the_room(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	struct wh_session *eve = wh_test_session(f->t, "eve", "guest");
	char match[256], room[256];

	(void)state;
	matched(f, ann, bob, match);
	snprintf(room, sizeof room, "match-%.100s", match);
	assert_int_equal(wh_test_join(f->t, eve, room)->err, WH_EPERM);
	assert_int_equal(wh_test_join(f->t, eve, "match-nothing")->err, WH_EPERM);
	assert_int_equal(wh_test_join(f->t, eve, "lobby")->err, WH_OK);
	end(f);
}

static void
interests_are_let_go_by_the_timer(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk','attributes':{'interests':['chess']}}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk','attributes':{'interests':['tea']}}", WH_OK);
	wh_test_advance(f->t, 7500);
	assert_null(wh_heard(ann, "'match.started'"));
	wh_test_advance(f->t, 1000);
	wh_test_settle(f->t);
	assert_non_null(wh_heard(ann, "'match.started'"));
	end(f);
}

static void
one_ticket_a_person_and_queue(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest");
	const char *status;

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk','nonce':'n1'}", WH_OK);
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_EEXIST);
	assert_call(f, ann, "match.enqueue", "{'queue':'talk','nonce':'n1'}", WH_OK);
	assert_call(f, ann, "match.enqueue", "{'queue':'squad'}", WH_OK);
	status = call(f, ann, "match.status", NULL)->json;
	assert_non_null(strstr(status, "\"queue\":\"talk\""));
	assert_non_null(strstr(status, "\"queue\":\"squad\""));
	assert_call(f, ann, "match.cancel", "{'queue':'talk'}", WH_OK);
	assert_call(f, ann, "match.cancel", "{'queue':'talk'}", WH_ENOENT);
	assert_call(f, ann, "match.enqueue", "{'queue':'nowhere'}", WH_ENOENT);
	end(f);
}

static void
what_is_not_understood_is_said(void **state)
{
	static const char *const bad[] = {
		"{'queue':'talk','attributes':{'interests':'chess'}}", "{'queue':'talk','attributes':{'interests':[{}]}}",
		"{'queue':'talk','prefer':['language']}", "{'queue':'talk','strict':['x']}", "{'queue':'squad','roles':['wizard']}", "{'queue':'strict'}",
		"{'queue':'talk','attributes':{'interests':[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}}",
	};
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest");

	(void)state;
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_call(f, ann, "match.enqueue", bad[i], WH_EINVAL);
		wh_test_advance(f->t, 1000);
	}
	end(f);
}

static void
a_full_queue_says_so(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s;
	char args[128];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		char name[8];

		snprintf(name, sizeof name, "p%u", i);
		s = wh_test_session(f->t, name, "guest");
		snprintf(args, sizeof args, "{'queue':'strict','attributes':{'language':'l%u'}}", i);
		assert_call(f, s, "match.enqueue", args, i < 2 ? WH_OK : WH_EFULL);
	}
	end(f);
}

static void
status_tells_how_long_it_usually_takes(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	char match[256];

	(void)state;
	matched(f, ann, bob, match);
	assert_non_null(strstr(call(f, ann, "match.enqueue", "{'queue':'talk'}")->json, "\"expected_p90\":"));
	assert_non_null(strstr(call(f, ann, "match.queues", NULL)->json, "\"waiting\":1"));
	end(f);
}

static void
all_have_to_accept(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	char match[256];

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'duel'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'duel'}", WH_OK);
	wh_member_of(wh_heard(ann, "'match.proposed'"), "match", match);
	wh_test_advance(f->t, 4000);
	assert_non_null(strstr(call(f, bob, "match.status", NULL)->json, "\"accept_within\":59"));
	assert_int_equal(on(f, ann, "match.accept", match, NULL)->err, WH_OK);
	assert_null(wh_heard(ann, "'match.started'"));
	assert_int_equal(on(f, bob, "match.accept", match, NULL)->err, WH_OK);
	assert_non_null(wh_heard(ann, "'match.started'"));
	assert_non_null(wh_heard(bob, "'match.started'"));
	assert_int_equal(on(f, bob, "match.accept", match, NULL)->err, WH_ENOENT);
	end(f);
}

static void
who_was_declined_waits_again_in_front(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	struct wh_session *eve = wh_test_session(f->t, "eve", "member");
	char match[256];

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'duel'}", WH_OK);
	wh_test_advance(f->t, 5000);
	assert_call(f, bob, "match.enqueue", "{'queue':'duel'}", WH_OK);
	wh_member_of(wh_heard(bob, "'match.proposed'"), "match", match);
	assert_int_equal(on(f, bob, "match.decline", match, NULL)->err, WH_OK);
	assert_non_null(wh_heard(ann, "'match.requeued'"));
	assert_non_null(wh_heard(bob, "'match.cancelled'"));
	assert_non_null(strstr(call(f, ann, "match.status", NULL)->json, "\"waited\":5"));
	assert_call(f, eve, "match.enqueue", "{'queue':'duel'}", WH_OK);
	assert_non_null(wh_heard(ann, "'match.proposed'"));
	end(f);
}

static void
who_does_not_answer_is_out_and_the_other_waits_again(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	char match[256];

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'duel'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'duel'}", WH_OK);
	wh_member_of(wh_heard(ann, "'match.proposed'"), "match", match);
	assert_int_equal(on(f, ann, "match.accept", match, NULL)->err, WH_OK);
	wh_test_advance(f->t, 10000);
	wh_test_settle(f->t);
	assert_non_null(wh_heard(ann, "'match.requeued'"));
	assert_non_null(wh_heard(bob, "'match.cancelled'"));
	assert_non_null(strstr(call(f, bob, "match.status", NULL)->json, "\"tickets\":[]"));
	end(f);
}

static void
a_lost_connection_keeps_its_place_for_the_grace(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_test_lose(f->t, ann);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_null(wh_heard(bob, "'match.started'"));
	wh_test_resume(f->t, ann);
	wh_test_settle(f->t);
	assert_non_null(wh_heard(bob, "'match.started'"));
	assert_non_null(wh_heard(ann, "'match.started'"));
	end(f);
}

static void
after_the_grace_the_place_is_gone(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest");

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_test_lose(f->t, ann);
	wh_test_advance(f->t, 22000);
	wh_test_settle(f->t);
	wh_test_resume(f->t, ann);
	assert_non_null(strstr(call(f, ann, "match.status", NULL)->json, "\"tickets\":[]"));
	end(f);
}

static void
who_signs_in_as_somebody_else_waits_no_longer(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	const struct wh_identity member = { WH_ACCOUNT, WH_STR("id-other"), WH_STR("other"), WH_STR("member") };

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_int_equal(wh_session_identify(wh_test_host(f->t), ann, &member), WH_OK);
	wh_test_settle(f->t);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_null(wh_heard(bob, "'match.started'"));
	end(f);
}

static void
who_leaves_ends_a_pair(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	char match[256], room[256];

	(void)state;
	matched(f, ann, bob, match);
	assert_int_equal(on(f, ann, "match.leave", match, NULL)->err, WH_OK);
	assert_non_null(wh_heard(bob, "'match.ended'"));
	assert_int_equal(on(f, bob, "match.leave", match, NULL)->err, WH_ENOENT);
	snprintf(room, sizeof room, "match-%.100s", match);
	/* Both leave at once: no state is stuck. */
	assert_non_null(strstr(call(f, ann, "match.status", NULL)->json, "\"matches\":[]"));
	assert_non_null(strstr(call(f, bob, "match.status", NULL)->json, "\"matches\":[]"));
	end(f);
}

static void
leaving_the_room_is_leaving_the_match(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	char match[256], room[256];

	(void)state;
	matched(f, ann, bob, match);
	snprintf(room, sizeof room, "match-%.100s", match);
	assert_int_equal(wh_test_leave(f->t, ann, room), WH_OK);
	wh_test_settle(f->t);
	assert_non_null(wh_heard(bob, "'match.ended'"));
	end(f);
}

static void
next_waits_again_with_the_same_wishes_and_not_for_the_same_person(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	struct wh_session *eve = wh_test_session(f->t, "eve", "guest");
	const char *started;
	char match[256];

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk','attributes':{'interests':['tea']}}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk','attributes':{'interests':['tea']}}", WH_OK);
	wh_member_of(wh_heard(ann, "'match.started'"), "match", match);
	assert_int_equal(on(f, ann, "match.next", match, NULL)->err, WH_OK);
	assert_non_null(wh_heard(bob, "'match.ended'"));
	assert_call(f, bob, "match.enqueue", "{'queue':'talk','attributes':{'interests':['tea']}}", WH_OK);
	assert_null(wh_heard(ann, "'match.started'"));
	assert_call(f, eve, "match.enqueue", "{'queue':'talk','attributes':{'interests':['tea']}}", WH_OK);
	started = wh_heard(eve, "'match.started'");
	assert_non_null(strstr(started, "\"shared\":[\"tea\"]"));
	assert_non_null(strstr(started, "\"name\":\"ann\""));
	end(f);
}

static void
a_block_is_for_good_and_both_ways(void **state)
{
	struct fixture *f = begin("queues = { talk = { repeat = \"0ms\"; skip = \"0ms\"; }; };");
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	char match[256];

	(void)state;
	matched(f, ann, bob, match);
	assert_int_equal(on(f, ann, "match.block", match, NULL)->err, WH_OK);
	assert_non_null(wh_heard(bob, "'match.ended'"));
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_test_advance(f->t, 100000);
	assert_null(wh_heard(ann, "'match.started'"));
	assert_non_null(strstr(call(f, ann, "match.blocks", NULL)->json, "\"name\":\"bob\""));
	/* A hub that is replaced knows it still. */
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	wh_test_advance(f->t, 100000);
	assert_null(wh_heard(ann, "'match.started'"));
	assert_call(f, ann, "match.unblock", "{'id':'id-bob'}", WH_OK);
	assert_call(f, ann, "match.cancel", "{'queue':'talk'}", WH_OK);
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_non_null(wh_heard(ann, "'match.started'"));
	end(f);
}

static void
a_report_carries_the_last_lines(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	struct wh_session *mod = wh_test_session(f->t, "mod", "moderator");
	char match[256], room[256], report[256], args[300];
	const char *reports;

	(void)state;
	matched(f, ann, bob, match);
	snprintf(room, sizeof room, "match-%.100s", match);
	for (unsigned i = 0; i < 12; i++) {
		char line[1000];

		size_t n = (size_t)snprintf(line, sizeof line, "line \"%u\"", i);

		/* Long ones are cut, but not within a character. */
		for (unsigned k = 0; k < 300 && i % 2 == 0; k++, n += 2)
			memcpy(line + n, "\xc3\xa4", 3);
		wh_test_say(f->t, bob, room, line);
	}
	assert_int_equal(on(f, bob, "match.leave", match, NULL)->err, WH_OK);
	wh_member_of(on(f, ann, "match.report", match, ",'reason':'abuse','text':'rude'")->json, "report", report);
	assert_int_equal(on(f, ann, "match.report", match, ",'reason':'abuse'")->err, WH_EEXIST);
	assert_call(f, ann, "match.reports", NULL, WH_EPERM);
	reports = call(f, mod, "match.reports", NULL)->json;
	assert_non_null(strstr(reports, "\"against\":\"id-bob\""));
	assert_non_null(strstr(reports, "line \\u002211\\u0022"));
	assert_null(strstr(reports, "line \\u00221\\u0022"));
	snprintf(args, sizeof args, "{'report':'%.100s','note':'warned'}", report);
	assert_call(f, mod, "match.settle", args, WH_OK);
	assert_call(f, mod, "match.settle", args, WH_ENOENT);
	end(f);
}

static void
a_stranger_to_the_match_may_not_touch_it(void **state)
{
	static const char *const commands[] = { "match.leave", "match.skip", "match.next", "match.reveal", "match.block", "match.accept", "match.decline" };
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	struct wh_session *eve = wh_test_session(f->t, "eve", "guest");
	char match[256];

	(void)state;
	matched(f, ann, bob, match);
	for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++)
		assert_int_equal(on(f, eve, commands[i], match, NULL)->err, WH_ENOENT);
	assert_int_equal(on(f, eve, "match.report", match, ",'reason':'spam'")->err, WH_ENOENT);
	assert_int_equal(on(f, eve, "match.result", match, ",'places':[1,2]")->err, WH_ENOENT);
	assert_int_equal(on(f, ann, "match.backfill", match, ",'places':1")->err, WH_EPERM);
	end(f);
}

static void
both_are_seen_when_both_agree(void **state)
{
	struct fixture *f = begin("queues = { talk = { blur = true; }; };");
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	char match[256];

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_member_of(wh_heard(ann, "'match.started'"), "match", match);
	assert_string_equal(on(f, ann, "match.reveal", match, NULL)->json, "{\"all\":false}");
	assert_non_null(wh_heard(bob, "'match.reveals'"));
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_string_equal(on(f, bob, "match.reveal", match, NULL)->json, "{\"all\":true}");
	assert_non_null(wh_heard(bob, "'match.revealed'"));
	assert_non_null(wh_heard(ann, "'match.revealed'"));
	end(f);
}

/* Who is farther away fits better. */
static double
play_formula(const double *args, size_t n)
{
	assert_int_equal(n, 3);
	assert_true(args[0] >= 0 && args[1] >= 0);
	return 100 - args[2];
}

static bool
open_with_score(struct fixture *f, const char *file)
{
	char text[400];

	snprintf(text, sizeof text, "queues = { duel = { score = \"%s\"; patience = \"0ms\"; rules = ({ name = \"level\"; kind = \"near\"; window = 50; }); }; };", file);
	return wh_test_open(f->t, text) == WH_OK;
}

static const char *
met_by_the_third(struct fixture *f)
{
	static const char *const wants[] = { "{'queue':'duel','attributes':{'level':-45}}", "{'queue':'duel','attributes':{'level':20}}", "{'queue':'duel','attributes':{'level':0}}" };
	struct wh_session *third = NULL;

	for (unsigned i = 0; i < 3; i++) {
		third = wh_test_session(f->t, i == 0 ? "far" : i == 1 ? "near" : "third", "guest");
		assert_call(f, third, "match.enqueue", wants[i], WH_OK);
	}
	return wh_heard(third, "'match.started'");
}

static void
a_formula_says_who_fits_and_when_it_fails_the_sum_does(void **state)
{
	char file[] = "/tmp/whiply-score-XXXXXX";
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0 && write(fd, "x", 1) == 1);
	close(fd);
	for (unsigned fails = 0; fails < 2; fails++) {
		struct fixture *f = calloc(1, sizeof *f);

		f->t = wh_test_new(&whiply_plugin);
		wh_test_load(f->t, "sqlite", NULL);
		assert_false(open_with_score(f, "/nowhere/score.lua"));
		assert_non_null(wh_test_logged(f->t, "matching_score_refused"));
		assert_true(open_with_score(f, file));
		wh_test_formula(f->t, fails ? NULL : play_formula);
		assert_non_null(strstr(met_by_the_third(f), fails ? "\"name\":\"near\"" : "\"name\":\"far\""));
		end(f);
	}
	unlink(file);
}

static struct wh_matched
matched_of(struct fixture *f, const char *match)
{
	struct wh_matched out = { .calls = true };
	char room[300];
	void *self;
	const struct wh_matching_ops *ops = wh_test_service(f->t, "matching", WH_MATCHING_VERSION, &self);

	snprintf(room, sizeof room, "match-%s", match);
	assert_non_null(ops);
	assert_true(ops->of_room(self, wh_str(room), &out));
	assert_false(ops->of_room(self, WH_STR("lobby"), &out));
	assert_true(ops->of_room(self, wh_str(room), &out));
	return out;
}

static void
strangers_are_relayed_and_blurred_until_all_agree_and_when_it_is_over(void **state)
{
	struct fixture *f = begin("queues = { talk = { blur = true; medium = \"video\"; }; };");
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	struct wh_matched m;
	char match[256];

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_member_of(wh_heard(ann, "'match.started'"), "match", match);
	m = matched_of(f, match);
	assert_true(m.calls && m.relay_only && m.blur);
	on(f, ann, "match.reveal", match, NULL);
	m = matched_of(f, match);
	assert_true(m.calls && m.relay_only && m.blur);
	on(f, bob, "match.reveal", match, NULL);
	m = matched_of(f, match);
	assert_true(m.calls && !m.relay_only && !m.blur);
	on(f, bob, "match.leave", match, NULL);
	m = matched_of(f, match);
	assert_true(!m.calls && m.relay_only && m.blur);
	end(f);
}

static void
who_is_away_when_the_plugin_is_opened_anew_is_away_still(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_test_lose(f->t, ann);
	assert_int_equal(wh_test_reload(f->t, TALK " grace = \"19s\";"), WH_OK);
	wh_test_settle(f->t);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_null(wh_heard(bob, "'match.started'"));
	wh_test_resume(f->t, ann);
	wh_test_settle(f->t);
	assert_non_null(wh_heard(bob, "'match.started'"));
	end(f);
}

static void
those_who_wait_do_not_notice_that_the_hub_died(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk','attributes':{'interests':['tea']}}", WH_OK);
	wh_test_advance(f->t, 3000);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_non_null(strstr(call(f, ann, "match.status", NULL)->json, "\"waited\":3"));
	assert_call(f, bob, "match.enqueue", "{'queue':'talk','attributes':{'interests':['tea']}}", WH_OK);
	assert_non_null(wh_heard(ann, "'match.started'"));
	end(f);
}

static void
new_settings_do_not_empty_the_queue(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'squad'}", WH_OK);
	assert_int_equal(wh_test_reload(f->t, "queues = { other = { }; talk = { }; };"), WH_OK);
	wh_test_settle(f->t);
	assert_non_null(strstr(call(f, ann, "match.status", NULL)->json, "\"state\":\"waiting\""));
	/* The queue that bob waited in is no more. */
	assert_non_null(strstr(call(f, bob, "match.status", NULL)->json, "\"tickets\":[]"));
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_non_null(wh_heard(ann, "'match.started'"));
	end(f);
}

static void
a_live_match_outlives_the_hub(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	char match[256];

	(void)state;
	matched(f, ann, bob, match);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	wh_test_advance(f->t, 60000);
	assert_null(wh_heard(bob, "'match.ended'"));
	assert_non_null(strstr(call(f, ann, "match.status", NULL)->json, match));
	/* Whoever comes back knows whom with. */
	assert_non_null(strstr(call(f, ann, "match.status", NULL)->json, "\"others\":[{\"name\":\"bob\""));
	assert_int_equal(on(f, ann, "match.next", match, NULL)->err, WH_OK);
	assert_non_null(wh_heard(bob, "'match.ended'"));
	/* That they met is known as well. */
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_test_advance(f->t, 10000);
	assert_null(wh_heard(ann, "'match.started'"));
	end(f);
}

static void
who_does_not_come_back_after_the_hub_died_is_gone(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	char match[256];

	(void)state;
	matched(f, ann, bob, match);
	wh_test_lose(f->t, ann);
	wh_test_recover(f->t);
	wh_test_advance(f->t, 22000);
	wh_test_settle(f->t);
	assert_non_null(wh_heard(bob, "'match.ended'"));
	end(f);
}

static void
a_proposal_of_a_hub_that_died_is_waiting_again(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	char match[256];

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'duel'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'duel'}", WH_OK);
	assert_non_null(wh_heard(ann, "'match.proposed'"));
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	wh_member_of(wh_heard(ann, "'match.proposed'"), "match", match);
	assert_int_equal(on(f, ann, "match.accept", match, NULL)->err, WH_OK);
	assert_int_equal(on(f, bob, "match.accept", match, NULL)->err, WH_OK);
	assert_non_null(wh_heard(bob, "'match.started'"));
	end(f);
}

static void
a_result_counts_when_both_say_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	char match[256], ours[64], theirs[64];
	const char *started;
	bool first;

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'duel'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'duel'}", WH_OK);
	wh_member_of(wh_heard(ann, "'match.proposed'"), "match", match);
	on(f, ann, "match.accept", match, NULL);
	on(f, bob, "match.accept", match, NULL);
	started = wh_heard(ann, "'match.started'");
	first = strstr(started, "\"team\":")[7] == '0';
	snprintf(ours, sizeof ours, ",'places':%s", first ? "[1,2]" : "[2,1]");
	snprintf(theirs, sizeof theirs, ",'places':%s", first ? "[2,1]" : "[1,2]");
	assert_non_null(strstr(on(f, ann, "match.result", match, ours)->json, "waiting"));
	assert_non_null(strstr(on(f, bob, "match.result", match, theirs)->json, "disputed"));
	assert_non_null(strstr(call(f, ann, "match.rating", "{'queue':'duel'}")->json, "\"rating\":1500"));
	assert_non_null(strstr(on(f, bob, "match.result", match, ours)->json, "agreed"));
	assert_int_equal(on(f, bob, "match.result", match, ours)->err, WH_ESTATE);
	/* 1500 and 350 against the same: 1662.31. */
	assert_non_null(strstr(call(f, ann, "match.rating", "{'queue':'duel'}")->json, "\"rating\":1662.3"));
	assert_non_null(strstr(call(f, bob, "match.rating", "{'queue':'duel'}")->json, "\"rating\":1337.6"));
	end(f);
}

static void
a_referee_is_believed_at_once(void **state)
{
	struct fixture *f = begin("queues = { duel = { rating = \"teams\"; }; };");
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member"), *game;
	char match[256];

	(void)state;
	wh_test_role(f->t, "game", "match.*", NULL);
	game = wh_test_session(f->t, "server", "game");
	assert_call(f, ann, "match.enqueue", "{'queue':'duel'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'duel'}", WH_OK);
	wh_member_of(wh_heard(ann, "'match.started'"), "match", match);
	assert_int_equal(on(f, game, "match.result", match, ",'places':[1,1,2]")->err, WH_EINVAL);
	assert_non_null(strstr(on(f, game, "match.result", match, ",'places':[1,1]")->json, "agreed"));
	assert_non_null(strstr(call(f, ann, "match.rating", "{'queue':'duel'}")->json, "\"games\":1"));
	end(f);
}

static void
a_running_match_is_filled(void **state)
{
	struct fixture *f = begin("queues = { trio = { teams = 1; size = 3; least = 2; fill_after = \"1s\"; }; };");
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	struct wh_session *eve = wh_test_session(f->t, "eve", "member"), *mod = wh_test_session(f->t, "mod", "moderator");
	char match[256];

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'trio'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'trio'}", WH_OK);
	wh_test_advance(f->t, 2100);
	wh_test_settle(f->t);
	wh_member_of(wh_heard(ann, "'match.started'"), "match", match);
	assert_int_equal(on(f, mod, "match.backfill", match, ",'places':1")->err, WH_OK);
	assert_call(f, eve, "match.enqueue", "{'queue':'trio'}", WH_OK);
	assert_non_null(strstr(wh_heard(eve, "'match.started'"), match));
	end(f);
}

static void
who_skipped_is_not_met_after_the_hub_died(void **state)
{
	struct fixture *f = begin("queues = { talk = { repeat = \"1s\"; skip = \"1h\"; tiny = 0; }; };");
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	char match[256];

	(void)state;
	matched(f, ann, bob, match);
	assert_int_equal(on(f, ann, "match.skip", match, NULL)->err, WH_OK);
	wh_test_settle(f->t);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_test_advance(f->t, 60000);
	wh_test_settle(f->t);
	assert_null(wh_heard(ann, "'match.started'"));
	wh_test_advance(f->t, 3600000);
	wh_test_settle(f->t);
	assert_non_null(wh_heard(ann, "'match.started'"));
	end(f);
}

#define TRIO "queues = { trio = { teams = 1; size = 3; least = 2; fill_after = \"1s\"; repeat = \"0ms\"; skip = \"0ms\"; }; };"

static void
nobody_is_put_into_a_match_with_one_who_blocks_it(void **state)
{
	struct fixture *f = begin(TRIO);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	struct wh_session *eve = wh_test_session(f->t, "eve", "member"), *mod = wh_test_session(f->t, "mod", "moderator");
	char match[256];

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'trio'}", WH_OK);
	assert_call(f, eve, "match.enqueue", "{'queue':'trio'}", WH_OK);
	wh_test_advance(f->t, 2100);
	wh_test_settle(f->t);
	wh_member_of(wh_heard(eve, "'match.started'"), "match", match);
	assert_int_equal(on(f, eve, "match.block", match, NULL)->err, WH_OK);
	assert_non_null(wh_heard(ann, "'match.started'"));
	assert_call(f, ann, "match.enqueue", "{'queue':'trio'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'trio'}", WH_OK);
	wh_test_advance(f->t, 2100);
	wh_test_settle(f->t);
	wh_member_of(wh_heard(ann, "'match.started'"), "match", match);
	assert_int_equal(on(f, mod, "match.backfill", match, ",'places':1")->err, WH_OK);
	assert_call(f, eve, "match.enqueue", "{'queue':'trio'}", WH_OK);
	wh_test_advance(f->t, 60000);
	wh_test_settle(f->t);
	assert_null(wh_heard(eve, "'match.started'"));
	/* Nor with itself. */
	assert_call(f, bob, "match.enqueue", "{'queue':'trio'}", WH_OK);
	wh_test_advance(f->t, 500);
	wh_test_settle(f->t);
	assert_null(wh_heard(bob, "'match.joined'"));
	assert_non_null(strstr(call(f, bob, "match.status", NULL)->json, "\"state\":\"waiting\""));
	end(f);
}

static void
a_match_has_seats_for_64_and_no_more(void **state)
{
	struct fixture *f = begin(TRIO);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	struct wh_session *mod = wh_test_session(f->t, "mod", "moderator");
	char match[256], name[16];
	unsigned joined = 0;
	enum wh_err err;

	(void)state;
	assert_call(f, ann, "match.enqueue", "{'queue':'trio'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'trio'}", WH_OK);
	wh_test_advance(f->t, 2100);
	wh_test_settle(f->t);
	wh_member_of(wh_heard(ann, "'match.started'"), "match", match);
	while ((err = on(f, mod, "match.backfill", match, ",'places':1")->err) == WH_OK && joined < 100) {
		struct wh_session *s;

		snprintf(name, sizeof name, "p%u", joined++);
		s = wh_test_session(f->t, name, "member");
		assert_call(f, s, "match.enqueue", "{'queue':'trio'}", WH_OK);
		assert_non_null(wh_heard(s, "'match.started'"));
		assert_int_equal(on(f, s, "match.leave", match, NULL)->err, WH_OK);
	}
	assert_int_equal(err, WH_EFULL);
	assert_int_equal(joined, 62);
	end(f);
}

static void
a_rating_grows_old(void **state)
{
	struct fixture *f = begin("queues = { duel = { rating = \"glicko2\"; period = \"1m\"; }; };");
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member"), *game;
	char match[256];

	(void)state;
	wh_test_role(f->t, "game", "match.*", NULL);
	game = wh_test_session(f->t, "server", "game");
	assert_call(f, ann, "match.enqueue", "{'queue':'duel'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'duel'}", WH_OK);
	wh_member_of(wh_heard(ann, "'match.started'"), "match", match);
	on(f, game, "match.result", match, ",'places':[1,1]");
	assert_non_null(strstr(call(f, ann, "match.rating", "{'queue':'duel'}")->json, "\"deviation\":290.3"));
	wh_test_advance(f->t, 100 * 60000);
	wh_test_settle(f->t);
	/* A hundred times 0.06 squared, on the paper's scale. */
	assert_non_null(strstr(call(f, ann, "match.rating", "{'queue':'duel'}")->json, "\"deviation\":308.4"));
	end(f);
}

static void
what_is_kept_of_a_person_is_exported_and_erased(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	const struct wh_test_answer *answer;
	char match[256];

	(void)state;
	matched(f, ann, bob, match);
	answer = wh_test_export(f->t, "id-ann", "ann");
	wh_test_settle(f->t);
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, match));
	answer = wh_test_erase(f->t, "id-ann", "ann");
	wh_test_settle(f->t);
	assert_int_equal(answer->err, WH_OK);
	answer = wh_test_export(f->t, "id-ann", "ann");
	wh_test_settle(f->t);
	assert_null(strstr(answer->json, match));
	end(f);
}

static bool
meets(struct fixture *f, struct wh_session *one, struct wh_session *other)
{
	bool met;

	assert_call(f, one, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_call(f, other, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_test_advance(f->t, 15000);
	wh_test_settle(f->t);
	met = wh_heard(one, "'match.started'") != NULL;
	(void)call(f, one, "match.cancel", "{'queue':'talk'}");
	(void)call(f, other, "match.cancel", "{'queue':'talk'}");
	return met;
}

static void
who_is_blocked_in_chat_is_not_met(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct wh_session *ann, *bob, *eve;

	(void)state;
	assert_non_null(f);
	f->t = wh_test_new(&whiply_plugin);
	wh_test_load(f->t, "sqlite", NULL);
	wh_test_load(f->t, "chat", NULL);
	assert_int_equal(wh_test_open(f->t, TALK), WH_OK);
	ann = wh_test_session(f->t, "ann", "member");
	bob = wh_test_session(f->t, "bob", "member");
	eve = wh_test_session(f->t, "eve", "member");
	assert_call(f, bob, "chat.block", "{'name':'ann'}", WH_OK);
	assert_call(f, eve, "chat.block", "{'name':'bob'}", WH_OK);
	assert_false(meets(f, ann, bob));
	/* A hub that is replaced asks chat. */
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_false(meets(f, ann, bob));
	assert_false(meets(f, bob, eve));
	assert_call(f, bob, "chat.unblock", "{'name':'ann'}", WH_OK);
	assert_false(meets(f, bob, eve));
	assert_true(meets(f, ann, bob));
	end(f);
}

static void
bad_settings_are_refused(void **state)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);

	(void)state;
	wh_test_load(t, "sqlite", NULL);
	assert_int_equal(wh_test_open(t, "queues = { a = { teams = 16; size = 64; }; };"), WH_EINVAL);
	assert_int_equal(wh_test_open(t, "queues = { a = { party = 2; }; };"), WH_EINVAL);
	assert_int_equal(wh_test_open(t, "queues = { a = { rules = ({ name = \"x\"; kind = \"odd\"; }); }; };"), WH_EINVAL);
	assert_int_equal(wh_test_open(t, "queues = { a = { }; };"), WH_OK);
	wh_test_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_who_share_an_interest_get_a_room),
		cmocka_unit_test(nobody_else_enters_the_room),
		cmocka_unit_test(interests_are_let_go_by_the_timer),
		cmocka_unit_test(one_ticket_a_person_and_queue),
		cmocka_unit_test(what_is_not_understood_is_said),
		cmocka_unit_test(a_full_queue_says_so),
		cmocka_unit_test(status_tells_how_long_it_usually_takes),
		cmocka_unit_test(all_have_to_accept),
		cmocka_unit_test(who_was_declined_waits_again_in_front),
		cmocka_unit_test(who_does_not_answer_is_out_and_the_other_waits_again),
		cmocka_unit_test(a_lost_connection_keeps_its_place_for_the_grace),
		cmocka_unit_test(after_the_grace_the_place_is_gone),
		cmocka_unit_test(who_signs_in_as_somebody_else_waits_no_longer),
		cmocka_unit_test(who_leaves_ends_a_pair),
		cmocka_unit_test(leaving_the_room_is_leaving_the_match),
		cmocka_unit_test(next_waits_again_with_the_same_wishes_and_not_for_the_same_person),
		cmocka_unit_test(a_block_is_for_good_and_both_ways),
		cmocka_unit_test(a_report_carries_the_last_lines),
		cmocka_unit_test(a_stranger_to_the_match_may_not_touch_it),
		cmocka_unit_test(both_are_seen_when_both_agree),
		cmocka_unit_test(a_formula_says_who_fits_and_when_it_fails_the_sum_does),
		cmocka_unit_test(strangers_are_relayed_and_blurred_until_all_agree_and_when_it_is_over),
		cmocka_unit_test(who_is_away_when_the_plugin_is_opened_anew_is_away_still),
		cmocka_unit_test(those_who_wait_do_not_notice_that_the_hub_died),
		cmocka_unit_test(new_settings_do_not_empty_the_queue),
		cmocka_unit_test(a_live_match_outlives_the_hub),
		cmocka_unit_test(who_does_not_come_back_after_the_hub_died_is_gone),
		cmocka_unit_test(a_proposal_of_a_hub_that_died_is_waiting_again),
		cmocka_unit_test(a_result_counts_when_both_say_it),
		cmocka_unit_test(a_referee_is_believed_at_once),
		cmocka_unit_test(a_running_match_is_filled),
		cmocka_unit_test(who_skipped_is_not_met_after_the_hub_died),
		cmocka_unit_test(nobody_is_put_into_a_match_with_one_who_blocks_it),
		cmocka_unit_test(a_match_has_seats_for_64_and_no_more),
		cmocka_unit_test(a_rating_grows_old),
		cmocka_unit_test(what_is_kept_of_a_person_is_exported_and_erased),
		cmocka_unit_test(who_is_blocked_in_chat_is_not_met),
		cmocka_unit_test(bad_settings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
