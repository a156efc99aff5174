/* What stands in the rings: one struct, one encoder and one decoder for each kind of record, described side by side in
 * record_edge.c (edge to hub) and record_hub.c (hub to edge, and helpers).
 * A decoder verifies everything but UTF-8, and yields slices into the bytes of the wh_rec it was given: they are good until
 * wh_ring_done. A record holds ids and bytes, never a pointer. */
#ifndef WHIPLY_RING_RECORD_H
#define WHIPLY_RING_RECORD_H

#include "base/addr.h"
#include "ring/ring.h"

enum { WH_RECORD_VERSION = 2 };	/* HELLO.version: changes with any record's shape */

enum wh_rec_kind {
	/* edge to hub */
	WH_REC_OPENED = 1,
	WH_REC_MESSAGE,
	WH_REC_REQUEST,
	WH_REC_WRITABLE,
	WH_REC_CLOSED,
	WH_REC_PAPERS,
	WH_REC_GROUP,
	WH_REC_RECOVERED,
	/* hub to edge */
	WH_REC_HELLO = 64,
	WH_REC_ROUTE,
	WH_REC_ROUTES_END,
	WH_REC_GO,
	WH_REC_SEND,
	WH_REC_RESPOND,
	WH_REC_GROUP_OPEN,
	WH_REC_GROUP_CLOSE,
	WH_REC_JOIN,
	WH_REC_LEAVE,
	WH_REC_PUBLISH,
	WH_REC_CLOSE,
	WH_REC_PAPERS_SET,
	WH_REC_LIMITS,
	/* both ways between the hub and a helper */
	WH_REC_HELPER_ASK = 128,
	WH_REC_HELPER_ANSWER,
};

/** One space of bits for all records; a decoder refuses those that its kind does not have. */
enum wh_rec_flag {
	WH_F_TLS = 1 << 0,		/* OPENED, REQUEST */
	WH_F_RECOVERED = 1 << 1,	/* OPENED: told again to a new hub; the connection is not new */
	WH_F_BINARY = 1 << 2,		/* MESSAGE, SEND, PUBLISH: a binary frame, not text */
	WH_F_TRUNCATED = 1 << 3,	/* MESSAGE: the line was longer than allowed; these are its first bytes */
	WH_F_PRESENCE = 1 << 4,		/* PUBLISH: may be dropped for a member whose queue is full */
	WH_F_CLOSE = 1 << 5,		/* RESPOND: close the connection afterwards */
	WH_F_MORE = 1 << 6,		/* RESPOND: more body follows in further RESPONDs */
	WH_F_PREFIX = 1 << 7,		/* ROUTE: the path and everything below it */
	WH_F_CORS = 1 << 8,		/* ROUTE: other origins from the allow-list may ask */
	WH_F_LINES = 1 << 10,		/* SEND, PUBLISH: LF parts it; each part is a message of its own */
	WH_F_WAIT_FOR_HUB = 1 << 9,	/* ROUTE: while the hub is away, hold the request; without: 503 */
};

enum wh_transport { WH_TRANSPORT_WS = 1, WH_TRANSPORT_LINE };

enum wh_route_kind {
	WH_ROUTE_HUB = 1,	/* becomes a REQUEST */
	WH_ROUTE_WS,		/* becomes a connection, OPENED */
	WH_ROUTE_ANSWER,	/* status, headers, body are the answer */
	WH_ROUTE_TREE,		/* files below root */
	WH_ROUTE_UPSTREAM,	/* later: root is the upstream's name */
};

/** Ids in a record: `n` of them, unaligned; read with wh_ids_at. */
struct wh_ids {
	const char *p;
	size_t n;
};

static inline struct wh_ids
wh_ids(const wh_id *ids, size_t n)
{
	return (struct wh_ids){ (const char *)ids, n };
}

static inline wh_id
wh_ids_at(struct wh_ids ids, size_t i)
{
	wh_id id;

	memcpy(&id, ids.p + i * sizeof id, sizeof id);
	return id;
}

/* Header blocks: name\0value\0name\0value\0... with no empty name. */

/** Takes the first header off *block: true and its name and value, or false at the end (or at what is not a header). */
bool wh_headers_next(struct wh_str *block, struct wh_str *name_out, struct wh_str *value_out);

/** Is the whole block well formed? Decoders have asked this already. */
bool wh_headers_valid(struct wh_str block);

/* Edge to hub. `conn` is the connection's id. */

/** A connection is there: after the WebSocket handshake, or at once for a line. */
struct wh_rec_opened {
	wh_id conn;
	uint16_t listener;
	uint16_t transport;	/* enum wh_transport */
	uint16_t flags;		/* TLS, RECOVERED */
	struct wh_addr peer;
	int64_t opened_ms;	/* wall clock */
	struct wh_str subprotocol, path, query, host, origin, user_agent, cookie, authorization;
	struct wh_str tls_fingerprint, traceparent;
};

/** One WebSocket message or one line without its end. */
struct wh_rec_message {
	wh_id conn;
	uint16_t flags;		/* BINARY, TRUNCATED */
	struct wh_str bytes;
};

/** One HTTP request, whole, for a route of kind HUB. */
struct wh_rec_request {
	wh_id conn;
	uint32_t stream;	/* to be named in RESPOND; on HTTP/1.1 it counts the connection's requests */
	uint16_t listener;
	uint16_t flags;		/* TLS */
	struct wh_addr peer;
	struct wh_str method, path, query, host;	/* the path is decoded */
	struct wh_str tls_fingerprint;	/* of the client's certificate; empty: it gave none */
	struct wh_str headers;	/* a header block; names in lower case */
	struct wh_str body;
};

/** The connection's queue has room again after a SEND or a RESPOND found it full. */
struct wh_rec_writable { wh_id conn; };

/** The last record of a connection. */
struct wh_rec_closed {
	wh_id conn;
	uint16_t code;		/* WebSocket close code; 1006 when there was none */
	uint64_t bytes_in, bytes_out;
	struct wh_str reason;
};

/** Recovery: what the hub gave into the connection's keeping; follows its OPENED with RECOVERED. */
struct wh_rec_papers {
	wh_id conn;
	struct wh_ids groups;	/* those that it is a member of */
	struct wh_str papers;
};

/** Recovery: a group that this edge has, with the last seq that it published. */
struct wh_rec_group {
	wh_id group;
	uint64_t seq;
	uint32_t members;
	struct wh_str name;
};

/** Recovery: all OPENED, PAPERS and GROUP are told. */
struct wh_rec_recovered { wh_id unused; };

/* Hub to edge. */

/** The first record of a new hub. An edge of another version has to be replaced. */
struct wh_rec_hello {
	uint64_t epoch;		/* grows with each hub */
	uint32_t version;	/* WH_RECORD_VERSION */
};

/** One row of the table that an edge serves by; a table begins with the first ROUTE after HELLO or ROUTES_END. */
struct wh_rec_route {
	uint16_t kind;		/* enum wh_route_kind */
	uint16_t flags;		/* PREFIX, CORS, WAIT_FOR_HUB */
	uint16_t status;	/* ANSWER */
	struct wh_str path;
	struct wh_str subprotocols;	/* WS: comma-separated, the hub's preference first */
	struct wh_str headers;	/* a header block; ANSWER, TREE */
	struct wh_str body;	/* ANSWER */
	struct wh_str root;	/* TREE */
	struct wh_str cache;	/* the value of Cache-Control; empty: the edge's own policy */
};

/** The table is whole: swap it in. */
struct wh_rec_routes_end { wh_id unused; };

/** Recovery is over: read the sockets. */
struct wh_rec_go { wh_id unused; };

struct wh_rec_send {
	wh_id conn;
	uint16_t flags;		/* BINARY */
	struct wh_str bytes;
};

struct wh_rec_respond {
	wh_id conn;
	uint32_t stream;
	uint16_t status;	/* 0 in those that follow one with MORE */
	uint16_t flags;		/* CLOSE, MORE */
	struct wh_str headers;	/* a header block */
	struct wh_str body;
};

struct wh_rec_group_open {
	wh_id group;
	uint64_t seq;		/* the edge's last seq of this group to begin with: its members know what is up to it */
	struct wh_str name;	/* tells a new hub which group this was */
};

struct wh_rec_group_close { wh_id group; };

struct wh_rec_join { wh_id group, conn; };

struct wh_rec_leave { wh_id group, conn; };

struct wh_rec_publish {
	wh_id group;
	uint64_t seq;		/* 0: not an entry of a log; the group's seq stays */
	wh_id except;		/* this connection does not get it; 0: all do */
	uint16_t flags;		/* BINARY, PRESENCE */
	struct wh_str bytes;
};

struct wh_rec_close {
	wh_id conn;
	uint16_t code;
	uint32_t resume_ms;	/* the hint when to come back */
	struct wh_str reason;
};

struct wh_rec_papers_set {
	wh_id conn;
	struct wh_str papers;
};

/** Replaces the connection's limits; 0 leaves one as it is. */
struct wh_rec_limits {
	wh_id conn;
	uint32_t messages_per_s, burst, bytes_per_s, queue_bytes;
};

/* Helpers: either side may ask, `id` is the asker's own. */

struct wh_rec_helper_ask {
	wh_id id;
	struct wh_str bytes;
};

struct wh_rec_helper_answer {
	wh_id id;
	struct wh_str bytes;
};

/* wh_rec_X_put writes *r into the ring: WH_OK, WH_EFULL (try again when there is room), WH_ETOOBIG (it will never fit this
 * ring), WH_EINVAL (the decoder would refuse it: our bug). It does not kick.
 * wh_rec_X_get reads it back: WH_OK, or WH_ESYNTAX: have the writer ended. */
#define WH_REC_FUNCTIONS(name) \
	enum wh_err wh_rec_##name##_put(struct wh_ring *ring, const struct wh_rec_##name *r); \
	enum wh_err wh_rec_##name##_get(const struct wh_rec *rec, struct wh_rec_##name *r_out);

WH_REC_FUNCTIONS(opened)
WH_REC_FUNCTIONS(message)
WH_REC_FUNCTIONS(request)
WH_REC_FUNCTIONS(writable)
WH_REC_FUNCTIONS(closed)
WH_REC_FUNCTIONS(papers)
WH_REC_FUNCTIONS(group)
WH_REC_FUNCTIONS(recovered)
WH_REC_FUNCTIONS(hello)
WH_REC_FUNCTIONS(route)
WH_REC_FUNCTIONS(routes_end)
WH_REC_FUNCTIONS(go)
WH_REC_FUNCTIONS(send)
WH_REC_FUNCTIONS(respond)
WH_REC_FUNCTIONS(group_open)
WH_REC_FUNCTIONS(group_close)
WH_REC_FUNCTIONS(join)
WH_REC_FUNCTIONS(leave)
WH_REC_FUNCTIONS(publish)
WH_REC_FUNCTIONS(close)
WH_REC_FUNCTIONS(papers_set)
WH_REC_FUNCTIONS(limits)
WH_REC_FUNCTIONS(helper_ask)
WH_REC_FUNCTIONS(helper_answer)

/** "OPENED", "MESSAGE", ...; "?" for what is no kind. For logs. */
const char *wh_rec_kind_name(uint16_t kind);

#endif
