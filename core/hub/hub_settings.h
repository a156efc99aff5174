/* The hub's own settings: the group `hub` of the config file, and what it needs of `listeners` and `state`.
 * The numbers are copied out once, so that no hot path looks a setting up by name. */
#ifndef WHIPLY_HUB_HUB_SETTINGS_H
#define WHIPLY_HUB_HUB_SETTINGS_H

#include <whiply/conf.h>

#include "base/addr.h"
#include "base/conf.h"

enum { HUB_LISTENERS_MAX = 64, HUB_DIALECT_NAME = 32, HUB_RATES_MAX = 64, HUB_REACH_MAX = 32 };

struct hub_listener {
	char name[64];
	char dialect[HUB_DIALECT_NAME];	/* empty: by subprotocol alone */
	/* To be shown: */
	char address[WH_ENDPOINT_TEXT], protocol[8], proxy[8];
	bool tls;
};

/** Names of listeners; none: all. See reach.h. */
struct hub_reach {
	size_t n;
	char of[HUB_REACH_MAX][64];
};

/** The operator's own rate for commands. */
struct hub_rate {
	char commands[65];		/* a glob: "chat.*" */
	struct wh_rate rate;
};

struct hub_settings {
	unsigned job_threads, patient_threads;
	size_t job_queue;		/* jobs that wait, of all kinds together */
	int64_t resume_window_ms;	/* 0: nobody resumes */
	size_t detached_max;
	size_t sessions_max;
	size_t edge_queue;		/* bytes that wait in our memory for one edge */
	size_t rooms_max;
	size_t rooms_per_session;	/* groups count as well */
	unsigned turn_records;		/* read from one edge in one turn */
	struct wh_rate command_rate;	/* per session and command, where the command has none of its own */
	struct wh_rate account_rate, address_rate;	/* all commands of one account; of the guests of one address */
	int64_t call_timeout_ms;	/* a held call fails after that */
	char control_group[64];		/* whose members may use the control socket; empty: nobody's */
	struct hub_reach admins, moderators;	/* over which listeners they are served */
	size_t n_rates;
	struct hub_rate rates[HUB_RATES_MAX];	/* the first that covers a command holds */
	size_t n_listeners;
	struct hub_listener listeners[HUB_LISTENERS_MAX];	/* in the order of the config: OPENED names them by number */
};

/** One reading of the config: what RELOAD replaces as a whole. */
struct hub_config {
	struct wh_snapshot *snapshot;	/* borrowed: the child's */
	struct wh_conf_file *file;	/* owned; plugins check their groups ("plugins.NAME") against it */
	struct wh_conf *root;		/* owned; by hub_root_settings */
};

/** What the hub reads of the root: `state`, `hub`, and what the features need (`roles`, `tokens`). */
extern const struct wh_setting hub_root_settings[];

/** Parses and checks; every error is in `errors`. Frees nothing of `snapshot`. WH_EINVAL, WH_ESYNTAX, WH_ENOMEM. */
enum wh_err hub_config_open(struct wh_snapshot *snapshot, struct wh_conf_errors *errors, struct hub_config **config_out);
void hub_config_free(struct hub_config **config);

/** The rows of the group `hub`; the keeper puts them into its root table. */
extern const struct wh_setting hub_settings_table[];

/** The rows of one of the groups `rates`. */
extern const struct wh_setting hub_rate_settings[];

/** What stands when the config says nothing; also for tests. */
void hub_settings_default(struct hub_settings *settings_out);

/** Reads a checked config. */
void hub_settings_read(struct hub_settings *settings_out, const struct hub_config *config);

#endif
