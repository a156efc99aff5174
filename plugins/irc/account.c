/* Accounts and channels by the words of old: REGISTER and VERIFY, NickServ, ChanServ, OPER. Each is another name of a command. */
#include <stdarg.h>
#include <stdio.h>

#include "irc.h"

static void
service_say(struct irc_client *c, const char *service, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
service_say(struct irc_client *c, const char *service, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	irc_say(c, ":%s!services@%s NOTICE %s :%s", service, c->irc->name, c->nick[0] != '\0' ? c->nick : "*", text);
}

/* REGISTER account mail password; VERIFY account code */

/* A command has one error for what can't be; its sentence says which part it is. */
static const char *
flaw_code(struct wh_str why)
{
	return why.n != 0 && memmem(why.p, why.n, "password", 8) != NULL ? "WEAK_PASSWORD" :
	    why.n != 0 && memmem(why.p, why.n, "mail", 4) != NULL ? "INVALID_EMAIL" : "BAD_ACCOUNT_NAME";
}

static void
registered(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	const struct wh_identity *who = client_identity(c);
	char source[160];
	struct irc_out out;

	if (err != WH_OK) {
		irc_fail(c, "REGISTER", err == WH_EEXIST ? "ACCOUNT_EXISTS" : err == WH_EINVAL ? flaw_code(result) :
		    "TEMPORARILY_UNAVAILABLE", task->target, result);
		return;
	}
	source_of(c->irc, who->name, who->id, source);
	out_begin(&out, c);
	if (who->kind == WH_ACCOUNT) {
		out_server(&out, "REGISTER SUCCESS %s :The account is made, and you are signed in", task->target);
		out_numeric(&out, 900, "%s %s :You are signed in as %s", source, task->target, task->target);
	} else {
		out_server(&out, "REGISTER VERIFICATION_REQUIRED %s :The account waits for a moderator", task->target);
	}
	out_end(&out);
}

static void
register_account(struct irc_client *c, struct wh_str name, struct wh_str mail, struct wh_str password)
{
	struct wh_item items[3];
	struct irc_task *task = task_new(c, "REGISTER", name, WH_STR(""));
	size_t n = 0;

	if (task == NULL)
		return;
	items[n++] = WH_ITEM_STR("name", name);
	items[n++] = WH_ITEM_STR("password", password);
	if (mail.n != 0 && !wh_str_is(mail, "*"))
		items[n++] = WH_ITEM_STR("mail", mail);
	task->done = registered;
	task_run(task, "auth.register", items, n);
}

void
verb_register(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str name = line->params[0];
	char context[IRC_NICK * 2];

	text_flat(name, context, sizeof context);
	if (irc->accounts == NULL) {
		irc_fail(c, "REGISTER", "DISALLOWED", "", WH_STR("There are no accounts here"));
		return;
	}
	if (client_identity(c)->kind == WH_ACCOUNT) {
		irc_fail(c, "REGISTER", "ALREADY_AUTHENTICATED", context, WH_STR("You are signed in already"));
		return;
	}
	if (c->nick[0] == '\0') {
		irc_fail(c, "REGISTER", "NEED_NICK", "*", WH_STR("First choose a nick, with NICK"));
		return;
	}
	if (wh_str_is(name, "*"))
		name = wh_str(c->nick);
	register_account(c, name, line->params[1], line->params[2]);
}

static void
verified(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	if (err == WH_OK)
		irc_say(c, ":%s VERIFY SUCCESS %s :The address is confirmed", c->irc->name, task->target);
	else
		irc_fail(c, "VERIFY", "INVALID_CODE", task->target, result);
}

void
verb_verify(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	const struct wh_item item = WH_ITEM_STR("token", line->params[1]);
	struct irc_task *task;

	if (irc->accounts == NULL) {
		irc_fail(c, "VERIFY", "DISALLOWED", "", WH_STR("There are no accounts here"));
		return;
	}
	task = task_new(c, "VERIFY", line->params[0], WH_STR(""));
	if (task == NULL)
		return;
	task->done = verified;
	task_run(task, "auth.confirm", &item, 1);
}

/* NickServ and ChanServ */

static const char regaining[] = "you are signed in, and the nick is yours";

static void
service_done(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	if (err == WH_OK)
		service_say(c, task->verb, "Done: %s.", task->target);
	else
		service_say(c, task->verb, "%.*s", WH_FMT(result));
}

/* Who gets the nick back has it, too. */
static void
regained(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	if (err == WH_OK)
		nick_own(c);
	service_done(task, c, err, result);
}

static void
service_run(struct irc_client *c, const char *service, const char *what, const char *command, const struct wh_item *items, size_t n)
{
	struct irc_task *task = task_new(c, service, wh_str(what), WH_STR(""));

	if (task == NULL)
		return;
	task->done = strcmp(what, regaining) == 0 ? regained : service_done;
	task_run(task, command, items, n);
}

/* Nobody else can have the nick of an account: what is left of old habits is to close one's own other connections. */
static void
ghosts_close(struct irc_client *c)
{
	const struct irc_person *p = client_person(c);
	wh_id ids[IRC_SESSIONS];
	unsigned closed = 0;
	size_t n = 0;

	if (p == NULL || !p->account) {
		service_say(c, "NickServ", "Sign in with IDENTIFY or REGAIN, and the nick is yours at once: a nick of an account is nobody else's.");
		return;
	}
	for (; n < p->n && n < IRC_SESSIONS; n++)
		ids[n] = p->sessions[n];
	for (size_t i = 0; i < n; i++) {
		struct wh_session *s = ids[i] != c->session ? wh_session_get(c->irc->host, ids[i]) : NULL;

		if (s != NULL && client_of(c->irc, s) != NULL) {
			wh_session_close(c->irc->host, s, 4001, WH_STR("Closed from another of your connections"));
			closed++;
		}
	}
	service_say(c, "NickServ", "%u of your other connections by IRC closed.", closed);
}

static void
nickserv(struct irc_client *c, struct wh_str words[static 4], size_t n)
{
	if (c->irc->accounts == NULL) {
		service_say(c, "NickServ", "There are no accounts here.");
	} else if (n >= 1 && same_word(words[0], "GHOST")) {
		ghosts_close(c);
	} else if (n >= 2 && (same_word(words[0], "IDENTIFY") || same_word(words[0], "REGAIN") || same_word(words[0], "RECOVER") || same_word(words[0], "RELEASE"))) {
		const struct wh_item items[] = { WH_ITEM_STR("name", n > 2 ? words[1] : wh_str(c->nick)), WH_ITEM_STR("password", words[n > 2 ? 2 : 1]) };

		service_run(c, "NickServ", same_word(words[0], "IDENTIFY") ? "you are signed in" : regaining, "auth.login", items, 2);
	} else if (n == 1 && (same_word(words[0], "REGAIN") || same_word(words[0], "RECOVER") || same_word(words[0], "RELEASE")) && client_identity(c)->kind == WH_ACCOUNT) {
		nick_own(c);
		service_say(c, "NickServ", "Done: the nick is yours.");
	} else if (n >= 2 && same_word(words[0], "REGISTER")) {
		const struct wh_item items[] = { WH_ITEM_STR("name", wh_str(c->nick)), WH_ITEM_STR("password", words[1]), WH_ITEM_STR("mail", words[2]) };

		service_run(c, "NickServ", "the account is made", "auth.register", items, n > 2 ? 3 : 2);
	} else if (n >= 3 && same_word(words[0], "PASSWD")) {
		const struct wh_item items[] = { WH_ITEM_STR("old", words[1]), WH_ITEM_STR("new", words[2]) };

		service_run(c, "NickServ", "the password is changed", "auth.password", items, 2);
	} else if (n >= 3 && same_word(words[0], "SET") && same_word(words[1], "ALWAYS-ON") && (same_word(words[2], "ON") || same_word(words[2], "OFF"))) {
		const struct wh_item items[] = { WH_ITEM_BOOL("always", same_word(words[2], "ON")), WH_ITEM_STR("device", wh_str(c->user)) };

		service_run(c, "NickServ", items[0].value.b ? "you stay in your channels without a connection" : "you leave when your last client does",
		    "chat.presence", items, 2);
	} else if (n >= 1 && same_word(words[0], "LOGOUT")) {
		service_run(c, "NickServ", "you are signed out", "auth.logout", NULL, 0);
	} else {
		service_say(c, "NickServ", "IDENTIFY (or REGAIN) [name] password, GHOST, REGISTER password [mail], PASSWD old new, SET ALWAYS-ON on|off, LOGOUT. A nick is its account's: nobody else can take it.");
	}
}

static void
chanserv(struct irc_client *c, struct wh_str words[static 4], size_t n)
{
	struct wh_str room = n >= 2 && is_channel(words[1]) ? channel_room(words[1]) : WH_STR("");
	const struct irc_person *p = n >= 3 ? person_by_nick(c->irc, words[2]) : NULL;
	struct wh_str name = p != NULL ? wh_str(p->name) : n >= 3 ? words[2] : wh_str(c->nick);
	static const struct {
		const char *word, *role;
		bool on;
	} roles[] = { { "OP", "moderator", true }, { "DEOP", "moderator", false }, { "VOICE", "voice", true }, { "DEVOICE", "voice", false },
		{ "OWNER", "owner", true }, { "DEOWNER", "owner", false }, { "ADMIN", "manager", true }, { "DEADMIN", "manager", false },
		{ "HALFOP", "helper", true }, { "DEHALFOP", "helper", false } };

	if (n >= 2 && same_word(words[0], "REGISTER")) {
		service_run(c, "ChanServ", "the channel is yours", "chat.register", &WH_ITEM_STR("room", room), 1);
		return;
	}
	if (n >= 2 && same_word(words[0], "INVITE")) {
		const struct wh_item items[] = { WH_ITEM_STR("room", room), WH_ITEM_STR("name", name) };

		service_run(c, "ChanServ", "invited", "chat.invite", items, 2);
		return;
	}
	for (size_t i = 0; n >= 2 && i < sizeof roles / sizeof roles[0]; i++)
		if (same_word(words[0], roles[i].word)) {
			const struct wh_item items[] = { WH_ITEM_STR("room", room), WH_ITEM_STR("name", name), WH_ITEM_STR("role", wh_str(roles[i].role)),
				WH_ITEM_BOOL("on", roles[i].on) };

			service_run(c, "ChanServ", "the role is changed", "chat.role", items, 4);
			return;
		}
	service_say(c, "ChanServ", "REGISTER #channel, OWNER, ADMIN, OP, HALFOP or VOICE #channel nick, and DE with it, INVITE #channel nick. Modes are set with /MODE.");
}

static void
service_words(struct irc_client *c, bool nick, struct wh_str text)
{
	struct wh_str words[4];
	size_t n = 0;

	while (n < 4 && next_part(&text, ' ', &words[n]))
		n++;
	for (size_t i = n; i < 4; i++)
		words[i] = WH_STR("");
	if (nick)
		nickserv(c, words, n);
	else
		chanserv(c, words, n);
}

bool
service_message(struct irc_client *c, struct wh_str target, struct wh_str text)
{
	bool nick = same_word(target, "NickServ");

	if (!nick && !same_word(target, "ChanServ"))
		return false;
	service_words(c, nick, text);
	return true;
}

static void
service_line(struct irc_client *c, bool nick, const struct irc_line *line)
{
	char text[IRC_LINE] = "";
	size_t n = 0;

	for (size_t i = 0; i < line->n && n < sizeof text; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s", i != 0 ? " " : "", WH_FMT(line->params[i]));
	service_words(c, nick, wh_str(text));
	explicit_bzero(text, sizeof text);
}

void
verb_nickserv(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	(void)irc;
	service_line(c, true, line);
}

void
verb_chanserv(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	(void)irc;
	service_line(c, false, line);
}

/* OPER name password: signing in as an account that has such a role. */

static void
opered(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_session *s = client_session(c);

	(void)task;
	if (err != WH_OK)
		irc_numeric(c, 464, ":%.*s", WH_FMT(result));
	else if (s != NULL && wh_session_may(c->irc->host, s, "chat.moderate"))
		irc_numeric(c, 381, ":You are an operator");
	else if (s != NULL && wh_session_reach(c->irc->host, s) < WH_ALLOW_ADMIN)
		irc_numeric(c, 491, ":You are signed in, but operators are not served at this address");
	else
		irc_numeric(c, 491, ":You are signed in, but your roles make you no operator");
}

void
verb_oper(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_session *s = client_session(c);
	const struct wh_item items[] = { WH_ITEM_STR("name", line->params[0]), WH_ITEM_STR("password", line->params[1]) };
	struct irc_task *task;

	if (s != NULL && wh_session_may(irc->host, s, "chat.moderate")) {
		irc_numeric(c, 381, ":You are an operator, by your account's role");
		return;
	}
	if (irc->accounts == NULL) {
		irc_numeric(c, 491, ":There are no accounts here that could be operators");
		return;
	}
	task = task_new(c, "OPER", WH_STR(""), WH_STR(""));
	if (task == NULL)
		return;
	task->done = opered;
	task_run(task, "auth.login", items, 2);
}
