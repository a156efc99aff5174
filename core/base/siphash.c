/* SipHash with one round for a word and three at the end (Aumasson and Bernstein's c and d). */
#include "base/siphash.h"
#include "base/random.h"

#include <endian.h>
#include <pthread.h>

struct siphash {
	uint64_t a, b, c, d;
};

static inline uint64_t
siphash_turn(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static inline struct siphash
siphash_start(const struct wh_siphash_key *key)
{
	return (struct siphash){
		key->k[0] ^ UINT64_C(0x736f6d6570736575), key->k[1] ^ UINT64_C(0x646f72616e646f6d),
		key->k[0] ^ UINT64_C(0x6c7967656e657261), key->k[1] ^ UINT64_C(0x7465646279746573),
	};
}

static inline void
siphash_round(struct siphash *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = siphash_turn(s->b, 13) ^ s->a;
	s->d = siphash_turn(s->d, 16) ^ s->c;
	s->a = siphash_turn(s->a, 32) + s->d;
	s->c += s->b;
	s->d = siphash_turn(s->d, 21) ^ s->a;
	s->b = siphash_turn(s->b, 17) ^ s->c;
	s->c = siphash_turn(s->c, 32);
}

static inline void
siphash_word(struct siphash *s, uint64_t word)
{
	s->d ^= word;
	siphash_round(s);
	s->a ^= word;
}

static inline uint64_t
siphash_end(struct siphash *s, uint64_t last)
{
	siphash_word(s, last);
	s->c ^= 0xff;
	siphash_round(s);
	siphash_round(s);
	siphash_round(s);
	return s->a ^ s->b ^ s->c ^ s->d;
}

static inline uint64_t
siphash_load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return le64toh(word);
}

/* Fewer than eight bytes, the first one lowest. */
static inline uint64_t
siphash_load_rest(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

uint64_t
wh_siphash(const struct wh_siphash_key *key, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	struct siphash s = siphash_start(key);
	size_t left = n;

	for (; left >= 8; left -= 8, p += 8)
		siphash_word(&s, siphash_load(p));
	return siphash_end(&s, siphash_load_rest(p, left) | (uint64_t)n << 56);
}

uint64_t
wh_siphash_u64(const struct wh_siphash_key *key, uint64_t v)
{
	struct siphash s = siphash_start(key);

	siphash_word(&s, v);
	return siphash_end(&s, (uint64_t)8 << 56);
}

static struct wh_siphash_key siphash_key;
static pthread_once_t siphash_once = PTHREAD_ONCE_INIT;

static void
siphash_make_key(void)
{
	wh_random_bytes(&siphash_key, sizeof siphash_key);
}

const struct wh_siphash_key *
wh_siphash_process_key(void)
{
	pthread_once(&siphash_once, siphash_make_key);
	return &siphash_key;
}
