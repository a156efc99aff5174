/* The service of include/whiply/chat.h: what is in memory, to read. */
#include <whiply/chat.h>

#include "chat.h"

static struct chat_room *
service_find(struct wh_chat *service, struct wh_str name)
{
	struct chat *chat = (struct chat *)(void *)service;
	char key[CHAT_NAME + 1];
	struct chat_room *room = text_room_key(name, key) ? room_by_key(chat, wh_str(key)) : NULL;

	return room != NULL && room->state == CHAT_READY ? room : NULL;
}

static struct wh_chat_room
service_show(struct chat_room *room)
{
	return (struct wh_chat_room){
		.name = wh_str(room->name), .key = wh_str(room->key), .topic = wh_str(room->topic), .created = room->created, .epoch = room->epoch,
		.seq = room->seq, .people = wh_dict_count(room->chat->host, room->people), .registered = room->kept,
		.invited = room->rules.access == CHAT_INVITED, .keyed = room->rules.access == CHAT_KEYED, .unlisted = room->rules.access != CHAT_PUBLIC,
		.moderated = room->rules.speakers >= CHAT_VOICED, .members_only = room->rules.speakers == CHAT_REGISTERED, .slow_ms = room->rules.slow_ms,
		.topic_by = wh_str(room->topic_name), .topic_by_id = wh_str(room->topic_who), .topic_time = room->topic_time,
		.latest = room->latest,
		.accounts_only = room->rules.accounts_only, .colours = room->rules.colours == CHAT_COLOURS, .notices = !room->rules.no_notices,
		.topics = room->rules.topics_free, .past_hidden = room->rules.past_hidden, .limit = room->rules.limit, .flood = room->rules.flood.count,
		.flood_ms = room->rules.flood.ms, .joins = room->rules.joins.count, .joins_ms = room->rules.joins.ms,
	};
}

static bool
service_room(struct wh_chat *service, struct wh_str name, struct wh_chat_room *out)
{
	struct chat_room *room = service_find(service, name);

	if (room == NULL)
		return false;
	*out = service_show(room);
	return true;
}

static unsigned
ranks_shown(const struct chat_room *room, const struct chat_person *person)
{
	return person->ranks | (person->founder && !room->kept ? 1u << CHAT_OWNER : 0);
}

static void
service_people(struct wh_chat *service, struct wh_str name, bool (*each)(void *self, const struct wh_chat_person *person), void *self)
{
	struct chat_room *room = service_find(service, name);
	struct wh_dict_iter it = { .value = NULL };

	while (room != NULL && wh_dict_next(room->chat->host, room->people, &it)) {
		const struct chat_person *p = it.value;
		const unsigned ranks = ranks_shown(room, p);
		const struct wh_chat_person shown = { p->id, p->name, p->sessions, (enum wh_chat_rank)rank_highest(ranks), ranks };

		if (!each(self, &shown))
			return;
	}
}

static void
service_rooms(struct wh_chat *service, bool (*each)(void *self, const struct wh_chat_room *room), void *self)
{
	struct chat *chat = (struct chat *)(void *)service;

	for (struct wh_list *l = chat->all.next; l != &chat->all; l = l->next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);
		const struct wh_chat_room shown = service_show(room);

		if (room->state == CHAT_READY && room->sides == NULL && !each(self, &shown))
			return;
	}
}

static enum wh_chat_rank
service_rank(struct wh_chat *service, struct wh_str name, struct wh_session *s)
{
	struct chat_room *room = service_find(service, name);

	return room != NULL ? (enum wh_chat_rank)room_rank(room, s) : WH_RANK_NONE;
}

static bool
service_stays(struct wh_chat *service, struct wh_str id)
{
	return always_find((struct chat *)(void *)service, id) != NULL;
}

static unsigned
service_ranks(struct wh_chat *service, struct wh_str name, struct wh_session *s)
{
	struct chat_room *room = service_find(service, name);

	return room != NULL ? room_ranks(room, s) : 0;
}

static void
service_masks(struct wh_chat *service, struct wh_str name, enum wh_chat_list list, bool (*each)(void *self, const struct wh_chat_mask *mask), void *self)
{
	struct chat_room *room = service_find(service, name);

	for (size_t i = 0; room != NULL && i < room->n_masks; i++) {
		const struct chat_mask *m = room->masks[i];
		const struct wh_chat_mask shown = { m->mask, m->by, m->by_id, m->why, m->time, m->until };

		if (m->list == list && !each(self, &shown))
			return;
	}
}

static bool
service_person(struct wh_chat *service, struct wh_str name_or_id, struct wh_chat_actor *out)
{
	struct chat *chat = (struct chat *)(void *)service;
	const struct chat_live *found = live_by_id(chat, name_or_id);

	for (const struct chat_live *live = live_by_name(chat, name_or_id); found == NULL && live != NULL; live = live->same)
		if (live->kind != WH_GUEST || live->same == NULL)
			found = live;
	if (found != NULL)
		*out = (struct wh_chat_actor){ found->id, found->name };
	return found != NULL;
}

static void
service_sessions(struct wh_chat *service, struct wh_str id, bool (*each)(void *self, struct wh_session *s), void *self)
{
	struct chat *chat = (struct chat *)(void *)service;
	const struct chat_live *live = live_by_id(chat, id);

	for (unsigned i = 0; live != NULL && i < live->n; i++) {
		struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

		if (s != NULL && !each(self, s))
			return;
	}
}

static enum wh_chat_door
service_door(struct wh_chat *service, struct wh_str name, struct wh_session *s, struct wh_str key)
{
	struct chat_room *room = service_find(service, name);

	return room != NULL && room->sides == NULL ? door_of(room, s, key) : WH_DOOR_OPEN;
}

static void
service_describe(struct wh_chat *service, wh_chat_describe *describe, void *self)
{
	struct chat *chat = (struct chat *)(void *)service;

	chat->describe = describe;
	chat->describe_self = self;
}

/* Rooms settle, and may go, when somebody leaves: each is looked for anew. */
static void
service_put_out(struct wh_chat *service, struct wh_str name, struct wh_str id, const struct wh_chat_actor *by, struct wh_str reason)
{
	struct chat *chat = (struct chat *)(void *)service;
	const struct wh_identity actor = { .kind = WH_ACCOUNT, .id = by->id, .name = by->name };

	for (struct wh_list *l = chat->all.next, *next; l != &chat->all; l = next) {
		struct chat_room *room = WH_CONTAINER(l, struct chat_room, link);
		struct chat_person *person = room->sides == NULL && (name.n == 0 || wh_str_is(name, room->key)) ? member_find(room, id) : NULL;

		if (person == NULL) {
			next = l->next;
			continue;
		}
		room->pending++;
		member_put_out(room, person, &actor, reason);
		room->pending--;
		next = l->next;
		room_settle(room);
	}
}

static enum wh_err
service_watch(struct wh_chat *service, wh_chat_watcher *moved, void *self)
{
	struct chat *chat = (struct chat *)(void *)service;
	struct chat_listener *l = listener_of(chat, self);

	if (l == NULL)
		return WH_EFULL;
	l->moved = moved;
	return WH_OK;
}

static bool
service_moved(struct wh_chat *service, struct wh_str name, struct wh_str *now_out)
{
	struct chat *chat = (struct chat *)(void *)service;
	char key[CHAT_NAME + 1];
	const struct chat_room *room = text_room_key(name, key) ? room_by_key(chat, wh_str(key)) : NULL;
	const struct chat_move *m = room == NULL || room->state == CHAT_ABSENT ? move_find(chat, wh_str(key)) : NULL;

	if (m != NULL)
		*now_out = wh_str(m->to);
	return m != NULL;
}

static bool
service_inside(struct wh_chat *service, struct wh_str name, struct wh_str id, unsigned *ranks_out)
{
	struct chat_room *room = service_find(service, name);
	const struct chat_person *person = room != NULL ? member_find(room, id) : NULL;

	if (person != NULL && ranks_out != NULL)
		*ranks_out = ranks_shown(room, person);
	return person != NULL;
}

static void
service_stayers(struct wh_chat *service, bool (*each)(void *self, const struct wh_chat_actor *who, enum wh_chat_stay what), void *self)
{
	always_each((struct chat *)(void *)service, each, self);
}

static enum wh_err
service_stay_listen(struct wh_chat *service, wh_chat_stayed *stayed, void *self)
{
	struct chat *chat = (struct chat *)(void *)service;
	struct chat_listener *l = listener_of(chat, self);

	if (l == NULL)
		return WH_EFULL;
	l->stayed = stayed;
	return WH_OK;
}

static enum wh_err
service_block_listen(struct wh_chat *service, wh_chat_blocked *blocked, void *self)
{
	struct chat *chat = (struct chat *)(void *)service;
	struct chat_listener *l = listener_of(chat, self);

	if (l == NULL)
		return WH_EFULL;
	l->blocked = blocked;
	return blocks_tell(chat, blocked, self);
}

static bool
service_key(struct wh_chat *service, struct wh_str name, char key_out[static 65])
{
	_Static_assert(CHAT_NAME == 64, "as the header says");
	(void)service;
	return text_room_key(name, key_out);
}

const struct wh_chat_ops chat_service = { .room = service_room, .people = service_people, .rooms = service_rooms, .rank = service_rank,
	.ranks = service_ranks, .masks = service_masks, .door = service_door, .describe = service_describe,
	.entry = service_entry, .recent = service_recent, .redact = service_redact, .restore = service_restore, .say_for = service_say_for,
	.listen = service_listen, .person = service_person, .sessions = service_sessions, .key = service_key, .put_out = service_put_out, .watch = service_watch,
	.moved = service_moved, .inside = service_inside, .stayers = service_stayers, .stay_listen = service_stay_listen,
	.block_listen = service_block_listen,
	.forget = service_forget,
	.stays = service_stays, .edit_for = service_edit_for };
