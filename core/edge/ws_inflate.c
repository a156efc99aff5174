/* The shared inflater of ws_inflate.h. Its output buffer is reused, and given back when one long message made it grow. */
#include "edge/ws_inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/utf8.h"

enum {
	INFLATE_PIECE = 16 * 1024,	/* between two checks of the bounds */
	INFLATE_KEEP = 64 * 1024,	/* output memory that stays between messages */
	INFLATE_BITS = -15,		/* raw deflate; the widest window reads all others */
};

struct wh_ws_inflater {
	z_stream z;
	struct wh_buf out;
};

/* One message being inflated. */
struct inflate_run {
	struct wh_ws_inflater *inflater;
	size_t max;
	struct wh_utf8_state utf8;
	bool text;
	bool between;	/* the input so far ends between two blocks */
};

struct wh_ws_inflater *
wh_ws_inflater_new(void)
{
	struct wh_ws_inflater *inflater = calloc(1, sizeof *inflater);

	if (inflater != NULL && inflateInit2(&inflater->z, INFLATE_BITS) != Z_OK) {
		free(inflater);
		return NULL;
	}
	return inflater;
}

void
wh_ws_inflater_free(struct wh_ws_inflater **inflater)
{
	if (*inflater == NULL)
		return;
	inflateEnd(&(*inflater)->z);
	wh_buf_free(&(*inflater)->out);
	free(*inflater);
	*inflater = NULL;
}

/* One call of zlib and the checks of what came out. */
static enum wh_err
inflate_piece(struct inflate_run *run)
{
	struct wh_ws_inflater *inflater = run->inflater;
	struct wh_buf *out = &inflater->out;
	z_stream *z = &inflater->z;
	size_t room = run->max + 1 - out->n, got;
	char *to;
	int r;

	if (room > INFLATE_PIECE)
		room = INFLATE_PIECE;
	to = wh_buf_reserve(out, room);
	if (to == NULL)
		return WH_ENOMEM;
	z->next_out = (Bytef *)to;
	z->avail_out = (uInt)room;
	r = inflate(z, Z_NO_FLUSH);
	got = room - z->avail_out;
	wh_buf_grew(out, got);
	if (r == Z_MEM_ERROR)
		return WH_ENOMEM;
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return WH_ESYNTAX;
	if (out->n > run->max)
		return WH_ETOOBIG;
	if (run->text && !wh_utf8_feed(&run->utf8, (struct wh_str){ to, got }))
		return WH_ESYNTAX;
	run->between = r == Z_STREAM_END || (z->data_type & 128) != 0;
	/* A sender may end a block with BFINAL and go on with another stream (RFC 7692 section 7.2.3.4). */
	if (r == Z_STREAM_END && inflateReset(z) != Z_OK)
		return WH_ESYNTAX;
	return r == Z_STREAM_END && z->avail_in == 0 ? WH_OK : z->avail_in > 0 || z->avail_out == 0 ? WH_WAIT : WH_OK;
}

static enum wh_err
inflate_input(struct inflate_run *run, const void *bytes, size_t n)
{
	z_stream *z = &run->inflater->z;
	enum wh_err err;

	if (n == 0)
		return WH_OK;
	z->next_in = (Bytef *)(uintptr_t)bytes;
	z->avail_in = (uInt)n;
	do
		err = inflate_piece(run);
	while (err == WH_WAIT);
	return err;
}

enum wh_err
wh_ws_inflate(struct wh_ws_inflater *inflater, struct wh_str payload, size_t max, bool text,
    struct wh_str *message_out, bool *utf8_out)
{
	static const unsigned char tail[4] = { 0x00, 0x00, 0xff, 0xff };
	struct inflate_run run = { .inflater = inflater, .max = max, .text = text };
	enum wh_err err;

	*utf8_out = true;
	if (run.max > UINT_MAX - 1)
		run.max = UINT_MAX - 1;
	if (payload.n > UINT_MAX)
		return WH_ETOOBIG;
	if (inflater->out.cap > INFLATE_KEEP)
		wh_buf_free(&inflater->out);
	wh_buf_reset(&inflater->out);
	if (inflateReset(&inflater->z) != Z_OK)
		return WH_EINVAL;
	err = inflate_input(&run, payload.p, payload.n);
	if (err == WH_OK)
		err = inflate_input(&run, tail, sizeof tail);
	if (err == WH_OK && !run.between)
		err = WH_ESYNTAX;
	if (run.text && (run.utf8.bad || (err == WH_OK && !wh_utf8_whole(&run.utf8)))) {
		*utf8_out = false;
		err = WH_ESYNTAX;
	}
	*message_out = err == WH_OK ? wh_buf_slice(&inflater->out) : (struct wh_str){ NULL, 0 };
	return err;
}
