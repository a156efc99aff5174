/* WebSocket input: whatever the stream and however it is cut, the events are the same, little stays in the read buffer, and
 * nothing is held once the connection is over. Three bytes choose the mode, the first read and the step; the rest is the
 * stream. With bit 2 of the mode the rest is a Sec-WebSocket-Extensions header instead. */
#include "edge/ws_inflate.h"
#include "edge/ws_offer.h"
#include "edge/ws_transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_offers(const uint8_t *data, size_t size)
{
	char *text = malloc(size > 0 ? size : 1);
	struct wh_str rest = { text, size }, token;
	struct wh_ws_offer offer;

	if (text == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	while (wh_ws_offer_next(&rest, &offer) == WH_OK)
		if (offer.deflate && (offer.server_window_bits < 8 || offer.server_window_bits > 15))
			abort();
	rest = (struct wh_str){ text, size };
	while (wh_ws_token_next(&rest, &token) == WH_OK)
		if (token.n == 0)
			abort();
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ws_feed feed = { .limits = { 2000, 8 } };
	struct wh_buf whole = { 0 }, cut = { 0 };

	if (size < 3)
		return 0;
	if ((data[0] & 4) != 0) {
		fuzz_offers(data + 3, size - 3);
		return 0;
	}
	feed.client = (data[0] & 1) != 0;
	if ((data[0] & 2) != 0)
		feed.inflater = wh_ws_inflater_new();
	ws_transcribe(&whole, &feed, data + 3, size - 3);
	for (unsigned way = 0; way < 2; way++) {
		feed.first = way == 0 ? 1 : data[1];
		feed.step = way == 0 ? 1 : data[2];
		wh_buf_reset(&cut);
		ws_transcribe(&cut, &feed, data + 3, size - 3);
		if (!wh_str_eq(wh_buf_slice(&whole), wh_buf_slice(&cut)) || feed.most_left > WH_WS_LEFT_MAX ||
		    feed.memory_after > 8192)
			abort();
	}
	wh_ws_inflater_free(&feed.inflater);
	wh_buf_free(&whole);
	wh_buf_free(&cut);
	return 0;
}
