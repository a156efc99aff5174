/* The map from numbers: as map.c, with the key in the entry and the hash made anew when it is wanted, since that
 * costs less than the memory. Keys may be chosen by outsiders, so they are hashed with the process key as well. */
#include "base/map.h"
#include "base/siphash.h"

#include <assert.h>
#include <stdlib.h>

enum { MAP64_FIRST = 8 };

static size_t
map64_home(const struct wh_map64 *m, uint64_t key)
{
	return (size_t)wh_siphash_u64(wh_siphash_process_key(), key) & m->mask;
}

static size_t
map64_find(const struct wh_map64 *m, uint64_t key)
{
	size_t at = map64_home(m, key);

	while (m->entries[at].value != NULL && m->entries[at].key != key)
		at = (at + 1) & m->mask;
	return at;
}

static enum wh_err
map64_resize(struct wh_map64 *m, size_t slots)
{
	struct wh_map64_entry *old = m->entries;
	size_t old_slots = old != NULL ? m->mask + 1 : 0;
	struct wh_map64_entry *entries = calloc(slots, sizeof *entries);

	if (entries == NULL)
		return WH_ENOMEM;
	m->entries = entries;
	m->mask = slots - 1;
	for (size_t i = 0; i < old_slots; i++)
		if (old[i].value != NULL)
			entries[map64_find(m, old[i].key)] = old[i];
	free(old);
	return WH_OK;
}

enum wh_err
wh_map64_reserve(struct wh_map64 *m, size_t n)
{
	size_t slots = MAP64_FIRST;

	if (n > SIZE_MAX / 64)
		return WH_ENOMEM;
	while (slots / 4 * 3 < n)
		slots *= 2;
	if (m->entries != NULL && slots <= m->mask + 1)
		return WH_OK;
	return map64_resize(m, slots);
}

void *
wh_map64_get(const struct wh_map64 *m, uint64_t key)
{
	if (m->n == 0)
		return NULL;
	return m->entries[map64_find(m, key)].value;
}

enum wh_err
wh_map64_put(struct wh_map64 *m, uint64_t key, void *value, void **old_out)
{
	size_t at = 0;

	assert(value != NULL);
	if (old_out != NULL)
		*old_out = NULL;
	if (m->entries != NULL)
		at = map64_find(m, key);
	if (m->entries == NULL || m->entries[at].value == NULL) {
		if (m->max != 0 && m->n >= m->max)
			return WH_EFULL;
		if (m->entries == NULL || m->n >= (m->mask + 1) / 4 * 3) {
			enum wh_err err = wh_map64_reserve(m, m->n + 1);

			if (err != WH_OK)
				return err;
			at = map64_find(m, key);
		}
		m->n++;
	}
	if (old_out != NULL)
		*old_out = m->entries[at].value;
	m->entries[at] = (struct wh_map64_entry){ key, value };
	return WH_OK;
}

enum wh_err
wh_map64_add(struct wh_map64 *m, uint64_t key, void *value)
{
	if (wh_map64_get(m, key) != NULL)
		return WH_EEXIST;
	return wh_map64_put(m, key, value, NULL);
}

void *
wh_map64_remove(struct wh_map64 *m, uint64_t key)
{
	size_t gap, at;
	void *value;

	if (m->n == 0)
		return NULL;
	gap = at = map64_find(m, key);
	value = m->entries[gap].value;
	if (value == NULL)
		return NULL;
	for (;;) {
		at = (at + 1) & m->mask;
		if (m->entries[at].value == NULL)
			break;
		if (((at - map64_home(m, m->entries[at].key)) & m->mask) >= ((at - gap) & m->mask)) {
			m->entries[gap] = m->entries[at];
			gap = at;
		}
	}
	m->entries[gap].value = NULL;
	m->n--;
	return value;
}

void
wh_map64_free(struct wh_map64 *m)
{
	free(m->entries);
	*m = (struct wh_map64){ .max = m->max };
}

/* See wh_map_next. */
bool
wh_map64_next(const struct wh_map64 *m, struct wh_map64_iter *it)
{
	if (m->entries == NULL)
		return false;
	if (it->left == 0) {
		while (m->entries[it->at].value != NULL)
			it->at++;
		it->left = m->mask + 1;
	}
	while (it->left > 1) {
		const struct wh_map64_entry *e;

		it->left--;
		it->at = (it->at - 1) & m->mask;
		e = &m->entries[it->at];
		if (e->value != NULL) {
			it->key = e->key;
			it->value = e->value;
			return true;
		}
	}
	return false;
}
