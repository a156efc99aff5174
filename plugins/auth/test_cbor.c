/* Tests of CBOR; the good and most of the bad ones are the examples of RFC 8949, appendixes A and F. */
#include "cbor.h"
#include "testing.h"
#include "text64.h"

static bool
reads(const char *hex)
{
	uint8_t bytes[512], *copy;
	struct cbor_item item;
	size_t n;
	bool good;

	assert_true(text64_get(TEXT64_HEX, bytes, sizeof bytes, &n, wh_str(hex)));
	copy = exact(bytes, n);
	good = cbor_read(copy, n, &item, NULL);
	assert_int_equal(good, item.type != CBOR_NONE);
	free(copy);
	return good;
}

static void
the_rfc_s_examples_are_read(void **state)
{
	static const char *const good[] = { "00", "01", "0a", "17", "1818", "1864", "1903e8", "1a000f4240", "1b000000e8d4a51000", "1bffffffffffffffff",
		"3bffffffffffffffff", "20", "29", "3863", "3903e7", "f4", "f5", "f6", "40", "4401020304", "60", "6161", "6449455446", "62225c", "62c3bc", "63e6b0b4",
		"64f0908591", "80", "83010203", "8301820203820405", "98190102030405060708090a0b0c0d0e0f101112131415161718181819", "a0", "a201020304",
		"a26161016162820203", "826161a161626163", "a56161614161626142616361436164614461656145" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!reads(good[i]))
			fail_msg("refused %s", good[i]);
}

static void
what_is_not_strict_is_refused(void **state)
{
	static const char *const bad[] = {
		"1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3817", "5800", "580161", "780161", "9800", "b800",	/* longer than need be */
		"5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "9f01ff", "bfff", "bf616101ff", "ff", "5fff",	/* indefinite */
		"c074323031332d30332d32315432303a30343a30305a", "c11a514b67b0", "d818456449455446",	/* tags */
		"f90000", "fa47c35000", "fb3ff199999999999a", "f7", "f0", "f818", "f8ff", "f97e00", "e0",	/* floats and simple values */
		"1c", "1d", "1e", "3c", "5c", "7c", "9c", "bc", "fc",	/* reserved */
		"0000", "8001", "a000", "6161ff",	/* trailing */
		"a201020103", "a2616101616102", "8181a220012002",	/* equal keys */
		"a1400f", "a18001", "a1f401", "a1a001",	/* keys of other types */
		"61ff", "62c328", "63eda080", "62c080", "64f4908080", "61c3",	/* not UTF-8 */
		"5bffffffffffffffff", "7b7fffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff", "5affffffff00", "9affffffff", "baffffffff", "98ff00",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (reads(bad[i]))
			fail_msg("accepted %s", bad[i]);
	}
	assert_false(reads(""));
}

static void
depth_and_width_are_bounded(void **state)
{
	uint8_t bytes[256];
	struct cbor_item item;
	size_t n;

	(void)state;
	memset(bytes, 0x81, sizeof bytes);
	bytes[CBOR_DEPTH] = 0x01;
	assert_true(cbor_read(bytes, CBOR_DEPTH + 1, &item, NULL));
	bytes[CBOR_DEPTH] = 0x81;
	bytes[CBOR_DEPTH + 1] = 0x01;
	assert_false(cbor_read(bytes, CBOR_DEPTH + 2, &item, NULL));
	for (int pairs = CBOR_PAIRS; pairs <= CBOR_PAIRS + 1; pairs++) {
		bytes[0] = 0xb8;
		bytes[1] = (uint8_t)pairs;
		n = 2;
		for (int i = 0; i < pairs; i++) {
			if (i >= 24)
				bytes[n++] = 0x18;
			bytes[n++] = (uint8_t)i;
			bytes[n++] = 0x00;
		}
		assert_int_equal(cbor_read(bytes, n, &item, NULL), pairs == CBOR_PAIRS);
	}
}

/* {1: 2, 3: -7, "key": [h'aabbcc', true, null], -1: -2^64} */
static const uint8_t example[] = { 0xa4, 0x01, 0x02, 0x03, 0x26, 0x63, 'k', 'e', 'y', 0x83, 0x43, 0xaa, 0xbb, 0xcc, 0xf5, 0xf6, 0x20, 0x3b,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void
an_item_cut_anywhere_is_refused(void **state)
{
	struct cbor_item item;
	size_t used;

	(void)state;
	for (size_t n = 0; n < sizeof example; n++) {
		uint8_t *cut = exact(example, n);

		assert_false(cbor_read(cut, n, &item, &used));
		assert_int_equal(used, 0);
		free(cut);
	}
}

static void
members_are_found(void **state)
{
	struct cbor_item root, item;
	struct cbor_walk walk;
	uint8_t more[sizeof example + 3];
	int64_t number = 0;
	size_t used;

	(void)state;
	memset(more, 0, sizeof more);
	memcpy(more, example, sizeof example);
	assert_false(cbor_read(more, sizeof more, &root, NULL));
	assert_true(cbor_read(more, sizeof more, &root, &used));
	assert_int_equal(used, sizeof example);
	assert_int_equal(root.type, CBOR_MAP);
	assert_true(cbor_get(&root, 3, &item) && cbor_int(&item, &number));
	assert_int_equal(number, -7);
	assert_true(cbor_get(&root, -1, &item) && item.type == CBOR_NEGATIVE);
	assert_false(cbor_int(&item, &number));
	assert_false(cbor_get(&root, 2, &item));
	assert_int_equal(item.type, CBOR_NONE);
	assert_false(cbor_get_text(&root, "ke", &item));
	assert_true(cbor_get_text(&root, "key", &item));
	assert_int_equal(item.type, CBOR_ARRAY);
	walk = cbor_each(&item);
	assert_false(cbor_get(&item, 1, &root));
	assert_true(cbor_next(&walk, &item) && item.type == CBOR_BYTES && item.size == 3 && item.bytes[2] == 0xcc);
	assert_true(cbor_next(&walk, &item) && item.type == CBOR_BOOL && item.n == 1);
	assert_true(cbor_next(&walk, &item) && item.type == CBOR_NULL);
	assert_false(cbor_next(&walk, &item));
	walk = cbor_each(&item);
	assert_false(cbor_next(&walk, &item));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_s_examples_are_read),
		cmocka_unit_test(what_is_not_strict_is_refused),
		cmocka_unit_test(depth_and_width_are_bounded),
		cmocka_unit_test(an_item_cut_anywhere_is_refused),
		cmocka_unit_test(members_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
