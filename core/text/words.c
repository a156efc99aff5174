/* See words.h. */
#include "text/words.h"

enum { WORDS_SLOTS = 512 };

struct word {
	struct wh_str text;
	uint32_t n;
};

/* The word's place among those that were seen; NULL: there is no room for another. */
static struct word *
words_find(struct word seen[static WORDS_DIFFERENT], uint8_t slots[static WORDS_SLOTS], uint32_t *n, struct wh_str text)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < text.n; i++)
		h = (h ^ (unsigned char)text.p[i]) * 16777619u;
	for (h %= WORDS_SLOTS; slots[h] != 0; h = (h + 1) % WORDS_SLOTS)
		if (wh_str_eq(seen[slots[h] - 1].text, text))
			return &seen[slots[h] - 1];
	if (*n == WORDS_DIFFERENT)
		return NULL;
	seen[*n] = (struct word){ text, 0 };
	slots[h] = (uint8_t)++*n;
	return &seen[*n - 1];
}

void
words_commonest(struct wh_str s, struct words_commonest *out)
{
	struct word seen[WORDS_DIFFERENT], *w;
	uint8_t slots[WORDS_SLOTS] = { 0 };
	uint32_t different = 0;

	*out = (struct words_commonest){ 0 };
	while (s.n > 0) {
		const char *end = memchr(s.p, ' ', s.n);
		struct wh_str text = { s.p, end != NULL ? (size_t)(end - s.p) : s.n };

		s = wh_str_from(s, text.n + 1);
		if (text.n == 0)
			continue;
		out->all++;
		w = words_find(seen, slots, &different, text);
		if (w != NULL && ++w->n > out->times) {
			out->times = w->n;
			out->word = text;
		}
	}
}
