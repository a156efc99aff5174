/* bans: who may not be on this server at all, whatever they speak. docs/bans.md explains it to operators; what is where stands in bans.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "bans.h"

enum { SWEEP_MS = 1000, SWEEPS = 15 /* until throttles and times are looked at */ };

const struct wh_metric bans_metrics[] = {
	[M_BANS] = { "whiply_bans", WH_GAUGE, .help = "Bans that are in force.", .label = "kind" },
	[M_REFUSED] = { "whiply_bans_refused_total", WH_COUNTER, .help = "Sessions, requests and names that a ban or a list refused.", .label = "reason" },
	[M_THROTTLED] = { "whiply_bans_throttled_total", WH_COUNTER, .help = "Sessions of networks that had or opened too many." },
	[M_NETWORKS] = { "whiply_bans_networks", WH_GAUGE, .help = "Addresses and networks whose sessions are counted." },
	[M_DNS] = { "whiply_bans_dns_total", WH_COUNTER, .help = "Addresses that DNS lists were asked about.", .label = "outcome" },
	[M_DNS_SECONDS] = { "whiply_bans_dns_seconds", WH_HISTOGRAM, .help = "Time until all lists answered." },
	[M_END] = { 0 }
};

/* The key of the hashes: made at the first start. Without the file there are other hashes, and bans by hash match nobody any more. */
static enum wh_err
key_load(struct bans *x)
{
	struct wh_str dir = wh_state_dir(x->host);
	char path[1024], temporary[1040];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof path, "%.*s/network.key", WH_FMT(dir));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, x->key, sizeof x->key);
		close(fd);
	}
	if (n == sizeof x->key)
		return WH_OK;
	if (fd >= 0 || errno != ENOENT) {
		wh_host_log(x->host, WH_ERROR, "bans_key_unreadable", WH_T("path", path));
		return WH_EIO;
	}
	wh_random(x->host, x->key, sizeof x->key);
	snprintf(temporary, sizeof temporary, "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0) {
		n = write(fd, x->key, sizeof x->key);
		if (fsync(fd) != 0)
			n = -1;
		close(fd);
	}
	if (fd < 0 || n != sizeof x->key || rename(temporary, path) != 0) {
		wh_host_log(x->host, WH_ERROR, "bans_key_not_written", WH_T("path", path));
		return WH_EIO;
	}
	return WH_OK;
}

static void
bans_sweep(void *self, uint64_t cookie)
{
	struct bans *x = self;

	(void)cookie;
	judge_late(x, false);
	lists_release(x);
	if (++x->sweeps % SWEEPS != 0)
		return;
	throttle_sweep(x);
	keep_expire(x);
}

static void
bans_begin(void *self, uint64_t cookie)
{
	struct bans *x = self;

	(void)cookie;
	x->begin = 0;
	judge_open(x);
}

static bool
recount_each(void *self, struct wh_session *s)
{
	struct bans *x = self;
	struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);
	const char *why;

	if (slot->counted)
		throttle_enter(x, &slot->net, false, &why);
	return true;
}

static enum wh_err
bans_reload(void *self, const struct wh_conf *conf)
{
	struct bans *x = self;
	struct settings *set = &x->set;

	*set = (struct settings){
		.sign_in_ms = wh_conf_ms(conf, "sign_in"), .sessions_of_address = wh_conf_int(conf, "sessions_per_address"),
		.sessions_of_network = wh_conf_int(conf, "sessions_per_network"), .most = wh_conf_int(conf, "most"),
		.bits4 = (unsigned)wh_conf_int(conf, "network_v4"), .bits6 = (unsigned)wh_conf_int(conf, "network_v6"), .rate = wh_conf_rate(conf, "network_rate"),
	};
	for (size_t i = 0; i < wh_conf_count(conf, "except") && set->n_except < BANS_EXCEPT; i++)
		if (net_read(wh_conf_item(conf, "except", i), &set->except[set->n_except]))
			set->n_except++;
	text_copy(set->contact, sizeof set->contact, wh_conf_str(conf, "contact"));
	/* Other networks may be meant now. */
	throttle_free(x);
	if (x->slot != NULL)
		wh_session_each(x->host, recount_each, x);
	return lists_reload(x, conf);
}

static void
bans_close(void *self)
{
	struct bans *x = self;

	wh_timer_stop(x->host, x->sweep);
	wh_timer_stop(x->host, x->begin);
	wh_timer_stop(x->host, x->late);
	if (x->accounts != NULL)
		x->accounts->forget(x->accounts_self, x);
	moved_close(x);
	wh_store_close(&x->table);
	judge_close(x);
	keep_close(x);
	if (x->throttles != NULL)
		throttle_free(x);
	wh_dict_free(x->host, &x->throttles);
	lists_free(x);
	set_free(x->host, &x->bans);
	explicit_bzero(x->key, sizeof x->key);
	wh_delete(x->host, x);
}

static enum wh_err
bans_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct bans *x = wh_new(host, sizeof *x);
	void *self = NULL;
	enum wh_err err = WH_ENOMEM;

	if (x == NULL)
		return WH_ENOMEM;
	x->host = host;
	x->accounts = wh_service_find(host, "accounts", WH_ACCOUNTS_VERSION, &self);
	x->accounts_self = self;
	wh_notices_find(host, &x->notices);
	x->throttles = wh_dict_new(host, THROTTLES);
	if (x->throttles != NULL && set_init(host, &x->bans))
		err = bans_reload(x, conf);
	if (err == WH_OK)
		err = key_load(x);
	if (err == WH_OK && (x->slot = wh_session_slot(host, "bans.session", sizeof(struct bans_slot))) == NULL)
		err = WH_ENOMEM;
	if (err == WH_OK)
		err = wh_store_open(host, &bans_schema, x, &x->table);
	if (err == WH_OK)
		err = keep_load(x);
	if (err != WH_OK) {
		bans_close(x);
		return err;
	}
	moved_open(x);
	x->sweep = wh_timer_start(host, SWEEP_MS, SWEEP_MS, bans_sweep, 0);
	x->begin = wh_timer_start(host, 0, 0, bans_begin, 0);
	wh_host_log(host, WH_INFO, "bans_read", WH_U("bans", x->bans.n));
	*self_out = x;
	return WH_OK;
}

static const struct wh_setting dns_settings[] = {
	{ "server", WH_STRING, .def = "", .help = "the name server, such as \"192.0.2.53\" or \"127.0.0.1:5353\"; not given: the first of /etc/resolv.conf" },
	{ "timeout", WH_DURATION, .def = "2s", .min = "100ms", .max = "10s", .help = "how long lists are waited for; asked again after half of it" },
	{ "keep", WH_DURATION, .def = "1h", .min = "1s", .max = "7d", .help = "how long an answer is believed" },
	{ "most", WH_INT, .def = "16384", .min = "1", .max = "1000000", .help = "addresses whose answers are kept" },
	{ 0 }
};

static const struct wh_setting bans_settings[] = {
	{ "contact", WH_STRING, .def = "", .max = "120", .help = "where to ask about a ban: a mail address or a page; whoever is banned reads it" },
	{ "except", WH_NETWORKS, .help = "networks for which no ban of networks, no throttle and no list holds, at most 64; such as your own and your gateways'" },
	{ "most", WH_INT, .def = "200000", .min = "1", .max = "1000000", .help = "bans that there may be" },
	{ "sign_in", WH_DURATION, .def = "1m", .min = "5s", .max = "1h", .help = "time to sign in, for who may be here with an account only" },
	{ "sessions_per_address", WH_INT, .def = "256", .min = "0", .max = "1000000", .help = "sessions of one address (IPv6: /64), over all edges and dialects; 0: any number" },
	{ "sessions_per_network", WH_INT, .def = "2048", .min = "0", .max = "1000000", .help = "sessions of one network; 0: any number" },
	{ "network_rate", WH_RATE, .def = "600/m burst 300", .help = "new sessions of one network" },
	{ "network_v4", WH_INT, .def = "24", .min = "8", .max = "32", .help = "bits that make a network, of IPv4" },
	{ "network_v6", WH_INT, .def = "48", .min = "16", .max = "128", .help = "and of IPv6" },
	{ "lists", WH_TABLES, .table = list_settings, .help = "DNS lists that are asked about addresses from outside; at most 16" },
	{ "dns", WH_TABLE, .table = dns_settings, .help = "how they are asked" },
	{ 0 }
};

static const struct wh_hook bans_hooks[] = {
	/* Before those that greet, name and sign in. */
	{ WH_ON_PRESENCE, .order = 5, .presence = judge_presence },
	{ WH_ON_CREDENTIAL, .order = 5, .credential = judge_credential },
	{ WH_ON_ATTEMPT, .order = 5, .attempt = judge_attempt },
	{ WH_ON_JOIN, .order = 5, .passage = judge_join },
	{ WH_ON_MESSAGE, .order = 5, .message = judge_message },
	{ WH_ON_SAVE, .order = 50, .papers = judge_save },
	{ WH_ON_LOAD, .order = 50, .papers = judge_load },
	{ WH_ON_RECOVERED, .order = 60, .recovered = judge_recovered },
	{ WH_ON_EXPORT, .order = 50, .person = privacy_export },
	{ WH_ON_ERASE, .order = 50, .person = privacy_erase },
	{ 0 }
};

static const struct wh_service bans_offers[] = {
	{ "bans", WH_BANS_VERSION, &bans_ops },
	{ 0 }
};

static const char *const bans_needs[] = { "store", "?accounts", "?chat", "?notices", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("bans", "1.0", "who may not be on this server, in any dialect"),
	.needs = bans_needs,
	.settings = bans_settings,
	.commands = bans_commands,
	.hooks = bans_hooks,
	.metrics = bans_metrics,
	.offers = bans_offers,
	.open = bans_open,
	.close = bans_close,
	.reload = bans_reload,
};
