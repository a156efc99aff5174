/* WEBPUSH (draft/webpush): where a client can be told of whispers and mentions while nobody of the account is connected. Kept and sent by the
 * plugin push; what is sent is one line of IRC. */
#include <stdio.h>

#include "irc.h"

/* A member of "p256dh=…;auth=…". */
static struct wh_str
key_of(struct wh_str keys, const char *name)
{
	struct wh_str one;

	while (next_part(&keys, ';', &one))
		if (one.n > strlen(name) && memcmp(one.p, name, strlen(name)) == 0 && one.p[strlen(name)] == '=')
			return wh_str_from(one, strlen(name) + 1);
	return WH_STR("");
}

static void
registered(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	char context[IRC_LINE];

	if (err == WH_OK) {
		irc_say(c, ":%s WEBPUSH %s %s", c->irc->name, task->target, task->text);
		return;
	}
	snprintf(context, sizeof context, "%s %.200s", task->target, task->text);
	irc_fail(c, "WEBPUSH", err == WH_EINVAL || err == WH_ESYNTAX ? "INVALID_PARAMS" : err == WH_EPERM ? "FORBIDDEN" : "INTERNAL_ERROR", context, result);
}

void
verb_webpush(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str sub = line->params[0], endpoint = line->params[1], keys = line->n > 2 ? line->params[2] : WH_STR("");
	const bool on = same_word(sub, "REGISTER");
	struct irc_task *task;

	if (irc->push == NULL || (!on && !same_word(sub, "UNREGISTER")) || (on && line->n < 3)) {
		irc_fail(c, "WEBPUSH", "INVALID_PARAMS", irc->push == NULL ? "*" : on ? "REGISTER" : "*", WH_STR("Write: WEBPUSH REGISTER endpoint p256dh=KEY;auth=SECRET, or UNREGISTER endpoint"));
		return;
	}
	task = task_new(c, "WEBPUSH", on ? WH_STR("REGISTER") : WH_STR("UNREGISTER"), endpoint);
	if (task == NULL)
		return;
	task->text[task->n] = '\0';
	const struct wh_item items[] = { WH_ITEM_STR("endpoint", endpoint), WH_ITEM_STR("p256dh", key_of(keys, "p256dh")), WH_ITEM_STR("auth", key_of(keys, "auth")),
		WH_ITEM_STR("format", WH_STR("irc")) };

	task->done = registered;
	task_run(task, on ? "push.register" : "push.unregister", items, on ? 4 : 1);
}
