/* What the WebSocket and line codecs cost: `make core/edge/ws_bench && core/edge/ws_bench`. Each figure is the best of five runs,
 * in CPU time, over a read buffer of 64 KiB full of frames. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "edge/line_codec.h"
#include "edge/ws_client.h"
#include "edge/ws_inflate.h"
#include "edge/ws_out.h"

enum { READ = 64 * 1024, ROUNDS = 2000, RUNS = 5 };

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
fill_text(char *text, size_t n)
{
	static const char words[] = "the room says that a message is rendered once for each dialect ";
	unsigned seed = 1;

	for (size_t i = 0; i < n; i++) {
		if (i % 7 == 0)
			seed = seed * 1103515245 + 12345;
		text[i] = words[(i + (seed >> 16) % 9 * 7) % (sizeof words - 1)];
	}
}

/* Frames of `n` bytes until the buffer is full; their number. */
static unsigned
fill_frames(struct wh_buf *b, enum wh_ws_op op, size_t n)
{
	char *text = malloc(n);
	unsigned frames = 0;

	if (text == NULL)
		abort();
	fill_text(text, n);
	while (b->n + n + 14 <= READ)
		wh_ws_client_frame(b, op, 0, (struct wh_str){ text, n }, 0x9e3779b9u * ++frames);
	free(text);
	return frames;
}

static void
bench_parse(const char *name, enum wh_ws_op op, size_t n)
{
	struct wh_ws_limits limits = { READ, 16 };
	struct wh_buf b = { 0 };
	unsigned frames = fill_frames(&b, op, n);
	char *bytes = malloc(b.n);
	double best = 1e18, copy = 1e18;

	if (bytes == NULL)
		abort();
	for (unsigned run = 0; run < RUNS; run++) {
		double start = now_ns(), took;
		volatile char *keep = bytes;

		for (unsigned round = 0; round < ROUNDS; round++) {
			memcpy(bytes, b.p, b.n);
			(void)keep[round % b.n];
		}
		took = now_ns() - start;
		copy = took < copy ? took : copy;
		start = now_ns();
		for (unsigned round = 0; round < ROUNDS; round++) {
			struct wh_ws_event event;
			struct wh_ws_in in;
			size_t at = 0, used;

			memcpy(bytes, b.p, b.n);
			wh_ws_in_begin(&in, false);
			while (wh_ws_next(&in, &limits, NULL, bytes + at, b.n - at, &used, &event) != WH_WS_MORE)
				at += used;
			if (at != b.n)
				abort();
		}
		took = now_ns() - start;
		best = took < best ? took : best;
	}
	best -= copy;
	printf("%-28s %7.1f ns each, %6.2f GB/s\n", name, best / ROUNDS / frames,
	    (double)n * frames * ROUNDS / best);
	free(bytes);
	wh_buf_free(&b);
}

static void
bench_mask(void)
{
	char *bytes = calloc(1, READ);
	uint32_t key = 0x12345678;
	double best = 1e18;

	if (bytes == NULL)
		abort();
	for (unsigned run = 0; run < RUNS; run++) {
		double start = now_ns(), took;

		for (unsigned round = 0; round < ROUNDS; round++)
			key = wh_ws_mask(bytes + 1, READ - 1, key);
		took = now_ns() - start;
		best = took < best ? took : best;
	}
	printf("%-28s %26.2f GB/s\n", "unmask", (double)(READ - 1) * ROUNDS / best);
	free(bytes);
}

static void
bench_lines(void)
{
	const struct wh_line_limits limits = WH_LINE_LIMITS;
	struct wh_buf b = { 0 };
	unsigned lines = 0;
	double best = 1e18;

	for (; b.n + 100 < READ; lines++)
		wh_line_put(&b, &limits, WH_STR("PRIVMSG #room :the room says that a message is rendered once for each dialect"));
	for (unsigned run = 0; run < RUNS; run++) {
		double start = now_ns(), took;

		for (unsigned round = 0; round < ROUNDS; round++) {
			struct wh_line_in in = { 0 };
			struct wh_str line;
			size_t at = 0, used;

			while (wh_line_next(&in, &limits, b.p + at, b.n - at, &used, &line) != WH_LINE_MORE)
				at += used;
		}
		took = now_ns() - start;
		best = took < best ? took : best;
	}
	printf("%-28s %7.1f ns each\n", "line of 78", best / ROUNDS / lines);
	wh_buf_free(&b);
}

static void
bench_deflate(size_t n, int level, int memory_level)
{
	const struct wh_ws_deflate_settings settings = {
		.level = level, .window_bits = 15, .memory_level = memory_level, .min = 1,
	};
	struct wh_ws_deflater *deflater = wh_ws_deflater_new(&settings);
	struct wh_ws_inflater *inflater = wh_ws_inflater_new();
	struct wh_buf b = { 0 };
	char *text = malloc(n);
	double best = 1e18, best_in = 1e18;

	if (text == NULL || deflater == NULL || inflater == NULL)
		abort();
	fill_text(text, n);
	for (unsigned run = 0; run < RUNS; run++) {
		double start = now_ns(), took;

		for (unsigned round = 0; round < ROUNDS / 4; round++) {
			uint8_t bits;

			wh_buf_reset(&b);
			if (!wh_ws_deflate_put(deflater, WH_WS_OP_TEXT, (struct wh_str){ text, n }, &b, &bits))
				abort();
		}
		took = now_ns() - start;
		best = took < best ? took : best;
		start = now_ns();
		for (unsigned round = 0; round < ROUNDS / 4; round++) {
			struct wh_str out, body = wh_str_from(wh_buf_slice(&b), b.n < 128 ? 2 : 4);
			bool utf8;

			if (wh_ws_inflate(inflater, body, n, true, &out, &utf8) != WH_OK)
				abort();
		}
		took = now_ns() - start;
		best_in = took < best_in ? took : best_in;
	}
	printf("deflate %5zu level %d memory %d %7.1f us to %zu bytes, inflate %.1f us\n", n, level, memory_level,
	    best / (ROUNDS / 4) / 1000, b.n, best_in / (ROUNDS / 4) / 1000);
	free(text);
	wh_buf_free(&b);
	wh_ws_deflater_free(&deflater);
	wh_ws_inflater_free(&inflater);
}

int
main(void)
{
	bench_parse("text frame of 16", WH_WS_OP_TEXT, 16);
	bench_parse("text frame of 128", WH_WS_OP_TEXT, 128);
	bench_parse("binary frame of 128", WH_WS_OP_BINARY, 128);
	bench_parse("text frame of 16384", WH_WS_OP_TEXT, 16384);
	bench_mask();
	bench_lines();
	for (int memory_level = 4; memory_level <= 8; memory_level += 2) {
		bench_deflate(300, 3, memory_level);
		bench_deflate(2000, 3, memory_level);
		bench_deflate(2000, 6, memory_level);
	}
	return 0;
}
