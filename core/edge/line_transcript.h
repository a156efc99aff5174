/* For tests and fuzzers: feeds a stream to wh_line_next as a connection would, cut as asked, and writes down every event. */
#ifndef WHIPLY_EDGE_LINE_TRANSCRIPT_H
#define WHIPLY_EDGE_LINE_TRANSCRIPT_H

#include <stdlib.h>

#include "edge/line_codec.h"

/* `first` bytes in the first read, `step` in each further one; 0: all that is left. Returns the most bytes that ever stayed
 * in the read buffer. */
static inline size_t
line_transcribe(struct wh_buf *t, const struct wh_line_limits *limits, const void *stream, size_t n, size_t first,
    size_t step)
{
	static const char *const names[] = { "more", "line ", "too long", "tags too long", "nul" };
	struct wh_line_in in = { 0 };
	size_t at = 0, left = 0, most = 0, cut = first, used;
	char *bytes = NULL;

	do {
		size_t take = cut != 0 && cut < n - at ? cut : n - at, offset = 0;
		char *read = malloc(left + take > 0 ? left + take : 1);
		enum wh_line_kind kind;
		struct wh_str line;

		if (read == NULL)
			abort();
		if (left > 0)
			memcpy(read, bytes, left);
		if (take > 0)
			memcpy(read + left, (const char *)stream + at, take);
		free(bytes);
		bytes = read;
		left += take;
		at += take;
		cut = step;
		while ((kind = wh_line_next(&in, limits, bytes + offset, left - offset, &used, &line)) != WH_LINE_MORE) {
			offset += used;
			if (t->n > 0)
				wh_buf_byte(t, '|');
			wh_buf_text(t, names[kind]);
			wh_buf_str(t, line);
		}
		offset += used;
		left -= offset;
		memmove(bytes, bytes + offset, left);
		if (left > most)
			most = left;
	} while (at < n);
	free(bytes);
	return most;
}

#endif
