/* A binary heap of items keyed by int64, smallest first: the timers of a process, ordered by when they are due.
 * Intrusive: the item stands inside the thing (see WH_CONTAINER in list.h) and knows its place, so that removal by
 * item is O(log n). Items with equal keys come in no particular order. {0} is an empty heap; {0} an item in none. */
#ifndef WHIPLY_BASE_HEAP_H
#define WHIPLY_BASE_HEAP_H

#include <whiply/types.h>

struct wh_heap_item {
	int64_t key;	/* read only: change it through wh_heap_move */
	uint32_t place;	/* 1 and up; 0: in no heap */
};

struct wh_heap_entry {
	int64_t key;	/* copied here, so that sifting reads no item */
	struct wh_heap_item *item;
};

struct wh_heap {
	struct wh_heap_entry *entries;	/* owned */
	uint32_t n;
	uint32_t cap;
};

/** WH_ENOMEM leaves the heap as it was. Asserts that the item is in no heap. */
enum wh_err wh_heap_add(struct wh_heap *h, struct wh_heap_item *item, int64_t key);

/** Takes the item out; does nothing when it is in no heap. */
void wh_heap_remove(struct wh_heap *h, struct wh_heap_item *item);

/** Gives an item of the heap another key. Cannot fail. */
void wh_heap_move(struct wh_heap *h, struct wh_heap_item *item, int64_t key);

/** Makes room for `n` items in all, after which adds up to that number cannot fail. */
enum wh_err wh_heap_reserve(struct wh_heap *h, uint32_t n);

/** Gives the memory back. The items still in it are no longer in any heap. */
void wh_heap_free(struct wh_heap *h);

/** The item with the smallest key, or NULL. */
static inline struct wh_heap_item *
wh_heap_first(const struct wh_heap *h)
{
	return h->n != 0 ? h->entries[0].item : NULL;
}

static inline bool
wh_heap_holds(const struct wh_heap_item *item)
{
	return item->place != 0;
}

#endif
