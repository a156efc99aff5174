/* STUN messages against RFC 5769, credentials against what coturn computes. */
#include "turn.h"

#include "base/testing.h"

/* RFC 5769, 2.4: a request with long-term credentials. */
static const unsigned char sample[] = {
	0x00, 0x01, 0x00, 0x60, 0x21, 0x12, 0xa4, 0x42, 0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e, 0x00, 0x06, 0x00, 0x12,
	0xe3, 0x83, 0x9e, 0xe3, 0x83, 0x88, 0xe3, 0x83, 0xaa, 0xe3, 0x83, 0x83, 0xe3, 0x82, 0xaf, 0xe3, 0x82, 0xb9, 0x00, 0x00, 0x00, 0x15, 0x00, 0x1c,
	0x66, 0x2f, 0x2f, 0x34, 0x39, 0x39, 0x6b, 0x39, 0x35, 0x34, 0x64, 0x36, 0x4f, 0x4c, 0x33, 0x34, 0x6f, 0x4c, 0x39, 0x46, 0x53, 0x54, 0x76, 0x79,
	0x36, 0x34, 0x73, 0x41, 0x00, 0x14, 0x00, 0x0b, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72, 0x67, 0x00, 0x00, 0x08, 0x00, 0x14,
	0xf6, 0x70, 0x24, 0x65, 0x6d, 0xd6, 0x4a, 0x3e, 0x02, 0xb8, 0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2, 0x8c, 0xa8, 0x96, 0x66,
};

static void
key_of_sample(unsigned char key[STUN_KEY])
{
	assert_true(stun_key(WH_STR("\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9"), WH_STR("example.org"), WH_STR("TheMatrIX"), key));
}

static void
the_specifications_message_is_read_and_its_hmac_is_right(void **state)
{
	struct stun m = { .n = sizeof sample };
	unsigned char key[STUN_KEY];
	struct wh_str realm;
	unsigned type;

	(void)state;
	memcpy(m.bytes, sample, sizeof sample);
	key_of_sample(key);
	assert_true(stun_read(&m, sample + 8, &type));
	assert_int_equal(type, 1);
	assert_true(stun_get(&m, 0x0014, &realm));
	assert_true(wh_str_is(realm, "example.org"));
	assert_true(stun_signed(&m, key));
	m.bytes[30] ^= 1;
	assert_false(stun_signed(&m, key));
}

static void
what_we_write_is_the_same_to_the_byte(void **state)
{
	unsigned char key[STUN_KEY];
	struct stun m;

	(void)state;
	key_of_sample(key);
	stun_begin(&m, 1, sample + 8);
	assert_true(stun_put(&m, 0x0006, sample + 24, 18));
	assert_true(stun_put(&m, 0x0015, sample + 48, 28));
	assert_true(stun_put(&m, 0x0014, "example.org", 11));
	assert_true(stun_sign(&m, key));
	assert_int_equal(m.n, sizeof sample);
	assert_memory_equal(m.bytes, sample, sizeof sample);
}

static void
what_is_cut_or_anothers_is_not_read(void **state)
{
	struct stun m = { .n = sizeof sample };
	unsigned char other[STUN_ID] = { 0 };
	struct wh_str value;
	unsigned type;

	(void)state;
	memcpy(m.bytes, sample, sizeof sample);
	assert_false(stun_read(&m, other, &type));
	for (m.n = 0; m.n < sizeof sample; m.n++) {
		assert_false(stun_read(&m, sample + 8, &type));
		stun_get(&m, 0x0008, &value);
	}
	m.bytes[22] = 0xff;	/* an attribute that is longer than the message */
	assert_false(stun_get(&m, 0x0014, &value));
}

static void
a_message_has_its_bound(void **state)
{
	static const unsigned char big[STUN_BYTES] = { 0 };
	struct stun m;

	(void)state;
	stun_begin(&m, 1, sample + 8);
	assert_false(stun_put(&m, 6, big, sizeof big));
	assert_true(stun_put(&m, 6, big, 1000));
	assert_false(stun_sign(&m, big));
}

/* echo -n 1700000000:ann | openssl dgst -sha1 -hmac secret -binary | base64 */
static void
credentials_are_those_of_the_shared_secret(void **state)
{
	char user[TURN_USER + 1], password[TURN_PASSWORD + 1];

	(void)state;
	assert_true(turn_credentials(WH_STR("secret"), 1700000000, WH_STR("ann"), user, password));
	assert_string_equal(user, "1700000000:ann");
	assert_string_equal(password, "vQnWXBtsqkQms4Ddse1rYmcjgqM=");
	assert_false(turn_credentials(WH_STR("secret"), 1, WH_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), user, password));
}

static void
nobody_listens_where_nobody_listens(void **state)
{
	struct turn_probe p = { .host = "127.0.0.1", .port = "9", .secrets = { "secret" }, .n_secrets = 1, .now = 1700000000 };

	(void)state;
	turn_probe(&p);
	assert_false(p.well);
	assert_string_equal(p.why, "it does not answer");
	memcpy(p.host, "no such host", 13);
	turn_probe(&p);
	assert_false(p.well);
	assert_string_equal(p.why, "its name is not found");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_specifications_message_is_read_and_its_hmac_is_right),
		cmocka_unit_test(what_we_write_is_the_same_to_the_byte),
		cmocka_unit_test(what_is_cut_or_anothers_is_not_read),
		cmocka_unit_test(a_message_has_its_bound),
		cmocka_unit_test(credentials_are_those_of_the_shared_secret),
		cmocka_unit_test(nobody_listens_where_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
