/* The table of addrtable.h: chained by index within one array, and a list of those without connections. */
#include "base/addrtable.h"
#include "base/random.h"

#include <assert.h>
#include <stdlib.h>

enum { ADDRTABLE_MOST = 1 << 24 };

enum wh_err
wh_addrtable_init(struct wh_addrtable *t, uint32_t max)
{
	uint32_t heads = 16;

	if (max == 0 || max > ADDRTABLE_MOST)
		return WH_EINVAL;
	while (heads < max)
		heads *= 2;
	*t = (struct wh_addrtable){ .max = max, .mask = heads - 1 };
	wh_list_init(&t->idle);
	wh_random_bytes(&t->secret, sizeof t->secret);
	t->entries = calloc(max, sizeof *t->entries);
	t->heads = calloc(heads, sizeof *t->heads);
	if (t->entries == NULL || t->heads == NULL) {
		wh_addrtable_free(t);
		return WH_ENOMEM;
	}
	return WH_OK;
}

static uint32_t *
addrtable_head(const struct wh_addrtable *t, struct wh_addr_key key)
{
	return &t->heads[wh_siphash(&t->secret, &key, sizeof key) & t->mask];
}

struct wh_addr_entry *
wh_addrtable_find(const struct wh_addrtable *t, struct wh_addr_key key)
{
	for (uint32_t at = *addrtable_head(t, key); at != 0; at = t->entries[at - 1].next) {
		struct wh_addr_entry *e = &t->entries[at - 1];

		if (e->key.hi == key.hi && e->key.lo == key.lo)
			return e;
	}
	return NULL;
}

/* An entry that is in no chain and no list: a fresh one, or the idlest. */
static struct wh_addr_entry *
addrtable_room(struct wh_addrtable *t)
{
	struct wh_addr_entry *e;
	struct wh_list *idlest;
	uint32_t *at;

	if (t->n < t->max)
		return &t->entries[t->n++];
	idlest = wh_list_first(&t->idle);
	if (idlest == NULL)
		return NULL;
	e = WH_CONTAINER(idlest, struct wh_addr_entry, idle);
	at = addrtable_head(t, e->key);
	while (&t->entries[*at - 1] != e)
		at = &t->entries[*at - 1].next;
	*at = e->next;
	wh_list_remove(&e->idle);
	t->evicted++;
	return e;
}

struct wh_addr_entry *
wh_addrtable_touch(struct wh_addrtable *t, struct wh_addr_key key)
{
	struct wh_addr_entry *e = wh_addrtable_find(t, key);
	uint32_t *head;

	if (e == NULL) {
		e = addrtable_room(t);
		if (e == NULL)
			return NULL;
		head = addrtable_head(t, key);
		*e = (struct wh_addr_entry){ .key = key, .next = *head };
		*head = (uint32_t)(e - t->entries) + 1;
		wh_list_init(&e->idle);
	}
	if (e->connections == 0) {
		wh_list_remove(&e->idle);
		wh_list_add_last(&t->idle, &e->idle);
	}
	return e;
}

void
wh_addrtable_hold(struct wh_addrtable *t, struct wh_addr_entry *e)
{
	(void)t;
	if (e->connections++ == 0)
		wh_list_remove(&e->idle);
}

void
wh_addrtable_drop(struct wh_addrtable *t, struct wh_addr_entry *e)
{
	assert(e->connections > 0);
	if (--e->connections == 0)
		wh_list_add_last(&t->idle, &e->idle);
}

void
wh_addrtable_free(struct wh_addrtable *t)
{
	free(t->entries);
	free(t->heads);
	*t = (struct wh_addrtable){ 0 };
	wh_list_init(&t->idle);
}
