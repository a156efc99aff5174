/* What the conductor (load.c, which reads the commands) and its workers (worker.c, which hold the clients) share: orders go
 * down a socket, and each worker counts into its own tally in shared memory, which the conductor reads at any time. */
#ifndef WHIPLY_BENCH_LOAD_H
#define WHIPLY_BENCH_LOAD_H

#include <netinet/in.h>

#include "base/hist.h"
#include "proto.h"

enum {
	LOAD_WORKERS = 64,
	LOAD_CLIENTS = 19000,	/* of one worker: what descriptors allow */
	LOAD_ROOM = 200,
};

enum load_op {
	LOAD_CONNECT,	/* `count` more clients, `rate` a second */
	LOAD_PUBLISHER,	/* one client more, who speaks */
	LOAD_JOIN,	/* until `count` clients are members, or `seconds` are over */
	LOAD_BEGIN,	/* a run begins: counts are zero; the next message has `number` */
	LOAD_FANOUT,	/* `count` messages in flight, for `seconds` */
	LOAD_RATE,	/* `rate` messages a second, for `seconds` */
	LOAD_ASK,	/* every client asks, and asks again when it is answered, for `seconds` */
	LOAD_LISTEN,	/* nothing but hearing what others say, for `seconds` */
	LOAD_FLOOD,	/* every client says as much as its socket takes, for `seconds`; who is closed comes again */
	LOAD_STALL,	/* `count` members read no more */
	LOAD_SETTLE,	/* the run is over: the last message had `number` - 1 */
	LOAD_QUIT,
};

/* A room `NAME%N` is N rooms, NAME0 and so on: clients are spread over them, the publisher is in all and says one message to each in turn. */
struct load_order {
	enum load_op op;
	uint32_t serial;
	uint32_t count;
	double rate, seconds;
	uint64_t number;
	char room[LOAD_ROOM];
};

/* One worker's counts; it alone writes. Times are monotonic. */
struct load_tally {
	uint32_t serial;	/* of the last order that is done */
	bool stuck;		/* that order ended because nothing moved any more */
	uint32_t open, ready, members;
	uint32_t stalled, stalled_closed;
	uint64_t closed, refused;

	/* Since LOAD_BEGIN. */
	uint64_t sent, acked, deliveries, bytes, errors, connects;
	uint64_t checked;	/* deliveries whose order was looked at */
	uint64_t missing, disorder;
	uint64_t gone;		/* deliveries to members who were closed later in the run */
	uint64_t acked_missing;	/* accepted from the publisher, and not seen by the first member */
	int64_t first_ns, last_ns, gap_ns;
	struct wh_hist latency;
};

struct load_setup {
	const struct proto *proto;
	struct sockaddr_in server;
	unsigned workers;
	unsigned window;	/* connects, or joins, that one worker has under way */
	unsigned per_source;	/* clients of one source address */
	unsigned source;	/* second byte of the source addresses */
	unsigned sample;	/* one client in so many is checked for order */
};

#endif
