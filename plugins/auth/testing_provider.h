/* What the tests of being a provider share: a client, a person with a browser, and the steps of the code flow. */
#ifndef AUTH_TESTING_PROVIDER_H
#define AUTH_TESTING_PROVIDER_H

#include "auth.h"
#include "testing_auth.h"

#define PROVIDER_SITE "site = \"https://chat.example\"; login_page = \"/login\"; oauth_scopes = [ \"chat\", \"relay\" ]; "
#define VERIFIER "dBjftJeZ4CVP-mBz92K9uhWVbXk-SAqkQxHNBQxm5Xk"
#define CALLBACK "https://app.example/cb"
#define FORM "content-type: application/x-www-form-urlencoded\n"

struct site {
	struct fixture *f;
	struct wh_session *admin, *ann;	/* ann's is the browser */
	char id[256], secret[256];	/* of the client */
	char code[256], access[256], refresh[256];
	char json[8192];		/* what was answered last */
	char location[4096];
};

static inline void
client_make(struct site *s, const char *more, char id[256], char secret[256])
{
	static unsigned made;
	const struct wh_test_answer *answer;
	char args[600];

	snprintf(args, sizeof args, "{'name':'App <b>%u</b>','redirect_uris':['" CALLBACK "','com.example.app:/cb']%s}", made++, more);
	answer = call(s->f, s->admin, "auth.client_create", args);
	wh_member(answer, "client_id", id);
	if (strstr(answer->json, "client_secret") != NULL)
		wh_member(answer, "client_secret", secret);
	else
		secret[0] = '\0';
}

static inline struct site *
site_begin(const char *settings)
{
	struct site *s = calloc(1, sizeof *s);
	char all[1000];

	assert_non_null(s);
	snprintf(all, sizeof all, PROVIDER_SITE "%s", settings);
	s->f = begin(all);
	s->admin = wh_test_session(s->f->t, "adm", "admin");
	s->ann = registered(s->f, "ann");
	client_make(s, "", s->id, s->secret);
	return s;
}

static inline void
site_end(struct site *s)
{
	end(s->f);
	free(s);
}

static inline const char *
header_of(const struct wh_test_page *page, const char *name, char *out, size_t cap)
{
	char find[64];

	snprintf(find, sizeof find, "%s: ", name);
	return between(page->headers.p, find, "\n", out, cap);
}

/** Ann's browser asks. */
static inline const struct wh_test_page *
browser(struct site *s, const char *method, const char *target, const char *body)
{
	const struct wh_test_page *page = asked(s->f, s->ann, method, target, "cookie: __Host-whiply=x\n" FORM, body);

	s->location[0] = '\0';
	if (page->status == 303)
		header_of(page, "location", s->location, sizeof s->location);
	return page;
}

/** The address that a client sends a browser to. `more` goes behind it. */
static inline const char *
authorize_target(const struct site *s, const char *scope, const char *more, char out[2048])
{
	char challenge[PKCE_CHALLENGE + 1];

	assert_true(pkce_challenge(WH_STR(VERIFIER), challenge));
	snprintf(out, 2048, "/oauth/authorize?response_type=code&client_id=%s&redirect_uri=https%%3A%%2F%%2Fapp.example%%2Fcb&scope=%s&state=st%%26ate"
	    "&nonce=n-1&code_challenge=%s&code_challenge_method=S256%s", s->id, scope, challenge, more);
	return out;
}

/** The form of a consent page, as the browser sends it. */
static inline const char *
form_of(const struct wh_test_page *page, const char *decision, char out[4096])
{
	struct text t = text_to(out, 4096);
	const char *at = page->body.p;
	char name[64], value[2048];

	while ((at = strstr(at, "<input type=\"hidden\" name=\"")) != NULL) {
		between(at, "name=\"", "\"", name, sizeof name);
		between(at, "value=\"", "\"", value, sizeof value);
		for (char *c; (c = strstr(value, "&amp;")) != NULL;)
			memmove(c + 1, c + 5, strlen(c + 5) + 1);
		text_lit(&t, name);
		text_lit(&t, "=");
		text_url(&t, wh_str(value));
		text_lit(&t, "&");
		at += 10;
	}
	text_lit(&t, "decision=");
	text_lit(&t, decision);
	assert_false(t.failed);
	return text_slice(&t).p;
}

/** A POST of the client's own server; the answer stands in s->json. `secret` NULL: none is shown. Returns the status. */
static inline unsigned
client_posts(struct site *s, const char *path, const char *id, const char *secret, const char *form)
{
	const struct wh_test_page *page;
	char body[4096];

	snprintf(body, sizeof body, "client_id=%s%s%s%s%s", id, secret != NULL ? "&client_secret=" : "", secret != NULL ? secret : "", form[0] != '\0' ? "&" : "",
	    form);
	page = asked(s->f, NULL, "POST", path, FORM, body);
	snprintf(s->json, sizeof s->json, "%.*s", WH_FMT(page->body));
	return page->status;
}

static inline const char *
said(const struct site *s, const char *name, char out[256])
{
	char find[64];

	snprintf(find, sizeof find, "\"%s\":\"", name);
	return between(s->json, find, "\"", out, 256);
}

/** Asks for a code and agrees. */
static inline void
code_get(struct site *s, const char *scope)
{
	char target[2048], form[4096];
	const struct wh_test_page *page = browser(s, "GET", authorize_target(s, scope, "", target), "");

	if (page->status == 200)
		page = browser(s, "POST", "/oauth/authorize", form_of(page, "allow", form));
	assert_int_equal(page->status, 303);
	between(s->location, "code=", "&", s->code, sizeof s->code);
}

static inline unsigned
code_exchange(struct site *s, const char *verifier)
{
	char form[1024];
	unsigned status;

	snprintf(form, sizeof form, "grant_type=authorization_code&code=%s&redirect_uri=https%%3A%%2F%%2Fapp.example%%2Fcb&code_verifier=%s", s->code, verifier);
	status = client_posts(s, "/oauth/token", s->id, s->secret[0] != '\0' ? s->secret : NULL, form);
	if (status == 200) {
		said(s, "access_token", s->access);
		if (strstr(s->json, "refresh_token") != NULL)
			said(s, "refresh_token", s->refresh);
	}
	return status;
}

static inline void
tokens_get(struct site *s, const char *scope)
{
	code_get(s, scope);
	if (code_exchange(s, VERIFIER) != 200)
		fail_msg("%s", s->json);
}

static inline unsigned
refresh(struct site *s, const char *token)
{
	char form[600];

	snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s", token);
	return client_posts(s, "/oauth/token", s->id, s->secret[0] != '\0' ? s->secret : NULL, form);
}

/** A client that comes with the token over WebSocket. */
static inline struct wh_session *
opened_with(struct site *s, const char *token, enum wh_err expected)
{
	static unsigned n;
	struct wh_session *with;
	const struct wh_test_answer *answer;
	char name[16];

	snprintf(name, sizeof name, "with%u", n++);
	with = wh_test_session(s->f->t, name, "guest");
	answer = wh_test_credential(s->f->t, with, token, NULL, NULL);
	wh_test_settle(s->f->t);
	assert_int_equal(answer->err, expected);
	return with;
}

#endif
