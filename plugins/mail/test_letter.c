/* Addresses, and what a letter looks like on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "letter.h"
#include "limit.h"

static void
only_plain_addresses_are_taken(void **state)
{
	static const char *const right[] = { "ann@example.org", "a.b+c@x-y.example", "o'hara@example.org", "root@localhost", "_@1.example" };
	static const char *const wrong[] = { "", "ann", "@example.org", "ann@", "ann@@example.org", "a b@example.org", "ann@exa mple.org", ".a@example.org",
	    "a.@example.org", "a..b@example.org", "\"a b\"@example.org", "ann@[127.0.0.1]", "ann@-x.example", "ann@x-.example", "ann@x..example", "ann@.example",
	    "ann@example.org.", "ann@example.org\r\nBcc: bob@example.org", "ann@example.org,bob@example.org", "<ann@example.org>", "Ann <ann@example.org>",
	    "-oQ/tmp@example.org", "ann@ex\xc3\xa4mple.org", "\xc3\xa4@example.org", "ann(x)@example.org", "ann@example.org>", "ann@a_b.example" };
	char label[80];

	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
		if (!letter_address_ok(wh_str(right[i])))
			fail_msg("%s was refused", right[i]);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (letter_address_ok(wh_str(wrong[i])))
			fail_msg("%s was taken", wrong[i]);
	assert_false(letter_address_ok((struct wh_str){ "ann@example.org\0", 16 }));
	snprintf(label, sizeof label, "a@%064d", 0);
	assert_false(letter_address_ok(wh_str(label)));
	snprintf(label, sizeof label, "a@%063d", 0);
	assert_true(letter_address_ok(wh_str(label)));
	snprintf(label, sizeof label, "%065d@a", 0);
	assert_false(letter_address_ok(wh_str(label)));
}

static void
texts_are_utf8_and_subjects_have_no_control_characters(void **state)
{
	static const char *const wrong[] = { "\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\xc3" };

	(void)state;
	assert_true(letter_text_ok(WH_STR("gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8e\x89"), false));
	assert_true(letter_text_ok(WH_STR("a\r\n\tb"), true));
	assert_false(letter_text_ok(WH_STR("a\nBcc: b"), false));
	assert_false(letter_text_ok(WH_STR("a\rb"), false));
	assert_false(letter_text_ok(WH_STR("a\x7f"), false));
	assert_false(letter_text_ok(WH_STR("a\0b"), true));
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(letter_text_ok(wh_str(wrong[i]), true));
}

static char written[8192];

static const char *
wire(const char *name, const char *subject, const char *text)
{
	const struct letter letter = { WH_STR("wh@site.example"), wh_str(name), WH_STR("ann@example.org"), wh_str(subject), wh_str(text),
		INT64_C(1767225600000), "abc" };
	size_t n = letter_write(&letter, written, sizeof written - 1);

	assert_true(n < sizeof written);
	assert_int_equal(letter_write(&letter, NULL, 0), n);
	written[n] = '\0';
	return written;
}

static void
a_plain_letter_is_readable(void **state)
{
	(void)state;
	assert_string_equal(wire("The site", "Your link", "Hello\nhttps://x.example/?a=b\n"),
	    "From: \"The site\" <wh@site.example>\r\nTo: <ann@example.org>\r\nSubject: Your link\r\n"
	    "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <abc@site.example>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "Hello\r\nhttps://x.example/?a=3Db\r\n");
	assert_non_null(strstr(wire("", "s", "t"), "From: <wh@site.example>\r\n"));
}

static void
what_is_not_ascii_is_encoded(void **state)
{
	(void)state;
	wire("Caf\xc3\xa9", "gr\xc3\xbc\xc3\x9f", "\xc3\xa4 \n");
	assert_non_null(strstr(written, "From: =?UTF-8?B?Q2Fmw6k=?= <"));
	assert_non_null(strstr(written, "Subject: =?UTF-8?B?Z3LDvMOf?=\r\n"));
	assert_non_null(strstr(written, "\r\n\r\n=C3=A4=20\r\n"));
	assert_non_null(strstr(wire("a\"b", "=?UTF-8?Q?x?=", "t"), "From: =?UTF-8?B?YSJi?= <"));
	assert_non_null(strstr(written, "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n"));
}

static void
long_texts_are_broken_into_lines_of_whole_characters(void **state)
{
	char subject[200] = "", text[1000];

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(subject, "\xe2\x82\xac");
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	wire("", subject, text);
	for (const char *line = written, *end; (end = strstr(line, "\r\n")) != NULL; line = end + 2)
		assert_true(end - line <= 76 + 9);
	/* 45 bytes are 15 euro signs and 60 digits. */
	assert_non_null(strstr(written, "Subject: =?UTF-8?B?4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs?=\r\n =?UTF-8?B?4oKs"));
}

static void
a_line_begins_with_no_dot_and_every_line_end_is_crlf(void **state)
{
	(void)state;
	wire("", "s", ".\n..x\r\na\rb\n\n.");
	assert_non_null(strstr(written, "\r\n\r\n=2E\r\n=2E.x\r\na=0Db\r\n\r\n=2E\r\n"));
}

static void
an_address_gets_so_many_letters_and_then_waits(void **state)
{
	static struct limit limit;

	(void)state;
	limit = (struct limit){ .key = 5, .rate = { .count = 5, .burst = 5, .per_ms = 3600000 } };
	for (int i = 0; i < 5; i++)
		assert_true(limit_take(&limit, WH_STR("ann@example.org"), 1000));
	assert_false(limit_take(&limit, WH_STR("ann@example.org"), 1000));
	assert_false(limit_take(&limit, WH_STR("Ann+x@EXAMPLE.org"), 1000));
	assert_true(limit_take(&limit, WH_STR("bob@example.org"), 1000));
	assert_false(limit_take(&limit, WH_STR("ann@example.org"), 1000 + 719000));
	assert_true(limit_take(&limit, WH_STR("ann@example.org"), 1000 + 720000));
	assert_false(limit_take(&limit, WH_STR("ann@example.org"), 1000 + 720000));
}

static void
a_flood_of_addresses_does_not_make_room_for_one_that_had_enough(void **state)
{
	static struct limit limit;
	char address[40];

	(void)state;
	limit = (struct limit){ .key = 5, .rate = { .count = 5, .burst = 5, .per_ms = 3600000 } };
	while (limit_take(&limit, WH_STR("ann@example.org"), 0))
		continue;
	for (int i = 0; i < 20000; i++) {
		snprintf(address, sizeof address, "a%d@example.org", i);
		limit_take(&limit, wh_str(address), 0);
	}
	assert_false(limit_take(&limit, WH_STR("ann@example.org"), 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_plain_addresses_are_taken),
		cmocka_unit_test(texts_are_utf8_and_subjects_have_no_control_characters),
		cmocka_unit_test(a_plain_letter_is_readable),
		cmocka_unit_test(what_is_not_ascii_is_encoded),
		cmocka_unit_test(long_texts_are_broken_into_lines_of_whole_characters),
		cmocka_unit_test(a_line_begins_with_no_dot_and_every_line_end_is_crlf),
		cmocka_unit_test(an_address_gets_so_many_letters_and_then_waits),
		cmocka_unit_test(a_flood_of_addresses_does_not_make_room_for_one_that_had_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
