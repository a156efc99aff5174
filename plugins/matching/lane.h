/* Lanes: the index of a queue. A lane holds the tickets that have one thing in common (a cell, an interest), ordered by a number and then by
 * who came first; it begins with its first ticket and ends with its last.
 *
 * What a look needs of a ticket to pass it by, its number and since when it waits, stands in the lane itself. Up to three tickets are in the
 * lane's own line of 64 bytes, as most interests have no more; above it they are in a tree of nodes of eight lines with up to 31 each, whose
 * leaves follow one another. Adding, removing and finding a place cost the logarithm of the lane, to base 31 at best; a step to a
 * neighbour is mostly within a line. (With 15 a place among 100,000 took a tenth longer to find, with 63 as long.) Nodes and lanes are numbers, 0 is none. */
#ifndef MATCHING_LANE_H
#define MATCHING_LANE_H

#include "finder.h"
#include "pieces.h"
#include "table.h"

enum { LANE_FEW = 3, NODE_MAX = 31, LANE_HEIGHT = 16 };

/* Of a leaf the entries are tickets; above it they are nodes, each with the least that may stand in it, the first of a node with INT32_MIN.
 * Keys behind `n` are INT32_MAX. */
struct lane_node {
	int32_t keys[NODE_MAX];
	uint32_t n;
	uint64_t orders[NODE_MAX];
	uint32_t prev, next;	/* leaves; also what is free, by `next` */
	uint32_t refs[NODE_MAX];
	uint32_t blank;
};
_Static_assert(sizeof(struct lane_node) == 512, "a node is eight lines");

struct lane {
	uint64_t id;
	uint32_t persons;	/* of all tickets in it */
	uint16_t n_few;
	uint16_t height;	/* of the tree; 0: there is none, but a few */
	union {
		struct {
			uint64_t orders[LANE_FEW];
			int32_t keys[LANE_FEW];
			uint32_t tickets[LANE_FEW];
		} few;
		struct {
			uint32_t root, first;
		} tree;
		uint32_t next_free;
	} u;
};
_Static_assert(sizeof(struct lane) == 64, "a lane is a line");

/* The way from a lane's root to a leaf: at each level a node, and which of its entries was taken; of the leaf, how many stand at or before the place. */
struct lane_way {
	const struct lane *lane;	/* NULL: none */
	int32_t key;
	bool ranked;			/* the leaf was looked into */
	uint64_t order;
	struct lane_node *nodes[LANE_HEIGHT];
	uint32_t numbers[LANE_HEIGHT];
	unsigned slots[LANE_HEIGHT];
};

struct lanes {
	struct pieces nodes, lanes;
	uint32_t n_nodes, free_node, n_free_nodes;
	uint32_t n_lanes, free_lane;
	struct finder ids;
	uint64_t seed;
	uint64_t steps;		/* nodes visited on the way down, so far */
	struct lane_way way;	/* the last one, good until something is added or removed: who looks for a place takes it next */
};

void lanes_init(struct lanes *ls, uint64_t seed);
void lanes_free(struct lanes *ls);

/** Adds a ticket to the lane of this id; returns the lane. 0: no memory, or key and order are there already. */
uint32_t lanes_add(struct lanes *ls, uint64_t id, int32_t key, uint64_t order, uint32_t ticket, uint8_t persons);

/** Takes out what was added. A lane that is empty ends. */
void lanes_remove(struct lanes *ls, uint32_t lane, int32_t key, uint64_t order, uint8_t persons);

/** Says that this place will be asked for soon: what is not in the processor's caches is on its way when it is. */
void lanes_soon(struct lanes *ls, const struct lane *lane, int32_t key, uint64_t order);

/** Says that a lane will be looked for, or that something will be taken out of one: what that reads is on its way then. */
void lanes_find_soon(const struct lanes *ls, uint64_t id);
void lanes_remove_soon(const struct lanes *ls, uint32_t lane);

/** The lane, or NULL when it is empty. Good until something is removed. */
const struct lane *lanes_find(const struct lanes *ls, uint64_t id);

/** The lane that lanes_add returned. */
static inline const struct lane *
lanes_at(const struct lanes *ls, uint32_t number)
{
	return pieces_item(&ls->lanes, number);
}

/** Bytes held. */
size_t lanes_bytes(const struct lanes *ls);

/** A place in a lane. Good until something is added or removed. */
struct lane_at {
	const int32_t *keys;
	const uint64_t *orders;
	const uint32_t *tickets;
	uint32_t i, n;		/* i == n: beyond the end */
	uint32_t prev, next;	/* leaves */
};

/** The first place of all. */
struct lane_at lanes_first(const struct lanes *ls, const struct lane *lane);

/** The last place at or before (key, order), and the one that follows. Either may be beyond the end. */
void lanes_around(struct lanes *ls, const struct lane *lane, int32_t key, uint64_t order, struct lane_at *before_out, struct lane_at *after_out);

/** To a neighbouring leaf; used by the two below. */
void lanes_leaf(const struct lanes *ls, uint32_t leaf, struct lane_at *at);

static inline bool
lane_there(const struct lane_at *at)
{
	return at->i < at->n;
}

static inline void
lane_forth(const struct lanes *ls, struct lane_at *at)
{
	if (++at->i < at->n)
		return;
	lanes_leaf(ls, at->next, at);
}

static inline void
lane_back(const struct lanes *ls, struct lane_at *at)
{
	if (at->i-- > 0)
		return;
	lanes_leaf(ls, at->prev, at);
	at->i = at->n - 1;
}

#endif
