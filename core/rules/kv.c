/* See kv.h. An entry that is written over is kept until the mark moves, so that undoing cannot fail. */
#include "rules/kv.h"

#include <stdlib.h>

#include "base/map.h"

struct kv_entry {
	struct kv_value value;	/* `s` points behind the struct */
	size_t key_n;
	size_t bytes;
	char text[];		/* the key, then the value's text */
};

struct kv_write {
	struct kv_entry *old;	/* owned; NULL: there was none */
	struct kv_entry *new;	/* in the map; NULL: it was taken away */
};

struct kv {
	struct wh_map map;
	size_t bytes;
	size_t n_writes;
	struct kv_write writes[KV_WRITES];
};

static struct wh_str
entry_key(const struct kv_entry *e)
{
	return (struct wh_str){ e->text, e->key_n };
}

struct kv *
kv_new(void)
{
	return calloc(1, sizeof(struct kv));
}

void
kv_free(struct kv **kv)
{
	struct wh_map_iter it = { 0 };

	if (*kv == NULL)
		return;
	kv_mark(*kv);
	while (wh_map_next(&(*kv)->map, &it))
		free(it.value);
	wh_map_free(&(*kv)->map);
	free(*kv);
	*kv = NULL;
}

struct kv_value
kv_get(const struct kv *kv, struct wh_str key, int64_t now_ms)
{
	const struct kv_entry *e = wh_map_get(&kv->map, key);

	return e != NULL && e->value.until_ms > now_ms ? e->value : (struct kv_value){ .type = KV_NONE };
}

static struct kv_entry *
entry_new(struct wh_str key, const struct kv_value *v)
{
	size_t more = v->type == KV_STR ? v->s.n : 0;
	struct kv_entry *e = malloc(sizeof *e + key.n + more);

	if (e == NULL)
		return NULL;
	e->value = *v;
	e->key_n = key.n;
	e->bytes = sizeof *e + key.n + more;
	memcpy(e->text, key.p, key.n);
	if (more != 0)
		memcpy(e->text + key.n, v->s.p, more);
	e->value.s = (struct wh_str){ e->text + key.n, more };
	return e;
}

/* Throws out what is over. The last writes stay: they may be undone. */
static void
kv_sweep(struct kv *kv, int64_t now_ms)
{
	struct wh_map_iter it = { 0 };

	while (wh_map_next(&kv->map, &it)) {
		struct kv_entry *e = it.value;
		bool written = false;

		for (size_t i = 0; i < kv->n_writes; i++)
			written |= kv->writes[i].new == e;
		if (written || e->value.until_ms > now_ms)
			continue;
		wh_map_remove(&kv->map, it.key);
		kv->bytes -= e->bytes;
		free(e);
	}
}

enum wh_err
kv_set(struct kv *kv, struct wh_str key, const struct kv_value *value, int64_t now_ms)
{
	struct kv_entry *new = NULL;
	void *old = NULL;

	if (key.n == 0 || key.n > KV_KEY || (value->type == KV_STR && value->s.n > KV_VALUE))
		return WH_ETOOBIG;
	if (kv->n_writes == KV_WRITES)
		return WH_EFULL;
	if (value->type == KV_NONE) {
		old = wh_map_remove(&kv->map, key);
		if (old == NULL)
			return WH_OK;
	} else {
		if (kv->map.n >= KV_ENTRIES || kv->bytes > KV_BYTES)
			kv_sweep(kv, now_ms);
		if ((kv->map.n >= KV_ENTRIES && wh_map_get(&kv->map, key) == NULL) || kv->bytes > KV_BYTES)
			return WH_EFULL;
		new = entry_new(key, value);
		if (new == NULL || wh_map_put(&kv->map, entry_key(new), new, &old) != WH_OK) {
			free(new);
			return WH_ENOMEM;
		}
		kv->bytes += new->bytes;
	}
	if (old != NULL)
		kv->bytes -= ((struct kv_entry *)old)->bytes;
	kv->writes[kv->n_writes++] = (struct kv_write){ old, new };
	return WH_OK;
}

size_t
kv_count(const struct kv *kv)
{
	return kv->map.n;
}

void
kv_mark(struct kv *kv)
{
	for (size_t i = 0; i < kv->n_writes; i++)
		free(kv->writes[i].old);
	kv->n_writes = 0;
}

/* The last write first. The map had room for the old ones, so putting them back cannot fail. */
void
kv_undo(struct kv *kv)
{
	while (kv->n_writes > 0) {
		struct kv_write *w = &kv->writes[--kv->n_writes];

		if (w->new != NULL) {
			wh_map_remove(&kv->map, entry_key(w->new));
			kv->bytes -= w->new->bytes;
		}
		if (w->old != NULL) {
			kv->bytes += w->old->bytes;
			if (wh_map_put(&kv->map, entry_key(w->old), w->old, NULL) != WH_OK)
				free(w->old);
		}
		free(w->new);
	}
}
