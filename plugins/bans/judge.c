/* Sessions: who may be here. A session is judged when it opens, becomes somebody or has another address, and when a ban or a DNS list says
 * something new; a request over HTTP with each command. Operators of the config and the control socket are never kept out. */
#include <openssl/hmac.h>
#include <stdio.h>
#include <time.h>

#include "bans.h"

static const char sign_in_text[] = "From your network one may come with an account only; sign in";

static void
hex_put(const unsigned char *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

static bool
hex_get(struct wh_str text, unsigned char *out, size_t n)
{
	for (size_t i = 0; i < text.n && text.n == 2 * n; i++) {
		char c = text.p[i];
		int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (v < 0)
			return false;
		out[i / 2] = (unsigned char)(i % 2 == 0 ? v << 4 : out[i / 2] | v);
	}
	return text.n == 2 * n;
}

static bool
hash_bytes(struct bans *x, const struct net *net, unsigned char out[16])
{
	struct net of = net->v6 ? net_cut(net, 64) : *net;
	unsigned char text[17], hash[32];
	unsigned n = sizeof hash;

	text[0] = of.v6 ? 6 : 4;
	memcpy(text + 1, &of.high, 8);
	memcpy(text + 9, &of.low, 8);
	if (HMAC(EVP_sha256(), x->key, sizeof x->key, text, sizeof text, hash, &n) == NULL)
		return false;
	memcpy(out, hash, 16);
	return true;
}

bool
hash_of(struct bans *x, const struct net *net, char out[static WH_BAN_HASH_SIZE])
{
	unsigned char bytes[16];

	out[0] = '\0';
	if (!hash_bytes(x, net, bytes))
		return false;
	hex_put(bytes, 16, out);
	return true;
}

static bool
address_of(struct bans *x, struct wh_session *s, struct net *out)
{
	return net_read(wh_session_address(x->host, s), out);
}

struct subject
subject_of(struct bans *x, struct wh_session *s, char hex[static 65], char hash[static WH_BAN_HASH_SIZE])
{
	const struct wh_identity *who = wh_session_identity(x->host, s);
	struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);
	struct subject subject = { .guest = who->kind == WH_GUEST, .name = who->name };

	if (who->kind == WH_ACCOUNT)
		subject.account = who->id;
	if (!slot->known)
		slot->has_net = address_of(x, s, &slot->net);
	subject.has_net = slot->has_net;
	subject.net = slot->net;
	if (slot->has_certificate) {
		hex_put(slot->certificate, sizeof slot->certificate, hex);
		subject.certificate = wh_str(hex);
	}
	if (x->bans.kinds[WH_BAN_HASH] != 0 && slot->has_net) {
		if (!slot->has_hash || !slot->known)
			slot->has_hash = hash_bytes(x, &slot->net, slot->hash);
		if (slot->has_hash) {
			hex_put(slot->hash, sizeof slot->hash, hash);
			subject.hash = wh_str(hash);
		}
	}
	return subject;
}

static bool
excepted(const struct bans *x, const struct net *net)
{
	for (size_t i = 0; i < x->set.n_except; i++)
		if (net_holds(&x->set.except[i], net))
			return true;
	return false;
}

static void
worse(struct verdict *v, enum outcome outcome, const struct ban *ban, int list)
{
	if (outcome > v->outcome) {
		v->outcome = outcome;
		v->ban = ban;
		v->list = list;
	}
}

static void
judge_lists(struct bans *x, const struct subject *subject, bool fresh, struct verdict *v)
{
	uint32_t hits = 0;

	if (fresh)
		hits = lists_of(x, &subject->net);
	else
		lists_known(x, &subject->net, &hits);
	for (int i = 0; hits != 0 && i < LISTS; i++)
		if ((hits & 1u << i) != 0 && list_action(x, i) != LIST_MARK && (list_action(x, i) == LIST_REFUSE || subject->guest))
			worse(v, list_action(x, i) == LIST_REFUSE ? KEEP_OUT : SIGN_IN, NULL, i);
}

/* What is said of networks, unless something exempts from it. */
static void
judge_network(struct bans *x, const struct subject *subject, const struct ban *found, bool fresh, struct verdict *v)
{
	if (found == NULL)
		return;
	if (found->ban.effect == WH_BAN_REGISTERED && subject->guest)
		worse(v, SIGN_IN, found, -1);
	/* Who may come from everywhere has to be able to say who they are. */
	if (found->ban.effect == WH_BAN_REFUSE)
		worse(v, fresh && subject->guest && x->bans.exempt_accounts != 0 ? SIGN_IN : KEEP_OUT, found, -1);
}

struct verdict
judge(struct bans *x, const struct subject *subject, bool fresh)
{
	int64_t now = wh_wall_ms(x->host);
	struct verdict v = { LET_IN, NULL, -1, false };
	const struct ban *net = subject->has_net ? set_match_net(&x->bans, &subject->net, now) : NULL;
	const struct ban *hash = set_match(x->host, &x->bans, WH_BAN_HASH, subject->hash, now);
	const struct ban *account = set_match(x->host, &x->bans, WH_BAN_ACCOUNT, subject->account, now);
	const struct ban *certificate = set_match(x->host, &x->bans, WH_BAN_CERTIFICATE, subject->certificate, now);
	const struct ban *of[] = { net, hash, account };

	for (size_t i = 0; i < 3; i++)
		if (of[i] != NULL && of[i]->ban.effect == WH_BAN_EXEMPT) {
			v.exempt = true;
			v.ban = of[i];
		}
	v.exempt |= subject->has_net && excepted(x, &subject->net);
	if (account != NULL && account->ban.effect == WH_BAN_REFUSE)
		worse(&v, KEEP_OUT, account, -1);
	if (certificate != NULL)
		worse(&v, KEEP_OUT, certificate, -1);
	if (x->bans.kinds[WH_BAN_NAME] != 0) {
		const struct ban *name = set_match(x->host, &x->bans, WH_BAN_NAME, subject->name, now);

		if (name != NULL)
			worse(&v, KEEP_OUT, name, -1);
	}
	if (v.exempt)
		return v;
	judge_network(x, subject, net, fresh, &v);
	judge_network(x, subject, hash, fresh, &v);
	if (subject->has_net && lists_count(x) != 0)
		judge_lists(x, subject, fresh, &v);
	return v;
}

/* Sentences */

const char *
sentence_of(struct bans *x, const struct verdict *v)
{
	struct wh_str why = v->ban != NULL ? v->ban->ban.why : v->list >= 0 ? wh_str(list_why(x, v->list)) : WH_STR("");
	char until[40] = "";
	size_t n;

	if (v->ban != NULL && v->ban->ban.until != 0) {
		time_t t = (time_t)(v->ban->ban.until / 1000);
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(until, sizeof until, " until %Y-%m-%d %H:%M UTC", &tm);
	}
	if (v->outcome == SIGN_IN)
		n = (size_t)snprintf(x->sentence, sizeof x->sentence, "%s", sign_in_text);
	else if (v->list >= 0)
		n = (size_t)snprintf(x->sentence, sizeof x->sentence, "Your address is on the list %s", list_name(x, v->list));
	else
		n = (size_t)snprintf(x->sentence, sizeof x->sentence, "You are banned from this server%s", until);
	if (why.n != 0)
		n += (size_t)snprintf(x->sentence + n, sizeof x->sentence - n, ": %.*s", WH_FMT(why));
	if (x->set.contact[0] != '\0' && n < sizeof x->sentence)
		n += (size_t)snprintf(x->sentence + n, sizeof x->sentence - n, "; ask %s", x->set.contact);
	if (v->ban != NULL && n < sizeof x->sentence)
		snprintf(x->sentence + n, sizeof x->sentence - n, " [%.*s]", WH_FMT(v->ban->ban.id));
	return x->sentence;
}

static struct wh_str
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

static void
keep_out(struct bans *x, struct wh_session *s, const struct verdict *v)
{
	const char *text = sentence_of(x, v);

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
waiting_drop(struct bans *x)
{
	struct waiting *w = x->waiting;

	x->waiting = w->next;
	if (x->waiting == NULL)
		x->waiting_last = NULL;
	wh_delete(x->host, w);
}

void
judge_late(struct bans *x, bool all)
{
	while (x->waiting != NULL && (all || x->waiting->until <= wh_now_ms(x->host))) {
		struct wh_session *s = all ? NULL : wh_session_get(x->host, x->waiting->session);
		const struct bans_slot *slot = s != NULL ? wh_slot_of(x->host, s, x->slot) : NULL;

		waiting_drop(x);
		if (slot == NULL || !slot->sign_in)
			continue;
		wh_metric_add_for(x->host, &bans_metrics[M_REFUSED], WH_STR("no_account"), 1);
		wh_session_close(x->host, s, CLOSE_SIGN_IN, wh_str(sign_in_text));
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

/* Commands */

static bool
one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* Those that let a guest be somebody else without an account, or make one. */
static const char *const as_guest[] = { "auth.guest", "session.name", NULL };
static const char *const as_new[] = { "auth.register", "auth.provider_finish", NULL };
static const char *const naming[] = { "auth.guest", "session.name", "auth.register", "auth.rename", "auth.bot_create", "auth.provider_finish", NULL };

static bool
helps_to_sign_in(const char *name)
{
	return (strncmp(name, "auth.", 5) == 0 || strncmp(name, "session.", 8) == 0) && !one_of(name, as_guest) && !one_of(name, as_new);
}

static enum wh_verdict
refuse_name(struct bans *x, struct wh_attempt *a, struct wh_session *s)
{
	int64_t now = wh_wall_ms(x->host);
	struct wh_str name = wh_arg_str(a->call, "name");
	const struct ban *ban = set_match(x->host, &x->bans, WH_BAN_RESERVED, name, now);
	char text[WH_BAN_TEXT + 64];

	if (ban == NULL)
		ban = set_match(x->host, &x->bans, WH_BAN_NAME, name, now);
	if (ban == NULL || wh_session_may(x->host, s, "bans.add"))
		return WH_PASS;
	wh_metric_add_for(x->host, &bans_metrics[M_REFUSED], WH_STR("reserved"), 1);
	snprintf(text, sizeof text, "that name is reserved%s%.*s", ban->ban.why.n != 0 ? ": " : "", WH_FMT(ban->ban.why));
	return wh_refuse(&a->at, WH_EPERM, text, 0);
}

static enum wh_verdict
refuse_guest(struct bans *x, struct wh_attempt *a, struct wh_session *s, const char *why)
{
	/* An IRC client that goes on as a guest has said all that it had to say. */
	if (one_of(a->command->name, as_guest) && strncmp(wh_session_dialect(x->host, s), "irc", 3) == 0) {
		wh_metric_add_for(x->host, &bans_metrics[M_REFUSED], WH_STR("no_account"), 1);
		wh_session_close(x->host, s, CLOSE_SIGN_IN, wh_str(why));
	}
	return wh_refuse(&a->at, WH_EAUTH, why, 0);
}

enum wh_verdict
judge_attempt(void *self, struct wh_attempt *a)
{
	struct bans *x = self;
	struct wh_session *s = wh_call_session(a->call);
	const struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);
	const char *name = a->command->name;
	char hex[65], hash[WH_BAN_HASH_SIZE];

	if (wh_session_identity(x->host, s)->kind == WH_OPERATOR)
		return WH_PASS;
	if (!slot->known || slot->sign_in) {
		const struct subject subject = subject_of(x, s, hex, hash);
		const struct verdict v = judge(x, &subject, true);

		if (v.outcome == KEEP_OUT) {
			wh_metric_add_for(x->host, &bans_metrics[M_REFUSED], reason_of(&v), 1);
			return wh_refuse(&a->at, WH_EPERM, sentence_of(x, &v), 0);
		}
		if ((v.outcome == SIGN_IN || slot->sign_in) && !helps_to_sign_in(name))
			return refuse_guest(x, a, s, v.outcome == SIGN_IN ? sentence_of(x, &v) : sign_in_text);
	}
	if (x->bans.kinds[WH_BAN_RESERVED] + x->bans.kinds[WH_BAN_NAME] != 0 && (name[0] == 'a' || name[0] == 's') && one_of(name, naming))
		return refuse_name(x, a, s);
	return WH_PASS;
}

enum wh_verdict
judge_credential(void *self, struct wh_credential *c)
{
	struct bans *x = self;
	struct bans_slot *slot = wh_slot_of(x->host, c->session, x->slot);
	char hex[65], hash[WH_BAN_HASH_SIZE];
	struct subject subject;
	struct verdict v;

	slot->has_certificate = hex_get(c->certificate, slot->certificate, sizeof slot->certificate);
	if (slot->known && slot->has_certificate)
		wh_session_changed(x->host, c->session);
	subject = subject_of(x, c->session, hex, hash);
	v = judge(x, &subject, true);
	if (v.outcome != KEEP_OUT)
		return WH_PASS;
	if (slot->known)
		keep_out(x, c->session, &v);
	return wh_refuse(&c->at, WH_EPERM, sentence_of(x, &v), 0);
}

enum wh_verdict
judge_join(void *self, struct wh_passage *p)
{
	struct bans *x = self;
	const struct ban *ban = set_match(x->host, &x->bans, WH_BAN_ROOM, wh_room_name(x->host, p->room), wh_wall_ms(x->host));
	char text[WH_BAN_TEXT + 64];

	if (ban == NULL || wh_session_may(x->host, p->session, "bans.add"))
		return WH_PASS;
	wh_metric_add_for(x->host, &bans_metrics[M_REFUSED], WH_STR("room"), 1);
	snprintf(text, sizeof text, "nobody may enter that room%s%.*s", ban->ban.why.n != 0 ? ": " : "", WH_FMT(ban->ban.why));
	return wh_refuse(&p->at, WH_EPERM, text, 0);
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
