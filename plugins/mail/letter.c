/* See letter.h. */
#include "letter.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LETTER_WORD = 45, LETTER_LINE = 75 };	/* bytes of an encoded word before encoding; columns of a line */

struct letter_out {
	char *p;
	size_t n, size;
};

static void
out_put(struct letter_out *o, const char *p, size_t n)
{
	if (o->n < o->size)
		memcpy(o->p + o->n, p, n < o->size - o->n ? n : o->size - o->n);
	o->n += n;
}

static void
out_text(struct letter_out *o, const char *text)
{
	out_put(o, text, strlen(text));
}

static bool
letter_is_atom(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
letter_is_host(struct wh_str host)
{
	size_t label = 0;

	if (host.n == 0 || host.n > 253)
		return false;
	for (size_t i = 0; i <= host.n; i++) {
		char c = i < host.n ? host.p[i] : '.';

		if (c == '.') {
			if (label == 0 || label > 63 || host.p[i - 1] == '-')
				return false;
			label = 0;
		} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c == '-' && label != 0)) {
			label++;
		} else {
			return false;
		}
	}
	return true;
}

bool
letter_address_ok(struct wh_str address)
{
	const char *at = address.n != 0 ? memchr(address.p, '@', address.n) : NULL;
	size_t user = at != NULL ? (size_t)(at - address.p) : 0;

	/* A dash in front is legal, and an option to some programs. */
	if (user == 0 || user > 64 || address.n > LETTER_ADDRESS || address.p[0] == '-')
		return false;
	for (size_t i = 0; i < user; i++) {
		bool dot = address.p[i] == '.';

		if (!dot && !letter_is_atom(address.p[i]))
			return false;
		if (dot && (i == 0 || i + 1 == user || address.p[i + 1] == '.'))
			return false;
	}
	return letter_is_host(wh_str_from(address, user + 1));
}

/* The length of the UTF-8 character at the front; 0: it is none. */
static size_t
letter_char(struct wh_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned low = 0x80, high = 0xbf;
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;

	if (n == 0 || n > s.n)
		return 0;
	/* The second byte rules out overlong forms, surrogates, and what is past U+10FFFF. */
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < n; i++) {
		if (p[i] < low || p[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return n;
}

bool
letter_text_ok(struct wh_str text, bool lines)
{
	while (text.n != 0) {
		size_t n = letter_char(text);
		unsigned char c = (unsigned char)text.p[0];

		if (n == 0 || c == '\0' || (!lines && (c < ' ' || c == 0x7f)))
			return false;
		text = wh_str_from(text, n);
	}
	return true;
}

static void
letter_base64(struct letter_out *o, struct wh_str s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		const unsigned char *p = (const unsigned char *)s.p + i;
		size_t n = s.n - i < 3 ? s.n - i : 3;
		unsigned bits = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
		const char four[4] = { digits[bits >> 18], digits[bits >> 12 & 63], n > 1 ? digits[bits >> 6 & 63] : '=', n > 2 ? digits[bits & 63] : '=' };

		out_put(o, four, 4);
	}
}

/* A header's text, as it is when it is short and plain, else as encoded words (RFC 2047), each of whole characters. */
static void
letter_words(struct letter_out *o, struct wh_str text, bool quote)
{
	bool plain = text.n <= 60;

	for (size_t i = 0; i < text.n && plain; i++)
		plain = text.p[i] >= ' ' && text.p[i] <= '~' && !(quote && strchr("\"\\", text.p[i]) != NULL) &&
		    !(text.p[i] == '=' && i + 1 < text.n && text.p[i + 1] == '?');
	if (plain) {
		out_text(o, quote ? "\"" : "");
		out_put(o, text.p, text.n);
		out_text(o, quote ? "\"" : "");
		return;
	}
	for (bool first = true; text.n != 0; first = false) {
		struct wh_str word = { text.p, 0 };
		size_t n;

		while (word.n < text.n && word.n + (n = letter_char(wh_str_from(text, word.n))) <= LETTER_WORD)
			word.n += n;
		out_text(o, first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
		letter_base64(o, word);
		out_text(o, "?=");
		text = wh_str_from(text, word.n);
	}
}

/* Quoted-printable (RFC 2045): readable where it is plain, and no line is too long, ends in a blank, or begins with a dot. */
static void
letter_text(struct letter_out *o, struct wh_str text)
{
	size_t column = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool last = i + 1 == text.n || text.p[i + 1] == '\n' || (text.p[i + 1] == '\r' && i + 2 < text.n && text.p[i + 2] == '\n');
		bool plain = (c > ' ' && c <= '~' && c != '=') || ((c == ' ' || c == '\t') && !last);
		char code[4];

		if (c == '\r' && i + 1 < text.n && text.p[i + 1] == '\n')
			continue;
		if (c == '\n') {
			out_text(o, "\r\n");
			column = 0;
			continue;
		}
		if (column + (plain ? 1 : 3) > LETTER_LINE) {
			out_text(o, "=\r\n");
			column = 0;
		}
		if (column == 0 && c == '.')
			plain = false;
		if (plain)
			out_put(o, &text.p[i], 1);
		else
			out_put(o, code, (size_t)snprintf(code, sizeof code, "=%02X", c));
		column += plain ? 1 : 3;
	}
	if (column != 0)
		out_text(o, "\r\n");
}

static void
letter_date(struct letter_out *o, int64_t wall_ms)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(wall_ms / 1000);
	char text[64];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
	out_text(o, text);
}

size_t
letter_write(const struct letter *letter, char *to, size_t size)
{
	struct letter_out o = { to, 0, size };
	const char *at = memchr(letter->from.p, '@', letter->from.n);

	out_text(&o, "From: ");
	if (letter->from_name.n != 0)
		letter_words(&o, letter->from_name, true);
	out_text(&o, letter->from_name.n != 0 ? " <" : "<");
	out_put(&o, letter->from.p, letter->from.n);
	out_text(&o, ">\r\nTo: <");
	out_put(&o, letter->to.p, letter->to.n);
	out_text(&o, ">\r\nSubject: ");
	letter_words(&o, letter->subject, false);
	out_text(&o, "\r\nDate: ");
	letter_date(&o, letter->wall_ms);
	out_text(&o, "\r\nMessage-ID: <");
	out_text(&o, letter->id);
	out_put(&o, at, letter->from.n - (size_t)(at - letter->from.p));
	out_text(&o, ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	letter_text(&o, letter->text);
	return o.n;
}
