/* Being a provider: codes, tokens, devices, and what each of them is refused. */
#include "claims.h"
#include "testing_provider.h"

static void
another_site_signs_somebody_in(void **state)
{
	struct site *s = site_begin("");
	static char id[SIGNING_TOKEN_ROOM], payload[JOSE_PAYLOAD + 1];
	char target[2048], form[4096], policy[2048];
	const struct wh_test_page *page = browser(s, "GET", authorize_target(s, "openid%20profile%20offline_access", "", target), "");
	struct claims_value claims;
	struct jose_set set;
	size_t n;

	(void)state;
	assert_int_equal(page->status, 200);
	assert_non_null(strstr(page->body.p, "App &lt;b&gt;"));
	assert_null(strstr(page->body.p, "<script"));
	assert_non_null(strstr(page->body.p, "https://app.example"));
	header_of(page, "content-security-policy", policy, sizeof policy);
	assert_non_null(strstr(policy, "default-src 'none'"));
	assert_non_null(strstr(policy, "frame-ancestors 'none'"));
	assert_non_null(strstr(policy, "form-action 'self' https://app.example"));
	page = browser(s, "POST", "/oauth/authorize", form_of(page, "allow", form));
	assert_int_equal(page->status, 303);
	assert_true(strncmp(s->location, CALLBACK "?code=wha_", strlen(CALLBACK) + 10) == 0);
	assert_non_null(strstr(s->location, "&state=st%26ate"));
	assert_non_null(strstr(s->location, "&iss=https%3A%2F%2Fchat.example"));
	between(s->location, "code=", "&", s->code, sizeof s->code);
	assert_int_equal(code_exchange(s, VERIFIER), 200);
	assert_non_null(strstr(s->json, "\"token_type\":\"Bearer\""));

	between(s->json, "\"id_token\":\"", "\"", id, sizeof id);
	assert_int_equal(jose_set_read(wh_test_get(s->f->t, NULL, "/.well-known/jwks.json")->body, &set), WH_OK);
	assert_int_equal(jose_verify(&set, "JWT", wh_str(id), payload, sizeof payload, &n), JOSE_GOOD);
	assert_int_equal(claims_read(wh_str(payload), &claims), WH_OK);
	const struct claims_expect expect = { .iss = WH_STR("https://chat.example"), .aud = wh_str(s->id), .nonce = WH_STR("n-1"),
		.now_s = wh_wall_ms(wh_test_host(s->f->t)) / 1000 };

	assert_int_equal(claims_check(&claims, &expect), CLAIMS_GOOD);
	assert_true(claims_get_is(&claims, "name", WH_STR("ann")));
	assert_false(claims_get_is(&claims, "email", WH_STR("")));
	jose_set_free(&set);

	/* The second time the person is not asked. */
	assert_int_equal(browser(s, "GET", authorize_target(s, "openid", "", target), "")->status, 303);
	assert_non_null(strstr(s->location, "code=wha_"));
	/* But when more is asked for. */
	assert_int_equal(browser(s, "GET", authorize_target(s, "openid%20email", "", target), "")->status, 200);
	site_end(s);
}

static void
a_person_may_refuse(void **state)
{
	struct site *s = site_begin("");
	char target[2048], form[4096];
	const struct wh_test_page *page = browser(s, "GET", authorize_target(s, "openid", "", target), "");

	(void)state;
	browser(s, "POST", "/oauth/authorize", form_of(page, "deny", form));
	assert_non_null(strstr(s->location, "error=access_denied"));
	assert_null(strstr(s->location, "code="));
	site_end(s);
}

static void
nobody_is_sent_to_an_address_that_is_not_the_clients(void **state)
{
	static const char *const others[] = { "https%3A%2F%2Fapp.example%2Fcb%2F", "https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1", "https%3A%2F%2Fapp.example.evil%2Fcb",
		"http%3A%2F%2Fapp.example%2Fcb", "HTTPS%3A%2F%2Fapp.example%2Fcb", "https%3A%2F%2Fapp.example%2F..%2Fcb", "" };
	struct site *s = site_begin("");
	char target[2048];

	(void)state;
	for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
		snprintf(target, sizeof target, "/oauth/authorize?response_type=code&client_id=%s&redirect_uri=%s&scope=openid&code_challenge=%.43s"
		    "&code_challenge_method=S256", s->id, others[i], VERIFIER);
		assert_int_equal(browser(s, "GET", target, "")->status, 400);
		assert_string_equal(s->location, "");
	}
	snprintf(target, sizeof target, "/oauth/authorize?response_type=code&client_id=cnobody&redirect_uri=https%%3A%%2F%%2Fapp.example%%2Fcb");
	assert_int_equal(browser(s, "GET", target, "")->status, 400);
	authorize_target(s, "openid", "&redirect_uri=https%3A%2F%2Fevil.example%2F", target);
	assert_int_equal(browser(s, "GET", target, "")->status, 400);
	site_end(s);
}

static void
a_bad_redirect_uri_is_not_registered(void **state)
{
	static const char *const bad[] = { "http://app.example/cb", "https://app.example/cb#x", "https://u@app.example/", "javascript:alert(1)", "data:text/html,x",
		"myapp:/cb", "https://*.example/cb", "//app.example/cb", "" };
	struct site *s = site_begin("");
	char args[300];

	(void)state;
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(args, sizeof args, "{'name':'bad','redirect_uris':['%s']}", bad[i]);
		assert_call(s->f, s->admin, "auth.client_create", args, WH_EINVAL);
	}
	assert_call(s->f, s->ann, "auth.client_create", "{'name':'x','redirect_uris':[]}", WH_EPERM);
	site_end(s);
}

static void
a_code_needs_s256(void **state)
{
	struct site *s = site_begin("");
	char target[2048], *challenge;

	(void)state;
	authorize_target(s, "openid", "", target);
	challenge = strstr(target, "&code_challenge=");
	*challenge = '\0';
	assert_int_equal(browser(s, "GET", target, "")->status, 303);
	assert_non_null(strstr(s->location, "error=invalid_request"));
	strcat(target, "&code_challenge=" VERIFIER "&code_challenge_method=plain");
	browser(s, "GET", target, "");
	assert_non_null(strstr(s->location, "error=invalid_request"));
	authorize_target(s, "openid", "&request=eyJ", target);
	browser(s, "GET", target, "");
	assert_non_null(strstr(s->location, "error=request_not_supported"));
	authorize_target(s, "openid%20chat%20auth", "", target);
	browser(s, "GET", target, "");
	assert_non_null(strstr(s->location, "error=invalid_scope"));
	site_end(s);
}

static void
only_the_cookies_browser_agrees_and_only_to_what_it_was_shown(void **state)
{
	struct site *s = site_begin("");
	struct wh_session *bob = registered(s->f, "bob");
	char target[2048], form[4096], changed[5000];
	const struct wh_test_page *page;

	(void)state;
	/* Nobody, and a bearer token, are sent to the login page. */
	page = asked(s->f, NULL, "GET", authorize_target(s, "openid", "", target), NULL, "");
	assert_int_equal(page->status, 303);
	header_of(page, "location", s->location, sizeof s->location);
	assert_true(strncmp(s->location, "https://chat.example/login?return_to=%2Foauth%2Fauthorize%3F", 60) == 0);
	page = asked(s->f, s->ann, "GET", target, "authorization: Bearer x\n", "");
	assert_int_equal(page->status, 303);
	page = browser(s, "GET", target, "");
	form_of(page, "allow", form);
	/* Another's browser. */
	assert_int_equal(asked(s->f, bob, "POST", "/oauth/authorize", "cookie: __Host-whiply=x\n" FORM, form)->status, 403);
	/* Without the cookie. */
	assert_int_equal(asked(s->f, s->ann, "POST", "/oauth/authorize", FORM, form)->status, 403);
	/* More than was shown. */
	snprintf(changed, sizeof changed, "%s", form);
	memcpy(strstr(changed, "scope=openid") + 6, "emails", 6);
	assert_int_equal(browser(s, "POST", "/oauth/authorize", changed)->status, 403);
	/* Without what ties it. */
	snprintf(changed, sizeof changed, "%s", form);
	memcpy(strstr(changed, "csrf="), "csrg=", 5);
	assert_int_equal(browser(s, "POST", "/oauth/authorize", changed)->status, 403);
	/* Too late. */
	wh_test_advance(s->f->t, 601000);
	assert_int_equal(browser(s, "POST", "/oauth/authorize", form)->status, 403);
	site_end(s);
}

static void
prompt_and_max_age_are_obeyed(void **state)
{
	struct site *s = site_begin("");
	char target[2048];

	(void)state;
	browser(s, "GET", authorize_target(s, "openid", "&prompt=none", target), "");
	assert_non_null(strstr(s->location, "error=consent_required"));
	assert_int_equal(asked(s->f, NULL, "GET", target, NULL, "")->status, 303);
	code_get(s, "openid");
	browser(s, "GET", authorize_target(s, "openid", "&prompt=none", target), "");
	assert_non_null(strstr(s->location, "code="));
	assert_int_equal(browser(s, "GET", authorize_target(s, "openid", "&prompt=consent", target), "")->status, 200);
	wh_test_advance(s->f->t, 120000);
	browser(s, "GET", authorize_target(s, "openid", "&max_age=60&prompt=none", target), "");
	assert_non_null(strstr(s->location, "error=login_required"));
	browser(s, "GET", authorize_target(s, "openid", "&max_age=60", target), "");
	assert_non_null(strstr(s->location, "/login?return_to="));
	site_end(s);
}

static void
a_public_client_asks_each_time(void **state)
{
	struct site *s = site_begin("");
	char target[2048];

	(void)state;
	client_make(s, ",'public':true", s->id, s->secret);
	assert_string_equal(s->secret, "");
	tokens_get(s, "openid");
	assert_int_equal(browser(s, "GET", authorize_target(s, "openid", "", target), "")->status, 200);
	site_end(s);
}

static void
a_code_works_once_and_the_second_time_revokes_its_tokens(void **state)
{
	struct site *s = site_begin("");
	struct wh_session *with;

	(void)state;
	tokens_get(s, "chat%20offline_access");
	with = opened_with(s, s->access, WH_OK);
	assert_int_equal(code_exchange(s, VERIFIER), 400);
	assert_non_null(strstr(s->json, "invalid_grant"));
	assert_int_equal(wh_test_closed(with, NULL), AUTH_CLOSE_SIGNED_OUT);
	opened_with(s, s->access, WH_EAUTH);
	assert_int_equal(refresh(s, s->refresh), 400);
	assert_non_null(strstr(s->f->audit, "auth.oauth_reuse"));
	site_end(s);
}

static void
a_code_is_of_use_to_nobody_else(void **state)
{
	struct site *s = site_begin("");
	char form[1024], id[256], secret[256], right[256];

	(void)state;
	code_get(s, "openid");
	memcpy(right, s->code, sizeof right);
	client_make(s, "", id, secret);
	/* Another client: it is not even used up. */
	snprintf(form, sizeof form, "grant_type=authorization_code&code=%s&redirect_uri=https%%3A%%2F%%2Fapp.example%%2Fcb&code_verifier=" VERIFIER, s->code);
	assert_int_equal(client_posts(s, "/oauth/token", id, secret, form), 400);
	/* A wrong verifier burns it. */
	assert_int_equal(code_exchange(s, "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong"), 400);
	assert_int_equal(code_exchange(s, VERIFIER), 400);
	/* Another redirect_uri too. */
	code_get(s, "openid");
	snprintf(form, sizeof form, "grant_type=authorization_code&code=%s&redirect_uri=com.example.app:/cb&code_verifier=" VERIFIER, s->code);
	assert_int_equal(client_posts(s, "/oauth/token", s->id, s->secret, form), 400);
	/* It is good for a minute. */
	code_get(s, "openid");
	wh_test_advance(s->f->t, 61000);
	assert_int_equal(code_exchange(s, VERIFIER), 400);
	site_end(s);
}

static void
a_client_shows_its_secret_in_one_way(void **state)
{
	struct site *s = site_begin("");
	const char *grant = "grant_type=refresh_token&refresh_token=x";
	char headers[1000], basic[800], pair[520];

	(void)state;
	assert_int_equal(client_posts(s, "/oauth/token", s->id, s->secret, grant), 400);
	assert_non_null(strstr(s->json, "invalid_grant"));
	assert_int_equal(client_posts(s, "/oauth/token", s->id, NULL, grant), 401);
	assert_int_equal(client_posts(s, "/oauth/token", s->id, "whc_wrong", grant), 401);
	assert_int_equal(client_posts(s, "/oauth/token", "cnobody", NULL, grant), 401);
	assert_non_null(strstr(s->json, "invalid_client"));
	snprintf(pair, sizeof pair, "%s:%s", s->id, s->secret);
	text64_put(TEXT64_STD, basic, sizeof basic, (const uint8_t *)pair, strlen(pair));
	snprintf(headers, sizeof headers, FORM "authorization: Basic %s\n", basic);
	assert_int_equal(asked(s->f, NULL, "POST", "/oauth/token", headers, grant)->status, 400);
	assert_int_equal(asked(s->f, NULL, "POST", "/oauth/token", headers, "grant_type=x&client_secret=y")->status, 401);
	/* What stands there twice is read by nobody; nothing is taken from the address. */
	assert_int_equal(asked(s->f, NULL, "POST", "/oauth/token", headers, "grant_type=refresh_token&grant_type=authorization_code")->status, 400);
	assert_int_equal(asked(s->f, NULL, "POST", "/oauth/token?grant_type=refresh_token", headers, "")->status, 400);
	assert_int_equal(asked(s->f, NULL, "POST", "/oauth/token", "content-type: application/json\n", "{}")->status, 400);
	site_end(s);
}

static void
a_refresh_token_works_once_and_answers_the_same_within_the_grace(void **state)
{
	struct site *s = site_begin("");
	char first[256], second[256], again[256];

	(void)state;
	tokens_get(s, "openid%20offline_access");
	memcpy(first, s->refresh, sizeof first);
	assert_int_equal(refresh(s, first), 200);
	said(s, "refresh_token", second);
	assert_string_not_equal(first, second);
	assert_int_equal(refresh(s, first), 200);
	assert_string_equal(said(s, "refresh_token", again), second);
	assert_int_equal(refresh(s, second), 200);
	site_end(s);
}

static void
a_refresh_token_that_comes_back_revokes_its_family(void **state)
{
	struct site *s = site_begin("");
	char first[256], next[256], access[256];
	struct wh_session *with;

	(void)state;
	tokens_get(s, "chat%20offline_access");
	memcpy(first, s->refresh, sizeof first);
	assert_int_equal(refresh(s, first), 200);
	said(s, "refresh_token", next);
	said(s, "access_token", access);
	with = opened_with(s, access, WH_OK);
	wh_test_advance(s->f->t, 11000);
	assert_int_equal(refresh(s, first), 400);
	assert_int_equal(refresh(s, next), 400);
	assert_int_equal(wh_test_closed(with, NULL), AUTH_CLOSE_SIGNED_OUT);
	opened_with(s, access, WH_EAUTH);
	/* Within the grace too, once its successor was used. */
	tokens_get(s, "chat%20offline_access");
	memcpy(first, s->refresh, sizeof first);
	assert_int_equal(refresh(s, first), 200);
	said(s, "refresh_token", next);
	assert_int_equal(refresh(s, next), 200);
	assert_int_equal(refresh(s, first), 400);
	site_end(s);
}

static void
nobody_refreshes_anothers_token_nor_gets_more_than_was_agreed_to(void **state)
{
	struct site *s = site_begin("");
	char id[256], secret[256], form[400];

	(void)state;
	tokens_get(s, "openid%20offline_access");
	client_make(s, "", id, secret);
	snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s", s->refresh);
	assert_int_equal(client_posts(s, "/oauth/token", id, secret, form), 400);
	snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s&scope=openid%%20chat", s->refresh);
	assert_int_equal(client_posts(s, "/oauth/token", s->id, s->secret, form), 400);
	assert_non_null(strstr(s->json, "invalid_scope"));
	/* An access token is no refresh token. */
	assert_int_equal(refresh(s, s->access), 400);
	assert_int_equal(refresh(s, s->refresh), 200);
	site_end(s);
}

static void
without_offline_access_there_is_no_refresh_token(void **state)
{
	struct site *s = site_begin("");

	(void)state;
	tokens_get(s, "openid");
	assert_null(strstr(s->json, "refresh_token"));
	site_end(s);
}

static enum wh_err
probe_run(void *self, struct wh_call *call)
{
	(void)self;
	(void)call;
	return WH_OK;
}

static void
a_token_may_what_its_scopes_say_and_nothing_of_the_account(void **state)
{
	static const struct wh_command others[] = {
		{ "chat.probe", NULL, WH_ALLOW_MEMBER, .run = probe_run, .help = "x" },
		{ "chatter.probe", NULL, WH_ALLOW_MEMBER, .run = probe_run, .help = "x" },
		{ "relay.probe", NULL, WH_ALLOW_MEMBER, .run = probe_run, .help = "x" },
		{ 0 }
	};
	static const char *const never[] = { "auth.devices", "auth.consents", "auth.clients", "auth.export", "auth.logout", "auth.revoke_all", "auth.passkeys",
		"auth.bots", "auth.links", "auth.second_state" };
	struct site *s = site_begin("");
	struct wh_session *with;

	(void)state;
	wh_test_other_commands(s->f->t, others, NULL);
	tokens_get(s, "chat%20openid");
	with = opened_with(s, s->access, WH_OK);
	assert_true(is_account(s->f, with));
	assert_call(s->f, with, "auth.whoami", NULL, WH_OK);
	assert_call(s->f, with, "chat.probe", NULL, WH_OK);
	assert_call(s->f, with, "chatter.probe", NULL, WH_EPERM);
	assert_call(s->f, with, "relay.probe", NULL, WH_EPERM);
	for (unsigned i = 0; i < sizeof never / sizeof never[0]; i++)
		assert_call(s->f, with, never[i], NULL, WH_EPERM);
	/* Nor does it agree to anything in a browser's place. */
	assert_int_equal(asked(s->f, with, "GET", "/oauth/device", "cookie: __Host-whiply=x\n", "")->status, 303);
	/* The hub is replaced: the same. */
	wh_test_recover(s->f->t);
	wh_test_settle(s->f->t);
	assert_call(s->f, with, "chat.probe", NULL, WH_OK);
	assert_call(s->f, with, "relay.probe", NULL, WH_EPERM);
	/* Its time is over: so is the socket's. */
	wh_test_advance(s->f->t, 3601000);
	assert_call(s->f, with, "chat.probe", NULL, WH_EAUTH);
	opened_with(s, s->access, WH_EAUTH);
	site_end(s);
}

static void
sasl_told(void *self, uint64_t cookie, wh_id session, const struct wh_sasl_answer *answer)
{
	(void)cookie;
	(void)session;
	*(enum wh_sasl_outcome *)self = answer->what;
}

static void
a_token_signs_in_on_irc_and_may_no_more_there(void **state)
{
	struct site *s = site_begin("");
	struct wh_session *irc = wh_test_session(s->f->t, "irc", "guest");
	enum wh_sasl_outcome what = 0;
	void *sasl;
	const struct wh_sasl_ops *ops = wh_test_service(s->f->t, "sasl", WH_SASL_VERSION, &sasl);
	char text[400];

	(void)state;
	tokens_get(s, "chat");
	snprintf(text, sizeof text, "n,,\1auth=Bearer %s\1\1", s->access);
	assert_int_equal(ops->start(sasl, irc, WH_STR("OAUTHBEARER"), sasl_told, &what, 0), WH_OK);
	wh_test_settle(s->f->t);
	assert_int_equal(ops->step(sasl, irc, wh_str(text)), WH_OK);
	wh_test_settle(s->f->t);
	assert_int_equal(what, WH_SASL_DONE);
	assert_true(is_account(s->f, irc));
	assert_call(s->f, irc, "auth.devices", NULL, WH_EPERM);
	/* And it ends there with the rest. */
	snprintf(text, sizeof text, "{'client':'%s'}", s->id);
	assert_call(s->f, s->ann, "auth.consent_revoke", text, WH_OK);
	assert_int_equal(wh_test_closed(irc, NULL), AUTH_CLOSE_SIGNED_OUT);
	site_end(s);
}

static void
userinfo_says_what_the_scopes_allow(void **state)
{
	struct site *s = site_begin("");
	const struct wh_test_page *page;
	struct wh_session *with;

	(void)state;
	tokens_get(s, "openid%20profile%20roles");
	with = opened_with(s, s->access, WH_OK);
	page = asked(s->f, with, "GET", "/oauth/userinfo", NULL, "");
	assert_int_equal(page->status, 200);
	assert_non_null(strstr(page->body.p, "\"preferred_username\":\"ann\""));
	assert_non_null(strstr(page->body.p, "\"roles\":\"member\""));
	assert_null(strstr(page->body.p, "email"));
	/* A device's token, and nobody, are no client. */
	assert_int_equal(asked(s->f, s->ann, "GET", "/oauth/userinfo", NULL, "")->status, 401);
	assert_int_equal(asked(s->f, NULL, "GET", "/oauth/userinfo", NULL, "")->status, 401);
	tokens_get(s, "chat");
	assert_int_equal(asked(s->f, opened_with(s, s->access, WH_OK), "GET", "/oauth/userinfo", NULL, "")->status, 403);
	site_end(s);
}

static void
introspection_tells_a_client_about_its_own_tokens(void **state)
{
	struct site *s = site_begin("");
	char id[256], secret[256], form[300], name[256];

	(void)state;
	tokens_get(s, "openid%20offline_access");
	snprintf(form, sizeof form, "token=%s", s->access);
	assert_int_equal(client_posts(s, "/oauth/introspect", s->id, s->secret, form), 200);
	assert_non_null(strstr(s->json, "\"active\":true"));
	assert_string_equal(said(s, "username", name), "ann");
	client_make(s, "", id, secret);
	client_posts(s, "/oauth/introspect", id, secret, form);
	assert_string_equal(s->json, "{\"active\":false}");
	client_make(s, ",'introspects':true", id, secret);
	client_posts(s, "/oauth/introspect", id, secret, form);
	assert_non_null(strstr(s->json, "\"active\":true"));
	assert_int_equal(client_posts(s, "/oauth/introspect", id, NULL, form), 401);
	client_make(s, ",'public':true", id, secret);
	assert_int_equal(client_posts(s, "/oauth/introspect", id, NULL, form), 403);
	client_posts(s, "/oauth/introspect", s->id, s->secret, "token=whs_made_up");
	assert_string_equal(s->json, "{\"active\":false}");
	wh_test_advance(s->f->t, 3601000);
	client_posts(s, "/oauth/introspect", s->id, s->secret, form);
	assert_string_equal(s->json, "{\"active\":false}");
	site_end(s);
}

static void
a_client_revokes_its_own_tokens_only(void **state)
{
	struct site *s = site_begin("");
	char id[256], secret[256], form[300];
	struct wh_session *with;

	(void)state;
	tokens_get(s, "chat%20offline_access");
	client_make(s, "", id, secret);
	snprintf(form, sizeof form, "token=%s", s->refresh);
	assert_int_equal(client_posts(s, "/oauth/revoke", id, secret, form), 200);
	with = opened_with(s, s->access, WH_OK);
	assert_int_equal(client_posts(s, "/oauth/revoke", s->id, s->secret, form), 200);
	assert_int_equal(wh_test_closed(with, NULL), AUTH_CLOSE_SIGNED_OUT);
	opened_with(s, s->access, WH_EAUTH);
	assert_int_equal(client_posts(s, "/oauth/revoke", s->id, s->secret, "token=nonsense"), 200);
	/* An access token alone. */
	tokens_get(s, "chat%20offline_access");
	snprintf(form, sizeof form, "token=%s", s->access);
	assert_int_equal(client_posts(s, "/oauth/revoke", s->id, s->secret, form), 200);
	opened_with(s, s->access, WH_EAUTH);
	assert_int_equal(refresh(s, s->refresh), 200);
	site_end(s);
}

static void
a_person_takes_back_what_was_agreed_to(void **state)
{
	struct site *s = site_begin("");
	char args[300], target[2048];
	struct wh_session *with;

	(void)state;
	tokens_get(s, "chat%20offline_access");
	with = opened_with(s, s->access, WH_OK);
	assert_non_null(strstr(call(s->f, s->ann, "auth.consents", NULL)->json, s->id));
	snprintf(args, sizeof args, "{'client':'%s'}", s->id);
	assert_call(s->f, registered(s->f, "bob"), "auth.consent_revoke", args, WH_ENOENT);
	assert_call(s->f, s->ann, "auth.consent_revoke", args, WH_OK);
	assert_int_equal(wh_test_closed(with, NULL), AUTH_CLOSE_SIGNED_OUT);
	assert_int_equal(refresh(s, s->refresh), 400);
	assert_int_equal(browser(s, "GET", authorize_target(s, "chat", "", target), "")->status, 200);
	site_end(s);
}

static void
a_client_that_is_removed_takes_its_tokens_along(void **state)
{
	struct site *s = site_begin("");
	char args[300];
	struct wh_session *with;

	(void)state;
	tokens_get(s, "chat%20offline_access");
	with = opened_with(s, s->access, WH_OK);
	snprintf(args, sizeof args, "{'client':'%s'}", s->id);
	assert_call(s->f, s->admin, "auth.client_remove", args, WH_OK);
	assert_int_equal(wh_test_closed(with, NULL), AUTH_CLOSE_SIGNED_OUT);
	opened_with(s, s->access, WH_EAUTH);
	assert_int_equal(refresh(s, s->refresh), 401);
	site_end(s);
}

static void
a_new_password_and_signing_out_everywhere_end_the_tokens_of_other_sites(void **state)
{
	struct site *s = site_begin("");
	struct wh_session *with;

	(void)state;
	tokens_get(s, "chat%20offline_access");
	with = opened_with(s, s->access, WH_OK);
	assert_call(s->f, s->ann, "auth.password", "{'old':'pass phrase 1','new':'pass phrase 2'}", WH_OK);
	assert_int_equal(wh_test_closed(with, NULL), AUTH_CLOSE_SIGNED_OUT);
	opened_with(s, s->access, WH_EAUTH);
	assert_int_equal(refresh(s, s->refresh), 400);
	tokens_get(s, "chat%20offline_access");
	with = opened_with(s, s->access, WH_OK);
	assert_call(s->f, s->ann, "auth.revoke_all", NULL, WH_OK);
	assert_int_equal(wh_test_closed(with, NULL), AUTH_CLOSE_SIGNED_OUT);
	assert_int_equal(refresh(s, s->refresh), 400);
	site_end(s);
}

static void
an_account_that_is_disabled_or_erased_has_no_tokens(void **state)
{
	struct site *s = site_begin("");
	char first[256];

	(void)state;
	tokens_get(s, "chat%20offline_access");
	memcpy(first, s->refresh, sizeof first);
	assert_call(s->f, s->admin, "auth.disable", "{'name':'ann'}", WH_OK);
	opened_with(s, s->access, WH_EAUTH);
	assert_int_equal(refresh(s, first), 400);
	site_end(s);
}

/* Devices */

struct waiting {
	char code[256], user[256], form[400];
};

static void
device_begins(struct site *s, struct waiting *w)
{
	if (client_posts(s, "/oauth/device_authorization", s->id, s->secret, "scope=chat%20offline_access") != 200)
		fail_msg("%s", s->json);
	said(s, "device_code", w->code);
	said(s, "user_code", w->user);
	assert_non_null(strstr(s->json, "\"verification_uri\":\"https://chat.example/oauth/device\""));
	snprintf(w->form, sizeof w->form, "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Adevice_code&device_code=%s", w->code);
}

static void
device_polls(struct site *s, const struct waiting *w, unsigned status, const char *error)
{
	assert_int_equal(client_posts(s, "/oauth/token", s->id, s->secret, w->form), status);
	assert_non_null(strstr(s->json, error));
}

static void
a_device_without_a_browser_is_let_in_on_a_page(void **state)
{
	struct site *s = site_begin("");
	const struct wh_test_page *page;
	char target[300], form[4096];
	struct waiting w;

	(void)state;
	device_begins(s, &w);
	device_polls(s, &w, 400, "authorization_pending");
	device_polls(s, &w, 400, "slow_down");
	assert_int_equal(browser(s, "GET", "/oauth/device", "")->status, 200);
	snprintf(target, sizeof target, "/oauth/device?user_code=%.4s%.4s", w.user, w.user + 5);
	page = browser(s, "GET", target, "");
	assert_int_equal(page->status, 200);
	assert_non_null(strstr(page->body.p, "App &lt;b&gt;"));
	assert_non_null(strstr(page->body.p, w.user));
	form_of(page, "allow", form);
	/* Another's browser can't send it. */
	assert_int_equal(asked(s->f, registered(s->f, "bob"), "POST", "/oauth/device", "cookie: __Host-whiply=x\n" FORM, form)->status, 403);
	assert_int_equal(browser(s, "POST", "/oauth/device", form)->status, 200);
	assert_int_equal(browser(s, "POST", "/oauth/device", form)->status, 404);
	wh_test_advance(s->f->t, 6000);
	device_polls(s, &w, 200, "refresh_token");
	said(s, "access_token", s->access);
	opened_with(s, s->access, WH_OK);
	device_polls(s, &w, 400, "invalid_grant");
	site_end(s);
}

static void
a_device_is_let_in_by_a_command_or_refused(void **state)
{
	struct site *s = site_begin("");
	struct waiting w;
	char args[300];

	(void)state;
	device_begins(s, &w);
	snprintf(args, sizeof args, "{'code':'%s'}", w.user);
	assert_non_null(strstr(call(s->f, s->ann, "auth.device_show", args)->json, "\"scopes\":\"chat offline_access\""));
	snprintf(args, sizeof args, "{'code':'%s','allow':false}", w.user);
	assert_call(s->f, s->ann, "auth.device_approve", args, WH_OK);
	device_polls(s, &w, 400, "access_denied");
	device_begins(s, &w);
	snprintf(args, sizeof args, "{'code':'%s','allow':true}", w.user);
	assert_call(s->f, wh_test_session(s->f->t, "x", "guest"), "auth.device_approve", args, WH_EPERM);
	assert_call(s->f, s->ann, "auth.device_approve", args, WH_OK);
	wh_test_advance(s->f->t, 6000);
	device_polls(s, &w, 200, "access_token");
	site_end(s);
}

static void
codes_of_devices_end_and_are_not_to_be_guessed(void **state)
{
	struct site *s = site_begin("");
	char args[300], id[256], secret[256];
	struct waiting w;

	(void)state;
	device_begins(s, &w);
	client_make(s, "", id, secret);
	assert_int_equal(client_posts(s, "/oauth/token", id, secret, w.form), 400);
	assert_non_null(strstr(s->json, "invalid_grant"));
	wh_test_advance(s->f->t, 601000);
	snprintf(args, sizeof args, "{'code':'%s','allow':true}", w.user);
	assert_call(s->f, s->ann, "auth.device_approve", args, WH_ENOENT);
	client_posts(s, "/oauth/token", s->id, s->secret, w.form);
	assert_true(strstr(s->json, "expired_token") != NULL || strstr(s->json, "invalid_grant") != NULL);
	for (unsigned i = 0; i < 9; i++) {
		wh_test_advance(s->f->t, 10000);
		assert_call(s->f, s->ann, "auth.device_approve", "{'code':'BCDF-GHJK','allow':true}", WH_ENOENT);
	}
	wh_test_advance(s->f->t, 10000);
	assert_call(s->f, s->ann, "auth.device_approve", "{'code':'BCDF-GHJK','allow':true}", WH_EFAST);
	assert_call(s->f, s->ann, "auth.device_approve", "{'code':'AEIO-UUUU','allow':true}", WH_EINVAL);
	site_end(s);
}

static void
the_discovery_document_says_what_there_is(void **state)
{
	struct site *s = site_begin("");
	const struct wh_test_page *page = wh_test_get(s->f->t, NULL, "/.well-known/openid-configuration");
	struct claims_value doc;

	(void)state;
	assert_int_equal(page->status, 200);
	assert_int_equal(claims_read(page->body, &doc), WH_OK);
	assert_true(claims_get_is(&doc, "issuer", WH_STR("https://chat.example")));
	assert_true(claims_get_is(&doc, "jwks_uri", WH_STR("https://chat.example/.well-known/jwks.json")));
	assert_non_null(strstr(page->body.p, "\"code_challenge_methods_supported\":[\"S256\"]"));
	assert_non_null(strstr(page->body.p, "\"chat\""));
	assert_null(strstr(page->body.p, "none\"],\"id"));
	site_end(s);
}

static void
an_export_has_consents_and_an_erasure_takes_them(void **state)
{
	struct site *s = site_begin("");
	char id[64];

	(void)state;
	tokens_get(s, "chat%20offline_access");
	snprintf(id, sizeof id, "%.*s", WH_FMT(wh_session_identity(wh_test_host(s->f->t), s->ann)->id));
	assert_non_null(strstr(call(s->f, s->ann, "auth.export", NULL)->json, s->id));
	assert_null(strstr(call(s->f, s->ann, "auth.export", NULL)->json, "whq_"));
	assert_call(s->f, s->ann, "auth.erase", "{'password':'pass phrase 1'}", WH_OK);
	opened_with(s, s->access, WH_EAUTH);
	assert_int_equal(refresh(s, s->refresh), 400);
	site_end(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_site_signs_somebody_in),
		cmocka_unit_test(a_person_may_refuse),
		cmocka_unit_test(nobody_is_sent_to_an_address_that_is_not_the_clients),
		cmocka_unit_test(a_bad_redirect_uri_is_not_registered),
		cmocka_unit_test(a_code_needs_s256),
		cmocka_unit_test(only_the_cookies_browser_agrees_and_only_to_what_it_was_shown),
		cmocka_unit_test(prompt_and_max_age_are_obeyed),
		cmocka_unit_test(a_public_client_asks_each_time),
		cmocka_unit_test(a_code_works_once_and_the_second_time_revokes_its_tokens),
		cmocka_unit_test(a_code_is_of_use_to_nobody_else),
		cmocka_unit_test(a_client_shows_its_secret_in_one_way),
		cmocka_unit_test(a_refresh_token_works_once_and_answers_the_same_within_the_grace),
		cmocka_unit_test(a_refresh_token_that_comes_back_revokes_its_family),
		cmocka_unit_test(nobody_refreshes_anothers_token_nor_gets_more_than_was_agreed_to),
		cmocka_unit_test(without_offline_access_there_is_no_refresh_token),
		cmocka_unit_test(a_token_may_what_its_scopes_say_and_nothing_of_the_account),
		cmocka_unit_test(a_token_signs_in_on_irc_and_may_no_more_there),
		cmocka_unit_test(userinfo_says_what_the_scopes_allow),
		cmocka_unit_test(introspection_tells_a_client_about_its_own_tokens),
		cmocka_unit_test(a_client_revokes_its_own_tokens_only),
		cmocka_unit_test(a_person_takes_back_what_was_agreed_to),
		cmocka_unit_test(a_client_that_is_removed_takes_its_tokens_along),
		cmocka_unit_test(a_new_password_and_signing_out_everywhere_end_the_tokens_of_other_sites),
		cmocka_unit_test(an_account_that_is_disabled_or_erased_has_no_tokens),
		cmocka_unit_test(a_device_without_a_browser_is_let_in_on_a_page),
		cmocka_unit_test(a_device_is_let_in_by_a_command_or_refused),
		cmocka_unit_test(codes_of_devices_end_and_are_not_to_be_guessed),
		cmocka_unit_test(the_discovery_document_says_what_there_is),
		cmocka_unit_test(an_export_has_consents_and_an_erasure_takes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
