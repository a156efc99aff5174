/* W3C trace context: a client's traceparent is taken over and carried on, a missing or broken one is replaced by a new trace.
 * The trace id is what the log calls `trace`. */
#ifndef WHIPLY_HUB_TRACE_H
#define WHIPLY_HUB_TRACE_H

#include <whiply/types.h>

enum { TRACE_ID = 32, TRACE_SPAN = 16, TRACE_TEXT = 56 };

struct trace {
	char id[TRACE_ID + 1];		/* empty: nobody asked for one */
	char span[TRACE_SPAN + 1];	/* ours */
	bool sampled;
};

/** Takes the trace id of `traceparent` over. False, and no trace, when it is not one. */
bool trace_parse(struct wh_str traceparent, struct trace *trace_out);

/** The same, or else a new trace. */
void trace_begin(struct wh_str traceparent, struct trace *trace_out);

/** Writes the traceparent that names our span. */
void trace_format(const struct trace *trace, char out[static TRACE_TEXT]);

#endif
