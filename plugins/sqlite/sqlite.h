/* plugins/sqlite: the store of include/whiply/store.h on one SQLite database. Between its files:
 *  sqlite.c  settings, opening and closing, commands, health
 *  schema.c  migrations, and the statements of a plugin
 *  call.c    one call: its steps and parameters by value
 *  run.c     what a job thread does with calls on one connection
 *  lane.c    queues, batches, readers, and the read-only state
 *  backup.c  segments, and files.c the commands of backups; with wal.c, segment.c, chain.c, generations.c and restore.c, which know no host
 * All queues live on the hub's thread. A connection belongs to the hub's thread while it is idle, and to one job while `busy`, so
 * there is no lock here. The chain of segments belongs to the writer's job and has one lock, for what the hub and the job that copies
 * a base see of it: chain.h says which. */
#ifndef PLUGIN_SQLITE_H
#define PLUGIN_SQLITE_H

#include <sqlite3.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum {
	STORE_READERS = 8,
	STORE_CONNS = STORE_READERS + 2,	/* the writer, the readers, and the one for run_now */
	STORE_STATEMENTS = 256,			/* of one schema */
	STORE_BETWEEN = 4,
	STORE_READ_BATCH = 16,			/* reads that one job does */
	STORE_WHY = 240,
	STORE_SMALL = 64 << 20,			/* a database up to this size is checked before it is used */
};

enum store_conn_place { STORE_WRITER, STORE_NOW, STORE_FIRST_READER };

struct backup;
struct store;

/** One connection to the database. */
struct store_conn {
	sqlite3 *db;			/* owned; NULL: not open */
	unsigned place;
	bool busy;			/* a job has it */
	sqlite3_stmt *begin_write, *begin_read, *commit, *save, *release, *undo;	/* owned */
	int wal_pages;			/* after the last commit */
};

/** What runs in the writer's job, with its connection, after a batch and before the WAL may be folded into the database. */
struct store_between {
	void (*run)(struct store_conn *writer, void *self);
	void *self;
};

struct wh_db {
	struct wh_list link;		/* in store.dbs */
	struct store *store;
	const struct wh_host *host;	/* the client's */
	void *self;			/* the client's */
	char *block;			/* owned: name and statements, copied: calls may outlive the client's code */
	const char *name;
	const struct wh_statement *statements;	/* their `sql` is ours */
	unsigned n_statements;
	sqlite3_stmt **prepared[STORE_CONNS];	/* owned: n_statements each, made when first used */
	unsigned calls;			/* under way */
	bool closed;			/* nobody is told; freed with its last call */
};

/** A result as a thread made it; freed by store_result_free. */
struct store_result {
	struct wh_result public;
	struct wh_rows *rows;
	struct wh_cell *cells;
	char *bytes;
	size_t n_rows, n_cells, cap_cells, n_bytes, cap_bytes;
	char why[STORE_WHY];
	int rc;				/* SQLite's, of what failed */
};

/** One call of wh_store_run. The steps, their parameters and the texts of those stand behind it in the same block. */
struct store_call {
	struct wh_list link;
	struct wh_db *db;
	wh_store_done *done;
	uint64_t cookie;
	int64_t asked_ms;
	bool writes, guarded;		/* guarded: to be undone as a whole */
	size_t bytes;			/* of this block */
	size_t n;
	struct wh_step *steps;
	struct store_result result;
};

/** What one job does. */
struct store_batch {
	struct store *store;
	struct store_conn *conn;
	struct wh_list calls;
	bool reads;
	unsigned n;
	unsigned ran;			/* the first so many were done; the others wait on: the results are big already */
	int rc;				/* of the whole batch: SQLITE_OK, or why nothing of it happened */
	char why[STORE_WHY];
	struct store_between between[STORE_BETWEEN];
	unsigned n_between;
	int wal_fold;			/* pages of WAL over which it is folded into the database */
};

/** How well the database is. */
enum store_state { STORE_WELL, STORE_SICK };

struct store {
	const struct wh_host *host;
	char path[512];
	struct store_conn conns[STORE_CONNS];
	unsigned n_readers;
	struct wh_list dbs;
	struct wh_list writes, reads;	/* calls that wait */
	unsigned n_writes, n_reads;
	size_t bytes[2];		/* of reads, and of writes, that wait or are under way */
	bool writing;
	bool telling;			/* callers hear what came of theirs; what they ask meanwhile is begun together */
	int64_t last_begin;		/* of a batch; now_ms */
	wh_id window, probe;		/* timers */
	struct store_between between[STORE_BETWEEN];
	unsigned n_between;
	enum store_state state;
	bool probing;
	bool damaged;			/* only a restore helps */
	bool suspect;			/* not ended in order, and not yet found well: the marker stays */
	bool checking;
	char why[STORE_WHY];		/* of STORE_SICK */
	struct backup *backup;		/* owned */
	int marker;			/* descriptor of the file that says that the database is open */
	struct {
		int64_t window_ms, probe_ms, busy_ms, max_size, cache, wal_size, queue_size;
		unsigned batch, queue, readers;
		bool full;
	} set;
};

/* schema.c */

/** Opens a plugin's schema on the connection `now`: version, migrations, statements. `why_out` gets a sentence. */
enum wh_err schema_open(struct store *store, const struct wh_schema *schema, char why_out[static STORE_WHY]);

/** Makes sure that the table of schemas is there. */
enum wh_err schema_begin(struct store_conn *conn, char why_out[static STORE_WHY]);

/** Copies the schema's name and statements into the wh_db. */
enum wh_err schema_copy(struct wh_db *db, const struct wh_schema *schema);

/* call.c */

/** A copy of the steps. WH_EINVAL: they do not fit their statements; WH_ETOOBIG; WH_ENOMEM. */
enum wh_err call_make(struct wh_db *db, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie, struct store_call **call_out);
void call_free(struct store_call *call);
void store_result_free(struct store_result *r);

/* run.c */

/** Opens the connection and sets it up. */
int conn_open(struct store *store, unsigned place, bool create);
void conn_close(struct store_conn *conn);

/** Runs what the batch has, in one transaction if it is the writer's. On a job thread. */
void batch_run(struct store_batch *batch);

/** The statements of a closed schema are given up; only while no job has a connection. */
void db_unprepare(struct wh_db *db);

/** What an error of SQLite's means to a caller; `sick_out`: it is the database that is unwell, not the call that is wrong. */
enum wh_err sqlite_err(int rc, bool *sick_out);

static inline bool
sqlite_is_damage(int rc)
{
	return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

/* lane.c */
enum wh_err lane_run(struct wh_db *db, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie);
enum wh_err lane_run_now(struct wh_db *db, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie);

/** The schema's owner closes it. */
void lane_close_db(struct wh_db *db);

/** Starts what may be started. */
void lane_go(struct store *store);
void lane_sick(struct store *store, const char *why);

/** Gives the writer a turn though nothing waits, if it is idle: for what runs between batches. */
void lane_poke(struct store *store);

/** Writes what waits, and frees the schemas. No job is under way any more. */
void lane_finish(struct store *store);

/** Adds what runs between batches; at open only. */
void lane_between(struct store *store, void (*run)(struct store_conn *writer, void *self), void *self);

extern const struct wh_metric store_metrics[];
enum store_metric { M_COMMITS, M_CALLS, M_GROUP, M_WRITE, M_READ, M_REFUSED, M_WAITING, M_READ_ONLY, M_FILE, M_WAL, M_SEGMENTS,
	M_SEGMENT_BYTES, M_SEGMENT_AGE, M_SEGMENT_FAILURES, M_SEGMENT_CUT, M_FOLD };

#endif
