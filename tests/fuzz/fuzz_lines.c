/* Lines of logs on their way: what an edge that was taken over may write is kept, put, read and told as text; what is read is what was
 * put, and is told without a byte that ends a line. */
#include <stdint.h>
#include <stdlib.h>

#include "hub/log_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_text(struct wh_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct log_lines l = { .n_waiters = 0 };
	struct wh_str input = { (const char *)data, n }, text, event, rest;
	struct wh_buf message = { 0 };
	uint64_t last, lost;
	struct wh_line line, again;

	if (wh_lines_init(&l.kept) != WH_OK)
		return 0;
	/* As a message, and as what one process wrote. */
	text = input;
	if (wh_lines_head(&text, &last, &lost))
		while (wh_lines_next(&text, &line))
			wh_lines_add(&l.kept, &line);
	wh_lines_add(&l.kept, &(struct wh_line){ .level = WH_INFO, .process = "edge 0", .text = input });
	wh_lines_put(&l.kept, 0, &message, SIZE_MAX / 2);
	text = wh_buf_slice(&message);
	if (!wh_lines_head(&text, &last, &lost))
		abort();
	for (size_t i = 0; i < l.kept.n; i++) {
		wh_lines_at(&l.kept, i, &line);
		if (!wh_lines_next(&text, &again) || again.seq != line.seq || !wh_str_eq(again.text, line.text))
			abort();
		check_text(line.text);
		log_lines_read(&l, &line, &event, &rest);
	}
	if (text.n != 0)
		abort();
	wh_buf_free(&message);
	wh_buf_free(&l.scratch);
	wh_buf_free(&l.text);
	wh_lines_free(&l.kept);
	return 0;
}
