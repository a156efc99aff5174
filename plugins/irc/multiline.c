/* Messages of several lines (draft/multiline): the client sends a batch, which is one message here. A client has at most one open. */
#include <stdio.h>

#include "irc.h"

enum { MULTILINE_BYTES = 4000, MULTILINE_LINES = 20, MULTILINE_REF = 32 };

struct irc_multiline {
	char ref[MULTILINE_REF + 1], target[IRC_CHANNEL * 2], label[IRC_LABEL + 1], reply[40];
	bool notice, failed;
	unsigned lines;
	size_t n;
	char text[MULTILINE_BYTES + 1];
};

void
multiline_drop(struct irc_client *c)
{
	wh_delete(c->irc->host, c->multiline);
	c->multiline = NULL;
}

static void
multiline_fail(struct irc_client *c, const char *code, const char *context, const char *why)
{
	memcpy(c->label, c->multiline->label, sizeof c->label);
	c->multiline->label[0] = '\0';
	irc_fail(c, "BATCH", code, context, wh_str(why));
	c->multiline->failed = true;
}

static void
multiline_begin(struct irc_client *c, const struct irc_line *line)
{
	struct irc_multiline *m;

	if (c->multiline != NULL) {
		irc_fail(c, "BATCH", "MULTILINE_INVALID", "", WH_STR("End the batch that is open first"));
		return;
	}
	m = wh_new(c->irc->host, sizeof *m);
	if (m == NULL) {
		irc_fail(c, "BATCH", "MULTILINE_INVALID", "", WH_STR("The server has no memory left; try again"));
		return;
	}
	text_flat(wh_str_from(line->params[0], 1), m->ref, sizeof m->ref);
	if (line->n > 2)
		text_flat(line->params[2], m->target, sizeof m->target);
	if (!line_tag(line, "+reply", m->reply, sizeof m->reply))
		line_tag(line, "+draft/reply", m->reply, sizeof m->reply);
	/* The answer comes when the batch ends. */
	memcpy(m->label, c->label, sizeof m->label);
	c->label[0] = '\0';
	c->multiline = m;
}

bool
multiline_line(struct irc_client *c, const struct irc_line *line)
{
	struct irc_multiline *m = c->multiline;
	bool notice = same_word(line->verb, "NOTICE");
	char ref[MULTILINE_REF + 1], concat[8], context[IRC_CHANNEL * 3];
	struct wh_str text;

	if (!line_tag(line, "batch", ref, sizeof ref) || (!notice && !same_word(line->verb, "PRIVMSG")))
		return false;
	if (m == NULL || strcmp(ref, m->ref) != 0) {
		irc_fail(c, "BATCH", "INVALID_REFTAG", ref, WH_STR("There is no such batch open"));
		return true;
	}
	if (m->failed)
		return true;
	text = line->n > 1 ? line->params[1] : WH_STR("");
	if (line->n == 0 || !wh_str_is(line->params[0], m->target)) {
		snprintf(context, sizeof context, "%s %.*s", m->target, line->n != 0 ? (int)(line->params[0].n < IRC_CHANNEL ? line->params[0].n : IRC_CHANNEL) : 1,
		    line->n != 0 ? line->params[0].p : "*");
		multiline_fail(c, "MULTILINE_INVALID_TARGET", context, "All lines of a batch go to its target");
	} else if (m->lines != 0 && notice != m->notice) {
		multiline_fail(c, "MULTILINE_INVALID", "", "A batch is all of PRIVMSG or all of NOTICE");
	} else if (text.n == 0 && line_tag(line, "draft/multiline-concat", concat, sizeof concat)) {
		multiline_fail(c, "MULTILINE_INVALID", "", "A blank line has nothing to be joined");
	} else if (m->lines == MULTILINE_LINES) {
		multiline_fail(c, "MULTILINE_MAX_LINES", "20", "A message has at most 20 lines");
	} else if (m->n + text.n + 1 > MULTILINE_BYTES) {
		multiline_fail(c, "MULTILINE_MAX_BYTES", "4000", "A message has at most 4000 bytes");
	} else {
		if (m->lines++ != 0 && !line_tag(line, "draft/multiline-concat", concat, sizeof concat))
			m->text[m->n++] = '\n';
		if (text.n != 0)
			memcpy(m->text + m->n, text.p, text.n);
		m->n += text.n;
		m->notice = notice;
	}
	return true;
}

static void
multiline_end(struct irc_client *c)
{
	struct irc_multiline *m = c->multiline;
	bool blank;

	c->multiline = NULL;
	memcpy(c->label, m->label, sizeof c->label);
	blank = m->n == 0 || strspn(m->text, "\n") == m->n;
	if (!m->failed && !blank)
		message_say(c, m->notice ? "NOTICE" : "PRIVMSG", wh_str(m->target), (struct wh_str){ m->text, m->n }, m->reply);
	else if (!m->failed)
		irc_fail(c, "BATCH", "MULTILINE_INVALID", "", WH_STR("A message says something"));
	wh_delete(c->irc->host, m);
}

/* Of letters, digits and hyphens. */
static bool
ref_ok(struct wh_str ref)
{
	for (size_t i = 0; i < ref.n; i++)
		if (!((ref.p[i] >= '0' && ref.p[i] <= '9') || (ref.p[i] >= 'a' && ref.p[i] <= 'z') || (ref.p[i] >= 'A' && ref.p[i] <= 'Z') || ref.p[i] == '-'))
			return false;
	return ref.n != 0 && ref.n <= MULTILINE_REF;
}

void
verb_batch(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str ref = line->params[0], name = wh_str_from(ref, 1), type = line->n > 1 ? line->params[1] : WH_STR("");
	char context[MULTILINE_REF + 80];

	(void)irc;
	snprintf(context, sizeof context, "%.*s", (int)(name.n < MULTILINE_REF ? name.n : MULTILINE_REF), name.n != 0 ? name.p : "");
	if (ref.n < 2 || (ref.p[0] != '+' && ref.p[0] != '-') || !ref_ok(name)) {
		irc_fail(c, "BATCH", "INVALID_REFTAG", context[0] != '\0' ? context : "*", WH_STR("Write: BATCH +name draft/multiline target, lines, BATCH -name"));
	} else if (ref.p[0] == '+') {
		const bool known = wh_str_is(type, "draft/multiline") && (c->caps & CAP_MULTILINE) != 0;
		const bool none = c->multiline == NULL;

		multiline_begin(c, line);
		/* What belongs to it is taken and forgotten. */
		if (none && c->multiline != NULL && !known) {
			snprintf(context + strlen(context), sizeof context - strlen(context), " %.*s", type.n != 0 ? (int)(type.n < 60 ? type.n : 60) : 1, type.n != 0 ? type.p : "*");
			multiline_fail(c, "UNKNOWN_TYPE", context, "Only draft/multiline is taken, by who asked for that capability");
		} else if (none && c->multiline != NULL && line->n < 3) {
			multiline_fail(c, "MULTILINE_INVALID", "", "Write: BATCH +name draft/multiline target");
		}
	} else if (c->multiline == NULL || !wh_str_is(name, c->multiline->ref)) {
		irc_fail(c, "BATCH", "INVALID_REFTAG", context, WH_STR("There is no such batch open"));
	} else {
		multiline_end(c);
	}
}
