/* What moderation keeps. moderation_action is the log of what was done, and what is in force; moderation_cover says which actions an undoing took back
 * or put back; moderation_item is the queue. */
#include "filters.h"
#include "own.h"

#define ACTION "a.id, a.time, a.kind, a.who, a.name, a.network, a.scope, a.room, a.until, a.reason, a.text, a.evidence, a.pack, a.version, a.rule, a.mode, " \
	"a.by_id, a.by_name, a.grp, a.entry, a.item, a.value, a.kept, a.extra, a.state, a.undone, a.target"
#define ACTION_GIVES "iiittt" "it" "itttttt" "itt" "iiiiTTiii"

#define ITEM "i.id, i.kind, i.time, i.room, i.who, i.name, i.network, i.by_id, i.by_name, i.text, i.words, i.reason, i.evidence, i.pack, i.version, i.rule, " \
	"i.entry, i.action, i.n, i.claim, i.claim_name, i.claim_until, i.state, i.decision, i.decided_by, i.decided_name, i.decided, i.form, i.ref"
#define ITEM_GIVES "iii" "ttttttttttttt" "iii" "tt" "ii" "ttt" "it" "i"

/* What an undoing takes: one action, a group, or all of a version of a pack; nothing that stands in shadow, failed, or is undone. 14 is an undoing
 * itself, 15 a refusal, 17 an approval, 20 and 21 are no deeds. */
#define TAKES "((a.id = $1 AND $1 <> 0) OR (a.grp = $2 AND $2 <> 0) OR (a.pack = $3 AND $3 <> '' AND a.version = $4 AND a.time >= $5 AND ($6 = '' OR a.rule = $6))) AND " \
	"a.undone = 0 AND a.mode <> 2 AND a.state <> 2 AND a.kind NOT IN (14, 15, 17, 20, 21)"

static const struct wh_migration migrations[] = {
	{ .sql =
		"CREATE TABLE moderation_action (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind INTEGER NOT NULL, who TEXT NOT NULL, name TEXT NOT NULL,"
		" network TEXT NOT NULL, scope INTEGER NOT NULL, room TEXT NOT NULL, until INTEGER NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL,"
		" evidence TEXT NOT NULL, pack TEXT NOT NULL, version TEXT NOT NULL, rule TEXT NOT NULL, mode INTEGER NOT NULL, by_id TEXT NOT NULL,"
		" by_name TEXT NOT NULL, grp INTEGER NOT NULL, entry INTEGER NOT NULL, item INTEGER NOT NULL, value INTEGER NOT NULL, kept TEXT, extra TEXT,"
		" state INTEGER NOT NULL, force INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0, target INTEGER NOT NULL DEFAULT 0);"
		"CREATE INDEX moderation_action_who ON moderation_action (who, id);"
		"CREATE INDEX moderation_action_room ON moderation_action (room, id);"
		"CREATE INDEX moderation_action_group ON moderation_action (grp) WHERE grp <> 0;"
		"CREATE INDEX moderation_action_pack ON moderation_action (pack, time) WHERE pack <> '';"
		"CREATE INDEX moderation_action_force ON moderation_action (until) WHERE force = 1;"
		"CREATE INDEX moderation_action_pending ON moderation_action (id) WHERE state = 0;"
		"CREATE INDEX moderation_action_undone ON moderation_action (undone) WHERE undone <> 0;"
		"CREATE TABLE moderation_cover (undo INTEGER NOT NULL, action INTEGER NOT NULL REFERENCES moderation_action (id) ON DELETE CASCADE,"
		" PRIMARY KEY (undo, action)) WITHOUT ROWID;"
		"CREATE INDEX moderation_cover_action ON moderation_cover (action);"
		"CREATE TABLE moderation_item (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, time INTEGER NOT NULL, room TEXT NOT NULL, who TEXT NOT NULL,"
		" name TEXT NOT NULL, network TEXT NOT NULL, by_id TEXT NOT NULL, by_name TEXT NOT NULL, text TEXT NOT NULL, words TEXT NOT NULL,"
		" reason TEXT NOT NULL, evidence TEXT NOT NULL, pack TEXT NOT NULL, version TEXT NOT NULL, rule TEXT NOT NULL, entry INTEGER NOT NULL,"
		" action INTEGER NOT NULL, n INTEGER NOT NULL DEFAULT 1, claim TEXT NOT NULL DEFAULT '', claim_name TEXT NOT NULL DEFAULT '',"
		" claim_until INTEGER NOT NULL DEFAULT 0, state INTEGER NOT NULL DEFAULT 0, decision TEXT NOT NULL DEFAULT '', decided_by TEXT NOT NULL DEFAULT '',"
		" decided_name TEXT NOT NULL DEFAULT '', decided INTEGER NOT NULL DEFAULT 0, form TEXT NOT NULL DEFAULT '', ref INTEGER NOT NULL DEFAULT 0);"
		"CREATE INDEX moderation_item_open ON moderation_item (kind, id) WHERE state <> 1;"
		"CREATE INDEX moderation_item_entry ON moderation_item (entry) WHERE entry <> 0 AND state = 0;"
		"CREATE INDEX moderation_item_who ON moderation_item (who);"
		"CREATE INDEX moderation_item_by ON moderation_item (by_id);"
		"CREATE TABLE moderation_note (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, by_id TEXT NOT NULL, by_name TEXT NOT NULL,"
		" text TEXT NOT NULL);"
		"CREATE INDEX moderation_note_who ON moderation_note (who, id);"
		"CREATE TABLE moderation_reason (key TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, ground TEXT NOT NULL, PRIMARY KEY (key, language));" },
	{ .sql = FILTER_MIGRATION },
	/* For backtests: what was removed, and what was held and never published. */
	{ .sql =
		"CREATE INDEX moderation_action_entry ON moderation_action (entry) WHERE entry <> 0;"
		"CREATE INDEX moderation_item_held ON moderation_item (room, id) WHERE kind = 2 AND state = 1;" },
	/* Rooms get other names. */
	{ .sql = "CREATE INDEX moderation_item_room ON moderation_item (room);" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[Q_LAST_ID] = { "last_id", "SELECT max(coalesce((SELECT max(id) FROM moderation_action), 0), coalesce((SELECT max(id) FROM moderation_item), 0))", "",
		.gives = "i" },
	[Q_ACTION_ADD] = { "action_add", "INSERT INTO moderation_action (id, time, kind, who, name, network, scope, room, until, reason, text, evidence, pack, "
		"version, rule, mode, by_id, by_name, grp, entry, item, value, kept, extra, state, force, target) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
		"$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)", "iiitttititttttt" "itt" "iiiiTTiii", .writes = true },
	/* A moderator removes a message with chat's own command: asked for before chat's writing, so it finds the text. One's own is nobody's business. */
	[Q_REDACT_NOTE] = { "redact_note", "INSERT INTO moderation_action (id, time, kind, who, name, network, scope, room, until, reason, text, evidence, pack, version, "
		"rule, mode, by_id, by_name, grp, entry, item, value, kept, extra, state, force, target) SELECT $1, $2, 7, e.who, e.name, '', 0, r.key, 0, '', $3, '', '', '', "
		"'', 0, $4, $5, 0, e.id, 0, 0, e.text, CASE WHEN e.kind = 10 THEN e.extra ELSE NULL END, 1, 0, 0 FROM chat_entry e JOIN chat_room r ON r.id = e.room WHERE "
		"e.id = $6 AND r.key = $7 AND e.kind IN (1, 2, 10) AND e.redacted IS NULL AND e.who <> $4 RETURNING id, who, room, text", "iitttit", .gives = "ittt",
		.writes = true },
	[Q_ACTION_STATE] = { "action_state", "UPDATE moderation_action SET state = $2 WHERE id = $1", "ii", .writes = true },
	[Q_ACTION] = { "action", "SELECT " ACTION " FROM moderation_action a WHERE a.id = $1", "i", .gives = ACTION_GIVES },
	[Q_IN_FORCE] = { "in_force", "SELECT " ACTION " FROM moderation_action a WHERE a.force = 1 AND (a.until = 0 OR a.until > $1) AND a.id > $2 ORDER BY a.id "
		"LIMIT 5000", "ii", .gives = ACTION_GIVES },
	[Q_PENDING] = { "pending", "SELECT " ACTION " FROM moderation_action a WHERE a.state = 0 ORDER BY a.id LIMIT 5000", "", .gives = ACTION_GIVES },
	[Q_FORCE_OVER] = { "force_over", "UPDATE moderation_action SET force = 0 WHERE force = 1 AND until > 0 AND until <= $1", "i", .writes = true },
	[Q_LADDER] = { "ladder", "SELECT count(*) FROM moderation_action WHERE who = $1 AND kind = 8 AND time > $2 AND undone = 0 AND mode <> 2 AND "
		"($3 = '' OR room = $3 OR room = '')", "tit", .gives = "i" },
	[Q_LOG] = { "log", "SELECT " ACTION " FROM moderation_action a WHERE a.id < $1 AND ($2 = '' OR a.who = $2 OR a.name = $2) AND ($3 = '' OR a.room = $3) AND "
		"($4 = '' OR a.by_id = $4 OR a.by_name = $4) AND ($5 = 0 OR a.kind = $5) AND ($6 = '' OR a.pack = $6) AND ($7 = '' OR a.rule = $7) AND ($8 < 0 OR a.mode = $8) "
		"AND ($9 = 0 OR a.grp = $9 OR a.id = $9) AND ($10 = 0 OR a.id = $10) ORDER BY a.id DESC LIMIT $11", "itttittiiii", .gives = ACTION_GIVES },
	[Q_UNDO_SHOW] = { "undo_show", "SELECT " ACTION " FROM moderation_action a WHERE " TAKES " ORDER BY a.id LIMIT $7", "iittiti", .gives = ACTION_GIVES },
	[Q_UNDO_COVER] = { "undo_cover", "INSERT INTO moderation_cover (undo, action) SELECT $8, a.id FROM moderation_action a WHERE " TAKES " ORDER BY a.id LIMIT $7",
		"iittitii", .writes = true },
	[Q_UNDO_TAKE] = { "undo_take", "UPDATE moderation_action SET undone = $1, force = 0 WHERE id IN (SELECT action FROM moderation_cover WHERE undo = $1)", "i",
		.writes = true },
	/* An undoing is undone: what it took and nobody else has taken since. */
	[Q_PUT_COVER] = { "put_cover", "INSERT INTO moderation_cover (undo, action) SELECT $2, id FROM moderation_action WHERE undone = $1", "ii", .writes = true },
	[Q_PUT_BACK] = { "put_back", "UPDATE moderation_action SET undone = 0, force = CASE WHEN kind IN (3, 4, 5, 8, 9, 10, 11) AND (until = 0 OR until > $2) THEN 1 ELSE 0 END "
		"WHERE id IN (SELECT action FROM moderation_cover WHERE undo = $1)", "ii", .writes = true },
	[Q_AGAIN_COVER] = { "again_cover", "INSERT INTO moderation_cover (undo, action) SELECT $2, a.id FROM moderation_cover c JOIN moderation_action a ON a.id = c.action "
		"WHERE c.undo = $1 AND a.undone = 0", "ii", .writes = true },
	[Q_UNDONE_BY] = { "undone_by", "UPDATE moderation_action SET undone = $2 WHERE id = $1 AND undone = 0", "ii", .writes = true },
	[Q_COVERED] = { "covered", "SELECT " ACTION " FROM moderation_cover c JOIN moderation_action a ON a.id = c.action WHERE c.undo = $1 ORDER BY a.id", "i",
		.gives = ACTION_GIVES },
	[Q_SWEPT] = { "swept", "SELECT entry FROM moderation_action WHERE grp = $1 AND kind = 7", "i", .gives = "i" },
	[Q_DEEDS] = { "deeds", "SELECT name, entry, time, kind FROM moderation_action WHERE room = $1 AND time >= $2 AND time <= $3 AND mode = 0 AND by_id <> '' AND "
		"undone = 0 AND kind IN (2, 7, 8, 9, 10, 11) "
		/* And appeals that were right, as if each were an undoing. */
		"UNION ALL SELECT a.name, a.entry, a.time, 14 FROM moderation_item i JOIN moderation_action a ON a.id = i.action WHERE i.kind = 4 AND "
		"i.decision = 'approve' AND a.room = $1 AND a.time >= $2 AND a.time <= $3 "
		/* And what was held and not let through. */
		"UNION ALL SELECT i.name, i.id, i.time, 18 FROM moderation_item i WHERE i.kind = 2 AND i.state = 1 AND i.decision = 'deny' AND i.room = $1 AND "
		"i.time >= $2 AND i.time <= $3 ORDER BY 3 LIMIT 50000", "tii", .gives = "tiii" },
	/* Who was erased has no text in any of the three. */
	[Q_TRIAL_LOG] = { "trial_log", "SELECT * FROM (SELECT e.id, e.time, e.kind, e.who, e.name, coalesce(e.text, (SELECT a.kept FROM moderation_action a WHERE "
		"a.entry = e.id AND a.entry <> 0 AND a.kind = 7 AND a.kept IS NOT NULL ORDER BY a.id DESC LIMIT 1)) AS text FROM chat_entry e JOIN chat_room r ON r.id = e.room "
		"WHERE r.key = $1 AND e.id > $2 AND e.time >= $3 AND e.time <= $4 AND e.kind IN (1, 2, 3) ORDER BY e.id LIMIT $5) AS said UNION ALL "
		"SELECT * FROM (SELECT i.id, i.time, CASE WHEN i.form = 'edit' THEN 3 ELSE 1 END AS kind, i.who, i.name, i.text FROM moderation_item i WHERE i.kind = 2 AND "
		"i.state = 1 AND i.decision IN ('deny', 'dismiss') AND i.room = $1 AND i.id > $2 AND i.time >= $3 AND i.time <= $4 AND i.text <> '' ORDER BY i.id LIMIT $5) AS held "
		"ORDER BY 1 LIMIT $5", "tiiii", .gives = "iiittT" },
	[Q_ITEM_ADD] = { "item_add", "INSERT INTO moderation_item (id, kind, time, room, who, name, network, by_id, by_name, text, words, reason, evidence, pack, "
		"version, rule, entry, action, form, ref) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20 WHERE "
		"(SELECT count(*) FROM moderation_item WHERE state = 0) < 20000", "iiitttttttttttttiiti", .writes = true },
	[Q_ITEM_MERGE] = { "item_merge", "UPDATE moderation_item SET n = n + CASE WHEN by_id = $5 THEN 0 ELSE 1 END, words = CASE WHEN by_id = $5 OR length(words) > 2000 OR $6 = '' "
		"THEN words ELSE words || char(10) || $6 END WHERE id = (SELECT id FROM moderation_item WHERE state = 0 AND kind = $1 AND who = $2 AND entry = $3 AND action = $4 "
		"AND ($3 <> 0 OR $4 <> 0 OR time > $7) ORDER BY id DESC LIMIT 1) RETURNING id", "itiitti", .gives = "i", .writes = true },
	[Q_ITEM] = { "item", "SELECT " ITEM " FROM moderation_item i WHERE i.id = $1", "i", .gives = ITEM_GIVES },
	[Q_ITEMS] = { "items", "SELECT " ITEM " FROM moderation_item i WHERE i.id > $1 AND ($2 = 0 OR i.kind = $2) AND (($3 = 0 AND i.state <> 1) OR ($3 = 1 AND i.state = 1)) AND "
		"($4 = '' OR i.room = $4) AND ($5 = '' OR (i.claim = $5 AND i.claim_until > $6)) AND ($7 = '' OR i.who = $7 OR i.name = $7) ORDER BY i.id LIMIT $8",
		"iiittiti", .gives = ITEM_GIVES },
	[Q_CLAIM] = { "claim", "UPDATE moderation_item SET claim = $2, claim_name = $3, claim_until = $4 WHERE id = $1 AND state = 0 AND (claim = '' OR claim = $2 OR "
		"claim_until <= $5)", "ittii", .writes = true },
	[Q_RELEASE] = { "release", "UPDATE moderation_item SET claim = '', claim_name = '', claim_until = 0 WHERE id = $1 AND claim = $2", "it", .writes = true },
	/* Nobody decides what another has claimed, or the appeal against what they did themselves. */
	[Q_DECIDE] = { "decide", "UPDATE moderation_item SET state = $2, decision = $3, decided_by = $4, decided_name = $5, decided = $6, claim = '', claim_until = 0 WHERE id = $1 "
		"AND state = 0 AND (claim = '' OR claim = $4 OR claim_until <= $6) AND (kind <> 4 OR NOT EXISTS (SELECT 1 FROM moderation_action a WHERE a.id = action AND "
		"a.by_id = $4)) AND (kind <> 4 OR by_id <> $4) AND who <> $4", "iittti", .writes = true },
	[Q_ITEM_STATE] = { "item_state", "UPDATE moderation_item SET state = $2 WHERE id = $1", "ii", .writes = true },
	[Q_ITEMS_HALF] = { "items_half", "SELECT " ITEM " FROM moderation_item i WHERE i.state = 2 LIMIT 1000", "", .gives = ITEM_GIVES },
	[Q_EDITS_OVER] = { "edits_over", "UPDATE moderation_item SET state = 1, decision = 'overtaken', decided = $3 WHERE entry = $1 AND entry <> 0 AND who = $2 AND "
		"kind = 2 AND form = 'edit' AND state = 0", "iti", .writes = true },
	[Q_COUNT_OPEN] = { "count_open", "SELECT count(*) FROM moderation_item WHERE state = 0", "", .gives = "i" },
	[Q_NOTE_ADD] = { "note_add", "INSERT INTO moderation_note (id, time, who, by_id, by_name, text) SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM "
		"moderation_note WHERE who = $3) < 500", "iitttt", .writes = true },
	[Q_NOTES] = { "notes", "SELECT id, time, by_name, text FROM moderation_note WHERE who = $1 ORDER BY id DESC LIMIT 100", "t", .gives = "iitt" },
	[Q_REASON_SET] = { "reason_set", "INSERT INTO moderation_reason (key, language, text, ground) VALUES ($1, $2, $3, $4) ON CONFLICT (key, language) DO UPDATE SET "
		"text = excluded.text, ground = excluded.ground", "tttt", .writes = true },
	[Q_REASONS] = { "reasons", "SELECT key, text, ground FROM moderation_reason WHERE language = $1 LIMIT 200", "t", .gives = "ttt" },
	[Q_STATEMENTS] = { "statements", "SELECT " ACTION " FROM moderation_action a WHERE a.who = $1 AND a.id < $2 AND a.mode <> 2 AND a.kind IN (2, 6, 7, 8, 10, 11, 9, 18) AND "
		"(a.kind <> 9 OR $3 = 1) ORDER BY a.id DESC LIMIT $4", "tiii", .gives = ACTION_GIVES },
	[Q_MINE] = { "mine", "SELECT " ACTION " FROM moderation_action a WHERE a.id = $1 AND a.who = $2 AND a.mode <> 2", "it", .gives = ACTION_GIVES },
	[Q_KEEP_LOG] = { "keep_log", "DELETE FROM moderation_action WHERE id IN (SELECT id FROM moderation_action WHERE id < $1 AND force = 0 AND state <> 0 LIMIT 500)", "i",
		.writes = true },
	[Q_KEEP_ITEMS] = { "keep_items", "DELETE FROM moderation_item WHERE id IN (SELECT id FROM moderation_item WHERE id < $1 AND state = 1 LIMIT 500)", "i", .writes = true },
	[Q_KEEP_KEPT] = { "keep_kept", "UPDATE moderation_action SET kept = NULL, extra = NULL WHERE id IN (SELECT id FROM moderation_action WHERE id < $1 AND kept IS NOT NULL "
		"LIMIT 500)", "i", .writes = true },
	[Q_KEEP_NOTES] = { "keep_notes", "DELETE FROM moderation_note WHERE id < $1", "i", .writes = true },
	[Q_KEEP_COVER] = { "keep_cover", "DELETE FROM moderation_cover WHERE undo < $1 AND NOT EXISTS (SELECT 1 FROM moderation_action WHERE id = undo)", "i", .writes = true },
	[Q_EXPORT] = { "export", "SELECT " ACTION " FROM moderation_action a WHERE a.who = $1 AND a.mode <> 2 AND (a.kind <> 9 OR $2 = 1) ORDER BY a.id LIMIT 5000", "ti",
		.gives = ACTION_GIVES },
	[Q_EXPORT_ITEMS] = { "export_items", "SELECT " ITEM " FROM moderation_item i WHERE i.by_id = $1 ORDER BY i.id LIMIT 5000", "t", .gives = ITEM_GIVES },
	/* What is in force stays in force, without a name and without words. */
	[Q_ERASE_ACTIONS] = { "erase_actions", "UPDATE moderation_action SET name = 'someone who left', text = '', evidence = '', kept = NULL, extra = NULL, "
		"who = CASE WHEN force = 1 THEN who ELSE '' END WHERE who = $1", "t", .writes = true },
	/* What is held of theirs is never published. */
	[Q_ERASE_ITEMS] = { "erase_items", "UPDATE moderation_item SET name = 'someone who left', who = '', text = '', evidence = '', network = '', "
		"words = CASE WHEN form = 'edit' THEN '' ELSE words END, decision = CASE WHEN kind = 2 AND state = 0 THEN 'erased' ELSE decision END, "
		"state = CASE WHEN kind = 2 AND state = 0 THEN 1 ELSE state END WHERE who = $1", "t", .writes = true },
	[Q_ERASE_NOTES] = { "erase_notes", "DELETE FROM moderation_note WHERE who = $1", "t", .writes = true },
	[Q_ERASE_BY] = { "erase_by", "UPDATE moderation_item SET by_id = '', by_name = 'someone who left', words = '' WHERE by_id = $1", "t", .writes = true },
	[Q_ACTIONS_MOVE] = { "actions_move", "UPDATE moderation_action SET room = $2 WHERE room = $1", "tt", .gives = NULL, .writes = true },
	[Q_ITEMS_MOVE] = { "items_move", "UPDATE moderation_item SET room = $2 WHERE room = $1", "tt", .gives = NULL, .writes = true },
	[Q_FILTERS] = FILTER_STATEMENTS,
	{ 0 }
};

const struct wh_schema moderation_schema = { "moderation", migrations, statements };
