/* Capabilities: CAP LS, LIST, REQ, END. What a client asked for changes how it is spoken to; the part that changes events is its accent. */
#include <stdio.h>

#include "irc.h"

static const struct {
	const char *name;
	uint32_t bit;
	const char *value, *help;
} caps[] = {
	{ "account-notify", CAP_ACCOUNT, NULL, "who signs in or out in your channels" },
	{ "account-tag", CAP_ACCOUNT_TAG, NULL, "the account of who says something" },
	{ "away-notify", CAP_AWAY, NULL, "who goes away in your channels, and comes back" },
	{ "batch", CAP_BATCH, NULL, "lines that belong together" },
	{ "cap-notify", CAP_NOTIFY, NULL, "capabilities that come and go" },
	{ "chghost", CAP_CHGHOST, NULL, "hosts that change" },
	{ "draft/account-registration", CAP_REGISTER, "before-connect,custom-account-name", "REGISTER and VERIFY" },
	{ "draft/channel-rename", CAP_RENAME, NULL, "channels that get another name" },
	{ "draft/chathistory", CAP_CHATHISTORY, NULL, "CHATHISTORY" },
	{ "draft/event-playback", CAP_EVENTS, NULL, "history with topics, reactions and the like" },
	{ "draft/extended-isupport", CAP_ISUPPORT, NULL, "ISUPPORT, also before one is in" },
	{ "draft/message-redaction", CAP_REDACTION, NULL, "messages that are taken back" },
	{ "draft/metadata-2", CAP_METADATA, "before-connect,max-subs=10,max-keys=20,max-value-bytes=256", "what people and channels say of themselves; with the plugin `profile`" },
	{ "draft/multiline", CAP_MULTILINE, "max-bytes=4000,max-lines=20", "messages of several lines" },
	{ "draft/no-implicit-names", CAP_NO_NAMES, NULL, "the same as no-implicit-names, as older clients know it" },
	{ "draft/pre-away", CAP_PRE_AWAY, NULL, "AWAY before one is in; AWAY * is nobody's absence" },
	{ "draft/read-marker", CAP_MARK, NULL, "how far one has read, on every connection" },
	{ "draft/relaymsg", CAP_RELAYMSG, "/", "who passes on what was said elsewhere; with `relaymsg`" },
	{ "draft/webpush", CAP_PUSH, NULL, "being told while nobody of you is connected; with the plugin `push`" },
	{ "echo-message", CAP_ECHO, NULL, "what you say yourself" },
	{ "extended-join", CAP_EXTENDED_JOIN, NULL, "account and name of who enters" },
	{ "extended-monitor", CAP_MONITOR, NULL, "more of those on the MONITOR list" },
	{ "invite-notify", CAP_INVITE, NULL, "who is invited to your channels" },
	{ "labeled-response", CAP_LABELS, NULL, "answers that say to what" },
	{ "message-tags", CAP_MESSAGE_TAGS, NULL, "tags, msgid, TAGMSG" },
	{ "multi-prefix", CAP_MULTI_PREFIX, NULL, "all prefixes of a member" },
	{ "no-implicit-names", CAP_NO_NAMES, NULL, "no NAMES with JOIN" },
	{ "sasl", CAP_SASL, "", "signing in; the value is the mechanisms" },
	{ "server-time", CAP_SERVER_TIME, NULL, "when it was said" },
	{ "setname", CAP_SETNAME, NULL, "names that change" },
	{ "standard-replies", CAP_STANDARD, NULL, "FAIL, WARN, NOTE" },
	{ "sts", 0, "", "the port with TLS; nobody asks for it" },
	{ "userhost-in-names", CAP_USERHOST, NULL, "NAMES with user and host" },
};

enum { CAPS = sizeof caps / sizeof caps[0], CAPS_LINE = 400 };

void
cap_each(void (*each)(void *self, const char *name, const char *value, const char *help), void *self)
{
	for (size_t i = 0; i < CAPS; i++)
		each(self, caps[i].name, caps[i].value, caps[i].help);
}

static bool
cap_offered(const struct irc_client *c, size_t i)
{
	const struct irc *irc = c->irc;

	if (caps[i].bit == CAP_SASL)
		return irc->sasl != NULL;
	if (caps[i].bit == CAP_RELAYMSG)
		return irc->set.relaymsg;
	if (caps[i].bit == CAP_PUSH)
		return irc->push != NULL;
	if (caps[i].bit == CAP_METADATA)
		return irc->profile != NULL;
	if (caps[i].bit == CAP_REGISTER)
		return irc->accounts != NULL;
	if (caps[i].bit == 0)
		return irc->set.sts_port != 0 && c->cap_version >= 302;
	return true;
}

static void
cap_show(const struct irc_client *c, size_t i, bool with_value, char *to, size_t cap)
{
	struct wh_session *s = client_session(c);
	struct wh_str value = { NULL, 0 };
	char sts[48];

	if (caps[i].bit == CAP_SASL && s != NULL)
		value = c->irc->sasl->mechanisms(c->irc->sasl_self, s);
	else if (caps[i].value != NULL)
		value = wh_str(caps[i].value);
	/* Where it has to go, or, once it is there, for how long that holds. */
	if (caps[i].bit == 0 && s != NULL) {
		if (client_secure(c))
			snprintf(sts, sizeof sts, "duration=%lld", (long long)c->irc->set.sts_seconds);
		else
			snprintf(sts, sizeof sts, "port=%lld", (long long)c->irc->set.sts_port);
		value = wh_str(sts);
	}
	snprintf(to, cap, "%s%s%.*s", caps[i].name, with_value && value.n != 0 ? "=" : "", with_value ? (int)value.n : 0, value.n != 0 ? value.p : "");
}

/* On as many lines as it takes for a client of version 302, which is told by a star that more follow. Older ones know of one line: they
 * are told of no drafts, so that it is enough. */
static void
cap_names(struct irc_client *c, const char *verb, bool all, bool newer)
{
	char line[CAPS_LINE + 1] = "", one[160];
	const char *nick = c->nick[0] != '\0' ? c->nick : "*";
	struct irc_out out;
	size_t n = 0;

	out_begin(&out, c);
	for (size_t i = 0; i < CAPS; i++) {
		if (all ? !cap_offered(c, i) : (c->caps & caps[i].bit) == 0)	/* sts has no bit: nobody asks for it */
			continue;
		if (all && !newer && strncmp(caps[i].name, "draft/", 6) == 0)
			continue;
		cap_show(c, i, all && newer, one, sizeof one);
		if (n + strlen(one) + 1 > CAPS_LINE) {
			out_server(&out, "CAP %s %s %s:%s", nick, verb, c->cap_version >= 302 ? "* " : "", line);
			n = 0;
		}
		n += (size_t)snprintf(line + n, sizeof line - n, "%s%s", n != 0 ? " " : "", one);
	}
	out_server(&out, "CAP %s %s :%s", nick, verb, line);
	out_end(&out);
}

/* All that were asked for, or none. */
static void
cap_req(struct irc_client *c, struct wh_str wanted)
{
	struct wh_session *s = client_session(c);
	uint32_t now = c->caps;
	struct wh_str rest = wanted, name;
	bool known = true;

	while (known && next_part(&rest, ' ', &name)) {
		bool off = name.p[0] == '-';

		if (off)
			name = wh_str_from(name, 1);
		known = false;
		for (size_t i = 0; i < CAPS; i++)
			if (caps[i].bit != 0 && cap_offered(c, i) && wh_str_is(name, caps[i].name)) {
				/* Who asked for the list of 302 is told of changes. */
				known = !(off && caps[i].bit == CAP_NOTIFY && c->cap_version >= 302);
				now = off ? now & ~caps[i].bit : now | caps[i].bit;
			}
	}
	if (known && s != NULL && wh_session_accent_set(c->irc->host, s, now & CAP_RENDER) == WH_OK) {
		c->caps = now;
		irc_changed(c);
	} else {
		known = false;
	}
	irc_say(c, ":%s CAP %s %s :%.*s", c->irc->name, c->nick[0] != '\0' ? c->nick : "*", known ? "ACK" : "NAK", WH_FMT(wanted));
}

void
verb_cap(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str what = line->params[0], rest = line->n > 1 ? line->params[1] : WH_STR("");

	(void)irc;
	if (same_word(what, "LS")) {
		unsigned version = 0;

		for (size_t i = 0; i < rest.n && i < 6 && rest.p[i] >= '0' && rest.p[i] <= '9'; i++)
			version = version * 10 + (unsigned)(rest.p[i] - '0');
		c->negotiating |= !c->welcome;
		irc_changed(c);
		if (version > c->cap_version)
			c->cap_version = version;
		if (version >= 302)
			c->caps |= CAP_NOTIFY;
		cap_names(c, "LS", true, version >= 302);
	} else if (same_word(what, "LIST")) {
		cap_names(c, "LIST", false, c->cap_version >= 302);
	} else if (same_word(what, "REQ")) {
		c->negotiating |= !c->welcome;
		irc_changed(c);
		cap_req(c, rest);
	} else if (same_word(what, "END") && c->welcome) {
		return;		/* it ends nothing then */
	} else if (same_word(what, "END")) {
		c->negotiating = false;
		irc_changed(c);
		sasl_stop(c);
		register_try(c);
	} else {
		irc_numeric(c, 410, "%.*s :There is no such CAP command", WH_FMT(what));
	}
}
