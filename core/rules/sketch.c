/* See sketch.h. */
#include "rules/sketch.h"

static uint32_t
mix(uint32_t h)
{
	h ^= h >> 16;
	h *= 0x7feb352d;
	h ^= h >> 15;
	h *= 0x846ca68b;
	return h ^ h >> 16;
}

/* Keeps the smallest, as a heap whose root is the largest kept. */
static void
keep(uint32_t kept[static SKETCH_KEPT], size_t *n, uint32_t h)
{
	size_t at, child;

	if (*n < SKETCH_KEPT) {
		for (at = (*n)++; at > 0 && kept[(at - 1) / 2] < h; at = (at - 1) / 2)
			kept[at] = kept[(at - 1) / 2];
		kept[at] = h;
		return;
	}
	if (h >= kept[0])
		return;
	for (at = 0; (child = 2 * at + 1) < SKETCH_KEPT; at = child) {
		child += child + 1 < SKETCH_KEPT && kept[child + 1] > kept[child];
		if (kept[child] <= h)
			break;
		kept[at] = kept[child];
	}
	kept[at] = h;
}

void
sketch_make(struct wh_str s, struct sketch *out)
{
	uint32_t kept[SKETCH_KEPT], run = 0;
	size_t n = 0;

	*out = (struct sketch){ 0 };
	for (size_t i = 0; i < s.n; i++) {
		run = run << 8 | (unsigned char)s.p[i];
		if (i >= 2)
			keep(kept, &n, mix((run & 0xFFFFFF) + 1));
	}
	for (size_t i = 0; i < n; i++)
		out->bits[kept[i] >> 6 & 3] |= UINT64_C(1) << (kept[i] & 63);
	for (size_t i = 0; i < 4; i++)
		out->n = (uint16_t)(out->n + __builtin_popcountll(out->bits[i]));
}

unsigned
sketch_likeness(const struct sketch *a, const struct sketch *b)
{
	unsigned both = 0, less = a->n < b->n ? a->n : b->n, more = a->n < b->n ? b->n : a->n;

	/* Most texts differ in their length alone; a share of a half is never reached then. */
	if (less < SKETCH_LEAST || 2 * less < more)
		return 0;
	for (size_t i = 0; i < 4; i++)
		both += (unsigned)__builtin_popcountll(a->bits[i] & b->bits[i]);
	return both * 1000 / (a->n + b->n - both);
}
