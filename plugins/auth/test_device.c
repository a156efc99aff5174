/* Devices: bearer tokens and cookies, refreshing, revoking, and what survives the hub. */
#include "testing_auth.h"

#define LOGIN "{'name':'ann','password':'pass phrase 1'}"

struct tokens {
	char token[256], refresh[256], device[256];
};

static struct tokens
signed_in(struct fixture *f, struct wh_session *s)
{
	const struct wh_test_answer *answer = call(f, s, "auth.login", LOGIN);
	struct tokens t;

	wh_member(answer, "token", t.token);
	wh_member(answer, "refresh", t.refresh);
	wh_member(answer, "device", t.device);
	return t;
}

/* A credential that is shown, to the end of its hold. */
static const struct wh_test_answer *
shown(struct fixture *f, struct wh_session *s, const char *bearer, const char *cookie)
{
	const struct wh_test_answer *answer = wh_test_credential(f->t, s, bearer, cookie, NULL);

	wh_test_settle(f->t);
	return answer;
}

static void
a_token_opens_a_session(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *a = wh_test_session(f->t, "a", "guest"), *b = wh_test_session(f->t, "b", "guest");
	struct tokens t;

	(void)state;
	registered(f, "ann");
	t = signed_in(f, wh_test_session(f->t, "x", "guest"));
	assert_int_equal(shown(f, a, t.token, NULL)->err, WH_OK);
	assert_true(is_account(f, a));
	assert_true(has_role(f, a, "member"));
	/* The second time the cache knows it: nothing is held. */
	assert_int_equal(wh_test_credential(f->t, b, t.token, NULL, NULL)->err, WH_OK);
	assert_true(is_account(f, b));
	end(f);
}

static void
a_token_that_nobody_gave_out_opens_nothing(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "a", "guest");
	struct tokens t;

	(void)state;
	registered(f, "ann");
	t = signed_in(f, wh_test_session(f->t, "x", "guest"));
	assert_int_equal(shown(f, s, t.refresh, NULL)->err, WH_EAUTH);
	assert_int_equal(shown(f, s, "whs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA000000", NULL)->err, WH_EAUTH);
	assert_int_equal(shown(f, s, "rubbish", NULL)->err, WH_EAUTH);
	assert_false(is_account(f, s));
	end(f);
}

static void
a_token_ends_with_its_time_and_is_refreshed(void **state)
{
	struct fixture *f = begin("token_time = \"10m\";");
	struct wh_session *s = wh_test_session(f->t, "a", "guest"), *x = wh_test_session(f->t, "x", "guest");
	struct tokens t;
	char args[300], fresh[256];

	(void)state;
	registered(f, "ann");
	t = signed_in(f, x);
	wh_test_advance(f->t, 601000);
	assert_int_equal(shown(f, s, t.token, NULL)->err, WH_EAUTH);
	/* The socket that was open stays. */
	assert_int_equal(wh_test_closed(x, NULL), 0);
	snprintf(args, sizeof args, "{'refresh':'%s'}", t.refresh);
	wh_member(call(f, s, "auth.refresh", args), "token", fresh);
	assert_int_equal(shown(f, s, fresh, NULL)->err, WH_OK);
	assert_true(is_account(f, s));
	end(f);
}

static void
a_refresh_token_answers_the_same_within_the_grace(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "a", "guest");
	struct tokens t;
	char args[300], first[256], again[256];

	(void)state;
	registered(f, "ann");
	t = signed_in(f, wh_test_session(f->t, "x", "guest"));
	snprintf(args, sizeof args, "{'refresh':'%s'}", t.refresh);
	wh_member(call(f, s, "auth.refresh", args), "refresh", first);
	wh_test_advance(f->t, 5000);
	wh_member(call(f, s, "auth.refresh", args), "refresh", again);
	assert_string_equal(first, again);
	assert_string_not_equal(first, t.refresh);
	end(f);
}

static void
two_that_refresh_at_once_get_the_same(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "a", "guest");
	const struct wh_test_answer *one, *two;
	struct tokens t;
	char args[300];

	(void)state;
	registered(f, "ann");
	t = signed_in(f, wh_test_session(f->t, "x", "guest"));
	snprintf(args, sizeof args, "{\"refresh\":\"%s\"}", t.refresh);
	one = wh_test_call(f->t, s, "auth.refresh", args);
	two = wh_test_call(f->t, s, "auth.refresh", args);
	wh_test_settle(f->t);
	assert_int_equal(one->err, WH_OK);
	assert_string_equal(one->json, two->json);
	end(f);
}

static void
a_refresh_token_that_comes_back_late_revokes_the_family(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "a", "guest"), *x = wh_test_session(f->t, "x", "guest");
	struct tokens t;
	char args[300], fresh[256];

	(void)state;
	registered(f, "ann");
	t = signed_in(f, x);
	snprintf(args, sizeof args, "{'refresh':'%s'}", t.refresh);
	wh_member(call(f, s, "auth.refresh", args), "token", fresh);
	wh_test_advance(f->t, 11000);
	assert_call(f, s, "auth.refresh", args, WH_EAUTH);
	assert_int_equal(shown(f, s, fresh, NULL)->err, WH_EAUTH);
	assert_int_equal(wh_test_closed(x, NULL), 4003);
	assert_non_null(strstr(f->audit, "auth.refresh_reused"));
	end(f);
}

static void
revoking_a_device_closes_its_sockets_only(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *a = wh_test_session(f->t, "a", "guest"), *b = wh_test_session(f->t, "b", "guest"),
	    *c = wh_test_session(f->t, "c", "guest");
	struct tokens t;
	char args[300];

	(void)state;
	t = signed_in(f, a);
	assert_int_equal(shown(f, b, t.token, NULL)->err, WH_OK);
	assert_non_null(strstr(call(f, ann, "auth.devices", NULL)->json, t.device));
	snprintf(args, sizeof args, "{'device':'%s'}", t.device);
	assert_call(f, ann, "auth.revoke", args, WH_OK);
	assert_call(f, ann, "auth.revoke", args, WH_ENOENT);
	assert_int_equal(wh_test_closed(a, NULL), 4003);
	assert_int_equal(wh_test_closed(b, NULL), 4003);
	assert_int_equal(wh_test_closed(ann, NULL), 0);
	/* The cache forgot it too. */
	assert_int_equal(shown(f, c, t.token, NULL)->err, WH_EAUTH);
	end(f);
}

static void
nobody_revokes_anothers_device(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *bob, *a = wh_test_session(f->t, "a", "guest");
	struct tokens t;
	char args[300];

	(void)state;
	registered(f, "ann");
	bob = registered(f, "bob");
	t = signed_in(f, a);
	snprintf(args, sizeof args, "{'device':'%s'}", t.device);
	assert_call(f, bob, "auth.revoke", args, WH_ENOENT);
	assert_int_equal(wh_test_closed(a, NULL), 0);
	assert_null(strstr(call(f, bob, "auth.devices", NULL)->json, t.device));
	end(f);
}

static void
revoking_all_and_logging_out_close_the_caller_after_its_answer(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *a = wh_test_session(f->t, "a", "guest"), *b = wh_test_session(f->t, "b", "guest");

	(void)state;
	signed_in(f, a);
	signed_in(f, b);
	assert_call(f, a, "auth.logout", NULL, WH_OK);
	assert_int_equal(wh_test_closed(a, NULL), 4003);
	assert_int_equal(wh_test_closed(b, NULL), 0);
	assert_call(f, ann, "auth.revoke_all", NULL, WH_OK);
	assert_int_equal(wh_test_closed(b, NULL), 4003);
	assert_int_equal(wh_test_closed(ann, NULL), 4003);
	end(f);
}

static void
a_device_survives_the_hub_and_what_was_revoked_meanwhile_does_not(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *a = wh_test_session(f->t, "a", "guest"), *x = wh_test_session(f->t, "x", "guest");
	struct tokens t, other;
	char args[300];

	(void)state;
	t = signed_in(f, a);
	other = signed_in(f, x);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_true(is_account(f, a));
	assert_non_null(strstr(call(f, a, "auth.whoami", NULL)->json, t.device));
	snprintf(args, sizeof args, "{'device':'%s'}", other.device);
	assert_call(f, ann, "auth.revoke", args, WH_OK);
	assert_int_equal(wh_test_closed(x, NULL), 4003);
	assert_int_equal(wh_test_closed(a, NULL), 0);
	end(f);
}

static void
an_open_socket_is_signed_in_with_a_token(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "a", "guest");
	struct tokens t;
	char args[300];

	(void)state;
	registered(f, "ann");
	t = signed_in(f, wh_test_session(f->t, "x", "guest"));
	snprintf(args, sizeof args, "{'token':'%s'}", t.token);
	assert_call(f, s, "auth.use", args, WH_OK);
	assert_true(is_account(f, s));
	assert_call(f, s, "auth.use", "{'token':'whs_nonsense'}", WH_EAUTH);
	end(f);
}

static void
a_device_that_is_not_used_ends_and_one_with_a_socket_does_not(void **state)
{
	struct fixture *f = begin("session_time = \"1h\"; token_time = \"30m\";");
	struct wh_session *a = wh_test_session(f->t, "a", "guest"), *b = wh_test_session(f->t, "b", "guest"), *c = wh_test_session(f->t, "c", "guest");
	struct tokens open, lost;
	char args[300];

	(void)state;
	registered(f, "ann");
	open = signed_in(f, a);
	lost = signed_in(f, b);
	wh_test_leave_server(f->t, b);
	for (unsigned i = 0; i < 130; i++) {
		wh_test_advance(f->t, 60000);
		wh_test_settle(f->t);
	}
	assert_int_equal(wh_test_closed(a, NULL), 0);
	snprintf(args, sizeof args, "{'refresh':'%s'}", lost.refresh);
	assert_call(f, c, "auth.refresh", args, WH_EAUTH);
	snprintf(args, sizeof args, "{'refresh':'%s'}", open.refresh);
	assert_call(f, c, "auth.refresh", args, WH_OK);
	end(f);
}

static void
a_cookie_that_nobody_knows_makes_a_guest(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "a", "guest");
	struct tokens t;
	char cookie[300];

	(void)state;
	registered(f, "ann");
	t = signed_in(f, wh_test_session(f->t, "x", "guest"));
	assert_int_equal(shown(f, s, NULL, "a=b; __Host-whiply=rubbish; c=d")->err, WH_OK);
	/* An access token is no cookie. */
	snprintf(cookie, sizeof cookie, "__Host-whiply=%s", t.token);
	assert_int_equal(shown(f, s, NULL, cookie)->err, WH_OK);
	assert_false(is_account(f, s));
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_opens_a_session),
		cmocka_unit_test(a_token_that_nobody_gave_out_opens_nothing),
		cmocka_unit_test(a_token_ends_with_its_time_and_is_refreshed),
		cmocka_unit_test(a_refresh_token_answers_the_same_within_the_grace),
		cmocka_unit_test(two_that_refresh_at_once_get_the_same),
		cmocka_unit_test(a_refresh_token_that_comes_back_late_revokes_the_family),
		cmocka_unit_test(revoking_a_device_closes_its_sockets_only),
		cmocka_unit_test(nobody_revokes_anothers_device),
		cmocka_unit_test(revoking_all_and_logging_out_close_the_caller_after_its_answer),
		cmocka_unit_test(a_device_survives_the_hub_and_what_was_revoked_meanwhile_does_not),
		cmocka_unit_test(an_open_socket_is_signed_in_with_a_token),
		cmocka_unit_test(a_device_that_is_not_used_ends_and_one_with_a_socket_does_not),
		cmocka_unit_test(a_cookie_that_nobody_knows_makes_a_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
