/* Decoding of paths and parameters, as http_target.h has it. */
#include "edge/http_target.h"
#include "edge/http_chars.h"

/* The byte that an escape stands for, or -1. */
static int
escape_at(struct wh_str s, size_t i)
{
	int high, low;

	if (s.n - i < 3)
		return -1;
	high = wh_http_hex(s.p[i + 1]);
	low = wh_http_hex(s.p[i + 2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static bool
path_is_plain(struct wh_str raw)
{
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '%' || raw.p[i] == '\\' || (unsigned char)raw.p[i] <= ' ' || raw.p[i] == 0x7f)
			return false;
		if (raw.p[i] == '.' && i > 0 && raw.p[i - 1] == '/')
			return false;
	}
	return true;
}

/* A segment is complete in room[from..*n): takes it out again if it is a dot segment. False: it climbs out. */
static bool
path_segment(char *room, size_t from, size_t *n, bool last)
{
	size_t length = *n - from;

	if (length == 1 && room[from] == '.') {
		*n = from;
	} else if (length == 2 && room[from] == '.' && room[from + 1] == '.') {
		if (from <= 1)
			return false;
		for (*n = from - 1; room[*n - 1] != '/';)
			--*n;
	} else if (!last) {
		room[(*n)++] = '/';
	}
	return true;
}

enum wh_err
wh_http_path_decode(struct wh_str raw, char *room, size_t room_n, struct wh_str *path_out)
{
	size_t n = 1, from = 1;

	if (raw.n == 0 || raw.p[0] != '/')
		return WH_ESYNTAX;
	if (path_is_plain(raw)) {
		*path_out = raw;
		return WH_OK;
	}
	if (room_n < raw.n)
		return WH_ETOOBIG;
	room[0] = '/';
	for (size_t i = 1; i < raw.n; i++) {
		int byte = (unsigned char)raw.p[i];

		if (byte == '/') {
			if (!path_segment(room, from, &n, false))
				return WH_ESYNTAX;
			from = n;
			continue;
		}
		if (byte == '%') {
			byte = escape_at(raw, i);
			i += 2;
		} else if (byte == ' ') {
			return WH_ESYNTAX;	/* it may only come escaped */
		}
		if (byte < ' ' || byte == 0x7f || byte == '/' || byte == '\\')
			return WH_ESYNTAX;
		room[n++] = (char)byte;
	}
	if (!path_segment(room, from, &n, true))
		return WH_ESYNTAX;
	*path_out = (struct wh_str){ room, n };
	return WH_OK;
}

bool
wh_http_param_next(struct wh_str *rest, struct wh_http_param *param_out)
{
	while (rest->n > 0) {
		const char *end = memchr(rest->p, '&', rest->n), *equals;
		struct wh_str piece = { rest->p, end != NULL ? (size_t)(end - rest->p) : rest->n };

		*rest = wh_str_from(*rest, piece.n + 1);
		if (piece.n == 0)
			continue;
		equals = memchr(piece.p, '=', piece.n);
		param_out->name = piece;
		param_out->value = wh_str_from(piece, piece.n);
		if (equals != NULL) {
			param_out->name.n = (size_t)(equals - piece.p);
			param_out->value = wh_str_from(piece, param_out->name.n + 1);
		}
		return true;
	}
	return false;
}

enum wh_err
wh_http_param_decode(struct wh_str raw, char *room, size_t room_n, struct wh_str *text_out)
{
	size_t n = 0, i = 0;

	while (i < raw.n && raw.p[i] != '%' && raw.p[i] != '+' && raw.p[i] != '\0')
		i++;
	if (i == raw.n) {
		*text_out = raw;
		return WH_OK;
	}
	if (room_n < raw.n)
		return WH_ETOOBIG;
	for (i = 0; i < raw.n; i++) {
		int byte = (unsigned char)raw.p[i];

		if (byte == '%') {
			byte = escape_at(raw, i);
			i += 2;
		} else if (byte == '+') {
			byte = ' ';
		}
		if (byte <= 0)
			return WH_ESYNTAX;
		room[n++] = (char)byte;
	}
	*text_out = (struct wh_str){ room, n };
	return WH_OK;
}

enum wh_err
wh_http_param_find(struct wh_str query, struct wh_str name, char *room, size_t room_n, struct wh_str *value_out)
{
	struct wh_http_param param;
	struct wh_str decoded;

	while (wh_http_param_next(&query, &param)) {
		enum wh_err err = wh_http_param_decode(param.name, room, room_n, &decoded);

		if (err == WH_OK && wh_str_eq(decoded, name))
			return wh_http_param_decode(param.value, room, room_n, value_out);
	}
	return WH_ENOENT;
}
