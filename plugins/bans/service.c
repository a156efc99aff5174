/* The service of include/whiply/bans.h. */
#include <stdio.h>

#include "bans.h"

static struct bans *
bans_of(struct wh_bans *bans)
{
	return (struct bans *)(void *)bans;
}

static enum wh_err
service_add(struct wh_bans *bans, const struct wh_ban *from, wh_bans_added *done, void *self, uint64_t cookie)
{
	struct bans *x = bans_of(bans);
	struct wh_ban copy = *from;
	struct ban *ban;
	enum wh_err err;

	copy.id = WH_STR("");
	copy.at = wh_wall_ms(x->host);
	err = ban_new(x->host, &copy, &ban);
	return err == WH_OK ? keep_add(x, ban, done, self, cookie) : err;
}

static bool
service_network(struct wh_bans *bans, struct wh_session *s, char out[WH_BAN_HASH_SIZE])
{
	struct bans *x = bans_of(bans);
	struct net net;

	out[0] = '\0';
	return net_read(wh_session_address(x->host, s), &net) && hash_of(x, &net, out);
}

static enum wh_err
service_add_network(struct wh_bans *bans, struct wh_session *s, const struct wh_ban *from, wh_bans_added *done, void *self, uint64_t cookie)
{
	char hash[WH_BAN_HASH_SIZE];
	struct wh_ban copy = *from;

	if (!service_network(bans, s, hash))
		return WH_ENOENT;
	copy.kind = WH_BAN_HASH;
	copy.what = wh_str(hash);
	return service_add(bans, &copy, done, self, cookie);
}

static enum wh_err
service_remove(struct wh_bans *bans, struct wh_str id, wh_bans_removed *done, void *self, uint64_t cookie)
{
	return id.n != 0 ? keep_remove(bans_of(bans), id, WH_STR(""), done, self, cookie) : WH_ENOENT;
}

static enum wh_err
service_remove_cause(struct wh_bans *bans, struct wh_str cause, wh_bans_removed *done, void *self, uint64_t cookie)
{
	return keep_remove(bans_of(bans), WH_STR(""), cause, done, self, cookie);
}

static bool
service_match(struct wh_bans *bans, enum wh_ban_kind kind, struct wh_str what, struct wh_ban *out)
{
	struct bans *x = bans_of(bans);
	const struct ban *ban = set_match(x->host, &x->bans, kind, what, wh_wall_ms(x->host));

	if (ban != NULL)
		*out = ban->ban;
	return ban != NULL;
}

static struct wh_str
service_marks(struct wh_bans *bans, struct wh_session *s)
{
	struct bans *x = bans_of(bans);
	struct net net;
	uint32_t hits = 0;
	size_t n = 0;

	x->marks[0] = '\0';
	if (net_read(wh_session_address(x->host, s), &net))
		lists_known(x, &net, &hits);
	for (int i = 0; i < LISTS && n < sizeof x->marks; i++)
		if ((hits & 1u << i) != 0)
			n += (size_t)snprintf(x->marks + n, sizeof x->marks - n, "%s%s", n != 0 ? " " : "", list_name(x, i));
	return wh_str(x->marks);
}

static void
service_look(struct wh_bans *bans, struct wh_session *s)
{
	judge_moved(bans_of(bans), s);
}

static void
service_forget(struct wh_bans *bans, void *self)
{
	keep_forget(bans_of(bans), self);
}

const struct wh_bans_ops bans_ops = {
	.add = service_add, .add_network = service_add_network, .remove = service_remove, .remove_cause = service_remove_cause, .network = service_network,
	.match = service_match, .marks = service_marks, .look = service_look, .forget = service_forget,
};
