/* What a job thread does: binds, steps, gathers rows, commits. It touches one connection and the calls of one batch, nothing else. */
#include <stdio.h>
#include <stdlib.h>

#include "sqlite.h"

enum wh_err
sqlite_err(int rc, bool *sick_out)
{
	*sick_out = false;
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return WH_OK;
	case SQLITE_CONSTRAINT:
		return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID ? WH_EEXIST : WH_EINVAL;
	case SQLITE_NOMEM:
		return WH_ENOMEM;
	case SQLITE_TOOBIG:
		return WH_ETOOBIG;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_PERM:
		*sick_out = true;
		return WH_EAWAY;
	default:
		return WH_EIO;
	}
}

/* Connections */

/* A file system that can't do it leaves the database in another mode and says nothing. */
static int
conn_check_wal(struct store_conn *conn)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(conn->db, "PRAGMA journal_mode", -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		rc = strcmp((const char *)sqlite3_column_text(s, 0), "wal") == 0 ? SQLITE_OK : SQLITE_NOLFS;
	sqlite3_finalize(s);
	return rc;
}

static int
conn_wal_grew(void *self, sqlite3 *db, const char *name, int pages)
{
	struct store_conn *conn = self;

	(void)db, (void)name;
	conn->wal_pages = pages;
	return SQLITE_OK;
}

static int
conn_pragmas(const struct store *store, struct store_conn *conn)
{
	char sql[640];
	int64_t page = 4096;

	snprintf(sql, sizeof sql,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = %s; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0;"
	    "PRAGMA cache_size = -%lld; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = %lld;%s",
	    store->set.full ? "FULL" : "NORMAL", (long long)(store->set.cache / 1024), (long long)store->set.wal_size,
	    conn->place >= STORE_FIRST_READER ? "PRAGMA query_only = ON;" : "");
	if (store->set.max_size != 0)
		snprintf(sql + strlen(sql), sizeof sql - strlen(sql), "PRAGMA max_page_count = %lld;",
		    (long long)((store->set.max_size + page - 1) / page));
	return sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
}

static int
conn_prepare_own(struct store_conn *conn)
{
	const struct {
		const char *sql;
		sqlite3_stmt **to;
	} own[] = {
		{ "BEGIN IMMEDIATE", &conn->begin_write }, { "BEGIN", &conn->begin_read }, { "COMMIT", &conn->commit },
		{ "SAVEPOINT call", &conn->save }, { "RELEASE call", &conn->release }, { "ROLLBACK TO call", &conn->undo },
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; i < sizeof own / sizeof own[0] && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(conn->db, own[i].sql, -1, SQLITE_PREPARE_PERSISTENT, own[i].to, NULL);
	return rc;
}

int
conn_open(struct store *store, unsigned place, bool create)
{
	struct store_conn *conn = &store->conns[place];
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0), rc;

	*conn = (struct store_conn){ .place = place };
	rc = sqlite3_open_v2(store->path, &conn->db, flags, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(conn->db, 1);
		sqlite3_busy_timeout(conn->db, (int)store->set.busy_ms);
		sqlite3_limit(conn->db, SQLITE_LIMIT_LENGTH, WH_STORE_BYTES + 4096);
		sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
		sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
		rc = conn_pragmas(store, conn);
	}
	if (rc == SQLITE_OK)
		rc = conn_check_wal(conn);
	if (rc == SQLITE_OK)
		rc = conn_prepare_own(conn);
	if (rc == SQLITE_OK)
		sqlite3_wal_hook(conn->db, conn_wal_grew, conn);
	return rc;
}

void
conn_close(struct store_conn *conn)
{
	sqlite3_stmt *const own[] = { conn->begin_write, conn->begin_read, conn->commit, conn->save, conn->release, conn->undo };

	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		sqlite3_finalize(own[i]);
	sqlite3_close_v2(conn->db);
	*conn = (struct store_conn){ .db = NULL };
}

static int
conn_do(sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);

	sqlite3_reset(statement);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static sqlite3_stmt *
conn_statement(struct store_conn *conn, struct wh_db *db, unsigned number, int *rc_out)
{
	sqlite3_stmt **of = db->prepared[conn->place];

	*rc_out = SQLITE_OK;
	if (of == NULL)
		of = db->prepared[conn->place] = calloc(db->n_statements, sizeof *of);
	if (of == NULL) {
		*rc_out = SQLITE_NOMEM;
		return NULL;
	}
	if (of[number] == NULL)
		*rc_out = sqlite3_prepare_v3(conn->db, db->statements[number].sql, -1, SQLITE_PREPARE_PERSISTENT, &of[number], NULL);
	return of[number];
}

void
db_unprepare(struct wh_db *db)
{
	for (unsigned i = 0; i < STORE_CONNS; i++) {
		for (unsigned j = 0; db->prepared[i] != NULL && j < db->n_statements; j++)
			sqlite3_finalize(db->prepared[i][j]);
		free(db->prepared[i]);
		db->prepared[i] = NULL;
	}
}

/* Rows. While they are gathered a text is an offset into `bytes`, which moves as it grows. */

/* A number counts as 8 bytes, as NULL does. */
static bool
gather_fits(const struct store_result *r, size_t more)
{
	return r->n_cells * sizeof(int64_t) + r->n_bytes + more <= WH_STORE_BYTES;
}

static int
gather_bytes(struct store_result *r, struct wh_cell *cell, const void *p, size_t n)
{
	if (p == NULL && n != 0)
		return SQLITE_NOMEM;
	if (!gather_fits(r, n))
		return SQLITE_TOOBIG;
	if (r->n_bytes + n > r->cap_bytes) {
		size_t cap = r->cap_bytes * 2 > r->n_bytes + n ? r->cap_bytes * 2 : r->n_bytes + n + 256;
		char *more = realloc(r->bytes, cap);

		if (more == NULL)
			return SQLITE_NOMEM;
		r->bytes = more;
		r->cap_bytes = cap;
	}
	if (n != 0)
		memcpy(r->bytes + r->n_bytes, p, n);
	cell->s.p = (const char *)(uintptr_t)r->n_bytes;
	cell->s.n = n;
	r->n_bytes += n;
	return SQLITE_OK;
}

static struct wh_cell *
gather_cell(struct store_result *r)
{
	if (r->n_cells == r->cap_cells) {
		size_t cap = r->cap_cells != 0 ? r->cap_cells * 2 : 32;
		struct wh_cell *more = realloc(r->cells, cap * sizeof *more);

		if (more == NULL)
			return NULL;
		r->cells = more;
		r->cap_cells = cap;
	}
	r->cells[r->n_cells] = (struct wh_cell){ .type = WH_C_NULL };
	return &r->cells[r->n_cells++];
}

/* Is the value of the type that the statement promises? An integer does where a number is promised; NULL always comes as NULL. */
static bool
gather_as_promised(int type, char letter)
{
	switch (letter) {
	case 'i':
		return type == SQLITE_INTEGER;
	case 'n':
		return type == SQLITE_FLOAT || type == SQLITE_INTEGER;
	case 't':
		return type == SQLITE_TEXT;
	default:
		return type == SQLITE_BLOB;
	}
}

static int
gather_value(struct store_result *r, struct wh_cell *cell, sqlite3_stmt *statement, int column, char letter)
{
	int type = sqlite3_column_type(statement, column);
	const void *p;

	if (type == SQLITE_NULL)
		return SQLITE_OK;
	if (!gather_as_promised(type, letter))
		return SQLITE_MISMATCH;
	if (letter == 'i' || letter == 'n') {
		*cell = letter == 'i' ? WH_CELL_INT(sqlite3_column_int64(statement, column)) : WH_CELL_NUM(sqlite3_column_double(statement, column));
		return SQLITE_OK;
	}
	p = letter == 't' ? (const void *)sqlite3_column_text(statement, column) : sqlite3_column_blob(statement, column);
	cell->type = letter == 't' ? WH_C_TEXT : WH_C_BYTES;
	return gather_bytes(r, cell, p, (size_t)sqlite3_column_bytes(statement, column));
}

static int
gather_row(struct store_result *r, sqlite3_stmt *statement, const char *gives)
{
	int rc = r->n_rows++ < WH_STORE_ROWS ? SQLITE_OK : SQLITE_TOOBIG;

	for (int i = 0; gives[i] != '\0' && rc == SQLITE_OK; i++) {
		struct wh_cell *cell = gather_cell(r);

		if (cell == NULL)
			return SQLITE_NOMEM;
		rc = gather_fits(r, 0) ? gather_value(r, cell, statement, i, (char)(gives[i] | 0x20)) : SQLITE_TOOBIG;
	}
	return rc;
}

/* The offsets become pointers. */
static void
gather_end(struct store_call *call)
{
	struct store_result *r = &call->result;
	size_t at = 0;

	for (size_t i = 0; i < r->n_cells; i++)
		if (r->cells[i].type == WH_C_TEXT || r->cells[i].type == WH_C_BYTES)
			r->cells[i].s.p = r->bytes + (uintptr_t)r->cells[i].s.p;
	for (size_t i = 0; i < call->n; i++) {
		r->rows[i].cells = r->cells != NULL ? r->cells + at : NULL;
		at += r->rows[i].n * r->rows[i].columns;
	}
	r->public.rows = r->rows;
	r->public.n = call->n;
}

/* Calls */

/* Where $n stands: most often at n. */
static int
parameter_at(sqlite3_stmt *statement, int n)
{
	const char *there = sqlite3_bind_parameter_name(statement, n);
	char name[16];

	snprintf(name, sizeof name, "$%d", n);
	return there != NULL && strcmp(there, name) == 0 ? n : sqlite3_bind_parameter_index(statement, name);
}

static int
step_bind(sqlite3_stmt *statement, const struct wh_step *step)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < step->n && rc == SQLITE_OK; i++) {
		const struct wh_cell *c = &step->params[i];
		int at = parameter_at(statement, (int)i + 1);

		switch (c->type) {
		case WH_C_NULL:
			rc = sqlite3_bind_null(statement, at);
			break;
		case WH_C_INT:
			rc = sqlite3_bind_int64(statement, at, c->i);
			break;
		case WH_C_NUM:
			rc = sqlite3_bind_double(statement, at, c->d);
			break;
		case WH_C_TEXT:
			rc = sqlite3_bind_text64(statement, at, c->s.p != NULL ? c->s.p : "", c->s.n, SQLITE_STATIC, SQLITE_UTF8);
			break;
		default:
			rc = sqlite3_bind_blob64(statement, at, c->s.p != NULL ? c->s.p : "", c->s.n, SQLITE_STATIC);
			break;
		}
	}
	return rc;
}

static bool
step_as_expected(enum wh_expect expect, int64_t n)
{
	return expect == WH_ANY || (expect == WH_ONE ? n == 1 : expect == WH_SOME ? n > 0 : n == 0);
}

static int
step_run(struct store_conn *conn, struct store_call *call, size_t at, bool *unmet_out)
{
	const struct wh_step *step = &call->steps[at];
	const struct wh_statement *row = &call->db->statements[step->statement];
	struct wh_rows *rows = &call->result.rows[at];
	int64_t changes = sqlite3_total_changes64(conn->db);
	sqlite3_stmt *statement;
	int rc;

	statement = conn_statement(conn, call->db, step->statement, &rc);
	if (rc == SQLITE_OK)
		rc = step_bind(statement, step);
	if (rc != SQLITE_OK)
		return rc;
	rows->columns = row->gives != NULL ? strlen(row->gives) : 0;
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		if (rows->columns == 0)
			continue;
		rc = gather_row(&call->result, statement, row->gives);
		if (rc != SQLITE_OK)
			break;
		rows->n++;
	}
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	if (rc != SQLITE_DONE)
		return rc;
	/* Triggers count too, and changes() is that of the last statement that changed something: the difference is what happened here. */
	rows->changed = row->writes ? sqlite3_total_changes64(conn->db) - changes : 0;
	if (row->writes && rows->changed > 0)
		rows->changed = sqlite3_changes64(conn->db);
	*unmet_out = !step_as_expected(step->expect, rows->columns != 0 ? (int64_t)rows->n : rows->changed);
	return SQLITE_OK;
}

static void
call_failed(struct store_call *call, size_t step, enum wh_err err, const char *why)
{
	struct store_result *r = &call->result;
	int rc = r->rc;

	store_result_free(r);
	r->rc = rc;
	r->public.err = err;
	r->public.step = (unsigned)step;
	snprintf(r->why, sizeof r->why, "%s", why);
	r->public.why = wh_str(r->why);
}

/* What of an error stands in the log: what we found ourselves SQLite does not know. */
static const char *
call_why(struct store_conn *conn, int rc, bool unmet)
{
	if (unmet)
		return "another number of rows than was expected";
	if (rc == SQLITE_TOOBIG)
		return "the result, or a value, is too big";
	if (rc == SQLITE_MISMATCH)
		return "a value is of another type than the statement promises";
	return rc == SQLITE_NOMEM ? "out of memory" : sqlite3_errmsg(conn->db);
}

/* SQLITE_OK, also for a call that is wrong by itself; else the database is sick. */
static int
call_run(struct store_conn *conn, struct store_call *call, bool in_transaction)
{
	const bool save = call->guarded && in_transaction;
	bool sick = false, unmet = false;
	enum wh_err err;
	size_t at = 0;
	int rc = SQLITE_OK;

	call->result.rows = calloc(call->n, sizeof *call->result.rows);
	if (call->result.rows == NULL) {
		call_failed(call, 0, WH_ENOMEM, "out of memory");
		return SQLITE_OK;
	}
	if (save)
		rc = conn_do(conn->save);
	while (rc == SQLITE_OK && !unmet && at < call->n) {
		rc = step_run(conn, call, at, &unmet);
		if (rc == SQLITE_OK && !unmet)
			at++;
	}
	if (rc == SQLITE_OK && !unmet) {
		gather_end(call);
		return save ? conn_do(conn->release) : SQLITE_OK;
	}
	call->result.rc = rc;
	err = rc != SQLITE_OK ? sqlite_err(rc, &sick) : WH_ESTATE;
	call_failed(call, at, err, call_why(conn, rc, unmet));
	if (sick || (in_transaction && sqlite3_get_autocommit(conn->db) != 0))
		return rc != SQLITE_OK ? rc : SQLITE_IOERR;
	if (save) {
		rc = conn_do(conn->undo);
		return rc == SQLITE_OK ? conn_do(conn->release) : rc;
	}
	return SQLITE_OK;
}

static size_t
call_weight(const struct store_call *call)
{
	return call->result.n_bytes + call->result.n_cells * sizeof(struct wh_cell);
}

/* One read, at one moment. */
static int
call_read(struct store_conn *conn, struct store_call *call)
{
	bool together = call->n > 1;
	int rc = together ? conn_do(conn->begin_read) : SQLITE_OK;

	if (rc != SQLITE_OK)
		call_failed(call, 0, WH_EIO, sqlite3_errmsg(conn->db));
	else
		rc = call_run(conn, call, false);
	/* Nobody hears of "read-only" from a read. */
	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
		call->result.public.err = WH_EIO;
	if (together && conn_do(conn->commit) != SQLITE_OK && sqlite3_get_autocommit(conn->db) == 0)
		sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* Reads that are sick are told so one by one: another may still work. */
static void
batch_read(struct store_batch *batch)
{
	size_t weight = 0;

	for (struct wh_list *l = batch->calls.next; l != &batch->calls && weight <= WH_STORE_BYTES; l = l->next) {
		struct store_call *call = WH_CONTAINER(l, struct store_call, link);
		int rc = call_read(batch->conn, call);

		batch->ran++;
		weight += call_weight(call);
		if (rc == SQLITE_OK || (batch->rc != SQLITE_OK && !sqlite_is_damage(rc)))
			continue;
		batch->rc = rc;
		snprintf(batch->why, sizeof batch->why, "%s", call->result.why);
	}
}

static void
batch_write(struct store_batch *batch)
{
	struct store_conn *conn = batch->conn;
	int rc = conn_do(conn->begin_write);
	size_t weight = 0;

	for (struct wh_list *l = batch->calls.next; l != &batch->calls && rc == SQLITE_OK && weight <= WH_STORE_BYTES; l = l->next) {
		struct store_call *call = WH_CONTAINER(l, struct store_call, link);

		rc = call_run(conn, call, true);
		batch->ran++;
		weight += call_weight(call);
	}
	if (rc == SQLITE_OK)
		rc = conn_do(conn->commit);
	if (rc == SQLITE_OK)
		return;
	batch->rc = rc;
	batch->ran = batch->n;
	snprintf(batch->why, sizeof batch->why, "%s", rc == SQLITE_NOMEM ? "out of memory" : sqlite3_errmsg(conn->db));
	if (sqlite3_get_autocommit(conn->db) == 0)
		sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
	for (struct wh_list *l = batch->calls.next; l != &batch->calls; l = l->next) {
		struct store_call *call = WH_CONTAINER(l, struct store_call, link);

		call->result.rc = rc;
		call_failed(call, 0, WH_EAWAY, batch->why);
	}
}

void
batch_run(struct store_batch *batch)
{
	struct store_conn *conn = batch->conn;

	if (batch->reads) {
		batch_read(batch);
		return;
	}
	if (batch->n != 0)
		batch_write(batch);
	for (unsigned i = 0; i < batch->n_between; i++)
		batch->between[i].run(conn, batch->between[i].self);
	if (conn->place == STORE_WRITER && conn->wal_pages > batch->wal_fold &&
	    sqlite3_wal_checkpoint_v2(conn->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) == SQLITE_OK)
		conn->wal_pages = 0;
}
