/* SASL for dialects: the exchanges of the service "sasl" (whiply/sasl.h), in memory, bounded, with a time limit. The mechanisms are in
 * sasl_mechanism.c. */
#ifndef AUTH_SASL_H
#define AUTH_SASL_H

#include <whiply/sasl.h>

#include "scram.h"
#include "seal.h"

struct auth;
struct sasl_exchange;

enum {
	SASL_BUCKETS = 1024,
	SASL_ITERATIONS = 16384,
	SASL_PACKED = 4 + SCRAM_SALT + 2 * SCRAM_HASH,
	SASL_SEALED = SEAL_ROOM(SASL_PACKED),
};

struct sasl_exchanges {
	struct sasl_exchange *buckets[SASL_BUCKETS];
	size_t n;
	uint64_t last;			/* number of the newest */
};

void sasl_close(struct auth *auth);
void sasl_tick(struct auth *auth);

/** A session ended: its exchange, and the device that nobody else can use. */
void sasl_ended(struct auth *auth, struct wh_session *s);

/** Its connection is gone, and the certificate with it: who resumes it may have another, or none. */
void sasl_detached(struct auth *auth, struct wh_session *s);

/** The session's client showed this certificate to TLS: SHA-256 in hex; or none (empty). */
void sasl_certificate(struct auth *auth, struct wh_session *s, struct wh_str hex);

/** SCRAM keys as they are stored with an account. */
bool sasl_scram_seal(struct auth *auth, const char *account, const struct scram_keys *keys, char out[SASL_SEALED]);

enum wh_err sasl_certificate_add(void *self, struct wh_call *call);

extern const struct wh_field sasl_certificate_fields[];
extern const struct wh_sasl_ops sasl_service;

#endif
