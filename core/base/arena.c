/* The arena of arena.h: a stack of blocks, the newest handing out memory from its front. */
#include "base/arena.h"

#include <stdlib.h>

enum { ARENA_FIRST = 4096 };

struct wh_arena_block {
	struct wh_arena_block *older;
	size_t size;	/* with this head, which is 16 bytes and keeps what follows aligned */
};

static size_t
arena_first(const struct wh_arena *a)
{
	return a->first != 0 ? a->first : ARENA_FIRST;
}

/* Makes a block with room for `n` bytes. Blocks double, so that a large message needs few; near the cap, only as much
 * as is needed is taken. */
static bool
arena_grow(struct wh_arena *a, size_t n)
{
	size_t need = n + sizeof(struct wh_arena_block);
	size_t size = a->blocks != NULL ? a->blocks->size * 2 : arena_first(a);
	struct wh_arena_block *b;

	if (size < need)
		size = need;
	if (a->max != 0 && a->used + size > a->max)
		size = need;
	if (a->max != 0 && (need > a->max || a->used > a->max - need))
		return false;
	b = malloc(size);
	if (b == NULL)
		return false;
	*b = (struct wh_arena_block){ a->blocks, size };
	a->blocks = b;
	a->used += size;
	a->at = (char *)(b + 1);
	a->end = (char *)b + size;
	return true;
}

void *
wh_arena_alloc(struct wh_arena *a, size_t n)
{
	char *p;

	if (n > SIZE_MAX / 4)
		return NULL;
	n = n != 0 ? (n + 15) / 16 * 16 : 16;
	if ((size_t)(a->end - a->at) < n && !arena_grow(a, n))
		return NULL;
	p = a->at;
	a->at += n;
	return p;
}

void *
wh_arena_zero(struct wh_arena *a, size_t count, size_t size)
{
	size_t n;
	void *p;

	if (__builtin_mul_overflow(count, size, &n))
		return NULL;
	p = wh_arena_alloc(a, n);
	return p != NULL ? memset(p, 0, n) : NULL;
}

struct wh_str
wh_arena_str(struct wh_arena *a, struct wh_str s)
{
	char *p = s.n < SIZE_MAX ? wh_arena_alloc(a, s.n + 1) : NULL;

	if (p == NULL)
		return (struct wh_str){ NULL, 0 };
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct wh_str){ p, s.n };
}

void
wh_arena_reset(struct wh_arena *a)
{
	struct wh_arena_block *b = a->blocks;

	while (b != NULL && (b->older != NULL || b->size > arena_first(a))) {
		struct wh_arena_block *older = b->older;

		free(b);
		b = older;
	}
	a->blocks = b;
	a->used = b != NULL ? b->size : 0;
	a->at = b != NULL ? (char *)(b + 1) : NULL;
	a->end = b != NULL ? (char *)b + b->size : NULL;
}

void
wh_arena_free(struct wh_arena *a)
{
	while (a->blocks != NULL) {
		struct wh_arena_block *b = a->blocks;

		a->blocks = b->older;
		free(b);
	}
	*a = (struct wh_arena){ .max = a->max, .first = a->first };
}
