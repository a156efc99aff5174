/* Lists of masks in a channel: who is banned, excepted, let in, muted. The lists are chat's; what a mask is compared with is what is shown of
 * somebody here. */
#include <stdio.h>

#include "irc.h"

static const struct {
	char letter;
	enum wh_chat_list list;
	const char *kind;
} lists[] = {
	{ 'b', WH_LIST_BAN, "ban" }, { 'e', WH_LIST_EXCEPT, "except" }, { 'I', WH_LIST_INVITE, "invite" }, { 'y', WH_LIST_MUTE, "mute" },
	{ 'q', WH_LIST_MUTE, "mute" },
};

static int
list_numeric(enum wh_chat_list list, bool end)
{
	switch (list) {
	case WH_LIST_EXCEPT:
		return end ? 349 : 348;
	case WH_LIST_INVITE:
		return end ? 347 : 346;
	case WH_LIST_MUTE:
		return end ? 729 : 728;
	default:
		return end ? 368 : 367;
	}
}

static size_t
list_at(char letter)
{
	size_t i = 0;

	while (i + 1 < sizeof lists / sizeof lists[0] && lists[i].letter != letter)
		i++;
	return i;
}

char
mask_letter(struct wh_str kind)
{
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (wh_str_is(kind, lists[i].kind))
			return lists[i].letter;
	return 'b';
}

void
mask_describe(void *self, struct wh_session *s, struct wh_chat_looks *out)
{
	struct irc *irc = self;
	const struct wh_identity *who = wh_session_identity(irc->host, s);
	const struct irc_client *c = client_of(irc, s);
	char source[160];

	source_of(irc, who->name, who->id, source);
	snprintf(out->source, sizeof out->source, "%s", source);
	snprintf(out->real, sizeof out->real, "%s", c != NULL ? c->real : "");
}

struct showing {
	struct irc_out *out;
	char channel[IRC_CHANNEL + 2];
	char letter[4];			/* shown with those of which there is no numeric of its own */
	size_t list;
	int64_t now;
};

static bool
mask_show(void *self, const struct wh_chat_mask *mask)
{
	struct showing *w = self;
	const struct irc_person *p = person_by_id(w->out->irc, mask->by_id);
	char by[IRC_NICK + 1];

	if (mask->until != 0 && mask->until <= w->now)
		return true;
	nick_show(mask->by, by);
	out_numeric(w->out, list_numeric(lists[w->list].list, false), "%s %s%.*s %s %lld", w->channel, w->letter, WH_FMT(mask->mask),
	    p != NULL ? p->nick : mask->by.n != 0 ? by : w->out->irc->name, (long long)(mask->time / 1000));
	return true;
}

void
masks_show(struct irc_client *c, struct wh_str channel, char letter, bool inside)
{
	struct irc *irc = c->irc;
	struct showing w = { .list = list_at(letter), .now = wh_wall_ms(irc->host) };
	struct wh_session *s = client_session(c);
	struct irc_out out;

	if (!inside) {
		irc_numeric(c, 442, "%.*s :You are not in that channel", WH_FMT(channel));
		return;
	}
	if ((lists[w.list].list == WH_LIST_EXCEPT || lists[w.list].list == WH_LIST_INVITE) && s != NULL &&
	    irc->chat->rank(irc->chat_self, channel_room(channel), s) < WH_RANK_HELPER) {
		irc_numeric(c, 482, "%.*s :That list is for those who keep order here", WH_FMT(channel));
		return;
	}
	out_begin(&out, c);
	w.out = &out;
	text_flat(channel, w.channel, sizeof w.channel);
	if (lists[w.list].list == WH_LIST_MUTE)
		snprintf(w.letter, sizeof w.letter, "%c ", letter);
	irc->chat->masks(irc->chat_self, channel_room(channel), lists[w.list].list, mask_show, &w);
	out_numeric(&out, list_numeric(lists[w.list].list, true), "%s %s:End of list", w.channel, w.letter);
	out_end(&out);
}

/* The channel is told, and so is who did it. `task->number` is the letter. */
static void
mask_done(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	char letter = (char)task->number;

	if (err == WH_EFULL)
		irc_numeric(c, 478, "%s %c :%.*s", task->target, letter, WH_FMT(result));
	else if (err == WH_EINVAL)
		irc_numeric(c, 696, "%s %c %.*s :%.*s", task->target, letter, (int)task->n, task->text, WH_FMT(result));
	else if (err == WH_EPERM)
		irc_numeric(c, 482, "%s :%.*s", task->target, WH_FMT(result));
	else if (err != WH_OK && err != WH_EEXIST && err != WH_ENOENT)
		irc_numeric(c, 400, "%s :%.*s", task->target, WH_FMT(result));
}

void
mask_change(struct irc_client *c, struct wh_str channel, char letter, bool on, struct wh_str mask)
{
	static const char *const mutes[] = { "$m:", "m:", "~m:", "~q:", "~quiet:" };
	struct irc_task *task;

	/* Servers that have no list of the muted write it so. */
	for (size_t i = 0; letter == 'b' && i < sizeof mutes / sizeof mutes[0]; i++)
		if (wh_str_starts(mask, wh_str(mutes[i]))) {
			mask = wh_str_from(mask, strlen(mutes[i]));
			letter = 'y';
		}
	task = task_new(c, "MODE", channel, mask);
	if (task == NULL)
		return;
	const struct wh_item items[] = { WH_ITEM_STR("room", channel_room(channel)), WH_ITEM_STR("mask", mask),
		WH_ITEM_STR("kind", wh_str(lists[list_at(letter)].kind)) };

	task->number = (unsigned char)letter;
	task->done = mask_done;
	task_run(task, on ? "chat.ban" : "chat.unban", items, 3);
}
