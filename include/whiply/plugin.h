/* What a plugin exports: one constant, whiply_plugin, whose tables say what it needs, offers and does.
 * The host reads `abi` and `size` before anything else, adds every row when it loads the plugin and removes every row
 * when it unloads it, so a plugin cannot forget one. Each table ends in a zero row; NULL is an empty table. */
#ifndef WHIPLY_PLUGIN_H
#define WHIPLY_PLUGIN_H

#include <whiply/types.h>

struct wh_command;
struct wh_conf;
struct wh_dialect;
struct wh_helper;
struct wh_hook;
struct wh_host;
struct wh_metric;
struct wh_route;
struct wh_service;
struct wh_setting;
struct wh_tree;

/** Raised when a plugin built before the change can no longer run. Additions at the end of a table do not raise it. */
#define WH_ABI 1

struct wh_plugin {
	uint32_t abi;
	uint32_t size;
	const char *name;		/**< lower case, as in the config file */
	const char *version;
	const char *summary;		/**< one line */
	const char *const *needs;	/**< services that must be there first, NULL-ended; "?x": if it is enabled */
	const struct wh_setting *settings;
	const struct wh_command *commands;
	const struct wh_hook *hooks;
	const struct wh_route *routes;
	const struct wh_tree *trees;
	const struct wh_metric *metrics;
	const struct wh_dialect *dialects;
	const struct wh_service *offers;
	const struct wh_helper *helpers;

	/** Starts the plugin. `*self_out` is handed to every callback. The rows are live once this returned WH_OK. */
	enum wh_err (*open)(const struct wh_host *host, const struct wh_conf *conf, void **self_out);
	/** Ends it: frees `self`. No row of the plugin is called any more. NULL when there is nothing to free. */
	void (*close)(void *self);
	/** The settings changed. WH_OK: taken over. NULL, or WH_ENOTSUP: the host closes and opens the plugin again. */
	enum wh_err (*reload)(void *self, const struct wh_conf *conf);
};

/** The first members of a struct wh_plugin. */
#define WH_PLUGIN(plugin_name, plugin_version, plugin_summary) \
	.abi = WH_ABI, .size = sizeof(struct wh_plugin), .name = (plugin_name), .version = (plugin_version), .summary = (plugin_summary)

/** Put before `const struct wh_plugin whiply_plugin`: everything else of a plugin stays hidden. */
#define WH_EXPORT __attribute__((visibility("default")))

/** A plugin's service to other plugins: a table of functions whose type its own header declares. */
struct wh_service {
	const char *name;		/**< "store" */
	uint32_t version;		/**< raised when the table changes incompatibly */
	const void *table;		/**< the functions; read through the service's header, which knows the type */
};

/** A program that runs beside the hub on a ring, jailed, restarted by the keeper. */
struct wh_helper {
	const char *name;		/**< "rules": process title "whiplyd: helper rules" */
	const char *program;		/**< file name in the program folder, such as "whiply-rules" */
	void (*up)(void *self, const struct wh_helper *helper);		/**< it (re)started and listens */
	void (*down)(void *self, const struct wh_helper *helper);	/**< it ended; asks in flight are lost */
	void (*answer)(void *self, const struct wh_helper *helper, wh_id id, struct wh_str bytes);
};

#endif
