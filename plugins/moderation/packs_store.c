/* What is kept of packs: which uploaded or older version counts, the source of each version, settings and entries of lists that commands set,
 * modes, and what was lowered by itself. A pack of a folder has a row of moderation_packs_pack only when another version than the folder's counts. */
#include <stdio.h>

#include "judging_own.h"

#define MOST_ROWS "100000"

static const struct wh_migration migrations[] = {
	{ .sql =
		"CREATE TABLE moderation_packs_version (number INTEGER PRIMARY KEY, pack TEXT NOT NULL, version TEXT NOT NULL, time BIGINT NOT NULL,"
		" who TEXT NOT NULL, name TEXT NOT NULL, files TEXT NOT NULL);"
		"CREATE INDEX moderation_packs_version_pack ON moderation_packs_version (pack, number);"
		"CREATE TABLE moderation_packs_pack (pack TEXT PRIMARY KEY, version BIGINT NOT NULL);"
		"CREATE TABLE moderation_packs_setting (pack TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (pack, name));"
		"CREATE TABLE moderation_packs_entry (pack TEXT NOT NULL, list TEXT NOT NULL, entry TEXT NOT NULL, removed BIGINT NOT NULL,"
		" PRIMARY KEY (pack, list, entry));"
		"CREATE TABLE moderation_packs_mode (pack TEXT NOT NULL, rule TEXT NOT NULL, room TEXT NOT NULL, mode BIGINT NOT NULL,"
		" PRIMARY KEY (pack, rule, room));"
		"CREATE TABLE moderation_packs_lowered (pack TEXT NOT NULL, rule TEXT NOT NULL, version TEXT NOT NULL, most BIGINT NOT NULL,"
		" PRIMARY KEY (pack, rule));" },
	/* Which rules a pack has that was loaded. `hash` is of the files and settings; as a text, as it has 64 bits. */
	{ .sql =
		"CREATE TABLE moderation_packs_known (pack TEXT PRIMARY KEY, version TEXT NOT NULL, hash TEXT NOT NULL, rules TEXT NOT NULL);" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[Q_PACKS] = { "packs", "SELECT p.pack, v.version, v.files FROM moderation_packs_pack p JOIN moderation_packs_version v ON v.number = p.version "
		"ORDER BY p.pack LIMIT 64", "", .gives = "ttt" },
	[Q_PACK_PUT] = { "pack_put", "INSERT INTO moderation_packs_pack (pack, version) SELECT $1, max(number) FROM moderation_packs_version WHERE pack = $1 AND "
		"version = $2 ON CONFLICT (pack) DO UPDATE SET version = excluded.version", "tt", .writes = true },
	[Q_PACK_GONE] = { "pack_gone", "DELETE FROM moderation_packs_pack WHERE pack = $1", "t", .writes = true },
	[Q_VERSION_ADD] = { "version_add", "INSERT INTO moderation_packs_version (pack, version, time, who, name, files) SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS "
		"(SELECT 1 FROM moderation_packs_version WHERE pack = $1 AND version = $2 AND files = $6)", "ttittt", .writes = true },
	[Q_VERSIONS] = { "versions", "SELECT version, time, who, name, length(files) FROM moderation_packs_version WHERE pack = $1 ORDER BY number DESC LIMIT 32",
		"t", .gives = "titti" },
	[Q_VERSION_LAST] = { "version_last", "SELECT version, files FROM moderation_packs_version WHERE pack = $1 AND version = $2 ORDER BY number DESC LIMIT 1",
		"tt", .gives = "tt" },
	[Q_VERSION_GET] = { "version_get", "SELECT version, files FROM moderation_packs_version WHERE pack = $1 AND version = $2 ORDER BY number DESC LIMIT 1",
		"tt", .gives = "tt" },
	/* The one that was there before this version came for the first time. */
	[Q_VERSION_BEFORE] = { "version_before", "SELECT version, files FROM moderation_packs_version WHERE pack = $1 AND version <> $2 AND number < (SELECT max(number) "
		"FROM moderation_packs_version WHERE pack = $1 AND version = $2) ORDER BY number DESC LIMIT 1", "tt", .gives = "tt" },
	[Q_VERSIONS_TRIM] = { "versions_trim", "DELETE FROM moderation_packs_version WHERE pack = $1 AND number NOT IN (SELECT number FROM moderation_packs_version "
		"WHERE pack = $1 ORDER BY number DESC LIMIT 32) AND number NOT IN (SELECT version FROM moderation_packs_pack WHERE pack = $1)", "t",
		.writes = true },
	[Q_SETTING_PUT] = { "setting_put", "INSERT INTO moderation_packs_setting (pack, name, value) VALUES ($1, $2, $3) ON CONFLICT (pack, name) DO UPDATE SET "
		"value = excluded.value", "ttt", .writes = true },
	[Q_SETTING_GONE] = { "setting_gone", "DELETE FROM moderation_packs_setting WHERE pack = $1 AND name = $2", "tt", .writes = true },
	[Q_SETTINGS] = { "settings", "SELECT name, value FROM moderation_packs_setting WHERE pack = $1 ORDER BY name LIMIT 100", "t", .gives = "tt" },
	[Q_ENTRY_PUT] = { "entry_put", "INSERT INTO moderation_packs_entry (pack, list, entry, removed) VALUES ($1, $2, $3, $4) ON CONFLICT (pack, list, entry) DO UPDATE "
		"SET removed = excluded.removed", "ttti", .writes = true },
	[Q_ENTRY_GONE] = { "entry_gone", "DELETE FROM moderation_packs_entry WHERE pack = $1 AND list = $2 AND entry = $3", "ttt", .writes = true },
	[Q_ENTRIES] = { "entries", "SELECT list, entry, removed FROM moderation_packs_entry WHERE pack = $1 ORDER BY list, removed, entry LIMIT " MOST_ROWS, "t",
		.gives = "tti" },
	[Q_ENTRIES_OF] = { "entries_of", "SELECT entry, removed FROM moderation_packs_entry WHERE pack = $1 AND list = $2 AND entry > $3 ORDER BY entry LIMIT $4",
		"ttti", .gives = "ti" },
	[Q_ENTRIES_COUNT] = { "entries_count", "SELECT count(*) FROM moderation_packs_entry WHERE pack = $1 AND list = $2", "tt", .gives = "i" },
	[Q_MODE_PUT] = { "mode_put", "INSERT INTO moderation_packs_mode (pack, rule, room, mode) VALUES ($1, $2, $3, $4) ON CONFLICT (pack, rule, room) DO UPDATE SET "
		"mode = excluded.mode", "ttti", .writes = true },
	[Q_MODE_GONE] = { "mode_gone", "DELETE FROM moderation_packs_mode WHERE pack = $1 AND rule = $2 AND room = $3", "ttt", .writes = true },
	[Q_MODES] = { "modes", "SELECT pack, rule, room, mode FROM moderation_packs_mode ORDER BY pack, rule, room LIMIT 1000", "", .gives = "ttti" },
	[Q_LOWERED_PUT] = { "lowered_put", "INSERT INTO moderation_packs_lowered (pack, rule, version, most) VALUES ($1, $2, $3, $4) ON CONFLICT (pack, rule) DO UPDATE "
		"SET version = excluded.version, most = excluded.most", "ttti", .writes = true },
	[Q_LOWERED_GONE] = { "lowered_gone", "DELETE FROM moderation_packs_lowered WHERE ($1 = '' OR pack = $1) AND ($2 = '' OR rule = $2)", "tt", .writes = true },
	[Q_LOWERED] = { "lowered", "SELECT pack, rule, version, most FROM moderation_packs_lowered ORDER BY pack, rule LIMIT 5000", "", .gives = "ttti" },
	[Q_KNOWN_PUT] = { "known_put", "INSERT INTO moderation_packs_known (pack, version, hash, rules) VALUES ($1, $2, $3, $4) ON CONFLICT (pack) DO UPDATE SET "
		"version = excluded.version, hash = excluded.hash, rules = excluded.rules", "tttt", .writes = true },
	[Q_KNOWN] = { "known", "SELECT version, hash, rules FROM moderation_packs_known WHERE pack = $1", "t", .gives = "ttt" },
	[Q_KNOWN_FILES] = { "known_files", "SELECT v.version, v.files FROM moderation_packs_known k JOIN moderation_packs_version v ON v.pack = k.pack AND "
		"v.version = k.version WHERE k.pack = $1 ORDER BY v.number DESC LIMIT 1", "t", .gives = "tt" },
	[Q_LOG] = { "log", "SELECT e.id, e.time, e.kind, e.who, e.name, e.text FROM chat_entry e JOIN chat_room r ON r.id = e.room WHERE (r.key = $1 OR r.name = $1) AND e.id > $2 AND "
		"e.time >= $3 AND e.time <= $4 AND e.kind IN (1, 2, 3) ORDER BY e.id LIMIT $5", "tiiii", .gives = "iiittT" },
	[Q_SAID_BEFORE] = { "said_before", "SELECT count(*) FROM chat_entry WHERE who = $1 AND id < $2 AND kind IN (1, 2)", "ti", .gives = "i" },
	[Q_MODES_MOVE_OFF] = { "modes_move_off", "DELETE FROM moderation_packs_mode WHERE room = $2 AND EXISTS (SELECT 1 FROM moderation_packs_mode m WHERE "
		"m.room = $1)", "tt", .gives = NULL, .writes = true },
	[Q_MODES_MOVE] = { "modes_move", "UPDATE moderation_packs_mode SET room = $2 WHERE room = $1", "tt", .gives = NULL, .writes = true },
	{ 0 }
};

const struct wh_schema judging_schema = { "moderation_packs", migrations, statements };

void
judging_move(struct judging *j, struct wh_str from, struct wh_str to)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(from), WH_CELL_TEXT(to) };
	const struct wh_step steps[] = { { Q_MODES_MOVE_OFF, cells, 2, WH_ANY }, { Q_MODES_MOVE, cells, 2, WH_ANY } };
	bool moved = false;

	for (size_t i = 0; i < j->n_modes; i++)
		moved |= wh_str_is(from, j->modes[i].room);
	if (!moved || to.n >= PACK_NAME)
		return;
	/* What was set for a room that had the name before goes. */
	for (size_t i = 0; i < j->n_modes;) {
		if (wh_str_is(to, j->modes[i].room))
			j->modes[i] = j->modes[--j->n_modes];
		else
			i++;
	}
	for (size_t i = 0; i < j->n_modes; i++)
		if (wh_str_is(from, j->modes[i].room))
			snprintf(j->modes[i].room, sizeof j->modes[i].room, "%.*s", WH_FMT(to));
	packs_modes_send(j);
	packs_wanted(j);
	if (wh_store_run(&j->table, steps, 2, packs_written, 0) != WH_OK)
		wh_host_log(j->host, WH_ERROR, "modes_not_moved", WH_S("room", from), WH_S("to", to));
}

void
packs_written(void *self, uint64_t cookie, const struct wh_result *result)
{
	const struct judging *j = moderation_judging(self);

	(void)cookie;
	if (result->err != WH_OK)
		wh_host_log(j->host, WH_WARN, "pack_not_kept", WH_S("why", result->why));
}

void
packs_keep_version(struct judging *j, const struct pack *p)
{
	const struct wh_cell add[] = { WH_CELL_TEXT(wh_str(p->id)), WH_CELL_TEXT(wh_str(p->version)), WH_CELL_INT(wh_wall_ms(j->host)),
		WH_CELL_TEXT(WH_STR("")), WH_CELL_TEXT(WH_STR("")), WH_CELL_TEXT(wh_str(p->files)) };
	const struct wh_step steps[] = { { Q_VERSION_ADD, add, 6, WH_ANY }, { Q_VERSIONS_TRIM, add, 1, WH_ANY } };

	if (!p->uploaded)
		(void)wh_store_run(&j->table, steps, 2, packs_written, 0);
}

void
packs_lowered_keep(struct judging *j, const struct pack *p, const struct pack_rule *r)
{
	const struct wh_cell put[] = { WH_CELL_TEXT(wh_str(p->id)), WH_CELL_TEXT(wh_str(r->name)), WH_CELL_TEXT(wh_str(p->version)), WH_CELL_INT(r->most) };

	(void)wh_store_run(&j->table, &(struct wh_step){ Q_LOWERED_PUT, put, 4, WH_ANY }, 1, packs_written, 0);
}

/* FNV-1a. Nobody gains from two packs with one: it is only asked whether something changed. */
static uint64_t
known_hash(const struct pack *p)
{
	const char *const texts[] = { p->files, p->settings };
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < 2; i++) {
		for (const char *c = texts[i] != NULL ? texts[i] : ""; *c != '\0'; c++)
			h = (h ^ (unsigned char)*c) * UINT64_C(1099511628211);
		h = (h ^ 0xff) * UINT64_C(1099511628211);
	}
	return h != 0 ? h : 1;
}

void
packs_known_keep(struct judging *j, struct pack *p)
{
	struct bytes rules = { .host = j->host, .max = 65536 };
	uint64_t hash = known_hash(p);
	char text[20];

	if (hash == p->known_hash)
		return;
	bytes_open(&rules, NULL, '[');
	for (size_t i = 0; i < p->n_rules; i++) {
		bytes_open(&rules, NULL, '{');
		bytes_str(&rules, "name", wh_str(p->rules[i].name));
		bytes_int(&rules, "on", p->rules[i].on);
		bytes_raw(&rules, "closed", p->rules[i].closed ? WH_STR("true") : WH_STR("false"));
		bytes_close(&rules, '}');
	}
	bytes_close(&rules, ']');
	snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
	const struct wh_cell put[] = { WH_CELL_TEXT(wh_str(p->id)), WH_CELL_TEXT(wh_str(p->version)), WH_CELL_TEXT(wh_str(text)), WH_CELL_TEXT(bytes_slice(&rules)) };

	if (!rules.failed && wh_store_run(&j->table, &(struct wh_step){ Q_KNOWN_PUT, put, 4, WH_ANY }, 1, packs_written, 0) == WH_OK)
		p->known_hash = hash;
	bytes_free(&rules);
}

enum wh_err
packs_known_files(struct judging *j, const struct pack *p, wh_store_done *done)
{
	return wh_store_run(&j->table, &(struct wh_step){ Q_KNOWN_FILES, &WH_CELL_TEXT(wh_str(p->id)), 1, WH_ANY }, 1, done, (uint64_t)(uintptr_t)p);
}

/* Is the setting `name` one that entries of lists change? */
static bool
is_changed(const struct wh_rows *entries, const struct change *c, struct wh_str name)
{
	for (size_t i = 0; i < entries->n; i++)
		if (wh_str_eq(wh_row_str(entries, i, 0), name))
			return true;
	return c != NULL && c->kind == CHANGE_LIST && wh_str_is(name, c->setting);
}

static bool
is_in_change(const struct change *c, struct wh_str list, struct wh_str entry)
{
	for (size_t i = 0; c != NULL && c->kind == CHANGE_LIST && wh_str_is(list, c->setting) && i < c->n_entries; i++)
		if (wh_str_eq(c->entries[i], entry))
			return true;
	return false;
}

static void
list_entries(struct wh_str list, const struct wh_rows *entries, const struct change *c, bool removed, struct bytes *out)
{
	bytes_open(out, removed ? "remove" : "add", '[');
	for (size_t i = 0; i < entries->n; i++)
		if (wh_str_eq(wh_row_str(entries, i, 0), list) && (wh_row_int(entries, i, 2) != 0) == removed
		    && !is_in_change(c, list, wh_row_str(entries, i, 1)))
			bytes_str(out, NULL, wh_row_str(entries, i, 1));
	for (size_t i = 0; c != NULL && c->kind == CHANGE_LIST && wh_str_is(list, c->setting) && c->remove == removed && i < c->n_entries; i++)
		bytes_str(out, NULL, c->entries[i]);
	bytes_close(out, ']');
}

static void
list_setting(struct wh_str list, struct wh_str base, const struct wh_rows *entries, const struct change *c, struct bytes *out)
{
	bytes_key_raw(out, list, WH_STR("{"));
	if (base.n != 0)
		bytes_raw(out, "base", base);
	list_entries(list, entries, c, false, out);
	list_entries(list, entries, c, true, out);
	bytes_close(out, '}');
}

static void
one_setting(struct wh_str name, struct wh_str value, const struct wh_rows *entries, const struct change *c, struct bytes *out)
{
	if (is_changed(entries, c, name))
		list_setting(name, value, entries, c, out);
	else
		bytes_key_raw(out, name, value);
}

/* What the command sets stands before what the config says. */
static bool
is_set(const struct wh_rows *settings, const struct change *c, struct wh_str name)
{
	for (size_t i = 0; i < settings->n; i++)
		if (wh_str_eq(wh_row_str(settings, i, 0), name) && !(c != NULL && c->kind == CHANGE_SET && c->value == NULL && wh_str_is(name, c->setting)))
			return true;
	return c != NULL && c->kind == CHANGE_SET && c->value != NULL && wh_str_is(name, c->setting);
}

void
packs_settings(const struct pack *p, const struct wh_rows *settings, const struct wh_rows *entries, const struct change *c, struct bytes *out)
{
	struct wh_str last = { NULL, 0 }, key;
	struct wh_value conf, value;
	struct wh_json_in in;

	bytes_open(out, NULL, '{');
	if (p != NULL && p->conf != NULL && wh_json_read_text(out->host, wh_str(p->conf), &conf) == WH_OK) {
		in = wh_json_each(&conf);
		while (wh_json_next(&in, &key, &value))
			if (!is_set(settings, c, key))
				one_setting(key, value.raw, entries, c, out);
	}
	for (size_t i = 0; i < settings->n; i++) {
		struct wh_str name = wh_row_str(settings, i, 0);

		if (c == NULL || c->kind != CHANGE_SET || !wh_str_is(name, c->setting))
			one_setting(name, wh_row_str(settings, i, 1), entries, c, out);
	}
	if (c != NULL && c->kind == CHANGE_SET && c->value != NULL)
		one_setting(wh_str(c->setting), wh_str(c->value), entries, c, out);
	/* Lists whose base is the pack's own default. */
	for (size_t i = 0; i <= entries->n; i++) {
		struct wh_str list = i < entries->n ? wh_row_str(entries, i, 0) : c != NULL && c->kind == CHANGE_LIST ? wh_str(c->setting) : (struct wh_str){ NULL, 0 };
		bool in_conf = false, seen = list.n == 0 || wh_str_eq(list, last);

		if (i == entries->n)
			for (size_t k = 0; k < entries->n; k++)
				seen |= wh_str_eq(wh_row_str(entries, k, 0), list);
		if (seen)
			continue;
		last = list;
		if (p != NULL && p->conf != NULL && wh_json_read_text(out->host, wh_str(p->conf), &conf) == WH_OK) {
			in = wh_json_each(&conf);
			while (wh_json_next(&in, &key, &value))
				in_conf |= wh_str_eq(key, list);
		}
		if (!in_conf && !is_set(settings, c, list))
			list_setting(list, (struct wh_str){ NULL, 0 }, entries, c, out);
	}
	bytes_close(out, '}');
	if (!out->failed && out->n == 2)
		bytes_free(out);
}

struct restoring {
	struct judging *j;
	enum wh_err err;
};

static void
packs_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct restoring *to = (struct restoring *)(uintptr_t)cookie;

	(void)self;
	to->err = r->err;
	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++) {
		struct pack *p = pack_add(to->j, wh_row_str(&r->rows[0], i, 0));

		if (p == NULL || !pack_set_text(to->j, &p->files, wh_row_str(&r->rows[0], i, 2)))
			continue;
		p->uploaded = true;
		snprintf(p->version, sizeof p->version, "%.*s", WH_FMT(wh_row_str(&r->rows[0], i, 1)));
	}
	for (size_t i = 0; r->err == WH_OK && i < r->rows[1].n; i++) {
		struct mode m = { .mode = PACK_OFF };
		char *const to_text[3] = { m.pack, m.rule, m.room };
		int64_t mode = wh_row_int(&r->rows[1], i, 3);

		for (size_t k = 0; k < 3; k++)
			snprintf(to_text[k], PACK_NAME, "%.*s", WH_FMT(wh_row_str(&r->rows[1], i, k)));
		m.mode = mode >= PACK_OFF && mode <= PACK_LIVE ? (enum pack_mode)mode : PACK_OFF;
		(void)mode_set(to->j, &m);
	}
}

enum wh_err
packs_restore(struct judging *j)
{
	struct restoring to = { j, WH_EIO };
	const struct wh_step steps[] = { { Q_PACKS, NULL, 0, WH_ANY }, { Q_MODES, NULL, 0, WH_ANY } };
	enum wh_err err = wh_store_run_now(&j->table, steps, 2, packs_read, (uint64_t)(uintptr_t)&to);

	return err != WH_OK ? err : to.err;
}

struct restoring_pack {
	struct judging *j;
	struct pack *p;
};

/* The rules as they were when it was loaded last; if its files and settings are the same, they are these again. */
static void
known_read(const struct judging *j, struct pack *p, const struct wh_rows *rows)
{
	struct wh_value all, rule;
	struct wh_json_in in;
	char text[20];

	snprintf(text, sizeof text, "%016llx", (unsigned long long)known_hash(p));
	if (rows->n == 0 || !wh_str_is(wh_row_str(rows, 0, 1), text) || wh_json_read_text(j->host, wh_row_str(rows, 0, 2), &all) != WH_OK)
		return;
	snprintf(p->version, sizeof p->version, "%.*s", WH_FMT(wh_row_str(rows, 0, 0)));
	p->known = true;
	p->known_hash = known_hash(p);
	in = wh_json_each(&all);
	while (wh_json_next(&in, NULL, &rule))
		pack_rule_read(p, &rule);
}

static void
lowered_read(struct pack *p, const struct wh_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct wh_str name = wh_row_str(rows, i, 1), version = wh_row_str(rows, i, 2);
		struct pack_rule *r = NULL;

		/* What was lowered of a version stays lowered; the next version is another matter. */
		if (!wh_str_is(wh_row_str(rows, i, 0), p->id) || (p->version[0] != '\0' && !wh_str_is(version, p->version)))
			continue;
		for (size_t k = 0; k < p->n_rules; k++)
			if (wh_str_is(name, p->rules[k].name))
				r = &p->rules[k];
		if (r == NULL && p->n_rules < PACK_RULES && !p->known) {
			r = &p->rules[p->n_rules++];
			*r = (struct pack_rule){ .most = PACK_LIVE };
			snprintf(r->name, sizeof r->name, "%.*s", WH_FMT(name));
		}
		if (r == NULL)
			continue;
		r->most = wh_row_int(rows, i, 3) == PACK_OFF ? PACK_OFF : PACK_SHADOW;
		snprintf(p->version, sizeof p->version, "%.*s", WH_FMT(version));
	}
}

static void
pack_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	const struct restoring_pack *to = (struct restoring_pack *)(uintptr_t)cookie;
	struct bytes b = { .host = to->j->host, .max = JUDGING_PACK_BYTES };

	(void)self;
	if (r->err != WH_OK)
		return;
	packs_settings(to->p, &r->rows[0], &r->rows[1], NULL, &b);
	if (!b.failed)
		(void)pack_set_text(to->j, &to->p->settings, bytes_slice(&b));
	bytes_free(&b);
	known_read(to->j, to->p, &r->rows[3]);
	lowered_read(to->p, &r->rows[2]);
}

void
packs_restore_one(struct judging *j, struct pack *p)
{
	struct restoring_pack to = { j, p };
	const struct wh_cell id = WH_CELL_TEXT(wh_str(p->id));
	const struct wh_step steps[] = { { Q_SETTINGS, &id, 1, WH_ANY }, { Q_ENTRIES, &id, 1, WH_ANY }, { Q_LOWERED, NULL, 0, WH_ANY }, { Q_KNOWN, &id, 1, WH_ANY } };

	(void)wh_store_run_now(&j->table, steps, 4, pack_read, (uint64_t)(uintptr_t)&to);
}
