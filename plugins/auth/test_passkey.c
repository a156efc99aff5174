/* Passkeys as clients use them: an authenticator is played here, whose answers go through the commands. What single answers must hold
 * is in test_webauthn.c. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "testing_second.h"

#define SITE "site = \"https://chat.example.org\"; tries = 100; "
#define LOGIN "{'name':'ann','password':'pass phrase 1'}"
#define USED "this challenge was used, has expired, or is another's; begin again with auth.passkey_login_begin"

enum { TOUCHED = 0x01, RECOGNISED = 0x05, WITH_KEY = 0x40 };

/* An authenticator with one passkey, and the page that it is used on. */
struct key {
	EVP_PKEY *pkey;
	const char *rp_id, *origin;
	char id[32];			/* as the browser writes it */
	uint8_t raw[8];
	uint32_t counter;
	uint8_t flags;
};

static struct key
key_new(uint8_t number)
{
	struct key k = { .rp_id = "chat.example.org", .origin = "https://chat.example.org", .flags = RECOGNISED };

	k.pkey = EVP_EC_gen("P-256");
	memset(k.raw, number, sizeof k.raw);
	assert_true(text64_put(TEXT64_URL, k.id, sizeof k.id, k.raw, sizeof k.raw));
	return k;
}

static void
put(uint8_t *out, size_t *n, const void *bytes, size_t size)
{
	memcpy(out + *n, bytes, size);
	*n += size;
}

static void
put_number(const struct key *k, const char *param, const char *head, uint8_t *out, size_t *n)
{
	BIGNUM *bn = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(k->pkey, param, &bn), 1);
	put(out, n, head, 3);
	BN_bn2binpad(bn, out + *n, 32);
	*n += 32;
	BN_free(bn);
}

static size_t
key_data(const struct key *k, bool with_key, uint8_t out[512])
{
	const uint8_t head[] = { k->flags | (with_key ? WITH_KEY : 0), (uint8_t)(k->counter >> 24), (uint8_t)(k->counter >> 16),
		(uint8_t)(k->counter >> 8), (uint8_t)k->counter };
	size_t n = 32;

	SHA256((const uint8_t *)k->rp_id, strlen(k->rp_id), out);
	put(out, &n, head, sizeof head);
	if (!with_key)
		return n;
	put(out, &n, "AAGUIDAAGUIDAAGU\0\x08", 18);
	put(out, &n, k->raw, sizeof k->raw);
	put(out, &n, "\xa5\x01\x02\x03\x26\x20\x01", 7);
	put_number(k, OSSL_PKEY_PARAM_EC_PUB_X, "\x21\x58\x20", out, &n);
	put_number(k, OSSL_PKEY_PARAM_EC_PUB_Y, "\x22\x58\x20", out, &n);
	return n;
}

static void
client_data(const struct key *k, const char *type, const char *challenge, char out[512])
{
	snprintf(out, 512, "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\",\"crossOrigin\":false}", type, challenge, k->origin);
}

static void
encode(const void *bytes, size_t n, char *out, size_t cap)
{
	assert_true(text64_put(TEXT64_URL, out, cap, bytes, n));
}

/* The session adds the passkey for this challenge. */
static const struct wh_test_answer *
key_answers_add(struct fixture *f, struct wh_session *s, const struct key *k, const char *challenge)
{
	uint8_t data[512], object[600];
	char client[512], client64[700], object64[900], args[2000];
	size_t n = key_data(k, true, data), object_n = 0;

	client_data(k, "webauthn.create", challenge, client);
	put(object, &object_n, "\xa3\x63" "fmt" "\x64none\x67" "attStmt\xa0\x68" "authData\x58", 29);
	put(object, &object_n, (uint8_t[]){ (uint8_t)n }, 1);
	put(object, &object_n, data, n);
	encode(client, strlen(client), client64, sizeof client64);
	encode(object, object_n, object64, sizeof object64);
	snprintf(args, sizeof args, "{'name':'my key','client_data':'%s','attestation':'%s'}", client64, object64);
	return call(f, s, "auth.passkey_add", args);
}

static const struct wh_test_answer *
key_add(struct fixture *f, struct wh_session *s, const struct key *k)
{
	char challenge[256];

	wh_test_advance(f->t, 20000);	/* the commands' rate */
	wh_member(call(f, s, "auth.passkey_begin", NULL), "challenge", challenge);
	return key_answers_add(f, s, k, challenge);
}

static void
challenge_of(struct fixture *f, struct wh_session *s, const char *args, char out[256])
{
	wh_test_advance(f->t, 2000);
	wh_member(call(f, s, "auth.passkey_login_begin", args), "challenge", out);
}

/* The passkey's answer to a challenge, as arguments with ' for ". `more` is a further one, or "". */
static void
key_arguments(const struct key *k, const char *challenge, const char *more, char args[2000])
{
	uint8_t message[600], signature[128];
	char client[512], client64[700], data64[200], signature64[200];
	size_t n = key_data(k, false, message), data_n = n, signature_n = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	client_data(k, "webauthn.get", challenge, client);
	SHA256((const uint8_t *)client, strlen(client), message + n);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &signature_n, message, n + 32), 1);
	EVP_MD_CTX_free(ctx);
	encode(client, strlen(client), client64, sizeof client64);
	encode(message, data_n, data64, sizeof data64);
	encode(signature, signature_n, signature64, sizeof signature64);
	snprintf(args, 2000, "{'id':'%s','client_data':'%s','auth_data':'%s','signature':'%s'%s}", k->id, client64, data64, signature64, more);
}

/* It is shown by this session. */
static const struct wh_test_answer *
key_answers(struct fixture *f, struct wh_session *s, const struct key *k, const char *challenge, const char *more)
{
	char args[2000];

	key_arguments(k, challenge, more, args);
	return call(f, s, "auth.passkey_login", args);
}

/* A client of its own signs in with the passkey alone. */
static const struct wh_test_answer *
key_signs_in(struct fixture *f, struct key *k)
{
	struct wh_session *s = wh_test_session(f->t, "with-key", "guest");
	const struct wh_test_answer *answer;
	char challenge[256];

	challenge_of(f, s, NULL, challenge);
	answer = key_answers(f, s, k, challenge, "");
	assert_int_equal(is_account(f, s), answer->err == WH_OK);
	wh_test_leave_server(f->t, s);
	return answer;
}

static void
a_passkey_signs_in_alone(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");
	struct key k = key_new(1);
	const struct wh_test_answer *answer;

	(void)state;
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	answer = key_signs_in(f, &k);
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "\"name\":\"ann\""));
	assert_non_null(strstr(answer->json, "whs_"));
	answer = call(f, ann, "auth.passkeys", NULL);
	assert_non_null(strstr(answer->json, "my key"));
	assert_non_null(strstr(answer->json, k.id));
	assert_null(strstr(answer->json, "\"used\":0,"));
	assert_non_null(strstr(f->audit, "auth.passkey_added"));
	/* What was registered stays when the hub was replaced. */
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_int_equal(key_signs_in(f, &k)->err, WH_OK);
	EVP_PKEY_free(k.pkey);
	end(f);
}

static void
alone_it_has_to_recognise_its_owner(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");
	struct key k = key_new(1);

	(void)state;
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	k.flags = TOUCHED;
	assert_int_equal(key_signs_in(f, &k)->err, WH_EAUTH);
	k.flags = RECOGNISED;
	assert_int_equal(key_signs_in(f, &k)->err, WH_OK);
	EVP_PKEY_free(k.pkey);
	end(f);
}

static void
a_challenge_is_answered_once(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");
	struct key k = key_new(1), other = key_new(2);
	char challenge[256];

	(void)state;
	wh_member(call(f, ann, "auth.passkey_begin", NULL), "challenge", challenge);
	assert_int_equal(key_answers_add(f, ann, &k, challenge)->err, WH_OK);
	assert_int_equal(key_answers_add(f, ann, &other, challenge)->err, WH_EAUTH);

	challenge_of(f, s, NULL, challenge);
	assert_int_equal(key_answers(f, s, &k, challenge, "")->err, WH_OK);
	assert_string_equal(key_answers(f, s, &k, challenge, "")->why, USED);
	/* A wrong answer uses it up as well: nobody tries signatures on it. */
	challenge_of(f, s, NULL, challenge);
	k.rp_id = "evil.example";
	assert_int_equal(key_answers(f, s, &k, challenge, "")->err, WH_EAUTH);
	k.rp_id = "chat.example.org";
	assert_string_equal(key_answers(f, s, &k, challenge, "")->why, USED);
	EVP_PKEY_free(k.pkey);
	EVP_PKEY_free(other.pkey);
	end(f);
}

static void
a_challenge_is_its_sessions_its_ceremonys_and_of_now(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest"), *thief = wh_test_session(f->t, "y", "guest");
	struct key k = key_new(1), other = key_new(2);
	char challenge[256], invented[256];

	(void)state;
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	challenge_of(f, s, NULL, challenge);
	assert_string_equal(key_answers(f, thief, &k, challenge, "")->why, USED);
	assert_int_equal(key_answers(f, s, &k, challenge, "")->err, WH_OK);
	/* One for adding signs nobody in, and the other way round. */
	wh_member(call(f, ann, "auth.passkey_begin", NULL), "challenge", challenge);
	assert_string_equal(key_answers(f, ann, &k, challenge, "")->why, USED);
	challenge_of(f, ann, NULL, challenge);
	assert_int_equal(key_answers_add(f, ann, &other, challenge)->err, WH_EAUTH);
	challenge_of(f, thief, NULL, challenge);
	wh_test_advance(f->t, TICKET_MS);
	assert_string_equal(key_answers(f, thief, &k, challenge, "")->why, USED);
	snprintf(invented, sizeof invented, "%s", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	assert_string_equal(key_answers(f, thief, &k, invented, "")->why, USED);
	EVP_PKEY_free(k.pkey);
	EVP_PKEY_free(other.pkey);
	end(f);
}

static void
a_challenge_for_adding_is_one_accounts(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *bob = registered(f, "bob"), *s = registered(f, "ann");
	struct key k = key_new(1);
	char challenge[256], token[256], args[400];

	(void)state;
	(void)bob;
	wh_member(call(f, wh_test_session(f->t, "z", "guest"), "auth.login", "{'name':'bob','password':'pass phrase 1'}"), "token", token);
	wh_member(call(f, s, "auth.passkey_begin", NULL), "challenge", challenge);
	snprintf(args, sizeof args, "{'token':'%s'}", token);
	assert_call(f, s, "auth.use", args, WH_OK);
	/* The session is bob's now, who showed no password. */
	assert_int_equal(key_answers_add(f, s, &k, challenge)->err, WH_EAUTH);
	assert_call(f, s, "auth.passkey_begin", NULL, WH_EAUTH);
	EVP_PKEY_free(k.pkey);
	end(f);
}

static void
a_counter_that_does_not_grow_locks_the_passkey(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");
	struct key k = key_new(1);
	char args[100];

	(void)state;
	k.counter = 5;
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	k.counter = 6;
	assert_int_equal(key_signs_in(f, &k)->err, WH_OK);
	/* A copy of it signs with a number that was used. */
	assert_int_equal(key_signs_in(f, &k)->err, WH_EAUTH);
	assert_non_null(strstr(f->audit, "auth.passkey_suspect"));
	assert_non_null(strstr(call(f, ann, "auth.passkeys", NULL)->json, "\"suspect\":true"));
	/* Which of the two is the copy, nobody knows: neither gets in. */
	k.counter = 100;
	assert_int_equal(key_signs_in(f, &k)->err, WH_EAUTH);
	snprintf(args, sizeof args, "{'id':'%s','password':'pass phrase 1'}", k.id);
	assert_call(f, ann, "auth.passkey_remove", args, WH_OK);
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	k.counter++;
	assert_int_equal(key_signs_in(f, &k)->err, WH_OK);
	EVP_PKEY_free(k.pkey);
	end(f);
}

static void
two_answers_with_one_counter_let_one_in(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann"), *s[2];
	const struct wh_test_answer *answer[2];
	char challenge[2][256], args[2000];
	struct key k = key_new(1);

	(void)state;
	k.counter = 5;
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	k.counter = 6;
	for (unsigned i = 0; i < 2; i++) {
		s[i] = wh_test_session(f->t, i == 0 ? "x" : "y", "guest");
		challenge_of(f, s[i], NULL, challenge[i]);
	}
	/* Both are good for what is stored when they are judged. */
	for (unsigned i = 0; i < 2; i++) {
		key_arguments(&k, challenge[i], "", args);
		for (char *c = args; *c != '\0'; c++)
			*c = (char)(*c == '\'' ? '"' : *c);
		answer[i] = wh_test_call(f->t, s[i], "auth.passkey_login", args);
		assert_int_equal(answer[i]->err, WH_WAIT);
	}
	wh_test_settle(f->t);
	assert_int_equal((answer[0]->err == WH_OK) + (answer[1]->err == WH_OK), 1);
	assert_int_equal((answer[0]->err == WH_EAUTH) + (answer[1]->err == WH_EAUTH), 1);
	assert_non_null(strstr(f->audit, "auth.passkey_suspect"));
	EVP_PKEY_free(k.pkey);
	end(f);
}

static void
pages_and_domains_are_those_of_the_settings(void **state)
{
	struct fixture *f = begin("site = \"https://chat.example.org\"; passkey_domain = \"example.org\"; "
	    "passkey_origins = [ \"https://app.example.org\" ]; tries = 100;");
	struct wh_session *ann = registered(f, "ann");
	struct key k = key_new(1), bad = key_new(2);
	const struct wh_test_answer *answer;

	(void)state;
	k.rp_id = "example.org";
	k.origin = "https://app.example.org";
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	assert_int_equal(key_signs_in(f, &k)->err, WH_OK);
	k.origin = "https://chat.example.org";
	assert_int_equal(key_signs_in(f, &k)->err, WH_OK);
	k.origin = "https://evil.example";
	assert_int_equal(key_signs_in(f, &k)->err, WH_EAUTH);
	bad.rp_id = "example.org";
	bad.origin = "http://chat.example.org";
	answer = key_add(f, ann, &bad);
	assert_int_equal(answer->err, WH_EAUTH);
	assert_non_null(strstr(answer->why, "page"));
	bad.origin = "https://chat.example.org";
	bad.rp_id = "evil.example";
	assert_int_equal(key_add(f, ann, &bad)->err, WH_EAUTH);
	EVP_PKEY_free(k.pkey);
	EVP_PKEY_free(bad.pkey);
	end(f);
}

static void
without_a_site_there_are_no_passkeys(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann");

	(void)state;
	assert_call(f, ann, "auth.passkey_begin", NULL, WH_ENOTSUP);
	assert_call(f, ann, "auth.passkey_login_begin", NULL, WH_ENOTSUP);
	end(f);
}

static void
a_passkey_may_be_asked_for_after_the_password(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann"), *bob = registered(f, "bob"), *s = wh_test_session(f->t, "x", "guest");
	struct key k = key_new(1), bobs = key_new(2);
	const struct wh_test_answer *answer;
	char ticket[256], args[400], challenge[256];
	struct app codes;

	(void)state;
	assert_call(f, ann, "auth.passkey_second", "{'on':true}", WH_ESTATE);
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	assert_int_equal(key_add(f, bob, &bobs)->err, WH_OK);
	answer = call(f, ann, "auth.passkey_second", "{'on':true}");
	assert_int_equal(answer->err, WH_OK);
	recovery_read(answer, &codes);
	answer = call(f, s, "auth.login", LOGIN);
	assert_non_null(strstr(answer->json, "\"second\":[\"passkey\",\"recovery\"]"));
	wh_member(answer, "ticket", ticket);
	snprintf(args, sizeof args, "{'ticket':'%s'}", ticket);
	answer = call(f, s, "auth.passkey_login_begin", args);
	assert_non_null(strstr(answer->json, k.id));
	assert_null(strstr(answer->json, bobs.id));
	wh_member(answer, "challenge", challenge);
	/* The ticket has become the challenge. */
	assert_int_equal(with_code(f, s, "auth.second", ticket, codes.recovery[0])->err, WH_EAUTH);
	/* Being touched is enough here. */
	k.flags = TOUCHED;
	assert_int_equal(key_answers(f, s, &k, challenge, "")->err, WH_OK);
	assert_true(is_account(f, s));

	/* Another's passkey is none, however good. */
	s = wh_test_session(f->t, "y", "guest");
	ticket_of(f, s, ticket);
	snprintf(args, sizeof args, "{'ticket':'%s'}", ticket);
	challenge_of(f, s, args, challenge);
	assert_int_equal(key_answers(f, s, &bobs, challenge, "")->err, WH_EAUTH);
	assert_false(is_account(f, s));
	assert_int_equal(signs_in(f, codes.recovery[1])->err, WH_OK);
	assert_int_equal(signs_in(f, codes.recovery[1])->err, WH_EAUTH);

	assert_call(f, ann, "auth.passkey_second", "{'on':false,'password':'pass phrase 1'}", WH_OK);
	assert_call(f, s, "auth.login", LOGIN, WH_OK);
	assert_true(is_account(f, s));
	EVP_PKEY_free(k.pkey);
	EVP_PKEY_free(bobs.pkey);
	end(f);
}

static void
one_passkey_is_one_accounts(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann"), *bob = registered(f, "bob"), *s = wh_test_session(f->t, "x", "guest");
	struct key k = key_new(1), same = key_new(1);
	char challenge[256], account[256], more[400], handle[256], args[100];

	(void)state;
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	assert_int_equal(key_add(f, bob, &same)->err, WH_EEXIST);
	/* What the authenticator says of whose it is has to fit. */
	wh_member(call(f, bob, "auth.whoami", NULL), "account", account);
	encode(account, strlen(account), handle, sizeof handle);
	snprintf(more, sizeof more, ",'user_handle':'%s'", handle);
	challenge_of(f, s, NULL, challenge);
	assert_int_equal(key_answers(f, s, &k, challenge, more)->err, WH_EAUTH);
	wh_member(call(f, ann, "auth.whoami", NULL), "account", account);
	encode(account, strlen(account), handle, sizeof handle);
	snprintf(more, sizeof more, ",'user_handle':'%s'", handle);
	challenge_of(f, s, NULL, challenge);
	assert_int_equal(key_answers(f, s, &k, challenge, more)->err, WH_OK);
	snprintf(args, sizeof args, "{'id':'%s','password':'pass phrase 1'}", k.id);
	assert_call(f, bob, "auth.passkey_remove", args, WH_ENOENT);
	assert_int_equal(key_signs_in(f, &k)->err, WH_OK);
	EVP_PKEY_free(k.pkey);
	EVP_PKEY_free(same.pkey);
	end(f);
}

static void
a_forged_answer_and_an_unknown_passkey_are_told_apart_by_nobody(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");
	struct key k = key_new(1), forged = key_new(1), unknown = key_new(9);
	const struct wh_test_answer *one, *two;

	(void)state;
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	one = key_signs_in(f, &forged);
	two = key_signs_in(f, &unknown);
	assert_int_equal(one->err, WH_EAUTH);
	assert_int_equal(two->err, WH_EAUTH);
	assert_string_equal(one->why, two->why);
	assert_non_null(strstr(f->audit, "auth.passkey_failed"));
	EVP_PKEY_free(k.pkey);
	EVP_PKEY_free(forged.pkey);
	EVP_PKEY_free(unknown.pkey);
	end(f);
}

static void
a_name_without_passkeys_looks_like_one_with(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");
	struct key k = key_new(1);
	char first[256], again[256], other[256];

	(void)state;
	registered(f, "bob");
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	assert_non_null(strstr(call(f, s, "auth.passkey_login_begin", "{'name':'Ann'}")->json, k.id));
	snprintf(first, sizeof first, "%s", strstr(call(f, s, "auth.passkey_login_begin", "{'name':'zoe'}")->json, "\"credentials\":"));
	snprintf(again, sizeof again, "%s", strstr(call(f, s, "auth.passkey_login_begin", "{'name':'ZOE'}")->json, "\"credentials\":"));
	snprintf(other, sizeof other, "%s", strstr(call(f, s, "auth.passkey_login_begin", "{'name':'bob'}")->json, "\"credentials\":"));
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
	assert_int_equal(strlen(first), strlen(other));
	EVP_PKEY_free(k.pkey);
	end(f);
}

static void
removing_the_last_one_asks_for_none_any_more(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest"), *thief = wh_test_session(f->t, "y", "guest");
	struct key k = key_new(1), two = key_new(2);
	char args[400], token[256];

	(void)state;
	wh_member(call(f, wh_test_session(f->t, "z", "guest"), "auth.login", LOGIN), "token", token);
	snprintf(args, sizeof args, "{'token':'%s'}", token);
	assert_call(f, thief, "auth.use", args, WH_OK);
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	assert_int_equal(key_add(f, ann, &two)->err, WH_OK);
	assert_call(f, ann, "auth.passkey_second", "{'on':true}", WH_OK);
	snprintf(args, sizeof args, "{'id':'%s'}", k.id);
	assert_call(f, thief, "auth.passkey_remove", args, WH_EAUTH);
	assert_call(f, ann, "auth.passkey_remove", args, WH_OK);
	assert_call(f, ann, "auth.passkey_remove", args, WH_ENOENT);
	assert_int_equal(key_signs_in(f, &k)->err, WH_EAUTH);
	assert_non_null(strstr(call(f, s, "auth.login", LOGIN)->json, "ticket"));
	snprintf(args, sizeof args, "{'id':'%s'}", two.id);
	assert_call(f, ann, "auth.passkey_remove", args, WH_OK);
	assert_call(f, s, "auth.login", LOGIN, WH_OK);
	assert_true(is_account(f, s));
	EVP_PKEY_free(k.pkey);
	EVP_PKEY_free(two.pkey);
	end(f);
}

static void
an_account_has_at_most_twenty(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");

	(void)state;
	for (uint8_t i = 0; i <= PASSKEYS_MOST; i++) {
		struct key k = key_new(i);

		assert_int_equal(key_add(f, ann, &k)->err, i < PASSKEYS_MOST ? WH_OK : WH_EFULL);
		EVP_PKEY_free(k.pkey);
	}
	end(f);
}

static void
a_disabled_or_erased_account_is_opened_by_none(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann"), *admin = wh_test_session(f->t, "boss", "admin");
	struct auth *auth = wh_test_self(f->t);
	struct key k = key_new(1);
	const struct wh_test_answer *answer;
	char account[256];

	(void)state;
	assert_int_equal(key_add(f, ann, &k)->err, WH_OK);
	wh_member(call(f, ann, "auth.whoami", NULL), "account", account);
	assert_call(f, admin, "auth.disable", "{'name':'ann'}", WH_OK);
	assert_int_equal(key_signs_in(f, &k)->err, WH_EPERM);
	assert_call(f, admin, "auth.enable", "{'name':'ann'}", WH_OK);
	assert_int_equal(key_signs_in(f, &k)->err, WH_OK);
	ann = wh_test_session(f->t, "again", "guest");
	assert_call(f, ann, "auth.login", LOGIN, WH_OK);
	answer = call(f, ann, "auth.export", NULL);
	assert_non_null(strstr(answer->json, "\"passkeys\":[{"));
	assert_non_null(strstr(answer->json, "my key"));
	assert_call(f, ann, "auth.erase", "{'password':'pass phrase 1'}", WH_OK);
	assert_int_equal(key_signs_in(f, &k)->err, WH_EAUTH);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(account)) };

	assert_int_equal(wh_store_run_now(&auth->table, &TASK_STEP(ST_SECOND_GET, cells, WH_ONE), 1, row_gone, 0), WH_OK);
	EVP_PKEY_free(k.pkey);
	end(f);
}

static void
rubbish_is_refused(void **state)
{
	struct fixture *f = begin(SITE);
	struct wh_session *ann = registered(f, "ann");
	char challenge[256], client[512], client64[700], args[2000];
	struct key k = key_new(1);

	(void)state;
	assert_call(f, ann, "auth.passkey_add", "{'client_data':'!!','attestation':'AAAA'}", WH_EINVAL);
	assert_call(f, ann, "auth.passkey_add", "{'client_data':'AAAA','attestation':'AAAA'}", WH_EAUTH);
	assert_call(f, ann, "auth.passkey_login", "{'id':'x','client_data':'AAAA','auth_data':'AAAA','signature':'AAAA'}", WH_EAUTH);
	wh_member(call(f, ann, "auth.passkey_begin", NULL), "challenge", challenge);
	client_data(&k, "webauthn.create", challenge, client);
	encode(client, strlen(client), client64, sizeof client64);
	snprintf(args, sizeof args, "{'client_data':'%s','attestation':'AAAA'}", client64);
	assert_call(f, ann, "auth.passkey_add", args, WH_EAUTH);
	EVP_PKEY_free(k.pkey);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_passkey_signs_in_alone),
		cmocka_unit_test(alone_it_has_to_recognise_its_owner),
		cmocka_unit_test(a_challenge_is_answered_once),
		cmocka_unit_test(a_challenge_is_its_sessions_its_ceremonys_and_of_now),
		cmocka_unit_test(a_challenge_for_adding_is_one_accounts),
		cmocka_unit_test(a_counter_that_does_not_grow_locks_the_passkey),
		cmocka_unit_test(two_answers_with_one_counter_let_one_in),
		cmocka_unit_test(pages_and_domains_are_those_of_the_settings),
		cmocka_unit_test(without_a_site_there_are_no_passkeys),
		cmocka_unit_test(a_passkey_may_be_asked_for_after_the_password),
		cmocka_unit_test(one_passkey_is_one_accounts),
		cmocka_unit_test(a_forged_answer_and_an_unknown_passkey_are_told_apart_by_nobody),
		cmocka_unit_test(a_name_without_passkeys_looks_like_one_with),
		cmocka_unit_test(removing_the_last_one_asks_for_none_any_more),
		cmocka_unit_test(an_account_has_at_most_twenty),
		cmocka_unit_test(a_disabled_or_erased_account_is_opened_by_none),
		cmocka_unit_test(rubbish_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
