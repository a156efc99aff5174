/* What is kept: who waits, matches and their seats, blocks, ratings, reports. */
#include "matching.h"

static const struct wh_migration migrations[] = {
	{ .sql =
	    "CREATE TABLE matching_ticket (queue TEXT NOT NULL, person TEXT NOT NULL, people TEXT NOT NULL, args TEXT NOT NULL, since BIGINT NOT NULL,"
	    " PRIMARY KEY (queue, person));"
	    "CREATE TABLE matching_match (id TEXT PRIMARY KEY, queue TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT, result TEXT);"
	    "CREATE INDEX matching_match_live ON matching_match (ended, started);"
	    "CREATE TABLE matching_seat (match TEXT NOT NULL, person TEXT NOT NULL, name TEXT NOT NULL, team BIGINT NOT NULL, role BIGINT NOT NULL,"
	    " args TEXT NOT NULL, PRIMARY KEY (match, person));"
	    "CREATE INDEX matching_seat_person ON matching_seat (person);"
	    "CREATE TABLE matching_block (person TEXT NOT NULL, other TEXT NOT NULL, name TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (person, other));"
	    "CREATE TABLE matching_rating (queue TEXT NOT NULL, person TEXT NOT NULL, a DOUBLE PRECISION NOT NULL, b DOUBLE PRECISION NOT NULL,"
	    " c DOUBLE PRECISION NOT NULL, games BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (queue, person));"
	    "CREATE TABLE matching_report (id TEXT PRIMARY KEY, match TEXT NOT NULL, person TEXT NOT NULL, against TEXT NOT NULL, reason TEXT NOT NULL,"
	    " said TEXT NOT NULL, lines TEXT NOT NULL, at BIGINT NOT NULL, settled TEXT, UNIQUE (match, person, against));" },
	{ .sql = "ALTER TABLE matching_seat ADD COLUMN revealed BIGINT NOT NULL DEFAULT 0" },
	{ .sql = "ALTER TABLE matching_seat ADD COLUMN skipped BIGINT NOT NULL DEFAULT 0;"
	    "CREATE INDEX matching_match_started ON matching_match (started, id);" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[Q_TICKET_ADD] = { "ticket_add", "INSERT INTO matching_ticket (queue, person, people, args, since) VALUES ($1, $2, $3, $4, $5)"
	    " ON CONFLICT (queue, person) DO UPDATE SET people = excluded.people, args = excluded.args, since = excluded.since",
	    "tttti", .writes = true },
	[Q_TICKET_DROP] = { "ticket_drop", "DELETE FROM matching_ticket WHERE queue = $1 AND person = $2", "tt", .writes = true },
	[Q_TICKETS] = { "tickets", "SELECT queue, person, people, args, since FROM matching_ticket WHERE queue > $1 OR (queue = $1 AND person > $2)"
	    " ORDER BY queue, person LIMIT 5000", "tt", .gives = "tttti" },
	[Q_MATCH_ADD] = { "match_add", "INSERT INTO matching_match (id, queue, started) VALUES ($1, $2, $3)", "tti", .writes = true },
	[Q_MATCH_END] = { "match_end", "UPDATE matching_match SET ended = $2 WHERE id = $1 AND ended IS NULL", "ti", .writes = true },
	[Q_MATCH_RESULT] = { "match_result", "UPDATE matching_match SET result = $2 WHERE id = $1 AND result IS NULL", "tt", .writes = true },
	[Q_MATCHES] = { "matches", "SELECT id, queue, started FROM matching_match WHERE ended IS NULL AND id > $1 ORDER BY id LIMIT 5000", "t", .gives = "tti" },
	[Q_SEAT_ADD] = { "seat_add", "INSERT INTO matching_seat (match, person, name, team, role, args) VALUES ($1, $2, $3, $4, $5, $6)"
	    " ON CONFLICT (match, person) DO UPDATE SET team = excluded.team, role = excluded.role", "tttiit", .writes = true },
	[Q_SEATS] = { "seats", "SELECT person, name, team, role, args, revealed FROM matching_seat WHERE match = $1 LIMIT 64", "t", .gives = "ttiiti" },
	[Q_MET] = { "met", "SELECT a.person, b.person, m.started, m.id, m.queue, CASE WHEN a.skipped > b.skipped THEN a.skipped ELSE b.skipped END"
	    " FROM matching_match m JOIN matching_seat a ON a.match = m.id JOIN matching_seat b ON b.match = m.id AND b.person > a.person"
	    " WHERE m.started > $1 OR (m.started = $1 AND m.id > $2) ORDER BY m.started, m.id LIMIT 50000", "it", .gives = "ttitti" },
	[Q_BLOCK] = { "block", "INSERT INTO matching_block (person, other, name, at) VALUES ($1, $2, $3, $4) ON CONFLICT (person, other) DO NOTHING", "ttti",
	    .writes = true },
	[Q_UNBLOCK] = { "unblock", "DELETE FROM matching_block WHERE person = $1 AND other = $2", "tt", .writes = true },
	[Q_BLOCKS] = { "blocks", "SELECT other, name, at FROM matching_block WHERE person = $1 ORDER BY at DESC LIMIT 1000", "t", .gives = "tti" },
	[Q_BLOCKS_ALL] = { "blocks_all", "SELECT person, other FROM matching_block WHERE person > $1 OR (person = $1 AND other > $2)"
	    " ORDER BY person, other LIMIT 50000", "tt", .gives = "tt" },
	[Q_RATING] = { "rating", "SELECT a, b, c, games, at FROM matching_rating WHERE queue = $1 AND person = $2", "tt", .gives = "nnnii" },
	[Q_RATING_SET] = { "rating_set", "INSERT INTO matching_rating (queue, person, a, b, c, games, at) VALUES ($1, $2, $3, $4, $5, 1, $6)"
	    " ON CONFLICT (queue, person) DO UPDATE SET a = excluded.a, b = excluded.b, c = excluded.c, games = matching_rating.games + 1, at = excluded.at",
	    "ttnnni", .writes = true },
	[Q_REPORT_ADD] = { "report_add", "INSERT INTO matching_report (id, match, person, against, reason, said, lines, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
	    "tttttttI", .writes = true },
	[Q_REPORTS] = { "reports", "SELECT id, match, person, against, reason, said, lines, at FROM matching_report WHERE settled IS NULL ORDER BY at LIMIT $1", "i",
	    .gives = "tttttttI" },
	[Q_REPORT_DONE] = { "report_done", "UPDATE matching_report SET settled = $2 WHERE id = $1 AND settled IS NULL", "tt", .writes = true },
	[Q_EXPORT_SEATS] = { "export_seats", "SELECT s.match, m.queue, m.started, s.team FROM matching_seat s JOIN matching_match m ON m.id = s.match"
	    " WHERE s.person = $1 ORDER BY m.started DESC LIMIT 10000", "t", .gives = "ttii" },
	[Q_EXPORT_RATINGS] = { "export_ratings", "SELECT queue, a, b, games FROM matching_rating WHERE person = $1 LIMIT 1000", "t", .gives = "tnni" },
	[Q_ERASE_SEATS] = { "erase_seats", "DELETE FROM matching_seat WHERE person = $1", "t", .writes = true },
	[Q_ERASE_RATINGS] = { "erase_ratings", "DELETE FROM matching_rating WHERE person = $1", "t", .writes = true },
	[Q_ERASE_BLOCKS] = { "erase_blocks", "DELETE FROM matching_block WHERE person = $1 OR other = $1", "t", .writes = true },
	[Q_ERASE_TICKETS] = { "erase_tickets", "DELETE FROM matching_ticket WHERE person = $1", "t", .writes = true },
	[Q_ERASE_REPORTS] = { "erase_reports", "UPDATE matching_report SET person = '' WHERE person = $1", "t", .writes = true },
	[Q_SEAT_REVEAL] = { "seat_reveal", "UPDATE matching_seat SET revealed = 1 WHERE match = $1 AND person = $2", "tt", .writes = true },
	[Q_SEAT_SKIP] = { "seat_skip", "UPDATE matching_seat SET skipped = $3 WHERE match = $1 AND person = $2", "tti", .writes = true },
	{ 0 }
};

const struct wh_schema matching_schema = { "matching", migrations, statements };
