/* The names of name.h, on utf8proc. What may be mixed follows UTS 39, "highly restrictive". */
#include "name.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "name_confusables.h"
#include "name_scripts.h"

enum {
	TYPED_BYTES = 4 * NAME_BYTES,	/* of a name before it is folded */
	POINTS = 512,			/* decomposed; a code point has 18 at most, one that a name may hold 4 */
	ROUNDS = 4,			/* until folding changes nothing more */
};

struct points {
	utf8proc_int32_t at[POINTS];
	size_t n;
};

static enum name_flaw
points_read(struct points *points, struct wh_str text, utf8proc_option_t options)
{
	utf8proc_ssize_t n;

	points->n = 0;
	if (text.n == 0)
		return NAME_EMPTY;
	if (text.n > TYPED_BYTES)
		return NAME_LONG;
	n = utf8proc_decompose((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, points->at, POINTS, options);
	if (n < 0)
		return NAME_NOT_TEXT;
	if (n > POINTS)
		return NAME_LONG;
	n = utf8proc_normalize_utf32(points->at, n, options);
	if (n < 0)
		return NAME_NOT_TEXT;
	points->n = (size_t)n;
	return NAME_GOOD;
}

static bool
append(char *out, size_t cap, size_t *n, utf8proc_int32_t point)
{
	utf8proc_uint8_t bytes[4];
	size_t more = (size_t)utf8proc_encode_char(point, bytes);

	if (more > cap - 1 - *n)
		return false;
	memcpy(out + *n, bytes, more);
	*n += more;
	out[*n] = '\0';
	return true;
}

/* Folds once. */
static enum name_flaw
fold(struct points *points, struct wh_str text, char out[TYPED_BYTES + 1], size_t *n_out)
{
	enum name_flaw flaw = points_read(points, text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);

	*n_out = 0;
	for (size_t i = 0; flaw == NAME_GOOD && i < points->n; i++)
		if (!append(out, TYPED_BYTES + 1, n_out, points->at[i]))
			flaw = NAME_LONG;
	return flaw;
}

static int
range_compare(const void *key, const void *member)
{
	const int32_t point = *(const int32_t *)key;
	const struct name_range *range = member;

	return point < range->first ? -1 : point > range->last;
}

enum name_script
name_script(int32_t code_point)
{
	const struct name_range *range = bsearch(&code_point, name_ranges, sizeof name_ranges / sizeof name_ranges[0],
	    sizeof name_ranges[0], range_compare);

	return range != NULL ? range->script : NAME_OTHER;
}

static bool
may_mix(uint64_t scripts)
{
	const uint64_t latin = 1ull << NAME_LATIN, han = 1ull << NAME_HAN;
	const uint64_t kana = 1ull << NAME_HIRAGANA | 1ull << NAME_KATAKANA | 1ull << NAME_KANA;

	if ((scripts & (scripts - 1)) == 0)
		return scripts != 1ull << NAME_KANA;
	return (scripts & ~(latin | han | kana)) == 0 || (scripts & ~(latin | han | 1ull << NAME_BOPOMOFO)) == 0 ||
	    (scripts & ~(latin | han | 1ull << NAME_HANGUL)) == 0;
}

static bool
is_separator(int32_t point)
{
	return point == '_' || point == '-' || point == '.';
}

enum sort { SORT_OTHER, SORT_SEPARATOR, SORT_DIGIT, SORT_LETTER, SORT_MARK };

static enum sort
sort_of(int32_t point)
{
	if (is_separator(point))
		return SORT_SEPARATOR;
	if (utf8proc_get_property(point)->ignorable)	/* Hangul fillers are letters that nobody sees */
		return SORT_OTHER;
	switch (utf8proc_category(point)) {
	case UTF8PROC_CATEGORY_ND:
		return SORT_DIGIT;
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_LM:
		return SORT_LETTER;
	case UTF8PROC_CATEGORY_NL:
		return point == 0x3007 ? SORT_LETTER : SORT_OTHER;	/* the zero of Han */
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
		return SORT_MARK;
	default:
		return SORT_OTHER;
	}
}

/* A mark of no script may stand on letters of the scripts that spell with such marks. */
static bool
mark_fits(enum name_script mark, enum name_script letter)
{
	if (mark == NAME_INHERITED)
		return letter == NAME_LATIN || letter == NAME_GREEK || letter == NAME_CYRILLIC;
	if (mark == NAME_KANA)
		return letter == NAME_HIRAGANA || letter == NAME_KATAKANA;
	return mark == letter;
}

static enum name_flaw
judge(const struct points *points)
{
	enum name_script letter = NAME_OTHER;	/* of the letter before, for marks */
	uint64_t scripts = 0;
	unsigned marks = 0;

	for (size_t i = 0; i < points->n; i++) {
		enum name_script script = name_script(points->at[i]);
		enum sort sort = sort_of(points->at[i]);

		if (sort == SORT_OTHER)
			return NAME_CHARACTER;
		if (sort == SORT_SEPARATOR && i != 0 && points->at[i] == '.' && points->at[i - 1] == '.')
			return NAME_DOTS;
		if (sort == SORT_MARK && (letter == NAME_OTHER || !mark_fits(script, letter) || ++marks > NAME_MARKS))
			return NAME_MARK;
		if (script == NAME_OTHER || (script == NAME_INHERITED && sort != SORT_MARK))
			return NAME_SCRIPTS;
		if (sort != SORT_MARK) {
			letter = sort == SORT_LETTER ? script : NAME_OTHER;
			marks = 0;
		}
		if (script != NAME_COMMON && script != NAME_INHERITED)
			scripts |= 1ull << script;
	}
	if (is_separator(points->at[0]) || is_separator(points->at[points->n - 1]))
		return NAME_EDGE;
	return may_mix(scripts) ? NAME_GOOD : NAME_SCRIPTS;
}

enum name_flaw
name_canonical(struct wh_str text, char out[NAME_ROOM], size_t *n_out)
{
	char once[TYPED_BYTES + 1], twice[TYPED_BYTES + 1];
	struct points points;
	size_t n = 0, again;
	enum name_flaw flaw = fold(&points, text, once, &n);

	*n_out = 0;
	/* Folding may leave something to compose or to fold; a name is what no further round changes. */
	for (int round = 0; flaw == NAME_GOOD; round++) {
		flaw = fold(&points, (struct wh_str){ once, n }, twice, &again);
		if (flaw != NAME_GOOD || (n == again && memcmp(once, twice, n) == 0))
			break;
		if (round == ROUNDS)
			return NAME_CHARACTER;
		memcpy(once, twice, again);
		n = again;
	}
	if (flaw == NAME_GOOD && (points.n > NAME_POINTS || n > NAME_BYTES))
		flaw = NAME_LONG;
	if (flaw == NAME_GOOD)
		flaw = judge(&points);
	if (flaw != NAME_GOOD)
		return flaw;
	memcpy(out, once, n);
	out[n] = '\0';
	*n_out = n;
	return NAME_GOOD;
}

const char *
name_flaw_text(enum name_flaw flaw)
{
	switch (flaw) {
	case NAME_NOT_TEXT:
		return "is not text in UTF-8";
	case NAME_EMPTY:
		return "is empty";
	case NAME_LONG:
		return "is too long: 32 characters and 64 bytes at most";
	case NAME_CHARACTER:
		return "may have letters, digits, and _ - . between them";
	case NAME_EDGE:
		return "may not begin or end with _ - or .";
	case NAME_DOTS:
		return "may not have two dots side by side";
	case NAME_MARK:
		return "has accents where they do not belong, or too many";
	case NAME_SCRIPTS:
		return "mixes alphabets that do not belong together, or has letters of a rare one";
	case NAME_GOOD:
	default:
		return "is good";
	}
}

static int
confusable_compare(const void *key, const void *member)
{
	const int32_t point = *(const int32_t *)key;
	const struct name_confusable *row = member;

	return point < row->code_point ? -1 : point > row->code_point;
}

static const char *
look_of(int32_t point)
{
	const struct name_confusable *row = bsearch(&point, name_confusables, sizeof name_confusables / sizeof name_confusables[0],
	    sizeof name_confusables[0], confusable_compare);

	return row != NULL ? row->look : NULL;
}

static bool
append_look(char out[NAME_SKELETON_ROOM], size_t *n, int32_t point)
{
	const char *look = look_of(point);
	size_t more;

	if (look == NULL) {
		/* The dot of i and j is there already. */
		if (point == 0x0307 && *n != 0 && (out[*n - 1] == 'l' || out[*n - 1] == 'j'))
			return true;
		return append(out, NAME_SKELETON_ROOM, n, point);
	}
	more = strlen(look);
	if (more > NAME_SKELETON_ROOM - 1 - *n)
		return false;
	memcpy(out + *n, look, more + 1);
	*n += more;
	return true;
}

/* Capitals that look like another letter than their small ones have a row of their own; all others look like the small. */
static bool
append_folded(char out[NAME_SKELETON_ROOM], size_t *n, int32_t point)
{
	utf8proc_uint8_t bytes[4];
	utf8proc_int32_t folded[32];
	utf8proc_ssize_t size, count;

	if (look_of(point) != NULL)
		return append_look(out, n, point);
	size = utf8proc_encode_char(point, bytes);
	count = utf8proc_decompose(bytes, size, folded, 32, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
	if (count < 0 || count > 32)
		return false;
	for (utf8proc_ssize_t i = 0; i < count; i++)
		if (!append_look(out, n, folded[i]))
			return false;
	return true;
}

bool
name_skeleton(struct wh_str name, char out[NAME_SKELETON_ROOM], size_t *n_out)
{
	struct points points;
	size_t n = 0;

	*n_out = 0;
	out[0] = '\0';
	if (points_read(&points, name, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT) != NAME_GOOD)
		return false;
	for (size_t i = 0; i < points.n; i++)
		if (!append_folded(out, &n, points.at[i])) {
			out[0] = '\0';
			return false;
		}
	*n_out = n;
	return true;
}

bool
name_reserved(struct wh_str name, const struct wh_str *list, size_t n)
{
	char skeleton[NAME_SKELETON_ROOM], other[NAME_SKELETON_ROOM];
	size_t size, other_size;

	if (!name_skeleton(name, skeleton, &size))
		return false;
	for (size_t i = 0; i < n; i++)
		if (name_skeleton(list[i], other, &other_size) && size == other_size && memcmp(skeleton, other, size) == 0)
			return true;
	return false;
}
