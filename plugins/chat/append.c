/* Appending: one transaction takes the next seq and writes the entry, with whatever belongs to it; when it is committed the entry is
 * published and its sender answered. Commits come back in the order of asking, so what is published is in the order of seq. The writing
 * outlives the call: a client that goes away meanwhile has said what it said. */
#include <stdio.h>

#include "chat.h"

enum { APPEND_STEPS = CHAT_MENTIONS + 8 };

struct append {
	struct wh_list link;		/* in chat.appends */
	struct chat_room *room;
	wh_id call, from;		/* 0: another plugin wants it, see entry.ask */
	struct chat_entry entry;
	struct chat_rules rules;	/* of CHAT_RULES */
	int64_t said_before, flood_before;	/* of CHAT_SAY: what slow mode and the pace knew */
	enum wh_err failed;		/* and a look is taken at what the first try became */
	unsigned guards;		/* steps before the seq is taken */
	bool guarded;			/* the last of them is `first` */
	const char *why_not;
	chat_appended *then;
	size_t nonce_n;
	char nonce[64];
	char text[];			/* who, name, text, extra */
};

int64_t
chat_next_id(struct chat *chat)
{
	int64_t id = wh_wall_ms(chat->host) << 20;

	if (id <= chat->last_id)
		id = chat->last_id + 1;
	chat->last_id = id;
	return id;
}

enum wh_err
chat_store_failed(struct wh_call *call, const struct wh_result *r)
{
	if (r->err == WH_EAWAY)
		return wh_fail_str(call, WH_EAWAY, WH_STR("nothing can be written now; try again soon"), 2000);
	return wh_fail(call, r->err == WH_ENOMEM ? WH_ENOMEM : WH_EIO, "the server could not keep or read that; try again");
}

struct wh_call *
chat_answered(struct chat *chat, uint64_t cookie, const struct wh_result *r)
{
	struct wh_call *call = wh_call_find(chat->host, cookie);

	if (call == NULL || r->err == WH_OK)
		return call;
	wh_call_done(call, chat_store_failed(call, r));
	return NULL;
}

enum wh_err
chat_started(struct wh_call *call, enum wh_err err)
{
	if (err == WH_OK)
		return WH_WAIT;
	if (err == WH_EFULL)
		return wh_fail_str(call, WH_EAWAY, WH_STR("too much is being written now; try again"), 500);
	return chat_store_failed(call, &(struct wh_result){ .err = err });
}

static void
append_ask_ends(struct append *a, enum wh_err err, int64_t id)
{
	struct chat_ask *ask = a->entry.ask;

	a->entry.ask = NULL;
	if (ask != NULL)
		ask_end(ask, err, id);
}

static void
append_answer(struct chat *chat, struct append *a, const struct chat_entry *e)
{
	struct wh_call *call = wh_call_find(chat->host, a->call);
	char id[CHAT_ID_TEXT];

	append_ask_ends(a, WH_OK, e->id);
	if (call == NULL)
		return;
	id_text(e->id, id);
	wh_json_uint(wh_reply(call), "seq", e->seq);
	wh_json_text(wh_reply(call), "id", id);
	wh_json_int(wh_reply(call), "time", e->time);
	if (a->room->sides != NULL) {
		const struct chat_side *to = whisper_side(a->room, a->entry.who, true);

		wh_json_text(wh_reply(call), "room", a->room->name);
		wh_json_text(wh_reply(call), "to", to != NULL ? to->id : "");
		wh_json_text(wh_reply(call), "to_name", to != NULL ? to->name : "");
	}
	if (a->then != NULL)
		a->then(chat, a->room, call, e);
	wh_call_done(call, WH_OK);
}

static void
append_over(struct append *a)
{
	struct chat_room *room = a->room;

	if (a->entry.ask != NULL)
		ask_end(a->entry.ask, WH_EIO, 0);
	wh_list_remove(&a->link);
	wh_delete(room->chat->host, a);
	room->pending--;
	room_settle(room);
}

/* What the first try with this nonce became. */
static void
append_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct append *a = (struct append *)(uintptr_t)cookie;
	struct wh_call *call = wh_call_find(chat->host, a->call);

	if (r->err == WH_OK && r->rows[0].n != 0)
		append_answer(chat, a, &(struct chat_entry){ .seq = (uint64_t)wh_row_int(&r->rows[0], 0, 0), .id = wh_row_int(&r->rows[0], 0, 1),
			.time = wh_row_int(&r->rows[0], 0, 2) });
	else if (call != NULL && r->err != WH_OK)
		wh_call_done(call, chat_store_failed(call, r));
	else if (call != NULL)
		wh_call_done(call, wh_fail(call, a->failed, a->why_not != NULL ? a->why_not : "that stands there already"));
	append_ask_ends(a, r->err == WH_OK ? a->failed : r->err, 0);
	append_over(a);
}

/* What the room is from now on. */
static void
append_applies(struct append *a)
{
	if (a->entry.kind == CHAT_TOPIC_SET)
		room_topic(a->room, a->entry.text, a->entry.who, a->entry.name, a->entry.time);
	if (a->entry.kind == CHAT_RULES) {
		a->room->rules = a->rules;
		moves_refresh(a->room);
	}
}

/* For slow mode: speaking counts from when it is asked for, so that two messages can't be under way at once. */
static struct chat_person *
append_speaker(const struct append *a)
{
	int kind = a->entry.kind;

	return kind == CHAT_SAY || kind == CHAT_ACT || kind == CHAT_POLL ? member_find(a->room, a->entry.who) : NULL;
}

/* Who has said nothing need not wait for having said it. */
static void
append_undone(const struct append *a)
{
	struct chat_person *person = append_speaker(a);

	if (person != NULL) {
		person->said_ms = a->said_before;
		person->flood_ms = a->flood_before;
	}
}

static void
append_failed(struct chat *chat, struct append *a, const struct wh_result *r)
{
	struct wh_call *call = wh_call_find(chat->host, a->call);
	bool guard = r->step < a->guards && (r->err == WH_ESTATE || r->err == WH_EEXIST), wanted = guard && a->guarded && r->step + 1 == a->guards;

	append_undone(a);
	a->failed = !guard || r->err == WH_EEXIST ? WH_EEXIST : wanted ? WH_ENOENT : WH_EPERM;
	a->why_not = wanted ? a->why_not : guard ? "they take no whispers from you" : NULL;
	/* It may be a retry of what was done. */
	if ((r->err == WH_EEXIST || guard) && a->nonce_n != 0) {
		const struct wh_cell cells[] = { WH_CELL_TEXT(a->entry.who), WH_CELL_INT(a->room->id),
			WH_CELL_TEXT(((struct wh_str){ a->nonce, a->nonce_n })) };

		if (wh_store_run(&chat->table, &(struct wh_step){ Q_ENTRY_BY_NONCE, cells, 3, WH_ANY }, 1, append_found, (uintptr_t)a) == WH_OK)
			return;
	}
	if (call != NULL)
		wh_call_done(call, guard ? wh_fail(call, a->failed, a->why_not) : chat_store_failed(call, r));
	append_ask_ends(a, guard ? a->failed : r->err, 0);
	append_over(a);
}

static void
append_done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct append *a = (struct append *)(uintptr_t)cookie;

	if (a->entry.kind == CHAT_RULES)
		a->room->setting--;
	if (r->err != WH_OK) {
		append_failed(chat, a, r);
		return;
	}
	a->entry.seq = (uint64_t)wh_row_int(&r->rows[a->guards], 0, 0);
	a->room->seq = a->entry.seq;
	a->room->latest = a->entry.time;
	append_applies(a);
	wh_metric_add(chat->host, &chat_metrics[M_ENTRIES], 1);
	entry_publish(a->room, &a->entry, a->from != 0 ? wh_session_get(chat->host, a->from) : NULL);
	chat_heard(a->room, &a->entry);
	append_answer(chat, a, &a->entry);
	append_over(a);
}

static struct wh_str
append_keep(char **to, struct wh_str s)
{
	char *at = *to;

	if (s.p == NULL)
		return s;
	memcpy(at, s.p, s.n);
	*to += s.n;
	return (struct wh_str){ at, s.n };
}

static struct append *
append_new(struct chat_room *room, struct wh_call *call, const struct chat_entry *e, struct wh_str nonce)
{
	struct append *a = wh_new(room->chat->host, sizeof *a + e->who.n + e->name.n + e->text.n + e->extra.n + 1);
	char *to;

	if (a == NULL)
		return NULL;
	to = a->text;
	wh_list_init(&a->link);
	a->room = room;
	a->from = call != NULL ? wh_session_id(room->chat->host, wh_call_session(call)) : 0;
	a->call = call != NULL ? wh_call_hold(call) : 0;
	a->entry = *e;
	a->entry.rules = NULL;
	a->entry.who = append_keep(&to, e->who);
	a->entry.name = append_keep(&to, e->name);
	a->entry.text = append_keep(&to, e->text);
	a->entry.extra = append_keep(&to, e->extra);
	if (e->rules != NULL)
		a->rules = *e->rules;
	a->nonce_n = nonce.n < sizeof a->nonce ? nonce.n : sizeof a->nonce;
	if (a->nonce_n != 0)
		memcpy(a->nonce, nonce.p, a->nonce_n);
	return a;
}

static struct wh_cell
cell_or_null(struct wh_str s)
{
	return s.p != NULL ? WH_CELL_TEXT(s) : WH_CELL_NULL;
}

enum wh_err
chat_append(struct chat_room *room, struct wh_call *call, struct chat_entry *e, struct wh_str nonce, const struct wh_step *first,
    const char *why_not, const struct wh_step *more, size_t n_more, chat_appended *then)
{
	struct chat *chat = room->chat;
	struct append *a = append_new(room, call, e, nonce);
	struct wh_step steps[APPEND_STEPS];
	const struct wh_cell room_id = WH_CELL_INT(room->id);
	const struct chat_side *to = e->kind != CHAT_REDACT && e->kind != CHAT_UNREACT && (call != NULL || e->ask != NULL) ? whisper_side(room, e->who, true) : NULL;
	const struct chat_side *by = whisper_side(room, e->who, false);
	size_t n = 0;
	enum wh_err err;

	if (a == NULL)
		return WH_ENOMEM;
	const struct wh_cell wanted[] = { WH_CELL_TEXT(e->who), WH_CELL_TEXT(wh_str(to != NULL ? to->id : "")),
		WH_CELL_INT(call != NULL ? wh_session_identity(chat->host, wh_call_session(call))->kind == WH_GUEST : by != NULL && by->guest) };
	const struct wh_cell cells[] = { WH_CELL_INT(e->id), room_id, WH_CELL_INT(e->time), WH_CELL_INT(e->kind), WH_CELL_TEXT(e->who),
		WH_CELL_TEXT(e->name), cell_or_null(e->text), e->ref != 0 ? WH_CELL_INT(e->ref) : WH_CELL_NULL,
		e->extra.n != 0 ? WH_CELL_TEXT(e->extra) : WH_CELL_NULL, nonce.n != 0 ? WH_CELL_TEXT(((struct wh_str){ a->nonce, a->nonce_n })) : WH_CELL_NULL };

	a->then = then;
	a->why_not = why_not;
	a->guarded = first != NULL;
	if (to != NULL)
		steps[n++] = (struct wh_step){ Q_WHISPER_UNWANTED, wanted, 3, WH_NONE };
	if (first != NULL)
		steps[n++] = *first;
	a->guards = (unsigned)n;
	steps[n++] = (struct wh_step){ Q_ROOM_NEXT, &room_id, 1, WH_ONE };
	steps[n++] = (struct wh_step){ Q_ENTRY_ADD, cells, 10, WH_ONE };
	for (size_t i = 0; i < n_more && n < APPEND_STEPS; i++)
		steps[n++] = more[i];
	err = wh_store_run(&chat->table, steps, n, append_done, (uintptr_t)a);
	if (err != WH_OK) {
		wh_delete(chat->host, a);
		return call != NULL ? chat_started(call, err) : err;
	}
	room->pending++;
	wh_list_add_last(&chat->appends, &a->link);
	if (append_speaker(a) != NULL) {
		a->said_before = append_speaker(a)->said_ms;
		append_speaker(a)->said_ms = wh_now_ms(chat->host);
		a->flood_before = append_speaker(a)->flood_ms;
		append_speaker(a)->flood_ms = pace_after(&room->rules.flood, a->flood_before, wh_now_ms(chat->host));
	}
	if (e->rules != NULL) {
		room->asked = *e->rules;
		room->setting++;
	}
	return WH_WAIT;
}

/* The plugin closes: what is under way is written, and nobody is told. */
void
appends_free(struct chat *chat)
{
	while (!wh_list_empty(&chat->appends)) {
		struct append *a = WH_CONTAINER(chat->appends.next, struct append, link);

		wh_list_remove(&a->link);
		wh_delete(chat->host, a);
	}
}
