/* What the files of HTTP on a connection share: the request in hand, and how an answer is queued. Nobody else looks in here.
 * Files: conn_http.c reads heads and finds the route; conn_http_serve.c answers without the hub; conn_http_hub.c asks the hub;
 * conn_http_upgrade.c makes it a WebSocket. What a connection's other files call stands in conn.h.
 * A function that answers may end the connection, and may have gone on to the next request: ask conn_alive, keep nothing. */
#ifndef WHIPLY_EDGE_CONN_HTTP_H
#define WHIPLY_EDGE_CONN_HTTP_H

#include "edge/edge.h"
#include "edge/http_body.h"
#include "edge/http_write.h"

enum http_phase {
	HTTP_HEAD,
	HTTP_BODY,	/* of a request for the hub */
	HTTP_PUT,	/* whole; waits for the hub or for room */
	HTTP_HUB,	/* the hub has it */
	HTTP_PIECES,	/* the hub answers in pieces */
	HTTP_FILE,	/* a file goes out */
};

enum { HTTP_RETRY_S = 2, HTTP_RATE_GRACE_MS = 5000 };

enum http_part { PART_METHOD, PART_PATH, PART_QUERY, PART_HOST, PART_HEADERS, PART_BODY, PARTS };

struct http {
	struct wh_http_head head;
	struct wh_http_body body;
	struct wh_buf request;		/* the parts of a request for the hub, behind each other */
	uint32_t ends[PARTS];
	struct wh_buf cors;		/* header lines of this request's answer */
	struct wh_addr client;
	uint64_t pos;			/* in the ring, behind our REQUEST */
	uint64_t file_at, file_left;
	int file;
	uint32_t stream;
	uint32_t started;		/* tick: of the body */
	uint8_t phase;			/* enum http_phase */
	uint8_t minor;
	bool keep_alive, is_head, chunked, give_up, held;
};

struct http_error {
	unsigned status;
	const char *detail;
	unsigned allow;
	uint64_t retry_after;
	bool close;
};

/* conn_http.c */
struct wh_http_limits conn_http_limits(const struct edge *e);
/** How an answer to the request in hand begins: 200, with the header lines that have gathered. */
struct wh_http_reply conn_http_reply(struct conn *c);
void conn_http_count(struct edge *e, unsigned status);
/** Queues what stands in the edge's scratch buffer. False: the connection has ended or is closing. */
bool conn_http_push(struct conn *c);
/** The answer is queued whole: on to the next request, or to the end. */
void conn_http_done(struct conn *c);
/** Answers with a problem document. */
void conn_http_problem(struct conn *c, struct http_error err);
/** Who asks, behind the proxies that we trust. */
struct wh_addr conn_http_client(struct conn *c, const struct wh_http_request *req);

/* conn_http_serve.c */
/** Cross-origin rules of the settings; true: the request is answered by them alone. */
bool conn_http_cors(struct conn *c, const struct wh_http_request *req, const struct serve_route *route);
void conn_http_answer(struct conn *c, const struct serve_route *route);
void conn_http_tree(struct conn *c, const struct wh_http_request *req, const struct serve_route *route);

/* conn_http_hub.c */
/** Keeps what the hub will get, and prepares for the body. */
void conn_http_for_hub(struct conn *c, const struct wh_http_request *req, struct wh_str path);
size_t conn_http_read_body(struct conn *c, char *bytes, size_t n);
/** The request is whole: into the ring with it, or wait. */
void conn_http_put(struct conn *c);

/* conn_http_upgrade.c */
/** After it, the connection is no longer one of HTTP, unless it refused. */
void conn_http_upgrade(struct conn *c, const struct wh_http_request *req, const struct serve_route *route, struct wh_str path);

#endif
