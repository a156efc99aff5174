/* The processes that are this program, besides the keeper. Implemented in core/edge and core/hub. */
#ifndef WHIPLY_KEEPER_MAIN_H
#define WHIPLY_KEEPER_MAIN_H

#include <whiply/conf.h>

struct wh_certificates;
struct wh_child;
struct wh_conf_errors;
struct wh_snapshot;

int wh_edge_main(struct wh_child *child);
int wh_hub_main(struct wh_child *child);

/** What an edge would refuse of a config, what it would only warn of, and what it sees of the certificates. */
void wh_edge_check(const struct wh_snapshot *snapshot, struct wh_conf_errors *errors, struct wh_conf_errors *warnings,
	struct wh_certificates *certificates);

/** What the edges and the hub read of the config's root. */
extern const struct wh_setting edge_root_settings[];
extern const struct wh_setting hub_root_settings[];

#endif
