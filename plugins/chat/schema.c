/* What chat keeps. chat_entry is the log: seq is dense in each room; id sorts by time over all rooms. The columns of an entry are read in
 * one order everywhere: see ENTRY and entry_read. */
#include "chat.h"

#define ENTRY "e.seq, e.id, e.time, e.kind, e.who, e.name, e.text, e.ref, e.extra, e.edited, e.redacted"
#define REACTIONS \
	"(SELECT json_group_object(emoji, n) FROM (SELECT emoji, count(*) AS n FROM chat_reaction r WHERE r.room = e.room AND r.target = e.id " \
	"GROUP BY emoji))"
#define ENTRY_GIVES "iiiittTITII"

static const struct wh_migration migrations[] = {
	{ .sql =
		"CREATE TABLE chat_room (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, epoch INTEGER NOT NULL,"
		" created INTEGER NOT NULL, kept INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL DEFAULT 0, topic TEXT NOT NULL DEFAULT '',"
		" access INTEGER NOT NULL DEFAULT 0, speakers INTEGER NOT NULL DEFAULT 0, slow INTEGER NOT NULL DEFAULT 0,"
		" min_age INTEGER NOT NULL DEFAULT 0, keep INTEGER NOT NULL DEFAULT 0, links INTEGER NOT NULL DEFAULT 1, pass TEXT NOT NULL DEFAULT '');"
		"CREATE TABLE chat_entry (id INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE,"
		" seq INTEGER NOT NULL, time INTEGER NOT NULL, kind INTEGER NOT NULL, who TEXT NOT NULL, name TEXT NOT NULL, text TEXT, ref INTEGER,"
		" extra TEXT, edited INTEGER, redacted INTEGER, nonce TEXT, UNIQUE (room, seq));"
		"CREATE UNIQUE INDEX chat_entry_nonce ON chat_entry (who, room, nonce) WHERE nonce IS NOT NULL;"
		"CREATE INDEX chat_entry_who ON chat_entry (who);"
		"CREATE INDEX chat_entry_room_id ON chat_entry (room, id);"
		"CREATE TABLE chat_reaction (room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE, target INTEGER NOT NULL,"
		" emoji TEXT NOT NULL, who TEXT NOT NULL, PRIMARY KEY (room, target, emoji, who)) WITHOUT ROWID;"
		"CREATE TABLE chat_pin (room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE, target INTEGER NOT NULL,"
		" PRIMARY KEY (room, target)) WITHOUT ROWID;"
		"CREATE TABLE chat_vote (room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE, poll INTEGER NOT NULL, who TEXT NOT NULL,"
		" choice INTEGER NOT NULL, PRIMARY KEY (room, poll, who)) WITHOUT ROWID;"
		"CREATE TABLE chat_mark (who TEXT NOT NULL, room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE, seq INTEGER NOT NULL,"
		" PRIMARY KEY (who, room)) WITHOUT ROWID;"
		"CREATE TABLE chat_mention (who TEXT NOT NULL, entry INTEGER NOT NULL REFERENCES chat_entry (id) ON DELETE CASCADE,"
		" PRIMARY KEY (who, entry)) WITHOUT ROWID;"
		"CREATE TABLE chat_invite (room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE, who TEXT NOT NULL, until INTEGER NOT NULL,"
		" PRIMARY KEY (room, who)) WITHOUT ROWID;" },
	/* Only what people wrote is searched; the text stands in chat_entry alone. */
	{ .sqlite =
		"CREATE VIRTUAL TABLE chat_text USING fts5 (text, content = 'chat_entry', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2');"
		"CREATE TRIGGER chat_text_add AFTER INSERT ON chat_entry WHEN new.kind <= 2 BEGIN"
		" INSERT INTO chat_text (rowid, text) VALUES (new.id, new.text); END;"
		"CREATE TRIGGER chat_text_gone AFTER DELETE ON chat_entry WHEN old.kind <= 2 AND old.text IS NOT NULL BEGIN"
		" INSERT INTO chat_text (chat_text, rowid, text) VALUES ('delete', old.id, old.text); END;"
		"CREATE TRIGGER chat_text_change AFTER UPDATE OF text ON chat_entry WHEN old.kind <= 2 AND old.text IS NOT NULL BEGIN"
		" INSERT INTO chat_text (chat_text, rowid, text) VALUES ('delete', old.id, old.text);"
		" INSERT INTO chat_text (rowid, text) SELECT new.id, new.text WHERE new.text IS NOT NULL; END;" },
	/* Whispers, blocks; and indexes for what goes with its room or entry. */
	{ .sql =
		"CREATE TABLE chat_pair (who TEXT NOT NULL, other TEXT NOT NULL, room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE,"
		" name TEXT NOT NULL, PRIMARY KEY (who, other)) WITHOUT ROWID;"
		"CREATE INDEX chat_pair_room ON chat_pair (room);"
		"CREATE TABLE chat_block (who TEXT NOT NULL, other TEXT NOT NULL, name TEXT NOT NULL, time INTEGER NOT NULL, guest INTEGER NOT NULL,"
		" PRIMARY KEY (who, other)) WITHOUT ROWID;"
		"CREATE TABLE chat_refuse (who TEXT NOT NULL PRIMARY KEY, mode INTEGER NOT NULL, time INTEGER NOT NULL, guest INTEGER NOT NULL) WITHOUT ROWID;"
		"CREATE INDEX chat_room_passing ON chat_room (created) WHERE kept <> 1;"
		"CREATE INDEX chat_room_unused ON chat_room (created) WHERE access = 4 AND seq = 0;"
		"CREATE INDEX chat_block_guest ON chat_block (time) WHERE guest = 1;"
		"CREATE INDEX chat_refuse_guest ON chat_refuse (time) WHERE guest = 1;"
		"CREATE INDEX chat_mark_room ON chat_mark (room);"
		"CREATE INDEX chat_mention_entry ON chat_mention (entry);"
		"ALTER TABLE chat_room ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
		"CREATE INDEX chat_room_owner ON chat_room (owner) WHERE kept = 1;"
		"ALTER TABLE chat_mark ADD COLUMN guest_time INTEGER;"
		"CREATE INDEX chat_mark_guest ON chat_mark (guest_time) WHERE guest_time IS NOT NULL;"
		"CREATE INDEX chat_entry_ref ON chat_entry (ref) WHERE ref IS NOT NULL;"
		"CREATE INDEX chat_reaction_who ON chat_reaction (who);"
		"CREATE INDEX chat_vote_who ON chat_vote (who);"
		"CREATE INDEX chat_invite_who ON chat_invite (who);"
		"CREATE INDEX chat_invite_until ON chat_invite (until);" },
	/* Roles in rooms that nobody registered, a bit for each; and who set a topic. */
	{ .sql =
		"CREATE TABLE chat_given (room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE, who TEXT NOT NULL, ranks INTEGER NOT NULL,"
		" PRIMARY KEY (room, who)) WITHOUT ROWID;"
		"CREATE INDEX chat_given_who ON chat_given (who);"
		"ALTER TABLE chat_room ADD COLUMN topic_who TEXT NOT NULL DEFAULT '';"
		"ALTER TABLE chat_room ADD COLUMN topic_name TEXT NOT NULL DEFAULT '';"
		"ALTER TABLE chat_room ADD COLUMN topic_time INTEGER NOT NULL DEFAULT 0;" },
	/* More rules, lists of masks, and two ranks more between the others. */
	{ .sql =
		"ALTER TABLE chat_room ADD COLUMN accounts_only INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE chat_room ADD COLUMN colours INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE chat_room ADD COLUMN no_notices INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE chat_room ADD COLUMN topics_free INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE chat_room ADD COLUMN past_hidden INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE chat_room ADD COLUMN people INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE chat_room ADD COLUMN flood INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE chat_room ADD COLUMN flood_ms INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE chat_room ADD COLUMN joins INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE chat_room ADD COLUMN joins_ms INTEGER NOT NULL DEFAULT 0;"
		"CREATE TABLE chat_mask (room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE, list INTEGER NOT NULL, mask TEXT NOT NULL,"
		" by_id TEXT NOT NULL, by_name TEXT NOT NULL, time INTEGER NOT NULL, until INTEGER NOT NULL, why TEXT NOT NULL,"
		" PRIMARY KEY (room, list, mask)) WITHOUT ROWID;"
		"CREATE INDEX chat_mask_by ON chat_mask (by_id);"
		"CREATE INDEX chat_mask_until ON chat_mask (until) WHERE until <> 0;"
		"UPDATE chat_given SET ranks = (ranks & 2) + (ranks & 4) * 2 + (ranks & 8) * 4;" },
	/* What was removed can come back, and is then found again. */
	{ .sqlite =
		"CREATE TRIGGER chat_text_back AFTER UPDATE OF text ON chat_entry WHEN old.kind <= 2 AND old.text IS NULL AND new.text IS NOT NULL BEGIN"
		" INSERT INTO chat_text (rowid, text) VALUES (new.id, new.text); END;" },
	/* Accounts that are always on, the rooms in which they stay, and how far each of their clients heard. */
	{ .sql =
		"CREATE TABLE chat_always (who TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;"
		"CREATE TABLE chat_stay (who TEXT NOT NULL, room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE, ranked INTEGER NOT NULL,"
		" PRIMARY KEY (who, room)) WITHOUT ROWID;"
		"CREATE INDEX chat_stay_room ON chat_stay (room);"
		"CREATE TABLE chat_heard (who TEXT NOT NULL, device TEXT NOT NULL, room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE,"
		" seq INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (who, device, room)) WITHOUT ROWID;"
		"CREATE INDEX chat_heard_room ON chat_heard (room);"
		"CREATE INDEX chat_heard_time ON chat_heard (time);" },
	/* Names that rooms had, and whether all that is kept under them was told to follow. */
	{ .sql =
		"CREATE TABLE chat_moved (key TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, room INTEGER NOT NULL REFERENCES chat_room (id) ON DELETE CASCADE,"
		" time INTEGER NOT NULL, told INTEGER NOT NULL, who TEXT NOT NULL, who_name TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;"
		"CREATE INDEX chat_moved_room ON chat_moved (room);"
		"CREATE INDEX chat_moved_time ON chat_moved (time);" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[Q_ROOM_BY_KEY] = { "room_by_key", "SELECT id, name, epoch, created, kept, seq, topic, access, speakers, slow, min_age, keep, links, pass, owner, "
		"topic_who, topic_name, topic_time, accounts_only, colours, no_notices, topics_free, past_hidden, people, flood, flood_ms, joins, joins_ms, "
		"coalesce((SELECT time FROM chat_entry e WHERE e.room = chat_room.id ORDER BY e.id DESC LIMIT 1), 0) FROM chat_room WHERE key = $1", "t", .gives = "itiiiitiiiiiittttiiiiiiiiiiii" },
	[Q_ROOM_MAKE] = { "room_make", "INSERT INTO chat_room (key, name, epoch, created, keep, access, owner) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
		"ttiiiit", .gives = "i", .writes = true },
	[Q_ROOM_NEXT] = { "room_next", "UPDATE chat_room SET seq = seq + 1 WHERE id = $1 RETURNING seq", "i", .gives = "i", .writes = true },
	[Q_ROOM_TOPIC] = { "room_topic", "UPDATE chat_room SET topic = $2, topic_who = $3, topic_name = $4, topic_time = $5 WHERE id = $1", "ittti",
		.writes = true },
	[Q_ROOM_RULES] = { "room_rules", "UPDATE chat_room SET access = $2, speakers = $3, slow = $4, min_age = $5, keep = $6, links = $7, pass = $8, "
		"accounts_only = $9, colours = $10, no_notices = $11, topics_free = $12, past_hidden = $13, people = $14, flood = $15, flood_ms = $16, joins = $17, "
		"joins_ms = $18 WHERE id = $1", "iiiiiiitiiiiiiiiii", .writes = true },
	[Q_ROOM_KEEP] = { "room_keep", "UPDATE chat_room SET kept = 1, owner = $2 WHERE id = $1 AND "
		"(SELECT count(*) FROM chat_room WHERE owner = $2 AND kept = 1) < $3", "iti", .writes = true },
	[Q_ROOM_LOOSE] = { "room_loose", "UPDATE chat_room SET kept = 0 WHERE id = $1", "i", .writes = true },
	[Q_ROOM_RENAME] = { "room_rename", "UPDATE chat_room SET key = $2, name = $3 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM chat_room o WHERE o.key = $2 AND o.id <> $1)",
		"itt", .gives = NULL, .writes = true },
	[Q_ROOM_OWNER] = { "room_owner", "UPDATE chat_room SET owner = $2 WHERE id = $1", "it", .writes = true },
	[Q_LAST_ID] = { "last_id", "SELECT coalesce(max(id), 0) FROM chat_entry", "", .gives = "i" },
	[Q_EDITS_GONE] = { "edits_gone", "UPDATE chat_entry SET text = NULL, redacted = $3 WHERE ref = $1 AND room = $2 AND kind IN (3, 13) AND id <> $4 AND "
		"redacted IS NULL", "iiii", .writes = true },
	[Q_PIN_GONE] = { "pin_gone", "DELETE FROM chat_pin WHERE room = $1 AND target = $2", "ii", .writes = true },
	[Q_VOTED] = { "voted", "SELECT choice FROM chat_vote WHERE room = $1 AND poll = $2 AND who = $3", "iit", .gives = "i" },
	[Q_GIVE] = { "give", "INSERT INTO chat_given (room, who, ranks) VALUES ($1, $2, $3) ON CONFLICT (room, who) DO UPDATE SET ranks = excluded.ranks", "iti",
		.writes = true },
	[Q_GIVEN] = { "given", "SELECT g.who, g.ranks FROM chat_given g JOIN chat_room r ON r.id = g.room WHERE r.key = $1 AND g.ranks <> 0", "t", .gives = "ti" },
	[Q_ERASE_GIVEN] = { "erase_given", "DELETE FROM chat_given WHERE who = $1", "t", .writes = true },
	[Q_ROOM_DROP] = { "room_drop", "DELETE FROM chat_room WHERE id = $1 AND kept = 0", "i", .writes = true },
	/* A long log is not dropped at once: nobody else could write meanwhile. The room loses its name, and then its log bit by bit. */
	[Q_ROOM_BURY] = { "room_bury", "UPDATE chat_room SET key = '~' || id, kept = -1 WHERE id = $1 AND kept = 0", "i", .writes = true },
	[Q_ROOM_EMPTY] = { "room_empty", "DELETE FROM chat_entry WHERE id IN (SELECT e.id FROM chat_room r JOIN chat_entry e ON e.room = r.id WHERE r.id = $1 AND "
		"r.kept = -1 LIMIT 500)", "i", .writes = true },
	[Q_ROOM_BURIED] = { "room_buried", "DELETE FROM chat_room WHERE id = $1 AND kept = -1", "i", .writes = true },
	[Q_ROOM_EPOCH] = { "room_epoch", "UPDATE chat_room SET epoch = $2 WHERE id = $1", "ii", .writes = true },
	[Q_ROOMS] = { "rooms", "SELECT key, name, topic, seq, created, topic_time, (SELECT count(*) FROM chat_stay s JOIN chat_always a ON a.who = s.who WHERE "
		"s.room = chat_room.id) FROM chat_room WHERE access IN (0, 3) AND kept >= 0 AND key > $1 AND ($2 = '' OR instr(key, $2) > 0) ORDER BY key LIMIT $3", "tti",
		.gives = "tttiiii" },
	[Q_ROOMS_LOOSE] = { "rooms_loose", "SELECT id, key, seq FROM chat_room WHERE kept <> 1 AND kept <= 0 AND created < $1 AND "
		"NOT EXISTS (SELECT 1 FROM chat_stay s WHERE s.room = chat_room.id) LIMIT 1000", "i", .gives = "iti" },
	[Q_ENTRY_ADD] = { "entry_add", "INSERT INTO chat_entry (id, room, seq, time, kind, who, name, text, ref, extra, nonce) "
		"SELECT $1, id, seq, $3, $4, $5, $6, $7, $8, $9, $10 FROM chat_room WHERE id = $2", "iiiittTITT", .writes = true },
	[Q_ENTRY_BY_NONCE] = { "entry_by_nonce", "SELECT seq, id, time FROM chat_entry WHERE who = $1 AND room = $2 AND nonce = $3", "tit", .gives = "iii" },
	[Q_ENTRY_EDIT] = { "entry_edit", "UPDATE chat_entry SET text = $3, edited = $4 WHERE id = $1 AND room = $2 AND who = $5 AND kind <= 2 AND "
		"redacted IS NULL", "iitit", .writes = true },
	[Q_ENTRY_REDACT] = { "entry_redact", "UPDATE chat_entry SET text = NULL, extra = NULL, redacted = $3 WHERE id = $1 AND room = $2 AND "
		"kind IN (1, 2, 10) AND redacted IS NULL AND ($4 = '' OR who = $4)", "iiit", .writes = true },
	[Q_ENTRY_OF] = { "entry_of", "SELECT " ENTRY " FROM chat_entry e WHERE e.room = $1 AND e.id = $2", "ii", .gives = ENTRY_GIVES },
	[Q_BEFORE_SEQ] = { "before_seq", "SELECT " ENTRY ", " REACTIONS " FROM chat_entry e WHERE e.room = $1 AND e.seq < $2 AND e.seq > $6 AND ((1 << e.kind) & $3) <> 0 "
		"AND e.time >= $5 ORDER BY e.seq DESC LIMIT $4", "iiiiii", .gives = ENTRY_GIVES "T" },
	[Q_AFTER_SEQ] = { "after_seq", "SELECT " ENTRY ", " REACTIONS " FROM chat_entry e WHERE e.room = $1 AND e.seq > $2 AND e.seq < $6 AND ((1 << e.kind) & $3) <> 0 "
		"AND e.time >= $5 ORDER BY e.seq LIMIT $4", "iiiiii", .gives = ENTRY_GIVES "T" },
	[Q_BEFORE_ID] = { "before_id", "SELECT " ENTRY ", " REACTIONS " FROM chat_entry e WHERE e.room = $1 AND e.id < $2 AND e.id > $6 AND ((1 << e.kind) & $3) <> 0 "
		"AND e.time >= $5 ORDER BY e.id DESC LIMIT $4", "iiiiii", .gives = ENTRY_GIVES "T" },
	[Q_AFTER_ID] = { "after_id", "SELECT " ENTRY ", " REACTIONS " FROM chat_entry e WHERE e.room = $1 AND e.id > $2 AND e.id < $6 AND ((1 << e.kind) & $3) <> 0 "
		"AND e.time >= $5 ORDER BY e.id LIMIT $4", "iiiiii", .gives = ENTRY_GIVES "T" },
	[Q_SEARCH] = { "search", .takes = "tiii", .gives = ENTRY_GIVES,
		.sqlite = "SELECT " ENTRY " FROM chat_text t JOIN chat_entry e ON e.id = t.rowid WHERE chat_text MATCH $1 AND e.room = $2 AND e.id < $3 "
		"AND e.redacted IS NULL ORDER BY e.id DESC LIMIT $4",
		.postgresql = "SELECT " ENTRY " FROM chat_entry e WHERE to_tsvector('simple', e.text) @@ plainto_tsquery('simple', $1) AND e.room = $2 "
		"AND e.id < $3 AND e.redacted IS NULL ORDER BY e.id DESC LIMIT $4" },
	[Q_REACT] = { "react", "INSERT INTO chat_reaction (room, target, emoji, who) SELECT room, id, $3, $4 FROM chat_entry WHERE room = $1 AND id = $2 "
		"AND kind IN (1, 2, 10) AND redacted IS NULL AND (SELECT count(DISTINCT emoji) FROM chat_reaction WHERE room = $1 AND target = $2) < 50",
		"iitt", .writes = true },
	[Q_UNREACT] = { "unreact", "DELETE FROM chat_reaction WHERE room = $1 AND target = $2 AND emoji = $3 AND who = $4", "iitt", .writes = true },
	[Q_PIN] = { "pin", "INSERT INTO chat_pin (room, target) SELECT room, id FROM chat_entry WHERE room = $1 AND id = $2 AND kind IN (1, 2, 10) AND "
		"redacted IS NULL AND (SELECT count(*) FROM chat_pin WHERE room = $1) < 50", "ii", .writes = true },
	[Q_UNPIN] = { "unpin", "DELETE FROM chat_pin WHERE room = $1 AND target = $2", "ii", .writes = true },
	[Q_PINS] = { "pins", "SELECT " ENTRY " FROM chat_pin p JOIN chat_entry e ON e.id = p.target WHERE p.room = $1 ORDER BY e.id DESC", "i", .gives = ENTRY_GIVES },
	[Q_VOTE] = { "vote", "INSERT INTO chat_vote (room, poll, who, choice) SELECT room, id, $3, $4 FROM chat_entry WHERE room = $1 AND id = $2 AND "
		"kind = 10 AND redacted IS NULL AND $4 >= 0 AND $4 < json_array_length(extra, '$.options') AND coalesce(json_extract(extra, '$.until'), $5) >= $5 "
		"ON CONFLICT (room, poll, who) DO UPDATE SET choice = excluded.choice", "iitii", .writes = true },
	[Q_POLL] = { "poll", "SELECT choice, count(*) FROM chat_vote WHERE room = $1 AND poll = $2 GROUP BY choice ORDER BY choice", "ii", .gives = "ii" },
	[Q_MARK] = { "mark", "INSERT INTO chat_mark (who, room, seq, guest_time) VALUES ($1, $2, $3, $4) ON CONFLICT (who, room) DO UPDATE SET "
		"seq = excluded.seq, guest_time = excluded.guest_time WHERE excluded.seq > chat_mark.seq", "tiiI", .writes = true },
	[Q_MARK_TIME] = { "mark_time", "INSERT INTO chat_mark (who, room, seq, guest_time) SELECT $1, $2, coalesce(max(seq), 0), $4 FROM chat_entry "
		"WHERE room = $2 AND id < $3 ON CONFLICT (who, room) DO UPDATE SET seq = excluded.seq, guest_time = excluded.guest_time "
		"WHERE excluded.seq > chat_mark.seq", "tiiI", .writes = true },
	[Q_MARKED] = { "marked", "SELECT m.seq, coalesce((SELECT e.time FROM chat_entry e WHERE e.room = m.room AND e.seq <= m.seq ORDER BY e.seq DESC "
		"LIMIT 1), 0) FROM chat_mark m WHERE m.who = $1 AND m.room = $2", "ti", .gives = "ii" },
	[Q_MARKS] = { "marks", "SELECT r.name, m.seq, r.seq, (SELECT count(*) FROM (SELECT 1 FROM chat_entry e WHERE e.room = r.id AND e.seq > m.seq AND "
		"e.kind IN (1, 2, 10) AND e.who <> $1 AND e.redacted IS NULL LIMIT 1000)), (SELECT count(*) FROM chat_mention n JOIN chat_entry e ON e.id = n.entry WHERE "
		"n.who = $1 AND e.room = r.id AND e.seq > m.seq) FROM chat_mark m JOIN chat_room r ON r.id = m.room WHERE m.who = $1 ORDER BY r.key LIMIT 500",
		"t", .gives = "tiiii" },
	[Q_MENTION] = { "mention", "INSERT INTO chat_mention (who, entry) VALUES ($1, $2) ON CONFLICT DO NOTHING", "ti", .writes = true },
	[Q_MENTIONS] = { "mentions", "SELECT r.name, " ENTRY " FROM chat_mention n JOIN chat_entry e ON e.id = n.entry JOIN chat_room r ON r.id = e.room "
		"WHERE n.who = $1 AND n.entry < $2 AND e.redacted IS NULL ORDER BY n.entry DESC LIMIT $3", "tii", .gives = "t" ENTRY_GIVES },
	[Q_INVITE] = { "invite", "INSERT INTO chat_invite (room, who, until) SELECT $1, $2, $3 WHERE (SELECT count(*) FROM chat_invite WHERE room = $1 AND "
		"until > $4) < 1000 ON CONFLICT (room, who) DO UPDATE SET until = excluded.until", "itii", .writes = true },
	[Q_FORGET_INVITES] = { "forget_invites", "DELETE FROM chat_invite WHERE until < $1", "i", .writes = true },
	[Q_FORGET_MARKS] = { "forget_marks", "DELETE FROM chat_mark WHERE guest_time < $1", "i", .writes = true },
	[Q_INVITED] = { "invited", "SELECT 1 FROM chat_invite WHERE room = $1 AND who = $2 AND until > $3", "iti", .gives = "i" },
	[Q_FORGET] = { "forget", "DELETE FROM chat_entry WHERE id IN (SELECT e.id FROM chat_room r JOIN chat_entry e ON e.room = r.id WHERE r.keep > 0 AND "
		"e.time < $1 - r.keep AND e.seq < r.seq LIMIT 500)", "i", .writes = true },
	[Q_EXPORT] = { "export", "SELECT r.name, " ENTRY " FROM chat_entry e JOIN chat_room r ON r.id = e.room WHERE e.who = $1 AND e.id > $2 ORDER BY e.id LIMIT $3",
		"tii", .gives = "t" ENTRY_GIVES },
	[Q_ERASE] = { "erase", "UPDATE chat_entry SET who = $2, name = 'someone who left', text = NULL, extra = NULL, redacted = coalesce(redacted, $3) WHERE who = $1",
		"tti", .writes = true },
	[Q_ERASE_MARKS] = { "erase_marks", "DELETE FROM chat_mark WHERE who = $1", "t", .writes = true },
	[Q_EXPORT_REST] = { "export_rest",
		"SELECT 'mark', r.name, '', m.seq FROM chat_mark m JOIN chat_room r ON r.id = m.room WHERE m.who = $1 UNION ALL "
		"SELECT 'reaction', r.name, a.emoji, a.target FROM chat_reaction a JOIN chat_room r ON r.id = a.room WHERE a.who = $1 UNION ALL "
		"SELECT 'vote', r.name, CAST(v.choice AS TEXT), v.poll FROM chat_vote v JOIN chat_room r ON r.id = v.room WHERE v.who = $1 UNION ALL "
		"SELECT 'invitation', r.name, '', i.until FROM chat_invite i JOIN chat_room r ON r.id = i.room WHERE i.who = $1 UNION ALL "
		"SELECT 'whispers', r.name, p.name, p.room FROM chat_pair p JOIN chat_room r ON r.id = p.room WHERE p.who = $1 UNION ALL "
		"SELECT 'block', other, name, time FROM chat_block WHERE who = $1 UNION ALL "
		"SELECT 'mask', r.name, k.mask, k.time FROM chat_mask k JOIN chat_room r ON r.id = k.room WHERE k.by_id = $1 UNION ALL "
		"SELECT 'refuse', '', CAST(mode AS TEXT), time FROM chat_refuse WHERE who = $1 UNION ALL "
		"SELECT 'always', '', name, seen FROM chat_always WHERE who = $1 UNION ALL "
		"SELECT 'stay', r.name, CAST(s.ranked AS TEXT), r.seq FROM chat_stay s JOIN chat_room r ON r.id = s.room WHERE s.who = $1 UNION ALL "
		"SELECT 'heard', r.name, h.device, h.seq FROM chat_heard h JOIN chat_room r ON r.id = h.room WHERE h.who = $1 LIMIT 50000", "t", .gives = "ttti" },
	[Q_ERASE_REACTIONS] = { "erase_reactions", "DELETE FROM chat_reaction WHERE who = $1", "t", .writes = true },
	[Q_ERASE_VOTES] = { "erase_votes", "UPDATE chat_vote SET who = $2 WHERE who = $1", "tt", .writes = true },
	[Q_ERASE_MENTIONS] = { "erase_mentions", "DELETE FROM chat_mention WHERE who = $1", "t", .writes = true },
	[Q_ERASE_INVITES] = { "erase_invites", "DELETE FROM chat_invite WHERE who = $1", "t", .writes = true },
	[Q_ERASE_PAIRS] = { "erase_pairs", "DELETE FROM chat_pair WHERE who = $1", "t", .writes = true },
	[Q_ERASE_PAIR_NAMES] = { "erase_pair_names", "UPDATE chat_pair SET name = 'someone who left' WHERE room IN (SELECT room FROM chat_pair WHERE who = $1) AND "
		"other = $1", "t", .writes = true },
	[Q_ERASE_BLOCKS] = { "erase_blocks", "DELETE FROM chat_block WHERE who = $1", "t", .writes = true },
	[Q_ERASE_REFUSAL] = { "erase_refusal", "DELETE FROM chat_refuse WHERE who = $1", "t", .writes = true },
	/* Whispers that the other one has not any more. */
	[Q_ERASE_WHISPERS] = { "erase_whispers", "DELETE FROM chat_room WHERE id IN (SELECT room FROM chat_pair WHERE who = $1) AND "
		"NOT EXISTS (SELECT 1 FROM chat_pair p WHERE p.room = chat_room.id AND p.who <> $1)", "t", .writes = true },
	[Q_ERASE_OWNER] = { "erase_owner", "UPDATE chat_room SET owner = '' WHERE owner = $1 AND kept = 1", "t", .writes = true },
	/* Epoch and seq in front of each entry; without entries one row of nothing else. */
	[Q_RESUME_WHISPER] = { "resume_whisper", "SELECT r.epoch, r.seq, " ENTRY " FROM chat_room r LEFT JOIN chat_entry e ON e.room = r.id AND e.seq > $2 "
		"WHERE r.key = $1 ORDER BY e.seq LIMIT $3", "tii", .gives = "iiIIIITTTITII" },
	[Q_WHISPER_MAKE] = { "whisper_make", "INSERT INTO chat_room (key, name, epoch, created, kept, access) VALUES ($1, $1, $2, $2, $3, 4) RETURNING id",
		"tii", .gives = "i", .writes = true },
	[Q_PAIR_ADD] = { "pair_add", "INSERT INTO chat_pair (who, other, room, name) SELECT $1, $2, id, $4 FROM chat_room WHERE key = $3 "
		"ON CONFLICT (who, other) DO UPDATE SET room = excluded.room, name = excluded.name", "tttt", .writes = true },
	[Q_PAIR_OF] = { "pair_of", "SELECT p.other, p.name FROM chat_room r JOIN chat_pair p ON p.room = r.id WHERE r.key = $1", "t", .gives = "tt" },
	[Q_MARK_AT] = { "mark_at", "INSERT INTO chat_mark (who, room, seq) SELECT $1, id, 0 FROM chat_room WHERE key = $2 ON CONFLICT DO NOTHING", "tt",
		.writes = true },
	/* A row stands in the way: a block in either direction, or what the other one refuses. */
	[Q_WHISPER_UNWANTED] = { "whisper_unwanted", "SELECT 1 FROM chat_block WHERE who = $1 AND other = $2 UNION ALL SELECT 1 FROM chat_block WHERE who = $2 "
		"AND other = $1 UNION ALL SELECT 1 FROM chat_refuse WHERE who = $2 AND (mode = 2 OR (mode = 1 AND $3 = 1))", "tti", .gives = "i" },
	[Q_WHISPERS] = { "whispers", "SELECT r.key, p.other, p.name, r.seq, e.id, e.time FROM chat_pair p JOIN chat_room r ON r.id = p.room JOIN chat_entry e "
		"ON e.room = r.id AND e.seq = r.seq WHERE p.who = $1 AND e.id < $2 ORDER BY e.id DESC LIMIT $3", "tii", .gives = "tttiii" },
	[Q_BLOCK] = { "block", "INSERT INTO chat_block (who, other, name, time, guest) SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM chat_block "
		"WHERE who = $1) < 1000 OR EXISTS (SELECT 1 FROM chat_block WHERE who = $1 AND other = $2) "
		"ON CONFLICT (who, other) DO UPDATE SET name = excluded.name, time = excluded.time", "tttii", .writes = true },
	[Q_UNBLOCK] = { "unblock", "DELETE FROM chat_block WHERE who = $1 AND (other = $2 OR name = $2 OR other = $3)", "ttt", .writes = true },
	[Q_BLOCKED] = { "blocked", "SELECT other FROM chat_block WHERE who = $1 AND (other = $2 OR name = $2 OR other = $3) LIMIT 1000", "ttt", .gives = "t" },
	[Q_BLOCKS_ALL] = { "blocks_all", "SELECT who, other FROM chat_block WHERE (who, other) > ($1, $2) ORDER BY who, other LIMIT 5000", "tt", .gives = "tt" },
	[Q_BLOCKS] = { "blocks", "SELECT other, name, time FROM chat_block WHERE who = $1 ORDER BY time DESC LIMIT 1000", "t", .gives = "tti" },
	[Q_REFUSE] = { "refuse", "INSERT INTO chat_refuse (who, mode, time, guest) VALUES ($1, $2, $3, $4) ON CONFLICT (who) DO UPDATE SET "
		"mode = excluded.mode, time = excluded.time", "tiii", .writes = true },
	[Q_REFUSED] = { "refused", "SELECT mode FROM chat_refuse WHERE who = $1", "t", .gives = "i" },
	/* Those in which nothing was ever said, and those with a guest that nobody used for long. */
	[Q_FORGET_WHISPERS] = { "forget_whispers", "DELETE FROM chat_room WHERE id IN (SELECT id FROM chat_room WHERE access = 4 AND seq = 0 AND created < $1 "
		"UNION ALL SELECT r.id FROM chat_room r WHERE r.kept <> 1 AND r.kept = 2 AND r.created < $2 AND "
		"coalesce((SELECT e.time FROM chat_entry e WHERE e.room = r.id AND e.seq = r.seq), r.created) < $2 LIMIT 200)",
		"ii", .writes = true },
	[Q_FORGET_BLOCKS] = { "forget_blocks", "DELETE FROM chat_block WHERE guest = 1 AND time < $1", "i", .writes = true },
	[Q_FORGET_REFUSALS] = { "forget_refusals", "DELETE FROM chat_refuse WHERE guest = 1 AND time < $1", "i", .writes = true },
	[Q_MASK_ADD] = { "mask_add", "INSERT INTO chat_mask (room, list, mask, by_id, by_name, time, until, why) SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE "
		"(SELECT count(*) FROM chat_mask WHERE room = $1) < 200 OR EXISTS (SELECT 1 FROM chat_mask WHERE room = $1 AND list = $2 AND mask = $3) "
		"ON CONFLICT (room, list, mask) DO UPDATE SET by_id = excluded.by_id, by_name = excluded.by_name, time = excluded.time, until = excluded.until, "
		"why = excluded.why", "iitttiit", .writes = true },
	[Q_MASK_REMOVE] = { "mask_remove", "DELETE FROM chat_mask WHERE room = $1 AND list = $2 AND mask = $3", "iit", .writes = true },
	[Q_MASKS] = { "masks", "SELECT m.list, m.mask, m.by_id, m.by_name, m.time, m.until, m.why FROM chat_mask m JOIN chat_room r ON r.id = m.room "
		"WHERE r.key = $1 ORDER BY m.time LIMIT 200", "t", .gives = "itttiit" },
	[Q_FORGET_MASKS] = { "forget_masks", "DELETE FROM chat_mask WHERE until <> 0 AND until <= $1", "i", .writes = true },
	[Q_ERASE_MASKS] = { "erase_masks", "UPDATE chat_mask SET by_id = '', by_name = 'someone who left' WHERE by_id = $1", "t", .writes = true },
	[Q_ENTRY_RESTORE] = { "entry_restore", "UPDATE chat_entry SET text = $3, extra = $4, redacted = NULL WHERE id = $1 AND room = $2 AND kind IN (1, 2, 10) AND "
		"redacted IS NOT NULL", "iitT", .writes = true },
	[Q_ENTRY_ANY] = { "entry_any", "SELECT r.key, " ENTRY " FROM chat_entry e JOIN chat_room r ON r.id = e.room WHERE e.id = $1", "i", .gives = "t" ENTRY_GIVES },
	[Q_RECENT] = { "recent", "SELECT r.key, " ENTRY " FROM chat_entry e JOIN chat_room r ON r.id = e.room WHERE r.key = $1 AND ($2 = '' OR e.who = $2) AND "
		"e.id >= $3 * 1048576 AND e.kind IN (1, 2, 10) AND e.redacted IS NULL ORDER BY e.id DESC LIMIT $4", "ttii", .gives = "t" ENTRY_GIVES },
	[Q_RECENT_BY] = { "recent_by", "SELECT r.key, " ENTRY " FROM chat_entry e JOIN chat_room r ON r.id = e.room WHERE e.who = $2 AND $1 = '' AND "
		"e.id >= $3 * 1048576 AND e.kind IN (1, 2, 10) AND e.redacted IS NULL AND r.access <> 4 ORDER BY e.id DESC LIMIT $4", "ttii", .gives = "t" ENTRY_GIVES },
	[Q_INVITATIONS] = { "invitations", "SELECT r.key, r.name, i.until FROM chat_invite i JOIN chat_room r ON r.id = i.room WHERE i.who = $1 AND i.until > $2 AND "
		"r.kept >= 0 ORDER BY r.key LIMIT 200", "ti", .gives = "tti" },
	[Q_MOVES] = { "moves", "SELECT m.key, m.name, m.room, m.time, m.told, m.who, m.who_name, m.reason, r.key, r.name, r.access FROM chat_moved m "
		"JOIN chat_room r ON r.id = m.room WHERE r.kept >= 0 ORDER BY m.time LIMIT 10000", "", .gives = "ttiiittttti" },
	[Q_MOVE_ADD] = { "move_add", "INSERT INTO chat_moved (key, name, room, time, told, who, who_name, reason) VALUES ($1, $2, $3, $4, 0, $5, $6, $7) "
		"ON CONFLICT (key) DO UPDATE SET name = excluded.name, room = excluded.room, time = excluded.time, told = 0, who = excluded.who, "
		"who_name = excluded.who_name, reason = excluded.reason", "ttiittt", .writes = true },
	[Q_MOVE_OFF] = { "move_off", "DELETE FROM chat_moved WHERE key = $1", "t", .writes = true },
	[Q_MOVE_TOLD] = { "move_told", "UPDATE chat_moved SET told = 1, who = '', who_name = '', reason = '' WHERE key = $1", "t", .writes = true },
	[Q_MOVES_TRIM] = { "moves_trim", "DELETE FROM chat_moved WHERE room = $1 AND key NOT IN (SELECT key FROM chat_moved WHERE room = $1 ORDER BY time DESC, key "
		"LIMIT 5)", "i", .writes = true },
	[Q_FORGET_MOVES] = { "forget_moves", "DELETE FROM chat_moved WHERE told = 1 AND time < $1", "i", .writes = true },
	[Q_ERASE_MOVES] = { "erase_moves", "UPDATE chat_moved SET who = '', who_name = 'someone who left' WHERE who = $1", "t", .writes = true },
	[Q_ALWAYS] = { "always", "SELECT who, name, seen, (SELECT count(*) FROM chat_stay s WHERE s.who = chat_always.who) FROM chat_always ORDER BY who LIMIT 100000",
		"", .gives = "ttii" },
	[Q_ALWAYS_ON] = { "always_on", "INSERT INTO chat_always (who, name, seen) VALUES ($1, $2, $3) ON CONFLICT (who) DO UPDATE SET "
		"name = excluded.name, seen = excluded.seen", "tti", .writes = true },
	[Q_ALWAYS_OFF] = { "always_off", "DELETE FROM chat_always WHERE who = $1", "t", .writes = true },
	[Q_STAY] = { "stay", "INSERT INTO chat_stay (who, room, ranked) VALUES ($1, $2, $3) ON CONFLICT (who, room) DO UPDATE SET ranked = excluded.ranked", "tii",
		.writes = true },
	[Q_UNSTAY] = { "unstay", "DELETE FROM chat_stay WHERE who = $1 AND room = $2", "ti", .writes = true },
	[Q_UNSTAY_ALL] = { "unstay_all", "DELETE FROM chat_stay WHERE who = $1", "t", .writes = true },
	[Q_STAYS] = { "stays", "SELECT r.name, r.epoch, r.seq, coalesce((SELECT m.seq FROM chat_mark m WHERE m.who = $1 AND m.room = r.id), 0), "
		"coalesce((SELECT h.seq FROM chat_heard h WHERE h.who = $1 AND h.device = $2 AND h.room = r.id), -1) "
		"FROM chat_stay s JOIN chat_room r ON r.id = s.room WHERE s.who = $1 ORDER BY r.key LIMIT $3", "tti", .gives = "tiiii" },
	[Q_STAYING] = { "staying", "SELECT a.who, a.name, s.ranked FROM chat_room r JOIN chat_stay s ON s.room = r.id JOIN chat_always a ON a.who = s.who WHERE r.key = $1",
		"t", .gives = "tti" },
	[Q_HEARD] = { "heard", "INSERT INTO chat_heard (who, device, room, seq, time) SELECT $1, $2, $3, $4, $5 WHERE "
		"(SELECT count(DISTINCT device) FROM chat_heard WHERE who = $1 AND device <> $2) < $6 "
		"ON CONFLICT (who, device, room) DO UPDATE SET seq = excluded.seq, time = excluded.time", "ttiiii", .writes = true },
	[Q_UNHEARD] = { "unheard", "DELETE FROM chat_heard WHERE who = $1", "t", .writes = true },
	[Q_UNHEARD_OLD] = { "unheard_old", "DELETE FROM chat_heard WHERE time < $1", "i", .writes = true },
	[Q_END] = { 0 }
};

const struct wh_schema chat_schema = { "chat", migrations, statements };
