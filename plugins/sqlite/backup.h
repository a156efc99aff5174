/* Backups of the store: the chain of segments beside the writer (backup.c), and the commands store.backup, store.verify, store.restore
 * and store.segments (files.c). Between sqlite.c, which opens and closes it with the store, and chain.c and restore.c, which know no
 * host. */
#ifndef SQLITE_BACKUP_H
#define SQLITE_BACKUP_H

#include "sqlite.h"

struct backup;

/** Puts a restored database in place, if one waits. Called before the database is opened. WH_OK also when there is nothing to do. */
enum wh_err backup_place(struct store *store);

/** Begins the chain as the settings say; called once the database is open, before anything is written. */
enum wh_err backup_open(struct store *store, const struct wh_conf *conf);

/** The last cut. No job is under way; the writer is still open. */
void backup_close(struct store *store);

/** For store.status and /health/ready: a failing chain is told, but the server goes on. */
void backup_tell(struct store *store, struct wh_json *w);

/** The folder of segments with its whole path; NULL: there are none. */
const char *backup_folder(const struct store *store);

/** Jobs run on the real clock. */
int64_t backup_now(void);
void backup_json_time(struct wh_json *w, const char *key, int64_t ms);

/* Rows of sqlite.c's tables. */
enum wh_err backup_command_backup(void *self, struct wh_call *call);
enum wh_err backup_command_verify(void *self, struct wh_call *call);
enum wh_err backup_command_restore(void *self, struct wh_call *call);
enum wh_err backup_command_segments(void *self, struct wh_call *call);

extern const struct wh_field backup_fields_backup[], backup_fields_verify[], backup_fields_restore[], backup_fields_segments[];

#define BACKUP_SETTINGS \
	{ "segments", WH_STRING, .file_only = true, .def = "segments", .max = "512", .help = "folder of the change segments, in the plugin's state folder or with its whole path; empty: none" }, \
	{ "segment_every", WH_DURATION, .def = "10s", .min = "100ms", .max = "60s", .help = "how often what changed is written to a segment" }, \
	{ "base_every", WH_DURATION, .def = "1d", .min = "1m", .max = "31d", .help = "how often the segments begin anew with a copy of the whole database" }, \
	{ "keep", WH_DURATION, .def = "7d", .min = "1m", .max = "3650d", .help = "how long to keep what a moment of the past can be restored from" }, \
	{ "wal_max", WH_SIZE, .def = "256MiB", .min = "1MiB", .max = "64GiB", .help = "size of the WAL over which segments that can't be written are given up" }

#endif
