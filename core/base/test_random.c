/* Tests of the random bytes. */
#include "base/random.h"
#include "base/testing.h"

#include <sys/wait.h>
#include <unistd.h>

static void
two_wishes_differ_at_every_size(void **state)
{
	uint8_t a[700], b[700];

	(void)state;
	for (size_t n = 8; n <= sizeof a; n += 7) {
		wh_random_bytes(a, n);
		wh_random_bytes(b, n);
		assert_memory_not_equal(a, b, n);
	}
}

static void
nothing_is_written_behind_the_end(void **state)
{
	uint8_t a[300];

	(void)state;
	memset(a, 7, sizeof a);
	wh_random_bytes(a, 0);
	assert_int_equal(a[0], 7);
	for (size_t n = 1; n < sizeof a; n++) {
		a[n] = 7;
		wh_random_bytes(a, n);
		assert_int_equal(a[n], 7);
	}
}

static void
below_reaches_every_number_and_no_other(void **state)
{
	unsigned seen[5] = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++) {
		uint64_t v = wh_random_below(5);

		assert_true(v < 5);
		seen[v]++;
	}
	for (int i = 0; i < 5; i++)
		assert_in_range(seen[i], 800, 1200);
	assert_int_equal(wh_random_below(1), 0);
}

static void
text_has_its_length_and_alphabet(void **state)
{
	char hex[33], token[WH_RANDOM_TOKEN_LEN(16) + 1];

	(void)state;
	wh_random_hex(hex, 16);
	assert_int_equal(strlen(hex), 32);
	assert_int_equal(strspn(hex, "0123456789abcdef"), 32);
	wh_random_token(token, 16);
	assert_int_equal(strlen(token), 22);
	assert_int_equal(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 22);
}

static void
a_forked_child_has_secrets_of_its_own(void **state)
{
	uint64_t mine, childs = 0;
	int pipes[2];
	pid_t child;

	(void)state;
	wh_random_u64();
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		childs = wh_random_u64();
		_exit(write(pipes[1], &childs, sizeof childs) == sizeof childs ? 0 : 1);
	}
	mine = wh_random_u64();
	assert_int_equal(read(pipes[0], &childs, sizeof childs), sizeof childs);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(pipes[0]);
	close(pipes[1]);
	assert_true(mine != childs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_wishes_differ_at_every_size),
		cmocka_unit_test(nothing_is_written_behind_the_end),
		cmocka_unit_test(below_reaches_every_number_and_no_other),
		cmocka_unit_test(text_has_its_length_and_alphabet),
		cmocka_unit_test(a_forked_child_has_secrets_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
