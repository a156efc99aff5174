/* What the floor speaks: frames of one size, which is told by the first of them. The first byte says what a frame is:
 * S for one that was said, anything else for an answer. See floor.c. */
#include "proto.h"

/* A frame is two digits of its size in units of 16 bytes behind the first byte, so that no client keeps a state. */
static size_t
floor_size(struct wh_str bytes)
{
	return (size_t)((bytes.p[1] - '0') * 10 + (bytes.p[2] - '0')) * 16;
}

static void
floor_hello(struct wh_buf *out, unsigned who)
{
	(void)who;
	wh_buf_text(out, "H");
}

static void
floor_join(struct wh_buf *out, const char *room, unsigned who)
{
	(void)room;
	(void)who;
	wh_buf_text(out, "J");
}

static void
floor_say(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number)
{
	(void)room;
	(void)number;
	wh_buf_text(out, "S");
	wh_buf_str(out, text);
}

static enum got
floor_next(struct wh_str bytes, struct proto_frame *out, struct wh_buf *reply)
{
	(void)reply;
	if (bytes.n < 3 || bytes.n < floor_size(bytes))
		return GOT_MORE;
	out->used = floor_size(bytes);
	out->text = (struct wh_str){ bytes.p, out->used };
	return *bytes.p == 'S' ? GOT_SAID : GOT_DONE;
}

const struct proto proto_floor = {
	.name = "floor", .greets = true,
	.hello = floor_hello, .join = floor_join, .say = floor_say, .next = floor_next,
};
