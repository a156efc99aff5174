/* RENAME (draft/channel-rename): a channel gets another name. Who does not know that is told to leave the one and enter the other. */
#include <stdio.h>

#include "irc.h"

static void
tell(struct irc_client *c, const struct wh_chat_moved *moved)
{
	struct irc *irc = c->irc;
	const struct irc_person *by = person_by_id(irc, moved->by.id), *me = client_person(c);
	char from[IRC_CHANNEL + 2], to[IRC_CHANNEL + 2], source[160], account[IRC_NICK + 1] = "*";
	struct irc_out out;

	room_show(moved->from, from);
	room_show(moved->name, to);
	out_begin(&out, c);
	if ((c->caps & CAP_RENAME) != 0) {
		source_of(irc, moved->by.name, moved->by.id, source);
		out_of(&out, by, ":%s RENAME %s %s :%.*s", source, from, to, (int)text_fit(moved->reason, IRC_KICK), moved->reason.n != 0 ? moved->reason.p : "");
	} else if (me != NULL && !wh_str_eq(moved->from_key, moved->key)) {
		source_of(irc, wh_str(me->name), wh_str(me->id), source);
		if (me->account)
			nick_show(wh_str(me->name), account);
		out_of(&out, me, ":%s PART %s%s%.*s", source, from, moved->reason.n != 0 ? " :" : "", (int)text_fit(moved->reason, IRC_KICK), moved->reason.n != 0 ? moved->reason.p : "");
		if ((c->caps & CAP_EXTENDED_JOIN) != 0)
			out_of(&out, me, ":%s JOIN %s %s :%s", source, to, account, c->real);
		else
			out_of(&out, me, ":%s JOIN %s", source, to);
		channel_about(&out, wh_str(to + 1));
	}
	out_end(&out);
}

struct spreading {
	struct irc *irc;
	const struct wh_chat_moved *moved;
};

static bool
tell_member(void *self, struct wh_session *s)
{
	struct spreading *spreading = self;
	struct irc_client *c = client_of(spreading->irc, s);

	/* Whose line it was has it with the label, while the command is being answered. */
	if (c != NULL && c->welcome && c->session != spreading->moved->session)
		tell(c, spreading->moved);
	return true;
}

static void
channel_moved(void *self, const struct wh_chat_moved *moved)
{
	struct irc *irc = self;
	struct spreading spreading = { irc, moved };
	struct wh_room *hub = wh_room_find(irc->host, moved->key);
	struct wh_session *by = wh_session_get(irc->host, moved->session);
	struct irc_client *c = by != NULL ? client_of(irc, by) : NULL;
	struct irc_task *task = irc->tasks;

	/* They were told before this hub. */
	if (moved->again)
		return;
	while (task != NULL && !(task->session == moved->session && strcmp(task->verb, "RENAME") == 0))
		task = task->next;
	if (c != NULL && c->welcome) {
		if (task != NULL) {
			memcpy(c->label, task->label, sizeof c->label);
			task->label[0] = '\0';
		}
		tell(c, moved);
		c->label[0] = '\0';
	}
	if (hub != NULL)
		wh_room_each(irc->host, hub, tell_member, &spreading);
}

void
rename_open(struct irc *irc)
{
	irc->chat->watch(irc->chat_self, channel_moved, irc);
}

static void
renamed(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	char context[IRC_CHANNEL * 3];

	if (err == WH_OK)
		return;
	if (err == WH_EPERM) {
		irc_numeric(c, 482, "%s :%.*s", task->target, WH_FMT(result));
		return;
	}
	snprintf(context, sizeof context, "%s %s", task->target, task->text);
	irc_fail(c, "RENAME", err == WH_EEXIST ? "CHANNEL_NAME_IN_USE" : "CANNOT_RENAME", context, result);
}

void
verb_rename(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str channel = line->params[0], to = line->params[1], reason = line->n > 2 ? line->params[2] : WH_STR("");
	struct wh_chat_room room;
	struct irc_task *task;
	char name[IRC_CHANNEL + 2];

	if (!is_channel(channel) || !irc->chat->room(irc->chat_self, channel_room(channel), &room)) {
		irc_numeric(c, 403, "%.*s :There is no such channel", WH_FMT(channel));
		return;
	}
	if (!channel_inside(c, channel, &room)) {
		irc_numeric(c, 442, "%.*s :You are not in that channel", WH_FMT(channel));
		return;
	}
	text_flat(to, name, sizeof name);
	if (reason.n > IRC_KICK)
		reason.n = text_fit(reason, IRC_KICK);
	task = task_new(c, "RENAME", channel, wh_str(name));
	if (task == NULL)
		return;
	const struct wh_item items[] = { WH_ITEM_STR("room", channel_room(channel)), WH_ITEM_STR("to", is_channel(to) ? channel_room(to) : WH_STR("#")), WH_ITEM_STR("reason", reason) };

	task->text[task->n] = '\0';
	task->done = renamed;
	task_run(task, "chat.rename", items, reason.n != 0 ? 3 : 2);
}
