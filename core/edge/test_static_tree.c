/* Tests of static trees, in a temporary directory: what is served, and that nothing outside ever is. */
#include "edge/static_tree.h"
#include "edge/static_mime.h"
#include "base/testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW = 1800000000, CHANGED = 1700000000 };

static char where[] = "/tmp/whiply-static-XXXXXX";
static struct wh_static_tree tree;
static struct wh_http_request request;
static char request_text[4096], etag[80], path_room[256];

static const char *
below(const char *name)
{
	snprintf(path_room, sizeof path_room, "%s/%s", where, name);
	return path_room;
}

static void
file(const char *name, const char *content, time_t changed)
{
	const struct timespec times[2] = { { .tv_sec = changed, .tv_nsec = 0 }, { .tv_sec = changed, .tv_nsec = 5 } };
	FILE *f = fopen(below(name), "w");

	assert_non_null(f);
	fputs(content, f);
	fclose(f);
	assert_int_equal(utimensat(AT_FDCWD, below(name), times, 0), 0);
}

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(where));
	assert_int_equal(mkdir(below("tree"), 0700) | mkdir(below("tree/docs"), 0700) | mkdir(below("tree/empty"), 0700) |
	    mkdir(below("tree/.git"), 0700), 0);
	file("secret", "secret", CHANGED);
	file("tree/index.html", "<p>root", CHANGED);
	file("tree/docs/index.html", "<p>docs", CHANGED);
	file("tree/ten.bin", "0123456789", CHANGED);
	file("tree/void.txt", "", CHANGED);
	file("tree/.hidden", "hidden", CHANGED);
	file("tree/.git/config", "hidden", CHANGED);
	file("tree/app.js", "plain", CHANGED);
	file("tree/app.js.gz", "gzipped!", CHANGED + 1);
	file("tree/old.css", "newer", CHANGED);
	file("tree/old.css.gz", "stale", CHANGED - 1);
	file("tree/app.3f9a1c2e.js", "hashed", CHANGED);
	file("tree/a b.txt", "space", CHANGED);
	assert_int_equal(symlink("../secret", below("tree/escape")), 0);
	assert_int_equal(symlink("ten.bin", below("tree/inside")), 0);
	assert_int_equal(symlink("..", below("tree/up")), 0);
	assert_int_equal(symlink("/proc/self/root", below("tree/magic")), 0);
	assert_int_equal(mkfifo(below("tree/fifo"), 0600), 0);
	assert_int_equal(wh_static_open(&tree, below("tree")), WH_OK);
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	wh_static_close(&tree);
	snprintf(command, sizeof command, "rm -r '%s'", where);
	return system(command);
}

struct answer {
	enum wh_err err;
	struct wh_static_plan plan;
	char head[2048], body[64];
};

static struct answer
ask(const char *method, const char *path, const char *lines)
{
	const struct wh_http_reply base = { .minor = 1, .keep_alive = true };
	const struct wh_http_limits limits = { 0 };
	struct wh_http_head head = { 0 };
	struct wh_http_refusal why;
	struct wh_buf out = { 0 };
	struct answer a = { 0 };

	snprintf(request_text, sizeof request_text, "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, path, lines);
	assert_int_equal(wh_http_head_read(&head, &limits, request_text, strlen(request_text), &request, &why), WH_HTTP_DONE);
	a.err = wh_static_answer(&tree, &request, request.path, &base, NOW, &out, &a.plan);
	assert_true(out.n < sizeof a.head);
	if (out.n > 0)
		memcpy(a.head, out.p, out.n);
	if (a.plan.fd >= 0) {
		assert_true(a.plan.length < sizeof a.body);
		assert_int_equal(pread(a.plan.fd, a.body, a.plan.length, (off_t)a.plan.offset), (ssize_t)a.plan.length);
		close(a.plan.fd);
	}
	if (a.err != WH_OK)
		assert_true(out.n == 0 && a.plan.fd == -1);
	wh_buf_free(&out);
	return a;
}

static bool
has(const struct answer *a, const char *text)
{
	return strstr(a->head, text) != NULL;
}

static const char *
etag_of(const char *path)
{
	struct answer a = ask("GET", path, "");
	const char *at = strstr(a.head, "ETag: ");

	assert_non_null(at);
	snprintf(etag, sizeof etag, "%.*s", (int)strcspn(at + 6, "\r"), at + 6);
	return etag;
}

static void
a_file_is_served_with_its_validators(void **state)
{
	struct answer a = ask("GET", "/ten.bin", "");

	(void)state;
	assert_int_equal(a.plan.status, 200);
	assert_string_equal(a.body, "0123456789");
	assert_true(has(&a, "\r\nContent-Length: 10\r\n") && has(&a, "\r\nContent-Type: application/octet-stream\r\n"));
	assert_true(has(&a, "\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n") && has(&a, "\r\nETag: \"a-"));
	assert_true(has(&a, "\r\nCache-Control: no-cache\r\n") && has(&a, "nosniff") && has(&a, "\r\nAccept-Ranges: bytes\r\n"));
	a = ask("GET", "/a%20b.txt", "");
	assert_string_equal(a.body, "space");
	assert_true(has(&a, "text/plain; charset=utf-8"));
	a = ask("GET", "/void.txt", "");
	assert_true(a.plan.status == 200 && a.plan.fd == -1 && has(&a, "Content-Length: 0\r\n"));
}

static void
directories_serve_their_index_and_redirect_to_their_slash(void **state)
{
	struct answer a = ask("GET", "/", "");

	(void)state;
	assert_string_equal(a.body, "<p>root");
	assert_true(has(&a, "text/html; charset=utf-8") && has(&a, "frame-ancestors"));
	a = ask("GET", "/docs/", "");
	assert_string_equal(a.body, "<p>docs");
	a = ask("GET", "/docs?x=1", "");
	assert_int_equal(a.plan.status, 301);
	assert_true(has(&a, "\r\nLocation: ./docs/?x=1\r\n"));
	assert_int_equal(ask("GET", "/empty/", "").err, WH_ENOENT);
	assert_int_equal(ask("GET", "//docs", "").err, WH_ENOENT);
}

static void
nothing_outside_the_tree_is_reached(void **state)
{
	static const char *const missing[] = { "/escape", "/inside", "/up/secret", "/magic/etc/passwd", "/fifo", "/none", "/ten.bin/",
		"/ten.bin/x", "//etc/passwd", "/docs//index.html" };
	static const char *const refused[] = { "/../secret", "/docs/../../secret", "/%2e%2e/secret", "/%2e%2e%2fsecret", "/..%2fsecret",
		"/docs%2findex.html", "/ten.bin%00", "/%00", "/..%5csecret", "/ten.bin%", "/%zz" };

	(void)state;
	for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
		if (ask("GET", missing[i], "").err != WH_ENOENT)
			fail_msg("served: %s", missing[i]);
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		if (ask("GET", refused[i], "").plan.status != 400)
			fail_msg("not refused: %s", refused[i]);
}

static void
dotfiles_are_never_served(void **state)
{
	static const char *const hidden[] = { "/.hidden", "/.git/config", "/%2ehidden", "/docs/../.hidden", "/.git" };

	(void)state;
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		assert_int_equal(ask("GET", hidden[i], "").err, WH_ENOENT);
}

static void
only_get_and_head_are_allowed(void **state)
{
	struct answer a = ask("POST", "/ten.bin", "");

	(void)state;
	assert_int_equal(a.plan.status, 405);
	assert_true(has(&a, "\r\nAllow: GET, HEAD\r\n"));
	assert_int_equal(ask("BREW", "/ten.bin", "").plan.status, 501);
	a = ask("HEAD", "/ten.bin", "Range: bytes=1-2\r\n");
	assert_true(a.plan.status == 200 && a.plan.fd == -1 && has(&a, "\r\nContent-Length: 10\r\n"));
}

static void
one_range_is_served_and_others_are_not(void **state)
{
	struct answer a = ask("GET", "/ten.bin", "Range: bytes=2-4\r\n");

	(void)state;
	assert_int_equal(a.plan.status, 206);
	assert_string_equal(a.body, "234");
	assert_true(has(&a, "\r\nContent-Range: bytes 2-4/10\r\n") && has(&a, "\r\nContent-Length: 3\r\n"));
	a = ask("GET", "/ten.bin", "Range: bytes=0-1,3-4\r\n");
	assert_true(a.plan.status == 200 && a.plan.length == 10);
	a = ask("GET", "/ten.bin", "Range: bytes=10-\r\n");
	assert_true(a.plan.status == 416 && has(&a, "\r\nContent-Range: bytes */10\r\n"));
}

static void
if_range_guards_the_range(void **state)
{
	char lines[256];

	(void)state;
	snprintf(lines, sizeof lines, "Range: bytes=2-4\r\nIf-Range: %s\r\n", etag_of("/ten.bin"));
	assert_int_equal(ask("GET", "/ten.bin", lines).plan.status, 206);
	snprintf(lines, sizeof lines, "Range: bytes=2-4\r\nIf-Range: W/%s\r\n", etag_of("/ten.bin"));
	assert_int_equal(ask("GET", "/ten.bin", lines).plan.status, 200);
	assert_int_equal(ask("GET", "/ten.bin", "Range: bytes=2-4\r\nIf-Range: \"x\"\r\n").plan.status, 200);
	assert_int_equal(ask("GET", "/ten.bin", "Range: bytes=2-4\r\nIf-Range: Tue, 14 Nov 2023 22:13:20 GMT\r\n").plan.status, 206);
	assert_int_equal(ask("GET", "/ten.bin", "Range: bytes=2-4\r\nIf-Range: Tue, 14 Nov 2023 22:13:21 GMT\r\n").plan.status, 200);
	/* changed in this very second: it may change again, and the date would still be the same */
	file("tree/fresh.txt", "0123456789", NOW);
	assert_int_equal(ask("GET", "/fresh.txt", "Range: bytes=2-4\r\nIf-Range: Fri, 15 Jan 2027 08:00:00 GMT\r\n").plan.status, 200);
}

static void
conditions_are_judged_in_order(void **state)
{
	char lines[256];
	struct answer a;

	(void)state;
	snprintf(lines, sizeof lines, "If-None-Match: \"x\", W/%s\r\n", etag_of("/ten.bin"));
	a = ask("GET", "/ten.bin", lines);
	assert_true(a.plan.status == 304 && a.plan.fd == -1 && has(&a, "ETag: ") && !has(&a, "Content-"));
	assert_int_equal(ask("GET", "/ten.bin", "If-None-Match: \"x\"\r\n").plan.status, 200);
	/* the tag decides, not the date */
	assert_int_equal(ask("GET", "/ten.bin", "If-None-Match: \"x\"\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n").plan.status,
	    200);
	assert_int_equal(ask("GET", "/ten.bin", "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n").plan.status, 304);
	assert_int_equal(ask("GET", "/ten.bin", "If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT\r\n").plan.status, 200);
	assert_int_equal(ask("GET", "/ten.bin", "If-Modified-Since: yesterday\r\n").plan.status, 200);
	assert_int_equal(ask("GET", "/ten.bin", "If-Match: \"x\"\r\n").plan.status, 412);
	snprintf(lines, sizeof lines, "If-Match: %s\r\n", etag_of("/ten.bin"));
	assert_int_equal(ask("GET", "/ten.bin", lines).plan.status, 200);
	assert_int_equal(ask("GET", "/ten.bin", "If-Unmodified-Since: Tue, 14 Nov 2023 22:13:19 GMT\r\n").plan.status, 412);
	assert_int_equal(ask("GET", "/ten.bin", "If-Unmodified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n").plan.status, 200);
}

static void
a_changed_file_has_another_tag(void **state)
{
	char before[80];

	(void)state;
	file("tree/change.txt", "one", CHANGED);
	snprintf(before, sizeof before, "%s", etag_of("/change.txt"));
	file("tree/change.txt", "two", CHANGED + 1);
	assert_string_not_equal(before, etag_of("/change.txt"));
}

static void
a_compressed_copy_is_served_to_who_takes_it(void **state)
{
	struct answer a = ask("GET", "/app.js", "Accept-Encoding: gzip\r\n");
	char plain[80];

	(void)state;
	assert_string_equal(a.body, "gzipped!");
	assert_true(has(&a, "\r\nContent-Encoding: gzip\r\n") && has(&a, "\r\nVary: Accept-Encoding\r\n"));
	assert_true(has(&a, "\r\nContent-Type: text/javascript; charset=utf-8\r\n"));
	snprintf(plain, sizeof plain, "%s", etag_of("/app.js"));
	assert_false(has(&a, plain));
	a = ask("GET", "/app.js", "");
	assert_string_equal(a.body, "plain");
	assert_true(!has(&a, "Content-Encoding") && has(&a, "\r\nVary: Accept-Encoding\r\n"));
	a = ask("GET", "/old.css", "Accept-Encoding: gzip\r\n");
	assert_string_equal(a.body, "newer");
}

static void
names_with_a_hash_are_kept_for_ever(void **state)
{
	struct answer a = ask("GET", "/app.3f9a1c2e.js", "");

	(void)state;
	assert_true(has(&a, "immutable"));
	assert_true(wh_static_hashed(WH_STR("a/index-BX7dQ2pl.css")));
	assert_true(wh_static_hashed(WH_STR("main.0123456789abcdef.chunk.js")) == false);
	assert_false(wh_static_hashed(WH_STR("component.js")));
	assert_false(wh_static_hashed(WH_STR("report.20240131.pdf")));
	assert_false(wh_static_hashed(WH_STR("3f9a1c2e.js")));
	assert_false(wh_static_hashed(WH_STR("my-component.js")));
}

static void
types_are_known_by_ending(void **state)
{
	(void)state;
	assert_true(wh_str_is(wh_static_type(WH_STR("a/B.HTML")), "text/html; charset=utf-8"));
	assert_true(wh_str_is(wh_static_type(WH_STR("a.woff2")), "font/woff2"));
	assert_true(wh_str_is(wh_static_type(WH_STR("a.html/b")), "application/octet-stream"));
	assert_true(wh_str_is(wh_static_type(WH_STR(".html")), "application/octet-stream"));
}

static void
a_tree_that_is_not_there_is_an_error(void **state)
{
	struct wh_static_tree none;

	(void)state;
	assert_int_equal(wh_static_open(&none, below("nowhere")), WH_ENOENT);
	assert_int_equal(wh_static_open(&none, below("secret")), WH_ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_served_with_its_validators),
		cmocka_unit_test(directories_serve_their_index_and_redirect_to_their_slash),
		cmocka_unit_test(nothing_outside_the_tree_is_reached),
		cmocka_unit_test(dotfiles_are_never_served),
		cmocka_unit_test(only_get_and_head_are_allowed),
		cmocka_unit_test(one_range_is_served_and_others_are_not),
		cmocka_unit_test(if_range_guards_the_range),
		cmocka_unit_test(conditions_are_judged_in_order),
		cmocka_unit_test(a_changed_file_has_another_tag),
		cmocka_unit_test(a_compressed_copy_is_served_to_who_takes_it),
		cmocka_unit_test(names_with_a_hash_are_kept_for_ever),
		cmocka_unit_test(types_are_known_by_ending),
		cmocka_unit_test(a_tree_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
