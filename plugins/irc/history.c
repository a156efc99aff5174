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
	char head[IRC_CHANNEL * 2 + 32];

	if (err != WH_OK || wh_json_read_text(irc->host, result, &v) != WH_OK || !wh_json_get(&v, "entries", &entries)) {
		if (strcmp(task->verb, "REPLAY") == 0)
			return;
		irc_fail(c, "CHATHISTORY", err == WH_ENOENT || err == WH_EPERM ? "INVALID_TARGET" : "MESSAGE_ERROR", task->target, result);
		return;
	}
	snprintf(head, sizeof head, "chathistory %s", task->target);
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

/* TARGETS: with whom one whispered between two times, the earliest first. */

static void
targets_told(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, list, one, name, time, all[IRC_HISTORY];
	size_t n = 0;
	struct wh_json_in in;
	struct irc_out out;

	if (err != WH_OK || wh_json_read_text(c->irc->host, result, &v) != WH_OK || !wh_json_get(&v, "whispers", &list)) {
		irc_fail(c, "CHATHISTORY", "MESSAGE_ERROR", "TARGETS", result);
		return;
	}
	out_begin(&out, c);
	out_batch(&out, "draft/chathistory-targets");
	/* They come the latest first, and are told the other way round. */
	in = wh_json_each(&list);
	while (n < IRC_HISTORY && wh_json_next(&in, NULL, &one))
		all[n++] = one;
	while (n != 0) {
		char nick[IRC_NICK + 1], when[32];

		one = all[--n];
		if (!wh_json_get(&one, "name", &name) || !wh_json_get(&one, "time", &time) || time.i <= task->number || time.i >= task->other)
			continue;
		nick_show(name.s, nick);
		time_show(time.i, when);
		out_server(&out, "CHATHISTORY TARGETS %s %s", nick, when);
	}
	out_batch_end(&out);
	out_end(&out);
}

static void
targets(struct irc_client *c, const struct irc_line *line, int64_t limit)
{
	const struct wh_item item = WH_ITEM_INT("limit", limit);
	int64_t from, to;
	struct irc_task *task;

	if (!wh_str_starts(line->params[1], WH_STR("timestamp=")) || !wh_str_starts(line->params[2], WH_STR("timestamp=")) ||
	    !time_read(wh_str_from(line->params[1], 10), &from) || !time_read(wh_str_from(line->params[2], 10), &to)) {
		fail(c, "INVALID_PARAMS", line->params[0], "Write: CHATHISTORY TARGETS timestamp=FROM timestamp=TO limit");
		return;
	}
	task = task_new(c, "CHATHISTORY", WH_STR("TARGETS"), WH_STR(""));
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
		fail(c, "NEED_MORE_PARAMS", sub, "Write: CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN target mark limit");
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
	if (!place_read(line->params[2], same_word(sub, "AFTER") || same_word(sub, "LATEST"), &one) || (between && !place_read(line->params[3], false, &other))) {
		fail(c, "INVALID_PARAMS", sub, "A mark is timestamp=YYYY-MM-DDThh:mm:ss.sssZ or msgid=ID");
		return;
	}
	if (same_word(sub, "LATEST")) {
		ask(c, "CHATHISTORY", target, NULL, &none, &one, &none, limit);
	} else if (same_word(sub, "BEFORE")) {
		ask(c, "CHATHISTORY", target, "before", &one, &none, &none, limit);
	} else if (same_word(sub, "AFTER")) {
		ask(c, "CHATHISTORY", target, "after", &one, &none, &none, limit);
	} else if (same_word(sub, "AROUND")) {
		ask(c, "CHATHISTORY", target, "around", &one, &none, &none, limit);
	} else if (between) {
		forward = strcmp(one.text, other.text) <= 0;
		if (forward)
			place_read(line->params[2], true, &one);
		else
			place_read(line->params[3], true, &other);
		ask(c, "CHATHISTORY", target, forward ? "after" : "before", &one, forward ? &none : &other, forward ? &other : &none, limit);
	} else {
		fail(c, "UNKNOWN_COMMAND", sub, "There are LATEST, BEFORE, AFTER, AROUND, BETWEEN, TARGETS");
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

void
history_mark(struct irc_client *c, const char *channel)
{
	struct irc_task *task = task_new(c, "MARKREAD", wh_str(channel), WH_STR(""));

	if (task == NULL)
		return;
	task->done = marked;
	task_run(task, "chat.mark", &WH_ITEM_STR("room", wh_str(channel + 1)), 1);
}

void
verb_markread(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str target = line->params[0], mark = line->n > 1 ? line->params[1] : WH_STR("");
	char room[IRC_CHANNEL + 2];
	struct wh_item items[2];
	struct irc_task *task;
	int64_t ms;

	(void)irc;
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
