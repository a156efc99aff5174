/* Lists of networks, as addr.h describes them: sorted ranges that neither overlap nor touch once sealed. */
#include "base/addr.h"

#include <assert.h>
#include <stdlib.h>

#define NETS_V4_FIRST UINT64_C(0x0000ffff00000000)
#define NETS_V4_LAST UINT64_C(0x0000ffffffffffff)

static void
nets_words(const struct wh_addr *a, uint64_t words[static 2])
{
	words[0] = words[1] = 0;
	for (int i = 0; i < 16; i++)
		words[i / 8] = words[i / 8] << 8 | a->ip[i];
}

static int
nets_compare(const uint64_t a[static 2], const uint64_t b[static 2])
{
	if (a[0] != b[0])
		return a[0] < b[0] ? -1 : 1;
	return a[1] < b[1] ? -1 : a[1] > b[1];
}

static bool
nets_read_prefix(struct wh_str text, unsigned most, unsigned *bits_out)
{
	unsigned n = 0;

	if (text.n == 0 || text.n > 3 || (text.n > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		n = n * 10 + (unsigned)(text.p[i] - '0');
	}
	*bits_out = n;
	return n <= most;
}

static enum wh_err
nets_append(struct wh_nets *nets, struct wh_net_range range)
{
	if (nets->n == nets->cap) {
		size_t cap = nets->cap != 0 ? nets->cap * 2 : 16;
		struct wh_net_range *ranges = reallocarray(nets->ranges, cap, sizeof *ranges);

		if (ranges == NULL)
			return WH_ENOMEM;
		nets->ranges = ranges;
		nets->cap = cap;
	}
	nets->ranges[nets->n++] = range;
	nets->sealed = false;
	return WH_OK;
}

enum wh_err
wh_nets_add(struct wh_nets *nets, struct wh_str cidr)
{
	const char *slash = cidr.n > 0 ? memchr(cidr.p, '/', cidr.n) : NULL;
	struct wh_str ip = { cidr.p, slash != NULL ? (size_t)(slash - cidr.p) : cidr.n };
	struct wh_net_range r;
	struct wh_addr a;
	unsigned bits = 128, most;
	uint64_t mask[2];

	if (wh_addr_parse_ip(&a, ip) != WH_OK || ip.p[0] == '[')
		return WH_ESYNTAX;
	most = memchr(ip.p, ':', ip.n) != NULL ? 128 : 32;
	if (slash != NULL) {
		if (!nets_read_prefix(wh_str_from(cidr, ip.n + 1), most, &bits))
			return WH_ESYNTAX;
		bits += 128 - most;
	}
	mask[0] = bits >= 64 ? 0 : UINT64_MAX >> bits;
	mask[1] = bits >= 128 ? 0 : bits <= 64 ? UINT64_MAX : UINT64_MAX >> (bits - 64);
	nets_words(&a, r.first);
	if ((r.first[0] & mask[0]) != 0 || (r.first[1] & mask[1]) != 0)
		return WH_EINVAL;
	r.last[0] = r.first[0] | mask[0];
	r.last[1] = r.first[1] | mask[1];
	if (r.first[0] == 0 && r.first[1] < NETS_V4_FIRST && (r.last[0] != 0 || r.last[1] >= NETS_V4_LAST)) {
		struct wh_net_range below = { { 0, r.first[1] }, { 0, NETS_V4_FIRST - 1 } };
		enum wh_err err = nets_append(nets, below);

		if (err != WH_OK || (r.last[0] == 0 && r.last[1] == NETS_V4_LAST))
			return err;
		r.first[1] = NETS_V4_LAST + 1;
	}
	return nets_append(nets, r);
}

static int
nets_order(const void *a, const void *b)
{
	return nets_compare(((const struct wh_net_range *)a)->first, ((const struct wh_net_range *)b)->first);
}

/* Does `next` begin within `r` or right behind it? Both are sorted. */
static bool
nets_touch(const struct wh_net_range *r, const struct wh_net_range *next)
{
	uint64_t behind[2] = { r->last[0] + (r->last[1] == UINT64_MAX), r->last[1] + 1 };

	if (behind[0] == 0 && behind[1] == 0)
		return true;
	return nets_compare(next->first, behind) <= 0;
}

void
wh_nets_seal(struct wh_nets *nets)
{
	size_t kept = 0;

	nets->sealed = true;
	if (nets->n == 0)
		return;
	qsort(nets->ranges, nets->n, sizeof *nets->ranges, nets_order);
	for (size_t i = 1; i < nets->n; i++) {
		struct wh_net_range *r = &nets->ranges[kept], *next = &nets->ranges[i];

		if (!nets_touch(r, next))
			nets->ranges[++kept] = *next;
		else if (nets_compare(next->last, r->last) > 0)
			memcpy(r->last, next->last, sizeof r->last);
	}
	nets->n = kept + 1;
}

bool
wh_nets_match(const struct wh_nets *nets, const struct wh_addr *a)
{
	size_t low = 0, high = nets->n;
	uint64_t ip[2];

	assert(nets->sealed || nets->n == 0);
	if (a->family != WH_ADDR_V4 && a->family != WH_ADDR_V6)
		return false;
	nets_words(a, ip);
	/* Finds the number of ranges that begin at or before the address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (nets_compare(nets->ranges[middle].first, ip) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && nets_compare(ip, nets->ranges[low - 1].last) <= 0;
}

void
wh_nets_free(struct wh_nets *nets)
{
	free(nets->ranges);
	*nets = (struct wh_nets){ 0 };
}
