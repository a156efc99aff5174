/* Reading the log: pages before, after and around a place, search, pins. A place is a seq, an id or a time. */
#include <stdio.h>
#include <stdlib.h>

#include "chat.h"

enum {
	KINDS_SHOWN = 1 << CHAT_SAY | 1 << CHAT_ACT | 1 << CHAT_TOPIC_SET | 1 << CHAT_POLL,
	KINDS_ALL = (1 << CHAT_KINDS) - 2,
};

/* Who is in the room may read it, and anybody a public one that lasts. */
static bool
history_allowed(struct chat_room *room, struct wh_session *s)
{
	return room_has(room, s) || (room->kept && room->rules.access == CHAT_PUBLIC);
}

static const char hidden[] = "what was said here before is for those who keep order";

/* Ends the task of a reading. True: the call is there and the rows are. */
static bool
found(struct chat *chat, uint64_t task, const struct wh_result *r, struct chat_room **room_out, struct wh_call **call_out)
{
	*room_out = task_end(chat, task, call_out);
	if (*call_out != NULL && r->err == WH_OK)
		return true;
	if (*call_out != NULL)
		wh_call_done(*call_out, chat_store_failed(*call_out, r));
	room_settle(*room_out);
	return false;
}

/* Two pages at most: what is before, newest first, and what is after. */
static void
history_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room;
	struct wh_json *w;

	if (!found(chat, cookie, r, &room, &call))
		return;
	w = wh_reply(call);
	wh_json_text(w, "room", room->name);
	wh_json_int(w, "epoch", room->epoch);
	wh_json_uint(w, "seq", room->seq);
	wh_json_array(w, "entries");
	for (size_t page = 0; page < r->n; page++) {
		const struct wh_rows *rows = &r->rows[page];
		bool backwards = page == 0 && (r->n == 2 || !wh_arg_has(call, "after"));

		for (size_t i = 0; i < rows->n; i++) {
			struct chat_entry e;

			entry_read(rows, backwards ? rows->n - 1 - i : i, 0, &e);
			entry_write(room, &e, w);
		}
	}
	wh_json_end(w);
	wh_call_done(call, WH_OK);
	room_settle(room);
}

/* A place in the log. `by_id_out`: it is compared with ids. */
static bool
place_parse(struct wh_str text, int64_t *at_out, bool *by_id_out)
{
	char number[24], *end;

	*by_id_out = true;
	if (id_parse(text, at_out))
		return true;
	if (text.n == 0 || text.n >= sizeof number)
		return false;
	snprintf(number, sizeof number, "%.*s", WH_FMT(text));
	*at_out = strtoll(number, &end, 10);
	if (*end != '\0' || number[0] < '0' || number[0] > '9')
		return false;
	*by_id_out = false;
	/* More than any seq: milliseconds since 1970. */
	if (*at_out > 100000000000) {
		*at_out = *at_out << 20;
		*by_id_out = true;
	}
	return true;
}

static enum wh_err
history_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	static const char *const fields[] = { "before", "after", "around" };
	const int64_t limit = wh_arg_int(call, "limit"), kinds = wh_arg_bool(call, "events") ? KINDS_ALL : KINDS_SHOWN;
	const char *field = NULL;
	int64_t at = INT64_MAX, since = 0, until = 0;
	bool by_id = false, until_by_id = false;

	if (!history_allowed(room, wh_call_session(call)))
		return wh_fail(call, WH_EPERM, "enter the room first: chat.join");
	if (room_hides_past(room, wh_call_session(call)))
		return wh_fail(call, WH_EPERM, hidden);
	for (size_t i = 0; i < 3; i++)
		if (wh_arg_has(call, fields[i])) {
			if (field != NULL || !place_parse(wh_arg_str(call, fields[i]), &at, &by_id))
				return wh_fail(call, WH_EINVAL, "name one place, before, after or around: a seq, an id, or milliseconds since 1970");
			field = fields[i];
		}
	if (room->rules.keep_ms != 0)
		since = wh_wall_ms(chat->host) - room->rules.keep_ms;
	bool around = field != NULL && field == fields[2], after = field != NULL && field == fields[1], bounded = wh_arg_has(call, "until");

	if (bounded && (field == NULL || around || !place_parse(wh_arg_str(call, "until"), &until, &until_by_id) || until_by_id != by_id))
		return wh_fail(call, WH_EINVAL, "until goes with before or after, and is of the same kind: a seq, or an id or milliseconds since 1970");
	const struct wh_cell before_cells[] = { WH_CELL_INT(room->id), WH_CELL_INT(at), WH_CELL_INT(kinds), WH_CELL_INT(around ? limit / 2 : limit),
		WH_CELL_INT(since), WH_CELL_INT(bounded ? until : -1) };
	const struct wh_cell after_cells[] = { WH_CELL_INT(room->id), WH_CELL_INT(around ? at - 1 : at), WH_CELL_INT(kinds),
		WH_CELL_INT(around ? limit - limit / 2 : limit), WH_CELL_INT(since), WH_CELL_INT(bounded ? until : INT64_MAX) };
	const struct wh_step before_step = { by_id ? Q_BEFORE_ID : Q_BEFORE_SEQ, before_cells, 6, WH_ANY };
	const struct wh_step after_step = { by_id ? Q_AFTER_ID : Q_AFTER_SEQ, after_cells, 6, WH_ANY };
	const struct wh_step steps[] = { after ? after_step : before_step, after_step };

	return task_run(room, call, steps, around ? 2 : 1, history_found);
}

enum wh_err
history_read(void *self, struct wh_call *call)
{
	return room_with(self, call, false, history_go);
}

/* Search: each word is looked for as it is, so that nothing in it is syntax. */

static size_t
search_quote(struct wh_str query, char *to, size_t cap)
{
	size_t n = 0;
	bool in = false;

	for (size_t i = 0; i <= query.n && n + 4 < cap; i++) {
		char c = i < query.n ? query.p[i] : ' ';
		bool space = c == ' ' || c == '"' || c == '\n' || c == '\t';

		if (!space && !in) {
			n += (size_t)snprintf(to + n, cap - n, "%s\"", n != 0 ? " " : "");
			in = true;
		}
		if (space && in) {
			to[n++] = '"';
			in = false;
		}
		if (!space)
			to[n++] = c;
	}
	if (in && n < cap)
		to[n++] = '"';
	return n;
}

static void
list_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room;
	struct chat_entry e;

	if (!found(chat, cookie, r, &room, &call))
		return;
	wh_json_text(wh_reply(call), "room", room->name);
	wh_json_array(wh_reply(call), "entries");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		entry_read(&r->rows[0], i, 0, &e);
		entry_write(room, &e, wh_reply(call));
	}
	wh_json_end(wh_reply(call));
	wh_call_done(call, WH_OK);
	room_settle(room);
}

static enum wh_err
search_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	char query[2048];
	size_t n = search_quote(wh_arg_str(call, "query"), query, sizeof query);
	int64_t before = INT64_MAX;

	(void)chat;
	if (!history_allowed(room, wh_call_session(call)))
		return wh_fail(call, WH_EPERM, "enter the room first: chat.join");
	if (room_hides_past(room, wh_call_session(call)))
		return wh_fail(call, WH_EPERM, hidden);
	if (n == 0 || (wh_arg_has(call, "before") && !id_parse(wh_arg_str(call, "before"), &before)))
		return wh_fail(call, WH_EINVAL, n == 0 ? "name words to look for" : "before is a message's id");
	const struct wh_cell cells[] = { WH_CELL_TEXT(((struct wh_str){ query, n })), WH_CELL_INT(room->id), WH_CELL_INT(before),
		WH_CELL_INT(wh_arg_int(call, "limit")) };

	return task_run(room, call, &(struct wh_step){ Q_SEARCH, cells, 4, WH_ANY }, 1, list_found);
}

enum wh_err
history_search(void *self, struct wh_call *call)
{
	return room_with(self, call, false, search_go);
}

static enum wh_err
pins_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	(void)chat;
	if (!history_allowed(room, wh_call_session(call)))
		return wh_fail(call, WH_EPERM, "enter the room first: chat.join");
	return task_run(room, call, &(struct wh_step){ Q_PINS, &WH_CELL_INT(room->id), 1, WH_ANY }, 1, list_found);
}

enum wh_err
history_pins(void *self, struct wh_call *call)
{
	return room_with(self, call, false, pins_go);
}
