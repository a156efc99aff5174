/* What stands in the way of who wants to enter a room. Whoever keeps order there enters in any case; a ban is not lifted by an invitation,
 * the rest is. */
#include "chat.h"

static bool
key_matches(const struct chat_room *room, struct wh_str key)
{
	size_t n = strlen(room->rules.key);
	unsigned char differ = n != key.n;

	for (size_t i = 0; i < n; i++)
		differ |= (unsigned char)(room->rules.key[i] ^ (i < key.n ? key.p[i] : 0));
	return differ == 0;
}

enum wh_chat_door
door_of(struct chat_room *room, struct wh_session *s, struct wh_str key)
{
	const struct wh_host *host = room->chat->host;
	const struct chat_rules *rules = &room->rules;
	int64_t wait;

	if (room_rank(room, s) >= CHAT_HELPER)
		return WH_DOOR_OPEN;
	if (mask_on(room, s, WH_LIST_BAN) && !mask_on(room, s, WH_LIST_EXCEPT))
		return WH_DOOR_BANNED;
	if (rules->access == CHAT_KEYED && !key_matches(room, key))
		return WH_DOOR_KEY;
	if (rules->access == CHAT_INVITED && !mask_on(room, s, WH_LIST_INVITE))
		return WH_DOOR_INVITED;
	if (rules->accounts_only && wh_session_identity(host, s)->kind == WH_GUEST)
		return WH_DOOR_ACCOUNTS;
	if (rules->limit != 0 && wh_dict_count(host, room->people) >= (size_t)rules->limit)
		return WH_DOOR_FULL;
	return pace_takes(&rules->joins, room->entered_ms, wh_now_ms(host), &wait) ? WH_DOOR_OPEN : WH_DOOR_PACE;
}

bool
door_opens_to_invited(enum wh_chat_door door)
{
	return door != WH_DOOR_BANNED && door != WH_DOOR_OPEN;
}

enum wh_err
door_refuse(struct chat_room *room, struct wh_call *call, enum wh_chat_door door)
{
	int64_t wait;

	switch (door) {
	case WH_DOOR_BANNED:
		return wh_fail(call, WH_EPERM, "you are banned from this room");
	case WH_DOOR_KEY:
		return wh_fail(call, WH_EPERM, "this room has a key, and that is not it");
	case WH_DOOR_INVITED:
		return wh_fail(call, WH_EPERM, "this room is for those who are invited");
	case WH_DOOR_ACCOUNTS:
		return wh_fail(call, WH_EPERM, "only those with an account may enter this room");
	case WH_DOOR_FULL:
		return wh_fail(call, WH_EPERM, "this room is full");
	default:
		pace_takes(&room->rules.joins, room->entered_ms, wh_now_ms(room->chat->host), &wait);
		return wh_fail_str(call, WH_EFAST, WH_STR("too many enter this room now; try again soon"), wait > 0 ? wait : 1);
	}
}

void
door_passed(struct chat_room *room)
{
	if (room->rules.joins.count != 0)
		room->entered_ms = pace_after(&room->rules.joins, room->entered_ms, wh_now_ms(room->chat->host));
}
