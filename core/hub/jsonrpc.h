/* JSON-RPC 2.0: the `json` dialect of WebSocket clients, and the language of the control socket. Calls, notifications (which
 * are never answered) and batches of up to RPC_BATCH, answered as one when the last of them is done. */
#ifndef WHIPLY_HUB_JSONRPC_H
#define WHIPLY_HUB_JSONRPC_H

#include <whiply/dialect.h>

#include "base/json.h"

struct command_result;
struct hub;
struct wh_session;

enum { RPC_BATCH = 64, RPC_ID = 256, RPC_BATCH_BYTES = 4 << 20 };

enum rpc_code {
	RPC_PARSE = -32700,
	RPC_REQUEST = -32600,
	RPC_METHOD = -32601,
	RPC_PARAMS = -32602,
	RPC_INTERNAL = -32603,
};

/** Subprotocol whiply.v1; its self is the hub. */
extern const struct wh_dialect jsonrpc_dialect;

/** Handles one text. Answers go to `client` of the control socket, or, when that is 0, to the session. */
void jsonrpc_receive(struct hub *hub, struct wh_session *s, wh_id client, struct wh_str text);

/** Appends a notification. */
enum wh_err jsonrpc_render(struct hub *hub, const struct wh_event *e, struct wh_buf *to);

/** Appends an answer; `id` is JSON. */
void jsonrpc_put_result(struct wh_buf *to, struct wh_str id, const struct command_result *r);

/** Writes the members of the welcome: session, token, resume_ms, epoch, server, identity. */
void jsonrpc_welcome(struct hub *hub, struct wh_session *s, struct wh_json *w);

/** An id as clients see it: 16 hexadecimal digits. */
enum { RPC_ID_TEXT = 17 };
void rpc_id_text(wh_id id, char out[static RPC_ID_TEXT]);
bool rpc_id_parse(struct wh_str text, wh_id *id_out);

#endif
