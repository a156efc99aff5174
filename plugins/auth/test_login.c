/* Passwords: signing in, lockouts, bounded hashing, changing and resetting. */
#include "auth.h"
#include "testing_auth.h"

#define GOOD "{'name':'ann','password':'pass phrase 1'}"
#define BAD "{'name':'ann','password':'pass phrase 2'}"

static void
a_password_signs_in_however_the_name_is_written(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	registered(f, "Ann");
	assert_call(f, s, "auth.login", "{'name':'ANN','password':'pass phrase 1'}", WH_OK);
	assert_true(is_account(f, s));
	assert_non_null(strstr(f->audit, "auth.signed_in"));
	end(f);
}

static void
a_wrong_password_and_an_unknown_name_are_told_apart_by_nobody(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");
	const struct wh_test_answer *wrong, *unknown, *none;
	int64_t hashes;

	(void)state;
	registered(f, "ann");
	hashes = wh_test_metric(f->t, "whiply_auth_hash_seconds", NULL);
	wrong = call(f, s, "auth.login", BAD);
	unknown = call(f, s, "auth.login", "{'name':'zoe','password':'pass phrase 2'}");
	none = call(f, s, "auth.login", "{'name':'no name at all!','password':'pass phrase 2'}");
	assert_int_equal(wrong->err, WH_EAUTH);
	assert_int_equal(unknown->err, WH_EAUTH);
	assert_int_equal(none->err, WH_EAUTH);
	assert_string_equal(wrong->why, unknown->why);
	assert_string_equal(wrong->why, none->why);
	assert_int_equal(wh_test_metric(f->t, "whiply_auth_hash_seconds", NULL), hashes + 3);
	end(f);
}

static void
who_fails_too_often_waits_longer_and_longer(void **state)
{
	struct fixture *f = begin("tries = 3; lockout = \"10s\";");
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	registered(f, "ann");
	for (unsigned i = 0; i < 3; i++)
		assert_call(f, s, "auth.login", BAD, WH_EAUTH);
	assert_call(f, s, "auth.login", GOOD, WH_EFAST);
	assert_true(call(f, s, "auth.login", GOOD)->retry_ms <= 10000);
	wh_test_advance(f->t, 10000);
	assert_call(f, s, "auth.login", BAD, WH_EAUTH);
	wh_test_advance(f->t, 11000);
	assert_call(f, s, "auth.login", GOOD, WH_EFAST);
	wh_test_advance(f->t, 10000);
	assert_call(f, s, "auth.login", GOOD, WH_OK);
	assert_non_null(strstr(f->audit, "auth.lockout"));
	assert_true(wh_test_metric(f->t, "whiply_auth_lockouts_total", NULL) > 0);
	end(f);
}

static void
names_that_nobody_has_are_locked_alike(void **state)
{
	struct fixture *f = begin("tries = 2;");
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_call(f, s, "auth.login", "{'name':'zoe','password':'pass phrase 2'}", WH_EAUTH);
	assert_call(f, s, "auth.login", "{'name':'zoe','password':'pass phrase 2'}", WH_EFAST);
	end(f);
}

static void
a_guesser_locks_nobody_out_who_signed_in_before(void **state)
{
	struct fixture *f = begin("tries = 3;");
	struct auth *auth = wh_test_self(f->t);
	struct wh_str ann = WH_STR("ann"), home = WH_STR("1.home"), other = WH_STR("1.other"), cafe = WH_STR("1.cafe");
	char text[32];

	(void)state;
	lockout_attempt(auth, ann, home);
	lockout_succeeded(auth, ann, home);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(text, sizeof text, "1.bot%u", i);
		lockout_attempt(auth, ann, wh_str(text));
		lockout_failed(auth, ann, wh_str(text));
	}
	assert_int_equal(lockout_wait(auth, ann, home), 0);
	assert_int_equal(lockout_stranger(auth, ann, home), 0);
	/* A stranger to the account has to wait, but not for long, and not for another account. */
	assert_in_range(lockout_stranger(auth, ann, cafe), 1, 60000);
	assert_int_equal(lockout_stranger(auth, WH_STR("bob"), cafe), 0);
	/* An address that tries many accounts waits with all that it never signed in to. */
	for (unsigned i = 0; i < 50; i++) {
		snprintf(text, sizeof text, "name%u", i);
		lockout_failed(auth, wh_str(text), other);
	}
	assert_in_range(lockout_stranger(auth, WH_STR("bob"), other), 1, 60000);
	lockout_known(auth, WH_STR("bob"), other);
	assert_int_equal(lockout_stranger(auth, WH_STR("bob"), other), 0);
	end(f);
}

static void
attempts_that_are_not_answered_lock_nobody_out(void **state)
{
	struct fixture *f = begin("tries = 3; lockout = \"10s\";");
	struct auth *auth = wh_test_self(f->t);
	struct wh_str ann = WH_STR("ann"), home = WH_STR("1.home");

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(lockout_attempt(auth, ann, home), 0);
	/* A fourth waits for those, and nobody has failed. */
	assert_in_range(lockout_attempt(auth, ann, home), 1, 1000);
	assert_int_equal(lockout_wait(auth, ann, home), 0);
	lockout_succeeded(auth, ann, home);
	assert_int_equal(lockout_attempt(auth, ann, home), 0);
	/* Of three that are open and fail, the third locks; then there is one attempt after each wait. */
	assert_int_equal(lockout_failed(auth, ann, home), 0);
	assert_int_equal(lockout_failed(auth, ann, home), 0);
	assert_in_range(lockout_failed(auth, ann, home), 9000, 10000);
	wh_test_advance(f->t, 10000);
	assert_int_equal(lockout_wait(auth, ann, home), 0);
	assert_int_equal(lockout_attempt(auth, ann, home), 0);
	assert_in_range(lockout_attempt(auth, ann, home), 1, 1000);
	/* One that nobody answers is given up. */
	wh_test_advance(f->t, 60000);
	assert_int_equal(lockout_attempt(auth, ann, home), 0);
	end(f);
}

static void
who_waits_for_what_others_did_has_not_failed(void **state)
{
	struct fixture *f = begin("tries = 3; lockout = \"10m\";");
	struct wh_session *s = wh_test_session(f->t, "x", "guest"), *ann = registered(f, "ann");
	struct auth *auth = wh_test_self(f->t);
	char text[32];

	(void)state;
	assert_call(f, ann, "auth.revoke_all", NULL, WH_OK);
	memset(auth->lockouts.entries, 0, LOCKOUT_ENTRIES * sizeof *auth->lockouts.entries);
	for (unsigned i = 0; i < 30; i++) {
		snprintf(text, sizeof text, "1.bot%u", i);
		lockout_failed(auth, WH_STR("ann"), wh_str(text));
	}
	for (unsigned i = 0; i < 6; i++)
		assert_in_range(call(f, s, "auth.login", GOOD)->retry_ms, 1, 60000);
	wh_test_advance(f->t, 61000);
	assert_call(f, s, "auth.login", GOOD, WH_OK);
	end(f);
}

static void
the_count_of_an_account_survives_the_hub(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *s = wh_test_session(f->t, "x", "guest"), *ann = registered(f, "ann");
	struct auth *auth;

	(void)state;
	/* Where nobody is signed in from, every failure is a stranger's. */
	assert_call(f, ann, "auth.revoke_all", NULL, WH_OK);
	auth = wh_test_self(f->t);
	memset(auth->lockouts.entries, 0, LOCKOUT_ENTRIES * sizeof *auth->lockouts.entries);
	for (unsigned i = 0; i < 10; i++) {
		assert_call(f, s, "auth.login", BAD, WH_EAUTH);
		wh_test_advance(f->t, 61000);
	}
	assert_call(f, s, "auth.login", BAD, WH_EAUTH);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_call(f, s, "auth.login", GOOD, WH_EFAST);
	wh_test_advance(f->t, 61000);
	assert_call(f, s, "auth.login", GOOD, WH_OK);
	end(f);
}

static void
only_so_many_wait_for_a_hash_and_nobody_is_counted_for_that(void **state)
{
	struct fixture *f = begin("hashing = 4;");
	struct wh_session *s[8];
	const struct wh_test_answer *answer[8];
	unsigned busy = 0;
	char name[16];

	(void)state;
	registered(f, "ann");
	for (unsigned i = 0; i < 8; i++) {
		snprintf(name, sizeof name, "x%u", i);
		s[i] = wh_test_session(f->t, name, "guest");
		answer[i] = wh_test_call(f->t, s[i], "auth.login", "{\"name\":\"ann\",\"password\":\"pass phrase 1\"}");
		if (answer[i]->err == WH_EFAST) {
			busy++;
			assert_true(answer[i]->retry_ms > 0);
		}
	}
	assert_int_equal(busy, 4);
	wh_test_settle(f->t);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(answer[i]->err, WH_OK);
	assert_call(f, s[7], "auth.login", GOOD, WH_OK);
	assert_int_equal(wh_test_metric(f->t, "whiply_auth_hashing", NULL), 0);
	assert_int_equal(wh_test_metric(f->t, "whiply_auth_logins_total", "busy"), 4);
	end(f);
}

static void
a_hash_is_made_anew_when_the_cost_went_up(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	registered(f, "ann");
	assert_int_equal(wh_test_reload(f->t, "hash_memory = \"128KiB\"; hash_passes = 2;"), WH_OK);
	assert_call(f, s, "auth.login", GOOD, WH_OK);
	assert_int_equal(wh_test_reload(f->t, "hash_memory = \"128KiB\"; hash_passes = 2;"), WH_OK);
	assert_call(f, s, "auth.login", GOOD, WH_OK);
	assert_call(f, s, "auth.login", BAD, WH_EAUTH);
	end(f);
}

static void
a_new_password_signs_the_other_devices_out(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *other = wh_test_session(f->t, "y", "guest"), *s = wh_test_session(f->t, "x", "guest");
	char old[256], token[256], args[400];

	(void)state;
	wh_member(call(f, other, "auth.login", GOOD), "token", old);
	assert_call(f, ann, "auth.password", "{'old':'pass phrase 2','new':'another one 7'}", WH_EAUTH);
	assert_call(f, ann, "auth.password", "{'old':'pass phrase 1','new':'short'}", WH_EINVAL);
	wh_member(call(f, ann, "auth.password", "{'old':'pass phrase 1','new':'another one 7'}"), "token", token);
	assert_int_equal(wh_test_closed(other, NULL), 4003);
	assert_int_equal(wh_test_closed(ann, NULL), 0);
	assert_call(f, s, "auth.login", GOOD, WH_EAUTH);
	assert_call(f, s, "auth.login", "{'name':'ann','password':'another one 7'}", WH_OK);
	snprintf(args, sizeof args, "{'token':'%s'}", old);
	assert_call(f, wh_test_session(f->t, "z", "guest"), "auth.use", args, WH_EAUTH);
	snprintf(args, sizeof args, "{'token':'%s'}", token);
	assert_call(f, wh_test_session(f->t, "q", "guest"), "auth.use", args, WH_OK);
	end(f);
}

/* An account whose address is confirmed. */
static void
confirmed(struct fixture *f)
{
	struct wh_session *s = wh_test_session(f->t, "c", "guest");
	char token[128], args[256];

	assert_call(f, s, "auth.register", "{'name':'ann','password':'pass phrase 1','mail':'Ann@Example.org'}", WH_OK);
	assert_string_equal(f->to, "Ann@Example.org");
	snprintf(args, sizeof args, "{'token':'%s'}", letter_token(f, token));
	assert_call(f, s, "auth.confirm", args, WH_OK);
	assert_call(f, s, "auth.confirm", args, WH_EAUTH);
	assert_non_null(strstr(call(f, s, "auth.whoami", NULL)->json, "\"mail_confirmed\":true"));
}

static void
a_letter_makes_a_new_password_once(void **state)
{
	struct fixture *f = begin("site = \"https://chat.example.org/\";");
	struct wh_session *s = wh_test_session(f->t, "x", "guest"), *old = wh_test_session(f->t, "o", "guest");
	char token[128], args[400];

	(void)state;
	confirmed(f);
	assert_call(f, old, "auth.login", GOOD, WH_OK);
	assert_call(f, s, "auth.reset_begin", "{'account':'ann@example.org'}", WH_OK);
	assert_non_null(strstr(f->letter, "https://chat.example.org/auth/reset#whl_"));
	snprintf(args, sizeof args, "{'token':'%s','password':'another one 7'}", letter_token(f, token));
	assert_call(f, s, "auth.reset", args, WH_OK);
	assert_int_equal(wh_test_closed(old, NULL), 4003);
	assert_call(f, s, "auth.reset", args, WH_EAUTH);
	assert_call(f, s, "auth.login", GOOD, WH_EAUTH);
	assert_call(f, s, "auth.login", "{'name':'ann','password':'another one 7'}", WH_OK);
	end(f);
}

static void
a_link_ends_with_its_time(void **state)
{
	struct fixture *f = begin("link_time = \"5m\";");
	struct wh_session *s = wh_test_session(f->t, "x", "guest");
	char token[128], args[400];

	(void)state;
	confirmed(f);
	assert_call(f, s, "auth.reset_begin", "{'account':'ann'}", WH_OK);
	wh_test_advance(f->t, 301000);
	snprintf(args, sizeof args, "{'token':'%s','password':'another one 7'}", letter_token(f, token));
	assert_call(f, s, "auth.reset", args, WH_EAUTH);
	end(f);
}

static void
a_confirming_link_is_no_resetting_one(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");
	char token[128], args[400];

	(void)state;
	assert_call(f, s, "auth.register", "{'name':'ann','password':'pass phrase 1','mail':'ann@example.org'}", WH_OK);
	snprintf(args, sizeof args, "{'token':'%s','password':'another one 7'}", letter_token(f, token));
	assert_call(f, s, "auth.reset", args, WH_EAUTH);
	end(f);
}

static void
asking_for_a_letter_says_nothing_of_accounts(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");
	const struct wh_test_answer *known, *unknown, *unconfirmed;
	unsigned letters;

	(void)state;
	confirmed(f);
	registered(f, "bob");
	letters = f->letters;
	unknown = wh_test_call(f->t, s, "auth.reset_begin", "{\"account\":\"zoe\"}");
	unconfirmed = wh_test_call(f->t, s, "auth.reset_begin", "{\"account\":\"bob\"}");
	known = wh_test_call(f->t, s, "auth.reset_begin", "{\"account\":\"ann\"}");
	/* All are answered at once, before anything is looked up. */
	assert_int_equal(known->err, WH_OK);
	assert_int_equal(unknown->err, WH_OK);
	assert_string_equal(known->json, unknown->json);
	assert_string_equal(known->json, unconfirmed->json);
	wh_test_settle(f->t);
	assert_int_equal(f->letters, letters + 1);
	end(f);
}

static void
nobody_is_flooded_with_letters(void **state)
{
	struct fixture *f = begin(NULL);
	unsigned letters;
	char name[8];

	(void)state;
	confirmed(f);
	letters = f->letters;
	for (unsigned i = 0; i < 10; i++) {
		snprintf(name, sizeof name, "x%u", i);
		assert_call(f, wh_test_session(f->t, name, "guest"), "auth.reset_begin", "{'account':'ann'}", WH_OK);
	}
	assert_int_equal(f->letters, letters + 3);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_signs_in_however_the_name_is_written),
		cmocka_unit_test(a_wrong_password_and_an_unknown_name_are_told_apart_by_nobody),
		cmocka_unit_test(who_fails_too_often_waits_longer_and_longer),
		cmocka_unit_test(names_that_nobody_has_are_locked_alike),
		cmocka_unit_test(a_guesser_locks_nobody_out_who_signed_in_before),
		cmocka_unit_test(attempts_that_are_not_answered_lock_nobody_out),
		cmocka_unit_test(who_waits_for_what_others_did_has_not_failed),
		cmocka_unit_test(the_count_of_an_account_survives_the_hub),
		cmocka_unit_test(only_so_many_wait_for_a_hash_and_nobody_is_counted_for_that),
		cmocka_unit_test(a_hash_is_made_anew_when_the_cost_went_up),
		cmocka_unit_test(a_new_password_signs_the_other_devices_out),
		cmocka_unit_test(a_letter_makes_a_new_password_once),
		cmocka_unit_test(a_link_ends_with_its_time),
		cmocka_unit_test(a_confirming_link_is_no_resetting_one),
		cmocka_unit_test(asking_for_a_letter_says_nothing_of_accounts),
		cmocka_unit_test(nobody_is_flooded_with_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
