/* Names and registration. What moderators do is in account_admin.c. */
#include "account.h"

#include <stdio.h>

#include "auth.h"

const struct wh_field account_register_fields[] = {
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "the name to have" },
	{ "password", WH_F_TEXT, .required = true, .min = 1, .max = PASSWORD_BYTES - 1, .help = "8 characters or more" },
	{ "mail", WH_F_TEXT, .max = ACCOUNT_MAIL, .help = "an address to reset the password with" },
	{ "invitation", WH_F_TEXT, .max = 128, .help = "where registration is by invitation" },
	{ "device", WH_F_TEXT, .max = DEVICE_NAME, .help = "a name for this device, for auth.devices" },
	{ 0 }
};

const struct wh_field account_name_fields[] = {
	{ "name", WH_F_TEXT, .required = true, .min = 1, .max = 256, .help = "a name" },
	{ 0 }
};

/* Names that people would take for the server's own word. The settings add to them. */
static const char *const reserved[] = {
	"admin", "administrator", "moderator", "mod", "root", "system", "server", "whiply", "operator", "owner", "staff", "support", "security",
	"official", "guest", "anonymous", "everyone", "here", "all", "channel", "nobody", "null", "undefined", "help", "info", "bot",
	"nickserv", "chanserv", "memoserv", "operserv", "services", "webmaster", "postmaster", "abuse", "noreply", "me", "you", "erased",
};

static void
look_add(struct account_name *name, char kind, const char *text)
{
	char look[ACCOUNT_LOOK_ROOM];

	snprintf(look, sizeof look, "%c%s", kind, text);
	for (unsigned i = 0; i < name->n_looks; i++)
		if (strcmp(name->looks[i], look) == 0)
			return;
	memcpy(name->looks[name->n_looks++], look, sizeof look);
}

const char *
account_name_read(struct wh_str text, struct account_name *out)
{
	enum name_flaw flaw;
	char skeleton[NAME_SKELETON_ROOM];
	size_t n;

	memset(out, 0, sizeof *out);
	flaw = name_canonical(text, out->canonical, &n);
	if (flaw != NAME_GOOD)
		return name_flaw_text(flaw);
	if (text.n >= sizeof out->shown)
		return name_flaw_text(NAME_LONG);
	memcpy(out->shown, text.p, text.n);
	look_add(out, '=', out->canonical);
	if (name_skeleton((struct wh_str){ out->canonical, n }, skeleton, &n))
		look_add(out, '~', skeleton);
	if (name_skeleton(text, skeleton, &n))
		look_add(out, '~', skeleton);
	return NULL;
}

const char *
account_guest_name_read(struct wh_str text, struct account_name *out)
{
	static const char around[] = "[]{}\\|^`", ends[] = "_-.";
	char core[NAME_ROOM];
	size_t n = 0, from = 0;
	const char *flaw;

	for (size_t i = 0; i < text.n && n < sizeof core - 1; i++)
		if (text.p[i] == '\0' || strchr(around, text.p[i]) == NULL)
			core[n++] = text.p[i];
	while (from < n && core[from] != '\0' && strchr(ends, core[from]) != NULL)
		from++;
	while (n > from && core[n - 1] != '\0' && strchr(ends, core[n - 1]) != NULL)
		n--;
	/* Nothing is around it: what is wrong with it is said of all of it. */
	if (n - from == text.n || n == from)
		return account_name_read(text, out);
	flaw = account_name_read((struct wh_str){ core + from, n - from }, out);
	if (flaw != NULL)
		return flaw;
	if (text.n >= sizeof out->shown)
		return name_flaw_text(NAME_LONG);
	memcpy(out->shown, text.p, text.n);
	out->shown[text.n] = '\0';
	return NULL;
}

/* Where a name or an id may be given, and where an administrator pastes the wrong one, a name that is another's id would be taken for
 * them. Ids of accounts have a digit behind their letter; those of guests, of whom the hub makes the ids, capitals. */
static bool
name_is_like_an_id(const char *name)
{
	static const char account[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned capitals = 0;

	if (strlen(name) != ACCOUNT_ID)
		return false;
	for (const char *c = name + 1; *c != '\0'; c++)
		capitals += *c >= 'A' && *c <= 'Z';
	return (name[1] >= '2' && name[1] <= '7' && strspn(name, account) == ACCOUNT_ID) || (name[0] == 'g' && capitals >= 2);
}

bool
account_name_reserved(const struct auth *auth, const struct account_name *name)
{
	struct wh_str list[sizeof reserved / sizeof reserved[0] + AUTH_RESERVED_MOST];
	size_t n = 0, more = wh_conf_count(auth->settings.conf, "reserved");

	for (; n < sizeof reserved / sizeof reserved[0]; n++)
		list[n] = wh_str(reserved[n]);
	for (size_t i = 0; i < more && i < AUTH_RESERVED_MOST; i++)
		list[n++] = wh_conf_item(auth->settings.conf, "reserved", i);
	if (wh_str_starts(wh_str(name->canonical), WH_STR("guest-")) || wh_str_starts(wh_str(name->canonical), WH_STR("erased-")))
		return true;
	if (name_is_like_an_id(name->canonical) || name_is_like_an_id(name->shown))
		return true;
	return name_reserved(wh_str(name->canonical), list, n) || name_reserved(wh_str(name->shown), list, n);
}

size_t
account_name_steps(const struct account_name *name, const char *account, int64_t now, struct account_name_cells *cells,
    struct wh_step *steps, size_t n)
{
	for (unsigned i = 0; i < name->n_looks; i++) {
		cells->release[i][0] = cells->take[i][0] = WH_CELL_TEXT(wh_str(name->looks[i]));
		cells->release[i][1] = cells->take[i][1] = WH_CELL_TEXT(wh_str(account));
		cells->release[i][2] = WH_CELL_INT(now);
		steps[n++] = TASK_STEP(ST_NAME_RELEASE, cells->release[i], WH_ANY);
		steps[n++] = TASK_STEP(ST_NAME_TAKE, cells->take[i], WH_ONE);
	}
	return n;
}

void
account_look_cells(const struct account_name *name, struct wh_cell cells[ACCOUNT_LOOKS])
{
	for (unsigned i = 0; i < ACCOUNT_LOOKS; i++)
		cells[i] = WH_CELL_TEXT(wh_str(name->looks[i < name->n_looks ? i : 0]));
}

bool
account_look_taken(const struct wh_rows *rows, struct wh_str account, int64_t now)
{
	for (size_t i = 0; i < rows->n; i++) {
		int64_t free_after = wh_row_int(rows, i, 1);

		if (!wh_str_eq(wh_row_str(rows, i, 0), account) && (free_after == 0 || free_after > now))
			return true;
	}
	return false;
}

bool
account_mail_key(struct wh_str mail, char out[ACCOUNT_MAIL + 1])
{
	const char *at = mail.n != 0 ? memchr(mail.p, '@', mail.n) : NULL;

	out[0] = '\0';
	if (at == NULL || at == mail.p || at == mail.p + mail.n - 1 || mail.n > ACCOUNT_MAIL ||
	    memchr(at + 1, '@', (size_t)(mail.p + mail.n - at - 1)) != NULL)
		return false;
	for (size_t i = 0; i < mail.n; i++) {
		unsigned char c = (unsigned char)mail.p[i];

		if (c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == ',' || c == ';' || c == '"')
			return false;
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	out[mail.n] = '\0';
	return true;
}

/* A few free names beside one that is taken. */
struct account_suggest {
	struct auth_task task;
	struct account_name names[ACCOUNT_SUGGESTIONS];
	unsigned n;
};

static void
suggest_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct account_suggest *t = task_of(cookie);
	char text[400] = "that name is taken, or looks like one that is";
	size_t n = strlen(text);
	bool first = true;

	for (unsigned i = 0; result->err == WH_OK && i < t->n; i++) {
		if (account_look_taken(&result->rows[i], (struct wh_str){ NULL, 0 }, wh_wall_ms(auth->host)))
			continue;
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", first ? "; free are " : ", ", t->names[i].shown);
		first = false;
	}
	task_fail(&t->task, WH_EEXIST, text);
}

void
account_refuse_taken(struct auth_task *task, const struct account_name *name)
{
	struct auth *auth = task->auth;
	struct account_suggest *t = task_new(auth, sizeof *t, NULL);
	struct wh_cell cells[ACCOUNT_SUGGESTIONS][ACCOUNT_LOOKS];
	struct wh_step steps[ACCOUNT_SUGGESTIONS];
	char text[NAME_ROOM + 16];
	uint8_t random[ACCOUNT_SUGGESTIONS];

	if (t == NULL) {
		task_fail(task, WH_EEXIST, "that name is taken, or looks like one that is");
		return;
	}
	wh_random(auth->host, random, sizeof random);
	for (unsigned i = 0; i < ACCOUNT_SUGGESTIONS; i++) {
		/* Without 0 and 1, which look like letters. */
		snprintf(text, sizeof text, "%s%s%u%u", name->shown, i % 2 == 0 ? "" : "-", 2 + random[i] % 8u, 2 + random[i] / 8 % 8u);
		if (account_name_read(wh_str(text), &t->names[t->n]) != NULL || account_name_reserved(auth, &t->names[t->n]))
			continue;
		account_look_cells(&t->names[t->n], cells[t->n]);
		steps[t->n] = TASK_STEP(ST_NAME_LOOK, cells[t->n], WH_ANY);
		t->n++;
	}
	t->task.call = task->call;
	t->task.session = task->session;
	task_end_quiet(task);
	if (t->n == 0)
		task_fail(&t->task, WH_EEXIST, "that name is taken, or looks like one that is; choose quite another");
	else
		task_run(&t->task, steps, t->n, suggest_read);
}

struct account_registering {
	struct auth_task task;
	struct account_name name;
	struct signin signin;
	char id[ACCOUNT_ID_ROOM];
	char mail[ACCOUNT_MAIL + 1], mail_key[ACCOUNT_MAIL + 1];
	char invitation[DEVICE_HASH_ROOM];
	const char *state;
	bool sign_in;			/* not for the operator, nor while it waits for approval */
	size_t first;			/* of the steps that sign in */
	struct hash_work work;
};

static void
register_count(struct auth *auth, struct wh_str outcome)
{
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_REGISTRATIONS], outcome, 1);
}

static void
register_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct account_registering *r = task_of(cookie);
	struct wh_call *call = task_call(&r->task);

	if (result->err == WH_EEXIST) {
		register_count(auth, WH_STR("taken"));
		account_refuse_taken(&r->task, &r->name);
		return;
	}
	if (result->err == WH_ESTATE && r->invitation[0] != '\0' && result->step == 0) {
		register_count(auth, WH_STR("invitation"));
		task_fail(&r->task, WH_EPERM, "this invitation is used up or has expired");
		return;
	}
	if (!task_stored(&r->task, result))
		return;
	register_count(auth, wh_str(r->state));
	wh_host_log(auth->host, WH_INFO, "auth_registered", WH_T("account", r->id), WH_T("state", r->state));
	if (r->mail[0] != '\0')
		recover_confirm_send(auth, wh_str(r->id), wh_str(r->name.shown), wh_str(r->mail));
	if (call != NULL)
		wh_json_text(wh_reply(call), "state", r->state);
	if (r->sign_in) {
		device_finish(&r->task, &r->signin, result->rows + r->first);
		return;
	}
	if (call != NULL) {
		wh_json_text(wh_reply(call), "account", r->id);
		wh_json_text(wh_reply(call), "name", r->name.shown);
	}
	task_done(&r->task);
}

static struct wh_cell
text_or_null(const char *text)
{
	return text[0] != '\0' ? WH_CELL_TEXT(wh_str(text)) : WH_CELL_NULL;
}

static void
register_hashed(struct auth_task *task, struct hash_work *work)
{
	struct account_registering *r = (struct account_registering *)task;
	struct auth *auth = task->auth;
	struct account_name_cells names;
	struct wh_step steps[3 + 2 * ACCOUNT_LOOKS + SIGNIN_STEPS];
	char sealed[SASL_SEALED] = "";
	int64_t now = wh_wall_ms(auth->host);
	size_t n = 0;

	if (work->err != WH_OK) {
		task_fail_later(task, WH_EAWAY, "the server has no memory for this now; try again", 2000);
		return;
	}
	const struct wh_cell invitation[] = { WH_CELL_TEXT(wh_str(r->invitation)), WH_CELL_INT(now) };
	const struct wh_cell add[] = { WH_CELL_TEXT(wh_str(r->id)), WH_CELL_TEXT(wh_str(r->name.shown)), WH_CELL_TEXT(wh_str(r->name.canonical)),
		WH_CELL_TEXT(WH_STR("person")), WH_CELL_TEXT(wh_str(r->state)), WH_CELL_INT(now), text_or_null(r->mail), text_or_null(r->mail_key),
		WH_CELL_TEXT(wh_str(work->hash)) };

	if (r->invitation[0] != '\0')
		steps[n++] = TASK_STEP(ST_INVITATION_USE, invitation, WH_ONE);
	steps[n++] = TASK_STEP(ST_ACCOUNT_ADD, add, WH_ONE);
	n = account_name_steps(&r->name, r->id, now, &names, steps, n);
	bool kept = work->scram && sasl_scram_seal(auth, r->id, &work->scram_keys, sealed);
	const struct wh_cell scram[] = { WH_CELL_TEXT(wh_str(sealed)), add[0] };

	if (kept)
		steps[n++] = TASK_STEP(ST_ACCOUNT_SCRAM, scram, WH_ONE);
	r->first = n;
	if (r->sign_in)
		n = device_steps(&r->signin, steps, n);
	task_run(task, steps, n, register_stored);
}

/* Is the name free? It is asked again when it is claimed; this spares the hash. */
static void
register_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct account_registering *r = task_of(cookie);

	if (result->err != WH_OK || account_look_taken(result->rows, (struct wh_str){ NULL, 0 }, wh_wall_ms(auth->host))) {
		hashing_release(auth);
		if (task_stored(&r->task, result)) {
			register_count(auth, WH_STR("taken"));
			account_refuse_taken(&r->task, &r->name);
		}
		return;
	}
	hashing_start(&r->task, &r->work, register_hashed);
}

/* May this caller register at all? Otherwise the call was failed. */
static bool
register_may(struct auth *auth, struct wh_call *call, bool operator)
{
	char address[KEY_ADDRESS_ROOM];
	int64_t wait;

	if (operator)
		return true;
	if (wh_session_identity(auth->host, wh_call_session(call))->kind == WH_ACCOUNT) {
		auth_no(auth, call, WH_ESTATE, "you have an account already; sign out first: auth.logout", 0);
		return false;
	}
	if (auth->settings.registration == AUTH_CLOSED) {
		auth_no(auth, call, WH_EPERM, "registration is closed here", 0);
		return false;
	}
	if (auth->settings.registration == AUTH_INVITATION && !token_is(wh_arg_str(call, "invitation"), TOKEN_INVITATION)) {
		auth_no(auth, call, WH_EPERM, "registration is by invitation here: ask a member for one", 0);
		return false;
	}
	keys_address(auth, wh_session_address(auth->host, wh_call_session(call)), false, address);
	wait = lockout_count(auth, lockout_key(auth, LOCKOUT_REGISTER, WH_STR(""), wh_str(address)), auth->settings.registrations, 3600000);
	if (wait != 0)
		auth_no(auth, call, WH_EFAST, "too many accounts were made from where you are; try again later", wait);
	return wait == 0;
}

/* A name that was read as `flaw` says: may it be an account's? Otherwise the call was failed. */
bool
account_name_good(struct auth *auth, struct wh_call *call, const char *flaw, const struct account_name *name)
{
	if (flaw != NULL)
		auth->failed = auth_fail(call, WH_EINVAL, "the name %s", flaw);
	else if (account_name_reserved(auth, name))
		auth->failed = auth_fail(call, WH_EEXIST, "the name %s is reserved, or looks like one that is; try %s-fan, or another", name->shown, name->shown);
	else
		return true;
	return false;
}

enum wh_err
account_register(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	bool operator = wh_session_identity(auth->host, wh_call_session(call))->kind == WH_OPERATOR;
	struct wh_str password = wh_arg_str(call, "password"), mail = wh_arg_str(call, "mail");
	struct account_name name;
	const char *flaw = account_name_read(wh_arg_str(call, "name"), &name);
	enum password_flaw weak = password_judge(password, wh_arg_str(call, "name"));
	char key[ACCOUNT_MAIL + 1] = "";
	struct account_registering *r;

	if (!account_name_good(auth, call, flaw, &name))
		return auth->failed;
	if (weak != PASSWORD_GOOD)
		return auth_fail(call, WH_EINVAL, "the password %s", password_flaw_text(weak));
	if (mail.n != 0 && !account_mail_key(mail, key))
		return wh_fail(call, WH_EINVAL, "that is no mail address");
	if (!register_may(auth, call, operator) || !hashing_reserve(auth, call))
		return auth->failed;
	r = task_new(auth, sizeof *r, call);
	if (r == NULL) {
		hashing_release(auth);
		return auth->failed;
	}
	r->name = name;
	auth_clip(r->mail, sizeof r->mail, mail);
	memcpy(r->mail_key, key, sizeof key);
	auth_id(auth, 'a', r->id);
	if (!operator && auth->settings.registration == AUTH_INVITATION)
		device_hash(wh_arg_str(call, "invitation"), r->invitation);
	r->state = !operator && auth->settings.registration == AUTH_APPROVAL ? "pending" : "active";
	r->sign_in = !operator && strcmp(r->state, "active") == 0;
	memcpy(r->signin.account, r->id, sizeof r->id);
	if (r->sign_in)
		device_prepare(auth, wh_call_session(call), wh_call_request(call), wh_arg_str(call, "device"), "registration", &r->signin);
	r->work.scram = auth->settings.scram;
	r->work.password_n = password.n;
	memcpy(r->work.password, password.p, password.n);
	struct wh_cell looks[ACCOUNT_LOOKS];

	account_look_cells(&r->name, looks);
	if (!task_run(&r->task, &TASK_STEP(ST_NAME_LOOK, looks, WH_ANY), 1, register_looked))
		hashing_release(auth);
	return WH_WAIT;
}

struct account_asking {
	struct auth_task task;
	struct account_name name;
};

static void
available_looked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct account_asking *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);
	bool taken;

	if (!task_stored(&t->task, result))
		return;
	taken = account_look_taken(result->rows, (struct wh_str){ NULL, 0 }, wh_wall_ms(auth->host));
	if (call != NULL) {
		wh_json_bool(wh_reply(call), "available", !taken);
		if (taken)
			wh_json_text(wh_reply(call), "why", "it is taken, or looks like one that is");
	}
	task_done(&t->task);
}

enum wh_err
account_available(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct account_name name;
	const char *flaw = account_name_read(wh_arg_str(call, "name"), &name);
	struct account_asking *t;

	if (flaw != NULL || account_name_reserved(auth, &name)) {
		wh_json_bool(wh_reply(call), "available", false);
		wh_json_text(wh_reply(call), "why", flaw != NULL ? flaw : "it is reserved, or looks like one that is");
		return WH_OK;
	}
	t = task_new(auth, sizeof *t, call);
	if (t == NULL)
		return auth->failed;
	t->name = name;
	struct wh_cell looks[ACCOUNT_LOOKS];

	account_look_cells(&t->name, looks);
	task_run(&t->task, &TASK_STEP(ST_NAME_LOOK, looks, WH_ANY), 1, available_looked);
	return WH_WAIT;
}
