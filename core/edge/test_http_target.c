/* Tests of path and parameter decoding. */
#include "edge/http_target.h"
#include "base/testing.h"

static void
path_becomes(const char *raw, const char *wanted)
{
	char room[256];
	struct wh_str path;

	if (wh_http_path_decode(wh_str(raw), room, sizeof room, &path) != WH_OK)
		fail_msg("refused: %s", raw);
	if (!wh_str_is(path, wanted))
		fail_msg("%s became %.*s", raw, WH_FMT(path));
}

static void
path_refused(const char *raw)
{
	char room[256];
	struct wh_str path;

	if (wh_http_path_decode(wh_str(raw), room, sizeof room, &path) != WH_ESYNTAX)
		fail_msg("taken: %s", raw);
}

static void
escapes_and_dot_segments_are_resolved(void **state)
{
	(void)state;
	path_becomes("/", "/");
	path_becomes("/a/b.c", "/a/b.c");
	path_becomes("/a%20b", "/a b");
	path_becomes("/%c3%A9", "/\xc3\xa9");
	path_becomes("/a/./b", "/a/b");
	path_becomes("/a/../b", "/b");
	path_becomes("/a/b/..", "/a/");
	path_becomes("/a/.", "/a/");
	path_becomes("/a/%2e%2E/b", "/b");
	path_becomes("/a/.%2e/b", "/b");
	path_becomes("/a/b/../../c", "/c");
	path_becomes("/...", "/...");
	path_becomes("/.a/..b", "/.a/..b");
	path_becomes("//a/../b", "//b");
	path_becomes("/%252e", "/%2e");
}

static void
paths_that_climb_out_are_refused(void **state)
{
	(void)state;
	path_refused("/..");
	path_refused("/../a");
	path_refused("/a/../../b");
	path_refused("/%2e%2e/etc/passwd");
	path_refused("/a/%2e%2e/%2e%2e/b");
}

static void
surprising_bytes_are_refused(void **state)
{
	(void)state;
	path_refused("/a%2fb");
	path_refused("/a%2Fb");
	path_refused("/a%5cb");
	path_refused("/a\\b");
	path_refused("/%00");
	path_refused("/%0a");
	path_refused("/%7f");
	path_refused("/%");
	path_refused("/%a");
	path_refused("/%zz");
	path_refused("/a b");
	path_refused("a");
	path_refused("*");
	path_refused("");
}

static void
a_plain_path_is_not_copied_and_others_need_room(void **state)
{
	struct wh_str raw = WH_STR("/plain"), path;
	char room[4];

	(void)state;
	assert_int_equal(wh_http_path_decode(raw, NULL, 0, &path), WH_OK);
	assert_ptr_equal(path.p, raw.p);
	assert_int_equal(wh_http_path_decode(WH_STR("/%41bc"), room, sizeof room, &path), WH_ETOOBIG);
}

static void
parameters_are_walked_and_decoded(void **state)
{
	struct wh_str rest = WH_STR("a=1&&b&=c&d=x=y&e="), value;
	static const char *const names[] = { "a", "b", "", "d", "e" }, *const values[] = { "1", "", "c", "x=y", "" };
	struct wh_http_param param;
	char room[64];
	unsigned i = 0;

	(void)state;
	for (; wh_http_param_next(&rest, &param); i++) {
		assert_true(i < 5 && wh_str_is(param.name, names[i]) && wh_str_is(param.value, values[i]));
	}
	assert_int_equal(i, 5);
	assert_int_equal(wh_http_param_find(WH_STR("x=1&na%6De=a+b%2B%26"), WH_STR("name"), room, sizeof room, &value), WH_OK);
	assert_true(wh_str_is(value, "a b+&"));
	assert_int_equal(wh_http_param_find(WH_STR("x=1"), WH_STR("name"), room, sizeof room, &value), WH_ENOENT);
	assert_int_equal(wh_http_param_decode(WH_STR("a%00"), room, sizeof room, &value), WH_ESYNTAX);
	assert_int_equal(wh_http_param_decode(WH_STR("a%4"), room, sizeof room, &value), WH_ESYNTAX);
	assert_int_equal(wh_http_param_decode(WH_STR("a+b"), room, 2, &value), WH_ETOOBIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_and_dot_segments_are_resolved),
		cmocka_unit_test(paths_that_climb_out_are_refused),
		cmocka_unit_test(surprising_bytes_are_refused),
		cmocka_unit_test(a_plain_path_is_not_copied_and_others_need_room),
		cmocka_unit_test(parameters_are_walked_and_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
