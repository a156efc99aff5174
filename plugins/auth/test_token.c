/* Tests of tokens: their form is fixed for ever, since it stands in people's configuration. */
#include "token.h"
#include "testing.h"
#include "text64.h"

/* The checksum was computed by another implementation (Python's zlib.crc32). */
static const char known[] = "whs_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh83YjgSf";

static void
make(enum token_kind kind, char out[TOKEN_ROOM])
{
	uint8_t random[TOKEN_RANDOM];

	for (size_t i = 0; i < sizeof random; i++)
		random[i] = (uint8_t)i;
	token_make(kind, random, out);
}

static void
a_token_has_the_form_that_was_promised(void **state)
{
	char token[TOKEN_ROOM];

	(void)state;
	make(TOKEN_SESSION, token);
	assert_string_equal(token, known);
	assert_int_equal(strlen(token), TOKEN_SIZE);
}

static void
each_kind_is_told_by_its_prefix(void **state)
{
	static const char *const prefixes[] = { "whs_", "whr_", "whb_", "whi_", "whl_", "wha_", "whd_", "whv_", "whp_", "who_", "whq_",
		"whc_" };
	char token[TOKEN_ROOM];
	enum token_kind found;

	(void)state;
	for (enum token_kind kind = 0; kind < TOKEN_KINDS; kind++) {
		make(kind, token);
		assert_memory_equal(token, prefixes[kind], 4);
		assert_true(token_parse(wh_str(token), &found));
		assert_int_equal(found, kind);
		for (enum token_kind other = 0; other < TOKEN_KINDS; other++)
			assert_int_equal(token_is(wh_str(token), other), other == kind);
	}
}

static void
one_wrong_character_anywhere_is_noticed(void **state)
{
	char token[TOKEN_ROOM];
	enum token_kind kind;

	(void)state;
	make(TOKEN_BOT, token);
	for (size_t i = 0; i < TOKEN_SIZE; i++)
		for (int bit = 0; bit < 8; bit++) {
			token[i] = (char)(token[i] ^ 1 << bit);
			assert_false(token_parse(wh_str(token), &kind));
			token[i] = (char)(token[i] ^ 1 << bit);
		}
	assert_true(token_parse(wh_str(token), &kind));
}

static void
a_token_cut_or_longer_is_refused(void **state)
{
	char token[TOKEN_ROOM + 1];
	enum token_kind kind;

	(void)state;
	make(TOKEN_LINK, token);
	for (size_t n = 0; n < TOKEN_SIZE; n++) {
		uint8_t *cut = exact(token, n);

		assert_false(token_parse((struct wh_str){ (const char *)cut, n }, &kind));
		free(cut);
	}
	strcat(token, "A");
	assert_false(token_parse(wh_str(token), &kind));
	assert_false(token_parse((struct wh_str){ NULL, 0 }, &kind));
}

static void
what_is_stored_is_sha_256_of_the_text(void **state)
{
	uint8_t hash[TOKEN_HASH];
	char hex[TOKEN_HASH * 2 + 1];

	(void)state;
	assert_true(token_hash(WH_STR("abc"), hash));
	assert_true(text64_put(TEXT64_HEX, hex, sizeof hex, hash, sizeof hash));
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_has_the_form_that_was_promised),
		cmocka_unit_test(each_kind_is_told_by_its_prefix),
		cmocka_unit_test(one_wrong_character_anywhere_is_noticed),
		cmocka_unit_test(a_token_cut_or_longer_is_refused),
		cmocka_unit_test(what_is_stored_is_sha_256_of_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
