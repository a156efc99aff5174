/* PRIVMSG, NOTICE, TAGMSG, REDACT: what is said to a channel goes to the room's log, what is said to a nick is a whisper. */
#include <stdio.h>

#include "irc.h"

enum { MESSAGE_TAG = 128 };

static bool
is_action(struct wh_str text)
{
	return wh_str_starts(text, WH_STR("\001ACTION ")) && text.n > 8;
}

/* The words of "\1ACTION words\1". */
static struct wh_str
action_text(struct wh_str text)
{
	text = wh_str_from(text, 8);
	if (text.n != 0 && text.p[text.n - 1] == '\001')
		text.n--;
	return text;
}

static int
said_numeric(const struct irc_task *task, enum wh_err err)
{
	char status;

	if (is_channel(status_channel(wh_str(task->target), &status)))
		return err == WH_ENOENT ? 403 : 404;
	return err == WH_ENOENT ? 401 : 531;
}

/* The sender hears itself here, where the label is known, and not with the others. */
static void
said(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct irc *irc = c->irc;
	const struct wh_identity *who = client_identity(c);
	struct wh_str target = wh_str(task->target), text = { task->text, task->n };
	struct irc_message m = { .event = WH_STR("chat.message"), .from = who->name, .who = who->id, .text = text, .reply = wh_str(task->reply),
		.context = wh_str(task->context) };
	struct irc_person *to;
	const char *away;
	struct wh_value v, part;
	struct irc_out out;

	out_begin(&out, c);
	if (err != WH_OK && strcmp(task->verb, "NOTICE") != 0) {
		out_numeric(&out, said_numeric(task, err), "%s :%.*s", task->target, WH_FMT(result));
		if ((c->caps & CAP_STANDARD) != 0 && (err == WH_EFAST || err == WH_EAWAY))
			out_fail(&out, task->verb, "TRY_AGAIN", task->target, result);
	}
	target = status_channel(target, &m.status);
	to = is_channel(target) ? NULL : person_by_nick(irc, target);
	away = to != NULL ? person_away(irc, to) : NULL;
	if (err == WH_OK && away != NULL && strcmp(task->verb, "PRIVMSG") == 0)
		out_numeric(&out, 301, "%s :%s", task->target, away);
	if (err == WH_OK && (c->caps & CAP_ECHO) != 0 && wh_json_read_text(irc->host, result, &v) == WH_OK) {
		m.act = is_action(text);
		m.notice = strcmp(task->verb, "NOTICE") == 0;
		if (m.act)
			m.text = action_text(text);
		if (wh_json_get(&v, "id", &part))
			m.id = part.s;
		if (wh_json_get(&v, "time", &part))
			m.time = part.i;
		/* A hook may have changed the words. */
		if (wh_json_get(&v, "text", &part) && part.type == WH_V_STR)
			m.text = part.s;
		if (is_channel(target))
			m.room = channel_room(target);
		else
			m.to_name = target;
		render_message(irc, &m, c->caps, NULL, &out.sink);
	}
	out_end(&out);
}

/* By its name of now, or by that of the draft. */
static bool
reply_tag(const struct irc_line *line, char *to, size_t cap)
{
	return line_tag(line, "+reply", to, cap) || line_tag(line, "+draft/reply", to, cap);
}

/* The channel in which a query is to be shown, as a room; "": none. */
static void
context_tag(const struct irc_line *line, char to[static IRC_CHANNEL + 2], size_t cap)
{
	char value[MESSAGE_TAG];

	if ((line_tag(line, "+channel-context", value, sizeof value) || line_tag(line, "+draft/channel-context", value, sizeof value)) &&
	    is_channel(wh_str(value)))
		text_flat(channel_room(wh_str(value)), to, cap);
}

static void
message_put(struct irc_client *c, const char *verb, struct wh_str target, struct wh_str text, const char *reply, const char *context)
{
	struct irc *irc = c->irc;
	char status;
	const struct wh_str room = status_channel(target, &status);
	const bool channel = is_channel(room), act = is_action(text), notice = strcmp(verb, "NOTICE") == 0;
	const struct irc_person *p = channel ? NULL : person_by_nick(irc, target);
	struct wh_str words = act ? action_text(text) : text;
	struct wh_item items[6];
	struct irc_task *task;
	size_t n = 0;

	/* Other requests from client to client (CTCP) are not for rooms whose log is kept, and tell more of people than they know. */
	if (text.p[0] == '\001' && !act) {
		if (!notice)
			irc_numeric(c, channel ? 404 : 531, "%.*s :CTCP is not passed on here, but for ACTION", WH_FMT(target));
		return;
	}
	task = task_new(c, verb, target, text);
	if (task == NULL)
		return;
	text_flat(wh_str(reply), task->reply, sizeof task->reply);
	text_flat(wh_str(context), task->context, sizeof task->context);
	items[n++] = channel ? WH_ITEM_STR("room", channel_room(room)) : WH_ITEM_STR("to", p != NULL ? wh_str(p->id) : target);
	items[n++] = WH_ITEM_STR("text", words);
	if (reply[0] != '\0' && status == '\0')
		items[n++] = WH_ITEM_STR("reply", wh_str(reply));
	if (status != '\0')
		items[n++] = WH_ITEM_STR("rank", wh_str(prefix_role(status)));
	if (!channel && context[0] != '\0')
		items[n++] = WH_ITEM_STR("context", wh_str(context));
	if (channel && notice && !act)
		items[n++] = WH_ITEM_BOOL("notice", true);
	else if (!channel && (act || notice))
		items[n++] = WH_ITEM_STR("kind", act ? WH_STR("act") : WH_STR("notice"));
	task->done = said;
	task_run(task, !channel ? "chat.whisper" : act ? "chat.act" : "chat.say", items, n);
}

void
message_say(struct irc_client *c, const char *verb, struct wh_str target, struct wh_str text, const char *reply)
{
	message_put(c, verb, target, text, reply, "");
}

static void
message(struct irc_client *c, const char *verb, const struct irc_line *line)
{
	struct wh_str targets = line->n != 0 ? line->params[0] : WH_STR(""), text = line->n > 1 ? line->params[1] : WH_STR(""), target;
	char reply[MESSAGE_TAG] = "", context[IRC_CHANNEL + 2] = "";
	unsigned n = 0;

	reply_tag(line, reply, sizeof reply);
	context_tag(line, context, sizeof context);
	/* A notice has no answer, whatever becomes of it. */
	if ((targets.n == 0 || text.n == 0) && strcmp(verb, "NOTICE") == 0)
		return;
	if (targets.n == 0) {
		irc_numeric(c, 411, ":Say to whom: %s target :text", verb);
		return;
	}
	if (text.n == 0) {
		irc_numeric(c, 412, ":Say something: %s target :text", verb);
		return;
	}
	while (next_part(&targets, ',', &target)) {
		if (n++ == IRC_TARGETS) {
			if (strcmp(verb, "NOTICE") == 0)
				return;
			irc_numeric(c, 407, "%.*s :That is too many at once", WH_FMT(target));
			return;
		}
		if (!service_message(c, target, text))
			message_put(c, verb, target, text, reply, context);
	}
}

void
verb_privmsg(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	(void)irc;
	message(c, "PRIVMSG", line);
}

void
verb_notice(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	(void)irc;
	message(c, "NOTICE", line);
}

/* What is only tags: typing and reactions. Others mean nothing to those who are not on IRC, and are left out. */

/* Its words are those of the tags, each behind a NUL: which, of what message. */
static void
tagged(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	const struct wh_identity *who = client_identity(c);
	const char *value = task->text, *reply = task->text + strlen(task->text) + 1;
	struct wh_str target = wh_str(task->target);
	struct irc_message m = { .from = who->name, .who = who->id, .emoji = wh_str(value), .target = wh_str(reply) };
	struct wh_value v, part;
	struct irc_out out;

	if (is_channel(target))
		m.room = channel_room(target);
	else
		m.to_name = target;
	if (err == WH_OK && (c->caps & (CAP_ECHO | CAP_MESSAGE_TAGS)) == (CAP_ECHO | CAP_MESSAGE_TAGS)) {
		out_begin(&out, c);
		if (strcmp(task->verb, "typing") == 0) {
			char source[160];

			source_of(c->irc, who->name, who->id, source);
			out_line(&out, "@+typing=%s :%s TAGMSG %s", value, source, task->target);
		} else if (wh_json_read_text(c->irc->host, result, &v) == WH_OK) {
			m.event = strcmp(task->verb, "unreact") == 0 ? WH_STR("chat.unreacted") : WH_STR("chat.reacted");
			m.id = wh_json_get(&v, "id", &part) ? part.s : m.id;
			m.time = wh_json_get(&v, "time", &part) ? part.i : 0;
			render_message(c->irc, &m, c->caps, NULL, &out.sink);
		}
		out_end(&out);
	}
	/* Who is written to for the first time need not know before there is something to read. */
	if (err == WH_ENOENT && !is_channel(target) && person_by_nick(c->irc, target) != NULL)
		return;
	if (err != WH_OK && err != WH_EFAST)
		irc_numeric(c, said_numeric(task, err), "%s :%.*s", task->target, WH_FMT(result));
}

static void
tagmsg(struct irc_client *c, const struct irc_line *line, struct wh_str target)
{
	char value[MESSAGE_TAG], reply[MESSAGE_TAG] = "", text[2 * MESSAGE_TAG + 2], room[IRC_CHANNEL + 2];
	struct wh_item items[4];
	struct irc_task *task;
	const char *command, *verb;
	size_t n = 0, length;
	bool off;

	target_room(c, target, room);
	items[n++] = WH_ITEM_STR("room", wh_str(room));
	if (line_tag(line, "+typing", value, sizeof value)) {
		command = "chat.typing";
		verb = "typing";
		off = strcmp(value, "active") != 0;
		snprintf(value, sizeof value, "%s", off ? "done" : "active");
		items[n++] = WH_ITEM_BOOL("on", !off);
	} else if ((off = line_tag(line, "+draft/unreact", value, sizeof value)) || line_tag(line, "+draft/react", value, sizeof value)) {
		if (!reply_tag(line, reply, sizeof reply))
			return;
		command = "chat.react";
		verb = off ? "unreact" : "react";
		items[n++] = WH_ITEM_STR("id", wh_str(reply));
		items[n++] = WH_ITEM_STR("emoji", wh_str(value));
		items[n++] = WH_ITEM_BOOL("on", !off);
	} else {
		return;
	}
	length = (size_t)snprintf(text, sizeof text, "%s%c%s", value, '\0', reply) + 1;
	task = task_new(c, verb, target, (struct wh_str){ text, length });
	if (task == NULL)
		return;
	task->done = tagged;
	task_run(task, command, items, n);
}

void
verb_tagmsg(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str targets = line->params[0], target;
	unsigned n = 0;

	(void)irc;
	while (next_part(&targets, ',', &target)) {
		if (n++ == IRC_TARGETS) {
			irc_numeric(c, 407, "%.*s :That is too many at once", WH_FMT(target));
			return;
		}
		tagmsg(c, line, target);
	}
}

static void
redacted(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	const struct wh_identity *who = client_identity(c);
	struct irc *irc = c->irc;
	char source[160], context[IRC_CHANNEL * 3];
	char *id = task->text;
	size_t n_id = strlen(id);
	bool forbidden;

	snprintf(context, sizeof context, "%s %s", task->target, id);
	if (err != WH_OK) {
		/* Who may remove only their own is not told what there is of others. */
		forbidden = err == WH_EPERM || (err == WH_ENOENT && irc->chat->rank(irc->chat_self, channel_room(wh_str(task->target)), client_session(c)) < WH_RANK_MODERATOR);
		irc_fail(c, "REDACT", forbidden ? "REDACT_FORBIDDEN" : err == WH_ENOENT || err == WH_EINVAL ? "UNKNOWN_MSGID" : "REDACT_FAILED", context, result);
		return;
	}
	/* It is for those who asked for it; the answer to others is that there is none. */
	if ((c->caps & CAP_REDACTION) == 0)
		return;
	source_of(c->irc, who->name, who->id, source);
	if (n_id + 1 < task->n)
		irc_say_of(c, client_person(c), ":%s REDACT %s %s :%.*s", source, task->target, id, (int)(task->n - n_id - 1), id + n_id + 1);
	else
		irc_say_of(c, client_person(c), ":%s REDACT %s %s", source, task->target, id);
}

void
verb_redact(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str target = line->params[0], id = line->params[1], reason = line->n > 2 ? line->params[2] : WH_STR("");
	char text[MESSAGE_TAG + IRC_KICK + 2], where[IRC_CHANNEL + 2];
	struct wh_chat_room room;
	struct wh_item items[3];
	struct irc_task *task;
	size_t n = 0, length;

	(void)irc;
	if (is_channel(target) && !channel_inside(c, target, &room)) {
		text_flat(target, text, IRC_CHANNEL);
		irc_fail(c, "REDACT", "INVALID_TARGET", text, WH_STR("You are not in that channel"));
		return;
	}
	if (reason.n > IRC_KICK)
		reason.n = text_fit(reason, IRC_KICK);
	length = (size_t)snprintf(text, sizeof text, "%.*s%c%.*s", (int)(id.n < MESSAGE_TAG ? id.n : MESSAGE_TAG), id.p, '\0', WH_FMT(reason));
	task = task_new(c, "REDACT", target, (struct wh_str){ text, length });
	if (task == NULL)
		return;
	target_room(c, target, where);
	items[n++] = WH_ITEM_STR("room", wh_str(where));
	items[n++] = WH_ITEM_STR("id", id);
	if (reason.n != 0)
		items[n++] = WH_ITEM_STR("reason", reason);
	task->done = redacted;
	task_run(task, "chat.redact", items, n);
}
