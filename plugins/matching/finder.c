/* Linear probing, at most 3/4 full; removal shifts back. A cell's home is in its hash, so growing needs nobody else. */
#include "finder.h"

#include <stdlib.h>

enum { FINDER_FIRST = 64 };

static void
finder_set(struct finder *f, uint64_t cell)
{
	size_t i = (size_t)(cell >> 32) & f->mask;

	while (f->cells[i] != 0)
		i = (i + 1) & f->mask;
	f->cells[i] = cell;
	f->count++;
}

static bool
finder_grow(struct finder *f)
{
	size_t slots = f->cells != NULL ? (f->mask + 1) * 2 : FINDER_FIRST;
	struct finder more = { pieces_wide(slots * sizeof *more.cells), slots - 1, 0 };

	if (more.cells == NULL)
		return false;
	for (size_t i = 0; f->cells != NULL && i <= f->mask; i++)
		if (f->cells[i] != 0)
			finder_set(&more, f->cells[i]);
	free(f->cells);
	*f = more;
	return true;
}

bool
finder_put(struct finder *f, uint32_t hash, uint32_t number)
{
	if ((f->cells == NULL || (f->count + 1) * 4 > (f->mask + 1) * 3) && !finder_grow(f))
		return false;
	finder_set(f, (uint64_t)hash << 32 | number);
	return true;
}

void
finder_remove(struct finder *f, uint32_t hash, uint32_t number)
{
	uint64_t cell = (uint64_t)hash << 32 | number;
	size_t hole = hash & f->mask, i;

	if (f->count == 0)
		return;
	while (f->cells[hole] != cell) {
		if (f->cells[hole] == 0)
			return;
		hole = (hole + 1) & f->mask;
	}
	for (i = (hole + 1) & f->mask; f->cells[i] != 0; i = (i + 1) & f->mask) {
		size_t home = (size_t)(f->cells[i] >> 32) & f->mask;

		if (((i - home) & f->mask) >= ((i - hole) & f->mask)) {
			f->cells[hole] = f->cells[i];
			hole = i;
		}
	}
	f->cells[hole] = 0;
	f->count--;
}

void
finder_free(struct finder *f)
{
	free(f->cells);
	*f = (struct finder){ .mask = 0 };
}
