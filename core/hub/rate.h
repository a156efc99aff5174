/* How fast commands may be called. Each call takes a token from the session's bucket for that command, and one from the bucket of the
 * account (or, for guests, of the address) for all commands together. One table of a fixed size holds the buckets; where it is
 * crowded the one that was used longest ago makes room, and whoever it belonged to has a full one again. */
#ifndef WHIPLY_HUB_RATE_H
#define WHIPLY_HUB_RATE_H

#include <whiply/conf.h>
#include <whiply/session.h>

#include "base/bucket.h"
#include "base/siphash.h"

struct hub;

enum { RATE_ENTRIES = 1 << 16, RATE_WAYS = 8 };

struct rate_entry {
	uint64_t key;		/* 0: free */
	struct wh_bucket bucket;
};

struct rates {
	struct rate_entry *entries;	/* owned; touched only as they are used */
	struct wh_siphash_key key;
	struct wh_flow command;		/* per session and command, where the row has none of its own */
	struct wh_flow account;		/* per account, all commands */
	struct wh_flow address;		/* per address, all commands of its guests */
};

/** What one call found, for the RateLimit headers: of the limit that is nearest to its end. */
struct rate_state {
	int64_t limit, left;	/* tokens; limit 0: there is none */
	int64_t full_ms;	/* until it is full again */
	int64_t retry_ms;	/* refused: when to try again */
};

enum wh_err rates_init(struct hub *hub);
void rates_finish(struct hub *hub);

/** Takes the rates of hub->settings over; buckets go on with them. */
void rates_configure(struct hub *hub);

/** A row's own rate, "5/s burst 20"; tables are ours, so a bad one asserts. NULL: {0}, the server's default. */
struct wh_flow rate_of(const char *text);

/** Takes what one call costs: all or nothing. False, and state_out->retry_ms, when it is too fast. The control socket never is.
 * `flow` with tokens 0 is the server's default. */
bool rate_take(struct hub *hub, const struct wh_session *s, struct wh_str command, const struct wh_flow *flow, struct rate_state *state_out);

#endif
