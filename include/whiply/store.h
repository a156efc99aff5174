/* The store: a database behind a service, so that a plugin knows no driver. A plugin declares its schema as two tables, migrations and
 * statements, opens them with wh_store_open, and then runs steps: calls return at once, the work is done on the job threads, and what
 * came of it is handed to `done` on the hub's thread. Name "store" in the plugin's `needs`.
 *
 * Rules of every driver:
 *  1. All steps of one call happen or none does. Reads of one call see one moment.
 *  2. Writes happen in the order in which they were asked for. `done` with WH_OK comes after the commit is on the disk.
 *  3. `done` is called exactly once for each call that was accepted, unless the plugin closed its schema before. It may run further calls.
 *  4. Whoever was told WH_OK finds what was written, whatever dies. Who was told an error: nothing of it happened. Who was told nothing,
 *     because the hub died, may find it or not: a nonce under a unique key makes the retry harmless. */
#ifndef WHIPLY_STORE_H
#define WHIPLY_STORE_H

#include <whiply/host.h>

enum { WH_STORE_VERSION = 1 };

/** Bounds of one call. */
enum {
	WH_STORE_STEPS = 64,
	WH_STORE_COLUMNS = 32,		/**< also parameters of a statement */
	WH_STORE_ROWS = 100000,		/**< of a result; say LIMIT. More: WH_ETOOBIG */
	WH_STORE_BYTES = 16 << 20,	/**< of a result (where a number counts as 8), and of the parameters. More: WH_ETOOBIG */
};

/** One step of a schema's growth. What has landed in a release never changes; a new row is added behind it. The schema's version is
 * the number of rows that were applied. Portable SQL, one or more statements that end in `;`. A row with text for other drivers alone
 * only counts. Each row is applied in a transaction of its own: no BEGIN, COMMIT, PRAGMA or ATTACH. A foreign key can't be DEFERRED,
 * as calls of several plugins are committed together. */
struct wh_migration {
	const char *sql;
	const char *sqlite;		/**< instead of `sql` with that driver */
	const char *postgresql;
};

/** A named statement. Parameters are $1 to $32, each driver's own writing of them is not needed. */
struct wh_statement {
	const char *name;		/**< for logs and metrics: "account_by_name" */
	const char *sql;
	const char *takes;		/**< a letter for each parameter: i integer, n number, t text, b bytes; upper case: may be NULL */
	const char *gives;		/**< a letter for each column, likewise; NULL: gives no rows */
	bool writes;
	const char *sqlite;		/**< instead of `sql` with that driver */
	const char *postgresql;
};

/** What a plugin keeps. Tables are the plugin's own: name them with the plugin's name in front (auth_account); SQL that changes others is
 * refused. The arrays end in a zero row; a statement's number is its place. Nothing of it is needed after the schema was closed. */
struct wh_schema {
	const char *name;		/**< the plugin's */
	const struct wh_migration *migrations;
	const struct wh_statement *statements;
};

enum wh_cell_type { WH_C_NULL, WH_C_INT, WH_C_NUM, WH_C_TEXT, WH_C_BYTES };

/** A parameter, or one value of a row. */
struct wh_cell {
	enum wh_cell_type type;
	union {
		int64_t i;
		double d;
		struct wh_str s;
	};
};

#define WH_CELL_NULL ((struct wh_cell){ .type = WH_C_NULL })
#define WH_CELL_INT(n) ((struct wh_cell){ .type = WH_C_INT, .i = (n) })
#define WH_CELL_NUM(x) ((struct wh_cell){ .type = WH_C_NUM, .d = (x) })
#define WH_CELL_TEXT(str) ((struct wh_cell){ .type = WH_C_TEXT, .s = (str) })
#define WH_CELL_BYTES(str) ((struct wh_cell){ .type = WH_C_BYTES, .s = (str) })

/** How many rows a step has to change or to give; otherwise the whole call is undone with WH_ESTATE, and `step` says where. */
enum wh_expect { WH_ANY, WH_ONE, WH_SOME, WH_NONE };

struct wh_step {
	unsigned statement;
	const struct wh_cell *params;	/**< copied before the call returns */
	size_t n;
	enum wh_expect expect;
};

/** What one step gave. Cells stand row by row. */
struct wh_rows {
	size_t n;			/**< rows */
	size_t columns;
	const struct wh_cell *cells;
	int64_t changed;		/**< rows that a write changed */
};

/** What a call came to. Borrowed: good until `done` returns.
 *  WH_EEXIST: a unique key stands in the way. WH_EINVAL: a value that the schema forbids (NOT NULL, CHECK, a foreign key). WH_ESTATE: an
 *  expectation was not met. WH_EAWAY: the store is read-only for now (the disk is full, or somebody else locks the database). WH_EIO: the
 *  database failed, or a value is of another type than the statement promises. WH_ETOOBIG: over the bounds. */
struct wh_result {
	enum wh_err err;
	unsigned step;			/**< the step that failed, counted from 0 */
	struct wh_str why;		/**< for the log, never for a client */
	const struct wh_rows *rows;	/**< one for each step; NULL unless WH_OK */
	size_t n;
};

typedef void wh_store_done(void *self, uint64_t cookie, const struct wh_result *result);

struct wh_store;
struct wh_db;

/** The service's table. `store` is the self that wh_service_find gives. */
struct wh_store_ops {
	enum wh_err (*open)(struct wh_store *store, const struct wh_host *host, const struct wh_schema *schema, void *self, struct wh_db **db_out);
	void (*close)(struct wh_db *db);
	enum wh_err (*run)(struct wh_db *db, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie);
	enum wh_err (*run_now)(struct wh_db *db, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie);
};

/** One plugin's part of the store. Zero it; wh_store_open fills it in. */
struct wh_table {
	const struct wh_store_ops *ops;
	struct wh_db *db;
};

/** Opens the schema: brings it to the newest version, prepares the statements. Blocks; called in the plugin's open. `self` is handed to
 * every `done`. WH_ENOENT: there is no store, or the plugin does not name it in `needs`. WH_EVERSION: the database is newer than this
 * plugin. WH_EINVAL: a statement is wrong. What went wrong stands in the log. */
static inline enum wh_err
wh_store_open(const struct wh_host *host, const struct wh_schema *schema, void *self, struct wh_table *table_out)
{
	void *store = NULL;
	const struct wh_store_ops *ops = wh_service_find(host, "store", WH_STORE_VERSION, &store);

	if (ops == NULL)
		return WH_ENOENT;
	table_out->ops = ops;
	return ops->open(store, host, schema, self, &table_out->db);
}

/** Ends it; called in the plugin's close. What was accepted is still written, but nobody is told. */
static inline void
wh_store_close(struct wh_table *table)
{
	if (table->db != NULL)
		table->ops->close(table->db);
	*table = (struct wh_table){ NULL, NULL };
}

/** Runs the steps. Any error that it returns means that nothing happens and `done` is not called: WH_EFULL, the queue is full: tell the
 * client to try again; WH_EAWAY, read-only; WH_ENOMEM; WH_ETOOBIG; WH_EINVAL: a step does not fit its statement, or a text is not UTF-8
 * or has a NUL in it. */
static inline enum wh_err
wh_store_run(const struct wh_table *table, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie)
{
	return table->ops->run(table->db, steps, n, done, cookie);
}

/** The same on the spot: `done` is called before it returns. It blocks, so it is for the plugin's open (and WH_ON_LOAD) alone. It does not
 * wait for calls of wh_store_run that are under way: do not mix the two. */
static inline enum wh_err
wh_store_run_now(const struct wh_table *table, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie)
{
	return table->ops->run_now(table->db, steps, n, done, cookie);
}

static inline const struct wh_cell *
wh_row_cell(const struct wh_rows *rows, size_t row, size_t column)
{
	return &rows->cells[row * rows->columns + column];
}

/** An integer of a row; NULL reads as 0. */
static inline int64_t
wh_row_int(const struct wh_rows *rows, size_t row, size_t column)
{
	const struct wh_cell *cell = wh_row_cell(rows, row, column);

	return cell->type == WH_C_INT ? cell->i : 0;
}

static inline double
wh_row_num(const struct wh_rows *rows, size_t row, size_t column)
{
	const struct wh_cell *cell = wh_row_cell(rows, row, column);

	return cell->type == WH_C_NUM ? cell->d : cell->type == WH_C_INT ? (double)cell->i : 0;
}

/** A text or bytes of a row; NULL reads as empty. */
static inline struct wh_str
wh_row_str(const struct wh_rows *rows, size_t row, size_t column)
{
	const struct wh_cell *cell = wh_row_cell(rows, row, column);

	return cell->type == WH_C_TEXT || cell->type == WH_C_BYTES ? cell->s : (struct wh_str){ NULL, 0 };
}

static inline bool
wh_row_null(const struct wh_rows *rows, size_t row, size_t column)
{
	return wh_row_cell(rows, row, column)->type == WH_C_NULL;
}

#endif
