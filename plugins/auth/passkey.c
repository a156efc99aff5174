/* The passkeys of passkey.h. Bytes are base64url in arguments and answers, as browsers' own JSON of credentials writes them.
 * Signing in is in passkey_login.c. */
#include "passkey_own.h"

#include "claims.h"
#include "text64.h"

const struct wh_field passkey_add_fields[] = {
	{ "name", WH_F_TEXT, .max = PASSKEY_NAME, .help = "a name for it, for auth.passkeys" },
	{ "client_data", WH_F_TEXT, .required = true, .min = 1, .max = PASSKEY_TEXT, .help = "clientDataJSON, base64url" },
	{ "attestation", WH_F_TEXT, .required = true, .min = 1, .max = PASSKEY_TEXT, .help = "attestationObject, base64url" },
	{ 0 }
};

const struct wh_field passkey_remove_fields[] = {
	{ "id", WH_F_TEXT, .required = true, .min = 1, .max = PASSKEY_ID_ROOM - 1, .help = "as auth.passkeys names it" },
	{ "password", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the account's; not needed just after signing in, see recent_time" },
	{ 0 }
};

const struct wh_field passkey_second_fields[] = {
	{ "on", WH_F_BOOL, .required = true, .help = "shall a passkey be asked for after the password" },
	{ "password", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the account's; not needed just after signing in, see recent_time" },
	{ 0 }
};

const struct wh_field passkey_login_begin_fields[] = {
	{ "name", WH_F_TEXT, .max = 256, .help = "the account's name; without it the browser shows what it has" },
	{ "ticket", WH_F_TEXT, .max = 128, .help = "as auth.login gave it, where the passkey is the second factor" },
	{ 0 }
};

const struct wh_field passkey_login_fields[] = {
	{ "id", WH_F_TEXT, .required = true, .min = 1, .max = PASSKEY_ID_ROOM - 1, .help = "the credential's id, base64url" },
	{ "client_data", WH_F_TEXT, .required = true, .min = 1, .max = PASSKEY_TEXT, .help = "clientDataJSON, base64url" },
	{ "auth_data", WH_F_TEXT, .required = true, .min = 1, .max = PASSKEY_TEXT, .help = "authenticatorData, base64url" },
	{ "signature", WH_F_TEXT, .required = true, .min = 1, .max = PASSKEY_TEXT, .help = "signature, base64url" },
	{ "user_handle", WH_F_TEXT, .max = 128, .help = "userHandle, base64url, where the authenticator gave one" },
	{ "device", WH_F_TEXT, .max = DEVICE_NAME, .help = "a name for this device, for auth.devices" },
	{ 0 }
};

bool
passkey_bytes_read(struct wh_call *call, const char *field, struct passkey_bytes *out)
{
	return text64_get(TEXT64_URL, out->p, sizeof out->p, &out->n, wh_arg_str(call, field)) && out->n != 0;
}

bool
passkey_place(const struct auth *auth, struct wh_str *rp_id_out, struct wh_str origins[PASSKEY_ORIGINS + 1], size_t *n_out)
{
	const struct wh_conf *conf = auth->settings.conf;
	struct wh_str site = wh_str(auth->settings.site), host = site, domain = wh_conf_str(conf, "passkey_domain");
	size_t n = 0, more = wh_conf_count(conf, "passkey_origins");

	for (size_t i = 0; i + 2 < site.n; i++)
		if (memcmp(site.p + i, "://", 3) == 0) {
			host = wh_str_from(site, i + 3);
			break;
		}
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] == ':' || host.p[i] == '/')
			host.n = i;
	if (site.n != 0)
		origins[n++] = site;
	for (size_t i = 0; i < more && n < PASSKEY_ORIGINS + 1; i++)
		origins[n++] = wh_conf_item(conf, "passkey_origins", i);
	*rp_id_out = domain.n != 0 ? domain : host;
	*n_out = n;
	return n != 0 && rp_id_out->n != 0;
}

bool
passkey_challenge_read(const struct passkey_bytes *client, uint8_t out[TICKET_SECRET])
{
	struct claims_value root;
	char text[TEXT64_ROOM(TICKET_SECRET)];
	size_t n;

	return claims_read((struct wh_str){ (const char *)client->p, client->n }, &root) == WH_OK &&
	    claims_get_text(&root, "challenge", text, sizeof text, &n) && text64_get(TEXT64_URL, out, TICKET_SECRET, &n, (struct wh_str){ text, n }) &&
	    n == TICKET_SECRET;
}

void
passkey_challenge_write(struct wh_json *w, const struct ticket *ticket)
{
	char text[TEXT64_ROOM(TICKET_SECRET)];

	text64_put(TEXT64_URL, text, sizeof text, ticket->secret, sizeof ticket->secret);
	wh_json_text(w, "challenge", text);
	wh_json_int(w, "timeout", TICKET_MS);
}

enum wh_err
passkey_nowhere(struct wh_call *call)
{
	return wh_fail(call, WH_ENOTSUP, "there are no passkeys here: the operator has to set `site` of auth");
}

struct webauthn_expect
passkey_expect(const struct ticket *ticket, struct wh_str rp_id, const struct wh_str *origins, size_t n)
{
	return (struct webauthn_expect){ .challenge = { ticket->secret, sizeof ticket->secret }, .rp_id = rp_id, .origins = origins, .origins_n = n };
}

const char *
passkey_flaw(enum webauthn_flaw flaw)
{
	static const char *const texts[] = {
		[WEBAUTHN_GOOD] = "it is good", [WEBAUTHN_SHAPE] = "what the browser sent can't be read",
		[WEBAUTHN_TYPE] = "this answers another question", [WEBAUTHN_CHALLENGED] = "this answers another challenge",
		[WEBAUTHN_ORIGIN] = "this page may use no passkeys of this server", [WEBAUTHN_CROSS_ORIGIN] = "a page inside another's may use no passkeys",
		[WEBAUTHN_RP] = "this passkey is for another site", [WEBAUTHN_ABSENT] = "nobody touched the authenticator",
		[WEBAUTHN_UNVERIFIED] = "the authenticator has to recognise you: by a PIN, a finger or a face",
		[WEBAUTHN_BAD_KEY] = "this authenticator's kind of key is not taken here", [WEBAUTHN_SIGNATURE] = "the signature is wrong",
		[WEBAUTHN_COUNTER] = "there may be a copy of this authenticator",
	};

	return texts[flaw];
}

/* Adding one. */
static void
begin_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct passkey_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);
	struct ticket ticket = { .kind = TICKET_PASSKEY_ADD };
	struct wh_str rp_id, origins[PASSKEY_ORIGINS + 1];
	char handle[TEXT64_ROOM(ACCOUNT_ID)];
	struct wh_json *w;
	size_t n;

	if (!task_stored(&t->proof.task, result))
		return;
	if (call == NULL || !passkey_place(auth, &rp_id, origins, &n)) {
		task_end_quiet(&t->proof.task);
		return;
	}
	memcpy(ticket.account, t->account, sizeof ticket.account);
	ticket_make(auth, wh_call_session(call), &ticket);
	w = wh_reply(call);
	passkey_challenge_write(w, &ticket);
	wh_json_object(w, "rp");
	wh_json_str(w, "id", rp_id);
	wh_json_str(w, "name", rp_id);
	wh_json_end(w);
	text64_put(TEXT64_URL, handle, sizeof handle, (const uint8_t *)t->account, strlen(t->account));
	wh_json_object(w, "user");
	wh_json_text(w, "id", handle);
	wh_json_text(w, "name", t->proof.proof.name);
	wh_json_text(w, "display", t->proof.proof.name);
	wh_json_end(w);
	wh_json_array(w, "algorithms");
	wh_json_int(w, NULL, -7);
	wh_json_int(w, NULL, -8);
	wh_json_int(w, NULL, -257);
	wh_json_end(w);
	wh_json_array(w, "exclude");
	for (size_t i = 0; i < result->rows->n; i++)
		wh_json_str(w, NULL, wh_row_str(result->rows, i, 0));
	wh_json_end(w);
	wh_json_text(w, "attestation", "none");
	wh_json_text(w, "user_verification", "preferred");
	wh_json_text(w, "resident_key", "preferred");
	task_done(&t->proof.task);
}

void
passkey_read(struct passkey_task *t, wh_store_done *done)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->proof.task, &TASK_STEP(ST_PASSKEY_LIST, cells, WH_ANY), 1, done);
}

static void
begin_proved(struct auth_task *task)
{
	passkey_read((struct passkey_task *)task, begin_read);
}

static struct passkey_task *
passkey_proof_task(struct auth *auth, struct wh_call *call)
{
	struct passkey_task *t = second_proof_new(auth, call, sizeof *t);

	if (t != NULL)
		memcpy(t->account, t->proof.proof.account, sizeof t->account);
	return t;
}

enum wh_err
passkey_begin(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_str rp_id, origins[PASSKEY_ORIGINS + 1];
	struct passkey_task *t;
	size_t n;

	if (!passkey_place(auth, &rp_id, origins, &n))
		return passkey_nowhere(call);
	t = passkey_proof_task(auth, call);
	return t != NULL ? second_proof_run(&t->proof, call, begin_proved) : auth->failed;
}

static void
added(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct passkey_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);

	if (result->err == WH_EEXIST) {
		task_fail(&t->proof.task, WH_EEXIST, "this passkey is registered already");
		return;
	}
	if (result->err == WH_ESTATE) {
		task_fail(&t->proof.task, WH_EFULL, "you have many passkeys; remove one first");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	if (call != NULL) {
		auth_audit_call(auth, call, "auth.passkey_added", wh_str(t->account), wh_str(t->name));
		wh_json_text(wh_reply(call), "id", t->id);
	}
	task_done(&t->proof.task);
}

/* A task for who is signed in. NULL: the call was failed. */
static struct passkey_task *
passkey_task_new(struct auth *auth, struct wh_call *call)
{
	struct passkey_task *t = auth_signed_in(auth, call) ? task_new(auth, sizeof *t, call) : NULL;

	if (t != NULL)
		auth_clip(t->account, sizeof t->account, wh_session_identity(auth->host, wh_call_session(call))->id);
	return t;
}

enum wh_err
passkey_add(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct passkey_bytes client, object;
	struct wh_str rp_id, origins[PASSKEY_ORIGINS + 1];
	uint8_t challenge[TICKET_SECRET];
	struct webauthn_credential credential;
	struct webauthn_expect expect;
	enum webauthn_flaw flaw;
	struct ticket ticket;
	struct passkey_task *t;
	size_t n;

	if (!auth_signed_in(auth, call))
		return auth->failed;
	if (!passkey_place(auth, &rp_id, origins, &n))
		return passkey_nowhere(call);
	if (!passkey_bytes_read(call, "client_data", &client) || !passkey_bytes_read(call, "attestation", &object))
		return wh_fail(call, WH_EINVAL, "the browser's answer is not base64url");
	if (!passkey_challenge_read(&client, challenge) || !ticket_take(auth, wh_call_session(call), TICKET_PASSKEY_ADD, challenge, &ticket) ||
	    !wh_str_is(wh_session_identity(auth->host, wh_call_session(call))->id, ticket.account))
		return wh_fail(call, WH_EAUTH, "this challenge was used, has expired, or is another's; begin again with auth.passkey_begin");
	expect = passkey_expect(&ticket, rp_id, origins, n);
	flaw = webauthn_register(&expect, passkey_bytes_of(&client), passkey_bytes_of(&object), &credential);
	if (flaw != WEBAUTHN_GOOD)
		return auth_fail(call, WH_EAUTH, "this passkey was not taken: %s", passkey_flaw(flaw));
	t = passkey_task_new(auth, call);
	if (t == NULL)
		return auth->failed;
	auth_clip(t->name, sizeof t->name, wh_arg_str(call, "name").n != 0 ? wh_arg_str(call, "name") : WH_STR("passkey"));
	text64_put(TEXT64_URL, t->id, sizeof t->id, credential.id, credential.id_n);
	text64_put(TEXT64_URL, t->cose, sizeof t->cose, credential.key, credential.key_n);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->id)), WH_CELL_TEXT(wh_str(t->account)), WH_CELL_TEXT(wh_str(t->name)),
		WH_CELL_TEXT(wh_str(t->cose)), WH_CELL_INT(credential.counter), WH_CELL_INT(credential.backed_up),
		WH_CELL_INT(wh_wall_ms(auth->host)), WH_CELL_INT(PASSKEYS_MOST) };

	task_run(&t->proof.task, &TASK_STEP(ST_PASSKEY_ADD, cells, WH_ONE), 1, added);
	return WH_WAIT;
}

static void
passkey_row(const struct auth_task *task, struct wh_json *w, const struct wh_rows *rows, size_t i)
{
	(void)task;
	wh_json_str(w, "id", wh_row_str(rows, i, 0));
	wh_json_str(w, "name", wh_row_str(rows, i, 1));
	wh_json_int(w, "created", wh_row_int(rows, i, 2));
	wh_json_int(w, "used", wh_row_int(rows, i, 3));
	wh_json_bool(w, "backed_up", wh_row_int(rows, i, 4) != 0);
	wh_json_bool(w, "suspect", wh_row_int(rows, i, 5) != 0);
}

static void
listed(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	task_list(task_of(cookie), result, "passkeys", passkey_row);
}

enum wh_err
passkey_list(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct passkey_task *t = passkey_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	passkey_read(t, listed);
	return WH_WAIT;
}

static void
removed(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct passkey_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);

	if (result->err == WH_ESTATE) {
		task_fail(&t->proof.task, WH_ENOENT, "you have no such passkey");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	if (call != NULL)
		auth_audit_call(auth, call, "auth.passkey_removed", wh_str(t->account), (struct wh_str){ NULL, 0 });
	task_done(&t->proof.task);
}

static void
remove_proved(struct auth_task *task)
{
	struct passkey_task *t = (struct passkey_task *)task;
	const struct wh_cell account[] = { WH_CELL_TEXT(wh_str(t->account)) };
	const struct wh_cell drop[] = { WH_CELL_TEXT(wh_str(t->id)), account[0] };
	const struct wh_step steps[] = { TASK_STEP(ST_PASSKEY_DROP, drop, WH_ONE), TASK_STEP(ST_PASSKEY_LAST, account, WH_ANY) };

	task_run(task, steps, 2, removed);
}

enum wh_err
passkey_remove(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct passkey_task *t = passkey_proof_task(auth, call);

	if (t == NULL)
		return auth->failed;
	auth_clip(t->id, sizeof t->id, wh_arg_str(call, "id"));
	return second_proof_run(&t->proof, call, remove_proved);
}

/* Asking for one after the password. */
static void
second_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct passkey_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);

	if (result->err == WH_ESTATE) {
		task_fail(&t->proof.task, WH_ESTATE, "add a passkey first: auth.passkey_begin");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	if (call != NULL) {
		auth_audit_call(auth, call, t->on ? "auth.passkey_second_on" : "auth.passkey_second_off", wh_str(t->account), (struct wh_str){ NULL, 0 });
		if (t->codes.codes[0][0] != '\0')
			second_codes_reply(&t->codes, wh_reply(call));
	}
	task_done(&t->proof.task);
}

static void
second_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct passkey_task *t = task_of(cookie);
	struct wh_step steps[1 + SECOND_CODES_STEPS];
	size_t n = 0;

	if (!task_stored(&t->proof.task, result))
		return;
	const struct wh_cell account[] = { WH_CELL_TEXT(wh_str(t->account)) };
	const struct wh_cell off[] = { WH_CELL_INT(~(int64_t)SECOND_PASSKEY), WH_CELL_INT(0), account[0] };

	steps[n++] = t->on ? TASK_STEP(ST_PASSKEY_SECOND, account, WH_ONE) : TASK_STEP(ST_ACCOUNT_SECOND, off, WH_ONE);
	if (t->on && wh_row_int(result->rows, 0, SC_RECOVERY) == 0)
		n = second_codes_steps(auth, t->account, &t->codes, steps, n);
	else if (!t->on && (wh_row_int(result->rows, 0, SC_SECOND) & ~(int64_t)SECOND_PASSKEY) == 0)
		steps[n++] = TASK_STEP(ST_RECOVERY_DROP, account, WH_ANY);
	task_run(&t->proof.task, steps, n, second_stored);
}

static void
second_proved(struct auth_task *task)
{
	struct passkey_task *t = (struct passkey_task *)task;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };

	task_run(task, &TASK_STEP(ST_SECOND_GET, cells, WH_ONE), 1, second_read);
}

enum wh_err
passkey_second(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct passkey_task *t = passkey_proof_task(auth, call);

	if (t == NULL)
		return auth->failed;
	t->on = wh_arg_bool(call, "on");
	return second_proof_run(&t->proof, call, second_proved);
}
