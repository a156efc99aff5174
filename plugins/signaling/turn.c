/* STUN messages and the probe. See turn.h. */
#include "turn.h"

#include <netdb.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <sys/socket.h>

enum {
	ATTR_USERNAME = 0x0006, ATTR_INTEGRITY = 0x0008, ATTR_ERROR = 0x0009, ATTR_LIFETIME = 0x000d, ATTR_REALM = 0x0014, ATTR_NONCE = 0x0015,
	ATTR_TRANSPORT = 0x0019, HEAD = 20, SHA1 = 20, TRIES = 2, WAIT_MS = 1000,
};

static bool
hmac_sha1(struct wh_str key, struct wh_str text, unsigned char out[SHA1])
{
	unsigned n = 0;

	return HMAC(EVP_sha1(), key.p, (int)key.n, (const unsigned char *)text.p, text.n, out, &n) != NULL && n == SHA1;
}

bool
turn_credentials(struct wh_str secret, int64_t expires, struct wh_str user, char username_out[TURN_USER + 1], char password_out[TURN_PASSWORD + 1])
{
	unsigned char digest[SHA1];
	int n = snprintf(username_out, TURN_USER + 1, "%lld:%.*s", (long long)expires, WH_FMT(user));

	if (n < 0 || n > TURN_USER || !hmac_sha1(secret, wh_str(username_out), digest))
		return false;
	return EVP_EncodeBlock((unsigned char *)password_out, digest, SHA1) == TURN_PASSWORD;
}

bool
turn_pseudonym(struct wh_str secret, struct wh_str text, char out[17])
{
	unsigned char digest[SHA1];

	if (!hmac_sha1(secret, text, digest))
		return false;
	for (unsigned i = 0; i < 8; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	return true;
}

/* Messages */

static void
put16(unsigned char *at, size_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static size_t
get16(const unsigned char *at)
{
	return (size_t)at[0] << 8 | at[1];
}

void
stun_begin(struct stun *m, unsigned type, const unsigned char id[STUN_ID])
{
	static const unsigned char cookie[] = { 0x21, 0x12, 0xa4, 0x42 };

	put16(m->bytes, type);
	put16(m->bytes + 2, 0);
	memcpy(m->bytes + 4, cookie, sizeof cookie);
	memcpy(m->bytes + 8, id, STUN_ID);
	m->n = HEAD;
}

bool
stun_put(struct stun *m, unsigned attribute, const void *value, size_t n)
{
	size_t padded = (n + 3) & ~(size_t)3;

	if (n > STUN_BYTES || m->n + 4 + padded > STUN_BYTES)
		return false;
	put16(m->bytes + m->n, attribute);
	put16(m->bytes + m->n + 2, n);
	memset(m->bytes + m->n + 4, 0, padded);
	if (n != 0)
		memcpy(m->bytes + m->n + 4, value, n);
	m->n += 4 + padded;
	put16(m->bytes + 2, m->n - HEAD);
	return true;
}

bool
stun_key(struct wh_str user, struct wh_str realm, struct wh_str password, unsigned char key_out[STUN_KEY])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned n = 0;
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1 && EVP_DigestUpdate(ctx, user.p, user.n) == 1 &&
	    EVP_DigestUpdate(ctx, ":", 1) == 1 && EVP_DigestUpdate(ctx, realm.p, realm.n) == 1 && EVP_DigestUpdate(ctx, ":", 1) == 1 &&
	    EVP_DigestUpdate(ctx, password.p, password.n) == 1 && EVP_DigestFinal_ex(ctx, key_out, &n) == 1;

	EVP_MD_CTX_free(ctx);
	return ok && n == STUN_KEY;
}

/* The HMAC of all before place `n`, with the length that the message has once the HMAC stands behind it. */
static bool
integrity(const struct stun *m, size_t n, const unsigned char key[STUN_KEY], unsigned char out[SHA1])
{
	unsigned char copy[STUN_BYTES];

	memcpy(copy, m->bytes, n);
	put16(copy + 2, n + 4 + SHA1 - HEAD);
	return hmac_sha1((struct wh_str){ (const char *)key, STUN_KEY }, (struct wh_str){ (const char *)copy, n }, out);
}

bool
stun_sign(struct stun *m, const unsigned char key[STUN_KEY])
{
	unsigned char digest[SHA1];

	return m->n + 4 + SHA1 <= STUN_BYTES && integrity(m, m->n, key, digest) && stun_put(m, ATTR_INTEGRITY, digest, SHA1);
}

/* Where an attribute's head stands; 0: nowhere. What stands behind the HMAC says nothing. */
static size_t
stun_find(const struct stun *m, unsigned attribute)
{
	size_t at = HEAD;

	while (at + 4 <= m->n) {
		size_t type = get16(m->bytes + at), n = get16(m->bytes + at + 2);

		if (at + 4 + n > m->n)
			return 0;
		if (type == attribute)
			return at;
		if (type == ATTR_INTEGRITY)
			return 0;
		at += 4 + ((n + 3) & ~(size_t)3);
	}
	return 0;
}

bool
stun_read(const struct stun *m, const unsigned char id[STUN_ID], unsigned *type_out)
{
	if (m->n < HEAD || m->n > STUN_BYTES || (m->bytes[0] & 0xc0) != 0 || get16(m->bytes + 2) != m->n - HEAD || m->n % 4 != 0 ||
	    memcmp(m->bytes + 8, id, STUN_ID) != 0)
		return false;
	*type_out = (unsigned)get16(m->bytes);
	return true;
}

bool
stun_get(const struct stun *m, unsigned attribute, struct wh_str *value_out)
{
	size_t at = stun_find(m, attribute);

	if (at == 0)
		return false;
	*value_out = (struct wh_str){ (const char *)m->bytes + at + 4, get16(m->bytes + at + 2) };
	return true;
}

bool
stun_signed(const struct stun *m, const unsigned char key[STUN_KEY])
{
	size_t at = stun_find(m, ATTR_INTEGRITY);
	unsigned char digest[SHA1];

	return at != 0 && get16(m->bytes + at + 2) == SHA1 && at + 4 + SHA1 <= m->n && integrity(m, at, key, digest) &&
	    memcmp(digest, m->bytes + at + 4, SHA1) == 0;
}

/* The probe */

/* Asks and waits for the answer to this very question; again where a datagram may have been lost. */
static bool
probe_ask(struct wire *w, const struct stun *question, struct stun *answer, unsigned *type_out)
{
	for (int tries = 0; tries < (w->by == WIRE_UDP ? TRIES : 1); tries++) {
		int64_t until = wire_now() + (w->by == WIRE_UDP ? WAIT_MS : TRIES * WAIT_MS) * 1000;
		long n;

		if (!wire_send(w, question->bytes, question->n, until))
			return false;
		while ((n = wire_take(w, answer->bytes, sizeof answer->bytes, until)) != 0) {
			if (n < 0)
				return false;	/* nobody listens there */
			answer->n = (size_t)n;
			if (stun_read(answer, question->bytes + 8, type_out))
				return true;
		}
	}
	return false;
}

static int
error_code(const struct stun *m)
{
	struct wh_str e;

	return stun_get(m, ATTR_ERROR, &e) && e.n >= 4 ? (e.p[2] & 7) * 100 + (e.p[3] & 0x7f) : 0;
}

/* One secret: what the server says without credentials, then with them. */
static bool
probe_secret(struct turn_probe *p, struct wire *w, const char *secret, bool *wrong_out)
{
	static const unsigned char udp[] = { 17, 0, 0, 0 };
	char user[TURN_USER + 1], password[TURN_PASSWORD + 1], realm[256];
	unsigned char id[STUN_ID], key[STUN_KEY];
	struct stun question, answer;
	struct wh_str r, nonce;
	char nonce_copy[256];
	unsigned type;

	*wrong_out = false;
	if (RAND_bytes(id, sizeof id) != 1 || !turn_credentials(wh_str(secret), p->now + 60, WH_STR("whiply-probe"), user, password))
		return false;
	stun_begin(&question, STUN_ALLOCATE | STUN_REQUEST, id);
	stun_put(&question, ATTR_TRANSPORT, udp, sizeof udp);
	if (!probe_ask(w, &question, &answer, &type)) {
		snprintf(p->why, sizeof p->why, "it does not answer");
		return false;
	}
	if (type != (STUN_ALLOCATE | STUN_ERROR) || error_code(&answer) != 401 || !stun_get(&answer, ATTR_REALM, &r) || !stun_get(&answer, ATTR_NONCE, &nonce) ||
	    r.n >= sizeof realm || nonce.n >= sizeof nonce_copy) {
		snprintf(p->why, sizeof p->why, "it does not ask for credentials");
		return false;
	}
	memcpy(realm, r.p, r.n);
	memcpy(nonce_copy, nonce.p, nonce.n);
	if (!stun_key(wh_str(user), (struct wh_str){ realm, r.n }, wh_str(password), key))
		return false;
	id[0] ^= 1;
	stun_begin(&question, STUN_ALLOCATE | STUN_REQUEST, id);
	stun_put(&question, ATTR_TRANSPORT, udp, sizeof udp);
	stun_put(&question, ATTR_USERNAME, user, strlen(user));
	stun_put(&question, ATTR_REALM, realm, r.n);
	stun_put(&question, ATTR_NONCE, nonce_copy, nonce.n);
	if (!stun_sign(&question, key) || !probe_ask(w, &question, &answer, &type)) {
		snprintf(p->why, sizeof p->why, "it does not answer");
		return false;
	}
	if (type != (STUN_ALLOCATE | STUN_SUCCESS)) {
		*wrong_out = error_code(&answer) == 401;
		snprintf(p->why, sizeof p->why, *wrong_out ? "it takes none of the secrets" : "it refuses a relay: %d", error_code(&answer));
		return false;
	}
	if (!stun_signed(&answer, key)) {
		snprintf(p->why, sizeof p->why, "what answers does not know the secret");
		return false;
	}
	/* Given back at once: the relay was only to see that there is one. */
	id[0] ^= 2;
	stun_begin(&question, STUN_REFRESH | STUN_REQUEST, id);
	stun_put(&question, ATTR_LIFETIME, "\0\0\0\0", 4);
	stun_put(&question, ATTR_USERNAME, user, strlen(user));
	stun_put(&question, ATTR_REALM, realm, r.n);
	stun_put(&question, ATTR_NONCE, nonce_copy, nonce.n);
	if (stun_sign(&question, key))
		wire_send(w, question.bytes, question.n, wire_now() + WAIT_MS * 1000);
	return true;
}

void
turn_probe(struct turn_probe *p)
{
	struct addrinfo hints = { .ai_socktype = p->by == WIRE_UDP ? SOCK_DGRAM : SOCK_STREAM }, *found = NULL;
	int64_t began = wire_now();
	bool wrong = true;

	p->well = false;
	snprintf(p->why, sizeof p->why, "its name is not found");
	if (getaddrinfo(p->host, p->port, &hints, &found) != 0 || found == NULL)
		return;
	for (unsigned i = 0; i < p->n_secrets && wrong && !p->well; i++) {
		/* A connection each: an allocation belongs to its port. */
		struct wire w;

		if (wire_open(&w, found, p->by, p->host, wire_now() + TRIES * WAIT_MS * 1000, p->why)) {
			p->well = probe_secret(p, &w, p->secrets[i], &wrong);
			p->secret = i;
		} else {
			wrong = false;
		}
		wire_close(&w);
	}
	p->took_us = wire_now() - began;
	freeaddrinfo(found);
}
