/* What only an edge can say about a config, asked of the keeper's checker before an edge has to live with it: that settings
 * fit together, and that each listener's private key, certificate and ciphers serve clients. Runs in the checker's child. */
#ifndef WHIPLY_EDGE_EDGE_CHECK_H
#define WHIPLY_EDGE_EDGE_CHECK_H

#include "edge/edge_settings.h"
#include "ring/certificate.h"

/** What is asked, and where the answers go. All borrowed. */
struct edge_checking {
	int64_t now_s;				/* wall clock */
	struct wh_conf_errors *errors;		/* what an edge would refuse */
	struct wh_conf_errors *warnings;	/* what it would serve although no client should like it: a certificate out of its time */
	struct wh_certificates *certificates;	/* what is known of each pair, in the order of the config; may be NULL */
};

/** Files that the snapshot does not keep are passed over: whoever failed to read them has said so. */
void edge_check(const struct wh_snapshot *snapshot, const struct edge_checking *to);

#endif
