/* The line protocol of IRC clients, incremental and in place: the edge keeps one wh_line_in per connection, and lines are
 * handed out as slices of the bytes that it read.
 * - CR LF, LF, and CR each end a line. The old RFCs allow a lone CR nowhere and today's servers take it as an end; that also
 *   means that no line can carry one into another client's stream. Empty lines are passed over, so CR LF is one end.
 * - A line that is too long, or holds NUL, is told once, at the byte that breaks the rule, and passed over to its end.
 * - How the bytes were cut by the network changes nothing. */
#ifndef WHIPLY_EDGE_LINE_CODEC_H
#define WHIPLY_EDGE_LINE_CODEC_H

#include "base/buf.h"

struct wh_line_limits {
	uint32_t body_max;	/* without tags, with CR LF: 512 */
	uint32_t tags_max;	/* from '@' through the space after the tags: 8191; 0: tags are body */
};

#define WH_LINE_LIMITS { .body_max = 512, .tags_max = 8191 }

/** One connection's state; {0} is the beginning. */
struct wh_line_in {
	uint32_t seen;		/* bytes of the unfinished line that were looked at */
	uint32_t tags;		/* its tags' length with the space, once that was seen */
	bool skipping;		/* the line was told to be bad; its rest is dropped */
};

enum wh_line_kind {
	WH_LINE_MORE,		/* nothing further in these bytes */
	WH_LINE_LINE,		/* a line, without its end; never empty */
	WH_LINE_TOO_LONG,	/* the body is longer than its limit; IRC answers 417 */
	WH_LINE_TAGS_TOO_LONG,
	WH_LINE_NUL,
};

/** Reads one event and says in `used_out` how many bytes it took. Bytes that are not taken at WH_LINE_MORE (at most
 * tags_max + body_max of them) are the beginning of a line: hand them over again with what arrives next behind them. */
enum wh_line_kind wh_line_next(struct wh_line_in *in, const struct wh_line_limits *limits, const char *bytes, size_t n,
    size_t *used_out, struct wh_str *line_out);

/** Appends a line and CR LF. WH_EINVAL: it is empty or holds CR, LF or NUL; WH_ETOOBIG: past the limits; nothing is
 * appended then. WH_ENOMEM: the buffer failed. */
enum wh_err wh_line_put(struct wh_buf *b, const struct wh_line_limits *limits, struct wh_str line);

#endif
