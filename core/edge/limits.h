/* Who may come in, and how fast a client may talk. Admission is asked before TLS and again when a trusted proxy has named
 * the real client; the pace is asked before each read and after each message. Knows addresses and clocks, no sockets. */
#ifndef WHIPLY_EDGE_LIMITS_H
#define WHIPLY_EDGE_LIMITS_H

#include "base/addrtable.h"
#include "edge/edge_settings.h"

enum limits_verdict {
	LIMITS_ADMIT,
	LIMITS_DENIED,		/* in the deny list */
	LIMITS_FULL,		/* connections in all */
	LIMITS_ADDRESS,		/* connections of this address */
	LIMITS_RATE,		/* accept rate of this address */
};

struct limits {
	struct wh_addrtable addresses;
	struct wh_bucket accepts;
	uint32_t connections;
};

/** `max`: connections that this process can ever hold, by its descriptors and settings. */
enum wh_err limits_init(struct limits *l, uint32_t max);
void limits_free(struct limits *l);

/** How long accepting has to wait for the accept rate, in ns; 0: one connection was counted, accept it. */
int64_t limits_accept(struct limits *l, const struct edge_settings *s, int64_t now_ns);

/** Counts a connection from `peer`. ADMIT: *entry_out is held (NULL for the proxies whose clients are counted instead:
 * pass `proxy`); give it back with limits_leave. */
enum limits_verdict limits_enter(struct limits *l, const struct edge_settings *s, const struct wh_addr *peer, bool proxy,
    int64_t now_ns, struct wh_addr_entry **entry_out);

/** The connection turned out to be from another address. On a refusal it stays counted as it was. */
enum limits_verdict limits_rename(struct limits *l, const struct edge_settings *s, const struct wh_addr *peer,
    int64_t now_ns, struct wh_addr_entry **entry);

void limits_leave(struct limits *l, struct wh_addr_entry **entry);

/** The limits of one connection's talk, where LIMITS set others than the settings'. */
struct pace {
	struct wh_flow messages, bytes;
};

/** Bytes that may be read now, at most `max`; 0: wait. */
static inline size_t
pace_bytes(const struct wh_bucket *b, const struct wh_flow *flow, int64_t now_ns, size_t max)
{
	int64_t left = wh_bucket_left(b, flow, now_ns);

	return left > 0 && (uint64_t)left < max ? (size_t)left : left <= 0 ? 0 : max;
}

/** Takes n tokens that pace_bytes or an earlier pace_take promised. True: there is one more; false: pause. */
static inline bool
pace_take(struct wh_bucket *b, const struct wh_flow *flow, int64_t now_ns, int64_t n)
{
	(void)wh_bucket_take(b, flow, now_ns, n);
	return wh_bucket_wait(b, flow, now_ns, 1) == 0;
}

#endif
