/* Tests of text64. The vectors are those of RFC 4648, section 10. */
#include "text64.h"
#include "testing.h"

static const struct {
	const char *bytes, *url, *std, *b32, *hex;
} vectors[] = {
	{ "", "", "", "", "" },
	{ "f", "Zg", "Zg==", "MY", "66" },
	{ "fo", "Zm8", "Zm8=", "MZXQ", "666f" },
	{ "foo", "Zm9v", "Zm9v", "MZXW6", "666f6f" },
	{ "foob", "Zm9vYg", "Zm9vYg==", "MZXW6YQ", "666f6f62" },
	{ "fooba", "Zm9vYmE", "Zm9vYmE=", "MZXW6YTB", "666f6f6261" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172" },
	{ "\xfb\xff\xfe", "-__-", "+//+", "7P774", "fbfffe" },
};

static void
check(enum text64_form form, const char *bytes, const char *expected)
{
	size_t n = strlen(bytes), back_n;
	char text[32];
	uint8_t back[16];

	assert_true(text64_put(form, text, sizeof text, (const uint8_t *)bytes, n));
	assert_string_equal(text, expected);
	assert_int_equal(text64_size(form, n), strlen(expected));
	assert_true(text64_get(form, back, sizeof back, &back_n, wh_str(expected)));
	assert_int_equal(back_n, n);
	assert_memory_equal(back, bytes, n);
}

static void
the_rfc_s_vectors_hold_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		check(TEXT64_URL, vectors[i].bytes, vectors[i].url);
		check(TEXT64_STD, vectors[i].bytes, vectors[i].std);
		check(TEXT64_32, vectors[i].bytes, vectors[i].b32);
		check(TEXT64_HEX, vectors[i].bytes, vectors[i].hex);
	}
	check(TEXT64_BARE, "\xfb\xff", "+/8");
}

static void
every_byte_comes_back_in_every_form(void **state)
{
	uint8_t bytes[256], back[256];
	char text[513];
	size_t n;

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	for (enum text64_form form = TEXT64_URL; form <= TEXT64_HEX; form++)
		for (size_t size = 0; size <= 256; size++) {
			assert_true(text64_put(form, text, sizeof text, bytes, size));
			assert_true(text64_get(form, back, size, &n, wh_str(text)));
			assert_int_equal(n, size);
			assert_memory_equal(back, bytes, size);
		}
}

static void
a_second_spelling_is_refused(void **state)
{
	static const struct {
		enum text64_form form;
		const char *text;
	} bad[] = {
		{ TEXT64_URL, "Zg==" }, { TEXT64_URL, "Zm8=" }, { TEXT64_URL, "Zh" }, { TEXT64_URL, "Zm9" }, { TEXT64_URL, "A" },
		{ TEXT64_URL, "Zm9vY" }, { TEXT64_URL, "+__-" }, { TEXT64_URL, "Zm9v " }, { TEXT64_URL, "Zm9v\n" }, { TEXT64_URL, "=" },
		{ TEXT64_STD, "Zg" }, { TEXT64_STD, "Zg=" }, { TEXT64_STD, "Zg===" }, { TEXT64_STD, "Zh==" }, { TEXT64_STD, "Z===" },
		{ TEXT64_STD, "====" }, { TEXT64_STD, "Zm9v====" }, { TEXT64_STD, "Zg==Zg==" }, { TEXT64_STD, "Z-==" }, { TEXT64_STD, "===" },
		{ TEXT64_BARE, "Zg==" }, { TEXT64_BARE, "Zh" }, { TEXT64_BARE, "-_8" },
		{ TEXT64_32, "my" }, { TEXT64_32, "MZ" }, { TEXT64_32, "M" }, { TEXT64_32, "MZX" }, { TEXT64_32, "MZXW6Y" },
		{ TEXT64_32, "MY======" }, { TEXT64_32, "M1" }, { TEXT64_32, "M8" },
		{ TEXT64_HEX, "6" }, { TEXT64_HEX, "6F" }, { TEXT64_HEX, "6g" }, { TEXT64_HEX, "666" }, { TEXT64_HEX, "0x66" },
	};
	uint8_t out[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (text64_get(bad[i].form, out, sizeof out, &n, wh_str(bad[i].text)))
			fail_msg("accepted \"%s\"", bad[i].text);
		assert_int_equal(n, 0);
	}
	assert_false(text64_get(TEXT64_URL, out, sizeof out, &n, (struct wh_str){ "AA\0A", 4 }));
}

static void
nothing_is_written_past_the_room(void **state)
{
	uint8_t bytes[2];
	char text[5] = "####";
	size_t n;

	(void)state;
	assert_false(text64_put(TEXT64_URL, text, 4, (const uint8_t *)"foo", 3));
	assert_int_equal(text[0], '\0');
	assert_memory_equal(text + 1, "###", 4);
	assert_true(text64_put(TEXT64_URL, text, 5, (const uint8_t *)"foo", 3));
	assert_false(text64_put(TEXT64_URL, text, 0, (const uint8_t *)"", 0));
	assert_false(text64_get(TEXT64_URL, bytes, 2, &n, WH_STR("Zm9v")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_s_vectors_hold_both_ways),
		cmocka_unit_test(every_byte_comes_back_in_every_form),
		cmocka_unit_test(a_second_spelling_is_refused),
		cmocka_unit_test(nothing_is_written_past_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
