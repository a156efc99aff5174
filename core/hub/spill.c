/* The chain of private rings of spill.h. The oldest ring is the first and is read; the newest is the last and is written;
 * often they are one. */
#include "hub/spill.h"

#include <stdlib.h>
#include <sys/mman.h>

struct spill_ring {
	struct spill_ring *next;
	char *memory;		/* owned mapping, so that untouched pages cost nothing and go back at once */
	struct wh_ring *in, *out;	/* owned: our consuming and our producing end */
};

static void
spill_ring_free(struct spill *spill, struct spill_ring *r)
{
	wh_ring_close(&r->in);
	wh_ring_close(&r->out);
	if (r->memory != NULL)
		munmap(r->memory, wh_ring_bytes(spill->ring_size));
	free(r);
}

enum wh_err
spill_more(struct spill *spill)
{
	struct spill_ring *r = calloc(1, sizeof *r);
	size_t size = spill->ring_size;

	if (r == NULL)
		return WH_ENOMEM;
	r->memory = mmap(NULL, wh_ring_bytes(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r->memory == MAP_FAILED)
		r->memory = NULL;
	if (r->memory == NULL || wh_ring_format(r->memory, size) != WH_OK ||
	    wh_ring_open(r->memory, size, WH_PRODUCER, -1, &r->out) != WH_OK ||
	    wh_ring_open(r->memory, size, WH_CONSUMER, -1, &r->in) != WH_OK) {
		spill_ring_free(spill, r);
		return WH_ENOMEM;
	}
	if (spill->last != NULL)
		spill->last->next = r;
	else
		spill->first = r;
	spill->last = r;
	spill->rings++;
	return WH_OK;
}

struct spill *
spill_new(const struct wh_ring *real)
{
	struct spill *spill = calloc(1, sizeof *spill);

	if (spill == NULL)
		return NULL;
	/* wh_ring_max is a quarter of the ring less the header. */
	spill->ring_size = (wh_ring_max(real) + WH_REC_HEADER) * 4;
	if (spill_more(spill) != WH_OK)
		spill_free(&spill);
	return spill;
}

void
spill_free(struct spill **spill)
{
	if (*spill == NULL)
		return;
	while ((*spill)->first != NULL) {
		struct spill_ring *r = (*spill)->first;

		(*spill)->first = r->next;
		spill_ring_free(*spill, r);
	}
	free(*spill);
	*spill = NULL;
}

struct wh_ring *
spill_ring(struct spill *spill)
{
	return spill->last->out;
}

bool
spill_move(struct spill *spill, struct wh_ring *real)
{
	for (;;) {
		struct spill_ring *r = spill->first;
		struct wh_rec rec;

		while (wh_ring_next(r->in, &rec) == 1) {
			char *to = wh_ring_claim(real, rec.bytes.n);

			if (to == NULL)
				return false;
			if (rec.bytes.n != 0)
				memcpy(to, rec.bytes.p, rec.bytes.n);
			wh_ring_commit(real, rec.kind, rec.id, rec.bytes.n);
			wh_ring_done(r->in);
		}
		if (r == spill->last)
			return true;
		spill->first = r->next;
		spill->rings--;
		spill_ring_free(spill, r);
	}
}

size_t
spill_used(const struct spill *spill)
{
	size_t n = 0;

	for (const struct spill_ring *r = spill->first; r != NULL; r = r->next)
		n += wh_ring_used(r->out);
	return n;
}

size_t
spill_bytes(const struct spill *spill)
{
	return spill->rings * spill->ring_size;
}
