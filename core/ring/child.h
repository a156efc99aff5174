/* What every child of the keeper has in hand when its main begins: a name and numbers, the channel, a log that writes last words,
 * the config snapshot, its sockets. The descriptors stand at fixed numbers: 3 the channel, 4 the page of last words, 5 and
 * up the sockets. Edges, the hub and helper programs all begin with wh_child_begin; the keeper calls nothing here.
 * A child ends when its channel ends: then the keeper is gone, and nobody would ever start it again. SIGINT, SIGTERM, SIGHUP and
 * SIGPIPE are ignored: STOP and DRAIN are how the keeper ends a child. */
#ifndef WHIPLY_RING_CHILD_H
#define WHIPLY_RING_CHILD_H

#include <whiply/conf.h>

#include "base/conf_snapshot.h"
#include "base/log.h"
#include "base/proctitle.h"
#include "ring/channel.h"

enum {
	WH_CHILD_CHANNEL = 3,
	WH_CHILD_LAST_WORDS = 4,
	WH_CHILD_SOCKETS = 5,		/* the first of them */
	WH_CHILD_SOCKETS_MAX = 64,
	WH_CHILD_NAME = 32,
	WH_LAST_WORDS_SIZE = 4096,
	WH_PROCESS_MAX = 4095,		/* the keeper's numbers of processes: 1 to this */
};

/** A listening socket. An edge has one for each listener of the config, in any order; `name` is the listener's. The hub
 * has one, "control", and "secret", which is no socket: a sealed memory file of 32 bytes, the same for each hub of one keeper.
 * Non-blocking and close-on-exec. */
struct wh_child_socket {
	char name[WH_CHILD_NAME];
	int fd;
};

struct wh_child {
	char name[WH_CHILD_NAME];	/* "edge 0", "hub", "helper rules": as in log and title */
	uint32_t process;		/* this incarnation's number, 1 to WH_PROCESS_MAX */
	uint32_t index;			/* edge: 0 to n - 1; a replacement has the same */
	int channel;			/* non-blocking */
	struct wh_log log;
	struct wh_log_tap tap;		/* the log's lines go to the keeper as well */
	uint32_t untold;		/* lines for which the channel had no room */
	char *last_words;		/* shared with the keeper; WH_LAST_WORDS_SIZE */
	struct wh_proctitle *title;	/* borrowed from main; may be NULL */
	const char *plugin_path;	/* hub: `-L DIR` of the command line, in place of the setting; else NULL */
	struct wh_snapshot *snapshot;	/* of START; owned: see wh_child_take_snapshot */
	size_t n_sockets;
	struct wh_child_socket sockets[WH_CHILD_SOCKETS_MAX];
};

/** The `log` group of the root, which every process reads: level and format. */
extern const struct wh_setting wh_log_settings[];

/** Takes what the keeper left at the fixed descriptors, sets title, log and crash handler, waits for START (at most 10 s).
 * `name` and `index` are from the command line. WH_ESTATE: not started by a keeper; WH_EAWAY: the keeper is gone; WH_ETIME;
 * WH_ESYNTAX: START makes no sense. The reason is logged. */
enum wh_err wh_child_begin(struct wh_child *child, const char *name, uint32_t index, struct wh_proctitle *title);

/** The socket of this name, or -1. */
int wh_child_socket(const struct wh_child *child, struct wh_str name);

/** Opens the snapshot of a RELOAD message, and applies its `log` group. The child keeps the old one until
 * wh_child_take_snapshot. */
enum wh_err wh_child_open_reload(struct wh_child *child, struct wh_channel_msg *m, struct wh_snapshot **snapshot_out);

/** The new snapshot is in force: the old one is freed. */
void wh_child_take_snapshot(struct wh_child *child, struct wh_snapshot **take);

/** Sends a message to the keeper, waiting up to a second for room. For the few that must not be lost. */
enum wh_err wh_child_say(struct wh_child *child, const struct wh_channel_msg *m);

/** Gives everything back; for tests and clean exits. */
void wh_child_end(struct wh_child *child);

#endif
