/* Tokens and origins of the config, and who shows a credential. Of a token the config has only its SHA-256; every one of them is
 * compared, each in constant time, so that the time says nothing about any. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/base64.h"
#include "hub/api.h"
#include "hub/hook.h"
#include "hub/hub.h"
#include "hub/role.h"

const struct wh_setting api_token_settings[] = {
	{ "sha256", WH_STRING, .required = true, .min = "64", .max = "64", .help = "the token's SHA-256 in hex: printf %s TOKEN | sha256sum" },
	{ "roles", WH_STRINGS, .min = "1", .max = "16", .required = true, .help = "what its bearer may" },
	{ .name = NULL },
};

static const struct wh_setting http_rows[] = {
	{ "origins", WH_STRINGS, .help = "the edges check them" },
	{ .name = NULL },
};

static bool
token_name_ok(struct wh_str name)
{
	if (name.n == 0 || name.n > 64)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == 0x7f)
			return false;
	return true;
}

static void
token_read(struct hub *hub, struct api_token *t, const struct wh_conf *conf, struct wh_conf_errors *errors)
{
	struct wh_buf sha256 = { 0 };
	size_t n = 0;

	snprintf(t->name, sizeof t->name, "%.*s", WH_FMT(wh_conf_name(conf)));
	if (!token_name_ok(wh_conf_name(conf)))
		wh_conf_blame(conf, NULL, errors, "a token's name has 1 to 64 bytes and no blanks");
	if (wh_hex_get(&sha256, wh_conf_str(conf, "sha256")) && sha256.n == sizeof t->sha256)
		memcpy(t->sha256, sha256.p, sizeof t->sha256);
	else
		wh_conf_blame(conf, "sha256", errors, "has to be 64 hexadecimal digits");
	wh_buf_free(&sha256);
	for (size_t i = 0; i < wh_conf_count(conf, "roles"); i++) {
		struct wh_str role = wh_conf_item(conf, "roles", i);

		if (!role_known(hub, role)) {
			wh_conf_blame(conf, "roles", errors, "there is no role \"%.*s\"", WH_FMT(role));
		} else if (n + role.n + 2 > sizeof t->roles) {
			wh_conf_blame(conf, "roles", errors, "too many roles");
			break;
		} else {
			n += (size_t)snprintf(t->roles + n, sizeof t->roles - n, "%s%.*s", n != 0 ? " " : "", WH_FMT(role));
		}
	}
}

static enum wh_err
config_tokens(struct hub *hub, const struct wh_conf *root, struct wh_conf_errors *errors, struct api_config *c)
{
	size_t n = wh_conf_count(root, "tokens");

	if (n > API_TOKENS) {
		wh_conf_blame(root, "tokens", errors, "at most %d tokens", API_TOKENS);
		return WH_OK;
	}
	c->tokens = calloc(n + 1, sizeof *c->tokens);
	if (c->tokens == NULL)
		return WH_ENOMEM;
	for (size_t i = 0; i < n; i++)
		token_read(hub, &c->tokens[c->n_tokens++], wh_conf_table(root, "tokens", i), errors);
	return WH_OK;
}

static enum wh_err
config_origins(const struct hub_config *from, struct api_config *c)
{
	struct wh_conf_errors ignored = { 0 };
	struct wh_conf *http;
	enum wh_err err = wh_conf_check(from->file, "http", http_rows, WH_CONF_PART, &ignored, &http);
	size_t n;

	wh_conf_errors_free(&ignored);
	if (err != WH_OK)
		return err == WH_ENOMEM ? err : WH_OK;	/* the edges say what is wrong there */
	n = wh_conf_count(http, "origins");
	c->origins = calloc(n + 1, sizeof *c->origins);
	err = c->origins != NULL ? WH_OK : WH_ENOMEM;
	for (size_t i = 0; i < n && i < API_ORIGINS && err == WH_OK; i++) {
		struct wh_str origin = wh_conf_item(http, "origins", i);

		c->origins[i] = strndup(origin.p, origin.n);
		if (c->origins[i] == NULL)
			err = WH_ENOMEM;
		else
			c->n_origins++;
	}
	wh_conf_free(&http);
	return err;
}

enum wh_err
api_config_read(struct hub *hub, const struct hub_config *from, struct wh_conf_errors *errors, struct api_config **config_out)
{
	struct api_config *c = calloc(1, sizeof *c);
	enum wh_err err;

	*config_out = NULL;
	if (c == NULL)
		return WH_ENOMEM;
	err = config_tokens(hub, from->root, errors, c);
	if (err == WH_OK)
		err = config_origins(from, c);
	if (err == WH_OK && wh_conf_errors_any(errors))
		err = WH_EINVAL;
	if (err != WH_OK)
		api_config_free(&c);
	*config_out = c;
	return err;
}

void
api_config_free(struct api_config **config)
{
	struct api_config *c = *config;

	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_origins; i++)
		free(c->origins[i]);
	free(c->origins);
	free(c->tokens);
	free(c);
	*config = NULL;
}

static const struct api_token *
token_find(struct hub *hub, struct wh_str bearer)
{
	const struct api_config *c = hub->api->config;
	const struct api_token *found = NULL;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (c == NULL || c->n_tokens == 0 || EVP_Digest(bearer.p, bearer.n, hash, &n, EVP_sha256(), NULL) != 1)
		return NULL;
	for (size_t i = 0; i < c->n_tokens; i++)
		if (CRYPTO_memcmp(hash, c->tokens[i].sha256, sizeof c->tokens[i].sha256) == 0)
			found = &c->tokens[i];
	return found;
}

struct wh_str
api_bearer(struct wh_str authorization)
{
	static const char scheme[] = "bearer ";
	struct wh_str token;

	if (authorization.n < sizeof scheme || strncasecmp(authorization.p, scheme, sizeof scheme - 1) != 0)
		return (struct wh_str){ NULL, 0 };
	token = wh_str_from(authorization, sizeof scheme - 1);
	while (token.n != 0 && *token.p == ' ')
		token = wh_str_from(token, 1);
	return token;
}

static void
credential_bad(struct hub *hub, hook_known *then, uint64_t cookie, const char *why)
{
	struct hook_refusal refusal = { .err = WH_EAUTH };

	refusal.n = (size_t)snprintf(refusal.why, sizeof refusal.why, "%s", why);
	then(hub, cookie, &refusal);
}

static enum wh_err
token_identify(struct hub *hub, struct wh_session *s, const struct api_token *token)
{
	char id[sizeof token->name + 8];

	snprintf(id, sizeof id, "token:%s", token->name);
	return session_identify(hub, s, &(struct wh_identity){ WH_OPERATOR, wh_str(id), wh_str(token->name), wh_str(token->roles) });
}

void
api_credential(struct hub *hub, struct wh_session *s, const struct hub_credential *c, hook_known *then, uint64_t cookie)
{
	const struct wh_credential shown = { .session = s, .bearer = api_bearer(c->authorization), .cookie = c->cookie,
		.certificate = c->certificate };
	const struct api_token *token = shown.bearer.n != 0 ? token_find(hub, shown.bearer) : NULL;

	if (token == NULL)
		hook_ask_credential(hub, &shown, then, cookie);
	else if (token_identify(hub, s, token) == WH_OK)
		then(hub, cookie, NULL);
	else
		credential_bad(hub, then, cookie, "the token's roles are too long");
}
