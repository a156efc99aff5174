/* Compiles the text of a pattern into items. All faults are found here; pattern_match.c finds none. */
#include "script/pattern_items.h"

#include <stdalign.h>

struct parse {
	struct wh_pattern *p;
	struct wh_str text;
	size_t at;
	const char *error;
	uint8_t open[WH_PATTERN_CAPTURES];
	unsigned n_open;
	bool closed[WH_PATTERN_CAPTURES];
};

static void
set_add(struct set *set, unsigned char c)
{
	set->bits[c >> 6] |= UINT64_C(1) << (c & 63);
}

static bool
in_range(unsigned char c, char from, char to)
{
	return c >= (unsigned char)from && c <= (unsigned char)to;
}

/* The classes of the letters a to z, as the bits of ASCII, whatever the locale. No bit: there is no such class. They are
 * written out because a pattern is compiled at each use, and filling a set byte by byte was most of its cost. */
static const uint64_t classes[26][2] = {
	['a' - 'a'] = { UINT64_C(0x0000000000000000), UINT64_C(0x07fffffe07fffffe) },
	['c' - 'a'] = { UINT64_C(0x00000000ffffffff), UINT64_C(0x8000000000000000) },
	['d' - 'a'] = { UINT64_C(0x03ff000000000000), UINT64_C(0x0000000000000000) },
	['g' - 'a'] = { UINT64_C(0xfffffffe00000000), UINT64_C(0x7fffffffffffffff) },
	['l' - 'a'] = { UINT64_C(0x0000000000000000), UINT64_C(0x07fffffe00000000) },
	['p' - 'a'] = { UINT64_C(0xfc00fffe00000000), UINT64_C(0x78000001f8000001) },
	['s' - 'a'] = { UINT64_C(0x0000000100003e00), UINT64_C(0x0000000000000000) },
	['u' - 'a'] = { UINT64_C(0x0000000000000000), UINT64_C(0x0000000007fffffe) },
	['w' - 'a'] = { UINT64_C(0x03ff000000000000), UINT64_C(0x07fffffe07fffffe) },
	['x' - 'a'] = { UINT64_C(0x03ff000000000000), UINT64_C(0x0000007e0000007e) },
	['z' - 'a'] = { UINT64_C(0x0000000000000001), UINT64_C(0x0000000000000000) },
};

/* The class of a letter of either case, or NULL. */
static const uint64_t *
class_of(unsigned char letter)
{
	unsigned char lower = letter | 32;

	if (!in_range(letter, 'A', 'Z') && !in_range(letter, 'a', 'z'))
		return NULL;
	return (classes[lower - 'a'][0] | classes[lower - 'a'][1]) != 0 ? classes[lower - 'a'] : NULL;
}

/* Adds what `%letter` stands for: an upper-case letter is all that the class does not have. */
static void
set_add_class(struct set *set, unsigned char letter)
{
	const uint64_t *bits = class_of(letter);

	if (bits == NULL) {
		set_add(set, letter);
	} else if (in_range(letter, 'a', 'z')) {
		set->bits[0] |= bits[0];
		set->bits[1] |= bits[1];
	} else {
		set->bits[0] |= ~bits[0];
		set->bits[1] |= ~bits[1];
		set->bits[2] = set->bits[3] = UINT64_MAX;
	}
}

static size_t
round_up(size_t n)
{
	return (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static size_t
count_sets(struct wh_str pattern)
{
	size_t n = 0;

	for (size_t i = 0; i < pattern.n; i++)
		n += pattern.p[i] == '[' || pattern.p[i] == '%';
	return n;
}

size_t
wh_pattern_size(struct wh_str pattern)
{
	if (pattern.n > WH_PATTERN_BYTES)
		return sizeof(struct wh_pattern);
	return round_up(sizeof(struct wh_pattern)) + round_up((pattern.n + 1) * sizeof(struct item)) +
	    round_up(count_sets(pattern) * sizeof(struct set)) + (pattern.n / 2 + 1) * sizeof(struct choice);
}

static bool
parse_more(const struct parse *in)
{
	return in->at < in->text.n;
}

static unsigned char
parse_byte(struct parse *in)
{
	return (unsigned char)in->text.p[in->at++];
}

static bool
parse_next_is(const struct parse *in, char c)
{
	return parse_more(in) && in->text.p[in->at] == c;
}

static struct item *
add_item(struct parse *in, enum item_op op)
{
	struct item *item = &in->p->items[in->p->n_items++];

	*item = (struct item){ .op = (uint8_t)op };
	return item;
}

static struct set *
add_set(struct parse *in, struct item *item)
{
	struct set *set = &in->p->sets[in->p->n_sets];

	item->set = (uint32_t)in->p->n_sets++;
	*set = (struct set){ 0 };
	return set;
}

/* The offset of the bracket that ends a set whose first member is at `at`; 0: none does. The first member may itself
 * be a bracket. */
static size_t
set_end(struct wh_str text, size_t at)
{
	size_t first = at;

	while (at < text.n) {
		if (text.p[at] == ']' && at != first)
			return at;
		at += text.p[at] == '%' && at + 1 < text.n ? 2 : 1;
	}
	return 0;
}

/* Reads a set whose opening bracket was just read. */
static bool
parse_set(struct parse *in, struct set *set)
{
	bool negated = parse_next_is(in, '^');
	size_t end;
	unsigned char c;

	in->at += negated ? 1 : 0;
	end = set_end(in->text, in->at);
	if (end == 0) {
		in->error = "malformed pattern (missing ']')";
		return false;
	}
	while (in->at < end) {
		c = parse_byte(in);
		if (c == '%') {
			set_add_class(set, parse_byte(in));
		} else if (in->at + 1 < end && in->text.p[in->at] == '-') {
			in->at++;
			for (unsigned last = parse_byte(in), i = c; i <= last; i++)
				set_add(set, (unsigned char)i);
		} else {
			set_add(set, c);
		}
	}
	in->at = end + 1;
	for (unsigned i = 0; negated && i < 4; i++)
		set->bits[i] = ~set->bits[i];
	return true;
}

static void
parse_repeat(struct parse *in, struct item *item)
{
	static const char signs[] = "?*+-";
	const char *found = parse_more(in) && in->text.p[in->at] != '\0' ? strchr(signs, in->text.p[in->at]) : NULL;

	if (found == NULL)
		return;
	item->repeat = (uint8_t)(REPEAT_OPTION + (found - signs));
	in->at++;
}

static bool
parse_open(struct parse *in)
{
	unsigned index = in->p->n_captures;

	if (index == WH_PATTERN_CAPTURES) {
		in->error = "too many captures";
		return false;
	}
	in->p->n_captures++;
	if (parse_next_is(in, ')')) {
		in->at++;
		in->closed[index] = true;
		add_item(in, ITEM_PLACE)->a = (uint8_t)index;
		return true;
	}
	in->open[in->n_open++] = (uint8_t)index;
	add_item(in, ITEM_OPEN)->a = (uint8_t)index;
	return true;
}

static bool
parse_close(struct parse *in)
{
	uint8_t index;

	if (in->n_open == 0) {
		in->error = "invalid pattern capture";
		return false;
	}
	index = in->open[--in->n_open];
	in->closed[index] = true;
	add_item(in, ITEM_CLOSE)->a = index;
	return true;
}

/* What follows a '%'. */
static bool
parse_escape(struct parse *in)
{
	struct item *item;
	unsigned char c;

	if (!parse_more(in)) {
		in->error = "malformed pattern (ends with '%')";
		return false;
	}
	c = parse_byte(in);
	if (c == 'b') {
		if (in->text.n - in->at < 2) {
			in->error = "malformed pattern (missing arguments to '%b')";
			return false;
		}
		item = add_item(in, ITEM_BALANCE);
		item->a = parse_byte(in);
		item->b = parse_byte(in);
		return true;
	}
	if (c == 'f') {
		if (!parse_next_is(in, '[')) {
			in->error = "missing '[' after '%f' in pattern";
			return false;
		}
		in->at++;
		item = add_item(in, ITEM_FRONTIER);
		return parse_set(in, add_set(in, item));
	}
	if (in_range(c, '0', '9')) {
		if (c == '0' || !in->closed[(c - '1') % WH_PATTERN_CAPTURES]) {
			in->error = "invalid capture index in pattern";
			return false;
		}
		add_item(in, ITEM_AGAIN)->a = (uint8_t)(c - '1');
		return true;
	}
	if (class_of(c) != NULL) {
		item = add_item(in, ITEM_SET);
		set_add_class(add_set(in, item), c);
	} else {
		item = add_item(in, ITEM_BYTE);
		item->a = c;
	}
	parse_repeat(in, item);
	return true;
}

static bool
parse_item(struct parse *in)
{
	struct item *item;
	unsigned char c = parse_byte(in);

	switch (c) {
	case '(':
		return parse_open(in);
	case ')':
		return parse_close(in);
	case '%':
		return parse_escape(in);
	case '[':
		item = add_item(in, ITEM_SET);
		if (!parse_set(in, add_set(in, item)))
			return false;
		break;
	case '.':
		item = add_item(in, ITEM_ANY);
		break;
	case '$':
		if (!parse_more(in)) {
			add_item(in, ITEM_END);
			return true;
		}
		/* fall through */
	default:
		item = add_item(in, ITEM_BYTE);
		item->a = c;
	}
	parse_repeat(in, item);
	return true;
}

struct wh_pattern *
wh_pattern_compile(void *memory, struct wh_str pattern, bool anchors, const char **error_out)
{
	struct wh_pattern *p = memory;
	struct parse in = { .p = p, .text = pattern };
	char *at = (char *)memory + round_up(sizeof *p);

	*error_out = NULL;
	if (pattern.n > WH_PATTERN_BYTES) {
		*error_out = "pattern too long";
		return NULL;
	}
	*p = (struct wh_pattern){ .items = (struct item *)(void *)at };
	at += round_up((pattern.n + 1) * sizeof(struct item));
	p->sets = (struct set *)(void *)at;
	at += round_up(count_sets(pattern) * sizeof(struct set));
	p->choices = (struct choice *)(void *)at;
	if (anchors && parse_next_is(&in, '^')) {
		p->anchored = true;
		in.at++;
	}
	while (parse_more(&in))
		if (!parse_item(&in))
			break;
	if (in.error == NULL && in.n_open != 0)
		in.error = "unfinished capture";
	add_item(&in, ITEM_DONE);
	*error_out = in.error;
	return in.error == NULL ? p : NULL;
}

bool
wh_pattern_anchored(const struct wh_pattern *p)
{
	return p->anchored;
}

unsigned
wh_pattern_captures(const struct wh_pattern *p)
{
	return p->n_captures;
}

bool
wh_pattern_special(struct wh_str pattern)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (pattern.p[i] != '\0' && strchr("^$*+?.([%-", pattern.p[i]) != NULL)
			return true;
	return false;
}
