/* What a published message carries: 128 bytes of text that say which message it is and when it was sent, so that a
 * member can tell order, loss and latency from the bytes alone. Letters, digits and "@-" only: every protocol takes them. */
#ifndef WHIPLY_BENCH_PAYLOAD_H
#define WHIPLY_BENCH_PAYLOAD_H

#include <whiply/types.h>

enum {
	PAYLOAD_SIZE = 128,
	PAYLOAD_HEAD = 2 + 16 + 16,	/* "@@", number, time in ns */
};

static inline void
payload_hex(char *to, uint64_t value)
{
	for (int i = 15; i >= 0; i--) {
		to[i] = "0123456789abcdef"[value & 15];
		value >>= 4;
	}
}

static inline uint64_t
payload_unhex(const char *from)
{
	uint64_t value = 0;

	for (int i = 0; i < 16; i++)
		value = value << 4 | (uint64_t)(from[i] <= '9' ? from[i] - '0' : from[i] - 'a' + 10);
	return value;
}

static inline void
payload_write(char to[static PAYLOAD_SIZE], uint64_t number, int64_t sent_ns)
{
	memset(to, '-', PAYLOAD_SIZE);
	to[0] = to[1] = '@';
	payload_hex(to + 2, number);
	payload_hex(to + 18, (uint64_t)sent_ns);
}

/** Finds the payload in a frame. */
static inline bool
payload_read(struct wh_str frame, uint64_t *number_out, int64_t *sent_ns_out)
{
	const char *at = frame.n != 0 ? memmem(frame.p, frame.n, "@@", 2) : NULL;

	if (at == NULL || (size_t)(frame.p + frame.n - at) < PAYLOAD_HEAD)
		return false;
	*number_out = payload_unhex(at + 2);
	*sent_ns_out = (int64_t)payload_unhex(at + 18);
	return true;
}

#endif
