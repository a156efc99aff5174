/* Checked settings: a config's text against tables of struct wh_setting. libconfig reads the text; everything that it
 * is too lax about (integers that do not fit, names given twice, depth) is found by conf_scan.c before.
 * Used by the keeper for all of it, by each process for its own part, by the plugin host for each plugin's group.
 * A wh_conf owns copies of all that it hands out, and is freed as a whole; see whiply/conf.h for reading it.
 * The snapshot's overlay is read over its text: each setting is looked for there first. Groups are joined, lists taken whole, and a plugin is
 * named when the overlay enables it, or the text names it and the overlay does not disable it. */
#ifndef WHIPLY_BASE_CONF_H
#define WHIPLY_BASE_CONF_H

#include <whiply/conf.h>

#include "base/conf_errors.h"
#include "base/conf_snapshot.h"

/** A snapshot's text, parsed, not yet checked. */
struct wh_conf_file;

/* The `choices` of a WH_STRING that names a file which the keeper reads on behalf of processes that may not: its bytes are
 * kept in the snapshot under that name (wh_snapshot_kept). Core tables only. */
#define WH_CONF_FILE "file"

enum wh_conf_flag {
	/* Keys that the tables do not know, at any depth, are somebody else's: pass them by. What a process does with the
	 * root, of which it knows a part; the keeper has checked all of it. */
	WH_CONF_PART = 1,
	/* As the config file says: without the overlay. */
	WH_CONF_UNCHANGED = 2,
};

/** Where a value comes from. */
enum wh_conf_from {
	WH_CONF_DEFAULT,
	WH_CONF_FILE_SAYS,
	WH_CONF_CHANGED,	/* the overlay */
};

/** Parses. The snapshot is borrowed, and must outlive the file. WH_ESYNTAX: `errors` says where; WH_ENOMEM. */
enum wh_err wh_conf_file_open(const struct wh_snapshot *s, struct wh_conf_errors *errors, struct wh_conf_file **file_out);
void wh_conf_file_free(struct wh_conf_file **file);

/** Checks the group at `path` ("" is the root, else "plugins.relay") against `table` and adds every error to `errors`. A
 * group that the file does not have is an empty one. Names may have '.' only as the separator of `path`.
 * WH_OK: *conf_out is the caller's, and lives on without file and snapshot; but the table is borrowed and must
 * outlive it. WH_EINVAL: something was wrong, *conf_out is NULL. WH_ENOMEM. */
enum wh_err wh_conf_check(const struct wh_conf_file *file, const char *path, const struct wh_setting *table, unsigned flags,
	struct wh_conf_errors *errors, struct wh_conf **conf_out);

/** The three steps in one: a snapshot's whole text against a table of the root. */
enum wh_err wh_conf_of_snapshot(const struct wh_snapshot *s, const struct wh_setting *table, unsigned flags,
	struct wh_conf_errors *errors, struct wh_conf **conf_out);

/** For tests: the text of a group against its table. */
enum wh_err wh_conf_of_text(const char *text, const struct wh_setting *table, struct wh_conf_errors *errors, struct wh_conf **conf_out);

/** Frees a root that wh_conf_check made, and all groups below it. */
void wh_conf_free(struct wh_conf **conf);

/** Is it written in the file, or only a default? For WH_TABLE, wh_conf_count says the same: 1 or 0. */
bool wh_conf_given(const struct wh_conf *c, const char *key);

/** Does the group's table have such a row, of any type? */
bool wh_conf_declared(const struct wh_conf *c, const char *key);

/** Where the value comes from, with file and line unless it is the default. A group is WH_CONF_CHANGED only when nothing but the overlay has it. */
enum wh_conf_from wh_conf_where(const struct wh_conf *c, const char *key, const char **file_out, unsigned *line_out);

/** Does the overlay have something at this path, such as "plugins.relay"? */
bool wh_conf_file_changes(const struct wh_conf_file *file, const char *path);

/** Does the overlay's list `enable` or `disable` have this plugin? */
const char *wh_conf_file_listed(const struct wh_conf_file *file, const char *list, unsigned i);	/* the i-th, or NULL */
bool wh_conf_file_lists(const struct wh_conf_file *file, const char *list, struct wh_str plugin);

/** Adds an error for each line of the config file that the overlay hides: the operator should know of them. */
void wh_conf_file_hidden(const struct wh_conf_file *file, struct wh_conf_errors *to);

/** Adds an error at the place of `key` (of the group itself, if `key` is NULL): for rules that no table can say. */
void wh_conf_blame(const struct wh_conf *c, const char *key, struct wh_conf_errors *errors, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Values with units, as written between the quotes. All: WH_OK, WH_ESYNTAX, or WH_ETOOBIG when it does not fit. */

/** "64KiB", "10MB", "512" or "512B": bytes. Units: B, kB KB, MB, GB, KiB, MiB, GiB. */
enum wh_err wh_conf_parse_size(struct wh_str text, int64_t *bytes_out);

/** "250ms", "30s", "5m", "2h", "7d", "0": milliseconds. */
enum wh_err wh_conf_parse_duration(struct wh_str text, int64_t *ms_out);

/** "10/s", "100/m burst 20"; /s /m /h /d. Without a burst it is the count. */
enum wh_err wh_conf_parse_rate(struct wh_str text, struct wh_rate *rate_out);

/* The way back: the shortest text that reads as the value. */
void wh_conf_put_size(struct wh_buf *to, int64_t bytes);
void wh_conf_put_duration(struct wh_buf *to, int64_t ms);
void wh_conf_put_rate(struct wh_buf *to, struct wh_rate rate);

#endif
