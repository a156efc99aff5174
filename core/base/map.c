/* The map from bytes. An entry stands at or behind the slot of its hash, with no gap between; removal closes the gap
 * by moving entries back, so there are no tombstones and a table does not decay. */
#include "base/map.h"
#include "base/siphash.h"

#include <assert.h>
#include <stdlib.h>

enum { MAP_FIRST = 8 };

static uint32_t
map_hash(struct wh_str key)
{
	return (uint32_t)wh_siphash(wh_siphash_process_key(), key.p, key.n);
}

static bool
map_is(const struct wh_map_entry *e, uint32_t hash, struct wh_str key)
{
	return e->hash == hash && e->key_n == key.n && (key.n == 0 || memcmp(e->key, key.p, key.n) == 0);
}

/* The slot that holds the key, or else the free one where it would go. There is a free one, as a map is never full. */
static size_t
map_find(const struct wh_map *m, uint32_t hash, struct wh_str key)
{
	size_t at = hash & m->mask;

	while (m->entries[at].value != NULL && !map_is(&m->entries[at], hash, key))
		at = (at + 1) & m->mask;
	return at;
}

static enum wh_err
map_resize(struct wh_map *m, size_t slots)
{
	struct wh_map_entry *old = m->entries;
	size_t old_slots = old != NULL ? m->mask + 1 : 0;
	struct wh_map_entry *entries = calloc(slots, sizeof *entries);

	if (entries == NULL)
		return WH_ENOMEM;
	m->entries = entries;
	m->mask = slots - 1;
	for (size_t i = 0; i < old_slots; i++) {
		size_t at = old[i].hash & m->mask;

		if (old[i].value == NULL)
			continue;
		while (entries[at].value != NULL)
			at = (at + 1) & m->mask;
		entries[at] = old[i];
	}
	free(old);
	return WH_OK;
}

enum wh_err
wh_map_reserve(struct wh_map *m, size_t n)
{
	size_t slots = MAP_FIRST;

	/* 2^31 entries, as a hash has 32 bits. */
	if (n > UINT32_MAX / 2)
		return WH_ENOMEM;
	while (slots / 4 * 3 < n)
		slots *= 2;
	if (m->entries != NULL && slots <= m->mask + 1)
		return WH_OK;
	return map_resize(m, slots);
}

void *
wh_map_get(const struct wh_map *m, struct wh_str key)
{
	if (m->n == 0)
		return NULL;
	return m->entries[map_find(m, map_hash(key), key)].value;
}

enum wh_err
wh_map_put(struct wh_map *m, struct wh_str key, void *value, void **old_out)
{
	uint32_t hash = map_hash(key);
	struct wh_map_entry *e;
	size_t at = 0;

	assert(value != NULL);
	if (old_out != NULL)
		*old_out = NULL;
	if (key.n > UINT32_MAX)
		return WH_ETOOBIG;
	if (m->entries != NULL)
		at = map_find(m, hash, key);
	if (m->entries == NULL || m->entries[at].value == NULL) {
		if (m->max != 0 && m->n >= m->max)
			return WH_EFULL;
		if (m->entries == NULL || m->n >= (m->mask + 1) / 4 * 3) {
			enum wh_err err = wh_map_reserve(m, m->n + 1);

			if (err != WH_OK)
				return err;
			at = map_find(m, hash, key);
		}
		m->n++;
	}
	e = &m->entries[at];
	if (old_out != NULL)
		*old_out = e->value;
	*e = (struct wh_map_entry){ key.p, (uint32_t)key.n, hash, value };
	return WH_OK;
}

enum wh_err
wh_map_add(struct wh_map *m, struct wh_str key, void *value)
{
	if (wh_map_get(m, key) != NULL)
		return WH_EEXIST;
	return wh_map_put(m, key, value, NULL);
}

void *
wh_map_remove(struct wh_map *m, struct wh_str key)
{
	size_t gap, at;
	void *value;

	if (m->n == 0)
		return NULL;
	gap = at = map_find(m, map_hash(key), key);
	value = m->entries[gap].value;
	if (value == NULL)
		return NULL;
	for (;;) {
		struct wh_map_entry *e;

		at = (at + 1) & m->mask;
		e = &m->entries[at];
		if (e->value == NULL)
			break;
		/* It may move back unless its own slot lies behind the gap. */
		if (((at - e->hash) & m->mask) >= ((at - gap) & m->mask)) {
			m->entries[gap] = *e;
			gap = at;
		}
	}
	m->entries[gap].value = NULL;
	m->n--;
	return value;
}

void
wh_map_free(struct wh_map *m)
{
	free(m->entries);
	*m = (struct wh_map){ .max = m->max };
}

/* Goes downwards from a free slot: a removal moves entries only down and never over a free slot, thus from places that
 * were seen to the current one. `left` is one more than the slots to look at. */
bool
wh_map_next(const struct wh_map *m, struct wh_map_iter *it)
{
	if (m->entries == NULL)
		return false;
	if (it->left == 0) {
		while (m->entries[it->at].value != NULL)
			it->at++;
		it->left = m->mask + 1;
	}
	while (it->left > 1) {
		const struct wh_map_entry *e;

		it->left--;
		it->at = (it->at - 1) & m->mask;
		e = &m->entries[it->at];
		if (e->value != NULL) {
			it->key = (struct wh_str){ e->key, e->key_n };
			it->value = e->value;
			return true;
		}
	}
	return false;
}
