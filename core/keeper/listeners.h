/* The listening sockets. A TCP listener has one for each edge (SO_REUSEPORT, so that the kernel spreads connections); a Unix
 * socket, or one that systemd opened, is shared by all edges. The keeper holds them all, so that an edge can die and its
 * successor finds the same backlog. A set is opened whole or not at all; what a new config keeps, it takes over. */
#ifndef WHIPLY_KEEPER_LISTENERS_H
#define WHIPLY_KEEPER_LISTENERS_H

#include "base/addr.h"
#include "base/conf.h"
#include "base/log.h"
#include "keeper/activation.h"
#include "ring/child.h"

enum { LISTENERS_MAX = WH_CHILD_SOCKETS_MAX };

/** What the keeper reads of a group of `listeners`: name and address, and when its table has them: backlog (WH_INT), mode
 * (WH_STRING, octal), freebind (WH_BOOL). */
struct listener {
	char name[WH_CHILD_NAME];
	char address[WH_ENDPOINT_TEXT];	/* as it is written in the config */
	struct wh_endpoint endpoint;
	int backlog;
	unsigned mode;			/* of a Unix socket */
	bool freebind;
	bool shared;			/* sockets[0] is every edge's */
	int *sockets;			/* owned, as are the descriptors; n_sockets, -1: not open */
	unsigned n_sockets;
};

struct listeners {
	struct listener of[LISTENERS_MAX];
	unsigned n;
};

/** Reads the group without opening anything; every error is blamed on its line. */
void listeners_read(struct listeners *l, const struct wh_conf *root, struct wh_conf_errors *errors);

/** Blames the words of a list of `group` that name no listener. */
void listeners_check_names(const struct listeners *l, const struct wh_conf *group, const char *list, struct wh_conf_errors *errors);

/** Opens what is not open, for `edges` edges. `old` (may be NULL) gives up the sockets that have the same address: it keeps
 * them when an error occurs. `activation` may be NULL. Errors are blamed on the listener's line in `root`. */
bool listeners_open(struct listeners *l, unsigned edges, struct listeners *old, struct activation *activation,
	const struct wh_conf *root, struct wh_conf_errors *errors);

/** Do edges that have the sockets of `old` have to be replaced? */
bool listeners_differ(const struct listeners *old, const struct listeners *new);

/** The sockets of one edge, in the order of names: how many. */
unsigned listeners_of_edge(const struct listeners *l, unsigned edge, int fds_out[static LISTENERS_MAX]);
void listeners_names(const struct listeners *l, char *out, size_t size);

/** Closes all; Unix sockets that we made are unlinked when `unlink_paths`. */
void listeners_close(struct listeners *l, bool unlink_paths);

/** Opens a Unix socket at `path`, in place of a stale one. -1: *why_out says why; it is good until the next call. */
int listeners_unix(const char *path, unsigned mode, int backlog, const char **why_out);

#endif
