/* /oauth/token: a code, a refresh token or a device code for tokens. A refresh token works once; its successors are made of it and a key
 * of ours, so that whoever lost the answer gets the same again within the grace. After that it revokes its family. */
#include "provider.h"

#include <stdio.h>

#include "auth.h"
#include "device_own.h"
#include "pkce.h"
#include "signing.h"

struct token_task {
	struct provider_task head;
	struct device_secret access, refresh;
	char family[DEVICE_ID_ROOM], account[ACCOUNT_ID_ROOM];
	char scopes[PROVIDER_SCOPES + 1], nonce[PROVIDER_NONCE + 1];
	char old[TOKEN_ROOM], old_hash[DEVICE_HASH_ROOM];	/* what is exchanged */
	int64_t now, auth_time;
	size_t read;			/* the step that reads the family; behind it the grants */
	bool again;			/* somebody was faster with the same refresh token */
	const char *what;		/* what is exchanged, for the log */
};

static const char *const used_up = "it was used, has expired, was revoked, or is another client's";

/* The family and all of its tokens go. */
static void
family_dropped(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct token_task *t = task_of(cookie);

	if (!task_stored(&t->head.task, result))
		return;
	device_revoked(auth, wh_str(t->account), wh_str(t->family), (struct wh_str){ NULL, 0 }, "a token of this application was used twice; sign in again");
	provider_fail(&t->head, 400, "invalid_grant", used_up);
}

static void
family_reused(struct token_task *t, struct wh_str account, struct wh_str family)
{
	struct auth *auth = t->head.task.auth;
	const struct wh_cell cells[] = { WH_CELL_TEXT(family) };

	auth_clip(t->account, sizeof t->account, account);
	auth_clip(t->family, sizeof t->family, family);
	auth_audit(auth, account, (struct wh_str){ NULL, 0 }, "auth.oauth_reuse", wh_str(t->head.client.id), (struct wh_str){ NULL, 0 }, wh_str(t->what));
	task_run(&t->head.task, &TASK_STEP(ST_FAMILY_DROP, cells, WH_ANY), 1, family_dropped);
}

static bool
id_token(struct token_task *t, const struct wh_rows *rows, char *out, size_t cap)
{
	struct auth *auth = t->head.task.auth;
	int64_t lives = auth->settings.token_time < SIGNING_TOKEN_MS ? auth->settings.token_time : SIGNING_TOKEN_MS;
	char claims[3072];
	struct text c = text_to(claims, sizeof claims);

	text_lit(&c, "{");
	text_member(&c, "iss", signing_issuer(auth));
	text_member(&c, "sub", wh_str(t->account));
	text_member(&c, "aud", wh_str(t->head.client.id));
	text_member_int(&c, "iat", t->now / 1000);
	text_member_int(&c, "exp", (t->now + lives) / 1000);
	text_member_int(&c, "auth_time", t->auth_time / 1000);
	if (t->nonce[0] != '\0')
		text_member(&c, "nonce", wh_str(t->nonce));
	provider_claims(auth, &c, wh_str(t->scopes), &rows[0], DC_ACCOUNT_ID, &rows[1]);
	text_lit(&c, "}");
	return signing_sign(auth, "JWT", text_slice(&c), out, cap) == WH_OK;
}

static void
token_answer(struct token_task *t, const struct wh_rows *rows)
{
	struct auth *auth = t->head.task.auth;
	char json[SIGNING_TOKEN_ROOM + 2048], id[SIGNING_TOKEN_ROOM];
	struct text j = text_to(json, sizeof json);
	int64_t left = t->now + auth->settings.token_time - wh_wall_ms(auth->host);

	text_lit(&j, "{");
	text_member(&j, "access_token", wh_str(t->access.text));
	text_member(&j, "token_type", WH_STR("Bearer"));
	text_member_int(&j, "expires_in", left > 0 ? left / 1000 : 0);
	text_member(&j, "scope", wh_str(t->scopes));
	if (form_list_has(wh_str(t->scopes), WH_STR("offline_access")))
		text_member(&j, "refresh_token", wh_str(t->refresh.text));
	if (form_list_has(wh_str(t->scopes), WH_STR("openid"))) {
		if (!id_token(t, rows, id, sizeof id)) {
			provider_fail(&t->head, 503, "temporarily_unavailable", "the server has no key to sign with for now");
			return;
		}
		text_member(&j, "id_token", wh_str(id));
	}
	text_lit(&j, "}");
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("oauth"), 1);
	provider_json(&t->head, &j);
	explicit_bzero(json, sizeof json);
	explicit_bzero(id, sizeof id);
}

static void refresh_look(struct token_task *t);

static void
token_issued(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct token_task *t = task_of(cookie);
	const struct wh_rows *rows = result->rows + t->read;

	(void)self;
	if ((result->err == WH_ESTATE || result->err == WH_EEXIST) && t->old[0] != '\0' && !t->again) {
		t->again = true;
		refresh_look(t);
		return;
	}
	if (result->err == WH_ESTATE || result->err == WH_EEXIST) {
		provider_fail(&t->head, 400, "invalid_grant", used_up);
		return;
	}
	if (!task_stored(&t->head.task, result))
		return;
	if (!wh_str_is(wh_row_str(rows, 0, DC_STATE), "active"))
		provider_fail(&t->head, 400, "invalid_grant", "this account is not active");
	else
		token_answer(t, rows);
}

/* Uses up what is exchanged (`use`, which has to change one row), and issues tokens: of a new family when it has a client yet to be written. */
static void
token_issue(struct token_task *t, const struct wh_step *use, bool begins)
{
	struct auth *auth = t->head.task.auth;
	bool offline = form_list_has(wh_str(t->scopes), WH_STR("offline_access"));
	const struct wh_cell family = WH_CELL_TEXT(wh_str(t->family)), account = WH_CELL_TEXT(wh_str(t->account)), now = WH_CELL_INT(t->now);
	const struct wh_cell add[] = { family, WH_CELL_TEXT(wh_str(t->head.client.id)), account, WH_CELL_TEXT(wh_str(t->scopes)), now,
		WH_CELL_INT(t->auth_time) };
	const struct wh_cell access[] = { WH_CELL_TEXT(wh_str(t->access.hash)), family, WH_CELL_TEXT(WH_STR("access")), now,
		WH_CELL_INT(t->now + auth->settings.token_time) };
	const struct wh_cell refresh[] = { WH_CELL_TEXT(wh_str(t->refresh.hash)), family, WH_CELL_TEXT(WH_STR("refresh")), now,
		WH_CELL_INT(t->now + auth->settings.session_time) };
	const struct wh_cell get[] = { family }, grants[] = { account, now };
	struct wh_step steps[6];
	size_t n = 0;

	steps[n++] = *use;
	if (begins)
		steps[n++] = TASK_STEP(ST_FAMILY_ADD, add, WH_ONE);
	steps[n++] = TASK_STEP(ST_OTOKEN_ADD, access, WH_ONE);
	if (offline)
		steps[n++] = TASK_STEP(ST_OTOKEN_ADD, refresh, WH_ONE);
	t->read = n;
	steps[n++] = TASK_STEP(ST_FAMILY_GET, get, WH_ONE);
	steps[n++] = TASK_STEP(ST_GRANT_OF, grants, WH_ANY);
	task_run(&t->head.task, steps, n, token_issued);
}

/* A family begins, for an account that agreed. */
static void
token_begin(struct token_task *t, struct wh_str account, struct wh_str scopes, int64_t auth_time)
{
	struct auth *auth = t->head.task.auth;

	auth_id(auth, PROVIDER_LETTER, t->family);
	auth_clip(t->account, sizeof t->account, account);
	auth_clip(t->scopes, sizeof t->scopes, scopes);
	t->auth_time = auth_time;
	t->now = wh_wall_ms(auth->host);
	device_secret_make(auth, TOKEN_OAUTH, &t->access);
	device_secret_make(auth, TOKEN_OAUTH_REFRESH, &t->refresh);
}

static bool
token_can_sign(struct token_task *t, struct wh_str scopes)
{
	if (!form_list_has(scopes, WH_STR("openid")) || signing_ready(t->head.task.auth))
		return true;
	provider_fail(&t->head, 503, "temporarily_unavailable", "the server has no key to sign with for now");
	return false;
}

/* Codes */

static void
code_burnt(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct token_task *t = task_of(cookie);

	(void)self;
	(void)result;
	provider_fail(&t->head, 400, "invalid_grant", "code_verifier or redirect_uri is not what the code was asked for with");
}

static void
code_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct token_task *t = task_of(cookie);
	const struct wh_rows *row = result->rows;
	const struct form *form = &t->head.form;
	int64_t now = wh_wall_ms(t->head.task.auth->host);
	struct wh_step use;

	(void)self;
	if (!task_stored(&t->head.task, result))
		return;
	if (row->n == 0 || !wh_str_is(wh_row_str(row, 0, KC_CLIENT), t->head.client.id)) {
		provider_fail(&t->head, 400, "invalid_grant", used_up);
		return;
	}
	/* One that was burnt has no family. */
	if (wh_row_int(row, 0, KC_USED) != 0 && wh_row_str(row, 0, KC_FAMILY).n != 0) {
		family_reused(t, wh_row_str(row, 0, KC_ACCOUNT), wh_row_str(row, 0, KC_FAMILY));
		return;
	}
	if (wh_row_int(row, 0, KC_USED) != 0 || wh_row_int(row, 0, KC_EXPIRES) <= now) {
		provider_fail(&t->head, 400, "invalid_grant", used_up);
		return;
	}
	if (!wh_str_eq(wh_row_str(row, 0, KC_REDIRECT), form_get(form, "redirect_uri")) ||
	    !pkce_verify(wh_row_str(row, 0, KC_CHALLENGE), form_get(form, "code_verifier"))) {
		const struct wh_cell burn[] = { WH_CELL_INT(now), WH_CELL_TEXT(WH_STR("")), WH_CELL_TEXT(wh_str(t->old_hash)) };

		task_run(&t->head.task, &TASK_STEP(ST_CODE_USE, burn, WH_ANY), 1, code_burnt);
		return;
	}
	if (!token_can_sign(t, wh_row_str(row, 0, KC_SCOPES)))
		return;
	token_begin(t, wh_row_str(row, 0, KC_ACCOUNT), wh_row_str(row, 0, KC_SCOPES), wh_row_int(row, 0, KC_AUTH_TIME));
	auth_clip(t->nonce, sizeof t->nonce, wh_row_str(row, 0, KC_NONCE));
	const struct wh_cell cells[] = { WH_CELL_INT(t->now), WH_CELL_TEXT(wh_str(t->family)), WH_CELL_TEXT(wh_str(t->old_hash)) };

	use = TASK_STEP(ST_CODE_USE, cells, WH_ONE);
	token_issue(t, &use, true);
}

static void
token_code(struct token_task *t)
{
	struct wh_str code = form_get(&t->head.form, "code");

	if (!token_is(code, TOKEN_CODE)) {
		provider_fail(&t->head, 400, "invalid_grant", "code is none");
		return;
	}
	t->what = "an authorization code came twice";
	device_hash(code, t->old_hash);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->old_hash)) };

	task_run(&t->head.task, &TASK_STEP(ST_CODE_GET, cells, WH_ANY), 1, code_found);
}

/* Refreshing */

/* The answer got lost, and is given again. */
static void
refresh_again(struct token_task *t, int64_t created)
{
	const struct wh_cell family[] = { WH_CELL_TEXT(wh_str(t->family)) }, grants[] = { WH_CELL_TEXT(wh_str(t->account)), WH_CELL_INT(created) };
	const struct wh_step steps[] = { TASK_STEP(ST_FAMILY_GET, family, WH_ONE), TASK_STEP(ST_GRANT_OF, grants, WH_ANY) };

	t->now = created;
	t->read = 0;
	t->again = true;
	task_run(&t->head.task, steps, 2, token_issued);
}

static void
refresh_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct token_task *t = task_of(cookie);
	const struct wh_rows *row = &result->rows[0], *next = &result->rows[1];
	struct auth *auth = self;
	int64_t now = wh_wall_ms(auth->host), used;
	struct wh_str scopes;
	struct wh_step use;

	if (!task_stored(&t->head.task, result))
		return;
	if (row->n == 0 || !wh_str_is(wh_row_str(row, 0, TC_KIND), "refresh") || !wh_str_is(wh_row_str(row, 0, TC_CLIENT), t->head.client.id) ||
	    wh_row_int(row, 0, TC_EXPIRES) <= now || !wh_str_is(wh_row_str(row, 0, TC_STATE), "active")) {
		provider_fail(&t->head, 400, "invalid_grant", used_up);
		return;
	}
	scopes = wh_row_str(row, 0, TC_SCOPES);
	used = wh_row_int(row, 0, TC_USED);
	if (!provider_within(form_get(&t->head.form, "scope"), scopes)) {
		provider_fail(&t->head, 400, "invalid_scope", "the person did not agree to all of that");
		return;
	}
	if (used != 0 && (now - used > PROVIDER_GRACE_MS || next->n == 0 || wh_row_int(next, 0, TC_USED) != 0)) {
		family_reused(t, wh_row_str(row, 0, TC_ACCOUNT_ID), wh_row_str(row, 0, TC_FAMILY));
		return;
	}
	if (!token_can_sign(t, scopes))
		return;
	auth_clip(t->family, sizeof t->family, wh_row_str(row, 0, TC_FAMILY));
	auth_clip(t->account, sizeof t->account, wh_row_str(row, 0, TC_ACCOUNT_ID));
	auth_clip(t->scopes, sizeof t->scopes, scopes);
	t->auth_time = wh_row_int(row, 0, TC_AUTH_TIME);
	if (used != 0) {
		refresh_again(t, wh_row_int(next, 0, TC_CREATED));
		return;
	}
	t->now = now;
	const struct wh_cell cells[] = { WH_CELL_INT(now), WH_CELL_TEXT(wh_str(t->old_hash)) };

	use = TASK_STEP(ST_OTOKEN_USE, cells, WH_ONE);
	token_issue(t, &use, false);
}

static void
refresh_look(struct token_task *t)
{
	const struct wh_cell old[] = { WH_CELL_TEXT(wh_str(t->old_hash)) }, next[] = { WH_CELL_TEXT(wh_str(t->refresh.hash)) };
	const struct wh_step steps[] = { TASK_STEP(ST_OTOKEN_GET, old, WH_ANY), TASK_STEP(ST_OTOKEN_GET, next, WH_ANY) };

	task_run(&t->head.task, steps, 2, refresh_looked);
}

static void
token_refresh(struct token_task *t)
{
	struct auth *auth = t->head.task.auth;
	struct wh_str old = form_get(&t->head.form, "refresh_token");

	if (!token_is(old, TOKEN_OAUTH_REFRESH)) {
		provider_fail(&t->head, 400, "invalid_grant", "refresh_token is none");
		return;
	}
	t->what = "a refresh token came twice";
	auth_clip(t->old, sizeof t->old, old);
	device_hash(old, t->old_hash);
	device_successor(auth, TOKEN_OAUTH, "oauth token", t->old, &t->access);
	device_successor(auth, TOKEN_OAUTH_REFRESH, "oauth refresh", t->old, &t->refresh);
	refresh_look(t);
}

/* Device codes */

static void
dcode_polled(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct token_task *t = task_of(cookie);

	(void)self;
	if (task_stored(&t->head.task, result))
		provider_fail(&t->head, 400, t->what, "ask again after the interval");
}

static void
dcode_refused(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct token_task *t = task_of(cookie);

	(void)self;
	if (task_stored(&t->head.task, result))
		provider_fail(&t->head, 400, "access_denied", "the person refused");
}

static void
dcode_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct token_task *t = task_of(cookie);
	const struct wh_rows *row = result->rows;
	int64_t now = wh_wall_ms(t->head.task.auth->host);
	const struct wh_cell polled[] = { WH_CELL_INT(now), WH_CELL_TEXT(wh_str(t->old_hash)) }, take[] = { polled[1] };
	struct wh_str state;
	struct wh_step use;

	(void)self;
	if (!task_stored(&t->head.task, result))
		return;
	if (row->n == 0 || !wh_str_is(wh_row_str(row, 0, XC_CLIENT), t->head.client.id)) {
		provider_fail(&t->head, 400, "invalid_grant", used_up);
		return;
	}
	state = wh_row_str(row, 0, XC_STATE);
	if (wh_row_int(row, 0, XC_EXPIRES) <= now) {
		provider_fail(&t->head, 400, "expired_token", "the device code has expired; begin again");
	} else if (wh_str_is(state, "waiting")) {
		t->what = now - wh_row_int(row, 0, XC_POLLED) < PROVIDER_DEVICE_EVERY_S * 1000 - 500 ? "slow_down" : "authorization_pending";
		task_run(&t->head.task, &TASK_STEP(ST_DCODE_POLLED, polled, WH_ANY), 1, dcode_polled);
	} else if (!wh_str_is(state, "allowed")) {
		task_run(&t->head.task, &TASK_STEP(ST_DCODE_TAKE, take, WH_ANY), 1, dcode_refused);
	} else if (token_can_sign(t, wh_row_str(row, 0, XC_SCOPES))) {
		token_begin(t, wh_row_str(row, 0, XC_ACCOUNT), wh_row_str(row, 0, XC_SCOPES), wh_row_int(row, 0, XC_AUTH_TIME));
		use = TASK_STEP(ST_DCODE_TAKE, take, WH_ONE);
		token_issue(t, &use, true);
	}
}

static void
token_device(struct token_task *t)
{
	struct wh_str code = form_get(&t->head.form, "device_code");

	if (!token_is(code, TOKEN_DEVICE)) {
		provider_fail(&t->head, 400, "invalid_grant", "device_code is none");
		return;
	}
	device_hash(code, t->old_hash);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->old_hash)) };

	task_run(&t->head.task, &TASK_STEP(ST_DCODE_GET, cells, WH_ANY), 1, dcode_found);
}

static void
token_asked(struct provider_task *head)
{
	struct token_task *t = (struct token_task *)head;
	struct wh_str grant = form_get(&head->form, "grant_type");

	if (wh_str_is(grant, "authorization_code"))
		token_code(t);
	else if (wh_str_is(grant, "refresh_token"))
		token_refresh(t);
	else if (wh_str_is(grant, "urn:ietf:params:oauth:grant-type:device_code"))
		token_device(t);
	else
		provider_fail(head, 400, "unsupported_grant_type", "there are authorization_code, refresh_token and device_code");
}

enum wh_err
provider_token(void *self, struct wh_request *r)
{
	return provider_endpoint(self, r, sizeof(struct token_task), token_asked);
}
