/* What both directions of a WebSocket connection share (RFC 6455): opcodes, close codes, masks.
 * Used by the edge, by the tests and by the load client; no socket is known here. */
#ifndef WHIPLY_EDGE_WS_FRAME_H
#define WHIPLY_EDGE_WS_FRAME_H

#include <whiply/types.h>

enum wh_ws_op {
	WH_WS_OP_MORE = 0x0,	/* continues a fragmented message */
	WH_WS_OP_TEXT = 0x1,
	WH_WS_OP_BINARY = 0x2,
	WH_WS_OP_CLOSE = 0x8,
	WH_WS_OP_PING = 0x9,
	WH_WS_OP_PONG = 0xa,
};

/** Close codes. 1005 is only ever told to us by ourselves; it never travels. */
enum wh_ws_code {
	WH_WS_NORMAL = 1000,
	WH_WS_GOING_AWAY = 1001,
	WH_WS_PROTOCOL = 1002,		/* the frames break the rules */
	WH_WS_UNACCEPTABLE = 1003,
	WH_WS_NO_CODE = 1005,		/* a close frame without a payload */
	WH_WS_BAD_DATA = 1007,		/* text that is not UTF-8, or that does not inflate */
	WH_WS_POLICY = 1008,
	WH_WS_TOO_BIG = 1009,
	WH_WS_INTERNAL = 1011,
	WH_WS_RESTART = 1012,
	WH_WS_TRY_LATER = 1013,
};

enum {
	WH_WS_HEAD_MAX = 10,		/* header of an unmasked frame */
	WH_WS_CONTROL_MAX = 125,	/* payload of a control frame */
	WH_WS_REASON_MAX = 123,		/* text after a close frame's code */
	WH_WS_CONTROL_FRAME_MAX = 2 + WH_WS_CONTROL_MAX,
};

/** May this code stand in a close frame? (RFC 6455 section 7.4 and IANA's registry: 1000-1003, 1007-1014, 3000-4999.) */
bool wh_ws_code_travels(unsigned code);

/** Applies the mask to `n` bytes in place; `key` holds the mask's four bytes in the order in which they travel.
 * Returns the key turned so that it fits the byte after the last, for the next piece of the same frame. */
uint32_t wh_ws_mask(char *bytes, size_t n, uint32_t key);

#endif
