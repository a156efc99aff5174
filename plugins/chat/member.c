/* Who is in a room. A person may be there with several sessions, and enters and leaves once. */
#include <stdio.h>

#include "chat.h"

struct chat_person *
member_find(struct chat_room *room, struct wh_str id)
{
	return wh_dict_get(room->chat->host, room->people, id);
}

void
member_ranked(struct chat_room *room, struct chat_person *person, struct wh_session *s)
{
	person->ranks = room_ranks(room, s);
	person->rank = rank_highest(person->ranks);
	person->masks_seen = 0;
}

/* Nobody is found by a walk through the room: it may have ten thousand in it. */
struct chat_person *
member_by_name(struct chat_room *room, struct wh_str name)
{
	struct chat_person *person = member_find(room, name);

	for (const struct chat_live *live = live_by_name(room->chat, name); person == NULL && live != NULL; live = live->same)
		person = member_find(room, live->id);
	if (person == NULL && room->n_away != 0)
		person = member_find(room, always_by_name(room->chat, name));
	return person;
}

struct chat_person *
member_new(struct chat_room *room, const struct wh_identity *who)
{
	struct chat_person *person = wh_new(room->chat->host, sizeof *person + who->id.n + who->name.n + 1);

	if (person == NULL)
		return NULL;
	memcpy(person->text, who->id.p, who->id.n);
	if (who->name.n != 0)
		memcpy(person->text + who->id.n, who->name.p, who->name.n);
	person->id = (struct wh_str){ person->text, who->id.n };
	person->name = (struct wh_str){ person->text + who->id.n, who->name.n };
	person->founder = wh_str_is(who->id, room->owner);
	person->from_seq = room->seq;
	if (wh_dict_add(room->chat->host, room->people, person->id, person) != WH_OK) {
		wh_delete(room->chat->host, person);
		return NULL;
	}
	return person;
}

struct chat_person *
member_add(struct chat_room *room, struct wh_session *s)
{
	const struct wh_identity *who = wh_session_identity(room->chat->host, s);
	struct chat_person *person = member_find(room, who->id);

	if (person == NULL)
		person = member_new(room, who);
	if (person == NULL)
		return NULL;
	always_back(room, person);
	person->sessions++;
	live_session(room->chat, s)->rooms++;
	return person;
}

/* Another name, or another id: a guest signed in. */

void
member_drop(struct chat_room *room, struct chat_person *person, struct wh_str reason, const struct wh_session *but)
{
	wh_dict_remove(room->chat->host, room->people, person->id);
	if (person->announced)
		crowd_came(room, person, false, reason, but);
	wh_delete(room->chat->host, person);
}

static void
owner_moves(struct chat_room *room, struct wh_str to)
{
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_TEXT(to) };

	if (room->kept || to.n >= sizeof room->owner)
		return;
	memcpy(room->owner, to.p, to.n);
	room->owner[to.n] = '\0';
	wh_store_run(&room->chat->table, &(struct wh_step){ Q_ROOM_OWNER, cells, 2, WH_ANY }, 1, NULL, 0);
}

/* The person is somebody else now, in the same place. */
static void
person_becomes(struct chat_room *room, struct chat_person *was, struct wh_session *s)
{
	const struct wh_identity *who = wh_session_identity(room->chat->host, s);
	struct chat_person *is;

	wh_dict_remove(room->chat->host, room->people, was->id);
	if (was->founder)
		owner_moves(room, who->id);
	is = member_new(room, who);
	if (is != NULL) {
		is->sessions = was->sessions;
		is->announced = was->announced;
		is->lasting = was->lasting;
		is->away = was->away;
		is->said_ms = was->said_ms;
		is->flood_ms = was->flood_ms;
		is->from_seq = was->from_seq;
		member_ranked(room, is, s);
		crowd_renamed(room, was, is);
		always_entered(room, is);
	}
	wh_delete(room->chat->host, was);
}

static void
room_renamed(struct chat_room *room, struct wh_session *s, struct wh_str was_id)
{
	const struct wh_identity *who = wh_session_identity(room->chat->host, s);
	struct chat_person *was = member_find(room, was_id), *is = member_find(room, who->id);
	struct wh_room *hub = was != NULL ? room_hub(room) : NULL;

	if (hub == NULL || !wh_room_has(room->chat->host, hub, s))
		return;
	if (was == is) {
		if (!wh_str_eq(was->name, who->name))
			person_becomes(room, was, s);
		else
			member_ranked(room, was, s);
	} else if (is == NULL && was->sessions == 1 && !was->lasting) {
		person_becomes(room, was, s);
	} else {
		live_session(room->chat, s)->rooms--;
		is = member_add(room, s);
		if (is != NULL && !is->announced)
			crowd_came(room, is, true, (struct wh_str){ NULL, 0 }, s);
		if (is != NULL) {
			is->announced = true;
			member_ranked(room, is, s);
			always_entered(room, is);
		}
		if (--was->sessions == 0 && was->lasting)
			always_left_alone(room, was);
		else if (was->sessions == 0)
			member_drop(room, was, WH_STR("signed in"), NULL);
	}
}

void
member_renamed(struct chat *chat, struct wh_session *s, struct wh_str was_id)
{
	for (struct wh_list *l = chat->all.next; l != &chat->all && live_session(chat, s)->rooms != 0; l = l->next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);

		if (room->sides == NULL)
			room_renamed(room, s, was_id);
	}
}

/* Entering */

void
room_write(struct chat_room *room, struct wh_session *s, struct wh_json *w)
{
	struct chat *chat = room->chat;
	char rules[RULES_JSON];

	wh_json_text(w, "room", room->name);
	wh_json_int(w, "epoch", room->epoch);
	wh_json_uint(w, "seq", room->seq);
	wh_json_uint(w, "members", room->sides != NULL ? 2 : wh_dict_count(chat->host, room->people));
	if (room->sides != NULL) {
		const struct chat_side *to = whisper_side(room, wh_session_identity(chat->host, s)->id, true);

		wh_json_text(w, "to", to != NULL ? to->id : "");
		wh_json_text(w, "to_name", to != NULL ? to->name : "");
	}
	/* What a keyed room is about is for those who have the key; that there is one has to be known to use it. */
	if (room->rules.access != CHAT_KEYED || room_has(room, s))
		wh_json_text(w, "topic", room->topic);
	wh_json_int(w, "created", room->created);
	wh_json_bool(w, "registered", room->kept);
	wh_json_text(w, "role", rank_name(room_rank(room, s)));
	wh_json_raw(w, "rules", rules_json(&room->rules, rules));
}

/* The hub's room has the session. False: no memory. */
static bool
member_entered(struct chat_room *room, struct wh_session *s)
{
	struct chat *chat = room->chat;
	struct wh_room *hub = room_hub(room);
	struct chat_person *person = member_add(room, s);

	if (person == NULL) {
		if (hub != NULL)
			wh_room_leave(chat->host, hub, s, WH_STR("out of memory"));
		return false;
	}
	member_ranked(room, person, s);
	wh_metric_add(chat->host, &chat_metrics[M_JOINS], 1);
	if (!person->announced)
		crowd_came(room, person, true, (struct wh_str){ NULL, 0 }, s);
	person->announced = true;
	always_entered(room, person);
	return true;
}

/* The call may be over: the hooks took long. Who is in the hub's room is in ours all the same. */
static void
joined(void *self, uint64_t cookie, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct chat *chat = self;
	struct wh_session *s = task_session(chat, cookie);
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);
	bool there = s != NULL && (err == WH_OK || err == WH_EEXIST);
	struct wh_room *hub = room_hub(room);

	if (--room->entering == 0 && hub != NULL)
		wh_room_keep(chat->host, hub, false);
	if (there && (err == WH_OK || member_find(room, wh_session_identity(chat->host, s)->id) == NULL) && !member_entered(room, s)) {
		there = false;
		err = WH_ENOMEM;
	}
	if (call != NULL && there)
		room_write(room, s, wh_reply(call));
	if (call != NULL)
		wh_call_done(call, there ? WH_OK : wh_fail_str(call, err, why, retry_ms));
	room_settle(room);
}

static enum wh_err
member_enter(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_room *hub = wh_room_open(chat->host, wh_str(room->key));
	uint64_t task;

	if (hub == NULL)
		return wh_fail_str(call, WH_EFULL, WH_STR("there are too many rooms now; try an existing one"), 1000);
	if (wh_room_seq(chat->host, hub) == 0 && room->seq != 0)
		wh_room_begin_epoch(chat->host, hub, room->seq);
	task = task_begin(room, call);
	if (task == 0)
		return WH_ENOMEM;
	/* Hooks may take their time, and the hub's room would end meanwhile. */
	room->entering++;
	if (member_find(room, wh_session_identity(chat->host, wh_call_session(call))->id) == NULL)
		door_passed(room);
	wh_room_keep(chat->host, hub, true);
	wh_room_join(chat->host, hub, wh_call_session(call), joined, task);
	return WH_WAIT;
}

static void
invited(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);
	enum wh_chat_door door;
	enum wh_err err = WH_WAIT;

	room->pending++;
	if (call != NULL && r->err != WH_OK)
		err = chat_store_failed(call, r);
	else if (call != NULL && r->rows[0].n == 0 && (door = door_of(room, wh_call_session(call), wh_arg_str(call, "key"))) != WH_DOOR_OPEN)
		err = door_refuse(room, call, door);
	else if (call != NULL)
		err = member_enter(chat, call, room);
	if (err != WH_WAIT)
		wh_call_done(call, err);
	room->pending--;
	room_settle(room);
}

static enum wh_err
join_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_session *s = wh_call_session(call);
	struct wh_str id = wh_session_identity(chat->host, s)->id;
	enum wh_chat_door door;

	if (room->sides != NULL)
		return wh_fail(call, WH_ESTATE, "a whisper needs no entering: chat.whisper");
	if (member_find(room, id) != NULL)
		return member_enter(chat, call, room);
	door = door_of(room, s, wh_arg_str(call, "key"));
	if (door_opens_to_invited(door)) {
		const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_TEXT(id), WH_CELL_INT(wh_wall_ms(chat->host)) };

		return task_run(room, call, &(struct wh_step){ Q_INVITED, cells, 3, WH_ANY }, 1, invited);
	}
	return door == WH_DOOR_OPEN ? member_enter(chat, call, room) : door_refuse(room, call, door);
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

static void
member_lost(struct chat_room *room, struct wh_session *s, struct wh_str reason)
{
	struct chat_person *person = member_find(room, wh_session_identity(room->chat->host, s)->id);

	if (person == NULL)
		return;
	live_session(room->chat, s)->rooms--;
	if (room->chat->ending == wh_session_id(room->chat->host, s))
		always_heard(room, s);
	if (--person->sessions == 0 && !always_away(room, person, s)) {
		room->n_away += person->lasting;
		always_left(room, person);
		member_drop(room, person, reason, s);
	}
	room_settle(room);
}

enum wh_verdict
member_left(void *self, struct wh_passage *p)
{
	struct chat *chat = self;
	struct chat_room *room = room_of_hub(chat, p->room);
	struct chat_person *person = room != NULL && room->sides == NULL ? member_find(room, wh_session_identity(chat->host, p->session)->id) : NULL;

	if (room != NULL && room->sides != NULL)
		room_settle(room);
	if (person != NULL)
		member_lost(room, p->session, p->reason);
	return WH_PASS;
}

static enum wh_err
leave_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_room *hub = room->sides == NULL ? room_hub(room) : NULL;

	if (hub != NULL && wh_room_has(chat->host, hub, wh_call_session(call)))
		always_leave_all(room, wh_call_session(call), wh_arg_str(call, "reason"));
	if (hub == NULL || wh_room_leave(chat->host, hub, wh_call_session(call), wh_arg_str(call, "reason")) != WH_OK)
		return wh_fail(call, WH_ENOENT, "you are not in that room");
	return WH_OK;
}

enum wh_err
member_leave(void *self, struct wh_call *call)
{
	return room_with_member(self, call, leave_go);
}

enum wh_err
member_put_out(struct chat_room *room, struct chat_person *person, const struct wh_identity *by, struct wh_str reason)
{
	struct chat *chat = room->chat;
	struct wh_room *hub = room_hub(room);
	const struct chat_live *live = live_by_id(chat, person->id);
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("reason", reason), WH_ITEM_STR("by", by->name),
		WH_ITEM_STR("by_id", by->id), WH_ITEM_STR("who", person->id), WH_ITEM_STR("name", person->name) };

	if (person->sessions == 0) {
		always_left(room, person);
		room->sender = by;
		member_drop(room, person, reason, NULL);
		room->sender = NULL;
		return WH_OK;
	}
	if (live == NULL || hub == NULL)
		return WH_ENOENT;
	/* `person` goes with the last of them. */
	for (unsigned i = 0; i < live->n; i++) {
		struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

		if (s == NULL || !wh_room_has(chat->host, hub, s))
			continue;
		wh_session_notify(chat->host, s, &(struct wh_event){ "chat.sent_out", items, sizeof items / sizeof items[0] });
		room->sender = by;
		wh_room_leave(chat->host, hub, s, reason);
		room->sender = NULL;
		if (member_find(room, live->id) == NULL)
			break;
	}
	return WH_OK;
}

enum wh_err
member_send_out(struct chat_room *room, struct wh_call *call)
{
	struct chat_person *person = member_by_name(room, wh_arg_str(call, "name"));
	const struct wh_identity *by = wh_session_identity(room->chat->host, wh_call_session(call));

	if (person == NULL || member_put_out(room, person, by, wh_arg_str(call, "reason")) != WH_OK)
		return wh_fail(call, WH_ENOENT, "nobody of that name is here");
	return WH_OK;
}

static const char *
kick_above(enum chat_rank rank, enum chat_rank by)
{
	if (rank == CHAT_OWNER)
		return "an owner can't be sent out";
	return rank > by || (rank == by && by != CHAT_MODERATOR) ? "they are not below you here" : NULL;
}

/* Nobody sends out an owner; moderators may send out each other, who is above or below them has their rank between. */
static const char *
kick_forbidden(struct chat_room *room, enum chat_rank by, const struct chat_person *person)
{
	const struct chat_live *live = live_by_id(room->chat, person->id);
	const char *why = kick_above(person->founder && !room->kept ? CHAT_OWNER : person->rank, by);

	if (live != NULL)
		why = NULL;
	for (unsigned i = 0; live != NULL && why == NULL && i < live->n; i++) {
		struct wh_session *s = wh_session_get(room->chat->host, live->sessions[i]);

		why = kick_above(s != NULL ? room_rank(room, s) : CHAT_NOBODY, by);
	}
	return why;
}

static enum wh_err
kick_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	const enum chat_rank rank = room_rank(room, wh_call_session(call));
	const struct chat_person *person = member_by_name(room, wh_arg_str(call, "name"));
	const char *why = person != NULL ? kick_forbidden(room, rank, person) : NULL;

	(void)chat;
	if (room->sides != NULL || rank < CHAT_HELPER)
		return wh_fail(call, WH_EPERM, "only those who keep order in the room may do that");
	if (person == NULL)
		return wh_fail(call, WH_ENOENT, "nobody of that name is here");
	if (why != NULL)
		return wh_fail(call, WH_EPERM, why);
	return wh_arg_bool(call, "ban") ? mask_kick(room, call, person) : member_send_out(room, call);
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
	struct chat_person *person = member_find(room, who->id);

	if (person != NULL && person->rank == CHAT_NOBODY && mask_mutes(room, person, s))
		return wh_fail(call, WH_EPERM, "you are muted in this room");
	if (wh_arg_bool(call, "on") && mine->typing_ms != 0 && now - mine->typing_ms < 2000)
		return WH_OK;
	mine->typing_ms = wh_arg_bool(call, "on") ? now : 0;
	if (to != NULL) {
		const struct wh_cell cells[] = { WH_CELL_TEXT(who->id), WH_CELL_TEXT(wh_str(to->id)), WH_CELL_INT(who->kind == WH_GUEST) };

		return task_run(room, call, &(struct wh_step){ Q_WHISPER_UNWANTED, cells, 3, WH_ANY }, 1, typing_wanted);
	}
	if (hub != NULL && !crowd_is(room))
		wh_room_publish(chat->host, hub, 0, &(struct wh_event){ "chat.typing", items, 4 }, s, WH_PRESENCE);
	return WH_OK;
}

enum wh_err
member_typing(void *self, struct wh_call *call)
{
	return room_with_member(self, call, typing_go);
}
