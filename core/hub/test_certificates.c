/* What the keeper tells of certificates, in the metrics and in the status. */
#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/certificates.h"
#include "hub/metric.h"
#include "hub/testing_hub.h"

#define ONE(serial, why) \
	"{\"listener\":\"secure\",\"state\":\"good\",\"begins_at\":1000,\"expires_at\":2000000,\"names\":[\"one.example\",\"two.example\"]," \
	"\"subject\":\"one.example\",\"issuer\":\"CA\",\"serial\":\"" serial "\",\"file\":\"/one.pem\",\"why\":\"" why "\"}"

static void
told(struct test_hub *t, const char *text)
{
	keeper_message(t->hub, &(struct wh_channel_msg){ .kind = WH_CH_CERTIFICATES, .text = wh_str(text) });
}

struct page_text {
	struct wh_buf text;
};

static void
write_each(void *self, const struct wh_sample *s)
{
	struct page_text *page = self;

	if (strncmp(s->name, "whiply_tls_certificate", 22) == 0)
		wh_buf_fmt(&page->text, "%s{%.*s} %.0f\n", s->name, WH_FMT(s->labels), s->value);
}

static void
expect_metrics(struct test_hub *t, const char *text)
{
	struct page_text page = { { 0 } };
	struct metrics_page to = { write_each, &page };

	certificates_metrics(t->hub, &to);
	assert_string_equal(wh_buf_cstr(&page.text) != NULL ? page.text.p : "", text);
	wh_buf_free(&page.text);
}

static void
metrics_say_when_a_certificate_ends_and_whether_a_newer_one_is_refused(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');

	(void)state;
	expect_metrics(t, "");
	told(t, "[" ONE("A1", "") "]");
	expect_metrics(t, "whiply_tls_certificate_expires_timestamp_seconds{listener=\"secure\",file=\"/one.pem\"} 2000\n"
		"whiply_tls_certificate_refused{listener=\"secure\",file=\"/one.pem\"} 0\n"
		"whiply_tls_certificate_info{listener=\"secure\",file=\"/one.pem\",names=\"one.example two.example\",issuer=\"CA\",serial=\"A1\"} 1\n"
		"whiply_tls_certificate_renewals_total{} 0\n");
	told(t, "[" ONE("A1", "does not fit") "]");
	told(t, "[" ONE("A2", "") "]");
	expect_metrics(t, "whiply_tls_certificate_expires_timestamp_seconds{listener=\"secure\",file=\"/one.pem\"} 2000\n"
		"whiply_tls_certificate_refused{listener=\"secure\",file=\"/one.pem\"} 0\n"
		"whiply_tls_certificate_info{listener=\"secure\",file=\"/one.pem\",names=\"one.example two.example\",issuer=\"CA\",serial=\"A2\"} 1\n"
		"whiply_tls_certificate_renewals_total{} 1\n");
	test_hub_free(t);
}

static void
a_pair_that_is_named_twice_is_one_series(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct page_text page = { { 0 } };
	struct metrics_page to = { write_each, &page };
	unsigned lines = 0;

	(void)state;
	told(t, "[" ONE("A1", "") "," ONE("A1", "") "]");
	certificates_metrics(t->hub, &to);
	for (const char *at = wh_buf_cstr(&page.text); *at != '\0'; at++)
		lines += *at == '\n';
	assert_int_equal(lines, 4);
	wh_buf_free(&page.text);
	test_hub_free(t);
}

static void
nonsense_leaves_the_list_as_it_was(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');

	(void)state;
	assert_null(certificates_list(t->hub));
	told(t, "[" ONE("A1", "") "]");
	told(t, "[{]");
	assert_int_equal(certificates_list(t->hub)->n, 1);
	test_hub_free(t);
}

static void
the_status_says_what_a_certificate_is_now(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct wh_buf text = { 0 };
	struct wh_json w;

	(void)state;
	told(t, "[" ONE("A1", "does not fit") "]");
	wh_clock_fake(&t->clock, 1, 2000001);
	wh_json_begin(&w, &text);
	wh_json_object(&w, NULL);
	certificates_status(t->hub, &w, "certificates");
	wh_json_end(&w);
	assert_true(wh_json_finish(&w));
	assert_string_equal(wh_buf_cstr(&text), "{\"certificates\":[{\"listener\":\"secure\",\"names\":\"one.example two.example\",\"state\":\"expired\","
		"\"expires_at\":2000000,\"serial\":\"A1\",\"newer_refused\":\"does not fit\"}]}");
	assert_int_equal(certificates_state(&certificates_list(t->hub)->of[0], 500), WH_CERTIFICATE_EARLY);
	assert_int_equal(certificates_state(&certificates_list(t->hub)->of[0], 5000), WH_CERTIFICATE_GOOD);
	wh_buf_free(&text);
	test_hub_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_say_when_a_certificate_ends_and_whether_a_newer_one_is_refused),
		cmocka_unit_test(a_pair_that_is_named_twice_is_one_series),
		cmocka_unit_test(nonsense_leaves_the_list_as_it_was),
		cmocka_unit_test(the_status_says_what_a_certificate_is_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
