/* Rooms after the hub was replaced, or the plugin loaded anew under them; and those that ended with a hub, which are swept from the store. */
#include "chat.h"

static bool
person_restore(void *self, struct wh_session *s)
{
	struct chat_person *person = member_add(self, s);

	if (person != NULL)
		person->announced = true;
	return true;
}

/* Counts again who is in it. */
static void
room_recount(struct chat_room *room, struct wh_room *hub)
{
	struct chat *chat = room->chat;
	struct wh_dict_iter it = { .value = NULL };

	while (wh_dict_next(chat->host, room->people, &it))
		((struct chat_person *)it.value)->sessions = 0;
	chat->counting = true;
	wh_room_each(chat->host, hub, person_restore, room);
	chat->counting = false;
	room->n_away = 0;
	it = (struct wh_dict_iter){ .value = NULL };
	while (wh_dict_next(chat->host, room->people, &it)) {
		struct chat_person *person = it.value;

		if (person->sessions != 0)
			continue;
		if (person->lasting) {
			person->away = always_away_now(chat, person->id);
			room->n_away++;
			continue;
		}
		wh_dict_remove(chat->host, room->people, person->id);
		wh_delete(chat->host, person);
	}
}

static bool
room_restore(void *self, struct wh_room *r)
{
	struct chat *chat = self;
	struct wh_str key = wh_room_name(chat->host, r), ids[2];
	struct chat_room *room = room_by_key(chat, key);

	/* A room that gets another name right now is found under both. */
	if (room != NULL && !wh_str_is(key, room->key))
		return true;
	if (room == NULL && wh_room_members(chat->host, r) != 0 && (key.n <= CHAT_NAME || whisper_split(key, ids)))
		room = room_load(chat, key, key);
	if (room != NULL && room->sides == NULL) {
		room_recount(room, r);
		if (room->state == CHAT_READY && room_is_settled(room))
			ranks_find(room);
	}
	if (room != NULL && room->sides != NULL)
		wh_room_keep(chat->host, r, true);
	return true;
}

/* After the hub was replaced, for each edge that comes back; and when the plugin was loaded anew under its rooms. */
void
rooms_read(struct chat *chat)
{
	lives_read(chat);
	moves_recover(chat);
	wh_rooms_each(chat->host, room_restore, chat);
	for (struct wh_list *l = chat->all.next, *next; l != &chat->all; l = next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);

		next = l->next;
		moves_ready(room);
	}
}

enum wh_verdict
rooms_recovered(void *self, struct wh_recovered *r)
{
	(void)r;
	rooms_read(self);
	return WH_PASS;
}

static void
loose_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;

	(void)cookie;
	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++)
		if (room_by_key(chat, wh_row_str(&r->rows[0], i, 1)) == NULL) {
			moves_end(chat, wh_row_int(&r->rows[0], i, 0));
			room_drop(chat, wh_row_int(&r->rows[0], i, 0), (uint64_t)wh_row_int(&r->rows[0], i, 2), NULL);
		}
}

/* Rooms that ended with a hub, and entries whose time is over. */
void
rooms_sweep(void *self, uint64_t cookie)
{
	struct chat *chat = self;
	int64_t now = wh_wall_ms(chat->host);

	(void)cookie;
	whispers_sweep(chat);
	masks_sweep(chat);
	always_sweep(chat);
	moves_sweep(chat);
	wh_store_run(&chat->table, &(struct wh_step){ Q_ROOMS_LOOSE, &WH_CELL_INT(now - chat->set.idle_ms), 1, WH_ANY }, 1, loose_found, 0);
	wh_store_run(&chat->table, (const struct wh_step[]){ { Q_FORGET, &WH_CELL_INT(now), 1, WH_ANY }, { Q_FORGET_INVITES, &WH_CELL_INT(now), 1, WH_ANY },
		{ Q_FORGET_MARKS, &WH_CELL_INT(now - chat->set.guest_ms), 1, WH_ANY }, { Q_FORGET_MASKS, &WH_CELL_INT(now), 1, WH_ANY },
		{ Q_UNHEARD_OLD, &WH_CELL_INT(now - chat->set.always_idle_ms), 1, WH_ANY } }, 5, NULL, 0);
}
