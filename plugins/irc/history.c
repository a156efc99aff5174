/* CHATHISTORY: what was said, between marks that are times or messages. */
#include <stdio.h>
#include <stdlib.h>

#include "irc.h"

/* A place in the log: an entry's id, which sorts by time over all rooms. */
struct place {
	bool any;		/* "*" */
	char text[17];
};

static void
place_at(struct place *place, int64_t id)
{
	snprintf(place->text, sizeof place->text, "%016llx", (unsigned long long)id);
}

/* `behind`: a time means what comes after it, and else what comes before. */
static bool
place_read(struct wh_str ref, bool behind, struct place *place)
{
	int64_t ms;

	*place = (struct place){ .any = wh_str_is(ref, "*") };
	if (place->any)
		return true;
	if (wh_str_starts(ref, WH_STR("msgid="))) {
		ref = wh_str_from(ref, 6);
		if (ref.n != 16)
			return false;
		for (size_t i = 0; i < 16; i++)
			if (!((ref.p[i] >= '0' && ref.p[i] <= '9') || (ref.p[i] >= 'a' && ref.p[i] <= 'f')))
				return false;
		memcpy(place->text, ref.p, 16);
		return true;
	}
	if (!wh_str_starts(ref, WH_STR("timestamp=")) || !time_read(wh_str_from(ref, 10), &ms) || ms > INT64_C(1) << 42)
		return false;
	place_at(place, behind ? ((ms + 1) << 20) - 1 : ms << 20);
	return true;
}

/* A kind of mark that is none of ours. */
static bool
unknown_ref(struct wh_str ref)
{
	return ref.n != 0 && memchr(ref.p, '=', ref.n) != NULL && !wh_str_starts(ref, WH_STR("msgid=")) && !wh_str_starts(ref, WH_STR("timestamp="));
}

/* The room of a channel, or of the whispers with somebody. */
void
target_room(const struct irc_client *c, struct wh_str target, char room[static IRC_CHANNEL + 2])
{
	const struct irc_person *p;

	if (is_channel(target)) {
		text_flat(channel_room(target), room, IRC_CHANNEL + 2);
		return;
	}
	p = person_by_nick(c->irc, target);
	room[0] = '@';
	text_flat(p != NULL ? wh_str(p->name) : target, room + 1, IRC_CHANNEL + 1);
}

/* A target as it is written here, however the client wrote it. */
static void
target_show(struct irc *irc, const char *target, const struct wh_value *result, char to[static IRC_CHANNEL + 2])
{
	const struct irc_person *p = person_by_nick(irc, wh_str(target));
	struct wh_value room;

	if (is_channel(wh_str(target)) && wh_json_get(result, "room", &room) && room.type == WH_V_STR)
		room_show(room.s, to);
	else
		text_flat(wh_str(p != NULL ? p->nick : target), to, IRC_CHANNEL + 2);
}

static void
told(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct irc *irc = c->irc;
	/* Entries outside of these are left out. */
	const char *above = task->text, *below = task->text + 17;
	struct wh_value v, entries, entry;
	struct wh_json_in in;
	struct irc_message m;
	struct irc_out out;
	char head[IRC_CHANNEL * 2 + 32], shown[IRC_CHANNEL + 2];

	if (err != WH_OK || wh_json_read_text(irc->host, result, &v) != WH_OK || !wh_json_get(&v, "entries", &entries)) {
		if (strcmp(task->verb, "REPLAY") == 0)
			return;
		snprintf(head, sizeof head, "%s %s", task->verb, task->target);
		irc_fail(c, "CHATHISTORY", err == WH_ENOENT || err == WH_EPERM ? "INVALID_TARGET" : "MESSAGE_ERROR", head, result);
		return;
	}
	target_show(irc, task->target, &v, shown);
	snprintf(head, sizeof head, "chathistory %s", shown);
	out_begin(&out, c);
	out_batch(&out, head);
	in = wh_json_each(&entries);
	while (wh_json_next(&in, NULL, &entry)) {
		char id[17];

		message_read(&entry, &m);
		m.past = true;
		text_flat(m.id, id, sizeof id);
		if ((above[0] != '\0' && strcmp(id, above) <= 0) || (below[0] != '\0' && strcmp(id, below) >= 0))
			continue;
		/* The batch tag is put on by the answer. */
		if ((c->caps & CAP_EVENTS) != 0 || wh_str_is(m.event, "chat.message") || wh_str_is(m.event, "chat.poll"))
			render_message(irc, &m, c->caps & ~(uint32_t)CAP_MULTILINE, NULL, &out.sink);
	}
	out_batch_end(&out);
	out_end(&out);
}

static void
fail(struct irc_client *c, const char *code, struct wh_str sub, const char *why)
{
	char context[40];

	snprintf(context, sizeof context, "%.*s", (int)(sub.n < 32 ? sub.n : 32), sub.p != NULL ? sub.p : "");
	irc_fail(c, "CHATHISTORY", code, context, wh_str(why));
}

static void
ask(struct irc_client *c, const char *verb, struct wh_str target, const char *field, const struct place *at, const struct place *above, const struct place *below, int64_t limit)
{
	char bounds[34] = "", room[IRC_CHANNEL + 2];
	struct wh_item items[4];
	struct irc_task *task;
	size_t n = 0;

	memcpy(bounds, above->text, 17);
	memcpy(bounds + 17, below->text, 17);
	task = task_new(c, verb, target, (struct wh_str){ bounds, sizeof bounds });
	if (task == NULL)
		return;
	target_room(c, target, room);
	items[n++] = WH_ITEM_STR("room", wh_str(room));
	if (field != NULL && at->text[0] != '\0')
		items[n++] = WH_ITEM_STR(field, wh_str(at->text));
	items[n++] = WH_ITEM_INT("limit", limit);
	if ((c->caps & CAP_EVENTS) != 0)
		items[n++] = WH_ITEM_BOOL("events", true);
	task->done = told;
	task_run(task, "chat.history", items, n);
}

void
history_replay(struct irc_client *c, const char *channel, int64_t heard, int64_t seq)
{
	const struct place none = { .any = true };
	char before[24], until[24];
	struct wh_item items[4];
	struct irc_task *task;

	if (heard >= 0 && heard >= seq)
		return;
	if (heard >= 0) {
		char bounds[34] = "";

		task = task_new(c, "REPLAY", wh_str(channel), (struct wh_str){ bounds, sizeof bounds });
		if (task == NULL)
			return;
		snprintf(before, sizeof before, "%lld", (long long)seq + 1);
		snprintf(until, sizeof until, "%lld", (long long)heard);
		items[0] = WH_ITEM_STR("room", wh_str(channel + 1));
		items[1] = WH_ITEM_STR("before", wh_str(before));
		items[2] = WH_ITEM_STR("until", wh_str(until));
		items[3] = WH_ITEM_INT("limit", c->irc->set.replay);
		task->done = told;
		task_run(task, "chat.history", items, 4);
		return;
	}
	ask(c, "REPLAY", wh_str(channel), NULL, &none, &none, &none, c->irc->set.replay);
}

/* TARGETS: with whom one whispered and in which of one's channels something was said last between two times, the earliest first. */

struct target {
	char name[IRC_CHANNEL + 2];
	int64_t time;
};

struct targeting {
	struct irc *irc;
	int64_t from, to;
	size_t n;
	struct target all[IRC_CHANNELS + IRC_HISTORY];
};

static void
target_add(struct targeting *t, const char *name, int64_t time)
{
	if (time <= t->from || time >= t->to || t->n == sizeof t->all / sizeof t->all[0])
		return;
	text_flat(wh_str(name), t->all[t->n].name, sizeof t->all[0].name);
	t->all[t->n++].time = time;
}

static bool
target_room_add(void *self, struct wh_room *r)
{
	struct targeting *t = self;
	struct wh_chat_room room;
	char channel[IRC_CHANNEL + 2];

	if (!t->irc->chat->room(t->irc->chat_self, wh_room_name(t->irc->host, r), &room))
		return true;
	room_show(room.name, channel);
	target_add(t, channel, room.latest);
	return true;
}

static int
target_order(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

static void
targets_told(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct targeting t = { .irc = c->irc, .from = task->number, .to = task->other };
	struct wh_session *s = client_session(c);
	struct wh_value v, list, one, name, time;
	char when[32], nick[IRC_NICK + 1];
	struct wh_json_in in;
	struct irc_out out;
	size_t most = (size_t)atoi(task->text);

	if (s == NULL || err != WH_OK || wh_json_read_text(c->irc->host, result, &v) != WH_OK || !wh_json_get(&v, "whispers", &list)) {
		irc_fail(c, "CHATHISTORY", "MESSAGE_ERROR", "TARGETS", result);
		return;
	}
	in = wh_json_each(&list);
	while (wh_json_next(&in, NULL, &one))
		if (wh_json_get(&one, "name", &name) && name.type == WH_V_STR && wh_json_get(&one, "time", &time) && time.type == WH_V_INT) {
			nick_show(name.s, nick);
			target_add(&t, nick, time.i);
		}
	wh_session_rooms(c->irc->host, s, target_room_add, &t);
	qsort(t.all, t.n, sizeof t.all[0], target_order);
	out_begin(&out, c);
	out_batch(&out, "draft/chathistory-targets");
	for (size_t i = 0; i < t.n && i < most; i++) {
		time_show(t.all[i].time, when);
		out_server(&out, "CHATHISTORY TARGETS %s %s", t.all[i].name, when);
	}
	out_batch_end(&out);
	out_end(&out);
}

static void
targets(struct irc_client *c, const struct irc_line *line, int64_t limit)
{
	const struct wh_item item = WH_ITEM_INT("limit", IRC_HISTORY);
	char most[8];
	int64_t from, to;
	struct irc_task *task;

	if (!wh_str_starts(line->params[1], WH_STR("timestamp=")) || !wh_str_starts(line->params[2], WH_STR("timestamp=")) ||
	    !time_read(wh_str_from(line->params[1], 10), &from) || !time_read(wh_str_from(line->params[2], 10), &to)) {
		fail(c, "INVALID_PARAMS", line->params[0], "Write: CHATHISTORY TARGETS timestamp=FROM timestamp=TO limit");
		return;
	}
	snprintf(most, sizeof most, "%d", (int)limit);
	task = task_new(c, "CHATHISTORY", WH_STR("TARGETS"), wh_str(most));
	if (task == NULL)
		return;
	task->number = from < to ? from : to;
	task->other = from < to ? to : from;
	task->done = targets_told;
	task_run(task, "chat.whispers", &item, 1);
}

void
verb_chathistory(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	const struct place none = { .any = true };
	struct wh_str sub = line->params[0], target = line->params[1], last;
	struct place one, other = none;
	bool between = same_word(sub, "BETWEEN"), forward;
	int64_t limit = 0;

	(void)irc;
	if (line->n < (between ? 5u : 4u)) {
		fail(c, "INVALID_PARAMS", sub, "Write: CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN target mark limit");
		return;
	}
	last = line->params[between ? 4 : 3];
	for (size_t i = 0; i < last.n && i < 6 && last.p[i] >= '0' && last.p[i] <= '9'; i++)
		limit = limit * 10 + (last.p[i] - '0');
	if (limit < 1) {
		fail(c, "INVALID_PARAMS", sub, "The limit is a number");
		return;
	}
	if (limit > IRC_HISTORY)
		limit = IRC_HISTORY;
	if (same_word(sub, "TARGETS")) {
		targets(c, line, limit);
		return;
	}
	if (unknown_ref(line->params[2]) || (between && unknown_ref(line->params[3]))) {
		char context[IRC_CHANNEL * 2 + 32];

		snprintf(context, sizeof context, "%.*s %.*s", (int)(sub.n < 16 ? sub.n : 16), sub.p, (int)(target.n < IRC_CHANNEL ? target.n : IRC_CHANNEL), target.p);
		irc_fail(c, "CHATHISTORY", "INVALID_MSGREFTYPE", context, WH_STR("A mark is timestamp=YYYY-MM-DDThh:mm:ss.sssZ or msgid=ID"));
		return;
	}
	if (!place_read(line->params[2], same_word(sub, "AFTER") || same_word(sub, "LATEST"), &one) || (between && !place_read(line->params[3], false, &other))) {
		fail(c, "INVALID_PARAMS", sub, "A mark is timestamp=YYYY-MM-DDThh:mm:ss.sssZ or msgid=ID");
		return;
	}
	if (same_word(sub, "LATEST")) {
		ask(c, "LATEST", target, NULL, &none, &one, &none, limit);
	} else if (same_word(sub, "BEFORE")) {
		ask(c, "BEFORE", target, "before", &one, &none, &none, limit);
	} else if (same_word(sub, "AFTER")) {
		ask(c, "AFTER", target, "after", &one, &none, &none, limit);
	} else if (same_word(sub, "AROUND")) {
		ask(c, "AROUND", target, "around", &one, &none, &none, limit);
	} else if (between) {
		forward = strcmp(one.text, other.text) <= 0;
		if (forward)
			place_read(line->params[2], true, &one);
		else
			place_read(line->params[3], true, &other);
		ask(c, "BETWEEN", target, forward ? "after" : "before", &one, forward ? &none : &other, forward ? &other : &none, limit);
	} else {
		fail(c, "INVALID_PARAMS", sub, "There are LATEST, BEFORE, AFTER, AROUND, BETWEEN, TARGETS");
	}
}

/* MARKREAD: up to when one has read, on all of one's clients. */

static void
marked(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, time;
	char when[32];

	if (err != WH_OK || wh_json_read_text(c->irc->host, result, &v) != WH_OK || !wh_json_get(&v, "time", &time)) {
		irc_fail(c, "MARKREAD", "INTERNAL_ERROR", task->target, result);
		return;
	}
	time_show(time.i, when);
	irc_say(c, ":%s MARKREAD %s %s%s", c->irc->name, task->target, time.i != 0 ? "timestamp=" : "*", time.i != 0 ? when : "");
}

/* The rest of what is told of a channel that was entered; see joined() in channel.c. */
static void
marked_entered(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, time;
	char when[32];
	struct irc_out out;

	out_resume(&out, c, task->text);
	if (err == WH_OK && wh_json_read_text(c->irc->host, result, &v) == WH_OK && wh_json_get(&v, "time", &time)) {
		time_show(time.i, when);
		out_server(&out, "MARKREAD %s %s%s", task->target, time.i != 0 ? "timestamp=" : "*", time.i != 0 ? when : "");
	}
	if ((c->caps & CAP_NO_NAMES) == 0)
		channel_names(&out, wh_str(task->target + 1));
	metadata_entered(&out, wh_str(task->target + 1));
	out_end(&out);
}

void
history_mark(struct irc_client *c, const char *channel, const char *batch)
{
	struct irc_task *task = task_new(c, "MARKREAD", wh_str(channel), wh_str(batch));

	if (task == NULL)
		return;
	task->text[task->n] = '\0';
	task->done = marked_entered;
	task_run(task, "chat.mark", &WH_ITEM_STR("room", wh_str(channel + 1)), 1);
}

void
verb_markread(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str target = line->n != 0 ? line->params[0] : WH_STR(""), mark = line->n > 1 ? line->params[1] : WH_STR("");
	char room[IRC_CHANNEL + 2];
	struct wh_item items[2];
	struct irc_task *task;
	int64_t ms;

	(void)irc;
	if (line->n == 0 || target.n == 0) {
		irc_fail(c, "MARKREAD", "NEED_MORE_PARAMS", "", WH_STR("Write: MARKREAD target [timestamp=YYYY-MM-DDThh:mm:ss.sssZ]"));
		return;
	}
	if (mark.n != 0 && (!wh_str_starts(mark, WH_STR("timestamp=")) || !time_read(wh_str_from(mark, 10), &ms))) {
		irc_fail(c, "MARKREAD", "INVALID_PARAMS", "", WH_STR("Write: MARKREAD target [timestamp=YYYY-MM-DDThh:mm:ss.sssZ]"));
		return;
	}
	target_room(c, target, room);
	task = task_new(c, "MARKREAD", target, WH_STR(""));
	if (task == NULL)
		return;
	items[0] = WH_ITEM_STR("room", wh_str(room));
	if (mark.n != 0)
		items[1] = WH_ITEM_INT("time", ms);
	task->done = marked;
	task_run(task, "chat.mark", items, mark.n != 0 ? 2 : 1);
}
