/* A growing byte buffer that owns its bytes, used wherever output is put together: frames, records, JSON, log lines.
 * Failure is sticky: after an allocation fails, or the cap would be passed, every further append does nothing and
 * `failed` stays set, so that a caller checks once, at the end. {0} is a valid empty buffer without a cap. */
#ifndef WHIPLY_BASE_BUF_H
#define WHIPLY_BASE_BUF_H

#include <stdarg.h>
#include <whiply/types.h>

struct wh_buf {
	char *p;	/* owned */
	size_t n;	/* bytes used */
	size_t cap;	/* bytes allocated */
	size_t max;	/* never grow past this; 0: no bound */
	bool failed;
};

/** Makes room for `more` bytes and returns where they go, or NULL when failed. `n` is not moved: see wh_buf_grew. */
char *wh_buf_reserve(struct wh_buf *b, size_t more);

/** Says that `n` bytes were written at the place that wh_buf_reserve gave. */
void wh_buf_grew(struct wh_buf *b, size_t n);

void wh_buf_put(struct wh_buf *b, const void *bytes, size_t n);
void wh_buf_str(struct wh_buf *b, struct wh_str s);
void wh_buf_text(struct wh_buf *b, const char *text);
void wh_buf_byte(struct wh_buf *b, char c);
void wh_buf_u64(struct wh_buf *b, uint64_t decimal);
void wh_buf_i64(struct wh_buf *b, int64_t decimal);
void wh_buf_fmt(struct wh_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void wh_buf_vfmt(struct wh_buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/** Removes the first `n` bytes (clamped), moving the rest to the front. */
void wh_buf_drop(struct wh_buf *b, size_t n);

/** Empties the buffer and clears `failed`; keeps the memory. */
void wh_buf_reset(struct wh_buf *b);

/** Gives the memory back; the buffer is empty and usable again, and keeps its `max`. */
void wh_buf_free(struct wh_buf *b);

/** NUL-terminates without counting the NUL, and returns the text, or NULL when failed. */
const char *wh_buf_cstr(struct wh_buf *b);

static inline struct wh_str
wh_buf_slice(const struct wh_buf *b)
{
	return (struct wh_str){ b->p, b->n };
}

#endif
