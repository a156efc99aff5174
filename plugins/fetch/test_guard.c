/* Every range of the guard, with the addresses at its edges and those just outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "guard.h"

struct row {
	const char *address;
	const char *what;	/* NULL: public */
};

static const struct row rows[] = {
	{ "0.0.0.0", "unspecified" }, { "0.255.255.255", "unspecified" }, { "1.0.0.0", NULL },
	{ "9.255.255.255", NULL }, { "10.0.0.0", "private" }, { "10.255.255.255", "private" }, { "11.0.0.0", NULL },
	{ "100.63.255.255", NULL }, { "100.64.0.0", "carrier-grade NAT" }, { "100.127.255.255", "carrier-grade NAT" }, { "100.128.0.0", NULL },
	{ "126.255.255.255", NULL }, { "127.0.0.0", "loopback" }, { "127.0.0.1", "loopback" }, { "127.255.255.255", "loopback" }, { "128.0.0.0", NULL },
	{ "169.253.255.255", NULL }, { "169.254.0.0", "link-local" }, { "169.254.169.254", "link-local" }, { "169.254.255.255", "link-local" },
	{ "169.255.0.0", NULL },
	{ "172.15.255.255", NULL }, { "172.16.0.0", "private" }, { "172.31.255.255", "private" }, { "172.32.0.0", NULL },
	{ "191.255.255.255", NULL }, { "192.0.0.0", "reserved" }, { "192.0.0.255", "reserved" }, { "192.0.1.0", NULL },
	{ "192.0.1.255", NULL }, { "192.0.2.0", "documentation" }, { "192.0.2.255", "documentation" }, { "192.0.3.0", NULL },
	{ "192.88.98.255", NULL }, { "192.88.99.0", "6to4 relay" }, { "192.88.99.255", "6to4 relay" }, { "192.88.100.0", NULL },
	{ "192.167.255.255", NULL }, { "192.168.0.0", "private" }, { "192.168.255.255", "private" }, { "192.169.0.0", NULL },
	{ "198.17.255.255", NULL }, { "198.18.0.0", "benchmarking" }, { "198.19.255.255", "benchmarking" }, { "198.20.0.0", NULL },
	{ "198.51.99.255", NULL }, { "198.51.100.0", "documentation" }, { "198.51.100.255", "documentation" }, { "198.51.101.0", NULL },
	{ "203.0.112.255", NULL }, { "203.0.113.0", "documentation" }, { "203.0.113.255", "documentation" }, { "203.0.114.0", NULL },
	{ "223.255.255.255", NULL }, { "224.0.0.0", "multicast" }, { "239.255.255.255", "multicast" }, { "240.0.0.0", "reserved" },
	{ "255.255.255.255", "reserved" },

	{ "::", "unspecified" }, { "::1", "loopback" },
	{ "::ffff:127.0.0.1", "loopback" }, { "::ffff:10.1.2.3", "private" }, { "::ffff:8.8.8.8", NULL }, { "::fffe:8.8.8.8", "reserved" },
	{ "::127.0.0.1", "loopback" }, { "::192.168.1.1", "private" }, { "::2", "unspecified" }, { "::8.8.8.8", NULL },
	{ "64:ff9b::127.0.0.1", "loopback" }, { "64:ff9b::169.254.169.254", "link-local" }, { "64:ff9b::8.8.8.8", NULL },
	{ "64:ff9b:0:0:0:1::", "reserved" }, { "64:ff9b:1::", "local NAT64" }, { "64:ff9b:1:ffff:ffff:ffff:808:808", "local NAT64" },
	{ "64:ff9b:2::", "reserved" },
	{ "100::", "discard" }, { "100::ffff:ffff:ffff:ffff", "discard" }, { "100:0:0:1::", "reserved" },
	{ "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved" }, { "2000::", NULL },
	{ "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL }, { "2001::", "reserved" }, { "2001:0:4136:e378::", "reserved" }, { "2001:2::", "reserved" },
	{ "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved" }, { "2001:200::", NULL },
	{ "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", NULL }, { "2001:db8::", "documentation" },
	{ "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation" }, { "2001:db9::", NULL },
	{ "2002:7f00:1::", "loopback" }, { "2002:c0a8:101::1", "private" }, { "2002:808:808::1", NULL }, { "2003::", NULL },
	{ "2606:4700:4700::1111", NULL },
	{ "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL }, { "3fff::", "documentation" }, { "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation" },
	{ "3fff:1000::", NULL }, { "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL }, { "4000::", "reserved" }, { "5f00::", "reserved" },
	{ "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved" }, { "fc00::", "private" }, { "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private" },
	{ "fe00::", "reserved" }, { "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved" }, { "fe80::", "link-local" },
	{ "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local" }, { "fec0::", "site-local" }, { "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local" },
	{ "ff00::", "multicast" }, { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast" },
};

static void
same(const struct row *row, const char *got)
{
	if ((got == NULL) != (row->what == NULL) || (got != NULL && strcmp(got, row->what) != 0))
		fail_msg("%s is %s, not %s", row->address, got != NULL ? got : "public", row->what != NULL ? row->what : "public");
}

static void
every_range_is_told_up_to_its_edges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sockaddr_in in = { .sin_family = AF_INET };
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

		if (inet_pton(AF_INET, rows[i].address, &in.sin_addr) == 1) {
			same(&rows[i], guard_address((const struct sockaddr *)&in));
		} else {
			assert_int_equal(inet_pton(AF_INET6, rows[i].address, &in6.sin6_addr), 1);
			same(&rows[i], guard_address((const struct sockaddr *)&in6));
		}
		same(&rows[i], guard_host(rows[i].address));
	}
}

static void
an_address_in_brackets_is_the_same(void **state)
{
	(void)state;
	assert_string_equal(guard_host("[::1]"), "loopback");
	assert_string_equal(guard_host("[fe80::1%25eth0]"), "no address");
	assert_null(guard_host("[2606:4700:4700::1111]"));
}

static void
names_of_this_machine_are_loopback_and_others_are_not_known(void **state)
{
	(void)state;
	assert_string_equal(guard_host("localhost"), "loopback");
	assert_string_equal(guard_host("LocalHost."), "loopback");
	assert_string_equal(guard_host("a.localhost"), "loopback");
	assert_null(guard_host("notlocalhost"));
	assert_null(guard_host("localhost.example"));
	assert_null(guard_host("example.org"));
	assert_null(guard_host(""));
}

static void
other_families_are_refused(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	(void)state;
	assert_non_null(guard_address((const struct sockaddr *)&un));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_range_is_told_up_to_its_edges),
		cmocka_unit_test(an_address_in_brackets_is_the_same),
		cmocka_unit_test(names_of_this_machine_are_loopback_and_others_are_not_known),
		cmocka_unit_test(other_families_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
