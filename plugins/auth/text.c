/* The texts of text.h. */
#include "text.h"

#include <stdio.h>

struct text
text_to(char *buffer, size_t cap)
{
	buffer[0] = '\0';
	return (struct text){ .p = buffer, .cap = cap };
}

struct wh_str
text_slice(const struct text *t)
{
	return t->failed ? (struct wh_str){ "", 0 } : (struct wh_str){ t->p, t->n };
}

void
text_put(struct text *t, struct wh_str s)
{
	if (t->failed || s.n >= t->cap - t->n) {
		t->failed = true;
		return;
	}
	if (s.n != 0)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
	t->p[t->n] = '\0';
}

void
text_lit(struct text *t, const char *s)
{
	text_put(t, wh_str(s));
}

void
text_int(struct text *t, int64_t n)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%lld", (long long)n);
	text_lit(t, digits);
}

static bool
plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

void
text_url(struct text *t, struct wh_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char escaped[4];

		if (plain(c)) {
			text_put(t, (struct wh_str){ s.p + i, 1 });
			continue;
		}
		snprintf(escaped, sizeof escaped, "%%%02X", c);
		text_lit(t, escaped);
	}
}

void
text_html(struct text *t, struct wh_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '<':
			text_lit(t, "&lt;");
			break;
		case '>':
			text_lit(t, "&gt;");
			break;
		case '&':
			text_lit(t, "&amp;");
			break;
		case '"':
			text_lit(t, "&quot;");
			break;
		case '\'':
			text_lit(t, "&#39;");
			break;
		default:
			text_put(t, (struct wh_str){ s.p + i, 1 });
		}
	}
}

/* How many bytes the character at the front has; 0: it is none. */
static size_t
utf8_size(struct wh_str s)
{
	const unsigned char *c = (const unsigned char *)s.p;
	size_t n = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0) || (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] >= 0x90))
		return 0;
	return n;
}

void
text_json(struct text *t, struct wh_str s)
{
	text_lit(t, "\"");
	while (s.n != 0) {
		unsigned char c = (unsigned char)*s.p;
		size_t n = utf8_size(s);
		char escaped[8];

		if (n == 0) {
			text_lit(t, "\xef\xbf\xbd");
			n = 1;
		} else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
			snprintf(escaped, sizeof escaped, "\\u%04x", c);
			text_lit(t, escaped);
		} else {
			text_put(t, (struct wh_str){ s.p, n });
		}
		s = wh_str_from(s, n);
	}
	text_lit(t, "\"");
}

void
text_name(struct text *t, const char *name)
{
	if (t->n != 0 && t->p[t->n - 1] != '{')
		text_lit(t, ",");
	text_json(t, wh_str(name));
	text_lit(t, ":");
}

void
text_member(struct text *t, const char *name, struct wh_str value)
{
	text_name(t, name);
	text_json(t, value);
}

void
text_member_int(struct text *t, const char *name, int64_t value)
{
	text_name(t, name);
	text_int(t, value);
}

void
text_query(struct text *t, const char *name, struct wh_str value)
{
	text_lit(t, t->n != 0 && memchr(t->p, '?', t->n) != NULL ? "&" : "?");
	text_lit(t, name);
	text_lit(t, "=");
	text_url(t, value);
}
