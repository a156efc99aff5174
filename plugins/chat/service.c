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

static void
service_people(struct wh_chat *service, struct wh_str name, bool (*each)(void *self, const struct wh_chat_person *person), void *self)
{
	struct chat_room *room = service_find(service, name);
	struct wh_dict_iter it = { .value = NULL };

	while (room != NULL && wh_dict_next(room->chat->host, room->people, &it)) {
		const struct chat_person *p = it.value;
		const struct wh_chat_person shown = { p->id, p->name, p->sessions, p->founder && !room->kept ? WH_RANK_OWNER : (enum wh_chat_rank)p->rank };

		if (!each(self, &shown))
			return;
	}
}

static void
service_rooms(struct wh_chat *service, bool (*each)(void *self, const struct wh_chat_room *room), void *self)
{
	struct chat *chat = (struct chat *)(void *)service;

	for (struct link *l = chat->all.next; l != &chat->all; l = l->next) {
		struct chat_room *room = LINK_OF(l, struct chat_room, link);
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

const struct wh_chat_ops chat_service = { .room = service_room, .people = service_people, .rooms = service_rooms, .rank = service_rank, .stays = service_stays };
