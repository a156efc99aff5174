/* An intrusive doubly linked list: the link stands inside the thing, so that joining and leaving allocate nothing.
 * A head and a link are the same struct. A link that is in no list points at itself, so leaving twice is harmless;
 * therefore both are initialised before use, and a thing that is copied or moved breaks its list. */
#ifndef WHIPLY_LIST_H
#define WHIPLY_LIST_H

#include <whiply/types.h>

struct wh_list {
	struct wh_list *next;
	struct wh_list *prev;
};

/** The `type` whose `member` is at `ptr`. */
#define WH_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/** Runs over the links of `head` in order. The body may remove `link` itself, and nothing else but add at the end. */
#define WH_LIST_EACH(link, head) \
	for (struct wh_list *link = (head)->next, *link##_next = link->next; link != (head); \
	     link = link##_next, link##_next = link->next)

static inline void
wh_list_init(struct wh_list *l)
{
	l->next = l->prev = l;
}

/** For a head: is the list empty? For a link: is it in no list? */
static inline bool
wh_list_empty(const struct wh_list *l)
{
	return l->next == l;
}

/** Puts `link`, which is in no list, behind `at`; with the head as `at` it becomes the first. */
static inline void
wh_list_add_after(struct wh_list *at, struct wh_list *link)
{
	link->prev = at;
	link->next = at->next;
	at->next->prev = link;
	at->next = link;
}

static inline void
wh_list_add_first(struct wh_list *head, struct wh_list *link)
{
	wh_list_add_after(head, link);
}

static inline void
wh_list_add_last(struct wh_list *head, struct wh_list *link)
{
	wh_list_add_after(head->prev, link);
}

static inline void
wh_list_remove(struct wh_list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	wh_list_init(link);
}

/** The first link, or NULL when the list is empty. */
static inline struct wh_list *
wh_list_first(const struct wh_list *head)
{
	return head->next != head ? head->next : NULL;
}

static inline struct wh_list *
wh_list_last(const struct wh_list *head)
{
	return head->prev != head ? head->prev : NULL;
}

/** Moves every link of `from`, in order, to the end of `to`. */
static inline void
wh_list_join(struct wh_list *to, struct wh_list *from)
{
	if (wh_list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	wh_list_init(from);
}

#endif
