/* Tests of names. */
#include "name.h"
#include "name_confusables.h"
#include "name_scripts.h"
#include "testing.h"

static void
canonical_is(const char *typed, const char *expected)
{
	char out[NAME_ROOM];
	size_t n;
	enum name_flaw flaw = name_canonical(wh_str(typed), out, &n);

	if (flaw != NAME_GOOD)
		fail_msg("\"%s\" %s", typed, name_flaw_text(flaw));
	assert_string_equal(out, expected);
	assert_int_equal(n, strlen(expected));
	assert_int_equal(name_canonical(wh_str(expected), out, &n), NAME_GOOD);
	assert_string_equal(out, expected);
}

static void
refused(const char *typed, enum name_flaw expected)
{
	char out[NAME_ROOM];
	size_t n;
	enum name_flaw flaw = name_canonical(wh_str(typed), out, &n);

	if (flaw != expected)
		fail_msg("\"%s\" %s", typed, name_flaw_text(flaw));
	assert_int_equal(n, 0);
}

static void
skeleton(const char *name, char out[NAME_SKELETON_ROOM])
{
	size_t n;

	assert_true(name_skeleton(wh_str(name), out, &n));
	assert_int_equal(n, strlen(out));
}

static void
look(const char *a, const char *b, bool alike)
{
	char one[NAME_SKELETON_ROOM], other[NAME_SKELETON_ROOM];

	skeleton(a, one);
	skeleton(b, other);
	if ((strcmp(one, other) == 0) != alike)
		fail_msg("%s (%s) and %s (%s)", a, one, b, other);
}

static void
case_and_compatibility_fold_to_one_account(void **state)
{
	(void)state;
	canonical_is("Ann", "ann");
	canonical_is("Ａｎｎ", "ann");
	canonical_is("𝔄𝔫𝔫", "ann");
	canonical_is("Zoë", "zoë");
	canonical_is("Zoe\u0308", "zoë");
	canonical_is("Straße", "strasse");
	canonical_is("ΣΊΣΥΦΟΣ", "σίσυφοσ");
	canonical_is("Иван", "иван");
	canonical_is("ﬁona", "fiona");
	canonical_is("a_b-c.d9", "a_b-c.d9");
	canonical_is("7of9", "7of9");
	canonical_is("ｶﾞﾝﾀﾞﾑ", "ガンダム");
}

static void
names_of_many_languages_are_welcome(void **state)
{
	static const char *const names[] = { "nguyễn", "мария", "ναυσικά", "աննա", "דנה", "محمد", "राजेश", "অমিত", "சிவன்", "สมชาย",
		"ანა", "ሰላም", "김철수", "さくら", "スーパーマン", "山田太郎", "さくら山", "山田taro", "김chulsoo", "李小龍", "ㄅㄆㄇ李", "សុខា", "佐々木" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		canonical_is(names[i], names[i]);
}

static void
what_is_no_name_is_refused_with_its_reason(void **state)
{
	(void)state;
	refused("", NAME_EMPTY);
	refused("\xff", NAME_NOT_TEXT);
	refused("a\xc0\xaf", NAME_NOT_TEXT);
	refused("\xed\xa0\x80", NAME_NOT_TEXT);
	refused("a b", NAME_CHARACTER);
	refused("a@b", NAME_CHARACTER);
	refused("a/b", NAME_CHARACTER);
	refused("a\nb", NAME_CHARACTER);
	refused("ad\u200bmin", NAME_CHARACTER);
	refused("ad\u00admin", NAME_CHARACTER);
	refused("a\u202eb", NAME_CHARACTER);
	refused("a\u3164", NAME_CHARACTER);
	refused("\uffa0a", NAME_CHARACTER);
	refused("a\u2028", NAME_CHARACTER);
	refused("😀", NAME_CHARACTER);
	refused("a\u0378", NAME_CHARACTER);
	refused("_a", NAME_EDGE);
	refused("a_", NAME_EDGE);
	refused(".a", NAME_EDGE);
	refused("a-", NAME_EDGE);
	refused("-", NAME_EDGE);
	refused("a..b", NAME_DOTS);
	refused("a…b", NAME_DOTS);
	refused("\u0301a", NAME_MARK);
	refused("1\u0323", NAME_MARK);
	refused("a_\u0301", NAME_MARK);
	refused("q\u0301\u0302\u0303\u0304", NAME_MARK);
	refused("山\u0301", NAME_MARK);
	refused("a\u093e", NAME_MARK);
	refused("\u02bca", NAME_SCRIPTS);
	refused("\u01c0a", NAME_SCRIPTS);
	refused("ᎠᎡ", NAME_SCRIPTS);
	refused("ᚠᚢᚦ", NAME_SCRIPTS);
	refused("ー", NAME_SCRIPTS);
}

static void
alphabets_are_not_mixed_but_where_people_do(void **state)
{
	(void)state;
	refused("pаypal", NAME_SCRIPTS);	/* a Cyrillic а */
	refused("αdmin", NAME_SCRIPTS);
	refused("иванα", NAME_SCRIPTS);
	refused("김さくら", NAME_SCRIPTS);
	refused("ㄅさ", NAME_SCRIPTS);
	refused("山дa", NAME_SCRIPTS);
	refused("דанה", NAME_SCRIPTS);
	refused("a١", NAME_SCRIPTS);
	canonical_is("иван-2", "иван-2");
}

static void
lengths_are_bounded_in_code_points_and_bytes(void **state)
{
	char name[300] = "";

	(void)state;
	memset(name, 'a', 32);
	canonical_is(name, name);
	name[32] = 'a';
	refused(name, NAME_LONG);
	name[0] = '\0';
	for (int i = 0; i < 21; i++)
		strcat(name, "山");
	canonical_is(name, name);
	strcat(name, "山");
	refused(name, NAME_LONG);
	memset(name, 'a', 299);
	refused(name, NAME_LONG);
	name[0] = '\0';
	for (int i = 0; i < 80; i++)
		strcat(name, "\ufdfa");
	refused(name, NAME_LONG);
	name[12] = '\0';	/* four of them, 18 code points each */
	refused(name, NAME_LONG);
}

static void
names_of_one_look_have_one_skeleton(void **state)
{
	(void)state;
	look("admin", "аdmіn", true);
	look("paypal", "раураӏ", true);
	look("boss", "ЬОЅЅ", true);
	look("BOB", "ВОВ", true);
	look("NIKOS", "ΝΙΚΟΣ", false);
	look("NIKO", "ΝΙΚΟ", true);
	look("modern", "modem", true);
	look("vvolf", "wolf", true);
	look("Iron", "lron", true);
	look("1ron", "iron", true);
	look("r00t", "root", true);
	look("𝕒𝕕𝕞𝕚𝕟", "admin", true);
	look("ａｄｍｉｎ", "ADMIN", true);
	look("ɑdmın", "admin", true);
	look("ᴀdmin", "admin", true);
	look("İron", "iron", true);
	look("ニロ", "二口", true);
	look("zoë", "zoё", true);
	look("ōno", "ono", false);
	look("ann", "anne", false);
	look("a_b", "a-b", false);
	look("a.b", "ab", false);
	look("иван", "ivan", false);
}

static void
every_row_leads_to_a_look_that_stays(void **state)
{
	char once[NAME_SKELETON_ROOM], twice[NAME_SKELETON_ROOM];

	(void)state;
	assert_true(COUNT(name_confusables) > 300);
	for (size_t i = 0; i < COUNT(name_confusables); i++) {
		if (i != 0)
			assert_true(name_confusables[i - 1].code_point < name_confusables[i].code_point);
		skeleton(name_confusables[i].look, once);
		skeleton(once, twice);
		assert_string_equal(once, name_confusables[i].look);
		assert_string_equal(once, twice);
	}
}

static void
ranges_of_scripts_are_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(name_ranges); i++) {
		assert_true(name_ranges[i].first <= name_ranges[i].last);
		if (i != 0)
			assert_true(name_ranges[i - 1].last < name_ranges[i].first);
	}
	assert_int_equal(name_script('a'), NAME_LATIN);
	assert_int_equal(name_script('@'), NAME_OTHER);
	assert_int_equal(name_script(0x0430), NAME_CYRILLIC);
	assert_int_equal(name_script(0x20000), NAME_HAN);
	assert_int_equal(name_script(-1), NAME_OTHER);
	assert_int_equal(name_script(0x110000), NAME_OTHER);
}

/* Whatever code point a person types alone, after a letter or twice, the canonical form is a fixed point, and it and the
 * skeleton fit. */
static void
every_code_point_is_refused_or_folds_once_for_all(void **state)
{
	(void)state;
	for (uint32_t c = 1; c < 0x110000; c++) {
		char typed[9] = "a", out[NAME_ROOM], again[NAME_ROOM], bones[NAME_SKELETON_ROOM];
		size_t n, m, at = c & 1;

		if (c >= 0x30000 && (c & 0xff) != 0)
			continue;
		if (c < 0x80) {
			typed[at++] = (char)c;
		} else if (c < 0x800) {
			typed[at++] = (char)(0xc0 | c >> 6);
			typed[at++] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			typed[at++] = (char)(0xe0 | c >> 12);
			typed[at++] = (char)(0x80 | (c >> 6 & 0x3f));
			typed[at++] = (char)(0x80 | (c & 0x3f));
		} else {
			typed[at++] = (char)(0xf0 | c >> 18);
			typed[at++] = (char)(0x80 | (c >> 12 & 0x3f));
			typed[at++] = (char)(0x80 | (c >> 6 & 0x3f));
			typed[at++] = (char)(0x80 | (c & 0x3f));
		}
		if (name_canonical((struct wh_str){ typed, at }, out, &n) != NAME_GOOD)
			continue;
		assert_int_equal(name_canonical((struct wh_str){ out, n }, again, &m), NAME_GOOD);
		assert_string_equal(out, again);
		assert_true(name_skeleton((struct wh_str){ typed, at }, bones, &m));
		assert_true(name_skeleton((struct wh_str){ out, n }, bones, &m));
	}
}

static void
the_longest_names_have_a_skeleton(void **state)
{
	static const char *const units[] = { "m", "ΐ", "ᾂ", "각", "ǘ", "山", "ֆ" };
	char name[NAME_ROOM], out[NAME_SKELETON_ROOM];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(units); i++) {
		name[0] = '\0';
		while (strlen(name) + strlen(units[i]) <= NAME_BYTES)
			strcat(name, units[i]);
		assert_true(name_skeleton(wh_str(name), out, &n));
	}
	assert_false(name_skeleton(WH_STR("\xff"), out, &n));
	assert_false(name_skeleton(WH_STR(""), out, &n));
}

static void
reserved_names_are_known_by_their_look(void **state)
{
	const struct wh_str list[] = { WH_STR("admin"), WH_STR("root"), WH_STR("server") };

	(void)state;
	assert_true(name_reserved(WH_STR("admin"), list, 3));
	assert_true(name_reserved(WH_STR("Adm1n"), list, 3));
	assert_true(name_reserved(WH_STR("r0ot"), list, 3));
	assert_true(name_reserved(WH_STR("ѕеrvеr"), list, 3));
	assert_false(name_reserved(WH_STR("administrator"), list, 3));
	assert_false(name_reserved(WH_STR("ann"), list, 3));
	assert_false(name_reserved(WH_STR("ann"), NULL, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_and_compatibility_fold_to_one_account),
		cmocka_unit_test(names_of_many_languages_are_welcome),
		cmocka_unit_test(what_is_no_name_is_refused_with_its_reason),
		cmocka_unit_test(alphabets_are_not_mixed_but_where_people_do),
		cmocka_unit_test(lengths_are_bounded_in_code_points_and_bytes),
		cmocka_unit_test(names_of_one_look_have_one_skeleton),
		cmocka_unit_test(every_row_leads_to_a_look_that_stays),
		cmocka_unit_test(ranges_of_scripts_are_in_order),
		cmocka_unit_test(every_code_point_is_refused_or_folds_once_for_all),
		cmocka_unit_test(the_longest_names_have_a_skeleton),
		cmocka_unit_test(reserved_names_are_known_by_their_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
