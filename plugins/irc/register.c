/* Until a client is welcome: NICK, USER, PASS, AUTHENTICATE; and NICK and QUIT afterwards. A guest chooses its nick; an account's is its
 * name, on each of its connections, so that they are one person. With `nick_is_account` off an account chooses one as well, the same for all of
 * its connections; never one that is another account's, or looks like it. */
#include <stdio.h>
#include <time.h>

#include "irc.h"

/* The rooms of a person's other connections are entered on the new one as well. */

struct gathering {
	struct irc *irc;
	struct wh_session *but;
	char rooms[IRC_JOINS * 2][IRC_CHANNEL + 1];
	size_t n;
};

static bool
gather_room(void *self, struct wh_room *r)
{
	struct gathering *g = self;
	struct wh_str name = wh_room_name(g->irc->host, r);

	if (!channel_is(g->irc, r))
		return true;
	for (size_t i = 0; i < g->n; i++)
		if (wh_str_is(name, g->rooms[i]))
			return true;
	if (g->n < IRC_JOINS * 2 && !wh_room_has(g->irc->host, r, g->but) && name.n <= IRC_CHANNEL)
		text_flat(name, g->rooms[g->n++], sizeof g->rooms[0]);
	return g->n < IRC_JOINS * 2;
}

void
join_with_others(struct irc_client *c)
{
	struct wh_session *s = client_session(c);
	struct irc_person *p = s != NULL ? person_of(c->irc, s) : NULL;
	struct gathering g = { .irc = c->irc, .but = s };

	if (p == NULL || !p->account)
		return;
	for (size_t i = 0; i < p->n; i++) {
		struct wh_session *other = wh_session_get(c->irc->host, p->sessions[i]);

		if (other != NULL && other != s && client_of(c->irc, other) != NULL)
			wh_session_rooms(c->irc->host, other, gather_room, &g);
	}
	for (size_t i = 0; i < g.n; i++) {
		struct irc_line line = { .n = 1 };
		char channel[IRC_CHANNEL + 2];

		room_show(wh_str(g.rooms[i]), channel);
		line.params[0] = wh_str(channel);
		verb_join(c->irc, c, &line);
	}
}

void
client_welcome(struct irc_client *c)
{
	struct irc *irc = c->irc;
	struct wh_session *s = client_session(c);
	struct irc_person *p;
	const struct wh_identity *who;
	char source[160], created[32], letters[IRC_LETTERS], with_param[IRC_LETTERS];
	struct irc_out out;

	if (s == NULL || c->welcome)
		return;
	person_enter(irc, s, false);
	p = person_of(irc, s);
	who = wh_session_identity(irc->host, s);
	if (p != NULL)
		memcpy(c->nick, p->nick, sizeof c->nick);
	c->welcome = true;
	c->since = wh_wall_ms(irc->host);
	if (irc->n_clients > irc->most_clients)
		irc->most_clients = irc->n_clients;
	explicit_bzero(c->pass, sizeof c->pass);
	source_of(irc, who->name, who->id, source);
	time_show(irc->started, created);
	out_begin(&out, c);
	out_numeric(&out, 1, ":Welcome to %s, %s", irc->network, source);
	out_numeric(&out, 2, ":Your host is %s, running whiply", irc->name);
	out_numeric(&out, 3, ":This server was started at %s", created);
	mode_letters(false, letters);
	mode_letters(true, with_param);
	out_numeric(&out, 4, "%s whiply BRZirsw %s %s", irc->name, letters, with_param);
	server_isupport(&out);
	server_lusers(&out);
	metadata_welcome(&out);
	server_motd(&out);
	if (who->kind == WH_ACCOUNT)
		out_numeric(&out, 900, "%s %.*s :You are signed in as %.*s", source, WH_FMT(who->name), WH_FMT(who->name));
	out_end(&out);
	irc_changed(c);
	if (!channels_stayed(c, true))
		join_with_others(c);
}

/* The nick of an account, where it need not be its name */

static void
nick_chosen(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct irc *irc = c->irc;
	struct irc_person *p = client_person(c);
	const bool early = !c->welcome;

	c->naming = false;
	if (err == WH_OK && (p == NULL || !p->account || !person_nick_take(irc, p, wh_str(task->target), true)))
		err = WH_EEXIST;
	/* Who signs in has a nick in any case. */
	if (early)
		client_welcome(c);
	else if (err != WH_OK)
		irc_numeric(c, 433, "%s :%.*s", task->target, WH_FMT(result));
}

static void
nick_looked(void *self, uint64_t cookie, enum wh_err err)
{
	(void)self;
	task_end((struct irc_task *)(uintptr_t)cookie, err, err == WH_EINVAL ? WH_STR("That can be nobody's nick here") :
	    err == WH_EEXIST || err == WH_OK ? WH_STR("That nick is in use, or an account's, or looks like one that is") : WH_STR("Nicks can't be looked up now; try again"));
}

static void
nick_ask(struct irc_client *c, struct wh_str nick)
{
	struct irc *irc = c->irc;
	struct irc_person *p = client_person(c);
	struct irc_task *task = task_new(c, "NICK", nick, WH_STR(""));
	struct wh_session *s = client_session(c);
	char own[IRC_NICK + 1];
	struct wh_ban ban;
	enum wh_err err;

	if (task == NULL)
		return;
	c->naming = true;
	task->done = nick_chosen;
	nick_show(p != NULL ? wh_str(p->name) : WH_STR(""), own);
	if (p == NULL || irc->accounts == NULL || same_word(nick, own) || same_word(nick, p->nick)) {
		task_end(task, WH_OK, WH_STR("That nick is in use"));
	} else if (irc->bans != NULL && s != NULL && !wh_session_may(irc->host, s, "bans.add") && (irc->bans->match(irc->bans_self, WH_BAN_RESERVED, nick, &ban) ||
	    irc->bans->match(irc->bans_self, WH_BAN_NAME, nick, &ban))) {
		task_end(task, WH_EPERM, WH_STR("That nick is reserved"));
	} else {
		err = irc->accounts->taken(irc->accounts_self, wh_str(task->target), nick_looked, irc, (uint64_t)(uintptr_t)task);
		if (err != WH_OK)
			nick_looked(irc, (uint64_t)(uintptr_t)task, WH_EAWAY);
	}
}

/* Nobody knows them by another yet. */
static bool
nick_wanted(struct irc_client *c)
{
	const struct irc_person *p = client_person(c);

	return !c->irc->set.nick_is_account && p != NULL && p->account && p->n == 1 && !p->chosen && !p->stays && !same_word(wh_str(c->nick), p->nick);
}

void
nick_own(struct irc_client *c)
{
	struct irc_person *p = client_person(c);
	char own[IRC_NICK + 1];

	if (p == NULL || !p->account)
		return;
	nick_show(wh_str(p->name), own);
	person_nick_take(c->irc, p, wh_str(own), true);
}

/* Naming a guest */

static void
named(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_session *s = client_session(c);
	struct irc_person *p = s != NULL ? person_of(c->irc, s) : NULL;

	c->naming = false;
	if (err != WH_OK) {
		/* It could be a nick, or verb_nick had said 432, upon which clients give up. They try another after this. */
		irc_numeric(c, 433, "%s :%.*s", task->target, WH_FMT(result));
		if (c->welcome && p != NULL)
			memcpy(c->nick, p->nick, sizeof c->nick);
		else if (!c->welcome)
			c->nick[0] = '\0';
		return;
	}
	if (!c->welcome)
		client_welcome(c);
}

static void
name_guest(struct irc_client *c, struct wh_str nick)
{
	const bool accounts = c->irc->accounts != NULL;
	const struct wh_item item = WH_ITEM_STR("name", nick);
	struct irc_task *task = task_new(c, "NICK", nick, WH_STR(""));

	if (task == NULL)
		return;
	c->naming = true;
	task->done = named;
	task_run(task, accounts ? "auth.guest" : "session.name", &item, 1);
}

/* PASS name:password */

static void
passed(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_session *s = client_session(c);

	(void)task;
	c->naming = false;
	if (err == WH_OK) {
		register_try(c);
		return;
	}
	irc_numeric(c, 464, ":%.*s", WH_FMT(result));
	if (s != NULL)
		wh_session_close(c->irc->host, s, 4001, WH_STR("That password is wrong"));
}

/* In a time that does not tell how much of it is right. */
static bool
secret_is(struct wh_str shown, const char *want)
{
	size_t n = strlen(want);
	unsigned char differ = shown.n != n;

	for (size_t i = 0; i < n; i++)
		differ |= (unsigned char)(want[i] ^ (i < shown.n ? shown.p[i] : 0));
	return differ == 0;
}

/* Everything is there: it is somebody, and welcome. */
void
register_try(struct irc_client *c)
{
	struct irc *irc = c->irc;
	struct wh_session *s = client_session(c);
	const char *colon = strchr(c->pass, ':');

	if (s == NULL || c->welcome || c->negotiating || c->naming || c->sasl_open || c->nick[0] == '\0' || c->user[0] == '\0')
		return;
	if (wh_session_identity(irc->host, s)->kind == WH_ACCOUNT && nick_wanted(c)) {
		nick_ask(c, wh_str(c->nick));
	} else if (wh_session_identity(irc->host, s)->kind == WH_ACCOUNT) {
		client_welcome(c);
	} else if (colon != NULL && irc->accounts != NULL) {
		const struct wh_item items[] = { WH_ITEM_STR("name", ((struct wh_str){ c->pass, (size_t)(colon - c->pass) })),
			WH_ITEM_STR("password", wh_str(colon + 1)) };
		struct irc_task *task = task_new(c, "PASS", WH_STR(""), WH_STR(""));

		if (task == NULL)
			return;
		c->naming = true;
		task->done = passed;
		task_run(task, "auth.login", items, 2);
	} else if (irc->pass[0] != '\0' && !secret_is(wh_str(c->pass), irc->pass)) {
		irc_numeric(c, 464, ":This server has a password; send it with PASS, or sign in");
		wh_session_close(irc->host, s, 4001, WH_STR("That password is wrong"));
	} else {
		name_guest(c, wh_str(c->nick));
	}
}

/* Verbs */

void
verb_nick(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str nick = line->n != 0 ? line->params[0] : WH_STR("");
	struct wh_session *s = client_session(c);
	struct irc_person *taken, *me;

	if (nick.n == 0) {
		irc_numeric(c, 431, ":Name the nick that you want");
		return;
	}
	if (nick.n > IRC_NICK - 1)
		nick.n = text_fit(nick, IRC_NICK - 1);
	if (!nick_ok(nick)) {
		irc_numeric(c, 432, "%.*s :That can be no nick", WH_FMT(nick));
		return;
	}
	taken = person_by_nick(irc, nick);
	me = s != NULL ? person_of(irc, s) : NULL;
	if (c->welcome && me != NULL && me->account) {
		if (wh_str_is(nick, me->nick))
			return;
		if (!irc->set.nick_is_account)
			nick_ask(c, nick);
		else
			irc_numeric(c, 447, ":You are signed in as %s, and that is your nick", me->nick);
		return;
	}
	/* Whoever signs in later gets the account's nick, and need not be refused this one. */
	if (taken != NULL && taken != me && !c->negotiating && c->pass[0] == '\0') {
		irc_numeric(c, 433, "%.*s :That nick is in use", WH_FMT(nick));
		return;
	}
	if (c->welcome) {
		if (me == NULL || strlen(me->nick) != nick.n || memcmp(me->nick, nick.p, nick.n) != 0)
			name_guest(c, nick);
		return;
	}
	snprintf(c->nick, sizeof c->nick, "%.*s", WH_FMT(nick));
	irc_changed(c);
	register_try(c);
}

void
verb_user(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	size_t n = 0;

	(void)irc;
	if (c->welcome) {
		irc_numeric(c, 462, ":You are registered already");
		return;
	}
	for (size_t i = 0; i < line->params[0].n && n + 1 < sizeof c->user; i++) {
		char ch = line->params[0].p[i];

		if ((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '-' || ch == '_' || ch == '.')
			c->user[n++] = ch;
	}
	c->user[n] = '\0';
	if (n == 0)
		snprintf(c->user, sizeof c->user, "u");
	text_flat(line->params[3], c->real, sizeof c->real);
	irc_changed(c);
	register_try(c);
}

void
verb_pass(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	(void)irc;
	if (c->welcome)
		irc_numeric(c, 462, ":You are registered already");
	else
		text_flat(line->params[0], c->pass, sizeof c->pass);
}

/* Has the client TLS to its gateway? Options may have values, which mean nothing here. */
static bool
webirc_secure(struct wh_str options)
{
	struct wh_str option, name;

	while (next_part(&options, ' ', &option))
		if (next_part(&option, '=', &name) && wh_str_is(name, "secure"))
			return true;
	return false;
}

/* A gateway speaks for somebody else, before anything else is said. */
void
verb_webirc(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_session *s = client_session(c);

	if (s == NULL || c->welcome || c->nick[0] != '\0')
		return;
	for (size_t i = 0; i < irc->n_gateways; i++) {
		const struct irc_gateway *gateway = &irc->gateways[i];

		if (!wh_str_is(wh_session_address(irc->host, s), gateway->from) || !secret_is(line->params[0], gateway->password))
			continue;
		if (wh_session_address_set(irc->host, s, line->params[3]) != WH_OK)
			break;
		text_flat(line->params[3], c->address, sizeof c->address);
		c->insecure = !webirc_secure(line->n > 4 ? line->params[4] : WH_STR(""));
		irc_changed(c);
		if (irc->bans != NULL)
			irc->bans->look(irc->bans_self, s);
		return;
	}
	wh_host_log(irc->host, WH_WARN, "irc_webirc_refused", WH_S("from", wh_session_address(irc->host, s)));
	wh_session_close(irc->host, s, 4001, WH_STR("That gateway is not known here"));
}

void
verb_quit(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_session *s = client_session(c);
	char why[IRC_AWAY + 16] = "Quit";

	if (line->n != 0 && line->params[0].n != 0)
		snprintf(why, sizeof why, "Quit: %.*s", (int)(line->params[0].n < IRC_AWAY ? line->params[0].n : IRC_AWAY), line->params[0].p);
	text_flat(wh_str(why), c->quit, sizeof c->quit);
	c->quitting = true;
	if (s != NULL)
		wh_session_close(irc->host, s, 1000, wh_str(c->quit));
}

/* Nicks that change */

struct renaming {
	const struct irc_person *who;
	const char *source, *nick;
};

static void
rename_tell(struct irc_client *c, const void *arg)
{
	const struct renaming *r = arg;

	irc_say_of(c, r->who, ":%s NICK :%s", r->source, r->nick);
}

void
nick_changed(struct irc *irc, struct irc_person *p, const char *old_nick)
{
	char source[160], host[IRC_HOST + 1], nick[IRC_NICK + 1], folded[IRC_NICK + 1];
	const char *user;
	struct wh_session *s = NULL;

	source_parts(irc, wh_str(p->name), wh_str(p->id), nick, &user, host);
	snprintf(source, sizeof source, "%s!%s@%s", old_nick, user, host);
	for (size_t i = 0; i < p->n && s == NULL; i++)
		s = wh_session_get(irc->host, p->sessions[i]);
	if (s == NULL)
		return;
	peers_each(irc, s, true, rename_tell, &(struct renaming){ p, source, p->nick });
	for (size_t i = 0; i < p->n; i++) {
		struct wh_session *one = wh_session_get(irc->host, p->sessions[i]);
		struct irc_client *mine = one != NULL ? client_of(irc, one) : NULL;

		if (mine != NULL && mine->welcome) {
			memcpy(mine->nick, p->nick, sizeof mine->nick);
			irc_changed(mine);
		}
	}
	nick_fold(irc, wh_str(old_nick), folded);
	if (strcmp(folded, p->folded) != 0) {
		watch_tell(irc, folded, old_nick, source, false);
		source_of(irc, wh_str(p->name), wh_str(p->id), source);
		watch_tell(irc, p->folded, p->nick, source, true);
	}
}

/* SASL: base64 in pieces of 400 */

enum { SASL_PIECE = 400 };

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
base64_put(struct wh_str bytes, char *to)
{
	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		uint32_t v = (uint32_t)(unsigned char)bytes.p[i] << 16 | (left > 1 ? (uint32_t)(unsigned char)bytes.p[i + 1] << 8 : 0) |
		    (left > 2 ? (uint32_t)(unsigned char)bytes.p[i + 2] : 0);

		*to++ = letters[v >> 18];
		*to++ = letters[v >> 12 & 63];
		*to++ = left > 1 ? letters[v >> 6 & 63] : '=';
		*to++ = left > 2 ? letters[v & 63] : '=';
	}
	*to = '\0';
}

/* In place. False: it is none. */
static bool
base64_get(char *text, size_t *n)
{
	size_t out = 0, i;

	if (*n % 4 != 0)
		return false;
	for (i = 0; i < *n; i += 4) {
		uint32_t v = 0;
		unsigned pads = 0;

		for (size_t k = 0; k < 4; k++) {
			const char *at = text[i + k] != '\0' ? strchr(letters, text[i + k]) : NULL;

			if (text[i + k] == '=' && i + 4 == *n && k >= 2)
				pads++;
			else if (at == NULL || pads != 0)
				return false;
			v = v << 6 | (at != NULL ? (uint32_t)(at - letters) : 0);
		}
		text[out++] = (char)(v >> 16);
		if (pads < 2)
			text[out++] = (char)(v >> 8);
		if (pads < 1)
			text[out++] = (char)v;
	}
	*n = out;
	return true;
}

static void
sasl_over(struct irc_client *c)
{
	c->sasl_open = false;
	c->sasl_n = 0;
	if (c->sasl != NULL)
		explicit_bzero(c->sasl, IRC_SASL);
	wh_delete(c->irc->host, c->sasl);
	c->sasl = NULL;
}

static void
sasl_challenge(struct irc_client *c, struct wh_str bytes)
{
	char text[WH_SASL_MESSAGE * 4 / 3 + 8];
	struct wh_str left;
	struct irc_out out;

	base64_put(bytes.n <= WH_SASL_MESSAGE ? bytes : (struct wh_str){ bytes.p, WH_SASL_MESSAGE }, text);
	left = wh_str(text);
	out_begin(&out, c);
	do {
		size_t n = left.n < SASL_PIECE ? left.n : SASL_PIECE;

		out_line(&out, "AUTHENTICATE %.*s", n != 0 ? (int)n : 1, n != 0 ? left.p : "+");
		left = wh_str_from(left, n);
		if (n == SASL_PIECE && left.n == 0)
			out_line(&out, "AUTHENTICATE +");
	} while (left.n != 0);
	out_end(&out);
}

static void
sasl_told(void *self, uint64_t cookie, wh_id session, const struct wh_sasl_answer *answer)
{
	struct irc *irc = self;
	struct wh_session *s = wh_session_get(irc->host, session);
	struct irc_client *c = s != NULL ? client_of(irc, s) : NULL;
	const struct wh_identity *who;
	char source[160];
	struct irc_out out;

	(void)cookie;
	if (c == NULL || !c->sasl_open)
		return;
	if (answer->what == WH_SASL_CHALLENGE) {
		sasl_challenge(c, answer->bytes);
		return;
	}
	sasl_over(c);
	out_begin(&out, c);
	if (answer->what == WH_SASL_DONE) {
		who = wh_session_identity(irc->host, s);
		source_of(irc, who->name, who->id, source);
		out_numeric(&out, 900, "%s %.*s :You are signed in as %.*s", source, WH_FMT(who->name), WH_FMT(who->name));
		out_numeric(&out, 903, ":SASL authentication successful");
	} else {
		out_numeric(&out, 904, ":%.*s", WH_FMT(answer->why));
	}
	out_end(&out);
	register_try(c);
}

static void
sasl_begin(struct irc_client *c, struct wh_str mechanism)
{
	struct irc *irc = c->irc;
	struct wh_session *s = client_session(c);
	char upper[32];
	enum wh_err err;
	size_t n = mechanism.n < sizeof upper - 1 ? mechanism.n : sizeof upper - 1;

	for (size_t i = 0; i < n; i++)
		upper[i] = mechanism.p[i] >= 'a' && mechanism.p[i] <= 'z' ? (char)(mechanism.p[i] - 'a' + 'A') : mechanism.p[i];
	c->sasl_open = true;
	err = irc->sasl->start(irc->sasl_self, s, (struct wh_str){ upper, n }, sasl_told, irc, 0);
	if (err == WH_OK) {
		irc_say(c, "AUTHENTICATE +");
		return;
	}
	sasl_over(c);
	if (err == WH_ENOTSUP) {
		struct wh_str offered = irc->sasl->mechanisms(irc->sasl_self, s);
		struct irc_out out;

		out_begin(&out, c);
		out_numeric(&out, 908, "%.*s :are the mechanisms that there are", WH_FMT(offered));
		out_numeric(&out, 904, ":SASL authentication failed: there is no such mechanism");
		out_end(&out);
	} else {
		irc_numeric(c, 904, ":SASL authentication can't begin now; try again");
	}
}

void
sasl_stop(struct irc_client *c)
{
	struct irc *irc = c->irc;
	struct wh_session *s = client_session(c);

	if (!c->sasl_open)
		return;
	if (s != NULL)
		irc->sasl->abort(irc->sasl_self, s);
	sasl_over(c);
	irc_numeric(c, 906, ":SASL authentication aborted");
}

void
verb_authenticate(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_session *s = client_session(c);
	struct wh_str piece = line->params[0];
	enum wh_err err;

	if (irc->sasl == NULL || s == NULL) {
		irc_numeric(c, 904, ":SASL is not offered here");
		return;
	}
	if (wh_str_is(piece, "*")) {
		sasl_stop(c);
		return;
	}
	if (!c->sasl_open) {
		if (wh_session_identity(irc->host, s)->kind == WH_ACCOUNT)
			irc_numeric(c, 907, ":You are signed in already");
		else
			sasl_begin(c, piece);
		return;
	}
	if (c->sasl == NULL && (c->sasl = wh_new(irc->host, IRC_SASL)) == NULL) {
		irc_numeric(c, 904, ":The server has no memory left; try again");
		return;
	}
	if (piece.n > SASL_PIECE || c->sasl_n + piece.n >= IRC_SASL) {
		irc->sasl->abort(irc->sasl_self, s);
		sasl_over(c);
		irc_numeric(c, 905, ":SASL message too long");
		return;
	}
	if (!wh_str_is(piece, "+")) {
		memcpy(c->sasl + c->sasl_n, piece.p, piece.n);
		c->sasl_n += piece.n;
	}
	if (piece.n == SASL_PIECE)
		return;
	if (!base64_get(c->sasl, &c->sasl_n)) {
		irc->sasl->abort(irc->sasl_self, s);
		sasl_over(c);
		irc_numeric(c, 904, ":SASL authentication failed: that is no base64");
		return;
	}
	piece = (struct wh_str){ c->sasl, c->sasl_n };
	c->sasl_n = 0;
	err = irc->sasl->step(irc->sasl_self, s, piece);
	if (err != WH_OK && c->sasl_open) {
		irc->sasl->abort(irc->sasl_self, s);
		sasl_over(c);
		irc_numeric(c, err == WH_ETOOBIG ? 905 : 904, ":SASL authentication failed: %s", err == WH_ETOOBIG ? "that is too long" : "one step at a time");
	}
}
