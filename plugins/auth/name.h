/* Account names: the canonical form that makes two spellings one account, and the skeleton that makes two names of one look
 * one claim. Used at registration and login.
 * An account keeps three unique texts: its canonical name, the skeleton of that, and the skeleton of the name as shown. A new
 * name is free when none of its three is another account's; then "names that differ only by look belong to the first". */
#ifndef AUTH_NAME_H
#define AUTH_NAME_H

#include <whiply/types.h>

enum {
	NAME_POINTS = 32,		/* code points of a canonical name */
	NAME_BYTES = 64,
	NAME_ROOM = NAME_BYTES + 1,
	NAME_SKELETON_ROOM = 4 * NAME_BYTES + 1,
	NAME_MARKS = 3,			/* combining marks on one letter */
};

enum name_flaw {
	NAME_GOOD = 0,
	NAME_NOT_TEXT,		/**< not UTF-8 */
	NAME_EMPTY,
	NAME_LONG,
	NAME_CHARACTER,		/**< something else than letters, digits, `_`, `-` and `.` */
	NAME_EDGE,		/**< begins or ends with `_`, `-` or `.` */
	NAME_DOTS,		/**< two dots side by side */
	NAME_MARK,		/**< a combining mark without a letter, or too many on one */
	NAME_SCRIPTS,		/**< letters of scripts that do not belong together */
};

/** Scripts in everyday use (UAX 31, table 5). Letters of others are refused. */
enum name_script {
	NAME_OTHER = 0, NAME_COMMON, NAME_INHERITED,
	NAME_LATIN, NAME_GREEK, NAME_CYRILLIC, NAME_ARMENIAN, NAME_HEBREW, NAME_ARABIC, NAME_THAANA, NAME_DEVANAGARI, NAME_BENGALI,
	NAME_GURMUKHI, NAME_GUJARATI, NAME_ORIYA, NAME_TAMIL, NAME_TELUGU, NAME_KANNADA, NAME_MALAYALAM, NAME_SINHALA, NAME_THAI,
	NAME_LAO, NAME_TIBETAN, NAME_MYANMAR, NAME_GEORGIAN, NAME_HANGUL, NAME_ETHIOPIC, NAME_KHMER, NAME_HIRAGANA, NAME_KATAKANA,
	NAME_BOPOMOFO, NAME_HAN,
	NAME_KANA,		/**< the signs that Hiragana and Katakana share */
	NAME_SCRIPT_COUNT
};

/** The canonical form (NFKC, case folded) of what a person typed, with a NUL. Applied to a canonical name it changes nothing. */
enum name_flaw name_canonical(struct wh_str text, char out[NAME_ROOM], size_t *n_out);

/** What is wrong with it, as the end of a sentence about the name. */
const char *name_flaw_text(enum name_flaw flaw);

/** What the name looks like, with a NUL: equal for names that a reader may take for each other. Only to be compared.
 * For names that name_canonical accepts; false for others that are no UTF-8 or too long. */
bool name_skeleton(struct wh_str name, char out[NAME_SKELETON_ROOM], size_t *n_out);

/** Does the name look like one of the list? */
bool name_reserved(struct wh_str name, const struct wh_str *list, size_t n);

enum name_script name_script(int32_t code_point);

#endif
