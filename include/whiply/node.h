/* Lists without memory of their own: what is in one has a node inside, and an empty list is a node that points at itself. Nothing here owns anything. */
#ifndef WHIPLY_NODE_H
#define WHIPLY_NODE_H

#include <whiply/types.h>

struct wh_node {
	struct wh_node *next, *prev;
};

/** What the node is the member of. */
#define WH_NODE_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/** An empty list, or a node that is in none. */
static inline void
wh_node_init(struct wh_node *list)
{
	list->next = list->prev = list;
}

static inline bool
wh_node_none(const struct wh_node *list)
{
	return list->next == list;
}

/** At the end. */
static inline void
wh_node_add(struct wh_node *list, struct wh_node *item)
{
	item->prev = list->prev;
	item->next = list;
	list->prev->next = item;
	list->prev = item;
}

/** Out of its list, whichever that is; one that is in none stays so. */
static inline void
wh_node_remove(struct wh_node *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	wh_node_init(item);
}

#endif
