/* Snapshots: includes, the line map, kept files, the sealed form. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf_snapshot.h"
#include "base/fd.h"
#include "base/testing.h"

static char folder[64];

static int
make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/whiply-conf-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command);
}

static const char *
put_file(const char *name, const char *text)
{
	static char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void
assert_origin(const struct wh_snapshot *s, unsigned line, const char *name, unsigned origin)
{
	const char *file;
	unsigned at;

	wh_snapshot_where(s, line, &file, &at);
	assert_string_equal(strrchr(file, '/') + 1, name);
	assert_int_equal(at, origin);
}

static struct wh_snapshot *
read_well(const char *path)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s;

	assert_int_equal(wh_snapshot_read(path, &errors, &s), WH_OK);
	assert_false(wh_conf_errors_any(&errors));
	return s;
}

static void
assert_fails(const char *path, enum wh_err err, const char *text)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s;
	struct wh_buf b = { 0 };

	assert_int_equal(wh_snapshot_read(path, &errors, &s), err);
	assert_null(s);
	wh_conf_errors_format(&errors, &b);
	assert_non_null(wh_buf_cstr(&b));
	if (strstr(b.p, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, b.p);
	wh_buf_free(&b);
	wh_conf_errors_free(&errors);
}

static void
every_line_knows_its_file_through_includes(void **state)
{
	struct wh_snapshot *s;

	(void)state;
	put_file("inner.conf", "i = 1;\nj = 2;");
	s = read_well(put_file("main.conf", "a = 1;\n  @include \"inner.conf\"  # why\nb = 2;\n/*\n@include \"nothing\"\n*/\nc = 3;"));
	assert_true(wh_str_is(wh_snapshot_text(s), "a = 1;\ni = 1;\nj = 2;\nb = 2;\n/*\n@include \"nothing\"\n*/\nc = 3;\n"));
	assert_origin(s, 1, "main.conf", 1);
	assert_origin(s, 2, "inner.conf", 1);
	assert_origin(s, 3, "inner.conf", 2);
	assert_origin(s, 4, "main.conf", 3);
	assert_origin(s, 8, "main.conf", 7);
	assert_origin(s, 99, "main.conf", 7);
	wh_snapshot_free(&s);
}

static void
an_include_is_relative_to_the_file_that_says_so(void **state)
{
	char path[128];
	struct wh_snapshot *s;

	(void)state;
	snprintf(path, sizeof path, "%s/sub", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	put_file("sub/deep.conf", "d = 1;\n");
	put_file("sub/mid.conf", "@include \"deep.conf\"\n");
	s = read_well(put_file("rel.conf", "@include \"sub/mid.conf\"\n"));
	assert_true(wh_str_is(wh_snapshot_text(s), "d = 1;\n"));
	wh_snapshot_free(&s);
}

static void
a_glob_includes_by_name_and_may_find_nothing(void **state)
{
	char path[128];
	struct wh_snapshot *s;

	(void)state;
	snprintf(path, sizeof path, "%s/conf.d", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	put_file("conf.d/20.conf", "b = 2;\n");
	put_file("conf.d/10.conf", "a = 1;\n");
	put_file("conf.d/30.bak", "c = 3;\n");
	s = read_well(put_file("glob.conf", "@include \"conf.d/*.conf\"\n@include \"none.d/*.conf\"\nz = 1;\n"));
	assert_true(wh_str_is(wh_snapshot_text(s), "a = 1;\nb = 2;\nz = 1;\n"));
	assert_origin(s, 3, "glob.conf", 3);
	wh_snapshot_free(&s);
}

static void
what_cannot_be_included_is_blamed_on_the_line_that_says_so(void **state)
{
	(void)state;
	assert_fails(put_file("f1.conf", "a = 1;\n@include \"gone.conf\"\n"), WH_ENOENT, "f1.conf:2: ");
	assert_fails(put_file("f2.conf", "a = 1; @include \"gone.conf\"\n"), WH_ESYNTAX, "f2.conf:1: write @include");
	assert_fails(put_file("f3.conf", "@include \"gone.conf\" b = 1;\n"), WH_ESYNTAX, "f3.conf:1: write @include");
	assert_fails(put_file("f4.conf", "\n@include gone.conf\n"), WH_ESYNTAX, "f4.conf:2: write @include");
	assert_fails(put_file("loop.conf", "@include \"loop.conf\"\n"), WH_ESYNTAX, "deeper than");
	assert_fails("/nowhere/at/all.conf", WH_ENOENT, "/nowhere/at/all.conf: there is no such file");
	assert_fails(folder, WH_EINVAL, "is not a file");
}

static void
a_text_alone_includes_nothing(void **state)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s;

	(void)state;
	assert_int_equal(wh_snapshot_from_text("t", WH_STR("@include \"/etc/passwd\"\n"), &errors, &s), WH_ESYNTAX);
	assert_null(s);
	wh_conf_errors_free(&errors);
}

static void
a_sealed_snapshot_comes_back_whole_and_keys_only_when_asked_for(void **state)
{
	struct wh_snapshot *s, *back;
	struct wh_str bytes;
	int fd;

	(void)state;
	put_file("k2.conf", "x = 1;\n");
	s = read_well(put_file("k1.conf", "a = 1;\n@include \"k2.conf\"\n"));
	assert_int_equal(wh_snapshot_keep(s, WH_STR("a.key"), WH_STR("old")), WH_OK);
	assert_int_equal(wh_snapshot_keep(s, WH_STR("a.key"), (struct wh_str){ "se\0cret", 7 }), WH_OK);

	fd = wh_snapshot_seal(s, true);
	assert_true(fd >= 0);
	assert_int_equal(wh_snapshot_open(fd, &back), WH_OK);
	assert_true(wh_str_eq(wh_snapshot_text(back), wh_snapshot_text(s)));
	assert_origin(back, 2, "k2.conf", 1);
	assert_true(wh_snapshot_kept(back, WH_STR("a.key"), &bytes));
	assert_true(wh_str_eq(bytes, (struct wh_str){ "se\0cret", 7 }));
	wh_snapshot_free(&back);
	close(fd);

	fd = wh_snapshot_seal(s, false);
	assert_int_equal(wh_snapshot_open(fd, &back), WH_OK);
	assert_false(wh_snapshot_kept(back, WH_STR("a.key"), &bytes));
	wh_snapshot_free(&back);
	close(fd);
	wh_snapshot_free(&s);
}

static void
a_cut_or_changed_snapshot_is_refused_not_misread(void **state)
{
	struct wh_snapshot *s = read_well(put_file("cut.conf", "a = 1;\n")), *back;
	struct wh_str bytes;
	int fd = wh_snapshot_seal(s, true);

	(void)state;
	assert_int_equal(wh_fd_map_sealed(fd, &bytes), WH_OK);
	for (size_t n = 0; n < bytes.n; n++)
		assert_int_not_equal(wh_snapshot_decode((struct wh_str){ bytes.p, n }, &back), WH_OK);
	assert_int_equal(wh_snapshot_decode(bytes, &back), WH_OK);
	wh_snapshot_free(&back);
	wh_fd_unmap(&bytes);
	close(fd);
	wh_snapshot_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_knows_its_file_through_includes),
		cmocka_unit_test(an_include_is_relative_to_the_file_that_says_so),
		cmocka_unit_test(a_glob_includes_by_name_and_may_find_nothing),
		cmocka_unit_test(what_cannot_be_included_is_blamed_on_the_line_that_says_so),
		cmocka_unit_test(a_text_alone_includes_nothing),
		cmocka_unit_test(a_sealed_snapshot_comes_back_whole_and_keys_only_when_asked_for),
		cmocka_unit_test(a_cut_or_changed_snapshot_is_refused_not_misread),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
