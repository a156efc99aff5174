/* The formats of a log line. A value is written unit by unit, a unit being a character or its escape, so that a cut
 * never falls into one. Room for the end of the line is always kept. */
#include "base/logline.h"
#include "base/utf8.h"

enum { LOGLINE_TAIL = 32 };

static const char logline_hex[] = "0123456789abcdef";

static bool
logline_put(struct logline *l, const char *bytes, size_t n)
{
	if (l->cut || n > WH_LOG_LINE - LOGLINE_TAIL - l->n) {
		l->cut = true;
		return false;
	}
	memcpy(l->b + l->n, bytes, n);
	l->n += n;
	return true;
}

static void
logline_text(struct logline *l, const char *text)
{
	logline_put(l, text, strlen(text));
}

/* Characters that end a line, steer a terminal, or turn the order of what is shown. */
static bool
logline_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0x061c || c == 0xfeff;
}

static bool
logline_escape_u(struct logline *l, uint32_t c)
{
	char e[6] = { '\\', 'u', logline_hex[c >> 12 & 15], logline_hex[c >> 8 & 15], logline_hex[c >> 4 & 15],
		logline_hex[c & 15] };

	return logline_put(l, e, sizeof e);
}

/* A byte that is not UTF-8. JSON has no escape for a byte, so there it is told as the text \xNN. */
static bool
logline_escape_byte(struct logline *l, unsigned char byte)
{
	char e[5] = { '\\', '\\', 'x', logline_hex[byte >> 4], logline_hex[byte & 15] };

	return l->format == WH_LOG_JSON ? logline_put(l, e, 5) : logline_put(l, e + 1, 4);
}

static bool
logline_unit(struct logline *l, const char *p, size_t length, uint32_t c)
{
	char e[2] = { '\\', (char)c };

	if (c == WH_UTF8_BAD)
		return logline_escape_byte(l, (unsigned char)*p);
	if (c == '"' || c == '\\')
		return logline_put(l, e, 2);
	if (c == '\n')
		return logline_put(l, "\\n", 2);
	if (logline_hidden(c))
		return logline_escape_u(l, c);
	return logline_put(l, p, length);
}

static bool
logline_is_plain(struct wh_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
			return false;
	}
	return s.n > 0;
}

static void
logline_string(struct logline *l, struct wh_str s)
{
	bool quote = l->format == WH_LOG_JSON || !logline_is_plain(s);

	if (quote && !logline_put(l, "\"", 1))
		return;
	while (s.n > 0) {
		uint32_t c;
		size_t length = wh_utf8_decode(s, &c);

		if (!logline_unit(l, s.p, length, c))
			break;
		s = wh_str_from(s, c != WH_UTF8_BAD ? length : 1);
	}
	/* The tail holds this quote, also when the value was cut. */
	if (quote)
		l->b[l->n++] = '"';
}

static void
logline_digits(struct logline *l, uint64_t v, unsigned base, int least)
{
	char digits[20], *d = digits + sizeof digits;

	do {
		*--d = logline_hex[v % base];
		v /= base;
	} while (v != 0 || digits + sizeof digits - d < least);
	logline_put(l, d, (size_t)(digits + sizeof digits - d));
}

/* Keys are words of ours; a byte that could break the line becomes '_' all the same. */
static void
logline_key(struct logline *l, const char *key)
{
	if (l->format == WH_LOG_JSON)
		logline_text(l, ",\"");
	else
		logline_text(l, " ");
	if (l->format == WH_LOG_COLOUR)
		logline_text(l, "\033[2m");
	for (; *key != '\0'; key++) {
		bool fine = (*key >= 'a' && *key <= 'z') || (*key >= 'A' && *key <= 'Z') || (*key >= '0' && *key <= '9') ||
		    *key == '.' || *key == '-';

		logline_put(l, fine ? key : "_", 1);
	}
	logline_text(l, l->format == WH_LOG_JSON ? "\":" : "=");
	if (l->format == WH_LOG_COLOUR)
		logline_text(l, "\033[0m");
}

/* Keys whose values nobody has a use for over the server, whatever kind their pair is of. */
static bool
logline_secret(const struct wh_pair *pair)
{
	static const char *const keys[] = { "authorization", "cookie", "credential", "passphrase", "password", "secret", "token" };

	if (pair->kind == WH_PAIR_SECRET)
		return true;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(pair->key, keys[i]) == 0)
			return true;
	return false;
}

static void
logline_value(struct logline *l, const struct wh_pair *pair)
{
	switch (pair->kind) {
	case WH_PAIR_STR:
	case WH_PAIR_SECRET:
		logline_string(l, pair->as.s);
		break;
	case WH_PAIR_TEXT:
		logline_string(l, wh_str(pair->as.text));
		break;
	case WH_PAIR_INT:
		if (pair->as.i < 0)
			logline_text(l, "-");
		logline_digits(l, pair->as.i < 0 ? -(uint64_t)pair->as.i : (uint64_t)pair->as.i, 10, 1);
		break;
	case WH_PAIR_UINT:
		logline_digits(l, pair->as.u, 10, 1);
		break;
	case WH_PAIR_BOOL:
		logline_text(l, pair->as.b ? "true" : "false");
		break;
	case WH_PAIR_HEX:
		if (l->format == WH_LOG_JSON)
			logline_text(l, "\"");
		logline_digits(l, pair->as.u, 16, 16);
		if (l->format == WH_LOG_JSON)
			logline_text(l, "\"");
		break;
	}
}

void
wh_logline_pair(struct logline *l, const struct wh_pair *pair)
{
	bool string = pair->kind == WH_PAIR_STR || pair->kind == WH_PAIR_TEXT || pair->kind == WH_PAIR_SECRET;
	size_t before = l->n, value;

	if (l->cut || pair->key == NULL || (pair->kind == WH_PAIR_TEXT && pair->as.text == NULL))
		return;
	logline_key(l, pair->key);
	value = l->n;
	if (!l->cut && l->open && logline_secret(pair))
		logline_string(l, WH_STR("(not shown here)"));
	else if (!l->cut)
		logline_value(l, pair);
	/* A string may stand cut; half a number would be another number. */
	if (l->cut && (!string || l->n == value))
		l->n = before;
}

void
wh_logline_begin(struct logline *l, const struct wh_log *log, enum wh_level level, const char *event)
{
	static const char priority[5][4] = { "<7>", "<6>", "<4>", "<3>", "<2>" };
	static const char colour[5][8] = { "\033[2m", "\033[32m", "\033[33m", "\033[31m", "\033[1;31m" };
	const char *name = wh_log_level_name(level);
	char time[WH_RFC3339_SIZE];

	l->n = 0;
	l->cut = false;
	wh_clock_rfc3339(wh_clock_wall_ms(log->clock), time);
	if (l->format == WH_LOG_JSON) {
		logline_text(l, "{\"time\":\"");
		logline_text(l, time);
		logline_text(l, "\"");
	} else {
		if (l->format == WH_LOG_JOURNAL)
			logline_text(l, priority[level]);
		if (l->format == WH_LOG_COLOUR)
			logline_text(l, colour[level]);
		logline_text(l, "time=");
		logline_text(l, time);
	}
	if (l->format == WH_LOG_COLOUR) {
		/* The level stands in the line's first, coloured, part. */
		logline_text(l, " level=");
		logline_text(l, name);
		logline_text(l, "\033[0m");
	} else {
		wh_logline_pair(l, &WH_T("level", name));
	}
	wh_logline_pair(l, &WH_T("process", log->process));
	wh_logline_pair(l, &WH_T("event", event));
}

void
wh_logline_end(struct logline *l)
{
	const char *json = l->cut ? ",\"cut\":true}\n" : "}\n", *text = l->cut ? " cut=true\n" : "\n";
	const char *end = l->format == WH_LOG_JSON ? json : text;

	memcpy(l->b + l->n, end, strlen(end));
	l->n += strlen(end);
}
