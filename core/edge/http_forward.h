/* Who is the client when trusted proxies stand in front: the rightmost hop of Forwarded or X-Forwarded-For that is not one
 * of them. Only one of the two headers is believed, the one that the operator's proxy is known to set. */
#ifndef WHIPLY_EDGE_HTTP_FORWARD_H
#define WHIPLY_EDGE_HTTP_FORWARD_H

#include "base/addr.h"
#include "edge/http_parse.h"

/** `field` is WH_H_FORWARDED or WH_H_X_FORWARDED_FOR. The peer itself when it is not trusted or said nothing; a hop that
 * cannot be read ("unknown", "_hidden", broken) ends the walk at the hop that named it. A peer on a Unix socket is trusted:
 * the file's permissions say who may connect. At most WH_FORWARD_HOPS are looked at. */
enum { WH_FORWARD_HOPS = 32 };
struct wh_addr wh_http_client(const struct wh_http_request *req, enum wh_http_field field, const struct wh_addr *peer,
    const struct wh_nets *trusted);

/** Reads a hop: "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]" or "[2001:db8::1]:80". */
bool wh_http_hop_parse(struct wh_str text, struct wh_addr *addr_out);

#endif
