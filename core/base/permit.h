/* What permissions are made of, for the hub and for the fake host of plugins' tests: the ladder guest, member, moderator, admin, the globs
 * of the operator's lists, and lists of words. Whose lists count, and which wins, is said where roles are kept. */
#ifndef WHIPLY_BASE_PERMIT_H
#define WHIPLY_BASE_PERMIT_H

#include <whiply/command.h>

/** "guest", "member", … of a rung. */
const char *wh_permit_rung_name(enum wh_allow rung);

/** The rung of that name; 0: it is none. */
enum wh_allow wh_permit_rung(struct wh_str name);

/** May somebody on `rung` (0: on none) do what needs `allow`? With `allow` 0 only admins may. */
bool wh_permit_rung_may(enum wh_allow rung, enum wh_allow allow);

/** Does the glob (`*` stands for any bytes) cover the name? In time that is bounded by the product of their lengths. */
bool wh_permit_glob(struct wh_str glob, struct wh_str name);

/** Takes the first word off a list with blanks between; false: there is none left. */
bool wh_permit_word(struct wh_str *words, struct wh_str *word_out);

#endif
