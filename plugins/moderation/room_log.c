/* moderation.room_log: a room's log, page by page, as `whiply-rules backtest` reads it: what was said, with what was removed or never published as far as it
 * is kept, and what moderators did. For those who moderate the room; who was erased is not in it. A page has the deeds of its own span of time. */
#include <stdio.h>

#include "own.h"

/* An id begins with its time. */
static int64_t
id_ms(int64_t id)
{
	return id >> 20;
}

static void
write_said(const struct wh_rows *rows, size_t i, struct wh_str room, struct wh_json *w)
{
	struct wh_str text = wh_row_str(rows, i, 5);

	if (text.p == NULL)
		return;
	wh_json_object(w, NULL);
	wh_json_int(w, "time", wh_row_int(rows, i, 1));
	wh_json_str(w, "room", room);
	wh_json_int(w, "seq", wh_row_int(rows, i, 0));
	wh_json_str(w, "from", wh_row_str(rows, i, 4));
	if (wh_row_int(rows, i, 2) == 3)
		wh_json_text(w, "on", "edit");
	wh_json_str(w, "text", text);
	wh_json_end(w);
}

static void
write_deed(const struct wh_rows *rows, size_t i, struct wh_str room, struct wh_json *w)
{
	int64_t entry = wh_row_int(rows, i, 1), kind = wh_row_int(rows, i, 3);

	wh_json_object(w, NULL);
	wh_json_int(w, "time", wh_row_int(rows, i, 2));
	if (kind == MOD_UNDO)
		wh_json_text(w, "appeal", "upheld");
	else
		wh_json_text(w, "deed", kind_name((enum mod_kind)kind));
	if (entry != 0) {
		wh_json_str(w, "room", room);
		wh_json_int(w, "seq", entry);
	} else {
		wh_json_str(w, "of", wh_row_str(rows, i, 0));
	}
	wh_json_end(w);
}

static void
deeds_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);
	char room[MOD_ROOM + 1];

	if (call == NULL)
		return;
	if (r->err != WH_OK || !room_of_call(mod, call, room)) {
		wh_call_done(call, mod_store_failed(call, r->err));
		return;
	}
	for (size_t i = 0; i < r->rows[0].n; i++)
		write_deed(&r->rows[0], i, wh_str(room), wh_reply(call));
	wh_json_end(wh_reply(call));
	wh_call_done(call, WH_OK);
}

static void
said_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);
	const struct wh_rows *rows = &r->rows[0];
	int64_t after = 0, last, until;
	char room[MOD_ROOM + 1], next[MOD_ID_TEXT];
	bool more;

	if (call == NULL)
		return;
	if (r->err != WH_OK || !room_of_call(mod, call, room)) {
		wh_call_done(call, mod_store_failed(call, r->err));
		return;
	}
	(void)id_parse(wh_arg_str(call, "after"), &after);
	more = rows->n != 0 && rows->n == (size_t)wh_arg_int(call, "limit");
	last = rows->n != 0 ? wh_row_int(rows, rows->n - 1, 0) : after;
	until = wh_arg_has(call, "to") ? wh_arg_int(call, "to") : wh_wall_ms(mod->host);
	if (more) {
		id_text(last, next);
		wh_json_text(wh_reply(call), "next", next);
	}
	wh_json_array(wh_reply(call), "events");
	for (size_t i = 0; i < rows->n; i++)
		write_said(rows, i, wh_str(room), wh_reply(call));
	const struct wh_cell deeds[] = { WH_CELL_TEXT(wh_str(room)), WH_CELL_INT(after != 0 ? id_ms(after) + 1 : wh_arg_int(call, "from")),
		WH_CELL_INT(more ? id_ms(last) : until) };
	enum wh_err err = wh_store_run(&mod->table, &(struct wh_step){ Q_DEEDS, deeds, 3, WH_ANY }, 1, deeds_read, cookie);

	if (err != WH_OK)
		wh_call_done(call, mod_store_failed(call, err));
}

enum wh_err
room_log(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	char room[MOD_ROOM + 1];
	int64_t after = 0;

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	if (!call_may(mod, call, wh_str(room)))
		return WH_EPERM;
	if (room[0] == '@' || (wh_arg_has(call, "after") && !id_parse(wh_arg_str(call, "after"), &after)))
		return wh_fail(call, WH_EINVAL, room[0] == '@' ? "say a room" : "after is to be the next of the page before");
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(room)), WH_CELL_INT(after), WH_CELL_INT(wh_arg_int(call, "from")),
		WH_CELL_INT(wh_arg_has(call, "to") ? wh_arg_int(call, "to") : wh_wall_ms(mod->host)), WH_CELL_INT(wh_arg_int(call, "limit")) };

	return mod_run(mod, call, &(struct wh_step){ Q_TRIAL_LOG, cells, 5, WH_ANY }, 1, said_read);
}
