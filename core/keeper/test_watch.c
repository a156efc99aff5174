/* What is noticed of files and of the links on the way to them. inotify queues an event before the call that caused it
 * returns, so nothing is waited for. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"
#include "keeper/watch.h"

struct place {
	char folder[64], path[128];
	struct watch w;
};

static void
write_file(const struct place *p, const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/%s", p->folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_true(write(fd, text, strlen(text)) >= 0);
	close(fd);
}

static void
make_folder(const struct place *p, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", p->folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* As certbot and others do it: a new link, renamed over the old. */
static void
switch_link(const struct place *p, const char *name, const char *target)
{
	char path[128], fresh[128];

	snprintf(path, sizeof path, "%s/%s", p->folder, name);
	snprintf(fresh, sizeof fresh, "%s/fresh", p->folder);
	assert_int_equal(symlink(target, fresh), 0);
	assert_int_equal(rename(fresh, path), 0);
}

static void
watch(struct place *p, const char *name)
{
	watch_end(&p->w);
	assert_true(watch_begin(&p->w));
	snprintf(p->path, sizeof p->path, "%s/%s", p->folder, name);
	watch_path(&p->w, p->path);
	assert_false(watch_take(&p->w));
}

static int
place_new(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	if (p == NULL)
		return -1;
	p->w.fd = -1;
	strcpy(p->folder, "/tmp/whiply-watch-XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	*state = p;
	return 0;
}

static int
place_free(void **state)
{
	struct place *p = *state;
	char command[128];

	watch_end(&p->w);
	snprintf(command, sizeof command, "rm -rf %s", p->folder);
	(void)!system(command);
	free(p);
	return 0;
}

static void
a_file_that_is_written_in_place_or_replaced_is_noticed(void **state)
{
	struct place *p = *state;
	char from[128], to[128];

	write_file(p, "a.pem", "1");
	watch(p, "a.pem");
	write_file(p, "a.pem", "2");
	assert_true(watch_take(&p->w));
	assert_false(watch_take(&p->w));
	make_folder(p, "elsewhere");
	write_file(p, "elsewhere/a.pem", "3");
	watch(p, "a.pem");
	snprintf(from, sizeof from, "%s/elsewhere/a.pem", p->folder);
	snprintf(to, sizeof to, "%s/a.pem", p->folder);
	assert_int_equal(rename(from, to), 0);
	assert_true(watch_take(&p->w));
	assert_int_equal(chmod(to, 0640), 0);
	assert_true(watch_take(&p->w));
}

static void
a_link_that_is_switched_is_noticed_and_so_is_what_it_leads_to(void **state)
{
	struct place *p = *state;

	make_folder(p, "live");
	make_folder(p, "archive");
	write_file(p, "archive/a1.pem", "1");
	write_file(p, "archive/a2.pem", "2");
	switch_link(p, "live/a.pem", "../archive/a1.pem");
	watch(p, "live/a.pem");
	assert_int_equal(p->w.n, 2);
	write_file(p, "archive/a1.pem", "3");
	assert_true(watch_take(&p->w));
	switch_link(p, "live/a.pem", "../archive/a2.pem");
	assert_true(watch_take(&p->w));
}

static void
a_folder_on_the_way_that_is_a_link_is_followed_and_watched(void **state)
{
	struct place *p = *state;
	char target[128];

	make_folder(p, "v1");
	make_folder(p, "v2");
	write_file(p, "v1/a.pem", "1");
	write_file(p, "v2/a.pem", "2");
	snprintf(target, sizeof target, "%s/v1", p->folder);
	switch_link(p, "current", target);
	watch(p, "current/a.pem");
	switch_link(p, "current", "v2");
	assert_true(watch_take(&p->w));
	watch(p, "current/a.pem");
	write_file(p, "v1/a.pem", "3");
	assert_false(watch_take(&p->w));
	write_file(p, "v2/a.pem", "3");
	assert_true(watch_take(&p->w));
}

static void
what_is_not_there_yet_is_noticed_when_it_comes(void **state)
{
	struct place *p = *state;

	watch(p, "a.pem");
	write_file(p, "a.pem", "1");
	assert_true(watch_take(&p->w));
	watch(p, "later/a.pem");
	make_folder(p, "later");
	assert_true(watch_take(&p->w));
}

static void
links_in_a_circle_and_ways_without_end_are_given_up(void **state)
{
	struct place *p = *state;
	char endless[8192];

	switch_link(p, "a", "b");
	switch_link(p, "b", "a");
	watch(p, "a");
	assert_in_range(p->w.n, 1, WATCH_LINKS + 1);
	memset(endless, 'x', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	watch_path(&p->w, endless);
	endless[300] = '\0';
	watch_path(&p->w, endless);
	watch_path(&p->w, "");
}

int
main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_new, place_free)
	const struct CMUnitTest tests[] = {
		PLACED(a_file_that_is_written_in_place_or_replaced_is_noticed),
		PLACED(a_link_that_is_switched_is_noticed_and_so_is_what_it_leads_to),
		PLACED(a_folder_on_the_way_that_is_a_link_is_followed_and_watched),
		PLACED(what_is_not_there_yet_is_noticed_when_it_comes),
		PLACED(links_in_a_circle_and_ways_without_end_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
