/* What two processes share: one sealed memfd with a ring each way and a board each way, and two eventfds, the bells.
 * The keeper creates it and hands copies of the descriptors to both; the hub's place can be taken by a new hub, the far
 * end's cannot: a new edge gets a new link. A side listens on its own bell alone; it rings for "there is data
 * for you" and for "there is room for you again". */
#ifndef WHIPLY_RING_LINK_H
#define WHIPLY_RING_LINK_H

#include "ring/ring.h"

enum { WH_BOARD_SLOTS = 512 };

/** The hub, and what is not the hub: an edge or a helper. */
enum wh_side { WH_HUB_END, WH_FAR_END };

/** The descriptors of a link; {-1, {-1, -1}} is none. Owned by whoever holds the struct. */
struct wh_link_fds {
	int memory;
	int bell[2];		/* by enum wh_side: the one that this side listens on */
};

#define WH_LINK_FDS_NONE ((struct wh_link_fds){ -1, { -1, -1 } })

/** One side's view. Read the members, do not write them. */
struct wh_link {
	struct wh_ring *in;	/* the ring that we consume */
	struct wh_ring *out;	/* the ring that we produce into */
	int bell;		/* ours, to poll for reading; borrowed from the fds; see wh_link_woken */
	enum wh_side side;
	char *memory;
	size_t bytes;
	_Atomic uint64_t *own_board, *peer_board;
};

/** Makes a link whose rings hold `ring_size` bytes each (a power of two, WH_RING_MIN to WH_RING_MAX). All descriptors are close-on-exec. */
enum wh_err wh_link_create(size_t ring_size, struct wh_link_fds *fds_out);

/** Closes the descriptors that are open, and sets them to -1. */
void wh_link_fds_close(struct wh_link_fds *fds);

/** Takes one side, and rings the other once, so that a ring which our predecessor died over is made good. The descriptors are
 * borrowed and must stay open until wh_link_detach. WH_EVERSION: another layout; WH_ESYNTAX: not a link, or one that could
 * shrink under us, or counters that make no sense; WH_EIO: the system refused. */
enum wh_err wh_link_attach(const struct wh_link_fds *fds, enum wh_side side, struct wh_link **link_out);
void wh_link_detach(struct wh_link **link);

/** Empties our bell after poll said that it rang. Call it before reading the ring, never after. */
void wh_link_woken(struct wh_link *link);

/** The far end says that recovery is over and clients are served (true), or that the hub is gone (false). */
void wh_link_set_live(struct wh_link *link, bool live);

/** The same flag, for the keeper, which maps nothing: `memory` is wh_link_fds.memory. False when it cannot be read. */
bool wh_link_is_live(int memory);

/** Our board: numbers that we alone write and the other side reads at any time. They outlive us: a new hub finds the
 * old hub's, and clears them if it wants. `slot` < WH_BOARD_SLOTS. */
void wh_board_set(struct wh_link *link, unsigned slot, uint64_t value);
void wh_board_add(struct wh_link *link, unsigned slot, uint64_t more);

/** What the other side's board says; the other side may lie. */
uint64_t wh_board_peer(const struct wh_link *link, unsigned slot);

#endif
