/* The plugin's tables, opening and closing, and the helpers that all of its parts use. */
#include "auth.h"

#include "first.h"

#include <stdarg.h>
#include <stdio.h>

enum { TICK_MS = 1000, TICKS_SAID = 5, TICKS_SWEEP = 60 };

void
auth_id(struct auth *auth, char letter, char out[ACCOUNT_ID_ROOM])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t random[ACCOUNT_ID - 1];

	wh_random(auth->host, random, sizeof random);
	out[0] = letter;
	for (unsigned i = 0; i < sizeof random; i++)
		out[1 + i] = digits[random[i] % 32];
	/* So that ids can be told from names: see account_name_reserved. */
	out[1] = digits[26 + random[0] % 6];
	out[ACCOUNT_ID] = '\0';
}

void
auth_clip(char *out, size_t cap, struct wh_str text)
{
	size_t n = text.n < cap ? text.n : cap - 1;

	while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	if (n != 0)
		memcpy(out, text.p, n);
	out[n] = '\0';
}

enum wh_err
auth_fail(struct wh_call *call, enum wh_err err, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return wh_fail(call, err, text);
}

void
auth_no(struct auth *auth, struct wh_call *call, enum wh_err err, const char *why, int64_t retry_ms)
{
	auth->failed = call != NULL ? wh_fail_str(call, err, wh_str(why), retry_ms) : err;
	auth->refusal = why;
	auth->refusal_ms = retry_ms;
}

bool
auth_signed_in(struct auth *auth, struct wh_call *call)
{
	if (wh_session_identity(auth->host, wh_call_session(call))->kind == WH_ACCOUNT)
		return true;
	auth_no(auth, call, WH_EAUTH, "you are not signed in: auth.login, or auth.register", 0);
	return false;
}

void
auth_write_identity(struct auth *auth, struct wh_session *s, struct wh_json *w)
{
	static const char *const kinds[] = { [WH_GUEST] = "guest", [WH_ACCOUNT] = "account", [WH_OPERATOR] = "operator" };
	const struct wh_identity *who = wh_session_identity(auth->host, s);

	wh_json_str(w, who->kind == WH_GUEST ? "guest" : "account", who->id);
	wh_json_str(w, "name", who->name);
	wh_json_text(w, "kind", kinds[who->kind]);
	wh_json_str(w, "roles", who->roles);
}

void
auth_audit(struct auth *auth, struct wh_str who, struct wh_str name, const char *action, struct wh_str on, struct wh_str address,
    struct wh_str why)
{
	const struct wh_audit_entry entry = { .who = who, .name = name, .action = wh_str(action), .on = on, .address = address, .why = why };

	wh_host_log(auth->host, WH_INFO, "auth", WH_T("action", action), WH_S("who", who), WH_S("on", on), WH_S("why", why));
	if (auth->audit != NULL && auth->audit->write(auth->audit_self, &entry) != WH_OK)
		wh_host_log(auth->host, WH_WARN, "auth_audit_refused", WH_T("action", action), WH_S("who", who), WH_S("on", on));
}

void
auth_audit_call(struct auth *auth, struct wh_call *call, const char *action, struct wh_str on, struct wh_str why)
{
	struct wh_session *s = wh_call_session(call);
	const struct wh_identity *who = wh_session_identity(auth->host, s);

	auth_audit(auth, who->id, who->name, action, on, wh_session_address(auth->host, s), why);
}

void
auth_written(void *self, uint64_t cookie, const struct wh_result *result)
{
	const struct auth *auth = self;

	(void)cookie;
	if (result->err != WH_OK && result->err != WH_EAWAY)
		wh_host_log(auth->host, WH_WARN, "auth_not_written", WH_U("step", result->step), WH_S("why", result->why));
}

static void
auth_tick(void *self, uint64_t cookie)
{
	struct auth *auth = self;
	int64_t now = wh_wall_ms(auth->host);

	(void)cookie;
	auth->ticks++;
	lives_tick(auth, now);
	sasl_tick(auth);
	oidc_check_tick(auth, now);
	if (auth->ticks % TICKS_SAID == 0)
		trust_tick(auth);
	if (auth->ticks % TICKS_SWEEP == 0) {
		keys_tick(auth, now);
		device_tick(auth, now);
		signing_tick(auth, now);
		oidc_tick(auth);
		provider_tick(auth, now);
	}
	wh_metric_set(auth->host, &auth_metrics[AUTH_METRIC_LIVE], (int64_t)auth->lives.n);
}

static enum wh_err
auth_read_settings(struct auth *auth, const struct wh_conf *conf)
{
	static const char *const registrations[] = { "open", "invitation", "approval", "closed" };
	struct auth_settings *s = &auth->settings;
	struct wh_str site = wh_conf_str(conf, "site");

	memset(s, 0, sizeof *s);
	s->conf = conf;
	for (unsigned i = 0; i < sizeof registrations / sizeof registrations[0]; i++)
		if (wh_str_is(wh_conf_str(conf, "registration"), registrations[i]))
			s->registration = (enum auth_registration)i;
	s->guests = wh_conf_bool(conf, "guests");
	s->insecure_cookie = wh_conf_bool(conf, "insecure_cookie");
	s->scram = wh_conf_bool(conf, "scram");
	s->bots = (unsigned)wh_conf_int(conf, "bots");
	s->hashing = (unsigned)wh_conf_int(conf, "hashing");
	s->cost = (struct password_params){ (uint32_t)(wh_conf_bytes(conf, "hash_memory") / 1024), (uint32_t)wh_conf_int(conf, "hash_passes"), 1 };
	s->tries = (unsigned)wh_conf_int(conf, "tries");
	s->lockout_first = wh_conf_ms(conf, "lockout");
	s->lockout_most = wh_conf_ms(conf, "lockout_most");
	s->lockout_forget = wh_conf_ms(conf, "lockout_forget");
	s->token_time = wh_conf_ms(conf, "token_time");
	s->session_time = wh_conf_ms(conf, "session_time");
	s->guest_time = wh_conf_ms(conf, "guest_time");
	s->link_time = wh_conf_ms(conf, "link_time");
	s->recent_time = wh_conf_ms(conf, "recent_time");
	s->name_rest = wh_conf_ms(conf, "name_rest");
	s->registrations = (unsigned)wh_conf_int(conf, "registrations");
	auth_clip(s->default_role, sizeof s->default_role, wh_conf_str(conf, "default_role"));
	if (site.n != 0 && site.p[site.n - 1] == '/')
		site.n--;
	auth_clip(s->site, sizeof s->site, site);
	auth_clip(s->login_page, sizeof s->login_page, wh_conf_str(conf, "login_page"));
	if (s->login_page[0] != '\0' && !url_local(wh_str(s->login_page))) {
		wh_host_log(auth->host, WH_ERROR, "auth_login_page_bad", WH_T("why", "login_page has to be a path within the site, such as /login"));
		return WH_EINVAL;
	}
	auth->signing.alg = jose_alg_of(wh_conf_str(conf, "signing"));
	auth->signing.every = wh_conf_ms(conf, "signing_time");
	if (s->cost.m_kib < 19456)
		wh_host_log(auth->host, WH_WARN, "auth_hash_weak", WH_U("kib", s->cost.m_kib), WH_T("why", "hash_memory is below 19 MiB: for tests only"));
	return hashing_open(auth);
}

static void
auth_close(void *self)
{
	struct auth *auth = self;

	wh_timer_stop(auth->host, auth->timer);
	oidc_close(auth);
	device_close(auth);
	if (auth->table.db != NULL)
		lives_close(auth);
	wh_store_close(&auth->table);
	auth->trust.first = NULL;
	tasks_end_all(auth);
	provider_close(auth);
	signing_close(auth);
	sasl_close(auth);
	ticket_close(auth);
	lockout_close(auth);
	keys_close(auth);
	seal_close(auth);
	wh_delete(auth->host, auth);
}

static enum wh_err
auth_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct auth *auth = wh_new(host, sizeof *auth);
	void *self = NULL;
	enum wh_err err;

	if (auth == NULL)
		return WH_ENOMEM;
	auth->host = host;
	auth->mail = wh_service_find(host, "mail", WH_MAIL_VERSION, &self);
	auth->mail_self = self;
	auth->audit = wh_service_find(host, "audit", WH_AUDIT_VERSION, &self);
	auth->audit_self = self;
	err = lockout_open(auth);
	if (err == WH_OK)
		err = ticket_open(auth);
	if (err == WH_OK)
		err = seal_open(auth);
	if (err == WH_OK)
		err = auth_read_settings(auth, conf);
	if (err == WH_OK)
		err = device_open(auth);
	if (err == WH_OK)
		err = wh_store_open(host, &auth_schema, auth, &auth->table);
	if (err == WH_OK)
		err = keys_open(auth);
	if (err == WH_OK)
		err = lives_open(auth);
	if (err == WH_OK)
		err = role_open(auth);
	if (err == WH_OK)
		err = signing_open(auth);
	if (err == WH_OK)
		err = provider_open(auth);
	if (err == WH_OK)
		err = oidc_open(auth);
	if (err == WH_OK) {
		auth->timer = wh_timer_start(host, TICK_MS, TICK_MS, auth_tick, 0);
		err = auth->timer != 0 ? WH_OK : WH_ENOMEM;
	}
	if (err != WH_OK) {
		auth_close(auth);
		return err;
	}
	*self_out = auth;
	return WH_OK;
}

static enum wh_err
auth_reload(void *self, const struct wh_conf *conf)
{
	enum wh_err err = auth_read_settings(self, conf);

	return err == WH_OK ? oidc_settings_read(self) : err;
}

static enum wh_verdict
auth_attempt(void *self, struct wh_attempt *a)
{
	device_attempt(self, a);
	if (bot_attempt(self, a) == WH_REFUSE || provider_attempt(self, a) == WH_REFUSE)
		return WH_REFUSE;
	return guest_attempt(self, a);
}

static const struct wh_setting auth_settings[] = {
	{ "registration", WH_CHOICE, .def = "open", .choices = "open|invitation|approval|closed", .help = "who may register" },
	{ "registrations", WH_INT, .def = "10", .min = "1", .max = "100000", .help = "accounts that may be made from one address in an hour" },
	{ "guests", WH_BOOL, .def = "true", .help = "may guests do anything but sign in" },
	{ "guest_time", WH_DURATION, .def = "30d", .min = "1m", .max = "400d", .help = "how long a guest may come back" },
	{ "default_role", WH_STRING, .def = "member", .min = "1", .max = "32", .help = "the role of every account" },
	{ "reserved", WH_STRINGS, .max = "256", .help = "names that nobody may have, nor what looks like them" },
	{ "name_rest", WH_DURATION, .def = "90d", .min = "0", .max = "4000d", .help = "how long a name that was given up is nobody's" },
	{ "site", WH_STRING, .max = "200", .help = "address of the site, for links in letters: https://chat.example.org" },
	{ "token_time", WH_DURATION, .def = "1h", .min = "1m", .max = "7d", .help = "how long an access token is good" },
	{ "session_time", WH_DURATION, .def = "30d", .min = "10m", .max = "400d", .help = "how long a device that is not used stays signed in" },
	{ "recent_time", WH_DURATION, .def = "10m", .min = "1s", .max = "1h", .help = "how long after signing in nobody is asked for the password again" },
	{ "link_time", WH_DURATION, .def = "30m", .min = "1m", .max = "7d", .help = "how long a link in a letter works" },
	{ "insecure_cookie", WH_BOOL, .def = "false", .help = "cookies without TLS: for development on loopback" },
	{ "hashing", WH_INT, .def = "32", .min = "1", .max = "1000", .help = "passwords that may wait to be hashed; over it: 429" },
	{ "hash_memory", WH_SIZE, .def = "19MiB", .min = "64KiB", .max = "1GiB", .help = "memory of one argon2id hash" },
	{ "hash_passes", WH_INT, .def = "2", .min = "1", .max = "64", .help = "passes of one argon2id hash" },
	{ "tries", WH_INT, .def = "5", .min = "1", .max = "100", .help = "wrong passwords of an account from an address before they wait" },
	{ "lockout", WH_DURATION, .def = "30s", .min = "1s", .max = "1h", .help = "the first wait; each further one is twice as long" },
	{ "lockout_most", WH_DURATION, .def = "15m", .min = "1s", .max = "1d", .help = "the longest wait" },
	{ "lockout_forget", WH_DURATION, .def = "1d", .min = "1m", .max = "30d", .help = "after so long without a wrong password all is forgotten" },
	{ "grants", WH_FREE, .table = role_settings, .help = "roles that may grant roles; admin may grant all" },
	{ "passkey_domain", WH_STRING, .max = "253", .help = "domain that passkeys are for; without it the site's host" },
	{ "passkey_origins", WH_STRINGS, .max = "16", .help = "origins of pages that may use passkeys, besides the site: https://www.example.org" },
	{ "scram", WH_BOOL, .def = "false", .help = "keep what SCRAM-SHA-256 needs with each new password" },
	{ "bots", WH_INT, .def = "5", .min = "0", .max = "1000", .help = "bots that an account may have" },
	{ "login_page", WH_STRING, .max = "512", .help = "path of the site's own page to sign in on: /login; it gets return_to in the query" },
	{ "providers", WH_TABLES, .table = oidc_settings, .help = "other providers that people may sign in over" },
	{ "signing", WH_CHOICE, .def = "ES256", .choices = "ES256|EdDSA|RS256", .help = "how signed tokens are signed" },
	{ "signing_time", WH_DURATION, .def = "90d", .min = "1h", .max = "4000d", .help = "how long one key signs" },
	{ "audiences", WH_STRINGS, .max = "256", .help = "services that auth.token signs tokens for" },
	{ "oauth_scopes", WH_STRINGS, .max = "64", .help = "plugins whose commands other sites may ask to call for a person: [ \"chat\" ]" },
	{ "room_roles", WH_STRINGS, .def = "[ \"moderator\", \"voice\" ]", .max = "64", .help = "roles that a room's owner may grant in it" },
	{ 0 }
};

const struct wh_metric auth_metrics[] = {
	[AUTH_METRIC_LOGINS] = { "whiply_auth_logins_total", WH_COUNTER, .help = "Attempts to sign in.", .label = "outcome" },
	[AUTH_METRIC_REGISTRATIONS] = { "whiply_auth_registrations_total", WH_COUNTER, .help = "Attempts to register.", .label = "outcome" },
	[AUTH_METRIC_HASHING] = { "whiply_auth_hashing", WH_GAUGE, .help = "Passwords that are hashed or wait for it." },
	[AUTH_METRIC_HASH] = { "whiply_auth_hash_seconds", WH_HISTOGRAM, .help = "CPU time of one hash." },
	[AUTH_METRIC_DEVICES] = { "whiply_auth_devices", WH_GAUGE, .help = "Devices that are signed in." },
	[AUTH_METRIC_LIVE] = { "whiply_auth_live_accounts", WH_GAUGE, .help = "Accounts that are in memory: with sessions, or seen lately." },
	[AUTH_METRIC_LOCKED] = { "whiply_auth_lockouts_total", WH_COUNTER, .help = "Times that somebody has to wait after wrong passwords." },
	[AUTH_METRIC_COUNT] = { 0 }
};

static const struct wh_command auth_commands[] = {
	{ "auth.register", account_register_fields, WH_ALLOW_GUEST, .rate = "2/s burst 40", .run = account_register, .help = "make an account, and sign in to it" },
	{ "auth.available", account_name_fields, WH_ALLOW_GUEST, .rate = "5/s burst 40", .flags = WH_READS, .run = account_available, .help = "may somebody register this name" },
	{ "auth.account", account_name_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_READS, .run = account_show, .help = "what everybody may know of an account" },
	{ "auth.rename", account_rename_fields, WH_ALLOW_MEMBER, .rate = "2/m burst 5", .run = account_rename, .help = "take another name" },
	{ "auth.invite", account_invite_fields, WH_ALLOW_MODERATOR, .rate = "10/m burst 20", .flags = WH_AUDIT, .run = account_invite, .help = "make an invitation" },
	{ "auth.accounts", account_search_fields, WH_ALLOW_MODERATOR, .rate = "5/s burst 20", .flags = WH_READS, .run = account_search, .help = "find accounts" },
	{ "auth.approve", account_why_fields, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = account_approve, .help = "let an account in that waits" },
	{ "auth.deny", account_why_fields, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = account_deny, .help = "remove an account that waits" },
	{ "auth.disable", account_why_fields, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = account_disable, .help = "lock an account, and sign it out" },
	{ "auth.enable", account_why_fields, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = account_enable, .help = "unlock an account" },

	{ "auth.login", login_fields, WH_ALLOW_GUEST, .rate = "20/s burst 200", .run = login_login, .help = "sign in with a password" },
	{ "auth.password", login_password_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .run = login_password, .help = "change the password; other devices are signed out" },
	{ "auth.reset_begin", recover_begin_fields, WH_ALLOW_GUEST, .rate = "6/m burst 5", .run = recover_reset_begin, .help = "ask for a letter to choose a new password" },
	{ "auth.reset", recover_reset_fields, WH_ALLOW_GUEST, .rate = "6/m burst 10", .run = recover_reset, .help = "choose a new password, with the token of the letter" },
	{ "auth.confirm_begin", recover_mail_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .run = recover_confirm_begin, .help = "ask for a letter that confirms a mail address" },
	{ "auth.confirm", recover_confirm_fields, WH_ALLOW_GUEST, .rate = "6/m burst 10", .run = recover_confirm, .help = "confirm a mail address, with the token of the letter" },

	{ "auth.second", second_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = second_second, .help = "go on with signing in: a code of the app, or a recovery code" },
	{ "auth.second_state", NULL, WH_ALLOW_MEMBER, .flags = WH_READS, .run = second_state, .help = "the second factors of this account" },
	{ "auth.totp_begin", second_password_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .run = second_totp_begin, .help = "get a secret for an authenticator app" },
	{ "auth.totp_confirm", second_code_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .run = second_totp_confirm, .help = "turn the app on with its first code, and get recovery codes" },
	{ "auth.totp_off", second_off_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .run = second_totp_off, .help = "turn the app off" },
	{ "auth.recovery_codes", second_off_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .run = second_recovery_codes, .help = "get new recovery codes; the old ones are void" },
	{ "auth.second_reset", account_why_fields, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = second_reset, .help = "take all second factors off an account whose owner has lost them" },

	{ "auth.passkey_begin", second_password_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .run = passkey_begin, .help = "get a challenge to add a passkey" },
	{ "auth.passkey_add", passkey_add_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .flags = WH_AUDIT, .run = passkey_add, .help = "add a passkey" },
	{ "auth.passkeys", NULL, WH_ALLOW_MEMBER, .flags = WH_READS, .run = passkey_list, .help = "the passkeys of this account" },
	{ "auth.passkey_remove", passkey_remove_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .run = passkey_remove, .help = "remove a passkey" },
	{ "auth.passkey_second", passkey_second_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .run = passkey_second, .help = "ask for a passkey after the password, or no longer" },
	{ "auth.passkey_login_begin", passkey_login_begin_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = passkey_login_begin, .help = "get a challenge to sign in with a passkey" },
	{ "auth.passkey_login", passkey_login_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = passkey_login, .help = "sign in with a passkey" },

	{ "auth.app_password", bot_app_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .run = bot_app_password, .help = "make a password for one program, to sign in with by SASL" },
	{ "auth.certificate_add", sasl_certificate_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .run = sasl_certificate_add, .help = "let this connection's TLS certificate sign in by SASL" },
	{ "auth.bot_create", bot_create_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .flags = WH_AUDIT, .run = bot_create, .help = "make an account for a bot of yours" },
	{ "auth.bots", NULL, WH_ALLOW_MEMBER, .flags = WH_READS, .run = bot_list, .help = "your bots" },
	{ "auth.bot_remove", bot_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .flags = WH_AUDIT, .run = bot_remove, .help = "lock a bot of yours, for good" },
	{ "auth.key_create", bot_key_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .flags = WH_AUDIT, .run = bot_key_create, .help = "make a key for a bot of yours; it is shown once" },
	{ "auth.keys", bot_fields, WH_ALLOW_MEMBER, .flags = WH_READS, .run = bot_keys, .help = "the keys of a bot of yours" },
	{ "auth.key_revoke", bot_revoke_fields, WH_ALLOW_MEMBER, .flags = WH_AUDIT, .run = bot_key_revoke, .help = "end a key; its connections close" },

	{ "auth.providers", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = oidc_list, .help = "the other providers that one may sign in over" },
	{ "auth.provider_begin", oidc_begin_fields, WH_ALLOW_GUEST, .rate = "1/s burst 20", .run = oidc_begin, .help = "sign in over another provider: gives an address to open in a browser" },
	{ "auth.provider_ticket", oidc_ticket_fields, WH_ALLOW_GUEST, .rate = "1/s burst 20", .run = oidc_ticket, .help = "go on with the ticket that the browser was given" },
	{ "auth.provider_finish", oidc_finish_fields, WH_ALLOW_GUEST, .rate = "1/s burst 20", .run = oidc_finish, .help = "choose a name, for a new account" },
	{ "auth.links", NULL, WH_ALLOW_MEMBER, .flags = WH_READS, .run = oidc_links, .help = "the other providers that this account is linked to" },
	{ "auth.link_begin", oidc_link_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .run = oidc_link_begin, .help = "link another provider, just after signing in (recent_time)" },
	{ "auth.unlink", oidc_unlink_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .run = oidc_unlink, .help = "unlink another provider, just after signing in (recent_time)" },

	{ "auth.token", signing_token_fields, WH_ALLOW_MEMBER, .rate = "1/s burst 20", .run = signing_token, .help = "get a signed token for another service" },
	{ "auth.signing_rotate", NULL, WH_ALLOW_ADMIN, .rate = "1/m burst 10", .flags = WH_AUDIT, .run = signing_rotate, .help = "sign with a new key from now on" },
	{ "auth.client_create", provider_client_fields, WH_ALLOW_ADMIN, .rate = "10/m burst 20", .flags = WH_AUDIT, .run = provider_client_create, .help = "register another site or bot; its secret is shown once" },
	{ "auth.clients", NULL, WH_ALLOW_ADMIN, .flags = WH_READS, .run = provider_client_list, .help = "the other sites and bots that are registered" },
	{ "auth.client_remove", provider_client_one_fields, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = provider_client_remove, .help = "remove one, with all tokens that it has" },
	{ "auth.consents", NULL, WH_ALLOW_MEMBER, .flags = WH_READS, .run = provider_consents, .help = "what other sites and bots you allowed" },
	{ "auth.consent_revoke", provider_client_one_fields, WH_ALLOW_MEMBER, .rate = "1/s burst 20", .run = provider_consent_revoke, .help = "take that back; its tokens end" },
	{ "auth.device_show", provider_device_show_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .run = provider_device_show, .help = "what a device that shows a code wants" },
	{ "auth.device_approve", provider_device_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 10", .run = provider_device_approve, .help = "let that device in, or not" },

	{ "auth.whoami", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = device_whoami, .help = "who you are" },
	{ "auth.use", device_use_fields, WH_ALLOW_GUEST, .rate = "1/s burst 20", .run = device_use, .help = "sign this connection in with an access token" },
	{ "auth.refresh", device_refresh_fields, WH_ALLOW_GUEST, .rate = "5/s burst 60", .run = device_refresh, .help = "exchange a refresh token for new tokens" },
	{ "auth.logout", NULL, WH_ALLOW_MEMBER, .run = device_logout, .help = "sign this device out" },
	{ "auth.devices", NULL, WH_ALLOW_MEMBER, .flags = WH_READS, .run = device_list, .help = "where you are signed in" },
	{ "auth.revoke", device_one_fields, WH_ALLOW_MEMBER, .run = device_revoke, .help = "sign a device out; its connections close" },
	{ "auth.revoke_all", NULL, WH_ALLOW_MEMBER, .run = device_revoke_all, .help = "sign all devices out, this one too" },

	{ "auth.guest", guest_fields, WH_ALLOW_GUEST, .rate = "5/s burst 60", .run = guest_guest, .help = "choose a name as a guest, and get a token to come back with" },

	{ "auth.grant", role_grant_fields, WH_ALLOW_MEMBER, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = role_grant, .help = "give an account a role" },
	{ "auth.ungrant", role_ungrant_fields, WH_ALLOW_MEMBER, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = role_ungrant, .help = "take a role from an account" },
	{ "auth.grants", role_grants_fields, WH_ALLOW_MEMBER, .flags = WH_READS, .run = role_grants, .help = "the roles of an account, and who gave them" },
	{ "auth.can", role_can_fields, WH_ALLOW_GUEST, .flags = WH_READS, .run = role_can, .help = "may somebody do this, and why" },
	{ "auth.first_admin", role_first_fields, WH_ALLOW_MEMBER, .rate = "6/m burst 5", .run = role_first_admin, .help = "become the first administrator, with the token of the log" },

	{ "auth.export", NULL, WH_ALLOW_MEMBER, .rate = "2/m burst 3", .run = privacy_export, .help = "all that this server keeps of you" },
	{ "auth.erase", privacy_erase_fields, WH_ALLOW_MEMBER, .rate = "2/m burst 3", .run = privacy_erase, .help = "have all that removed, with the account" },
	{ 0 }
};

static const struct wh_hook auth_hooks[] = {
	{ WH_ON_CREDENTIAL, .order = 40, .credential = device_credential },
	{ WH_ON_ATTEMPT, .order = 10, .attempt = auth_attempt },
	{ WH_ON_PRESENCE, .order = 10, .presence = live_presence },
	{ WH_ON_SAVE, .order = 10, .papers = live_save },
	{ WH_ON_LOAD, .order = 10, .papers = live_load },
	{ WH_ON_EXPORT, .order = 50, .person = privacy_on_export },
	{ WH_ON_ERASE, .order = 100, .person = privacy_on_erase },
	{ 0 }
};

static const struct wh_route auth_routes[] = {
	{ "GET", "/.well-known/jwks.json", WH_ALLOW_GUEST, .rate = "20/s burst 100", .flags = WH_OPEN_CORS, .serve = signing_jwks, .help = "the keys that our signed tokens are verified with" },
	{ "GET", "/.well-known/openid-configuration", WH_ALLOW_GUEST, .rate = "20/s burst 100", .flags = WH_OPEN_CORS, .serve = provider_discovery, .help = "what we offer as a provider" },
	{ "GET", "/.well-known/oauth-authorization-server", WH_ALLOW_GUEST, .rate = "20/s burst 100", .flags = WH_OPEN_CORS, .serve = provider_discovery, .help = "the same, where OAuth looks for it" },
	{ "GET", "/auth/first", WH_ALLOW_GUEST, .rate = "1/s burst 10", .serve = first_page, .help = "the page of the link that makes the first administrator" },
	{ "POST", "/auth/first", WH_ALLOW_GUEST, .rate = "1/s burst 10", .serve = first_post, .help = "its form" },
	{ "GET", "/auth/callback", WH_ALLOW_GUEST, .rate = "5/s burst 40", .flags = WH_PREFIX, .serve = oidc_callback, .help = "where other providers send people back to" },
	{ "GET", "/oauth/authorize", WH_ALLOW_GUEST, .rate = "5/s burst 40", .serve = provider_authorize, .help = "asks a person whether another site may" },
	{ "POST", "/oauth/authorize", WH_ALLOW_GUEST, .rate = "5/s burst 40", .serve = provider_approve, .help = "the person's answer" },
	{ "POST", "/oauth/token", WH_ALLOW_GUEST, .rate = "20/s burst 200", .serve = provider_token, .help = "tokens for a code, a refresh token or a device code" },
	{ "POST", "/oauth/device_authorization", WH_ALLOW_GUEST, .rate = "5/s burst 40", .serve = provider_device_begin, .help = "a code for a device without a browser" },
	{ "GET", "/oauth/device", WH_ALLOW_GUEST, .rate = "5/s burst 40", .serve = provider_device_page, .help = "where a person types that code" },
	{ "POST", "/oauth/device", WH_ALLOW_GUEST, .rate = "5/s burst 40", .serve = provider_device_post, .help = "the person's answer" },
	{ "GET", "/oauth/userinfo", WH_ALLOW_GUEST, .rate = "20/s burst 200", .serve = provider_userinfo, .help = "who an access token is of" },
	{ "POST", "/oauth/userinfo", WH_ALLOW_GUEST, .rate = "20/s burst 200", .serve = provider_userinfo, .help = "likewise" },
	{ "POST", "/oauth/revoke", WH_ALLOW_GUEST, .rate = "20/s burst 200", .serve = provider_revoke, .help = "ends a token" },
	{ "POST", "/oauth/introspect", WH_ALLOW_GUEST, .rate = "50/s burst 500", .serve = provider_introspect, .help = "whether a token is good, and whose" },
	{ 0 }
};

static const struct wh_service auth_offers[] = {
	{ "accounts", WH_ACCOUNTS_VERSION, &trust_service },
	{ "sasl", WH_SASL_VERSION, &sasl_service },
	{ 0 }
};

static const char *const auth_needs[] = { "store", "?mail", "?audit", "?fetch", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("auth", "1.0", "accounts: signing in, roles, privacy"),
	.needs = auth_needs,
	.settings = auth_settings,
	.commands = auth_commands,
	.hooks = auth_hooks,
	.routes = auth_routes,
	.metrics = auth_metrics,
	.offers = auth_offers,
	.open = auth_open,
	.close = auth_close,
	.reload = auth_reload,
};
