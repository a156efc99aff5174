/* The distance of nearest.h, in three rows of the usual table. */
#include "base/nearest.h"

static unsigned char
nearest_fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

static unsigned
nearest_min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
wh_nearest_distance(struct wh_str a, struct wh_str b)
{
	unsigned rows[3][WH_NEAREST_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	if (a.n > WH_NEAREST_MAX || b.n > WH_NEAREST_MAX)
		return WH_NEAREST_MAX + 1;
	for (unsigned j = 0; j <= b.n; j++)
		last[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned char ai = nearest_fold(a.p[i - 1]);
		unsigned *spare = before;

		now[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned char bj = nearest_fold(b.p[j - 1]);

			now[j] = nearest_min(nearest_min(last[j], now[j - 1]) + 1, last[j - 1] + (ai != bj));
			if (i > 1 && j > 1 && ai == nearest_fold(b.p[j - 2]) && nearest_fold(a.p[i - 2]) == bj)
				now[j] = nearest_min(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b.n];
}

void
wh_nearest_offer(struct wh_nearest *n, struct wh_str name)
{
	unsigned distance = wh_nearest_distance(n->word, name);
	size_t allowed = n->word.n / 3 > 0 ? n->word.n / 3 : 1;

	/* A word that would have to change wholly is no misspelling. */
	if (distance > allowed || distance >= n->word.n)
		return;
	if (n->best.p == NULL || distance < n->distance) {
		n->best = name;
		n->distance = distance;
	}
}
