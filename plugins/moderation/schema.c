/* What moderation keeps. moderation_action is the log of what was done, and what is in force; moderation_item is the queue. */
#include "own.h"

static const struct wh_migration migrations[] = {
	{ .sql =
		"CREATE TABLE moderation_action (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind INTEGER NOT NULL, who TEXT NOT NULL, name TEXT NOT NULL,"
		" network TEXT NOT NULL, scope INTEGER NOT NULL, room TEXT NOT NULL, until INTEGER NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL,"
		" evidence TEXT NOT NULL, pack TEXT NOT NULL, version TEXT NOT NULL, rule TEXT NOT NULL, mode INTEGER NOT NULL, by_id TEXT NOT NULL,"
		" by_name TEXT NOT NULL, grp INTEGER NOT NULL, entry INTEGER NOT NULL, item INTEGER NOT NULL, value INTEGER NOT NULL, kept TEXT,"
		" state INTEGER NOT NULL, force INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0, target INTEGER NOT NULL DEFAULT 0);" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[Q_LAST_ID] = { "last_id", "SELECT coalesce(max(id), 0) FROM moderation_action", "", .gives = "i" },
	[Q_END] = { 0 }
};

const struct wh_schema moderation_schema = { "moderation", migrations, statements };
