/* Text made comparable, one code point at a time. Two forms, both of words with single blanks between them and around them, so that
 * " word " is found as a whole word by plain search:
 * - folded: compatibility forms and case are gone, invisible characters are dropped;
 * - skeleton: in addition marks are dropped, look-alikes of other scripts are the Latin letters that they imitate, digits and signs inside
 *   a word are the letters that they stand for ("fr33", "$pam"), and i and l are one.
 * What a code point becomes is found out once, from utf8proc and ICU, and kept in pages of 256: at most FOLD_PAGES of them, so that a
 * flood of rare characters costs time and not memory. Nothing here reads a file after fold_open. */
#ifndef WHIPLY_TEXT_FOLD_H
#define WHIPLY_TEXT_FOLD_H

#include "base/buf.h"

enum { FOLD_PAGES = 512, FOLD_BYTES = 12 };

enum fold_class {
	FOLD_OTHER,		/* punctuation, symbols: parts words */
	FOLD_SPACE,
	FOLD_LETTER,
	FOLD_DIGIT,
	FOLD_MARK,		/* combining: part of the letter before it */
	FOLD_INVISIBLE,		/* zero width, direction, variation: nothing */
	FOLD_EMOJI,
	FOLD_CLASSES		/* not a class: one past the last */
};

struct fold_point {
	uint8_t class;
	uint8_t upper;			/* of a letter, else 0. 1: upper case; 2: lower case */
	uint8_t n, skeleton_n;
	uint8_t script;			/* of a letter: one of those whose letters look alike (1 Latin, 2 Cyrillic, …); 0: any other */
	char folded[FOLD_BYTES], skeleton[FOLD_BYTES];
};

struct fold;

struct fold *fold_open(void);
void fold_close(struct fold **f);

/** Frees what ICU keeps for the whole process. For a library that is about to be unloaded, when all folds are closed: nobody could free it then. */
void fold_forget(void);

/** What a code point becomes; good until the next call. */
const struct fold_point *fold_point(struct fold *f, uint32_t point);

/** Bytes of the text's first character; 0: it does not begin with UTF-8. */
size_t fold_char(struct wh_str text);

/** Appends the folded form or the skeleton of a text to `out`. */
void fold_text(struct fold *f, struct wh_str text, struct wh_buf *out);
void fold_skeleton(struct fold *f, struct wh_str text, struct wh_buf *out);

/** A skeleton with letters that stand alone in a row joined to a word ("b a d"). False, and nothing appended, when there are no three. */
bool fold_joined(struct wh_str skeleton, struct wh_buf *out);

/** The words of a skeleton in which a letter comes three times in a row, or `all`, with each run as one letter ("baaad" is "bad"); the
 * others are left out. False, and nothing appended, when there are none. */
bool fold_squeezed(struct wh_str skeleton, bool all, struct wh_buf *out);

/** Appends NFKC with case folding, as text and not as words. False: it is not UTF-8, or memory is out. */
bool fold_normalize(struct wh_str text, struct wh_buf *out);

/** The script that most letters are of: "Latin", "Cyrillic"; "Common" when there are none. */
const char *fold_script(struct wh_str text);

/** What a text looks like, in one pass. */
struct fold_stats {
	uint32_t chars, letters, upper, lower, digits, marks, marks_run, invisible, emoji, words, lines;
	uint32_t run;			/* the longest run of one character that is no blank */
	uint32_t mixed;			/* words that change between alphabets and back: letters of one that stand for another's */
};

void fold_stats(struct fold *f, struct wh_str text, struct fold_stats *out);

#endif
