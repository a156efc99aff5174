/* Guests: names that are nobody's, tokens that bring the same guest back, and servers without guests. */
#include "testing_auth.h"

static struct wh_str
id_of(struct fixture *f, struct wh_session *s)
{
	return wh_session_identity(wh_test_host(f->t), s)->id;
}

static struct wh_str
name_of(struct fixture *f, struct wh_session *s)
{
	return wh_session_identity(wh_test_host(f->t), s)->name;
}

static void
a_token_brings_the_same_guest_back(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *a = wh_test_session(f->t, "a", "guest"), *b = wh_test_session(f->t, "b", "guest"), *c = wh_test_session(f->t, "c", "guest");
	char token[256], args[400];

	(void)state;
	wh_member(call(f, a, "auth.guest", "{'name':'Zed'}"), "token", token);
	assert_true(wh_str_is(name_of(f, a), "Zed"));
	snprintf(args, sizeof args, "{'token':'%s'}", token);
	assert_call(f, b, "auth.guest", args, WH_OK);
	assert_true(wh_str_eq(id_of(f, a), id_of(f, b)));
	assert_true(wh_str_is(name_of(f, b), "Zed"));
	wh_test_credential(f->t, c, token, NULL, NULL);
	wh_test_settle(f->t);
	assert_true(wh_str_eq(id_of(f, a), id_of(f, c)));
	assert_true(wh_str_is(name_of(f, c), "Zed"));
	end(f);
}

static void
a_guests_token_can_be_neither_forged_nor_kept_for_ever(void **state)
{
	struct fixture *f = begin("guest_time = \"10m\";");
	struct wh_session *a = wh_test_session(f->t, "a", "guest"), *b = wh_test_session(f->t, "b", "guest");
	char token[256], bad[256], args[400];

	(void)state;
	wh_member(call(f, a, "auth.guest", NULL), "token", token);
	for (size_t i = 4; i < strlen(token); i += 5) {
		memcpy(bad, token, sizeof bad);
		bad[i] = bad[i] == 'B' ? 'C' : 'B';
		snprintf(args, sizeof args, "{'token':'%s'}", bad);
		assert_call(f, b, "auth.guest", args, WH_EAUTH);
		assert_int_equal(wh_test_credential(f->t, b, bad, NULL, NULL)->err, WH_EAUTH);
		wh_test_advance(f->t, 1000);
	}
	wh_test_advance(f->t, 601000);
	snprintf(args, sizeof args, "{'token':'%s'}", token);
	assert_call(f, b, "auth.guest", args, WH_EAUTH);
	end(f);
}

static void
a_guest_may_not_be_called_like_an_account(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	registered(f, "Bill");
	assert_call(f, s, "auth.guest", "{'name':'bill'}", WH_EEXIST);
	assert_call(f, s, "auth.guest", "{'name':'biII'}", WH_EEXIST);
	assert_call(f, s, "auth.guest", "{'name':'admin'}", WH_EEXIST);
	assert_call(f, s, "auth.guest", "{'name':'a b'}", WH_EINVAL);
	assert_call(f, s, "auth.guest", "{'name':'will'}", WH_OK);
	end(f);
}

static void
a_guest_loses_its_name_to_an_account(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *a = wh_test_session(f->t, "a", "guest"), *b = wh_test_session(f->t, "b", "guest"), *c = wh_test_session(f->t, "c", "guest");
	char token[256], args[400];

	(void)state;
	wh_member(call(f, a, "auth.guest", "{'name':'Zed'}"), "token", token);
	registered(f, "zed");
	wh_test_credential(f->t, b, token, NULL, NULL);
	wh_test_settle(f->t);
	assert_true(wh_str_starts(name_of(f, b), WH_STR("guest-")));
	snprintf(args, sizeof args, "{'token':'%s'}", token);
	assert_call(f, c, "auth.guest", args, WH_OK);
	assert_true(wh_str_eq(id_of(f, b), id_of(f, c)) && wh_str_eq(name_of(f, b), name_of(f, c)));
	snprintf(args, sizeof args, "{'token':'%s','name':'Zed'}", token);
	assert_call(f, c, "auth.guest", args, WH_EEXIST);
	end(f);
}

static enum wh_err
other_run(void *self, struct wh_call *call)
{
	(void)self;
	(void)call;
	return WH_OK;
}

static const struct wh_command others[] = {
	{ "chat.say", NULL, WH_ALLOW_GUEST, .run = other_run, .help = "say" },
	{ "session.name", NULL, WH_ALLOW_GUEST, .run = other_run, .help = "name" },
	{ 0 }
};

static void
without_guests_only_signing_in_is_left(void **state)
{
	struct fixture *f = begin("guests = false;");
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	wh_test_other_commands(f->t, others, NULL);
	assert_call(f, s, "chat.say", NULL, WH_EAUTH);
	assert_call(f, s, "auth.guest", NULL, WH_EPERM);
	assert_call(f, s, "auth.register", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	assert_call(f, s, "chat.say", NULL, WH_OK);
	end(f);
}

static void
a_guests_name_is_chosen_in_one_place(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	wh_test_other_commands(f->t, others, NULL);
	assert_call(f, s, "session.name", NULL, WH_ENOTSUP);
	assert_call(f, s, "chat.say", NULL, WH_OK);
	end(f);
}

static void
guests_have_names_as_irc_knows_them_and_nobodys_in_disguise(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *a = wh_test_session(f->t, "a", "guest"), *b = wh_test_session(f->t, "b", "guest");
	static const char *const good[] = { "bob_", "_bob_", "[bob]", "bob|away", "{bob}", "^bob^", "b`o`b", "b[o]b", "\u00e4nne_" };
	static const char *const bad[] = { "[ann]", "ann_", "a[n]n", "admin_", "[nickserv]", "___", "[]", "b o", "bob!", "b..o_", "[b\u0430b]" };
	char args[100], token[256];

	(void)state;
	assert_call(f, b, "auth.register", "{'name':'ann','password':'a long enough one'}", WH_OK);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(args, sizeof args, "{'name':'%s'}", good[i]);
		wh_member(call(f, a, "auth.guest", args), "token", token);
		wh_test_advance(f->t, 10000);
	}
	assert_true(wh_str_starts(name_of(f, a), WH_STR("\xc3\xa4nne_")));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(args, sizeof args, "{'name':'%s'}", bad[i]);
		assert_int_not_equal(call(f, a, "auth.guest", args)->err, WH_OK);
		wh_test_advance(f->t, 10000);
	}
	/* The token has it, too. */
	snprintf(args, sizeof args, "{'name':'[bob]'}");
	wh_member(call(f, a, "auth.guest", args), "token", token);
	b = wh_test_session(f->t, "c", "guest");
	wh_test_credential(f->t, b, token, NULL, NULL);
	wh_test_settle(f->t);
	assert_true(wh_str_is(name_of(f, b), "[bob]"));
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_brings_the_same_guest_back),
		cmocka_unit_test(a_guests_token_can_be_neither_forged_nor_kept_for_ever),
		cmocka_unit_test(a_guest_may_not_be_called_like_an_account),
		cmocka_unit_test(a_guest_loses_its_name_to_an_account),
		cmocka_unit_test(without_guests_only_signing_in_is_left),
		cmocka_unit_test(a_guests_name_is_chosen_in_one_place),
		cmocka_unit_test(guests_have_names_as_irc_knows_them_and_nobodys_in_disguise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
