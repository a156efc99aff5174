/* What may be said and what rooms may be called. Texts are kept in NFC; a stack of combining marks, a wall of lines and control characters
 * are refused with a sentence. Room names are compared without case and compatibility forms. */
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "chat.h"

static bool
name_char_ok(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		return c != ',' && c != ':' && c != '/' && c != '*' && c != '?' && c != '"' && c != '<' && c != '>';
	}
}

bool
text_room_key(struct wh_str name, char key_out[static CHAT_NAME + 1])
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t n, at = 0, step;
	utf8proc_int32_t c;
	bool ok = true;

	if (name.n != 0 && name.p[0] == '#')
		name = wh_str_from(name, 1);
	if (name.n == 0 || name.n > CHAT_NAME)
		return false;
	n = utf8proc_map((const utf8proc_uint8_t *)name.p, (utf8proc_ssize_t)name.n, &folded,
	    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	ok = n > 0 && n <= CHAT_NAME;
	while (ok && at < n) {
		step = utf8proc_iterate(folded + at, n - at, &c);
		ok = step > 0 && name_char_ok(c) && (at > 0 || (c != '#' && c != '@' && c != '+'));
		at += step;
	}
	if (ok) {
		memcpy(key_out, folded, (size_t)n);
		key_out[n] = '\0';
	}
	free(folded);
	return ok;
}

size_t
text_cut(struct wh_str text, size_t most)
{
	size_t n = text.n < most ? text.n : most;

	while (n != 0 && n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

size_t
text_fold(struct wh_str name, char out[static CHAT_FOLD])
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t n;

	out[0] = '\0';
	if (name.n == 0)
		return 0;
	n = utf8proc_map((const utf8proc_uint8_t *)name.p, (utf8proc_ssize_t)name.n, &folded,
	    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	if (n <= 0 || n >= CHAT_FOLD) {
		free(folded);
		return 0;
	}
	memcpy(out, folded, (size_t)n);
	out[n] = '\0';
	free(folded);
	return (size_t)n;
}

/* IRC clients write colours and bold with these. */
static bool
control_ok(utf8proc_int32_t c)
{
	return c == '\n' || c == '\t' || c == 0x02 || c == 0x03 || c == 0x04 || c == 0x0f || c == 0x11 || c == 0x16 || (c >= 0x1d && c <= 0x1f);
}

const char *
text_check(const struct chat_settings *set, struct wh_str text, char *out, size_t cap, size_t *n_out)
{
	utf8proc_uint8_t *nfc = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	const char *why = n < 0 ? "that is no valid text" : n == 0 ? "say something" : NULL;
	int64_t lines = 1;
	unsigned marks = 0;
	bool visible = false;

	for (utf8proc_ssize_t at = 0; why == NULL && at < n;) {
		utf8proc_int32_t c;
		utf8proc_category_t category;

		at += utf8proc_iterate(nfc + at, n - at, &c);
		category = utf8proc_category(c);
		marks = category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME ? marks + 1 : 0;
		lines += c == '\n';
		visible |= category != UTF8PROC_CATEGORY_ZS && category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CF;
		if (category == UTF8PROC_CATEGORY_CC && !control_ok(c))
			why = "control characters can't be sent";
		else if (marks > CHAT_MARKS)
			why = "too many marks on one letter";
		else if (lines > set->lines)
			why = "too many lines; send less at once";
	}
	if (why == NULL && !visible)
		why = "say something that can be seen";
	if (why == NULL && (n > set->text || (size_t)n > cap))
		why = "that is too long; send it in parts";
	if (why == NULL) {
		memcpy(out, nfc, (size_t)n);
		*n_out = (size_t)n;
	}
	free(nfc);
	return why;
}

/* \2 bold, \3 colour with up to two numbers, \4 the same in hex, \17 reset, \21 monospace, \26 reverse, \35 italic, \36 struck, \37 underlined. */
static size_t
colour_at(const char *text, size_t n)
{
	size_t at = 1, digits = text[0] == '\3' ? 2 : text[0] == '\4' ? 6 : 0;

	for (unsigned part = 0; part < 2 && digits != 0; part++) {
		size_t from = at + part;	/* behind the comma */
		size_t i = 0;

		if (part == 1 && (at >= n || text[at] != ','))
			break;
		while (i < digits && from + i < n && strchr(digits == 2 ? "0123456789" : "0123456789abcdefABCDEF", text[from + i]) != NULL && text[from + i] != '\0')
			i++;
		if (i == 0)
			break;
		at = from + i;
	}
	return at;
}

size_t
text_plain(char *text, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n;) {
		if (text[i] != '\0' && strchr("\2\3\4\17\21\26\35\36\37", text[i]) != NULL)
			i += colour_at(text + i, n - i);
		else
			text[to++] = text[i++];
	}
	return to;
}

bool
text_has_link(struct wh_str text)
{
	for (size_t i = 0; i + 4 < text.n; i++) {
		if (memcmp(text.p + i, "://", 3) == 0)
			return true;
		if ((i == 0 || text.p[i - 1] == ' ' || text.p[i - 1] == '\n') && memcmp(text.p + i, "www.", 4) == 0)
			return true;
	}
	return false;
}

bool
text_is_reaction(struct wh_str text)
{
	utf8proc_ssize_t at = 0, n = (utf8proc_ssize_t)text.n;
	utf8proc_int32_t c;

	if (n == 0 || n > 64)
		return false;
	if (text.p[0] == ':') {
		for (size_t i = 1; i + 1 < text.n; i++)
			if ((text.p[i] < 'a' || text.p[i] > 'z') && (text.p[i] < 'A' || text.p[i] > 'Z') && (text.p[i] < '0' || text.p[i] > '9') &&
			    text.p[i] != '_' && text.p[i] != '-' && text.p[i] != '+')
				return false;
		return text.n > 2 && text.p[text.n - 1] == ':';
	}
	if (n > 40)
		return false;
	while (at < n) {
		utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text.p + at, n - at, &c);

		if (step <= 0 || utf8proc_category(c) == UTF8PROC_CATEGORY_CC || utf8proc_category(c) == UTF8PROC_CATEGORY_ZS || c == '<' || c == '>' ||
		    c == '&' || c == '"')
			return false;
		at += step;
	}
	return true;
}

void
id_text(int64_t id, char out[static CHAT_ID_TEXT])
{
	snprintf(out, CHAT_ID_TEXT, "%016llx", (unsigned long long)id);
}

bool
id_parse(struct wh_str text, int64_t *id_out)
{
	int64_t id = 0;

	if (text.n != CHAT_ID_TEXT - 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = memchr(digits, text.p[i], 16);

		if (digit == NULL || (i == 0 && text.p[0] > '7'))
			return false;
		id = id << 4 | (digit - digits);
	}
	*id_out = id;
	return true;
}
