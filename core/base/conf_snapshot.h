/* The config as it was read at one moment: the main file with every @include expanded, a map from each expanded line to its
 * file and line, and the bytes of files that the config names (certificates, keys). The keeper reads one, checks it, and
 * hands it to every child as a sealed memfd, so that all of them run by the same words and need no right to read files.
 * Beside the text there may be an overlay: what administrators changed, which is read over it (conf.h says how).
 * Lines that belong to no file do not exist: every line of the text has an origin. */
#ifndef WHIPLY_BASE_CONF_SNAPSHOT_H
#define WHIPLY_BASE_CONF_SNAPSHOT_H

#include "base/conf_errors.h"

enum {
	WH_SNAPSHOT_DEPTH = 8,			/* @include within @include */
	WH_SNAPSHOT_FILES = 256,		/* files in all */
	WH_SNAPSHOT_TEXT = 4 << 20,		/* bytes of expanded text */
	WH_SNAPSHOT_BLOB = 1 << 20,		/* bytes of one named file */
	WH_SNAPSHOT_OVERLAY = 48 << 10,		/* bytes of the overlay: it fits in a message of the control channel */
	WH_SNAPSHOT_BYTES = 64 << 20,		/* bytes of a whole sealed snapshot */
};

struct wh_snapshot;

/** Reads `path` and what it includes. `@include "x"` stands alone on a line; x is relative to the folder of the file that
 * says so, and may have * ? [ in its last part: the files are then taken in the order of their names, and none is fine.
 * On an error *snapshot_out is NULL and `errors` says why: WH_ESYNTAX for what a file says, WH_ENOENT, WH_EIO, WH_ENOMEM. */
enum wh_err wh_snapshot_read(const char *path, struct wh_conf_errors *errors, struct wh_snapshot **snapshot_out);

/** A snapshot of this text alone, which is said to be `file`; @include in it is an error. */
enum wh_err wh_snapshot_from_text(const char *file, struct wh_str text, struct wh_conf_errors *errors,
	struct wh_snapshot **snapshot_out);

/** The expanded text; NUL-terminated behind its end, and without a NUL inside. */
struct wh_str wh_snapshot_text(const struct wh_snapshot *s);

/** Where line `line` (from 1) of the expanded text came from. A line past the end is the last one. */
void wh_snapshot_where(const struct wh_snapshot *s, unsigned line, const char **file_out, unsigned *line_out);

/** Sets the overlay; `file` is where it is kept, for errors. An empty text: there is none. WH_ETOOBIG, WH_ENOMEM. */
enum wh_err wh_snapshot_set_overlay(struct wh_snapshot *s, const char *file, struct wh_str text);

/** The overlay's text, empty when there is none, and its file. */
struct wh_str wh_snapshot_overlay(const struct wh_snapshot *s);
const char *wh_snapshot_overlay_file(const struct wh_snapshot *s);

/** Keeps a copy of a file's bytes under the name that the config calls it by; a name that is there already is replaced. */
enum wh_err wh_snapshot_keep(struct wh_snapshot *s, struct wh_str name, struct wh_str bytes);

/** The bytes that were kept under this name; borrowed. */
bool wh_snapshot_kept(const struct wh_snapshot *s, struct wh_str name, struct wh_str *bytes_out);

/** A sealed memfd with the snapshot; with or without the kept files (those are secrets: edges alone get them). -1: errno. */
int wh_snapshot_seal(const struct wh_snapshot *s, bool with_kept);

/** Another with all that is in this one. */
enum wh_err wh_snapshot_copy(const struct wh_snapshot *s, struct wh_snapshot **copy_out);

/** Reads back what wh_snapshot_seal made. Does not take the descriptor. WH_ESYNTAX, WH_EINVAL (not sealed), WH_ENOMEM. */
enum wh_err wh_snapshot_open(int fd, struct wh_snapshot **snapshot_out);

/** The same from bytes. */
enum wh_err wh_snapshot_decode(struct wh_str bytes, struct wh_snapshot **snapshot_out);

/** Wipes the kept files and frees. */
void wh_snapshot_free(struct wh_snapshot **s);

#endif
