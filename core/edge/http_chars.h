/* Which bytes may stand where in HTTP. One table of bits, used by the parsers and the writer beside it. */
#ifndef WHIPLY_EDGE_HTTP_CHARS_H
#define WHIPLY_EDGE_HTTP_CHARS_H

#include <whiply/types.h>

enum {
	WH_C_TOKEN = 1,		/* RFC 9110 tchar */
	WH_C_VALUE = 2,		/* field-value: visible, space, tab, 0x80 and above */
	WH_C_TARGET = 4,	/* request target: visible ASCII but '#' */
	WH_C_NAME = 8,		/* host name: letters, digits, '-', '.', '_' */
	WH_C_DIGIT = 16,
	WH_C_HEX = 32,
	WH_C_ETAG = 64,		/* inside an entity tag's quotes */
};

extern const uint8_t wh_http_chars[256];

static inline bool
wh_http_is(char c, unsigned kinds)
{
	return (wh_http_chars[(unsigned char)c] & kinds) != 0;
}

static inline char
wh_http_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/** The value of a hex digit, -1 for any other byte. */
static inline int
wh_http_hex(char c)
{
	if (!wh_http_is(c, WH_C_HEX))
		return -1;
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static inline bool
wh_http_space(char c)
{
	return c == ' ' || c == '\t';
}

static inline struct wh_str
wh_http_trim(struct wh_str s)
{
	while (s.n > 0 && wh_http_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && wh_http_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/** Are all bytes of these kinds? True for the empty slice. */
static inline bool
wh_http_all(struct wh_str s, unsigned kinds)
{
	for (size_t i = 0; i < s.n; i++)
		if (!wh_http_is(s.p[i], kinds))
			return false;
	return true;
}

/** Reads decimal digits and nothing else; false when empty, signed, or past 2^63 - 1. */
bool wh_http_decimal(struct wh_str s, uint64_t *number_out);

#endif
