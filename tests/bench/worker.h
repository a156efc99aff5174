/* A worker: one process that holds up to LOAD_CLIENTS clients on one epoll, does one order at a time and counts into its tally.
 * worker.c has the loop and the making of clients; worker_run.c what happens in a measured run. */
#ifndef WHIPLY_BENCH_WORKER_H
#define WHIPLY_BENCH_WORKER_H

#include "client.h"

enum {
	WORKER_SENTINELS = 16,
	WORKER_FLIGHT = 1024,		/* messages in flight at most */
	WORKER_REMEMBERED = 1 << 20,	/* messages of a run whose fate is known one by one */
	WORKER_CHUNK = 256 * 1024,
	WORKER_STUCK_MS = 5000,
};

struct worker {
	const struct load_setup *setup;
	struct load_tally *tally;
	unsigned number;		/* 0 has the publisher */
	int control, epoll;
	char *chunk;

	struct client *clients;		/* LOAD_CLIENTS + 1 */
	unsigned count;			/* clients that were begun */
	unsigned under_way;		/* connects, joins or requests */
	struct client *publisher;	/* or NULL */

	struct load_order order;
	bool busy;			/* with that order */
	bool running;			/* between LOAD_BEGIN and LOAD_SETTLE */
	int64_t now_ns, begun_ns, end_ns, moved_ns;
	unsigned wanted, cursor;

	/* The run. */
	char room[LOAD_ROOM];
	unsigned rooms;			/* that it stands for */
	uint64_t first, next;		/* numbers of the run's first message, and of the next */
	unsigned in_flight, sentinels;
	struct client *witness;		/* the first sentinel: what it saw, and when last */
	int64_t witness_ns;
	uint16_t awaited[WORKER_FLIGHT];	/* sentinels that still wait for the message number % WORKER_FLIGHT */
	uint8_t seen[WORKER_REMEMBERED], acked[WORKER_REMEMBERED];
};

/** The life of a worker process; ends with LOAD_QUIT or when the conductor is gone. */
void worker_main(const struct load_setup *setup, struct load_tally *tally, unsigned number, int control);

/* For client.c. */
const struct load_setup *worker_setup(const struct worker *w);
char *worker_chunk(struct worker *w, size_t *size_out);
void worker_read(struct worker *w, size_t n);
void worker_got(struct worker *w, struct client *c, enum got got, const struct proto_frame *frame);

/* For worker_run.c. */
/** The room number `k` of those that the name stands for. */
void worker_room(char out[static LOAD_ROOM], const char *room, uint64_t k);
void worker_closed(struct worker *w, struct client *c);
bool worker_open(struct worker *w, struct client *c);
void worker_done(struct worker *w, bool stuck);

/* worker_run.c */
void run_begin(struct worker *w);
void run_settle(struct worker *w);
void run_said(struct worker *w, struct client *c, const struct proto_frame *frame);
void run_acked(struct worker *w, struct client *c, const struct proto_frame *frame);
void run_start(struct worker *w);
void run_turn(struct worker *w);

#endif
