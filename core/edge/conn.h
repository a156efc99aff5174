/* A connection: one socket, from accept until the hub has heard of its end. The struct is small, since a process holds
 * thousands that say nothing: what only TLS, HTTP or a held message needs stands in parts of its own that exist while
 * they are needed. It stays where it is (slots.h) and is freed at the end of a turn only, so that a function that ends
 * a connection leaves its caller with a pointer that can still be asked: see conn_alive.
 * Files: conn.c life and reading; conn_write.c queue and socket; conn_ws.c, conn_line.c, conn_http*.c the protocols. */
#ifndef WHIPLY_EDGE_CONN_H
#define WHIPLY_EDGE_CONN_H

#include <event2/event_struct.h>
#include <openssl/ssl.h>

#include "base/addrtable.h"
#include "edge/group.h"
#include "edge/heartbeat_wheel.h"
#include "edge/line_codec.h"
#include "edge/queue.h"
#include "edge/ws_in.h"
#include "ring/record.h"

struct edge;
struct http;

enum conn_state {
	CONN_PROXY,	/* a PROXY header has to come first */
	CONN_TLS,	/* TLS handshake */
	CONN_HTTP,
	CONN_WS,
	CONN_LINE,
	CONN_CLOSING,	/* our close frame is out: the other's, or a timeout, ends it */
	CONN_LINGER,	/* we said all; bytes that come are dropped until the client closes, or a timeout */
	CONN_ENDED,	/* no socket any more; here until the turn ends, or until the hub has heard of it */
};

enum conn_flag {
	CONN_SECURE = 1 << 0,		/* TLS, here or at the proxy */
	CONN_KNOWN = 1 << 1,		/* the hub, or its predecessor's ring, has our OPENED */
	CONN_DIRTY = 1 << 2,		/* in the edge's dirty list */
	CONN_BLOCKED = 1 << 3,		/* the kernel's buffer is full: write interest is on */
	CONN_READING = 1 << 4,		/* read interest is on */
	CONN_DEFLATE = 1 << 5,
	CONN_PONG_DUE = 1 << 6,		/* a ping is out */
	CONN_CLOSE_AFTER = 1 << 7,	/* end it when the queue is empty */
	CONN_WANTS_ROOM = 1 << 8,	/* WRITABLE is due when the queue has room */
	CONN_HANDSHAKING = 1 << 9,	/* counts in edge.handshakes */
	CONN_PROXIED = 1 << 10,		/* the peer is a trusted proxy */
	CONN_EOF = 1 << 11,		/* the client sent its end */
	CONN_FAREWELL = 1 << 12,	/* the client's close frame is here: nothing more will come */
	CONN_PAST = 1 << 14,		/* had ended when the hub that is told of it began */
	CONN_KEPT = 1 << 13,		/* ended, and the hub was told: in edge.kept until it lets go, see conn_keep */
};

/* Why a connection is not read. */
enum conn_pause {
	PAUSE_HUB = 1 << 0,	/* the ring is full or the hub away: in edge.waiting */
	PAUSE_PACE = 1 << 1,	/* over a rate: until the next tick */
	PAUSE_REQUEST = 1 << 2,	/* a request is being answered */
	PAUSE_BUSY = 1 << 3,	/* being processed further up the stack */
};

/** What OPENED says beyond numbers, kept for a hub that may die before it gave papers; then only what stays interesting. */
struct conn_facts {
	uint32_t total;
	uint16_t n[10];
	char bytes[];
};
enum conn_fact {
	FACT_SUBPROTOCOL, FACT_PATH, FACT_QUERY, FACT_HOST, FACT_ORIGIN, FACT_USER_AGENT, FACT_COOKIE, FACT_AUTHORIZATION,
	FACT_FINGERPRINT, FACT_TRACEPARENT, FACTS
};

/** Limits of one connection that the hub set. */
struct conn_limits {
	struct wh_flow messages, bytes;
};

struct conn_papers {
	uint32_t n;
	char bytes[];
};

/** The groups that an ended connection was in: with its papers, what a new hub has to know of it. */
struct conn_past {
	wh_id *groups;		/* owned */
	uint32_t n;
};

enum {
	CONN_PAPERS_MAX = 4096,
	CONN_REASON_MAX = 123,
	CONNS_KEPT_MAX = 16384,
	CONN_HINTED_MAX = 90,		/* bytes of a reason that a hint stands behind */
	CONN_RESUME_MS = 500,		/* hints, up to twice as long: the connection failed, the client may go on with another */
	CONN_RESUME_LATER_MS = 10000,	/* it asked too much of us */
};

struct conn {
	/* What a delivery touches. */
	struct queue queue;
	struct conn *dirty_next;
	int fd;
	uint32_t queue_max;
	uint16_t flags;			/* enum conn_flag */
	uint8_t state;			/* enum conn_state */
	uint8_t pause;			/* enum conn_pause */
	uint8_t window_bits;		/* of the client's inflater */
	uint8_t listener;
	uint8_t spare;
	uint8_t unused;
	uint64_t bytes_out;

	struct edge *edge;		/* borrowed */
	wh_id id;
	struct member member;
	struct event event;
	struct wheel_item wheel;
	struct wh_list list;		/* in edge.waiting, edge.ended, edge.told_late or edge.kept */
	SSL *ssl;			/* owned; NULL: plain */
	struct http *http;		/* owned; in CONN_HTTP alone */
	struct conn_facts *facts;	/* owned; NULL before OPENED */
	struct conn_papers *papers;	/* owned; NULL: none */
	struct conn_limits *limits;	/* owned; NULL: the settings' */
	struct wh_addr_entry *entry;	/* held; NULL: a proxy */
	char *left;			/* owned: bytes that were read and not used */
	char *reason;			/* owned; of the end, for CLOSED */
	uint64_t bytes_in;
	int64_t opened_ms;
	union {
		struct wh_ws_in ws;
		struct wh_line_in line;
		struct conn_past past;	/* of CONN_ENDED */
	};
	struct wh_bucket messages, bytes;
	struct wh_addr peer;
	uint32_t left_n;
	uint32_t deadline;		/* tick: of the phase that it is in */
	uint32_t since;			/* tick: since when it is above its rates; 0: it is not */
	uint32_t throttled_at;		/* tick: when it last was */
	uint32_t wrote;			/* tick: when the socket last took something */
	uint16_t code;			/* WebSocket close code of the end */
};

static inline bool
conn_alive(const struct conn *c)
{
	return c->state != CONN_ENDED;
}

/* conn.c */

/** Takes an accepted socket; NULL (and the socket closed): refused. */
struct conn *conn_new(struct edge *e, int take_fd, unsigned listener, const struct wh_addr *peer);

/** Ends it now: the socket closes, groups are left, CLOSED goes to the hub if it knows of it. */
void conn_end(struct conn *c, unsigned code, struct wh_str reason);

/** Frees what conn_end left. */
void conn_free(struct conn *c);

/** The hub has its CLOSED. Until the hub says that it needs it no more (a CLOSE of its own) it is kept with its papers and groups: should that
 * hub die first, the next one hears of it as if it closed just now. So nobody stays in a room for good, or is gone from it without a
 * word, who left while no hub was there; and sessions that can be resumed outlive their hub. Over CONNS_KEPT_MAX, or half of the
 * connections that there may be, the oldest is forgotten. */
void conn_keep(struct conn *c);
void conn_let_go(struct conn *c);

/** Another hub: those that are kept are to be told again, and all that have ended are of the past. */
void conns_past(struct edge *e);

/** An ended one has left this group too. */
void conn_past_leave(struct conn *c, wh_id group);

void conn_pause(struct conn *c, unsigned why);
/** Takes one reason away. When none is left, the bytes that were left are used, and the socket is read again. */
void conn_resume(struct conn *c, unsigned why);
/** Sets read and write interest as flags and pauses say. */
void conn_interest(struct conn *c);
void conn_set_deadline(struct conn *c, int64_t ms);
void conn_event(evutil_socket_t fd, short what, void *arg);

/** Starts the protocol behind PROXY and TLS. */
void conn_begin(struct conn *c);
/** The peer's address is known now (PROXY, Forwarded). False: refused, and ended. */
bool conn_rename(struct conn *c, const struct wh_addr *peer);

struct wh_str conn_fact(const struct conn *c, enum conn_fact fact);
bool conn_set_facts(struct conn *c, const struct wh_str facts[FACTS]);
/** Forgets what a hub with papers needs no more: all but subprotocol and path. */
void conn_shrink_facts(struct conn *c);

/** Tells the hub of the connection: false when there is no room now; then it is paused and waits. */
bool conn_announce(struct conn *c);
/** Puts OPENED, with `flags` RECOVERED or 0. */
enum wh_err conn_put_opened(struct conn *c, unsigned flags);

/** Counts a message against the pace; may pause. */
void conn_paced(struct conn *c);

/* conn_write.c */

/** Queues a frame; it goes out when the turn ends. A full queue ends the connection as too slow. False: it has ended or is closing. */
bool conn_push(struct conn *c, struct frame *f);
bool conn_push_bytes(struct conn *c, struct wh_str bytes);
/** Writes what waits, as far as the kernel takes it. */
void conn_flush(struct conn *c);
void conn_dirty(struct conn *c);
/** The client takes too little: everything that waits is dropped, and it is told so. */
void conn_slow(struct conn *c);

/* conn_ws.c */
void conn_ws_begin(struct conn *c, bool deflate, uint8_t window_bits);
size_t conn_ws_read(struct conn *c, char *bytes, size_t n);
/** Sends a close frame once, and waits for the other's. On lines and HTTP: ends it when all is written. */
void conn_close(struct conn *c, unsigned code, struct wh_str reason);

/** The same, with a hint to a WebSocket client that it may come back and resume, and when. For closes that are the edge's own;
 * whether the hub wants a client to come back, it says. */
void conn_close_hint(struct conn *c, unsigned code, struct wh_str reason, unsigned resume_ms);
void conn_ping(struct conn *c);

/* conn_line.c */
void conn_line_begin(struct conn *c);
size_t conn_line_read(struct conn *c, char *bytes, size_t n);

/* conn_http.c and its parts, see conn_http.h */
bool conn_http_begin(struct conn *c);
size_t conn_http_read(struct conn *c, char *bytes, size_t n);
void conn_http_free(struct conn *c);
/** The hub is there again, or the ring has room. */
void conn_http_retry(struct conn *c);
/** The deadline of the phase that it is in is over. */
void conn_http_timeout(struct conn *c);
/** Its request was with the hub that died: `consumed` asks whether that one had it in hand. */
void conn_http_hub_gone(struct conn *c, const struct wh_ring *dead);
void conn_http_respond(struct conn *c, const struct wh_rec_respond *r);
/** The queue is empty: what the answer has beyond it, a file. True: there is more to write. */
bool conn_http_more(struct conn *c);
bool conn_http_is_busy(const struct conn *c);

#endif
