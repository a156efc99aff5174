/* Hash maps from bytes (wh_map) or a number (wh_map64) to a pointer. Open addressing with linear probing, no
 * tombstones, at most 3/4 full, keyed hashing: hostile keys cannot make it slow. {0} is a valid empty map.
 * Keys of a wh_map are BORROWED: the bytes stay put and unchanged as long as their entry stands; let them live in
 * the value. Values are never NULL and never owned. Growing rehashes everything at once: reserve when you know. */
#ifndef WHIPLY_BASE_MAP_H
#define WHIPLY_BASE_MAP_H

#include <whiply/types.h>

struct wh_map_entry {
	const char *key;	/* borrowed */
	uint32_t key_n;
	uint32_t hash;
	void *value;		/* NULL: no entry */
};

struct wh_map {
	struct wh_map_entry *entries;	/* owned */
	size_t n;
	size_t mask;			/* slots - 1; 0: no memory yet */
	size_t max;			/* never hold more entries than this; 0: no bound */
};

struct wh_map64_entry {
	uint64_t key;
	void *value;		/* NULL: no entry */
};

struct wh_map64 {
	struct wh_map64_entry *entries;	/* owned */
	size_t n;
	size_t mask;
	size_t max;
};

/** The value, or NULL when there is none. */
void *wh_map_get(const struct wh_map *m, struct wh_str key);

/** WH_EEXIST when the key is there, WH_EFULL at `max`, WH_ETOOBIG for a key of 4 GiB, WH_ENOMEM; all change nothing. */
enum wh_err wh_map_add(struct wh_map *m, struct wh_str key, void *value);

/** Adds, or replaces both the value and the borrowed key. The old value, or NULL, goes to `old_out` unless that is NULL. */
enum wh_err wh_map_put(struct wh_map *m, struct wh_str key, void *value, void **old_out);

/** Takes the entry out and returns its value, or NULL when there was none. */
void *wh_map_remove(struct wh_map *m, struct wh_str key);

/** Makes room for `n` entries in all, after which adds up to that number cannot run out of memory. */
enum wh_err wh_map_reserve(struct wh_map *m, size_t n);

/** Gives the memory back; keeps `max`. */
void wh_map_free(struct wh_map *m);

/** Where an iteration stands; {0} begins one. Between two calls of next, the current entry may be removed; nothing
 * may be added. Every other entry is seen exactly once, in no particular order. */
struct wh_map_iter {
	struct wh_str key;
	void *value;
	size_t at, left;	/* private */
};

bool wh_map_next(const struct wh_map *m, struct wh_map_iter *it);

struct wh_map64_iter {
	uint64_t key;
	void *value;
	size_t at, left;	/* private */
};

void *wh_map64_get(const struct wh_map64 *m, uint64_t key);
enum wh_err wh_map64_add(struct wh_map64 *m, uint64_t key, void *value);
enum wh_err wh_map64_put(struct wh_map64 *m, uint64_t key, void *value, void **old_out);
void *wh_map64_remove(struct wh_map64 *m, uint64_t key);
enum wh_err wh_map64_reserve(struct wh_map64 *m, size_t n);
void wh_map64_free(struct wh_map64 *m);
bool wh_map64_next(const struct wh_map64 *m, struct wh_map64_iter *it);

#endif
