/* A tree whose nodes are split when they are full and joined with a neighbour when they are thin. Only the way down is known, and kept while
 * something is changed; a ticket knows its lane and where it belongs, and not its node, so nobody has to be told when entries move. */
#include "lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_THIN = 9, NODE_JOINED = 25 };	/* joined when one has at most so many, and both together at most so many */

void
lanes_init(struct lanes *ls, uint64_t seed)
{
	*ls = (struct lanes){ .seed = seed, .nodes.size = sizeof(struct lane_node), .lanes.size = sizeof(struct lane) };
}

void
lanes_free(struct lanes *ls)
{
	pieces_free(&ls->nodes);
	pieces_free(&ls->lanes);
	finder_free(&ls->ids);
}

size_t
lanes_bytes(const struct lanes *ls)
{
	return pieces_bytes(&ls->nodes) + pieces_bytes(&ls->lanes) + finder_bytes(&ls->ids);
}

static inline struct lane_node *
node_at(const struct lanes *ls, uint32_t number)
{
	return pieces_item(&ls->nodes, number);
}

static inline struct lane *
lane_item(const struct lanes *ls, uint32_t number)
{
	return pieces_item(&ls->lanes, number);
}

/* Nodes */

/* Has so many free ones ready, so that nothing fails half way. */
static bool
nodes_ready(struct lanes *ls, unsigned n)
{
	while (ls->n_free_nodes < n) {
		if (!pieces_reach(&ls->nodes, ls->n_nodes + 1))
			return false;
		node_at(ls, ++ls->n_nodes)->next = ls->free_node;
		ls->free_node = ls->n_nodes;
		ls->n_free_nodes++;
	}
	return true;
}

static uint32_t
node_new(struct lanes *ls)
{
	uint32_t number = ls->free_node;
	struct lane_node *node = node_at(ls, number);

	ls->free_node = node->next;
	ls->n_free_nodes--;
	node->n = node->prev = node->next = 0;
	for (unsigned i = 0; i < NODE_MAX; i++)
		node->keys[i] = INT32_MAX;
	return number;
}

static void
node_free(struct lanes *ls, uint32_t number)
{
	node_at(ls, number)->next = ls->free_node;
	ls->free_node = number;
	ls->n_free_nodes++;
}

/* How many entries stand at or before (key, order). Five looks at the keys find those before the key, as there are 2^5 - 1 places. */
static inline unsigned
node_rank(const struct lane_node *node, int32_t key, uint64_t order)
{
	const int32_t *keys = node->keys;
	unsigned i = 0;

	i += keys[15] < key ? 16u : 0;
	i += keys[i + 7] < key ? 8u : 0;
	i += keys[i + 3] < key ? 4u : 0;
	i += keys[i + 1] < key ? 2u : 0;
	i += keys[i] < key ? 1u : 0;
	while (i < node->n && keys[i] == key && node->orders[i] <= order)
		i++;
	return i;
}

static void
node_insert(struct lane_node *node, unsigned at, int32_t key, uint64_t order, uint32_t ref)
{
	unsigned more = node->n++ - at;

	memmove(node->keys + at + 1, node->keys + at, more * sizeof *node->keys);
	memmove(node->orders + at + 1, node->orders + at, more * sizeof *node->orders);
	memmove(node->refs + at + 1, node->refs + at, more * sizeof *node->refs);
	node->keys[at] = key;
	node->orders[at] = order;
	node->refs[at] = ref;
}

static void
node_delete(struct lane_node *node, unsigned at)
{
	unsigned more = --node->n - at;

	memmove(node->keys + at, node->keys + at + 1, more * sizeof *node->keys);
	memmove(node->orders + at, node->orders + at + 1, more * sizeof *node->orders);
	memmove(node->refs + at, node->refs + at + 1, more * sizeof *node->refs);
	node->keys[node->n] = INT32_MAX;
}

/* The last `n` of one are put behind what the other has. */
static void
node_move(struct lane_node *from, unsigned n, struct lane_node *to)
{
	unsigned first = from->n - n;

	memcpy(to->keys + to->n, from->keys + first, n * sizeof *to->keys);
	memcpy(to->orders + to->n, from->orders + first, n * sizeof *to->orders);
	memcpy(to->refs + to->n, from->refs + first, n * sizeof *to->refs);
	to->n += n;
	for (unsigned i = first; i < from->n; i++)
		from->keys[i] = INT32_MAX;
	from->n = first;
}

/* Whatever is less than all else goes into the first node. */
static void
node_open(struct lane_node *node)
{
	if (node->n == 0)
		return;
	node->keys[0] = INT32_MIN;
	node->orders[0] = 0;
}

/* Down to the leaf in which (key, order) stands or would, and not into it. */
static void
way_begin(struct lanes *ls, const struct lane *lane, int32_t key, uint64_t order)
{
	struct lane_way *way = &ls->way;
	unsigned last = lane->height - 1u;
	uint32_t number = lane->u.tree.root;

	ls->steps += lane->height;
	way->lane = lane;
	way->key = key;
	way->order = order;
	way->ranked = false;
	for (unsigned level = 0;; level++) {
		struct lane_node *node = node_at(ls, number);

		/* Read when the keys have been: no need to wait for both. */
		pieces_soon(node->keys);
		pieces_soon(node->keys + 16);
		pieces_soon(node->refs);
		pieces_soon(node->refs + 16);
		way->nodes[level] = node;
		way->numbers[level] = number;
		if (level == last)
			break;
		way->slots[level] = node_rank(node, key, order) - 1;
		number = node->refs[way->slots[level]];
	}
	/* All of its lines at once. */
	for (unsigned i = 0; i < NODE_MAX; i += 8)
		pieces_soon(way->nodes[last]->orders + i);
}

static const struct lane_way *
way_down(struct lanes *ls, const struct lane *lane, int32_t key, uint64_t order)
{
	struct lane_way *way = &ls->way;

	if (way->lane != lane || way->key != key || way->order != order)
		way_begin(ls, lane, key, order);
	if (!way->ranked)
		way->slots[lane->height - 1u] = node_rank(way->nodes[lane->height - 1u], key, order);
	way->ranked = true;
	return way;
}

void
lanes_soon(struct lanes *ls, const struct lane *lane, int32_t key, uint64_t order)
{
	if (lane->height != 0 && (ls->way.lane != lane || ls->way.key != key || ls->way.order != order))
		way_begin(ls, lane, key, order);
}

/* Lanes */

static uint32_t
id_hash(uint64_t id)
{
	return (uint32_t)(id >> 32);
}

static uint32_t
lane_number(const struct lanes *ls, uint64_t id)
{
	struct finder_at at = finder_from(id_hash(id));
	uint32_t number;

	while ((number = finder_next(&ls->ids, &at)) != 0 && lane_item(ls, number)->id != id)
		continue;
	return number;
}

static uint32_t
lane_new(struct lanes *ls, uint64_t id)
{
	uint32_t number = ls->free_lane;

	if (number == 0 && !pieces_reach(&ls->lanes, ls->n_lanes + 1))
		return 0;
	if (!finder_put(&ls->ids, id_hash(id), number != 0 ? number : ls->n_lanes + 1))
		return 0;
	if (number != 0)
		ls->free_lane = lane_item(ls, number)->u.next_free;
	else
		number = ++ls->n_lanes;
	*lane_item(ls, number) = (struct lane){ .id = id };
	return number;
}

static void
lane_end(struct lanes *ls, uint32_t number)
{
	struct lane *lane = lane_item(ls, number);

	finder_remove(&ls->ids, id_hash(lane->id), number);
	lane->id = 0;
	lane->u.next_free = ls->free_lane;
	ls->free_lane = number;
}

void
lanes_find_soon(const struct lanes *ls, uint64_t id)
{
	finder_soon(&ls->ids, id_hash(id));
}

void
lanes_remove_soon(const struct lanes *ls, uint32_t number)
{
	const struct lane *lane = lane_item(ls, number);

	/* With its last ticket it ends. */
	if (lane->height == 0 && lane->n_few == 1)
		finder_soon(&ls->ids, id_hash(lane->id));
}

const struct lane *
lanes_find(const struct lanes *ls, uint64_t id)
{
	uint32_t number = lane_number(ls, id);

	return number != 0 ? lane_item(ls, number) : NULL;
}

/* How many of the few stand at or before (key, order). */
static unsigned
few_rank(const struct lane *lane, int32_t key, uint64_t order)
{
	unsigned i = 0;

	while (i < lane->n_few && (lane->u.few.keys[i] < key || (lane->u.few.keys[i] == key && lane->u.few.orders[i] <= order)))
		i++;
	return i;
}

/* The few become a tree of one leaf. */
static bool
lane_grow(struct lanes *ls, struct lane *lane)
{
	struct lane_node *node;
	uint32_t number;

	if (!nodes_ready(ls, 1))
		return false;
	number = node_new(ls);
	node = node_at(ls, number);
	for (unsigned i = 0; i < lane->n_few; i++)
		node_insert(node, i, lane->u.few.keys[i], lane->u.few.orders[i], lane->u.few.tickets[i]);
	lane->n_few = 0;
	lane->height = 1;
	lane->u.tree.root = lane->u.tree.first = number;
	return true;
}

static void
lane_shrink(struct lanes *ls, struct lane *lane)
{
	uint32_t number = lane->u.tree.root;
	const struct lane_node *node = node_at(ls, number);

	lane->n_few = (uint16_t)node->n;
	lane->height = 0;
	for (unsigned i = 0; i < node->n; i++) {
		lane->u.few.keys[i] = node->keys[i];
		lane->u.few.orders[i] = node->orders[i];
		lane->u.few.tickets[i] = node->refs[i];
	}
	node_free(ls, number);
}

/* Adding */

static bool
few_add(struct lane *lane, int32_t key, uint64_t order, uint32_t ticket)
{
	unsigned at = few_rank(lane, key, order);

	if (at > 0 && lane->u.few.keys[at - 1] == key && lane->u.few.orders[at - 1] == order)
		return false;
	for (unsigned i = lane->n_few++; i > at; i--) {
		lane->u.few.keys[i] = lane->u.few.keys[i - 1];
		lane->u.few.orders[i] = lane->u.few.orders[i - 1];
		lane->u.few.tickets[i] = lane->u.few.tickets[i - 1];
	}
	lane->u.few.keys[at] = key;
	lane->u.few.orders[at] = order;
	lane->u.few.tickets[at] = ticket;
	return true;
}

/* A new node behind a full one. Where people come in order, the old one stays full: half of it would never be filled. */
static uint32_t
node_split(struct lanes *ls, struct lane_node *node, uint32_t number, bool leaf, bool in_order)
{
	uint32_t more = node_new(ls);
	struct lane_node *right = node_at(ls, more);

	node_move(node, in_order ? 0 : NODE_MAX / 2, right);
	if (!leaf)
		return more;
	right->prev = number;
	right->next = node->next;
	if (node->next != 0)
		node_at(ls, node->next)->prev = more;
	node->next = more;
	return more;
}

/* The root was split: one above both halves. */
static void
lane_rise(struct lanes *ls, struct lane *lane, int32_t key, uint64_t order, uint32_t half)
{
	uint32_t number = node_new(ls);
	struct lane_node *root = node_at(ls, number);

	node_insert(root, 0, INT32_MIN, 0, lane->u.tree.root);
	node_insert(root, 1, key, order, half);
	lane->u.tree.root = number;
	lane->height++;
}

static bool
tree_add(struct lanes *ls, struct lane *lane, int32_t key, uint64_t order, uint32_t ref)
{
	unsigned level = lane->height - 1u;
	const struct lane_way *way;
	bool leaf = true, in_order;

	if (lane->height == LANE_HEIGHT || !nodes_ready(ls, lane->height + 1u))
		return false;
	way = way_down(ls, lane, key, order);
	if (way->slots[level] > 0 && way->nodes[level]->keys[way->slots[level] - 1] == key && way->nodes[level]->orders[way->slots[level] - 1] == order)
		return false;
	in_order = way->nodes[level]->next == 0 && way->slots[level] == way->nodes[level]->n;
	for (;; level--) {
		struct lane_node *node = way->nodes[level], *right;
		unsigned at = leaf ? way->slots[level] : way->slots[level] + 1;
		uint32_t more;

		if (node->n < NODE_MAX) {
			node_insert(node, at, key, order, ref);
			return true;
		}
		more = node_split(ls, node, way->numbers[level], leaf, in_order);
		right = node_at(ls, more);
		if (at < node->n || (at == node->n && right->n != 0))
			node_insert(node, at, key, order, ref);
		else
			node_insert(right, at - node->n, key, order, ref);
		/* The new node goes into the one above, under the least that it has. */
		key = right->keys[0];
		order = right->orders[0];
		ref = more;
		if (!leaf)
			node_open(right);
		leaf = false;
		if (level == 0)
			break;
	}
	lane_rise(ls, lane, key, order, ref);
	return true;
}

uint32_t
lanes_add(struct lanes *ls, uint64_t id, int32_t key, uint64_t order, uint32_t ticket, uint8_t persons)
{
	uint32_t number = lane_number(ls, id);
	struct lane *lane;
	bool added;

	if (number == 0 && (number = lane_new(ls, id)) == 0)
		return 0;
	lane = lane_item(ls, number);
	if (lane->height == 0 && lane->n_few < LANE_FEW)
		added = few_add(lane, key, order, ticket);
	else
		added = (lane->height != 0 || lane_grow(ls, lane)) && tree_add(ls, lane, key, order, ticket);
	ls->way.lane = NULL;
	if (!added)
		return 0;
	lane->persons += persons;
	return number;
}

/* Removing */

static void
leaf_unlink(struct lanes *ls, struct lane *lane, const struct lane_node *leaf)
{
	if (leaf->prev != 0)
		node_at(ls, leaf->prev)->next = leaf->next;
	else
		lane->u.tree.first = leaf->next;
	if (leaf->next != 0)
		node_at(ls, leaf->next)->prev = leaf->prev;
}

/* Joins the thin node of this level with a neighbour below the same one above. False: nothing to be done there. */
static bool
node_join(struct lanes *ls, struct lane *lane, const struct lane_way *way, unsigned level)
{
	struct lane_node *above = way->nodes[level - 1], *left, *right;
	unsigned slot = way->slots[level - 1], at = slot + 1 < above->n ? slot + 1 : slot;
	bool leaf = level == lane->height - 1u;
	uint32_t gone;

	if (above->n == 1) {
		if (way->nodes[level]->n != 0)
			return false;
		if (leaf)
			leaf_unlink(ls, lane, way->nodes[level]);
		node_free(ls, way->numbers[level]);
		node_delete(above, 0);
		return true;
	}
	gone = above->refs[at];
	left = node_at(ls, above->refs[at - 1]);
	right = node_at(ls, gone);
	if (left->n + right->n > NODE_JOINED && left->n != 0 && right->n != 0)
		return false;
	if (!leaf && right->n != 0) {
		right->keys[0] = above->keys[at];
		right->orders[0] = above->orders[at];
	}
	node_move(right, right->n, left);
	if (leaf)
		leaf_unlink(ls, lane, right);
	else
		node_open(left);
	node_free(ls, gone);
	node_delete(above, at);
	return true;
}

static void
tree_remove(struct lanes *ls, struct lane *lane, int32_t key, uint64_t order)
{
	unsigned level = lane->height - 1u, at;
	const struct lane_way *way = way_down(ls, lane, key, order);
	struct lane_node *node = way->nodes[level];

	at = way->slots[level];
	assert(at > 0 && node->keys[at - 1] == key && node->orders[at - 1] == order);
	node_delete(node, at - 1);
	while (level > 0 && way->nodes[level]->n <= NODE_THIN && node_join(ls, lane, way, level))
		level--;
	while (lane->height > 1 && node_at(ls, lane->u.tree.root)->n == 1) {
		uint32_t root = lane->u.tree.root;

		lane->u.tree.root = node_at(ls, root)->refs[0];
		lane->height--;
		node_free(ls, root);
	}
	if (lane->height == 1 && node_at(ls, lane->u.tree.root)->n < LANE_FEW)
		lane_shrink(ls, lane);
}

void
lanes_remove(struct lanes *ls, uint32_t number, int32_t key, uint64_t order, uint8_t persons)
{
	struct lane *lane = lane_item(ls, number);
	unsigned at;

	lane->persons -= persons;
	if (lane->height != 0) {
		tree_remove(ls, lane, key, order);
		ls->way.lane = NULL;
		return;
	}
	at = few_rank(lane, key, order);
	assert(at > 0 && lane->u.few.keys[at - 1] == key && lane->u.few.orders[at - 1] == order);
	for (; at < lane->n_few; at++) {
		lane->u.few.keys[at - 1] = lane->u.few.keys[at];
		lane->u.few.orders[at - 1] = lane->u.few.orders[at];
		lane->u.few.tickets[at - 1] = lane->u.few.tickets[at];
	}
	if (--lane->n_few == 0)
		lane_end(ls, number);
}

/* Looking */

void
lanes_leaf(const struct lanes *ls, uint32_t leaf, struct lane_at *at)
{
	const struct lane_node *node;

	if (leaf == 0) {
		*at = (struct lane_at){ .n = 0 };
		return;
	}
	node = node_at(ls, leaf);
	*at = (struct lane_at){ node->keys, node->orders, node->refs, 0, node->n, node->prev, node->next };
}

static struct lane_at
few_places(const struct lane *lane)
{
	return (struct lane_at){ lane->u.few.keys, lane->u.few.orders, lane->u.few.tickets, 0, lane->n_few, 0, 0 };
}

struct lane_at
lanes_first(const struct lanes *ls, const struct lane *lane)
{
	struct lane_at at;

	if (lane->height == 0)
		return few_places(lane);
	lanes_leaf(ls, lane->u.tree.first, &at);
	return at;
}

void
lanes_around(struct lanes *ls, const struct lane *lane, int32_t key, uint64_t order, struct lane_at *before_out, struct lane_at *after_out)
{
	const struct lane_way *way;
	unsigned rank;

	if (lane->height == 0) {
		*before_out = few_places(lane);
		rank = few_rank(lane, key, order);
	} else {
		way = way_down(ls, lane, key, order);
		lanes_leaf(ls, way->numbers[lane->height - 1u], before_out);
		rank = way->slots[lane->height - 1u];
	}
	*after_out = *before_out;
	after_out->i = rank;
	if (rank == before_out->n)
		lanes_leaf(ls, before_out->next, after_out);
	before_out->i = rank - 1;
	if (rank == 0) {
		lanes_leaf(ls, before_out->prev, before_out);
		before_out->i = before_out->n - 1;
	}
}
