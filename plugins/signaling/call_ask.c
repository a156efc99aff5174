/* What people ask of a call: to be in it, to leave, to say what they send, to see who is there. */
#include "signaling.h"

/* The caller's seat in the call of a room; fails the call. What one is not in and what is not there are one answer. */
static struct seat *
seat_called(struct signaling *x, struct wh_call *call)
{
	struct wh_session *s = wh_call_session(call);
	struct wh_room *room = signaling_room(x, s, wh_arg_str(call, "room"));
	struct seat *seat = room != NULL ? seat_of(call_find(x, wh_room_name(x->host, room)), wh_session_id(x->host, s)) : NULL;

	if (seat == NULL)
		wh_fail(call, WH_ENOENT, "you are in no call there: call.join");
	return seat;
}

/* How many are in the call now, for all of the room. */
static void
room_tell(struct signaling *x, struct wh_room *room)
{
	const struct call *c = call_find(x, wh_room_name(x->host, room));
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_room_name(x->host, room)), WH_ITEM_INT("people", c != NULL ? c->n : 0) };

	wh_room_publish(x->host, room, 0, &(struct wh_event){ "call.people", items, 2 }, NULL, WH_PRESENCE);
}

static void
reply_seat(struct signaling *x, struct wh_call *call, const struct seat *seat)
{
	const struct wh_matched match = signaling_matched(x, seat->call->key);
	struct wh_json *reply = wh_reply(call);
	char peers[PEERS_BYTES];
	struct text t = { peers, 0, sizeof peers, false };

	seat_peers(x, seat, &t);
	wh_json_str(reply, "room", seat->call->key);
	wh_json_text(reply, "peer", seat->id);
	wh_json_uint(reply, "generation", seat->generation);
	wh_json_uint(reply, "most", x->most);
	wh_json_bool(reply, "relay", match.relay_only);
	wh_json_bool(reply, "blur", match.blur);
	wh_json_raw(reply, "peers", text_of(&t));
}

static void
seat_take(struct wh_call *call, struct seat *seat)
{
	if (wh_arg_has(call, "audio"))
		seat->audio = wh_arg_bool(call, "audio");
	if (wh_arg_has(call, "video"))
		seat->video = wh_arg_bool(call, "video");
	if (wh_arg_has(call, "screen"))
		seat->screen = wh_arg_bool(call, "screen");
	if (wh_arg_has(call, "hand"))
		seat->hand = wh_arg_bool(call, "hand");
}

static void
seat_tell_joined(struct signaling *x, struct seat *seat)
{
	struct call *c = seat->call;
	struct wh_session *s = wh_session_get(x->host, seat->caller->session);
	const struct wh_item items[] = {
		WH_ITEM_STR("room", c->key), WH_ITEM_STR("peer", wh_str(seat->id)), WH_ITEM_STR("name", wh_session_identity(x->host, s)->name),
		WH_ITEM_INT("generation", seat->generation), WH_ITEM_BOOL("starts", false), WH_ITEM_BOOL("polite", false), WH_ITEM_BOOL("audio", seat->audio),
		WH_ITEM_BOOL("video", seat->video), WH_ITEM_BOOL("screen", seat->screen), WH_ITEM_BOOL("hand", seat->hand),
	};

	for (unsigned i = 0; i < SEATS_MAX; i++)
		if (c->seats[i] != NULL && c->seats[i] != seat)
			seat_tell(x, c->seats[i], "call.joined", items, 10);
}

enum wh_err
call_join(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct wh_session *s = wh_call_session(call);
	wh_id id = wh_session_id(x->host, s);
	struct wh_room *room = signaling_room(x, s, wh_arg_str(call, "room"));
	struct call *c = room != NULL ? call_find(x, wh_room_name(x->host, room)) : NULL;
	struct seat *seat = seat_of(c, id);
	bool again = seat != NULL;
	enum wh_err err;

	if (room == NULL)
		return wh_fail(call, WH_EPERM, "join the room first");
	if ((err = signaling_may(x, call, room, s)) != WH_OK)
		return err;
	if (seat == NULL && c != NULL && c->n >= x->most)
		return wh_fail(call, WH_EFULL, "the call is full");
	if (seat == NULL)
		seat = call_sit(x, wh_room_name(x->host, room), id);
	if (seat == NULL)
		return wh_fail(call, WH_EFULL, "you are in too many calls, or there are too many; leave one and try again");
	if (!again)
		signaling_random(x, seat->id, SEAT_ID);
	seat->order = ++seat->call->last_order;
	seat_take(call, seat);
	seat_renew(x, seat);
	if (!again)
		seat_tell_joined(x, seat);
	else
		for (unsigned i = 0; i < SEATS_MAX; i++)
			if (seat->call->seats[i] != NULL && seat->call->seats[i] != seat)
				seat_tell_resumed(x, seat, seat->call->seats[i]);
	reply_seat(x, call, seat);
	room_tell(x, room);
	return WH_OK;
}

enum wh_err
call_leaves(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct seat *seat = seat_called(x, call);
	struct wh_room *room;

	if (seat == NULL)
		return WH_ENOENT;
	room = wh_room_find(x->host, seat->call->key);
	call_leave(x, seat, "left");
	if (room != NULL)
		room_tell(x, room);
	return WH_OK;
}

enum wh_err
call_set(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct seat *seat = seat_called(x, call);

	if (seat == NULL)
		return WH_ENOENT;
	seat_take(call, seat);
	wh_session_changed(x->host, wh_call_session(call));
	const struct wh_item items[] = {
		WH_ITEM_STR("room", seat->call->key), WH_ITEM_STR("peer", wh_str(seat->id)), WH_ITEM_INT("generation", seat->generation), WH_ITEM_BOOL("away", false),
		WH_ITEM_BOOL("audio", seat->audio), WH_ITEM_BOOL("video", seat->video), WH_ITEM_BOOL("screen", seat->screen), WH_ITEM_BOOL("hand", seat->hand),
	};

	for (unsigned i = 0; i < SEATS_MAX; i++)
		if (seat->call->seats[i] != NULL && seat->call->seats[i] != seat)
			seat_tell(x, seat->call->seats[i], "call.state", items, 8);
	return WH_OK;
}

/* Who is in the room's call: for its members, whether they are in the call or not. */
enum wh_err
call_status(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct wh_session *s = wh_call_session(call);
	struct wh_room *room = signaling_room(x, s, wh_arg_str(call, "room"));
	struct call *c = room != NULL ? call_find(x, wh_room_name(x->host, room)) : NULL;
	struct wh_json *reply = wh_reply(call);
	struct seat *mine = seat_of(c, wh_session_id(x->host, s));

	if (room == NULL)
		return wh_fail(call, WH_EPERM, "join the room first");
	if (mine != NULL) {
		reply_seat(x, call, mine);
		return WH_OK;
	}
	wh_json_str(reply, "room", wh_room_name(x->host, room));
	wh_json_uint(reply, "most", x->most);
	wh_json_array(reply, "peers");
	for (unsigned i = 0; c != NULL && i < SEATS_MAX; i++) {
		struct wh_session *peer = c->seats[i] != NULL ? wh_session_get(x->host, c->seats[i]->caller->session) : NULL;

		if (peer == NULL)
			continue;
		wh_json_object(reply, NULL);
		wh_json_text(reply, "peer", c->seats[i]->id);
		wh_json_str(reply, "name", wh_session_identity(x->host, peer)->name);
		wh_json_bool(reply, "away", c->seats[i]->lost_at != 0);
		wh_json_end(reply);
	}
	wh_json_end(reply);
	return WH_OK;
}

struct listing {
	struct signaling *x;
	struct wh_call *call;
};

static bool
list_room(void *self, struct wh_room *room)
{
	struct signaling *x = ((struct listing *)self)->x;
	struct wh_call *call = ((struct listing *)self)->call;
	const struct call *c = call_find(x, wh_room_name(x->host, room));
	struct wh_json *reply = wh_reply(call);

	if (c == NULL)
		return true;
	wh_json_object(reply, NULL);
	wh_json_str(reply, "room", c->key);
	wh_json_uint(reply, "people", c->n);
	wh_json_bool(reply, "mine", seat_of(call_find(x, c->key), wh_session_id(x->host, wh_call_session(call))) != NULL);
	wh_json_end(reply);
	return true;
}

/* The calls of the rooms that one is in. */
enum wh_err
call_list(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct listing listing = { x, call };

	wh_json_array(wh_reply(call), "calls");
	wh_session_rooms(x->host, wh_call_session(call), list_room, &listing);
	wh_json_end(wh_reply(call));
	return WH_OK;
}

/* Whoever moderates the room, or may moderate every call. */
enum wh_err
call_remove(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct wh_session *s = wh_call_session(call);
	struct wh_str name = wh_arg_str(call, "room");
	struct wh_room *room = signaling_room(x, s, name);
	bool may = wh_session_may(x->host, s, "call.moderate");
	struct wh_chat_room of_chat;
	struct seat *seat;

	if (room == NULL && may)
		room = wh_room_find(x->host, x->chat != NULL && x->chat->room(x->chat_self, name, &of_chat) ? of_chat.key : name);
	if (room != NULL && !may)
		may = x->chat != NULL && x->chat->rank(x->chat_self, wh_room_name(x->host, room), s) >= WH_RANK_MODERATOR;
	seat = room != NULL && may ? seat_named(call_find(x, wh_room_name(x->host, room)), wh_arg_str(call, "peer")) : NULL;
	if (!may)
		return wh_fail(call, WH_EPERM, "the room's moderators may do that");
	if (seat == NULL)
		return wh_fail(call, WH_ENOENT, "nobody of that id is in a call there");
	call_leave(x, seat, "removed");
	room_tell(x, room);
	return WH_OK;
}
