/* HTTP/1.1 requests on kept connections. What the others call a room is "METHOD PATH" here. */
#include <stdlib.h>
#include <strings.h>

#include "proto.h"

static void
http_hello(struct wh_buf *out, unsigned who)
{
	(void)out;
	(void)who;
}

static void
http_join(struct wh_buf *out, const char *room, unsigned who)
{
	(void)out;
	(void)room;
	(void)who;
}

static void
http_say(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number)
{
	(void)text;
	(void)number;
	wh_buf_fmt(out, "%s HTTP/1.1\r\nHost: 127.0.0.1\r\n", room);
	if (strncmp(room, "POST", 4) == 0)
		wh_buf_text(out, "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
	else
		wh_buf_text(out, "\r\n");
}

static enum got
http_next(struct wh_str bytes, struct proto_frame *out, struct wh_buf *reply)
{
	const char *end = bytes.n != 0 ? memmem(bytes.p, bytes.n, "\r\n\r\n", 4) : NULL;
	struct wh_str rest, line;
	size_t used, body = 0;

	(void)reply;
	if (end == NULL)
		return GOT_MORE;
	out->used = (size_t)(end - bytes.p) + 4;
	rest = (struct wh_str){ bytes.p, out->used };
	while ((line = proto_line(rest, &used)).p != NULL) {
		if (line.n > 15 && strncasecmp(line.p, "content-length:", 15) == 0)
			body = (size_t)strtoul(line.p + 15, NULL, 10);
		rest = wh_str_from(rest, used);
	}
	out->used += body;
	if (bytes.n < out->used)
		return GOT_MORE;
	return wh_str_starts(bytes, WH_STR("HTTP/1.1 2")) ? GOT_ACK : GOT_REFUSED;
}

const struct proto proto_http = {
	.name = "http", .acks = true,
	.hello = http_hello, .join = http_join, .say = http_say, .next = http_next,
};
