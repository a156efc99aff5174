/* Sockets that do not block, and a poll before whatever would. See wire.h. */
#include "wire.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STUN_HEADER = 20 };

int64_t
wire_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* False: the time is over. */
static bool
wire_wait(const struct wire *w, short events, int64_t until)
{
	int64_t left;

	while ((left = until - wire_now()) > 0) {
		struct pollfd p = { .fd = w->fd, .events = events };

		if (poll(&p, 1, (int)(left / 1000) + 1) > 0)
			return true;
	}
	return false;
}

/* OpenSSL reads its queue of errors to say what became of a call: what others left there must be gone before. */
static int
tls_write(const struct wire *w, const unsigned char *bytes, size_t n)
{
	ERR_clear_error();
	return SSL_write(w->tls, bytes, (int)n);
}

static int
tls_read(const struct wire *w, unsigned char *bytes, size_t n)
{
	ERR_clear_error();
	return SSL_read(w->tls, bytes, (int)n);
}

static int
tls_connect(const struct wire *w)
{
	ERR_clear_error();
	return SSL_connect(w->tls);
}

/* What a call of TLS waits for. False: it will not be. */
static bool
tls_wait(const struct wire *w, int result, int64_t until)
{
	switch (SSL_get_error(w->tls, result)) {
	case SSL_ERROR_WANT_READ:
		return wire_wait(w, POLLIN, until);
	case SSL_ERROR_WANT_WRITE:
		return wire_wait(w, POLLOUT, until);
	default:
		return false;
	}
}

static bool
tls_open(struct wire *w, const char *host, int64_t until, char why[80])
{
	bool name_is_address;
	int result;
	long verified;

	w->trust = SSL_CTX_new(TLS_client_method());
	w->tls = w->trust != NULL && SSL_CTX_set_default_verify_paths(w->trust) == 1 ? SSL_new(w->trust) : NULL;
	snprintf(why, 80, "TLS can't be begun");
	if (w->tls == NULL || SSL_set_fd(w->tls, w->fd) != 1)
		return false;
	SSL_set_verify(w->tls, SSL_VERIFY_PEER, NULL);
	name_is_address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(w->tls), host) == 1;
	if (!name_is_address && (SSL_set1_host(w->tls, host) != 1 || SSL_set_tlsext_host_name(w->tls, host) != 1))
		return false;
	while ((result = tls_connect(w)) != 1) {
		if (tls_wait(w, result, until))
			continue;
		verified = SSL_get_verify_result(w->tls);
		snprintf(why, 80, "%s", verified != X509_V_OK ? X509_verify_cert_error_string(verified) : wire_now() >= until ? "it does not answer" : "it does not speak TLS");
		return false;
	}
	return true;
}

bool
wire_open(struct wire *w, const struct addrinfo *to, enum wire_by by, const char *host, int64_t until, char why[80])
{
	int failed = 0;
	socklen_t n = sizeof failed;

	*w = (struct wire){ .by = by, .fd = socket(to->ai_family, (by == WIRE_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
	snprintf(why, 80, "it can't be reached");
	if (w->fd < 0)
		return false;
	if (connect(w->fd, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS)
		return false;
	if (by == WIRE_UDP)
		return true;
	if (!wire_wait(w, POLLOUT, until)) {
		snprintf(why, 80, "it does not answer");
		return false;
	}
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &failed, &n) != 0 || failed != 0)
		return false;
	return by == WIRE_TCP || tls_open(w, host, until, why);
}

void
wire_close(struct wire *w)
{
	if (w->tls != NULL)
		SSL_free(w->tls);
	if (w->trust != NULL)
		SSL_CTX_free(w->trust);
	if (w->fd >= 0)
		close(w->fd);
	ERR_clear_error();
	*w = (struct wire){ .fd = -1 };
}

bool
wire_send(struct wire *w, const unsigned char *bytes, size_t n, int64_t until)
{
	size_t sent = 0;

	while (sent < n) {
		long more = w->tls != NULL ? tls_write(w, bytes + sent, n - sent) : send(w->fd, bytes + sent, n - sent, MSG_NOSIGNAL);

		if (more > 0)
			sent += (size_t)more;
		else if (w->tls != NULL ? !tls_wait(w, (int)more, until) : (errno != EAGAIN || !wire_wait(w, POLLOUT, until)))
			return false;
	}
	return true;
}

/* All of `n` bytes of a stream. 1, 0: not in time, -1: it is over. */
static int
stream_take(struct wire *w, unsigned char *bytes, size_t n, int64_t until)
{
	size_t got = 0;

	while (got < n) {
		long more = w->tls != NULL ? tls_read(w, bytes + got, n - got) : recv(w->fd, bytes + got, n - got, 0);

		if (more > 0) {
			got += (size_t)more;
			continue;
		}
		if (w->tls != NULL ? tls_wait(w, (int)more, until) : more < 0 && errno == EAGAIN && wire_wait(w, POLLIN, until))
			continue;
		return wire_now() >= until ? 0 : -1;
	}
	return 1;
}

long
wire_take(struct wire *w, unsigned char *bytes, size_t cap, int64_t until)
{
	size_t n;
	long got;
	int whole;

	if (w->by == WIRE_UDP) {
		while ((got = recv(w->fd, bytes, cap, 0)) < 0 && (errno == EAGAIN || errno == EINTR))
			if (!wire_wait(w, POLLIN, until))
				return 0;
		return got;
	}
	whole = stream_take(w, bytes, STUN_HEADER, until);
	if (whole != 1)
		return whole;
	n = (size_t)bytes[2] << 8 | bytes[3];
	if (n > cap - STUN_HEADER)
		return -1;
	whole = stream_take(w, bytes + STUN_HEADER, n, until);
	return whole == 1 ? (long)(STUN_HEADER + n) : whole;
}
