/* A command's arguments: read straight from the JSON text of a call and checked against the command's fields, in one pass.
 * Used by the hub for every call, and by the fake host, so that a plugin's test is refused what the server refuses. */
#ifndef WHIPLY_BASE_ARGS_H
#define WHIPLY_BASE_ARGS_H

#include <whiply/command.h>

#include "base/buf.h"

enum { WH_ARGS_MAX = 32, WH_ARGS_TEXT = 4096, WH_ARGS_NAME = 64 };

/** The values, by the position of their field. They point into the text that was read, which must outlive them. */
struct wh_args {
	const struct wh_field *fields;	/* borrowed; ends in a zero row; may be NULL */
	size_t n;
	struct wh_value values[WH_ARGS_MAX];
};

/** What is wrong, for people and for programs. */
struct wh_args_error {
	char field[WH_ARGS_NAME + 1];	/* empty: the whole is wrong */
	char text[256];
};

/** How many fields a table has; asserts that it is not over WH_ARGS_MAX. */
size_t wh_args_count(const struct wh_field *fields);

/** Reads an object (or nothing: WH_V_NONE) against the fields; WH_EINVAL with `error_out` filled in. Defaults are filled in; times and
 * durations become WH_V_INT, in milliseconds. */
enum wh_err wh_args_read(struct wh_args *args, const struct wh_field *fields, const struct wh_value *object,
    struct wh_args_error *error_out);

/** The value of a field, or NULL when it was not given and has no default. Asserts that there is such a field. */
const struct wh_value *wh_args_get(const struct wh_args *args, const char *field);

/** Writes a text, such as a query parameter has it, as the JSON that the field wants. WH_EINVAL: it can't be that. */
enum wh_err wh_args_put_text(struct wh_json *w, const struct wh_field *field, struct wh_str text);

/** Writes items as the members of the object that `w` is in. */
void wh_args_put_items(struct wh_json *w, const struct wh_item *items, size_t n);

/** "text", "int", …: the name of a type in documents. */
const char *wh_args_type_name(enum wh_field_type type);

/** The bounds of a field, its own or its type's. */
void wh_args_bounds(const struct wh_field *field, int64_t *min_out, int64_t *max_out);

/** Is `word` one of "a|b|c"? */
bool wh_args_choice(const char *choices, struct wh_str word);

#endif
