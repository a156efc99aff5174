/* Tests of the process title. */
#include "base/proctitle.h"
#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

static struct wh_proctitle title;

static void
title_shows(const char *text)
{
	char line[8192];
	FILE *f = fopen("/proc/self/cmdline", "r");
	size_t n;

	assert_non_null(f);
	n = fread(line, 1, sizeof line - 1, f);
	fclose(f);
	line[n] = '\0';
	assert_string_equal(line, text);
}

static void
the_title_shows_short_and_long(void **state)
{
	char name[16];

	(void)state;
	wh_proctitle_set(&title, "whiplyd: hub");
	title_shows("whiplyd: hub");
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	assert_string_equal(name, "hub");
	wh_proctitle_set(&title, "whiplyd: helper with-a-long-name");
	title_shows("whiplyd: helper with-a-long-name");
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	assert_string_equal(name, "helper with-a-l");
	wh_proctitle_set(&title, "w");
	title_shows("w");
}

static void
a_title_longer_than_the_room_is_cut(void **state)
{
	struct wh_proctitle small = { .size = 5 };
	char room[8] = "1234567";

	(void)state;
	small.start = room;
	wh_proctitle_set(&small, "whiplyd: hub");
	assert_memory_equal(room, "whip\00067", 8);
}

static void
the_environment_survives(void **state)
{
	(void)state;
	wh_proctitle_set(&title, "whiplyd: keeper");
	assert_non_null(getenv("PATH"));
	assert_int_equal(getenv("PATH")[0], '/');
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_title_shows_short_and_long),
		cmocka_unit_test(a_title_longer_than_the_room_is_cut),
		cmocka_unit_test(the_environment_survives),
	};

	if (wh_proctitle_init(&title, argc, argv) != WH_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
