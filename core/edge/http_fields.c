/* The field values of http_fields.h: lists, preferences, tags, ranges, cookies, trace context. */
#include "edge/http_fields.h"
#include "edge/http_chars.h"

bool
wh_http_same(struct wh_str a, struct wh_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (wh_http_lower(a.p[i]) != wh_http_lower(b.p[i]))
			return false;
	return true;
}

/* Where the piece that begins the slice ends: at `mark` outside quotes, or at the end. */
static size_t
piece_end(struct wh_str s, char mark)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (quoted && s.p[i] == '\\')
			i++;
		else if (!quoted && s.p[i] == mark)
			return i;
	}
	return s.n;
}

bool
wh_http_list_next(struct wh_str *rest, struct wh_str *item_out)
{
	while (rest->n > 0) {
		size_t end = piece_end(*rest, ',');

		*item_out = wh_http_trim((struct wh_str){ rest->p, end });
		*rest = wh_str_from(*rest, end + 1);
		if (item_out->n > 0)
			return true;
	}
	return false;
}

bool
wh_http_semi_next(struct wh_str *rest, struct wh_str *name_out, struct wh_str *value_out)
{
	while (rest->n > 0) {
		size_t end = piece_end(*rest, ';');
		struct wh_str piece = wh_http_trim((struct wh_str){ rest->p, end });
		const char *equals = piece.n > 0 ? memchr(piece.p, '=', piece.n) : NULL;

		*rest = wh_str_from(*rest, end + 1);
		if (piece.n == 0)
			continue;
		*name_out = piece;
		*value_out = (struct wh_str){ NULL, 0 };
		if (equals != NULL) {
			name_out->n = (size_t)(equals - piece.p);
			*value_out = wh_http_trim(wh_str_from(piece, name_out->n + 1));
			*name_out = wh_http_trim(*name_out);
		}
		if (value_out->n >= 2 && value_out->p[0] == '"' && value_out->p[value_out->n - 1] == '"')
			*value_out = (struct wh_str){ value_out->p + 1, value_out->n - 2 };
		return true;
	}
	return false;
}

bool
wh_http_list_has(struct wh_str list, struct wh_str token)
{
	struct wh_str item;

	while (wh_http_list_next(&list, &item))
		if (wh_http_same(item, token))
			return true;
	return false;
}

/* A weight in thousandths; what cannot be read counts as 0, so that nobody gets what he may have refused. */
static unsigned
weight_of(struct wh_str q)
{
	static const unsigned places[] = { 100, 10, 1 };
	unsigned weight = 0;

	if (q.n < 1 || q.n > 5 || (q.p[0] != '0' && q.p[0] != '1') || (q.n > 1 && q.p[1] != '.'))
		return 0;
	for (size_t i = 2; i < q.n; i++) {
		if (!wh_http_is(q.p[i], WH_C_DIGIT))
			return 0;
		weight += (unsigned)(q.p[i] - '0') * places[i - 2];
	}
	if (q.p[0] == '1')
		return weight == 0 ? 1000 : 0;
	return weight;
}

static unsigned
item_weight(struct wh_str params)
{
	struct wh_str name, value;

	while (wh_http_semi_next(&params, &name, &value))
		if (wh_http_same(name, WH_STR("q")))
			return weight_of(value);
	return 1000;
}

/* Splits an element before its parameters. */
static struct wh_str
item_head(struct wh_str item, struct wh_str *params_out)
{
	size_t end = piece_end(item, ';');

	*params_out = wh_str_from(item, end + 1);
	return wh_http_trim((struct wh_str){ item.p, end });
}

/* How exactly a range of media types names a type: 0 not at all, 1 any, 2 the kind, 3 the type. */
static unsigned
accept_match(struct wh_str range, struct wh_str type)
{
	const char *slash = type.n > 0 ? memchr(type.p, '/', type.n) : NULL;
	size_t kind = slash != NULL ? (size_t)(slash - type.p) + 1 : 0;
	struct wh_str none;

	type = item_head(type, &none);
	if (wh_http_same(range, type))
		return 3;
	if (wh_str_is(range, "*/*"))
		return 1;
	if (range.n == kind + 1 && range.p[kind] == '*' &&
	    wh_http_same((struct wh_str){ range.p, kind }, (struct wh_str){ type.p, kind }))
		return 2;
	return 0;
}

static unsigned
accept_weight(const struct wh_http_request *req, struct wh_str type)
{
	struct wh_str value, item, params;
	unsigned best = 0, weight = 0, at = 0;

	while (wh_http_header_next(req, WH_H_ACCEPT, &at, &value)) {
		while (wh_http_list_next(&value, &item)) {
			unsigned match = accept_match(item_head(item, &params), type);

			if (match > best) {
				best = match;
				weight = item_weight(params);
			}
		}
	}
	return weight;
}

int
wh_http_accept(const struct wh_http_request *req, const struct wh_str *offered, unsigned n)
{
	unsigned best = 0;
	int chosen = -1;

	if (!wh_http_has(req, WH_H_ACCEPT))
		return n > 0 ? 0 : -1;
	for (unsigned i = 0; i < n; i++) {
		unsigned weight = accept_weight(req, offered[i]);

		if (weight > best) {
			best = weight;
			chosen = (int)i;
		}
	}
	return chosen;
}

bool
wh_http_encoding_ok(const struct wh_http_request *req, struct wh_str coding)
{
	struct wh_str value, item, params;
	unsigned at = 0, any = 0;

	while (wh_http_header_next(req, WH_H_ACCEPT_ENCODING, &at, &value)) {
		while (wh_http_list_next(&value, &item)) {
			struct wh_str name = item_head(item, &params);

			if (wh_http_same(name, coding))
				return item_weight(params) > 0;
			if (wh_str_is(name, "*"))
				any = item_weight(params);
		}
	}
	return any > 0;
}

bool
wh_http_etag_in(const struct wh_http_request *req, enum wh_http_field field, struct wh_str etag, bool strong)
{
	struct wh_str value, item, opaque = etag;
	unsigned at = 0;
	bool weak = wh_str_starts(etag, WH_STR("W/"));

	if (weak)
		opaque = wh_str_from(etag, 2);
	while (wh_http_header_next(req, field, &at, &value)) {
		if (wh_str_is(value, "*"))
			return true;
		while (wh_http_list_next(&value, &item)) {
			bool item_weak = wh_str_starts(item, WH_STR("W/"));

			if (strong && (weak || item_weak))
				continue;
			if (wh_str_eq(item_weak ? wh_str_from(item, 2) : item, opaque))
				return true;
		}
	}
	return false;
}

static enum wh_http_range
range_of(struct wh_str first, struct wh_str last, uint64_t size, uint64_t *from_out, uint64_t *length_out)
{
	uint64_t from, to;

	if (first.n == 0) {
		/* the last so many bytes */
		if (!wh_http_decimal(last, &to))
			return WH_HTTP_RANGE_NONE;
		if (to == 0 || size == 0)
			return WH_HTTP_RANGE_BAD;
		*length_out = to < size ? to : size;
		*from_out = size - *length_out;
		return WH_HTTP_RANGE_ONE;
	}
	if (!wh_http_decimal(first, &from))
		return WH_HTTP_RANGE_NONE;
	to = INT64_MAX;
	if (last.n > 0 && (!wh_http_decimal(last, &to) || to < from))
		return WH_HTTP_RANGE_NONE;
	if (from >= size)
		return WH_HTTP_RANGE_BAD;
	*from_out = from;
	*length_out = (to < size - 1 ? to : size - 1) - from + 1;
	return WH_HTTP_RANGE_ONE;
}

enum wh_http_range
wh_http_range(struct wh_str value, uint64_t size, uint64_t *from_out, uint64_t *length_out)
{
	struct wh_str first;
	const char *dash;

	*from_out = 0;
	*length_out = size;
	if (value.n < 6 || !wh_http_same((struct wh_str){ value.p, 6 }, WH_STR("bytes=")))
		return WH_HTTP_RANGE_NONE;
	value = wh_http_trim(wh_str_from(value, 6));
	dash = value.n > 0 ? memchr(value.p, '-', value.n) : NULL;
	/* several ranges would have to be answered in parts; a server may always send the whole, and this one does */
	if (dash == NULL || memchr(value.p, ',', value.n) != NULL)
		return WH_HTTP_RANGE_NONE;
	first = (struct wh_str){ value.p, (size_t)(dash - value.p) };
	return range_of(first, wh_str_from(value, first.n + 1), size, from_out, length_out);
}

bool
wh_http_cookie(const struct wh_http_request *req, struct wh_str name, struct wh_str *value_out)
{
	struct wh_str rest;
	unsigned at = 0;

	while (wh_http_header_next(req, WH_H_COOKIE, &at, &rest)) {
		/* not wh_http_semi_next: quotes do not protect a ';' in a cookie */
		while (rest.n > 0) {
			const char *semi = memchr(rest.p, ';', rest.n);
			size_t end = semi != NULL ? (size_t)(semi - rest.p) : rest.n;
			struct wh_str pair = wh_http_trim((struct wh_str){ rest.p, end }), value;

			rest = wh_str_from(rest, end + 1);
			if (!wh_str_starts(pair, name) || pair.n == name.n || pair.p[name.n] != '=')
				continue;
			value = wh_str_from(pair, name.n + 1);
			if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
				value = (struct wh_str){ value.p + 1, value.n - 2 };
			*value_out = value;
			return true;
		}
	}
	return false;
}

static bool
trace_hex(const char *p, size_t n, bool zero_ok)
{
	bool zero = true;

	for (size_t i = 0; i < n; i++) {
		if (!wh_http_is(p[i], WH_C_HEX) || (p[i] >= 'A' && p[i] <= 'F'))
			return false;
		zero &= p[i] == '0';
	}
	return zero_ok || !zero;
}

bool
wh_http_traceparent_ok(struct wh_str value)
{
	enum { TRACE_AT = 3, PARENT_AT = 36, FLAGS_AT = 53, TRACEPARENT_N = 55 };
	const char *p = value.p;

	if (value.n < TRACEPARENT_N || p[2] != '-' || p[PARENT_AT - 1] != '-' || p[FLAGS_AT - 1] != '-')
		return false;
	if (!trace_hex(p, 2, true) || memcmp(p, "ff", 2) == 0 || !trace_hex(p + TRACE_AT, 32, false) ||
	    !trace_hex(p + PARENT_AT, 16, false) || !trace_hex(p + FLAGS_AT, 2, true))
		return false;
	/* later versions may say more, after another dash */
	return value.n == TRACEPARENT_N || (memcmp(p, "00", 2) != 0 && p[TRACEPARENT_N] == '-');
}
