/* Calls and their seats: who sits where, what becomes of a seat when its connection is lost, comes back, or the hub is replaced, and offers
 * that nobody answers. */
#include <stdio.h>

#include "peerjs.h"
#include "signaling.h"

struct call *
call_find(struct signaling *x, struct wh_str room)
{
	return wh_dict_get(x->host, x->calls, room);
}

static struct caller *
caller_find(struct signaling *x, wh_id session)
{
	return wh_dict_get(x->host, x->callers, (struct wh_str){ (const char *)&session, sizeof session });
}

static struct caller *
caller_make(struct signaling *x, wh_id session)
{
	struct caller *caller = caller_find(x, session);

	if (caller != NULL)
		return caller;
	caller = wh_new(x->host, sizeof *caller);
	if (caller == NULL)
		return NULL;
	caller->session = session;
	if (wh_dict_add(x->host, x->callers, (struct wh_str){ (const char *)&caller->session, sizeof caller->session }, caller) != WH_OK) {
		wh_delete(x->host, caller);
		return NULL;
	}
	return caller;
}

/* In no call any more: it goes. */
static void
caller_settle(struct signaling *x, struct caller *caller)
{
	for (unsigned i = 0; i < CALLS_OF_SESSION; i++)
		if (caller->seats[i] != NULL)
			return;
	wh_dict_remove(x->host, x->callers, (struct wh_str){ (const char *)&caller->session, sizeof caller->session });
	wh_delete(x->host, caller);
}

static struct call *
call_make(struct signaling *x, struct wh_str room)
{
	struct call *c = call_find(x, room);

	if (c != NULL || room.n > ROOM_BYTES)
		return c;
	c = wh_new(x->host, sizeof *c);
	if (c == NULL)
		return NULL;
	memcpy(c->name, room.p, room.n);
	c->key = (struct wh_str){ c->name, room.n };
	if (x->sweep == 0)
		x->sweep = wh_timer_start(x->host, SWEEP_MS, SWEEP_MS, calls_sweep, 0);
	if (x->sweep == 0 || wh_dict_add(x->host, x->calls, c->key, c) != WH_OK) {
		wh_delete(x->host, c);
		return NULL;
	}
	wh_metric_add(x->host, &signaling_metrics[M_CALLS], 1);
	return c;
}

static void
call_settle(struct signaling *x, struct call *c)
{
	if (c->n != 0)
		return;
	wh_dict_remove(x->host, x->calls, c->key);
	wh_delete(x->host, c);
	wh_metric_add(x->host, &signaling_metrics[M_CALLS], -1);
	if (wh_dict_count(x->host, x->calls) == 0) {
		wh_timer_stop(x->host, x->sweep);
		x->sweep = 0;
	}
}

struct seat *
seat_of(struct call *c, wh_id session)
{
	for (unsigned i = 0; c != NULL && i < SEATS_MAX; i++)
		if (c->seats[i] != NULL && c->seats[i]->caller->session == session)
			return c->seats[i];
	return NULL;
}

struct seat *
seat_named(struct call *c, struct wh_str id)
{
	for (unsigned i = 0; c != NULL && i < SEATS_MAX; i++)
		if (c->seats[i] != NULL && wh_str_is(id, c->seats[i]->id))
			return c->seats[i];
	return NULL;
}

unsigned
seat_place(const struct seat *seat)
{
	unsigned i = 0;

	while (seat->call->seats[i] != seat)
		i++;
	return i;
}

bool
seat_starts(const struct seat *seat, const struct seat *with)
{
	return seat->order > with->order;
}

void
seat_tell(struct signaling *x, const struct seat *seat, const char *event, const struct wh_item *items, size_t n)
{
	struct wh_session *s = wh_session_get(x->host, seat->caller->session);

	if (s != NULL)
		wh_session_notify(x->host, s, &(struct wh_event){ event, items, n });
}

static void
pairs_forget(struct call *c, unsigned place)
{
	for (unsigned i = 0; i < SEATS_MAX; i++) {
		c->known[place][i] = c->known[i][place] = false;
		c->offered[place][i] = c->offered[i][place] = 0;
	}
}

void
seat_renew(struct signaling *x, struct seat *seat)
{
	struct wh_session *s = wh_session_get(x->host, seat->caller->session);

	seat->generation++;
	seat->lost_at = 0;
	pairs_forget(seat->call, seat_place(seat));
	if (s != NULL)
		wh_session_changed(x->host, s);
}

/* NULL: the call is full, or the session is in too many. The caller gives it id, generation and order. */
struct seat *
call_sit(struct signaling *x, struct wh_str room, wh_id session)
{
	struct caller *caller = caller_make(x, session);
	struct call *c = call_make(x, room);
	struct seat *seat = NULL;
	unsigned place = 0, i = 0;

	while (c != NULL && place < SEATS_MAX && c->seats[place] != NULL)
		place++;
	while (caller != NULL && i < CALLS_OF_SESSION && caller->seats[i] != NULL)
		i++;
	if (caller != NULL && c != NULL && place < SEATS_MAX && i < CALLS_OF_SESSION)
		seat = wh_new(x->host, sizeof *seat);
	if (seat != NULL) {
		seat->call = c;
		seat->caller = caller;
		c->seats[place] = caller->seats[i] = seat;
		c->n++;
		pairs_forget(c, place);
		wh_metric_add(x->host, &signaling_metrics[M_SEATS], 1);
		return seat;
	}
	if (caller != NULL)
		caller_settle(x, caller);
	if (c != NULL)
		call_settle(x, c);
	return NULL;
}

static void
seat_free(struct signaling *x, struct seat *seat)
{
	struct call *c = seat->call;
	struct caller *caller = seat->caller;
	unsigned place = seat_place(seat);

	c->seats[place] = NULL;
	c->n--;
	pairs_forget(c, place);
	for (unsigned i = 0; i < CALLS_OF_SESSION; i++)
		if (caller->seats[i] == seat)
			caller->seats[i] = NULL;
	wh_delete(x->host, seat);
	wh_metric_add(x->host, &signaling_metrics[M_SEATS], -1);
	caller_settle(x, caller);
	call_settle(x, c);
}

void
call_leave(struct signaling *x, struct seat *seat, const char *why)
{
	struct call *c = seat->call;
	struct wh_session *s = wh_session_get(x->host, seat->caller->session);
	const struct wh_item items[] = {
		WH_ITEM_STR("room", c->key), WH_ITEM_STR("peer", wh_str(seat->id)), WH_ITEM_STR("reason", wh_str(why)),
	};

	for (unsigned i = 0; i < SEATS_MAX; i++)
		if (c->seats[i] != NULL)
			seat_tell(x, c->seats[i], "call.left", items, 3);
	seat_free(x, seat);
	if (s != NULL)
		wh_session_changed(x->host, s);
}

void
calls_free(struct signaling *x)
{
	struct wh_dict_iter it = { .value = NULL };

	while (x->callers != NULL && wh_dict_next(x->host, x->callers, &it)) {
		struct caller *caller = it.value;

		for (unsigned i = 0; i < CALLS_OF_SESSION; i++)
			wh_delete(x->host, caller->seats[i]);
		wh_delete(x->host, caller);
	}
	it = (struct wh_dict_iter){ .value = NULL };
	while (x->calls != NULL && wh_dict_next(x->host, x->calls, &it))
		wh_delete(x->host, it.value);
	wh_dict_free(x->host, &x->calls);
	wh_dict_free(x->host, &x->callers);
	wh_timer_stop(x->host, x->sweep);
}

/* An offer that was not answered in time: both begin again. */
static void
pair_expire(struct signaling *x, struct call *c, unsigned from, unsigned to)
{
	const struct wh_item items[] = { WH_ITEM_STR("room", c->key), WH_ITEM_STR("peer", wh_str(c->seats[to]->id)) };
	const struct wh_item other[] = { items[0], WH_ITEM_STR("peer", wh_str(c->seats[from]->id)) };

	c->offered[from][to] = 0;
	if (c->offered[to][from] == 0)
		c->known[from][to] = c->known[to][from] = false;
	wh_metric_add(x->host, &signaling_metrics[M_EXPIRED], 1);
	seat_tell(x, c->seats[from], "call.expired", items, 2);
	seat_tell(x, c->seats[to], "call.expired", other, 2);
}

static void
call_sweep(struct signaling *x, struct call *c, int64_t now)
{
	for (unsigned i = 0; i < SEATS_MAX; i++)
		for (unsigned k = 0; k < SEATS_MAX; k++)
			if (c->offered[i][k] != 0 && now - c->offered[i][k] >= x->pair_ms)
				pair_expire(x, c, i, k);
	for (unsigned i = 0, left = c->n; i < SEATS_MAX && left != 0; i++) {
		struct seat *seat = c->seats[i];

		if (seat == NULL)
			continue;
		left--;	/* with the last one the call is gone */
		if (seat->lost_at != 0 && now - seat->lost_at >= x->grace_ms)
			call_leave(x, seat, "connection");
	}
}

void
calls_sweep(void *self, uint64_t cookie)
{
	struct signaling *x = self;
	struct wh_dict_iter it = { .value = NULL };
	int64_t now = wh_now_ms(x->host);

	(void)cookie;
	while (wh_dict_next(x->host, x->calls, &it))
		call_sweep(x, it.value, now);
}

/* What becomes of sessions */

/* Whoever leaves the room leaves its call. */
enum wh_verdict
call_gone(void *self, struct wh_passage *p)
{
	struct signaling *x = self;
	struct seat *seat = seat_of(call_find(x, wh_room_name(x->host, p->room)), wh_session_id(x->host, p->session));

	if (seat != NULL)
		call_leave(x, seat, "room");
	return WH_PASS;
}

/* The room has another name, and its call with it. */
static void
call_moved(void *self, const struct wh_chat_moved *moved)
{
	struct signaling *x = self;
	struct call *c = call_find(x, moved->from_key);

	peers_move(x, moved->from_key, moved->key);
	if (c == NULL || moved->key.n > ROOM_BYTES || call_find(x, moved->key) != NULL)
		return;
	wh_dict_remove(x->host, x->calls, c->key);
	memcpy(c->name, moved->key.p, moved->key.n);
	c->name[moved->key.n] = '\0';
	c->key = (struct wh_str){ c->name, moved->key.n };
	if (wh_dict_add(x->host, x->calls, c->key, c) != WH_OK)
		wh_host_log(x->host, WH_ERROR, "out_of_memory", WH_T("for", "the name of a call"));
	for (unsigned i = 0; i < SEATS_MAX; i++) {
		struct wh_session *s = c->seats[i] != NULL ? wh_session_get(x->host, c->seats[i]->caller->session) : NULL;

		if (s != NULL)
			wh_session_changed(x->host, s);
	}
}

void
calls_watch(struct signaling *x)
{
	if (x->chat != NULL && x->chat->watch(x->chat_self, call_moved, x) != WH_OK)
		wh_host_log(x->host, WH_ERROR, "calls_do_not_follow_rooms", WH_T("why", "too many plugins watch"));
}

static void
seat_lost(struct signaling *x, struct seat *seat)
{
	const struct wh_item items[] = {
		WH_ITEM_STR("room", seat->call->key), WH_ITEM_STR("peer", wh_str(seat->id)), WH_ITEM_INT("generation", seat->generation), WH_ITEM_BOOL("away", true),
	};

	seat->lost_at = wh_now_ms(x->host) + 1;
	for (unsigned i = 0; i < SEATS_MAX; i++)
		if (seat->call->seats[i] != NULL && seat->call->seats[i] != seat)
			seat_tell(x, seat->call->seats[i], "call.state", items, 4);
}

/* Who else is in the call, as seen from this seat: [{"peer":…,"name":…,"generation":…,"starts":…,…}]. */
void
seat_peers(struct signaling *x, const struct seat *seat, struct text *t)
{
	bool first = true;

	text_put(t, "[");
	for (unsigned i = 0; i < SEATS_MAX; i++) {
		const struct seat *peer = seat->call->seats[i];
		struct wh_session *s = peer != NULL && peer != seat ? wh_session_get(x->host, peer->caller->session) : NULL;

		if (s == NULL)
			continue;
		text_put(t, first ? "{\"peer\":\"" : ",{\"peer\":\"");
		first = false;
		text_put(t, peer->id);
		text_put(t, "\",\"name\":");
		text_str(t, wh_session_identity(x->host, s)->name);
		text_put(t, ",\"generation\":");
		text_int(t, peer->generation);
		text_put(t, ",\"starts\":");
		text_bool(t, seat_starts(seat, peer));
		text_put(t, ",\"polite\":");
		text_bool(t, seat_starts(seat, peer));
		text_put(t, ",\"audio\":");
		text_bool(t, peer->audio);
		text_put(t, ",\"video\":");
		text_bool(t, peer->video);
		text_put(t, ",\"screen\":");
		text_bool(t, peer->screen);
		text_put(t, ",\"hand\":");
		text_bool(t, peer->hand);
		text_put(t, ",\"away\":");
		text_bool(t, peer->lost_at != 0);
		text_put(t, "}");
	}
	text_put(t, "]");
}

/* Its client has lost sight of the call: here is all of it. */
static void
seat_tell_all(struct signaling *x, const struct seat *seat)
{
	char peers[PEERS_BYTES];
	struct text t = { peers, 0, sizeof peers, false };
	const struct wh_matched match = signaling_matched(x, seat->call->key);

	seat_peers(x, seat, &t);
	const struct wh_item items[] = {
		WH_ITEM_STR("room", seat->call->key), WH_ITEM_STR("peer", wh_str(seat->id)), WH_ITEM_INT("generation", seat->generation),
		WH_ITEM_BOOL("relay", match.relay_only), WH_ITEM_BOOL("blur", match.blur), WH_ITEM_JSON("peers", text_of(&t)),
	};

	seat_tell(x, seat, "call.resumed", items, 6);
}

/* The others hear of it: whoever starts of each pair restarts ICE. */
void
seat_tell_resumed(struct signaling *x, struct seat *seat, struct seat *to)
{
	const struct wh_item items[] = {
		WH_ITEM_STR("room", seat->call->key), WH_ITEM_STR("peer", wh_str(seat->id)), WH_ITEM_INT("generation", seat->generation),
		WH_ITEM_BOOL("starts", seat_starts(to, seat)), WH_ITEM_BOOL("polite", seat_starts(to, seat)),
	};

	seat_tell(x, to, "call.peer_resumed", items, 5);
}

enum wh_verdict
call_presence(void *self, struct wh_presence *p)
{
	struct signaling *x = self;
	struct caller *caller = caller_find(x, wh_session_id(x->host, p->session));

	for (unsigned i = 0; caller != NULL && i < CALLS_OF_SESSION; i++) {
		struct seat *seat = caller->seats[i];

		if (seat == NULL)
			continue;
		if (p->what == WH_DETACHED && seat->lost_at == 0)
			seat_lost(x, seat);
		if (p->what != WH_RESUMED)
			continue;
		seat_renew(x, seat);
		seat_tell_all(x, seat);
		for (unsigned k = 0; k < SEATS_MAX; k++)
			if (seat->call->seats[k] != NULL && seat->call->seats[k] != seat)
				seat_tell_resumed(x, seat, seat->call->seats[k]);
	}
	/* Its last seat takes the caller with it, so this asks anew each time. */
	while ((p->what == WH_ENDING || p->what == WH_ENDED) && (caller = caller_find(x, wh_session_id(x->host, p->session))) != NULL) {
		unsigned i = 0;

		while (caller->seats[i] == NULL)
			i++;
		call_leave(x, caller->seats[i], "connection");
	}
	return WH_PASS;
}

/* Papers: a line for each seat, "ID GENERATION ORDER FLAGS ROOM\n". */

enum { PAPER_AUDIO = 1, PAPER_VIDEO = 2, PAPER_SCREEN = 4, PAPER_HAND = 8 };

enum wh_verdict
call_save(void *self, struct wh_papers *p)
{
	struct signaling *x = self;
	const struct caller *caller = caller_find(x, wh_session_id(x->host, p->session));

	for (unsigned i = 0; caller != NULL && i < CALLS_OF_SESSION; i++) {
		const struct seat *seat = caller->seats[i];

		if (seat != NULL)
			wh_out_fmt(p->save, "%s %lu %lu %u %.*s\n", seat->id, (unsigned long)seat->generation, (unsigned long)seat->order,
			    (seat->audio ? PAPER_AUDIO : 0u) | (seat->video ? PAPER_VIDEO : 0u) | (seat->screen ? PAPER_SCREEN : 0u) |
			    (seat->hand ? PAPER_HAND : 0u), WH_FMT(seat->call->key));
	}
	return WH_PASS;
}

enum wh_verdict
call_load(void *self, struct wh_papers *p)
{
	struct signaling *x = self;
	wh_id session = wh_session_id(x->host, p->session);
	struct wh_str rest = p->load;

	while (rest.n != 0) {
		const char *end = memchr(rest.p, '\n', rest.n);
		unsigned long generation, order;
		char line[ROOM_BYTES + 80], id[SEAT_ID + 1];
		struct seat *seat;
		unsigned flags;
		int at = 0;
		size_t n = end != NULL ? (size_t)(end - rest.p) : rest.n;

		snprintf(line, sizeof line, "%.*s", n < sizeof line ? (int)n : 0, rest.p);
		rest = wh_str_from(rest, n + 1);
		if (sscanf(line, "%12s %lu %lu %u %n", id, &generation, &order, &flags, &at) != 4 || at == 0 || line[at] == '\0')
			continue;
		seat = seat_of(call_find(x, wh_str(line + at)), session) == NULL ? call_sit(x, wh_str(line + at), session) : NULL;
		if (seat == NULL)
			continue;
		snprintf(seat->id, sizeof seat->id, "%s", id);
		seat->generation = (uint32_t)generation;
		seat->order = (uint32_t)order;
		seat->audio = (flags & PAPER_AUDIO) != 0;
		seat->video = (flags & PAPER_VIDEO) != 0;
		seat->screen = (flags & PAPER_SCREEN) != 0;
		seat->hand = (flags & PAPER_HAND) != 0;
		seat->restored = true;
		if (seat->order > seat->call->last_order)
			seat->call->last_order = seat->order;
	}
	return WH_PASS;
}

static bool
seat_still_there(struct signaling *x, const struct seat *seat)
{
	struct wh_session *s = wh_session_get(x->host, seat->caller->session);
	struct wh_room *room = wh_room_find(x->host, seat->call->key);

	return s != NULL && room != NULL && wh_room_has(x->host, room, s);
}

static bool
call_recover(struct signaling *x, struct call *c)
{
	bool restored = false;
	unsigned left = c->n;

	for (unsigned i = 0; i < SEATS_MAX && left != 0; i++) {
		struct seat *seat = c->seats[i];

		if (seat == NULL)
			continue;
		left--;
		if (!seat->restored)
			continue;
		if (seat_still_there(x, seat)) {
			seat_renew(x, seat);
			restored = true;
		} else
			call_leave(x, seat, "room");
	}
	return restored;
}

/* The hub was replaced. Who came back with it sees the whole call; who was told before (edges may come late) hears of those alone. */
void
calls_recovered(struct signaling *x)
{
	struct wh_dict_iter it = { .value = NULL };

	while (wh_dict_next(x->host, x->calls, &it)) {
		struct call *c = it.value;

		if (!call_recover(x, c))
			continue;
		for (unsigned i = 0; i < SEATS_MAX; i++)
			for (unsigned k = 0; c->seats[i] != NULL && c->seats[i]->restored && k < SEATS_MAX; k++)
				if (c->seats[k] != NULL && !c->seats[k]->restored)
					seat_tell_resumed(x, c->seats[i], c->seats[k]);
		for (unsigned i = 0; i < SEATS_MAX; i++) {
			if (c->seats[i] == NULL || !c->seats[i]->restored)
				continue;
			seat_tell_all(x, c->seats[i]);
			c->seats[i]->restored = false;
		}
	}
}
