/* /metrics on the fake host: the exact text of each format, and what promtool thinks of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <whiply/testing.h>

static const uint64_t counts[] = { 2, 0, 3, 1 };
static const double bounds[] = { 0.001, 0.25, 1 };

static const struct wh_sample samples[] = {
	{ "whiply_calls_total", "Calls.", WH_COUNTER, .labels = { "plugin=\"chat\",command=\"chat.say\"", 32 }, .value = 12 },
	{ "whiply_calls_total", "Calls.", WH_COUNTER, .labels = { "plugin=\"a\\\"b\\\\c\\nd\"", 19 }, .value = 3 },
	{ "whiply_connections", "Connections that are open.", WH_GAUGE, .value = -1.5 },
	{ "whiply_call_seconds", "Time of a call,\nin a \"row\" of \\ buckets.", WH_HISTOGRAM, .labels = { "plugin=\"chat\"", 13 },
	    .counts = counts, .bounds = bounds, .n_bounds = 3, .sum = 4.125,
	    .exemplar = { "4bf92f3577b34da6a3ce929d0e0e4736", 32 }, .exemplar_value = 0.5, .exemplar_wall_ms = 1767225600007 },
};

static struct wh_test *
begin(const char *settings)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, settings);

	wh_test_samples(t, samples, sizeof samples / sizeof samples[0]);
	return t;
}

static const struct wh_test_page *
scrape(struct wh_test *t, struct wh_session *s, const char *accept)
{
	return wh_test_request(t, s, "GET", "/metrics", accept, (struct wh_str){ NULL, 0 });
}

static void
the_text_format_is_exact(void **state)
{
	struct wh_test *t = begin(NULL);
	const struct wh_test_page *page = scrape(t, NULL, "accept: text/plain\n");

	(void)state;
	assert_int_equal(page->status, 200);
	assert_string_equal(page->type, "text/plain; version=0.0.4; charset=utf-8");
	assert_string_equal(page->body.p,
	    "# HELP whiply_calls_total Calls.\n"
	    "# TYPE whiply_calls_total counter\n"
	    "whiply_calls_total{plugin=\"chat\",command=\"chat.say\"} 12\n"
	    "whiply_calls_total{plugin=\"a\\\"b\\\\c\\nd\"} 3\n"
	    "# HELP whiply_connections Connections that are open.\n"
	    "# TYPE whiply_connections gauge\n"
	    "whiply_connections -1.5\n"
	    "# HELP whiply_call_seconds Time of a call,\\nin a \"row\" of \\\\ buckets.\n"
	    "# TYPE whiply_call_seconds histogram\n"
	    "whiply_call_seconds_bucket{plugin=\"chat\",le=\"0.001\"} 2\n"
	    "whiply_call_seconds_bucket{plugin=\"chat\",le=\"0.25\"} 2\n"
	    "whiply_call_seconds_bucket{plugin=\"chat\",le=\"1\"} 5\n"
	    "whiply_call_seconds_bucket{plugin=\"chat\",le=\"+Inf\"} 6\n"
	    "whiply_call_seconds_sum{plugin=\"chat\"} 4.125\n"
	    "whiply_call_seconds_count{plugin=\"chat\"} 6\n");
	wh_test_end(&t);
}

static void
openmetrics_has_exemplars_family_names_and_an_end(void **state)
{
	struct wh_test *t = begin(NULL);
	const struct wh_test_page *page = scrape(t, NULL, "accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\n");

	(void)state;
	assert_string_equal(page->type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
	assert_string_equal(page->body.p,
	    "# HELP whiply_calls Calls.\n"
	    "# TYPE whiply_calls counter\n"
	    "whiply_calls_total{plugin=\"chat\",command=\"chat.say\"} 12\n"
	    "whiply_calls_total{plugin=\"a\\\"b\\\\c\\nd\"} 3\n"
	    "# HELP whiply_connections Connections that are open.\n"
	    "# TYPE whiply_connections gauge\n"
	    "whiply_connections -1.5\n"
	    "# HELP whiply_call_seconds Time of a call,\\nin a \\\"row\\\" of \\\\ buckets.\n"
	    "# TYPE whiply_call_seconds histogram\n"
	    "whiply_call_seconds_bucket{plugin=\"chat\",le=\"0.001\"} 2\n"
	    "whiply_call_seconds_bucket{plugin=\"chat\",le=\"0.25\"} 2\n"
	    "whiply_call_seconds_bucket{plugin=\"chat\",le=\"1.0\"} 5 # {trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"} 0.5 1767225600.007\n"
	    "whiply_call_seconds_bucket{plugin=\"chat\",le=\"+Inf\"} 6\n"
	    "whiply_call_seconds_sum{plugin=\"chat\"} 4.125\n"
	    "whiply_call_seconds_count{plugin=\"chat\"} 6\n"
	    "# EOF\n");
	wh_test_end(&t);
}

static void
numbers_that_are_none_are_written_as_prometheus_reads_them(void **state)
{
	static const struct wh_sample odd[] = {
		{ "a", "A.", WH_GAUGE, .value = NAN }, { "b", "B.", WH_GAUGE, .value = -INFINITY },
		{ "c", "C.", WH_GAUGE, .value = 9007199254740993.0 }, { "d", "D.", WH_GAUGE, .value = 0.1 },
	};
	struct wh_test *t = wh_test_begin(&whiply_plugin, NULL);

	(void)state;
	wh_test_samples(t, odd, 4);
	assert_string_equal(scrape(t, NULL, NULL)->body.p,
	    "# HELP a A.\n# TYPE a gauge\na NaN\n# HELP b B.\n# TYPE b gauge\nb -Inf\n"
	    "# HELP c C.\n# TYPE c gauge\nc 9.00719925e+15\n# HELP d D.\n# TYPE d gauge\nd 0.1\n");
	wh_test_end(&t);
}

static void
a_token_is_asked_for_when_the_setting_says_so(void **state)
{
	struct wh_test *t = begin("scrape = \"token\";");
	struct wh_session *scraper = wh_test_session(t, "prometheus", "scraper"), *ann = wh_test_session(t, "ann", "member");

	(void)state;
	wh_test_role(t, "scraper", "metrics.read", NULL);
	assert_int_equal(scrape(t, NULL, NULL)->status, 403);
	assert_int_equal(scrape(t, ann, NULL)->status, 403);
	assert_int_equal(scrape(t, scraper, NULL)->status, 200);
	assert_int_equal(wh_test_reload(t, "scrape = \"anyone\";"), WH_OK);
	assert_int_equal(scrape(t, ann, NULL)->status, 200);
	assert_int_equal(wh_test_reload(t, "scrape = \"nobody\";"), WH_EINVAL);
	wh_test_end(&t);
}

static void
promtool_finds_nothing_to_say(void **state)
{
	struct wh_test *t = begin(NULL);
	FILE *promtool;
	int status;

	(void)state;
	if (system("command -v promtool >/dev/null") != 0) {
		wh_test_end(&t);
		print_message("skipped: promtool is not installed (Debian's prometheus)\n");
		skip();
	}
	promtool = popen("promtool check metrics 2>&1", "w");
	assert_non_null(promtool);
	fputs(scrape(t, NULL, NULL)->body.p, promtool);
	status = pclose(promtool);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	wh_test_end(&t);
}

static void
opening_without_memory_fails(void **state)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);

	(void)state;
	wh_test_no_memory(t, 1);
	assert_int_equal(wh_test_open(t, NULL), WH_ENOMEM);
	wh_test_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_format_is_exact),
		cmocka_unit_test(openmetrics_has_exemplars_family_names_and_an_end),
		cmocka_unit_test(numbers_that_are_none_are_written_as_prometheus_reads_them),
		cmocka_unit_test(a_token_is_asked_for_when_the_setting_says_so),
		cmocka_unit_test(promtool_finds_nothing_to_say),
		cmocka_unit_test(opening_without_memory_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
