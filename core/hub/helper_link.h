/* Helpers: programs of plugins that run beside the hub, each on a link of its own. The keeper runs them; we ask and hear
 * answers. While a helper is down asks fail at once with WH_EAWAY; nothing is kept for it. */
#ifndef WHIPLY_HUB_HELPER_LINK_H
#define WHIPLY_HUB_HELPER_LINK_H

#include <whiply/plugin.h>

#include "ring/link.h"

struct event;
struct hub;
struct spill;

enum { HELPERS_MAX = 32, HELPER_QUEUE = 4 << 20 };

struct helper {
	struct hub *hub;
	const struct wh_helper *row;	/* NULL: free */
	const struct wh_host *owner;
	void *self;
	uint32_t process;	/* 0: down */
	struct wh_link_fds fds;	/* owned */
	struct wh_link *link;
	struct event *bell;	/* owned */
	bool rang, dirty;
	struct spill *spill;	/* owned */
	char name[32];		/* of a link whose row is not there yet */
};

struct helpers {
	struct helper of[HELPERS_MAX];
};

/** Declares a plugin's helper and has the keeper start it. WH_EEXIST: the name is taken; WH_EFULL. */
enum wh_err helper_add(struct hub *hub, const struct wh_helper *row, const struct wh_host *owner, void *self);

/** The plugin goes: its callbacks are not called any more. */
void helper_remove(struct hub *hub, const struct wh_helper *row, const struct wh_host *owner);

/** An ask. WH_EAWAY: it is down; WH_EFULL: HELPER_QUEUE bytes wait for it already; WH_ETOOBIG. */
enum wh_err helper_send(struct hub *hub, const struct wh_host *owner, const struct wh_helper *row, wh_id id, struct wh_str bytes);

/** Has the keeper kill it; it is gone, and another there, when the keeper says so. WH_EAWAY: it is down. */
enum wh_err helper_end(struct hub *hub, const struct wh_host *owner, const struct wh_helper *row, const char *why);

/** From the keeper: a link, and its end. helper_gone is false when `process` is no helper. */
enum wh_err helper_linked(struct hub *hub, uint32_t process, struct wh_str name, struct wh_link_fds *take_fds);
bool helper_gone(struct hub *hub, uint32_t process);

bool helpers_read(struct hub *hub);
void helpers_flush(struct hub *hub);
void helpers_finish(struct hub *hub);

#endif
