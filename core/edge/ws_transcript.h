/* For tests and fuzzers: feeds a stream to wh_ws_next as a connection would, cut as asked, and writes down every event.
 * Each read lies in a heap block of exactly its length, so that AddressSanitizer sees a byte read past it. */
#ifndef WHIPLY_EDGE_WS_TRANSCRIPT_H
#define WHIPLY_EDGE_WS_TRANSCRIPT_H

#include <stdlib.h>

#include "base/buf.h"
#include "edge/ws_in.h"

struct ws_feed {
	struct wh_ws_limits limits;
	struct wh_ws_inflater *inflater;	/* NULL: deflate was not negotiated */
	bool client;
	size_t first;		/* bytes of the first read; 0: all */
	size_t step;		/* bytes of each further read; 0: all that is left */
	size_t most_left;	/* out: the most bytes that ever stayed in the read buffer */
	size_t memory_after;	/* out: gathering memory when all was read */
};

static inline void
ws_write_down(struct wh_buf *t, const struct wh_ws_event *event)
{
	static const char *const names[] = { "more", "text", "binary", "ping", "pong", "close", "fail" };

	if (t->n > 0)
		wh_buf_byte(t, '|');
	wh_buf_text(t, names[event->kind]);
	if (event->code != 0)
		wh_buf_fmt(t, " %u", event->code);
	wh_buf_byte(t, ' ');
	wh_buf_str(t, event->payload);
}

static inline void
ws_transcribe(struct wh_buf *t, struct ws_feed *feed, const void *stream, size_t n)
{
	struct wh_ws_in in;
	size_t at = 0, left = 0, used, cut = feed->first;
	char *bytes = NULL;

	wh_ws_in_begin(&in, feed->inflater != NULL);
	in.client = feed->client;
	feed->most_left = 0;
	do {
		size_t take = cut != 0 && cut < n - at ? cut : n - at, offset = 0;
		struct wh_ws_event event;
		char *read = malloc(left + take > 0 ? left + take : 1);

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
		cut = feed->step;
		while (wh_ws_next(&in, &feed->limits, feed->inflater, bytes + offset, left - offset, &used, &event) !=
		    WH_WS_MORE) {
			offset += used;
			ws_write_down(t, &event);
		}
		offset += used;
		left -= offset;
		memmove(bytes, bytes + offset, left);
		if (left > feed->most_left)
			feed->most_left = left;
	} while (at < n);
	feed->memory_after = wh_ws_in_memory(&in);
	free(bytes);
	wh_ws_in_end(&in);
}

#endif
