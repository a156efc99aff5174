/* Another name for a room: its log, rules, roles and people stay. The hub's rooms have their names for good, so its people move into another
 * one, and are counted neither as gone nor as new. Who dies between finds the room under either name. */
#include <stdio.h>

#include "chat.h"

enum { RENAME_EVERY = 60000 };

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

struct moving {
	struct chat *chat;
	wh_id *ids;
	size_t n, cap;
};

static bool
moving_add(void *self, struct wh_session *s)
{
	struct moving *m = self;

	if (m->n < m->cap)
		m->ids[m->n++] = wh_session_id(m->chat->host, s);
	return true;
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

/* Who could not come along has left: the cookie is the session. */
static void
moved(void *self, uint64_t cookie, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct chat *chat = self;
	struct wh_session *s = err != WH_OK ? wh_session_get(chat->host, (wh_id)cookie) : NULL;
	struct wh_str id;

	(void)retry_ms;
	if (s == NULL)
		return;
	id = wh_session_identity(chat->host, s)->id;
	for (struct wh_node *l = chat->all.next, *next; l != &chat->all; l = next) {
		struct chat_room *room = WH_NODE_OF(l, struct chat_room, link);
		const struct chat_person *person = room->sides == NULL && room->renamed_ms != 0 ? member_find(room, id) : NULL;

		next = l->next;
		if (person != NULL && person->sessions > sessions_there(room, id))
			member_lost(room, s, why);
	}
}

static void
people_move(struct chat_room *room, struct wh_room *from, struct wh_room *to)
{
	struct chat *chat = room->chat;
	struct moving m = { .chat = chat, .cap = wh_room_members(chat->host, from) };

	m.ids = m.cap != 0 ? wh_new(chat->host, m.cap * sizeof *m.ids) : NULL;
	if (m.ids == NULL)
		return;
	wh_room_each(chat->host, from, moving_add, &m);
	wh_room_keep(chat->host, to, true);
	room->pending++;
	for (size_t i = 0; i < m.n; i++) {
		struct wh_session *s = wh_session_get(chat->host, m.ids[i]);

		if (s == NULL)
			continue;
		wh_room_leave(chat->host, from, s, (struct wh_str){ NULL, 0 });
		wh_room_join(chat->host, to, s, moved, (uint64_t)m.ids[i]);
	}
	room->pending--;
	wh_room_keep(chat->host, to, false);
	wh_delete(chat->host, m.ids);
}

/* It is kept under the new name: here too, then. */
static enum wh_err
rename_do(struct chat_room *room, struct wh_call *call, const char *key, struct wh_str name)
{
	struct chat *chat = room->chat;
	struct wh_session *by = wh_call_session(call);
	const struct wh_identity *who = wh_session_identity(chat->host, by);
	struct wh_room *from = room_hub(room), *to = from;
	const bool other = strcmp(key, room->key) != 0;
	char old_key[CHAT_KEY + 1], old_name[CHAT_KEY + 1], new_name[CHAT_KEY + 1];

	memcpy(old_key, room->key, sizeof old_key);
	memcpy(old_name, room->name, sizeof old_name);
	snprintf(new_name, sizeof new_name, "%.*s", WH_FMT(name));
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(old_name)), WH_ITEM_STR("to", wh_str(new_name)), WH_ITEM_STR("who", who->id),
		WH_ITEM_STR("from", who->name), WH_ITEM_STR("reason", wh_arg_str(call, "reason")) };

	if (from != NULL)
		wh_room_publish(chat->host, from, 0, &(struct wh_event){ "chat.moved", items, sizeof items / sizeof items[0] }, NULL, 0);
	memcpy(room->name, new_name, sizeof room->name);
	room->renamed_ms = wh_now_ms(chat->host);
	if (other) {
		to = wh_room_open(chat->host, wh_str(key));
		wh_dict_remove(chat->host, chat->rooms, wh_str(room->key));
		snprintf(room->key, sizeof room->key, "%s", key);
		if (to == NULL || wh_dict_add(chat->host, chat->rooms, wh_str(room->key), room) != WH_OK) {
			wh_host_log(chat->host, WH_ERROR, "room_not_moved", WH_T("room", old_key), WH_T("to", key));
			memcpy(room->key, old_key, sizeof room->key);
			wh_dict_add(chat->host, chat->rooms, wh_str(room->key), room);
			return WH_ENOMEM;
		}
		wh_room_begin_epoch(chat->host, to, room->seq);
		if (room->kept && chat->accounts != NULL)
			chat->accounts->room_moved(chat->accounts_self, wh_str(old_key), wh_str(room->key));
		if (from != NULL)
			people_move(room, from, to);
	}
	const struct wh_chat_moved told = { .from_key = wh_str(old_key), .from = wh_str(old_name), .key = wh_str(room->key), .name = wh_str(room->name),
		.by = { who->id, who->name }, .session = wh_session_id(chat->host, by), .reason = wh_arg_str(call, "reason") };

	for (unsigned i = 0; i < CHAT_LISTENERS; i++)
		if (chat->watchers[i].moved != NULL)
			chat->watchers[i].moved(chat->watchers[i].self, &told);
	wh_json_text(wh_reply(call), "room", room->name);
	return WH_OK;
}

static void
renamed(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call), *there;
	char key[CHAT_NAME + 1];
	struct wh_str name;
	enum wh_err err;

	room->pending++;
	if (call == NULL) {
		/* Nobody waits any more: it is found under the new name when it is read again. */
	} else if (r->err == WH_ESTATE || r->err == WH_EEXIST) {
		wh_call_done(call, wh_fail(call, WH_EEXIST, "there is a room of that name"));
	} else if (r->err != WH_OK) {
		wh_call_done(call, chat_store_failed(call, r));
	} else if (rename_read(call, key, &name) == NULL) {
		there = room_by_key(chat, wh_str(key));
		if (there != NULL && there != room) {
			/* Somebody looked for the new name meanwhile. */
			const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_TEXT(wh_str(room->key)), WH_CELL_TEXT(wh_str(room->name)) };

			wh_store_run(&chat->table, &(struct wh_step){ Q_ROOM_RENAME, cells, 3, WH_ANY }, 1, NULL, 0);
			wh_call_done(call, wh_fail(call, WH_EEXIST, "there is a room of that name"));
		} else {
			err = rename_do(room, call, key, name);
			wh_call_done(call, err);
		}
	}
	room->pending--;
	room_settle(room);
}

static enum wh_err
rename_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct chat_room *there;
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
	there = room_by_key(chat, wh_str(key));
	if (there != NULL && there != room)
		return wh_fail(call, WH_EEXIST, "there is a room of that name");
	if (room->renamed_ms != 0 && wait > 0)
		return wh_fail_str(call, WH_EFAST, WH_STR("the room got another name just now; try again later"), wait);
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_TEXT(wh_str(key)), WH_CELL_TEXT(name) };

	return task_run(room, call, &(struct wh_step){ Q_ROOM_RENAME, cells, 3, WH_ONE }, 1, renamed);
}

enum wh_err
room_rename(void *self, struct wh_call *call)
{
	return room_with_member(self, call, rename_go);
}
