/* Another name for a room: its log, rules, roles and people stay. The hub's rooms have their names for good, so its people are moved into another
 * one, without being asked, and are counted neither as gone nor as new. While the name is being written the room is found under both; see move.c
 * for what becomes of the old one, and for who dies between. */
#include <stdio.h>

#include "chat.h"

enum { RENAME_EVERY = 60000 };

/** A name that is being written. */
struct chat_renaming {
	struct wh_list link;		/* in chat.renamings */
	struct chat_room *room;		/* it stays */
	wh_id call, session;
	char key[CHAT_KEY + 1], name[CHAT_KEY + 1];	/* the new ones; `key` is one of chat.rooms if it is another */
	char who[CHAT_WHO + 1], who_name[CHAT_PERSON_NAME + 1], reason[CHAT_WHY + 1];
};

/* The name that it shall have, in both forms. */
static const char *
rename_read(struct wh_call *call, char key[static CHAT_NAME + 1], struct wh_str *name_out)
{
	*name_out = wh_arg_str(call, "to");
	if (name_out->n != 0 && name_out->p[0] == '@')
		return "that can be no room's name: use letters, digits, and - _ .";
	if (!text_room_key(*name_out, key))
		return "that can be no room's name: use letters, digits, and - _ .";
	if (name_out->p[0] == '#')
		*name_out = wh_str_from(*name_out, 1);
	return NULL;
}

static bool
is_other(const struct chat_renaming *r)
{
	return strcmp(r->key, r->room->key) != 0;
}

static unsigned
sessions_there(struct chat_room *room, struct wh_str id)
{
	struct chat *chat = room->chat;
	const struct chat_live *live = live_by_id(chat, id);
	struct wh_room *hub = room_hub(room);
	unsigned n = 0;

	for (unsigned i = 0; live != NULL && hub != NULL && i < live->n; i++) {
		struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

		n += s != NULL && wh_room_has(chat->host, hub, s);
	}
	return n;
}

/* Those whom there was no memory for are closed, and have left. */
static void
people_count(struct chat_room *room)
{
	struct wh_dict_iter it = { .value = NULL };

	while (wh_dict_next(room->chat->host, room->people, &it)) {
		struct chat_person *person = it.value;
		unsigned n = person->sessions != 0 ? sessions_there(room, person->id) : 0;

		if (person->sessions == n)
			continue;
		person->sessions = n;
		if (n == 0 && person->lasting)
			always_left_alone(room, person);
		else if (n == 0)
			member_drop(room, person, WH_STR("out of memory"), NULL);
	}
}

static void
renaming_free(struct chat *chat, struct chat_renaming *r)
{
	struct wh_room *to = wh_room_find(chat->host, wh_str(r->key));

	if (is_other(r))
		wh_dict_remove(chat->host, chat->rooms, wh_str(r->key));
	if (to != NULL)
		wh_room_keep(chat->host, to, false);
	wh_list_remove(&r->link);
	wh_delete(chat->host, r);
}

void
renamings_free(struct chat *chat)
{
	while (!wh_list_empty(&chat->renamings))
		renaming_free(chat, WH_CONTAINER(chat->renamings.next, struct chat_renaming, link));
}

/* It is kept under the new name: here too, then. */
static void
rename_do(struct chat_renaming *r)
{
	struct chat_room *room = r->room;
	struct chat *chat = room->chat;
	struct wh_room *from = room_hub(room), *to = wh_room_find(chat->host, wh_str(r->key));
	char old_key[CHAT_KEY + 1], old_name[CHAT_KEY + 1];
	const bool other = is_other(r);

	memcpy(old_key, room->key, sizeof old_key);
	memcpy(old_name, room->name, sizeof old_name);
	const struct chat_move move = { .key = wh_str(old_key), .name = wh_str(old_name), .room = room->id, .time = wh_wall_ms(chat->host), .untold = true,
		.who = wh_str(r->who), .who_name = wh_str(r->who_name), .reason = wh_str(r->reason) };

	if (from != NULL)
		move_publish(chat, from, &move, wh_str(r->name));
	memcpy(room->name, r->name, sizeof room->name);
	room->renamed_ms = wh_now_ms(chat->host);
	if (!other) {
		moves_refresh(room);
		moved_tell(chat, &(struct wh_chat_moved){ .from_key = move.key, .from = move.name, .key = wh_str(room->key), .name = wh_str(room->name),
			.by = { move.who, move.who_name }, .session = r->session, .reason = move.reason });
		return;
	}
	/* One entry goes before another comes, so that there is memory for it. */
	wh_dict_remove(chat->host, chat->rooms, wh_str(r->key));
	wh_dict_remove(chat->host, chat->rooms, wh_str(old_key));
	memcpy(room->key, r->key, sizeof room->key);
	if (wh_dict_add(chat->host, chat->rooms, wh_str(room->key), room) != WH_OK)
		wh_host_log(chat->host, WH_ERROR, "out_of_memory", WH_T("for", "the name of a room"));
	if (from != NULL && to != NULL) {
		wh_room_begin_epoch(chat->host, to, room->seq);
		if (wh_room_move(chat->host, from, to) != WH_OK)
			people_count(room);
	}
	move_add(room, &move, r->session);
}

static void
renamed(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct chat *chat = self;
	struct chat_renaming *r = (struct chat_renaming *)(uintptr_t)cookie;
	struct wh_call *call = wh_call_find(chat->host, r->call);
	struct chat_room *room = r->room;

	if (result->err == WH_OK) {
		rename_do(r);
		if (call != NULL)
			wh_json_text(wh_reply(call), "room", room->name);
	}
	renaming_free(chat, r);
	if (call != NULL)
		wh_call_done(call, result->err == WH_OK ? WH_OK : result->err == WH_ESTATE || result->err == WH_EEXIST ?
		    wh_fail(call, WH_EEXIST, "there is a room of that name") : chat_store_failed(call, result));
	room->pending--;
	room_settle(room);
}

static struct chat_renaming *
renaming_new(struct chat_room *room, struct wh_call *call, const char *key, struct wh_str name)
{
	struct chat *chat = room->chat;
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));
	struct chat_renaming *r = wh_new(chat->host, sizeof *r);
	struct wh_room *to;

	if (r == NULL)
		return NULL;
	r->room = room;
	snprintf(r->key, sizeof r->key, "%s", key);
	snprintf(r->name, sizeof r->name, "%.*s", WH_FMT(name));
	snprintf(r->who, sizeof r->who, "%.*s", WH_FMT(who->id));
	snprintf(r->who_name, sizeof r->who_name, "%.*s", (int)text_cut(who->name, CHAT_PERSON_NAME), who->name.n != 0 ? who->name.p : "");
	snprintf(r->reason, sizeof r->reason, "%.*s", WH_FMT(wh_arg_str(call, "reason")));
	if (is_other(r) && wh_dict_add(chat->host, chat->rooms, wh_str(r->key), room) != WH_OK) {
		wh_delete(chat->host, r);
		return NULL;
	}
	wh_list_add_last(&chat->renamings, &r->link);
	to = wh_room_open(chat->host, wh_str(r->key));
	if (to == NULL) {
		renaming_free(chat, r);
		return NULL;
	}
	wh_room_keep(chat->host, to, true);
	return r;
}

static enum wh_err
rename_write(struct chat_renaming *r, struct wh_call *call)
{
	struct chat_room *room = r->room;
	struct chat *chat = room->chat;
	const struct wh_cell id = WH_CELL_INT(room->id), key = WH_CELL_TEXT(wh_str(r->key));
	const struct wh_cell name[] = { id, key, WH_CELL_TEXT(wh_str(r->name)) };
	const struct wh_cell old[] = { WH_CELL_TEXT(wh_str(room->key)), WH_CELL_TEXT(wh_str(room->name)), id, WH_CELL_INT(wh_wall_ms(chat->host)),
		WH_CELL_TEXT(wh_str(r->who)), WH_CELL_TEXT(wh_str(r->who_name)), WH_CELL_TEXT(wh_str(r->reason)) };
	const struct wh_step steps[] = { { Q_ROOM_RENAME, name, 3, WH_ONE }, { Q_MOVE_OFF, &key, 1, WH_ANY }, { Q_MOVE_ADD, old, 7, WH_ANY },
		{ Q_MOVES_TRIM, &id, 1, WH_ANY } };
	enum wh_err err;

	r->session = wh_session_id(chat->host, wh_call_session(call));
	r->call = wh_call_hold(call);
	room->pending++;
	err = wh_store_run(&chat->table, steps, is_other(r) ? 4 : 1, renamed, (uintptr_t)r);
	if (err == WH_OK)
		return WH_WAIT;
	room->pending--;
	renaming_free(chat, r);
	return chat_started(call, err);
}

static enum wh_err
rename_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	const struct chat_move *move;
	struct chat_renaming *r;
	char key[CHAT_NAME + 1];
	struct wh_str name;
	const char *why = rename_read(call, key, &name);
	int64_t wait = room->renamed_ms + RENAME_EVERY - wh_now_ms(chat->host);

	if (room->sides != NULL)
		return wh_fail(call, WH_EINVAL, "a whisper has no name");
	if (why != NULL)
		return wh_fail(call, WH_EINVAL, why);
	if (room_rank(room, wh_call_session(call)) < CHAT_OWNER)
		return wh_fail(call, WH_EPERM, "only the room's owners may do that");
	move = move_find(chat, wh_str(key));
	if ((room_by_key(chat, wh_str(key)) != NULL && strcmp(key, room->key) != 0) || (move != NULL && move->room != room->id))
		return wh_fail(call, WH_EEXIST, move != NULL ? "that is the old name of another room" : "there is a room of that name");
	if (room->renamed_ms != 0 && wait > 0)
		return wh_fail_str(call, WH_EFAST, WH_STR("the room got another name just now; try again later"), wait);
	for (const struct wh_list *l = chat->renamings.next; l != &chat->renamings; l = l->next)
		if (WH_CONTAINER(l, const struct chat_renaming, link)->room == room)
			return wh_fail_str(call, WH_EFAST, WH_STR("the room gets another name right now; try again later"), 1000);
	r = renaming_new(room, call, key, name);
	if (r == NULL)
		return wh_fail_str(call, WH_EFULL, WH_STR("there are too many rooms now; try again"), 1000);
	return rename_write(r, call);
}

enum wh_err
room_rename(void *self, struct wh_call *call)
{
	return room_with_member(self, call, rename_go);
}
