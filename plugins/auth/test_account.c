/* Accounts: registration in its four kinds, names, and what moderators do. */
#include "testing_auth.h"

static void
a_guest_that_registers_keeps_its_session_and_rooms(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "ann", "guest");
	wh_id id = wh_session_id(wh_test_host(f->t), s);

	(void)state;
	assert_int_equal(wh_test_join(f->t, s, "lobby")->err, WH_OK);
	assert_call(f, s, "auth.register", "{'name':'Ann','password':'pass phrase 1'}", WH_OK);
	assert_true(is_account(f, s));
	assert_true(has_role(f, s, "member"));
	assert_true(wh_session_id(wh_test_host(f->t), s) == id);
	assert_true(wh_room_has(wh_test_host(f->t), wh_room_find(wh_test_host(f->t), WH_STR("lobby")), s));
	end(f);
}

static void
names_that_differ_only_by_look_belong_to_the_first(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	registered(f, "Paypal");
	assert_call(f, s, "auth.register", "{'name':'PAYPAL','password':'pass phrase 1'}", WH_EEXIST);
	assert_call(f, s, "auth.register", "{'name':'PaypaI','password':'pass phrase 1'}", WH_EEXIST);
	assert_call(f, s, "auth.register", "{'name':'\\uff30aypal','password':'pass phrase 1'}", WH_EEXIST);
	assert_call(f, s, "auth.register", "{'name':'Paypal2','password':'pass phrase 1'}", WH_OK);
	end(f);
}

static void
a_taken_name_is_refused_with_free_ones(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");
	const struct wh_test_answer *answer;
	char name[64], args[256];
	const char *at;

	(void)state;
	registered(f, "ann");
	answer = call(f, s, "auth.register", "{'name':'ann','password':'pass phrase 1'}");
	assert_int_equal(answer->err, WH_EEXIST);
	at = strstr(answer->why, "free are ");
	assert_non_null(at);
	snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 9, ","), at + 9);
	snprintf(args, sizeof args, "{'name':'%s','password':'pass phrase 1'}", name);
	assert_call(f, s, "auth.register", args, WH_OK);
	end(f);
}

static void
reserved_names_are_nobodys(void **state)
{
	static const char *const reserved[] = { "admin", "ADMIN", "adrnin", "Moderator", "guest-1234", "chef",
		/* Ids, of an account and of a guest. */
		"a4bcdefghijklmnop", "A4BCDEFGHIJKLMNOP", "gQ2xZ_a-b3cD4eF5h" };
	struct fixture *f = begin("reserved = [ \"chef\" ];");
	struct wh_session *s = wh_test_session(f->t, "x", "guest");
	char args[256];

	(void)state;
	for (size_t i = 0; i < COUNT(reserved); i++) {
		snprintf(args, sizeof args, "{'name':'%s','password':'pass phrase 1'}", reserved[i]);
		assert_call(f, s, "auth.register", args, WH_EEXIST);
		snprintf(args, sizeof args, "{'name':'%s'}", reserved[i]);
		assert_non_null(strstr(call(f, s, "auth.available", args)->json, "\"available\":false"));
		wh_test_advance(f->t, 20000);
	}
	assert_false(is_account(f, s));
	end(f);
}

static void
weak_passwords_are_refused(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	assert_call(f, s, "auth.register", "{'name':'ann','password':'short'}", WH_EINVAL);
	assert_call(f, s, "auth.register", "{'name':'ann','password':'password123'}", WH_EINVAL);
	assert_call(f, s, "auth.register", "{'name':'annannann','password':'annannann'}", WH_EINVAL);
	end(f);
}

static void
an_invitation_lets_as_many_in_as_it_says(void **state)
{
	struct fixture *f = begin("registration = \"invitation\";");
	struct wh_session *mod = wh_test_session(f->t, "mod", "moderator"), *a = wh_test_session(f->t, "a", "guest"),
	    *b = wh_test_session(f->t, "b", "guest");
	char token[256], args[512];

	(void)state;
	assert_call(f, a, "auth.register", "{'name':'ann','password':'pass phrase 1'}", WH_EPERM);
	wh_member(call(f, mod, "auth.invite", "{'uses':1}"), "invitation", token);
	snprintf(args, sizeof args, "{'name':'ann','password':'pass phrase 1','invitation':'%s'}", token);
	assert_call(f, a, "auth.register", args, WH_OK);
	snprintf(args, sizeof args, "{'name':'bob','password':'pass phrase 1','invitation':'%s'}", token);
	assert_call(f, b, "auth.register", args, WH_EPERM);
	assert_non_null(strstr(call(f, b, "auth.available", "{'name':'bob'}")->json, "true"));
	end(f);
}

static void
an_invitation_ends_with_its_time(void **state)
{
	struct fixture *f = begin("registration = \"invitation\";");
	struct wh_session *mod = wh_test_session(f->t, "mod", "moderator"), *a = wh_test_session(f->t, "a", "guest");
	char token[256], args[512];

	(void)state;
	wh_member(call(f, mod, "auth.invite", "{'expires':'2m'}"), "invitation", token);
	wh_test_advance(f->t, 121000);
	snprintf(args, sizeof args, "{'name':'ann','password':'pass phrase 1','invitation':'%s'}", token);
	assert_call(f, a, "auth.register", args, WH_EPERM);
	end(f);
}

static void
an_account_waits_for_approval(void **state)
{
	struct fixture *f = begin("registration = \"approval\";");
	struct wh_session *mod = wh_test_session(f->t, "mod", "moderator"), *a = wh_test_session(f->t, "a", "guest");

	(void)state;
	assert_non_null(strstr(call(f, a, "auth.register", "{'name':'ann','password':'pass phrase 1'}")->json, "pending"));
	assert_false(is_account(f, a));
	assert_call(f, a, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_EPERM);
	assert_call(f, a, "auth.approve", "{'name':'ann'}", WH_EPERM);
	assert_non_null(strstr(call(f, mod, "auth.accounts", "{'state':'pending'}")->json, "\"ann\""));
	assert_call(f, mod, "auth.approve", "{'name':'ann'}", WH_OK);
	assert_call(f, mod, "auth.approve", "{'name':'ann'}", WH_ESTATE);
	assert_call(f, a, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	end(f);
}

static void
a_denied_name_is_free_again(void **state)
{
	struct fixture *f = begin("registration = \"approval\";");
	struct wh_session *mod = wh_test_session(f->t, "mod", "moderator"), *a = wh_test_session(f->t, "a", "guest");

	(void)state;
	assert_call(f, a, "auth.register", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	assert_call(f, mod, "auth.deny", "{'name':'ann'}", WH_OK);
	assert_call(f, a, "auth.register", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	end(f);
}

static void
nobody_registers_where_it_is_closed(void **state)
{
	struct fixture *f = begin("registration = \"closed\";");

	(void)state;
	assert_call(f, wh_test_session(f->t, "a", "guest"), "auth.register", "{'name':'ann','password':'pass phrase 1'}", WH_EPERM);
	end(f);
}

static void
one_address_makes_only_so_many_accounts(void **state)
{
	struct fixture *f = begin("registrations = 2;");
	struct wh_session *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	registered(f, "ann");
	registered(f, "bob");
	assert_call(f, s, "auth.register", "{'name':'cat','password':'pass phrase 1'}", WH_EFAST);
	wh_test_advance(f->t, 3600000);
	assert_call(f, s, "auth.register", "{'name':'cat','password':'pass phrase 1'}", WH_OK);
	end(f);
}

static void
a_name_that_was_given_up_rests(void **state)
{
	struct fixture *f = begin("name_rest = \"10m\";");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	assert_call(f, ann, "auth.rename", "{'to':'anne'}", WH_OK);
	assert_int_equal(wh_session_identity(wh_test_host(f->t), ann)->name.n, 4);
	assert_call(f, s, "auth.register", "{'name':'ann','password':'pass phrase 1'}", WH_EEXIST);
	assert_call(f, ann, "auth.rename", "{'to':'ann'}", WH_OK);
	assert_call(f, ann, "auth.rename", "{'to':'anne'}", WH_OK);
	wh_test_advance(f->t, 601000);
	assert_call(f, s, "auth.register", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	end(f);
}

static void
only_administrators_rename_others(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *bob = registered(f, "bob"), *admin = wh_test_session(f->t, "root-x", "admin");

	(void)state;
	registered(f, "ann");
	assert_call(f, bob, "auth.rename", "{'to':'zoe','name':'ann'}", WH_EPERM);
	assert_call(f, admin, "auth.rename", "{'to':'zoe','name':'ann'}", WH_OK);
	assert_call(f, bob, "auth.rename", "{'to':'zoe'}", WH_EEXIST);
	end(f);
}

static void
a_disabled_account_is_signed_out_and_stays_out(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest"), *admin = wh_test_session(f->t, "y", "admin");

	(void)state;
	assert_call(f, admin, "auth.disable", "{'name':'ann','why':'spam'}", WH_OK);
	assert_int_equal(wh_test_closed(ann, NULL), 4003);
	assert_call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_EPERM);
	assert_call(f, admin, "auth.enable", "{'name':'ann'}", WH_OK);
	assert_call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	assert_non_null(strstr(f->audit, "auth.disabled"));
	end(f);
}

static void
accounts_are_found_page_by_page(void **state)
{
	struct fixture *f = begin("registrations = 100;");
	struct wh_session *mod = wh_test_session(f->t, "mod", "moderator");
	const struct wh_test_answer *answer;
	char next[256], args[300], name[8];

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "p%c%c", 'a' + i, 'x');
		registered(f, name);
	}
	registered(f, "other");
	answer = call(f, mod, "auth.accounts", "{'query':'P','limit':3}");
	assert_null(strstr(answer->json, "pdx"));
	assert_null(strstr(answer->json, "other"));
	snprintf(args, sizeof args, "{'query':'p','limit':3,'after':'%s'}", wh_member(answer, "next", next));
	answer = call(f, mod, "auth.accounts", args);
	assert_non_null(strstr(answer->json, "pdx"));
	assert_null(strstr(answer->json, "next"));
	assert_null(strstr(call(f, mod, "auth.accounts", "{'query':'%'}")->json, "pax"));
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_that_registers_keeps_its_session_and_rooms),
		cmocka_unit_test(names_that_differ_only_by_look_belong_to_the_first),
		cmocka_unit_test(a_taken_name_is_refused_with_free_ones),
		cmocka_unit_test(reserved_names_are_nobodys),
		cmocka_unit_test(weak_passwords_are_refused),
		cmocka_unit_test(an_invitation_lets_as_many_in_as_it_says),
		cmocka_unit_test(an_invitation_ends_with_its_time),
		cmocka_unit_test(an_account_waits_for_approval),
		cmocka_unit_test(a_denied_name_is_free_again),
		cmocka_unit_test(nobody_registers_where_it_is_closed),
		cmocka_unit_test(one_address_makes_only_so_many_accounts),
		cmocka_unit_test(a_name_that_was_given_up_rests),
		cmocka_unit_test(only_administrators_rename_others),
		cmocka_unit_test(a_disabled_account_is_signed_out_and_stays_out),
		cmocka_unit_test(accounts_are_found_page_by_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
