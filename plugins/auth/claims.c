/* The JSON reader of claims.h: one scanner that judges, and that look-ups use again on text that was judged. */
#include "claims.h"


struct scan {
	const char *at, *end;
	enum wh_err err;	/* why it stopped */
};

static bool
stop(struct scan *s, enum wh_err err)
{
	s->err = err;
	return false;
}

static void
skip_space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

static bool
take(struct scan *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return stop(s, WH_ESYNTAX);
	s->at++;
	return true;
}

static bool
take_word(struct scan *s, struct wh_str word)
{
	if ((size_t)(s->end - s->at) < word.n || memcmp(s->at, word.p, word.n) != 0)
		return stop(s, WH_ESYNTAX);
	s->at += word.n;
	return true;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
take_hex4(struct scan *s, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++) {
		int digit = s->at < s->end ? hex_value(*s->at) : -1;

		if (digit < 0)
			return stop(s, WH_ESYNTAX);
		*out = *out << 4 | (uint32_t)digit;
		s->at++;
	}
	return true;
}

/* Behind the backslash. */
static bool
take_escape(struct scan *s, uint32_t *out)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *found;
	uint32_t low;
	char c;

	if (s->at == s->end)
		return stop(s, WH_ESYNTAX);
	c = *s->at++;
	if (c != 'u') {
		found = c != '\0' ? strchr(letters, c) : NULL;
		if (found == NULL)
			return stop(s, WH_ESYNTAX);
		*out = (uint32_t)meanings[found - letters];
		return true;
	}
	if (!take_hex4(s, out))
		return false;
	if (*out >= 0xd800 && *out < 0xdc00) {
		if (!take(s, '\\') || !take(s, 'u') || !take_hex4(s, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return stop(s, WH_ESYNTAX);
		*out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
	} else if (*out == 0 || (*out >= 0xdc00 && *out < 0xe000)) {
		return stop(s, WH_ESYNTAX);
	}
	return true;
}

/* A character of two bytes or more, whose first byte is `first`. */
static bool
take_utf8(struct scan *s, uint8_t first, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;

	if (first < 0xc2 || first > 0xf4)
		return stop(s, WH_ESYNTAX);
	*out = first & (0x3fu >> more);
	for (unsigned i = 0; i < more; i++) {
		if (s->at == s->end || (*s->at & 0xc0) != 0x80)
			return stop(s, WH_ESYNTAX);
		*out = *out << 6 | (uint32_t)(*s->at++ & 0x3f);
	}
	if (*out < least[more] || *out > 0x10ffff || (*out >= 0xd800 && *out < 0xe000))
		return stop(s, WH_ESYNTAX);
	return true;
}

/* The next character of a string's inside. */
static bool
take_char(struct scan *s, uint32_t *out)
{
	uint8_t c;

	if (s->at == s->end)
		return stop(s, WH_ESYNTAX);
	c = (uint8_t)*s->at++;
	if (c == '\\')
		return take_escape(s, out);
	if (c >= 0x80)
		return take_utf8(s, c, out);
	*out = c;
	return c >= 0x20 || stop(s, WH_ESYNTAX);
}

static bool
take_string(struct scan *s)
{
	uint32_t c;

	if (!take(s, '"'))
		return false;
	while (s->at < s->end && *s->at != '"')
		if (!take_char(s, &c))
			return false;
	return take(s, '"');
}

static bool
take_digits(struct scan *s)
{
	const char *begin = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at != begin || stop(s, WH_ESYNTAX);
}

static bool
take_number(struct scan *s)
{
	const char *begin;

	if (s->at < s->end && *s->at == '-')
		s->at++;
	begin = s->at;
	if (!take_digits(s) || (*begin == '0' && s->at - begin > 1))
		return stop(s, WH_ESYNTAX);
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		if (!take_digits(s))
			return false;
	}
	if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
		s->at++;
		if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
			s->at++;
		if (!take_digits(s))
			return false;
	}
	return true;
}

/* Two strings with their quotes, both judged. */
static bool
strings_equal(struct wh_str a, struct wh_str b)
{
	struct scan left = { a.p + 1, a.p + a.n - 1, WH_OK }, right = { b.p + 1, b.p + b.n - 1, WH_OK };
	uint32_t c, d;

	while (left.at < left.end && right.at < right.end)
		if (!take_char(&left, &c) || !take_char(&right, &d) || c != d)
			return false;
	return left.at == left.end && right.at == right.end;
}

static bool take_value(struct scan *s, unsigned depth, bool judge, enum claims_type *type_out);

static bool
take_name(struct scan *s, struct wh_str *name_out)
{
	const char *begin = s->at;

	if (!take_string(s))
		return false;
	*name_out = (struct wh_str){ begin, (size_t)(s->at - begin) };
	skip_space(s);
	if (!take(s, ':'))
		return false;
	skip_space(s);
	return true;
}

static bool
take_object(struct scan *s, unsigned depth, bool judge)
{
	struct wh_str names[CLAIMS_MEMBERS];
	enum claims_type type;
	size_t n = 0;

	s->at++;
	skip_space(s);
	if (s->at < s->end && *s->at == '}') {
		s->at++;
		return true;
	}
	for (;; n++) {
		if (n == CLAIMS_MEMBERS)
			return stop(s, WH_ETOOBIG);
		if (!take_name(s, &names[n]))
			return false;
		for (size_t i = 0; judge && i < n; i++)
			if (strings_equal(names[i], names[n]))
				return stop(s, WH_ESYNTAX);
		if (!take_value(s, depth, judge, &type))
			return false;
		skip_space(s);
		if (s->at < s->end && *s->at == '}')
			break;
		if (!take(s, ','))
			return false;
		skip_space(s);
	}
	s->at++;
	return true;
}

static bool
take_array(struct scan *s, unsigned depth, bool judge)
{
	enum claims_type type;

	s->at++;
	skip_space(s);
	if (s->at < s->end && *s->at == ']') {
		s->at++;
		return true;
	}
	for (;;) {
		if (!take_value(s, depth, judge, &type))
			return false;
		skip_space(s);
		if (s->at < s->end && *s->at == ']')
			break;
		if (!take(s, ','))
			return false;
		skip_space(s);
	}
	s->at++;
	return true;
}

/* `depth`: how many more levels are allowed. `judge`: look for two members of one name. */
static bool
take_value(struct scan *s, unsigned depth, bool judge, enum claims_type *type_out)
{
	if (s->at == s->end)
		return stop(s, WH_ESYNTAX);
	switch (*s->at) {
	case '{':
		*type_out = CLAIMS_OBJECT;
		return depth != 0 ? take_object(s, depth - 1, judge) : stop(s, WH_ETOOBIG);
	case '[':
		*type_out = CLAIMS_ARRAY;
		return depth != 0 ? take_array(s, depth - 1, judge) : stop(s, WH_ETOOBIG);
	case '"':
		*type_out = CLAIMS_STRING;
		return take_string(s);
	case 't':
		*type_out = CLAIMS_BOOL;
		return take_word(s, WH_STR("true"));
	case 'f':
		*type_out = CLAIMS_BOOL;
		return take_word(s, WH_STR("false"));
	case 'n':
		*type_out = CLAIMS_NULL;
		return take_word(s, WH_STR("null"));
	default:
		*type_out = CLAIMS_NUMBER;
		return take_number(s);
	}
}

enum wh_err
claims_read(struct wh_str text, struct claims_value *root_out)
{
	struct scan s = { text.p, text.p, WH_OK };
	enum claims_type type = CLAIMS_NONE;
	const char *begin, *end;

	*root_out = (struct claims_value){ CLAIMS_NONE, { NULL, 0 } };
	if (text.n == 0)
		return WH_ESYNTAX;
	if (text.n > CLAIMS_TEXT)
		return WH_ETOOBIG;
	s.end = text.p + text.n;
	skip_space(&s);
	begin = s.at;
	if (!take_value(&s, CLAIMS_DEPTH, true, &type))
		return s.err;
	end = s.at;
	skip_space(&s);
	if (s.at != s.end)
		return WH_ESYNTAX;
	*root_out = (struct claims_value){ type, { begin, (size_t)(end - begin) } };
	return WH_OK;
}

struct claims_walk
claims_each(const struct claims_value *container)
{
	if (container->type != CLAIMS_ARRAY && container->type != CLAIMS_OBJECT)
		return (struct claims_walk){ { NULL, 0 }, false };
	return (struct claims_walk){ { container->raw.p + 1, container->raw.n - 2 }, container->type == CLAIMS_OBJECT };
}

bool
claims_next(struct claims_walk *walk, struct claims_value *name_out, struct claims_value *out)
{
	struct scan s = { walk->left.p, walk->left.p, WH_OK };
	const char *begin;

	*name_out = *out = (struct claims_value){ CLAIMS_NONE, { NULL, 0 } };
	if (walk->left.n == 0)
		return false;
	s.end = walk->left.p + walk->left.n;
	skip_space(&s);
	if (s.at < s.end && *s.at == ',') {
		s.at++;
		skip_space(&s);
	}
	walk->left.n = 0;
	if (s.at == s.end || (walk->object && !take_name(&s, &name_out->raw)))
		return false;
	if (walk->object)
		name_out->type = CLAIMS_STRING;
	begin = s.at;
	if (!take_value(&s, CLAIMS_DEPTH, false, &out->type)) {
		out->type = CLAIMS_NONE;
		return false;
	}
	out->raw = (struct wh_str){ begin, (size_t)(s.at - begin) };
	walk->left = (struct wh_str){ s.at, (size_t)(s.end - s.at) };
	return true;
}

bool
claims_get(const struct claims_value *object, const char *name, struct claims_value *out)
{
	struct claims_walk walk = claims_each(object);
	struct claims_value member;

	while (walk.object && claims_next(&walk, &member, out))
		if (claims_is(&member, wh_str(name)))
			return true;
	*out = (struct claims_value){ CLAIMS_NONE, { NULL, 0 } };
	return false;
}

static size_t
utf8_put(uint32_t c, char out[4])
{
	static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i != 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(leads[n] | c);
	return n;
}

bool
claims_text(const struct claims_value *string, char *out, size_t cap, size_t *n_out)
{
	struct scan s = { NULL, NULL, WH_OK };
	uint32_t c;
	size_t n = 0, more;
	char bytes[4];

	*n_out = 0;
	if (cap != 0)
		out[0] = '\0';
	if (string->type != CLAIMS_STRING || cap == 0)
		return false;
	s.at = string->raw.p + 1;
	s.end = string->raw.p + string->raw.n - 1;
	while (s.at < s.end) {
		if (!take_char(&s, &c))
			return false;
		more = utf8_put(c, bytes);
		if (more > cap - 1 - n) {
			out[0] = '\0';
			return false;
		}
		memcpy(out + n, bytes, more);
		n += more;
	}
	out[n] = '\0';
	*n_out = n;
	return true;
}

bool
claims_is(const struct claims_value *string, struct wh_str text)
{
	struct scan s = { NULL, NULL, WH_OK };
	uint32_t c;
	size_t at = 0, more;
	char bytes[4];

	if (string->type != CLAIMS_STRING)
		return false;
	s.at = string->raw.p + 1;
	s.end = string->raw.p + string->raw.n - 1;
	while (s.at < s.end) {
		if (!take_char(&s, &c))
			return false;
		more = utf8_put(c, bytes);
		if (more > text.n - at || memcmp(text.p + at, bytes, more) != 0)
			return false;
		at += more;
	}
	return at == text.n;
}

static bool
number_of(const struct claims_value *number, bool fraction, int64_t *out)
{
	const char *at = number->raw.p, *end;
	bool negative;
	int64_t value = 0;

	if (number->type != CLAIMS_NUMBER)
		return false;
	end = at + number->raw.n;
	negative = *at == '-';
	for (at += negative; at < end && *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (*at - '0');
		if (value > (int64_t)1 << 53)
			return false;
	}
	if (at < end && (!fraction || memchr(at, 'e', (size_t)(end - at)) != NULL || memchr(at, 'E', (size_t)(end - at)) != NULL))
		return false;
	*out = negative ? -value : value;
	return true;
}

bool
claims_int(const struct claims_value *number, int64_t *out)
{
	return number_of(number, false, out);
}

bool
claims_time(const struct claims_value *number, int64_t *out)
{
	return number_of(number, true, out);
}

bool
claims_bool(const struct claims_value *value, bool *out)
{
	if (value->type != CLAIMS_BOOL)
		return false;
	*out = value->raw.p[0] == 't';
	return true;
}

bool
claims_get_text(const struct claims_value *object, const char *name, char *out, size_t cap, size_t *n_out)
{
	struct claims_value value;

	claims_get(object, name, &value);
	return claims_text(&value, out, cap, n_out);
}

bool
claims_get_int(const struct claims_value *object, const char *name, int64_t *out)
{
	struct claims_value value;

	return claims_get(object, name, &value) && claims_int(&value, out);
}

bool
claims_get_time(const struct claims_value *object, const char *name, int64_t *out)
{
	struct claims_value value;

	return claims_get(object, name, &value) && claims_time(&value, out);
}

bool
claims_get_bool(const struct claims_value *object, const char *name, bool *out)
{
	struct claims_value value;

	return claims_get(object, name, &value) && claims_bool(&value, out);
}

bool
claims_get_is(const struct claims_value *object, const char *name, struct wh_str text)
{
	struct claims_value value;

	return claims_get(object, name, &value) && claims_is(&value, text);
}
