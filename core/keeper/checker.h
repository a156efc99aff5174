/* The checker: reads every enabled plugin's table in a child process and checks the plugin's settings against it. A child,
 * because loading a library runs its code, and the keeper runs nobody's code. */
#ifndef WHIPLY_KEEPER_CHECKER_H
#define WHIPLY_KEEPER_CHECKER_H

#include "base/conf.h"

enum { CHECKER_MS = 5000 };	/* the keeper waits no longer than this */

/** Checks all groups of `plugins` in `root`, which was read from `snapshot`. Libraries are looked for in `paths`. */
void checker_run(const struct wh_snapshot *snapshot, const struct wh_conf *root, const char *const *paths, unsigned n_paths,
	struct wh_conf_errors *errors);

#endif
