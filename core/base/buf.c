/* The growing buffer of buf.h. Growth doubles, so that appending is O(1) amortised. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST = 64 };

char *
wh_buf_reserve(struct wh_buf *b, size_t more)
{
	size_t need, cap;
	char *p;

	if (b->failed)
		return NULL;
	if (more > SIZE_MAX / 2 - b->n || (b->max != 0 && b->n + more > b->max)) {
		b->failed = true;
		return NULL;
	}
	need = b->n + more;
	if (need <= b->cap && b->p != NULL)
		return b->p + b->n;
	cap = b->cap != 0 ? b->cap : BUF_FIRST;
	while (cap < need)
		cap *= 2;
	p = realloc(b->p, cap);
	if (p == NULL) {
		b->failed = true;
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	return b->p + b->n;
}

void
wh_buf_grew(struct wh_buf *b, size_t n)
{
	b->n += n;
}

void
wh_buf_put(struct wh_buf *b, const void *bytes, size_t n)
{
	char *to;

	if (n == 0)
		return;
	to = wh_buf_reserve(b, n);
	if (to == NULL)
		return;
	memcpy(to, bytes, n);
	b->n += n;
}

void
wh_buf_str(struct wh_buf *b, struct wh_str s)
{
	wh_buf_put(b, s.p, s.n);
}

void
wh_buf_text(struct wh_buf *b, const char *text)
{
	wh_buf_put(b, text, strlen(text));
}

void
wh_buf_byte(struct wh_buf *b, char c)
{
	wh_buf_put(b, &c, 1);
}

void
wh_buf_u64(struct wh_buf *b, uint64_t decimal)
{
	char digits[20], *d = digits + sizeof digits;

	do {
		*--d = (char)('0' + decimal % 10);
		decimal /= 10;
	} while (decimal != 0);
	wh_buf_put(b, d, (size_t)(digits + sizeof digits - d));
}

void
wh_buf_i64(struct wh_buf *b, int64_t decimal)
{
	if (decimal >= 0) {
		wh_buf_u64(b, (uint64_t)decimal);
		return;
	}
	wh_buf_byte(b, '-');
	wh_buf_u64(b, -(uint64_t)decimal);
}

void
wh_buf_fmt(struct wh_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	wh_buf_vfmt(b, fmt, ap);
	va_end(ap);
}

void
wh_buf_vfmt(struct wh_buf *b, const char *fmt, va_list ap)
{
	char *to = wh_buf_reserve(b, BUF_FIRST);
	va_list again;
	int n;

	if (to == NULL)
		return;
	va_copy(again, ap);
	n = vsnprintf(to, b->cap - b->n, fmt, ap);
	if (n >= 0 && (size_t)n >= b->cap - b->n) {
		to = wh_buf_reserve(b, (size_t)n + 1);
		if (to != NULL)
			n = vsnprintf(to, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	if (n < 0)
		b->failed = true;
	if (!b->failed)
		b->n += (size_t)n;
}

void
wh_buf_drop(struct wh_buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void
wh_buf_reset(struct wh_buf *b)
{
	b->n = 0;
	b->failed = false;
}

void
wh_buf_free(struct wh_buf *b)
{
	free(b->p);
	*b = (struct wh_buf){ .max = b->max };
}

const char *
wh_buf_cstr(struct wh_buf *b)
{
	char *to = wh_buf_reserve(b, 1);

	if (to == NULL)
		return NULL;
	*to = '\0';
	return b->p;
}
