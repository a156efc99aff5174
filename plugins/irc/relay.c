/* RELAYMSG: a bridge says what somebody said elsewhere, by their name. Who may is told by the permission chat.relay. */
#include <stdio.h>

#include "irc.h"

/* Its text is the name and, behind a NUL, the words. */
static void
relayed(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	const struct wh_identity *who = client_identity(c);
	const char *name = task->text, *words = task->text + strlen(task->text) + 1;
	struct irc_message m = { .event = WH_STR("chat.message"), .room = channel_room(wh_str(task->target)), .from = wh_str(name), .who = who->id, .relay = who->name,
		.text = wh_str(words) };
	struct wh_value v, part;
	struct irc_out out;

	if (err != WH_OK) {
		irc_fail(c, "RELAYMSG", err == WH_EINVAL ? "INVALID_NICK" : err == WH_EPERM ? "PRIVS_NEEDED" : "BLOCKED", task->target, result);
		return;
	}
	if ((c->caps & CAP_ECHO) == 0 || wh_json_read_text(c->irc->host, result, &v) != WH_OK)
		return;
	if (wh_json_get(&v, "id", &part))
		m.id = part.s;
	if (wh_json_get(&v, "time", &part))
		m.time = part.i;
	out_begin(&out, c);
	render_message(c->irc, &m, c->caps, NULL, &out.sink);
	out_end(&out);
}

void
verb_relaymsg(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str channel = line->params[0], name = line->params[1], words = line->params[2];
	char text[IRC_LINE + 2];
	struct irc_task *task;
	int n;

	if (!irc->set.relaymsg || !is_channel(channel)) {
		irc_fail(c, "RELAYMSG", irc->set.relaymsg ? "INVALID_TARGET" : "DISABLED", "", WH_STR("Nothing is passed on there"));
		return;
	}
	n = snprintf(text, sizeof text, "%.*s%c%.*s", WH_FMT(name), '\0', WH_FMT(words));
	task = task_new(c, "RELAYMSG", channel, (struct wh_str){ text, n > 0 && (size_t)n < sizeof text ? (size_t)n + 1 : 0 });
	if (task == NULL)
		return;
	const struct wh_item items[] = { WH_ITEM_STR("room", channel_room(channel)), WH_ITEM_STR("as", name), WH_ITEM_STR("text", words) };

	task->done = relayed;
	task_run(task, "chat.relay", items, 3);
}
