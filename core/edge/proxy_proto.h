/* The PROXY protocol, versions 1 and 2: what a load balancer in front says about the client, before its first byte.
 * The edge reads it only on listeners that ask for it and from configured addresses; then it is required, and anything else is refused. */
#ifndef WHIPLY_EDGE_PROXY_PROTO_H
#define WHIPLY_EDGE_PROXY_PROTO_H

#include <whiply/types.h>

enum {
	WH_PROXY_V1_MAX = 107,	/* bytes of a version 1 line, CRLF included */
	WH_PROXY_V2_MAX = 4096,	/* bytes of a version 2 header, TLVs included */
};

/** An address as the proxy named it. */
struct wh_proxy_addr {
	uint16_t family;	/* AF_INET, AF_INET6, AF_UNIX or AF_UNSPEC */
	uint16_t port;		/* host order */
	uint8_t ip[16];		/* IPv4 in the first four */
};

struct wh_proxy_header {
	bool local;		/* the proxy speaks for itself (health check), or does not know: keep the socket's addresses */
	bool tls;		/* PP2_TYPE_SSL: the client came over TLS */
	struct wh_proxy_addr from, to;
	struct wh_str from_path, to_path;	/* AF_UNIX: slices of the buffer */
	struct wh_str authority;	/* SNI as the proxy saw it; empty if not said */
	struct wh_str unique_id;
	size_t size;		/* bytes to consume */
};

/** Reads from the first byte of the connection. WH_OK: done. WH_WAIT: need more than these `n` bytes, which are a valid
 * beginning. WH_ESYNTAX: not a PROXY header. WH_ETOOBIG: longer than is allowed. It keeps no state: a header is short
 * and comes in one piece, or is hostile and bounded. */
enum wh_err wh_proxy_read(const void *bytes, size_t n, struct wh_proxy_header *header_out);

#endif
