/* The tables of the audit log. Triggers refuse what a log does not do; who can drop them is found out by the chain. The row of
 * audit_head is written with every change, under a seal whose key does not stand in the database, so that a log cut off at its end is
 * noticed. audit_key keeps the keys of addresses: while a key is there, equal addresses have equal hashes; then it is erased.
 * audit_erasure has the persons whose texts are still to be taken out. */
#include "audit.h"

#define COVERS "who_cover, name_cover, target_cover, address_cover, why_cover, details_cover"
#define COLUMNS "n, time, who, name, action, target, address_hash, why, details, outcome, " COVERS ", hash"
#define GIVES "iiTTtTTTTtbbbbbbb"
#define LIST(filter) "SELECT " COLUMNS " FROM audit_entry WHERE " filter " AND time >= $2 AND time < $3 AND n < $4 AND ($5 = '' OR who = $5) AND ($6 = '' OR target = $6)" \
	" AND ($7 = '' OR action = $7) ORDER BY n DESC LIMIT $8"
#define ONLY_ADDED " BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;"
/* A covered text stays as it is, or goes and leaves its mark. */
#define STAYS(text, cover) "((NEW." text " IS OLD." text " AND NEW." cover " IS OLD." cover ") OR" \
	" (NEW." text " IS NULL AND OLD." text " IS NOT NULL AND length(NEW." cover ") = 32))"
/* Entries of which something of a person is still there, up to the moment when they asked. That a name is a person's and no room's is
 * known of these plugins' commands alone. */
#define BY "e.who = p.id AND (e.name > '' OR e.address_hash > '' OR (e.target IN ('', p.id) AND (e.why > '' OR e.details > '')))"
#define ABOUT "e.target = p.id AND (e.why > '' OR e.details > '' OR (e.who = '' AND e.address_hash > ''))"
#define NAMED "((e.action > 'auth.' AND e.action < 'auth/') OR (e.action > 'chat.' AND e.action < 'chat/')) AND p.name <> ''" \
	" AND (instr(e.details, '\"name\":\"' || p.name || '\"') > 0 OR instr(e.details, '\"name\":\"' || p.lower || '\"') > 0)"

static const struct wh_migration audit_migrations[] = {
	{ .sql =
	    "CREATE TABLE audit_entry (n INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT, name TEXT, action TEXT NOT NULL,"
	    " target TEXT, address_hash TEXT, why TEXT, details TEXT, outcome TEXT NOT NULL, who_cover BLOB NOT NULL, name_cover BLOB NOT NULL,"
	    " target_cover BLOB NOT NULL, address_cover BLOB NOT NULL, why_cover BLOB NOT NULL, details_cover BLOB NOT NULL, hash BLOB NOT NULL);"
	    "CREATE INDEX audit_entry_who ON audit_entry (who, n);"
	    "CREATE INDEX audit_entry_target ON audit_entry (target, n);"
	    "CREATE INDEX audit_entry_action ON audit_entry (action, n);"
	    "CREATE TABLE audit_head (id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL, hash BLOB NOT NULL, seal BLOB NOT NULL,"
	    " base_n INTEGER NOT NULL, base_hash BLOB NOT NULL, erased INTEGER NOT NULL);"
	    "INSERT INTO audit_head VALUES (1, 0, zeroblob(32), x'', 0, zeroblob(32), 0);"
	    "CREATE TABLE audit_key (id INTEGER PRIMARY KEY, began INTEGER NOT NULL, key BLOB);"
	    "CREATE TABLE audit_erasure (id TEXT PRIMARY KEY, name TEXT NOT NULL, lower TEXT NOT NULL, last INTEGER NOT NULL, texts INTEGER NOT NULL);"
	    "CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry WHEN NOT (NEW.n IS OLD.n AND NEW.time IS OLD.time AND NEW.action IS OLD.action"
	    " AND NEW.outcome IS OLD.outcome AND NEW.hash IS OLD.hash AND " STAYS("who", "who_cover") " AND " STAYS("name", "name_cover") " AND "
	    STAYS("target", "target_cover") " AND " STAYS("address_hash", "address_cover") " AND " STAYS("why", "why_cover") " AND "
	    STAYS("details", "details_cover") ")" ONLY_ADDED
	    "CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry WHEN OLD.n > COALESCE((SELECT base_n FROM audit_head WHERE id = 1), 0)" ONLY_ADDED
	    "CREATE TRIGGER audit_entry_replace BEFORE INSERT ON audit_entry WHEN EXISTS (SELECT 1 FROM audit_entry WHERE n = NEW.n)" ONLY_ADDED
	    "CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, 'the head of the audit log stays'); END;" },
	{ 0 }
};

static const struct wh_statement audit_statements[] = {
	[AUDIT_HEAD] = { "head", "SELECT n, hash, seal, base_n, base_hash, erased FROM audit_head WHERE id = 1", .gives = "ibbibi" },
	[AUDIT_HEAD_SET] = { "head_set", "UPDATE audit_head SET n = $1, hash = $2, seal = $3, base_n = $4, base_hash = $5, erased = $6 WHERE id = 1 AND n = $7"
	    " AND hash = $8 AND base_n = $9 AND erased = $10", "ibbibiibii", .writes = true },
	[AUDIT_HEAD_NEW] = { "head_new", "INSERT INTO audit_head VALUES (1, $1, $2, x'', 0, zeroblob(32), 0)", "ib", .writes = true },
	[AUDIT_ADD] = { "add", "INSERT INTO audit_entry (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
	    "iittttttttbbbbbbb", .writes = true },
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
	/* Retention: how far from the beginning may go, and what stands there. */
	[AUDIT_OLD] = { "old", "SELECT n, time, hash, (who IS NULL) + (name IS NULL) + (target IS NULL) + (address_hash IS NULL) + (why IS NULL) + (details IS NULL)"
	    " FROM audit_entry WHERE n > $1 AND n < $2 ORDER BY n LIMIT $3", "iii", .gives = "iibi" },
	[AUDIT_DROP] = { "drop", "DELETE FROM audit_entry WHERE n <= $1", "i", .writes = true },
	/* Erasure. */
	[AUDIT_ERASURE_ADD] = { "erasure_add", "INSERT INTO audit_erasure VALUES ($1, $2, $3, $4, 0)"
	    " ON CONFLICT (id) DO UPDATE SET name = excluded.name, lower = excluded.lower, last = excluded.last", "ttti", .writes = true },
	[AUDIT_ERASURE] = { "erasure", "SELECT id, name, lower, last, texts FROM audit_erasure ORDER BY id LIMIT 1", .gives = "tttii" },
	[AUDIT_ERASURE_FIND] = { "erasure_find", "SELECT " COLUMNS " FROM audit_entry WHERE n IN (SELECT e.n FROM (SELECT * FROM audit_erasure ORDER BY id LIMIT 1) p,"
	    " audit_entry e WHERE " BY " AND e.n <= p.last AND e.n > $1"
	    " UNION SELECT e.n FROM (SELECT * FROM audit_erasure ORDER BY id LIMIT 1) p, audit_entry e WHERE " ABOUT " AND e.n <= p.last AND e.n > $1"
	    " UNION SELECT e.n FROM (SELECT * FROM audit_erasure ORDER BY id LIMIT 1) p, audit_entry e WHERE " NAMED " AND e.n <= p.last AND e.n > $1)"
	    " ORDER BY n LIMIT $2", "ii", .gives = GIVES },
	[AUDIT_TAKE_OUT] = { "take_out", "UPDATE audit_entry SET who = $2, name = $3, target = $4, address_hash = $5, why = $6, details = $7, who_cover = $8,"
	    " name_cover = $9, target_cover = $10, address_cover = $11, why_cover = $12, details_cover = $13 WHERE n = $1", "iTTTTTTbbbbbb", .writes = true },
	[AUDIT_ERASURE_COUNT] = { "erasure_count", "UPDATE audit_erasure SET texts = texts + $1 WHERE id = $2", "it", .writes = true },
	[AUDIT_ERASURE_END] = { "erasure_end", "DELETE FROM audit_erasure WHERE id = $1 AND last = $2", "ti", .writes = true },
	{ 0 }
};

const struct wh_schema audit_schema = { "audit", audit_migrations, audit_statements };
