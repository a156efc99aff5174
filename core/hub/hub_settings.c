/* The settings of hub_settings.h: tables, defaults, and the copy into plain numbers. */
#include "hub/hub_settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/api.h"
#include "hub/job.h"
#include "hub/role.h"

const struct wh_setting hub_settings_table[] = {
	{ "job_threads", WH_INT, .def = "4", .min = "1", .max = "64", .help = "threads for blocking work, such as the database" },
	{ "patient_threads", WH_INT, .def = "2", .min = "1", .max = "64", .help = "threads for heavy work that gives way to the rest, such as passwords" },
	{ "job_queue", WH_INT, .def = "16384", .min = "16", .max = "1000000", .help = "jobs that may wait" },
	{ "resume_window", WH_DURATION, .def = "2m", .min = "0", .max = "1h", .help = "how long a lost connection may be resumed; 0: not at all" },
	{ "detached_max", WH_INT, .def = "50000", .min = "0", .max = "1000000", .help = "sessions that wait to be resumed; the oldest go first" },
	{ "sessions_max", WH_INT, .def = "1000000", .min = "1", .max = "4000000", .help = "sessions in all" },
	{ "edge_queue", WH_SIZE, .def = "64MiB", .min = "1MiB", .max = "4GiB", .help = "what may wait for an edge whose ring is full; past it the edge is replaced" },
	{ "rooms_max", WH_INT, .def = "100000", .min = "1", .max = "1048576", .help = "rooms in all" },
	{ "rooms_per_session", WH_INT, .def = "256", .min = "1", .max = "10000", .help = "rooms and groups that one session may be in" },
	{ "command_rate", WH_RATE, .def = "20/s burst 60", .help = "how often one session may run one command" },
	{ "account_rate", WH_RATE, .def = "100/s burst 300", .help = "how often one account may run commands, over all its sessions" },
	{ "address_rate", WH_RATE, .def = "100/s burst 300", .help = "how often guests from one address may run commands" },
	{ "call_timeout", WH_DURATION, .def = "10s", .min = "100ms", .max = "10m", .help = "after that a call without an answer fails" },
	{ "control_group", WH_STRING, .def = "", .max = "63", .help = "group whose members may use the control socket, besides root and our own user" },
	{ "admin_listeners", WH_STRINGS, .max = "32", .help = "what needs an administrator is served over these listeners alone, and the control socket; none: over all" },
	{ "moderator_listeners", WH_STRINGS, .max = "32", .help = "what needs a moderator is served over these and admin_listeners alone; none: over all" },
	{ "turn_records", WH_INT, .def = "256", .min = "1", .max = "65536", .help = "records read from one edge before the others have their turn" },
	{ .name = NULL },
};

const struct wh_setting hub_rate_settings[] = {
	{ "command", WH_STRING, .min = "1", .max = "64", .required = true, .help = "a command, or several, such as \"chat.*\"" },
	{ "rate", WH_RATE, .required = true, .help = "how often one session may run each of them" },
	{ .name = NULL },
};

static const struct wh_setting listener_tls_settings[] = {
	{ "client_certificates", WH_STRING, .help = "the edges read it" },
	{ .name = NULL },
};

/* Of each listener the hub reads what concerns it. */
static const struct wh_setting listener_settings[] = {
	{ "name", WH_STRING, .help = "its name" },
	{ "dialect", WH_STRING, .help = "what its clients speak" },
	{ "address", WH_STRING, .help = "where it is" },
	{ "protocol", WH_STRING, .def = "http", .help = "http or line" },
	{ "proxy", WH_STRING, .def = "off", .help = "which PROXY header" },
	{ "tls", WH_TABLE, .table = listener_tls_settings, .help = "it speaks TLS" },
	{ .name = NULL },
};

const struct wh_setting hub_root_settings[] = {
	{ "state", WH_STRING, .def = "./var", .min = "1", .max = "4000", .help = "folder for everything that is kept" },
	{ "hub", WH_TABLE, .table = hub_settings_table, .help = "the hub" },
	{ "listeners", WH_TABLES, .table = listener_settings, .help = "the edges check them" },
	{ "roles", WH_FREE, .table = role_settings, .help = "roles of your own, and lists for guest, member, moderator and admin" },
	{ "rates", WH_TABLES, .table = hub_rate_settings, .help = "rates of commands in place of their own; the first that covers a command holds, and at most 64 count" },
	{ "tokens", WH_FREE, .table = api_token_settings, .help = "who shows one of these as Authorization: Bearer has its roles" },
	{ .name = NULL },
};

void
hub_settings_default(struct hub_settings *settings_out)
{
	*settings_out = (struct hub_settings){
		.job_threads = 4,
		.patient_threads = 2,
		.job_queue = 16384,
		.resume_window_ms = 120000,
		.detached_max = 50000,
		.sessions_max = 1000000,
		.edge_queue = 64 << 20,
		.rooms_max = 100000,
		.rooms_per_session = 256,
		.turn_records = 256,
		.command_rate = { .count = 20, .burst = 60, .per_ms = 1000 },
		.account_rate = { .count = 100, .burst = 300, .per_ms = 1000 },
		.address_rate = { .count = 100, .burst = 300, .per_ms = 1000 },
		.call_timeout_ms = 10000,
	};
}

static void
settings_copy(char *to, size_t size, struct wh_str from)
{
	snprintf(to, size, "%.*s", WH_FMT(from));
}

static void
settings_listeners(struct hub_settings *settings, const struct hub_config *config)
{
	size_t n = wh_conf_count(config->root, "listeners");

	settings->n_listeners = n < HUB_LISTENERS_MAX ? n : HUB_LISTENERS_MAX;
	for (size_t i = 0; i < settings->n_listeners; i++) {
		const struct wh_conf *one = wh_conf_table(config->root, "listeners", i);
		struct hub_listener *l = &settings->listeners[i];

		settings_copy(l->name, sizeof l->name, wh_conf_str(one, "name"));
		settings_copy(l->dialect, sizeof l->dialect, wh_conf_str(one, "dialect"));
		settings_copy(l->address, sizeof l->address, wh_conf_str(one, "address"));
		settings_copy(l->protocol, sizeof l->protocol, wh_conf_str(one, "protocol"));
		settings_copy(l->proxy, sizeof l->proxy, wh_conf_str(one, "proxy"));
		l->tls = wh_conf_count(one, "tls") != 0;
	}
}

static void
settings_reach(struct hub_reach *reach, const struct wh_conf *c, const char *key)
{
	size_t n = wh_conf_count(c, key);

	reach->n = n < HUB_REACH_MAX ? n : HUB_REACH_MAX;
	for (size_t i = 0; i < reach->n; i++)
		settings_copy(reach->of[i], sizeof reach->of[i], wh_conf_item(c, key, i));
}

static void
settings_rates(struct hub_settings *settings, const struct hub_config *config)
{
	size_t n = wh_conf_count(config->root, "rates");

	settings->n_rates = n < HUB_RATES_MAX ? n : HUB_RATES_MAX;
	for (size_t i = 0; i < settings->n_rates; i++) {
		const struct wh_conf *one = wh_conf_table(config->root, "rates", i);

		settings_copy(settings->rates[i].commands, sizeof settings->rates[i].commands, wh_conf_str(one, "command"));
		settings->rates[i].rate = wh_conf_rate(one, "rate");
	}
}

void
hub_settings_read(struct hub_settings *settings_out, const struct hub_config *config)
{
	const struct wh_conf *c = wh_conf_table(config->root, "hub", 0);

	*settings_out = (struct hub_settings){
		.job_threads = (unsigned)wh_conf_int(c, "job_threads"),
		.patient_threads = (unsigned)wh_conf_int(c, "patient_threads"),
		.job_queue = (size_t)wh_conf_int(c, "job_queue"),
		.resume_window_ms = wh_conf_ms(c, "resume_window"),
		.detached_max = (size_t)wh_conf_int(c, "detached_max"),
		.sessions_max = (size_t)wh_conf_int(c, "sessions_max"),
		.edge_queue = (size_t)wh_conf_bytes(c, "edge_queue"),
		.rooms_max = (size_t)wh_conf_int(c, "rooms_max"),
		.rooms_per_session = (size_t)wh_conf_int(c, "rooms_per_session"),
		.turn_records = (unsigned)wh_conf_int(c, "turn_records"),
		.command_rate = wh_conf_rate(c, "command_rate"),
		.account_rate = wh_conf_rate(c, "account_rate"),
		.address_rate = wh_conf_rate(c, "address_rate"),
		.call_timeout_ms = wh_conf_ms(c, "call_timeout"),
	};
	settings_copy(settings_out->control_group, sizeof settings_out->control_group, wh_conf_str(c, "control_group"));
	settings_reach(&settings_out->admins, c, "admin_listeners");
	settings_reach(&settings_out->moderators, c, "moderator_listeners");
	settings_listeners(settings_out, config);
	settings_rates(settings_out, config);
}

enum wh_err
hub_config_open(struct wh_snapshot *snapshot, struct wh_conf_errors *errors, struct hub_config **config_out)
{
	struct hub_config *config = calloc(1, sizeof *config);
	enum wh_err err;

	*config_out = NULL;
	if (config == NULL)
		return WH_ENOMEM;
	config->snapshot = snapshot;
	err = wh_conf_file_open(snapshot, errors, &config->file);
	if (err == WH_OK)
		err = wh_conf_check(config->file, "", hub_root_settings, WH_CONF_PART, errors, &config->root);
	if (err != WH_OK) {
		hub_config_free(&config);
		return err;
	}
	*config_out = config;
	return WH_OK;
}

void
hub_config_free(struct hub_config **config)
{
	if (*config == NULL)
		return;
	wh_conf_free(&(*config)->root);
	wh_conf_file_free(&(*config)->file);
	free(*config);
	*config = NULL;
}
