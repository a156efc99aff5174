/* How many letters one address may get: a bucket for each address that got some lately, in a table of fixed size. */
#ifndef MAIL_LIMIT_H
#define MAIL_LIMIT_H

#include <whiply/conf.h>

enum { LIMIT_SETS = 1024, LIMIT_WAYS = 4 };

struct limit_bucket {
	uint64_t who;		/* hash of the address; 0: free */
	double spent;		/* letters that still count */
	int64_t at_ms;
};

struct limit {
	uint64_t key;		/* random, so that nobody can aim at another's place */
	struct wh_rate rate;
	struct limit_bucket buckets[LIMIT_SETS][LIMIT_WAYS];
};

/** Takes one letter's worth; false when the address has had enough for now. Case, and what stands behind a + in the user's part, make no
 * other address. The address is one that letter_address_ok likes. */
bool limit_take(struct limit *limit, struct wh_str address, int64_t now_ms);

#endif
