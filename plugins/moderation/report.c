/* What members bring in: reports of messages and people, and appeals against what was done to them. And moderators' notes on people. */
#include <stdio.h>

#include "own.h"

static struct wh_str
arg_or_empty(struct wh_call *call, const char *field)
{
	struct wh_str s = wh_arg_str(call, field);

	return s.p != NULL ? s : WH_STR("");
}

static void
report_kept(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct wh_call *call = wh_call_find(mod->host, cookie);
	char text[MOD_ID_TEXT];

	if (call == NULL)
		return;
	id_text(id, text);
	if (err == WH_OK)
		wh_json_text(wh_reply(call), "report", text);
	wh_call_done(call, err == WH_OK ? WH_OK : mod_store_failed(call, err));
}

static enum wh_err
report_put(struct moderation *mod, struct wh_call *call, struct item *item)
{
	const struct wh_identity *by = wh_session_identity(mod->host, wh_call_session(call));
	enum wh_err err;

	item->by = by->id;
	item->by_name = by->name;
	item->words = arg_or_empty(call, "text");
	item->pack = item->version = item->rule = item->form = item->evidence = WH_STR("");
	if (item->kind == ITEM_REPORT && wh_str_eq(item->by, item->who))
		return wh_fail(call, WH_EINVAL, "that is yourself");
	err = item_add(mod, item, report_kept, wh_call_hold(call));
	if (err == WH_OK && item->kind == ITEM_REPORT)
		gate_reported(mod, item);
	return err == WH_OK ? WH_WAIT : mod_store_failed(call, err);
}

/* May somebody see what is said there? Of a whisper the two; of a room those who are in. */
static bool
report_sees(struct moderation *mod, struct wh_session *s, struct wh_str room)
{
	struct wh_str id = wh_session_identity(mod->host, s)->id;
	struct wh_room *hub = wh_room_find(mod->host, room);

	if (room.n > 1 && room.p[0] == '@') {
		struct wh_str rest = wh_str_from(room, 1);
		const char *comma = memchr(rest.p, ',', rest.n);

		return comma != NULL && (wh_str_eq((struct wh_str){ rest.p, (size_t)(comma - rest.p) }, id) || wh_str_eq(wh_str_from(rest, (size_t)(comma - rest.p) + 1), id));
	}
	return (hub != NULL && wh_room_has(mod->host, hub, s)) || person_rules(mod, s);
}

static void
report_entry(void *self, uint64_t cookie, enum wh_err err, const struct wh_chat_entry *entries, size_t n)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);

	if (call == NULL)
		return;
	if (err == WH_OK && n == 1 && report_sees(mod, wh_call_session(call), entries[0].room)) {
		struct item item = { .kind = ITEM_REPORT, .room = entries[0].room, .who = entries[0].who, .name = entries[0].name, .network = WH_STR(""), .text = entries[0].text,
			.reason = arg_or_empty(call, "reason"), .entry = entries[0].id };

		if (item.text.p == NULL)
			item.text = WH_STR("");
		err = report_put(mod, call, &item);
	} else {
		err = err == WH_OK || err == WH_ENOENT ? wh_fail(call, WH_ENOENT, "there is no such message where you are") : mod_store_failed(call, err);
	}
	if (err != WH_WAIT)
		wh_call_done(call, err);
}

static enum wh_err
report_person(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	struct item item = { .kind = ITEM_REPORT, .who = wh_str(who->id), .name = wh_str(who->name), .network = wh_str(who->network), .text = WH_STR(""),
		.reason = arg_or_empty(call, "reason") };
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	item.room = wh_str(room);
	return report_put(mod, call, &item);
}

enum wh_err
report_command(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	wh_id held;
	int64_t id;

	if (wh_arg_has(call, "id")) {
		enum wh_err err;

		if (!id_parse(wh_arg_str(call, "id"), &id))
			return wh_fail(call, WH_EINVAL, "that is no message's id");
		held = wh_call_hold(call);
		err = mod->chat->entry(mod->chat_self, id, report_entry, mod, held);
		return err == WH_OK ? WH_WAIT : mod_store_failed(call, err);
	}
	if (wh_arg_has(call, "who"))
		return person_find(mod, call, wh_arg_str(call, "who"), report_person);
	return wh_fail(call, WH_EINVAL, "say what or whom you report: id, or who");
}

/* Appeals */

static void
appeal_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);
	enum wh_err err;

	if (call == NULL)
		return;
	if (r->err == WH_OK && r->rows[0].n == 1) {
		struct item item = { .kind = ITEM_APPEAL, .room = wh_row_str(&r->rows[0], 0, A_ROOM), .who = wh_row_str(&r->rows[0], 0, A_BY), .name = wh_row_str(&r->rows[0], 0, A_BY_NAME),
			.network = WH_STR(""), .text = wh_row_str(&r->rows[0], 0, A_TEXT), .reason = wh_row_str(&r->rows[0], 0, A_REASON), .action = wh_row_int(&r->rows[0], 0, A_ID) };

		if (wh_row_int(&r->rows[0], 0, A_UNDONE) != 0)
			err = wh_fail(call, WH_ESTATE, "that is undone already");
		else
			err = report_put(mod, call, &item);
	} else {
		err = r->err == WH_OK ? wh_fail(call, WH_ENOENT, "nothing of that id was done to you") : mod_store_failed(call, r->err);
	}
	if (err != WH_WAIT)
		wh_call_done(call, err);
}

enum wh_err
appeal_command(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	int64_t id;

	if (!id_parse(wh_arg_str(call, "action"), &id))
		return wh_fail(call, WH_EINVAL, "that is no action's id");
	const struct wh_cell cells[] = { WH_CELL_INT(id), WH_CELL_TEXT(wh_session_identity(mod->host, wh_call_session(call))->id) };

	return mod_run(mod, call, &(struct wh_step){ Q_MINE, cells, 2, WH_ANY }, 1, appeal_found);
}

/* Notes, and all that is known of somebody */

static void
note_written(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);

	if (call != NULL)
		wh_call_done(call, r->err == WH_OK ? WH_OK : r->err == WH_ESTATE ? wh_fail(call, WH_EFULL, "there are too many notes on them") : mod_store_failed(call, r->err));
}

static enum wh_err
note_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	const struct wh_identity *by = wh_session_identity(mod->host, wh_call_session(call));
	const struct wh_cell cells[] = { WH_CELL_INT(mod_next_id(mod)), WH_CELL_INT(wh_wall_ms(mod->host)), WH_CELL_TEXT(wh_str(who->id)), WH_CELL_TEXT(by->id), WH_CELL_TEXT(by->name),
		WH_CELL_TEXT(wh_arg_str(call, "text")) };

	return mod_run(mod, call, &(struct wh_step){ Q_NOTE_ADD, cells, 6, WH_ONE }, 1, note_written);
}

enum wh_err
note_add(void *self, struct wh_call *call)
{
	return person_find(self, call, wh_arg_str(call, "who"), note_found);
}

static void
person_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);
	struct wh_json *w;

	if (call == NULL)
		return;
	if (r->err != WH_OK) {
		wh_call_done(call, mod_store_failed(call, r->err));
		return;
	}
	w = wh_reply(call);
	wh_json_array(w, "notes");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		wh_json_object(w, NULL);
		wh_json_int(w, "time", wh_row_int(&r->rows[0], i, 1));
		wh_json_str(w, "by", wh_row_str(&r->rows[0], i, 2));
		wh_json_str(w, "text", wh_row_str(&r->rows[0], i, 3));
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_json_array(w, "actions");
	for (size_t i = 0; i < r->rows[1].n; i++)
		action_write(mod, &r->rows[1], i, w, false);
	wh_json_end(w);
	wh_call_done(call, WH_OK);
}

static bool
person_session(void *self, struct wh_session *s)
{
	*(struct wh_session **)self = s;
	return false;
}

static enum wh_err
person_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	static const char *const levels[] = { "new", "known", "trusted", "moderator" };
	const struct wh_cell none = WH_CELL_TEXT(WH_STR("")), id = WH_CELL_TEXT(wh_str(who->id));
	const struct wh_cell log[] = { WH_CELL_INT(INT64_MAX), id, none, none, WH_CELL_INT(0), none, none, WH_CELL_INT(-1), WH_CELL_INT(0), WH_CELL_INT(0), WH_CELL_INT(50) };
	const struct wh_step steps[] = { { Q_NOTES, &id, 1, WH_ANY }, { Q_LOG, log, 11, WH_ANY } };
	struct wh_json *w = wh_reply(call);
	struct wh_session *s = NULL;
	struct wh_trust trust;

	wh_json_text(w, "who", who->id);
	wh_json_text(w, "name", who->name);
	wh_json_bool(w, "guest", who->guest);
	mod->chat->sessions(mod->chat_self, wh_str(who->id), person_session, &s);
	wh_json_bool(w, "here", s != NULL);
	if (s != NULL) {
		wh_json_text(w, "trust", levels[person_trust(mod, s, WH_STR(""), &trust)]);
		wh_json_int(w, "age", trust.age_ms);
		wh_json_int(w, "messages", trust.said);
		wh_json_int(w, "strikes", trust.strikes);
	}
	return mod_run(mod, call, steps, 2, person_read);
}

enum wh_err
person_show(void *self, struct wh_call *call)
{
	return person_find(self, call, wh_arg_str(call, "who"), person_found);
}
