/* What other plugins do and read through the service of include/whiply/chat.h: removing, putting back, saying and editing for somebody; entries. An ask that needs
 * its room waits for it as a call would. It is ended once, by whoever has it at that time: the room's waiters, an append, or the store. */
#include "chat.h"

enum ask_what { ASK_REDACT, ASK_RESTORE, ASK_SAY, ASK_EDIT };

struct chat_ask {
	struct wh_list link;		/* in chat.asks */
	struct chat *chat;
	enum ask_what what;
	wh_chat_done *done;		/* NULL: forgotten */
	wh_chat_found *found;
	void *self;
	uint64_t cookie;
	int64_t id;			/* of the entry; of what is said, what it answers */
	int kind;
	struct wh_str who, name, body, extra, nonce;	/* in `text`; of a redaction the body is the reason */
	char text[];
};

static struct chat *
chat_of(struct wh_chat *service)
{
	return (struct chat *)(void *)service;
}

void
ask_end(struct chat_ask *ask, enum wh_err err, int64_t id)
{
	wh_chat_done *done = ask->done;
	void *self = ask->self;
	uint64_t cookie = ask->cookie;

	wh_list_remove(&ask->link);
	wh_delete(ask->chat->host, ask);
	if (done != NULL)
		done(self, cookie, err, id);
}

void
asks_free(struct chat *chat)
{
	while (!wh_list_empty(&chat->asks)) {
		struct chat_ask *ask = WH_CONTAINER(chat->asks.next, struct chat_ask, link);

		wh_list_remove(&ask->link);
		wh_delete(chat->host, ask);
	}
}

static struct wh_str
ask_keep(char **to, struct wh_str s)
{
	char *at = *to;

	if (s.n == 0)
		return (struct wh_str){ s.p != NULL ? "" : NULL, 0 };
	memcpy(at, s.p, s.n);
	*to += s.n;
	return (struct wh_str){ at, s.n };
}

static struct chat_ask *
ask_new(struct chat *chat, const struct chat_ask *from)
{
	struct chat_ask *ask = wh_new(chat->host, sizeof *ask + from->who.n + from->name.n + from->body.n + from->extra.n + from->nonce.n);
	char *to;

	if (ask == NULL)
		return NULL;
	*ask = *from;
	to = ask->text;
	wh_list_init(&ask->link);
	ask->chat = chat;
	ask->who = ask_keep(&to, from->who);
	ask->name = ask_keep(&to, from->name);
	ask->body = ask_keep(&to, from->body);
	ask->extra = ask_keep(&to, from->extra);
	ask->nonce = ask_keep(&to, from->nonce);
	wh_list_add_last(&chat->asks, &ask->link);
	return ask;
}

/* Runs it in its room. An error: it is not under way. */
static enum wh_err
ask_append(struct chat_ask *ask, struct chat_room *room)
{
	struct chat *chat = ask->chat;
	struct chat_entry e = { .id = chat_next_id(chat), .time = wh_wall_ms(chat->host), .ref = ask->id, .who = ask->who, .name = ask->name, .ask = ask,
		.text = ask->body };
	const struct wh_cell room_id = WH_CELL_INT(room->id), id = WH_CELL_INT(ask->id);
	const struct wh_cell redact[] = { id, room_id, WH_CELL_INT(e.time), WH_CELL_TEXT(WH_STR("")) };
	const struct wh_cell restore[] = { id, room_id, WH_CELL_TEXT(ask->body), ask->extra.n != 0 ? WH_CELL_TEXT(ask->extra) : WH_CELL_NULL };
	const struct wh_cell gone[] = { id, room_id, WH_CELL_INT(e.time), WH_CELL_INT(0) }, pin[] = { room_id, id };
	const struct wh_cell edit[] = { id, room_id, WH_CELL_TEXT(ask->body), WH_CELL_INT(e.time), WH_CELL_TEXT(ask->who) };
	const struct wh_cell before[] = { id, room_id, WH_CELL_INT(e.time), WH_CELL_INT(e.id) };
	const struct wh_step more[] = { { Q_EDITS_GONE, gone, 4, WH_ANY }, { Q_PIN_GONE, pin, 2, WH_ANY } };
	enum wh_err err;

	switch (ask->what) {
	case ASK_REDACT:
		e.kind = CHAT_REDACT;
		e.text = ask->body.n != 0 ? ask->body : (struct wh_str){ NULL, 0 };
		err = chat_append(room, NULL, &e, (struct wh_str){ NULL, 0 }, &(struct wh_step){ Q_ENTRY_REDACT, redact, 4, WH_ONE }, "", more, 2, NULL);
		break;
	case ASK_RESTORE:
		e.kind = CHAT_RESTORE;
		err = chat_append(room, NULL, &e, (struct wh_str){ NULL, 0 }, &(struct wh_step){ Q_ENTRY_RESTORE, restore, 4, WH_ONE }, "", NULL, 0, NULL);
		break;
	case ASK_EDIT:
		e.kind = CHAT_EDIT;
		err = chat_append(room, NULL, &e, ask->nonce, &(struct wh_step){ Q_ENTRY_EDIT, edit, 5, WH_ONE }, "", &(struct wh_step){ Q_EDITS_GONE, before, 4, WH_ANY }, 1, NULL);
		break;
	default:
		e.kind = ask->kind;
		e.extra = ask->extra;
		err = chat_append(room, NULL, &e, ask->nonce, NULL, NULL, NULL, 0, NULL);
		break;
	}
	return err;
}

void
ask_go(struct chat_ask *ask, struct chat_room *room)
{
	enum wh_err err;

	if (ask->done == NULL) {
		ask_end(ask, WH_OK, 0);
		return;
	}
	err = ask_append(ask, room);
	if (err != WH_WAIT)
		ask_end(ask, err, 0);
}

/* An error that is returned: nothing happens. */
static enum wh_err
ask_begin(struct chat *chat, struct wh_str name, const struct chat_ask *from)
{
	struct chat_ask *ask;
	struct chat_waiter *w;
	struct chat_room *room;
	struct wh_str ids[2];
	char key[CHAT_KEY + 1] = "";

	if (whisper_split(name, ids)) {
		memcpy(key, name.p, name.n);
		key[name.n] = '\0';
	} else if (!text_room_key(name, key)) {
		return WH_EINVAL;
	}
	room = room_by_key(chat, wh_str(key));
	if (room != NULL && room->state == CHAT_ABSENT)
		return WH_ENOENT;
	ask = ask_new(chat, from);
	if (ask == NULL)
		return WH_ENOMEM;
	if (room != NULL && room->state == CHAT_READY) {
		room->pending++;
		ask_go(ask, room);
		room->pending--;
		room_settle(room);
		return WH_OK;
	}
	w = wh_new(chat->host, sizeof *w);
	if (w != NULL && room == NULL)
		room = room_load(chat, wh_str(key), wh_str(key));
	if (w == NULL || room == NULL) {
		wh_delete(chat->host, w);
		wh_list_remove(&ask->link);
		wh_delete(chat->host, ask);
		return w == NULL ? WH_ENOMEM : WH_EFULL;
	}
	*w = (struct chat_waiter){ .ask = ask };
	wh_list_add_last(&room->waiters, &w->link);
	return WH_OK;
}

enum wh_err
service_redact(struct wh_chat *service, struct wh_str room, int64_t id, const struct wh_chat_actor *by, struct wh_str reason, wh_chat_done *done,
    void *self, uint64_t cookie)
{
	return ask_begin(chat_of(service), room, &(struct chat_ask){ .what = ASK_REDACT, .done = done, .self = self, .cookie = cookie, .id = id, .who = by->id,
		.name = by->name, .body = reason });
}

enum wh_err
service_restore(struct wh_chat *service, struct wh_str room, int64_t id, const struct wh_chat_actor *by, struct wh_str text, struct wh_str extra,
    wh_chat_done *done, void *self, uint64_t cookie)
{
	return ask_begin(chat_of(service), room, &(struct chat_ask){ .what = ASK_RESTORE, .done = done, .self = self, .cookie = cookie, .id = id, .who = by->id,
		.name = by->name, .body = text, .extra = extra });
}

enum wh_err
service_say_for(struct wh_chat *service, struct wh_str room, const struct wh_chat_actor *author, struct wh_str kind, struct wh_str text, int64_t ref,
    struct wh_str nonce, wh_chat_done *done, void *self, uint64_t cookie)
{
	return ask_begin(chat_of(service), room, &(struct chat_ask){ .what = ASK_SAY, .done = done, .self = self, .cookie = cookie, .id = ref, .who = author->id,
		.name = author->name, .body = text, .nonce = nonce, .kind = wh_str_is(kind, "act") ? CHAT_ACT : CHAT_SAY,
		.extra = wh_str_is(kind, "notice") ? WH_STR("{\"notice\":true}") : WH_STR("") });
}

enum wh_err
service_edit_for(struct wh_chat *service, struct wh_str room, int64_t id, const struct wh_chat_actor *author, struct wh_str text, struct wh_str nonce,
    wh_chat_done *done, void *self, uint64_t cookie)
{
	return ask_begin(chat_of(service), room, &(struct chat_ask){ .what = ASK_EDIT, .done = done, .self = self, .cookie = cookie, .id = id, .who = author->id,
		.name = author->name, .body = text, .nonce = nonce });
}

/* Reading */

static struct wh_chat_entry
entry_shown(struct wh_str room, const struct chat_entry *e)
{
	return (struct wh_chat_entry){ .room = room, .seq = e->seq, .id = e->id, .time = e->time, .ref = e->ref, .who = e->who, .name = e->name, .text = e->text,
		.extra = e->extra, .redacted = e->redacted,
		.kind = e->kind == CHAT_SAY ? WH_STR("say") : e->kind == CHAT_ACT ? WH_STR("act") : e->kind == CHAT_POLL ? WH_STR("poll") : WH_STR("") };
}

static void
entries_found(void *chat_self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = chat_self;
	struct chat_ask *ask = (struct chat_ask *)(uintptr_t)cookie;
	size_t n = r->err == WH_OK ? r->rows[0].n : 0;
	struct wh_chat_entry *shown = n != 0 ? wh_new(chat->host, n * sizeof *shown) : NULL;
	enum wh_err err = r->err != WH_OK ? r->err : n == 0 && ask->id != 0 ? WH_ENOENT : n != 0 && shown == NULL ? WH_ENOMEM : WH_OK;

	for (size_t i = 0; err == WH_OK && i < n; i++) {
		struct chat_entry e;

		entry_read(&r->rows[0], i, 1, &e);
		shown[i] = entry_shown(wh_row_str(&r->rows[0], i, 0), &e);
	}
	wh_list_remove(&ask->link);
	if (ask->found != NULL)
		ask->found(ask->self, ask->cookie, err, shown, err == WH_OK ? n : 0);
	wh_delete(chat->host, ask);
	wh_delete(chat->host, shown);
}

static enum wh_err
entries_find(struct chat *chat, const struct wh_step *step, const struct chat_ask *from)
{
	struct chat_ask *ask = ask_new(chat, from);
	enum wh_err err = ask == NULL ? WH_ENOMEM : wh_store_run(&chat->table, step, 1, entries_found, (uintptr_t)ask);

	if (ask != NULL && err != WH_OK) {
		wh_list_remove(&ask->link);
		wh_delete(chat->host, ask);
	}
	return err;
}

enum wh_err
service_entry(struct wh_chat *service, int64_t id, wh_chat_found *done, void *self, uint64_t cookie)
{
	return entries_find(chat_of(service), &(struct wh_step){ Q_ENTRY_ANY, &WH_CELL_INT(id), 1, WH_ANY },
	    &(struct chat_ask){ .found = done, .self = self, .cookie = cookie, .id = id });
}

enum wh_err
service_recent(struct wh_chat *service, struct wh_str room, struct wh_str who, int64_t since, unsigned limit, wh_chat_found *done, void *self, uint64_t cookie)
{
	char key[CHAT_NAME + 1] = "";

	if (room.n != 0 ? !text_room_key(room, key) : who.n == 0)
		return WH_EINVAL;
	const struct wh_cell given[] = { WH_CELL_TEXT(wh_str(key)), WH_CELL_TEXT(who.n != 0 ? who : WH_STR("")), WH_CELL_INT(since),
		WH_CELL_INT(limit < 500 ? limit : 500) };

	return entries_find(chat_of(service), &(struct wh_step){ room.n != 0 ? Q_RECENT : Q_RECENT_BY, given, 4, WH_ANY },
	    &(struct chat_ask){ .found = done, .self = self, .cookie = cookie });
}

/* Hearing */

void
chat_heard(struct chat_room *room, const struct chat_entry *e)
{
	const struct wh_chat_entry shown = entry_shown(wh_str(room->key), e);
	const struct wh_chat_said said = { e->number, &shown };

	if (shown.kind.n == 0)
		return;
	for (unsigned i = 0; i < CHAT_LISTENERS; i++)
		if (room->chat->listeners[i].heard != NULL)
			room->chat->listeners[i].heard(room->chat->listeners[i].self, &said);
}

struct chat_listener *
listener_of(struct chat *chat, void *self)
{
	struct chat_listener *place = NULL;

	for (unsigned i = 0; i < CHAT_LISTENERS; i++) {
		if (chat->listeners[i].self == self)
			return &chat->listeners[i];
		if (chat->listeners[i].self == NULL && place == NULL)
			place = &chat->listeners[i];
	}
	if (place != NULL)
		place->self = self;
	return place;
}

enum wh_err
service_listen(struct wh_chat *service, wh_chat_listener *heard, void *self)
{
	struct chat_listener *l = listener_of(chat_of(service), self);

	if (l == NULL)
		return WH_EFULL;
	l->heard = heard;
	return WH_OK;
}

void
service_forget(struct wh_chat *service, void *self)
{
	struct chat *chat = chat_of(service);

	for (unsigned i = 0; i < CHAT_LISTENERS; i++)
		if (chat->listeners[i].self == self)
			chat->listeners[i] = (struct chat_listener){ .self = NULL };
	for (struct wh_list *l = chat->asks.next; l != &chat->asks; l = l->next) {
		struct chat_ask *ask = WH_CONTAINER(l, struct chat_ask, link);

		if (ask->self == self) {
			ask->done = NULL;
			ask->found = NULL;
		}
	}
}
