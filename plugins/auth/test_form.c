/* Forms, URLs and texts: what is read strictly, and what is written escaped. */
#include "form.h"

#include <stdio.h>

#include "testing.h"
#include "text.h"

static void
a_form_is_read_and_decoded(void **state)
{
	static struct form form;

	(void)state;
	assert_true(form_read(&form, WH_STR("grant_type=refresh_token&scope=a+b%20c&empty=&bare")));
	assert_int_equal(form.n, 4);
	assert_true(wh_str_is(form_get(&form, "grant_type"), "refresh_token"));
	assert_true(wh_str_is(form_get(&form, "scope"), "a b c"));
	assert_int_equal(form_get(&form, "empty").n, 0);
	assert_null(form_get(&form, "absent").p);
	assert_true(form_read(&form, WH_STR("")));
	assert_true(form_read(&form, WH_STR("a=%41")));
	assert_true(wh_str_is(form_get(&form, "a"), "A"));
}

static void
a_form_that_can_be_read_in_two_ways_is_refused(void **state)
{
	static const char *const bad[] = { "a=1&a=2", "a=1&%61=2", "a=%", "a=%4", "a=%zz", "a=%00", "a=%0d%0ab", "&a=1", "a=1&", "a=1&&b=2", "=1", "a=\n" };
	static struct form form;
	char many[512] = "";

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (form_read(&form, wh_str(bad[i])))
			fail_msg("%s was taken", bad[i]);
	for (int i = 0; i < 33; i++)
		snprintf(many + strlen(many), sizeof many - strlen(many), "%sf%d=1", i != 0 ? "&" : "", i);
	assert_false(form_read(&form, wh_str(many)));
	assert_int_equal(form.n, 0);
}

static void
a_form_that_is_too_long_is_refused(void **state)
{
	static char text[FORM_TEXT + 16];
	static struct form form;

	(void)state;
	memset(text, 'a', sizeof text);
	text[1] = '=';
	assert_false(form_read(&form, (struct wh_str){ text, sizeof text }));
	assert_true(form_read(&form, (struct wh_str){ text, FORM_TEXT - 4 }));
}

static void
a_list_is_its_names(void **state)
{
	(void)state;
	assert_true(form_list_has(WH_STR("openid profile"), WH_STR("profile")));
	assert_false(form_list_has(WH_STR("openid profile"), WH_STR("prof")));
	assert_false(form_list_has(WH_STR(""), WH_STR("a")));
}

static void
an_url_has_one_reading(void **state)
{
	static const char *const bad[] = {
		"ftp://a.example/", "https:/a.example", "https://", "https://u@a.example/", "https://u:p@a.example/", "https://a.example/#f", "HTTPS://a.example/",
		"https://A.example/", "https://a.example\\@b.example/", "https://a.example:0/", "https://a.example:99999/", "https://a.example:/", "https://a b/",
		"https://a.example/\"x", "https://.a/", "//a.example/", "javascript:alert(1)", "https://[::1/", "https://a_b.example/",
	};
	struct url url;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (url_read(wh_str(bad[i]), &url))
			fail_msg("%s was taken", bad[i]);
	assert_true(url_read(WH_STR("https://a.example:8443/x?y=z"), &url));
	assert_true(url.https && !url.loopback);
	assert_true(wh_str_is(url.host, "a.example"));
	assert_true(wh_str_is(url.origin, "https://a.example:8443"));
	assert_true(wh_str_is(url.path, "/x?y=z"));
	assert_true(url_read(WH_STR("http://[::1]:80"), &url));
	assert_true(url.loopback && !url.https);
}

static void
only_safe_redirect_uris_can_be_registered(void **state)
{
	static const char *const good[] = { "https://wiki.example/callback", "http://127.0.0.1:8123/cb", "http://localhost/cb", "com.example.app:/done",
		"https://wiki.example/cb?x=1" };
	static const char *const bad[] = { "http://wiki.example/cb", "https://wiki.example/cb#x", "https://*.example/cb", "https://wiki.example/a/../b",
		"https://wiki.example/./b", "javascript:/x", "data:/x", "app:/x", "https://user@wiki.example/", "/relative", "", "https://wiki.example/\\evil" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!url_redirect_good(wh_str(good[i])))
			fail_msg("%s was refused", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (url_redirect_good(wh_str(bad[i])))
			fail_msg("%s was taken", bad[i]);
	assert_true(wh_str_is(url_redirect_origin(WH_STR("https://wiki.example:444/callback?x")), "https://wiki.example:444"));
	assert_true(wh_str_is(url_redirect_origin(WH_STR("com.example.app:/done")), "com.example.app:"));
}

static void
a_place_within_the_site_leads_nowhere_else(void **state)
{
	static const char *const bad[] = { "", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "/%2f/evil.example", "/%5Cevil",
		"/a\r\nb", "/\tevil", "evil", "/..//evil.example", "/./x", "javascript:alert(1)", "/x#y" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (url_local(wh_str(bad[i])))
			fail_msg("%s was taken", bad[i]);
	assert_true(url_local(WH_STR("/")));
	assert_true(url_local(WH_STR("/rooms/lobby?tab=2")));
}

static void
texts_are_escaped_for_where_they_go(void **state)
{
	char buffer[256];
	struct text t = text_to(buffer, sizeof buffer);

	(void)state;
	text_url(&t, WH_STR("a b/\xc3\xa9&="));
	assert_string_equal(text_slice(&t).p, "a%20b%2F%C3%A9%26%3D");
	t = text_to(buffer, sizeof buffer);
	text_html(&t, WH_STR("<script>\"'&"));
	assert_string_equal(text_slice(&t).p, "&lt;script&gt;&quot;&#39;&amp;");
	t = text_to(buffer, sizeof buffer);
	text_lit(&t, "{");
	text_member(&t, "a", WH_STR("\"\\\n\xff\xed\xa0\x80z"));
	text_member_int(&t, "b", -5);
	text_lit(&t, "}");
	assert_string_equal(text_slice(&t).p,
	    "{\"a\":\"\\u0022\\u005c\\u000a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\",\"b\":-5}");
	t = text_to(buffer, sizeof buffer);
	text_lit(&t, "https://a/");
	text_query(&t, "x", WH_STR("1"));
	text_query(&t, "y", WH_STR("&"));
	assert_string_equal(text_slice(&t).p, "https://a/?x=1&y=%26");
}

static void
a_text_without_room_is_no_text(void **state)
{
	char buffer[8];
	struct text t = text_to(buffer, sizeof buffer);

	(void)state;
	text_lit(&t, "1234567");
	assert_int_equal(text_slice(&t).n, 7);
	text_lit(&t, "8");
	assert_int_equal(text_slice(&t).n, 0);
	assert_true(t.failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_is_read_and_decoded),
		cmocka_unit_test(a_form_that_can_be_read_in_two_ways_is_refused),
		cmocka_unit_test(a_form_that_is_too_long_is_refused),
		cmocka_unit_test(a_list_is_its_names),
		cmocka_unit_test(an_url_has_one_reading),
		cmocka_unit_test(only_safe_redirect_uris_can_be_registered),
		cmocka_unit_test(a_place_within_the_site_leads_nowhere_else),
		cmocka_unit_test(texts_are_escaped_for_where_they_go),
		cmocka_unit_test(a_text_without_room_is_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
