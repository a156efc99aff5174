/* The commands of plugins' settings. What they change goes into the overlay, which is the keeper's: it checks the whole, hands it out as in a reload, keeps
 * it, and answers. Nothing here decides whether a value is good. */
#include <stdio.h>

#include "base/conf_overlay.h"
#include "hub/command.h"
#include "hub/core_commands.h"
#include "hub/hub.h"
#include "hub/plugin.h"

enum { SETTINGS_PATH = 256 };

/* What is under way in server.settings. */
struct show {
	struct wh_json *w;
	const struct plugin *plugin;
	bool changed;			/* only these */
};

static bool
row_is_group(const struct wh_setting *row)
{
	return row->type == WH_TABLE || row->type == WH_TABLES || row->type == WH_FREE;
}

/* Does a table have rows of which not all may be shown, or changed, by everybody? */
static bool
table_is_guarded(const struct wh_setting *table)
{
	for (const struct wh_setting *row = table; row != NULL && row->name != NULL; row++)
		if (row->secret || row->file_only || (row_is_group(row) && table_is_guarded(row->table)))
			return true;
	return false;
}

static void show_members(struct wh_json *w, const struct wh_setting *table, const struct wh_conf *c);

static void
show_text(struct wh_json *w, const char *key, const struct wh_setting *row, const struct wh_conf *c)
{
	struct wh_buf text = { 0 };

	if (row->type == WH_SIZE)
		wh_conf_put_size(&text, wh_conf_bytes(c, row->name));
	else if (row->type == WH_DURATION)
		wh_conf_put_duration(&text, wh_conf_ms(c, row->name));
	else
		wh_conf_put_rate(&text, wh_conf_rate(c, row->name));
	wh_json_str(w, key, wh_buf_slice(&text));
	wh_buf_free(&text);
}

/* A value, as server.set takes it. */
static void
show_value(struct wh_json *w, const char *key, const struct wh_setting *row, const struct wh_conf *c)
{
	switch (row->type) {
	case WH_BOOL:
		wh_json_bool(w, key, wh_conf_bool(c, row->name));
		break;
	case WH_INT:
		wh_json_int(w, key, wh_conf_int(c, row->name));
		break;
	case WH_NUMBER:
		wh_json_num(w, key, wh_conf_number(c, row->name));
		break;
	case WH_STRING:
	case WH_CHOICE:
		wh_json_str(w, key, wh_conf_str(c, row->name));
		break;
	case WH_SIZE:
	case WH_DURATION:
	case WH_RATE:
		show_text(w, key, row, c);
		break;
	case WH_STRINGS:
	case WH_NETWORKS:
		wh_json_array(w, key);
		for (size_t i = 0; i < wh_conf_count(c, row->name); i++)
			wh_json_str(w, NULL, wh_conf_item(c, row->name, i));
		wh_json_end(w);
		break;
	case WH_TABLE:
		wh_json_object(w, key);
		show_members(w, row->table, wh_conf_table(c, row->name, 0));
		wh_json_end(w);
		break;
	case WH_TABLES:
		wh_json_array(w, key);
		for (size_t i = 0; i < wh_conf_count(c, row->name); i++) {
			wh_json_object(w, NULL);
			show_members(w, row->table, wh_conf_table(c, row->name, i));
			wh_json_end(w);
		}
		wh_json_end(w);
		break;
	case WH_FREE:
		wh_json_array(w, key);
		for (size_t i = 0; i < wh_conf_count(c, row->name); i++)
			wh_json_str(w, NULL, wh_conf_name(wh_conf_table(c, row->name, i)));
		wh_json_end(w);
		break;
	}
}

/* Is there anything in it, for a secret of which no more is told. */
static bool
value_is_set(const struct wh_setting *row, const struct wh_conf *c)
{
	return row->type == WH_STRING ? wh_conf_str(c, row->name).n != 0 : row->type == WH_STRINGS ? wh_conf_count(c, row->name) != 0 : true;
}

/* The members of a group that are given, since the rest is what anybody can read in the table; secrets as stars. */
static void
show_members(struct wh_json *w, const struct wh_setting *table, const struct wh_conf *c)
{
	for (const struct wh_setting *row = table; row != NULL && row->name != NULL; row++) {
		if (!wh_conf_given(c, row->name))
			continue;
		if (row->secret)
			wh_json_text(w, row->name, value_is_set(row, c) ? "***" : "");
		else
			show_value(w, row->name, row, c);
	}
}

static void
show_range(struct wh_json *w, const struct wh_setting *row)
{
	if (row->def != NULL)
		wh_json_text(w, "default", row->def);
	if (row->min != NULL)
		wh_json_text(w, "min", row->min);
	if (row->max != NULL)
		wh_json_text(w, "max", row->max);
	if (row->type == WH_CHOICE && row->choices != NULL) {
		wh_json_array(w, "choices");
		for (const char *c = row->choices; *c != '\0'; c += strcspn(c, "|") + (c[strcspn(c, "|")] == '|'))
			wh_json_str(w, NULL, (struct wh_str){ c, strcspn(c, "|") });
		wh_json_end(w);
	}
}

/* What of a group a new one has to be given. */
static void
show_required(struct wh_json *w, const struct wh_setting *table)
{
	wh_json_array(w, "needs");
	for (const struct wh_setting *row = table; row != NULL && row->name != NULL; row++)
		if (row->required)
			wh_json_text(w, NULL, row->name);
	wh_json_end(w);
}

static const char *
row_type(const struct wh_setting *row)
{
	static const char *const names[] = {
		[WH_BOOL] = "bool", [WH_INT] = "int", [WH_NUMBER] = "number", [WH_STRING] = "text", [WH_CHOICE] = "choice", [WH_SIZE] = "size",
		[WH_DURATION] = "duration", [WH_RATE] = "rate", [WH_STRINGS] = "list", [WH_NETWORKS] = "networks", [WH_TABLE] = "group",
		[WH_TABLES] = "list of groups", [WH_FREE] = "groups",
	};

	return names[row->type];
}

/* Where the value comes from, and what of the config file it hides. */
static void
show_from(struct wh_json *w, const struct wh_setting *row, const struct wh_conf *c, const struct wh_conf *unchanged)
{
	static const char *const from[] = { [WH_CONF_DEFAULT] = "default", [WH_CONF_FILE_SAYS] = "file", [WH_CONF_CHANGED] = "change" };
	enum wh_conf_from where;
	const char *file;
	unsigned line;

	where = wh_conf_where(c, row->name, &file, &line);
	wh_json_text(w, "from", from[where]);
	if (where == WH_CONF_CHANGED) {
		line = 0;
		if (unchanged != NULL && wh_conf_where(unchanged, row->name, &file, &line) == WH_CONF_FILE_SAYS && !row->secret)
			show_value(w, "file_value", row, unchanged);
	}
	if (line != 0) {
		wh_json_text(w, "file", file);
		wh_json_int(w, "line", line);
	}
}

static void
show_row(struct show *show, const struct wh_setting *row, const struct wh_conf *c, const struct wh_conf *unchanged, const char *name)
{
	struct wh_json *w = show->w;

	wh_json_object(w, NULL);
	wh_json_text(w, "plugin", show->plugin->name);
	wh_json_text(w, "setting", name);
	if (row->secret)
		wh_json_bool(w, "set", value_is_set(row, c));
	else
		show_value(w, "value", row, c);
	show_from(w, row, c, unchanged);
	wh_json_text(w, "type", row_type(row));
	show_range(w, row);
	if (row->type == WH_FREE)
		show_required(w, row->table);
	if (row->required)
		wh_json_bool(w, "required", true);
	if (row->secret)
		wh_json_bool(w, "secret", true);
	if (row->file_only || (row->type == WH_TABLES && table_is_guarded(row->table)))
		wh_json_bool(w, "file_only", true);
	wh_json_text(w, "takes", row->on_open ? "later" : show->plugin->row.reload == NULL ? "reopen" : "now");
	wh_json_text(w, "help", row->help != NULL ? row->help : "");
	wh_json_end(w);
}

static const struct wh_conf *
group_named(const struct wh_conf *c, const char *key, struct wh_str name)
{
	for (size_t i = 0; c != NULL && i < wh_conf_count(c, key); i++)
		if (wh_str_eq(wh_conf_name(wh_conf_table(c, key, i)), name))
			return wh_conf_table(c, key, i);
	return NULL;
}

/* The settings of a group and of those below it, each by its path. */
static void
show_group(struct show *show, const struct wh_setting *table, const struct wh_conf *c, const struct wh_conf *unchanged, const char *prefix)
{
	for (const struct wh_setting *row = table; row != NULL && row->name != NULL; row++) {
		char path[SETTINGS_PATH];
		const char *file;
		unsigned line;

		snprintf(path, sizeof path, "%s%s", prefix, row->name);
		if (row->type != WH_TABLE && (!show->changed || wh_conf_where(c, row->name, &file, &line) == WH_CONF_CHANGED))
			show_row(show, row, c, unchanged, path);
		for (size_t i = 0; (row->type == WH_TABLE || row->type == WH_FREE) && row->table != NULL && i < (row->type == WH_TABLE ? 1 : wh_conf_count(c, row->name)); i++) {
			const struct wh_conf *group = wh_conf_table(c, row->name, i);
			const struct wh_conf *before = row->type == WH_FREE ? group_named(unchanged, row->name, wh_conf_name(group)) :
			    unchanged != NULL ? wh_conf_table(unchanged, row->name, 0) : NULL;
			char below[SETTINGS_PATH];

			if (row->type == WH_FREE)
				snprintf(below, sizeof below, "%.150s.%.100s.", path, wh_conf_name(group).p);
			else
				snprintf(below, sizeof below, "%.250s.", path);
			show_group(show, row->table, group, before, below);
		}
	}
}

static void
show_plugin(struct hub *hub, struct show *show, const struct plugin *p)
{
	struct wh_conf_errors ignored = { 0 };
	struct wh_conf *c = NULL, *unchanged = NULL;

	show->plugin = p;
	/* Anew, since a plugin keeps its settings when the same ones come from elsewhere. */
	(void)plugin_settings(p, hub->config, 0, &ignored, &c);
	(void)plugin_settings(p, hub->config, WH_CONF_UNCHANGED, &ignored, &unchanged);
	if (c != NULL)
		show_group(show, p->row.settings, c, unchanged, "");
	wh_conf_free(&c);
	wh_conf_free(&unchanged);
	wh_conf_errors_free(&ignored);
}

static struct wh_str
settings_overlay(const struct hub *hub)
{
	return hub->config != NULL ? wh_snapshot_overlay(hub->config->snapshot) : (struct wh_str){ NULL, 0 };
}

static enum wh_err
fail_not_enabled(struct wh_call *call)
{
	char why[PLUGIN_NAME + 96];
	struct wh_str name = wh_arg_str(call, "plugin");

	snprintf(why, sizeof why, "the plugin \"%.*s\" is not enabled: server.enable enables it", (int)(name.n < PLUGIN_NAME ? name.n : PLUGIN_NAME), name.p);
	return wh_fail(call, WH_ENOENT, why);
}

static void
show_listed(struct wh_json *w, struct hub *hub, const char *list, const char *key)
{
	wh_json_array(w, key);
	for (unsigned i = 0; hub->config != NULL && wh_conf_file_listed(hub->config->file, list, i) != NULL; i++)
		wh_json_text(w, NULL, wh_conf_file_listed(hub->config->file, list, i));
	wh_json_end(w);
}

enum wh_err
core_server_settings(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	struct show show = { .w = wh_reply(call), .changed = wh_arg_bool(call, "changed") };
	const struct plugin *one = wh_arg_has(call, "plugin") ? plugin_find(hub, wh_arg_str(call, "plugin")) : NULL;

	if (wh_arg_has(call, "plugin") && (one == NULL || one->state != PLUGIN_OPEN))
		return fail_not_enabled(call);
	wh_json_array(show.w, "settings");
	for (size_t i = 0; i < hub->plugins->n; i++)
		if (hub->plugins->of[i]->state == PLUGIN_OPEN && (one == NULL || one == hub->plugins->of[i]))
			show_plugin(hub, &show, hub->plugins->of[i]);
	wh_json_end(show.w);
	show_listed(show.w, hub, "enable", "enabled");
	show_listed(show.w, hub, "disable", "disabled");
	if (settings_overlay(hub).n != 0)
		wh_json_text(show.w, "kept_in", wh_snapshot_overlay_file(hub->config->snapshot));
	return WH_OK;
}

/* The row of a path below a table, or NULL. */
static const struct wh_setting *
row_find(const struct wh_setting *table, struct wh_str path)
{
	const char *dot = path.n != 0 ? memchr(path.p, '.', path.n) : NULL;
	struct wh_str name = { path.p, dot != NULL ? (size_t)(dot - path.p) : path.n }, rest = wh_str_from(path, name.n + 1);

	for (const struct wh_setting *row = table; row != NULL && row->name != NULL; row++) {
		if (!wh_str_is(name, row->name))
			continue;
		if (row->type == WH_FREE && rest.n != 0) {
			dot = memchr(rest.p, '.', rest.n);
			rest = dot != NULL ? wh_str_from(rest, (size_t)(dot - rest.p) + 1) : (struct wh_str){ NULL, 0 };
			return rest.n != 0 ? row_find(row->table, rest) : NULL;
		}
		return rest.n == 0 ? row : row->type == WH_TABLE ? row_find(row->table, rest) : NULL;
	}
	return NULL;
}

/* A change while it is put together. */
struct change {
	struct hub *hub;
	struct wh_call *call;
	const struct plugin *plugin;	/* NULL: it is not open */
	struct wh_overlay *overlay;
	struct wh_json audit;		/* its "settings" is open */
};

/* "plugins.NAME" or "plugins.NAME.SETTING". */
static bool
change_path(struct wh_str plugin, struct wh_str setting, char path[static SETTINGS_PATH])
{
	int n = snprintf(path, SETTINGS_PATH, "plugins.%.*s%s%.*s", WH_FMT(plugin), setting.n != 0 ? "." : "", WH_FMT(setting));

	return n > 0 && n < SETTINGS_PATH && memchr(plugin.p, '.', plugin.n) == NULL && strlen(path) == (size_t)n;
}

/* Who reads the audit log may not read secrets, nor what nobody knows to be none. */
static void
change_note(struct change *ch, struct wh_str setting, const struct wh_setting *row, const struct wh_value *value)
{
	bool guarded = row == NULL || row->secret || (row_is_group(row) && table_is_guarded(row->table));
	char key[SETTINGS_PATH];

	snprintf(key, sizeof key, "%.*s", (int)(setting.n < SETTINGS_PATH - 1 ? setting.n : SETTINGS_PATH - 1), setting.p);
	if (value == NULL || value->type == WH_V_NULL)
		wh_json_null(&ch->audit, key);
	else if (guarded)
		wh_json_text(&ch->audit, key, "***");
	else if (value->raw.n != 0)
		wh_json_raw(&ch->audit, key, value->raw);
	else
		wh_json_str(&ch->audit, key, value->s);
}

static enum wh_err
change_fail(struct change *ch, enum wh_err err, struct wh_str setting, const char *why)
{
	char text[SETTINGS_PATH * 2];

	snprintf(text, sizeof text, "%.*s: %s", (int)(setting.n < SETTINGS_PATH ? setting.n : SETTINGS_PATH), setting.p, why);
	return wh_fail(ch->call, err, text);
}

static enum wh_err
change_one(struct change *ch, struct wh_str setting, const struct wh_value *value)
{
	const struct wh_setting *row = row_find(ch->plugin->row.settings, setting);
	char path[SETTINGS_PATH];
	enum wh_err err = WH_OK;

	if (setting.n == 0 || !change_path(wh_str(ch->plugin->name), setting, path))
		return change_fail(ch, WH_EINVAL, setting, "is no name of a setting");
	change_note(ch, setting, row, value);
	if (value->type == WH_V_NULL)
		(void)wh_overlay_unset(ch->overlay, path);
	/* What server.settings shows of a secret would become the secret. */
	else if (row != NULL && row_is_group(row) && value->raw.n != 0 && memmem(value->raw.p, value->raw.n, "\"***\"", 5) != NULL)
		return change_fail(ch, WH_EINVAL, setting, "has a secret that is hidden: give it in full");
	else
		err = wh_overlay_set(ch->overlay, path, value);
	return err == WH_EINVAL ? change_fail(ch, err, setting, "is no name of a setting, or has a value that none can have") : err;
}

/* A text of the command line: JSON where the setting is no text, if it is JSON. */
static enum wh_err
change_text(struct change *ch, struct wh_str setting, struct wh_str text)
{
	const struct wh_setting *row = row_find(ch->plugin->row.settings, setting);
	bool textual = row == NULL || row->type == WH_STRING || row->type == WH_CHOICE || row->type == WH_SIZE || row->type == WH_DURATION || row->type == WH_RATE;
	struct wh_value value = { .type = WH_V_STR, .s = text };
	struct wh_buf scratch = { 0 };
	struct wh_json_doc doc;
	enum wh_err err;

	if (!textual && wh_json_read(&doc, text, NULL, &scratch, &value, NULL) != WH_OK)
		value = (struct wh_value){ .type = WH_V_STR, .s = text };
	err = change_one(ch, setting, &value);
	wh_buf_free(&scratch);
	return err;
}

static void
change_done(struct hub *hub, void *self, uint64_t call_id, enum wh_err err, struct wh_str text)
{
	struct call *c = call_find(hub, call_id);

	(void)self;
	if (c == NULL)
		return;
	while (text.n != 0 && text.p[text.n - 1] == '\n')
		text.n--;
	if (err != WH_OK)
		err = call_fail(c, err, text.n != 0 ? text : WH_STR("it was refused; the log says why"), 0);
	call_done(c, err);
}

enum wh_err
core_overlay_ask(struct hub *hub, const struct wh_overlay *overlay, keeper_answer *then, uint64_t call_id, const char **why_out)
{
	struct wh_buf text = { .max = WH_SNAPSHOT_OVERLAY };
	enum wh_err err;

	wh_overlay_write(overlay, &text);
	err = text.failed ? WH_EFULL : channel_ask_configure(hub, wh_buf_slice(&text), then, NULL, call_id);
	*why_out = text.failed ? "more was changed than can be kept: put something back, or write it into the config file" :
	    err == WH_ESTATE ? "another change is under way: try again in a moment" : "the keeper can't be asked now";
	wh_buf_free(&text);
	return err;
}

/* Asks for it, and writes the answer that is given if it is taken. */
static enum wh_err
change_ask(struct change *ch)
{
	const char *why;
	wh_id id = wh_call_hold(ch->call);
	enum wh_err err = core_overlay_ask(ch->hub, ch->overlay, change_done, id, &why);

	if (err != WH_OK)
		wh_call_done(ch->call, wh_fail(ch->call, err, why));
	return WH_WAIT;
}

static enum wh_err
change_begin(struct change *ch, struct hub *hub, struct wh_call *call)
{
	struct wh_buf *audited = &call_of(call)->memory->audited;

	*ch = (struct change){ .hub = hub, .call = call, .plugin = plugin_find(hub, wh_arg_str(call, "plugin")) };
	if (ch->plugin != NULL && ch->plugin->state != PLUGIN_OPEN)
		ch->plugin = NULL;
	/* Whatever comes of it, the arguments themselves are not for the audit log. */
	wh_json_begin(&ch->audit, audited);
	wh_json_object(&ch->audit, NULL);
	wh_json_str(&ch->audit, "on", wh_arg_str(call, "plugin"));
	wh_json_object(&ch->audit, "settings");
	if (hub->config == NULL)
		return wh_fail(call, WH_EAWAY, "there is no config that could be changed");
	if (wh_overlay_open(settings_overlay(hub), &ch->overlay) != WH_OK)
		return wh_fail(call, WH_ENOMEM, "out of memory");
	return WH_OK;
}

static enum wh_err
change_end(struct change *ch, enum wh_err err)
{
	while (!ch->audit.failed && ch->audit.depth > 0)
		wh_json_end(&ch->audit);
	if (!wh_json_finish(&ch->audit)) {
		wh_buf_reset(&call_of(ch->call)->memory->audited);
		wh_buf_text(&call_of(ch->call)->memory->audited, "{}");
	}
	if (err == WH_OK)
		err = change_ask(ch);
	wh_overlay_free(&ch->overlay);
	return err;
}

/* The answer: what was changed, and what of it waits. */
static void
change_reply(struct change *ch, const struct wh_value *settings, struct wh_str one)
{
	struct wh_json *w = wh_reply(ch->call);

	wh_json_str(w, "plugin", wh_str(ch->plugin->name));
	for (unsigned later = 0; later < 2; later++) {
		struct wh_json_in in = wh_json_each(settings);
		struct wh_str key = one;
		struct wh_value value;

		wh_json_array(w, later != 0 ? "later" : "changed");
		while (one.n != 0 || wh_json_next(&in, &key, &value)) {
			const struct wh_setting *row = row_find(ch->plugin->row.settings, key);

			if (later == 0 || (row != NULL && row->on_open))
				wh_json_str(w, NULL, key);
			if (one.n != 0)
				break;
		}
		wh_json_end(w);
	}
}

enum wh_err
core_server_set(void *self, struct wh_call *call)
{
	struct wh_str setting = wh_arg_str(call, "setting"), key;
	const struct wh_value *settings = wh_arg(call, "settings"), none = { .type = WH_V_NONE };
	struct change ch;
	struct wh_value value;
	enum wh_err err = change_begin(&ch, self, call);

	if (err == WH_OK && ch.plugin == NULL)
		err = fail_not_enabled(call);
	else if (err == WH_OK && (settings != NULL) == wh_arg_has(call, "setting"))
		err = wh_fail(call, WH_EINVAL, "give `setting` and `value`, or `settings`");
	else if (err == WH_OK && settings == NULL && !wh_arg_has(call, "value"))
		err = wh_fail(call, WH_EINVAL, "`value` is missing; server.unset puts a setting back");
	if (err == WH_OK && settings == NULL)
		err = change_text(&ch, setting, wh_arg_str(call, "value"));
	if (err == WH_OK && settings != NULL) {
		struct wh_json_in in = wh_json_each(settings);

		while (err == WH_OK && wh_json_next(&in, &key, &value))
			err = change_one(&ch, key, &value);
	}
	if (err == WH_OK)
		change_reply(&ch, settings != NULL ? settings : &none, setting);
	return change_end(&ch, err);
}

enum wh_err
core_server_unset(void *self, struct wh_call *call)
{
	struct wh_str setting = wh_arg_str(call, "setting");
	static const struct wh_value none = { .type = WH_V_NONE };
	struct change ch;
	char path[SETTINGS_PATH];
	enum wh_err err = change_begin(&ch, self, call);

	if (err == WH_OK && !change_path(wh_arg_str(call, "plugin"), setting, path))
		err = wh_fail(call, WH_EINVAL, "that is no name of a setting");
	if (err == WH_OK && !wh_overlay_unset(ch.overlay, path))
		err = wh_fail(call, WH_ENOENT, "it is as the config file says: nobody changed it. server.settings shows what was changed");
	if (err == WH_OK) {
		change_note(&ch, setting.n != 0 ? setting : WH_STR("*"), NULL, NULL);
		if (ch.plugin != NULL && setting.n != 0)
			change_reply(&ch, &none, setting);
		else
			wh_json_str(wh_reply(call), "plugin", wh_arg_str(call, "plugin"));
	}
	return change_end(&ch, err);
}
