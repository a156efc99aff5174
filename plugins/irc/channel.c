/* Entering, leaving, topics, and who is in a channel. */
#include <stdio.h>
#include <stdlib.h>

#include "irc.h"

enum { ASKS_EVERY_MS = 500, ASKS_BURST = 60, ASKS_PEOPLE = 50, ASKS_MOST = 30, NAMES_LINE = 400, NAMES_AT_ENTRY = 500, NAMES_MOST = 10000 };

bool
channel_inside(struct irc_client *c, struct wh_str channel, struct wh_chat_room *room_out)
{
	struct irc *irc = c->irc;
	struct wh_session *s = client_session(c);
	struct wh_room *hub;

	if (s == NULL || !is_channel(channel) || !irc->chat->room(irc->chat_self, channel_room(channel), room_out))
		return false;
	hub = wh_room_find(irc->host, room_out->key);
	return hub != NULL && wh_room_has(irc->host, hub, s);
}

bool
channel_is(struct irc *irc, struct wh_room *r)
{
	struct wh_chat_room room;

	return irc->chat->room(irc->chat_self, wh_room_name(irc->host, r), &room);
}

/* NAMES */

struct naming {
	struct irc_out *out;
	char channel[IRC_CHANNEL + 2], line[NAMES_LINE + 1];
	size_t n, left;
	bool unlisted;
};

static void
names_flush(struct naming *names)
{
	if (names->n != 0)
		out_numeric(names->out, 353, "%c %s :%s", names->unlisted ? '@' : '=', names->channel, names->line);
	names->n = 0;
}

static bool
names_one(void *self, const struct wh_chat_person *person)
{
	struct naming *names = self;
	char nick[IRC_NICK + 1], host[IRC_HOST + 1], one[200], prefix[IRC_PREFIXES + 1];
	const char *user;

	rank_prefixes(person->ranks, (names->out->c->caps & CAP_MULTI_PREFIX) != 0, prefix);
	source_parts(names->out->irc, person->name, person->id, nick, &user, host);
	if ((names->out->c->caps & CAP_USERHOST) != 0)
		snprintf(one, sizeof one, "%s%s!%s@%s", prefix, nick, user, host);
	else
		snprintf(one, sizeof one, "%s%s", prefix, nick);
	if (names->n + strlen(one) + 1 > NAMES_LINE)
		names_flush(names);
	names->n += (size_t)snprintf(names->line + names->n, sizeof names->line - names->n, "%s%s", names->n != 0 ? " " : "", one);
	return --names->left != 0;
}

static void
names_tell(struct irc_out *out, struct wh_str room, size_t most)
{
	struct irc *irc = out->irc;
	struct naming names = { .out = out, .left = most };
	struct wh_chat_room shown;

	names.unlisted = irc->chat->room(irc->chat_self, room, &shown) && (shown.invited || (shown.unlisted && !shown.keyed));
	room_show(room, names.channel);
	irc->chat->people(irc->chat_self, room, names_one, &names);
	names_flush(&names);
	out_numeric(out, 366, "%s :End of /NAMES list", names.channel);
}

void
channel_names(struct irc_out *out, struct wh_str room)
{
	names_tell(out, room, NAMES_AT_ENTRY);
}

/* What no command's rate bounds: a list of hundreds costs as much as hundreds of lines. */
bool
client_asks(struct irc_client *c, struct wh_str room)
{
	int64_t now = wh_now_ms(c->irc->host), cost = 1;
	struct wh_chat_room shown;

	if (room.n != 0 && c->irc->chat->room(c->irc->chat_self, room, &shown))
		cost += (int64_t)(shown.people / ASKS_PEOPLE);

	if (c->asked_ms < now)
		c->asked_ms = now;
	if (c->asked_ms - now > (int64_t)ASKS_BURST * ASKS_EVERY_MS)
		return false;
	c->asked_ms += (cost < ASKS_MOST ? cost : ASKS_MOST) * ASKS_EVERY_MS;
	return true;
}

void
verb_names(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str rest = line->n != 0 ? line->params[0] : WH_STR(""), channel;
	struct irc_out out;

	(void)irc;
	out_begin(&out, c);
	if (rest.n == 0)
		out_numeric(&out, 366, "* :End of /NAMES list");
	while (next_part(&rest, ',', &channel)) {
		struct wh_chat_room room;

		if (!client_asks(c, is_channel(channel) ? channel_room(channel) : channel)) {
			out_numeric(&out, 263, "NAMES :That is asked too often; try again in a moment");
			break;
		}
		if (channel_inside(c, channel, &room))
			names_tell(&out, room.name, NAMES_MOST);
		else
			out_numeric(&out, 366, "%.*s :End of /NAMES list", WH_FMT(channel));
	}
	out_end(&out);
}

/* What the topic is, who set it and when. */
static void
topic_tell(struct irc_out *out, const char *channel, const struct wh_chat_room *room)
{
	char flat[IRC_TOPIC + 1], source[160];

	text_flat(room->topic, flat, sizeof flat);
	if (flat[0] == '\0')
		return;
	out_numeric(out, 332, "%s :%s", channel, flat);
	if (room->topic_time == 0)
		return;
	source_of(out->irc, room->topic_by, room->topic_by_id, source);
	out_numeric(out, 333, "%s %s %lld", channel, source, (long long)(room->topic_time / 1000));
}

void
channel_about(struct irc_out *out, struct wh_str name)
{
	struct wh_chat_room room;
	char channel[IRC_CHANNEL + 2];

	room_show(name, channel);
	if (out->irc->chat->room(out->irc->chat_self, name, &room))
		topic_tell(out, channel, &room);
	if ((out->c->caps & CAP_NO_NAMES) == 0)
		channel_names(out, name);
	metadata_entered(out, name);
}

/* JOIN */

static struct wh_str
result_str(const struct wh_value *result, const char *key)
{
	struct wh_value v;

	return wh_json_get(result, key, &v) && v.type == WH_V_STR ? v.s : WH_STR("");
}

static int
door_numeric(enum wh_chat_door door)
{
	switch (door) {
	case WH_DOOR_KEY:
		return 475;
	case WH_DOOR_INVITED:
		return 473;
	case WH_DOOR_ACCOUNTS:
		return 477;
	case WH_DOOR_FULL:
		return 471;
	case WH_DOOR_PACE:
		return 480;
	default:
		return 474;
	}
}

static int
join_numeric(struct irc_client *c, struct wh_str channel, struct wh_str key, enum wh_err err)
{
	struct irc *irc = c->irc;
	struct wh_session *s = client_session(c);
	enum wh_chat_door door = s != NULL ? irc->chat->door(irc->chat_self, channel_room(channel), s, key) : WH_DOOR_OPEN;

	switch (err) {
	case WH_EINVAL:
		return 479;
	case WH_EFULL:
		return 405;
	case WH_EFAST:
		return door == WH_DOOR_PACE ? 480 : 263;
	case WH_EAWAY:
		return 437;
	case WH_ENOENT:
		return 403;
	default:
		return door_numeric(door);
	}
}

static void
joined(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct irc *irc = c->irc;
	const struct wh_identity *who = client_identity(c);
	struct wh_value v, seq;
	struct wh_chat_room room;
	char channel[IRC_CHANNEL + 2], source[160], account[IRC_NICK + 1] = "*", batch[24];
	struct irc_out out;

	if (err != WH_OK) {
		int number = join_numeric(c, wh_str(task->target), (struct wh_str){ task->text, task->n }, err);

		irc_numeric(c, number, "%s :%.*s", number == 263 ? "JOIN" : task->target, WH_FMT(result));
		return;
	}
	if (wh_json_read_text(irc->host, result, &v) != WH_OK)
		return;
	room_show(result_str(&v, "room"), channel);
	source_of(irc, who->name, who->id, source);
	if (who->kind == WH_ACCOUNT)
		nick_show(who->name, account);
	out_begin(&out, c);
	if ((c->caps & CAP_MARK) != 0)
		out_several(&out);
	if ((c->caps & CAP_EXTENDED_JOIN) != 0)
		out_of(&out, client_person(c), ":%s JOIN %s %s :%s", source, channel, account, c->real);
	else
		out_of(&out, client_person(c), ":%s JOIN %s", source, channel);
	if (irc->chat->room(irc->chat_self, wh_str(channel + 1), &room))
		topic_tell(&out, channel, &room);
	/* The mark has to be told before the end of NAMES, and is in the store. */
	if ((c->caps & CAP_MARK) != 0) {
		out_pause(&out, batch);
		history_mark(c, channel, batch);
	} else {
		if ((c->caps & CAP_NO_NAMES) == 0)
			channel_names(&out, wh_str(channel + 1));
		metadata_entered(&out, wh_str(channel + 1));
		out_end(&out);
	}
	if (irc->set.replay != 0 && (c->caps & CAP_CHATHISTORY) == 0)
		history_replay(c, channel, task->number, wh_json_get(&v, "seq", &seq) ? seq.i : 0);
}

static bool
count_room(void *self, struct wh_room *r)
{
	struct {
		struct irc *irc;
		size_t n;
	} *count = self;

	count->n += channel_is(count->irc, r);
	return true;
}

/* The channel has another name by now. True: it is left at telling that. */
static bool
channel_renamed(struct irc_client *c, struct wh_str channel, struct wh_str now)
{
	const bool knows = (c->caps & CAP_RENAME) != 0;
	char label[IRC_LABEL + 1], to[IRC_CHANNEL + 2];
	struct irc_out out;

	room_show(now, to);
	memcpy(label, c->label, sizeof label);
	if (!knows)
		c->label[0] = '\0';	/* it is for the answer to the joining */
	out_begin(&out, c);
	if (knows)
		out_server(&out, "FAIL JOIN CHANNEL_RENAMED %.*s %s :That channel is called %s now", WH_FMT(channel), to, to);
	else
		out_numeric(&out, 470, "%.*s %s :That channel is called %s now", WH_FMT(channel), to, to);
	out_end(&out);
	if (!knows)
		memcpy(c->label, label, sizeof label);
	return knows;
}

static void
join_one(struct irc_client *c, struct wh_str channel, struct wh_str key, struct wh_str heard)
{
	struct wh_chat_room room;
	struct wh_item items[2];
	struct irc_task *task;
	struct wh_session *s = client_session(c);
	struct {
		struct irc *irc;
		size_t n;
	} rooms = { .irc = c->irc };
	size_t n = 0;
	char to[IRC_CHANNEL + 2];
	struct wh_str now;

	if (!is_channel(channel)) {
		irc_numeric(c, 403, "%.*s :A channel begins with #", WH_FMT(channel));
		return;
	}
	if (channel_inside(c, channel, &room))
		return;
	/* Who knows what a renaming is enters by itself. */
	if (c->irc->chat->moved(c->irc->chat_self, channel_room(channel), &now)) {
		if (channel_renamed(c, channel, now))
			return;
		room_show(now, to);
		channel = wh_str(to);
		if (channel_inside(c, channel, &room))
			return;
	}
	if (s != NULL)
		wh_session_rooms(c->irc->host, s, count_room, &rooms);
	if (rooms.n >= IRC_CHANNELS) {
		irc_numeric(c, 405, "%.*s :You are in as many channels as one may be in", WH_FMT(channel));
		return;
	}
	task = task_new(c, "JOIN", channel, key);
	if (task == NULL)
		return;
	task->number = heard.n != 0 ? strtoll(heard.p, NULL, 10) : -1;
	items[n++] = WH_ITEM_STR("room", channel_room(channel));
	if (key.n != 0)
		items[n++] = WH_ITEM_STR("key", key);
	task->done = joined;
	task_run(task, "chat.join", items, n);
}

/* Whose account is always on, or stays nowhere: told once the client is welcome. */
static void
stays_told(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, rooms, room, part;
	struct wh_json_in in = { .doc = NULL };

	if (task->target[0] == '\0')
		return;
	if (err == WH_OK && wh_json_read_text(c->irc->host, result, &v) == WH_OK && wh_json_get(&v, "rooms", &rooms))
		in = wh_json_each(&rooms);
	while (in.doc != NULL && wh_json_next(&in, NULL, &room)) {
		char channel[IRC_CHANNEL + 2], heard[24] = "";

		room_show(result_str(&room, "room"), channel);
		if (wh_json_get(&room, "heard", &part))
			snprintf(heard, sizeof heard, "%lld", (long long)part.i);
		join_one(c, wh_str(channel), WH_STR(""), wh_str(heard));
	}
	join_with_others(c);
}

bool
channels_stayed(struct irc_client *c, bool enter)
{
	struct irc *irc = c->irc;
	const struct wh_identity *who = client_identity(c);
	const struct wh_item item = WH_ITEM_STR("device", wh_str(c->user));
	struct irc_task *task;

	if (who->kind != WH_ACCOUNT || !irc->chat->stays(irc->chat_self, who->id))
		return false;
	task = task_new(c, "JOIN", wh_str(enter ? "*" : ""), WH_STR(""));
	if (task == NULL)
		return false;
	task->done = stays_told;
	task_run(task, "chat.presence", &item, 1);
	return true;
}

static bool
collect_room(void *self, struct wh_room *r)
{
	struct {
		struct irc *irc;
		wh_id ids[256];
		size_t n;
	} *all = self;

	if (channel_is(all->irc, r))
		all->ids[all->n++] = wh_room_id(all->irc->host, r);
	return all->n < sizeof all->ids / sizeof all->ids[0];
}

static void
part_all(struct irc *irc, struct irc_client *c)
{
	struct {
		struct irc *irc;
		wh_id ids[256];
		size_t n;
	} all = { .irc = irc };
	struct wh_session *s = client_session(c);

	if (s == NULL)
		return;
	wh_session_rooms(irc->host, s, collect_room, &all);
	for (size_t i = 0; i < all.n; i++) {
		struct wh_room *r = wh_room_get(irc->host, all.ids[i]);
		struct irc_line line = { .n = 1 };
		char channel[IRC_CHANNEL + 2];

		if (r == NULL)
			continue;
		room_show(wh_room_name(irc->host, r), channel);
		line.params[0] = wh_str(channel);
		verb_part(irc, c, &line);
	}
}

void
verb_join(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str channels = line->params[0], keys = line->n > 1 ? line->params[1] : WH_STR(""), channel, key;
	unsigned n = 0;

	if (wh_str_is(channels, "0")) {
		part_all(irc, c);
		return;
	}
	while (next_part(&channels, ',', &channel)) {
		if (!next_part(&keys, ',', &key))
			key = WH_STR("");
		if (n++ == IRC_JOINS) {
			irc_numeric(c, 407, "%.*s :That is too many channels in one line", WH_FMT(channel));
			return;
		}
		join_one(c, channel, key, WH_STR(""));
	}
}

/* PART */

static void
parted(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	const struct wh_identity *who = client_identity(c);
	char source[160];

	if (err != WH_OK) {
		irc_numeric(c, 442, "%s :%.*s", task->target, WH_FMT(result));
		return;
	}
	source_of(c->irc, who->name, who->id, source);
	irc_say_of(c, client_person(c), ":%s PART %s%s%.*s", source, task->target, task->n != 0 ? " :" : "", (int)task->n, task->text);
}

void
verb_part(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str channels = line->params[0], reason = line->n > 1 ? line->params[1] : WH_STR(""), channel;
	unsigned n = 0;

	if (reason.n > IRC_KICK)
		reason.n = text_fit(reason, IRC_KICK);
	while (next_part(&channels, ',', &channel) && n++ < IRC_JOINS) {
		struct wh_chat_room room;
		struct wh_item items[2];
		struct irc_task *task;

		if (!is_channel(channel) || !irc->chat->room(irc->chat_self, channel_room(channel), &room)) {
			irc_numeric(c, 403, "%.*s :There is no such channel", WH_FMT(channel));
			continue;
		}
		if (!channel_inside(c, channel, &room)) {
			irc_numeric(c, 442, "%.*s :You are not in that channel", WH_FMT(channel));
			continue;
		}
		task = task_new(c, "PART", channel, reason);
		if (task == NULL)
			return;
		items[0] = WH_ITEM_STR("room", channel_room(channel));
		items[1] = WH_ITEM_STR("reason", reason);
		task->done = parted;
		task_run(task, "chat.leave", items, reason.n != 0 ? 2 : 1);
	}
}

/* TOPIC */

static void
topic_set(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	const struct wh_identity *who = client_identity(c);
	char source[160];

	if (err != WH_OK) {
		irc_numeric(c, err == WH_EPERM ? 482 : 403, "%s :%.*s", task->target, WH_FMT(result));
		return;
	}
	source_of(c->irc, who->name, who->id, source);
	irc_say_of(c, client_person(c), ":%s TOPIC %s :%.*s", source, task->target, (int)task->n, task->text);
}

void
verb_topic(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str channel = line->params[0];
	struct wh_chat_room room;
	struct irc_task *task;
	char flat[IRC_TOPIC + 1];

	(void)irc;
	if (!channel_inside(c, channel, &room)) {
		irc_numeric(c, 442, "%.*s :You are not in that channel", WH_FMT(channel));
		return;
	}
	if (line->n < 2) {
		struct irc_out out;
		char shown[IRC_CHANNEL + 2];

		room_show(room.name, shown);
		out_begin(&out, c);
		if (room.topic.n != 0)
			topic_tell(&out, shown, &room);
		else
			out_numeric(&out, 331, "%s :No topic is set", shown);
		out_end(&out);
		return;
	}
	text_flat(line->params[1], flat, sizeof flat);
	task = task_new(c, "TOPIC", channel, wh_str(flat));
	if (task == NULL)
		return;
	const struct wh_item items[] = { WH_ITEM_STR("room", channel_room(channel)), WH_ITEM_STR("topic", wh_str(flat)) };

	task->done = topic_set;
	task_run(task, "chat.topic", items, 2);
}

/* KICK, INVITE */

static void
kicked(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	if (err == WH_OK)
		return;
	if (err == WH_ENOENT)
		irc_numeric(c, 441, "%.*s %s :They are not in that channel", (int)task->n, task->text, task->target);
	else
		irc_numeric(c, 482, "%s :%.*s", task->target, WH_FMT(result));
}

/* The name by which chat knows a nick. */
static struct wh_str
name_of_nick(struct irc *irc, struct wh_str nick)
{
	const struct irc_person *p = person_by_nick(irc, nick);

	return p != NULL ? wh_str(p->name) : nick;
}

void
verb_kick(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str channel = line->params[0], nicks = line->params[1], reason = line->n > 2 ? line->params[2] : WH_STR(""), nick;
	struct wh_chat_room room;
	unsigned n = 0;

	if (!irc->chat->room(irc->chat_self, is_channel(channel) ? channel_room(channel) : channel, &room)) {
		irc_numeric(c, 403, "%.*s :There is no such channel", WH_FMT(channel));
		return;
	}
	if (!channel_inside(c, channel, &room)) {
		irc_numeric(c, 442, "%.*s :You are not in that channel", WH_FMT(channel));
		return;
	}
	if (reason.n > IRC_KICK)
		reason.n = text_fit(reason, IRC_KICK);
	while (next_part(&nicks, ',', &nick)) {
		if (n++ == IRC_TARGETS) {
			irc_numeric(c, 407, "%.*s :That is too many at once", WH_FMT(nick));
			return;
		}
		const struct wh_item items[] = { WH_ITEM_STR("room", is_channel(channel) ? channel_room(channel) : channel),
			WH_ITEM_STR("name", name_of_nick(irc, nick)), WH_ITEM_STR("reason", reason) };
		struct irc_task *task = task_new(c, "KICK", channel, nick);

		if (task == NULL)
			return;
		task->done = kicked;
		task_run(task, "chat.kick", items, reason.n != 0 ? 3 : 2);
	}
}

/* Other members who asked to be told of invitations. */
struct inviting {
	struct irc_client *c;
	char line[IRC_LINE];
};

static bool
invite_tell(void *self, struct wh_session *s)
{
	struct inviting *inviting = self;
	struct irc_client *other = client_of(inviting->c->irc, s);

	if (other != NULL && other != inviting->c && other->welcome && (other->caps & CAP_INVITE) != 0)
		irc_say_of(other, client_person(inviting->c), "%s", inviting->line);
	return true;
}

static void
invite_spread(struct irc_client *c, struct wh_str nick, struct wh_str channel)
{
	const struct wh_identity *who = client_identity(c);
	struct inviting inviting = { .c = c };
	struct wh_chat_room room;
	struct wh_room *hub;
	char source[160];

	if (!channel_inside(c, channel, &room) || (hub = wh_room_find(c->irc->host, room.key)) == NULL ||
	    wh_room_members(c->irc->host, hub) > (size_t)c->irc->set.crowd)
		return;
	source_of(c->irc, who->name, who->id, source);
	snprintf(inviting.line, sizeof inviting.line, ":%s INVITE %.*s %.*s", source, WH_FMT(nick), WH_FMT(channel));
	wh_room_each(c->irc->host, hub, invite_tell, &inviting);
}

static void
invited(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct irc_person *p = person_by_nick(c->irc, (struct wh_str){ task->text, task->n });
	const char *away = p != NULL ? person_away(c->irc, p) : NULL;
	struct irc_out out;

	out_begin(&out, c);
	if (err != WH_OK) {
		if (err == WH_ENOENT)
			out_numeric(&out, 401, "%.*s :%.*s", (int)task->n, task->text, WH_FMT(result));
		else
			out_numeric(&out, 482, "%s :%.*s", task->target, WH_FMT(result));
	} else {
		invite_spread(c, (struct wh_str){ task->text, task->n }, wh_str(task->target));
		out_numeric(&out, 341, "%.*s %s", (int)task->n, task->text, task->target);
		if (away != NULL)
			out_numeric(&out, 301, "%.*s :%s", (int)task->n, task->text, away);
	}
	out_end(&out);
}

static bool
is_there(struct irc *irc, struct wh_str key, const struct irc_person *p)
{
	return p != NULL && irc->chat->inside(irc->chat_self, key, wh_str(p->id), NULL);
}

static void
invitations_told(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, rooms, room;
	struct wh_json_in in;
	struct irc_out out;
	char channel[IRC_CHANNEL + 2];

	(void)task;
	out_begin(&out, c);
	if (err != WH_OK) {
		out_numeric(&out, 263, "INVITE :%.*s", WH_FMT(result));
	} else if (wh_json_read_text(c->irc->host, result, &v) == WH_OK && wh_json_get(&v, "rooms", &rooms)) {
		in = wh_json_each(&rooms);
		while (wh_json_next(&in, NULL, &room)) {
			room_show(result_str(&room, "room"), channel);
			out_numeric(&out, 336, "%s", channel);
		}
	}
	out_numeric(&out, 337, ":End of /INVITE list");
	out_end(&out);
}

static void
invitations_ask(struct irc_client *c)
{
	struct irc_task *task = task_new(c, "INVITE", WH_STR(""), WH_STR(""));

	if (task == NULL)
		return;
	task->done = invitations_told;
	task_run(task, "chat.invitations", NULL, 0);
}

void
verb_invite(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str nick = line->params[0], channel = line->n > 1 ? line->params[1] : WH_STR("");
	struct wh_chat_room room;
	struct irc_task *task;

	if (line->n == 0) {
		invitations_ask(c);
		return;
	}
	if (line->n == 1) {
		irc_numeric(c, 461, "INVITE :Write: INVITE nick #channel, or INVITE alone for where you were asked to come");
		return;
	}
	if (!is_channel(channel)) {
		irc_numeric(c, 403, "%.*s :A channel begins with #", WH_FMT(channel));
		return;
	}
	if (!channel_inside(c, channel, &room)) {
		irc_numeric(c, 442, "%.*s :You are not in that channel", WH_FMT(channel));
		return;
	}
	if (is_there(irc, room.key, person_by_nick(irc, nick))) {
		irc_numeric(c, 443, "%.*s %.*s :They are in that channel already", WH_FMT(nick), WH_FMT(channel));
		return;
	}
	task = task_new(c, "INVITE", channel, nick);
	if (task == NULL)
		return;
	const struct wh_item items[] = { WH_ITEM_STR("room", channel_room(channel)), WH_ITEM_STR("name", name_of_nick(irc, nick)) };

	task->done = invited;
	task_run(task, "chat.invite", items, 2);
}
