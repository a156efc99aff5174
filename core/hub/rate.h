/* How fast commands may be called. Each call takes a token from the session's bucket for that command, and from the bucket of the
 * account (or, for guests, of the address) for all commands together. Buckets live in one bounded table; when it is full the one that
 * was idle longest is forgotten, which is the fullest one as well. */
#ifndef WHIPLY_HUB_RATE_H
#define WHIPLY_HUB_RATE_H

#include <whiply/conf.h>
#include <whiply/session.h>

#include "base/bucket.h"
#include "base/list.h"
#include "base/map.h"

struct hub;

enum { RATES_MAX = 1 << 17 };	/* buckets; 64 bytes each, made as they are needed */

struct rate_bucket {
	struct wh_list idle;
	uint64_t key;
	struct wh_bucket bucket;
};

struct rates {
	struct wh_map64 by_key;
	struct wh_list idle;		/* idlest first */
	size_t n;
	struct wh_flow command;		/* per session and command, where the row has none of its own */
	struct wh_flow account;		/* per account, all commands */
	struct wh_flow address;		/* per address, all commands of guests */
};

/** What one call found, for the RateLimit headers. */
struct rate_state {
	int64_t limit, left;		/* tokens of the command's bucket; limit 0: there is none */
	int64_t full_ms;		/* until it is full again */
	int64_t retry_ms;		/* refused: when to try again */
};

enum wh_err rates_init(struct hub *hub, const struct wh_conf *hub_conf);
void rates_reload(struct hub *hub, const struct wh_conf *hub_conf);
void rates_finish(struct hub *hub);

/** A row's own rate, "5/s burst 20"; tables are ours, so a bad one asserts. NULL gives the default. */
struct wh_flow rate_of(struct hub *hub, const char *text);

/** Takes what one call costs; false, and state_out->retry_ms, when it is too fast. Local sessions are never too fast. */
bool rate_take(struct hub *hub, const struct wh_session *s, struct wh_str command, const struct wh_flow *flow, struct rate_state *state_out);

#endif
