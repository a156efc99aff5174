/* Redis' pub/sub over RESP 2: a channel is the room. */
#include "proto.h"

static void
redis_hello(struct wh_buf *out, unsigned who)
{
	(void)who;
	wh_buf_text(out, "PING\r\n");
}

static void
redis_join(struct wh_buf *out, const char *room, unsigned who)
{
	(void)who;
	wh_buf_fmt(out, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n", strlen(room), room);
}

static void
redis_say(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number)
{
	(void)number;
	wh_buf_fmt(out, "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n%s\r\n$%zu\r\n%.*s\r\n", strlen(room), room, text.n, WH_FMT(text));
}

static size_t
redis_number(struct wh_str line)
{
	size_t n = 0;

	for (size_t i = 1; i < line.n && line.p[i] >= '0' && line.p[i] <= '9'; i++)
		n = n * 10 + (size_t)(line.p[i] - '0');
	return n;
}

/* An array of bulk strings and integers, which is all that subscribers are sent. */
static enum got
redis_array(struct wh_str bytes, size_t items, struct proto_frame *out)
{
	bool said = false;

	for (size_t i = 0; i < items; i++) {
		struct wh_str rest = wh_str_from(bytes, out->used), line;
		size_t used, n;

		line = proto_line(rest, &used);
		if (line.p == NULL)
			return GOT_MORE;
		out->used += used;
		if (*line.p != '$')
			continue;
		n = redis_number(line);
		if (bytes.n < out->used + n + 2)
			return GOT_MORE;
		out->text = (struct wh_str){ bytes.p + out->used, n };
		out->used += n + 2;
		if (i == 0)
			said = wh_str_is(out->text, "message");
	}
	return said ? GOT_SAID : GOT_DONE;
}

static enum got
redis_next(struct wh_str bytes, struct proto_frame *out, struct wh_buf *reply)
{
	struct wh_str line = proto_line(bytes, &out->used);

	(void)reply;
	if (line.p == NULL)
		return GOT_MORE;
	switch (*line.p) {
	case '*':
		return redis_array(bytes, redis_number(line), out);
	case '+':
		return GOT_DONE;
	case ':':
		return GOT_ACK;
	default:
		return GOT_REFUSED;
	}
}

const struct proto proto_redis = {
	.name = "redis", .greets = true, .acks = true,
	.hello = redis_hello, .join = redis_join, .say = redis_say, .next = redis_next,
};
