/* The keeper: reads the config, opens the sockets, starts hub and edges and starts them again. Does nothing else, so that it
 * never fails. main.c hands it the tables of the processes, since it knows none of their code. */
#ifndef WHIPLY_KEEPER_KEEPER_H
#define WHIPLY_KEEPER_KEEPER_H

#include <whiply/conf.h>

#include "base/proctitle.h"

struct wh_certificates;
struct wh_conf_errors;
struct wh_snapshot;

/** What the config's root has besides the keeper's own rows: NULL-ended, borrowed. */
struct keeper_tables {
	const struct wh_setting *const *roots;
	/** Looks at what tables cannot say of listeners, and what their certificates are, in a child process of its own. */
	void (*check)(const struct wh_snapshot *snapshot, struct wh_conf_errors *errors, struct wh_conf_errors *warnings,
		struct wh_certificates *certificates);
};

/** The whole program but `--internal`: the exit code. */
int wh_keeper_main(int argc, char **argv, struct wh_proctitle *title, const struct keeper_tables *tables);

#endif
