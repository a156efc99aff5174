/* Who is connected: people by id and by name, each with their sessions. Whispers find people here, and a person's other sessions are told
 * here what one of them did. It follows WH_ON_PRESENCE, and is read from the host when the plugin opens and after the hub was replaced.
 * Sessions that last only for a call (HTTP, the control socket) are not in it. */
#include <stdlib.h>

#include "chat.h"

struct chat_live *
live_by_id(struct chat *chat, struct wh_str id)
{
	return wh_dict_get(chat->host, chat->lives, id);
}

struct chat_live *
live_by_name(struct chat *chat, struct wh_str name)
{
	char fold[CHAT_FOLD];
	size_t n = text_fold(name, fold);

	return n != 0 ? wh_dict_get(chat->host, chat->names, (struct wh_str){ fold, n }) : NULL;
}

/* People of one name stand in a list; the dictionary has its first, whose text is the key. */

static void
name_unlink(struct chat *chat, struct chat_live *live)
{
	struct chat_live *first = live->fold.n != 0 ? wh_dict_get(chat->host, chat->names, live->fold) : NULL;

	if (first == live) {
		wh_dict_remove(chat->host, chat->names, live->fold);
		if (live->same != NULL)
			wh_dict_add(chat->host, chat->names, live->same->fold, live->same);
	} else {
		while (first != NULL && first->same != live)
			first = first->same;
		if (first != NULL)
			first->same = live->same;
	}
	live->same = NULL;
	wh_delete(chat->host, live->names);
	live->names = NULL;
	live->name = live->fold = (struct wh_str){ NULL, 0 };
}

static enum wh_err
name_link(struct chat *chat, struct chat_live *live, struct wh_str name)
{
	char fold[CHAT_FOLD], *names;
	size_t n = text_fold(name, fold);
	struct chat_live *first = n != 0 ? wh_dict_get(chat->host, chat->names, (struct wh_str){ fold, n }) : NULL;
	enum wh_err err = WH_OK;

	/* Most names are written as they are compared. */
	bool same = wh_str_eq(name, (struct wh_str){ fold, n });

	names = wh_new(chat->host, name.n + (same ? 0 : n) + 1);
	if (names == NULL)
		return WH_ENOMEM;
	if (name.n != 0)
		memcpy(names, name.p, name.n);
	if (!same)
		memcpy(names + name.n, fold, n);
	live->names = names;
	live->name = (struct wh_str){ names, name.n };
	live->fold = (struct wh_str){ same ? names : names + name.n, n };
	if (first != NULL) {
		live->same = first->same;
		first->same = live;
	} else if (n != 0) {
		err = wh_dict_add(chat->host, chat->names, live->fold, live);
	}
	if (err != WH_OK) {
		live->fold.n = 0;
		name_unlink(chat, live);
	}
	return err;
}

static void
live_free(struct chat *chat, struct chat_live *live)
{
	name_unlink(chat, live);
	wh_dict_remove(chat->host, chat->lives, live->id);
	if (live->sessions != &live->one)
		wh_delete(chat->host, live->sessions);
	wh_delete(chat->host, live);
}

static struct chat_live *
live_make(struct chat *chat, const struct wh_identity *who)
{
	struct chat_live *live = wh_new(chat->host, sizeof *live + who->id.n);

	if (live == NULL)
		return NULL;
	memcpy(live->text, who->id.p, who->id.n);
	live->id = (struct wh_str){ live->text, who->id.n };
	live->kind = who->kind;
	live->sessions = &live->one;
	live->cap = 1;
	if (name_link(chat, live, who->name) != WH_OK || wh_dict_add(chat->host, chat->lives, live->id, live) != WH_OK) {
		if (live->names != NULL)
			name_unlink(chat, live);
		wh_delete(chat->host, live);
		return NULL;
	}
	return live;
}

static bool
live_add(struct chat *chat, struct chat_live *live, wh_id session)
{
	if (live->n == live->cap) {
		unsigned cap = live->cap * 2;
		wh_id *more = wh_new(chat->host, cap * sizeof *more);

		if (more == NULL)
			return false;
		memcpy(more, live->sessions, live->n * sizeof *more);
		if (live->sessions != &live->one)
			wh_delete(chat->host, live->sessions);
		live->sessions = more;
		live->cap = cap;
	}
	live->sessions[live->n++] = session;
	return true;
}

static void
live_remove(struct chat *chat, struct chat_live *live, wh_id session)
{
	for (unsigned i = 0; i < live->n; i++)
		if (live->sessions[i] == session) {
			live->sessions[i] = live->sessions[--live->n];
			break;
		}
	if (live->n == 0)
		live_free(chat, live);
}

struct chat_session *
live_session(struct chat *chat, struct wh_session *s)
{
	struct chat_session *mine = wh_slot_of(chat->host, s, chat->slot);

	/* What an instance before this one left points nowhere. */
	if (mine->instance != chat->instance)
		*mine = (struct chat_session){ .instance = chat->instance };
	return mine;
}

void
live_update(struct chat *chat, struct wh_session *s)
{
	const struct wh_identity *who = wh_session_identity(chat->host, s);
	struct chat_session *mine = live_session(chat, s);
	struct chat_live *live = live_by_id(chat, who->id);
	wh_id id = wh_session_id(chat->host, s);

	if (*wh_session_dialect(chat->host, s) == '\0')
		return;
	if (live != NULL && !wh_str_eq(live->name, who->name)) {
		name_unlink(chat, live);
		if (name_link(chat, live, who->name) != WH_OK)
			wh_host_log(chat->host, WH_ERROR, "out_of_memory", WH_T("for", "a person's name"));
	}
	if (live != NULL)
		live->kind = who->kind;
	if (live != NULL && live == mine->live)
		return;
	if (live == NULL)
		live = live_make(chat, who);
	if (live != NULL && !live_add(chat, live, id)) {
		if (live->n == 0)
			live_free(chat, live);
		live = NULL;
	}
	if (mine->live != NULL)
		live_remove(chat, mine->live, id);
	mine->live = live;
	always_here(chat, who->id);
	if (live == NULL)
		wh_host_log(chat->host, WH_ERROR, "out_of_memory", WH_T("for", "a person"));
}

void
live_forget(struct chat *chat, struct wh_session *s)
{
	struct chat_session *mine = live_session(chat, s);

	if (mine->live != NULL)
		live_remove(chat, mine->live, wh_session_id(chat->host, s));
	mine->live = NULL;
}

static bool
live_each(void *self, struct wh_session *s)
{
	live_session(self, s)->rooms = 0;	/* rooms_read counts them */
	live_update(self, s);
	return true;
}

void
lives_read(struct chat *chat)
{
	wh_session_each(chat->host, live_each, chat);
}

void
lives_free(struct chat *chat)
{
	struct wh_dict_iter it = { .value = NULL };

	while (chat->lives != NULL && wh_dict_next(chat->host, chat->lives, &it))
		live_free(chat, it.value);
	wh_dict_free(chat->host, &chat->lives);
	wh_dict_free(chat->host, &chat->names);
}

/* Each message costs an interval; what is owed may not exceed a burst. Who is not connected has the server's rates alone. */
bool
live_speaks(struct chat *chat, struct wh_session *s, int64_t *retry_ms_out)
{
	struct chat_live *live = live_by_id(chat, wh_session_identity(chat->host, s)->id);
	const struct wh_rate *rate = &chat->set.rate;
	int64_t now = wh_now_ms(chat->host) * 1000, each = rate->per_ms * 1000 / (rate->count != 0 ? rate->count : 1), owed;

	if (live == NULL || wh_session_may(chat->host, s, "chat.moderate"))
		return true;
	if (live->free_us < now)
		live->free_us = now;
	owed = live->free_us - now + each - each * rate->burst;
	if (owed > 0) {
		*retry_ms_out = (owed + 999) / 1000;
		return false;
	}
	live->free_us += each;
	return true;
}

void
live_tell(struct chat *chat, struct wh_str id, const struct wh_event *event, const struct wh_session *but)
{
	const struct chat_live *live = live_by_id(chat, id);

	for (unsigned i = 0; live != NULL && i < live->n; i++) {
		struct wh_session *s = wh_session_get(chat->host, live->sessions[i]);

		if (s != NULL && s != but)
			wh_session_notify(chat->host, s, event);
	}
}

/* Who is meant */

static const char *
side_set(struct chat_side *side, struct wh_str id, struct wh_str name, bool guest)
{
	if (id.n > CHAT_WHO || memchr(id.p, ',', id.n) != NULL)
		return "they can't be whispered to";
	*side = (struct chat_side){ .guest = guest };
	memcpy(side->id, id.p, id.n);
	if (name.n > CHAT_PERSON_NAME)
		name.n = text_cut(name, CHAT_PERSON_NAME);
	if (name.n != 0)
		memcpy(side->name, name.p, name.n);
	return NULL;
}

static enum wh_err
person_found(struct chat *chat, struct wh_call *call, const struct chat_asking *ask, struct wh_str id, struct wh_str name, bool guest)
{
	struct chat_side side;
	const char *why = side_set(&side, id, name, guest);

	return why != NULL ? wh_fail(call, WH_EINVAL, why) : ask->found(chat, call, &side, ask);
}

static enum wh_err
person_found_live(struct chat *chat, struct wh_call *call, const struct chat_asking *ask, const struct chat_live *live)
{
	return person_found(chat, call, ask, live->id, live->name, live->kind == WH_GUEST);
}

/* Nobody has an account of that name: a guest who is here, if there is but one. */
static enum wh_err
person_guest(struct chat *chat, struct wh_call *call, const struct chat_asking *ask, struct wh_str who)
{
	const struct chat_live *live = live_by_name(chat, who);

	if (live == NULL)
		return wh_fail(call, WH_ENOENT, "nobody is called that; a guest is gone when the connection is");
	if (live->same != NULL)
		return wh_fail(call, WH_EINVAL, "several guests are called that: name one by the id");
	return person_found_live(chat, call, ask, live);
}

static void
account_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_account *account)
{
	struct chat *chat = self;
	struct chat_asking *ask = (struct chat_asking *)(uintptr_t)cookie;
	struct wh_call *call = wh_call_find(chat->host, ask->call);

	wh_list_remove(&ask->link);
	if (call != NULL) {
		if (err == WH_OK && !wh_str_is(account->state, "active") && !wh_str_is(account->state, "pending"))
			err = wh_fail(call, WH_ENOENT, "that account is closed");
		else if (err == WH_OK)
			err = person_found(chat, call, ask, account->id, account->name, false);
		else if (err == WH_ENOENT || err == WH_EINVAL)
			err = person_guest(chat, call, ask, wh_str(ask->who));
		else
			err = wh_fail_str(call, WH_EAWAY, WH_STR("accounts can't be read now; try again"), 1000);
		if (err != WH_WAIT)
			wh_call_done(call, err);
	}
	wh_delete(chat->host, ask);
}

enum wh_err
person_find(struct chat *chat, struct wh_call *call, struct wh_str who, const struct chat_asking *how)
{
	const struct chat_live *live = live_by_id(chat, who);
	struct chat_asking *ask;
	enum wh_err err;

	if (live != NULL)
		return person_found_live(chat, call, how, live);
	for (live = live_by_name(chat, who); live != NULL; live = live->same)
		if (live->kind == WH_ACCOUNT)
			return person_found_live(chat, call, how, live);
	if (chat->accounts == NULL)
		return person_guest(chat, call, how, who);
	ask = who.n <= CHAT_PERSON_NAME ? wh_new(chat->host, sizeof *ask) : NULL;
	if (ask == NULL)
		return who.n <= CHAT_PERSON_NAME ? WH_ENOMEM : wh_fail(call, WH_EINVAL, "nobody has so long a name");
	*ask = *how;
	ask->chat = chat;
	ask->call = wh_call_hold(call);
	memcpy(ask->who, who.p, who.n);
	wh_list_add_last(&chat->asking, &ask->link);
	err = chat->accounts->find(chat->accounts_self, wh_str(ask->who), account_found, chat, (uintptr_t)ask);
	if (err == WH_OK)
		return WH_WAIT;
	wh_list_remove(&ask->link);
	wh_delete(chat->host, ask);
	return chat_started(call, err);
}

void
askings_free(struct chat *chat)
{
	while (!wh_list_empty(&chat->asking)) {
		struct chat_asking *ask = WH_CONTAINER(chat->asking.next, struct chat_asking, link);

		wh_list_remove(&ask->link);
		wh_delete(chat->host, ask);
	}
}
