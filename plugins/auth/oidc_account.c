/* What comes of somebody who came back from a provider: signing in, linking to an account, a new account. */
#include <stdio.h>

#include "auth.h"
#include "oidc.h"
#include "page.h"

const struct wh_field oidc_ticket_fields[] = {
	{ "ticket", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "as the browser was given it; 30 seconds" },
	{ "proof", WH_F_TEXT, .max = 128, .help = "as auth.provider_begin gave it; browsers have a cookie instead" },
	{ "device", WH_F_TEXT, .max = DEVICE_NAME, .help = "a name for this device, for auth.devices" },
	{ 0 }
};

const struct wh_field oidc_finish_fields[] = {
	{ "ticket", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "as `finish` had it" },
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the name to have here" },
	{ "invitation", WH_F_TEXT, .max = 128, .help = "where registration is by invitation" },
	{ "proof", WH_F_TEXT, .max = 128, .help = "as auth.provider_begin gave it; browsers have a cookie instead" },
	{ "device", WH_F_TEXT, .max = DEVICE_NAME, .help = "a name for this device, for auth.devices" },
	{ 0 }
};

/* Somebody who arrived, and whom an account is looked for or made. The entry is ours; it is freed before the task ends. */
struct arriving {
	struct auth_task task;
	struct oidc_entry e;			/* copied */
	struct oidc_arrival a;
	char ticket[TOKEN_ROOM];		/* of OIDC_NAMING: it is used up when all went well */
	char device_name[DEVICE_NAME + 1];
	struct signin signin;
	struct account_name name;
	const char *state;			/* of a new account */
	size_t first;				/* of the steps that sign in */
	int64_t second;				/* what else the account asks for */
	bool chosen;				/* the person chose the name */
};

static struct wh_request *
arriving_http(struct arriving *t)
{
	struct wh_call *call = task_call(&t->task);

	return call != NULL ? wh_call_request(call) : task_request(&t->task);
}

static void
arriving_refused(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms)
{
	const struct arriving *t = (const struct arriving *)task;

	(void)retry_ms;
	if (t->e.return_to[0] != '\0' || task->auth->settings.login_page[0] != '\0')
		oidc_send_back(task->auth, r, t->e.return_to, "error", wh_str(why), why);
	else
		page_say(r, page_status(err), "Signing in did not work", why);
}

/* It went well: a call is answered by its caller, a browser is sent back. */
static void
arriving_tell(struct arriving *t, const char *what, const char *sentence)
{
	struct wh_request *r = task_request(&t->task);

	if (r != NULL)
		oidc_send_back(t->task.auth, r, t->e.return_to, what, WH_STR("1"), sentence);
	task_done(&t->task);
}

static void
arriving_ticket_used(struct arriving *t)
{
	struct oidc_entry *e = oidc_entry_find(t->task.auth, wh_str(t->ticket), OIDC_NAMING);

	if (e == NULL)
		return;
	oidc_entry_take(t->task.auth, e);
	oidc_entry_free(t->task.auth, &e);
}

static void
arriving_signed_in(struct arriving *t, const struct wh_rows *rows)
{
	struct auth *auth = t->task.auth;
	struct wh_request *r = task_request(&t->task);
	struct wh_session *s = task_session(&t->task);

	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("provider"), 1);
	if (t->task.call != 0) {
		device_finish(&t->task, &t->signin, rows);
		return;
	}
	if (device_signed_in(auth, &t->signin, rows, s) != WH_OK) {
		task_fail_later(&t->task, WH_EAWAY, "the server has too much to do; try again", 1000);
		return;
	}
	device_cookie(auth, r, wh_str(t->signin.cookie.text));
	arriving_tell(t, "signed_in", "You are signed in, and may close this page.");
}

static size_t
identity_add(struct arriving *t, struct wh_cell cells[7], struct wh_step *steps, size_t n, const char *account)
{
	cells[0] = WH_CELL_TEXT(wh_str(t->a.issuer));
	cells[1] = WH_CELL_TEXT(wh_str(t->a.subject));
	cells[2] = WH_CELL_TEXT(wh_str(account));
	cells[3] = WH_CELL_TEXT(wh_str(t->e.provider));
	cells[4] = t->a.shown[0] != '\0' ? WH_CELL_TEXT(wh_str(t->a.shown)) : WH_CELL_NULL;
	cells[5] = t->a.tokens[0] != '\0' ? WH_CELL_TEXT(wh_str(t->a.tokens)) : WH_CELL_NULL;
	cells[6] = WH_CELL_INT(wh_wall_ms(t->task.auth->host));
	steps[n] = (struct wh_step){ .statement = ST_IDENTITY_ADD, .params = cells, .n = 7, .expect = WH_ONE };
	return n + 1;
}

/* Steps that sign in, and remember through whom. */
static size_t
signin_steps(struct arriving *t, struct wh_cell cells[4], struct wh_step *steps, size_t n)
{
	struct auth *auth = t->task.auth;

	device_prepare(auth, task_session(&t->task), arriving_http(t), wh_str(t->device_name), OIDC_HOW, &t->signin);
	cells[0] = WH_CELL_TEXT(wh_str(t->signin.device));
	cells[1] = WH_CELL_TEXT(wh_str(t->signin.account));
	cells[2] = WH_CELL_TEXT(wh_str(t->a.issuer));
	cells[3] = WH_CELL_TEXT(wh_str(t->a.subject));
	steps[n] = (struct wh_step){ .statement = ST_IDENTITY_DEVICE, .params = cells, .n = 4, .expect = WH_ONE };
	n++;
	t->first = n;
	return device_steps(&t->signin, steps, n);
}

/* Linking */

static void
link_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct arriving *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	if (result->err == WH_EEXIST) {
		task_fail(&t->task, WH_EEXIST, "your account has another one of that provider already: unlink it first, with auth.unlink");
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	auth_audit(auth, wh_str(t->e.link), (struct wh_str){ NULL, 0 }, "auth.linked", wh_str(t->e.provider), (struct wh_str){ NULL, 0 },
	    (struct wh_str){ NULL, 0 });
	if (call != NULL)
		wh_json_text(wh_reply(call), "linked", t->e.provider);
	arriving_tell(t, "linked", "Your accounts are linked. You may close this page.");
}

static void
link_apply(struct arriving *t, const struct wh_rows *found)
{
	struct wh_session *s = task_session(&t->task);
	const struct wh_identity *who = s != NULL ? wh_session_identity(t->task.auth->host, s) : NULL;
	struct wh_call *call = task_call(&t->task);
	struct wh_cell cells[7];
	struct wh_step step;

	if (who == NULL || who->kind != WH_ACCOUNT || !wh_str_is(who->id, t->e.link)) {
		task_fail(&t->task, WH_EAUTH, "you are not signed in to the account any more that this was begun for; begin again");
		return;
	}
	if (found->n != 0 && wh_str_is(wh_row_str(found, 0, 0), t->e.link)) {
		if (call != NULL)
			wh_json_text(wh_reply(call), "linked", t->e.provider);
		arriving_tell(t, "linked", "Your accounts were linked already. You may close this page.");
		return;
	}
	if (found->n != 0) {
		task_fail(&t->task, WH_EEXIST, "that account there belongs to another account here");
		return;
	}
	identity_add(t, cells, &step, 0, t->e.link);
	task_run(&t->task, &step, 1, link_stored);
}

/* An account that is known */

static void
known_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct arriving *t = task_of(cookie);

	(void)self;
	if (result->err == WH_ESTATE) {
		task_fail(&t->task, WH_EPERM, "this account is not active");
		return;
	}
	if (task_stored(&t->task, result))
		arriving_signed_in(t, result->rows + t->first);
}

/* The account asks for a second factor as well, whatever the provider did: that is between the person and this server. */
static void
second_wanted(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct arriving *t = task_of(cookie);
	struct wh_request *r = task_request(&t->task);
	struct ticket ticket = { .kind = TICKET_SECOND, .how = OIDC_HOW };
	char token[TOKEN_ROOM], sentence[256];

	if (!task_stored(&t->task, result))
		return;
	if (r == NULL) {
		second_ask(&t->task, t->second, t->signin.account, OIDC_HOW, wh_str(t->device_name));
		return;
	}
	memcpy(ticket.account, t->signin.account, sizeof ticket.account);
	ticket_make_token(auth, r->session, &ticket, token);
	snprintf(sentence, sizeof sentence, "Nearly done: your account asks for a second factor. Go on with auth.second and this ticket: %s", token);
	oidc_send_back(auth, r, t->e.return_to, "second", wh_str(token), sentence);
	explicit_bzero(token, sizeof token);
	explicit_bzero(sentence, sizeof sentence);
	task_done(&t->task);
}

static void
known_apply(struct arriving *t, const struct wh_rows *found)
{
	struct wh_str state = wh_row_str(found, 0, 1);
	struct wh_step steps[2 + SIGNIN_STEPS];
	struct wh_cell device[4];

	if (!wh_str_is(state, "active")) {
		task_fail(&t->task, WH_EPERM, wh_str_is(state, "pending") ? "this account waits for a moderator's approval" :
		    "this account is disabled; ask a moderator");
		return;
	}
	auth_clip(t->signin.account, sizeof t->signin.account, wh_row_str(found, 0, 0));
	t->second = wh_row_int(found, 0, 2);
	const struct wh_cell used[] = { t->a.shown[0] != '\0' ? WH_CELL_TEXT(wh_str(t->a.shown)) : WH_CELL_NULL,
		t->a.tokens[0] != '\0' ? WH_CELL_TEXT(wh_str(t->a.tokens)) : WH_CELL_NULL, WH_CELL_INT(wh_wall_ms(t->task.auth->host)),
		WH_CELL_TEXT(wh_str(t->a.issuer)), WH_CELL_TEXT(wh_str(t->a.subject)) };

	steps[0] = TASK_STEP(ST_IDENTITY_USED, used, WH_ONE);
	if (t->second != 0)
		task_run(&t->task, steps, 1, second_wanted);
	else
		task_run(&t->task, steps, signin_steps(t, device, steps, 1), known_stored);
}

/* A new account */

/* The person has to say more: a name, an invitation. What is known waits for auth.provider_finish. */
static void
naming_ask(struct arriving *t, const char *why)
{
	struct auth *auth = t->task.auth;
	struct oidc_arrival *arrival = wh_new(auth->host, sizeof *arrival);
	struct wh_call *call = task_call(&t->task);
	struct wh_request *r = task_request(&t->task);
	char ticket[TOKEN_ROOM], sentence[300];
	struct oidc_entry *e = arrival != NULL ? oidc_entry_add(auth, OIDC_NAMING, OIDC_PENDING_MS, ticket) : NULL, kept;

	if (e == NULL) {
		wh_delete(auth->host, arrival);
		task_fail(&t->task, WH_EAWAY, "the server has too much to do; begin again");
		return;
	}
	kept = *e;
	*e = t->e;
	e->next = kept.next;
	memcpy(e->key, kept.key, sizeof e->key);
	e->stage = OIDC_NAMING;
	e->expires = kept.expires;
	e->arrival = arrival;
	*arrival = t->a;
	if (call != NULL) {
		wh_json_text(wh_reply(call), "finish", ticket);
		wh_json_text(wh_reply(call), "name", t->a.shown);
		wh_json_text(wh_reply(call), "why", why);
	}
	if (r != NULL) {
		snprintf(sentence, sizeof sentence, "Nearly done: %s. Finish with auth.provider_finish and this ticket: %s", why, ticket);
		oidc_send_back(auth, r, t->e.return_to, "finish", wh_str(ticket), sentence);
	}
	task_done(&t->task);
}

static void
new_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct arriving *t = task_of(cookie);

	if (result->err == WH_EEXIST && t->chosen) {
		account_refuse_taken(&t->task, &t->name);
		return;
	}
	if (result->err == WH_EEXIST) {
		naming_ask(t, "that name is taken here; choose another");
		return;
	}
	if (result->err == WH_ESTATE && result->step == 0 && t->e.invitation[0] != '\0') {
		t->e.invitation[0] = '\0';
		if (t->chosen)
			task_fail(&t->task, WH_EPERM, "this invitation is used up or has expired");
		else
			naming_ask(t, "the invitation is used up or has expired; give another");
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	arriving_ticket_used(t);
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_REGISTRATIONS], wh_str(t->state), 1);
	wh_host_log(auth->host, WH_INFO, "auth_registered", WH_T("account", t->signin.account), WH_T("state", t->state), WH_T("provider", t->e.provider));
	if (t->a.mail[0] != '\0')
		recover_confirm_send(auth, wh_str(t->signin.account), wh_str(t->name.shown), wh_str(t->a.mail));
	if (strcmp(t->state, "active") == 0)
		arriving_signed_in(t, result->rows + t->first);
	else
		task_fail(&t->task, WH_EPERM, "your account was made, and waits for a moderator's approval");
}

static void
new_store(struct arriving *t)
{
	struct auth *auth = t->task.auth;
	struct wh_step steps[4 + 2 * ACCOUNT_LOOKS + SIGNIN_STEPS];
	struct wh_cell identity[7], device[4];
	struct account_name_cells names;
	char key[ACCOUNT_MAIL + 1];
	int64_t now = wh_wall_ms(auth->host);
	size_t n = 0;

	/* The provider's word about an address is not taken for its owner's: it is asked to confirm like any other. */
	if (!account_mail_key(wh_str(t->a.mail), key))
		t->a.mail[0] = '\0';
	auth_id(auth, 'a', t->signin.account);
	const struct wh_cell invitation[] = { WH_CELL_TEXT(wh_str(t->e.invitation)), WH_CELL_INT(now) };
	const struct wh_cell add[] = { WH_CELL_TEXT(wh_str(t->signin.account)), WH_CELL_TEXT(wh_str(t->name.shown)),
		WH_CELL_TEXT(wh_str(t->name.canonical)), WH_CELL_TEXT(WH_STR("person")), WH_CELL_TEXT(wh_str(t->state)), WH_CELL_INT(now),
		t->a.mail[0] != '\0' ? WH_CELL_TEXT(wh_str(t->a.mail)) : WH_CELL_NULL,
		t->a.mail[0] != '\0' ? WH_CELL_TEXT(wh_str(key)) : WH_CELL_NULL, WH_CELL_NULL };

	if (auth->settings.registration == AUTH_INVITATION)
		steps[n++] = TASK_STEP(ST_INVITATION_USE, invitation, WH_ONE);
	steps[n++] = TASK_STEP(ST_ACCOUNT_ADD, add, WH_ONE);
	n = account_name_steps(&t->name, t->signin.account, now, &names, steps, n);
	n = identity_add(t, identity, steps, n, t->signin.account);
	if (strcmp(t->state, "active") == 0)
		n = signin_steps(t, device, steps, n);
	task_run(&t->task, steps, n, new_stored);
}

static void
new_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct arriving *t = task_of(cookie);

	if (!task_stored(&t->task, result))
		return;
	if (!account_look_taken(result->rows, (struct wh_str){ NULL, 0 }, wh_wall_ms(auth->host)))
		new_store(t);
	else if (t->chosen)
		account_refuse_taken(&t->task, &t->name);
	else
		naming_ask(t, "that name is taken here; choose another");
}

/* A name that the person chose was read already. */
static void
new_apply(struct arriving *t)
{
	struct auth *auth = t->task.auth;
	struct wh_session *s = task_session(&t->task);
	const char *flaw = t->chosen ? NULL : account_name_read(wh_str(t->a.shown), &t->name);
	struct wh_cell looks[ACCOUNT_LOOKS];
	char address[KEY_ADDRESS_ROOM], why[200];
	int64_t wait;

	if (auth->settings.registration == AUTH_CLOSED) {
		task_fail(&t->task, WH_EPERM, "no account here is linked to that one, and registration is closed");
		return;
	}
	if (flaw == NULL && account_name_reserved(auth, &t->name))
		flaw = "is reserved, or looks like one that is";
	if (auth->settings.registration == AUTH_INVITATION && t->e.invitation[0] == '\0') {
		if (t->chosen)
			task_fail(&t->task, WH_EPERM, "registration is by invitation here: ask a member for one");
		else
			naming_ask(t, "registration is by invitation here: give one, and a name");
		return;
	}
	if (flaw != NULL) {
		snprintf(why, sizeof why, "the name %s", flaw);
		if (t->chosen)
			task_fail(&t->task, WH_EINVAL, why);
		else
			naming_ask(t, "choose a name");
		return;
	}
	keys_address(auth, s != NULL ? wh_session_address(auth->host, s) : (struct wh_str){ NULL, 0 }, false, address);
	wait = lockout_count(auth, lockout_key(auth, LOCKOUT_REGISTER, WH_STR(""), wh_str(address)), auth->settings.registrations, 3600000);
	if (wait != 0) {
		task_fail_later(&t->task, WH_EFAST, "too many accounts were made from where you are; try again later", wait);
		return;
	}
	t->state = auth->settings.registration == AUTH_APPROVAL ? "pending" : "active";
	account_look_cells(&t->name, looks);
	task_run(&t->task, &TASK_STEP(ST_NAME_LOOK, looks, WH_ANY), 1, new_looked);
}

static void
identity_found(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct arriving *t = task_of(cookie);

	(void)self;
	if (!task_stored(&t->task, result))
		return;
	if (t->e.link[0] != '\0')
		link_apply(t, result->rows);
	else if (result->rows->n != 0)
		known_apply(t, result->rows);
	else
		new_apply(t);
}

static void
arriving_look(struct arriving *t)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->a.issuer)), WH_CELL_TEXT(wh_str(t->a.subject)) };

	task_run(&t->task, &TASK_STEP(ST_IDENTITY_FIND, cells, WH_ANY), 1, identity_found);
}

void
oidc_arrive(struct auth *auth, struct oidc_entry *take_entry, struct wh_request *r)
{
	struct arriving *t = task_new_request(auth, sizeof *t, r, arriving_refused);

	if (t != NULL) {
		t->e = *take_entry;
		t->a = *take_entry->arrival;
	}
	oidc_entry_free(auth, &take_entry);
	if (t != NULL)
		arriving_look(t);
}

/* The entry of a ticket, if the caller has what binds it; else the call was failed. */
static struct oidc_entry *
ticket_find(struct auth *auth, struct wh_call *call, enum oidc_stage stage)
{
	struct oidc_entry *e = oidc_entry_find(auth, wh_arg_str(call, "ticket"), stage);
	struct wh_str proof = wh_arg_str(call, "proof");

	if (proof.n == 0)
		proof = oidc_cookie(auth, wh_call_request(call));
	if (e != NULL && oidc_entry_bound(e, proof))
		return e;
	auth_no(auth, call, WH_EAUTH, e != NULL ? "signing in was begun elsewhere: the `proof` of auth.provider_begin is needed" :
	    "this ticket was used, or has expired; begin again", 0);
	return NULL;
}

static bool
caller_may(struct auth *auth, struct wh_call *call, const struct oidc_entry *e)
{
	bool guest = wh_session_identity(auth->host, wh_call_session(call))->kind == WH_GUEST;

	if (guest == (e->link[0] == '\0'))
		return true;
	auth_no(auth, call, WH_ESTATE, guest ? "you are not signed in to the account any more that this was begun for; begin again" :
	    "you are signed in already", 0);
	return false;
}

enum wh_err
oidc_ticket(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct oidc_entry *e = ticket_find(auth, call, OIDC_ARRIVED);
	struct arriving *t;

	if (e == NULL || !caller_may(auth, call, e) || (t = task_new(auth, sizeof *t, call)) == NULL)
		return auth->failed;
	t->e = *e;
	t->a = *e->arrival;
	auth_clip(t->device_name, sizeof t->device_name, wh_arg_str(call, "device"));
	oidc_entry_take(auth, e);
	oidc_entry_free(auth, &e);
	arriving_look(t);
	return WH_WAIT;
}

enum wh_err
oidc_finish(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct oidc_entry *e = ticket_find(auth, call, OIDC_NAMING);
	struct wh_str name = wh_arg_str(call, "name");
	struct account_name read;
	const char *flaw = account_name_read(name, &read);
	struct arriving *t;

	if (e == NULL || !caller_may(auth, call, e) || !account_name_good(auth, call, flaw, &read) ||
	    (t = task_new(auth, sizeof *t, call)) == NULL)
		return auth->failed;
	t->e = *e;
	t->a = *e->arrival;
	t->name = read;
	t->chosen = true;
	auth_clip(t->ticket, sizeof t->ticket, wh_arg_str(call, "ticket"));
	auth_clip(t->device_name, sizeof t->device_name, wh_arg_str(call, "device"));
	if (token_is(wh_arg_str(call, "invitation"), TOKEN_INVITATION))
		device_hash(wh_arg_str(call, "invitation"), t->e.invitation);
	arriving_look(t);
	return WH_WAIT;
}
