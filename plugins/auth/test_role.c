/* Grants: who may give what, what reaches live sessions, what ends; the first administrator; the service "accounts". */
#include "testing_auth.h"

static void
a_grant_reaches_live_sessions_at_once(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *admin = wh_test_session(f->t, "y", "admin");

	(void)state;
	assert_call(f, admin, "auth.grant", "{'name':'ann','role':'moderator','why':'helps'}", WH_OK);
	assert_true(has_role(f, ann, "moderator"));
	assert_true(has_role(f, ann, "member"));
	assert_call(f, admin, "auth.ungrant", "{'name':'ann','role':'moderator'}", WH_OK);
	assert_false(has_role(f, ann, "moderator"));
	assert_call(f, admin, "auth.ungrant", "{'name':'ann','role':'moderator'}", WH_ENOENT);
	assert_non_null(strstr(f->audit, "auth.granted"));
	end(f);
}

static void
a_grant_ends_with_its_time(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest"), *admin = wh_test_session(f->t, "y", "admin");
	char args[200];

	(void)state;
	snprintf(args, sizeof args, "{'name':'ann','role':'moderator','until':%lld}", (long long)wh_wall_ms(wh_test_host(f->t)) + 60000);
	assert_call(f, admin, "auth.grant", args, WH_OK);
	assert_true(has_role(f, ann, "moderator"));
	wh_test_advance(f->t, 62000);
	assert_false(has_role(f, ann, "moderator"));
	assert_call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	assert_false(has_role(f, s, "moderator"));
	assert_call(f, admin, "auth.grant", "{'name':'ann','role':'moderator','until':1000}", WH_EINVAL);
	end(f);
}

static void
only_those_who_may_grant_a_role_do(void **state)
{
	struct fixture *f = begin("grants = { moderator = { roles = [ \"voice\" ]; }; };");
	struct wh_session *mod = wh_test_session(f->t, "m", "member moderator"), *member_of = wh_test_session(f->t, "n", "member");

	(void)state;
	registered(f, "ann");
	assert_call(f, member_of, "auth.grant", "{'name':'ann','role':'voice'}", WH_EPERM);
	assert_call(f, mod, "auth.grant", "{'name':'ann','role':'admin'}", WH_EPERM);
	assert_call(f, mod, "auth.grant", "{'name':'ann','role':'moderator'}", WH_EPERM);
	assert_call(f, mod, "auth.grant", "{'name':'ann','role':'voice'}", WH_OK);
	end(f);
}

static void
nobody_grants_where_its_rung_is_not_served(void **state)
{
	struct fixture *f = begin("grants = { moderator = { roles = [ \"voice\" ]; }; };");
	struct wh_session *admin = wh_test_session(f->t, "y", "admin"), *mod = wh_test_session(f->t, "m", "member moderator");

	(void)state;
	registered(f, "ann");
	wh_test_reach(admin, WH_ALLOW_MODERATOR);
	wh_test_reach(mod, WH_ALLOW_MODERATOR);
	assert_call(f, admin, "auth.grant", "{'name':'ann','role':'admin'}", WH_EPERM);
	assert_call(f, mod, "auth.grant", "{'name':'ann','role':'voice'}", WH_OK);
	wh_test_reach(mod, WH_ALLOW_MEMBER);
	assert_call(f, mod, "auth.ungrant", "{'name':'ann','role':'voice'}", WH_EPERM);
	wh_test_reach(admin, WH_ALLOW_ADMIN);
	assert_call(f, admin, "auth.grant", "{'name':'ann','role':'admin'}", WH_OK);
	end(f);
}

/* What `done` heard. */
struct heard {
	enum wh_err err;
	unsigned n;
	char id[32];
	struct wh_trust trust;
};

static void
heard_done(void *self, uint64_t cookie, enum wh_err err)
{
	struct heard *h = self;

	h->err = err;
	h->n += (unsigned)cookie;
}

static void
heard_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_account *account)
{
	struct heard *h = self;

	heard_done(self, cookie, err);
	if (err == WH_OK) {
		snprintf(h->id, sizeof h->id, "%.*s", WH_FMT(account->id));
		h->trust = account->trust;
	}
}

static const struct wh_accounts_ops *
service(struct fixture *f, struct wh_accounts **accounts_out)
{
	void *self = NULL;
	const struct wh_accounts_ops *ops = wh_test_service(f->t, "accounts", WH_ACCOUNTS_VERSION, &self);

	assert_non_null(ops);
	*accounts_out = self;
	return ops;
}

static void
an_owner_grants_in_its_own_room_only(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *bob = registered(f, "bob");
	struct wh_accounts *accounts;
	const struct wh_accounts_ops *ops = service(f, &accounts);
	struct heard h = { WH_WAIT, 0, "", { 0 } };
	const struct wh_account_grant owner = { .account = wh_session_identity(wh_test_host(f->t), ann)->id, .role = WH_STR("owner"),
		.room = WH_STR("den"), .why = WH_STR("made it") };

	(void)state;
	assert_int_equal(ops->grant(accounts, &owner, heard_done, &h, 1), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(h.err, WH_OK);
	assert_int_equal(h.n, 1);
	assert_true(wh_str_is(ops->room_role(accounts, ann, WH_STR("den")), "owner"));
	assert_int_equal(ops->room_role(accounts, ann, WH_STR("hall")).n, 0);
	assert_int_equal(ops->room_role(accounts, bob, WH_STR("den")).n, 0);
	assert_false(has_role(f, ann, "owner"));
	assert_call(f, ann, "auth.grant", "{'name':'bob','role':'voice','room':'den'}", WH_OK);
	assert_true(wh_str_is(ops->room_role(accounts, bob, WH_STR("den")), "voice"));
	assert_call(f, ann, "auth.grant", "{'name':'bob','role':'voice','room':'hall'}", WH_EPERM);
	assert_call(f, ann, "auth.grant", "{'name':'bob','role':'voice'}", WH_EPERM);
	assert_call(f, ann, "auth.grant", "{'name':'bob','role':'owner','room':'den'}", WH_EPERM);
	assert_call(f, bob, "auth.ungrant", "{'name':'ann','role':'owner','room':'den'}", WH_EPERM);
	end(f);
}

static void
grants_are_seen_by_their_account_and_by_moderators(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *bob = registered(f, "bob"), *admin = wh_test_session(f->t, "y", "admin");

	(void)state;
	assert_call(f, admin, "auth.grant", "{'name':'ann','role':'greeter','why':'kind'}", WH_OK);
	assert_non_null(strstr(call(f, ann, "auth.grants", NULL)->json, "\"why\":\"kind\""));
	assert_call(f, bob, "auth.grants", "{'name':'ann'}", WH_EPERM);
	assert_non_null(strstr(call(f, admin, "auth.grants", "{'name':'ann'}")->json, "greeter"));
	end(f);
}

static void
can_tells_what_a_session_may(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *admin = wh_test_session(f->t, "y", "admin");

	(void)state;
	assert_non_null(strstr(call(f, ann, "auth.can", "{'permission':'auth.accounts'}")->json, "\"allowed\":false"));
	assert_call(f, admin, "auth.grant", "{'name':'ann','role':'moderator'}", WH_OK);
	assert_non_null(strstr(call(f, ann, "auth.can", "{'permission':'auth.accounts'}")->json, "\"allowed\":true"));
	assert_non_null(strstr(call(f, admin, "auth.can", "{'permission':'auth.accounts','name':'ann'}")->json, "\"allowed\":true"));
	end(f);
}

static void
the_token_of_the_log_makes_the_first_administrator_once(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *bob = registered(f, "bob");
	const char *line = wh_test_logged(f->t, "first_admin"), *at;
	char args[300];

	(void)state;
	assert_non_null(line);
	at = strstr(line, "whl_");
	assert_non_null(at);
	snprintf(args, sizeof args, "{'token':'%.*s'}", (int)strcspn(at, " \""), at);
	assert_call(f, bob, "auth.first_admin", "{'token':'whl_wrong'}", WH_EPERM);
	assert_call(f, ann, "auth.first_admin", args, WH_OK);
	assert_true(has_role(f, ann, "admin"));
	assert_call(f, bob, "auth.first_admin", args, WH_EPERM);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_true(has_role(f, ann, "admin"));
	end(f);
}

static void
trust_counts_age_words_and_strikes(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *guest = wh_test_session(f->t, "g", "guest");
	struct wh_accounts *accounts;
	const struct wh_accounts_ops *ops = service(f, &accounts);
	struct wh_trust trust;
	struct heard h = { WH_WAIT, 0, "", { 0 } };

	(void)state;
	wh_test_advance(f->t, 60000);
	assert_false(ops->trust(accounts, guest, &trust));
	assert_true(ops->trust(accounts, ann, &trust));
	assert_true(trust.age_ms >= 60000);
	for (unsigned i = 0; i < 7; i++)
		ops->said(accounts, ann);
	assert_int_equal(ops->strike(accounts, wh_session_identity(wh_test_host(f->t), ann)->id, 2, WH_STR("mod"), WH_STR("spam")), WH_OK);
	assert_true(ops->trust(accounts, ann, &trust));
	assert_int_equal(trust.said, 7);
	assert_int_equal(trust.strikes, 2);
	wh_test_advance(f->t, 6000);
	wh_test_settle(f->t);
	assert_int_equal(ops->find(accounts, WH_STR("ANN"), heard_found, &h, 1), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(h.err, WH_OK);
	assert_int_equal(h.trust.said, 7);
	assert_int_equal(h.trust.strikes, 2);
	/* And in the store: the hub may go. */
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	ops = service(f, &accounts);
	assert_true(ops->trust(accounts, ann, &trust));
	assert_int_equal(trust.said, 7);
	end(f);
}

static void
the_service_finds_accounts_and_taken_names(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann");
	struct wh_accounts *accounts;
	const struct wh_accounts_ops *ops = service(f, &accounts);
	struct heard h = { WH_WAIT, 0, "", { 0 } };

	(void)state;
	assert_int_equal(ops->find(accounts, wh_session_identity(wh_test_host(f->t), ann)->id, heard_found, &h, 1), WH_OK);
	wh_test_settle(f->t);
	assert_true(wh_str_is(wh_session_identity(wh_test_host(f->t), ann)->id, h.id));
	ops->find(accounts, WH_STR("zoe"), heard_found, &h, 1);
	wh_test_settle(f->t);
	assert_int_equal(h.err, WH_ENOENT);
	ops->taken(accounts, WH_STR("Ann"), heard_done, &h, 1);
	wh_test_settle(f->t);
	assert_int_equal(h.err, WH_EEXIST);
	ops->taken(accounts, WH_STR("zoe"), heard_done, &h, 1);
	wh_test_settle(f->t);
	assert_int_equal(h.err, WH_OK);
	ops->taken(accounts, WH_STR("a b"), heard_done, &h, 1);
	assert_int_equal(h.err, WH_EINVAL);
	assert_int_equal(h.n, 5);
	assert_int_equal(ops->close(accounts, wh_session_identity(wh_test_host(f->t), ann)->id, WH_STR("come back later")), 1);
	end(f);
}

static void
who_forgot_hears_nothing(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_accounts *accounts;
	const struct wh_accounts_ops *ops = service(f, &accounts);
	struct heard h = { WH_WAIT, 0, "", { 0 } };

	(void)state;
	assert_int_equal(ops->find(accounts, WH_STR("ann"), heard_found, &h, 1), WH_OK);
	ops->forget(accounts, &h);
	wh_test_settle(f->t);
	assert_int_equal(h.n, 0);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grant_reaches_live_sessions_at_once),
		cmocka_unit_test(a_grant_ends_with_its_time),
		cmocka_unit_test(only_those_who_may_grant_a_role_do),
		cmocka_unit_test(nobody_grants_where_its_rung_is_not_served),
		cmocka_unit_test(an_owner_grants_in_its_own_room_only),
		cmocka_unit_test(grants_are_seen_by_their_account_and_by_moderators),
		cmocka_unit_test(can_tells_what_a_session_may),
		cmocka_unit_test(the_token_of_the_log_makes_the_first_administrator_once),
		cmocka_unit_test(trust_counts_age_words_and_strikes),
		cmocka_unit_test(the_service_finds_accounts_and_taken_names),
		cmocka_unit_test(who_forgot_hears_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
