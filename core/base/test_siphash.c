/* Tests of SipHash-1-3. */
#include "base/siphash.h"
#include "base/testing.h"

static void
known_answers_of_the_zero_key(void **state)
{
	static const struct wh_siphash_key zero = { { 0, 0 } };

	(void)state;
	assert_int_equal((int64_t)wh_siphash(&zero, "a", 1), INT64_C(4644417185603328019));
	assert_int_equal((int64_t)wh_siphash(&zero, "abcdefgh", 8), INT64_C(4574395652268504554));
	assert_int_equal((int64_t)wh_siphash(&zero, "whiply has rings", 16), INT64_C(1821566575209639275));
}

static void
the_known_answer_of_a_counting_key_and_no_bytes(void **state)
{
	static const struct wh_siphash_key key = { { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) } };

	(void)state;
	assert_true(wh_siphash(&key, NULL, 0) == UINT64_C(0xabac0158050fc4dc));
}

static void
a_number_hashes_as_its_eight_bytes(void **state)
{
	const struct wh_siphash_key *key = wh_siphash_process_key();
	uint64_t v = UINT64_C(0x0807060504030201);

	(void)state;
	assert_true(wh_siphash_u64(key, v) == wh_siphash(key, "\1\2\3\4\5\6\7\10", 8));
	assert_true(wh_siphash_u64(key, v) != wh_siphash_u64(key, v + 1));
	assert_true(key->k[0] != 0 || key->k[1] != 0);
	assert_ptr_equal(wh_siphash_process_key(), key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers_of_the_zero_key),
		cmocka_unit_test(the_known_answer_of_a_counting_key_and_no_bytes),
		cmocka_unit_test(a_number_hashes_as_its_eight_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
