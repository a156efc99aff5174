/* Tests of what is told of certificates. */
#include "ring/certificate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"

static struct wh_certificates *
some(unsigned n)
{
	struct wh_certificates *all = calloc(1, sizeof *all);

	assert_non_null(all);
	all->n = n;
	for (unsigned i = 0; i < n; i++) {
		struct wh_certificate *c = &all->of[i];

		snprintf(c->listener, sizeof c->listener, "secure%u", i);
		snprintf(c->file, sizeof c->file, "/etc/\"quoted\"/%u.pem", i);
		snprintf(c->subject, sizeof c->subject, "one.example");
		snprintf(c->names, sizeof c->names, "one.example *.one.example");
		snprintf(c->issuer, sizeof c->issuer, "An Authority");
		snprintf(c->serial, sizeof c->serial, "0%uAB", i);
		memset(c->fingerprint, 'a' + (int)(i % 6), i % 3 != 0 ? WH_CERTIFICATE_FINGERPRINT : 0);
		snprintf(c->why, sizeof c->why, "%s", i % 2 ? "does not fit" : "");
		c->begins_ms = 1767225600000;
		c->expires_ms = 1775001600000 + i;
		c->state = (enum wh_certificate_state)(i % 4);
	}
	return all;
}

static void
what_is_written_is_read_back(void **state)
{
	struct wh_certificates *all = some(5), *back = calloc(1, sizeof *back);
	struct wh_buf text = { 0 };

	(void)state;
	wh_certificates_put(all, &text, 1 << 20);
	assert_int_equal(wh_certificates_get(wh_buf_slice(&text), back), WH_OK);
	assert_int_equal(back->n, 5);
	assert_memory_equal(back->of, all->of, 5 * sizeof *all->of);
	wh_buf_free(&text);
	free(all);
	free(back);
}

static void
as_many_are_written_as_have_room(void **state)
{
	struct wh_certificates *all = some(WH_CERTIFICATES_MAX), *back = calloc(1, sizeof *back);
	struct wh_buf text = { 0 };

	(void)state;
	wh_certificates_put(all, &text, 2000);
	assert_in_range(text.n, 1000, 2000);
	assert_int_equal(wh_certificates_get(wh_buf_slice(&text), back), WH_OK);
	assert_in_range(back->n, 3, 12);
	assert_string_equal(back->of[2].listener, "secure2");
	wh_buf_free(&text);
	free(all);
	free(back);
}

static void
nonsense_is_refused_whole(void **state)
{
	static const char *const bad[] = {
		"", "{}", "[1]", "[{}]", "[{\"listener\":\"a\"}]",
		"[{\"listener\":\"a\",\"state\":\"fine\",\"begins_at\":1,\"expires_at\":2,\"names\":[],\"subject\":\"\",\"issuer\":\"\",\"serial\":\"\",\"file\":\"\",\"why\":\"\"}]",
		"[{\"listener\":\"a name that is longer than a listener's\",\"state\":\"good\",\"begins_at\":1,\"expires_at\":2,\"names\":[],\"subject\":\"\",\"issuer\":\"\",\"serial\":\"\",\"file\":\"\",\"why\":\"\"}]",
	};
	struct wh_certificates *all = some(1);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		all->n = 1;
		assert_int_not_equal(wh_certificates_get(wh_str(bad[i]), all), WH_OK);
		assert_int_equal(all->n, 0);
	}
	free(all);
}

static void
a_text_is_cut_where_a_character_ends(void **state)
{
	char long_one[WH_CERTIFICATE_TEXT * 2 + 1], cut[WH_CERTIFICATE_TEXT];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof long_one; i += 2)
		memcpy(long_one + i, "é", 2);
	long_one[sizeof long_one - 1] = '\0';
	wh_certificate_text(cut, wh_str(long_one));
	assert_int_equal(strlen(cut), WH_CERTIFICATE_TEXT - 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(as_many_are_written_as_have_room),
		cmocka_unit_test(nonsense_is_refused_whole),
		cmocka_unit_test(a_text_is_cut_where_a_character_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
