/* A bed for tests of a whole edge: it forks one with real sockets on loopback, plays keeper and hub for it over a real channel
 * and link, and has small blocking clients. Everything waits with a limit; whatever fails, fails the test that is running. */
#ifndef WHIPLY_EDGE_EDGE_BED_H
#define WHIPLY_EDGE_EDGE_BED_H

#include <sys/types.h>

#include "base/buf.h"
#include "edge/ws_frame.h"
#include "ring/channel.h"
#include "ring/record.h"

enum { BED_LISTENERS = 3, BED_WAIT_MS = 5000, BED_FIRST_HUB = 100 };

struct bed {
	pid_t edge;
	int channel;
	uint16_t port[BED_LISTENERS];	/* web, line, tls */
	struct wh_link_fds fds;
	struct wh_link *link;		/* the hub's end */
	uint32_t hub;			/* its process number */
	char *buffer;			/* of the channel */
	bool holding;			/* a record is to be let go */
};

/** Starts an edge with listeners "web" and "line", and "tls" when `pem` is given, and this further config text. */
void bed_begin(struct bed *b, const char *config, struct wh_str certificate, struct wh_str key);
/** The same, with more settings for the listener "web". */
void bed_begin_web(struct bed *b, const char *web, const char *config, struct wh_str certificate, struct wh_str key);
/** The snapshot of such settings, sealed. */
int bed_snapshot(const char *web, const char *config, struct wh_str certificate, struct wh_str key);
void bed_end(struct bed *b);

/** A new hub with a fresh link: HELLO, no routes yet. */
void bed_hub(struct bed *b, size_t ring);
/** The table that the tests use: /answer, /api (prefix, hub), /ws (subprotocols "one,two"), then ROUTES_END. */
void bed_routes(struct bed *b, const char *tree);
/** Takes records until RECOVERED, and says GO. */
void bed_go(struct bed *b);
/** All of it. */
void bed_serve(struct bed *b);
/** The hub is dead: the keeper says so. The old link's fds are kept in *left_out if wanted. */
void bed_hub_dies(struct bed *b, struct wh_link_fds *left_out);

/** The next record, which has to be of this kind; good until the next call. */
struct wh_rec bed_next(struct bed *b, uint16_t kind);
/** The next record, of any kind. */
struct wh_rec bed_any(struct bed *b);
/** Is there none for `ms`? */
bool bed_quiet(struct bed *b, int ms);
void bed_kick(struct bed *b);
/** A message of the edge to the keeper, of this kind. */
struct wh_channel_msg bed_told(struct bed *b, enum wh_channel_kind kind);
void bed_say(struct bed *b, const struct wh_channel_msg *m);

/* Clients. */

/** A listening socket on loopback. */
int bed_listen(uint16_t *port_out);

int client_connect(uint16_t port);
void client_send(int fd, const void *bytes, size_t n);
void client_say(int fd, const char *text);
/** Reads exactly `n` bytes, and asserts that they are these. */
void client_expect(int fd, const char *bytes, size_t n);
/** Reads until `end` has come, or the other side closed; what was read is in the buffer. */
void client_read_until(int fd, struct wh_buf *to, const char *end);
/** Reads a whole HTTP answer with Content-Length; returns its status. The body begins at to->p + *body_out. */
unsigned client_answer(int fd, struct wh_buf *to, size_t *body_out);
/** Is the connection closed by the other side within the limit? */
bool client_closed(int fd);

/** Upgrades to WebSocket at /ws; `extensions` may be "". */
int client_ws(uint16_t port, const char *subprotocols, const char *extensions);
void client_ws_send(int fd, enum wh_ws_op op, const char *text);
/** The next whole frame: opcode and payload (without a mask, as servers send). */
enum wh_ws_op client_ws_next(int fd, struct wh_buf *payload);
void client_ws_expect(int fd, const char *text);

#endif
