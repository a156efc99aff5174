/* The binary heap of heap.h. Each move writes the item's new place, so that it is always found at places - 1. */
#include "base/heap.h"

#include <assert.h>
#include <stdlib.h>

static void
heap_set(struct wh_heap *h, uint32_t at, struct wh_heap_entry e)
{
	h->entries[at] = e;
	e.item->place = at + 1;
}

static void
heap_up(struct wh_heap *h, uint32_t at, struct wh_heap_entry e)
{
	while (at > 0 && h->entries[(at - 1) / 2].key > e.key) {
		heap_set(h, at, h->entries[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_set(h, at, e);
}

static void
heap_down(struct wh_heap *h, uint32_t at, struct wh_heap_entry e)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n && h->entries[child + 1].key < h->entries[child].key)
			child++;
		if (h->entries[child].key >= e.key)
			break;
		heap_set(h, at, h->entries[child]);
		at = child;
	}
	heap_set(h, at, e);
}

/* Puts an entry where it belongs, beginning at a place that is free. */
static void
heap_settle(struct wh_heap *h, uint32_t at, struct wh_heap_entry e)
{
	if (at > 0 && h->entries[(at - 1) / 2].key > e.key)
		heap_up(h, at, e);
	else
		heap_down(h, at, e);
}

enum wh_err
wh_heap_reserve(struct wh_heap *h, uint32_t n)
{
	struct wh_heap_entry *entries;

	if (n <= h->cap)
		return WH_OK;
	if (n > UINT32_MAX / 4)
		return WH_ENOMEM;
	entries = realloc(h->entries, n * sizeof *entries);
	if (entries == NULL)
		return WH_ENOMEM;
	h->entries = entries;
	h->cap = n;
	return WH_OK;
}

enum wh_err
wh_heap_add(struct wh_heap *h, struct wh_heap_item *item, int64_t key)
{
	assert(item->place == 0);
	if (h->n == h->cap && wh_heap_reserve(h, h->cap != 0 ? h->cap * 2 : 16) != WH_OK)
		return WH_ENOMEM;
	item->key = key;
	h->n++;
	heap_up(h, h->n - 1, (struct wh_heap_entry){ key, item });
	return WH_OK;
}

void
wh_heap_remove(struct wh_heap *h, struct wh_heap_item *item)
{
	uint32_t at;

	if (item->place == 0)
		return;
	at = item->place - 1;
	assert(at < h->n && h->entries[at].item == item);
	item->place = 0;
	h->n--;
	if (at < h->n)
		heap_settle(h, at, h->entries[h->n]);
}

void
wh_heap_move(struct wh_heap *h, struct wh_heap_item *item, int64_t key)
{
	assert(item->place != 0 && h->entries[item->place - 1].item == item);
	item->key = key;
	heap_settle(h, item->place - 1, (struct wh_heap_entry){ key, item });
}

void
wh_heap_free(struct wh_heap *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		h->entries[i].item->place = 0;
	free(h->entries);
	*h = (struct wh_heap){ 0 };
}
