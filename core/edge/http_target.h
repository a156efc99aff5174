/* Paths and parameters of a request target. The head parser leaves them raw; who routes or opens a file decodes them here,
 * once, so that nothing downstream sees an escape, a dot segment or a NUL. */
#ifndef WHIPLY_EDGE_HTTP_TARGET_H
#define WHIPLY_EDGE_HTTP_TARGET_H

#include <whiply/types.h>

/** Decodes a raw path and takes its dot segments out. Yields a slice of `raw` if there was nothing to do, else of `room`
 * (which needs raw.n bytes). WH_ESYNTAX: a broken escape, a control byte, an encoded slash, a backslash, or a path
 * that climbs above its root. WH_ETOOBIG: room is too small. */
enum wh_err wh_http_path_decode(struct wh_str raw, char *room, size_t room_n, struct wh_str *path_out);

/** One name=value of a query or a form, raw. */
struct wh_http_param {
	struct wh_str name, value;
};

/** Takes the next parameter from the front of *rest; false when none is left. Empty pieces are skipped. */
bool wh_http_param_next(struct wh_str *rest, struct wh_http_param *param_out);

/** Decodes %XX and '+' into `room` (raw.n bytes do). A slice of `raw` if there was nothing to do. WH_ESYNTAX: a broken
 * escape or a NUL. */
enum wh_err wh_http_param_decode(struct wh_str raw, char *room, size_t room_n, struct wh_str *text_out);

/** The decoded value of the first parameter of that (decoded) name: WH_ENOENT if there is none. */
enum wh_err wh_http_param_find(struct wh_str query, struct wh_str name, char *room, size_t room_n,
    struct wh_str *value_out);

#endif
