/* The trie of net.h. */
#include "net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t
bytes_read(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (i < n ? p[i] : 0);
	return v;
}

static void
bytes_write(uint64_t v, unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(v >> (56 - 8 * i));
}

static uint64_t
mask_of(unsigned bits)
{
	return bits == 0 ? 0 : bits >= 64 ? UINT64_MAX : UINT64_MAX << (64 - bits);
}

struct net
net_cut(const struct net *net, unsigned bits)
{
	struct net cut = *net;

	if (bits >= cut.bits)
		return cut;
	cut.bits = (uint8_t)bits;
	cut.high &= mask_of(bits);
	cut.low &= bits > 64 ? mask_of(bits - 64) : 0;
	return cut;
}

static bool
prefix_read(const char *text, unsigned most, unsigned *bits_out)
{
	unsigned bits = 0;
	size_t n = 0;

	while (text[n] >= '0' && text[n] <= '9' && n < 4)
		bits = bits * 10 + (unsigned)(text[n++] - '0');
	*bits_out = bits;
	return n != 0 && n < 4 && text[n] == '\0' && bits <= most && (n == 1 || text[0] != '0');
}

bool
net_read(struct wh_str text, struct net *out)
{
	char copy[NET_TEXT + 8], *slash;
	unsigned char bytes[16];
	unsigned bits;
	struct net net = { .bits = 0 };

	if (text.n == 0 || text.n >= sizeof copy || memchr(text.p, '\0', text.n) != NULL)
		return false;
	snprintf(copy, sizeof copy, "%.*s", WH_FMT(text));
	slash = strchr(copy, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (inet_pton(AF_INET, copy, bytes) == 1) {
		net = (struct net){ .high = bytes_read(bytes, 4), .bits = 32 };
	} else if (inet_pton(AF_INET6, copy, bytes) == 1) {
		net = (struct net){ bytes_read(bytes, 8), bytes_read(bytes + 8, 8), 128, true };
		if (net.high == 0 && net.low >> 32 == 0xffff && slash == NULL)
			net = (struct net){ .high = net.low << 32, .bits = 32 };
	} else {
		return false;
	}
	bits = net.bits;
	if (slash != NULL && !prefix_read(slash, bits, &bits))
		return false;
	*out = net_cut(&net, bits);
	return true;
}

void
net_show(const struct net *net, char out[static NET_TEXT])
{
	unsigned char bytes[16];
	size_t n;

	bytes_write(net->high, bytes, 8);
	bytes_write(net->low, bytes + 8, 8);
	if (inet_ntop(net->v6 ? AF_INET6 : AF_INET, bytes, out, NET_TEXT) == NULL)
		out[0] = '\0';
	n = strlen(out);
	if (net->bits != (net->v6 ? 128 : 32))
		snprintf(out + n, NET_TEXT - n, "/%u", (unsigned)net->bits);
}

bool
net_same(const struct net *a, const struct net *b)
{
	return a->v6 == b->v6 && a->bits == b->bits && a->high == b->high && a->low == b->low;
}

bool
net_holds(const struct net *wide, const struct net *narrow)
{
	struct net cut = net_cut(narrow, wide->bits);

	return net_same(&cut, wide);
}

bool
net_private(const struct net *net)
{
	static const struct net none[] = {
		{ .high = UINT64_C(0x00) << 56, .bits = 8 }, { .high = UINT64_C(0x0a) << 56, .bits = 8 }, { .high = UINT64_C(0x7f) << 56, .bits = 8 },
		{ .high = UINT64_C(0x64400000) << 32, .bits = 10 }, { .high = UINT64_C(0xa9fe0000) << 32, .bits = 16 },
		{ .high = UINT64_C(0xac100000) << 32, .bits = 12 }, { .high = UINT64_C(0xc0a80000) << 32, .bits = 16 },
		{ .high = UINT64_C(0xe0) << 56, .bits = 3 },
		{ 0, 0, 127, true }, { UINT64_C(0xfc) << 56, 0, 7, true }, { UINT64_C(0xfe80) << 48, 0, 10, true }, { UINT64_C(0xff) << 56, 0, 8, true },
	};

	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		if (net_holds(&none[i], net))
			return true;
	return false;
}

/* How many bits two networks have in common, of the first `most`. */
static unsigned
common_bits(uint64_t high, uint64_t low, const struct net_node *node, unsigned most)
{
	uint64_t differ = high ^ node->high;
	unsigned n;

	if (differ != 0)
		n = (unsigned)__builtin_clzll(differ);
	else
		n = (low ^ node->low) != 0 ? 64 + (unsigned)__builtin_clzll(low ^ node->low) : 128;
	return n < most ? n : most;
}

static unsigned
bit_of(uint64_t high, uint64_t low, unsigned bit)
{
	return (unsigned)((bit < 64 ? high >> (63 - bit) : low >> (127 - bit)) & 1);
}

/* Room for two nodes more, so that nothing moves or fails on the way. */
static bool
trie_room(struct net_trie *trie)
{
	struct net_node *more;
	uint32_t cap;

	if (trie->n + 2 < trie->cap)
		return true;
	cap = trie->cap != 0 ? trie->cap * 2 : 64;
	if (cap < trie->cap)
		return false;
	more = realloc(trie->nodes, cap * sizeof *more);
	if (more == NULL)
		return false;
	trie->nodes = more;
	trie->cap = cap;
	if (trie->n == 0)
		trie->n = 1;
	return true;
}

static uint32_t
node_new(struct net_trie *trie, const struct net *net, unsigned bits)
{
	struct net cut = net_cut(net, bits);
	uint32_t at = trie->spare;

	if (at != 0)
		trie->spare = trie->nodes[at].child[0];
	else
		at = trie->n++;
	trie->nodes[at] = (struct net_node){ .high = cut.high, .low = cut.low, .bits = (uint8_t)bits };
	return at;
}

void **
net_place(struct net_trie *trie, const struct net *net)
{
	uint32_t *link = &trie->root[net->v6], at, fork;

	if (!trie_room(trie))
		return NULL;
	while (*link != 0) {
		struct net_node *node = &trie->nodes[*link];
		unsigned common = common_bits(net->high, net->low, node, node->bits < net->bits ? node->bits : net->bits);

		if (common < node->bits) {
			at = node_new(trie, net, net->bits);
			if (common == net->bits) {
				trie->nodes[at].child[bit_of(node->high, node->low, common)] = *link;
				*link = at;
			} else {
				fork = node_new(trie, net, common);
				trie->nodes[fork].child[bit_of(node->high, node->low, common)] = *link;
				trie->nodes[fork].child[bit_of(net->high, net->low, common)] = at;
				*link = fork;
			}
			return &trie->nodes[at].value;
		}
		if (node->bits == net->bits)
			return &node->value;
		link = &node->child[bit_of(net->high, net->low, node->bits)];
	}
	at = node_new(trie, net, net->bits);
	*link = at;
	return &trie->nodes[at].value;
}

void **
net_find(const struct net_trie *trie, const struct net *net)
{
	uint32_t at = trie->root[net->v6];

	while (at != 0) {
		struct net_node *node = &trie->nodes[at];

		if (node->bits > net->bits || common_bits(net->high, net->low, node, node->bits) < node->bits)
			return NULL;
		if (node->bits == net->bits)
			return &node->value;
		at = node->child[bit_of(net->high, net->low, node->bits)];
	}
	return NULL;
}

/* A node that holds nothing and joins nothing goes. */
static bool
node_prune(struct net_trie *trie, uint32_t *link)
{
	struct net_node *node = &trie->nodes[*link];
	uint32_t at = *link;

	if (node->value != NULL || (node->child[0] != 0 && node->child[1] != 0))
		return false;
	*link = node->child[0] != 0 ? node->child[0] : node->child[1];
	node->child[0] = trie->spare;
	trie->spare = at;
	return true;
}

void
net_drop(struct net_trie *trie, const struct net *net)
{
	uint32_t *link = &trie->root[net->v6], *above = NULL;

	while (*link != 0) {
		struct net_node *node = &trie->nodes[*link];

		if (node->bits > net->bits || common_bits(net->high, net->low, node, node->bits) < node->bits)
			return;
		if (node->bits == net->bits) {
			node->value = NULL;
			if (node_prune(trie, link) && above != NULL && *above != 0)
				node_prune(trie, above);
			return;
		}
		above = link;
		link = &node->child[bit_of(net->high, net->low, node->bits)];
	}
}

void
net_free(struct net_trie *trie)
{
	free(trie->nodes);
	*trie = (struct net_trie){ .nodes = NULL };
}
