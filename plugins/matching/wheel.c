#include "wheel.h"

#include <stdlib.h>

bool
wheel_init(struct wheel *w, int64_t now)
{
	*w = (struct wheel){ calloc(WHEEL_SLOTS, sizeof *w->heads), calloc(WHEEL_SLOTS / 64, sizeof *w->full), now, 0 };
	if (w->heads != NULL && w->full != NULL)
		return true;
	wheel_free(w);
	return false;
}

void
wheel_free(struct wheel *w)
{
	free(w->heads);
	free(w->full);
	*w = (struct wheel){ .now = w->now };
}

void
wheel_unset(struct wheel *w, wheel_links *links, void *self, uint32_t item)
{
	struct wheel_link *link = links(self, item);
	uint32_t slot = link->slot - 1;

	if (link->slot == 0)
		return;
	if (link->next == item) {
		w->heads[slot] = 0;
		w->full[slot / 64] &= ~(1ull << slot % 64);
	} else {
		links(self, link->prev)->next = link->next;
		links(self, link->next)->prev = link->prev;
		if (w->heads[slot] == item)
			w->heads[slot] = link->next;
	}
	link->slot = 0;
	w->count--;
}

void
wheel_set(struct wheel *w, wheel_links *links, void *self, uint32_t item, int64_t at)
{
	struct wheel_link *link = links(self, item);
	uint32_t slot, head;

	if (at <= w->now)
		at = w->now + 1;
	if (at >= w->now + WHEEL_SLOTS)
		at = w->now + WHEEL_SLOTS - 1;
	slot = (uint32_t)at % WHEEL_SLOTS;
	if (link->slot == slot + 1)
		return;
	wheel_unset(w, links, self, item);
	head = w->heads[slot];
	if (head == 0) {
		w->heads[slot] = link->prev = link->next = item;
		w->full[slot / 64] |= 1ull << slot % 64;
	} else {
		struct wheel_link *first = links(self, head);

		link->prev = first->prev;
		link->next = head;
		links(self, first->prev)->next = item;
		first->prev = item;
	}
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
wheel_take(struct wheel *w, wheel_links *links, void *self, int64_t now)
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
	wheel_unset(w, links, self, item);
	return item;
}
