/* Values that are files: `@PATH` in the place of an object or a list is what the file says, or, of a folder, an object of the names and texts of
 * its files. Used by arguments.c. */
#ifndef WHIPLY_CTL_FILES_H
#define WHIPLY_CTL_FILES_H

#include "base/buf.h"

enum { FILES_BYTES = 4 << 20, FILES_MOST = 256 };

/** Appends the JSON to `json`. Hidden files and folders in the folder are left out. WH_EINVAL, and why. */
enum wh_err files_read(struct wh_str path, struct wh_buf *json, struct wh_buf *why);

#endif
