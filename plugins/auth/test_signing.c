/* Keys that sign tokens: what other services can verify, and for how long. */
#include "auth.h"
#include "claims.h"
#include "testing_auth.h"

#define SITE "site = \"https://chat.example\"; audiences = [ \"radio\" ]; "

static struct jose_set
jwks(struct fixture *f)
{
	const struct wh_test_page *page = wh_test_get(f->t, NULL, "/.well-known/jwks.json");
	struct jose_set set;

	assert_int_equal(page->status, 200);
	assert_string_equal(page->type, "application/jwk-set+json");
	assert_null(strstr(page->body.p, "\"d\""));
	assert_int_equal(jose_set_read(page->body, &set), WH_OK);
	return set;
}

static void
token_of(struct fixture *f, struct wh_session *s, const char *args, char out[SIGNING_TOKEN_ROOM])
{
	const struct wh_test_answer *answer = call(f, s, "auth.token", args);

	assert_int_equal(answer->err, WH_OK);
	between(answer->json, "\"token\":\"", "\"", out, SIGNING_TOKEN_ROOM);
}

static enum jose_flaw
verify(const struct jose_set *set, const char *token, char payload[JOSE_PAYLOAD + 1])
{
	size_t n;

	return jose_verify(set, "JWT", wh_str(token), payload, JOSE_PAYLOAD + 1, &n);
}

static void
a_service_verifies_who_somebody_is(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");
	struct jose_set set = jwks(f);
	static char token[SIGNING_TOKEN_ROOM], payload[JOSE_PAYLOAD + 1];
	struct claims_value claims;
	const struct claims_expect expect = { .iss = WH_STR("https://chat.example"), .aud = WH_STR("radio"),
		.now_s = wh_wall_ms(wh_test_host(f->t)) / 1000 };

	(void)state;
	token_of(f, ann, "{'audience':'radio','scopes':'listen say'}", token);
	assert_int_equal(set.n, 1);
	assert_int_equal(jose_key_alg(set.keys[0]), JOSE_ES256);
	assert_int_equal(verify(&set, token, payload), JOSE_GOOD);
	assert_int_equal(claims_read(wh_str(payload), &claims), WH_OK);
	assert_int_equal(claims_check(&claims, &expect), CLAIMS_GOOD);
	assert_true(claims_get_is(&claims, "sub", wh_session_identity(wh_test_host(f->t), ann)->id));
	assert_true(claims_get_is(&claims, "name", WH_STR("ann")));
	assert_true(claims_get_is(&claims, "scope", WH_STR("listen say")));
	jose_set_free(&set);
	end(f);
}

static void
a_signed_token_is_for_listed_services_only_and_short_lived(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");

	(void)state;
	assert_call(f, ann, "auth.token", "{'audience':'bank'}", WH_EPERM);
	assert_call(f, ann, "auth.token", "{'audience':'radio','expires':'2h'}", WH_EINVAL);
	assert_call(f, ann, "auth.token", "{'audience':'radio','scopes':'a  b'}", WH_EINVAL);
	assert_call(f, wh_test_session(f->t, "x", "guest"), "auth.token", "{'audience':'radio'}", WH_EPERM);
	end(f);
}

static void
without_a_site_nothing_is_signed(void **state)
{
	struct fixture *f = begin("audiences = [ \"radio\" ];");

	(void)state;
	assert_call(f, registered(f, "ann"), "auth.token", "{'audience':'radio'}", WH_ENOTSUP);
	end(f);
}

static void
a_signed_token_opens_nothing_here(void **state)
{
	struct fixture *f = begin(SITE);
	static char token[SIGNING_TOKEN_ROOM];
	const struct wh_test_answer *answer;

	(void)state;
	token_of(f, registered(f, "ann"), "{'audience':'radio'}", token);
	answer = wh_test_credential(f->t, wh_test_session(f->t, "x", "guest"), token, NULL, NULL);
	wh_test_settle(f->t);
	assert_int_equal(answer->err, WH_EAUTH);
	end(f);
}

static void
an_old_key_stays_published_until_its_tokens_have_ended(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann"), *admin = wh_test_session(f->t, "adm", "admin");
	static char before[SIGNING_TOKEN_ROOM], after[SIGNING_TOKEN_ROOM], payload[JOSE_PAYLOAD + 1];
	struct jose_set set;

	(void)state;
	token_of(f, ann, "{'audience':'radio'}", before);
	assert_call(f, ann, "auth.signing_rotate", NULL, WH_EPERM);
	assert_call(f, admin, "auth.signing_rotate", NULL, WH_OK);
	token_of(f, ann, "{'audience':'radio'}", after);
	set = jwks(f);
	assert_int_equal(set.n, 2);
	assert_int_equal(verify(&set, before, payload), JOSE_GOOD);
	assert_int_equal(verify(&set, after, payload), JOSE_GOOD);
	jose_set_free(&set);
	for (unsigned i = 0; i < 70; i++)
		wh_test_advance(f->t, 60000);
	wh_test_settle(f->t);
	set = jwks(f);
	assert_int_equal(set.n, 1);
	assert_int_equal(verify(&set, before, payload), JOSE_NO_KEY);
	assert_int_equal(verify(&set, after, payload), JOSE_GOOD);
	jose_set_free(&set);
	end(f);
}

static void
a_key_is_replaced_by_age(void **state)
{
	struct fixture *f = begin(SITE "signing_time = \"1h\";");
	struct jose_set set = jwks(f);
	char kid[JOSE_KID + 1];

	(void)state;
	snprintf(kid, sizeof kid, "%s", jose_key_kid(set.keys[0]));
	jose_set_free(&set);
	for (unsigned i = 0; i < 62; i++)
		wh_test_advance(f->t, 60000);
	wh_test_settle(f->t);
	set = jwks(f);
	assert_int_equal(set.n, 2);
	/* The one that signs stands first. */
	assert_string_not_equal(jose_key_kid(set.keys[0]), kid);
	assert_string_equal(jose_key_kid(set.keys[1]), kid);
	jose_set_free(&set);
	end(f);
}

static void
keys_survive_the_hub(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");
	static char before[SIGNING_TOKEN_ROOM], payload[JOSE_PAYLOAD + 1];
	struct jose_set set;

	(void)state;
	token_of(f, ann, "{'audience':'radio'}", before);
	assert_call(f, wh_test_session(f->t, "adm", "admin"), "auth.signing_rotate", NULL, WH_OK);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	set = jwks(f);
	assert_int_equal(set.n, 2);
	assert_int_equal(verify(&set, before, payload), JOSE_GOOD);
	jose_set_free(&set);
	end(f);
}

static void
another_algorithm_is_another_key(void **state)
{
	static const char *const settings[] = { "EdDSA", "RS256" };
	static const enum jose_alg algs[] = { JOSE_EDDSA, JOSE_RS256 };
	static char token[SIGNING_TOKEN_ROOM], payload[JOSE_PAYLOAD + 1];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct fixture *f = begin(SITE);
		struct wh_session *ann = registered(f, "ann");
		struct jose_set set;
		char text[256];

		snprintf(text, sizeof text, CHEAP SITE "signing = \"%s\";", settings[i]);
		assert_int_equal(wh_test_reload(f->t, text), WH_OK);
		wh_test_advance(f->t, 61000);
		wh_test_settle(f->t);
		token_of(f, ann, "{'audience':'radio'}", token);
		set = jwks(f);
		assert_int_equal(set.n, 2);
		assert_int_equal(jose_key_alg(set.keys[0]), algs[i]);
		assert_int_equal(verify(&set, token, payload), JOSE_GOOD);
		jose_set_free(&set);
		end(f);
	}
}

static void
a_key_that_was_sealed_elsewhere_is_replaced(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");
	static char before[SIGNING_TOKEN_ROOM], payload[JOSE_PAYLOAD + 1];
	struct jose_set set;
	char path[600];
	FILE *file;

	(void)state;
	token_of(f, ann, "{'audience':'radio'}", before);
	snprintf(path, sizeof path, "%s/seal.key", wh_test_state_dir(f->t));
	file = fopen(path, "wb");
	assert_non_null(file);
	for (unsigned i = 0; i < SEAL_KEY; i++)
		fputc('x', file);
	fclose(file);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	set = jwks(f);
	assert_int_equal(set.n, 1);
	assert_int_equal(verify(&set, before, payload), JOSE_NO_KEY);
	assert_non_null(wh_test_logged(f->t, "auth_signing_key_lost"));
	jose_set_free(&set);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_verifies_who_somebody_is),
		cmocka_unit_test(a_signed_token_is_for_listed_services_only_and_short_lived),
		cmocka_unit_test(without_a_site_nothing_is_signed),
		cmocka_unit_test(a_signed_token_opens_nothing_here),
		cmocka_unit_test(an_old_key_stays_published_until_its_tokens_have_ended),
		cmocka_unit_test(a_key_is_replaced_by_age),
		cmocka_unit_test(keys_survive_the_hub),
		cmocka_unit_test(another_algorithm_is_another_key),
		cmocka_unit_test(a_key_that_was_sealed_elsewhere_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
