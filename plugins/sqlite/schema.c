/* Schemas: each plugin's version in whiply_schema, its migrations, and whether its statements are what their rows say. */
#include <stdio.h>

#include "sqlite.h"

const char *
statement_sql(const struct wh_statement *s)
{
	return s->sqlite != NULL ? s->sqlite : s->sql;
}

enum wh_err
schema_begin(struct store_conn *conn, char why_out[static STORE_WHY])
{
	if (sqlite3_exec(conn->db, "CREATE TABLE IF NOT EXISTS whiply_schema (plugin TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
		NULL, NULL, NULL) == SQLITE_OK)
		return WH_OK;
	snprintf(why_out, STORE_WHY, "%s", sqlite3_errmsg(conn->db));
	return WH_EIO;
}

static int
schema_version(struct store_conn *conn, const char *name, int64_t *version_out)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(conn->db, "SELECT version FROM whiply_schema WHERE plugin = ?1", -1, &s, NULL);

	*version_out = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(s);
		if (rc == SQLITE_ROW)
			*version_out = sqlite3_column_int64(s, 0);
		rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
	}
	sqlite3_finalize(s);
	return rc;
}

/* One step and its number, both or none. */
static int
schema_migrate(struct store_conn *conn, const char *name, int64_t to, const char *sql)
{
	char set[256];
	int rc = sqlite3_exec(conn->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	snprintf(set, sizeof set, "INSERT INTO whiply_schema VALUES ('%s', %lld) ON CONFLICT (plugin) DO UPDATE SET version = excluded.version",
	    name, (long long)to);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(conn->db, set, NULL, NULL, NULL);
	return rc == SQLITE_OK ? sqlite3_exec(conn->db, "COMMIT", NULL, NULL, NULL) : rc;
}

static const char *
migration_sql(const struct wh_migration *m)
{
	return m->sqlite != NULL ? m->sqlite : m->sql;
}

static bool
letters_ok(const char *letters)
{
	return letters == NULL || (strspn(letters, "intbINTB") == strlen(letters) && strlen(letters) <= WH_STORE_COLUMNS);
}

/* They are $1 to $n, in whatever order. */
static bool
parameters_ok(sqlite3_stmt *s)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
		char name[16];

		snprintf(name, sizeof name, "$%d", i);
		if (sqlite3_bind_parameter_index(s, name) == 0)
			return false;
	}
	return true;
}

static enum wh_err
statement_check(struct store_conn *conn, const struct wh_statement *row, char why_out[static STORE_WHY])
{
	size_t takes = row->takes != NULL ? strlen(row->takes) : 0, gives = row->gives != NULL ? strlen(row->gives) : 0;
	sqlite3_stmt *s = NULL;
	const char *bad = NULL, *tail = NULL;

	if (statement_sql(row) == NULL || sqlite3_prepare_v2(conn->db, statement_sql(row), -1, &s, &tail) != SQLITE_OK || s == NULL)
		bad = statement_sql(row) == NULL ? "it has no SQL" : sqlite3_errmsg(conn->db);
	else if (tail != NULL && tail[strspn(tail, " \t\r\n;")] != '\0')
		bad = "it is more than one";
	else if (!letters_ok(row->takes) || !letters_ok(row->gives))
		bad = "its letters are not of i n t b";
	else if ((size_t)sqlite3_bind_parameter_count(s) != takes)
		bad = "it takes another number of parameters than it says";
	else if (!parameters_ok(s))
		bad = "its parameters have to be $1, $2, …, and none left out";
	else if ((size_t)sqlite3_column_count(s) != gives)
		bad = "it gives another number of columns than it says";
	else if ((sqlite3_stmt_readonly(s) == 0) != row->writes)
		bad = row->writes ? "it says that it writes, and only reads" : "it writes, and does not say so";
	if (bad != NULL)
		snprintf(why_out, STORE_WHY, "the statement %s: %s", row->name != NULL ? row->name : "?", bad);
	sqlite3_finalize(s);
	return bad == NULL ? WH_OK : WH_EINVAL;
}

static bool
schema_name_ok(const char *name)
{
	size_t n = name != NULL ? strlen(name) : 0;

	return n > 0 && n < 64 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

enum wh_err
schema_open(struct store *store, const struct wh_schema *schema, char why_out[static STORE_WHY])
{
	struct store_conn *conn = &store->conns[STORE_NOW];
	int64_t version, newest = 0;
	int rc;

	if (!schema_name_ok(schema->name)) {
		snprintf(why_out, STORE_WHY, "a schema needs its plugin's name");
		return WH_EINVAL;
	}
	while (schema->migrations != NULL && migration_sql(&schema->migrations[newest]) != NULL)
		newest++;
	rc = schema_version(conn, schema->name, &version);
	if (rc == SQLITE_OK && version > newest) {
		snprintf(why_out, STORE_WHY, "the database has version %lld of what %s keeps, and this program knows %lld: install the newer program "
		    "again, or restore a backup from before", (long long)version, schema->name, (long long)newest);
		return WH_EVERSION;
	}
	for (int64_t at = version; at < newest && rc == SQLITE_OK; at++)
		rc = schema_migrate(conn, schema->name, at + 1, migration_sql(&schema->migrations[at]));
	if (rc != SQLITE_OK) {
		snprintf(why_out, STORE_WHY, "%s: %s", schema->name, sqlite3_errmsg(conn->db));
		if (sqlite3_get_autocommit(conn->db) == 0)
			sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
		return WH_EIO;
	}
	for (const struct wh_statement *row = schema->statements; row != NULL && statement_sql(row) != NULL; row++) {
		if (row - schema->statements >= STORE_STATEMENTS) {
			snprintf(why_out, STORE_WHY, "%s has more than %d statements", schema->name, STORE_STATEMENTS);
			return WH_EINVAL;
		}
		if (statement_check(conn, row, why_out) != WH_OK)
			return WH_EINVAL;
	}
	return WH_OK;
}
