/* TLS for listeners: contexts with certificates picked by name, tickets whose keys every edge derives alike from the
 * settings' secret and the clock, ALPN, fingerprints of clients' certificates. Reading and writing stand beside it, so
 * that conn.c and conn_write.c see one set of answers for both kinds of socket. */
#ifndef WHIPLY_EDGE_TLS_H
#define WHIPLY_EDGE_TLS_H

#include <openssl/ssl.h>
#include <sys/types.h>

#include "base/buf.h"
#include "edge/edge_settings.h"

struct tls_context;

enum { TLS_FINGERPRINT = 64 };	/* SHA-256 in hexadecimal */

/** For OpenSSL's readers of PEM: there is no password, and nobody at a terminal is asked for one. `asked` may point to a
 * bool, which becomes true. */
int tls_no_password(char *to, int n, int writing, void *asked);

/** The contexts of one listener. `why` gets a text when it fails: WH_EINVAL: certificate or key is no good; WH_ENOMEM. */
enum wh_err tls_context_new(const struct edge_settings *s, const struct edge_listener_settings *l, struct wh_buf *why,
    struct tls_context **out);
void tls_context_free(struct tls_context **context);

/** A server's side on this socket, or NULL. Connections keep their context alive. */
SSL *tls_accept(const struct tls_context *context, int fd);

enum tls_answer { TLS_OK, TLS_WANT_READ, TLS_WANT_WRITE, TLS_END, TLS_FAILED };

enum tls_answer tls_handshake(SSL *ssl);
enum tls_answer tls_read(SSL *ssl, char *to, size_t n, size_t *n_out);
enum tls_answer tls_write(SSL *ssl, const char *from, size_t n, size_t *n_out);
/** Says goodbye, as far as the kernel takes it, and frees. */
void tls_free(SSL **ssl, bool polite);

/** The fingerprint of the client's certificate; empty when it gave none. */
struct wh_str tls_fingerprint(const SSL *ssl, char out[TLS_FINGERPRINT + 1]);

#endif
