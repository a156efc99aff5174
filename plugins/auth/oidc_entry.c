/* Ways over another provider, between two requests: in memory, found by the hash of a secret, bound to who began them. */
#include "oidc.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "auth.h"

static const char cookie_name[] = "__Host-whiply-flow", cookie_name_plain[] = "whiply-flow";

static struct oidc_entry **
entry_bucket(struct auth *auth, const uint8_t key[TOKEN_HASH])
{
	return &auth->oidc.buckets[((size_t)key[0] << 8 | key[1]) % OIDC_BUCKETS];
}

struct oidc_entry *
oidc_entry_add(struct auth *auth, enum oidc_stage stage, int64_t lives_ms, char secret_out[TOKEN_ROOM])
{
	struct oidc_entry *e = auth->oidc.pending < OIDC_PENDING ? wh_new(auth->host, sizeof *e) : NULL, **bucket;
	uint8_t random[TOKEN_RANDOM];

	if (e == NULL)
		return NULL;
	wh_random(auth->host, random, sizeof random);
	token_make(TOKEN_TICKET, random, secret_out);
	explicit_bzero(random, sizeof random);
	if (!token_hash(wh_str(secret_out), e->key)) {
		wh_delete(auth->host, e);
		return NULL;
	}
	e->stage = stage;
	e->expires = wh_now_ms(auth->host) + lives_ms;
	bucket = entry_bucket(auth, e->key);
	e->next = *bucket;
	*bucket = e;
	auth->oidc.pending++;
	return e;
}

struct oidc_entry *
oidc_entry_find(struct auth *auth, struct wh_str secret, enum oidc_stage stage)
{
	uint8_t key[TOKEN_HASH];
	struct oidc_entry *e;

	if (!token_is(secret, TOKEN_TICKET) || !token_hash(secret, key))
		return NULL;
	for (e = *entry_bucket(auth, key); e != NULL; e = e->next)
		if (memcmp(e->key, key, sizeof key) == 0)
			break;
	return e != NULL && e->stage == stage && e->expires > wh_now_ms(auth->host) ? e : NULL;
}

struct oidc_entry *
oidc_entry_take(struct auth *auth, struct oidc_entry *e)
{
	struct oidc_entry **at = entry_bucket(auth, e->key);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	e->next = NULL;
	auth->oidc.pending--;
	return e;
}

void
oidc_entry_free(struct auth *auth, struct oidc_entry **e)
{
	if (*e == NULL)
		return;
	if ((*e)->arrival != NULL)
		explicit_bzero((*e)->arrival, sizeof *(*e)->arrival);
	wh_delete(auth->host, (*e)->arrival);
	explicit_bzero(*e, sizeof **e);
	wh_delete(auth->host, *e);
	*e = NULL;
}

bool
oidc_entry_bound(const struct oidc_entry *e, struct wh_str proof)
{
	uint8_t hash[TOKEN_HASH];

	return token_is(proof, TOKEN_LINK) && token_hash(proof, hash) && CRYPTO_memcmp(hash, e->proof, sizeof hash) == 0;
}

void
oidc_tick(struct auth *auth)
{
	int64_t now = wh_now_ms(auth->host);

	for (size_t i = 0; i < OIDC_BUCKETS; i++)
		for (struct oidc_entry *e = auth->oidc.buckets[i], *next; e != NULL; e = next) {
			next = e->next;
			if (e->expires > now)
				continue;
			oidc_entry_take(auth, e);
			oidc_entry_free(auth, &e);
		}
}

/* The cookie that binds a flow to its browser */

struct wh_str
oidc_cookie(const struct auth *auth, struct wh_request *r)
{
	const char *name = auth->settings.insecure_cookie ? cookie_name_plain : cookie_name;

	return r != NULL ? device_cookie_named(wh_request_header(r, "cookie"), name) : (struct wh_str){ NULL, 0 };
}

static void
cookie_set(const struct auth *auth, struct wh_request *r, const char *value)
{
	bool plain = auth->settings.insecure_cookie;
	char header[256];

	snprintf(header, sizeof header, "%s=%s; Path=/; %sHttpOnly; SameSite=Lax; Max-Age=%d", plain ? cookie_name_plain : cookie_name, value,
	    plain ? "" : "Secure; ", OIDC_PENDING_MS / 1000);
	wh_respond_header(r, "set-cookie", wh_str(header));
}

void
oidc_entry_bind(struct auth *auth, struct oidc_entry *e, struct wh_request *r, char proof_out[TOKEN_ROOM])
{
	struct wh_str has = oidc_cookie(auth, r);
	uint8_t random[TOKEN_RANDOM];

	e->by_cookie = r != NULL;
	if (token_is(has, TOKEN_LINK)) {
		auth_clip(proof_out, TOKEN_ROOM, has);
	} else {
		wh_random(auth->host, random, sizeof random);
		token_make(TOKEN_LINK, random, proof_out);
	}
	token_hash(wh_str(proof_out), e->proof);
	if (r != NULL)
		cookie_set(auth, r, proof_out);
}
