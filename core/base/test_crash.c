/* Tests of the crash handler. */
#include "base/crash.h"
#include "base/testing.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

/* Runs `die` in a child that has the handler, and returns how it ended. */
static int
crash_in_child(char *page, void (*die)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		if (wh_crash_install("edge \"7\"", page, PAGE, -1) == WH_OK)
			die();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void
die_of_abort(void)
{
	raise(SIGABRT);
}

static void
die_at_address(void)
{
	char *page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*(volatile char *)page = 1;
}

/* Never comes back up: `depth` does not reach the end before the stack does. */
static int
sink(unsigned depth)
{
	volatile char deep[65536];

	deep[0] = (char)depth;
	if (depth == 0)
		return 0;
	return sink(depth - 1) + deep[0];
}

static void
die_of_depth(void)
{
	_exit(sink(1u << 20) & 1);
}

static char *
page_new(void)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(page, MAP_FAILED);
	return page;
}

static void
an_abort_leaves_its_words_and_keeps_its_signal(void **state)
{
	char *page = page_new();
	int status = crash_in_child(page, die_of_abort);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_int_equal(strncmp(page, "level=fatal process=\"edge _7_\" event=crash signal=SIGABRT\n", 57), 0);
	assert_non_null(strstr(page, "test_crash"));
	munmap(page, PAGE);
}

static void
a_fault_tells_its_address(void **state)
{
	char *page = page_new();
	int status = crash_in_child(page, die_at_address);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	assert_non_null(strstr(page, "signal=SIGSEGV address=0x"));
	munmap(page, PAGE);
}

static void
an_overflown_stack_leaves_words_too(void **state)
{
	char *page = page_new();
	int status = crash_in_child(page, die_of_depth);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	assert_non_null(strstr(page, "signal=SIGSEGV"));
	munmap(page, PAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_abort_leaves_its_words_and_keeps_its_signal),
		cmocka_unit_test(a_fault_tells_its_address),
		cmocka_unit_test(an_overflown_stack_leaves_words_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
