/* Recovery, which is also the cold start: every edge tells its connections, papers and groups; when all of them have, or
 * died, or the time is over, sessions, rooms and groups are put together, plugins load their parts, what the old hub left unread is
 * handled, and the edges go. An edge that comes later has the same for itself alone. */
#ifndef WHIPLY_HUB_RECOVERY_H
#define WHIPLY_HUB_RECOVERY_H

#include "ring/record.h"

#include "ring/link.h"

struct edge;
struct hub;
struct recovery_edge;

enum { RECOVERY_WAIT_MS = 2000 };

struct leftover {
	uint32_t process;
	struct wh_link_fds fds;	/* owned */
	struct wh_link *link;
	struct leftover *next;
};

struct recovery {
	bool links_ended;	/* LINKS_END came: we know all edges of the start */
	bool over;		/* the first barrier is passed */
	bool in_leftover;	/* the records that are being handled are the old hub's */
	wh_id timer;
	struct recovery_edge *edges;	/* owned: what each has told and is not put together yet */
	struct leftover *leftovers;	/* owned */
	void (*ready)(struct hub *hub);	/* called when the first GO is out everywhere */
	int64_t began_ns;
};

enum wh_err recovery_init(struct hub *hub);
void recovery_finish(struct hub *hub);

/** What the previous hub left unread. */
enum wh_err recovery_leftover(struct hub *hub, uint32_t process, struct wh_link_fds *take_fds);

/** All edges of the start are there. */
void recovery_links_end(struct hub *hub);

/** An edge came (edge_add), or died (edge_gone). */
enum wh_err recovery_edge_added(struct hub *hub, struct edge *edge);
void recovery_edge_gone(struct hub *hub, struct edge *edge);

/* The records of an edge in EDGE_TELLING; WH_ESYNTAX: it has no business saying that. */
enum wh_err recovery_opened(struct hub *hub, struct edge *edge, const struct wh_rec *rec, const struct wh_rec_opened *r);
enum wh_err recovery_papers(struct hub *hub, struct edge *edge, const struct wh_rec_papers *r);
enum wh_err recovery_group(struct hub *hub, struct edge *edge, const struct wh_rec_group *r);
enum wh_err recovery_recovered(struct hub *hub, struct edge *edge);

/** Of a connection that no hub has opened yet: its OPENED stood in the leftover. False: there is no such connection. */
bool recovery_take_pending(struct hub *hub, struct edge *edge, wh_id conn);
void recovery_closed(struct hub *hub, struct edge *edge, wh_id conn);

#endif
