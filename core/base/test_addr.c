/* Tests of addresses and lists of networks. */
#include "base/addr.h"
#include "base/testing.h"

static void
addr_reads_as(const char *text, const char *again)
{
	struct wh_endpoint e;
	char out[WH_ENDPOINT_TEXT];

	assert_int_equal(wh_endpoint_parse(&e, wh_str(text)), WH_OK);
	assert_int_equal(wh_endpoint_format(&e, out), strlen(again));
	assert_string_equal(out, again);
}

static struct wh_addr
addr_of(const char *ip)
{
	struct wh_addr a;

	assert_int_equal(wh_addr_parse_ip(&a, wh_str(ip)), WH_OK);
	return a;
}

static bool
nets_hold(const struct wh_nets *nets, const char *ip)
{
	struct wh_addr a = addr_of(ip);

	return wh_nets_match(nets, &a);
}

static void
endpoints_are_read_and_written(void **state)
{
	(void)state;
	addr_reads_as("127.0.0.1:80", "127.0.0.1:80");
	addr_reads_as("[2001:DB8:0:0::1]:65535", "[2001:db8::1]:65535");
	addr_reads_as("[::ffff:1.2.3.4]:0", "1.2.3.4:0");
	addr_reads_as(":8080", "[::]:8080");
	addr_reads_as("unix:/run/whiply.sock", "unix:/run/whiply.sock");
}

static void
what_is_not_an_endpoint_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:+1", "1.2.3.4:000080", "1.2.3:80", "01.2.3.4:80",
		"1.2.3.256:80", "::1:80", "[::1]", "[::1]80", "[::1:80", "[1.2.3.4]:80", "[fe80::1%lo]:80", " 1.2.3.4:80",
		"unix:", "unix:relative", "unix:/", "localhost:80", ":80x",
	};
	struct wh_endpoint e;
	char path[120] = "unix:/";

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(wh_endpoint_parse(&e, wh_str(wrong[i])), WH_ESYNTAX);
	assert_int_equal(wh_endpoint_parse(&e, (struct wh_str){ "1.2.3.4\0:80", 11 }), WH_ESYNTAX);
	memset(path + 6, 'a', 106);
	assert_int_equal(wh_endpoint_parse(&e, (struct wh_str){ path, 5 + 107 }), WH_OK);
	assert_int_equal(wh_endpoint_parse(&e, (struct wh_str){ path, 5 + 108 }), WH_ESYNTAX);
}

static void
a_bare_address_has_no_port(void **state)
{
	struct wh_addr a = addr_of("[2001:db8::1]");
	char out[WH_ADDR_TEXT];

	(void)state;
	wh_addr_format_ip(&a, out);
	assert_string_equal(out, "2001:db8::1");
	assert_int_equal(a.port, 0);
	assert_int_equal(wh_addr_parse_ip(&a, WH_STR("1.2.3.4:80")), WH_ESYNTAX);
}

static void
a_sockaddr_goes_there_and_back(void **state)
{
	static const char *const texts[] = { "1.2.3.4:5", "[2001:db8::9]:443", "unix:/tmp/x" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct wh_endpoint e;
		struct sockaddr_storage sa;
		struct wh_addr a;
		socklen_t n;

		assert_int_equal(wh_endpoint_parse(&e, wh_str(texts[i])), WH_OK);
		n = wh_endpoint_sockaddr(&e, &sa);
		assert_int_equal(wh_addr_from_sockaddr(&a, (struct sockaddr *)&sa, n), WH_OK);
		assert_true(wh_addr_same_ip(&a, &e.addr));
		assert_int_equal(a.port, e.addr.port);
		assert_int_equal(wh_addr_from_sockaddr(&a, (struct sockaddr *)&sa, 1), WH_EINVAL);
		sa.ss_family = AF_PACKET;
		assert_int_equal(wh_addr_from_sockaddr(&a, (struct sockaddr *)&sa, n), WH_ENOTSUP);
	}
}

static void
limits_count_by_address_in_v4_and_by_64_in_v6(void **state)
{
	struct wh_addr a = addr_of("1.2.3.4"), b = addr_of("1.2.3.5"), c = addr_of("2001:db8::1"),
		d = addr_of("2001:db8:0:0:ffff::"), e = addr_of("2001:db8:0:1::1");
	struct wh_addr_key ka = wh_addr_key(&a), kb = wh_addr_key(&b), kc = wh_addr_key(&c), kd = wh_addr_key(&d),
		ke = wh_addr_key(&e);

	(void)state;
	assert_memory_not_equal(&ka, &kb, sizeof ka);
	assert_memory_equal(&kc, &kd, sizeof kc);
	assert_memory_not_equal(&kc, &ke, sizeof kc);
}

static void
local_addresses_are_known(void **state)
{
	struct wh_addr a = addr_of("127.9.9.9"), b = addr_of("::1"), c = addr_of("128.0.0.1"), d = addr_of("::2");

	(void)state;
	assert_true(wh_addr_is_local(&a));
	assert_true(wh_addr_is_local(&b));
	assert_false(wh_addr_is_local(&c));
	assert_false(wh_addr_is_local(&d));
}

static void
a_network_holds_its_addresses_and_no_neighbour(void **state)
{
	struct wh_nets nets = { 0 };

	(void)state;
	assert_false(nets_hold(&nets, "10.0.0.1"));
	assert_int_equal(wh_nets_add(&nets, WH_STR("192.168.0.0/24")), WH_OK);
	assert_int_equal(wh_nets_add(&nets, WH_STR("10.0.0.0/8")), WH_OK);
	assert_int_equal(wh_nets_add(&nets, WH_STR("10.5.0.0/16")), WH_OK);
	assert_int_equal(wh_nets_add(&nets, WH_STR("192.168.1.0/24")), WH_OK);
	assert_int_equal(wh_nets_add(&nets, WH_STR("2001:db8::/33")), WH_OK);
	assert_int_equal(wh_nets_add(&nets, WH_STR("8.8.8.8")), WH_OK);
	wh_nets_seal(&nets);
	assert_int_equal(nets.n, 4);
	assert_true(nets_hold(&nets, "10.0.0.0"));
	assert_true(nets_hold(&nets, "10.255.255.255"));
	assert_false(nets_hold(&nets, "11.0.0.0"));
	assert_false(nets_hold(&nets, "9.255.255.255"));
	assert_true(nets_hold(&nets, "192.168.1.255"));
	assert_false(nets_hold(&nets, "192.168.2.0"));
	assert_true(nets_hold(&nets, "8.8.8.8"));
	assert_false(nets_hold(&nets, "8.8.8.9"));
	assert_true(nets_hold(&nets, "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"));
	assert_false(nets_hold(&nets, "2001:db8:8000::"));
	wh_nets_free(&nets);
}

static void
all_of_one_family_is_not_all_of_the_other(void **state)
{
	struct wh_nets six = { 0 }, four = { 0 }, mapped = { 0 };
	struct wh_addr local = { .family = WH_ADDR_UNIX };

	(void)state;
	assert_int_equal(wh_nets_add(&six, WH_STR("::/0")), WH_OK);
	wh_nets_seal(&six);
	assert_false(nets_hold(&six, "0.0.0.0"));
	assert_false(nets_hold(&six, "255.255.255.255"));
	assert_true(nets_hold(&six, "::"));
	assert_true(nets_hold(&six, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	assert_false(wh_nets_match(&six, &local));
	assert_int_equal(wh_nets_add(&four, WH_STR("0.0.0.0/0")), WH_OK);
	wh_nets_seal(&four);
	assert_true(nets_hold(&four, "255.255.255.255"));
	assert_false(nets_hold(&four, "::1"));
	assert_false(nets_hold(&four, "::1:0:0:0"));
	assert_int_equal(wh_nets_add(&mapped, WH_STR("::/80")), WH_OK);
	wh_nets_seal(&mapped);
	assert_int_equal(mapped.n, 1);
	assert_false(nets_hold(&mapped, "1.2.3.4"));
	wh_nets_free(&six);
	wh_nets_free(&four);
	wh_nets_free(&mapped);
}

static void
wrong_networks_are_refused(void **state)
{
	struct wh_nets nets = { 0 };

	(void)state;
	assert_int_equal(wh_nets_add(&nets, WH_STR("10.0.0.1/8")), WH_EINVAL);
	assert_int_equal(wh_nets_add(&nets, WH_STR("10.0.0.0/33")), WH_ESYNTAX);
	assert_int_equal(wh_nets_add(&nets, WH_STR("10.0.0.0/")), WH_ESYNTAX);
	assert_int_equal(wh_nets_add(&nets, WH_STR("10.0.0.0/08")), WH_ESYNTAX);
	assert_int_equal(wh_nets_add(&nets, WH_STR("::/129")), WH_ESYNTAX);
	assert_int_equal(wh_nets_add(&nets, WH_STR("/8")), WH_ESYNTAX);
	assert_int_equal(wh_nets_add(&nets, WH_STR("")), WH_ESYNTAX);
	assert_int_equal(nets.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_read_and_written),
		cmocka_unit_test(what_is_not_an_endpoint_is_refused),
		cmocka_unit_test(a_bare_address_has_no_port),
		cmocka_unit_test(a_sockaddr_goes_there_and_back),
		cmocka_unit_test(limits_count_by_address_in_v4_and_by_64_in_v6),
		cmocka_unit_test(local_addresses_are_known),
		cmocka_unit_test(a_network_holds_its_addresses_and_no_neighbour),
		cmocka_unit_test(all_of_one_family_is_not_all_of_the_other),
		cmocka_unit_test(wrong_networks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
