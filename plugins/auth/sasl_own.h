/* Between the files of the unit sasl. */
#ifndef AUTH_SASL_OWN_H
#define AUTH_SASL_OWN_H

#include "auth.h"

struct sasl_mechanism {
	const char *name;
	void (*step)(struct auth *auth, struct sasl_exchange *x, struct wh_session *s, struct wh_str message);
};

struct sasl_exchange {
	struct sasl_exchange *next;	/* in its bucket */
	uint64_t number;		/* of all exchanges: a task that comes back to another one does nothing */
	wh_id session;
	const struct sasl_mechanism *mechanism;
	wh_sasl_done *done;
	void *self;
	uint64_t cookie;
	bool busy;			/* a step is being worked on */
	int64_t deadline;		/* for the client's next message */

	/* The mechanisms' own. */
	struct scram scram;
	char account[ACCOUNT_ID_ROOM], canonical[NAME_ROOM];
	bool proved;			/* SCRAM: our last message is out */
	bool told;			/* OAUTHBEARER: the failure is out */
	int64_t second;			/* what else the account asks for */
	bool active, exists, known;
};

extern const struct sasl_mechanism sasl_mechanisms[];

/** The exchange of a task that comes back; NULL: it is over, and nothing shall happen. */
struct sasl_exchange *sasl_find(struct auth *auth, wh_id session, uint64_t number);

/** What a step came to. A failure and the end free the exchange. */
void sasl_challenge(struct auth *auth, struct sasl_exchange *x, struct wh_str bytes);
void sasl_done(struct auth *auth, struct sasl_exchange *x);
void sasl_fail(struct auth *auth, struct sasl_exchange *x, enum wh_err err, const char *why, int64_t retry_ms);

/** Under which a certificate is looked up. */
void sasl_certificate_hash(const struct live_session *own, char out[DEVICE_HASH_ROOM]);

#endif
