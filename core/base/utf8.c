/* UTF-8 as utf8.h says. All of it rests on one fact: the first byte of a sequence says how many bytes follow and
 * between what the second must lie; every later one lies between 80 and BF. */
#include "base/utf8.h"

#define ASCII_MASK UINT64_C(0x8080808080808080)

struct lead {
	uint8_t need;		/* bytes that follow; 0 for ASCII */
	uint8_t low, high;	/* for the second byte; high 0: no sequence begins so */
};

static inline struct lead
lead_of(uint8_t byte)
{
	if (byte < 0x80)
		return (struct lead){ 0, 0, 0xff };
	if (byte >= 0xc2 && byte <= 0xdf)
		return (struct lead){ 1, 0x80, 0xbf };
	if (byte >= 0xe0 && byte <= 0xef)
		return (struct lead){ 2, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf };
	if (byte >= 0xf0 && byte <= 0xf4)
		return (struct lead){ 3, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf };
	return (struct lead){ 0, 0, 0 };
}

/* The bytes of the sequence at `at` that are right, and in `whole_out` whether they are all of it. */
static inline size_t
sequence(const uint8_t *at, size_t left, bool *whole_out)
{
	struct lead lead = lead_of(*at);
	size_t i = 1;

	if (lead.need != 0 && left > 1 && at[1] >= lead.low && at[1] <= lead.high)
		for (i = 2; i <= lead.need && i < left && (at[i] & 0xc0) == 0x80; i++)
			;
	*whole_out = lead.high != 0 && i == (size_t)lead.need + 1;
	return i;
}

static inline size_t
ascii_run(const uint8_t *at, size_t n)
{
	uint64_t eight;
	size_t i = 0;

	for (; i + sizeof eight <= n; i += sizeof eight) {
		memcpy(&eight, at + i, sizeof eight);
		if ((eight & ASCII_MASK) != 0)
			break;
	}
	while (i < n && at[i] < 0x80)
		i++;
	return i;
}

static inline size_t
wide_run(const uint8_t *at, size_t n)
{
	size_t i = 0, taken;
	bool whole;

	while (i < n && at[i] >= 0x80) {
		taken = sequence(at + i, n - i, &whole);
		if (!whole)
			break;
		i += taken;
	}
	return i;
}

size_t
wh_utf8_wide(struct wh_str s)
{
	return wide_run((const uint8_t *)s.p, s.n);
}

size_t
wh_utf8_good(struct wh_str s)
{
	const uint8_t *at = (const uint8_t *)s.p;
	size_t i = 0, n;

	while (i < s.n) {
		i += ascii_run(at + i, s.n - i);
		n = wide_run(at + i, s.n - i);
		if (n == 0)
			break;
		i += n;
	}
	return i;
}

bool
wh_utf8_valid(struct wh_str s)
{
	return wh_utf8_good(s) == s.n;
}

size_t
wh_utf8_decode(struct wh_str s, uint32_t *point_out)
{
	static const uint8_t bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const uint8_t *at = (const uint8_t *)s.p;
	uint32_t point;
	bool whole;
	size_t n;

	*point_out = WH_UTF8_BAD;
	if (s.n == 0)
		return 0;
	n = sequence(at, s.n, &whole);
	if (!whole)
		return n;
	point = at[0] & bits[n];
	for (size_t i = 1; i < n; i++)
		point = point << 6 | (at[i] & 0x3f);
	*point_out = point;
	return n;
}

size_t
wh_utf8_encode(uint32_t point, char to[4])
{
	if (point < 0x80) {
		to[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		to[0] = (char)(0xc0 | point >> 6);
		to[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	if (point < 0x10000) {
		to[0] = (char)(0xe0 | point >> 12);
		to[1] = (char)(0x80 | (point >> 6 & 0x3f));
		to[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | point >> 18);
	to[1] = (char)(0x80 | (point >> 12 & 0x3f));
	to[2] = (char)(0x80 | (point >> 6 & 0x3f));
	to[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

static inline bool
continues(char c)
{
	return ((uint8_t)c & 0xc0) == 0x80;
}

size_t
wh_utf8_count(struct wh_str valid)
{
	size_t count = 0;

	for (size_t i = 0; i < valid.n; i++)
		count += !continues(valid.p[i]);
	return count;
}

struct wh_str
wh_utf8_cut(struct wh_str valid, size_t max)
{
	if (valid.n <= max)
		return valid;
	while (max > 0 && continues(valid.p[max]))
		max--;
	return (struct wh_str){ valid.p, max };
}

bool
wh_utf8_feed(struct wh_utf8_state *st, struct wh_str piece)
{
	const uint8_t *at = (const uint8_t *)piece.p;
	size_t i = 0;

	while (i < piece.n && !st->bad) {
		if (st->need != 0) {
			st->bad = at[i] < st->low || at[i] > st->high;
			st->need--;
			st->low = 0x80;
			st->high = 0xbf;
			i++;
			continue;
		}
		i += wh_utf8_good((struct wh_str){ piece.p + i, piece.n - i });
		if (i < piece.n) {
			struct lead lead = lead_of(at[i++]);

			st->bad = lead.high == 0;
			st->need = lead.need;
			st->low = lead.low;
			st->high = lead.high;
		}
	}
	return !st->bad;
}
