/* Who is here, in whatever dialect: found by id and by nick, in constant time. Everybody has a nick that nobody else has; who comes later
 * with a name that is taken is shown with a number behind it, and a guest is where the name is an account's. Accounts that stay in their rooms
 * without a connection are here as well. Nothing here is kept: it is put together from the sessions, and from what chat knows of who stays. */
#include <stdio.h>

#include "irc.h"

struct irc_person *
person_by_nick(struct irc *irc, struct wh_str nick)
{
	char folded[IRC_NICK + 1];

	if (nick.n == 0 || nick.n > IRC_NICK)
		return NULL;
	nick_fold(irc, nick, folded);
	return wh_dict_get(irc->host, irc->nicks, wh_str(folded));
}

struct irc_person *
person_by_id(struct irc *irc, struct wh_str id)
{
	return wh_dict_get(irc->host, irc->people, id);
}

struct irc_person *
person_of(struct irc *irc, struct wh_session *s)
{
	const struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);

	return slot->person;
}

/* The nick of a name, with a number behind it as long as it is somebody else's. */
static void
person_nick(struct irc *irc, struct wh_str name, char out[static IRC_NICK + 1])
{
	char base[IRC_NICK + 1];

	nick_show(name, base);
	memcpy(out, base, sizeof base);
	for (unsigned i = 2; person_by_nick(irc, wh_str(out)) != NULL; i++) {
		char number[12];
		size_t most = IRC_NICK - (size_t)snprintf(number, sizeof number, "_%u", i);

		snprintf(out, IRC_NICK + 1, "%.*s%s", (int)text_fit(wh_str(base), most), base, number);
	}
}

static bool
person_index(struct irc *irc, struct irc_person *p)
{
	nick_fold(irc, wh_str(p->nick), p->folded);
	return wh_dict_add(irc->host, irc->nicks, wh_str(p->folded), p) == WH_OK;
}

/* A guest who has the nick of an account that comes gets another. */
static bool
person_name(struct irc *irc, struct irc_person *p, const struct wh_identity *who)
{
	char own[IRC_NICK + 1], old[IRC_NICK + 1];
	struct irc_person *guest;
	bool indexed;

	nick_show(who->name, own);
	guest = p->account ? person_by_nick(irc, wh_str(own)) : NULL;
	if (guest != NULL && (guest->account || guest == p))
		guest = NULL;
	if (guest != NULL)
		wh_dict_remove(irc->host, irc->nicks, wh_str(guest->folded));
	person_nick(irc, who->name, p->nick);
	text_flat(who->name, p->name, sizeof p->name);
	p->chosen = false;
	indexed = person_index(irc, p);
	if (guest != NULL) {
		memcpy(old, guest->nick, sizeof old);
		person_nick(irc, wh_str(guest->name), guest->nick);
		person_index(irc, guest);	/* there is memory: an entry has just gone */
		nick_changed(irc, guest, old);
	}
	return indexed;
}

bool
person_nick_take(struct irc *irc, struct irc_person *p, struct wh_str nick, bool tell)
{
	const struct irc_person *holder = person_by_nick(irc, nick);
	char old[IRC_NICK + 1], own[IRC_NICK + 1];

	if (holder != NULL && holder != p)
		return false;
	memcpy(old, p->nick, sizeof old);
	wh_dict_remove(irc->host, irc->nicks, wh_str(p->folded));
	text_flat(nick, p->nick, sizeof p->nick);
	person_index(irc, p);
	nick_show(wh_str(p->name), own);
	p->chosen = strcmp(p->nick, own) != 0;
	if (tell && strcmp(old, p->nick) != 0)
		nick_changed(irc, p, old);
	return true;
}

static struct irc_person *
person_new(struct irc *irc, const struct wh_identity *who)
{
	struct irc_person *p = wh_new(irc->host, sizeof *p);

	if (p == NULL || who->id.n > IRC_ID) {
		wh_delete(irc->host, p);
		return NULL;
	}
	text_flat(who->id, p->id, sizeof p->id);
	p->account = who->kind == WH_ACCOUNT;
	if (wh_dict_add(irc->host, irc->people, wh_str(p->id), p) != WH_OK) {
		wh_delete(irc->host, p);
		return NULL;
	}
	if (!person_name(irc, p, who)) {
		wh_dict_remove(irc->host, irc->people, wh_str(p->id));
		wh_delete(irc->host, p);
		return NULL;
	}
	return p;
}

static void
person_drop(struct irc *irc, struct irc_person *p)
{
	if (wh_dict_get(irc->host, irc->nicks, wh_str(p->folded)) == p)
		wh_dict_remove(irc->host, irc->nicks, wh_str(p->folded));
	wh_dict_remove(irc->host, irc->people, wh_str(p->id));
	wh_delete(irc->host, p->sessions);
	wh_delete(irc->host, p);
}

static bool
person_hold(struct irc *irc, struct irc_person *p, wh_id session)
{
	if (p->n == p->cap) {
		size_t cap = p->cap != 0 ? p->cap * 2 : 2;
		wh_id *more = wh_new(irc->host, cap * sizeof *more);

		if (more == NULL)
			return false;
		if (p->n != 0)
			memcpy(more, p->sessions, p->n * sizeof *more);
		wh_delete(irc->host, p->sessions);
		p->sessions = more;
		p->cap = cap;
	}
	p->sessions[p->n++] = session;
	return true;
}

/* Its name is another than before. */
static void
person_renamed(struct irc *irc, struct irc_person *p, const struct wh_identity *who)
{
	char old[IRC_NICK + 1];

	if (p->chosen) {
		text_flat(who->name, p->name, sizeof p->name);
		return;
	}
	memcpy(old, p->nick, sizeof old);
	wh_dict_remove(irc->host, irc->nicks, wh_str(p->folded));
	if (!person_name(irc, p, who)) {
		memcpy(p->nick, old, sizeof old);
		person_index(irc, p);
		return;
	}
	if (strcmp(old, p->nick) != 0)
		nick_changed(irc, p, old);
}

void
person_enter(struct irc *irc, struct wh_session *s, bool known)
{
	const struct wh_identity *who = wh_session_identity(irc->host, s);
	struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);
	struct irc_person *p = person_by_id(irc, who->id);
	const struct irc_client *c = slot->client;
	const bool fresh = p == NULL;

	if (slot->person != NULL && slot->person != p)
		person_leave(irc, s);
	if (p == NULL)
		p = person_new(irc, who);
	if (p == NULL)
		return;
	if (slot->person != p && !person_hold(irc, p, wh_session_id(irc->host, s))) {
		if (p->n == 0 && !p->stays)
			person_drop(irc, p);
		return;
	}
	slot->person = p;
	p->left = false;
	/* Where a nick need not be the account's name, who signs in keeps the one that they have, and so does who was here before the hub. */
	if (!irc->set.nick_is_account && p->account && !p->chosen && p->n == 1 && c != NULL && c->welcome && (known || fresh))
		person_nick_take(irc, p, wh_str(c->nick), false);
	if (fresh) {
		char source[160];

		source_of(irc, who->name, who->id, source);
		watch_tell(irc, p->folded, p->nick, source, true);
	}
	if (!wh_str_is(who->name, p->name))
		person_renamed(irc, p, who);
}

void
person_leave(struct irc *irc, struct wh_session *s)
{
	struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);
	struct irc_person *p = slot->person;
	wh_id id = wh_session_id(irc->host, s);

	if (p == NULL)
		return;
	slot->person = NULL;
	for (size_t i = 0; i < p->n; i++)
		if (p->sessions[i] == id) {
			p->sessions[i] = p->sessions[--p->n];
			break;
		}
	if (p->n != 0 || p->stays)
		return;
	watch_tell(irc, p->folded, p->nick, p->nick, false);
	person_drop(irc, p);
}

/* Who stays without a connection */

struct staying {
	const struct irc_person *who;
	char line[IRC_LINE];
};

struct staying_look {
	struct irc *irc;
	const struct irc_person *who;
	bool found;
};

static bool
staying_in(void *self, struct wh_room *r)
{
	struct staying_look *look = self;

	look->found = look->irc->chat->inside(look->irc->chat_self, wh_room_name(look->irc->host, r), wh_str(look->who->id), NULL);
	return !look->found;
}

/* Those who share a channel with them are told there. */
static void
staying_tell(struct irc_client *c, const void *arg)
{
	const struct staying *staying = arg;
	struct wh_session *s = client_session(c);
	struct staying_look look = { c->irc, staying->who, false };

	if ((c->caps & CAP_AWAY) == 0 || s == NULL)
		return;
	wh_session_rooms(c->irc->host, s, staying_in, &look);
	if (!look.found)
		irc_say_of(c, staying->who, "%s", staying->line);
}

static void
stay(struct irc *irc, const struct wh_chat_actor *who, enum wh_chat_stay what)
{
	const struct wh_identity is = { .kind = WH_ACCOUNT, .id = who->id, .name = who->name };
	struct irc_person *p = person_by_id(irc, who->id);
	struct staying staying = { .who = p };
	char source[160];

	if (p == NULL && what != WH_STAY_OFF)
		p = person_new(irc, &is);
	if (p == NULL)
		return;
	p->stays = what != WH_STAY_OFF;
	if (!p->stays && p->n == 0) {
		watch_tell(irc, p->folded, p->nick, p->nick, false);
		person_drop(irc, p);
		return;
	}
	p->left = what == WH_STAY_AWAY && p->n == 0;
	if (staying.who == NULL || (what != WH_STAY_AWAY && what != WH_STAY_BACK))
		return;
	source_of(irc, who->name, who->id, source);
	snprintf(staying.line, sizeof staying.line, what == WH_STAY_AWAY ? ":%s AWAY :" IRC_GONE : ":%s AWAY", source);
	irc->stamps++;
	watchers_each(irc, p, staying_tell, &staying);
}

static void
stayed(void *self, const struct wh_chat_actor *who, enum wh_chat_stay what)
{
	stay(self, who, what);
}

static bool
stays_each(void *self, const struct wh_chat_actor *who, enum wh_chat_stay what)
{
	stay(self, who, what);
	return true;
}

void
people_open(struct irc *irc)
{
	irc->chat->stayers(irc->chat_self, stays_each, irc);
	irc->chat->stay_listen(irc->chat_self, stayed, irc);
}

struct irc_client *
person_client(struct irc *irc, const struct irc_person *person)
{
	for (size_t i = 0; i < person->n; i++) {
		struct wh_session *s = wh_session_get(irc->host, person->sessions[i]);
		struct irc_client *c = s != NULL ? client_of(irc, s) : NULL;

		if (c != NULL && c->welcome)
			return c;
	}
	return NULL;
}

bool
person_is_bot(struct irc *irc, const struct irc_person *person)
{
	const struct irc_client *c = person_client(irc, person);

	return person->bot || (c != NULL && (c->modes & MODE_BOT) != 0);
}

const char *
person_away(struct irc *irc, const struct irc_person *person)
{
	const char *why = NULL;

	for (size_t i = 0; i < person->n; i++) {
		struct wh_session *s = wh_session_get(irc->host, person->sessions[i]);
		const struct irc_client *c = s != NULL ? client_of(irc, s) : NULL;

		if (s == NULL || (c != NULL && strcmp(c->away, "*") == 0))
			continue;
		if (c == NULL || c->away[0] == '\0')
			return NULL;
		if (why == NULL)
			why = c->away;
	}
	if (person->n == 0)
		return person->left ? IRC_GONE : NULL;
	return why != NULL ? why : "Not here";
}

struct irc_person *
client_person(const struct irc_client *c)
{
	struct wh_session *s = client_session(c);

	return s != NULL ? person_of(c->irc, s) : NULL;
}

void
people_free(struct irc *irc)
{
	struct wh_dict_iter it = { .value = NULL };

	while (irc->people != NULL && wh_dict_next(irc->host, irc->people, &it)) {
		struct irc_person *p = it.value;

		wh_delete(irc->host, p->sessions);
		wh_delete(irc->host, p);
	}
	wh_dict_free(irc->host, &irc->people);
	wh_dict_free(irc->host, &irc->nicks);
}

/* The first client that said who it is, be it welcome yet or not. */
static const struct irc_client *
person_said(struct irc *irc, const struct irc_person *person)
{
	for (size_t i = 0; i < person->n; i++) {
		struct wh_session *s = wh_session_get(irc->host, person->sessions[i]);
		const struct irc_client *c = s != NULL ? client_of(irc, s) : NULL;

		if (c != NULL && c->user[0] != '\0')
			return c;
	}
	return NULL;
}

/* Nobody's address is shown: a host is who somebody is, so that a ban on it holds. Ids of guests end with them. */
void
source_parts(struct irc *irc, struct wh_str name, struct wh_str id, char nick[static IRC_NICK + 1], const char **user_out, char host[static IRC_HOST + 1])
{
	const struct irc_person *p = id.n != 0 ? person_by_id(irc, id) : NULL;
	const struct irc_client *c = p != NULL ? person_said(irc, p) : NULL;
	bool account = p != NULL ? p->account : id.n != 0 && id.p[0] == 'a';
	size_t n = 0;

	if (p != NULL)
		memcpy(nick, p->nick, IRC_NICK + 1);
	else
		nick_show(name, nick);
	*user_out = c != NULL && c->user[0] != '\0' ? c->user : account ? "u" : "~u";
	for (; n < id.n && n < 20; n++)
		host[n] = (id.p[n] >= '0' && id.p[n] <= '9') || (id.p[n] >= 'a' && id.p[n] <= 'z') || (id.p[n] >= 'A' && id.p[n] <= 'Z') ? id.p[n] : '-';
	snprintf(host + n, IRC_HOST + 1 - n, "%s", n == 0 ? "nobody" : account ? ".account" : ".guest");
}

void
source_of(struct irc *irc, struct wh_str name, struct wh_str id, char to[static 160])
{
	char nick[IRC_NICK + 1], host[IRC_HOST + 1];
	const char *user;

	source_parts(irc, name, id, nick, &user, host);
	snprintf(to, 160, "%s!%s@%s", nick, user, host);
}

/* Peers */

struct telling {
	struct irc *irc;
	struct irc_person *but;
	void (*each)(struct irc_client *c, const void *arg);
	const void *arg;
};

static void
peer_tell(struct telling *t, struct wh_session *s)
{
	const struct irc_slot *slot = wh_slot_of(t->irc->host, s, t->irc->slot);
	struct irc_client *c = slot->client;

	if (c == NULL || !c->welcome || c->stamp == t->irc->stamps || (t->but != NULL && slot->person == t->but))
		return;
	c->stamp = t->irc->stamps;
	t->each(c, t->arg);
}

static bool
peer_in_room(void *self, struct wh_session *s)
{
	peer_tell(self, s);
	return true;
}

static bool
peer_room(void *self, struct wh_room *r)
{
	struct telling *t = self;

	if (wh_room_members(t->irc->host, r) <= (size_t)t->irc->set.crowd)
		wh_room_each(t->irc->host, r, peer_in_room, t);
	return true;
}

void
peers_each(struct irc *irc, struct wh_session *s, bool own, void (*each)(struct irc_client *c, const void *arg), const void *arg)
{
	struct irc_person *p = person_of(irc, s);
	struct telling t = { irc, own ? NULL : p, each, arg };

	irc->stamps++;
	for (size_t i = 0; p != NULL && i < p->n && i < IRC_SESSIONS; i++) {
		struct wh_session *one = wh_session_get(irc->host, p->sessions[i]);

		if (one == NULL)
			continue;
		if (own)
			peer_tell(&t, one);
		wh_session_rooms(irc->host, one, peer_room, &t);
	}
	if (p == NULL)
		wh_session_rooms(irc->host, s, peer_room, &t);
}

static void
watchers_with(struct irc *irc, const struct irc_person *person, uint32_t cap, void (*each)(struct irc_client *c, const void *arg), const void *arg)
{
	const struct irc_watch *watch = wh_dict_get(irc->host, irc->watches, wh_str(person->folded));

	for (struct irc_client *c = irc->clients; watch != NULL && c != NULL; c = c->next)
		for (size_t i = 0; i < c->n_watches && (c->caps & cap) != 0 && c->stamp != irc->stamps; i++)
			if (c->watches[i] == watch) {
				c->stamp = irc->stamps;
				each(c, arg);
			}
}

void
watchers_each(struct irc *irc, const struct irc_person *person, void (*each)(struct irc_client *c, const void *arg), const void *arg)
{
	watchers_with(irc, person, CAP_MONITOR, each, arg);
}

void
watchers_metadata(struct irc *irc, const struct irc_person *person, void (*each)(struct irc_client *c, const void *arg), const void *arg)
{
	watchers_with(irc, person, CAP_METADATA, each, arg);
}
