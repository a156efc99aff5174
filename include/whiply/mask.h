/* Masks, as people write them for names, hosts and channels: a star is any run of characters, a question mark is one character of UTF-8, and the
 * letters of ASCII are alike in both cases. */
#ifndef WHIPLY_MASK_H
#define WHIPLY_MASK_H

#include <whiply/types.h>

static inline char
wh_mask_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Bytes of the character that begins at `at`. */
static inline size_t
wh_mask_char(struct wh_str text, size_t at)
{
	size_t n = 1;

	while (at + n < text.n && ((unsigned char)text.p[at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

/** Does the mask fit the whole text? A star is tried at each place, and only the last star is gone back to: the work is bounded by the product of the
 * lengths. */
static inline bool
wh_mask_matches(struct wh_str mask, struct wh_str text)
{
	size_t m = 0, t = 0, star = SIZE_MAX, back = 0;

	while (t < text.n) {
		if (m < mask.n && mask.p[m] == '*') {
			star = m++;
			back = t;
		} else if (m < mask.n && mask.p[m] == '?') {
			m++;
			t += wh_mask_char(text, t);
		} else if (m < mask.n && wh_mask_lower(mask.p[m]) == wh_mask_lower(text.p[t])) {
			m++;
			t++;
		} else if (star != SIZE_MAX) {
			m = star + 1;
			back += wh_mask_char(text, back);
			t = back;
		} else {
			return false;
		}
	}
	while (m < mask.n && mask.p[m] == '*')
		m++;
	return m == mask.n;
}

#endif
