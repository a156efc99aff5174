/* The lists in a WebSocket handshake's headers: Sec-WebSocket-Protocol, Sec-WebSocket-Extensions and tokens as in
 * Connection. Part of ws_handshake; the client reads the server's extensions with it too. */
#ifndef WHIPLY_EDGE_WS_OFFER_H
#define WHIPLY_EDGE_WS_OFFER_H

#include <whiply/types.h>

/** Takes the next token of a comma-separated list from the front of `rest`; empty elements are passed over.
 * WH_ENOENT: no more; WH_ESYNTAX: an element is no token. */
enum wh_err wh_ws_token_next(struct wh_str *rest, struct wh_str *token_out);

/** One element of Sec-WebSocket-Extensions. */
struct wh_ws_offer {
	bool deflate;			/* permessage-deflate, and each parameter is known, valid and stands once */
	uint8_t server_window_bits;	/* what the server is asked to keep to: 8 to 15; 15 when not asked */
	uint8_t client_window_bits;	/* what the client says it keeps to: 8 to 15; 15 when it said nothing */
	bool server_no_context, client_no_context;
};

/** Takes the next extension from the front of `rest`. WH_ENOENT: no more; WH_ESYNTAX: the list breaks the grammar, and
 * the handshake with it. An unknown extension or one with a bad parameter is an offer with `deflate` false. */
enum wh_err wh_ws_offer_next(struct wh_str *rest, struct wh_ws_offer *offer_out);

#endif
