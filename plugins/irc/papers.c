/* What a new hub needs to know of a client. Papers are lines, so that what is added later stands behind. */
#include <stdlib.h>

#include "irc.h"

enum wh_verdict
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

enum wh_verdict
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

enum wh_verdict
irc_recovered(void *self, struct wh_recovered *r)
{
	(void)r;
	presence_begin(self);
	return WH_PASS;
}

/* What was being signed in or named when the hub died has no answer, and is tried again. */
void
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
