/* See bytes.h. */
#include "bytes.h"

#include <stdio.h>

void
bytes_free(struct bytes *b)
{
	wh_delete(b->host, b->p);
	b->p = NULL;
	b->n = b->cap = 0;
	b->failed = false;
}

static bool
bytes_room(struct bytes *b, size_t n)
{
	size_t cap = b->cap != 0 ? b->cap : 256;
	char *more;

	if (b->failed || (b->max != 0 && n > b->max - b->n)) {
		b->failed = true;
		return false;
	}
	if (b->cap > b->n + n)
		return true;
	while (cap <= b->n + n)
		cap *= 2;
	more = wh_new(b->host, cap);
	if (more == NULL) {
		b->failed = true;
		return false;
	}
	if (b->n != 0)
		memcpy(more, b->p, b->n);
	wh_delete(b->host, b->p);
	b->p = more;
	b->cap = cap;
	return true;
}

void
bytes_put(struct bytes *b, struct wh_str s)
{
	if (!bytes_room(b, s.n))
		return;
	if (s.n != 0)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	b->p[b->n] = '\0';
}

void
bytes_text(struct bytes *b, const char *text)
{
	bytes_put(b, wh_str(text));
}

char *
bytes_copy(const struct wh_host *host, struct wh_str s)
{
	char *to = wh_new(host, s.n + 1);

	if (to != NULL && s.n != 0)
		memcpy(to, s.p, s.n);
	return to;
}

/* Between two members, and not behind a bracket or a colon. */
static void
bytes_comma(struct bytes *b)
{
	char last = b->n != 0 ? b->p[b->n - 1] : '[';

	if (last != '[' && last != '{' && last != ':' && (unsigned char)last >= ' ')
		bytes_put(b, WH_STR(","));
}

static void
bytes_quoted(struct bytes *b, struct wh_str s)
{
	size_t from = 0;
	char escape[8];

	bytes_put(b, WH_STR("\""));
	for (size_t i = 0; i <= s.n; i++) {
		unsigned char c = i < s.n ? (unsigned char)s.p[i] : '"';

		if (i < s.n && c >= ' ' && c != '"' && c != '\\')
			continue;
		bytes_put(b, (struct wh_str){ s.p + from, i - from });
		from = i + 1;
		if (i == s.n)
			break;
		snprintf(escape, sizeof escape, c == '"' || c == '\\' ? "\\%c" : "\\u%04x", c);
		bytes_text(b, escape);
	}
	bytes_put(b, WH_STR("\""));
}

static void
bytes_key(struct bytes *b, const char *key)
{
	bytes_comma(b);
	if (key == NULL)
		return;
	bytes_quoted(b, wh_str(key));
	bytes_put(b, WH_STR(":"));
}

void
bytes_open(struct bytes *b, const char *key, char bracket)
{
	bytes_key(b, key);
	bytes_put(b, (struct wh_str){ &bracket, 1 });
}

void
bytes_close(struct bytes *b, char bracket)
{
	bytes_put(b, (struct wh_str){ &bracket, 1 });
}

void
bytes_str(struct bytes *b, const char *key, struct wh_str value)
{
	bytes_key(b, key);
	bytes_quoted(b, value);
}

void
bytes_key_str(struct bytes *b, struct wh_str key, struct wh_str value)
{
	bytes_comma(b);
	bytes_quoted(b, key);
	bytes_put(b, WH_STR(":"));
	bytes_quoted(b, value);
}

void
bytes_key_raw(struct bytes *b, struct wh_str key, struct wh_str json)
{
	bytes_comma(b);
	bytes_quoted(b, key);
	bytes_put(b, WH_STR(":"));
	bytes_put(b, json);
}

void
bytes_int(struct bytes *b, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)value);
	bytes_key(b, key);
	bytes_text(b, text);
}

void
bytes_raw(struct bytes *b, const char *key, struct wh_str json)
{
	bytes_key(b, key);
	bytes_put(b, json);
}
