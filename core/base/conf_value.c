/* Single values: a text by the rules of its row, bounds, defaults. Bounds and defaults are written in tables as an operator
 * would write the value, so one reader serves all three. */
#include <math.h>
#include <stdlib.h>

#include "base/addr.h"
#include "base/conf_build.h"

static bool
value_integer(struct wh_str text, int64_t *out)
{
	char digits[24], *end;

	if (text.n == 0 || text.n >= sizeof digits)
		return false;
	memcpy(digits, text.p, text.n);
	digits[text.n] = '\0';
	*out = strtoll(digits, &end, 0);
	return *end == '\0';
}

static bool
value_number(struct wh_str text, double *out)
{
	char digits[64], *end;

	if (text.n == 0 || text.n >= sizeof digits)
		return false;
	memcpy(digits, text.p, text.n);
	digits[text.n] = '\0';
	*out = strtod(digits, &end);
	return *end == '\0' && isfinite(*out);
}

static bool
value_is_choice(const char *choices, struct wh_str text)
{
	for (const char *p = choices; p != NULL;) {
		size_t n = strcspn(p, "|");

		if (wh_str_eq((struct wh_str){ p, n }, text))
			return true;
		p = p[n] == '|' ? p + n + 1 : NULL;
	}
	return false;
}

static const char *
value_unit_error(enum wh_err err, const char *expected)
{
	return err == WH_OK ? NULL : err == WH_ETOOBIG ? "the number is too large" : expected;
}

static const char *
value_network(struct wh_str text)
{
	struct wh_nets nets = { 0 };
	enum wh_err err = wh_nets_add(&nets, text);

	wh_nets_free(&nets);
	if (err == WH_EINVAL)
		return "bits behind the prefix are not zero";
	return err == WH_OK ? NULL : "expected an address or a network, such as \"10.0.0.0/8\" or \"::1\"";
}

const char *
conf_text_value(const struct wh_setting *row, struct wh_str text, struct wh_arena *arena, struct conf_value *v)
{
	switch (row->type) {
	case WH_BOOL:
		v->as.flag = wh_str_is(text, "true");
		return v->as.flag || wh_str_is(text, "false") ? NULL : "expected true or false";
	case WH_INT:
		return value_integer(text, &v->as.integer) ? NULL : "expected a whole number";
	case WH_NUMBER:
		return value_number(text, &v->as.number) ? NULL : "expected a number";
	case WH_CHOICE:
		if (!value_is_choice(row->choices, text))
			return "expected one of";
		/* fall through */
	case WH_STRING:
		v->as.string = wh_arena_str(arena, text);
		return NULL;
	case WH_SIZE:
		return value_unit_error(wh_conf_parse_size(text, &v->as.integer), "expected a size, such as \"64KiB\" or \"10MB\"");
	case WH_DURATION:
		return value_unit_error(wh_conf_parse_duration(text, &v->as.integer), "expected a duration, such as \"250ms\", \"30s\" or \"5m\"");
	case WH_RATE:
		return value_unit_error(wh_conf_parse_rate(text, &v->as.rate), "expected a rate, such as \"10/s\" or \"100/m burst 20\"");
	case WH_NETWORKS:
		return value_network(text);
	default:
		return NULL;
	}
}

/* The default of a list: words with blanks between, or "[ "a", "b" ]" as in the file; no word has a blank or a comma. */
static bool
value_default_list(const struct wh_setting *row, struct wh_arena *arena, struct conf_value *v)
{
	size_t max = strlen(row->def) / 2 + 1;
	const char *p = row->def;

	v->as.list.items = wh_arena_zero(arena, max, sizeof *v->as.list.items);
	if (v->as.list.items == NULL)
		return false;
	while (*(p += strspn(p, " \t[](),\"")) != '\0') {
		struct wh_str word = { p, strcspn(p, " \t[](),\"") };

		if (row->type == WH_NETWORKS && value_network(word) != NULL)
			return false;
		v->as.list.items[v->as.list.n++] = wh_arena_str(arena, word);
		p += word.n;
	}
	return true;
}

bool
conf_default(const struct wh_setting *row, struct wh_arena *arena, struct conf_value *v)
{
	if (row->def == NULL) {
		if (row->type == WH_STRING || row->type == WH_CHOICE)
			v->as.string = WH_STR("");
		return true;
	}
	if (row->type == WH_STRINGS || row->type == WH_NETWORKS)
		return value_default_list(row, arena, v);
	return conf_text_value(row, wh_str(row->def), arena, v) == NULL && conf_in_bounds(row, v);
}

/* Less than 0, 0 or more: how the value compares with a bound of its row. */
static int
value_compare(const struct wh_setting *row, const struct conf_value *v, const char *bound)
{
	struct conf_value b = { 0 };
	struct wh_setting length = { .type = WH_INT };
	int64_t have;

	switch (row->type) {
	case WH_STRING:
		have = (int64_t)v->as.string.n;
		break;
	case WH_STRINGS:
	case WH_NETWORKS:
		have = (int64_t)v->as.list.n;
		break;
	case WH_INT:
	case WH_SIZE:
	case WH_DURATION:
		have = v->as.integer;
		length.type = row->type;
		break;
	case WH_NUMBER:
		if (conf_text_value(row, wh_str(bound), NULL, &b) != NULL)
			return 0;
		return (v->as.number > b.as.number) - (v->as.number < b.as.number);
	case WH_RATE: {
		__int128 left, right;

		if (conf_text_value(row, wh_str(bound), NULL, &b) != NULL)
			return 0;
		left = (__int128)v->as.rate.count * b.as.rate.per_ms;
		right = (__int128)b.as.rate.count * v->as.rate.per_ms;
		return (left > right) - (left < right);
	}
	default:
		return 0;
	}
	if (conf_text_value(&length, wh_str(bound), NULL, &b) != NULL)
		return 0;
	return (have > b.as.integer) - (have < b.as.integer);
}

bool
conf_in_bounds(const struct wh_setting *row, const struct conf_value *v)
{
	return (row->min == NULL || value_compare(row, v, row->min) >= 0) && (row->max == NULL || value_compare(row, v, row->max) <= 0);
}
