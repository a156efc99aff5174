/* What is found in a text before libconfig reads it. */
#include <stdio.h>

#include "base/conf.h"
#include "base/conf_scan.h"
#include "base/testing.h"

/* The errors of a text, as one text. */
static const char *
errors_of(const char *text)
{
	static char out[4096];
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s = NULL;
	struct wh_conf_file *file = NULL;
	struct wh_buf b = { 0 };

	if (wh_snapshot_from_text("c", wh_str(text), &errors, &s) == WH_OK)
		(void)wh_conf_file_open(s, &errors, &file);
	wh_conf_errors_format(&errors, &b);
	snprintf(out, sizeof out, "%s", b.n > 0 ? wh_buf_cstr(&b) : "");
	wh_buf_free(&b);
	wh_conf_file_free(&file);
	wh_snapshot_free(&s);
	wh_conf_errors_free(&errors);
	return out;
}

static void
a_number_over_32_bits_is_an_error_and_not_cut(void **state)
{
	(void)state;
	assert_string_equal(errors_of("a = 2147483647;\nb = -2147483648;\nc = 0x7fffffff; d = 1.5e10; e = 4294967296L; f = 1L;"), "");
	assert_non_null(strstr(errors_of("a = 1;\nb = 2147483648;"), "c:2: 2147483648: this number does not fit"));
	assert_non_null(strstr(errors_of("b = -2147483649;"), "c:1: -2147483649: "));
	assert_non_null(strstr(errors_of("b = 0x80000000;"), "c:1: 0x80000000: "));
	assert_non_null(strstr(errors_of("b = 9223372036854775808L;"), "c:1: 9223372036854775808L: "));
	assert_non_null(strstr(errors_of("b = ( 1, { x = [ 99999999999999999999 ]; } );"), "c:1: 99999999999999999999: "));
}

static void
every_name_given_twice_is_reported_with_its_first_place(void **state)
{
	(void)state;
	assert_string_equal(errors_of("a = 1;\nb = { a = 2; };\na = 3;\nb = 4;\na = 5;\n"),
		"c:3: a: is given twice, first in c:1\nc:4: b: is given twice, first in c:2\nc:5: a: is given twice, first in c:1\n");
}

static void
one_name_in_two_groups_is_fine(void **state)
{
	(void)state;
	assert_string_equal(errors_of("g = { a = 1; }; h = { a = 1; }; l = ( { a = 1; }, { a = 2; } ); a = 1;"), "");
}

static void
what_never_closes_is_reported_where_it_began(void **state)
{
	(void)state;
	assert_string_equal(errors_of("a = 1;\nb = \"x\n\n"), "c:2: this string is never closed\n");
	assert_string_equal(errors_of("a = 1;\n/* x\n\n"), "c:2: this comment is never closed\n");
	assert_string_equal(errors_of("a = 1;\n/* x * /\n\n"), "c:2: this comment is never closed\n");
}

static void
comments_and_strings_hide_everything(void **state)
{
	(void)state;
	assert_string_equal(errors_of("# 99999999999\n// \"\n/* @include \"x\"\n*/ a = \"99999999999 // # /* \\\" @include\";\n"), "");
}

static void
nesting_is_bounded(void **state)
{
	char text[512] = "a = ";

	(void)state;
	memset(text + 4, '(', 33);
	assert_string_equal(errors_of(text), "c:1: groups and lists are nested too deep\n");
}

static void
a_nul_is_refused_in_the_text_and_in_strings(void **state)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s;

	(void)state;
	assert_int_equal(wh_snapshot_from_text("c", (struct wh_str){ "a = 1;\0", 7 }, &errors, &s), WH_ESYNTAX);
	wh_conf_errors_free(&errors);
	assert_string_equal(errors_of("a = \"x\\x00y\";"), "c:1: a string cannot hold a NUL\n");
}

static void
a_syntax_error_is_reported_with_its_line(void **state)
{
	(void)state;
	assert_non_null(strstr(errors_of("a = 1;\nb = = 2;\n"), "c:2: syntax error"));
	assert_non_null(strstr(errors_of("a = { b = 1; ;\n"), "c:1: syntax error"));
	assert_non_null(strstr(errors_of("a* = 1;"), "c:1: a*: a name has letters"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_over_32_bits_is_an_error_and_not_cut),
		cmocka_unit_test(every_name_given_twice_is_reported_with_its_first_place),
		cmocka_unit_test(one_name_in_two_groups_is_fine),
		cmocka_unit_test(what_never_closes_is_reported_where_it_began),
		cmocka_unit_test(comments_and_strings_hide_everything),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(a_nul_is_refused_in_the_text_and_in_strings),
		cmocka_unit_test(a_syntax_error_is_reported_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
