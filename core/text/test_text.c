/* What texts become: skeletons, words, likeness, links, patterns. */
#include <stdio.h>

#include "base/testing.h"
#include "text/fold.h"
#include "text/language.h"
#include "text/links.h"
#include "text/regex.h"
#include "text/sketch.h"

static struct fold *fold;
static struct links_suffixes *suffixes;

static const char *
skeleton(const char *text)
{
	static struct wh_buf b;

	wh_buf_reset(&b);
	fold_skeleton(fold, wh_str(text), &b);
	return wh_buf_cstr(&b);
}

static void
what_looks_alike_has_one_skeleton(void **state)
{
	static const char *const same[][2] = {
		{ "Hello, World!", "hello world" }, { "HELLO", "hello" }, { "раураl", "paypal" }, { "𝓹𝓪𝔂𝓹𝓪𝓵", "paypal" }, { "ＰａｙＰａｌ", "paypal" },
		{ "p\u0430yp\u0430l", "paypal" }, { "pa\u200byp\u00adal", "paypal" }, { "páýpäl", "paypal" }, { "p4yp4l", "paypal" }, { "pa$$word", "password" },
		{ "fr33 sk1n$", "free skins" }, { "b1g", "big" }, { "ⓟⓐⓨⓟⓐⓛ", "paypal" }, { "Straße", "strasse" }, { "p.a.y", "p a y" },
		{ "wow!!!", "wow" }, { "l33t!", "leet" }, { "@dmin", "admin" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		char left[200];

		snprintf(left, sizeof left, "%s", skeleton(same[i][0]));
		if (strcmp(left, skeleton(same[i][1])) != 0)
			fail_msg("'%s' is '%s', '%s' is '%s'", same[i][0], left, same[i][1], skeleton(same[i][1]));
	}
}

static void
numbers_alone_stay_numbers(void **state)
{
	(void)state;
	assert_string_equal(skeleton("at 10:45 on 2026-01-31"), " at 10 45 on 2026 01 31 ");
	assert_string_equal(skeleton("$ 100 @ 5"), " 100 5 ");
	assert_string_equal(skeleton(""), " ");
	assert_string_equal(skeleton("\xff\xfe a"), " a ");
}

static const char *
joined(const char *text)
{
	static struct wh_buf b;

	wh_buf_reset(&b);
	return fold_joined(wh_str(skeleton(text)), &b) ? wh_buf_cstr(&b) : NULL;
}

static const char *
squeezed(const char *text)
{
	static struct wh_buf b;

	wh_buf_reset(&b);
	return fold_squeezed(wh_str(skeleton(text)), false, &b) ? wh_buf_cstr(&b) : NULL;
}

static void
letters_that_are_spaced_or_repeated_are_joined(void **state)
{
	(void)state;
	assert_string_equal(joined("so f.o.o.l it"), " so fool lt ");
	assert_string_equal(joined("中 文 字"), " 中文字 ");
	assert_null(joined("a nice book, i say"));
	assert_null(joined(""));
	assert_string_equal(squeezed("so baaaad a day"), " bad ");
	assert_string_equal(squeezed("中中中"), " 中 ");
	assert_null(squeezed("a good book"));
	assert_null(squeezed(""));
}

static void
stats_tell_what_a_text_looks_like(void **state)
{
	struct fold_stats s;

	(void)state;
	fold_stats(fold, WH_STR("Ab 12 e\u0301\u0302 \u200b\u200b \U0001F600\nxxx"), &s);
	assert_int_equal(s.letters, 6);
	assert_int_equal(s.upper, 1);
	assert_int_equal(s.digits, 2);
	assert_int_equal(s.marks, 2);
	assert_int_equal(s.marks_run, 2);
	assert_int_equal(s.invisible, 2);
	assert_int_equal(s.emoji, 1);
	assert_int_equal(s.words, 4);
	assert_int_equal(s.lines, 2);
	assert_int_equal(s.run, 3);
	assert_string_equal(fold_script(WH_STR("привет, world и всё")), "Cyrillic");
	assert_string_equal(fold_script(WH_STR("123 !")), "Common");
}

static void
normalize_is_nfkc_with_folded_case(void **state)
{
	struct wh_buf b = { 0 };

	(void)state;
	assert_true(fold_normalize(WH_STR("ＦＵＬＬ e\u0301 Ⅳ ﬁ"), &b));
	assert_true(wh_str_is(wh_buf_slice(&b), "full \u00e9 iv fi"));
	assert_false(fold_normalize(WH_STR("\xff"), &b));
	wh_buf_free(&b);
}

/* As many rare characters as there are: the memory has a bound. */
static void
a_flood_of_rare_characters_takes_bounded_memory(void **state)
{
	(void)state;
	for (uint32_t point = 0; point < 0x110000; point += 97)
		(void)fold_point(fold, point);
	assert_int_equal(fold_point(fold, 'A')->class, FOLD_LETTER);
	assert_int_equal(fold_point(fold, 0x10FFFD)->class, FOLD_OTHER);
}

static unsigned
likeness(const char *a, const char *b)
{
	struct sketch x, y;

	sketch_make(wh_str(skeleton(a)), &x);
	sketch_make(wh_str(skeleton(b)), &y);
	return sketch_likeness(&x, &y);
}

static void
likeness_survives_swapped_words_and_other_letters(void **state)
{
	static const char text[] = "join the biggest giveaway of the year, everybody gets a free skin today";

	(void)state;
	assert_int_equal(likeness(text, text), 1000);
	assert_true(likeness(text, "everybody gets a free skin today, join the biggest giveaway of the year") > 700);
	assert_true(likeness(text, "J0IN the b1ggest giveaway of the year!! everyb0dy gets a fr33 skin t0day") > 900);
	assert_true(likeness(text, "has anybody looked at the new release on a machine with little memory?") < 300);
	assert_int_equal(likeness("ok", "ok"), 0);
}

static struct links found;
static struct wh_buf link_memory;

static size_t
find_links(const char *text)
{
	links_find(suffixes, wh_str(text), &link_memory, &found);
	return found.n;
}

static void
links_are_found_however_they_are_written(void **state)
{
	static const struct {
		const char *text, *host, *domain;
	} rows[] = {
		{ "see https://www.Example.co.uk/x?y.", "www.example.co.uk", "example.co.uk" }, { "http://u:p@evil.example:8080/", "evil.example", "evil.example" },
		{ "(www.example.com)", "www.example.com", "example.com" }, { "skins.com/free", "skins.com", "skins.com" },
		{ "example.net", "example.net", "example.net" }, { "hxxps://bad[.]example[.]org/a", "bad.example.org", "example.org" },
		{ "bad(dot)com", "bad.com", "bad.com" }, { "ｂａｄ．ｃｏｍ", "bad.com", "bad.com" }, { "t.me/joinme", "t.me", "t.me" },
		{ "https://203.0.113.9/x", "203.0.113.9", "203.0.113.9" }, { "ba\u200bd.com", "bad.com", "bad.com" }, { "x:https://a.example.org", "a.example.org", "example.org" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (find_links(rows[i].text) != 1)
			fail_msg("'%s' has %zu links", rows[i].text, found.n);
		if (!wh_str_is(found.of[0].host, rows[i].host) || !wh_str_is(found.of[0].domain, rows[i].domain))
			fail_msg("'%s': host '%.*s', domain '%.*s'", rows[i].text, WH_FMT(found.of[0].host), WH_FMT(found.of[0].domain));
	}
	assert_int_equal(find_links("https://bit.ly/x"), 1);
	assert_true(found.of[0].shortener && !found.of[0].bare && wh_str_is(found.of[0].path, "/x"));
	assert_int_equal(find_links("bit.ly/x"), 1);
	assert_true(found.of[0].bare && wh_str_is(found.of[0].url, "https://bit.ly/x"));
}

static void
what_only_has_dots_is_no_link(void **state)
{
	static const char *const texts[] = { "main.rs and foo.py", "well...ok", "e.g. this", "version 1.2.3", "10.0.0.1 is the router", "a.b.c", "mail eve@example.com",
		"and so on.Then", "", ".", "https://", "http://localhost/", "foo.bar()", "..com", "-.com." };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (find_links(texts[i]) != 0)
			fail_msg("'%s': %.*s", texts[i], WH_FMT(found.of[0].host));
}

static void
links_have_a_bound(void **state)
{
	struct wh_buf b = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		wh_buf_fmt(&b, "https://a%d.example.com ", i);
	assert_int_equal(find_links(wh_buf_cstr(&b)), LINKS_MAX);
	wh_buf_free(&b);
}

static void
a_literal_is_in_whatever_the_pattern_matches(void **state)
{
	static const char *const rows[][2] = { { "free\\s+money", "money" }, { "colou?rs are", "rs are" }, { "(abc)?defg", "defg" }, { "[abc]defg", "defg" },
		{ "abc|defg", "" }, { "abcd*", "abc" }, { "ab+cdef", "cdef" }, { "\\x41bcdefg", "" }, { "\\d{3}wxyz", "wxyz" }, { "(?i)abcd", "" },
		{ "^https://discord\\.gg/", "https://discord" }, { "[[:alpha:]xyz]abc", "abc" }, { "a{2}bcd", "bcd" }, { "\\Qabc\\E", "" }, { "[]abc]xyz", "xyz" },
		{ "[^]abc]wxyz", "wxyz" }, { "(?<name>abc)def", "def" }, { "\\k<name>def", "def" }, { "(?!abc)defg", "defg" }, { "HELLO", "hello" }, { "ab", "" },
		{ "abcd{0}e", "abc" }, { "abcd??e", "abc" } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wh_buf b = { 0 };

		regex_literal(wh_str(rows[i][0]), &b);
		if (!wh_str_is(wh_buf_slice(&b), rows[i][1]))
			fail_msg("'%s' has '%.*s'", rows[i][0], WH_FMT(wh_buf_slice(&b)));
		wh_buf_free(&b);
	}
}

static void
patterns_match_without_case_and_hostile_ones_end(void **state)
{
	struct wh_buf why = { 0 }, text = { 0 };
	struct regex_at at;
	struct regex *r;

	(void)state;
	assert_int_equal(regex_compile(WH_STR("(grüße)\\s+(\\w+)"), &r, NULL), WH_OK);
	assert_int_equal(regex_match(r, WH_STR("so GRÜSSE an"), &at), REGEX_NONE);
	assert_int_equal(regex_match(r, WH_STR("so GRÜßE an"), &at), REGEX_FOUND);
	assert_int_equal(at.n, 3);
	assert_int_equal(at.from[0], 3);
	assert_int_equal(regex_match(r, WH_STR("\xff\xff"), &at), REGEX_NONE);
	regex_free(&r);
	assert_int_equal(regex_compile(WH_STR("(a+)+$"), &r, NULL), WH_OK);
	for (int i = 0; i < 60; i++)
		wh_buf_byte(&text, 'a');
	wh_buf_byte(&text, '!');
	assert_int_equal(regex_match(r, wh_buf_slice(&text), NULL), REGEX_OVER);
	regex_free(&r);
	assert_int_equal(regex_compile(WH_STR("(abc"), &r, &why), WH_ESYNTAX);
	assert_non_null(strstr(wh_buf_cstr(&why), "parenthesis"));
	assert_int_equal(regex_compile(WH_STR("\\C"), &r, &why), WH_ESYNTAX);
	wh_buf_reset(&text);
	for (int i = 0; i < REGEX_BYTES + 1; i++)
		wh_buf_byte(&text, 'a');
	assert_int_equal(regex_compile(wh_buf_slice(&text), &r, &why), WH_ESYNTAX);
	wh_buf_free(&why);
	wh_buf_free(&text);
}

static void
the_language_of_a_sentence_is_told_and_of_less_it_is_not(void **state)
{
	static const char *const texts[][2] = {
		{ "what are you doing here, and why is it not working?", "en" }, { "Ich weiß nicht, wie das hier gehen soll", "de" },
		{ "je ne sais pas ce que vous faites avec les autres", "fr" }, { "no sé qué es lo que están haciendo en la casa", "es" },
		{ "eu não sei o que você está fazendo com isso", "pt" }, { "non so che cosa fai, ma questo è molto bello", "it" },
		{ "ik weet niet wat jij hier met die dingen doet", "nl" }, { "jag vet inte vad du gör här men det är bra", "sv" },
		{ "jeg ved ikke hvad du laver, men det er meget godt af dig", "da" }, { "nie wiem co ty tutaj robisz, ale jest już późno", "pl" },
		{ "nevím co tady děláš, ale už je to jen tak", "cs" }, { "nem tudom hogy mit csinálsz itt, de ez már nagyon jó", "hu" },
		{ "minä en tiedä mitä sinä teet, mutta se on hyvin hauska", "fi" }, { "ne yaptığını bilmiyorum ama bu çok güzel bir şey", "tr" },
		{ "nu știu ce faci tu, dar este foarte frumos și mai mult", "ro" }, { "saya tidak tahu apa yang kamu lakukan di sini", "id" },
		{ "я не знаю, что ты здесь делаешь, но это очень хорошо", "ru" }, { "я не знаю, що ти тут робиш, але це дуже добре", "uk" },
		{ "аз не знам какво правиш ти, но това е много добре", "bg" }, { "δεν ξέρω τι κάνεις", "el" }, { "私は知りません", "ja" }, { "我不知道", "zh" },
		{ "나는 모른다", "ko" }, { "אני לא יודע", "he" }, { "لا أعرف ماذا تفعل", "ar" }, { "نمی‌دانم چه می‌گویی", "fa" },
	};
	static const char *const unsure[] = { "", "hi", "lol", "https://example.org/a", "12345 !!!", "ann bob eve", "ok ok ok", "no", "for (int i = 0; i < 10; i++) { printf(\"%d\\n\", i); }", "error: expected ';' before '}' token" };
	struct wh_buf folded = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *got;

		wh_buf_reset(&folded);
		fold_text(fold, wh_str(texts[i][0]), &folded);
		got = language_of(wh_str(texts[i][0]), wh_buf_slice(&folded));
		if (got == NULL || strcmp(got, texts[i][1]) != 0)
			fail_msg("'%s' is '%s'", texts[i][0], got != NULL ? got : "nothing");
	}
	for (size_t i = 0; i < sizeof unsure / sizeof *unsure; i++) {
		wh_buf_reset(&folded);
		fold_text(fold, wh_str(unsure[i]), &folded);
		assert_null(language_of(wh_str(unsure[i]), wh_buf_slice(&folded)));
	}
	wh_buf_free(&folded);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_looks_alike_has_one_skeleton),
		cmocka_unit_test(numbers_alone_stay_numbers),
		cmocka_unit_test(letters_that_are_spaced_or_repeated_are_joined),
		cmocka_unit_test(stats_tell_what_a_text_looks_like),
		cmocka_unit_test(normalize_is_nfkc_with_folded_case),
		cmocka_unit_test(a_flood_of_rare_characters_takes_bounded_memory),
		cmocka_unit_test(likeness_survives_swapped_words_and_other_letters),
		cmocka_unit_test(links_are_found_however_they_are_written),
		cmocka_unit_test(what_only_has_dots_is_no_link),
		cmocka_unit_test(links_have_a_bound),
		cmocka_unit_test(a_literal_is_in_whatever_the_pattern_matches),
		cmocka_unit_test(patterns_match_without_case_and_hostile_ones_end),
		cmocka_unit_test(the_language_of_a_sentence_is_told_and_of_less_it_is_not),
	};
	int failed;

	fold = fold_open();
	suffixes = links_open();
	if (fold == NULL || suffixes == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fold_close(&fold);
	links_close(&suffixes);
	wh_buf_free(&link_memory);
	return failed;
}
