/* A client from its first line to its last: what it sends is run verb by verb; what could overtake what it said before is held; who is silent for
 * long is asked for a sign of life. */
#include <stdio.h>

#include "irc.h"

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

struct irc_client *
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

void
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

void
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

enum wh_err
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

void
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
bool
irc_echoes(void *self, struct wh_session *s)
{
	(void)self, (void)s;
	return false;
}

void
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
