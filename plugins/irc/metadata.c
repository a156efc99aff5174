/* METADATA (draft/metadata-2): what people and channels say of themselves. It is kept by the plugin profile; here are the client's
 * subscriptions, and who is told of what. The keys of a client's subscriptions share the room in its papers with its MONITOR list. */
#include <stdio.h>

#include "irc.h"

enum { META_MEMBERS = 1000 };

/* Subscriptions: keys with blanks between and around. */

static bool
subscribed(const struct irc_client *c, struct wh_str key)
{
	struct wh_str rest = wh_str(c->subs), one;

	while (next_part(&rest, ' ', &one))
		if (wh_str_eq(one, key))
			return true;
	return false;
}

static size_t
subs_count(const struct irc_client *c)
{
	struct wh_str rest = wh_str(c->subs), one;
	size_t n = 0;

	while (next_part(&rest, ' ', &one))
		n++;
	return n;
}

static bool
subscribe(struct irc_client *c, struct wh_str key)
{
	size_t n = strlen(c->subs);

	if (subscribed(c, key))
		return true;
	if (subs_count(c) == IRC_SUBS || n + key.n + 2 > sizeof c->subs || n + key.n + 1 + watches_bytes(c) > IRC_MONITOR_BYTES)
		return false;
	snprintf(c->subs + n, sizeof c->subs - n, "%s%.*s", n != 0 ? " " : "", WH_FMT(key));
	return true;
}

static void
unsubscribe(struct irc_client *c, struct wh_str key)
{
	char left[sizeof c->subs] = "";
	struct wh_str rest = wh_str(c->subs), one;
	size_t n = 0;

	while (next_part(&rest, ' ', &one))
		if (!wh_str_eq(one, key))
			n += (size_t)snprintf(left + n, sizeof left - n, "%s%.*s", n != 0 ? " " : "", WH_FMT(one));
	memcpy(c->subs, left, sizeof c->subs);
}

/* Targets */

struct target {
	char subject[IRC_CHANNEL + 66], shown[IRC_CHANNEL + 2];
	bool channel, own;
	struct wh_chat_room room;
	const struct irc_person *person;
};

static bool
target_of(struct irc_client *c, struct wh_str name, struct target *t)
{
	struct irc *irc = c->irc;
	struct wh_session *s = client_session(c);
	struct wh_room *hub;

	*t = (struct target){ .channel = is_channel(name), .own = wh_str_is(name, "*") };
	/* Who is not in yet speaks of itself alone, and has no nick. */
	if (!c->welcome && !t->own)
		return false;
	if (t->channel) {
		if (s == NULL || !irc->chat->room(irc->chat_self, channel_room(name), &t->room))
			return false;
		hub = wh_room_find(irc->host, t->room.key);
		if ((t->room.unlisted || t->room.invited) && (hub == NULL || !wh_room_has(irc->host, hub, s)))
			return false;
		room_show(t->room.name, t->shown);
		snprintf(t->subject, sizeof t->subject, "#%.*s", WH_FMT(t->room.key));
		return true;
	}
	t->person = t->own ? client_person(c) : person_by_nick(irc, name);
	if (t->person == NULL)
		return false;
	t->own = t->person == client_person(c);
	text_flat(c->welcome ? wh_str(t->person->nick) : WH_STR("*"), t->shown, sizeof t->shown);
	text_flat(wh_str(t->person->id), t->subject, sizeof t->subject);
	return true;
}

struct looking {
	struct irc_out *out;
	struct wh_str key;
	const char *source, *shown;
	bool numeric, all, found;
};

static bool
look(void *self, struct wh_str key, struct wh_str value)
{
	struct looking *l = self;

	if (l->key.n != 0 ? !wh_str_eq(key, l->key) : !l->all && !subscribed(l->out->c, key))
		return true;
	l->found = true;
	if (l->numeric)
		out_numeric(l->out, 761, "%s %.*s * :%.*s", l->shown, WH_FMT(key), WH_FMT(value));
	else
		out_line(l->out, ":%s METADATA %s %.*s * :%.*s", l->source, l->shown, WH_FMT(key), WH_FMT(value));
	return true;
}

/* What it subscribed to (or, with a key, that one) of a person. */
static void
tell_person(struct irc_out *out, const struct irc_person *p, struct wh_str key)
{
	struct irc *irc = out->irc;
	char source[160];
	struct looking l = { .out = out, .key = key, .source = source, .shown = p->nick };

	source_of(irc, wh_str(p->name), wh_str(p->id), source);
	irc->profile->each(irc->profile_self, wh_str(p->id), look, &l);
}

struct syncing {
	struct irc_out *out;
	struct wh_str key;
	size_t left;
};

static bool
sync_member(void *self, const struct wh_chat_person *person)
{
	struct syncing *s = self;
	const struct irc_person *p = person_by_id(s->out->irc, person->id);

	if (p != NULL)
		tell_person(s->out, p, s->key);
	return --s->left != 0;
}

static void
tell_channel(struct irc_out *out, const struct wh_chat_room *room, struct wh_str key)
{
	struct irc *irc = out->irc;
	char shown[IRC_CHANNEL + 2], subject[IRC_CHANNEL + 66];
	struct looking l = { .out = out, .key = key, .source = irc->name, .shown = shown };
	struct syncing s = { out, key, META_MEMBERS };

	room_show(room->name, shown);
	snprintf(subject, sizeof subject, "#%.*s", WH_FMT(room->key));
	irc->profile->each(irc->profile_self, wh_str(subject), look, &l);
	irc->chat->people(irc->chat_self, room->name, sync_member, &s);
}

/* A channel of many is asked for later. */
static void
tell_entered(struct irc_out *out, const struct wh_chat_room *room, struct wh_str key)
{
	char shown[IRC_CHANNEL + 2];

	room_show(room->name, shown);
	if (room->people > (size_t)out->irc->set.crowd)
		out_numeric(out, 774, "%s 5", shown);
	else
		tell_channel(out, room, key);
}

void
metadata_entered(struct irc_out *out, struct wh_str name)
{
	struct irc *irc = out->irc;
	struct wh_chat_room room;

	if (irc->profile != NULL && (out->c->caps & CAP_METADATA) != 0 && out->c->subs[0] != '\0' && irc->chat->room(irc->chat_self, name, &room))
		tell_entered(out, &room, WH_STR(""));
}

void
metadata_watched(struct irc_out *out, const struct irc_person *p)
{
	if (out->irc->profile != NULL && (out->c->caps & CAP_METADATA) != 0)
		tell_person(out, p, WH_STR(""));
}

void
metadata_welcome(struct irc_out *out)
{
	struct irc *irc = out->irc;
	const struct irc_person *p = client_person(out->c);
	char head[IRC_NICK + 16], source[160];
	struct looking l = { .out = out, .source = source, .all = true };

	if (irc->profile == NULL || (out->c->caps & CAP_METADATA) == 0 || p == NULL)
		return;
	l.shown = p->nick;
	source_of(irc, wh_str(p->name), wh_str(p->id), source);
	snprintf(head, sizeof head, "metadata %s", p->nick);
	out_batch(out, head);
	irc->profile->each(irc->profile_self, wh_str(p->id), look, &l);
	out_batch_end(out);
}

/* Changes */

static void
change_put(struct irc_client *c, const void *arg)
{
	const struct wh_profile_change *change = arg;
	struct irc *irc = c->irc;
	const bool channel = change->subject.p[0] == '#';
	const struct irc_person *p = channel ? NULL : person_by_id(irc, change->subject);
	char source[160], shown[IRC_CHANNEL + 2];
	struct wh_chat_room room;

	/* The one who did it has the answer. What is read when somebody signs in is for themselves whether they subscribed or not. */
	if (c->session == change->by || (c->caps & CAP_METADATA) == 0 || (!subscribed(c, change->key) && !(change->by == 0 && p != NULL && p == client_person(c))))
		return;
	if (channel && !irc->chat->room(irc->chat_self, wh_str_from(change->subject, 1), &room))
		return;
	if (channel) {
		room_show(room.name, shown);
		snprintf(source, sizeof source, "%s", irc->name);
	} else if (p != NULL) {
		text_flat(wh_str(p->nick), shown, sizeof shown);
		source_of(irc, wh_str(p->name), wh_str(p->id), source);
	} else {
		return;
	}
	if (change->value.p != NULL)
		irc_say(c, ":%s METADATA %s %.*s * :%.*s", source, shown, WH_FMT(change->key), WH_FMT(change->value));
	else
		irc_say(c, ":%s METADATA %s %.*s *", source, shown, WH_FMT(change->key));
}

struct spreading {
	struct irc *irc;
	const struct wh_profile_change *change;
};

static bool
change_member(void *self, struct wh_session *s)
{
	struct spreading *spreading = self;
	struct irc_client *c = client_of(spreading->irc, s);

	if (c != NULL && c->welcome)
		change_put(c, spreading->change);
	return true;
}

static void
metadata_changed(void *self, const struct wh_profile_change *change)
{
	struct irc *irc = self;
	struct spreading spreading = { irc, change };
	const struct irc_person *p;
	struct wh_session *s;
	struct wh_room *hub;

	if (change->subject.p[0] == '#') {
		hub = wh_room_find(irc->host, wh_str_from(change->subject, 1));
		if (hub != NULL)
			wh_room_each(irc->host, hub, change_member, &spreading);
		return;
	}
	p = person_by_id(irc, change->subject);
	s = p != NULL && p->n != 0 ? wh_session_get(irc->host, p->sessions[0]) : NULL;
	if (s == NULL)
		return;
	peers_each(irc, s, true, change_put, change);
	watchers_metadata(irc, p, change_put, change);
}

void
metadata_open(struct irc *irc)
{
	if (irc->profile != NULL)
		irc->profile->listen(irc->profile_self, metadata_changed, irc);
}

/* The command */

static void
fail(struct irc_client *c, const char *code, struct wh_str a, struct wh_str b, const char *why)
{
	char context[IRC_CHANNEL * 2 + 80];

	snprintf(context, sizeof context, "%.*s%s%.*s", (int)(a.n < IRC_CHANNEL ? a.n : IRC_CHANNEL), a.p != NULL ? a.p : "", b.n != 0 ? " " : "",
	    (int)(b.n < 64 ? b.n : 64), b.p != NULL ? b.p : "");
	irc_fail(c, "METADATA", code, context, wh_str(why));
}

static void
meta_get(struct irc_client *c, const struct irc_line *line, const struct target *t)
{
	char head[IRC_CHANNEL * 2 + 16];
	struct irc_out out;

	out_begin(&out, c);
	snprintf(head, sizeof head, "metadata %s", t->shown);
	out_batch(&out, head);
	for (size_t i = 2; i < line->n; i++) {
		struct looking l = { .out = &out, .key = line->params[i], .shown = t->shown, .numeric = true };
		char key[64];

		text_flat(line->params[i], key, sizeof key);
		if (!c->irc->profile->key_ok(c->irc->profile_self, line->params[i])) {
			out_fail(&out, "METADATA", "KEY_INVALID", key, WH_STR("That can be no key"));
			continue;
		}
		c->irc->profile->each(c->irc->profile_self, wh_str(t->subject), look, &l);
		if (!l.found)
			out_numeric(&out, 766, "%s %s :That key is not set", t->shown, key);
	}
	out_batch_end(&out);
	out_end(&out);
}

static void
meta_list(struct irc_client *c, const struct target *t)
{
	char head[IRC_CHANNEL * 2 + 16];
	struct irc_out out;
	struct looking l = { .out = &out, .shown = t->shown, .numeric = true, .all = true };

	out_begin(&out, c);
	snprintf(head, sizeof head, "metadata %s", t->shown);
	out_batch(&out, head);
	c->irc->profile->each(c->irc->profile_self, wh_str(t->subject), look, &l);
	out_batch_end(&out);
	out_end(&out);
}

/* Its text is the key and, behind a NUL, the value; `number`: is there one. */
static void
meta_was_set(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	const char *key = task->text, *value = task->text + strlen(task->text) + 1;
	char wait[IRC_CHANNEL * 2 + 80];

	if (err == WH_OK && task->number != 0) {
		irc_numeric(c, 761, "%s %s * :%s", task->target, key, value);
	} else if (err == WH_OK) {
		irc_numeric(c, 766, "%s %s :That key is not set", task->target, key);
	} else if (err == WH_EFAST) {
		snprintf(wait, sizeof wait, "%s %s 1", task->target, key);
		irc_fail(c, "METADATA", "RATE_LIMITED", wait, result);
	} else if (err == WH_EFULL) {
		irc_fail(c, "METADATA", "LIMIT_REACHED", task->target, result);
	} else {
		snprintf(wait, sizeof wait, "%s %s", task->target, key);
		irc_fail(c, "METADATA", err == WH_ENOENT ? "KEY_NOT_SET" : "KEY_NO_PERMISSION", wait, result);
	}
}

static void
meta_set(struct irc_client *c, const struct irc_line *line, const struct target *t)
{
	struct wh_str key = line->n > 2 ? line->params[2] : WH_STR(""), value = line->n > 3 ? line->params[3] : WH_STR("");
	char text[WH_PROFILE_KEY + WH_PROFILE_VALUE + 2];
	struct wh_item items[3];
	struct irc_task *task;
	size_t n = 0;

	if (!c->irc->profile->key_ok(c->irc->profile_self, key)) {
		fail(c, "KEY_INVALID", key.n != 0 ? key : WH_STR("*"), WH_STR(""), "That can be no key");
		return;
	}
	if (value.n > WH_PROFILE_VALUE) {
		fail(c, "VALUE_INVALID", WH_STR(""), WH_STR(""), "A value has at most 256 bytes");
		return;
	}
	if (!t->channel && !t->own) {
		fail(c, "KEY_NO_PERMISSION", wh_str(t->shown), key, "That is theirs to set");
		return;
	}
	snprintf(text, sizeof text, "%.*s%c%.*s", WH_FMT(key), '\0', WH_FMT(value));
	task = task_new(c, "METADATA", wh_str(t->shown), (struct wh_str){ text, key.n + value.n + 2 });
	if (task == NULL)
		return;
	task->number = line->n > 3;
	items[n++] = WH_ITEM_STR("key", key);
	if (line->n > 3)
		items[n++] = WH_ITEM_STR("value", value);
	if (t->channel)
		items[n++] = WH_ITEM_STR("room", t->room.name);
	task->done = meta_was_set;
	task_run(task, "profile.set", items, n);
}

static void
meta_cleared(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, list, one;
	struct wh_json_in in;
	struct irc_out out;
	char head[IRC_CHANNEL * 2 + 16];

	if (err != WH_OK || wh_json_read_text(c->irc->host, result, &v) != WH_OK || !wh_json_get(&v, "cleared", &list)) {
		snprintf(head, sizeof head, "%s *", task->target);
		irc_fail(c, "METADATA", err == WH_EFAST ? "RATE_LIMITED" : "KEY_NO_PERMISSION", head, result);
		return;
	}
	out_begin(&out, c);
	snprintf(head, sizeof head, "metadata %s", task->target);
	out_batch(&out, head);
	in = wh_json_each(&list);
	while (wh_json_next(&in, NULL, &one))
		out_numeric(&out, 761, "%s %.*s * :", task->target, WH_FMT(one.s));
	out_batch_end(&out);
	out_end(&out);
}

static void
meta_clear(struct irc_client *c, const struct target *t)
{
	struct irc_task *task;

	if (!t->channel && !t->own) {
		fail(c, "KEY_NO_PERMISSION", wh_str(t->shown), WH_STR("*"), "That is theirs to clear");
		return;
	}
	task = task_new(c, "METADATA", wh_str(t->shown), WH_STR(""));
	if (task == NULL)
		return;
	task->done = meta_cleared;
	task_run(task, "profile.clear", &WH_ITEM_STR("room", t->room.name), t->channel ? 1 : 0);
}

static bool
sub_room(void *self, struct wh_room *r)
{
	struct syncing *s = self;
	struct irc *irc = s->out->irc;
	struct wh_chat_room room;

	if (irc->chat->room(irc->chat_self, wh_room_name(irc->host, r), &room))
		tell_entered(s->out, &room, s->key);
	return true;
}

/* Of what is new it is told what there is now. */
static void
meta_sub(struct irc_client *c, const struct irc_line *line)
{
	struct wh_session *s = client_session(c);
	char ok[IRC_LINE] = "";
	size_t n = 0;
	struct irc_out out;

	out_begin(&out, c);
	for (size_t i = 2; i < line->n; i++) {
		struct wh_str key = line->params[i];
		char shown[64];

		text_flat(key, shown, sizeof shown);
		if (!c->irc->profile->key_ok(c->irc->profile_self, key)) {
			out_fail(&out, "METADATA", "KEY_INVALID", shown, WH_STR("That can be no key"));
		} else if (!subscribe(c, key)) {
			out_fail(&out, "METADATA", "TOO_MANY_SUBS", shown, WH_STR("You have subscribed to as many keys as one may"));
			break;
		} else {
			n += (size_t)snprintf(ok + n, sizeof ok - n, "%s%.*s", n != 0 ? " " : "", WH_FMT(key));
		}
	}
	if (n != 0)
		out_numeric(&out, 770, "%s", ok);
	for (size_t i = 2; i < line->n && s != NULL; i++) {
		struct syncing syncing = { &out, line->params[i], 0 };

		if (subscribed(c, line->params[i]))
			wh_session_rooms(c->irc->host, s, sub_room, &syncing);
	}
	out_end(&out);
	irc_changed(c);
}

static void
meta_unsub(struct irc_client *c, const struct irc_line *line)
{
	char ok[IRC_LINE] = "";
	size_t n = 0;
	struct irc_out out;

	out_begin(&out, c);
	for (size_t i = 2; i < line->n; i++) {
		char shown[64];

		text_flat(line->params[i], shown, sizeof shown);
		if (!c->irc->profile->key_ok(c->irc->profile_self, line->params[i])) {
			out_fail(&out, "METADATA", "KEY_INVALID", shown, WH_STR("That can be no key"));
			continue;
		}
		unsubscribe(c, line->params[i]);
		n += (size_t)snprintf(ok + n, sizeof ok - n, "%s%s", n != 0 ? " " : "", shown);
	}
	if (n != 0)
		out_numeric(&out, 771, "%s", ok);
	out_end(&out);
	irc_changed(c);
}

static void
meta_subs(struct irc_client *c)
{
	struct irc_out out;

	out_begin(&out, c);
	out_batch(&out, "metadata-subs");
	if (c->subs[0] != '\0')
		out_numeric(&out, 772, "%s", c->subs);
	out_batch_end(&out);
	out_end(&out);
}

static void
meta_sync(struct irc_client *c, const struct target *t)
{
	char head[IRC_CHANNEL * 2 + 16];
	struct irc_out out;

	out_begin(&out, c);
	snprintf(head, sizeof head, "metadata %s", t->shown);
	out_batch(&out, head);
	if (t->channel)
		tell_channel(&out, &t->room, WH_STR(""));
	else
		tell_person(&out, t->person, WH_STR(""));
	out_batch_end(&out);
	out_end(&out);
}

void
verb_metadata(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str name = line->params[0], sub = line->params[1];
	struct target t;

	if (irc->profile == NULL) {
		fail(c, "INVALID_TARGET", name, WH_STR(""), "Nobody says anything of themselves here");
		return;
	}
	if (!target_of(c, name, &t)) {
		fail(c, "INVALID_TARGET", name, WH_STR(""), "There is nobody and no channel of that name");
		return;
	}
	if (same_word(sub, "GET"))
		meta_get(c, line, &t);
	else if (same_word(sub, "LIST"))
		meta_list(c, &t);
	else if (same_word(sub, "SET"))
		meta_set(c, line, &t);
	else if (same_word(sub, "CLEAR"))
		meta_clear(c, &t);
	else if (same_word(sub, "SYNC"))
		meta_sync(c, &t);
	else if (same_word(sub, "SUB") && t.own)
		meta_sub(c, line);
	else if (same_word(sub, "UNSUB") && t.own)
		meta_unsub(c, line);
	else if (same_word(sub, "SUBS") && t.own)
		meta_subs(c);
	else
		fail(c, "SUBCOMMAND_INVALID", sub, WH_STR(""), "There are GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS, SYNC");
}
