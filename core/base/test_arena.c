/* Tests of the arena. */
#include "base/arena.h"
#include "base/testing.h"

static void
wishes_do_not_overlap_and_are_aligned(void **state)
{
	struct wh_arena a = { .first = 256 };
	unsigned char *p[200];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		p[i] = wh_arena_alloc(&a, i);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		memset(p[i], (int)i, i);
	}
	for (unsigned i = 1; i < 200; i++) {
		assert_int_equal(p[i][0], i);
		assert_int_equal(p[i][i - 1], i);
	}
	wh_arena_free(&a);
}

static void
a_string_is_copied_and_closed(void **state)
{
	struct wh_arena a = { 0 };
	char text[] = "hello";
	struct wh_str s = wh_arena_str(&a, (struct wh_str){ text, 4 });

	(void)state;
	text[0] = 'j';
	assert_int_equal(s.n, 4);
	assert_string_equal(s.p, "hell");
	assert_non_null(wh_arena_str(&a, (struct wh_str){ NULL, 0 }).p);
	wh_arena_free(&a);
}

static void
the_cap_holds_and_a_reset_gives_it_back(void **state)
{
	struct wh_arena a = { .first = 128, .max = 1024 };
	char *first = wh_arena_alloc(&a, 100);

	(void)state;
	assert_non_null(wh_arena_alloc(&a, 600));
	assert_null(wh_arena_alloc(&a, 600));
	assert_null(wh_arena_alloc(&a, SIZE_MAX));
	assert_true(a.used <= 1024);
	wh_arena_reset(&a);
	assert_int_equal(a.used, 128);
	assert_ptr_equal(wh_arena_alloc(&a, 100), first);
	assert_non_null(wh_arena_alloc(&a, 600));
	wh_arena_free(&a);
	assert_int_equal(a.max, 1024);
}

static void
zeroed_memory_is_zero_and_its_product_is_checked(void **state)
{
	struct wh_arena a = { 0 };
	char *p = wh_arena_alloc(&a, 64);

	(void)state;
	memset(p, 1, 64);
	wh_arena_reset(&a);
	p = wh_arena_zero(&a, 16, 4);
	for (int i = 0; i < 64; i++)
		assert_int_equal(p[i], 0);
	assert_null(wh_arena_zero(&a, SIZE_MAX / 2, 4));
	wh_arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wishes_do_not_overlap_and_are_aligned),
		cmocka_unit_test(a_string_is_copied_and_closed),
		cmocka_unit_test(the_cap_holds_and_a_reset_gives_it_back),
		cmocka_unit_test(zeroed_memory_is_zero_and_its_product_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
