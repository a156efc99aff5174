/* What was read and what was missed: a mark for each person and room, unread counts, mentions; and a person's own data. */
#include <stdio.h>

#include "chat.h"

/* The person's other sessions hear of it, when it is kept. */
static void
marked(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call = chat_answered(chat, cookie, r);
	const struct wh_rows *row = r->n != 0 ? &r->rows[r->n - 1] : NULL;
	int64_t seq, time;

	if (call == NULL)
		return;
	seq = row != NULL && row->n != 0 ? wh_row_int(row, 0, 0) : 0;
	time = row != NULL && row->n != 0 ? wh_row_int(row, 0, 1) : 0;
	if (r->n == 2) {
		const struct wh_item items[] = { WH_ITEM_STR("room", wh_arg_str(call, "room")), WH_ITEM_INT("seq", seq), WH_ITEM_INT("time", time) };

		live_tell(chat, wh_session_identity(chat->host, wh_call_session(call))->id, &(struct wh_event){ "chat.marked", items, 3 }, wh_call_session(call));
	}
	wh_json_int(wh_reply(call), "seq", seq);
	wh_json_int(wh_reply(call), "time", time);
	wh_call_done(call, WH_OK);
}

static enum wh_err
mark_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));
	bool by_time = wh_arg_has(call, "time"), sets = by_time || wh_arg_has(call, "seq");
	int64_t seq = wh_arg_int(call, "seq");
	wh_id held;

	if ((uint64_t)seq > room->seq)
		seq = (int64_t)room->seq;
	/* Ids begin with the milliseconds: those of the named one count as read. */
	const struct wh_cell cells[] = { WH_CELL_TEXT(who->id), WH_CELL_INT(room->id), WH_CELL_INT(by_time ? (wh_arg_int(call, "time") + 1) << 20 : seq),
		who->kind == WH_GUEST ? WH_CELL_INT(wh_wall_ms(chat->host)) : WH_CELL_NULL };
	const struct wh_step steps[] = { { by_time ? Q_MARK_TIME : Q_MARK, cells, 4, WH_ANY }, { Q_MARKED, cells, 2, WH_ANY } };

	held = wh_call_hold(call);
	return chat_started(call, wh_store_run(&chat->table, sets ? steps : &steps[1], sets ? 2 : 1, marked, held));
}

enum wh_err
mark_read(void *self, struct wh_call *call)
{
	return room_with_member(self, call, mark_go);
}

static void
unread_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call = chat_answered(chat, cookie, r);
	struct wh_json *w;

	if (call == NULL)
		return;
	w = wh_reply(call);
	wh_json_array(w, "rooms");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		wh_json_object(w, NULL);
		wh_json_str(w, "room", wh_row_str(&r->rows[0], i, 0));
		wh_json_int(w, "read", wh_row_int(&r->rows[0], i, 1));
		wh_json_int(w, "seq", wh_row_int(&r->rows[0], i, 2));
		wh_json_int(w, "unread", wh_row_int(&r->rows[0], i, 3));
		wh_json_int(w, "mentions", wh_row_int(&r->rows[0], i, 4));
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_call_done(call, WH_OK);
}

enum wh_err
mark_unread(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	const struct wh_cell who = WH_CELL_TEXT(wh_session_identity(chat->host, wh_call_session(call))->id);
	wh_id held = wh_call_hold(call);

	return chat_started(call, wh_store_run(&chat->table, &(struct wh_step){ Q_MARKS, &who, 1, WH_ANY }, 1, unread_found, held));
}

/* An entry behind its room's name, in one row. */
void
row_write(struct chat *chat, const struct wh_rows *rows, size_t i, struct wh_json *w)
{
	struct chat_room shown = { .chat = chat };
	struct chat_side sides[2] = { { .guest = false }, { .guest = false } };
	struct chat_entry e;

	snprintf(shown.name, sizeof shown.name, "%.*s", WH_FMT(wh_row_str(rows, i, 0)));
	whisper_shown(&shown, sides, wh_row_str(rows, i, 0));
	entry_read(rows, i, 1, &e);
	entry_write(&shown, &e, w);
}

static void
mentions_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call = chat_answered(chat, cookie, r);

	if (call == NULL)
		return;
	wh_json_array(wh_reply(call), "entries");
	for (size_t i = 0; i < r->rows[0].n; i++)
		row_write(chat, &r->rows[0], i, wh_reply(call));
	wh_json_end(wh_reply(call));
	wh_call_done(call, WH_OK);
}

enum wh_err
mark_mentions(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	int64_t before = INT64_MAX;
	wh_id held;

	if (wh_arg_has(call, "before") && !id_parse(wh_arg_str(call, "before"), &before))
		return wh_fail(call, WH_EINVAL, "before is a message's id");
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_session_identity(chat->host, wh_call_session(call))->id), WH_CELL_INT(before),
		WH_CELL_INT(wh_arg_int(call, "limit")) };

	held = wh_call_hold(call);
	return chat_started(call, wh_store_run(&chat->table, &(struct wh_step){ Q_MENTIONS, cells, 3, WH_ANY }, 1, mentions_found, held));
}
