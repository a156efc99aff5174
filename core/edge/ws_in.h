/* Reading WebSocket frames: a strict, incremental parser that works in place on the bytes that a connection just read.
 * The edge keeps one wh_ws_in per connection and calls wh_ws_next until it says WH_WS_MORE.
 * - A whole, unfragmented message that lies in the bytes is handed out as a slice of them: unmasked in place, never copied.
 * - Anything else is gathered in a buffer that exists only while its message is underway. Between messages a connection
 *   costs sizeof(struct wh_ws_in).
 * - How the bytes were cut by the network changes nothing: the same stream gives the same events.
 * - Text is checked as it arrives, so that a bad byte ends the connection before its frame is complete. Deflated text is
 *   checked while it is inflated, which is when its last frame is complete. */
#ifndef WHIPLY_EDGE_WS_IN_H
#define WHIPLY_EDGE_WS_IN_H

#include "edge/ws_frame.h"

struct wh_ws_inflater;
struct wh_ws_gather;

/** What a listener allows; shared by its connections. */
struct wh_ws_limits {
	size_t message_max;	/* bytes of a message, inflated; past it: 1009 */
	uint32_t frames_max;	/* frames of a message, so that empty fragments are no way to stay for ever; past it: 1008 */
};

/** One connection's state. Begin with wh_ws_in_begin; end with wh_ws_in_end. */
struct wh_ws_in {
	struct wh_ws_gather *gather;	/* owned; NULL unless a message is underway */
	bool deflate;			/* permessage-deflate was negotiated */
	bool client;			/* we are the client: frames must come without masks */
	bool over;			/* a close frame or an error has been told; whatever follows is dropped */
};

enum wh_ws_kind {
	WH_WS_MORE,	/* nothing further in these bytes */
	WH_WS_TEXT,
	WH_WS_BINARY,
	WH_WS_PING,	/* answer with a pong of the same payload */
	WH_WS_PONG,
	WH_WS_CLOSE,	/* code and reason as the peer gave them; code WH_WS_NO_CODE when it gave none. Answer with close */
	WH_WS_FAIL,	/* the peer broke a rule: send close with this code and reason, then end the connection */
};

struct wh_ws_event {
	enum wh_ws_kind kind;
	uint16_t code;		/* of CLOSE and FAIL */
	struct wh_str payload;	/* the message, ping or pong; the reason of CLOSE and FAIL. Valid until the next wh_ws_next */
};

void wh_ws_in_begin(struct wh_ws_in *in, bool deflate);
void wh_ws_in_end(struct wh_ws_in *in);

/** Reads one event from `bytes` (which it changes: masks are taken off) and says in `used_out` how many bytes it took.
 * Bytes that are not taken when it says WH_WS_MORE, at most WH_WS_LEFT_MAX of them, are the beginning of a frame: hand
 * them over again, with what arrives next behind them. `inflater` may be NULL when `in` does not deflate. */
enum wh_ws_kind wh_ws_next(struct wh_ws_in *in, const struct wh_ws_limits *limits, struct wh_ws_inflater *inflater,
    char *bytes, size_t n, size_t *used_out, struct wh_ws_event *event_out);

/** The longest beginning that wh_ws_next leaves: an incomplete control frame. */
enum { WH_WS_LEFT_MAX = 2 + 4 + WH_WS_CONTROL_MAX - 1 };

/** Is a message underway? Then the connection holds a gathering buffer of this many bytes (0: none). */
size_t wh_ws_in_memory(const struct wh_ws_in *in);

#endif
