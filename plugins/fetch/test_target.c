/* URLs, methods and headers: what is taken, and what would be an injection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "target.h"

static const char *
origin(const char *url)
{
	static struct target target;
	const char *why;

	return target_read(&target, url, &why) == WH_OK ? target.origin : why;
}

static void
an_origin_has_its_port_and_is_in_lower_case(void **state)
{
	(void)state;
	assert_string_equal(origin("https://Example.ORG/a?b#c"), "https://example.org:443");
	assert_string_equal(origin("http://example.org"), "http://example.org:80");
	assert_string_equal(origin("https://example.org:8443/"), "https://example.org:8443");
	assert_string_equal(origin("https://[2001:DB8::1]:1/"), "https://[2001:db8::1]:1");
}

static void
an_address_written_as_a_number_is_still_that_address(void **state)
{
	(void)state;
	assert_string_equal(origin("https://2130706433/"), "https://127.0.0.1:443");
	assert_string_equal(origin("https://0x7f.1/"), "https://127.0.0.1:443");
	assert_string_equal(origin("https://0177.0.0.1/"), "https://127.0.0.1:443");
}

static void
credentials_are_refused(void **state)
{
	(void)state;
	assert_string_equal(origin("https://ann@example.org/"), "it has credentials in it");
	assert_string_equal(origin("https://ann:secret@example.org/"), "it has credentials in it");
	assert_string_equal(origin("https://:@example.org/"), "it has credentials in it");
}

static void
other_schemes_are_refused(void **state)
{
	static const char *const urls[] = { "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "smtp://example.org/", "dict://a/", "ldap://a/" };

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
		assert_string_equal(origin(urls[i]), "its scheme is neither https nor http");
}

static void
what_is_no_url_is_refused(void **state)
{
	static const char *const urls[] = { "", "example.org", "https://", "https://a b/", "https://a/\r\nX: y", "https://a/\n", "https://a/\x7f",
	    "https://ex\xc3\xa4mple.org/", "https://a:99999/", "https://a:x/", "https://a\\@b/", "https://a/\x01" };

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
		if (strstr(origin(urls[i]), "://") != NULL)
			fail_msg("%s was taken as %s", urls[i], origin(urls[i]));
}

static void
an_allowed_origin_ends_at_its_port(void **state)
{
	static const char *const wrong[] = { "http://a:1/", "http://a:1/x", "http://a:1?x", "http://a:1#x", "a:1", "http://u@a:1", "" };
	struct target target;
	const char *why;

	(void)state;
	assert_int_equal(target_read_origin(&target, "http://127.0.0.1:9000", &why), WH_OK);
	assert_string_equal(target.origin, "http://127.0.0.1:9000");
	assert_int_equal(target_read_origin(&target, "https://idp.lan", &why), WH_OK);
	assert_string_equal(target.origin, "https://idp.lan:443");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(target_read_origin(&target, wrong[i], &why), WH_EINVAL);
}

static void
a_method_is_a_short_word_and_opens_no_tunnel(void **state)
{
	(void)state;
	assert_true(target_method_ok("GET"));
	assert_true(target_method_ok("PATCH"));
	assert_false(target_method_ok(""));
	assert_false(target_method_ok("get"));
	assert_false(target_method_ok("GET /\r\nX: y"));
	assert_false(target_method_ok("GET "));
	assert_false(target_method_ok("AAAAAAAAAAAAAAAAAAAA"));
	assert_false(target_method_ok("CONNECT"));
	assert_false(target_method_ok("TRACE"));
}

static enum wh_err
header(const char *line)
{
	struct wh_str left = wh_str(line), name, value;

	return target_header(&left, &name, &value);
}

static void
headers_are_read_one_by_one(void **state)
{
	struct wh_str left = WH_STR("Accept: text/html \nX-Empty:\nlast: 1"), name, value;

	(void)state;
	assert_int_equal(target_header(&left, &name, &value), WH_OK);
	assert_true(wh_str_is(name, "Accept") && wh_str_is(value, "text/html"));
	assert_int_equal(target_header(&left, &name, &value), WH_OK);
	assert_true(wh_str_is(name, "X-Empty") && value.n == 0);
	assert_int_equal(target_header(&left, &name, &value), WH_OK);
	assert_true(wh_str_is(name, "last") && wh_str_is(value, "1"));
	assert_int_equal(target_header(&left, &name, &value), WH_ENOENT);
}

static void
a_header_that_would_end_its_line_is_refused(void **state)
{
	struct wh_str nul = { "a: b\0c", 6 }, name, value;

	(void)state;
	assert_int_equal(header("a: b\rX: y"), WH_EINVAL);
	assert_int_equal(header("a: b\r\n"), WH_EINVAL);
	assert_int_equal(target_header(&nul, &name, &value), WH_EINVAL);
	assert_int_equal(header("\na: b"), WH_EINVAL);
	assert_int_equal(header("no colon"), WH_EINVAL);
	assert_int_equal(header(": b"), WH_EINVAL);
	assert_int_equal(header("a b: c"), WH_EINVAL);
	assert_int_equal(header(" a: folded"), WH_EINVAL);
}

static void
headers_that_frame_the_request_are_refused(void **state)
{
	(void)state;
	assert_int_equal(header("Host: other"), WH_EINVAL);
	assert_int_equal(header("content-length: 0"), WH_EINVAL);
	assert_int_equal(header("Transfer-Encoding: chunked"), WH_EINVAL);
	assert_int_equal(header("Connection: close"), WH_EINVAL);
	assert_int_equal(header("Hosts: fine"), WH_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_origin_has_its_port_and_is_in_lower_case),
		cmocka_unit_test(an_address_written_as_a_number_is_still_that_address),
		cmocka_unit_test(credentials_are_refused),
		cmocka_unit_test(other_schemes_are_refused),
		cmocka_unit_test(what_is_no_url_is_refused),
		cmocka_unit_test(an_allowed_origin_ends_at_its_port),
		cmocka_unit_test(a_method_is_a_short_word_and_opens_no_tunnel),
		cmocka_unit_test(headers_are_read_one_by_one),
		cmocka_unit_test(a_header_that_would_end_its_line_is_refused),
		cmocka_unit_test(headers_that_frame_the_request_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
