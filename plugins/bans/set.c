/* The bans in memory. Networks stand in the trie; what is said in full (a name, an account, a hash) in a dictionary by kind and folded text; masks
 * in a list, which is only gone through when somebody takes a name or enters a room. Bans of one place are chained. */
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "bans.h"

static const char *const kinds[WH_BAN_KINDS] = { "", "network", "hash", "name", "reserved", "room", "account", "certificate" };
static const char *const effects[] = { "refuse", "registered", "exempt" };

const char *
kind_name(enum wh_ban_kind kind)
{
	return (unsigned)kind < WH_BAN_KINDS ? kinds[kind] : "";
}

const char *
effect_name(enum wh_ban_effect effect)
{
	return (unsigned)effect < sizeof effects / sizeof effects[0] ? effects[effect] : "";
}

bool
kind_read(struct wh_str name, enum wh_ban_kind *out)
{
	for (unsigned i = 1; i < WH_BAN_KINDS; i++)
		if (wh_str_is(name, kinds[i])) {
			*out = (enum wh_ban_kind)i;
			return true;
		}
	return false;
}

bool
effect_read(struct wh_str name, enum wh_ban_effect *out)
{
	for (unsigned i = 0; i < sizeof effects / sizeof effects[0]; i++)
		if (wh_str_is(name, effects[i])) {
			*out = (enum wh_ban_effect)i;
			return true;
		}
	return false;
}

void
text_copy(char *to, size_t cap, struct wh_str s)
{
	size_t n = s.n < cap ? s.n : cap - 1;

	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	if (n != 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

struct wh_str
fold(struct wh_str text, char out[static BANS_FOLDED])
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t n = 0;
	size_t plain = 0;

	/* Most names: all sessions are gone through when a mask is set. */
	while (plain < text.n && plain + 1 < BANS_FOLDED && (unsigned char)text.p[plain] < 0x80) {
		char c = text.p[plain];

		out[plain++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	out[plain] = '\0';
	if (plain == text.n)
		return (struct wh_str){ out, plain };
	if (text.n != 0)
		n = utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &folded,
		    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	text_copy(out, BANS_FOLDED, n > 0 ? (struct wh_str){ (const char *)folded, (size_t)n } : n < 0 ? text : WH_STR(""));
	free(folded);
	return wh_str(out);
}

bool
set_init(const struct wh_host *h, struct ban_set *set)
{
	set->by_id = wh_dict_new(h, 0);
	set->by_key = wh_dict_new(h, 0);
	return set->by_id != NULL && set->by_key != NULL;
}

void
set_free(const struct wh_host *h, struct ban_set *set)
{
	while (set->first != NULL) {
		struct ban *ban = set->first;

		set->first = ban->next;
		ban_free(h, ban);
	}
	wh_dict_free(h, &set->by_id);
	wh_dict_free(h, &set->by_key);
	net_free(&set->nets);
}

static bool
is_hex(struct wh_str s, size_t n)
{
	if (s.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

/* What it says in the one way of writing it; empty: it is none of its kind. */
static struct wh_str
what_read(enum wh_ban_kind kind, struct wh_str what, struct net *net, char out[static BANS_FOLDED])
{
	size_t n = 0;

	out[0] = '\0';
	if (what.n == 0)
		return WH_STR("");
	switch (kind) {
	case WH_BAN_NETWORK:
		if (net_read(what, net))
			net_show(net, out);
		break;
	case WH_BAN_CERTIFICATE:
		/* As other programs print it: with colons, in capitals. */
		for (size_t i = 0; i < what.n && n < 65; i++)
			if (what.p[i] != ':')
				out[n++] = what.p[i] >= 'A' && what.p[i] <= 'F' ? (char)(what.p[i] + 32) : what.p[i];
		out[n] = '\0';
		if (!is_hex(wh_str(out), 64))
			out[0] = '\0';
		break;
	case WH_BAN_HASH:
		if (is_hex(what, 32))
			text_copy(out, BANS_FOLDED, what);
		break;
	case WH_BAN_ROOM:
		if (what.p[0] == '#')
			what = wh_str_from(what, 1);
		fold(what, out);
		break;
	case WH_BAN_NAME:
	case WH_BAN_RESERVED:
		fold(what, out);
		break;
	default:
		text_copy(out, BANS_FOLDED, what);
		break;
	}
	return wh_str(out);
}

static bool
effect_fits(enum wh_ban_kind kind, enum wh_ban_effect effect)
{
	return effect == WH_BAN_REFUSE || kind == WH_BAN_NETWORK || kind == WH_BAN_HASH || (kind == WH_BAN_ACCOUNT && effect == WH_BAN_EXEMPT);
}

/* Copies a text behind the ban. */
static struct wh_str
text_take(struct ban *ban, size_t *at, struct wh_str s, size_t most)
{
	char *to = ban->text + *at;

	text_copy(to, most + 1, s);
	*at += strlen(to) + 1;
	return wh_str(to);
}

enum wh_err
ban_new(const struct wh_host *h, const struct wh_ban *from, struct ban **out)
{
	struct net net = { .bits = 0 };
	char what[BANS_FOLDED], key[BANS_FOLDED + 2], id[WH_BAN_ID + 1];
	struct wh_str written;
	struct ban *ban;
	size_t at = 0;

	*out = NULL;
	if (from->kind < WH_BAN_NETWORK || from->kind >= WH_BAN_KINDS || from->effect > WH_BAN_EXEMPT || !effect_fits(from->kind, from->effect) || from->what.n > WH_BAN_WHAT)
		return WH_EINVAL;
	written = what_read(from->kind, from->what, &net, what);
	if (written.n == 0)
		return WH_EINVAL;
	snprintf(key, sizeof key, "%c%s", (char)('0' + from->kind), what);
	text_copy(id, sizeof id, from->id);
	if (id[0] == '\0') {
		static const char letters[] = "abcdefghjkmnpqrstuvwxyz023456789";
		unsigned char bytes[WH_BAN_ID];

		wh_random(h, bytes, sizeof bytes);
		for (unsigned i = 0; i < WH_BAN_ID; i++)
			id[i] = i == 0 ? 'b' : letters[bytes[i] % 32];
		id[WH_BAN_ID] = '\0';
	}
	/* Names keep the writing of whoever set the ban; the key is what is compared. */
	if (from->kind == WH_BAN_NAME || from->kind == WH_BAN_RESERVED || from->kind == WH_BAN_ROOM)
		written = from->what;
	ban = wh_new(h, sizeof *ban + strlen(id) + written.n + strlen(key) + from->shown.n + from->why.n + from->note.n + from->by.n + from->by_name.n +
	    from->cause.n + 9);
	if (ban == NULL)
		return WH_ENOMEM;
	ban->net = net;
	ban->ban = *from;
	ban->ban.id = text_take(ban, &at, wh_str(id), WH_BAN_ID);
	ban->ban.what = text_take(ban, &at, written, WH_BAN_WHAT);
	ban->key = text_take(ban, &at, wh_str(key), sizeof key - 1);
	ban->ban.shown = text_take(ban, &at, from->shown, WH_BAN_WHAT);
	ban->ban.why = text_take(ban, &at, from->why, WH_BAN_TEXT);
	ban->ban.note = text_take(ban, &at, from->note, WH_BAN_TEXT);
	ban->ban.by = text_take(ban, &at, from->by, WH_BAN_WHAT);
	ban->ban.by_name = text_take(ban, &at, from->by_name, WH_BAN_WHAT);
	ban->ban.cause = text_take(ban, &at, from->cause, WH_BAN_CAUSE);
	ban->mask = (from->kind == WH_BAN_NAME || from->kind == WH_BAN_RESERVED || from->kind == WH_BAN_ROOM) &&
	    (memchr(ban->key.p, '*', ban->key.n) != NULL || memchr(ban->key.p, '?', ban->key.n) != NULL);
	*out = ban;
	return WH_OK;
}

void
ban_free(const struct wh_host *h, struct ban *ban)
{
	wh_delete(h, ban);
}

/* The first of its place in the index. */
static struct ban *
place_first(const struct wh_host *h, const struct ban_set *set, const struct ban *ban)
{
	if (ban->ban.kind == WH_BAN_NETWORK)
		return net_get(&set->nets, &ban->net);
	return wh_dict_get(h, set->by_key, ban->key);
}

static enum wh_err
place_add(const struct wh_host *h, struct ban_set *set, struct ban *ban)
{
	struct ban *first;
	void **place;

	if (ban->mask) {
		if (set->n_masks == BANS_MASKS)
			return WH_EFULL;
		set->masks[set->n_masks++] = ban;
		return WH_OK;
	}
	if (ban->ban.kind == WH_BAN_NETWORK) {
		place = net_place(&set->nets, &ban->net);
		if (place == NULL)
			return WH_ENOMEM;
		ban->same = *place;
		*place = ban;
		return WH_OK;
	}
	first = wh_dict_get(h, set->by_key, ban->key);
	if (first == NULL)
		return wh_dict_add(h, set->by_key, ban->key, ban);
	ban->same = first->same;
	first->same = ban;
	return WH_OK;
}

static void
place_remove(const struct wh_host *h, struct ban_set *set, struct ban *ban)
{
	struct ban *first = ban->mask ? NULL : place_first(h, set, ban);

	if (ban->mask) {
		for (size_t i = 0; i < set->n_masks; i++)
			if (set->masks[i] == ban) {
				set->masks[i] = set->masks[--set->n_masks];
				return;
			}
		return;
	}
	if (first != ban) {
		while (first != NULL && first->same != ban)
			first = first->same;
		if (first != NULL)
			first->same = ban->same;
		return;
	}
	if (ban->ban.kind == WH_BAN_NETWORK) {
		if (ban->same != NULL)
			*net_find(&set->nets, &ban->net) = ban->same;
		else
			net_drop(&set->nets, &ban->net);
		return;
	}
	/* The key is borrowed of the first. */
	wh_dict_remove(h, set->by_key, ban->key);
	if (ban->same != NULL && wh_dict_add(h, set->by_key, ban->same->key, ban->same) != WH_OK)
		wh_host_log(h, WH_ERROR, "bans_not_indexed", WH_S("key", ban->key));
}

enum wh_err
set_add(const struct wh_host *h, struct ban_set *set, struct ban *take_ban)
{
	struct ban *ban = take_ban;
	enum wh_err err = wh_dict_add(h, set->by_id, ban->ban.id, ban);

	if (err == WH_OK) {
		err = place_add(h, set, ban);
		if (err != WH_OK)
			wh_dict_remove(h, set->by_id, ban->ban.id);
	}
	if (err != WH_OK) {
		ban_free(h, ban);
		return err;
	}
	if (ban->number == 0)
		ban->number = set->number + 1;
	if (ban->number > set->number)
		set->number = ban->number;
	ban->prev = set->last;
	ban->next = NULL;
	*(set->last != NULL ? &set->last->next : &set->first) = ban;
	set->last = ban;
	set->n++;
	set->kinds[ban->ban.kind]++;
	set->exempt_accounts += ban->ban.kind == WH_BAN_ACCOUNT && ban->ban.effect == WH_BAN_EXEMPT;
	return WH_OK;
}

void
set_remove(const struct wh_host *h, struct ban_set *set, struct ban *ban)
{
	wh_dict_remove(h, set->by_id, ban->ban.id);
	place_remove(h, set, ban);
	*(ban->prev != NULL ? &ban->prev->next : &set->first) = ban->next;
	*(ban->next != NULL ? &ban->next->prev : &set->last) = ban->prev;
	set->n--;
	set->kinds[ban->ban.kind]--;
	set->exempt_accounts -= ban->ban.kind == WH_BAN_ACCOUNT && ban->ban.effect == WH_BAN_EXEMPT;
}

struct ban *
set_get(const struct wh_host *h, const struct ban_set *set, struct wh_str id)
{
	return wh_dict_get(h, set->by_id, id);
}

struct ban *
set_twin(const struct wh_host *h, const struct ban_set *set, const struct ban *ban)
{
	if (ban->mask) {
		for (size_t i = 0; i < set->n_masks; i++)
			if (wh_str_eq(set->masks[i]->key, ban->key) && wh_str_eq(set->masks[i]->ban.cause, ban->ban.cause))
				return set->masks[i];
		return NULL;
	}
	for (struct ban *other = place_first(h, set, ban); other != NULL; other = other->same)
		if (wh_str_eq(other->ban.cause, ban->ban.cause))
			return other;
	return NULL;
}

static unsigned
weight(enum wh_ban_effect effect)
{
	return effect == WH_BAN_EXEMPT ? 3 : effect == WH_BAN_REFUSE ? 2 : 1;
}

/* The heavier of what was found and a chain. */
static const struct ban *
heaviest(const struct ban *found, const struct ban *chain, int64_t now)
{
	for (; chain != NULL; chain = chain->same)
		if ((chain->ban.until == 0 || chain->ban.until > now) && (found == NULL || weight(chain->ban.effect) > weight(found->ban.effect)))
			found = chain;
	return found;
}

const struct ban *
set_match_net(const struct ban_set *set, const struct net *net, int64_t now)
{
	struct net_walk walk = net_begin(&set->nets, net);
	const struct ban *found = NULL, *chain;

	while ((chain = net_next(&walk)) != NULL)
		found = heaviest(found, chain, now);
	return found;
}

const struct ban *
set_match(const struct wh_host *h, const struct ban_set *set, enum wh_ban_kind kind, struct wh_str what, int64_t now)
{
	char text[BANS_FOLDED], key[BANS_FOLDED + 2];
	struct net net;
	const struct ban *found = NULL;
	size_t n;

	if ((unsigned)kind >= WH_BAN_KINDS || set->kinds[kind] == 0)
		return NULL;
	if (what_read(kind, what, &net, text).n == 0)
		return NULL;
	if (kind == WH_BAN_NETWORK)
		return set_match_net(set, &net, now);
	n = (size_t)snprintf(key, sizeof key, "%c%s", (char)('0' + kind), text);
	found = heaviest(NULL, wh_dict_get(h, set->by_key, (struct wh_str){ key, n }), now);
	for (size_t i = 0; i < set->n_masks && found == NULL; i++)
		if (set->masks[i]->ban.kind == kind && (set->masks[i]->ban.until == 0 || set->masks[i]->ban.until > now) &&
		    wh_mask_matches(set->masks[i]->key, (struct wh_str){ key, n }))
			found = set->masks[i];
	return found;
}

bool
ban_matches(const struct ban *ban, const struct subject *subject)
{
	char text[BANS_FOLDED];
	struct wh_str said = wh_str_from(ban->key, 1);

	switch (ban->ban.kind) {
	case WH_BAN_NETWORK:
		return subject->has_net && net_holds(&ban->net, &subject->net);
	case WH_BAN_HASH:
		return subject->hash.n != 0 && wh_str_eq(said, subject->hash);
	case WH_BAN_ACCOUNT:
		return subject->account.n != 0 && wh_str_eq(said, subject->account);
	case WH_BAN_CERTIFICATE:
		return subject->certificate.n != 0 && wh_str_eq(said, subject->certificate);
	case WH_BAN_NAME:
	case WH_BAN_RESERVED:
		return subject->name.n != 0 && wh_mask_matches(said, fold(subject->name, text));
	default:
		return false;
	}
}
