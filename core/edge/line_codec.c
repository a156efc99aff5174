/* The line codec of line_codec.h. */
#include "edge/line_codec.h"

#define EACH 0x0101010101010101u
#define HIGH 0x8080808080808080u

/* Is one of the eight bytes 0? */
static inline bool
word_has_zero(uint64_t word)
{
	return ((word - EACH) & ~word & HIGH) != 0;
}

/* Where the first CR, LF or NUL from `from` on is, or n. */
static size_t
line_stop(const char *p, size_t from, size_t n)
{
	size_t i = from;
	uint64_t word;

	for (; n - i >= sizeof word; i += sizeof word) {
		memcpy(&word, p + i, sizeof word);
		if (word_has_zero(word) || word_has_zero(word ^ EACH * '\n') || word_has_zero(word ^ EACH * '\r'))
			break;
	}
	for (; i < n; i++)
		if (p[i] == '\0' || p[i] == '\n' || p[i] == '\r')
			break;
	return i;
}

static inline bool
is_end(char c)
{
	return c == '\r' || c == '\n';
}

/* Checks the first `n` bytes of a line against the limits; `tags` is the length of its tags with the space, 0 when the
 * space has not come. A line of tags alone is judged as tags. */
static enum wh_line_kind
line_judge(const struct wh_line_limits *limits, const char *line, size_t n, size_t tags)
{
	size_t body_max = limits->body_max > 2 ? limits->body_max - 2 : 0;

	if (limits->tags_max > 0 && n > 0 && line[0] == '@') {
		if (tags > limits->tags_max || (tags == 0 && n >= limits->tags_max))
			return WH_LINE_TAGS_TOO_LONG;
		if (tags == 0)
			return WH_LINE_LINE;
	}
	return n - tags > body_max ? WH_LINE_TOO_LONG : WH_LINE_LINE;
}

/* The length of the tags in the first `n` bytes, of which `from` were looked at before. */
static size_t
line_tags(const struct wh_line_limits *limits, const char *line, size_t from, size_t n)
{
	const char *space;

	if (limits->tags_max == 0 || n == 0 || line[0] != '@')
		return 0;
	space = memchr(line + from, ' ', n - from);
	return space != NULL ? (size_t)(space - line) + 1 : 0;
}

/* Passes over what is left of a bad line. */
static size_t
line_skip(struct wh_line_in *in, const char *bytes, size_t at, size_t n)
{
	for (;;) {
		at = line_stop(bytes, at, n);
		if (at == n)
			return at;
		if (is_end(bytes[at])) {
			in->skipping = false;
			return at;
		}
		at++;
	}
}

enum wh_line_kind
wh_line_next(struct wh_line_in *in, const struct wh_line_limits *limits, const char *bytes, size_t n, size_t *used_out,
    struct wh_str *line_out)
{
	size_t at = 0, stop;
	enum wh_line_kind kind;
	const char *line;

	*line_out = (struct wh_str){ NULL, 0 };
	if (in->skipping)
		at = line_skip(in, bytes, 0, n);
	if (in->seen == 0)
		while (at < n && is_end(bytes[at]))
			at++;
	*used_out = at;
	if (at == n)
		return WH_LINE_MORE;
	line = bytes + at;
	stop = line_stop(line, in->seen, n - at);
	if (in->tags == 0)
		in->tags = (uint32_t)line_tags(limits, line, in->seen, stop);
	kind = line_judge(limits, line, stop, in->tags);
	if (kind == WH_LINE_LINE && stop == n - at) {
		in->seen = (uint32_t)stop;
		return WH_LINE_MORE;
	}
	if (kind == WH_LINE_LINE && line[stop] == '\0')
		kind = WH_LINE_NUL;
	*used_out = at + stop;
	if (kind == WH_LINE_LINE) {
		*line_out = (struct wh_str){ line, stop };
		(*used_out)++;
	}
	*in = (struct wh_line_in){ .skipping = kind != WH_LINE_LINE };
	return kind;
}

enum wh_err
wh_line_put(struct wh_buf *b, const struct wh_line_limits *limits, struct wh_str line)
{
	if (line.n == 0 || line_stop(line.p, 0, line.n) != line.n)
		return WH_EINVAL;
	if (line_judge(limits, line.p, line.n, line_tags(limits, line.p, 0, line.n)) != WH_LINE_LINE)
		return WH_ETOOBIG;
	if (wh_buf_reserve(b, line.n + 2) == NULL)
		return WH_ENOMEM;
	wh_buf_str(b, line);
	wh_buf_put(b, "\r\n", 2);
	return WH_OK;
}
