/* MODE: a channel's modes are the room's rules and roles in other words; see the table. */
#include <stdio.h>

#include "irc.h"

const struct irc_mode_row irc_channel_modes[] = {
	{ 'q', 'P', 0, "owner (`~`): sets modes and gives every role; whoever makes a channel" },
	{ 'o', 'P', 0, "operator (`@`): KICK, TOPIC, REDACT, INVITE; gives a voice" },
	{ 'v', 'P', 0, "voice (`+`): speaks when the channel is moderated" },
	{ 'b', 'A', 0, "nobody is on it: who may not enter is told by roles and by moderation" },
	{ 'e', 'A', 0, "nobody is on it" },
	{ 'I', 'A', 0, "nobody is on it: see INVITE" },
	{ 'k', 'B', 0, "a key is needed to enter; the room's access is `key`" },
	{ 'S', 'C', 0, "slow mode: so many seconds between two messages of one person" },
	{ 'M', 'D', 0, "only accounts speak; the room's speakers are `registered`" },
	{ 'P', 'S', 0, "the channel is registered, and lasts: CS REGISTER" },
	{ 'i', 'D', 0, "only who is invited enters; the room's access is `invited`" },
	{ 'm', 'D', 0, "only voices speak; the room's speakers are `voice`" },
	{ 'n', 'S', 0, "nobody speaks from outside; always" },
	{ 's', 'D', 0, "not in LIST; the room's access is `unlisted`" },
	{ 't', 'S', 0, "only operators set the topic; always" },
	{ 0 }
};

const struct irc_mode_row irc_user_modes[] = {
	{ 'B', 'U', MODE_BOT, "you are a bot" },
	{ 'i', 'U', MODE_INVISIBLE, "accepted; nobody is found by a mask here" },
	{ 's', 'U', MODE_NOTICES, "hear notices; for operators. With letters behind: `a` accounts, `b` bans, `c` connections, `f` floods, `k` kills, `m` moderation, `p` plugins, `r` the config" },
	{ 'w', 'U', MODE_WALLOPS, "hear WALLOPS" },
	{ 0 }
};

void
mode_of(const struct wh_chat_room *room, bool inside, char *to, size_t cap)
{
	char slow[32] = "";

	if (room->slow_ms != 0)
		snprintf(slow, sizeof slow, " %lld", (long long)((room->slow_ms + 999) / 1000));
	snprintf(to, cap, "+nt%s%s%s%s%s%s%s%s%s", room->invited ? "i" : "", room->moderated ? "m" : "", room->members_only ? "M" : "",
	    room->registered ? "P" : "", room->unlisted ? "s" : "", room->slow_ms != 0 ? "S" : "", room->keyed ? "k" : "", slow,
	    room->keyed ? inside ? " *" : "" : "");
}

static void
mode_done(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	const struct wh_identity *who = client_identity(c);
	char source[160];

	if (err != WH_OK) {
		irc_numeric(c, err == WH_EPERM ? 482 : err == WH_ENOENT ? 401 : 696, "%s :%.*s", task->target, WH_FMT(result));
		return;
	}
	source_of(c->irc, who->name, who->id, source);
	irc_say(c, ":%s MODE %s %.*s", source, task->target, (int)task->n, task->text);
}

/* Everyone in the channel is told of a role, and so is who gave it. */
static void
role_done(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	if (err == WH_ENOENT)
		irc_numeric(c, 401, "%.*s :%.*s", task->n > 3 ? (int)task->n - 3 : 0, task->text + 3, WH_FMT(result));
	else if (err != WH_OK && err != WH_EEXIST)
		irc_numeric(c, 482, "%s :%.*s", task->target, WH_FMT(result));
}

/* A role is given or taken: one command for each. */
static void
mode_role(struct irc_client *c, struct wh_str channel, char letter, bool on, struct wh_str nick)
{
	const struct irc_person *p = person_by_nick(c->irc, nick);
	const struct wh_item items[] = { WH_ITEM_STR("room", channel_room(channel)), WH_ITEM_STR("name", p != NULL ? wh_str(p->name) : nick),
		WH_ITEM_STR("role", letter == 'q' ? WH_STR("owner") : letter == 'o' ? WH_STR("moderator") : WH_STR("voice")), WH_ITEM_BOOL("on", on) };
	char shown[IRC_NICK + 8];
	struct irc_task *task;

	snprintf(shown, sizeof shown, "%c%c %.*s", on ? '+' : '-', letter, (int)(nick.n < IRC_NICK ? nick.n : IRC_NICK), nick.p);
	task = task_new(c, "MODE", channel, wh_str(shown));
	if (task == NULL)
		return;
	task->done = role_done;
	task_run(task, "chat.role", items, 4);
}

/* What one line changes of the rules, for one command. */
struct rules {
	struct wh_str access, speakers, key;
	int64_t slow_ms;		/* -1: as it is */
	char shown[128];
	size_t n;
};

static void
rules_note(struct rules *r, bool on, char letter, struct wh_str param)
{
	if (r->n + param.n + 8 < sizeof r->shown)
		r->n += (size_t)snprintf(r->shown + r->n, sizeof r->shown - r->n, "%s%c%c%s%.*s", r->n != 0 ? " " : "", on ? '+' : '-', letter,
		    param.n != 0 ? " " : "", WH_FMT(param));
}

static int64_t
seconds_read(struct wh_str text)
{
	int64_t n = 0;

	for (size_t i = 0; i < text.n && i < 6 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		n = n * 10 + (text.p[i] - '0');
	return text.n != 0 ? n : 5;
}

static bool
rules_take(struct rules *r, const struct wh_chat_room *room, char letter, bool on, struct wh_str param)
{
	switch (letter) {
	case 'i':
		if (!on && !room->invited)
			return true;
		r->access = on ? WH_STR("invited") : WH_STR("public");
		break;
	case 's':
		if (!on && (!room->unlisted || room->invited || room->keyed))
			return true;
		r->access = on ? WH_STR("unlisted") : WH_STR("public");
		break;
	case 'k':
		if (!on && !room->keyed)
			return true;
		r->access = on ? WH_STR("key") : WH_STR("public");
		r->key = on ? param : WH_STR("");
		param = WH_STR("");
		break;
	case 'm':
		r->speakers = on ? WH_STR("voice") : room->members_only ? WH_STR("registered") : WH_STR("all");
		break;
	case 'M':
		r->speakers = on ? WH_STR("registered") : WH_STR("all");
		break;
	case 'S':
		r->slow_ms = on ? seconds_read(param) * 1000 : 0;
		break;
	default:
		return false;
	}
	rules_note(r, on, letter, letter == 'S' && on ? param : WH_STR(""));
	return true;
}

static void
rules_set(struct irc_client *c, struct wh_str channel, const struct rules *r)
{
	struct wh_item items[5];
	struct irc_task *task;
	size_t n = 0;

	task = task_new(c, "MODE", channel, (struct wh_str){ r->shown, r->n });
	if (task == NULL)
		return;
	items[n++] = WH_ITEM_STR("room", channel_room(channel));
	if (r->access.n != 0)
		items[n++] = WH_ITEM_STR("access", r->access);
	if (r->speakers.n != 0)
		items[n++] = WH_ITEM_STR("speakers", r->speakers);
	if (r->key.n != 0)
		items[n++] = WH_ITEM_STR("key", r->key);
	if (r->slow_ms >= 0)
		items[n++] = WH_ITEM_INT("slow", r->slow_ms);
	task->done = mode_done;
	task_run(task, "chat.set", items, n);
}

static void
mode_channel(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str channel = line->params[0], letters = line->n > 1 ? line->params[1] : WH_STR("");
	struct rules rules = { .slow_ms = -1 };
	struct wh_chat_room room;
	struct wh_session *s = client_session(c);
	struct wh_room *hub;
	size_t next = 2;
	bool on = true, inside;
	struct irc_out out;

	if (s == NULL || !irc->chat->room(irc->chat_self, channel_room(channel), &room)) {
		irc_numeric(c, 403, "%.*s :There is no such channel", WH_FMT(channel));
		return;
	}
	hub = wh_room_find(irc->host, room.key);
	inside = hub != NULL && wh_room_has(irc->host, hub, s);
	if (letters.n == 0) {
		char modes[64];

		mode_of(&room, inside, modes, sizeof modes);
		out_begin(&out, c);
		out_numeric(&out, 324, "%.*s %s", WH_FMT(channel), modes);
		out_numeric(&out, 329, "%.*s %lld", WH_FMT(channel), (long long)(room.created / 1000));
		out_end(&out);
		return;
	}
	for (size_t i = 0; i < letters.n; i++) {
		char letter = letters.p[i];
		struct wh_str param = WH_STR("");

		if (letter == '+' || letter == '-') {
			on = letter == '+';
			continue;
		}
		if (strchr("kqov", letter) != NULL || (letter == 'S' && on))
			param = next < line->n ? line->params[next++] : WH_STR("");
		if (letter == 'b' || letter == 'e' || letter == 'I') {
			/* Nobody is on such a list: who may not enter is told by roles and by moderation. */
			if (next >= line->n)
				irc_numeric(c, letter == 'b' ? 368 : letter == 'e' ? 349 : 347, "%.*s :End of list", WH_FMT(channel));
			else
				irc_numeric(c, 472, "%c :Lists of masks are not kept here", letter);
		} else if (strchr("qov", letter) != NULL) {
			if (param.n == 0)
				irc_numeric(c, 696, "%.*s %c * :Name somebody", WH_FMT(channel), letter);
			else
				mode_role(c, channel, letter, on, param);
		} else if (letter == 'k' && on && param.n == 0) {
			irc_numeric(c, 525, "%.*s :Name a key", WH_FMT(channel));
		} else if ((letter == 'n' || letter == 't') && on) {
			continue;
		} else if (!rules_take(&rules, &room, letter, on, param)) {
			irc_numeric(c, 472, "%c :is no mode that can be set here", letter);
		}
	}
	if (rules.n != 0)
		rules_set(c, channel, &rules);
}

/* One's own modes */

static void
mode_user(struct irc_client *c, const struct irc_line *line)
{
	struct wh_str letters = line->n > 1 ? line->params[1] : WH_STR("");
	char shown[16] = "+", changed[32];
	bool on = true, told = true;
	size_t n = 1, n_changed = 0;

	if (!same_word(line->params[0], c->nick)) {
		if (person_by_nick(c->irc, line->params[0]) != NULL)
			irc_numeric(c, 502, ":Modes are one's own");
		else
			irc_numeric(c, 401, "%.*s :Nobody has that nick", WH_FMT(line->params[0]));
		return;
	}
	for (size_t i = 0; i < letters.n; i++) {
		bool known = false;

		if (letters.p[i] == '+' || letters.p[i] == '-') {
			on = letters.p[i] == '+';
			continue;
		}
		for (size_t k = 0; irc_user_modes[k].letter != '\0'; k++)
			if (irc_user_modes[k].letter == letters.p[i]) {
				uint32_t now = on ? c->modes | irc_user_modes[k].bit : c->modes & ~irc_user_modes[k].bit;

				known = true;
				if (now != c->modes && n_changed + 3 < sizeof changed) {
					changed[n_changed++] = on ? '+' : '-';
					changed[n_changed++] = letters.p[i];
				}
				c->modes = now;
			}
		if (!known && told)
			irc_numeric(c, 501, "%c :There is no such mode", letters.p[i]);
		told = known;
	}
	if (n_changed != 0) {
		irc_say(c, ":%s MODE %s %.*s", c->nick, c->nick, (int)n_changed, changed);
		irc_changed(c);
	}
	if (letters.n != 0)
		return;
	for (size_t k = 0; irc_user_modes[k].letter != '\0'; k++)
		if ((c->modes & irc_user_modes[k].bit) != 0)
			shown[n++] = irc_user_modes[k].letter;
	shown[n] = '\0';
	irc_numeric(c, 221, "%s", shown);
}

void
verb_mode(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_line rest = *line;
	char text[IRC_LINE];

	if (is_channel(line->params[0])) {
		mode_channel(irc, c, line);
	} else if (oper_modes(c, line, &rest, text)) {
		mode_user(c, &rest);
		oper_modes_told(c, line);
	}
}
