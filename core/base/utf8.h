/* UTF-8, strictly: no overlong forms, no surrogates, nothing past U+10FFFF. Used by WebSocket, JSON, IRC and the rules.
 * The checks go eight bytes at a time through ASCII. */
#ifndef WHIPLY_BASE_UTF8_H
#define WHIPLY_BASE_UTF8_H

#include <whiply/types.h>

/** What wh_utf8_decode gives for bytes that are not UTF-8. */
#define WH_UTF8_BAD UINT32_MAX

/** Is the whole slice valid UTF-8? */
bool wh_utf8_valid(struct wh_str s);

/** How many bytes at the front are whole, valid code points: s.n when all are. */
size_t wh_utf8_good(struct wh_str s);

/** How many bytes at the front are whole, valid code points past ASCII. */
size_t wh_utf8_wide(struct wh_str s);

/** The first code point and how many bytes it takes; 0 for the empty slice. Bytes that are not UTF-8 give WH_UTF8_BAD
 * and the length of what one U+FFFD should stand for (the longest beginning of a valid sequence, or one byte). */
size_t wh_utf8_decode(struct wh_str s, uint32_t *point_out);

/** Writes a code point and returns its length, 1 to 4; 0 for what is no code point that UTF-8 can hold. */
size_t wh_utf8_encode(uint32_t point, char to[4]);

/** How many code points there are in valid UTF-8. */
size_t wh_utf8_count(struct wh_str valid);

/** The longest front of valid UTF-8 that has at most `max` bytes and does not cut a code point. */
struct wh_str wh_utf8_cut(struct wh_str valid, size_t max);

/** Where a check of text in pieces stands; {0} begins. */
struct wh_utf8_state {
	uint8_t need;		/* bytes that the open code point still lacks */
	uint8_t low, high;	/* what the next of them must lie between */
	bool bad;
};

/** Checks a further piece. False as soon as nothing that may follow can make the text valid, and from then on. */
bool wh_utf8_feed(struct wh_utf8_state *st, struct wh_str piece);

/** May the text end here? False inside a code point and after a bad piece. */
static inline bool
wh_utf8_whole(const struct wh_utf8_state *st)
{
	return st->need == 0 && !st->bad;
}

#endif
