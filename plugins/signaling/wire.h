/* A way to a TURN server: UDP, TCP or TLS. Used by turn.c for its questions; blocking, and each call ends at its time. */
#ifndef SIGNALING_WIRE_H
#define SIGNALING_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addrinfo;
struct ssl_ctx_st;
struct ssl_st;

enum wire_by { WIRE_UDP, WIRE_TCP, WIRE_TLS };

struct wire {
	enum wire_by by;
	int fd;
	struct ssl_ctx_st *trust;
	struct ssl_st *tls;
};

/** Microseconds of a clock that never goes back. */
int64_t wire_now(void);

/** Connects; over TLS the server has to have a certificate that this machine trusts, for `host`. False: `why` says it, in up to 79 bytes. */
bool wire_open(struct wire *w, const struct addrinfo *to, enum wire_by by, const char *host, int64_t until, char why[80]);
void wire_close(struct wire *w);

bool wire_send(struct wire *w, const unsigned char *bytes, size_t n, int64_t until);

/** A message: a datagram, or what a STUN header says is one. 0: none until then, or none that fits; -1: it is over. */
long wire_take(struct wire *w, unsigned char *bytes, size_t cap, int64_t until);

#endif
