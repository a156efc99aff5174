/* A wh_map on the heap. */
#include "base/dict.h"

#include <stdlib.h>

#include "base/map.h"

struct wh_dict {
	struct wh_map map;
};

static struct wh_dict *
dict_make(size_t max)
{
	struct wh_dict *d = calloc(1, sizeof *d);

	if (d != NULL)
		d->map.max = max;
	return d;
}

static void
dict_free(struct wh_dict *d)
{
	wh_map_free(&d->map);
	free(d);
}

static void *
dict_get(const struct wh_dict *d, struct wh_str key)
{
	return wh_map_get(&d->map, key);
}

static enum wh_err
dict_add(struct wh_dict *d, struct wh_str key, void *value)
{
	return wh_map_add(&d->map, key, value);
}

static void *
dict_remove(struct wh_dict *d, struct wh_str key)
{
	return wh_map_remove(&d->map, key);
}

static bool
dict_next(const struct wh_dict *d, struct wh_dict_iter *it)
{
	struct wh_map_iter inner = { it->key, it->value, it->at, it->left };
	bool more = wh_map_next(&d->map, &inner);

	*it = (struct wh_dict_iter){ inner.key, inner.value, inner.at, inner.left };
	return more;
}

static size_t
dict_count(const struct wh_dict *d)
{
	return d->map.n;
}

const struct wh_dict_ops wh_dict_ops = {
	.make = dict_make, .free = dict_free, .get = dict_get, .add = dict_add, .remove = dict_remove, .next = dict_next, .count = dict_count,
};
