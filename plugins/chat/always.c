/* Accounts that are always on: they stay in their rooms without a connection, as long as they wish, the server allows it (`always`), and they
 * come back within `always_idle`. Who is one stands in chat_always and in memory; the rooms in which they stay stand in chat_stay, and are
 * read with the room, so that a room which nobody uses costs no memory for those who stay in it. In a room they are people without a
 * session (`lasting`, and counted in `n_away`), whom the others see as away once nobody of them was there for `away_after`. They stay when a
 * session ends; they leave, with all their sessions, when they say so or are sent out.
 * How far each of their clients has heard is kept by a name that the client gives itself (`device`), when its session ends. */
#include "chat.h"

enum { ALWAYS_AT_ONCE = 20 };

struct chat_always {
	struct wh_str id, fold;		/* in `text` */
	int64_t seen;			/* wall clock, ms: when a session last was there */
	struct wh_list gone;		/* in chat.gone, until they are away */
	int64_t gone_ms;		/* when the last session ended; now_ms */
	bool away;
	bool alone;			/* in some room without a session, and not seen as away there */
	unsigned rooms;
	char name[CHAT_PERSON_NAME + 1];
	char text[];			/* id, then the folded name */
};

struct chat_always *
always_find(struct chat *chat, struct wh_str id)
{
	return wh_dict_get(chat->host, chat->always, id);
}

bool
always_away_now(struct chat *chat, struct wh_str id)
{
	const struct chat_always *a = always_find(chat, id);

	return a != NULL && a->away;
}

bool
always_may(const struct chat *chat)
{
	return chat->set.always != 0;
}

struct wh_str
always_by_name(struct chat *chat, struct wh_str name)
{
	char fold[CHAT_FOLD];
	size_t n = text_fold(name, fold);
	const struct chat_always *a = n != 0 ? wh_dict_get(chat->host, chat->always_names, (struct wh_str){ fold, n }) : NULL;

	return a != NULL ? a->id : (struct wh_str){ NULL, 0 };
}

static void
always_free(struct chat *chat, struct chat_always *a)
{
	if (wh_dict_get(chat->host, chat->always_names, a->fold) == a)
		wh_dict_remove(chat->host, chat->always_names, a->fold);
	wh_dict_remove(chat->host, chat->always, a->id);
	wh_list_remove(&a->gone);
	wh_delete(chat->host, a);
}

static void
stay_tell(struct chat *chat, const struct chat_always *a, enum wh_chat_stay what)
{
	const struct wh_chat_actor who = { a->id, wh_str(a->name) };

	for (unsigned i = 0; i < CHAT_LISTENERS; i++)
		if (chat->listeners[i].stayed != NULL)
			chat->listeners[i].stayed(chat->listeners[i].self, &who, what);
}

void
always_each(struct chat *chat, bool (*each)(void *self, const struct wh_chat_actor *who, enum wh_chat_stay what), void *self)
{
	struct wh_dict_iter it = { .value = NULL };

	while (wh_dict_next(chat->host, chat->always, &it)) {
		const struct chat_always *a = it.value;

		if (!each(self, &(struct wh_chat_actor){ a->id, wh_str(a->name) }, a->away ? WH_STAY_AWAY : WH_STAY_BACK))
			return;
	}
}

/* NULL: no memory. */
static struct chat_always *
always_new(struct chat *chat, struct wh_str id, struct wh_str name)
{
	char fold[CHAT_FOLD];
	size_t n = text_fold(name, fold);
	struct chat_always *a = wh_new(chat->host, sizeof *a + id.n + n);

	if (a == NULL)
		return NULL;
	memcpy(a->text, id.p, id.n);
	memcpy(a->text + id.n, fold, n);
	a->id = (struct wh_str){ a->text, id.n };
	a->fold = (struct wh_str){ a->text + id.n, n };
	a->seen = wh_wall_ms(chat->host);
	wh_list_init(&a->gone);
	memcpy(a->name, name.p, text_cut(name, CHAT_PERSON_NAME));
	if (wh_dict_add(chat->host, chat->always, a->id, a) != WH_OK) {
		wh_delete(chat->host, a);
		return NULL;
	}
	if (n != 0 && wh_dict_get(chat->host, chat->always_names, a->fold) == NULL)
		wh_dict_add(chat->host, chat->always_names, a->fold, a);	/* without it they are found by id alone */
	return a;
}

void
always_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;

	(void)cookie;
	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++) {
		struct wh_str id = wh_row_str(&r->rows[0], i, 0);
		struct chat_always *a = id.n <= CHAT_WHO && always_find(chat, id) == NULL ? always_new(chat, id, wh_row_str(&r->rows[0], i, 1)) : NULL;

		if (a == NULL)
			continue;
		a->seen = wh_row_int(&r->rows[0], i, 2);
		a->away = live_by_id(chat, id) == NULL;	/* sessions that are there, or come back, say otherwise */
		a->rooms = (unsigned)wh_row_int(&r->rows[0], i, 3);
	}
}

void
always_close(struct chat *chat)
{
	struct wh_dict_iter it = { .value = NULL };

	while (chat->always != NULL && wh_dict_next(chat->host, chat->always, &it)) {
		wh_dict_remove(chat->host, chat->always, ((struct chat_always *)it.value)->id);
		wh_delete(chat->host, it.value);
		it = (struct wh_dict_iter){ .value = NULL };
	}
	wh_dict_free(chat->host, &chat->always);
	wh_dict_free(chat->host, &chat->always_names);
}

/* Rooms */

static void
away_tell(struct chat_room *room, const struct chat_person *person, bool away)
{
	struct wh_room *hub = room_hub(room);
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("who", person->id), WH_ITEM_STR("name", person->name),
		WH_ITEM_BOOL("away", away) };

	if (hub != NULL && !crowd_is(room))
		wh_room_publish(room->chat->host, hub, 0, &(struct wh_event){ "chat.away", items, 4 }, NULL, WH_PRESENCE);
}

void
always_entered(struct chat_room *room, struct chat_person *person)
{
	struct chat *chat = room->chat;
	struct chat_always *a = room->sides == NULL && !person->lasting ? always_find(chat, person->id) : NULL;
	const struct wh_cell cells[] = { WH_CELL_TEXT(person->id), WH_CELL_INT(room->id), WH_CELL_INT(person->ranks) };

	if (a == NULL || a->rooms >= CHAT_STAYS || wh_store_run(&chat->table, &(struct wh_step){ Q_STAY, cells, 3, WH_ANY }, 1, NULL, 0) != WH_OK)
		return;
	person->lasting = true;
	a->rooms++;
}

void
always_back(struct chat_room *room, struct chat_person *person)
{
	if (!person->lasting || person->sessions != 0)
		return;
	if (!room->chat->counting)
		room->n_away--;
	if (person->away && !room->chat->counting)
		away_tell(room, person, false);
	person->away = false;
}

void
always_left_alone(struct chat_room *room, struct chat_person *person)
{
	struct chat *chat = room->chat;
	const struct chat_live *live = live_by_id(chat, person->id);
	struct chat_always *a = always_find(chat, person->id);

	room->n_away++;
	/* Another session of theirs may be somewhere else. */
	person->away = chat->set.away_after_ms == 0 && (live == NULL || (live->n == 1 && live->sessions[0] == chat->ending));
	if (person->away)
		away_tell(room, person, true);
	else if (a != NULL)
		a->alone = true;
}

bool
always_away(struct chat_room *room, struct chat_person *person, struct wh_session *s)
{
	struct chat *chat = room->chat;
	const struct wh_cell cells[] = { WH_CELL_TEXT(person->id), WH_CELL_INT(room->id), WH_CELL_INT(person->ranks) };

	if (!person->lasting || chat->ending != wh_session_id(chat->host, s))
		return false;
	wh_store_run(&chat->table, &(struct wh_step){ Q_STAY, cells, 3, WH_ANY }, 1, NULL, 0);
	always_left_alone(room, person);
	return true;
}

static void
always_is_away(struct chat *chat, struct chat_always *a)
{
	a->away = true;
	for (struct wh_list *l = chat->all.next; a->alone && l != &chat->all; l = l->next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);
		struct chat_person *person = room->sides == NULL ? member_find(room, a->id) : NULL;

		if (person == NULL || !person->lasting || person->sessions != 0 || person->away)
			continue;
		person->away = true;
		away_tell(room, person, true);
	}
	a->alone = false;
	stay_tell(chat, a, WH_STAY_AWAY);
}

/* Who was gone for long enough is away; the next is looked at in time. */
static void
always_late(void *self, uint64_t cookie)
{
	struct chat *chat = self;
	int64_t now = wh_now_ms(chat->host);

	(void)cookie;
	chat->late = 0;
	while (!wh_list_empty(&chat->gone)) {
		struct chat_always *a = WH_CONTAINER(chat->gone.next, struct chat_always, gone);

		if (a->gone_ms + chat->set.away_after_ms > now) {
			chat->late = wh_timer_start(chat->host, a->gone_ms + chat->set.away_after_ms - now, 0, always_late, 0);
			return;
		}
		wh_list_remove(&a->gone);
		always_is_away(chat, a);
	}
}

void
always_gone(struct chat *chat, struct wh_str id)
{
	struct chat_always *a = live_by_id(chat, id) == NULL ? always_find(chat, id) : NULL;

	if (a == NULL || a->away || !wh_list_empty(&a->gone))
		return;
	if (chat->set.away_after_ms == 0) {
		always_is_away(chat, a);
		return;
	}
	a->gone_ms = wh_now_ms(chat->host);
	wh_list_add_last(&chat->gone, &a->gone);
	if (chat->late == 0)
		chat->late = wh_timer_start(chat->host, chat->set.away_after_ms, 0, always_late, 0);
}

void
always_here(struct chat *chat, struct wh_str id)
{
	struct chat_always *a = always_find(chat, id);

	if (a == NULL)
		return;
	wh_list_remove(&a->gone);
	if (!a->away)
		return;
	a->away = false;
	stay_tell(chat, a, WH_STAY_BACK);
}

void
always_heard(struct chat_room *room, struct wh_session *s)
{
	struct chat *chat = room->chat;
	const struct chat_session *mine = live_session(chat, s);
	struct wh_str id = wh_session_identity(chat->host, s)->id;
	const struct wh_cell cells[] = { WH_CELL_TEXT(id), WH_CELL_TEXT(wh_str(mine->device)), WH_CELL_INT(room->id), WH_CELL_INT((int64_t)room->seq),
		WH_CELL_INT(wh_wall_ms(chat->host)), WH_CELL_INT(CHAT_DEVICES) };

	if (mine->device[0] != '\0' && room->state == CHAT_READY && always_find(chat, id) != NULL)
		wh_store_run(&chat->table, &(struct wh_step){ Q_HEARD, cells, 6, WH_ANY }, 1, NULL, 0);
}

void
always_left(struct chat_room *room, struct chat_person *person)
{
	struct chat *chat = room->chat;
	struct chat_always *a = person->lasting ? always_find(chat, person->id) : NULL;
	const struct wh_cell cells[] = { WH_CELL_TEXT(person->id), WH_CELL_INT(room->id) };

	if (!person->lasting)
		return;
	if (person->sessions == 0)
		room->n_away--;
	person->lasting = false;
	if (a != NULL && a->rooms != 0)
		a->rooms--;
	wh_store_run(&chat->table, &(struct wh_step){ Q_UNSTAY, cells, 2, WH_ANY }, 1, NULL, 0);
}

void
always_room(struct chat_room *room, const struct wh_rows *rows)
{
	struct chat *chat = room->chat;

	for (size_t i = 0; i < rows->n; i++) {
		const struct wh_identity who = { .kind = WH_ACCOUNT, .id = wh_row_str(rows, i, 0), .name = wh_row_str(rows, i, 1) };
		struct chat_person *person = member_find(room, who.id);

		if (always_find(chat, who.id) == NULL)
			continue;
		if (person == NULL && (person = member_new(room, &who)) == NULL)
			continue;
		if (person->sessions == 0 && !person->lasting) {
			person->away = always_find(chat, who.id)->away;
			person->ranks = (unsigned)wh_row_int(rows, i, 2);
			person->rank = rank_highest(person->ranks);
			room->n_away++;
		}
		person->lasting = person->announced = true;
	}
}

void
always_leave_all(struct chat_room *room, struct wh_session *but, struct wh_str reason)
{
	struct chat *chat = room->chat;
	const struct wh_identity *who = wh_session_identity(chat->host, but);
	const struct chat_person *person = member_find(room, who->id);
	const struct chat_live *live = live_by_id(chat, who->id);
	struct wh_room *hub = room_hub(room);
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("who", who->id), WH_ITEM_STR("name", who->name),
		WH_ITEM_STR("reason", reason) };

	for (unsigned i = 0; person != NULL && person->lasting && hub != NULL && live != NULL && i < live->n; i++) {
		struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

		if (s == NULL || s == but || !wh_room_has(chat->host, hub, s))
			continue;
		wh_session_notify(chat->host, s, &(struct wh_event){ "chat.left", items, 4 });
		wh_room_leave(chat->host, hub, s, reason);
	}
}

/* Beginning and ending */

/* Who is in no room with a session leaves them; the others only go when they do. */
static void
always_off(struct chat *chat, struct chat_always *a)
{
	const struct wh_cell id = WH_CELL_TEXT(a->id);
	const struct wh_step steps[] = { { Q_ALWAYS_OFF, &id, 1, WH_ANY }, { Q_UNSTAY_ALL, &id, 1, WH_ANY }, { Q_UNHEARD, &id, 1, WH_ANY } };
	struct wh_list *l = chat->all.next, *next;

	wh_store_run(&chat->table, steps, 3, NULL, 0);
	for (; l != &chat->all; l = next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);
		struct chat_person *person = room->sides == NULL ? member_find(room, a->id) : NULL;

		next = l->next;
		if (person == NULL || !person->lasting)
			continue;
		if (person->sessions == 0) {
			room->n_away--;
			person->lasting = false;
			member_drop(room, person, WH_STR("is not always here any more"), NULL);
			room_settle(room);
		} else {
			person->lasting = false;
		}
	}
	stay_tell(chat, a, WH_STAY_OFF);
	always_free(chat, a);
}

static enum wh_err
always_on(struct chat *chat, struct wh_call *call, const struct wh_identity *who)
{
	struct chat_always *a;
	const struct wh_cell cells[] = { WH_CELL_TEXT(who->id), WH_CELL_TEXT(who->name), WH_CELL_INT(wh_wall_ms(chat->host)) };
	enum wh_err err;

	if (!always_may(chat))
		return wh_fail(call, WH_EPERM, "nobody is always on here; the server's operator may allow it");
	if (wh_dict_count(chat->host, chat->always) >= (size_t)chat->set.always)
		return wh_fail(call, WH_EFULL, "as many are always on as may be; ask the server's operator");
	if (who->id.n > CHAT_WHO || who->name.n == 0)
		return wh_fail(call, WH_EINVAL, "that account can't be always on");
	a = always_new(chat, who->id, who->name);
	if (a == NULL)
		return WH_ENOMEM;
	err = wh_store_run(&chat->table, &(struct wh_step){ Q_ALWAYS_ON, cells, 3, WH_ANY }, 1, NULL, 0);
	if (err != WH_OK) {
		always_free(chat, a);
		return chat_started(call, err);
	}
	for (struct wh_list *l = chat->all.next; l != &chat->all; l = l->next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);
		struct chat_person *person = room->sides == NULL && room->state == CHAT_READY ? member_find(room, who->id) : NULL;

		if (person != NULL)
			always_entered(room, person);
	}
	stay_tell(chat, a, WH_STAY_ON);
	return WH_OK;
}

static void
presence_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call = chat_answered(chat, cookie, r);
	struct wh_json *w;

	if (call == NULL)
		return;
	w = wh_reply(call);
	wh_json_bool(w, "always", always_find(chat, wh_session_identity(chat->host, wh_call_session(call))->id) != NULL);
	wh_json_bool(w, "allowed", always_may(chat));
	wh_json_array(w, "rooms");
	for (size_t i = 0; i < r->rows[1].n; i++) {
		const struct wh_rows *rows = &r->rows[1];

		wh_json_object(w, NULL);
		wh_json_str(w, "room", wh_row_str(rows, i, 0));
		wh_json_int(w, "epoch", wh_row_int(rows, i, 1));
		wh_json_int(w, "seq", wh_row_int(rows, i, 2));
		wh_json_int(w, "read", wh_row_int(rows, i, 3));
		if (wh_row_int(rows, i, 4) >= 0)
			wh_json_int(w, "heard", wh_row_int(rows, i, 4));
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_call_done(call, WH_OK);
}

enum wh_err
always_presence(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));
	struct chat_always *a = always_find(chat, who->id);
	struct chat_session *mine = live_session(chat, wh_call_session(call));
	struct wh_str device = wh_arg_str(call, "device");
	enum wh_err err = WH_OK;

	if (who->kind != WH_ACCOUNT)
		return wh_fail(call, WH_EPERM, "only accounts can be always on");
	if (device.n != 0) {
		memset(mine->device, 0, sizeof mine->device);
		memcpy(mine->device, device.p, device.n < sizeof mine->device ? device.n : sizeof mine->device - 1);
	}
	if (wh_arg_has(call, "always") && wh_arg_bool(call, "always") && a == NULL)
		err = always_on(chat, call, who);
	else if (wh_arg_has(call, "always") && !wh_arg_bool(call, "always") && a != NULL)
		always_off(chat, a);
	if (err != WH_OK)
		return err;
	const struct wh_cell is[] = { WH_CELL_TEXT(who->id), WH_CELL_TEXT(who->name), WH_CELL_INT(wh_wall_ms(chat->host)) };
	const struct wh_cell cells[] = { WH_CELL_TEXT(who->id), WH_CELL_TEXT(wh_str(mine->device)), WH_CELL_INT(CHAT_STAYS) };
	const bool on = always_find(chat, who->id) != NULL;
	/* Behind a write, so that it finds what is being written now. */
	const struct wh_step steps[] = { { on ? Q_ALWAYS_ON : Q_ALWAYS_OFF, is, on ? 3 : 1, WH_ANY }, { Q_STAYS, cells, 3, WH_ANY } };

	return chat_started(call, wh_store_run(&chat->table, steps, 2, presence_found, wh_call_hold(call)));
}

void
always_forget(struct chat *chat, struct wh_str id)
{
	struct chat_always *a = always_find(chat, id);

	if (a != NULL)
		always_off(chat, a);
}

/* The session is there, or ends: its account is not idle. */
void
always_seen(struct chat *chat, struct wh_session *s)
{
	const struct wh_identity *who = wh_session_identity(chat->host, s);
	struct chat_always *a = who->kind == WH_ACCOUNT ? always_find(chat, who->id) : NULL;
	const struct wh_cell cells[] = { WH_CELL_TEXT(who->id), WH_CELL_TEXT(who->name), WH_CELL_INT(wh_wall_ms(chat->host)) };

	if (a == NULL)
		return;
	a->seen = cells[2].i;
	wh_store_run(&chat->table, &(struct wh_step){ Q_ALWAYS_ON, cells, 3, WH_ANY }, 1, NULL, 0);
}

/* Those who did not come back; and all, when the operator allows it no more. Some at a time: each walks through the rooms. */
void
always_sweep(struct chat *chat)
{
	int64_t now = wh_wall_ms(chat->host);
	struct chat_always *over;

	for (unsigned n = 0; n < ALWAYS_AT_ONCE; n++) {
		struct wh_dict_iter it = { .value = NULL };

		over = NULL;
		while (over == NULL && wh_dict_next(chat->host, chat->always, &it)) {
			struct chat_always *a = it.value;

			if (live_by_id(chat, a->id) != NULL)
				a->seen = now;
			if (!always_may(chat) || a->seen + chat->set.always_idle_ms < now)
				over = a;
		}
		if (over == NULL)
			return;
		always_off(chat, over);
	}
}
