/* A treap for the order, and threads through it for the neighbours. Priorities come from a counter and the seed: the same calls give the
 * same tree. */
#include "lane.h"

#include <stdlib.h>

void
lanes_init(struct lanes *ls, uint64_t seed)
{
	*ls = (struct lanes){ .seed = seed, .ids = { .seed = table_mix(seed) } };
}

void
lanes_free(struct lanes *ls)
{
	free(ls->nodes);
	free(ls->lanes);
	table_free(&ls->ids);
}

static inline bool
node_less(const struct lane_node *a, const struct lane_node *b)
{
	return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static uint32_t
node_new(struct lanes *ls)
{
	uint32_t n = ls->free_node;

	if (n != 0) {
		ls->free_node = ls->nodes[n].next;
		return n;
	}
	if (ls->n_nodes + 1 >= ls->cap_nodes) {
		uint32_t cap = ls->cap_nodes != 0 ? ls->cap_nodes * 2 : 256;
		struct lane_node *more = realloc(ls->nodes, cap * sizeof *more);

		if (more == NULL)
			return 0;
		ls->nodes = more;
		ls->cap_nodes = cap;
	}
	return ++ls->n_nodes;
}

static uint32_t
lane_new(struct lanes *ls, uint64_t id)
{
	uint32_t l = ls->free_lane;

	if (l == 0 && ls->n_lanes + 1 >= ls->cap_lanes) {
		uint32_t cap = ls->cap_lanes != 0 ? ls->cap_lanes * 2 : 64;
		struct lane *more = realloc(ls->lanes, cap * sizeof *more);

		if (more == NULL)
			return 0;
		ls->lanes = more;
		ls->cap_lanes = cap;
	}
	if (!table_put(&ls->ids, id, l != 0 ? l : ls->n_lanes + 1))
		return 0;
	if (l != 0)
		ls->free_lane = ls->lanes[l].next_free;
	else
		l = ++ls->n_lanes;
	ls->lanes[l] = (struct lane){ .id = id };
	return l;
}

static void
lane_end(struct lanes *ls, uint32_t l)
{
	table_remove(&ls->ids, ls->lanes[l].id);
	ls->lanes[l].next_free = ls->free_lane;
	ls->free_lane = l;
}

const struct lane *
lanes_find(const struct lanes *ls, uint64_t id)
{
	const uint64_t *l = table_get(&ls->ids, id);

	return l != NULL ? &ls->lanes[*l] : NULL;
}

uint32_t
lanes_add(struct lanes *ls, uint64_t id, int64_t key, uint64_t order, uint32_t ticket, uint8_t persons)
{
	const uint64_t *found = table_get(&ls->ids, id);
	uint32_t l = found != NULL ? (uint32_t)*found : lane_new(ls, id), n = l != 0 ? node_new(ls) : 0;
	uint32_t before = 0, after = 0, *at, *left, *right, below, parent = 0, left_parent = n, right_parent = n;
	struct lane_node *nodes = ls->nodes, *node = &nodes[n];
	struct lane *lane = &ls->lanes[l];

	if (n == 0) {
		if (l != 0 && lane->root == 0)
			lane_end(ls, l);
		return 0;
	}
	*node = (struct lane_node){ .key = key, .order = order, .ticket = ticket, .lane = l, .persons = persons,
		.prio = (uint32_t)table_mix(ls->seed + order * 31 + id) & 0xffffff };
	for (at = &lane->root; *at != 0 && nodes[*at].prio >= node->prio;) {
		parent = *at;
		ls->steps++;
		if (node_less(node, &nodes[parent])) {
			after = parent;
			at = &nodes[parent].left;
		} else {
			before = parent;
			at = &nodes[parent].right;
		}
	}
	/* What stood here is split into what is less and what is more. */
	below = *at;
	*at = n;
	node->parent = parent;
	left = &node->left;
	right = &node->right;
	while (below != 0) {
		ls->steps++;
		if (node_less(node, &nodes[below])) {
			after = below;
			*right = below;
			nodes[below].parent = right_parent;
			right_parent = below;
			right = &nodes[below].left;
			below = *right;
		} else {
			before = below;
			*left = below;
			nodes[below].parent = left_parent;
			left_parent = below;
			left = &nodes[below].right;
			below = *left;
		}
	}
	*left = *right = 0;
	node->prev = before;
	node->next = after;
	*(before != 0 ? &nodes[before].next : &lane->first) = n;
	*(after != 0 ? &nodes[after].prev : &lane->last) = n;
	lane->persons += persons;
	return n;
}

void
lanes_remove(struct lanes *ls, uint32_t n)
{
	struct lane_node *nodes = ls->nodes, *node = &nodes[n];
	struct lane *lane = &ls->lanes[node->lane];
	uint32_t parent = node->parent, a = node->left, b = node->right;
	uint32_t *at = parent == 0 ? &lane->root : nodes[parent].left == n ? &nodes[parent].left : &nodes[parent].right;

	while (a != 0 && b != 0) {
		uint32_t upper = nodes[a].prio >= nodes[b].prio ? a : b;

		*at = upper;
		nodes[upper].parent = parent;
		parent = upper;
		if (upper == a) {
			at = &nodes[a].right;
			a = *at;
		} else {
			at = &nodes[b].left;
			b = *at;
		}
	}
	*at = a != 0 ? a : b;
	if (*at != 0)
		nodes[*at].parent = parent;
	*(node->prev != 0 ? &nodes[node->prev].next : &lane->first) = node->next;
	*(node->next != 0 ? &nodes[node->next].prev : &lane->last) = node->prev;
	lane->persons -= node->persons;
	if (lane->root == 0)
		lane_end(ls, node->lane);
	node->next = ls->free_node;
	ls->free_node = n;
}

uint32_t
lanes_floor(struct lanes *ls, const struct lane *lane, int64_t key, uint64_t order)
{
	uint32_t best = 0;

	for (uint32_t n = lane->root; n != 0;) {
		const struct lane_node *node = &ls->nodes[n];

		ls->steps++;
		if (node->key < key || (node->key == key && node->order <= order)) {
			best = n;
			n = node->right;
		} else {
			n = node->left;
		}
	}
	return best;
}
