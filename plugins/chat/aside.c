/* What is said to those of a rank alone, in a room: chat.say with `rank`. It is no entry of the log, and is told and forgotten, since a log that
 * some read in part would have holes for the others. Whoever may speak in the room may say it; hooks have seen it as any message. */
#include "chat.h"

enum wh_err
aside_tell(struct chat_room *room, struct wh_call *call, const struct chat_entry *e)
{
	struct chat *chat = room->chat;
	const enum chat_rank least = rank_read(wh_arg_str(call, "rank"));
	const struct wh_session *from = wh_call_session(call);
	struct wh_room *hub = room_hub(room);
	struct wh_dict_iter it = { .value = NULL };
	struct wh_item items[8] = { WH_ITEM_STR("room", wh_str(room->name)), WH_ITEM_STR("from", e->name), WH_ITEM_STR("who", e->who),
		WH_ITEM_INT("time", e->time), WH_ITEM_STR("rank", wh_str(rank_name(least))), WH_ITEM_STR("text", e->text) };
	size_t n = 6;

	if (e->kind == CHAT_ACT)
		items[n++] = WH_ITEM_BOOL("act", true);
	if (e->extra.n != 0)
		items[n++] = WH_ITEM_BOOL("notice", true);
	while (hub != NULL && wh_dict_next(chat->host, room->people, &it)) {
		const struct chat_person *person = it.value;
		const struct chat_live *live = rank_highest(person->ranks) >= least ? live_by_id(chat, person->id) : NULL;

		for (unsigned i = 0; live != NULL && i < live->n; i++) {
			struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

			if (s != NULL && (s != from || wh_session_echoes(chat->host, s)) && wh_room_has(chat->host, hub, s))
				wh_session_notify(chat->host, s, &(struct wh_event){ "chat.aside", items, n });
		}
	}
	wh_json_int(wh_reply(call), "time", e->time);
	return WH_OK;
}
