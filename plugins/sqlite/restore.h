/* Getting a database back: from a folder of generations up to a moment, or from a backup file; checking it; and putting it in place
 * when the store opens. All are functions on files and folders, which run on a job thread or before the database is open. The
 * database that is in place is never written to: it is moved aside, whole. */
#ifndef SQLITE_RESTORE_H
#define SQLITE_RESTORE_H

#include <sqlite3.h>

#include "disk.h"
#include "segment.h"

#define RESTORE_DB "restore.db"		/* built beside the database */
#define RESTORE_READY "restore.ready"	/* it is whole and checked; has the time that names the old one */
#define RESTORE_BASE "base.db"

/** A generation as its folder has it. `n` of its segments, from number 0, follow on each other; what comes behind a gap is no use. */
struct generation {
	uint64_t id;
	struct segment *segments;	/* [0] is the base; owned */
	size_t n;			/* 0: it has no base yet, or a damaged one */
	size_t beyond;			/* files that follow on a gap or a damaged one */
	uint64_t bytes;
};

/** Oldest first. */
struct generations {
	struct generation *of;
	size_t n;
};

/** Reads the headers of all of them. WH_ENOENT: there is no such folder. Free in any case. */
enum wh_err generations_read(const char *folder, struct generations *list_out, struct disk_why *why);
void generations_free(struct generations *list);

/** The newest moment that is not after `until`, as a generation and its segment. NULL: nothing is that old. INT64_MAX: the newest. */
const struct generation *generations_find(const struct generations *list, int64_t until_ms, size_t *segment_out);

struct restored {
	uint64_t generation;
	uint64_t number;
	int64_t at_ms;		/* all that was committed until then is there, and nothing later */
	uint64_t bytes;
};

/** Builds the database of that moment as a new file. A damaged base or segment fails it; `to` is then removed. */
enum wh_err restore_build(const char *folder, int64_t until_ms, const char *to, struct restored *restored_out, struct disk_why *why);

/** Checks each base and segment of each generation. The first thing that is wrong is named; `segments_out` counts the good ones. */
enum wh_err restore_prove(const char *folder, size_t *generations_out, size_t *segments_out, struct disk_why *why);

/** A copy of a database, its own log included, as one file without a log. It may be under load. WH_EEXIST: `to` is there already. It is
 * synced, and under its name only when it is whole and, with `check`, well. */
enum wh_err restore_copy(const char *from, const char *to, bool check, uint64_t *bytes_out, struct disk_why *why);

/** Copies all pages as one read transaction of `from` sees them. */
enum wh_err restore_copy_pages(sqlite3 *from, const char *to, struct disk_why *why);

enum { RESTORE_URI = DISK_PATH * 3 + 32 };

/** The path as SQLite's URI, in which what has a meaning there is escaped. A file that is not `live` is read as it is, without a log. */
bool restore_uri(const char *path, bool live, char uri[static RESTORE_URI]);

/** Runs SQLite's own checks on a file that nobody writes (or, `live`, on one under load). WH_ESTATE: it is damaged, and how. `quick`
 * leaves out the comparison of indexes with their tables. */
enum wh_err restore_check(const char *path, bool live, bool quick, struct disk_why *why);

/** Says that restore.db is whole: at the next start it takes the database's place. */
enum wh_err restore_announce(const char *folder, int64_t now_ms, struct disk_why *why);

/** If so, moves the old database to before-restore-TIME.db and the new one to its place. May be killed anywhere, and run again. `aside_out`
 * gets the old one's path, or "" when nothing was done. */
enum wh_err restore_place(const char *folder, const char *db_name, char aside_out[static DISK_PATH], struct disk_why *why);

#endif
