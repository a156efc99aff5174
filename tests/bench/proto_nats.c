/* NATS core: a subject is the room. A PING behind each request tells when the server has taken it. */
#include "proto.h"

static void
nats_hello(struct wh_buf *out, unsigned who)
{
	(void)who;
	wh_buf_text(out, "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c\",\"version\":\"1\",\"protocol\":1}\r\nPING\r\n");
}

static void
nats_join(struct wh_buf *out, const char *room, unsigned who)
{
	(void)who;
	wh_buf_fmt(out, "SUB %s 1\r\nPING\r\n", room);
}

static void
nats_say(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number)
{
	(void)number;
	wh_buf_fmt(out, "PUB %s %zu\r\n%.*s\r\n", room, text.n, WH_FMT(text));
}

static enum got
nats_next(struct wh_str bytes, struct proto_frame *out, struct wh_buf *reply)
{
	struct wh_str line = proto_line(bytes, &out->used);
	size_t payload = 0;

	if (line.p == NULL)
		return GOT_MORE;
	if (wh_str_starts(line, WH_STR("MSG "))) {
		size_t at = line.n, unit = 1;

		for (; line.p[at - 1] != ' '; at--, unit *= 10)
			payload += unit * (size_t)(line.p[at - 1] - '0');
		out->text = (struct wh_str){ bytes.p + out->used, payload };
		out->used += payload + 2;
		return bytes.n < out->used ? GOT_MORE : GOT_SAID;
	}
	if (wh_str_is(line, "PONG"))
		return GOT_DONE;
	if (wh_str_is(line, "PING")) {
		wh_buf_text(reply, "PONG\r\n");
		return GOT_OTHER;
	}
	return wh_str_starts(line, WH_STR("-ERR")) ? GOT_REFUSED : GOT_OTHER;
}

const struct proto proto_nats = {
	.name = "nats", .greets = true,
	.hello = nats_hello, .join = nats_join, .say = nats_say, .next = nats_next,
};
