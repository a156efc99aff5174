/* The client's side of WebSocket, for tests and the load client: not part of any server process.
 * Reading is wh_ws_in with `client` set. */
#ifndef WHIPLY_EDGE_WS_CLIENT_H
#define WHIPLY_EDGE_WS_CLIENT_H

#include "base/buf.h"
#include "edge/ws_in.h"

/** `key` is 24 characters of base64; the tests use the RFC's. Empty slices leave a header out. */
struct wh_ws_hello {
	struct wh_str host, path, key, subprotocols, origin, extensions;
};

/** Appends the request for an upgrade, with its empty line. */
void wh_ws_client_hello(struct wh_buf *b, const struct wh_ws_hello *hello);

struct wh_ws_welcome {
	struct wh_str subprotocol;	/* slice of the answer */
	bool deflate;
	unsigned status;
};

/** Reads the answer to a hello. WH_WAIT: it is not complete; WH_OK: `used_out` bytes of it, frames follow;
 * WH_EPERM: the server refused, see status; WH_ESYNTAX: not the answer to this key. */
enum wh_err wh_ws_client_welcome(struct wh_str answer, struct wh_str key, size_t *used_out, struct wh_ws_welcome *out);

/** How a frame may differ from a plain one. */
enum {
	WH_WS_UNFINISHED = 1,	/* without FIN: further fragments follow */
	WH_WS_RSV1 = 2,		/* the payload is deflated */
};

/** Appends a masked frame. */
void wh_ws_client_frame(struct wh_buf *b, enum wh_ws_op op, unsigned flags, struct wh_str payload, uint32_t key);

/** Starts the reading side of a client. */
void wh_ws_client_begin(struct wh_ws_in *in, bool deflate);

#endif
