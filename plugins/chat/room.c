/* Rooms in memory. A room is read from the store when a call first names it, and calls wait for it meanwhile. It stays as long as it has
 * people, waiters or entries under way; then it is dropped from memory, and, if nobody registered it, from the store as well. */
#include <stdio.h>

#include "chat.h"

static void waiters_go(struct chat_room *room);
static void waiters_fail(struct chat_room *room, enum wh_err err);
static bool waiters_make(const struct chat_room *room);
static void room_make(struct chat_room *room);
static void room_ready(struct chat_room *room);

struct chat_room *
room_by_key(struct chat *chat, struct wh_str key)
{
	return wh_dict_get(chat->host, chat->rooms, key);
}

struct chat_room *
room_of_hub(struct chat *chat, struct wh_room *r)
{
	return room_by_key(chat, wh_room_name(chat->host, r));
}

struct wh_room *
room_hub(struct chat_room *room)
{
	return wh_room_find(room->chat->host, wh_str(room->key));
}

void
room_free(struct chat_room *room)
{
	struct chat *chat = room->chat;
	struct wh_dict_iter it = { .value = NULL };

	while (wh_dict_next(chat->host, room->people, &it))
		wh_delete(chat->host, it.value);
	wh_dict_free(chat->host, &room->people);
	if (room->sides != NULL && room_hub(room) != NULL)
		wh_room_keep(chat->host, room_hub(room), false);
	wh_delete(chat->host, room->sides);
	given_free(room);
	masks_free(room);
	crowd_free(room);
	while (!wh_list_empty(&room->waiters)) {
		struct chat_waiter *w = WH_CONTAINER(room->waiters.next, struct chat_waiter, link);

		wh_list_remove(&w->link);
		wh_delete(chat->host, w);
	}
	wh_dict_remove(chat->host, chat->rooms, wh_str(room->key));
	wh_list_remove(&room->link);
	wh_delete(chat->host, room);
	wh_metric_set(chat->host, &chat_metrics[M_ROOMS], (int64_t)wh_dict_count(chat->host, chat->rooms));
}

static void
room_emptied(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	const struct wh_cell id = WH_CELL_INT((int64_t)cookie);
	bool more = r->err == WH_OK && r->rows[r->n - 1].changed == CHAT_AT_ONCE;

	/* What fails is found by the sweep. */
	if (r->err == WH_OK)
		wh_store_run(&chat->table, &(struct wh_step){ more ? Q_ROOM_EMPTY : Q_ROOM_BURIED, &id, 1, WH_ANY }, 1, more ? room_emptied : NULL, cookie);
}

void
room_topic(struct chat_room *room, struct wh_str topic, struct wh_str who, struct wh_str name, int64_t time)
{
	snprintf(room->topic, sizeof room->topic, "%.*s", WH_FMT(topic));
	snprintf(room->topic_who, sizeof room->topic_who, "%.*s", WH_FMT(who));
	snprintf(room->topic_name, sizeof room->topic_name, "%.*s", (int)text_cut(name, CHAT_PERSON_NAME), name.n != 0 ? name.p : "");
	room->topic_time = time;
}

/* Is a whisper still of use to those who are here? */
static bool
whisper_stays(struct chat_room *room)
{
	struct wh_room *hub = room->sides != NULL && room->state == CHAT_READY ? room_hub(room) : NULL;

	return hub != NULL && wh_room_members(room->chat->host, hub) != 0 &&
	    wh_now_ms(room->chat->host) - room->used_ms <= CHAT_WHISPER_IDLE;
}

/* It is gone from the store. Who asked for it meanwhile gets a new one. */
static void
room_ended(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat_room *room = (struct chat_room *)(uintptr_t)cookie;

	(void)self;
	if (r->err != WH_OK)
		wh_host_log(room->chat->host, WH_ERROR, "room_not_dropped", WH_T("room", room->key), WH_S("why", r->why));
	moves_end(room->chat, room->id);
	room->state = CHAT_ABSENT;
	room->id = room->epoch = room->created = 0;
	room->seq = 0;
	room->latest = 0;
	room->owner[0] = '\0';
	room_topic(room, WH_STR(""), WH_STR(""), WH_STR(""), 0);
	given_free(room);
	masks_free(room);
	room->rules = room->asked = (struct chat_rules){ .access = CHAT_PUBLIC };
	if (r->err != WH_OK)
		waiters_fail(room, WH_EAWAY);
	if (waiters_make(room))
		room_make(room);
	else
		waiters_go(room);
}

static void
room_buried(void *self, uint64_t cookie, const struct wh_result *r)
{
	room_emptied(self, (uint64_t)((struct chat_room *)(uintptr_t)cookie)->id, r);
	room_ended(self, cookie, r);
}

bool
room_drop(struct chat *chat, int64_t id, uint64_t seq, struct chat_room *room)
{
	const struct wh_cell cell = WH_CELL_INT(id);
	const struct wh_step drop[] = { { Q_ROOM_DROP, &cell, 1, WH_ANY }, { Q_ROOM_BURIED, &cell, 1, WH_ANY } };
	const struct wh_step bury[] = { { Q_ROOM_BURY, &cell, 1, WH_ANY }, { Q_ROOM_EMPTY, &cell, 1, WH_ANY } };
	bool at_once = seq <= CHAT_AT_ONCE;
	wh_store_done *done = room != NULL ? at_once ? room_ended : room_buried : at_once ? NULL : room_emptied;

	return wh_store_run(&chat->table, at_once ? drop : bury, 2, done, room != NULL ? (uintptr_t)room : (uint64_t)id) == WH_OK;
}

/* While it is being dropped it stays here, so that nobody reads from the store what is about to go. */
static bool
room_end(struct chat_room *room)
{
	if (room->state != CHAT_READY || room->kept || room->n_away != 0)
		return false;
	room->state = CHAT_ENDING;
	return room_drop(room->chat, room->id, room->seq, room);
}

void
room_settle(struct chat_room *room)
{
	if (room->state == CHAT_LOADING || room->state == CHAT_MAKING || room->state == CHAT_ENDING || room->pending != 0 || !wh_list_empty(&room->waiters) ||
	    wh_dict_count(room->chat->host, room->people) != room->n_away || whisper_stays(room))
		return;
	if (room->sides != NULL)
		whisper_leave(room);
	if (!room_end(room))
		room_free(room);
}

static const char *
room_absent(const struct chat_room *room)
{
	return room->sides != NULL ? "nothing was whispered with them yet" : "there is no such room; chat.join makes it";
}

static void
waiters_go(struct chat_room *room)
{
	struct chat *chat = room->chat;

	room->pending++;	/* it stays while they are told */
	while (!wh_list_empty(&room->waiters) && (room->state == CHAT_READY || room->state == CHAT_ABSENT)) {
		struct chat_waiter *w = WH_CONTAINER(room->waiters.next, struct chat_waiter, link);
		struct wh_call *call = wh_call_find(chat->host, w->call);
		chat_go *go = w->go;
		struct chat_ask *ask = w->ask;
		enum wh_err err = WH_OK;

		wh_list_remove(&w->link);
		wh_delete(chat->host, w);
		if (ask != NULL && room->state == CHAT_READY)
			ask_go(ask, room);
		else if (ask != NULL)
			ask_end(ask, WH_ENOENT, 0);
		if (call == NULL)
			continue;
		err = room->state == CHAT_READY ? go(chat, call, room) : wh_fail(call, WH_ENOENT, room_absent(room));
		if (err != WH_WAIT)
			wh_call_done(call, err);
	}
	room->pending--;
	room_settle(room);
}

static void
waiters_fail(struct chat_room *room, enum wh_err err)
{
	while (!wh_list_empty(&room->waiters)) {
		struct chat_waiter *w = WH_CONTAINER(room->waiters.next, struct chat_waiter, link);
		struct wh_call *call = wh_call_find(room->chat->host, w->call);
		struct chat_ask *ask = w->ask;

		wh_list_remove(&w->link);
		wh_delete(room->chat->host, w);
		if (ask != NULL)
			ask_end(ask, err, 0);
		if (call != NULL)
			wh_call_done(call, wh_fail_str(call, err, WH_STR("rooms can't be read or made now; try again"), 1000));
	}
}

/* What accounts may do in it is known. */
static void
rooms_settled(void *self)
{
	struct chat *chat = self;

	for (struct wh_list *l = chat->all.next, *next; l != &chat->all; l = next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link), *after = NULL;

		next = l->next;
		if (!room->unsettled) {
			room_settle(room);
			continue;
		}
		room->unsettled = false;
		if (room->state == CHAT_READY) {
			ranks_find(room);
			continue;
		}
		/* Calls that waited go on now, and may let go of any room but the next one of ours. */
		if (next != &chat->all) {
			after = WH_CONTAINER(next, struct chat_room, link);
			after->pending++;
		}
		room_ready(room);
		if (after != NULL)
			after->pending--;
	}
}

bool
room_is_settled(struct chat_room *room)
{
	struct chat *chat = room->chat;

	room->unsettled = room->kept && chat->accounts != NULL && wh_dict_count(chat->host, room->people) != 0 &&
	    chat->accounts->settle(chat->accounts_self, rooms_settled, chat) == WH_WAIT;
	return !room->unsettled;
}

/* Who is there was counted before it was known whose room it is. */
static void
room_ready(struct chat_room *room)
{
	if (!room_is_settled(room))
		return;
	struct wh_dict_iter it = { .value = NULL };

	while (wh_dict_next(room->chat->host, room->people, &it)) {
		struct chat_person *person = it.value;

		person->founder = wh_str_is(person->id, room->owner);
		person->from_seq = room->seq;
	}
	room->state = CHAT_READY;
	ranks_find(room);
	moves_ready(room);
	waiters_go(room);
}

static bool
waiters_make(const struct chat_room *room)
{
	for (const struct wh_list *l = room->waiters.next; l != &room->waiters; l = l->next)
		if (WH_CONTAINER(l, const struct chat_waiter, link)->make)
			return true;
	return false;
}

static void room_catch_up(struct chat_room *room, uint64_t everywhere);

/* What the members lack of the log: the hub died between a commit and its publishing. */
static void
caught_up(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat_room *room = (struct chat_room *)(uintptr_t)cookie;
	struct chat_entry e = { .seq = 0 };

	(void)self;
	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++) {
		entry_read(&r->rows[0], i, 0, &e);
		entry_publish(room, &e, NULL);
	}
	if (r->err != WH_OK)
		wh_host_log(room->chat->host, WH_ERROR, "room_not_caught_up", WH_T("room", room->key), WH_S("why", r->why));
	if (r->err == WH_OK && r->rows[0].n == CHAT_CATCH_UP)
		room_catch_up(room, e.seq);
	else
		room_ready(room);
}

static void
room_catch_up(struct chat_room *room, uint64_t everywhere)
{
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_INT((int64_t)everywhere), WH_CELL_INT((1 << CHAT_KINDS) - 2),
		WH_CELL_INT(CHAT_CATCH_UP), WH_CELL_INT(0), WH_CELL_INT(INT64_MAX) };

	if (wh_store_run(&room->chat->table, &(struct wh_step){ Q_AFTER_SEQ, cells, 6, WH_ANY }, 1, caught_up, (uintptr_t)room) != WH_OK)
		room_ready(room);
}

/* The log is older than what was published: it was restored from a backup. */
static void
room_new_epoch(struct chat_room *room, struct wh_room *hub, uint64_t was)
{
	struct chat *chat = room->chat;

	room->epoch = wh_wall_ms(chat->host);
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_INT(room->epoch) };
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_INT("epoch", room->epoch),
		WH_ITEM_INT("seq", (int64_t)room->seq) };

	wh_room_begin_epoch(chat->host, hub, room->seq);
	wh_store_run(&chat->table, &(struct wh_step){ Q_ROOM_EPOCH, cells, 2, WH_ANY }, 1, NULL, 0);
	wh_room_publish(chat->host, hub, 0, &(struct wh_event){ "chat.epoch", items, 3 }, NULL, 0);
	wh_host_log(chat->host, WH_WARN, "room_epoch", WH_T("room", room->key), WH_U("was", was), WH_U("is", room->seq));
}

/* The room is known; now the hub's, if there is one, has to know as much. */
static void
room_meets_hub(struct chat_room *room)
{
	struct chat *chat = room->chat;
	struct wh_room *hub = room_hub(room);
	uint64_t seq = hub != NULL ? wh_room_seq(chat->host, hub) : room->seq;

	if (hub != NULL && seq > room->seq)
		room_new_epoch(room, hub, seq);
	else if (hub != NULL && seq == 0 && wh_room_members(chat->host, hub) == 0)
		wh_room_begin_epoch(chat->host, hub, room->seq);	/* new in the hub: it begins where the log ends */
	else if (hub != NULL && wh_room_seq_everywhere(chat->host, hub) < room->seq) {
		room_catch_up(room, wh_room_seq_everywhere(chat->host, hub));
		return;
	}
	room_ready(room);
}

static void
room_made(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat_room *room = (struct chat_room *)(uintptr_t)cookie;

	(void)self;
	if (r->err != WH_OK) {
		room->state = CHAT_ABSENT;
		waiters_fail(room, WH_EAWAY);
		room_settle(room);
		return;
	}
	room->id = wh_row_int(&r->rows[0], 0, 0);
	room_meets_hub(room);
}

static enum wh_err
room_make_place(struct chat_room *room)
{
	struct chat *chat = room->chat;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(room->key)), WH_CELL_TEXT(wh_str(room->name)), WH_CELL_INT(wh_wall_ms(chat->host)),
		WH_CELL_INT(wh_wall_ms(chat->host)), WH_CELL_INT(chat->set.keep_ms), WH_CELL_INT(room->rules.access), WH_CELL_TEXT(wh_str(room->owner)) };

	const struct wh_step steps[] = { { Q_ROOM_MAKE, cells, 7, WH_ONE }, { Q_MOVE_OFF, cells, 1, WH_ANY } };

	room->epoch = room->created = cells[2].i;
	room->rules.links = true;
	room->rules.keep_ms = chat->set.keep_ms;
	move_over(chat, wh_str(room->key));
	return wh_store_run(&chat->table, steps, 2, room_made, (uintptr_t)room);
}

/* Who asked first for it to be made. */
static void
room_founded(struct chat_room *room)
{
	for (const struct wh_list *l = room->waiters.next; l != &room->waiters && room->owner[0] == '\0'; l = l->next) {
		const struct chat_waiter *w = WH_CONTAINER(l, const struct chat_waiter, link);
		struct wh_call *call = w->make ? wh_call_find(room->chat->host, w->call) : NULL;
		struct wh_str id = call != NULL ? wh_session_identity(room->chat->host, wh_call_session(call))->id : (struct wh_str){ NULL, 0 };

		if (id.n != 0 && id.n < sizeof room->owner)
			memcpy(room->owner, id.p, id.n);
	}
}

static void
room_make(struct chat_room *room)
{
	room->state = CHAT_MAKING;
	room_founded(room);
	if ((room->sides != NULL ? whisper_make(room, room_made) : room_make_place(room)) == WH_OK)
		return;
	room->state = CHAT_ABSENT;
	waiters_fail(room, WH_EAWAY);
	room_settle(room);
}

static void
room_read(struct chat_room *room, const struct wh_rows *rows)
{
	struct wh_str name = wh_row_str(rows, 0, 1), topic = wh_row_str(rows, 0, 6);

	room->id = wh_row_int(rows, 0, 0);
	snprintf(room->name, sizeof room->name, "%.*s", WH_FMT(name));
	room->epoch = wh_row_int(rows, 0, 2);
	room->created = wh_row_int(rows, 0, 3);
	room->kept = wh_row_int(rows, 0, 4) != 0;
	room->seq = (uint64_t)wh_row_int(rows, 0, 5);
	room->latest = wh_row_int(rows, 0, 28);
	room_topic(room, topic, wh_row_str(rows, 0, 15), wh_row_str(rows, 0, 16), wh_row_int(rows, 0, 17));
	room->rules = (struct chat_rules){ .access = (enum chat_access)wh_row_int(rows, 0, 7), .speakers = (enum chat_speakers)wh_row_int(rows, 0, 8),
		.slow_ms = wh_row_int(rows, 0, 9), .min_age_ms = wh_row_int(rows, 0, 10), .keep_ms = wh_row_int(rows, 0, 11),
		.links = wh_row_int(rows, 0, 12) != 0 };
	rules_read(rows, 18, &room->rules);
	snprintf(room->rules.key, sizeof room->rules.key, "%.*s", WH_FMT(wh_row_str(rows, 0, 13)));
	snprintf(room->owner, sizeof room->owner, "%.*s", WH_FMT(wh_row_str(rows, 0, 14)));
}

static void
room_loaded(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat_room *room = (struct chat_room *)(uintptr_t)cookie;

	(void)self;
	if (r->err != WH_OK) {
		room->state = CHAT_ABSENT;
		waiters_fail(room, WH_EAWAY);
		room_settle(room);
	} else if (r->rows[0].n != 0) {
		room_read(room, &r->rows[0]);
		if (room->sides != NULL)
			whisper_read(room, &r->rows[1]);
		else
			given_read(room, &r->rows[1]);
		if (room->sides == NULL)
			masks_read(room, &r->rows[2]);
		if (room->sides == NULL)
			always_room(room, &r->rows[3]);
		room_meets_hub(room);
	} else if (waiters_make(room) || wh_dict_count(room->chat->host, room->people) != 0) {
		room_make(room);	/* who is there found it when the hub was replaced, and the store did not */
	} else {
		room->state = CHAT_ABSENT;
		waiters_go(room);
	}
}

struct chat_room *
room_load(struct chat *chat, struct wh_str key, struct wh_str name)
{
	struct chat_room *room;
	const struct wh_cell by = WH_CELL_TEXT(key);
	struct wh_step steps[] = { { Q_ROOM_BY_KEY, &by, 1, WH_ANY }, { Q_GIVEN, &by, 1, WH_ANY }, { Q_MASKS, &by, 1, WH_ANY }, { Q_STAYING, &by, 1, WH_ANY } };
	enum wh_err err;

	if ((wh_dict_count(chat->host, chat->rooms) >= (size_t)chat->set.rooms && !whisper_makes_room(chat)) || (room = wh_new(chat->host, sizeof *room)) == NULL)
		return NULL;
	room->chat = chat;
	room->masks_change = 1;
	wh_list_init(&room->link);
	wh_list_init(&room->waiters);
	snprintf(room->key, sizeof room->key, "%.*s", WH_FMT(key));
	snprintf(room->name, sizeof room->name, "%.*s", WH_FMT(name));
	room->people = wh_dict_new(chat->host, 0);
	wh_list_add_last(&chat->all, &room->link);
	err = room->people == NULL || wh_dict_add(chat->host, chat->rooms, wh_str(room->key), room) != WH_OK ? WH_ENOMEM : whisper_name(room);
	if (room->sides != NULL)
		steps[1] = (struct wh_step){ Q_PAIR_OF, &by, 1, WH_ANY };
	if (err != WH_OK || wh_store_run(&chat->table, steps, room->sides != NULL ? 2 : 4, room_loaded, (uintptr_t)room) != WH_OK) {
		if (room->people == NULL) {
			wh_list_remove(&room->link);
			wh_delete(chat->host, room);
		} else {
			room_free(room);
		}
		return NULL;
	}
	wh_metric_set(chat->host, &chat_metrics[M_ROOMS], (int64_t)wh_dict_count(chat->host, chat->rooms));
	return room;
}

static enum wh_err
room_wait(struct chat_room *room, struct wh_call *call, bool make, chat_go *go)
{
	struct chat_waiter *w = wh_new(room->chat->host, sizeof *w);

	if (w == NULL)
		return WH_ENOMEM;
	*w = (struct chat_waiter){ .call = wh_call_hold(call), .go = go, .make = make };
	wh_list_add_last(&room->waiters, &w->link);
	return WH_WAIT;
}

enum wh_err
room_with(struct chat *chat, struct wh_call *call, bool make, chat_go *go)
{
	struct wh_str name = wh_arg_str(call, "room");
	char key[CHAT_NAME + 1];
	const struct chat_move *move;
	struct chat_room *room;

	if (name.n > 1 && name.p[0] == '@')
		return whisper_with(chat, call, name, false, go);
	if (!text_room_key(name, key))
		return wh_fail(call, WH_EINVAL, "that can be no room's name: use letters, digits, and - _ .");
	room = room_by_key(chat, wh_str(key));
	if (name.p[0] == '#')
		name = wh_str_from(name, 1);
	if ((room == NULL || room->state == CHAT_ABSENT) && (move = move_find(chat, wh_str(key))) != NULL) {
		snprintf(key, sizeof key, "%.*s", CHAT_NAME, move->to_key);
		name = wh_str(move->to);
		room = room_by_key(chat, wh_str(key));
	}
	if (room == NULL)
		room = room_load(chat, wh_str(key), name);
	if (room == NULL)
		return wh_fail_str(call, WH_EFULL, WH_STR("too many rooms are open now; try again"), 1000);
	return room_go(room, call, make, go);
}

enum wh_err
room_go(struct chat_room *room, struct wh_call *call, bool make, chat_go *go)
{
	enum wh_err err;

	if (room->state == CHAT_READY) {
		room->pending++;	/* it stays until we know what came of it */
		err = go(room->chat, call, room);
		room->pending--;
		room_settle(room);
		return err;
	}
	if (room->state == CHAT_ABSENT && !make)
		return wh_fail(call, WH_ENOENT, room_absent(room));
	err = room_wait(room, call, make, go);
	if (room->state == CHAT_ABSENT)
		room_make(room);
	return err;
}

/* An account's call over HTTP counts as its sessions do that are there: a bot may listen in one way and speak in the other. */
bool
room_has(struct chat_room *room, struct wh_session *s)
{
	const struct chat *chat = room->chat;
	const struct wh_identity *who = wh_session_identity(chat->host, s);
	struct wh_room *hub;

	if (room->sides != NULL)
		return whisper_side(room, who->id, false) != NULL;
	if (who->kind == WH_ACCOUNT && *wh_session_dialect(chat->host, s) == '\0')
		return member_find(room, who->id) != NULL;
	hub = room_hub(room);
	return hub != NULL && wh_room_has(chat->host, hub, s);
}

/* A room that is not in memory has nobody in it. After the hub was replaced it may be there, and still be read. */
enum wh_err
room_with_member(struct chat *chat, struct wh_call *call, chat_go *go)
{
	struct wh_str name = wh_arg_str(call, "room");
	char key[CHAT_NAME + 1], why[CHAT_KEY + 32];
	const struct chat_move *move;
	struct chat_room *room;

	if (name.n > 1 && name.p[0] == '@')
		return whisper_with(chat, call, name, false, go);
	if (!text_room_key(name, key))
		return wh_fail(call, WH_EINVAL, "that can be no room's name: use letters, digits, and - _ .");
	room = room_by_key(chat, wh_str(key));
	if (room == NULL && (move = move_find(chat, wh_str(key))) != NULL) {
		snprintf(why, sizeof why, "the room is called %s now", move->to);
		return wh_fail_str(call, WH_EPERM, wh_str(why), 0);
	}
	if (room == NULL || !room_has(room, wh_call_session(call)))
		return wh_fail(call, WH_EPERM, "enter the room first: chat.join");
	return room_go(room, call, false, go);
}
