/* profile.get, profile.set, profile.clear: one's own values, and those of rooms that one runs. What was set is told when it is kept. */
#include <stdio.h>

#include "profile.h"

/* Who is told, in JSON. Rooms of many are not told of what their people change. */
struct telling {
	struct profile *p;
	const struct wh_event *event;
};

static bool
tell_room(void *self, struct wh_room *r)
{
	const struct telling *t = self;

	if (wh_room_members(t->p->host, r) <= (size_t)t->p->crowd)
		wh_room_publish(t->p->host, r, 0, t->event, NULL, WH_PRESENCE);
	return true;
}

static void
tell(struct profile *p, struct wh_session *by, const struct subject *s, struct wh_str key, const char *value)
{
	const struct wh_identity *who = wh_session_identity(p->host, by);
	const bool room = s->id[0] == '#';
	struct wh_item items[4];
	struct wh_event event = { "profile.changed", items, 0 };
	struct telling t = { p, &event };

	items[event.n++] = room ? WH_ITEM_STR("room", wh_str(s->id + 1)) : WH_ITEM_STR("who", wh_str(s->id));
	if (!room)
		items[event.n++] = WH_ITEM_STR("name", who->name);
	items[event.n++] = WH_ITEM_STR("key", key);
	if (value != NULL)
		items[event.n++] = WH_ITEM_STR("value", wh_str(value));
	if (!room)
		wh_session_rooms(p->host, by, tell_room, &t);
	else if (wh_room_find(p->host, wh_str(s->id + 1)) != NULL)
		wh_room_publish(p->host, wh_room_find(p->host, wh_str(s->id + 1)), 0, &event, NULL, WH_PRESENCE);
	profile_changed(p, &(struct wh_profile_change){ .subject = wh_str(s->id), .key = key, .value = value != NULL ? wh_str(value) : (struct wh_str){ NULL, 0 },
	    .by = wh_session_id(p->host, by) });
}

/* Whose values are to be changed. NULL: the call was failed with *err_out. */
static struct subject *
subject_of(struct profile *p, struct wh_call *call, enum wh_err *err_out)
{
	struct wh_session *session = wh_call_session(call);
	struct wh_str name = wh_arg_str(call, "room");
	char id[PROFILE_SUBJECT + 1] = "#";
	struct wh_chat_room room;
	struct subject *s;

	if (name.n == 0) {
		s = subject_find(p, wh_session_identity(p->host, session)->id);
		*err_out = s != NULL ? WH_OK : wh_fail(call, WH_ESTATE, "connect first: what a guest of one call says of itself nobody sees");
		return s;
	}
	if (!p->chat->room(p->chat_self, name, &room)) {
		*err_out = wh_fail(call, WH_ENOENT, "there is no such room, or nobody is in it");
		return NULL;
	}
	if (p->chat->rank(p->chat_self, name, session) < WH_RANK_MODERATOR) {
		*err_out = wh_fail(call, WH_EPERM, "that is for those who run the room");
		return NULL;
	}
	if (!room.registered) {
		*err_out = wh_fail(call, WH_EPERM, "register the room first: chat.register");
		return NULL;
	}
	snprintf(id, sizeof id, "#%.*s", WH_FMT(room.key));
	s = subject_make(p, wh_str(id));
	*err_out = s != NULL ? WH_OK : WH_ENOMEM;
	return s;
}

static bool
key_allowed(const struct profile *p, struct wh_str key)
{
	const char *at = p->keys;

	if (*at == '\0')
		return true;
	while (*at != '\0') {
		size_t n = strcspn(at, " ");

		if (n == key.n && memcmp(at, key.p, n) == 0)
			return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}

/* It is kept. In memory it stood already: what was set twice at once is set in that order in both. */
static void
written(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct profile *p = self;
	struct wh_call *call = wh_call_find(p->host, cookie);

	if (call != NULL)
		wh_call_done(call, r->err == WH_OK ? WH_OK : wh_fail_str(call, WH_EAWAY, WH_STR("that can't be kept now; try again"), 1000));
}

static enum wh_err
keep(struct profile *p, struct wh_call *call, const struct subject *s, const struct wh_step *step)
{
	if (!s->kept)
		return WH_OK;
	return wh_store_run(&p->table, step, 1, written, wh_call_hold(call)) == WH_OK ? WH_WAIT : wh_fail_str(call, WH_EAWAY, WH_STR("that can't be kept now; try again"), 1000);
}

static enum wh_err
profile_set(void *self, struct wh_call *call)
{
	struct profile *p = self;
	struct wh_str key = wh_arg_str(call, "key"), value = wh_arg_str(call, "value");
	const bool sets = wh_arg_has(call, "value");
	struct subject *s;
	enum wh_err err;

	if (!key_ok(key))
		return wh_fail(call, WH_EINVAL, "a key is of a-z, 0-9 and _ . / -");
	s = subject_of(p, call, &err);
	if (s == NULL)
		return err;
	if (!key_allowed(p, key))
		return wh_fail(call, WH_EPERM, "that key is not used here");
	if (!sets && value_of(s, key) == NULL)
		return wh_fail(call, WH_ENOENT, "that key is not set");
	if (sets)
		err = value_set(p, s, key, value);
	else
		value_drop(p, s, key);
	if (err != WH_OK)
		return err == WH_EFULL ? wh_fail(call, err, "that is as many keys as one may have") : err;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(s->id)), WH_CELL_TEXT(key), WH_CELL_TEXT(value) };

	tell(p, wh_call_session(call), s, key, value_of(s, key));
	wh_json_str(wh_reply(call), "key", key);
	if (sets)
		wh_json_str(wh_reply(call), "value", value);
	return keep(p, call, s, &(struct wh_step){ sets ? Q_SET : Q_DROP, cells, sets ? 3 : 2, WH_ANY });
}

static enum wh_err
profile_clear(void *self, struct wh_call *call)
{
	struct profile *p = self;
	enum wh_err err;
	struct subject *s = subject_of(p, call, &err);

	if (s == NULL)
		return err;
	wh_json_array(wh_reply(call), "cleared");
	while (s->n != 0) {
		char key[WH_PROFILE_KEY + 1];

		memcpy(key, s->values[s->n - 1].key, sizeof key);
		value_drop(p, s, wh_str(key));
		wh_json_text(wh_reply(call), NULL, key);
		tell(p, wh_call_session(call), s, wh_str(key), NULL);
	}
	wh_json_end(wh_reply(call));
	const struct wh_cell id = WH_CELL_TEXT(wh_str(s->id));

	return keep(p, call, s, &(struct wh_step){ Q_DROP_ALL, &id, 1, WH_ANY });
}

/* Reading */

static void
values_write(const struct subject *s, struct wh_json *w)
{
	wh_json_object(w, "values");
	for (size_t i = 0; s != NULL && i < s->n; i++)
		wh_json_text(w, s->values[i].key, s->values[i].text);
	wh_json_end(w);
}

static void
got(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct profile *p = self;
	struct wh_call *call = wh_call_find(p->host, cookie);
	char key[WH_PROFILE_KEY + 1];

	if (call == NULL)
		return;
	if (r->err == WH_OK) {
		wh_json_object(wh_reply(call), "values");
		for (size_t i = 0; i < r->rows[0].n; i++) {
			snprintf(key, sizeof key, "%.*s", WH_FMT(wh_row_str(&r->rows[0], i, 0)));
			wh_json_str(wh_reply(call), key, wh_row_str(&r->rows[0], i, 1));
		}
		wh_json_end(wh_reply(call));
	}
	wh_call_done(call, r->err == WH_OK ? WH_OK : wh_fail_str(call, WH_EAWAY, WH_STR("profiles can't be read now; try again"), 1000));
}

/* Somebody who is not here. */
static void
found(void *self, uint64_t cookie, enum wh_err err, const struct wh_account *account)
{
	struct profile *p = self;
	struct wh_call *call = wh_call_find(p->host, cookie);

	if (call == NULL)
		return;
	if (err == WH_OK) {
		const struct wh_cell id = WH_CELL_TEXT(account->id);

		wh_json_str(wh_reply(call), "who", account->id);
		wh_json_str(wh_reply(call), "name", account->name);
		if (wh_store_run(&p->table, &(struct wh_step){ Q_OF, &id, 1, WH_ANY }, 1, got, cookie) == WH_OK)
			return;
	}
	wh_call_done(call, wh_fail(call, WH_ENOENT, "nobody is called that"));
}

static enum wh_err
get_person(struct profile *p, struct wh_call *call, struct wh_str name)
{
	struct wh_chat_actor who;

	if (p->chat->person(p->chat_self, name, &who)) {
		wh_json_str(wh_reply(call), "who", who.id);
		wh_json_str(wh_reply(call), "name", who.name);
		values_write(subject_find(p, who.id), wh_reply(call));
		return WH_OK;
	}
	if (p->accounts == NULL || p->accounts->find(p->accounts_self, name, found, p, wh_call_hold(call)) != WH_OK)
		return wh_fail(call, WH_ENOENT, "nobody is called that");
	return WH_WAIT;
}

static enum wh_err
profile_get(void *self, struct wh_call *call)
{
	struct profile *p = self;
	const struct wh_identity *me = wh_session_identity(p->host, wh_call_session(call));
	struct wh_str name = wh_arg_str(call, "name"), room_name = wh_arg_str(call, "room");
	struct wh_session *s = wh_call_session(call);
	char id[PROFILE_SUBJECT + 1];
	struct wh_chat_room room;
	struct wh_room *hub;

	if (room_name.n == 0)
		return get_person(p, call, name.n != 0 ? name : me->id);
	if (!p->chat->room(p->chat_self, room_name, &room))
		return wh_fail(call, WH_ENOENT, "there is no such room, or nobody is in it");
	hub = wh_room_find(p->host, room.key);
	if ((room.unlisted || room.invited) && (hub == NULL || !wh_room_has(p->host, hub, s)))
		return wh_fail(call, WH_ENOENT, "there is no such room, or nobody is in it");
	snprintf(id, sizeof id, "#%.*s", WH_FMT(room.key));
	wh_json_str(wh_reply(call), "room", room.name);
	values_write(subject_find(p, wh_str(id)), wh_reply(call));
	return WH_OK;
}

static const struct wh_field get_fields[] = {
	{ "name", WH_F_TEXT, .min = 1, .max = 80, .help = "name or id of somebody; without it and a room, your own" },
	{ "room", WH_F_TEXT, .min = 1, .max = 128, .help = "a room's name" }, { 0 }
};
static const struct wh_field set_fields[] = {
	{ "room", WH_F_TEXT, .min = 1, .max = 128, .help = "a room that you run, and that is registered; without it, your own" },
	{ "key", WH_F_TEXT, .required = true, .min = 1, .max = WH_PROFILE_KEY, .help = "such as avatar, display-name, pronouns, homepage, url" },
	{ "value", WH_F_TEXT, .max = WH_PROFILE_VALUE, .help = "what it shall be; without it the key is taken away" }, { 0 }
};
static const struct wh_field clear_fields[] = { { "room", WH_F_TEXT, .min = 1, .max = 128, .help = "a room that you run; without it, your own" }, { 0 } };

const struct wh_command profile_commands[] = {
	{ "profile.get", get_fields, WH_ALLOW_GUEST, .rate = "5/s burst 50", .flags = WH_READS, .run = profile_get, .help = "what somebody, or a room, says of itself" },
	{ "profile.set", set_fields, WH_ALLOW_GUEST, .rate = "2/s burst 50", .run = profile_set, .help = "say something of yourself, or of a room that you run" },
	{ "profile.clear", clear_fields, WH_ALLOW_GUEST, .rate = "1/s burst 5", .run = profile_clear, .help = "take all of that back" },
	{ 0 }
};
