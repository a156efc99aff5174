/* One reading of the config, checked in every way that can be checked without changing anything: what a start or a reload puts
 * in force as a whole, or not at all. */
#ifndef WHIPLY_KEEPER_KEEPER_CONFIG_H
#define WHIPLY_KEEPER_KEEPER_CONFIG_H

#include "keeper/keeper.h"
#include "keeper/keeper_settings.h"
#include "keeper/listeners.h"
#include "keeper/options.h"
#include "ring/certificate.h"

struct keeper_config {
	struct wh_snapshot *snapshot;	/* with the files that the config names, kept for the edges */
	struct keeper_root root;	/* `conf` borrows it */
	struct wh_conf *conf;
	struct keeper_settings settings;
	struct listeners listeners;	/* not open yet */
	int for_edges, for_hub;		/* the sealed snapshots */
	char overlay_file[KEEPER_PATH + 32];	/* where the overlay is kept */
	struct wh_certificates certificates;	/* of the TLS listeners, as they are in force */
};

/** NULL: `errors` says why, and has every error that could be found. `warnings` is for what the operator should know of and
 * nothing fails by; in both cases. What is wrong in the overlay is left out and a warning. `in_force`, if there is one, lends its overlay when the file
 * that is there now makes no sense at all. */
struct keeper_config *keeper_config_read(const struct options *o, const struct keeper_tables *tables, const struct keeper_config *in_force,
	struct wh_conf_errors *errors, struct wh_conf_errors *warnings);

/** The same config with another overlay, of which nothing may be wrong. No file is read. */
struct keeper_config *keeper_config_with(const struct keeper_config *in_force, struct wh_str overlay, const struct options *o,
	const struct keeper_tables *tables, struct wh_conf_errors *errors);

/** Is the error or warning one of the overlay? NULL: no. */
bool keeper_config_overlay_blamed(const struct keeper_config *config, const struct wh_conf_error *e);

/** Closes the sockets that are still its own. */
void keeper_config_free(struct keeper_config **config);

#endif
