/* Lanes: the index of a queue. A lane holds the tickets that have one thing in common (a cell, an interest), ordered by a number; it begins
 * with its first ticket and ends with its last. Adding and finding a place cost the logarithm of the lane, removing
 * and a step to a neighbour a few looks. Nodes and lanes are numbers into arrays, 0 is none. */
#ifndef MATCHING_LANE_H
#define MATCHING_LANE_H

#include "table.h"

struct lane_node {
	int64_t key;		/* what the lane is ordered by */
	uint64_t order;		/* breaks ties; unique */
	uint32_t left, right;	/* a treap by `prio` */
	uint32_t prev, next;	/* neighbours in order */
	uint32_t parent;	/* 0: the root */
	uint32_t ticket;
	uint32_t lane;
	uint32_t prio : 24, persons : 8;
};

struct lane {
	uint64_t id;
	uint32_t root, first, last;
	uint32_t persons;	/* of all tickets in it */
	uint32_t next_free;
};

struct lanes {
	struct lane_node *nodes;
	uint32_t n_nodes, cap_nodes, free_node;
	struct lane *lanes;
	uint32_t n_lanes, cap_lanes, free_lane;
	struct table ids;
	uint64_t seed;
	uint64_t steps;		/* down the trees, so far */
};

void lanes_init(struct lanes *ls, uint64_t seed);
void lanes_free(struct lanes *ls);

/** Adds a ticket to the lane of this id; returns its node, 0: no memory. */
uint32_t lanes_add(struct lanes *ls, uint64_t id, int64_t key, uint64_t order, uint32_t ticket, uint8_t persons);

/** Takes a node out. A lane that is empty ends. */
void lanes_remove(struct lanes *ls, uint32_t node);

/** The lane, or NULL when it is empty. Good until something is added. */
const struct lane *lanes_find(const struct lanes *ls, uint64_t id);

/** The last node at or before (key, order); 0: none. */
uint32_t lanes_floor(struct lanes *ls, const struct lane *lane, int64_t key, uint64_t order);

#endif
