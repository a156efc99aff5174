/* One connection of the load client: opened without blocking from a source address of its own, read in big chunks, and
 * handed frame by frame to its worker. Between frames it keeps no buffer. */
#ifndef WHIPLY_BENCH_CLIENT_H
#define WHIPLY_BENCH_CLIENT_H

#include "load.h"

enum client_state {
	CLIENT_NONE,
	CLIENT_CONNECTING,
	CLIENT_GREETING,
	CLIENT_READY,
	CLIENT_JOINING,
	CLIENT_MEMBER,
	CLIENT_CLOSED,
};

struct client {
	int fd;
	uint8_t state;		/* enum client_state */
	bool checked;		/* its messages are looked at: order, loss, latency */
	bool sentinel;		/* the publisher waits for it */
	bool stalled;		/* it reads no more */
	uint32_t index;		/* in its worker */
	uint64_t next;		/* number of the message that is expected */
	uint64_t heard;		/* messages in this run */
	struct wh_buf in;	/* beginning of a frame */
	struct wh_buf out;	/* what the socket did not take */
};

/** Begins to connect. WH_EIO when there is no socket or no port. */
enum wh_err client_connect(struct client *c, const struct load_setup *setup, unsigned who);

/** Sends what it can now and keeps the rest. WH_EAWAY: the connection is over. */
enum wh_err client_send(struct client *c, struct wh_str bytes);
enum wh_err client_flush(struct client *c);

struct worker;

/** Reads what is there, and calls worker_got for each frame. False: the connection is over. */
bool client_read(struct client *c, struct worker *w);

/** Closes with a reset, so that no port stays behind in TIME_WAIT. */
void client_close(struct client *c);

#endif
