/* A dictionary from bytes to pointers, for plugins. Lookup is by keyed hash, so hostile keys cannot make it slow. Keys are borrowed: let
 * them live in the value, unchanged as long as the entry stands. Values are never NULL and never owned. */
#ifndef WHIPLY_DICT_H
#define WHIPLY_DICT_H

#include <whiply/host.h>

struct wh_dict;

/** Where an iteration stands; {0} begins one. Meanwhile the entry it is at may be removed; nothing may be added. */
struct wh_dict_iter {
	struct wh_str key;
	void *value;
	size_t at, left;	/* the host's own */
};

struct wh_dict_ops {
	struct wh_dict *(*make)(size_t max);
	void (*free)(struct wh_dict *d);
	void *(*get)(const struct wh_dict *d, struct wh_str key);
	enum wh_err (*add)(struct wh_dict *d, struct wh_str key, void *value);
	void *(*remove)(struct wh_dict *d, struct wh_str key);
	bool (*next)(const struct wh_dict *d, struct wh_dict_iter *it);
	size_t (*count)(const struct wh_dict *d);
};

/** `max` 0: no bound. NULL: out of memory. */
static inline struct wh_dict *
wh_dict_new(const struct wh_host *h, size_t max)
{
	return h->ops->dict->make(max);
}

/** Frees it, not its values, and nulls the caller's pointer. */
static inline void
wh_dict_free(const struct wh_host *h, struct wh_dict **d)
{
	if (*d != NULL)
		h->ops->dict->free(*d);
	*d = NULL;
}

static inline void *
wh_dict_get(const struct wh_host *h, const struct wh_dict *d, struct wh_str key)
{
	return h->ops->dict->get(d, key);
}

/** WH_EEXIST, WH_EFULL at its bound, WH_ENOMEM; all change nothing. */
static inline enum wh_err
wh_dict_add(const struct wh_host *h, struct wh_dict *d, struct wh_str key, void *value)
{
	return h->ops->dict->add(d, key, value);
}

/** Takes the entry out and returns its value, or NULL. */
static inline void *
wh_dict_remove(const struct wh_host *h, struct wh_dict *d, struct wh_str key)
{
	return h->ops->dict->remove(d, key);
}

static inline bool
wh_dict_next(const struct wh_host *h, const struct wh_dict *d, struct wh_dict_iter *it)
{
	return h->ops->dict->next(d, it);
}

static inline size_t
wh_dict_count(const struct wh_host *h, const struct wh_dict *d)
{
	return h->ops->dict->count(d);
}

#endif
