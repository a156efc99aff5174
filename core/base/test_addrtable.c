/* Tests of the table of addresses. */
#include "base/addrtable.h"
#include "base/testing.h"

static struct wh_addr_key
key_of(uint64_t n)
{
	return (struct wh_addr_key){ n, 0 };
}

static void
an_address_is_remembered(void **state)
{
	struct wh_addrtable t;
	struct wh_addr_entry *e;

	(void)state;
	assert_int_equal(wh_addrtable_init(&t, 100), WH_OK);
	e = wh_addrtable_touch(&t, key_of(1));
	e->messages.debt = 7;
	for (uint64_t i = 2; i <= 100; i++)
		assert_non_null(wh_addrtable_touch(&t, key_of(i)));
	assert_ptr_equal(wh_addrtable_touch(&t, key_of(1)), e);
	assert_int_equal(e->messages.debt, 7);
	assert_null(wh_addrtable_find(&t, key_of(101)));
	assert_int_equal(t.evicted, 0);
	wh_addrtable_free(&t);
}

static void
when_full_the_idlest_makes_room(void **state)
{
	struct wh_addrtable t;

	(void)state;
	assert_int_equal(wh_addrtable_init(&t, 3), WH_OK);
	wh_addrtable_touch(&t, key_of(1))->messages.debt = 7;
	wh_addrtable_touch(&t, key_of(2));
	wh_addrtable_touch(&t, key_of(3));
	wh_addrtable_touch(&t, key_of(2));
	wh_addrtable_touch(&t, key_of(4));
	assert_null(wh_addrtable_find(&t, key_of(1)));
	assert_non_null(wh_addrtable_find(&t, key_of(2)));
	assert_int_equal(wh_addrtable_find(&t, key_of(4))->messages.debt, 0);
	assert_int_equal(t.evicted, 1);
	wh_addrtable_touch(&t, key_of(5));
	assert_null(wh_addrtable_find(&t, key_of(3)));
	wh_addrtable_free(&t);
}

static void
an_entry_with_connections_stays_and_a_full_table_refuses(void **state)
{
	struct wh_addrtable t;
	struct wh_addr_entry *a, *b;

	(void)state;
	assert_int_equal(wh_addrtable_init(&t, 2), WH_OK);
	a = wh_addrtable_touch(&t, key_of(1));
	wh_addrtable_hold(&t, a);
	wh_addrtable_hold(&t, a);
	b = wh_addrtable_touch(&t, key_of(2));
	wh_addrtable_hold(&t, b);
	assert_null(wh_addrtable_touch(&t, key_of(3)));
	assert_ptr_equal(wh_addrtable_touch(&t, key_of(1)), a);
	wh_addrtable_drop(&t, a);
	assert_null(wh_addrtable_touch(&t, key_of(3)));
	wh_addrtable_drop(&t, a);
	assert_ptr_equal(wh_addrtable_touch(&t, key_of(3)), a);
	assert_null(wh_addrtable_find(&t, key_of(1)));
	assert_ptr_equal(wh_addrtable_find(&t, key_of(2)), b);
	wh_addrtable_free(&t);
}

static void
it_survives_many_more_addresses_than_it_holds(void **state)
{
	struct wh_addrtable t;

	(void)state;
	assert_int_equal(wh_addrtable_init(&t, 0), WH_EINVAL);
	assert_int_equal(wh_addrtable_init(&t, 64), WH_OK);
	for (uint64_t i = 0; i < 10000; i++)
		assert_non_null(wh_addrtable_touch(&t, key_of(i)));
	for (uint64_t i = 0; i < 10000; i++)
		assert_int_equal(wh_addrtable_find(&t, key_of(i)) != NULL, i >= 10000 - 64);
	assert_int_equal(t.evicted, 10000 - 64);
	assert_in_range(sizeof(struct wh_addr_entry), 1, 96);
	wh_addrtable_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_remembered),
		cmocka_unit_test(when_full_the_idlest_makes_room),
		cmocka_unit_test(an_entry_with_connections_stays_and_a_full_table_refuses),
		cmocka_unit_test(it_survives_many_more_addresses_than_it_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
