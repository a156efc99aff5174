/* What there is to know of rooms and members, and what owners set: registration, invitations, roles. */
#include <stdio.h>
#include <stdlib.h>

#include "chat.h"

static enum wh_err
info_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_session *s = wh_call_session(call);

	(void)chat;
	if (room->rules.access == CHAT_INVITED && !room_has(room, s))
		return wh_fail(call, WH_ENOENT, "there is no such room; chat.join makes it");
	room_write(room, s, wh_reply(call));
	return WH_OK;
}

enum wh_err
info_room(void *self, struct wh_call *call)
{
	return room_with(self, call, false, info_go);
}

static void
rooms_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call = chat_answered(chat, cookie, r);
	struct wh_json *w;

	if (call == NULL)
		return;
	w = wh_reply(call);
	wh_json_array(w, "rooms");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		const struct chat_room *room = room_by_key(chat, wh_row_str(&r->rows[0], i, 0));

		wh_json_object(w, NULL);
		wh_json_str(w, "room", wh_row_str(&r->rows[0], i, 1));
		wh_json_str(w, "topic", wh_row_str(&r->rows[0], i, 2));
		/* Where nobody is connected, those are there who stay without. */
		wh_json_uint(w, "members", room != NULL && room->state == CHAT_READY ? wh_dict_count(chat->host, room->people) : (uint64_t)wh_row_int(&r->rows[0], i, 6));
		wh_json_int(w, "seq", wh_row_int(&r->rows[0], i, 3));
		wh_json_int(w, "created", wh_row_int(&r->rows[0], i, 4));
		if (wh_row_int(&r->rows[0], i, 5) != 0)
			wh_json_int(w, "topic_time", wh_row_int(&r->rows[0], i, 5));
		wh_json_end(w);
	}
	wh_json_end(w);
	if (r->rows[0].n == (size_t)wh_arg_int(call, "limit"))
		wh_json_str(w, "next", wh_row_str(&r->rows[0], r->rows[0].n - 1, 0));
	wh_call_done(call, WH_OK);
}

enum wh_err
info_rooms(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	struct wh_str after = wh_arg_str(call, "after");
	char search[CHAT_NAME + 1] = "";
	wh_id held;

	if (wh_arg_has(call, "search") && !text_room_key(wh_arg_str(call, "search"), search))
		return wh_fail(call, WH_EINVAL, "no room has such a name");
	const struct wh_cell cells[] = { WH_CELL_TEXT(after.p != NULL ? after : WH_STR("")), WH_CELL_TEXT(wh_str(search)), WH_CELL_INT(wh_arg_int(call, "limit")) };

	held = wh_call_hold(call);
	return chat_started(call, wh_store_run(&chat->table, &(struct wh_step){ Q_ROOMS, cells, 3, WH_ANY }, 1, rooms_found, held));
}

/* Members in the order of their ids, a page at a time: the place behind an id is found without keeping anything between two pages. The page is
 * found in one pass over all: a heap of its size, the highest id on top, which a lower one replaces. */

static int
id_order(struct wh_str x, struct wh_str y)
{
	int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

	return order != 0 ? order : x.n < y.n ? -1 : x.n > y.n;
}

static int
person_order(const void *a, const void *b)
{
	return id_order((*(const struct chat_person *const *)a)->id, (*(const struct chat_person *const *)b)->id);
}

/* The one on top of `n` is new. */
static void
page_sink(struct chat_person **page, size_t n)
{
	for (size_t at = 0, child; (child = 2 * at + 1) < n; at = child) {
		struct chat_person *upper = page[at];

		if (child + 1 < n && person_order(&page[child], &page[child + 1]) < 0)
			child++;
		if (person_order(&upper, &page[child]) >= 0)
			return;
		page[at] = page[child];
		page[child] = upper;
	}
}

/* The lowest behind `after`, in order. Returns how many of them there are in all. */
static size_t
page_find(struct chat_room *room, struct wh_str after, struct chat_person **page, size_t limit)
{
	struct wh_dict_iter it = { .value = NULL };
	size_t n = 0, behind = 0;

	while (wh_dict_next(room->chat->host, room->people, &it)) {
		struct chat_person *person = it.value;

		if (after.n != 0 && id_order(person->id, after) <= 0)
			continue;
		behind++;
		if (n < limit) {
			page[n++] = person;
			/* In order from the highest down it is a heap. */
			if (n == limit)
				qsort(page, n, sizeof *page, person_order);
			for (size_t i = 0; n == limit && i < n / 2; i++) {
				struct chat_person *other = page[i];

				page[i] = page[n - 1 - i];
				page[n - 1 - i] = other;
			}
		} else if (person_order(&person, &page[0]) < 0) {
			page[0] = person;
			page_sink(page, n);
		}
	}
	qsort(page, n, sizeof *page, person_order);
	return behind;
}

static enum wh_err
members_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	const size_t limit = (size_t)wh_arg_int(call, "limit");
	struct wh_json *w = wh_reply(call);
	struct chat_person **page = wh_new(chat->host, limit * sizeof *page);
	size_t behind, shown;

	if (page == NULL)
		return WH_ENOMEM;
	behind = page_find(room, wh_arg_str(call, "after"), page, limit);
	shown = behind < limit ? behind : limit;
	wh_json_text(w, "room", room->name);
	wh_json_uint(w, "total", wh_dict_count(chat->host, room->people));
	wh_json_array(w, "members");
	for (size_t i = 0; i < shown; i++) {
		wh_json_object(w, NULL);
		wh_json_str(w, "who", page[i]->id);
		wh_json_str(w, "name", page[i]->name);
		if (page[i]->founder && !room->kept)
			wh_json_text(w, "role", rank_name(CHAT_OWNER));
		else if (page[i]->rank != CHAT_NOBODY)
			wh_json_text(w, "role", rank_name(page[i]->rank));
		if (page[i]->away)
			wh_json_bool(w, "away", true);
		wh_json_end(w);
	}
	wh_json_end(w);
	if (behind > shown)
		wh_json_str(w, "next", page[shown - 1]->id);
	wh_delete(chat->host, page);
	return WH_OK;
}

enum wh_err
info_members(void *self, struct wh_call *call)
{
	return room_with_member(self, call, members_go);
}

/* Registering: the room lasts, and who asks owns it. */

/* The role was kept, or the room goes back to what it was. */
static void
owned(void *self, uint64_t cookie, enum wh_err err)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);

	if (err != WH_OK) {
		room->kept = false;
		wh_store_run(&chat->table, &(struct wh_step){ Q_ROOM_LOOSE, &WH_CELL_INT(room->id), 1, WH_ANY }, 1, NULL, 0);
	}
	if (call != NULL && err == WH_OK)
		room_write(room, wh_call_session(call), wh_reply(call));
	if (call != NULL)
		wh_call_done(call, err == WH_OK ? WH_OK : wh_fail(call, err, "the role could not be kept; try again"));
	room_settle(room);
}

static void
registered(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_session *s = task_session(chat, cookie);
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);
	uint64_t task;
	enum wh_err err;

	if (r->err == WH_OK)
		room->kept = true;
	if (call == NULL || r->err != WH_OK) {
		if (call != NULL && r->err == WH_ESTATE)
			wh_call_done(call, wh_fail(call, WH_EFULL, "you have registered as many rooms as you may"));
		else if (call != NULL)
			wh_call_done(call, chat_store_failed(call, r));
		room_settle(room);
		return;
	}
	if (chat->accounts == NULL || wh_session_identity(chat->host, s)->kind != WH_ACCOUNT) {
		room_write(room, s, wh_reply(call));
		wh_call_done(call, WH_OK);
		return;
	}
	const struct wh_account_grant grant = { .account = wh_session_identity(chat->host, s)->id, .role = WH_STR("owner"), .room = wh_str(room->key),
		.why = WH_STR("registered the room") };

	task = task_begin(room, call);
	err = task == 0 ? WH_ENOMEM : chat->accounts->grant(chat->accounts_self, &grant, owned, chat, task);
	if (task == 0)
		wh_call_done(call, err);
	else if (err != WH_OK)
		owned(chat, task, err);
}

static enum wh_err
register_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_session *s = wh_call_session(call);
	struct wh_str id = wh_session_identity(chat->host, s)->id;
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_TEXT(id), WH_CELL_INT(chat->set.own) };

	if (room->kept)
		return wh_fail(call, WH_EEXIST, "the room is registered already");
	if (room_rank(room, s) < CHAT_OWNER)
		return wh_fail(call, WH_EPERM, "only who opened the room may register it");
	if (id.n < sizeof room->owner) {
		memcpy(room->owner, id.p, id.n);
		room->owner[id.n] = '\0';
	}
	return task_run(room, call, &(struct wh_step){ Q_ROOM_KEEP, cells, 3, WH_ONE }, 1, registered);
}

enum wh_err
info_register(void *self, struct wh_call *call)
{
	return room_with_member(self, call, register_go);
}

/* Invitations and roles need the account behind a name. */

static void
invite_done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);

	if (call != NULL && r->err == WH_ESTATE)
		wh_call_done(call, wh_fail(call, WH_EFULL, "too many are invited to this room; wait until some have come"));
	else if (call != NULL)
		wh_call_done(call, r->err == WH_OK ? WH_OK : chat_store_failed(call, r));
	room_settle(room);
}

/* Who is meant is known: an account, or a guest who is here. */
static enum wh_err
invite_write(struct chat *chat, struct wh_call *call, const struct chat_side *to, const struct chat_asking *asking)
{
	const struct wh_identity *from = wh_session_identity(chat->host, wh_call_session(call));
	int64_t now = wh_wall_ms(chat->host);
	char key[CHAT_NAME + 1];
	struct chat_room *room = text_room_key(wh_arg_str(call, "room"), key) ? room_by_key(chat, wh_str(key)) : NULL;
	enum wh_err err;

	(void)asking;
	if (room == NULL || room->state != CHAT_READY)
		return wh_fail(call, WH_EAWAY, "the room ended meanwhile; try again");
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_TEXT(wh_str(to->id)), WH_CELL_INT(now + CHAT_INVITE_MS), WH_CELL_INT(now) };
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("from", from->name), WH_ITEM_STR("who", from->id),
		WH_ITEM_STR("to", wh_str(to->id)) };

	err = task_run(room, call, &(struct wh_step){ Q_INVITE, cells, 4, WH_ONE }, 1, invite_done);
	if (err == WH_WAIT)
		live_tell(chat, wh_str(to->id), &(struct wh_event){ "chat.invited", items, sizeof items / sizeof items[0] }, NULL);
	return err;
}

/* Asks for the account behind the argument `name`. */
static enum wh_err
account_of(struct chat *chat, struct wh_call *call, struct chat_room *room, wh_accounts_found *found)
{
	uint64_t task = task_begin(room, call);
	enum wh_err err = task == 0 ? WH_ENOMEM : chat->accounts->find(chat->accounts_self, wh_arg_str(call, "name"), found, chat, task);

	if (err == WH_OK)
		return WH_WAIT;
	if (task != 0)
		task_end(chat, task, &call);
	return chat_started(call, err);
}

static enum wh_err
invite_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	enum chat_rank needed = room->rules.access == CHAT_INVITED || room->rules.access == CHAT_KEYED || room->rules.accounts_only ||
	    room->rules.limit != 0 ? CHAT_MODERATOR : CHAT_NOBODY;

	if (room->sides != NULL)
		return wh_fail(call, WH_EPERM, "a whisper is between two");
	if (room_rank(room, wh_call_session(call)) < needed)
		return wh_fail(call, WH_EPERM, "only the room's moderators may do that");
	return person_find(chat, call, wh_arg_str(call, "name"), &(struct chat_asking){ .found = invite_write });
}

enum wh_err
info_invite(void *self, struct wh_call *call)
{
	return room_with_member(self, call, invite_go);
}

static void
invitations_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call = chat_answered(chat, cookie, r);
	struct wh_json *w;

	if (call == NULL)
		return;
	w = wh_reply(call);
	wh_json_array(w, "rooms");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		struct chat_room *room = room_by_key(chat, wh_row_str(&r->rows[0], i, 0));

		if (room != NULL && room_has(room, wh_call_session(call)))
			continue;
		wh_json_object(w, NULL);
		wh_json_str(w, "room", wh_row_str(&r->rows[0], i, 1));
		wh_json_int(w, "until", wh_row_int(&r->rows[0], i, 2));
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_call_done(call, WH_OK);
}

enum wh_err
info_invitations(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_session_identity(chat->host, wh_call_session(call))->id), WH_CELL_INT(wh_wall_ms(chat->host)) };

	return chat_started(call, wh_store_run(&chat->table, &(struct wh_step){ Q_INVITATIONS, cells, 2, WH_ANY }, 1, invitations_found, wh_call_hold(call)));
}

/* Its members hear of it. */
static void
role_tell(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	const struct chat_person *person = member_by_name(room, wh_arg_str(call, "name"));
	struct wh_room *hub = room_hub(room);
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("who", person != NULL ? person->id : WH_STR("")),
		WH_ITEM_STR("name", person != NULL ? person->name : wh_arg_str(call, "name")), WH_ITEM_STR("role", wh_arg_str(call, "role")),
		WH_ITEM_BOOL("on", wh_arg_bool(call, "on")), WH_ITEM_STR("by", wh_session_identity(chat->host, wh_call_session(call))->name),
		WH_ITEM_STR("by_id", wh_session_identity(chat->host, wh_call_session(call))->id) };

	if (hub != NULL)
		wh_room_publish(chat->host, hub, 0, &(struct wh_event){ "chat.role", items, sizeof items / sizeof items[0] }, NULL, WH_PRESENCE);
}

/* The sessions of who was given it know their rank anew. */
void
ranks_find(struct chat_room *room)
{
	struct chat *chat = room->chat;
	struct wh_dict_iter it = { .value = NULL };

	while (wh_dict_next(chat->host, room->people, &it)) {
		struct chat_person *person = it.value;
		const struct chat_live *live = live_by_id(chat, person->id);
		struct wh_session *s = live != NULL ? wh_session_get(chat->host, live->sessions[0]) : NULL;

		if (s != NULL)
			member_ranked(room, person, s);
	}
}

void
role_changed(struct chat_room *room, struct wh_call *call)
{
	ranks_find(room);
	role_tell(room->chat, call, room);
}

static void
role_done(void *self, uint64_t cookie, enum wh_err err)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);

	if (err == WH_OK)
		ranks_find(room);
	if (call != NULL && err == WH_OK)
		role_tell(chat, call, room);
	if (call != NULL)
		wh_call_done(call, err == WH_OK ? WH_OK :
		    wh_fail(call, err, err == WH_ENOENT ? "they have no such role" : err == WH_EEXIST ? "they have it already" : "the role could not be kept; try again"));
	room_settle(room);
}

static void
role_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_account *account)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);
	uint64_t task;

	if (call == NULL || err != WH_OK || (task = task_begin(room, call)) == 0) {
		if (call != NULL)
			wh_call_done(call, err == WH_OK ? WH_ENOMEM : wh_fail(call, err == WH_ENOENT ? WH_ENOENT : WH_EAWAY,
			    err == WH_ENOENT ? "nobody has that name" : "accounts can't be read now; try again"));
		room_settle(room);
		return;
	}
	const struct wh_account_grant grant = { .account = account->id, .role = wh_arg_str(call, "role"), .room = wh_str(room->key),
		.by = wh_session_identity(chat->host, wh_call_session(call))->id };

	err = wh_arg_bool(call, "on") ? chat->accounts->grant(chat->accounts_self, &grant, role_done, chat, task) :
	    chat->accounts->ungrant(chat->accounts_self, &grant, role_done, chat, task);
	if (err != WH_OK)
		role_done(chat, task, err);
}

static enum wh_err
role_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	enum chat_rank rank = room_rank(room, wh_call_session(call));

	if (room->sides != NULL || (chat->accounts == NULL && room->kept))
		return wh_fail(call, WH_ENOTSUP, "there are no roles here");
	if (rank < CHAT_HELPER || (rank < CHAT_OWNER && rank_read(wh_arg_str(call, "role")) >= (rank == CHAT_MODERATOR ? CHAT_MODERATOR : rank)))
		return wh_fail(call, WH_EPERM, "owners give every role, the others those below their own");
	return room->kept ? account_of(chat, call, room, role_found) : given_change(room, call);
}

enum wh_err
info_role(void *self, struct wh_call *call)
{
	return room_with_member(self, call, role_go);
}
