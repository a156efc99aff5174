/* See keeper_settings.h. */
#include "keeper/keeper_settings.h"

#include <assert.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "ring/child.h"

static const struct wh_setting keeper_rows[] = {
	{ "state", WH_STRING, .def = "./var", .min = "1", .max = "90", .help = "the folder of databases and the control socket" },
	{ "user", WH_STRING, .def = "", .max = "32", .help = "whom edges, hub and helpers run as when the keeper is root; \"whiply\" if there is one" },
	{ "edges", WH_INT, .def = "0", .min = "0", .max = "256", .help = "edge processes; 0: one a core" },
	{ "plugin_path", WH_STRINGS, .def = PLUGIN_PATH, .min = "1", .max = "16", .help = "folders in which plugins are looked for, in order" },
	{ "stop_timeout", WH_DURATION, .def = "10s", .min = "1s", .max = "10m", .help = "how long a stop may take before what is left is killed" },
	{ "drain_time", WH_DURATION, .def = "30s", .min = "0", .max = "1d", .help = "how long connections of an edge that is replaced may go on" },
	{ "healthy", WH_DURATION, .def = "30s", .min = "10ms", .max = "1h", .help = "life after which a process that ends is started again at once, however often" },
	{ "ring", WH_SIZE, .def = "4MiB", .min = "64KiB", .max = "256MiB", .help = "bytes each way between the hub and an edge; rounded up to a power of two" },
	{ "log", WH_TABLE, .table = wh_log_settings, .help = "level and format" },
	{ "plugins", WH_FREE, .help = "the plugins that are enabled, each with its settings" },
	{ 0 }
};

void
keeper_root_join(struct keeper_root *root, const struct wh_setting *const *others)
{
	const struct wh_setting *own[] = { keeper_rows, NULL };

	*root = (struct keeper_root){ 0 };
	for (unsigned turn = 0; turn < 2; turn++)
		for (const struct wh_setting *const *table = turn == 0 ? own : others; *table != NULL; table++)
			for (const struct wh_setting *row = *table; row->name != NULL; row++) {
				bool known = false;

				for (unsigned i = 0; i < root->n; i++)
					known |= strcmp(root->rows[i].name, row->name) == 0;
				if (known)
					continue;
				assert(root->n < KEEPER_ROOT_ROWS - 1);
				root->rows[root->n++] = *row;
			}
}

static unsigned
keeper_default_edges(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores > 0 ? (unsigned)cores : 1;
}

static void
keeper_read_user(struct keeper_settings *s, const struct wh_conf *root, struct wh_conf_errors *errors)
{
	struct wh_str name = wh_conf_str(root, "user");
	const struct passwd *user = getpwnam(name.n > 0 ? name.p : "whiply");

	if (user == NULL) {
		if (name.n > 0)
			wh_conf_blame(root, "user", errors, "there is no user \"%s\"", name.p);
		return;
	}
	s->drop = user->pw_uid != 0;
	s->uid = user->pw_uid;
	s->gid = user->pw_gid;
}

/* The hub decides who may speak to it; that they reach its socket at all is for us to arrange. */
static void
keeper_read_control(struct keeper_settings *s, const struct wh_conf *root, struct wh_conf_errors *errors)
{
	const struct wh_conf *hub = wh_conf_declared(root, "hub") ? wh_conf_table(root, "hub", 0) : NULL;
	const struct group *group;

	if (hub == NULL || wh_conf_str(hub, "control_group").n == 0)
		return;
	group = getgrnam(wh_conf_str(hub, "control_group").p);
	if (group == NULL) {
		wh_conf_blame(hub, "control_group", errors, "there is no group \"%s\"", wh_conf_str(hub, "control_group").p);
		return;
	}
	s->shares_control = true;
	s->control_gid = group->gr_gid;
}

void
keeper_settings_read(struct keeper_settings *s, const struct wh_conf *root, bool privileged, struct wh_conf_errors *errors)
{
	int64_t edges = wh_conf_int(root, "edges"), ring = wh_conf_bytes(root, "ring");

	*s = (struct keeper_settings){ 0 };
	snprintf(s->state, sizeof s->state, "%s", wh_conf_str(root, "state").p);
	s->edges = edges != 0 ? (unsigned)edges : keeper_default_edges();
	s->stop_ms = wh_conf_ms(root, "stop_timeout");
	s->drain_ms = wh_conf_ms(root, "drain_time");
	s->healthy_ms = wh_conf_ms(root, "healthy");
	for (s->ring_size = 65536; (int64_t)s->ring_size < ring;)
		s->ring_size *= 2;
	for (size_t i = 0; i < wh_conf_count(root, "plugin_path"); i++) {
		struct wh_str path = wh_conf_item(root, "plugin_path", i);

		if (path.n == 0 || path.n >= KEEPER_PATH) {
			wh_conf_blame(root, "plugin_path", errors, "a folder has 1 to %d bytes", KEEPER_PATH - 1);
			continue;
		}
		memcpy(s->plugin_paths[s->n_plugin_paths++], path.p, path.n + 1);
	}
	if (privileged)
		keeper_read_user(s, root, errors);
	keeper_read_control(s, root, errors);
}
