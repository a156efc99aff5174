/* Linear probing, at most 3/4 full; removal shifts back, so there are no tombstones and a look-up ends at the first empty slot. */
#include "table.h"

#include <stdlib.h>

enum { TABLE_FIRST = 64 };

static inline size_t
table_home(const struct table *t, uint64_t key)
{
	return (size_t)table_mix(key ^ t->seed) & t->mask;
}

uint64_t *
table_get(const struct table *t, uint64_t key)
{
	if (t->count == 0)
		return NULL;
	for (size_t i = table_home(t, key); t->cells[2 * i] != 0; i = (i + 1) & t->mask)
		if (t->cells[2 * i] == key)
			return &t->cells[2 * i + 1];
	return NULL;
}

static void
table_set(struct table *t, uint64_t key, uint64_t value)
{
	size_t i = table_home(t, key);

	while (t->cells[2 * i] != 0)
		i = (i + 1) & t->mask;
	t->cells[2 * i] = key;
	t->cells[2 * i + 1] = value;
	t->count++;
}

static bool
table_grow(struct table *t)
{
	size_t slots = t->cells != NULL ? (t->mask + 1) * 2 : TABLE_FIRST;
	struct table more = { calloc(slots, 2 * sizeof(uint64_t)), slots - 1, 0, t->seed };

	if (more.cells == NULL)
		return false;
	for (size_t i = 0; t->cells != NULL && i <= t->mask; i++)
		if (t->cells[2 * i] != 0)
			table_set(&more, t->cells[2 * i], t->cells[2 * i + 1]);
	free(t->cells);
	*t = more;
	return true;
}

bool
table_put(struct table *t, uint64_t key, uint64_t value)
{
	uint64_t *there = table_get(t, key);

	if (there != NULL) {
		*there = value;
		return true;
	}
	if ((t->cells == NULL || (t->count + 1) * 4 > (t->mask + 1) * 3) && !table_grow(t))
		return false;
	table_set(t, key, value);
	return true;
}

bool
table_remove(struct table *t, uint64_t key)
{
	uint64_t *there = table_get(t, key);
	size_t hole, i;

	if (there == NULL)
		return false;
	hole = (size_t)(there - t->cells) / 2;
	for (i = (hole + 1) & t->mask; t->cells[2 * i] != 0; i = (i + 1) & t->mask) {
		size_t home = table_home(t, t->cells[2 * i]);

		if (((i - home) & t->mask) >= ((i - hole) & t->mask)) {
			t->cells[2 * hole] = t->cells[2 * i];
			t->cells[2 * hole + 1] = t->cells[2 * i + 1];
			hole = i;
		}
	}
	t->cells[2 * hole] = 0;
	t->count--;
	return true;
}

void
table_free(struct table *t)
{
	free(t->cells);
	*t = (struct table){ .seed = t->seed };
}
