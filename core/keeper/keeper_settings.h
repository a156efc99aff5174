/* The whole config as the keeper sees it: the root table joined of its own, the edges' and the hub's rows, and its own
 * settings copied out. */
#ifndef WHIPLY_KEEPER_KEEPER_SETTINGS_H
#define WHIPLY_KEEPER_KEEPER_SETTINGS_H

#include <sys/types.h>

#include "base/conf.h"

enum { KEEPER_ROOT_ROWS = 64, KEEPER_PLUGIN_PATHS = 16, KEEPER_PATH = 256 };

/** One table of the root; `rows` has room for its zero row. */
struct keeper_root {
	struct wh_setting rows[KEEPER_ROOT_ROWS];
	unsigned n;
};

/** Joins the keeper's rows and those of `others` (NULL-ended); of two rows with one name the first stands. */
void keeper_root_join(struct keeper_root *root, const struct wh_setting *const *others);

struct keeper_settings {
	char state[KEEPER_PATH];
	bool drop;		/* children become uid and gid */
	uid_t uid;
	gid_t gid;
	bool shares_control;	/* the control socket is for this group as well */
	gid_t control_gid;
	unsigned edges;
	int64_t stop_ms, drain_ms, healthy_ms;
	size_t ring_size;
	char plugin_paths[KEEPER_PLUGIN_PATHS][KEEPER_PATH];
	unsigned n_plugin_paths;
};

/** Copies the settings out, and checks what tables cannot say. `privileged`: we run as root. */
void keeper_settings_read(struct keeper_settings *settings_out, const struct wh_conf *root, bool privileged, struct wh_conf_errors *errors);

#endif
