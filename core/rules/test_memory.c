/* Lists, windows and notes: what is found, what is forgotten, what is undone. */
#include <stdio.h>

#include "base/testing.h"
#include "text/ac.h"
#include "rules/kv.h"
#include "text/list.h"
#include "text/window.h"

static void
every_string_is_found_where_it_ends(void **state)
{
	const struct wh_str strings[] = { WH_STR("he"), WH_STR("she"), WH_STR("his"), WH_STR("hers"), WH_STR("he") };
	struct ac *ac;
	struct ac_at it = { 0 };

	(void)state;
	assert_int_equal(ac_build(strings, 5, &ac), WH_OK);
	assert_int_equal(ac_next(ac, WH_STR("ushers"), &it), 1);
	assert_int_equal(it.at, 4);
	assert_int_equal(ac_next(ac, WH_STR("ushers"), &it), 0);
	assert_int_equal(ac_next(ac, WH_STR("ushers"), &it), 3);
	assert_int_equal(it.at, 6);
	assert_int_equal(ac_next(ac, WH_STR("ushers"), &it), -1);
	it = (struct ac_at){ 0 };
	assert_int_equal(ac_next(ac, WH_STR("nothing of it"), &it), -1);
	ac_free(&ac);
}

/* Against looking at each place for each string. */
static void
random_strings_are_found_as_a_plain_search_finds_them(void **state)
{
	uint32_t seed = 5;

	(void)state;
	for (int round = 0; round < 300; round++) {
		char texts[8][8], text[64];
		struct wh_str strings[8], in = { text, 60 };
		struct ac_at it = { 0 };
		unsigned wanted = 0, got = 0;
		struct ac *ac;

		for (int i = 0; i < 8; i++) {
			size_t n = 1 + (seed = seed * 1664525 + 1013904223) % 5;

			for (size_t k = 0; k < n; k++)
				texts[i][k] = (char)('a' + ((seed = seed * 1664525 + 1013904223) >> 16) % 2);
			strings[i] = (struct wh_str){ texts[i], n };
		}
		for (size_t k = 0; k < 60; k++)
			text[k] = (char)('a' + ((seed = seed * 1664525 + 1013904223) >> 16) % 2);
		assert_int_equal(ac_build(strings, 8, &ac), WH_OK);
		for (size_t at = 0; at < 60; at++)
			for (int i = 0; i < 8; i++) {
				bool twice = false;

				for (int k = 0; k < i; k++)
					twice |= wh_str_eq(strings[i], strings[k]);
				wanted += !twice && at + strings[i].n <= 60 && memcmp(text + at, texts[i], strings[i].n) == 0;
			}
		while (ac_next(ac, in, &it) >= 0)
			got++;
		assert_int_equal(got, wanted);
		ac_free(&ac);
	}
}

static struct list *
make(struct fold *f, enum list_kind kind, const char *const *entries)
{
	struct list *l = list_new(kind);
	struct wh_buf why = { 0 };

	for (; *entries != NULL; entries++)
		if (list_add(l, f, wh_str(*entries), &why) != WH_OK)
			fail_msg("%.*s", WH_FMT(wh_buf_slice(&why)));
	assert_int_equal(list_build(l), WH_OK);
	wh_buf_free(&why);
	return l;
}

static const char *
find(struct fold *f, const struct list *l, const char *text)
{
	static char found[100];
	struct wh_buf skeleton = { 0 }, joined = { 0 }, squeezed = { 0 };
	uint64_t steps = 0;
	struct wh_str got;

	fold_skeleton(f, wh_str(text), &skeleton);
	(void)fold_joined(wh_buf_slice(&skeleton), &joined);
	(void)fold_squeezed(joined.n != 0 ? wh_buf_slice(&joined) : wh_buf_slice(&skeleton), false, &squeezed);
	got = list_find(l, &(struct list_text){ wh_str(text), wh_buf_slice(&skeleton), wh_buf_slice(&joined), wh_buf_slice(&squeezed) }, &steps);
	snprintf(found, sizeof found, "%.*s", WH_FMT(got));
	wh_buf_free(&skeleton);
	wh_buf_free(&joined);
	wh_buf_free(&squeezed);
	return got.p != NULL ? found : "";
}

static void
words_are_whole_unless_a_star_says_otherwise(void **state)
{
	static const char *const entries[] = { "kill", "spam*", "*coin", "*rich*", "buy now", "С л о в о", NULL };
	struct fold *f = fold_open();
	struct list *l = make(f, LIST_WORDS, entries);
	struct wh_buf why = { 0 };

	(void)state;
	assert_string_equal(find(f, l, "KILL it"), "kill");
	assert_string_equal(find(f, l, "killer skill"), "");
	assert_string_equal(find(f, l, "a spammer"), "spam*");
	assert_string_equal(find(f, l, "nospam"), "");
	assert_string_equal(find(f, l, "BitC0in"), "*coin");
	assert_string_equal(find(f, l, "coins"), "");
	assert_string_equal(find(f, l, "enriched"), "*rich*");
	assert_string_equal(find(f, l, "so BUY, now!"), "buy now");
	assert_string_equal(find(f, l, "k i l l"), "kill");
	assert_string_equal(find(f, l, "kiiiiiilllll"), "kill");
	assert_string_equal(find(f, l, "k i i i l l"), "kill");
	assert_string_equal(find(f, l, "sssspam it"), "spam*");
	assert_string_equal(find(f, l, "nothing kl"), "");
	assert_int_equal(list_add(l, f, WH_STR("!!"), &why), WH_EINVAL);
	assert_int_equal(list_add(l, f, WH_STR("*"), &why), WH_EINVAL);
	list_free(&l);
	fold_close(&f);
	wh_buf_free(&why);
}

static void
a_domain_stands_for_those_below_it(void **state)
{
	static const char *const entries[] = { "Wikipedia.org", "*.example.com", ".dot.net.", NULL };
	struct list *l = make(NULL, LIST_DOMAINS, entries);
	struct wh_buf why = { 0 };
	uint64_t steps = 0;

	(void)state;
	assert_non_null(list_find(l, &(struct list_text){ .text = WH_STR("en.wikipedia.org") }, &steps).p);
	assert_non_null(list_find(l, &(struct list_text){ .text = WH_STR("example.com") }, &steps).p);
	assert_non_null(list_find(l, &(struct list_text){ .text = WH_STR("a.dot.net") }, &steps).p);
	assert_null(list_find(l, &(struct list_text){ .text = WH_STR("notwikipedia.org") }, &steps).p);
	assert_null(list_find(l, &(struct list_text){ .text = WH_STR("org") }, &steps).p);
	assert_int_equal(list_add(l, NULL, WH_STR("https://x.org/"), &why), WH_EINVAL);
	assert_int_equal(list_add(l, NULL, WH_STR("  "), &why), WH_EINVAL);
	list_free(&l);
	wh_buf_free(&why);
}

static void
patterns_are_tried_only_where_their_text_is(void **state)
{
	static const char *const entries[] = { "free\\s+money", "\\d{8,}", "(?i)x{5}", "free\\s+skin", NULL };
	struct fold *f = fold_open();
	struct list *l = make(f, LIST_PATTERNS, entries);
	struct wh_buf why = { 0 };

	(void)state;
	assert_string_equal(find(f, l, "get FREE money"), "free\\s+money");
	assert_string_equal(find(f, l, "free skin"), "free\\s+skin");
	assert_string_equal(find(f, l, "free \u017fkin"), "free\\s+skin");
	assert_string_equal(find(f, l, "call 123456789"), "\\d{8,}");
	assert_string_equal(find(f, l, "xxxxx"), "(?i)x{5}");
	assert_string_equal(find(f, l, "free as in money"), "");
	assert_int_equal(list_add(l, f, WH_STR("(("), &why), WH_ESYNTAX);
	list_free(&l);
	fold_close(&f);
	wh_buf_free(&why);
}

static struct window_found got;
static uint64_t steps;

static enum wh_err
add(struct window *w, int64_t time, uint64_t key, uint64_t user)
{
	return window_add(w, &(struct window_entry){ .time_ms = time, .key = key, .user = user, .entry = (uint64_t)time }, NULL);
}

static uint32_t
count(const struct window *w, uint64_t key, int64_t now)
{
	window_ask(w, key, now, 0, WINDOW_WANT_ALL, &got, &steps);
	return got.count;
}

static void
a_window_counts_what_it_keeps(void **state)
{
	struct window *w = window_new(100, 8);

	(void)state;
	assert_int_equal(count(w, 1, 0), 0);
	for (int64_t i = 1; i <= 5; i++) {
		assert_int_equal(add(w, i * 10, 1, (uint64_t)i % 2), WH_OK);
		assert_int_equal(add(w, i * 10, 1 + 128, 7), WH_OK);
		window_mark(w);
	}
	/* Eight count: of each key four. */
	assert_int_equal(count(w, 1, 50), 4);
	assert_int_equal(got.users, 2);
	assert_int_equal(got.n_ids, 4);
	assert_int_equal(got.ids[0], 50);
	assert_int_equal(count(w, 1 + 128, 50), 4);
	assert_int_equal(got.users, 1);
	assert_int_equal(count(w, 1, 130), 2);
	assert_int_equal(count(w, 1, 151), 0);
	window_ask(w, 1, 50, 15, WINDOW_WANT_ALL, &got, &steps);
	assert_int_equal(got.count, 2);
	window_free(&w);
}

static void
what_a_failed_rule_added_is_not_there(void **state)
{
	struct window *w = window_new(1000, 4);

	(void)state;
	for (int64_t i = 1; i <= 4; i++)
		assert_int_equal(add(w, i, 1, 1), WH_OK);
	window_mark(w);
	for (int64_t i = 5; i < 5 + WINDOW_ADDS; i++)
		assert_int_equal(add(w, i, (uint64_t)i % 3, 2), WH_OK);
	assert_int_equal(add(w, 100, 1, 2), WH_EFULL);
	window_undo(w);
	assert_int_equal(count(w, 1, 10), 4);
	assert_int_equal(got.users, 1);
	assert_int_equal(count(w, 2, 10), 0);
	window_free(&w);
}

static void
likeness_is_asked_of_the_newest_first(void **state)
{
	struct window *w = window_new(1000, 64);
	struct sketch a, b;

	(void)state;
	sketch_make(WH_STR(" join the biggest giveaway of the year "), &a);
	sketch_make(WH_STR(" nobody knows what tomorrow brings to us "), &b);
	for (uint64_t i = 1; i <= 10; i++)
		assert_int_equal(window_add(w, &(struct window_entry){ .time_ms = (int64_t)i, .user = i % 4, .entry = i }, i % 2 == 0 ? &a : &b), WH_OK);
	window_similar(w, &a, 600, 0, 10, 0, &got, &steps);
	assert_int_equal(got.count, 5);
	assert_int_equal(got.users, 2);
	assert_int_equal(got.ids[0], 10);
	window_similar(w, &a, 600, 0, 10, 5, &got, &steps);
	assert_int_equal(got.count, 3);
	window_free(&w);
}

static struct kv_value
number(int64_t i, int64_t until)
{
	return (struct kv_value){ .type = KV_INT, .i = i, .until_ms = until };
}

static void
notes_are_forgotten_and_undone(void **state)
{
	struct kv_value v = { .type = KV_STR, .s = WH_STR("text"), .until_ms = 100 };
	struct kv *kv = kv_new();

	(void)state;
	assert_int_equal(kv_set(kv, WH_STR("a"), &v, 0), WH_OK);
	assert_true(wh_str_is(kv_get(kv, WH_STR("a"), 99).s, "text"));
	assert_int_equal(kv_get(kv, WH_STR("a"), 100).type, KV_NONE);
	kv_mark(kv);
	v = number(1, 1000);
	assert_int_equal(kv_set(kv, WH_STR("a"), &v, 0), WH_OK);
	v = number(2, 1000);
	assert_int_equal(kv_set(kv, WH_STR("a"), &v, 0), WH_OK);
	assert_int_equal(kv_set(kv, WH_STR("b"), &v, 0), WH_OK);
	assert_int_equal(kv_set(kv, WH_STR("b"), &(struct kv_value){ .type = KV_NONE }, 0), WH_OK);
	assert_int_equal(kv_set(kv, WH_STR("b"), &v, 0), WH_OK);
	kv_undo(kv);
	assert_true(wh_str_is(kv_get(kv, WH_STR("a"), 0).s, "text"));
	assert_int_equal(kv_get(kv, WH_STR("b"), 0).type, KV_NONE);
	assert_int_equal(kv_count(kv), 1);
	kv_free(&kv);
}

static void
notes_have_a_bound_and_make_room_of_what_is_over(void **state)
{
	struct kv_value v = number(1, 100);
	struct kv *kv = kv_new();
	char key[32];

	(void)state;
	for (int i = 0; i < KV_ENTRIES; i++) {
		int n = snprintf(key, sizeof key, "k%d", i);

		assert_int_equal(kv_set(kv, (struct wh_str){ key, (size_t)n }, &v, 0), WH_OK);
		kv_mark(kv);
	}
	assert_int_equal(kv_set(kv, WH_STR("more"), &v, 0), WH_EFULL);
	assert_int_equal(kv_set(kv, WH_STR("k7"), &v, 0), WH_OK);
	kv_mark(kv);
	v.until_ms = 300;
	assert_int_equal(kv_set(kv, WH_STR("more"), &v, 200), WH_OK);
	assert_int_equal(kv_count(kv), 1);
	for (int i = 1; i < KV_WRITES; i++)
		assert_int_equal(kv_set(kv, WH_STR("more"), &v, 200), WH_OK);
	assert_int_equal(kv_set(kv, WH_STR("more"), &v, 200), WH_EFULL);
	kv_free(&kv);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_string_is_found_where_it_ends),
		cmocka_unit_test(random_strings_are_found_as_a_plain_search_finds_them),
		cmocka_unit_test(words_are_whole_unless_a_star_says_otherwise),
		cmocka_unit_test(a_domain_stands_for_those_below_it),
		cmocka_unit_test(patterns_are_tried_only_where_their_text_is),
		cmocka_unit_test(a_window_counts_what_it_keeps),
		cmocka_unit_test(what_a_failed_rule_added_is_not_there),
		cmocka_unit_test(likeness_is_asked_of_the_newest_first),
		cmocka_unit_test(notes_are_forgotten_and_undone),
		cmocka_unit_test(notes_have_a_bound_and_make_room_of_what_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
