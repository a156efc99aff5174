/* Session descriptions and ICE candidates as they come from clients: read strictly, and, between strangers, rid of every address that is
 * not a relay's. Pure functions on bytes: no host, no memory of their own. Used by relay.c and peerjs.c.
 *
 * What is relayed without a filter is relayed as it came, once it was read. With one, candidates are put together anew from what was understood,
 * so nothing passes that was not. */
#ifndef SIGNALING_SDP_H
#define SIGNALING_SDP_H

#include <whiply/types.h>

enum {
	SDP_BYTES = 32768,		/* of a description */
	SDP_LINES = 3000,
	SDP_LINE_BYTES = 4096,
	SDP_CANDIDATES = 200,		/* of a description */
	CANDIDATE_BYTES = 1024,
	SDP_NETS = 32,
};

/** A network, IPv4 as ::ffff:a.b.c.d. */
struct sdp_net {
	uint8_t address[16];
	unsigned bits;
};

/** What may pass. */
struct sdp_rule {
	bool relay_only;
	const struct sdp_net *nets;	/* of relays; none: a candidate that calls itself a relay's is believed */
	size_t n_nets;
};

/** "10.0.0.0/8", "::1". */
bool sdp_net_read(struct wh_str text, struct sdp_net *net_out);

/** Checks a description, and writes what may pass of it to `out`. Twice SDP_BYTES are enough for all that a browser makes: only many short
 * lines get longer. `why_out`: a sentence when it says WH_EINVAL, WH_ETOOBIG or WH_EFULL (`cap`). */
enum wh_err sdp_pass(struct wh_str sdp, const struct sdp_rule *rule, char *out, size_t cap, size_t *n_out, const char **why_out);

/** The same for one candidate that trickles: "candidate:…" (with "a=" before it or without), or nothing, which says that there are no more.
 * WH_EPERM: it may not pass; that is no fault. */
enum wh_err sdp_pass_candidate(struct wh_str candidate, const struct sdp_rule *rule, char *out, size_t cap, size_t *n_out, const char **why_out);

#endif
