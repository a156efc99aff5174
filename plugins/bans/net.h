/* Networks and what stands on them, as a binary trie whose single ways are drawn together: a look-up follows the bits of an address and meets every
 * network that it is in, the widest first. It costs as many steps as there are forks on the way (17 or so in 100,000 random networks, at most 32
 * for IPv4 and 128 for IPv6), whatever is stored. 40 bytes a node, at most two nodes a network. Knows no host, no store, no clock. */
#ifndef BANS_NET_H
#define BANS_NET_H

#include <whiply/types.h>

enum { NET_TEXT = 48 };	/* room for an address with its prefix as text, and a NUL */

/** A network: bits behind `bits` are zero. `bits` is 32 or 128 for an address. */
struct net {
	uint64_t high, low;	/* of IPv4 the first 32 bits of `high` */
	uint8_t bits;
	bool v6;
};

struct net_node {
	uint64_t high, low;
	void *value;		/* NULL: only a fork */
	uint32_t child[2];	/* 0: none */
	uint8_t bits;
};

/** Zero it. */
struct net_trie {
	struct net_node *nodes;	/* owned; the first is not used */
	uint32_t n, cap;
	uint32_t spare;		/* the first of those that were given back, by child[0] */
	uint32_t root[2];	/* IPv4, IPv6 */
};

/** Where a look-up stands. */
struct net_walk {
	const struct net_trie *trie;
	uint64_t high, low;
	uint32_t at;
	uint8_t bits;
};

/** Reads "192.0.2.1", "192.0.2.0/24", "2001:db8::/32"; bits behind the prefix are cleared. An IPv4 address in IPv6's clothes is IPv4. */
bool net_read(struct wh_str text, struct net *out);
void net_show(const struct net *net, char out[static NET_TEXT]);

/** The network of the first `bits` bits. */
struct net net_cut(const struct net *net, unsigned bits);
bool net_holds(const struct net *wide, const struct net *narrow);
bool net_same(const struct net *a, const struct net *b);

/** An address that is nobody's outside: loopback, private, of one link, shared, multicast, or none. */
bool net_private(const struct net *net);

/** The place of what stands on exactly this network, made if need be; NULL: out of memory. Good until the next change. Whoever sets it to NULL
 * says net_drop. */
void **net_place(struct net_trie *trie, const struct net *net);

/** The place of exactly this network, or NULL when there is none. Good until the next change. */
void **net_find(const struct net_trie *trie, const struct net *net);

/** What stands on exactly this network, or NULL. */
static inline void *
net_get(const struct net_trie *trie, const struct net *net)
{
	void **place = net_find(trie, net);

	return place != NULL ? *place : NULL;
}

/** Nothing stands there any more. */
void net_drop(struct net_trie *trie, const struct net *net);
void net_free(struct net_trie *trie);

static inline struct net_walk
net_begin(const struct net_trie *trie, const struct net *net)
{
	return (struct net_walk){ trie, net->high, net->low, trie->root[net->v6], net->bits };
}

/** What stands on the next network that the address (or network) is in; NULL behind the last. */
static inline void *
net_next(struct net_walk *w)
{
	while (w->at != 0) {
		const struct net_node *node = &w->trie->nodes[w->at];
		uint64_t high = node->high ^ w->high, low = node->low ^ w->low;

		if (node->bits > w->bits ||
		    (node->bits <= 64 ? node->bits != 0 && high >> (64 - node->bits) != 0 : high != 0 || low >> (128 - node->bits) != 0)) {
			w->at = 0;
			break;
		}
		w->at = node->bits < w->bits ? node->child[(node->bits < 64 ? w->high >> (63 - node->bits) : w->low >> (127 - node->bits)) & 1] : 0;
		if (node->value != NULL)
			return node->value;
	}
	return NULL;
}

#endif
