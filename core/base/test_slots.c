/* Tests of the slot table. */
#include "base/slots.h"
#include "base/testing.h"

static void
an_id_packs_and_unpacks(void **state)
{
	wh_id id = wh_id_make(0xabc, 0xfedcb, 0x12345678);

	(void)state;
	assert_true(id == UINT64_C(0xabcfedcb12345678));
	assert_int_equal(wh_id_process(id), 0xabc);
	assert_int_equal(wh_id_slot(id), 0xfedcb);
	assert_int_equal(wh_id_generation(id), 0x12345678);
}

static void
an_id_names_its_thing_until_it_is_freed(void **state)
{
	struct wh_slots s;
	wh_id id, again;
	int *thing, *other;

	(void)state;
	wh_slots_init(&s, 7, sizeof *thing, 10, 0);
	thing = wh_slots_alloc(&s, &id);
	assert_int_equal(*thing, 0);
	*thing = 5;
	assert_int_equal(wh_id_process(id), 7);
	assert_ptr_equal(wh_slots_get(&s, id), thing);
	assert_true(wh_slots_release(&s, id));
	assert_null(wh_slots_get(&s, id));
	assert_false(wh_slots_release(&s, id));
	other = wh_slots_alloc(&s, &again);
	assert_ptr_equal(other, thing);
	assert_int_equal(*other, 0);
	assert_true(again != id);
	assert_null(wh_slots_get(&s, id));
	wh_slots_free(&s);
}

static void
forged_ids_name_nothing(void **state)
{
	struct wh_slots s;
	wh_id id;

	(void)state;
	wh_slots_init(&s, 7, 8, 10, 0);
	assert_null(wh_slots_get(&s, wh_id_make(7, 0, 1)));
	assert_non_null(wh_slots_alloc(&s, &id));
	assert_null(wh_slots_get(&s, 0));
	assert_null(wh_slots_get(&s, id ^ UINT64_C(1) << 52));
	assert_null(wh_slots_get(&s, id + 2));
	assert_null(wh_slots_get(&s, wh_id_make(7, 1, 1)));
	assert_null(wh_slots_get(&s, UINT64_MAX));
	assert_true(wh_slots_release(&s, id));
	assert_null(wh_slots_get(&s, id + 1));
	wh_slots_free(&s);
}

static void
things_stay_put_and_the_bound_holds(void **state)
{
	enum { MANY = 3 * WH_SLOTS_CHUNK + 1 };
	static wh_id ids[MANY];
	static char *things[MANY];
	struct wh_slots s;
	wh_id id;

	(void)state;
	wh_slots_init(&s, 1, 40, MANY, 0);
	for (int i = 0; i < MANY; i++) {
		things[i] = wh_slots_alloc(&s, &ids[i]);
		assert_non_null(things[i]);
		assert_int_equal((uintptr_t)things[i] % 16, 0);
		memset(things[i], i & 0xff, 40);
	}
	assert_null(wh_slots_alloc(&s, &id));
	for (int i = 0; i < MANY; i++) {
		assert_ptr_equal(wh_slots_get(&s, ids[i]), things[i]);
		assert_int_equal((unsigned char)things[i][39], i & 0xff);
	}
	assert_int_equal(s.used, MANY);
	assert_true(wh_slots_release(&s, ids[5]));
	assert_ptr_equal(wh_slots_alloc(&s, &id), things[5]);
	wh_slots_free(&s);
}

static void
running_over_sees_the_living_and_may_free_them(void **state)
{
	struct wh_slots s;
	wh_id ids[6], id;
	uint32_t cursor = 0;
	unsigned seen = 0;

	(void)state;
	wh_slots_init(&s, 0, 8, 100, 0);
	for (int i = 0; i < 6; i++)
		wh_slots_alloc(&s, &ids[i]);
	wh_slots_release(&s, ids[2]);
	while (wh_slots_next(&s, &cursor, &id) != NULL) {
		assert_true(id == ids[seen < 2 ? seen : seen + 1]);
		assert_true(wh_slots_release(&s, id));
		seen++;
	}
	assert_int_equal(seen, 5);
	assert_int_equal(s.used, 0);
	wh_slots_free(&s);
}

static void
the_seed_sets_the_generations_and_they_wrap(void **state)
{
	struct wh_slots s;
	wh_id id;

	(void)state;
	wh_slots_init(&s, 0, 8, 1, UINT32_MAX);
	assert_non_null(wh_slots_alloc(&s, &id));
	assert_int_equal(wh_id_generation(id), UINT32_MAX);
	assert_true(wh_slots_release(&s, id));
	assert_non_null(wh_slots_alloc(&s, &id));
	assert_int_equal(wh_id_generation(id), 1);
	assert_non_null(wh_slots_get(&s, id));
	wh_slots_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_packs_and_unpacks),
		cmocka_unit_test(an_id_names_its_thing_until_it_is_freed),
		cmocka_unit_test(forged_ids_name_nothing),
		cmocka_unit_test(things_stay_put_and_the_bound_holds),
		cmocka_unit_test(running_over_sees_the_living_and_may_free_them),
		cmocka_unit_test(the_seed_sets_the_generations_and_they_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
