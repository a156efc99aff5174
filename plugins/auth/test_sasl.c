/* SASL as a dialect uses it: the service, and each of its mechanisms against the real store. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <whiply/sasl.h>

#include "testing_second.h"

#define PASSWORD "pass phrase 1"
#define CERTIFICATE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WRONG "the name or the password is wrong"

/* What a dialect was told of an exchange. */
struct client {
	struct fixture *f;
	struct wh_session *s;
	const struct wh_sasl_ops *ops;
	struct wh_sasl *sasl;
	unsigned told;
	enum wh_sasl_outcome what;
	enum wh_err err;
	int64_t retry_ms;
	bool account;			/* was the session one when it was told? */
	char bytes[WH_SASL_MESSAGE + 1], why[300];
	size_t bytes_n;
};

static void
told(void *self, uint64_t cookie, wh_id session, const struct wh_sasl_answer *answer)
{
	struct client *c = self;

	assert_int_equal(cookie, 7);
	assert_int_equal(session, wh_session_id(wh_test_host(c->f->t), c->s));
	c->told++;
	c->what = answer->what;
	c->err = answer->err;
	c->retry_ms = answer->retry_ms;
	c->account = is_account(c->f, c->s);
	c->bytes_n = answer->bytes.n;
	snprintf(c->bytes, sizeof c->bytes, "%.*s", WH_FMT(answer->bytes));
	snprintf(c->why, sizeof c->why, "%.*s", WH_FMT(answer->why));
}

static void
client_begin(struct client *c, struct fixture *f)
{
	void *self;

	*c = (struct client){ .f = f, .s = wh_test_session(f->t, "sasl", "guest") };
	c->ops = wh_test_service(f->t, "sasl", WH_SASL_VERSION, &self);
	assert_non_null(c->ops);
	c->sasl = self;
}

static enum wh_err
client_start(struct client *c, const char *mechanism)
{
	return c->ops->start(c->sasl, c->s, wh_str(mechanism), told, c, 7);
}

/* Says something and waits for what comes of it. */
static void
client_says(struct client *c, struct wh_str message)
{
	unsigned before = c->told;

	assert_int_equal(c->ops->step(c->sasl, c->s, message), WH_OK);
	wh_test_settle(c->f->t);
	assert_int_equal(c->told, before + 1);
	if (c->what != WH_SASL_CHALLENGE) {
		assert_int_equal(c->account, c->what == WH_SASL_DONE);
		assert_int_equal(c->ops->step(c->sasl, c->s, message), WH_ESTATE);
	}
}

/* A client of its own in one step. `authzid\0name\0password`. */
static void
plain(struct client *c, struct fixture *f, const char *authzid, const char *name, const char *password)
{
	char text[600];
	int n = snprintf(text, sizeof text, "%s%c%s%c%s", authzid, 0, name, 0, password);

	client_begin(c, f);
	assert_int_equal(client_start(c, "PLAIN"), WH_OK);
	client_says(c, (struct wh_str){ text, (size_t)n });
}

#define assert_failed(c, expected, sentence) \
	do { \
		assert_int_equal((c)->what, WH_SASL_FAILED); \
		assert_int_equal((c)->err, expected); \
		assert_string_equal((c)->why, sentence); \
	} while (0)

static void
rows_counted(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	*(size_t *)(uintptr_t)cookie = result->rows->n;
}

static size_t
devices(struct fixture *f, struct wh_session *s)
{
	struct auth *auth = wh_test_self(f->t);
	char account[256];
	size_t n = 0;

	wh_member(call(f, s, "auth.whoami", NULL), "account", account);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(account)) };

	assert_int_equal(wh_store_run_now(&auth->table, &TASK_STEP(ST_DEVICE_LIST, cells, WH_ANY), 1, rows_counted, (uintptr_t)&n), WH_OK);
	return n;
}

static void
plain_signs_in_with_the_password(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann");
	struct client c;
	size_t before = devices(f, ann);

	(void)state;
	plain(&c, f, "", "Ann", PASSWORD);
	assert_int_equal(c.what, WH_SASL_DONE);
	assert_non_null(strstr(call(f, c.s, "auth.whoami", NULL)->json, "\"name\":\"ann\""));
	assert_non_null(strstr(f->audit, "auth.signed_in"));
	/* Nobody was told the device's tokens: it ends with the session. */
	assert_int_equal(devices(f, ann), before + 1);
	wh_test_leave_server(f->t, c.s);
	wh_test_settle(f->t);
	assert_int_equal(devices(f, ann), before);
	end(f);
}

static void
wrong_passwords_and_unknown_names_are_alike_and_count_as_at_login(void **state)
{
	struct fixture *f = begin("tries = 3; lockout = \"10s\";");
	struct wh_session *s = wh_test_session(f->t, "x", "guest");
	int64_t hashes;
	struct client c;

	(void)state;
	registered(f, "ann");
	hashes = wh_test_metric(f->t, "whiply_auth_hash_seconds", NULL);
	plain(&c, f, "", "ann", "pass phrase 2");
	assert_failed(&c, WH_EAUTH, WRONG);
	plain(&c, f, "", "zoe", "pass phrase 2");
	assert_failed(&c, WH_EAUTH, WRONG);
	plain(&c, f, "", "no name at all!", "pass phrase 2");
	assert_failed(&c, WH_EAUTH, WRONG);
	assert_int_equal(wh_test_metric(f->t, "whiply_auth_hash_seconds", NULL), hashes + 3);
	/* One lock for all ways in. */
	assert_call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 2'}", WH_EAUTH);
	plain(&c, f, "", "ann", "pass phrase 2");
	assert_int_equal(c.err, WH_EAUTH);
	assert_in_range(c.retry_ms, 1, 10000);
	plain(&c, f, "", "ann", PASSWORD);
	assert_int_equal(c.err, WH_EFAST);
	assert_true(c.retry_ms > 0);
	assert_call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_EFAST);
	wh_test_advance(f->t, 10000);
	plain(&c, f, "", "ann", PASSWORD);
	assert_int_equal(c.what, WH_SASL_DONE);
	end(f);
}

static void
with_a_second_factor_it_takes_an_app_password(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann");
	const struct wh_test_answer *answer;
	char app[256], device[256], args[300];
	struct client c, other;
	struct app codes;

	(void)state;
	registered(f, "bob");
	app_on(f, ann, &codes);
	plain(&c, f, "", "ann", PASSWORD);
	assert_int_equal(c.err, WH_EPERM);
	assert_non_null(strstr(c.why, "auth.app_password"));
	plain(&c, f, "", "ann", "pass phrase 2");
	assert_failed(&c, WH_EAUTH, WRONG);
	answer = call(f, ann, "auth.app_password", "{'name':'irssi'}");
	wh_member(answer, "password", app);
	wh_member(answer, "device", device);
	assert_true(strncmp(app, "whp_", 4) == 0);
	plain(&c, f, "", "ann", app);
	assert_int_equal(c.what, WH_SASL_DONE);
	/* It is ann's, and whole. */
	plain(&other, f, "", "bob", app);
	assert_failed(&other, WH_EAUTH, WRONG);
	app[10] = app[10] == 'A' ? 'B' : 'A';
	plain(&other, f, "", "ann", app);
	assert_int_equal(other.err, WH_EAUTH);
	assert_non_null(strstr(call(f, ann, "auth.devices", NULL)->json, "\"name\":\"irssi\""));
	snprintf(args, sizeof args, "{'device':'%s'}", device);
	assert_call(f, ann, "auth.revoke", args, WH_OK);
	assert_int_equal(wh_test_closed(c.s, NULL), 4003);
	app[10] = app[10] == 'A' ? 'B' : 'A';
	plain(&c, f, "", "ann", app);
	assert_int_equal(c.err, WH_EAUTH);
	end(f);
}

static enum wh_err
done(void *self, struct wh_call *c)
{
	(void)self;
	(void)c;
	return WH_OK;
}

static const struct wh_command others[] = {
	{ "chat.say", NULL, WH_ALLOW_MEMBER, .run = done, .help = "say" }, { "chat.kick", NULL, WH_ALLOW_MEMBER, .run = done, .help = "kick" }, { 0 }
};

static void
an_app_password_may_nothing_that_concerns_credentials(void **state)
{
	static const char *const shut[][2] = {
		{ "auth.password", "{'old':'pass phrase 1','new':'another one 7'}" }, { "auth.totp_begin", "{'password':'pass phrase 1'}" },
		{ "auth.app_password", "{'name':'more','password':'pass phrase 1'}" }, { "auth.erase", "{'password':'pass phrase 1'}" },
		{ "auth.revoke_all", NULL }, { "auth.export", NULL }, { "auth.bot_create", "{'name':'second'}" },
	};
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann");
	struct client c;
	char app[256];

	(void)state;
	wh_test_other_commands(f->t, others, NULL);
	wh_member(call(f, ann, "auth.app_password", "{'name':'irssi'}"), "password", app);
	plain(&c, f, "", "ann", app);
	for (size_t i = 0; i < COUNT(shut); i++)
		assert_call(f, c.s, shut[i][0], shut[i][1], WH_EPERM);
	assert_call(f, c.s, "chat.say", NULL, WH_OK);
	assert_call(f, c.s, "auth.whoami", NULL, WH_OK);
	/* Also when the hub was replaced. */
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_call(f, c.s, "auth.revoke_all", NULL, WH_EPERM);
	end(f);
}

static void
a_bots_key_has_its_scopes_here_too(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann");
	struct client c;
	char key[256];

	(void)state;
	wh_test_other_commands(f->t, others, NULL);
	assert_call(f, ann, "auth.bot_create", "{'name':'helper'}", WH_OK);
	wh_member(call(f, ann, "auth.key_create", "{'bot':'helper','scopes':'chat.say'}"), "token", key);
	plain(&c, f, "", "ann", key);
	assert_failed(&c, WH_EAUTH, WRONG);
	plain(&c, f, "helper", "helper", key);
	assert_int_equal(c.what, WH_SASL_DONE);
	assert_call(f, c.s, "chat.say", NULL, WH_OK);
	assert_call(f, c.s, "chat.kick", NULL, WH_EPERM);
	end(f);
}

static void
nobody_signs_in_as_another_and_rubbish_is_refused(void **state)
{
	static const struct wh_str bad[] = { { "", 0 }, { "ann", 3 }, { "\0ann", 4 }, { "\0ann\0", 5 }, { "\0\0pass phrase 1", 15 },
		{ "\0ann\0pass phrase 1\0", 19 } };
	struct fixture *f = begin(NULL);
	struct client c;

	(void)state;
	registered(f, "ann");
	registered(f, "bob");
	plain(&c, f, "bob", "ann", PASSWORD);
	assert_int_equal(c.err, WH_EPERM);
	plain(&c, f, "ANN", "ann", PASSWORD);
	assert_int_equal(c.what, WH_SASL_DONE);
	for (size_t i = 0; i < COUNT(bad); i++) {
		client_begin(&c, f);
		assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
		client_says(&c, bad[i]);
		assert_int_equal(c.err, WH_ESYNTAX);
	}
	assert_call(f, wh_test_session(f->t, "boss", "admin"), "auth.disable", "{'name':'ann'}", WH_OK);
	plain(&c, f, "", "ann", PASSWORD);
	assert_int_equal(c.err, WH_EPERM);
	end(f);
}

/* Certificates. */
static void
shows(struct fixture *f, struct wh_session *s, const char *certificate)
{
	assert_int_equal(wh_test_credential(f->t, s, NULL, NULL, certificate)->err, WH_OK);
	wh_test_settle(f->t);
	assert_false(is_account(f, s));
}

static void
external(struct client *c, struct fixture *f, const char *certificate, const char *authzid)
{
	client_begin(c, f);
	if (certificate != NULL)
		shows(f, c->s, certificate);
	assert_int_equal(client_start(c, "EXTERNAL"), WH_OK);
	client_says(c, wh_str(authzid));
}

static bool
offers(struct client *c, const char *mechanism)
{
	return strstr(c->ops->mechanisms(c->sasl, c->s).p, mechanism) != NULL;
}

/* Ann's account gets the certificate of a connection that she makes with it. */
static void
certificate_on(struct fixture *f, char device[256])
{
	struct wh_session *s = wh_test_session(f->t, "with-certificate", "guest");

	shows(f, s, CERTIFICATE);
	assert_call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_OK);
	wh_member(call(f, s, "auth.certificate_add", NULL), "device", device);
	wh_test_leave_server(f->t, s);
}

static void
a_certificate_signs_in_where_it_was_added(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann");
	char device[256], args[300], other[] = CERTIFICATE;
	struct client c;

	(void)state;
	registered(f, "bob");
	other[0] = 'f';
	external(&c, f, NULL, "");
	assert_failed(&c, WH_EAUTH, "this connection showed no TLS certificate");
	assert_false(offers(&c, "EXTERNAL"));
	external(&c, f, CERTIFICATE, "");
	assert_int_equal(c.err, WH_EAUTH);
	certificate_on(f, device);
	external(&c, f, CERTIFICATE, "");
	assert_int_equal(c.what, WH_SASL_DONE);
	assert_true(offers(&c, "EXTERNAL"));
	assert_non_null(strstr(call(f, c.s, "auth.whoami", NULL)->json, "\"name\":\"ann\""));
	assert_call(f, c.s, "auth.revoke_all", NULL, WH_EPERM);
	external(&c, f, CERTIFICATE, "ann");
	assert_int_equal(c.what, WH_SASL_DONE);
	external(&c, f, CERTIFICATE, "bob");
	assert_int_equal(c.err, WH_EAUTH);
	external(&c, f, other, "");
	assert_int_equal(c.err, WH_EAUTH);
	/* What is no fingerprint is none. */
	external(&c, f, "rubbish", "");
	assert_failed(&c, WH_EAUTH, "this connection showed no TLS certificate");
	external(&c, f, CERTIFICATE, "");
	snprintf(args, sizeof args, "{'device':'%s'}", device);
	assert_call(f, ann, "auth.revoke", args, WH_OK);
	assert_int_equal(wh_test_closed(c.s, NULL), 4003);
	external(&c, f, CERTIFICATE, "");
	assert_int_equal(c.err, WH_EAUTH);
	end(f);
}

static void
only_who_shows_a_certificate_adds_it_and_once(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *bob = registered(f, "bob");
	char device[256];

	(void)state;
	assert_call(f, ann, "auth.certificate_add", "{'fingerprint':'" CERTIFICATE "'}", WH_ESTATE);
	certificate_on(f, device);
	assert_int_equal(wh_test_credential(f->t, bob, NULL, NULL, CERTIFICATE)->err, WH_OK);
	wh_test_settle(f->t);
	assert_call(f, bob, "auth.certificate_add", "{'fingerprint':'ff:ff'}", WH_EPERM);
	assert_call(f, bob, "auth.certificate_add", NULL, WH_EEXIST);
	assert_call(f, bob, "auth.certificate_add", "{'fingerprint':'01:23:45:67:89:AB:CD:EF:0123456789abcdef0123456789abcdef0123456789abcdef'}", WH_EEXIST);
	assert_non_null(strstr(f->audit, "auth.certificate_added"));
	end(f);
}

static void
a_certificate_goes_with_its_connection(void **state)
{
	struct fixture *f = begin(NULL);
	struct client c;
	char device[256];

	(void)state;
	registered(f, "ann");
	certificate_on(f, device);
	client_begin(&c, f);
	shows(f, c.s, CERTIFICATE);
	/* A hub that was replaced still knows the connection's. */
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	client_begin(&c, f);
	shows(f, c.s, CERTIFICATE);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	c.ops = wh_test_service(f->t, "sasl", WH_SASL_VERSION, (void **)&c.sasl);
	assert_true(offers(&c, "EXTERNAL"));
	/* Who resumes the session on another connection has not shown it. */
	wh_test_lose(f->t, c.s);
	wh_test_resume(f->t, c.s);
	assert_false(offers(&c, "EXTERNAL"));
	assert_int_equal(client_start(&c, "EXTERNAL"), WH_OK);
	client_says(&c, WH_STR(""));
	assert_int_equal(c.err, WH_EAUTH);
	end(f);
}

/* A client's half of SCRAM. */
struct half {
	char bare[128], first[600], final[600], server[64];
	char salt[64];
	int iterations;
};

static void
hmac(const uint8_t key[32], const char *text, size_t n, uint8_t out[32])
{
	unsigned size = 32;

	assert_non_null(HMAC(EVP_sha256(), key, 32, (const uint8_t *)text, n, out, &size));
}

/* Reads the server's first message and makes the last one; `server` is what the server has to say then. */
static void
half_proves(struct half *h, const char *server_first, const char *password)
{
	uint8_t salt[64], salted[32], key[32], stored[32], signature[32], server[32];
	char nonce[200], without[400], message[1200], text[64];
	size_t salt_n;

	assert_int_equal(sscanf(server_first, "r=%199[^,],s=%63[^,],i=%d", nonce, h->salt, &h->iterations), 3);
	assert_true(text64_get(TEXT64_STD, salt, sizeof salt, &salt_n, wh_str(h->salt)));
	assert_int_equal(PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, (int)salt_n, h->iterations, EVP_sha256(), 32, salted), 1);
	snprintf(without, sizeof without, "c=biws,r=%s", nonce);
	snprintf(message, sizeof message, "%s,%s,%s", h->bare, server_first, without);
	hmac(salted, "Client Key", 10, key);
	assert_int_equal(EVP_Digest(key, 32, stored, NULL, EVP_sha256(), NULL), 1);
	hmac(stored, message, strlen(message), signature);
	for (unsigned i = 0; i < 32; i++)
		key[i] ^= signature[i];
	text64_put(TEXT64_STD, text, sizeof text, key, 32);
	snprintf(h->final, sizeof h->final, "%s,p=%s", without, text);
	hmac(salted, "Server Key", 10, server);
	hmac(server, message, strlen(message), signature);
	text64_put(TEXT64_STD, text, sizeof text, signature, 32);
	snprintf(h->server, sizeof h->server, "v=%.60s", text);
}

/* Goes up to the proof; what the server said to that is in `c`. */
static void
scram(struct client *c, struct fixture *f, const char *name, const char *password, struct half *h)
{
	client_begin(c, f);
	*h = (struct half){ 0 };
	snprintf(h->bare, sizeof h->bare, "n=%s,r=clientnonce1234567890", name);
	snprintf(h->first, sizeof h->first, "n,,%s", h->bare);
	assert_int_equal(client_start(c, "SCRAM-SHA-256"), WH_OK);
	client_says(c, wh_str(h->first));
	if (c->what != WH_SASL_CHALLENGE)
		return;
	half_proves(h, c->bytes, password);
	client_says(c, wh_str(h->final));
}

static void
scram_proves_both_sides(void **state)
{
	struct fixture *f = begin("scram = true;");
	struct client c;
	struct half h;

	(void)state;
	registered(f, "ann");
	scram(&c, f, "Ann", PASSWORD, &h);
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	assert_string_equal(c.bytes, h.server);
	assert_int_equal(h.iterations, SASL_ITERATIONS);
	assert_true(offers(&c, "SCRAM-SHA-256"));
	/* Only when the client has seen it is the session the account's. */
	assert_false(is_account(f, c.s));
	client_says(&c, WH_STR(""));
	assert_int_equal(c.what, WH_SASL_DONE);
	end(f);
}

static void
scram_tells_nobody_who_exists(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct half one, two, none;
	struct client c;

	(void)state;
	registered(f, "bob");	/* has no keys */
	assert_int_equal(wh_test_reload(f->t, CHEAP "scram = true; tries = 100;"), WH_OK);
	registered(f, "ann");
	scram(&c, f, "ann", "pass phrase 2", &one);
	assert_failed(&c, WH_EAUTH, WRONG);
	scram(&c, f, "zoe", "pass phrase 2", &one);
	assert_failed(&c, WH_EAUTH, WRONG);
	scram(&c, f, "zoe", "pass phrase 3", &two);
	assert_failed(&c, WH_EAUTH, WRONG);
	assert_string_equal(one.salt, two.salt);
	scram(&c, f, "bob", PASSWORD, &none);
	assert_failed(&c, WH_EAUTH, WRONG);
	assert_string_not_equal(one.salt, none.salt);
	assert_int_equal(strlen(one.salt), strlen(none.salt));
	scram(&c, f, "ann", PASSWORD, &two);
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	assert_int_equal(one.iterations, two.iterations);
	assert_int_equal(strlen(one.salt), strlen(two.salt));
	end(f);
}

static void
scram_counts_as_a_password_does(void **state)
{
	struct fixture *f = begin("scram = true; tries = 3; lockout = \"10s\";");
	struct client c;
	struct half h;

	(void)state;
	registered(f, "ann");
	for (unsigned i = 0; i < 3; i++) {
		scram(&c, f, "ann", "pass phrase 2", &h);
		assert_int_equal(c.err, WH_EAUTH);
	}
	scram(&c, f, "ann", PASSWORD, &h);
	assert_int_equal(c.err, WH_EFAST);
	assert_call(f, wh_test_session(f->t, "x", "guest"), "auth.login", "{'name':'ann','password':'pass phrase 1'}", WH_EFAST);
	assert_non_null(strstr(f->audit, "auth.lockout"));
	/* Who asks for a challenge and goes away has tried as well. */
	wh_test_advance(f->t, 10000);
	client_begin(&c, f);
	assert_int_equal(client_start(&c, "SCRAM-SHA-256"), WH_OK);
	client_says(&c, WH_STR("n,,n=ann,r=clientnonce1234567890"));
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	c.ops->abort(c.sasl, c.s);
	scram(&c, f, "ann", PASSWORD, &h);
	assert_int_equal(c.err, WH_EFAST);
	end(f);
}

static void
scram_says_what_is_missing_only_after_the_proof(void **state)
{
	struct fixture *f = begin("scram = true; tries = 100;");
	struct wh_session *ann = registered(f, "ann");
	struct app codes;
	struct client c;
	struct half h;

	(void)state;
	app_on(f, ann, &codes);
	scram(&c, f, "ann", "pass phrase 2", &h);
	assert_failed(&c, WH_EAUTH, WRONG);
	scram(&c, f, "ann", PASSWORD, &h);
	assert_int_equal(c.err, WH_EPERM);
	assert_non_null(strstr(c.why, "auth.app_password"));
	assert_call(f, wh_test_session(f->t, "boss", "admin"), "auth.disable", "{'name':'ann'}", WH_OK);
	scram(&c, f, "ann", PASSWORD, &h);
	assert_int_equal(c.err, WH_EPERM);
	end(f);
}

static void
keys_of_scram_are_those_of_the_password_and_sealed(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann");
	struct auth *auth = wh_test_self(f->t);
	struct client c;
	struct half h;

	(void)state;
	scram(&c, f, "ann", PASSWORD, &h);
	assert_int_equal(c.err, WH_EAUTH);
	assert_call(f, ann, "auth.password", "{'old':'pass phrase 1','new':'another one 7','scram':true}", WH_OK);
	scram(&c, f, "ann", "another one 7", &h);
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	auth->seal.key[0] ^= 1;
	scram(&c, f, "ann", "another one 7", &h);
	assert_int_equal(c.err, WH_EAUTH);
	auth->seal.key[0] ^= 1;
	/* A password that was set without them leaves none of the old ones. */
	assert_call(f, ann, "auth.password", "{'old':'another one 7','new':'another one 8'}", WH_OK);
	scram(&c, f, "ann", "another one 7", &h);
	assert_int_equal(c.err, WH_EAUTH);
	scram(&c, f, "ann", "another one 8", &h);
	assert_int_equal(c.err, WH_EAUTH);
	end(f);
}

static void
keys_of_scram_come_with_a_letters_password_too(void **state)
{
	struct fixture *f = begin("scram = true; tries = 100;");
	struct wh_session *s = wh_test_session(f->t, "c", "guest");
	char token[128], args[256];
	struct client c;
	struct half h;

	(void)state;
	assert_call(f, s, "auth.register", "{'name':'ann','password':'pass phrase 1','mail':'ann@example.org'}", WH_OK);
	snprintf(args, sizeof args, "{'token':'%s'}", letter_token(f, token));
	assert_call(f, s, "auth.confirm", args, WH_OK);
	assert_call(f, s, "auth.reset_begin", "{'account':'ann'}", WH_OK);
	snprintf(args, sizeof args, "{'token':'%s','password':'another one 7'}", letter_token(f, token));
	assert_call(f, s, "auth.reset", args, WH_OK);
	scram(&c, f, "ann", "another one 7", &h);
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	scram(&c, f, "ann", PASSWORD, &h);
	assert_int_equal(c.err, WH_EAUTH);
	end(f);
}

static void
bearer(struct client *c, struct fixture *f, const char *name, const char *token)
{
	char text[400];

	client_begin(c, f);
	assert_int_equal(client_start(c, "OAUTHBEARER"), WH_OK);
	snprintf(text, sizeof text, "n,%s%s,\1host=irc.example.org\1port=6697\1auth=Bearer %s\1\1", name[0] != '\0' ? "a=" : "", name, token);
	client_says(c, wh_str(text));
}

static void
a_token_signs_in_by_oauthbearer(void **state)
{
	static const char *const bad[] = { "", "n,,", "n,,\1auth=Bearer x", "n,,\1auth=Basic whs_x\1\1", "n,a=ann\1auth=Bearer whs_x\1\1", "p=tls,,\1auth=Bearer x\1\1",
		"n,,\1auth=Bearer whs_x\1auth=Bearer whs_y\1\1", "n,,\1auth=Bearer whs_x\1\1more" };
	struct fixture *f = begin("token_time = \"1h\";");
	const struct wh_test_answer *answer;
	char token[256], refresh[256], device[256], args[300];
	struct wh_session *ann = registered(f, "ann");
	struct client c;

	(void)state;
	registered(f, "bob");
	answer = call(f, wh_test_session(f->t, "x", "guest"), "auth.login", "{'name':'ann','password':'pass phrase 1'}");
	wh_member(answer, "token", token);
	wh_member(answer, "refresh", refresh);
	wh_member(answer, "device", device);
	bearer(&c, f, "", token);
	assert_int_equal(c.what, WH_SASL_DONE);
	bearer(&c, f, "ANN", token);
	assert_int_equal(c.what, WH_SASL_DONE);
	/* A refusal is told first, and ends when the client has said a byte. */
	bearer(&c, f, "bob", token);
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	assert_string_equal(c.bytes, "{\"status\":\"invalid_token\"}");
	client_says(&c, WH_STR("\1"));
	assert_failed(&c, WH_EAUTH, "nobody here knows this token");
	bearer(&c, f, "", refresh);
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	for (size_t i = 0; i < COUNT(bad); i++) {
		client_begin(&c, f);
		assert_int_equal(client_start(&c, "OAUTHBEARER"), WH_OK);
		client_says(&c, wh_str(bad[i]));
		assert_int_equal(c.err, WH_ESYNTAX);
	}
	bearer(&c, f, "", token);
	snprintf(args, sizeof args, "{'device':'%s'}", device);
	assert_call(f, ann, "auth.revoke", args, WH_OK);
	assert_int_equal(wh_test_closed(c.s, NULL), 4003);
	bearer(&c, f, "", token);
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	end(f);
}

static void
a_token_that_has_ended_signs_nobody_in(void **state)
{
	struct fixture *f = begin("token_time = \"1h\";");
	struct client c;
	char token[256];

	(void)state;
	registered(f, "ann");
	wh_member(call(f, wh_test_session(f->t, "x", "guest"), "auth.login", "{'name':'ann','password':'pass phrase 1'}"), "token", token);
	wh_test_advance(f->t, 3600000);
	bearer(&c, f, "", token);
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	assert_false(is_account(f, c.s));
	end(f);
}

/* The service. */
static void
a_session_has_one_exchange_and_each_step_its_turn(void **state)
{
	struct fixture *f = begin(NULL);
	char big[WH_SASL_MESSAGE + 1] = "";
	struct client c;

	(void)state;
	registered(f, "ann");
	client_begin(&c, f);
	assert_string_equal(c.ops->mechanisms(c.sasl, c.s).p, "PLAIN,OAUTHBEARER");
	assert_int_equal(client_start(&c, "GSSAPI"), WH_ENOTSUP);
	assert_int_equal(client_start(&c, "plain"), WH_ENOTSUP);
	assert_int_equal(c.ops->step(c.sasl, c.s, WH_STR("x")), WH_ESTATE);
	assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
	assert_int_equal(client_start(&c, "PLAIN"), WH_ESTATE);
	assert_int_equal(c.ops->step(c.sasl, c.s, WH_STR("\0ann\0pass phrase 1")), WH_OK);
	assert_int_equal(c.ops->step(c.sasl, c.s, WH_STR("\0ann\0pass phrase 1")), WH_ESTATE);
	wh_test_settle(f->t);
	assert_int_equal(c.told, 1);
	assert_int_equal(c.what, WH_SASL_DONE);
	client_begin(&c, f);
	assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
	assert_int_equal(c.ops->step(c.sasl, c.s, (struct wh_str){ big, sizeof big }), WH_ETOOBIG);
	assert_int_equal(c.told, 0);
	assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
	end(f);
}

static void
what_was_aborted_signs_nobody_in(void **state)
{
	struct fixture *f = begin("scram = true;");
	struct wh_session *ann = registered(f, "ann");
	struct client c;
	struct half h;
	unsigned told_before;
	size_t before = devices(f, ann);

	(void)state;
	/* While the store looks, while it is hashed, while it is stored. */
	for (unsigned turns = 0; turns < 6; turns++) {
		client_begin(&c, f);
		assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
		assert_int_equal(c.ops->step(c.sasl, c.s, WH_STR("\0ann\0pass phrase 1")), WH_OK);
		for (unsigned i = 0; i < turns && c.told == 0; i++) {
			wh_test_advance(f->t, 5);
			if (i + 1 < turns)
				wh_test_run_jobs(f->t);
		}
		if (c.told != 0)
			break;
		c.ops->abort(c.sasl, c.s);
		/* Another one of the same session is not ended by what comes of the first. */
		assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
		wh_test_settle(f->t);
		assert_int_equal(c.told, 0);
		assert_false(is_account(f, c.s));
		c.ops->abort(c.sasl, c.s);
	}
	wh_test_settle(f->t);
	before += c.told != 0;
	assert_int_equal(devices(f, ann), before);
	/* When all is proven, and its device is being stored: that is removed again. */
	scram(&c, f, "ann", PASSWORD, &h);
	assert_int_equal(c.what, WH_SASL_CHALLENGE);
	told_before = c.told;
	assert_int_equal(c.ops->step(c.sasl, c.s, WH_STR("")), WH_OK);
	c.ops->abort(c.sasl, c.s);
	wh_test_settle(f->t);
	assert_int_equal(c.told, told_before);
	assert_false(is_account(f, c.s));
	assert_int_equal(devices(f, ann), before);
	end(f);
}

static void
an_exchange_ends_with_its_time_its_session_or_its_plugin(void **state)
{
	struct fixture *f = begin(NULL);
	struct auth *auth = wh_test_self(f->t);
	struct client c, other;

	(void)state;
	registered(f, "ann");
	client_begin(&c, f);
	assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
	wh_test_advance(f->t, WH_SASL_MS + 2000);
	assert_int_equal(c.told, 1);
	assert_failed(&c, WH_ETIME, "signing in took too long");
	assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
	wh_test_leave_server(f->t, c.s);
	assert_int_equal(auth->sasl.n, 0);
	client_begin(&c, f);
	client_begin(&other, f);
	assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
	assert_int_equal(client_start(&other, "PLAIN"), WH_OK);
	c.ops->forget(c.sasl, &c);
	assert_int_equal(auth->sasl.n, 1);
	assert_int_equal(c.told, 0);
	assert_int_equal(c.ops->step(c.sasl, c.s, WH_STR("x")), WH_ESTATE);
	wh_test_lose(f->t, other.s);
	assert_int_equal(auth->sasl.n, 0);
	end(f);
}

static void
exchanges_are_bounded(void **state)
{
	struct fixture *f = begin(NULL);
	struct auth *auth = wh_test_self(f->t);
	struct client c;

	(void)state;
	client_begin(&c, f);
	auth->sasl.n = WH_SASL_EXCHANGES;
	assert_int_equal(client_start(&c, "PLAIN"), WH_EFULL);
	auth->sasl.n = 0;
	assert_int_equal(client_start(&c, "PLAIN"), WH_OK);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_signs_in_with_the_password),
		cmocka_unit_test(wrong_passwords_and_unknown_names_are_alike_and_count_as_at_login),
		cmocka_unit_test(with_a_second_factor_it_takes_an_app_password),
		cmocka_unit_test(an_app_password_may_nothing_that_concerns_credentials),
		cmocka_unit_test(a_bots_key_has_its_scopes_here_too),
		cmocka_unit_test(nobody_signs_in_as_another_and_rubbish_is_refused),
		cmocka_unit_test(a_certificate_signs_in_where_it_was_added),
		cmocka_unit_test(only_who_shows_a_certificate_adds_it_and_once),
		cmocka_unit_test(a_certificate_goes_with_its_connection),
		cmocka_unit_test(scram_proves_both_sides),
		cmocka_unit_test(scram_tells_nobody_who_exists),
		cmocka_unit_test(scram_counts_as_a_password_does),
		cmocka_unit_test(scram_says_what_is_missing_only_after_the_proof),
		cmocka_unit_test(keys_of_scram_are_those_of_the_password_and_sealed),
		cmocka_unit_test(keys_of_scram_come_with_a_letters_password_too),
		cmocka_unit_test(a_token_signs_in_by_oauthbearer),
		cmocka_unit_test(a_token_that_has_ended_signs_nobody_in),
		cmocka_unit_test(a_session_has_one_exchange_and_each_step_its_turn),
		cmocka_unit_test(what_was_aborted_signs_nobody_in),
		cmocka_unit_test(an_exchange_ends_with_its_time_its_session_or_its_plugin),
		cmocka_unit_test(exchanges_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
