/* Tests of the timer heap. */
#include "base/heap.h"
#include "base/testing.h"

enum { HEAP_ITEMS = 500 };

static void
items_come_out_in_order_of_their_keys(void **state)
{
	static struct wh_heap_item items[HEAP_ITEMS];
	struct wh_heap h = { 0 };
	int64_t last = INT64_MIN;

	(void)state;
	for (int i = 0; i < HEAP_ITEMS; i++)
		assert_int_equal(wh_heap_add(&h, &items[i], (i * 7919) % 503 - 250), WH_OK);
	for (int i = 0; i < HEAP_ITEMS; i++) {
		struct wh_heap_item *first = wh_heap_first(&h);

		assert_true(first->key >= last);
		last = first->key;
		wh_heap_remove(&h, first);
		assert_false(wh_heap_holds(first));
	}
	assert_null(wh_heap_first(&h));
	wh_heap_free(&h);
}

static void
removing_and_moving_in_the_middle_keeps_the_order(void **state)
{
	static struct wh_heap_item items[HEAP_ITEMS];
	struct wh_heap h = { 0 };
	int64_t last = INT64_MIN;
	unsigned left = 0;

	(void)state;
	for (int i = 0; i < HEAP_ITEMS; i++)
		assert_int_equal(wh_heap_add(&h, &items[i], (i * 131) % 499), WH_OK);
	for (int i = 0; i < HEAP_ITEMS; i++) {
		if (i % 3 == 0)
			wh_heap_remove(&h, &items[i]);
		else if (i % 3 == 1)
			wh_heap_move(&h, &items[i], (i * 17) % 1009 - 300);
	}
	wh_heap_remove(&h, &items[0]);
	for (struct wh_heap_item *first; (first = wh_heap_first(&h)) != NULL; left++) {
		assert_true(first->key >= last);
		last = first->key;
		wh_heap_remove(&h, first);
	}
	assert_int_equal(left, HEAP_ITEMS - (HEAP_ITEMS + 2) / 3);
	wh_heap_free(&h);
}

static void
freeing_releases_the_items(void **state)
{
	struct wh_heap_item item = { 0 };
	struct wh_heap h = { 0 };

	(void)state;
	assert_int_equal(wh_heap_reserve(&h, UINT32_MAX), WH_ENOMEM);
	assert_int_equal(wh_heap_add(&h, &item, 1), WH_OK);
	wh_heap_free(&h);
	assert_false(wh_heap_holds(&item));
	assert_null(wh_heap_first(&h));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_out_in_order_of_their_keys),
		cmocka_unit_test(removing_and_moving_in_the_middle_keeps_the_order),
		cmocka_unit_test(freeing_releases_the_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
