/* What is hashed, and what is kept of a command's arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "chain.h"
#include "redact.h"

static const uint8_t zeros[CHAIN_HASH];

static const char *
hash(const uint8_t *before, const struct chain_entry *entry)
{
	static char hex[4][CHAIN_HEX];
	static unsigned next;
	uint8_t bytes[CHAIN_HASH];
	char *to = hex[next++ % 4];

	assert_int_equal(chain_hash(before, entry, bytes), WH_OK);
	chain_hex(bytes, to);
	return to;
}

#define SALT WH_STR("0123456789abcdef")

static struct chain_entry
entry(void)
{
	return (struct chain_entry){ .n = 1, .time_ms = 1000, .texts = { WH_STR("id-ann"), WH_STR("ann"), WH_STR("auth.ban"), WH_STR("id-bob"), WH_STR("1:00"),
		WH_STR("spam"), WH_STR("{}"), WH_STR("ok") }, .covers = { SALT, SALT, { NULL, 0 }, SALT, SALT, SALT, SALT, { NULL, 0 } } };
}

/* What was hashed once must hash alike for ever: this is the value of a program of its own over the written format. */
static void
the_format_never_changes(void **state)
{
	const struct chain_entry e = entry();

	(void)state;
	assert_string_equal(hash(zeros, &e), "c97e2272a6ed35fc58cd85943a3ca6433dc314e3b92e5ab836b5501380c932eb");
}

static void
every_field_and_the_hash_before_count(void **state)
{
	const struct chain_entry e = entry();
	uint8_t before[CHAIN_HASH] = { [31] = 1 };
	struct chain_entry other = e;

	(void)state;
	assert_string_equal(hash(zeros, &e), hash(zeros, &other));
	assert_string_not_equal(hash(zeros, &e), hash(before, &e));
	other.n = 2;
	assert_string_not_equal(hash(zeros, &e), hash(zeros, &other));
	other = e;
	other.time_ms++;
	assert_string_not_equal(hash(zeros, &e), hash(zeros, &other));
	for (unsigned i = 0; i < CHAIN_TEXTS; i++) {
		other = e;
		other.texts[i] = WH_STR("x");
		assert_string_not_equal(hash(zeros, &e), hash(zeros, &other));
		other = e;
		other.covers[i] = WH_STR("0123456789abcdeF");
		if (chain_is_covered(i))
			assert_string_not_equal(hash(zeros, &e), hash(zeros, &other));
	}
}

static void
what_moves_from_one_field_to_the_next_is_another_entry(void **state)
{
	const struct chain_entry one = { .n = 1, .time_ms = 1, .texts = { [CHAIN_ACTION] = WH_STR("ab"), [CHAIN_OUTCOME] = WH_STR("c") } };
	const struct chain_entry two = { .n = 1, .time_ms = 1, .texts = { [CHAIN_ACTION] = WH_STR("a"), [CHAIN_OUTCOME] = WH_STR("bc") } };
	struct chain_entry who = { .n = 1, .texts = { [CHAIN_WHO] = WH_STR("a") }, .covers = { [CHAIN_WHO] = SALT } };
	struct chain_entry name = { .n = 1, .texts = { [CHAIN_NAME] = WH_STR("a") }, .covers = { [CHAIN_NAME] = SALT } };

	(void)state;
	assert_string_not_equal(hash(zeros, &one), hash(zeros, &two));
	assert_string_not_equal(hash(zeros, &who), hash(zeros, &name));
}

static void
a_text_that_is_taken_out_leaves_the_hash_as_it_was(void **state)
{
	struct chain_entry e = entry(), less;
	uint8_t mark[CHAIN_HASH];

	(void)state;
	for (unsigned i = 0; i < CHAIN_TEXTS; i++) {
		if (!chain_is_covered(i))
			continue;
		less = e;
		assert_int_equal(chain_mark(i, e.covers[i], e.texts[i], mark), WH_OK);
		less.texts[i] = (struct wh_str){ NULL, 0 };
		less.covers[i] = (struct wh_str){ (const char *)mark, sizeof mark };
		less.erased = 1u << i;
		assert_string_equal(hash(zeros, &e), hash(zeros, &less));
		mark[3] ^= 1;
		assert_string_not_equal(hash(zeros, &e), hash(zeros, &less));
	}
}

static void
a_cover_that_does_not_fit_its_text_is_refused(void **state)
{
	const struct wh_str mark = WH_STR("0123456789abcdef0123456789abcdef"), none = { NULL, 0 };
	const struct { struct wh_str text, cover; bool erased; } wrong[] = {
		{ WH_STR("x"), none, false }, { WH_STR("x"), mark, false }, { WH_STR("x"), mark, true }, { none, SALT, false }, { none, none, true },
		{ none, SALT, true }, { none, mark, false },
	};
	uint8_t bytes[CHAIN_HASH];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct chain_entry e = entry();

		e.texts[CHAIN_WHY] = wrong[i].text;
		e.covers[CHAIN_WHY] = wrong[i].cover;
		e.erased = wrong[i].erased ? 1u << CHAIN_WHY : 0;
		assert_int_equal(chain_hash(zeros, &e, bytes), WH_EINVAL);
	}
}

static void
a_seal_is_over_all_that_there_is(void **state)
{
	const uint8_t key[CHAIN_KEY] = { 1 };
	struct chain_stand stands[6] = { { .erased = 0 }, { .head.n = 1 }, { .head.hash = { 1 } }, { .base.n = 1 }, { .base.hash = { 1 } }, { .erased = 1 } };
	uint8_t seals[6][CHAIN_HASH];

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(chain_seal(key, &stands[i], seals[i]), WH_OK);
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(seals[i], seals[j], CHAIN_HASH);
	}
}

static void
equal_addresses_are_equal_under_one_key_alone(void **state)
{
	const uint8_t key[CHAIN_KEY] = { 1 }, other[CHAIN_KEY] = { 2 };
	char a[CHAIN_ADDRESS], b[CHAIN_ADDRESS];

	(void)state;
	chain_address(key, 7, WH_STR("192.0.2.1"), a);
	chain_address(key, 7, WH_STR("192.0.2.1"), b);
	assert_string_equal(a, b);
	assert_int_equal(strlen(a), 2 + 32);
	assert_memory_equal(a, "7:", 2);
	chain_address(key, 7, WH_STR("192.0.2.2"), b);
	assert_string_not_equal(a, b);
	chain_address(other, 7, WH_STR("192.0.2.1"), b);
	assert_string_not_equal(a, b);
	chain_address(key, 7, WH_STR(""), a);
	assert_string_equal(a, "");
}

static struct redact_found found;

static const char *
redacted(const char *json)
{
	static char text[1000];
	size_t n = redact(wh_str(json), text, sizeof text - 1, &found);

	assert_true(n < sizeof text);
	text[n] = '\0';
	return text;
}

static void
secrets_are_taken_out_wherever_they_stand(void **state)
{
	(void)state;
	assert_string_equal(redacted("{}"), "{}");
	assert_string_equal(redacted("{\"name\":\"ann\",\"password\":\"x\\\"y\",\"n\":1}"), "{\"name\":\"ann\",\"password\":\"***\",\"n\":1}");
	assert_string_equal(redacted("{\"new_password\" : \"x\"}"), "{\"new_password\":\"***\"}");
	assert_string_equal(redacted("{\"token\":{\"a\":[\"}\",1]},\"b\":2}"), "{\"token\":\"***\",\"b\":2}");
	assert_string_equal(redacted("{\"a\":{\"secret\":[1,2]},\"code\":12}"), "{\"a\":{\"secret\":\"***\"},\"code\":\"***\"}");
	assert_string_equal(redacted("{\"pass\\u0077ord\":\"x\"}"), "{\"pass\\u0077ord\":\"***\"}");
	assert_string_equal(redacted("{\"a\":\"password\",\"b\":[\"token\",\"x\"]}"), "{\"a\":\"password\",\"b\":[\"token\",\"x\"]}");
	assert_string_equal(redacted("{\"monkey\":1,\"key\":2,\"api_key\":3}"), "{\"monkey\":1,\"key\":\"***\",\"api_key\":\"***\"}");
}

static void
on_whom_and_why_are_found(void **state)
{
	(void)state;
	redacted("{\"name\":\"n\",\"account\":\"id-bob\",\"reason\":\"spam\"}");
	assert_true(wh_str_is(found.on, "id-bob") && wh_str_is(found.why, "spam"));
	redacted("{\"x\":{\"account\":\"no\"},\"why\":3,\"room\":\"lobby\"}");
	assert_true(wh_str_is(found.on, "lobby") && found.why.n == 0);
	redacted("{}");
	assert_true(found.on.n == 0 && found.why.n == 0);
}

static void
what_does_not_fit_is_counted_and_not_written(void **state)
{
	char text[4] = "...";

	(void)state;
	assert_int_equal(redact(WH_STR("{\"a\":12345}"), text, 3, &found), 11);
	assert_memory_equal(text, "{\"a", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_format_never_changes),
		cmocka_unit_test(every_field_and_the_hash_before_count),
		cmocka_unit_test(what_moves_from_one_field_to_the_next_is_another_entry),
		cmocka_unit_test(a_text_that_is_taken_out_leaves_the_hash_as_it_was),
		cmocka_unit_test(a_cover_that_does_not_fit_its_text_is_refused),
		cmocka_unit_test(a_seal_is_over_all_that_there_is),
		cmocka_unit_test(equal_addresses_are_equal_under_one_key_alone),
		cmocka_unit_test(secrets_are_taken_out_wherever_they_stand),
		cmocka_unit_test(on_whom_and_why_are_found),
		cmocka_unit_test(what_does_not_fit_is_counted_and_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
