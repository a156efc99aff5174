/* Escapes and numbers of JSON, for the check and for the reader: both run the same code, so that what was accepted is
 * also what is read. */
#include "base/json_text.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"

/* The four hex digits at `at`, or -1. */
static int32_t
hex4(const char *at, const char *end)
{
	int32_t value = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = at[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return value;
}

static const char *
escape_point(const char *at, const char *end, char to[4], size_t *n_out, const char **why_out)
{
	int32_t point = hex4(at + 2, end), low;

	if (point < 0) {
		*why_out = "\\u without four hex digits";
		return NULL;
	}
	at += 6;
	if (point >= 0xd800 && point <= 0xdfff) {
		low = point <= 0xdbff && end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? hex4(at + 2, end) : -1;
		if (low < 0xdc00 || low > 0xdfff) {
			*why_out = "half of a surrogate pair";
			return NULL;
		}
		point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
		at += 6;
	}
	*n_out = wh_utf8_encode((uint32_t)point, to);
	return at;
}

const char *
wh_json_escape(const char *at, const char *end, char to[4], size_t *n_out, const char **why_out)
{
	if (end - at < 2) {
		*why_out = "the text ends inside a string";
		return NULL;
	}
	switch (at[1]) {
	case '"':
	case '\\':
	case '/':
		to[0] = at[1];
		break;
	case 'b':
		to[0] = '\b';
		break;
	case 'f':
		to[0] = '\f';
		break;
	case 'n':
		to[0] = '\n';
		break;
	case 'r':
		to[0] = '\r';
		break;
	case 't':
		to[0] = '\t';
		break;
	case 'u':
		return escape_point(at, end, to, n_out, why_out);
	default:
		*why_out = "no such escape";
		return NULL;
	}
	*n_out = 1;
	return at + 2;
}

/* A number as it is written: (-1)^negative * digits * 10^exponent. */
struct decimal {
	bool negative;
	bool whole;		/* neither fraction nor exponent */
	bool exact;		/* all significant digits found room */
	uint64_t digits;	/* up to 19 significant ones */
	unsigned count;
	int exponent;
};

enum { EXPONENT_STOP = 100000 };	/* far past every double, far from overflow */

static const char *
decimal_digits(struct decimal *d, const char *at, const char *end, bool fraction)
{
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		if (d->count < 19) {
			d->digits = d->digits * 10 + (uint64_t)(*at - '0');
			d->count += d->digits != 0;
			d->exponent -= fraction;
		} else {
			d->exact = false;
			d->exponent += !fraction;
		}
	}
	return at;
}

static const char *
decimal_exponent(struct decimal *d, const char *at, const char *end)
{
	bool negative = at < end && *at == '-';
	int exponent = 0;

	if (at < end && (*at == '-' || *at == '+'))
		at++;
	if (at == end || *at < '0' || *at > '9')
		return NULL;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		if (exponent < EXPONENT_STOP)
			exponent = exponent * 10 + (*at - '0');
	d->exponent += negative ? -exponent : exponent;
	return at;
}

static const char *
decimal_scan(struct decimal *d, const char *at, const char *end, const char **why_out)
{
	const char *first;

	*d = (struct decimal){ .whole = true, .exact = true };
	*why_out = "a digit must follow";
	if (at < end && *at == '-') {
		d->negative = true;
		at++;
	}
	first = at;
	at = decimal_digits(d, at, end, false);
	if (at == first)
		return NULL;
	if (*first == '0' && at - first > 1) {
		*why_out = "a number with a leading zero";
		return NULL;
	}
	if (at < end && *at == '.') {
		d->whole = false;
		first = ++at;
		at = decimal_digits(d, at, end, true);
		if (at == first)
			return NULL;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		d->whole = false;
		at = decimal_exponent(d, at + 1, end);
	}
	return at;
}

/* Few digits and a small power of ten are both exact in a double, and then one multiplication or division rounds
 * once, which is right. Everything else is left to strtod, which reads a point as the decimal separator because
 * our processes stay in the C locale. */
static bool
decimal_double(const struct decimal *d, const char *at, size_t n, double *num_out)
{
	static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
		1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	char copy[WH_JSON_NUMBER + 1];
	double num = (double)d->digits;

	if (FLT_EVAL_METHOD == 0 && d->exact && d->digits <= UINT64_C(1) << 53 && d->exponent >= -22 && d->exponent <= 22) {
		num = d->exponent < 0 ? num / tens[-d->exponent] : num * tens[d->exponent];
		*num_out = d->negative ? -num : num;
		return true;
	}
	memcpy(copy, at, n);
	copy[n] = '\0';
	*num_out = strtod(copy, NULL);
	return isfinite(*num_out);
}

const char *
wh_json_number(const char *at, const char *end, struct wh_value *value_out, const char **why_out, bool *too_big_out)
{
	struct decimal d;
	const char *after = decimal_scan(&d, at, end, why_out);

	*too_big_out = false;
	if (after == NULL)
		return NULL;
	if (after - at > WH_JSON_NUMBER) {
		*why_out = "a number with too many digits";
		*too_big_out = true;
		return NULL;
	}
	/* -0 is left to the doubles, which have one. */
	if (d.whole && d.exact && d.digits <= (uint64_t)INT64_MAX + d.negative && !(d.negative && d.digits == 0)) {
		value_out->type = WH_V_INT;
		value_out->i = d.negative ? (int64_t)-d.digits : (int64_t)d.digits;
		return after;
	}
	value_out->type = WH_V_NUM;
	if (!decimal_double(&d, at, (size_t)(after - at), &value_out->d)) {
		*why_out = "a number past the range of a double";
		*too_big_out = true;
		return NULL;
	}
	return after;
}
