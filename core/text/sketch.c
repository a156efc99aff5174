/* See sketch.h. */
#include "text/sketch.h"

static uint32_t
mix(uint32_t h)
{
	h ^= h >> 16;
	h *= 0x7feb352d;
	h ^= h >> 15;
	h *= 0x846ca68b;
	return h ^ h >> 16;
}

/* The runs whose hash is below a bound that a text's length sets: some SKETCH_KEPT of a long text. Of two texts that are nearly as long, what
 * both have is kept of both. */
void
sketch_make(struct wh_str s, struct sketch *out)
{
	uint64_t runs = s.n > 2 ? s.n - 2 : 0, below = runs <= SKETCH_KEPT ? UINT64_C(1) << 32 : (UINT64_C(1) << 32) / runs * SKETCH_KEPT;
	uint32_t run = 0, h;

	*out = (struct sketch){ .n = 0 };
	for (size_t i = 0; i < s.n; i++) {
		run = run << 8 | (unsigned char)s.p[i];
		h = mix((run & 0xFFFFFF) + 1);
		/* Whether it is kept is a matter of chance: no branch could be foretold. */
		out->bits[h >> 6 & 3] |= (uint64_t)((i >= 2) & (h < below)) << (h & 63);
	}
	for (size_t i = 0; i < 4; i++)
		out->n = (uint16_t)(out->n + __builtin_popcountll(out->bits[i]));
}

/* How many bits both have. */
static inline __attribute__((always_inline)) unsigned
common(const struct sketch *a, const struct sketch *b)
{
	return (unsigned)(__builtin_popcountll(a->bits[0] & b->bits[0]) + __builtin_popcountll(a->bits[1] & b->bits[1])
		+ __builtin_popcountll(a->bits[2] & b->bits[2]) + __builtin_popcountll(a->bits[3] & b->bits[3]));
}

/* Most texts differ in how much there is of them alone: what both have is not more than what the lesser has, and no look at the bits is
 * needed. */
static inline __attribute__((always_inline)) size_t
find_last(const struct sketch *one, const struct sketch *all, size_t n, unsigned least)
{
	unsigned from = (one->n * least + 999) / 1000, to = least != 0 ? one->n * 1000 / least : UINT16_MAX;

	if (one->n < SKETCH_LEAST)
		return 0;
	if (from < SKETCH_LEAST)
		from = SKETCH_LEAST;
	for (; n > 0; n--) {
		const struct sketch *b = &all[n - 1];
		unsigned both;

		if (b->n < from || b->n > to)
			continue;
		/* Without the division of a likeness: it would be most of the time. */
		both = common(one, b);
		if (both * 1000 >= (one->n + b->n - both) * least)
			return n;
	}
	return 0;
}

#if defined __x86_64__ || defined __i386__
/* Where the processor counts bits itself, which the baseline of x86 does not have: a window is gone through in a third of the time. */
static size_t __attribute__((target("popcnt")))
find_last_popcnt(const struct sketch *one, const struct sketch *all, size_t n, unsigned least)
{
	return find_last(one, all, n, least);
}
#endif

size_t
sketch_find_last(const struct sketch *one, const struct sketch *all, size_t n, unsigned least)
{
#if defined __x86_64__ || defined __i386__
	if (__builtin_cpu_supports("popcnt"))
		return find_last_popcnt(one, all, n, least);
#endif
	return find_last(one, all, n, least);
}

unsigned
sketch_likeness(const struct sketch *a, const struct sketch *b)
{
	unsigned both = common(a, b);

	return a->n < SKETCH_LEAST || b->n < SKETCH_LEAST ? 0 : both * 1000 / (a->n + b->n - both);
}
