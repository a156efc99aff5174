/* The inside of a snapshot, for the two files that make one: conf_snapshot.c and conf_include.c. */
#ifndef WHIPLY_BASE_CONF_SNAPSHOT_BUILD_H
#define WHIPLY_BASE_CONF_SNAPSHOT_BUILD_H

#include "base/conf_snapshot.h"

/** From expanded line `first` on, up to the next run: lines of `file`, beginning with `line`. */
struct snapshot_run {
	uint32_t first, file, line;
};

struct snapshot_kept {
	char *name;		/* owned, as are the bytes */
	size_t name_n;
	char *bytes;
	size_t n;
};

struct wh_snapshot {
	struct wh_buf text;
	uint32_t lines;			/* whole lines in `text` */
	char **files;			/* owned names */
	size_t n_files;
	struct snapshot_run *runs;
	size_t n_runs;
	struct snapshot_kept *kept;
	size_t n_kept;
	struct wh_buf overlay;
	char *overlay_file;		/* owned; NULL: there was never one */
};

struct wh_snapshot *snapshot_new(void);

/** Adds a file's name and gives its number. WH_EFULL, WH_ENOMEM. */
enum wh_err snapshot_file(struct wh_snapshot *s, struct wh_str name, uint32_t *file_out);

/** Appends whole lines of a file, of which the first is `line`. `lines` ends in a newline, or one is added. */
enum wh_err snapshot_lines(struct wh_snapshot *s, uint32_t file, uint32_t line, struct wh_str lines);

#endif
