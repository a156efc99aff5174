/* The dialects that clients may speak: rows of the core and of plugins, each with its owner's self. A session has one, picked when
 * its connection opens: by the WebSocket path if it is a dialect's own, by subprotocol, or by the listener's setting. Taking a dialect away closes the
 * connections that speak it. Names, subprotocols and paths are unique. */
#ifndef WHIPLY_HUB_DIALECT_H
#define WHIPLY_HUB_DIALECT_H

#include <whiply/dialect.h>

#include "base/buf.h"

struct hub;
struct wh_rec_opened;

enum { DIALECTS_MAX = 64 };

struct dialect {
	const struct wh_dialect *row;	/* NULL: free */
	const struct wh_host *owner;	/* the plugin's host; NULL for the core's own */
	void *self;
	size_t sessions;		/* attached ones that speak it */
};

struct dialects {
	struct dialect of[DIALECTS_MAX];	/* they do not move */
};

/** WH_EEXIST: the name, subprotocol or path is taken; WH_EINVAL: the name is not 1 to 31 of a-z 0-9 . _ -; WH_EFULL. */
enum wh_err dialect_add(struct hub *hub, const struct wh_dialect *row, const struct wh_host *owner, void *self);

/** Closes the connections that speak it (1012, may be resumed) and forgets the row. WH_ENOENT. */
enum wh_err dialect_remove(struct hub *hub, const struct wh_dialect *row, const struct wh_host *owner);

/** Forgets the row while the hub ends: its clients stay connected, the next hub speaks with them. */
void dialect_forget(struct hub *hub, const struct wh_dialect *row, const struct wh_host *owner);

struct dialect *dialect_find(struct hub *hub, struct wh_str name);

/** The dialect of a new connection, or NULL: nobody here speaks that. */
struct dialect *dialect_pick(struct hub *hub, const struct wh_rec_opened *opened);

/** Appends the subprotocols, comma-separated, the core's own first, as a ROUTE of kind WS wants them. */
void dialect_subprotocols(struct hub *hub, struct wh_buf *out);

/** Appends the event in that dialect and accent. WH_ENOTSUP: its clients are not told; WH_ENOMEM. */
enum wh_err dialect_render(struct hub *hub, struct dialect *d, wh_accent accent, const struct wh_event *e, struct wh_buf *out);

/** The flags of SEND and PUBLISH records with bytes of this dialect (may be NULL). */
uint16_t dialect_rec_flags(const struct dialect *d);

/** Does the session want to hear what it said itself? */
bool dialect_echoes(struct hub *hub, struct wh_session *s);

#endif
