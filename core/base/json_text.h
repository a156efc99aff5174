/* What the writer, the check and the reader of JSON share: runs of plain characters, escapes and numbers.
 * Private to json_*.c. */
#ifndef WHIPLY_BASE_JSON_TEXT_H
#define WHIPLY_BASE_JSON_TEXT_H

#include <endian.h>
#include <whiply/json.h>

#define JSON_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte of `eight` that is zero. A byte above a zero may be marked wrongly, the lowest never. */
static inline uint64_t
json_zeros(uint64_t eight)
{
	return (eight - JSON_EACH(0x01)) & ~eight & JSON_EACH(0x80);
}

static inline bool
json_is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* The end of the run of ASCII characters that a string holds as they are. */
static inline const char *
json_plain_run(const char *at, const char *end)
{
	uint64_t eight, stop;

	for (; end - at >= (ptrdiff_t)sizeof eight; at += sizeof eight) {
		memcpy(&eight, at, sizeof eight);
		eight = le64toh(eight);
		stop = json_zeros(eight ^ JSON_EACH('"')) | json_zeros(eight ^ JSON_EACH('\\')) |
			((eight - JSON_EACH(0x20)) & ~eight & JSON_EACH(0x80)) | (eight & JSON_EACH(0x80));
		if (stop != 0)
			return at + __builtin_ctzll(stop) / 8;
	}
	while (at < end && json_is_plain(*at))
		at++;
	return at;
}

/* In a checked string: the next quote or backslash. */
static inline const char *
json_string_run(const char *at, const char *end)
{
	uint64_t eight, stop;

	for (; end - at >= (ptrdiff_t)sizeof eight; at += sizeof eight) {
		memcpy(&eight, at, sizeof eight);
		eight = le64toh(eight);
		stop = json_zeros(eight ^ JSON_EACH('"')) | json_zeros(eight ^ JSON_EACH('\\'));
		if (stop != 0)
			return at + __builtin_ctzll(stop) / 8;
	}
	while (at < end && *at != '"' && *at != '\\')
		at++;
	return at;
}

static inline const char *
json_space(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	return at;
}

/* The end of the escape whose backslash is at `at`, and what it stands for as UTF-8 (`n_out` bytes); or NULL, and why. */
const char *wh_json_escape(const char *at, const char *end, char to[4], size_t *n_out, const char **why_out);

/* The end of the number at `at`, and its value as WH_V_INT or WH_V_NUM (nothing else of it is set); or NULL, and why.
 * `too_big_out` tells a number past our limits from one that is badly written. */
const char *wh_json_number(const char *at, const char *end, struct wh_value *value_out, const char **why_out,
	bool *too_big_out);

#endif
