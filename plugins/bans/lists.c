/* DNS lists: who is on one of them, as far as is known, and asking when it is not. What was said is kept for a while, of `most` addresses,
 * the oldest forgotten first. Who comes is let in, and closed when the answer says so; until then, but no longer than the timeout, what they say and
 * where they enter waits. A name server that does not answer locks nobody out, and is left alone for a while. */
#include <stdio.h>

#include "bans.h"

enum {
	LISTS_WAITING = 64,		/* questions that wait for a thread */
	LISTS_RUNNING = 2,		/* so that the store's threads stay free */
	LISTS_HELD = 256,		/* what waits for an answer; more does not wait */
	LISTS_DEAD = 6,			/* unanswered in a row */
	LISTS_PAUSE_MS = 30000,
	LISTS_FAILED_MS = 60000,	/* how long it is remembered that there was no answer */
};

struct list {
	enum list_action action;
	char name[64], why[WH_BAN_WHAT + 1];
};

/* What is known of an address. */
struct heard {
	struct heard *prev, *next;	/* the one that was asked for last is the first */
	unsigned char key[17];
	struct net net;
	bool asking, known, wanted;
	uint32_t hits;
	int64_t until;
};

/* Something that waits for an answer. */
struct held {
	wh_id ticket, session;
	int64_t until;
};

struct lists {
	struct list lists[LISTS];
	struct held held[LISTS_HELD];
	size_t n_held;
	struct dns_asking asking;	/* filled in as far as it is the same each time */
	struct wh_dict *heard;
	struct heard *first, *last;
	int64_t keep_ms, most, pause_until;
	unsigned unanswered;
	uint64_t round;			/* grows when the lists change: answers to older questions are not taken */
};

struct lists_job {
	struct dns_asking asking;
	uint64_t round;
};

const struct wh_setting list_settings[] = {
	{ "zone", WH_STRING, .required = true, .min = "3", .max = "127", .help = "the list's name, such as \"dnsbl.example.org\"" },
	{ "replies", WH_NETWORKS, .help = "answers that count, such as \"127.0.0.2\"; none given: all of 127.0.0.0/8. 127.255.255.0/24 never counts" },
	{ "action", WH_CHOICE, .def = "registered", .choices = "refuse|registered|mark", .help = "what becomes of who is on it: closed, asked for an account, or only marked for moderation" },
	{ "name", WH_STRING, .max = "63", .help = "what it is called to people; not given: its zone" },
	{ "why", WH_STRING, .max = "120", .help = "the sentence that people read, such as where to ask to be taken off the list" },
	{ 0 }
};

static struct wh_str
heard_key(const struct net *net, unsigned char out[17])
{
	out[0] = net->v6;
	memcpy(out + 1, &net->high, 8);
	memcpy(out + 9, &net->low, 8);
	return (struct wh_str){ (const char *)out, 17 };
}

static void
heard_unlink(struct lists *l, struct heard *h)
{
	*(h->prev != NULL ? &h->prev->next : &l->first) = h->next;
	*(h->next != NULL ? &h->next->prev : &l->last) = h->prev;
}

static void
heard_first(struct lists *l, struct heard *h)
{
	h->prev = NULL;
	h->next = l->first;
	*(l->first != NULL ? &l->first->prev : &l->last) = h;
	l->first = h;
}

static void
heard_drop(struct bans *x, struct heard *h)
{
	struct lists *l = x->lists;

	wh_dict_remove(x->host, l->heard, (struct wh_str){ (const char *)h->key, sizeof h->key });
	heard_unlink(l, h);
	wh_delete(x->host, h);
}

static struct heard *
heard_of(struct bans *x, const struct net *net, bool make)
{
	struct lists *l = x->lists;
	unsigned char key[17];
	struct heard *h = wh_dict_get(x->host, l->heard, heard_key(net, key));

	if (h != NULL && make) {
		heard_unlink(l, h);
		heard_first(l, h);
	}
	if (h != NULL || !make)
		return h;
	while (l->last != NULL && wh_dict_count(x->host, l->heard) >= (size_t)l->most)
		heard_drop(x, l->last);
	h = wh_new(x->host, sizeof *h);
	if (h == NULL)
		return NULL;
	memcpy(h->key, key, sizeof key);
	h->net = *net;
	if (wh_dict_add(x->host, l->heard, (struct wh_str){ (const char *)h->key, sizeof h->key }, h) != WH_OK) {
		wh_delete(x->host, h);
		return NULL;
	}
	heard_first(l, h);
	return h;
}

static void
lists_work(void *request)
{
	dns_ask(&((struct lists_job *)request)->asking);
}

/* A name server that does not answer at all is left alone. */
static void
lists_answered(struct bans *x, const struct dns_asking *asking)
{
	struct lists *l = x->lists;
	bool any = asking->answered != 0, all = asking->answered == (1u << asking->n) - 1;

	wh_metric_add_for(x->host, &bans_metrics[M_DNS], asking->hits != 0 ? WH_STR("listed") : all ? WH_STR("clean") : WH_STR("unanswered"), 1);
	wh_metric_took(x->host, &bans_metrics[M_DNS_SECONDS], asking->took_us);
	l->unanswered = any ? 0 : l->unanswered + 1;
	if (l->unanswered < LISTS_DEAD)
		return;
	l->unanswered = 0;
	l->pause_until = wh_now_ms(x->host) + LISTS_PAUSE_MS;
	wh_host_log(x->host, WH_WARN, "bans_name_server_silent", WH_I("pause_ms", LISTS_PAUSE_MS));
	wh_notice(&x->notices, WH_TOPIC_BANS, WH_STR("the name server does not answer; DNS lists are not asked for half a minute"));
}

static void
lists_done(void *self, void *request)
{
	struct bans *x = self;
	const struct lists_job *job = request;
	struct heard *h;
	bool all = job->asking.answered == (1u << job->asking.n) - 1, look;

	lists_answered(x, &job->asking);
	h = job->round == x->lists->round ? heard_of(x, &job->asking.address, false) : NULL;
	if (h == NULL)
		return;
	look = h->wanted || h->hits != 0 || job->asking.hits != 0;
	h->asking = h->wanted = false;
	h->known = true;
	h->hits = job->asking.hits;
	h->until = wh_now_ms(x->host) + (all || h->hits != 0 ? x->lists->keep_ms : LISTS_FAILED_MS);
	if (look)
		judge_address(x, &h->net);
	lists_release(x);
}

static const struct wh_job lists_job = {
	.name = "bans.lists", .size = sizeof(struct lists_job), .max_running = LISTS_RUNNING, .max_waiting = LISTS_WAITING, .work = lists_work, .done = lists_done,
};

bool
lists_known(struct bans *x, const struct net *net, uint32_t *hits_out)
{
	const struct heard *h = x->lists->asking.n != 0 ? heard_of(x, net, false) : NULL;

	*hits_out = h != NULL && h->known ? h->hits : 0;
	return h != NULL && h->known && h->until > wh_now_ms(x->host);
}

uint32_t
lists_of(struct bans *x, const struct net *net)
{
	struct lists *l = x->lists;
	struct lists_job job;
	struct heard *h;
	uint32_t hits;

	if (l->asking.n == 0 || net_private(net) || lists_known(x, net, &hits))
		return l->asking.n != 0 && lists_known(x, net, &hits) ? hits : 0;
	if (l->pause_until > wh_now_ms(x->host)) {
		wh_metric_add_for(x->host, &bans_metrics[M_DNS], WH_STR("paused"), 1);
		return 0;
	}
	h = heard_of(x, net, true);
	if (h == NULL || h->asking)
		return h != NULL ? h->hits : 0;
	job = (struct lists_job){ .asking = l->asking, .round = l->round };
	job.asking.address = *net;
	h->asking = wh_job_start(x->host, &lists_job, &job) == WH_OK;
	if (!h->asking)
		wh_metric_add_for(x->host, &bans_metrics[M_DNS], WH_STR("not_asked"), 1);
	/* What was said before holds until something else is. */
	return h->hits;
}

bool
lists_asking(struct bans *x, const struct net *net)
{
	const struct heard *h = x->lists->asking.n != 0 ? heard_of(x, net, false) : NULL;

	return h != NULL && h->asking;
}

bool
lists_hold(struct bans *x, struct wh_session *s, wh_id ticket)
{
	struct lists *l = x->lists;

	if (l->n_held == LISTS_HELD)
		return false;
	l->held[l->n_held++] = (struct held){ ticket, wh_session_id(x->host, s), wh_now_ms(x->host) + l->asking.timeout_ms };
	return true;
}

/* In the order in which they came, as what one says is in order. */
void
lists_release(struct bans *x)
{
	struct lists *l = x->lists;
	struct held ready[LISTS_HELD];
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < l->n_held; i++) {
		struct wh_session *s = wh_session_get(x->host, l->held[i].session);
		struct bans_slot *slot = s != NULL ? wh_slot_of(x->host, s, x->slot) : NULL;

		if (slot != NULL && l->held[i].until > wh_now_ms(x->host) && slot->has_net && lists_asking(x, &slot->net))
			l->held[kept++] = l->held[i];
		else
			ready[n++] = l->held[i];
	}
	l->n_held = kept;
	for (size_t i = 0; i < n; i++) {
		struct wh_session *s = wh_session_get(x->host, ready[i].session);
		struct bans_slot *slot = s != NULL ? wh_slot_of(x->host, s, x->slot) : NULL;

		if (slot != NULL)
			slot->asking = false;
		if (slot != NULL && (slot->sign_in || slot->out))
			wh_hook_go(x->host, ready[i].ticket, WH_REFUSE, WH_EAUTH, "From your network one may come with an account only; sign in");
		else
			wh_hook_go(x->host, ready[i].ticket, WH_PASS, WH_OK, NULL);
	}
}

void
lists_want(struct bans *x, const struct net *net)
{
	struct heard *h;

	lists_of(x, net);
	h = heard_of(x, net, false);
	if (h != NULL)
		h->wanted = true;
}

enum list_action
list_action(const struct bans *x, int list)
{
	return x->lists->lists[list].action;
}

const char *
list_name(const struct bans *x, int list)
{
	return x->lists->lists[list].name;
}

const char *
list_why(const struct bans *x, int list)
{
	return x->lists->lists[list].why;
}

int
lists_count(const struct bans *x)
{
	return (int)x->lists->asking.n;
}

static void
list_read(struct lists *l, const struct wh_conf *conf)
{
	struct dns_zone *zone = &l->asking.zones[l->asking.n];
	struct list *list = &l->lists[l->asking.n++];
	struct wh_str name = wh_conf_str(conf, "name"), action = wh_conf_str(conf, "action"), text = wh_conf_str(conf, "zone");

	while (text.n > 1 && text.p[text.n - 1] == '.')
		text.n--;
	*zone = (struct dns_zone){ .n_replies = 0 };
	text_copy(zone->name, sizeof zone->name, text);
	for (size_t i = 0; i < wh_conf_count(conf, "replies") && zone->n_replies < DNS_REPLIES; i++)
		if (net_read(wh_conf_item(conf, "replies", i), &zone->replies[zone->n_replies]))
			zone->n_replies++;
	if (zone->n_replies == 0)
		zone->replies[zone->n_replies++] = (struct net){ .high = UINT64_C(127) << 56, .bits = 8 };
	list->action = wh_str_is(action, "refuse") ? LIST_REFUSE : wh_str_is(action, "mark") ? LIST_MARK : LIST_REGISTERED;
	text_copy(list->name, sizeof list->name, name.n != 0 ? name : text);
	text_copy(list->why, sizeof list->why, wh_conf_str(conf, "why"));
}

static void
lists_forget(struct bans *x)
{
	while (x->lists->first != NULL)
		heard_drop(x, x->lists->first);
}

enum wh_err
lists_reload(struct bans *x, const struct wh_conf *conf)
{
	const struct wh_conf *dns = wh_conf_table(conf, "dns", 0);
	struct wh_str server = wh_conf_str(dns, "server");
	struct lists *l = x->lists;
	struct dns_asking asking = { .timeout_ms = wh_conf_ms(dns, "timeout") };
	bool found = server.n != 0 ? dns_server(server, &asking.server, &asking.server_size) :
	    dns_resolv_conf("/etc/resolv.conf", &asking.server, &asking.server_size);

	if (l == NULL) {
		l = x->lists = wh_new(x->host, sizeof *l);
		if (l == NULL)
			return WH_ENOMEM;
		l->heard = wh_dict_new(x->host, 0);
		if (l->heard == NULL)
			return WH_ENOMEM;
	}
	if (!found && (server.n != 0 || wh_conf_count(conf, "lists") != 0)) {
		wh_host_log(x->host, WH_ERROR, "bans_name_server_bad", WH_S("server", server), WH_T("why", "give an address, such as \"192.0.2.53\" or \"[2001:db8::53]:53\""));
		return WH_EINVAL;
	}
	lists_forget(x);
	lists_release(x);
	l->round++;
	l->asking = asking;
	l->keep_ms = wh_conf_ms(dns, "keep");
	l->most = wh_conf_int(dns, "most");
	l->pause_until = 0;
	l->unanswered = 0;
	for (size_t i = 0; i < wh_conf_count(conf, "lists") && l->asking.n < LISTS; i++)
		list_read(l, wh_conf_table(conf, "lists", i));
	return WH_OK;
}

void
lists_free(struct bans *x)
{
	if (x->lists == NULL)
		return;
	if (x->lists->heard != NULL)
		lists_forget(x);
	wh_dict_free(x->host, &x->lists->heard);
	wh_delete(x->host, x->lists);
	x->lists = NULL;
}
