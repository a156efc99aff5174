/* Saying and what belongs to it: acts, replies, edits, redactions, reactions, topics, pins, polls. Each is an entry of the log. */
#include <stdio.h>
#include <stdlib.h>

#include "chat.h"

enum { SAY_TEXT = 16384, SAY_EXTRA = 320 };

static struct chat_entry
entry_by(struct chat *chat, struct wh_call *call, enum chat_kind kind)
{
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));

	return (struct chat_entry){ .id = chat_next_id(chat), .time = wh_wall_ms(chat->host), .kind = (int)kind, .who = who->id, .name = who->name };
}

static bool
arg_id(struct wh_call *call, const char *field, int64_t *id_out)
{
	return id_parse(wh_arg_str(call, field), id_out);
}

static const char not_an_id[] = "that is no message's id";

/* May the session say something now? NULL: yes. Else why not; `err_out` and `retry_out` are set. */
static const char *
say_forbidden(struct chat_room *room, struct wh_session *s, struct wh_str text, enum wh_err *err_out, int64_t *retry_out)
{
	struct chat *chat = room->chat;
	const struct wh_identity *who = wh_session_identity(chat->host, s);
	enum chat_rank rank = room_rank(room, s);
	struct chat_person *person = member_find(room, who->id);
	struct wh_trust trust = { .account = false };
	int64_t now = wh_now_ms(chat->host), wait;

	*err_out = WH_EPERM;
	*retry_out = 0;
	if (room->sides != NULL && chat->set.whispers == CHAT_WHISPER_OFF)
		return "nobody whispers here";
	if (room->sides != NULL && chat->set.whispers == CHAT_WHISPER_MEMBERS && who->kind == WH_GUEST)
		return "only those with an account may whisper";
	if (room->sides != NULL)
		return NULL;
	if (person == NULL)
		return "enter the room first: chat.join";
	if (rank >= CHAT_HELPER || (rank == CHAT_VOICE && room->rules.speakers != CHAT_MODERATORS))
		return NULL;
	if (rank < CHAT_VOICE && mask_mutes(room, person, s))
		return "you are muted in this room";
	if (room->rules.speakers == CHAT_VOICED || room->rules.speakers == CHAT_MODERATORS)
		return room->rules.speakers == CHAT_VOICED ? "only those with a voice may speak here" : "only moderators may speak here";
	if (room->rules.speakers == CHAT_REGISTERED && who->kind == WH_GUEST)
		return "only those with an account may speak here";
	if (room->rules.min_age_ms != 0) {
		if (chat->accounts != NULL)
			chat->accounts->trust(chat->accounts_self, s, &trust);
		if (trust.age_ms < room->rules.min_age_ms)
			return "your account is too new to speak here";
	}
	if (!room->rules.links && text_has_link(text))
		return "links are not wanted here";
	wait = person->said_ms + room->rules.slow_ms - now;
	if (room->rules.slow_ms != 0 && person->said_ms != 0 && wait > 0) {
		*err_out = WH_EFAST;
		*retry_out = wait;
		return "this room is slow: wait before you speak again";
	}
	if (!pace_takes(&room->rules.flood, person->flood_ms, now, &wait)) {
		*err_out = WH_EFAST;
		*retry_out = wait;
		return "so much at once is not wanted here: wait before you speak again";
	}
	return NULL;
}

/* Takes colours and the like out of a text, or says that they are not wanted, as the room has it. */
static const char *
colours_forbidden(struct chat_room *room, struct wh_session *s, char *text, size_t *n, enum wh_err *err_out)
{
	size_t plain = room->rules.colours != CHAT_COLOURS ? text_plain(text, *n) : *n;

	if (plain == *n)
		return NULL;
	*err_out = WH_EPERM;
	if (room->rules.colours == CHAT_PLAIN && room_rank(room, s) < CHAT_HELPER)
		return "colours are not wanted here";
	*n = plain;
	return plain == 0 ? "say something besides colours" : NULL;
}

/* Who of those that are here is named with an @. */
static size_t
mentions_of(struct chat_room *room, struct wh_str text, struct wh_str ids[static CHAT_MENTIONS])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n && n < CHAT_MENTIONS; i++) {
		struct wh_str name = wh_str_from(text, i + 1);
		const struct chat_person *person;
		size_t end = 0;
		bool known = false;

		if (text.p[i] != '@' || (i != 0 && text.p[i - 1] != ' ' && text.p[i - 1] != '\n' && text.p[i - 1] != '('))
			continue;
		while (end < name.n && strchr(" \n,.:;!?()\"", name.p[end]) == NULL)
			end++;
		name.n = end;
		person = end != 0 && end <= 64 ? member_by_name(room, name) : NULL;
		for (size_t j = 0; person != NULL && j < n; j++)
			known |= wh_str_eq(ids[j], person->id);
		if (person != NULL && !known)
			ids[n++] = person->id;
	}
	return n;
}

static bool
said_aside(const struct chat_room *room, struct wh_call *call, const struct wh_message *m)
{
	return room->sides == NULL && strcmp(m->kind, "edit") != 0 && strcmp(m->kind, "poll") != 0 && wh_arg_has(call, "rank");
}

/* Who says it shall believe that it was said: as an entry, but for its seq, which is the last one's. Nobody else hears of it. */
static void
said_to_self(struct chat *chat, struct chat_room *room, struct wh_call *call, const struct wh_message *m)
{
	const struct chat_live *live = live_by_id(chat, wh_session_identity(chat->host, m->from)->id);
	struct chat_entry e = entry_by(chat, call, strcmp(m->kind, "act") == 0 ? CHAT_ACT : CHAT_SAY);
	const struct chat_side *to = whisper_side(room, e.who, true);
	char id[CHAT_ID_TEXT];

	/* What is said to some has neither place nor id. */
	if (said_aside(room, call, m)) {
		wh_json_int(wh_reply(call), "time", e.time);
		wh_call_done(call, WH_OK);
		return;
	}
	e.seq = room->seq;
	e.text = m->text;
	e.ref = m->ref;
	if (strcmp(m->kind, "notice") == 0)
		e.extra = WH_STR("{\"notice\":true}");
	id_text(e.id, id);
	wh_json_uint(wh_reply(call), "seq", e.seq);
	wh_json_text(wh_reply(call), "id", id);
	wh_json_int(wh_reply(call), "time", e.time);
	if (to != NULL) {
		wh_json_text(wh_reply(call), "room", room->name);
		wh_json_text(wh_reply(call), "to", to->id);
		wh_json_text(wh_reply(call), "to_name", to->name);
	}
	for (unsigned i = 0; m->way == WH_WAY_SELF && strcmp(m->kind, "edit") != 0 && strcmp(m->kind, "poll") != 0 && live != NULL && i < live->n; i++) {
		struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

		if (s != NULL && (s != m->from || wh_session_echoes(chat->host, s)) && room_has(room, s))
			entry_show(room, &e, s);
	}
	wh_call_done(call, WH_OK);
}

/* The hooks have seen it. The room that it is for, while the call and the speaker are still there; else the call is failed. */
static struct chat_room *
asked(struct chat *chat, uint64_t task, const struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms, struct wh_call **call_out)
{
	struct chat_room *room = task_end(chat, task, call_out);

	if (*call_out != NULL && err == WH_OK && m->from != NULL && room_has(room, m->from)) {
		if (m->way == WH_WAY_ROOM)
			return room;
		said_to_self(chat, room, *call_out, m);
	} else if (*call_out != NULL && err != WH_OK)
		wh_call_done(*call_out, wh_fail_str(*call_out, err, why, retry_ms));
	else if (*call_out != NULL)
		wh_call_done(*call_out, wh_fail(*call_out, WH_EPERM, "you left the room meanwhile"));
	room_settle(room);
	return NULL;
}

static void
asked_done(struct chat_room *room, struct wh_call *call, enum wh_err err)
{
	if (err != WH_WAIT)
		wh_call_done(call, err);
	room_settle(room);
}

/* Which of two members the extra of a message has; nothing in them has to be escaped. */
static void
said_extra(struct wh_call *call, bool notice, bool relay, char to[static SAY_EXTRA])
{
	const struct wh_identity *who = wh_session_identity(call->host, wh_call_session(call));
	struct wh_str context = relay ? WH_STR("") : wh_arg_str(call, "context");
	size_t n = 0;

	to[0] = '\0';
	if (context.n != 0 && context.p[0] == '#')
		context = wh_str_from(context, 1);
	if (notice)
		n += (size_t)snprintf(to + n, SAY_EXTRA - n, "{\"notice\":true");
	if (context.n != 0)
		n += (size_t)snprintf(to + n, SAY_EXTRA - n, "%c\"context\":\"%.*s\"", n != 0 ? ',' : '{', WH_FMT(context));
	if (relay)
		n += (size_t)snprintf(to + n, SAY_EXTRA - n, "%c\"relay\":\"%.*s\"", n != 0 ? ',' : '{', WH_FMT(who->name));
	if (n != 0)
		snprintf(to + n, SAY_EXTRA - n, "}");
}

static void
said_put(struct chat *chat, uint64_t cookie, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms, bool relay)
{
	struct wh_call *call;
	struct chat_room *room = asked(chat, cookie, m, err, why, retry_ms, &call);
	struct chat_entry e;
	struct wh_str ids[CHAT_MENTIONS];
	struct wh_cell cells[CHAT_MENTIONS][2];
	struct wh_step steps[CHAT_MENTIONS];
	char extra[SAY_EXTRA];
	const char *no;
	size_t n;

	if (room == NULL)
		return;
	/* Another may have been said meanwhile, and a hook may have put a link into it. */
	no = say_forbidden(room, m->from, m->text, &err, &retry_ms);
	if (no != NULL) {
		asked_done(room, call, wh_fail_str(call, err, wh_str(no), retry_ms));
		return;
	}
	e = entry_by(chat, call, strcmp(m->kind, "act") == 0 ? CHAT_ACT : CHAT_SAY);
	e.text = m->text;
	said_extra(call, strcmp(m->kind, "notice") == 0, relay, extra);
	e.extra = wh_str(extra);
	e.number = m->number;
	if (relay)
		e.name = wh_arg_str(call, "as");
	if (wh_arg_has(call, "reply"))
		arg_id(call, "reply", &e.ref);
	if (chat->accounts != NULL)
		chat->accounts->said(chat->accounts_self, m->from);
	if (!relay && said_aside(room, call, m)) {
		asked_done(room, call, aside_tell(room, call, &e) == WH_OK ? WH_OK : WH_ENOMEM);
		return;
	}
	n = mentions_of(room, m->text, ids);
	for (size_t i = 0; i < n; i++) {
		cells[i][0] = WH_CELL_TEXT(ids[i]);
		cells[i][1] = WH_CELL_INT(e.id);
		steps[i] = (struct wh_step){ Q_MENTION, cells[i], 2, WH_ANY };
	}
	asked_done(room, call, chat_append(room, call, &e, wh_arg_str(call, "nonce"), NULL, NULL, steps, n, NULL));
}

static void
said(void *self, uint64_t cookie, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	said_put(self, cookie, m, err, why, retry_ms, false);
}

static void
relayed(void *self, uint64_t cookie, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	said_put(self, cookie, m, err, why, retry_ms, true);
}

/* Shows it to the hooks. */
static enum wh_err
say_ask(struct chat_room *room, struct wh_call *call, const char *kind, struct wh_str text, wh_message_then *then)
{
	struct wh_message m = { .from = wh_call_session(call), .room = room->sides != NULL ? whisper_attend(room) : room_hub(room),
		.kind = kind, .text = text, .number = (uint64_t)chat_next_id(room->chat) };
	uint64_t task;

	if (strcmp(kind, "poll") != 0 && wh_arg_has(call, strcmp(kind, "edit") == 0 ? "id" : "reply"))
		arg_id(call, strcmp(kind, "edit") == 0 ? "id" : "reply", &m.ref);

	if (m.room == NULL)
		return wh_fail_str(call, WH_EFULL, WH_STR("there are too many rooms now; try again"), 1000);
	task = task_begin(room, call);
	if (task == 0)
		return WH_ENOMEM;
	wh_message_ask(room->chat->host, &m, then, task);
	return WH_WAIT;
}

static enum wh_err
say_kind(struct chat *chat, struct wh_call *call, struct chat_room *room, const char *kind, bool relay)
{
	struct wh_session *s = wh_call_session(call);
	char text[SAY_TEXT];
	struct wh_str checked = { text, 0 };
	const char *why = text_check(&chat->set, wh_arg_str(call, "text"), text, sizeof text, &checked.n);
	enum wh_err err = WH_EINVAL;
	int64_t retry_ms = 0, ref;
	char key[CHAT_NAME + 1];

	if (why == NULL && !relay && wh_arg_has(call, "context") && (!text_room_key(wh_arg_str(call, "context"), key) || strpbrk(key, "\"\\") != NULL))
		why = "that can be no room";
	if (why == NULL && wh_arg_has(call, "reply") && !arg_id(call, "reply", &ref))
		why = not_an_id;
	if (why == NULL)
		why = colours_forbidden(room, s, text, &checked.n, &err);
	if (why == NULL && room->sides == NULL && room->rules.no_notices && strcmp(kind, "notice") == 0 && room_rank(room, s) < CHAT_HELPER) {
		why = "notices are not wanted here";
		err = WH_EPERM;
	}
	if (why == NULL)
		why = say_forbidden(room, s, checked, &err, &retry_ms);
	if (why == NULL && !live_speaks(chat, s, &retry_ms)) {
		why = "too fast; wait before you speak again";
		err = WH_EFAST;
	}
	if (why != NULL)
		return wh_fail_str(call, err, wh_str(why), retry_ms);
	return say_ask(room, call, kind, checked, relay ? relayed : said);
}

static const char no_ranks[] = "there are no ranks in a whisper";

static enum wh_err
say_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	if (room->sides != NULL && wh_arg_has(call, "rank"))
		return wh_fail(call, WH_EINVAL, no_ranks);
	return say_kind(chat, call, room, wh_arg_bool(call, "notice") ? "notice" : "say", false);
}

enum wh_err
say_whisper(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_str kind = wh_arg_str(call, "kind");

	return say_kind(chat, call, room, wh_str_is(kind, "act") ? "act" : wh_str_is(kind, "notice") ? "notice" : "say", false);
}

/* For what passes messages on from elsewhere: it is said by a name that nobody here can have, as an account's has no slash. */
static enum wh_err
relay_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_str as = wh_arg_str(call, "as");
	const char *slash = memchr(as.p, '/', as.n);

	if (slash == NULL || slash == as.p || slash + 1 == as.p + as.n)
		return wh_fail(call, WH_EINVAL, "the name is written name/network");
	for (size_t i = 0; i < as.n; i++)
		if ((unsigned char)as.p[i] <= ' ' || strchr(",*?!@$:#&~+%\"\\.<>", as.p[i]) != NULL)
			return wh_fail(call, WH_EINVAL, "a name has no blanks and none of ,*?!@$:#&~+%\"\\.<>");
	return say_kind(chat, call, room, wh_arg_bool(call, "notice") ? "notice" : "say", true);
}

enum wh_err
say_relay(void *self, struct wh_call *call)
{
	return room_with_member(self, call, relay_go);
}

static enum wh_err
act_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	if (room->sides != NULL && wh_arg_has(call, "rank"))
		return wh_fail(call, WH_EINVAL, no_ranks);
	return say_kind(chat, call, room, "act", false);
}

enum wh_err
say_say(void *self, struct wh_call *call)
{
	return room_with_member(self, call, say_go);
}

enum wh_err
say_act(void *self, struct wh_call *call)
{
	return room_with_member(self, call, act_go);
}

/* Edits: only one's own, and only what the hooks let pass. */
static void
edited(void *self, uint64_t cookie, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = asked(chat, cookie, m, err, why, retry_ms, &call);
	struct chat_entry e;

	if (room == NULL)
		return;
	e = entry_by(chat, call, CHAT_EDIT);
	e.text = m->text;
	arg_id(call, "id", &e.ref);
	const struct wh_cell cells[] = { WH_CELL_INT(e.ref), WH_CELL_INT(room->id), WH_CELL_TEXT(m->text), WH_CELL_INT(e.time), WH_CELL_TEXT(e.who) };

	/* What it said before is nowhere. */
	asked_done(room, call, chat_append(room, call, &e, wh_arg_str(call, "nonce"), &(struct wh_step){ Q_ENTRY_EDIT, cells, 5, WH_ONE },
	    "you can edit only what you said yourself, and what is still there",
	    &(struct wh_step){ Q_EDITS_GONE, (const struct wh_cell[]){ cells[0], cells[1], cells[3], WH_CELL_INT(e.id) }, 4, WH_ANY }, 1, NULL));
}

static enum wh_err
edit_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	char text[SAY_TEXT];
	struct wh_str checked = { text, 0 };
	const char *why = text_check(&chat->set, wh_arg_str(call, "text"), text, sizeof text, &checked.n);
	enum wh_err err = WH_EINVAL;
	int64_t id, retry_ms = 0;

	if (why == NULL && !arg_id(call, "id", &id))
		why = not_an_id;
	if (why == NULL)
		why = colours_forbidden(room, wh_call_session(call), text, &checked.n, &err);
	if (why == NULL)
		why = say_forbidden(room, wh_call_session(call), checked, &err, &retry_ms);
	if (why != NULL && err != WH_EFAST)
		return wh_fail_str(call, err, wh_str(why), retry_ms);
	return say_ask(room, call, "edit", checked, edited);
}

enum wh_err
say_edit(void *self, struct wh_call *call)
{
	return room_with_member(self, call, edit_go);
}

static enum wh_err
redact_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	bool moderates = room_rank(room, wh_call_session(call)) >= CHAT_MODERATOR;
	struct chat_entry e = entry_by(chat, call, CHAT_REDACT);

	if (!arg_id(call, "id", &e.ref))
		return wh_fail(call, WH_EINVAL, not_an_id);
	if (wh_arg_has(call, "reason"))
		e.text = wh_arg_str(call, "reason");
	const struct wh_cell cells[] = { WH_CELL_INT(e.ref), WH_CELL_INT(room->id), WH_CELL_INT(e.time), WH_CELL_TEXT(moderates ? WH_STR("") : e.who) };
	const struct wh_cell gone[] = { cells[0], cells[1], cells[2], WH_CELL_INT(0) }, pin[] = { cells[1], cells[0] };
	const struct wh_step more[] = { { Q_EDITS_GONE, gone, 4, WH_ANY }, { Q_PIN_GONE, pin, 2, WH_ANY } };

	return chat_append(room, call, &e, wh_arg_str(call, "nonce"), &(struct wh_step){ Q_ENTRY_REDACT, cells, 4, WH_ONE },
	    moderates ? "there is no such message" : "you can remove only what you said yourself, and what is still there", more, 2, NULL);
}

enum wh_err
say_redact(void *self, struct wh_call *call)
{
	return room_with_member(self, call, redact_go);
}

static enum wh_err
react_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	bool on = !wh_arg_has(call, "on") || wh_arg_bool(call, "on");
	struct chat_entry e = entry_by(chat, call, on ? CHAT_REACT : CHAT_UNREACT);
	enum wh_err err = WH_EPERM;
	int64_t retry_ms;
	const char *why;

	e.text = wh_arg_str(call, "emoji");
	if (!arg_id(call, "id", &e.ref))
		return wh_fail(call, WH_EINVAL, not_an_id);
	if (!text_is_reaction(e.text))
		return wh_fail(call, WH_EINVAL, "a reaction is one sign, or a name between colons");
	why = say_forbidden(room, wh_call_session(call), (struct wh_str){ NULL, 0 }, &err, &retry_ms);
	if (why != NULL && err != WH_EFAST)
		return wh_fail(call, err, why);
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_INT(e.ref), WH_CELL_TEXT(e.text), WH_CELL_TEXT(e.who) };

	return chat_append(room, call, &e, wh_arg_str(call, "nonce"), &(struct wh_step){ on ? Q_REACT : Q_UNREACT, cells, 4, WH_ONE },
	    on ? "there is no such message, or you reacted so already" : "you have not reacted so", NULL, 0, NULL);
}

enum wh_err
say_react(void *self, struct wh_call *call)
{
	return room_with_member(self, call, react_go);
}

static enum wh_err
topic_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct chat_entry e = entry_by(chat, call, CHAT_TOPIC_SET);
	char text[SAY_TEXT];
	size_t n = 0;
	const char *why;
	enum wh_err err = WH_EPERM;
	int64_t retry_ms = 0;

	if (!wh_arg_has(call, "topic")) {
		wh_json_text(wh_reply(call), "topic", room->topic);
		return WH_OK;
	}
	if (room_rank(room, wh_call_session(call)) < CHAT_HELPER) {
		why = !room->rules.topics_free ? "only those who keep order in the room may do that" :
		    say_forbidden(room, wh_call_session(call), (struct wh_str){ NULL, 0 }, &err, &retry_ms);
		if (why != NULL)
			return wh_fail_str(call, err, wh_str(why), retry_ms);
	}
	e.text = wh_arg_str(call, "topic");
	why = e.text.n == 0 ? NULL : text_check(&chat->set, e.text, text, sizeof text, &n);
	if (why != NULL || n > CHAT_TOPIC || memchr(text, '\n', n) != NULL)
		return wh_fail(call, WH_EINVAL, why != NULL ? why : "a topic is one line of at most 500 bytes");
	e.text = (struct wh_str){ text, n };
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_TEXT(e.text), WH_CELL_TEXT(e.who), WH_CELL_TEXT(e.name), WH_CELL_INT(e.time) };

	return chat_append(room, call, &e, wh_arg_str(call, "nonce"), &(struct wh_step){ Q_ROOM_TOPIC, cells, 5, WH_ONE }, "the room is gone", NULL, 0, NULL);
}

enum wh_err
say_topic(void *self, struct wh_call *call)
{
	return room_with_member(self, call, topic_go);
}

static enum wh_err
pin_kind(struct chat *chat, struct wh_call *call, struct chat_room *room, bool on)
{
	struct chat_entry e = entry_by(chat, call, on ? CHAT_PIN : CHAT_UNPIN);

	if (room->sides == NULL && room_rank(room, wh_call_session(call)) < CHAT_MODERATOR)
		return wh_fail(call, WH_EPERM, "only the room's moderators may do that");
	if (!arg_id(call, "id", &e.ref))
		return wh_fail(call, WH_EINVAL, not_an_id);
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_INT(e.ref) };

	return chat_append(room, call, &e, (struct wh_str){ NULL, 0 }, &(struct wh_step){ on ? Q_PIN : Q_UNPIN, cells, 2, WH_ONE },
	    on ? "there is no such message, or it is pinned, or there are 50 pins already" : "that is not pinned", NULL, 0, NULL);
}

static enum wh_err
pin_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	return pin_kind(chat, call, room, true);
}

static enum wh_err
unpin_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	return pin_kind(chat, call, room, false);
}

enum wh_err
say_pin(void *self, struct wh_call *call)
{
	return room_with_member(self, call, pin_go);
}

enum wh_err
say_unpin(void *self, struct wh_call *call)
{
	return room_with_member(self, call, unpin_go);
}

/* Polls: the question is the entry's text, the options its extra. The hooks see question and options as one text. */
static void
polled(void *self, uint64_t cookie, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = asked(chat, cookie, m, err, why, retry_ms, &call);
	const struct wh_value *options;
	struct chat_entry e;
	char extra[CHAT_EXTRA];
	int n;

	if (room == NULL)
		return;
	e = entry_by(chat, call, CHAT_POLL);
	e.text = wh_arg_str(call, "question");
	options = wh_arg(call, "options");
	n = wh_arg_has(call, "for") ?
	    snprintf(extra, sizeof extra, "{\"options\":%.*s,\"until\":%lld}", WH_FMT(options->raw), (long long)e.time + wh_arg_int(call, "for")) :
	    snprintf(extra, sizeof extra, "{\"options\":%.*s}", WH_FMT(options->raw));
	e.extra = (struct wh_str){ extra, n > 0 && (size_t)n < sizeof extra ? (size_t)n : 0 };
	err = e.extra.n == 0 ? wh_fail(call, WH_ETOOBIG, "the options are too long") :
	    chat_append(room, call, &e, wh_arg_str(call, "nonce"), NULL, NULL, NULL, 0, NULL);
	asked_done(room, call, err);
}

static enum wh_err
poll_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct wh_json_in in = wh_json_each(wh_arg(call, "options"));
	struct wh_str checked = { NULL, 0 };
	struct wh_value option;
	char all[SAY_TEXT], text[SAY_TEXT];
	size_t options = 0, n = (size_t)snprintf(all, sizeof all, "%.*s", WH_FMT(wh_arg_str(call, "question")));
	const char *why;
	enum wh_err err = WH_EINVAL;
	int64_t retry_ms = 0;

	while (wh_json_next(&in, NULL, &option)) {
		if (option.type != WH_V_STR || option.s.n == 0 || option.s.n > 200 || ++options > 10)
			return wh_fail(call, WH_EINVAL, "a poll has 2 to 10 options of at most 200 bytes");
		n += (size_t)snprintf(all + n, sizeof all - n, "\n%.*s", WH_FMT(option.s));
	}
	if (options < 2)
		return wh_fail(call, WH_EINVAL, "a poll has 2 to 10 options of at most 200 bytes");
	why = text_check(&chat->set, (struct wh_str){ all, n }, text, sizeof text, &checked.n);
	checked.p = text;
	if (why == NULL)
		why = say_forbidden(room, wh_call_session(call), checked, &err, &retry_ms);
	if (why != NULL)
		return wh_fail_str(call, err, wh_str(why), retry_ms);
	return say_ask(room, call, "poll", checked, polled);
}

enum wh_err
say_poll(void *self, struct wh_call *call)
{
	return room_with_member(self, call, poll_go);
}

/* How it stands, and what oneself voted. */
static void
results_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);

	if (call != NULL && r->err != WH_OK) {
		wh_call_done(call, chat_store_failed(call, r));
	} else if (call != NULL) {
		int64_t counts[10] = { 0 };

		for (size_t i = 0; i < r->rows[0].n; i++)
			if (wh_row_int(&r->rows[0], i, 0) >= 0 && wh_row_int(&r->rows[0], i, 0) < 10)
				counts[wh_row_int(&r->rows[0], i, 0)] = wh_row_int(&r->rows[0], i, 1);
		wh_json_array(wh_reply(call), "votes");
		for (size_t i = 0; i < 10; i++)
			wh_json_int(wh_reply(call), NULL, counts[i]);
		wh_json_end(wh_reply(call));
		if (r->rows[1].n != 0)
			wh_json_int(wh_reply(call), "mine", wh_row_int(&r->rows[1], 0, 0));
		wh_call_done(call, WH_OK);
	}
	room_settle(room);
}

static enum wh_err
results_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	int64_t id;

	if (!arg_id(call, "id", &id))
		return wh_fail(call, WH_EINVAL, not_an_id);
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_INT(id), WH_CELL_TEXT(wh_session_identity(chat->host, wh_call_session(call))->id) };

	return task_run(room, call, (const struct wh_step[]){ { Q_POLL, cells, 2, WH_ANY }, { Q_VOTED, cells, 3, WH_ANY } }, 2, results_found);
}

enum wh_err
say_results(void *self, struct wh_call *call)
{
	return room_with_member(self, call, results_go);
}

/* Everybody hears that a vote was given, and for what; nobody hears by whom. */
static enum wh_err
vote_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	struct chat_entry e = entry_by(chat, call, CHAT_VOTE);
	char extra[64];

	if (!arg_id(call, "id", &e.ref))
		return wh_fail(call, WH_EINVAL, not_an_id);
	snprintf(extra, sizeof extra, "{\"choice\":%lld}", (long long)wh_arg_int(call, "choice"));
	e.extra = wh_str(extra);
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_INT(e.ref), WH_CELL_TEXT(e.who), WH_CELL_INT(wh_arg_int(call, "choice")),
		WH_CELL_INT(e.time) };

	e.who = e.name = WH_STR("");
	return chat_append(room, call, &e, wh_arg_str(call, "nonce"), &(struct wh_step){ Q_VOTE, cells, 5, WH_ONE },
	    "there is no such poll or choice, or the poll is over", NULL, 0, NULL);
}

enum wh_err
say_vote(void *self, struct wh_call *call)
{
	return room_with_member(self, call, vote_go);
}
