/* SCRAM-SHA-256 for servers (RFC 5802, RFC 7677), without channel binding: for IRC's SASL.
 * An exchange is: scram_first (the client's first message, which says the name), the caller finds the account's keys or makes
 * fake ones, scram_challenge (our first message), scram_final (the client's proof and our own). One struct, zero at first, used once. */
#ifndef AUTH_SCRAM_H
#define AUTH_SCRAM_H

#include <whiply/types.h>

enum {
	SCRAM_HASH = 32,
	SCRAM_SALT = 16,
	SCRAM_ITERATIONS_LEAST = 4096,
	SCRAM_ITERATIONS_MOST = 1000000,
	SCRAM_NAME = 255,		/* bytes of a name, and of an authorization name */
	SCRAM_NONCE = 128,		/* bytes of the client's nonce, and of ours */
	SCRAM_MESSAGE = 1024,		/* longest message of the client */
	SCRAM_OUT = 512,		/* room for any message of ours, with its NUL */
};

/** What is stored instead of a password. */
struct scram_keys {
	uint8_t salt[SCRAM_SALT];
	uint32_t iterations;
	uint8_t stored[SCRAM_HASH], server[SCRAM_HASH];
	bool fake;	/* not to be stored: never proven */
};

/** Keys of a password, normalised as SASLprep asks. WH_EINVAL when it is no text or the iterations are out of bounds. Costs
 * what the iterations cost: for job threads. */
enum wh_err scram_keys_make(struct wh_str password, const uint8_t salt[SCRAM_SALT], uint32_t iterations, struct scram_keys *keys_out);

/** Keys for a name that nobody has: the same salt each time, so that asking twice tells nothing. `secret` is the server's and
 * stays the same; `name` is canonical. */
bool scram_keys_fake(struct wh_str secret, struct wh_str name, uint32_t iterations, struct scram_keys *keys_out);

enum scram_state { SCRAM_BEGUN = 0, SCRAM_NAMED, SCRAM_CHALLENGED, SCRAM_DONE };

struct scram {
	enum scram_state state;
	char name[SCRAM_NAME + 1], authzid[SCRAM_NAME + 1];	/* decoded; authzid is empty when there is none */
	/* Private from here. */
	size_t gs2_n, client_n, server_n, nonce_n;
	char client_first[SCRAM_MESSAGE];	/* the whole message; the bare one begins at gs2_n */
	char server_first[SCRAM_OUT];
	char nonce[2 * SCRAM_NONCE + 1];
	struct scram_keys keys;
};

/** Reads the client's first message; then scram->name and scram->authzid say who. WH_ESYNTAX; WH_ENOTSUP: it wants channel
 * binding or an extension; WH_ETOOBIG; WH_ESTATE. After an error the exchange is over. */
enum wh_err scram_first(struct scram *scram, struct wh_str message);

/** Writes our first message, with a NUL. `nonce` is fresh: at least 18 random bytes as text of printable ASCII without comma. */
enum wh_err scram_challenge(struct scram *scram, const struct scram_keys *keys, struct wh_str nonce, char out[SCRAM_OUT]);

/** Reads the client's proof, and writes our last message: `v=…` with WH_OK, `e=…` with WH_EAUTH (wrong password, or fake keys),
 * WH_ESYNTAX and so on. */
enum wh_err scram_final(struct scram *scram, struct wh_str message, char out[SCRAM_OUT]);

/** Wipes it. */
void scram_end(struct scram *scram);

#endif
