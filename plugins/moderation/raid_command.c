/* Commands of raid mode; see raid.h. */
#include "raid.h"

const struct wh_field raid_fields[] = {
	{ "room", WH_F_NAME, .required = true, .help = "its name" },
	{ "state", WH_F_CHOICE, .required = true, .choices = "on|off|auto", .help = "on and off hold until somebody says otherwise; auto: by itself" },
	{ 0 }
};

static void
write_info(struct wh_json *w, const struct raid_info *info)
{
	static const char *const states[] = { "auto", "on", "off" };

	wh_json_str(w, "room", info->room);
	wh_json_bool(w, "raid", info->on);
	wh_json_text(w, "state", states[info->state]);
	if (info->on) {
		wh_json_int(w, "since", info->since_ms);
		if (info->state == RAID_AUTO)
			wh_json_int(w, "until", info->until_ms);
	}
	if (info->group[0] != '\0')
		wh_json_text(w, "group", info->group);
	wh_json_int(w, "joins", info->joins);
	wh_json_num(w, "usual_joins", info->usual_joins);
	wh_json_int(w, "alike", info->alike);
	wh_json_num(w, "usual_alike", info->usual_alike);
}

enum wh_err
raid_command(void *self, struct wh_call *call)
{
	struct raid *r = moderation_raid(self);
	struct wh_str room = wh_arg_str(call, "room"), state = wh_arg_str(call, "state");
	int64_t now_ms = wh_wall_ms(call->host);
	struct raid_news news;
	struct raid_info info;
	enum wh_err err;

	if (raid_override(r, room, wh_str_is(state, "on") ? RAID_ON : wh_str_is(state, "off") ? RAID_OFF : RAID_AUTO, now_ms, &news, &err))
		moderation_raid_news(self, &news, call);
	if (err != WH_OK)
		return wh_fail(call, err, "too many rooms have raids; turn one off first");
	if (raid_find(r, room, now_ms, &info))
		write_info(wh_reply(call), &info);
	return WH_OK;
}

enum wh_err
raid_command_all(void *self, struct wh_call *call)
{
	const struct raid *r = moderation_raid(self);
	struct wh_json *w = wh_reply(call);
	struct raid_info info;

	wh_json_array(w, "rooms");
	for (size_t i = 0; i < 500 && raid_at(r, i, &info); i++) {
		wh_json_object(w, NULL);
		write_info(w, &info);
		wh_json_end(w);
	}
	wh_json_end(w);
	return WH_OK;
}
