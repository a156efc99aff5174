/* The client's side of ws_client.h. */
#include "edge/ws_client.h"

#include <strings.h>

#include "edge/ws_handshake.h"
#include "edge/ws_offer.h"
#include "edge/ws_out.h"

static void
hello_line(struct wh_buf *b, const char *name, struct wh_str value)
{
	if (value.n == 0)
		return;
	wh_buf_text(b, name);
	wh_buf_text(b, ": ");
	wh_buf_str(b, value);
	wh_buf_text(b, "\r\n");
}

void
wh_ws_client_hello(struct wh_buf *b, const struct wh_ws_hello *hello)
{
	wh_buf_text(b, "GET ");
	wh_buf_str(b, hello->path);
	wh_buf_text(b, " HTTP/1.1\r\n");
	hello_line(b, "Host", hello->host);
	wh_buf_text(b, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
	hello_line(b, "Sec-WebSocket-Key", hello->key);
	hello_line(b, "Sec-WebSocket-Protocol", hello->subprotocols);
	hello_line(b, "Sec-WebSocket-Extensions", hello->extensions);
	hello_line(b, "Origin", hello->origin);
	wh_buf_text(b, "\r\n");
}

/* Takes a line, without its CR LF, from the front of `rest`. */
static struct wh_str
welcome_line(struct wh_str *rest)
{
	const char *cr = rest->n > 0 ? memchr(rest->p, '\r', rest->n) : NULL;
	size_t n = cr != NULL ? (size_t)(cr - rest->p) : rest->n;
	struct wh_str line = { rest->p, n };

	*rest = wh_str_from(*rest, n + 2);
	return line;
}

static bool
welcome_is(struct wh_str line, const char *name, struct wh_str *value_out)
{
	size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n) != 0)
		return false;
	*value_out = wh_str_from(line, n + 1);
	while (value_out->n > 0 && *value_out->p == ' ')
		*value_out = wh_str_from(*value_out, 1);
	return true;
}

/* Only what we offer may come back: permessage-deflate where the server keeps no context. */
static bool
welcome_deflate(struct wh_str value)
{
	struct wh_ws_offer offer;

	return wh_ws_offer_next(&value, &offer) == WH_OK && offer.deflate && offer.server_no_context && value.n == 0;
}

enum wh_err
wh_ws_client_welcome(struct wh_str answer, struct wh_str key, size_t *used_out, struct wh_ws_welcome *out)
{
	char accept[WH_WS_ACCEPT_N];
	struct wh_str rest, line, value;
	const char *end;
	bool accepted = false;

	*out = (struct wh_ws_welcome){ 0 };
	*used_out = 0;
	end = answer.n > 0 ? memmem(answer.p, answer.n, "\r\n\r\n", 4) : NULL;
	if (end == NULL)
		return WH_WAIT;
	*used_out = (size_t)(end - answer.p) + 4;
	rest = (struct wh_str){ answer.p, *used_out - 2 };
	line = welcome_line(&rest);
	if (line.n < 12 || !wh_str_starts(line, WH_STR("HTTP/1.1 ")))
		return WH_ESYNTAX;
	for (size_t i = 9; i < 12; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return WH_ESYNTAX;
		out->status = out->status * 10 + (unsigned)(line.p[i] - '0');
	}
	if (out->status != 101)
		return WH_EPERM;
	if (!wh_ws_accept(key, accept))
		return WH_EINVAL;
	while (rest.n > 0) {
		line = welcome_line(&rest);
		if (welcome_is(line, "Sec-WebSocket-Accept", &value))
			accepted = wh_str_eq(value, (struct wh_str){ accept, sizeof accept });
		else if (welcome_is(line, "Sec-WebSocket-Protocol", &value))
			out->subprotocol = value;
		else if (welcome_is(line, "Sec-WebSocket-Extensions", &value) && !(out->deflate = welcome_deflate(value)))
			return WH_ESYNTAX;
	}
	return accepted ? WH_OK : WH_ESYNTAX;
}

void
wh_ws_client_frame(struct wh_buf *b, enum wh_ws_op op, unsigned flags, struct wh_str payload, uint32_t key)
{
	unsigned char head[WH_WS_HEAD_MAX];
	size_t head_n = wh_ws_head(head, op, payload.n, (flags & WH_WS_RSV1) != 0);
	char *to;

	if ((flags & WH_WS_UNFINISHED) != 0)
		head[0] &= 0x7f;
	head[1] |= 0x80;
	if (wh_buf_reserve(b, head_n + sizeof key + payload.n) == NULL)
		return;
	wh_buf_put(b, head, head_n);
	wh_buf_put(b, &key, sizeof key);
	to = b->p + b->n;
	wh_buf_str(b, payload);
	wh_ws_mask(to, payload.n, key);
}

void
wh_ws_client_begin(struct wh_ws_in *in, bool deflate)
{
	wh_ws_in_begin(in, deflate);
	in->client = true;
}
