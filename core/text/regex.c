/* See regex.h. */
#include "text/regex.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/utf8.h"

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

enum wh_err
regex_compile(struct wh_str pattern, struct regex **regex_out, struct wh_buf *why_out)
{
	struct regex *r = calloc(1, sizeof *r);
	pcre2_compile_context *how = pcre2_compile_context_create(NULL);
	PCRE2_UCHAR text[128] = "out of memory";
	PCRE2_SIZE at = 0;
	int error = 0;

	*regex_out = NULL;
	if (r == NULL || how == NULL)
		goto fail;
	pcre2_set_max_pattern_length(how, REGEX_BYTES);
	pcre2_set_parens_nest_limit(how, 30);
	r->code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
		PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C | PCRE2_DUPNAMES, &error, &at, how);
	if (r->code == NULL) {
		pcre2_get_error_message(error, text, sizeof text);
		goto fail;
	}
	r->data = pcre2_match_data_create(REGEX_GROUPS, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (r->data == NULL || r->limits == NULL)
		goto fail;
	pcre2_set_match_limit(r->limits, REGEX_STEPS);
	pcre2_set_depth_limit(r->limits, 500);
	pcre2_set_heap_limit(r->limits, 1024);
	pcre2_compile_context_free(how);
	*regex_out = r;
	return WH_OK;
fail:
	pcre2_compile_context_free(how);
	regex_free(&r);
	if (why_out != NULL)
		wh_buf_fmt(why_out, "%s at character %zu", (const char *)text, (size_t)at);
	return error != 0 ? WH_ESYNTAX : WH_ENOMEM;
}

void
regex_free(struct regex **r)
{
	if (*r != NULL) {
		pcre2_match_data_free((*r)->data);
		pcre2_match_context_free((*r)->limits);
		pcre2_code_free((*r)->code);
		free(*r);
	}
	*r = NULL;
}

enum regex_got
regex_match(const struct regex *r, struct wh_str text, struct regex_at *at_out)
{
	const PCRE2_SIZE *at;
	int rc;

	if (text.n > REGEX_TEXT)
		text = wh_utf8_cut(text, REGEX_TEXT);
	rc = pcre2_match(r->code, (PCRE2_SPTR)(text.n != 0 ? text.p : ""), text.n, 0, 0, r->data, r->limits);
	if (rc < 0)
		return rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT ? REGEX_OVER : REGEX_NONE;
	if (at_out == NULL)
		return REGEX_FOUND;
	at = pcre2_get_ovector_pointer(r->data);
	at_out->n = rc == 0 ? REGEX_GROUPS : (size_t)rc;
	for (size_t i = 0; i < at_out->n; i++) {
		at_out->from[i] = at[2 * i] == PCRE2_UNSET ? 1 : at[2 * i];
		at_out->to[i] = at[2 * i] == PCRE2_UNSET ? 0 : at[2 * i + 1];
	}
	return REGEX_FOUND;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '/' || c == '-' || c == '_' || c == ':'
		|| c == '@' || c == '%' || c == '=' || c == '&' || c == '~' || c == ',' || c == ';';
}

static bool
one_of(const char *set, char c)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* The last character of the escape whose backslash is at `i`. */
static size_t
escape_end(struct wh_str p, size_t i)
{
	if (++i >= p.n || !one_of("xo0123456789cgkpPN", p.p[i]))
		return i;
	if (i + 1 < p.n && one_of("{<'", p.p[i + 1])) {
		for (i += 2; i < p.n && !one_of("}>'", p.p[i]);)
			i++;
		return i;
	}
	while (i + 1 < p.n && is_plain(p.p[i + 1]))
		i++;
	return i;
}

/* The bracket that ends the set which begins at `i`. */
static size_t
set_end(struct wh_str p, size_t i)
{
	size_t from = i + 1 + (i + 1 < p.n && p.p[i + 1] == '^');

	for (i = from; i < p.n && (p.p[i] != ']' || i == from); i++) {
		if (p.p[i] == '\\')
			i = escape_end(p, i);
		else if (p.p[i] == '[' && i + 1 < p.n && p.p[i + 1] == ':')
			for (i += 2; i < p.n && p.p[i] != ']';)
				i++;
	}
	return i;
}

/* Alternatives, options, verbs and \\Q make all of it too hard to tell. */
static bool
is_hard(struct wh_str p)
{
	for (size_t i = 0; i < p.n; i++) {
		char next = i + 1 < p.n ? p.p[i + 1] : '\0', after = i + 2 < p.n ? p.p[i + 2] : '\0';

		if (p.p[i] == '|' || (p.p[i] == '\\' && one_of("QEK", next)) || (p.p[i] == '(' && next == '*')
		    || (p.p[i] == '(' && next == '?' && !one_of(":=!<", after)))
			return true;
	}
	return false;
}

/* A run of plain characters outside of all brackets, without the one that a quantifier follows. */
void
regex_literal(struct wh_str p, struct wh_buf *out)
{
	size_t best = 0, best_n = 0, from = 0, depth = 0;

	if (is_hard(p))
		return;
	for (size_t i = 0; i <= p.n; i++) {
		char c = i < p.n ? p.p[i] : '\0';

		if (depth == 0 && is_plain(c) && (i + 1 >= p.n || !one_of("*?+{", p.p[i + 1])))
			continue;
		if (depth == 0 && i > from && i - from > best_n) {
			best = from;
			best_n = i - from;
		}
		if (c == '\\')
			i = escape_end(p, i);
		else if (c == '[')
			i = set_end(p, i);
		else if (c == '{')
			for (; i < p.n && p.p[i] != '}';)
				i++;
		depth = c == '(' ? depth + 1 : c == ')' && depth > 0 ? depth - 1 : depth;
		from = i + 1;
	}
	for (size_t i = best; best_n >= 3 && i < best + best_n; i++)
		wh_buf_byte(out, (char)(p.p[i] >= 'A' && p.p[i] <= 'Z' ? p.p[i] + 32 : p.p[i]));
}
