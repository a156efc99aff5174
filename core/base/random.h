/* Random bytes from the kernel, buffered so that small wishes do not cost a system call each. Good for secrets.
 * Every thread has its own buffer, a forked child begins with an empty one, and bytes handed out are wiped from it.
 * Nothing here can fail: a system without getrandom aborts, as no answer would be safe. */
#ifndef WHIPLY_BASE_RANDOM_H
#define WHIPLY_BASE_RANDOM_H

#include <whiply/types.h>

/** The characters, without the NUL, that a token of `bytes` random bytes has. */
#define WH_RANDOM_TOKEN_LEN(bytes) (((bytes) * 8 + 5) / 6)

void wh_random_bytes(void *out, size_t n);
uint64_t wh_random_u64(void);

/** A number from 0 to `n` - 1, each equally likely; asserts `n` > 0. */
uint64_t wh_random_below(uint64_t n);

/** Writes 2 × `bytes` lower-case hexadecimal digits and a NUL. */
void wh_random_hex(char *out, size_t bytes);

/** Writes WH_RANDOM_TOKEN_LEN(bytes) characters of A-Z a-z 0-9 - _ and a NUL. 16 bytes make a good secret. */
void wh_random_token(char *out, size_t bytes);

#endif
