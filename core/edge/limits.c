/* Admission as limits.h says. */
#include "edge/limits.h"

enum wh_err
limits_init(struct limits *l, uint32_t max)
{
	*l = (struct limits){ 0 };
	/* Twice the connections, so that addresses without any are remembered for a while. */
	return wh_addrtable_init(&l->addresses, max * 2 < 1024 ? 1024 : max * 2);
}

void
limits_free(struct limits *l)
{
	wh_addrtable_free(&l->addresses);
}

int64_t
limits_accept(struct limits *l, const struct edge_settings *s, int64_t now_ns)
{
	if (wh_bucket_take(&l->accepts, &s->limits.accept, now_ns, 1))
		return 0;
	return wh_bucket_wait(&l->accepts, &s->limits.accept, now_ns, 1);
}

static enum limits_verdict
limits_hold(struct limits *l, const struct edge_settings *s, const struct wh_addr *peer, int64_t now_ns,
    struct wh_addr_entry **entry_out)
{
	struct wh_addr_entry *e;

	if (wh_nets_match(&s->limits.deny, peer))
		return LIMITS_DENIED;
	e = wh_addrtable_touch(&l->addresses, wh_addr_key(peer));
	if (e == NULL)
		return LIMITS_FULL;
	/* All Unix sockets share one key: there the limits in all are enough. */
	if (peer->family != WH_ADDR_UNIX && e->connections >= s->limits.per_address)
		return LIMITS_ADDRESS;
	if (peer->family != WH_ADDR_UNIX && !wh_bucket_take(&e->accepts, &s->limits.accept_address, now_ns, 1))
		return LIMITS_RATE;
	wh_addrtable_hold(&l->addresses, e);
	*entry_out = e;
	return LIMITS_ADMIT;
}

enum limits_verdict
limits_enter(struct limits *l, const struct edge_settings *s, const struct wh_addr *peer, bool proxy, int64_t now_ns,
    struct wh_addr_entry **entry_out)
{
	enum limits_verdict v = LIMITS_ADMIT;

	*entry_out = NULL;
	if (l->connections >= s->limits.connections)
		return LIMITS_FULL;
	if (!proxy)
		v = limits_hold(l, s, peer, now_ns, entry_out);
	if (v == LIMITS_ADMIT)
		l->connections++;
	return v;
}

enum limits_verdict
limits_rename(struct limits *l, const struct edge_settings *s, const struct wh_addr *peer, int64_t now_ns,
    struct wh_addr_entry **entry)
{
	struct wh_addr_entry *other = NULL;
	struct wh_addr_key key = wh_addr_key(peer);
	enum limits_verdict v;

	if (*entry != NULL && (*entry)->key.hi == key.hi && (*entry)->key.lo == key.lo)
		return LIMITS_ADMIT;
	v = limits_hold(l, s, peer, now_ns, &other);
	if (v != LIMITS_ADMIT)
		return v;
	if (*entry != NULL)
		wh_addrtable_drop(&l->addresses, *entry);
	*entry = other;
	return LIMITS_ADMIT;
}

void
limits_leave(struct limits *l, struct wh_addr_entry **entry)
{
	if (*entry != NULL)
		wh_addrtable_drop(&l->addresses, *entry);
	*entry = NULL;
	l->connections--;
}
