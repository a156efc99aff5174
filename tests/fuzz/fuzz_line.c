/* Line input: whatever the stream and however it is cut, the events are the same, and each line that comes out can go in
 * again. Three bytes choose the limits, the first read and the step; the rest is the stream. */
#include "edge/line_transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_put_back(const struct wh_line_limits *limits, const char *stream, size_t n)
{
	struct wh_line_in in = { 0 };
	struct wh_buf again = { 0 };
	size_t at = 0, used;
	enum wh_line_kind kind;
	struct wh_str line;

	while ((kind = wh_line_next(&in, limits, stream + at, n - at, &used, &line)) != WH_LINE_MORE) {
		at += used;
		if (kind == WH_LINE_LINE && wh_line_put(&again, limits, line) != WH_OK)
			abort();
	}
	wh_buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wh_line_limits limits = { .body_max = 16, .tags_max = 12 };
	struct wh_buf whole = { 0 }, cut = { 0 };

	if (size < 3)
		return 0;
	if ((data[0] & 1) != 0)
		limits.tags_max = 0;
	if ((data[0] & 2) != 0)
		limits.body_max = data[0] >> 2;
	line_transcribe(&whole, &limits, data + 3, size - 3, 0, 0);
	for (unsigned way = 0; way < 2; way++) {
		wh_buf_reset(&cut);
		if (line_transcribe(&cut, &limits, data + 3, size - 3, way == 0 ? 1 : data[1], way == 0 ? 1 : data[2]) >
		    limits.body_max + limits.tags_max || !wh_str_eq(wh_buf_slice(&whole), wh_buf_slice(&cut)))
			abort();
	}
	fuzz_put_back(&limits, (const char *)data + 3, size - 3);
	wh_buf_free(&whole);
	wh_buf_free(&cut);
	return 0;
}
