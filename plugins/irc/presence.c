/* Those who come, go, and become somebody else, in whatever dialect: what clients of IRC are told of it. */
#include "irc.h"

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

enum wh_verdict
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

static bool
enter_each(void *self, struct wh_session *s)
{
	person_enter(self, s, true);
	return true;
}

void
presence_begin(struct irc *irc)
{
	wh_session_each(irc->host, enter_each, irc);
}
