/* The wheel of heartbeat_wheel.h. */
#include "edge/heartbeat_wheel.h"

void
wheel_init(struct wheel *w, uint32_t now)
{
	for (unsigned i = 0; i < WHEEL_SPOKES; i++)
		wh_list_init(&w->spokes[i]);
	wh_list_init(&w->hand);
	w->now = w->walked = now;
}

void
wheel_item_init(struct wheel_item *item)
{
	wh_list_init(&item->link);
	item->due = 0;
}

void
wheel_set(struct wheel *w, struct wheel_item *item, uint32_t due)
{
	if ((int32_t)(due - w->walked) <= 0)
		due = w->walked + 1;
	wh_list_remove(&item->link);
	item->due = due;
	wh_list_add_last(&w->spokes[due & (WHEEL_SPOKES - 1)], &item->link);
}

void
wheel_remove(struct wheel_item *item)
{
	wh_list_remove(&item->link);
}

struct wheel_item *
wheel_due(struct wheel *w, uint32_t now)
{
	for (;;) {
		while (!wh_list_empty(&w->hand)) {
			struct wheel_item *item = WH_CONTAINER(wh_list_first(&w->hand), struct wheel_item, link);

			wh_list_remove(&item->link);
			if ((int32_t)(item->due - w->walked) <= 0)
				return item;
			/* A later round: back to where it hung. */
			wh_list_add_last(&w->spokes[item->due & (WHEEL_SPOKES - 1)], &item->link);
		}
		w->now = w->walked;
		if ((int32_t)(now - w->walked) <= 0)
			return NULL;
		w->walked++;
		wh_list_join(&w->hand, &w->spokes[w->walked & (WHEEL_SPOKES - 1)]);
	}
}
