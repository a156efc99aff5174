/* See ac.h. A state's number is the place of its row; the top bit of a transition says that a string ends there. */
#include "text/ac.h"

#include <stdlib.h>

#define AC_HIT 0x80000000u

struct ac_end {
	int32_t string;		/* that ends here: the first with these bytes; -1: none */
	uint32_t shorter;	/* state of the next shorter string that ends here; 0: none */
};

struct ac {
	uint32_t *next;		/* owned: rows of `columns` */
	struct ac_end *ends;	/* owned: one a state */
	uint32_t columns, states;
	uint16_t column[256];
};

static void
ac_columns(struct ac *ac, const struct wh_str *strings, size_t n)
{
	ac->columns = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < strings[i].n; k++) {
			uint16_t *c = &ac->column[(unsigned char)strings[i].p[k]];

			if (*c == 0)
				*c = (uint16_t)ac->columns++;
		}
}

static enum wh_err
ac_alloc(struct ac *ac, const struct wh_str *strings, size_t n)
{
	size_t most = 1;

	for (size_t i = 0; i < n; i++)
		most += strings[i].n;
	if (most > AC_CELLS / ac->columns)
		return WH_ETOOBIG;
	ac->next = calloc(most * ac->columns, sizeof *ac->next);
	ac->ends = calloc(most, sizeof *ac->ends);
	return ac->next != NULL && ac->ends != NULL ? WH_OK : WH_ENOMEM;
}

static void
ac_trie(struct ac *ac, const struct wh_str *strings, size_t n)
{
	ac->states = 1;
	ac->ends[0].string = -1;
	for (size_t i = 0; i < n; i++) {
		uint32_t state = 0;

		for (size_t k = 0; k < strings[i].n; k++) {
			uint32_t *to = &ac->next[(size_t)state * ac->columns + ac->column[(unsigned char)strings[i].p[k]]];

			if (*to == 0) {
				*to = ac->states;
				ac->ends[ac->states++].string = -1;
			}
			state = *to;
		}
		if (ac->ends[state].string < 0)
			ac->ends[state].string = (int32_t)i;
	}
}

/* Breadth first: a state's fallback is nearer to the root, so its row is whole when it is copied from. */
static enum wh_err
ac_fallbacks(struct ac *ac)
{
	uint32_t *queue = calloc(ac->states, sizeof *queue), *fall = calloc(ac->states, sizeof *fall), first = 0, last = 0;

	if (queue == NULL || fall == NULL) {
		free(queue);
		free(fall);
		return WH_ENOMEM;
	}
	queue[last++] = 0;
	while (first < last) {
		uint32_t state = queue[first++], *row = &ac->next[(size_t)state * ac->columns];
		const uint32_t *back = &ac->next[(size_t)fall[state] * ac->columns];

		for (uint32_t c = 1; c < ac->columns; c++) {
			uint32_t to = row[c];

			if (to == 0) {
				row[c] = state != 0 ? back[c] : 0;
				continue;
			}
			fall[to] = state != 0 ? back[c] & ~AC_HIT : 0;
			ac->ends[to].shorter = ac->ends[fall[to]].string >= 0 ? fall[to] : ac->ends[fall[to]].shorter;
			if (ac->ends[to].string >= 0 || ac->ends[to].shorter != 0)
				row[c] |= AC_HIT;
			queue[last++] = to;
		}
	}
	free(queue);
	free(fall);
	return WH_OK;
}

enum wh_err
ac_build(const struct wh_str *strings, size_t n, struct ac **ac_out)
{
	struct ac *ac = calloc(1, sizeof *ac);
	enum wh_err err = WH_ENOMEM;

	*ac_out = NULL;
	if (ac != NULL) {
		ac_columns(ac, strings, n);
		err = ac_alloc(ac, strings, n);
	}
	if (err == WH_OK) {
		ac_trie(ac, strings, n);
		err = ac_fallbacks(ac);
	}
	if (err != WH_OK) {
		ac_free(&ac);
		return err;
	}
	*ac_out = ac;
	return WH_OK;
}

void
ac_free(struct ac **ac)
{
	if (*ac != NULL) {
		free((*ac)->next);
		free((*ac)->ends);
		free(*ac);
	}
	*ac = NULL;
}

int32_t
ac_next(const struct ac *ac, struct wh_str text, struct ac_at *it)
{
	uint32_t state = it->state, to;

	if (it->pending != 0) {
		const struct ac_end *end = &ac->ends[it->pending];

		it->pending = end->shorter;
		return end->string;
	}
	for (size_t at = it->at; at < text.n; at++) {
		to = ac->next[(size_t)state * ac->columns + ac->column[(unsigned char)text.p[at]]];
		state = to & ~AC_HIT;
		if (to & AC_HIT) {
			const struct ac_end *end = &ac->ends[state];

			if (end->string < 0)
				end = &ac->ends[end->shorter];
			*it = (struct ac_at){ .state = state, .pending = end->shorter, .at = at + 1 };
			return end->string;
		}
	}
	it->state = state;
	it->at = text.n;
	return -1;
}

size_t
ac_bytes(const struct ac *ac)
{
	return sizeof *ac + (size_t)ac->states * (ac->columns * sizeof *ac->next + sizeof *ac->ends);
}
