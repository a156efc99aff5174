/* Who may be here: what all bans and lists together say of an address, a name, an account and a certificate; and the sentence for it. */
#include <openssl/hmac.h>
#include <stdio.h>
#include <time.h>

#include "bans.h"

const char sign_in_text[] = "From your network one may come with an account only; sign in";

void
hex_put(const unsigned char *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

bool
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

bool
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
