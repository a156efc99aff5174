/* Who somebody is: how far to be trusted, whether they moderate, who is meant by a name; and telling them. */
#include <stdio.h>

#include "own.h"

bool
person_rules(struct moderation *mod, struct wh_session *s)
{
	return wh_session_may(mod->host, s, "moderation.queue");
}

bool
person_moderates(struct moderation *mod, struct wh_session *s, struct wh_str room)
{
	return person_rules(mod, s) || (room.n != 0 && room.p[0] != '@' && mod->chat->rank(mod->chat_self, room, s) >= WH_RANK_MODERATOR);
}

static bool
has_role(struct wh_str roles, const char *role)
{
	size_t n = strlen(role);

	while (roles.n != 0) {
		const char *end = memchr(roles.p, ' ', roles.n);
		size_t at = end != NULL ? (size_t)(end - roles.p) : roles.n;

		if (at == n && memcmp(roles.p, role, n) == 0)
			return true;
		roles = wh_str_from(roles, at + 1);
	}
	return false;
}

enum wh_judge_trust
trust_level(const struct moderation *mod, const struct wh_trust *trust)
{
	const struct mod_settings *set = &mod->set;

	if (!trust->account || trust->age_ms < set->known_age || trust->said < set->known_messages)
		return WH_TRUST_NEW;
	return trust->strikes == 0 && trust->age_ms >= set->trusted_age && trust->said >= set->trusted_messages ? WH_TRUST_TRUSTED : WH_TRUST_KNOWN;
}

enum wh_judge_trust
person_trust(struct moderation *mod, struct wh_session *s, struct wh_str room, struct wh_trust *trust_out)
{
	*trust_out = (struct wh_trust){ .account = false };
	if (mod->accounts != NULL)
		mod->accounts->trust(mod->accounts_self, s, trust_out);
	if (person_moderates(mod, s, room))
		return WH_TRUST_MODERATOR;
	if (has_role(wh_session_identity(mod->host, s)->roles, "trusted"))
		return WH_TRUST_TRUSTED;
	return trust_level(mod, trust_out);
}

void
person_of(struct moderation *mod, struct wh_session *s, struct person *out)
{
	const struct wh_identity *who = wh_session_identity(mod->host, s);

	*out = (struct person){ .guest = who->kind == WH_GUEST, .moderator = person_rules(mod, s) };
	text_copy(out->id, sizeof out->id, who->id);
	text_copy(out->name, sizeof out->name, who->name);
	network_of(mod, wh_session_address(mod->host, s), false, out->network);
}

/* Finding who is meant */

struct finding {
	struct wh_list link;		/* in mod->calls */
	struct moderation *mod;
	wh_id call;
	person_then *then;
	char name[MOD_NAME + 1];
};

static bool
person_first(void *self, struct wh_session *s)
{
	*(struct wh_session **)self = s;
	return false;
}

/* With what is known of somebody who is here. */
static void
person_here(struct moderation *mod, struct person *who)
{
	struct wh_session *s = NULL;

	mod->chat->sessions(mod->chat_self, wh_str(who->id), person_first, &s);
	if (s != NULL)
		person_of(mod, s, who);
}

static void
finding_go(struct finding *f, bool found, const struct person *who, enum wh_err err)
{
	struct moderation *mod = f->mod;
	struct wh_call *call = wh_call_find(mod->host, f->call);
	person_then *then = f->then;

	wh_list_remove(&f->link);
	wh_delete(mod->host, f);
	if (call == NULL)
		return;
	if (found)
		err = then(mod, call, who);
	else
		err = wh_fail(call, err, err == WH_ENOENT ? "nobody of that name is known" : "people can't be looked up now; try again");
	if (err != WH_WAIT)
		wh_call_done(call, err);
}

static void
account_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_account *account)
{
	struct moderation *mod = self;
	struct finding *f = (struct finding *)(uintptr_t)cookie;
	struct person who = { .guest = false };
	struct wh_chat_actor live;

	if (err == WH_OK) {
		text_copy(who.id, sizeof who.id, account->id);
		text_copy(who.name, sizeof who.name, account->name);
		person_here(mod, &who);
	} else if (err == WH_ENOENT && mod->chat->person(mod->chat_self, wh_str(f->name), &live)) {
		text_copy(who.id, sizeof who.id, live.id);
		person_here(mod, &who);
		err = WH_OK;
	}
	finding_go(f, err == WH_OK && who.id[0] != '\0', &who, err);
}

enum wh_err
person_find(struct moderation *mod, struct wh_call *call, struct wh_str name, person_then *then)
{
	struct finding *f = wh_new(mod->host, sizeof *f);
	enum wh_err err = WH_ENOENT;

	if (f == NULL)
		return WH_ENOMEM;
	*f = (struct finding){ .mod = mod, .call = wh_call_hold(call), .then = then };
	wh_list_init(&f->link);
	wh_list_add_last(&mod->calls, &f->link);
	if (name.n > 1 && name.p[0] == '@')
		name = wh_str_from(name, 1);
	text_copy(f->name, sizeof f->name, name);
	if (mod->accounts != NULL)
		err = mod->accounts->find(mod->accounts_self, wh_str(f->name), account_found, mod, (uintptr_t)f);
	if (mod->accounts == NULL || err != WH_OK)
		account_found(mod, (uintptr_t)f, err, NULL);
	return WH_WAIT;
}

void
persons_free(struct moderation *mod)
{
	while (!wh_list_empty(&mod->calls)) {
		struct finding *f = WH_CONTAINER(mod->calls.next, struct finding, link);

		wh_list_remove(&f->link);
		wh_delete(mod->host, f);
	}
}

/* Telling */

struct telling {
	struct moderation *mod;
	const struct wh_event *event;
};

static bool
tell_session(void *self, struct wh_session *s)
{
	const struct telling *t = self;

	wh_session_notify(t->mod->host, s, t->event);
	return true;
}

void
person_tell(struct moderation *mod, struct wh_str id, const struct wh_event *event)
{
	mod->chat->sessions(mod->chat_self, id, tell_session, &(struct telling){ mod, event });
}

static bool
tell_moderator(void *self, struct wh_session *s)
{
	const struct telling *t = self;

	if (*wh_session_dialect(t->mod->host, s) != '\0' && person_rules(t->mod, s))
		wh_session_notify(t->mod->host, s, t->event);
	return true;
}

/* Rare enough to look at everybody. */
void
moderators_tell(struct moderation *mod, const struct wh_event *event)
{
	wh_session_each(mod->host, tell_moderator, &(struct telling){ mod, event });
}

/* Calls */

bool
room_of_call(struct moderation *mod, struct wh_call *call, char key_out[static MOD_ROOM + 1])
{
	struct wh_str room = wh_arg_str(call, "room");

	key_out[0] = '\0';
	if (room.n == 0)
		return true;
	if (room.p[0] == '@' && room.n <= MOD_ROOM) {
		text_copy(key_out, MOD_ROOM + 1, room);
		return true;
	}
	if (mod->chat->key(mod->chat_self, room, key_out))
		return true;
	wh_fail(call, WH_EINVAL, "that can be no room's name");
	return false;
}

bool
call_may(struct moderation *mod, struct wh_call *call, struct wh_str room)
{
	if (person_moderates(mod, wh_call_session(call), room))
		return true;
	wh_fail(call, WH_EPERM, room.n == 0 ? "only moderators of the server may do that; name a room that you moderate" : "only the room's moderators may do that");
	return false;
}
