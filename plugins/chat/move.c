/* Names that rooms had. Each stands in chat_moved and in memory, and leads to its room for a while (`redirect`). It is written in one transaction
 * with the new name, so that whoever dies then finds out: people that the edges still have under the old name are moved behind the others
 * (moves_recover), and what other plugins keep under the name is told to follow (moves_tell), once more if need be.
 * Bound: CHAT_MOVES in all, CHAT_MOVES_ROOM of one room; the oldest goes first. */
#include "chat.h"

static struct wh_str
text_keep(char **to, struct wh_str text)
{
	struct wh_str kept = { *to, text.n };

	if (text.n != 0)
		memcpy(*to, text.p, text.n);
	(*to)[text.n] = '\0';
	*to += text.n + 1;
	return kept;
}

static void
move_free(struct chat *chat, struct chat_move *m)
{
	if (wh_dict_get(chat->host, chat->moves, m->key) == m)
		wh_dict_remove(chat->host, chat->moves, m->key);
	chat->n_owed -= m->owed;
	wh_list_remove(&m->link);
	wh_delete(chat->host, m);
}

void
moves_free(struct chat *chat)
{
	while (!wh_list_empty(&chat->all_moves))
		move_free(chat, WH_CONTAINER(chat->all_moves.next, struct chat_move, link));
	wh_dict_free(chat->host, &chat->moves);
}

/* As CHAT_MOVES_ROOM in the statement. */
static void
moves_trim(struct chat *chat, int64_t room)
{
	unsigned n = 0;

	for (struct wh_list *l = chat->all_moves.next; l != &chat->all_moves; l = l->next)
		n += WH_CONTAINER(l, struct chat_move, link)->room == room;
	for (struct wh_list *l = chat->all_moves.next, *next; l != &chat->all_moves && n > CHAT_MOVES_ROOM; l = next) {
		struct chat_move *m = WH_CONTAINER(l, struct chat_move, link);

		next = l->next;
		if (m->room != room)
			continue;
		move_free(chat, m);
		n--;
	}
}

static struct chat_move *
move_keep(struct chat *chat, const struct chat_move *from, struct wh_str to_key, struct wh_str to)
{
	struct chat_move *m;
	char *text;

	if (to_key.n > CHAT_KEY || to.n > CHAT_KEY)
		return NULL;
	move_over(chat, from->key);
	if (wh_dict_count(chat->host, chat->moves) >= CHAT_MOVES)
		move_free(chat, WH_CONTAINER(chat->all_moves.next, struct chat_move, link));
	m = wh_new(chat->host, sizeof *m + from->key.n + from->name.n + from->who.n + from->who_name.n + from->reason.n + 5);
	if (m == NULL)
		return NULL;
	text = m->text;
	m->key = text_keep(&text, from->key);
	m->name = text_keep(&text, from->name);
	m->who = text_keep(&text, from->who);
	m->who_name = text_keep(&text, from->who_name);
	m->reason = text_keep(&text, from->reason);
	m->room = from->room;
	m->time = from->time;
	m->untold = from->untold;
	m->hidden = from->hidden;
	memcpy(m->to_key, to_key.p, to_key.n);
	memcpy(m->to, to.p, to.n);
	wh_list_add_last(&chat->all_moves, &m->link);
	if (wh_dict_add(chat->host, chat->moves, m->key, m) != WH_OK) {
		move_free(chat, m);
		return NULL;
	}
	return m;
}

/* Who has not been told of the room shall not find it by a name that it gave up. */
static bool
is_hidden(enum chat_access access)
{
	return access != CHAT_PUBLIC && access != CHAT_KEYED;
}

void
moves_refresh(struct chat_room *room)
{
	for (struct wh_list *l = room->chat->all_moves.next; l != &room->chat->all_moves; l = l->next) {
		struct chat_move *m = WH_CONTAINER(l, struct chat_move, link);

		if (m->room != room->id)
			continue;
		m->hidden = is_hidden(room->rules.access);
		memcpy(m->to_key, room->key, sizeof m->to_key);
		memcpy(m->to, room->name, sizeof m->to);
	}
}

void
moves_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	const struct wh_rows *rows = r->rows;

	(void)cookie;
	for (size_t i = 0; r->err == WH_OK && i < rows->n; i++) {
		const struct chat_move m = { .key = wh_row_str(rows, i, 0), .name = wh_row_str(rows, i, 1), .room = wh_row_int(rows, i, 2),
			.time = wh_row_int(rows, i, 3), .untold = wh_row_int(rows, i, 4) == 0, .who = wh_row_str(rows, i, 5), .who_name = wh_row_str(rows, i, 6),
			.reason = wh_row_str(rows, i, 7), .hidden = is_hidden((enum chat_access)wh_row_int(rows, i, 10)) };

		move_keep(chat, &m, wh_row_str(rows, i, 8), wh_row_str(rows, i, 9));
	}
	if (r->err != WH_OK)
		wh_host_log(chat->host, WH_ERROR, "old_names_not_read", WH_S("why", r->why));
}

/* The old name, whether it still leads there or not. */
static struct chat_move *
move_any(struct chat *chat, struct wh_str key)
{
	return wh_dict_get(chat->host, chat->moves, key);
}

const struct chat_move *
move_find(struct chat *chat, struct wh_str key)
{
	const struct chat_move *m = move_any(chat, key);

	return m != NULL && !m->hidden && m->time + chat->set.redirect_ms > wh_wall_ms(chat->host) ? m : NULL;
}

void
move_over(struct chat *chat, struct wh_str key)
{
	struct chat_move *m = move_any(chat, key);

	if (m != NULL)
		move_free(chat, m);
}

void
moves_end(struct chat *chat, int64_t room)
{
	for (struct wh_list *l = chat->all_moves.next, *next; l != &chat->all_moves; l = next) {
		struct chat_move *m = WH_CONTAINER(l, struct chat_move, link);

		next = l->next;
		if (m->room == room)
			move_free(chat, m);
	}
}

void
moves_sweep(struct chat *chat)
{
	int64_t before = wh_wall_ms(chat->host) - chat->set.redirect_ms;

	for (struct wh_list *l = chat->all_moves.next, *next; l != &chat->all_moves; l = next) {
		struct chat_move *m = WH_CONTAINER(l, struct chat_move, link);

		next = l->next;
		if (m->time < before && !m->untold && !m->owed)
			move_free(chat, m);
	}
	wh_store_run(&chat->table, &(struct wh_step){ Q_FORGET_MOVES, &WH_CELL_INT(before), 1, WH_ANY }, 1, NULL, 0);
}

/* Telling */

void
move_publish(struct chat *chat, struct wh_room *hub, const struct chat_move *m, struct wh_str to)
{
	const struct wh_item items[] = { WH_ITEM_STR("room", m->name), WH_ITEM_STR("to", to), WH_ITEM_STR("who", m->who), WH_ITEM_STR("from", m->who_name),
		WH_ITEM_STR("reason", m->reason) };

	wh_room_publish(chat->host, hub, 0, &(struct wh_event){ "chat.moved", items, sizeof items / sizeof items[0] }, NULL, 0);
}

static void
tell(struct chat *chat, struct chat_move *m, wh_id session, bool again)
{
	const struct wh_chat_moved moved = { .from_key = m->key, .from = m->name, .key = wh_str(m->to_key), .name = wh_str(m->to),
		.by = { m->who, m->who_name }, .session = session, .reason = m->reason, .again = again };
	const struct wh_cell key = WH_CELL_TEXT(m->key);

	if (chat->accounts != NULL)
		chat->accounts->room_moved(chat->accounts_self, m->key, wh_str(m->to_key));
	moved_tell(chat, &moved);
	/* Behind what they wrote: it is told again as long as that is not committed. */
	if (m->untold)
		wh_store_run(&chat->table, &(struct wh_step){ Q_MOVE_TOLD, &key, 1, WH_ANY }, 1, NULL, 0);
	m->untold = false;
}

void
moved_tell(struct chat *chat, const struct wh_chat_moved *moved)
{
	for (unsigned i = 0; i < CHAT_LISTENERS; i++)
		if (chat->listeners[i].moved != NULL)
			chat->listeners[i].moved(chat->listeners[i].self, moved);
}

void
move_add(struct chat_room *room, const struct chat_move *from, wh_id session)
{
	struct chat *chat = room->chat;
	struct chat_move *m = move_keep(chat, from, wh_str(room->key), wh_str(room->name));

	if (m == NULL) {
		/* It is in the store, and told once more when that is read. */
		wh_host_log(chat->host, WH_ERROR, "out_of_memory", WH_T("for", "the old name of a room"));
		return;
	}
	/* The name may have led here. */
	move_over(chat, wh_str(room->key));
	moves_refresh(room);
	tell(chat, m, session, false);
	moves_trim(chat, room->id);
}

void
moves_tell(struct chat *chat)
{
	for (struct wh_list *l = chat->all_moves.next, *next; l != &chat->all_moves; l = next) {
		struct chat_move *m = WH_CONTAINER(l, struct chat_move, link);

		next = l->next;
		if (m->untold && !m->owed)
			tell(chat, m, 0, true);
	}
}

/* After the hub was replaced */

static void
people_follow(struct chat *chat, struct chat_move *m, struct wh_room *from)
{
	struct wh_room *to = wh_room_open(chat->host, wh_str(m->to_key));

	if (to == NULL) {
		wh_host_log(chat->host, WH_ERROR, "room_not_moved", WH_S("room", m->key), WH_T("to", m->to_key));
		return;
	}
	move_publish(chat, from, m, wh_str(m->to));
	if (wh_room_members(chat->host, to) == 0)
		wh_room_begin_epoch(chat->host, to, wh_room_seq(chat->host, from));
	wh_room_move(chat->host, from, to);
	chat->n_owed += !m->owed;
	m->owed = true;
	wh_host_log(chat->host, WH_INFO, "room_moved_late", WH_S("room", m->key), WH_T("to", m->to_key));
}

void
moves_recover(struct chat *chat)
{
	for (struct wh_list *l = chat->all_moves.next; l != &chat->all_moves; l = l->next) {
		struct chat_move *m = WH_CONTAINER(l, struct chat_move, link);
		struct wh_room *from = wh_room_find(chat->host, m->key);

		if (from != NULL && wh_room_members(chat->host, from) != 0 && room_by_key(chat, m->key) == NULL)
			people_follow(chat, m, from);
	}
}

void
moves_ready(struct chat_room *room)
{
	struct chat *chat = room->chat;

	for (struct wh_list *l = chat->all_moves.next, *next; chat->n_owed != 0 && l != &chat->all_moves && room->state == CHAT_READY; l = next) {
		struct chat_move *m = WH_CONTAINER(l, struct chat_move, link);

		next = l->next;
		if (!m->owed || m->room != room->id)
			continue;
		m->owed = false;
		chat->n_owed--;
		tell(chat, m, 0, false);
	}
}
