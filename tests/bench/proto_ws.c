/* WebSocket with whiply.v1: JSON-RPC 2.0 to the plugin relay, or chat. The number of a message is the id of its call. */
#include <stdlib.h>

#include "edge/ws_client.h"
#include "proto.h"

enum { WS_JOIN_ID = 1, WS_SAY_ID = 16 };

static const char ws_key[] = "dGhlIHNhbXBsZSBub25jZQ==";

static void
ws_text(struct wh_buf *out, struct wh_buf *json)
{
	wh_ws_client_frame(out, WH_WS_OP_TEXT, 0, wh_buf_slice(json), 0x5bd1e995);
	wh_buf_free(json);
}

static void
ws_hello(struct wh_buf *out, unsigned who)
{
	(void)who;
	wh_ws_client_hello(out, &(struct wh_ws_hello){ .host = WH_STR("127.0.0.1"), .path = WH_STR("/ws"),
	    .key = wh_str(ws_key), .subprotocols = WH_STR("whiply.v1") });
}

static void
ws_join_with(struct wh_buf *out, const char *plugin, const char *room)
{
	struct wh_buf json = { 0 };

	wh_buf_fmt(&json, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s.join\",\"params\":{\"room\":\"%s\"}}", WS_JOIN_ID, plugin, room);
	ws_text(out, &json);
}

static void
ws_say_with(struct wh_buf *out, const char *plugin, const char *room, struct wh_str text, uint64_t number)
{
	struct wh_buf json = { 0 };

	wh_buf_fmt(&json, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"%s.say\",\"params\":{\"room\":\"%s\",\"text\":\"%.*s\"}}",
	    (unsigned long long)number + WS_SAY_ID, plugin, room, WH_FMT(text));
	ws_text(out, &json);
}

static void
ws_join(struct wh_buf *out, const char *room, unsigned who)
{
	(void)who;
	ws_join_with(out, "relay", room);
}

static void
ws_say(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number)
{
	ws_say_with(out, "relay", room, text, number);
}

static void
chat_join(struct wh_buf *out, const char *room, unsigned who)
{
	(void)who;
	ws_join_with(out, "chat", room);
}

static void
chat_say(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number)
{
	ws_say_with(out, "chat", room, text, number);
}

static bool
ws_has(struct wh_str s, struct wh_str word)
{
	return s.n != 0 && memmem(s.p, s.n, word.p, word.n) != NULL;
}

static enum got
ws_read_json(struct wh_str json, struct proto_frame *out)
{
	struct wh_str front = { json.p, json.n < 64 ? json.n : 64 };
	const char *at;
	uint64_t id;

	if (ws_has(front, WH_STR(".message\""))) {
		out->text = json;
		return GOT_SAID;
	}
	if (ws_has(front, WH_STR("\"session.welcome\"")))
		return GOT_DONE;
	if (ws_has(json, WH_STR("\"error\"")))
		return GOT_REFUSED;
	at = json.n != 0 ? memmem(json.p, json.n, "\"id\":", 5) : NULL;
	if (at == NULL)
		return GOT_OTHER;
	id = 0;
	for (at += 5; at < json.p + json.n && *at >= '0' && *at <= '9'; at++)
		id = id * 10 + (uint64_t)(*at - '0');
	if (id == WS_JOIN_ID)
		return GOT_DONE;
	out->number = id - WS_SAY_ID;
	return GOT_ACK;
}

/* An answer to the handshake begins with an H, which is no frame's first byte. */
static enum got
ws_read_welcome(struct wh_str bytes, struct proto_frame *out)
{
	struct wh_ws_welcome welcome;
	enum wh_err err = wh_ws_client_welcome(bytes, wh_str(ws_key), &out->used, &welcome);

	if (err == WH_WAIT)
		return GOT_MORE;
	return err == WH_OK && wh_str_is(welcome.subprotocol, "whiply.v1") ? GOT_OTHER : GOT_REFUSED;
}

static enum got
ws_next(struct wh_str bytes, struct proto_frame *out, struct wh_buf *reply)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t head = 2, n;
	struct wh_str payload;

	if (bytes.n >= 1 && *p == 'H')
		return ws_read_welcome(bytes, out);
	if (bytes.n < 2)
		return GOT_MORE;
	n = p[1] & 0x7f;
	if (n == 126) {
		if (bytes.n < 4)
			return GOT_MORE;
		head = 4;
		n = (size_t)p[2] << 8 | p[3];
	} else if (n == 127) {
		return GOT_REFUSED;
	}
	if (bytes.n < head + n)
		return GOT_MORE;
	out->used = head + n;
	payload = (struct wh_str){ bytes.p + head, n };
	switch (p[0] & 0xf) {
	case WH_WS_OP_TEXT:
		return ws_read_json(payload, out);
	case WH_WS_OP_PING:
		wh_ws_client_frame(reply, WH_WS_OP_PONG, 0, payload, 0x5bd1e995);
		return GOT_OTHER;
	case WH_WS_OP_CLOSE:
		return GOT_REFUSED;
	default:
		return GOT_OTHER;
	}
}

const struct proto proto_ws = {
	.name = "ws", .greets = true, .publisher_joins = true, .hears_itself = true, .acks = true,
	.hello = ws_hello, .join = ws_join, .say = ws_say, .next = ws_next,
};

const struct proto proto_chat = {
	.name = "chat", .greets = true, .publisher_joins = true, .hears_itself = true, .acks = true,
	.hello = ws_hello, .join = chat_join, .say = chat_say, .next = ws_next,
};
