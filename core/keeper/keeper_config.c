/* See keeper_config.h. */
#include "keeper/keeper_config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/conf_overlay.h"
#include "base/fd.h"
#include "keeper/checker.h"
#include "keeper/overlay_file.h"
#include "keeper/spawn.h"

static void
config_keep(struct wh_snapshot *snapshot, const struct wh_conf *group, const char *key, struct wh_conf_errors *errors)
{
	struct wh_str name = wh_conf_str(group, key), kept;
	struct wh_buf bytes = { 0 };
	enum wh_err err;

	/* Read for this snapshot already, or for the one that it is a copy of. */
	if (wh_snapshot_kept(snapshot, name, &kept))
		return;
	err = wh_fd_read_file(name.p, &bytes, WH_SNAPSHOT_BLOB);
	if (err == WH_OK)
		err = wh_snapshot_keep(snapshot, name, wh_buf_slice(&bytes));
	if (err != WH_OK)
		wh_conf_blame(group, key, errors, "%s %s", name.p, err == WH_ENOENT ? "does not exist" : err == WH_EPERM ? "may not be read" :
			err == WH_ETOOBIG ? "is too long" : "cannot be read");
	if (bytes.p != NULL)
		explicit_bzero(bytes.p, bytes.n);
	wh_buf_free(&bytes);
}

/* All files that tables mark with WH_CONF_FILE, in the groups that are given. */
static void
config_keep_all(struct wh_snapshot *snapshot, const struct wh_conf *group, const struct wh_setting *table, struct wh_conf_errors *errors)
{
	for (const struct wh_setting *row = table; row != NULL && row->name != NULL; row++) {
		bool groups = row->type == WH_TABLE || row->type == WH_TABLES || row->type == WH_FREE;

		if (row->type == WH_STRING && row->choices != NULL && strcmp(row->choices, WH_CONF_FILE) == 0
		    && wh_conf_str(group, row->name).n > 0)
			config_keep(snapshot, group, row->name, errors);
		for (size_t i = 0; groups && i < wh_conf_count(group, row->name); i++)
			config_keep_all(snapshot, wh_conf_table(group, row->name, i), row->table, errors);
	}
}

/* `tables`: NULL when the listeners need not be asked about. */
static void
config_run_checker(const struct wh_snapshot *snapshot, const struct wh_conf *root, const struct options *o,
	const struct keeper_tables *tables, struct wh_conf_errors *errors, struct wh_conf_errors *warnings, struct wh_certificates *certificates)
{
	const char *paths[KEEPER_PLUGIN_PATHS] = { o->plugin_path };
	struct checker checker = { snapshot, root, tables, paths, o->plugin_path != NULL };

	for (size_t i = 0; o->plugin_path == NULL && i < wh_conf_count(root, "plugin_path") && checker.n_paths < KEEPER_PLUGIN_PATHS; i++)
		paths[checker.n_paths++] = wh_conf_item(root, "plugin_path", i).p;
	checker_run(&checker, errors, warnings, certificates);
}

static void
config_check(struct keeper_config *c, const struct options *o, const struct keeper_tables *tables, struct wh_conf_errors *errors,
	struct wh_conf_errors *warnings)
{
	const struct wh_conf *hub = wh_conf_declared(c->conf, "hub") ? wh_conf_table(c->conf, "hub", 0) : NULL;

	keeper_settings_read(&c->settings, c->conf, geteuid() == 0, errors);
	listeners_read(&c->listeners, c->conf, errors);
	/* A name that is written wrong would shut everybody out. */
	if (hub != NULL) {
		listeners_check_names(&c->listeners, hub, "admin_listeners", errors);
		listeners_check_names(&c->listeners, hub, "moderator_listeners", errors);
	}
	config_keep_all(c->snapshot, c->conf, c->root.rows, errors);
	config_run_checker(c->snapshot, c->conf, o, tables, errors, warnings, &c->certificates);
}

/* The tables refused something. What only listeners_read and the plugins' own tables can find is looked for all the same, so
 * that the operator sees every error at once: in a reading that knows no more than these need, whose own errors were told before. */
static void
config_check_rest(const struct keeper_config *c, const struct options *o, struct wh_conf_errors *errors)
{
	static const struct wh_setting listener_rows[] = {
		{ "name", WH_STRING, .help = "its name" },
		{ "address", WH_STRING, .help = "where it listens" },
		{ 0 }
	};
	static const struct wh_setting rows[] = {
		{ "listeners", WH_TABLES, .table = listener_rows, .help = "listeners" },
		{ "plugin_path", WH_STRINGS, .def = PLUGIN_PATH, .help = "folders of plugins" },
		{ "plugins", WH_FREE, .help = "plugins" },
		{ 0 }
	};
	struct wh_conf_errors told = { 0 };
	struct listeners listeners = { 0 };
	struct wh_conf *conf;

	if (wh_conf_of_snapshot(c->snapshot, rows, WH_CONF_PART, &told, &conf) == WH_OK) {
		listeners_read(&listeners, conf, errors);
		config_run_checker(c->snapshot, conf, o, NULL, errors, &told, NULL);
		listeners_close(&listeners, true);
		wh_conf_free(&conf);
	}
	wh_conf_errors_free(&told);
}

/* Checks the snapshot as it is now; what was made of it before is forgotten. */
static void
config_check_all(struct keeper_config *c, const struct options *o, const struct keeper_tables *tables, struct wh_conf_errors *errors,
	struct wh_conf_errors *warnings)
{
	enum wh_err err;

	listeners_close(&c->listeners, true);
	c->listeners = (struct listeners){ 0 };
	c->certificates.n = 0;
	wh_conf_free(&c->conf);
	err = wh_conf_of_snapshot(c->snapshot, c->root.rows, 0, errors, &c->conf);
	if (err == WH_OK)
		config_check(c, o, tables, errors, warnings);
	else if (err == WH_EINVAL)
		config_check_rest(c, o, errors);
	else if (!wh_conf_errors_any(errors))
		wh_conf_errors_add(errors, o->config, 0, "cannot be taken in: out of memory");
}

static bool
config_seal(struct keeper_config *c)
{
	c->for_edges = spawn_fd_high(wh_snapshot_seal(c->snapshot, true));
	c->for_hub = spawn_fd_high(wh_snapshot_seal(c->snapshot, false));
	return c->for_edges >= 0 && c->for_hub >= 0;
}

static struct keeper_config *
config_new(const struct keeper_tables *tables)
{
	struct keeper_config *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->for_edges = c->for_hub = -1;
	keeper_root_join(&c->root, tables->roots);
	return c;
}

/* A text that is no overlay at all gives way to the one in force, or to the one before it. */
static void
config_find_overlay(struct keeper_config *c, const char *state, const struct keeper_config *in_force, struct wh_conf_errors *warnings)
{
	struct wh_buf text = { 0 }, before = { 0 };
	struct wh_overlay *overlay;
	const char *why = NULL, *instead = "what administrators changed is not in force";
	struct wh_str use = { NULL, 0 };
	bool bad = overlay_read(state, OVERLAY_NOW, &text, &why) != WH_OK;

	if (!bad && memchr(text.n > 0 ? text.p : "", '\0', text.n) != NULL)
		bad = true;
	if (!bad && wh_overlay_open(wh_buf_slice(&text), &overlay) == WH_OK) {
		wh_overlay_free(&overlay);
		use = wh_buf_slice(&text);
	} else if (in_force != NULL) {
		bad = true;
		use = wh_snapshot_overlay(in_force->snapshot);
		instead = "what is in force stays in force";
	} else {
		bad = true;
		if (overlay_read(state, OVERLAY_BEFORE, &before, &why) == WH_OK && before.n > 0 && wh_overlay_open(wh_buf_slice(&before), &overlay) == WH_OK) {
			wh_overlay_free(&overlay);
			use = wh_buf_slice(&before);
			instead = "what it was before the last change, settings.conf.before, is in force";
		}
	}
	if (bad)
		wh_conf_errors_add(warnings, c->overlay_file, 0, "%s: %s", why != NULL ? why : "is no config", instead);
	if (use.n > 0 && wh_snapshot_set_overlay(c->snapshot, c->overlay_file, use) != WH_OK)
		wh_conf_errors_add(warnings, c->overlay_file, 0, "out of memory: what administrators changed is not in force");
	wh_buf_free(&text);
	wh_buf_free(&before);
}

/* Where the state is has to be known before all is checked. */
static void
config_take_overlay(struct keeper_config *c, const struct keeper_config *in_force, struct wh_conf_errors *warnings)
{
	static const struct wh_setting rows[] = {
		{ "state", WH_STRING, .def = "./var", .min = "1", .max = "90", .help = "the folder of databases and the control socket" },
		{ 0 }
	};
	struct wh_conf_errors told = { 0 };
	struct wh_conf *conf;

	if (wh_conf_of_snapshot(c->snapshot, rows, WH_CONF_PART, &told, &conf) == WH_OK) {
		overlay_path(wh_conf_str(conf, "state").p, OVERLAY_NOW, c->overlay_file);
		config_find_overlay(c, wh_conf_str(conf, "state").p, in_force, warnings);
		wh_conf_free(&conf);
	}
	wh_conf_errors_free(&told);
}

/* Leaves out of the overlay what the errors blame, all of it in the last round. False: none is the overlay's. */
static bool
config_drop_overlay(struct keeper_config *c, const struct wh_conf_errors *found, bool last, struct wh_conf_errors *warnings)
{
	struct wh_overlay *overlay = NULL;
	struct wh_buf text = { 0 };
	bool any = false, dropped = false;

	for (size_t i = 0; i < found->n; i++) {
		const struct wh_conf_error *e = &found->items[i];

		if (!keeper_config_overlay_blamed(c, e) || wh_snapshot_overlay(c->snapshot).n == 0)
			continue;
		any = true;
		wh_conf_errors_add(warnings, e->file, e->line, "%s; it is left out", e->text);
		if (overlay == NULL && !last)
			(void)wh_overlay_open(wh_snapshot_overlay(c->snapshot), &overlay);
		dropped |= overlay != NULL && wh_overlay_drop(overlay, e->line);
	}
	if (!any)
		return false;
	if (dropped)
		wh_overlay_write(overlay, &text);
	else
		wh_conf_errors_add(warnings, c->overlay_file, 0, "nothing of it is in force");
	if (wh_snapshot_set_overlay(c->snapshot, c->overlay_file, wh_buf_slice(&text)) != WH_OK)
		(void)wh_snapshot_set_overlay(c->snapshot, c->overlay_file, (struct wh_str){ NULL, 0 });
	wh_overlay_free(&overlay);
	wh_buf_free(&text);
	return true;
}

static void
config_move_errors(struct wh_conf_errors *from, struct wh_conf_errors *to)
{
	for (size_t i = 0; i < from->n; i++)
		wh_conf_errors_add(to, from->items[i].file, from->items[i].line, "%s", from->items[i].text);
	to->more += from->more;
	wh_conf_errors_free(from);
}

static void
config_tell_hidden(const struct keeper_config *c, struct wh_conf_errors *warnings)
{
	struct wh_conf_errors told = { 0 };
	struct wh_conf_file *file;

	if (wh_conf_file_open(c->snapshot, &told, &file) == WH_OK) {
		wh_conf_file_hidden(file, warnings);
		wh_conf_file_free(&file);
	}
	wh_conf_errors_free(&told);
}

struct keeper_config *
keeper_config_read(const struct options *o, const struct keeper_tables *tables, const struct keeper_config *in_force,
	struct wh_conf_errors *errors, struct wh_conf_errors *warnings)
{
	enum { ROUNDS = 8 };
	struct keeper_config *c = config_new(tables);
	struct wh_conf_errors found = { 0 }, said = { 0 };

	if (c == NULL || wh_snapshot_read(o->config, errors, &c->snapshot) != WH_OK)
		goto fail;
	config_take_overlay(c, in_force, warnings);
	for (unsigned round = 0;; round++) {
		config_check_all(c, o, tables, &found, &said);
		if (round == ROUNDS || !config_drop_overlay(c, &found, round == ROUNDS - 1, warnings))
			break;
		wh_conf_errors_free(&found);
		wh_conf_errors_free(&said);
	}
	config_move_errors(&found, errors);
	config_move_errors(&said, warnings);
	if (wh_conf_errors_any(errors))
		goto fail;
	config_tell_hidden(c, warnings);
	if (config_seal(c))
		return c;
fail:
	if (!wh_conf_errors_any(errors))
		wh_conf_errors_add(errors, o->config, 0, "cannot be taken in: out of memory");
	keeper_config_free(&c);
	return NULL;
}

struct keeper_config *
keeper_config_with(const struct keeper_config *in_force, struct wh_str overlay, const struct options *o, const struct keeper_tables *tables,
	struct wh_conf_errors *errors)
{
	struct keeper_config *c = config_new(tables);
	struct wh_conf_errors warnings = { 0 };

	if (c == NULL || wh_snapshot_copy(in_force->snapshot, &c->snapshot) != WH_OK)
		goto fail;
	memcpy(c->overlay_file, in_force->overlay_file, sizeof c->overlay_file);
	if (wh_snapshot_set_overlay(c->snapshot, c->overlay_file, overlay) != WH_OK)
		goto fail;
	config_check_all(c, o, tables, errors, &warnings);
	wh_conf_errors_free(&warnings);
	if (!wh_conf_errors_any(errors) && config_seal(c))
		return c;
fail:
	if (!wh_conf_errors_any(errors))
		wh_conf_errors_add(errors, o->config, 0, "cannot be taken in: out of memory");
	keeper_config_free(&c);
	return NULL;
}

bool
keeper_config_overlay_blamed(const struct keeper_config *config, const struct wh_conf_error *e)
{
	return config != NULL && e->file[0] != '\0' && strcmp(e->file, config->overlay_file) == 0;
}

void
keeper_config_free(struct keeper_config **config)
{
	struct keeper_config *c = *config;

	if (c == NULL)
		return;
	listeners_close(&c->listeners, true);
	wh_fd_close(&c->for_edges);
	wh_fd_close(&c->for_hub);
	wh_conf_free(&c->conf);
	wh_snapshot_free(&c->snapshot);
	free(c);
	*config = NULL;
}
