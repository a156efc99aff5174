/* Export and erasure, and what is kept of addresses. */
#include "auth.h"
#include "testing_auth.h"

static void
an_export_has_all_that_is_kept_and_no_secret(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "a", "guest"), *admin = wh_test_session(f->t, "y", "admin");
	const struct wh_test_answer *answer;

	(void)state;
	assert_call(f, ann, "auth.register", "{'name':'ann','password':'pass phrase 1','mail':'ann@example.org','device':'phone'}", WH_OK);
	assert_call(f, admin, "auth.grant", "{'name':'ann','role':'greeter'}", WH_OK);
	answer = call(f, ann, "auth.export", NULL);
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "ann@example.org"));
	assert_non_null(strstr(answer->json, "phone"));
	assert_non_null(strstr(answer->json, "greeter"));
	assert_null(strstr(answer->json, "argon2"));
	assert_null(strstr(answer->json, "whs_"));
	assert_null(strstr(answer->json, "192.0.2.1"));
	end(f);
}

static void
an_erased_account_is_gone_and_its_name_rests(void **state)
{
	struct fixture *f = begin("name_rest = \"10m\";");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest"), *mod = wh_test_session(f->t, "m", "moderator");

	(void)state;
	assert_call(f, ann, "auth.erase", "{'password':'pass phrase 2'}", WH_EAUTH);
	assert_call(f, ann, "auth.erase", "{'password':'pass phrase 1'}", WH_OK);
	assert_int_equal(wh_test_closed(ann, NULL), 4003);
	assert_call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_EAUTH);
	assert_call(f, s, "auth.account", "{'name':'ann'}", WH_ENOENT);
	assert_call(f, s, "auth.register", "{'name':'ann','password':'pass phrase 1'}", WH_EEXIST);
	assert_null(strstr(call(f, mod, "auth.accounts", NULL)->json, "\"ann\""));
	assert_non_null(strstr(call(f, mod, "auth.accounts", "{'state':'erased'}")->json, "erased-"));
	wh_test_advance(f->t, 601000);
	assert_call(f, s, "auth.register", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	assert_non_null(strstr(f->audit, "auth.erased"));
	end(f);
}

static enum wh_verdict
keeper(void *self, struct wh_person *p)
{
	(void)self;
	return wh_refuse(&p->at, WH_ESTATE, "an order is open", 0);
}

static const struct wh_hook keepers[] = { { WH_ON_ERASE, .order = 50, .person = keeper }, { 0 } };

static void
an_erasure_that_another_plugin_refuses_changes_nothing(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");

	(void)state;
	wh_test_other_hooks(f->t, keepers, NULL);
	assert_call(f, ann, "auth.erase", "{'password':'pass phrase 1'}", WH_ESTATE);
	assert_int_equal(wh_test_closed(ann, NULL), 0);
	assert_call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	end(f);
}

static void
the_key_of_addresses_is_replaced_and_forgotten(void **state)
{
	struct fixture *f = begin("session_time = \"400d\";");
	struct auth *auth = wh_test_self(f->t);
	char first[KEY_ADDRESS_ROOM], now[KEY_ADDRESS_ROOM], older[KEY_ADDRESS_ROOM];

	(void)state;
	keys_address(auth, WH_STR("192.0.2.1"), false, first);
	assert_null(strstr(first, "192"));
	keys_tick(auth, wh_wall_ms(wh_test_host(f->t)) + 31LL * 86400000);
	wh_test_settle(f->t);
	keys_address(auth, WH_STR("192.0.2.1"), false, now);
	keys_address(auth, WH_STR("192.0.2.1"), true, older);
	assert_string_not_equal(first, now);
	assert_string_equal(first, older);
	keys_tick(auth, wh_wall_ms(wh_test_host(f->t)) + 62LL * 86400000);
	wh_test_settle(f->t);
	keys_address(auth, WH_STR("192.0.2.1"), true, older);
	assert_string_equal(older, now);
	/* What comes back after the hub is what was stored. */
	keys_address(auth, WH_STR("192.0.2.1"), false, now);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	auth = wh_test_self(f->t);
	keys_address(auth, WH_STR("192.0.2.1"), false, first);
	assert_string_equal(first, now);
	keys_address(auth, WH_STR("192.0.2.1"), true, first);
	assert_string_equal(first, older);
	end(f);
}

static void
an_ipv6_network_is_one_address(void **state)
{
	struct fixture *f = begin(NULL);
	struct auth *auth = wh_test_self(f->t);
	char a[KEY_ADDRESS_ROOM], b[KEY_ADDRESS_ROOM];

	(void)state;
	keys_address(auth, WH_STR("2001:db8:1:2::1"), false, a);
	keys_address(auth, WH_STR("2001:db8:1:2:ffff::9"), false, b);
	assert_string_equal(a, b);
	keys_address(auth, WH_STR("2001:db8:1:3::1"), false, b);
	assert_string_not_equal(a, b);
	assert_int_equal(keys_address(auth, WH_STR(""), false, b).n, 0);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_export_has_all_that_is_kept_and_no_secret),
		cmocka_unit_test(an_erased_account_is_gone_and_its_name_rests),
		cmocka_unit_test(an_erasure_that_another_plugin_refuses_changes_nothing),
		cmocka_unit_test(the_key_of_addresses_is_replaced_and_forgotten),
		cmocka_unit_test(an_ipv6_network_is_one_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
