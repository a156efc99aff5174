/* SipHash-1-3: a fast hash with a secret key, so that nobody outside can choose names that collide. Used by the maps,
 * and for keys of groups. A hash under the process key means nothing in another process; name a key of your own
 * where two processes must agree. */
#ifndef WHIPLY_BASE_SIPHASH_H
#define WHIPLY_BASE_SIPHASH_H

#include <whiply/types.h>

struct wh_siphash_key {
	uint64_t k[2];
};

uint64_t wh_siphash(const struct wh_siphash_key *key, const void *bytes, size_t n);

/** The same as hashing the eight bytes of `v` in little-endian order. */
uint64_t wh_siphash_u64(const struct wh_siphash_key *key, uint64_t v);

/** The random key of this process, made at the first call; a forked child keeps its parent's. */
const struct wh_siphash_key *wh_siphash_process_key(void);

#endif
