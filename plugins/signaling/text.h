/* JSON that is put together outside an answer, in somebody's bytes. What does not fit is left out, and `full` set. */
#ifndef SIGNALING_TEXT_H
#define SIGNALING_TEXT_H

#include <stdio.h>

#include <whiply/types.h>

struct text {
	char *p;
	size_t n, cap;
	bool full;
};

static inline void
text_raw(struct text *t, struct wh_str s)
{
	if (s.n > t->cap - t->n) {
		t->full = true;
		return;
	}
	if (s.n != 0)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
}

static inline void
text_put(struct text *t, const char *literal)
{
	text_raw(t, wh_str(literal));
}

static inline void
text_int(struct text *t, int64_t n)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%lld", (long long)n);
	text_put(t, digits);
}

static inline void
text_bool(struct text *t, bool yes)
{
	text_put(t, yes ? "true" : "false");
}

/** With quotes. `s` is valid UTF-8. */
static inline void
text_str(struct text *t, struct wh_str s)
{
	size_t from = 0;

	text_put(t, "\"");
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char escape[8];

		if (c >= ' ' && c != '"' && c != '\\' && c != 0x7f)
			continue;
		text_raw(t, (struct wh_str){ s.p + from, i - from });
		from = i + 1;
		if (c == '\r' || c == '\n')
			text_put(t, c == '\r' ? "\\r" : "\\n");
		else {
			snprintf(escape, sizeof escape, "\\u%04x", c);
			text_put(t, escape);
		}
	}
	text_raw(t, wh_str_from(s, from));
	text_put(t, "\"");
}

static inline struct wh_str
text_of(const struct text *t)
{
	return (struct wh_str){ t->p, t->n };
}

#endif
