/* MODE of channels: a channel's modes are the room's rules, roles and lists of masks in other words; see the tables. What one line changes of the
 * rules goes in one command, each role and each mask in one of its own. */
#include <stdio.h>

#include "irc.h"

const struct irc_mode_row irc_channel_modes[] = {
	{ 'q', 'P', 0, "owner (`~`): gives every role; whoever makes a channel. With a mask it is `y`" },
	{ 'a', 'P', 0, "manager (`&`): sets modes, gives the roles below; the room's `manager`" },
	{ 'o', 'P', 0, "operator (`@`): REDACT, INVITE, exceptions; gives `h` and `v`; the room's `moderator`" },
	{ 'h', 'P', 0, "half-operator (`%`): KICK, TOPIC, bans and mutes; gives a voice; the room's `helper`" },
	{ 'v', 'P', 0, "voice (`+`): speaks when the channel is moderated, and when muted" },
	{ 'b', 'A', 0, "banned: does not enter, and does not speak; the room's list `ban`" },
	{ 'e', 'A', 0, "excepted from `b` and `y`; the room's list `except`" },
	{ 'I', 'A', 0, "enters without being invited; the room's list `invite`" },
	{ 'y', 'A', 0, "muted: does not speak; the room's list `mute`" },
	{ 'k', 'B', 0, "a key is needed to enter; the room's access is `key`" },
	{ 'S', 'C', 0, "slow mode: so many seconds between two messages of one person" },
	{ 'f', 'C', 0, "`5:10`: one person says at most 5 messages in 10 seconds; the room's `flood`" },
	{ 'j', 'C', 0, "`5:10`: at most 5 people enter in 10 seconds; the room's `joins`" },
	{ 'l', 'C', 0, "so many people at most; the room's `limit`" },
	{ 'C', 'S', 0, "CTCP is not passed on, but for ACTION; always" },
	{ 'H', 'D', 0, "only half-operators and above read what was said before; the room's `past` is `moderators`" },
	{ 'M', 'D', 0, "only accounts speak; the room's speakers are `registered`" },
	{ 'P', 'S', 0, "the channel is registered, and lasts: CS REGISTER" },
	{ 'R', 'D', 0, "only accounts enter; the room's `enter` is `registered`" },
	{ 'T', 'D', 0, "no NOTICE; the room's `notices` are false" },
	{ 'c', 'D', 0, "colours and bold are taken out; the room's `colours` are `stripped`, or `refused`" },
	{ 'i', 'D', 0, "only who is invited enters; the room's access is `invited`" },
	{ 'm', 'D', 0, "only voices speak; the room's speakers are `voice`" },
	{ 'n', 'S', 0, "nobody speaks from outside; always" },
	{ 's', 'D', 0, "not in LIST; the room's access is `unlisted`" },
	{ 't', 'D', 0, "only half-operators and above set the topic; the room's topics are `moderators`" },
	{ 0 }
};

const struct irc_rule irc_rules[] = {
	{ 't', RULE_WORD, "topics", "moderators", NULL, "all" },
	{ 'H', RULE_WORD, "past", "moderators", NULL, "all" },
	{ 'M', RULE_WORD, "speakers", "registered", NULL, "all" },
	{ 'R', RULE_WORD, "enter", "registered", NULL, "all" },
	{ 'T', RULE_NOT, "notices", NULL, NULL, NULL },
	{ 'c', RULE_WORD, "colours", "stripped", "refused", "kept" },
	{ 'i', RULE_WORD, "access", "invited", NULL, "public" },
	{ 'm', RULE_WORD, "speakers", "voice", "moderators", "all" },
	{ 's', RULE_WORD, "access", "unlisted", NULL, "public" },
	{ 'S', RULE_SECONDS, "slow", NULL, NULL, NULL },
	{ 'f', RULE_PACE, "flood", NULL, NULL, NULL },
	{ 'j', RULE_PACE, "joins", NULL, NULL, NULL },
	{ 'l', RULE_COUNT, "limit", NULL, NULL, NULL },
	{ 'k', RULE_WORD, "access", "key", NULL, "public" },
	{ 0 }
};

static const struct {
	char letter, prefix;
	enum wh_chat_rank rank;
	const char *role;
} ranks[] = {
	{ 'q', '~', WH_RANK_OWNER, "owner" }, { 'a', '&', WH_RANK_MANAGER, "manager" }, { 'o', '@', WH_RANK_MODERATOR, "moderator" },
	{ 'h', '%', WH_RANK_HELPER, "helper" }, { 'v', '+', WH_RANK_VOICE, "voice" },
};

void
rank_prefixes(unsigned bits, bool all, char out[static IRC_PREFIXES + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < IRC_PREFIXES && (all || n == 0); i++)
		if ((bits & 1u << ranks[i].rank) != 0)
			out[n++] = ranks[i].prefix;
	out[n] = '\0';
}

const char *
prefix_role(char prefix)
{
	for (size_t i = 0; i < IRC_PREFIXES; i++)
		if (ranks[i].prefix == prefix && prefix != '\0')
			return ranks[i].role;
	return NULL;
}

char
role_prefix(struct wh_str role)
{
	for (size_t i = 0; i < IRC_PREFIXES; i++)
		if (wh_str_is(role, ranks[i].role))
			return ranks[i].prefix;
	return '\0';
}

char
role_letter(struct wh_str role)
{
	for (size_t i = 0; i < IRC_PREFIXES; i++)
		if (wh_str_is(role, ranks[i].role))
			return ranks[i].letter;
	return 'v';
}

static const char *
letter_role(char letter)
{
	for (size_t i = 0; i < IRC_PREFIXES; i++)
		if (ranks[i].letter == letter)
			return ranks[i].role;
	return NULL;
}

/* Is the channel so? `param` gets what stands behind the letter. */
static bool
mode_is(const struct wh_chat_room *room, char letter, char param[static IRC_MODE_PARAM])
{
	param[0] = '\0';
	switch (letter) {
	case 't':
		return !room->topics;
	case 'H':
		return room->past_hidden;
	case 'M':
		return room->members_only;
	case 'R':
		return room->accounts_only;
	case 'T':
		return !room->notices;
	case 'c':
		return !room->colours;
	case 'i':
		return room->invited;
	case 'm':
		return room->moderated;
	case 's':
		return room->unlisted && !room->invited && !room->keyed;
	case 'S':
		snprintf(param, IRC_MODE_PARAM, " %lld", (long long)((room->slow_ms + 999) / 1000));
		return room->slow_ms != 0;
	case 'f':
		snprintf(param, IRC_MODE_PARAM, " %lld:%lld", (long long)room->flood, (long long)(room->flood_ms / 1000));
		return room->flood != 0;
	case 'j':
		snprintf(param, IRC_MODE_PARAM, " %lld:%lld", (long long)room->joins, (long long)(room->joins_ms / 1000));
		return room->joins != 0;
	case 'l':
		snprintf(param, IRC_MODE_PARAM, " %lld", (long long)room->limit);
		return room->limit != 0;
	case 'k':
		snprintf(param, IRC_MODE_PARAM, " *");
		return room->keyed;
	default:
		return false;
	}
}

void
mode_of(const struct wh_chat_room *room, bool inside, char to[static IRC_MODES_SHOWN])
{
	char param[IRC_MODE_PARAM], params[6 * IRC_MODE_PARAM] = "";
	size_t n = (size_t)snprintf(to, IRC_MODES_SHOWN, "+Cn%s", room->registered ? "P" : ""), n_params = 0;

	for (const struct irc_rule *r = irc_rules; r->letter != '\0'; r++) {
		if (!mode_is(room, r->letter, param))
			continue;
		to[n++] = r->letter;
		/* The key is not shown, and those outside don't learn where it stands. */
		if (r->letter != 'k' || inside)
			n_params += (size_t)snprintf(params + n_params, sizeof params - n_params, "%s", param);
	}
	snprintf(to + n, IRC_MODES_SHOWN - n, "%s", params);
}

void
mode_letters(bool with_param, char to[static IRC_LETTERS])
{
	size_t n = 0;

	for (const struct irc_mode_row *m = irc_channel_modes; m->letter != '\0' && n + 1 < IRC_LETTERS; m++)
		if (!with_param || strchr("PABC", m->kind) != NULL)
			to[n++] = m->letter;
	to[n] = '\0';
}

static void
mode_done(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	const struct wh_identity *who = client_identity(c);
	char source[160];

	if (err == WH_EINVAL) {
		irc_numeric(c, 696, "%s %.*s :%.*s", task->target, (int)task->n, task->text, WH_FMT(result));
		return;
	}
	if (err != WH_OK) {
		irc_numeric(c, err == WH_EPERM ? 482 : err == WH_ENOENT ? 403 : 400, "%s :%.*s", task->target, WH_FMT(result));
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
		WH_ITEM_STR("role", wh_str(letter_role(letter))), WH_ITEM_BOOL("on", on) };
	char shown[IRC_NICK + 8];
	struct irc_task *task;

	snprintf(shown, sizeof shown, "%c%c %.*s", on ? '+' : '-', letter, (int)(nick.n < IRC_NICK ? nick.n : IRC_NICK), nick.p);
	task = task_new(c, "MODE", channel, wh_str(shown));
	if (task == NULL)
		return;
	task->done = role_done;
	task_run(task, "chat.role", items, 4);
}

/* What one line changes of the rules, for one command: a later letter counts more than an earlier one about the same. */
struct changes {
	struct wh_item items[16];
	size_t n_items;
	char letters[40], params[200];
	size_t n_letters, n_params;
	bool on;			/* of the last letter */
};

static void
changes_set(struct changes *ch, struct wh_item item)
{
	size_t i = 0;

	while (i < ch->n_items && strcmp(ch->items[i].key, item.key) != 0)
		i++;
	if (i == sizeof ch->items / sizeof ch->items[0])
		return;
	ch->items[i] = item;
	ch->n_items += i == ch->n_items;
}

static void
changes_note(struct changes *ch, bool on, char letter, struct wh_str param)
{
	if (ch->n_letters + 3 >= sizeof ch->letters || ch->n_params + param.n + 2 >= sizeof ch->params)
		return;
	if (ch->n_letters == 0 || ch->on != on)
		ch->letters[ch->n_letters++] = on ? '+' : '-';
	ch->letters[ch->n_letters++] = letter;
	ch->on = on;
	if (param.n != 0)
		ch->n_params += (size_t)snprintf(ch->params + ch->n_params, sizeof ch->params - ch->n_params, " %.*s", WH_FMT(param));
}

static int64_t
number_read(struct wh_str text, int64_t otherwise)
{
	int64_t n = 0;

	for (size_t i = 0; i < text.n && i < 7 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		n = n * 10 + (text.p[i] - '0');
	return text.n != 0 ? n : otherwise;
}

/* False: the letter needs something behind it. */
static bool
changes_take(struct changes *ch, const struct wh_chat_room *room, const struct irc_rule *r, bool on, struct wh_str param)
{
	char is[IRC_MODE_PARAM];
	bool was = mode_is(room, r->letter, is);

	/* What several letters say together is only taken back by the one that says it. */
	if (!on && !was)
		return true;
	if (on && was && is[0] == '\0')
		return true;
	switch (r->kind) {
	case RULE_WORD:
		changes_set(ch, WH_ITEM_STR(r->key, on ? wh_str(r->on) : wh_str(r->off)));
		if (r->letter == 'k' && on)
			changes_set(ch, WH_ITEM_STR("key", param));
		changes_note(ch, on, r->letter, r->letter == 'k' ? WH_STR("*") : WH_STR(""));
		return true;
	case RULE_NOT:
		changes_set(ch, WH_ITEM_BOOL(r->key, !on));
		break;
	case RULE_SECONDS:
		changes_set(ch, WH_ITEM_INT(r->key, on ? number_read(param, 5) * 1000 : 0));
		param = param.n != 0 ? param : WH_STR("5");
		break;
	case RULE_COUNT:
		if (on && number_read(param, 0) == 0)
			return false;
		changes_set(ch, WH_ITEM_INT(r->key, on ? number_read(param, 0) : 0));
		break;
	case RULE_PACE:
		if (on && param.n == 0)
			return false;
		changes_set(ch, WH_ITEM_STR(r->key, on ? param : WH_STR("0")));
		break;
	}
	changes_note(ch, on, r->letter, on && r->kind != RULE_NOT ? param : WH_STR(""));
	return true;
}

static void
changes_run(struct irc_client *c, struct wh_str channel, struct changes *ch)
{
	struct wh_item items[sizeof ch->items / sizeof ch->items[0] + 1];
	char shown[sizeof ch->letters + sizeof ch->params];
	struct irc_task *task;

	snprintf(shown, sizeof shown, "%.*s%.*s", (int)ch->n_letters, ch->letters, (int)ch->n_params, ch->params);
	task = task_new(c, "MODE", channel, wh_str(shown));
	if (task == NULL)
		return;
	items[0] = WH_ITEM_STR("room", channel_room(channel));
	memcpy(items + 1, ch->items, ch->n_items * sizeof *items);
	task->done = mode_done;
	task_run(task, "chat.set", items, ch->n_items + 1);
}

static void
mode_show(struct irc_client *c, struct wh_str channel, const struct wh_chat_room *room, bool inside)
{
	char modes[IRC_MODES_SHOWN];
	struct irc_out out;

	mode_of(room, inside, modes);
	out_begin(&out, c);
	out_numeric(&out, 324, "%.*s %s", WH_FMT(channel), modes);
	out_numeric(&out, 329, "%.*s %lld", WH_FMT(channel), (long long)(room->created / 1000));
	out_end(&out);
}

/* A line of changes that is being read. */
struct reading {
	const struct irc_line *line;
	size_t next;			/* parameter */
	unsigned taken;			/* parameters, of IRC_MODES */
	bool inside;
};

static struct wh_str
param_take(struct reading *r)
{
	if (r->next == r->line->n || r->taken == IRC_MODES)
		return WH_STR("");
	r->taken++;
	return r->line->params[r->next++];
}

static const struct irc_rule *
rule_of(char letter)
{
	const struct irc_rule *r = irc_rules;

	while (r->letter != '\0' && r->letter != letter)
		r++;
	return r;
}

static void
mode_unknown(struct irc_client *c, struct wh_str letter)
{
	irc_numeric(c, 472, "%.*s :is no mode that can be set here", WH_FMT(letter));
}

static void
mode_letter(struct irc_client *c, const struct wh_chat_room *room, struct reading *r, struct changes *ch, char letter, bool on)
{
	struct wh_str channel = r->line->params[0], param;
	const struct irc_rule *rule = rule_of(letter);
	bool asks = rule->letter != '\0' && (letter == 'k' || (on && rule->kind != RULE_WORD && rule->kind != RULE_NOT));

	if (r->next < r->line->n && r->taken == IRC_MODES && (asks || letter_role(letter) != NULL || strchr("beIy", letter) != NULL)) {
		irc_numeric(c, 696, "%.*s %c * :That is more than one line may change", WH_FMT(channel), letter);
		return;
	}
	param = asks || letter_role(letter) != NULL || strchr("beIy", letter) != NULL ? param_take(r) : WH_STR("");
	/* Elsewhere q is the list of the muted. */
	if (strchr("beIy", letter) != NULL || (letter == 'q' && (param.n == 0 || !nick_ok(param)))) {
		if (param.n == 0)
			masks_show(c, channel, letter, r->inside);
		else
			mask_change(c, channel, letter, on, param);
	} else if (letter_role(letter) != NULL) {
		if (param.n == 0)
			irc_numeric(c, 696, "%.*s %c * :Name somebody", WH_FMT(channel), letter);
		else
			mode_role(c, channel, letter, on, param);
	} else if (letter == 'k' && on && param.n == 0) {
		irc_numeric(c, 525, "%.*s :Name a key", WH_FMT(channel));
	} else if ((letter == 'n' || letter == 'C') && on) {
		return;
	} else if (rule->letter == '\0') {
		mode_unknown(c, (struct wh_str){ &letter, 1 });
	} else if (!changes_take(ch, room, rule, on, param)) {
		irc_numeric(c, 696, "%.*s %c %.*s :Name %s", WH_FMT(channel), letter, param.n != 0 ? (int)param.n : 1, param.n != 0 ? param.p : "*",
		    letter == 'l' ? "a number" : "so many in so many seconds: 5:10");
	}
}

void
mode_channel(struct irc_client *c, const struct irc_line *line)
{
	struct irc *irc = c->irc;
	struct wh_str channel = line->params[0], letters = line->n > 1 ? line->params[1] : WH_STR("");
	struct changes changes = { .n_items = 0 };
	struct reading reading = { .line = line, .next = 2 };
	struct wh_chat_room room;
	bool on = true;

	if (!irc->chat->room(irc->chat_self, channel_room(channel), &room)) {
		irc_numeric(c, 403, "%.*s :There is no such channel", WH_FMT(channel));
		return;
	}
	reading.inside = channel_inside(c, channel, &room);
	if (letters.n == 0) {
		mode_show(c, channel, &room, reading.inside);
		return;
	}
	for (size_t i = 0; i < letters.n; i += text_letter(letters, i).n) {
		if (letters.p[i] == '+' || letters.p[i] == '-')
			on = letters.p[i] == '+';
		else if (text_letter(letters, i).n > 1)
			mode_unknown(c, text_letter(letters, i));
		else
			mode_letter(c, &room, &reading, &changes, letters.p[i], on);
	}
	if (changes.n_items != 0)
		changes_run(c, channel, &changes);
}

void
verb_mode(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_line rest = *line;
	char text[IRC_LINE];

	(void)irc;
	if (is_channel(line->params[0]))
		mode_channel(c, line);
	else if (oper_modes(c, line, &rest, text))
		mode_user(c, &rest);
}
