/* How many sessions a network has, and how many it opens. What core counts is connections, of one address in one edge; here all edges and dialects are
 * one, and whoever has many addresses of a network is one, too. Counted are the address itself (of IPv6 its /64) and the network that the
 * settings name. When the table is full, networks that are not in it are not held back. */
#include <stdio.h>

#include "bans.h"

static struct wh_str
throttle_key(const struct net *net, unsigned char out[18])
{
	out[0] = net->v6;
	out[1] = net->bits;
	memcpy(out + 2, &net->high, 8);
	memcpy(out + 10, &net->low, 8);
	return (struct wh_str){ (const char *)out, 18 };
}

static struct throttle *
throttle_of(struct bans *x, const struct net *net, bool make)
{
	unsigned char key[18];
	struct throttle *t = wh_dict_get(x->host, x->throttles, throttle_key(net, key));

	if (t != NULL || !make)
		return t;
	t = wh_new(x->host, sizeof *t);
	if (t == NULL)
		return NULL;
	memcpy(t->key, key, sizeof key);
	t->left = x->set.rate.burst;
	t->at = wh_now_ms(x->host);
	if (wh_dict_add(x->host, x->throttles, (struct wh_str){ (const char *)t->key, sizeof t->key }, t) != WH_OK) {
		wh_delete(x->host, t);
		return NULL;
	}
	t->next = x->throttle_first;
	if (t->next != NULL)
		t->next->prev = t;
	x->throttle_first = t;
	return t;
}

static void
throttle_fill(const struct bans *x, struct throttle *t)
{
	int64_t now = wh_now_ms(x->host);

	if (x->set.rate.per_ms > 0)
		t->left += (double)(now - t->at) * x->set.rate.count / (double)x->set.rate.per_ms;
	if (t->left > x->set.rate.burst)
		t->left = x->set.rate.burst;
	t->at = now;
}

static void
throttle_nets(const struct bans *x, const struct net *net, struct net *address, struct net *network)
{
	*address = net->v6 ? net_cut(net, 64) : *net;
	*network = net_cut(net, net->v6 ? x->set.bits6 : x->set.bits4);
}

static const char *
throttle_why(struct bans *x, const struct net *net, bool fresh, struct throttle **address_out, struct throttle **network_out)
{
	struct net address, network;
	struct throttle *a, *n;

	throttle_nets(x, net, &address, &network);
	a = *address_out = throttle_of(x, &address, address_out != network_out);
	n = *network_out = net_same(&address, &network) ? a : throttle_of(x, &network, address_out != network_out);
	if (a != NULL && x->set.sessions_of_address != 0 && a->sessions >= x->set.sessions_of_address)
		return "there are too many connections from your address; close some, or try again later";
	if (n != NULL && x->set.sessions_of_network != 0 && n->sessions >= x->set.sessions_of_network)
		return "there are too many connections from your network; try again later";
	if (n == NULL || x->set.rate.count == 0 || !fresh)
		return NULL;
	throttle_fill(x, n);
	return n->left < 1 ? "there are too many new connections from your network; try again in a minute" : NULL;
}

bool
throttle_enter(struct bans *x, const struct net *net, bool fresh, const char **why_out)
{
	struct throttle *a, *n;

	*why_out = throttle_why(x, net, fresh, &a, &n);
	if (a != NULL)
		a->sessions++;
	if (n != NULL && n != a)
		n->sessions++;
	if (n != NULL && fresh && n->left >= 1)
		n->left--;
	return *why_out == NULL;
}

bool
throttle_would(struct bans *x, const struct net *net)
{
	struct throttle *none;

	return throttle_why(x, net, true, &none, &none) == NULL;
}

void
throttle_leave(struct bans *x, const struct net *net)
{
	struct net address, network;
	struct throttle *t;

	throttle_nets(x, net, &address, &network);
	t = throttle_of(x, &address, false);
	if (t != NULL && t->sessions != 0)
		t->sessions--;
	if (net_same(&address, &network))
		return;
	t = throttle_of(x, &network, false);
	if (t != NULL && t->sessions != 0)
		t->sessions--;
}

static void
throttle_drop(struct bans *x, struct throttle *t)
{
	wh_dict_remove(x->host, x->throttles, (struct wh_str){ (const char *)t->key, sizeof t->key });
	*(t->prev != NULL ? &t->prev->next : &x->throttle_first) = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	wh_delete(x->host, t);
}

/* Those that have nobody and may open as many as anybody else need not be remembered. */
void
throttle_sweep(struct bans *x)
{
	for (struct throttle *t = x->throttle_first, *next; t != NULL; t = next) {
		next = t->next;
		throttle_fill(x, t);
		if (t->sessions == 0 && t->left >= x->set.rate.burst)
			throttle_drop(x, t);
	}
	wh_metric_set(x->host, &bans_metrics[M_NETWORKS], (int64_t)wh_dict_count(x->host, x->throttles));
}

void
throttle_free(struct bans *x)
{
	while (x->throttle_first != NULL)
		throttle_drop(x, x->throttle_first);
}
