/* The ring of ring.h. What it rests on:
 *
 * 1. Head and tail count bytes since the beginning and never wrap. Only the producer stores head, only the consumer tail. Each
 *    keeps its own in private memory and reads the shared one once, at wh_ring_open, so that the other cannot move it.
 * 2. Everything below head is written: the producer stores head (release) after the record, and a pad in front of it, are in
 *    place; the consumer loads head (acquire) before it reads them. A producer that dies before that store has written nothing.
 * 3. Everything below tail is free: the consumer stores tail (release) after it is done with a record; the producer loads tail
 *    (acquire) before it writes there again.
 * 4. A record is begun before it is handled: `begun` holds its position and, in the 3 bits that alignment leaves, how often.
 *    It is one word, so that no death can tear it. A successor starts at tail and finds its record begun already.
 * 5. A consumer that waits is woken. It stores sleeping = 1, then loads head; a kick stores head, then loads sleeping; all
 *    four are sequentially consistent. In their one order either the consumer's load comes after the producer's store, and it
 *    does not wait, or the kick's load comes after the consumer's store, and it rings.
 * 6. A producer that waits for room is rung. It stores wants_room = 1, then loads tail; wh_ring_sleep stores tail, then loads
 *    wants_room; the argument is that of 5. wh_ring_done looks too, but without a fence: it may miss the wish that was made
 *    just now, and the next wh_ring_done or wh_ring_sleep sees it.
 * 7. A flag is taken back before the bell is rung, by exchange: the other way round would take back a flag that the other side
 *    raised after it woke. Who dies between the two leaves a sleeper; so wh_link_attach rings once, for its predecessor.
 * 8. The memory is the enemy's. A header is loaded once, by volatile loads, and what is checked is that copy; the payload is
 *    copied before anybody reads it. Offsets are masked, and a length is compared with what is committed, with the
 *    ring's end, and with the longest record, before it is used. */
#include "ring/ring.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	RING_LINE = 64,
	RING_ALIGN = 8,
	REC_PAD = 0xffff,	/* the kind of what fills the ring's end; its header is 8 bytes, since no more may be left */
};

static const uint64_t RING_MAGIC = 0x31676e6972796877;	/* "whyring1" */

struct ring_page {
	uint64_t magic;
	uint32_t version, page_bytes;
	uint64_t size;
	_Alignas(RING_LINE) _Atomic uint64_t head;
	_Alignas(RING_LINE) _Atomic uint64_t tail;
	_Atomic uint64_t begun;
	_Alignas(RING_LINE) _Atomic uint32_t sleeping;
	_Alignas(RING_LINE) _Atomic uint32_t wants_room;
};

_Static_assert(sizeof(struct ring_page) <= WH_RING_PAGE, "the counters fit their page");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would be private to one process");

struct rec_head {
	uint32_t length;	/* of the payload */
	uint16_t kind;
	uint16_t flags;
};

_Static_assert(sizeof(struct rec_head) == 8, "read by one load");

struct wh_ring {
	struct ring_page *page;
	char *data;
	uint64_t size;
	enum wh_ring_role role;
	int bell;
	bool broken;		/* the other side wrote nonsense; sticky */

	/* producer */
	uint64_t head;		/* the truth; the shared one is a copy */
	uint64_t tail_seen;
	uint64_t kicked;	/* head at the last kick */
	uint64_t claimed_pad;	/* bytes to skip at the end of the ring */
	size_t claimed;		/* payload bytes claimed; valid while has_claim */
	bool has_claim;
	bool holds;		/* a commit is not seen until wh_ring_show or wh_ring_kick */

	/* consumer */
	uint64_t tail;		/* the truth */
	uint64_t next_tail;	/* behind the record that is held */
	bool held;
	struct wh_rec rec;
	char *copy;		/* owned: the held record's payload */
};

static uint64_t
ring_align(uint64_t n)
{
	return (n + RING_ALIGN - 1) & ~(uint64_t)(RING_ALIGN - 1);
}

static bool
ring_size_ok(size_t size)
{
	return size >= WH_RING_MIN && size <= WH_RING_MAX && (size & (size - 1)) == 0;
}

static bool
ring_counters_ok(const struct wh_ring *ring, uint64_t head, uint64_t tail)
{
	return head - tail <= ring->size && head % RING_ALIGN == 0 && tail % RING_ALIGN == 0;
}

static void
ring_bell(const struct wh_ring *ring)
{
	const uint64_t one = 1;

	/* It fails only when the counter is at its limit, and then the bell is ringing already. */
	if (ring->bell >= 0 && write(ring->bell, &one, sizeof one) < 0)
		return;
}

size_t
wh_ring_bytes(size_t size)
{
	return WH_RING_PAGE + size;
}

enum wh_err
wh_ring_format(char *memory, size_t size)
{
	struct ring_page *page = (struct ring_page *)(void *)memory;

	if (!ring_size_ok(size))
		return WH_EINVAL;
	page->magic = RING_MAGIC;
	page->version = WH_RING_VERSION;
	page->page_bytes = WH_RING_PAGE;
	page->size = size;
	atomic_init(&page->head, 0);
	atomic_init(&page->tail, 0);
	atomic_init(&page->begun, 0);
	atomic_init(&page->sleeping, 0);
	atomic_init(&page->wants_room, 0);
	return WH_OK;
}

enum wh_err
wh_ring_open(char *memory, size_t size, enum wh_ring_role role, int bell, struct wh_ring **ring_out)
{
	struct ring_page *page = (struct ring_page *)(void *)memory;
	struct wh_ring *ring;

	*ring_out = NULL;
	if (!ring_size_ok(size))
		return WH_EINVAL;
	if (page->magic != RING_MAGIC || page->version != WH_RING_VERSION || page->page_bytes != WH_RING_PAGE || page->size != size)
		return WH_EVERSION;
	ring = calloc(1, sizeof *ring);
	if (ring == NULL)
		return WH_ENOMEM;
	ring->page = page;
	ring->data = memory + WH_RING_PAGE;
	ring->size = size;
	ring->role = role;
	ring->bell = bell;
	ring->tail = ring->tail_seen = atomic_load(&page->tail);
	ring->head = ring->kicked = atomic_load(&page->head);
	if (!ring_counters_ok(ring, ring->head, ring->tail)) {
		free(ring);
		return WH_ESYNTAX;
	}
	if (role == WH_CONSUMER) {
		ring->copy = malloc(wh_ring_max(ring));
		if (ring->copy == NULL) {
			free(ring);
			return WH_ENOMEM;
		}
	}
	*ring_out = ring;
	return WH_OK;
}

void
wh_ring_close(struct wh_ring **ring)
{
	if (*ring == NULL)
		return;
	free((*ring)->copy);
	free(*ring);
	*ring = NULL;
}

size_t
wh_ring_max(const struct wh_ring *ring)
{
	return ring->size / 4 - WH_REC_HEADER;
}

size_t
wh_ring_used(const struct wh_ring *ring)
{
	uint64_t head = ring->role == WH_PRODUCER ? ring->head : atomic_load_explicit(&ring->page->head, memory_order_relaxed);
	uint64_t tail = ring->role == WH_CONSUMER ? ring->tail : atomic_load_explicit(&ring->page->tail, memory_order_relaxed);

	return head - tail <= ring->size ? head - tail : ring->size;
}

/* Looks again how far the consumer is. A tail that goes back or passes head is a lie; to believe it would harm the
 * liar alone, but we would write into what it reads and blame its reader. */
static bool
producer_look(struct wh_ring *ring, memory_order order)
{
	uint64_t tail = atomic_load_explicit(&ring->page->tail, order);

	if (!ring_counters_ok(ring, ring->head, tail) || tail < ring->tail_seen)
		ring->broken = true;
	else
		ring->tail_seen = tail;
	return !ring->broken;
}

char *
wh_ring_claim(struct wh_ring *ring, size_t n)
{
	uint64_t offset = ring->head & (ring->size - 1), left = ring->size - offset, total, pad;

	assert(ring->role == WH_PRODUCER);
	ring->has_claim = false;
	if (ring->broken || n > wh_ring_max(ring))
		return NULL;
	total = WH_REC_HEADER + ring_align(n);
	pad = left < total ? left : 0;
	if (ring->head + pad + total - ring->tail_seen > ring->size) {
		if (!producer_look(ring, memory_order_acquire))
			return NULL;
		if (ring->head + pad + total - ring->tail_seen > ring->size)
			return NULL;
	}
	ring->claimed = n;
	ring->claimed_pad = pad;
	ring->has_claim = true;
	return ring->data + (pad != 0 ? 0 : offset) + WH_REC_HEADER;
}

void
wh_ring_commit(struct wh_ring *ring, uint16_t kind, wh_id id, size_t n_used)
{
	struct rec_head head = { .length = (uint32_t)n_used, .kind = kind };
	char *at;

	assert(ring->has_claim && n_used <= ring->claimed);
	assert(kind != 0 && kind != REC_PAD);
	ring->has_claim = false;
	if (ring->claimed_pad != 0) {
		struct rec_head filler = { .length = (uint32_t)(ring->claimed_pad - sizeof filler), .kind = REC_PAD };

		memcpy(ring->data + (ring->head & (ring->size - 1)), &filler, sizeof filler);
		ring->head += ring->claimed_pad;
	}
	at = ring->data + (ring->head & (ring->size - 1));
	memcpy(at, &head, sizeof head);
	memcpy(at + sizeof head, &id, sizeof id);
	ring->head += WH_REC_HEADER + ring_align(n_used);
	if (!ring->holds)
		atomic_store_explicit(&ring->page->head, ring->head, memory_order_release);
}

void
wh_ring_hold(struct wh_ring *ring)
{
	ring->holds = true;
}

void
wh_ring_show(struct wh_ring *ring)
{
	if (ring->holds)
		atomic_store_explicit(&ring->page->head, ring->head, memory_order_release);
}

void
wh_ring_kick(struct wh_ring *ring)
{
	if (ring->kicked == ring->head)
		return;
	ring->kicked = ring->head;
	atomic_store(&ring->page->head, ring->head);
	if (atomic_load(&ring->page->sleeping) != 0 && atomic_exchange(&ring->page->sleeping, 0) != 0)
		ring_bell(ring);
}

bool
wh_ring_want_room(struct wh_ring *ring)
{
	atomic_store(&ring->page->wants_room, 1);
	if (!producer_look(ring, memory_order_seq_cst) || ring->head - ring->tail_seen > ring->size / 2)
		return true;
	atomic_store(&ring->page->wants_room, 0);
	return false;
}

uint64_t
wh_ring_pos(const struct wh_ring *ring)
{
	return ring->head;
}

bool
wh_ring_consumed(const struct wh_ring *ring, uint64_t pos)
{
	return atomic_load_explicit(&ring->page->tail, memory_order_acquire) >= pos;
}

static int
consumer_broken(struct wh_ring *ring)
{
	ring->broken = true;
	return WH_ESYNTAX;
}

static struct rec_head
consumer_head(const char *at)
{
	uint64_t word = *(const volatile uint64_t *)(const volatile void *)at;
	struct rec_head head;

	memcpy(&head, &word, sizeof head);
	return head;
}

static uint32_t
consumer_begin(struct wh_ring *ring, uint64_t at)
{
	uint64_t begun = atomic_load_explicit(&ring->page->begun, memory_order_relaxed), count = 0;

	if ((begun & ~(uint64_t)WH_ATTEMPTS_MAX) == at)
		count = begun & WH_ATTEMPTS_MAX;
	if (count < WH_ATTEMPTS_MAX)
		count++;
	atomic_store_explicit(&ring->page->begun, at | count, memory_order_relaxed);
	/* Only our own death can come between this store and the handling, and a process's stores outlive it in
	 * their order; the compiler alone has to be told. */
	atomic_signal_fence(memory_order_seq_cst);
	return (uint32_t)count;
}

int
wh_ring_next(struct wh_ring *ring, struct wh_rec *out)
{
	uint64_t head, at = ring->tail, offset = at & (ring->size - 1), committed, total;
	struct rec_head rec;

	assert(ring->role == WH_CONSUMER);
	if (ring->broken)
		return WH_ESYNTAX;
	if (ring->held) {
		*out = ring->rec;
		return 1;
	}
	head = atomic_load_explicit(&ring->page->head, memory_order_acquire);
	if (head == at)
		return 0;
	if (!ring_counters_ok(ring, head, at))
		return consumer_broken(ring);
	committed = head - at;
	rec = consumer_head(ring->data + offset);
	if (rec.kind == REC_PAD) {
		uint64_t left = ring->size - offset;

		if (left >= ring->size / 4 || rec.length != left - sizeof rec || rec.flags != 0 || committed <= left)
			return consumer_broken(ring);
		at += left;
		committed -= left;
		offset = 0;
		rec = consumer_head(ring->data);
	}
	if (rec.kind == 0 || rec.kind == REC_PAD || rec.flags != 0 || rec.length > wh_ring_max(ring))
		return consumer_broken(ring);
	total = WH_REC_HEADER + ring_align(rec.length);
	if (total > committed || total > ring->size - offset)
		return consumer_broken(ring);
	memcpy(ring->copy, ring->data + offset + WH_REC_HEADER, rec.length);
	ring->rec = (struct wh_rec){
		.kind = rec.kind,
		.id = *(const volatile uint64_t *)(const volatile void *)(ring->data + offset + sizeof rec),
		.pos = at,
		.bytes = { ring->copy, rec.length },
	};
	ring->rec.attempts = consumer_begin(ring, at);
	ring->next_tail = at + total;
	ring->held = true;
	*out = ring->rec;
	return 1;
}

/* Rings the producer if it waits for room and half of the ring is free. */
static void
consumer_give_room(struct wh_ring *ring, memory_order order)
{
	if (atomic_load_explicit(&ring->page->wants_room, order) == 0)
		return;
	if (atomic_load_explicit(&ring->page->head, memory_order_relaxed) - ring->tail > ring->size / 2)
		return;
	if (atomic_exchange(&ring->page->wants_room, 0) != 0)
		ring_bell(ring);
}

void
wh_ring_done(struct wh_ring *ring)
{
	assert(ring->held);
	ring->held = false;
	ring->tail = ring->next_tail;
	atomic_store_explicit(&ring->page->tail, ring->tail, memory_order_release);
	consumer_give_room(ring, memory_order_relaxed);
}

bool
wh_ring_sleep(struct wh_ring *ring)
{
	struct ring_page *page = ring->page;

	assert(ring->role == WH_CONSUMER);
	if (ring->broken)
		return true;
	atomic_store(&page->tail, ring->tail);
	consumer_give_room(ring, memory_order_seq_cst);
	atomic_store(&page->sleeping, 1);
	if (atomic_load(&page->head) == ring->tail)
		return true;
	atomic_store(&page->sleeping, 0);
	return false;
}
