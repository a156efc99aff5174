/* Who is who: WHO and WHOX, WHOIS, WHOWAS, ISON, USERHOST, MONITOR, AWAY, SETNAME. */
#include <stdio.h>

#include "irc.h"

enum { WHO_MOST = 1000, WHO_FIELDS = 32 };

/* What is shown of a person. */
struct shown {
	char nick[IRC_NICK + 1], host[IRC_HOST + 1];
	const char *user, *real;
	char account[IRC_NICK + 1];
	bool away, bot, operator;
};

static bool
is_operator(struct irc *irc, const struct irc_person *p)
{
	for (size_t i = 0; p != NULL && i < p->n; i++) {
		struct wh_session *s = wh_session_get(irc->host, p->sessions[i]);

		if (s != NULL && wh_session_may(irc->host, s, "chat.moderate"))
			return true;
	}
	return false;
}

/* Slices of `is` may point into it, so it stays where it is. */
static void
show(struct irc *irc, struct wh_str name, struct wh_str id, struct shown *is)
{
	const struct irc_person *p = person_by_id(irc, id);
	const struct irc_client *c = p != NULL ? person_client(irc, p) : NULL;

	*is = (struct shown){ .account = "0" };
	source_parts(irc, name, id, is->nick, &is->user, is->host);
	is->real = c != NULL && c->real[0] != '\0' ? c->real : is->nick;
	if (p != NULL && p->account)
		nick_show(wh_str(p->name), is->account);
	else if (p == NULL && id.n != 0 && id.p[0] == 'a')
		nick_show(name, is->account);
	is->away = p == NULL || person_away(irc, p) != NULL;
	is->bot = p != NULL && person_is_bot(irc, p);
	is->operator = is_operator(irc, p);
}

/* Do they share a channel? */
struct sharing {
	struct irc *irc;
	const struct irc_person *p;
	bool found;
};

static bool
shared_room(void *self, struct wh_room *r)
{
	struct sharing *sharing = self;

	for (size_t i = 0; i < sharing->p->n && i < IRC_SESSIONS && !sharing->found; i++) {
		struct wh_session *s = wh_session_get(sharing->irc->host, sharing->p->sessions[i]);

		sharing->found = s != NULL && wh_room_has(sharing->irc->host, r, s);
	}
	return !sharing->found;
}

/* Somebody in a channel that the client is not in: who is invisible is found by those who share another. */
static bool
is_found(struct irc_client *c, const struct irc_person *p)
{
	const struct irc_client *other = p != NULL ? person_client(c->irc, p) : NULL;
	struct wh_session *s = client_session(c);
	struct sharing sharing = { .irc = c->irc, .p = p };

	if (other == NULL || (other->modes & MODE_INVISIBLE) == 0 || s == NULL)
		return true;
	wh_session_rooms(c->irc->host, s, shared_room, &sharing);
	return sharing.found;
}

/* WHO */

struct asking {
	struct irc_out *out;
	char channel[IRC_CHANNEL + 2], fields[WHO_FIELDS + 1], token[8];
	bool extended, outside;
	size_t left;
};

/* As much as fits, with a NUL behind it. */
static size_t
field_put(char line[static IRC_LINE], size_t n, const char *text)
{
	size_t more = strlen(text);

	if (more > IRC_LINE - 1 - n)
		more = IRC_LINE - 1 - n;
	memcpy(line + n, text, more);
	line[n + more] = '\0';
	return n + more;
}

static void
who_line(struct asking *a, struct wh_str name, struct wh_str id, unsigned ranks)
{
	struct irc *irc = a->out->irc;
	struct shown is;
	char flags[16], prefix[IRC_PREFIXES + 1], line[IRC_LINE];
	size_t n = 0;

	show(irc, name, id, &is);
	rank_prefixes(ranks, (a->out->c->caps & CAP_MULTI_PREFIX) != 0, prefix);
	snprintf(flags, sizeof flags, "%s%s%s%s", is.away ? "G" : "H", is.operator ? "*" : "", is.bot ? "B" : "", prefix);
	if (!a->extended) {
		out_numeric(a->out, 352, "%s %s %s %s %s %s :0 %s", a->channel, is.user, is.host, irc->name, is.nick, flags, is.real);
		return;
	}
	line[0] = '\0';
	/* In the order of the specification, whatever the order of asking. */
	for (const char *f = "tcuihsnfdlaor"; *f != '\0'; f++) {
		const char *value = *f == 't' ? a->token : *f == 'c' ? a->channel : *f == 'u' ? is.user : *f == 'i' ? "255.255.255.255" : *f == 'h' ? is.host :
		    *f == 's' ? irc->name : *f == 'n' ? is.nick : *f == 'f' ? flags : *f == 'd' || *f == 'l' ? "0" : *f == 'a' ? is.account : *f == 'o' ? "n/a" : is.real;

		if (strchr(a->fields, *f) == NULL)
			continue;
		/* A line for each of hundreds: no format here. */
		if (n != 0)
			n = field_put(line, n, " ");
		if (*f == 'r')
			n = field_put(line, n, ":");
		n = field_put(line, n, value);
	}
	out_numeric(a->out, 354, "%s", line);
}

static bool
who_member(void *self, const struct wh_chat_person *person)
{
	struct asking *a = self;

	if (a->outside && !is_found(a->out->c, person_by_id(a->out->irc, person->id)))
		return true;
	who_line(a, person->name, person->id, person->ranks);
	return --a->left != 0;
}

void
verb_who(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str mask = line->n != 0 ? line->params[0] : WH_STR("*"), options = line->n > 1 ? line->params[1] : WH_STR("");
	const char *percent = options.n != 0 ? memchr(options.p, '%', options.n) : NULL;
	struct asking a = { .channel = "*", .left = WHO_MOST, .token = "0" };
	struct wh_chat_room room;
	struct irc_out out;

	if (!client_asks(c, is_channel(mask) ? channel_room(mask) : WH_STR(""))) {
		irc_numeric(c, 263, "WHO :That is asked too often; try again in a moment");
		return;
	}
	if (percent != NULL) {
		struct wh_str fields = wh_str_from(options, (size_t)(percent - options.p) + 1), all = fields, token = WH_STR("");

		next_part(&all, ',', &fields);
		if (next_part(&all, ',', &token) && token.n <= 3)
			text_flat(token, a.token, sizeof a.token);
		a.extended = true;
		text_flat(fields, a.fields, sizeof a.fields);
	}
	out_begin(&out, c);
	a.out = &out;
	if (is_channel(mask)) {
		struct wh_session *s = client_session(c);
		struct wh_room *hub;

		text_flat(mask, a.channel, sizeof a.channel);
		if (s != NULL && irc->chat->room(irc->chat_self, channel_room(mask), &room) && (hub = wh_room_find(irc->host, room.key)) != NULL &&
		    (wh_room_has(irc->host, hub, s) || (!room.unlisted && !room.invited))) {
			a.outside = !wh_room_has(irc->host, hub, s);
			irc->chat->people(irc->chat_self, channel_room(mask), who_member, &a);
		}
	} else {
		const struct irc_person *p = person_by_nick(irc, mask);

		if (p != NULL)
			who_line(&a, wh_str(p->name), wh_str(p->id), 0);
	}
	out_numeric(&out, 315, "%.*s :End of /WHO list", WH_FMT(mask));
	out_end(&out);
}

/* WHOIS */

struct listing {
	struct irc *irc;
	struct wh_session *asker, *of;
	char line[350];
	size_t n;
	bool own, invisible, all;
};

static bool
list_put(struct listing *l, const struct wh_chat_room *room, unsigned ranks)
{
	const struct wh_room *hub = wh_room_find(l->irc->host, room->key);
	char prefix[IRC_PREFIXES + 1];

	if ((room->unlisted || room->invited || l->invisible) && (hub == NULL || !wh_room_has(l->irc->host, hub, l->asker)) && !l->own)
		return true;
	if (l->n + room->name.n + IRC_PREFIXES + 3 >= sizeof l->line)
		return false;
	rank_prefixes(ranks, l->all, prefix);
	l->n += (size_t)snprintf(l->line + l->n, sizeof l->line - l->n, "%s%s#%.*s", l->n != 0 ? " " : "", prefix, WH_FMT(room->name));
	return true;
}

static bool
list_room(void *self, struct wh_room *r)
{
	struct listing *l = self;
	struct wh_chat_room room;

	if (!l->irc->chat->room(l->irc->chat_self, wh_room_name(l->irc->host, r), &room))
		return true;
	return list_put(l, &room, l->irc->chat->ranks(l->irc->chat_self, room.name, l->of));
}

/* Of who stays without a connection: the channels that somebody is in. */
struct stay_listing {
	struct listing *listing;
	const struct irc_person *p;
};

static bool
list_stay(void *self, const struct wh_chat_room *room)
{
	const struct stay_listing *l = self;
	unsigned ranks;

	return !l->listing->irc->chat->inside(l->listing->irc->chat_self, room->key, wh_str(l->p->id), &ranks) || list_put(l->listing, room, ranks);
}

void
verb_whois(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str nick = line->n > 1 ? line->params[1] : line->n != 0 ? line->params[0] : WH_STR("");
	const struct irc_person *p = person_by_nick(irc, nick);
	struct wh_session *s = client_session(c), *first;
	const struct irc_client *other;
	struct listing rooms = { .irc = irc, .asker = s };
	struct shown is;
	struct irc_out out;

	if (nick.n == 0) {
		irc_numeric(c, 431, ":Name a nick");
		return;
	}
	out_begin(&out, c);
	if (p == NULL || s == NULL) {
		out_numeric(&out, 401, "%.*s :Nobody here has that nick", WH_FMT(nick));
		out_numeric(&out, 318, "%.*s :End of /WHOIS list", WH_FMT(nick));
		out_end(&out);
		return;
	}
	show(irc, wh_str(p->name), wh_str(p->id), &is);
	other = person_client(irc, p);
	rooms.own = person_of(irc, s) == p;
	rooms.invisible = other != NULL && (other->modes & MODE_INVISIBLE) != 0;
	rooms.all = (c->caps & CAP_MULTI_PREFIX) != 0;
	out_numeric(&out, 311, "%s %s %s * :%s", is.nick, is.user, is.host, is.real);
	for (size_t i = 0; i < p->n && i < IRC_SESSIONS; i++)
		if ((first = wh_session_get(irc->host, p->sessions[i])) != NULL && (i == 0 || !p->account)) {
			rooms.of = first;
			wh_session_rooms(irc->host, first, list_room, &rooms);
		}
	if (p->n == 0 && client_asks(c, WH_STR("")))
		irc->chat->rooms(irc->chat_self, list_stay, &(struct stay_listing){ &rooms, p });
	if (rooms.n != 0)
		out_numeric(&out, 319, "%s :%s", is.nick, rooms.line);
	out_numeric(&out, 312, "%s %s :%s", is.nick, irc->name, irc->network);
	if (is.operator)
		out_numeric(&out, 313, "%s :is an operator", is.nick);
	if (is.account[0] != '0' || is.account[1] != '\0')
		out_numeric(&out, 330, "%s %s :is signed in as", is.nick, is.account);
	if (other != NULL && client_secure(other))
		out_numeric(&out, 671, "%s :is using a secure connection", is.nick);
	if (is.bot)
		out_numeric(&out, 335, "%s :is a bot", is.nick);
	if (is.away)
		out_numeric(&out, 301, "%s :%s", is.nick, person_away(irc, p));
	if (rooms.own || wh_session_may(irc->host, s, "chat.moderate")) {
		out_numeric(&out, 378, "%s :is connected %zu times", is.nick, p->n);
		if (other != NULL && (first = client_session(other)) != NULL)
			out_numeric(&out, 338, "%s %.*s :actually using host", is.nick, WH_FMT(wh_session_address(irc->host, first)));
	}
	if (other == NULL && p->n != 0 && (first = wh_session_get(irc->host, p->sessions[0])) != NULL)
		out_numeric(&out, 320, "%s :is here with another kind of client (%s)", is.nick, wh_session_dialect(irc->host, first));
	if (other != NULL)
		out_numeric(&out, 317, "%s %lld %lld :seconds idle, signon time", is.nick, (long long)((wh_now_ms(irc->host) - other->heard_ms) / 1000),
		    (long long)(other->since / 1000));
	out_numeric(&out, 318, "%.*s :End of /WHOIS list", WH_FMT(nick));
	out_end(&out);
}

void
verb_whowas(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str nick = line->n != 0 ? line->params[0] : WH_STR("");
	unsigned found = 0;
	char folded[IRC_NICK + 1], one[IRC_NICK + 1], when[32];
	struct irc_out out;

	if (nick.n == 0) {
		irc_numeric(c, 431, ":Name a nick");
		return;
	}
	nick_fold(irc, nick, folded);
	out_begin(&out, c);
	for (unsigned i = 0; i < IRC_WAS && found < 10; i++) {
		const struct irc_was *was = &irc->was[(irc->was_at + IRC_WAS - 1 - i) % IRC_WAS];

		nick_fold(irc, wh_str(was->nick), one);
		if (was->nick[0] == '\0' || strcmp(one, folded) != 0)
			continue;
		time_show(was->at, when);
		out_numeric(&out, 314, "%s %s %s * :%s", was->nick, was->user, was->host, was->real);
		out_numeric(&out, 312, "%s %s :%s", was->nick, irc->name, when);
		found++;
	}
	if (found == 0)
		out_numeric(&out, 406, "%.*s :Nobody is remembered by that nick", WH_FMT(nick));
	out_numeric(&out, 369, "%.*s :End of WHOWAS", WH_FMT(nick));
	out_end(&out);
}

void
verb_ison(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	char here[400] = "";
	size_t n = 0;

	for (size_t i = 0; i < line->n; i++) {
		struct wh_str rest = line->params[i], nick;

		while (next_part(&rest, ' ', &nick)) {
			const struct irc_person *p = person_by_nick(irc, nick);

			if (p != NULL && n + IRC_NICK + 2 < sizeof here)
				n += (size_t)snprintf(here + n, sizeof here - n, "%s%s", n != 0 ? " " : "", p->nick);
		}
	}
	irc_numeric(c, 303, ":%s", here);
}

void
verb_userhost(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	char all[400] = "";
	size_t n = 0;

	for (size_t i = 0; i < line->n && i < 5; i++) {
		const struct irc_person *p = person_by_nick(irc, line->params[i]);
		struct shown is;

		if (p == NULL)
			continue;
		show(irc, wh_str(p->name), wh_str(p->id), &is);
		if (n + strlen(is.nick) + strlen(is.user) + strlen(is.host) + 6 < sizeof all)
			n += (size_t)snprintf(all + n, sizeof all - n, "%s%s%s=%c%s@%s", n != 0 ? " " : "", is.nick, is.operator ? "*" : "", is.away ? '-' : '+', is.user,
			    is.host);
	}
	irc_numeric(c, 302, ":%s", all);
}

/* MONITOR */

void
watch_tell(struct irc *irc, const char *folded, const char *nick, const char *source, bool here)
{
	struct irc_watch *watch = wh_dict_get(irc->host, irc->watches, wh_str(folded));

	if (watch == NULL)
		return;
	for (struct irc_client *c = irc->clients; c != NULL; c = c->next)
		for (size_t i = 0; i < c->n_watches; i++)
			if (c->watches[i] == watch) {
				struct irc_out out;

				out_begin(&out, c);
				out_numeric(&out, here ? 730 : 731, ":%s", here ? source : nick);
				if (here && person_by_nick(irc, wh_str(nick)) != NULL)
					metadata_watched(&out, person_by_nick(irc, wh_str(nick)));
				out_end(&out);
			}
}

static void
watch_drop(struct irc *irc, struct irc_watch *watch)
{
	if (--watch->clients != 0)
		return;
	wh_dict_remove(irc->host, irc->watches, wh_str(watch->folded));
	wh_delete(irc->host, watch);
}

void
watches_drop(struct irc_client *c)
{
	while (c->n_watches != 0)
		watch_drop(c->irc, c->watches[--c->n_watches]);
}

void
watches_free(struct irc *irc)
{
	wh_dict_free(irc->host, &irc->watches);
}

static void
watch_show(struct irc_out *out, const struct irc_watch *watch)
{
	const struct irc_person *p = person_by_nick(out->irc, wh_str(watch->nick));
	char source[160];

	if (p == NULL) {
		out_numeric(out, 731, ":%s", watch->nick);
	} else {
		source_of(out->irc, wh_str(p->name), wh_str(p->id), source);
		out_numeric(out, 730, ":%s", source);
	}
}

size_t
watches_bytes(const struct irc_client *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_watches; i++)
		n += strlen(c->watches[i]->nick) + 1;
	return n;
}

static bool
watch_add(struct irc_client *c, struct wh_str nick, struct irc_watch **watch_out)
{
	struct irc *irc = c->irc;
	struct irc_watch *watch;
	char folded[IRC_NICK + 1];

	*watch_out = NULL;
	if (!nick_ok(nick))
		return true;
	nick_fold(irc, nick, folded);
	watch = wh_dict_get(irc->host, irc->watches, wh_str(folded));
	for (size_t i = 0; i < c->n_watches; i++)
		if (c->watches[i] == watch)
			return true;
	if (c->n_watches == IRC_MONITOR || watches_bytes(c) + strlen(c->subs) + nick.n + 1 > IRC_MONITOR_BYTES)
		return false;
	if (watch == NULL) {
		watch = wh_new(irc->host, sizeof *watch);
		if (watch == NULL)
			return false;
		memcpy(watch->folded, folded, sizeof folded);
		text_flat(nick, watch->nick, sizeof watch->nick);
		if (wh_dict_add(irc->host, irc->watches, wh_str(watch->folded), watch) != WH_OK) {
			wh_delete(irc->host, watch);
			return false;
		}
	}
	watch->clients++;
	c->watches[c->n_watches++] = watch;
	*watch_out = watch;
	return true;
}

void
watches_write(const struct irc_client *c, char to[static IRC_MONITOR_BYTES + 1])
{
	size_t n = 0;

	to[0] = '\0';
	for (size_t i = 0; i < c->n_watches; i++)
		n += (size_t)snprintf(to + n, IRC_MONITOR_BYTES + 1 - n, "%s%s", n != 0 ? "," : "", c->watches[i]->nick);
}

void
watches_read(struct irc_client *c, struct wh_str list)
{
	struct irc_watch *watch;
	struct wh_str nick;

	while (next_part(&list, ',', &nick) && watch_add(c, nick, &watch))
		continue;
}

void
verb_monitor(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	char sign = line->params[0].n == 1 ? line->params[0].p[0] : '\0';
	struct wh_str rest = line->n > 1 ? line->params[1] : WH_STR(""), nick;
	struct irc_watch *watch;
	struct irc_out out;

	irc_changed(c);
	out_begin(&out, c);
	switch (sign) {
	case '+':
		while (next_part(&rest, ',', &nick)) {
			if (!watch_add(c, nick, &watch)) {
				out_numeric(&out, 734, "%d %.*s :Your list is full", IRC_MONITOR, WH_FMT(nick));
				break;
			}
			if (watch != NULL)
				watch_show(&out, watch);
			if (watch != NULL && person_by_nick(irc, nick) != NULL)
				metadata_watched(&out, person_by_nick(irc, nick));
		}
		break;
	case '-':
		while (next_part(&rest, ',', &nick)) {
			char folded[IRC_NICK + 1];

			nick_fold(irc, nick, folded);
			for (size_t i = 0; i < c->n_watches; i++)
				if (strcmp(c->watches[i]->folded, folded) == 0) {
					watch = c->watches[i];
					c->watches[i] = c->watches[--c->n_watches];
					watch_drop(irc, watch);
					break;
				}
		}
		break;
	case 'C':
	case 'c':
		watches_drop(c);
		break;
	case 'L':
	case 'l':
		for (size_t i = 0; i < c->n_watches; i++)
			out_numeric(&out, 732, ":%s", c->watches[i]->nick);
		out_numeric(&out, 733, ":End of MONITOR list");
		break;
	case 'S':
	case 's':
		for (size_t i = 0; i < c->n_watches; i++)
			watch_show(&out, c->watches[i]);
		break;
	default:
		out_numeric(&out, 461, "MONITOR :Write: MONITOR + nicks, - nicks, C, L or S");
	}
	out_end(&out);
}

/* AWAY, SETNAME: told to those who asked for it */

struct change {
	const struct irc_person *who;
	char line[IRC_LINE];
	uint32_t cap;
};

static void
change_tell(struct irc_client *c, const void *arg)
{
	const struct change *change = arg;

	if ((c->caps & change->cap) != 0)
		irc_say_of(c, change->who, "%s", change->line);
}

static void
change_spread(struct irc_client *c, uint32_t cap, bool own, const char *what, const char *text)
{
	const struct wh_identity *who = client_identity(c);
	struct wh_session *s = client_session(c);
	struct change change = { .who = s != NULL ? person_of(c->irc, s) : NULL, .cap = cap };
	char source[160];

	if (s == NULL)
		return;
	source_of(c->irc, who->name, who->id, source);
	snprintf(change.line, sizeof change.line, ":%s %s%s%s", source, what, text[0] != '\0' ? " :" : "", text);
	peers_each(c->irc, s, own, change_tell, &change);
	if (person_of(c->irc, s) != NULL)
		watchers_each(c->irc, person_of(c->irc, s), change_tell, &change);
}

void
verb_away(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	(void)irc;
	text_flat(line->n != 0 ? line->params[0] : WH_STR(""), c->away, sizeof c->away);
	if (c->away[0] != '\0')
		irc_numeric(c, 306, ":You are marked as being away");
	else
		irc_numeric(c, 305, ":You are no longer marked as being away");
	if (c->welcome)
		change_spread(c, CAP_AWAY, false, "AWAY", strcmp(c->away, "*") == 0 ? "Not here" : c->away);
	irc_changed(c);
}

void
verb_setname(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	(void)irc;
	if (line->params[0].n == 0 || line->params[0].n > IRC_REAL) {
		irc_fail(c, "SETNAME", "INVALID_REALNAME", "", WH_STR("A name has 1 to 150 bytes"));
		return;
	}
	text_flat(line->params[0], c->real, sizeof c->real);
	change_spread(c, CAP_SETNAME, true, "SETNAME", c->real);
	irc_changed(c);
}
