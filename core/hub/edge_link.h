/* The links to the edges: records in, records out. At most turn_records records of an edge are read in a turn, so that none
 * starves the others. What does not fit into an edge's ring waits in our memory up to edge_queue bytes, in order; past that the
 * edge is stuck and the keeper is told to replace it. Rings are kicked once, when the turn is over. */
#ifndef WHIPLY_HUB_EDGE_LINK_H
#define WHIPLY_HUB_EDGE_LINK_H

#include <whiply/list.h>

#include "ring/record.h"

#include "ring/link.h"

struct event;
struct hub;
struct spill;
struct wh_session;

enum { EDGES_MAX = 512, EDGE_PROCESSES = 4096 };	/* the keeper has at most 256 at a time, twice that while they are replaced */

enum edge_state {
	EDGE_TELLING = 1,	/* HELLO is out, RECOVERED is due */
	EDGE_TOLD,		/* waits for the barrier */
	EDGE_LIVE,		/* GO is out */
	/* The keeper was told, PEER_GONE is due: */
	EDGE_STUCK,		/* takes nothing any more; what it says still counts */
	EDGE_BROKEN,		/* wrote nonsense: is not read any more either */
};

struct edge {
	struct hub *hub;
	uint32_t process;	/* in the ids of its connections */
	uint32_t index;
	enum edge_state state;
	struct wh_link_fds fds;	/* owned */
	struct wh_link *link;
	struct event *bell;	/* owned; NULL in tests */
	bool rang;		/* has, or may have, records for us */
	bool dirty;		/* is to be kicked */
	struct wh_session **by_slot;	/* owned: sessions by the slot of their connection */
	uint32_t n_slots;
	char *listeners;	/* owned: the names of its listeners, in the order of their numbers, with blanks between */
	size_t sessions;
	struct spill *spill;	/* owned: what did not fit; NULL: nothing */
	size_t spill_bytes;
};

struct edges {
	struct edge *of[EDGES_MAX];
	unsigned n;
	struct edge *by_process[EDGE_PROCESSES];
	bool routes_due;	/* edge_routes_changed was called in this turn */
};

/** Takes a link; sends HELLO and the routes. WH_EFULL (too many, or a number that is no process or taken), WH_ENOMEM, WH_EIO, or as wh_link_attach; the descriptors are closed then. */
enum wh_err edge_add(struct hub *hub, uint32_t process, uint32_t index, struct wh_link_fds *take_fds, struct edge **edge_out);

/** The keeper says what its listeners are called. WH_ENOMEM: they have no names, and reach no further than any (see reach.h). */
enum wh_err edge_listeners_set(struct edge *edge, struct wh_str names);

/** The name of a listener, or an empty text. */
struct wh_str edge_listener_name(const struct edge *edge, unsigned listener);

/** The edge is dead: reads what it had committed, detaches its sessions, lets the link go. */
void edge_gone(struct hub *hub, struct edge *edge);

/** By the process number; NULL: none. */
struct edge *edge_find(struct hub *hub, uint32_t process);
void edges_finish(struct hub *hub);

/** Reads at most turn_records of each edge that rang. True: there is more to read, do not wait. */
bool edges_read(struct hub *hub);

/** Moves what waits into rings that have room again, and kicks: at the end of a turn. */
void edges_flush(struct hub *hub);

/** Reads all that the edge has committed. */
void edge_drain(struct hub *hub, struct edge *edge);

/** Sends the whole table of routes. */
void edge_tell_routes(struct edge *edge);

/** Reads one record's meaning; for the links of edges and for leftovers. WH_ESYNTAX: bad, have the writer ended. */
enum wh_err edge_dispatch(struct hub *hub, struct edge *edge, const struct wh_rec *rec);

/** Was it begun by too many hubs that died? Then it is dumped, logged and counted. */
bool edge_poison(struct hub *hub, uint32_t process, const struct wh_rec *rec);

/** The edge wrote nonsense: tells the keeper and reads it no more. */
void edge_bad(struct hub *hub, struct edge *edge, const char *saw);

/** The session of a connection at this edge, or NULL. */
struct wh_session *edge_session(const struct edge *edge, wh_id conn);

/** Puts a session in place of a connection; NULL takes it out. WH_ENOMEM, WH_EEXIST: another is there. */
enum wh_err edge_session_set(struct edge *edge, wh_id conn, struct wh_session *s);

/** Answers the request `stream` of a connection. `headers` is a header block (see record.h), `flags` WH_F_CLOSE, WH_F_MORE.
 * WH_EAWAY: its edge is gone. */
enum wh_err edge_respond(struct hub *hub, wh_id conn, uint32_t stream, unsigned status, struct wh_str headers, struct wh_str body,
    unsigned flags);

/** Replaces a connection's limits; see struct wh_rec_limits. */
enum wh_err edge_limits(struct hub *hub, const struct wh_rec_limits *limits);

/** Asks features->routes anew and sends the table to every edge: at the end of the turn, once, however often it is called. */
void edge_routes_changed(struct hub *hub);

/* Each puts a record, or lets it wait. WH_OK; WH_EFULL: the edge is stuck now or was before; WH_ETOOBIG; WH_ENOMEM. */
#define EDGE_PUT_FUNCTION(name) enum wh_err edge_put_##name(struct edge *edge, const struct wh_rec_##name *r);

EDGE_PUT_FUNCTION(hello)
EDGE_PUT_FUNCTION(route)
EDGE_PUT_FUNCTION(routes_end)
EDGE_PUT_FUNCTION(go)
EDGE_PUT_FUNCTION(send)
EDGE_PUT_FUNCTION(respond)
EDGE_PUT_FUNCTION(group_open)
EDGE_PUT_FUNCTION(group_close)
EDGE_PUT_FUNCTION(join)
EDGE_PUT_FUNCTION(leave)
EDGE_PUT_FUNCTION(publish)
EDGE_PUT_FUNCTION(close)
EDGE_PUT_FUNCTION(papers_set)
EDGE_PUT_FUNCTION(limits)

#endif
