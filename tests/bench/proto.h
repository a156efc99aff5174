/* The protocols that the load client speaks: one table of functions each, without state, so that a client costs nothing
 * while it is idle. They read only as much of a frame as tells what it is. */
#ifndef WHIPLY_BENCH_PROTO_H
#define WHIPLY_BENCH_PROTO_H

#include "base/buf.h"

enum got {
	GOT_MORE,	/* the frame is not complete */
	GOT_OTHER,	/* nothing of interest */
	GOT_DONE,	/* what was asked, to be greeted or to join, is done */
	GOT_SAID,	/* a message of the room */
	GOT_ACK,	/* what we said was accepted, or a request answered */
	GOT_REFUSED,	/* what we asked was not done */
};

struct proto_frame {
	size_t used;		/* bytes of the whole frame */
	struct wh_str text;	/* of GOT_SAID: where the payload stands */
	uint64_t number;	/* of GOT_ACK: which one, 0 where the protocol does not say */
};

struct proto {
	const char *name;
	bool greets;		/* the server answers `hello` with GOT_DONE; else a client is ready once connected */
	bool publisher_joins;	/* only a member may say something */
	bool hears_itself;	/* the one who says something, being a member, is sent it too */
	bool acks;		/* the one who says something gets GOT_ACK for it */

	/** Appends what a client sends first. `who` is unique among all clients. */
	void (*hello)(struct wh_buf *out, unsigned who);
	void (*join)(struct wh_buf *out, const char *room, unsigned who);
	void (*say)(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number);

	/** Reads the frame that begins at `bytes`; appends to `reply` what must be answered at once. */
	enum got (*next)(struct wh_str bytes, struct proto_frame *out, struct wh_buf *reply);
};

extern const struct proto proto_ws, proto_chat, proto_plain, proto_irc, proto_nats, proto_mqtt, proto_redis, proto_http, proto_floor;

/** Takes a line off the front, for protocols that have lines: {NULL, 0} when none is complete. `used_out` counts its end. */
static inline struct wh_str
proto_line(struct wh_str bytes, size_t *used_out)
{
	const char *end = bytes.n != 0 ? memchr(bytes.p, '\n', bytes.n) : NULL;
	struct wh_str line = { NULL, 0 };

	if (end == NULL)
		return line;
	*used_out = (size_t)(end - bytes.p) + 1;
	line = (struct wh_str){ bytes.p, *used_out - 1 };
	if (line.n != 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

#endif
