/* Rooms that get another name: one that nobody may enter stays so under its new name, and no room gets a name that nobody may enter. */
#include <stdio.h>

#include "bans.h"

/* A mask that matches the new name as well needs no more. What was told before replaces itself. */
static void
room_moved(void *self, const struct wh_chat_moved *moved)
{
	struct bans *x = self;
	int64_t now = wh_wall_ms(x->host);
	const struct ban *was = set_match(x->host, &x->bans, WH_BAN_ROOM, moved->from_key, now);
	struct wh_ban copy;
	struct ban *ban;
	enum wh_err err;

	if (was == NULL || wh_str_eq(moved->from_key, moved->key) || set_match(x->host, &x->bans, WH_BAN_ROOM, moved->key, now) != NULL)
		return;
	copy = was->ban;
	copy.what = moved->key;
	copy.shown = WH_STR("");
	copy.id = WH_STR("");
	copy.at = now;
	err = ban_new(x->host, &copy, &ban);
	if (err == WH_OK)
		err = keep_add(x, ban, NULL, NULL, 0);
	if (err != WH_OK)
		wh_host_log(x->host, WH_ERROR, "ban_not_moved", WH_S("room", moved->from_key), WH_S("to", moved->key));
}

enum wh_verdict
moved_attempt(struct bans *x, struct wh_attempt *a, struct wh_session *s)
{
	struct wh_str to = wh_arg_str(a->call, "to");
	const struct ban *ban = set_match(x->host, &x->bans, WH_BAN_ROOM, wh_str_starts(to, WH_STR("#")) ? wh_str_from(to, 1) : to, wh_wall_ms(x->host));
	char text[WH_BAN_TEXT + 64];

	if (ban == NULL || wh_session_may(x->host, s, "bans.add"))
		return WH_PASS;
	wh_metric_add_for(x->host, &bans_metrics[M_REFUSED], WH_STR("room"), 1);
	snprintf(text, sizeof text, "nobody may enter a room of that name%s%.*s", ban->ban.why.n != 0 ? ": " : "", WH_FMT(ban->ban.why));
	return wh_refuse(&a->at, WH_EPERM, text, 0);
}

void
moved_open(struct bans *x)
{
	void *self = NULL;

	x->chat = wh_service_find(x->host, "chat", WH_CHAT_VERSION, &self);
	x->chat_self = self;
	if (x->chat != NULL && x->chat->watch(x->chat_self, room_moved, x) != WH_OK)
		wh_host_log(x->host, WH_ERROR, "bans_do_not_follow_rooms", WH_T("why", "too many plugins watch"));
}

void
moved_close(struct bans *x)
{
	if (x->chat != NULL)
		x->chat->forget(x->chat_self, x);
	x->chat = NULL;
}
