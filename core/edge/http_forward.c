/* The walk of http_forward.h: from the right, where our own proxies wrote, to the left, where anybody may have. */
#include "edge/http_forward.h"
#include "edge/http_fields.h"

/* A ring of the last hops named; the list's length is the client's choice, ours is how far back we look. */
struct hops {
	struct wh_str last[WH_FORWARD_HOPS];
	unsigned n;
};

static void
hops_add(struct hops *h, struct wh_str hop)
{
	h->last[h->n++ % WH_FORWARD_HOPS] = hop;
}

/* The for= of a Forwarded element; an element without one is a hop that cannot be read. */
static struct wh_str
element_for(struct wh_str element)
{
	struct wh_str name, value;

	while (wh_http_semi_next(&element, &name, &value))
		if (wh_http_same(name, WH_STR("for")))
			return value;
	return (struct wh_str){ NULL, 0 };
}

static void
hops_collect(struct hops *h, const struct wh_http_request *req, enum wh_http_field field)
{
	struct wh_str value, item;
	unsigned at = 0;

	while (wh_http_header_next(req, field, &at, &value))
		while (wh_http_list_next(&value, &item))
			hops_add(h, field == WH_H_FORWARDED ? element_for(item) : item);
}

bool
wh_http_hop_parse(struct wh_str text, struct wh_addr *addr_out)
{
	return wh_addr_parse_ip(addr_out, text) == WH_OK || wh_addr_parse(addr_out, text) == WH_OK;
}

struct wh_addr
wh_http_client(const struct wh_http_request *req, enum wh_http_field field, const struct wh_addr *peer,
    const struct wh_nets *trusted)
{
	struct wh_addr client = *peer, hop;
	struct hops hops;
	unsigned back;

	if (peer->family != WH_ADDR_UNIX && !wh_nets_match(trusted, peer))
		return client;
	hops.n = 0;
	hops_collect(&hops, req, field);
	for (back = 1; back <= hops.n && back <= WH_FORWARD_HOPS; back++) {
		if (!wh_http_hop_parse(hops.last[(hops.n - back) % WH_FORWARD_HOPS], &hop))
			break;
		client = hop;
		if (!wh_nets_match(trusted, &hop))
			break;
	}
	return client;
}
