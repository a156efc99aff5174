/* The check of json.h: one pass over the whole text, without recursion and without allocation. Every byte from outside
 * comes through here first, so that the reader behind it can rely on the form. */
#include "base/json.h"
#include "base/json_text.h"
#include "base/utf8.h"

struct key {
	const char *p;	/* between the quotes */
	uint32_t n;
	bool escaped;
};

struct check {
	const char *at, *end;
	enum wh_err err;
	const char *reason;
	unsigned depth, depth_max;
	uint64_t objects;		/* bit n: level n is an object */
	bool unique_keys;
	unsigned key_count;
	unsigned key_first[WH_JSON_DEPTH + 1];	/* where the keys of each level begin in `keys` */
	struct key keys[WH_JSON_DEPTH * WH_JSON_MEMBERS];
};

static bool
refuse_as(struct check *c, enum wh_err err, const char *reason)
{
	c->err = err;
	c->reason = reason;
	return false;
}

static bool
refuse(struct check *c, const char *reason)
{
	return refuse_as(c, WH_ESYNTAX, c->at < c->end ? reason : "the text ends too early");
}

/* `at` is behind the opening quote; it is left behind the closing one. */
static bool
check_string(struct check *c, bool *escaped_out)
{
	const char *after, *why;
	char utf8[4];
	size_t n;

	*escaped_out = false;
	for (;;) {
		c->at = json_plain_run(c->at, c->end);
		if (c->at == c->end)
			return refuse(c, "");
		if (*c->at == '"') {
			c->at++;
			return true;
		}
		if (*c->at == '\\') {
			*escaped_out = true;
			after = wh_json_escape(c->at, c->end, utf8, &n, &why);
			if (after == NULL)
				return refuse(c, why);
			c->at = after;
		} else if ((unsigned char)*c->at < 0x20) {
			return refuse(c, "a control character inside a string");
		} else {
			n = wh_utf8_wide((struct wh_str){ c->at, (size_t)(c->end - c->at) });
			if (n == 0)
				return refuse(c, "not UTF-8");
			c->at += n;
		}
	}
}

/* The bytes of a key, one at a time, with its escapes resolved. */
struct key_reader {
	const char *at, *end;
	char held[4];
	size_t n, i;
};

static int
key_byte(struct key_reader *r)
{
	const char *why;

	if (r->i < r->n)
		return (unsigned char)r->held[r->i++];
	if (r->at == r->end)
		return -1;
	if (*r->at != '\\')
		return (unsigned char)*r->at++;
	r->at = wh_json_escape(r->at, r->end, r->held, &r->n, &why);
	r->i = 1;
	return (unsigned char)r->held[0];
}

static bool
key_eq(const struct key *a, const struct key *b)
{
	struct key_reader ra = { .at = a->p, .end = a->p + a->n }, rb = { .at = b->p, .end = b->p + b->n };
	int byte;

	if (!a->escaped && !b->escaped)
		return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
	do {
		byte = key_byte(&ra);
		if (byte != key_byte(&rb))
			return false;
	} while (byte >= 0);
	return true;
}

static bool
check_unique(struct check *c, struct key key)
{
	unsigned first = c->key_first[c->depth];

	for (unsigned i = first; i < c->key_count; i++)
		if (key_eq(&c->keys[i], &key)) {
			c->at = key.p - 1;
			return refuse_as(c, WH_EEXIST, "a key that is there twice");
		}
	if (c->key_count - first == WH_JSON_MEMBERS)
		return refuse_as(c, WH_ETOOBIG, "an object with too many members");
	c->keys[c->key_count++] = key;
	return true;
}

/* A key and its colon. */
static bool
check_key(struct check *c)
{
	struct key key;

	c->at = json_space(c->at, c->end);
	if (c->at == c->end || *c->at != '"')
		return refuse(c, "a key must stand here");
	key.p = ++c->at;
	if (!check_string(c, &key.escaped))
		return false;
	key.n = (uint32_t)(c->at - 1 - key.p);
	if (c->unique_keys && !check_unique(c, key))
		return false;
	c->at = json_space(c->at, c->end);
	if (c->at == c->end || *c->at != ':')
		return refuse(c, "a colon must follow a key");
	c->at++;
	return true;
}

static bool
check_open(struct check *c, bool object)
{
	if (c->depth == c->depth_max)
		return refuse_as(c, WH_ETOOBIG, "nested too deep");
	c->depth++;
	if (object)
		c->objects |= UINT64_C(1) << c->depth;
	else
		c->objects &= ~(UINT64_C(1) << c->depth);
	c->key_first[c->depth] = c->key_count;
	c->at = json_space(c->at + 1, c->end);
	return true;
}

static void
check_close(struct check *c)
{
	c->key_count = c->key_first[c->depth];
	c->depth--;
	c->at++;
}

static bool
check_word(struct check *c, struct wh_str word)
{
	if (!wh_str_starts((struct wh_str){ c->at, (size_t)(c->end - c->at) }, word))
		return refuse(c, "no such word");
	c->at += word.n;
	return true;
}

static bool
check_number(struct check *c)
{
	struct wh_value ignored;
	const char *why, *after;
	bool too_big;

	after = wh_json_number(c->at, c->end, &ignored, &why, &too_big);
	if (after == NULL)
		return refuse_as(c, too_big ? WH_ETOOBIG : WH_ESYNTAX, why);
	c->at = after;
	return true;
}

/* One value, or the opening of one that has members: then `opened_out` is set and `at` is where its first value is. */
static bool
check_value(struct check *c, bool *opened_out)
{
	bool escaped;

	*opened_out = false;
	c->at = json_space(c->at, c->end);
	if (c->at == c->end)
		return refuse(c, "");
	switch (*c->at) {
	case '"':
		c->at++;
		return check_string(c, &escaped);
	case '{':
	case '[':
		if (!check_open(c, *c->at == '{'))
			return false;
		if (c->at < c->end && *c->at == ((c->objects >> c->depth & 1) != 0 ? '}' : ']')) {
			check_close(c);
			return true;
		}
		*opened_out = true;
		return (c->objects >> c->depth & 1) == 0 || check_key(c);
	case 't':
		return check_word(c, WH_STR("true"));
	case 'f':
		return check_word(c, WH_STR("false"));
	case 'n':
		return check_word(c, WH_STR("null"));
	case '-':
	case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		return check_number(c);
	default:
		return refuse(c, "no value begins so");
	}
}

/* Behind a value: closes what ends here and goes to the next value, or to the end of the text. */
static bool
check_after(struct check *c)
{
	while (c->depth != 0) {
		bool object = (c->objects >> c->depth & 1) != 0;

		c->at = json_space(c->at, c->end);
		if (c->at < c->end && *c->at == ',') {
			c->at++;
			return !object || check_key(c);
		}
		if (c->at == c->end || *c->at != (object ? '}' : ']'))
			return refuse(c, "a comma or the closing bracket must follow a value");
		check_close(c);
	}
	c->at = json_space(c->at, c->end);
	return c->at == c->end || refuse(c, "something follows the value");
}

static bool
check_text(struct check *c)
{
	bool opened;

	if (wh_str_starts((struct wh_str){ c->at, (size_t)(c->end - c->at) }, WH_STR("\xef\xbb\xbf")))
		return refuse(c, "a byte order mark");
	do {
		do
			if (!check_value(c, &opened))
				return false;
		while (opened);
		if (!check_after(c))
			return false;
	} while (c->depth != 0);
	return true;
}

enum wh_err
wh_json_check(struct wh_str text, const struct wh_json_limits *limits, struct wh_json_error *error_out)
{
	size_t bytes = limits != NULL && limits->bytes != 0 ? limits->bytes : WH_JSON_BYTES;
	struct check c;

	c.at = text.n != 0 ? text.p : "";
	c.end = c.at + text.n;
	c.err = WH_OK;
	c.reason = NULL;
	c.depth = 0;
	c.depth_max = limits != NULL && limits->depth != 0 && limits->depth < WH_JSON_DEPTH ? limits->depth : WH_JSON_DEPTH;
	c.objects = 0;
	c.unique_keys = limits != NULL && limits->unique_keys;
	c.key_count = 0;
	if (text.n > bytes || text.n > WH_JSON_BYTES_MAX)
		refuse_as(&c, WH_ETOOBIG, "a text that is too long");
	else
		check_text(&c);
	if (error_out != NULL)
		*error_out = (struct wh_json_error){ c.err != WH_OK ? text.n - (size_t)(c.end - c.at) : 0, c.reason };
	return c.err;
}
