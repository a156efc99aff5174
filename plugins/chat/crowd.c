/* Telling a room who came and went. Up to `crowd` people each is told by itself; above it they are gathered, and told together every
 * `crowd_every`, so that entering costs the same in a room of any size. Of one gathering at most CHAT_BATCH_NAMES are named on either side,
 * the rest is a number. Who comes and goes within one is not told at all. */
#include <stdio.h>

#include "chat.h"

struct crowd_list {
	struct crowd_name {
		char id[CHAT_WHO + 1], name[CHAT_PERSON_NAME + 1];
	} of[CHAT_BATCH_NAMES];
	unsigned n, more;
};

struct chat_crowd {
	struct crowd_list joined, left;
};

/* A JSON array of them; there is no writer outside an answer. A name may be six times as long when it is escaped. */
enum { CROWD_JSON = CHAT_BATCH_NAMES * (6 * (CHAT_WHO + CHAT_PERSON_NAME) + 32) + 8 };

static size_t
json_text(char *to, const char *text)
{
	size_t n = 0;

	to[n++] = '"';
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			to[n++] = '\\';
		if ((unsigned char)*c < ' ')
			n += (size_t)sprintf(to + n, "\\u%04x", (unsigned)(unsigned char)*c);
		else
			to[n++] = *c;
	}
	to[n++] = '"';
	return n;
}

static struct wh_str
crowd_json(char to[static CROWD_JSON], const struct crowd_list *list)
{
	size_t n = 0;

	to[n++] = '[';
	for (unsigned i = 0; i < list->n; i++) {
		n += (size_t)sprintf(to + n, "%s{\"who\":", i != 0 ? "," : "");
		n += json_text(to + n, list->of[i].id);
		n += (size_t)sprintf(to + n, ",\"name\":");
		n += json_text(to + n, list->of[i].name);
		to[n++] = '}';
	}
	to[n++] = ']';
	return (struct wh_str){ to, n };
}

static void
crowd_publish(struct chat_room *room, struct wh_room *hub)
{
	struct chat *chat = room->chat;
	const struct chat_crowd *crowd = room->crowd;
	char *joined = wh_new(chat->host, CROWD_JSON), *left = wh_new(chat->host, CROWD_JSON);

	if (joined != NULL && left != NULL) {
		const struct wh_item items[] = {
			WH_ITEM_STR("room", wh_str(room->name)),
			WH_ITEM_INT("members", (int64_t)wh_dict_count(chat->host, room->people)),
			WH_ITEM_JSON("joined", crowd_json(joined, &crowd->joined)),
			WH_ITEM_JSON("left", crowd_json(left, &crowd->left)),
			WH_ITEM_INT("joined_more", crowd->joined.more),
			WH_ITEM_INT("left_more", crowd->left.more),
		};

		wh_room_publish(chat->host, hub, 0, &(struct wh_event){ "chat.members", items, sizeof items / sizeof items[0] }, NULL, WH_PRESENCE);
	}
	wh_delete(chat->host, joined);
	wh_delete(chat->host, left);
}

static void
crowd_tell(void *self, uint64_t cookie)
{
	struct chat *chat = self;
	struct chat_room *room = (struct chat_room *)(uintptr_t)cookie;
	struct wh_room *hub = room_hub(room);

	room->batch = 0;
	if (hub != NULL && room->crowd != NULL && room->crowd->joined.n + room->crowd->left.n != 0)
		crowd_publish(room, hub);
	wh_delete(chat->host, room->crowd);
	room->crowd = NULL;
}

static bool
crowd_cross_out(struct crowd_list *list, struct wh_str id)
{
	for (unsigned i = 0; i < list->n; i++)
		if (wh_str_is(id, list->of[i].id)) {
			list->of[i] = list->of[--list->n];
			return true;
		}
	return false;
}

static void
crowd_note(struct chat_room *room, const struct chat_person *person, bool came)
{
	struct chat *chat = room->chat;
	struct crowd_list *list;
	struct crowd_name *name;

	if (room->crowd == NULL && (room->crowd = wh_new(chat->host, sizeof *room->crowd)) == NULL)
		return;
	if (room->batch == 0)
		room->batch = wh_timer_start(chat->host, chat->set.crowd_every, 0, crowd_tell, (uintptr_t)room);
	if (crowd_cross_out(came ? &room->crowd->left : &room->crowd->joined, person->id))
		return;
	list = came ? &room->crowd->joined : &room->crowd->left;
	if (list->n == CHAT_BATCH_NAMES || person->id.n > CHAT_WHO) {
		list->more++;
		return;
	}
	name = &list->of[list->n++];
	*name = (struct crowd_name){ .id = "" };
	memcpy(name->id, person->id.p, person->id.n);
	if (person->name.n != 0)
		memcpy(name->name, person->name.p, text_cut(person->name, CHAT_PERSON_NAME));
}

void
crowd_free(struct chat_room *room)
{
	wh_timer_stop(room->chat->host, room->batch);
	wh_delete(room->chat->host, room->crowd);
}

/* What is being gathered goes on being gathered, so that nobody is told to come after they are told to go. */
bool
crowd_is(const struct chat_room *room)
{
	return room->batch != 0 || wh_dict_count(room->chat->host, room->people) > (size_t)room->chat->set.crowd;
}

void
crowd_came(struct chat_room *room, const struct chat_person *person, bool came, struct wh_str reason, const struct wh_session *but)
{
	struct chat *chat = room->chat;
	struct wh_room *hub = room_hub(room);
	struct wh_item items[7] = {
		WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("who", person->id), WH_ITEM_STR("name", person->name),
		WH_ITEM_INT("members", (int64_t)wh_dict_count(chat->host, room->people)),
	};
	size_t n = 4;

	if (hub == NULL)
		return;
	if (crowd_is(room)) {
		crowd_note(room, person, came);
		return;
	}
	if (reason.n != 0)
		items[n++] = WH_ITEM_STR("reason", reason);
	if (!came && room->sender != NULL) {
		items[n++] = WH_ITEM_STR("by", room->sender->name);
		items[n++] = WH_ITEM_STR("by_id", room->sender->id);
	}
	wh_room_publish(chat->host, hub, 0, &(struct wh_event){ came ? "chat.joined" : "chat.left", items, n }, but, WH_PRESENCE);
}

void
crowd_renamed(struct chat_room *room, const struct chat_person *was, const struct chat_person *is)
{
	struct wh_room *hub = room_hub(room);
	const struct wh_item items[] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("who", is->id), WH_ITEM_STR("name", is->name),
		WH_ITEM_STR("was", was->id), WH_ITEM_STR("was_name", was->name) };

	if (hub == NULL)
		return;
	if (crowd_is(room)) {
		crowd_note(room, was, false);
		crowd_note(room, is, true);
		return;
	}
	wh_room_publish(room->chat->host, hub, 0, &(struct wh_event){ "chat.renamed", items, 5 }, NULL, WH_PRESENCE);
}
