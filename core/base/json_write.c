/* The writer of <whiply/json.h>. Level 0 is the top and holds one value; each object or array is a level of its own. */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/json_text.h"
#include "base/utf8.h"

static bool
json_misuse(struct wh_json *w)
{
	assert(false && "JSON writer: wrong key, unbalanced end, or not one value at the top");
	w->failed = true;
	return false;
}

/* The letter of a character's short escape, or 0. */
static char
short_escape(char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\n':
		return 'n';
	case '\t':
		return 't';
	case '\r':
		return 'r';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	default:
		return 0;
	}
}

static void
put_special(struct wh_buf *out, char c)
{
	static const char hex[] = "0123456789abcdef";
	char letter = short_escape(c);

	if (letter != 0)
		wh_buf_put(out, (char[]){ '\\', letter }, 2);
	else
		wh_buf_put(out, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
}

/* Runs of good text are copied whole, whatever their script. */
static void
put_escaped(struct wh_buf *out, struct wh_str text)
{
	const char *at = text.p, *end = text.p + text.n, *run;
	uint32_t point;
	size_t n;

	while (at < end && !out->failed) {
		run = at;
		do {
			run = json_plain_run(run, end);
			n = wh_utf8_wide((struct wh_str){ run, (size_t)(end - run) });
			run += n;
		} while (n != 0);
		wh_buf_put(out, at, (size_t)(run - at));
		at = run;
		if (at == end)
			break;
		if ((unsigned char)*at >= 0x80) {
			at += wh_utf8_decode((struct wh_str){ at, (size_t)(end - at) }, &point);
			wh_buf_put(out, "\xef\xbf\xbd", 3);
		} else {
			put_special(out, *at++);
		}
	}
}

static void
put_quoted(struct wh_buf *out, struct wh_str text)
{
	char *to = text.n < SIZE_MAX / 2 ? wh_buf_reserve(out, text.n + 2) : NULL;
	size_t plain;

	if (to == NULL) {
		out->failed = true;
		return;
	}
	*to = '"';
	plain = text.n == 0 ? 0 : (size_t)(json_plain_run(text.p, text.p + text.n) - text.p);
	if (plain != 0)
		memcpy(to + 1, text.p, plain);
	if (plain == text.n) {
		to[plain + 1] = '"';
		wh_buf_grew(out, plain + 2);
		return;
	}
	wh_buf_grew(out, plain + 1);
	put_escaped(out, wh_str_from(text, plain));
	wh_buf_byte(out, '"');
}

/* Begins a value: the comma and the key. False when nothing may be written. */
static bool
json_member(struct wh_json *w, const char *key)
{
	uint64_t level = UINT64_C(1) << w->depth;
	bool filled = (w->filled & level) != 0;

	if (w->failed || w->out->failed) {
		w->failed = true;
		return false;
	}
	if ((key != NULL) != ((w->objects & level) != 0) || (filled && w->depth == 0))
		return json_misuse(w);
	w->filled |= level;
	if (filled)
		wh_buf_byte(w->out, ',');
	if (key != NULL) {
		put_quoted(w->out, wh_str(key));
		wh_buf_byte(w->out, ':');
	}
	return true;
}

static void
json_open(struct wh_json *w, const char *key, bool object)
{
	uint64_t level;

	if (!json_member(w, key))
		return;
	if (w->depth == WH_JSON_DEPTH) {
		w->failed = true;
		return;
	}
	level = UINT64_C(1) << ++w->depth;
	w->filled &= ~level;
	w->objects = object ? w->objects | level : w->objects & ~level;
	wh_buf_byte(w->out, object ? '{' : '[');
}

static void
write_object(struct wh_json *w, const char *key)
{
	json_open(w, key, true);
}

static void
write_array(struct wh_json *w, const char *key)
{
	json_open(w, key, false);
}

static void
write_end(struct wh_json *w)
{
	if (w->failed)
		return;
	if (w->depth == 0) {
		json_misuse(w);
		return;
	}
	wh_buf_byte(w->out, (w->objects >> w->depth & 1) != 0 ? '}' : ']');
	w->depth--;
}

static void
write_str(struct wh_json *w, const char *key, struct wh_str text)
{
	if (json_member(w, key))
		put_quoted(w->out, text);
}

static void
write_int(struct wh_json *w, const char *key, int64_t number)
{
	if (json_member(w, key))
		wh_buf_i64(w->out, number);
}

static void
write_uint(struct wh_json *w, const char *key, uint64_t number)
{
	if (json_member(w, key))
		wh_buf_u64(w->out, number);
}

/* Most doubles come from people and clocks and have few decimals. When number * 10^k rounds to a whole number that,
 * divided by 10^k, gives the number back, those are its digits, and the smallest k gives the fewest of them: both
 * operands are exact, so the division rounds as reading the decimal would. */
static bool
put_short_decimal(struct wh_buf *out, double number)
{
	static const double tens[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
	double size = fabs(number), scaled, whole;
	char digits[24];
	int n;

	if (size < 1e-5 && size != 0)
		return false;
	for (int k = 0; k < 10; k++) {
		scaled = size * tens[k];
		if (scaled > 0x1p53)
			return false;
		whole = (double)(uint64_t)(scaled < 0x1p52 ? scaled + 0.5 : scaled);
		if (whole / tens[k] != size)
			continue;
		n = snprintf(digits, sizeof digits, "%0*llu", k + 1, (unsigned long long)whole);
		if (signbit(number))
			wh_buf_byte(out, '-');
		wh_buf_put(out, digits, (size_t)(n - k));
		if (k != 0)
			wh_buf_byte(out, '.');
		wh_buf_put(out, digits + n - k, (size_t)k);
		return true;
	}
	return false;
}

static void
put_double(struct wh_buf *out, double number)
{
	char text[32];
	int n = 0;

	if (put_short_decimal(out, number))
		return;
	/* 15 digits give back every decimal that has no more; near zero a double holds fewer. */
	for (int digits = fabs(number) >= DBL_MIN ? 15 : 1; digits <= 17; digits++) {
		n = snprintf(text, sizeof text, "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	wh_buf_put(out, text, (size_t)n);
}

static void
write_num(struct wh_json *w, const char *key, double number)
{
	if (!json_member(w, key))
		return;
	if (isfinite(number))
		put_double(w->out, number);
	else
		wh_buf_text(w->out, "null");
}

static void
write_bool(struct wh_json *w, const char *key, bool yes)
{
	if (json_member(w, key))
		wh_buf_text(w->out, yes ? "true" : "false");
}

static void
write_null(struct wh_json *w, const char *key)
{
	if (json_member(w, key))
		wh_buf_text(w->out, "null");
}

static void
write_raw(struct wh_json *w, const char *key, struct wh_str json)
{
	if (json_member(w, key))
		wh_buf_str(w->out, json.n != 0 ? json : WH_STR("null"));
}

static const struct wh_json_ops json_ops = {
	.object = write_object, .array = write_array, .end = write_end,
	.str = write_str, .num_int = write_int, .num_uint = write_uint, .num = write_num,
	.boolean = write_bool, .null = write_null, .raw = write_raw,
};

void
wh_json_begin(struct wh_json *w, struct wh_buf *out)
{
	*w = (struct wh_json){ .ops = &json_ops, .out = out };
}

bool
wh_json_finish(struct wh_json *w)
{
	if (w->failed || w->out->failed)
		w->failed = true;
	else if (w->depth != 0 || (w->filled & 1) == 0)
		json_misuse(w);
	return !w->failed;
}
