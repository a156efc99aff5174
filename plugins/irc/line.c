/* Lines of IRC as the Modern IRC document and the message-tags specification have them, and the texts in them: nicknames, channels, masks,
 * times. Functions on bytes alone. */
#include <stdio.h>
#include <strings.h>
#include <time.h>

#include <whiply/mask.h>

#include "irc.h"

static struct wh_str
take_word(struct wh_str *rest)
{
	size_t n = 0;
	struct wh_str word;

	while (n < rest->n && rest->p[n] != ' ')
		n++;
	word = (struct wh_str){ rest->p, n };
	while (n < rest->n && rest->p[n] == ' ')
		n++;
	*rest = wh_str_from(*rest, n);
	return word;
}

bool
line_read(struct wh_str text, struct irc_line *line)
{
	*line = (struct irc_line){ .n = 0 };
	while (text.n != 0 && text.p[0] == ' ')
		text = wh_str_from(text, 1);
	if (text.n != 0 && text.p[0] == '@') {
		line->tags = take_word(&text);
		line->tags = wh_str_from(line->tags, 1);
	}
	if (text.n != 0 && text.p[0] == ':')
		line->source = take_word(&text);
	line->verb = take_word(&text);
	while (text.n != 0 && line->n < IRC_PARAMS) {
		if (text.p[0] == ':' || line->n == IRC_PARAMS - 1) {
			line->params[line->n++] = text.p[0] == ':' ? wh_str_from(text, 1) : text;
			break;
		}
		line->params[line->n++] = take_word(&text);
	}
	return line->verb.n != 0;
}

struct wh_str
line_tag_raw(const struct irc_line *line, const char *name)
{
	struct wh_str rest = line->tags, tag, found = { NULL, 0 };
	size_t n = strlen(name);

	while (next_part(&rest, ';', &tag))
		if (tag.n >= n && memcmp(tag.p, name, n) == 0 && (tag.n == n || tag.p[n] == '='))
			found = tag.n > n ? wh_str_from(tag, n + 1) : WH_STR("");	/* the last one counts */
	return found;
}

bool
line_tag(const struct irc_line *line, const char *name, char *to, size_t cap)
{
	static const char from[] = ":s\\rn", means[] = "; \\\r\n";
	struct wh_str found = line_tag_raw(line, name);
	size_t at = 0;

	if (found.p == NULL)
		return false;
	for (size_t i = 0; i < found.n && at + 1 < cap; i++) {
		char c = found.p[i];

		if (c == '\\') {
			const char *which;

			if (++i == found.n)
				break;
			c = found.p[i];
			which = c != '\0' ? strchr(from, c) : NULL;
			if (which != NULL)
				c = means[which - from];
		}
		to[at++] = c;
	}
	to[at] = '\0';
	return true;
}

void
tag_escape(struct wh_str value, char *to, size_t cap)
{
	static const char escaped[] = "; \\\r\n", as[] = ":s\\rn";
	size_t at = 0;

	for (size_t i = 0; i < value.n && at + 2 < cap; i++) {
		const char *which = value.p[i] != '\0' ? strchr(escaped, value.p[i]) : NULL;

		if (which != NULL)
			to[at++] = '\\';
		to[at++] = which != NULL ? as[which - escaped] : value.p[i];
	}
	to[at] = '\0';
}

bool
next_part(struct wh_str *rest, char sep, struct wh_str *part_out)
{
	const char *end;

	while (rest->n != 0 && rest->p[0] == sep)
		*rest = wh_str_from(*rest, 1);
	if (rest->n == 0)
		return false;
	end = memchr(rest->p, sep, rest->n);
	*part_out = (struct wh_str){ rest->p, end != NULL ? (size_t)(end - rest->p) : rest->n };
	*rest = wh_str_from(*rest, part_out->n);
	return true;
}

bool
same_word(struct wh_str a, const char *word)
{
	return a.n == strlen(word) && strncasecmp(a.p, word, a.n) == 0;
}

struct wh_str
text_letter(struct wh_str text, size_t at)
{
	return (struct wh_str){ text.p + at, wh_mask_char(text, at) };
}

size_t
text_fit(struct wh_str text, size_t most)
{
	size_t n = most, blank;

	if (text.n <= most)
		return text.n;
	while (n != 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	for (blank = n; blank > n / 2; blank--)
		if (text.p[blank - 1] == ' ')
			return blank;
	return n != 0 ? n : most;
}

void
text_flat(struct wh_str text, char *to, size_t cap)
{
	size_t n = text.n;

	if (n >= cap) {
		n = cap - 1;
		while (n != 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
			n--;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = text.p[i] == '\n' || text.p[i] == '\r' || text.p[i] == '\0' ? ' ' : text.p[i];
	to[n] = '\0';
}

/* Strictly: no overlong forms, no surrogates, nothing past U+10FFFF. */
bool
text_is_utf8(struct wh_str text)
{
	for (size_t i = 0; i < text.n;) {
		unsigned char c = (unsigned char)text.p[i++];
		unsigned more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 4;
		unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80, high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;

		if (more == 4 || text.n - i < more)
			return false;
		for (; more != 0; more--, i++) {
			unsigned char next = (unsigned char)text.p[i];

			if (next < low || next > high)
				return false;
			low = 0x80;
			high = 0xbf;
		}
	}
	return true;
}

void
time_show(int64_t ms, char to[static 32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	char head[24];

	gmtime_r(&seconds, &tm);
	strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to, 32, "%s.%03dZ", head, (int)(ms % 1000));
}

bool
time_read(struct wh_str text, int64_t *ms_out)
{
	char copy[32], *end;
	struct tm tm = { .tm_year = 0 };
	int64_t ms = 0, unit = 100;

	if (text.n == 0 || text.n >= sizeof copy)
		return false;
	snprintf(copy, sizeof copy, "%.*s", WH_FMT(text));
	end = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
	if (end == NULL)
		return false;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
			ms += (*end - '0') * unit;
	if (strcmp(end, "Z") != 0)
		return false;
	*ms_out = (int64_t)timegm(&tm) * 1000 + ms;
	return *ms_out >= 0;
}

bool
is_channel(struct wh_str target)
{
	return target.n > 1 && target.p[0] == '#';
}

struct wh_str
status_channel(struct wh_str target, char *prefix_out)
{
	struct wh_str channel = target.n != 0 && prefix_role(target.p[0]) != NULL ? wh_str_from(target, 1) : target;

	*prefix_out = channel.n != target.n && is_channel(channel) ? target.p[0] : '\0';
	return *prefix_out != '\0' ? channel : target;
}

struct wh_str
channel_room(struct wh_str channel)
{
	return wh_str_from(channel, 1);
}

void
room_show(struct wh_str room, char to[static IRC_CHANNEL + 2])
{
	to[0] = '#';
	text_flat(room, to + 1, IRC_CHANNEL + 1);
}

/* Nicknames: letters of every script in UTF-8, digits and a few signs, compared without the case of ASCII (casemapping=ascii). */

static bool
nick_char(unsigned char c, bool first)
{
	if (c >= 0x80 || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c != '\0' && strchr("_[]\\`^{|}", c) != NULL))
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.');
}

bool
nick_ok(struct wh_str nick)
{
	if (nick.n == 0 || nick.n > IRC_NICK)
		return false;
	for (size_t i = 0; i < nick.n; i++)
		if (!nick_char((unsigned char)nick.p[i], i == 0))
			return false;
	return true;
}

void
nick_fold_ascii(struct wh_str nick, char out[static IRC_NICK + 1])
{
	size_t n = nick.n < IRC_NICK ? nick.n : IRC_NICK;

	for (size_t i = 0; i < n; i++)
		out[i] = wh_mask_lower(nick.p[i]);
	out[n] = '\0';
}

void
nick_show(struct wh_str name, char out[static IRC_NICK + 1])
{
	size_t n = 0, fits = name.n;

	if (fits > IRC_NICK - 1) {
		fits = IRC_NICK - 1;
		while (fits != 0 && ((unsigned char)name.p[fits] & 0xc0) == 0x80)
			fits--;
	}
	if (fits != 0 && !nick_char((unsigned char)name.p[0], true) && nick_char((unsigned char)name.p[0], false))
		out[n++] = '_';
	for (size_t i = 0; i < fits; i++)
		out[n++] = nick_char((unsigned char)name.p[i], false) ? name.p[i] : '_';
	if (n == 0)
		out[n++] = '_';
	out[n] = '\0';
}
