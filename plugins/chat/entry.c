/* An entry as clients are told of it: an event with its items when it happens, the same members as an object in history. */
#include <stdio.h>

#include "chat.h"

static const char *const events[CHAT_KINDS] = {
	[CHAT_SAY] = "chat.message", [CHAT_ACT] = "chat.message", [CHAT_EDIT] = "chat.edited", [CHAT_REDACT] = "chat.redacted",
	[CHAT_REACT] = "chat.reacted", [CHAT_UNREACT] = "chat.unreacted", [CHAT_TOPIC_SET] = "chat.topic", [CHAT_PIN] = "chat.pinned",
	[CHAT_UNPIN] = "chat.unpinned", [CHAT_POLL] = "chat.poll", [CHAT_VOTE] = "chat.voted", [CHAT_RULES] = "chat.rules", [CHAT_RESTORE] = "chat.restored",
};

/* What the text of an entry is called. */
static const char *
entry_text_key(int kind)
{
	switch (kind) {
	case CHAT_REDACT:
		return "reason";
	case CHAT_REACT:
	case CHAT_UNREACT:
		return "emoji";
	case CHAT_TOPIC_SET:
		return "topic";
	case CHAT_POLL:
		return "question";
	default:
		return "text";
	}
}

static const char *
entry_ref_key(int kind)
{
	return kind == CHAT_SAY || kind == CHAT_ACT ? "reply" : "target";
}

struct entry_texts {
	char id[CHAT_ID_TEXT], ref[CHAT_ID_TEXT];
};

/* What there is more to say of a message: that a bot said it, in what room a whisper belongs, who passed it on. */
static size_t
entry_said(const struct chat_room *room, const struct chat_entry *e, struct wh_item items[static 3])
{
	static const char *const texts[] = { "context", "relay" };
	struct wh_value v, part;
	size_t n = 0;

	if (wh_json_read_text(room->chat->host, e->extra, &v) != WH_OK)
		return 0;
	if (wh_json_get(&v, "notice", &part) && part.type == WH_V_BOOL && part.b)
		items[n++] = WH_ITEM_BOOL("notice", true);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (wh_json_get(&v, texts[i], &part) && part.type == WH_V_STR)
			items[n++] = WH_ITEM_STR(texts[i], part.s);
	return n;
}

static size_t
entry_items(const struct chat_room *room, const struct chat_entry *e, struct wh_item items[static CHAT_ITEMS], struct entry_texts *t)
{
	size_t n = 0;

	id_text(e->id, t->id);
	items[n++] = WH_ITEM_STR("room", wh_str(room->name));
	items[n++] = WH_ITEM_INT("seq", (int64_t)e->seq);
	items[n++] = WH_ITEM_STR("id", wh_str(t->id));
	items[n++] = WH_ITEM_STR("from", e->name);
	items[n++] = WH_ITEM_STR("who", e->who);
	items[n++] = WH_ITEM_INT("time", e->time);
	if (room->sides != NULL) {
		const struct chat_side *to = whisper_side(room, e->who, true);

		if (to != NULL)
			items[n++] = WH_ITEM_STR("to", wh_str(to->id));
		if (to != NULL && to->name[0] != '\0')
			items[n++] = WH_ITEM_STR("to_name", wh_str(to->name));
	}
	if (e->kind == CHAT_ACT)
		items[n++] = WH_ITEM_BOOL("act", true);
	if ((e->kind == CHAT_SAY || e->kind == CHAT_ACT) && e->extra.n != 0)
		n += entry_said(room, e, items + n);
	if (e->text.p != NULL)
		items[n++] = WH_ITEM_STR(entry_text_key(e->kind), e->text);
	if (e->ref != 0) {
		id_text(e->ref, t->ref);
		items[n++] = WH_ITEM_STR(entry_ref_key(e->kind), wh_str(t->ref));
	}
	if (e->extra.n != 0 && e->kind != CHAT_SAY && e->kind != CHAT_ACT && e->kind != CHAT_RESTORE)
		items[n++] = WH_ITEM_JSON(e->kind == CHAT_POLL ? "poll" : e->kind == CHAT_VOTE ? "vote" : e->kind == CHAT_RULES ? "rules" : "extra", e->extra);
	if (e->redacted)
		items[n++] = WH_ITEM_BOOL("redacted", true);
	if (e->edited != 0)
		items[n++] = WH_ITEM_INT("edited", e->edited);
	return n;
}

void
entry_publish(struct chat_room *room, const struct chat_entry *e, const struct wh_session *from)
{
	struct wh_room *hub = room_hub(room);
	struct wh_item items[CHAT_ITEMS];
	struct entry_texts texts;
	size_t n = entry_items(room, e, items, &texts);

	if (e->kind <= 0 || e->kind >= CHAT_KINDS)
		return;
	if (room->sides != NULL)
		whisper_publish(room, e->seq, &(struct wh_event){ events[e->kind], items, n }, from, WH_UNLESS_ECHO);
	else if (hub != NULL)
		wh_room_publish(room->chat->host, hub, e->seq, &(struct wh_event){ events[e->kind], items, n }, from, WH_UNLESS_ECHO);
}

void
entry_show(struct chat_room *room, const struct chat_entry *e, struct wh_session *s)
{
	struct wh_item items[CHAT_ITEMS];
	struct entry_texts texts;
	size_t n = entry_items(room, e, items, &texts);

	wh_session_notify(room->chat->host, s, &(struct wh_event){ events[e->kind], items, n });
}

void
entry_write(struct chat_room *room, const struct chat_entry *e, struct wh_json *w)
{
	struct wh_item items[CHAT_ITEMS];
	struct entry_texts texts;
	size_t n = entry_items(room, e, items, &texts);

	wh_json_object(w, NULL);
	wh_json_text(w, "event", e->kind > 0 && e->kind < CHAT_KINDS ? events[e->kind] : "chat.unknown");
	for (size_t i = 0; i < n; i++) {
		const struct wh_value *v = &items[i].value;

		if (v->type == WH_V_STR)
			wh_json_str(w, items[i].key, v->s);
		else if (v->type == WH_V_INT)
			wh_json_int(w, items[i].key, v->i);
		else if (v->type == WH_V_BOOL)
			wh_json_bool(w, items[i].key, v->b);
		else
			wh_json_raw(w, items[i].key, v->raw);
	}
	if (e->reactions.n > 2)
		wh_json_raw(w, "reactions", e->reactions);
	wh_json_end(w);
}

void
entry_read(const struct wh_rows *rows, size_t row, size_t at, struct chat_entry *e)
{
	*e = (struct chat_entry){
		.seq = (uint64_t)wh_row_int(rows, row, at), .id = wh_row_int(rows, row, at + 1), .time = wh_row_int(rows, row, at + 2),
		.kind = (int)wh_row_int(rows, row, at + 3), .who = wh_row_str(rows, row, at + 4), .name = wh_row_str(rows, row, at + 5),
		.text = wh_row_str(rows, row, at + 6), .ref = wh_row_int(rows, row, at + 7), .extra = wh_row_str(rows, row, at + 8),
		.edited = wh_row_int(rows, row, at + 9), .redacted = !wh_row_null(rows, row, at + 10),
	};
	if (rows->columns > at + 11)
		e->reactions = wh_row_str(rows, row, at + 11);
}
