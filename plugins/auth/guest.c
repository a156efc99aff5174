/* Guests' tokens and names. `whg_` and base64url of: version, when it ends, the id, the name, 16 bytes of HMAC-SHA256. */
#include "guest.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "auth.h"
#include "text64.h"

enum { GUEST_VERSION = 1, GUEST_ID = 32, GUEST_MAC = 16, GUEST_BYTES = 2 + 8 + 1 + GUEST_ID + 1 + NAME_BYTES + GUEST_MAC };
enum { GUEST_TOKEN_ROOM = 4 + TEXT64_ROOM(GUEST_BYTES) };

static const char guest_prefix[] = "whg_";

const struct wh_field guest_fields[] = {
	{ "name", WH_F_TEXT, .max = 256, .help = "the name to show" },
	{ "token", WH_F_TEXT, .max = GUEST_TOKEN_ROOM, .help = "what auth.guest gave before, to be the same guest again" },
	{ 0 }
};

struct guest_who {
	char id[GUEST_ID + 1];
	char name[NAME_ROOM];
	int64_t expires;
};

bool
guest_is_token(struct wh_str bearer)
{
	return wh_str_starts(bearer, wh_str(guest_prefix));
}

static void
guest_token_make(const struct auth *auth, const struct guest_who *who, char out[GUEST_TOKEN_ROOM])
{
	uint8_t bytes[GUEST_BYTES], mac[KEY_SIZE];
	size_t n = 0, id = strlen(who->id), name = strlen(who->name);

	bytes[n++] = GUEST_VERSION;
	for (unsigned i = 0; i < 8; i++)
		bytes[n++] = (uint8_t)((uint64_t)who->expires >> (56 - 8 * i));
	bytes[n++] = (uint8_t)id;
	memcpy(bytes + n, who->id, id);
	n += id;
	bytes[n++] = (uint8_t)name;
	memcpy(bytes + n, who->name, name);
	n += name;
	keys_hmac(auth->keys.guest, "guest", (struct wh_str){ (const char *)bytes, n }, mac);
	memcpy(bytes + n, mac, GUEST_MAC);
	memcpy(out, guest_prefix, sizeof guest_prefix);
	text64_put(TEXT64_URL, out + sizeof guest_prefix - 1, GUEST_TOKEN_ROOM - sizeof guest_prefix + 1, bytes, n + GUEST_MAC);
}

/* Takes a text with its length in front. */
static bool
guest_take(const uint8_t **at, const uint8_t *end, char *out, size_t cap)
{
	size_t n;

	if (*at == end || (n = **at) >= cap || n > (size_t)(end - *at - 1))
		return false;
	memcpy(out, *at + 1, n);
	out[n] = '\0';
	*at += 1 + n;
	return true;
}

static bool
guest_token_read(const struct auth *auth, struct wh_str token, struct guest_who *out)
{
	uint8_t bytes[GUEST_BYTES], mac[KEY_SIZE];
	const uint8_t *at = bytes + 9, *end;
	size_t n;

	if (!guest_is_token(token) ||
	    !text64_get(TEXT64_URL, bytes, sizeof bytes, &n, wh_str_from(token, sizeof guest_prefix - 1)) || n < 11 + GUEST_MAC)
		return false;
	end = bytes + n - GUEST_MAC;
	keys_hmac(auth->keys.guest, "guest", (struct wh_str){ (const char *)bytes, n - GUEST_MAC }, mac);
	if (CRYPTO_memcmp(mac, end, GUEST_MAC) != 0 || bytes[0] != GUEST_VERSION)
		return false;
	out->expires = 0;
	for (unsigned i = 0; i < 8; i++)
		out->expires = (int64_t)((uint64_t)out->expires << 8 | bytes[1 + i]);
	return guest_take(&at, end, out->id, sizeof out->id) && guest_take(&at, end, out->name, sizeof out->name) && at == end &&
	    out->id[0] != '\0' && out->expires > wh_wall_ms(auth->host);
}

/* A name may be free when the guest chose it, and an account's later. */
struct guest_task {
	struct auth_task task;
	struct guest_who who;
	struct account_name name;
};

static void
guest_unnamed(struct guest_who *who)
{
	snprintf(who->name, sizeof who->name, "guest-%.8s", who->id + 1);
}

static enum wh_err
guest_identify(struct auth *auth, struct wh_session *s, const struct guest_who *who)
{
	const struct wh_identity *is = wh_session_identity(auth->host, s);
	const struct wh_identity identity = { .kind = WH_GUEST, .id = wh_str(who->id), .name = wh_str(who->name), .roles = WH_STR("guest") };

	if (is->kind == WH_GUEST && wh_str_eq(is->id, identity.id) && wh_str_eq(is->name, identity.name))
		return WH_OK;
	return wh_session_identify(auth->host, s, &identity);
}

static void
guest_credential_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct guest_task *t = task_of(cookie);
	struct wh_session *s = task_session(&t->task);

	if (!task_stored(&t->task, result))
		return;
	if (account_look_taken(result->rows, (struct wh_str){ NULL, 0 }, wh_wall_ms(auth->host)))
		guest_unnamed(&t->who);
	if (s == NULL || guest_identify(auth, s, &t->who) != WH_OK)
		task_fail(&t->task, WH_EAUTH, "this guest's token can't be used");
	else
		task_pass(&t->task, WH_CHANGED);
}

enum wh_verdict
guest_credential(struct auth *auth, struct wh_credential *c)
{
	struct guest_who who;
	struct guest_task *t;

	if (!guest_token_read(auth, c->bearer, &who))
		return wh_refuse(&c->at, WH_EAUTH, "this guest's token has expired, or is none; ask for another with auth.guest", 0);
	t = task_new(auth, sizeof *t, NULL);
	if (t == NULL)
		return wh_refuse(&c->at, WH_EAWAY, "the server has too much to do; try again", 1000);
	t->task.ticket = c->at.ticket;
	t->task.session = wh_session_id(auth->host, c->session);
	t->who = who;
	if (account_guest_name_read(wh_str(who.name), &t->name) != NULL || strncmp(who.name, "guest-", 6) == 0) {
		enum wh_err err;

		guest_unnamed(&who);
		err = guest_identify(auth, c->session, &who);
		task_end_quiet(&t->task);
		return err == WH_OK ? WH_CHANGED : wh_refuse(&c->at, WH_EAWAY, "the server has too much to do; try again", 1000);
	}
	struct wh_cell looks[ACCOUNT_LOOKS];

	account_look_cells(&t->name, looks);
	task_run(&t->task, &TASK_STEP(ST_NAME_LOOK, looks, WH_ANY), 1, guest_credential_looked);
	return WH_HOLD;
}

enum wh_verdict
guest_attempt(struct auth *auth, struct wh_attempt *a)
{
	struct wh_session *s = wh_call_session(a->call);
	struct wh_str command = wh_str(a->command->name);

	if (wh_session_identity(auth->host, s)->kind != WH_GUEST)
		return WH_PASS;
	if (wh_str_is(command, "session.name"))
		return wh_refuse(&a->at, WH_ENOTSUP, "a guest's name is set with auth.guest, which sees that it is nobody's", 0);
	if (auth->settings.guests || wh_str_starts(command, WH_STR("auth.")) || wh_str_starts(command, WH_STR("session.")))
		return WH_PASS;
	return wh_refuse(&a->at, WH_EAUTH, "guests may do nothing here; sign in with auth.login, or auth.register", 0);
}

static void
guest_answer(struct guest_task *t)
{
	struct auth *auth = t->task.auth;
	struct wh_call *call = task_call(&t->task);
	char token[GUEST_TOKEN_ROOM];

	if (call != NULL && guest_identify(auth, wh_call_session(call), &t->who) != WH_OK) {
		task_fail(&t->task, WH_EINVAL, "that can't be a name");
		return;
	}
	if (call != NULL) {
		guest_token_make(auth, &t->who, token);
		wh_json_text(wh_reply(call), "guest", t->who.id);
		wh_json_text(wh_reply(call), "name", t->who.name);
		wh_json_text(wh_reply(call), "token", token);
		wh_json_int(wh_reply(call), "expires", t->who.expires);
		explicit_bzero(token, sizeof token);
	}
	task_done(&t->task);
}

static void
guest_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct guest_task *t = task_of(cookie);
	struct wh_call *call;

	if (!task_stored(&t->task, result))
		return;
	call = task_call(&t->task);
	if (!account_look_taken(result->rows, (struct wh_str){ NULL, 0 }, wh_wall_ms(auth->host))) {
		guest_answer(t);
	} else if (call != NULL && wh_arg_str(call, "name").n == 0) {
		/* Nobody asked for the name now: who comes back to find it an account's goes on without. */
		guest_unnamed(&t->who);
		guest_answer(t);
	} else {
		account_refuse_taken(&t->task, &t->name);
	}
}

/* Who the caller is as a guest: of the token, or of the session. */
static bool
guest_who_calls(struct auth *auth, struct wh_call *call, struct guest_who *who)
{
	const struct wh_identity *is = wh_session_identity(auth->host, wh_call_session(call));
	struct wh_str token = wh_arg_str(call, "token");

	if (is->kind != WH_GUEST) {
		auth_no(auth, call, WH_ESTATE, "you are signed in: you have a name", 0);
		return false;
	}
	if (token.n != 0) {
		if (guest_token_read(auth, token, who))
			return true;
		auth_no(auth, call, WH_EAUTH, "this guest's token has expired, or is none; leave it out to get another", 0);
		return false;
	}
	auth_clip(who->id, sizeof who->id, is->id);
	guest_unnamed(who);
	if (is->id.n == 0 || is->id.n > GUEST_ID) {
		auth_no(auth, call, WH_EIO, "this session can't be a guest with a token", 0);
		return false;
	}
	/* A name that was chosen before stays, the one that the hub made up does not. */
	if (!wh_str_starts(is->name, WH_STR("guest-")))
		auth_clip(who->name, sizeof who->name, is->name);
	return true;
}

enum wh_err
guest_guest(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_str name = wh_arg_str(call, "name");
	struct guest_who who = { .id = "" };
	struct account_name read;
	const char *flaw;
	struct guest_task *t;

	if (!auth->settings.guests)
		return wh_fail(call, WH_EPERM, "there are no guests here; sign in with auth.login, or auth.register");
	if (!guest_who_calls(auth, call, &who))
		return auth->failed;
	if (name.n == 0)
		name = wh_str(who.name);
	else
		auth_clip(who.name, sizeof who.name, name);
	flaw = account_guest_name_read(name, &read);
	if (strncmp(who.name, "guest-", 6) == 0 && wh_arg_str(call, "name").n == 0)
		guest_unnamed(&who);
	else if (!account_name_good(auth, call, flaw, &read))
		return auth->failed;
	who.expires = wh_wall_ms(auth->host) + auth->settings.guest_time;
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	t->who = who;
	t->name = read;
	if (flaw != NULL || strncmp(who.name, "guest-", 6) == 0) {
		guest_answer(t);
		return WH_WAIT;
	}
	struct wh_cell looks[ACCOUNT_LOOKS];

	account_look_cells(&t->name, looks);
	task_run(&t->task, &TASK_STEP(ST_NAME_LOOK, looks, WH_ANY), 1, guest_looked);
	return WH_WAIT;
}
