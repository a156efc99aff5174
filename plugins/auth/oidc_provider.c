/* Other providers: their settings and presets, discovery and keys. */
#include "oidc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "auth.h"
#include "claims.h"
#include "text.h"
#include "text64.h"

const struct wh_setting oidc_settings[] = {
	{ "name", WH_STRING, .required = true, .min = "1", .max = "32", .help = "a short name, for the address /auth/callback/NAME" },
	{ "preset", WH_CHOICE, .def = "none", .choices = "none|github|discord|twitch|google", .help = "a provider that is known beforehand" },
	{ "issuer", WH_STRING, .max = "1024", .help = "else: its issuer, exactly as its tokens say it" },
	{ "client_id", WH_STRING, .required = true, .min = "1", .max = "256", .help = "as it calls us" },
	{ "client_secret_file", WH_STRING, .file_only = true, .max = "4096", .help = "a file with our secret; without one we are a public client" },
	{ "scopes", WH_STRINGS, .max = "16", .help = "what we ask for, instead of what is usual" },
	{ "label", WH_STRING, .max = "64", .help = "what people read on the button" },
	{ 0 }
};

static const struct oidc_preset presets[] = {
	{ "github", "GitHub", "https://github.com", "read:user", "https://github.com/login/oauth/authorize",
	    "https://github.com/login/oauth/access_token", "https://api.github.com/user", "id", "login", "email", NULL, NULL, true },
	{ "discord", "Discord", "https://discord.com", "identify", "https://discord.com/oauth2/authorize", "https://discord.com/api/oauth2/token",
	    "https://discord.com/api/users/@me", "id", "username", "email", NULL, NULL, true },
	{ "twitch", "Twitch", "https://id.twitch.tv/oauth2", "openid", NULL, "https://id.twitch.tv/oauth2/token", NULL, NULL, NULL, NULL,
	    "https://id.twitch.tv/oauth2/validate", "OAuth", true },
	{ "google", "Google", "https://accounts.google.com", "openid profile", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true },
};

/* The first line of a file. */
static bool
secret_read(const struct auth *auth, const char *path, char out[OIDC_SECRET_ROOM])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, OIDC_SECRET_ROOM - 1) : -1;

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	if (out[0] != '\0')
		return true;
	wh_host_log(auth->host, WH_ERROR, "auth_provider_secret", WH_T("file", path), WH_T("why", n < 0 ? strerror(errno) : "it is empty"));
	return false;
}

static bool
name_good(struct wh_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((name.p[i] < 'a' || name.p[i] > 'z') && (name.p[i] < '0' || name.p[i] > '9') && name.p[i] != '-' && name.p[i] != '_')
			return false;
	return name.n != 0;
}

/* What the preset has, or discovery will say. */
static const char *
provider_begin(struct oidc_provider *p)
{
	const struct oidc_preset *preset = p->preset;
	struct url url;

	if (preset != NULL) {
		snprintf(p->issuer, sizeof p->issuer, "%s", preset->issuer);
		p->post = preset->post;
		if (preset->token != NULL)
			snprintf(p->token, sizeof p->token, "%s", preset->token);
		if (preset->user != NULL) {
			snprintf(p->authorize, sizeof p->authorize, "%s", preset->authorize);
			snprintf(p->user, sizeof p->user, "%s", preset->user);
		}
		if (p->label[0] == '\0')
			snprintf(p->label, sizeof p->label, "%s", preset->label);
	}
	if (p->label[0] == '\0')
		snprintf(p->label, sizeof p->label, "%s", p->name);
	if (p->scopes[0] == '\0')
		snprintf(p->scopes, sizeof p->scopes, "%s", preset != NULL ? preset->scopes : "openid profile");
	if (!url_read(wh_str(p->issuer), &url) || memchr(url.path.p, '?', url.path.n) != NULL)
		return "its issuer is no URL";
	return NULL;
}

static const char *
provider_read(const struct auth *auth, const struct wh_conf *conf, struct oidc_provider *p)
{
	struct wh_str preset = wh_conf_str(conf, "preset"), file = wh_conf_str(conf, "client_secret_file");
	struct text scopes = text_to(p->scopes, sizeof p->scopes);

	auth_clip(p->name, sizeof p->name, wh_conf_str(conf, "name"));
	auth_clip(p->label, sizeof p->label, wh_conf_str(conf, "label"));
	auth_clip(p->issuer, sizeof p->issuer, wh_conf_str(conf, "issuer"));
	auth_clip(p->client_id, sizeof p->client_id, wh_conf_str(conf, "client_id"));
	for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
		if (wh_str_is(preset, presets[i].name))
			p->preset = &presets[i];
	for (size_t i = 0, n = wh_conf_count(conf, "scopes"); i < n; i++) {
		if (i != 0)
			text_lit(&scopes, " ");
		text_put(&scopes, wh_conf_item(conf, "scopes", i));
	}
	if (scopes.failed)
		return "its scopes are too long";
	if (!name_good(wh_str(p->name)))
		return "its name may have small letters, digits, - and _";
	if ((p->preset == NULL) == (p->issuer[0] == '\0'))
		return "it has to have an issuer or a preset, and not both";
	if (file.n != 0 && !secret_read(auth, file.p, p->secret))
		return "its client_secret_file can't be read";
	return provider_begin(p);
}

static void
provider_release(struct oidc_provider *p)
{
	jose_set_free(&p->keys);
	explicit_bzero(p->secret, sizeof p->secret);
}

/* Everybody who waits goes on, or is told why not. */
static void
provider_tell(struct oidc_provider *p, bool good, const char *why)
{
	struct oidc_task *t = p->waiting, *next;

	p->waiting = NULL;
	p->n_waiting = 0;
	p->asking = false;
	for (; t != NULL; t = next) {
		next = t->next;
		t->next = NULL;
		t->then(t, good ? p : NULL, why);
	}
}

static bool
provider_same(const struct oidc_provider *a, const struct oidc_provider *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->issuer, b->issuer) == 0 && strcmp(a->client_id, b->client_id) == 0 &&
	    strcmp(a->secret, b->secret) == 0 && strcmp(a->scopes, b->scopes) == 0 && a->preset == b->preset;
}

enum wh_err
oidc_settings_read(struct auth *auth)
{
	const struct wh_conf *conf = auth->settings.conf;
	struct oidc *oidc = &auth->oidc;
	size_t n = wh_conf_count(conf, "providers"), n_old = oidc->n;
	struct oidc_provider *fresh = NULL, *old = oidc->providers;

	if (n > OIDC_PROVIDERS) {
		wh_host_log(auth->host, WH_ERROR, "auth_provider_bad", WH_T("why", "there are more than 16 providers"));
		return WH_EINVAL;
	}
	if (n != 0 && (fresh = wh_new(auth->host, n * sizeof *fresh)) == NULL)
		return WH_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *why = provider_read(auth, wh_conf_table(conf, "providers", i), &fresh[i]);

		for (size_t j = 0; j < i && why == NULL; j++)
			if (strcmp(fresh[j].name, fresh[i].name) == 0 || strcmp(fresh[j].issuer, fresh[i].issuer) == 0)
				why = "another one has its name or its issuer";
		if (why != NULL) {
			wh_host_log(auth->host, WH_ERROR, "auth_provider_bad", WH_T("name", fresh[i].name), WH_T("why", why));
			wh_delete(auth->host, fresh);
			return WH_EINVAL;
		}
	}
	if (n != 0 && oidc->fetch == NULL)
		wh_host_log(auth->host, WH_ERROR, "auth_provider_bad", WH_T("why", "other providers need the plugin fetch: enable it"));
	for (size_t i = 0; i < n; i++) {
		fresh[i].id = ++oidc->last_id;
		for (size_t j = 0; j < n_old; j++)
			if (!old[j].asking && provider_same(&fresh[i], &old[j])) {
				snprintf(old[j].label, sizeof old[j].label, "%s", fresh[i].label);
				fresh[i] = old[j];
				old[j].keys.n = 0;
			}
	}
	oidc->providers = fresh;
	oidc->n = n;
	for (size_t j = 0; j < n_old; j++) {
		provider_tell(&old[j], false, "the server's settings were changed meanwhile; begin again");
		provider_release(&old[j]);
	}
	wh_delete(auth->host, old);
	return WH_OK;
}

enum wh_err
oidc_open(struct auth *auth)
{
	void *self = NULL;

	auth->oidc.fetch = wh_service_find(auth->host, "fetch", WH_FETCH_VERSION, &self);
	auth->oidc.fetch_self = self;
	return oidc_settings_read(auth);
}

void
oidc_close(struct auth *auth)
{
	struct oidc *oidc = &auth->oidc;

	if (oidc->fetch != NULL)
		oidc->fetch->forget(oidc->fetch_self, auth->host);
	for (size_t i = 0; i < oidc->n; i++)
		provider_release(&oidc->providers[i]);
	wh_delete(auth->host, oidc->providers);
	oidc->providers = NULL;
	oidc->n = 0;
	for (size_t i = 0; i < OIDC_BUCKETS; i++)
		while (oidc->buckets[i] != NULL) {
			struct oidc_entry *e = oidc_entry_take(auth, oidc->buckets[i]);

			oidc_entry_free(auth, &e);
		}
}

struct oidc_provider *
oidc_find(struct auth *auth, struct wh_str name)
{
	for (size_t i = 0; i < auth->oidc.n; i++)
		if (wh_str_is(name, auth->oidc.providers[i].name))
			return &auth->oidc.providers[i];
	return NULL;
}

struct oidc_provider *
oidc_by_id(struct auth *auth, uint64_t id)
{
	for (size_t i = 0; i < auth->oidc.n; i++)
		if (auth->oidc.providers[i].id == id)
			return &auth->oidc.providers[i];
	return NULL;
}

bool
oidc_ask(struct auth *auth, const char *url, const char *scheme, struct wh_str token, struct wh_str body, wh_fetch_done *done, uint64_t cookie)
{
	char headers[OIDC_TOKEN_ROOM + 256];
	struct text t = text_to(headers, sizeof headers);
	struct wh_fetch_request request = { .url = wh_str(url), .body = body };
	bool good;

	if (auth->oidc.fetch == NULL)
		return false;
	text_lit(&t, "accept: application/json\nuser-agent: whiply\n");
	if (body.n != 0)
		text_lit(&t, "content-type: application/x-www-form-urlencoded\n");
	if (token.n != 0) {
		text_lit(&t, "authorization: ");
		text_lit(&t, scheme);
		text_lit(&t, " ");
		text_put(&t, token);
		text_lit(&t, "\n");
	}
	request.headers = text_slice(&t);
	good = !t.failed && auth->oidc.fetch->start(auth->oidc.fetch_self, auth->host, &request, done, auth, cookie) == WH_OK;
	explicit_bzero(headers, sizeof headers);
	return good;
}

bool
oidc_ask_token(struct auth *auth, const struct oidc_provider *p, struct text *grant, wh_fetch_done *done, uint64_t cookie)
{
	char plain[2048], basic[TEXT64_ROOM(2048)] = "";
	struct text pair = text_to(plain, sizeof plain);
	bool good;

	if (p->secret[0] != '\0' && !p->post) {
		text_url(&pair, wh_str(p->client_id));
		text_lit(&pair, ":");
		text_url(&pair, wh_str(p->secret));
		if (pair.failed || !text64_put(TEXT64_STD, basic, sizeof basic, (const uint8_t *)plain, pair.n))
			return false;
	} else {
		text_lit(grant, "&client_id=");
		text_url(grant, wh_str(p->client_id));
		if (p->secret[0] != '\0') {
			text_lit(grant, "&client_secret=");
			text_url(grant, wh_str(p->secret));
		}
	}
	good = !grant->failed && oidc_ask(auth, p->token, "Basic", wh_str(basic), text_slice(grant), done, cookie);
	explicit_bzero(plain, sizeof plain);
	explicit_bzero(basic, sizeof basic);
	return good;
}

/* An endpoint that discovery names. https, unless the operator named an issuer without: then within that origin. */
static bool
endpoint_read(const struct oidc_provider *p, const struct claims_value *doc, const char *name, char out[OIDC_URL_ROOM], bool required)
{
	struct url url, issuer;
	size_t n;

	if (!claims_get_text(doc, name, out, OIDC_URL_ROOM, &n))
		return !required && !claims_get(doc, name, &(struct claims_value){ 0 });
	if (!url_read((struct wh_str){ out, n }, &url) || !url_read(wh_str(p->issuer), &issuer))
		return false;
	return url.https || (!issuer.https && wh_str_eq(url.origin, issuer.origin));
}

static bool
array_has(const struct claims_value *doc, const char *name, const char *text, bool absent)
{
	struct claims_value array, key, item;
	struct claims_walk walk;

	if (!claims_get(doc, name, &array))
		return absent;
	for (walk = claims_each(&array); array.type == CLAIMS_ARRAY && claims_next(&walk, &key, &item);)
		if (claims_is(&item, wh_str(text)))
			return true;
	return false;
}

static const char *
discovery_read(struct oidc_provider *p, struct wh_str text)
{
	struct oidc_provider fresh = *p;
	struct claims_value doc;

	if (claims_read(text, &doc) != WH_OK || doc.type != CLAIMS_OBJECT)
		return "its discovery document is no JSON object";
	if (!claims_get_is(&doc, "issuer", wh_str(p->issuer)))
		return "its discovery document names another issuer";
	fresh.user[0] = '\0';
	if (!endpoint_read(&fresh, &doc, "authorization_endpoint", fresh.authorize, true) ||
	    !endpoint_read(&fresh, &doc, "token_endpoint", fresh.token, true) || !endpoint_read(&fresh, &doc, "jwks_uri", fresh.jwks, true) ||
	    !endpoint_read(&fresh, &doc, "userinfo_endpoint", fresh.user, false))
		return "its discovery document names an endpoint that is missing, no URL, or not https";
	/* Where it says what it can do, it must be able to do what we ask. */
	if (!array_has(&doc, "response_types_supported", "code", true))
		return "it does not offer the authorization code flow";
	if (!claims_get_bool(&doc, "authorization_response_iss_parameter_supported", &fresh.says_iss))
		fresh.says_iss = false;
	if (p->preset == NULL)
		fresh.post = !array_has(&doc, "token_endpoint_auth_methods_supported", "client_secret_basic", true);
	*p = fresh;
	return NULL;
}

/* It failed: who has something of before goes on with it. */
static void
provider_failed(struct auth *auth, struct oidc_provider *p, const char *why, const struct wh_fetch_answer *answer)
{
	struct wh_str detail = answer != NULL ? answer->why : WH_STR("");

	p->failed_ms = wh_now_ms(auth->host);
	wh_host_log(auth->host, WH_WARN, "auth_provider_failed", WH_T("name", p->name), WH_T("why", why), WH_I("err", answer != NULL ? answer->err : 0),
	    WH_U("status", answer != NULL ? answer->status : 0), WH_S("detail", detail));
	provider_tell(p, p->known_ms != 0 && p->keys.n != 0, why);
}

static void
keys_answered(void *self, uint64_t cookie, const struct wh_fetch_answer *answer)
{
	struct auth *auth = self;
	struct oidc_provider *p = oidc_by_id(auth, cookie);
	struct jose_set keys;

	if (p == NULL)
		return;
	if (answer->err != WH_OK || answer->status != 200 || jose_set_read(answer->body, &keys) != WH_OK) {
		provider_failed(auth, p, "its keys can't be read", answer);
		return;
	}
	jose_set_free(&p->keys);
	p->keys = keys;
	p->keys_ms = wh_now_ms(auth->host);
	provider_tell(p, true, NULL);
}

static void
keys_ask(struct auth *auth, struct oidc_provider *p)
{
	p->asking = true;
	if (!oidc_ask(auth, p->jwks, NULL, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, keys_answered, p->id))
		provider_failed(auth, p, "its keys can't be asked for", NULL);
}

static void
discovery_answered(void *self, uint64_t cookie, const struct wh_fetch_answer *answer)
{
	struct auth *auth = self;
	struct oidc_provider *p = oidc_by_id(auth, cookie);
	const char *why;

	if (p == NULL)
		return;
	why = answer->err == WH_OK && answer->status == 200 ? discovery_read(p, answer->body) : "its discovery document can't be read";
	if (why != NULL) {
		provider_failed(auth, p, why, answer);
		return;
	}
	p->known_ms = wh_now_ms(auth->host);
	keys_ask(auth, p);
}

static void
discovery_ask(struct auth *auth, struct oidc_provider *p)
{
	char url[OIDC_URL_ROOM + 64];
	size_t n = strlen(p->issuer);

	if (n != 0 && p->issuer[n - 1] == '/')
		n--;
	snprintf(url, sizeof url, "%.*s/.well-known/openid-configuration", (int)n, p->issuer);
	p->asking = true;
	if (!oidc_ask(auth, url, NULL, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, discovery_answered, p->id))
		provider_failed(auth, p, "it can't be asked; is the plugin fetch enabled?", NULL);
}

void
oidc_need(struct oidc_task *t, struct oidc_provider *p, bool fresh)
{
	struct auth *auth = t->task.auth;
	int64_t now = wh_now_ms(auth->host);
	bool discovers = p->preset == NULL || p->preset->user == NULL;
	bool known = !discovers || (p->known_ms != 0 && now - p->known_ms < OIDC_KNOWN_MS && p->keys_ms != 0);

	t->provider = p->id;
	if (known && fresh && discovers && now - p->keys_ms >= OIDC_KEYS_LEAST_MS)
		known = false;
	if (known) {
		t->then(t, p, NULL);
	} else if (!p->asking && p->failed_ms != 0 && now - p->failed_ms < OIDC_FAILED_MS) {
		t->then(t, p->known_ms != 0 && p->keys.n != 0 ? p : NULL, "it did not answer just now");
	} else if (p->n_waiting >= OIDC_WAITING) {
		t->then(t, NULL, "too many wait for it");
	} else {
		t->next = p->waiting;
		p->waiting = t;
		p->n_waiting++;
		if (p->asking)
			return;
		if (p->known_ms == 0 || now - p->known_ms >= OIDC_KNOWN_MS)
			discovery_ask(auth, p);
		else
			keys_ask(auth, p);
	}
}

enum wh_err
oidc_list(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct wh_json *w = wh_reply(call);

	wh_json_array(w, "providers");
	for (size_t i = 0; i < auth->oidc.n; i++) {
		wh_json_object(w, NULL);
		wh_json_text(w, "name", auth->oidc.providers[i].name);
		wh_json_text(w, "label", auth->oidc.providers[i].label);
		wh_json_end(w);
	}
	wh_json_end(w);
	return WH_OK;
}
