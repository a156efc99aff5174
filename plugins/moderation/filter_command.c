/* Commands of filters and lists. What they change is in force at once, and is answered when it is kept. See filters.h. */
#include "filters_own.h"

#include <stdio.h>

enum { ENTRIES = 60, PAGE = 200 };	/* of one call; entries of one answer */

const struct wh_field filter_fields_room[] = {
	{ "room", WH_F_NAME, .help = "as it is there; without it: everywhere" },
	{ 0 }
};

const struct wh_field filter_fields_set[] = {
	{ "filter", WH_F_NAME, .required = true, .help = "\"caps\": moderation.filters has them all" },
	{ "room", WH_F_NAME, .help = "only there" },
	{ "mode", WH_F_CHOICE, .choices = "off|shadow|live", .help = "shadow: what it would do is written down, and not done" },
	{ "limit", WH_F_INT, .min = 0, .max = 1000000, .help = "the filter's number" },
	{ "also", WH_F_INT, .min = 0, .max = 1000000, .help = "its second number" },
	{ "within", WH_F_DURATION, .help = "its time" },
	{ "actions", WH_F_TEXT, .max = 200, .help = "with blanks or commas between: \"redact timeout\"" },
	{ "time", WH_F_DURATION, .help = "of a timeout, mute, ban or slow mode" },
	{ "exempt", WH_F_CHOICE, .choices = "known|trusted|nobody", .help = "who is not judged" },
	{ "default", WH_F_BOOL, .help = "back to what the config says; in a room to what holds everywhere" },
	{ 0 }
};

const struct wh_field filter_fields_list_name[] = {
	{ "name", WH_F_NAME, .required = true, .help = "of the list" },
	{ 0 }
};

const struct wh_field filter_fields_list[] = {
	{ "name", WH_F_NAME, .required = true, .help = "of the list" },
	{ "from", WH_F_INT, .min = 0, .max = 65536, .def = "0", .help = "so many entries are skipped" },
	{ 0 }
};

const struct wh_field filter_fields_list_set[] = {
	{ "name", WH_F_NAME, .required = true, .help = "small letters, digits and dashes" },
	{ "kind", WH_F_CHOICE, .choices = "words|patterns|names|deny|allow", .def = "words", .help = "what its entries are" },
	{ "actions", WH_F_TEXT, .max = 200, .help = "what is done; none: as the filter is set" },
	{ 0 }
};

const struct wh_field filter_fields_entries[] = {
	{ "name", WH_F_NAME, .required = true, .help = "of the list" },
	{ "entries", WH_F_LIST, .required = true, .help = "up to 60 words, patterns or domains" },
	{ 0 }
};

static bool
read_actions(struct wh_str text, uint32_t *actions_out)
{
	*actions_out = 0;
	while (text.n > 0) {
		size_t n = 0;
		unsigned k = 0;

		while (n < text.n && text.p[n] != ' ' && text.p[n] != ',')
			n++;
		while (n > 0 && k < WH_ACTIONS && !wh_str_eq((struct wh_str){ text.p, n }, wh_str(wh_judge_action_name(k))))
			k++;
		if (k == WH_ACTIONS)
			return false;
		if (n > 0)
			*actions_out |= 1u << k;
		text = wh_str_from(text, n + 1);
	}
	return true;
}

static void
write_actions(struct wh_json *w, uint32_t actions)
{
	wh_json_array(w, "actions");
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (actions >> i & 1)
			wh_json_text(w, NULL, wh_judge_action_name(i));
	wh_json_end(w);
}

static void
write_set(struct wh_json *w, const struct filters *f, enum filter filter, struct wh_str room)
{
	static const char *const modes[] = { "off", "shadow", "live" }, *const exempt[] = { "known", "known", "trusted", "nobody" };
	const struct filter_row *row = &filter_rows[filter];
	const struct filter_set *set = filters_get(f, filter, room);

	wh_json_text(w, "filter", row->name);
	wh_json_text(w, "help", row->help);
	wh_json_text(w, "mode", modes[set->mode]);
	if (row->limit != NULL)
		wh_json_int(w, "limit", set->limit);
	if (row->also != NULL)
		wh_json_int(w, "also", set->also);
	if (row->within != NULL)
		wh_json_int(w, "within", set->within_ms);
	write_actions(w, set->actions);
	wh_json_int(w, "time", set->time_ms);
	wh_json_text(w, "exempt", exempt[set->exempt]);
	wh_json_bool(w, "set", filters_is_set(f, filter, room));
}

enum wh_err
filter_command_all(void *self, struct wh_call *call)
{
	const struct filters *f = moderation_filters(self);
	struct wh_json *w = wh_reply(call);

	wh_json_array(w, "filters");
	for (unsigned i = 0; i < FILTERS; i++) {
		wh_json_object(w, NULL);
		write_set(w, f, (enum filter)i, wh_arg_str(call, "room"));
		if (filter_rows[i].limit != NULL)
			wh_json_text(w, "limit_is", filter_rows[i].limit);
		if (filter_rows[i].also != NULL)
			wh_json_text(w, "also_is", filter_rows[i].also);
		if (filter_rows[i].within != NULL)
			wh_json_text(w, "within_is", filter_rows[i].within);
		wh_json_end(w);
	}
	wh_json_end(w);
	return WH_OK;
}

/* What a command changed was written, or not; either way it is in force. */
static void
command_kept(void *self, uint64_t cookie, const struct wh_result *result)
{
	const struct filters *f = moderation_filters(self);
	struct wh_call *call = wh_call_find(f->host, cookie);

	if (result->err != WH_OK)
		wh_host_log(f->host, WH_WARN, "filter_not_kept", WH_S("why", result->why));
	if (call != NULL)
		wh_call_done(call, result->err == WH_OK ? WH_OK : wh_fail(call, result->err, "it is in force, but could not be kept; say it again"));
}

static enum wh_err
command_end(struct wh_call *call, wh_id held, bool stored, enum wh_err err)
{
	struct wh_call *still = wh_call_find(call->host, held);

	if (stored && err == WH_OK)
		return WH_WAIT;
	if (still != NULL)
		wh_call_done(still, err == WH_OK ? WH_OK : wh_fail(still, err, "it is in force, but could not be kept; say it again"));
	return WH_WAIT;
}

static bool
read_set(struct wh_call *call, struct filter_set *set)
{
	struct wh_str mode = wh_arg_str(call, "mode"), exempt = wh_arg_str(call, "exempt");

	if (wh_arg_has(call, "mode"))
		set->mode = wh_str_is(mode, "off") ? FILTER_OFF : wh_str_is(mode, "shadow") ? FILTER_SHADOW : FILTER_LIVE;
	if (wh_arg_has(call, "limit"))
		set->limit = wh_arg_int(call, "limit");
	if (wh_arg_has(call, "also"))
		set->also = wh_arg_int(call, "also");
	if (wh_arg_has(call, "within"))
		set->within_ms = wh_arg_int(call, "within");
	if (wh_arg_has(call, "time"))
		set->time_ms = wh_arg_int(call, "time");
	if (wh_arg_has(call, "exempt"))
		set->exempt = wh_str_is(exempt, "known") ? WH_TRUST_KNOWN : wh_str_is(exempt, "trusted") ? WH_TRUST_TRUSTED : WH_TRUST_MODERATOR;
	return !wh_arg_has(call, "actions") || read_actions(wh_arg_str(call, "actions"), &set->actions);
}

enum wh_err
filter_command_set(void *self, struct wh_call *call)
{
	struct filters *f = moderation_filters(self);
	enum filter filter = filter_find(wh_arg_str(call, "filter"));
	struct wh_str room = wh_arg_str(call, "room");
	struct filter_set set;
	enum wh_err err;
	wh_id held;
	bool stored;

	if (filter == FILTERS)
		return wh_fail(call, WH_ENOENT, "there is no such filter; moderation.filters has them all");
	set = *filters_get(f, filter, room);
	if (!read_set(call, &set))
		return wh_fail(call, WH_EINVAL, "actions are flag, warn, slow, registered-only, lockdown, hold, redact, timeout, shadow-mute, mute and ban");
	if (wh_arg_bool(call, "default"))
		filters_unset(f, filter, room);
	else if ((err = filters_set(f, filter, room, &set)) != WH_OK)
		return wh_fail(call, err, err == WH_EFULL ? "too many rooms have settings of their own; set one back first" : "that is no room's name");
	write_set(wh_reply(call), f, filter, room);
	held = wh_call_hold(call);
	err = WH_OK;
	stored = filter_store_set(f, filter, room, command_kept, held, &err);
	return command_end(call, held, stored, err);
}

static void
write_list(struct wh_json *w, const struct filter_list_info *l)
{
	wh_json_str(w, "name", l->name);
	wh_json_text(w, "kind", filter_list_kinds[l->kind]);
	write_actions(w, l->actions);
	wh_json_uint(w, "entries", l->n);
	wh_json_text(w, "from", l->from_config ? "config" : "commands");
	wh_json_bool(w, "building", l->building);
}

enum wh_err
filter_command_lists(void *self, struct wh_call *call)
{
	const struct filters *f = moderation_filters(self);
	struct wh_json *w = wh_reply(call);
	struct filter_list_info l;

	wh_json_array(w, "lists");
	for (size_t i = 0; filters_list_at(f, i, &l); i++) {
		wh_json_object(w, NULL);
		write_list(w, &l);
		wh_json_end(w);
	}
	wh_json_end(w);
	return WH_OK;
}

enum wh_err
filter_command_list(void *self, struct wh_call *call)
{
	const struct filters *f = moderation_filters(self);
	struct wh_str name = wh_arg_str(call, "name");
	struct wh_json *w = wh_reply(call);
	struct filter_list_info l;
	size_t from = (size_t)wh_arg_int(call, "from");

	if (!filters_list_find(f, name, &l))
		return wh_fail(call, WH_ENOENT, "there is no such list");
	wh_json_str(w, "name", l.name);
	wh_json_text(w, "kind", filter_list_kinds[l.kind]);
	wh_json_uint(w, "count", l.n);
	wh_json_array(w, "entries");
	for (size_t i = from; i < l.n && i < from + PAGE; i++)
		wh_json_str(w, NULL, filters_list_entry(f, name, i));
	wh_json_end(w);
	wh_json_bool(w, "more", from + PAGE < l.n);
	return WH_OK;
}

static enum wh_err
list_refused(struct wh_call *call, enum wh_err err)
{
	switch (err) {
	case WH_ENOENT:
		return wh_fail(call, err, "there is no such list");
	case WH_EPERM:
		return wh_fail(call, err, "that list is of the config file; change it there");
	case WH_EFULL:
		return wh_fail(call, err, "there are too many lists or entries");
	default:
		return wh_fail(call, err, "a list's name is of small letters, digits and dashes");
	}
}

enum wh_err
filter_command_list_set(void *self, struct wh_call *call)
{
	struct filters *f = moderation_filters(self);
	struct wh_str name = wh_arg_str(call, "name"), kind = wh_arg_str(call, "kind");
	struct filter_list_info l;
	unsigned k = 0;
	uint32_t actions = 0;
	enum wh_err err;
	wh_id held;
	bool stored;

	while (k < FILTER_LIST_KINDS - 1 && !wh_str_is(kind, filter_list_kinds[k]))
		k++;
	if (!read_actions(wh_arg_str(call, "actions"), &actions))
		return wh_fail(call, WH_EINVAL, "actions are flag, warn, hold, redact, timeout, shadow-mute, mute and ban");
	err = filters_list_set(f, name, (enum filter_list_kind)k, actions);
	if (err != WH_OK)
		return list_refused(call, err);
	filters_list_build(f);
	if (filters_list_find(f, name, &l))
		write_list(wh_reply(call), &l);
	held = wh_call_hold(call);
	stored = filter_store_list(f, name, command_kept, held, &err);
	return command_end(call, held, stored, err);
}

enum wh_err
filter_command_list_drop(void *self, struct wh_call *call)
{
	struct filters *f = moderation_filters(self);
	struct wh_str name = wh_arg_str(call, "name");
	enum wh_err err = filters_list_drop(f, name);
	wh_id held;
	bool stored;

	if (err != WH_OK)
		return list_refused(call, err);
	held = wh_call_hold(call);
	stored = filter_store_list(f, name, command_kept, held, &err);
	return command_end(call, held, stored, err);
}

/* The entries of a call that were taken, and for the others why not. */
static size_t
take_entries(struct filters *f, struct wh_call *call, bool add, struct wh_str taken[static ENTRIES])
{
	struct wh_json_in in = wh_json_each(wh_arg(call, "entries"));
	struct wh_json *w = wh_reply(call);
	struct wh_str name = wh_arg_str(call, "name");
	struct wh_value entry;
	char why[200] = "";
	size_t n = 0;

	wh_json_array(w, "refused");
	for (size_t i = 0; i < ENTRIES && wh_json_next(&in, NULL, &entry); i++) {
		enum wh_err err = WH_EINVAL;

		if (entry.type == WH_V_STR)
			entry.s = filter_trim(entry.s);
		if (entry.type == WH_V_STR)
			err = add ? filters_list_add(f, name, entry.s, why, sizeof why) : filters_list_remove(f, name, entry.s);
		if (err == WH_OK) {
			taken[n++] = entry.s;
			continue;
		}
		wh_json_object(w, NULL);
		wh_json_raw(w, "entry", entry.raw);
		wh_json_text(w, "why", why[0] != '\0' ? why : err == WH_EEXIST ? "it is there already" : err == WH_ENOENT ? "it is not there"
		    : err == WH_EFULL ? "the lists are full" : err == WH_ETOOBIG ? "it is too long" : "it can't be an entry");
		wh_json_end(w);
		why[0] = '\0';
	}
	wh_json_end(w);
	return n;
}

static enum wh_err
change_entries(void *self, struct wh_call *call, bool add)
{
	struct filters *f = moderation_filters(self);
	struct wh_str name = wh_arg_str(call, "name"), taken[ENTRIES];
	struct wh_json_in in = wh_json_each(wh_arg(call, "entries"));
	struct wh_value entry;
	struct filter_list_info l;
	enum wh_err err = WH_OK;
	size_t n = 0;
	wh_id held;
	bool stored;

	if (!filters_list_find(f, name, &l))
		return list_refused(call, WH_ENOENT);
	if (l.from_config)
		return list_refused(call, WH_EPERM);
	while (wh_json_next(&in, NULL, &entry))
		n++;
	if (n > ENTRIES)
		return wh_fail(call, WH_ETOOBIG, "60 entries at a time; longer lists stand in a file that the config names");
	n = take_entries(f, call, add, taken);
	wh_json_uint(wh_reply(call), add ? "added" : "removed", n);
	filters_list_build(f);
	if (n == 0)
		return WH_OK;
	held = wh_call_hold(call);
	stored = filter_store_entries(f, name, add, taken, n, command_kept, held, &err);
	return command_end(call, held, stored, err);
}

enum wh_err
filter_command_list_add(void *self, struct wh_call *call)
{
	return change_entries(self, call, true);
}

enum wh_err
filter_command_list_remove(void *self, struct wh_call *call)
{
	return change_entries(self, call, false);
}
