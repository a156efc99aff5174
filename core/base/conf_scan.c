/* The tokens of conf_scan.h. Comments and blanks stand between tokens and are not tokens. */
#include "base/conf_scan.h"

void
conf_scan_begin(struct conf_scan *s, struct wh_str text)
{
	*s = (struct conf_scan){ .at = text.p, .end = text.p + text.n, .line = 1 };
}

static bool
scan_is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static bool
scan_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
scan_is_more(char c)
{
	return scan_is_name(c) || scan_is_digit(c) || c == '-' || c == '_';
}

static struct conf_token
scan_token(enum conf_token_kind kind, const char *from, const char *to, unsigned line, const char *why)
{
	return (struct conf_token){ kind, { from, (size_t)(to - from) }, line, why };
}

/* Passes blanks and comments. False: a comment never ends; *line_out is where it began. */
static bool
scan_blanks(struct conf_scan *s, unsigned *line_out)
{
	while (s->at < s->end) {
		char c = *s->at, next = s->at + 1 < s->end ? s->at[1] : '\0';

		if (c == '\n')
			s->line++;
		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			s->at++;
		} else if (c == '#' || (c == '/' && next == '/')) {
			while (s->at < s->end && *s->at != '\n')
				s->at++;
		} else if (c == '/' && next == '*') {
			*line_out = s->line;
			for (s->at += 2;; s->at++) {
				if (s->end - s->at < 2)
					return false;
				if (s->at[0] == '*' && s->at[1] == '/')
					break;
				if (*s->at == '\n')
					s->line++;
			}
			s->at += 2;
		} else {
			return true;
		}
	}
	return true;
}

static struct conf_token
scan_string(struct conf_scan *s)
{
	const char *from = s->at++;
	unsigned line = s->line;

	for (; s->at < s->end && *s->at != '"'; s->at++) {
		if (*s->at == '\n')
			s->line++;
		if (*s->at != '\\')
			continue;
		if (s->end - s->at >= 4 && memcmp(s->at, "\\x00", 4) == 0)
			return scan_token(CONF_BAD, from, s->at, s->line, "a string cannot hold a NUL");
		if (++s->at == s->end)
			break;
		if (*s->at == '\n')
			s->line++;
	}
	if (s->at == s->end)
		return scan_token(CONF_BAD, from, s->at, line, "this string is never closed");
	s->at++;
	return scan_token(CONF_STRING, from, s->at, line, NULL);
}

/* A number, or what looks like one: a sign or digit or point, and all that hangs on. */
static struct conf_token
scan_number(struct conf_scan *s)
{
	const char *from = s->at++;

	for (; s->at < s->end; s->at++) {
		char before = s->at[-1];
		bool exponent = (*s->at == '+' || *s->at == '-') && (before == 'e' || before == 'E');

		if (!scan_is_digit(*s->at) && !scan_is_name(*s->at) && *s->at != '.' && !exponent)
			break;
	}
	return scan_token(CONF_NUMBER, from, s->at, s->line, NULL);
}

struct conf_token
conf_scan_next(struct conf_scan *s)
{
	unsigned line;
	const char *from;
	char c;

	if (!scan_blanks(s, &line)) {
		s->at = s->end;
		return scan_token(CONF_BAD, s->end, s->end, line, "this comment is never closed");
	}
	if (s->at == s->end)
		return scan_token(CONF_END, s->end, s->end, s->line, NULL);
	from = s->at;
	c = *from;
	if (c == '"')
		return scan_string(s);
	if (scan_is_digit(c) || c == '-' || c == '+' || c == '.')
		return scan_number(s);
	if (c == '\0') {
		s->at = s->end;
		return scan_token(CONF_BAD, from, from, s->line, "there is a NUL byte");
	}
	s->at++;
	if (!scan_is_name(c))
		return scan_token(CONF_MARK, from, s->at, s->line, NULL);
	while (s->at < s->end && scan_is_more(*s->at))
		s->at++;
	return scan_token(CONF_WORD, from, s->at, s->line, NULL);
}
