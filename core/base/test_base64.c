/* Tests of base64, base64url and hex. The vectors are those of RFC 4648, section 10. */
#include "base/base64.h"
#include "base/testing.h"

static const struct {
	const char *bytes, *base64, *url, *hex;
} vectors[] = {
	{ "", "", "", "" },
	{ "f", "Zg==", "Zg", "66" },
	{ "fo", "Zm8=", "Zm8", "666f" },
	{ "foo", "Zm9v", "Zm9v", "666f6f" },
	{ "foob", "Zm9vYg==", "Zm9vYg", "666f6f62" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172" },
	{ "\xfb\xff\xfe", "+//+", "-__-", "fbfffe" },
};

static void
expect(struct wh_buf *b, const char *text)
{
	assert_false(b->failed);
	assert_string_equal(wh_buf_cstr(b), text);
	wh_buf_reset(b);
}

static void
the_rfc_s_vectors_hold_both_ways(void **state)
{
	struct wh_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		wh_base64_put(&b, wh_str(vectors[i].bytes));
		expect(&b, vectors[i].base64);
		wh_base64url_put(&b, wh_str(vectors[i].bytes));
		expect(&b, vectors[i].url);
		wh_hex_put(&b, wh_str(vectors[i].bytes));
		expect(&b, vectors[i].hex);
		assert_true(wh_base64_get(&b, wh_str(vectors[i].base64)));
		expect(&b, vectors[i].bytes);
		assert_true(wh_base64url_get(&b, wh_str(vectors[i].url)));
		expect(&b, vectors[i].bytes);
		assert_true(wh_hex_get(&b, wh_str(vectors[i].hex)));
		expect(&b, vectors[i].bytes);
	}
	wh_buf_free(&b);
}

static void
all_bytes_come_back(void **state)
{
	struct wh_buf text = { 0 }, back = { 0 };
	char bytes[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	wh_base64url_put(&text, (struct wh_str){ bytes, 256 });
	assert_true(wh_base64url_get(&back, wh_buf_slice(&text)));
	wh_buf_reset(&text);
	wh_hex_put(&text, (struct wh_str){ bytes, 256 });
	assert_true(wh_hex_get(&back, wh_buf_slice(&text)));
	assert_int_equal(back.n, 512);
	assert_memory_equal(back.p, bytes, 256);
	assert_memory_equal(back.p + 256, bytes, 256);
	wh_buf_free(&text);
	wh_buf_free(&back);
}

static void
malformed_base64_is_refused_and_leaves_nothing(void **state)
{
	static const char *bad[] = {
		"A", "AB", "ABC",	/* padding is missing */
		"=", "====", "A===", "AB=C", "Zg=a",
		"Zh==",		/* stray bits: the same byte as Zg== */
		"Zm9=", "Zg==Zg==", "Zm8=\n", " Zm8=", "Zm 8",
		"-__-", "Zm8\xc3",
	};
	struct wh_buf b = { 0 };

	(void)state;
	wh_buf_text(&b, "kept");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (wh_base64_get(&b, wh_str(bad[i])))
			fail_msg("accepted %s", bad[i]);
	assert_false(wh_base64_get(&b, WH_STR("Zm\0v")));
	expect(&b, "kept");
	wh_buf_free(&b);
}

static void
malformed_base64url_is_refused(void **state)
{
	static const char *bad[] = { "A", "ABCDE", "Zg==", "Zm8=", "Zh", "Zm9", "+//+", "Zm 8", "Zm8\n" };
	struct wh_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (wh_base64url_get(&b, wh_str(bad[i])))
			fail_msg("accepted %s", bad[i]);
	assert_int_equal(b.n, 0);
	wh_buf_free(&b);
}

static void
hex_takes_both_cases_and_refuses_the_rest(void **state)
{
	static const char *bad[] = { "a", "abc", "0g", "g0", "0x", " 0", "0:", "@0", "`0", "G0" };
	struct wh_buf b = { 0 };

	(void)state;
	assert_true(wh_hex_get(&b, WH_STR("6a4B")));
	expect(&b, "jK");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (wh_hex_get(&b, wh_str(bad[i])))
			fail_msg("accepted %s", bad[i]);
	assert_int_equal(b.n, 0);
	wh_buf_free(&b);
}

static void
a_full_buffer_takes_nothing(void **state)
{
	struct wh_buf b = { .max = 2 };

	(void)state;
	wh_base64_put(&b, WH_STR("f"));
	assert_true(b.failed);
	wh_buf_reset(&b);
	assert_false(wh_base64_get(&b, WH_STR("Zm9v")));
	wh_buf_reset(&b);
	wh_hex_put(&b, WH_STR("fo"));
	assert_true(b.failed);
	wh_buf_reset(&b);
	assert_false(wh_hex_get(&b, WH_STR("666f6f")));
	assert_int_equal(b.n, 0);
	wh_buf_reset(&b);
	wh_base64_put(&b, (struct wh_str){ "", SIZE_MAX });
	assert_true(b.failed);
	wh_buf_reset(&b);
	wh_hex_put(&b, (struct wh_str){ "", SIZE_MAX });
	assert_true(b.failed);
	wh_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_s_vectors_hold_both_ways),
		cmocka_unit_test(all_bytes_come_back),
		cmocka_unit_test(malformed_base64_is_refused_and_leaves_nothing),
		cmocka_unit_test(malformed_base64url_is_refused),
		cmocka_unit_test(hex_takes_both_cases_and_refuses_the_rest),
		cmocka_unit_test(a_full_buffer_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
