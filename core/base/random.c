/* The kernel's random bytes, a buffer of them for each thread. A fork would hand the child the parent's coming
 * secrets, so the forking thread's buffer, which is the only one that lives on, is emptied in the child. */
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { RANDOM_POOL = 512, RANDOM_DIRECT = 128 };

static _Thread_local struct {
	size_t left;
	uint8_t bytes[RANDOM_POOL];
} random_pool;

static pthread_once_t random_once = PTHREAD_ONCE_INIT;

static void
random_forget(void)
{
	explicit_bzero(&random_pool, sizeof random_pool);
}

static void
random_start(void)
{
	if (pthread_atfork(NULL, NULL, random_forget) != 0)
		abort();
}

static void
random_read(uint8_t *to, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		to += got;
		n -= (size_t)got;
	}
}

void
wh_random_bytes(void *out, size_t n)
{
	uint8_t *from;

	if (n > RANDOM_DIRECT) {
		random_read(out, n);
		return;
	}
	if (n == 0)
		return;
	if (random_pool.left < n) {
		pthread_once(&random_once, random_start);
		random_read(random_pool.bytes, RANDOM_POOL);
		random_pool.left = RANDOM_POOL;
	}
	from = random_pool.bytes + RANDOM_POOL - random_pool.left;
	random_pool.left -= n;
	memcpy(out, from, n);
	explicit_bzero(from, n);
}

uint64_t
wh_random_u64(void)
{
	uint64_t v;

	wh_random_bytes(&v, sizeof v);
	return v;
}

uint64_t
wh_random_below(uint64_t n)
{
	uint64_t v, uneven;

	assert(n > 0);
	/* The lowest 2^64 mod n values would make some results likelier than others. */
	uneven = -n % n;
	do
		v = wh_random_u64();
	while (v < uneven);
	return v % n;
}

void
wh_random_hex(char *out, size_t bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes; i++) {
		uint8_t b;

		wh_random_bytes(&b, 1);
		*out++ = digits[b >> 4];
		*out++ = digits[b & 15];
	}
	*out = '\0';
}

void
wh_random_token(char *out, size_t bytes)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (size_t i = 0; i < WH_RANDOM_TOKEN_LEN(bytes); i++) {
		uint8_t b;

		wh_random_bytes(&b, 1);
		*out++ = letters[b & 63];
	}
	*out = '\0';
}
