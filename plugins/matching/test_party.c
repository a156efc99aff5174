/* Parties: who enters together, and what they want together. */
#include "testing_matching.h"

static void
a_party_is_matched_together(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *who[4];
	const char *team = NULL;
	char code[256], args[300];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		char name[8];

		snprintf(name, sizeof name, "p%u", i);
		who[i] = wh_test_session(f->t, name, "guest");
	}
	wh_member_of(call(f, who[0], "match.party", "{}")->json, "code", code);
	snprintf(args, sizeof args, "{'code':'%.100s','roles':'healer'}", code);
	assert_call(f, who[1], "match.party", args, WH_OK);
	assert_non_null(wh_heard(who[0], "'match.party'"));
	assert_call(f, who[1], "match.enqueue", "{'queue':'squad'}", WH_EPERM);
	assert_call(f, who[0], "match.enqueue", "{'queue':'talk'}", WH_ETOOBIG);
	assert_call(f, who[0], "match.enqueue", "{'queue':'squad','roles':['fighter']}", WH_OK);
	assert_call(f, who[2], "match.enqueue", "{'queue':'squad','roles':['fighter']}", WH_OK);
	assert_null(wh_heard(who[0], "'match.started'"));
	assert_call(f, who[3], "match.enqueue", "{'queue':'squad'}", WH_OK);
	for (unsigned i = 0; i < 2; i++) {
		const char *started = wh_heard(who[i], "'match.started'");

		assert_non_null(started);
		if (team != NULL)
			assert_int_equal(strstr(started, "\"team\":")[7], strstr(team, "\"team\":")[7]);
		team = started;
	}
	assert_non_null(strstr(team, "\"role\":\"healer\""));
	assert_non_null(wh_heard(who[3], "'match.started'"));
	end(f);
}

static void
who_leaves_the_party_takes_it_out_of_the_queue(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");
	char code[256], args[300];

	(void)state;
	wh_member_of(call(f, ann, "match.party", "{}")->json, "code", code);
	snprintf(args, sizeof args, "{'code':'%.100s'}", code);
	assert_call(f, bob, "match.party", args, WH_OK);
	assert_call(f, ann, "match.enqueue", "{'queue':'squad'}", WH_OK);
	assert_call(f, bob, "match.unparty", NULL, WH_OK);
	assert_non_null(wh_heard(ann, "'match.cancelled'"));
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	end(f);
}

/* Ann leads a party with bob, who says this of himself. */
static void
party_of_two(struct fixture *f, struct wh_session *ann, struct wh_session *bob, const char *attributes)
{
	char code[256], args[1024];

	wh_member_of(call(f, ann, "match.party", "{}")->json, "code", code);
	snprintf(args, sizeof args, "{'code':'%.100s'%s%s}", code, attributes != NULL ? ",'attributes':" : "", attributes != NULL ? attributes : "");
	assert_call(f, bob, "match.party", args, WH_OK);
}

#define SQUADS(rules) "queues = { squad = { size = 2; party = 2; patience = \"0ms\"; regions = [ \"eu\", \"us\" ]; rules = (" rules "); }; };"

static void
a_party_that_does_not_agree_is_told_so(void **state)
{
	struct fixture *f = begin(SQUADS("{ name = \"age\"; kind = \"equal\"; hard = true; required = true; }, { name = \"when\"; kind = \"between\"; }"));
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");

	(void)state;
	party_of_two(f, ann, bob, "{'age':'minor'}");
	assert_call(f, ann, "match.enqueue", "{'queue':'squad','attributes':{'age':'adult'}}", WH_EINVAL);
	assert_call(f, ann, "match.enqueue", "{'queue':'squad','attributes':{'age':'minor'}}", WH_OK);
	assert_call(f, ann, "match.update", "{'queue':'squad','attributes':{'age':'adult'}}", WH_EINVAL);
	assert_call(f, bob, "match.unparty", NULL, WH_OK);
	/* Who speaks says all that has to be said. */
	assert_call(f, ann, "match.unparty", NULL, WH_OK);
	party_of_two(f, ann, bob, "{'when':{'is':1,'from':1,'to':2}}");
	assert_call(f, ann, "match.enqueue", "{'queue':'squad','attributes':{'age':'minor'}}", WH_EINVAL);
	assert_call(f, ann, "match.unparty", NULL, WH_OK);
	assert_call(f, bob, "match.unparty", NULL, WH_OK);
	party_of_two(f, ann, bob, "{'age':'minor','when':{'is':1,'from':1,'to':2}}");
	assert_call(f, ann, "match.enqueue", "{'queue':'squad','attributes':{'age':'minor','when':{'is':4,'from':3,'to':5}}}", WH_EINVAL);
	assert_call(f, ann, "match.enqueue", "{'queue':'squad','attributes':{'age':'minor','when':{'is':4,'from':2,'to':5}}}", WH_OK);
	end(f);
}

/* A squad of two that enter alone. */
static bool
meets_two(struct fixture *f, struct wh_session *ann, const char *role, const char *attributes)
{
	char args[512];
	bool met;

	snprintf(args, sizeof args, "{'queue':'squad','attributes':%s}", attributes);
	for (unsigned i = 0; i < 2; i++)
		assert_call(f, wh_test_session(f->t, (const char *[]){ "eve", "fay" }[i], role), "match.enqueue", args, WH_OK);
	met = wh_heard(ann, "'match.started'") != NULL;
	end(f);
	return met;
}

static bool
party_meets(const char *rule, const char *ann_says, const char *bob_says, const char *others)
{
	struct fixture *f;
	struct wh_session *ann, *bob;
	char settings[600], args[300];

	snprintf(settings, sizeof settings, SQUADS("%s"), rule);
	f = begin(settings);
	ann = wh_test_session(f->t, "ann", "member");
	bob = wh_test_session(f->t, "bob", "guest");
	party_of_two(f, ann, bob, bob_says);
	snprintf(args, sizeof args, "{'queue':'squad','attributes':%s}", ann_says);
	assert_call(f, ann, "match.enqueue", args, WH_OK);
	return meets_two(f, ann, "guest", others);
}

static void
what_a_party_wants_is_put_together_from_all_of_it(void **state)
{
	const char *latency = "{ name = \"ping\"; kind = \"latency\"; window = 60; hard = true; }";
	const char *between = "{ name = \"age\"; kind = \"between\"; hard = true; }";
	const char *near = "{ name = \"level\"; kind = \"near\"; window = 1; hard = true; }";
	const char *one_of = "{ name = \"side\"; kind = \"one_of\"; hard = true; }";

	(void)state;
	/* The slower of the two counts, and a region that one does not know is none. */
	assert_true(party_meets(latency, "{'ping':{'eu':20,'us':50}}", "{'ping':{'eu':90,'us':55}}", "{'ping':{'us':10}}"));
	assert_false(party_meets(latency, "{'ping':{'eu':20,'us':50}}", "{'ping':{'eu':90,'us':55}}", "{'ping':{'eu':10}}"));
	assert_false(party_meets(latency, "{'ping':{'eu':20}}", "{'ping':{'us':20}}", "{'ping':{'eu':10,'us':10}}"));
	/* All of them are in the others' range, and the others in all of theirs. */
	assert_true(party_meets(between, "{'age':{'is':20,'from':18,'to':40}}", "{'age':{'is':30,'from':18,'to':30}}", "{'age':{'is':25,'from':20,'to':30}}"));
	assert_false(party_meets(between, "{'age':{'is':20,'from':18,'to':40}}", "{'age':{'is':30,'from':18,'to':30}}", "{'age':{'is':25,'from':20,'to':29}}"));
	assert_false(party_meets(between, "{'age':{'is':20,'from':18,'to':40}}", "{'age':{'is':30,'from':18,'to':30}}", "{'age':{'is':35,'from':20,'to':30}}"));
	/* 10 and 20: a mean of 15, and 20 at best. */
	assert_true(party_meets(near, "{'level':10}", "{'level':20}", "{'level':17}"));
	assert_false(party_meets(near, "{'level':10}", "{'level':20}", "{'level':10}"));
	/* Of what both accept. */
	assert_true(party_meets(one_of, "{'side':{'is':'a','accepts':['a','b']}}", "{'side':{'is':'a','accepts':['a']}}", "{'side':{'is':'a'}}"));
	assert_false(party_meets(one_of, "{'side':{'is':'a','accepts':['a','b']}}", "{'side':{'is':'a','accepts':['a']}}", "{'side':{'is':'b'}}"));
	/* Who says nothing is as the one who leads. */
	assert_true(party_meets(near, "{'level':10}", NULL, "{'level':10}"));
	assert_true(party_meets(near, "{}", "{'level':20}", "{'level':20}"));
}

static void
interests_of_a_party_are_those_of_all(void **state)
{
	const char *share = "{ name = \"interests\"; kind = \"share\"; }";

	(void)state;
	assert_true(party_meets(share, "{'interests':['tea']}", "{'interests':['chess']}", "{'interests':['chess','tea']}"));
	assert_false(party_meets(share, "{'interests':['tea']}", NULL, "{'interests':['chess']}"));
}

static void
a_party_is_what_the_least_of_it_is(void **state)
{
	(void)state;
	/* Ann has an account, bob is a guest: they are for guests. */
	assert_true(party_meets("{ name = \"kind\"; kind = \"equal\"; from = \"kind\"; hard = true; }", "{}", NULL, "{}"));
}

static void
who_of_a_party_waits_again_does_so_with_wishes_of_its_own(void **state)
{
	struct fixture *f = begin(SQUADS("{ name = \"level\"; kind = \"near\"; window = 5; hard = true; }"));
	struct wh_session *who[6];
	char match[256];

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		who[i] = wh_test_session(f->t, (const char *[]){ "ann", "bob", "eve", "fay", "gus", "hal" }[i], "guest");
	party_of_two(f, who[0], who[1], "{'level':20}");
	assert_call(f, who[0], "match.enqueue", "{'queue':'squad','attributes':{'level':20}}", WH_OK);
	assert_call(f, who[2], "match.enqueue", "{'queue':'squad','attributes':{'level':20}}", WH_OK);
	assert_call(f, who[3], "match.enqueue", "{'queue':'squad','attributes':{'level':20}}", WH_OK);
	wh_member_of(wh_heard(who[1], "'match.started'"), "match", match);
	assert_int_equal(on(f, who[1], "match.next", match, NULL)->err, WH_OK);
	assert_non_null(strstr(call(f, who[1], "match.status", NULL)->json, "\"state\":\"waiting\""));
	end(f);
}

static void
a_party_that_does_not_wait_is_there_after_the_hub_died(void **state)
{
	struct fixture *f = begin(SQUADS("{ name = \"level\"; kind = \"near\"; window = 1; hard = true; }"));
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");

	(void)state;
	party_of_two(f, ann, bob, "{'level':20}");
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_call(f, ann, "match.party", "{}", WH_EEXIST);
	assert_call(f, bob, "match.enqueue", "{'queue':'squad','attributes':{'level':10}}", WH_EPERM);
	assert_call(f, ann, "match.enqueue", "{'queue':'squad','attributes':{'level':12}}", WH_OK);
	/* Who left is not of it again. */
	assert_call(f, ann, "match.cancel", "{'queue':'squad'}", WH_OK);
	assert_call(f, bob, "match.unparty", NULL, WH_OK);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_call(f, bob, "match.unparty", NULL, WH_ENOENT);
	assert_call(f, ann, "match.unparty", NULL, WH_OK);
	party_of_two(f, ann, bob, "{'level':20}");
	assert_call(f, ann, "match.enqueue", "{'queue':'squad','attributes':{'level':12}}", WH_OK);
	assert_true(meets_two(f, ann, "guest", "{'level':18}"));
}

static void
a_party_that_waits_is_the_same_after_the_hub_died(void **state)
{
	struct fixture *f = begin(SQUADS("{ name = \"level\"; kind = \"near\"; window = 1; hard = true; }"));
	struct wh_session *ann = wh_test_session(f->t, "ann", "guest"), *bob = wh_test_session(f->t, "bob", "guest");

	(void)state;
	party_of_two(f, ann, bob, "{'level':20}");
	assert_call(f, ann, "match.enqueue", "{'queue':'squad','attributes':{'level':10}}", WH_OK);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	/* Its wishes can be changed still. */
	assert_call(f, ann, "match.update", "{'queue':'squad','attributes':{'level':12}}", WH_OK);
	assert_true(meets_two(f, ann, "guest", "{'level':18}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_party_is_matched_together),
		cmocka_unit_test(who_leaves_the_party_takes_it_out_of_the_queue),
		cmocka_unit_test(a_party_that_does_not_agree_is_told_so),
		cmocka_unit_test(what_a_party_wants_is_put_together_from_all_of_it),
		cmocka_unit_test(interests_of_a_party_are_those_of_all),
		cmocka_unit_test(a_party_is_what_the_least_of_it_is),
		cmocka_unit_test(who_of_a_party_waits_again_does_so_with_wishes_of_its_own),
		cmocka_unit_test(a_party_that_does_not_wait_is_there_after_the_hub_died),
		cmocka_unit_test(a_party_that_waits_is_the_same_after_the_hub_died),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
