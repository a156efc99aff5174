/* See renewal.h. */
#include "keeper/renewal.h"

/* Have they a fresh file in common? */
static bool
renewal_shares(const struct renewal *a, const struct renewal *b)
{
	for (unsigned i = 0; i < RENEWAL_FILES; i++)
		for (unsigned k = 0; k < RENEWAL_FILES; k++)
			if (a->fresh[i] && b->fresh[k] && wh_str_eq(a->path[i], b->path[k]))
				return true;
	return false;
}

static bool
renewal_is_held_back(const struct renewal *of, unsigned n, const struct renewal *r)
{
	for (unsigned i = 0; i < n; i++)
		if (renewal_is_fresh(&of[i]) && !of[i].taken && renewal_shares(&of[i], r))
			return true;
	return false;
}

void
renewal_pick(struct renewal *of, unsigned n)
{
	bool again = true;

	for (unsigned i = 0; i < n; i++)
		of[i].taken = renewal_is_fresh(&of[i]) && of[i].good;
	while (again) {
		again = false;
		for (unsigned i = 0; i < n; i++)
			if (of[i].taken && renewal_is_held_back(of, n, &of[i])) {
				of[i].taken = false;
				again = true;
			}
	}
}
