/* The index of a queue against a plain list: what is added is found, in order, from both sides, whatever is taken out between. And the two things
 * that it stands on: numbers by hash, and memory that does not move. */
#include "base/testing.h"
#include "lane.h"

#include <stdlib.h>
#include <string.h>

enum { MANY = 6000, ID = 77 };

struct entry {
	int32_t key;
	uint64_t order;
	uint32_t ticket;
};

struct world {
	struct lanes lanes;
	struct entry list[MANY];	/* in order */
	unsigned n;
	uint64_t dice;
	uint64_t orders;
};

static uint32_t
roll(struct world *w, uint32_t below)
{
	w->dice += 0x9e3779b97f4a7c15ull;
	return (uint32_t)(table_mix(w->dice) % below);
}

static bool
before(const struct entry *a, const struct entry *b)
{
	return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void
world_add(struct world *w, int32_t key, uint64_t order)
{
	struct entry e = { key, order, 1 + roll(w, 1000000) };
	unsigned at = w->n;

	assert_int_not_equal(lanes_add(&w->lanes, ID, key, order, e.ticket, 2), 0);
	for (w->n++; at > 0 && before(&e, &w->list[at - 1]); at--)
		w->list[at] = w->list[at - 1];
	w->list[at] = e;
}

static void
world_remove(struct world *w, unsigned i)
{
	/* Which lane it is, the one who added it knows; here there is one. */
	lanes_remove(&w->lanes, 1, w->list[i].key, w->list[i].order, 2);
	memmove(&w->list[i], &w->list[i + 1], (--w->n - i) * sizeof w->list[0]);
}

static void
place_is(const struct lane_at *at, const struct world *w, unsigned i)
{
	assert_true(lane_there(at));
	assert_int_equal(at->keys[at->i], w->list[i].key);
	assert_true(at->orders[at->i] == w->list[i].order);
	assert_int_equal(at->tickets[at->i], w->list[i].ticket);
}

/* All of it from the first on, and from some place to both ends. */
static void
world_check(struct world *w)
{
	const struct lane *lane = lanes_find(&w->lanes, ID);
	struct lane_at at, left, right;
	struct entry e;
	unsigned i = 0, steps = 0;

	if (w->n == 0) {
		assert_null(lane);
		return;
	}
	assert_non_null(lane);
	assert_int_equal(lane->persons, 2 * w->n);
	for (at = lanes_first(&w->lanes, lane); lane_there(&at); lane_forth(&w->lanes, &at))
		place_is(&at, w, i++);
	assert_int_equal(i, w->n);
	e = w->list[roll(w, w->n)];
	e.key += (int32_t)roll(w, 3) - 1;
	e.order = roll(w, 2) != 0 ? e.order : UINT64_MAX;
	lanes_around(&w->lanes, lane, e.key, e.order, &left, &right);
	for (i = 0; i < w->n && !before(&e, &w->list[i]); i++)
		;
	for (unsigned k = i; k > 0 && steps < 40; k--, steps++) {
		place_is(&left, w, k - 1);
		lane_back(&w->lanes, &left);
	}
	if (i < 40)
		assert_false(lane_there(&left));
	for (unsigned k = i, n = 0; k < w->n && n < 40; k++, n++) {
		place_is(&right, w, k);
		lane_forth(&w->lanes, &right);
	}
	if (w->n - i < 40)
		assert_false(lane_there(&right));
}

static struct world *
world_new(uint64_t seed)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	lanes_init(&w->lanes, seed);
	w->dice = seed;
	return w;
}

static void
world_free(struct world *w)
{
	lanes_free(&w->lanes);
	free(w);
}

static void
a_lane_is_a_list_in_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct world *w = world_new(seed);
		unsigned most = seed % 4 == 0 ? 5000 : seed % 4 == 1 ? 8 : 300, keys = seed % 3 == 0 ? 1 : seed % 3 == 1 ? 10 : 1u << 20;

		/* It grows and is emptied, again and again: each second turn mostly shrinks. */
		for (unsigned step = 0; step < most * 6; step++) {
			bool grows = step / most % 2 == 0;

			if (w->n < most && (w->n == 0 || roll(w, 10) < (grows ? 8u : 2u)))
				world_add(w, (int32_t)roll(w, keys) - (int32_t)keys / 2, ++w->orders << 3 | roll(w, 8));
			else
				world_remove(w, roll(w, 3) == 0 ? 0 : roll(w, w->n));
			if (most <= 300 || step % 50 == 0)
				world_check(w);
		}
		while (w->n != 0)
			world_remove(w, seed % 2 == 0 ? 0 : w->n - 1);
		world_check(w);
		world_free(w);
	}
}

static void
those_who_come_in_order_fill_it(void **state)
{
	struct world *w = world_new(3);

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		world_add(w, 0, i + 1);
	world_check(w);
	/* Full leaves, and few above. */
	assert_true(w->lanes.n_nodes - w->lanes.n_free_nodes < MANY / NODE_MAX * 11 / 10);
	/* Whoever waits longest is taken first: nodes are given back. */
	while (w->n > 10)
		world_remove(w, 0);
	world_check(w);
	assert_true(w->lanes.n_nodes - w->lanes.n_free_nodes < 6);
	world_free(w);
}

static void
a_way_down_is_a_logarithm(void **state)
{
	struct world *w = world_new(5);
	uint64_t before_look;
	struct lane_at left, right;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		assert_int_not_equal(lanes_add(&w->lanes, ID, (int32_t)roll(w, 1000000), i + 1, i + 1, 1), 0);
	before_look = w->lanes.steps;
	lanes_around(&w->lanes, lanes_find(&w->lanes, ID), 500000, 0, &left, &right);
	/* 31^3 is above 29,000; thinner than full it may be a level more. */
	assert_true(w->lanes.steps - before_look <= 4);
	/* Not below half on average. */
	assert_true(w->lanes.n_nodes - w->lanes.n_free_nodes < MANY / 14);
	world_free(w);
}

static void
nothing_stands_twice(void **state)
{
	struct lanes lanes;

	(void)state;
	lanes_init(&lanes, 1);
	assert_int_not_equal(lanes_add(&lanes, ID, 5, 9, 1, 1), 0);
	assert_int_equal(lanes_add(&lanes, ID, 5, 9, 2, 1), 0);
	for (uint64_t i = 10; i < 100; i++)
		assert_int_not_equal(lanes_add(&lanes, ID, 5, i, 1, 1), 0);
	for (uint64_t i = 9; i < 100; i++)
		assert_int_equal(lanes_add(&lanes, ID, 5, i, 2, 1), 0);
	assert_int_equal(lanes_find(&lanes, ID)->persons, 91);
	lanes_free(&lanes);
}

static void
lanes_begin_and_end_with_their_tickets(void **state)
{
	enum { LANES = 20000 };
	static uint32_t numbers[LANES];
	struct lanes lanes;
	uint32_t most;

	(void)state;
	lanes_init(&lanes, 1);
	for (unsigned turn = 0; turn < 3; turn++) {
		for (uint64_t i = 0; i < LANES; i++)
			numbers[i] = lanes_add(&lanes, table_mix(i + 1), 0, i + 1, (uint32_t)i + 1, 1);
		most = turn == 0 ? lanes.n_lanes : most;
		assert_int_equal(lanes.n_lanes, most);
		for (uint64_t i = 0; i < LANES; i++) {
			const struct lane *lane = lanes_find(&lanes, table_mix(i + 1));
			struct lane_at at;

			assert_non_null(lane);
			at = lanes_first(&lanes, lane);
			assert_int_equal(at.tickets[at.i], i + 1);
		}
		for (uint64_t i = 0; i < LANES; i++)
			lanes_remove(&lanes, numbers[i], 0, i + 1, 1);
		assert_null(lanes_find(&lanes, table_mix(1)));
		assert_int_equal(lanes.ids.count, 0);
	}
	/* One ticket needs a line, and no node. */
	assert_int_equal(lanes.n_nodes, 0);
	lanes_free(&lanes);
}

static void
numbers_of_one_hash_are_kept_apart(void **state)
{
	struct finder f = { .mask = 0 };
	struct finder_at at = finder_from(7);
	unsigned seen = 0;
	uint32_t n;

	(void)state;
	assert_int_equal(finder_next(&f, &at), 0);
	finder_remove(&f, 7, 1);
	for (uint32_t i = 1; i <= 500; i++) {
		assert_true(finder_put(&f, 7, i));
		assert_true(finder_put(&f, i * 2654435761u, 1000 + i));
	}
	for (uint32_t i = 1; i <= 500; i += 2) {
		finder_remove(&f, 7, i);
		finder_remove(&f, 7, i);
	}
	at = finder_from(7);
	while ((n = finder_next(&f, &at)) != 0) {
		assert_int_equal(n % 2, 0);
		seen++;
	}
	assert_int_equal(seen, 250);
	for (uint32_t i = 1; i <= 500; i++) {
		at = finder_from(i * 2654435761u);
		while ((n = finder_next(&f, &at)) != 0 && n != 1000 + i)
			;
		assert_int_equal(n, 1000 + i);
	}
	finder_free(&f);
}

static void
pieces_do_not_move_and_are_blank(void **state)
{
	enum { ITEMS = 100000 };
	struct pieces p = { .size = 64 };
	static uint64_t *items[ITEMS];

	(void)state;
	for (uint32_t i = 0; i < ITEMS; i++) {
		assert_true(pieces_reach(&p, i));
		items[i] = pieces_item(&p, i);
		assert_true(*items[i] == 0 && items[i][7] == 0);
		assert_int_equal((uintptr_t)items[i] % 64, 0);
		*items[i] = items[i][7] = i + 1;
	}
	for (uint32_t i = 0; i < ITEMS; i++) {
		assert_ptr_equal(items[i], pieces_item(&p, i));
		assert_true(*items[i] == i + 1 && items[i][7] == i + 1);
	}
	assert_true(pieces_bytes(&p) >= (size_t)ITEMS * 64 && pieces_bytes(&p) < (size_t)ITEMS * 66 + 100000);
	pieces_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lane_is_a_list_in_order),
		cmocka_unit_test(those_who_come_in_order_fill_it),
		cmocka_unit_test(a_way_down_is_a_logarithm),
		cmocka_unit_test(nothing_stands_twice),
		cmocka_unit_test(lanes_begin_and_end_with_their_tickets),
		cmocka_unit_test(numbers_of_one_hash_are_kept_apart),
		cmocka_unit_test(pieces_do_not_move_and_are_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
