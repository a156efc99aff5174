/* Frames and queues of queue.h. Whatever is done for each delivery stands here or inline there: it may touch the queue's own
 * cache line and the frame, and nothing else. */
#include "edge/queue.h"

#include <assert.h>
#include <stdlib.h>

enum { QUEUE_FIRST_RING = 8 };

struct frame *
frame_new(size_t n)
{
	struct frame *f;

	if (n > UINT32_MAX / 2)
		return NULL;
	f = malloc(sizeof *f + n);
	if (f == NULL)
		return NULL;
	f->refs = 1;
	f->n = (uint32_t)n;
	return f;
}

struct frame *
frame_of(struct wh_str bytes)
{
	struct frame *f = frame_new(bytes.n);

	if (f != NULL && bytes.n != 0)
		memcpy(f->bytes, bytes.p, bytes.n);
	return f;
}

void
frame_free(struct frame *f)
{
	free(f);
}

bool
queue_grow(struct queue *q)
{
	uint32_t cap = q->cap == 0 ? QUEUE_FIRST_RING : q->cap * 2u;
	struct frame **ring;

	if (cap > QUEUE_FRAMES_MAX)
		return false;
	ring = malloc(cap * sizeof *ring);
	if (ring == NULL)
		return false;
	for (unsigned i = 0; i < q->n; i++)
		ring[i] = queue_at(q, i);
	if (q->cap != 0)
		free(q->ring);
	q->ring = ring;
	q->cap = (uint16_t)cap;
	q->first = 0;
	return true;
}

int
queue_vec(const struct queue *q, struct iovec *vec, int max, size_t *bytes_out)
{
	size_t skip = q->sent, bytes = 0;
	int n = q->n < max ? q->n : max;

	for (int i = 0; i < n; i++) {
		struct frame *f = queue_at(q, (unsigned)i);

		vec[i].iov_base = f->bytes + skip;
		vec[i].iov_len = f->n - skip;
		bytes += f->n - skip;
		skip = 0;
	}
	*bytes_out = bytes;
	return n;
}

/* Back to the inline frames: idle connections hold no ring. */
static void
queue_rest(struct queue *q)
{
	assert(q->bytes == 0);
	if (q->cap != 0)
		free(q->ring);
	q->cap = 0;
	q->first = 0;
	q->sent = 0;
}

static void
queue_pop(struct queue *q)
{
	if (q->cap == 0) {
		frame_drop(q->few[0]);
		q->few[0] = q->few[1];
	} else {
		frame_drop(q->ring[q->first]);
		q->first = (uint16_t)((q->first + 1) & (q->cap - 1));
	}
	q->n--;
}

void
queue_sent(struct queue *q, size_t n)
{
	assert(n <= q->bytes);
	q->bytes -= (uint32_t)n;
	while (q->n != 0) {
		size_t left = queue_at(q, 0)->n - q->sent;

		if (n < left) {
			q->sent += (uint32_t)n;
			return;
		}
		n -= left;
		q->sent = 0;
		queue_pop(q);
	}
	queue_rest(q);
}

void
queue_clear(struct queue *q)
{
	while (q->n != 0)
		queue_pop(q);
	q->bytes = 0;
	queue_rest(q);
}
