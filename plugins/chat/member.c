/* Who is in a room. A person may be there with several sessions, and enters and leaves once. In a room up to `crowd` people each coming and
 * going is told by itself; above it they are told together now and then, so that entering costs the same in a room of any size. */
#include <stdio.h>

#include "chat.h"

struct chat_person *
member_find(struct chat_room *room, struct wh_str id)
{
	return wh_dict_get(room->chat->host, room->people, id);
}

struct chat_person *
member_by_name(struct chat_room *room, struct wh_str name)
{
	struct wh_dict_iter it = { .value = NULL };

	while (wh_dict_next(room->chat->host, room->people, &it)) {
		struct chat_person *person = it.value;

		if (wh_str_eq(person->name, name) || wh_str_eq(person->id, name))
			return person;
	}
	return NULL;
}

struct chat_person *
member_add(struct chat_room *room, const struct wh_identity *who)
{
	struct chat_person *person = member_find(room, who->id);

	if (person == NULL) {
		person = wh_new(room->chat->host, sizeof *person + who->id.n + who->name.n + 1);
		if (person == NULL)
			return NULL;
		memcpy(person->text, who->id.p, who->id.n);
		if (who->name.n != 0)
			memcpy(person->text + who->id.n, who->name.p, who->name.n);
		person->id = (struct wh_str){ person->text, who->id.n };
		person->name = (struct wh_str){ person->text + who->id.n, who->name.n };
		if (wh_dict_add(room->chat->host, room->people, person->id, person) != WH_OK) {
			wh_delete(room->chat->host, person);
			return NULL;
		}
	}
	person->sessions++;
	return person;
}

/* Telling */

/* A small JSON array of names; there is no writer outside an answer, so it is put together here. */
static size_t
names_json(char *to, size_t cap, const struct chat_person_name *of, unsigned n)
{
	size_t at = 0;

	at += (size_t)snprintf(to, cap, "[");
	for (unsigned i = 0; i < n && at + 2 * sizeof of[i].name + sizeof of[i].id + 32 < cap; i++) {
		at += (size_t)snprintf(to + at, cap - at, "%s{\"who\":\"%s\",\"name\":\"", i != 0 ? "," : "", of[i].id);
		for (const char *c = of[i].name; *c != '\0'; c++) {
			if (*c == '"' || *c == '\\')
				to[at++] = '\\';
			if ((unsigned char)*c >= ' ')
				to[at++] = *c;
		}
		at += (size_t)snprintf(to + at, cap - at, "\"}");
	}
	return at + (size_t)snprintf(to + at, cap - at, "]");
}

static void
crowd_tell(void *self, uint64_t cookie)
{
	struct chat *chat = self;
	struct chat_room *room = (struct chat_room *)(uintptr_t)cookie;
	struct wh_room *hub = room_hub(room);
	char joined[CHAT_BATCH_NAMES * 200], left[CHAT_BATCH_NAMES * 200];

	room->batch = 0;
	if (hub != NULL && room->joined.n + room->left.n != 0) {
		const struct wh_item items[] = {
			WH_ITEM_STR("room", wh_str(room->name)),
			WH_ITEM_INT("members", (int64_t)wh_dict_count(chat->host, room->people)),
			WH_ITEM_JSON("joined", ((struct wh_str){ joined, names_json(joined, sizeof joined, room->joined.of, room->joined.n) })),
			WH_ITEM_JSON("left", ((struct wh_str){ left, names_json(left, sizeof left, room->left.of, room->left.n) })),
			WH_ITEM_INT("joined_more", room->joined.more),
			WH_ITEM_INT("left_more", room->left.more),
		};

		wh_room_publish(chat->host, hub, 0, &(struct wh_event){ "chat.members", items, sizeof items / sizeof items[0] }, NULL, WH_PRESENCE);
	}
	room->joined.n = room->joined.more = room->left.n = room->left.more = 0;
}

static void
crowd_note(struct chat_room *room, const struct chat_person *person, bool came)
{
	unsigned *n = came ? &room->joined.n : &room->left.n, *more = came ? &room->joined.more : &room->left.more;
	struct chat_person_name *of = came ? room->joined.of : room->left.of;

	if (*n == CHAT_BATCH_NAMES) {
		(*more)++;
	} else {
		snprintf(of[*n].id, sizeof of[*n].id, "%.*s", WH_FMT(person->id));
		snprintf(of[*n].name, sizeof of[*n].name, "%.*s", WH_FMT(person->name));
		(*n)++;
	}
	if (room->batch == 0)
		room->batch = wh_timer_start(room->chat->host, room->chat->set.crowd_every, 0, crowd_tell, (uintptr_t)room);
}

/* `self` knows already: it asked. */
static void
member_tell(struct chat_room *room, const struct chat_person *person, bool came, struct wh_str reason, const struct wh_session *self)
{
	struct chat *chat = room->chat;
	struct wh_room *hub = room_hub(room);
	size_t n = wh_dict_count(chat->host, room->people);
	struct wh_item items[5] = {
		WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("who", person->id), WH_ITEM_STR("name", person->name),
		WH_ITEM_INT("members", (int64_t)n),
	};
	size_t n_items = 4;

	if (hub == NULL)
		return;
	if (n > (size_t)chat->set.crowd) {
		crowd_note(room, person, came);
		return;
	}
	if (reason.n != 0)
		items[n_items++] = WH_ITEM_STR("reason", reason);
	wh_room_publish(chat->host, hub, 0, &(struct wh_event){ came ? "chat.joined" : "chat.left", items, n_items }, self, WH_PRESENCE);
}

/* Entering */

void
room_write(struct chat_room *room, struct wh_session *s, struct wh_json *w)
{
	static const char *const access[] = { "public", "unlisted", "invited", "key", "whisper" }, *const speakers[] = { "all", "registered", "voice", "moderators" };
	struct chat *chat = room->chat;

	wh_json_text(w, "room", room->name);
	wh_json_int(w, "epoch", room->epoch);
	wh_json_uint(w, "seq", room->seq);
	wh_json_uint(w, "members", room->sides != NULL ? 2 : wh_dict_count(chat->host, room->people));
	if (room->sides != NULL) {
		const struct chat_side *to = whisper_side(room, wh_session_identity(chat->host, s)->id, true);

		wh_json_text(w, "to", to != NULL ? to->id : "");
		wh_json_text(w, "to_name", to != NULL ? to->name : "");
	}
	wh_json_text(w, "topic", room->topic);
	wh_json_int(w, "created", room->created);
	wh_json_bool(w, "registered", room->kept);
	wh_json_text(w, "role", rank_name(room_rank(room, s)));
	wh_json_object(w, "rules");
	wh_json_text(w, "access", access[room->rules.access]);
	wh_json_text(w, "speakers", speakers[room->rules.speakers]);
	wh_json_int(w, "slow", room->rules.slow_ms);
	wh_json_int(w, "min_age", room->rules.min_age_ms);
	wh_json_int(w, "keep", room->rules.keep_ms);
	wh_json_bool(w, "links", room->rules.links);
	wh_json_end(w);
}

static void
joined(void *self, uint64_t cookie, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct chat *chat = self;
	struct wh_call *call = wh_call_find(chat->host, cookie);
	char key[CHAT_NAME + 1];
	struct chat_room *room = NULL;
	struct chat_person *person;
	struct wh_session *s;

	if (call == NULL)
		return;
	s = wh_call_session(call);
	if (text_room_key(wh_arg_str(call, "room"), key))
		room = room_by_key(chat, wh_str(key));
	if (err != WH_OK && err != WH_EEXIST) {
		wh_call_done(call, wh_fail_str(call, err, why, retry_ms));
		if (room != NULL)
			room_settle(room);
		return;
	}
	if (room == NULL) {
		wh_call_done(call, wh_fail(call, WH_EAWAY, "the room ended meanwhile; try again"));
		return;
	}
	if (err == WH_OK) {
		bool first = wh_dict_count(chat->host, room->people) == 0;

		person = member_add(room, wh_session_identity(chat->host, s));
		if (person == NULL) {
			wh_room_leave(chat->host, room_hub(room), s, WH_STR("out of memory"));
			wh_call_done(call, WH_ENOMEM);
			return;
		}
		person->founder |= first && room->seq == 0;
		person->rank = room_rank(room, s);
		wh_metric_add(chat->host, &chat_metrics[M_JOINS], 1);
		if (!person->announced)
			member_tell(room, person, true, (struct wh_str){ NULL, 0 }, s);
		person->announced = true;
	}
	room_write(room, s, wh_reply(call));
	wh_call_done(call, WH_OK);
}

static enum wh_err
member_enter(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_room *hub = wh_room_open(chat->host, wh_str(room->key));

	if (hub == NULL) {
		room_settle(room);
		return wh_fail_str(call, WH_EFULL, WH_STR("there are too many rooms now; try an existing one"), 1000);
	}
	if (wh_room_seq(chat->host, hub) == 0 && room->seq != 0)
		wh_room_begin_epoch(chat->host, hub, room->seq);
	wh_room_join(chat->host, hub, wh_call_session(call), joined, wh_call_hold(call));
	return WH_WAIT;
}

static void
invited(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call = wh_call_find(chat->host, cookie);
	char key[CHAT_NAME + 1];
	struct chat_room *room;
	enum wh_err err;

	if (call == NULL || !text_room_key(wh_arg_str(call, "room"), key))
		return;
	room = room_by_key(chat, wh_str(key));
	if (r->err != WH_OK)
		err = chat_store_failed(call, r);
	else if (room == NULL)
		err = wh_fail(call, WH_EAWAY, "the room ended meanwhile; try again");
	else if (r->rows[0].n == 0)
		err = wh_fail(call, WH_EPERM, "this room is for those who are invited");
	else
		err = member_enter(chat, call, room);
	if (err != WH_WAIT)
		wh_call_done(call, err);
	if (err != WH_WAIT && room != NULL)
		room_settle(room);
}

static bool
key_matches(const struct chat_room *room, struct wh_str key)
{
	size_t n = strlen(room->rules.key);
	unsigned char differ = n != key.n;

	for (size_t i = 0; i < n; i++)
		differ |= (unsigned char)(room->rules.key[i] ^ (i < key.n ? key.p[i] : 0));
	return differ == 0;
}

static enum wh_err
join_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_session *s = wh_call_session(call);
	struct wh_str id = wh_session_identity(chat->host, s)->id;

	if (room->sides != NULL)
		return wh_fail(call, WH_ESTATE, "a whisper needs no entering: chat.whisper");
	if (member_find(room, id) != NULL || room_rank(room, s) >= CHAT_MODERATOR)
		return member_enter(chat, call, room);
	if (room->rules.access == CHAT_KEYED && !key_matches(room, wh_arg_str(call, "key"))) {
		room_settle(room);
		return wh_fail(call, WH_EPERM, "this room has a key, and that is not it");
	}
	if (room->rules.access == CHAT_INVITED) {
		const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_TEXT(id), WH_CELL_INT(wh_wall_ms(chat->host)) };
		wh_id held = wh_call_hold(call);

		return chat_started(call, wh_store_run(&chat->table, &(struct wh_step){ Q_INVITED, cells, 3, WH_ANY }, 1, invited, held));
	}
	return member_enter(chat, call, room);
}

enum wh_err
member_join(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));

	if (*wh_session_dialect(chat->host, wh_call_session(call)) == '\0')
		return wh_fail(call, WH_ESTATE, "only a client that stays connected can be in a room: connect to /ws");
	return room_with(chat, call, chat->set.create_guests || who->kind != WH_GUEST, join_go);
}

/* Leaving */

enum wh_verdict
member_left(void *self, struct wh_passage *p)
{
	struct chat *chat = self;
	struct chat_room *room = room_of_hub(chat, p->room);
	struct chat_person *person = room != NULL && room->sides == NULL ? member_find(room, wh_session_identity(chat->host, p->session)->id) : NULL;

	if (room != NULL && room->sides != NULL)
		room_settle(room);
	if (person == NULL || --person->sessions != 0)
		return WH_PASS;
	wh_dict_remove(chat->host, room->people, person->id);
	member_tell(room, person, false, p->reason, p->session);
	wh_delete(chat->host, person);
	room_settle(room);
	return WH_PASS;
}

static enum wh_err
leave_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_room *hub = room->sides == NULL ? room_hub(room) : NULL;

	if (hub == NULL || wh_room_leave(chat->host, hub, wh_call_session(call), wh_arg_str(call, "reason")) != WH_OK)
		return wh_fail(call, WH_ENOENT, "you are not in that room");
	return WH_OK;
}

enum wh_err
member_leave(void *self, struct wh_call *call)
{
	return room_with_member(self, call, leave_go);
}

static enum wh_err
kick_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct chat_person *person = member_by_name(room, wh_arg_str(call, "name"));
	struct wh_room *hub = room_hub(room);
	const struct chat_live *live = person != NULL ? live_by_id(chat, person->id) : NULL;
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("reason", wh_arg_str(call, "reason")),
		WH_ITEM_STR("by", wh_session_identity(chat->host, wh_call_session(call))->name) };

	if (room_rank(room, wh_call_session(call)) < CHAT_MODERATOR)
		return wh_fail(call, WH_EPERM, "only the room's moderators may do that");
	if (live == NULL || hub == NULL)
		return wh_fail(call, WH_ENOENT, "nobody of that name is here");
	for (unsigned i = 0; i < live->n; i++) {
		struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

		if (s != NULL && room_rank(room, s) >= CHAT_OWNER)
			return wh_fail(call, WH_EPERM, "an owner can't be sent out");
	}
	for (unsigned i = 0; i < live->n; i++) {
		struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

		if (s == NULL || !wh_room_has(chat->host, hub, s))
			continue;
		wh_session_notify(chat->host, s, &(struct wh_event){ "chat.sent_out", items, 3 });
		wh_room_leave(chat->host, hub, s, wh_arg_str(call, "reason"));
	}
	return WH_OK;
}

enum wh_err
member_kick(void *self, struct wh_call *call)
{
	return room_with_member(self, call, kick_go);
}

/* Of a whisper: does the other one want to hear of it? */
static void
typing_wanted(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);

	if (call != NULL && r->err == WH_OK && r->rows[0].n == 0) {
		const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));
		const struct chat_side *to = whisper_side(room, who->id, true);
		const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("who", who->id), WH_ITEM_STR("name", who->name),
			WH_ITEM_BOOL("on", wh_arg_bool(call, "on")), WH_ITEM_STR("to", wh_str(to != NULL ? to->id : "")) };

		whisper_publish(room, 0, &(struct wh_event){ "chat.typing", items, 5 }, wh_call_session(call), WH_PRESENCE);
	}
	if (call != NULL)
		wh_call_done(call, r->err == WH_OK ? WH_OK : chat_store_failed(call, r));
	room_settle(room);
}

static enum wh_err
typing_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_session *s = wh_call_session(call);
	struct chat_session *mine = live_session(chat, s);
	const struct wh_identity *who = wh_session_identity(chat->host, s);
	struct wh_room *hub = room_hub(room);
	int64_t now = wh_now_ms(chat->host);
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("who", who->id), WH_ITEM_STR("name", who->name),
		WH_ITEM_BOOL("on", wh_arg_bool(call, "on")) };
	const struct chat_side *to = whisper_side(room, who->id, true);

	if (wh_arg_bool(call, "on") && mine->typing_ms != 0 && now - mine->typing_ms < 2000)
		return WH_OK;
	mine->typing_ms = wh_arg_bool(call, "on") ? now : 0;
	if (to != NULL) {
		const struct wh_cell cells[] = { WH_CELL_TEXT(who->id), WH_CELL_TEXT(wh_str(to->id)), WH_CELL_INT(who->kind == WH_GUEST) };

		return task_run(room, call, &(struct wh_step){ Q_WHISPER_UNWANTED, cells, 3, WH_ANY }, 1, typing_wanted);
	}
	if (hub != NULL && wh_dict_count(chat->host, room->people) <= (size_t)chat->set.crowd)
		wh_room_publish(chat->host, hub, 0, &(struct wh_event){ "chat.typing", items, 4 }, s, WH_PRESENCE);
	return WH_OK;
}

enum wh_err
member_typing(void *self, struct wh_call *call)
{
	return room_with_member(self, call, typing_go);
}
