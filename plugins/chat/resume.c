/* Resuming: for each room that the caller is in, and each whisper, what it missed since a seq, in order, or that there is a gap: the epoch is
 * another, or too much was missed. An answer has at most CHAT_RESUME_ENTRIES entries, of which each room has its share. */
#include "chat.h"

struct resume_ask {
	struct wh_str name;
	int64_t epoch;
	uint64_t seq;
	struct chat_room *room;		/* NULL: not in it, or a whisper */
	bool whisper, moved;		/* moved: it has another name by now */
};

static bool
resume_whisper(struct chat *chat, struct wh_call *call, struct wh_str name)
{
	struct wh_str id = wh_session_identity(chat->host, wh_call_session(call))->id, ids[2];

	return whisper_split(name, ids) && (wh_str_eq(ids[0], id) || wh_str_eq(ids[1], id));
}

static uint64_t
resume_from(struct chat_room *room, struct wh_call *call)
{
	const struct chat_person *person = member_find(room, wh_session_identity(room->chat->host, wh_call_session(call))->id);

	return person != NULL ? person->from_seq : room->seq;
}

static size_t
resume_read(struct chat *chat, struct wh_call *call, struct resume_ask asks[static CHAT_RESUME_ROOMS])
{
	struct wh_json_in in = wh_json_each(wh_arg(call, "rooms"));
	const struct chat_move *move;
	struct wh_value item, v;
	size_t n = 0;

	while (n < CHAT_RESUME_ROOMS && wh_json_next(&in, NULL, &item)) {
		struct resume_ask *a = &asks[n];
		char key[CHAT_NAME + 1];

		if (!wh_json_get(&item, "room", &v) || v.type != WH_V_STR || v.s.n == 0)
			continue;
		*a = (struct resume_ask){ .name = v.s, .whisper = resume_whisper(chat, call, v.s) };
		if (!a->whisper && !text_room_key(v.s, key))
			continue;
		if (!a->whisper)
			a->room = room_by_key(chat, wh_str(key));
		if (!a->whisper && a->room == NULL && (move = move_find(chat, wh_str(key))) != NULL) {
			a->room = room_by_key(chat, wh_str(move->to_key));
			a->moved = true;
		}
		if (a->room != NULL && (a->room->state != CHAT_READY || !room_has(a->room, wh_call_session(call))))
			a->room = NULL;
		if (wh_json_get(&item, "seq", &v) && v.type == WH_V_INT && v.i >= 0)
			a->seq = (uint64_t)v.i;
		if (wh_json_get(&item, "epoch", &v) && v.type == WH_V_INT)
			a->epoch = v.i;
		if (a->room != NULL && room_hides_past(a->room, wh_call_session(call)) && a->seq < resume_from(a->room, call))
			a->epoch = -1;		/* a gap, then */
		n++;
	}
	return n;
}

static uint64_t
resume_share(size_t n)
{
	return CHAT_RESUME_ENTRIES / (n != 0 ? n : 1);
}

static bool
resume_gap(const struct resume_ask *a, int64_t epoch, uint64_t seq, uint64_t share)
{
	return a->epoch != epoch || a->seq > seq || seq - a->seq > share;
}

/* Which step reads the room of which ask; -1: none. By the time of the answer rooms may have ended. */
struct resume {
	struct wh_list link;		/* in chat.resumes */
	wh_id call;
	int step_of[CHAT_RESUME_ROOMS];
};

static void
resume_write(struct chat *chat, struct wh_json *w, const struct resume_ask *a, const struct wh_rows *rows, uint64_t share)
{
	struct chat_room *room = a->room, shown = { .chat = chat };
	struct chat_side sides[2] = { { .guest = false }, { .guest = false } };
	size_t at = a->whisper ? 2 : 0;
	struct chat_entry e;
	bool gap;

	if (a->whisper)
		room = whisper_shown(&shown, sides, a->name);
	wh_json_str(w, "room", room != NULL ? wh_str(room->name) : a->name);
	if (a->moved && room != NULL)
		wh_json_str(w, "was", a->name);
	if (room == NULL || (a->whisper && (rows == NULL || rows->n == 0))) {
		wh_json_bool(w, "member", false);
		return;
	}
	if (a->whisper) {
		room->epoch = wh_row_int(rows, 0, 0);
		room->seq = (uint64_t)wh_row_int(rows, 0, 1);
	}
	gap = rows == NULL || resume_gap(a, room->epoch, room->seq, share);
	wh_json_int(w, "epoch", room->epoch);
	wh_json_uint(w, "seq", room->seq);
	wh_json_bool(w, "gap", gap);
	wh_json_array(w, "entries");
	for (size_t row = 0; !gap && row < rows->n && !wh_row_null(rows, row, at); row++) {
		entry_read(rows, row, at, &e);
		entry_write(room, &e, w);
	}
	wh_json_end(w);
}

static void
resume_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct resume *resume = (struct resume *)(uintptr_t)cookie;
	const struct resume known = *resume;
	struct wh_call *call = wh_call_find(chat->host, known.call);
	struct resume_ask asks[CHAT_RESUME_ROOMS];
	size_t n;

	wh_list_remove(&resume->link);
	wh_delete(chat->host, resume);
	if (call == NULL)
		return;
	/* Too much to read at once is a gap as well. */
	if (r->err != WH_OK && r->err != WH_ETOOBIG) {
		wh_call_done(call, chat_store_failed(call, r));
		return;
	}
	n = resume_read(chat, call, asks);
	wh_json_array(wh_reply(call), "rooms");
	for (size_t i = 0; i < n; i++) {
		wh_json_object(wh_reply(call), NULL);
		resume_write(chat, wh_reply(call), &asks[i], r->err == WH_OK && known.step_of[i] >= 0 ? &r->rows[known.step_of[i]] : NULL, resume_share(n));
		wh_json_end(wh_reply(call));
	}
	wh_json_end(wh_reply(call));
	wh_call_done(call, WH_OK);
}

enum wh_err
history_resume(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	struct resume_ask asks[CHAT_RESUME_ROOMS];
	struct wh_cell cells[CHAT_RESUME_ROOMS][6];
	struct wh_step steps[CHAT_RESUME_ROOMS];
	struct resume *resume = wh_new(chat->host, sizeof *resume);
	size_t n = resume_read(chat, call, asks), at = 0;
	int64_t share = (int64_t)resume_share(n);
	enum wh_err err;

	if (resume == NULL)
		return WH_ENOMEM;
	wh_list_add_last(&chat->resumes, &resume->link);
	resume->call = wh_call_hold(call);
	for (size_t i = 0; i < n; i++) {
		const struct resume_ask *a = &asks[i];

		resume->step_of[i] = -1;
		if (a->room == NULL && !a->whisper)
			continue;
		resume->step_of[i] = (int)at;
		if (a->whisper) {
			cells[at][0] = WH_CELL_TEXT(a->name);
			cells[at][1] = WH_CELL_INT((int64_t)a->seq);
			cells[at][2] = WH_CELL_INT(share);
		} else {
			cells[at][0] = WH_CELL_INT(a->room->id);
			cells[at][1] = WH_CELL_INT(resume_gap(a, a->room->epoch, a->room->seq, (uint64_t)share) ? INT64_MAX : (int64_t)a->seq);
			cells[at][2] = WH_CELL_INT((1 << CHAT_KINDS) - 2);
			cells[at][3] = WH_CELL_INT(share);
			cells[at][4] = WH_CELL_INT(0);
			cells[at][5] = WH_CELL_INT(INT64_MAX);
		}
		steps[at] = (struct wh_step){ a->whisper ? Q_RESUME_WHISPER : Q_AFTER_SEQ, cells[at], a->whisper ? 3 : 6, WH_ANY };
		at++;
	}
	if (at == 0) {
		resume_found(chat, (uintptr_t)resume, &(struct wh_result){ .err = WH_OK });
		return WH_WAIT;
	}
	err = wh_store_run(&chat->table, steps, at, resume_found, (uintptr_t)resume);
	if (err != WH_OK) {
		wh_list_remove(&resume->link);
		wh_delete(chat->host, resume);
	}
	return chat_started(call, err);
}

void
resumes_free(struct chat *chat)
{
	while (!wh_list_empty(&chat->resumes)) {
		struct resume *resume = WH_CONTAINER(chat->resumes.next, struct resume, link);

		wh_list_remove(&resume->link);
		wh_delete(chat->host, resume);
	}
}
