/* Schemas: each plugin's version in whiply_schema, its migrations, and whether its statements are what their rows say. */
#include <stdio.h>

#include "sqlite.h"

/* What a plugin's SQL may touch while it is prepared: its own tables, and no transaction. */
struct guard {
	sqlite3 *db;
	char prefix[72];
	char why[184];			/* what it was denied */
};

static const char *
statement_sql(const struct wh_statement *s)
{
	return s->sqlite != NULL ? s->sqlite : s->sql;
}

static bool
statement_is_last(const struct wh_statement *s)
{
	return s->name == NULL && s->sql == NULL && s->sqlite == NULL && s->postgresql == NULL;
}

static bool
migration_is_last(const struct wh_migration *m)
{
	return m->sql == NULL && m->sqlite == NULL && m->postgresql == NULL;
}

/* The table that the action changes, or NULL. */
static const char *
guard_table(int action, const char *first, const char *second)
{
	switch (action) {
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
	case SQLITE_CREATE_TABLE:
	case SQLITE_DROP_TABLE:
	case SQLITE_CREATE_VTABLE:
	case SQLITE_DROP_VTABLE:
	case SQLITE_CREATE_VIEW:
	case SQLITE_DROP_VIEW:
		return first;
	case SQLITE_CREATE_INDEX:
	case SQLITE_DROP_INDEX:
	case SQLITE_CREATE_TRIGGER:
	case SQLITE_DROP_TRIGGER:
	case SQLITE_ALTER_TABLE:
		return second;
	default:
		return NULL;
	}
}

static int
guard_asks(void *self, int action, const char *first, const char *second, const char *database, const char *within)
{
	struct guard *guard = self;
	const char *table = guard_table(action, first, second);

	(void)database, (void)within;
	switch (action) {
	case SQLITE_PRAGMA:
		/* ALTER TABLE and FTS5 ask for these themselves; both only read. */
		if (strcmp(first, "quick_check") == 0 || strcmp(first, "data_version") == 0)
			return SQLITE_OK;
		snprintf(guard->why, sizeof guard->why, "it has a PRAGMA");
		return SQLITE_DENY;
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		snprintf(guard->why, sizeof guard->why, "it has a statement about transactions or other databases");
		return SQLITE_DENY;
	default:
		break;
	}
	if (table == NULL || strncmp(table, guard->prefix, strlen(guard->prefix)) == 0 || strncmp(table, "sqlite_", 7) == 0)
		return SQLITE_OK;
	snprintf(guard->why, sizeof guard->why, "it changes %.64s, and its own tables begin with %.71s", table, guard->prefix);
	return SQLITE_DENY;
}

static void
guard_begin(struct guard *guard, sqlite3 *db, const char *name)
{
	*guard = (struct guard){ .db = db };
	snprintf(guard->prefix, sizeof guard->prefix, "%s_", name);
	for (char *c = guard->prefix; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
	sqlite3_set_authorizer(db, guard_asks, guard);
}

static void
guard_end(struct guard *guard)
{
	sqlite3_set_authorizer(guard->db, NULL, NULL);
}

/* What was wrong: what the guard denied, or what SQLite says. */
static const char *
guard_why(const struct guard *guard)
{
	return guard->why[0] != '\0' ? guard->why : sqlite3_errmsg(guard->db);
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

/* One step and its number, both or none. `sql` NULL: it is for other drivers. */
static int
schema_migrate(struct store_conn *conn, const char *name, int64_t to, const char *sql, char why_out[static STORE_WHY])
{
	struct guard guard;
	char set[256];
	int rc = sqlite3_exec(conn->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	snprintf(set, sizeof set, "INSERT INTO whiply_schema VALUES ('%s', %lld) ON CONFLICT (plugin) DO UPDATE SET version = excluded.version",
	    name, (long long)to);
	if (rc == SQLITE_OK && sql != NULL) {
		guard_begin(&guard, conn->db, name);
		rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
		guard_end(&guard);
		if (rc != SQLITE_OK)
			snprintf(why_out, STORE_WHY, "migration %lld of %s: %s", (long long)to, name, guard_why(&guard));
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(conn->db, set, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(conn->db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK && why_out[0] == '\0')
		snprintf(why_out, STORE_WHY, "migration %lld of %s: %s", (long long)to, name, sqlite3_errmsg(conn->db));
	return rc;
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
statement_check(struct store_conn *conn, const char *schema, const struct wh_statement *row, char why_out[static STORE_WHY])
{
	struct guard guard;
	size_t takes = row->takes != NULL ? strlen(row->takes) : 0, gives = row->gives != NULL ? strlen(row->gives) : 0;
	sqlite3_stmt *s = NULL;
	const char *bad = NULL, *tail = NULL;

	guard_begin(&guard, conn->db, schema);
	if (row->name == NULL)
		bad = "it has no name";
	else if (statement_sql(row) == NULL)
		bad = "it has no SQL for this driver";
	else if (sqlite3_prepare_v2(conn->db, statement_sql(row), -1, &s, &tail) != SQLITE_OK)
		bad = guard_why(&guard);
	else if (s == NULL)
		bad = "it is empty";
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
	guard_end(&guard);
	return bad == NULL ? WH_OK : WH_EINVAL;
}

/* A violation that is found at COMMIT would undo the calls of others, which were committed with it. */
static bool
migrations_ok(const struct wh_schema *schema, char why_out[static STORE_WHY])
{
	for (const struct wh_migration *m = schema->migrations; m != NULL && !migration_is_last(m); m++) {
		if (migration_sql(m) == NULL || strcasestr(migration_sql(m), "DEFERRED") == NULL)
			continue;
		snprintf(why_out, STORE_WHY, "%s: a foreign key can't be DEFERRED", schema->name);
		return false;
	}
	return true;
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
	if (!migrations_ok(schema, why_out))
		return WH_EINVAL;
	while (schema->migrations != NULL && !migration_is_last(&schema->migrations[newest]))
		newest++;
	rc = schema_version(conn, schema->name, &version);
	if (rc == SQLITE_OK && version > newest) {
		snprintf(why_out, STORE_WHY, "the database has version %lld of what %s keeps, and this program knows %lld: install the newer program "
		    "again, or restore a backup from before", (long long)version, schema->name, (long long)newest);
		return WH_EVERSION;
	}
	for (int64_t at = version; at < newest && rc == SQLITE_OK; at++)
		rc = schema_migrate(conn, schema->name, at + 1, migration_sql(&schema->migrations[at]), why_out);
	if (rc != SQLITE_OK) {
		if (why_out[0] == '\0')
			snprintf(why_out, STORE_WHY, "%s: %s", schema->name, sqlite3_errmsg(conn->db));
		if (sqlite3_get_autocommit(conn->db) == 0)
			sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
		return WH_EIO;
	}
	for (const struct wh_statement *row = schema->statements; row != NULL && !statement_is_last(row); row++) {
		if (row - schema->statements >= STORE_STATEMENTS) {
			snprintf(why_out, STORE_WHY, "%s has more than %d statements", schema->name, STORE_STATEMENTS);
			return WH_EINVAL;
		}
		if (statement_check(conn, schema->name, row, why_out) != WH_OK)
			return WH_EINVAL;
	}
	return WH_OK;
}

/* Puts the text behind what is in the block already, if there is a block yet, and counts it. */
static const char *
copy_text(char *block, size_t *at, const char *text)
{
	size_t n = text != NULL ? strlen(text) + 1 : 0;
	char *to = block != NULL ? block + *at : NULL;

	*at += n;
	if (to != NULL && n != 0)
		memcpy(to, text, n);
	return n != 0 ? to : NULL;
}

/* The first round, without a block, only counts. */
static size_t
copy_schema(char *block, struct wh_db *db, const struct wh_schema *schema, unsigned n)
{
	struct wh_statement *rows = (struct wh_statement *)(void *)block;
	size_t at = n * sizeof *rows;

	db->name = copy_text(block, &at, schema->name);
	for (unsigned i = 0; i < n; i++) {
		const struct wh_statement *from = &schema->statements[i];
		const struct wh_statement copy = { copy_text(block, &at, from->name), copy_text(block, &at, statement_sql(from)),
			copy_text(block, &at, from->takes), copy_text(block, &at, from->gives), from->writes, NULL, NULL };

		if (rows != NULL)
			rows[i] = copy;
	}
	db->statements = rows;
	return at;
}

enum wh_err
schema_copy(struct wh_db *db, const struct wh_schema *schema)
{
	unsigned n = 0;

	while (schema->statements != NULL && !statement_is_last(&schema->statements[n]))
		n++;
	db->block = wh_new(db->store->host, copy_schema(NULL, db, schema, n));
	if (db->block == NULL)
		return WH_ENOMEM;
	copy_schema(db->block, db, schema, n);
	db->n_statements = n;
	return WH_OK;
}
