/* Clients, and which of them asks at an endpoint. */
#include "provider.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <strings.h>

#include "auth.h"
#include "device_own.h"
#include "text64.h"

const struct wh_field provider_client_fields[] = {
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = PROVIDER_CLIENT_NAME, .help = "what people read when they are asked" },
	{ "redirect_uris", WH_F_LIST, .required = true, .help = "where codes may be sent, to the letter; [] for one that has only device codes" },
	{ "public", WH_F_BOOL, .help = "it can keep no secret: an app, a page" },
	{ "introspects", WH_F_BOOL, .help = "it may ask about any token, not only its own" },
	{ 0 }
};

const struct wh_field provider_client_one_fields[] = {
	{ "client", WH_F_ID, .required = true, .min = 1, .max = 32, .help = "its id" },
	{ 0 }
};

static const char *const own_scopes[][2] = {
	{ "openid", "know which account you are" },
	{ "profile", "see your name" },
	{ "email", "see your mail address" },
	{ "roles", "see your roles" },
	{ "offline_access", "do so while you are away" },
};

enum wh_err
provider_open(struct auth *auth)
{
	wh_random(auth->host, auth->provider.key, sizeof auth->provider.key);
	return WH_OK;
}

void
provider_close(struct auth *auth)
{
	explicit_bzero(&auth->provider.key, sizeof auth->provider.key);
}

void
provider_tick(struct auth *auth, int64_t now)
{
	const struct wh_cell at[] = { WH_CELL_INT(now) }, codes[] = { WH_CELL_INT(now - PROVIDER_CODE_KEPT_MS) },
	    families[] = { WH_CELL_INT(now - PROVIDER_CODE_MS) };
	const struct wh_step steps[] = {
		TASK_STEP(ST_OTOKEN_SWEEP, at, WH_ANY), TASK_STEP(ST_FAMILY_SWEEP, families, WH_ANY), TASK_STEP(ST_CODE_SWEEP, codes, WH_ANY),
		TASK_STEP(ST_DCODE_SWEEP, at, WH_ANY), { .statement = ST_IDENTITY_SWEEP }, { .statement = ST_CONSENT_SWEEP },
	};

	wh_store_run(&auth->table, steps, sizeof steps / sizeof steps[0], auth_written, 0);
}

void
client_read(const struct wh_rows *row, struct oauth_client *out)
{
	memset(out, 0, sizeof *out);
	if (row->n == 0)
		return;
	auth_clip(out->id, sizeof out->id, wh_row_str(row, 0, CC_ID));
	auth_clip(out->name, sizeof out->name, wh_row_str(row, 0, CC_NAME));
	auth_clip(out->secret, sizeof out->secret, wh_row_str(row, 0, CC_SECRET));
	auth_clip(out->redirects, sizeof out->redirects, wh_row_str(row, 0, CC_REDIRECTS));
	out->public = wh_row_int(row, 0, CC_PUBLIC) != 0;
	out->introspects = wh_row_int(row, 0, CC_INTROSPECTS) != 0;
}

bool
client_has_redirect(const struct oauth_client *c, struct wh_str uri)
{
	for (const char *at = c->redirects; *at != '\0'; at += strcspn(at, "\n") + 1)
		if (wh_str_eq(uri, (struct wh_str){ at, strcspn(at, "\n") }))
			return uri.n != 0;
	return false;
}

/* Endpoints */

enum wh_err
provider_error(struct wh_request *r, unsigned status, const char *error, const char *why)
{
	char buffer[1024];
	struct text t = text_to(buffer, sizeof buffer);

	text_lit(&t, "{");
	text_member(&t, "error", wh_str(error));
	text_member(&t, "error_description", wh_str(why));
	text_lit(&t, "}");
	wh_respond_header(r, "cache-control", WH_STR("no-store"));
	wh_respond_header(r, "pragma", WH_STR("no-cache"));
	if (status == 401)
		wh_respond_header(r, "www-authenticate", WH_STR("Basic realm=\"whiply\""));
	wh_out_put(wh_respond_body(r), text_slice(&t));
	return wh_respond(r, status, "application/json");
}

void
provider_refused(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms)
{
	bool away = err == WH_EAWAY || err == WH_EFULL;

	(void)task;
	if (retry_ms > 0)
		wh_respond_header(r, "retry-after", WH_STR("5"));
	provider_error(r, away ? 503 : 500, away ? "temporarily_unavailable" : "server_error", why);
}

void
provider_fail(struct provider_task *t, unsigned status, const char *error, const char *why)
{
	struct wh_request *r = task_request(&t->task);

	task_end_quiet(&t->task);
	if (r != NULL)
		provider_error(r, status, error, why);
}

void
provider_json(struct provider_task *t, struct text *json)
{
	struct wh_request *r = task_request(&t->task);

	task_end_quiet(&t->task);
	if (r == NULL)
		return;
	if (json->failed) {
		provider_error(r, 500, "server_error", "the answer is too long");
		return;
	}
	wh_respond_header(r, "cache-control", WH_STR("no-store"));
	wh_respond_header(r, "pragma", WH_STR("no-cache"));
	wh_out_put(wh_respond_body(r), text_slice(json));
	wh_respond(r, 200, "application/json");
}

static void
endpoint_client(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct provider_task *t = task_of(cookie);
	struct oauth_client *c = &t->client;
	bool good;

	if (!task_stored(&t->task, result))
		return;
	client_read(result->rows, c);
	/* A client with a secret has to show it, one without has to show none. */
	if (c->secret[0] != '\0')
		good = strlen(t->secret) == strlen(c->secret) && CRYPTO_memcmp(t->secret, c->secret, strlen(c->secret)) == 0;
	else
		good = c->id[0] != '\0' && c->public && t->secret[0] == '\0';
	if (!good) {
		wh_host_log(auth->host, WH_WARN, "auth_client_refused", WH_T("client", t->claimed));
		provider_fail(t, 401, "invalid_client", "no such client, or not its secret");
		return;
	}
	t->then(t);
}

/* Authorization: Basic, both halves percent-encoded as RFC 6749 says. */
static bool
basic_read(struct wh_str header, char id[ACCOUNT_ID_ROOM], char secret[TOKEN_ROOM])
{
	uint8_t pair[256];
	char *colon;
	size_t n;

	if (header.n < 6 || strncasecmp(header.p, "basic ", 6) != 0 || !text64_get(TEXT64_STD, pair, sizeof pair - 1, &n, wh_str_from(header, 6)))
		return false;
	pair[n] = '\0';
	colon = memchr(pair, ':', n);
	if (colon == NULL)
		return false;
	return form_decode((struct wh_str){ (const char *)pair, (size_t)(colon - (char *)pair) }, id, ACCOUNT_ID_ROOM) &&
	    form_decode((struct wh_str){ colon + 1, (size_t)((char *)pair + n - colon - 1) }, secret, TOKEN_ROOM);
}

/* Who it says it is: by exactly one way. NULL: good. */
static const char *
endpoint_claims(struct provider_task *t, struct wh_request *r)
{
	struct wh_str header = wh_request_header(r, "authorization"), id = form_get(&t->form, "client_id"), posted = form_get(&t->form, "client_secret");
	char secret[TOKEN_ROOM] = "";

	t->basic = header.n != 0;
	if (t->basic && posted.p != NULL)
		return "the client's secret comes in two ways";
	if (t->basic && (!basic_read(header, t->claimed, secret) || (id.n != 0 && !wh_str_is(id, t->claimed))))
		return "the Authorization header is not Basic with the client's id and secret";
	if (!t->basic) {
		if (id.n == 0 || id.n >= sizeof t->claimed)
			return "client_id is missing";
		auth_clip(t->claimed, sizeof t->claimed, id);
		auth_clip(secret, sizeof secret, posted);
		if (posted.n >= sizeof secret)
			return "client_secret is none";
	}
	if (secret[0] != '\0')
		device_hash(wh_str(secret), t->secret);
	explicit_bzero(secret, sizeof secret);
	return NULL;
}

static bool
is_form(struct wh_str type)
{
	static const char form[] = "application/x-www-form-urlencoded";
	size_t n = sizeof form - 1;

	return type.n >= n && strncasecmp(type.p, form, n) == 0 && (type.n == n || type.p[n] == ';' || type.p[n] == ' ');
}

enum wh_err
provider_endpoint(struct auth *auth, struct wh_request *r, size_t size, void (*then)(struct provider_task *t))
{
	struct provider_task *t;
	const char *why;

	if (auth->settings.site[0] == '\0')
		return provider_error(r, 404, "invalid_request", "this server is no provider: its setting `site` is empty");
	t = task_new_request(auth, size, r, provider_refused);
	if (t == NULL)
		return WH_OK;
	t->then = then;
	if (!is_form(wh_request_header(r, "content-type")) || r->query.n != 0 || !form_read(&t->form, r->body)) {
		provider_fail(t, 400, "invalid_request", "the body has to be a form in which no field stands twice, and the query empty");
		return WH_WAIT;
	}
	why = endpoint_claims(t, r);
	if (why != NULL) {
		provider_fail(t, t->basic ? 401 : 400, t->basic ? "invalid_client" : "invalid_request", why);
		return WH_WAIT;
	}
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->claimed)) };

	task_run(&t->task, &TASK_STEP(ST_CLIENT_GET, cells, WH_ANY), 1, endpoint_client);
	return WH_WAIT;
}

/* Scopes */

static bool
scope_known(const struct auth *auth, struct wh_str scope)
{
	for (size_t i = 0; i < sizeof own_scopes / sizeof own_scopes[0]; i++)
		if (wh_str_is(scope, own_scopes[i][0]))
			return true;
	for (size_t i = wh_conf_count(auth->settings.conf, "oauth_scopes"); i-- > 0;)
		if (wh_str_eq(scope, wh_conf_item(auth->settings.conf, "oauth_scopes", i)))
			/* Never what the account itself hangs on. */
			return !wh_str_is(scope, "auth") && !wh_str_is(scope, "session");
	return false;
}

bool
provider_scopes(const struct auth *auth, struct wh_str asked, char out[PROVIDER_SCOPES + 1])
{
	struct text t = text_to(out, PROVIDER_SCOPES + 1);
	struct wh_str one;

	while (form_list_next(&asked, &one)) {
		if (!scope_known(auth, one))
			return false;
		if (form_list_has(text_slice(&t), one))
			continue;
		if (t.n != 0)
			text_lit(&t, " ");
		text_put(&t, one);
	}
	if (t.n == 0)
		text_lit(&t, "openid");
	return !t.failed;
}

bool
provider_within(struct wh_str few, struct wh_str many)
{
	struct wh_str one;

	while (form_list_next(&few, &one))
		if (!form_list_has(many, one))
			return false;
	return true;
}

void
provider_scopes_html(struct text *t, struct wh_str scopes)
{
	struct wh_str one;

	text_lit(t, "<ul>");
	while (form_list_next(&scopes, &one)) {
		const char *says = NULL;

		for (size_t i = 0; i < sizeof own_scopes / sizeof own_scopes[0]; i++)
			if (wh_str_is(one, own_scopes[i][0]))
				says = own_scopes[i][1];
		text_lit(t, "<li>");
		if (says != NULL) {
			text_lit(t, says);
		} else {
			text_lit(t, "act as you: everything that begins with <b>");
			text_html(t, one);
			text_lit(t, "</b>");
		}
		text_lit(t, "</li>");
	}
	text_lit(t, "</ul>\n");
}

/* Commands */

struct client_task {
	struct auth_task task;
	struct oauth_client client;
	struct device_secret secret;
};

static void
created(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct client_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	(void)self;
	if (result->err == WH_EEXIST || result->err == WH_ESTATE) {
		task_fail(&t->task, result->err == WH_EEXIST ? WH_EEXIST : WH_EFULL,
		    result->err == WH_EEXIST ? "there is a client of that name" : "there are too many clients; remove some");
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	if (call != NULL) {
		wh_json_text(wh_reply(call), "client_id", t->client.id);
		wh_json_text(wh_reply(call), "name", t->client.name);
		if (!t->client.public)
			wh_json_text(wh_reply(call), "client_secret", t->secret.text);
	}
	task_done(&t->task);
}

static const char *
redirects_read(const struct wh_value *list, struct text *out)
{
	struct wh_json_in in = wh_json_each(list);
	struct wh_value uri;
	size_t n = 0;

	while (wh_json_next(&in, NULL, &uri)) {
		if (uri.type != WH_V_STR || !url_redirect_good(uri.s))
			return "a redirect URI is https, or http on 127.0.0.1, [::1] or localhost, or has an app's own scheme (com.example.app:/…), without fragment, * or ..";
		if (++n > PROVIDER_REDIRECTS)
			return "that are too many redirect URIs";
		text_put(out, uri.s);
		text_lit(out, "\n");
	}
	return out->failed ? "the redirect URIs are too long" : NULL;
}

enum wh_err
provider_client_create(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct client_task *t = task_new(auth, sizeof *t, NULL);
	struct text redirects;
	const char *why;

	if (t == NULL)
		return wh_fail_str(call, WH_EAWAY, WH_STR("the server has too much to do; try again"), 1000);
	redirects = text_to(t->client.redirects, sizeof t->client.redirects);
	why = redirects_read(wh_arg(call, "redirect_uris"), &redirects);
	if (why == NULL && wh_arg_bool(call, "public") && wh_arg_bool(call, "introspects"))
		why = "a client that introspects needs a secret";
	if (why != NULL) {
		task_end_quiet(&t->task);
		return wh_fail(call, WH_EINVAL, why);
	}
	auth_id(auth, 'c', t->client.id);
	auth_clip(t->client.name, sizeof t->client.name, wh_arg_str(call, "name"));
	t->client.public = wh_arg_bool(call, "public");
	device_secret_make(auth, TOKEN_CLIENT, &t->secret);
	t->task.session = wh_session_id(auth->host, wh_call_session(call));
	t->task.call = wh_call_hold(call);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->client.id)), WH_CELL_TEXT(wh_str(t->client.name)),
		t->client.public ? WH_CELL_NULL : WH_CELL_TEXT(wh_str(t->secret.hash)), WH_CELL_TEXT(wh_str(t->client.redirects)),
		WH_CELL_INT(t->client.public), WH_CELL_INT(wh_arg_bool(call, "introspects")), WH_CELL_INT(wh_wall_ms(auth->host)),
		WH_CELL_TEXT(wh_session_identity(auth->host, wh_call_session(call))->id), WH_CELL_INT(PROVIDER_CLIENTS) };

	task_run(&t->task, &TASK_STEP(ST_CLIENT_ADD, cells, WH_ONE), 1, created);
	return WH_WAIT;
}

static void
client_row(const struct auth_task *task, struct wh_json *w, const struct wh_rows *rows, size_t i)
{
	struct wh_str uris = wh_row_str(rows, i, CC_REDIRECTS);

	(void)task;
	wh_json_str(w, "client_id", wh_row_str(rows, i, CC_ID));
	wh_json_str(w, "name", wh_row_str(rows, i, CC_NAME));
	wh_json_array(w, "redirect_uris");
	while (uris.n != 0) {
		size_t n = (size_t)((const char *)memchr(uris.p, '\n', uris.n) - uris.p);

		wh_json_str(w, NULL, (struct wh_str){ uris.p, n });
		uris = wh_str_from(uris, n + 1);
	}
	wh_json_end(w);
	wh_json_bool(w, "public", wh_row_int(rows, i, CC_PUBLIC) != 0);
	wh_json_bool(w, "introspects", wh_row_int(rows, i, CC_INTROSPECTS) != 0);
	wh_json_int(w, "created", wh_row_int(rows, i, CC_CREATED));
}

static void
listed(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	task_list(task_of(cookie), result, "clients", client_row);
}

enum wh_err
provider_client_list(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct auth_task *task = task_new(auth, sizeof *task, call);
	const struct wh_step all = { .statement = ST_CLIENT_LIST };

	if (task == NULL)
		return auth->failed;
	task_run(task, &all, 1, listed);
	return WH_WAIT;
}

static void
removed(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct auth_task *task = task_of(cookie);

	if (result->err == WH_ESTATE) {
		task_fail(task, WH_ENOENT, "there is no such client");
		return;
	}
	if (!task_stored(task, result))
		return;
	for (size_t i = 0; i < result->rows[0].n; i++)
		device_revoked(auth, wh_row_str(&result->rows[0], i, 1), wh_row_str(&result->rows[0], i, 0), (struct wh_str){ NULL, 0 },
		    "the application that you used was removed");
	task_done(task);
}

enum wh_err
provider_client_remove(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct auth_task *task = task_new(auth, sizeof *task, call);

	if (task == NULL)
		return auth->failed;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_arg_str(call, "client")) };
	const struct wh_step steps[] = { TASK_STEP(ST_CLIENT_FAMILIES, cells, WH_ANY), TASK_STEP(ST_CLIENT_DROP, cells, WH_ONE) };

	task_run(task, steps, 2, removed);
	return WH_WAIT;
}
