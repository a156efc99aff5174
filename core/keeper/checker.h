/* The checker: a child process that looks at what the config's tables cannot say. It reads every enabled plugin's own table
 * and checks the plugin's settings against it, and asks the edges' code whether listeners could serve. A child, because
 * loading a library runs its code, and the keeper runs nobody's code, nor parses what only others need. */
#ifndef WHIPLY_KEEPER_CHECKER_H
#define WHIPLY_KEEPER_CHECKER_H

#include "base/conf.h"
#include "keeper/keeper.h"
#include "ring/certificate.h"

enum { CHECKER_MS = 5000 };	/* the keeper waits no longer than this */

/** What is looked at. All borrowed. */
struct checker {
	const struct wh_snapshot *snapshot;
	const struct wh_conf *root;		/* read from it: all groups of its `plugins` are checked; NULL: no plugins */
	const struct keeper_tables *tables;	/* NULL: the listeners are not asked about */
	const char *const *paths;		/* of plugins */
	unsigned n_paths;
};

/** `certificates` may be NULL; it has none unless the listeners are asked about. */
void checker_run(const struct checker *checker, struct wh_conf_errors *errors, struct wh_conf_errors *warnings,
	struct wh_certificates *certificates);

#endif
