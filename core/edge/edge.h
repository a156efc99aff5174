/* The state of an edge process: everything that is not a connection's own. One turn of the loop is: events; records of the hub;
 * the tick, if it is time; one write for every connection with something queued; one kick of the hub. */
#ifndef WHIPLY_EDGE_EDGE_H
#define WHIPLY_EDGE_EDGE_H

#include <event2/event.h>

#include "base/log.h"
#include "base/slots.h"
#include "edge/conn.h"
#include "edge/http_fields.h"
#include "edge/http_write.h"
#include "edge/limits.h"
#include "edge/link.h"
#include "edge/serve.h"
#include "edge/tls.h"
#include "edge/ws_inflate.h"
#include "edge/ws_out.h"
#include "ring/child.h"
#include "ring/edge_metrics.h"

enum {
	EDGE_READ = 65536,		/* bytes of one read */
	EDGE_INPUT = EDGE_READ * 2 + 4096,	/* and what a connection had left of the one before */
	EDGE_OUTPUT = 16384,		/* what one TLS record holds */
	EDGE_SPARE_FDS = 64,		/* descriptors that are no connections: files, links, listeners */
};

struct edge_listener {
	struct edge *edge;
	const struct edge_listener_settings *settings;	/* of the edge's settings; found anew at a reload */
	char name[WH_CHILD_NAME];
	struct event *event;		/* owned */
	int fd;
	struct tls_context *tls;	/* owned; NULL: plain */
	unsigned index;
};

enum edge_life { EDGE_STARTING, EDGE_SERVING, EDGE_DRAINING, EDGE_STOPPING };

struct edge {
	struct wh_child *child;		/* borrowed */
	struct wh_log *log;		/* the child's */
	struct event_base *base;
	struct event *channel_event, *tick_event;
	enum edge_life life;
	bool over;			/* leave the loop */
	int exit_code;

	struct edge_settings *settings;
	struct edge_listener listeners[WH_EDGE_LISTENERS_MAX];
	size_t listeners_n;
	bool accepting;
	int64_t accept_at_ns;		/* paused for the accept rate until then; 0: not */

	struct wh_slots conns;
	struct limits limits;
	struct groups groups;
	struct wheel wheel;
	struct serve serve;
	struct hub_link link;

	struct conn *dirty, **dirty_end;
	struct wh_list waiting;		/* connections with PAUSE_HUB */
	struct wh_list paced;		/* with PAUSE_PACE */
	struct wh_list ended;		/* to be freed when the turn ends */
	struct wh_list told_late;	/* ended ones whose CLOSED found no room */
	struct wh_list kept;		/* ended ones that the hub was told of, the oldest first: see conn_keep */
	uint32_t kept_n;
	uint32_t handshakes;

	bool awake;			/* the times below are of this turn */
	int64_t now_ns;
	int64_t wall_ms;
	uint32_t tick;			/* of HEARTBEAT_TICK_MS */
	int64_t start_ns;		/* tick 0 */
	int64_t stop_ns;		/* draining or stopping ends then */
	bool farewell;			/* all have been told to go */
	uint32_t ticked;		/* the last tick that ran */
	struct wh_str date;		/* Date header, in date_text */
	int64_t date_s;
	char date_text[WH_HTTP_DATE_SIZE];

	struct frame *ping;		/* one for all */
	struct wh_ws_inflater *inflater;
	struct wh_ws_deflater *deflater;
	uint64_t metrics[WH_EDGE_BOARD_END];
	struct wh_buf scratch;		/* for heads of answers */
	struct wh_buf lines;		/* messages of one SEND, moved together */
	char *input;			/* EDGE_INPUT: shared by all reads */
	char *output;			/* EDGE_OUTPUT */
};

struct wh_certificates;

int wh_edge_main(struct wh_child *child);
/** edge_check.h at the present time: for the keeper, who knows nothing of an edge but these two. */
void wh_edge_check(const struct wh_snapshot *snapshot, struct wh_conf_errors *errors, struct wh_conf_errors *warnings,
    struct wh_certificates *certificates);

/* edge.c */
enum wh_err edge_open(struct edge *e, struct wh_child *child);
int edge_run(struct edge *e);
void edge_close(struct edge *e);
void edge_stop(struct edge *e);
/** No new connections; those that there are may go on for so long, or with -1 until they end. Called again, it is so from then on. */
void edge_begin_drain(struct edge *e, int64_t ms);
/** Begins a turn, if it has not begun: whatever the loop calls asks for the time first. */
void edge_wake(struct edge *e);
/** The HTTP date of now, cached for a second. */
struct wh_str edge_date(struct edge *e);

static inline void
edge_count(struct edge *e, enum wh_edge_metric m)
{
	e->metrics[m]++;
}

static inline void
edge_add(struct edge *e, enum wh_edge_metric m, uint64_t n)
{
	e->metrics[m] += n;
}

static inline const struct edge_listener *
conn_listener(const struct conn *c)
{
	return &c->edge->listeners[c->listener];
}

/* listener.c */
enum wh_err edge_listeners_open(struct edge *e);
enum wh_err listeners_reload(struct edge *e, struct edge_settings *s);
/** Begins or stops accepting. */
void listeners_accept(struct edge *e, bool on);
void edge_listeners_close(struct edge *e);

/* heartbeat.c */
/** Runs the ticks up to now: pings, deadlines, paces. */
void heartbeat_run(struct edge *e);
/** Sets what a connection waits for next, by its state. */
void heartbeat_set(struct conn *c);

/* sandbox.c */
/** From here on only what a serving edge needs is allowed; all else kills the process (or is logged: `lenient`). */
enum wh_err sandbox_enter(struct wh_log *log, bool lenient);

#endif
