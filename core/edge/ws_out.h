/* Building a server's WebSocket frames, which carry no mask: so one frame serves every member of a group.
 * The frame of a message is a header of 2, 4 or 10 bytes and the payload as it is. */
#ifndef WHIPLY_EDGE_WS_OUT_H
#define WHIPLY_EDGE_WS_OUT_H

#include "base/buf.h"
#include "edge/ws_frame.h"

/** Writes the header of a whole (unfragmented) frame; returns its length. `deflated` sets RSV1. */
size_t wh_ws_head(unsigned char head_out[WH_WS_HEAD_MAX], enum wh_ws_op op, uint64_t payload_n, bool deflated);

/** Appends a whole frame: header and payload. */
void wh_ws_frame_put(struct wh_buf *b, enum wh_ws_op op, struct wh_str payload);

/** Writes a ping or pong, header and payload (cut at 125 bytes); returns its length. */
size_t wh_ws_control(unsigned char frame_out[WH_WS_CONTROL_FRAME_MAX], enum wh_ws_op op, struct wh_str payload);

/** Writes a close frame; returns its length. The reason is cut at 123 bytes, between two characters. A code that may not
 * travel (1005: the peer gave none) makes a close frame without a payload. */
size_t wh_ws_close(unsigned char frame_out[WH_WS_CONTROL_FRAME_MAX], unsigned code, struct wh_str reason);

/** One deflater serves all groups and connections of an edge: its context is reset for each message. */
struct wh_ws_deflater;

struct wh_ws_deflate_settings {
	int level;		/* zlib's, 1 to 9 */
	int window_bits;	/* 9 to 15: how far back a message may refer to itself */
	int memory_level;	/* zlib's, 1 to 9; lower is cheaper to reset, which each message pays */
	size_t min;		/* shorter payloads are not tried */
};

/** Settings that suit chat: see what ws_bench prints. */
#define WH_WS_DEFLATE_SETTINGS { .level = 3, .window_bits = 15, .memory_level = 6, .min = 256 }

/** NULL when out of memory or when a setting is out of its range. */
struct wh_ws_deflater *wh_ws_deflater_new(const struct wh_ws_deflate_settings *settings);
void wh_ws_deflater_free(struct wh_ws_deflater **deflater);

/** Appends the deflated frame of a message, or appends nothing and returns false when that is not worth it: the payload
 * is short, or does not shrink (also when memory runs out; send the plain frame then).
 * `window_bits_out` says who can read it: connections whose handshake agreed on at least that many server_window_bits. */
bool wh_ws_deflate_put(struct wh_ws_deflater *deflater, enum wh_ws_op op, struct wh_str payload, struct wh_buf *b,
    uint8_t *window_bits_out);

#endif
