/* /oauth/authorize: who asks for what, whether the person agrees, and the code. Before the client and its redirect URI are known to be good
 * nobody is sent anywhere. */
#include "provider.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth.h"
#include "device_own.h"
#include "page.h"
#include "pkce.h"
#include "signing.h"
#include "text64.h"

enum { CONSENT_MS = 600000, LOGIN_FRESH_MS = 60000 };

struct authorize_task {
	struct provider_task head;
	char account[ACCOUNT_ID_ROOM], device[DEVICE_ID_ROOM], shown[NAME_ROOM];
	char scopes[PROVIDER_SCOPES + 1], before[PROVIDER_SCOPES * 2 + 2];	/* asked for; agreed to */
	struct device_secret code;
	int64_t auth_time;
	bool posted;
};

const char *
provider_browser(struct auth *auth, struct wh_request *r)
{
	const struct live_session *own = live_of(auth, r->session);

	if (wh_request_header(r, "authorization").n != 0 || own->device[0] != 'd' ||
	    wh_session_identity(auth->host, r->session)->kind != WH_ACCOUNT || device_cookie_find(auth, wh_request_header(r, "cookie")).n == 0)
		return "";
	return own->device;
}

void
provider_csrf(struct auth *auth, const char *device, const struct wh_str *parts, size_t n, int64_t expires, char out[96])
{
	uint8_t hash[EVP_MAX_MD_SIZE], mac[KEY_SIZE];
	char text[TEXT64_ROOM(KEY_SIZE)], label[64];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned size = 0;

	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		abort();	/* memory is out */
	for (size_t i = 0; i < n; i++) {
		uint64_t length = parts[i].n;

		EVP_DigestUpdate(ctx, &length, sizeof length);
		EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
	}
	EVP_DigestFinal_ex(ctx, hash, &size);
	EVP_MD_CTX_free(ctx);
	snprintf(label, sizeof label, "form %s %lld", device, (long long)expires);
	keys_hmac(auth->provider.key, label, (struct wh_str){ (const char *)hash, size }, mac);
	text64_put(TEXT64_URL, text, sizeof text, mac, sizeof mac);
	snprintf(out, 96, "%lld.%s", (long long)expires, text);
}

bool
provider_csrf_good(struct auth *auth, const char *device, const struct wh_str *parts, size_t n, struct wh_str shown)
{
	char text[96], right[96];
	int64_t expires;

	if (shown.n == 0 || shown.n >= sizeof text)
		return false;
	auth_clip(text, sizeof text, shown);
	expires = strtoll(text, NULL, 10);
	if (expires <= wh_wall_ms(auth->host))
		return false;
	provider_csrf(auth, device, parts, n, expires, right);
	return strlen(right) == shown.n && CRYPTO_memcmp(right, text, shown.n) == 0;
}

enum wh_err
provider_sign_in(struct auth *auth, struct wh_request *r)
{
	char to[8192], here[6144];
	struct text t = text_to(to, sizeof to), back = text_to(here, sizeof here);

	if (auth->settings.login_page[0] == '\0')
		return page_say(r, 401, "You are not signed in", "Sign in to this site first, then come back to this address.");
	text_put(&back, r->path);
	text_lit(&back, "?");
	text_put(&back, r->query);
	text_lit(&t, auth->settings.site);
	text_lit(&t, auth->settings.login_page);
	text_query(&t, "return_to", text_slice(&back));
	return page_redirect(r, text_slice(&t));
}

static struct wh_str
asked(const struct authorize_task *t, const char *name)
{
	return form_get(&t->head.form, name);
}

/* What a consent is for, to the last character. */
enum { PARTS = 8 };
static const char *const part_names[PARTS] = { "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge",
	"code_challenge_method" };

static void
authorize_parts(const struct authorize_task *t, struct wh_str parts[PARTS])
{
	for (size_t i = 0; i < PARTS; i++)
		parts[i] = asked(t, part_names[i]);
}

/* Back to the client, whose redirect URI is known to be its own. Ends the task. */
static void
authorize_answer(struct authorize_task *t, const char *error, const char *why)
{
	struct auth *auth = t->head.task.auth;
	struct wh_request *r = task_request(&t->head.task);
	char to[URL_MOST + 3 * PROVIDER_STATE + 1024];
	struct text url = text_to(to, sizeof to);

	text_put(&url, asked(t, "redirect_uri"));
	if (error != NULL) {
		text_query(&url, "error", wh_str(error));
		text_query(&url, "error_description", wh_str(why));
	} else {
		text_query(&url, "code", wh_str(t->code.text));
	}
	if (asked(t, "state").p != NULL && asked(t, "state").n <= PROVIDER_STATE)
		text_query(&url, "state", asked(t, "state"));
	text_query(&url, "iss", signing_issuer(auth));
	task_end_quiet(&t->head.task);
	if (r != NULL)
		page_redirect(r, text_slice(&url));
}

static void
authorize_page_refused(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms)
{
	(void)task;
	(void)retry_ms;
	page_say(r, page_status(err), "This does not work", why);
}

static void
code_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct authorize_task *t = task_of(cookie);

	(void)self;
	if (task_stored(&t->head.task, result))
		authorize_answer(t, NULL, NULL);
}

static void
authorize_grant(struct authorize_task *t)
{
	struct auth *auth = t->head.task.auth;
	int64_t now = wh_wall_ms(auth->host);
	struct wh_str asks = wh_str(t->scopes), one;
	struct text all = text_to(t->before + strlen(t->before), sizeof t->before - strlen(t->before));

	/* What was agreed to before stays agreed to. */
	while (form_list_next(&asks, &one)) {
		if (form_list_has(wh_str(t->before), one))
			continue;
		if (t->before[0] != '\0')
			text_lit(&all, " ");
		text_put(&all, one);
	}
	device_secret_make(auth, TOKEN_CODE, &t->code);
	const struct wh_cell account = WH_CELL_TEXT(wh_str(t->account)), client = WH_CELL_TEXT(wh_str(t->head.client.id));
	const struct wh_cell consent[] = { account, client, WH_CELL_TEXT(wh_str(all.failed ? t->scopes : t->before)), WH_CELL_INT(now) };
	const struct wh_cell code[] = { WH_CELL_TEXT(wh_str(t->code.hash)), client, account, WH_CELL_TEXT(asked(t, "redirect_uri")),
		WH_CELL_TEXT(asked(t, "code_challenge")), asked(t, "nonce").n != 0 ? WH_CELL_TEXT(asked(t, "nonce")) : WH_CELL_NULL,
		WH_CELL_TEXT(wh_str(t->scopes)), WH_CELL_INT(t->auth_time), WH_CELL_INT(now + PROVIDER_CODE_MS) };
	const struct wh_step steps[] = { TASK_STEP(ST_CODE_ADD, code, WH_ONE), TASK_STEP(ST_CONSENT_PUT, consent, WH_ONE) };

	if (t->posted)
		auth_audit(auth, wh_str(t->account), wh_str(t->shown), "auth.consent", wh_str(t->head.client.id), (struct wh_str){ NULL, 0 }, wh_str(t->scopes));
	task_run(&t->head.task, steps, t->posted ? 2 : 1, code_stored);
}

static void
authorize_ask(struct authorize_task *t)
{
	struct auth *auth = t->head.task.auth;
	struct wh_request *r = task_request(&t->head.task);
	struct wh_str parts[PARTS], uri = asked(t, "redirect_uri"), origin = url_redirect_origin(uri);
	char buffer[PAGE_ROOM], csrf[96], form_to[URL_MOST + 1];
	struct text page;

	if (r == NULL) {
		task_end_quiet(&t->head.task);
		return;
	}
	authorize_parts(t, parts);
	provider_csrf(auth, t->device, parts, PARTS, wh_wall_ms(auth->host) + CONSENT_MS, csrf);
	page_begin(&page, buffer, sizeof buffer, "Do you agree?");
	text_lit(&page, "<p>You are signed in as <b>");
	text_html(&page, wh_str(t->shown));
	text_lit(&page, "</b>. <b>");
	text_html(&page, wh_str(t->head.client.name));
	text_lit(&page, "</b> wants to</p>\n");
	provider_scopes_html(&page, wh_str(t->scopes));
	text_lit(&page, "<p>You will be sent to <b>");
	text_html(&page, origin);
	text_lit(&page, "</b>.</p>\n<form method=\"post\" action=\"/oauth/authorize\">");
	for (size_t i = 0; i < PARTS; i++) {
		if (parts[i].p == NULL)
			continue;
		text_lit(&page, "<input type=\"hidden\" name=\"");
		text_lit(&page, part_names[i]);
		text_lit(&page, "\" value=\"");
		text_html(&page, parts[i]);
		text_lit(&page, "\">");
	}
	text_lit(&page, "<input type=\"hidden\" name=\"csrf\" value=\"");
	text_lit(&page, csrf);
	text_lit(&page, "\"><button name=\"decision\" value=\"allow\">Allow</button> <button name=\"decision\" value=\"deny\">Refuse</button></form>\n");
	auth_clip(form_to, sizeof form_to, origin);
	task_end_quiet(&t->head.task);
	page_respond(r, &page, 200, wh_str(form_to));
}

static void
authorize_person(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct authorize_task *t = task_of(cookie);
	struct wh_str prompt = asked(t, "prompt"), max_age = asked(t, "max_age"), decision = asked(t, "decision");
	struct wh_request *r = task_request(&t->head.task);
	int64_t age, most = INT64_MAX;
	char digits[16];

	if (!task_stored(&t->head.task, result))
		return;
	if (r == NULL || result->rows[0].n == 0) {
		task_fail(&t->head.task, WH_EAUTH, "you were signed out meanwhile");
		return;
	}
	t->auth_time = wh_row_int(&result->rows[0], 0, 0);
	if (result->rows[1].n != 0)
		auth_clip(t->before, PROVIDER_SCOPES + 1, wh_row_str(&result->rows[1], 0, 0));
	if (t->posted) {
		if (wh_str_is(decision, "allow"))
			authorize_grant(t);
		else
			authorize_answer(t, "access_denied", "the person refused");
		return;
	}
	age = wh_wall_ms(auth->host) - t->auth_time;
	if (max_age.n != 0 && max_age.n < sizeof digits) {
		auth_clip(digits, sizeof digits, max_age);
		most = strtoll(digits, NULL, 10) * 1000;
	}
	if (form_list_has(prompt, WH_STR("login")) && most > LOGIN_FRESH_MS)
		most = LOGIN_FRESH_MS;
	if (age > most) {
		if (wh_str_is(prompt, "none")) {
			authorize_answer(t, "login_required", "the person signed in too long ago");
			return;
		}
		task_end_quiet(&t->head.task);
		provider_sign_in(auth, r);
		return;
	}
	/* A public client can be played by anybody who gets hold of its redirect: each time the person is asked. */
	if (t->before[0] != '\0' && !t->head.client.public && provider_within(wh_str(t->scopes), wh_str(t->before)) &&
	    !form_list_has(prompt, WH_STR("consent")) && !form_list_has(prompt, WH_STR("login")))
		authorize_grant(t);
	else if (wh_str_is(prompt, "none"))
		authorize_answer(t, "consent_required", "the person has to be asked");
	else
		authorize_ask(t);
}

/* What is wrong with the request, once the client is known; NULL: nothing. */
static const char *
authorize_flaw(const struct auth *auth, struct authorize_task *t, const char **error_out)
{
	struct wh_str prompt = asked(t, "prompt");

	*error_out = "invalid_request";
	if (asked(t, "request").p != NULL || asked(t, "request_uri").p != NULL) {
		*error_out = asked(t, "request").p != NULL ? "request_not_supported" : "request_uri_not_supported";
		return "requests are not taken as objects";
	}
	if (!wh_str_is(asked(t, "response_type"), "code")) {
		*error_out = "unsupported_response_type";
		return "response_type has to be code";
	}
	if (asked(t, "response_mode").n != 0 && !wh_str_is(asked(t, "response_mode"), "query"))
		return "response_mode has to be query";
	if (!wh_str_is(asked(t, "code_challenge_method"), "S256") || asked(t, "code_challenge").n != PKCE_CHALLENGE)
		return "code_challenge with code_challenge_method S256 is required";
	if (asked(t, "state").n > PROVIDER_STATE || asked(t, "nonce").n > PROVIDER_NONCE)
		return "state or nonce is too long";
	if (form_list_has(prompt, WH_STR("none")) && !wh_str_is(prompt, "none"))
		return "prompt none stands alone";
	if (!provider_scopes(auth, asked(t, "scope"), t->scopes)) {
		*error_out = "invalid_scope";
		return "a scope is not known here";
	}
	return NULL;
}

static void
authorize_client(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct authorize_task *t = task_of(cookie);
	struct wh_request *r = task_request(&t->head.task);
	struct wh_str parts[PARTS];
	const char *error, *why;

	if (!task_stored(&t->head.task, result))
		return;
	client_read(result->rows, &t->head.client);
	if (r == NULL || t->head.client.id[0] == '\0') {
		task_fail(&t->head.task, WH_EINVAL, "The application that sent you here is not known to this site.");
		return;
	}
	if (!client_has_redirect(&t->head.client, asked(t, "redirect_uri"))) {
		task_fail(&t->head.task, WH_EINVAL, "The application that sent you here names an address to return to that is not its own.");
		return;
	}
	auth_clip(t->device, sizeof t->device, wh_str(provider_browser(auth, r)));
	authorize_parts(t, parts);
	if (t->posted && (t->device[0] == '\0' || !provider_csrf_good(auth, t->device, parts, PARTS, asked(t, "csrf")))) {
		task_fail(&t->head.task, WH_EPERM, "This form was not made for this browser, or is too old. Go back to the application and begin again.");
		return;
	}
	why = authorize_flaw(auth, t, &error);
	if (why != NULL) {
		authorize_answer(t, error, why);
		return;
	}
	if (t->device[0] == '\0') {
		if (wh_str_is(asked(t, "prompt"), "none")) {
			authorize_answer(t, "login_required", "nobody is signed in");
			return;
		}
		task_end_quiet(&t->head.task);
		provider_sign_in(auth, r);
		return;
	}
	auth_clip(t->account, sizeof t->account, wh_session_identity(auth->host, r->session)->id);
	auth_clip(t->shown, sizeof t->shown, wh_session_identity(auth->host, r->session)->name);
	const struct wh_cell device[] = { WH_CELL_TEXT(wh_str(t->device)), WH_CELL_TEXT(wh_str(t->account)) };
	const struct wh_cell consent[] = { device[1], WH_CELL_TEXT(wh_str(t->head.client.id)) };
	const struct wh_step steps[] = { TASK_STEP(ST_DEVICE_SINCE, device, WH_ANY), TASK_STEP(ST_CONSENT_GET, consent, WH_ANY) };

	task_run(&t->head.task, steps, 2, authorize_person);
}

static enum wh_err
authorize_begin(struct auth *auth, struct wh_request *r, struct wh_str form, bool posted)
{
	struct authorize_task *t;

	if (auth->settings.site[0] == '\0')
		return page_say(r, 404, "This does not work", "This server is no provider: its setting `site` is empty.");
	t = task_new_request(auth, sizeof *t, r, authorize_page_refused);
	if (t == NULL)
		return WH_OK;
	t->posted = posted;
	if (!form_read(&t->head.form, form)) {
		task_fail(&t->head.task, WH_EINVAL, "The application that sent you here asks for something in two ways at once, or unreadably.");
		return WH_WAIT;
	}
	const struct wh_cell cells[] = { WH_CELL_TEXT(asked(t, "client_id")) };

	task_run(&t->head.task, &TASK_STEP(ST_CLIENT_GET, cells, WH_ANY), 1, authorize_client);
	return WH_WAIT;
}

enum wh_err
provider_authorize(void *self, struct wh_request *r)
{
	return authorize_begin(self, r, r->query, false);
}

enum wh_err
provider_approve(void *self, struct wh_request *r)
{
	return authorize_begin(self, r, r->body, true);
}

/* Consents */

struct consent_task {
	struct auth_task task;
	char account[ACCOUNT_ID_ROOM], client[ACCOUNT_ID_ROOM];
};

static void
consent_row(const struct auth_task *task, struct wh_json *w, const struct wh_rows *rows, size_t i)
{
	(void)task;
	wh_json_str(w, "client", wh_row_str(rows, i, 0));
	wh_json_str(w, "name", wh_row_str(rows, i, 1));
	wh_json_str(w, "scopes", wh_row_str(rows, i, 2));
	wh_json_int(w, "created", wh_row_int(rows, i, 3));
}

static void
consents_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	task_list(task_of(cookie), result, "consents", consent_row);
}

static struct consent_task *
consent_task_new(struct auth *auth, struct wh_call *call)
{
	struct consent_task *t;

	if (!auth_signed_in(auth, call) || (t = task_new(auth, sizeof *t, call)) == NULL)
		return NULL;
	auth_clip(t->account, sizeof t->account, wh_session_identity(auth->host, wh_call_session(call))->id);
	return t;
}

enum wh_err
provider_consents(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct consent_task *t = consent_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->task, &TASK_STEP(ST_CONSENT_LIST, cells, WH_ANY), 1, consents_read);
	return WH_WAIT;
}

static void
consent_gone(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct consent_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	if (!task_stored(&t->task, result))
		return;
	for (size_t i = 0; i < result->rows[0].n; i++)
		device_revoked(auth, wh_str(t->account), wh_row_str(&result->rows[0], i, 0), (struct wh_str){ NULL, 0 },
		    "you took back what you had allowed this application");
	if (result->rows[0].n == 0 && result->rows[1].changed == 0) {
		task_fail(&t->task, WH_ENOENT, "there is no such consent");
		return;
	}
	if (call != NULL)
		auth_audit_call(auth, call, "auth.consent_revoked", wh_str(t->client), (struct wh_str){ NULL, 0 });
	task_done(&t->task);
}

enum wh_err
provider_consent_revoke(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct consent_task *t = consent_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	auth_clip(t->client, sizeof t->client, wh_arg_str(call, "client"));
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)), WH_CELL_TEXT(wh_str(t->client)) };
	const struct wh_step steps[] = { TASK_STEP(ST_CONSENT_FAMILIES, cells, WH_ANY), TASK_STEP(ST_CONSENT_DROP, cells, WH_ANY),
		TASK_STEP(ST_FAMILY_DROP_FOR, cells, WH_ANY), TASK_STEP(ST_CODE_DROP, cells, WH_ANY) };

	task_run(&t->task, steps, 4, consent_gone);
	return WH_WAIT;
}
