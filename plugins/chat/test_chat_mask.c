/* Who may enter and speak: lists of masks, ranks, and the rules of a room that came with them. */
#include "testing_chat.h"
#include "chat.h"

static struct wh_session *
guest(struct fixture *f, const char *name)
{
	return wh_test_session(f->t, name, "guest");
}

static void
a_banned_person_does_not_enter_and_after_the_unban_does(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	wh_assert_has(call(f, ann, "chat.ban", "{'room':'den','who':'bob','why':'noise'}")->json, "{'kind':'ban','mask':'*!*@id-bob.account'}");
	wh_assert_has(wh_heard(ann, "chat.mask"), "'kind':'ban','mask':'*!*@id-bob.account','on':true,'by':'ann','by_id':'id-ann'");
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_EPERM);
	wh_assert_has(call(f, ann, "chat.bans", "{'room':'den'}")->json, "'masks':[{'mask':'*!*@id-bob.account','by':'ann','by_id':'id-ann','time':");
	assert_call(f, ann, "chat.ban", "{'room':'den','who':'bob'}", WH_EEXIST);
	assert_call(f, ann, "chat.unban", "{'room':'den','who':'bob'}", WH_OK);
	wh_assert_has(wh_heard(ann, "chat.mask"), "'mask':'*!*@id-bob.account','on':false");
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_OK);
	assert_call(f, ann, "chat.unban", "{'room':'den','who':'bob'}", WH_ENOENT);
	end(f);
}

static void
who_is_banned_inside_or_muted_does_not_speak_type_or_react(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	char id[256], args[300];

	(void)state;
	said(f, ann, "den", "hello", id);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hi'}", WH_OK);
	assert_call(f, ann, "chat.ban", "{'room':'den','kind':'mute','mask':'BOB'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hi'}", WH_EPERM);
	assert_call(f, bob, "chat.act", "{'room':'den','text':'hi'}", WH_EPERM);
	assert_call(f, bob, "chat.typing", "{'room':'den','on':true}", WH_EPERM);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','emoji':'x'}", id);
	assert_call(f, bob, "chat.react", args, WH_EPERM);
	assert_call(f, ann, "chat.unban", "{'room':'den','kind':'mute','mask':'bob!*@*'}", WH_OK);
	assert_call(f, ann, "chat.ban", "{'room':'den','mask':'b?b'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hi'}", WH_EPERM);
	/* An exception, or a voice, helps. */
	assert_call(f, ann, "chat.ban", "{'room':'den','kind':'except','mask':'$a:bob'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hi'}", WH_OK);
	assert_call(f, ann, "chat.unban", "{'room':'den','kind':'except','mask':'$a:bob'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hi'}", WH_EPERM);
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'voice','on':true}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hi'}", WH_OK);
	end(f);
}

static void
masks_ask_for_accounts_rooms_and_roles(void **state)
{
	static const struct {
		const char *mask;
		bool bob, guest;	/* is kept out */
	} cases[] = {
		{ "$a", true, false }, { "$~a", false, true }, { "$a:b*", true, false }, { "$~a:b*", false, true }, { "$j:other", true, false },
		{ "$o:member", true, false }, { "$o:GUEST", false, true }, { "$~z", true, true }, { "$z", false, false }, { "$r:*", true, true },
		{ "*!*@*.guest", false, true }, { "*!~u@*", false, true }, { "*", true, true }, { "zoe!", false, true }, { "u@*", true, false },
	};
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "other"), *zoe = guest(f, "zoe");
	char args[200];

	(void)state;
	assert_call(f, ann, "chat.join", "{'room':'other'}", WH_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(args, sizeof args, "{'room':'den','mask':'%s'}", cases[i].mask);
		assert_call(f, ann, "chat.ban", args, WH_OK);
		for (unsigned g = 0; g < 2; g++) {
			bool out = g == 0 ? cases[i].bob : cases[i].guest;

			if (call(f, g == 0 ? bob : zoe, "chat.join", "{'room':'den'}")->err != (out ? WH_EPERM : WH_OK))
				fail_msg("%s and %s", cases[i].mask, g == 0 ? "bob" : "zoe");
			if (!out)
				assert_call(f, g == 0 ? bob : zoe, "chat.leave", "{'room':'den'}", WH_OK);
		}
		assert_call(f, ann, "chat.unban", args, WH_OK);
	}
	end(f);
}

static void
what_is_no_mask_is_refused(void **state)
{
	static const char *const masks[] = { ":x", "$", "$~", "$q", "$q:x", "$a:", "$r", "$j:nowhere", "$j:secret" };
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "secret");
	char args[200], whole[CHAT_MASK + 1];

	(void)state;
	assert_call(f, bob, "chat.set", "{'room':'secret','access':'unlisted'}", WH_OK);
	for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
		snprintf(args, sizeof args, "{'room':'den','mask':'%s'}", masks[i]);
		assert_call(f, ann, "chat.ban", args, WH_EINVAL);
	}
	assert_call(f, ann, "chat.ban", "{'room':'den'}", WH_EINVAL);
	assert_call(f, ann, "chat.ban", "{'room':'den','who':'bob','mask':'x'}", WH_EINVAL);
	assert_call(f, ann, "chat.ban", "{'room':'den','who':'nobody'}", WH_ENOENT);
	assert_false(mask_whole(WH_STR("a b"), whole));
	assert_false(mask_whole(WH_STR("a\rb"), whole));
	assert_false(mask_whole(WH_STR(""), whole));
	/* As long as one may be is as long as it is kept. */
	snprintf(args, sizeof args, "%0*d", CHAT_MASK, 0);
	assert_false(mask_whole(wh_str(args), whole));
	assert_true(mask_whole(WH_STR("a***b!?**@***"), whole));
	assert_string_equal(whole, "a*b!?*@*");
	assert_true(mask_whole(WH_STR("user@host"), whole));
	assert_string_equal(whole, "*!user@host");
	assert_true(mask_whole(WH_STR("bob!user"), whole));
	assert_string_equal(whole, "bob!user@*");
	end(f);
}

static void
a_room_has_so_many_masks_and_no_more(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char args[200];

	(void)state;
	for (unsigned i = 0; i < CHAT_MASKS; i++) {
		snprintf(args, sizeof args, "{'room':'den','kind':'%s','mask':'x%u'}", i % 2 != 0 ? "ban" : "mute", i);
		/* The rate of the command is slower than that. */
		if (i % 30 == 29)
			wh_test_advance(f->t, 60000);
		assert_call(f, ann, "chat.ban", args, WH_OK);
	}
	wh_test_advance(f->t, 60000);
	assert_call(f, ann, "chat.ban", "{'room':'den','mask':'one-more'}", WH_EFULL);
	wh_assert_has(call(f, ann, "chat.bans", "{'room':'den','limit':30}")->json, "'total':100,'next':30}");
	wh_assert_has(call(f, ann, "chat.bans", "{'room':'den','limit':30,'after':90}")->json, "[{'mask':'x181!*@*'");
	wh_assert_lacks(call(f, ann, "chat.bans", "{'room':'den','limit':30,'after':90}")->json, "next");
	assert_call(f, ann, "chat.unban", "{'room':'den','mask':'x7'}", WH_OK);
	assert_call(f, ann, "chat.ban", "{'room':'den','mask':'one-more'}", WH_OK);
	end(f);
}

static void
a_mask_ends_when_it_was_said_and_members_are_told(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.ban", "{'room':'den','kind':'mute','who':'bob','for':'30s'}", WH_OK);
	wh_assert_has(wh_heard(bob, "chat.mask"), "'until':");
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hi'}", WH_EPERM);
	wh_test_advance(f->t, 31000);
	wh_test_settle(f->t);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'hi'}", WH_OK);
	wh_test_advance(f->t, 60000);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(bob, "chat.mask"), "'on':false,'by':'','by_id':''");
	assert_call(f, ann, "chat.ban", "{'room':'den','who':'bob','until':1000}", WH_EINVAL);
	end(f);
}

static void
a_registered_room_keeps_its_lists_and_rules(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
	assert_call(f, ann, "chat.ban", "{'room':'den','who':'bob','why':'noise'}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'den','limit':7,'flood':'5/10s','joins':'9:60','colours':'refused','notices':false,'topics':'all','past':'moderators',"
	    "'enter':'registered'}", WH_OK);
	assert_call(f, ann, "chat.leave", "{'room':'den'}", WH_OK);
	wh_test_settle(f->t);
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_EPERM);
	wh_assert_has(call(f, ann, "chat.join", "{'room':'den'}")->json, "'enter':'registered','limit':7,'flood':'5/10s','joins':'9/60s','colours':'refused',"
	    "'notices':false,'topics':'all','past':'moderators'}");
	wh_assert_has(call(f, ann, "chat.bans", "{'room':'den'}")->json, "'why':'noise'");
	end(f);
}

static void
kicking_with_a_ban_does_both(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.kick", "{'room':'den','name':'bob','reason':'out','ban':true,'for':'1h'}", WH_OK);
	wh_assert_has(wh_heard(bob, "chat.mask"), "'mask':'*!*@id-bob.account','on':true");
	wh_assert_has(wh_heard(bob, "chat.sent_out"), "'reason':'out'");
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_EPERM);
	end(f);
}

static void
each_rank_may_what_is_below_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *cleo = inside(f, "cleo", "member", "den"),
	    *dora = inside(f, "dora", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'manager','on':true}", WH_OK);
	assert_call(f, bob, "chat.set", "{'room':'den','slow':'1s'}", WH_OK);
	assert_call(f, bob, "chat.role", "{'room':'den','name':'cleo','role':'manager','on':true}", WH_EPERM);
	assert_call(f, bob, "chat.role", "{'room':'den','name':'cleo','role':'moderator','on':true}", WH_OK);
	assert_call(f, cleo, "chat.set", "{'room':'den','slow':'1s'}", WH_EPERM);
	assert_call(f, cleo, "chat.role", "{'room':'den','name':'dora','role':'moderator','on':true}", WH_EPERM);
	assert_call(f, cleo, "chat.role", "{'room':'den','name':'dora','role':'helper','on':true}", WH_OK);
	assert_call(f, dora, "chat.topic", "{'room':'den','topic':'mine'}", WH_OK);
	assert_call(f, dora, "chat.ban", "{'room':'den','mask':'x'}", WH_OK);
	assert_call(f, dora, "chat.ban", "{'room':'den','kind':'except','mask':'x'}", WH_EPERM);
	assert_call(f, dora, "chat.bans", "{'room':'den','kind':'except'}", WH_OK);
	assert_call(f, dora, "chat.kick", "{'room':'den','name':'cleo'}", WH_EPERM);
	assert_call(f, dora, "chat.kick", "{'room':'den','name':'bob'}", WH_EPERM);
	assert_call(f, cleo, "chat.kick", "{'room':'den','name':'bob'}", WH_EPERM);
	assert_call(f, bob, "chat.kick", "{'room':'den','name':'ann'}", WH_EPERM);
	assert_call(f, cleo, "chat.kick", "{'room':'den','name':'dora'}", WH_OK);
	assert_call(f, bob, "chat.kick", "{'room':'den','name':'cleo'}", WH_OK);
	end(f);
}

struct seen {
	unsigned ranks;
};

static bool
see(void *self, const struct wh_chat_person *person)
{
	if (wh_str_is(person->name, "bob"))
		((struct seen *)self)->ranks = person->ranks;
	return true;
}

static void
a_member_has_several_ranks_at_once(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	void *self = NULL;
	const struct wh_chat_ops *ops;
	struct seen seen = { 0 };

	(void)state;
	inside(f, "bob", "member", "den");
	ops = wh_test_service(f->t, "chat", WH_CHAT_VERSION, &self);
	for (unsigned kept = 0; kept < 2; kept++) {
		if (kept != 0)
			assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
		assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'moderator','on':true}", WH_OK);
		assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'voice','on':true}", WH_OK);
		ops->people(self, WH_STR("den"), see, &seen);
		assert_int_equal(seen.ranks, 1u << WH_RANK_MODERATOR | 1u << WH_RANK_VOICE);
		assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'moderator','on':false}", WH_OK);
		ops->people(self, WH_STR("den"), see, &seen);
		assert_int_equal(seen.ranks, 1u << WH_RANK_VOICE);
		assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'voice','on':false}", WH_OK);
	}
	end(f);
}

static void
a_full_or_hurried_room_lets_nobody_in_but_the_invited(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "member"), *zoe = guest(f, "zoe");

	(void)state;
	assert_call(f, ann, "chat.set", "{'room':'den','limit':1}", WH_OK);
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_EPERM);
	assert_call(f, ann, "chat.invite", "{'room':'den','name':'bob'}", WH_OK);
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_OK);
	/* Who is in a full room asks no others into it. */
	assert_call(f, bob, "chat.invite", "{'room':'den','name':'zoe'}", WH_EPERM);
	assert_call(f, ann, "chat.set", "{'room':'den','limit':0,'joins':'1/10s'}", WH_OK);
	assert_call(f, zoe, "chat.join", "{'room':'den'}", WH_OK);
	assert_call(f, zoe, "chat.leave", "{'room':'den'}", WH_OK);
	assert_call(f, zoe, "chat.join", "{'room':'den'}", WH_EFAST);
	wh_test_advance(f->t, 10000);
	assert_call(f, zoe, "chat.join", "{'room':'den'}", WH_OK);
	assert_call(f, zoe, "chat.leave", "{'room':'den'}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'den','joins':'0','enter':'registered'}", WH_OK);
	assert_call(f, zoe, "chat.join", "{'room':'den'}", WH_EPERM);
	/* No invitation lifts a ban; a mask on the list of the invited opens nothing else. */
	assert_call(f, ann, "chat.set", "{'room':'den','enter':'all','access':'invited'}", WH_OK);
	assert_call(f, ann, "chat.ban", "{'room':'den','kind':'invite','mask':'zoe'}", WH_OK);
	assert_call(f, zoe, "chat.join", "{'room':'den'}", WH_OK);
	assert_call(f, zoe, "chat.leave", "{'room':'den'}", WH_OK);
	assert_call(f, ann, "chat.invite", "{'room':'den','name':'zoe'}", WH_OK);
	assert_call(f, ann, "chat.ban", "{'room':'den','mask':'zoe'}", WH_OK);
	assert_call(f, zoe, "chat.join", "{'room':'den'}", WH_EPERM);
	end(f);
}

static void
who_says_too_much_at_once_waits(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.set", "{'room':'den','flood':'2/10s'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'one'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'two'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'three'}", WH_EFAST);
	for (unsigned i = 0; i < 4; i++)
		assert_call(f, ann, "chat.say", "{'room':'den','text':'mine'}", WH_OK);
	wh_test_advance(f->t, 5000);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'three'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'four'}", WH_EFAST);
	assert_call(f, ann, "chat.set", "{'room':'den','flood':'x'}", WH_EINVAL);
	assert_call(f, ann, "chat.set", "{'room':'den','flood':'5/'}", WH_EINVAL);
	assert_call(f, ann, "chat.set", "{'room':'den','flood':'1001/5s'}", WH_EINVAL);
	assert_call(f, ann, "chat.set", "{'room':'den','flood':'5/3601s'}", WH_EINVAL);
	assert_call(f, ann, "chat.set", "{'room':'den','flood':'0'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'four'}", WH_OK);
	end(f);
}

static void
colours_are_kept_stripped_or_refused(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	const char *coloured = "{'room':'den','text':'\\u00034,12red\\u0003 \\u0002bold\\u000f 3'}";
	char text[] = "\0034,12a\003,b\00312345\004ff00AA,123456c\x1d\x1e\x1f\x11\x16";

	(void)state;
	assert_call(f, bob, "chat.say", coloured, WH_OK);
	wh_assert_has(wh_heard(ann, "chat.message"), "\\u00034,12red");
	assert_call(f, ann, "chat.set", "{'room':'den','colours':'stripped'}", WH_OK);
	assert_call(f, bob, "chat.say", coloured, WH_OK);
	wh_assert_has(wh_heard(ann, "chat.message"), "'text':'red bold 3'");
	assert_call(f, bob, "chat.say", "{'room':'den','text':'\\u000312'}", WH_EPERM);
	assert_call(f, ann, "chat.set", "{'room':'den','colours':'refused'}", WH_OK);
	assert_call(f, bob, "chat.say", coloured, WH_EPERM);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'plain'}", WH_OK);
	text[text_plain(text, sizeof text - 1)] = '\0';
	assert_string_equal(text, "a,b345c");
	end(f);
}

static void
notices_and_topics_are_as_the_room_has_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");

	(void)state;
	assert_call(f, bob, "chat.topic", "{'room':'den','topic':'mine'}", WH_EPERM);
	assert_call(f, ann, "chat.set", "{'room':'den','topics':'all','notices':false}", WH_OK);
	assert_call(f, bob, "chat.topic", "{'room':'den','topic':'mine'}", WH_OK);
	assert_call(f, bob, "chat.say", "{'room':'den','text':'beep','notice':true}", WH_EPERM);
	assert_call(f, ann, "chat.say", "{'room':'den','text':'beep','notice':true}", WH_OK);
	assert_call(f, ann, "chat.ban", "{'room':'den','kind':'mute','who':'bob'}", WH_OK);
	assert_call(f, bob, "chat.topic", "{'room':'den','topic':'mine'}", WH_EPERM);
	end(f);
}

static void
a_hidden_past_is_for_those_who_keep_order(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob;
	char id[256];
	const struct wh_test_answer *answer;

	(void)state;
	said(f, ann, "den", "secret", id);
	assert_call(f, ann, "chat.set", "{'room':'den','past':'moderators'}", WH_OK);
	bob = inside(f, "bob", "member", "den");
	said(f, ann, "den", "heard", id);
	assert_call(f, bob, "chat.history", "{'room':'den'}", WH_EPERM);
	assert_call(f, bob, "chat.search", "{'room':'den','query':'secret'}", WH_EPERM);
	wh_assert_has(call(f, ann, "chat.history", "{'room':'den'}")->json, "secret");
	answer = call(f, bob, "chat.resume", "{'rooms':[{'room':'den','epoch':1767225600000,'seq':0}]}");
	wh_assert_lacks(answer->json, "secret");
	wh_assert_has(answer->json, "'gap':true");
	answer = call(f, bob, "chat.resume", "{'rooms':[{'room':'den','epoch':1767225600000,'seq':2}]}");
	wh_assert_has(answer->json, "heard");
	end(f);
}

static void
an_aside_reaches_those_of_the_rank_and_is_not_kept(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *cleo = inside(f, "cleo", "member", "den");

	(void)state;
	assert_call(f, ann, "chat.role", "{'room':'den','name':'bob','role':'helper','on':true}", WH_OK);
	wh_assert_has(call(f, cleo, "chat.say", "{'room':'den','text':'psst','rank':'helper'}")->json, "'time':");
	wh_assert_has(wh_heard(ann, "chat.aside"), "'room':'den','from':'cleo','who':'id-cleo'");
	wh_assert_has(wh_heard(bob, "chat.aside"), "'rank':'helper','text':'psst'");
	assert_call(f, cleo, "chat.act", "{'room':'den','text':'waves','rank':'owner'}", WH_OK);
	wh_assert_has(wh_heard(ann, "chat.aside"), "'act':true");
	assert_call(f, ann, "chat.say", "{'room':'den','text':'I hear myself','rank':'owner'}", WH_OK);
	assert_non_null(wh_heard(ann, "I hear myself"));
	assert_null(wh_heard(bob, "chat.aside"));
	assert_null(wh_heard(cleo, "chat.aside"));
	wh_assert_lacks(call(f, cleo, "chat.history", "{'room':'den'}")->json, "psst");
	assert_call(f, ann, "chat.ban", "{'room':'den','kind':'mute','who':'cleo'}", WH_OK);
	assert_call(f, cleo, "chat.say", "{'room':'den','text':'psst','rank':'helper'}", WH_EPERM);
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'hi'}", WH_OK);
	assert_call(f, ann, "chat.say", "{'room':'@bob','text':'hi','rank':'voice'}", WH_EINVAL);
	end(f);
}

static void
lists_are_only_for_those_who_may(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *zoe = guest(f, "zoe");

	(void)state;
	assert_call(f, bob, "chat.ban", "{'room':'den','mask':'x'}", WH_EPERM);
	assert_call(f, bob, "chat.unban", "{'room':'den','mask':'x'}", WH_EPERM);
	assert_call(f, zoe, "chat.ban", "{'room':'den','mask':'x'}", WH_EPERM);
	assert_call(f, zoe, "chat.bans", "{'room':'den'}", WH_EPERM);
	assert_call(f, bob, "chat.bans", "{'room':'den','kind':'mute'}", WH_OK);
	assert_call(f, bob, "chat.bans", "{'room':'den','kind':'invite'}", WH_EPERM);
	assert_call(f, ann, "chat.bans", "{'room':'den','kind':'invite'}", WH_OK);
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'hi'}", WH_OK);
	assert_call(f, ann, "chat.ban", "{'room':'@bob','mask':'x'}", WH_EPERM);
	end(f);
}

static void
a_store_that_is_away_changes_no_list(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "member");

	(void)state;
	behind(f, "ALTER TABLE chat_mask RENAME TO chat_mask_gone");
	assert_true(call(f, ann, "chat.kick", "{'room':'den','name':'nobody','ban':true}")->err == WH_ENOENT);
	assert_true(call(f, ann, "chat.ban", "{'room':'den','who':'bob'}")->err != WH_OK);
	behind(f, "ALTER TABLE chat_mask_gone RENAME TO chat_mask");
	wh_assert_has(call(f, ann, "chat.bans", "{'room':'den'}")->json, "'total':0");
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_OK);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_banned_person_does_not_enter_and_after_the_unban_does),
		cmocka_unit_test(who_is_banned_inside_or_muted_does_not_speak_type_or_react),
		cmocka_unit_test(masks_ask_for_accounts_rooms_and_roles),
		cmocka_unit_test(what_is_no_mask_is_refused),
		cmocka_unit_test(a_room_has_so_many_masks_and_no_more),
		cmocka_unit_test(a_mask_ends_when_it_was_said_and_members_are_told),
		cmocka_unit_test(a_registered_room_keeps_its_lists_and_rules),
		cmocka_unit_test(kicking_with_a_ban_does_both),
		cmocka_unit_test(each_rank_may_what_is_below_it),
		cmocka_unit_test(a_member_has_several_ranks_at_once),
		cmocka_unit_test(a_full_or_hurried_room_lets_nobody_in_but_the_invited),
		cmocka_unit_test(who_says_too_much_at_once_waits),
		cmocka_unit_test(colours_are_kept_stripped_or_refused),
		cmocka_unit_test(notices_and_topics_are_as_the_room_has_it),
		cmocka_unit_test(a_hidden_past_is_for_those_who_keep_order),
		cmocka_unit_test(an_aside_reaches_those_of_the_rank_and_is_not_kept),
		cmocka_unit_test(lists_are_only_for_those_who_may),
		cmocka_unit_test(a_store_that_is_away_changes_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
