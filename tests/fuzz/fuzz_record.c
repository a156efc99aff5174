/* Fuzzes what a hostile process can put into a ring. The first byte chooses: an image of the ring's shared memory (the counters,
 * then data), read by a consumer and met by a producer; or a payload for every decoder. The payload is copied to a block
 * of its exact size, so that the sanitizer sees a read behind its end. */
#include "ring/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	RING = 4096,
	PAYLOAD_RING = 16384,
	COUNTERS = 5 * 64,	/* the part of the first page that means something */
	STEPS = 1000,
};

#define DECODE(name, rec_kind) do { \
	struct wh_rec_##name r; \
	rec.kind = rec_kind; \
	if (wh_rec_##name##_get(&rec, &r) == WH_OK && wh_rec_##name##_put(ring, &r) != WH_OK) \
		abort(); \
	drain(in); \
} while (0)

static void
drain(struct wh_ring *in)
{
	struct wh_rec rec;

	while (wh_ring_next(in, &rec) == 1)
		wh_ring_done(in);
}

/* Every decoder reads the bytes; what it takes must be what its encoder can write. */
static void
decode_all(struct wh_rec rec, struct wh_ring *ring, struct wh_ring *in)
{
	DECODE(opened, WH_REC_OPENED);
	DECODE(message, WH_REC_MESSAGE);
	DECODE(request, WH_REC_REQUEST);
	DECODE(writable, WH_REC_WRITABLE);
	DECODE(closed, WH_REC_CLOSED);
	DECODE(papers, WH_REC_PAPERS);
	DECODE(group, WH_REC_GROUP);
	DECODE(recovered, WH_REC_RECOVERED);
	DECODE(hello, WH_REC_HELLO);
	DECODE(route, WH_REC_ROUTE);
	DECODE(routes_end, WH_REC_ROUTES_END);
	DECODE(go, WH_REC_GO);
	DECODE(send, WH_REC_SEND);
	DECODE(respond, WH_REC_RESPOND);
	DECODE(group_open, WH_REC_GROUP_OPEN);
	DECODE(group_close, WH_REC_GROUP_CLOSE);
	DECODE(join, WH_REC_JOIN);
	DECODE(leave, WH_REC_LEAVE);
	DECODE(publish, WH_REC_PUBLISH);
	DECODE(close, WH_REC_CLOSE);
	DECODE(papers_set, WH_REC_PAPERS_SET);
	DECODE(limits, WH_REC_LIMITS);
	DECODE(helper_ask, WH_REC_HELPER_ASK);
	DECODE(helper_answer, WH_REC_HELPER_ANSWER);
}

static char *
ring_memory(size_t size)
{
	char *memory = aligned_alloc(4096, wh_ring_bytes(size));

	if (memory == NULL)
		abort();
	memset(memory, 0, wh_ring_bytes(size));
	if (wh_ring_format(memory, size) != WH_OK)
		abort();
	return memory;
}

/* The image replaces the memory either before the consumer opens it, or after, as a writer that turns bad. */
static void
fuzz_image(const uint8_t *data, size_t size, bool late)
{
	char *memory = ring_memory(RING);
	struct wh_ring *in = NULL, *out = NULL;
	size_t counters = size < COUNTERS - 64 ? size : COUNTERS - 64;
	struct wh_rec rec;

	if (late && (wh_ring_open(memory, RING, WH_CONSUMER, -1, &in) != WH_OK || wh_ring_open(memory, RING, WH_PRODUCER, -1, &out) != WH_OK))
		abort();
	memcpy(memory + 64, data, counters);
	memcpy(memory + WH_RING_PAGE, data + counters, size - counters < RING ? size - counters : RING);
	if (!late) {
		(void)wh_ring_open(memory, RING, WH_CONSUMER, -1, &in);
		(void)wh_ring_open(memory, RING, WH_PRODUCER, -1, &out);
	}
	for (int i = 0; in != NULL && i < STEPS && wh_ring_next(in, &rec) == 1; i++) {
		if (rec.bytes.n > wh_ring_max(in) || rec.attempts == 0)
			abort();
		/* Touches every byte of the copy, and nothing else. */
		for (size_t n = 0; n < rec.bytes.n; n++)
			rec.id += (unsigned char)rec.bytes.p[n];
		memory[WH_RING_PAGE + rec.id % RING] = (char)rec.id;
		wh_ring_done(in);
	}
	if (in != NULL)
		(void)wh_ring_sleep(in);
	for (size_t n = 0; out != NULL && n <= wh_ring_max(out); n += 101) {
		char *to = wh_ring_claim(out, n);

		if (to == NULL) {
			(void)wh_ring_want_room(out);
			continue;
		}
		memset(to, 1, n);
		wh_ring_commit(out, 1, 1, n);
	}
	if (out != NULL) {
		wh_ring_kick(out);
		(void)wh_ring_used(out);
	}
	wh_ring_close(&in);
	wh_ring_close(&out);
	free(memory);
}

static void
fuzz_payload(const uint8_t *data, size_t size)
{
	char *memory = ring_memory(PAYLOAD_RING), *exact;
	struct wh_ring *in, *out;
	struct wh_rec rec = { .id = 1, .attempts = 1 };

	if (wh_ring_open(memory, PAYLOAD_RING, WH_CONSUMER, -1, &in) != WH_OK
	    || wh_ring_open(memory, PAYLOAD_RING, WH_PRODUCER, -1, &out) != WH_OK)
		abort();
	if (size > wh_ring_max(out))
		size = wh_ring_max(out);
	exact = malloc(size);
	if (exact == NULL && size != 0)
		abort();
	if (size != 0)
		memcpy(exact, data, size);
	rec.bytes = (struct wh_str){ exact, size };
	decode_all(rec, out, in);
	rec.id = 0;
	decode_all(rec, out, in);
	wh_ring_close(&in);
	wh_ring_close(&out);
	free(exact);
	free(memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		fuzz_payload(data + 1, size - 1);
		break;
	case 1:
		fuzz_image(data + 1, size - 1, false);
		break;
	default:
		fuzz_image(data + 1, size - 1, true);
	}
	return 0;
}
