/* Tests of the PROXY protocol decoder. */
#include "edge/proxy_proto.h"
#include "base/testing.h"

enum { ROOM = 5000 };
static const unsigned char mark[] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };
static const unsigned char v4_body[12] = { 192, 0, 2, 1, 192, 0, 2, 2, 0x03, 0xe8, 0x01, 0xbb };

/* Builds a version 2 header and returns its size. */
static size_t
v2(unsigned char *to, unsigned command, unsigned kind, const void *body, size_t n)
{
	memcpy(to, mark, sizeof mark);
	to[12] = (unsigned char)(0x20 | command);
	to[13] = (unsigned char)kind;
	to[14] = (unsigned char)(n >> 8);
	to[15] = (unsigned char)n;
	if (n > 0)
		memcpy(to + 16, body, n);
	return 16 + n;
}

/* Every beginning wants more, the whole is read, and bytes behind it are left. */
static void
taken(const void *bytes, size_t n, struct wh_proxy_header *header)
{
	unsigned char more[ROOM + 8] = { 0 };

	for (size_t i = 0; i < n; i++)
		assert_int_equal(wh_proxy_read(bytes, i, header), WH_WAIT);
	memcpy(more, bytes, n);
	memcpy(more + n, "GET /\r\n", 7);
	assert_int_equal(wh_proxy_read(more, n + 7, header), WH_OK);
	assert_int_equal(header->size, n);
	assert_int_equal(wh_proxy_read(bytes, n, header), WH_OK);
}

static void
address_is(const struct wh_addr *a, const char *text, uint16_t port)
{
	struct wh_addr wanted;

	assert_int_equal(wh_addr_parse_ip(&wanted, wh_str(text)), WH_OK);
	assert_true(wh_addr_same_ip(a, &wanted));
	assert_int_equal(a->family, wanted.family);
	assert_int_equal(a->port, port);
}

static void
version_1_is_read(void **state)
{
	struct wh_proxy_header h;

	(void)state;
	taken("PROXY TCP4 192.0.2.1 192.0.2.2 1000 443\r\n", 41, &h);
	address_is(&h.from, "192.0.2.1", 1000);
	address_is(&h.to, "192.0.2.2", 443);
	assert_false(h.local);
	taken("PROXY TCP6 2001:db8::1 ::1 65535 0\r\n", 36, &h);
	address_is(&h.from, "2001:db8::1", 65535);
	address_is(&h.to, "::1", 0);
	taken("PROXY UNKNOWN\r\n", 15, &h);
	assert_true(h.local);
	taken("PROXY UNKNOWN ffff:f... 1 2\r\n", 29, &h);
	assert_true(h.local);
}

static void
broken_version_1_is_refused(void **state)
{
	static const char *const bad[] = { "PROXY TCP4 192.0.2.1 192.0.2.2 1000 443\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1000\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1000 443 \r\n", "PROXY TCP4  192.0.2.1 192.0.2.2 1000 443\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 01000 443\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 +1 443\r\n", "PROXY TCP4 192.0.2.256 192.0.2.2 1 443\r\n",
		"PROXY TCP4 ::1 ::2 1 443\r\n", "PROXY TCP6 192.0.2.1 192.0.2.2 1 443\r\n", "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
		"PROXY \r\n", "PROXY\r\n", "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 \r2\r\n", "GET / HTTP/1.1\r\n",
		"PROXY UNKNOWNX\r\n" };
	char longest[120];
	struct wh_proxy_header h;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (wh_proxy_read(bad[i], strlen(bad[i]), &h) != WH_ESYNTAX)
			fail_msg("%s", bad[i]);
	memset(longest, 'x', sizeof longest);
	memcpy(longest, "PROXY UNKNOWN ", 14);
	assert_int_equal(wh_proxy_read(longest, 106, &h), WH_WAIT);
	assert_int_equal(wh_proxy_read(longest, 107, &h), WH_ETOOBIG);
	memcpy(longest + 105, "\r\n", 2);
	assert_int_equal(wh_proxy_read(longest, 107, &h), WH_OK);
}

static void
version_2_addresses_are_read(void **state)
{
	unsigned char bytes[ROOM], body[216] = { 0 };
	struct wh_proxy_header h;

	(void)state;
	taken(bytes, v2(bytes, 1, 0x11, v4_body, 12), &h);
	address_is(&h.from, "192.0.2.1", 1000);
	address_is(&h.to, "192.0.2.2", 443);
	body[0] = 0x20;
	body[15] = body[31] = 1;
	body[33] = 7;
	body[35] = 9;
	taken(bytes, v2(bytes, 1, 0x21, body, 36), &h);
	address_is(&h.from, "2000::1", 7);
	address_is(&h.to, "::1", 9);
	memset(body, 0, sizeof body);
	body[10] = body[11] = 0xff;
	body[15] = 1;
	taken(bytes, v2(bytes, 1, 0x21, body, 36), &h);
	assert_int_equal(h.from.family, WH_ADDR_V4);
	memset(body, 'p', sizeof body);
	body[3] = 0;
	taken(bytes, v2(bytes, 1, 0x31, body, 216), &h);
	assert_int_equal(h.from.family, WH_ADDR_UNIX);
	assert_true(h.from_path.n == 3 && h.to_path.n == 108);
}

static void
local_and_unspecified_keep_the_sockets_addresses(void **state)
{
	unsigned char bytes[ROOM];
	struct wh_proxy_header h;

	(void)state;
	taken(bytes, v2(bytes, 0, 0x00, NULL, 0), &h);
	assert_true(h.local && h.from.family == WH_ADDR_NONE);
	taken(bytes, v2(bytes, 0, 0x11, v4_body, 12), &h);
	assert_true(h.local && h.from.family == WH_ADDR_NONE);
	taken(bytes, v2(bytes, 1, 0x00, NULL, 0), &h);
	assert_true(h.local);
}

static void
tlvs_are_read(void **state)
{
	unsigned char bytes[ROOM], body[64];
	struct wh_proxy_header h;

	(void)state;
	memcpy(body, v4_body, 12);
	memcpy(body + 12, "\x02\0\x03" "a.b" "\x20\0\x05\x01\0\0\0\0" "\x05\0\x02id" "\xe0\0\0", 22);
	taken(bytes, v2(bytes, 1, 0x11, body, 34), &h);
	assert_true(wh_str_eq(h.authority, WH_STR("a.b")) && h.unique_id.n == 2 && h.tls);
	body[14] = 200;	/* longer than the header */
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 1, 0x11, body, 34), &h), WH_ESYNTAX);
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 1, 0x11, body, 14), &h), WH_ESYNTAX);
}

static void
a_checksum_is_verified_when_it_is_there(void **state)
{
	/* CRC-32C of this header with a zero checksum, worked out apart from the code that is tested */
	static const unsigned char sum[4] = { 0x65, 0xd4, 0x5c, 0xa7 };
	unsigned char bytes[ROOM], body[19];
	struct wh_proxy_header h;
	size_t n;

	(void)state;
	memcpy(body, v4_body, 12);
	memcpy(body + 12, "\x03\0\x04", 3);
	memcpy(body + 15, sum, 4);
	n = v2(bytes, 1, 0x11, body, 19);
	taken(bytes, n, &h);
	for (size_t i = 16; i < n; i++) {
		if (i == 28)	/* the TLV's type: another type is no checksum */
			continue;
		bytes[i] ^= 1;
		assert_int_equal(wh_proxy_read(bytes, n, &h), WH_ESYNTAX);
		bytes[i] ^= 1;
	}
}

static void
broken_version_2_is_refused(void **state)
{
	unsigned char bytes[ROOM], body[ROOM] = { 0 };
	struct wh_proxy_header h;

	(void)state;
	memcpy(body, v4_body, 12);
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 2, 0x11, body, 12), &h), WH_ESYNTAX);
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 0x11, 0x11, body, 12), &h), WH_ESYNTAX);
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 1, 0x41, body, 12), &h), WH_ESYNTAX);
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 1, 0x13, body, 12), &h), WH_ESYNTAX);
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 1, 0x10, body, 12), &h), WH_ESYNTAX);
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 1, 0x11, body, 11), &h), WH_ESYNTAX);
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 1, 0x21, body, 35), &h), WH_ESYNTAX);
	assert_int_equal(wh_proxy_read(bytes, v2(bytes, 1, 0x31, body, 215), &h), WH_ESYNTAX);
	v2(bytes, 1, 0x11, body, WH_PROXY_V2_MAX - 15);
	assert_int_equal(wh_proxy_read(bytes, 16, &h), WH_ETOOBIG);
	bytes[11] = 'x';
	assert_int_equal(wh_proxy_read(bytes, 16, &h), WH_ESYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_1_is_read),
		cmocka_unit_test(broken_version_1_is_refused),
		cmocka_unit_test(version_2_addresses_are_read),
		cmocka_unit_test(local_and_unspecified_keep_the_sockets_addresses),
		cmocka_unit_test(tlvs_are_read),
		cmocka_unit_test(a_checksum_is_verified_when_it_is_there),
		cmocka_unit_test(broken_version_2_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
