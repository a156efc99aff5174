/* A list of items for each slot, and a bit that says which slots are not empty: the next one is found by looking at words. Neighbours are only
 * written to: nobody waits until their lines have come from memory. */
#include "wheel.h"

#include <stdlib.h>

static struct wheel_link *
wheel_link(const struct wheel *w, uint32_t item)
{
	return pieces_item(&w->links, item);
}

bool
wheel_init(struct wheel *w, int64_t now)
{
	*w = (struct wheel){
		.heads = calloc(WHEEL_SLOTS, sizeof *w->heads), .tails = calloc(WHEEL_SLOTS, sizeof *w->tails), .full = calloc(WHEEL_SLOTS / 64, sizeof *w->full),
		.now = now, .links.size = sizeof(struct wheel_link),
	};
	if (w->heads != NULL && w->tails != NULL && w->full != NULL)
		return true;
	wheel_free(w);
	return false;
}

void
wheel_free(struct wheel *w)
{
	free(w->heads);
	free(w->tails);
	free(w->full);
	pieces_free(&w->links);
	*w = (struct wheel){ .now = w->now };
}

bool
wheel_reach(struct wheel *w, uint32_t item)
{
	return pieces_reach(&w->links, item);
}

void
wheel_unset(struct wheel *w, uint32_t item)
{
	struct wheel_link *link = wheel_link(w, item);
	uint32_t slot = link->slot - 1;

	if (link->slot == 0)
		return;
	*(link->prev != 0 ? &wheel_link(w, link->prev)->next : &w->heads[slot]) = link->next;
	*(link->next != 0 ? &wheel_link(w, link->next)->prev : &w->tails[slot]) = link->prev;
	if (w->heads[slot] == 0)
		w->full[slot / 64] &= ~(1ull << slot % 64);
	link->slot = 0;
	w->count--;
}

void
wheel_set(struct wheel *w, uint32_t item, int64_t at)
{
	struct wheel_link *link = wheel_link(w, item);
	uint32_t slot;

	if (at <= w->now)
		at = w->now + 1;
	if (at >= w->now + WHEEL_SLOTS)
		at = w->now + WHEEL_SLOTS - 1;
	slot = (uint32_t)at % WHEEL_SLOTS;
	if (link->slot == slot + 1)
		return;
	wheel_unset(w, item);
	link->prev = w->tails[slot];
	link->next = 0;
	*(link->prev != 0 ? &wheel_link(w, link->prev)->next : &w->heads[slot]) = item;
	w->tails[slot] = item;
	w->full[slot / 64] |= 1ull << slot % 64;
	link->slot = slot + 1;
	w->count++;
}

int64_t
wheel_next(const struct wheel *w)
{
	uint32_t at = (uint32_t)(w->now + 1) % WHEEL_SLOTS, skipped = 0;

	if (w->count == 0)
		return INT64_MAX;
	while (skipped < WHEEL_SLOTS) {
		uint64_t word = w->full[at / 64] >> at % 64;

		if (word != 0)
			return w->now + 1 + skipped + __builtin_ctzll(word);
		skipped += 64 - at % 64;
		at = (at + 64 - at % 64) % WHEEL_SLOTS;
	}
	return INT64_MAX;
}

uint32_t
wheel_take(struct wheel *w, int64_t now)
{
	int64_t next = wheel_next(w);
	uint32_t item;

	if (next > now) {
		if (now > w->now)
			w->now = now;
		return 0;
	}
	/* The slot itself stays ahead of us, so that nothing can be set into it while it is emptied. */
	w->now = next - 1;
	item = w->heads[(uint32_t)next % WHEEL_SLOTS];
	wheel_unset(w, item);
	return item;
}

void
wheel_following(const struct wheel *w, uint32_t items_out[static WHEEL_FOLLOWING])
{
	uint32_t item = w->heads[(uint32_t)(w->now + 1) % WHEEL_SLOTS];

	for (unsigned i = 0; i < WHEEL_FOLLOWING; i++) {
		items_out[i] = item;
		item = item != 0 && i + 1 < WHEEL_FOLLOWING ? wheel_link(w, item)->next : 0;
	}
	/* Whose link says who is next when it is the second. */
	if (items_out[WHEEL_FOLLOWING - 1] != 0)
		wheel_soon(w, items_out[WHEEL_FOLLOWING - 1]);
}

void
wheel_soon(const struct wheel *w, uint32_t item)
{
	pieces_soon(wheel_link(w, item));
}
