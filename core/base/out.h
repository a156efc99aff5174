/* A wh_out that writes into a wh_buf: how plugins and dialects hand over bytes without seeing the buffer. For the hub, and the fake host of
 * plugins' tests. */
#ifndef WHIPLY_BASE_OUT_H
#define WHIPLY_BASE_OUT_H

#include <whiply/dialect.h>

#include "base/buf.h"

struct wh_out_buf {
	struct wh_out out;	/* first: what is handed to whoever writes */
	struct wh_buf *buf;	/* borrowed; its `failed` tells whether all was written */
};

/** A writer at the end of `buf`. */
struct wh_out_buf wh_out_to(struct wh_buf *buf);

#endif
