/* TLS contexts and tickets of tls.h. The key of a ticket comes of HKDF(secret, number of the period in which it was made): so
 * edges that never speak to each other, and those that are started tomorrow, agree. A ticket of the period before is
 * still taken, and renewed. */
#include "edge/tls.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

struct tls_name {
	SSL_CTX *ctx;	/* owned */
	X509 *leaf;	/* borrowed of ctx */
};

/* Counted: SSL_CTX callbacks of living connections reach it. */
struct tls_context {
	unsigned refs;
	struct tls_name *names;	/* the first is the default */
	size_t names_n;
	unsigned char secret[32];
	bool tickets;
	int64_t period_s;
};

enum { TICKET_NAME = 16 };

static void
tls_context_drop(struct tls_context *t)
{
	if (--t->refs != 0)
		return;
	explicit_bzero(t->secret, sizeof t->secret);
	free(t->names);
	free(t);
}

/* Runs when an SSL_CTX's last connection is gone. */
static void
tls_ctx_freed(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	if (ptr != NULL)
		tls_context_drop(ptr);
}

static int
tls_index(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, tls_ctx_freed);
	return index;
}

struct ticket_keys {
	unsigned char name[TICKET_NAME], aes[32], mac[32];
};

static bool
ticket_derive(const struct tls_context *t, uint64_t period, struct ticket_keys *keys)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	char info[] = "whiply session tickets";
	unsigned char salt[8];
	OSSL_PARAM params[5];
	bool ok;

	for (int i = 0; i < 8; i++)
		salt[i] = (unsigned char)(period >> (8 * (7 - i)));
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)"SHA256", 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)t->secret, sizeof t->secret);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info - 1);
	params[4] = OSSL_PARAM_construct_end();
	ok = ctx != NULL && EVP_KDF_derive(ctx, (unsigned char *)keys, sizeof *keys, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

static bool
ticket_use(const struct ticket_keys *keys, const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)keys->mac, sizeof keys->mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)"SHA256", 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, keys->aes, iv, encrypt) == 1 &&
	    EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int
ticket_callback(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
	const struct tls_context *t = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), tls_index());
	uint64_t now = (uint64_t)time(NULL) / (uint64_t)t->period_s;
	struct ticket_keys keys;
	int answer = 0;

	if (encrypt) {
		if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1 || !ticket_derive(t, now, &keys))
			return -1;
		memcpy(name, keys.name, sizeof keys.name);
		answer = ticket_use(&keys, iv, cipher, mac, 1) ? 1 : -1;
	} else {
		for (uint64_t back = 0; back < 2 && answer == 0; back++) {
			if (!ticket_derive(t, now - back, &keys))
				return -1;
			if (memcmp(name, keys.name, sizeof keys.name) == 0)
				answer = !ticket_use(&keys, iv, cipher, mac, 0) ? -1 : back == 0 ? 1 : 2;
		}
	}
	explicit_bzero(&keys, sizeof keys);
	return answer;
}

static int
alpn_callback(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in, unsigned in_n, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *pick;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&pick, out_n, ours, sizeof ours - 1, in, in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = pick;
	return SSL_TLSEXT_ERR_OK;
}

/* The certificate that names the host the client asks for; without one, the default. */
static int
sni_callback(SSL *ssl, int *alert, void *arg)
{
	const struct tls_context *t = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	if (name == NULL)
		return SSL_TLSEXT_ERR_OK;
	for (size_t i = 0; i < t->names_n; i++)
		if (X509_check_host(t->names[i].leaf, name, 0, 0, NULL) == 1) {
			if (i != 0)
				(void)SSL_set_SSL_CTX(ssl, t->names[i].ctx);
			break;
		}
	return SSL_TLSEXT_ERR_OK;
}

/* Nobody's signature is asked for: the fingerprint is the identity. The handshake has proved that the client has the key. */
static int
verify_callback(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

int
tls_no_password(char *to, int n, int writing, void *asked)
{
	(void)to;
	(void)n;
	(void)writing;
	if (asked != NULL)
		*(bool *)asked = true;
	return -1;
}

static bool
tls_chain(SSL_CTX *ctx, struct wh_str pem, X509 **leaf_out)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *cert = bio != NULL ? PEM_read_bio_X509_AUX(bio, NULL, tls_no_password, NULL) : NULL;
	bool ok = cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1;

	X509_free(cert);
	while (ok && (cert = PEM_read_bio_X509(bio, NULL, tls_no_password, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, cert) != 1) {
			X509_free(cert);
			ok = false;
		}
	BIO_free(bio);
	*leaf_out = SSL_CTX_get0_certificate(ctx);
	if (ok)
		ERR_clear_error();	/* of the end of the file */
	return ok;
}

static bool
tls_key(SSL_CTX *ctx, struct wh_str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, tls_no_password, NULL) : NULL;
	bool ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	return ok;
}

static bool
tls_ctx_set(SSL_CTX *ctx, struct tls_context *t, const struct edge_settings *s, const struct edge_listener_settings *l)
{
	unsigned char id[] = "whiply";

	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_alpn_select_cb(ctx, l->protocol == EDGE_HTTP ? alpn_callback : NULL, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, sni_callback);
	SSL_CTX_set_tlsext_servername_arg(ctx, t);
	/* Two tickets for each handshake are OpenSSL's habit; one does, and costs half. */
	SSL_CTX_set_num_tickets(ctx, t->tickets ? 1 : 0);
	if (!t->tickets)
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_timeout(ctx, (long)t->period_s);
	if (l->client_certificates != EDGE_CERTIFICATE_OFF)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
		    (l->client_certificates == EDGE_CERTIFICATE_REQUIRED ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), verify_callback);
	return SSL_CTX_set_min_proto_version(ctx, s->tls.v1_2 ? TLS1_2_VERSION : TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_callback) == 1 &&
	    SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1) == 1 &&
	    (s->tls.ciphers.n == 0 || SSL_CTX_set_cipher_list(ctx, s->tls.ciphers.p) == 1) &&
	    (s->tls.ciphersuites.n == 0 || SSL_CTX_set_ciphersuites(ctx, s->tls.ciphersuites.p) == 1);
}

static enum wh_err
tls_fail(struct wh_buf *why, const char *what)
{
	char text[256];

	ERR_error_string_n(ERR_get_error(), text, sizeof text);
	ERR_clear_error();
	wh_buf_fmt(why, "%s: %s", what, text);
	return WH_EINVAL;
}

static enum wh_err
tls_add_name(struct tls_context *t, const struct edge_settings *s, const struct edge_listener_settings *l,
    const struct edge_certificate *pair, struct wh_buf *why)
{
	struct tls_name *name = &t->names[t->names_n];

	name->ctx = SSL_CTX_new(TLS_server_method());
	if (name->ctx == NULL)
		return WH_ENOMEM;
	t->names_n++;
	if (SSL_CTX_set_ex_data(name->ctx, tls_index(), t) != 1)
		return WH_ENOMEM;
	t->refs++;
	if (!tls_ctx_set(name->ctx, t, s, l))
		return tls_fail(why, "settings of TLS");
	if (!tls_chain(name->ctx, pair->certificate, &name->leaf))
		return tls_fail(why, "certificate");
	if (!tls_key(name->ctx, pair->key))
		return tls_fail(why, "private key");
	return WH_OK;
}

enum wh_err
tls_context_new(const struct edge_settings *s, const struct edge_listener_settings *l, struct wh_buf *why, struct tls_context **out)
{
	static const unsigned char none[32];
	struct tls_context *t = calloc(1, sizeof *t);
	enum wh_err err = WH_OK;

	*out = NULL;
	if (t == NULL)
		return WH_ENOMEM;
	t->refs = 1;
	t->names = calloc(l->certificates_n + 1, sizeof *t->names);
	memcpy(t->secret, s->tls.ticket_secret, sizeof t->secret);
	t->tickets = memcmp(t->secret, none, sizeof none) != 0;
	t->period_s = s->tls.ticket_ms / 1000;
	if (t->names == NULL)
		err = WH_ENOMEM;
	else if (l->certificates_n == 0) {
		wh_buf_text(why, "no certificate");
		err = WH_EINVAL;
	}
	for (size_t i = 0; err == WH_OK && i < l->certificates_n; i++)
		err = tls_add_name(t, s, l, &l->certificates[i], why);
	if (err != WH_OK)
		tls_context_free(&t);
	*out = t;
	return err;
}

void
tls_context_free(struct tls_context **context)
{
	struct tls_context *t = *context;

	*context = NULL;
	if (t == NULL)
		return;
	/* Connections that go on hold an SSL_CTX, and that one holds us. A name's certificate is looked at in handshakes only,
	 * and of a context that is given up no further handshake begins; those under way find what they chose. */
	for (size_t i = 0; i < t->names_n; i++) {
		SSL_CTX *ctx = t->names[i].ctx;

		if (i + 1 == t->names_n)
			t->names_n = 0;
		SSL_CTX_free(ctx);
	}
	tls_context_drop(t);
}

SSL *
tls_accept(const struct tls_context *context, int fd)
{
	SSL *ssl = SSL_new(context->names[0].ctx);

	if (ssl == NULL)
		return NULL;
	if (SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}

static enum tls_answer
tls_answer(const SSL *ssl, int result)
{
	enum tls_answer a;

	switch (SSL_get_error(ssl, result)) {
	case SSL_ERROR_NONE:
		return TLS_OK;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		a = TLS_END;
		break;
	default:
		a = TLS_FAILED;
		break;
	}
	ERR_clear_error();
	return a;
}

enum tls_answer
tls_handshake(SSL *ssl)
{
	return tls_answer(ssl, SSL_do_handshake(ssl));
}

enum tls_answer
tls_read(SSL *ssl, char *to, size_t n, size_t *n_out)
{
	return tls_answer(ssl, SSL_read_ex(ssl, to, n, n_out));
}

enum tls_answer
tls_write(SSL *ssl, const char *from, size_t n, size_t *n_out)
{
	*n_out = 0;
	return tls_answer(ssl, SSL_write_ex(ssl, from, n, n_out));
}

void
tls_free(SSL **ssl, bool polite)
{
	if (polite && SSL_is_init_finished(*ssl)) {
		(void)SSL_shutdown(*ssl);
		ERR_clear_error();
	}
	SSL_free(*ssl);
	*ssl = NULL;
}

struct wh_str
tls_fingerprint(const SSL *ssl, char out[TLS_FINGERPRINT + 1])
{
	static const char digits[] = "0123456789abcdef";
	X509 *cert = SSL_get0_peer_certificate(ssl);
	unsigned char hash[32];
	unsigned n = 0;

	if (cert == NULL || X509_digest(cert, EVP_sha256(), hash, &n) != 1 || n != sizeof hash)
		return (struct wh_str){ NULL, 0 };
	for (unsigned i = 0; i < n; i++) {
		out[i * 2] = digits[hash[i] >> 4];
		out[i * 2 + 1] = digits[hash[i] & 15];
	}
	out[TLS_FINGERPRINT] = '\0';
	return (struct wh_str){ out, TLS_FINGERPRINT };
}
