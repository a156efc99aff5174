/* The control socket: newline-delimited JSON-RPC 2.0 for whiplyctl and scripts on this machine. Root, our own user, and members of the
 * group `hub.control_group` may connect, and are operators with the role admin; anybody else is told so and closed.
 * Bounded: CONTROL_CLIENTS clients, CONTROL_LINE bytes of one line, CONTROL_QUEUE bytes that wait to be written. */
#ifndef WHIPLY_HUB_CONTROL_H
#define WHIPLY_HUB_CONTROL_H

#include "base/buf.h"
#include "base/slots.h"

struct event;
struct hub;

enum { CONTROL_CLIENTS = 64, CONTROL_LINE = 1 << 20, CONTROL_QUEUE = 16 << 20 };

struct control_client {
	struct hub *hub;
	wh_id id;
	int fd;				/* owned */
	struct event *readable, *writable;	/* owned; NULL in tests */
	struct wh_buf in, out;		/* owned */
	wh_id session;
	bool closing;			/* after `out` is written */
};

struct control {
	int listener;			/* borrowed: the keeper's socket */
	struct event *accepts;		/* owned */
	struct wh_slots clients;
};

/** Makes hub->control and listens on `fd`; -1: there is no control socket. */
enum wh_err control_init(struct hub *hub, int fd);
void control_finish(struct hub *hub);

/** One line to a client; a stale id does nothing. */
void control_send(struct hub *hub, wh_id client, struct wh_str line);

/** A client at the other end of `take_fd`. NULL: refused or full; closed then. */
struct control_client *control_accept(struct hub *hub, int take_fd);

/** Reads what came and runs it; the loop and tests call it. */
void control_read(struct control_client *c);

#endif
