/* Whispers: rooms of two. Nobody enters one: whoever is connected of the two is in the hub's room while something is said there, and the room
 * leaves memory when it was quiet for a while. Its key is `@` and the ids of the two, the lower one first, with a comma between; that is
 * also its name, which works in every command for either. `@` and a name works too. */
#include <stdio.h>

#include "chat.h"

bool
whisper_split(struct wh_str key, struct wh_str ids_out[static 2])
{
	const char *comma = key.n > 3 && key.n <= CHAT_KEY && key.p[0] == '@' ? memchr(key.p, ',', key.n) : NULL;

	if (comma == NULL)
		return false;
	ids_out[0] = (struct wh_str){ key.p + 1, (size_t)(comma - key.p) - 1 };
	ids_out[1] = (struct wh_str){ comma + 1, key.n - ids_out[0].n - 2 };
	return ids_out[0].n != 0 && ids_out[1].n != 0 && ids_out[0].n <= CHAT_WHO && ids_out[1].n <= CHAT_WHO &&
	    memchr(ids_out[1].p, ',', ids_out[1].n) == NULL;
}

static int
id_order(struct wh_str a, struct wh_str b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order != 0 ? order : a.n < b.n ? -1 : a.n > b.n;
}

struct chat_side *
whisper_side(const struct chat_room *room, struct wh_str id, bool other)
{
	for (unsigned i = 0; room->sides != NULL && i < 2; i++)
		if (wh_str_is(id, room->sides[i].id))
			return &room->sides[other ? 1 - i : i];
	return NULL;
}

static void
side_named(struct chat_side *side, struct wh_str name)
{
	snprintf(side->name, sizeof side->name, "%.*s", (int)text_cut(name, CHAT_PERSON_NAME), name.p != NULL ? name.p : "");
}

enum wh_err
whisper_name(struct chat_room *room)
{
	struct wh_str ids[2];

	if (room->sides != NULL || !whisper_split(wh_str(room->key), ids))
		return WH_OK;
	room->sides = wh_new(room->chat->host, 2 * sizeof *room->sides);
	if (room->sides == NULL)
		return WH_ENOMEM;
	for (unsigned i = 0; i < 2; i++) {
		const struct chat_live *live = live_by_id(room->chat, ids[i]);

		memcpy(room->sides[i].id, ids[i].p, ids[i].n);
		if (live != NULL) {
			side_named(&room->sides[i], live->name);
			room->sides[i].guest = live->kind == WH_GUEST;
		}
	}
	room->used_ms = wh_now_ms(room->chat->host);
	return WH_OK;
}

struct chat_room *
whisper_shown(struct chat_room *shown, struct chat_side sides[static 2], struct wh_str key)
{
	struct wh_str ids[2];

	if (!whisper_split(key, ids))
		return shown;
	memcpy(shown->name, key.p, key.n);
	shown->name[key.n] = '\0';
	for (unsigned i = 0; i < 2; i++) {
		const struct chat_live *live = live_by_id(shown->chat, ids[i]);

		snprintf(sides[i].id, sizeof sides[i].id, "%.*s", WH_FMT(ids[i]));
		if (live != NULL)
			side_named(&sides[i], live->name);
	}
	shown->sides = sides;
	return shown;
}

void
whisper_read(struct chat_room *room, const struct wh_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct chat_side *side = whisper_side(room, wh_row_str(rows, i, 0), false);

		/* Who is here knows better. */
		if (side != NULL && live_by_id(room->chat, wh_str(side->id)) == NULL)
			side_named(side, wh_row_str(rows, i, 1));
	}
	room->rules.access = CHAT_WHISPER;
}

enum wh_err
whisper_make(struct chat_room *room, wh_store_done *done)
{
	struct chat *chat = room->chat;
	const struct chat_side *a = &room->sides[0], *b = &room->sides[1];
	const struct wh_cell key = WH_CELL_TEXT(wh_str(room->key)), now = WH_CELL_INT(wh_wall_ms(chat->host));
	const struct wh_cell room_cells[] = { key, now, WH_CELL_INT(a->guest || b->guest ? 2 : 1) };
	const struct wh_cell pair[2][4] = {
		{ WH_CELL_TEXT(wh_str(a->id)), WH_CELL_TEXT(wh_str(b->id)), key, WH_CELL_TEXT(wh_str(b->name)) },
		{ WH_CELL_TEXT(wh_str(b->id)), WH_CELL_TEXT(wh_str(a->id)), key, WH_CELL_TEXT(wh_str(a->name)) },
	};
	const struct wh_cell mark[2][2] = { { pair[0][0], key }, { pair[1][0], key } };
	/* Marks at 0, so that what comes is unread. */
	const struct wh_step steps[] = {
		{ Q_WHISPER_MAKE, room_cells, 3, WH_ONE }, { Q_PAIR_ADD, pair[0], 4, WH_ANY }, { Q_PAIR_ADD, pair[1], 4, WH_ANY },
		{ Q_MARK_AT, mark[0], 2, WH_ANY }, { Q_MARK_AT, mark[1], 2, WH_ANY },
	};

	room->rules.access = CHAT_WHISPER;
	room->rules.links = true;
	room->kept = true;
	room->epoch = room->created = now.i;
	return wh_store_run(&chat->table, steps, sizeof steps / sizeof steps[0], done, (uintptr_t)room);
}

/* Being there */

/* `seq`: of the last entry that was published before now. */
static struct wh_room *
whisper_open(struct chat_room *room, uint64_t seq)
{
	struct chat *chat = room->chat;
	struct wh_room *hub = room_hub(room);

	if (hub != NULL)
		return hub;
	hub = wh_room_open(chat->host, wh_str(room->key));
	if (hub == NULL)
		return NULL;
	wh_room_keep(chat->host, hub, true);
	if (seq != 0)
		wh_room_begin_epoch(chat->host, hub, seq);
	return hub;
}

static struct wh_room *
whisper_gather(struct chat_room *room, uint64_t seq)
{
	struct chat *chat = room->chat;
	struct wh_room *hub = whisper_open(room, seq);

	room->used_ms = wh_now_ms(chat->host);
	if (hub == NULL)
		return NULL;
	for (unsigned side = 0; side < 2; side++) {
		const struct chat_live *live = live_by_id(chat, wh_str(room->sides[side].id));

		for (unsigned i = 0; live != NULL && i < live->n; i++) {
			struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

			if (s != NULL && !wh_room_has(chat->host, hub, s))
				wh_room_join(chat->host, hub, s, NULL, 0);
		}
		if (live != NULL && !wh_str_is(live->name, room->sides[side].name))
			side_named(&room->sides[side], live->name);
	}
	return hub;
}

struct wh_room *
whisper_attend(struct chat_room *room)
{
	return whisper_gather(room, room->seq);
}

/* A session that is in as many rooms as it may be is told by itself. */
void
whisper_publish(struct chat_room *room, uint64_t seq, const struct wh_event *event, const struct wh_session *from, unsigned flags)
{
	struct chat *chat = room->chat;
	struct wh_room *hub = whisper_gather(room, seq != 0 ? seq - 1 : room->seq);

	if (hub != NULL)
		wh_room_publish(chat->host, hub, seq, event, from, flags);
	/* While it is being read what is published was told before, to some. */
	for (unsigned side = 0; room->state == CHAT_READY && side < 2; side++) {
		const struct chat_live *live = live_by_id(chat, wh_str(room->sides[side].id));

		for (unsigned i = 0; live != NULL && i < live->n; i++) {
			struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

			if (s != NULL && (hub == NULL || !wh_room_has(chat->host, hub, s)) && (s != from || (flags & WH_UNLESS_ECHO) != 0))
				wh_session_notify(chat->host, s, event);
		}
	}
}

static void
whisper_dismiss(struct chat_room *room, struct wh_room *hub)
{
	struct chat *chat = room->chat;

	for (unsigned side = 0; side < 2; side++) {
		const struct chat_live *live = live_by_id(chat, wh_str(room->sides[side].id));

		for (unsigned i = 0; live != NULL && i < live->n; i++) {
			struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

			if (s != NULL && wh_room_has(chat->host, hub, s))
				wh_room_leave(chat->host, hub, s, (struct wh_str){ NULL, 0 });
		}
	}
}

void
whisper_leave(struct chat_room *room)
{
	struct wh_room *hub = room_hub(room);

	if (hub == NULL)
		return;
	room->pending++;	/* leaving tells us, and we settle */
	whisper_dismiss(room, hub);
	room->pending--;
	wh_room_keep(room->chat->host, hub, false);
}

void
whispers_sweep(struct chat *chat)
{
	int64_t now = wh_now_ms(chat->host), wall = wh_wall_ms(chat->host);
	const struct wh_cell old[] = { WH_CELL_INT(wall - 3600000), WH_CELL_INT(wall - chat->set.guest_ms) };

	for (struct wh_list *l = chat->all.next, *next; l != &chat->all; l = next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);

		next = l->next;
		if (room->sides != NULL && now - room->used_ms > CHAT_WHISPER_IDLE)
			room_settle(room);
	}
	wh_store_run(&chat->table, (const struct wh_step[]){ { Q_FORGET_WHISPERS, old, 2, WH_ANY }, { Q_FORGET_BLOCKS, &old[1], 1, WH_ANY },
		{ Q_FORGET_REFUSALS, &old[1], 1, WH_ANY } }, 3, NULL, 0);
}

bool
whisper_makes_room(struct chat *chat)
{
	int64_t now = wh_now_ms(chat->host);

	for (struct wh_list *l = chat->all.prev; l != &chat->all; l = l->prev) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);

		if (room->sides == NULL || room->state != CHAT_READY || room->pending != 0 || !wh_list_empty(&room->waiters))
			continue;
		room->used_ms = now - CHAT_WHISPER_IDLE - 1;
		room_settle(room);
		return true;
	}
	return false;
}

/* Finding the room */

static enum wh_err
whisper_room(struct chat *chat, struct wh_call *call, const struct chat_side *other, bool make, chat_go *go)
{
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));
	struct wh_str id = wh_str(other->id);
	bool lower = id_order(who->id, id) < 0;
	char key[CHAT_KEY + 1];
	struct chat_room *room;
	struct chat_side *side;

	if (wh_str_eq(who->id, id))
		return wh_fail(call, WH_EINVAL, "that is you");
	if (who->id.n > CHAT_WHO || memchr(who->id.p, ',', who->id.n) != NULL)
		return wh_fail(call, WH_ENOTSUP, "you can't whisper");
	snprintf(key, sizeof key, "@%.*s,%.*s", WH_FMT(lower ? who->id : id), WH_FMT(lower ? id : who->id));
	room = room_by_key(chat, wh_str(key));
	if (room == NULL)
		room = room_load(chat, wh_str(key), wh_str(key));
	if (room == NULL)
		return wh_fail_str(call, WH_EFULL, WH_STR("too many rooms are open now; try again"), 1000);
	side = whisper_side(room, id, false);
	if (side != NULL && other->name[0] != '\0') {
		*side = *other;
		side = whisper_side(room, who->id, false);
		side_named(side, who->name);
		side->guest = who->kind == WH_GUEST;
	}
	room->used_ms = wh_now_ms(chat->host);
	return room_go(room, call, make, go);
}

static enum wh_err
whisper_found(struct chat *chat, struct wh_call *call, const struct chat_side *other, const struct chat_asking *asking)
{
	return whisper_room(chat, call, other, asking->make, asking->go);
}

enum wh_err
whisper_with(struct chat *chat, struct wh_call *call, struct wh_str room, bool make, chat_go *go)
{
	struct wh_session *s = wh_call_session(call);
	const struct wh_identity *who = wh_session_identity(chat->host, s);
	struct wh_str ids[2], other = wh_str_from(room, 1);
	struct chat_asking ask = { .found = whisper_found, .go = go, .make = make };

	if (who->kind == WH_GUEST && *wh_session_dialect(chat->host, s) == '\0')
		return wh_fail(call, WH_ESTATE, "over HTTP each call is a guest of its own: connect to /ws, or sign in");
	if (whisper_split(room, ids)) {
		struct chat_side side = { .guest = false };

		other = wh_str_eq(ids[0], who->id) ? ids[1] : ids[0];
		if (!wh_str_eq(ids[0], who->id) && !wh_str_eq(ids[1], who->id))
			return wh_fail(call, WH_EPERM, "that is a whisper of others");
		memcpy(side.id, other.p, other.n);
		if (!make)
			return whisper_room(chat, call, &side, false, go);
	}
	return person_find(chat, call, other, &ask);
}

/* Commands */

enum wh_err
whisper_say(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	struct wh_str to = wh_arg_str(call, "to");
	char room[CHAT_KEY + 1];

	if (to.n != 0 && to.p[0] == '@')
		to = wh_str_from(to, 1);
	if (to.n == 0 || to.n >= sizeof room)
		return wh_fail(call, WH_ENOENT, "nobody is called that");
	snprintf(room, sizeof room, "@%.*s", WH_FMT(to));
	return whisper_with(chat, call, wh_str(room), true, say_whisper);
}

static void
whispers_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call = chat_answered(chat, cookie, r);
	struct wh_json *w;
	char id[CHAT_ID_TEXT];

	if (call == NULL)
		return;
	w = wh_reply(call);
	wh_json_array(w, "whispers");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		const struct wh_rows *rows = &r->rows[0];
		const struct chat_live *live = live_by_id(chat, wh_row_str(rows, i, 1));

		id_text(wh_row_int(rows, i, 4), id);
		wh_json_object(w, NULL);
		wh_json_str(w, "room", wh_row_str(rows, i, 0));
		wh_json_str(w, "who", wh_row_str(rows, i, 1));
		wh_json_str(w, "name", live != NULL ? live->name : wh_row_str(rows, i, 2));
		wh_json_bool(w, "here", live != NULL);
		wh_json_int(w, "seq", wh_row_int(rows, i, 3));
		wh_json_text(w, "id", id);
		wh_json_int(w, "time", wh_row_int(rows, i, 5));
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_call_done(call, WH_OK);
}

enum wh_err
whisper_list(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	int64_t before = INT64_MAX;

	if (wh_arg_has(call, "before") && !id_parse(wh_arg_str(call, "before"), &before))
		return wh_fail(call, WH_EINVAL, "before is a message's id");
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_session_identity(chat->host, wh_call_session(call))->id), WH_CELL_INT(before),
		WH_CELL_INT(wh_arg_int(call, "limit")) };
	wh_id held = wh_call_hold(call);

	return chat_started(call, wh_store_run(&chat->table, &(struct wh_step){ Q_WHISPERS, cells, 3, WH_ANY }, 1, whispers_found, held));
}
