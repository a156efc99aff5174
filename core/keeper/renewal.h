/* Which of the files that changed can be taken: a pair of certificate and key is renewed whole or not at all, and a file that
 * two pairs have in common is taken for both or for none. */
#ifndef WHIPLY_KEEPER_RENEWAL_H
#define WHIPLY_KEEPER_RENEWAL_H

#include <whiply/types.h>

enum { RENEWAL_CERTIFICATE, RENEWAL_KEY, RENEWAL_FILES };

struct renewal {
	struct wh_str path[RENEWAL_FILES];	/* borrowed */
	bool fresh[RENEWAL_FILES];		/* the file has other bytes than those in force */
	bool good;				/* these bytes, those that are not fresh included, would serve */
	bool taken;				/* the answer */
};

static inline bool
renewal_is_fresh(const struct renewal *r)
{
	return r->fresh[RENEWAL_CERTIFICATE] || r->fresh[RENEWAL_KEY];
}

/** Sets `taken` of each. */
void renewal_pick(struct renewal *of, unsigned n);

#endif
