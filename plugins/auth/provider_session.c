/* What an access token of another site may do here, and what that site may ask about it: userinfo, introspection, revocation; and the
 * discovery document. */
#include "provider.h"

#include <stdio.h>

#include "auth.h"
#include "signing.h"

enum wh_verdict
provider_attempt(struct auth *auth, struct wh_attempt *a)
{
	/* A client may always ask who it acts for. Nothing else of accounts and sessions is ever a client's. */
	static const char *const always[] = { "session.ping", "session.whoami", "session.resume", "auth.whoami", NULL };
	struct wh_session *s = wh_call_session(a->call);
	struct wh_str command = wh_str(a->command->name), plugin;
	const struct bot_key *key;
	const char *dot = memchr(command.p, '.', command.n);

	if (live_of(auth, s)->device[0] != PROVIDER_LETTER)
		return WH_PASS;
	for (const char *const *name = always; *name != NULL; name++)
		if (wh_str_is(command, *name))
			return WH_PASS;
	key = bot_key(auth, s);
	if (key == NULL)
		return wh_refuse(&a->at, WH_EAWAY, "your token is being looked up; try again", 1000);
	if (key->expires <= wh_wall_ms(auth->host))
		return wh_refuse(&a->at, WH_EAUTH, "your token has expired; refresh it, and connect again", 0);
	plugin = (struct wh_str){ command.p, dot != NULL ? (size_t)(dot - command.p) : command.n };
	if (!wh_str_is(plugin, "auth") && !wh_str_is(plugin, "session") && form_list_has(wh_str(key->scopes), plugin))
		return WH_PASS;
	return wh_refuse(&a->at, WH_EPERM, "the scopes of your token do not have this command", 0);
}

void
provider_claims(const struct auth *auth, struct text *t, struct wh_str scopes, const struct wh_rows *row, size_t first, const struct wh_rows *grants)
{
	int64_t now = wh_wall_ms(auth->host);
	char roles[LIVE_ROLES_TEXT];
	struct text r = text_to(roles, sizeof roles);

	if (form_list_has(scopes, WH_STR("profile"))) {
		text_member(t, "name", wh_row_str(row, 0, first + AC_NAME));
		text_member(t, "preferred_username", wh_row_str(row, 0, first + AC_NAME));
	}
	if (form_list_has(scopes, WH_STR("email")) && !wh_row_null(row, 0, first + AC_MAIL)) {
		text_member(t, "email", wh_row_str(row, 0, first + AC_MAIL));
		text_name(t, "email_verified");
		text_lit(t, wh_row_int(row, 0, first + AC_CONFIRMED) != 0 ? "true" : "false");
	}
	if (!form_list_has(scopes, WH_STR("roles")))
		return;
	text_lit(&r, auth->settings.default_role);
	for (size_t i = 0; i < grants->n; i++) {
		int64_t until = wh_row_int(grants, i, 2);

		if (wh_row_str(grants, i, 1).n != 0 || (until != 0 && until <= now))
			continue;
		text_lit(&r, " ");
		text_put(&r, wh_row_str(grants, i, 0));
	}
	text_member(t, "roles", text_slice(&r));
}

/* Userinfo */

static enum wh_err
bearer_error(struct wh_request *r, unsigned status, const char *error, const char *why)
{
	char header[300];

	snprintf(header, sizeof header, "Bearer error=\"%s\", error_description=\"%s\"", error, why);
	wh_respond_header(r, "www-authenticate", wh_str(header));
	wh_respond_header(r, "cache-control", WH_STR("no-store"));
	wh_out_fmt(wh_respond_body(r), "{\"error\":\"%s\"}", error);
	return wh_respond(r, status, "application/json");
}

static void
userinfo_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct provider_task *t = task_of(cookie);
	struct wh_request *r = task_request(&t->task);
	char json[2048];
	struct text j = text_to(json, sizeof json);
	struct wh_str scopes;

	if (!task_stored(&t->task, result))
		return;
	scopes = wh_row_str(result->rows, 0, DC_SCOPES);
	if (result->rows[0].n == 0 || !wh_str_is(wh_row_str(result->rows, 0, DC_STATE), "active") || !form_list_has(scopes, WH_STR("openid"))) {
		bool known = result->rows[0].n != 0;

		task_end_quiet(&t->task);
		if (r != NULL && known)
			bearer_error(r, 403, "insufficient_scope", "the scope openid is needed");
		else if (r != NULL)
			bearer_error(r, 401, "invalid_token", "this token was revoked");
		return;
	}
	text_lit(&j, "{");
	text_member(&j, "sub", wh_row_str(result->rows, 0, DC_ACCOUNT_ID));
	provider_claims(auth, &j, scopes, &result->rows[0], DC_ACCOUNT_ID, &result->rows[1]);
	text_lit(&j, "}");
	provider_json(t, &j);
}

enum wh_err
provider_userinfo(void *self, struct wh_request *r)
{
	struct auth *auth = self;
	const char *family = live_of(auth, r->session)->device;
	struct provider_task *t;

	if (family[0] != PROVIDER_LETTER)
		return bearer_error(r, 401, "invalid_token", "show an access token as Authorization: Bearer");
	t = task_new_request(auth, sizeof *t, r, provider_refused);
	if (t == NULL)
		return WH_OK;
	const struct wh_cell id[] = { WH_CELL_TEXT(wh_str(family)) }, grants[] = { id[0], WH_CELL_INT(wh_wall_ms(auth->host)) };
	const struct wh_step steps[] = { TASK_STEP(ST_FAMILY_GET, id, WH_ANY), TASK_STEP(ST_FAMILY_GRANTS, grants, WH_ANY) };

	task_run(&t->task, steps, 2, userinfo_read);
	return WH_WAIT;
}

/* Introspection and revocation: a token is named in the form. */
struct about_task {
	struct provider_task head;
	char hash[DEVICE_HASH_ROOM], account[ACCOUNT_ID_ROOM], family[DEVICE_ID_ROOM];
};

/* Asks for the token of the form; false: it is none of ours, and nothing was asked. */
static bool
about_find(struct about_task *t, wh_store_done *done)
{
	struct wh_str token = form_get(&t->head.form, "token");

	if (!token_is(token, TOKEN_OAUTH) && !token_is(token, TOKEN_OAUTH_REFRESH))
		return false;
	device_hash(token, t->hash);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->hash)) };

	task_run(&t->head.task, &TASK_STEP(ST_OTOKEN_GET, cells, WH_ANY), 1, done);
	return true;
}

static void
introspect_answer(struct about_task *t, const struct wh_rows *row)
{
	struct auth *auth = t->head.task.auth;
	char json[2048];
	struct text j = text_to(json, sizeof json);

	text_lit(&j, "{");
	text_name(&j, "active");
	text_lit(&j, row != NULL ? "true" : "false");
	if (row != NULL) {
		bool access = wh_str_is(wh_row_str(row, 0, TC_KIND), "access");

		text_member(&j, "scope", wh_row_str(row, 0, TC_SCOPES));
		text_member(&j, "client_id", wh_row_str(row, 0, TC_CLIENT));
		text_member(&j, "username", wh_row_str(row, 0, TC_NAME));
		if (access)
			text_member(&j, "token_type", WH_STR("Bearer"));
		text_member_int(&j, "exp", wh_row_int(row, 0, TC_EXPIRES) / 1000);
		text_member_int(&j, "iat", wh_row_int(row, 0, TC_CREATED) / 1000);
		text_member(&j, "sub", wh_row_str(row, 0, TC_ACCOUNT_ID));
		text_member(&j, "aud", wh_row_str(row, 0, TC_CLIENT));
		text_member(&j, "iss", signing_issuer(auth));
	}
	text_lit(&j, "}");
	provider_json(&t->head, &j);
}

static void
introspect_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct about_task *t = task_of(cookie);
	const struct wh_rows *row = result->rows;
	bool active;

	if (!task_stored(&t->head.task, result))
		return;
	active = row->n != 0 && wh_row_int(row, 0, TC_EXPIRES) > wh_wall_ms(auth->host) && wh_row_int(row, 0, TC_USED) == 0 &&
	    wh_str_is(wh_row_str(row, 0, TC_STATE), "active") &&
	    (t->head.client.introspects || wh_str_is(wh_row_str(row, 0, TC_CLIENT), t->head.client.id));
	introspect_answer(t, active ? row : NULL);
}

static void
introspect_asked(struct provider_task *head)
{
	struct about_task *t = (struct about_task *)head;

	if (head->client.public)
		provider_fail(head, 403, "unauthorized_client", "a client without a secret may not ask about tokens");
	else if (!about_find(t, introspect_read))
		introspect_answer(t, NULL);
}

enum wh_err
provider_introspect(void *self, struct wh_request *r)
{
	return provider_endpoint(self, r, sizeof(struct about_task), introspect_asked);
}

static void
revoke_answer(struct about_task *t)
{
	char json[8];
	struct text j = text_to(json, sizeof json);

	text_lit(&j, "{}");
	provider_json(&t->head, &j);
}

static void
revoke_done(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct about_task *t = task_of(cookie);

	if (!task_stored(&t->head.task, result))
		return;
	device_revoked(auth, wh_str(t->account), wh_str(t->family), (struct wh_str){ NULL, 0 }, "the application signed you out");
	revoke_answer(t);
}

static void
revoke_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct about_task *t = task_of(cookie);
	const struct wh_rows *row = result->rows;

	(void)self;
	if (!task_stored(&t->head.task, result))
		return;
	if (row->n == 0 || !wh_str_is(wh_row_str(row, 0, TC_CLIENT), t->head.client.id)) {
		revoke_answer(t);
		return;
	}
	auth_clip(t->account, sizeof t->account, wh_row_str(row, 0, TC_ACCOUNT_ID));
	auth_clip(t->family, sizeof t->family, wh_row_str(row, 0, TC_FAMILY));
	const struct wh_cell hash[] = { WH_CELL_TEXT(wh_str(t->hash)) }, family[] = { WH_CELL_TEXT(wh_str(t->family)) };
	/* Without its refresh token nothing of a family is of use; an access token that is given up leaves the refresh token good. */
	const struct wh_step access = TASK_STEP(ST_OTOKEN_DROP, hash, WH_ANY), all = TASK_STEP(ST_FAMILY_DROP, family, WH_ANY);

	task_run(&t->head.task, wh_str_is(wh_row_str(row, 0, TC_KIND), "access") ? &access : &all, 1, revoke_done);
}

static void
revoke_asked(struct provider_task *head)
{
	struct about_task *t = (struct about_task *)head;

	if (!about_find(t, revoke_found))
		revoke_answer(t);
}

enum wh_err
provider_revoke(void *self, struct wh_request *r)
{
	return provider_endpoint(self, r, sizeof(struct about_task), revoke_asked);
}

/* Discovery */

static void
endpoint(const struct auth *auth, struct text *j, const char *name, const char *path)
{
	char url[URL_MOST];
	struct text u = text_to(url, sizeof url);

	text_lit(&u, auth->settings.site);
	text_lit(&u, path);
	text_member(j, name, text_slice(&u));
}

enum wh_err
provider_discovery(void *self, struct wh_request *r)
{
	static const char rest[] = ",\"response_types_supported\":[\"code\"],\"response_modes_supported\":[\"query\"],"
	    "\"grant_types_supported\":[\"authorization_code\",\"refresh_token\",\"urn:ietf:params:oauth:grant-type:device_code\"],"
	    "\"subject_types_supported\":[\"public\"],\"code_challenge_methods_supported\":[\"S256\"],"
	    "\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\",\"client_secret_post\",\"none\"],"
	    "\"introspection_endpoint_auth_methods_supported\":[\"client_secret_basic\",\"client_secret_post\"],"
	    "\"revocation_endpoint_auth_methods_supported\":[\"client_secret_basic\",\"client_secret_post\",\"none\"],"
	    "\"claims_supported\":[\"iss\",\"sub\",\"aud\",\"exp\",\"iat\",\"auth_time\",\"nonce\",\"name\",\"preferred_username\",\"email\","
	    "\"email_verified\",\"roles\"],\"prompt_values_supported\":[\"none\",\"login\",\"consent\"],"
	    "\"authorization_response_iss_parameter_supported\":true,\"claims_parameter_supported\":false,"
	    "\"request_parameter_supported\":false,\"request_uri_parameter_supported\":false";
	struct auth *auth = self;
	char json[8192];
	struct text j = text_to(json, sizeof json);

	if (auth->settings.site[0] == '\0')
		return wh_respond_problem(r, WH_ENOENT, "this server is no provider: its setting `site` is empty");
	text_lit(&j, "{");
	text_member(&j, "issuer", signing_issuer(auth));
	endpoint(auth, &j, "authorization_endpoint", "/oauth/authorize");
	endpoint(auth, &j, "token_endpoint", "/oauth/token");
	endpoint(auth, &j, "device_authorization_endpoint", "/oauth/device_authorization");
	endpoint(auth, &j, "userinfo_endpoint", "/oauth/userinfo");
	endpoint(auth, &j, "revocation_endpoint", "/oauth/revoke");
	endpoint(auth, &j, "introspection_endpoint", "/oauth/introspect");
	endpoint(auth, &j, "jwks_uri", "/.well-known/jwks.json");
	text_lit(&j, rest);
	text_name(&j, "id_token_signing_alg_values_supported");
	text_lit(&j, "[\"");
	text_lit(&j, jose_alg_name(auth->signing.alg));
	text_lit(&j, "\"]");
	text_name(&j, "scopes_supported");
	text_lit(&j, "[\"openid\",\"profile\",\"email\",\"roles\",\"offline_access\"");
	for (size_t i = 0, n = wh_conf_count(auth->settings.conf, "oauth_scopes"); i < n; i++) {
		text_lit(&j, ",");
		text_json(&j, wh_conf_item(auth->settings.conf, "oauth_scopes", i));
	}
	text_lit(&j, "]}");
	if (j.failed)
		return wh_respond_problem(r, WH_EIO, "the document is too long");
	wh_respond_header(r, "cache-control", WH_STR("public, max-age=300"));
	wh_out_put(wh_respond_body(r), text_slice(&j));
	return wh_respond(r, 200, "application/json");
}
