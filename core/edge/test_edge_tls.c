/* TLS, PROXY headers and reloads of a whole edge, with OpenSSL's own client. */
#include "base/testing.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <unistd.h>

#include "edge/edge_bed.h"
#include "edge/ws_client.h"

struct identity {
	struct wh_str certificate, key;
};

static struct wh_str
bio_text(BIO *bio)
{
	char *p, *copy;
	long n = BIO_get_mem_data(bio, &p);

	copy = malloc((size_t)n + 1);
	assert_non_null(copy);
	memcpy(copy, p, (size_t)n);
	BIO_free(bio);
	return (struct wh_str){ copy, (size_t)n };
}

/* A self-signed certificate on P-256. */
static struct identity
identity_new(const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
	struct identity id;

	assert_non_null(key);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	PEM_write_bio_X509(c, cert);
	PEM_write_bio_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL);
	id = (struct identity){ bio_text(c), bio_text(k) };
	X509_free(cert);
	EVP_PKEY_free(key);
	return id;
}

static void
identity_free(struct identity *id)
{
	free((char *)(uintptr_t)id->certificate.p);
	free((char *)(uintptr_t)id->key.p);
}

static SSL *
tls_client(SSL_CTX *ctx, uint16_t port, SSL_SESSION *session)
{
	SSL *ssl = SSL_new(ctx);

	assert_non_null(ssl);
	SSL_set_fd(ssl, client_connect(port));
	if (session != NULL)
		SSL_set_session(ssl, session);
	assert_int_equal(SSL_connect(ssl), 1);
	return ssl;
}

static void
tls_client_end(SSL *ssl)
{
	int fd = SSL_get_fd(ssl);

	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}

static size_t
tls_ask(SSL *ssl, const char *request, char *answer, size_t size)
{
	size_t n = 0;
	int got;

	assert_int_equal(SSL_write(ssl, request, (int)strlen(request)), strlen(request));
	while (n < size - 1 && (got = SSL_read(ssl, answer + n, (int)(size - 1 - n))) > 0) {
		n += (size_t)got;
		answer[n] = '\0';
		if (strstr(answer, "ready\n") != NULL || strstr(answer, "\r\n\r\n") != NULL)
			break;
	}
	return n;
}

static void
answers_come_over_tls_and_sessions_resume_on_another_edge(void **state)
{
	struct identity id = identity_new("localhost");
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct bed a, b;
	SSL_SESSION *session;
	char answer[4096];
	SSL *ssl;

	(void)state;
	bed_begin(&a, "", id.certificate, id.key);
	bed_serve(&a);
	ssl = tls_client(ctx, a.port[2], NULL);
	assert_true(tls_ask(ssl, "GET /answer HTTP/1.1\r\nHost: a\r\n\r\n", answer, sizeof answer) > 0);
	assert_memory_equal(answer, "HTTP/1.1 200", 12);
	session = SSL_get1_session(ssl);
	tls_client_end(ssl);
	bed_end(&a);
	/* Another edge, which never spoke to the first, has the same keys for tickets. */
	bed_begin(&b, "", id.certificate, id.key);
	bed_serve(&b);
	ssl = tls_client(ctx, b.port[2], session);
	assert_true(SSL_session_reused(ssl));
	tls_client_end(ssl);
	SSL_SESSION_free(session);
	SSL_CTX_free(ctx);
	bed_end(&b);
	identity_free(&id);
}

static void
a_client_certificate_is_told_by_its_fingerprint(void **state)
{
	struct identity id = identity_new("localhost"), mine = identity_new("me");
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	BIO *c = BIO_new_mem_buf(mine.certificate.p, (int)mine.certificate.n), *k = BIO_new_mem_buf(mine.key.p, (int)mine.key.n);
	X509 *cert = PEM_read_bio_X509(c, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);
	static const char ask[] = "GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n";
	unsigned char hash[32];
	char hex[65], answer[1024];
	struct bed b;
	struct wh_buf hello = { 0 };
	struct wh_ws_hello h = { .host = WH_STR("localhost"), .path = WH_STR("/ws"), .key = WH_STR("dGhlIHNhbXBsZSBub25jZQ=="), .subprotocols = WH_STR("one") };
	struct wh_rec rec;
	struct wh_rec_opened opened;
	struct wh_rec_request request;
	struct wh_rec_send send = { .bytes = WH_STR("secret") };
	unsigned n;
	SSL *ssl;

	(void)state;
	X509_digest(cert, EVP_sha256(), hash, &n);
	for (unsigned i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	bed_begin(&b, "", id.certificate, id.key);
	bed_serve(&b);
	ssl = tls_client(ctx, b.port[2], NULL);
	assert_true(SSL_write(ssl, ask, sizeof ask - 1) > 0);
	rec = bed_next(&b, WH_REC_REQUEST);
	assert_int_equal(wh_rec_request_get(&rec, &request), WH_OK);
	assert_true(wh_str_is(request.tls_fingerprint, hex));
	tls_client_end(ssl);
	ssl = tls_client(ctx, b.port[2], NULL);
	wh_ws_client_hello(&hello, &h);
	assert_non_null(wh_buf_cstr(&hello));
	assert_true(tls_ask(ssl, hello.p, answer, sizeof answer) > 0);
	assert_memory_equal(answer, "HTTP/1.1 101", 12);
	rec = bed_next(&b, WH_REC_OPENED);
	assert_int_equal(wh_rec_opened_get(&rec, &opened), WH_OK);
	assert_int_equal(opened.flags, WH_F_TLS);
	assert_true(wh_str_is(opened.tls_fingerprint, hex));
	send.conn = opened.conn;
	for (int i = 0; i < 100; i++)
		assert_int_equal(wh_rec_send_put(b.link->out, &send), WH_OK);
	bed_kick(&b);
	for (int i = 0; i < 100; i++) {
		char frame[8];
		size_t got = 0;

		while (got < sizeof frame) {
			int r = SSL_read(ssl, frame + got, (int)(sizeof frame - got));

			assert_true(r > 0);
			got += (size_t)r;
		}
		assert_memory_equal(frame, "\x81\x06secret", 8);
	}
	tls_client_end(ssl);
	(void)bed_next(&b, WH_REC_CLOSED);
	wh_buf_free(&hello);
	SSL_CTX_free(ctx);
	BIO_free(c);
	BIO_free(k);
	X509_free(cert);
	EVP_PKEY_free(key);
	bed_end(&b);
	identity_free(&id);
	identity_free(&mine);
}

static void
reload_brings_another_certificate_and_closes_nobody(void **state)
{
	struct identity old = identity_new("old"), fresh = identity_new("fresh");
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct bed b;
	struct wh_channel_msg m = { .kind = WH_CH_RELOAD, .n_fds = 1, .fds = { -1, -1, -1 } };
	char answer[4096], name[64];
	SSL *before, *after;

	(void)state;
	bed_begin(&b, "", old.certificate, old.key);
	bed_serve(&b);
	before = tls_client(ctx, b.port[2], NULL);
	m.fds[0] = bed_snapshot("", "limits = { queue = \"8KiB\"; };", fresh.certificate, fresh.key);
	bed_say(&b, &m);
	close(m.fds[0]);
	m = bed_told(&b, WH_CH_RELOADED);
	assert_int_equal(m.err, WH_OK);
	after = tls_client(ctx, b.port[2], NULL);
	X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(after)), NID_commonName, name, sizeof name);
	assert_string_equal(name, "fresh");
	assert_true(tls_ask(before, "GET /answer HTTP/1.1\r\nHost: a\r\n\r\n", answer, sizeof answer) > 0);
	assert_true(tls_ask(after, "GET /answer HTTP/1.1\r\nHost: a\r\n\r\n", answer, sizeof answer) > 0);
	tls_client_end(before);
	tls_client_end(after);
	SSL_CTX_free(ctx);
	bed_end(&b);
	identity_free(&old);
	identity_free(&fresh);
}

static void
a_reload_with_a_bad_key_changes_nothing(void **state)
{
	struct identity old = identity_new("old");
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct bed b;
	struct wh_channel_msg m = { .kind = WH_CH_RELOAD, .n_fds = 1, .fds = { -1, -1, -1 } };

	(void)state;
	bed_begin(&b, "", old.certificate, old.key);
	bed_serve(&b);
	m.fds[0] = bed_snapshot("", "", old.certificate, WH_STR("no key"));
	bed_say(&b, &m);
	close(m.fds[0]);
	m = bed_told(&b, WH_CH_RELOADED);
	assert_int_not_equal(m.err, WH_OK);
	tls_client_end(tls_client(ctx, b.port[2], NULL));
	SSL_CTX_free(ctx);
	bed_end(&b);
	identity_free(&old);
}

static void
a_trusted_proxy_names_the_client(void **state)
{
	struct bed b;
	struct wh_rec rec;
	struct wh_rec_request r;
	char text[WH_ADDR_TEXT];
	int fd;

	(void)state;
	bed_begin_web(&b, "proxy = \"any\"; trusted = [ \"127.0.0.0/8\" ];", "", WH_STR(""), WH_STR(""));
	bed_serve(&b);
	fd = client_connect(b.port[0]);
	client_say(fd, "PROXY TCP4 192.0.2.7 198.51.100.1");
	client_say(fd, " 4711 80\r\nGET /api/who HTTP/1.1\r\nHost: a\r\n\r\n");
	rec = bed_next(&b, WH_REC_REQUEST);
	assert_int_equal(wh_rec_request_get(&rec, &r), WH_OK);
	wh_addr_format(&r.peer, text);
	assert_string_equal(text, "192.0.2.7:4711");
	close(fd);
	/* Without the header, nothing is served. */
	fd = client_connect(b.port[0]);
	client_say(fd, "GET /answer HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(client_closed(fd));
	close(fd);
	bed_end(&b);
}

static void
a_forwarded_header_counts_from_trusted_peers_alone(void **state)
{
	static const struct { const char *web, *address; } cases[] = {
		{ "forwarded = \"x-forwarded-for\"; trusted = [ \"127.0.0.1\" ];", "192.0.2.9" },
		{ "forwarded = \"x-forwarded-for\"; trusted = [ \"10.0.0.1\" ];", "127.0.0.1" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bed b;
		struct wh_rec rec;
		struct wh_rec_request r;
		char text[WH_ADDR_TEXT];
		int fd;

		bed_begin_web(&b, cases[i].web, "", WH_STR(""), WH_STR(""));
		bed_serve(&b);
		fd = client_connect(b.port[0]);
		client_say(fd, "GET /api/who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.1, 192.0.2.9\r\n\r\n");
		rec = bed_next(&b, WH_REC_REQUEST);
		assert_int_equal(wh_rec_request_get(&rec, &r), WH_OK);
		wh_addr_format_ip(&r.peer, text);
		assert_string_equal(text, cases[i].address);
		close(fd);
		bed_end(&b);
	}
}

static void
a_handshake_that_does_not_come_is_cut_off(void **state)
{
	struct identity id = identity_new("localhost");
	struct bed b;
	int fd;

	(void)state;
	bed_begin(&b, "tls = { handshake_timeout = \"1s\"; };", id.certificate, id.key);
	bed_serve(&b);
	fd = client_connect(b.port[2]);
	assert_true(client_closed(fd));
	close(fd);
	bed_end(&b);
	identity_free(&id);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_over_tls_and_sessions_resume_on_another_edge),
		cmocka_unit_test(a_client_certificate_is_told_by_its_fingerprint),
		cmocka_unit_test(reload_brings_another_certificate_and_closes_nobody),
		cmocka_unit_test(a_reload_with_a_bad_key_changes_nothing),
		cmocka_unit_test(a_trusted_proxy_names_the_client),
		cmocka_unit_test(a_forwarded_header_counts_from_trusted_peers_alone),
		cmocka_unit_test(a_handshake_that_does_not_come_is_cut_off),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
