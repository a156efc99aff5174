/* Sessions: each is judged when it opens, becomes somebody or has another address, and when a ban or a DNS list says something new. Operators of the
 * config and the control socket are never kept out. wh_session_close ends a session: nothing may touch it afterwards. */
#include <stdio.h>

#include "bans.h"

struct wh_str
reason_of(const struct verdict *v)
{
	return v->list >= 0 ? WH_STR("list") : v->ban != NULL ? wh_str(kind_name(v->ban->ban.kind)) : WH_STR("");
}

static void
tell_refused(struct bans *x, struct wh_session *s, const char *what, const char *why)
{
	const struct wh_identity *who = wh_session_identity(x->host, s);
	char text[WH_NOTICE_TEXT];

	if (x->notices.ops == NULL)
		return;
	snprintf(text, sizeof text, "%s %.*s from %.*s: %s", what, WH_FMT(who->name), WH_FMT(wh_session_address(x->host, s)), why);
	wh_notice(&x->notices, WH_TOPIC_CONNECTIONS, wh_str(text));
}

/* Tells a client that understands events all of it: a close frame has room for little. */
static void
notify(struct bans *x, struct wh_session *s, const char *event, const struct verdict *v, const char *text)
{
	struct wh_item items[5];
	size_t n = 0;

	items[n++] = WH_ITEM_STR("text", wh_str(text));
	if (v->ban != NULL) {
		items[n++] = WH_ITEM_STR("id", v->ban->ban.id);
		items[n++] = WH_ITEM_STR("why", v->ban->ban.why);
		items[n++] = WH_ITEM_INT("until", v->ban->ban.until);
	} else if (v->list >= 0) {
		items[n++] = WH_ITEM_STR("list", wh_str(list_name(x, v->list)));
		items[n++] = WH_ITEM_STR("why", wh_str(list_why(x, v->list)));
	}
	wh_session_notify(x->host, s, &(struct wh_event){ event, items, n });
}

void
keep_out(struct bans *x, struct wh_session *s, const struct verdict *v)
{
	const char *text = sentence_of(x, v);
	struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);

	slot->out = true;
	wh_metric_add_for(x->host, &bans_metrics[M_REFUSED], reason_of(v), 1);
	wh_host_log(x->host, WH_INFO, "bans_refused", WH_S("reason", reason_of(v)), WH_S("ban", v->ban != NULL ? v->ban->ban.id : WH_STR("")),
	    WH_S("address", wh_session_address(x->host, s)));
	tell_refused(x, s, "refused", text);
	notify(x, s, "bans.banned", v, text);
	wh_session_close(x->host, s, CLOSE_BANNED, wh_str(text));
}

/* All have the same time, so that who was asked first is the first whose time is over. */

static void
wait_for(struct bans *x, struct wh_session *s)
{
	struct waiting *w = wh_new(x->host, sizeof *w);

	if (w == NULL)
		return;		/* it stays, but may do nothing */
	w->session = wh_session_id(x->host, s);
	w->until = wh_now_ms(x->host) + x->set.sign_in_ms;
	*(x->waiting_last != NULL ? &x->waiting_last->next : &x->waiting) = w;
	x->waiting_last = w;
}

static void
late_now(void *self, uint64_t cookie)
{
	struct bans *x = self;

	(void)cookie;
	x->late = 0;
	judge_late(x, false);
}

void
wait_no_more(struct bans *x, struct wh_session *s)
{
	struct waiting *w = wh_new(x->host, sizeof *w);

	if (w == NULL)
		return;
	*w = (struct waiting){ x->waiting, wh_session_id(x->host, s), wh_now_ms(x->host) };
	x->waiting = w;
	if (x->waiting_last == NULL)
		x->waiting_last = w;
	if (x->late == 0)
		x->late = wh_timer_start(x->host, 0, 0, late_now, 0);
}

static void
waiting_drop(struct bans *x)
{
	struct waiting *w = x->waiting;

	x->waiting = w->next;
	if (x->waiting == NULL)
		x->waiting_last = NULL;
	wh_delete(x->host, w);
}

/* Told once more why, as the network's ban has it. */
static void
close_unsigned(struct bans *x, struct wh_session *s)
{
	char hex[65], hash[WH_BAN_HASH_SIZE];
	const struct subject subject = subject_of(x, s, hex, hash);
	const struct verdict v = judge(x, &subject, true);

	wh_metric_add_for(x->host, &bans_metrics[M_REFUSED], WH_STR("no_account"), 1);
	wh_session_close(x->host, s, CLOSE_SIGN_IN, wh_str(v.outcome == LET_IN ? sign_in_text : sentence_of(x, &v)));
}

void
judge_late(struct bans *x, bool all)
{
	while (x->waiting != NULL && (all || x->waiting->until <= wh_now_ms(x->host))) {
		struct wh_session *s = all ? NULL : wh_session_get(x->host, x->waiting->session);
		const struct bans_slot *slot = s != NULL ? wh_slot_of(x->host, s, x->slot) : NULL;

		waiting_drop(x);
		if (slot != NULL && slot->sign_in)
			close_unsigned(x, s);
	}
}

static void
ask_to_sign_in(struct bans *x, struct wh_session *s, struct bans_slot *slot, const struct verdict *v)
{
	if (slot->sign_in)
		return;
	slot->sign_in = true;
	wh_session_changed(x->host, s);
	wait_for(x, s);
	notify(x, s, "bans.sign_in", v, sentence_of(x, v));
}

void
judge_session(struct bans *x, struct wh_session *s, bool fresh)
{
	struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);
	char hex[65], hash[WH_BAN_HASH_SIZE];
	struct subject subject;
	struct verdict v;

	if (wh_session_identity(x->host, s)->kind == WH_OPERATOR)
		return;
	subject = subject_of(x, s, hex, hash);
	v = judge(x, &subject, fresh);
	slot->asking |= fresh && subject.has_net && !v.exempt && lists_asking(x, &subject.net);
	if (v.outcome == KEEP_OUT) {
		keep_out(x, s, &v);
	} else if (v.outcome == SIGN_IN) {
		ask_to_sign_in(x, s, slot, &v);
	} else if (slot->sign_in) {
		slot->sign_in = false;
		wh_session_changed(x->host, s);
	}
}

/* Many sessions: gathered first, as they may end on the way. */

struct gathering {
	struct bans *x;
	const struct ban *ban;
	const struct net *net;
	wh_id *ids;		/* owned */
	size_t n, cap;
};

static bool
gather_one(struct gathering *g, struct wh_session *s)
{
	if (g->n == g->cap) {
		size_t cap = g->cap != 0 ? g->cap * 2 : 64;
		wh_id *more = wh_new(g->x->host, cap * sizeof *more);

		if (more == NULL)
			return false;
		if (g->n != 0)
			memcpy(more, g->ids, g->n * sizeof *more);
		wh_delete(g->x->host, g->ids);
		g->ids = more;
		g->cap = cap;
	}
	g->ids[g->n++] = wh_session_id(g->x->host, s);
	return true;
}

static bool
gather(void *self, struct wh_session *s)
{
	struct gathering *g = self;
	const struct bans_slot *slot = wh_slot_of(g->x->host, s, g->x->slot);
	char hex[65], hash[WH_BAN_HASH_SIZE];
	struct subject subject;

	if (!slot->known)
		return true;
	if (g->net != NULL)
		return !slot->has_net || !net_same(&slot->net, g->net) || gather_one(g, s);
	if (g->ban == NULL || g->ban->ban.effect == WH_BAN_EXEMPT)
		return !slot->sign_in || gather_one(g, s);
	subject = subject_of(g->x, s, hex, hash);
	return !ban_matches(g->ban, &subject) || gather_one(g, s);
}

static void
judge_gathered(struct bans *x, struct gathering *g)
{
	wh_session_each(x->host, gather, g);
	for (size_t i = 0; i < g->n; i++) {
		struct wh_session *s = wh_session_get(x->host, g->ids[i]);

		if (s != NULL)
			judge_session(x, s, false);
	}
	wh_delete(x->host, g->ids);
}

void
judge_all(struct bans *x, const struct ban *ban)
{
	struct gathering g = { .x = x, .ban = ban };

	if (ban == NULL || (ban->ban.kind != WH_BAN_RESERVED && ban->ban.kind != WH_BAN_ROOM))
		judge_gathered(x, &g);
}

void
judge_address(struct bans *x, const struct net *net)
{
	judge_gathered(x, &(struct gathering){ .x = x, .net = net });
}

/* Coming and going */

static void
leave(struct bans *x, struct bans_slot *slot)
{
	if (slot->counted)
		throttle_leave(x, &slot->net);
	slot->counted = false;
}

/* False: there were too many, and it is gone. */
static bool
enter(struct bans *x, struct wh_session *s, bool fresh)
{
	struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);
	char hex[65], hash[WH_BAN_HASH_SIZE];
	const char *why = NULL;
	bool room;

	slot->known = true;
	slot->has_hash = false;
	slot->has_net = address_of(x, s, &slot->net);
	if (!slot->has_net || wh_session_identity(x->host, s)->kind == WH_OPERATOR)
		return true;
	slot->counted = true;
	room = throttle_enter(x, &slot->net, fresh, &why);
	if (!fresh || room)
		return true;
	const struct subject subject = subject_of(x, s, hex, hash);

	if (judge(x, &subject, false).exempt)
		return true;
	wh_metric_add_for(x->host, &bans_metrics[M_THROTTLED], WH_STR(""), 1);
	wh_host_log(x->host, WH_INFO, "bans_throttled", WH_S("address", wh_session_address(x->host, s)), WH_T("why", why));
	if (x->notices.ops != NULL) {
		char text[WH_NOTICE_TEXT];

		snprintf(text, sizeof text, "throttled %.*s: %s", WH_FMT(wh_session_address(x->host, s)), why);
		wh_notice(&x->notices, WH_TOPIC_FLOODS, wh_str(text));
	}
	wh_session_close(x->host, s, CLOSE_THROTTLED, wh_str(why));
	return false;
}

void
judge_moved(struct bans *x, struct wh_session *s)
{
	struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);
	struct net net;
	bool has = address_of(x, s, &net);

	if (!slot->known || (has == slot->has_net && (!has || net_same(&net, &slot->net))))
		return;
	leave(x, slot);
	if (enter(x, s, true))
		judge_session(x, s, true);
}

/* One that was to sign in because of a list still is, until that list is asked again. */
static void
judge_restored(struct bans *x, struct wh_session *s)
{
	struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);
	uint32_t hits;

	enter(x, s, false);
	if (slot->sign_in && slot->has_net && wh_session_identity(x->host, s)->kind == WH_GUEST && lists_count(x) != 0 && !net_private(&slot->net) &&
	    !lists_known(x, &slot->net, &hits)) {
		lists_want(x, &slot->net);
		wait_for(x, s);
		return;
	}
	slot->sign_in = false;
	judge_session(x, s, false);
}

enum wh_verdict
judge_presence(void *self, struct wh_presence *p)
{
	struct bans *x = self;

	switch (p->what) {
	case WH_OPENED:
		if (enter(x, p->session, true))
			judge_session(x, p->session, true);
		break;
	case WH_IDENTIFIED:
		judge_session(x, p->session, false);
		break;
	case WH_RESUMED:
		if (((const struct bans_slot *)wh_slot_of(x->host, p->session, x->slot))->known)
			judge_moved(x, p->session);
		else
			judge_restored(x, p->session);
		break;
	case WH_ENDED:
		leave(x, wh_slot_of(x->host, p->session, x->slot));
		break;
	default:
		break;
	}
	return WH_PASS;
}

/* Papers: whether it is to sign in, and its certificate's fingerprint. */

enum wh_verdict
judge_save(void *self, struct wh_papers *p)
{
	struct bans *x = self;
	const struct bans_slot *slot = wh_slot_of(x->host, p->session, x->slot);
	char hex[65] = "";

	if (slot->has_certificate)
		hex_put(slot->certificate, sizeof slot->certificate, hex);
	if (slot->has_certificate || slot->sign_in)
		wh_out_fmt(p->save, "%c%s", slot->sign_in ? 's' : '-', hex);
	return WH_PASS;
}

enum wh_verdict
judge_load(void *self, struct wh_papers *p)
{
	struct bans *x = self;
	struct bans_slot *slot = wh_slot_of(x->host, p->session, x->slot);

	slot->sign_in = p->load.n != 0 && p->load.p[0] == 's';
	slot->has_certificate = hex_get(wh_str_from(p->load, 1), slot->certificate, sizeof slot->certificate);
	return WH_PASS;
}

static bool
unknown_each(void *self, struct wh_session *s)
{
	struct gathering *g = self;
	const struct bans_slot *slot = wh_slot_of(g->x->host, s, g->x->slot);

	/* A request has no dialect. One that lost its connection is looked at when it comes back. */
	return slot->known || wh_session_dialect(g->x->host, s)[0] == '\0' || gather_one(g, s);
}

void
judge_open(struct bans *x)
{
	struct gathering g = { .x = x };

	wh_session_each(x->host, unknown_each, &g);
	for (size_t i = 0; i < g.n; i++) {
		struct wh_session *s = wh_session_get(x->host, g.ids[i]);

		if (s != NULL)
			judge_restored(x, s);
	}
	wh_delete(x->host, g.ids);
}

static bool
forget_each(void *self, struct wh_session *s)
{
	struct bans *x = self;
	struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);

	slot->known = slot->counted = false;
	return true;
}

void
judge_close(struct bans *x)
{
	if (x->slot != NULL)
		wh_session_each(x->host, forget_each, x);
	judge_late(x, true);
}

enum wh_verdict
judge_recovered(void *self, struct wh_recovered *r)
{
	(void)r;
	judge_open(self);
	return WH_PASS;
}
