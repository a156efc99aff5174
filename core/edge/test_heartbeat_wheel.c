/* The wheel: each item comes at its tick, neither before nor twice. */
#include "base/testing.h"

#include "edge/heartbeat_wheel.h"

static void
an_item_comes_at_its_tick(void **state)
{
	static struct wheel w;
	struct wheel_item a, b;

	(void)state;
	wheel_init(&w, 100);
	wheel_item_init(&a);
	wheel_item_init(&b);
	wheel_set(&w, &a, 103);
	wheel_set(&w, &b, 103 + WHEEL_SPOKES);
	assert_null(wheel_due(&w, 102));
	assert_ptr_equal(wheel_due(&w, 103), &a);
	assert_null(wheel_due(&w, 103));
	assert_null(wheel_due(&w, 102 + WHEEL_SPOKES));
	assert_ptr_equal(wheel_due(&w, 103 + WHEEL_SPOKES), &b);
	assert_false(wheel_item_set(&b));
}

static void
what_was_due_long_ago_comes_at_the_next_tick(void **state)
{
	static struct wheel w;
	struct wheel_item a;

	(void)state;
	wheel_init(&w, 100);
	wheel_item_init(&a);
	wheel_set(&w, &a, 5);
	assert_null(wheel_due(&w, 100));
	assert_ptr_equal(wheel_due(&w, 101), &a);
}

static void
all_ticks_of_a_long_pause_are_made_up_for(void **state)
{
	static struct wheel w;
	struct wheel_item items[20];
	int n = 0;

	(void)state;
	wheel_init(&w, UINT32_MAX - 10);
	for (unsigned i = 0; i < 20; i++) {
		wheel_item_init(&items[i]);
		wheel_set(&w, &items[i], UINT32_MAX - 9 + i);
	}
	while (wheel_due(&w, 12) != NULL)
		n++;
	assert_int_equal(n, 20);
}

static void
an_item_that_is_set_while_its_tick_runs_waits_for_the_next(void **state)
{
	static struct wheel w;
	struct wheel_item a;

	(void)state;
	wheel_init(&w, 0);
	wheel_item_init(&a);
	wheel_set(&w, &a, 1);
	assert_ptr_equal(wheel_due(&w, 1), &a);
	wheel_set(&w, &a, 1);
	assert_null(wheel_due(&w, 1));
	assert_ptr_equal(wheel_due(&w, 2), &a);
}

static void
a_removed_item_does_not_come(void **state)
{
	static struct wheel w;
	struct wheel_item a;

	(void)state;
	wheel_init(&w, 0);
	wheel_item_init(&a);
	wheel_set(&w, &a, 1);
	wheel_remove(&a);
	assert_null(wheel_due(&w, 600));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_item_comes_at_its_tick),
		cmocka_unit_test(what_was_due_long_ago_comes_at_the_next_tick),
		cmocka_unit_test(all_ticks_of_a_long_pause_are_made_up_for),
		cmocka_unit_test(an_item_that_is_set_while_its_tick_runs_waits_for_the_next),
		cmocka_unit_test(a_removed_item_does_not_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
