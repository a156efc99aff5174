/* MODE of oneself. Some are flags of the connection; R stands with the account, where other dialects see it too; r and Z say what is so anyhow. */
#include <stdio.h>

#include "irc.h"

const struct irc_mode_row irc_user_modes[] = {
	{ 'B', 'U', MODE_BOT, "you are a bot" },
	{ 'R', 'U', MODE_ACCOUNTS, "no whispers from guests: `chat.refuse` with `guests`" },
	{ 'Z', 'S', 0, "you are connected over TLS" },
	{ 'i', 'U', MODE_INVISIBLE, "those who share no channel with you don't find you in WHO of one, and don't see your channels in WHOIS" },
	{ 'r', 'S', 0, "you are signed in" },
	{ 's', 'U', MODE_NOTICES, "hear notices; for operators. With letters behind: `a` accounts, `b` bans, `c` connections, `f` floods, `k` kills, `m` moderation, `p` plugins, `r` the config" },
	{ 'w', 'U', MODE_WALLOPS, "hear WALLOPS" },
	{ 0 }
};

static void
modes_tell(struct irc_client *c)
{
	struct wh_session *s = client_session(c);
	char shown[16] = "+";
	size_t n = 1;

	for (const struct irc_mode_row *m = irc_user_modes; m->letter != '\0' && n + 1 < sizeof shown; m++)
		if ((c->modes & m->bit) != 0 || (m->letter == 'r' && client_identity(c)->kind == WH_ACCOUNT) ||
		    (m->letter == 'Z' && s != NULL && wh_session_secure(c->irc->host, s)))
			shown[n++] = m->letter;
	shown[n] = '\0';
	irc_numeric(c, 221, "%s", shown);
	oper_modes_told(c);
}

/* Another of the person's clients may have said whose whispers are refused. */
static void
modes_known(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, refuse;

	(void)task;
	if (err == WH_OK && wh_json_read_text(c->irc->host, result, &v) == WH_OK && wh_json_get(&v, "refuse", &refuse) && refuse.type == WH_V_STR)
		c->modes = wh_str_is(refuse.s, "nobody") ? c->modes & ~(uint32_t)MODE_ACCOUNTS : c->modes | MODE_ACCOUNTS;
	modes_tell(c);
}

static void
modes_show(struct irc_client *c)
{
	struct irc_task *task = task_new(c, "MODE", WH_STR(""), WH_STR(""));

	if (task == NULL)
		return;
	task->done = modes_known;
	task_run(task, "chat.blocks", NULL, 0);
}

static void
mode_changed(struct irc_client *c, bool on, char letter)
{
	irc_say(c, ":%s MODE %s %c%c", c->nick, c->nick, on ? '+' : '-', letter);
	irc_changed(c);
}

static void
refused(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	if (err != WH_OK) {
		irc_numeric(c, 400, "MODE :%.*s", WH_FMT(result));
		return;
	}
	c->modes = task->number != 0 ? c->modes | MODE_ACCOUNTS : c->modes & ~(uint32_t)MODE_ACCOUNTS;
	mode_changed(c, task->number != 0, 'R');
}

static void
refuse_guests(struct irc_client *c, bool on)
{
	struct irc_task *task = task_new(c, "MODE", WH_STR(""), WH_STR(""));

	if (task == NULL)
		return;
	task->number = on;
	task->done = refused;
	task_run(task, "chat.refuse", &WH_ITEM_STR("from", on ? WH_STR("guests") : WH_STR("nobody")), 1);
}

void
mode_user(struct irc_client *c, const struct irc_line *line)
{
	struct wh_str letters = line->n > 1 ? line->params[1] : WH_STR("");
	char changed[32];
	bool on = true, told = true, refuse = false, refuse_on = false;
	size_t n = 0;

	if (!same_word(line->params[0], c->nick)) {
		if (person_by_nick(c->irc, line->params[0]) != NULL)
			irc_numeric(c, 502, ":Modes are one's own");
		else
			irc_numeric(c, 401, "%.*s :Nobody has that nick", WH_FMT(line->params[0]));
		return;
	}
	if (letters.n == 0) {
		modes_show(c);
		return;
	}
	for (size_t i = 0; i < letters.n; i += text_letter(letters, i).n) {
		const struct irc_mode_row *m = irc_user_modes;
		uint32_t now;

		if (letters.p[i] == '+' || letters.p[i] == '-') {
			on = letters.p[i] == '+';
			continue;
		}
		while (m->letter != '\0' && m->letter != letters.p[i])
			m++;
		if (m->letter == '\0' && told)
			irc_numeric(c, 501, "%.*s :There is no such mode", WH_FMT(text_letter(letters, i)));
		told = m->letter != '\0';
		if (m->letter == 'R') {
			refuse = true;
			refuse_on = on;
			continue;
		}
		now = on ? c->modes | m->bit : c->modes & ~m->bit;
		if (now != c->modes && n + 3 < sizeof changed) {
			changed[n++] = on ? '+' : '-';
			changed[n++] = letters.p[i];
		}
		c->modes = now;
	}
	if (n != 0) {
		irc_say(c, ":%s MODE %s %.*s", c->nick, c->nick, (int)n, changed);
		irc_changed(c);
	}
	if (refuse)
		refuse_guests(c, refuse_on);
}
