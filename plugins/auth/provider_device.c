/* Devices without a browser (RFC 8628): the device shows a short code, the person types it on a page of ours or gives it to
 * auth.device_approve. Whoever sends another person a code of their own is met by what the page says, and by codes that live ten minutes;
 * who tries codes is met by a bound for each account. */
#include "provider.h"

#include <ctype.h>
#include <stdio.h>

#include "auth.h"
#include "device_own.h"
#include "page.h"

enum { CODE_LETTERS = 8, DEVICE_ASKS = 20, DEVICE_TRIES = 10, DEVICE_PAGE_MS = 600000 };

const struct wh_field provider_device_show_fields[] = {
	{ "code", WH_F_TEXT, .required = true, .min = 1, .max = 32, .help = "as the device shows it: BCDF-GHJK" },
	{ 0 }
};

const struct wh_field provider_device_fields[] = {
	{ "code", WH_F_TEXT, .required = true, .min = 1, .max = 32, .help = "as the device shows it: BCDF-GHJK" },
	{ "allow", WH_F_BOOL, .required = true, .help = "false: refuse it" },
	{ 0 }
};

/* No vowels, and nothing that looks like a digit. */
static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";

static void
user_code_make(struct auth *auth, char out[PROVIDER_USER_CODE_ROOM])
{
	uint8_t random[CODE_LETTERS * 4];
	size_t n = 0;

	while (n < CODE_LETTERS) {
		wh_random(auth->host, random, sizeof random);
		for (size_t i = 0; i < sizeof random && n < CODE_LETTERS; i++)
			if (random[i] < 240) {	/* so that all are as likely */
				out[n + (n >= 4)] = letters[random[i] % 20];
				n++;
			}
	}
	out[4] = '-';
	out[PROVIDER_USER_CODE_ROOM - 1] = '\0';
}

/* However it was typed. False: it is none. */
static bool
user_code_read(struct wh_str text, char out[PROVIDER_USER_CODE_ROOM])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = (char)toupper((unsigned char)text.p[i]);

		if (c == '-' || c == ' ')
			continue;
		if (n == CODE_LETTERS || c == '\0' || strchr(letters, c) == NULL)
			return false;
		out[n + (n >= 4)] = c;
		n++;
	}
	out[4] = '-';
	out[PROVIDER_USER_CODE_ROOM - 1] = '\0';
	return n == CODE_LETTERS;
}

/* The device asks for a code. */
struct device_ask {
	struct provider_task head;
	struct device_secret code;
	char user[PROVIDER_USER_CODE_ROOM], scopes[PROVIDER_SCOPES + 1];
	unsigned tries;
};

static void ask_store(struct device_ask *t);

static void
ask_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_ask *t = task_of(cookie);
	char json[2048], url[URL_MOST];
	struct text j = text_to(json, sizeof json), u = text_to(url, sizeof url);

	if (result->err == WH_EEXIST && t->tries < 3) {
		ask_store(t);
		return;
	}
	if (result->err == WH_ESTATE) {
		task_fail_later(&t->head.task, WH_EFULL, "too many devices wait for somebody; try again", 5000);
		return;
	}
	if (!task_stored(&t->head.task, result))
		return;
	text_lit(&u, auth->settings.site);
	text_lit(&u, "/oauth/device");
	text_lit(&j, "{");
	text_member(&j, "device_code", wh_str(t->code.text));
	text_member(&j, "user_code", wh_str(t->user));
	text_member(&j, "verification_uri", text_slice(&u));
	text_query(&u, "user_code", wh_str(t->user));
	text_member(&j, "verification_uri_complete", text_slice(&u));
	text_member_int(&j, "expires_in", PROVIDER_DEVICE_MS / 1000);
	text_member_int(&j, "interval", PROVIDER_DEVICE_EVERY_S);
	text_lit(&j, "}");
	provider_json(&t->head, &j);
}

static void
ask_store(struct device_ask *t)
{
	struct auth *auth = t->head.task.auth;

	t->tries++;
	user_code_make(auth, t->user);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->code.hash)), WH_CELL_TEXT(wh_str(t->user)), WH_CELL_TEXT(wh_str(t->head.client.id)),
		WH_CELL_TEXT(wh_str(t->scopes)), WH_CELL_INT(wh_wall_ms(auth->host) + PROVIDER_DEVICE_MS), WH_CELL_INT(PROVIDER_DEVICE_CODES) };

	task_run(&t->head.task, &TASK_STEP(ST_DCODE_ADD, cells, WH_ONE), 1, ask_stored);
}

static void
ask_known(struct provider_task *head)
{
	struct device_ask *t = (struct device_ask *)head;
	struct auth *auth = head->task.auth;
	struct wh_session *s = task_session(&head->task);
	char address[KEY_ADDRESS_ROOM];

	if (!provider_scopes(auth, form_get(&head->form, "scope"), t->scopes)) {
		provider_fail(head, 400, "invalid_scope", "a scope is not known here");
		return;
	}
	keys_address(auth, s != NULL ? wh_session_address(auth->host, s) : (struct wh_str){ NULL, 0 }, false, address);
	if (lockout_count(auth, lockout_key(auth, LOCKOUT_DEVICE_CODE, WH_STR(""), wh_str(address)), DEVICE_ASKS, PROVIDER_DEVICE_MS) != 0) {
		provider_fail(head, 429, "slow_down", "too many device codes were asked for from where you are");
		return;
	}
	device_secret_make(auth, TOKEN_DEVICE, &t->code);
	ask_store(t);
}

enum wh_err
provider_device_begin(void *self, struct wh_request *r)
{
	return provider_endpoint(self, r, sizeof(struct device_ask), ask_known);
}

/* The person: on a page, or by command. */
struct device_say {
	struct auth_task task;
	struct form form;
	char user[PROVIDER_USER_CODE_ROOM], account[ACCOUNT_ID_ROOM], device[DEVICE_ID_ROOM], client[ACCOUNT_ID_ROOM];
	bool allow, posted;
};

/* Tries of codes are counted by account. How long to wait; 0: now. */
static int64_t
say_wait(struct auth *auth, const char *account)
{
	return lockout_count(auth, lockout_key(auth, LOCKOUT_DEVICE_CODE, wh_str(account), WH_STR("")), DEVICE_TRIES, PROVIDER_DEVICE_MS);
}

static void
say_refused(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms)
{
	(void)task;
	(void)retry_ms;
	page_say(r, page_status(err), "This does not work", why);
}

static const char *const no_code = "no device waits with this code: look again at what it shows, or begin anew there";

static void
say_decided(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct device_say *t = task_of(cookie);
	struct wh_request *r = task_request(&t->task);

	if (result->err == WH_ESTATE) {
		task_fail(&t->task, WH_ENOENT, no_code);
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	auth_audit(auth, wh_str(t->account), (struct wh_str){ NULL, 0 }, t->allow ? "auth.device_allowed" : "auth.device_refused", wh_str(t->client),
	    (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 });
	if (r != NULL)
		page_say(r, 200, t->allow ? "The device may go on" : "Refused", t->allow ? "You may close this page." :
		    "The device gets nothing. You may close this page.");
	task_done(&t->task);
}

static void
say_decide(struct device_say *t, int64_t auth_time)
{
	struct auth *auth = t->task.auth;
	const struct wh_cell cells[] = { WH_CELL_TEXT(t->allow ? WH_STR("allowed") : WH_STR("refused")), WH_CELL_TEXT(wh_str(t->account)),
		WH_CELL_INT(auth_time), WH_CELL_TEXT(wh_str(t->user)), WH_CELL_INT(wh_wall_ms(auth->host)) };

	task_run(&t->task, &TASK_STEP(ST_DCODE_DECIDE, cells, WH_ONE), 1, say_decided);
}

static void
say_page(struct device_say *t, const struct wh_rows *row)
{
	struct auth *auth = t->task.auth;
	struct wh_request *r = task_request(&t->task);
	const struct wh_str parts[] = { WH_STR("device"), wh_str(t->user) };
	char buffer[PAGE_ROOM], csrf[96];
	struct text page;

	if (r == NULL) {
		task_end_quiet(&t->task);
		return;
	}
	provider_csrf(auth, t->device, parts, 2, wh_wall_ms(auth->host) + DEVICE_PAGE_MS, csrf);
	page_begin(&page, buffer, sizeof buffer, "Let a device in?");
	text_lit(&page, "<p>You are signed in as <b>");
	text_html(&page, wh_session_identity(auth->host, r->session)->name);
	text_lit(&page, "</b>. <b>");
	text_html(&page, wh_row_str(row, 0, 1));
	text_lit(&page, "</b>, on a device that shows <b>");
	text_lit(&page, t->user);
	text_lit(&page, "</b>, wants to</p>\n");
	provider_scopes_html(&page, wh_row_str(row, 0, 2));
	text_lit(&page, "<p>Allow it only if that device is yours and stands before you. If somebody sent you this code, refuse.</p>\n"
	    "<form method=\"post\" action=\"/oauth/device\"><input type=\"hidden\" name=\"user_code\" value=\"");
	text_lit(&page, t->user);
	text_lit(&page, "\"><input type=\"hidden\" name=\"csrf\" value=\"");
	text_lit(&page, csrf);
	text_lit(&page, "\"><button name=\"decision\" value=\"allow\">Allow</button> <button name=\"decision\" value=\"deny\">Refuse</button></form>\n");
	task_end_quiet(&t->task);
	page_respond(r, &page, 200, (struct wh_str){ NULL, 0 });
}

/* A device of that code waits, and the person's own device is known. */
static void
say_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct device_say *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);
	const struct wh_rows *row = &result->rows[0], *since = &result->rows[1];

	(void)self;
	if (!task_stored(&t->task, result))
		return;
	if (row->n == 0) {
		task_fail(&t->task, WH_ENOENT, no_code);
		return;
	}
	if (since->n == 0) {
		task_fail(&t->task, WH_EAUTH, "you were signed out meanwhile");
		return;
	}
	auth_clip(t->client, sizeof t->client, wh_row_str(row, 0, 0));
	if (t->posted) {
		say_decide(t, wh_row_int(since, 0, 0));
	} else if (call != NULL) {
		wh_json_str(wh_reply(call), "client", wh_row_str(row, 0, 0));
		wh_json_str(wh_reply(call), "name", wh_row_str(row, 0, 1));
		wh_json_str(wh_reply(call), "scopes", wh_row_str(row, 0, 2));
		task_done(&t->task);
	} else {
		say_page(t, row);
	}
}

static void
say_find(struct device_say *t)
{
	const struct wh_cell code[] = { WH_CELL_TEXT(wh_str(t->user)), WH_CELL_INT(wh_wall_ms(t->task.auth->host)) };
	const struct wh_cell device[] = { WH_CELL_TEXT(wh_str(t->device)), WH_CELL_TEXT(wh_str(t->account)) };
	const struct wh_step steps[] = { TASK_STEP(ST_DCODE_BY_USER, code, WH_ANY), TASK_STEP(ST_DEVICE_SINCE, device, WH_ANY) };

	task_run(&t->task, steps, 2, say_found);
}

static enum wh_err
say_type(struct wh_request *r)
{
	char buffer[2048];
	struct text page;

	page_begin(&page, buffer, sizeof buffer, "Let a device in");
	text_lit(&page, "<form method=\"get\" action=\"/oauth/device\"><p><label>The code that it shows: "
	    "<input name=\"user_code\" size=\"10\" maxlength=\"12\" autocomplete=\"off\" autofocus></label> <button>Go on</button></p></form>\n");
	return page_respond(r, &page, 200, (struct wh_str){ NULL, 0 });
}

static enum wh_err
say_begin(struct auth *auth, struct wh_request *r, struct wh_str text, bool posted)
{
	const char *device = provider_browser(auth, r);
	struct device_say *t;
	struct wh_str parts[2];
	int64_t wait;

	if (auth->settings.site[0] == '\0')
		return page_say(r, 404, "This does not work", "This server is no provider: its setting `site` is empty.");
	if (device[0] == '\0')
		return posted ? page_say(r, 401, "You are not signed in", "Sign in, then begin again.") : provider_sign_in(auth, r);
	if (!posted && text.n == 0)
		return say_type(r);
	t = task_new_request(auth, sizeof *t, r, say_refused);
	if (t == NULL)
		return WH_OK;
	t->posted = posted;
	auth_clip(t->device, sizeof t->device, wh_str(device));
	auth_clip(t->account, sizeof t->account, wh_session_identity(auth->host, r->session)->id);
	if (!form_read(&t->form, text) || !user_code_read(form_get(&t->form, "user_code"), t->user)) {
		task_fail(&t->task, WH_EINVAL, "that is no code of a device");
		return WH_WAIT;
	}
	parts[0] = WH_STR("device");
	parts[1] = wh_str(t->user);
	if (posted && !provider_csrf_good(auth, t->device, parts, 2, form_get(&t->form, "csrf"))) {
		task_fail(&t->task, WH_EPERM, "this form was not made for this browser, or is too old; begin again");
		return WH_WAIT;
	}
	t->allow = wh_str_is(form_get(&t->form, "decision"), "allow");
	wait = posted ? 0 : say_wait(auth, t->account);
	if (wait != 0) {
		task_fail_later(&t->task, WH_EFAST, "you tried too many codes; wait a little", wait);
		return WH_WAIT;
	}
	say_find(t);
	return WH_WAIT;
}

enum wh_err
provider_device_page(void *self, struct wh_request *r)
{
	return say_begin(self, r, r->query, false);
}

enum wh_err
provider_device_post(void *self, struct wh_request *r)
{
	return say_begin(self, r, r->body, true);
}

static enum wh_err
say_call(struct auth *auth, struct wh_call *call, bool decides)
{
	char user[PROVIDER_USER_CODE_ROOM];
	struct device_say *t;
	int64_t wait;

	if (!auth_signed_in(auth, call))
		return auth->failed;
	if (!user_code_read(wh_arg_str(call, "code"), user))
		return wh_fail(call, WH_EINVAL, "that is no code of a device");
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	memcpy(t->user, user, sizeof user);
	t->posted = decides;
	t->allow = decides && wh_arg_bool(call, "allow");
	auth_clip(t->device, sizeof t->device, wh_str(device_of_call(auth, call)));
	auth_clip(t->account, sizeof t->account, wh_session_identity(auth->host, wh_call_session(call))->id);
	wait = say_wait(auth, t->account);
	if (wait != 0) {
		task_fail_later(&t->task, WH_EFAST, "you tried too many codes; wait a little", wait);
		return WH_WAIT;
	}
	say_find(t);
	return WH_WAIT;
}

enum wh_err
provider_device_show(void *self, struct wh_call *call)
{
	return say_call(self, call, false);
}

enum wh_err
provider_device_approve(void *self, struct wh_call *call)
{
	return say_call(self, call, true);
}
