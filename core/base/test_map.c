/* Tests of the hash maps. */
#include "base/map.h"
#include "base/testing.h"

#include <stdio.h>

enum { MAP_THINGS = 3000 };

struct thing {
	char name[16];
	int seen;
};

static struct wh_str
thing_name(struct thing *t, int i)
{
	snprintf(t->name, sizeof t->name, "name %d", i);
	t->seen = 0;
	return wh_str(t->name);
}

static void
what_was_added_is_found_until_removed(void **state)
{
	static struct thing things[MAP_THINGS];
	struct wh_map m = { 0 };

	(void)state;
	for (int i = 0; i < MAP_THINGS; i++)
		assert_int_equal(wh_map_add(&m, thing_name(&things[i], i), &things[i]), WH_OK);
	for (int i = 0; i < MAP_THINGS; i += 2)
		assert_ptr_equal(wh_map_remove(&m, wh_str(things[i].name)), &things[i]);
	assert_int_equal(m.n, MAP_THINGS / 2);
	for (int i = 0; i < MAP_THINGS; i++)
		assert_ptr_equal(wh_map_get(&m, wh_str(things[i].name)), i % 2 == 0 ? NULL : &things[i]);
	assert_null(wh_map_remove(&m, WH_STR("name 0")));
	wh_map_free(&m);
	assert_null(wh_map_get(&m, WH_STR("name 1")));
}

static void
add_refuses_what_is_there_and_put_replaces_it(void **state)
{
	struct wh_map m = { 0 };
	int a, b;
	void *old = &m;

	(void)state;
	assert_int_equal(wh_map_put(&m, WH_STR("k"), &a, &old), WH_OK);
	assert_null(old);
	assert_int_equal(wh_map_add(&m, WH_STR("k"), &b), WH_EEXIST);
	assert_ptr_equal(wh_map_get(&m, WH_STR("k")), &a);
	assert_int_equal(wh_map_put(&m, WH_STR("k"), &b, &old), WH_OK);
	assert_ptr_equal(old, &a);
	assert_ptr_equal(wh_map_get(&m, WH_STR("k")), &b);
	assert_int_equal(m.n, 1);
	wh_map_free(&m);
}

static void
empty_keys_and_keys_with_nul_are_keys(void **state)
{
	struct wh_map m = { 0 };
	int a, b, c;

	(void)state;
	assert_int_equal(wh_map_add(&m, (struct wh_str){ NULL, 0 }, &a), WH_OK);
	assert_int_equal(wh_map_add(&m, (struct wh_str){ "x\0y", 3 }, &b), WH_OK);
	assert_int_equal(wh_map_add(&m, (struct wh_str){ "x\0z", 3 }, &c), WH_OK);
	assert_ptr_equal(wh_map_get(&m, WH_STR("")), &a);
	assert_ptr_equal(wh_map_get(&m, (struct wh_str){ "x\0z", 3 }), &c);
	wh_map_free(&m);
}

static void
the_bound_holds_for_new_keys_only(void **state)
{
	struct wh_map m = { .max = 1 };
	struct wh_map64 n = { .max = 1 };
	int a;

	(void)state;
	assert_int_equal(wh_map_add(&m, WH_STR("a"), &a), WH_OK);
	assert_int_equal(wh_map_add(&m, WH_STR("b"), &a), WH_EFULL);
	assert_int_equal(wh_map_put(&m, WH_STR("a"), &a, NULL), WH_OK);
	assert_int_equal(wh_map64_add(&n, 1, &a), WH_OK);
	assert_int_equal(wh_map64_add(&n, 2, &a), WH_EFULL);
	assert_int_equal(wh_map64_put(&n, 1, &a, NULL), WH_OK);
	wh_map_free(&m);
	wh_map64_free(&n);
	assert_int_equal(m.max, 1);
}

static void
an_iteration_sees_each_once_while_it_removes(void **state)
{
	static struct thing things[MAP_THINGS];

	(void)state;
	for (int size = 1; size < 200; size++) {
		struct wh_map m = { 0 };
		struct wh_map_iter it = { 0 };
		size_t kept = 0;

		for (int i = 0; i < size; i++)
			assert_int_equal(wh_map_add(&m, thing_name(&things[i], i), &things[i]), WH_OK);
		while (wh_map_next(&m, &it)) {
			struct thing *t = it.value;

			t->seen++;
			assert_true(wh_str_is(it.key, t->name));
			if ((t - things) % 3 != 0)
				assert_ptr_equal(wh_map_remove(&m, it.key), t);
			else
				kept++;
		}
		assert_false(wh_map_next(&m, &it));
		assert_int_equal(m.n, kept);
		for (int i = 0; i < size; i++) {
			assert_int_equal(things[i].seen, 1);
			assert_int_equal(wh_map_get(&m, wh_str(things[i].name)) != NULL, i % 3 == 0);
		}
		wh_map_free(&m);
	}
}

static void
numbers_are_found_until_removed(void **state)
{
	static struct thing things[MAP_THINGS];
	struct wh_map64 m = { 0 };

	(void)state;
	for (int i = 0; i < MAP_THINGS; i++)
		assert_int_equal(wh_map64_add(&m, (uint64_t)i << 32, &things[i]), WH_OK);
	assert_int_equal(wh_map64_add(&m, 0, &things[1]), WH_EEXIST);
	for (int i = 0; i < MAP_THINGS; i += 2)
		assert_ptr_equal(wh_map64_remove(&m, (uint64_t)i << 32), &things[i]);
	assert_null(wh_map64_remove(&m, 0));
	for (int i = 0; i < MAP_THINGS; i++)
		assert_ptr_equal(wh_map64_get(&m, (uint64_t)i << 32), i % 2 == 0 ? NULL : &things[i]);
	wh_map64_free(&m);
}

static void
an_iteration_over_numbers_sees_each_once_while_it_removes(void **state)
{
	static int seen[200];

	(void)state;
	for (int size = 1; size < 200; size++) {
		struct wh_map64 m = { 0 };
		struct wh_map64_iter it = { 0 };

		for (int i = 0; i < size; i++) {
			seen[i] = 0;
			assert_int_equal(wh_map64_add(&m, (uint64_t)i, &seen[i]), WH_OK);
		}
		while (wh_map64_next(&m, &it)) {
			assert_ptr_equal(it.value, &seen[it.key]);
			seen[it.key]++;
			assert_non_null(wh_map64_remove(&m, it.key));
		}
		assert_int_equal(m.n, 0);
		for (int i = 0; i < size; i++)
			assert_int_equal(seen[i], 1);
		wh_map64_free(&m);
	}
}

static void
reserved_room_does_not_move(void **state)
{
	static struct thing things[MAP_THINGS];
	struct wh_map m = { 0 };
	struct wh_map_entry *entries;

	(void)state;
	assert_int_equal(wh_map_reserve(&m, MAP_THINGS), WH_OK);
	entries = m.entries;
	for (int i = 0; i < MAP_THINGS; i++)
		assert_int_equal(wh_map_add(&m, thing_name(&things[i], i), &things[i]), WH_OK);
	assert_ptr_equal(m.entries, entries);
	wh_map_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_found_until_removed),
		cmocka_unit_test(add_refuses_what_is_there_and_put_replaces_it),
		cmocka_unit_test(empty_keys_and_keys_with_nul_are_keys),
		cmocka_unit_test(the_bound_holds_for_new_keys_only),
		cmocka_unit_test(an_iteration_sees_each_once_while_it_removes),
		cmocka_unit_test(numbers_are_found_until_removed),
		cmocka_unit_test(an_iteration_over_numbers_sees_each_once_while_it_removes),
		cmocka_unit_test(reserved_room_does_not_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
