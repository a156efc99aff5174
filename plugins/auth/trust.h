/* Trust, and the service "accounts" of include/whiply/accounts.h, through which chat, IRC and moderation read and change what concerns
 * accounts. */
#ifndef AUTH_TRUST_H
#define AUTH_TRUST_H

#include <whiply/accounts.h>

struct auth;
struct live;
struct trust_ask;

/** What other plugins wait for. */
struct trust_asks {
	struct trust_ask *first;
};

/** Writes what the account said since. */
void trust_write(struct auth *auth, struct live *live);

/** Writes for all that said something. */
void trust_tick(struct auth *auth);

extern const struct wh_accounts_ops trust_service;

#endif
