/* The plugin irc: its tables, and the life of a client from the first line to the last. */
#include <stdio.h>
#include <stdlib.h>

#include "irc.h"

enum irc_metric { M_CLIENTS, M_LINES, M_END };

static const struct wh_metric irc_metrics[] = {
	[M_CLIENTS] = { "whiply_irc_clients", WH_GAUGE, .help = "Clients that speak IRC." },
	[M_LINES] = { "whiply_irc_lines_total", WH_COUNTER, .label = "verb", .help = "Lines that clients sent." },
	[M_END] = { 0 }
};

const struct irc_command irc_commands[] = {
	{ "ADMIN", 0, 0, verb_admin, "ADMIN", "who runs this server" },
	{ "AUTHENTICATE", 1, VERB_EARLY, verb_authenticate, "AUTHENTICATE mechanism", "sign in by SASL" },
	{ "AWAY", 0, VERB_EARLY, verb_away, "AWAY [:reason]", "say that you are away, or back" },
	{ "BATCH", 1, 0, verb_batch, "BATCH +name draft/multiline target", "a message of several lines" },
	{ "CAP", 1, VERB_EARLY, verb_cap, "CAP LS|LIST|REQ|END", "agree on capabilities" },
	{ "CHANSERV", 0, 0, verb_chanserv, "CS words", "channels, by the words of old" },
	{ "CHATHISTORY", 1, 0, verb_chathistory, "CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN target mark limit", "read what was said" },
	{ "CS", 0, 0, verb_chanserv, "CS words", "the same as CHANSERV" },
	{ "DLINE", 1, 0, verb_dline, "DLINE [minutes] network|nick [:reason]", "keep a network out; for operators" },
	{ "ERROR", 0, VERB_EARLY, verb_error, "ERROR", "only servers say that" },
	{ "HELP", 0, VERB_EARLY, verb_help, "HELP [word]", "what can be said" },
	{ "HELPOP", 0, 0, verb_help, "HELP [word]", "the same as HELP" },
	{ "INFO", 0, 0, verb_info, "INFO", "what this server is" },
	{ "INVITE", 0, 0, verb_invite, "INVITE [nick #channel]", "ask somebody into a channel; alone: where you were asked to come" },
	{ "ISON", 1, 0, verb_ison, "ISON nicks", "which of them are here" },
	{ "ISUPPORT", 0, VERB_EARLY, verb_isupport, "ISUPPORT", "what this server can, as it is told at the beginning" },
	{ "JOIN", 1, 0, verb_join, "JOIN #channel[,#channel] [key[,key]]", "enter channels" },
	{ "KICK", 2, 0, verb_kick, "KICK #channel nick[,nick] [:reason]", "send somebody out" },
	{ "KILL", 1, 0, verb_kill, "KILL nick :reason", "close somebody's connections; for operators" },
	{ "KLINE", 1, 0, verb_kline, "KLINE [minutes] *@network|$a:account|nick!*@*|nick [:reason]", "keep somebody out; for operators" },
	{ "LINKS", 0, 0, verb_links, "LINKS", "the servers, of which there is one" },
	{ "LIST", 0, 0, verb_list, "LIST [*part*|!*part*|>n|<n|C>n|T<n,…]", "the channels that anybody may see: of those names, so many people, made or with a topic set so many minutes ago" },
	{ "LUSERS", 0, 0, verb_lusers, "LUSERS", "how many are here" },
	{ "MARKREAD", 0, 0, verb_markread, "MARKREAD target [timestamp=…]", "how far you have read, on all your clients" },
	{ "METADATA", 2, VERB_EARLY, verb_metadata, "METADATA *|nick|#channel GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC [key [:value]]", "what people and channels say of themselves" },
	{ "MODE", 1, 0, verb_mode, "MODE #channel|nick [letters [values]]", "read or set modes" },
	{ "MONITOR", 1, 0, verb_monitor, "MONITOR + nicks, - nicks, C, L or S", "be told when somebody comes or goes" },
	{ "MOTD", 0, 0, verb_motd, "MOTD", "the message of the day" },
	{ "NAMES", 0, 0, verb_names, "NAMES #channel", "who is in a channel" },
	{ "NICK", 0, VERB_EARLY, verb_nick, "NICK nick", "choose a nick" },
	{ "NICKSERV", 0, 0, verb_nickserv, "NS words", "accounts, by the words of old" },
	{ "NOTICE", 0, 0, verb_notice, "NOTICE target :text", "say something that needs no answer" },
	{ "NS", 0, 0, verb_nickserv, "NS words", "the same as NICKSERV" },
	{ "OPER", 2, 0, verb_oper, "OPER account password", "sign in as an operator" },
	{ "PART", 1, 0, verb_part, "PART #channel [:reason]", "leave channels" },
	{ "PASS", 1, VERB_EARLY, verb_pass, "PASS account:password", "sign in without SASL, or show the server's password" },
	{ "PING", 1, VERB_EARLY, verb_ping, "PING word", "is the server there" },
	{ "PONG", 0, VERB_EARLY, verb_pong, "PONG word", "answers a PING" },
	{ "PRIVMSG", 0, 0, verb_privmsg, "PRIVMSG target :text", "say something" },
	{ "QUIT", 0, VERB_EARLY, verb_quit, "QUIT [:reason]", "leave the server" },
	{ "REDACT", 2, 0, verb_redact, "REDACT target msgid [:reason]", "take a message back" },
	{ "REGISTER", 3, VERB_EARLY, verb_register, "REGISTER account|* mail|* password", "make an account" },
	{ "REHASH", 0, 0, verb_rehash, "REHASH", "read the config anew; for operators" },
	{ "RELAYMSG", 3, 0, verb_relaymsg, "RELAYMSG #channel name/network :text", "say what somebody said elsewhere; for bridges" },
	{ "RENAME", 2, 0, verb_rename, "RENAME #channel #name [:reason]", "give a channel another name" },
	{ "RESV", 1, 0, verb_resv, "RESV [minutes] nick|#channel [:reason]", "nobody may take that nick, or enter that channel; for operators" },
	{ "SETNAME", 1, 0, verb_setname, "SETNAME :name", "change the name behind your nick" },
	{ "STATS", 0, 0, verb_stats, "STATS d|e|k|l|m|o|p|q|u", "bans, exceptions, clients, verbs, operators, reserved nicks, how long it runs" },
	{ "TAGMSG", 1, 0, verb_tagmsg, "TAGMSG target", "typing and reactions" },
	{ "TESTLINE", 1, 0, verb_testline, "TESTLINE network|nick|#channel|$a:account", "what would become of somebody; for operators" },
	{ "TIME", 0, 0, verb_time, "TIME", "the server's time" },
	{ "TOPIC", 1, 0, verb_topic, "TOPIC #channel [:topic]", "read or set a topic" },
	{ "UNDLINE", 1, 0, verb_undline, "UNDLINE network", "take a DLINE back" },
	{ "UNKLINE", 1, 0, verb_unkline, "UNKLINE *@network|$a:account|nick!*@*", "take a KLINE back" },
	{ "UNRESV", 1, 0, verb_unresv, "UNRESV nick|#channel", "take a RESV back" },
	{ "USER", 4, VERB_EARLY, verb_user, "USER user 0 * :name", "say who you are, at the beginning" },
	{ "USERHOST", 1, 0, verb_userhost, "USERHOST nicks", "the hosts of up to five people" },
	{ "VERIFY", 2, VERB_EARLY, verb_verify, "VERIFY account code", "confirm a mail address" },
	{ "VERSION", 0, 0, verb_version, "VERSION", "what runs here" },
	{ "WALLOPS", 1, 0, verb_wallops, "WALLOPS :text", "tell everyone with mode w; for operators" },
	{ "WEBIRC", 4, VERB_EARLY, verb_webirc, "WEBIRC password gateway host address", "a gateway says for whom it speaks" },
	{ "WEBPUSH", 2, 0, verb_webpush, "WEBPUSH REGISTER|UNREGISTER endpoint [keys]", "be told while nobody of you is connected" },
	{ "WHO", 0, 0, verb_who, "WHO #channel|nick [%fields]", "who is in a channel" },
	{ "WHOIS", 0, 0, verb_whois, "WHOIS nick", "who somebody is" },
	{ "WHOWAS", 0, 0, verb_whowas, "WHOWAS nick", "who somebody was" },
	{ 0 }
};

struct irc_client *
client_of(struct irc *irc, struct wh_session *s)
{
	const struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);

	return slot->client;
}

struct wh_session *
client_session(const struct irc_client *c)
{
	return wh_session_get(c->irc->host, c->session);
}

bool
client_secure(const struct irc_client *c)
{
	struct wh_session *s = client_session(c);

	return s != NULL && !c->insecure && wh_session_secure(c->irc->host, s);
}

const struct wh_identity *
client_identity(const struct irc_client *c)
{
	static const struct wh_identity nobody = { .kind = WH_GUEST };
	const struct wh_session *s = client_session(c);

	return s != NULL ? wh_session_identity(c->irc->host, s) : &nobody;
}

void
irc_changed(struct irc_client *c)
{
	struct wh_session *s = client_session(c);

	if (s != NULL)
		wh_session_changed(c->irc->host, s);
}

/* Clients */

static struct irc_client *
client_new(struct irc *irc, struct wh_session *s)
{
	struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);
	struct irc_client *c = wh_new(irc->host, sizeof *c);

	if (c == NULL)
		return NULL;
	c->irc = irc;
	c->session = wh_session_id(irc->host, s);
	c->heard_ms = wh_now_ms(irc->host);
	c->next = irc->clients;
	if (irc->clients != NULL)
		irc->clients->prev = c;
	irc->clients = c;
	irc->n_clients++;
	slot->client = c;
	wh_metric_set(irc->host, &irc_metrics[M_CLIENTS], (int64_t)irc->n_clients);
	return c;
}

static struct irc_held *
client_unhold(struct irc_client *c)
{
	struct irc_held *held = c->held;

	c->held = held->next;
	if (c->held == NULL)
		c->held_last = NULL;
	c->n_held--;
	return held;
}

static void
client_free(struct irc_client *c)
{
	struct irc *irc = c->irc;

	watches_drop(c);
	multiline_drop(c);
	list_drop(c);
	while (c->held != NULL)
		wh_delete(irc->host, client_unhold(c));
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		irc->clients = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	irc->n_clients--;
	wh_metric_set(irc->host, &irc_metrics[M_CLIENTS], (int64_t)irc->n_clients);
	wh_delete(irc->host, c->sasl);
	wh_delete(irc->host, c);
}

static void
irc_open_session(void *self, struct wh_session *s)
{
	struct irc *irc = self;

	if (client_new(irc, s) == NULL)
		wh_session_close(irc->host, s, 1013, WH_STR("the server has no memory left; try again"));
}

static void
client_line(struct irc_client *c, const struct irc_line *line)
{
	struct irc *irc = c->irc;
	const struct irc_command *command = irc_commands;

	while (command->verb != NULL && !same_word(line->verb, command->verb))
		command++;
	wh_metric_add_for(irc->host, &irc_metrics[M_LINES], wh_str(command->verb != NULL ? command->verb : "unknown"), 1);
	if (command->verb == NULL)
		irc_numeric(c, 421, "%.*s :There is no such command; HELP lists those that there are", (int)(line->verb.n < 50 ? line->verb.n : 50), line->verb.p);
	else if (!c->welcome && (command->flags & VERB_EARLY) == 0)
		irc_numeric(c, 451, ":First say who you are, with NICK and USER");
	else if (line->n < command->least || (command->least != 0 && line->params[0].n == 0))
		irc_numeric(c, 461, "%s :Write: %s", command->verb, command->usage);
	else
		command->run(irc, c, line);
}

/* What a line that can't be read was about: its first word of letters alone, behind tags and source. */
static void
verb_guess(struct wh_str bytes, char *to, size_t cap)
{
	struct wh_str word = { NULL, 0 };
	size_t n = 0;

	while (next_part(&bytes, ' ', &word) && (word.p[0] == '@' || word.p[0] == ':'))
		word.n = 0;
	while (n < word.n && n + 1 < cap && ((word.p[n] >= 'a' && word.p[n] <= 'z') || (word.p[n] >= 'A' && word.p[n] <= 'Z'))) {
		to[n] = (char)(word.p[n] & ~0x20);
		n++;
	}
	to[n] = '\0';
	if (n == 0 || n != word.n)
		snprintf(to, cap, "*");
}

static void
client_receive(struct irc_client *c, struct wh_str bytes, unsigned flags)
{
	struct irc_line line;
	struct wh_str label;

	while (bytes.n != 0 && (bytes.p[bytes.n - 1] == '\r' || bytes.p[bytes.n - 1] == '\n'))
		bytes.n--;
	if ((flags & WH_CUT) != 0) {
		irc_numeric(c, 417, ":That line is too long");
		return;
	}
	if (!text_is_utf8(bytes) || (bytes.n != 0 && memchr(bytes.p, '\0', bytes.n) != NULL)) {
		char verb[16];

		verb_guess(bytes, verb, sizeof verb);
		irc_fail(c, verb, "INVALID_UTF8", "", WH_STR("Write in UTF-8; that line was not, and is lost"));
		return;
	}
	if (!line_read(bytes, &line))
		return;
	if (line.tags.n > IRC_TAGS - 2) {
		irc_numeric(c, 417, ":Those tags are too long");
		return;
	}
	/* It goes back as it came. */
	if ((c->caps & (CAP_LABELS | CAP_BATCH)) == (CAP_LABELS | CAP_BATCH) && (label = line_tag_raw(&line, "label")).n <= IRC_LABEL)
		text_flat(label, c->label, sizeof c->label);
	if (!multiline_line(c, &line))
		client_line(c, &line);
	if (c->label[0] != '\0') {
		struct irc_out out;

		out_begin(&out, c);
		out_end(&out);
	}
}

static enum wh_err
irc_farewell(void *self, unsigned code, struct wh_str reason, struct wh_out *out)
{
	(void)self, (void)code;
	wh_out_fmt(out, "ERROR :Closing link: %.*s", WH_FMT(reason));
	return WH_OK;
}

/* What is said is written before it is told, while leaving takes no time: who says something and goes must not be gone before. */
static bool
must_wait(struct wh_str bytes)
{
	static const char *const verbs[] = { "PART", "QUIT", "KICK", "MODE", "NICK", "RENAME" };
	char verb[16];

	verb_guess(bytes, verb, sizeof verb);
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

static bool
client_hold(struct irc_client *c, struct wh_str bytes, unsigned flags)
{
	struct irc_held *held = c->n_held < IRC_HELD ? wh_new(c->irc->host, sizeof *held + bytes.n + 1) : NULL;

	if (held == NULL)
		return false;
	held->flags = flags;
	held->n = bytes.n;
	if (bytes.n != 0)
		memcpy(held->text, bytes.p, bytes.n);
	if (c->held_last != NULL)
		c->held_last->next = held;
	else
		c->held = held;
	c->held_last = held;
	c->n_held++;
	return true;
}

void
irc_drain(struct irc_client *c)
{
	struct irc *irc = c->irc;
	wh_id session = c->session;

	if (c->draining || c->held == NULL || c->tasks != 0)
		return;
	c->draining = true;
	while (c != NULL && c->held != NULL && c->tasks == 0 && !c->quitting) {
		struct irc_held *held = client_unhold(c);
		struct wh_session *s;

		client_receive(c, (struct wh_str){ held->text, held->n }, held->flags);
		wh_delete(irc->host, held);
		/* The line may have ended it. */
		s = wh_session_get(irc->host, session);
		c = s != NULL ? client_of(irc, s) : NULL;
	}
	if (c != NULL)
		c->draining = false;
}

static void
irc_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	struct irc *irc = self;
	struct irc_client *c = client_of(irc, s);

	if (c == NULL || c->quitting)
		return;
	c->heard_ms = wh_now_ms(irc->host);
	c->pinged = false;
	if ((c->held == NULL && (c->tasks == 0 || !must_wait(bytes))) || !client_hold(c, bytes, flags))
		client_receive(c, bytes, flags);
}

/* The sender of a message is told by the answer to it; see said() in message.c. */
static bool
irc_echoes(void *self, struct wh_session *s)
{
	(void)self, (void)s;
	return false;
}

static void
irc_tick(void *self, uint64_t cookie)
{
	struct irc *irc = self;
	int64_t now = wh_now_ms(irc->host);

	(void)cookie;
	for (struct irc_client *c = irc->clients, *next; c != NULL; c = next) {
		struct wh_session *s = client_session(c);
		int64_t silent = now - c->heard_ms;

		next = c->next;
		if (s == NULL || silent < irc->set.ping_ms)
			continue;
		if (c->pinged || !c->welcome) {
			snprintf(c->quit, sizeof c->quit, "Ping timeout: %lld seconds", (long long)(silent / 1000));
			wh_session_close(irc->host, s, 4000, wh_str(c->quit));
		} else {
			c->pinged = true;
			irc_say(c, "PING :%s", irc->name);
		}
	}
}

/* Presence */

struct quitting {
	const struct irc_person *who;
	const char *source, *why;
};

static void
quit_tell(struct irc_client *c, const void *arg)
{
	const struct quitting *q = arg;

	irc_say_of(c, q->who, ":%s QUIT :%s", q->source, q->why);
}

/* A person leaves all rooms at once: each client hears of it once, and not from each room. */
static void
session_ending(struct irc *irc, struct wh_session *s)
{
	const struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);
	const struct irc_client *c = slot->client;
	char source[160];

	/* Who stays is only away. */
	if (slot->person == NULL || slot->person->n > 1 || irc->chat->stays(irc->chat_self, wh_str(slot->person->id)))
		return;
	source_of(irc, wh_str(slot->person->name), wh_str(slot->person->id), source);
	irc->ending = slot->person->id;
	peers_each(irc, s, false, quit_tell, &(struct quitting){ slot->person, source, c != NULL && c->quit[0] != '\0' ? c->quit : "Connection closed" });
}

static void
session_ended(struct irc *irc, struct wh_session *s)
{
	struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);
	const struct wh_identity *who = wh_session_identity(irc->host, s);
	struct irc_client *c = slot->client;

	if (c != NULL && c->welcome) {
		struct irc_was *was = &irc->was[irc->was_at++ % IRC_WAS];
		const char *user;

		source_parts(irc, who->name, who->id, was->nick, &user, was->host);
		text_flat(wh_str(user), was->user, sizeof was->user);
		text_flat(wh_str(c->real), was->real, sizeof was->real);
		was->at = wh_wall_ms(irc->host);
	}
	irc->ending = NULL;
	person_leave(irc, s);
	if (c != NULL) {
		if (irc->sasl != NULL && c->sasl_open)
			irc->sasl->abort(irc->sasl_self, s);
		client_free(c);
		slot->client = NULL;
	}
}

struct becoming {
	const struct irc_person *who;
	const char *source, *nick, *account, *user, *host;
};

static void
become_tell_account(struct irc_client *c, const void *arg)
{
	const struct becoming *b = arg;

	if ((c->caps & CAP_ACCOUNT) != 0)
		irc_say_of(c, b->who, ":%s!%s@%s ACCOUNT %s", b->nick, b->user, b->host, b->account);
}

/* Who watches the nick is told what is another than before, by what they asked for. */
static void
become_tell_watcher(struct irc_client *c, const void *arg)
{
	const struct becoming *b = arg;

	if ((c->caps & CAP_CHGHOST) != 0)
		irc_say_of(c, b->who, ":%s CHGHOST %s %s", b->source, b->user, b->host);
	become_tell_account(c, arg);
}

static void
become_tell(struct irc_client *c, const void *arg)
{
	const struct becoming *b = arg;
	size_t n = strcspn(b->source, "!");

	/* A host is who somebody is, and that changed. */
	if ((c->caps & CAP_CHGHOST) != 0)
		irc_say_of(c, b->who, ":%s CHGHOST %s %s", b->source, b->user, b->host);
	if (strlen(b->nick) != n || memcmp(b->nick, b->source, n) != 0)
		irc_say_of(c, b->who, ":%.*s!%s@%s NICK :%s", (int)n, b->source, b->user, b->host, b->nick);
	become_tell_account(c, arg);
}

/* A guest signed in, or somebody out: it is another person now. */
static void
session_identified(struct irc *irc, struct wh_session *s)
{
	struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);
	struct irc_person *before = slot->person;
	struct irc_client *c = slot->client;
	const struct wh_identity *who = wh_session_identity(irc->host, s);
	bool other = before != NULL && !wh_str_is(who->id, before->id);
	char source[160] = "", account[IRC_NICK + 1] = "*";

	if (other)
		source_of(irc, wh_str(before->name), wh_str(before->id), source);
	person_enter(irc, s, false);
	if (!other || slot->person == NULL)
		return;
	if (slot->person->account)
		nick_show(wh_str(slot->person->name), account);
	if (c == NULL || c->welcome) {
		char nick[IRC_NICK + 1], host[IRC_HOST + 1];
		const char *user;

		source_parts(irc, wh_str(slot->person->name), wh_str(slot->person->id), nick, &user, host);
		const struct becoming becoming = { slot->person, source, slot->person->nick, account, user, host };

		peers_each(irc, s, true, become_tell, &becoming);
		watchers_each(irc, slot->person, strcspn(source, "!") == strlen(becoming.nick) && strncmp(source, becoming.nick, strlen(becoming.nick)) == 0 ?
		    become_tell_watcher : become_tell_account, &becoming);
	}
	if (c != NULL && c->welcome)
		memcpy(c->nick, slot->person->nick, sizeof c->nick);
}

static enum wh_verdict
irc_presence(void *self, struct wh_presence *p)
{
	struct irc *irc = self;

	switch (p->what) {
	case WH_OPENED:
		person_enter(irc, p->session, false);
		break;
	case WH_IDENTIFIED:
		session_identified(irc, p->session);
		break;
	case WH_ENDING:
		session_ending(irc, p->session);
		break;
	case WH_ENDED:
		session_ended(irc, p->session);
		break;
	default:
		break;
	}
	return WH_PASS;
}

/* Papers: lines, so that what is added later stands behind. */

static enum wh_verdict
irc_save(void *self, struct wh_papers *p)
{
	struct irc *irc = self;
	const struct irc_client *c = client_of(irc, p->session);
	char watches[IRC_MONITOR_BYTES + 1];

	if (c == NULL)
		return WH_PASS;
	watches_write(c, watches);
	wh_out_fmt(p->save, "1\n%s\n%s\n%s\n%s\n%x\n%x\n%u\n%d\n%s\n%lld\n%s\n%s\n", c->nick, c->user, c->real, c->away, c->caps, c->modes, c->cap_version, (c->welcome ? 1 : c->negotiating ? 2 : 0) | (c->insecure ? 4 : 0),
	    c->address, (long long)c->since, watches, c->subs);
	return WH_PASS;
}

static struct wh_str
paper_line(struct wh_str *rest)
{
	const char *end = rest->n != 0 ? memchr(rest->p, '\n', rest->n) : NULL;
	struct wh_str line = { rest->p, end != NULL ? (size_t)(end - rest->p) : rest->n };

	*rest = wh_str_from(*rest, line.n + (end != NULL));
	return line;
}

static uint32_t
paper_number(struct wh_str *rest, int base)
{
	char text[16];

	text_flat(paper_line(rest), text, sizeof text);
	return (uint32_t)strtoul(text, NULL, base);
}

static enum wh_verdict
irc_load(void *self, struct wh_papers *p)
{
	struct irc *irc = self;
	struct wh_str rest = p->load;
	struct irc_client *c;
	char since[24];
	uint32_t state;

	if (!wh_str_is(paper_line(&rest), "1") || client_of(irc, p->session) != NULL || (c = client_new(irc, p->session)) == NULL)
		return WH_PASS;
	text_flat(paper_line(&rest), c->nick, sizeof c->nick);
	text_flat(paper_line(&rest), c->user, sizeof c->user);
	text_flat(paper_line(&rest), c->real, sizeof c->real);
	text_flat(paper_line(&rest), c->away, sizeof c->away);
	c->caps = paper_number(&rest, 16);
	c->modes = paper_number(&rest, 16);
	c->cap_version = paper_number(&rest, 10);
	state = paper_number(&rest, 10);
	c->insecure = (state & 4) != 0;
	c->welcome = (state & 3) == 1;
	c->negotiating = (state & 3) == 2;
	text_flat(paper_line(&rest), c->address, sizeof c->address);
	text_flat(paper_line(&rest), since, sizeof since);
	c->since = strtoll(since, NULL, 10);
	watches_read(c, paper_line(&rest));
	text_flat(paper_line(&rest), c->subs, sizeof c->subs);
	if (c->address[0] != '\0')
		wh_session_address_set(irc->host, p->session, wh_str(c->address));
	return WH_PASS;
}

static bool
enter_each(void *self, struct wh_session *s)
{
	person_enter(self, s, true);
	return true;
}

static enum wh_verdict
irc_recovered(void *self, struct wh_recovered *r)
{
	struct irc *irc = self;

	(void)r;
	wh_session_each(irc->host, enter_each, irc);
	return WH_PASS;
}

/* What was being signed in or named when the hub died has no answer, and is tried again. */
static void
irc_session_recovered(void *self, struct wh_session *s)
{
	struct irc *irc = self;
	struct irc_client *c = client_of(irc, s);

	if (c == NULL)
		irc_open_session(irc, s);
	else if (!c->welcome)
		register_try(c);
	else
		channels_stayed(c, false);
}

/* Opening */

static enum wh_err
irc_reload(void *self, const struct wh_conf *conf)
{
	struct irc *irc = self;

	text_flat(wh_conf_str(conf, "name"), irc->name, sizeof irc->name);
	text_flat(wh_conf_str(conf, "network"), irc->network, sizeof irc->network);
	text_flat(wh_conf_str(conf, "admin"), irc->admin, sizeof irc->admin);
	text_flat(wh_conf_str(conf, "icon"), irc->icon, sizeof irc->icon);
	text_flat(wh_conf_str(conf, "password"), irc->pass, sizeof irc->pass);
	snprintf(irc->motd, sizeof irc->motd, "%.*s", WH_FMT(wh_conf_str(conf, "motd")));
	irc->set = (struct irc_settings){ .ping_ms = wh_conf_ms(conf, "ping"), .crowd = wh_conf_int(conf, "crowd"), .replay = wh_conf_int(conf, "replay"),
		.sts_port = wh_conf_int(conf, "sts_port"), .sts_seconds = wh_conf_ms(conf, "sts") / 1000, .relaymsg = wh_conf_bool(conf, "relaymsg"),
		.nick_is_account = wh_conf_bool(conf, "nick_is_account"),
		/* Nicks that are here stand in a dictionary. */
		.precis = irc->people != NULL ? irc->set.precis : wh_str_is(wh_conf_str(conf, "casemapping"), "precis") };
	irc->n_gateways = 0;
	for (size_t i = 0; i < wh_conf_count(conf, "webirc") && i < IRC_GATEWAYS; i++) {
		const struct wh_conf *one = wh_conf_table(conf, "webirc", i);
		struct irc_gateway *gateway = &irc->gateways[irc->n_gateways++];

		text_flat(wh_conf_str(one, "password"), gateway->password, sizeof gateway->password);
		text_flat(wh_conf_str(one, "from"), gateway->from, sizeof gateway->from);
	}
	return WH_OK;
}

static bool
close_each(void *self, struct wh_session *s)
{
	struct irc *irc = self;
	struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);

	*slot = (struct irc_slot){ .client = NULL };
	return true;
}

static void
irc_close(void *self)
{
	struct irc *irc = self;

	wh_timer_stop(irc->host, irc->tick);
	if (irc->sasl != NULL)
		irc->sasl->forget(irc->sasl_self, irc);
	if (irc->accounts != NULL)
		irc->accounts->forget(irc->accounts_self, irc);
	if (irc->chat != NULL) {
		irc->chat->describe(irc->chat_self, NULL, NULL);
		irc->chat->forget(irc->chat_self, irc);
	}
	if (irc->profile != NULL)
		irc->profile->forget(irc->profile_self, irc);
	while (irc->tasks != NULL)
		task_free(irc->tasks);
	while (irc->clients != NULL)
		client_free(irc->clients);
	if (irc->slot != NULL)
		wh_session_each(irc->host, close_each, irc);
	people_free(irc);
	watches_free(irc);
	wh_delete(irc->host, irc);
}

static enum wh_err
irc_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct irc *irc = wh_new(host, sizeof *irc);
	void *self = NULL;

	if (irc == NULL)
		return WH_ENOMEM;
	irc->host = host;
	irc_reload(irc, conf);
	irc->chat = wh_service_find(host, "chat", WH_CHAT_VERSION, &self);
	irc->chat_self = self;
	irc->chat->describe(irc->chat_self, mask_describe, irc);
	irc->accounts = wh_service_find(host, "accounts", WH_ACCOUNTS_VERSION, &self);
	irc->accounts_self = self;
	irc->sasl = wh_service_find(host, "sasl", WH_SASL_VERSION, &self);
	irc->sasl_self = self;
	irc->profile = wh_service_find(host, "profile", WH_PROFILE_VERSION, &self);
	irc->profile_self = self;
	irc->push = wh_service_find(host, "push", WH_PUSH_VERSION, &self);
	irc->push_self = self;
	irc->bans = wh_service_find(host, "bans", WH_BANS_VERSION, &self);
	irc->bans_self = self;
	wh_notices_find(host, &irc->notices);
	irc->started = wh_wall_ms(host);
	irc->people = wh_dict_new(host, 0);
	irc->nicks = wh_dict_new(host, 0);
	irc->watches = wh_dict_new(host, 0);
	irc->slot = wh_session_slot(host, "irc.session", sizeof(struct irc_slot));
	if (irc->people == NULL || irc->nicks == NULL || irc->watches == NULL || irc->slot == NULL) {
		irc_close(irc);
		return WH_ENOMEM;
	}
	people_open(irc);
	metadata_open(irc);
	rename_open(irc);
	irc->tick = wh_timer_start(host, 15000, 15000, irc_tick, 0);
	wh_session_each(host, close_each, irc);
	wh_session_each(host, enter_each, irc);
	*self_out = irc;
	return WH_OK;
}

static const struct wh_dialect irc_dialects[] = {
	{ "irc", .subprotocol = "text.ircv3.net", .line = true, .lines = true, .open = irc_open_session, .receive = irc_receive, .render = irc_render,
	    .farewell = irc_farewell, .recovered = irc_session_recovered, .echoes = irc_echoes },
	{ "irc.binary", .subprotocol = "binary.ircv3.net", .binary = true, .lines = true, .open = irc_open_session, .receive = irc_receive,
	    .render = irc_render, .farewell = irc_farewell, .recovered = irc_session_recovered, .echoes = irc_echoes },
	{ 0 }
};

static const struct wh_hook irc_hooks[] = {
	{ WH_ON_PRESENCE, .order = 10, .presence = irc_presence },
	{ WH_ON_SAVE, .order = 50, .papers = irc_save },
	{ WH_ON_LOAD, .order = 50, .papers = irc_load },
	{ WH_ON_RECOVERED, .order = 10, .recovered = irc_recovered },
	{ 0 }
};

static const struct wh_setting webirc_settings[] = {
	{ "password", WH_STRING, .required = true, .secret = true, .min = "8", .max = "128", .help = "what it shows" },
	{ "from", WH_STRING, .required = true, .help = "its address" },
	{ 0 }
};

static const struct wh_setting irc_settings[] = {
	{ "name", WH_STRING, .def = "irc.localhost", .help = "the server's name, as clients see it" },
	{ "network", WH_STRING, .def = "whiply", .help = "the network's name, one word" },
	{ "casemapping", WH_CHOICE, .on_open = true, .choices = "ascii|precis", .def = "ascii", .help = "which nicks are the same: by the case of A to Z, or by RFC 8265; read when the plugin opens" },
	{ "nick_is_account", WH_BOOL, .def = "true", .help = "the nick of who is signed in is the account's name; false: they choose it, and it is never another account's" },
	{ "icon", WH_STRING, .def = "", .max = "200", .help = "the network's picture, a URL with https; empty: none is told" },
	{ "motd", WH_STRING, .def = "", .help = "the message of the day; lines are parted by \\n" },
	{ "admin", WH_STRING, .def = "", .help = "who runs this server, for ADMIN" },
	{ "password", WH_STRING, .secret = true, .def = "", .help = "what guests have to send with PASS; empty: nothing" },
	{ "ping", WH_DURATION, .def = "2m", .min = "20s", .max = "1h", .help = "silence after which a client is asked for a sign of life; as long again, and it is closed" },
	{ "crowd", WH_INT, .def = "100", .min = "1", .max = "10000", .help = "members above which a room is not told of AWAY, NICK, QUIT and the like at once; as chat's crowd" },
	{ "replay", WH_INT, .def = "0", .min = "0", .max = "100", .help = "messages that a client is told when it enters a channel, if it can't ask for history; who is always on: those that it missed" },
	{ "relaymsg", WH_BOOL, .def = "false", .help = "may those with the permission chat.relay pass on what was said elsewhere, by RELAYMSG" },
	{ "sts_port", WH_INT, .def = "0", .min = "0", .max = "65535", .help = "the port with TLS that clients shall use from now on; 0: none is told" },
	{ "sts", WH_DURATION, .def = "30d", .min = "1m", .max = "3650d", .help = "how long clients remember that" },
	{ "webirc", WH_TABLES, .table = webirc_settings, .help = "gateways that say for others from where they come; at most 8" },
	{ 0 }
};

static const char *const irc_needs[] = { "chat", "?accounts", "?sasl", "?profile", "?push", "?bans", "?notices", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("irc", "1.0", "rooms over the IRC protocol"),
	.needs = irc_needs,
	.settings = irc_settings,
	.hooks = irc_hooks,
	.metrics = irc_metrics,
	.dialects = irc_dialects,
	.open = irc_open,
	.close = irc_close,
	.reload = irc_reload,
};
