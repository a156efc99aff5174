/* Settings of the filters: what the config says, and above it what commands have set. See filters_own.h. */
#include "filters_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct wh_setting filter_settings[] = {
	{ "mode", WH_CHOICE, .def = "default", .choices = "default|off|shadow|live", .help = "shadow: what it would do is written down, and not done" },
	{ "limit", WH_INT, .def = "-1", .min = "-1", .max = "1000000", .help = "the filter's number; -1: its own" },
	{ "also", WH_INT, .def = "-1", .min = "-1", .max = "1000000", .help = "its second number, where it has one; -1: its own" },
	{ "within", WH_DURATION, .def = "0ms", .min = "0ms", .max = "400d", .help = "its time, where it has one; 0: its own" },
	{ "actions", WH_STRINGS, .max = "11", .help = "what is done: flag, warn, slow, hold, redact, timeout, mute, …; none: its own" },
	{ "time", WH_DURATION, .def = "0ms", .min = "0ms", .max = "400d", .help = "of a timeout, mute, ban or slow mode" },
	{ "exempt", WH_CHOICE, .def = "default", .choices = "default|known|trusted|nobody", .help = "who is not judged; moderators never are" },
	{ 0 }
};

const struct wh_setting filter_list_settings[] = {
	{ "kind", WH_CHOICE, .def = "words", .choices = "words|patterns|names|deny|allow", .help = "what its entries are" },
	{ "entries", WH_STRINGS, .max = "65536", .help = "words, phrases, patterns or domains" },
	{ "file", WH_STRING, .file_only = true, .max = "4096", .help = "a file with more, an entry a line; # begins a comment" },
	{ "actions", WH_STRINGS, .max = "11", .help = "what is done; none: as the filter is set" },
	{ 0 }
};

struct filter_room *
filter_room_find(const struct filters *f, struct wh_str name)
{
	uint64_t hash = scene_hash(name);

	for (size_t i = 0; i < f->n_rooms; i++)
		if (f->room_hashes[i] == hash && wh_str_is(name, f->rooms[i].name))
			return &f->rooms[i];
	return NULL;
}

/* One that the name had before goes: it is of a room that was there no more. */
void
filter_room_move(struct filters *f, struct wh_str from, struct wh_str to)
{
	struct filter_room *is = filter_room_find(f, from), *gone;

	if (is == NULL || to.n > FILTER_NAME)
		return;
	gone = filter_room_find(f, to);
	if (gone != NULL) {
		f->room_hashes[gone - f->rooms] = f->room_hashes[--f->n_rooms];
		*gone = f->rooms[f->n_rooms];
		is = filter_room_find(f, from);
	}
	memset(is->name, 0, sizeof is->name);
	memcpy(is->name, to.p, to.n);
	f->room_hashes[is - f->rooms] = scene_hash(to);
}

static bool
read_actions(const struct wh_conf *c, uint32_t *actions_out)
{
	*actions_out = 0;
	for (size_t i = 0; i < wh_conf_count(c, "actions"); i++) {
		unsigned k = 0;

		while (k < WH_ACTIONS && !wh_str_is(wh_conf_item(c, "actions", i), wh_judge_action_name(k)))
			k++;
		if (k == WH_ACTIONS)
			return false;
		*actions_out |= 1u << k;
	}
	return true;
}

/* Takes over what one group says. False: it makes no sense. */
static bool
read_set(const struct wh_conf *c, struct filter_set *set)
{
	static const char *const modes[] = { "off", "shadow", "live" };
	struct wh_str mode = wh_conf_str(c, "mode"), exempt = wh_conf_str(c, "exempt");
	uint32_t actions;

	if (!read_actions(c, &actions))
		return false;
	for (unsigned i = 0; i < 3; i++)
		if (wh_str_is(mode, modes[i]))
			set->mode = (enum filter_mode)i;
	if (!wh_str_is(exempt, "default"))
		set->exempt = wh_str_is(exempt, "known") ? WH_TRUST_KNOWN : wh_str_is(exempt, "trusted") ? WH_TRUST_TRUSTED : WH_TRUST_MODERATOR;
	if (wh_conf_int(c, "limit") >= 0)
		set->limit = wh_conf_int(c, "limit");
	if (wh_conf_int(c, "also") >= 0)
		set->also = wh_conf_int(c, "also");
	if (wh_conf_ms(c, "within") > 0)
		set->within_ms = wh_conf_ms(c, "within");
	if (wh_conf_ms(c, "time") > 0)
		set->time_ms = wh_conf_ms(c, "time");
	if (actions != 0)
		set->actions = actions;
	return true;
}

static enum wh_err
read_sets(struct filters *f, const struct wh_conf *conf, struct filter_set sets[static FILTERS])
{
	for (unsigned i = 0; i < FILTERS; i++)
		sets[i] = filter_rows[i].def;
	for (size_t i = 0; conf != NULL && i < wh_conf_count(conf, "filters"); i++) {
		const struct wh_conf *c = wh_conf_table(conf, "filters", i);
		enum filter filter = filter_find(wh_conf_name(c));

		if (filter == FILTERS || !read_set(c, &sets[filter])) {
			wh_host_log(f->host, WH_ERROR, "filter_config", WH_S("filter", wh_conf_name(c)),
			    WH_T("why", filter == FILTERS ? "there is no such filter: see docs/filters.md" : "there is no such action"));
			return WH_EINVAL;
		}
	}
	return WH_OK;
}

/* The file's bytes; at most FILTER_LIST_BYTES of them. */
static char *
read_file(const char *path, size_t *n_out)
{
	FILE *in = fopen(path, "re");
	char *bytes = in != NULL ? malloc(FILTER_LIST_BYTES) : NULL;

	*n_out = bytes != NULL ? fread(bytes, 1, FILTER_LIST_BYTES, in) : 0;
	if (in != NULL)
		fclose(in);
	return bytes;
}

static void
put_entry(struct filters *f, struct filter_list *l, struct wh_str entry)
{
	char why[200] = "";
	enum wh_err err = filter_list_put(f, l, entry, why, sizeof why);

	if (err != WH_OK)
		wh_host_log(f->host, WH_WARN, "filter_list_entry", WH_T("list", l->name), WH_S("entry", entry),
		    WH_T("why", why[0] != '\0' ? why : err == WH_EFULL ? "the lists are full" : "it can't be an entry"));
}

static void
put_lines(struct filters *f, struct filter_list *l, struct wh_str text)
{
	while (text.n > 0) {
		const char *end = memchr(text.p, '\n', text.n);
		struct wh_str line = { text.p, end != NULL ? (size_t)(end - text.p) : text.n };

		text = wh_str_from(text, line.n + 1);
		while (line.n > 0 && (unsigned char)line.p[line.n - 1] <= ' ')
			line.n--;
		if (line.n > 0 && line.p[0] != '#')
			put_entry(f, l, line);
	}
}

/* Looked at before anything is changed. */
static enum wh_err
check_list(const struct filters *f, const struct wh_conf *c)
{
	struct wh_str name = wh_conf_name(c), path = wh_conf_str(c, "file");
	const char *why = NULL;
	uint32_t actions;

	if (!filter_list_is_name(name))
		why = "a name is of small letters, digits and dashes";
	else if (!read_actions(c, &actions))
		why = "there is no such action: see docs/filters.md";
	else if (path.n != 0 && access(path.p, R_OK) != 0)
		why = "the file cannot be read";
	if (why == NULL)
		return WH_OK;
	wh_host_log(f->host, WH_ERROR, "filter_list", WH_S("list", name), WH_T("why", why));
	return WH_EINVAL;
}

static enum wh_err
read_list(struct filters *f, const struct wh_conf *c)
{
	struct wh_str name = wh_conf_name(c), kind = wh_conf_str(c, "kind"), path = wh_conf_str(c, "file");
	struct filter_list *l = filter_list_named(f, name);
	unsigned k = 0;
	uint32_t actions;
	char *bytes;
	size_t n;
	enum wh_err err = WH_OK;

	/* One that commands made has lost its name to the operator. */
	if (l != NULL)
		filter_list_end(f, l);
	while (k < FILTER_LIST_KINDS - 1 && !wh_str_is(kind, filter_list_kinds[k]))
		k++;
	if (!read_actions(c, &actions))
		err = WH_EINVAL;
	if (err == WH_OK)
		err = filters_list_set(f, name, (enum filter_list_kind)k, actions);
	if (err != WH_OK) {
		wh_host_log(f->host, WH_ERROR, "filter_list", WH_S("list", name), WH_T("why", err == WH_EFULL ? "there are too many lists" : "it cannot be made"));
		return err;
	}
	l = filter_list_named(f, name);
	l->from_config = true;
	for (size_t i = 0; i < wh_conf_count(c, "entries"); i++)
		put_entry(f, l, wh_conf_item(c, "entries", i));
	if (path.n == 0)
		return WH_OK;
	bytes = read_file(path.p, &n);
	if (bytes == NULL) {
		wh_host_log(f->host, WH_ERROR, "filter_list", WH_S("list", name), WH_S("file", path), WH_T("why", "the file cannot be read"));
		return WH_ENOENT;
	}
	put_lines(f, l, (struct wh_str){ bytes, n });
	free(bytes);
	return WH_OK;
}

static size_t
read_countries(const struct wh_conf *conf, const char *key, char to[static FILTER_COUNTRIES][3])
{
	size_t n = 0;

	for (size_t i = 0; conf != NULL && i < wh_conf_count(conf, key) && n < FILTER_COUNTRIES; i++) {
		struct wh_str code = wh_conf_item(conf, key, i);

		if (code.n != 2)
			continue;
		for (size_t k = 0; k < 2; k++)
			to[n][k] = (char)(code.p[k] >= 'a' && code.p[k] <= 'z' ? code.p[k] - 32 : code.p[k]);
		to[n++][2] = '\0';
	}
	return n;
}

static enum wh_err
read_countries_file(struct filters *f, const struct wh_conf *conf)
{
	struct wh_str path = conf != NULL ? wh_conf_str(conf, "country_file") : (struct wh_str){ NULL, 0 };
	struct filter_geo *geo = NULL;
	enum wh_err err = path.n != 0 ? filter_geo_open(path.p, &geo) : WH_OK;

	if (err != WH_OK) {
		wh_host_log(f->host, WH_ERROR, "filter_countries", WH_S("file", path), WH_T("why", err == WH_ENOTSUP ? "this whiply was built without libmaxminddb"
		    : err == WH_ENOENT ? "there is no such file" : "that is no database of countries"));
		return err;
	}
	filter_geo_close(&f->geo);
	f->geo = geo;
	return WH_OK;
}

enum wh_err
filter_conf_read(struct filters *f, const struct wh_conf *conf)
{
	struct filter_set sets[FILTERS];
	enum wh_err err = read_sets(f, conf, sets);

	for (size_t i = 0; conf != NULL && i < wh_conf_count(conf, "lists") && err == WH_OK; i++)
		err = check_list(f, wh_conf_table(conf, "lists", i));
	if (err == WH_OK)
		err = read_countries_file(f, conf);
	if (err != WH_OK)
		return err;
	for (size_t i = f->n_lists; i > 0; i--)
		if (f->lists[i - 1].from_config)
			filter_list_end(f, &f->lists[i - 1]);
	for (size_t i = 0; conf != NULL && i < wh_conf_count(conf, "lists") && err == WH_OK; i++)
		err = read_list(f, wh_conf_table(conf, "lists", i));
	if (err != WH_OK)
		return err;
	for (unsigned i = 0; i < FILTERS; i++) {
		f->config[i] = sets[i];
		if (!f->own[i])
			f->sets[i] = sets[i];
	}
	f->n_allow = read_countries(conf, "countries_allow", f->allow);
	f->n_deny = read_countries(conf, "countries_deny", f->deny);
	return WH_OK;
}

const struct filter_set *
filters_get(const struct filters *f, enum filter filter, struct wh_str room)
{
	const struct filter_room *r = room.n != 0 ? filter_room_find(f, room) : NULL;

	return r != NULL && r->own[filter] ? &r->sets[filter] : &f->sets[filter];
}

enum wh_err
filters_set(struct filters *f, enum filter filter, struct wh_str room, const struct filter_set *set)
{
	struct filter_room *r;

	if (room.n == 0) {
		f->sets[filter] = *set;
		f->own[filter] = true;
		return WH_OK;
	}
	if (room.n > FILTER_NAME)
		return WH_ETOOBIG;
	r = filter_room_find(f, room);
	if (r == NULL) {
		if (f->n_rooms == FILTER_ROOMS)
			return WH_EFULL;
		f->room_hashes[f->n_rooms] = scene_hash(room);
		r = &f->rooms[f->n_rooms++];
		*r = (struct filter_room){ .name = "" };
		memcpy(r->name, room.p, room.n);
	}
	r->sets[filter] = *set;
	r->own[filter] = true;
	return WH_OK;
}

void
filters_unset(struct filters *f, enum filter filter, struct wh_str room)
{
	struct filter_room *r;

	if (room.n == 0) {
		f->own[filter] = false;
		f->sets[filter] = f->config[filter];
		return;
	}
	r = filter_room_find(f, room);
	if (r == NULL)
		return;
	r->own[filter] = false;
	for (unsigned i = 0; i < FILTERS; i++)
		if (r->own[i])
			return;
	f->room_hashes[r - f->rooms] = f->room_hashes[--f->n_rooms];
	*r = f->rooms[f->n_rooms];
}

bool
filters_is_set(const struct filters *f, enum filter filter, struct wh_str room)
{
	const struct filter_room *r = room.n != 0 ? filter_room_find(f, room) : NULL;

	return room.n == 0 ? f->own[filter] : r != NULL && r->own[filter];
}
