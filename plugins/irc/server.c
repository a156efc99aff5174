/* What the server tells of itself. */
#include <stdio.h>
#include <time.h>

#include "irc.h"

static const struct {
	const char *token, *help;
} isupport[] = {
	{ "AWAYLEN=300", "bytes of an AWAY" },
	{ "BOT=B", "the mode of bots" },
	{ "CASEMAPPING=ascii", "only A to Z are folded" },
	{ "CHANLIMIT=#:100", "channels that one may be in" },
	{ "CHANNELLEN=65", "bytes of a channel's name" },
	{ "CHANTYPES=#", "with what a channel begins" },
	{ "CHATHISTORY=100", "messages of one CHATHISTORY" },
	{ "CLIENTTAGDENY=*,-channel-context,-draft/channel-context,-draft/react,-draft/reply,-draft/unreact,-reply,-typing", "tags of clients that are passed on" },
	{ "ELIST=CMNTU", "what LIST takes: when it was made, masks, what they are not, when the topic was set, how many people" },
	{ "EXCEPTS=e", "the mode of who is excepted from a ban" },
	{ "EXTBAN=$,ajmorz", "masks that ask: an account, another channel, muted, a role, the name, TLS" },
	{ "HOSTLEN=64", "bytes of a host" },
	{ "INVEX=I", "the mode of who enters without being invited" },
	{ "KICKLEN=200", "bytes of a KICK's reason" },
	{ "LINELEN=512", "bytes of a line with its end, tags not counted" },
	{ "MAXLIST=beIy:200", "masks of a channel, on all its lists together" },
	{ "MAXTARGETS=4", "targets of one line" },
	{ "MODES=12", "modes with a parameter in a line" },
	{ "MONITOR=100", "nicks on the MONITOR list" },
	{ "MSGREFTYPES=msgid,timestamp", "what CHATHISTORY takes for a place" },
	{ "NAMELEN=150", "bytes of a name" },
	{ "NICKLEN=31", "bytes of a nick" },
	{ "PREFIX=(qaohv)~&@%+", "owner, manager, operator, half-operator, voice" },
	{ "SAFELIST", "LIST is not cut off" },
	{ "STATUSMSG=~&@%+", "what may stand in front of a channel, to speak to those of that prefix and above" },
	{ "TARGMAX=JOIN:20,KICK:4,NAMES:,NOTICE:4,PART:20,PRIVMSG:4,WHOIS:1", "targets by command" },
	{ "TOPICLEN=390", "bytes of a topic" },
	{ "USERLEN=16", "bytes of a user" },
	{ "UTF8ONLY", "other lines are refused" },
	{ "WHOX", "WHO with fields" },
};

/* CHANMODES, from the table of modes. */
static void
isupport_modes(char to[static 64])
{
	size_t n = (size_t)snprintf(to, 64, "CHANMODES=");

	for (const char *kind = "ABCD"; *kind != '\0'; kind++) {
		for (const struct irc_mode_row *m = irc_channel_modes; m->letter != '\0'; m++)
			if ((m->kind == 'S' ? 'D' : m->kind) == *kind && n < 60)
				to[n++] = m->letter;
		if (*kind != 'D')
			to[n++] = ',';
	}
	to[n] = '\0';
}

void
isupport_each(void (*each)(void *self, const char *token, const char *help), void *self)
{
	char modes[64];

	isupport_modes(modes);
	each(self, modes, "modes of channels by kind, see there");
	for (size_t i = 0; i < sizeof isupport / sizeof isupport[0]; i++)
		each(self, isupport[i].token, isupport[i].help);
}

struct supporting {
	struct irc_out *out;
	char line[400];
	size_t n, on_line;
};

static void
isupport_flush(struct supporting *s)
{
	if (s->on_line != 0)
		out_numeric(s->out, 5, "%s :are supported by this server", s->line);
	s->n = s->on_line = 0;
}

static void
isupport_tell(void *self, const char *token, const char *help)
{
	struct supporting *s = self;

	(void)help;
	if (s->out->irc->set.precis && strncmp(token, "CASEMAPPING=", 12) == 0)
		token = "CASEMAPPING=precis";
	if (s->on_line == 12 || s->n + strlen(token) + 2 > sizeof s->line)
		isupport_flush(s);
	s->n += (size_t)snprintf(s->line + s->n, sizeof s->line - s->n, "%s%s", s->on_line++ != 0 ? " " : "", token);
}

/* A token's value has no blanks, no backslashes and no signs of equality. */
static void
isupport_icon(const char *url, char *to, size_t cap)
{
	size_t n = (size_t)snprintf(to, cap, "draft/ICON=");

	for (; *url != '\0' && n + 5 < cap; url++)
		n += (size_t)snprintf(to + n, cap - n, strchr(" \\=", *url) != NULL ? "\\x%02X" : "%c", (unsigned)*url);
}

void
server_isupport(struct irc_out *out)
{
	struct supporting s = { .out = out };
	char network[64], icon[320];

	if ((out->c->caps & CAP_ISUPPORT) != 0)
		out_batch(out, "draft/isupport");
	isupport_each(isupport_tell, &s);
	snprintf(network, sizeof network, "NETWORK=%s", out->irc->network);
	isupport_tell(&s, network, NULL);
	if (out->irc->icon[0] != '\0') {
		isupport_icon(out->irc->icon, icon, sizeof icon);
		isupport_tell(&s, icon, NULL);
	}
	if (out->irc->push != NULL && out->irc->push->key(out->irc->push_self).n != 0) {
		snprintf(icon, sizeof icon, "VAPID=%.*s", WH_FMT(out->irc->push->key(out->irc->push_self)));
		isupport_tell(&s, icon, NULL);
	}
	isupport_flush(&s);
	out_batch_end(out);
}

void
server_motd(struct irc_out *out)
{
	struct wh_str rest = wh_str(out->irc->motd), line;

	if (rest.n == 0) {
		out_numeric(out, 422, ":There is no message of the day");
		return;
	}
	out_numeric(out, 375, ":- %s message of the day -", out->irc->name);
	while (rest.n != 0) {
		const char *end = memchr(rest.p, '\n', rest.n);

		line = (struct wh_str){ rest.p, end != NULL ? (size_t)(end - rest.p) : rest.n };
		rest = wh_str_from(rest, line.n + (end != NULL));
		out_numeric(out, 372, ":- %.*s", WH_FMT(line));
	}
	out_numeric(out, 376, ":End of /MOTD");
}

static bool
count_room(void *self, const struct wh_chat_room *room)
{
	size_t *n = self;

	*n += !room->unlisted && !room->invited;
	return true;
}

void
server_lusers(struct irc_out *out)
{
	struct irc *irc = out->irc;
	size_t rooms = 0, people = wh_dict_count(irc->host, irc->people), invisible = 0;

	irc->chat->rooms(irc->chat_self, count_room, &rooms);
	for (const struct irc_client *c = irc->clients; c != NULL; c = c->next)
		invisible += c->welcome && (c->modes & MODE_INVISIBLE) != 0 && invisible < people;
	out_numeric(out, 251, ":There are %zu people and %zu invisible on 1 server", people - invisible, invisible);
	out_numeric(out, 254, "%zu :channels formed", rooms);
	out_numeric(out, 255, ":I have %zu clients and 0 servers", irc->n_clients);
	out_numeric(out, 265, "%zu %zu :Current local users %zu, max %zu", irc->n_clients, irc->most_clients, irc->n_clients, irc->most_clients);
	out_numeric(out, 266, "%zu %zu :Current global users %zu, max %zu", irc->n_clients, irc->most_clients, irc->n_clients, irc->most_clients);
}

void
verb_ping(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	irc_say(c, ":%s PONG %s :%.*s", irc->name, irc->name, (int)(line->params[0].n < 400 ? line->params[0].n : 400), line->params[0].p);
}

void
verb_pong(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	(void)irc, (void)line;
	c->pinged = false;
}

void
verb_motd(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_out out;

	(void)irc, (void)line;
	out_begin(&out, c);
	server_motd(&out);
	out_end(&out);
}

void
verb_lusers(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_out out;

	(void)irc, (void)line;
	out_begin(&out, c);
	server_lusers(&out);
	out_end(&out);
}

void
verb_version(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_out out;

	(void)line;
	out_begin(&out, c);
	out_numeric(&out, 351, "whiply %s :", irc->name);
	server_isupport(&out);
	out_end(&out);
}

void
verb_isupport(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_out out;

	(void)irc, (void)line;
	out_begin(&out, c);
	server_isupport(&out);
	out_end(&out);
}

void
verb_time(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	char now[32];

	(void)line;
	time_show(wh_wall_ms(irc->host), now);
	irc_numeric(c, 391, "%s :%s", irc->name, now);
}

void
verb_admin(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_out out;

	(void)line;
	if (irc->admin[0] == '\0') {
		irc_numeric(c, 423, "%s :Nobody is named here; set admin", irc->name);
		return;
	}
	out_begin(&out, c);
	out_numeric(&out, 256, "%s :Administrative info", irc->name);
	out_numeric(&out, 259, ":%s", irc->admin);
	out_end(&out);
}

void
verb_info(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	char since[32];
	struct irc_out out;

	(void)line;
	time_show(irc->started, since);
	out_begin(&out, c);
	out_numeric(&out, 371, ":whiply, a community server; it speaks IRC and more");
	out_numeric(&out, 371, ":started at %s", since);
	out_numeric(&out, 374, ":End of /INFO list");
	out_end(&out);
}

void
verb_links(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_out out;

	(void)line;
	out_begin(&out, c);
	out_numeric(&out, 364, "%s %s :0 %s", irc->name, irc->name, irc->network);
	out_numeric(&out, 365, "* :End of /LINKS list");
	out_end(&out);
}

/* HELP CMODES and UMODES, as other servers call them. */
static bool
help_modes(struct irc_out *out, struct wh_str about)
{
	const char *word = same_word(about, "CMODES") ? "CMODES" : same_word(about, "UMODES") ? "UMODES" : NULL;

	if (word == NULL)
		return false;
	out_numeric(out, 704, "%s :Modes of %s", word, *word == 'C' ? "channels" : "yourself");
	for (const struct irc_mode_row *m = *word == 'C' ? irc_channel_modes : irc_user_modes; m->letter != '\0'; m++)
		out_numeric(out, 705, "%s :%c: %s", word, m->letter, m->help);
	out_numeric(out, 706, "%s :End of /HELP", word);
	return true;
}

void
verb_help(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str about = line->n != 0 ? line->params[0] : WH_STR("");
	char names[350] = "";
	size_t n = 0;
	struct irc_out out;

	(void)irc;
	out_begin(&out, c);
	for (const struct irc_command *command = irc_commands; command->verb != NULL; command++) {
		if (about.n != 0 && same_word(about, command->verb)) {
			out_numeric(&out, 704, "%s :%s", command->verb, command->help);
			out_numeric(&out, 705, "%s :Write: %s", command->verb, command->usage);
			out_numeric(&out, 706, "%s :End of /HELP", command->verb);
			out_end(&out);
			return;
		}
	}
	if (help_modes(&out, about)) {
		out_end(&out);
		return;
	}
	if (about.n != 0) {
		bool word = about.p[0] != ':' && memchr(about.p, ' ', about.n) == NULL;

		out_numeric(&out, 524, "%.*s :There is no help on that; HELP alone lists what there is", word ? (int)about.n : 1, word ? about.p : "*");
		out_end(&out);
		return;
	}
	out_numeric(&out, 704, "* :HELP and a word tells more, HELP CMODES and UMODES of modes. There are:");
	for (const struct irc_command *command = irc_commands; command->verb != NULL; command++) {
		if (n + strlen(command->verb) + 2 > sizeof names) {
			out_numeric(&out, 705, "* :%s", names);
			n = 0;
		}
		n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", n != 0 ? " " : "", command->verb);
	}
	out_numeric(&out, 705, "* :%s", names);
	out_numeric(&out, 706, "* :End of /HELP");
	out_end(&out);
}

/* Operators: those whose role lets them, without another password. */

bool
operator_only(struct irc_client *c, const char *permission)
{
	struct wh_session *s = client_session(c);

	if (s != NULL && wh_session_may(c->irc->host, s, permission))
		return true;
	irc_numeric(c, 481, s != NULL && wh_session_reach(c->irc->host, s) < WH_ALLOW_ADMIN ? ":Operators are not served at this address: %s" :
	    ":That is for operators: %s", permission);
	return false;
}

void
verb_wallops(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	const struct wh_identity *who = client_identity(c);
	char source[160], text[IRC_LINE];

	if (!operator_only(c, "chat.moderate"))
		return;
	source_of(irc, who->name, who->id, source);
	text_flat(line->params[0], text, sizeof text - 200);
	for (struct irc_client *other = irc->clients; other != NULL; other = other->next)
		if ((other->modes & MODE_WALLOPS) != 0 && other->welcome)
			irc_say(other, ":%s WALLOPS :%s", source, text);
}

/* What is wrong with the config, line by line; then all is as it was. */
static void
rehashed(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct irc_out out;
	struct wh_str line;

	(void)task;
	out_begin(&out, c);
	if (err == WH_OK)
		out_server(&out, "NOTICE %s :The config was read, and holds from now on", c->nick);
	while (err != WH_OK && next_part(&result, '\n', &line))
		out_server(&out, "NOTICE %s :REHASH: %.*s", c->nick, WH_FMT(line));
	if (err != WH_OK)
		out_server(&out, "NOTICE %s :REHASH: nothing was changed", c->nick);
	out_end(&out);
}

void
verb_rehash(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_task *task;

	(void)irc, (void)line;
	if (!operator_only(c, "server.reload"))
		return;
	task = task_new(c, "REHASH", WH_STR(""), WH_STR(""));
	if (task == NULL)
		return;
	irc_numeric(c, 382, "whiply.conf :Rehashing");
	task->done = rehashed;
	task_run(task, "server.reload", NULL, 0);
}

void
verb_kill(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_person *p = person_by_nick(irc, line->params[0]);
	char why[IRC_KICK + 80], reason[IRC_KICK + 1];
	wh_id ids[IRC_SESSIONS];
	size_t n = 0;

	if (!operator_only(c, "chat.moderate"))
		return;
	if (p == NULL) {
		irc_numeric(c, 401, "%.*s :Nobody here has that nick", WH_FMT(line->params[0]));
		return;
	}
	text_flat(line->n > 1 ? line->params[1] : WH_STR("no reason"), reason, sizeof reason);
	snprintf(why, sizeof why, "Killed by %s: %s", c->nick, reason);
	for (; n < p->n && n < IRC_SESSIONS; n++)
		ids[n] = p->sessions[n];
	if (irc->notices.ops != NULL) {
		char told[IRC_KICK + 160];

		snprintf(told, sizeof told, "%s: %s", p->nick, why);
		wh_notice(&irc->notices, WH_TOPIC_KILLS, wh_str(told));
	}
	wh_host_log(irc->host, WH_INFO, "irc_kill", WH_T("nick", p->nick), WH_T("by", c->nick), WH_T("why", reason));
	for (size_t i = 0; i < n; i++) {
		struct wh_session *s = wh_session_get(irc->host, ids[i]);

		if (s != NULL)
			wh_session_close(irc->host, s, 4003, wh_str(why));
	}
}

void
verb_error(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	(void)irc, (void)c, (void)line;
}
