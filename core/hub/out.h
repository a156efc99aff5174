/* A wh_out that writes into a wh_buf: how plugins and dialects hand bytes to the core without seeing its buffer. */
#ifndef WHIPLY_HUB_OUT_H
#define WHIPLY_HUB_OUT_H

#include <whiply/dialect.h>

#include "base/buf.h"

struct out {
	struct wh_out out;
	struct wh_buf *buf;	/* borrowed; its `failed` tells whether all was written */
};

/** A writer at the end of `buf`. */
struct out out_to(struct wh_buf *buf);

#endif
