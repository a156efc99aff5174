/* What waits to be written: frames (refcounted bytes, shared by all who are sent them) and each connection's queue of pointers
 * to them. The first two stand in the connection itself; a ring is allocated while more wait, and given back when
 * the queue is empty. A queue knows nothing of sockets: conn_write.c sends what queue_vec shows and says queue_sent. */
#ifndef WHIPLY_EDGE_QUEUE_H
#define WHIPLY_EDGE_QUEUE_H

#include <sys/uio.h>
#include <whiply/types.h>

enum {
	QUEUE_INLINE = 2,
	QUEUE_FRAMES_MAX = 16384,	/* frames of one queue; the limit in bytes is usually reached first */
	QUEUE_VEC = 64,			/* frames that one writev takes */
};

/** Bytes as they go out. Whoever keeps a pointer holds a reference. */
struct frame {
	uint32_t refs;
	uint32_t n;
	char bytes[];
};

/** A frame of `n` bytes with one reference, the caller's, or NULL. */
struct frame *frame_new(size_t n);
struct frame *frame_of(struct wh_str bytes);
void frame_free(struct frame *f);

static inline struct frame *
frame_hold(struct frame *f)
{
	f->refs++;
	return f;
}

static inline void
frame_drop(struct frame *f)
{
	if (--f->refs == 0)
		frame_free(f);
}

/** {0} is empty. */
struct queue {
	uint32_t bytes;		/* that wait, the sent part of the first frame not counted */
	uint32_t sent;		/* of the first frame */
	uint16_t n;		/* frames */
	uint16_t cap;		/* of the ring, a power of two; 0: the inline ones */
	uint16_t first;		/* in the ring */
	uint16_t unused;
	union {
		struct frame *few[QUEUE_INLINE];
		struct frame **ring;	/* owned */
	};
};

bool queue_grow(struct queue *q);

/** Adds a frame and takes a reference. False: out of memory, or QUEUE_FRAMES_MAX are there; nothing changed. */
static inline bool
queue_push(struct queue *q, struct frame *f)
{
	if (q->cap == 0) {
		if (q->n < QUEUE_INLINE) {
			q->few[q->n++] = frame_hold(f);
			q->bytes += f->n;
			return true;
		}
		if (!queue_grow(q))
			return false;
	} else if (q->n == q->cap && !queue_grow(q))
		return false;
	q->ring[(q->first + q->n++) & (q->cap - 1)] = frame_hold(f);
	q->bytes += f->n;
	return true;
}

/** Fills up to `max` slices from the front, and returns how many; *bytes_out is their sum. */
int queue_vec(const struct queue *q, struct iovec *vec, int max, size_t *bytes_out);

/** `n` bytes from the front are gone, at most q->bytes. Frames that are done are let go. */
void queue_sent(struct queue *q, size_t n);

/** Lets all frames go. */
void queue_clear(struct queue *q);

static inline struct frame *
queue_at(const struct queue *q, unsigned i)
{
	return q->cap == 0 ? q->few[i] : q->ring[(q->first + i) & (q->cap - 1u)];
}

/** Heap bytes beyond the struct, shared frames not counted. */
static inline size_t
queue_memory(const struct queue *q)
{
	return q->cap * sizeof(struct frame *);
}

#endif
