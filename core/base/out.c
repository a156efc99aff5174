/* The writer of out.h: forwards to the buffer, whose failure is sticky. */
#include "base/out.h"

static void
out_put(struct wh_out *o, const void *bytes, size_t n)
{
	wh_buf_put(((struct wh_out_buf *)(void *)o)->buf, bytes, n);
}

static void __attribute__((format(printf, 2, 3)))
out_fmt(struct wh_out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	wh_buf_vfmt(((struct wh_out_buf *)(void *)o)->buf, fmt, ap);
	va_end(ap);
}

static const struct wh_out_ops out_ops = { .put = out_put, .fmt = out_fmt };

struct wh_out_buf
wh_out_to(struct wh_buf *buf)
{
	return (struct wh_out_buf){ .out = { &out_ops }, .buf = buf };
}
