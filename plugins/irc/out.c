/* Answers to one client. Lines are collected and sent together; where the client labelled its line, the answer has the label: on its one
 * line, or on a batch around its lines, or on an ACK when there are none. */
#include <stdarg.h>
#include <stdio.h>

#include "irc.h"

static void out_add(struct irc_sink *sink, const char *text, size_t n);

void
out_begin(struct irc_out *out, struct irc_client *c)
{
	out->sink.line = out_add;
	out->irc = c->irc;
	out->c = c;
	out->batch[0] = out->inner[0] = out->text[0] = '\0';
	out->n = out->lines = 0;
	memcpy(out->label, c->label, sizeof out->label);
	c->label[0] = '\0';
}

static void
out_flush(struct irc_out *out)
{
	struct wh_session *s = client_session(out->c);

	if (out->n != 0 && s != NULL)
		wh_session_send(out->irc->host, s, (struct wh_str){ out->text, out->n });
	out->n = 0;
}

/* One line, with `tags` (without the @) before those that it may have. */
static void
out_copy(struct irc_out *out, const char *tags, const char *text, size_t n)
{
	size_t n_tags = strlen(tags);
	bool tagged = n != 0 && text[0] == '@';

	if (out->n + n + n_tags + 4 > sizeof out->text)
		out_flush(out);
	if (n + n_tags + 4 > sizeof out->text)
		return;
	if (out->n != 0)
		out->text[out->n++] = '\n';
	if (n_tags != 0) {
		out->text[out->n++] = '@';
		memcpy(out->text + out->n, tags, n_tags);
		out->n += n_tags;
		out->text[out->n++] = tagged ? ';' : ' ';
	}
	memcpy(out->text + out->n, text + (n_tags != 0 && tagged), n - (n_tags != 0 && tagged));
	out->n += n - (n_tags != 0 && tagged);
}

static void
batch_name(struct irc_client *c, char to[static 24])
{
	snprintf(to, 24, "b%x", ++c->batches);
}

/* A second line comes: what stands there was the first, and a batch has to begin before it. */
static void
out_wrap(struct irc_out *out)
{
	char first[IRC_OUT], line[IRC_LABEL + 160], tags[64];
	size_t n = out->n;

	memcpy(first, out->text, n);
	out->n = 0;
	batch_name(out->c, out->batch);
	snprintf(line, sizeof line, "@label=%s :%s BATCH +%s labeled-response", out->label, out->irc->name, out->batch);
	out_copy(out, "", line, strlen(line));
	snprintf(tags, sizeof tags, "batch=%s", out->batch);
	out_copy(out, tags, first, n);
}

static bool
opens_batch(const char *text, size_t n)
{
	const char *at = n != 0 && text[0] == '@' ? memchr(text, ' ', n) : text - 1;
	const char *end = text + n;

	if (at == NULL || (at = memchr(at + 1, ' ', (size_t)(end - at - 1))) == NULL)
		return false;
	return end - at > 8 && memcmp(at, " BATCH +", 8) == 0;
}

static void
out_add(struct irc_sink *sink, const char *text, size_t n)
{
	struct irc_out *out = (struct irc_out *)(void *)sink;
	const bool batched = n > 7 && memcmp(text, "@batch=", 7) == 0;	/* a line is in one batch, the innermost */
	char tags[64] = "";

	if (out->label[0] != '\0' && out->lines == 1)
		out_wrap(out);
	/* A batch that is all of the answer has the label itself. */
	if (out->label[0] != '\0' && out->lines == 0 && opens_batch(text, n)) {
		char label[IRC_LABEL + 8];

		snprintf(label, sizeof label, "label=%s", out->label);
		out->label[0] = '\0';
		out->lines++;
		out_copy(out, label, text, n);
		return;
	}
	if (!batched && out->inner[0] != '\0')
		snprintf(tags, sizeof tags, "batch=%s", out->inner);
	else if (!batched && out->batch[0] != '\0')
		snprintf(tags, sizeof tags, "batch=%s", out->batch);
	out_copy(out, tags, text, n);
	out->lines++;
}

/* 510 bytes without CR LF, ending with a whole character; nothing in it ends a line. */
static void
out_format(struct irc_out *out, const char *head, const char *fmt, va_list args)
{
	char line[IRC_LINE + 400];
	size_t n = (size_t)snprintf(line, sizeof line, "%s", head);

	if (n < sizeof line)
		vsnprintf(line + n, sizeof line - n, fmt, args);
	n = strlen(line);
	if (n > IRC_LINE - 2) {
		n = IRC_LINE - 2;
		while (n != 0 && ((unsigned char)line[n] & 0xc0) == 0x80)
			n--;
	}
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\n' || line[i] == '\r')
			line[i] = ' ';
	out_add(&out->sink, line, n);
}

void
out_line(struct irc_out *out, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	out_format(out, "", fmt, args);
	va_end(args);
}

void
out_server(struct irc_out *out, const char *fmt, ...)
{
	char head[80];
	va_list args;

	snprintf(head, sizeof head, ":%s ", out->irc->name);
	va_start(args, fmt);
	out_format(out, head, fmt, args);
	va_end(args);
}

static void
out_head(const struct irc_out *out, int number, char *to, size_t cap)
{
	snprintf(to, cap, ":%s %03d %s ", out->irc->name, number, out->c->nick[0] != '\0' ? out->c->nick : "*");
}

void
out_numeric(struct irc_out *out, int number, const char *fmt, ...)
{
	char head[160];
	va_list args;

	out_head(out, number, head, sizeof head);
	va_start(args, fmt);
	out_format(out, head, fmt, args);
	va_end(args);
}

void
out_fail(struct irc_out *out, const char *verb, const char *code, const char *context, struct wh_str why)
{
	if ((out->c->caps & CAP_STANDARD) != 0)
		out_server(out, "FAIL %s %s%s%s :%.*s", verb, code, context[0] != '\0' ? " " : "", context, WH_FMT(why));
	else
		out_server(out, "NOTICE %s :%s %s: %.*s", out->c->nick[0] != '\0' ? out->c->nick : "*", verb, code, WH_FMT(why));
}

void
out_batch(struct irc_out *out, const char *head)
{
	char name[24];

	if ((out->c->caps & CAP_BATCH) == 0)
		return;
	batch_name(out->c, name);
	out_server(out, "BATCH +%s %s", name, head);
	memcpy(out->inner, name, sizeof name);
}

void
out_batch_end(struct irc_out *out)
{
	char name[24];

	if (out->inner[0] == '\0')
		return;
	memcpy(name, out->inner, sizeof name);
	out->inner[0] = '\0';
	out_server(out, "BATCH -%s", name);
}

void
out_end(struct irc_out *out)
{
	char line[IRC_LABEL + 160], tags[IRC_LABEL + 8];

	if (out->label[0] != '\0' && out->lines == 0) {
		snprintf(line, sizeof line, "@label=%s :%s ACK", out->label, out->irc->name);
		out_copy(out, "", line, strlen(line));
	} else if (out->label[0] != '\0' && out->lines == 1) {
		char only[IRC_OUT];
		size_t n = out->n;

		memcpy(only, out->text, n);
		out->n = 0;
		snprintf(tags, sizeof tags, "label=%s", out->label);
		out_copy(out, tags, only, n);
	} else if (out->batch[0] != '\0') {
		snprintf(line, sizeof line, ":%s BATCH -%s", out->irc->name, out->batch);
		out_copy(out, "", line, strlen(line));
	}
	out_flush(out);
}

static void
out_format_of(struct irc_out *out, const struct irc_person *who, const char *fmt, va_list args)
{
	const bool account = who != NULL && who->account && (out->c->caps & CAP_ACCOUNT_TAG) != 0;
	const bool bot = who != NULL && (out->c->caps & CAP_MESSAGE_TAGS) != 0 && person_is_bot(out->irc, who);
	char text[IRC_LINE + IRC_NICK + 40], name[IRC_NICK + 1];
	size_t head = 0, n;

	if (account || bot) {
		nick_show(wh_str(account ? who->name : ""), name);
		head = (size_t)snprintf(text, sizeof text, "@%s%s%s ", account ? "account=" : "", account ? name : "", account && bot ? ";bot" : bot ? "bot" : "");
	}
	vsnprintf(text + head, IRC_LINE - 1, fmt, args);
	n = strlen(text);
	for (size_t i = head; i < n; i++)
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = ' ';
	out_add(&out->sink, text, head + text_fit((struct wh_str){ text + head, n - head }, IRC_LINE - 2));
}

void
out_of(struct irc_out *out, const struct irc_person *who, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	out_format_of(out, who, fmt, args);
	va_end(args);
}

void
irc_say_of(struct irc_client *c, const struct irc_person *who, const char *fmt, ...)
{
	struct irc_out out;
	va_list args;

	out_begin(&out, c);
	va_start(args, fmt);
	out_format_of(&out, who, fmt, args);
	va_end(args);
	out_end(&out);
}

void
out_pause(struct irc_out *out, char batch_out[static 24])
{
	memcpy(batch_out, out->batch, sizeof out->batch);
	out_flush(out);
}

void
out_resume(struct irc_out *out, struct irc_client *c, const char *batch)
{
	out_begin(out, c);
	snprintf(out->batch, sizeof out->batch, "%s", batch);
}

void
out_several(struct irc_out *out)
{
	char line[IRC_LABEL + 160];

	if (out->label[0] == '\0')
		return;
	batch_name(out->c, out->batch);
	snprintf(line, sizeof line, "@label=%s :%s BATCH +%s labeled-response", out->label, out->irc->name, out->batch);
	out_copy(out, "", line, strlen(line));
	out->label[0] = '\0';
}

void
irc_numeric(struct irc_client *c, int number, const char *fmt, ...)
{
	struct irc_out out;
	char head[160];
	va_list args;

	out_begin(&out, c);
	out_head(&out, number, head, sizeof head);
	va_start(args, fmt);
	out_format(&out, head, fmt, args);
	va_end(args);
	out_end(&out);
}

void
irc_say(struct irc_client *c, const char *fmt, ...)
{
	struct irc_out out;
	va_list args;

	out_begin(&out, c);
	va_start(args, fmt);
	out_format(&out, "", fmt, args);
	va_end(args);
	out_end(&out);
}

void
irc_fail(struct irc_client *c, const char *verb, const char *code, const char *context, struct wh_str why)
{
	struct irc_out out;

	out_begin(&out, c);
	out_fail(&out, verb, code, context, why);
	out_end(&out);
}
