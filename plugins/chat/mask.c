/* Lists of masks: who is banned from a room, excepted from that, let in without an invitation, or muted. They are kept with the room, and are in
 * memory while it is; what is over is taken off by the sweep, and does not count before. A mask stands once on a list, without regard to
 * case. What is being written has a masking, that owns the mask until the store has it: the call may be over by then. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "chat.h"

struct masking {
	struct wh_list link;		/* in chat.maskings */
	struct chat_mask *mask;		/* owned */
	uint64_t task;
	bool on, kick;
};

static const char *const list_words[WH_LISTS] = { "ban", "except", "invite", "mute" };

static enum wh_chat_list
list_read(struct wh_str word)
{
	for (enum wh_chat_list list = WH_LIST_BAN; list < WH_LISTS; list++)
		if (wh_str_is(word, list_words[list]))
			return list;
	return WH_LIST_BAN;
}

static struct chat_mask *
mask_new(struct chat *chat, const struct chat_mask *like)
{
	struct chat_mask *m = wh_new(chat->host, sizeof *m + like->mask.n + like->by.n + like->by_id.n + like->why.n + 1);
	char *to;

	if (m == NULL)
		return NULL;
	*m = *like;
	to = m->text;
	for (struct wh_str *part[] = { &m->mask, &m->by, &m->by_id, &m->why }, **p = part; p < part + 4; p++) {
		if ((*p)->n != 0)
			memcpy(to, (*p)->p, (*p)->n);
		(*p)->p = to;
		to += (*p)->n;
	}
	return m;
}

static size_t
mask_find(const struct chat_room *room, enum wh_chat_list list, struct wh_str mask)
{
	size_t i = 0;

	while (i < room->n_masks && (room->masks[i]->list != list || room->masks[i]->mask.n != mask.n || strncasecmp(room->masks[i]->mask.p, mask.p, mask.n) != 0))
		i++;
	return i;
}

static void
mask_take(struct chat_room *room, size_t at)
{
	wh_delete(room->chat->host, room->masks[at]);
	memmove(&room->masks[at], &room->masks[at + 1], (--room->n_masks - at) * sizeof *room->masks);
	room->masks_change++;
}

/* False: no memory, and then it holds when the room is read again. */
static bool
mask_put(struct chat_room *room, struct chat_mask *take_mask)
{
	size_t at = mask_find(room, take_mask->list, take_mask->mask);

	if (at < room->n_masks)
		mask_take(room, at);
	if (room->masks == NULL)
		room->masks = wh_new(room->chat->host, CHAT_MASKS * sizeof(struct chat_mask *));
	if (room->masks == NULL || room->n_masks == CHAT_MASKS) {
		wh_delete(room->chat->host, take_mask);
		return false;
	}
	room->masks[room->n_masks++] = take_mask;
	room->masks_change++;
	return true;
}

void
masks_read(struct chat_room *room, const struct wh_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct chat_mask read = { .list = (enum wh_chat_list)wh_row_int(rows, i, 0), .mask = wh_row_str(rows, i, 1), .by_id = wh_row_str(rows, i, 2),
			.by = wh_row_str(rows, i, 3), .time = wh_row_int(rows, i, 4), .until = wh_row_int(rows, i, 5), .why = wh_row_str(rows, i, 6) };
		struct chat_mask *m = mask_new(room->chat, &read);

		if (m == NULL || !mask_put(room, m))
			wh_host_log(room->chat->host, WH_ERROR, "out_of_memory", WH_T("for", "a room's masks"));
	}
}

void
masks_free(struct chat_room *room)
{
	while (room->n_masks != 0)
		wh_delete(room->chat->host, room->masks[--room->n_masks]);
	wh_delete(room->chat->host, room->masks);
	room->masks = NULL;
	room->masks_change++;
}

/* Its members hear of it. */
static void
mask_tell(struct chat_room *room, const struct chat_mask *m, bool on, struct wh_str by, struct wh_str by_id)
{
	struct wh_room *hub = room_hub(room);
	struct wh_item items[9] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("kind", wh_str(list_words[m->list])), WH_ITEM_STR("mask", m->mask),
		WH_ITEM_BOOL("on", on), WH_ITEM_STR("by", by), WH_ITEM_STR("by_id", by_id), WH_ITEM_INT("time", wh_wall_ms(room->chat->host)) };
	size_t n = 7;

	if (on && m->until != 0)
		items[n++] = WH_ITEM_INT("until", m->until);
	if (on && m->why.n != 0)
		items[n++] = WH_ITEM_STR("why", m->why);
	if (hub != NULL)
		wh_room_publish(room->chat->host, hub, 0, &(struct wh_event){ "chat.mask", items, n }, NULL, 0);
}

static void
mask_answer(struct wh_call *call, const struct chat_mask *m)
{
	wh_json_text(wh_reply(call), "kind", list_words[m->list]);
	wh_json_str(wh_reply(call), "mask", m->mask);
}

static void
masking_free(struct chat *chat, struct masking *g)
{
	wh_list_remove(&g->link);
	wh_delete(chat->host, g->mask);
	wh_delete(chat->host, g);
}

void
maskings_free(struct chat *chat)
{
	while (!wh_list_empty(&chat->maskings))
		masking_free(chat, WH_CONTAINER(chat->maskings.next, struct masking, link));
}

/* The store has it. */
static void
mask_applies(struct chat_room *room, struct masking *g, struct wh_call *call)
{
	struct chat *chat = room->chat;
	const struct chat_mask *m = g->mask;
	size_t at = mask_find(room, m->list, m->mask);

	if (call != NULL)
		mask_answer(call, m);
	mask_tell(room, m, g->on, m->by, m->by_id);
	if (g->on) {
		if (!mask_put(room, g->mask))
			wh_host_log(chat->host, WH_ERROR, "out_of_memory", WH_T("for", "a room's mask"));
		g->mask = NULL;
	} else if (at < room->n_masks) {
		mask_take(room, at);
	}
}

static void
masked(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct masking *g = (struct masking *)(uintptr_t)cookie;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, g->task, &call);
	enum wh_err err = WH_OK;

	room->pending++;
	if (r->err == WH_OK)
		mask_applies(room, g, call);
	if (call != NULL && r->err == WH_ESTATE)
		err = wh_fail(call, WH_EFULL, "the room's lists are full: take something off first");
	else if (call != NULL && r->err != WH_OK)
		err = chat_store_failed(call, r);
	else if (call != NULL && g->kick)
		err = member_send_out(room, call);
	if (call != NULL)
		wh_call_done(call, err);
	masking_free(chat, g);
	room->pending--;
	room_settle(room);
}

/* Writes the mask (copied), or takes it off; then tells the members, and answers the call. */
static enum wh_err
mask_write(struct chat_room *room, struct wh_call *call, const struct chat_mask *like, bool on, bool kick)
{
	struct chat *chat = room->chat;
	struct masking *g = wh_new(chat->host, sizeof *g);
	enum wh_err err = WH_ENOMEM;

	if (g == NULL)
		return WH_ENOMEM;
	wh_list_init(&g->link);
	g->on = on;
	g->kick = kick;
	g->mask = mask_new(chat, like);
	g->task = g->mask != NULL ? task_begin(room, call) : 0;
	if (g->task != 0) {
		const struct chat_mask *m = g->mask;
		const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_INT(m->list), WH_CELL_TEXT(m->mask), WH_CELL_TEXT(m->by_id), WH_CELL_TEXT(m->by),
			WH_CELL_INT(m->time), WH_CELL_INT(m->until), WH_CELL_TEXT(m->why) };

		wh_list_add_last(&chat->maskings, &g->link);
		err = wh_store_run(&chat->table, &(struct wh_step){ on ? Q_MASK_ADD : Q_MASK_REMOVE, cells, on ? 8 : 3, on ? WH_ONE : WH_ANY }, 1, masked,
		    (uintptr_t)g);
		if (err == WH_OK)
			return WH_WAIT;
		task_end(chat, g->task, &call);
		err = chat_started(call, err);
	}
	masking_free(chat, g);
	return err;
}

static struct wh_str
or_empty(struct wh_str s)
{
	return s.p != NULL ? s : WH_STR("");
}

static struct chat_mask
mask_by(struct chat *chat, struct wh_call *call, enum wh_chat_list list, struct wh_str mask)
{
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));
	struct chat_mask m = { .list = list, .mask = mask, .by = or_empty(who->name), .by_id = who->id, .time = wh_wall_ms(chat->host) };

	if (m.by.n > CHAT_PERSON_NAME)
		m.by.n = text_cut(m.by, CHAT_PERSON_NAME);
	return m;
}

/* Who may change, or see, a list: helpers mute and ban, moderators say who is excepted from that. */
static bool
list_allowed(struct chat_room *room, struct wh_session *s, enum wh_chat_list list)
{
	return room_rank(room, s) >= (list == WH_LIST_BAN || list == WH_LIST_MUTE ? CHAT_HELPER : CHAT_MODERATOR);
}

/* Nobody learns from a mask who is in a room that they cannot see. */
static bool
asks_of_unseen(struct chat *chat, struct wh_call *call, struct wh_str mask)
{
	size_t head = mask.n > 1 && mask.p[1] == '~' ? 2 : 1;
	struct wh_str name = mask.p[0] == '$' && mask.n > head + 2 && mask.p[head] == 'j' ? wh_str_from(mask, head + 2) : WH_STR("");
	char key[CHAT_NAME + 1];
	struct chat_room *room = name.n != 0 && text_room_key(name, key) ? room_by_key(chat, wh_str(key)) : NULL;

	return name.n != 0 && (room == NULL || (room->rules.access != CHAT_PUBLIC && !room_has(room, wh_call_session(call))));
}

static enum wh_err
mask_set(struct chat_room *room, struct wh_call *call, struct wh_str mask)
{
	const enum wh_chat_list list = list_read(wh_arg_str(call, "kind"));
	const size_t at = mask_find(room, list, mask);
	struct chat_mask m = mask_by(room->chat, call, list, mask);

	m.why = or_empty(wh_arg_str(call, "why"));
	m.until = wh_arg_has(call, "for") ? m.time + wh_arg_int(call, "for") : wh_arg_int(call, "until");
	if (m.until != 0 && m.until <= m.time)
		return wh_fail(call, WH_EINVAL, "that is over already");
	if (at < room->n_masks) {
		if (!wh_arg_has(call, "until") && !wh_arg_has(call, "for") && !wh_arg_has(call, "why"))
			return wh_fail(call, WH_EEXIST, "it stands on the list already");
		m.mask = room->masks[at]->mask;		/* as it was written first */
	} else if (room->n_masks >= CHAT_MASKS) {
		return wh_fail(call, WH_EFULL, "the room's lists are full: take something off first");
	}
	return mask_write(room, call, &m, true, false);
}

static enum wh_err
mask_unset(struct chat_room *room, struct wh_call *call, struct wh_str mask)
{
	const enum wh_chat_list list = list_read(wh_arg_str(call, "kind"));
	const size_t at = mask_find(room, list, mask);
	struct chat_mask m = mask_by(room->chat, call, list, mask);

	if (at == room->n_masks)
		return wh_fail(call, WH_ENOENT, "that is not on the list");
	m.mask = room->masks[at]->mask;
	return mask_write(room, call, &m, false, false);
}

/* Who is meant is known. */
static enum wh_err
mask_person(struct chat *chat, struct wh_call *call, const struct chat_side *who, const struct chat_asking *asking)
{
	char key[CHAT_NAME + 1], mask[CHAT_MASK + 1];
	struct chat_room *room = text_room_key(wh_arg_str(call, "room"), key) ? room_by_key(chat, wh_str(key)) : NULL;

	if (room == NULL || room->state != CHAT_READY)
		return wh_fail(call, WH_EAWAY, "the room ended meanwhile; try again");
	mask_of(wh_str(who->id), who->guest, mask);
	return asking->make ? mask_set(room, call, wh_str(mask)) : mask_unset(room, call, wh_str(mask));
}

static enum wh_err
mask_change(struct chat_room *room, struct wh_call *call, bool on)
{
	struct chat *chat = room->chat;
	char mask[CHAT_MASK + 1];

	if (room->sides != NULL)
		return wh_fail(call, WH_EPERM, "a whisper is between two: chat.block");
	if (!list_allowed(room, wh_call_session(call), list_read(wh_arg_str(call, "kind"))))
		return wh_fail(call, WH_EPERM, "helpers ban and mute, moderators say who is excepted");
	if (wh_arg_has(call, "mask") == wh_arg_has(call, "who"))
		return wh_fail(call, WH_EINVAL, "name a mask, or who it is");
	if (wh_arg_has(call, "who"))
		return person_find(chat, call, wh_arg_str(call, "who"), &(struct chat_asking){ .found = mask_person, .make = on });
	if (!mask_whole(wh_arg_str(call, "mask"), mask))
		return wh_fail(call, WH_EINVAL, "that is no mask: write nick!user@host with * and ?, or $a, $a:account, $r:name, $j:room, $o:role, $z");
	if (on && asks_of_unseen(chat, call, wh_str(mask)))
		return wh_fail(call, WH_EINVAL, "name a room that is open, or that you are in");
	return on ? mask_set(room, call, wh_str(mask)) : mask_unset(room, call, wh_str(mask));
}

static enum wh_err
add_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	(void)chat;
	return mask_change(room, call, true);
}

static enum wh_err
remove_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	(void)chat;
	return mask_change(room, call, false);
}

enum wh_err
mask_add(void *self, struct wh_call *call)
{
	return room_with_member(self, call, add_go);
}

enum wh_err
mask_remove(void *self, struct wh_call *call)
{
	return room_with_member(self, call, remove_go);
}

enum wh_err
mask_kick(struct chat_room *room, struct wh_call *call, const struct chat_person *person)
{
	const struct chat_live *live = live_by_id(room->chat, person->id);
	char mask[CHAT_MASK + 1];
	struct chat_mask m;

	mask_of(person->id, live != NULL && live->kind == WH_GUEST, mask);
	m = mask_by(room->chat, call, WH_LIST_BAN, wh_str(mask));
	m.why = or_empty(wh_arg_str(call, "reason"));
	if (wh_arg_has(call, "for"))
		m.until = m.time + wh_arg_int(call, "for");
	return mask_find(room, WH_LIST_BAN, m.mask) < room->n_masks ? member_send_out(room, call) : mask_write(room, call, &m, true, true);
}

static enum wh_err
list_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	const enum wh_chat_list list = list_read(wh_arg_str(call, "kind"));
	const int64_t limit = wh_arg_int(call, "limit"), now = wh_wall_ms(chat->host);
	struct wh_json *w = wh_reply(call);
	int64_t at = 0, after = wh_arg_int(call, "after"), shown = 0;

	if (room->sides != NULL)
		return wh_fail(call, WH_ENOTSUP, "there are no lists here");
	if ((list == WH_LIST_EXCEPT || list == WH_LIST_INVITE) && room_rank(room, wh_call_session(call)) < CHAT_HELPER)
		return wh_fail(call, WH_EPERM, "that list is for those who keep order here");
	wh_json_text(w, "room", room->name);
	wh_json_text(w, "kind", list_words[list]);
	wh_json_array(w, "masks");
	for (size_t i = 0; i < room->n_masks; i++) {
		const struct chat_mask *m = room->masks[i];

		if (m->list != list || (m->until != 0 && m->until <= now) || at++ < after || shown++ >= limit)
			continue;
		wh_json_object(w, NULL);
		wh_json_str(w, "mask", m->mask);
		wh_json_str(w, "by", m->by);
		wh_json_str(w, "by_id", m->by_id);
		wh_json_int(w, "time", m->time);
		if (m->until != 0)
			wh_json_int(w, "until", m->until);
		if (m->why.n != 0)
			wh_json_str(w, "why", m->why);
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_json_int(w, "total", at);
	if (at > after + limit)
		wh_json_int(w, "next", after + limit);
	return WH_OK;
}

enum wh_err
mask_list(void *self, struct wh_call *call)
{
	return room_with_member(self, call, list_go);
}

void
masks_sweep(struct chat *chat)
{
	int64_t now = wh_wall_ms(chat->host);

	for (struct wh_list *l = chat->all.next; l != &chat->all; l = l->next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);

		for (size_t i = 0; room->state == CHAT_READY && i < room->n_masks;) {
			if (room->masks[i]->until == 0 || room->masks[i]->until > now) {
				i++;
				continue;
			}
			mask_tell(room, room->masks[i], false, WH_STR(""), WH_STR(""));
			mask_take(room, i);
		}
	}
}
