/* What only an edge can say about a config, asked of the keeper's checker before an edge has to live with it: that settings
 * fit together, and that each listener's private key, certificate and ciphers serve clients. Runs in the checker's child. */
#ifndef WHIPLY_EDGE_EDGE_CHECK_H
#define WHIPLY_EDGE_EDGE_CHECK_H

#include "edge/edge_settings.h"

/** Adds to `errors` what an edge would refuse, and to `warnings` what it would serve although no client should like it: a
 * certificate whose time is over, or has not come, at `now_s` (wall clock). Files that the snapshot does not keep are
 * passed over: whoever failed to read them has said so. */
void edge_check(const struct wh_snapshot *snapshot, int64_t now_s, struct wh_conf_errors *errors, struct wh_conf_errors *warnings);

#endif
