/* The check of a group against its table: every row's value is read or defaulted, every key that no row names is blamed.
 * Goes on after an error, so that all are found; what is wrong keeps a zero value, and is never handed out. */
#include <stdio.h>
#include <stdlib.h>

#include "base/conf_build.h"
#include "base/conf_scan.h"
#include "base/nearest.h"

enum {
	CHECK_DEPTH = 16,	/* tables in tables: also ends a table that contains itself */
	CHECK_PATH = 256,
};

struct check {
	const struct wh_conf_file *file;
	struct wh_arena *arena;
	struct wh_conf_errors *errors;
	size_t blamed_before;	/* errors that were there when the check began: conf_prepare.c's among them */
	unsigned flags;
	unsigned depth;
	bool no_memory;
};

/* Where a group or value stands, for messages: "listeners[0].tls". */
struct check_path {
	char text[CHECK_PATH];
};

static bool check_group(struct check *k, const struct check_path *path, struct conf_at at, const struct wh_setting *table,
	bool needed, struct wh_conf **conf_out);

static void
check_where(struct check *k, const config_setting_t *setting, const char **file_out, unsigned *line_out)
{
	const struct wh_snapshot *s = setting->config == &k->file->overlay ? k->file->over : k->file->snapshot;

	wh_snapshot_where(s, (unsigned)config_setting_source_line(setting), file_out, line_out);
}

static void __attribute__((format(printf, 4, 5)))
check_blame(struct check *k, const config_setting_t *setting, const struct check_path *path, const char *fmt, ...)
{
	char text[WH_CONF_ERROR_TEXT];
	const char *file;
	unsigned line;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	check_where(k, setting, &file, &line);
	wh_conf_errors_add(k->errors, file, line, "%s: %s", path->text, text);
}

static struct check_path
check_below(const struct check_path *path, const char *name)
{
	struct check_path below;

	if (path->text[0] == '\0')
		snprintf(below.text, sizeof below.text, "%.200s", name);
	else
		snprintf(below.text, sizeof below.text, "%.150s.%.100s", path->text, name);
	return below;
}

static struct check_path
check_nth(const struct check_path *path, unsigned i)
{
	struct check_path nth;

	snprintf(nth.text, sizeof nth.text, "%.230s[%u]", path->text, i);
	return nth;
}

static bool
check_was_blamed(const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);

	return name != NULL && strstr(name, CONF_BLAMED) != NULL;
}

/* conf_prepare.c blames numbers that libconfig cut; what stands there now is not the operator's. */
static bool
check_number_was_cut(struct check *k, const config_setting_t *setting)
{
	const char *file;
	unsigned line;

	check_where(k, setting, &file, &line);
	for (size_t i = 0; i < k->blamed_before; i++)
		if (k->errors->items[i].line == line && strcmp(k->errors->items[i].file, file) == 0)
			return true;
	return false;
}

static bool
check_integer(const config_setting_t *setting, int64_t *out)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
		*out = config_setting_get_int(setting);
		return true;
	case CONFIG_TYPE_INT64:
		*out = config_setting_get_int64(setting);
		return true;
	default:
		return false;
	}
}

static const char *
check_text(struct check *k, const config_setting_t *setting, const struct wh_setting *row, struct conf_value *v)
{
	int64_t number;

	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		return conf_text_value(row, wh_str(config_setting_get_string(setting)), k->arena, v);
	if (row->type == WH_STRING || row->type == WH_CHOICE)
		return "expected a text in quotes";
	if (row->type == WH_DURATION && check_integer(setting, &number))
		return "expected a duration with its unit, in quotes, such as \"30s\"";
	if (row->type == WH_SIZE && check_integer(setting, &number))
		return "expected a size with its unit, in quotes, such as \"64KiB\"";
	return conf_text_value(row, WH_STR("?"), k->arena, v);
}

/* Reads a value of one of the simple types; NULL, or what is wrong. */
static const char *
check_simple(struct check *k, const config_setting_t *setting, const struct wh_setting *row, struct conf_value *v)
{
	switch (row->type) {
	case WH_BOOL:
		if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
			return "expected true or false";
		v->as.flag = config_setting_get_bool(setting) != CONFIG_FALSE;
		return NULL;
	case WH_INT:
		return check_integer(setting, &v->as.integer) ? NULL : "expected a whole number";
	case WH_NUMBER: {
		int64_t integer;

		if (check_integer(setting, &integer)) {
			v->as.number = (double)integer;
			return NULL;
		}
		if (config_setting_type(setting) != CONFIG_TYPE_FLOAT)
			return "expected a number";
		v->as.number = config_setting_get_float(setting);
		return __builtin_isfinite(v->as.number) ? NULL : "expected a finite number";
	}
	default:
		return check_text(k, setting, row, v);
	}
}

static void
check_one(struct check *k, const struct check_path *path, const config_setting_t *setting, const struct wh_setting *row, struct conf_value *v)
{
	const char *wrong = check_simple(k, setting, row, v);

	if (wrong != NULL && row->type == WH_CHOICE && config_setting_type(setting) == CONFIG_TYPE_STRING) {
		check_blame(k, setting, path, "\"%.64s\" is none of %s", config_setting_get_string(setting), row->choices);
	} else if (wrong != NULL) {
		check_blame(k, setting, path, "%s", wrong);
	} else if (!conf_in_bounds(row, v) && !(row->type == WH_INT && check_number_was_cut(k, setting))) {
		const char *what = row->type == WH_STRING ? "its length has to be" : "has to be";

		if (row->min != NULL && row->max != NULL)
			check_blame(k, setting, path, "%s from %s to %s", what, row->min, row->max);
		else
			check_blame(k, setting, path, "%s at %s %s", what, row->min != NULL ? "least" : "most", row->min != NULL ? row->min : row->max);
	}
}

static bool
check_is_list(const config_setting_t *setting)
{
	return config_setting_type(setting) == CONFIG_TYPE_ARRAY || config_setting_type(setting) == CONFIG_TYPE_LIST;
}

static void
check_strings(struct check *k, const struct check_path *path, const config_setting_t *setting, const struct wh_setting *row, struct conf_value *v)
{
	unsigned n;

	if (!check_is_list(setting)) {
		check_blame(k, setting, path, "expected a list, such as [ \"%s\" ]", row->type == WH_NETWORKS ? "10.0.0.0/8" : "text");
		return;
	}
	n = (unsigned)config_setting_length(setting);
	v->as.list.items = wh_arena_zero(k->arena, n, sizeof *v->as.list.items);
	k->no_memory |= v->as.list.items == NULL;
	for (unsigned i = 0; i < n && !k->no_memory; i++) {
		const config_setting_t *item = config_setting_get_elem(setting, i);
		struct check_path nth = check_nth(path, i);
		struct conf_value ignored;
		const char *wrong;
		struct wh_str text;

		if (config_setting_type(item) != CONFIG_TYPE_STRING) {
			check_blame(k, item, &nth, "expected a text in quotes");
			continue;
		}
		text = wh_str(config_setting_get_string(item));
		wrong = row->type == WH_NETWORKS ? conf_text_value(row, text, NULL, &ignored) : NULL;
		if (wrong != NULL)
			check_blame(k, item, &nth, "%s", wrong);
		v->as.list.items[i] = wh_arena_str(k->arena, text);
		k->no_memory |= v->as.list.items[i].p == NULL;
	}
	v->as.list.n = n;
	if (!k->no_memory && !conf_in_bounds(row, v))
		check_blame(k, setting, path, "has to have %s%s%s%s%s items", row->min != NULL ? "at least " : "", row->min != NULL ? row->min : "",
			row->min != NULL && row->max != NULL ? " and " : "", row->max != NULL ? "at most " : "", row->max != NULL ? row->max : "");
}

/* Blames what is no group, and forgets it. */
static bool
check_is_group(struct check *k, const struct check_path *path, const config_setting_t **setting)
{
	if (*setting == NULL || config_setting_is_group(*setting))
		return true;
	check_blame(k, *setting, path, "expected a group: { ... }");
	*setting = NULL;
	return false;
}

/* Adds a group to those of `v`, which has room; nothing when it could not be. */
static struct wh_conf *
check_group_add(struct check *k, const struct check_path *path, struct conf_at at, const struct wh_setting *row, struct conf_value *v)
{
	bool file = check_is_group(k, path, &at.file), over = check_is_group(k, path, &at.over);
	struct wh_conf *conf;

	if (!file || !over || !check_group(k, path, at, row->table, at.file != NULL || at.over != NULL, &conf))
		return NULL;
	v->as.groups.items[v->as.groups.n++] = conf;
	return conf;
}

static bool
check_groups_room(struct check *k, struct conf_value *v, unsigned n)
{
	v->as.groups.items = wh_arena_zero(k->arena, n, sizeof *v->as.groups.items);
	k->no_memory |= v->as.groups.items == NULL;
	return !k->no_memory;
}

static void
check_tables(struct check *k, const struct check_path *path, struct conf_at at, const struct wh_setting *row, struct conf_value *v)
{
	const config_setting_t *setting = conf_at_one(&at);
	unsigned n;

	if (setting == NULL)
		return;
	if (!check_is_list(setting)) {
		check_blame(k, setting, path, "expected a list of groups: ( { ... }, { ... } )");
		return;
	}
	n = (unsigned)config_setting_length(setting);
	if (!check_groups_room(k, v, n))
		return;
	for (unsigned i = 0; i < n && !k->no_memory; i++) {
		const config_setting_t *one = config_setting_get_elem(setting, i);
		const bool over = at.over != NULL;
		struct check_path nth = check_nth(path, i);

		check_group_add(k, &nth, (struct conf_at){ .over = over ? one : NULL, .file = over ? NULL : one }, row, v);
	}
}

static void
check_free_add(struct check *k, const struct check_path *path, const char *name, struct conf_at at, const struct wh_setting *row,
	struct conf_value *v)
{
	struct check_path below = check_below(path, name);
	struct wh_conf *conf = check_group_add(k, &below, at, row, v);

	if (conf == NULL)
		return;
	conf->name = wh_arena_str(k->arena, wh_str(name));
	k->no_memory |= conf->name.p == NULL;
}

static unsigned
check_length(const config_setting_t *setting)
{
	return setting != NULL ? (unsigned)config_setting_length(setting) : 0;
}

static const config_setting_t *
check_member(const config_setting_t *group, const char *name)
{
	return group != NULL ? config_setting_get_member(group, name) : NULL;
}

static bool
check_lists(const config_setting_t *list, const char *name)
{
	for (unsigned i = 0; i < check_length(list); i++)
		if (strcmp(config_setting_get_string_elem(list, (int)i), name) == 0)
			return true;
	return false;
}

/* The plugins: of those that the text names, and that are not disabled; then those that are enabled. */
static void
check_plugins(struct check *k, const struct check_path *path, struct conf_at at, const struct wh_setting *row, struct conf_value *v)
{
	const config_setting_t *root = config_root_setting(&k->file->overlay);
	const config_setting_t *enable = check_member(root, "enable"), *disable = check_member(root, "disable");

	if (!check_groups_room(k, v, check_length(at.file) + check_length(enable)))
		return;
	for (unsigned i = 0; i < check_length(at.file) && !k->no_memory; i++) {
		const config_setting_t *group = config_setting_get_elem(at.file, i);
		const char *name = config_setting_name(group);

		if (!check_was_blamed(group) && !check_lists(disable, name))
			check_free_add(k, path, name, (struct conf_at){ group, check_member(at.over, name) }, row, v);
	}
	for (unsigned i = 0; i < check_length(enable) && !k->no_memory; i++) {
		const config_setting_t *item = config_setting_get_elem(enable, i);
		const char *name = config_setting_get_string(item), *file;
		size_t before = v->as.groups.n;

		if (check_member(at.file, name) != NULL)
			continue;
		check_free_add(k, path, name, (struct conf_at){ .over = check_member(at.over, name) }, row, v);
		if (v->as.groups.n == before)
			continue;
		/* What is wrong with the plugin as a whole is wrong with its being enabled. */
		check_where(k, item, &file, &v->as.groups.items[before]->line);
		v->as.groups.items[before]->file = wh_arena_str(k->arena, wh_str(file)).p;
		k->no_memory |= v->as.groups.items[before]->file == NULL;
	}
}

static void
check_free(struct check *k, const struct check_path *path, struct conf_at at, const struct wh_setting *row, struct conf_value *v)
{
	if (!check_groups_room(k, v, check_length(at.file) + check_length(at.over)))
		return;
	for (unsigned i = 0; i < check_length(at.file) && !k->no_memory; i++) {
		const config_setting_t *group = config_setting_get_elem(at.file, i);

		if (!check_was_blamed(group))
			check_free_add(k, path, config_setting_name(group), (struct conf_at){ group, check_member(at.over, config_setting_name(group)) }, row, v);
	}
	for (unsigned i = 0; i < check_length(at.over) && !k->no_memory; i++) {
		const config_setting_t *group = config_setting_get_elem(at.over, i);

		if (!check_was_blamed(group) && check_member(at.file, config_setting_name(group)) == NULL)
			check_free_add(k, path, config_setting_name(group), (struct conf_at){ .over = group }, row, v);
	}
}

/* The groups of a WH_TABLE, WH_TABLES or WH_FREE. `plugins`: those of the root, of which the overlay has more to say. */
static void
check_groups(struct check *k, const struct check_path *path, struct conf_at at, const struct wh_setting *row, bool plugins, struct conf_value *v)
{
	if (row->type == WH_TABLES) {
		check_tables(k, path, at, row, v);
		return;
	}
	if (!check_is_group(k, path, &at.file) || !check_is_group(k, path, &at.over))
		return;
	if (row->type == WH_TABLE) {
		if (check_groups_room(k, v, 1))
			check_group_add(k, path, at, row, v);
	} else if (plugins) {
		check_plugins(k, path, at, row, v);
	} else {
		check_free(k, path, at, row, v);
	}
}

static bool
check_is_groups(const struct wh_setting *row)
{
	return row->type == WH_TABLE || row->type == WH_TABLES || row->type == WH_FREE;
}

static void
check_row(struct check *k, const struct check_path *group_path, struct conf_at group, const struct wh_setting *row, bool needed,
	struct conf_value *v, const struct wh_conf *conf)
{
	struct conf_at at = { check_member(group.file, row->name), check_member(group.over, row->name) };
	bool joined = row->type == WH_TABLE || row->type == WH_FREE, root = group.over != NULL && config_setting_is_root(group.over);
	const config_setting_t *setting = joined && at.file != NULL ? at.file : conf_at_one(&at);
	struct check_path path = check_below(group_path, row->name);

	if (setting != NULL) {
		v->given = true;
		v->changed = setting == at.over;
		check_where(k, setting, &v->file, &v->line);
		v->file = wh_arena_str(k->arena, wh_str(v->file)).p;
		k->no_memory |= v->file == NULL;
	} else if (row->required && needed) {
		wh_conf_errors_add(k->errors, conf->file, conf->line, "%s is missing", path.text);
	}
	if (at.over != NULL && row->file_only) {
		check_blame(k, at.over, &path, "can be changed in the config file only");
		return;
	}
	if (check_is_groups(row)) {
		check_groups(k, &path, at, row, root && strcmp(row->name, "plugins") == 0, v);
	} else if (setting == NULL) {
		if (!conf_default(row, k->arena, v))
			wh_conf_errors_add(k->errors, conf->file, conf->line, "%s: the declared default is not valid", path.text);
	} else if (row->type == WH_STRINGS || row->type == WH_NETWORKS) {
		check_strings(k, &path, setting, row, v);
	} else {
		check_one(k, &path, setting, row, v);
	}
}

static void
check_unknown(struct check *k, const struct check_path *path, const config_setting_t *group, const struct wh_setting *table)
{
	for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++) {
		const config_setting_t *member = config_setting_get_elem(group, i);
		struct wh_nearest near = { .word = wh_str(config_setting_name(member)) };
		const struct wh_setting *row = table;
		struct check_path below = check_below(path, near.word.p);

		if (check_was_blamed(member))
			continue;
		for (; row != NULL && row->name != NULL && !wh_str_is(near.word, row->name); row++)
			wh_nearest_offer(&near, wh_str(row->name));
		if (row != NULL && row->name != NULL)
			continue;
		if (near.best.p != NULL)
			check_blame(k, member, &below, "there is no such setting; did you mean \"%.*s\"?", WH_FMT(near.best));
		else
			check_blame(k, member, &below, "there is no such setting");
	}
}

/* `needed`: what is required has to be there; not so in a group that is itself absent. */
static bool
check_group(struct check *k, const struct check_path *path, struct conf_at at, const struct wh_setting *table,
	bool needed, struct wh_conf **conf_out)
{
	struct wh_conf *conf = wh_arena_zero(k->arena, 1, sizeof *conf);
	const config_setting_t *setting = at.file != NULL ? at.file : at.over;
	const char *file = "";
	size_t n = 0;

	if (k->depth == CHECK_DEPTH) {
		wh_conf_errors_add(k->errors, NULL, 0, "%s: tables are nested too deep", path->text);
		return false;
	}
	while (table != NULL && table[n].name != NULL)
		n++;
	if (conf == NULL || (conf->values = wh_arena_zero(k->arena, n, sizeof *conf->values)) == NULL) {
		k->no_memory = true;
		return false;
	}
	conf->head.ops = &conf_ops;
	conf->table = table;
	if (setting != NULL && !config_setting_is_root(setting))
		check_where(k, setting, &file, &conf->line);
	else
		wh_snapshot_where(k->file->snapshot, 1, &file, &conf->line), conf->line = 0;
	conf->file = wh_arena_str(k->arena, wh_str(file)).p;
	k->no_memory |= conf->file == NULL;
	k->depth++;
	for (size_t i = 0; i < n && !k->no_memory; i++)
		check_row(k, path, at, &table[i], needed, &conf->values[i], conf);
	k->depth--;
	/* A group without a table is checked by somebody else: a plugin's. The overlay's root was, by conf_overlay_check. */
	if (at.file != NULL && table != NULL && !(k->flags & WH_CONF_PART))
		check_unknown(k, path, at.file, table);
	if (at.over != NULL && table != NULL && !(k->flags & WH_CONF_PART) && !config_setting_is_root(at.over))
		check_unknown(k, path, at.over, table);
	*conf_out = conf;
	return !k->no_memory;
}

bool
conf_check_root(const struct wh_conf_file *file, const char *path, struct conf_at at,
	const struct wh_setting *table, unsigned flags, struct wh_arena *arena, struct wh_conf_errors *errors, struct wh_conf **conf_out)
{
	struct check k = { .file = file, .arena = arena, .errors = errors, .blamed_before = errors->n, .flags = flags };
	struct check_path where = check_below(&(struct check_path){ "" }, path);

	(void)check_is_group(&k, &where, &at.file);
	(void)check_is_group(&k, &where, &at.over);
	(void)check_group(&k, &where, at, table, true, conf_out);
	return !k.no_memory;
}
