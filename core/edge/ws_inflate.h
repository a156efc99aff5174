/* Inflating permessage-deflate messages (RFC 7692). One inflater serves all connections of an edge: neither side keeps
 * its context between messages, so a message is inflated whole, at its end, and nothing is remembered about anyone. */
#ifndef WHIPLY_EDGE_WS_INFLATE_H
#define WHIPLY_EDGE_WS_INFLATE_H

#include <whiply/types.h>

struct wh_ws_inflater;

/** NULL when out of memory. */
struct wh_ws_inflater *wh_ws_inflater_new(void);
void wh_ws_inflater_free(struct wh_ws_inflater **inflater);

/** Inflates one message's payload, without the RFC's trailing 00 00 ff ff. The slice is the inflater's own, and valid until
 * its next call. The bound is checked while inflating, and so is UTF-8 when `text`: neither a bomb nor garbage is
 * inflated further than the piece (16 KiB) that shows it.
 * WH_ETOOBIG: more than `max` bytes; WH_ESYNTAX: not a deflate stream, or not UTF-8 (`utf8_out` tells); WH_ENOMEM. */
enum wh_err wh_ws_inflate(struct wh_ws_inflater *inflater, struct wh_str payload, size_t max, bool text,
    struct wh_str *message_out, bool *utf8_out);

#endif
