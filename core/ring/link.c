/* The link of link.h. The memory, in order: a page that says what it is, the hub end's board, the far end's board, the ring
 * from the far end to the hub, the ring from the hub to the far end. */
#include "ring/link.h"
#include "base/fd.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	LINK_PAGE = 4096,
	LINK_BOARD = WH_BOARD_SLOTS * 8,
	LINK_RINGS = LINK_PAGE + 2 * LINK_BOARD,	/* where the rings begin */
	LINK_VERSION = 1,
};

_Static_assert(LINK_RINGS % WH_RING_PAGE == 0, "rings begin on a page");

static const uint64_t LINK_MAGIC = 0x316b6e696c796877;	/* "whylink1" */

struct link_page {
	uint64_t magic;
	uint32_t version, board_slots;
	uint64_t ring_size;
	_Alignas(64) _Atomic uint32_t live;
};

static size_t
link_bytes(size_t ring_size)
{
	return LINK_RINGS + 2 * wh_ring_bytes(ring_size);
}

static char *
link_ring(char *memory, size_t ring_size, enum wh_side producer)
{
	return memory + LINK_RINGS + (producer == WH_FAR_END ? 0 : wh_ring_bytes(ring_size));
}

enum wh_err
wh_link_create(size_t ring_size, struct wh_link_fds *fds_out)
{
	struct link_page *page;
	enum wh_err err = WH_EIO;
	char *memory;

	*fds_out = WH_LINK_FDS_NONE;
	if (ring_size < WH_RING_MIN || ring_size > WH_RING_MAX || (ring_size & (ring_size - 1)) != 0)
		return WH_EINVAL;
	fds_out->memory = wh_fd_memory("whiply-link", link_bytes(ring_size));
	if (fds_out->memory < 0)
		return WH_EIO;
	for (int side = 0; side < 2; side++) {
		fds_out->bell[side] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fds_out->bell[side] < 0)
			goto fail;
	}
	memory = wh_fd_map(fds_out->memory, link_bytes(ring_size));
	if (memory == NULL)
		goto fail;
	page = (struct link_page *)(void *)memory;
	page->version = LINK_VERSION;
	page->board_slots = WH_BOARD_SLOTS;
	page->ring_size = ring_size;
	err = wh_ring_format(link_ring(memory, ring_size, WH_FAR_END), ring_size);
	if (err == WH_OK)
		err = wh_ring_format(link_ring(memory, ring_size, WH_HUB_END), ring_size);
	page->magic = LINK_MAGIC;
	munmap(memory, link_bytes(ring_size));
	if (err == WH_OK)
		return WH_OK;
fail:
	wh_link_fds_close(fds_out);
	return err;
}

void
wh_link_fds_close(struct wh_link_fds *fds)
{
	wh_fd_close(&fds->memory);
	wh_fd_close(&fds->bell[WH_HUB_END]);
	wh_fd_close(&fds->bell[WH_FAR_END]);
}

/* Reads the first page without mapping it, since nobody knows yet that the file cannot shrink. */
static enum wh_err
link_check(int memory, size_t *ring_size_out)
{
	struct link_page page;

	if (pread(memory, &page, sizeof page, 0) != (ssize_t)sizeof page || page.magic != LINK_MAGIC)
		return WH_ESYNTAX;
	if (page.version != LINK_VERSION || page.board_slots != WH_BOARD_SLOTS)
		return WH_EVERSION;
	if (page.ring_size < WH_RING_MIN || page.ring_size > WH_RING_MAX)
		return WH_ESYNTAX;
	*ring_size_out = page.ring_size;
	return WH_OK;
}

enum wh_err
wh_link_attach(const struct wh_link_fds *fds, enum wh_side side, struct wh_link **link_out)
{
	enum wh_side peer = side == WH_HUB_END ? WH_FAR_END : WH_HUB_END;
	const uint64_t one = 1;
	struct wh_link *link;
	size_t ring_size;
	enum wh_err err;

	*link_out = NULL;
	err = link_check(fds->memory, &ring_size);
	if (err != WH_OK)
		return err;
	link = calloc(1, sizeof *link);
	if (link == NULL)
		return WH_ENOMEM;
	link->side = side;
	link->bell = fds->bell[side];
	link->bytes = link_bytes(ring_size);
	link->memory = wh_fd_map(fds->memory, link->bytes);
	if (link->memory == NULL) {
		err = errno == EINVAL ? WH_ESYNTAX : WH_EIO;
		free(link);
		return err;
	}
	link->own_board = (_Atomic uint64_t *)(void *)(link->memory + LINK_PAGE + (side == WH_HUB_END ? 0 : LINK_BOARD));
	link->peer_board = (_Atomic uint64_t *)(void *)(link->memory + LINK_PAGE + (side == WH_HUB_END ? LINK_BOARD : 0));
	err = wh_ring_open(link_ring(link->memory, ring_size, peer), ring_size, WH_CONSUMER, fds->bell[peer], &link->in);
	if (err == WH_OK)
		err = wh_ring_open(link_ring(link->memory, ring_size, side), ring_size, WH_PRODUCER, fds->bell[peer], &link->out);
	if (err == WH_OK && write(fds->bell[peer], &one, sizeof one) < 0 && errno != EAGAIN)
		err = WH_EIO;
	if (err != WH_OK)
		wh_link_detach(&link);
	*link_out = link;
	return err;
}

void
wh_link_detach(struct wh_link **link)
{
	struct wh_link *l = *link;

	if (l == NULL)
		return;
	wh_ring_close(&l->in);
	wh_ring_close(&l->out);
	munmap(l->memory, l->bytes);
	free(l);
	*link = NULL;
}

void
wh_link_woken(struct wh_link *link)
{
	uint64_t rings;

	/* Nothing to read is no error: the bell may be polled by more than one reason. */
	if (read(link->bell, &rings, sizeof rings) < 0)
		return;
}

static struct link_page *
link_page(const struct wh_link *link)
{
	return (struct link_page *)(void *)link->memory;
}

void
wh_link_set_live(struct wh_link *link, bool live)
{
	atomic_store(&link_page(link)->live, live);
}

bool
wh_link_is_live(int memory)
{
	uint32_t live;

	return pread(memory, &live, sizeof live, offsetof(struct link_page, live)) == (ssize_t)sizeof live && live == 1;
}

void
wh_board_set(struct wh_link *link, unsigned slot, uint64_t value)
{
	assert(slot < WH_BOARD_SLOTS);
	atomic_store_explicit(&link->own_board[slot], value, memory_order_relaxed);
}

/* Not a read-modify-write: nobody else writes our board. */
void
wh_board_add(struct wh_link *link, unsigned slot, uint64_t more)
{
	assert(slot < WH_BOARD_SLOTS);
	wh_board_set(link, slot, atomic_load_explicit(&link->own_board[slot], memory_order_relaxed) + more);
}

uint64_t
wh_board_peer(const struct wh_link *link, unsigned slot)
{
	assert(slot < WH_BOARD_SLOTS);
	return atomic_load_explicit(&link->peer_board[slot], memory_order_relaxed);
}
