/* STUN messages from any bytes: reading touches nothing outside the message. */
#include <stdlib.h>

#include "turn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const unsigned char key[STUN_KEY];
	static const unsigned attributes[] = { 6, 8, 9, 0x14, 0x15 };
	unsigned char id[STUN_ID] = { 0 };
	struct wh_str value;
	struct stun m = { .n = n };
	unsigned type;

	if (n > STUN_BYTES)
		return 0;
	memcpy(m.bytes, data, n);
	if (n >= 20)
		memcpy(id, data + 8, STUN_ID);
	stun_read(&m, id, &type);
	for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
		if (stun_get(&m, attributes[i], &value) && (value.p < (const char *)m.bytes || value.p + value.n > (const char *)m.bytes + n))
			abort();
	stun_signed(&m, key);
	return 0;
}
