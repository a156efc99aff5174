/* See guard.h. The first row of a table that holds the address decides. IPv6 is public only where it was given out to be (2000::/3), so what
 * nobody thought of is refused; IPv4 is the other way round, as nearly all of it is in use. An IPv6 address that carries an
 * IPv4 address in it is as public as that one. Follows the IANA registries of special-purpose addresses. */
#include "guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

enum { GUARD_PUBLIC = -1, GUARD_REFUSED = -2 };		/* else: at which byte an IPv4 address stands */

struct guard_row {
	uint8_t prefix[16];
	unsigned bits;
	int verdict;
	const char *what;
};

static const struct guard_row guard_v4[] = {
	{ { 0 }, 8, GUARD_REFUSED, "unspecified" },
	{ { 10 }, 8, GUARD_REFUSED, "private" },
	{ { 100, 64 }, 10, GUARD_REFUSED, "carrier-grade NAT" },
	{ { 127 }, 8, GUARD_REFUSED, "loopback" },
	{ { 169, 254 }, 16, GUARD_REFUSED, "link-local" },
	{ { 172, 16 }, 12, GUARD_REFUSED, "private" },
	{ { 192, 0, 0 }, 24, GUARD_REFUSED, "reserved" },
	{ { 192, 0, 2 }, 24, GUARD_REFUSED, "documentation" },
	{ { 192, 88, 99 }, 24, GUARD_REFUSED, "6to4 relay" },
	{ { 192, 168 }, 16, GUARD_REFUSED, "private" },
	{ { 198, 18 }, 15, GUARD_REFUSED, "benchmarking" },
	{ { 198, 51, 100 }, 24, GUARD_REFUSED, "documentation" },
	{ { 203, 0, 113 }, 24, GUARD_REFUSED, "documentation" },
	{ { 224 }, 4, GUARD_REFUSED, "multicast" },
	{ { 240 }, 4, GUARD_REFUSED, "reserved" },
	{ { 0 }, 0, GUARD_PUBLIC, NULL },
};

static const struct guard_row guard_v6[] = {
	{ { 0 }, 128, GUARD_REFUSED, "unspecified" },
	{ { [15] = 1 }, 128, GUARD_REFUSED, "loopback" },
	{ { [10] = 0xff, 0xff }, 96, 12, NULL },		/* IPv4-mapped */
	{ { 0 }, 96, 12, NULL },				/* IPv4-compatible */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12, NULL },		/* NAT64 */
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, GUARD_REFUSED, "local NAT64" },
	{ { 0x01 }, 64, GUARD_REFUSED, "discard" },
	{ { 0xfc }, 7, GUARD_REFUSED, "private" },
	{ { 0xfe, 0x80 }, 10, GUARD_REFUSED, "link-local" },
	{ { 0xfe, 0xc0 }, 10, GUARD_REFUSED, "site-local" },
	{ { 0xff }, 8, GUARD_REFUSED, "multicast" },
	{ { 0x20, 0x01 }, 23, GUARD_REFUSED, "reserved" },	/* with Teredo, ORCHID, benchmarking */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, GUARD_REFUSED, "documentation" },
	{ { 0x20, 0x02 }, 16, 2, NULL },			/* 6to4 */
	{ { 0x3f, 0xff }, 20, GUARD_REFUSED, "documentation" },
	{ { 0x20 }, 3, GUARD_PUBLIC, NULL },
	{ { 0 }, 0, GUARD_REFUSED, "reserved" },
};

static bool
guard_within(const uint8_t *ip, const struct guard_row *row)
{
	unsigned whole = row->bits / 8, rest = row->bits % 8;

	if (memcmp(ip, row->prefix, whole) != 0)
		return false;
	return rest == 0 || (uint8_t)(ip[whole] ^ row->prefix[whole]) >> (8 - rest) == 0;
}

static const struct guard_row *
guard_find(const struct guard_row *rows, const uint8_t *ip)
{
	while (!guard_within(ip, rows))
		rows++;		/* the last row holds every address */
	return rows;
}

static const char *
guard_ip4(const uint8_t *ip)
{
	return guard_find(guard_v4, ip)->what;
}

static const char *
guard_ip6(const uint8_t *ip)
{
	const struct guard_row *row = guard_find(guard_v6, ip);

	return row->verdict >= 0 ? guard_ip4(ip + row->verdict) : row->what;
}

const char *
guard_address(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof in);
		return guard_ip4((const uint8_t *)&in.sin_addr);
	case AF_INET6:
		memcpy(&in6, sa, sizeof in6);
		return guard_ip6(in6.sin6_addr.s6_addr);
	default:
		return "no internet address";
	}
}

static bool
guard_is_localhost(const char *host)
{
	size_t n = strlen(host);

	while (n != 0 && host[n - 1] == '.')
		n--;
	if (n < 9 || strncasecmp(host + n - 9, "localhost", 9) != 0)
		return false;
	return n == 9 || host[n - 10] == '.';
}

const char *
guard_host(const char *host)
{
	uint8_t ip[16];
	char bare[64];
	size_t n = strlen(host);

	if (inet_pton(AF_INET, host, ip) == 1)
		return guard_ip4(ip);
	if (n > 2 && n < sizeof bare && host[0] == '[' && host[n - 1] == ']') {
		memcpy(bare, host + 1, n - 2);
		bare[n - 2] = '\0';
		return inet_pton(AF_INET6, bare, ip) == 1 ? guard_ip6(ip) : "no address";
	}
	if (inet_pton(AF_INET6, host, ip) == 1)
		return guard_ip6(ip);
	return guard_is_localhost(host) ? "loopback" : NULL;
}
