/* Who is the client when trusted proxies stand in front: the rightmost hop of Forwarded or X-Forwarded-For that is not one
 * of them. Only one of the two headers is believed, the one that the operator's proxy is known to set. */
#ifndef WHIPLY_EDGE_HTTP_FORWARD_H
#define WHIPLY_EDGE_HTTP_FORWARD_H

#include "edge/http_parse.h"
#include "edge/proxy_proto.h"

/** The networks whose word is taken; embed it in the struct that holds them. */
struct wh_http_trust {
	bool (*holds)(const struct wh_http_trust *trust, const struct wh_proxy_addr *addr);
};

/** `field` is WH_H_FORWARDED or WH_H_X_FORWARDED_FOR. The peer itself when it is not trusted or said nothing; a hop that
 * cannot be read ("unknown", "_hidden", broken) ends the walk at the hop that named it. At most 32 hops are looked at. */
struct wh_proxy_addr wh_http_client(const struct wh_http_request *req, enum wh_http_field field,
    const struct wh_proxy_addr *peer, const struct wh_http_trust *trust);

/** Reads "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80". IPv4 mapped into IPv6 becomes IPv4. */
bool wh_http_node_parse(struct wh_str text, struct wh_proxy_addr *addr_out);

#endif
