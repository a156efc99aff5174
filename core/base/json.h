/* The core's side of <whiply/json.h>: setting up a writer over a buffer, and checking a text before it is read.
 * The reader is strict RFC 8259 and builds no tree: a text is checked once, as a whole, and values are then read from
 * the text itself. Nothing is allocated but the scratch, and that only for a text whose strings have escapes. */
#ifndef WHIPLY_BASE_JSON_H
#define WHIPLY_BASE_JSON_H

#include <whiply/json.h>

#include "base/buf.h"

/** Begins to write one value; it is appended to `out`, which must outlive the writer. */
void wh_json_begin(struct wh_json *w, struct wh_buf *out);

/** Ends the writing. True when a whole value was written; after false, what was appended to `out` is not to be used. */
bool wh_json_finish(struct wh_json *w);

enum {
	WH_JSON_BYTES = 1 << 20,	/* the default bound of a text */
	WH_JSON_BYTES_MAX = 1 << 30,	/* what no limit can pass */
	WH_JSON_MEMBERS = 64,		/* members of one object, where unique keys are asked for */
	WH_JSON_NUMBER = 512,		/* bytes of one number */
};

/** What a text may be. {0} gives the defaults. */
struct wh_json_limits {
	size_t bytes;		/* 0: WH_JSON_BYTES; at most WH_JSON_BYTES_MAX */
	unsigned depth;		/* 0: WH_JSON_DEPTH, which is also the most */
	bool unique_keys;	/* refuse a key that an object has twice, and objects of more than WH_JSON_MEMBERS */
};

/** Where and why a text was refused. */
struct wh_json_error {
	size_t at;		/* offset of the first byte that cannot stand there */
	const char *reason;	/* a few words for people; static */
};

/** Is this one valid JSON text? WH_ESYNTAX when it is not, WH_ETOOBIG when a limit is passed, WH_EEXIST for a key that
 * is there twice. A number past the range of a double is refused too. `limits` and `error_out` may be NULL. */
enum wh_err wh_json_check(struct wh_str text, const struct wh_json_limits *limits, struct wh_json_error *error_out);

/** Checks `text` and gives its value. `doc_out`, `text` and `scratch` must stay as they are for as long as values are
 * read; `scratch` is emptied, and holds one text at a time. Errors are those of wh_json_check, and WH_ENOMEM. */
enum wh_err wh_json_read(struct wh_json_doc *doc_out, struct wh_str text, const struct wh_json_limits *limits,
	struct wh_buf *scratch, struct wh_value *value_out, struct wh_json_error *error_out);

#endif
