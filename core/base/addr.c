/* Addresses to text and back, and their system form. The system's own parser of bare addresses is strict enough
 * (no octal, no zone, four parts); all that stands around them is read here. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

static const uint8_t addr_mapped[12] = { [10] = 0xff, [11] = 0xff };

static void
addr_set_v4(struct wh_addr *a, const void *four)
{
	memcpy(a->ip, addr_mapped, 12);
	memcpy(a->ip + 12, four, 4);
	a->family = WH_ADDR_V4;
}

static void
addr_set_v6(struct wh_addr *a, const void *sixteen)
{
	memcpy(a->ip, sixteen, 16);
	a->family = memcmp(a->ip, addr_mapped, 12) == 0 ? WH_ADDR_V4 : WH_ADDR_V6;
}

static bool
addr_read_bare(struct wh_addr *a, struct wh_str text)
{
	char copy[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	if (text.n == 0 || text.n >= sizeof copy || memchr(text.p, '\0', text.n) != NULL)
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	*a = (struct wh_addr){ 0 };
	if (inet_pton(AF_INET, copy, ip) == 1)
		addr_set_v4(a, ip);
	else if (inet_pton(AF_INET6, copy, ip) == 1)
		addr_set_v6(a, ip);
	else
		return false;
	return true;
}

static bool
addr_read_port(uint16_t *port_out, struct wh_str text)
{
	unsigned n = 0;

	if (text.n == 0 || text.n > 5)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		n = n * 10 + (unsigned)(text.p[i] - '0');
	}
	*port_out = (uint16_t)n;
	return n <= 65535;
}

/* What stands between brackets, or an empty slice. */
static struct wh_str
addr_unbracket(struct wh_str text)
{
	if (text.n < 2 || text.p[0] != '[' || text.p[text.n - 1] != ']' || memchr(text.p, ':', text.n) == NULL)
		return (struct wh_str){ NULL, 0 };
	return (struct wh_str){ text.p + 1, text.n - 2 };
}

enum wh_err
wh_addr_parse_ip(struct wh_addr *addr_out, struct wh_str text)
{
	struct wh_addr a;

	if (text.n > 0 && text.p[0] == '[')
		text = addr_unbracket(text);
	if (!addr_read_bare(&a, text))
		return WH_ESYNTAX;
	*addr_out = a;
	return WH_OK;
}

enum wh_err
wh_addr_parse(struct wh_addr *addr_out, struct wh_str text)
{
	const char *colon = text.n > 0 ? memrchr(text.p, ':', text.n) : NULL;
	struct wh_str ip, port;
	struct wh_addr a;

	if (colon == NULL)
		return WH_ESYNTAX;
	ip = (struct wh_str){ text.p, (size_t)(colon - text.p) };
	port = wh_str_from(text, ip.n + 1);
	/* Without brackets it could not be told where an IPv6 address ends. */
	if (ip.n > 0 && ip.p[0] == '[')
		ip = addr_unbracket(ip);
	else if (ip.n > 0 && memchr(ip.p, ':', ip.n) != NULL)
		return WH_ESYNTAX;
	if (!addr_read_bare(&a, ip) || !addr_read_port(&a.port, port))
		return WH_ESYNTAX;
	*addr_out = a;
	return WH_OK;
}

enum wh_err
wh_endpoint_parse(struct wh_endpoint *endpoint_out, struct wh_str text)
{
	struct wh_endpoint e = { 0 };

	if (wh_str_starts(text, WH_STR("unix:"))) {
		struct wh_str path = wh_str_from(text, 5);

		if (path.n < 2 || path.p[0] != '/' || path.n >= sizeof e.path || memchr(path.p, '\0', path.n) != NULL)
			return WH_ESYNTAX;
		memcpy(e.path, path.p, path.n);
		e.addr.family = WH_ADDR_UNIX;
	} else if (text.n > 0 && text.p[0] == ':') {
		e.addr.family = WH_ADDR_V6;
		if (!addr_read_port(&e.addr.port, wh_str_from(text, 1)))
			return WH_ESYNTAX;
	} else if (wh_addr_parse(&e.addr, text) != WH_OK) {
		return WH_ESYNTAX;
	}
	*endpoint_out = e;
	return WH_OK;
}

size_t
wh_addr_format_ip(const struct wh_addr *a, char out[static WH_ADDR_TEXT])
{
	const char *ok = NULL;

	if (a->family == WH_ADDR_V4)
		ok = inet_ntop(AF_INET, a->ip + 12, out, WH_ADDR_TEXT);
	else if (a->family == WH_ADDR_V6)
		ok = inet_ntop(AF_INET6, a->ip, out, WH_ADDR_TEXT);
	if (ok == NULL)
		memcpy(out, a->family == WH_ADDR_UNIX ? "unix" : "none", 5);
	return strlen(out);
}

size_t
wh_addr_format(const struct wh_addr *a, char out[static WH_ADDR_TEXT])
{
	char ip[WH_ADDR_TEXT];
	size_t n = wh_addr_format_ip(a, ip);

	if (a->family == WH_ADDR_V4)
		return (size_t)snprintf(out, WH_ADDR_TEXT, "%.15s:%u", ip, a->port);
	if (a->family == WH_ADDR_V6)
		return (size_t)snprintf(out, WH_ADDR_TEXT, "[%.45s]:%u", ip, a->port);
	memcpy(out, ip, n + 1);
	return n;
}

size_t
wh_endpoint_format(const struct wh_endpoint *e, char out[static WH_ENDPOINT_TEXT])
{
	if (e->addr.family == WH_ADDR_UNIX)
		return (size_t)snprintf(out, WH_ENDPOINT_TEXT, "unix:%.107s", e->path);
	return wh_addr_format(&e->addr, out);
}

enum wh_err
wh_addr_from_sockaddr(struct wh_addr *addr_out, const struct sockaddr *sa, socklen_t n)
{
	struct wh_addr a = { 0 };
	sa_family_t family;

	if (n < sizeof family)
		return WH_EINVAL;
	memcpy(&family, &sa->sa_family, sizeof family);
	if (family == AF_UNIX) {
		a.family = WH_ADDR_UNIX;
	} else if (family == AF_INET) {
		struct sockaddr_in in;

		if (n < sizeof in)
			return WH_EINVAL;
		memcpy(&in, sa, sizeof in);
		addr_set_v4(&a, &in.sin_addr);
		a.port = ntohs(in.sin_port);
	} else if (family == AF_INET6) {
		struct sockaddr_in6 in6;

		if (n < sizeof in6)
			return WH_EINVAL;
		memcpy(&in6, sa, sizeof in6);
		addr_set_v6(&a, &in6.sin6_addr);
		a.port = ntohs(in6.sin6_port);
	} else {
		return WH_ENOTSUP;
	}
	*addr_out = a;
	return WH_OK;
}

socklen_t
wh_endpoint_sockaddr(const struct wh_endpoint *e, struct sockaddr_storage *sa_out)
{
	memset(sa_out, 0, sizeof *sa_out);
	if (e->addr.family == WH_ADDR_UNIX) {
		struct sockaddr_un un = { .sun_family = AF_UNIX };

		memcpy(un.sun_path, e->path, sizeof un.sun_path);
		un.sun_path[sizeof un.sun_path - 1] = '\0';
		memcpy(sa_out, &un, sizeof un);
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(un.sun_path) + 1);
	}
	if (e->addr.family == WH_ADDR_V4) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(e->addr.port) };

		memcpy(&in.sin_addr, e->addr.ip + 12, 4);
		memcpy(sa_out, &in, sizeof in);
		return sizeof in;
	} else {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(e->addr.port) };

		memcpy(&in6.sin6_addr, e->addr.ip, 16);
		memcpy(sa_out, &in6, sizeof in6);
		return sizeof in6;
	}
}

bool
wh_addr_same_ip(const struct wh_addr *a, const struct wh_addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, 16) == 0;
}

bool
wh_addr_is_local(const struct wh_addr *a)
{
	static const uint8_t loop6[16] = { [15] = 1 };

	if (a->family == WH_ADDR_V4)
		return a->ip[12] == 127;
	return a->family == WH_ADDR_UNIX || (a->family == WH_ADDR_V6 && memcmp(a->ip, loop6, 16) == 0);
}

static uint64_t
addr_word(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

struct wh_addr_key
wh_addr_key(const struct wh_addr *a)
{
	if (a->family == WH_ADDR_V4)
		return (struct wh_addr_key){ 0, addr_word(a->ip + 8) };
	if (a->family == WH_ADDR_V6)
		return (struct wh_addr_key){ addr_word(a->ip), 0 };
	return (struct wh_addr_key){ UINT64_MAX, UINT64_MAX };
}
