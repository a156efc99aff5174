/* Commands that change what a pack is: its sources, its settings, the entries of its lists. They begin a change; packs_change.c does it. */
#include <stdio.h>

#include "judging_own.h"

enum { ENTRY_MAX = 500, ENTRIES_MAX = 5000, LIST_PAGE = 1000 };

const struct wh_field judging_fields_set[] = {
	{ "pack", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "id of the pack" },
	{ "setting", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "name of the setting" },
	{ "value", WH_F_TEXT, .max = 4096, .help = "a number, true, false, a JSON array, or a text; nothing: back to what it was" },
	{ 0 }
};

const struct wh_field judging_fields_put[] = {
	{ "files", WH_F_OBJECT, .required = true, .help = "names and texts of the pack's files; pack.lua among them" },
	{ "mode", WH_F_CHOICE, .choices = "off|shadow|live", .help = "its mode; a new pack is in shadow if it is not said" },
	{ 0 }
};

const struct wh_field judging_fields_test[] = {
	{ "pack", WH_F_NAME, .max = PACK_NAME - 1, .help = "id of a pack that is there" },
	{ "files", WH_F_OBJECT, .help = "or the files of one that is not" },
	{ 0 }
};

const struct wh_field judging_fields_rollback[] = {
	{ "pack", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "id of the pack" },
	{ "version", WH_F_NAME, .max = 31, .help = "the version to go back to; the one before, if it is not said" },
	{ "undo", WH_F_BOOL, .help = "undo all that the version that is left did" },
	{ "rule", WH_F_NAME, .max = PACK_NAME - 1, .help = "undo only what this rule of it did" },
	{ 0 }
};

const struct wh_field judging_fields_list[] = {
	{ "pack", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "id of the pack" },
	{ "list", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "name of the setting that is a list" },
	{ "after", WH_F_TEXT, .max = ENTRY_MAX, .help = "only entries behind this one" },
	{ 0 }
};

const struct wh_field judging_fields_entries[] = {
	{ "pack", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "id of the pack" },
	{ "list", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "name of the setting that is a list" },
	{ "entries", WH_F_LIST, .required = true, .help = "up to 5000 texts" },
	{ 0 }
};

static void
change_pack(struct change *c, struct wh_str id)
{
	snprintf(c->pack, sizeof c->pack, "%.*s", WH_FMT(id));
}

static bool
files_good(const struct wh_value *files)
{
	struct wh_json_in in = wh_json_each(files);
	struct wh_value text;
	size_t n = 0;

	while (wh_json_next(&in, NULL, &text))
		if (text.type != WH_V_STR || ++n > PACK_FILES)
			return false;
	return n != 0 && files->raw.n <= JUDGING_PACK_BYTES;
}

static enum wh_err
begin_put(struct judging *j, struct wh_call *call, enum change_kind kind)
{
	const struct wh_value *files = wh_arg(call, "files");
	struct change *c;

	if (!files_good(files))
		return wh_fail(call, WH_EINVAL, "files is to be an object of up to 32 names and texts, of 2 MiB together");
	c = change_new(j, kind, call);
	if (c == NULL)
		return WH_EFULL;
	if (kind == CHANGE_PUT && wh_arg_has(call, "mode"))
		(void)pack_mode_named(wh_arg_str(call, "mode"), &c->mode);
	if (pack_set_text(j, &c->files, files->raw))
		change_start(c);
	else
		change_end(c, WH_ENOMEM, WH_STR("out of memory"));
	return WH_WAIT;
}

enum wh_err
judging_command_put(void *self, struct wh_call *call)
{
	return begin_put(moderation_judging(self), call, CHANGE_PUT);
}

enum wh_err
judging_command_test(void *self, struct wh_call *call)
{
	struct judging *j = moderation_judging(self);
	struct change *c;

	if (wh_arg_has(call, "files") == wh_arg_has(call, "pack"))
		return wh_fail(call, WH_EINVAL, "say either pack or files");
	if (wh_arg_has(call, "files"))
		return begin_put(j, call, CHANGE_TEST);
	if (pack_find(j, wh_arg_str(call, "pack")) == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such pack");
	c = change_new(j, CHANGE_TEST, call);
	if (c == NULL)
		return WH_EFULL;
	change_pack(c, wh_arg_str(call, "pack"));
	change_start(c);
	return WH_WAIT;
}

enum wh_err
judging_command_rollback(void *self, struct wh_call *call)
{
	struct judging *j = moderation_judging(self);
	struct change *c;

	if (pack_find(j, wh_arg_str(call, "pack")) == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such pack");
	c = change_new(j, CHANGE_ROLLBACK, call);
	if (c == NULL)
		return WH_EFULL;
	change_pack(c, wh_arg_str(call, "pack"));
	snprintf(c->version, sizeof c->version, "%.*s", WH_FMT(wh_arg_str(call, "version")));
	snprintf(c->rule, sizeof c->rule, "%.*s", WH_FMT(wh_arg_str(call, "rule")));
	c->undo = wh_arg_bool(call, "undo") || c->rule[0] != '\0';
	change_start(c);
	return WH_WAIT;
}

enum wh_err
judging_command_set(void *self, struct wh_call *call)
{
	struct judging *j = moderation_judging(self);
	struct bytes value = { .host = j->host };
	struct wh_value v;
	struct change *c;

	if (pack_find(j, wh_arg_str(call, "pack")) == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such pack");
	c = change_new(j, CHANGE_SET, call);
	if (c == NULL)
		return WH_EFULL;
	change_pack(c, wh_arg_str(call, "pack"));
	snprintf(c->setting, sizeof c->setting, "%.*s", WH_FMT(wh_arg_str(call, "setting")));
	if (wh_arg_has(call, "value")) {
		if (wh_json_read_text(j->host, wh_arg_str(call, "value"), &v) == WH_OK && v.type != WH_V_OBJECT)
			bytes_put(&value, wh_arg_str(call, "value"));
		else
			bytes_str(&value, NULL, wh_arg_str(call, "value"));
	}
	if (!value.failed && pack_set_text(j, &c->value, bytes_slice(&value)))
		change_start(c);
	else
		change_end(c, WH_ENOMEM, WH_STR("out of memory"));
	bytes_free(&value);
	return WH_WAIT;
}

/* Copies the entries; they stand in one text. */
static const char *
take_entries(struct change *c, const struct wh_value *list)
{
	const struct wh_host *host = c->judging->host;
	struct wh_json_in in = wh_json_each(list);
	struct wh_value entry;
	size_t n = 0, bytes = 0;

	while (wh_json_next(&in, NULL, &entry)) {
		if (entry.type != WH_V_STR || entry.s.n == 0 || entry.s.n > ENTRY_MAX || memchr(entry.s.p, '\0', entry.s.n) != NULL)
			return "an entry is to be a text of 1 to 500 bytes";
		if (++n > ENTRIES_MAX)
			return "5000 entries at a time at most";
		bytes += entry.s.n;
	}
	if (n == 0)
		return "there are no entries";
	c->entries = wh_new(host, n * sizeof *c->entries);
	c->value = wh_new(host, bytes + 1);
	if (c->entries == NULL || c->value == NULL)
		return "out of memory";
	in = wh_json_each(list);
	bytes = 0;
	while (wh_json_next(&in, NULL, &entry)) {
		memcpy(c->value + bytes, entry.s.p, entry.s.n);
		c->entries[c->n_entries++] = (struct wh_str){ c->value + bytes, entry.s.n };
		bytes += entry.s.n;
	}
	return NULL;
}

static enum wh_err
change_list(struct judging *j, struct wh_call *call, bool remove)
{
	const char *why;
	struct change *c;

	if (pack_find(j, wh_arg_str(call, "pack")) == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such pack");
	c = change_new(j, CHANGE_LIST, call);
	if (c == NULL)
		return WH_EFULL;
	change_pack(c, wh_arg_str(call, "pack"));
	snprintf(c->setting, sizeof c->setting, "%.*s", WH_FMT(wh_arg_str(call, "list")));
	c->remove = remove;
	why = take_entries(c, wh_arg(call, "entries"));
	if (why == NULL)
		change_start(c);
	else
		change_end(c, WH_EINVAL, wh_str(why));
	return WH_WAIT;
}

enum wh_err
judging_command_list_add(void *self, struct wh_call *call)
{
	return change_list(moderation_judging(self), call, false);
}

enum wh_err
judging_command_list_remove(void *self, struct wh_call *call)
{
	return change_list(moderation_judging(self), call, true);
}

static void
list_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	const struct judging *j = moderation_judging(self);
	struct wh_call *call = wh_call_find(j->host, cookie);

	if (call == NULL)
		return;
	if (r->err != WH_OK) {
		wh_call_done(call, judging_fail(call, r->err));
		return;
	}
	for (int removed = 0; removed < 2; removed++) {
		wh_json_array(wh_reply(call), removed ? "removed" : "added");
		for (size_t i = 0; i < r->rows[0].n; i++)
			if ((wh_row_int(&r->rows[0], i, 1) != 0) == removed)
				wh_json_str(wh_reply(call), NULL, wh_row_str(&r->rows[0], i, 0));
		wh_json_end(wh_reply(call));
	}
	wh_json_bool(wh_reply(call), "more", r->rows[0].n == LIST_PAGE);
	wh_call_done(call, WH_OK);
}

enum wh_err
judging_command_list(void *self, struct wh_call *call)
{
	const struct judging *j = moderation_judging(self);
	const struct wh_cell key[] = { WH_CELL_TEXT(wh_arg_str(call, "pack")), WH_CELL_TEXT(wh_arg_str(call, "list")), WH_CELL_TEXT(wh_arg_str(call, "after")),
		WH_CELL_INT(LIST_PAGE) };
	enum wh_err err;

	if (pack_find(j, wh_arg_str(call, "pack")) == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such pack");
	err = wh_store_run(&j->table, &(struct wh_step){ Q_ENTRIES_OF, key, 4, WH_ANY }, 1, list_read, wh_call_hold(call));
	if (err != WH_OK)
		wh_call_done(call, judging_fail(call, err));
	return WH_WAIT;
}

static void
removed(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct judging *j = moderation_judging(self);
	struct wh_call *call = wh_call_find(j->host, cookie);
	struct pack *p = call != NULL ? pack_find(j, wh_arg_str(call, "pack")) : NULL;

	if (r->err == WH_OK && p != NULL && p->folder_files != NULL) {
		wh_delete(j->host, p->files);
		p->files = p->folder_files;
		p->folder_files = NULL;
		p->uploaded = false;
		p->state = PACK_WAITING;
		packs_next(j);
	} else if (r->err == WH_OK && p != NULL) {
		pack_drop(j, p);
	}
	if (call != NULL)
		wh_call_done(call, r->err == WH_OK ? WH_OK : judging_fail(call, r->err));
}

enum wh_err
judging_command_remove(void *self, struct wh_call *call)
{
	struct judging *j = moderation_judging(self);
	const struct pack *p = pack_find(j, wh_arg_str(call, "pack"));
	const struct wh_cell key = WH_CELL_TEXT(wh_arg_str(call, "pack"));
	enum wh_err err;

	if (p == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such pack");
	if (!p->uploaded)
		return wh_fail(call, WH_ESTATE, "it is a pack of a folder; set it to off");
	wh_json_bool(wh_reply(call), "folder", p->folder_files != NULL);
	err = wh_store_run(&j->table, &(struct wh_step){ Q_PACK_GONE, &key, 1, WH_ANY }, 1, removed, wh_call_hold(call));
	if (err != WH_OK)
		wh_call_done(call, judging_fail(call, err));
	return WH_WAIT;
}
