/* See lines.h. A LINES message is a head "LAST LOST\n", then for each line "SEQ TIME LEVEL PROCESS\tTEXT\n"; no text has a newline. */
#include "ring/lines.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"

#define LINES_SEQ (UINT64_C(1) << 53)	/* more than will ever be written */

struct wh_lines_slot {
	uint64_t seq;
	int64_t time_ms;
	enum wh_level level;
	char process[WH_LINES_PROCESS];
	size_t at, n;
};

enum wh_err
wh_lines_init(struct wh_lines *l)
{
	*l = (struct wh_lines){ .slots = calloc(WH_LINES_MAX, sizeof *l->slots), .bytes = malloc(WH_LINES_BYTES) };
	if (l->slots != NULL && l->bytes != NULL)
		return WH_OK;
	wh_lines_free(l);
	return WH_ENOMEM;
}

void
wh_lines_free(struct wh_lines *l)
{
	free(l->slots);
	free(l->bytes);
	*l = (struct wh_lines){ 0 };
}

static struct wh_lines_slot *
lines_slot(const struct wh_lines *l, size_t i)
{
	return &l->slots[(l->first + i) % WH_LINES_MAX];
}

static void
lines_drop(struct wh_lines *l)
{
	l->first = (l->first + 1) % WH_LINES_MAX;
	l->n--;
}

/* Makes room for n bytes in one piece. The lines lie in the order of their age, so the oldest is the first in the way. */
static size_t
lines_room(struct wh_lines *l, size_t n)
{
	if (l->n == WH_LINES_MAX)
		lines_drop(l);
	if (l->at + n > WH_LINES_BYTES) {
		while (l->n != 0 && lines_slot(l, 0)->at >= l->at)
			lines_drop(l);
		l->at = 0;
	}
	while (l->n != 0 && lines_slot(l, 0)->at >= l->at && lines_slot(l, 0)->at < l->at + n)
		lines_drop(l);
	return l->at;
}

static void
lines_clean(char *to, struct wh_str from)
{
	for (size_t i = 0; i < from.n; i++)
		to[i] = (unsigned char)from.p[i] < 0x20 || from.p[i] == 0x7f ? ' ' : from.p[i];
}

void
wh_lines_add(struct wh_lines *l, const struct wh_line *line)
{
	struct wh_str text = line->text.n <= WH_LINES_LINE ? line->text : (struct wh_str){ line->text.p, WH_LINES_LINE };
	uint64_t seq = line->seq != 0 ? line->seq : l->last + 1;
	struct wh_lines_slot *slot;
	size_t at;

	if (seq <= l->last)
		return;
	l->last = seq;
	if (l->slots == NULL)
		return;
	at = lines_room(l, text.n);
	slot = lines_slot(l, l->n++);
	*slot = (struct wh_lines_slot){ .seq = seq, .time_ms = line->time_ms, .level = line->level, .at = at, .n = text.n };
	lines_clean(slot->process, (struct wh_str){ line->process, strnlen(line->process, sizeof slot->process - 1) });
	lines_clean(l->bytes + at, text);
	l->at = at + text.n;
}

void
wh_lines_at(const struct wh_lines *l, size_t i, struct wh_line *line)
{
	const struct wh_lines_slot *slot = lines_slot(l, i);

	*line = (struct wh_line){ .seq = slot->seq, .time_ms = slot->time_ms, .level = slot->level, .text = { l->bytes + slot->at, slot->n } };
	memcpy(line->process, slot->process, sizeof line->process);
}

void
wh_lines_put(const struct wh_lines *l, uint64_t after, struct wh_buf *to, size_t max)
{
	enum { HEAD = 3 * 20 + WH_LINES_PROCESS + 8 };
	size_t begin = to->n;

	wh_buf_fmt(to, "%" PRIu64 " %" PRIu64 "\n", l->last, l->lost);
	for (size_t i = 0; i < l->n; i++) {
		struct wh_line line;

		wh_lines_at(l, i, &line);
		if (line.seq <= after)
			continue;
		if (to->n - begin + line.text.n + HEAD > max)
			return;
		wh_buf_fmt(to, "%" PRIu64 " %" PRId64 " %u %s\t", line.seq, line.time_ms, (unsigned)line.level, line.process);
		wh_buf_str(to, line.text);
		wh_buf_byte(to, '\n');
	}
}

/* Takes what stands before `end` off the text, and `end`. */
static bool
lines_until(struct wh_str *text, char end, struct wh_str *part_out)
{
	const char *at = text->n != 0 ? memchr(text->p, end, text->n) : NULL;

	if (at == NULL)
		return false;
	*part_out = (struct wh_str){ text->p, (size_t)(at - text->p) };
	*text = wh_str_from(*text, part_out->n + 1);
	return true;
}

static bool
lines_number(struct wh_str *text, char end, uint64_t *n_out)
{
	struct wh_str digits;

	if (!lines_until(text, end, &digits) || digits.n == 0 || digits.n > 19)
		return false;
	*n_out = 0;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		*n_out = *n_out * 10 + (uint64_t)(digits.p[i] - '0');
	}
	return true;
}

bool
wh_lines_head(struct wh_str *text, uint64_t *last, uint64_t *lost)
{
	return lines_number(text, ' ', last) && lines_number(text, '\n', lost);
}

bool
wh_lines_next(struct wh_str *text, struct wh_line *line)
{
	uint64_t time_ms, level;
	struct wh_str process;

	*line = (struct wh_line){ 0 };
	if (!lines_number(text, ' ', &line->seq) || !lines_number(text, ' ', &time_ms) || !lines_number(text, ' ', &level) ||
	    !lines_until(text, '\t', &process) || !lines_until(text, '\n', &line->text))
		return false;
	if (line->seq == 0 || line->seq > LINES_SEQ || level > WH_FATAL || time_ms > INT64_MAX || process.n >= sizeof line->process)
		return false;
	line->time_ms = (int64_t)time_ms;
	line->level = (enum wh_level)level;
	if (process.n != 0)
		memcpy(line->process, process.p, process.n);
	return true;
}
