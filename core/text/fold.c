/* See fold.h. */
#include "text/fold.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/uclean.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <utf8proc.h>

#include "base/utf8.h"

enum { FOLD_ALL = 0x110000 >> 8 };

struct fold_page {
	uint8_t known[256 / 8];
	struct fold_point points[256];
};

/* ASCII, which most text is: no page is looked at. */
enum ascii_kind { ASCII_PARTS, ASCII_LETTER, ASCII_DIGIT, ASCII_SIGN };

struct fold {
	USpoofChecker *spoof;
	uint8_t ascii[128];			/* enum ascii_kind */
	char letter[128];			/* of the skeleton */
	struct fold_page *pages[FOLD_ALL];	/* owned; NULL: not seen yet */
	unsigned n_pages;
	struct fold_point spare;		/* of a code point without a page */
};

static enum fold_class
class_of(uint32_t point)
{
	switch (u_charType((UChar32)point)) {
	case U_UPPERCASE_LETTER:
	case U_LOWERCASE_LETTER:
	case U_TITLECASE_LETTER:
	case U_MODIFIER_LETTER:
	case U_OTHER_LETTER:
	case U_LETTER_NUMBER:
		return u_hasBinaryProperty((UChar32)point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ? FOLD_INVISIBLE : FOLD_LETTER;
	case U_DECIMAL_DIGIT_NUMBER:
	case U_OTHER_NUMBER:
		return FOLD_DIGIT;
	case U_NON_SPACING_MARK:
	case U_ENCLOSING_MARK:
	case U_COMBINING_SPACING_MARK:
		return u_hasBinaryProperty((UChar32)point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ? FOLD_INVISIBLE : FOLD_MARK;
	case U_FORMAT_CHAR:
		return FOLD_INVISIBLE;
	case U_SPACE_SEPARATOR:
	case U_LINE_SEPARATOR:
	case U_PARAGRAPH_SEPARATOR:
	case U_CONTROL_CHAR:
		return FOLD_SPACE;
	default:
		if (u_hasBinaryProperty((UChar32)point, UCHAR_EMOJI_PRESENTATION) || u_hasBinaryProperty((UChar32)point, UCHAR_EXTENDED_PICTOGRAPHIC))
			return FOLD_EMOJI;
		return u_hasBinaryProperty((UChar32)point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ? FOLD_INVISIBLE : FOLD_OTHER;
	}
}

/* Alphabets with letters that look like another's. Japanese mixes its three as it should. */
static uint8_t
script_of(uint32_t point)
{
	static const UScriptCode alike[] = { USCRIPT_LATIN, USCRIPT_CYRILLIC, USCRIPT_GREEK, USCRIPT_CHEROKEE, USCRIPT_ARMENIAN, USCRIPT_COPTIC,
		USCRIPT_LISU };
	UErrorCode err = U_ZERO_ERROR;
	UScriptCode script = uscript_getScript((UChar32)point, &err);

	for (size_t i = 0; i < sizeof alike / sizeof *alike && U_SUCCESS(err); i++)
		if (script == alike[i])
			return (uint8_t)(i + 1);
	return 0;
}

/* The Latin letter that an ASCII character may be read as, inside a word. */
static char
leet(char c)
{
	static const char from[] = "013457@$!|i", to[] = "oleastaslll";
	const char *at = c != '\0' ? strchr(from, c) : NULL;

	return at != NULL ? to[at - from] : c;
}

static void
append(char to[static FOLD_BYTES], uint8_t *n, const char *bytes, size_t more)
{
	if (*n + more > FOLD_BYTES)
		return;
	memcpy(to + *n, bytes, more);
	*n = (uint8_t)(*n + more);
}

/* One code point that has no decomposition any more, as a look-alike: ICU's prototype, if that is a word. */
static void
append_skeleton(const struct fold *f, struct fold_point *p, uint32_t point)
{
	char text[4], like[64];
	UErrorCode err = U_ZERO_ERROR;
	int32_t n = (int32_t)wh_utf8_encode(point, text), like_n;
	enum fold_class class = class_of(point);
	struct wh_str rest;
	uint32_t next;

	if (class != FOLD_LETTER && class != FOLD_DIGIT)
		return;
	like_n = point < 0x80 ? 0 : uspoof_getSkeletonUTF8(f->spoof, 0, text, n, like, sizeof like, &err);
	if (U_FAILURE(err) || like_n <= 0 || like_n > 12) {
		memcpy(like, text, 4);
		like_n = n;
	}
	if (like_n == 2 && memcmp(like, "rn", 2) == 0)
		like_n = (int32_t)wh_utf8_encode('m', like);
	for (rest = (struct wh_str){ like, (size_t)like_n }; rest.n > 0; rest = wh_str_from(rest, (size_t)n)) {
		n = (int32_t)wh_utf8_decode(rest, &next);
		if (next == WH_UTF8_BAD || class_of(next) == FOLD_MARK)
			continue;
		next = (uint32_t)u_foldCase((UChar32)next, U_FOLD_CASE_DEFAULT);
		if (next == 'i')
			next = 'l';
		append(p->skeleton, &p->skeleton_n, text, wh_utf8_encode(next, text));
	}
}

static void
find_point(const struct fold *f, uint32_t point, struct fold_point *p)
{
	utf8proc_int32_t parts[32];
	int bound = 0;
	utf8proc_ssize_t n;
	char text[4];

	*p = (struct fold_point){ .class = (uint8_t)class_of(point) };
	p->upper = u_isUUppercase((UChar32)point) ? 1 : u_isULowercase((UChar32)point) ? 2 : 0;
	if (p->class == FOLD_INVISIBLE || p->class == FOLD_SPACE)
		return;
	p->script = p->class == FOLD_LETTER ? script_of(point) : 0;
	n = utf8proc_decompose_char((utf8proc_int32_t)point, parts, 32, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &bound);
	if (n <= 0 || n > 8) {
		parts[0] = (utf8proc_int32_t)point;
		n = 1;
	}
	/* "①" is the digit 1, "™" the letters tm. */
	if (p->class == FOLD_OTHER && class_of((uint32_t)parts[0]) != FOLD_OTHER && class_of((uint32_t)parts[0]) != FOLD_SPACE)
		p->class = (uint8_t)class_of((uint32_t)parts[0]);
	if (p->class != FOLD_LETTER)
		p->upper = 0;
	if (p->class == FOLD_OTHER || p->class == FOLD_EMOJI) {
		/* Kept for signs inside words. */
		if (parts[0] < 0x80)
			append(p->folded, &p->n, text, wh_utf8_encode((uint32_t)parts[0], text));
		return;
	}
	for (utf8proc_ssize_t i = 0; i < n; i++) {
		append(p->folded, &p->n, text, wh_utf8_encode((uint32_t)parts[i], text));
		append_skeleton(f, p, (uint32_t)parts[i]);
	}
}

const struct fold_point *
fold_point(struct fold *f, uint32_t point)
{
	struct fold_page *page;

	if (point >= 0x110000)
		point = 0xFFFD;
	page = f->pages[point >> 8];
	if (page == NULL && f->n_pages < FOLD_PAGES && (page = calloc(1, sizeof *page)) != NULL) {
		f->pages[point >> 8] = page;
		f->n_pages++;
	}
	if (page == NULL) {
		find_point(f, point, &f->spare);
		return &f->spare;
	}
	if ((page->known[(point & 255) >> 3] >> (point & 7) & 1) == 0) {
		find_point(f, point, &page->points[point & 255]);
		page->known[(point & 255) >> 3] |= (uint8_t)(1 << (point & 7));
	}
	return &page->points[point & 255];
}

/* Signs that stand for letters: part of a word only when letters are around. */
static bool
is_sign(const struct fold_point *p)
{
	return p->class == FOLD_OTHER && p->n == 1 && (p->folded[0] == '@' || p->folded[0] == '$' || p->folded[0] == '!' || p->folded[0] == '|');
}

struct fold *
fold_open(void)
{
	struct fold *f = calloc(1, sizeof *f);
	UErrorCode err = U_ZERO_ERROR;

	if (f == NULL)
		return NULL;
	f->spoof = uspoof_open(&err);
	if (U_FAILURE(err)) {
		free(f);
		return NULL;
	}
	/* Whatever ICU loads late is loaded now. */
	for (uint32_t point = 0; point < 0x500; point++)
		(void)fold_point(f, point);
	if (f->pages[0] == NULL) {
		fold_close(&f);
		return NULL;
	}
	for (int c = 0; c < 128; c++) {
		const struct fold_point *p = fold_point(f, (uint32_t)c);

		f->ascii[c] = p->class == FOLD_LETTER ? ASCII_LETTER : p->class == FOLD_DIGIT ? ASCII_DIGIT : is_sign(p) ? ASCII_SIGN : ASCII_PARTS;
		f->letter[c] = p->skeleton_n == 1 ? p->skeleton[0] : (char)c;
	}
	return f;
}

void
fold_close(struct fold **f)
{
	if (*f == NULL)
		return;
	for (size_t i = 0; i < FOLD_ALL; i++)
		free((*f)->pages[i]);
	uspoof_close((*f)->spoof);
	free(*f);
	*f = NULL;
}

void
fold_forget(void)
{
	u_cleanup();
}

/* The next code point, or U+FFFD. `n_out` is never 0. */
static uint32_t
next_point(struct wh_str text, size_t *n_out)
{
	uint32_t point;

	if ((unsigned char)text.p[0] < 0x80) {
		*n_out = 1;
		return (unsigned char)text.p[0];
	}
	*n_out = wh_utf8_decode(text, &point);
	return point == WH_UTF8_BAD ? 0xFFFD : point;
}

size_t
fold_char(struct wh_str text)
{
	uint32_t point;
	size_t n = text.n > 0 ? wh_utf8_decode(text, &point) : 0;

	return n != 0 && point != WH_UTF8_BAD ? n : 0;
}

static void
word_ends(struct wh_buf *out)
{
	if (out->n > 0 && out->p[out->n - 1] != ' ')
		wh_buf_byte(out, ' ');
}

void
fold_text(struct fold *f, struct wh_str text, struct wh_buf *out)
{
	size_t n;

	wh_buf_byte(out, ' ');
	for (; text.n > 0 && !out->failed; text = wh_str_from(text, n)) {
		const struct fold_point *p = fold_point(f, next_point(text, &n));

		if (p->class == FOLD_LETTER || p->class == FOLD_DIGIT || p->class == FOLD_MARK)
			wh_buf_put(out, p->folded, p->n);
		else if (p->class != FOLD_INVISIBLE)
			word_ends(out);
	}
	word_ends(out);
}

/* A word that begins at `from` ends at `at`: where it ends now. Digits are letters only among letters; signs at its end are punctuation, and
 * without a letter they are nothing. */
static char *
skeleton_word(char *from, char *at, bool letters)
{
	char *to = from;

	while (at > from && (at[-1] == '!' || at[-1] == '|'))
		at--;
	for (char *p = from; p < at; p++) {
		if (letters)
			*to++ = leet(*p);
		else if (*p != '@' && *p != '$' && *p != '!' && *p != '|')
			*to++ = *p;
	}
	return to;
}

/* Where the skeleton is written to, which has room for all of it. */
struct skeleton {
	char *at, *word;	/* where the word began */
	bool letters, odd;	/* the word has letters; digits or signs */
};

static void
skeleton_parts(struct skeleton *s)
{
	if (s->odd)
		s->at = skeleton_word(s->word, s->at, s->letters);
	if (s->at[-1] != ' ')
		*s->at++ = ' ';
	s->word = s->at;
	s->letters = s->odd = false;
}

static void
skeleton_wide(struct fold *f, struct skeleton *s, uint32_t point)
{
	const struct fold_point *p = fold_point(f, point);

	if (p->class == FOLD_LETTER || p->class == FOLD_DIGIT) {
		memcpy(s->at, p->skeleton, p->skeleton_n);
		s->at += p->skeleton_n;
		s->letters |= p->class == FOLD_LETTER;
		s->odd = true;
	} else if (is_sign(p)) {
		*s->at++ = p->folded[0];
		s->odd = true;
	} else if (p->class != FOLD_INVISIBLE && p->class != FOLD_MARK) {
		skeleton_parts(s);
	}
}

void
fold_skeleton(struct fold *f, struct wh_str text, struct wh_buf *out)
{
	/* A code point of two bytes or more becomes FOLD_BYTES at most. */
	char *to = wh_buf_reserve(out, text.n * (FOLD_BYTES / 2) + 4);
	struct skeleton s = { .at = to };

	if (to == NULL)
		return;
	*s.at++ = ' ';
	s.word = s.at;
	for (size_t i = 0, n; i < text.n; i += n) {
		unsigned char c = (unsigned char)text.p[i];

		n = 1;
		if (c >= 0x80) {
			skeleton_wide(f, &s, next_point(wh_str_from(text, i), &n));
			continue;
		}
		switch ((enum ascii_kind)f->ascii[c]) {
		case ASCII_LETTER:
			*s.at++ = f->letter[c];
			s.letters = true;
			break;
		case ASCII_DIGIT:
			*s.at++ = (char)c;
			s.odd = true;
			break;
		case ASCII_SIGN:
			if (s.at > s.word || c == '@' || c == '$') {
				*s.at++ = (char)c;
				s.odd = true;
				break;
			}
			/* fallthrough */
		case ASCII_PARTS:
			skeleton_parts(&s);
		}
	}
	skeleton_parts(&s);
	wh_buf_grew(out, (size_t)(s.at - to));
}

/* The bytes of the character at `p`. */
static size_t
char_bytes(const char *p, const char *end)
{
	size_t n = 1;

	while (p + n < end && ((unsigned char)p[n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* Do three letters stand alone in a row? Does one come three times in a row? A skeleton begins and ends with a blank, and what follows the
 * first byte of a wide character is never one. */
static void
hidden_ways(struct wh_str s, bool *alone_out, bool *run_out)
{
	unsigned run = 0, alone = 0;
	const char *last = s.p, *end = s.p + s.n - 1;
	size_t last_n = 1, n;

	*alone_out = *run_out = false;
	for (const char *p = s.p + 1; p < end; p += n) {
		n = (unsigned char)*p < 0x80 ? 1 : char_bytes(p, end);
		if (*p != ' ') {
			run = n == last_n && (n == 1 ? *p == *last : memcmp(p, last, n) == 0) ? run + 1 : 1;
			if (p[-1] == ' ')
				alone = p[n] == ' ' ? alone + 1 : 0;
			*run_out |= run >= 3;
			*alone_out |= alone >= 3;
		}
		last = p;
		last_n = n;
	}
}

bool
fold_joined(struct wh_str s, struct wh_buf *out)
{
	const char *end = s.p + s.n;
	bool alone, run, was_alone;
	size_t n;

	if (s.n < 2)
		return false;
	hidden_ways(s, &alone, &run);
	if (!alone)
		return false;
	alone = false;
	for (const char *p = s.p; p < end && !out->failed; p += n) {
		n = char_bytes(p, end);
		if (*p != ' ') {
			was_alone = alone;
			alone = p > s.p && p[-1] == ' ' && p + n < end && p[n] == ' ';
			if (alone && was_alone)
				out->n--;
		}
		wh_buf_put(out, p, n);
	}
	return true;
}

/* The word from `p` to `end` with each run as one; does it have one of three? */
static bool
squeeze_word(const char *p, const char *end, struct wh_buf *out)
{
	size_t n, times;
	bool run = false;

	for (; p < end; p += n * times) {
		n = char_bytes(p, end);
		for (times = 1; p + (times + 1) * n <= end && memcmp(p, p + times * n, n) == 0;)
			times++;
		run |= times >= 3;
		wh_buf_put(out, p, n);
	}
	return run;
}

bool
fold_squeezed(struct wh_str s, bool all, struct wh_buf *out)
{
	bool alone, run = all;
	size_t from;

	if (s.n < 2)
		return false;
	if (!all)
		hidden_ways(s, &alone, &run);
	if (!run)
		return false;
	if (s.p[0] == ' ')
		wh_buf_byte(out, ' ');
	while (s.n > 0 && !out->failed) {
		const char *blank = memchr(s.p, ' ', s.n);
		size_t n = blank != NULL ? (size_t)(blank - s.p) : s.n;

		from = out->n;
		if (!squeeze_word(s.p, s.p + n, out) && !all)
			out->n = from;
		if (blank != NULL && (out->n == 0 || out->p[out->n - 1] != ' '))
			wh_buf_byte(out, ' ');
		s = wh_str_from(s, n + 1);
	}
	return true;
}

bool
fold_normalize(struct wh_str text, struct wh_buf *out)
{
	utf8proc_uint8_t *to = NULL;
	utf8proc_ssize_t n;

	if (!wh_utf8_valid(text))
		return false;
	n = utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &to,
		UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	if (n < 0)
		return false;
	wh_buf_put(out, to, (size_t)n);
	free(to);
	return !out->failed;
}

const char *
fold_script(struct wh_str text)
{
	enum { SCRIPTS = 256 };
	uint32_t counts[SCRIPTS] = { 0 }, most = 0;
	int best = USCRIPT_COMMON;
	size_t n;

	for (; text.n > 0; text = wh_str_from(text, n)) {
		UErrorCode err = U_ZERO_ERROR;
		int script = uscript_getScript((UChar32)next_point(text, &n), &err);

		if (U_FAILURE(err) || script <= USCRIPT_INHERITED || script >= SCRIPTS)
			continue;
		if (++counts[script] > most) {
			most = counts[script];
			best = script;
		}
	}
	return uscript_getName((UScriptCode)best);
}

void
fold_stats(struct fold *f, struct wh_str text, struct fold_stats *s)
{
	uint32_t last = 0, run = 0, marks = 0, changes = 0, of_class[FOLD_CLASSES] = { 0 }, of_case[3] = { 0 };
	uint8_t script = 0;
	bool in_word = false;
	size_t n;

	*s = (struct fold_stats){ .lines = text.n > 0 };
	for (; text.n > 0; text = wh_str_from(text, n)) {
		uint32_t point = next_point(text, &n);
		const struct fold_point *p = point < 0x80 ? &f->pages[0]->points[point] : fold_point(f, point);
		bool word = p->class == FOLD_LETTER || p->class == FOLD_DIGIT;

		of_class[p->class]++;
		of_case[p->upper]++;
		s->lines += point == '\n';
		marks = p->class == FOLD_MARK ? marks + 1 : 0;
		s->marks_run = marks > s->marks_run ? marks : s->marks_run;
		s->words += word && !in_word;
		if (word && !in_word)
			changes = script = 0;
		if (p->script != 0 && p->script != script) {
			/* "SMSка" is a word of its language; there and back is none. */
			changes += script != 0;
			script = p->script;
			s->mixed += changes == 2;
			changes += changes == 2;
		}
		if (p->class != FOLD_MARK && p->class != FOLD_INVISIBLE)
			in_word = word;
		run = point == last && p->class != FOLD_SPACE ? run + 1 : 1;
		s->run = run > s->run && p->class != FOLD_SPACE ? run : s->run;
		last = point;
	}
	for (size_t i = 0; i < FOLD_CLASSES; i++)
		s->chars += of_class[i];
	s->letters = of_class[FOLD_LETTER];
	s->upper = of_case[1];
	s->lower = of_case[2];
	s->digits = of_class[FOLD_DIGIT];
	s->marks = of_class[FOLD_MARK];
	s->invisible = of_class[FOLD_INVISIBLE];
	s->emoji = of_class[FOLD_EMOJI];
}
