/* What sessions and requests ask: commands, credentials, rooms, messages. A request over HTTP has no session that was judged before: it is judged here,
 * each time. */
#include <stdio.h>

#include "bans.h"

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

/* The name that somebody wants; auth.rename says it with `to`. */
static struct wh_str
wanted_name(const struct wh_attempt *a)
{
	const char *key = strcmp(a->command->name, "auth.rename") == 0 ? "to" : "name";

	for (const struct wh_field *f = a->command->fields; f != NULL && f->name != NULL; f++)
		if (strcmp(f->name, key) == 0)
			return wh_arg_str(a->call, key);
	return WH_STR("");
}

static bool
helps_to_sign_in(const char *name)
{
	return (strncmp(name, "auth.", 5) == 0 || strncmp(name, "session.", 8) == 0) && !one_of(name, as_guest) && !one_of(name, as_new);
}

static enum wh_verdict
refuse_name(struct bans *x, struct wh_attempt *a, struct wh_session *s)
{
	int64_t now = wh_wall_ms(x->host);
	struct wh_str name = wanted_name(a);
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
	/* An IRC client that goes on as a guest has said all that it had to say. It is closed when it was told that it can't. */
	if (one_of(a->command->name, as_guest) && strncmp(wh_session_dialect(x->host, s), "irc", 3) == 0)
		wait_no_more(x, s);
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
	if (x->bans.kinds[WH_BAN_ROOM] != 0 && strcmp(name, "chat.rename") == 0)
		return moved_attempt(x, a, s);
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

/* Who says all at once, as bots do, would be gone before the lists answer. */
static bool
waits(struct bans *x, struct wh_session *s, wh_id ticket)
{
	struct bans_slot *slot = wh_slot_of(x->host, s, x->slot);

	if (!slot->asking)
		return false;
	slot->asking = slot->has_net && lists_asking(x, &slot->net);
	return slot->asking && lists_hold(x, s, ticket);
}

enum wh_verdict
judge_message(void *self, struct wh_message *m)
{
	return waits(self, m->from, m->at.ticket) ? WH_HOLD : WH_PASS;
}

enum wh_verdict
judge_join(void *self, struct wh_passage *p)
{
	struct bans *x = self;
	const struct ban *ban = set_match(x->host, &x->bans, WH_BAN_ROOM, wh_room_name(x->host, p->room), wh_wall_ms(x->host));
	char text[WH_BAN_TEXT + 64];

	if (ban == NULL || wh_session_may(x->host, p->session, "bans.add"))
		return waits(x, p->session, p->at.ticket) ? WH_HOLD : WH_PASS;
	wh_metric_add_for(x->host, &bans_metrics[M_REFUSED], WH_STR("room"), 1);
	snprintf(text, sizeof text, "nobody may enter that room%s%.*s", ban->ban.why.n != 0 ? ": " : "", WH_FMT(ban->ban.why));
	return wh_refuse(&p->at, WH_EPERM, text, 0);
}
