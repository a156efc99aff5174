/* IRC, as InspIRCd and ngIRCd speak it. Greeted is who has seen the end of the MOTD; joined, the end of the names. */
#include "proto.h"

static void
irc_hello(struct wh_buf *out, unsigned who)
{
	wh_buf_fmt(out, "NICK b%u\r\nUSER b 0 * :b\r\n", who);
}

static void
irc_join(struct wh_buf *out, const char *room, unsigned who)
{
	(void)who;
	wh_buf_fmt(out, "JOIN #%s\r\n", room);
}

static void
irc_say(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number)
{
	(void)number;
	wh_buf_fmt(out, "PRIVMSG #%s :%.*s\r\n", room, WH_FMT(text));
}

static enum got
irc_next(struct wh_str bytes, struct proto_frame *out, struct wh_buf *reply)
{
	static const char *const done[] = { "376 ", "422 ", "366 " };
	static const char *const refused[] = { "432 ", "433 ", "437 ", "465 ", "471 ", "474 ", "404 " };
	struct wh_str line = proto_line(bytes, &out->used), rest;
	const char *space;

	if (line.p == NULL)
		return GOT_MORE;
	if (wh_str_starts(line, WH_STR("PING "))) {
		wh_buf_fmt(reply, "PONG %.*s\r\n", WH_FMT(wh_str_from(line, 5)));
		return GOT_OTHER;
	}
	if (wh_str_starts(line, WH_STR("ERROR ")))
		return GOT_REFUSED;
	space = line.n != 0 && *line.p == ':' ? memchr(line.p, ' ', line.n) : NULL;
	if (space == NULL)
		return GOT_OTHER;
	rest = wh_str_from(line, (size_t)(space - line.p) + 1);
	if (wh_str_starts(rest, WH_STR("PRIVMSG #"))) {
		out->text = rest;
		return GOT_SAID;
	}
	for (size_t i = 0; i < sizeof done / sizeof *done; i++)
		if (wh_str_starts(rest, wh_str(done[i])))
			return GOT_DONE;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (wh_str_starts(rest, wh_str(refused[i])))
			return GOT_REFUSED;
	return GOT_OTHER;
}

const struct proto proto_irc = {
	.name = "irc", .greets = true, .publisher_joins = true,
	.hello = irc_hello, .join = irc_join, .say = irc_say, .next = irc_next,
};
