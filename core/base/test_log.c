/* Tests of the log. */
#include <whiply/list.h>

#include "base/log.h"
#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A log into a memory file, with a clock that stands still. */
struct fixture {
	struct wh_clock clock;
	struct wh_log log;
	int fd;
	char text[100000];
};

static struct fixture *
fixture_new(enum wh_log_format format)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->fd = memfd_create("log", MFD_CLOEXEC);
	wh_clock_fake(&f->clock, WH_NS_PER_SEC, 0);
	wh_log_init(&f->log, f->fd, format, "edge 0");
	f->log.clock = &f->clock;
	return f;
}

static const char *
fixture_text(struct fixture *f)
{
	ssize_t n = pread(f->fd, f->text, sizeof f->text - 1, 0);

	assert_true(n >= 0);
	f->text[n] = '\0';
	return f->text;
}

static size_t
fixture_lines(struct fixture *f)
{
	size_t n = 0;

	for (const char *p = fixture_text(f); *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

static void
fixture_free(struct fixture *f)
{
	close(f->fd);
	free(f);
}

static void
a_json_line_has_all_fields_and_kinds(void **state)
{
	struct fixture *f = fixture_new(WH_LOG_JSON);

	(void)state;
	wh_log(&f->log, WH_WARN, "kinds", WH_S("s", WH_STR("a b")), WH_T("t", "x"), WH_I("i", INT64_MIN),
	    WH_U("u", UINT64_MAX), WH_B("b", true), WH_X("id", 0xabc), WH_T("none", NULL));
	assert_string_equal(fixture_text(f), "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"warn\",\"process\":\"edge 0\","
	    "\"event\":\"kinds\",\"s\":\"a b\",\"t\":\"x\",\"i\":-9223372036854775808,\"u\":18446744073709551615,\"b\":true,"
	    "\"id\":\"0000000000000abc\"}\n");
	fixture_free(f);
}

static void
each_text_format_has_its_form(void **state)
{
	static const char *const want[] = {
		[WH_LOG_TEXT] = "time=1970-01-01T00:00:00.000Z level=info process=\"edge 0\" event=up n=1\n",
		[WH_LOG_JOURNAL] = "<6>time=1970-01-01T00:00:00.000Z level=info process=\"edge 0\" event=up n=1\n",
		[WH_LOG_COLOUR] = "\033[32mtime=1970-01-01T00:00:00.000Z level=info\033[0m \033[2mprocess=\033[0m\"edge 0\""
		    " \033[2mevent=\033[0mup \033[2mn=\033[0m1\n",
	};

	(void)state;
	for (unsigned i = WH_LOG_TEXT; i <= WH_LOG_JOURNAL; i++) {
		struct fixture *f = fixture_new((enum wh_log_format)i);

		wh_log(&f->log, WH_INFO, "up", WH_I("n", 1));
		assert_string_equal(fixture_text(f), want[i]);
		fixture_free(f);
	}
}

static void
a_hostile_value_cannot_forge_a_line(void **state)
{
	static const char evil[] = "a\nlevel=fatal\r\"\\\033[2J\xff\xc2\x9b\xe2\x80\xae\xed\xa0\x80\xc0\x80\xc3\xa9\xf0\x9f";
	struct wh_str s = { evil, sizeof evil };
	struct fixture *f = fixture_new(WH_LOG_TEXT), *j = fixture_new(WH_LOG_JSON);

	(void)state;
	wh_log(&f->log, WH_INFO, "say", WH_S("text", s));
	assert_non_null(strstr(fixture_text(f), " text=\"a\\nlevel=fatal\\u000d\\\"\\\\\\u001b[2J\\xff\\u009b\\u202e"
	    "\\xed\\xa0\\x80\\xc0\\x80\xc3\xa9\\xf0\\x9f\\u0000\"\n"));
	assert_int_equal(fixture_lines(f), 1);
	wh_log(&j->log, WH_INFO, "say", WH_S("text", s));
	assert_non_null(strstr(fixture_text(j), "\"a\\nlevel=fatal\\u000d\\\"\\\\\\u001b[2J\\\\xff\\u009b"));
	assert_int_equal(fixture_lines(j), 1);
	fixture_free(f);
	fixture_free(j);
}

static void
a_key_cannot_forge_either_and_spaces_are_quoted(void **state)
{
	struct fixture *f = fixture_new(WH_LOG_TEXT);

	(void)state;
	wh_log(&f->log, WH_INFO, "e", WH_T("a b\n=", "x=y"), WH_T("empty", ""));
	assert_non_null(strstr(fixture_text(f), " a_b__=\"x=y\" empty=\"\"\n"));
	fixture_free(f);
}

static void
a_long_line_is_cut_and_says_so(void **state)
{
	static char many[20000];

	(void)state;
	memset(many, '"', sizeof many);
	for (unsigned i = WH_LOG_JSON; i <= WH_LOG_JOURNAL; i++) {
		struct fixture *f = fixture_new((enum wh_log_format)i);
		const char *text;
		size_t n;

		wh_log(&f->log, WH_INFO, "long", WH_S("many", ((struct wh_str){ many, sizeof many })), WH_I("after", 1));
		text = fixture_text(f);
		n = strlen(text);
		assert_in_range(n, WH_LOG_LINE - 64, WH_LOG_LINE);
		assert_null(strstr(text, "after"));
		assert_string_equal(text + n - (i == WH_LOG_JSON ? 14 : 11), i == WH_LOG_JSON ? "\",\"cut\":true}\n" : "\" cut=true\n");
		fixture_free(f);
	}
}

static void
numbers_are_never_cut_in_the_middle(void **state)
{
	static char many[WH_LOG_LINE];

	(void)state;
	memset(many, 'x', sizeof many);
	for (size_t n = WH_LOG_LINE - 200; n < WH_LOG_LINE - 50; n++) {
		struct fixture *f = fixture_new(WH_LOG_TEXT);
		const char *key;

		wh_log(&f->log, WH_INFO, "long", WH_S("many", ((struct wh_str){ many, n })), WH_I("number", 1234567));
		key = strstr(fixture_text(f), "number");
		assert_true(key == NULL || strcmp(key, "number=1234567\n") == 0);
		assert_true((key == NULL) == (strstr(f->text, "cut=true\n") != NULL));
		fixture_free(f);
	}
}

static void
the_threshold_is_kept_and_may_change(void **state)
{
	struct fixture *f = fixture_new(WH_LOG_TEXT);
	struct wh_log *nothing = NULL;

	(void)state;
	wh_log(&f->log, WH_DEBUG, "quiet");
	assert_int_equal(fixture_lines(f), 0);
	f->log.level = WH_DEBUG;
	wh_log(&f->log, WH_DEBUG, "loud");
	assert_int_equal(fixture_lines(f), 1);
	wh_log(nothing, WH_FATAL, "nowhere");
	wh_log_flush(nothing);
	fixture_free(f);
}

static void
a_flood_is_limited_and_summed_up(void **state)
{
	struct fixture *f = fixture_new(WH_LOG_TEXT);

	(void)state;
	for (int i = 0; i < 1000; i++)
		wh_log(&f->log, WH_WARN, "flood", WH_I("i", i));
	assert_int_equal(fixture_lines(f), WH_LOG_PER_SECOND);
	wh_log(&f->log, WH_WARN, "another");
	wh_log(&f->log, WH_FATAL, "flood");
	assert_int_equal(fixture_lines(f), WH_LOG_PER_SECOND + 2);
	wh_log_flush(&f->log);
	assert_int_equal(fixture_lines(f), WH_LOG_PER_SECOND + 2);
	wh_clock_advance(&f->clock, WH_NS_PER_SEC);
	wh_log_flush(&f->log);
	assert_non_null(strstr(fixture_text(f), "level=warn process=\"edge 0\" event=log_suppressed of=flood suppressed=950\n"));
	wh_log(&f->log, WH_WARN, "flood");
	assert_int_equal(fixture_lines(f), WH_LOG_PER_SECOND + 4);
	assert_int_equal(f->log.suppressed, 950);
	fixture_free(f);
}

static void
a_flood_of_event_names_is_limited_too(void **state)
{
	struct fixture *f = fixture_new(WH_LOG_TEXT);
	char name[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "event_%d", i);
		wh_log(&f->log, WH_WARN, name);
	}
	assert_in_range(fixture_lines(f), WH_LOG_PER_SECOND, WH_LOG_PER_SECOND + WH_LOG_EVENTS);
	fixture_free(f);
}

static void
errors_are_copied_to_the_last_words_and_the_newest_stay(void **state)
{
	struct fixture *f = fixture_new(WH_LOG_JSON);
	char page[300] = "";

	(void)state;
	wh_log_last_words(&f->log, page, sizeof page);
	wh_log(&f->log, WH_WARN, "unheard");
	assert_string_equal(page, "");
	for (int i = 0; i < 20; i++)
		wh_log(&f->log, WH_ERROR, "broken", WH_I("i", i));
	assert_int_equal(strncmp(page, "time=", 5), 0);
	assert_non_null(strstr(page, "event=broken i=19\n"));
	assert_null(strstr(page, "i=1\n"));
	assert_true(strlen(page) < sizeof page);
	fixture_free(f);
}

static void
a_page_smaller_than_a_line_keeps_its_end(void **state)
{
	char page[6] = "";

	(void)state;
	wh_log_page_add(page, sizeof page, "ab\n", 3);
	wh_log_page_add(page, sizeof page, "cd\n", 3);
	assert_string_equal(page, "cd\n");
	wh_log_page_add(page, sizeof page, "0123456789", 10);
	assert_string_equal(page, "56789");
	wh_log_page_add(NULL, 0, "x", 1);
}

static void
words_name_levels_and_formats(void **state)
{
	enum wh_level level;
	enum wh_log_format format;

	(void)state;
	assert_true(wh_log_level_named(WH_STR("error"), &level));
	assert_int_equal(level, WH_ERROR);
	assert_false(wh_log_level_named(WH_STR("Error"), &level));
	assert_true(wh_log_format_named(WH_STR("journal"), &format));
	assert_int_equal(format, WH_LOG_JOURNAL);
	assert_false(wh_log_format_named(WH_STR(""), &format));
}

static void
the_format_follows_the_descriptor(void **state)
{
	struct fixture *f = fixture_new(WH_LOG_JSON);
	struct stat st;
	char stream[64];

	(void)state;
	assert_int_equal(wh_log_format_of(f->fd), WH_LOG_JSON);
	assert_int_equal(fstat(f->fd, &st), 0);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	assert_int_equal(wh_log_format_of(f->fd), WH_LOG_JOURNAL);
	setenv("JOURNAL_STREAM", "1:1", 1);
	assert_int_equal(wh_log_format_of(f->fd), WH_LOG_JSON);
	unsetenv("JOURNAL_STREAM");
	fixture_free(f);
}

struct heard {
	struct wh_log_tap tap;
	enum wh_level level;
	char text[WH_LOG_LINE];
};

static void
heard_line(struct wh_log_tap *tap, enum wh_level level, struct wh_str json)
{
	struct heard *h = WH_CONTAINER(tap, struct heard, tap);

	h->level = level;
	snprintf(h->text, sizeof h->text, "%.*s", WH_FMT(json));
}

static void
a_tap_gets_each_line_as_json_and_no_secret(void **state)
{
	struct fixture *f = fixture_new(WH_LOG_TEXT);
	struct heard h = { .tap = { heard_line } };

	(void)state;
	f->log.tap = &h.tap;
	wh_log(&f->log, WH_WARN, "letter", WH_S("to", WH_STR("ann")), WH_SECRET("text", WH_STR("open sesame")), WH_T("token", "t0ps"), WH_I("n", 7));
	assert_int_equal(h.level, WH_WARN);
	assert_non_null(strstr(h.text, "\"event\":\"letter\",\"to\":\"ann\",\"text\":\"(not shown here)\",\"token\":\"(not shown here)\",\"n\":7}"));
	assert_null(strstr(h.text, "sesame"));
	assert_null(strstr(h.text, "t0ps"));
	assert_null(strchr(h.text, '\n'));
	/* The log itself has it. */
	assert_non_null(strstr(fixture_text(f), "text=\"open sesame\" token=t0ps n=7"));
	h.text[0] = '\0';
	wh_log(&f->log, WH_DEBUG, "below_the_level");
	assert_string_equal(h.text, "");
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_json_line_has_all_fields_and_kinds),
		cmocka_unit_test(each_text_format_has_its_form),
		cmocka_unit_test(a_hostile_value_cannot_forge_a_line),
		cmocka_unit_test(a_key_cannot_forge_either_and_spaces_are_quoted),
		cmocka_unit_test(a_long_line_is_cut_and_says_so),
		cmocka_unit_test(numbers_are_never_cut_in_the_middle),
		cmocka_unit_test(the_threshold_is_kept_and_may_change),
		cmocka_unit_test(a_flood_is_limited_and_summed_up),
		cmocka_unit_test(a_flood_of_event_names_is_limited_too),
		cmocka_unit_test(errors_are_copied_to_the_last_words_and_the_newest_stay),
		cmocka_unit_test(a_page_smaller_than_a_line_keeps_its_end),
		cmocka_unit_test(a_tap_gets_each_line_as_json_and_no_secret),
		cmocka_unit_test(words_name_levels_and_formats),
		cmocka_unit_test(the_format_follows_the_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
