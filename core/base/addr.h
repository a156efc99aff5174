/* Network addresses: of clients (wh_addr, 20 bytes, one for each connection), of listeners and upstreams
 * (wh_endpoint, which also has the path of a Unix socket), and lists of networks (wh_nets).
 * IPv4 is kept in its IPv6-mapped form ::ffff:a.b.c.d everywhere, also when it arrives so on a dual-stack socket. */
#ifndef WHIPLY_BASE_ADDR_H
#define WHIPLY_BASE_ADDR_H

#include <sys/socket.h>
#include <whiply/types.h>

enum wh_addr_family {
	WH_ADDR_NONE = 0,
	WH_ADDR_V4,
	WH_ADDR_V6,
	WH_ADDR_UNIX,
};

struct wh_addr {
	uint8_t ip[16];		/* network order; zero for a Unix socket */
	uint16_t port;		/* host order */
	uint16_t family;	/* enum wh_addr_family */
};

enum {
	WH_ENDPOINT_PATH = 108,
	WH_ADDR_TEXT = 56,	/* holds every text of a wh_addr with its NUL */
	WH_ENDPOINT_TEXT = WH_ENDPOINT_PATH + 6,
};

struct wh_endpoint {
	struct wh_addr addr;
	char path[WH_ENDPOINT_PATH];	/* NUL-terminated; empty unless addr.family is WH_ADDR_UNIX */
};

/** Reads "1.2.3.4", "2001:db8::1" or "[2001:db8::1]", without a port (which becomes 0). Strict: no zone, no blanks,
 * no octal, nothing left over. WH_ESYNTAX changes nothing. */
enum wh_err wh_addr_parse_ip(struct wh_addr *addr_out, struct wh_str text);

/** Reads "1.2.3.4:80" or "[2001:db8::1]:80", as proxies name a client. */
enum wh_err wh_addr_parse(struct wh_addr *addr_out, struct wh_str text);

/** Reads what a listener's setting may say: as wh_addr_parse, or ":80" for every address of IPv4 and IPv6 (which is
 * [::]:80), or "unix:/absolute/path", at most 107 bytes of path. */
enum wh_err wh_endpoint_parse(struct wh_endpoint *endpoint_out, struct wh_str text);

/** Writes "1.2.3.4:80", "[2001:db8::1]:80" (in the form of RFC 5952) or "unix", and returns the length. */
size_t wh_addr_format(const struct wh_addr *a, char out[static WH_ADDR_TEXT]);

/** The same without brackets and port. */
size_t wh_addr_format_ip(const struct wh_addr *a, char out[static WH_ADDR_TEXT]);

/** Writes what wh_endpoint_parse reads. */
size_t wh_endpoint_format(const struct wh_endpoint *e, char out[static WH_ENDPOINT_TEXT]);

/** Of a system call's sockaddr. WH_ENOTSUP for families that we do not know, WH_EINVAL when `n` is too short. */
enum wh_err wh_addr_from_sockaddr(struct wh_addr *addr_out, const struct sockaddr *sa, socklen_t n);

/** Fills `sa_out` for bind or connect and returns its length. IPv4 becomes AF_INET. */
socklen_t wh_endpoint_sockaddr(const struct wh_endpoint *e, struct sockaddr_storage *sa_out);

bool wh_addr_same_ip(const struct wh_addr *a, const struct wh_addr *b);

/** Is it 127/8, ::1 or a Unix socket? */
bool wh_addr_is_local(const struct wh_addr *a);

/** What per-address limits count by: an IPv4 address, an IPv6 /64, or all Unix sockets together. */
struct wh_addr_key {
	uint64_t hi, lo;
};

struct wh_addr_key wh_addr_key(const struct wh_addr *a);

/** A list of networks, such as a deny list or the trusted proxies. Add all, seal, then ask: a look-up is a binary
 * search in sorted, merged ranges. An empty list matches nothing, and nothing matches a Unix socket. {0} is empty. */
struct wh_net_range {
	uint64_t first[2], last[2];	/* host order, high word first */
};

struct wh_nets {
	struct wh_net_range *ranges;	/* owned */
	size_t n, cap;
	bool sealed;
};

/** Adds "10.0.0.0/8", "2001:db8::/32" or a single address. Bits behind the prefix must be zero (WH_EINVAL), as they
 * are a typing error more often than not; a prefix that is missing is the whole address.
 * An IPv6 network, ::/0 too, holds no IPv4 address, unless it is ::ffff:0:0/96 or narrower. */
enum wh_err wh_nets_add(struct wh_nets *nets, struct wh_str cidr);

/** Sorts and merges; may be followed by more adds and another seal. */
void wh_nets_seal(struct wh_nets *nets);

/** Asserts that the list is sealed, unless it is empty. */
bool wh_nets_match(const struct wh_nets *nets, const struct wh_addr *a);

void wh_nets_free(struct wh_nets *nets);

#endif
