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

/* What was hashed once must hash alike for ever: this is the value of a program of its own over the written format. */
static void
the_format_never_changes(void **state)
{
	const struct chain_entry entry = { 1, 1000, { WH_STR("id-ann"), WH_STR("ann"), WH_STR("auth.ban"), WH_STR("id-bob"), WH_STR("1:00"), WH_STR("spam"),
		WH_STR("{}"), WH_STR("ok") } };

	(void)state;
	assert_string_equal(hash(zeros, &entry), "f5b5a48082be97a0ce549928cfec5c654af7a21adaabccb5d37fe04037d28f0a");
}

static void
every_field_and_the_hash_before_count(void **state)
{
	const struct chain_entry entry = { 1, 1000, { WH_STR("a"), WH_STR("b"), WH_STR("c"), WH_STR("d"), WH_STR("e"), WH_STR("f"), WH_STR("g"), WH_STR("h") } };
	uint8_t before[CHAIN_HASH] = { [31] = 1 };
	struct chain_entry other = entry;

	(void)state;
	assert_string_equal(hash(zeros, &entry), hash(zeros, &other));
	assert_string_not_equal(hash(zeros, &entry), hash(before, &entry));
	other.n = 2;
	assert_string_not_equal(hash(zeros, &entry), hash(zeros, &other));
	other = entry;
	other.time_ms++;
	assert_string_not_equal(hash(zeros, &entry), hash(zeros, &other));
	for (size_t i = 0; i < CHAIN_TEXTS; i++) {
		other = entry;
		other.texts[i] = WH_STR("x");
		assert_string_not_equal(hash(zeros, &entry), hash(zeros, &other));
	}
}

static void
what_moves_from_one_field_to_the_next_is_another_entry(void **state)
{
	const struct chain_entry one = { 1, 1, { WH_STR("ab"), WH_STR("c") } }, two = { 1, 1, { WH_STR("a"), WH_STR("bc") } };

	(void)state;
	assert_string_not_equal(hash(zeros, &one), hash(zeros, &two));
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
		cmocka_unit_test(equal_addresses_are_equal_under_one_key_alone),
		cmocka_unit_test(secrets_are_taken_out_wherever_they_stand),
		cmocka_unit_test(on_whom_and_why_are_found),
		cmocka_unit_test(what_does_not_fit_is_counted_and_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
