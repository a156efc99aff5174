/* Commands of operators: bans.add, bans.remove, bans.list, bans.test. */
#include <stdio.h>

#include "bans.h"

void
ban_write(struct wh_json *w, const char *key, const struct wh_ban *b)
{
	wh_json_object(w, key);
	wh_json_str(w, "id", b->id);
	wh_json_text(w, "kind", kind_name(b->kind));
	wh_json_text(w, "effect", effect_name(b->effect));
	wh_json_str(w, "what", b->what);
	if (b->shown.n != 0)
		wh_json_str(w, "shown", b->shown);
	wh_json_int(w, "until", b->until);
	wh_json_int(w, "time", b->at);
	wh_json_str(w, "why", b->why);
	wh_json_str(w, "note", b->note);
	wh_json_str(w, "by", b->by);
	wh_json_str(w, "by_name", b->by_name);
	if (b->cause.n != 0)
		wh_json_str(w, "cause", b->cause);
	wh_json_end(w);
}

static enum wh_err
store_failed(struct wh_call *call, enum wh_err err)
{
	if (err == WH_EFULL)
		return wh_fail(call, WH_EFULL, "there are too many bans; remove some, or raise `most`");
	return wh_fail_str(call, err == WH_EAWAY ? WH_EAWAY : WH_EIO, WH_STR("it could not be stored; try again"), 2000);
}

/* bans.add */

static void
add_done(void *self, uint64_t cookie, enum wh_err err, const struct wh_ban *ban)
{
	struct bans *x = self;
	struct wh_call *call = wh_call_find(x->host, cookie);

	if (call == NULL)
		return;
	if (err == WH_OK)
		ban_write(wh_reply(call), "ban", ban);
	wh_call_done(call, err == WH_OK ? WH_OK : store_failed(call, err));
}

static bool
too_wide(const struct ban *ban)
{
	size_t plain = 0;

	if (ban->ban.effect == WH_BAN_EXEMPT)
		return false;
	if (ban->ban.kind == WH_BAN_NETWORK)
		return ban->net.bits < (ban->net.v6 ? 32 : 16);
	for (size_t i = 1; ban->mask && i < ban->key.n; i++)
		plain += ban->key.p[i] != '*' && ban->key.p[i] != '?';
	return ban->mask && plain < 2;
}

static bool
hits_caller(struct bans *x, struct wh_call *call, const struct ban *ban)
{
	struct wh_session *s = wh_call_session(call);
	char hex[65], hash[WH_BAN_HASH_SIZE];
	struct subject subject;

	if (s == NULL || wh_session_identity(x->host, s)->kind == WH_OPERATOR)
		return false;
	subject = subject_of(x, s, hex, hash);
	return (ban->ban.effect == WH_BAN_REFUSE || (ban->ban.effect == WH_BAN_REGISTERED && subject.guest)) && ban_matches(ban, &subject);
}

/* Whom a ban would close now. */
enum { PREVIEW_NAMES = 20 };

struct preview {
	struct bans *x;
	const struct ban *ban;
	struct wh_json *w;
	unsigned sessions, exempt;
};

static bool
preview_each(void *self, struct wh_session *s)
{
	struct preview *p = self;
	char hex[65], hash[WH_BAN_HASH_SIZE];
	const struct wh_identity *who = wh_session_identity(p->x->host, s);
	struct subject subject;
	struct verdict v;

	if (who->kind == WH_OPERATOR || *wh_session_dialect(p->x->host, s) == '\0')
		return true;
	subject = subject_of(p->x, s, hex, hash);
	if (!ban_matches(p->ban, &subject) || p->ban->ban.effect == WH_BAN_EXEMPT || (p->ban->ban.effect == WH_BAN_REGISTERED && !subject.guest))
		return true;
	v = judge(p->x, &subject, false);
	if (v.exempt && (p->ban->ban.kind == WH_BAN_NETWORK || p->ban->ban.kind == WH_BAN_HASH)) {
		p->exempt++;
		return true;
	}
	if (p->sessions++ < PREVIEW_NAMES)
		wh_json_str(p->w, NULL, who->name);
	return true;
}

static enum wh_err
preview(struct bans *x, struct wh_call *call, const struct ban *ban)
{
	struct preview p = { .x = x, .ban = ban, .w = wh_reply(call) };

	wh_json_array(p.w, "names");
	wh_session_each(x->host, preview_each, &p);
	wh_json_end(p.w);
	wh_json_int(p.w, "sessions", p.sessions);
	wh_json_int(p.w, "exempt", p.exempt);
	wh_json_bool(p.w, "yourself", hits_caller(x, call, ban));
	wh_json_bool(p.w, "wide", too_wide(ban));
	return WH_OK;
}

static enum wh_err
add_go(struct bans *x, struct wh_call *call, struct wh_str what, struct wh_str shown)
{
	struct wh_session *s = wh_call_session(call);
	const struct wh_identity *who = s != NULL ? wh_session_identity(x->host, s) : NULL;
	int64_t now = wh_wall_ms(x->host);
	struct wh_ban from = { .what = what, .shown = shown, .why = wh_arg_str(call, "why"), .note = wh_arg_str(call, "note"), .at = now };
	struct ban *ban;
	enum wh_err err;

	if (who != NULL) {
		from.by = who->id;
		from.by_name = who->name;
	}
	if (!kind_read(wh_arg_str(call, "kind"), &from.kind) || !effect_read(wh_arg_str(call, "effect"), &from.effect))
		return WH_EINVAL;
	if (wh_arg_has(call, "for"))
		from.until = now + wh_arg_int(call, "for");
	else if (wh_arg_has(call, "until"))
		from.until = wh_arg_int(call, "until");
	if (from.until != 0 && from.until <= now)
		return wh_fail(call, WH_EINVAL, "that time is over already");
	err = ban_new(x->host, &from, &ban);
	if (err == WH_EINVAL)
		return wh_fail(call, WH_EINVAL, from.kind == WH_BAN_NETWORK ? "`what` is no address and no network, such as 203.0.113.7 or 2001:db8::/32" :
		    "that kind of ban does not go with such a `what` or `effect`");
	if (err != WH_OK)
		return err;
	if (wh_arg_bool(call, "preview")) {
		err = preview(x, call, ban);
		ban_free(x->host, ban);
		return err;
	}
	if (!wh_arg_bool(call, "force") && (hits_caller(x, call, ban) || too_wide(ban))) {
		err = wh_fail(call, WH_ESTATE, hits_caller(x, call, ban) ? "that would ban yourself; say `force` if you mean it" :
		    "that is very wide; say `force` if you mean it");
		ban_free(x->host, ban);
		return err;
	}
	err = keep_add(x, ban, add_done, x, call->id);
	if (err != WH_OK)
		return store_failed(call, err);
	wh_call_hold(call);
	return WH_WAIT;
}

static void
add_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_account *account)
{
	struct bans *x = self;
	struct wh_call *call = wh_call_find(x->host, cookie);

	if (call == NULL)
		return;
	if (err == WH_OK)
		err = add_go(x, call, account->id, account->name);
	else
		err = wh_fail(call, err, err == WH_ENOENT ? "there is no such account" : "the account could not be looked up; try again");
	if (err != WH_WAIT)
		wh_call_done(call, err);
}

static enum wh_err
bans_add(void *self, struct wh_call *call)
{
	struct bans *x = self;
	struct wh_str what = wh_arg_str(call, "what");
	enum wh_err err;

	if (wh_arg_has(call, "for") && wh_arg_has(call, "until"))
		return wh_fail(call, WH_EINVAL, "say `for` or `until`, not both");
	if (!wh_str_is(wh_arg_str(call, "kind"), "account") || x->accounts == NULL)
		return add_go(x, call, what, WH_STR(""));
	err = x->accounts->find(x->accounts_self, what, add_found, x, wh_call_hold(call));
	if (err != WH_OK)
		wh_call_done(call, wh_fail(call, err, "the account could not be looked up; try again"));
	return WH_WAIT;
}

/* bans.remove */

static void
remove_done(void *self, uint64_t cookie, enum wh_err err, size_t n)
{
	struct bans *x = self;
	struct wh_call *call = wh_call_find(x->host, cookie);

	if (call == NULL)
		return;
	if (err == WH_OK && n == 0 && !wh_arg_has(call, "cause"))
		err = wh_fail(call, WH_ENOENT, "there is no such ban");
	else if (err != WH_OK)
		err = store_failed(call, err);
	else
		wh_json_int(wh_reply(call), "removed", (int64_t)n);
	wh_call_done(call, err);
}

/* The ban that says so, of whichever cause; of an account also by its name. */
static const struct ban *
ban_saying(struct bans *x, enum wh_ban_kind kind, struct wh_str what)
{
	const struct wh_ban from = { .kind = kind, .what = what };
	const struct ban *found = NULL;
	struct ban *sample;

	if (ban_new(x->host, &from, &sample) != WH_OK)
		return NULL;
	for (const struct ban *b = x->bans.last; b != NULL && found == NULL; b = b->prev)
		if (wh_str_eq(b->key, sample->key) || (b->ban.kind == kind && kind == WH_BAN_ACCOUNT && wh_str_eq(b->ban.shown, what)))
			found = b;
	ban_free(x->host, sample);
	return found;
}

static enum wh_err
bans_remove(void *self, struct wh_call *call)
{
	struct bans *x = self;
	struct wh_str id = wh_arg_str(call, "id"), cause = wh_arg_str(call, "cause"), kind_text = wh_arg_str(call, "kind");
	enum wh_ban_kind kind;
	enum wh_err err;

	if ((id.n != 0) + (cause.n != 0) + (kind_text.n != 0) != 1)
		return wh_fail(call, WH_EINVAL, "say `id`, or `kind` and `what`, or `cause`");
	if (kind_text.n != 0) {
		const struct ban *ban = kind_read(kind_text, &kind) ? ban_saying(x, kind, wh_arg_str(call, "what")) : NULL;

		if (ban == NULL)
			return wh_fail(call, WH_ENOENT, "there is no such ban");
		id = ban->ban.id;
	}
	err = keep_remove(x, id, cause, remove_done, x, call->id);
	if (err == WH_ENOENT)
		return wh_fail(call, WH_ENOENT, "there is no such ban");
	if (err != WH_OK)
		return store_failed(call, err);
	wh_call_hold(call);
	return WH_WAIT;
}

/* bans.list */

static bool
contains(struct wh_str text, struct wh_str part)
{
	return part.n == 0 || (text.n >= part.n && memmem(text.p, text.n, part.p, part.n) != NULL);
}

static bool
listed(const struct ban *ban, struct wh_call *call)
{
	struct wh_str kind = wh_arg_str(call, "kind"), effect = wh_arg_str(call, "effect"), cause = wh_arg_str(call, "cause"), find = wh_arg_str(call, "find");
	const struct wh_ban *b = &ban->ban;

	return (kind.n == 0 || wh_str_is(kind, kind_name(b->kind))) && (effect.n == 0 || wh_str_is(effect, effect_name(b->effect))) &&
	    (cause.n == 0 || wh_str_eq(cause, b->cause)) &&
	    (contains(b->what, find) || contains(b->shown, find) || contains(b->why, find) || contains(b->note, find) || contains(b->by_name, find) ||
	    wh_str_eq(b->id, find));
}

static enum wh_err
bans_list(void *self, struct wh_call *call)
{
	struct bans *x = self;
	int64_t now = wh_wall_ms(x->host), before = wh_arg_has(call, "before") ? wh_arg_int(call, "before") : INT64_MAX, left = wh_arg_int(call, "limit"), last = 0;
	struct wh_json *w = wh_reply(call);
	const struct ban *ban = x->bans.last;

	wh_json_int(w, "total", (int64_t)x->bans.n);
	wh_json_array(w, "bans");
	for (; ban != NULL && left > 0; ban = ban->prev) {
		if (ban->number >= before || (ban->ban.until != 0 && ban->ban.until <= now) || !listed(ban, call))
			continue;
		ban_write(w, NULL, &ban->ban);
		last = ban->number;
		left--;
	}
	wh_json_end(w);
	if (ban != NULL && left == 0)
		wh_json_int(w, "before", last);
	return WH_OK;
}

/* bans.test */

static void
test_name(struct bans *x, struct wh_call *call, struct wh_json *w)
{
	const struct ban *reserved = set_match(x->host, &x->bans, WH_BAN_RESERVED, wh_arg_str(call, "name"), wh_wall_ms(x->host));
	const struct ban *room = set_match(x->host, &x->bans, WH_BAN_ROOM, wh_arg_str(call, "room"), wh_wall_ms(x->host));

	if (reserved != NULL)
		ban_write(w, "reserved", &reserved->ban);
	if (room != NULL)
		ban_write(w, "room", &room->ban);
}

static enum wh_err
test_go(struct bans *x, struct wh_call *call, struct wh_str account)
{
	struct subject subject = { .guest = account.n == 0, .name = wh_arg_str(call, "name"), .account = account, .certificate = wh_arg_str(call, "certificate") };
	struct wh_str address = wh_arg_str(call, "address");
	static const char *const outcomes[] = { "pass", "sign_in", "refuse" };
	struct wh_json *w = wh_reply(call);
	char hash[WH_BAN_HASH_SIZE];
	struct verdict v;

	subject.has_net = address.n != 0;
	if (subject.has_net && !net_read(address, &subject.net))
		return wh_fail(call, WH_EINVAL, "`address` is none");
	if (subject.has_net && hash_of(x, &subject.net, hash))
		subject.hash = wh_str(hash);
	v = judge(x, &subject, true);
	wh_json_text(w, "outcome", outcomes[v.outcome]);
	if (v.outcome != LET_IN)
		wh_json_text(w, "text", sentence_of(x, &v));
	wh_json_bool(w, "exempt", v.exempt);
	if (v.ban != NULL)
		ban_write(w, "ban", &v.ban->ban);
	if (v.list >= 0)
		wh_json_text(w, "list", list_name(x, v.list));
	test_name(x, call, w);
	if (subject.has_net) {
		uint32_t hits = 0;
		bool known = lists_known(x, &subject.net, &hits);

		wh_json_bool(w, "throttled", !v.exempt && !throttle_would(x, &subject.net));
		wh_json_text(w, "network", hash);
		if (lists_count(x) != 0 && !net_private(&subject.net)) {
			wh_json_bool(w, "asked", known);
			wh_json_array(w, "lists");
			for (int i = 0; i < lists_count(x); i++)
				if ((hits & 1u << i) != 0)
					wh_json_text(w, NULL, list_name(x, i));
			wh_json_end(w);
		}
	}
	return WH_OK;
}

static void
test_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_account *account)
{
	struct bans *x = self;
	struct wh_call *call = wh_call_find(x->host, cookie);

	if (call == NULL)
		return;
	if (err == WH_OK)
		err = test_go(x, call, account->id);
	else
		err = wh_fail(call, err, err == WH_ENOENT ? "there is no such account" : "the account could not be looked up; try again");
	wh_call_done(call, err);
}

static enum wh_err
bans_test(void *self, struct wh_call *call)
{
	struct bans *x = self;
	struct wh_str account = wh_arg_str(call, "account");
	enum wh_err err;

	if (account.n == 0 || x->accounts == NULL)
		return test_go(x, call, account);
	err = x->accounts->find(x->accounts_self, account, test_found, x, wh_call_hold(call));
	if (err != WH_OK)
		wh_call_done(call, wh_fail(call, err, "the account could not be looked up; try again"));
	return WH_WAIT;
}

#define KINDS "network|hash|name|reserved|room|account|certificate"

static const struct wh_field add_fields[] = {
	{ "kind", WH_F_CHOICE, .required = true, .choices = KINDS, .help = "what is banned" },
	{ "what", WH_F_TEXT, .required = true, .min = 1, .max = WH_BAN_WHAT, .help = "an address or network, a mask of names or rooms, an account, a fingerprint" },
	{ "effect", WH_F_CHOICE, .choices = "refuse|registered|exempt", .def = "refuse", .help = "kept out, let in with an account only, or excepted" },
	{ "for", WH_F_DURATION, .min = 1000, .max = INT64_C(3153600000000), .help = "for how long; neither this nor `until`: for good" },
	{ "until", WH_F_TIME, .help = "until when" },
	{ "why", WH_F_TEXT, .max = WH_BAN_TEXT, .help = "the sentence that whoever is banned reads" },
	{ "note", WH_F_TEXT, .max = WH_BAN_TEXT, .help = "for operators alone" },
	{ "force", WH_F_BOOL, .def = "false", .help = "although it is very wide, or bans yourself" },
	{ "preview", WH_F_BOOL, .def = "false", .help = "ban nobody: say how many sessions it would close now, and the names of some" },
	{ 0 }
};

static const struct wh_field remove_fields[] = {
	{ "id", WH_F_ID, .help = "of the ban" },
	{ "kind", WH_F_CHOICE, .choices = KINDS, .help = "or its kind" },
	{ "what", WH_F_TEXT, .max = WH_BAN_WHAT, .help = "and what it says" },
	{ "cause", WH_F_TEXT, .max = WH_BAN_CAUSE, .help = "or all of one cause" },
	{ 0 }
};

static const struct wh_field list_fields[] = {
	{ "kind", WH_F_CHOICE, .choices = KINDS, .help = "only these" },
	{ "effect", WH_F_CHOICE, .choices = "refuse|registered|exempt", .help = "only these" },
	{ "find", WH_F_TEXT, .max = WH_BAN_WHAT, .help = "only those with this in them" },
	{ "cause", WH_F_TEXT, .max = WH_BAN_CAUSE, .help = "only those of this cause" },
	{ "before", WH_F_INT, .help = "the `before` of the page above" },
	{ "limit", WH_F_INT, .min = 1, .max = BANS_PAGE, .def = "50", .help = "at most so many" },
	{ 0 }
};

static const struct wh_field test_fields[] = {
	{ "address", WH_F_TEXT, .max = WH_BAN_WHAT, .help = "who comes from here" },
	{ "name", WH_F_TEXT, .max = WH_BAN_WHAT, .help = "is called so" },
	{ "account", WH_F_TEXT, .max = WH_BAN_WHAT, .help = "is signed in to this" },
	{ "certificate", WH_F_TEXT, .max = WH_BAN_WHAT, .help = "shows this one" },
	{ "room", WH_F_TEXT, .max = WH_BAN_WHAT, .help = "and enters this room" },
	{ 0 }
};

const struct wh_command bans_commands[] = {
	{ "bans.add", add_fields, WH_ALLOW_ADMIN, .rate = "5/s burst 50", .flags = WH_AUDIT, .run = bans_add, .help = "keep somebody out of the server, or except them" },
	{ "bans.remove", remove_fields, WH_ALLOW_ADMIN, .rate = "5/s burst 50", .flags = WH_AUDIT, .run = bans_remove, .help = "take a ban back" },
	{ "bans.list", list_fields, WH_ALLOW_ADMIN, .flags = WH_READS, .run = bans_list, .help = "the bans, the newest first" },
	{ "bans.test", test_fields, WH_ALLOW_ADMIN, .flags = WH_READS, .run = bans_test, .help = "what would become of somebody" },
	{ 0 }
};
