/* base64, base64url and hex as base64.h says. Decoders write into room reserved beforehand and count it only when the
 * whole text was right, so that a refused text leaves nothing behind. */
#include "base/base64.h"

static const char digits_plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char digits_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
encode(struct wh_buf *out, struct wh_str bytes, const char *digits, bool pad)
{
	const uint8_t *at = (const uint8_t *)bytes.p;
	size_t left = bytes.n;
	char *begin, *to;

	if (left > SIZE_MAX / 4) {
		out->failed = true;
		return;
	}
	begin = to = wh_buf_reserve(out, (left + 2) / 3 * 4);
	if (to == NULL || left == 0)
		return;
	for (; left >= 3; left -= 3, at += 3) {
		*to++ = digits[at[0] >> 2];
		*to++ = digits[(at[0] << 4 & 0x30) | at[1] >> 4];
		*to++ = digits[(at[1] << 2 & 0x3c) | at[2] >> 6];
		*to++ = digits[at[2] & 0x3f];
	}
	if (left != 0) {
		*to++ = digits[at[0] >> 2];
		*to++ = digits[(at[0] << 4 & 0x30) | (left == 2 ? at[1] >> 4 : 0)];
		if (left == 2)
			*to++ = digits[at[1] << 2 & 0x3c];
		else if (pad)
			*to++ = '=';
		if (pad)
			*to++ = '=';
	}
	wh_buf_grew(out, (size_t)(to - begin));
}

static inline unsigned
digit_value(char c, const char *digits)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	if (c == digits[62] || c == digits[63])
		return c == digits[62] ? 62 : 63;
	return 64;
}

/* `text` without its padding. */
static bool
decode(struct wh_buf *out, struct wh_str text, const char *digits)
{
	size_t rest = text.n % 4, bytes = text.n / 4 * 3 + (rest != 0 ? rest - 1 : 0);
	uint32_t held = 0;
	unsigned bits = 0;
	char *to;

	if (rest == 1)
		return false;
	to = wh_buf_reserve(out, bytes);
	if (to == NULL)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned value = digit_value(text.p[i], digits);

		if (value > 63)
			return false;
		held = held << 6 | value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (char)(held >> bits & 0xff);
		}
	}
	if ((held & ((1u << bits) - 1)) != 0)
		return false;
	wh_buf_grew(out, bytes);
	return true;
}

void
wh_base64_put(struct wh_buf *out, struct wh_str bytes)
{
	encode(out, bytes, digits_plain, true);
}

void
wh_base64url_put(struct wh_buf *out, struct wh_str bytes)
{
	encode(out, bytes, digits_url, false);
}

bool
wh_base64_get(struct wh_buf *out, struct wh_str text)
{
	if (text.n % 4 != 0)
		return false;
	for (int i = 0; i < 2 && text.n != 0 && text.p[text.n - 1] == '='; i++)
		text.n--;
	return decode(out, text, digits_plain);
}

bool
wh_base64url_get(struct wh_buf *out, struct wh_str text)
{
	return decode(out, text, digits_url);
}

void
wh_hex_put(struct wh_buf *out, struct wh_str bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *to;

	if (bytes.n > SIZE_MAX / 4) {
		out->failed = true;
		return;
	}
	to = wh_buf_reserve(out, bytes.n * 2);
	if (to == NULL)
		return;
	for (size_t i = 0; i < bytes.n; i++) {
		*to++ = digits[(uint8_t)bytes.p[i] >> 4];
		*to++ = digits[(uint8_t)bytes.p[i] & 15];
	}
	wh_buf_grew(out, bytes.n * 2);
}

static unsigned
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

bool
wh_hex_get(struct wh_buf *out, struct wh_str text)
{
	char *to;

	if (text.n % 2 != 0)
		return false;
	to = wh_buf_reserve(out, text.n / 2);
	if (to == NULL)
		return false;
	for (size_t i = 0; i < text.n; i += 2) {
		unsigned high = hex_value(text.p[i]), low = hex_value(text.p[i + 1]);

		if (high > 15 || low > 15)
			return false;
		*to++ = (char)(high << 4 | low);
	}
	wh_buf_grew(out, text.n / 2);
	return true;
}
