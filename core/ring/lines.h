/* The last lines of all processes' logs: the keeper keeps them, since it outlives whoever wrote them, and the hub keeps a copy of what it
 * was told when an administrator wants to read them. A ring of WH_LINES_MAX lines and WH_LINES_BYTES bytes; the oldest make room. Whose line
 * it is and when it came the keeper says; the text is the writer's, and no more than its word. */
#ifndef WHIPLY_RING_LINES_H
#define WHIPLY_RING_LINES_H

#include "base/buf.h"

#include <whiply/log.h>

enum {
	WH_LINES_MAX = 2000,
	WH_LINES_BYTES = 1 << 20,
	WH_LINES_LINE = 8192,		/* a longer line is cut */
	WH_LINES_PROCESS = 32,
	WH_LINES_ANSWER = 49152,	/* bytes of one LINES message */
};

struct wh_line {
	uint64_t seq;			/* 1, 2, 3, …: of all lines of this keeper */
	int64_t time_ms;		/* wall clock: when it came to the keeper */
	enum wh_level level;
	char process[WH_LINES_PROCESS];	/* "keeper", "hub", "edge 0", "helper rules" */
	struct wh_str text;		/* an object of JSON, if its writer is honest; without a byte below 0x20 */
};

struct wh_lines {
	struct wh_lines_slot *slots;	/* owned */
	char *bytes;			/* owned */
	size_t first, n;		/* of the slots that are used */
	size_t at;			/* where the next line is put */
	uint64_t last;			/* seq of the newest that ever was */
	uint64_t lost;			/* lines that did not get here: too many at once */
};

/** WH_ENOMEM: then nothing is kept, and every function may be called all the same. */
enum wh_err wh_lines_init(struct wh_lines *l);
void wh_lines_free(struct wh_lines *l);

/** Copies a line; `line->seq` 0: the next one. One that is not above `last` is left out. */
void wh_lines_add(struct wh_lines *l, const struct wh_line *line);

/** Line `i` of `l->n`, the oldest first. The text is good until the next wh_lines_add. */
void wh_lines_at(const struct wh_lines *l, size_t i, struct wh_line *line_out);

/** Appends the text of a LINES message: the lines above `after`, the oldest first, as many as have room in `max` bytes. */
void wh_lines_put(const struct wh_lines *l, uint64_t after, struct wh_buf *to, size_t max);

/** Reads such a text: its head, then line by line. False: at the end, or it is nonsense. */
bool wh_lines_head(struct wh_str *text, uint64_t *last_out, uint64_t *lost_out);
bool wh_lines_next(struct wh_str *text, struct wh_line *line_out);

#endif
