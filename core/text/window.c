/* See window.h. Entries have numbers that only grow; the place of an entry is its number modulo the size, so that whether a link of a chain
 * is still good is told by its number alone, and nothing has to be taken out. */
#include "text/window.h"

#include <stdlib.h>

struct window {
	int64_t keep_ms;
	uint64_t entries;	/* how many count */
	uint64_t size;		/* places: a power of two that has WINDOW_ADDS to spare */
	uint64_t next, mark;	/* numbers */
	struct window_entry *of;	/* owned; NULL until the first */
	uint64_t *heads;	/* owned: newest number of a bucket, and 1 */
	struct sketch *sketches;	/* owned; NULL until the first with a text */
};

struct window *
window_new(int64_t keep_ms, size_t entries)
{
	struct window *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->keep_ms = keep_ms;
	w->entries = entries;
	for (w->size = 128; w->size < entries + WINDOW_ADDS;)
		w->size *= 2;
	return w;
}

void
window_free(struct window **w)
{
	if (*w != NULL) {
		free((*w)->of);
		free((*w)->heads);
		free((*w)->sketches);
		free(*w);
	}
	*w = NULL;
}

void
window_inherit(struct window *to, struct window *from)
{
	const struct window was = *to;

	if (to->keep_ms != from->keep_ms || to->entries != from->entries)
		return;
	*to = *from;
	*from = was;
}

static bool
window_prepare(struct window *w, bool sketch)
{
	if (w->of == NULL)
		w->of = calloc(w->size, sizeof *w->of);
	if (w->heads == NULL)
		w->heads = calloc(w->size, sizeof *w->heads);
	if (sketch && w->sketches == NULL)
		w->sketches = calloc(w->size, sizeof *w->sketches);
	return w->of != NULL && w->heads != NULL && (!sketch || w->sketches != NULL);
}

enum wh_err
window_add(struct window *w, const struct window_entry *e, const struct sketch *sketch)
{
	uint64_t place = w->next & (w->size - 1), *head;

	if (!window_prepare(w, sketch != NULL))
		return WH_ENOMEM;
	if (w->next - w->mark >= WINDOW_ADDS)
		return WH_EFULL;
	head = &w->heads[e->key & (w->size - 1)];
	w->of[place] = *e;
	w->of[place].before = *head;
	if (w->sketches != NULL)
		w->sketches[place] = sketch != NULL ? *sketch : (struct sketch){ 0 };
	*head = ++w->next;
	return WH_OK;
}

/* The lowest number that still counts. */
static uint64_t
window_first(const struct window *w)
{
	return w->next > w->entries ? w->next - w->entries : 0;
}

struct users {
	uint64_t of[2 * WINDOW_USERS];	/* 0: free */
	uint32_t n;
};

static void
users_add(struct users *u, uint64_t user)
{
	uint64_t at = user;

	user = user != 0 ? user : 1;
	if (u->n == WINDOW_USERS)
		return;
	for (;; at++) {
		uint64_t *place = &u->of[at & (2 * WINDOW_USERS - 1)];

		if (*place == user)
			return;
		if (*place == 0) {
			*place = user;
			u->n++;
			return;
		}
	}
}

static void
found_add(struct window_found *out, struct users *users, const struct window_entry *e)
{
	out->count++;
	if (users != NULL)
		users_add(users, e->user);
	if (out->n_ids < WINDOW_IDS && e->entry != 0)
		out->ids[out->n_ids++] = e->entry;
}

static int64_t
oldest(const struct window *w, int64_t now_ms, int64_t within_ms)
{
	return now_ms - (within_ms > 0 && within_ms < w->keep_ms ? within_ms : w->keep_ms);
}

void
window_ask(const struct window *w, uint64_t key, int64_t now_ms, int64_t within_ms, enum window_want want, struct window_found *out,
	uint64_t *steps)
{
	uint64_t first = window_first(w), at;
	int64_t from = oldest(w, now_ms, within_ms);
	struct users users, *told = want == WINDOW_WANT_COUNT ? NULL : &users;

	out->count = out->users = out->n_ids = 0;
	if (w->of == NULL)
		return;
	if (told != NULL)
		memset(told, 0, sizeof *told);
	for (at = w->heads[key & (w->size - 1)]; at > first; at = w->of[(at - 1) & (w->size - 1)].before) {
		const struct window_entry *e = &w->of[(at - 1) & (w->size - 1)];

		*steps += 1;
		if (e->time_ms <= from)
			break;
		if (e->key == key)
			found_add(out, told, e);
	}
	out->users = told != NULL ? told->n : 0;
}

void
window_similar(const struct window *w, const struct sketch *sketch, unsigned least, uint64_t key, int64_t now_ms, int64_t within_ms,
	struct window_found *out, uint64_t *steps)
{
	uint64_t first = window_first(w);
	int64_t from = oldest(w, now_ms, within_ms);
	struct users users;
	bool any = false;

	out->count = out->users = out->n_ids = 0;
	if (w->sketches == NULL || sketch->n < SKETCH_LEAST)
		return;
	/* The ring is gone through backwards, in pieces that do not wrap. */
	if (w->next > WINDOW_LOOKS && first < w->next - WINDOW_LOOKS)
		first = w->next - WINDOW_LOOKS;
	for (uint64_t at = w->next; at > first;) {
		uint64_t place = (at - 1) & (w->size - 1), low = at - 1 - place < first ? first & (w->size - 1) : 0, n = place + 1 - low;
		size_t found = sketch_find_last(sketch, &w->sketches[low], n, least);

		*steps += 1 + (n - found) / 2;
		at -= n - found;
		if (found == 0)
			continue;
		/* They stand in the order of time. */
		if (w->of[low + found - 1].time_ms <= from)
			break;
		if (!any)
			memset(&users, 0, sizeof users);
		any = true;
		if (key == 0 || w->of[low + found - 1].key == key)
			found_add(out, &users, &w->of[low + found - 1]);
		at--;
	}
	out->users = any ? users.n : 0;
}

size_t
window_bytes(const struct window *w)
{
	return sizeof *w + (w->of != NULL ? w->size * (sizeof *w->of + sizeof *w->heads) : 0) + (w->sketches != NULL ? w->size * sizeof *w->sketches : 0);
}

void
window_mark(struct window *w)
{
	w->mark = w->next;
}

void
window_undo(struct window *w)
{
	while (w->next > w->mark) {
		const struct window_entry *e = &w->of[--w->next & (w->size - 1)];

		w->heads[e->key & (w->size - 1)] = e->before;
	}
}
