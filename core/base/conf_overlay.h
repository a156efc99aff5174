/* The overlay as something to change: what the hub does when an administrator asks, and the keeper when it leaves out what is wrong.
 * Its text is that of a config with `plugins`, `enable` and `disable`, one setting a line. Paths are names with '.' between, such as
 * "plugins.chat.text"; what they mean is for conf.h to say, with the table. */
#ifndef WHIPLY_BASE_CONF_OVERLAY_H
#define WHIPLY_BASE_CONF_OVERLAY_H

#include <whiply/json.h>

#include "base/buf.h"

struct wh_overlay;

/** From a text, empty or as wh_overlay_write wrote it. WH_ESYNTAX: it is none; WH_ENOMEM. */
enum wh_err wh_overlay_open(struct wh_str text, struct wh_overlay **overlay_out);
void wh_overlay_free(struct wh_overlay **overlay);

/** Sets what stands at the path, and the groups on the way. A value becomes what a config would have for it, whether that suits the setting or not.
 * WH_EINVAL: the path is none, or the value cannot stand in a config, such as null or a text with a NUL; WH_ENOMEM. */
enum wh_err wh_overlay_set(struct wh_overlay *overlay, const char *path, const struct wh_value *value);

/** Removes what stands there, and groups that are empty then. False: there was nothing. */
bool wh_overlay_unset(struct wh_overlay *overlay, const char *path);

enum wh_overlay_plugin {
	WH_OVERLAY_AS_FILE,
	WH_OVERLAY_ENABLED,
	WH_OVERLAY_DISABLED,
};

/** WH_ENOMEM. */
enum wh_err wh_overlay_plugin(struct wh_overlay *overlay, struct wh_str plugin, enum wh_overlay_plugin what);

/** Removes what begins in this line of the text that it was opened with. False: nothing does. */
bool wh_overlay_drop(struct wh_overlay *overlay, unsigned line);

/** Appends the text; nothing at all when the overlay is empty. */
void wh_overlay_write(const struct wh_overlay *overlay, struct wh_buf *to);

#endif
