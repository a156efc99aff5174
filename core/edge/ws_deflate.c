/* The shared deflater of ws_out.h. Frames are written straight into the caller's buffer, in the room that the plain frame
 * would take: a payload that does not fit there did not shrink. */
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "edge/ws_out.h"

struct wh_ws_deflater {
	z_stream z;
	struct wh_ws_deflate_settings settings;
};

enum { DEFLATE_TAIL = 4, WINDOW_BITS_MIN = 9 };	/* the 00 00 ff ff that RFC 7692 leaves out */

struct wh_ws_deflater *
wh_ws_deflater_new(const struct wh_ws_deflate_settings *settings)
{
	struct wh_ws_deflater *deflater;

	if (settings->level < 1 || settings->level > 9 || settings->window_bits < WINDOW_BITS_MIN ||
	    settings->window_bits > 15 || settings->memory_level < 1 || settings->memory_level > 9)
		return NULL;
	deflater = calloc(1, sizeof *deflater);
	if (deflater == NULL)
		return NULL;
	deflater->settings = *settings;
	if (deflateInit2(&deflater->z, settings->level, Z_DEFLATED, -settings->window_bits, settings->memory_level,
	    Z_DEFAULT_STRATEGY) != Z_OK) {
		free(deflater);
		return NULL;
	}
	return deflater;
}

void
wh_ws_deflater_free(struct wh_ws_deflater **deflater)
{
	if (*deflater == NULL)
		return;
	deflateEnd(&(*deflater)->z);
	free(*deflater);
	*deflater = NULL;
}

/* Nothing can refer further back than the message is long, so a short message suits even a narrow window. */
static uint8_t
window_needed(int window_bits, size_t n)
{
	int bits = WINDOW_BITS_MIN;

	while (bits < window_bits && (size_t)1 << bits < n)
		bits++;
	return (uint8_t)bits;
}

bool
wh_ws_deflate_put(struct wh_ws_deflater *deflater, enum wh_ws_op op, struct wh_str payload, struct wh_buf *b,
    uint8_t *window_bits_out)
{
	unsigned char head[WH_WS_HEAD_MAX];
	size_t plain_head_n = wh_ws_head(head, op, payload.n, false), head_n, body_n;
	z_stream *z = &deflater->z;
	char *to;

	if (payload.n < deflater->settings.min || payload.n <= DEFLATE_TAIL || payload.n > UINT_MAX)
		return false;
	to = wh_buf_reserve(b, plain_head_n + payload.n);
	if (to == NULL || deflateReset(z) != Z_OK)
		return false;
	z->next_in = (Bytef *)(uintptr_t)payload.p;
	z->avail_in = (uInt)payload.n;
	z->next_out = (Bytef *)to + plain_head_n;
	z->avail_out = (uInt)payload.n;
	if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_in != 0 || z->avail_out == 0)
		return false;
	body_n = payload.n - z->avail_out - DEFLATE_TAIL;
	head_n = wh_ws_head(head, op, body_n, true);
	if (head_n != plain_head_n)
		memmove(to + head_n, to + plain_head_n, body_n);
	memcpy(to, head, head_n);
	wh_buf_grew(b, head_n + body_n);
	*window_bits_out = window_needed(deflater->settings.window_bits, payload.n);
	return true;
}
