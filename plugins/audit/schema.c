/* The tables of the audit log. Triggers refuse what a log does not do; who can drop them is found out by the chain. The row of
 * audit_head is written with every entry, under a seal whose key does not stand in the database, so that a log cut off at its end is noticed.
 * audit_key keeps the keys of addresses: while a key is there, equal addresses have equal hashes; then it is erased. */
#include "audit.h"

#define COLUMNS "n, time, who, name, action, target, address_hash, why, details, outcome, hash"
#define GIVES "iittttttttb"
#define LIST(filter) "SELECT " COLUMNS " FROM audit_entry WHERE " filter " AND time >= $2 AND time < $3 AND n < $4 AND ($5 = '' OR who = $5) AND ($6 = '' OR target = $6)" \
	" AND ($7 = '' OR action = $7) ORDER BY n DESC LIMIT $8"

static const struct wh_migration audit_migrations[] = {
	{ .sql =
	    "CREATE TABLE audit_entry (n INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, name TEXT NOT NULL, action TEXT NOT NULL,"
	    " target TEXT NOT NULL, address_hash TEXT NOT NULL, why TEXT NOT NULL, details TEXT NOT NULL, outcome TEXT NOT NULL, hash BLOB NOT NULL);"
	    "CREATE INDEX audit_entry_who ON audit_entry (who, n);"
	    "CREATE INDEX audit_entry_target ON audit_entry (target, n);"
	    "CREATE INDEX audit_entry_action ON audit_entry (action, n);"
	    "CREATE TABLE audit_head (id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL, hash BLOB NOT NULL, seal BLOB NOT NULL);"
	    "INSERT INTO audit_head VALUES (1, 0, zeroblob(32), x'');"
	    "CREATE TABLE audit_key (id INTEGER PRIMARY KEY, began INTEGER NOT NULL, key BLOB);"
	    "CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;"
	    "CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;"
	    "CREATE TRIGGER audit_entry_replace BEFORE INSERT ON audit_entry WHEN EXISTS (SELECT 1 FROM audit_entry WHERE n = NEW.n)"
	    " BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;"
	    "CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, 'the head of the audit log stays'); END;" },
	{ 0 }
};

static const struct wh_statement audit_statements[] = {
	[AUDIT_HEAD] = { "head", "SELECT n, hash, seal FROM audit_head WHERE id = 1", .gives = "ibb" },
	[AUDIT_HEAD_SET] = { "head_set", "UPDATE audit_head SET n = $1, hash = $2, seal = $3 WHERE id = 1 AND n = $4 AND hash = $5", "ibbib", .writes = true },
	[AUDIT_HEAD_NEW] = { "head_new", "INSERT INTO audit_head VALUES (1, $1, $2, x'')", "ib", .writes = true },
	[AUDIT_ADD] = { "add", "INSERT INTO audit_entry (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", "iittttttttb", .writes = true },
	[AUDIT_LAST] = { "last", "SELECT n, hash FROM audit_entry ORDER BY n DESC LIMIT 1", .gives = "ib" },
	[AUDIT_AFTER] = { "after", "SELECT " COLUMNS " FROM audit_entry WHERE n > $1 ORDER BY n LIMIT $2", "ii", .gives = GIVES },
	[AUDIT_ONE] = { "one", "SELECT hash FROM audit_entry WHERE n = $1", "i", .gives = "b" },
	[AUDIT_KEY] = { "key", "SELECT id, began, key FROM audit_key ORDER BY id DESC LIMIT 1", .gives = "iiB" },
	[AUDIT_KEY_ERASE] = { "key_erase", "UPDATE audit_key SET key = NULL WHERE key IS NOT NULL", .writes = true },
	[AUDIT_KEY_ADD] = { "key_add", "INSERT INTO audit_key VALUES ($1, $2, $3)", "iib", .writes = true },
	/* One for each index; $1 is what it looks for. */
	[AUDIT_LIST] = { "list", LIST("$1 = ''"), "tiiittti", .gives = GIVES },
	[AUDIT_LIST_WHO] = { "list_who", LIST("who = $1"), "tiiittti", .gives = GIVES },
	[AUDIT_LIST_ON] = { "list_on", LIST("target = $1"), "tiiittti", .gives = GIVES },
	[AUDIT_LIST_ACTION] = { "list_action", LIST("action = $1"), "tiiittti", .gives = GIVES },
	[AUDIT_OF] = { "of", "SELECT " COLUMNS " FROM audit_entry WHERE who = $1 OR target = $1 ORDER BY n DESC LIMIT $2", "ti", .gives = GIVES },
	{ 0 }
};

const struct wh_schema audit_schema = { "audit", audit_migrations, audit_statements };
