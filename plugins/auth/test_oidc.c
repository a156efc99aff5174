/* Signing in over another provider, which is played: what comes of it, and what is refused. */
#include "testing_oidc.h"
#include "testing_second.h"

#include <unistd.h>

static void
somebody_new_gets_an_account_and_comes_back_to_it(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest"), *b = wh_test_session(idp->f->t, "b", "guest");
	char first[256], second[256], challenge[PKCE_CHALLENGE + 1], verifier[256];
	struct way w;

	(void)state;
	way_begin(idp, a, "auth.provider_begin", "{'provider':'idp'}", &w);
	assert_true(strncmp(w.url, IDP "/authorize?response_type=code&client_id=us&redirect_uri=https%3A%2F%2Fchat.example%2Fauth%2Fcallback%2Fidp&", 90) == 0);
	assert_non_null(strstr(w.url, "code_challenge_method=S256"));
	way_back(idp, &w);
	/* The code is exchanged with the verifier of the challenge. */
	between(was_asked(idp, IDP "/token")->body, "code_verifier=", "&", verifier, sizeof verifier);
	assert_true(pkce_challenge(wh_str(verifier), challenge));
	assert_string_equal(challenge, w.challenge);
	assert_non_null(strstr(was_asked(idp, IDP "/token")->body, "client_id=us"));
	assert_true(strncmp(w.location, "https://chat.example/login#ticket=whv_", 38) == 0);
	wh_member(way_ticket(idp, a, &w), "account", first);
	assert_true(is_account(idp->f, a));
	wh_member(over_provider(idp, b), "account", second);
	assert_string_equal(first, second);
	/* Somebody else there is somebody else here. */
	snprintf(idp->sub, sizeof idp->sub, "1002");
	snprintf(idp->name, sizeof idp->name, "Yan");
	wh_member(over_provider(idp, wh_test_session(idp->f->t, "c", "guest")), "account", second);
	assert_string_not_equal(first, second);
	idp_end(idp);
}

static void
a_state_works_once_and_only_ours_does(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest");
	struct way w;
	size_t n;

	(void)state;
	way_begin(idp, a, "auth.provider_begin", "{'provider':'idp'}", &w);
	n = idp->n;
	way_back_with(idp, &(struct way){ .state = "made-up" }, "idp", "&code=c0de");
	assert_int_equal(idp->n, n);
	way_back(idp, &w);
	n = idp->n;
	way_back(idp, &w);
	assert_int_equal(w.page->status, 400);
	assert_int_equal(idp->n, n);
	/* Ten minutes later it is over. */
	way_begin(idp, a, "auth.provider_begin", "{'provider':'idp'}", &w);
	wh_test_advance(idp->f->t, 601000);
	way_back(idp, &w);
	assert_int_equal(w.page->status, 400);
	idp_end(idp);
}

static void
an_answer_of_another_provider_is_refused(void **state)
{
	struct idp *idp = idp_begin("site = \"https://chat.example\"; providers = ( { name = \"idp\"; issuer = \"" IDP "\"; client_id = \"us\"; }, "
	    "{ name = \"evil\"; issuer = \"https://evil.example\"; client_id = \"us\"; } );");
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest");
	struct way w;
	size_t n;

	(void)state;
	way_begin(idp, a, "auth.provider_begin", "{'provider':'idp'}", &w);
	n = idp->n;
	way_back_with(idp, &w, "evil", "&code=c0de");
	assert_int_equal(w.page->status, 400);
	way_begin(idp, a, "auth.provider_begin", "{'provider':'idp'}", &w);
	way_back_with(idp, &w, "idp", "&code=c0de&iss=https%3A%2F%2Fevil.example");
	assert_int_equal(w.page->status, 400);
	/* It says `iss`, so one without it is not from there. */
	way_begin(idp, a, "auth.provider_begin", "{'provider':'idp'}", &w);
	way_back_with(idp, &w, "idp", "&code=c0de");
	assert_int_equal(w.page->status, 400);
	/* Two of a kind. */
	way_begin(idp, a, "auth.provider_begin", "{'provider':'idp'}", &w);
	way_back_with(idp, &w, "idp", "&code=c0de&code=other&iss=https%3A%2F%2Fidp.example");
	assert_int_equal(w.page->status, 400);
	assert_int_equal(idp->n, n);
	idp_end(idp);
}

/* What can be wrong with an ID token. */
static void wrong_iss(struct idp *idp) { snprintf(idp->iss, sizeof idp->iss, "https://evil.example"); }
static void wrong_aud(struct idp *idp) { snprintf(idp->aud, sizeof idp->aud, "\"others\""); }
static void two_aud(struct idp *idp) { snprintf(idp->aud, sizeof idp->aud, "[\"us\",\"others\"]"); }
static void wrong_azp(struct idp *idp) { snprintf(idp->more, sizeof idp->more, ",\"azp\":\"others\""); }
static void no_nonce(struct idp *idp) { idp->nonce[0] = '\0'; }
static void wrong_nonce(struct idp *idp) { idp->nonce[0] ^= 1; }
static void expired(struct idp *idp) { idp->exp = idp->iat - 100; idp->iat -= 400; }
static void future(struct idp *idp) { idp->iat += 4000; idp->exp += 4000; }
static void not_yet(struct idp *idp) { snprintf(idp->more, sizeof idp->more, ",\"nbf\":%lld", (long long)idp->iat + 1000); }
static void no_sub(struct idp *idp) { idp->sub[0] = '\0'; }
static void twice(struct idp *idp) { snprintf(idp->more, sizeof idp->more, ",\"sub\":\"1\""); }

static void
an_id_token_that_claims_anything_wrong_is_refused(void **state)
{
	static void (*const wrongs[])(struct idp *) = { wrong_iss, wrong_aud, two_aud, wrong_azp, no_nonce, wrong_nonce, expired, future, not_yet, no_sub, twice };
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest");
	struct idp before;
	struct way w;

	(void)state;
	for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
		wh_test_advance(idp->f->t, 20000);
		idp->iat = wh_wall_ms(wh_test_host(idp->f->t)) / 1000;
		idp->exp = idp->iat + 300;
		idp->n = 0;
		way_begin(idp, a, "auth.provider_begin", "{'provider':'idp'}", &w);
		before = *idp;
		wrongs[i](idp);
		way_back(idp, &w);
		if (strstr(w.location, "#error=") == NULL || w.ticket[0] != '\0')
			fail_msg("wrong %zu: %u %s", i, w.page->status, w.location);
		memcpy(idp->iss, before.iss, sizeof before - offsetof(struct idp, iss));
	}
	assert_true(wh_test_metric(idp->f->t, "whiply_auth_logins_total", "provider_refused") >= 11);
	assert_string_equal(wh_member(over_provider(idp, a), "name", w.state), "Zoe");
	idp_end(idp);
}

static void
refused_token(struct idp *idp, struct wh_session *s, const char *token)
{
	struct way w;

	way_begin(idp, s, "auth.provider_begin", "{'provider':'idp'}", &w);
	token_answers(idp, token);
	way_back_with(idp, &w, "idp", "&code=c0de&iss=https%3A%2F%2Fidp.example");
	if (strstr(w.location, "#error=") == NULL)
		fail_msg("%s", w.location);
}

static void
text64(const char *plain, char out[512])
{
	assert_true(text64_put(TEXT64_URL, out, 512, (const uint8_t *)plain, strlen(plain)));
}

static void
an_id_token_that_is_not_signed_by_the_providers_key_is_refused(void **state)
{
	static const char *const headers[] = { "{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"ES256\",\"jwk\":{}}",
		"{\"alg\":\"ES256\",\"jku\":\"https://evil.example\"}", "{\"alg\":\"ES256\",\"crit\":[\"x\"]}" };
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest");
	struct jose_key *evil = NULL;
	char token[4096], made[5000], header[512], *dot;

	(void)state;
	assert_int_equal(jose_key_generate(JOSE_ES256, &evil), WH_OK);
	id_token_make(idp, evil, token);
	refused_token(idp, a, token);
	id_token_make(idp, idp->key, token);
	dot = strchr(token, '.');
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		text64(headers[i], header);
		snprintf(made, sizeof made, "%s%s", header, dot);
		refused_token(idp, a, made);
		if (i == 0) {
			*strrchr(made, '.') = '\0';
			strcat(made, ".");
			refused_token(idp, a, made);
		}
	}
	refused_token(idp, a, "nonsense");
	jose_key_free(&evil);
	idp_end(idp);
}

static void
keys_that_the_provider_replaced_are_read_anew(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest");

	(void)state;
	over_provider(idp, wh_test_session(idp->f->t, "x", "guest"));
	jose_key_free(&idp->key);
	assert_int_equal(jose_key_generate(JOSE_EDDSA, &idp->key), WH_OK);
	idp_publish(idp, idp->key);
	wh_test_advance(idp->f->t, 61000);
	idp->iat = wh_wall_ms(wh_test_host(idp->f->t)) / 1000;
	assert_int_equal(over_provider(idp, a)->err, WH_OK);
	assert_true(is_account(idp->f, a));
	idp_end(idp);
}

static void
a_discovery_document_that_leads_astray_is_refused(void **state)
{
	static const char *const docs[] = {
		"{\"issuer\":\"https://evil.example\",\"authorization_endpoint\":\"" IDP "/a\",\"token_endpoint\":\"" IDP "/t\",\"jwks_uri\":\"" IDP "/j\"}",
		"{\"issuer\":\"" IDP "\",\"authorization_endpoint\":\"" IDP "/a\",\"token_endpoint\":\"http://127.0.0.1/t\",\"jwks_uri\":\"" IDP "/j\"}",
		"{\"issuer\":\"" IDP "\",\"authorization_endpoint\":\"javascript:x\",\"token_endpoint\":\"" IDP "/t\",\"jwks_uri\":\"" IDP "/j\"}",
		"{\"issuer\":\"" IDP "\",\"authorization_endpoint\":\"" IDP "/a\",\"token_endpoint\":\"https://u:p@idp.example/t\",\"jwks_uri\":\"" IDP "/j\"}",
		"{\"issuer\":\"" IDP "\",\"authorization_endpoint\":\"" IDP "/a\",\"token_endpoint\":\"" IDP "/t\"}",
		"[]",
	};
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest");

	(void)state;
	for (size_t i = 0; i < sizeof docs / sizeof docs[0]; i++) {
		answers(idp, IDP "/.well-known/openid-configuration", 200, docs[i]);
		assert_call(idp->f, a, "auth.provider_begin", "{'provider':'idp'}", WH_EAWAY);
		wh_test_advance(idp->f->t, 11000);
	}
	answers(idp, IDP "/.well-known/openid-configuration", 0, "");
	assert_call(idp->f, a, "auth.provider_begin", "{'provider':'idp'}", WH_EAWAY);
	/* For a moment nobody asks again. */
	assert_int_equal(idp->n, sizeof docs / sizeof docs[0] + 1);
	assert_call(idp->f, a, "auth.provider_begin", "{'provider':'idp'}", WH_EAWAY);
	assert_int_equal(idp->n, sizeof docs / sizeof docs[0] + 1);
	assert_call(idp->f, a, "auth.provider_begin", "{'provider':'nobody'}", WH_ENOENT);
	idp_end(idp);
}

static void
a_ticket_is_of_use_only_to_who_began(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest"), *b = wh_test_session(idp->f->t, "b", "guest");
	struct way w, other;

	(void)state;
	way_begin(idp, a, "auth.provider_begin", "{'provider':'idp'}", &w);
	way_begin(idp, b, "auth.provider_begin", "{'provider':'idp'}", &other);
	snprintf(idp->nonce, sizeof idp->nonce, "%s", w.nonce);
	way_back(idp, &w);
	memcpy(other.ticket, w.ticket, sizeof w.ticket);
	assert_int_equal(way_ticket(idp, b, &other)->err, WH_EAUTH);
	other.proof[0] = '\0';
	assert_int_equal(way_ticket(idp, b, &other)->err, WH_EAUTH);
	assert_int_equal(way_ticket(idp, a, &w)->err, WH_OK);
	/* Once. */
	assert_int_equal(way_ticket(idp, b, &w)->err, WH_EAUTH);
	/* And for half a minute. */
	way_begin(idp, b, "auth.provider_begin", "{'provider':'idp'}", &w);
	way_back(idp, &w);
	wh_test_advance(idp->f->t, 31000);
	assert_int_equal(way_ticket(idp, b, &w)->err, WH_EAUTH);
	idp_end(idp);
}

static void
where_the_browser_goes_afterwards_is_within_the_site(void **state)
{
	static const char *const bad[] = { "https://evil.example/", "//evil.example", "/\\\\evil.example", "rooms", "/a\\nb" };
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest");
	char args[200];
	struct way w;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(args, sizeof args, "{'provider':'idp','return_to':'%s'}", bad[i]);
		assert_call(idp->f, a, "auth.provider_begin", args, WH_EINVAL);
	}
	way_begin(idp, a, "auth.provider_begin", "{'provider':'idp','return_to':'/rooms?x=1'}", &w);
	way_back(idp, &w);
	assert_true(strncmp(w.location, "https://chat.example/rooms?x=1#ticket=", 38) == 0);
	idp_end(idp);
}

static void
an_account_is_never_found_by_name_or_mail(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *ann = registered(idp->f, "ann"), *thief = wh_test_session(idp->f->t, "t", "guest");
	const struct wh_test_answer *answer;
	char token[128], args[256], ticket[256], account[256];
	struct way w;

	(void)state;
	assert_call(idp->f, ann, "auth.confirm_begin", "{'mail':'ann@mail.example'}", WH_OK);
	snprintf(args, sizeof args, "{'token':'%s'}", letter_token(idp->f, token));
	assert_call(idp->f, ann, "auth.confirm", args, WH_OK);
	snprintf(idp->name, sizeof idp->name, "ann");
	snprintf(idp->mail, sizeof idp->mail, "ann@mail.example");
	way_begin(idp, thief, "auth.provider_begin", "{'provider':'idp'}", &w);
	way_back(idp, &w);
	answer = way_ticket(idp, thief, &w);
	wh_member(answer, "finish", ticket);
	assert_false(is_account(idp->f, thief));
	/* Nor is a name that is taken given away. */
	assert_int_equal(way_finish(idp, thief, &w, ticket, "ann")->err, WH_EEXIST);
	assert_int_equal(way_finish(idp, thief, &w, ticket, "admin")->err, WH_EEXIST);
	answer = way_finish(idp, thief, &w, ticket, "robin");
	wh_member(answer, "account", account);
	assert_false(wh_str_is(wh_session_identity(wh_test_host(idp->f->t), ann)->id, account));
	assert_int_equal(way_finish(idp, wh_test_session(idp->f->t, "u", "guest"), &w, ticket, "robin2")->err, WH_EAUTH);
	idp_end(idp);
}

static void
who_may_register_holds_here_too(void **state)
{
	static const char *const ways[] = { "closed", "approval", "invitation" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		char settings[600];
		struct idp *idp;
		struct wh_session *a;
		const struct wh_test_answer *answer;

		snprintf(settings, sizeof settings, SETTINGS "registration = \"%s\";", ways[i]);
		idp = idp_begin(settings);
		a = wh_test_session(idp->f->t, "a", "guest");
		answer = over_provider(idp, a);
		if (i < 2)
			assert_int_equal(answer->err, WH_EPERM);
		else
			assert_non_null(strstr(answer->json, "invitation"));
		assert_false(is_account(idp->f, a));
		idp_end(idp);
	}
}

static void
an_invitation_opens_the_door(void **state)
{
	struct idp *idp = idp_begin(SETTINGS "registration = \"invitation\";");
	struct wh_session *mod = wh_test_session(idp->f->t, "mod", "moderator"), *a = wh_test_session(idp->f->t, "a", "guest");
	char invitation[256], args[400];
	struct way w;

	(void)state;
	wh_member(call(idp->f, mod, "auth.invite", "{'uses':1}"), "invitation", invitation);
	snprintf(args, sizeof args, "{'provider':'idp','invitation':'%s'}", invitation);
	way_begin(idp, a, "auth.provider_begin", args, &w);
	way_back(idp, &w);
	assert_int_equal(way_ticket(idp, a, &w)->err, WH_OK);
	assert_true(is_account(idp->f, a));
	idp_end(idp);
}

static void
an_account_that_is_disabled_is_not_signed_in_to(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);

	(void)state;
	assert_int_equal(over_provider(idp, wh_test_session(idp->f->t, "a", "guest"))->err, WH_OK);
	assert_call(idp->f, wh_test_session(idp->f->t, "adm", "admin"), "auth.disable", "{'name':'Zoe'}", WH_OK);
	assert_int_equal(over_provider(idp, wh_test_session(idp->f->t, "b", "guest"))->err, WH_EPERM);
	idp_end(idp);
}

static void
linking_and_unlinking_ask_for_a_sign_in_that_is_fresh(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *ann = registered(idp->f, "ann"), *b = wh_test_session(idp->f->t, "b", "guest");
	char account[256];
	struct way w;

	(void)state;
	wh_test_advance(idp->f->t, 601000);
	assert_call(idp->f, ann, "auth.link_begin", "{'provider':'idp'}", WH_EAUTH);
	assert_call(idp->f, ann, "auth.unlink", "{'provider':'idp'}", WH_EAUTH);
	ann = wh_test_session(idp->f->t, "again", "guest");
	assert_call(idp->f, ann, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	idp->iat = wh_wall_ms(wh_test_host(idp->f->t)) / 1000;
	idp->exp = idp->iat + 300;
	way_begin(idp, ann, "auth.link_begin", "{'provider':'idp'}", &w);
	way_back(idp, &w);
	assert_string_equal(wh_member(way_ticket(idp, ann, &w), "linked", account), "idp");
	assert_non_null(strstr(call(idp->f, ann, "auth.links", NULL)->json, "\"provider\":\"idp\""));
	wh_member(over_provider(idp, b), "account", account);
	assert_true(wh_str_is(wh_session_identity(wh_test_host(idp->f->t), ann)->id, account));
	/* What is linked is nobody else's to link. */
	b = registered(idp->f, "bob");
	way_begin(idp, b, "auth.link_begin", "{'provider':'idp'}", &w);
	way_back(idp, &w);
	assert_int_equal(way_ticket(idp, b, &w)->err, WH_EEXIST);
	assert_call(idp->f, ann, "auth.unlink", "{'provider':'idp'}", WH_OK);
	assert_call(idp->f, ann, "auth.unlink", "{'provider':'idp'}", WH_ESTATE);
	assert_non_null(strstr(idp->f->audit, "auth.unlinked"));
	idp_end(idp);
}

static void
a_link_that_was_begun_for_one_is_not_finished_by_another(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *ann = registered(idp->f, "ann"), *bob = registered(idp->f, "bob");
	struct way w;

	(void)state;
	way_begin(idp, ann, "auth.link_begin", "{'provider':'idp'}", &w);
	way_back(idp, &w);
	assert_int_equal(way_ticket(idp, wh_test_session(idp->f->t, "x", "guest"), &w)->err, WH_ESTATE);
	assert_int_equal(way_ticket(idp, bob, &w)->err, WH_EAUTH);
	idp_end(idp);
}

static void
the_last_way_in_is_not_unlinked(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest");

	(void)state;
	over_provider(idp, a);
	assert_call(idp->f, a, "auth.unlink", "{'provider':'idp'}", WH_ESTATE);
	assert_int_equal(over_provider(idp, wh_test_session(idp->f->t, "b", "guest"))->err, WH_OK);
	idp_end(idp);
}

static void
an_account_without_a_password_sets_its_first_or_is_erased_when_it_just_signed_in(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *a = wh_test_session(idp->f->t, "a", "guest"), *ann = registered(idp->f, "ann");

	(void)state;
	/* Who has one shows it. */
	assert_call(idp->f, ann, "auth.password", "{'new':'pass phrase 2'}", WH_EAUTH);
	assert_call(idp->f, ann, "auth.erase", NULL, WH_EAUTH);
	over_provider(idp, a);
	wh_test_advance(idp->f->t, 601000);
	assert_call(idp->f, a, "auth.password", "{'new':'pass phrase 2'}", WH_EAUTH);
	assert_call(idp->f, a, "auth.erase", NULL, WH_EAUTH);
	idp->iat = wh_wall_ms(wh_test_host(idp->f->t)) / 1000;
	idp->exp = idp->iat + 300;
	a = wh_test_session(idp->f->t, "b", "guest");
	over_provider(idp, a);
	assert_call(idp->f, a, "auth.password", "{'new':'short'}", WH_EINVAL);
	assert_call(idp->f, a, "auth.password", "{'new':'pass phrase 2'}", WH_OK);
	assert_call(idp->f, a, "auth.password", "{'new':'pass phrase 3'}", WH_EAUTH);
	assert_call(idp->f, wh_test_session(idp->f->t, "c", "guest"), "auth.login", "{'name':'Zoe','password':'pass phrase 2'}", WH_OK);
	/* Now the link is no longer the last way in. */
	assert_call(idp->f, a, "auth.unlink", "{'provider':'idp'}", WH_OK);
	snprintf(idp->sub, sizeof idp->sub, "1002");
	snprintf(idp->name, sizeof idp->name, "Yan");
	a = wh_test_session(idp->f->t, "d", "guest");
	over_provider(idp, a);
	assert_call(idp->f, a, "auth.erase", NULL, WH_OK);
	assert_non_null(strstr(idp->f->audit, "auth.erased"));
	idp_end(idp);
}

static void
a_second_factor_is_asked_for_whatever_the_provider_did(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	struct wh_session *ann = registered(idp->f, "ann"), *b = wh_test_session(idp->f->t, "b", "guest");
	const struct wh_test_answer *answer;
	char ticket[256], code[256];
	struct app app;
	struct way w;

	(void)state;
	way_begin(idp, ann, "auth.link_begin", "{'provider':'idp'}", &w);
	way_back(idp, &w);
	assert_int_equal(way_ticket(idp, ann, &w)->err, WH_OK);
	app_on(idp->f, ann, &app);
	answer = over_provider(idp, b);
	wh_member(answer, "ticket", ticket);
	assert_non_null(strstr(answer->json, "\"totp\""));
	assert_false(is_account(idp->f, b));
	wh_test_advance(idp->f->t, 30000);
	assert_int_equal(with_code(idp->f, b, "auth.second", ticket, app_code(idp->f, &app, 0, code))->err, WH_OK);
	assert_true(is_account(idp->f, b));
	idp_end(idp);
}

#define GITHUB "site = \"https://chat.example\"; login_page = \"/login\"; providers = ( { name = \"gh\"; preset = \"github\"; client_id = \"us\"; " \
	"client_secret_file = \"%s\"; } );"

static void
github_is_asked_for_the_person_by_its_api(void **state)
{
	char path[] = "/tmp/whiply-secret-XXXXXX", settings[600];
	int fd = mkstemp(path);
	struct idp *idp;
	struct wh_session *a;
	struct way w;

	(void)state;
	assert_int_equal(write(fd, "s3cret\n", 7), 7);
	close(fd);
	snprintf(settings, sizeof settings, GITHUB, path);
	idp = idp_begin(settings);
	a = wh_test_session(idp->f->t, "a", "guest");
	answers(idp, "https://github.com/login/oauth/access_token", 200, "{\"access_token\":\"gho_1\",\"token_type\":\"bearer\"}");
	answers(idp, "https://api.github.com/user", 200, "{\"id\":583231,\"login\":\"octocat\",\"email\":null}");
	way_begin(idp, a, "auth.provider_begin", "{'provider':'gh'}", &w);
	assert_true(strncmp(w.url, "https://github.com/login/oauth/authorize?", 41) == 0);
	way_back_with(idp, &w, "gh", "&code=c0de");
	assert_non_null(strstr(was_asked(idp, "https://github.com/login/oauth/access_token")->body, "client_secret=s3cret"));
	assert_non_null(strstr(was_asked(idp, "https://api.github.com/user")->headers, "authorization: Bearer gho_1\n"));
	assert_string_equal(wh_member(way_ticket(idp, a, &w), "name", w.state), "octocat");
	/* Who has no id is nobody. */
	answers(idp, "https://api.github.com/user", 200, "{\"login\":\"octocat\"}");
	way_begin(idp, wh_test_session(idp->f->t, "b", "guest"), "auth.provider_begin", "{'provider':'gh'}", &w);
	way_back_with(idp, &w, "gh", "&code=c0de");
	assert_non_null(strstr(w.location, "#error="));
	idp_end(idp);
	unlink(path);
}

#define TWITCH "https://id.twitch.tv/oauth2"

static struct idp *
twitch_begin(struct wh_session **s_out)
{
	struct idp *idp = idp_begin("site = \"https://chat.example\"; login_page = \"/login\"; "
	    "providers = ( { name = \"twitch\"; preset = \"twitch\"; client_id = \"us\"; } );");
	char jwks[8192], token[4096], body[6000];
	struct way w;

	answers(idp, TWITCH "/.well-known/openid-configuration", 200, "{\"issuer\":\"" TWITCH "\",\"authorization_endpoint\":\"" TWITCH "/authorize\","
	    "\"token_endpoint\":\"" TWITCH "/token\",\"jwks_uri\":\"" TWITCH "/keys\"}");
	snprintf(jwks, sizeof jwks, "%s", reply_find(idp, IDP "/jwks")->body);
	answers(idp, TWITCH "/keys", 200, jwks);
	answers(idp, TWITCH "/validate", 200, "{}");
	*s_out = wh_test_session(idp->f->t, "a", "guest");
	way_begin(idp, *s_out, "auth.provider_begin", "{'provider':'twitch'}", &w);
	snprintf(idp->iss, sizeof idp->iss, TWITCH);
	id_token_make(idp, idp->key, token);
	snprintf(body, sizeof body, "{\"access_token\":\"tw-1\",\"refresh_token\":\"tr-1\",\"token_type\":\"bearer\",\"id_token\":\"%s\"}", token);
	answers(idp, TWITCH "/token", 200, body);
	way_back_with(idp, &w, "twitch", "&code=c0de");
	assert_int_equal(way_ticket(idp, *s_out, &w)->err, WH_OK);
	assert_true(is_account(idp->f, *s_out));
	return idp;
}

static void
an_hour(struct idp *idp)
{
	for (unsigned i = 0; i < 61; i++) {
		wh_test_advance(idp->f->t, 60000);
		wh_test_settle(idp->f->t);
	}
}

static void
twitch_is_asked_every_hour_and_who_left_there_is_signed_out(void **state)
{
	struct wh_session *a;
	struct idp *idp = twitch_begin(&a);
	size_t n;

	(void)state;
	n = idp->n;
	an_hour(idp);
	assert_int_equal(idp->n, n + 1);
	assert_non_null(strstr(was_asked(idp, TWITCH "/validate")->headers, "authorization: OAuth tw-1\n"));
	assert_int_equal(wh_test_closed(a, NULL), 0);
	/* Expired there: refreshed. */
	answers(idp, TWITCH "/validate", 401, "{}");
	answers(idp, TWITCH "/token", 200, "{\"access_token\":\"tw-2\",\"refresh_token\":\"tr-2\"}");
	an_hour(idp);
	assert_non_null(strstr(was_asked(idp, TWITCH "/token")->body, "refresh_token=tr-1"));
	assert_int_equal(wh_test_closed(a, NULL), 0);
	/* It is away: nobody suffers for it. */
	answers(idp, TWITCH "/validate", 0, "");
	an_hour(idp);
	assert_int_equal(wh_test_closed(a, NULL), 0);
	/* The person took the permission back there. */
	answers(idp, TWITCH "/validate", 401, "{}");
	answers(idp, TWITCH "/token", 400, "{}");
	an_hour(idp);
	assert_non_null(strstr(was_asked(idp, TWITCH "/validate")->headers, "authorization: OAuth tw-2\n"));
	assert_non_null(strstr(was_asked(idp, TWITCH "/token")->body, "refresh_token=tr-2"));
	assert_int_equal(wh_test_closed(a, NULL), AUTH_CLOSE_SIGNED_OUT);
	assert_non_null(strstr(idp->f->audit, "auth.provider_lost"));
	idp_end(idp);
}

static void
who_left_there_is_signed_out_where_a_second_factor_was_shown_too(void **state)
{
	struct wh_session *a;
	struct idp *idp = twitch_begin(&a);
	struct wh_session *b = wh_test_session(idp->f->t, "b", "guest");
	char token[4096], body[6000], ticket[256], code[256];
	struct app app;
	struct way w;

	(void)state;
	app_on(idp->f, a, &app);
	wh_test_advance(idp->f->t, 30000);
	way_begin(idp, b, "auth.provider_begin", "{'provider':'twitch'}", &w);
	id_token_make(idp, idp->key, token);
	snprintf(body, sizeof body, "{\"access_token\":\"tw-1\",\"refresh_token\":\"tr-1\",\"token_type\":\"bearer\",\"id_token\":\"%s\"}", token);
	answers(idp, TWITCH "/token", 200, body);
	way_back_with(idp, &w, "twitch", "&code=c0de");
	wh_member(way_ticket(idp, b, &w), "ticket", ticket);
	assert_int_equal(with_code(idp->f, b, "auth.second", ticket, app_code(idp->f, &app, 0, code))->err, WH_OK);
	answers(idp, TWITCH "/validate", 401, "{}");
	answers(idp, TWITCH "/token", 400, "{}");
	an_hour(idp);
	assert_int_equal(wh_test_closed(a, NULL), AUTH_CLOSE_SIGNED_OUT);
	assert_int_equal(wh_test_closed(b, NULL), AUTH_CLOSE_SIGNED_OUT);
	idp_end(idp);
}

static void
settings_of_providers_are_checked(void **state)
{
	static const char *const bad[] = {
		"providers = ( { name = \"x\"; client_id = \"us\"; } );",
		"providers = ( { name = \"x\"; client_id = \"us\"; preset = \"google\"; issuer = \"https://a.example\"; } );",
		"providers = ( { name = \"X/Y\"; client_id = \"us\"; preset = \"google\"; } );",
		"providers = ( { name = \"x\"; client_id = \"us\"; issuer = \"ftp://a.example\"; } );",
		"providers = ( { name = \"x\"; client_id = \"us\"; preset = \"google\"; client_secret_file = \"/nonexistent\"; } );",
		"providers = ( { name = \"x\"; client_id = \"us\"; preset = \"google\"; }, { name = \"y\"; client_id = \"us\"; preset = \"google\"; } );",
		"login_page = \"https://evil.example\";",
	};
	struct idp *idp = idp_begin(SETTINGS);
	char text[600];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text, CHEAP "%s", bad[i]);
		assert_int_equal(wh_test_reload(idp->f->t, text), WH_EINVAL);
	}
	assert_int_equal(wh_test_reload(idp->f->t, CHEAP SETTINGS), WH_OK);
	assert_int_equal(over_provider(idp, wh_test_session(idp->f->t, "a", "guest"))->err, WH_OK);
	idp_end(idp);
}

static void
no_secret_of_a_provider_is_logged_or_exported(void **state)
{
	struct wh_session *a;
	struct idp *idp = twitch_begin(&a);
	const char *json = call(idp->f, a, "auth.export", NULL)->json;

	(void)state;
	assert_non_null(strstr(json, "\"subject\":\"1001\""));
	assert_null(strstr(json, "tw-1"));
	assert_call(idp->f, a, "auth.links", NULL, WH_OK);
	idp_end(idp);
}

static void
flows_are_bounded_by_address(void **state)
{
	struct idp *idp = idp_begin(SETTINGS);
	const struct wh_test_answer *answer = NULL;

	(void)state;
	for (unsigned i = 0; i < 70 && (answer == NULL || answer->err == WH_OK); i++) {
		char name[16];

		snprintf(name, sizeof name, "g%u", i);
		answer = call(idp->f, wh_test_session(idp->f->t, name, "guest"), "auth.provider_begin", "{'provider':'idp'}");
	}
	assert_int_equal(answer->err, WH_EFAST);
	assert_true(answer->retry_ms > 0);
	idp_end(idp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(somebody_new_gets_an_account_and_comes_back_to_it),
		cmocka_unit_test(a_state_works_once_and_only_ours_does),
		cmocka_unit_test(an_answer_of_another_provider_is_refused),
		cmocka_unit_test(an_id_token_that_claims_anything_wrong_is_refused),
		cmocka_unit_test(an_id_token_that_is_not_signed_by_the_providers_key_is_refused),
		cmocka_unit_test(keys_that_the_provider_replaced_are_read_anew),
		cmocka_unit_test(a_discovery_document_that_leads_astray_is_refused),
		cmocka_unit_test(a_ticket_is_of_use_only_to_who_began),
		cmocka_unit_test(where_the_browser_goes_afterwards_is_within_the_site),
		cmocka_unit_test(an_account_is_never_found_by_name_or_mail),
		cmocka_unit_test(who_may_register_holds_here_too),
		cmocka_unit_test(an_invitation_opens_the_door),
		cmocka_unit_test(an_account_that_is_disabled_is_not_signed_in_to),
		cmocka_unit_test(linking_and_unlinking_ask_for_a_sign_in_that_is_fresh),
		cmocka_unit_test(a_link_that_was_begun_for_one_is_not_finished_by_another),
		cmocka_unit_test(the_last_way_in_is_not_unlinked),
		cmocka_unit_test(an_account_without_a_password_sets_its_first_or_is_erased_when_it_just_signed_in),
		cmocka_unit_test(a_second_factor_is_asked_for_whatever_the_provider_did),
		cmocka_unit_test(github_is_asked_for_the_person_by_its_api),
		cmocka_unit_test(twitch_is_asked_every_hour_and_who_left_there_is_signed_out),
		cmocka_unit_test(who_left_there_is_signed_out_where_a_second_factor_was_shown_too),
		cmocka_unit_test(settings_of_providers_are_checked),
		cmocka_unit_test(no_secret_of_a_provider_is_logged_or_exported),
		cmocka_unit_test(flows_are_bounded_by_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
