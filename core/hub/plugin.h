/* Plugins: finding, checking, ordering, opening and closing them. All rows of a plugin's tables are added when it opened
 * and removed before it closes. Opening and closing while the hub runs is queued to the end of the turn, where no callback of any plugin is
 * on the stack; `depth` counts those that are, and is asserted to be 0. Jobs that run are waited for.
 * The ABI number and the size are looked at before anything else of a library's table. */
#ifndef WHIPLY_HUB_PLUGIN_H
#define WHIPLY_HUB_PLUGIN_H

#include <assert.h>
#include <whiply/list.h>
#include <whiply/whiply.h>

#include "base/buf.h"
#include "base/conf.h"
#include "hub/hub.h"
#include "hub/metric.h"

enum { PLUGINS_MAX = 128, PLUGIN_NAME = 32, PLUGIN_ERROR = 512 };

enum plugin_state {
	PLUGIN_FOUND = 1,	/* the library is there and checked */
	PLUGIN_OPEN,
	PLUGIN_CLOSING,
	PLUGIN_FAILED,		/* `error` says why */
	PLUGIN_DISABLED,	/* was, or may be; its library is not loaded */
};

struct plugin {
	struct wh_host host;		/* first: this is what the plugin holds */
	struct hub *hub;
	struct wh_plugin row;		/* a copy, so that what an older plugin does not have is zero */
	void *library;			/* owned, of dlopen; NULL: part of the program */
	void *self;
	struct wh_conf *conf;		/* owned; what `open` or `reload` was given last */
	enum plugin_state state;
	unsigned depth;			/* callbacks on the stack */
	size_t bytes, allocations;	/* what it has of wh_new */
	struct wh_list runs;		/* answers of wh_run that are due: plugin_host.c */
	struct wh_buf folder;		/* of state; empty until it was asked for */
	struct wh_json_doc doc;		/* of wh_json_read_text */
	struct wh_buf scratch;		/* owned: its strings that had escapes */
	struct wh_buf *hears;		/* while it is opened or given settings: gets what it logs of errors; NULL else */
	bool built_in;
	enum { PLUGIN_UNSEEN, PLUGIN_UNDER_WAY, PLUGIN_SEEN } visit;	/* while plugins are put in order */
	char name[PLUGIN_NAME + 1];
	char path[512];			/* of the library */
	char error[PLUGIN_ERROR];
};

struct plugins {
	struct plugin *of[PLUGINS_MAX];	/* owned; all that were ever heard of */
	size_t n;
	struct plugin *open[PLUGINS_MAX];	/* in the order of opening */
	size_t n_open;
	uint64_t changes;	/* counts what was opened or closed: caches compare it */
	bool stopping;		/* the hub ends: clients and groups are left as they are for the next one */
};

/** Opens the built-in rows (ended by NULL), then the plugins of hub->config, each behind what it needs. What cannot be opened is
 * logged and left out. WH_ENOMEM. */
enum wh_err plugins_start(struct hub *hub, const struct wh_plugin *const *built_in);

/** Closes all, the last opened first. */
void plugins_stop(struct hub *hub);

/** Checks that every plugin of `next` could be there: library, ABI, settings, needs. Appends all reasons. Changes nothing. */
enum wh_err plugins_check(struct hub *hub, const struct hub_config *next, struct wh_buf *why);

/** Closes what `next` does not name, hands new settings to what it does, opens what is new. Not within a callback. Who refuses its new settings goes
 * on with the old ones; appends a line for each. */
void plugins_apply(struct hub *hub, const struct hub_config *next, struct wh_buf *why);

/** At once; not within a plugin's callback. `why` gets a sentence. */
enum wh_err plugin_enable(struct hub *hub, struct wh_str name, struct wh_buf *why);
enum wh_err plugin_disable(struct hub *hub, struct wh_str name, struct wh_buf *why);

/** Closes it, loads its library anew, and opens it. Its session slots keep what is in them. */
enum wh_err plugin_reopen(struct hub *hub, struct wh_str name, struct wh_buf *why);

/** Open or not; NULL: never heard of. */
struct plugin *plugin_find(struct hub *hub, struct wh_str name);

/* For plugin*.c and tests. */

/** Reads the head of a library's table, then copies what there is of it. False: p->error says why. */
bool plugin_take_row(struct plugin *p, const struct wh_plugin *row);

/** Finds the library and takes its table: PLUGIN_FOUND, or PLUGIN_FAILED and why. */
enum wh_err plugin_load(struct plugin *p);

/** A plugin of this name in hub->plugins, PLUGIN_DISABLED; the one that is there already if there is. NULL: full. */
struct plugin *plugin_make(struct hub *hub, struct wh_str name);

/** Checks its group of settings. `flags`: WH_CONF_UNCHANGED or 0. WH_EINVAL: the errors are added; *conf_out is the caller's. */
enum wh_err plugin_settings(const struct plugin *p, const struct hub_config *config, unsigned flags, struct wh_conf_errors *errors,
    struct wh_conf **conf_out);

/** The plugins that a config names, and where their libraries are; freed with wh_conf_free. NULL config: none. `flags` likewise. */
enum wh_err plugins_conf(const struct hub_config *config, unsigned flags, struct wh_conf **conf_out);

/** Does it name this plugin? */
bool plugins_conf_names(const struct wh_conf *conf, struct wh_str name);

/** Calls `each` with the name of each library that lies in the folders of plugins and was never heard of; each once, in no order. */
void plugins_lying_about(struct hub *hub, void (*each)(void *self, struct wh_str name), void *self);

/** An open plugin that needs `p`, or NULL. */
const struct plugin *plugin_needed_by(const struct plugin *p);

/** Answers that are due to it are dropped. */
void plugin_host_forget(struct plugin *p);

/** p->error, in PLUGIN_FAILED. */
void plugin_fail(struct plugin *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Puts those of `of` that are PLUGIN_FOUND or open in an order in which each stands behind what it needs; returns how many these
 * are. Those that cannot be opened become PLUGIN_FAILED, with the reason, and stand behind them. */
size_t plugins_sort(struct plugin **of, size_t n);

enum wh_err plugin_open(struct plugin *p);
void plugin_close(struct plugin *p, bool keep_slots);
void plugin_unload(struct plugin *p);

/** Adds one that is part of the program or a test, found but not open. NULL: out of memory or its table is bad. */
struct plugin *plugin_add(struct hub *hub, const struct wh_plugin *row, struct wh_buf *why);

/** The table of functions that plugins call: plugin_host.c. */
extern const struct wh_host_ops plugin_host_ops;

static inline struct plugin *
plugin_of(const struct wh_host *h)
{
	return (struct plugin *)(uintptr_t)h;
}

/** Around every callback. */
static inline struct hub_running
plugin_enter(struct plugin *p, const char *what)
{
	p->depth++;
	return hub_running(p->hub, what, p->name);
}

static inline void
plugin_leave(struct plugin *p, struct hub_running before)
{
	assert(p->depth != 0);
	p->depth--;
	hub_ran(p->hub, before);
}

#endif
