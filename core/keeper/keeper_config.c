/* See keeper_config.h. */
#include "keeper/keeper_config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "keeper/checker.h"
#include "keeper/spawn.h"

static void
config_keep(struct wh_snapshot *snapshot, const struct wh_conf *group, const char *key, struct wh_conf_errors *errors)
{
	struct wh_str name = wh_conf_str(group, key);
	struct wh_buf bytes = { 0 };
	enum wh_err err = wh_fd_read_file(name.p, &bytes, WH_SNAPSHOT_BLOB);

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

struct keeper_config *
keeper_config_read(const struct options *o, const struct keeper_tables *tables, struct wh_conf_errors *errors,
	struct wh_conf_errors *warnings)
{
	struct keeper_config *c = calloc(1, sizeof *c);
	enum wh_err err = WH_ENOMEM;

	if (c == NULL)
		goto fail;
	c->for_edges = c->for_hub = -1;
	keeper_root_join(&c->root, tables->roots);
	err = wh_snapshot_read(o->config, errors, &c->snapshot);
	if (err != WH_OK)
		goto fail;
	err = wh_conf_of_snapshot(c->snapshot, c->root.rows, 0, errors, &c->conf);
	if (err == WH_EINVAL)
		config_check_rest(c, o, errors);
	if (err != WH_OK)
		goto fail;
	config_check(c, o, tables, errors, warnings);
	if (wh_conf_errors_any(errors))
		goto fail;
	c->for_edges = spawn_fd_high(wh_snapshot_seal(c->snapshot, true));
	c->for_hub = spawn_fd_high(wh_snapshot_seal(c->snapshot, false));
	if (c->for_edges >= 0 && c->for_hub >= 0)
		return c;
fail:
	if (!wh_conf_errors_any(errors))
		wh_conf_errors_add(errors, o->config, 0, "cannot be taken in: out of memory");
	keeper_config_free(&c);
	return NULL;
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
