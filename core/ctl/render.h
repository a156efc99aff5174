/* A command's result as text for people: members as aligned `key: value`, arrays of objects as tables. It knows no command: what
 * it shows follows from the shape of the JSON and from the names of its keys. What a client of the server has chosen, such as a
 * name, may stand in a result, so nothing is written that a terminal would take for an order. */
#ifndef WHIPLY_CTL_RENDER_H
#define WHIPLY_CTL_RENDER_H

#include <whiply/json.h>

#include "base/buf.h"

enum { RENDER_COLUMNS = 24 };	/* of a table; what follows is left out */

struct render {
	bool colour;
	unsigned width;		/* columns of the terminal; 0: lines are never cut */
};

/** Writes a result; ends with a newline. An empty one is written as "ok". */
void render_result(struct wh_buf *to, const struct wh_value *result, const struct render *how);

/** Writes text with everything escaped that would move a cursor, change a terminal or turn the direction of writing. Newlines stay
 * when `lines`. */
void render_safe(struct wh_buf *to, struct wh_str text, bool lines);

/** Writes safe text, bold when there is colour. */
void render_bold(struct wh_buf *to, const struct render *how, struct wh_str text);

#endif
