/* Frame building of ws_out.h. */
#include "edge/ws_out.h"

#include <assert.h>

#include "base/utf8.h"

size_t
wh_ws_head(unsigned char head_out[WH_WS_HEAD_MAX], enum wh_ws_op op, uint64_t payload_n, bool deflated)
{
	head_out[0] = (unsigned char)(0x80 | (deflated ? 0x40 : 0) | (unsigned)op);
	if (payload_n <= WH_WS_CONTROL_MAX) {
		head_out[1] = (unsigned char)payload_n;
		return 2;
	}
	if (payload_n <= UINT16_MAX) {
		head_out[1] = 126;
		head_out[2] = (unsigned char)(payload_n >> 8);
		head_out[3] = (unsigned char)payload_n;
		return 4;
	}
	head_out[1] = 127;
	for (unsigned i = 0; i < 8; i++)
		head_out[2 + i] = (unsigned char)(payload_n >> (56 - 8 * i));
	return 10;
}

void
wh_ws_frame_put(struct wh_buf *b, enum wh_ws_op op, struct wh_str payload)
{
	unsigned char head[WH_WS_HEAD_MAX];
	size_t head_n = wh_ws_head(head, op, payload.n, false);

	if (wh_buf_reserve(b, head_n + payload.n) == NULL)
		return;
	wh_buf_put(b, head, head_n);
	wh_buf_str(b, payload);
}

size_t
wh_ws_control(unsigned char frame_out[WH_WS_CONTROL_FRAME_MAX], enum wh_ws_op op, struct wh_str payload)
{
	assert(op >= WH_WS_OP_CLOSE);
	if (payload.n > WH_WS_CONTROL_MAX)
		payload.n = WH_WS_CONTROL_MAX;
	frame_out[0] = (unsigned char)(0x80 | (unsigned)op);
	frame_out[1] = (unsigned char)payload.n;
	if (payload.n > 0)
		memcpy(frame_out + 2, payload.p, payload.n);
	return 2 + payload.n;
}

size_t
wh_ws_close(unsigned char frame_out[WH_WS_CONTROL_FRAME_MAX], unsigned code, struct wh_str reason)
{
	if (!wh_ws_code_travels(code))
		return wh_ws_control(frame_out, WH_WS_OP_CLOSE, (struct wh_str){ NULL, 0 });
	reason = wh_utf8_cut(reason, WH_WS_REASON_MAX);
	frame_out[0] = 0x80 | WH_WS_OP_CLOSE;
	frame_out[1] = (unsigned char)(2 + reason.n);
	frame_out[2] = (unsigned char)(code >> 8);
	frame_out[3] = (unsigned char)code;
	if (reason.n > 0)
		memcpy(frame_out + 4, reason.p, reason.n);
	return 4 + reason.n;
}
