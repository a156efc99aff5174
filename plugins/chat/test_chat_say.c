/* Saying and what belongs to it: who may, what is refused, what the others hear. */
#include "testing_chat.h"

static void
what_is_said_reaches_all_in_order(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "guest", "den"), *out = wh_test_session(f->t, "cleo", "member");
	const struct wh_test_answer *one = wh_test_start(f->t, ann, "chat.say", "{'room':'den','text':'one'}");
	const struct wh_test_answer *two = wh_test_start(f->t, bob, "chat.say", "{'room':'#DEN','text':'two'}");
	const char *text;

	(void)state;
	assert_int_equal(one->err, WH_WAIT);
	/* Nobody hears what is not committed. */
	assert_null(wh_heard(bob, "chat.message"));
	wh_test_settle(f->t);
	wh_assert_has(one->json, "{'seq':1,'id':'");
	wh_assert_has(two->json, "{'seq':2,'id':'");
	text = wh_heard(ann, "chat.message");
	wh_assert_has(text, "'room':'den','seq':1,'id':'");
	wh_assert_has(text, "'from':'ann','who':'id-ann','time':");
	wh_assert_has(text, "'text':'one'");
	wh_assert_has(wh_heard(ann, "chat.message"), "'seq':2");
	wh_assert_has(wh_heard(bob, "chat.message"), "'text':'one'");
	wh_assert_has(wh_heard(bob, "chat.message"), "'text':'two'");
	assert_null(wh_heard(out, "chat.message"));
	assert_int_equal(f->said, 2);
	assert_int_equal(wh_test_metric(f->t, "whiply_chat_entries_total", NULL), 2);
	end(f);
}

static void
acts_notices_and_replies_are_marked(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char id[256], args[600];

	(void)state;
	assert_call(f, ann, "chat.act", "{'room':'den','text':'waves'}", WH_OK);
	wh_assert_has(wh_heard(ann, "waves"), "'act':true,'text':'waves'");
	assert_call(f, ann, "chat.say", "{'room':'den','text':'beep','notice':true}", WH_OK);
	wh_assert_has(wh_heard(ann, "beep"), "'notice':true,'text':'beep'");
	said(f, ann, "den", "why?", id);
	snprintf(args, sizeof args, "{'room':'den','text':'because','reply':'%s'}", id);
	assert_call(f, ann, "chat.say", args, WH_OK);
	snprintf(args, sizeof args, "'text':'because','reply':'%s'", id);
	wh_assert_has(wh_heard(ann, "because"), args);
	assert_call(f, ann, "chat.say", "{'room':'den','text':'x','reply':'nonsense'}", WH_EINVAL);
	wh_assert_has(call(f, ann, "chat.history", "{'room':'den'}")->json, "'notice':true");
	end(f);
}

static void
a_retry_with_its_nonce_is_answered_with_the_first(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	char first[256], again[256], other[256];

	(void)state;
	wh_member(call(f, ann, "chat.say", "{'room':'den','text':'once','nonce':'n1'}"), "id", first);
	wh_member(call(f, ann, "chat.say", "{'room':'den','text':'once','nonce':'n1'}"), "id", again);
	assert_string_equal(first, again);
	assert_int_equal(wh_times(bob, "once"), 1);
	/* It is the speaker's own. */
	wh_member(call(f, bob, "chat.say", "{'room':'den','text':'once','nonce':'n1'}"), "id", other);
	assert_string_not_equal(first, other);
	wh_assert_has(call(f, bob, "chat.say", "{'room':'den','text':'then','nonce':'n2'}")->json, "'seq':3");
	end(f);
}

static void
a_retry_of_what_can_be_done_once_is_no_error(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char id[256], args[600], first[256], again[256];

	(void)state;
	said(f, ann, "den", "oops", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','emoji':':x:','nonce':'r1'}", id);
	wh_member(call(f, ann, "chat.react", args), "id", first);
	wh_member(call(f, ann, "chat.react", args), "id", again);
	assert_string_equal(first, again);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','nonce':'d1'}", id);
	wh_member(call(f, ann, "chat.redact", args), "id", first);
	wh_member(call(f, ann, "chat.redact", args), "id", again);
	assert_string_equal(first, again);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','nonce':'d2'}", id);
	assert_call(f, ann, "chat.redact", args, WH_ENOENT);
	assert_int_equal(wh_times(ann, "chat.redacted"), 1);
	end(f);
}

static void
what_can_be_no_message_is_refused(void **state)
{
	struct fixture *f = begin("text = \"100\"; lines = 2;");
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char longer[200] = "{'room':'den','text':'", *end_of = longer + strlen(longer);

	(void)state;
	wh_assert_has(call(f, ann, "chat.say", "{'room':'den','text':'a\\nb\\nc'}")->why, "too many lines");
	assert_call(f, ann, "chat.say", "{'room':'den','text':'   '}", WH_EINVAL);
	assert_call(f, ann, "chat.say", "{'room':'den'}", WH_EINVAL);
	memset(end_of, 'a', 101);
	snprintf(end_of + 101, 10, "'}");
	assert_call(f, ann, "chat.say", longer, WH_EINVAL);
	assert_call(f, ann, "chat.say", "{'room':'den','text':'Cafe\xcc\x81'}", WH_OK);
	wh_assert_has(wh_heard(ann, "chat.message"), "'text':'Caf\xc3\xa9'");
	end(f);
}

struct judge {
	wh_id ticket;
	char kinds[100];
};

static enum wh_verdict
judged(void *self, struct wh_message *m)
{
	struct judge *j = self;
	size_t n = strlen(j->kinds);

	snprintf(j->kinds + n, sizeof j->kinds - n, "%s ", m->kind);
	if (wh_str_is(m->text, "bad"))
		return wh_refuse(&m->at, WH_EPERM, "mind your language", 0);
	if (wh_str_is(m->text, "damn")) {
		m->text = WH_STR("d***");
		return WH_CHANGED;
	}
	if (!wh_str_is(m->text, "hold"))
		return WH_PASS;
	j->ticket = m->at.ticket;
	return WH_HOLD;
}

static void
hooks_see_all_that_is_written_first(void **state)
{
	static const struct wh_hook hooks[] = { { WH_ON_MESSAGE, .order = 10, .message = judged }, { 0 } };
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	const struct wh_test_answer *answer;
	struct judge j = { 0 };
	char id[256], args[600];

	(void)state;
	wh_test_other_hooks(f->t, hooks, &j);
	wh_assert_has(call(f, bob, "chat.say", "{'room':'den','text':'bad'}")->why, "mind your language");
	assert_call(f, bob, "chat.say", "{'room':'den','text':'damn'}", WH_OK);
	wh_assert_has(wh_heard(ann, "chat.message"), "'text':'d***'");
	said(f, bob, "den", "good", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','text':'bad'}", id);
	assert_call(f, bob, "chat.edit", args, WH_EPERM);
	assert_call(f, bob, "chat.act", "{'room':'den','text':'bad'}", WH_EPERM);
	assert_call(f, bob, "chat.poll", "{'room':'den','question':'good?','options':['yes','no']}", WH_OK);
	assert_string_equal(j.kinds, "say say say edit act poll ");
	/* What is held goes on later, if its speaker is still there. */
	answer = wh_test_start(f->t, bob, "chat.say", "{'room':'den','text':'hold'}");
	wh_test_settle(f->t);
	assert_int_equal(answer->err, WH_WAIT);
	wh_hook_go(wh_test_host(f->t), j.ticket, WH_PASS, WH_OK, NULL);
	wh_test_settle(f->t);
	assert_int_equal(answer->err, WH_OK);
	answer = wh_test_start(f->t, bob, "chat.say", "{'room':'den','text':'hold'}");
	assert_call(f, ann, "chat.kick", "{'room':'den','name':'bob'}", WH_OK);
	wh_hook_go(wh_test_host(f->t), j.ticket, WH_PASS, WH_OK, NULL);
	wh_test_settle(f->t);
	assert_int_equal(answer->err, WH_EPERM);
	end(f);
}

static void
the_rules_say_who_may_speak(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *g = inside(f, "gus", "guest", "den");

	(void)state;
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'den','speakers':'registered'}", WH_OK);
	wh_assert_has(call(f, g, "chat.say", "{'room':'den','text':'x'}")->why, "only those with an account may speak here");
	assert_call(f, bob, "chat.say", "{'room':'den','text':'x'}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'den','speakers':'voice'}", WH_OK);
	wh_assert_has(call(f, bob, "chat.say", "{'room':'den','text':'x'}")->why, "only those with a voice may speak here");
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'voice','on':true}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'x'}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'den','speakers':'moderators'}", WH_OK);
	assert_call(f, ann, "chat.say", "{'room':'den','text':'x'}", WH_OK);
	assert_call(f, g, "chat.say", "{'room':'den','text':'x'}", WH_EPERM);
	end(f);
}

static void
where_moderators_speak_a_voice_is_not_enough(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'voice','on':true}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'den','speakers':'moderators'}", WH_OK);
	wh_assert_has(call(f, bob, "chat.say", "{'room':'den','text':'x'}")->why, "only moderators may speak here");
	end(f);
}

static void
new_accounts_wait_where_a_room_wants_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.set", "{'room':'den','min_age':60000}", WH_OK);
	f->trust = (struct wh_trust){ .account = true, .age_ms = 59999 };
	wh_assert_has(call(f, bob, "chat.say", "{'room':'den','text':'x'}")->why, "your account is too new");
	f->trust.age_ms = 60000;
	assert_call(f, bob, "chat.say", "{'room':'den','text':'x'}", WH_OK);
	end(f);
}

static void
links_can_be_unwanted(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.set", "{'room':'den','links':false}", WH_OK);
	wh_assert_has(call(f, bob, "chat.say", "{'room':'den','text':'see https://example.org'}")->why, "links are not wanted here");
	assert_call(f, ann, "chat.say", "{'room':'den','text':'see https://example.org'}", WH_OK);
	end(f);
}

static void
slow_mode_says_how_long_to_wait(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	const struct wh_test_answer *answer;
	int64_t left;
	char id[256], args[600];

	(void)state;
	assert_call(f, ann, "chat.set", "{'room':'den','slow':10000}", WH_OK);
	said(f, bob, "den", "one", id);
	answer = call(f, bob, "chat.say", "{'room':'den','text':'two'}");
	assert_int_equal(answer->err, WH_EFAST);
	left = answer->retry_ms;
	assert_in_range(left, 9000, 10000);
	assert_call(f, ann, "chat.say", "{'room':'den','text':'I may'}", WH_OK);
	assert_call(f, ann, "chat.say", "{'room':'den','text':'at will'}", WH_OK);
	/* To mend and to nod is not to speak. */
	snprintf(args, sizeof args, "{'room':'den','id':'%s','text':'one!'}", id);
	assert_call(f, bob, "chat.edit", args, WH_OK);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','emoji':':x:'}", id);
	assert_call(f, bob, "chat.react", args, WH_OK);
	wh_test_advance(f->t, left);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'two'}", WH_OK);
	end(f);
}

static void
one_person_speaks_only_so_fast_in_all_rooms_together(void **state)
{
	struct fixture *f = begin("rate = \"2/s burst 3\";");
	struct wh_session *ann = inside(f, "ann", "member", "den"), *ann2 = inside(f, "ann", "member", "hall"), *bob = inside(f, "bob", "member", "den");
	const struct wh_test_answer *answer;

	(void)state;
	wh_test_start(f->t, ann, "chat.say", "{'room':'den','text':'one'}");
	wh_test_start(f->t, ann2, "chat.act", "{'room':'hall','text':'two'}");
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'three'}", WH_OK);
	answer = wh_test_start(f->t, ann2, "chat.say", "{'room':'hall','text':'four'}");
	assert_int_equal(answer->err, WH_EFAST);
	assert_in_range(answer->retry_ms, 400, 500);
	assert_int_equal(wh_test_start(f->t, bob, "chat.say", "{'room':'den','text':'I may'}")->err, WH_WAIT);
	wh_test_advance(f->t, 500);
	assert_call(f, ann2, "chat.say", "{'room':'hall','text':'four'}", WH_OK);
	end(f);
}

static void
one_edits_only_what_one_said_oneself(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	char id[256], args[600];
	const char *text;

	(void)state;
	said(f, bob, "den", "helo", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','text':'hello'}", id);
	assert_call(f, ann, "chat.edit", args, WH_ENOENT);
	assert_call(f, bob, "chat.edit", args, WH_OK);
	text = wh_heard(ann, "chat.edited");
	snprintf(args, sizeof args, "'text':'hello','target':'%s'", id);
	wh_assert_has(text, args);
	text = call(f, ann, "chat.history", "{'room':'den'}")->json;
	wh_assert_has(text, "'text':'hello','edited':");
	wh_assert_lacks(text, "helo'");
	assert_call(f, bob, "chat.edit", "{'room':'den','id':'0000000000000001','text':'x'}", WH_ENOENT);
	assert_call(f, bob, "chat.edit", "{'room':'den','id':'zzz','text':'x'}", WH_EINVAL);
	end(f);
}

static void
what_is_redacted_is_nowhere(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *cleo = inside(f, "cleo", "member", "den");
	char id[256], args[600];
	const char *text;

	(void)state;
	said(f, bob, "den", "hidden one", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','text':'hidden two'}", id);
	assert_call(f, bob, "chat.edit", args, WH_OK);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','text':'hidden three'}", id);
	assert_call(f, bob, "chat.edit", args, WH_OK);
	/* Only the last edit has its text. */
	text = call(f, ann, "chat.history", "{'room':'den','events':true}")->json;
	wh_assert_lacks(text, "hidden one");
	wh_assert_lacks(text, "hidden two");
	wh_assert_has(text, "hidden three");
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", id);
	assert_call(f, ann, "chat.pin", args, WH_OK);
	assert_call(f, cleo, "chat.redact", args, WH_ENOENT);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','reason':'rude'}", id);
	assert_call(f, ann, "chat.redact", args, WH_OK);
	text = wh_heard(cleo, "chat.redacted");
	wh_assert_has(text, "'from':'ann'");
	wh_assert_has(text, "'reason':'rude'");
	text = call(f, ann, "chat.history", "{'room':'den','events':true}")->json;
	wh_assert_lacks(text, "hidden");
	wh_assert_has(text, "'redacted':true");
	wh_assert_has(call(f, ann, "chat.search", "{'room':'den','query':'hidden'}")->json, "'entries':[]");
	wh_assert_has(call(f, ann, "chat.pins", "{'room':'den'}")->json, "'entries':[]");
	assert_call(f, bob, "chat.edit", "{'room':'den','id':'0','text':'x'}", WH_EINVAL);
	end(f);
}

static void
signs_are_counted_and_taken_back(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	char id[256], args[600];

	(void)state;
	said(f, bob, "den", "cake", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','emoji':':yum:'}", id);
	assert_call(f, ann, "chat.react", args, WH_OK);
	assert_call(f, bob, "chat.react", args, WH_OK);
	assert_call(f, bob, "chat.react", args, WH_EEXIST);
	snprintf(args, sizeof args, "'emoji':':yum:','target':'%s'", id);
	wh_assert_has(wh_heard(ann, "chat.reacted"), args);
	wh_assert_has(call(f, ann, "chat.history", "{'room':'den'}")->json, "'reactions':{':yum:':2}");
	snprintf(args, sizeof args, "{'room':'den','id':'%s','emoji':':yum:','on':false}", id);
	assert_call(f, ann, "chat.react", args, WH_OK);
	assert_call(f, ann, "chat.react", args, WH_ENOENT);
	assert_non_null(wh_heard(bob, "chat.unreacted"));
	wh_assert_has(call(f, ann, "chat.history", "{'room':'den'}")->json, "'reactions':{':yum:':1}");
	snprintf(args, sizeof args, "{'room':'den','id':'%s','emoji':'no sign'}", id);
	assert_call(f, ann, "chat.react", args, WH_EINVAL);
	assert_call(f, ann, "chat.react", "{'room':'den','id':'0000000000000001','emoji':':x:'}", WH_ENOENT);
	end(f);
}

static void
topics_are_set_by_moderators(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, bob, "chat.topic", "{'room':'den','topic':'mine'}", WH_EPERM);
	assert_call(f, ann, "chat.topic", "{'room':'den','topic':'rain'}", WH_OK);
	wh_assert_has(wh_heard(bob, "chat.topic"), "'from':'ann','who':'id-ann'");
	wh_assert_has(call(f, bob, "chat.topic", "{'room':'den'}")->json, "{'topic':'rain'}");
	assert_call(f, ann, "chat.topic", "{'room':'den','topic':'a\\nb'}", WH_EINVAL);
	assert_call(f, ann, "chat.topic", "{'room':'den','topic':''}", WH_OK);
	wh_assert_has(call(f, bob, "chat.topic", "{'room':'den'}")->json, "{'topic':''}");
	end(f);
}

static void
pins_are_put_and_taken_off(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	char id[256], args[600];

	(void)state;
	said(f, bob, "den", "rules", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", id);
	assert_call(f, bob, "chat.pin", args, WH_EPERM);
	assert_call(f, ann, "chat.pin", args, WH_OK);
	assert_call(f, ann, "chat.pin", args, WH_EEXIST);
	assert_non_null(wh_heard(bob, "chat.pinned"));
	wh_assert_has(call(f, bob, "chat.pins", "{'room':'den'}")->json, "'text':'rules'");
	assert_call(f, ann, "chat.unpin", args, WH_OK);
	assert_call(f, ann, "chat.unpin", args, WH_ENOENT);
	assert_non_null(wh_heard(bob, "chat.unpinned"));
	wh_assert_has(call(f, bob, "chat.pins", "{'room':'den'}")->json, "'entries':[]");
	end(f);
}

static void
pins_have_a_bound(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char id[256], args[600];

	(void)state;
	said(f, ann, "den", "x", id);
	behind(f, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO chat_pin SELECT 1, i FROM n;");
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", id);
	assert_call(f, ann, "chat.pin", args, WH_ENOENT);
	end(f);
}

static void
a_poll_is_answered_once_and_nobody_hears_by_whom(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	char id[256], args[600];
	const char *text;

	(void)state;
	wh_member(call(f, ann, "chat.poll", "{'room':'den','question':'Tea?','options':['yes','no'],'for':60000}"), "id", id);
	text = wh_heard(bob, "chat.poll");
	wh_assert_has(text, "'question':'Tea?'");
	wh_assert_has(text, "'poll':{'options':['yes','no'],'until':");
	snprintf(args, sizeof args, "{'room':'den','id':'%s','choice':1}", id);
	assert_call(f, bob, "chat.vote", args, WH_OK);
	text = wh_heard(ann, "chat.voted");
	wh_assert_has(text, "'vote':{'choice':1}");
	wh_assert_lacks(text, "bob");
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", id);
	text = call(f, bob, "chat.results", args)->json;
	wh_assert_has(text, "'votes':[0,1,0,0,0,0,0,0,0,0],'mine':1");
	snprintf(args, sizeof args, "{'room':'den','id':'%s','choice':0}", id);
	assert_call(f, bob, "chat.vote", args, WH_OK);
	assert_call(f, ann, "chat.vote", args, WH_OK);
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", id);
	wh_assert_has(call(f, bob, "chat.results", args)->json, "'votes':[2,0,");
	snprintf(args, sizeof args, "{'room':'den','id':'%s','choice':2}", id);
	assert_call(f, bob, "chat.vote", args, WH_ENOENT);
	wh_test_advance(f->t, 61000);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','choice':1}", id);
	wh_assert_has(call(f, bob, "chat.vote", args)->why, "the poll is over");
	end(f);
}

static void
a_poll_has_two_to_ten_options(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.poll", "{'room':'den','question':'?','options':['one']}", WH_EINVAL);
	assert_call(f, ann, "chat.poll", "{'room':'den','question':'?','options':['1','2','3','4','5','6','7','8','9','10','11']}", WH_EINVAL);
	assert_call(f, ann, "chat.poll", "{'room':'den','question':'?','options':[1,2]}", WH_EINVAL);
	assert_call(f, ann, "chat.poll", "{'room':'den','question':'?','options':['1','2','3','4','5','6','7','8','9','10']}", WH_OK);
	end(f);
}

static void
typing_is_told_and_forgotten(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, bob, "chat.typing", "{'room':'den','on':true}", WH_OK);
	wh_assert_has(wh_heard(ann, "chat.typing"), "'room':'den','who':'id-bob','name':'bob','on':true");
	assert_null(wh_heard(bob, "chat.typing"));
	assert_call(f, bob, "chat.typing", "{'room':'den','on':true}", WH_OK);
	assert_null(wh_heard(ann, "chat.typing"));
	assert_call(f, bob, "chat.typing", "{'room':'den','on':false}", WH_OK);
	wh_assert_has(wh_heard(ann, "chat.typing"), "'on':false");
	wh_assert_lacks(call(f, ann, "chat.history", "{'room':'den','events':true}")->json, "typing");
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_reaches_all_in_order),
		cmocka_unit_test(acts_notices_and_replies_are_marked),
		cmocka_unit_test(a_retry_with_its_nonce_is_answered_with_the_first),
		cmocka_unit_test(a_retry_of_what_can_be_done_once_is_no_error),
		cmocka_unit_test(what_can_be_no_message_is_refused),
		cmocka_unit_test(hooks_see_all_that_is_written_first),
		cmocka_unit_test(the_rules_say_who_may_speak),
		cmocka_unit_test(where_moderators_speak_a_voice_is_not_enough),
		cmocka_unit_test(new_accounts_wait_where_a_room_wants_it),
		cmocka_unit_test(links_can_be_unwanted),
		cmocka_unit_test(slow_mode_says_how_long_to_wait),
		cmocka_unit_test(one_person_speaks_only_so_fast_in_all_rooms_together),
		cmocka_unit_test(one_edits_only_what_one_said_oneself),
		cmocka_unit_test(what_is_redacted_is_nowhere),
		cmocka_unit_test(signs_are_counted_and_taken_back),
		cmocka_unit_test(topics_are_set_by_moderators),
		cmocka_unit_test(pins_are_put_and_taken_off),
		cmocka_unit_test(pins_have_a_bound),
		cmocka_unit_test(a_poll_is_answered_once_and_nobody_hears_by_whom),
		cmocka_unit_test(a_poll_has_two_to_ten_options),
		cmocka_unit_test(typing_is_told_and_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
