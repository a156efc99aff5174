/* The traceparent of trace.h: "00-" 32 hex "-" 16 hex "-" 2 hex, lower case, neither id all zeros. Of a later version the same
 * first part is read, and whatever follows another '-' is left alone. */
#include "hub/trace.h"

#include <stdio.h>

#include "base/random.h"

enum { TRACE_VERSION = 2, TRACE_WHOLE = 55 };

static bool
trace_hex(const char *p, size_t n, bool *zero_out)
{
	*zero_out = true;
	for (size_t i = 0; i < n; i++) {
		if ((p[i] < '0' || p[i] > '9') && (p[i] < 'a' || p[i] > 'f'))
			return false;
		*zero_out = *zero_out && p[i] == '0';
	}
	return true;
}

bool
trace_parse(struct wh_str t, struct trace *trace_out)
{
	bool zero, zero_id, zero_span;

	*trace_out = (struct trace){ .sampled = false };
	if (t.n < TRACE_WHOLE || t.p[2] != '-' || t.p[35] != '-' || t.p[52] != '-' || !trace_hex(t.p, TRACE_VERSION, &zero) ||
	    !trace_hex(t.p + 3, TRACE_ID, &zero_id) || !trace_hex(t.p + 36, TRACE_SPAN, &zero_span) || !trace_hex(t.p + 53, 2, &zero))
		return false;
	if (zero_id || zero_span || memcmp(t.p, "ff", 2) == 0)
		return false;
	if (memcmp(t.p, "00", 2) == 0 ? t.n != TRACE_WHOLE : t.n > TRACE_WHOLE && t.p[TRACE_WHOLE] != '-')
		return false;
	memcpy(trace_out->id, t.p + 3, TRACE_ID);
	trace_out->sampled = ((t.p[54] >= 'a' ? t.p[54] - 'a' + 10 : t.p[54] - '0') & 1) != 0;
	wh_random_hex(trace_out->span, TRACE_SPAN / 2);
	return true;
}

void
trace_begin(struct wh_str traceparent, struct trace *trace_out)
{
	if (trace_parse(traceparent, trace_out))
		return;
	wh_random_hex(trace_out->id, TRACE_ID / 2);
	wh_random_hex(trace_out->span, TRACE_SPAN / 2);
}

void
trace_format(const struct trace *trace, char out[static TRACE_TEXT])
{
	snprintf(out, TRACE_TEXT, "00-%s-%s-%02x", trace->id, trace->span, trace->sampled);
}
