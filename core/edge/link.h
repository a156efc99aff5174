/* The edge's side of its link to the hub: records in and out, the losses of hubs, and recovery. link.c reads records,
 * link_deliver.c brings their messages to connections, link_recover.c tells a new hub what we hold. While there is no hub,
 * or its ring is full, link_ready is false: who has something for the hub then pauses its connection, which is resumed
 * when the hub is there. Nothing is dropped. */
#ifndef WHIPLY_EDGE_LINK_H
#define WHIPLY_EDGE_LINK_H

#include "base/buf.h"
#include "ring/link.h"
#include "ring/record.h"

struct edge;
struct event;
struct conn;
struct group;

enum link_phase {
	LINK_AWAY,		/* no hub */
	LINK_GREETING,		/* a link, and no HELLO yet */
	LINK_TELLING,		/* OPENED, PAPERS, GROUP are being told */
	LINK_TOLD,		/* RECOVERED is out */
	LINK_LIVE,		/* GO */
};

enum {
	LINK_RUN_MESSAGES = 64,	/* publishes to one group that become one frame */
	LINK_RUN_BYTES = 65536,
	LINK_TURN_BYTES = 1 << 20,	/* of records that one turn reads, before sockets are looked at again */
};

/** Publishes in a row to the same group, which go out as one frame. */
struct link_run {
	struct group *group;		/* NULL: none */
	wh_id except;
	unsigned flags;
	unsigned n;
	struct wh_buf bytes;		/* the payloads behind each other */
	uint32_t ends[LINK_RUN_MESSAGES];
};

struct hub_link {
	struct wh_link_fds fds;
	struct wh_link *link;		/* NULL: none */
	struct event *bell;
	uint32_t process;		/* the hub's */
	enum link_phase phase;
	bool full;			/* the ring to the hub */
	bool more;			/* records were left for the next turn */
	int64_t full_ns, away_ns;	/* since when */
	uint64_t epoch;
	struct link_run run;
	/* Recovery: how far it is told. */
	uint32_t cursor;
	bool opened_told;		/* of the connection at the cursor, its papers are still to come */
	bool telling_past;		/* those that had ended when it began come last */
	struct conn *telling;
	wh_id *groups;
	size_t groups_n, groups_at;
};

/** A fresh link of a hub. */
enum wh_err link_begin(struct edge *e, const struct wh_link_fds *take_fds, uint32_t process);
/** The hub died: what it committed still counts, then the link goes. */
void link_lost(struct edge *e);
void link_close(struct edge *e);

/** Reads records. */
void link_read(struct edge *e);
/** At the end of a turn: kicks the hub. */
void link_kick(struct edge *e);
/** May the loop sleep? */
bool link_sleep(struct edge *e);

/** Can something be told to the hub now? */
static inline bool
link_ready(const struct hub_link *l)
{
	return l->phase == LINK_LIVE && !l->full;
}

/** What a put came to: true: it stands in the ring. False: there is no room, and who asked has to wait. */
bool link_put(struct edge *e, enum wh_err err);

/** Room again, or a hub again: whoever waits goes on. */
void link_wake(struct edge *e);

/** The connection of that number while it has a socket, or NULL. */
struct conn *link_conn(struct edge *e, wh_id id);

/* link_deliver.c */
void link_publish(struct edge *e, const struct wh_rec_publish *r);
void link_send(struct edge *e, const struct wh_rec_send *r);
/** Delivers the run that has gathered, if there is one. */
void link_run_out(struct edge *e);

/* link_recover.c */
void recover_begin(struct edge *e);
/** Goes on telling; true when all is told. */
bool recover_tell(struct edge *e);

#endif
