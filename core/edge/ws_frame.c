/* Masks and close codes of ws_frame.h. */
#include "edge/ws_frame.h"

enum { MASK_STEP = 4 * sizeof(uint64_t) };

bool
wh_ws_code_travels(unsigned code)
{
	if (code >= 3000)
		return code <= 4999;
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

/* XORs eight bytes wherever they lie; the copies become plain loads and stores. */
static inline void
mask_word(char *at, uint64_t wide)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	word ^= wide;
	memcpy(at, &word, sizeof word);
}

uint32_t
wh_ws_mask(char *bytes, size_t n, uint32_t key)
{
	unsigned char k[8], turned[4];
	uint64_t wide;
	size_t i = 0;

	memcpy(k, &key, 4);
	memcpy(k + 4, &key, 4);
	memcpy(&wide, k, sizeof wide);
	for (; n - i >= MASK_STEP; i += MASK_STEP) {
		mask_word(bytes + i, wide);
		mask_word(bytes + i + 8, wide);
		mask_word(bytes + i + 16, wide);
		mask_word(bytes + i + 24, wide);
	}
	for (; n - i >= sizeof wide; i += sizeof wide)
		mask_word(bytes + i, wide);
	for (; i < n; i++)
		bytes[i] = (char)(bytes[i] ^ k[i % 4]);
	memcpy(turned, k + n % 4, 4);
	memcpy(&key, turned, 4);
	return key;
}
