/* The overlay's file: replaced as a whole, the one before kept, and nothing followed that somebody else put there. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf_snapshot.h"
#include "base/fd.h"
#include "base/testing.h"
#include "keeper/overlay_file.h"

static int
folder_make(void **state)
{
	struct keeper_settings *s = calloc(1, sizeof *s);

	strcpy(s->state, "/tmp/whiply-overlay-XXXXXX");
	*state = s;
	return mkdtemp(s->state) != NULL ? 0 : -1;
}

static int
folder_remove(void **state)
{
	struct keeper_settings *s = *state;
	static const char *const names[] = { "settings.conf", "settings.conf.before", "settings.conf.new", "elsewhere" };
	char path[OVERLAY_PATH];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", s->state, names[i]);
		(void)unlink(path);
		(void)rmdir(path);
	}
	(void)chmod(s->state, 0700);
	if (rmdir(s->state) != 0)
		return -1;
	free(s);
	return 0;
}

static enum wh_err
write_it(const struct keeper_settings *s, const char *text)
{
	const char *why = NULL;
	enum wh_err err = overlay_write(s, wh_str(text), &why);

	assert_true((err == WH_OK) == (why == NULL));
	return err;
}

static void
expect(const struct keeper_settings *s, enum overlay_which which, const char *text)
{
	struct wh_buf b = { 0 };
	const char *why = NULL;

	assert_int_equal(overlay_read(s->state, which, &b, &why), WH_OK);
	assert_string_equal(wh_buf_cstr(&b), text);
	wh_buf_free(&b);
}

static void
what_was_written_is_read_and_the_one_before_is_kept(void **state)
{
	const struct keeper_settings *s = *state;
	char path[OVERLAY_PATH];
	struct stat st;

	expect(s, OVERLAY_NOW, "");
	expect(s, OVERLAY_BEFORE, "");
	assert_int_equal(write_it(s, "one"), WH_OK);
	expect(s, OVERLAY_NOW, "one");
	assert_int_equal(write_it(s, "two"), WH_OK);
	expect(s, OVERLAY_NOW, "two");
	expect(s, OVERLAY_BEFORE, "one");
	overlay_path(s->state, OVERLAY_NOW, path);
	assert_int_equal(stat(path, &st), 0);
	/* There may be secrets in it. */
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(write_it(s, ""), WH_OK);
	assert_int_equal(access(path, F_OK), -1);
	expect(s, OVERLAY_BEFORE, "two");
	assert_int_equal(write_it(s, ""), WH_OK);
}

static void
what_an_earlier_keeper_left_unfinished_is_no_hindrance(void **state)
{
	const struct keeper_settings *s = *state;
	char path[OVERLAY_PATH];

	snprintf(path, sizeof path, "%s/settings.conf.new", s->state);
	assert_int_equal(symlink("/tmp/never", path), 0);
	assert_int_equal(write_it(s, "one"), WH_OK);
	expect(s, OVERLAY_NOW, "one");
	assert_int_equal(access("/tmp/never", F_OK), -1);
}

static void
no_link_is_followed_and_only_a_file_is_read(void **state)
{
	const struct keeper_settings *s = *state;
	struct wh_buf b = { 0 };
	char path[OVERLAY_PATH];
	const char *why = NULL;

	overlay_path(s->state, OVERLAY_NOW, path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(overlay_read(s->state, OVERLAY_NOW, &b, &why), WH_EIO);
	assert_string_equal(why, "is a link, which is not followed");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(overlay_read(s->state, OVERLAY_NOW, &b, &why), WH_EINVAL);
	assert_int_equal(b.n, 0);
	assert_int_equal(unlink(path), 0);
	wh_buf_free(&b);
}

static void
one_that_is_too_long_is_not_taken(void **state)
{
	const struct keeper_settings *s = *state;
	struct wh_buf b = { 0 };
	const char *why = NULL;

	while (b.n <= WH_SNAPSHOT_OVERLAY)
		wh_buf_text(&b, "# nothing\n");
	assert_int_equal(overlay_write(s, wh_buf_slice(&b), &why), WH_OK);
	wh_buf_reset(&b);
	assert_int_equal(overlay_read(s->state, OVERLAY_NOW, &b, &why), WH_EIO);
	assert_non_null(strstr(why, "longer"));
	wh_buf_free(&b);
}

static void
a_folder_that_takes_nothing_leaves_it_as_it_was(void **state)
{
	struct keeper_settings *s = *state, gone = *s;
	const char *why = NULL;
	char path[OVERLAY_PATH];

	assert_int_equal(write_it(s, "one"), WH_OK);
	strcat(gone.state, "/nowhere");
	assert_int_equal(overlay_write(&gone, WH_STR("two"), &why), WH_EIO);
	assert_non_null(why);
	/* Root writes into any folder, but not over one. */
	snprintf(path, sizeof path, "%s/settings.conf.new", s->state);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(overlay_write(s, WH_STR("two"), &why), WH_EIO);
	expect(s, OVERLAY_NOW, "one");
	assert_int_equal(rmdir(path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_written_is_read_and_the_one_before_is_kept, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(what_an_earlier_keeper_left_unfinished_is_no_hindrance, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(no_link_is_followed_and_only_a_file_is_read, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(one_that_is_too_long_is_not_taken, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(a_folder_that_takes_nothing_leaves_it_as_it_was, folder_make, folder_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
