/* The line protocol's dialect `plain`, of whiply's plugin relay. */
#include "proto.h"

static void
plain_hello(struct wh_buf *out, unsigned who)
{
	(void)out;
	(void)who;
}

static void
plain_join(struct wh_buf *out, const char *room, unsigned who)
{
	(void)who;
	wh_buf_fmt(out, "JOIN %s\r\n", room);
}

static void
plain_say(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number)
{
	(void)number;
	wh_buf_fmt(out, "SAY %s %.*s\r\n", room, WH_FMT(text));
}

static enum got
plain_next(struct wh_str bytes, struct proto_frame *out, struct wh_buf *reply)
{
	struct wh_str line = proto_line(bytes, &out->used);

	(void)reply;
	if (line.p == NULL)
		return GOT_MORE;
	if (wh_str_starts(line, WH_STR("MSG "))) {
		out->text = line;
		return GOT_SAID;
	}
	if (wh_str_starts(line, WH_STR("HELLO ")) || wh_str_starts(line, WH_STR("OK JOIN")))
		return GOT_DONE;
	if (wh_str_starts(line, WH_STR("OK SAY")))
		return GOT_ACK;
	return wh_str_starts(line, WH_STR("ERR ")) || wh_str_starts(line, WH_STR("BYE ")) ? GOT_REFUSED : GOT_OTHER;
}

const struct proto proto_plain = {
	.name = "plain", .greets = true, .publisher_joins = true, .hears_itself = true, .acks = true,
	.hello = plain_hello, .join = plain_join, .say = plain_say, .next = plain_next,
};
