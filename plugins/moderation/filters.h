/* The built-in filters of plugins/moderation: cheap, always there, asked in the hub for each event. They answer with verdicts of the pack
 * "filters" and do nothing themselves; what is done about a verdict is action.c's. Used by gate.c, and by what evaluates filters on logs.
 * Each filter has a row (filter_rows) and a set of settings, for everywhere and perhaps another for a room. No clock is looked at: time is
 * the event's. Nothing here needs a host but compiling large lists off the loop and keeping what commands change: with host NULL all
 * works at once and in memory, for tests and evaluations.
 *
 * What grows, and its bound: people, networks and rooms that are counted (FILTER_SEATS in all; the one not seen for longest goes), texts that
 * are compared (FILTER_NEAR_TEXTS, and no older than the filter's `within`), rooms with settings of their own (FILTER_ROOMS), lists
 * (FILTER_LISTS), their entries (FILTER_ENTRIES in all, of FILTER_LIST_BYTES in all), characters that are remembered (3.5 MiB, see fold.h). */
#ifndef PLUGIN_MODERATION_FILTERS_H
#define PLUGIN_MODERATION_FILTERS_H

#include <whiply/conf.h>
#include <whiply/judge.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum filter {
	FILTER_WORDS,
	FILTER_PATTERNS,
	FILTER_NAMES,
	FILTER_DENIED_LINKS,
	FILTER_LINKS,
	FILTER_HIDDEN_LINKS,
	FILTER_CAPS,
	FILTER_REPEATS,
	FILTER_REPEATED_WORDS,
	FILTER_AGAIN,
	FILTER_ZALGO,
	FILTER_INVISIBLE,
	FILTER_MIXED,
	FILTER_MENTIONS,
	FILTER_MENTIONS_RATE,
	FILTER_EMOTES,
	FILTER_NEAR,
	FILTER_RATE,
	FILTER_NETWORK_RATE,
	FILTER_ROOM_RATE,
	FILTER_NEW_SPEECH,
	FILTER_NEW_LINKS,
	FILTER_NEW_FILES,
	FILTER_LISTED,
	FILTER_COUNTRY,
	FILTERS
};

enum {
	FILTER_SEATS = 16384,
	FILTER_NEAR_TEXTS = 16 * 1024,
	FILTER_ROOMS = 1024,
	FILTER_LISTS = 32,
	FILTER_ENTRIES = 65536,
	FILTER_LIST_BYTES = 1 << 20,
	FILTER_ENTRY = 500,		/* bytes of one */
	FILTER_NAME = 64,		/* bytes of a list's or a room's name */
	FILTER_COUNTRIES = 250,
	FILTER_WITHIN_MS = 10 * 60000,	/* that texts are compared for, at most */
};

enum filter_mode { FILTER_OFF, FILTER_SHADOW, FILTER_LIVE };

/** How a filter is set. What `limit` and `also` are stands in its row. */
struct filter_set {
	enum filter_mode mode;
	enum wh_judge_trust exempt;	/* who is trusted as much as this is not judged */
	uint32_t actions;		/* enum wh_judge_action */
	int64_t limit, also, within_ms;
	int64_t time_ms;		/* of the timeout, mute, ban or slow mode; 0: the plugin's default */
};

struct filter_row {
	const char *name;	/* "caps": also the verdict's rule */
	const char *help;	/* when it hits */
	const char *limit, *also, *within;	/* what these are; NULL: the filter has none */
	const char *text;	/* the sentence for the person */
	struct filter_set def;
};

/** A reason template's key is "filter_" and the name, with `_` for `-`. */
extern const struct filter_row filter_rows[FILTERS];

/** The filter of that name, or FILTERS. */
enum filter filter_find(struct wh_str name);

struct filters;

/** `host` may be NULL (see above); `conf` is the plugin's and has the rows of FILTER_SETTINGS, or NULL: the defaults. NULL: out of memory, or
 * the config is wrong, which is in the log. */
struct filters *filters_open(const struct wh_host *host, const struct wh_conf *conf);
void filters_close(struct filters **f);

/** Behind the last filters_close, before the plugin is unloaded: what libraries keep for the process. */
void filters_unload(void);

/** The config changed: what commands have set stays in force above it. WH_EINVAL: it is wrong, and nothing changed. */
enum wh_err filters_reload(struct filters *f, const struct wh_conf *conf);

/** What is known of where somebody comes from, beyond the event; {0} is nothing. */
struct filter_origin {
	struct wh_str address;	/* text; looked up only if a filter wants the country */
	char country[3];	/* "DE", where something else says it; empty: by the address */
	bool listed;		/* on a list of bad addresses (DNSBL) */
};

/** Judges an event and counts it. The verdicts, of which there is one for each filter that hits, are good until the next call. A moderator
 * is never judged. `from` may be NULL. */
size_t filters_judge_from(struct filters *f, const struct wh_judge_event *e, const struct filter_origin *from, struct wh_judge_verdict *to, size_t max);

static inline size_t
filters_judge(struct filters *f, const struct wh_judge_event *e, struct wh_judge_verdict *to, size_t max)
{
	return filters_judge_from(f, e, NULL, to, max);
}

/** The country of an address, by the database of the setting `country_file`; empty when there is none. */
void filters_country(const struct filters *f, struct wh_str address, char out[static 3]);

/** Of the event that was judged last: how many people said something like it of late, its own among them, in its room; 0: it is too short, or
 * no message. For raid.h, whatever the mode of the filter. */
uint32_t filters_alike(const struct filters *f);

/* Settings */

/** What is in force in a room (empty: everywhere). */
const struct filter_set *filters_get(const struct filters *f, enum filter filter, struct wh_str room);
/** Sets it; in a room over what holds everywhere. WH_EFULL: FILTER_ROOMS. */
enum wh_err filters_set(struct filters *f, enum filter filter, struct wh_str room, const struct filter_set *set);
/** Back to what the config says, or in a room to what holds everywhere. */
void filters_unset(struct filters *f, enum filter filter, struct wh_str room);
/** Is it set by a command, here? */
bool filters_is_set(const struct filters *f, enum filter filter, struct wh_str room);

/* Lists: in the config, or made by commands */

enum filter_list_kind {
	FILTER_LIST_WORDS,	/* words and phrases, as text/list.h compares them */
	FILTER_LIST_PATTERNS,	/* PCRE2 */
	FILTER_LIST_NAMES,	/* words of people's names */
	FILTER_LIST_DENY,	/* domains */
	FILTER_LIST_ALLOW,	/* domains that no filter of links minds */
	FILTER_LIST_KINDS
};

extern const char *const filter_list_kinds[FILTER_LIST_KINDS];

struct filter_list_info {
	struct wh_str name;
	enum filter_list_kind kind;
	uint32_t actions;	/* 0: those of the filter */
	size_t n;
	bool from_config;	/* may not be changed by commands */
	bool building;		/* what changed last is not in force yet */
};

/** Makes a list, or changes the kind and actions of one. WH_EFULL, WH_EPERM: it is of the config, WH_EINVAL: a name. */
enum wh_err filters_list_set(struct filters *f, struct wh_str name, enum filter_list_kind kind, uint32_t actions);
enum wh_err filters_list_drop(struct filters *f, struct wh_str name);
/** WH_ENOENT, WH_EPERM, WH_EEXIST, WH_EFULL, WH_ETOOBIG; WH_EINVAL or WH_ESYNTAX: it could never match, and `why` says so (cut to fit). In
 * force after filters_list_build. */
enum wh_err filters_list_add(struct filters *f, struct wh_str name, struct wh_str entry, char *why, size_t why_max);
enum wh_err filters_list_remove(struct filters *f, struct wh_str name, struct wh_str entry);
/** Puts what changed in force: at once if it is little, otherwise by a job, until whose end the old list is in force. */
void filters_list_build(struct filters *f);

bool filters_list_at(const struct filters *f, size_t i, struct filter_list_info *out);
bool filters_list_find(const struct filters *f, struct wh_str name, struct filter_list_info *out);
struct wh_str filters_list_entry(const struct filters *f, struct wh_str name, size_t i);

/* The plugin's part: what moderation.c puts into its tables */

/** Who has the plugin's self says where the filters are; the plugin defines it. */
struct filters *moderation_filters(void *self);

extern const struct wh_setting filter_settings[], filter_list_settings[];
extern const struct wh_job filter_build_job;

#define FILTER_SETTINGS \
	{ "filters", WH_FREE, .table = filter_settings, .help = "built-in filters, each under its name: docs/filters.md" }, \
	{ "lists", WH_FREE, .table = filter_list_settings, .help = "lists of words, names and domains, each under a name; up to 32" }, \
	{ "countries_allow", WH_STRINGS, .max = "250", .help = "countries (\"DE\") that people may come from; empty: any" }, \
	{ "countries_deny", WH_STRINGS, .max = "250", .help = "countries that people may not come from" }, \
	{ "country_file", WH_STRING, .file_only = true, .max = "4096", .help = "a database in MaxMind's format (.mmdb) that knows countries; replace it by renaming" }

/** One row of the schema's migrations. */
#define FILTER_MIGRATION \
	"CREATE TABLE moderation_filter (room TEXT NOT NULL, filter TEXT NOT NULL, mode BIGINT NOT NULL, exempt BIGINT NOT NULL, actions BIGINT NOT NULL," \
	" most BIGINT NOT NULL, also BIGINT NOT NULL, within BIGINT NOT NULL, time BIGINT NOT NULL, PRIMARY KEY (room, filter));" \
	"CREATE TABLE moderation_list (name TEXT PRIMARY KEY, kind BIGINT NOT NULL, actions BIGINT NOT NULL);" \
	"CREATE TABLE moderation_list_entry (list TEXT NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (list, entry));"

/** Rows of the schema's statements, one behind the other; the first one's number is given to filters_keep. */
#define FILTER_STATEMENTS \
	{ "filter_set", "INSERT INTO moderation_filter (room, filter, mode, exempt, actions, most, also, within, time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)" \
	    " ON CONFLICT (room, filter) DO UPDATE SET mode = excluded.mode, exempt = excluded.exempt, actions = excluded.actions, most = excluded.most," \
	    " also = excluded.also, within = excluded.within, time = excluded.time", .takes = "ttiiiiiii", .writes = true }, \
	{ "filter_unset", "DELETE FROM moderation_filter WHERE room = $1 AND filter = $2", .takes = "tt", .writes = true }, \
	{ "filters", "SELECT room, filter, mode, exempt, actions, most, also, within, time FROM moderation_filter LIMIT 50000", .gives = "ttiiiiiii" }, \
	{ "list_set", "INSERT INTO moderation_list (name, kind, actions) VALUES ($1, $2, $3)" \
	    " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, actions = excluded.actions", .takes = "tii", .writes = true }, \
	{ "list_drop", "DELETE FROM moderation_list WHERE name = $1", .takes = "t", .writes = true }, \
	{ "list_clear", "DELETE FROM moderation_list_entry WHERE list = $1", .takes = "t", .writes = true }, \
	{ "lists", "SELECT name, kind, actions FROM moderation_list LIMIT 1000", .gives = "tii" }, \
	{ "list_add", "INSERT INTO moderation_list_entry (list, entry) VALUES ($1, $2) ON CONFLICT (list, entry) DO NOTHING", .takes = "tt", .writes = true }, \
	{ "list_remove", "DELETE FROM moderation_list_entry WHERE list = $1 AND entry = $2", .takes = "tt", .writes = true }, \
	{ "list_entries", "SELECT list, entry FROM moderation_list_entry WHERE list > $1 OR (list = $1 AND entry > $2) ORDER BY list, entry LIMIT 5000", \
	    .takes = "tt", .gives = "tt" }, \
	{ "filter_move_off", "DELETE FROM moderation_filter WHERE room = $2 AND EXISTS (SELECT 1 FROM moderation_filter f WHERE f.room = $1)", .takes = "tt", .writes = true }, \
	{ "filter_move", "UPDATE moderation_filter SET room = $2 WHERE room = $1", .takes = "tt", .writes = true }
enum { FILTER_STATEMENTS_N = 12 };

/** Reads back what commands have set (blocks: in the plugin's open), and writes what they set from now on. `table` is borrowed. */
enum wh_err filters_keep(struct filters *f, const struct wh_table *table, unsigned first_statement);

/** The room has another name: what is set in it goes along, in memory and in the store. */
void filters_move(struct filters *f, struct wh_str from, struct wh_str to);

/** Rows of the plugin's commands. */
#define FILTER_COMMANDS \
	{ "moderation.filters", filter_fields_room, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = filter_command_all, .help = "how the built-in filters are set" }, \
	{ "moderation.filter_set", filter_fields_set, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = filter_command_set, .help = "set a built-in filter, everywhere or in a room" }, \
	{ "moderation.lists", NULL, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = filter_command_lists, .help = "lists of words, names and domains" }, \
	{ "moderation.list", filter_fields_list, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = filter_command_list, .help = "the entries of a list" }, \
	{ "moderation.list_set", filter_fields_list_set, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = filter_command_list_set, .help = "make a list, or change what it is" }, \
	{ "moderation.list_add", filter_fields_entries, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = filter_command_list_add, .help = "add entries to a list" }, \
	{ "moderation.list_remove", filter_fields_entries, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = filter_command_list_remove, .help = "remove entries from a list" }, \
	{ "moderation.list_drop", filter_fields_list_name, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = filter_command_list_drop, .help = "end a list" }

extern const struct wh_field filter_fields_room[], filter_fields_set[], filter_fields_list[], filter_fields_list_set[], filter_fields_entries[], filter_fields_list_name[];
enum wh_err filter_command_all(void *self, struct wh_call *call);
enum wh_err filter_command_set(void *self, struct wh_call *call);
enum wh_err filter_command_lists(void *self, struct wh_call *call);
enum wh_err filter_command_list(void *self, struct wh_call *call);
enum wh_err filter_command_list_set(void *self, struct wh_call *call);
enum wh_err filter_command_list_add(void *self, struct wh_call *call);
enum wh_err filter_command_list_remove(void *self, struct wh_call *call);
enum wh_err filter_command_list_drop(void *self, struct wh_call *call);

#endif
