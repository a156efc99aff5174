/* Backoff, and the words for a death. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"
#include "keeper/backoff.h"
#include "keeper/death.h"

static void
the_first_death_costs_nothing_and_later_ones_more_up_to_a_bound(void **state)
{
	static const int64_t steps[] = { 0, 100, 500, 1000, 2000, 5000, 5000, 5000 };
	struct backoff b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		assert_int_equal(backoff_died(&b, 10, BACKOFF_HEALTHY_MS), steps[i]);
}

static void
half_a_minute_of_life_forgives(void **state)
{
	struct backoff b = { 0 };

	(void)state;
	backoff_died(&b, 0, BACKOFF_HEALTHY_MS);
	backoff_died(&b, 0, BACKOFF_HEALTHY_MS);
	assert_int_equal(backoff_died(&b, BACKOFF_HEALTHY_MS - 1, BACKOFF_HEALTHY_MS), 500);
	assert_int_equal(backoff_died(&b, BACKOFF_HEALTHY_MS, BACKOFF_HEALTHY_MS), 0);
	assert_int_equal(backoff_died(&b, 0, BACKOFF_HEALTHY_MS), 100);
}

static void
what_is_healthy_can_be_set(void **state)
{
	struct backoff b = { 0 };

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(backoff_died(&b, 50, 50), 0);
	assert_int_equal(backoff_died(&b, 49, 50), 100);
}

static void
a_death_is_told_by_its_signal_or_its_code(void **state)
{
	char how[DEATH_TEXT];
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(3);
	waitpid(pid, &status, 0);
	death_describe(status, how);
	assert_string_equal(how, "exit 3");
	pid = fork();
	if (pid == 0) {
		raise(SIGKILL);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	death_describe(status, how);
	assert_string_equal(how, "SIGKILL");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_death_costs_nothing_and_later_ones_more_up_to_a_bound),
		cmocka_unit_test(half_a_minute_of_life_forgives),
		cmocka_unit_test(what_is_healthy_can_be_set),
		cmocka_unit_test(a_death_is_told_by_its_signal_or_its_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
