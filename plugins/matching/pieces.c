/* The first few pieces are small allocations: a queue in which ten people wait needs no page of 2 MiB. */
#include "pieces.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LINE = 64, FIRST = 256 << 10 };

#define BLOCK ((size_t)2 << 20)

void *
pieces_wide(size_t bytes)
{
	size_t align = bytes >= BLOCK ? BLOCK : LINE;
	void *p;

	bytes = (bytes + align - 1) & ~(align - 1);
	p = aligned_alloc(align, bytes);
	if (p == NULL)
		return NULL;
	/* Where the kernel will not, small pages do as well. */
	if (align == BLOCK)
		(void)madvise(p, bytes, MADV_HUGEPAGE);
	memset(p, 0, bytes);
	return p;
}

/* So many are allocations of their own. */
static uint32_t
pieces_first(const struct pieces *p)
{
	size_t piece = p->size * PIECE;

	return piece < FIRST ? (uint32_t)(FIRST / piece) : 1;
}

static uint32_t
pieces_in_block(const struct pieces *p)
{
	size_t piece = p->size * PIECE;

	return piece < BLOCK ? (uint32_t)(BLOCK / piece) : 1;
}

/* Is this piece an allocation, and not the continuation of one? */
static bool
piece_begins(const struct pieces *p, uint32_t i)
{
	return i < pieces_first(p) || (i - pieces_first(p)) % pieces_in_block(p) == 0;
}

bool
pieces_reach(struct pieces *p, uint32_t number)
{
	uint32_t i = number / PIECE;
	size_t piece = p->size * PIECE;

	if (i < p->n)
		return true;
	if (i >= p->cap) {
		uint32_t cap = (i + 1) * 2;
		char **more = realloc(p->at, cap * sizeof *more);

		if (more == NULL)
			return false;
		p->at = more;
		p->cap = cap;
	}
	if (!piece_begins(p, i))
		p->at[i] = p->at[i - 1] + piece;
	else
		p->at[i] = pieces_wide(i < pieces_first(p) || piece > BLOCK ? piece : BLOCK);
	if (p->at[i] == NULL)
		return false;
	p->n = i + 1;
	return true;
}

void
pieces_free(struct pieces *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (piece_begins(p, i))
			free(p->at[i]);
	free(p->at);
	*p = (struct pieces){ .size = p->size };
}

size_t
pieces_bytes(const struct pieces *p)
{
	return p->n * p->size * PIECE + p->cap * sizeof *p->at;
}
