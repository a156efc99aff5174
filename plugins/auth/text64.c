/* The forms of text64.h, all by one pair of loops: each is digits of 4, 5 or 6 bits, the first bits first. */
#include "text64.h"

struct form {
	const char *digits;
	unsigned bits;		/* of one digit */
	unsigned block;		/* digits that a padded text is a multiple of; 1: no padding */
};

static const struct form forms[] = {
	[TEXT64_URL] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6, 1 },
	[TEXT64_STD] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, 4 },
	[TEXT64_BARE] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, 1 },
	[TEXT64_32] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 1 },
	[TEXT64_HEX] = { "0123456789abcdef", 4, 1 },
};

enum { BYTES_MAX = 1 << 28 };	/* so that no size overflows */

static size_t
digits_of(const struct form *form, size_t n)
{
	return (n * 8 + form->bits - 1) / form->bits;
}

size_t
text64_size(enum text64_form form, size_t n)
{
	const struct form *f = &forms[form];

	return (digits_of(f, n) + f->block - 1) / f->block * f->block;
}

bool
text64_put(enum text64_form form, char *out, size_t cap, const uint8_t *bytes, size_t n)
{
	const struct form *f = &forms[form];
	const unsigned mask = (1u << f->bits) - 1;
	unsigned held = 0, bits = 0;
	size_t size, at = 0;

	if (cap != 0)
		out[0] = '\0';
	if (n > BYTES_MAX || (size = text64_size(form, n)) >= cap)
		return false;
	for (size_t i = 0; i < n; i++) {
		held = (held << 8 | bytes[i]) & 0xffff;
		for (bits += 8; bits >= f->bits; bits -= f->bits)
			out[at++] = f->digits[held >> (bits - f->bits) & mask];
	}
	if (bits != 0)
		out[at++] = f->digits[held << (f->bits - bits) & mask];
	while (at < size)
		out[at++] = '=';
	out[at] = '\0';
	return true;
}

bool
text64_get(enum text64_form form, uint8_t *out, size_t cap, size_t *n_out, struct wh_str text)
{
	const struct form *f = &forms[form];
	unsigned held = 0, bits = 0;
	size_t n = 0, digits = text.n;

	*n_out = 0;
	if (text.n % f->block != 0)
		return false;
	while (digits != 0 && text.n - digits < f->block - 1 && text.p[digits - 1] == '=')
		digits--;
	for (size_t i = 0; i < digits; i++) {
		const char *digit = text.p[i] != '\0' ? strchr(f->digits, text.p[i]) : NULL;

		if (digit == NULL)
			return false;
		held = (held << f->bits | (unsigned)(digit - f->digits)) & 0xffff;
		bits += f->bits;
		if (bits >= 8) {
			if (n == cap)
				return false;
			bits -= 8;
			out[n++] = (uint8_t)(held >> bits);
		}
	}
	/* What is left over must be zero, and no digit or padding more than the bytes need. */
	if ((held & ((1u << bits) - 1)) != 0 || digits != digits_of(f, n) || text.n != text64_size(form, n))
		return false;
	*n_out = n;
	return true;
}
