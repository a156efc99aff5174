/* Lua's patterns, as the reference manual describes them, with a meter: the matcher that Lua brings runs for seconds
 * on `.-.-.-b` inside C, where nothing can stop it. Used by the string functions of scripts.
 * A pattern is compiled once and then run with a list of open choices instead of recursion. Patterns have no loop over
 * groups, so at most one choice is open for each item: a match needs no memory of its own and cannot run deep. */
#ifndef WHIPLY_SCRIPT_PATTERN_H
#define WHIPLY_SCRIPT_PATTERN_H

#include <whiply/types.h>

#include "script/meter.h"

enum {
	WH_PATTERN_BYTES = 1024,	/* the longest pattern */
	WH_PATTERN_CAPTURES = 32,
};

/* The length of a capture `()`, which is a place and not a text. */
#define WH_CAPTURE_PLACE SIZE_MAX

struct wh_capture {
	size_t from, n;
};

struct wh_pattern;

enum wh_match {
	WH_MATCH_NONE,
	WH_MATCH_FOUND,
	WH_MATCH_OVER,	/* the meter is over */
};

struct wh_match_at {
	size_t from, to;
	struct wh_capture captures[WH_PATTERN_CAPTURES];	/* as many as wh_pattern_captures says */
};

/** The bytes that the compiled form of `pattern` needs. */
size_t wh_pattern_size(struct wh_str pattern);

/** Compiles into `memory`, which has wh_pattern_size bytes and the alignment of malloc. `anchors`: a leading `^` is an
 * anchor; otherwise it is a character. NULL, and why in `error_out`, when the pattern is wrong or too long. Stricter
 * than Lua in one thing: a pattern is refused for its faults even where no text would reach them. */
struct wh_pattern *wh_pattern_compile(void *memory, struct wh_str pattern, bool anchors, const char **error_out);

bool wh_pattern_anchored(const struct wh_pattern *p);
unsigned wh_pattern_captures(const struct wh_pattern *p);

/** Does the text hold a character that means something in a pattern? */
bool wh_pattern_special(struct wh_str pattern);

/** Matches at exactly `at`. */
enum wh_match wh_pattern_match(struct wh_pattern *p, struct wh_str text, size_t at, struct wh_meter *meter,
	struct wh_match_at *match_out);

/** The first match at or after `at`; only at `at` when the pattern is anchored. */
enum wh_match wh_pattern_find(struct wh_pattern *p, struct wh_str text, size_t at, struct wh_meter *meter,
	struct wh_match_at *match_out);

#endif
