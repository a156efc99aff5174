/* Decides on a WebSocket upgrade (RFC 6455 section 4.2, RFC 7692 section 7.1) from a parsed HTTP request, and writes the
 * answer's header lines. Used by the edge once the HTTP parser has a request for a WebSocket path; the origin rules guard against other sites' scripts. */
#ifndef WHIPLY_EDGE_WS_HANDSHAKE_H
#define WHIPLY_EDGE_WS_HANDSHAKE_H

#include "base/buf.h"
#include "edge/http_parse.h"

/** What a listener wants of its clients. Slices are borrowed, and outlive the handshake's result. */
struct wh_ws_rules {
	const struct wh_str *subprotocols;	/* those that we speak */
	size_t subprotocols_n;
	bool subprotocol_required;		/* refuse (400) a client with which we share none */
	const struct wh_str *origins;		/* compared byte by byte, "https://chat.example" */
	size_t origins_n;
	bool origin_any;			/* every Origin will do */
	bool origin_same_host;			/* an http or https Origin of the host in Host will do */
	bool origin_required;			/* refuse clients that send none; browsers always do */
	bool deflate;				/* agree to permessage-deflate */
};

struct wh_ws_agreed {
	unsigned status;		/* 101, or the error to answer with */
	const char *reason;		/* of an error, for people; static */
	struct wh_str subprotocol;	/* one of the rules', or empty */
	bool deflate;
	uint8_t server_window_bits;	/* 9 to 15, when deflate: see wh_ws_deflate_put */
};

/** Returns the status, and appends the header lines that belong to it, each with its CR LF, no empty line after them:
 * for 101 all that RFC 6455 wants, for 405 and 426 what tells the client how to come. 400, 403 have none.
 * 500 when the buffer failed. */
unsigned wh_ws_handshake(const struct wh_ws_rules *rules, const struct wh_http_request *request, struct wh_buf *lines,
    struct wh_ws_agreed *agreed_out);

enum { WH_WS_ACCEPT_N = 28 };

/** The Sec-WebSocket-Accept that answers a key. False when OpenSSL fails. */
bool wh_ws_accept(struct wh_str key, char accept_out[WH_WS_ACCEPT_N]);

#endif
